"""The cells of a column as text, each distinct value once: columns repeat, and parsing is what costs."""

from __future__ import annotations

import datetime as dt
import difflib
import math
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError

BLANK_WORDS = frozenset(
    {"", "-", "--", "nan", "nat", "null", "none", "nil", "n/a", "na", "#n/a", "<na>", "unknown", "not known"}
)
"""What exports write where they have nothing (case-folded)."""

TEXT, NUMBER, DATE, TIME = 0, 1, 2, 3
_LONGEST = 200


@dataclass(frozen=True, eq=False)
class Cells:
    """A column's distinct values as text.

    Attributes
    ----------
    codes
        For each row, the position of its value in ``texts``.
    texts
        Distinct values, spaces at the ends removed; "" where the cell is blank or holds a word for nothing.
    shown
        The same values as they are written, for examples.
    kinds
        Of each distinct value: TEXT, NUMBER, DATE (a real date or date-time) or TIME.
    """

    codes: NDArray[np.int64]
    texts: NDArray[np.object_]
    shown: NDArray[np.object_]
    kinds: NDArray[np.int64]

    def by_row(self, values: NDArray[Any]) -> NDArray[Any]:
        """Spread one value for each distinct text over the rows."""
        spread: NDArray[Any] = values[self.codes]
        return spread

    @property
    def blank(self) -> NDArray[np.bool_]:
        """Tell for each row whether its cell holds nothing."""
        empty: NDArray[np.bool_] = (self.texts == "")[self.codes]
        return empty


def cells_of(column: pd.Series) -> Cells:
    """Return the cells of a column of any type, as text."""
    codes, distinct = _factorize(column)
    if isinstance(distinct, pd.DatetimeIndex):
        words, kinds = _moments_as_text(distinct), [DATE] * len(distinct)
    else:
        pairs = [_text_of(value) for value in distinct]
        words, kinds = [text for text, _ in pairs], [kind for _, kind in pairs]
    # Missing cells have the code -1, which is the blank at the end.
    words, kinds = [*words, ""], [*kinds, TEXT]
    shown = np.empty(len(words), dtype=object)
    shown[:] = words
    texts = shown.copy()
    for position, word in enumerate(words):
        if len(word) < 10 and word.casefold() in BLANK_WORDS:
            texts[position] = ""
    return Cells(np.where(codes < 0, len(words) - 1, codes), texts, shown, np.array(kinds, dtype=np.int64))


def _moments_as_text(moments: pd.DatetimeIndex) -> list[str]:
    """Write moments at once, since one by one they are slow; those with a zone in UTC."""
    ends = "" if moments.tz is None else "+00:00"
    plain = moments if moments.tz is None else moments.tz_convert("UTC").tz_localize(None)
    values = plain.to_numpy().astype("datetime64[us]")
    whole = not len(values) or bool((values.astype(np.int64) % 1_000_000 == 0).all())
    texts = np.datetime_as_string(values, unit="s" if whole else "us")
    return [text.replace("T", " ") + ends for text in texts.tolist()]


def _factorize(column: pd.Series) -> tuple[NDArray[np.int64], list[Any] | pd.DatetimeIndex]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64), column.cat.categories.tolist()
    try:
        codes, distinct = pd.factorize(column)
        if isinstance(distinct, pd.DatetimeIndex):
            return codes.astype(np.int64), distinct
        return codes.astype(np.int64), distinct.tolist()
    except (TypeError, ValueError):
        # A frame may hold lists, or text that is no valid Unicode: its words decide which cells are equal.
        codes, words = pd.factorize(np.array([_repr(value) for value in column], dtype=object))
        return codes.astype(np.int64), words.tolist()


def _repr(value: object) -> object:
    return value if isinstance(value, str | int | float | dt.date | dt.time) else str(value)


def _text_of(value: Any) -> tuple[str, int]:
    if isinstance(value, str):
        return _clean(value), TEXT
    if isinstance(value, dt.datetime | np.datetime64):
        return ("" if pd.isna(value) else str(value).replace("T", " ", 1)), DATE
    if isinstance(value, dt.date):
        return value.isoformat(), DATE
    if isinstance(value, dt.time):
        return value.isoformat(), TIME
    if isinstance(value, dt.timedelta):
        seconds = int(value.total_seconds()) if not pd.isna(value) else 0
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}", TIME
    if isinstance(value, bool | np.bool_):
        return str(value), TEXT
    if isinstance(value, numbers.Real):
        number = float(value)
        if math.isnan(number):
            return "", NUMBER
        whole = math.isfinite(number) and number == int(number) and abs(number) < 1e15
        return (str(int(number)) if whole else repr(number)), NUMBER
    return _clean(str(value)), TEXT


def _clean(text: str) -> str:
    """Strip a text, and make it short enough and sound enough to be parsed by anything."""
    text = text.strip()
    if not text.isascii():
        text = text.replace("\N{NO-BREAK SPACE}", " ").encode("utf-8", "replace").decode("utf-8").strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST]


def column_of(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column by its exact name.

    Raises
    ------
    InputError
        If the table has no such column (the nearest is named), or has it twice.
    """
    if name not in table.columns:
        present = [str(column) for column in table.columns]
        near = difflib.get_close_matches(name, present, n=1, cutoff=0.4)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise InputError(f"there is no column {name!r}; {guess}the table has {', '.join(present[:12])}")
    found = table[name]
    if isinstance(found, pd.DataFrame):
        raise InputError(
            f"the column {name!r} stands {found.shape[1]} times in the header; rename one of them"
        )
    return found
