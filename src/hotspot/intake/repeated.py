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


def repeated(ids: Any) -> NDArray[np.bool_]:
    """Tell for each id whether an earlier row has it; missing ids repeat nothing.

    Parameters
    ----------
    ids
        A pyarrow chunked array of text.
    """
    valid = pc.is_valid(ids).to_numpy()
    again = np.zeros(len(ids), dtype=bool)
    keys = [_keys(chunk) for chunk in ids.chunks]
    if any(key is None for key in keys):
        series = ids.to_pandas()
        return np.asarray((series.duplicated() & series.notna()).to_numpy(dtype=bool))
    numbers = pd.Series(np.concatenate([key for key in keys if key is not None]), dtype="uint64")
    suspects = np.flatnonzero(numbers.duplicated(keep=False).to_numpy())
    if len(suspects):
        # Equal numbers may belong to different ids: only the ids themselves decide.
        rows = np.flatnonzero(valid)[suspects]
        texts = ids.take(pa.array(rows)).to_pandas()
        again[rows[texts.duplicated().to_numpy()]] = True
    return again


def _keys(chunk: Any) -> NDArray[np.uint64] | None:
    """Return one number an id, the same for equal ids; None where ids differ in length or are not whole words."""
    held = chunk.drop_null() if chunk.null_count else chunk
    if len(held) == 0:
        return np.empty(0, dtype=np.uint64)
    lengths = pc.min_max(pc.binary_length(held)).as_py()
    width = lengths["max"]
    if lengths["min"] != width or width == 0 or width % _WORD:
        return None
    _, offsets, data = held.buffers()
    start = int(np.frombuffer(offsets, dtype=np.int32)[held.offset])
    held_bytes = np.frombuffer(data, dtype=np.uint8)[start : start + len(held) * width]
    matrix = held_bytes.view(np.uint64).reshape(len(held), width // _WORD)
    key = np.zeros(len(held), dtype=np.uint64)
    for column in range(matrix.shape[1]):
        key = (key ^ matrix[:, column]) * _MIX
        key ^= key >> np.uint64(29)
    return key
