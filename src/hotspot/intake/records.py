"""Delimited text as records: found, counted and judged by an own scan, then read by pyarrow.

A record here may run over several lines, since case systems write line breaks inside quoted fields.
The scan knows nothing of the parser: it marks what stands inside quotation marks, and counts the line
ends and delimiters outside them. What the parser then hands over must agree with that count.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.intake.decoding import SAMPLE, find_delimiter

WRONG_WIDTH = "wrong number of fields"
BROKEN_QUOTES = "broken quotation marks"
BLANK_ROW = "blank row"
_QUOTE, _NEWLINE, _INSIDE = 34, 10, 31
_LONGEST_HEADER = 100_000

Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Choose = Callable[[list[str], int, list[list[str]]], list[int]]
"""Given the header, its row number and the first records, returns the positions of the columns to read."""


@dataclass
class Records:
    """A delimited file, parted into a table of text and the records that are no row of it."""

    encoding: str
    delimiter: str
    header_row: int
    header: list[str]
    first: list[list[str]]
    """Fields of the first records, as they stand, the header and what is above it included."""
    table: Any
    chosen: list[int]
    rows: NDArray[np.int64]
    read: int
    broken: list[tuple[int, str, str]]
    notes: list[tuple[str, NDArray[np.int64]]]
    """What was done about the file's writing, and the row numbers that it concerns."""
    text: bytes
    spans: NDArray[np.int64]
    """Start and end of each record in ``text``; record 1 is the first."""

    def fields(self, row: int) -> list[str]:
        """Return the fields of a record by its row number, as far as they can be told apart."""
        start, end = self.spans[row - 1].tolist()
        return _fields(self.text[start:end].decode("utf-8"), self.delimiter)


