"""The null of neighbourhoods that hold cut cells: whole cells, each thinned by its share.

A cut cell's count is that of a whole cell drawn at random, of which each incident falls into the part
inside the area with chance ``share``. All sums here are of positive terms, as in `exact`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from hotspot.statistics.exact import Population

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_WORK = 1e8
"""Multiplications that are made one by one; beyond, transforms decide which tails need that."""
SMALL = 1e-5
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
    everyone = np.arange(len(sums))
    above, below = np.empty(len(sums)), np.empty(len(sums))
    case = _Cut(population, upper, lower, whole, sums, start, shares, members)
    reach = np.minimum(sums.astype(float), members * float(population.values[-1]))
    exact = everyone
    if float(((population.values[-1] + members * reach) * reach).sum()) > MOST_WORK:
        for block in _blocks(members, sums):
            above[block], below[block] = case.by_transform(block)
        # A transform is right to about 1e-14 of the whole: enough for all but the small tails.
        exact = np.flatnonzero(np.minimum(above, below) < SMALL)
    for part in _blocks(members[exact], sums[exact]):
        block = exact[part]
        above[block], below[block] = case.by_sums(block)
    return np.minimum(above, 1.0), np.minimum(below, 1.0)


@dataclass(frozen=True)
class _Cut:
    """Neighbourhoods with cut members, as `cut_tails` is given them."""

    population: Population
    upper: Floats
    lower: Floats
    whole: Integers
    sums: Integers
    start: Integers
    shares: Floats
    members: Integers

    def by_sums(self, block: Integers) -> tuple[Floats, Floats]:
        """Add the cut members one by one: sums of positive terms, which keep every digit."""
        most = int(self.members[block[0]]) * int(self.population.values[-1])
        cap = min(int(self.sums[block].max()), most)
        distinct, code = self._shares(block)
        mass, over = thinned_distribution(self.population, distinct, cap)
        held, beyond = _convolve(mass, over, code)
        return self._with_whole(block, held, beyond)

    def by_transform(self, block: Integers) -> tuple[Floats, Floats]:
        """Multiply the members' generating functions on the unit circle."""
        largest = int(self.population.values[-1])
        distinct, code = self._shares(block)
        mass, _ = thinned_distribution(self.population, distinct, largest)
        length = next_fast_len(code.shape[1] * largest + 1, real=True)
        turned = rfft(mass, length, axis=1)
        product = turned[code[:, 0]]
        for place in range(1, code.shape[1]):
            product *= turned[code[:, place]]
        held = np.maximum(irfft(product, length, axis=1), 0.0)
        return self._with_whole(block, held, np.zeros(len(block)))

    def _shares(self, block: Integers) -> tuple[Floats, Integers]:
        places = self.start[block][:, None] + np.arange(self.members[block[0]])
        distinct, code = np.unique(self.shares[places], return_inverse=True)
        return distinct, code.reshape(places.shape)

    def _with_whole(self, block: Integers, held: Floats, beyond: Floats) -> tuple[Floats, Floats]:
        left = self.sums[block][:, None] - np.arange(held.shape[1])
        row = self.whole[block][:, None]
        # What the cut members exceed on their own needs nothing of the whole ones.
        above = beyond + (held * self.upper[row, np.maximum(left, 0)]).sum(axis=1)
        below = np.where(left >= 0, held * self.lower[row, np.maximum(left, 0)], 0.0).sum(axis=1)
        return above, below


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
