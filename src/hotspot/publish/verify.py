"""Does a folder still hold what its manifest says?"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from hotspot.errors import InputError
from hotspot.publish.manifest import NAME, fingerprint

STATES = ("same", "changed", "missing", "not in the manifest")


def verify(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """Compare every file of a folder with the fingerprints in its manifest.

    Parameters
    ----------
    folder
        A folder with ``manifest.json``, or that file.

    Returns
    -------
    DataFrame
        ``name`` and ``state`` of each file: same, changed, missing, or not in the manifest.

    Raises
    ------
    InputError
        If there is no manifest, or it is none of this library's.
    """
    place = Path(folder)
    place = place.parent if place.name == NAME else place
    listed = {str(output["name"]): output for output in read_manifest(place / NAME)["outputs"]}
    present = {
        path.relative_to(place).as_posix(): path
        for path in sorted(place.rglob("*"))
        if path.is_file() and path != place / NAME
    }
    return compared(listed, {name: fingerprint(path, place) for name, path in present.items()})


def compared(listed: Mapping[str, Any], present: Mapping[str, Any]) -> pd.DataFrame:
    """Return the state of each file, from the fingerprints in a manifest and those of the files there are."""
    rows = []
    for name in sorted({*listed, *present}):
        if name not in present:
            state = "missing"
        elif name not in listed:
            state = "not in the manifest"
        else:
            state = "same" if present[name] == listed[name] else "changed"
        rows.append((name, state))
    return pd.DataFrame(rows, columns=["name", "state"])


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the content of a manifest, checked for what is needed of it."""
    if not path.is_file():
        raise InputError(f"there is no {NAME} in {path.parent}; give a folder that hotspot made")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        outputs = [(str(output["name"]), output["bytes"], output["sha256"]) for output in content["outputs"]]
        whole = "hotspot" in content
    except (ValueError, KeyError, TypeError):
        whole, outputs = False, []
    if not whole:
        raise InputError(f"{path} is damaged, or no manifest of hotspot; make the outputs again")
    for name, _, _ in outputs:
        parts = PurePosixPath(name).parts
        if PurePosixPath(name).is_absolute() or ".." in parts or "\\" in name or ":" in name:
            raise InputError(
                f"{path} names a file outside its folder ({name[:60]!r}); it is not to be trusted"
            )
    return dict(content)
