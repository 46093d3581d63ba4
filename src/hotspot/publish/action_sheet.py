"""The ranked list for a tasking meeting: a printed table in which actions are entered and kept from month to month."""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.intake.workbook import read_sheet
from hotspot.publish.columns import Column
from hotspot.publish.escape import plain
from hotspot.publish.excel import cell_of, cells_of, notes_sheet, number_format
from hotspot.publish.excel_pages import (
    Cell,
    TableSheet,
    checked_target,
    cut_long,
    unique_headers,
    warn_cut,
    workbook_bytes,
)
from hotspot.publish.files import write_bytes_whole

log = logging.getLogger("hotspot")

LISTED, GONE = "Locations", "No longer listed"
ENTRY = ("Owner", "Action", "Due", "Escalate")
ID = "Location id"

_HEADER_WITHIN = 30
_ENTRY_WIDTHS = {"Owner": 11.0, "Action": 26.0, "Due": 11.0, "Escalate": 10.0}
_OTHER_WIDTH = 16.0
_ENTRY_MEANING = "Entered by people; kept from the workbook given as last month's, by location id"


@dataclass(frozen=True)
class _Given:
    """A column of the list: header, meaning, width on paper."""

    header: str
    meaning: str
    width: float


_GIVEN = {
    "number": _Given("Number", "Place in the list, and the number on the map", 9.0),
    "location": _Given(
        "Location", "Most frequent location text; a map point stands for several streets", 24.0
    ),
    "incidents": _Given("Incidents", "Reported incidents", 11.0),
    "interval": _Given(
        "Rank (95 % interval)",
        "Rank by incidents, and the ranks that the location may truly have; wide: it cannot be told from others",
        11.0,
    ),
    "months": _Given(
        "Months active", "Months with incidents, of the months that the data has a file for", 10.0
    ),
    "pattern": _Given("Pattern", "How its months look, by a published rule", 12.0),
    "leading_categories": _Given("Leading categories", "The most frequent, with their incidents", 24.0),
    "flags": _Given("Check first", "What to look at before acting; empty when there is nothing", 20.0),
    "last": _Given("Last", "Last incident; its month where the data has no days", 11.0),
}
_OURS = {each.header for each in _GIVEN.values()} | {ID, "Number then", "Incidents then"}


@dataclass(frozen=True)
class _Entry:
    """A row of last month's workbook in which something was entered."""

    location_id: str
    location: Cell
    number: Cell
    incidents: Cell
    values: dict[str, Cell]


@dataclass(frozen=True)
class _Entered:
    """Everything that was entered, and the columns that people added."""

    entries: list[_Entry] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


