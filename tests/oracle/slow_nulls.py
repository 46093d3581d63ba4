"""The nulls of Gi* and Gi from their definition, in whole numbers and fractions; nothing of the library is used.

The whole cells are the population, with cut cells that hold more than any whole one (for Gi: than any
but the fullest). Gi leaves the cell's own count out of it. The whole members of a
neighbourhood are draws from the population without replacement. A cut member is one more draw from the whole
population, apart from all others, of which each incident is kept with chance share.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

Distribution = dict[int, Fraction]

# A whole cell's share may be one less a rounding of its polygon's area.
WHOLE = 1.0 - 1e-9


@dataclass(frozen=True)
class Case:
    """One cell's null: the counts drawn from, how many whole members, the cut members' shares; and its sum."""

    pool: tuple[int, ...]
    draws: int
    shares: tuple[float, ...]
    seen: int


def cases(
    counts: Sequence[int], shares: Sequence[float], neighbours: Sequence[Sequence[int]], *, star: bool
) -> Iterator[Case]:
    """Yield the case of each cell, from its neighbours without itself."""
    whole = [share >= WHOLE for share in shares]
    held = sorted(count for count, is_whole in zip(counts, whole, strict=True) if is_whole)
    most = math.inf if not held else held[-1] if star else -1 if len(held) == 1 else held[-2]
    drawn_from = [is_whole or count > most for count, is_whole in zip(counts, whole, strict=True)]
    # A piece stands for a whole cell that holds as many incidents per area, but for no more than twenty times as many.
    stands_for = [
        count if is_whole else math.ceil(count / max(share, 0.05) - 1e-9)
        for count, share, is_whole in zip(counts, shares, whole, strict=True)
    ]
    for i, mine in enumerate(neighbours):
        members = [*mine, i] if star else list(mine)
        pool = tuple(
            sorted(count for j, count in enumerate(stands_for) if drawn_from[j] and (star or j != i)),
        )
        cut = tuple(sorted(shares[j] for j in members if not whole[j]))
        yield Case(pool, len(members) - len(cut), cut, sum(counts[j] for j in members))


def two_sided(upper: Fraction, lower: Fraction) -> Fraction:
    return min(Fraction(1), 2 * min(upper, lower))


def convolved(one: Distribution, other: Distribution) -> Distribution:
    total: Distribution = {}
    for (a, p), (b, q) in itertools.product(one.items(), other.items()):
        total[a + b] = total.get(a + b, Fraction(0)) + p * q
    return total


def thinned(pool: Sequence[int], share: float) -> Distribution:
    """Return the chance of each count of a cell of the pool, each equally likely, thinned by its share."""
    kept = Fraction(share)
    chance: Distribution = {}
    for count in pool:
        for left in range(count + 1):
            part = math.comb(count, left) * kept**left * (1 - kept) ** (count - left)
            chance[left] = chance.get(left, Fraction(0)) + part / len(pool)
    return chance


class Enumerated:
    """Tails by every set of cells; what was enumerated once is kept."""

    def __init__(self) -> None:
        self._sums: dict[tuple[tuple[int, ...], int], Distribution] = {}
        self._all: dict[tuple[tuple[int, ...], int, tuple[float, ...]], Distribution] = {}

    def sums(self, pool: tuple[int, ...], draws: int) -> Distribution:
        if (pool, draws) not in self._sums:
            times = Counter(sum(chosen) for chosen in itertools.combinations(pool, draws))
            sets = math.comb(len(pool), draws)
            self._sums[pool, draws] = {total: Fraction(number, sets) for total, number in times.items()}
        return self._sums[pool, draws]

    def distribution(self, case: Case) -> Distribution:
        key = (case.pool, case.draws, case.shares)
        if key not in self._all:
            chance = self.sums(case.pool, case.draws)
            for share in case.shares:
                chance = convolved(chance, thinned(case.pool, share))
            assert sum(chance.values()) == 1
            self._all[key] = chance
        return self._all[key]

    def tails(self, case: Case) -> tuple[Fraction, Fraction]:
        """Return P(S >= seen) and P(S <= seen)."""
        chance = self.distribution(case)
        upper = sum((p for total, p in chance.items() if total >= case.seen), Fraction(0))
        lower = sum((p for total, p in chance.items() if total <= case.seen), Fraction(0))
        return upper, lower


def generated_tails(case: Case) -> tuple[Fraction, Fraction]:
    """Return P(S >= seen) and P(S <= seen) by products of polynomials in whole numbers, for large pools.

    The coefficient of y^k in prod_v (1 + y t^v)^(cells of v), times each cut member's
    sum_v (cells of v) (1 - share + share t)^v over its whole number of equally likely outcomes.
    """
    ways = _ways(case.pool, case.draws)
    outcomes = math.comb(len(case.pool), case.draws)
    for share in case.shares:
        more, of = _thinned_ways(case.pool, share)
        grown = [0] * (len(ways) + len(more) - 1)
        for total, number in enumerate(ways):
            if number:
                for added, other in enumerate(more):
                    grown[total + added] += number * other
        ways, outcomes = grown, outcomes * of
    assert sum(ways) == outcomes
    return Fraction(sum(ways[case.seen :]), outcomes), Fraction(sum(ways[: case.seen + 1]), outcomes)


def _ways(pool: Sequence[int], draws: int) -> list[int]:
    width = sum(sorted(pool)[len(pool) - draws :]) + 1
    table = [[0] * width for _ in range(draws + 1)]
    table[0][0] = 1
    for value, times in Counter(pool).items():
        grown = [[0] * width for _ in range(draws + 1)]
        for used, row in enumerate(table):
            for more in range(min(times, draws - used) + 1):
                chosen, shift = math.comb(times, more), value * more
                for total, number in enumerate(row):
                    if number:
                        grown[used + more][total + shift] += chosen * number
        table = grown
    return table[draws]


def _thinned_ways(pool: Sequence[int], share: float) -> tuple[list[int], int]:
    kept, of = share.as_integer_ratio()
    largest = max(pool)
    ways = [0] * (largest + 1)
    for value, times in Counter(pool).items():
        for left in range(value + 1):
            part = math.comb(value, left) * kept**left * (of - kept) ** (value - left)
            ways[left] += times * part * of ** (largest - value)
    return ways, len(pool) * of**largest


def simulated_tails(case: Case, times: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the shares of ``times`` simulated sums that reach, and that do not exceed, the one seen."""
    values, cells = np.unique(np.array(case.pool), return_counts=True)
    sums = rng.multivariate_hypergeometric(cells, case.draws, size=times, method="marginals") @ values
    for share in case.shares:
        sums += rng.binomial(rng.choice(np.array(case.pool), size=times), share)
    return float(np.mean(sums >= case.seen)), float(np.mean(sums <= case.seen))
