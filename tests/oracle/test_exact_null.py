"""The exact null against enumeration, simulation and arithmetic in whole numbers."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import hotspot as hs
from hotspot.statistics.exact import Population, largest_sum, sum_table
from makers import lattice_neighbours, masked_grid


def exact_sums(counts: list[int], draws: int) -> list[int]:
    """Return how many sets of ``draws`` cells have each sum, in whole numbers of any size."""
    width = sum(sorted(counts)[-draws:]) + 1
    table = [[0] * width for _ in range(draws + 1)]
    table[0][0] = 1
    for value, times in Counter(counts).items():
        grown = [[0] * width for _ in range(draws + 1)]
        for used in range(draws + 1):
            for more in range(min(times, draws - used) + 1):
                ways, shift = math.comb(times, more), value * more
                target = grown[used + more]
                for total, number in enumerate(table[used]):
                    if number:
                        target[total + shift] += ways * number
        table = grown
    return table[draws]


def two_sided(upper: Fraction, lower: Fraction) -> float:
    return float(min(Fraction(1), 2 * min(upper, lower)))


def cells_of(grid: hs.Grid, counts: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize(
    "counts", [[0, 0, 1, 0, 2, 0, 0, 5, 0, 1, 0, 0], [3, 0, 0, 0, 0, 1, 1, 1, 1, 0, 9, 0]]
)
def test_every_set_of_cells_of_a_tiny_lattice(counts: list[int], shape: str, star: bool) -> None:
    grid, spots = masked_grid(np.ones((3, 4), dtype=bool), cell_size=200, shape=shape, row0=7, col0=4)
    result = hs.getis_ord(cells_of(grid, counts), grid, star=star)
    for i, mine in enumerate(lattice_neighbours(spots, shape, None)):
        members = [*mine, i] if star else mine
        pool = counts if star else [value for j, value in enumerate(counts) if j != i]
        seen = sum(counts[j] for j in members)
        sums = [sum(chosen) for chosen in itertools.combinations(pool, len(members))]
        upper = Fraction(sum(total >= seen for total in sums), len(sums))
        lower = Fraction(sum(total <= seen for total in sums), len(sums))
        assert result["gi_p"].iloc[i] == pytest.approx(two_sided(upper, lower), rel=1e-12, abs=0)


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_sided_p_is_one_tail(alternative: str) -> None:
    counts = [0, 0, 1, 0, 2, 0, 0, 5, 0, 1, 0, 0]
    grid, spots = masked_grid(np.ones((3, 4), dtype=bool), cell_size=200, shape="square")
    result = hs.getis_ord(cells_of(grid, counts), grid, alternative=alternative)  # type: ignore[arg-type]
    for i, mine in enumerate(lattice_neighbours(spots, "square", None)):
        seen = sum(counts[j] for j in [*mine, i])
        sums = [sum(chosen) for chosen in itertools.combinations(counts, len(mine) + 1)]
        hits = sum(total >= seen if alternative == "greater" else total <= seen for total in sums)
        assert result["gi_p"].iloc[i] == pytest.approx(hits / len(sums), rel=1e-12, abs=0)


def test_hypergeometric_tails_of_r() -> None:
    # R 4.2.2: format(phyper(8, 10, 1990, 9, lower.tail = FALSE), digits = 15), and the same with 4.
    upper = sum_table(Population(np.array([0, 1]), np.array([1990, 10])), 9).tails()[0][9]
    assert upper[9] == pytest.approx(7.21641450205457e-24, rel=1e-12, abs=0)
    assert upper[5] == pytest.approx(1.18670139572784e-10, rel=1e-12, abs=0)


def test_tails_keep_their_digits_down_to_1e_30() -> None:
    counts = [0] * 1500 + [1] * 300 + [2] * 120 + [5] * 60 + [13] * 19 + [51]
    draws = 21
    ways = exact_sums(counts, draws)
    whole = math.comb(len(counts), draws)
    assert sum(ways) == whole
    upper, lower = (tail[draws] for tail in sum_table(Population.of(np.array(counts)), draws).tails())
    assert len(upper) == len(ways)
    above = list(itertools.accumulate(reversed(ways)))[::-1]
    below = list(itertools.accumulate(ways))
    smallest = 1.0
    for total in range(len(ways)):
        for mine, number in ((upper[total], above[total]), (lower[total], below[total])):
            expected = float(Fraction(number, whole))
            assert mine == pytest.approx(expected, rel=1e-11, abs=0)
            smallest = min(smallest, expected)
    assert smallest < 1e-30


def test_millions_of_cells_cost_no_digits() -> None:
    times = {0: 3_000_000, 1: 400_000, 2: 30_000, 9: 50}
    population = Population(np.array(list(times)), np.array(list(times.values())))
    upper = sum_table(population, 9).tails()[0][9]
    assert largest_sum(population, 9) == 81
    # The largest sum is nine cells of 9, and there are C(50, 9) ways to it.
    expected = Fraction(math.comb(50, 9), math.comb(sum(times.values()), 9))
    assert upper[-1] == pytest.approx(float(expected), rel=1e-11, abs=0)
    # P(S >= 1) is one less the chance of nine zeros.
    some = 1 - Fraction(math.comb(3_000_000, 9), math.comb(sum(times.values()), 9))
    assert upper[1] == pytest.approx(float(some), rel=1e-11, abs=0)


@pytest.mark.parametrize("star", [True, False])
def test_seeded_draws_agree_within_their_error(star: bool) -> None:
    draws = 200_000
    rng = np.random.default_rng(20_240_101)
    counts = np.random.default_rng(4).poisson(0.6, 20 * 20)
    counts[np.array([21, 22, 41, 210])] = [9, 6, 4, 14]
    grid, spots = masked_grid(np.ones((20, 20), dtype=bool), cell_size=200, shape="square")
    result = hs.getis_ord(cells_of(grid, counts.tolist()), grid, star=star)
    neighbours = lattice_neighbours(spots, "square", None)
    for i in (0, 1, 21, 22, 42, 209, 210, 230, 399):
        members = [*neighbours[i], i] if star else neighbours[i]
        pool = counts if star else np.delete(counts, i)
        values, times = np.unique(pool, return_counts=True)
        sums = rng.multivariate_hypergeometric(times, len(members), size=draws) @ values
        seen = counts[members].sum()
        tail = min(np.mean(sums >= seen), np.mean(sums <= seen))
        error = 5 * math.sqrt(max(tail * (1 - tail), 1 / draws) / draws)
        assert result["gi_p"].iloc[i] == pytest.approx(min(1.0, 2 * tail), abs=2 * error)


def test_gi_sees_its_neighbours_only_and_gi_star_sees_itself() -> None:
    # One busy cell with empty neighbours: Gi* draws 9 of 400 cells, and 9 of 400 sets hold the busy one;
    # Gi of that cell draws 8 of 399 empty cells, which has one outcome.
    counts = np.zeros(400, dtype=int)
    counts[210] = 51
    grid, _ = masked_grid(np.ones((20, 20), dtype=bool), cell_size=200, shape="square")
    with_self = hs.getis_ord(cells_of(grid, counts.tolist()), grid)
    assert with_self["gi_p"].iloc[210] == pytest.approx(2 * 9 / 400, rel=1e-12, abs=0)
    with pytest.warns(hs.HotspotWarning, match="no variation"):
        without = hs.getis_ord(cells_of(grid, counts.tolist()), grid, star=False)
    assert np.isnan(without["gi_p"].iloc[210])
    # A neighbour of the busy cell has it among its 8 of 399.
    assert without["gi_p"].iloc[211] == pytest.approx(2 * 8 / 399, rel=1e-12, abs=0)


def test_the_direction_of_a_class_is_that_of_its_tail() -> None:
    counts = np.ones(400, dtype=int)
    counts[np.array([0, 1, 2, 20, 21, 22, 40, 41, 42])] = 0
    counts[np.array([357, 358, 359, 377, 378, 379, 397, 398, 399])] = 4
    grid, _ = masked_grid(np.ones((20, 20), dtype=bool), cell_size=200, shape="square")
    result = hs.getis_ord(cells_of(grid, counts.tolist()), grid)
    # Nine of nine ones drawn from 400 with nine such: 1 / C(400, 9), for both ends, twice for two sides.
    expected = 2 / math.comb(400, 9)
    assert result["gi_p"].iloc[21] == pytest.approx(expected, rel=1e-10, abs=0)
    assert result["gi_p"].iloc[378] == pytest.approx(expected, rel=1e-10, abs=0)
    assert result["gi_class"].iloc[21] == "cold 99%"
    assert result["gi_class"].iloc[378] == "hot 99%"


def test_p_is_never_zero_however_extreme() -> None:
    # 256 ones side by side in 3,600 cells, and a neighbourhood of 317 cells that holds them all:
    # C(317, 256) / C(3600, 256) is about 1e-333, less than the smallest float.
    grid, spots = masked_grid(np.ones((60, 60), dtype=bool), cell_size=100, shape="square")
    counts = [int(20 <= row < 36 and 20 <= col < 36) for row, col in spots]
    result = hs.getis_ord(cells_of(grid, counts), grid, radius=1000)
    assert (result["gi_p"] > 0).all()
    assert (result["gi_q"] > 0).all()
