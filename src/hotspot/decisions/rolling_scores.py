"""Which way of ranking cells held most of the next month's incidents, month after month."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.rolling_rows import COUNT, RANDOM, Month, curves_of, plan_rows, table_of
from hotspot.decisions.scored_units import Units
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.counting import count_incidents
from hotspot.geography.grid import Grid
from hotspot.geography.incidents import point_coordinates, refuse_silent_sum, starts_of
from hotspot.intake.breaks import refuse_across_breaks
from hotspot.statistics.density import kernel_density
from hotspot.statistics.getis_ord import getis_ord

Floats = NDArray[np.float64]
Scorer = Callable[[gpd.GeoDataFrame, Grid], pd.Series]

METHODS = (COUNT, "density", "gi", "recent", RANDOM)
MEANING = {
    COUNT: "incidents of the earlier months, in each cell",
    "density": "quartic kernel density of the earlier months, at the cell's centre",
    "gi": "Gi* z of the earlier months' counts, queen neighbours",
    "recent": "incidents of the earlier months, each month weighted by half as much per half-life",
    RANDOM: "drawn blindly",
}


@dataclass(frozen=True, eq=False)
class PredictionComparison:
    """What `compare_predictions` returns.

    Attributes
    ----------
    table : DataFrame
        One row for each method, area and spacing, over all plans; see `compare_predictions`.
    months : DataFrame
        One row for each plan as well, with ``plan_month`` (the first month that it was scored on), ``incidents``, ``hits``,
        ``area_km2``, ``pai``, ``pei``.
    curves : DataFrame
        Capture curves without spacing limit, over all plans: ``method``, ``area_share_pct``, ``hit_rate_pct``.
    left_out : list of str
        Months that no plan was scored on because a month of its window or horizon has no file.
    sentence : str
        Which method held most at the first area, and whether that can be told from the plain count.
    """

    table: pd.DataFrame = field(repr=False)
    months: pd.DataFrame = field(repr=False)
    curves: pd.DataFrame = field(repr=False)
    left_out: list[str] = field(repr=False)
    sentence: str


def compare_predictions(
    incidents: gpd.GeoDataFrame,
    area: AreaLike,
    grid: Grid,
    *,
    methods: Sequence[str] = METHODS,
    also: Mapping[str, Scorer] | None = None,
    months_back: int = 12,
    horizon: int = 1,
    area_share: float | Sequence[float] = (0.01, 0.02, 0.05),
    spacing: float | None = None,
    ring: float | None = None,
    bandwidth: float | None = None,
    half_life: float = 3.0,
    draws: int = 199,
    across_breaks: bool = False,
    seed: int | np.random.Generator = 0,
    resamples: int = 999,
) -> PredictionComparison:
    """Rank the cells from some months, score the ranking on the next, move on by as much, and add it all up.

    Parameters
    ----------
    incidents
        Points with a CRS and ``start``.
    area
        The study area that the grid was made over.
    grid
        The candidate units: all its cells, for every method.
    methods
        Of "count", "density", "gi", "recent" and "random". The best possible choice is always added.
    also
        Rankings of your own, by name: a function of the earlier incidents and the grid that returns a score on
        ``cell_id``, larger first; cells that it leaves out come last.
    months_back
        Months that each ranking is made from.
    horizon
        Months that each is scored on; the next ranking is made so many months later.
    area_share
        Shares of the area, over 0 and at most 1, at which all are compared.
    spacing
        Compare also with the limit that centres are at least so many metres apart.
    ring
        Metres around the chosen cells in which incidents are counted apart.
    bandwidth
        Of the density, in metres; None is twice the cell size.
    half_life
        Months after which an incident counts half in "recent".
    draws
        Random choices of each plan, at least 20.
    across_breaks
        Go on although the points of a source changed between the months.
    seed
        For intervals, random choices, and ties under a spacing limit: an int or a numpy Generator.
    resamples
        Resamples of the intervals.

    Returns
    -------
    PredictionComparison
        ``table`` has the columns ``method``, ``spacing_m`` (missing: no limit), ``area_share_pct`` (as taken, on
        average), ``plans``, ``incidents``, ``hits``, ``hit_rate_pct``, ``pai`` and ``pei``, each with ``_low`` and
        ``_high`` (95 %), ``_worst_ties`` and ``_best_ties``; ``times_count`` with ``_low`` and ``_high`` (PAI over that
        of "count" at the same area), ``pai_expected`` (of random: 1 exactly without a spacing limit),
        ``recovery_rate_index``,
        ``recapture_rate_index``, ``jaccard_best`` and ``jaccard_previous`` (cells in common with the best possible choice,
        and with the same method's plan before; means), and with ``ring``: ``ring_share_pct``, ``ring_area_pct``,
        ``ring_density_ratio``.

    Raises
    ------
    InputError
        If a method is not known, the months do not suffice for one plan, the grid is of another area, or a number is
        out of range.

    Notes
    -----
    PAI over several plans is the hits of all plans over the hits expected by area; PEI the hits over those of the best
    possible choices. Everything else is as in `hotspot.decisions.scoring.score_prediction`. Months without a
    file are no zeros: a plan that needs one is left out. Ties are taken evenly, with the worst and best order beside.

    The intervals resample plans, and in each the incidents; all methods on the same resamples, so ``times_count``
    compares them in pairs. With fewer than about 5 plans they are rough. Of random, they are the range of single draws.

    How this can mislead: the method that wins on one borough and category need not on another, and of many methods one is
    always first; ask whether ``times_count`` leaves out 1. Later incidents also follow what was done: see
    `hotspot.decisions.scoring.score_prediction`.
    """
    shares = _checked(
        methods, also, months_back, horizon, area_share, spacing, ring, half_life, draws, resamples
    )
    refuse_silent_sum(incidents, "compare_predictions")
    _refuse_other_area(as_area(area, keep_projected=True), grid)
    incidents = refuse_across_breaks(
        incidents, None, what="compare_predictions follows cells over time", affects="points", across_breaks=across_breaks
    )  # fmt: skip
    data = _Data.of(incidents, grid)
    windows, left_out = data.windows(months_back, horizon)
    stream = np.random.default_rng(seed)
    scorers = _scorers(methods, also, grid, bandwidth, half_life)
    units = Units.of_grid(grid)
    plans = [data.plan(window, horizon, scorers) for window in windows]
    limits = [None] if spacing is None else [None, float(spacing)]
    blind = draws if RANDOM in methods else 0
    chosen = [(share, limit) for limit in limits for share in shares]
    rows = [row for pair in chosen for row in plan_rows(plans, units, *pair, ring, blind, stream)]
    months = pd.DataFrame([row.shown() for row in rows])
    table = table_of(rows, plans, units, stream, resamples)
    parameters: dict[str, Any] = {
        **grid.parameters(),
        "methods": [*methods, *(also or {})],
        "months_back": months_back,
        "horizon": horizon,
        "area_share": list(shares),
        "spacing_m": spacing,
        "ring_m": ring,
        "bandwidth_m": bandwidth or 2 * grid.cell_size,
        "half_life_months": half_life,
        "plans": len(plans),
        "left_out": left_out,
        "seed": int(seed) if isinstance(seed, int | np.integer) else "generator",
    }
    curves = curves_of(plans, units)
    for part in (table, months, curves):
        provenance.carry(incidents, part, "compare_predictions", **parameters)
    return PredictionComparison(table, months, curves, left_out, _sentence(table))


@dataclass(frozen=True, eq=False)
class _Data:
    """Incidents with their month, and counts of each month and cell."""

    incidents: gpd.GeoDataFrame
    grid: Grid
    month: NDArray[np.str_]
    spots: Floats
    counts: dict[str, Floats]

    @classmethod
    def of(cls, incidents: gpd.GeoDataFrame, grid: Grid) -> _Data:
        if "start" not in incidents.columns:
            raise InputError(
                "the incidents have no column 'start', so no month is known; plans cannot be rolled"
            )
        start = starts_of(incidents)
        if start.isna().any():
            raise InputError(
                f"{int(start.isna().sum()):,} of {len(incidents):,} incidents have no date; leave them out first, counted"
            )
        count_incidents(incidents, grid, geometry=False)  # says once what lies outside the area
        month = start.dt.strftime("%Y-%m").to_numpy(dtype=str)
        observed = provenance.months_observed(incidents)
        if not observed and len(month):
            observed = [str(m) for m in pd.period_range(month.min(), month.max(), freq="M")]
        counts = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HotspotWarning)
            for name in observed:
                cells = count_incidents(incidents[month == name], grid, geometry=False)
                counts[name] = cells["n"].to_numpy(dtype=float)
        spots = np.column_stack(point_coordinates(incidents, grid.crs))
        return cls(incidents, grid, month, spots, counts)

    def windows(self, back: int, horizon: int) -> tuple[list[tuple[list[str], list[str]]], list[str]]:
        """Return the months of each plan and those it is scored on, and the first months of plans left out."""
        if not self.counts:
            raise InputError("there are no incidents to make a plan from; check the filter and the area")
        every = [str(m) for m in pd.period_range(min(self.counts), max(self.counts), freq="M")]
        found, lost = [], []
        for at in range(back, len(every) - horizon + 1, horizon):
            earlier, later = every[at - back : at], every[at : at + horizon]
            if all(name in self.counts for name in (*earlier, *later)):
                found.append((earlier, later))
            else:
                lost.append(later[0])
        if not found:
            raise InputError(
                f"no plan can be made and scored: {back} months before and {horizon} after are needed without a "
                f"gap, and the data has {len(self.counts)} ({provenance.spans(self.counts)}). Use a smaller months_back"
            )
        return found, lost

    def plan(
        self, window: tuple[list[str], list[str]], horizon: int, scorers: Mapping[str, _Ranker]
    ) -> Month:
        """Rank the cells from the earlier months by every method, and hold the later ones ready."""
        earlier, later = window
        before = self.incidents[np.isin(self.month, earlier)]
        monthly = np.array([self.counts[name] for name in earlier])
        after = np.sum([self.counts[name] for name in later], axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HotspotWarning)
            scores = {name: ranker(before, monthly) for name, ranker in scorers.items()}
        expected = {}
        for name in (COUNT, "density"):
            mass = scores.get(name, np.zeros(1)) * (self.grid.share_in_area if name == "density" else 1.0)
            if mass.sum() > 0:
                expected[name] = mass / mass.sum() * monthly.sum() * horizon / len(earlier)
        if "recent" in scores:
            expected["recent"] = scores["recent"] * horizon
        spots = self.spots[np.isin(self.month, later)]
        return Month(later[0], scores, after, monthly.sum(axis=0), expected, spots)


_Ranker = Callable[[gpd.GeoDataFrame, Floats], Floats]


def _scorers(
    methods: Sequence[str],
    also: Mapping[str, Scorer] | None,
    grid: Grid,
    bandwidth: float | None,
    half_life: float,
) -> dict[str, _Ranker]:
    """Return the methods as functions of the earlier incidents and their counts by month and cell."""
    index = pd.Index(grid.cell_ids, name="cell_id")

    def count(_: gpd.GeoDataFrame, monthly: Floats) -> Floats:
        return np.asarray(monthly.sum(axis=0))

    def density(before: gpd.GeoDataFrame, monthly: Floats) -> Floats:
        if len(before) == 0:
            return np.zeros(monthly.shape[1])
        cells = pd.DataFrame(index=index)
        found = kernel_density(before, grid, bandwidth=bandwidth or 2 * grid.cell_size, cells=cells)
        return found["density_per_km2"].to_numpy(dtype=float)

    def gi(_: gpd.GeoDataFrame, monthly: Floats) -> Floats:
        cells = pd.DataFrame({"n": monthly.sum(axis=0).astype(np.int64)}, index=index)
        cells["share_in_area"] = grid.share_in_area
        found = getis_ord(cells, grid, inference="normal", correction=None)
        return found["gi_z"].to_numpy(dtype=float)

    def recent(_: gpd.GeoDataFrame, monthly: Floats) -> Floats:
        weight = 0.5 ** (np.arange(len(monthly))[::-1] / half_life)
        return np.asarray(weight @ monthly / weight.sum())

    known: dict[str, _Ranker] = {COUNT: count, "density": density, "gi": gi, "recent": recent}
    # The plain count is always there: it is what the others are measured against.
    rankers = {name: known[name] for name in (COUNT, *(m for m in methods if m not in (COUNT, RANDOM)))}
    for name, scorer in (also or {}).items():
        rankers[name] = _own(name, scorer, grid, index)
    return rankers


def _own(name: str, scorer: Scorer, grid: Grid, index: pd.Index) -> _Ranker:
    def ranked(before: gpd.GeoDataFrame, _: Floats) -> Floats:
        score = scorer(before, grid)
        if not isinstance(score, pd.Series) or not score.index.is_unique or not score.index.isin(index).all():
            raise InputError(
                f"also[{name!r}] returned {type(score).__name__}; it must return a Series of scores on the grid's "
                "cell_id, each once"
            )
        return score.reindex(index).to_numpy(dtype=float)

    return ranked


def _checked(
    methods: Sequence[str],
    also: Mapping[str, Scorer] | None,
    months_back: int,
    horizon: int,
    area_share: float | Sequence[float],
    spacing: float | None,
    ring: float | None,
    half_life: float,
    draws: int,
    resamples: int,
) -> tuple[float, ...]:
    unknown = [name for name in ([methods] if isinstance(methods, str) else methods) if name not in METHODS]
    if unknown or isinstance(methods, str):
        raise InputError(
            f"methods={methods!r} must be a list of {', '.join(METHODS)}; rankings of your own go into also="
        )
    taken = [name for name in also or {} if name in (*METHODS, "best possible")]
    if taken:
        raise InputError(f"also has the name {taken[0]!r}, which a built-in method has; give it another name")
    least = {
        "months_back": (months_back, 1),
        "horizon": (horizon, 1),
        "draws": (draws, 20),
        "resamples": (resamples, 99),
    }
    for name, (value, low) in least.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < low:
            raise InputError(f"{name}={value!r} must be a whole number of {low} or more")
    for name, number in (("spacing", spacing), ("ring", ring), ("half_life", half_life)):
        if number is not None and not (isinstance(number, int | float | np.number) and 0 < number < 1e6):
            raise InputError(f"{name}={number!r} must be a positive number; leave it out for none")
    shares = tuple(float(s) for s in np.atleast_1d(np.asarray(area_share, dtype=float)))
    if not shares or not all(0 < s <= 1 for s in shares):
        raise InputError(
            f"area_share={area_share!r} must be over 0 and at most 1; 0.05 is five per cent of the area"
        )
    return shares


def _refuse_other_area(area: gpd.GeoDataFrame, grid: Grid) -> None:
    held = float(grid.area.area)
    given = float(area.to_crs(grid.crs).union_all().area)
    if abs(given - held) > 0.005 * held:
        raise InputError(
            f"the area has {given / 1e6:.2f} km2, and the grid was made over {held / 1e6:.2f} km2; all methods must "
            "choose from the same cells of the same area, so make the grid with Grid.over(area, ...)"
        )


def _sentence(table: pd.DataFrame) -> str:
    first = table[
        table["spacing_m"].isna()
        & (table["area_share_pct"].round(6) == table["area_share_pct"].round(6).iloc[0])
    ]
    ranked = first[~first["method"].isin(["best possible", RANDOM])].sort_values(
        "pai", ascending=False, kind="stable"
    )
    top = ranked.iloc[0]
    text = (
        f"At {top['area_share_pct']:.3g} % of the area, over {top['plans']} plans, '{top['method']}' held most: PAI "
        f"{top['pai']:.2f} ({top['pai_low']:.2f} to {top['pai_high']:.2f})."
    )
    plain = ranked[ranked["method"] == COUNT].iloc[0]
    if top["method"] == COUNT:
        return text + " That is the plain count of the earlier months."
    told = "told from" if top["times_count_low"] > 1 else "not told from"
    return text + (
        f" The plain count of the earlier months held {plain['pai']:.2f}; the two are {told} each other (ratio "
        f"{top['times_count']:.2f}, {top['times_count_low']:.2f} to {top['times_count_high']:.2f})."
    )
