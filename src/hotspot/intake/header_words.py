"""What a column is for, guessed by the words of its name: a first draft that a person confirms."""

from __future__ import annotations

import re

PERSONAL = frozenset(
    {"name", "surname", "forename", "firstname", "lastname", "caller", "reporter", "complainant", "victim"}
    | {"suspect", "offender", "witness", "patient", "officer", "phone", "telephone", "tel", "mobile", "email"}
    | {
        "dob",
        "birth",
        "age",
        "sex",
        "gender",
        "ethnicity",
        "nationality",
        "nhs",
        "notes",
        "note",
        "narrative",
    }
    | {"description", "details", "comment", "comments", "text", "summary"}
)
"""Words of columns that often carry personal data: never kept by a guess."""

_START = {
    "opened",
    "reported",
    "received",
    "created",
    "logged",
    "raised",
    "occurred",
    "start",
    "from",
    "call",
    "incident",
}
_END = {"end", "to", "until", "stop", "finish"}
_CLOSED = {"closed", "resolved", "completed", "updated", "modified", "due", "arrival", "printed"}
_DATE = {"date", "datetime", "timestamp", "day", "dt", "when"}
_ID = {"id", "ref", "reference", "no", "number", "num", "urn", "key"}
_OF_INCIDENT = {"case", "incident", "crime", "job", "log", "attendance", "record", "report", "event", "fire"}
_CATEGORY = {
    "type",
    "category",
    "class",
    "classification",
    "offence",
    "offense",
    "nature",
    "subject",
    "kind",
    "code",
}
_PLACE_TEXT = {
    "address",
    "location",
    "site",
    "street",
    "road",
    "place",
    "premises",
    "venue",
    "property",
    "ward",
    "area",
}

EASTING = {"easting", "eastings", "east", "x", "xcoord", "xcoordinate", "bngx", "geox", "osx"}
NORTHING = {"northing", "northings", "north", "y", "ycoord", "ycoordinate", "bngy", "geoy", "osy"}
LON = {"lon", "long", "lng", "longitude"}
LAT = {"lat", "latitude"}
GRID = {"ngr", "gridref", "gridreference", "osgridref", "osgr", "osgb"}
KEYS = {"uprn": "UPRN", "usrn": "USRN", "postcode": "postcode"}


def words_of(name: str) -> list[str]:
    """Return the words of a column's name in lower case: "CaseRef_No" gives case, ref, no."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[^0-9a-z]+", parted.casefold()) if word]


def role_of(name: str) -> tuple[str, int]:
    """Guess what a column is for, and how good the guess is (higher is better; 0 is none).

    Roles: easting, northing, lon, lat, grid_reference, uprn, usrn, postcode, id, category, start, date,
    time, end, end_date, end_time, location, or "" where nothing is guessed.
    """
    words = words_of(name)
    held, joined = set(words), "".join(words)
    for role, known in (("easting", EASTING), ("northing", NORTHING), ("lon", LON), ("lat", LAT)):
        if joined in known or (held & known and not held & _END):
            return role, 9 if joined in known else 6
    if joined in GRID or held & GRID or {"grid", "ref"} <= held or {"grid", "reference"} <= held:
        return "grid_reference", 8
    for key in KEYS:
        if key in held or joined in (key, "postalcode" if key == "postcode" else key):
            return key, 8
    if held & PERSONAL and not held & {"site", "place", "street", "road", "venue", "premises"}:
        return "", 0
    return _when(held) or _what(words, held)


def _when(held: set[str]) -> tuple[str, int] | None:
    date, time = bool(held & _DATE), bool(held & {"time", "hour", "hhmm"})
    if held & _CLOSED:
        return ("", 0) if date or time or len(held) == 1 else None
    if held & _END and (date or time or len(held) == 1):
        if date != time:
            return ("end_date" if date else "end_time"), 6
        return "end", 6
    if date and time:
        return "start", 8 if held & _START else 7
    if date:
        return "date", 7 if held & _START or len(held) == 1 else 4
    if time:
        # "Time of call" is a time of day or a date with it: the values tell.
        return "time", 7 if held & _START or len(held) == 1 else 4
    if held & (_START - {"incident", "call", "from"}) and len(held) <= 2 and not held & _ID:
        return "start", 5
    return ("month", 3) if held == {"month"} else None


def _what(words: list[str], held: set[str]) -> tuple[str, int]:
    if words and words[-1] in _ID and (held & _OF_INCIDENT or len(words) == 1):
        return "id", 7 if held & _OF_INCIDENT else 5
    if held & {"urn", "attendance"} and len(words) == 1:
        return "id", 4
    if held & _CATEGORY:
        other = held & (_PLACE_TEXT | {"outcome", "status", "source", "contact", "sub"})
        return "category", 2 if other else 7 if held & _OF_INCIDENT or held == {"category"} else 5
    if held & _PLACE_TEXT:
        return "location", {"ward": 2, "area": 2}.get(words[-1], 5)
    return "", 0
