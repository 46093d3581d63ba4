"""What held a patrol plan back: each limit, what was found, and whether the plan would be larger without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.decisions.patrol_choice import Problem, choose
from hotspot.decisions.patrol_profile import PatrolProfile

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COLUMNS = ("limit", "asked", "found", "areas_without_it", "binding", "says")
MOST_SHOWN = 4


@dataclass(frozen=True)
class Planned:
    """The areas of a plan, for its table of limits.

    Attributes
    ----------
    chosen
        Candidates.
    counts
        Incidents of each.
    reach
        Metres from a centre to its farthest incident, over all of them.
    months
        Months observed.
    dropped
        Areas that were chosen and then taken out, since their chance of being a top area is too small.
    """

    chosen: Integers
    counts: Integers
    reach: float
    months: int
    dropped: int

    def per_year(self, count: int) -> float | None:
        """Write a count as incidents a year; None where there is no area."""
        return 12.0 * count / self.months if len(self.chosen) else None


def limits_of(profile: PatrolProfile, problem: Problem, plan: Planned) -> pd.DataFrame:
    """Return one row a limit.

    Returns
    -------
    DataFrame
        ``limit``, ``asked``, ``found`` (in the plan: the least distance between centres, the fewest incidents a year
        and so on), ``areas_without_it`` (how many areas there could be at least if this limit alone were dropped;
        missing where that is no question), ``binding`` and ``says``.
    """
    held = len(plan.chosen) + plan.dropped
    short = held < profile.most_areas
    full = not short and plan.dropped == 0
    within = profile.areas_within_hours
    by_hours = within is not None and within < profile.areas
    table = [_row("areas", profile.areas, len(plan.chosen), "the most areas wanted", full and not by_hours)]
    if within is not None:
        each = profile.visits_per_shift * profile.visit_minutes / 60
        says = (
            f"hours a shift in areas: {profile.visits_per_shift} x {profile.visit_minutes} minutes in each suffice for "
            f"{within} areas; walking is not counted"
        )
        table.append(_row("team hours", profile.team_hours, each * len(plan.chosen), says, full and by_hours))
    table += [
        _row(name, asked, found, says, False, _relaxed(problem, name, held) if short else None)
        for name, asked, found, says in _spatial(profile, problem, plan)
    ]
    if problem.group is not None and problem.group_most is not None:
        for number, name in enumerate(profile.boroughs):
            found, most = int((problem.group[plan.chosen] == number).sum()), int(problem.group_most[number])
            more = _relaxed(problem, number, held) if short and found >= most else None
            table.append(_row(f"areas in {name}", most, found, "the most areas in this borough", False, more))
    for row in table:
        more = row["areas_without_it"]
        row["binding"] = row["binding"] or (more is not None and more > held)
    if profile.minimum_chance > 0:
        says = f"chance of being truly among the top {profile.most_areas}; {plan.dropped} areas below it were taken out"
        table.append(_row("chance of being a top area", profile.minimum_chance, None, says, plan.dropped > 0))
    if short and not any(row["binding"] for row in table):
        _together(table, problem, held)
    frame = pd.DataFrame(table, columns=list(COLUMNS))
    return frame.astype({"areas_without_it": "Int64", "asked": "float64", "found": "float64"})


def feasible_words(profile: PatrolProfile, problem: Problem, months: int) -> str:
    """Say which minimum a year some areas would meet, for the message that none meets the one asked."""
    if problem.most_count is not None and problem.most_count < problem.least_count:
        return (
            f"over {months} months no whole number of incidents lies from minimum_per_year={profile.minimum_per_year:g} "
            f"to maximum_per_year={profile.maximum_per_year:g}; use a longer look-back"
        )
    loose = replace(problem, least_count=1, weight=problem.count, kept=None, cost=0.0)
    found = _counts(loose)
    if len(found) == 0:
        return "no area has fewer than maximum_per_year; use a smaller radius or cell, or a larger maximum"
    levels = np.unique(found)[::-1]
    pick = np.unique(np.linspace(0, len(levels) - 1, MOST_SHOWN).round().astype(np.int64))
    parts = []
    for level in levels[pick].tolist():
        areas = int((found >= level).sum())
        parts.append(
            f"minimum_per_year={_rate(level, months):g} ({areas} area{'s' if areas != 1 else ''} or more)"
        )
    best = int(found.max())
    return (
        f"the busiest has {best:,} in {months} month{'s' if months != 1 else ''}, {12 * best / months:.0f} a year. "
        f"Feasible: {', '.join(parts)}; or count more categories, or take a larger unit"
    )


def _rate(count: int, months: int) -> float:
    """Return a rate a year that a count over these months just meets, with one decimal at most."""
    return float(np.floor(120.0 * count / months) / 10.0)


def _row(
    limit: str, asked: float | None, found: float | None, says: str, binding: bool, more: int | None = None
) -> dict[str, Any]:
    values = (limit, asked, found, more, binding, says)
    return dict(zip(COLUMNS, values, strict=True))


def _spatial(
    profile: PatrolProfile, problem: Problem, plan: Planned
) -> list[tuple[str, float | None, float | None, str]]:
    """Return the limits that decide which areas qualify, each with what the plan has."""
    low, high = (
        plan.per_year(int(edge(plan.counts))) if len(plan.counts) else None for edge in (np.min, np.max)
    )
    says = f"incidents a year; {problem.least_count} or more in the {plan.months} months observed"
    found: list[tuple[str, float | None, float | None, str]] = [
        ("minimum a year", profile.minimum_per_year, low, says)
    ]
    if profile.maximum_per_year is not None:
        says = f"incidents a year; {problem.most_count} or fewer in the {plan.months} months observed"
        found.append(("maximum a year", profile.maximum_per_year, high, says))
    found.append(
        ("spacing", profile.spacing, _nearest(problem, plan.chosen), "metres between centres, at least")
    )
    if profile.unit == "radius":
        found.append(("radius", profile.radius, plan.reach, "metres from a centre to its incidents, at most"))
    return found


def _nearest(problem: Problem, chosen: Integers) -> float | None:
    """Return the least distance between two centres of the plan."""
    if len(chosen) < 2:
        return None
    from scipy.spatial.distance import pdist

    return float(pdist(np.column_stack([problem.x[chosen], problem.y[chosen]])).min())


def _relaxed(problem: Problem, limit: str | int, held: int) -> int | None:
    """Return how many areas a greedy plan has without one limit; a number stands for a borough's."""
    if limit == "minimum a year":
        return _count_of(replace(problem, least_count=1), held)
    if limit == "maximum a year":
        return _count_of(replace(problem, most_count=None), held)
    if limit == "spacing" and problem.spacing > 0:
        return _count_of(replace(problem, spacing=0.0), held)
    if isinstance(limit, int) and problem.group_most is not None:
        most = problem.group_most.copy()
        most[limit] = problem.most
        return _count_of(replace(problem, group_most=most), held)
    return None


def _count_of(problem: Problem, held: int) -> int:
    return max(held, len(choose(problem, greedy=True).chosen))


def _counts(problem: Problem) -> Integers:
    """Return the incidents of each area of a greedy plan, most first."""
    found = choose(problem, greedy=True)
    own = found.area_of_place >= 0
    counts = np.bincount(found.area_of_place[own], weights=problem.count[own], minlength=len(found.chosen))
    return np.sort(counts.astype(np.int64))[::-1]


def _together(table: list[dict[str, Any]], problem: Problem, held: int) -> None:
    """Name the limits that hold the plan back only together, or say that there is nowhere else."""
    open_problem = replace(problem, least_count=1, most_count=None, spacing=0.0, group=None, group_most=None)
    if _count_of(open_problem, held) > held:
        for row in table:
            if row["areas_without_it"] is not None:
                row["binding"] = True
                row["says"] += " (holds the plan back together with the others)"
        return
    says = "places with an incident that counts: there is no further one, whatever the limits"
    table.append(_row("places with incidents", None, held, says, True))
