"""Which incidents a patrol plan counts, step by step, with the month, the place and the weight of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.patrol_profile import PatrolProfile, Rules
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.incidents import point_coordinates, refuse_silent_sum, starts_of
from hotspot.geography.precision import refuse_finer
from hotspot.intake.breaks import refuse_across_breaks
from hotspot.intake.known_places import flag_known_places
from hotspot.intake.select import select_incidents
from hotspot.ranking.harm import HarmWeights
from hotspot.ranking.monthly import month_numbers, observed_months

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

PARTS = 1000
"""Weights are whole thousandths, so that a sum does not depend on the order of rows."""
YOUNG = 25


@dataclass(frozen=True)
class PatrolRows:
    """The incidents that count.

    Attributes
    ----------
    frame
        The incidents, on their index.
    x, y
        Metres of EPSG:27700.
    month
        The number of each one's month in ``months``.
    months
        The months of the look-back that the data covers.
    weight
        Thousandths: 1 or the harm of each incident, less for older ones where the profile says so.
    steps
        One row a step: ``step``, ``left_out``, ``left``.
    area
        The polygons planned for, with the names of boroughs where the profile has them.
    """

    frame: gpd.GeoDataFrame = field(repr=False)
    x: Floats
    y: Floats
    month: Integers
    months: pd.PeriodIndex
    weight: Integers
    steps: pd.DataFrame
    area: gpd.GeoDataFrame = field(repr=False)

    @property
    def years(self) -> float:
        """The observed months as years."""
        return len(self.months) / 12.0


def rows_of(
    incidents: gpd.GeoDataFrame,
    area: AreaLike,
    profile: PatrolProfile,
    *,
    harm: HarmWeights | None = None,
    unpatrollable: gpd.GeoDataFrame | None = None,
    across_breaks: bool = False,
) -> PatrolRows:
    """Choose the incidents that a profile counts.

    Raises
    ------
    InputError
        If a column that the profile names is missing, a step leaves nothing, or a break parts the months.
    """
    refuse_silent_sum(incidents, "plan_patrols")
    if "start" not in incidents.columns:
        raise InputError(
            "the incidents have no column 'start', so incidents a year are not known; read them with read_police_uk "
            "or read_incidents, or add the date of each"
        )
    _refuse_finer(incidents, profile)
    polygons = _area_of(area, profile)
    months, _ = observed_months(incidents, starts_of(incidents))
    if len(months) == 0:
        raise InputError("no incident has a date, so incidents a year are not known; fill the column 'start'")
    months = months[months > months[-1] - profile.look_back_months]
    steps = _Steps(incidents)
    for step, test in _tests(profile):
        steps.keep(step, test(steps.frame))
    steps.keep("without a date", starts_of(steps.frame).notna().to_numpy(dtype=bool))
    held = month_numbers(starts_of(steps.frame), months) >= 0
    steps.keep(f"not in {provenance.spans(str(month) for month in months)}", held)
    frame = select_incidents(steps.frame, start=str(months[0]), end=str(months[-1]))
    steps.frame = _at_no_known_place(frame, unpatrollable)
    steps.note("at places that cannot be patrolled", len(frame) - len(steps.frame))
    x, y = point_coordinates(steps.frame)
    outline = polygons.union_all()
    shapely.prepare(outline)
    steps.keep("outside the area", shapely.intersects_xy(outline, x, y))
    frame = refuse_across_breaks(
        steps.frame,
        None,
        what="plan_patrols counts each place over all months of the look-back",
        affects="points",
        across_breaks=across_breaks,
    )
    x, y = point_coordinates(frame)
    month = month_numbers(starts_of(frame), months)
    table = pd.DataFrame(steps.rows, columns=["step", "left_out", "left"])
    return PatrolRows(
        frame, x, y, month, months, _weights(frame, month, months, profile, harm), table, polygons
    )


class _Steps:
    """The incidents that are left, and how many each step left out."""

    def __init__(self, incidents: gpd.GeoDataFrame) -> None:
        self.frame = incidents
        self.rows: list[tuple[str, int, int]] = [("given", 0, len(incidents))]

    def keep(self, step: str, held: Flags) -> None:
        """Keep the rows of a test; say so where it leaves any out."""
        out = int((~held).sum())
        if out:
            self.frame = cast(gpd.GeoDataFrame, self.frame[held])
        self.note(step, out)

    def note(self, step: str, out: int) -> None:
        """Count the rows that a step left out, and refuse to go on with none."""
        if out:
            self.rows.append((step, out, len(self.frame)))
        if len(self.frame) == 0:
            told = "; ".join(f"{name} {lost:,}" for name, lost, _ in self.rows[1:]) or "none was given"
            raise InputError(
                f"no incident is left to plan with of {self.rows[0][2]:,} (left out: {told}); check the "
                "categories and rules of the profile, the area and the months"
            )


def _tests(profile: PatrolProfile) -> Iterable[tuple[str, Callable[[gpd.GeoDataFrame], Flags]]]:
    """Return the steps that the profile asks for, each with its test of a frame's rows."""
    if profile.categories:
        yield "of other categories", lambda frame: _of_categories(frame, profile)
    elif profile.public_place_categories:
        yield "not said to be in a public place", lambda frame: _of_categories(frame, profile)
    if profile.where:
        yield "that do not meet the rules", lambda frame: _meets(frame, profile.where, "where")
    if profile.found_by_search and not profile.with_found_by_search:
        yield (
            "found by stop and search",
            lambda frame: ~_meets(frame, profile.found_by_search, "found_by_search"),
        )
    column = profile.under_25
    if column is not None:
        yield "that one filter more leaves out", lambda frame: _young(frame, column)


