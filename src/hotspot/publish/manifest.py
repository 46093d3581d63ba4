"""The manifest: what an output folder was made from and by, and the fingerprint of every file in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspot import __version__, provenance
from hotspot.geography.area import outline_hash
from hotspot.publish.files import write_text_whole
from hotspot.publish.release import PublicRelease, Release

NAME = "manifest.json"
ROUNDED_TO = 10
LEDGER_NOTE = (
    f"Rows used and set aside are rounded to the nearest {ROUNDED_TO}; rows read are the sum of the two."
)
NO_LEDGER = "Not recorded: the files were not read inside hotspot.record."
_SAFE = {
    "public_release": ("threshold", "cell_size_m", "shape", "columns"),
    "select_incidents": ("category", "start", "end"),
    "review_boundary": ("order", "boundary"),
}
"""Steps, and parameters of them, that hold no count and no choice made from counts."""
_RULE = ("threshold", "health_threshold", "health", "units", "least_share_pct")

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


def write_reduced(
    folder: Path,
    *,
    marking: str,
    simulated: bool,
    source: str,
    as_of: str | None,
    release: Release,
    steps: Iterable[Mapping[str, Any]] = (),
    inputs: Iterable[Mapping[str, Any]] = (),
    notes: Iterable[str] = (),
    job: Mapping[str, Any] | None = None,
    written: Iterable[Path] | None = None,
) -> Path:
    """Write the reduced ``manifest.json`` of a public folder.

    Parameters
    ----------
    folder
        The folder of the public outputs.
    marking, simulated, source, as_of
        What the outputs say of themselves.
    release
        The choice to publish; its register's path is left out.
    steps
        Calls; of each only what holds no count and no choice made from counts is kept, most are left out whole.
    inputs
        Lines of ledgers, and areas with their outline's hash. Of the lines only rounded sums by source are kept.
    notes
        What the public outputs print.
    job
        What was asked for on the command line.
    written
        The files to list; None: every file of the folder.

    Notes
    -----
    It is made from a list of what may be in it. No path, name or hash of an input, row number, seed, or choice
    that the library made from the data is on that list.

    How this can mislead: from a reduced manifest a run cannot be made again; keep the full one of the restricted run.
    """
    held = list(inputs)
    files = sorted(folder.rglob("*")) if written is None else sorted(set(written))
    chosen = release if isinstance(release, PublicRelease) else PublicRelease()
    ledger = rounded_ledger(each for each in held if "used" in each)
    content: dict[str, Any] = {
        "hotspot": __version__,
        "release": "public",
        "marking": marking,
        "simulated": simulated,
        "source": source,
        "as_of": as_of,
        "parameters": {
            **({} if job is None else {"job": dict(job)}),
            "release": {name: getattr(chosen, name) for name in _RULE},
            "steps": [kept for step in steps if (kept := _safe_step(step))],
        },
        "boundary": sorted({str(each["outline_sha256"]) for each in held if each.get("outline_sha256")}),
        "ledger": ledger,
        "ledger_note": LEDGER_NOTE if ledger else NO_LEDGER,
        "notes": list(notes),
        "packages": packages(),
        "outputs": [fingerprint(path, folder) for path in files if path.is_file() and path != folder / NAME],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
    return write_text_whole(folder / NAME, text)


def _safe_step(step: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: step[key] for key in _SAFE.get(str(step.get("step")), ()) if step.get(key) is not None}
    return {"step": step["step"], **kept} if kept else {}


def rounded_ledger(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows used and set aside of each source, rounded, with their sum: nothing but two rounded counts."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        held = sums.setdefault(str(line.get("source") or "source not recorded"), [0, 0])
        held[0] += int(line["used"])
        held[1] += int(line.get("set_aside") or 0)
    rounded = {name: [_rounded(count) for count in counts] for name, counts in sums.items()}
    return [
        {"source": name, "read": used + aside, "used": used, "set_aside": aside}
        for name, (used, aside) in sorted(rounded.items())
    ]


def _rounded(count: int) -> int:
    return (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


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