def read_records(
    text: bytes, name: str, *, delimiter: str | None, header_row: int | None, choose: Choose, encoding: str
) -> Records:
    """Part text into records and read the chosen columns of the sound ones.

    Parameters
    ----------
    text
        UTF-8 with ``\\n`` line ends, as `decoding.decode_text` returns it.
    delimiter, header_row
        As the mapping states them; found when None. The header is then the first record that is not blank.
    choose
        Given the header, its row number and the first records, returns the positions of the columns to read.

    Raises
    ------
    InputError
        If there is no header, or the parser hands over another number of rows than were counted.
    """
    if not text.endswith(b"\n"):
        text += b"\n"
    hint = re.match(rb"sep=([,;|\t])\n", text)
    if hint and delimiter is None:
        delimiter = hint.group(1).decode()
    delimiter = delimiter or find_delimiter(
        text[hint.end() :] if hint else text, None if hint else header_row
    )
    masked, loose = _mask(text, delimiter, 2 if hint and header_row is None else header_row)
    ends = np.flatnonzero(masked == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    content = ends > starts
    top = _header_record(content, header_row, 1 if hint else 0, name)
    header = _header(text[starts[top] : ends[top]], delimiter, name)
    notes: list[tuple[str, NDArray[np.int64]]] = []
    data = content & (np.arange(len(starts)) > top)
    found = _judge(masked, starts, ends, data, delimiter, len(header), loose)
    raw = np.frombuffer(text, dtype=np.uint8)
    body, rows = _body(raw, starts, ends, found, text, delimiter)
    if found.trailing.any():
        notes.append(
            ("a delimiter stands at the end of the line and was passed over", _numbers(found.trailing))
        )
    if found.literal.any():
        notes.append(("quotation marks inside a field were taken as text", _numbers(found.literal)))
    many = data & (np.add.reduceat((raw == _NEWLINE).astype(np.int64), starts) > 1)
    if many.any():
        notes.append(
            (
                "a field holds line breaks: rows are numbered by record, as a spreadsheet shows them",
                _numbers(many),
            )
        )
    first = [
        _fields(text[a:b].decode("utf-8"), delimiter) for a, b in zip(starts[:25], ends[:25], strict=True)
    ]
    chosen = choose(header, top + 1, first)
    table = _parse(body, delimiter, len(header), chosen or [0], name)
    if table.num_rows != len(rows):
        raise InputError(
            f"{name}: {len(rows):,} sound records were counted but {table.num_rows:,} were read; its quotation marks "
            "or line ends are damaged: export it again"
        )
    return Records(
        encoding=encoding,
        delimiter=delimiter,
        header_row=top + 1,
        header=header,
        first=first,
        table=table,
        chosen=chosen,
        rows=rows,
        read=int(data.sum()),
        broken=found.broken,
        notes=notes,
        text=text,
        spans=np.column_stack([starts, ends]),
    )


def _mask(text: bytes, delimiter: str, header_row: int | None) -> tuple[Bytes, NDArray[np.int64]]:
    """Return the bytes with those inside quoted fields blotted out, and where loose quotation marks stand.

    A quoted field starts after a delimiter or line end and ends before one. A quotation mark that opens no
    such field is loose: it counts as text here, and its record is looked at again.
    """
    array = np.frombuffer(text, dtype=np.uint8)
    if b'"' not in text:
        return array, np.zeros(0, dtype=np.int64)
    edge = re.escape(delimiter.encode()) + rb"\n"
    quick = _mask_quickly(array, delimiter)
    if quick is not None:
        return quick, np.zeros(0, dtype=np.int64)
    masked = array.copy()
    quoted = re.compile(rb"(?<![^" + edge + rb'])"(?:[^"]|"")*+"(?=[' + edge + rb"])")
    width = len(_header_line(text, header_row).split(delimiter.encode()))
    known = np.zeros(len(array), dtype=bool)
    at = 0
    while (match := quoted.search(text, at)) is not None:
        start, at = match.span()
        inner = text[start:at]
        if b"\n" in inner and _swallows(inner, delimiter.encode(), width):
            at = start + 1
            continue
        masked[start:at] = _INSIDE
        known[start:at] = True
    return masked, np.flatnonzero((array == _QUOTE) & ~known)


def _mask_quickly(array: Bytes, delimiter: str) -> Bytes | None:
    """Mask by the parity of quotation marks, or return None where they are not in good order."""
    at = np.flatnonzero(array == _QUOTE)
    if len(at) % 2:
        return None
    opening, closing = at[::2], at[1::2]
    edge = np.zeros(256, dtype=bool)
    edge[[ord(delimiter), _NEWLINE]] = True
    before = np.where(opening > 0, array[opening - 1], _NEWLINE)
    after = array[closing + 1]  # the text ends with a newline
    doubled = np.concatenate(([False], opening[1:] == closing[:-1] + 1))
    if not (edge[before] | doubled).all() or not (edge[after] | (after == _QUOTE)).all():
        return None
    step = np.zeros(len(array) + 1, dtype=np.int8)
    step[opening], step[closing + 1] = 1, step[closing + 1] - 1
    step[closing[:-1][doubled[1:]] + 1] = 0
    inside = np.cumsum(step[:-1], dtype=np.int8).astype(bool)
    if (inside & (array == _NEWLINE)).any():
        return None  # a field over several lines: looked at one by one
    masked = array.copy()
    masked[inside] = _INSIDE
    return masked


def _header_line(text: bytes, header_row: int | None) -> bytes:
    lines = text[:SAMPLE].split(b"\n")
    if header_row is not None:
        return lines[min(header_row, len(lines)) - 1]
    return next((line for line in lines if line.strip()), b"")


def _swallows(field: bytes, delimiter: bytes, width: int) -> bool:
    """Tell whether a quoted field holds whole records: a stray quotation mark then opened it."""
    lines = field.split(b"\n")[1:-1]
    return width > 2 and any(line.count(delimiter) == width - 1 for line in lines)


def _header_record(content: Flags, header_row: int | None, after: int, name: str) -> int:
    there = np.flatnonzero(content)
    there = there[there >= after]
    if header_row is None:
        if not len(there):
            raise InputError(f"{name} holds no header; export it again with its column names")
        return int(there[0])
    if header_row > len(content) or not content[header_row - 1]:
        last = int(there[-1]) + 1 if len(there) else 0
        raise InputError(
            f"{name} has no header in row {header_row}, as [file] header_row says: the row is blank or past the last "
            f"one ({last}); correct header_row"
        )
    return header_row - 1


def _header(line: bytes, delimiter: str, name: str) -> list[str]:
    if len(line) > _LONGEST_HEADER:
        raise InputError(
            f"{name}: its header row has {len(line):,} characters and is no header; is it a CSV?"
        )
    return [" ".join(field.split()) for field in _fields(line.decode("utf-8"), delimiter)]


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except (csv.Error, StopIteration):
        return line.split(delimiter)


@dataclass
class _Judged:
    """Which records are sound, and why the others are not."""

    sound: Flags
    trailing: Flags
    literal: Flags
    broken: list[tuple[int, str, str]]


def _judge(
    masked: Bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    data: Flags,
    delimiter: str,
    width: int,
    loose: NDArray[np.int64],
) -> _Judged:
    parted = masked == ord(delimiter)
    fields = np.add.reduceat(parted.astype(np.int64), starts) + 1
    spaces = np.zeros(256, dtype=np.int64)
    spaces[:] = 1
    spaces[[ord(delimiter), _NEWLINE, 32, 9]] = 0
    blank = data & (np.add.reduceat(spaces[masked], starts) == 0)
    trailing = data & ~blank & (fields == width + 1) & parted[np.maximum(ends - 1, 0)]
    has_loose = np.zeros(len(starts), dtype=bool)
    has_loose[np.searchsorted(ends, loose)] = True
    fits = (fields == width) | trailing
    wrong = data & ~blank & ~fits
    broken = [(int(at) + 1, BLANK_ROW, "no field is filled") for at in np.flatnonzero(blank)]
    for at in np.flatnonzero(wrong):
        if has_loose[at]:
            broken.append((int(at) + 1, BROKEN_QUOTES, "a quotation mark is not closed"))
        else:
            broken.append((int(at) + 1, WRONG_WIDTH, f"{int(fields[at])} fields, the header has {width}"))
    sound = data & ~blank & ~wrong
    return _Judged(sound, trailing, sound & has_loose, sorted(broken))


def _numbers(flags: Flags) -> NDArray[np.int64]:
    return np.flatnonzero(flags) + 1


def _body(
    raw: Bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    found: _Judged,
    text: bytes,
    delimiter: str,
) -> tuple[bytes, NDArray[np.int64]]:
    """Return the sound records as bytes that any parser of quoted fields reads alike, and their row numbers."""
    rows = _numbers(found.sound)
    if not found.literal.any():
        keep = np.repeat(found.sound, ends - starts + 1)
        keep[ends[found.trailing] - 1] = False
        return raw[keep].tobytes(), rows
    parts = []
    for at in np.flatnonzero(found.sound):
        line = text[starts[at] : ends[at] - int(found.trailing[at])]
        parts.append(_requoted(line, delimiter.encode()) if found.literal[at] else line)
    return b"\n".join(parts) + b"\n", rows


def _requoted(line: bytes, delimiter: bytes) -> bytes:
    """Write a record so that its loose quotation marks are text; its sound quoted fields stay."""
    edge = re.escape(delimiter)
    pattern = re.compile(
        rb"(?<![^"
        + edge
        + rb'])("(?:[^"]|"")*+"(?='
        + edge
        + rb"|$))|(?<![^"
        + edge
        + rb"])[^"
        + edge
        + rb"]*"
    )

    def written(match: re.Match[bytes]) -> bytes:
        field = match.group(0)
        if match.group(1) is not None or b'"' not in field:
            return field
        return b'"' + field.replace(b'"', b'""') + b'"'

    return pattern.sub(written, line)


def _parse(body: bytes, delimiter: str, width: int, chosen: list[int], name: str) -> Any:
    names = [f"c{number}" for number in range(width)]
    wanted = [names[number] for number in chosen]
    if not body.strip(b"\n"):
        return pa.table({column: pa.nulls(0, pa.string()) for column in wanted})
    try:
        return pacsv.read_csv(
            pa.BufferReader(body),
            # One block: a record may then cross no block border.
            read_options=pacsv.ReadOptions(
                column_names=names, block_size=min(max(len(body), 1 << 20), 2**31 - 1)
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except pa.ArrowInvalid:
        # Its text quotes the offending row, which may hold names: it is not shown.
        raise InputError(
            f"{name}: its records cannot be parted into fields; its quotation marks are damaged: export it again"
        ) from None
