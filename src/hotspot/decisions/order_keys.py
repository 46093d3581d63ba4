"""The keys of a review's file, and a check of each: every fault is found, and the nearest right key named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from hotspot.decisions.order_values import DECISIONS
from hotspot.text import printable

RELEASES = ("restricted", "public")
SOURCES = ("police_uk", "incidents", "counts")


@dataclass(frozen=True)
class Key:
    """One key: what it holds, in words of ``EXAMPLES``; its choices; whether it must be there."""

    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


_TEXT, _PATH, _FLAG, _HOURS = Key("text"), Key("path"), Key("yes or no"), Key("hours")
_NAME = Key("text", required=True)
_AREA = {"file": Key("path", required=True), "layer": _TEXT, "where": _TEXT}
_UNITS = {**_AREA, "code": _TEXT, "name": _TEXT, "town": _TEXT}
SECTIONS: dict[str, dict[str, Key]] = {
    "order": {
        "name": _NAME,
        "id": _TEXT,
        "version": _TEXT,
        **_AREA,
        "decision": Key("text", required=True, choices=DECISIONS),
        "boroughwide": _FLAG,
        "hours": _HOURS,
        "boundary_before": _PATH,
        "boundary_before_layer": _TEXT,
        "boundary_before_where": _TEXT,
        "in_force": Key("sections"),
    },
    "order.in_force": {"start": Key("date", required=True), "end": Key("date"), "label": _TEXT},
    "prohibition": {
        "name": _NAME,
        "behaviour": _NAME,
        "text": _TEXT,
        "first_date": Key("date"),
        "hours": _HOURS,
        "evidence": Key("sections"),
    },
    "prohibition.evidence": {
        "source": _NAME,
        "categories": Key("list of text"),
        "wider": _FLAG,
        "where": Key("rules"),
    },
    "source": {
        "file": _PATH,
        "files": Key("list of paths"),
        "kind": Key("text", choices=SOURCES),
        "mapping": _PATH,
        "open": _FLAG,
        "areas": Key("text", choices=("lsoa", "towns", "wards")),
    },
    "areas": {"lsoa": Key("section"), "towns": Key("section"), "wards": Key("section")},
    "areas.lsoa": _UNITS,
    "areas.towns": _UNITS,
    "areas.wards": _UNITS,
    "comparison": {"name": _NAME, **_AREA},
    "ring": {"metres": Key("number"), "file": _PATH, "layer": _TEXT, "where": _TEXT},
    "periods": {"before": Key("months"), "during": Key("months"), "across_breaks": _FLAG},
    "consultation": {"file": Key("path", required=True)},
    "activity": {"file": Key("path", required=True)},
    "statements": {"file": Key("path", required=True)},
    "equality": {"files": Key("list of paths", required=True)},
    "pack": {
        "title": _TEXT,
        "folder": _PATH,
        "release": Key("list of text", choices=RELEASES),
        "register": _PATH,
        "seed": Key("whole number"),
    },
}
LISTED = ("order.in_force", "prohibition", "prohibition.evidence", "source", "comparison")
"""Sections that stand once for each item, in double brackets."""
REQUIRED = ("order", "prohibition", "source")
TOP = tuple(name for name in SECTIONS if "." not in name)
EXAMPLES = {
    "text": 'text in quotation marks, such as "Town centre"',
    "path": 'a file in quotation marks, such as "data/order.gpkg"',
    "list of paths": 'a list of files, such as ["data/2024.csv", "data/2025.csv"]',
    "list of text": 'a list of text, such as ["Anti-social behaviour"]',
    "yes or no": "true or false, without quotation marks",
    "number": "a number above zero, such as 200",
    "whole number": "a whole number of 0 or more, such as 0",
    "date": "a date without quotation marks, such as 2024-12-04",
    "months": 'a first and a last month, such as ["2024-07", "2025-02"]',
    "hours": "the first hour and the hour at which it ends, such as [22, 6]",
    "rules": 'columns and their values, such as { team = ["Wardens"] }',
}


class Checker:
    """Goes through the content of a file and gathers its faults."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.empty: list[str] = []
        """Keys that must be filled in and are not."""

    def content(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the sections with checked values; empty text counts as a key that is not there."""
        checked = {name: self._part(name, value) for name, value in self._known(raw, TOP, "the file")}
        self.empty += [
            f"{_shown(name)} {key}"
            for name in REQUIRED
            if name not in raw or raw[name] == []
            for key, rule in SECTIONS[name].items()
            if rule.required
        ]
        return checked

    def _part(self, section: str, value: Any) -> Any:
        if section not in LISTED:
            if isinstance(value, Mapping):
                return self._table(section, value, _shown(section))
            self.faults.append(f"{_shown(section)} must be a section, with its keys on the lines below")
            return {}
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            self.faults.append(f"{_shown(section)} must be in double brackets, once for each")
            return []
        many = len(value) > 1
        return [
            self._table(section, item, f"{_shown(section)}{f' number {number}' if many else ''}")
            for number, item in enumerate(value, 1)
        ]

    def _table(self, section: str, raw: Mapping[str, Any], shown: str) -> dict[str, Any]:
        keys = SECTIONS[section]
        found = {}
        for key, value in self._known(raw, tuple(keys), shown):
            rule = keys[key]
            if rule.kind in ("section", "sections"):
                found[key] = self._part(f"{section}.{key}", value)
            elif value in ("", [""]) or (value == [] and rule.required):
                continue
            elif not _fits(rule.kind, value):
                self.faults.append(f"{shown} {key} = {_brief(value)} must be {EXAMPLES[rule.kind]}")
            elif rule.choices and not set([value] if isinstance(value, str) else value) <= {*rule.choices}:
                self.faults.append(f"{shown} {key} = {_brief(value)} must be of {', '.join(rule.choices)}")
            else:
                found[key] = value
        self.empty += [
            f"{shown} {key}"
            for key, rule in keys.items()
            if rule.required and raw.get(key) in (None, "", [], [""])
        ]
        return found

    def _known(self, raw: Mapping[str, Any], known: tuple[str, ...], shown: str) -> list[tuple[str, Any]]:
        for key in raw:
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                hint = f"do you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
                self.faults.append(f"{shown} has no key {printable(key, limit=40)!r}; {hint}")
        return [(key, value) for key, value in raw.items() if key in known]


def _shown(section: str) -> str:
    return f"[[{section}]]" if section in LISTED else f"[{section}]"


def _brief(value: Any) -> str:
    return repr(printable(value, limit=60)) if isinstance(value, str) else printable(repr(value), limit=60)


def _fits(kind: str, value: Any) -> bool:
    if kind == "yes or no":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind in ("text", "path"):
        return isinstance(value, str) and (kind == "text" or _sound_path(value))
    if kind in ("list of text", "list of paths"):
        return _all_text(value) and (kind == "list of text" or all(map(_sound_path, value)))
    if kind == "number":
        return isinstance(value, int | float) and 0 < value < float("inf")
    if kind == "whole number":
        return isinstance(value, int) and value >= 0
    if kind == "date":
        return isinstance(value, date) or (isinstance(value, str) and _is_day(value))
    if kind == "months":
        return _all_text(value) and len(value) == 2
    if kind == "hours":
        return isinstance(value, list) and len(value) == 2 and all(type(hour) is int for hour in value)
    return isinstance(value, Mapping) and all(
        isinstance(one, str) or _all_text(one) for one in value.values()
    )


def _all_text(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one for one in value)


def _sound_path(value: str) -> bool:
    return printable(value) == " ".join(value.split())


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
