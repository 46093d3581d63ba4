"""Every patrol plan keeps its limits, parts its incidents, and does not depend on the order of rows."""

from __future__ import annotations

import math
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot.decisions.patrol import PatrolPlan, plan_patrols
from hotspot.decisions.patrol_profile import PatrolProfile
from hotspot.errors import HotspotWarning, InputError
from makers import area_of, points_of

# The profile named search looks at more.
FEWER = min(20, settings().max_examples) if settings().max_examples < 100 else settings().max_examples
SIDE = 1200
AREA = area_of(shapely.box(400_000, 290_000, 400_000 + SIDE, 290_000 + SIDE))

# Few spots on a coarse raster: places with several incidents and equal distances are then the rule.
SPOT = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(
    lambda spot: (400_000.0 + spot[0] * 100, 290_000.0 + spot[1] * 100)
)
SPOTS = st.lists(SPOT, min_size=1, max_size=50)
PROFILES = st.builds(
    PatrolProfile,
    unit=st.sampled_from(["radius", "radius", "hexagon", "square"]),
    centres=st.sampled_from(["places", "cells"]),
    cell_size=st.sampled_from([150.0, 200.0]),
    radius=st.sampled_from([100.0, 150.0, 200.0]),
    spacing=st.sampled_from([0.0, 200.0, 300.0, 500.0]),
    areas=st.integers(1, 6),
    minimum_per_year=st.sampled_from([0.0, 2.0, 6.0]),
    maximum_per_year=st.sampled_from([None, 12.0, 40.0]),
    half_life_months=st.sampled_from([None, 3.0]),
    look_back_months=st.sampled_from([3, 12]),
    team_hours=st.sampled_from([None, 1.0]),
    visits_per_shift=st.integers(1, 2),
)


def incidents_of(data: st.DataObject, spots: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    """Return incidents at these spots in months of one year."""
    n = len(spots)
    months = data.draw(st.lists(st.integers(1, 12), min_size=n, max_size=n))
    kinds = data.draw(st.lists(st.sampled_from(["Robbery", "Drugs"]), min_size=n, max_size=n))
    start = pd.to_datetime([f"2024-{month:02d}-01" for month in months])
    return points_of(spots, category=kinds, start=start, location="Street")


def planned(incidents: gpd.GeoDataFrame, profile: PatrolProfile, **options: Any) -> PatrolPlan | str:
    """Return the plan, or the message that none is feasible."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotWarning)
        try:
            return plan_patrols(incidents, AREA, profile=profile, **options)
        except InputError as error:
            return str(error)


def keeps_its_limits(plan: PatrolPlan, incidents: gpd.GeoDataFrame) -> None:
    """Check every limit by the incidents and the areas alone."""
    profile, areas = plan.profile, plan.areas
    assert 1 <= len(areas) <= profile.areas
    if profile.team_hours is not None:
        assert len(areas) * profile.visits_per_shift * profile.visit_minutes <= profile.team_hours * 60 + 1e-9
    centres = areas[["easting", "northing"]].to_numpy()
    for i, one in enumerate(centres):
        for other in centres[:i]:
            assert math.dist(one, other) >= profile.spacing - 1e-5
    years = len(plan.months) / 12
    held = plan.assigned.dropna()
    assert held.index.is_unique
    for number, count, per_year in areas[["number", "incidents", "per_year"]].itertuples(index=False):
        own = incidents.loc[held.index[held == number]]
        assert len(own) == count
        assert math.isclose(per_year, count / years)
        assert per_year >= profile.minimum_per_year - 1e-9
        assert profile.maximum_per_year is None or per_year <= profile.maximum_per_year + 1e-9
        away = own.distance(shapely.Point(centres[number - 1]))
        if profile.unit == "radius":
            assert away.max() <= profile.radius + 1e-6
            every = np.stack([own.distance(shapely.Point(centre)) for centre in centres])
            assert (away.to_numpy() <= every.min(axis=0) + 1e-6).all()


@given(st.data(), SPOTS, PROFILES)
def test_every_plan_keeps_its_limits_and_parts_its_incidents(
    data: st.DataObject, spots: list[tuple[float, float]], profile: PatrolProfile
) -> None:
    incidents = incidents_of(data, spots)
    plan = planned(incidents, profile)
    if isinstance(plan, str):
        assert "no area meets the limits" in plan
        assert "Feasible" in plan or "maximum_per_year" in plan
        return
    keeps_its_limits(plan, incidents)
    assert plan.method == "exact"
    assert plan.summary["gap_pct"] == 0
    if len(plan.areas) < profile.areas:
        assert plan.limits["binding"].any()
    # An incident in reach of an area is in one: what is left out is in reach of none.
    if profile.unit == "radius":
        counted = plan.assigned.index[plan.assigned.isna()]
        for _, area in plan.areas.iterrows():
            away = incidents.loc[counted].distance(shapely.Point(area["easting"], area["northing"]))
            assert (away > profile.radius - 1e-6).all()


@settings(max_examples=FEWER)
@given(st.data(), SPOTS, PROFILES)
def test_the_order_of_rows_changes_nothing(
    data: st.DataObject, spots: list[tuple[float, float]], profile: PatrolProfile
) -> None:
    incidents = incidents_of(data, spots)
    order = list(data.draw(st.permutations(range(len(spots)))))
    one, two = planned(incidents, profile), planned(incidents.iloc[order], profile)
    if isinstance(one, str) or isinstance(two, str):
        assert one == two
        return
    pd.testing.assert_frame_equal(pd.DataFrame(one.areas), pd.DataFrame(two.areas), check_exact=True)
    pd.testing.assert_frame_equal(one.limits, two.limits, check_exact=True)
    pd.testing.assert_series_equal(one.assigned, two.assigned.sort_index())


@settings(max_examples=FEWER)
@given(st.data(), SPOTS, PROFILES)
def test_the_same_data_keep_the_same_areas(
    data: st.DataObject, spots: list[tuple[float, float]], profile: PatrolProfile
) -> None:
    incidents = incidents_of(data, spots)
    first = planned(incidents, profile)
    if isinstance(first, str):
        return
    again = planned(incidents, profile, previous=first)
    assert not isinstance(again, str)
    assert again.areas["in_previous"].all()
    keeps_its_limits(again, incidents)
    assert set(again.areas["area_id"]) == set(first.areas["area_id"])
