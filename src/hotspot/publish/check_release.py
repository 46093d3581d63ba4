"""Look through a public folder for what must not be in it; written apart from what makes such folders."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot.errors import InputError
from hotspot.publish.check_contents import Sheet, geometry_kinds, sheets_of, texts_of
from hotspot.publish.check_margins import solvable_counts, uncompared_cells
from hotspot.publish.check_pairs import close_counts

COLUMNS = ["file", "kind", "detail", "count", "example"]
_SHOWN = 60
_BEGINNING = 6
_LATTICE = 50.0
_AREA_HEAD = re.compile(r"^(lsoa|msoa|ward|town|borough|order|area|parish|neighbourhood)", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that should not be in a public folder."""

    file: str
    kind: str
    detail: str
    count: int
    example: str


# What is looked for in every text: kind, what it means, and its form.
_PATTERNS = [
    ("marking", "a restricted marking in a public folder", r"OFFICIAL[- ]SENSITIVE"),
    (
        "test figures",
        "scores, p-values or densities of units, from which counts can be computed",
        r"\bgi_[zpq]\b|\bGi\*? z score|\bz \(Gi\*?\)|[Aa]djusted p\b|\bp value\b|\bmoran_[ipq]\b|\bdensity_per_km2\b"
        r"|[Dd]ensity per square km|\bweight_sum\b|\bneighbourhood_sum\b",
    ),
    (
        "ids",
        "columns or keys of single incidents",
        r"\bincident_id\b|\bCrime ID\b|\b[Ss]ource[ _]row\b|\bsource_file\b|\bplace_id\b|\blocation_id\b|\bUPRN\b|\buprn\b"
        r"|\bUSRN\b",
    ),
    ("ids", "long numbers such as a UPRN", r"(?<![\d.])\d{12}(?![\d.])"),
    ("paths", "paths of a machine", r"[A-Za-z]:\\+Users\\|(?<![\w:/.])/(?:home|Users|tmp|mnt|root|srv)/[\w.-]+"),
    (
        "points",
        "points drawn on a page",
        # With numbers: a page's own script names the functions that would draw points, whether or not there are any.
        r'"type"\s*:\s*"(?:Multi)?Point"|L\.(?:circleMarker|marker|heatLayer|circle)\(\s*\[+\s*-?\d'
        r'|"points"\s*:\s*\[\s*\[\s*-?\d',
    ),
    ("points", "points as text", r"\bPOINT\s*\(\s*-?\d"),
    ("free text", "place texts of a source", r"\bOn or near [A-Z]"),
]  # fmt: skip
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# The short fingerprint of an order's boundary can be twelve figures.
_BOUNDARY = re.compile(r"\bboundary [0-9a-f]{12}\b")
_MANIFEST_KEYS = {
    "inputs": "the files read",
    "seed": "a seed of randomness",
    "source_file": "a file read",
    "row": "row numbers",
    "rows": "row numbers",
    "source_row": "row numbers",
    "path": "a path",
    "bounds": "coordinates",
    "choices": "choices made from the data",
    "call": "the call with the names of its files",
    "data": "a file read",
    "mapping": "a file read",
    "register": "the register of releases",
}
_LEDGER_COUNTS = ("read", "used", "set_aside")
_ROUNDED_TO = 10
_PROGRAMS = frozenset({"hotspot"})
_PERSON = {
    "creator": r"<dc:creator>\s*([^<\s][^<]*)<",
    "last modified by": r"<cp:lastModifiedBy>\s*([^<\s][^<]*)<",
    "company": r"<Company>\s*([^<\s][^<]*)<",
    "manager": r"<Manager>\s*([^<\s][^<]*)<",
    "author": r"/Author\s*\(([^)]+)\)|<meta[^>]+name=\"author\"[^>]+content=\"([^\"]+)\"|\bAuthor\x00([^\n]+)",
}
_MEMBERS = re.compile(
    r"comments\d*\.xml$|docProps/custom\.xml$|/embeddings/|/externalLinks/|vbaProject|/revisions/|people\.xml$",
    re.I,
)
_TRACKED = re.compile(r"<w:(?:del|ins|moveFrom)\b|state=\"(?:veryH|h)idden\"|hidden=\"1\"")


