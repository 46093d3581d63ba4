"""Scores against published arithmetic, and against listing every order and every choice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hotspot.statistics import prediction_scores as kernel

LEVELS = np.array([1 / 3, 2 / 3, 1.0])


def test_known_answers() -> None:
    # Observed 6, 3, 0; predicted 3, 2, 1; equal areas.
    seen, said, area = np.array([6.0, 3.0, 0.0]), np.array([3.0, 2.0, 1.0]), np.ones(3)
    hits = kernel.captured(said, area, seen, 3 * LEVELS)
    pai = [kernel.accuracy_index(h, 9.0, share) for h, share in zip(hits, LEVELS, strict=True)]
    assert pai == pytest.approx([2.0, 1.5, 1.0])
    best = [kernel.best_possible(seen, area, budget).hits for budget in (1.0, 2.0, 3.0)]
    assert [kernel.efficiency_index(h, b) for h, b in zip(hits, best, strict=True)] == pytest.approx(
        [1, 1, 1]
    )
    parts = [kernel.taken(said, area, budget) for budget in (1.0, 2.0, 3.0)]
    found = [kernel.recovery_rate_index(said, seen, part) for part in parts]
    assert found == pytest.approx([3 / 6, 5 / 9, 6 / 9])


def test_ten_cells_by_hand() -> None:
    # Ten cells of 1 km2. Three are taken: ranks 1 and 2, and one of three that share rank 3.
    score = np.array([9, 7, 5, 5, 5, 2, 1, 1, 0, 0], dtype=float)
    later = np.array([4, 0, 3, 1, 2, 5, 0, 0, 1, 0], dtype=float)
    area = np.ones(10)
    held = {
        ties: float(kernel.captured(score, area, later, np.array([3.0]), ties=ties)[0])
        for ties in ("even", "best", "worst")
    }
    # 4 + 0, and of 3, 1, 2: on average 2, at best 3, at worst 1.
    assert held == pytest.approx({"even": 6.0, "best": 7.0, "worst": 5.0})
    assert kernel.taken(score, area, 3.0) == pytest.approx([1, 1, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0, 0])
    # 16 incidents in all: PAI (6/16)/(3/10); the best three hold 5 + 4 + 3.
    assert kernel.accuracy_index(6.0, 16.0, 0.3) == pytest.approx(1.25)
    best = kernel.best_possible(later, area, 3.0)
    assert best.hits == 12.0
    assert kernel.efficiency_index(6.0, best.hits) == pytest.approx(0.5)
    # Taken by both: cell 1 whole and a third of cell 3. By either: 3 + 3 - 4/3.
    assert kernel.jaccard(kernel.taken(score, area, 3.0), best.part, area) == pytest.approx(
        (4 / 3) / (14 / 3)
    )


def in_order(order: tuple[int, ...], area: np.ndarray, later: np.ndarray, budget: float) -> float:
    """Return what an order of units holds, one unit at a time."""
    left, held = budget, 0.0
    for unit in order:
        part = min(1.0, left / area[unit])
        held += part * later[unit]
        left -= part * area[unit]
        if left <= 0:
            break
    return held


@pytest.mark.parametrize("seed", range(12))
def test_ties_against_every_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 6
    score = rng.integers(0, 3, n).astype(float)
    later = rng.integers(0, 5, n).astype(float)
    area = np.ones(n) if seed % 2 else rng.uniform(0.2, 1.0, n)
    budget = float(rng.uniform(0.1, 0.9) * area.sum())
    orders = [
        order
        for order in itertools.permutations(range(n))
        if all(score[a] >= score[b] for a, b in itertools.pairwise(order))
    ]
    listed = [in_order(order, area, later, budget) for order in orders]
    held = {
        ties: float(kernel.captured(score, area, later, np.array([budget]), ties=ties)[0])
        for ties in ("even", "best", "worst")
    }
    assert held["best"] == pytest.approx(max(listed))
    assert held["worst"] == pytest.approx(min(listed))
    assert min(listed) - 1e-9 <= held["even"] <= max(listed) + 1e-9
    if seed % 2:
        assert held["even"] == pytest.approx(np.mean(listed))
    assert kernel.taken(score, area, budget) @ later == pytest.approx(held["even"])
    every = [in_order(order, area, later, budget) for order in itertools.permutations(range(n))]
    assert kernel.best_possible(later, area, budget).hits == pytest.approx(max(every))


@pytest.mark.parametrize("seed", range(8))
def test_the_best_choice_apart_against_every_choice(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, spacing, budget = 9, 2.0, 2.5
    centres = rng.uniform(0, 5, (n, 2))
    later, area = rng.integers(0, 6, n).astype(float), np.ones(n)
    listed = [0.0]
    for size in (1, 2, 3):
        for some in itertools.combinations(range(n), size):
            if all(
                np.hypot(*(centres[a] - centres[b])) >= spacing for a, b in itertools.combinations(some, 2)
            ):
                listed.append(in_order(tuple(sorted(some, key=lambda u: -later[u])), area, later, budget))
    best = kernel.best_apart(later, area, budget, centres, spacing, gap=0.0)
    assert best.hits == pytest.approx(max(listed))
    assert best.bound == pytest.approx(max(listed))


def test_blind_choices_hold_the_area_share_on_average() -> None:
    rng = np.random.default_rng(3)
    area = np.array([0.1, 1.0, 1.0, 0.4, 0.7, 1.0])
    parts = np.array([kernel.taken_at_random(area, 1.3, rng) for _ in range(20_000)])
    assert parts @ area == pytest.approx(np.full(20_000, 1.3))
    # Each unit's expected part is 1.3 / 4.2; the error of a mean of 20,000 is under 0.0035.
    assert parts.mean(axis=0) == pytest.approx(np.full(6, 1.3 / 4.2), abs=0.014)


def test_one_block_resamples_incidents_as_a_binomial_does() -> None:
    later, part = np.array([30.0, 10.0, 60.0]), np.array([[1.0, 0.0, 0.0]])
    block = kernel.Block(part, later, np.array([0.1]))
    hits, by_area, total = kernel.resampled([block], np.random.default_rng(0), 20_000)
    assert set(total) == {100}
    assert by_area == pytest.approx(np.full((20_000, 1), 10.0))
    assert hits.mean() == pytest.approx(30.0, abs=0.15)
    assert hits.var() == pytest.approx(100 * 0.3 * 0.7, rel=0.05)


def test_the_interval_of_several_months_holds_the_truth_when_counts_are_clumped() -> None:
    # Variance twice the mean, 5 months of about 150 incidents at 20 of 400 units whose rates are known.
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(100):
        rate = rng.gamma(0.3, 1.0, 400)
        rate *= 150 / rate.sum()
        part = kernel.taken(rng.poisson(12 * rate).astype(float), np.ones(400), 20.0)
        months = [rng.negative_binomial(rate, 0.5).astype(float) for _ in range(5)]
        blocks = [kernel.Block(part[None], month, np.array([0.05])) for month in months]
        hits, by_area, _ = kernel.resampled(blocks, rng, 299)
        low, high = kernel.interval(hits[:, 0] / by_area[:, 0])
        held += bool(low <= part @ rate / rate.sum() / 0.05 <= high)
    assert held >= 90
