"""Bytes of a delimited text file to a table of text, with every line accounted for.

One line is one record here: data.police.uk never breaks a field over lines, and so a stray
quotation mark costs its own line and no other.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from hotspot.errors import InputError

LONGEST_FIELD = 10_000
NUMBERS = ("x", "y")
"""Output names of the columns that are read as numbers."""
_QUOTE, _COMMA, _NEWLINE, _RETURN = 34, 44, 10, 13
# A quotation mark may only open a field, close it, or stand doubled inside: anything else is read
# differently by every program.
_FIELD = re.compile(rb'(?:^|(?<=,))(?:"(?:[^"]|"")*"|[^",]*)(?=,|$)')
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_SOUND_LINE = re.compile(rb'(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*')


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
    unreadable: list[tuple[int, str, str]] = field(default_factory=list)
    """Position in ``table``, column and text of each field that should be a finite number and is not."""


def decode(data: bytes, name: str) -> tuple[bytes, str]:
    """Return the bytes as UTF-8 whose last line has its end, and the encoding that was found.

    Raises
    ------
    InputError
        If the file is empty, or is not text.
    """
    if not data[:4096].strip() and not data.strip():
        raise InputError(f"{name} is empty ({len(data)} bytes); download or export it again")
    if data.startswith(b"SQLite format 3"):
        raise InputError(
            f"{name} is a GeoPackage (a SQLite file), not a CSV; is it the area rather than the data?"
        )
    if data.isascii() and b"\0" not in data:
        return _unix_lines(data), "utf-8"
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
    return _unix_lines(text.encode("utf-8")), encoding


def _unix_lines(text: bytes) -> bytes:
    """End every line with a line feed; the usual carriage return before it may stay, Arrow reads both."""
    array = np.frombuffer(text, dtype=np.uint8)
    if b"\r" in text and int(np.count_nonzero(array == _RETURN)) != _line_feeds(array):
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text if text.endswith(b"\n") else text + b"\n"


def _line_feeds(array: NDArray[np.uint8]) -> int:
    return int(np.count_nonzero(array == _NEWLINE))


def parse(data: bytes, name: str, choose: Callable[[list[str]], dict[str, str]]) -> Delimited:
    """Read comma-separated bytes into text columns.

    Parameters
    ----------
    data
        The file's bytes as they are on disk.
    name
        The file's name for messages.
    choose
        Given the header, says which columns to read: header name to output name; it raises where the
        header is not of its format. A column called ``incident_id`` stays plain text, since its values
        hardly repeat; those in `NUMBERS` become floats; others are dictionary-encoded. Blank is null.
    """
    text, encoding = decode(data, name)
    header = _header(text, name)
    wanted = choose(header)
    broken: list[tuple[int, str, str]] = []
    # Where no quotation mark is out of place and no line blank, every line feed ends a row: counting them
    # is apart from the parser, so that a row it lost or added shows, and sends the file the careful way.
    lines_read = _line_feeds(np.frombuffer(text, dtype=np.uint8)) - 1
    table: Any = None
    if lines_read and _quotes_sound(text, len(header)):
        with suppress(pa.ArrowInvalid):
            table = _read(text, header, wanted, numbers=True, quoted=b'"' in text)
            # Arrow takes "NaN" and "inf" for numbers: the careful way calls them unreadable.
            table = table if all(_finite(table, column) for column in NUMBERS) else None
    unreadable: list[tuple[int, str, str]] = []
    if table is not None and table.num_rows == lines_read:
        rows = np.arange(2, lines_read + 2, dtype=np.int32)
    else:
        lines_read = _lines(text) - 1
        kept, rows, broken = _sound_lines(text, len(header))
        try:
            table, unreadable = _numbers_of(_read(kept, header, wanted, numbers=False, quoted=True))
        except pa.ArrowInvalid as error:
            raise InputError(
                f"{name} cannot be read as CSV ({str(error).splitlines()[0][:120]}); export it again"
            ) from None
    if table.num_rows != len(rows) or table.num_rows + len(broken) != lines_read:
        raise InputError(
            f"{name}: {lines_read:,} lines were counted but {table.num_rows + len(broken):,} were read; "
            "the file's quotation marks or line ends are damaged: export it again"
        )
    return Delimited(name, encoding, header, lines_read, rows, table, broken, unreadable)


def _header(text: bytes, name: str) -> list[str]:
    first = text[: text.index(b"\n")].decode("utf-8").removesuffix("\r")
    if len(first) > LONGEST_FIELD:
        raise InputError(
            f"{name}: its first line has {len(first):,} characters and is no header; is it a CSV?"
        )
    try:
        header = [column.strip() for column in next(csv.reader(io.StringIO(first)))]
    except (StopIteration, csv.Error):
        raise InputError(f"{name}: the first line is no header; expected column names") from None
    # A spreadsheet leaves commas behind where columns were deleted: they are columns without a name.
    header = [column or f"(column {number} has no name)" for number, column in enumerate(header, 1)]
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InputError(
            f"{name}: the header names {repeated[0][:40]!r} more than once; rename one of the columns"
        )
    return header


def _line_spans(array: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return where lines begin, where their line feeds stand, and which hold nothing."""
    ends = np.flatnonzero(array == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    blank = (ends == starts) | ((ends == starts + 1) & (array[starts] == _RETURN))
    return starts, ends, blank


def _lines(text: bytes) -> int:
    """Count the lines that hold anything; the text ends with a line feed."""
    return int(np.count_nonzero(~_line_spans(np.frombuffer(text, dtype=np.uint8))[2]))


def _quotes_sound(text: bytes, width: int) -> bool:
    """Tell whether every line after the header that has quotation marks is sound; a file has few of them."""
    at = text.find(b'"', text.index(b"\n"))
    while at >= 0:
        end = text.index(b"\n", at)
        line = text[text.rindex(b"\n", 0, at) + 1 : end].removesuffix(b"\r")
        if _SOUND_LINE.fullmatch(line) is None or len(_FIELD.findall(line)) != width:
            return False
        at = text.find(b'"', end)
    return True


def _read(text: bytes, header: list[str], wanted: dict[str, str], *, numbers: bool, quoted: bool) -> Any:
    words = pa.dictionary(pa.int32(), pa.string())
    kinds = {"incident_id": pa.string()} | dict.fromkeys(NUMBERS, pa.float64() if numbers else words)
    table = pacsv.read_csv(
        pa.BufferReader(text),
        # One block: a long field may then cross no block border. Files come by month and are small.
        read_options=pacsv.ReadOptions(
            column_names=header, skip_rows=1, block_size=max(len(text), 1 << 20), use_threads=False
        ),
        parse_options=pacsv.ParseOptions(newlines_in_values=False, quote_char='"' if quoted else False),
        convert_options=pacsv.ConvertOptions(
            column_types={column: kinds.get(target, words) for column, target in wanted.items()},
            include_columns=list(wanted),
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,  # `decode` has seen that it is
        ),
        # Every file's columns are kept and its scratch is not: Arrow's own pool maps fresh pages for each.
        memory_pool=pa.system_memory_pool(),
    )
    return table.rename_columns(list(wanted.values()))


def _numbers_of(table: Any) -> tuple[Any, list[tuple[int, str, str]]]:
    """Turn the text of the number columns into floats; list what is neither blank nor a finite number."""
    unreadable: list[tuple[int, str, str]] = []
    for column in NUMBERS:
        if column not in table.column_names:
            continue
        values = table.column(column).combine_chunks()
        texts = [text.strip() for text in values.dictionary.to_pylist()]
        number = np.append([_number(text) for text in texts], np.nan).astype(float)
        codes = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        bad = np.append(np.isnan(number[:-1]) & (np.array(texts, dtype=object) != ""), False)
        unreadable += [(at, column, texts[codes[at]]) for at in np.flatnonzero(bad[codes]).tolist()]
        floats = pa.array(number[codes], from_pandas=True)
        table = table.set_column(table.column_names.index(column), column, floats)
    return table, unreadable


def _finite(table: Any, column: str) -> bool:
    if column not in table.column_names:
        return True
    values = table.column(column)
    return bool(np.count_nonzero(np.isfinite(values.to_numpy())) == len(values) - values.null_count)


def _number(text: str) -> float:
    """Read a plain decimal number; Python's own reading also takes 5_2 and digits of other scripts."""
    if not _DECIMAL.fullmatch(text):
        return np.nan
    value = float(text)
    return value if np.isfinite(value) else np.nan


def _sound_lines(text: bytes, width: int) -> tuple[bytes, NDArray[np.int32], list[tuple[int, str, str]]]:
    """Part the lines after the header into sound ones and broken ones (row, reason, measure)."""
    array = np.frombuffer(text, dtype=np.uint8)
    starts, ends, blank = _line_spans(array)
    quoted = np.add.reduceat((array == _QUOTE).astype(np.int64), starts) > 0
    fields = np.add.reduceat((array == _COMMA).astype(np.int64), starts) + 1
    data_line = (np.arange(len(starts)) > 0) & ~blank
    unsound = np.zeros(len(starts), dtype=bool)
    for line in np.flatnonzero(quoted & data_line).tolist():
        one = text[int(starts[line]) : int(ends[line])].removesuffix(b"\r")
        unsound[line] = _SOUND_LINE.fullmatch(one) is None
        if not unsound[line]:
            fields[line] = len(_FIELD.findall(one))
    wrong = data_line & (unsound | (fields != width))
    broken = []
    for line in np.flatnonzero(wrong).tolist():
        if unsound[line]:
            reason, measure = "broken quotation marks", "a quotation mark out of place"
        else:
            reason, measure = "wrong number of fields", f"{int(fields[line])} fields, the header has {width}"
        broken.append((line + 1, reason, measure))
    sound = data_line & ~wrong
    keep = np.repeat(sound, ends - starts + 1)
    keep[: int(ends[0]) + 1] = True
    return array[keep].tobytes(), (np.flatnonzero(sound) + 1).astype(np.int32), broken
