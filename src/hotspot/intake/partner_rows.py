"""From the tables of a partner's files to incidents: every row is used or set aside with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.geography.precision import FINEST_METRES
from hotspot.geography.projection import BNG, TRANSFORM_NAME
from hotspot.intake.cell_values import text_of
from hotspot.intake.coordinates import Located
from hotspot.intake.dates import DateColumns, Dates, read_dates
from hotspot.intake.findings import Finding, as_example
from hotspot.intake.ledger import (
    Found,
    Intake,
    Origin,
    found,
    make_findings,
    make_ledger,
    none_used,
    row_list,
)
from hotspot.intake.lookup import fingerprint
from hotspot.intake.mapping import Mapping
from hotspot.intake.partner_coverage import cover
from hotspot.intake.partner_points import locate
from hotspot.intake.points import located_in
from hotspot.intake.row_rules import Problems, categories, header_again, leave_out, place_ids, too_long
from hotspot.intake.tabular import RawTable

GRADES = ("exact", "address", "street", "postcode", "map_point", "area")


@dataclass(frozen=True)
class Part:
    """One file, read but not yet turned into incidents; ``notes`` are about its columns."""

    raw: RawTable
    notes: list[str]


@dataclass(frozen=True)
class Stack:
    """The rows of all files under one another: the files' number and the row numbers beside the table."""

    table: pd.DataFrame
    file: NDArray[np.int32]
    row: NDArray[np.int64]
    bounds: list[tuple[int, int]]


def assemble(parts: list[Part], plan: Mapping, outline: Any, origin: Origin) -> Intake:
    """Turn parts into an Intake; ``outline`` is the area's polygon, or None."""
    rows = stack(parts)
    problems = Problems(len(rows.table))
    headers = header_again(rows.table, problems)
    leave_out(rows.table, plan.leave_out, problems)
    too_long(rows.table, plan, problems)
    category, found_rows = categories(rows.table, plan, problems)
    located = locate({part.raw.name: part.raw.table for part in parts}, rows.table, plan)
    dates = read_dates(rows.table, _date_columns(plan), as_of=plan.check.as_of)
    problems.add(located.problem, located.field, located.value)
    problems.add(dates.problem, dates.field, dates.value)
    if outline is not None:
        inside = located_in(outline, located.easting, located.northing)
        where = np.where(problems.none & ~inside, "outside the area", "")
        problems.add(where, "coordinates", located.value)
    used = problems.none
    ids, id_findings = _ids(rows.table, plan)
    places, place_findings = place_ids(rows.table, plan, located.easting, located.northing)
    incidents = _incidents(rows, plan, used, (category, ids, places), dates, located, parts)
    set_aside = problems_frame(problems, rows, parts, plan.source.name)
    coverage, covered = cover(dates.start, dates.problem, plan)
    findings = [
        *headers,
        *found_rows,
        *id_findings,
        *place_findings,
        *located.findings,
        *dates.findings,
        *covered.findings,
    ]
    record = _record(plan, covered.months, covered.note, parts, findings, outline is not None)
    ledger = ledger_of(parts, rows, used, set_aside, plan.source.name)
    lines = lines_of(findings, parts, rows, plan.source.name)
    return Intake(
        incidents=provenance.put(incidents, record),
        set_aside=set_aside,
        coverage=coverage,
        ledger=ledger,
        findings=make_findings([*lines, *none_used(ledger)]),
        origin=origin,
    )


def stack(parts: list[Part]) -> Stack:
    """Put the tables under one another; a column of several kinds keeps its cells as they are."""
    plain = [_without_geometry(part.raw.table) for part in parts]
    columns = {}
    for name in plain[0].columns:
        each = [table[name] for table in plain]
        filled = [column for column in each if len(column) and column.notna().any()] or each[:1]
        same = len({str(column.dtype) for column in filled}) == 1
        kind = filled[0].dtype if same else np.dtype(object)
        if len(each) == 1:
            columns[name] = each[0]
        elif same:
            columns[name] = pd.concat(
                [c if c.dtype == kind else _blank(len(c), kind) for c in each], ignore_index=True
            )
        else:
            cells = [c.astype(object).where(c.notna(), None) for c in each]
            columns[name] = pd.concat(cells, ignore_index=True)
    sizes = [len(table) for table in plain]
    ends = np.cumsum(sizes).tolist()
    return Stack(
        pd.DataFrame(columns, index=pd.RangeIndex(sum(sizes))),
        np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        np.concatenate([part.raw.rows for part in parts]),
        list(zip([0, *ends[:-1]], ends, strict=True)),
    )


