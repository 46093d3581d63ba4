"""How well a ranking of units held later incidents: hit rate, PAI, PEI and kin, as array kernels.

Units have an area, a score (larger first) and a count of later incidents. Units are taken in the order of the score until
the area asked for is full; of the last one only the part that still fits is taken, with the same part of its incidents.
So every ranking of the same units is compared at exactly the same area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Ties = Literal["even", "best", "worst"]

TOUCH = 1e-9
"""Relative slack of the spacing, so that centres exactly that far apart are far enough."""


def cumulative(score: Floats, area: Floats, later: Floats, *, ties: Ties = "even") -> tuple[Floats, Floats]:
    """Return the corners of the capture curve: area taken so far, and later incidents in it, both from 0.

    Parameters
    ----------
    score
        Larger first; missing is last.
    area
        Over zero.
    later
        Later incidents of each unit.
    ties
        Units of equal score: "even" takes the same part of each (for equal areas the mean over all their orders); "best"
        and "worst" take the order that holds most and least at every area.
    """
    ranked = np.where(np.isnan(score), -np.inf, score)
    if ties == "even":
        _, group = np.unique(-ranked, return_inverse=True)
        areas: Floats = np.bincount(group, weights=area).astype(float)
        held: Floats = np.bincount(group, weights=later).astype(float)
    else:
        density = later / area
        order = np.lexsort((density if ties == "worst" else -density, -ranked))
        areas, held = area[order], later[order]
    return np.concatenate([[0.0], np.cumsum(areas)]), np.concatenate([[0.0], np.cumsum(held)])


def captured(score: Floats, area: Floats, later: Floats, budget: Floats, *, ties: Ties = "even") -> Floats:
    """Return the later incidents in the first ``budget`` of area, for each budget."""
    reached, held = cumulative(score, area, later, ties=ties)
    return np.asarray(np.interp(budget, reached, held))


def taken(score: Floats, area: Floats, budget: float) -> Floats:
    """Return the part of each unit, 0 to 1, in the first ``budget`` of area; tied units in equal parts."""
    _, group = np.unique(-np.where(np.isnan(score), -np.inf, score), return_inverse=True)
    areas = np.bincount(group, weights=area)
    before = np.cumsum(areas) - areas
    return np.asarray(np.clip((budget - before) / areas, 0.0, 1.0)[group])


def taken_at_random(area: Floats, budget: float, stream: np.random.Generator) -> Floats:
    """Return parts of units taken at random, each expected to be ``budget`` / total area exactly.

    The units are laid end to end in random order, and a stretch as long as the budget is cut out from a random start.
    Without the random start, units of unequal area would not have the same chance.
    """
    order = stream.permutation(len(area))
    end = np.cumsum(area[order])
    total = float(end[-1])
    first = stream.random() * total
    part = np.zeros(len(area))
    for low, high in ((first, min(first + budget, total)), (0.0, first + budget - total)):
        if high > low:
            inside = np.minimum(end, high) - np.maximum(end - area[order], low)
            part[order] += np.maximum(inside, 0.0)
    return np.asarray(np.minimum(part / area, 1.0))


def taken_apart(
    score: Floats,
    area: Floats,
    budget: float,
    centres: Floats,
    spacing: float,
    stream: np.random.Generator,
) -> Floats:
    """Return parts of units taken by score, each at least ``spacing`` from all taken before; ties in random order.

    Less than the budget is taken where no unit is left that is far enough from the others.
    """
    from scipy.spatial import cKDTree

    ranked = np.where(np.isnan(score), -np.inf, score)
    order = np.lexsort((stream.random(len(score)), -ranked))
    tree = cKDTree(centres)
    free = np.ones(len(score), dtype=bool)
    part = np.zeros(len(score))
    left = budget
    for unit in order.tolist():
        if not free[unit]:
            continue
        part[unit] = min(1.0, left / area[unit])
        left -= part[unit] * area[unit]
        if left <= TOUCH * budget:
            break
        free[tree.query_ball_point(centres[unit], spacing * (1.0 - TOUCH))] = False
    return part


@dataclass(frozen=True)
class Best:
    """The most that any choice of units holds: their parts, what they hold, and a bound that none can pass."""

    part: Floats
    hits: float
    bound: float


def best_possible(later: Floats, area: Floats, budget: float) -> Best:
    """Return the choice that holds most later incidents at the area: the densest units first."""
    part = taken(later / area, area, budget)
    hits = float(part @ later)
    return Best(part, hits, hits)


def best_apart(
    later: Floats,
    area: Floats,
    budget: float,
    centres: Floats,
    spacing: float,
    *,
    gap: float = 0.01,
    seconds: float = 20.0,
) -> Best:
    """Return the choice that holds most with all centres at least ``spacing`` apart, by an integer programme (HiGHS).

    Maximise sum y_i p_i with 0 <= p_i <= b_i, b_i 0 or 1, sum a_i p_i <= budget, and b_i + b_j <= 1 for centres too
    close. It stops within ``gap`` of the optimum or after ``seconds``; ``bound`` is what no choice can pass.
    """
    from scipy import optimize, sparse
    from scipy.spatial import cKDTree

    some = np.flatnonzero(later > 0)
    n = len(some)
    if n == 0 or budget <= 0:
        return Best(np.zeros(len(later)), 0.0, 0.0)
    pairs = cKDTree(centres[some]).query_pairs(spacing * (1.0 - TOUCH), output_type="ndarray")
    eye = sparse.identity(n, format="csr")
    rows = np.repeat(np.arange(len(pairs)), 2)
    close = sparse.csr_matrix((np.ones(2 * len(pairs)), (rows, pairs.ravel())), shape=(len(pairs), n))
    matrix = sparse.vstack(
        [
            sparse.hstack([eye, -eye]),
            sparse.hstack([sparse.csr_matrix((len(pairs), n)), close]),
            sparse.hstack([sparse.csr_matrix(area[some][None, :]), sparse.csr_matrix((1, n))]),
        ],
        format="csr",
    )
    upper = np.concatenate([np.zeros(n), np.ones(len(pairs)), [budget]])
    found = optimize.milp(
        np.concatenate([-later[some], np.zeros(n)]),
        integrality=np.repeat([0, 1], n),
        bounds=optimize.Bounds(0.0, 1.0),
        constraints=optimize.LinearConstraint(matrix, -np.inf, upper),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )
    loose = best_possible(later, area, budget).hits
    part = np.zeros(len(later))
    if found.x is not None:
        part[some] = np.clip(found.x[:n], 0.0, 1.0)
    dual = getattr(found, "mip_dual_bound", None)
    bound = loose if dual is None or not np.isfinite(dual) else min(loose, -float(dual))
    return Best(part, float(part @ later), max(bound, float(part @ later)))


def accuracy_index(hits: float, incidents: float, share: float) -> float:
    """Return the PAI, (hits / incidents) / share of the area; NaN where it is not defined."""
    return hits / incidents / share if incidents > 0 and share > 0 else float("nan")


def efficiency_index(hits: float, best: float) -> float:
    """Return the PEI, PAI over the PAI of the best choice at the same area; NaN where even that holds nothing."""
    return hits / best if best > 0 else float("nan")


def recovery_rate_index(expected: Floats, observed: Floats, part: Floats) -> float:
    """Return the incidents expected in the taken units over those observed there."""
    seen = float(part @ observed)
    return float(part @ expected) / seen if seen > 0 else float("nan")


def recapture_rate_index(later: float, earlier: float) -> float:
    """Return the later PAI over the earlier PAI of the same units."""
    return later / earlier if earlier > 0 else float("nan")


def jaccard(one: Floats, other: Floats, area: Floats) -> float:
    """Return the area taken by both over the area taken by either; for parts of units the smaller and larger part."""
    either = float(np.maximum(one, other) @ area)
    return float(np.minimum(one, other) @ area) / either if either > 0 else float("nan")


@dataclass(frozen=True)
class Block:
    """One period that is resampled as a whole: what each choice held of its incidents, and by chance would have.

    Attributes
    ----------
    parts : array, shape (choices, units)
    later : array, shape (units,)
    share : array, shape (choices,)
        Of the area, as taken by each choice.
    outside : float
        Incidents of the area that lie in no unit.
    """

    parts: Floats
    later: Floats
    share: Floats
    outside: float = 0.0


def resampled(
    blocks: Sequence[Block], stream: np.random.Generator, times: int
) -> tuple[Floats, Floats, Integers]:
    """Return hits and hits expected by area, (times, choices) each, and the incidents of each resample.

    Blocks are drawn with replacement, and then the incidents of each drawn block, with replacement. Both steps together are
    a little wider than they need be for many blocks, which makes up for the narrowness of drawing from few.
    """
    choices = blocks[0].parts.shape[0]
    drawn = stream.multinomial(len(blocks), np.full(len(blocks), 1.0 / len(blocks)), size=times)
    hits, expected = np.zeros((times, choices)), np.zeros((times, choices))
    total = np.zeros(times, dtype=np.int64)
    for at, block in enumerate(blocks):
        count = round(float(block.later.sum()) + block.outside)
        if count == 0:
            continue
        # Only how much of each incident every choice holds matters, so that the order of units plays no part.
        kinds, member = np.unique(block.parts.T, axis=0, return_inverse=True)
        weights = np.bincount(member.reshape(-1), weights=block.later, minlength=len(kinds))
        chance = np.append(weights, block.outside)
        number = drawn[:, at] * count
        picked = stream.multinomial(number, chance / chance.sum())
        hits += picked[:, :-1] @ kinds
        expected += number[:, None] * block.share[None, :]
        total += number
    return hits, expected, total


def interval(values: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of resampled values; NaN where none is defined."""
    sound = values[np.isfinite(values)]
    if sound.size == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(sound, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
