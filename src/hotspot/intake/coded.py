"""A column of text of many files as codes into one sorted list of values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.signedinteger[Any]]
Flags = NDArray[np.bool_]
_KIND = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Coded:
    """A column of text as codes into its sorted distinct values; -1 is blank."""

    codes: Codes
    texts: Any
    """The values, as a pyarrow array: hundreds of thousands of street names need no Python objects."""

    @property
    def values(self) -> list[str]:
        """The distinct values, sorted."""
        found: list[str] = self.texts.to_pylist()
        return found

    def where(self, test: Callable[[str], bool], *, blank: bool = False) -> Flags:
        """Tell for each row whether its value passes a test, which runs once a distinct value."""
        passed = np.array([test(value) for value in self.values] + [blank], dtype=bool)
        found: Flags = passed[self.codes]
        return found

    def longest(self) -> int:
        """Return the number of characters of the longest value."""
        return int(pc.max(pc.utf8_length(self.texts)).as_py() or 0)

    def categorical(self, kept: NDArray[np.intp] | None) -> Any:
        """Return the kept rows (all when None) as a Categorical without unused categories."""
        if kept is None:
            return from_codes(self.codes, _names(self.texts))
        codes = self.codes.take(kept)
        used = np.zeros(len(self.texts) + 1, dtype=bool)
        used[codes] = True  # a blank's -1 marks the last entry, which is no value
        used = used[:-1]
        if used.all():
            return from_codes(codes, _names(self.texts))
        recode = np.append(np.where(used, np.cumsum(used) - 1, -1), -1).astype(smallest(len(self.texts)))
        return from_codes(recode[codes], _names(self.texts.filter(pa.array(used))))

    def text(self, rows: NDArray[np.int64]) -> list[str]:
        """Return rows as text that can be shown, "(blank)" where there is none."""
        shown = [*self.values, "(blank)"]
        return [shown[code] for code in self.codes[rows].tolist()]


def coded(tables: list[Any], column: str) -> Coded:
    """Join one column of all files; values are trimmed and sorted, so that file order does not matter.

    Parameters
    ----------
    tables
        pyarrow tables whose ``column`` is dictionary-encoded text; one without it counts as blank.
    """
    chunks: list[Any] = []
    for table in tables:
        chunks += (
            table.column(column).chunks if column in table.column_names else [pa.nulls(table.num_rows, _KIND)]
        )
    if not chunks:
        return Coded(np.empty(0, dtype=np.int8), pa.array([], pa.string()))
    names = pa.concat_arrays([chunk.dictionary for chunk in chunks]).dictionary_encode()
    recode, texts = _sorted(names.dictionary)
    recode = np.append(recode[names.indices.to_numpy()], recode.dtype.type(-1))
    codes = np.empty(sum(map(len, chunks)), dtype=recode.dtype)
    low = first = 0
    for chunk in chunks:
        count = len(chunk.dictionary)
        own = np.append(recode[first : first + count], recode[-1])
        rows = codes[low : low + len(chunk)]
        if chunk.null_count == len(chunk) or (count == 1 and not chunk.null_count):
            rows[:] = own[0]  # a file is of one month and one force
        else:
            indices = chunk.indices.fill_null(count) if chunk.null_count else chunk.indices
            rows[:] = own[indices.to_numpy()]
        low, first = low + len(chunk), first + count
    return Coded(codes, texts)


def _sorted(dictionary: Any) -> tuple[Codes, Any]:
    """Return the code of each distinct text, -1 where it is blank, and the trimmed values in order."""
    trimmed = pa.array([text.strip() for text in dictionary.to_pylist()], pa.string()).dictionary_encode()
    # The order of UTF-8 bytes is that of the characters, and Arrow sorts without Python objects.
    order = pc.array_sort_indices(trimmed.dictionary)
    texts = trimmed.dictionary.take(order)
    blank = len(texts) and texts[0].as_py() == ""  # nothing sorts before it
    place = np.empty(len(texts), dtype=np.int32)
    place[order.to_numpy()] = np.arange(len(texts)) - int(blank)
    texts = texts.slice(int(blank))
    return place[trimmed.indices.to_numpy()].astype(smallest(len(texts))), texts


def smallest(count: int) -> type[np.signedinteger[Any]]:
    """Return the smallest kind of integer that numbers ``count`` values: less memory is less time here."""
    return np.int8 if count < 127 else np.int16 if count < 32_767 else np.int32


def from_codes(codes: Any, names: pd.Index) -> Any:
    """Make a Categorical of codes that are sound by construction.

    The codes come from the names themselves: checking millions of them again costs more than reading did.
    """
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(names), validate=False)


def _names(texts: Any) -> pd.Index:
    names: pd.Index = pd.Index(texts.to_pandas(), dtype="str")
    return names
