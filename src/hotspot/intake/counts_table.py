"""From rows of counts to a full table of area, month and category, in which missing is not zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.intake.counts_areas import CountAreas
from hotspot.intake.counts_cells import BLANK, COUNTED, NOT_GIVEN, SUPPRESSED, ReadCounts, month_name
from hotspot.intake.counts_mapping import CountsMapping
from hotspot.intake.findings import Finding, as_example
from hotspot.intake.row_rules import Problems

Integers = NDArray[np.int64]

MOST_CELLS = 20_000_000
"""Refused above this many areas x months x categories."""
COUNT_STATUS = ("counted", "suppressed", "blank", "row set aside", "no row", "no row, taken as zero")
_COUNTED, _SUPPRESSED, _BLANK, _ASIDE, _NO_ROW, _ZERO = range(6)
REPEATED = "repeated area, month and category"


@dataclass(frozen=True, eq=False)
class CountRows:
    """The rows that are used: their area, month and category as numbers, and their counts.

    ``aside`` has the area, month and category of rows that were set aside for their count, shape (rows, 3): those
    places have a row, so that they are not zero.
    """

    area: Integers
    month: Integers
    category: Integers
    categories: tuple[str, ...]
    counts: ReadCounts
    aside: Integers


def repeated_rows(
    used: NDArray[np.bool_],
    keys: Integers,
    texts: NDArray[np.object_],
    plan: CountsMapping,
    problems: Problems,
) -> list[Finding]:
    """Set aside all rows of an area, month and category that has several, unless the mapping adds them up."""
    rows = np.flatnonzero(used)
    again = rows[pd.Series(keys[rows]).duplicated(keep=False).to_numpy()]
    if not len(again):
        return []
    if plan.repeated == "sum":
        text = "rows of the same area, month and category were added up, as the mapping says"
        return [Finding(text, again, plan.count, as_example(texts[again[0]]), fixed=True)]
    reason = np.full(len(used), "", dtype=object)
    reason[again] = REPEATED
    problems.add(reason, plan.count, texts)
    text = (
        "several rows have the same area, month and category, and all are set aside; mend the export, or say "
        '[counts] repeated = "sum" if they are parts of one count'
    )
    return [Finding(text, again, plan.count, as_example(texts[again[0]]))]


def fill_table(rows: CountRows, areas: CountAreas, months: list[int], plan: CountsMapping) -> pd.DataFrame:
    """Return one row for each area, covered month and category.

    Parameters
    ----------
    rows
        All rows that are used.
    months
        The covered months, ascending, as months since January 1970.

    Returns
    -------
    DataFrame
        area_code, area_name, month, category, n, n_at_most, count_status, and ``area``: the area's position.

    Raises
    ------
    InputError
        If the table would be too large.
    """
    shape = (len(areas.codes), len(months), len(rows.categories))
    size = int(np.prod(shape))
    if size > MOST_CELLS:
        raise InputError(
            f"{shape[0]:,} areas x {shape[1]:,} months x {shape[2]:,} categories are {size:,} counts, over the limit of "
            f"{MOST_CELLS:,}; give the areas of one borough, or translate the categories into fewer"
        )
    place = np.searchsorted(np.array(months, dtype=np.int64), rows.month)
    cell = np.ravel_multi_index((rows.area, place, rows.category), shape) if size else rows.area
    n, most, status = _cells(cell, _aside(rows, months, shape), rows.counts, size, plan)
    area, month, category = np.unravel_index(np.arange(size), shape) if size else (cell, cell, cell)
    known = np.isin(status, (_COUNTED, _ZERO))
    return pd.DataFrame(
        {
            "area_code": pd.Series(areas.codes[area], dtype="str"),
            "area_name": pd.Series(areas.names[area], dtype="str"),
            "month": pd.Series(
                np.array([month_name(each) for each in months], dtype=object)[month], dtype="str"
            ),
            "category": pd.Categorical.from_codes(
                category, categories=pd.Index(rows.categories, dtype="str")
            ),
            "n": pd.Series(n, dtype="Int64").where(known),
            "n_at_most": pd.Series(most, dtype="Int64").where(most >= 0),
            "count_status": pd.Categorical.from_codes(status, categories=pd.Index(COUNT_STATUS)),
            "area": area,
        }
    )


def _aside(rows: CountRows, months: list[int], shape: tuple[int, int, int]) -> Integers:
    """Return the cells of the table whose row was set aside."""
    kept = rows.aside[np.isin(rows.aside[:, 1], months)]
    if not len(kept):
        return np.empty(0, dtype=np.int64)
    place = np.searchsorted(np.array(months, dtype=np.int64), kept[:, 1])
    return np.asarray(np.ravel_multi_index((kept[:, 0], place, kept[:, 2]), shape), dtype=np.int64)


def _cells(
    cell: Integers, aside: Integers, counts: ReadCounts, size: int, plan: CountsMapping
) -> tuple[Integers, Integers, Integers]:
    """Return count, bound (-1 where unknown) and status of each cell; a sum with a part held back is held back."""
    kind = counts.kind
    n = np.zeros(size, dtype=np.int64)
    np.add.at(n, cell, counts.n)
    held, open_bound = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    held[cell[kind == SUPPRESSED]] = True
    open_bound[cell[(kind == SUPPRESSED) & (counts.at_most < 0)]] = True
    blank, counted = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    # An empty cell under a month is how a pivot table writes that there is no row; in a row of its own it is a gap.
    blank[cell[(kind == NOT_GIVEN) | ((kind == BLANK) & (not plan.wide))]] = True
    counted[cell[kind == COUNTED]] = True
    most = n.copy()
    bounded = (kind == SUPPRESSED) & (counts.at_most >= 0)
    np.add.at(most, cell[bounded], counts.at_most[bounded])
    status = np.full(size, _ZERO if plan.absent == "zero" else _NO_ROW, dtype=np.int64)
    status[counted] = _COUNTED
    status[blank] = _BLANK
    status[held] = _SUPPRESSED
    status[aside] = _ASIDE
    unknown = open_bound | np.isin(status, (_BLANK, _ASIDE, _NO_ROW))
    most[unknown] = -1
    return n, most, status


def table_findings(
    table: pd.DataFrame, areas: CountAreas, rows: CountRows, plan: CountsMapping, lost: Integers, broken: int
) -> list[Finding]:
    """Say what a person should know of the table as a whole.

    Parameters
    ----------
    lost
        Rows of which the place in the table is not known.
    broken
        How many records are no rows at all.
    """
    none = np.empty(0, dtype=np.int64)
    findings = []
    if plan.absent == "zero" and (len(lost) or broken):
        text = (
            "rows were set aside whose area, month or category is not known: what they counted may be taken as zero, as "
            "if there were no row; mend them"
        )
        findings.append(Finding(text, lost, plan.count, ""))
    absent = int((table["count_status"] == "no row").sum())
    if absent:
        findings.append(
            Finding(
                f"{absent:,} of {len(table):,} combinations of area, month and category have no row and count as missing; "
                'if the table leaves zeros out, say [counts] absent = "zero"',
                none,
                plan.count,
                "",
            )
        )
    seen = np.zeros(len(areas.codes), dtype=bool)
    seen[rows.area] = True
    if not seen.all():
        empty = areas.codes[~seen]
        findings.append(
            Finding(
                f"{len(empty):,} of {len(areas.codes):,} areas have no row at all; does the source cover them?",
                none,
                plan.area,
                as_example(", ".join(str(code) for code in empty[:3])),
            )
        )
    return findings
