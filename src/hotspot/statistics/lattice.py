"""Neighbourhood sums on a lattice of rows and columns, with a study-area mask. numpy only.

A neighbourhood is given as runs: for each row offset, the first and last column offset. Runs are
widened one column at a time and added row by row, so a neighbourhood of 300 m on 50 m cells costs
25 additions and not 113, counts stay exact integers, and nothing is ever subtracted: weights keep
their digits too. The work goes in blocks of rows that stay in the processor's cache, each row one
stretch of a flat buffer with zeros between, so that every addition runs over one long array.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Shape = Literal["square", "hexagon"]
_ROW_STEP = math.sqrt(3.0) / 2.0
# Distances of cells are products of the cell size; a radius given as such a product must reach them.
_TOLERANCE = 1.0 + 1e-12
TILE_CELLS = 1 << 16
"""Cells of a block of rows: its scratch then fits a core's own cache."""


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

    @property
    def row_reach(self) -> int:
        """The most rows between a cell and one of its neighbours."""
        return max(abs(run.row_offset) for run in (*self.even, *self.odd))

    def clipped(self, height: int, width: int) -> Neighbourhood:
        """Leave out what reaches beyond a matrix from every one of its cells."""
        return Neighbourhood(*(_clip(runs, height - 1, width - 1) for runs in (self.even, self.odd)))


def _clip(runs: tuple[Run, ...], rows: int, columns: int) -> tuple[Run, ...]:
    cut = (Run(r.row_offset, max(r.first, -columns), min(r.last, columns)) for r in runs)
    return tuple(run for run in cut if abs(run.row_offset) <= rows and run.first <= run.last)


def queen(shape: Shape) -> Neighbourhood:
    """Return the cell and those that touch it: 9 squares, or 7 hexagons."""
    return rings(1, shape)


def rings(k: int, shape: Shape) -> Neighbourhood:
    """Return the cells at most ``k`` steps between touching cells away.

    They are (2k + 1)^2 squares, or 3k(k + 1) + 1 hexagons.
    """
    if shape == "square":
        runs = tuple(Run(offset, -k, k) for offset in range(-k, k + 1))
        return Neighbourhood(runs, runs)
    return Neighbourhood(_hexagon_rings(k, 0), _hexagon_rings(k, 1))


