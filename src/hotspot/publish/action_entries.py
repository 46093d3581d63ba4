"""What people entered in last month's action sheet, by location id, however they sorted and renamed it."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotspot.errors import InputError
from hotspot.intake.workbook import read_sheet
from hotspot.publish.escape import plain
from hotspot.publish.excel import cell_of
from hotspot.publish.excel_pages import Cell, unique_headers

ENTRY = ("Owner", "Action", "Due", "Escalate")
ID = "Location id"
DATA = "Data"
"""The item of the notes that names the sources."""

_SIMULATED = "Simulated"
_HEADER_WITHIN = 30


@dataclass(frozen=True)
class Entry:
    """A row of last month's workbook in which something was entered."""

    location_id: str
    location: Cell
    number: Cell
    incidents: Cell
    values: dict[str, Cell]


@dataclass(frozen=True)
class Entered:
    """Everything that was entered, the columns that people added, and what the notes say of the data."""

    entries: list[Entry] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    data: frozenset[str] = frozenset()
    simulated: bool | None = None


def read_entered(path: Path, ours: Set[str]) -> Entered:
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
    entries: list[Entry] = []
    added: list[str] = []
    found = 0
    told: dict[str, str] = {}
    for name in names:
        grid = read_sheet(data, path.name, name).grid
        at = _header_row(grid)
        if at is None:
            told |= _notes_of(grid)
            continue
        found += 1
        headers = _headers(grid, at, added, ours)
        added += [each for each in headers if each and each not in (*ours, *ENTRY, *added)]
        entries += [entry for row in grid[at + 1 :] if (entry := _entry(headers, row, ours)) is not None]
    if not found:
        raise InputError(
            f"previous: no sheet of {path.name} has the columns {ID}, {', '.join(ENTRY)} ({len(names)} looked at); give "
            "the workbook that write_action_sheet made, with its headers as they were"
        )
    known = {one for one in told.get(DATA, "").split("; ") if one}
    # The notes of every workbook name the marking, so that without them nothing is known.
    simulated = _SIMULATED in told if "Marking" in told else None
    return Entered(entries, added, frozenset(known), simulated)


def _notes_of(grid: list[list[Any]]) -> dict[str, str]:
    """Return what a sheet of notes says of the whole workbook, by item; nothing for any other sheet."""
    if not grid or [str(value).strip() for value in grid[0][:3]] != ["Sheet", "Item", "Text"]:
        return {}
    return {str(row[1]).strip(): str(row[2]).strip() for row in grid[1:] if len(row) > 2 and row[0] == "All"}


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


def _headers(grid: list[list[Any]], at: int, added: list[str], ours: Set[str]) -> list[str]:
    """Name the columns as this module does, those of people as they did, and nameless ones by their place."""
    known = {each.casefold(): each for each in (*ours, *ENTRY, *added)}
    texts = []
    for place, value in enumerate(grid[at], start=1):
        text = plain(value, limit=200).strip() if value is not None else ""
        filled = any(cell_of(row[place - 1]) is not None for row in grid[at + 1 :])
        texts.append(known.get(text.casefold(), text) or (f"Column {place}" if filled else ""))
    named = unique_headers([text or f"Empty {place}" for place, text in enumerate(texts)])
    return [name if text else "" for name, text in zip(named, texts, strict=True)]


def _entry(headers: Sequence[str], row: Sequence[Any], ours: Set[str]) -> Entry | None:
    """Return a row's entry, None where nobody entered anything."""
    cells = {name: _entered_cell(value) for name, value in zip(headers, row, strict=False) if name}
    values: dict[str, Cell] = {
        name: cell for name, cell in cells.items() if name not in ours and cell is not None
    }
    if not values:
        return None
    location_id = cells.get(ID)
    return Entry(
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


def split_entries(entered: Entered, ids: set[Any]) -> tuple[dict[str, dict[str, Cell]], list[Entry]]:
    """Part the entries into those of listed locations, by id, and the others, one for each location."""
    together: dict[str, Entry] = {}
    nameless = []
    for entry in entered.entries:
        if not entry.location_id:
            nameless.append(entry)
            continue
        known = together.get(entry.location_id)
        together[entry.location_id] = entry if known is None else _both(known, entry)
    kept = {key: entry.values for key, entry in together.items() if key in ids}
    return kept, [*(entry for key, entry in together.items() if key not in ids), *nameless]


def _both(one: Entry, other: Entry) -> Entry:
    values = dict(one.values)
    for name, cell in other.values.items():
        old = values.get(name)
        values[name] = cell if old is None or old == cell else f"{_text(old)}; {_text(cell)}"
    return Entry(one.location_id, one.location, one.number, one.incidents, values)


def _text(cell: Cell) -> str:
    return cell.isoformat().removesuffix("T00:00:00") if isinstance(cell, dt.datetime) else str(cell)
