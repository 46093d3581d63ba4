"""The keys of a mapping file: their types, choices, and which must be there."""

from __future__ import annotations

from dataclasses import dataclass

PRECISIONS = ("exact", "address", "street", "postcode", "map_point", "area")
"""Grades of location_precision, as the mapping's source may claim them."""

ORDERS = ("day-first", "month-first", "iso")
STANDARD_COLUMNS = (
    "incident_id", "source", "category", "start", "end", "time_precision", "place_id", "location",
    "location_precision", "source_file", "source_row", "geometry",
)  # fmt: skip
LEDGER_COLUMNS = ("source", "source_file", "read", "used", "set_aside", "sha256")


@dataclass(frozen=True)
class Key:
    """One key: its type in plain words, its choices, and whether it must be there."""

    kind: str
    """text, yes or no, whole number, number, list of text, table of text, date, months, or lookup"""
    required: bool = False
    choices: tuple[str, ...] = ()


_TEXT, _FLAG = Key("text"), Key("yes or no")
SECTIONS: dict[str, dict[str, Key]] = {
    "source": {
        "name": Key("text", required=True),
        "open": _FLAG,
        "simulated": _FLAG,
        "attribution": _TEXT,
        "records": Key("list of text"),
        "location_precision": Key("text", required=True, choices=PRECISIONS),
        "time_zone": _TEXT,
        "months": Key("list of text"),
        "period": _TEXT,
    },
    "file": {
        "sheet": _TEXT,
        "header_row": Key("whole number"),
        "layer": _TEXT,
        "encoding": _TEXT,
        "delimiter": Key("text", choices=(",", ";", "\t", "|")),
    },
    "columns": {
        "id": _TEXT,
        "category": _TEXT,
        "category_value": _TEXT,
        "start": _TEXT,
        "date": _TEXT,
        "time": _TEXT,
        "end": _TEXT,
        "end_date": _TEXT,
        "end_time": _TEXT,
        "place_id": _TEXT,
        "location": _TEXT,
        "keep": Key("list of text"),
    },
    "dates": {"order": Key("text", choices=ORDERS), "format": _TEXT, "month_only": _FLAG},
    "coordinates": {
        "easting": _TEXT,
        "northing": _TEXT,
        "lon": _TEXT,
        "lat": _TEXT,
        "grid_reference": _TEXT,
        "lookup": Key("lookup"),
    },
    "categories": {"others": _TEXT, "names": Key("table of text")},
    "fix": {
        "swap_coordinates": _FLAG,
        "degrees_in_metre_columns": _FLAG,
        "two_digit_years": _FLAG,
        "end_before_start": _FLAG,
    },
    "check": {"far_km": Key("number"), "as_of": Key("date")},
}
REQUIRED_SECTIONS = ("source", "columns")
LEAVE_OUT: dict[str, Key] = {
    "column": Key("text", required=True),
    "reason": Key("text", required=True),
    "equals": Key("list of text"),
    "contains": _TEXT,
    "empty": _FLAG,
}
LOOKUP: dict[str, Key] = {
    "file": Key("text", required=True),
    "key": Key("text", required=True),
    "match": Key("text", required=True),
    "easting": _TEXT,
    "northing": _TEXT,
    "lon": _TEXT,
    "lat": _TEXT,
}
EXAMPLES = {
    "text": 'text in quotation marks, such as "Case Ref"',
    "yes or no": "true or false, without quotation marks",
    "whole number": "a whole number of 1 or more, such as 4",
    "number": "a number above zero, such as 100",
    "list of text": 'a list of text, such as ["Duplicate", "Test"]',
    "table of text": 'a section [categories.names] of lines such as "Noise nuisance" = "Noise"',
    "date": 'a date, such as "2026-02-28"',
    "lookup": '{ file = "uprn.csv", key = "UPRN", match = "UPRN", easting = "X", northing = "Y" }',
}