def _hexagon_rings(k: int, parity: int) -> tuple[Run, ...]:
    runs = []
    for offset in range(-k, k + 1):
        # Row by row away, the ring loses half a cell at each end; odd rows lie half a cell east.
        twice_shift = (parity + offset) % 2 - parity
        across = 2 * k - abs(offset)
        runs.append(Run(offset, -((across + twice_shift) // 2), (across - twice_shift) // 2))
    return tuple(runs)


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
        Matrix of rows and columns, zero outside the study area. Integers give exact integer sums
        (int32, or int64 when they may be larger); other numbers give float64.
    neighbourhood
        From `queen`, `rings` or `within`.
    row0
        The lattice row of the matrix's first row: its parity matters for hexagons.
    """
    kind = sum_kind(values.dtype, largest(values), neighbourhood.size)
    result = np.empty(values.shape, dtype=np.promote_types(kind, np.int32) if kind.kind == "i" else kind)
    if values.size == 0:
        return result
    sums = RowSums(neighbourhood, values.shape, row0, kind)
    for start, stop in sums.tiles():
        sums.write(values, start, stop, result[start:stop])
    return result


def largest(values: NDArray[Any]) -> int:
    """Return the largest size of whole values, signs left aside; 0 for other numbers."""
    if values.dtype.kind not in "iu" or values.size == 0:
        return int(values.dtype == bool)
    return max(int(values.max()), -int(values.min()))


def sum_kind(dtype: np.dtype[Any], most: int, cells: int) -> np.dtype[Any]:
    """Return the smallest type that holds the sum of ``cells`` values of at most ``most``."""
    if dtype.kind in "iub":
        for kind in (np.int8, np.int16, np.int32, np.int64):
            if most * cells <= np.iinfo(kind).max:
                return np.dtype(kind)
    return np.dtype(np.float64)


class RowSums:
    """Neighbourhood sums of blocks of rows of one lattice, in scratch that is used again.

    On hexagons even and odd rows have runs of their own and lie in buffers of their own (planes), so
    that a step to any row is one step along a flat buffer.
    """

    def __init__(
        self, neighbourhood: Neighbourhood, shape: tuple[int, ...], row0: int, kind: np.dtype[Any]
    ) -> None:
        self.height, self.width = shape
        hood = neighbourhood.clipped(self.height, self.width)
        self._planes = 1 if hood.even == hood.odd else 2
        self._row0 = row0
        self.halo = hood.row_reach + hood.row_reach % self._planes
        least = max(4 * self.halo, 8)
        self.rows = max(least, TILE_CELLS // max(self.width, 1)) // 2 * 2
        self.rows = min(self.rows, self.height + self.height % self._planes)
        reach = max(max(-run.first, run.last, 0) for run in (*hood.even, *hood.odd))
        self._pitch, self._margin = self.width + reach, reach
        self._plans = [_plan(runs, self._planes) for runs in (hood.even, hood.odd)]
        deep = (self.rows + 2 * self.halo) // self._planes
        self._source = np.zeros((self._planes, deep * self._pitch + 2 * reach), dtype=kind)
        self._wide = np.empty(deep * self._pitch, dtype=kind)
        self._total = np.empty((self._planes, self.rows // self._planes * self._pitch), dtype=kind)

    def tiles(self, rows: int | None = None) -> Iterator[tuple[int, int]]:
        """Return the first row of each block, and the row after its last."""
        step = self.rows if rows is None else rows
        return ((start, min(start + step, self.height)) for start in range(0, self.height, step))

    def write(self, values: NDArray[Any] | None, start: int, stop: int, out: NDArray[Any]) -> None:
        """Write the sums of rows ``start`` to ``stop`` (at most ``rows`` of them).

        ``values`` is the whole matrix, of which only these rows and their neighbours are read; None
        is a matrix of ones.
        """
        self._load(values, start, stop)
        for plane in range(self._planes):
            target = (self._row0 + start + plane) % 2 if self._planes == 2 else 0
            self._add_up(plane, self._plans[target])
            rows = out[plane :: self._planes]
            found = self._total[plane].reshape(-1, self._pitch)
            np.copyto(rows, found[: len(rows), : self.width], casting="unsafe")

    def _load(self, values: NDArray[Any] | None, start: int, stop: int) -> None:
        low, high = max(start - self.halo, 0), min(stop + self.halo, self.height)
        for plane in range(self._planes):
            rows = self._source[plane, self._margin : self._margin + len(self._wide)]
            inner = rows.reshape(-1, self._pitch)[:, : self.width]
            first = low + (start + plane - low) % self._planes
            before = (first - start + self.halo - plane) // self._planes
            here: Any = 1 if values is None else values[first : high : self._planes]
            count = len(range(first, high, self._planes))
            inner[:before] = 0
            np.copyto(inner[before : before + count], here, casting="unsafe")
            inner[before + count :] = 0

    def _add_up(self, plane: int, plan: list[_Chain]) -> None:
        total, wide, margin = self._total[plane], self._wide, self._margin
        fresh = True
        for chain in plan:
            source = self._source[(plane + chain.parity) % self._planes]
            run = wide
            for step in chain.steps:
                for position, column in enumerate(step.columns):
                    shifted = source[margin + column : margin + column + len(wide)]
                    run = shifted if step.starts and position == 0 else np.add(run, shifted, out=wide)
                rows = [self._row(run, plane, offset) for offset in step.row_offsets]
                if fresh:
                    # A plain copy between addresses that differ by an odd step can be ten times slower.
                    first, rows = rows[0], rows[1:]
                    np.add(first, rows.pop(), out=total) if rows else np.positive(first, out=total)
                    fresh = False
                for row in rows:
                    np.add(total, row, out=total)

    def _row(self, run: NDArray[Any], plane: int, offset: int) -> NDArray[Any]:
        begin = (self.halo + plane + offset) // self._planes * self._pitch
        return run[begin : begin + self._total.shape[1]]


@dataclass(frozen=True)
class _Step:
    """Columns to add to the run so far (or to start one from), then the rows whose run that is."""

    starts: bool
    columns: tuple[int, ...]
    row_offsets: tuple[int, ...]


@dataclass(frozen=True)
class _Chain:
    """Runs of rows of one parity, each an extension of the one before."""

    parity: int
    steps: tuple[_Step, ...]


def _plan(runs: tuple[Run, ...], planes: int) -> list[_Chain]:
    """Order runs so that the short ones are computed on the way to the long ones."""
    chains = []
    for parity in range(planes):
        rows_of: dict[tuple[int, int], list[int]] = {}
        for run in runs:
            if run.row_offset % planes == parity:
                rows_of.setdefault((run.first, run.last), []).append(run.row_offset)
        steps: list[_Step] = []
        low, high = 0, -1
        for first, last in sorted(rows_of, key=lambda ends: ends[1] - ends[0]):
            starts = high < low or not (first <= low and high <= last)
            columns = (
                tuple(range(first, last + 1))
                if starts
                else (*range(low - 1, first - 1, -1), *range(high + 1, last + 1))
            )
            steps.append(_Step(starts, columns, tuple(rows_of[first, last])))
            low, high = first, last
        if steps:
            chains.append(_Chain(parity, tuple(steps)))
    return chains
