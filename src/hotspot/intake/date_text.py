"""Dates and times as text to numbers: each distinct date, and each distinct time, is parsed once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.intake.cells import DATE, NUMBER, Cells
from hotspot.intake.findings import as_example

BLANK, BAD, YMD, NAMED, NUMERIC, MONTH, SERIAL, DEFAULT, FORMATTED = range(9)
"""What a date's text is: nothing, no date, year first, with the month's name, three numbers of which the
order must be told, a month, a spreadsheet's day number, a system's date for "none", or read by a format."""

NO_TIME, BAD_TIME = -1, -2
MINUTE, DAY = 60_000_000, 86_400_000_000
NO_ZONE = np.iinfo(np.int64).min

FIRST_YEAR, LAST_YEAR = 1900, 2100
# Two-digit years as POSIX and Python read them: 69 to 99 are of the 1900s.
PIVOT = 69
# Day 0 of spreadsheets (1900 system, from March 1900 on), in days since 1970.
_SERIAL_ZERO = -25_569
_SERIALS = (20_000, 60_000)
_DEFAULTS = {
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1970, 1, 1),
    (1753, 1, 1),
    (1, 1, 1),
    (9999, 12, 31),
}

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_ZONES = {"": NO_ZONE, "z": 0, "utc": 0, "gmt": 0, "bst": 60 * MINUTE}

_SPLIT = (
    r"^(?P<date>.*?)(?:[Tt]|[\s,]+|[Tt\s,]+at\s+)"
    r"(?P<time>[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?(?:\s*[AaPp]\.?[Mm]\.?)?"
    r"|[0-9]{1,2}\s*[AaPp]\.?[Mm]\.?|[0-9]{6})"
    r"\s*(?P<zone>[Zz]|UTC|GMT|BST|[+-][0-9]{2}:?[0-9]{2})?$"
)
_BARE_TIME = re.compile(r"^(.*[0-9])\s+([0-9]{4})(?:\s?(?:hrs|hours|h))?$")
_RUN = re.compile(r"^([0-9]{8})([0-9]{4}|[0-9]{6})$")
_ISO = re.compile(r"^([0-9]{4})\s?([-/. ])\s?([0-9]{1,2})\s?\2\s?([0-9]{1,2})$")
_COMPACT = re.compile(r"^([0-9]{4})([0-9]{2})([0-9]{2})$")
_JOINED = re.compile(r"^([0-9]{2})([0-9]{2})([0-9]{4})$")
_THREE = re.compile(r"^([0-9]{1,2})\s?([-/. ])\s?([0-9]{1,2})\s?\2\s?([0-9]{4}|[0-9]{2})$")
_DAY_NAME = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_DAY_MONTH = re.compile(
    rf"^([0-9]{{1,2}})(?:st|nd|rd|th)?[-/. ]*(?:of )?{_NAME}[-/., ]*([0-9]{{4}}|[0-9]{{2}})$", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"^{_NAME}[-/. ]*([0-9]{{1,2}})(?:st|nd|rd|th)?[-/., ]+([0-9]{{4}}|[0-9]{{2}})$", re.IGNORECASE
)
_YEAR_MONTH = re.compile(r"^([0-9]{4})[-/. ]([0-9]{1,2})$")
_MONTH_YEAR = re.compile(r"^([0-9]{1,2})[-/. ]([0-9]{4})$")
_NAME_YEAR = re.compile(rf"^{_NAME}[-/., ]*([0-9]{{4}})$", re.IGNORECASE)
_SERIAL = re.compile(r"^([0-9]{5})(\.[0-9]+)?$")
_CLOCK = re.compile(
    r"^([0-9]{1,2})(?:[:.]([0-9]{2})(?:[:.]([0-9]{2})(?:[.,]([0-9]+))?)?)?\s*([ap])?\.?m?\.?$", re.IGNORECASE
)
_DIGITS = re.compile(r"^([0-9]{1,2})([0-9]{2})(?:\s?(?:hrs|hours|h))?$|^([0-9]{2})([0-9]{2})([0-9]{2})$")

Ints = NDArray[np.int64]
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class Moments:
    """Distinct values of a date column, taken apart.

    Attributes
    ----------
    form
        BLANK, BAD, YMD, NAMED, NUMERIC, MONTH, SERIAL or DEFAULT.
    parts
        Year, and two numbers: month and day, or of NUMERIC the first and the second as written. Of SERIAL
        and FORMATTED, the first is the day, counted from 1970-01-01.
    short_year
        Whether the year has two digits; ``parts`` then holds these.
    time
        Microseconds after midnight (a day's worth for 24:00), NO_TIME, or BAD_TIME.
    zone
        Microseconds by which the clock is ahead of UTC, NO_ZONE where it is not written.
    real
        Whether the cell holds a real date, not text.
    """

    form: Ints
    parts: NDArray[np.int64]
    short_year: NDArray[np.bool_]
    time: Ints
    zone: Ints
    real: NDArray[np.bool_]


def take_apart(cells: Cells) -> Moments:
    """Take the distinct texts of a date or date-time column apart."""
    texts = pa.array([str(text) for text in cells.texts], type=pa.string())
    split = pc.extract_regex(texts, _SPLIT)
    # Where the pattern does not fit, the whole text is the date.
    date = pc.coalesce(pc.struct_field(split, "date"), texts)
    time = pc.fill_null(pc.struct_field(split, "time"), "")
    zone = pc.fill_null(pc.struct_field(split, "zone"), "")
    rows = _each(date, _date_and_time)
    numbers = np.array(rows, dtype=np.int64).reshape(-1, 6)
    clock = np.array(_each(time, read_clock), dtype=np.int64)
    real = np.asarray(cells.kinds == DATE, dtype=bool)
    moments = Moments(
        form=numbers[:, 0],
        parts=numbers[:, 1:4],
        short_year=numbers[:, 4] == 1,
        # A time may stand in the part taken for the date: "14/07/2025 2135", or a day number's fraction.
        time=np.where(clock == NO_TIME, numbers[:, 5], clock),
        zone=np.array(_each(zone, _offset), dtype=np.int64),
        real=real,
    )
    if real.any() and not np.any(moments.time[real] > 0):
        # A column of real dates in which no cell has a time of day: its midnights are no times.
        moments.time[real] = NO_TIME
    return moments


def _each(texts: Any, parse: Callable[[str], Value]) -> list[Value]:
    """Parse each distinct text once."""
    encoded = pc.dictionary_encode(texts)
    parsed = [parse(text) for text in encoded.dictionary.to_pylist()]
    return [parsed[code] for code in encoded.indices.to_pylist()]


_Row = tuple[int, int, int, int, int, int]


def _row(form: int, year: int = 0, a: int = 0, b: int = 0, short: bool = False, time: int = NO_TIME) -> _Row:
    return form, year, a, b, int(short), time


def _date_and_time(text: str) -> _Row:
    text = " ".join(text.split()).strip(" ,")
    if not text:
        return _row(BLANK)
    plain = _date(text)
    if plain[0] != BAD:
        return plain
    joined = _RUN.match(text) or _BARE_TIME.match(text)
    if joined:
        date, time = _date(joined[1]), read_clock(joined[2])
        if date[0] != BAD and time >= 0:
            return (*date[:5], time)
    return plain


def _date(text: str) -> _Row:
    text = _DAY_NAME.sub("", text)
    if match := _ISO.match(text):
        return _ymd(int(match[1]), int(match[3]), int(match[4]))
    if match := _COMPACT.match(text):
        compact = _ymd(*(int(part) for part in match.groups()))
        joined = _JOINED.match(text)
        return compact if compact[0] != BAD or joined is None else _three(*joined.groups())
    if match := _THREE.match(text):
        return _three(match[1], match[3], match[4])
    if match := _DAY_MONTH.match(text):
        return _named(match[3], match[2], match[1])
    if match := _MONTH_DAY.match(text):
        return _named(match[3], match[1], match[2])
    if match := _YEAR_MONTH.match(text):
        return _month(match[1], int(match[2]))
    if match := _MONTH_YEAR.match(text):
        return _month(match[2], int(match[1]))
    if match := _NAME_YEAR.match(text):
        return _month(match[2], _MONTHS.index(match[1].lower()) + 1)
    if (match := _SERIAL.match(text)) and _SERIALS[0] <= int(match[1]) < _SERIALS[1]:
        seconds = round(float(match[2] or 0) * 86_400)
        return _row(SERIAL, int(match[1]) + _SERIAL_ZERO, time=seconds * 1_000_000 if match[2] else NO_TIME)
    return _row(BAD)


def _ymd(year: int, month: int, day: int) -> _Row:
    if (year, month, day) in _DEFAULTS:
        return _row(DEFAULT)
    sound = FIRST_YEAR <= year <= LAST_YEAR and is_date(year, month, day)
    return _row(YMD, year, month, day) if sound else _row(BAD)


def _three(first: str, second: str, year: str) -> _Row:
    short = len(year) == 2
    if not short and ((int(year), int(second), int(first)) in _DEFAULTS):
        return _row(DEFAULT)
    if not short and not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return _row(BAD)
    return _row(NUMERIC, int(year), int(first), int(second), short)


def _named(year: str, month: str, day: str) -> _Row:
    number, short = _MONTHS.index(month[:3].lower()) + 1, len(year) == 2
    if short:
        return _row(NAMED, int(year), number, int(day), True) if 1 <= int(day) <= 31 else _row(BAD)
    whole = _ymd(int(year), number, int(day))
    return (NAMED, *whole[1:]) if whole[0] == YMD else whole


def _month(year: str, month: int) -> _Row:
    sound = FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= month <= 12
    return _row(MONTH, int(year), month, 1) if sound else _row(BAD)


@cache
def _length(year: int, month: int) -> int:
    return pd.Period(year=year, month=month, freq="M").days_in_month


def is_date(year: int, month: int, day: int) -> bool:
    """Tell whether a day exists."""
    return 1 <= month <= 12 and 1 <= day <= _length(year, month)


def days_since_1970(year: Ints, month: Ints, day: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Return days since 1970-01-01, and which of the dates exist; 0 for those that do not."""
    sound = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (year >= 1) & (year <= 9999)
    months = np.where(sound, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64) + np.where(sound, day - 1, 0)
    sound &= days.astype("datetime64[D]").astype("datetime64[M]") == months
    return np.where(sound, days, 0), sound


def read_clock(text: str) -> int:
    """Return a time of day in microseconds after midnight; NO_TIME if blank, BAD_TIME if it is none."""
    text = text.strip()
    if not text:
        return NO_TIME
    if match := _DIGITS.match(text):
        hour, minute, second = (
            int(part or 0) for part in (match[1] or match[3], match[2] or match[4], match[5])
        )
        return _clock(hour, minute, second, 0)
    match = _CLOCK.match(text)
    if match is None or (match[2] is None and match[5] is None):
        return BAD_TIME
    hour = int(match[1])
    if match[5]:
        if not 1 <= hour <= 12:
            return BAD_TIME
        hour = hour % 12 + (12 if match[5].lower() == "p" else 0)
    fraction = int((match[4] or "").ljust(6, "0")[:6])
    return _clock(hour, int(match[2] or 0), int(match[3] or 0), fraction)


def _clock(hour: int, minute: int, second: int, fraction: int) -> int:
    # 24:00 is the end of the day in ISO 8601, and so the next day's midnight.
    if (hour > 23 and (hour, minute, second, fraction) != (24, 0, 0, 0)) or minute > 59 or second > 59:
        return BAD_TIME
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction


def _offset(zone: str) -> int:
    known = _ZONES.get(zone.lower())
    if known is not None:
        return known
    digits = zone[1:].replace(":", "")
    size = (int(digits[:2]) * 60 + int(digits[2:])) * MINUTE
    return -size if zone[0] == "-" else size


def take_times_apart(cells: Cells) -> Ints:
    """Return the time of day of each distinct value of a column of times, as `read_clock` does.

    Numbers are what spreadsheets and databases make of times: a fraction of the day, or hours and minutes
    that have lost their leading zeros (930 is 09:30, 5 is 00:05). Of a date-time, the time is taken.
    """
    texts = [_time_text(str(text), int(kind)) for text, kind in zip(cells.texts, cells.kinds, strict=True)]
    array = pa.array(texts, type=pa.string())
    split = pc.extract_regex(array, _SPLIT)
    return np.array(_each(pc.coalesce(pc.struct_field(split, "time"), array), read_clock), dtype=np.int64)


def _time_text(text: str, kind: int) -> str:
    if kind != NUMBER or not text:
        return text
    number = float(text)
    if 0 < number < 1:
        seconds = min(round(number * 86_400), 86_399)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{int(number):04d}" if 0 <= number < 2400 and number == int(number) else text


def take_apart_by_format(cells: Cells, form: str) -> Moments:
    """Take the distinct texts apart by a format such as ``%d/%m/%Y %H:%M``; real dates need none.

    Raises
    ------
    InputError
        If the format is none that Python's strptime knows.
    """
    real = np.asarray(cells.kinds == DATE, dtype=bool)
    plain = take_apart(cells)
    zoned = "%z" in form or "%Z" in form
    try:
        read = pd.to_datetime(
            pd.Series(list(cells.texts), dtype=object), format=form, errors="coerce", utc=zoned
        )
        moments = pd.DatetimeIndex(read).tz_localize(None) if zoned else pd.DatetimeIndex(read)
    except (ValueError, TypeError, OverflowError, re.error) as error:
        raise InputError(
            f"dates.format = {as_example(form)!r} is no date format ({as_example(error)}); write it like "
            '"%d/%m/%Y %H:%M"'
        ) from None
    sound = np.asarray(moments.notna()) & np.asarray(
        (moments.year >= FIRST_YEAR) & (moments.year <= LAST_YEAR)
    )
    stamps = np.where(sound, moments.to_numpy().astype("datetime64[us]"), np.datetime64(0, "us")).astype(
        np.int64
    )
    day = stamps // DAY
    with_time = any(code in form for code in ("%H", "%I", "%T", "%R", "%c", "%X", "%r"))
    month_only = not any(
        code in form for code in ("%d", "%e", "%j", "%D", "%F", "%x", "%c", "%U", "%W", "%V")
    )
    kind = np.where(sound, MONTH if month_only else FORMATTED, BAD)
    kind = np.where(np.isin(plain.form, (BLANK, DEFAULT)), plain.form, kind)
    parts = np.column_stack([day, np.zeros_like(day), np.zeros_like(day)])
    if month_only:
        parts = np.column_stack([moments.year.fillna(0), moments.month.fillna(0), np.ones_like(day)]).astype(
            np.int64
        )
    return Moments(
        form=np.where(real, plain.form, kind).astype(np.int64),
        parts=np.where(real[:, None], plain.parts, parts).astype(np.int64),
        short_year=plain.short_year & real,
        time=np.where(real, plain.time, np.where(sound & with_time, stamps - day * DAY, NO_TIME)),
        zone=np.where(real, plain.zone, np.where(sound & zoned, 0, NO_ZONE)),
        real=real,
    )
