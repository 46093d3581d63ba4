"""What a reader noticed in a file: in plain words, with the rows concerned and one field as an example."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.text import printable

_WORD = re.compile(r"[^\W\d_]{3,}")
_TELEPHONE = re.compile(r"\(?(?:\+44|0)[\d ()-]{8,14}")
_CALENDAR = frozenset("jan feb mar apr may jun jul aug sep oct nov dec mon tue wed thu fri sat sun".split())
_PLACEHOLDERS = frozenset(
    {"not recorded", "not known", "not given", "see notes", "no location", "no date", "no fixed abode"}
)
LONGEST_EXAMPLE = 40
"""Characters of an offending field that may be shown: never a whole row."""


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that a person should look at.

    Attributes
    ----------
    finding
        What was seen and what to do about it. The same words for the same fault in every file, so that
        findings of many files can be grouped; counts stand in ``rows``.
    rows
        Positions of the rows concerned: 0-based, ascending, into the table that was handed in.
    field
        The column or columns concerned.
    example
        The offending field's text in the first of the rows, at most 40 characters.
    fixed
        True when the mapping asked for the fix and it was made.
    """

    finding: str
    rows: NDArray[np.int64]
    field: str
    example: str
    fixed: bool = False


class Texts(Protocol):
    """The text of a field in each row of a table: a list, an array, or `RowTexts`."""

    def __getitem__(self, row: int, /) -> object:
        """Return the text in one row."""


class RowTexts:
    """Texts of one field or several, held once for each distinct value and looked up only when asked for."""

    def __init__(self, *fields: tuple[NDArray[np.object_], NDArray[np.int64]]) -> None:
        self._fields = fields

    def __getitem__(self, row: int, /) -> str:
        """Return the texts of the fields in one row, joined by commas."""
        return ", ".join(str(texts[codes[row]]) or "(blank)" for texts, codes in self._fields)


def find(
    finding: str,
    concerned: ArrayLike,
    field: str,
    values: Texts,
    *,
    fixed: bool = False,
) -> list[Finding]:
    """Return one finding in a list, or an empty list when no row is concerned.

    Parameters
    ----------
    finding
        What was seen and what to do about it.
    concerned
        A boolean for each row of the table.
    field
        The column or columns concerned.
    values
        The field's text for each row of the table; the first one concerned becomes the example.
    fixed
        Whether the fix was asked for and made.
    """
    rows = np.flatnonzero(np.asarray(concerned, dtype=bool)).astype(np.int64)
    if not len(rows):
        return []
    return [Finding(finding, rows, field, as_example(values[int(rows[0])]), fixed)]


def as_example(value: object) -> str:
    """Return a field as text of at most 40 characters, without line breaks; "(blank)" for nothing.

    A row whose cells have moved puts a note or a name where a date or a number should be: of two words or
    more, months and weekdays apart, only the length is told.
    """
    text = ", ".join(_without_notes(part) for part in printable(value).split(", "))
    return printable(text, limit=LONGEST_EXAMPLE) or "(blank)"


def _without_notes(part: str) -> str:
    digits = sum(mark.isdigit() for mark in part)
    if _TELEPHONE.fullmatch(part) and 10 <= digits <= 12:
        return f"(number of {digits} digits)"
    words = [word for word in _WORD.findall(part) if word[:3].casefold() not in _CALENDAR]
    told = part.casefold() in _PLACEHOLDERS or (len(words) <= 1 and all(len(word) <= 12 for word in words))
    return part if told else f"(text of {len(part)} characters)"