def _of_categories(frame: gpd.GeoDataFrame, profile: PatrolProfile) -> Flags:
    if "category" not in frame.columns:
        raise InputError(
            "the incidents have no column 'category', which the profile chooses by; "
            "use dataclasses.replace(profile, categories=(), public_place_categories=()) to count every one"
        )
    category = frame["category"].astype("str").str.casefold()
    gated = category.isin([name.casefold() for name in profile.public_place_categories]).to_numpy(dtype=bool)
    held = np.ones(len(frame), dtype=bool)
    if profile.categories:
        held = category.isin([name.casefold() for name in profile.categories]).to_numpy(dtype=bool)
    held = held & ~gated
    if profile.counts_violence:
        public = _meets(frame, profile.public_place, "public_place")
        held = held | gated & public & _meets(frame, profile.not_domestic, "not_domestic")
    if not held.any() and len(frame):
        there = ", ".join(sorted(frame["category"].dropna().astype("str").unique())[:20])
        raise InputError(
            f"no incident has a category that the profile {profile.name!r} counts "
            f"({', '.join(profile.categories) or 'every one but those of a public place'}); the data has: {there}"
        )
    return np.asarray(held, dtype=bool)


def _meets(frame: gpd.GeoDataFrame, rules: Rules, which: str) -> Flags:
    held = np.ones(len(frame), dtype=bool)
    for column, values in rules.items():
        _refuse_missing(frame, column, which)
        wanted = [value.strip().casefold() for value in values]
        held = held & frame[column].astype("str").str.strip().str.casefold().isin(wanted).to_numpy(dtype=bool)
    return held


def _young(frame: gpd.GeoDataFrame, column: str) -> Flags:
    _refuse_missing(frame, column, "under_25")
    age = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.asarray((age >= 0) & (age < YOUNG))


def _refuse_missing(frame: gpd.GeoDataFrame, column: str, which: str) -> None:
    if column not in frame.columns:
        raise InputError(
            f"{which} names the column {column!r}, which the incidents do not have; they have "
            f"{', '.join(map(str, frame.columns[:14]))}. Name it in keep of the mapping, or take the rule out"
        )


def _at_no_known_place(frame: gpd.GeoDataFrame, unpatrollable: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Leave out incidents at the places of the user's list, and those that are ranked apart already."""
    if "ranked_apart" in frame.columns:
        frame = cast(gpd.GeoDataFrame, frame[~frame["ranked_apart"].to_numpy(dtype=bool)])
    if unpatrollable is None or len(frame) == 0:
        return frame
    named = [name for name in ("known_place", "known_kind", "ranked_apart") if name in frame.columns]
    return flag_known_places(frame.drop(columns=named), unpatrollable, action="leave out")


def _refuse_finer(incidents: gpd.GeoDataFrame, profile: PatrolProfile) -> None:
    if profile.unit == "radius":
        refuse_finer(incidents, profile.radius, "radius")
    elif profile.unit in ("hexagon", "square"):
        refuse_finer(incidents, profile.cell_size, "cell_size")


def _area_of(area: AreaLike, profile: PatrolProfile) -> gpd.GeoDataFrame:
    """Return the polygons, those of the profile's boroughs alone where it names any, one a borough."""
    polygons = as_area(area)
    if not profile.boroughs:
        return polygons
    column = profile.borough_column
    if column not in polygons.columns:
        raise InputError(
            f"the area has no column {column!r} with the names of boroughs; it has "
            f"{', '.join(map(str, polygons.columns[:12]))}. Name it with borough_column"
        )
    names = polygons[column].astype("str")
    missing = [name for name in profile.boroughs if name not in set(names)]
    if missing:
        raise InputError(
            f"the area has no borough {missing[0]!r} in {column!r}; it has {', '.join(sorted(set(names))[:20])}"
        )
    chosen = polygons.assign(**{column: names})[names.isin(profile.boroughs)]
    return provenance.put(chosen.dissolve(column, as_index=False), provenance.of(polygons))


def _weights(
    frame: gpd.GeoDataFrame,
    month: Integers,
    months: pd.PeriodIndex,
    profile: PatrolProfile,
    harm: HarmWeights | None,
) -> Integers:
    """Return each incident's weight in thousandths."""
    weight = np.ones(len(frame)) if harm is None else np.nan_to_num(harm.of(frame), nan=0.0)
    if profile.half_life_months is not None:
        ordinal = np.asarray(months.asi8, dtype=np.int64)
        weight = weight * 0.5 ** ((ordinal[-1] - ordinal[month]) / profile.half_life_months)
    return np.rint(PARTS * weight).astype(np.int64)
