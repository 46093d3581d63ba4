"""Any tabular file or frame as one table of the columns that are wanted, with every row counted apart."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.vector_layers import layer_names
from hotspot.intake.cell_values import any_column, from_objects, text_column
from hotspot.intake.decoding import decode_text
from hotspot.intake.files import SourceFile, find_files
from hotspot.intake.mapping import FileSpec
from hotspot.intake.records import BLANK_ROW, read_records
from hotspot.intake.workbook import read_sheet

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".parquet", ".geoparquet", ".gpkg", ".geojson", ".json")
"""Files of a folder or archive that count as exports."""

Choose: TypeAlias = Callable[["Header"], list[tuple[int, str]]]


@dataclass(frozen=True)
class Header:
    """The column names of a file, trimmed, and its first rows, to look for a header further down."""

    file: str
    names: list[str]
    row: int
    first: list[list[str]] = field(default_factory=list)


@dataclass
class RawTable:
    """One file as a table, and what had to be said about reading it."""

    name: str
    kind: str
    """csv, xlsx, parquet, gpkg, geojson or frame"""
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    header: Header
    table: pd.DataFrame
    """RangeIndex; text is trimmed and missing where blank; typed sources keep numbers and dates."""
    rows: NDArray[np.int64]
    """Row number of each row of ``table``, as a spreadsheet shows it; from 1 where there is no header row."""
    lines_read: int
    """Records after the header, counted apart from what made ``table``."""
    broken: list[tuple[int, str, str]]
    """Row number, reason and a measure of the fault of each record that is no row of ``table``."""
    sha256: str
    notes: list[tuple[str, int, NDArray[np.int64]]] = field(default_factory=list)
    """What a person should know of the reading, how many rows it concerns, and their row numbers if some."""
    record: Callable[[int], list[str]] | None = None
    """The fields of any record of a CSV by its row number, broken ones too."""


@dataclass(frozen=True)
class _Job:
    name: str
    data: bytes
    spec: FileSpec
    choose: Choose
    sha256: str


def find_exports(source: Any) -> list[SourceFile]:
    """List the files of a source, sorted by name; see `find_files`."""
    return find_files(source, _is_export)


def _is_export(name: str) -> bool:
    low = name.lower()
    return low.endswith(SUFFIXES) and not low.startswith(("._", "~$", "."))


def every_column(header: Header) -> list[tuple[int, str]]:
    """Choose all columns; blank names become ``column 3`` and repeated ones get a number."""
    chosen: list[tuple[int, str]] = []
    taken: set[str] = set()
    for position, given in enumerate(header.names):
        base = name = given or f"column {position + 1}"
        count = 2
        while name in taken:
            name, count = f"{base} ({count})", count + 1
        taken.add(name)
        chosen.append((position, name))
    return chosen


WEB_PAGES = (b"<html", b"<!doctype html", b"<table", b"<?xml")


def read_table(
    source: SourceFile | str | os.PathLike[str] | pd.DataFrame,
    file_spec: FileSpec | None = None,
    *,
    choose: Choose = every_column,
) -> RawTable:
    """Read one file, or one frame, as a table.

    Parameters
    ----------
    source
        A CSV (comma, semicolon, tab or bar; UTF-8, UTF-16 or cp1252), .xlsx, Parquet, GeoPackage or
        GeoJSON file, known by its content whatever its name; or a DataFrame or GeoDataFrame.
    file_spec
        Sheet, header row, layer, encoding and delimiter, where they are not to be found.
    choose
        Given the header, returns the position and the name to give of each column to read; the others
        are never turned into values. All columns by default.

    Returns
    -------
    RawTable
        With ``lines_read`` counted apart from the reader: the records of the decoded text by an own
        scan, the filled rows of the sheet's XML, Parquet's metadata, the features of the layer.

    Raises
    ------
    InputError
        If the file is missing, damaged or of another kind, or sheet, layer or header must be chosen.

    How this can mislead: an unquoted line break inside a CSV field parts one record into two, and both
    are then set aside for their number of fields.
    """
    spec = file_spec or FileSpec()
    if isinstance(source, pd.DataFrame):
        return _frame(source, choose)
    if not isinstance(source, SourceFile):
        found = find_exports(source)
        if len(found) != 1:
            raise InputError(f"{Path(source).name} holds {len(found)} files; give one file")
        source = found[0]
    data = _bytes(source)
    job = _Job(source.name, data, spec, choose, hashlib.sha256(data).hexdigest())
    if data.startswith(b"PK\x03\x04"):
        return _workbook(job)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{source.name} is an old .xls workbook, or one with a password; save it as .xlsx without a password"
        )
    if data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(WEB_PAGES):
        raise InputError(
            f"{source.name} is a web page (HTML) or XML, whatever its name; open it in Excel and save it as .xlsx or CSV"
        )
    if re.match(rb"[\xef\xbb\xbf\s]*\[\s*\{", data[:2000]):
        raise InputError(f"{source.name} is JSON, a list of records; export it as CSV or GeoJSON")
    if data.startswith(b"PAR1"):
        return _parquet(job)
    if data.startswith(b"SQLite format 3\0"):
        return _layer(job, "gpkg")
    if data[:2000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _layer(job, "geojson")
    return _csv(job)


def _bytes(source: SourceFile) -> bytes:
    try:
        return source.read()
    except OSError as error:
        raise InputError(
            f"{source.name} cannot be opened ({error.strerror}); is it still where it was, and closed elsewhere?"
        ) from None


def _csv(job: _Job) -> RawTable:
    text, encoding = decode_text(job.data, job.name, job.spec.encoding)
    chosen: list[tuple[int, str]] = []

    def positions(names: list[str], row: int, first: list[list[str]]) -> list[int]:
        chosen.extend(job.choose(Header(job.name, names, row, first)))
        return sorted({position for position, _ in chosen})

    records = read_records(
        text,
        job.name,
        delimiter=job.spec.delimiter,
        header_row=job.spec.header_row,
        choose=positions,
        encoding=encoding,
    )
    place = {position: number for number, position in enumerate(records.chosen)}
    columns, unwrapped = {}, np.zeros(len(records.rows), dtype=bool)
    for position, name in chosen:
        columns[name], changed = text_column(records.table.column(place[position]))
        unwrapped |= changed
    none = np.empty(0, dtype=np.int64)
    notes = [(text, len(rows), rows) for text, rows in records.notes]
    if job.spec.encoding is None and encoding not in ("utf-8", "utf-8-sig"):
        notes.append((f"read as {encoding}, found by its bytes", records.read, none))
    if job.spec.delimiter is None and records.delimiter != ",":
        shown = {"\t": "tab", ";": "semicolon", "|": "bar"}[records.delimiter]
        notes.append((f"fields are parted by {shown}, found by the header", records.read, none))
    if unwrapped.any():
        rows = records.rows[unwrapped]
        notes.append(('NULL was read as blank, or ="..." as the text inside', len(rows), rows))
    return RawTable(
        job.name,
        "csv",
        encoding,
        records.delimiter,
        None,
        Header(job.name, records.header, records.header_row, records.first),
        pd.DataFrame(columns, index=pd.RangeIndex(records.table.num_rows)),
        records.rows,
        records.read,
        records.broken,
        job.sha256,
        notes,
        records.fields,
    )


def _workbook(job: _Job) -> RawTable:
    sheet = read_sheet(job.data, job.name, job.spec.sheet)
    grid, filled = sheet.grid, sheet.filled
    first = [[_shown(cell) for cell in row] for row in grid[:25]]
    at = job.spec.header_row
    if at is None:
        at = next((number for number, row in enumerate(grid, start=1) if not _blank(row)), 0)
    if not 1 <= at <= len(grid) or _blank(grid[at - 1]):
        raise InputError(
            f"{job.name}, sheet {sheet.name[:40]!r}: row {at or 1} holds no header; the sheet has {len(filled):,} "
            "rows with values; correct [file] sheet or header_row"
        )
    names = [" ".join(_shown(cell).split()) for cell in grid[at - 1]]
    header = Header(job.name, names, at, first)
    chosen = job.choose(header)
    below = grid[at:]
    blank = np.array([_blank(row) for row in below], dtype=bool)
    rows = np.flatnonzero(~blank) + at + 1
    kept = [row for row, empty in zip(below, blank, strict=True) if not empty]
    # Rows that hold a value in the XML but none here, such as an error in every cell, are said to be blank.
    empty_rows = np.intersect1d(filled, np.flatnonzero(blank) + at + 1)
    columns = {name: from_objects([row[position] for row in kept]) for position, name in chosen}
    notes = []
    if job.spec.sheet is None:
        none = np.empty(0, dtype=np.int64)
        notes.append((f"sheet {sheet.name[:40]!r} was read, the only one shown", len(rows), none))
    return RawTable(
        job.name,
        "xlsx",
        None,
        None,
        sheet.name,
        header,
        pd.DataFrame(columns, index=pd.RangeIndex(len(kept))),
        rows.astype(np.int64),
        int((filled > at).sum()),
        [(int(row), BLANK_ROW, "no cell holds a value") for row in empty_rows],
        job.sha256,
        notes,
    )


def _blank(row: list[Any]) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def _shown(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _parquet(job: _Job) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(job.data))
        names = [str(name) for name in file.schema_arrow.names]
        header = Header(job.name, names, 0)
        chosen = job.choose(header)
        spatial = b"geo" in (file.schema_arrow.metadata or {})
        if spatial:
            frame: pd.DataFrame = gpd.read_parquet(io.BytesIO(job.data))
        else:
            wanted = sorted({names[position] for position, _ in chosen})
            frame = file.read(columns=wanted).to_pandas(ignore_metadata=True)
        read = int(file.metadata.num_rows)
    except (pa.ArrowException, OSError, ValueError, NotImplementedError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{job.name} cannot be read as Parquet ({type(error).__name__}); it is damaged, or another program writes "
            "it: export it again"
        ) from None
    table = _table(frame, [(names[position], name) for position, name in chosen])
    rows = np.arange(1, len(table) + 1, dtype=np.int64)
    return RawTable(job.name, "parquet", None, None, None, header, table, rows, read, [], job.sha256)


def _layer(job: _Job, kind: str) -> RawTable:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's notes on names and field types
            layers = layer_names(job.data)
            layer = _layer_name(job, layers)
            info = pyogrio.read_info(job.data, layer=layer, force_feature_count=True)
            names = [str(name) for name in info["fields"]]
            header = Header(job.name, names, 0)
            chosen = job.choose(header)
            wanted = sorted({names[position] for position, _ in chosen})
            frame = pyogrio.read_dataframe(job.data, layer=layer, columns=wanted, fid_as_index=kind == "gpkg")
    except (DataSourceError, DataLayerError, RuntimeError, ValueError, TypeError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{job.name} cannot be read as {'a GeoPackage' if kind == 'gpkg' else 'GeoJSON'} "
            f"({type(error).__name__}); it is damaged, or holds no features: export it again"
        ) from None
    read = int(info["features"]) if kind == "gpkg" else _features(job.data, int(info["features"]))
    rows = frame.index.to_numpy() if kind == "gpkg" else np.arange(1, len(frame) + 1)
    table = _table(frame, [(names[position], name) for position, name in chosen])
    return RawTable(
        job.name, kind, None, None, None, header, table, rows.astype(np.int64), read, [], job.sha256
    )


def _layer_name(job: _Job, layers: list[str]) -> str | int:
    wanted = job.spec.layer
    listed = ", ".join(repr(name[:40]) for name in layers[:12])
    if wanted is None and len(layers) == 1:
        return 0  # a GeoJSON text without a name gets another one each time that it is opened
    if wanted is None:
        raise InputError(f"{job.name} has {len(layers)} layers: {listed}; choose one with [file] layer")
    if wanted not in layers:
        if len(layers) == 1 and not job.data.startswith(b"SQLite"):
            return 0
        raise InputError(f"{job.name} has no layer {wanted[:40]!r}; it has {listed}; correct [file] layer")
    return wanted


def _features(data: bytes, otherwise: int) -> int:
    """Count the features of a GeoJSON text; as GDAL counts them where the text is no such collection."""
    try:
        found = json.loads(data.decode("utf-8-sig"))["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return otherwise
    return len(found) if isinstance(found, list) else otherwise


def _table(frame: pd.DataFrame, chosen: list[tuple[str, str]]) -> pd.DataFrame:
    """Return the chosen columns under their new names, the geometry of a spatial frame beside them."""
    index = pd.RangeIndex(len(frame))
    table = pd.DataFrame({name: any_column(frame[column]) for column, name in chosen}, index=index)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        shapes = gpd.GeoSeries(frame.geometry.to_numpy(), index=index, crs=frame.crs)
        table = gpd.GeoDataFrame(table, geometry=shapes)
    return table


def _frame(source: pd.DataFrame, choose: Choose) -> RawTable:
    geometry = source.active_geometry_name if isinstance(source, gpd.GeoDataFrame) else None
    positions = [
        at for at, column in enumerate(source.columns) if column is not geometry and column != geometry
    ]
    names = [" ".join(str(source.columns[at]).split()) for at in positions]
    header = Header("the frame", names, 0)
    chosen = choose(header)
    index = pd.RangeIndex(len(source))
    table = pd.DataFrame(
        {name: any_column(source.iloc[:, positions[at]]) for at, name in chosen}, index=index
    )
    digest = hashlib.sha256(table.to_csv(index=False).encode("utf-8", errors="replace"))
    if isinstance(source, gpd.GeoDataFrame) and geometry is not None:
        shapes = gpd.GeoSeries(source.geometry.to_numpy(), index=index, crs=source.crs)
        digest.update(repr(source.crs).encode())
        for shape in shapes.to_wkb():
            digest.update(shape or b"-")
        table = gpd.GeoDataFrame(table, geometry=shapes)
    rows = np.arange(1, len(source) + 1, dtype=np.int64)
    return RawTable(
        "the frame", "frame", None, None, None, header, table, rows, len(source), [], digest.hexdigest()
    )
