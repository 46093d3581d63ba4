"""Write a first mapping for a file: every column named, guesses marked, no value of the data in it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from hotspot.errors import InputError
from hotspot.intake.cells import cells_of
from hotspot.intake.date_text import NUMERIC, days_since_1970, take_apart
from hotspot.intake.header_words import KEYS, PERSONAL, role_of, words_of
from hotspot.intake.mapping import FileSpec
from hotspot.intake.tabular import Header, RawTable, read_table

GUESS = "# guess: confirm"
_ROWS = 2_000
_LONGEST_NAME = 80
_DATA = re.compile(
    r"@|^[£$]?[-+]?[0-9][0-9,. ]*$|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|[0-9]{1,2}:[0-9]{2}|[0-9]{6}"
)


@dataclass
class _Draft:
    """Which column was taken for what."""

    roles: dict[str, str] = field(default_factory=dict)
    order: str | None = None
    dates_seen: bool = True


def new_mapping(
    file: str | os.PathLike[str],
    *,
    sheet: str | None = None,
    layer: str | None = None,
    header_row: int | None = None,
) -> str:
    """Write a commented mapping (TOML) for a file, from its header.

    Parameters
    ----------
    file
        CSV, .xlsx, Parquet, GeoPackage or GeoJSON.
    sheet
        Sheet of a workbook that has several.
    layer
        Layer of a GeoPackage that has several.
    header_row
        Row that holds the column names, counted from 1; looked for in the first rows when None.

    Returns
    -------
    str
        TOML text. What was guessed ends with "# guess: confirm"; every column of the file is listed with
        what became of it. Values of the data are looked at, to tell day-first from month-first and
        degrees from metres, and none is written.

    Raises
    ------
    InputError
        If the file cannot be read, or no row looks like a header (then values might be taken for names).

    How this can mislead: names are guessed by English words. A column "Date" may be the date of the report
    and not of the incident; only someone who knows the source can tell.
    """
    spec = FileSpec(sheet=sheet, layer=layer, header_row=header_row)
    raw = read_table(file, spec)
    row = _header_row(raw.header, raw.kind, header_row)
    if row != raw.header.row and raw.kind in ("csv", "xlsx"):
        raw = read_table(file, FileSpec(sheet=sheet, header_row=row))
    names = [str(name) for name in raw.table.columns if name != "geometry"]
    draft = _draft(raw.table, names)
    spatial = "geometry" in raw.table.columns
    parts = [
        _title(raw, names, draft),
        _source(Path(file).stem, draft, spatial),
        _file(raw, sheet, layer, row),
        _columns(draft),
        _dates(draft),
        _coordinates(draft, spatial),
        _rest(),
    ]
    return "\n".join(part for part in parts if part)


def _header_row(header: Header, kind: str, given: int | None) -> int:
    """Return the row whose cells are the most column names; the rows before it are title."""
    if kind not in ("csv", "xlsx"):
        return header.row
    rows = list(enumerate(header.first, start=1)) if given is None else [(header.row, header.names)]
    best, most = 0, 0
    for number, cells in rows:
        filled = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
        if any(_DATA.search(cell) or len(cell) > _LONGEST_NAME for cell in filled):
            continue
        known = sum(role_of(cell)[1] > 0 or bool(PERSONAL & set(words_of(cell))) for cell in filled)
        # One known word may stand in a title or in the data by accident; two make a header.
        if known > most and (given is not None or known >= min(2, len(filled))):
            best, most = number, known
    if most:
        return best
    where = f"row {given}" if given else f"no row among the first {len(rows)}"
    raise InputError(
        f"{header.file}: {where} {'does not look' if given else 'looks'} like column names (such as Date, Type, Easting), "
        "and values must not be taken for names; give the right header_row, or add a header to the file"
    )


def _draft(table: pd.DataFrame, names: list[str]) -> _Draft:
    draft, marks = _Draft(), dict[str, int]()
    for name in names:
        role, mark = role_of(name)
        if role in ("time", "end_time") and _holds_dates(table[name]):
            role = "start" if role == "time" else "end"
        if role and mark > marks.get(role, 0):
            draft.roles[role], marks[role] = name, mark
    roles = draft.roles
    if "start" in roles and "date" in roles:
        # A date with its time in one column says more than a date; a better name goes before both.
        del roles["date" if marks["start"] >= marks["date"] or "time" not in roles else "start"]
    if "date" in roles and "time" not in roles:
        roles["start"] = roles.pop("date")
    if "start" not in roles and "date" not in roles and "month" in roles:
        roles["start"] = roles["month"]
    if "start" in roles:
        roles.pop("time", None)
    if "end_date" in roles and "end_time" not in roles:
        roles["end"] = roles.pop("end_date")
    if "end" in roles or "end_date" not in roles:
        roles.pop("end_time", None)
    if "end" in roles:
        roles.pop("end_date", None)
    _settle_coordinates(table, roles)
    when = [roles[role] for role in ("start", "date", "end", "end_date") if role in roles]
    draft.order, draft.dates_seen = _order(table, when)
    return draft


def _settle_coordinates(table: pd.DataFrame, roles: dict[str, str]) -> None:
    """Take pairs only, and columns called x and y for degrees where their values are."""
    for pair in (("easting", "northing"), ("lon", "lat")):
        if not all(role in roles for role in pair):
            for role in pair:
                roles.pop(role, None)
    if "easting" not in roles:
        return
    values = pd.to_numeric(table[roles["easting"]].head(_ROWS), errors="coerce").abs().dropna()
    named = words_of(roles["easting"])
    if len(values) and float(values.median()) <= 180 and not any("east" in word for word in named):
        roles["lon"], roles["lat"] = roles.pop("easting"), roles.pop("northing")


def _holds_dates(column: pd.Series) -> bool:
    cells = cells_of(column.head(_ROWS))
    moments = take_apart(cells)
    return bool(np.isin(moments.form, (0, 1)).mean() < 0.5)


def _order(table: pd.DataFrame, names: list[str]) -> tuple[str | None, bool]:
    """Return the order of day and month that the values prove, and whether any value needs one."""
    proofs = {"day-first": 0, "month-first": 0}
    needed = False
    for name in names:
        moments = take_apart(cells_of(table[name]))
        numeric = moments.form == NUMERIC
        needed |= bool(numeric.any())
        first, second = moments.parts[numeric, 1], moments.parts[numeric, 2]
        year = np.full(len(first), 2024)
        day_first, month_first = (
            days_since_1970(year, second, first)[1],
            days_since_1970(year, first, second)[1],
        )
        proofs["day-first"] += int((day_first & ~month_first).sum())
        proofs["month-first"] += int((month_first & ~day_first).sum())
    if not needed:
        return "iso", False
    if proofs["month-first"] > proofs["day-first"]:
        return "month-first", True
    return ("day-first" if proofs["day-first"] else None), True


def _quote(text: str) -> str:
    """Write a TOML string; JSON's escapes are TOML's, but for the delete character."""
    sound = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else " " for letter in text.encode("utf-8", "replace").decode()
    )


def _title(raw: RawTable, names: list[str], draft: _Draft) -> str:
    by_name: dict[str, list[str]] = {}
    for role, name in draft.roles.items():
        by_name.setdefault(name, []).append(role)
    lines = [
        f"# Mapping for {_comment(raw.name)}, written from its header. Read it through before use:",
        f'# whatever ends with "{GUESS[2:]}" was guessed by the name of a column.',
        "# Columns that are not named below are dropped when the file is read. Those of the file:",
    ]
    for name in names:
        roles = by_name.get(name)
        personal = bool(PERSONAL & set(words_of(name)))
        use = ", ".join(roles) if roles else "dropped; may hold personal data" if personal else "dropped"
        lines.append(f"#   {_comment(name)}: {use}")
    return "\n".join(lines) + "\n"


def _source(stem: str, draft: _Draft, spatial: bool) -> str:
    roles = draft.roles
    grade = "address" if spatial or {"easting", "lon", "uprn"} & roles.keys() else "street"
    if not {"easting", "lon", "uprn", "grid_reference"} & roles.keys() and "postcode" in roles:
        grade = "postcode"
    return f"""[source]
