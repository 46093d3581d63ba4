"""Excel workbooks that can be handed out: one table a sheet, real numbers and dates, nothing that runs."""

from __future__ import annotations

import datetime as dt
import decimal
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.columns import Column, column
from hotspot.publish.escape import is_missing, plain
from hotspot.publish.excel_pages import (
    CUT,
    LONGEST,
    SIMULATED,
    Cell,
    TableSheet,
    checked_target,
    cut_long,
    sheet_names,
    unique_headers,
    warn_cut,
    workbook_bytes,
)
from hotspot.publish.files import write_bytes_whole
from hotspot.publish.release import Release, marked_path, marking_of, released
from hotspot.publish.tables import flat

MOST_ROWS = 1_048_575
"""Rows of a sheet, less its header."""
MOST_COLUMNS = 16_384
NOTES = "Notes"

# From 12 digits on Excel shows 1.2E+11, and it keeps 15 at most.
_LONG_NUMBER = 10**11
# Before this day Excel counts a 29 February 1900 that never was, or has no dates at all.
_FIRST_DATE = dt.datetime(1900, 3, 1)
_COUNTED = {"incidents", "rows", "cells", "locations"}


def write_excel(
    frames: Mapping[str, pd.DataFrame], path: str | os.PathLike[str], *, release: Release = None
) -> Path:
    """Write tables as an Excel workbook: one sheet each, after a sheet that explains them.

    Parameters
    ----------
    frames
        Name of the sheet to table. Names longer than 31 characters or with marks that Excel does not allow
        are changed. An index that has a name becomes a column; a geometry becomes easting, northing, longitude
        and latitude of its centre.
    path
        The file to write, ending in ``.xlsx``. It appears whole or not at all.
    release
        As for `write_csv`.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If there is no table, one is too large for a sheet or has a column name twice, or the file cannot be
        written because it is open in Excel.

    Warns
    -----
    HotspotWarning
        If texts were longer than a cell holds (32,767 characters) and have been cut.

    Notes
    -----
    The first sheet, Notes, says what the workbook is, its marking, source and period, the steps that made it,
    what must be known to read it, and what each column means. The marking (OFFICIAL-SENSITIVE unless every source
    is known and declared open) is also in the head and foot of each printed page.

    Numbers keep all their digits, whatever they show; dates are dates, a month the first of it, shown without a
    day. Ids and numbers of 12 digits and more are text. All text is written as text: no formula, link or number
    comes from it, whatever it begins with. Control and direction characters show as a replacement mark.

    A4 landscape, as many pages as it takes and one page wide, the header on each. Equal tables give the same bytes
    with the same version of xlsxwriter.

    How this can mislead: sorted or filtered rows are still the rows of one ranking: numbers and cumulative
    shares do not follow a filter.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> table = pd.DataFrame({"location_id": ["100012345678"], "incidents": [12], "location": ["=1+1 High Street"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_excel({"Locations": table}, f"{folder}/locations.xlsx").name
    'locations OFFICIAL-SENSITIVE.xlsx'
    """
    target = checked_target(path)
    if not isinstance(frames, Mapping) or not frames:
        raise InputError(
            f"write_excel takes tables by the name of their sheet, not {type(frames).__name__} "
            f"({0 if isinstance(frames, Mapping) else 1} given); write {{'Locations': locations}}"
        )
    frames = {name: released(frame, release) for name, frame in frames.items()}
    names = sheet_names(list(frames), taken=[NOTES])
    sheets = [sheet_of(name, frame) for name, frame in zip(names, frames.values(), strict=True)]
    everything = list(frames.values())
    target = marked_path(target, everything, release)
    listed = "; ".join(f"{sheet.name} ({sheet.rows:,} rows)" for sheet in sheets)
    notes = notes_sheet(everything, sheets, [("This workbook", f"One table a sheet: {listed}")], release)
    warn_cut(target.name, sheets)
    marking = marking_of(everything, release)
    write_bytes_whole(
        target, workbook_bytes([notes, *sheets], everything, title=target.stem, marking=marking)
    )
    return target


def sheet_of(name: str, frame: pd.DataFrame) -> TableSheet:
    """Turn a result into a sheet, its columns named for people."""
    table = flat(frame)
    # The marking stands on every page and on the first sheet, and the source there too.
    added = {"marking", "source"} - {str(each) for each in frame.columns}
    table = table.drop(columns=[each for each in table.columns if each in added])
    if table.shape[1] == 0:
        raise InputError(f"the table for sheet {name!r} has no columns; leave it out")
    if len(table) > MOST_ROWS or table.shape[1] > MOST_COLUMNS:
        raise InputError(
            f"the table for sheet {name!r} has {len(table):,} rows and {table.shape[1]:,} columns; a sheet holds "
            f"{MOST_ROWS:,} and {MOST_COLUMNS:,}. Write it as CSV, or only the rows that people read"
        )
    names = [str(each) for each in table.columns]
    meanings = [column(each, frame) for each in names]
    headers = unique_headers([each.header for each in meanings])
    cut: dict[str, int] = {}
    cells, formats = [], []
    for header, key, how in zip(headers, names, meanings, strict=True):
        values, times = cut_long(cells_of(table[key]))
        cells.append(values)
        formats.append(number_format(table[key], how))
        if times:
            cut[header] = times
    description = f"{name}: {len(table):,} rows. Columns: {', '.join(headers)}"
    return TableSheet(name, headers, cells, formats, description, names, meanings, cut=cut)


