"""A table that the user supplies, from keys (UPRN, USRN, postcode, place name) to coordinates."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.intake.cells import cells_of
from hotspot.intake.findings import as_example
from hotspot.intake.mapping import LookupSpec
from hotspot.intake.workbook import read_sheet

_SPREADSHEETS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, eq=False)
class Found:
    """What the lookup gave for each key asked for: the coordinates' text, and whether the key is in it."""

    x: NDArray[np.object_]
    y: NDArray[np.object_]
    known: NDArray[np.bool_]


def normal_keys(texts: Any) -> pd.Series:
    """Return keys in the form in which they are compared.

    Without spaces, case-folded, without a trailing ".0" that a spreadsheet added, and without leading
    zeros where the key is a number: exports pad a UPRN to 12 digits or not.
    """
    keys = pa.array(texts, type=pa.string(), from_pandas=True)
    return pd.Series(_normal(keys).to_pylist(), dtype=object)


def _normal(keys: Any) -> Any:
    keys = pc.replace_substring_regex(keys, r"[\s\x{a0}]+", "")
    keys = pc.replace_substring_regex(keys, r"^(\d+)\.0*$", r"\1")
    return pc.utf8_lower(pc.replace_substring_regex(keys, r"^0+(\d+)$", r"\1"))


def look_up(spec: LookupSpec, keys: NDArray[np.object_], base: Path | None) -> Found:
    """Find the coordinates of distinct keys; the table is streamed, so it may be larger than the memory.

    Parameters
    ----------
    spec
        The table and its columns.
    keys
        Texts as they stand in the export, "" where blank.
    base
        Folder from which a relative ``spec.file`` counts.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a column, or gives one of the keys two different places.
    """
    path = _path(spec, base)
    columns = _columns(spec)
    wanted = normal_keys(keys)
    asked = pa.array(sorted({key for key in wanted if key}), type=pa.string())
    rows = _only(_batches(path, columns), asked)
    _refuse_two_places(rows, spec, path.name)
    places = rows.drop_duplicates("key").set_index("key")
    found = places.reindex(wanted)
    known = (wanted.isin(places.index) & (wanted != "")).to_numpy(dtype=bool)
    return Found(
        found["x"].fillna("").to_numpy(dtype=object), found["y"].fillna("").to_numpy(dtype=object), known
    )


def fingerprint(spec: LookupSpec, base: Path | None) -> str:
    """Return the SHA-256 of a lookup table's bytes: points follow from it as they do from the export."""
    with _path(spec, base).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _path(spec: LookupSpec, base: Path | None) -> Path:
    return Path(spec.file) if base is None else base / spec.file


def _columns(spec: LookupSpec) -> list[str]:
    metres, degrees = (spec.easting, spec.northing), (spec.lon, spec.lat)
    if all(metres) == all(degrees) or (any(metres) and any(degrees)):
        raise InputError(
            "coordinates.lookup needs easting and northing, or lon and lat, as columns of the lookup table; "
            f"given easting={spec.easting!r}, northing={spec.northing!r}, lon={spec.lon!r}, lat={spec.lat!r}"
        )
    return [spec.match, *(str(name) for name in (metres if all(metres) else degrees))]


def _only(parts: Iterator[Any], asked: Any) -> pd.DataFrame:
    kept = []
    for part in parts:
        keys = _normal(part.column(0).cast(pa.string()))
        here = pc.is_in(keys, value_set=asked)
        batch = pa.table([keys, part.column(1), part.column(2)], names=["key", "x", "y"]).filter(here)
        if batch.num_rows:
            kept.append(batch.to_pandas().astype(object))
    if not kept:
        return pd.DataFrame({"key": [], "x": [], "y": []}, dtype=object)
    rows: pd.DataFrame = pd.concat(kept, ignore_index=True)
    return rows


