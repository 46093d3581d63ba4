"""Make the job of a manifest again, from inputs that have its fingerprints, and compare every output."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from hotspot.errors import InputError
from hotspot.publish.manifest import NAME, fingerprint
from hotspot.publish.verify import compared, read_manifest

COMMANDS = ("demo", "hotspots")
Make = Callable[[dict[str, Any], Path], None]


def rerun(manifest: Path, inputs: Path | None, make: Make) -> pd.DataFrame:
    """Make a command line's job again and compare.

    Parameters
    ----------
    manifest
        The ``manifest.json`` of a folder that ``hotspot demo``, ``hotspots`` or ``run`` made.
    inputs
        The folder that holds the data, area and mapping under the names of the manifest; the folder of the
        manifest's folder when None.
    make
        Makes the job: given the call, with the paths of its inputs, and a folder for its outputs.

    Returns
    -------
    DataFrame
        ``name`` and ``state`` of each output: same, changed, missing, or not in the manifest.
    """
    path = manifest / NAME if manifest.is_dir() else manifest
    content = read_manifest(path)
    if content.get("release") == "public":
        raise InputError(
            f"{path} is the reduced manifest of a public folder, which names no inputs: give the manifest of the restricted "
            "run, or make the public folder again and compare the two manifests"
        )
    call = content.get("call")
    if not isinstance(call, dict) or call.get("command") not in COMMANDS or "job" not in call:
        raise InputError(
            f"{path} is of a script, not of a command: run the script again, then compare with hotspot verify"
        )
    found = _with_paths(call, inputs if inputs is not None else path.resolve().parent.parent)
    listed = {str(output["name"]): output for output in content["outputs"]}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "again"
        make(found, out)
        made = {file.name: fingerprint(file, out) for file in out.iterdir() if file.name != NAME}
    return compared(listed, made)


def _with_paths(call: dict[str, Any], inputs: Path) -> dict[str, Any]:
    found = dict(call)
    for key in ("data", "area", "mapping"):
        name = call.get(key)
        if name is None:
            continue
        if PurePath(str(name)).name != str(name) or str(name) in (".", ".."):
            raise InputError(
                f"the manifest names {key} by a path ({str(name)[:60]!r}); it is not to be trusted"
            )
        path = inputs / str(name)
        if not path.exists():
            raise InputError(
                f"{key} {name!r} is not in {inputs}; name the folder that holds it with --inputs FOLDER"
            )
        found[key] = path
    wanted = call.get("mapping_sha256")
    if wanted and hashlib.sha256(found["mapping"].read_bytes()).hexdigest() != wanted:
        raise InputError(f"{found['mapping'].name} is not the mapping of the manifest: its SHA-256 differs")
    return found
