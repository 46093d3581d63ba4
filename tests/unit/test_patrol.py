"""Patrol plans: what counts, the columns, the limits, and what is said when a plan falls short."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.patrol import PatrolPlan, plan_patrols
from hotspot.decisions.patrol_profile import GUARDIAN, OP_SAVVY, PatrolProfile
from hotspot.errors import HotspotWarning, InputError
from hotspot.ranking.harm import HarmWeights
from makers import area_of, points_of

AREA = area_of(shapely.box(400_000, 290_000, 404_000, 292_000))
PLAIN = PatrolProfile(name="Plain", areas=2, radius=100.0, spacing=300.0)
YEAR = [f"2024-{month:02d}" for month in range(1, 13)]


def incidents_of(*groups: tuple[int, float, float], **columns: Any) -> gpd.GeoDataFrame:
    """Return so many incidents at each x and y (metres from the area's corner), spread over 2024."""
    xy = [(400_000 + x, 290_000 + y) for n, x, y in groups for _ in range(n)]
    days = [f"{YEAR[i % 12]}-10" for i in range(len(xy))]
    days[0], days[-1] = "2024-01-10", "2024-12-10"
    given: dict[str, Any] = {"category": "Robbery", "location": "High Street", **columns}
    return points_of(xy, start=pd.to_datetime(days), **given)


def test_areas_are_numbered_by_weight_and_hold_their_columns() -> None:
    incidents = incidents_of((12, 500, 500), (3, 560, 500), (8, 2000, 1000), (2, 3500, 500))
    plan = plan_patrols(incidents, AREA, profile=PLAIN)
    areas = plan.areas
    assert areas["number"].tolist() == [1, 2]
    assert areas["incidents"].tolist() == [15, 8]
    assert areas["per_year"].tolist() == [15.0, 8.0]
    assert areas["share_pct"].tolist() == [60.0, 32.0]
    assert areas["area_id"].tolist() == ["E400500 N290500", "E402000 N291000"]
    assert areas["reasons"].tolist() == ["Robbery 15", "Robbery 8"]
    assert areas["farthest_m"].tolist() == [60.0, 0.0]
    assert areas["count_rank"].tolist() == [1, 2]
    assert areas["probability_top"].between(0, 1).all()
    assert (areas["per_year_low"] < areas["per_year"]).all()
    np.testing.assert_allclose(areas.area, np.pi * 100**2, rtol=0.01)
    assert plan.method == "exact"
    assert plan.assigned.tolist() == [1] * 15 + [2] * 8 + [pd.NA] * 2
    assert (plan.summary["incidents_in_areas"], plan.summary["gap_pct"]) == (23, 0.0)
    assert plan.limits.loc[plan.limits["binding"], "limit"].tolist() == ["areas"]
    json.dumps(provenance.of(areas))


def test_the_last_incident_is_a_day_or_a_month() -> None:
    incidents = incidents_of((6, 500, 500), (6, 2000, 500))
    assert plan_patrols(incidents, AREA, profile=PLAIN).areas["last"].max() == pd.Timestamp("2024-12-10")
    months = incidents.assign(time_precision="month")
    assert plan_patrols(months, AREA, profile=PLAIN).areas["last"].max() == pd.Period("2024-12")


def test_credits_of_area_and_streets_are_carried() -> None:
    incidents = incidents_of((6, 500, 500), (4, 2000, 500), street_id=["a"] * 6 + ["b"] * 4)
    lines = [shapely.LineString([(x, 290_500), (x + 90, 290_500)]) for x in (400_460, 401_960)]
    streets = gpd.GeoDataFrame({"street_id": ["a", "b"]}, geometry=lines, crs=27700)
    provenance.note(streets, "Streets: made up")
    area = AREA.assign(attribution="made up too")
    plan = plan_patrols(incidents, area, profile=replace(PLAIN, unit="street segment"), streets=streets)
    notes = provenance.of(plan.areas)["notes"]
    assert {"Streets: made up", "Boundary: made up too"} <= set(notes)
    assert set(plan.why) <= set(notes)
    assert provenance.of(plan.limits) == provenance.of(plan.areas)


def test_the_inputs_are_left_as_they_were() -> None:
    incidents = incidents_of((6, 500, 500), (6, 2000, 500))
    before = incidents.copy(deep=True)
    plan_patrols(incidents, AREA, profile=replace(PLAIN, half_life_months=3.0))
    pd.testing.assert_frame_equal(pd.DataFrame(incidents), pd.DataFrame(before))


def test_recent_incidents_weigh_more() -> None:
    old = incidents_of((5, 500, 500)).assign(start=pd.Timestamp("2024-01-05"))
    new = incidents_of((4, 2000, 500)).assign(start=pd.Timestamp("2024-12-05"))
    both = pd.concat([old, new], ignore_index=True)
    one = replace(PLAIN, areas=1)
    assert plan_patrols(both, AREA, profile=one).areas["incidents"].tolist() == [5]
    recent = plan_patrols(both, AREA, profile=replace(one, half_life_months=6.0)).areas
    assert recent["incidents"].tolist() == [4]
    assert recent["weight"].tolist() == [4.0]
    # Eleven months at a half-life of 11 are one half.
    halved = plan_patrols(both, AREA, profile=replace(PLAIN, half_life_months=11.0)).areas
    assert halved["weight"].tolist() == [4.0, 2.5]


def test_harm_chooses_and_counts_still_hold() -> None:
    told = {"unit": "days", "index": "EXAMPLE", "edition": "1", "source": "none", "derivation": "made up"}
    weights = HarmWeights.read(pd.DataFrame({"category": ["Robbery", "Theft"], "weight": [10, 1], **told}))
    kinds = ["Theft"] * 6 + ["Robbery"] * 3
    incidents = incidents_of((6, 500, 500), (3, 2000, 500), category=kinds)
    profile = replace(PLAIN, areas=1)
    assert plan_patrols(incidents, AREA, profile=profile).areas["incidents"].tolist() == [6]
    plan = plan_patrols(incidents, AREA, profile=profile, harm=weights)
    assert (plan.areas["incidents"].tolist(), plan.areas["weight"].tolist()) == ([3], [30.0])
    assert any("harm" in text for text in plan.why)
    least = replace(profile, minimum_per_year=4)
    assert plan_patrols(incidents, AREA, profile=least, harm=weights).areas["incidents"].tolist() == [6]


def test_the_filter_of_the_profile_step_by_step() -> None:
    incidents = incidents_of(
        (12, 500, 500),
        category=["Robbery"] * 4
        + ["Possession of weapons"] * 3
        + ["Violence and sexual offences"] * 4
        + ["Drugs"],
        origin=["Report"] * 4 + ["Stop and search"] * 2 + ["Report"] * 6,
        place_type=["Street"] * 9 + ["Home"] * 3,
        domestic=["No"] * 8 + ["Yes"] * 2 + ["No"] * 2,
        age=[20] * 6 + [None] * 3 + [40] * 3,
    )
    base = replace(GUARDIAN, areas=1, minimum_chance=0.0, minimum_per_year=0.0)

    def held(**change: Any) -> int:
        return int(plan_patrols(incidents, AREA, profile=replace(base, **change)).areas["incidents"].sum())

    assert held() == 7
    assert held(found_by_search={"origin": ("stop and search",)}) == 5
    assert held(found_by_search={"origin": ("Stop and search",)}, with_found_by_search=True) == 7
    public = {"public_place": {"place_type": ("street",)}, "not_domestic": {"domestic": ("no",)}}
    assert held(**public) == 7 + 1
    assert held(where={"place_type": ("Street",)}) == 7
    assert held(under_25="age") == 6
    assert held(categories=(), public_place_categories=()) == 12


def test_the_column_of_ages_is_written_nowhere() -> None:
    incidents = incidents_of((6, 500, 500), (5, 2000, 500), age_years=20)
    plan = plan_patrols(incidents, AREA, profile=replace(PLAIN, under_25="age_years"))
    everything = (
        json.dumps(provenance.of(plan.areas))
        + plan.limits.to_csv()
        + plan.counted.to_csv()
        + pd.DataFrame(plan.areas).to_csv()
        + repr(plan)
    )
    assert "age_years" not in everything
    assert "One filter more is in use" in everything


def test_only_the_look_back_counts() -> None:
    incidents = incidents_of((12, 500, 500), (6, 2000, 500))
    with pytest.warns(HotspotWarning, match="1 of 2 areas"):
        plan = plan_patrols(
            incidents, AREA, profile=replace(PLAIN, look_back_months=3, minimum_per_year=12.0)
        )
    # October to December: 3 of the first 12, 1 of the last 6 (December), a rate of 12 and of 4 a year.
    assert [str(month) for month in plan.months] == ["2024-10", "2024-11", "2024-12"]
    assert plan.areas["per_year"].tolist() == [12.0]
    assert plan.counted["left"].tolist()[-1] == 4


def test_fewer_areas_than_asked_name_the_binding_limit() -> None:
    incidents = incidents_of((12, 500, 500), (9, 700, 500), (2, 2000, 500))
    with pytest.warns(HotspotWarning, match="1 of 3 areas: held back by minimum a year, spacing"):
        plan = plan_patrols(incidents, AREA, profile=replace(PLAIN, areas=3, minimum_per_year=6.0))
    limits = plan.limits.set_index("limit")
    assert limits.loc["minimum a year", ["asked", "found", "areas_without_it"]].tolist() == [6.0, 12.0, 2]
    assert limits.loc["spacing", "areas_without_it"] == 2
    assert not limits.loc["areas", "binding"]


def test_team_hours_bind() -> None:
    incidents = incidents_of((9, 500, 500), (6, 2000, 500), (3, 3000, 500))
    profile = replace(PLAIN, areas=3, visit_minutes=15, visits_per_shift=2, team_hours=1.0)
    with pytest.warns(HotspotWarning, match="2 of 3 areas: held back by team hours"):
        plan = plan_patrols(incidents, AREA, profile=profile)
    assert plan.limits.set_index("limit").loc["team hours", ["asked", "found"]].tolist() == [1.0, 1.0]


def test_no_further_place_is_the_limit() -> None:
    with pytest.warns(HotspotWarning, match="1 of 2 areas: held back by places with incidents"):
        plan_patrols(incidents_of((4, 500, 500)), AREA, profile=PLAIN)


def test_limits_that_bind_only_together() -> None:
    # The second place is too near and has too few: dropping one limit alone changes nothing.
    incidents = incidents_of((12, 500, 500), (2, 750, 500))
    with pytest.warns(HotspotWarning, match="held back by minimum a year, spacing"):
        plan = plan_patrols(incidents, AREA, profile=replace(PLAIN, minimum_per_year=6.0))
    assert plan.limits["says"].str.contains("together").sum() == 2


def test_none_qualifies_and_what_would_be_feasible() -> None:
    incidents = incidents_of((6, 500, 500), (3, 2000, 500), (3, 3000, 500))
    with pytest.raises(InputError) as caught:
        plan_patrols(incidents, AREA, profile=replace(PLAIN, minimum_per_year=36.0))
    said = str(caught.value)
    assert "the busiest has 6 in 12 months, 6 a year" in said
    assert "minimum_per_year=6 (1 area or more)" in said
    assert "minimum_per_year=3 (2 areas or more)" in said
    assert len(plan_patrols(incidents, AREA, profile=replace(PLAIN, minimum_per_year=3.0)).areas) == 2


def test_a_chance_too_small_takes_areas_out() -> None:
    incidents = incidents_of((30, 500, 500), *((2, 900 + 320 * i, 500) for i in range(9)))
    profile = replace(PLAIN, minimum_chance=0.5)
    with pytest.warns(HotspotWarning, match="1 of 2 areas: held back by chance of being a top area"):
        plan = plan_patrols(incidents, AREA, profile=profile)
    assert plan.areas["incidents"].tolist() == [30]
    assert plan.assigned.dropna().unique().tolist() == [1]
    with pytest.raises(InputError, match=r"highest chance of 2 is .* minimum_chance=1 was asked"):
        plan_patrols(
            incidents_of(*((2, 300 + 320 * i, 500) for i in range(9))),
            AREA,
            profile=replace(PLAIN, minimum_chance=1),
        )


def test_an_area_of_the_previous_plan_stays_and_the_price_is_stated() -> None:
    first = plan_patrols(incidents_of((10, 500, 500), (4, 2000, 500)), AREA, profile=replace(PLAIN, areas=1))
    later = incidents_of((10, 500, 500), (11, 2000, 500))
    profile = replace(PLAIN, areas=1, switching_cost=0.15)
    assert plan_patrols(later, AREA, profile=profile).areas["incidents"].tolist() == [11]
    for previous in (first, pd.DataFrame(first.areas).drop(columns="geometry")):
        plan = plan_patrols(later, AREA, profile=profile, previous=previous)
        assert (plan.areas["incidents"].tolist(), plan.areas["in_previous"].tolist()) == ([10], [True])
        assert plan.summary["areas_kept"] == 1
        assert plan.summary["given_up_pct"] == pytest.approx(100 / 11, abs=0.01)
    free = plan_patrols(later, AREA, profile=replace(profile, switching_cost=0.0), previous=first)
    assert (free.areas["incidents"].tolist(), free.summary["given_up_pct"]) == ([11], 0.0)


def test_a_centre_stays_although_its_own_place_has_no_incident_now() -> None:
    one = replace(PLAIN, areas=1)
    first = plan_patrols(incidents_of((10, 500, 500), (4, 560, 500)), AREA, profile=one)
    later = incidents_of((5, 450, 500), (5, 560, 500))
    plan = plan_patrols(later, AREA, profile=replace(one, radius=100.0), previous=first)
    assert plan.areas["area_id"].tolist() == ["E400500 N290500"]
    assert plan.areas["incidents"].tolist() == [10]


def test_a_previous_plan_of_another_place_is_said() -> None:
    first = pd.DataFrame({"area_id": ["E500000 N290000"], "easting": [500_000.0], "northing": [290_000.0]})
    with pytest.warns(HotspotWarning, match="no area of the previous plan"):
        plan_patrols(incidents_of((4, 500, 500)), AREA, profile=replace(PLAIN, areas=1), previous=first)
    with pytest.raises(InputError, match="previous must be a PatrolPlan"):
        plan_patrols(incidents_of((4, 500, 500)), AREA, previous=pd.DataFrame({"number": [1]}))


def test_places_that_cannot_be_patrolled_are_left_out() -> None:
    places = pd.DataFrame(
        {
            "name": ["Prison"],
            "kind": ["prison"],
            "easting": [400_500],
            "northing": [290_500],
            "radius_m": [100],
        }
    )
    incidents = incidents_of((9, 500, 500), (5, 2000, 500))
    one = replace(PLAIN, areas=1)
    plan = plan_patrols(incidents, AREA, profile=one, unpatrollable=places)  # type: ignore[arg-type]
    assert plan.areas["incidents"].tolist() == [5]
    assert plan.counted.set_index("step").loc["at places that cannot be patrolled", "left_out"] == 9
    apart = incidents.assign(ranked_apart=[True] * 9 + [False] * 5)
    assert plan_patrols(apart, AREA, profile=one).areas["incidents"].tolist() == [5]


def test_boroughs_and_the_most_in_each() -> None:
    layer = gpd.GeoDataFrame(
        {"district": ["Dudley", "Sandwell", "Elsewhere"]},
        geometry=[shapely.box(400_000 + 1000 * i, 290_000, 401_000 + 1000 * i, 291_000) for i in range(3)],
        crs=27700,
    )
    incidents = incidents_of((9, 200, 500), (8, 700, 500), (3, 1500, 500), (20, 2500, 500))
    both = replace(PLAIN, boroughs=("Sandwell", "Dudley"), borough_column="district")
    plan = plan_patrols(incidents, layer, profile=both)
    assert plan.areas[["borough", "incidents"]].to_numpy().tolist() == [["Dudley", 9], ["Dudley", 8]]
    capped = plan_patrols(incidents, layer, profile=replace(both, borough_areas={"Dudley": 1}))
    assert capped.areas["borough"].tolist() == ["Dudley", "Sandwell"]
    assert capped.limits.set_index("limit").loc["areas in Dudley", ["asked", "found"]].tolist() == [1.0, 1.0]
    assert capped.counted.set_index("step").loc["outside the area", "left_out"] == 20
    with pytest.raises(InputError, match="no borough 'Walsall'"):
        plan_patrols(incidents, layer, profile=replace(both, boroughs=("Walsall",)))
    with pytest.raises(InputError, match="no column 'name'"):
        plan_patrols(incidents, layer, profile=replace(both, borough_column="name"))


@pytest.mark.parametrize("unit", ["square", "hexagon"])
def test_cells_are_units(unit: str) -> None:
    incidents = incidents_of((9, 510, 510), (4, 590, 590), (6, 2010, 510))
    plan = plan_patrols(incidents, AREA, profile=replace(PLAIN, unit=unit, cell_size=400.0, spacing=0.0))
    assert plan.areas["incidents"].tolist() == [13, 6]
    inside = plan.areas.geometry.iloc[0].contains(incidents.geometry.iloc[:13])
    assert inside.all()


def test_street_segments_are_units() -> None:
    lines = [shapely.LineString([(400_000 + x, 290_500), (400_100 + x, 290_500)]) for x in (0, 100, 1000)]
    streets = gpd.GeoDataFrame({"street_id": ["a", "b", "c"]}, geometry=lines, crs=27700)
    incidents = incidents_of(
        (6, 50, 500), (5, 150, 500), (4, 1050, 500), street_id=["a"] * 6 + ["b"] * 5 + ["c"] * 4
    )
    profile = replace(PLAIN, unit="street segment")
    plan = plan_patrols(incidents, AREA, profile=profile, streets=streets)
    assert plan.areas["area_id"].tolist() == ["a", "c"]
    assert plan.areas["easting"].tolist() == [400_050.0, 401_050.0]
    assert plan.areas.geom_type.unique().tolist() == ["LineString"]
    with pytest.raises(InputError, match="streets= was not given"):
        plan_patrols(incidents, AREA, profile=profile)
    with pytest.raises(InputError, match="have no column street_id"):
        plan_patrols(incidents.drop(columns="street_id"), AREA, profile=profile, streets=streets)


def test_few_months_are_said() -> None:
    incidents = incidents_of((6, 500, 500), (4, 2000, 500)).assign(start=pd.Timestamp("2024-03-05"))
    with pytest.warns(HotspotWarning, match=r"1 of the 12 months of the look-back were observed \(2024-03\)"):
        plan = plan_patrols(incidents, AREA, profile=PLAIN)
    assert plan.areas["per_year"].tolist() == [72.0, 48.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"drop": "start"}, "no column 'start'"),
        ({"drop": "category"}, "no column 'category'"),
        ({"categories": ("Arson",)}, "no incident has a category that the profile"),
        ({"where": {"beat": ("A",)}}, "where names the column 'beat'"),
        ({"under_25": "age"}, "under_25 names the column 'age'"),
        ({"location_precision": "map_point", "radius": 60.0}, "radius=60 m is finer than the data"),
        ({"location_precision": "area", "unit": "square"}, "cell_size=200 m is finer than the data"),
    ],
)
def test_what_cannot_be_planned(change: dict[str, Any], message: str) -> None:
    incidents = incidents_of((6, 500, 500))
    drop, precision = change.pop("drop", None), change.pop("location_precision", None)
    if drop:
        incidents = incidents.drop(columns=drop)
    if precision:
        incidents = incidents.assign(location_precision=precision)
    with pytest.raises(InputError, match=message):
        plan_patrols(incidents, AREA, profile=replace(PLAIN, **{"categories": ("Robbery",), **change}))


