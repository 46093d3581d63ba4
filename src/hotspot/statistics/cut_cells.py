"""Which neighbourhoods hold cells that the boundary cuts, and what share of each lies inside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspot.statistics.lattice import Neighbourhood

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_SHARE = 0.05


@dataclass(frozen=True)
class CutMembers:
    """The members of neighbourhoods that the boundary cuts, one entry a pair, in the order of targets.

    Attributes
    ----------
    is_cut
        Of each cell of the area: whether the boundary cuts it.
    target
        The cell whose neighbourhood it is, ascending.
    member
        The cut cell in it.
    share
        The share of the member that lies in the area.
    own_share
        The share of each cell of the area, 1 where it is whole.
    """

    is_cut: NDArray[np.bool_]
    target: Integers
    member: Integers
    share: Floats
    own_share: Floats

    def in_pool(self, counts: NDArray[np.int64], *, star: bool) -> NDArray[np.bool_]:
        """Tell which cells the null draws from: the whole ones, and cut ones that hold more than any of them.

        Without these the null could not make what was seen, and a single incident among empty whole cells
        would have no chance at all. Gi leaves one cell out, so there "any of them" is all whole cells but
        the fullest. `as_whole` says what stands for them.
        """
        whole = ~self.is_cut
        if not whole.any():
            return whole
        held = np.sort(counts[whole])
        fullest = held[-1] if star else held[-2] if len(held) > 1 else -1
        return np.asarray(whole | (counts > fullest))

    def as_whole(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the counts, those of cut cells raised to a whole cell that holds as many per area.

        By no more than 1 / LEAST_SHARE: one incident on a sliver is no evidence of thousands.
        """
        raised = np.ceil(counts / np.maximum(self.own_share, LEAST_SHARE) - 1e-9).astype(np.int64)
        return np.where(self.is_cut, np.maximum(raised, counts), counts)

    def count(self) -> Integers:
        """Return the number of cut members of every cell's neighbourhood."""
        return np.bincount(self.target, minlength=len(self.is_cut))


def cut_members(
    mask: NDArray[np.bool_],
    cut: Integers,
    share: Floats,
    neighbourhood: Neighbourhood,
    row0: int,
    *,
    star: bool,
) -> CutMembers:
    """Find the cut members of every neighbourhood.

    Parameters
    ----------
    mask
        The cells of the area as a matrix.
    cut, share
        Positions in ``mask.ravel()`` of the cells that the boundary cuts, and their shares.
    neighbourhood, row0
        As for `neighbourhood_sums`.
    star
        Whether a cell is a member of its own neighbourhood.
    """
    neighbourhood = neighbourhood.clipped(*mask.shape)
    height, width = mask.shape
    flat = mask.reshape(-1)
    number = np.cumsum(flat, dtype=np.int32 if flat.size < 2**31 else np.int64) - 1
    row, col = np.divmod(cut, width)
    targets, members = [], []
    for parity, runs in enumerate((neighbourhood.even, neighbourhood.odd)):
        for run in runs:
            to_row = row - run.row_offset
            near = np.flatnonzero((to_row >= 0) & (to_row < height) & ((to_row + row0) % 2 == parity))
            for offset in range(run.first, run.last + 1):
                if not star and offset == 0 and run.row_offset == 0:
                    continue
                to_col = col[near] - offset
                inside = (to_col >= 0) & (to_col < width)
                position = to_row[near][inside] * width + to_col[inside]
                there = flat[position]
                targets.append(number[position[there]])
                members.append(near[inside][there])
    is_cut = np.zeros(int(number[-1]) + 1 if number.size else 0, dtype=bool)
    is_cut[number[cut]] = True
    own_share = np.ones(len(is_cut))
    own_share[number[cut]] = share
    target = np.concatenate(targets) if targets else np.empty(0, dtype=np.int64)
    which = np.concatenate(members) if members else np.empty(0, dtype=np.int64)
    order = np.lexsort((which, target))
    which = which[order]
    return CutMembers(
        is_cut, target[order].astype(np.int64), number[cut][which].astype(np.int64), share[which], own_share
    )
