"""The choice of patrol areas against a search through every set of candidates."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hotspot as hs
from hotspot.decisions import patrol_choice
from hotspot.decisions.patrol_candidates import candidates_of
from hotspot.decisions.patrol_choice import Problem, choose
from hotspot.decisions.patrol_profile import OP_SAVVY
from hotspot.decisions.patrol_rows import rows_of

Plan = tuple[int, ...]


def case(seed: int, *, cells: bool) -> tuple[Problem, dict[str, list[float]]]:
    """Return a small problem: discs round scattered places, or cells that share nothing."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(4, 11))
    x, y = (rng.integers(0, 12, count) * 50.0 for _ in range(2))
    x = x + np.arange(count) * 0.25  # no two candidates at one spot
    radius = float(rng.choice([75.0, 120.0, 150.0]))
    weight = rng.integers(0, 6, count) * 1000
    incidents = rng.integers(1, 9, count)
    if cells:
        pairs = [(j, j, 0.0) for j in range(count)]
    else:
        near = [(j, i, math.hypot(x[j] - x[i], y[j] - y[i])) for j in range(count) for i in range(count)]
        pairs = [pair for pair in near if pair[2] <= radius]
    problem = Problem(
        x=x,
        y=y,
        candidate=np.array([pair[0] for pair in pairs]),
        place=np.array([pair[1] for pair in pairs]),
        distance=np.array([pair[2] for pair in pairs]),
        weight=weight.astype(np.int64),
        count=incidents.astype(np.int64),
        most=int(rng.integers(1, 5)),
        spacing=float(rng.choice([0.0, 100.0, 200.0, 300.0])),
        least_count=int(rng.choice([0, 3, 8])),
        most_count=None if rng.random() < 0.6 else int(rng.integers(8, 20)),
        group=None if rng.random() < 0.6 else (x > 250).astype(np.int64),
        group_most=np.array([1, 2]),
        kept=None if rng.random() < 0.5 else rng.random(count) < 0.4,
        cost=float(rng.choice([0.0, 0.1, 0.5])),
    )
    return problem, {"pairs": pairs}  # type: ignore[dict-item]


def worth(problem: Problem, pairs: list[tuple[int, int, float]], plan: Plan) -> int | None:
    """Return what a plan is worth, None if it breaks a limit; every rule is written out again."""
    for a, b in itertools.combinations(plan, 2):
        if math.hypot(problem.x[a] - problem.x[b], problem.y[a] - problem.y[b]) < problem.spacing - 1e-5:
            return None
    if problem.group is not None:
        for borough in (0, 1):
            if sum(int(problem.group[j]) == borough for j in plan) > problem.group_most[borough]:  # type: ignore[index]
                return None
    value = 0
    held = dict.fromkeys(plan, 0)
    for i in range(len(problem.weight)):
        reach = sorted((distance, j) for j, place, distance in pairs if place == i and j in plan)
        if reach:
            j = reach[0][1]
            held[j] += int(problem.count[i])
            old = problem.kept is not None and bool(problem.kept[j])
            factor = 1.0 if old else 1.0 / (1.0 + problem.cost)
            value += round(float(problem.weight[i]) * factor)
    most = math.inf if problem.most_count is None else problem.most_count
    return value if all(problem.least_count <= n <= most for n in held.values()) else None


@pytest.mark.parametrize("cells", [True, False], ids=["cells", "discs"])
def test_the_best_plan_of_all(cells: bool) -> None:
    empty = shared = 0
    for seed in range(60):
        problem, extra = case(seed, cells=cells)
        pairs: list[tuple[int, int, float]] = extra["pairs"]  # type: ignore[assignment]
        every = [
            plan
            for size in range(problem.most + 1)
            for plan in itertools.combinations(range(len(problem.x)), size)
        ]
        best = max(value for plan in every if (value := worth(problem, pairs, plan)) is not None)
        found = choose(problem)
        assert found.method == "exact", seed
        assert (found.value, found.bound) == (best, best), seed
        assert worth(problem, pairs, tuple(found.chosen.tolist())) == best, seed
        greedy = choose(problem, greedy=True)
        assert greedy.value <= best <= greedy.bound, seed
        assert worth(problem, pairs, tuple(greedy.chosen.tolist())) == greedy.value, seed
        empty += best == 0
        shared += greedy.value < best
    # The cases are worth something, and the greedy plan is not the best in some of them.
    assert empty < 40
    assert cells or shared > 3


def test_leaving_candidates_out_first_changes_no_value(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = hs.read_area(real_data / "boundaries" / "sandwell.gpkg", layer="borough")
    incidents = hs.read_police_uk(real_data / "police_uk" / "west_midlands" / "2014-02", area=area).incidents
    profile = replace(OP_SAVVY, categories=("Burglary", "Vehicle crime", "Drugs"), maximum_per_year=None)
    rows = rows_of(incidents, area, profile)
    problem = candidates_of(rows, profile).problem(rows, profile)
    found, greedy = choose(problem), choose(problem, greedy=True)
    assert greedy.value <= found.value == found.bound <= greedy.bound
    monkeypatch.setattr(
        patrol_choice, "_useful", lambda problem, value: (np.arange(len(problem.x)), 10 * found.value)
    )
    assert choose(problem).value == found.value
