"""What a pack says, as plain text: the page and the report are made from the same."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hotspot.publish.columns import column
from hotspot.publish.escape import plain
from hotspot.publish.tables import flat, texts_of, unique_headers

ROWS_ON_PAGE = 1_000
ROWS_IN_REPORT = 40
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

    def first(self, most: int) -> list[list[str]]:
        """Return the rows that are shown."""
        return self.rows[:most]

    def cut(self, most: int) -> str:
        """Say how many rows are not shown; empty when all are."""
        if self.length <= most:
            return ""
        return f"The first {most:,} of {self.length:,} rows. All rows are in {self.file} and in the workbook."


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

    @property
    def headed(self) -> bool:
        """Whether the summary has headings: then the notes stand at the end, as caveats."""
        return any(heading for heading, _ in self.summary)


def of_table(name: str, frame: pd.DataFrame, file: str) -> TableText:
    """Turn a result into text, its columns named for people; coordinates are left to the files."""
    table = flat(frame)
    kept = [str(each) for each in table.columns if str(each) not in _LEFT_OUT]
    shown = table[kept].head(ROWS_ON_PAGE)
    written = [texts_of(shown[each], column(each, frame), keep=_safe) for each in kept]
    return TableText(
        name=plain(name),
        file=file,
        headers=[plain(text) for text in unique_headers([column(each, frame).header for each in kept])],
        meanings=[plain(_meaning(each, frame), limit=500) for each in kept],
        numeric=[bool(pd.api.types.is_numeric_dtype(table[each].dtype)) for each in kept],
        rows=[list(row) for row in zip(*written, strict=True)],
        length=len(table),
    )


def _safe(text: str) -> str:
    return plain(text, limit=500)


def _meaning(name: str, frame: pd.DataFrame) -> str:
    found = column(name, frame)
    return f"{found.meaning} ({found.unit})" if found.unit else found.meaning
