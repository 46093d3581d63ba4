"""Months and counts as tables write them: headings, short names of months, marks for counts held back."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.intake.cell_values import text_of
from hotspot.intake.cells import BLANK_WORDS
from hotspot.intake.counts_mapping import CountsMapping
from hotspot.intake.dates import DateColumns, read_dates
from hotspot.intake.findings import Finding

COUNTED, SUPPRESSED, BLANK, BAD, NEGATIVE, NOT_GIVEN = range(6)
"""What a cell of counts is; NOT_GIVEN is a word for nothing, such as n/a, which is never a zero."""
MARKS = ("*", "**", "c", "[c]", "s", "[s]", "supp", "suppressed")
"""Marks that publishers write in place of a count that they hold back; others are named in the mapping."""
LARGEST = 1_000_000_000
NO_MONTH = np.iinfo(np.int64).min

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    "january february march april may june july august september october november december sept"
).split()  # fmt: skip
_YEAR_FIRST = re.compile(r"^((?:19|20)\d{2})\s?[-/. m]?\s?(0?[1-9]|1[0-2])$", re.IGNORECASE)
_ISO_DAY = re.compile(r"^((?:19|20)\d{2})-(0[1-9]|1[0-2])-\d{2}(?:[ T]00:00(?::00(?:\.0+)?)?)?$")
_YEAR_LAST = re.compile(r"^(0?[1-9]|1[0-2])\s?[-/.]\s?((?:19|20)\d{2})$")
_NAMED = re.compile(r"^([a-z]{3,9})\.?[\s\-/,'’]{0,2}((?:19|20)?\d{2})$", re.IGNORECASE)
_NAMED_LAST = re.compile(r"^((?:19|20)\d{2})[\s\-/,]{0,2}([a-z]{3,9})\.?$", re.IGNORECASE)
_WHOLE = re.compile(r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.0*)?$")
_UNDER = re.compile(r"^(<=|<|≤|under |fewer than |less than )\s*(\d{1,9})$", re.IGNORECASE)


def month_number(text: str) -> int | None:
    """Return a month as months since January 1970, None for a text that names no month.

    Knows 2024-03, 202403, 2024 M03, 2024-03-01, 03/2024, Mar-24, March 2024 and 2024 Mar. A day and month in
    figures (01/03/2024) is not one of them: its order has to be told.
    """
    plain = " ".join(text.split())
    if found := _YEAR_FIRST.match(plain) or _ISO_DAY.match(plain):
        return _number(found[1], int(found[2]))
    if found := _YEAR_LAST.match(plain):
        return _number(found[2], int(found[1]))
    if found := _NAMED.match(plain):
        return _named(found[2], found[1])
    if found := _NAMED_LAST.match(plain):
        return _named(found[1], found[2])
    return None


def _named(year: str, name: str) -> int | None:
    low = name.casefold()
    if low not in _NAMES and low not in _FULL:
        return None
    return _number(year if len(year) == 4 else f"20{year}", _NAMES.index(low[:3]) + 1)


def _number(year: str, month: int) -> int:
    return (int(year) - 1970) * 12 + month - 1


def month_name(number: int) -> str:
    """Return months since January 1970 as ``YYYY-MM``."""
    return f"{number // 12 + 1970:04d}-{number % 12 + 1:02d}"


def read_months(table: pd.DataFrame, plan: CountsMapping) -> tuple[NDArray[np.int64], list[Finding]]:
    """Return the month of each row as months since January 1970, NO_MONTH where none can be read.

    Raises
    ------
    InputError
        If days and months stand in figures and the mapping does not say their order.
    """
    texts = text_of(table[plan.month]).reset_index(drop=True)
    codes, distinct = pd.factorize(texts)
    read = [month_number(str(text)) for text in distinct]
    found = np.array([*(NO_MONTH if each is None else each for each in read), NO_MONTH], dtype=np.int64)
    months: NDArray[np.int64] = found[codes]
    open_rows = np.flatnonzero((months == NO_MONTH) & texts.notna().to_numpy())
    if not len(open_rows):
        return months, []
    # What is left may be whole dates in one order or another: they are read as those of incidents are.
    rest = pd.DataFrame({plan.month: texts.iloc[open_rows].to_numpy()}, index=pd.RangeIndex(len(open_rows)))
    dates = read_dates(rest, DateColumns(start=plan.month, order=plan.order, month_only=True))
    sound = np.asarray(dates.problem == "", dtype=bool)
    days = np.asarray(pd.Series(dates.start).to_numpy(), dtype="datetime64[M]").astype(np.int64)
    months[open_rows[sound]] = days[sound]
    findings = [
        Finding(each.finding, open_rows[each.rows].astype(np.int64), each.field, each.example, each.fixed)
        for each in dates.findings
    ]
    return months, findings


@dataclass(frozen=True, eq=False)
class ReadCounts:
    """The counts of a column.

    Attributes
    ----------
    kind
        COUNTED, SUPPRESSED, BLANK, BAD, NEGATIVE or NOT_GIVEN, for each row.
    n
        The count; 0 where there is none.
    at_most
        The highest that a suppressed count can be; -1 where that is not known.
    text
        The cell's text, for each row.
    """

    kind: NDArray[np.int64]
    n: NDArray[np.int64]
    at_most: NDArray[np.int64]
    text: NDArray[np.object_]


def read_numbers(column: pd.Series, plan: CountsMapping) -> ReadCounts:
    """Read a column of counts: whole numbers, blanks, and marks for counts held back."""
    texts = text_of(column).reset_index(drop=True)
    codes, distinct = pd.factorize(texts)
    marks = {mark.casefold() for mark in (*MARKS, *plan.suppressed)}
    bound = -1 if plan.suppressed_at_most is None else plan.suppressed_at_most
    read = [_one(str(text).strip(), marks, bound) for text in distinct]
    table = np.array([*read, (BLANK, 0, -1)], dtype=np.int64).reshape(-1, 3)[codes]
    text = texts.fillna("").to_numpy(dtype=object)
    return ReadCounts(table[:, 0], table[:, 1], table[:, 2], text)


def _one(text: str, marks: set[str], bound: int) -> tuple[int, int, int]:
    low = text.casefold()
    if low in marks:
        return SUPPRESSED, 0, bound
    if found := _UNDER.match(text):
        limit = int(found[2])
        most = limit if found[1] in ("<=", "≤") else limit - 1
        return (SUPPRESSED, 0, most) if most >= 0 else (BAD, 0, -1)
    if low in BLANK_WORDS:
        return NOT_GIVEN, 0, -1
    if not _WHOLE.match(text):
        return BAD, 0, -1
    number = int(text.replace(",", "").split(".")[0])
    if number > LARGEST:
        return BAD, 0, -1
    return (NEGATIVE, 0, -1) if number < 0 else (COUNTED, number, -1)
