"""The null of neighbourhoods that hold cut cells: whole cells, each thinned by its share.

A cut cell's count is that of a whole cell drawn at random, of which each incident falls into the part
inside the area with chance ``share``. All sums here are of positive terms, as in `exact`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspot.statistics.exact import Population

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_ENTRIES = 200_000
"""Entries of one block of neighbourhoods: small enough for the processor's cache."""


def thinned_distribution(population: Population, shares: Floats, cap: int) -> tuple[Floats, Floats]:
    """Return P(T = t), t = 0 ... ``cap``, and P(T > cap), of one drawn cell thinned by each share.

    The generating function of the drawn count, at 1 - share + share t (Horner's rule).
    """
    size = population.size
    chance = dict(zip(population.values.tolist(), (population.times / size).tolist(), strict=True))
    largest = int(population.values[-1])
    kept, lost = shares[:, None], 1.0 - shares[:, None]
    mass, over = np.zeros((len(shares), cap + 1)), np.zeros(len(shares))
    mass[:, 0] = chance[largest]
    for step, value in enumerate(range(largest - 1, -1, -1), start=1):
        reach = min(step, cap)  # the highest power after this step
        if step > cap:
            over += kept[:, 0] * mass[:, cap]
        moved = mass[:, :reach] * kept
        mass[:, : reach + 1] *= lost
        mass[:, 1 : reach + 1] += moved
        mass[:, 0] += chance.get(value, 0.0)
    return mass, over


def cut_tails(
    population: Population,
    upper: Floats,
    lower: Floats,
    whole: Integers,
    sums: Integers,
    start: Integers,
    shares: Floats,
) -> tuple[Floats, Floats]:
    """Return P(S >= s) and P(S <= s) of neighbourhoods with whole and cut members.

    Parameters
    ----------
    population
        What every member is drawn from.
    upper, lower
        Tails of the sum of k whole cells (row k), as `exact.Table.tails` gives them, up to the largest of ``sums``.
    whole, sums
        Of each neighbourhood: how many whole cells it has, and its sum.
    start
        Of each neighbourhood, and one past the last: where its cut members begin in ``shares``.
    shares
        The share inside the area of each cut member.
    """
    members = np.diff(start)
    above, below = np.empty(len(sums)), np.empty(len(sums))
    for block in _blocks(members, sums):
        cap = int(sums[block].max())
        places = start[block][:, None] + np.arange(members[block[0]])
        distinct, code = np.unique(shares[places], return_inverse=True)
        mass, over = thinned_distribution(population, distinct, cap)
        held, beyond = _convolve(mass, over, code.reshape(places.shape))
        left = sums[block][:, None] - np.arange(cap + 1)
        row = whole[block][:, None]
        # What the cut members exceed on their own needs nothing of the whole ones.
        above[block] = beyond + (held * upper[row, np.maximum(left, 0)]).sum(axis=1)
        least = lower[row, np.maximum(left, 0)]
        below[block] = np.where(left >= 0, held * least, 0.0).sum(axis=1)
    return np.minimum(above, 1.0), np.minimum(below, 1.0)


def _blocks(members: Integers, sums: Integers) -> Iterator[Integers]:
    """Part the neighbourhoods into blocks of one number of cut members and of like sums."""
    order = np.lexsort((sums, members))
    first = 0
    while first < len(order):
        same = int(np.searchsorted(members[order], members[order[first]], side="right"))
        # Sums ascend, so a block's last one sets its width; begin with what its first one allows.
        size = max(1, _ENTRIES // (int(sums[order[first]]) + 1))
        while size > 1 and size * (int(sums[order[min(first + size, same) - 1]]) + 1) > 2 * _ENTRIES:
            size = (size + 1) // 2
        last = min(first + size, same)
        yield order[first:last]
        first = last


def _convolve(mass: Floats, over: Floats, code: Integers) -> tuple[Floats, Floats]:
    """Add up the cut members of each row of ``code``: P(sum = t) up to the cap, and P(sum > cap)."""
    cap = mass.shape[1] - 1
    # P(T > r), for r = 0 ... cap, from the small end.
    survival = np.cumsum(np.column_stack([over, mass[:, :0:-1]]), axis=1)[:, ::-1]
    held, beyond = mass[code[:, 0]], over[code[:, 0]]
    for place in range(1, code.shape[1]):
        other = code[:, place]
        beyond = beyond + (held * survival[other][:, ::-1]).sum(axis=1)
        more = np.zeros_like(held)
        added = mass[other]
        for t in range(cap + 1):
            more[:, t:] += held[:, : cap + 1 - t] * added[:, t, None]
        held = more
    return held, beyond
