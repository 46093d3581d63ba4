from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.statistics import prediction_scores as kernel


def line(n: int, step: float = 1.0) -> np.ndarray:
    return np.column_stack([np.arange(n) * step, np.zeros(n)])


def test_the_capture_curve_has_its_corners() -> None:
    area, held = kernel.cumulative(
        np.array([1.0, 3.0, 3.0]), np.array([2.0, 1.0, 1.0]), np.array([5.0, 2.0, 4.0])
    )
    assert area.tolist() == [0.0, 2.0, 4.0]
    assert held.tolist() == [0.0, 6.0, 11.0]


def test_missing_scores_come_last() -> None:
    score = np.array([np.nan, -5.0, np.nan])
    assert kernel.taken(score, np.ones(3), 2.0).tolist() == [0.5, 1.0, 0.5]
    assert kernel.captured(score, np.ones(3), np.array([8.0, 1.0, 0.0]), np.array([1.0])).tolist() == [1.0]


def test_the_last_unit_is_taken_in_part() -> None:
    part = kernel.taken(np.array([3.0, 2.0, 1.0]), np.array([1.0, 0.5, 2.0]), 2.0)
    assert part.tolist() == [1.0, 1.0, 0.25]


def test_units_apart_leave_neighbours_out() -> None:
    score = np.array([9.0, 8.0, 7.0, 6.0, 5.0])
    part = kernel.taken_apart(score, np.ones(5), 2.5, line(5), 2.0, np.random.default_rng(0))
    # Centres exactly the spacing apart are far enough.
    assert part.tolist() == [1.0, 0.0, 1.0, 0.0, 0.5]


def test_fewer_units_where_none_is_far_enough() -> None:
    part = kernel.taken_apart(np.arange(3.0), np.ones(3), 3.0, line(3), 5.0, np.random.default_rng(0))
    assert part.tolist() == [0.0, 0.0, 1.0]


def test_tied_units_apart_are_drawn() -> None:
    stream = np.random.default_rng(0)
    first = [
        int(np.argmax(kernel.taken_apart(np.zeros(3), np.ones(3), 1.0, line(3), 9.0, stream)))
        for _ in range(300)
    ]
    assert np.bincount(first) == pytest.approx([100, 100, 100], abs=35)


def test_the_best_choice_apart_is_not_greedy() -> None:
    # The middle unit holds most, and keeps both of its neighbours out, which hold more together.
    best = kernel.best_apart(np.array([4.0, 5.0, 4.0]), np.ones(3), 2.0, line(3), 2.0, gap=0.0)
    assert best.part == pytest.approx([1.0, 0.0, 1.0])
    assert (best.hits, best.bound) == (pytest.approx(8.0), pytest.approx(8.0))


def test_nothing_reported_later() -> None:
    none = np.zeros(3)
    assert kernel.best_apart(none, np.ones(3), 1.0, line(3), 2.0).bound == 0.0
    assert np.isnan(kernel.efficiency_index(0.0, 0.0))
    assert np.isnan(kernel.accuracy_index(0.0, 0.0, 0.1))
    assert np.isnan(kernel.recapture_rate_index(1.0, 0.0))
    assert np.isnan(kernel.recovery_rate_index(np.ones(3), none, np.ones(3)))
    block = kernel.Block(np.ones((1, 3)), none, np.array([0.1]))
    hits, by_area, total = kernel.resampled([block], np.random.default_rng(0), 9)
    assert hits.sum() == by_area.sum() == total.sum() == 0
    with np.errstate(invalid="ignore"):
        assert np.isnan(kernel.interval(hits[:, 0] / by_area[:, 0])).all()


def test_jaccard_of_whole_units_is_the_usual_one() -> None:
    one, other = np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 1.0, 1.0, 0.0])
    assert kernel.jaccard(one, other, np.ones(4)) == pytest.approx(1 / 3)
    assert kernel.jaccard(one, other, np.array([1.0, 4.0, 1.0, 1.0])) == pytest.approx(4 / 6)
    assert np.isnan(kernel.jaccard(np.zeros(4), np.zeros(4), np.ones(4)))


def test_recapture_rate_index() -> None:
    assert kernel.recapture_rate_index(3.0, 4.0) == 0.75


def test_choices_share_their_resamples() -> None:
    parts = np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    blocks = [
        kernel.Block(parts, np.array(y), np.array([0.1, 0.3])) for y in ([3.0, 1.0, 0.0], [0.0, 2.0, 5.0])
    ]
    hits, _, total = kernel.resampled(blocks, np.random.default_rng(1), 500)
    assert hits[:, 1].tolist() == total.tolist()
    assert set(total) == {8, 11, 14}  # both blocks, or one of them twice


def test_incidents_in_no_unit_are_resampled_too() -> None:
    block = kernel.Block(np.ones((1, 2)), np.array([5.0, 5.0]), np.array([0.2]), outside=10.0)
    hits, by_area, total = kernel.resampled([block], np.random.default_rng(1), 4_000)
    assert set(total) == {20}
    assert by_area[0, 0] == pytest.approx(4.0)
    assert hits.mean() == pytest.approx(10.0, abs=0.2)


def test_the_order_of_units_changes_no_interval() -> None:
    rng = np.random.default_rng(4)
    later, parts = rng.poisson(2.0, 30).astype(float), rng.integers(0, 2, (2, 30)).astype(float)
    mixed = rng.permutation(30)
    one, other = (
        kernel.resampled([kernel.Block(p, y, np.array([0.1, 0.2]))], np.random.default_rng(0), 99)
        for p, y in ((parts, later), (parts[:, mixed], later[mixed]))
    )
    assert np.array_equal(one[0], other[0])


@given(st.integers(0, 10_000), st.floats(0.01, 1.0))
def test_every_choice_keeps_to_the_area_and_under_the_best(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 30))
    score, area = rng.integers(0, 4, n).astype(float), rng.uniform(0.05, 1.0, n)
    later = rng.poisson(1.0, n).astype(float)
    budget = share * float(area.sum())
    best = kernel.best_possible(later, area, budget)
    for part in (kernel.taken(score, area, budget), kernel.taken_at_random(area, budget, rng)):
        assert part @ area == pytest.approx(budget)
        assert part.min() >= 0
        assert part.max() <= 1
        assert part @ later <= best.hits + 1e-9
    apart = kernel.taken_apart(score, area, budget, rng.uniform(0, 5, (n, 2)), 1.0, rng)
    assert apart @ area <= budget + 1e-9
    assert apart @ later <= best.hits + 1e-9


@given(st.integers(0, 10_000))
def test_ties_even_lies_between_worst_and_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    score, area = rng.integers(0, 3, n).astype(float), rng.uniform(0.05, 1.0, n)
    later = rng.poisson(1.0, n).astype(float)
    budget = np.linspace(0, area.sum(), 9)
    worst, even, best = (
        kernel.captured(score, area, later, budget, ties=t) for t in ("worst", "even", "best")
    )
    assert (worst <= even + 1e-9).all()
    assert (even <= best + 1e-9).all()
    assert worst[-1] == pytest.approx(later.sum())
    mixed = rng.permutation(n)
    shuffled = kernel.captured(score[mixed], area[mixed], later[mixed], budget)
    assert shuffled == pytest.approx(even)
