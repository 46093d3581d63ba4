"""The manifest: what an output folder was made from and by, and the fingerprint of every file in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspot import __version__, provenance
from hotspot.geography.area import outline_hash
from hotspot.publish.files import write_text_whole

NAME = "manifest.json"
PACKAGES = ("numpy", "scipy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "pyarrow", "folium")


def write_manifest(
    folder: Path,
    *,
    call: Mapping[str, Any],
    ledger: pd.DataFrame,
    area: gpd.GeoDataFrame,
    results: Mapping[str, pd.DataFrame],
) -> Path:
    """Write ``manifest.json`` into a finished folder.

    Parameters
    ----------
    folder
        The folder; every other file in it is listed with its size and SHA-256.
    call
        The parameters that were asked for.
    ledger
        The intake's ledger: the inputs, their rows and fingerprints.
    area
        The area used; its geometry is hashed.
    results
        Name to frame: the steps that made each.

    Notes
    -----
    It holds no time, user or folder name, so the same run gives the same bytes.
    """
    frames = list(results.values())
    content = {
        "hotspot": __version__,
        "marking": provenance.marking(frames),
        "simulated": provenance.is_simulated(frames),
        "source": provenance.source_line(frames),
        "as_of": provenance.of(frames[0])["as_of"],
        "call": dict(call),
        "inputs": json.loads(ledger.to_json(orient="records")),
        "area": {"sha256": outline_hash(area), "steps": provenance.of(area)["steps"]},
        "notes": sorted({note for frame in frames for note in provenance.of(frame)["notes"]}),
        "results": {name: provenance.of(frame)["steps"] for name, frame in results.items()},
        "packages": packages(),
        "outputs": [fingerprint(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False, default=str) + "\n"
    return write_text_whole(folder / NAME, text)


def made_by_hotspot(folder: Path) -> tuple[bool, list[str]]:
    """Tell whether a folder has a manifest of ours, and which of its files are not in it."""
    path = folder / NAME
    if not path.is_file():
        return False, []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        listed = {str(output["name"]) for output in content["outputs"]} | {NAME}
    except (ValueError, KeyError, TypeError):
        return False, []
    present = {found.relative_to(folder).as_posix() for found in folder.rglob("*") if found.is_file()}
    return "hotspot" in content, sorted(present - listed)


def packages() -> dict[str, str]:
    """Return the versions of the packages that results depend on."""
    return {name: _version(name) for name in PACKAGES}


def fingerprint(path: Path, folder: Path) -> dict[str, Any]:
    """Return a file's name in the folder, its size and its SHA-256."""
    data = path.read_bytes()
    return {
        "name": path.relative_to(folder).as_posix(),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
