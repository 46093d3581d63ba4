"""The choice of patrol areas: at most so many, so far apart, that cover the most weight, each place in one area.

Arrays in, arrays out. Weights are whole numbers (thousandths), so that sums do not depend on their order.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Method = Literal["exact", "within the gap", "greedy"]

APART = 1e-6
"""Two centres nearer than the spacing by less than this, in metres, are far enough apart."""
MOST_CANDIDATES = 30_000
"""More candidates than this, after those that cannot be in a best plan are left out, are chosen greedily."""


@dataclass(frozen=True)
class Problem:
    """Candidates, the places that each could cover, and the limits.

    Attributes
    ----------
    x, y
        Centres, in the order that breaks ties: the first candidate wins.
    candidate, place, distance
        Pairs of a candidate and a place within its reach, and how far the place is from the centre.
    weight, count
        Of each place: whole numbers of 0 or more.
    most
        The most areas.
    spacing
        The least distance between two centres.
    least_count, most_count
        The least and the most of ``count`` that a chosen area may have; None for no most.
    group, group_most
        The borough of each candidate, and the most areas in each borough.
    kept, cost
        Candidates of the previous plan; those that are not count at 1 / (1 + cost) of their weight.
    """

    x: Floats
    y: Floats
    candidate: Integers
    place: Integers
    distance: Floats
    weight: Integers
    count: Integers
    most: int
    spacing: float = 0.0
    least_count: int = 0
    most_count: int | None = None
    group: Integers | None = None
    group_most: Integers | None = None
    kept: NDArray[np.bool_] | None = None
    cost: float = 0.0

    @property
    def factor(self) -> Floats:
        """What the weight of each candidate's places is multiplied by."""
        new = np.full(len(self.x), 1.0 / (1.0 + self.cost))
        return new if self.kept is None else np.where(self.kept, 1.0, new)

    @property
    def pair_value(self) -> Integers:
        """What each pair adds to the plan's value when the place is in that area."""
        return np.rint(self.weight[self.place] * self.factor[self.candidate]).astype(np.int64)


@dataclass(frozen=True)
class Choice:
    """The areas chosen.

    Attributes
    ----------
    chosen
        Candidates, the most weight first.
    area_of_place
        For each place the position in ``chosen`` of its area, -1 for none.
    value
        What was maximised: the sum of weights, those of new areas after the switching cost.
    bound
        No plan within the limits can have a higher value.
    method
        "exact", "within the gap" (the time was up: the best plan found so far), or "greedy".
    """

    chosen: Integers
    area_of_place: Integers
    value: int
    bound: int
    method: Method

    @property
    def gap_pct(self) -> float:
        """How far the value may be below the best, in per cent of the bound."""
        return 0.0 if self.bound <= 0 else 100.0 * (self.bound - self.value) / self.bound


def choose(problem: Problem, *, time_limit: float = 30.0, greedy: bool = False) -> Choice:
    """Choose the areas that cover the most weight within the limits.

    Parameters
    ----------
    problem
        Candidates, places and limits.
    time_limit
        Seconds for the optimiser; when they are up, the best plan so far is returned with its gap.
    greedy
        Take the heaviest candidate that the limits allow, one after another, instead.

    Notes
    -----
    Exact: a mixed integer programme for HiGHS (`scipy.optimize.milp`). One 0/1 variable a candidate; centres too near to
    each other are put into groups of which one at most is chosen; where discs overlap, a variable for each pair of
    place and candidate, which the nearest chosen candidate gets. Candidates that cannot be in a plan as good as the greedy
    one are left out first, by a bound that holds for every plan. Where one area of the result can be exchanged for an
    earlier candidate of the same value, it is.
    """
    apart = too_near(problem)
    start = _greedy(problem, apart)
    disjoint = is_disjoint(problem)
    value = value_of(problem, start)
    keep, bound = _useful(problem, value)
    if len(keep) == 0:
        return _finished(problem, start, value, "exact")
    if greedy or len(keep) > MOST_CANDIDATES:
        return _finished(problem, start, bound, "greedy")
    found, dual, proven = _solve(problem, keep, apart, disjoint, time_limit)
    bound = max(min(bound, dual), value)
    if found is None or not feasible(problem, found, apart) or value_of(problem, found) < value:
        return _finished(problem, start, bound, "exact" if bound == value else "greedy")
    proven = proven or bound == value_of(problem, found)
    if proven:
        bound = value_of(problem, found)
    if disjoint:
        found = _first_of_equals(problem, found, apart)
    return _finished(problem, found, bound, "exact" if proven else "within the gap")


def assign(problem: Problem, chosen: Sequence[int] | Integers) -> Integers:
    """Return for each place the chosen candidate that it belongs to: the nearest, then the first; -1 for none."""
    taken = np.zeros(len(problem.x), dtype=bool)
    taken[np.asarray(chosen, dtype=np.int64)] = True
    pairs = np.flatnonzero(taken[problem.candidate])
    order = pairs[np.lexsort((problem.candidate[pairs], problem.distance[pairs], problem.place[pairs]))]
    places, first = np.unique(problem.place[order], return_index=True)
    owner = np.full(len(problem.weight), -1, dtype=np.int64)
    owner[places] = problem.candidate[order[first]]
    return owner


