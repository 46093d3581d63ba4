"""z of Getis-Ord Gi* and Gi on a lattice, in blocks of rows. numpy only.

With N cells to compare with (all n for Gi*, the n - 1 others for Gi), T their total and Q their sum of
squares, and k of them in the neighbourhood with sum S,

    z = (N S - T k) sqrt((N - 1) / (V k (N - k))),   V = N Q - T^2,

which is the formula of Ord and Getis (1995) with binary weights, multiplied through by N. For whole counts
N S - T k and V are whole numbers: they are computed without rounding, so z keeps its digits where it is
near zero and where hardly anything varies, and the same z comes out whatever the blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.statistics.lattice import TILE_CELLS, Neighbourhood, RowSums, sum_kind

Floats = NDArray[np.float64]

REASONS = ("", "fewer than two cells", "no variation", "no neighbours", "the neighbourhood is everything")
"""What the codes in `Gi.reason` say: why z is undefined."""

_EXACT_FLOAT = 1 << 53
_EXACT_INT = 1 << 63
_TABLE = 1 << 12
"""Own counts that get a table of their spreads; a wider span is computed cell by cell."""


@dataclass(frozen=True)
class Gi:
    """z and what its null needs, flat, in the order of the mask's cells (row by row).

    ``sums`` and ``drawn`` are the sum of the neighbourhood and the number of cells in it, the cell itself
    included for Gi* only, in the smallest types of at least 32 and 16 bits that hold them (``sums`` of
    values that are no integers are float64). ``reason`` is an index of REASONS; z is NaN where it is not 0.
    """

    z: Floats
    sums: NDArray[Any]
    drawn: NDArray[Any]
    reason: NDArray[np.int8]


def gi_lattice(
    matrix: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    hood: Neighbourhood,
    row0: int = 0,
    *,
    star: bool = True,
) -> Gi:
    """Compute Gi* (or Gi) of every cell of a lattice.

    Parameters
    ----------
    matrix
        Values of rows (south to north) and columns, zero outside the mask. Integers are exact.
    mask
        The study area; None is every cell.
    hood
        From `lattice.queen`, `lattice.rings` or `lattice.within`.
    row0
        The lattice row of the matrix's first row: its parity matters for hexagons.
    star
        True is Gi*, the cell itself included; False is Gi, without it.
    """
    work = _Work(matrix, mask, hood, row0, star)
    result, at = work.empty(work.moments.n), 0
    for start, stop in work.sums.tiles():
        cells = work.cells(start, stop)
        work.fill(start, stop, _part(result, at, at + cells))
        at += cells
    return result


def gi_tiles(
    matrix: NDArray[Any],
    mask: NDArray[np.bool_] | None,
    hood: Neighbourhood,
    row0: int = 0,
    *,
    star: bool = True,
    rows: int | None = None,
) -> Iterator[tuple[int, int, Gi]]:
    """Compute what `gi_lattice` does block by block, for lattices beyond memory.

    ``matrix`` and ``mask`` may be ``numpy.memmap``: they are read in slices of rows, once for the
    moments and once, with the rows around each block, for the sums.

    Parameters
    ----------
    matrix, mask, hood, row0, star
        As `gi_lattice`.
    rows
        Rows of a block. None is one block that fits the processor's cache.

    Yields
    ------
    start, stop, Gi
        The block's first row, the row after its last, and the results of its cells in mask order.
    """
    work = _Work(matrix, mask, hood, row0, star)
    for start, stop in work.sums.tiles(rows):
        result, at = work.empty(sum(work.cells(*part) for part in work.parts(start, stop))), 0
        for part in work.parts(start, stop):
            cells = work.cells(*part)
            work.fill(*part, _part(result, at, at + cells))
            at += cells
        yield start, stop, result


def _part(whole: Gi, start: int, stop: int) -> Gi:
    here = slice(start, stop)
    return Gi(whole.z[here], whole.sums[here], whole.drawn[here], whole.reason[here])


class _Work:
    """The moments, tables and scratch of one run."""

    def __init__(
        self,
        matrix: NDArray[Any],
        mask: NDArray[np.bool_] | None,
        hood: Neighbourhood,
        row0: int,
        star: bool,
    ) -> None:
        self.matrix, self.mask, self.star = matrix, mask, star
        self.size = hood.clipped(*matrix.shape).size if matrix.size else 1
        moments = _whole_moments(matrix, mask) if matrix.dtype.kind in "iub" else None
        bound = 0 if moments is None else matrix.size * moments.most * self.size
        self.moments = _moments(matrix, mask) if moments is None or bound >= _EXACT_INT else moments
        self.number: type = np.float64 if not self.moments.whole or bound < _EXACT_FLOAT else np.int64
        floats = np.dtype(np.float64)
        kind = sum_kind(matrix.dtype, self.moments.most, self.size) if self.moments.whole else floats
        counted = sum_kind(np.dtype(bool), 1, self.size)
        self.sums = RowSums(hood, matrix.shape, row0, kind)
        self.members = RowSums(hood, matrix.shape, row0, counted)
        self.sum_type = np.promote_types(kind, np.int32) if kind.kind == "i" else kind
        self.drawn_type = np.promote_types(counted, np.int16)
        self._inner: dict[tuple[int, int], tuple[NDArray[Any], NDArray[Any]]] = {}
        self._tables()

    def _tables(self) -> None:
        """Prepare what depends on the number of members k only: its factor of z and its reason."""
        self.others = others = self.moments.n if self.star else self.moments.n - 1
        k = np.arange(self.size + 1)
        self.reason = np.zeros(len(k), dtype=np.int8)
        self.reason[k == others] = 4
        self.reason[0] = 3
        if self.star and self.moments.spread == 0:
            self.reason[:] = 2
        if others < 2:
            self.reason[:] = 1
        free = (k * (others - k)).astype(float)
        free[(self.reason > 0) | (free <= 0)] = np.nan
        self.factor = np.sqrt(max(others - 1, 1) / free)
        if self.star and self.moments.spread > 0:
            self.factor /= math.sqrt(self.moments.spread)
        self._own_table: Floats | None = None
        if not self.star and self.moments.whole and self.moments.most < _TABLE:
            self._own_table = self.moments.left_out(np.arange(-self.moments.most, self.moments.most + 1))

    def empty(self, cells: int) -> Gi:
        return Gi(
            np.empty(cells),
            np.empty(cells, dtype=self.sum_type),
            np.empty(cells, dtype=self.drawn_type),
            np.zeros(cells, dtype=np.int8),
        )

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        step = self.sums.rows
        return ((first, min(first + step, stop)) for first in range(start, stop, step))

    def cells(self, start: int, stop: int) -> int:
        if self.mask is None:
            return (stop - start) * self.sums.width
        return int(np.count_nonzero(self.mask[start:stop]))

    def fill(self, start: int, stop: int, out: Gi) -> None:
        """Compute the cells of rows ``start`` to ``stop`` (at most ``sums.rows`` of them)."""
        shape = (stop - start, self.sums.width)
        # None where every cell is inside: then nothing needs picking out.
        keep = None if self.mask is None or len(out.z) == shape[0] * shape[1] else self.mask[start:stop]
        if keep is None:
            self.sums.write(self.matrix, start, stop, out.sums.reshape(shape))
        else:
            found = np.empty(shape, dtype=out.sums.dtype)
            self.sums.write(self.matrix, start, stop, found)
            out.sums[:] = found[keep]
        drawn, partial = self._counted(start, stop, keep)
        if self.star:
            np.positive(drawn, out=out.drawn)
            self._score(out, partial)
        else:
            np.subtract(drawn, 1, out=out.drawn)
            here = self.matrix[start:stop]
            self._score_without(out, here.reshape(-1) if keep is None else here[keep])

    def _counted(
        self, start: int, stop: int, keep: NDArray[np.bool_] | None
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return how many cells each neighbourhood has, and where that is not the full number.

        Blocks with nothing but cells of the area in reach are all alike, and computed once.
        """
        low, high = start - self.members.halo, stop + self.members.halo
        inner = low >= 0 and high <= self.members.height
        inner = inner and (self.mask is None or bool(self.mask[low:high].all()))
        key = (stop - start, start % 2)
        if inner and key in self._inner:
            return self._inner[key]
        drawn = np.empty((stop - start, self.members.width), dtype=self.drawn_type)
        self.members.write(self.mask, start, stop, drawn)
        flat = drawn.reshape(-1) if keep is None else drawn[keep]
        found = flat, np.flatnonzero(flat != self.size)
        if inner:
            self._inner[key] = found
        return found

    def _score(self, out: Gi, partial: NDArray[Any]) -> None:
        """Full neighbourhoods share one factor; the others look theirs up."""
        self._numerator(out.sums, self.size, out.z)
        np.multiply(out.z, self.factor[self.size], out=out.z)
        if len(partial):
            drawn, z = out.drawn[partial], np.empty(len(partial))
            self._numerator(out.sums[partial], drawn, z)
            out.z[partial] = z * self.factor[drawn]
        if self.reason[1:].any():
            out.reason[:] = self.reason[out.drawn]

    def _numerator(self, sums: NDArray[Any], drawn: Any, z: Floats) -> None:
        """Write N S - T k."""
        if self.number is np.float64:
            np.copyto(z, sums)
            np.multiply(z, float(self.others), out=z)
            np.subtract(z, drawn * float(self.moments.total), out=z)
        else:
            z[:] = sums.astype(np.int64) * self.others - np.int64(self.moments.total) * drawn

    def _score_without(self, out: Gi, own: NDArray[Any]) -> None:
        np.subtract(out.sums, own, out=out.sums, casting="unsafe")
        number = self.number
        numerator = out.sums.astype(number) * number(self.others)
        numerator -= (number(self.moments.total) - own.astype(number)) * out.drawn
        if self._own_table is None:
            spread = self.moments.left_out(own)
        else:
            spread = self._own_table[own.astype(np.int64) + self.moments.most]
        flat = spread == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            out.z[:] = numerator * self.factor[out.drawn] / np.sqrt(spread)
        if self.reason[1:].any() or flat.any() or not out.drawn.all():
            out.reason[:] = self.reason[out.drawn]
            out.reason[flat & (out.reason != 1)] = 2
            out.z[out.reason > 0] = np.nan


