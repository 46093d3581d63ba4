"""What one location is: columns, cells, areas, streets, lists of places; every incident in one or counted as in none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.geography.snap import snap_to_streets
from hotspot.ranking.identity import locate
from hotspot.ranking.monthly import count_months, observed_months
from makers import area_of, points_of, quiet


def squares(**columns: object) -> gpd.GeoDataFrame:
    """Return two squares of 1 km side by side, then one far away."""
    shapes = [shapely.box(x, 0, x + 1000, 1000) for x in (0, 1000, 9000)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=27700)


SPOTS = [(100, 100), (100, 100), (1500, 500), (1500, 600), (1500, 700), (5000, 500)]


def test_cells_are_a_full_list_and_named_by_their_corner() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 3000, 1000)), cell_size=1000)
    found = locate(points_of(SPOTS), by=grid)
    assert found.codes.tolist() == [0, 0, 1, 1, 1, -1]
    assert found.ids.tolist() == ["0", "1", "2"]  # row 0, columns 0 to 2
    assert found.complete
    table = hs.repeat_locations(points_of(SPOTS), by=grid)
    assert table["location"].tolist() == ["E1000 N0", "E0 N0"]
    assert table["incidents"].tolist() == [3, 2]
    assert table["share_pct"].tolist() == pytest.approx([50, 100 / 3])  # of all six
    assert any("1 of 6 incidents are in no cell" in note for note in provenance.of(table)["notes"])


def test_areas_take_the_incidents_inside_and_count_the_others() -> None:
    parks = squares(name=["West", "East", "Far"], location=["West Park", "East Park", "Far Park"])
    with quiet():
        table = hs.repeat_locations(points_of(SPOTS), by=parks)
    assert table["location_id"].tolist() == ["East", "West"]
    assert table["location"].tolist() == ["East Park", "West Park"]
    assert table["incidents"].tolist() == [3, 2]
    step = provenance.of(table)["steps"][-1]
    assert (step["in_no_location"], step["locations"], step["zeros_included"]) == (1, 3, True)
    assert any("in none of the areas" in note for note in provenance.of(table)["notes"])


def test_areas_without_ids_or_incidents_are_refused() -> None:
    with pytest.raises(hs.InputError, match="no column of ids"):
        hs.repeat_locations(points_of(SPOTS), by=squares())
    with pytest.raises(hs.InputError, match="all 1 incidents are in none of the areas"):
        hs.repeat_locations(points_of([(50_000, 50_000)]), by=squares(name=["a", "b", "c"]))


def test_a_column_of_assign_area_keeps_its_zeros() -> None:
    wards = squares(ward=["W", "E", "F"])
    with quiet():
        assigned = hs.assign_area(points_of(SPOTS), wards, column="ward")
    found = locate(assigned, by="ward")
    assert found.ids.tolist() == ["E", "F", "W"]
    assert found.complete
    assert found.codes.tolist() == [2, 2, 0, 0, 0, -1]


def streets() -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(x, 0), (x, 1000)]) for x in (0, 1500, 9000)]
    return gpd.GeoDataFrame({"street_id": ["s0", "s1", "s2"]}, geometry=lines, crs=27700)


def test_streets_come_as_a_column_and_count_zero_unless_points_are_anonymised() -> None:
    spots = points_of([(10, 10), (1500, 500), (1500, 600), (5000, 500)])
    with quiet():
        snapped = snap_to_streets(spots, streets(), limit=50)
    table = hs.repeat_locations(snapped, by="street_id", min_incidents=1)
    assert table["location_id"].tolist() == ["s1", "s0"]
    step = provenance.of(table)["steps"][-1]
    assert (step["locations"], step["in_no_location"], step["zeros_included"]) == (3, 1, True)
    anonymised = snapped.assign(location_precision="map_point")
    assert not locate(anonymised, by="street_id").complete


def test_a_street_is_called_by_its_name_and_a_map_point_is_near_one() -> None:
    text = ["On or near Low Road", "On or near Low Road", "On or near ", None]
    spots = points_of([(10, 10), (12, 20), (1500, 500), (9000, 500)], location=text).assign(
        location_precision="map_point", place_id=["a", "a", "b", "c"]
    )
    snapped = snap_to_streets(spots, streets(), limit=50)
    by_street = hs.repeat_locations(snapped, by="street_id", min_incidents=1).set_index("location_id")[
        "location"
    ]
    assert by_street.to_dict() == {"s0": "Low Road", "s1": "street not named", "s2": "street not named"}
    by_point = hs.repeat_locations(snapped, min_incidents=1).set_index("location_id")["location"]
    assert by_point["a"] == "map point near Low Road"
    assert by_point["b"] == "map point (street not named)"


def test_a_list_of_places_gives_zeros_and_names() -> None:
    incidents = points_of([(0, 0)] * 3, uprn=[10.0, 10.0, 7.0])  # floats, as a spreadsheet leaves them
    places = pd.DataFrame({"uprn": [7, 8, 10], "location": ["Flat 7", None, "Flat 10"]})
    found = locate(incidents, by="uprn", places=places)
    assert found.ids.tolist() == ["10", "7", "8"]
    assert found.codes.tolist() == [0, 0, 1]
    assert found.complete
    table = hs.repeat_locations(incidents, by="uprn", places=places)
    assert table["location"].tolist() == ["Flat 10"]
    assert provenance.of(table)["steps"][-1]["locations"] == 3


def test_a_list_that_is_not_full_is_said_and_one_that_repeats_refused() -> None:
    incidents = points_of([(0, 0)] * 3, uprn=["a", "a", "b"])
    with pytest.warns(hs.HotspotWarning, match=r"1 incidents are at 1 ids .*'b'"):
        found = locate(incidents, by="uprn", places=pd.DataFrame({"uprn": ["a", "c"]}))
    assert found.ids.tolist() == ["a", "b", "c"]
    with pytest.raises(hs.InputError, match="missing or stand twice"):
        locate(incidents, by="uprn", places=pd.DataFrame({"uprn": ["a", "a"]}))
    with pytest.raises(hs.InputError, match="no column 'uprn'"):
        locate(incidents, by="uprn", places=pd.DataFrame({"id": ["a"]}))
    with pytest.raises(hs.InputError, match="full list already"):
        locate(incidents, by=squares(name=["a", "b", "c"]), places=pd.DataFrame({"uprn": ["a"]}))


def test_places_with_within_are_points_and_may_hold_nothing() -> None:
    places = points_of([(0, 0), (500, 0), (501, 0)])
    found = locate(points_of([(5, 0), (5, 0)]), within=10, places=places)
    assert sorted(found.ids.tolist()) == ["E000005 N000000", "E000500 N000000"]
    assert set(found.codes.tolist()) == {found.ids.tolist().index("E000005 N000000")}
    with pytest.raises(hs.InputError, match="GeoDataFrame of points"):
        locate(points_of([(5, 0)]), within=10, places=pd.DataFrame({"place_id": ["a"]}))


def test_two_locations_in_one_metre_have_two_ids() -> None:
    found = locate(points_of([(400000.1, 280000), (400000.4, 280000)]), within=0.2)
    assert found.ids.tolist() == ["E400000.100 N280000.000", "E400000.400 N280000.000"]


def test_an_idea_of_location_that_is_none_is_refused() -> None:
    with pytest.raises(hs.InputError, match="by=list is no way"):
        hs.repeat_locations(points_of(SPOTS), by=["place_id"])  # type: ignore[arg-type]


def test_months_without_a_file_are_not_months_of_zero() -> None:
    starts = pd.Series(pd.to_datetime(["2024-01-31", "2024-03-01", "2024-03-31", None, "2024-02-01"]))
    months = pd.PeriodIndex(["2024-01", "2024-03"], freq="M")
    monthly = count_months(np.array([0, 1, 1, 0, 0]), starts, months, 3)
    assert monthly is not None
    assert monthly.counts.tolist() == [[1, 0], [0, 2], [0, 0]]  # February has no file, one row no date
    every, recorded = observed_months(pd.DataFrame(), starts)
    assert [str(month) for month in every] == ["2024-01", "2024-02", "2024-03"]
    assert not recorded


def test_more_counts_than_memory_are_refused() -> None:
    starts = pd.Series(pd.to_datetime(["2024-01-31"]))
    months = pd.PeriodIndex(["2024-01"], freq="M")
    with pytest.raises(hs.InputError, match="too many to count at once"):
        count_months(np.array([0]), starts, months, 500_000_000)