def value_of(problem: Problem, chosen: Sequence[int] | Integers) -> int:
    """Return what a plan is worth: its places' weights, those of new areas after the switching cost."""
    owner = assign(problem, chosen)
    held = owner >= 0
    return int(np.rint(problem.weight[held] * problem.factor[owner[held]]).astype(np.int64).sum())


def counts_of(problem: Problem, chosen: Sequence[int] | Integers) -> Integers:
    """Return the incidents of each chosen candidate, in the order given."""
    owner = assign(problem, chosen)
    held = owner >= 0
    counts = np.bincount(owner[held], weights=problem.count[held], minlength=len(problem.x))
    return counts[np.asarray(chosen, dtype=np.int64)].astype(np.int64)


def feasible(problem: Problem, chosen: Sequence[int] | Integers, apart: list[Integers]) -> bool:
    """Tell whether a plan keeps every limit."""
    plan = np.asarray(chosen, dtype=np.int64)
    if len(plan) > problem.most or any(len(np.intersect1d(apart[j], plan)) for j in plan):
        return False
    if problem.group is not None and problem.group_most is not None:
        held = np.bincount(problem.group[plan], minlength=len(problem.group_most))
        if (held > problem.group_most).any():
            return False
    counts = counts_of(problem, plan)
    most = problem.most_count
    return bool((counts >= problem.least_count).all() and (most is None or (counts <= most).all()))


def too_near(problem: Problem) -> list[Integers]:
    """Return for each candidate the others whose centres are nearer to it than the spacing."""
    from scipy.spatial import KDTree

    found: list[Integers] = [np.empty(0, dtype=np.int64)] * len(problem.x)
    if problem.spacing <= APART or len(problem.x) < 2:
        return found
    spots = np.column_stack([problem.x, problem.y])
    pairs = KDTree(spots).query_pairs(problem.spacing - APART, output_type="ndarray").astype(np.int64)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    edges = np.searchsorted(both[:, 0], np.arange(len(problem.x) + 1))
    return [both[low:high, 1] for low, high in pairwise(edges.tolist())]


def is_disjoint(problem: Problem) -> bool:
    """Tell whether no place can be within reach of two areas of one plan."""
    reached = np.bincount(problem.place, minlength=len(problem.weight))
    if reached.max(initial=0) <= 1:
        return True
    reach = float(problem.distance.max(initial=0.0))
    # Two discs that may both be chosen share a point only if the point is at least half the spacing from both.
    far = np.bincount(
        problem.place[problem.distance >= problem.spacing / 2 - 3 * APART], minlength=len(problem.weight)
    )
    return reach <= problem.spacing / 2 + APART and bool(far.max(initial=0) <= 1)


def _full(problem: Problem, per_pair: Integers) -> Integers:
    """Sum over every pair of each candidate: what it has when no other area is chosen."""
    total = np.zeros(len(problem.x), dtype=np.int64)
    np.add.at(total, problem.candidate, per_pair)
    return total


def _eligible(problem: Problem) -> NDArray[np.bool_]:
    """Return the candidates that some plan may hold: enough incidents and, if no place is shared, not too many."""
    count = _full(problem, problem.count[problem.place])
    worth = (_full(problem, problem.pair_value) > 0) & (count >= problem.least_count)
    if problem.most_count is not None and is_disjoint(problem):
        worth &= count <= problem.most_count
    return worth


