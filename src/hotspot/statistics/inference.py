"""The chance of each neighbourhood's sum under the shuffled null: exact where it can be computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.statistics.cut_cells import CutMembers
from hotspot.statistics.exact import Population, Table, leave_one_out, sum_table, work
from hotspot.statistics.thinned import cut_tails

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Resum = Callable[[Integers], NDArray[Any]]

METHODS = ("exact", "rounded")
MOST_WORK = 4e8
"""Multiplications of the table of sums of one map: some seconds."""
FEWEST_WHOLE = 12
"""With fewer whole cells the null of cut ones, which is drawn from them, raises too many alarms."""
MOST_ENTRIES = 5e7
"""Probabilities held at once."""


@dataclass(frozen=True)
class Tails:
    """P(S >= s) and P(S <= s) of each cell, and by which of METHODS (an index) each was found."""

    upper: Floats
    lower: Floats
    method: NDArray[np.int8]


def tails(
    counts: Integers,
    sums: NDArray[Any],
    drawn: NDArray[Any],
    *,
    star: bool,
    cut: CutMembers | None = None,
    resum: Resum | None = None,
) -> Tails:
    """Compute both tails of every neighbourhood's sum; NaN where there is too little to draw from.

    Where counts are so large that the table of all sums would take too long, the cells with the largest
    sums are "rounded": the test is made on counts rounded to the nearest multiple of a step, which is as
    valid as the test of the counts themselves and loses next to no power. The others stay exact.

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
        cut ones that hold more than any of them, raised to a whole cell that holds as many per area): whole
        members are drawn from it without replacement, and each cut member is a cell drawn from it and
        thinned by its share. With fewer than FEWEST_WHOLE whole cells there is too little to draw a cut
        member from.
    resum
        Gives the sums of all neighbourhoods for other counts. Without it rounded sums stand for sums of
        rounded counts.
    """
    if cut is not None and not cut.is_cut.any():
        cut = None
    if not np.issubdtype(sums.dtype, np.integer):
        raise InputError(
            "the counts are too large for whole-number arithmetic (sums over 9e18); count in thousands"
        )
    if cut is None and counts.max(initial=0) > len(counts):
        # Counts that are all multiples of one number (scores, say) have sums that are: smaller tables.
        unit = max(int(np.gcd.reduce(counts)), 1)
        if unit > 1:
            counts, sums = counts // unit, sums // unit
    whole_draws = drawn if cut is None else drawn - cut.count()
    pool = np.ones(len(counts), dtype=bool) if cut is None else cut.in_pool(counts, star=star)
    case = _Case.of(counts, sums, whole_draws, cut, pool, star)
    largest = int(sums.max(initial=0))
    method = np.zeros(len(counts), dtype=np.int8)
    if case.population.size == 0:
        return Tails(case.upper, case.lower, method)
    if not case.too_much(largest):
        case.fill_up_to(largest)
    else:
        low, high = 0, largest
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if case.too_much(middle) else (middle, high)
        case.fill_up_to(low)
        beyond = sums > low
        rounded = _rounded(case, resum)
        case.upper[beyond], case.lower[beyond] = rounded.upper[beyond], rounded.lower[beyond]
        method[beyond] = METHODS.index("rounded")
    if cut is not None and np.count_nonzero(~cut.is_cut) < FEWEST_WHOLE:
        case.upper[cut.target] = case.lower[cut.target] = np.nan
    return Tails(case.upper, case.lower, method)


def _rounded(case: _Case, resum: Resum | None) -> _Case:
    """Make the same test on counts rounded to the nearest multiple of the smallest step that is affordable."""
    step = 2
    while True:
        counts, sums = _nearest(case.raw, step), _nearest(case.sums, step)
        if resum is not None:
            sums = resum(counts)
        coarse = _Case.of(counts, sums, case.whole_draws, case.cut, case.pool, case.star)
        largest = int(coarse.sums.max(initial=0))
        if not coarse.too_much(largest) or largest <= 2:
            coarse.fill_up_to(largest)
            return coarse
        step = step * 3 // 2


def _nearest(values: NDArray[Any], step: int) -> NDArray[Any]:
    return np.asarray((values + step // 2) // step)


@dataclass(frozen=True)
class _Case:
    """The neighbourhoods of one map, what they are drawn from, and what has been found about them."""

    raw: Integers
    counts: Integers
    """What each cell is in the population: cut ones raised to whole ones."""
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
        raw: Integers,
        sums: NDArray[Any],
        whole_draws: NDArray[Any],
        cut: CutMembers | None,
        pool: NDArray[np.bool_],
        star: bool,
    ) -> _Case:
        counts = raw if cut is None else cut.as_whole(raw)
        population = Population.of(counts[pool] if cut is not None else counts)
        upper, lower = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
        return cls(raw, counts, sums, whole_draws, cut, pool, star, population, upper, lower)

    @property
    def draws(self) -> int:
        return int(self.whole_draws.max(initial=0))

    def too_much(self, cap: int) -> bool:
        """Tell whether telling sums up to ``cap`` apart would take too long or too much memory."""
        values = self.population.values
        tables = 1.0 if self.star else 1.0 + np.log2(max(len(values), 2))
        if (self.draws + 1.0) * (cap + 1.0) * min(tables, 12.0) > MOST_ENTRIES:
            return True
        return bool(tables * work(self.population, self.draws, cap) > MOST_WORK)

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
