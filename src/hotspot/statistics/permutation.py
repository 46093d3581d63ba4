"""The shuffled null by simulation, for values that are not whole counts, and as a check of the exact one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.statistics.cut_cells import CutMembers
from hotspot.statistics.lattice import Neighbourhood, neighbourhood_sums

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_ROUNDING = 1e-9
"""Sums of decimals nearer than this, relative to the values in the neighbourhood, are ties."""


def permutation_tails(
    values: NDArray[Any],
    mask: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
    row0: int,
    *,
    star: bool,
    permutations: int,
    rng: np.random.Generator,
    cut: CutMembers | None,
) -> tuple[Floats, Floats]:
    """Return (1 + shuffles with S >= s) / (1 + R), and the same with S <= s; ties count on both sides.

    Parameters
    ----------
    values
        Of each cell of the area.
    mask, neighbourhood, row0
        As for `neighbourhood_sums`.
    star
        True shuffles all cells; False holds each cell's own value back, so that its neighbours are
        drawn from the others.
    cut
        Cells that the boundary cuts are drawn from the whole cells and thinned (whole counts only);
        None shuffles all cells as if they were whole.
    """
    if values.dtype.kind in "iu":
        values = values.astype(np.int64)  # small types would wrap
    shuffle = _Shuffle.of(values, mask, neighbourhood, row0, star, cut)
    if len(shuffle.whole) == 0:
        return np.full(len(values), np.nan), np.full(len(values), np.nan)
    seen = shuffle.sums(values)
    slack = 0 if values.dtype.kind == "i" else _ROUNDING * shuffle.sums(np.abs(values))
    at_least, at_most = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
    for _ in range(permutations):
        drawn = shuffle.draw(rng)
        at_least += drawn >= seen - slack
        at_most += drawn <= seen + slack
    total = 1.0 + permutations
    return (1.0 + at_least.astype(float)) / total, (1.0 + at_most.astype(float)) / total


@dataclass(frozen=True)
class _Shuffle:
    """One map of cells, ready to be shuffled again and again."""

    values: NDArray[Any]
    drawn_from: NDArray[Any]
    """The values, those of cut cells as the whole cells that stand for them."""
    mask: NDArray[np.bool_]
    neighbourhood: Neighbourhood
    row0: int
    star: bool
    cut: CutMembers | None
    whole: Integers
    pool: Integers
    """The whole cells, and cut ones that hold more than any of them."""
    cut_cells: Integers
    cut_share: Floats
    member_number: Integers
    """Of each pair of ``cut``: the position of its member in ``cut_cells``."""

    @classmethod
    def of(
        cls,
        values: NDArray[Any],
        mask: NDArray[np.bool_],
        neighbourhood: Neighbourhood,
        row0: int,
        star: bool,
        cut: CutMembers | None,
    ) -> _Shuffle:
        whole = np.arange(len(values)) if cut is None else np.flatnonzero(~cut.is_cut)
        pool = whole if cut is None else np.flatnonzero(cut.in_pool(values, star=star))
        cells, first, number = (
            (np.empty(0, dtype=np.int64),) * 3
            if cut is None
            else np.unique(cut.member, return_index=True, return_inverse=True)
        )
        share = np.empty(0) if cut is None else cut.share[first]
        drawn_from = values if cut is None else cut.as_whole(values)
        return cls(
            values, drawn_from, mask, neighbourhood, row0, star, cut, whole, pool, cells, share, number
        )

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """Sum every neighbourhood of one map, the cell itself only when ``star``."""
        matrix = np.zeros(self.mask.shape, dtype=values.dtype)
        matrix[self.mask] = values
        sums: NDArray[Any] = neighbourhood_sums(matrix, self.neighbourhood, self.row0)[self.mask]
        return sums if self.star else sums - values

    def draw(self, rng: np.random.Generator) -> NDArray[Any]:
        """Return the sums of one shuffle."""
        order = rng.permutation(self.pool)
        shuffled = np.zeros_like(self.values)
        shuffled[self.whole] = self.drawn_from[order[: len(self.whole)]]
        drawn = rng.integers(len(self.pool), size=len(self.cut_cells))
        if self.cut is not None:
            shuffled[self.cut_cells] = rng.binomial(self.drawn_from[self.pool[drawn]], self.cut_share)
        sums = self.sums(shuffled)
        if self.star:
            return sums
        sums = np.asarray(sums + self._own_value_back(order, shuffled))
        if self.cut is not None:
            np.add.at(sums, *self._cut_of_others(rng, drawn, shuffled))
        return sums

    def _own_value_back(self, order: Integers, shuffled: NDArray[Any]) -> NDArray[Any]:
        """Return what changes when a cell swaps for its own value, where that went to a neighbour.

        The shuffle that is left is one of all shuffles that leave the cell's own value in place.
        """
        placed = order[: len(self.whole)]
        went_to = np.full(len(self.values), -1, dtype=np.int64)
        went_to[placed] = self.whole
        spare = self.drawn_from[order[-1]] if len(order) > len(self.whole) else 0
        row, col = np.nonzero(self.mask)
        change = np.zeros_like(self.values)
        at = placed[went_to[placed] != placed]
        near = self._is_neighbour(row[at], row[went_to[at]] - row[at], col[went_to[at]] - col[at])
        # A cut cell has no drawn value of its own to give back: one that was left over takes its place.
        instead = np.where(self._is_whole(at), shuffled[at], spare)
        change[at] = np.where(near, instead - self.drawn_from[at], 0)
        return change

    def _is_whole(self, cells: Integers) -> NDArray[np.bool_]:
        return np.ones(len(cells), dtype=bool) if self.cut is None else ~self.cut.is_cut[cells]

    def _is_neighbour(self, row: Integers, down: Integers, right: Integers) -> NDArray[np.bool_]:
        near: NDArray[np.bool_] = np.zeros(len(row), dtype=bool)
        for parity, runs in enumerate((self.neighbourhood.even, self.neighbourhood.odd)):
            of_parity = (row + self.row0) % 2 == parity
            for run in runs:
                near |= of_parity & (down == run.row_offset) & (right >= run.first) & (right <= run.last)
        return np.asarray(near & ((down != 0) | (right != 0)))

    def _cut_of_others(
        self, rng: np.random.Generator, drawn: Integers, shuffled: NDArray[Any]
    ) -> tuple[Integers, NDArray[Any]]:
        """Return cells whose cut neighbour drew the cell itself, and the change from drawing another."""
        if self.cut is None or len(self.pool) < 2:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=self.values.dtype)
        again = (drawn + rng.integers(1, len(self.pool), size=len(drawn))) % len(self.pool)
        other = rng.binomial(self.drawn_from[self.pool[again]], self.cut_share)
        own = self.pool[drawn[self.member_number]] == self.cut.target
        member = self.member_number[own]
        return self.cut.target[own], (other - shuffled[self.cut_cells])[member]
