"""Bytes of a delimited text file to a table of text, with every line accounted for.

One line is one record here: data.police.uk never breaks a field over lines, and so a stray
quotation mark costs its own line and no other.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from hotspot.errors import InputError

LONGEST_FIELD = 10_000
_QUOTE, _COMMA, _NEWLINE = 34, 44, 10


@dataclass
class Delimited:
    """A file as text columns, and the lines that could not be made into a row of it."""

    name: str
    encoding: str
    header: list[str]
    lines_read: int
    rows: NDArray[np.int32]
    """Row number of each row of ``table``; the header is row 1, as a spreadsheet shows it."""
    table: Any
    broken: list[tuple[int, str, str]] = field(default_factory=list)
    """Row number, reason and a measure of the fault (never the line's text) of each line that is no row."""


def decode(data: bytes, name: str) -> tuple[bytes, str]:
    """Return the bytes as UTF-8 with ``\\n`` line ends, and the encoding that was found.

    Raises
    ------
    InputError
        If the file is empty, or is not text.
    """
    if not data.strip():
        raise InputError(f"{name} is empty ({len(data)} bytes); download or export it again")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    else:
        encoding = "utf-8"
    if b"\0" in data and encoding != "utf-16":
        at = data.index(b"\0")
        row = data.count(b"\n", 0, at) + 1
        raise InputError(
            f"{name} holds {data.count(bytes(1)):,} NUL bytes, the first in row {row}: the file is damaged "
            "or is not a CSV (is it a workbook?); export it again as CSV"
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise InputError(
                f"{name} says it is UTF-16 but is not ({error.reason}); export it as UTF-8"
            ) from None
        # cp1252 leaves five bytes undefined; replacing them keeps the row, and the mark shows in the text.
        encoding, text = "cp1252", data.decode("cp1252", errors="replace")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise InputError(f"{name} holds NUL characters: the file is damaged; export it again as CSV")
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8"), encoding


def parse(data: bytes, name: str, choose: Callable[[list[str]], dict[str, str]]) -> Delimited:
    """Read comma-separated bytes into text columns.

    Parameters
    ----------
    data
        The file's bytes as they are on disk.
    name
        The file's name for messages.
    choose
        Given the header, says which columns to read: header name to output name. A column whose
        output name is ``incident_id`` stays plain text, since its values hardly repeat; others are
        dictionary-encoded. It raises where the header is not of its format.
    """
    text, encoding = decode(data, name)
    if not text.endswith(b"\n"):
        text += b"\n"
    header = _header(text, name)
    wanted = choose(header)
    plain = b'"' not in text
    lines_read = _lines(text) - 1
    if lines_read == 0:
        numbers = np.empty(0, dtype=np.int32)
        return Delimited(name, encoding, header, 0, numbers, _read(text, header, wanted))
    broken: list[tuple[int, str, str]] = []
    table: Any = None
    if plain and b"\n\n" not in text:
        try:
            table = _read(text, header, wanted)
            numbers = np.arange(2, table.num_rows + 2, dtype=np.int32)
        except pa.ArrowInvalid:
            table = None
    if table is None:
        kept, numbers, broken = _sound_lines(text, len(header))
        table = _read(kept, header, wanted)
    if table.num_rows != len(numbers) or table.num_rows + len(broken) != lines_read:
        raise InputError(
            f"{name}: {lines_read:,} lines were counted but {table.num_rows + len(broken):,} were read; "
            "the file's quotation marks or line ends are damaged: export it again"
        )
    return Delimited(name, encoding, header, lines_read, numbers, table, broken)


def _header(text: bytes, name: str) -> list[str]:
    first = text[: text.index(b"\n")].decode("utf-8")
    if len(first) > LONGEST_FIELD:
        raise InputError(
            f"{name}: its first line has {len(first):,} characters and is no header; is it a CSV?"
        )
    try:
        header = [column.strip() for column in next(csv.reader(io.StringIO(first)))]
    except (StopIteration, csv.Error):
        raise InputError(f"{name}: the first line is no header; expected column names") from None
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InputError(
            f"{name}: the header names {repeated[0][:40]!r} more than once; rename one of the columns"
        )
    return header


def _lines(text: bytes) -> int:
    """Count the lines that hold anything; the text ends with a newline."""
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    return int(np.count_nonzero(ends > starts))


def _read(text: bytes, header: list[str], wanted: dict[str, str]) -> Any:
    types = {
        column: pa.string() if target == "incident_id" else pa.dictionary(pa.int32(), pa.string())
        for column, target in wanted.items()
    }
    table = pacsv.read_csv(
        pa.BufferReader(text),
        # One block: a long field may then cross no block border. Files come by month and are small.
        read_options=pacsv.ReadOptions(column_names=header, skip_rows=1, block_size=max(len(text), 1 << 20)),
        parse_options=pacsv.ParseOptions(newlines_in_values=False),
        convert_options=pacsv.ConvertOptions(
            column_types=types, include_columns=list(wanted), strings_can_be_null=False, null_values=[]
        ),
    )
    return table.rename_columns(list(wanted.values()))


def _sound_lines(text: bytes, width: int) -> tuple[bytes, NDArray[np.int32], list[tuple[int, str, str]]]:
    """Part the lines after the header into sound ones and broken ones (row, reason, measure)."""
    array = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(array == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    quotes = array == _QUOTE
    odd = (np.add.reduceat(quotes.astype(np.int64), starts) % 2).astype(bool)
    # Within a line of paired quotes, a comma counts when an even number of quotes stands before it.
    before = np.cumsum(quotes)
    before_line = np.repeat(before[starts] - quotes[starts], ends - starts + 1)
    commas = (array == _COMMA) & ((before - before_line) % 2 == 0)
    fields = np.add.reduceat(commas.astype(np.int64), starts) + 1
    blank = ends == starts
    data_line = np.arange(len(starts)) > 0
    wrong = data_line & ~blank & (odd | (fields != width))
    broken = []
    for line in np.flatnonzero(wrong):
        if odd[line]:
            reason, measure = "broken quotation marks", "an odd number of quotation marks"
        else:
            reason, measure = "wrong number of fields", f"{int(fields[line])} fields, the header has {width}"
        broken.append((int(line) + 1, reason, measure))
    sound = data_line & ~blank & ~wrong
    keep = np.repeat(sound, ends - starts + 1)
    keep[: int(ends[0]) + 1] = True
    return array[keep].tobytes(), (np.flatnonzero(sound) + 1).astype(np.int32), broken