name = {_quote(stem.replace("_", " "))}  {GUESS}
location_precision = "{grade}"  {GUESS}; exact, address, street, postcode, map_point or area
open = false  # true only if the owner lets anyone publish it
attribution = ""  # the owner's line of credit
records = []  # kinds of behaviour that the source records, such as ["street drinking"]
time_zone = "Europe/London"
# period = "2024-03 to 2026-02"  # months that the file covers; then a month without rows is zero, not missing
"""


def _file(raw: RawTable, sheet: str | None, layer: str | None, row: int) -> str:
    lines = []
    if layer is not None:
        lines.append(f"layer = {_quote(layer)}")
    if raw.kind == "xlsx" and (sheet or raw.sheet):
        lines.append(f"sheet = {_quote(str(sheet or raw.sheet))}")
    if raw.kind in ("csv", "xlsx") and row > 1:
        lines.append(f"header_row = {row}  {GUESS}")
    if raw.kind == "csv":
        lines.append(f'# found: encoding "{raw.encoding}", delimiter {_quote(str(raw.delimiter))}')
    return "[file]\n" + "\n".join(lines) + "\n" if lines else ""


def _columns(draft: _Draft) -> str:
    roles = draft.roles
    lines = ["[columns]"]
    for key, missing in (
        ("id", ""),
        (
            "category",
            '# category = ""  # no column found: name one, or set category_value = "Fire" for all rows',
        ),
        ("start", ""),
        ("date", ""),
        ("time", ""),
        ("end", ""),
        ("end_date", ""),
        ("end_time", ""),
    ):
        if key in roles:
            lines.append(f"{key} = {_quote(roles[key])}  {GUESS}")
        elif missing:
            lines.append(missing)
    if "start" not in roles and "date" not in roles:
        lines.append(
            '# start = ""  # no column found: name the date, or date and time apart as date and time'
        )
    place = next((roles[key] for key in ("uprn", "usrn") if key in roles), None)
    if place:
        lines.append(f"place_id = {_quote(place)}  {GUESS}")
    if "location" in roles:
        lines.append(f"location = {_quote(roles['location'])}  {GUESS}")
    lines.append("keep = []  # further columns to keep, by name; no personal data")
    return "\n".join(lines) + "\n"


def _dates(draft: _Draft) -> str:
    if not draft.dates_seen:
        return f'[dates]\norder = "iso"  {GUESS}; no date was seen that could be read two ways\n'
    if draft.order is None:
        return '[dates]\norder = "day-first"  # guess: confirm; no day above 12 was seen, so the data does not prove it\n'
    return f'[dates]\norder = "{draft.order}"  {GUESS}; days above 12 were seen in this place\n'


def _coordinates(draft: _Draft, spatial: bool) -> str:
    roles = draft.roles
    for pair in (("easting", "northing"), ("lon", "lat")):
        if pair[0] in roles:
            lines = [f"{role} = {_quote(roles[role])}  {GUESS}" for role in pair]
            return "\n".join(["[coordinates]", *lines]) + "\n"
    if "grid_reference" in roles:
        return f"[coordinates]\ngrid_reference = {_quote(roles['grid_reference'])}  {GUESS}\n"
    if spatial:
        return "# [coordinates] is not needed: the file has points of its own\n"
    key = next((key for key in KEYS if key in roles), None)
    name = roles.get(key or "location", "Place Name")
    match = KEYS[key] if key else "Place Name"
    return (
        "# No column of coordinates was found. Give a table from the file's keys to easting and northing:\n"
        "[coordinates]\n"
        f'lookup = {{ file = "places.csv", key = {_quote(name)}, match = "{match}", easting = "Easting", '
        f'northing = "Northing" }}  {GUESS}\n'
    )


def _rest() -> str:
    return """[categories]
others = "keep"  # or "set aside", or one name for all that are not listed

# [categories.names]
# "Text in the file" = "Category"

# [[leave_out]]  # rows to leave out by rule; they are counted under the reason
# column = "Status"
# equals = ["Duplicate"]
# reason = "duplicate case"

# [fix]  # repairs, each only after its finding was checked
# swap_coordinates = true
# degrees_in_metre_columns = true
# two_digit_years = true
# end_before_start = true

# [check]
# far_km = 100
# as_of = "2026-02-28"
"""