@dataclass(frozen=True)
class _Moments:
    """Of all cells: number, total, N Q - T^2 (``spread``), and, for whole counts, squares and the most."""

    n: int
    total: int | float
    spread: int | float
    squares: int = 0
    most: int = 0
    whole: bool = True
    flat: float = 0.0

    def left_out(self, own: NDArray[Any]) -> Floats:
        """Return N Q - T^2 of the N = n - 1 cells that are left when one of each own value is out."""
        others = max(self.n - 1, 1)
        if not self.whole:
            scatter = self.spread / max(self.n, 1)
            centred = own - self.total / max(self.n, 1)
            left = scatter - centred * centred * (self.n / others)
            return np.where(left > max(self.flat, 1e-12 * scatter), left * others, 0.0)
        if others * self.squares < _EXACT_INT and self.total**2 < _EXACT_INT:
            x = own.astype(np.int64)
            return (others * (self.squares - x * x) - (self.total - x) ** 2).astype(float)
        values, code = np.unique(own, return_inverse=True)
        exact = [float(others * (self.squares - v * v) - (self.total - v) ** 2) for v in values.tolist()]
        return np.array(exact)[code]


def _whole_moments(matrix: NDArray[Any], mask: NDArray[np.bool_] | None) -> _Moments:
    """Sum whole values and their squares without rounding, in floats while they hold every step."""
    n = matrix.size if mask is None else int(np.count_nonzero(mask))
    total = squares = largest_row = 0
    kinds: list[tuple[type, int]] = [(np.float32, 1 << 23), (np.float64, _EXACT_FLOAT // 2)]
    step = max(TILE_CELLS // max(matrix.shape[1], 1), 1)
    for start in range(0, len(matrix), step):
        block = matrix[start : start + step]
        while kinds:
            kind, most = kinds[0]
            x: NDArray[Any] = block.astype(kind)
            rows = np.vecdot(x, x)
            if float(rows.max(initial=0)) < most:
                # Whole values are no larger than their squares, so their sums hold too.
                of_rows = [np.vecdot(x, np.ones(x.shape[1], dtype=kind)), rows]
                found = [sum(part.astype(np.int64).tolist()) for part in of_rows]
                largest_row = max(largest_row, int(rows.max(initial=0)))
                break
            del kinds[0]
        else:
            values, times = np.unique(block, return_counts=True)
            pairs = list(zip(values.tolist(), times.tolist(), strict=True))
            found = [sum(int(v) * m for v, m in pairs), sum(int(v) ** 2 * m for v, m in pairs)]
            largest_row = max(largest_row, found[1])
        total, squares = total + found[0], squares + found[1]
    # No value is larger than the root of its row's squares: a bound without a pass of its own.
    return _Moments(n, total, n * squares - total * total, squares, math.isqrt(largest_row))


def _moments(matrix: NDArray[Any], mask: NDArray[np.bool_] | None) -> _Moments:
    """Sum other values row by row and the rows exactly, so that blocks of rows change nothing."""
    whole_row = np.ones(matrix.shape[1], dtype=bool)
    inside = [whole_row] * len(matrix) if mask is None else list(mask)
    n = sum(int(np.count_nonzero(row)) for row in inside)
    if n == 0:
        return _Moments(0, 0.0, 0.0, whole=False)
    total = math.fsum(float(row.sum(dtype=float)) for row in matrix)
    centred = ((row[keep] - total / n) for row, keep in zip(matrix, inside, strict=True))
    scatter = math.fsum(float((x * x).sum()) for x in centred)
    most = max(float(np.abs(row).max(initial=0)) for row in matrix)
    # Below the rounding of the values themselves, scatter is no variation.
    flat = 1e-29 * n * most**2
    return _Moments(n, total, n * scatter if scatter > flat else 0.0, whole=False, flat=flat)