def _useful(problem: Problem, value: int) -> tuple[Integers, int]:
    """Return the candidates that can be in a plan worth ``value`` or more, and a bound that holds for every plan."""
    full = np.where(_eligible(problem), _full(problem, problem.pair_value), 0)
    if problem.spacing > APART:
        # Of the centres in a square of this side one at most can be chosen.
        side = (problem.spacing - APART) / np.sqrt(2.0) * (1.0 - 1e-12)
        spots = np.floor(np.column_stack([problem.x, problem.y]) / side)
        _, square = np.unique(spots, axis=0, return_inverse=True)
        square = square.reshape(-1)
    else:
        square = np.arange(len(full))
    best = np.zeros(int(square.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(best, square, full)
    ranked = np.concatenate([np.sort(best)[::-1], np.zeros(problem.most, dtype=np.int64)])
    within, without = int(ranked[: problem.most].sum()), int(ranked[: problem.most - 1].sum())
    # The best of the other squares: those of the first squares but its own, if it is one of them.
    others = np.where(best >= ranked[problem.most - 1], within - best, without)[square]
    useful = np.flatnonzero((full > 0) & (full + others >= value)).astype(np.int64)
    return useful, max(within, value)


def _greedy(problem: Problem, apart: list[Integers]) -> Integers:
    """Take the candidate that adds the most and keeps every limit, again and again."""
    full = _full(problem, problem.pair_value)
    allowed, disjoint = _eligible(problem), is_disjoint(problem)
    chosen: list[int] = []
    value = 0
    # Each entry: what the candidate adds, the candidate, and for how many areas that was worked out.
    heap = [(-int(full[j]), int(j), 0) for j in np.flatnonzero(allowed)]
    heapq.heapify(heap)
    while heap and len(chosen) < problem.most:
        gain, j, seen = heapq.heappop(heap)
        if not allowed[j]:
            continue
        if not disjoint and seen < len(chosen):
            added = value_of(problem, [*chosen, j]) - value
            if added > 0:
                heapq.heappush(heap, (-added, j, len(chosen)))
            continue
        if not (_has_room(problem, chosen, j) if disjoint else feasible(problem, [*chosen, j], apart)):
            continue
        chosen.append(j)
        value -= gain
        allowed[apart[j]] = False
    return np.array(chosen, dtype=np.int64)


def _has_room(problem: Problem, chosen: list[int], j: int) -> bool:
    """Tell whether the borough of a candidate may have one area more."""
    if problem.group is None or problem.group_most is None:
        return True
    own = problem.group[j]
    return int((problem.group[chosen] == own).sum()) < int(problem.group_most[own])


def cliques(apart: list[Integers]) -> list[list[int]]:
    """Return groups of candidates that are all too near to one another, which together hold every such pair."""
    masks = [sum(1 << int(k) for k in near) for near in apart]
    left = [mask >> (j + 1) << (j + 1) for j, mask in enumerate(masks)]
    found = []
    for j in range(len(masks)):
        while left[j]:
            k = (left[j] & -left[j]).bit_length() - 1
            group, common = [j, k], masks[j] & masks[k]
            while common:
                pool = common & left[j] or common
                new = (pool & -pool).bit_length() - 1
                group.append(new)
                common &= masks[new]
            whole = sum(1 << member for member in group)
            for member in group:
                left[member] &= ~whole
            found.append(sorted(group))
    return found


def _solve(
    problem: Problem, keep: Integers, apart: list[Integers], disjoint: bool, time_limit: float
) -> tuple[Integers | None, int, bool]:
    """Solve the programme; return the plan, a bound on every plan's value, and whether it is proven best."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    from hotspot.decisions.patrol_programme import Programme

    part = _part(problem, keep)
    place = np.full(len(problem.x), -1, dtype=np.int64)
    place[keep] = np.arange(len(keep))
    near = [place[apart[j]][place[apart[j]] >= 0] for j in keep]
    programme = Programme.of(part, cliques(near), disjoint)
    result: Any = milp(
        -programme.gain,
        integrality=(np.arange(len(programme.gain)) < len(keep)).astype(np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(programme.rows, programme.low, programme.high),
        options={"time_limit": float(time_limit), "mip_rel_gap": 0.0},
    )
    dual = result.mip_dual_bound
    whole = int(_full(part, part.pair_value).sum())
    bound = whole if dual is None or not np.isfinite(dual) else int(np.floor(-dual * 1000 + 0.5))
    if result.x is None:
        return None, bound, False
    return keep[np.flatnonzero(np.rint(result.x[: len(keep)]) == 1)], bound, result.status == 0


def _part(problem: Problem, keep: Integers) -> Problem:
    """Return the problem with some of its candidates."""
    number = np.full(len(problem.x), -1, dtype=np.int64)
    number[keep] = np.arange(len(keep))
    pairs = number[problem.candidate] >= 0
    return replace(
        problem,
        x=problem.x[keep],
        y=problem.y[keep],
        candidate=number[problem.candidate[pairs]],
        place=problem.place[pairs],
        distance=problem.distance[pairs],
        group=None if problem.group is None else problem.group[keep],
        kept=None if problem.kept is None else problem.kept[keep],
    )


def _first_of_equals(problem: Problem, chosen: Integers, apart: list[Integers]) -> Integers:
    """Exchange areas for earlier candidates of the same value, one at a time, while that is possible."""
    full = np.where(_eligible(problem), _full(problem, problem.pair_value), 0)
    plan = sorted(chosen.tolist())
    place = 0
    while place < len(plan):
        j = plan[place]
        rest = [item for item in plan if item != j]
        free = full[:j] == full[j]
        for item in rest:
            free[apart[item][apart[item] < j]] = False
        free[[item for item in rest if item < j]] = False
        earlier = next((k for k in np.flatnonzero(free).tolist() if _has_room(problem, rest, k)), None)
        if earlier is None:
            place += 1
        else:
            plan, place = sorted([*rest, earlier]), 0
    return np.array(plan, dtype=np.int64)


def _finished(problem: Problem, chosen: Integers, bound: int, method: Method) -> Choice:
    owner = assign(problem, chosen)
    held = owner >= 0
    weight = np.zeros(len(problem.x), dtype=np.int64)
    np.add.at(weight, owner[held], problem.weight[held])
    count = np.zeros(len(problem.x), dtype=np.int64)
    np.add.at(count, owner[held], problem.count[held])
    order = chosen[np.lexsort((chosen, -count[chosen], -weight[chosen]))]
    number = np.full(len(problem.x) + 1, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    value = value_of(problem, order)
    return Choice(order, number[owner], value, max(bound, value), method)
