"""Neighbourhood sums on a lattice of rows and columns, with a study-area mask. numpy only.

A neighbourhood is given as runs: for each row offset, the first and last column offset. Prefix sums
along the rows then give any run in two look-ups, so a neighbourhood of 300 m on 50 m cells costs 13
runs and not 113 cells, and counts stay exact integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Shape = Literal["square", "hexagon"]
_ROW_STEP = math.sqrt(3.0) / 2.0
# Distances of cells are products of the cell size; a radius given as such a product must reach them.
_TOLERANCE = 1.0 + 1e-12


@dataclass(frozen=True)
class Run:
    """Columns ``first`` to ``last`` (offsets) of the row ``row_offset`` away."""

    row_offset: int
    first: int
    last: int


@dataclass(frozen=True)
class Neighbourhood:
    """Runs for even and for odd rows (equal on squares), the cell itself included."""

    even: tuple[Run, ...]
    odd: tuple[Run, ...]

    @property
    def size(self) -> int:
        """Number of cells, itself included."""
        return sum(run.last - run.first + 1 for run in self.even)


def queen(shape: Shape) -> Neighbourhood:
    """Return the cell and those that touch it: 9 squares, or 7 hexagons."""
    if shape == "hexagon":
        return within(1.0, shape)
    runs = tuple(Run(offset, -1, 1) for offset in (-1, 0, 1))
    return Neighbourhood(runs, runs)


def within(radius: float, shape: Shape) -> Neighbourhood:
    """Return the cells whose centres are at most ``radius`` away, in cell sizes."""
    return Neighbourhood(_runs(radius, shape, 0), _runs(radius, shape, 1))


def _runs(radius: float, shape: Shape, parity: int) -> tuple[Run, ...]:
    step = 1.0 if shape == "square" else _ROW_STEP
    reach = math.floor(radius * _TOLERANCE / step)
    runs = []
    for row_offset in range(-reach, reach + 1):
        half = math.sqrt(max((radius * _TOLERANCE) ** 2 - (row_offset * step) ** 2, 0.0))
        # The shift in x between the target's row and the cell's own, in cells (hexagons only).
        shift = 0.0 if shape == "square" else (((parity + row_offset) % 2) - parity) / 2.0
        first, last = math.ceil(-half - shift), math.floor(half - shift)
        if first <= last:
            runs.append(Run(row_offset, first, last))
    return tuple(runs)


def neighbourhood_sums(values: NDArray[Any], neighbourhood: Neighbourhood, row0: int = 0) -> NDArray[Any]:
    """Sum each cell's neighbourhood, itself included; cells beyond the matrix count as zero.

    Parameters
    ----------
    values
        Matrix of rows and columns, zero outside the study area. Integers give exact integer sums.
    neighbourhood
        From `queen` or `within`.
    row0
        The lattice row of the matrix's first row: its parity matters for hexagons.
    """
    height, width = values.shape
    reach = max(max(-run.first, run.last) for run in (*neighbourhood.even, *neighbourhood.odd))
    kind = np.int64 if np.issubdtype(values.dtype, np.integer) or values.dtype == bool else np.float64
    prefix = np.zeros((height, width + 1 + 2 * reach), dtype=kind)
    np.cumsum(values, axis=1, out=prefix[:, reach + 1 : reach + 1 + width])
    prefix[:, reach + 1 + width :] = prefix[:, reach + width : reach + width + 1]
    sums = np.zeros((height, width), dtype=kind)
    for parity, runs in enumerate((neighbourhood.even, neighbourhood.odd)):
        first_row = (parity - row0) % 2
        for run in runs:
            start = first_row
            while start + run.row_offset < 0:
                start += 2
            stop = min(height, height - run.row_offset)
            if start >= stop:
                continue
            target = slice(start, stop, 2)
            source = slice(start + run.row_offset, stop + run.row_offset, 2)
            high = prefix[source, reach + run.last + 1 : reach + run.last + 1 + width]
            sums[target] += high
            sums[target] -= prefix[source, reach + run.first : reach + run.first + width]
    return sums
