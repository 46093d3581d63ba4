"""One column of dates: read by the order that the mapping gives, and questioned about that order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.intake import detect
from hotspot.intake.cells import Cells, cells_of
from hotspot.intake.date_text import (
    BAD,
    BLANK,
    DEFAULT,
    FORMATTED,
    MONTH,
    NAMED,
    NUMERIC,
    PIVOT,
    SERIAL,
    YMD,
    Ints,
    Moments,
    days_since_1970,
    take_apart,
    take_apart_by_format,
)
from hotspot.intake.findings import Finding, RowTexts, as_example, find

NO_DATE = "no date"
UNREADABLE = "unreadable date"

_OTHER = {"day-first": "month-first", "month-first": "day-first"}
_FIRSTS_FEWEST = 5

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class DateColumn:
    """A column of dates, a value for each row.

    Attributes
    ----------
    day
        Days since 1970-01-01; 0 where there is a problem.
    time
        Microseconds after midnight, or NO_TIME or BAD_TIME of date_text.
    zone
        Microseconds ahead of UTC, or NO_ZONE.
    month_only
        Whether only a month is given; ``day`` is then its first.
    problem
        "" or a reason.
    findings
        What a person should look at.
    """

    name: str
    cells: Cells
    day: Ints
    time: Ints
    zone: Ints
    month_only: Flags
    problem: NDArray[np.object_]
    findings: list[Finding]


def read_date_column(
    column: pd.Series, name: str, *, order: str | None, form: str | None, two_digit_years: bool
) -> DateColumn:
    """Read a column of dates or date-times.

    Parameters
    ----------
    column, name
        Its cells, and its name for findings.
    order
        "day-first" or "month-first" for dates such as 03/04/2025; "iso" or None where there are none.
        Dates that begin with the year or name their month are read whatever the order.
    form
        An exact format; then nothing else is tried.
    two_digit_years
        Read two-digit years (00 to 68 as 20xx, 69 to 99 as 19xx) instead of refusing them.

    Raises
    ------
    InputError
        If no order is given and most of the dates need one.
    """
    cells = cells_of(column)
    moments = take_apart_by_format(cells, form) if form else take_apart(cells)
    if order is None:
        _need_order(moments, cells, name)
    day, problem = _days(moments, order, two_digit_years)
    read = DateColumn(
        name,
        cells,
        day[cells.codes],
        moments.time[cells.codes],
        moments.zone[cells.codes],
        (moments.form == MONTH)[cells.codes],
        problem[cells.codes],
        [],
    )
    if form:
        text = "the date does not fit dates.format; not read: check the format"
        _note(read, text, (moments.form == BAD) & ~moments.real)
    else:
        _ask_forms(read, moments, order, two_digit_years)
        _ask_order(read, moments, order)
    _ask_days(read, moments, day, problem)
    return read


def _need_order(moments: Moments, cells: Cells, name: str) -> None:
    needs = moments.form == NUMERIC
    rows = needs[cells.codes]
    filled = int((moments.form != BLANK)[cells.codes].sum())
    if 2 * int(rows.sum()) > filled:
        first = int(np.flatnonzero(rows)[0])
        example = as_example(cells.shown[cells.codes[first]])
        raise InputError(
            f"{int(rows.sum()):,} dates of {name!r} can be read day-first or month-first (such as {example!r}); "
            'set dates.order = "day-first" or "month-first" in the mapping'
        )


def _years(moments: Moments) -> Ints:
    year = moments.parts[:, 0]
    long = np.where(year < PIVOT, 2000, 1900) + year
    return np.where(moments.short_year, long, year)


def _days(moments: Moments, order: str | None, two_digit_years: bool) -> tuple[Ints, NDArray[np.object_]]:
    """Return the day and the problem of each distinct value."""
    form, parts, year = moments.form, moments.parts, _years(moments)
    first, second = parts[:, 1], parts[:, 2]
    numeric = form == NUMERIC
    month = np.where(numeric & (order == "day-first"), second, first)
    day_of_month = np.where(numeric & (order == "day-first"), first, second)
    day, exists = days_since_1970(year, month, day_of_month)
    counted = np.isin(form, (SERIAL, FORMATTED))
    day = np.where(counted, parts[:, 0], day)
    readable = np.isin(form, (YMD, NAMED, MONTH)) & exists
    if order in _OTHER:
        readable |= numeric & exists
    if not two_digit_years:
        readable &= ~moments.short_year
    readable |= counted
    problem = np.full(len(form), UNREADABLE, dtype=object)
    problem[readable] = ""
    problem[np.isin(form, (BLANK, DEFAULT))] = NO_DATE
    return np.where(readable, day, 0), problem


def _note(read: DateColumn, finding: str, distinct: Flags, *, fixed: bool = False) -> None:
    codes = read.cells.codes
    shown = RowTexts((read.cells.shown, codes))
    read.findings.extend(find(finding, distinct[codes], read.name, shown, fixed=fixed))


def _ask_forms(read: DateColumn, moments: Moments, order: str | None, two_digit_years: bool) -> None:
    """Find dates in unexpected forms."""
    form = moments.form
    _note(
        read,
        "the text is no date of the years 1900 to 2100; not read: check what the column holds",
        form == BAD,
    )
    if order not in _OTHER:
        given = "iso" if order else "not set"
        _note(
            read,
            f"the date can be read day-first or month-first, and dates.order is {given}; not read: set dates.order",
            form == NUMERIC,
        )
    if two_digit_years:
        _note(
            read,
            "the year has two digits; read as 2000 to 2068 or 1969 to 1999, as fix.two_digit_years asks",
            moments.short_year,
            fixed=True,
        )
    else:
        _note(
            read,
            "the year has two digits; not read: set fix.two_digit_years = true, or dates.format with %y",
            moments.short_year,
        )
    _note(
        read,
        "the date is written as a spreadsheet's day number (45000 is 15 March 2023); read as such: export the "
        "column as dates",
        form == SERIAL,
    )
    _note(
        read,
        "the date is one that systems write for none, such as 1900-01-01; taken as blank",
        form == DEFAULT,
    )


def _ask_order(read: DateColumn, moments: Moments, order: str | None) -> None:
    """Find days and months that stand the other way round than the mapping says."""
    if order not in _OTHER:
        return
    year, first, second = _years(moments), moments.parts[:, 1], moments.parts[:, 2]
    numeric = moments.form == NUMERIC
    day_first = numeric & days_since_1970(year, second, first)[1]
    month_first = numeric & days_since_1970(year, first, second)[1]
    as_said, other_way = (day_first, month_first) if order == "day-first" else (month_first, day_first)
    wrong, proof = other_way & ~as_said, as_said & ~other_way
    either = day_first & month_first & (first != second)
    _note(read, "the day or month does not exist; not read: check it", numeric & ~as_said & ~other_way)
    other = _OTHER[order]
    if wrong.any() and not proof.any():
        _note(
            read,
            f"the column looks {other}, but dates.order is {order}: this date can only be {other}; not read: "
            f'set dates.order = "{other}" after checking',
            wrong,
        )
        _note(
            read,
            f"read {order} as dates.order says, though the column looks {other}: day and month are probably "
            "exchanged; check dates.order before using these dates",
            either,
        )
    elif wrong.any():
        _note(
            read,
            f"the date can only be {other}, others of the column only {order}; not read: correct it, or read "
            "the two kinds of rows apart",
            wrong,
        )
        _note(
            read,
            f"read {order}, but the column holds both orders and this date fits both: day and month may be "
            "exchanged; check where the file was put together",
            either,
        )
    _ask_spreadsheet(read, moments, proof | wrong, either | (numeric & (first == second)))


def _ask_spreadsheet(read: DateColumn, moments: Moments, late: Flags, early: Flags) -> None:
    """Find the trace of a spreadsheet that took day for month wherever it could.

    It makes 03/07/2025 a real date of 7 March and leaves 13/07/2025 as text: real dates then have days of
    12 or less, and the text dates only days above 12.
    """
    real = moments.real & (moments.form == YMD)
    if not late.any() or early.any() or not real.any():
        return
    days = np.unique(moments.parts[real], axis=0)[:, 2]
    if detect.only_early_days(days, detect.SOME_MONTHS):
        _note(
            read,
            "a spreadsheet has probably exchanged day and month: all real dates of the column have days up to "
            "12, all dates left as text have days above 12; export the column again as text",
            real,
        )


def _ask_days(read: DateColumn, moments: Moments, day: Ints, problem: NDArray[np.object_]) -> None:
    """Question the days themselves: all up to 12, all the first, or years away from the rest."""
    sound = (problem == "") & (moments.form != MONTH)
    dates = np.unique(day[sound]).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    of_month = (dates - months).astype(np.int64) + 1
    count = len(np.unique(months))
    if len(dates) >= _FIRSTS_FEWEST and (of_month == 1).all():
        # By chance a day is the first once in 30: five in a row, 4 in 100 million.
        _note(
            read,
            "every date is the first of its month: only months may be known; if so set dates.month_only = true",
            sound,
        )
    elif detect.only_early_days(of_month, count):
        _note(
            read,
            "every day is 12 or less over three months or more: day and month are probably exchanged, here or "
            "in an earlier export; check dates.order",
            sound,
        )
    rows = np.flatnonzero((problem == "")[read.cells.codes])
    before, after = detect.stray_dates(read.day[rows])
    shown = RowTexts((read.cells.shown, read.cells.codes))
    for stray, side in ((before, "before"), (after, "after")):
        flags = np.zeros(len(read.day), dtype=bool)
        flags[rows[stray]] = True
        text = f"the date is more than a year {side} the rest of the file; kept: check its year"
        read.findings.extend(find(text, flags, read.name, shown))
