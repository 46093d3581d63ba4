"""The exact null of a neighbourhood's sum: cells drawn without replacement from a set of counts.

The sum of k values drawn from a known multiset of whole counts has a distribution that can be
computed, not simulated: values enter one distinct value at a time, and the number of draws that fall
on the new value is hypergeometric. Every term is positive, so nothing cancels and the tails keep
their digits far below 1e-12. Its moments are those of Gi* itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Population:
    """A multiset of counts: each distinct value, ascending, and how many cells have it."""

    values: Integers
    times: Integers

    @classmethod
    def of(cls, counts: Integers) -> Population:
        """Gather the counts of cells."""
        largest = int(counts.max(initial=0))
        if largest < 4 * len(counts) + 1000:
            every = np.bincount(counts, minlength=1)
            values = np.flatnonzero(every)
            return cls(values.astype(np.int64), every[values].astype(np.int64))
        values, times = np.unique(counts, return_counts=True)
        return cls(values.astype(np.int64), times.astype(np.int64))

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(self.times.sum())

    def without(self, position: int) -> Population:
        """Leave one cell of the value at ``position`` out."""
        times = self.times.copy()
        times[position] -= 1
        kept = times > 0
        return Population(self.values[kept], times[kept])


@dataclass(frozen=True)
class Table:
    """Sums of 0 ... K draws: row k holds P(S = s) for s up to ``cap``, and ``over`` P(S > cap)."""

    mass: Floats
    over: Floats

    def tails(self) -> tuple[Floats, Floats]:
        """Return P(S >= s) and P(S <= s) as tables, each summed from its own small end."""
        upper = np.cumsum(np.column_stack([self.over, self.mass[:, ::-1]]), axis=1)[:, :0:-1]
        lower = np.cumsum(self.mass, axis=1)
        return np.minimum(upper, 1.0), np.minimum(lower, 1.0)


def work(population: Population, draws: int, cap: int) -> float:
    """Estimate the multiplications of one table."""
    values, times = population.values, population.times
    chosen = np.minimum(times, draws)
    fits = cap // np.maximum(values, 1)
    reach = np.minimum(np.cumsum(values * chosen), min(cap, largest_sum(population, draws)))
    return float(np.sum((np.minimum(chosen, fits) + 1.0) * (reach + 40.0))) * (draws + 1)


def largest_sum(population: Population, draws: int) -> int:
    """Return the largest sum that ``draws`` cells can have."""
    left, total = draws, 0
    for value, times in zip(population.values[::-1].tolist(), population.times[::-1].tolist(), strict=True):
        taken = min(left, times)
        total += taken * value
        left -= taken
        if left == 0:
            break
    return total


def sum_table(population: Population, draws: int, cap: int | None = None) -> Table:
    """Compute the distribution of the sum of k cells drawn without replacement, k = 0 ... ``draws``.

    Parameters
    ----------
    population
        The counts that are drawn from.
    draws
        The most cells drawn; at most the size of the population.
    cap
        The largest sum that is told apart; larger ones are one class, still counted. None tells all.
    """
    growing = _Growing.empty(draws, largest_sum(population, draws) if cap is None else cap)
    for value, times in zip(population.values.tolist(), population.times.tolist(), strict=True):
        growing = growing.with_value(value, times)
    return growing.table()


@dataclass(frozen=True)
class _Growing:
    """A table of the values seen so far; columns beyond ``reach`` are still empty."""

    table_: Floats
    over: Floats
    seen: int
    reach: int

    @classmethod
    def empty(cls, draws: int, cap: int) -> _Growing:
        table = np.zeros((draws + 1, cap + 1))
        table[0, 0] = 1.0
        return cls(table, np.zeros(draws + 1), 0, 0)

    def table(self) -> Table:
        return Table(self.table_, self.over)

    def with_value(self, value: int, times: int) -> _Growing:
        """Add ``times`` cells of one value."""
        draws, cap = self.table_.shape[0] - 1, self.table_.shape[1] - 1
        chance = _hypergeometric(self.seen, times, draws)
        reach = min(cap, self.reach + value * min(times, draws))
        grown = np.zeros_like(self.table_)
        over = np.zeros(draws + 1)
        for j in range(chance.shape[1]):
            weight, shift = chance[j:, j], value * j
            rows = slice(0, draws + 1 - j)
            over[j:] += weight * self.over[rows]
            fits = min(self.reach, cap - shift)
            if fits >= 0:
                grown[j:, shift : shift + fits + 1] += weight[:, None] * self.table_[rows, : fits + 1]
            if fits < self.reach:
                over[j:] += weight * self.table_[rows, max(fits + 1, 0) : self.reach + 1].sum(axis=1)
        return _Growing(grown, over, self.seen + times, reach)


def _hypergeometric(others: int, marked: int, draws: int) -> Floats:
    """P(j of k draws are marked), for k = 0 ... ``draws`` (rows) and every possible j (columns).

    Draw after draw: each row follows from the one before by sums of positive terms, so there is no
    logarithm of a factorial, whose rounding would cost up to seven digits with millions of cells.
    """
    most = min(marked, draws)
    chance = np.zeros((draws + 1, most + 1))
    chance[0, 0] = 1.0
    j = np.arange(most + 1)
    for k in range(draws):
        left = others + marked - k
        if left <= 0:
            break
        chance[k + 1] = chance[k] * (np.maximum(others - (k - j), 0) / left)
        chance[k + 1, 1:] += chance[k, :-1] * ((marked - j[:-1]) / left)
    return chance


def leave_one_out(population: Population, draws: int, cap: int) -> Iterator[tuple[int, Table]]:
    """Yield for each distinct value its position and the table of the population less one such cell.

    Half of the values at a time are added to what the other half shares: log2(V) tables for each
    value instead of V, and no cell is ever taken away again, which would cancel digits.
    """
    values, times = population.values.tolist(), population.times.tolist()

    def halves(table: _Growing, low: int, high: int) -> Iterator[tuple[int, Table]]:
        if high - low == 1:
            rest = times[low] - 1
            yield low, (table.with_value(values[low], rest) if rest else table).table()
            return
        middle = (low + high) // 2
        for mine, others in (
            ((low, middle), range(middle, high)),
            ((middle, high), range(low, middle)),
        ):
            grown = table
            for position in others:
                grown = grown.with_value(values[position], times[position])
            yield from halves(grown, *mine)

    yield from halves(_Growing.empty(draws, cap), 0, len(values))
