"""Read data.police.uk street files: the 12-column format and the 8-column one of 2010-11."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import as_area
from hotspot.geography.projection import BNG, TRANSFORM_NAME
from hotspot.intake.delimited import LONGEST_FIELD, Delimited, parse
from hotspot.intake.files import PathLike, SourceFile, find_files
from hotspot.intake.ledger import Intake, make_coverage, make_ledger, shorten
from hotspot.intake.points import located_in, to_points

TWELVE_COLUMNS = {
    "Crime ID": "incident_id",
    "Month": "month",
    "Reported by": "reported_by",
    "Falls within": "falls_within",
    "Longitude": "x",
    "Latitude": "y",
    "Location": "location",
    "LSOA code": "lsoa_code",
    "LSOA name": "lsoa_name",
    "Crime type": "category",
    "Last outcome category": "last_outcome",
    "Context": "context",
}
EIGHT_COLUMNS = {
    "Month": "month",
    "Reported by": "reported_by",
    "Falls within": "falls_within",
    "Easting": "x",
    "Northing": "y",
    "Location": "location",
    "Crime type": "category",
    "Context": "context",
}
ATTRIBUTION = "contains public sector information licensed under the Open Government Licence v3.0"
MADE_UP = "made by hotspot.sample; no real incident is in it"
_FILE_NAME = re.compile(r"^(\d{4}-(?:0[1-9]|1[0-2]))-(.+)-street\.csv$", re.IGNORECASE)
_MONTH = re.compile(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")
_OTHER_FILES = ("-outcomes.csv", "-stop-and-search.csv")
_CATEGORY_COLUMNS = [name for name in TWELVE_COLUMNS.values() if name != "incident_id"]


def read_police_uk(
    source: PathLike | Iterable[PathLike],
    *,
    area: gpd.GeoDataFrame | PathLike | None = None,
    progress: bool = False,
) -> Intake:
    """Read data.police.uk street files into incidents, with every row accounted for.

    Parameters
    ----------
    source
        One CSV, a folder of ``YYYY-MM/YYYY-MM-force-street.csv``, a pattern, the archive ``.zip`` as
        downloaded, or a list of these. Outcome and stop-and-search files beside them are passed over.
    area
        Keep the incidents inside this area (its edge belongs to it); the others are set aside as
        "outside the area". A GeoDataFrame or a vector file with one layer.
    progress
        Show a progress bar when standard error is a terminal.

    Returns
    -------
    Intake
        ``incidents`` in EPSG:27700, snapped to the whole metres in which the source was published.
        Dates are months: ``start`` and ``end`` are the first and the last day. ``place_id`` is the
        map point's easting and northing.

    Raises
    ------
    InputError
        If a file is missing, empty, not text or has another header, or a month stands in two files.

    Notes
    -----
    Anti-social behaviour carries no id, and its rows repeat byte for byte because the source gives
    only a month and one of about 750,000 map points: identical rows are separate incidents and all
    are kept. Repeated ids of other categories are reported in ``findings`` and kept too.

    How this can mislead: points are anonymised map points about 100 m apart, redrawn in July 2022, so
    neither addresses nor comparisons of single points across that date are in the data.

    Source: https://data.police.uk/about/
    """
    outline = None if area is None else as_area(area).union_all()
    parts = [_read_one(file) for file in _shown(find_files(source, _is_street_file), progress)]
    _refuse_double_months(parts)
    return _intake(parts, outline)


def _is_street_file(name: str) -> bool:
    low = name.lower()
    return low.endswith(".csv") and not low.endswith(_OTHER_FILES) and not low.startswith(("._", "~$"))


def _shown(files: list[SourceFile], progress: bool) -> Iterable[SourceFile]:
    if not progress:
        return files
    from tqdm import tqdm

    shown: Iterable[SourceFile] = tqdm(files, desc="Reading", unit="file", disable=None, leave=False)
    return shown


@dataclass(frozen=True)
class _Part:
    """One file, read but not yet turned into incidents."""

    text: Delimited
    source: str
    month: str | None
    eastings: bool
    sha256: str


def _read_one(file: SourceFile) -> _Part:
    data = file.read()
    text = parse(data, file.name, lambda header: _format(header, file.name))
    match = _FILE_NAME.match(file.name.rsplit("/", 1)[-1])
    month, slug = (match.group(1), match.group(2)) if match else (None, None)
    digest = hashlib.sha256(data).hexdigest()
    return _Part(text, _source_name(slug, text), month, "Crime ID" not in text.header, digest)


def _format(header: list[str], name: str) -> dict[str, str]:
    for names in (TWELVE_COLUMNS, EIGHT_COLUMNS):
        if set(names) <= set(header):
            return names
    expected = EIGHT_COLUMNS if "Easting" in header else TWELVE_COLUMNS
    missing = ", ".join(column for column in expected if column not in header)
    seen = ", ".join(shorten(column) for column in header[:12])
    raise InputError(
        f"{name} is not a data.police.uk street file: its header lacks {missing}; it has {len(header)} "
        f"column{'s' * (len(header) != 1)} ({seen}). Expected the 12 columns from Crime ID to Context, or the 8 "
        "of 2010-11 with Easting and Northing"
    )


def _source_name(slug: str | None, text: Delimited) -> str:
    """Name the source by the file name's force, or else by the one force that its rows name."""
    if slug is None:
        reported = text.table.column("reported_by").unique().to_pylist()
        named = sorted({re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") for value in reported} - {""})
        slug = named[0] if len(named) == 1 else "several-forces" if named else "unknown-force"
    slug = shorten(slug.lower())
    return "simulated incidents" if slug.startswith("simulated") else f"data.police.uk/{slug}"


def _refuse_double_months(parts: list[_Part]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for part in parts:
        if part.month is None:
            continue
        key = (part.source, part.month)
        if key in seen:
            raise InputError(
                f"{part.month} of {part.source} stands in two files, {seen[key]} and {part.text.name}: every incident "
                "of that month would count twice; keep one of them (archive downloads overlap by up to 36 months)"
            )
        seen[key] = part.text.name


@dataclass(frozen=True)
class _Rows:
    """All rows of all files, column by column."""

    text: dict[str, pd.Categorical]
    incident_id: pd.Series
    file: np.ndarray[Any, np.dtype[np.int32]]
    row: np.ndarray[Any, np.dtype[np.int32]]
    eastings: np.ndarray[Any, np.dtype[np.bool_]]


def _stack(parts: list[_Part]) -> _Rows:
    """Put the files under one another, with one dictionary a column."""
    tables = []
    for part in parts:
        table = part.text.table
        for column in {*_CATEGORY_COLUMNS, "incident_id"} - set(table.column_names):
            kind = pa.string() if column == "incident_id" else pa.dictionary(pa.int32(), pa.string())
            table = table.append_column(column, pa.nulls(table.num_rows, kind))
        tables.append(table.select(["incident_id", *_CATEGORY_COLUMNS]))
    whole = pa.concat_tables(tables).unify_dictionaries()
    sizes = [table.num_rows for table in tables]
    ids = whole.column("incident_id").to_pandas()
    return _Rows(
        text={column: _categorical(whole.column(column)) for column in _CATEGORY_COLUMNS},
        incident_id=ids.where(ids.str.strip() != "").astype("str"),
        file=np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        row=np.concatenate([part.text.rows for part in parts]),
        eastings=np.repeat(np.array([part.eastings for part in parts], dtype=bool), sizes),
    )


def _categorical(column: Any) -> pd.Categorical:
    """Turn a dictionary column into a Categorical; blank text is missing, spaces at the ends go."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type=column.type)
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = pd.Series(array.dictionary.to_pylist(), dtype=object).str.strip()
    to_code, categories = pd.factorize(values.where(values != ""), sort=True)
    return pd.Categorical.from_codes(
        np.append(to_code, -1)[codes], categories=pd.Index(categories, dtype="str")
    )


def _intake(parts: list[_Part], outline: Any) -> Intake:
    rows = _stack(parts)
    points = to_points(rows.text["x"], rows.text["y"], rows.eastings)
    reason = _problems(rows, points.problem)
    if outline is not None:
        located = np.flatnonzero(reason == "")
        inside = located_in(outline, points.easting[located], points.northing[located])
        reason[located[~inside]] = "outside the area"
    used = reason == ""
    sources = np.array([part.source for part in parts], dtype=object)
    names = np.array([part.text.name for part in parts], dtype=object)
    incidents = _incidents(rows, points.easting, points.northing, used, sources, names)
    set_aside = _set_aside(rows, reason, parts)
    read = [part.text.lines_read for part in parts]
    files = pd.DataFrame({"source": sources, "source_file": names, "read": read})
    used_by_file = pd.Series(np.bincount(rows.file[used], minlength=len(parts)), index=names)
    coverage = make_coverage(_present(parts, rows))
    return Intake(
        incidents=provenance.put(incidents, _record(coverage, outline is not None)),
        set_aside=set_aside,
        coverage=coverage,
        ledger=make_ledger(files, used_by_file, set_aside).assign(sha256=[part.sha256 for part in parts]),
        findings=_findings(parts, rows),
    )


def _problems(rows: _Rows, coordinates: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Say for each row why it is no incident, the first reason that holds; "" where it is one."""
    reason = coordinates.copy()
    month = rows.text["month"]
    bad = np.array([not _MONTH.match(str(value)) for value in month.categories], dtype=bool)
    reason[np.append(bad, True)[month.codes]] = "unreadable month"
    for values in rows.text.values():
        long = np.array([len(str(value)) > LONGEST_FIELD for value in values.categories], dtype=bool)
        if long.any():
            reason[np.append(long, False)[values.codes]] = "field too long"
    reason[(rows.incident_id.str.len() > LONGEST_FIELD).fillna(False).to_numpy(dtype=bool)] = "field too long"
    return reason


def _incidents(
    rows: _Rows,
    easting: np.ndarray[Any, np.dtype[np.float64]],
    northing: np.ndarray[Any, np.dtype[np.float64]],
    used: np.ndarray[Any, np.dtype[np.bool_]],
    sources: np.ndarray[Any, Any],
    names: np.ndarray[Any, Any],
) -> gpd.GeoDataFrame:
    count = int(used.sum())
    month = rows.text["month"][used].remove_unused_categories()
    first = pd.PeriodIndex(month.categories, freq="M")
    start = first.start_time.normalize().as_unit("us")
    end = first.end_time.normalize().as_unit("us")
    x, y = easting[used].astype(np.int64), northing[used].astype(np.int64)
    codes, distinct = pd.factorize(x * 10_000_000 + y, sort=True)
    places = [f"E{pair // 10_000_000:06d} N{pair % 10_000_000:06d}" for pair in distinct]
    data: dict[str, Any] = {
        "incident_id": rows.incident_id[used].reset_index(drop=True),
        "source": pd.Categorical(sources[rows.file[used]], categories=sorted(set(sources))),
        "category": rows.text["category"][used].remove_unused_categories(),
        "start": start.take(month.codes) if count else pd.DatetimeIndex([], dtype="datetime64[us]"),
        "end": end.take(month.codes) if count else pd.DatetimeIndex([], dtype="datetime64[us]"),
        "time_precision": pd.Categorical(["month"] * count, categories=["month"]),
        "place_id": pd.Categorical.from_codes(codes, categories=pd.Index(places, dtype="str")),
        "location": rows.text["location"][used].remove_unused_categories(),
        "location_precision": pd.Categorical(["map_point"] * count, categories=["map_point"]),
    }
    for column in ("reported_by", "falls_within", "lsoa_code", "lsoa_name", "last_outcome", "context"):
        data[column] = rows.text[column][used].remove_unused_categories()
    data["source_file"] = pd.Categorical.from_codes(rows.file[used], categories=pd.Index(names, dtype="str"))
    data["source_row"] = rows.row[used]
    # One Point object for each distinct place, shared by its rows: 3.8 million rows stand on few points.
    distinct_points = shapely.points(
        (distinct // 10_000_000).astype(float), (distinct % 10_000_000).astype(float)
    )
    return gpd.GeoDataFrame(data, geometry=distinct_points[codes], crs=BNG)


def _set_aside(rows: _Rows, reason: np.ndarray[Any, Any], parts: list[_Part]) -> pd.DataFrame:
    out = np.flatnonzero(reason != "")
    why = reason[out].astype(str)
    field = np.full(len(out), "Longitude, Latitude", dtype=object)
    field[rows.eastings[out]] = "Easting, Northing"
    x, y = (np.asarray(rows.text[name][out].astype(object)) for name in ("x", "y"))
    value = np.array(
        [shorten(f"{_shown_value(a)}, {_shown_value(b)}") for a, b in zip(x, y, strict=True)], dtype=object
    )
    month = why == "unreadable month"
    field[month] = "Month"
    value[month] = [shorten(_shown_value(text)) for text in rows.text["month"][out[month]].astype(object)]
    long = why == "field too long"
    field[long], value[long] = "text", f"over {LONGEST_FIELD:,} characters"
    frame = pd.DataFrame(
        {"file": rows.file[out], "row": rows.row[out], "reason": why, "field": field, "value": value}
    )
    broken = [
        (number, row, reason_text, "line", measure)
        for number, part in enumerate(parts)
        for row, reason_text, measure in part.text.broken
    ]
    frame = pd.concat(
        [frame, pd.DataFrame(broken, columns=frame.columns).astype(frame.dtypes.to_dict())], ignore_index=True
    ).sort_values(["file", "row"], ignore_index=True)
    frame.insert(0, "source", [parts[number].source for number in frame["file"]])
    frame.insert(1, "source_file", [parts[number].text.name for number in frame["file"]])
    return frame.drop(columns="file")


def _shown_value(value: object) -> str:
    return "(blank)" if value is None or value != value else str(value)


def _present(parts: list[_Part], rows: _Rows) -> pd.DataFrame:
    """Count the rows read by source and month; a file without rows still covers its month."""
    month = rows.text["month"]
    table = pd.DataFrame({"file": rows.file, "month": month.astype(object)}).dropna()
    present: list[tuple[str, str | None, int]] = []
    for number, months in table.groupby("file")["month"]:
        counts = months.value_counts()
        source = parts[int(str(number))].source
        present += [
            (source, str(text), int(rows_)) for text, rows_ in counts.items() if _MONTH.match(str(text))
        ]
    present += [(part.source, part.month, 0) for part in parts if part.month is not None]
    return pd.DataFrame(present, columns=["source", "month", "rows"])


def _findings(parts: list[_Part], rows: _Rows) -> pd.DataFrame:
    found: list[tuple[str, str, str, int, int]] = []
    for number, part in enumerate(parts):
        mine = rows.file == number
        if part.text.encoding in ("cp1252", "utf-16"):
            found.append(
                (part.source, part.text.name, f"read as {part.text.encoding}", part.text.lines_read, 1)
            )
        if part.month is not None:
            months = rows.text["month"]
            other = mine & (np.append(months.categories != part.month, False)[months.codes])
            if other.any():
                text = f"the file name says {part.month} but the rows say another month; the rows decide"
                found.append((part.source, part.text.name, text, int(other.sum()), int(rows.row[other][0])))
        ids = rows.incident_id[mine]
        again = (ids.duplicated() & ids.notna()).to_numpy()
        if again.any():
            text = "Crime ID stands in an earlier row of the file; kept"
            found.append((part.source, part.text.name, text, int(again.sum()), int(rows.row[mine][again][0])))
    return pd.DataFrame(found, columns=["source", "source_file", "finding", "rows", "first_row"])


def _record(coverage: pd.DataFrame, clipped: bool) -> provenance.Record:
    sources: list[provenance.Source] = []
    for name, group in coverage.groupby("source", observed=True, sort=True):
        simulated = str(name).startswith("simulated")
        sources.append(
            {
                "name": str(name),
                "open": True,
                "simulated": simulated,
                "attribution": MADE_UP if simulated else ATTRIBUTION,
                "months": list(group.loc[group["status"] == "present", "month"]),
            }
        )
    last = max((month for source in sources for month in source["months"]), default=None)
    as_of = None if last is None else str(pd.Period(last, freq="M").end_time.date())
    step = {"step": "read_police_uk", "transform": TRANSFORM_NAME, "clipped_to_area": clipped}
    return {"sources": sources, "as_of": as_of, "steps": [step], "notes": []}
