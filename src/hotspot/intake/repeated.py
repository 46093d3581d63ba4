"""Which ids stand in an earlier row, without a second copy of millions of ids in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# An odd multiplier mixes the words of an id into one number (Knuth, The Art of Computer Programming 3, 6.4).
_MIX = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8


def repeated(ids: Any, keys: list[NDArray[np.uint64] | None]) -> NDArray[np.bool_]:
    """Tell for each id whether an earlier row has it; missing ids repeat nothing.

    Parameters
    ----------
    ids
        A pyarrow chunked array of text.
    keys
        Of `id_keys`, file after file.
    """
    valid = pc.is_valid(ids).to_numpy()
    again = np.zeros(len(ids), dtype=bool)
    if any(key is None for key in keys):
        series = ids.to_pandas()
        return np.asarray((series.duplicated() & series.notna()).to_numpy(dtype=bool))
    numbers = np.concatenate([key for key in keys if key is not None])
    # Sorting a copy shows whether any number stands twice, in less time than a table of all of them takes.
    ordered = np.sort(numbers)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        suspects = np.flatnonzero(pd.Series(numbers).isin(twice).to_numpy())
        # Equal numbers may belong to different ids: only the ids themselves decide.
        rows = np.flatnonzero(valid)[suspects]
        texts = ids.take(pa.array(rows)).to_pandas()
        again[rows[texts.duplicated().to_numpy()]] = True
    return again


def id_keys(ids: Any) -> NDArray[np.uint64] | None:
    """Return one number for each id of a file that is not missing, the same for equal ids.

    Parameters
    ----------
    ids
        A pyarrow chunked array of text.

    Returns
    -------
    array or None
        None where ids differ in length or are not whole words: then only the ids themselves compare.
    """
    found = []
    for chunk in ids.chunks:
        keys = _keys(chunk)
        if keys is None:
            return None
        found.append(keys)
    return np.concatenate(found) if found else np.empty(0, dtype=np.uint64)


def _keys(chunk: Any) -> NDArray[np.uint64] | None:
    """Return one number an id, the same for equal ids; None where ids differ in length or are not whole words."""
    count = len(chunk) - chunk.null_count
    if count == 0:
        return np.empty(0, dtype=np.uint64)
    lengths = pc.min_max(pc.binary_length(chunk))
    width = lengths["max"].as_py()
    if lengths["min"].as_py() != width or width == 0 or width % _WORD:
        return None
    held = chunk
    if _size(held) != count * width:  # there is text under missing ids
        held = chunk.drop_null()
    _, offsets, data = held.buffers()
    start = int(np.frombuffer(offsets, dtype=np.int32)[held.offset])
    held_bytes = np.frombuffer(data, dtype=np.uint8)[start : start + count * width]
    matrix = held_bytes.view(np.uint64).reshape(count, width // _WORD)
    key = np.zeros(count, dtype=np.uint64)
    # Some words of a long id tell nearly all apart, and equal numbers are only suspects.
    for column in sorted(
        {*range(min(2, matrix.shape[1])), *range(max(0, matrix.shape[1] - 2), matrix.shape[1])}
    ):
        key = (key ^ matrix[:, column]) * _MIX
        key ^= key >> np.uint64(29)
    return key


def _size(chunk: Any) -> int:
    offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)
    return int(offsets[chunk.offset + len(chunk)] - offsets[chunk.offset])
