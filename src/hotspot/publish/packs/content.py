"""What a pack says, as plain text: the page and the report are made from the same."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hotspot.publish.columns import column
from hotspot.publish.escape import plain
from hotspot.publish.tables import flat, texts_of, unique_headers

ROWS_ON_PAGE = 1_000
ROWS_IN_REPORT = 40
WIDE_TEXT = 60
"""Letters from which a column of words gets room to be read in."""
_SHORTEST_REPEAT = 20
_LEFT_OUT = ("source", "marking", "easting", "northing", "lon", "lat")


@dataclass(frozen=True)
class TableText:
    """A table as text: its header, rows, which columns are numbers, and the file that has all of it."""

    name: str
    file: str
    headers: list[str]
    meanings: list[str]
    numeric: list[bool]
    rows: list[list[str]]
    length: int
    caption: str = ""
    appendix: bool = False
    repeated: tuple[str, ...] = ()
    most: int | None = None

    @property
    def wide(self) -> list[bool]:
        """Tell which columns hold sentences."""
        return [
            not number and max((len(row[at]) for row in self.rows), default=0) > WIDE_TEXT
            for at, number in enumerate(self.numeric)
        ]

    def most_of(self, usual: int) -> int:
        """Return how many rows are shown where ``usual`` is the rule and nothing else was said."""
        return usual if self.most is None else min(usual, self.most)

    def first(self, most: int) -> list[list[str]]:
        """Return the rows that are shown."""
        return self.rows[:most]

    def cut(self, most: int) -> str:
        """Say how many rows are not shown; empty when all are."""
        if self.length <= most:
            return ""
        return f"The first {most:,} of {self.length:,} rows. All rows are in {self.file} and in the workbook."


@dataclass(frozen=True)
class Overview:
    """The table of one line each that stands directly under the title."""

    name: str
    headers: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Picture:
    """A figure: its name, its file in the pack, and its text for people who cannot see it."""

    name: str
    file: str
    alt: str
    caption: str = ""
    appendix: bool = False


@dataclass(frozen=True)
class Content:
    """Everything that the page and the report say; ``summary`` holds headings ("" for none) with their paragraphs."""

    title: str
    marking: str
    simulated: bool
    summary: list[tuple[str, list[str]]]
    tables: list[TableText]
    maps: list[tuple[str, str]]
    pictures: list[Picture]
    notes: list[str]
    source: str
    last_words: str = ""
    overview: Overview | None = None

    @property
    def headed(self) -> bool:
        """Whether the summary has headings: then the notes stand at the end, as caveats."""
        return any(heading for heading, _ in self.summary)


def of_table(name: str, frame: pd.DataFrame, file: str) -> TableText:
    """Turn a result into text, its columns named for people; coordinates are left to the files."""
    table = flat(frame)
    kept = [str(each) for each in table.columns if str(each) not in _LEFT_OUT]
    shown = table[kept].head(ROWS_ON_PAGE)
    written = [list(texts_of(shown[each], column(each, frame), keep=_safe)) for each in kept]
    headers = [plain(text) for text in unique_headers([column(each, frame).header for each in kept])]
    repeated = []
    for at, header in enumerate(headers):
        written[at], said = without_repeats(written[at])
        if said:
            repeated.append(f"{header}, of each line: {said}")
    return TableText(
        name=plain(name),
        file=file,
        headers=headers,
        meanings=[plain(_meaning(each, frame), limit=500) for each in kept],
        numeric=[bool(pd.api.types.is_numeric_dtype(table[each].dtype)) for each in kept],
        rows=[list(row) for row in zip(*written, strict=True)],
        length=len(table),
        repeated=tuple(repeated),
    )


def without_repeats(texts: list[str]) -> tuple[list[str], str]:
    """Return texts without the sentence with which every one of them ends, and that sentence.

    Examples
    --------
    >>> without_repeats(["5 of 9: answers, not a sample of people", "4 of 9: answers, not a sample of people"])
    (['5 of 9', '4 of 9'], 'answers, not a sample of people')
    """
    if len(texts) < 2:
        return texts, ""
    length = 0
    shortest = min(map(len, texts))
    while length < shortest and len({text[-1 - length] for text in texts}) == 1:
        length += 1
    shared = texts[0][len(texts[0]) - length :]
    # Only whole clauses are taken out, and never all that a line says.
    starts = [at for mark in (": ", "; ", ". ") if (at := shared.find(mark)) >= 0]
    if not starts:
        return texts, ""
    tail = shared[min(starts) :]
    if len(tail) < _SHORTEST_REPEAT or any(len(text) == len(tail) for text in texts):
        return texts, ""
    return [text[: -len(tail)] for text in texts], tail[2:]


def _safe(text: str) -> str:
    return plain(text, limit=500)


def _meaning(name: str, frame: pd.DataFrame) -> str:
    found = column(name, frame)
    return f"{found.meaning} ({found.unit})" if found.unit else found.meaning
