"""When each row of a partner's file happened: start, end, how well they are known, with every doubt said."""

from __future__ import annotations

import difflib
import zoneinfo
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.intake import detect
from hotspot.intake.cells import Cells, cells_of, column_of
from hotspot.intake.date_order import NO_DATE, UNREADABLE, DateColumn, read_date_column
from hotspot.intake.date_text import BAD_TIME, DAY, MINUTE, NO_TIME, NO_ZONE, Ints, take_times_apart
from hotspot.intake.findings import Finding, RowTexts, find

__all__ = ["NO_DATE", "UNREADABLE", "DateColumns", "Dates", "read_dates"]

LOCAL_ZONE = "Europe/London"
"""The zone in which times leave this module: incidents are compared by the clock on the wall."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class DateColumns:
    """Where a table keeps its dates, how they are written, and what may be repaired.

    Attributes
    ----------
    start
        Column of the date or date-time; or ``date`` with or without ``time``.
    end
        Column of the end; or ``end_date`` with or without ``end_time``.
    order, format
        "day-first", "month-first" or "iso"; or an exact format.
    month_only
        Only the month of each date is meant.
    time_zone
        Zone of the clock by which the times were written.
    two_digit_years
        Read two-digit years.
    swap_end
        Exchange start and end where the end is before the start.
    """

    start: str | None = None
    end: str | None = None
    date: str | None = None
    time: str | None = None
    end_date: str | None = None
    end_time: str | None = None
    order: str | None = None
    format: str | None = None
    month_only: bool = False
    time_zone: str = LOCAL_ZONE
    two_digit_years: bool = False
    swap_end: bool = False


@dataclass(frozen=True, eq=False)
class Dates:
    """A start and an end for each row, or a reason why there is none.

    Attributes
    ----------
    start, end
        datetime64[us] without zone, local time of Europe/London; missing where there is a problem. ``end``
        is the start where the file has no end; the last day (at 00:00) where only days or months are known.
    precision
        "instant" (start alone), "interval" (start and end), "day" (a time is not known) or "month".
    problem, field, value
        "" or the reason; the columns that the date stands in, and their text.
    findings
        What a person should look at.
    """

    start: pd.Series
    end: pd.Series
    precision: NDArray[np.object_]
    problem: NDArray[np.object_]
    field: NDArray[np.object_]
    value: NDArray[np.object_]
    findings: list[Finding]


@dataclass(frozen=True, eq=False)
class _Side:
    """Start or end of every row: days since 1970, microseconds after midnight or NO_TIME."""

    name: str
    texts: RowTexts
    day: Ints
    time: Ints
    zone: Ints
    month_only: Flags
    problem: NDArray[np.object_]
    findings: list[Finding]

    @property
    def sound(self) -> Flags:
        return np.asarray(self.problem == "", dtype=bool)

    @property
    def timed(self) -> Flags:
        return self.sound & (self.time >= 0)

    @property
    def stamp(self) -> Ints:
        """Microseconds since 1970 by the clock on the wall; midnight where no time is known."""
        return self.day * DAY + np.maximum(self.time, 0)


def read_dates(table: pd.DataFrame, columns: DateColumns, *, as_of: pd.Timestamp | None = None) -> Dates:
    """Read the dates of a table, each distinct date and time once.

    Parameters
    ----------
    table
        The rows; not changed.
    columns
        Which columns hold the dates, how they are written, and what may be repaired.
    as_of
        Dates after this day are found; when None, no date is compared with a clock, and only dates more
        than a year after the rest of the file are found.

    Raises
    ------
    InputError
        If a column is missing, the format or the zone is none, or no order is given where one is needed.

    Notes
    -----
    A row with a sound date and an unreadable time is kept as a day. An end that cannot be read, or is
    before its start, is left out, and the row kept; each is found. Times at the change of clocks are
    kept as written, whether they are missing from that day or come twice.

    How this can mislead: a closing date is no end of an incident. Map as ``end`` only when the incident
    was over by then, such as the "to" of a burglary noticed in the morning.
    """
    _check(columns)
    date, time = (columns.date, columns.time) if columns.date else (columns.start, None)
    if not date:
        raise InputError("no column of dates is named; set columns.start, or columns.date with columns.time")
    start = _side(table, date, time, columns)
    end_date, end_time = (columns.end_date, columns.end_time) if columns.end_date else (columns.end, None)
    end = _side(table, end_date, end_time, columns) if end_date else None
    findings = [*start.findings, *(end.findings if end else [])]
    start = _placeholders(start, findings)
    end = _placeholders(end, findings) if end else None
    start = _to_local(start, columns.time_zone, findings)
    end = _to_local(end, columns.time_zone, findings) if end else None
    return _join(start, end, columns, as_of, findings)


def _check(columns: DateColumns) -> None:
    if columns.order not in (None, "day-first", "month-first", "iso"):
        raise InputError(f'dates.order = {columns.order!r} is none of "day-first", "month-first", "iso"')
    try:
        zoneinfo.ZoneInfo(columns.time_zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        near = difflib.get_close_matches(columns.time_zone, sorted(zoneinfo.available_timezones()), n=1)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"source.time_zone = {columns.time_zone[:40]!r} is no time zone{guess}; write it like 'Europe/London' or 'UTC'"
        ) from None


def _side(table: pd.DataFrame, date: str, time: str | None, columns: DateColumns) -> _Side:
    read = read_date_column(
        column_of(table, date),
        date,
        order=columns.order,
        form=columns.format,
        two_digit_years=columns.two_digit_years,
    )
    if time is None:
        texts = RowTexts((read.cells.shown, read.cells.codes))
        side = _with_time(read, date, texts, read.time)
    else:
        clock = cells_of(column_of(table, time))
        texts = RowTexts((read.cells.shown, read.cells.codes), (clock.shown, clock.codes))
        side = _with_time(read, f"{date}, {time}", texts, _own_time(read, clock))
    bad = side.sound & (side.time == BAD_TIME)
    side.findings.extend(
        find("the time cannot be read; the date is kept, without a time of day", bad, side.name, texts)
    )
    month = side.sound & side.month_only
    if not columns.month_only:
        side.findings.extend(find("the date gives a month only; kept as a month", month, side.name, texts))
        return side
    first = side.day.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return replace(side, day=first, month_only=np.ones(len(first), dtype=bool))


def _with_time(read: DateColumn, name: str, texts: RowTexts, time: Ints) -> _Side:
    return _Side(
        name, texts, read.day, time, read.zone, read.month_only, read.problem.copy(), list(read.findings)
    )


def _own_time(read: DateColumn, clock: Cells) -> Ints:
    """Return the times of a column of their own; where it is blank, the time beside the date, unless 00:00."""
    own = take_times_apart(clock)[clock.codes]
    return np.where((own == NO_TIME) & (read.time > 0), read.time, own)


def _placeholders(side: _Side, findings: list[Finding]) -> _Side:
    """Take away times that stand for "not recorded": 00:00, 00:01 or 23:59 beyond what chance allows."""
    # A time with seconds other than 0 was measured; only round minutes are written by habit.
    rows = np.flatnonzero(side.timed & ~side.month_only & (side.time % MINUTE == 0))
    minutes = side.time[rows] // MINUTE % detect.MINUTES_A_DAY
    time = side.time.copy()
    for minute in detect.placeholder_minutes(minutes):
        spike = np.zeros(len(time), dtype=bool)
        spike[rows[minutes == minute]] = True
        time[spike] = NO_TIME
        text = (
            f"{minute // 60:02d}:{minute % 60:02d} holds more rows than chance allows: the time was not "
            "recorded; kept as a day, without a time of day"
        )
        findings.extend(find(text, spike, side.name, side.texts))
    return replace(side, time=time)


def _to_local(side: _Side, zone: str, findings: list[Finding]) -> _Side:
    """Turn times into local time of Europe/London, and find those that the clock change skips or repeats."""
    written = side.timed & (side.zone != NO_ZONE)
    stamp = side.stamp
    utc = pd.DatetimeIndex(
        np.where(written, stamp - np.where(written, side.zone, 0), 0).astype("datetime64[us]")
    )
    moved = np.where(written, _naive(utc.tz_localize("UTC")), stamp)
    plain = np.flatnonzero(side.timed & ~written & ~side.month_only)
    naive = pd.DatetimeIndex(stamp[plain].astype("datetime64[us]"))
    known = naive.tz_localize(zone, nonexistent="NaT", ambiguous="NaT")
    shifted = naive.tz_localize(zone, nonexistent="shift_forward", ambiguous="NaT")
    twice, skipped = np.zeros(len(stamp), dtype=bool), np.zeros(len(stamp), dtype=bool)
    twice[plain[np.asarray(shifted.isna())]] = True
    skipped[plain[np.asarray(known.isna()) & np.asarray(shifted.notna())]] = True
    for text, rows in (
        ("the time does not exist: the clocks went forward over it; kept as written", skipped),
        (
            "the time came twice when the clocks went back; kept as written, which of the two is not known",
            twice,
        ),
        (f"the time is written with its zone; turned into local time of {LOCAL_ZONE}", written),
    ):
        findings.extend(find(text, rows, side.name, side.texts))
    if zone not in (LOCAL_ZONE, "GB"):
        first = np.ones(len(plain), dtype=bool)
        aware = naive.tz_localize(zone, nonexistent="shift_forward", ambiguous=first)
        moved[plain] = _naive(aware)
        other = np.zeros(len(stamp), dtype=bool)
        other[plain] = moved[plain] != stamp[plain]
        text = f"the time was written by the clock of {zone}; turned into local time of {LOCAL_ZONE}"
        findings.extend(find(text, other, side.name, side.texts))
    day = np.where(side.timed, moved // DAY, side.day)
    return replace(side, day=day, time=np.where(side.timed, moved - day * DAY, side.time))


def _naive(times: pd.DatetimeIndex) -> Ints:
    local = times.tz_convert(LOCAL_ZONE).tz_localize(None)
    return local.to_numpy().astype("datetime64[us]").astype(np.int64)


def _join(
    start: _Side, end: _Side | None, columns: DateColumns, as_of: pd.Timestamp | None, findings: list[Finding]
) -> Dates:
    """Put start and end together, and say how well they are known."""
    first, last, ended, start, end = _order(start, end, columns, findings)
    timed = start.timed & (end.timed | ~ended if end else True)
    month = start.sound & start.month_only
    precision = np.full(len(first), "day", dtype=object)
    precision[timed] = "instant"
    precision[timed & ended] = "interval"
    precision[month] = "month"
    days = ~timed
    first, last = np.where(days, first // DAY * DAY, first), np.where(days, last // DAY * DAY, last)
    last = np.where(month, np.maximum(last, _month_end(np.where(ended, last, first))), last)
    _future(start, first, as_of, findings)
    stamps = []
    for values in (first, last):
        moments = values.astype("datetime64[us]")
        moments[~start.sound] = np.datetime64("NaT")
        stamps.append(pd.Series(moments))
    bad = np.flatnonzero(~start.sound)
    value = np.full(len(first), "", dtype=object)
    value[bad] = [start.texts[int(row)] for row in bad]
    field = np.full(len(first), start.name, dtype=object)
    precision[bad] = ""
    return Dates(stamps[0], stamps[1], precision, start.problem, field, value, findings)


def _order(
    start: _Side, end: _Side | None, columns: DateColumns, findings: list[Finding]
) -> tuple[Ints, Ints, Flags, _Side, _Side | None]:
    """Return start, end, which rows have an end of their own; ends before their start are swapped or left out."""
    first = start.stamp
    if end is None:
        return first, first.copy(), np.zeros(len(first), dtype=bool), start, None
    unread = start.sound & (end.problem == UNREADABLE)
    text = "the end cannot be read; the row is kept with its start alone"
    findings.extend(find(text, unread, end.name, end.texts))
    both = start.sound & end.sound
    # A day without a time lasts until its end, so it is before the start only if its day is; a month likewise.
    to_day = ~(start.timed & end.timed)
    last = end.stamp
    before = both & np.where(to_day, _last_day(end) < first // DAY, last < first)
    names = _Two(start.texts, end.texts)
    if columns.swap_end:
        text = "the end was before the start; exchanged, as fix.end_before_start asks"
        findings.extend(find(text, before, f"{start.name}, {end.name}", names, fixed=True))
        start, end = _exchange(start, end, before), _exchange(end, start, before)
        first, last = start.stamp, end.stamp
        ended = both
    else:
        text = (
            "the end is before the start; the row is kept with its start alone: check both, or set "
            "fix.end_before_start = true to exchange them"
        )
        findings.extend(find(text, before, f"{start.name}, {end.name}", names))
        ended = both & ~before
    return first, np.where(ended, np.maximum(last, first), first), ended, start, end


class _Two:
    """Start and end of a row as one text."""

    def __init__(self, start: RowTexts, end: RowTexts) -> None:
        self._start, self._end = start, end

    def __getitem__(self, row: int, /) -> str:
        return f"{self._start[row]}, {self._end[row]}"


def _exchange(side: _Side, other: _Side, rows: Flags) -> _Side:
    return replace(
        side,
        day=np.where(rows, other.day, side.day),
        time=np.where(rows, other.time, side.time),
        month_only=np.where(rows, other.month_only, side.month_only),
    )


def _last_day(side: _Side) -> Ints:
    return np.where(side.month_only, _month_end(side.day * DAY) // DAY, side.day)


def _month_end(stamp: Ints) -> Ints:
    """Return the last day, at 00:00, of the month of each stamp."""
    month = stamp.astype("datetime64[us]").astype("datetime64[M]")
    return ((month + 1).astype("datetime64[D]").astype(np.int64) - 1) * DAY


def _future(start: _Side, first: Ints, as_of: pd.Timestamp | None, findings: list[Finding]) -> None:
    if as_of is None:
        return
    limit = np.datetime64(as_of.date(), "D").astype(np.int64)
    later = start.sound & (first // DAY > limit)
    # The first day of a month is compared, so the month that as_of lies in is not after it.
    text = "the date is after as_of, the last day that the data covers; kept: check its year and order"
    findings.extend(find(text, later, start.name, start.texts))