def _refuse_two_places(rows: pd.DataFrame, spec: LookupSpec, name: str) -> None:
    places = rows.assign(x=rows["x"].map(_plain), y=rows["y"].map(_plain)).drop_duplicates()
    twice = sorted(places.loc[places["key"].duplicated(), "key"].unique())
    if twice:
        first = places[places["key"] == twice[0]].head(2)
        pairs = " and ".join(f"({x}, {y})" for x, y in zip(first["x"], first["y"], strict=True))
        raise InputError(
            f"{name}: the key {as_example(twice[0])!r} of {spec.match!r} stands twice with different places, "
            f"{pairs}; {len(twice):,} keys do so. Keep one row for each key"
        )


def _plain(value: object) -> str:
    text = str(value).strip()
    try:
        return repr(float(text))
    except ValueError:
        return text


def _batches(path: Path, columns: list[str]) -> Iterator[Any]:
    if not path.is_file():
        raise InputError(
            f"the lookup table {path.name} does not exist in {path.parent.name or '.'}/; give its path from "
            "the mapping's folder in coordinates.lookup.file"
        )
    try:
        if path.suffix.lower() in _SPREADSHEETS:
            yield from _from_sheet(path, columns)
        elif path.suffix.lower() in _PARQUET:
            yield from _from_parquet(path, columns)
        else:
            yield from _from_csv(path, columns)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        words = as_example(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise InputError(
            f"the lookup table {path.name} cannot be read ({words}); save it as CSV in UTF-8, Parquet or xlsx"
        ) from None


def _need(columns: list[str], present: list[str], name: str) -> list[str]:
    """Return the names as they stand in the file, spaces at their ends and case of letters aside."""
    plain = {str(column).strip().casefold(): str(column) for column in reversed(present)}
    for column in columns:
        if column.strip().casefold() not in plain:
            near = difflib.get_close_matches(column.casefold(), list(plain), n=1, cutoff=0.4)
            guess = f"did you mean {plain[near[0]]!r}? " if near else ""
            raise InputError(
                f"the lookup table {name} has no column {column!r}; {guess}it has {', '.join(present[:12])}"
            )
    return [plain[column.strip().casefold()] for column in columns]


def _from_csv(path: Path, columns: list[str]) -> Iterator[Any]:
    with path.open("rb") as file:
        head = file.read(65_536)
    encoding = _encoding(path, head)
    first = head.decode(encoding, errors="replace").lstrip("\ufeff").splitlines()
    if not first or not first[0].strip():
        raise InputError(f"the lookup table {path.name} is empty; export it again")
    delimiter = max(",;\t|", key=first[0].count)
    read = pacsv.ReadOptions(encoding=encoding, block_size=1 << 24)
    parse = pacsv.ParseOptions(delimiter=delimiter)
    with pacsv.open_csv(path, read_options=read, parse_options=parse) as reader:
        names = _need(columns, reader.schema.names, path.name)
    convert = pacsv.ConvertOptions(
        include_columns=list(dict.fromkeys(names)), column_types={name: pa.string() for name in names}
    )
    with pacsv.open_csv(path, read_options=read, parse_options=parse, convert_options=convert) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch]).select(names)


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        with path.open(encoding="utf-8") as file:
            while file.read(1 << 22):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _from_parquet(path: Path, columns: list[str]) -> Iterator[Any]:
    file = pq.ParquetFile(path)
    names = _need(columns, file.schema_arrow.names, path.name)
    for batch in file.iter_batches(batch_size=1 << 18, columns=list(dict.fromkeys(names))):
        frame = batch.select(names).to_pandas()
        yield _as_text(frame)


def _from_sheet(path: Path, columns: list[str]) -> Iterator[Any]:
    grid = read_sheet(path.read_bytes(), path.name, None).grid
    if not grid:
        raise InputError(f"the lookup table {path.name} is empty; its first row must name its columns")
    header = ["" if cell is None else str(cell) for cell in grid[0]]
    positions = [header.index(name) for name in _need(columns, header, path.name)]
    frame = pd.DataFrame([[row[at] for at in positions] for row in grid[1:]], columns=range(3), dtype=object)
    yield _as_text(frame)


def _as_text(frame: pd.DataFrame) -> Any:
    texts = []
    for position in range(3):
        cells = cells_of(frame.iloc[:, position])
        texts.append(pa.array(list(cells.by_row(cells.texts)), type=pa.string()))
    return pa.table(texts, names=["key", "x", "y"])
