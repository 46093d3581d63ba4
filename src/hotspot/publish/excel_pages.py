"""The sheets of a workbook as xlsxwriter writes them: cells by kind, names, widths, the printed page."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.publish.columns import Column
from hotspot.publish.escape import plain

LONGEST = 32_767
"""UTF-16 units in a cell: what Excel counts."""
LONGEST_NAME = 31
CUT = "… [cut]"
SIMULATED = "SIMULATED DATA: no real incidents"

_A4 = 9
_NARROW, _WIDE = 9.0, 60.0
_SAMPLED = 500
_HEADING = 160
# A workbook holds the time of its making; a fixed one makes equal runs equal files.
_CREATED = dt.datetime(2000, 1, 1)
_NAME_MARKS = re.compile(r"[\[\]:*?/\\]")
# Excel reads _x0041_ in a table's header as the letter A, and then finds header and cell at odds.
_ESCAPED = re.compile(r"_x(?=[0-9A-Fa-f]{4}_)")

Cell = str | int | float | dt.datetime | None


@dataclass(frozen=True)
class TableSheet:
    """One sheet: a table, and how it looks.

    Attributes
    ----------
    name
        As asked for; what Excel cannot name so is changed.
    headers
        Text above each column.
    cells
        One list a column: text, numbers, dates; None where a cell is empty.
    formats
        Excel's number format of each column; dates have their own.
    description
        The table in words, for people who cannot see it.
    names
        What each column is called in scripts.
    meanings
        What each column means.
    widths
        Characters; by the contents where None.
    wrapped
        Break long text into lines.
    cut
        By header: how many texts were too long for a cell and have been cut.
    heading
        Printed at the top of each page; the name when blank.
    """

    name: str
    headers: list[str]
    cells: list[list[Cell]]
    formats: list[str]
    description: str
    names: list[str] = field(default_factory=list)
    meanings: list[Column] = field(default_factory=list)
    widths: list[float] | None = None
    wrapped: bool = False
    cut: dict[str, int] = field(default_factory=dict)
    heading: str = ""

    @property
    def rows(self) -> int:
        """Number of rows under the header."""
        return len(self.cells[0])


def checked_target(path: str | os.PathLike[str]) -> Path:
    """Return the path of a workbook, or refuse another kind of file."""
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise InputError(f"{target.name} must end in .xlsx")
    return target


def cut_long(cells: list[Cell]) -> tuple[list[Cell], int]:
    """Cut texts that a cell cannot hold, and count them."""
    kept: list[Cell] = []
    times = 0
    for cell in cells:
        if isinstance(cell, str) and _units(cell) > LONGEST:
            times += 1
            cell = first_units(cell, LONGEST - len(CUT)) + CUT
        kept.append(cell)
    return kept, times


def unique_headers(headers: Sequence[str]) -> list[str]:
    """Return headers that Excel takes for a table: filled, of one line, no two alike in any case of letters."""
    seen: set[str] = set()
    unique = []
    for header in headers:
        text = _ESCAPED.sub("_ x", plain(header, limit=200)).strip() or "Column"
        found, number = text, 1
        while found.lower() in seen:
            number += 1
            found = f"{text} ({number})"
        seen.add(found.lower())
        unique.append(found)
    return unique


def sheet_names(wanted: Sequence[object], *, taken: Sequence[str] = ()) -> list[str]:
    """Return names that Excel takes: at most 31 characters, none of its marks, no two alike."""
    seen = {name.lower() for name in taken}
    names = []
    for each in wanted:
        text = " ".join(_NAME_MARKS.sub(" ", plain(each, limit=None)).split()).strip("' ")
        # Excel keeps this name for itself.
        text = "History sheet" if text.lower() == "history" else text or "Sheet"
        found, number = first_units(text, LONGEST_NAME).strip("' "), 1
        while found.lower() in seen:
            number += 1
            ending = f" {number}"
            found = first_units(text, LONGEST_NAME - len(ending)).strip("' ") + ending
        seen.add(found.lower())
        names.append(found)
    return names


def warn_cut(file: str, sheets: Sequence[TableSheet]) -> None:
    """Warn of texts that no cell could hold."""
    times = sum(sum(sheet.cut.values()) for sheet in sheets)
    if times:
        where = next(
            f"sheet {sheet.name!r}, column {next(iter(sheet.cut))!r}" for sheet in sheets if sheet.cut
        )
        warnings.warn(
            f"{file}: {times:,} texts are longer than the {LONGEST:,} characters that a cell holds and were cut "
            f"(the first in {where}); write a CSV to keep them whole",
            HotspotWarning,
            stacklevel=3,
        )


def workbook_bytes(
    sheets: Sequence[TableSheet], frames: Sequence[pd.DataFrame], *, title: str, marking: str | None = None
) -> bytes:
    """Return the finished workbook."""
    import xlsxwriter

    marking = provenance.marking(frames) if marking is None else marking
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties(
            {"title": plain(title), "author": "hotspot", "subject": marking, "created": _CREATED}
        )
        looks = _Looks(book)
        shown = [SIMULATED] if provenance.is_simulated(frames) else []
        for number, sheet in enumerate(sheets, start=1):
            page = book.add_worksheet(sheet.name)
            _fill(page, sheet, looks, f"Table{number}")
            _set_up(page, sheet, " - ".join([marking, *shown]))
    return content.getvalue()


class _Looks:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Any] = {}
        self.header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "border": 1})

    def of(self, shown_as: str, wrapped: bool) -> Any:
        key = (shown_as, wrapped)
        if key not in self._made:
            look = {
                "num_format": shown_as,
                "valign": "top",
                **({"text_wrap": True, "border": 1} if wrapped else {}),
            }
            self._made[key] = self._book.add_format(look)
        return self._made[key]


def _fill(page: Any, sheet: TableSheet, looks: _Looks, table_name: str) -> None:
    last = len(sheet.headers) - 1
    page.add_table(
        0, 0, max(sheet.rows, 1), last,
        {
            "name": table_name,
            "style": "Table Style Light 1",
            "columns": [{"header": header, "header_format": looks.header} for header in sheet.headers],
            "title": sheet.name,
            "description": first_units(plain(sheet.description, limit=None), 1000),
        },
    )  # fmt: skip
    for at, (cells, shown_as) in enumerate(zip(sheet.cells, sheet.formats, strict=True)):
        number, text = looks.of(shown_as, sheet.wrapped), looks.of("@", sheet.wrapped)
        for row, cell in enumerate(cells, start=1):
            if cell is None:
                if sheet.wrapped:
                    page.write_blank(row, at, None, number)
            elif isinstance(cell, str):
                page.write_string(row, at, cell, text)
            elif isinstance(cell, dt.datetime):
                page.write_datetime(row, at, cell, looks.of(_date_format(cell, shown_as), sheet.wrapped))
            else:
                page.write_number(row, at, cell, number)
        page.set_column(at, at, _width(sheet, at))
    # Ids are text on purpose: no green corner on each of them.
    page.ignore_errors({"number_stored_as_text": f"A1:{_letters(last)}{max(sheet.rows, 1) + 1}"})


def _set_up(page: Any, sheet: TableSheet, marking: str) -> None:
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    # In a header or footer an ampersand starts a code, and 255 characters are all there is room for.
    heading = first_units(plain(sheet.heading or sheet.name, limit=None).replace("&", "+"), _HEADING)
    page.set_header(f"&L{heading}&R{marking}")
    page.set_footer(f"&L{sheet.name.replace('&', '+')}&C{marking}&RPage &P of &N")


def _date_format(stamp: dt.datetime, shown_as: str) -> str:
    if shown_as.startswith("yyyy"):
        return shown_as
    # Midnight stands for "no time known" in rows of day precision: a time is never invented.
    if stamp.time() == dt.time():
        return "yyyy-mm-dd"
    return "yyyy-mm-dd hh:mm" if stamp.second == stamp.microsecond == 0 else "yyyy-mm-dd hh:mm:ss"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def first_units(text: str, most: int) -> str:
    """Return the first UTF-16 units of a text, never half a character."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def _width(sheet: TableSheet, at: int) -> float:
    if sheet.widths is not None:
        return sheet.widths[at]
    longest = max((_shown_length(cell) for cell in sheet.cells[at][:_SAMPLED]), default=0)
    # A header wraps between its words, and its filter button takes the room of three letters.
    words = max(len(word) for word in sheet.headers[at].split()) + 3
    return float(min(max(longest + 2, words, _NARROW), _WIDE))


def _shown_length(cell: Cell) -> int:
    if cell is None:
        return 0
    if isinstance(cell, dt.datetime):
        return len("2024-01-01 00:00")
    return len(cell) if isinstance(cell, str) else min(len(f"{cell:.6g}"), 12)


def _letters(at: int) -> str:
    """Return the letters of a column, 0 being A."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
