"""From the text of data.police.uk files to incidents: every row is used or set aside with its reason."""

from __future__ import annotations

import gc
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from geopandas.array import GeometryArray
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.geography.projection import BNG, TRANSFORM_NAME
from hotspot.intake.coded import Coded, Codes, Flags, coded, from_codes
from hotspot.intake.delimited import LONGEST_FIELD, Delimited
from hotspot.intake.ledger import (
    HEADER_AMONG_ROWS,
    NO_ROWS,
    Found,
    Intake,
    make_coverage,
    make_findings,
    make_ledger,
    none_used,
    shorten,
)
from hotspot.intake.points import Points, located_in, to_points
from hotspot.intake.repeated import repeated

ATTRIBUTION = "contains public sector information licensed under the Open Government Licence v3.0"
MADE_UP = "made by hotspot.sample; no real incident is in it"
TEXT_COLUMNS = (
    "month", "reported_by", "falls_within", "location", "lsoa_code", "lsoa_name", "category", "last_outcome",
    "context",
)  # fmt: skip
LONGEST_FIRST = ("location", *(column for column in TEXT_COLUMNS if column != "location"))
"""The order in which two workers end at about the same time: streets have by far the most names."""
EXTRA_COLUMNS = ("reported_by", "falls_within", "lsoa_code", "lsoa_name", "last_outcome", "context")
REASONS = [
    "", "no location", "unreadable coordinates", "coordinates outside the United Kingdom", "outside the area",
    "unreadable month", "field too long", "broken quotation marks", "wrong number of fields",
]  # fmt: skip
OK = 0
WORKERS = 2
FIELDS = [
    "Longitude, Latitude", "Easting, Northing", "Month", "text", "line", "Longitude", "Latitude", "Easting",
    "Northing",
]  # fmt: skip
COORDINATE_FIELDS = ({"x": "Longitude", "y": "Latitude"}, {"x": "Easting", "y": "Northing"})
_MONTH = re.compile(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")
_PLACE_STEP = 10_000_000


@dataclass(frozen=True)
class Part:
    """One file, read but not yet turned into incidents."""

    text: Delimited
    source: str
    month: str | None
    eastings: bool
    sha256: str
    keys: NDArray[np.int64]
    """Of `point_keys`."""
    id_keys: NDArray[np.uint64] | None
    """Of `id_keys`."""
    added: tuple[str, ...] = ()
    """Columns that data.police.uk does not publish: somebody has changed the file."""


@dataclass(frozen=True)
class Rows:
    """All rows of all files, column by column, file after file."""

    text: dict[str, Coded]
    incident_id: Any
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    file: Codes
    row: Codes
    eastings: Flags
    bounds: list[tuple[int, int]]
    points: Points
    places: tuple[Codes, Any, NDArray[np.object_]]
    """Of each distinct pair of coordinates its place; the places' ids (pyarrow) and their points."""
    again: Flags
    """Whether the row's id stands in an earlier row."""


def assemble(parts: list[Part], outline: Any) -> Intake:
    """Turn parts into an Intake; ``outline`` is the area's polygon, or None."""
    rows = _stack(parts)
    points = rows.points
    reason = _problems(rows, parts)
    if outline is not None:
        inside = located_in(outline, points.easting, points.northing)[points.codes]
        reason[(reason == OK) & ~inside] = REASONS.index("outside the area")
    used = reason == OK
    sources, names = [part.source for part in parts], [part.text.name for part in parts]
    read = [part.text.lines_read for part in parts]
    files = pd.DataFrame({"source": sources, "source_file": names, "read": read})
    used_by_file = pd.Series([int(used[low:high].sum()) for low, high in rows.bounds], index=names)
    with ThreadPoolExecutor(max_workers=1) as aside:  # the accounts are made beside the incidents
        made = aside.submit(_incidents, rows, used, sources, names)
        set_aside = _set_aside(rows, reason, parts)
        coverage = make_coverage(_present(parts, rows))
        ledger = make_ledger(files, used_by_file, set_aside)
        findings = make_findings([*_findings(parts, rows), *none_used(ledger)])
    return Intake(
        incidents=provenance.put(made.result(), _record(coverage, parts, outline is not None)),
        set_aside=set_aside,
        coverage=coverage,
        ledger=ledger.assign(sha256=[part.sha256 for part in parts]),
        findings=findings,
    )


def _stack(parts: list[Part]) -> Rows:
    """Put the files under one another, with one list of values a column."""
    tables = [part.text.table for part in parts]
    sizes = [table.num_rows for table in tables]
    ends = np.cumsum(sizes).tolist()
    for part in parts:
        part.text.table = None  # two copies of all columns would double the memory
    x, y = _numbers(tables, "x"), _numbers(tables, "y")
    ids = _ids(tables)
    eastings = np.repeat(np.array([part.eastings for part in parts], dtype=bool), sizes)
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        located = pool.submit(_located, x, y, eastings, np.concatenate([part.keys for part in parts]))
        text = {column: pool.submit(coded, tables, column) for column in LONGEST_FIRST}
        again = pool.submit(repeated, ids, [part.id_keys for part in parts])
    points, places = located.result()
    return Rows(
        text={column: text[column].result() for column in TEXT_COLUMNS},
        incident_id=ids,
        x=x,
        y=y,
        file=np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        row=np.concatenate([part.text.rows for part in parts]),
        eastings=eastings,
        bounds=list(zip([0, *ends[:-1]], ends, strict=True)),
        points=points,
        places=places,
        again=again.result(),
    )


def _located(
    x: NDArray[np.float64], y: NDArray[np.float64], eastings: Flags, keys: NDArray[np.int64]
) -> tuple[Points, tuple[Codes, Any, NDArray[np.object_]]]:
    points = to_points(x, y, eastings, keys)
    return points, _places(points)


def _ids(tables: list[Any]) -> Any:
    chunks: list[Any] = []
    for table in tables:
        if "incident_id" in table.column_names:
            chunks += table.column("incident_id").chunks
        else:
            chunks.append(pa.nulls(table.num_rows, pa.string()))
    return pa.chunked_array(chunks, type=pa.string())


def _numbers(tables: list[Any], column: str) -> NDArray[np.float64]:
    parts = [table.column(column).to_numpy() for table in tables]
    return np.concatenate(parts).astype(np.float64, copy=False)


def _problems(rows: Rows, parts: list[Part]) -> NDArray[np.int8]:
    """Say for each row why it is no incident: an index of REASONS, the last reason found; OK where it is one."""
    by_place = np.array([REASONS.index(problem) for problem in rows.points.problem], dtype=np.int8)
    reason: NDArray[np.int8] = by_place[rows.points.codes]
    for part, (low, _) in zip(parts, rows.bounds, strict=True):
        for at, _column, _text in part.text.unreadable:
            reason[low + at] = REASONS.index("unreadable coordinates")
    reason[~rows.text["month"].where(lambda text: bool(_MONTH.match(text)))] = REASONS.index(
        "unreadable month"
    )
    too_long = REASONS.index("field too long")
    for column in rows.text.values():
        if column.longest() > LONGEST_FIELD:
            reason[column.where(lambda text: len(text) > LONGEST_FIELD)] = too_long
    lengths = pc.binary_length(rows.incident_id)
    longest = pc.max(lengths).as_py()
    if longest is not None and longest > LONGEST_FIELD:
        reason[pc.greater(lengths, LONGEST_FIELD).fill_null(False).to_numpy()] = too_long
    return reason


def _incidents(rows: Rows, used: Flags, sources: list[str], names: list[str]) -> gpd.GeoDataFrame:
    kept = None if used.all() else np.flatnonzero(used)
    place_of, places, shapes = rows.places
    file = rows.file if kept is None else rows.file[kept]
    count = len(file)
    order = sorted(set(sources))
    source_code = np.array([order.index(source) for source in sources], dtype=np.int32)
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        ids = pool.submit(_kept_ids, rows.incident_id, None if kept is None else used)
        text = {column: pool.submit(rows.text[column].categorical, kept) for column in LONGEST_FIRST}
        place = place_of[rows.points.codes if kept is None else rows.points.codes[kept]]
        # One Point object for each distinct place, shared by its rows: 3.8 million rows stand on few points.
        geometry = GeometryArray(shapes[place], crs=BNG)
        place_id = Coded(place, places).categorical(None)
        month = text["month"].result()
        first = pd.PeriodIndex(month.categories, freq="M")
        start, end = _days(first.start_time, month.codes), _days(first.end_time, month.codes)
    data: dict[str, Any] = {
        "incident_id": ids.result(),
        "source": from_codes(source_code[file], pd.Index(order, dtype="str")),
        "category": text["category"].result(),
        "start": start,
        "end": end,
        "time_precision": _one_value("month", count),
        "place_id": place_id,
        "location": text["location"].result(),
        "location_precision": _one_value("map_point", count),
    }
    for column in EXTRA_COLUMNS:
        data[column] = text[column].result()
    data["source_file"] = from_codes(file, pd.Index(names, dtype="str"))
    data["source_row"] = rows.row if kept is None else rows.row[kept]
    data["geometry"] = geometry
    return gpd.GeoDataFrame(pd.DataFrame(data, copy=False), geometry="geometry", crs=BNG, copy=False)


def _places(points: Points) -> tuple[Codes, Any, NDArray[np.object_]]:
    """Return the place of each distinct pair of coordinates, the places' ids, and their points."""
    there = np.flatnonzero(np.isfinite(points.easting) & np.isfinite(points.northing))
    # Offsets keep both numbers positive, so that one integer stands for a place.
    east, north = points.easting[there].astype(np.int64), points.northing[there].astype(np.int64)
    key = (east + _PLACE_STEP // 2) * _PLACE_STEP + north + _PLACE_STEP // 2
    distinct, code = np.unique(key, return_inverse=True)
    place_of = np.full(len(points.easting), -1, dtype=np.int32)
    place_of[there] = code
    x = distinct // _PLACE_STEP - _PLACE_STEP // 2
    y = distinct % _PLACE_STEP - _PLACE_STEP // 2
    ids = pc.binary_join_element_wise("E", _six_digits(x), " N", _six_digits(y), "")
    # Half a million new objects would set off Python's search for cycles again and again: points form none.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return place_of, ids, shapely.points(x.astype(float), y.astype(float))
    finally:
        if collecting:
            gc.enable()


def _as_text(ids: Any) -> pd.Series[str]:
    series: pd.Series[str] = ids.to_pandas()
    return series if series.dtype == "str" else series.astype("str")


def _kept_ids(ids: Any, used: Flags | None) -> pd.Series[str]:
    series: pd.Series[str] = (ids if used is None else ids.filter(pa.array(used))).to_pandas()
    return series if series.dtype == "str" else series.astype("str")


def _six_digits(numbers: NDArray[np.int64]) -> Any:
    """Write whole numbers with at least six digits."""
    text = pc.utf8_lpad(pc.cast(pa.array(np.abs(numbers)), pa.string()), 6, "0")
    return pc.if_else(pa.array(numbers < 0), pc.binary_join_element_wise("-", text, ""), text)


def _one_value(value: str, count: int) -> Any:
    return from_codes(np.zeros(count, dtype=np.int8), pd.Index([value], dtype="str"))


def _days(times: pd.DatetimeIndex, codes: Any) -> Any:
    days = times.normalize().as_unit("us").to_numpy()
    return days[codes] if len(codes) else np.empty(0, dtype="datetime64[us]")


def _set_aside(rows: Rows, reason: NDArray[np.int8], parts: list[Part]) -> pd.DataFrame:
    """List the rows that are no incidents with their reason and the offending field, never the whole row."""
    out = np.flatnonzero(reason != OK)
    why = reason[out]
    field = np.where(rows.eastings[out], 1, 0).astype(np.int8)
    pair, pair_codes = np.unique(rows.points.codes[out], return_inverse=True)
    first = rows.points.first[pair]
    texts = [shorten(f"{_shown(x)}, {_shown(y)}") for x, y in zip(rows.x[first], rows.y[first], strict=True)]
    value = np.array(texts, dtype=object)[pair_codes]
    place = (
        {int(at): position for position, at in enumerate(out)}
        if any(p.text.unreadable for p in parts)
        else {}
    )
    for part, (low, _) in zip(parts, rows.bounds, strict=True):
        for at, column, text in part.text.unreadable:
            position = place[low + at]
            value[position] = shorten(text)
            field[position] = FIELDS.index(COORDINATE_FIELDS[part.eastings][column])
    month, long = why == REASONS.index("unreadable month"), why == REASONS.index("field too long")
    field[month], field[long] = 2, 3
    value[month] = [shorten(text) for text in rows.text["month"].text(out[month])]
    value[long] = f"over {LONGEST_FIELD:,} characters"
    broken = [
        (number, row, REASONS.index(text), 4, measure)
        for number, part in enumerate(parts)
        for row, text, measure in part.text.broken
    ]
    file = np.concatenate([rows.file[out], np.array([b[0] for b in broken], dtype=np.int32)])
    row = np.concatenate([rows.row[out], np.array([b[1] for b in broken], dtype=np.int32)])
    why = np.concatenate([why, np.array([b[2] for b in broken], dtype=np.int8)])
    field = np.concatenate([field, np.array([b[3] for b in broken], dtype=np.int8)])
    value = np.concatenate([value, np.array([b[4] for b in broken], dtype=object)])
    order = np.lexsort((row, file))
    sources = sorted({part.source for part in parts})
    source_code = np.array([sources.index(part.source) for part in parts], dtype=np.int32)
    return pd.DataFrame(
        {
            "source": from_codes(source_code[file[order]], pd.Index(sources, dtype="str")),
            "source_file": from_codes(file[order], pd.Index([part.text.name for part in parts], dtype="str")),
            "row": row[order],
            "reason": from_codes(why[order], pd.Index(REASONS, dtype="str")).remove_unused_categories(),
            "field": from_codes(field[order], pd.Index(FIELDS, dtype="str")).remove_unused_categories(),
            "value": pd.Series(value[order], dtype="str"),
        }
    )


def _shown(number: float) -> str:
    return "(blank)" if np.isnan(number) else repr(float(number))


def _present(parts: list[Part], rows: Rows) -> pd.DataFrame:
    """Count the rows read by source and month; a file without rows still covers its month."""
    codes, values = rows.text["month"].codes, rows.text["month"].values
    present: list[tuple[str, str | None, int]] = []
    for part, (low, high) in zip(parts, rows.bounds, strict=True):
        counts = np.bincount(codes[low:high] + 1, minlength=len(values) + 1)[1:]
        present += [
            (part.source, values[code], int(counts[code]))
            for code in np.flatnonzero(counts).tolist()
            if _MONTH.match(values[code])
        ]
        if part.month is not None:
            present.append((part.source, part.month, 0))
    return pd.DataFrame(present, columns=["source", "month", "rows"])


def _findings(parts: list[Part], rows: Rows) -> list[Found]:
    found: list[tuple[str, str, str, int, int]] = []
    months, values = rows.text["month"].codes, rows.text["month"].values
    header = values.index("Month") if "Month" in values else len(values)
    for part, (low, high) in zip(parts, rows.bounds, strict=True):
        row = rows.row[low:high]
        if part.text.encoding in ("cp1252", "utf-16"):
            found.append(
                (part.source, part.text.name, f"read as {part.text.encoding}", part.text.lines_read, 1)
            )
        if part.added:
            text = f"has columns that data.police.uk does not publish ({shorten(part.added[0])}): not counted as open"
            found.append((part.source, part.text.name, text, part.text.lines_read, 1))
        if part.text.lines_read == 0:
            found.append((part.source, part.text.name, NO_ROWS, 0, 1))
        again = np.flatnonzero(months[low:high] == header)
        if len(again):
            found.append((part.source, part.text.name, HEADER_AMONG_ROWS, len(again), int(row[again[0]])))
        if part.month is not None:
            said = values.index(part.month) if part.month in values else len(values)
            codes = months[low:high]
            other = np.flatnonzero((codes != said) & (codes >= 0))
            if len(other):
                text = f"the file name says {part.month} but the rows say another month; the rows decide"
                found.append((part.source, part.text.name, text, len(other), int(row[other[0]])))
    found += _repeated_ids(parts, rows)
    found += _overlaps(parts, rows)
    return [Found(*line) for line in found]


def _repeated_ids(parts: list[Part], rows: Rows) -> list[tuple[str, str, str, int, int]]:
    """Count the ids that stand in an earlier row, of the same file or of one before it."""
    again = rows.again
    if not again.any():
        return []
    text = "Crime ID stands in an earlier row of this or another file; kept"
    found = []
    for part, (low, high) in zip(parts, rows.bounds, strict=True):
        mine = np.flatnonzero(again[low:high])
        if len(mine):
            found.append((part.source, part.text.name, text, len(mine), int(rows.row[low:high][mine[0]])))
    return found


def _overlaps(parts: list[Part], rows: Rows) -> list[tuple[str, str, str, int, int]]:
    """Find files without a month in their name whose months another file of the source has too."""
    months, values = rows.text["month"].codes, rows.text["month"].values
    holders: dict[tuple[str, int], list[int]] = {}
    for number, (part, (low, high)) in enumerate(zip(parts, rows.bounds, strict=True)):
        for month in np.unique(months[low:high]).tolist():
            holders.setdefault((part.source, month), []).append(number)
    found = []
    for (source, month), numbers in sorted(holders.items()):
        for number in numbers:
            if month < 0 or len(numbers) == 1 or parts[number].month is not None:
                continue
            low, high = rows.bounds[number]
            mine = np.flatnonzero(months[low:high] == month)
            other = next(parts[n].text.name for n in numbers if n != number)
            text = f"{values[month]} of {source} stands in {other} too: check that no row counts twice"
            found.append((source, parts[number].text.name, text, len(mine), int(rows.row[low:high][mine[0]])))
    return found


def _record(coverage: pd.DataFrame, parts: list[Part], clipped: bool) -> provenance.Record:
    changed = {part.source for part in parts if part.added}
    sources: list[provenance.Source] = []
    for name, group in coverage.groupby("source", observed=True, sort=True):
        simulated = str(name).startswith("simulated")
        sources.append(
            {
                "name": str(name),
                "open": name not in changed,
                "simulated": simulated,
                "attribution": MADE_UP if simulated else ATTRIBUTION,
                "months": list(group.loc[group["status"] != "missing", "month"]),
            }
        )
    last = max((month for source in sources for month in source["months"]), default=None)
    as_of = None if last is None else str(pd.Period(last, freq="M").end_time.date())
    step = {"step": "read_police_uk", "transform": TRANSFORM_NAME, "clipped_to_area": clipped}
    return {"sources": sources, "as_of": as_of, "steps": [step], "notes": []}