def _without_geometry(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(table.drop(columns="geometry")) if isinstance(table, gpd.GeoDataFrame) else table


def _blank(count: int, kind: Any) -> pd.Series:
    return pd.Series([None] * count, dtype=object).astype(kind)


def _date_columns(plan: Mapping) -> DateColumns:
    columns, dates = plan.columns, plan.dates
    return DateColumns(
        start=columns.start,
        end=columns.end,
        date=columns.date,
        time=columns.time,
        end_date=columns.end_date,
        end_time=columns.end_time,
        order=dates.order,
        format=dates.format,
        month_only=dates.month_only,
        time_zone=plan.source.time_zone,
        two_digit_years=plan.fix.two_digit_years,
        swap_end=plan.fix.end_before_start,
    )


def _ids(table: pd.DataFrame, plan: Mapping) -> tuple[pd.Series, list[Finding]]:
    name = plan.columns.id
    if name is None:
        return pd.Series([None] * len(table), dtype="str"), []
    ids = text_of(table[name])
    again = np.flatnonzero((ids.duplicated() & ids.notna()).to_numpy(dtype=bool))
    if not len(again):
        return ids, []
    text = "this id stands on an earlier row too; all are kept, see whether they are one case"
    return ids, [Finding(text, again, name, as_example(ids.iloc[again[0]]))]


def _incidents(
    rows: Stack,
    plan: Mapping,
    used: NDArray[np.bool_],
    own: tuple[pd.Series, pd.Series, pd.Series],
    dates: Dates,
    located: Located,
    parts: list[Part],
) -> gpd.GeoDataFrame:
    category, ids, places = own
    count = int(used.sum())
    place = plan.columns.location
    location = pd.Series([None] * count, dtype="str") if place is None else text_of(rows.table[place])[used]
    names = [part.raw.name for part in parts]
    data: dict[str, Any] = {
        "incident_id": ids[used].astype("str").reset_index(drop=True),
        "source": pd.Categorical([plan.source.name] * count, categories=[plan.source.name]),
        "category": _categorical(category[used]),
        "start": _local(dates.start)[used],
        "end": _local(dates.end)[used],
        "time_precision": _categorical(
            pd.Series(np.asarray(dates.precision, dtype=object)[used], dtype="str")
        ),
        "place_id": _categorical(places[used]),
        "location": _categorical(location),
        "location_precision": _categorical(_grades(plan, located, used)),
    }
    for name in plan.columns.keep:
        kept = rows.table[name][used].reset_index(drop=True)
        data[name] = text_of(kept) if kept.dtype == object else kept
    data["source_file"] = pd.Categorical.from_codes(rows.file[used], categories=pd.Index(names, dtype="str"))
    data["source_row"] = rows.row[used]
    shapes = shapely.points(located.easting[used], located.northing[used])
    return gpd.GeoDataFrame(data, geometry=shapes, crs=BNG)


def _local(times: Any) -> NDArray[np.datetime64]:
    return np.asarray(pd.Series(times).to_numpy(), dtype="datetime64[us]")


def _categorical(values: pd.Series) -> pd.Categorical:
    codes, distinct = pd.factorize(values)
    names = np.array([str(value) for value in distinct], dtype=object)
    order = np.argsort(names, kind="stable")
    recode = np.append(np.argsort(order, kind="stable"), -1)
    return pd.Categorical.from_codes(recode[codes], categories=pd.Index(names[order], dtype="str"))


def _grades(plan: Mapping, located: Located, used: NDArray[np.bool_]) -> pd.Series:
    """Grade each row: the mapping's precision, or what a coarse grid reference leaves of it."""
    stated = plan.source.location_precision
    grade = np.full(int(used.sum()), stated, dtype=object)
    if located.precision_m is not None:
        side = np.asarray(located.precision_m, dtype=float)[used]
        for metres, coarser in ((10.0, "street"), (FINEST_METRES["street"], "area")):
            if FINEST_METRES[coarser] > FINEST_METRES[stated]:
                grade[side > metres] = coarser
    return pd.Series(grade, dtype="str")


def problems_frame(problems: Problems, rows: Stack, parts: list[Part], source: str) -> pd.DataFrame:
    """List the rows that are no incidents with their reason and the offending field, never the whole row."""
    out = np.flatnonzero(~problems.none)
    lines = list(
        zip(
            rows.file[out].tolist(),
            rows.row[out].tolist(),
            problems.reason[out],
            problems.field[out],
            [as_example(value) for value in problems.value[out]],
            strict=True,
        )
    )
    lines += [
        (number, row, reason, "row", measure)
        for number, part in enumerate(parts)
        for row, reason, measure in part.raw.broken
    ]
    lines.sort(key=lambda line: line[:2])
    file, row, reason, field, value = zip(*lines, strict=True) if lines else ((), (), (), (), ())
    names = pd.Index([part.raw.name for part in parts], dtype="str")
    return pd.DataFrame(
        {
            "source": pd.Categorical([source] * len(lines), categories=[source]),
            "source_file": pd.Categorical.from_codes(np.array(file, dtype=np.int32), categories=names),
            "row": np.array(row, dtype=np.int64),
            "reason": _categorical(pd.Series(reason, dtype="str")),
            "field": _categorical(pd.Series(field, dtype="str")),
            "value": pd.Series(value, dtype="str"),
        }
    )


def ledger_of(
    parts: list[Part], rows: Stack, used: NDArray[np.bool_], set_aside: pd.DataFrame, source: str
) -> pd.DataFrame:
    """Return the ledger of some parts: what was read, used and set aside, with each file's fingerprint."""
    names = [part.raw.name for part in parts]
    read = [part.raw.lines_read for part in parts]
    files = pd.DataFrame({"source": source, "source_file": names, "read": read})
    by_file = pd.Series([int(used[low:high].sum()) for low, high in rows.bounds], index=names)
    return make_ledger(files, by_file, set_aside).assign(sha256=[part.raw.sha256 for part in parts])


def lines_of(findings: list[Finding], parts: list[Part], rows: Stack, source: str) -> list[Found]:
    """Say each finding file by file, with row numbers of that file."""
    lines = []
    for number, (part, (low, high)) in enumerate(zip(parts, rows.bounds, strict=True)):
        name = part.raw.name
        for text in part.notes:
            lines.append(Found(source, name, text, part.raw.lines_read, max(part.raw.header.row, 1)))
        for text, count, numbers in part.raw.notes:
            first = int(numbers[0]) if len(numbers) else max(part.raw.header.row, 1)
            lines.append(Found(source, name, text, count, first, row_list(numbers.tolist() or [first])))
        for finding in findings:
            at = np.asarray(finding.rows, dtype=np.int64)
            mine = at[(at >= low) & (at < high)]
            if (len(at) and not len(mine)) or (not len(at) and number):
                continue
            example = finding.example
            if len(mine) and mine[0] != at[0]:
                columns = [each for each in finding.field.split(", ") if each in rows.table.columns]
                cells = rows.table.loc[mine[0], columns].tolist()
                example = ", ".join(as_example("" if pd.isna(cell) else cell) for cell in cells)
            here = Finding(finding.finding, mine, finding.field, example, finding.fixed)
            lines.append(found(source, name, here, rows.row))
    return lines


def _record(
    plan: Mapping,
    months: list[str],
    note: str,
    parts: list[Part],
    findings: list[Finding],
    clipped: bool,
) -> provenance.Record:
    source = plan.source
    made: provenance.Source = {
        "name": source.name,
        "open": source.open,
        "simulated": source.simulated,
        "attribution": source.attribution,
        "months": months,
        "records": list(source.records),
    }
    last = str(pd.Period(max(months), freq="M").end_time.date()) if months else None
    as_of = last if plan.check.as_of is None else str(plan.check.as_of.date())
    step: dict[str, Any] = {
        "step": "read_incidents",
        "mapping": plan.name,
        "files": len(parts),
        "transform": TRANSFORM_NAME,
        "clipped_to_area": clipped,
        "left_out": [rule.reason for rule in plan.leave_out],
        "fixed": sorted({finding.finding for finding in findings if finding.fixed}),
    }
    lookup = None if plan.coordinates is None else plan.coordinates.lookup
    if lookup is not None:
        step["lookup"] = {"file": Path(lookup.file).name, "sha256": fingerprint(lookup, plan.base)}
    return {"sources": [made], "as_of": as_of, "steps": [step], "notes": [note] if note else []}