def test_nothing_in_the_area_says_what_left_the_rows_out() -> None:
    incidents = incidents_of((6, 9000, 500), (2, 9100, 500), category=["Robbery"] * 6 + ["Drugs"] * 2)
    with pytest.raises(InputError, match="of other categories 2; outside the area 6"):
        plan_patrols(incidents, AREA, profile=replace(PLAIN, categories=("Robbery",)))
    with pytest.raises(InputError, match="must be a PatrolProfile"):
        plan_patrols(incidents, AREA, profile="GUARDIAN")  # type: ignore[arg-type]


def test_anonymised_points_are_around_a_street() -> None:
    incidents = incidents_of((6, 500, 500), location="On or near High Street", location_precision="map_point")
    plan: PatrolPlan = plan_patrols(incidents, AREA, profile=replace(PLAIN, areas=1))
    assert plan.areas["location"].tolist() == ["around High Street"]


def test_sandwell_robbery_and_weapons_have_too_few_for_op_savvy(real_data: Path) -> None:
    area = hs.read_area(real_data / "boundaries" / "sandwell.gpkg", layer="borough")
    folders = [real_data / "police_uk" / "west_midlands" / month for month in ("2014-01", "2014-02")]
    incidents = hs.read_police_uk(folders, area=area).incidents
    profile = replace(OP_SAVVY, categories=("Robbery", "Possession of weapons"))
    with pytest.raises(InputError) as caught:
        plan_patrols(incidents, area, profile=profile)
    # 36 a year are 6 in two months. No disc of 150 m around a map point holds more than this:
    chosen = incidents[incidents["category"].isin(profile.categories)]
    spots = np.unique(shapely.get_coordinates(chosen.geometry.to_numpy()), axis=0)
    most = max(int((chosen.distance(shapely.Point(spot)) <= 150).sum()) for spot in spots)
    assert most < 6
    assert f"the busiest has {most} in 2 months, {6 * most} a year" in str(caught.value)
    assert f"minimum_per_year={6 * most}" in str(caught.value)
