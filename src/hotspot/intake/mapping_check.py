"""Check a mapping key by key, and gather every fault before anything is refused."""

from __future__ import annotations

import codecs
import datetime as dt
import difflib
import math
import re
import zoneinfo
from collections.abc import Mapping as AnyMapping
from typing import Any

import pandas as pd

from hotspot.intake.mapping_keys import (
    EXAMPLES,
    LEAVE_OUT,
    LEDGER_COLUMNS,
    LOOKUP,
    REQUIRED_SECTIONS,
    SECTIONS,
    STANDARD_COLUMNS,
    Key,
)

_MONTH = re.compile(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")
_PERIOD = re.compile(r"^(\S+) +to +(\S+)$")
_NAME_KEYS = frozenset(
    {*SECTIONS["columns"], *SECTIONS["coordinates"], "column", "key", "match"} - {"category_value"}
)


class Checker:
    """Reads sections out of a raw mapping; ``faults`` gathers what is wrong, each with its TOML path."""

    def __init__(self, raw: dict[Any, Any]) -> None:
        self.raw = raw
        self.faults: list[str] = []
        known = (*SECTIONS, "leave_out")
        for name in raw:
            if name not in known:
                self.faults.append(f"there is no section [{_short(name)}]{_nearest(name, known)}")
        self.faults += [f"the section [{name}] is missing" for name in REQUIRED_SECTIONS if name not in raw]

    def section(self, name: str) -> dict[str, Any]:
        """Return the section's values, checked and converted; empty where the file has none."""
        if name not in self.raw:
            return {}
        return self._table(f"[{name}]", self.raw[name], SECTIONS[name])

    def leave_out(self) -> list[dict[str, Any]]:
        """Return the rules, each with exactly one condition."""
        rules = self.raw.get("leave_out", [])
        if not isinstance(rules, list | tuple):
            self.faults.append("[leave_out] is a list of rules: write each as [[leave_out]]")
            return []
        checked = []
        for number, rule in enumerate(rules, start=1):
            path = f"[[leave_out]] number {number}"
            values = self._table(path, rule, LEAVE_OUT)
            asked = [key for key in ("equals", "contains", "empty") if values.get(key)]
            if isinstance(rule, AnyMapping) and len(asked) != 1:
                given = " and ".join(asked) or "none of them"
                self.faults.append(f"{path} needs one of equals, contains or empty = true; given {given}")
            if values.get("reason") in LEDGER_COLUMNS:
                self.faults.append(
                    f"{path} reason = {values['reason']!r} is a column of the ledger; reword it"
                )
            checked.append(values)
        return checked

    def one_of(self, section: str, values: dict[str, Any], keys: tuple[str, ...], *, required: bool) -> None:
        """Note a fault when several of the keys are there, or none is and one is required."""
        there = [key for key in keys if key in values]
        if len(there) > 1:
            self.faults.append(
                f"[{section}] has {' and '.join(there)}; give one of {', '.join(keys)}, not several"
            )
        if not there and required and section in self.raw:
            self.faults.append(f"[{section}] needs one of {', '.join(keys)}")

    def date_columns(self, columns: dict[str, Any], dates: dict[str, Any]) -> None:
        """Check that start, or date and time, say when; and end likewise."""
        self.one_of("columns", columns, ("start", "date"), required=True)
        self.one_of("columns", columns, ("end", "end_date"), required=False)
        for time, date in (("time", "date"), ("end_time", "end_date")):
            if time in columns and date not in columns:
                self.faults.append(
                    f"[columns] {time} needs {date}; or put a column of date and time in start or end"
                )
        if dates.get("month_only") and ("time" in columns or "end_time" in columns):
            self.faults.append("[dates] month_only = true has no use for a time; drop the column of times")

    def keep(self, columns: dict[str, Any]) -> None:
        """Refuse kept columns whose names the incidents already have."""
        kept = columns.get("keep", ())
        for name in kept:
            if name in STANDARD_COLUMNS:
                self.faults.append(
                    f"[columns] keep names {name!r}, which is a column of every incident; rename it in the file"
                )
        for name in sorted({name for name in kept if list(kept).count(name) > 1}):
            self.faults.append(f"[columns] keep names {_short(name)!r} twice; name it once")

    def coordinates(self, values: dict[str, Any]) -> dict[str, Any]:
        """Check that exactly one of the four ways is given, and whole."""
        ways = {
            "easting and northing": ("easting", "northing"),
            "lon and lat": ("lon", "lat"),
            "grid_reference": ("grid_reference",),
            "lookup": ("lookup",),
        }
        there = [name for name, keys in ways.items() if any(key in values for key in keys)]
        if len(there) != 1:
            self.faults.append(
                f"[coordinates] needs exactly one of {'; '.join(ways)}; given {' and '.join(there) or 'none'}"
            )
        self._pairs("[coordinates]", values)
        if "lookup" in values:
            values["lookup"] = self._table("[coordinates] lookup", values["lookup"], LOOKUP)
            table = values["lookup"]
            self._pairs("[coordinates] lookup", table)
            pairs = sum(
                any(key in table for key in ways[way]) for way in ("easting and northing", "lon and lat")
            )
            if pairs != 1:
                self.faults.append("[coordinates] lookup needs easting and northing, or lon and lat")
        return values

    def _pairs(self, path: str, values: dict[str, Any]) -> None:
        for one, other in (("easting", "northing"), ("lon", "lat")):
            if (one in values) != (other in values):
                lacking = other if one in values else one
                self.faults.append(f"{path} lacks {lacking}: {one} and {other} go together")

    def months(self, source: dict[str, Any]) -> tuple[str, ...]:
        """Return the months that the source is said to cover, from months or from period."""
        self.one_of("source", source, ("months", "period"), required=False)
        wrong = [month for month in source.get("months", ()) if not _MONTH.match(month)]
        if wrong:
            self.faults.append(f"[source] months: {_short(wrong[0])!r} is no month; write it as 2024-03")
            return ()
        if "period" not in source:
            return tuple(sorted(set(source.get("months", ()))))
        found = _PERIOD.match(source["period"])
        first, last = found.groups() if found else ("", "")
        if not (_MONTH.match(first) and _MONTH.match(last) and first <= last):
            self.faults.append(
                f'[source] period = {_short(source["period"])!r} is no period; write it as "2024-03 to 2026-02"'
            )
            return ()
        return tuple(pd.period_range(first, last, freq="M").strftime("%Y-%m"))

    def time_zone(self, source: dict[str, Any]) -> str:
        """Return the name of the time zone after checking that it is one."""
        name: str = source.get("time_zone", "Europe/London")
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            self.faults.append(
                f"[source] time_zone = {_short(name)!r} is no time zone"
                f"{_nearest(name, tuple(sorted(zoneinfo.available_timezones())))}; usual: Europe/London or UTC"
            )
        return name

    def as_of(self, check: dict[str, Any]) -> pd.Timestamp | None:
        """Return the date that stands for today."""
        value = check.get("as_of")
        return None if value is None else pd.Timestamp(value)

    def _table(self, path: str, given: Any, keys: dict[str, Key]) -> dict[str, Any]:
        if not isinstance(given, AnyMapping):
            self.faults.append(f"{path} must be a section of keys; given {type(given).__name__}")
            return {}
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in keys:
                self.faults.append(f"{path} has no key {_short(name)!r}{_nearest(name, tuple(keys))}")
            elif not (isinstance(value, str) and not value.strip() and value != "\t"):
                fault, converted = _convert(name, value, keys[name])
                if fault:
                    self.faults.append(f"{path} {name}: {fault}")
                else:
                    values[name] = converted
        faulty = [name for name in given if name in keys and name not in values]
        for name, key in keys.items():
            if key.required and name not in values and (name not in faulty or given[name] in ("", None)):
                choices = f" ({' | '.join(key.choices)})" if key.choices else ""
                self.faults.append(f"{path} lacks {name}{choices}, which must be there")
        return values


def _convert(name: str, value: Any, key: Key) -> tuple[str, Any]:
    """Return a fault, or "" and the value as the mapping keeps it."""
    expected = f"must be {EXAMPLES[key.kind]}; given {type(value).__name__} {_short(value)!r}"
    match key.kind:
        case "text":
            if not isinstance(value, str):
                return expected, None
            text = value if key.choices and value in key.choices else " ".join(value.split())
            if name not in _NAME_KEYS and not key.choices:
                text = value.strip()
            if key.choices and text not in key.choices:
                return f"{_short(text)!r} is none of {', '.join(map(repr, key.choices))}", None
            if name == "encoding" and not _is_encoding(text):
                return f"{_short(text)!r} is no text encoding; usual: utf-8, utf-16, cp1252", None
            return "", text
        case "yes or no":
            return ("", value) if isinstance(value, bool) else (expected, None)
        case "whole number":
            whole = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000
            return ("", value) if whole else (expected, None)
        case "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            good = number and math.isfinite(value) and value > 0
            return ("", float(value)) if good else (expected, None)
        case "list of text":
            return _texts(name, value, expected)
        case "table of text":
            if not isinstance(value, AnyMapping) or not all(
                isinstance(a, str) and isinstance(b, str) and b.strip() for a, b in value.items()
            ):
                return expected, None
            return "", {a: b.strip() for a, b in value.items()}
        case "date":
            return _date(value, expected)
    return "", dict(value) if isinstance(value, AnyMapping) else value


def _texts(name: str, value: Any, expected: str) -> tuple[str, Any]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(
        isinstance(item, str) or (isinstance(item, int) and not isinstance(item, bool)) for item in items
    ):
        return expected, None
    texts = [" ".join(str(item).split()) for item in items]
    return ("it holds an empty text", None) if "" in texts else ("", tuple(texts))


def _date(value: Any, expected: str) -> tuple[str, Any]:
    if isinstance(value, dt.date):
        return "", dt.date(value.year, value.month, value.day)
    try:
        return "", dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return expected, None


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def _nearest(name: object, known: tuple[str, ...]) -> str:
    low = {key.casefold(): key for key in known}
    near = difflib.get_close_matches(str(name).casefold(), low, n=1, cutoff=0.5)
    listed = f"; it knows {', '.join(known)}" if len(known) <= 20 else ""
    return f"; the nearest is {low[near[0]]!r}" if near else listed
