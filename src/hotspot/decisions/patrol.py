"""Choose patrol areas from reported incidents, within limits that the plan states and keeps."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.patrol_areas import table_of
from hotspot.decisions.patrol_candidates import Candidates, boroughs_of, candidates_of
from hotspot.decisions.patrol_choice import Choice, Problem, choose, value_of
from hotspot.decisions.patrol_limits import Planned, feasible_words, limits_of
from hotspot.decisions.patrol_profile import GUARDIAN, PatrolProfile
from hotspot.decisions.patrol_rows import PARTS, PatrolRows, rows_of
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike

if TYPE_CHECKING:
    from hotspot.ranking.harm import HarmWeights

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PatrolPlan:
    """Where to patrol, why, and what held the plan back.

    Attributes
    ----------
    profile
        What the plan was to be.
    areas
        One row an area, see `plan_patrols`.
    limits
        One row a limit: asked, found, binding.
    counted
        One row a step from the incidents given to those that count.
    assigned
        The number of the area of each incident that counts, missing for one in none; on the incidents' index.
    months
        The months that count.
    method
        "exact", "within the gap" or "greedy".
    summary
        Plain values: incidents that count and in areas, value, bound and ``gap_pct`` of the choice, areas kept from the
        previous plan, and what the switching cost gave up. Value and bound are of the areas chosen, those that
        ``minimum_chance`` took out afterwards among them.
    why
        Sentences: what counts and what does not.
    warnings
        What a person should look at.
    """

    profile: PatrolProfile
    areas: gpd.GeoDataFrame = field(repr=False)
    limits: pd.DataFrame = field(repr=False)
    counted: pd.DataFrame = field(repr=False)
    assigned: pd.Series[Any] = field(repr=False)
    months: pd.PeriodIndex = field(repr=False)
    method: str
    summary: Mapping[str, Any]
    why: tuple[str, ...] = field(repr=False)
    warnings: tuple[str, ...] = ()


Previous: TypeAlias = PatrolPlan | pd.DataFrame


def plan_patrols(
    incidents: gpd.GeoDataFrame,
    area: AreaLike,
    *,
    profile: PatrolProfile = GUARDIAN,
    previous: Previous | None = None,
    harm: HarmWeights | None = None,
    unpatrollable: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    across_breaks: bool = False,
    time_limit: float = 30.0,
    seed: int = 0,
) -> PatrolPlan:
    """Choose the patrol areas that cover the most reported incidents, or the most harm, within the limits.

    Parameters
    ----------
    incidents
        Points with a CRS, ``start`` and ``category``.
    area
        Polygons: the borough, or several with a column of names (``profile.boroughs``).
    profile
        What counts, what an area is, and the limits.
    previous
        Last time's plan, or its ``areas``. An area of it gives way only to one that weighs more by
        ``profile.switching_cost``.
    harm
        Weights for categories, from `HarmWeights.read`: the plan then covers the most harm. Limits stay counts.
    unpatrollable
        Places from `read_known_places` whose incidents are left out: prisons, hospitals, arcades. Incidents that
        `flag_known_places` set apart are left out too.
    streets
        For ``unit="street segment"``: the streets that the incidents were snapped to.
    across_breaks
        Go on although the points of the source changed within the months.
    time_limit
        Seconds for the optimiser. When they are up, the best plan so far is returned, with the gap.
    seed
        Kept for visits and times, which draw; the choice of areas draws nothing.

    Returns
    -------
    PatrolPlan
        Its ``areas``, the most weight first: ``number``, ``area_id``, ``location`` (the most frequent text), ``borough``
        (where the profile names any), ``incidents``, ``per_year``, ``weight`` (recency-weighted count or harm),
        ``share_pct`` (of the incidents that count), ``count_rank``, ``rank_low``, ``rank_high``, ``probability_top``,
        ``per_year_low``, ``per_year_high`` (see `hotspot.decisions.patrol_chance.chances_of`), ``reasons``
        (counts by category), ``last`` (month, or day where the data has days), ``in_previous`` (with ``previous``),
        ``farthest_m``, ``easting``, ``northing``, ``lon``, ``lat``, geometry (disc, cell or line; EPSG:27700).

    Raises
    ------
    InputError
        If no area qualifies: the message says what would be feasible. If a column that the profile names is
        missing, nothing is left to count, or the unit is finer than the data.

    Warns
    -----
    HotspotWarning
        If fewer areas qualify than asked (with the limit that binds), fewer months were observed than the look-back
        has, the plan is not proven best, or no area of ``previous`` could be chosen again.

    Notes
    -----
    The choice maximises the sum of weights of the incidents in areas; an incident within reach of two areas is in the
    nearer one, and then in the first by id. A year's figure is the count over the months that were observed.

    How this can mislead: reports are not all incidents, and records made by patrols and searches bring patrols back
    to where they were made. ``probability_top`` speaks of counts over the look-back, without recency or harm, and for discs
    the plan had its choice of where to lay them, which the chance does not know. On anonymised map points an area stands
    for the streets around it.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from dataclasses import replace
    >>> x = [400_100.0] * 6 + [400_900.0] * 4 + [400_150.0]
    >>> incidents = gpd.GeoDataFrame(
    ...     {"category": "Robbery", "start": pd.to_datetime(["2024-01-05", "2024-12-05"] * 5 + ["2024-06-01"])},
    ...     geometry=gpd.points_from_xy(x, [290_100.0] * 11), crs=27700,
    ... )
    >>> area = gpd.GeoDataFrame(geometry=[shapely.box(400_000, 290_000, 401_000, 291_000)], crs=27700)
    >>> plan = plan_patrols(incidents, area, profile=replace(GUARDIAN, areas=2, minimum_per_year=4, minimum_chance=0))
    >>> plan.areas[["number", "area_id", "incidents"]].to_numpy().tolist()
    [[1, 'E400100 N290100', 7], [2, 'E400900 N290100', 4]]
    """
    if not isinstance(profile, PatrolProfile):
        raise InputError(f"profile must be a PatrolProfile, such as GUARDIAN; given {type(profile).__name__}")
    last = None if previous is None else _previous(previous)
    rows = rows_of(
        incidents, area, profile, harm=harm, unpatrollable=unpatrollable, across_breaks=across_breaks
    )
    candidates = candidates_of(rows, profile, streets=streets, previous=last)
    kept = None if last is None else _kept(candidates, last, profile)
    group = boroughs_of(candidates, rows, profile)
    problem = candidates.problem(rows, profile, group=group, kept=kept)
    choice = choose(problem, time_limit=time_limit)
    if len(choice.chosen) == 0:
        raise InputError(
            f"no area meets the limits of {profile.name!r} (minimum_per_year={profile.minimum_per_year:g}): "
            f"{feasible_words(profile, problem, len(rows.months))}"
        )
    table, shown = table_of(rows, candidates, problem, choice, profile)
    summary = _summary(rows, problem, choice, table, time_limit)
    limits = _limits(profile, problem, choice, table, shown, len(rows.months))
    told = _warnings(profile, rows, choice, table, limits, found=kept is None or bool(kept.any()))
    for text in told:
        warnings.warn(text, HotspotWarning, stacklevel=2)
    number = np.full(len(choice.chosen) + 1, -1, dtype=np.int64)
    number[shown] = table["number"].to_numpy()
    place = np.append(choice.area_of_place, -1)[candidates.place_of]
    assigned = pd.Series(number[place], index=rows.frame.index, name="area", dtype="Int64").where(
        lambda values: values > 0
    )
    why = _why(profile, harm)
    recorded = _recorded(profile, seed)
    table = provenance.carry(rows.frame, table, "plan_patrols", **recorded, **summary)
    layers = [rows.area] if streets is None else [rows.area, streets]
    credits_due = [text for layer in layers for text in provenance.of(layer)["notes"]]
    for text in (*why, *told, *credits_due):
        provenance.note(table, text)
    limits = provenance.put(limits, provenance.of(table))
    return PatrolPlan(
        profile, table, limits, rows.steps, assigned, rows.months, choice.method, summary, why, told
    )


def _previous(previous: Previous) -> pd.DataFrame:
    table = previous.areas if isinstance(previous, PatrolPlan) else previous
    wanted = ("area_id", "easting", "northing")
    if not isinstance(table, pd.DataFrame) or not set(wanted) <= set(table.columns):
        raise InputError(
            f"previous must be a PatrolPlan or its areas with the columns {', '.join(wanted)}; given "
            f"{type(table).__name__}"
        )
    return pd.DataFrame({name: table[name] for name in wanted})


def _kept(candidates: Candidates, last: pd.DataFrame, profile: PatrolProfile) -> NDArray[np.bool_]:
    """Tell which candidates are areas of the previous plan."""
    if profile.unit != "radius":
        return np.isin(candidates.ids, last["area_id"].astype("str").to_numpy(dtype=object))
    spots = last[["easting", "northing"]].to_numpy(dtype=float)
    own = np.column_stack([candidates.x, candidates.y])
    return np.isin(own[:, 0] + 1j * own[:, 1], spots[:, 0] + 1j * spots[:, 1])


def _summary(
    rows: PatrolRows, problem: Problem, choice: Choice, table: pd.DataFrame, time_limit: float
) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "incidents_that_count": len(rows.frame),
        "incidents_in_areas": int(table["incidents"].sum()),
        "months": len(rows.months),
        "areas": len(table),
        "method": choice.method,
        "value": choice.value / PARTS,
        "bound": choice.bound / PARTS,
        "gap_pct": round(choice.gap_pct, 4),
    }
    if problem.kept is not None:
        # What the plan would cover if nothing were gained by keeping an area.
        free = Problem(**{**vars(problem), "kept": None, "cost": 0.0})
        best = choose(free, time_limit=time_limit)
        summary["areas_kept"] = int(table["in_previous"].sum())
        summary["switching_cost"] = problem.cost
        summary["given_up_pct"] = round(100 * (1 - value_of(free, choice.chosen) / max(best.value, 1)), 2)
    return summary


def _limits(
    profile: PatrolProfile,
    problem: Problem,
    choice: Choice,
    table: pd.DataFrame,
    shown: Integers,
    months: int,
) -> pd.DataFrame:
    counts = table["incidents"].to_numpy(dtype=np.int64)
    reach = float(table["farthest_m"].max())
    dropped = len(choice.chosen) - len(shown)
    return limits_of(profile, problem, Planned(choice.chosen[shown], counts, reach, months, dropped))


def _warnings(
    profile: PatrolProfile,
    rows: PatrolRows,
    choice: Choice,
    table: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    found: bool,
) -> tuple[str, ...]:
    told = []
    if len(rows.months) < profile.look_back_months:
        span = provenance.spans(str(month) for month in rows.months)
        told.append(
            f"{len(rows.months)} of the {profile.look_back_months} months of the look-back were observed ({span}); "
            "incidents a year are those of these months, made up to a year"
        )
    if len(table) < profile.areas:
        binding = ", ".join(limits.loc[limits["binding"], "limit"])
        told.append(f"{len(table)} of {profile.areas} areas: held back by {binding}; see limits")
    if choice.method == "within the gap":
        told.append(
            f"the optimiser's time was up: the plan is at most {choice.gap_pct:.2f} % below the best, and another "
            "machine may find another one; give a longer time_limit"
        )
    if choice.method == "greedy":
        told.append(
            f"the areas were chosen greedily, the heaviest first, and not by the optimiser: the plan is at most "
            f"{choice.gap_pct:.2f} % below the best"
        )
    if not found:
        told.append(
            "no area of the previous plan could be chosen; was it made with another unit, or of another place?"
        )
    return tuple(told)


def _why(profile: PatrolProfile, harm: HarmWeights | None) -> tuple[str, ...]:
    if harm is None:
        return profile.why()
    return (*profile.why(), f"Areas were chosen by harm: {harm.name}.")


def _recorded(profile: PatrolProfile, seed: int) -> dict[str, Any]:
    """Return the profile as plain values; the column of ages is not written anywhere."""
    hidden = ("under_25", "source")
    plain = {key: value for key, value in vars(profile).items() if key not in hidden}
    listed = {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}
    return {"profile": {**listed, "one_filter_more": profile.under_25 is not None}, "seed": seed}
