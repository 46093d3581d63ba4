"""Counts of values at each location, most frequent first: names, categories, coordinates, sources, dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Tally:
    """How often each value stands at each location.

    Sorted by location, most frequent value first, then in the order of the values.
    """

    location: Integers
    value: Integers
    times: Integers

    def first(self) -> Tally:
        """Return the most frequent value of each location that has any."""
        head = np.ones(len(self.location), dtype=bool)
        head[1:] = self.location[1:] != self.location[:-1]
        return Tally(self.location[head], self.value[head], self.times[head])

    def column(self, locations: int) -> tuple[Integers, Integers]:
        """Return the most frequent value of every location, -1 where there is none, and its times."""
        top = self.first()
        value = np.full(locations, -1, dtype=np.int64)
        times = np.zeros(locations, dtype=np.int64)
        value[top.location], times[top.location] = top.value, top.times
        return value, times


def tally(location: Integers, value: Integers) -> Tally:
    """Count the values at each location.

    Parameters
    ----------
    location
        The location of each row, -1 for none.
    value
        The value of each row as a number whose order breaks ties, -1 for none.
    """
    known = (location >= 0) & (value >= 0)
    width = int(value.max(initial=0)) + 1
    keys, times = np.unique(location[known] * width + value[known], return_counts=True)
    at, values = np.divmod(keys, width)
    order = np.lexsort((values, -times, at))
    return Tally(at[order], values[order], times[order].astype(np.int64))


def value_codes(values: pd.Series) -> tuple[Integers, Texts]:
    """Number the values in the order of their texts, -1 where missing, and return the texts."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, distinct = values.cat.codes.to_numpy(), values.cat.categories.astype("str")
    else:
        codes, found = pd.factorize(values)
        distinct = pd.Index(found).astype("str")
    rank, texts = pd.factorize(distinct.to_numpy(dtype=object), sort=True)
    return np.append(rank, -1).astype(np.int64)[codes], np.asarray(texts, dtype=object)


def busiest_points(
    location: Integers, x: Floats, y: Floats, locations: int
) -> tuple[Floats, Floats, Integers]:
    """Return the busiest coordinates of each location and their incidents; ties go west, then south."""
    codes, points = pd.factorize(x + 1j * y)
    # Equal numbers sort the same way whatever order the rows came in.
    order = np.lexsort((points.imag, points.real))
    rank = np.empty(len(points), dtype=np.int64)
    rank[order] = np.arange(len(points))
    value, times = tally(location, rank[codes]).column(locations)
    ordered = np.append(points[order], np.complex128(complex(np.nan, np.nan)))
    return ordered.real[value], ordered.imag[value], times


def most_frequent(location: Integers, values: pd.Series, locations: int) -> Texts:
    """Return the most frequent text of each location, None where it has none."""
    codes, texts = value_codes(values)
    value, _ = tally(location, codes).column(locations)
    chosen: Texts = np.array([*texts, None], dtype=object)[value]
    return chosen


def leading(location: Integers, values: pd.Series, locations: int, most: int) -> Texts:
    """Write the ``most`` most frequent values of each location with their counts: ``"ASB 4; Drugs 1"``."""
    codes, texts = value_codes(values)
    counts = tally(location, codes)
    starts = np.flatnonzero(
        np.append(True, counts.location[1:] != counts.location[:-1])[: len(counts.location)]
    )
    place = np.arange(len(counts.location)) - np.repeat(
        starts, np.diff(np.append(starts, len(counts.location)))
    )
    written: list[str | None] = [None] * locations
    top = np.flatnonzero(place < most)
    for at, value, times in zip(
        counts.location[top].tolist(), counts.value[top].tolist(), counts.times[top].tolist(), strict=True
    ):
        text = f"{texts[value]} {times}"
        before = written[at]
        written[at] = text if before is None else f"{before}; {text}"
    return np.array(written, dtype=object)


def first_and_last(
    location: Integers, stamps: NDArray[Any], locations: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the earliest and latest ``datetime64`` at each location, NaT where there is none."""
    numbers = stamps.astype(np.int64)
    none = np.iinfo(np.int64).min
    known = (location >= 0) & (numbers != none)
    first = np.full(locations, np.iinfo(np.int64).max, dtype=np.int64)
    last = np.full(locations, none, dtype=np.int64)
    np.minimum.at(first, location[known], numbers[known])
    np.maximum.at(last, location[known], numbers[known])
    first[last == none] = none
    return first.astype(stamps.dtype), last.astype(stamps.dtype)
