"""The rows of a rolling comparison: what each method's plans took, held, and would have held by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.decisions.scored_units import Choice, Units, around, choose
from hotspot.statistics import prediction_scores as kernel

Floats = NDArray[np.float64]

COUNT, BEST, RANDOM = "count", "best possible", "random"


@dataclass(frozen=True, eq=False)
class Month:
    """One plan: the scores of each method, and the later and earlier incidents by unit."""

    name: str
    scores: dict[str, Floats]
    later: Floats
    earlier: Floats
    expected: dict[str, Floats]
    spots: Floats

    @property
    def incidents(self) -> float:
        """Later incidents of the area."""
        return float(self.later.sum())


@dataclass(frozen=True, eq=False)
class PlanRow:
    """One method's choice of one plan."""

    plan: int
    month: Month
    method: str
    asked: float
    spacing: float | None
    choice: Choice
    share: float
    bound: float
    best: Floats
    ring: tuple[int, float] | None
    draws: Floats | None = None

    def shown(self) -> dict[str, Any]:
        """Return the row as people see it."""
        incidents = self.month.incidents
        return {
            "plan_month": self.month.name,
            "method": self.method,
            "spacing_m": np.nan if self.spacing is None else self.spacing,
            "area_share_pct": 100.0 * self.share,
            "incidents": int(incidents),
            "hits": self.choice.hits,
            "pai": kernel.accuracy_index(self.choice.hits, incidents, self.share),
            "pei": kernel.efficiency_index(self.choice.hits, self.bound),
        }


def plan_rows(
    plans: Sequence[Month],
    units: Units,
    share: float,
    spacing: float | None,
    ring: float | None,
    draws: int,
    stream: np.random.Generator,
) -> Iterator[PlanRow]:
    """Return every method's choice of every plan at one area, under one spacing limit."""
    budget = share * units.total_km2
    for at, month in enumerate(plans):
        if spacing is None:
            best = kernel.best_possible(month.later, units.km2, budget)
        else:
            best = kernel.best_apart(month.later, units.km2, budget, units.centres, spacing)
        chosen = {
            name: choose(score, units, month.later, budget, spacing, stream)
            for name, score in month.scores.items()
        }
        chosen[BEST] = Choice.of_best(best, budget)
        for name, choice in chosen.items():
            beside = None if ring is None else _ring(units, choice.part, month, ring)
            yield PlanRow(
                at,
                month,
                name,
                share,
                spacing,
                choice,
                choice.km2 / units.total_km2,
                best.bound,
                best.part,
                beside,
            )
        if draws:
            yield _blind(at, month, units, share, spacing, best, draws, stream)


def _blind(
    at: int,
    month: Month,
    units: Units,
    share: float,
    spacing: float | None,
    best: kernel.Best,
    draws: int,
    stream: np.random.Generator,
) -> PlanRow:
    budget, none = share * units.total_km2, np.zeros(len(units.km2))
    held, part = np.empty(draws), np.zeros(len(units.km2))
    for draw in range(draws):
        if spacing is None:
            one = kernel.taken_at_random(units.km2, budget, stream)
        else:
            one = kernel.taken_apart(none, units.km2, budget, units.centres, spacing, stream)
        held[draw] = one @ month.later
        part += one / draws
    mean = float(held.mean())
    choice = Choice(part, float(part @ units.km2), mean, float("nan"), float("nan"))
    taken = choice.km2 / units.total_km2
    return PlanRow(at, month, RANDOM, share, spacing, choice, taken, best.bound, best.part, None, held)


def _ring(units: Units, part: Floats, month: Month, metres: float) -> tuple[int, float]:
    return around(units, part, month.spots, metres)


def table_of(
    rows: Sequence[PlanRow], plans: Sequence[Month], units: Units, stream: np.random.Generator, resamples: int
) -> pd.DataFrame:
    """Return one row for each method, area and spacing over all plans, with intervals on common resamples."""
    groups: dict[tuple[float, float | None], dict[str, list[PlanRow]]] = {}
    for row in rows:
        groups.setdefault((row.asked, row.spacing), {}).setdefault(row.method, []).append(row)
    found = []
    for methods in groups.values():
        drawn = _resampled(methods, plans, stream, resamples)
        plain = _pai([row.choice.hits for row in methods[COUNT]], methods[COUNT])
        for name, mine in methods.items():
            found.append(_over_plans(name, mine, units, drawn, plain))
    return pd.DataFrame(found)


def _pai(hits: Sequence[float], rows: Sequence[PlanRow]) -> float:
    by_area = sum(row.month.incidents * row.share for row in rows)
    return sum(hits) / by_area if by_area > 0 else float("nan")


def _resampled(
    methods: dict[str, list[PlanRow]], plans: Sequence[Month], stream: np.random.Generator, resamples: int
) -> dict[str, tuple[Floats, Floats]]:
    """Return hits and hits expected by area of every method on the same resamples."""
    names = [name for name in methods if name != RANDOM]
    blocks = []
    for at, plan in enumerate(plans):
        mine = [methods[name][at] for name in names]
        parts = np.array([row.choice.part for row in mine])
        blocks.append(kernel.Block(parts, plan.later, np.array([row.share for row in mine])))
    hits, by_area, _ = kernel.resampled(blocks, stream, resamples)
    return {name: (hits[:, at], by_area[:, at]) for at, name in enumerate(names)}


