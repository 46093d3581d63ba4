"""Read the files of a table of counts: one row a count, or a column for each month, unfolded."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hotspot.errors import InputError
from hotspot.intake.cell_values import text_of
from hotspot.intake.counts_cells import month_number
from hotspot.intake.counts_mapping import COUNT_CELL, MONTH_CELL, CountsMapping
from hotspot.intake.files import SourceFile
from hotspot.intake.ledger import NO_ROWS
from hotspot.intake.match_columns import match_columns
from hotspot.intake.partner_rows import Part
from hotspot.intake.tabular import Header, RawTable, read_table
from hotspot.text import printable

log = logging.getLogger("hotspot")


def read_part(source: SourceFile | pd.DataFrame, plan: CountsMapping) -> Part:
    """Read one file as a table with one row for each count.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing, or no column, or two, are headed by a month.
    """
    notes: list[str] = []
    months: list[str] = []

    def choose(header: Header) -> list[tuple[int, str]]:
        chosen, said = match_columns(header, plan.plan)
        notes.extend(said)
        if not plan.wide:
            return chosen
        taken = {position for position, _ in chosen}
        others = [
            (position, name) for position, name in enumerate(header.names) if position not in taken and name
        ]
        own = [(position, name) for position, name in others if month_number(name) is not None]
        _refuse_headings(header, own)
        months.extend(name for _, name in own)
        left = [name for _, name in others if month_number(name) is None]
        if left:
            shown = ", ".join(repr(printable(name, limit=30)) for name in left[:5])
            notes.append(f"columns that name no month were left out: {shown}{' …' if len(left) > 5 else ''}")
        return [*chosen, *own]

    raw = read_table(source, plan.plan.file, choose=choose)
    if plan.wide:
        raw = _unfolded(raw, months)
    if raw.lines_read == 0:
        raw.notes.append((NO_ROWS, 0, np.empty(0, dtype=np.int64)))
    for text, count, _ in raw.notes:
        log.info("%s: %s (%s rows)", raw.name, text, f"{count:,}")
    return Part(raw, notes)


def _refuse_headings(header: Header, own: list[tuple[int, str]]) -> None:
    if not own:
        shown = ", ".join(repr(printable(name, limit=30)) for name in header.names[:8])
        raise InputError(
            f'{header.file}: no column is headed by a month, and the mapping says months = "columns"; it has {shown}. '
            "Headings may be 2024-03, Mar-24 or March 2024; check [file] header_row"
        )
    read = [month_number(name) for _, name in own]
    twice = [name for (_, name), month in zip(own, read, strict=True) if read.count(month) > 1]
    if twice:
        raise InputError(
            f"{header.file}: {len(twice)} columns are headed by the same month ({', '.join(map(repr, twice[:3]))}); "
            "keep one column for each month"
        )


def _unfolded(raw: RawTable, months: list[str]) -> RawTable:
    """Turn a table with a column for each month into one row for each cell under a month."""
    count = len(months)
    kept = [name for name in raw.table.columns if name not in months]
    rows = np.repeat(np.arange(len(raw.table)), count)
    columns: dict[str, Any] = {name: raw.table[name].to_numpy()[rows] for name in kept}
    columns[MONTH_CELL] = np.tile(np.array(months, dtype=object), len(raw.table))
    cells = np.empty((len(raw.table), count), dtype=object)
    for place, name in enumerate(months):
        cells[:, place] = text_of(raw.table[name]).astype(object).to_numpy()
    columns[COUNT_CELL] = cells.ravel()
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(rows))).astype(
        {MONTH_CELL: "str", COUNT_CELL: "str"}
    )
    return replace(
        raw,
        table=table,
        rows=raw.rows[rows],
        lines_read=raw.lines_read * count,
        broken=[each for each in raw.broken for _ in months],
        record=None,
    )


def refuse_same_files(parts: list[Part]) -> None:
    """Raise InputError if two files hold the same bytes."""
    seen: dict[str, str] = {}
    for part in parts:
        first = seen.setdefault(part.raw.sha256, part.raw.name)
        if first != part.raw.name and part.raw.lines_read:
            raise InputError(
                f"{first} and {part.raw.name} hold the same bytes: all their counts would be there twice; give one of them"
            )
