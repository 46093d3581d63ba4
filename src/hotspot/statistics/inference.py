"""The chance of each neighbourhood's sum under the shuffled null: exact where it can be computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.statistics.cut_cells import CutMembers
from hotspot.statistics.exact import Population, Table, leave_one_out, sum_table, work
from hotspot.statistics.thinned import cut_tails

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

METHODS = ("exact", "rounded")
MOST_WORK = 2e9
"""Multiplications of the null of one map: about ten seconds."""
MOST_ENTRIES = 5e7
"""Probabilities held at once."""


@dataclass(frozen=True)
class Tails:
    """P(S >= s) and P(S <= s) of each cell, and by which of METHODS (an index) each was found."""

    upper: Floats
    lower: Floats
    method: NDArray[np.int8]


def tails(
    counts: Integers, sums: NDArray[Any], drawn: NDArray[Any], *, star: bool, cut: CutMembers | None = None
) -> Tails:
    """Compute both tails of every neighbourhood's sum; NaN where there is no cell to draw from.

    Where counts are so large that the table of all sums would take too long, the cells with the largest
    sums are "rounded": counts in steps of u, upwards for P(S >= s) and downwards for P(S <= s), so that
    neither is ever too small. (Cut members are thinned in the same steps, which is coarser than one by
    one: with them a tail can be a tenth too small.) The others stay exact.

    Parameters
    ----------
    counts
        Whole counts of zero or more of all n cells.
    sums, drawn
        Of each cell: the sum of its neighbourhood and the number of cells in it; itself included when ``star``.
    star
        True draws from all n cells; False draws from the other n - 1, once for each own value.
    cut
        The members of neighbourhoods that the boundary cuts. The population is then the whole cells (and
        cut ones that hold more than any of them): whole members are drawn from it without replacement,
        and each cut member is a cell drawn from it and thinned by its share.
    """
    if cut is not None and not cut.is_cut.any():
        cut = None
    if cut is None and counts.max(initial=0) > len(counts):
        # Counts that are all multiples of one number (scores, say) have sums that are: smaller tables.
        unit = max(int(np.gcd.reduce(counts)), 1)
        counts, sums = (counts // unit, sums // unit) if unit > 1 else (counts, sums)
    whole_draws = drawn if cut is None else drawn - cut.count()
    pool = np.ones(len(counts), dtype=bool) if cut is None else cut.in_pool(counts, star=star)
    case = _Case.of(counts, sums, whole_draws, cut, pool, star)
    largest = int(sums.max(initial=0))
    if case.population.size == 0 or not case.too_much(largest):
        case.fill_up_to(largest)
        return Tails(case.upper, case.lower, np.zeros(len(counts), dtype=np.int8))
    low, high = 0, largest
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if case.too_much(middle) else (middle, high)
    case.fill_up_to(low)
    beyond = sums > low
    upper, lower = _rounded(counts, sums, whole_draws, cut, pool, star)
    case.upper[beyond], case.lower[beyond] = upper[beyond], lower[beyond]
    return Tails(case.upper, case.lower, beyond.astype(np.int8))


def _rounded(
    counts: Integers,
    sums: NDArray[Any],
    whole_draws: NDArray[Any],
    cut: CutMembers | None,
    pool: NDArray[np.bool_],
    star: bool,
) -> tuple[Floats, Floats]:
    """Return both tails with counts rounded up for the upper one and down for the lower one."""
    step = 2
    while True:
        up = _Case.of(-(-counts // step), -(-sums // step), whole_draws, cut, pool, star)
        largest = int(up.sums.max(initial=0))
        if not up.too_much(largest) or largest <= 2:
            break
        step = step * 5 // 4 + 1
    up.fill_up_to(largest)
    down = _Case.of(counts // step, sums // step, whole_draws, cut, pool, star)
    down.fill_up_to(int(down.sums.max(initial=0)))
    return up.upper, down.lower


@dataclass(frozen=True)
class _Case:
    """The neighbourhoods of one map, what they are drawn from, and what has been found about them."""

    counts: Integers
    sums: NDArray[Any]
    whole_draws: NDArray[Any]
    cut: CutMembers | None
    pool: NDArray[np.bool_]
    star: bool
    population: Population
    upper: Floats
    lower: Floats

    @classmethod
    def of(
        cls,
        counts: Integers,
        sums: NDArray[Any],
        whole_draws: NDArray[Any],
        cut: CutMembers | None,
        pool: NDArray[np.bool_],
        star: bool,
    ) -> _Case:
        population = Population.of(counts if cut is None else counts[pool])
        upper, lower = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
        return cls(counts, sums, whole_draws, cut, pool, star, population, upper, lower)

    @property
    def draws(self) -> int:
        return int(self.whole_draws.max(initial=0))

    def too_much(self, cap: int) -> bool:
        """Tell whether telling sums up to ``cap`` apart would take too long or too much memory."""
        values = self.population.values
        tables = 1.0 if self.star else 1.0 + np.log2(max(len(values), 2))
        if (self.draws + 1.0) * (cap + 1.0) * min(tables, 12.0) > MOST_ENTRIES:
            return True
        total = tables * work(self.population, self.draws, cap)
        if self.cut is not None:
            members = self.cut.count()
            sums = self.sums[(members > 0) & (self.sums <= cap)].astype(float)
            total += float(((values[-1] + members.max() * sums) * sums).sum())
        return bool(total > MOST_WORK)

    def fill_up_to(self, cap: int) -> None:
        """Find both tails of the neighbourhoods whose sum is at most ``cap``."""
        if self.population.size == 0:
            return
        everyone = self.sums.max(initial=0) <= cap
        if self.star:
            self.fill(
                sum_table(self.population, self.draws, cap),
                self.population,
                None if everyone else np.flatnonzero(self.sums <= cap),
            )
            return
        may = np.ones(len(self.counts), dtype=bool) if everyone else self.sums <= cap
        if self.cut is not None:
            # A cell that is not in the population leaves nothing out of it.
            apart = np.flatnonzero(may & ~self.pool)
            self.fill(sum_table(self.population, self.draws, cap), self.population, apart)
        whole = np.flatnonzero(may & self.pool)
        by_value = whole[np.argsort(self.counts[whole], kind="stable")]
        starts = np.searchsorted(self.counts[by_value], self.population.values, side="left")
        ends = np.searchsorted(self.counts[by_value], self.population.values, side="right")
        for position, table in leave_one_out(self.population, self.draws, cap):
            mine = by_value[starts[position] : ends[position]]
            if len(mine):
                self.fill(table, self.population.without(position), mine)

    def fill(self, table: Table, population: Population, who: Integers | None) -> None:
        """Look the tails of cells (all when None) up, whose population the table is of."""
        upper, lower = table.tails()
        if who is None and self.cut is None:
            place = self.whole_draws * np.intp(upper.shape[1]) + self.sums
            np.take(upper.reshape(-1), place, out=self.upper)
            np.take(lower.reshape(-1), place, out=self.lower)
            return
        everyone = np.arange(len(self.sums)) if who is None else who
        if self.cut is not None:
            first = np.searchsorted(self.cut.target, everyone, side="left")
            last = np.searchsorted(self.cut.target, everyone, side="right")
            partly = last > first
            self._fill_cut(upper, lower, population, everyone[partly], first[partly], last[partly])
            everyone = everyone[~partly]
        draws, sums = self.whole_draws[everyone], self.sums[everyone]
        self.upper[everyone], self.lower[everyone] = upper[draws, sums], lower[draws, sums]

    def _fill_cut(
        self,
        upper: Floats,
        lower: Floats,
        population: Population,
        who: Integers,
        first: Integers,
        last: Integers,
    ) -> None:
        if not len(who) or population.size == 0 or self.cut is None:
            return
        start = np.concatenate([[0], np.cumsum(last - first)])
        pairs = np.repeat(first - start[:-1], last - first) + np.arange(start[-1])
        self.upper[who], self.lower[who] = cut_tails(
            population, upper, lower, self.whole_draws[who], self.sums[who], start, self.cut.share[pairs]
        )