def _over_plans(
    name: str, rows: list[PlanRow], units: Units, drawn: dict[str, tuple[Floats, Floats]], plain: float
) -> dict[str, Any]:
    incidents = sum(row.month.incidents for row in rows)
    hits, bound = sum(row.choice.hits for row in rows), sum(row.bound for row in rows)
    ends = {
        "": [row.choice.hits for row in rows],
        "_low": [np.nan],
        "_high": [np.nan],
        "_worst_ties": [row.choice.least for row in rows],
        "_best_ties": [row.choice.most for row in rows],
    }
    found: dict[str, Any] = {
        "method": name,
        "spacing_m": np.nan if rows[0].spacing is None else rows[0].spacing,
        "area_share_pct": 100.0 * float(np.mean([row.share for row in rows])),
        "plans": len(rows),
        "incidents": int(incidents),
        "hits": hits,
        "hit_rate_pct": 100.0 * hits / incidents if incidents > 0 else np.nan,
    }
    found |= {f"pai{end}": _pai(values, rows) for end, values in ends.items()}
    found |= {f"pei{end}": kernel.efficiency_index(float(sum(values)), bound) for end, values in ends.items()}
    found |= {"times_count": found["pai"] / plain if plain > 0 else np.nan}
    found |= {"times_count_low": np.nan, "times_count_high": np.nan, "pai_expected": np.nan}
    found |= _others(name, rows, units)
    scale = sum(float(row.best @ row.month.later) for row in rows) / bound if bound > 0 else np.nan
    _add_intervals(found, name, rows, drawn, scale)
    return found


def _add_intervals(
    found: dict[str, Any],
    name: str,
    rows: list[PlanRow],
    drawn: dict[str, tuple[Floats, Floats]],
    scale: float,
) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == RANDOM:
            held = np.sum([row.draws for row in rows if row.draws is not None], axis=0)
            whole = sum(row.month.incidents * row.share for row in rows)
            found["pai_low"], found["pai_high"] = kernel.interval(held / whole)
            found["pai_expected"] = 1.0 if rows[0].spacing is None else np.nan
            return
        hits, by_area = drawn[name]
        found["pai_low"], found["pai_high"] = kernel.interval(hits / by_area)
        if name != BEST:
            of_best = np.minimum(scale * hits / drawn[BEST][0], 1.0)
            found["pei_low"], found["pei_high"] = kernel.interval(of_best)
        if name != COUNT:
            plain, plain_area = drawn[COUNT]
            ratio = (hits / by_area) / (plain / plain_area)
            found["times_count_low"], found["times_count_high"] = kernel.interval(ratio)


def _others(name: str, rows: list[PlanRow], units: Units) -> dict[str, Any]:
    """Return the indices beside PAI and PEI, and what lies in the rings."""
    found: dict[str, Any] = {"recovery_rate_index": np.nan, "recapture_rate_index": np.nan}
    if all(name in row.month.expected for row in rows):
        seen = sum(row.choice.hits for row in rows)
        wanted = sum(float(row.choice.part @ row.month.expected[name]) for row in rows)
        found["recovery_rate_index"] = wanted / seen if seen > 0 else np.nan
    if name not in (RANDOM, BEST):
        earlier = sum(float(row.choice.part @ row.month.earlier) for row in rows)
        by_area = sum(float(row.month.earlier.sum()) * row.share for row in rows)
        old = earlier / by_area if by_area > 0 else 0.0
        found["recapture_rate_index"] = kernel.recapture_rate_index(
            _pai([row.choice.hits for row in rows], rows), old
        )
    blind = name == RANDOM
    with_best = [kernel.jaccard(row.choice.part, row.best, units.km2) for row in rows]
    steps = [kernel.jaccard(one.choice.part, two.choice.part, units.km2) for one, two in pairwise(rows)]
    found["jaccard_best"] = np.nan if blind else float(np.mean(with_best))
    found["jaccard_previous"] = np.nan if blind or not steps else float(np.mean(steps))
    rings = [row.ring for row in rows if row.ring is not None]
    if rings:
        incidents = sum(row.month.incidents for row in rows)
        inside = sum(ring[0] for ring in rings)
        wide = float(np.mean([ring[1] for ring in rings])) / units.total_km2
        share = float(np.mean([row.share for row in rows]))
        rest = incidents - sum(row.choice.hits for row in rows)
        found["ring_share_pct"] = 100.0 * inside / incidents if incidents > 0 else np.nan
        found["ring_area_pct"] = 100.0 * wide
        sound = rest > 0 and wide > 0 and share < 1
        found["ring_density_ratio"] = inside / rest / (wide / (1.0 - share)) if sound else np.nan
    return found


def curves_of(plans: Sequence[Month], units: Units) -> pd.DataFrame:
    """Return the capture curve of each method over all plans, ties taken evenly, at 101 shares of the area."""
    shares = np.linspace(0.0, 1.0, 101)
    budget = shares * units.total_km2
    incidents = sum(plan.incidents for plan in plans)
    parts = []
    for name in [*plans[0].scores, BEST]:
        held = np.zeros(len(shares))
        for plan in plans:
            score = plan.later / units.km2 if name == BEST else plan.scores[name]
            held += kernel.captured(score, units.km2, plan.later, budget)
        hit = 100.0 * held / incidents if incidents > 0 else np.full(len(shares), np.nan)
        columns = {"method": name, "area_share_pct": 100.0 * shares, "hit_rate_pct": hit}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)