def cells_of(values: pd.Series) -> list[Cell]:
    """Return a column's values as what a cell can hold."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_localize(None)
    cells = [cell_of(value) for value in values.astype(object)]
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    whole = all(isinstance(cell, int) or cell.is_integer() for cell in numbers)
    if whole and (_is_id(str(values.name)) or any(abs(cell) >= _LONG_NUMBER for cell in numbers)):
        return [str(int(cell)) if isinstance(cell, int | float) else cell for cell in cells]
    return cells


def number_format(values: pd.Series, how: Column) -> str:
    """Return Excel's format for a column's numbers: it shows fewer digits, it does not round them away."""
    if isinstance(how.decimals, int):
        return "0" if how.decimals == 0 else "0." + "0" * how.decimals
    if isinstance(values.dtype, pd.PeriodDtype) or pd.api.types.infer_dtype(values, skipna=True) == "period":
        return "yyyy-mm"
    if how.decimals is None and how.unit in _COUNTED and pd.api.types.is_integer_dtype(values.dtype):
        return "#,##0"
    return "General"


def notes_sheet(
    frames: Sequence[pd.DataFrame],
    sheets: Sequence[TableSheet],
    about: Sequence[tuple[str, str]],
    release: Release = None,
) -> TableSheet:
    """Say what a workbook is, where it is from, how to read it, and what its columns mean."""
    rows: list[tuple[str, str, str, str, str]] = [("All", item, text, "", "") for item, text in about]
    if provenance.is_simulated(frames):
        rows.append(("All", "Simulated", SIMULATED, "", ""))
    rows.append(("All", "Marking", marking_of(frames, release), "", ""))
    rows.append(("All", "Source", provenance.source_line(frames).removeprefix("Source: "), "", ""))
    months = {month for frame in frames for month in provenance.months_observed(frame)}
    rows.append(("All", "Period", provenance.spans(months) if months else "not recorded", "", ""))
    records = [provenance.of(frame) for frame in frames]
    ends = sorted({str(record["as_of"]) for record in records if record["as_of"]})
    rows += [("All", "As of", end, "", "") for end in ends]
    for text in dict.fromkeys(_step(step) for record in records for step in record["steps"]):
        rows.append(("All", "Step", text, "", ""))
    for note in dict.fromkeys(note for record in records for note in record["notes"]):
        rows.append(("All", "Note", note, "", ""))
    for sheet in sheets:
        for header, times in sheet.cut.items():
            text = f"{times:,} texts were longer than a cell holds ({LONGEST:,} characters) and end in {CUT}"
            rows.append((sheet.name, header, text, "", ""))
        keys = sheet.names or [""] * len(sheet.headers)
        for header, key, how in zip(sheet.headers, keys, sheet.meanings, strict=False):
            rows.append((sheet.name, header, how.meaning, how.unit, key))
    headers = ["Sheet", "Item", "Text", "Unit", "Name in scripts"]
    cells = [
        cut_long([plain(value, limit=None) or None for value in part])[0] for part in zip(*rows, strict=True)
    ]
    return TableSheet(
        NOTES, headers, cells, ["General"] * 5, "What this workbook is, and what its columns mean",
        widths=[20.0, 28.0, 90.0, 20.0, 24.0], wrapped=True,
    )  # fmt: skip


def cell_of(value: object) -> Cell:
    """Return one value as what a cell can hold."""
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating | decimal.Decimal):
        number = float(value)
        # Adding 0 makes a plain 0 of -0.
        return number + 0.0 if np.isfinite(number) else None
    if isinstance(value, pd.Period) and value.freqstr == "M":
        value = value.to_timestamp()
    if isinstance(value, dt.date):
        return _moment(value)
    return plain(value, limit=None) or None


def _moment(value: dt.date) -> Cell:
    """Return a date that Excel can hold, or its text."""
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime(warn=False)
    stamp = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    stamp = stamp.replace(tzinfo=None)
    return stamp if stamp >= _FIRST_DATE else stamp.isoformat().removesuffix("T00:00:00")


def _is_id(name: str) -> bool:
    return name.endswith("_id") or name in ("uprn", "usrn", "strongest_cell")


def _step(step: Mapping[str, Any]) -> str:
    """Write a step of the record on one line, what was left at None aside."""
    given = [f"{key}={value}" for key, value in step.items() if key != "step" and value is not None]
    return f"{step.get('step')}: {', '.join(given)}" if given else str(step.get("step"))
