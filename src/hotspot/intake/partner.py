"""Read any partner's export into incidents by a mapping, with every row accounted for."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.area import as_area
from hotspot.intake.cell_values import text_of
from hotspot.intake.files import PathLike, SourceFile
from hotspot.intake.ledger import NO_ROWS, Intake, Origin, recorded
from hotspot.intake.mapping import Mapping, MappingLike, read_mapping
from hotspot.intake.match_columns import match_columns
from hotspot.intake.partner_rows import Part, assemble
from hotspot.intake.save_set_aside import take_rows
from hotspot.intake.tabular import Header, RawTable, find_exports, read_table

log = logging.getLogger("hotspot")


def read_incidents(
    source: PathLike | Iterable[PathLike] | pd.DataFrame,
    mapping: MappingLike,
    *,
    area: gpd.GeoDataFrame | PathLike | None = None,
    progress: bool = False,
) -> Intake:
    """Read a partner's export into incidents, with every row accounted for.

    Parameters
    ----------
    source
        A CSV, .xlsx, Parquet, GeoPackage or GeoJSON file; a folder, pattern, ``.zip`` or list of files that
        share one mapping; or a DataFrame or GeoDataFrame.
    mapping
        A TOML file, or the same as a dict (see `read_mapping`): what the columns mean, how dates and places
        are written, what the source records, which rows to leave out. Columns that it does not name are
        dropped before anything else is done.
    area
        Keep the incidents inside this area (its edge belongs to it); the others are set aside as "outside
        the area". A GeoDataFrame or a vector file with one layer.
    progress
        Show a progress bar when standard error is a terminal.

    Returns
    -------
    Intake
        ``incidents`` in EPSG:27700 with the standard columns, the columns of ``keep``, ``source_file`` and
        ``source_row``. Times are local times of the mapping's time zone. ``source_row`` is the row that a
        spreadsheet shows: records with line breaks inside quotation marks count as one row; rows of
        Parquet, GeoJSON and frames count from 1, features of a GeoPackage carry their fid.
        ``place_id`` is text; numbers lose their decimal point, and a column named UPRN is filled up with
        zeros to 12 digits. Without a column for it, it is the point's easting and northing.

    Raises
    ------
    InputError
        If the mapping is at fault, a file cannot be read, a column is not there, or two files are the same.

    Notes
    -----
    The order of files does not matter. A row is set aside for the first of: a fault of the record, a rule
    of the mapping (``leave_out``), a field over 10,000 characters, a category without a translation, its
    location, its date, the area.

    How this can mislead: without ``[source] months`` or ``period`` in the mapping, the source is taken to
    cover every month from its first to its last incident, so a month that was never exported looks like a
    month without incidents, and the last month may be partial. What was detected and not mended stands
    in ``findings``: read them before the results.

    >>> from hotspot import sample
    >>> intake = read_incidents(sample.council_cases(), {
    ...     "source": {"name": "Council cases", "simulated": True, "location_precision": "address"},
    ...     "columns": {"id": "Case Ref", "category": "Case Type", "start": "Opened", "place_id": "UPRN"},
    ...     "dates": {"order": "day-first"},
    ...     "coordinates": {"easting": "Easting", "northing": "Northing"},
    ... })
    >>> int(intake.ledger["read"].sum())
    4000
    """
    plan = read_mapping(mapping)
    outline = None if area is None else as_area(area).union_all()
    frame = source if isinstance(source, pd.DataFrame) else None
    files: list[SourceFile] = [] if frame is not None else find_exports(source)
    inputs: list[SourceFile | pd.DataFrame] = list(files) if frame is None else [frame]
    parts = [_read_one(each, plan) for each in _shown(inputs, progress)]
    _refuse_same_files(parts)
    known = {part.raw.name: (each, part.raw.sha256) for each, part in zip(inputs, parts, strict=True)}
    csv_file = next((part.raw for part in parts if part.raw.kind == "csv"), None)
    origin = Origin(
        full_rows=lambda name, rows: _full_rows(*known[name], plan, rows),
        open=plan.source.open,
        header_row=plan.file.header_row or 1,
        delimiter=plan.file.delimiter or (csv_file.delimiter if csv_file else None) or ",",
        encoding=plan.file.encoding or "utf-8-sig",
    )
    return recorded(assemble(parts, plan, outline, origin))


def _shown(inputs: list[Any], progress: bool) -> Iterable[Any]:
    if not progress:
        return inputs
    from tqdm import tqdm

    shown: Iterable[Any] = tqdm(inputs, desc="Reading", unit="file", disable=None, leave=False)
    return shown


def _read_one(source: SourceFile | pd.DataFrame, plan: Mapping) -> Part:
    notes: list[str] = []

    def choose(header: Header) -> list[tuple[int, str]]:
        chosen, said = match_columns(header, plan)
        notes.extend(said)
        return chosen

    raw = read_table(source, plan.file, choose=choose)
    if raw.lines_read == 0:
        raw.notes.append((NO_ROWS, 0, np.empty(0, dtype=np.int64)))
    for text, count, _ in raw.notes:
        log.info("%s: %s (%s rows)", raw.name, text, f"{count:,}")
    return Part(raw, notes)


def _refuse_same_files(parts: list[Part]) -> None:
    seen: dict[str, str] = {}
    for part in parts:
        first = seen.setdefault(part.raw.sha256, part.raw.name)
        if first != part.raw.name and part.raw.lines_read:
            raise InputError(
                f"{first} and {part.raw.name} hold the same bytes: all {part.raw.lines_read:,} rows would count twice; "
                "give one of them"
            )


def _full_rows(
    source: SourceFile | pd.DataFrame, sha256: str, plan: Mapping, rows: NDArray[np.int64]
) -> pd.DataFrame:
    """Read a source again and return whole rows by their number, every column of it."""
    if isinstance(source, pd.DataFrame):
        unchanged = _read_one(source, plan).raw.sha256 == sha256
        raw = read_table(source, plan.file)
    else:
        raw = read_table(source, plan.file)
        unchanged = raw.sha256 == sha256
    if not unchanged:
        raise InputError(
            f"{raw.name} has changed since it was read, so its row numbers may have moved; read it again, then save"
        )
    whole = take_rows(raw.table, raw.rows, rows)
    return _with_broken(whole, raw, rows) if raw.record is not None else whole


def _with_broken(whole: pd.DataFrame, raw: RawTable, rows: NDArray[np.int64]) -> pd.DataFrame:
    """Put the fields of broken records into the columns in their order, those left over behind them."""
    faulty = {row for row, _, _ in raw.broken}
    text = {name: text_of(whole[name]).astype(object).to_numpy(copy=True) for name in whole.columns}
    for at, row in enumerate(rows.tolist()):
        if row not in faulty or raw.record is None:
            continue
        for number, value in enumerate(raw.record(row)):
            name = whole.columns[number] if number < whole.shape[1] else f"field {number + 1}"
            text.setdefault(name, np.full(len(rows), None, dtype=object))[at] = value
    return pd.DataFrame(text, index=whole.index)