def write_action_sheet(
    locations: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    previous: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the ranked list for a meeting as an Excel workbook with blank columns for actions.

    Parameters
    ----------
    locations
        What `repeat_locations` returned, or its first rows (``locations.head(25)``): ``location_id``, ``incidents``
        and ``number`` are needed.
    path
        The file to write, ending in ``.xlsx``. It appears whole or not at all.
    previous
        Last month's workbook. What people entered in it is kept, by location id.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If a column is missing, ids stand twice, ``previous`` cannot be read or is no workbook of this kind, or a
        file is open in Excel.

    Notes
    -----
    Sheet Locations, for A4 landscape: number, location, incidents, rank with its interval, months active of those
    observed, pattern, leading categories, last; then Owner, Action, Due and Escalate, blank or as entered in
    ``previous``; then the location id, by which they are found again. Leave that column as it is.
    Sheet No longer listed: rows in which something was entered and whose location is not in the list now, those of
    the same sheet of ``previous`` included. To close an action, clear its cells or delete its row. Sheet Notes: the
    counts of both, marking, source, and what each column means.

    Columns that people added are kept too. Rows and columns may be sorted, moved and filtered in Excel. Where an id
    stands twice in ``previous``, both texts stand in one cell. Whatever was entered is text, a number or a
    date; nothing of it runs.

    How this can mislead: a location that left the list is not one where nothing happens. An id that the source
    draws anew (such as map points in 2022) loses its action to No longer listed.
    """
    target = checked_target(path)
    table = _listed(locations)
    entered = _Entered() if previous is None else _read_entered(Path(previous))
    ids = table.pop(ID)
    kept, gone = _split(entered, set(ids))
    listed = _sheet(LISTED, table, list(ids), [kept.get(each, {}) for each in ids], entered.added)
    sheets = [_headed(listed, locations)]
    about = [("This workbook", f"{len(ids):,} locations, ranked, with columns for actions")]
    if previous is not None:
        sentence = _counts(Path(previous).name, entered, set(ids))
        log.info("%s", sentence)
        about.append(("Carried forward", sentence))
        sheets.append(_headed(_gone_sheet(gone, entered.added), locations))
    notes = notes_sheet([locations], sheets, about)
    warn_cut(target.name, sheets)
    write_bytes_whole(target, workbook_bytes([*sheets, notes], [locations], title=target.stem))
    return target


def _listed(locations: pd.DataFrame) -> pd.DataFrame:
    """Return the few columns of the sheet under their headers, the id last."""
    missing = [name for name in ("location_id", "incidents", "number") if name not in locations.columns]
    if missing:
        raise InputError(
            f"the locations have no column {missing[0]!r}; give what repeat_locations returned, or its first rows"
        )
    ids = cells_of(locations["location_id"])
    blank = sum(each is None for each in ids)
    if blank or len(set(ids)) < len(ids):
        raise InputError(
            f"location ids must be there and no two alike: {blank:,} of {len(ids):,} are blank and "
            f"{len(ids) - len(set(ids)):,} stand more than once; give one ranking, not several under one another"
        )
    columns: dict[str, pd.Series[Any]] = {}
    for name, how in _GIVEN.items():
        if name == "interval" and {"rank", "rank_low", "rank_high"} <= set(locations.columns):
            columns[how.header] = _together(locations, ["rank", "rank_low", "rank_high"], "{} ({} to {})")
        elif name == "months" and {"months_active", "months_observed"} <= set(locations.columns):
            columns[how.header] = _together(locations, ["months_active", "months_observed"], "{} of {}")
        elif name in locations.columns:
            columns[how.header] = locations[name].reset_index(drop=True)
    columns[ID] = pd.Series([str(each) for each in ids], dtype="str")
    return pd.DataFrame(columns)


def _together(locations: pd.DataFrame, names: list[str], pattern: str) -> pd.Series[Any]:
    texts = []
    for values in locations[names].itertuples(index=False):
        known = not any(pd.isna(value) for value in values)
        texts.append(pattern.format(*(int(value) for value in values)) if known else None)
    return pd.Series(texts, dtype="str")


def _read_entered(path: Path) -> _Entered:
    """Read every row of last month's workbook in which something was entered."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"previous: the file {path} does not exist; check the spelling") from None
    except PermissionError:
        raise InputError(
            f"previous: {path.name} is open in another program: close {path.name} and run again"
        ) from None
    except OSError as error:
        raise InputError(f"previous: {path} cannot be read ({error}); give last month's .xlsx file") from None
    names = _worksheets(data, path.name)
    entries: list[_Entry] = []
    added: list[str] = []
    found = 0
    for name in names:
        grid = read_sheet(data, path.name, name).grid
        at = _header_row(grid)
        if at is None:
            continue
        found += 1
        headers = _headers(grid, at, added)
        added += [each for each in headers if each and each not in (*_OURS, *ENTRY, *added)]
        entries += [entry for row in grid[at + 1 :] if (entry := _entry(headers, row)) is not None]
    if not found:
        raise InputError(
            f"previous: no sheet of {path.name} has the columns {ID}, {', '.join(ENTRY)} ({len(names)} looked at); give "
            "the workbook that write_action_sheet made, with its headers as they were"
        )
    return _Entered(entries, added)


def _worksheets(data: bytes, name: str) -> list[str]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [m.name for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
    except BaseException as error:
        # A panic of the reader's compiled part is no Exception; all others are let through.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError(
            f"previous: {name} cannot be read as a workbook ({type(error).__name__}); give last month's .xlsx, saved "
            "without a password"
        ) from None


def _header_row(grid: list[list[Any]]) -> int | None:
    wanted = {each.casefold() for each in (ID, *ENTRY)}
    for at, row in enumerate(grid[:_HEADER_WITHIN]):
        if wanted <= {str(value).strip().casefold() for value in row}:
            return at
    return None


def _headers(grid: list[list[Any]], at: int, added: list[str]) -> list[str]:
    """Name the columns as this module does, those of people as they did, and nameless ones by their place."""
    known = {each.casefold(): each for each in (*_OURS, *ENTRY, *added)}
    texts = []
    for place, value in enumerate(grid[at], start=1):
        text = plain(value, limit=200).strip() if value is not None else ""
        filled = any(cell_of(row[place - 1]) is not None for row in grid[at + 1 :])
        texts.append(known.get(text.casefold(), text) or (f"Column {place}" if filled else ""))
    named = unique_headers([text or f"Empty {place}" for place, text in enumerate(texts)])
    return [name if text else "" for name, text in zip(named, texts, strict=True)]


def _entry(headers: Sequence[str], row: Sequence[Any]) -> _Entry | None:
    """Return a row's entry, None where nobody entered anything."""
    cells = {name: _entered_cell(value) for name, value in zip(headers, row, strict=False) if name}
    values: dict[str, Cell] = {
        name: cell for name, cell in cells.items() if name not in _OURS and cell is not None
    }
    if not values:
        return None
    location_id = cells.get(ID)
    return _Entry(
        "" if location_id is None else str(location_id).strip(),
        cells.get("Location"),
        cells.get("Number", cells.get("Number then")),
        cells.get("Incidents", cells.get("Incidents then")),
        values,
    )


def _entered_cell(value: object) -> Cell:
    """Return what was entered: text with its lines, dates, and whole numbers without a point."""
    if isinstance(value, str):
        lines = [plain(line, limit=None) for line in value.replace("\r", "").split("\n")]
        return "\n".join(lines).strip() or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return cell_of(value)


def _split(entered: _Entered, ids: set[Any]) -> tuple[dict[str, dict[str, Cell]], list[_Entry]]:
    """Part the entries into those of listed locations, by id, and the others, one for each location."""
    together: dict[str, _Entry] = {}
    nameless = []
    for entry in entered.entries:
        if not entry.location_id:
            nameless.append(entry)
            continue
        known = together.get(entry.location_id)
        together[entry.location_id] = entry if known is None else _both(known, entry)
    kept = {key: entry.values for key, entry in together.items() if key in ids}
    return kept, [*(entry for key, entry in together.items() if key not in ids), *nameless]


def _both(one: _Entry, other: _Entry) -> _Entry:
    values = dict(one.values)
    for name, cell in other.values.items():
        old = values.get(name)
        values[name] = cell if old is None or old == cell else f"{_text(old)}; {_text(cell)}"
    return _Entry(one.location_id, one.location, one.number, one.incidents, values)


def _text(cell: Cell) -> str:
    return cell.isoformat().removesuffix("T00:00:00") if isinstance(cell, dt.datetime) else str(cell)


def _counts(name: str, entered: _Entered, ids: set[Any]) -> str:
    rows = len(entered.entries)
    kept = sum(entry.location_id in ids for entry in entered.entries)
    nameless = sum(not entry.location_id for entry in entered.entries)
    without = f", {nameless:,} of them without a location id" if nameless else ""
    return (
        f"{plain(name)}: {rows:,} rows in which something was entered; {kept:,} are of locations listed now, "
        f"{rows - kept:,} are on the sheet {GONE}{without}"
    )


def _sheet(
    name: str, table: pd.DataFrame, ids: Sequence[Any], entries: Sequence[dict[str, Cell]], added: list[str]
) -> TableSheet:
    """Put the given columns, those for entries, and the id side by side."""
    of = {how.header: how for how in _GIVEN.values()}
    headers = [str(header) for header in table.columns]
    cells = [cells_of(table[header]) for header in headers]
    formats = [number_format(table[header], Column(header, "")) for header in headers]
    widths = [of[header].width if header in of else _OTHER_WIDTH for header in headers]
    meanings = [
        Column(header, of[header].meaning if header in of else "In last month's list") for header in headers
    ]
    for header in (*ENTRY, *added):
        cells.append([entry.get(header) for entry in entries])
        formats.append("yyyy-mm-dd" if header == "Due" else "@")
        widths.append(_ENTRY_WIDTHS.get(header, _OTHER_WIDTH))
        meanings.append(Column(header, _ENTRY_MEANING))
    headers += [*ENTRY, *added, ID]
    cells.append([None if each is None else str(each) for each in ids])
    formats.append("@")
    widths.append(_OTHER_WIDTH)
    meanings.append(Column(ID, "By which entries are found again next month: leave it as it is"))
    cut: dict[str, int] = {}
    for at, (header, column) in enumerate(zip(headers, cells, strict=True)):
        cells[at], times = cut_long(column)
        if times:
            cut[header] = times
    description = f"{name}: {len(ids):,} rows. Columns: {', '.join(headers)}"
    return TableSheet(name, headers, cells, formats, description, [], meanings, widths, wrapped=True, cut=cut)


def _gone_sheet(gone: list[_Entry], added: list[str]) -> TableSheet:
    table = pd.DataFrame(
        {
            "Location": pd.Series([entry.location for entry in gone], dtype="object"),
            "Number then": pd.Series([entry.number for entry in gone], dtype="object"),
            "Incidents then": pd.Series([entry.incidents for entry in gone], dtype="object"),
        }
    )
    return _sheet(
        GONE, table, [entry.location_id or None for entry in gone], [entry.values for entry in gone], added
    )


def _headed(sheet: TableSheet, locations: pd.DataFrame) -> TableSheet:
    """Give each printed page the period and the filter of the incidents."""
    months = provenance.months_observed(locations)
    when = f", {provenance.spans(months)}" if months else ""
    filters = [note for note in provenance.of(locations)["notes"] if note.startswith("Incidents chosen")]
    return replace(sheet, heading=". ".join([f"Repeat locations{when}", *filters]))
