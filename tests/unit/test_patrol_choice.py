"""The optimiser of patrol areas on cases small enough to see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hotspot.decisions import patrol_choice
from hotspot.decisions.patrol_choice import Problem, assign, choose, cliques, is_disjoint, too_near


def line(weights: list[int], *, step: float = 100.0, reach: float = 0.0, most: int = 2) -> Problem:
    """Return places on a line, each of them a centre too; an incident for each unit of weight."""
    count = len(weights)
    x = np.arange(count) * step
    pairs = [(j, i, abs(x[j] - x[i])) for j in range(count) for i in range(count)]
    near = [pair for pair in pairs if pair[2] <= reach]
    return Problem(
        x=x,
        y=np.zeros(count),
        candidate=np.array([pair[0] for pair in near]),
        place=np.array([pair[1] for pair in near]),
        distance=np.array([pair[2] for pair in near]),
        weight=np.array(weights) * 1000,
        count=np.array(weights),
        most=most,
    )


def test_the_heaviest_without_limits() -> None:
    found = choose(line([3, 9, 1, 5]))
    assert found.chosen.tolist() == [1, 3]
    assert (found.value, found.bound, found.gap_pct, found.method) == (14_000, 14_000, 0.0, "exact")
    assert found.area_of_place.tolist() == [-1, 0, -1, 1]


def test_spacing_gives_up_the_heaviest_where_two_beside_it_are_worth_more() -> None:
    # 6 + 6 at 200 m apart against 9 alone: greedy takes the 9 and nothing else.
    problem = replace(line([6, 9, 6]), spacing=150.0)
    assert choose(problem).chosen.tolist() == [0, 2]
    greedy = choose(problem, greedy=True)
    assert greedy.method == "greedy"
    assert greedy.chosen.tolist() == [1]
    assert greedy.bound >= 12_000
    assert greedy.gap_pct == pytest.approx(100 * (greedy.bound - 9_000) / greedy.bound)


def test_the_spacing_itself_is_far_enough() -> None:
    assert choose(replace(line([6, 9, 6]), spacing=100.0)).value == 15_000
    assert choose(replace(line([6, 9, 6]), spacing=100.5)).value == 12_000


def test_a_place_between_two_centres_is_in_the_nearer_then_in_the_first() -> None:
    problem = line([4, 1, 4], reach=100.0)
    assert assign(problem, [0, 2]).tolist() == [0, 0, 2]
    assert assign(problem, [2, 0]).tolist() == [0, 0, 2]
    assert assign(
        replace(problem, distance=problem.distance + (problem.candidate == 0) * 0.5), [0, 2]
    ).tolist() == [
        0,
        2,
        2,
    ]
    found = choose(problem)
    assert found.value == 9_000
    assert np.bincount(found.area_of_place).sum() == 3


def test_the_minimum_holds_for_what_an_area_is_left_with() -> None:
    # Centres 0 and 2 both reach place 1; together they have 3 + 1 + 2. Each needs 4, so only one can be chosen.
    problem = replace(line([3, 1, 2], reach=100.0), least_count=4)
    found = choose(problem)
    assert found.chosen.tolist() == [1]
    assert found.value == 6_000
    assert choose(replace(problem, least_count=3)).value == 6_000


def test_the_maximum_leaves_the_busiest_out() -> None:
    assert choose(replace(line([3, 9, 1, 5]), most_count=5)).chosen.tolist() == [3, 0]


def test_boroughs_have_a_most_of_their_own() -> None:
    problem = replace(line([9, 8, 1, 2]), group=np.array([0, 0, 1, 1]), group_most=np.array([1, 5]))
    assert choose(problem).chosen.tolist() == [0, 3]


def test_equal_plans_go_to_the_first_candidates() -> None:
    problem = replace(line([5, 5, 5, 5, 5], most=2), spacing=150.0)
    assert sorted(choose(problem).chosen.tolist()) == [0, 2]


def test_an_area_of_the_last_plan_stays_until_another_weighs_more_by_the_cost() -> None:
    kept = np.array([True, False, False])
    problem = replace(line([10, 11, 3], most=1), kept=kept)
    assert choose(problem).chosen.tolist() == [1]
    # 11 / 1.15 is less than 10; 12 / 1.15 is more.
    assert choose(replace(problem, cost=0.15)).chosen.tolist() == [0]
    more = np.array([10, 12, 3])
    assert choose(replace(problem, weight=more * 1000, count=more, cost=0.15)).chosen.tolist() == [1]


def test_when_the_time_is_up_the_plan_says_how_far_it_may_be_from_the_best() -> None:
    problem = replace(line([6, 9, 6]), spacing=150.0)
    found = choose(problem, time_limit=0.0)
    assert found.value in (9_000, 12_000)
    assert found.value <= 12_000 <= found.bound
    assert (found.method == "exact") == (found.gap_pct == 0)


def test_too_many_candidates_are_chosen_greedily(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patrol_choice, "MOST_CANDIDATES", 2)
    assert choose(replace(line([6, 9, 6]), spacing=150.0)).method == "greedy"


def test_nothing_qualifies() -> None:
    found = choose(replace(line([1, 2]), least_count=3))
    assert len(found.chosen) == 0
    assert (found.value, found.bound) == (0, 0)
    assert found.area_of_place.tolist() == [-1, -1]


def test_cliques_hold_every_pair_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    spots = rng.integers(0, 20, (60, 2)) * 30.0
    problem = replace(line([1] * 60), x=spots[:, 0], y=spots[:, 1], spacing=120.0)
    near = too_near(problem)
    pairs = {(j, int(k)) for j in range(60) for k in near[j] if j < k}
    away = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
    assert pairs == {(j, k) for j in range(60) for k in range(j + 1, 60) if away[j, k] < 120.0}
    held = {(a, b) for group in cliques(near) for a in group for b in group if a < b}
    assert held == pairs


@pytest.mark.parametrize(
    ("spacing", "disjoint"), [(0.0, False), (199.0, False), (200.0, False), (250.0, True)]
)
def test_areas_share_no_place_only_if_their_spacing_says_so(spacing: float, disjoint: bool) -> None:
    # At 200 m apart both reach the place half-way between them.
    assert is_disjoint(replace(line([1, 1, 1], reach=100.0), spacing=spacing)) is disjoint
    assert is_disjoint(line([1, 1, 1]))