def check_release(folder: str | os.PathLike[str], *, against: pd.DataFrame | None = None) -> pd.DataFrame:
    """Hunt through a public folder for raw coordinates, ids, free text, manifests and counts that can be solved.

    Parameters
    ----------
    folder
        The folder as it would be handed out. Every file is read, archives member by member.
    against
        Incidents of the closed source. Their coordinates, ids, place ids and location texts are looked for in
        every file. Without them only forms are looked for.

    Returns
    -------
    DataFrame
        One row for each finding: ``file``, ``kind`` (coordinates, counts, free text, ids, manifest, marking,
        metadata, paths, points, test figures, unreadable), ``detail``, ``count`` and ``example``. Empty when
        nothing was found.

    Raises
    ------
    InputError
        If there is no such folder.

    Notes
    -----
    Open data may be published as it is, points included: findings on files of open sources are expected. The
    tables of all files are taken together, with every total that any of them states, and each count shown as
    a class is bounded; fewer than three whole numbers left is a finding. Cells of two sizes are a finding too: their
    counts are not compared. So are exact counts of one row, total or source that differ by 1 to 4: one may be taken
    from the other.

    How this can mislead: an empty result says that these things were not found. It cannot know what a
    reader knows, or what was published elsewhere.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"{folder} is no folder; give the folder that would be handed out")
    found: list[Finding] = []
    sheets: list[Sheet] = []
    words: dict[str, str] = {}
    needles = None if against is None else _needles(against)
    for path in sorted(part for part in root.rglob("*") if part.is_file()):
        try:
            for name, text in texts_of(path):
                words[name] = text
                found += _of_text(name, text, path)
                found += [] if needles is None else _of_source(name, text, needles)
            sheets += list(sheets_of(path))
        except Exception as problem:
            # Whatever a file does to its reader, the other files are still looked at, and the person told.
            found.append(
                Finding(path.name, "unreadable", f"could not be read: {type(problem).__name__}", 1, "")
            )
        if path.suffix.lower() == ".gpkg":
            found += _of_layers(path)
    for sheet in sheets:
        found += _of_sheet(sheet)
    found += [
        Finding(file, "counts", detail, count, example)
        for file, detail, count, example in (
            *solvable_counts(sheets, words),
            *uncompared_cells(sheets),
            *close_counts(sheets, words),
        )
    ]
    table = pd.DataFrame([astuple(one) for one in sorted(set(found))], columns=COLUMNS)
    return table.astype({"count": "int64"})


def _of_text(name: str, text: str, path: Path) -> Iterator[Finding]:
    # Within a fingerprint any twelve figures may stand in a row.
    words = _BOUNDARY.sub(" ", _HEX.sub(" ", text))
    for kind, detail, form in _PATTERNS:
        hits = re.findall(form, words)
        if hits:
            yield Finding(name, kind, detail, len(hits), str(hits[0])[:_SHOWN])
    if path.suffix.lower() == ".json":
        yield from _of_manifest(name, text)
    else:
        hits = _HEX.findall(text)
        if hits:
            yield Finding(name, "ids", "fingerprints as long as a crime id", len(hits), hits[0][:16])
    for what, form in _PERSON.items():
        named = [next(filter(None, hit)) if isinstance(hit, tuple) else hit for hit in re.findall(form, text)]
        people = [name for name in named if name.strip() not in _PROGRAMS]
        if people:
            yield Finding(name, "metadata", f"the file names its {what}", len(people), people[0][:_SHOWN])
    if "!" in name and (_MEMBERS.search(name) or _TRACKED.search(text)):
        yield Finding(
            name,
            "metadata",
            "comments, own properties, hidden sheets, tracked changes or embedded files",
            1,
            "",
        )


def _of_manifest(name: str, text: str) -> Iterator[Finding]:
    try:
        content = json.loads(text)
    except ValueError:
        yield Finding(name, "unreadable", "no valid JSON", 1, "")
        return
    hits: dict[str, int] = {}
    exact = 0
    for key, value, above in _walk(content, ""):
        if key in _MANIFEST_KEYS and value not in (None, [], {}):
            hits[key] = hits.get(key, 0) + 1
        if key in _LEDGER_COUNTS and isinstance(value, int) and value % _ROUNDED_TO:
            exact += 1
        if key == "sha256" and not re.search(r"outputs|area|boundary", above):
            hits["inputs"] = hits.get("inputs", 0) + 1
    for key, count in sorted(hits.items()):
        yield Finding(name, "manifest", f"{key}: {_MANIFEST_KEYS[key]}", count, "")
    if exact:
        yield Finding(name, "manifest", "counts of rows that are not rounded", exact, "")


def _walk(content: Any, above: str) -> Iterator[tuple[str, Any, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield str(key), value, above
            yield from _walk(value, f"{above}/{key}")
    elif isinstance(content, list):
        for value in content:
            yield from _walk(value, above)


def _of_layers(path: Path) -> Iterator[Finding]:
    for layer, kind in geometry_kinds(path).items():
        if kind not in ("POLYGON", "MULTIPOLYGON", ""):
            yield Finding(path.name, "points", f"layer {layer} holds geometry of kind {kind}", 1, "")


def _of_sheet(sheet: Sheet) -> Iterator[Finding]:
    """Tell whether the coordinates of a table are those of cells, or finer."""
    heads = [head.lower() for head in sheet.header]
    for east, north, degrees in (
        ("easting", "northing", False),
        ("x", "y", False),
        ("longitude", "latitude", True),
        ("lon", "lat", True),
    ):
        if east not in heads or north not in heads:
            continue
        pairs = list(_pairs(sheet.rows, heads.index(east), heads.index(north)))
        raw = [
            pair
            for pair in (_metres(pairs) if degrees else pairs)
            if not _on_lattice(pair, 1.5 if degrees else 0.05)
        ]
        if raw and not _names_areas(sheet):
            detail = f"{east} and {north} that are no centres of cells"
            yield Finding(sheet.file, "coordinates", detail, len(raw), f"{raw[0][0]:.0f} {raw[0][1]:.0f}")
        named = any(head in ("cell_id", "cell id") for head in heads)
        if not named and len(set(pairs)) < len(pairs):
            yield Finding(
                sheet.file, "coordinates", "several rows at one place: single incidents", len(pairs), ""
            )


def _names_areas(sheet: Sheet) -> bool:
    """Tell whether each row is an area of its own with a count, whose centre is no incident's place."""
    for place, head in enumerate(sheet.header):
        if _AREA_HEAD.match(head):
            names = [row[place] for row in sheet.rows if place < len(row)]
            counted = any("shown" in other.lower() for other in sheet.header)
            return counted and len(set(names)) == len(sheet.rows)
    return False


