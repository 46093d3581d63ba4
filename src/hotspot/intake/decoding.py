"""Bytes to text: the encoding and the delimiter of a file, found where the mapping does not state them."""

from __future__ import annotations

import codecs
import re

import numpy as np

from hotspot.errors import InputError

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 64_000
"""Bytes at the start of a file by which its encoding and delimiter are found."""


def decode_text(data: bytes, name: str, encoding: str | None = None) -> tuple[bytes, str]:
    """Return the bytes as UTF-8 with ``\\n`` line ends, and the encoding that was found or given.

    Parameters
    ----------
    data
        The file's bytes.
    name
        The file's name for messages.
    encoding
        The encoding that the mapping states; found when None: by the byte order mark, by the pattern of
        NUL bytes (UTF-16), as UTF-8, and else as cp1252.

    Raises
    ------
    InputError
        If the file is empty, is not text, or is not in the stated encoding.

    How this can mislead: any bytes are some cp1252, so a file in another old encoding reads with a few
    wrong letters and no error; the finding "read as cp1252" says to look.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise InputError(f"{name} is empty ({len(data)} bytes); export it again")
    found = encoding or _found_encoding(data)
    try:
        text = data.decode(found)
    except (UnicodeError, ValueError) as error:
        if encoding is not None or found != "utf-8":
            at = getattr(error, "start", 0)
            raise InputError(
                f"{name} is not in {found}, first in line {data.count(bytes([10]), 0, at) + 1} "
                f"({type(error).__name__}); state its encoding in the mapping as [file] encoding, "
                "or export it as UTF-8"
            ) from None
        # cp1252 leaves five bytes undefined; replacing them keeps the row, and the mark shows in the text.
        found, text = "cp1252", data.decode("cp1252", errors="replace")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        at = text.index("\0")
        raise InputError(
            f"{name} holds {text.count(chr(0)):,} NUL characters, the first in line "
            f"{text.count(chr(10), 0, at) + 1}: it is damaged or no text (is it a workbook?); export it again as CSV"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", errors="replace"), found


def _found_encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    sample = np.frombuffer(data[: SAMPLE & ~1], dtype=np.uint8)
    nul = sample == 0
    if len(data) % 2 == 0 and nul.any():
        # Western text in UTF-16 has a NUL in nearly every pair of bytes, always on the same side.
        if nul[1::2].mean() > 0.4 and not nul[::2].any():
            return "utf-16-le"
        if nul[::2].mean() > 0.4 and not nul[1::2].any():
            return "utf-16-be"
    return "utf-8"


def find_delimiter(text: bytes, header_row: int | None) -> str:
    """Return the delimiter that parts most of the first records as it parts the header.

    Of comma, semicolon, tab and bar; a comma when none of them stands in the header.
    """
    sample = text[:SAMPLE]
    if len(text) > SAMPLE and b"\n" in sample:
        sample = sample[: sample.rindex(b"\n")]
    sample = re.sub(rb'"[^"]*"', b"", sample)
    lines = sample.split(b"\n")
    if header_row is not None:
        lines = lines[min(header_row, len(lines)) - 1 :]
    lines = [line for line in lines if line.strip()][:200]
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter.encode()) for line in lines]
        if counts and counts[0]:
            score = (sum(count == counts[0] for count in counts) * counts[0], counts[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best
