"""Read counts by area, month and category, where a source gives no points, with every row accounted for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.geography.incidents import is_counts
from hotspot.intake.cell_values import text_of
from hotspot.intake.counts_areas import AreasLike, CountAreas, check_vintage, read_count_areas, with_geometry
from hotspot.intake.counts_cells import (
    BAD,
    BLANK,
    NEGATIVE,
    NO_MONTH,
    NOT_GIVEN,
    SUPPRESSED,
    ReadCounts,
    month_name,
    month_number,
    read_months,
    read_numbers,
)
from hotspot.intake.counts_files import read_part, refuse_same_files
from hotspot.intake.counts_mapping import CountsMapping, CountsMappingLike, read_counts_mapping
from hotspot.intake.counts_table import REPEATED, CountRows, fill_table, repeated_rows, table_findings
from hotspot.intake.files import PathLike
from hotspot.intake.findings import Finding, as_example, find
from hotspot.intake.ledger import make_coverage, make_findings, none_used
from hotspot.intake.partner_rows import Part, ledger_of, lines_of, problems_frame, stack
from hotspot.intake.row_rules import Problems, categories, header_again, leave_out, too_long
from hotspot.intake.tabular import find_exports

__all__ = ["CountsIntake", "is_counts", "read_counts"]

NO_AREA, NOT_IN_AREAS = "no area code", "area code not in areas"
NO_MONTH_TEXT, NOT_COVERED = "month unreadable", "month not among those covered"
NOT_WHOLE, BELOW_ZERO = "count not a whole number", "negative count"
NO_CATEGORY = "no category"


@dataclass(frozen=True, eq=False)
class CountsIntake:
    """What `read_counts` made of its files, with every row accounted for.

    Attributes
    ----------
    counts
        One row for each area, covered month and category: area_code, area_name, month (``YYYY-MM``), category, n
        (missing where nothing is known), n_at_most (the count, or the bound of a suppressed one; missing where
        there is none), count_status ("counted", "suppressed", "blank", "row set aside", "no row", "no row, taken as
        zero"), source,
        and geometry where the areas have it.
    set_aside
        One row for each row that was not used: source, source_file, row, reason, field, value.
    coverage
        Each month from the first to the last: source, month, rows (used), n (their sum), status ("present",
        "missing" or "partial?").
    ledger
        One row a file: read = used + set_aside, one column for each reason, sha256. In a table with a column
        for each month, every cell under a month is a row.
    findings
        What a person should look at, as for incidents.
    """

    counts: pd.DataFrame
    set_aside: pd.DataFrame
    coverage: pd.DataFrame
    ledger: pd.DataFrame
    findings: pd.DataFrame

    def __post_init__(self) -> None:
        lost = self.ledger[self.ledger["read"] != self.ledger["used"] + self.ledger["set_aside"]]
        if len(lost):
            first = lost.iloc[0]
            raise InputError(
                f"the ledger of {first['source_file']} does not close: {first['read']:,} rows read, {first['used']:,} "
                f"used and {first['set_aside']:,} set aside; please report this as a fault"
            )


def read_counts(
    source: PathLike | Iterable[PathLike] | pd.DataFrame,
    mapping: CountsMappingLike,
    *,
    areas: AreasLike,
) -> CountsIntake:
    """Read counts by area, month and category, with every row accounted for.

    Parameters
    ----------
    source
        A CSV, .xlsx or Parquet file, a folder, pattern, ``.zip`` or list of files that share one mapping, or a
        DataFrame. Each row is an area, month and category; or, with ``months = "columns"``, an area and category
        with a column for each month.
    mapping
        A TOML file, or the same as a dict: ``[source]``, ``[columns]`` area, month, category and count,
        ``[counts]``. See docs/counts.
    areas
        The areas that the codes stand for, all of them: a GeoDataFrame, a vector file, or a plain table of codes,
        which gives no geometry.

    Returns
    -------
    CountsIntake
        ``counts``, ``set_aside``, ``coverage``, ``ledger``, ``findings``.

    Raises
    ------
    InputError
        If the mapping is at fault, a file cannot be read, a column is not there, no code is among the areas', or
        LSOA codes are of another edition than the areas.

    Notes
    -----
    Missing is not zero. A month without any row is missing, whatever the mapping says. An area, month and
    category without a row is zero only if the mapping says ``absent = "zero"``, else missing. A suppressed count
    (``*``, ``<5``) is missing, and its bound is kept in ``n_at_most``. A count whose row was set aside is missing too.

    A row is set aside for the first of: a fault of the record, a rule of the mapping, its category, its area, its
    month, its count, being one of several for the same area, month and category.

    How this can mislead: counts say nothing of where in an area something happened. A total row that is named
    like an area is added as one. A source's area may be that of the caller, the crew or the incident: ask.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"Ward": ["A1", "A2"], "Month": ["Mar-24", "Apr-24"], "Type": "Fire", "Number": ["3", "<5"]})
    >>> intake = read_counts(rows, {
    ...     "source": {"name": "Made up", "simulated": True},
    ...     "columns": {"area": "Ward", "month": "Month", "category": "Type", "count": "Number"},
    ...     "counts": {"absent": "zero"},
    ... }, areas=pd.DataFrame({"Ward": ["A1", "A2"]}))
    >>> intake.counts[["area_code", "month", "n", "n_at_most"]].values.tolist()
    [['A1', '2024-03', 3, 3], ['A1', '2024-04', 0, 0], ['A2', '2024-03', 0, 0], ['A2', '2024-04', <NA>, 4]]
    """
    plan = read_counts_mapping(mapping)
    known = read_count_areas(areas, plan)
    frame = source if isinstance(source, pd.DataFrame) else None
    inputs: list[Any] = find_exports(source) if frame is None else [frame]
    parts = [read_part(each, plan) for each in inputs]
    refuse_same_files(parts)
    intake = _assemble(parts, plan, known)
    if recording.active() is not None:
        record = provenance.of(intake.counts)
        step = dict(record["steps"][-1])
        recording.step(step.pop("step"), step, record)
        recording.read(json.loads(intake.ledger.to_json(orient="records")))
    return intake


def _assemble(parts: list[Part], plan: CountsMapping, areas: CountAreas) -> CountsIntake:
    rows = stack(parts)
    problems = Problems(len(rows.table))
    findings = header_again(rows.table, problems)
    leave_out(rows.table, plan.plan.leave_out, problems)
    too_long(rows.table, plan.plan, problems)
    category, found = categories(rows.table, plan.plan, problems)
    problems.add(np.where(category.isna(), NO_CATEGORY, ""), plan.plan.columns.category or "", "")
    area, in_areas = _areas_of(rows.table, plan, areas, problems)
    month, dated = _months_of(rows.table, plan, problems)
    counts, counted = _counts_of(rows.table, plan, problems)
    codes, names = pd.factorize(category, sort=True)
    keys = (area * 1_000_000 + codes) * 100_000 + np.where(month == NO_MONTH, 0, month + 10_000)
    again = repeated_rows(problems.none, keys, counts.text, plan, problems)
    used = problems.none
    # A row that was set aside for its count is still a row: its place in the table must not become a zero.
    held = np.isin(problems.reason, (NOT_WHOLE, BELOW_ZERO, REPEATED)) & (area >= 0) & (codes >= 0)
    aside = np.column_stack([area, month, codes])[held & (month != NO_MONTH)].astype(np.int64)
    lost = np.flatnonzero(np.isin(problems.reason, (NO_AREA, NO_MONTH_TEXT, NO_CATEGORY)))
    broken = sum(len(part.raw.broken) for part in parts)
    own = CountRows(
        area[used],
        month[used],
        codes[used].astype(np.int64),
        tuple(map(str, names)),
        _only(counts, used),
        aside,
    )
    own = _without_unused(own)
    months = sorted(set(own.month.tolist()))
    table = fill_table(own, areas, months, plan)
    whole = [
        *findings,
        *found,
        *in_areas,
        *dated,
        *counted,
        *again,
        *table_findings(table, areas, own, plan, lost, broken),
    ]
    whole += _not_delivered(plan, months)
    ledger = ledger_of(
        parts, rows, used, problems_frame(problems, rows, parts, plan.plan.source.name), plan.plan.source.name
    )
    frame = table.assign(source=pd.Categorical([plan.plan.source.name] * len(table))).drop(columns="area")
    frame = with_geometry(frame, areas, table["area"].to_numpy())
    return CountsIntake(
        counts=provenance.put(frame, _record(plan, areas, table, parts, whole)),
        set_aside=problems_frame(problems, rows, parts, plan.plan.source.name),
        coverage=_coverage(own, plan),
        ledger=ledger,
        findings=make_findings([*lines_of(whole, parts, rows, plan.plan.source.name), *none_used(ledger)]),
    )


def _areas_of(
    table: pd.DataFrame, plan: CountsMapping, areas: CountAreas, problems: Problems
) -> tuple[NDArray[np.int64], list[Finding]]:
    texts = text_of(table[plan.area]).reset_index(drop=True)
    check_vintage(texts[problems.none], areas)
    area = areas.positions(texts)
    given = texts.notna().to_numpy()
    if given.any() and not (area >= 0).any():
        raise InputError(
            f"none of the {texts.nunique():,} codes in {plan.area!r} is a code of the areas (the first are "
            f"{texts.dropna().iloc[0][:40]!r} and {str(areas.codes[0])[:40]!r}); say [counts] areas_code, the column of the "
            "areas that holds the same codes"
        )
    shown = texts.fillna("").to_numpy(dtype=object)
    problems.add(np.where(~given, NO_AREA, ""), plan.area, "")
    problems.add(np.where(given & (area < 0), NOT_IN_AREAS, ""), plan.area, shown)
    rows = np.flatnonzero(problems.reason == NOT_IN_AREAS)
    if not len(rows):
        return area, []
    first = pd.unique(shown[rows])
    text = "area codes that are not among the areas: places outside, lines of totals, or another edition"
    example = as_example(
        ", ".join(map(str, first[:3])) + (f" and {len(first) - 3} more" if len(first) > 3 else "")
    )
    return area, [Finding(text, rows.astype(np.int64), plan.area, example)]


def _months_of(
    table: pd.DataFrame, plan: CountsMapping, problems: Problems
) -> tuple[NDArray[np.int64], list[Finding]]:
    month, findings = read_months(table, plan)
    shown = text_of(table[plan.month]).fillna("").to_numpy(dtype=object)
    problems.add(np.where(month == NO_MONTH, NO_MONTH_TEXT, ""), plan.month, shown)
    stated = _stated(plan)
    if stated:
        problems.add(np.where(np.isin(month, stated), "", NOT_COVERED), plan.month, shown)
    return month, findings


def _stated(plan: CountsMapping) -> list[int]:
    """Return the months that the mapping says are covered."""
    return [number for each in plan.plan.source.months if (number := month_number(each)) is not None]


def _counts_of(
    table: pd.DataFrame, plan: CountsMapping, problems: Problems
) -> tuple[ReadCounts, list[Finding]]:
    counts = read_numbers(table[plan.count], plan)
    field = table[plan.month].to_numpy(dtype=object) if plan.wide else plan.count
    problems.add(np.where(counts.kind == BAD, NOT_WHOLE, ""), field, counts.text)
    problems.add(np.where(counts.kind == NEGATIVE, BELOW_ZERO, ""), field, counts.text)
    free = problems.none
    findings = find(
        "suppressed counts are kept as missing, never as zero; the highest that each can be is in n_at_most",
        free & (counts.kind == SUPPRESSED),
        plan.count,
        counts.text,
    )
    text = "the count is blank or a word for nothing, and is kept as missing, not as zero"
    gap = (counts.kind == NOT_GIVEN) | ((counts.kind == BLANK) & (not plan.wide))
    findings += find(text, free & gap, plan.count, counts.text)
    return counts, findings


def _only(counts: ReadCounts, used: NDArray[np.bool_]) -> ReadCounts:
    return ReadCounts(counts.kind[used], counts.n[used], counts.at_most[used], counts.text[used])


def _without_unused(rows: CountRows) -> CountRows:
    """Drop categories of which every row was set aside."""
    seen = np.unique(rows.category)
    names = tuple(rows.categories[each] for each in seen.tolist())
    aside = rows.aside[np.isin(rows.aside[:, 2], seen)]
    aside = np.column_stack([aside[:, :2], np.searchsorted(seen, aside[:, 2])]).astype(np.int64)
    category = np.searchsorted(seen, rows.category).astype(np.int64)
    return replace(rows, category=category, categories=names, aside=aside)


def _not_delivered(plan: CountsMapping, months: list[int]) -> list[Finding]:
    """Say which months have no row, though they lie between others or the mapping says that they are covered."""
    stated = _stated(plan)
    expected = set(stated) or (set(range(months[0], months[-1] + 1)) if months else set())
    gaps = sorted(expected - set(months))
    if not gaps:
        return []
    text = (
        f"no row in {provenance.spans(month_name(each) for each in gaps)}: these months are missing, not zero"
    )
    return [Finding(text, np.empty(0, dtype=np.int64), plan.month, "")]


def _coverage(rows: CountRows, plan: CountsMapping) -> pd.DataFrame:
    months = pd.Series([month_name(each) for each in rows.month.tolist()], dtype="str")
    sums = pd.Series(rows.counts.n).groupby(months).sum()
    number = months.value_counts()
    present = pd.DataFrame({"source": plan.plan.source.name, "month": sums.index, "rows": sums.to_numpy()})
    coverage = make_coverage(present).rename(columns={"rows": "n"})
    coverage["rows"] = coverage["month"].map(number).astype("Int64")
    return coverage[["source", "month", "rows", "n", "status"]]


def _record(
    plan: CountsMapping, areas: CountAreas, table: pd.DataFrame, parts: list[Part], findings: list[Finding]
) -> provenance.Record:
    source = plan.plan.source
    months = sorted(table["month"].unique().tolist())
    made: provenance.Source = {
        "name": source.name,
        "open": source.open,
        "simulated": source.simulated,
        "attribution": source.attribution,
        "months": months,
        "records": list(source.records),
    }
    step: dict[str, Any] = {
        "step": "read_counts",
        "mapping": plan.plan.name,
        "files": len(parts),
        "areas": len(areas.codes),
        "absent": plan.absent,
        "repeated": plan.repeated,
        "left_out": [rule.reason for rule in plan.plan.leave_out],
        "fixed": sorted({finding.finding for finding in findings if finding.fixed}),
    }
    notes = [f"{source.name}: counts by area and month; where in an area they lay is not known", *areas.notes]
    held = int((table["count_status"] == "suppressed").sum())
    if held:
        notes.append(
            f"{source.name}: {held:,} counts were suppressed by the source and are missing here, not zero"
        )
    last = str(pd.Period(max(months), freq="M").end_time.date()) if months else None
    return {"sources": [made], "as_of": last, "steps": [step], "notes": notes}