def _pairs(rows: list[list[str]], first: int, second: int) -> Iterator[tuple[float, float]]:
    for row in rows:
        try:
            yield float(row[first]), float(row[second])
        except (ValueError, IndexError):
            continue


def _metres(pairs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    import geopandas as gpd
    import shapely

    from hotspot.geography.projection import geometry_to_bng

    if not pairs:
        return []
    points = gpd.GeoDataFrame(geometry=shapely.points(pairs), crs="EPSG:4326")
    moved = geometry_to_bng(points).geometry
    return list(zip(moved.x.tolist(), moved.y.tolist(), strict=True))


def _on_lattice(pair: tuple[float, float], reach: float) -> bool:
    return all(abs(value / _LATTICE - round(value / _LATTICE)) * _LATTICE <= reach for value in pair)


def _needles(incidents: pd.DataFrame) -> dict[str, set[str]]:
    """Return what of a closed source must not be found: ids, texts, and coordinates as they may be written."""
    needles: dict[str, set[str]] = {"ids": set(), "free text": set(), "coordinates": set()}
    for column, kind in (("incident_id", "ids"), ("place_id", "ids"), ("location", "free text")):
        if column in incidents.columns:
            texts = incidents[column].dropna().astype("str").str.strip().unique()
            needles[kind] |= {text for text in texts if len(text) >= _BEGINNING}
    points = incidents.geometry
    for x, y in {(round(x, 1), round(y, 1)) for x, y in zip(points.x, points.y, strict=True)}:
        needles["coordinates"] |= {f"{x:.0f} {y:.0f}", f"{x:.1f} {y:.1f}"}
    for x, y in _degrees(incidents):
        needles["coordinates"] |= {f"{x:.{d}f} {y:.{d}f}" for d in (5, 6)} | {
            f"{y:.{d}f} {x:.{d}f}" for d in (5, 6)
        }
    return needles


def _degrees(incidents: Any) -> Iterable[tuple[float, float]]:
    from hotspot.geography.projection import geometry_to_wgs84

    moved = geometry_to_wgs84(incidents[[incidents.active_geometry_name]].drop_duplicates()).geometry
    return zip(moved.x.tolist(), moved.y.tolist(), strict=True)


def _of_source(name: str, text: str, needles: dict[str, set[str]]) -> Iterator[Finding]:
    # Most needles begin like nothing in the text, which this finds sooner than a search for each.
    beginnings = {text[at : at + _BEGINNING] for at in range(len(text) - _BEGINNING + 1)}
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text)
    pairs = {f"{a} {b}" for a, b in pairwise(numbers)}
    for kind, wanted in needles.items():
        if kind == "coordinates":
            hits = {pair for pair in pairs if pair in wanted and not _lattice_text(pair)}
        else:
            hits = {one for one in wanted if one[:_BEGINNING] in beginnings and one in text}
        if hits:
            yield Finding(name, kind, f"{kind} of the source's own rows", len(hits), min(hits)[:_SHOWN])


def _lattice_text(pair: str) -> bool:
    x, y = (float(part) for part in pair.split())
    return abs(x) > 180 and not math.isnan(y) and _on_lattice((x, y), 0.05)
