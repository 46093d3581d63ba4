"""Score a map or a patrol plan on incidents reported later."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.score_rows import Case, Scored, counts_of
from hotspot.decisions.scored_units import Units, canonical
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.incidents import refuse_silent_sum, starts_of

Floats = NDArray[np.float64]

SHARES = (0.01, 0.02, 0.05, 0.1)
FEWEST_MONTHS = 5
"""Months of later incidents from which whole months are resampled too."""


@dataclass(frozen=True, eq=False)
class PredictionScore:
    """What `score_prediction` returns.

    Attributes
    ----------
    table : DataFrame
        One row for each choice of units, area and spacing; see `score_prediction`.
    curve : DataFrame
        The capture curve: ``area_share_pct``, ``hit_rate_pct``, ``hit_rate_pct_worst_ties``, ``hit_rate_pct_best_ties``,
        ``best_possible_pct``. By chance the hit rate is the share of the area.
    units : DataFrame
        The predicted units on their index: ``km2`` inside the area, ``n_later``.
    sentence : str
        The result at the first area, in words.
    """

    table: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    units: pd.DataFrame = field(repr=False)
    sentence: str


def score_prediction(
    predicted: gpd.GeoDataFrame,
    later_incidents: gpd.GeoDataFrame,
    *,
    area: AreaLike,
    rank: str | None = None,
    score: str | None = None,
    area_share: float | Sequence[float] | None = None,
    spacing: float | None = None,
    ring: float | None = None,
    expected: str | None = None,
    earlier_incidents: gpd.GeoDataFrame | None = None,
    seed: int | np.random.Generator = 0,
    resamples: int = 999,
) -> PredictionScore:
    """Say how many later incidents the first-ranked units held, beside chance and the best possible choice.

    Parameters
    ----------
    predicted
        Units (cells, patrol areas, wards) as polygons that do not overlap, with a rank or a score. Give all units that could
        have been chosen, not only the chosen ones: without them nothing can be said of the best possible choice.
    later_incidents
        Incidents reported after those that the ranking was made from.
    area
        The study area. Shares are of its area and its incidents, whatever the units cover.
    rank, score
        The column that orders the units: the lowest rank or the highest score first. By default ``rank`` or ``score``,
        whichever the frame has. Missing comes last.
    area_share
        Shares of the area, over 0 and at most 1, at which to score. By default 0.01, 0.02, 0.05 and 0.1; where the units do
        not cover the area, all of them.
    spacing
        Score also with the limit that centres are at least so many metres apart.
    ring
        Metres around the chosen units in which incidents are counted apart, to look for ones that moved next door.
    expected
        A column with the incidents expected in each unit over the later period, for ``recovery_rate_index``.
    earlier_incidents
        The incidents that the ranking was made from. They add ``recapture_rate_index`` and the rows of the plain ranking by
        their count.
    seed
        For intervals, random choices, and ties under a spacing limit: an int or a numpy Generator.
    resamples
        Resamples of the intervals, and random choices.

    Returns
    -------
    PredictionScore
        ``table`` has the columns ``choice`` ("as given", "count of earlier incidents", "best possible", "random"),
        ``spacing_m`` (missing: no limit), ``area_share_pct`` (as taken), ``area_km2``, ``incidents`` (later, in the
        area), ``hits`` (of them in the units), ``hit_rate_pct``, ``pai`` and ``pei``, each with ``_low`` and ``_high``
        (95 %), the last two with ``_worst_ties`` and ``_best_ties``; ``recovery_rate_index``,
        ``recapture_rate_index``, ``jaccard_best`` (with the best possible choice, 0 to 1), and with ``ring``:
        ``ring_hits``, ``ring_share_pct``, ``ring_area_pct`` and ``ring_density_ratio`` (1: as many per km2 as outside
        the units as a whole).

    Raises
    ------
    InputError
        If units have no rank or score, overlap, or lie outside the area; if no later incident lies in the area, or a number
        is out of range.

    Warns
    -----
    HotspotWarning
        If later incidents lie outside the area: they are not counted.

    Notes
    -----
    With c of C later incidents in units of area a, of A: hit rate c / C, PAI = (c / C) / (a / A), PEI = PAI over the
    PAI of the best possible choice at the same area. Units are taken in order until the area is full; of the last one
    only the part that still fits is taken, with the same part of its incidents, so that all choices have the same
    area. Each incident is in one unit.

    - Ties: units of equal rank are taken in equal parts, which for equal areas is the mean over all their orders. The worst
      and best order stand beside it; under a spacing limit, of 50 random orders.
    - The best possible choice is made with hindsight, by count per km2. Under a spacing limit it is found by an
      integer programme to within 1 % of a bound, and ``pei`` is taken against the bound, so that it is never too high.
    - Random: units drawn blindly; PAI 1 exactly without a spacing limit. The interval is of single draws.
    - Intervals resample incidents; and, where they are of 5 months or more, months before that. The choice and the
      best possible one are held. Incidents alone are taken for independent, which is too narrow where one person or
      address makes many.
    - recovery_rate_index = expected / observed incidents in the chosen units. recapture_rate_index = PAI later / PAI
      earlier at the same units. Both are called RRI.

    How this can mislead: PAI grows as the area shrinks, so compare it at one area only. It rewards places that are
    always busy, with or without a plan. If patrols went to the chosen units and worked, hits fall and the score
    with them; if they recorded more, it rises. A ring with more incidents is no proof that they moved.

    Source: Chainey, Tompson and Uhlig (2008), Security Journal 21, 4-28 (PAI); Hunt (2016), dissertation, City
    University of New York (PEI); Levine (2008), Security Journal 21, 295-302 (recapture).

    Examples
    --------
    >>> import geopandas as gpd, hotspot as hs
    >>> from shapely import box, points
    >>> from hotspot.decisions.scoring import score_prediction
    >>> cells = [box(x, 0, x + 200, 200) for x in range(0, 600, 200)]
    >>> units = gpd.GeoDataFrame({"score": [3, 2, 1]}, geometry=cells, crs=27700)
    >>> later = gpd.GeoDataFrame(geometry=points([[100, 100]] * 6 + [[300, 100]] * 3), crs=27700)
    >>> found = score_prediction(units, later, area=units, area_share=1 / 3)
    >>> float(round(found.table.loc[0, "pai"], 6)), float(found.table.loc[0, "pei"])
    (2.0, 1.0)
    """
    _refuse_numbers(spacing=spacing, ring=ring, resamples=resamples)
    refuse_silent_sum(later_incidents, "score_prediction")
    frame = as_area(area, keep_projected=True)
    _refuse_unit_frame(predicted)
    # One order of units, whatever the frame's, so that draws do not depend on it.
    at = canonical(predicted)
    predicted = predicted.iloc[at]
    order = _order(predicted, rank, score)
    units = Units.of_frame(predicted, frame)
    position, spots = units.positions(later_incidents, frame.crs)
    scored = Scored(units, counts_of(position, len(units.km2)), int(np.count_nonzero(position > -2)))
    _say_outside(position, later_incidents)
    if scored.incidents == 0:
        raise InputError(
            f"none of the {len(later_incidents):,} later incidents lies in the area, so no share of them can be told; "
            "check the months and the area"
        )
    case = Case(
        scored,
        order,
        _blocks(later_incidents, position, len(units.km2)),
        None if expected is None else _numbers(predicted, expected),
        None if earlier_incidents is None else units.positions(earlier_incidents, frame.crs)[0],
        ring,
        spots[position > -2],
        np.random.default_rng(seed),
        resamples,
    )
    shares = _shares(area_share, units)
    rows = [
        row
        for limit in ([None] if spacing is None else [None, spacing])
        for s in shares
        for row in case.rows(s, limit)
    ]
    table = pd.DataFrame(rows)
    parameters = {
        "units": len(predicted),
        "area_share": list(shares),
        "spacing_m": spacing,
        "ring_m": ring,
        "resamples": resamples,
        "resampled": "months and incidents" if len(case.months) > 1 else "incidents",
        "seed": int(seed) if isinstance(seed, int | np.integer) else "generator",
        "outside_area": int(np.count_nonzero(position == -2)),
    }
    counted = pd.DataFrame(
        {"km2": units.km2, "n_later": scored.later.astype(np.int64)}, index=predicted.index
    ).iloc[np.argsort(at)]
    for part in (table, curve := case.curve(), counted):
        provenance.carry(later_incidents, part, "score_prediction", **parameters)
    return PredictionScore(table, curve, counted, _sentence(table))


def _refuse_unit_frame(predicted: gpd.GeoDataFrame) -> None:
    if not isinstance(predicted, gpd.GeoDataFrame) or predicted.crs is None or len(predicted) == 0:
        raise InputError(
            f"predicted must be a GeoDataFrame of units with a CRS; given {type(predicted).__name__} of "
            f"{len(predicted):,} rows. Use grid.add_geometry(cells) for cells without geometry"
        )


def _refuse_numbers(*, spacing: float | None, ring: float | None, resamples: int) -> None:
    for name, value in (("spacing", spacing), ("ring", ring)):
        if value is not None and not (isinstance(value, int | float | np.number) and 0 < value < 1e6):
            raise InputError(
                f"{name}={value!r} is not a positive number of metres; 500 is a usual one, or leave it out"
            )
    if not isinstance(resamples, int | np.integer) or isinstance(resamples, bool) or resamples < 99:
        raise InputError(f"resamples={resamples!r} must be a whole number of 99 or more; 999 is usual")


def _order(predicted: pd.DataFrame, rank: str | None, score: str | None) -> Floats:
    """Return a score, larger first, from the rank or score column."""
    if rank is not None and score is not None:
        raise InputError(
            f"rank={rank!r} and score={score!r} were both given; the units can have one order only, so give one"
        )
    if rank is None and score is None:
        rank = "rank" if "rank" in predicted.columns else None
        score = "score" if rank is None else None
    name = str(rank if rank is not None else score)
    values = _numbers(predicted, name, missing=True)
    if np.isnan(values).all():
        raise InputError(
            f"the column {name!r} of the predicted units is empty, so they have no order; give another column"
        )
    return -values if rank is not None else values


def _numbers(predicted: pd.DataFrame, name: str, *, missing: bool = False) -> Floats:
    if name not in predicted.columns:
        raise InputError(
            f"the predicted units have no column {name!r}; they have {', '.join(map(str, predicted.columns[:12]))}. Name "
            "the one that orders them with rank= or score="
        )
    values = pd.to_numeric(predicted[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = np.isinf(values) | (np.isnan(values) & (predicted[name].notna().to_numpy() | (not missing)))
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} values of {name!r} are no finite numbers (the first is of unit "
            f"{predicted.index[int(np.flatnonzero(bad)[0])]}); repair them"
        )
    return np.asarray(values)


def _shares(area_share: float | Sequence[float] | None, units: Units) -> tuple[float, ...]:
    reach = 1.0 if units.covering else float(units.km2.sum()) / units.total_km2
    if area_share is None:
        return SHARES if units.covering else (reach,)
    shares = tuple(float(s) for s in np.atleast_1d(np.asarray(area_share, dtype=float)))
    if not shares or not all(0 < s <= 1 for s in shares):
        raise InputError(
            f"area_share={area_share!r} must be over 0 and at most 1; 0.05 is five per cent of the area"
        )
    if max(shares) > reach * (1 + 1e-9):
        raise InputError(
            f"area_share={max(shares):g} is more than the units hold: {reach:.4g} of the area; give all units, or a "
            "smaller share"
        )
    return shares


def _blocks(later: gpd.GeoDataFrame, position: NDArray[np.int64], units: int) -> list[Floats]:
    """Return counts by unit, and outside all units at the end, of each month; one block where months are few or unknown."""
    inside = position > -2
    kept = np.where(position < 0, units, position)
    if "start" in later.columns:
        start = starts_of(later)
        if start.notna().all():
            months, _ = pd.factorize(start.dt.strftime("%Y-%m"), sort=True)
            seen = np.unique(months[inside])
            if len(seen) >= FEWEST_MONTHS:
                return [
                    np.bincount(kept[inside & (months == m)], minlength=units + 1).astype(float) for m in seen
                ]
    return [np.bincount(kept[inside], minlength=units + 1).astype(float)]


def _say_outside(position: NDArray[np.int64], later: gpd.GeoDataFrame) -> None:
    lost = np.flatnonzero(position == -2)
    if len(lost):
        first = ", ".join(str(label) for label in later.index[lost[:5]])
        warnings.warn(
            f"{len(lost):,} of {len(later):,} later incidents lie outside the area and are not counted (first rows: "
            f"{first}); read them with area= to set them aside with their reason",
            HotspotWarning,
            stacklevel=3,
        )


def _sentence(table: pd.DataFrame) -> str:
    row = table.iloc[0]
    span = f"95 % interval {row['pai_low']:.2f} to {row['pai_high']:.2f}"
    text = (
        f"The first units by rank, {row['area_share_pct']:.3g} % of the area, held {row['hit_rate_pct']:.1f} % of "
        f"{row['incidents']:,} later reported incidents: {row['pai']:.2f} times as many as by chance ({span})"
    )
    if np.isnan(row["pei"]):
        return text + ". The units that could have been chosen instead are not known."
    return text + f", and {100 * row['pei']:.0f} % of what the best choice, made afterwards, would have held."
