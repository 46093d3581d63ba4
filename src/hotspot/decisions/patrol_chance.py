"""How sure it is that the areas of a patrol plan are truly among the busiest."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.decisions.patrol_candidates import Candidates
from hotspot.ranking.monthly import month_numbers
from hotspot.ranking.uncertainty import rank_uncertainty

Integers = NDArray[np.int64]


def chances_of(
    candidates: Candidates,
    chosen: Integers,
    area_of_place: Integers,
    starts: pd.Series,
    months: pd.PeriodIndex,
    top: int,
) -> pd.DataFrame:
    """Rank the areas of a plan among all units, with the chance of being truly among the first ``top``.

    Returns
    -------
    DataFrame
        One row an area, in the order of ``chosen``: ``count_rank`` (by incidents, among all units), ``rank_low``,
        ``rank_high`` (95 % interval), ``probability_top``, ``per_year_low``, ``per_year_high`` (95 % interval of the
        true rate, incidents a year).

    Notes
    -----
    The units that the areas are compared with part all incidents: every cell of the grid, those without an
    incident too; every street with an incident; or, for discs, the areas of the plan and the discs that the other incidents
    fall into, the busiest disc first. For streets and discs the list of places without an incident is not known
    (zero-truncated).
    """
    unit = _units(candidates, chosen, area_of_place)
    place_of = candidates.place_of
    codes = np.where(place_of >= 0, np.append(unit, -1)[place_of], -1)
    kept = codes >= 0
    units = int(unit.max(initial=-1)) + 1
    flat = codes[kept] * len(months) + month_numbers(starts[kept], months)
    counts = np.bincount(flat, minlength=units * len(months)).reshape(units, len(months))
    used = np.ones(len(counts), dtype=bool) if candidates.complete else counts.sum(axis=1) > 0
    one_month = 1.0 if len(months) == 1 else None
    table = rank_uncertainty(
        counts[used], top=top, truncated=not candidates.complete, variance_ratio=one_month
    )
    row = np.full(len(counts), -1, dtype=np.int64)
    row[used] = np.arange(len(table))
    own = chosen if candidates.complete else np.arange(len(chosen))
    found = table.iloc[row[own]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "count_rank": found["rank"],
            "rank_low": found["rank_low"],
            "rank_high": found["rank_high"],
            "probability_top": found["probability_top"],
            "per_year_low": 12.0 * found["rate_low_per_month"],
            "per_year_high": 12.0 * found["rate_high_per_month"],
        }
    )


def _units(candidates: Candidates, chosen: Integers, area_of_place: Integers) -> Integers:
    """Return the unit of each place: 0, 1 ... the areas of the plan, then the others; cells are units already."""
    if candidates.complete:
        return np.arange(candidates.places)
    unit = area_of_place.copy()
    incidents = np.bincount(candidates.place_of[candidates.place_of >= 0], minlength=candidates.places)
    order = np.lexsort((candidates.place, candidates.candidate))
    places = candidates.place[order]
    edges = np.searchsorted(candidates.candidate[order], np.arange(len(candidates) + 1))
    number = len(chosen)
    heap = []
    for j in range(len(candidates)):
        inside = places[edges[j] : edges[j + 1]]
        left = int(incidents[inside[unit[inside] < 0]].sum())
        if left:
            heap.append((-left, j))
    heapq.heapify(heap)
    while heap:
        had, j = heapq.heappop(heap)
        inside = places[edges[j] : edges[j + 1]]
        free = inside[unit[inside] < 0]
        left = int(incidents[free].sum())
        if left == -had:
            unit[free] = number
            number += 1
        elif left:
            heapq.heappush(heap, (-left, j))
    return unit
