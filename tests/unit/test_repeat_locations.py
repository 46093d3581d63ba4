"""Locations ranked by their reported incidents."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import hotspot as hs
from makers import TWELVE, points_of, street_file, street_row


def incidents() -> gpd.GeoDataFrame:
    # Place a: 3 incidents in 2 months; b: 3 in 3 months; c: 1.
    months = ["01", "01", "02", "01", "02", "04", "03"]
    return points_of(
        [(400000, 280000)] * 3 + [(400500, 280000)] * 3 + [(400010, 280000)],
        place_id=["a"] * 3 + ["b"] * 3 + ["c"],
        category=["ASB", "ASB", "Burglary", "Drugs", "ASB", "Burglary", "ASB"],
        location=["High St", "High St", "High Street", "Park", "Park", "Park", "Mews"],
        start=pd.to_datetime([f"2024-{month}-05" for month in months]),
    )


def test_the_table_by_arithmetic() -> None:
    table = hs.repeat_locations(incidents(), min_incidents=1).set_index("location_id")
    assert list(table.index) == ["b", "a", "c"]  # as many incidents: more active months come first
    assert table["number"].tolist() == [1, 2, 3]
    assert table["rank"].tolist() == [1, 1, 3]
    assert table["incidents"].tolist() == [3, 3, 1]
    assert table["share_pct"].tolist() == pytest.approx([300 / 7, 300 / 7, 100 / 7])
    assert table["cumulative_pct"].tolist() == pytest.approx([300 / 7, 600 / 7, 100])
    assert table["months_active"].tolist() == [3, 2, 1]
    assert table["months_observed"].tolist() == [4, 4, 4]  # January to April
    assert table["location"].tolist() == ["Park", "High St", "Mews"]
    assert table["leading_categories"].tolist() == [
        "ASB 1; Burglary 1; Drugs 1",
        "ASB 2; Burglary 1",
        "ASB 1",
    ]
    assert table.loc["a", "first"] == pd.Timestamp("2024-01-05")
    assert table.loc["a", "last"] == pd.Timestamp("2024-02-05")
    assert (table.loc["b", "easting"], table.loc["b", "northing"]) == (400500, 280000)
    # cs2cs by EPSG:1314: E400500 N280000 lies just east of the central meridian, 2 degrees west.
    assert table.loc["b", "lon"] == pytest.approx(-1.994, abs=0.001)
    assert table.crs.to_epsg() == 27700


def test_few_incidents_are_left_out_but_shares_are_of_all() -> None:
    table = hs.repeat_locations(incidents())
    assert len(table) == 2
    assert table["cumulative_pct"].iloc[-1] == pytest.approx(600 / 7)


def test_within_groups_by_distance_and_stands_at_its_busiest_point() -> None:
    table = hs.repeat_locations(incidents(), within=10)
    assert table["incidents"].tolist() == [4, 3]
    assert (table["easting"].iloc[0], table["location_id"].iloc[0]) == (400000, "E400000 N280000")
    assert hs.repeat_locations(incidents(), within=9.999, min_incidents=1)["incidents"].tolist() == [3, 3, 1]


def test_groups_do_not_chain_down_a_street() -> None:
    street = points_of([(400000 + 60 * i, 280000) for i in range(10)])
    table = hs.repeat_locations(street, within=100, min_incidents=1)
    assert table["incidents"].max() == 2
    assert table["incidents"].sum() == 10


def test_any_column_can_say_what_one_location_is() -> None:
    table = hs.repeat_locations(incidents(), by="category", min_incidents=1)
    assert dict(zip(table["location_id"], table["incidents"], strict=True)) == {
        "ASB": 4,
        "Burglary": 2,
        "Drugs": 1,
    }


def test_months_observed_are_those_with_a_file(tmp_path: Path) -> None:
    for month in ("2014-01", "2014-02", "2014-06"):
        text = TWELVE + (street_row("a", month=month) * 2 if month != "2014-02" else "")
        street_file(tmp_path, text, f"{month}-test-force-street.csv")
    table = hs.repeat_locations(hs.read_police_uk(tmp_path).incidents)
    row = table.iloc[0]
    assert (row["incidents"], row["months_active"], row["months_observed"]) == (4, 2, 3)
    assert (str(row["first"]), str(row["last"])) == ("2014-01", "2014-06")  # months: the data has no days
    assert row["location"] == "map point near High Street"


def test_a_map_point_without_a_street_is_named_as_such(tmp_path: Path) -> None:
    path = street_file(tmp_path, TWELVE + street_row("a", location="On or near ") * 2)
    assert hs.repeat_locations(hs.read_police_uk(path).incidents)["location"].tolist() == [
        "map point (street not named)"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "place_id", "within": 100}, "not both"),
        ({"by": "uprn"}, "by='uprn' is no column"),
        ({"within": 0}, "not a positive number"),
        ({"within": float("nan")}, "not a positive number"),
        ({"within": -5}, "not a positive number"),
        ({"min_incidents": 0}, "of 1 or more"),
        ({"min_incidents": 9}, r"no location has 9 or more incidents \(the most is 3\)"),
    ],
)
def test_what_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.repeat_locations(incidents(), **options)  # type: ignore[arg-type]


def test_a_missing_place_is_refused_and_named() -> None:
    frame = incidents()
    frame.loc[3, "place_id"] = None
    with pytest.raises(hs.InputError, match=r"1 of 7 incidents have no 'place_id' \(the first is row 3\)"):
        hs.repeat_locations(frame)


def test_no_incidents_and_too_fine_a_distance() -> None:
    with pytest.raises(hs.InputError, match="no incidents to rank"):
        hs.repeat_locations(incidents().iloc[:0])
    snapped = incidents().assign(location_precision="map_point")
    with pytest.raises(hs.InputError, match=r"within=50 m is finer than the data: .*Use 100 m or more"):
        hs.repeat_locations(snapped, within=50)


def test_a_frame_of_points_alone_is_enough() -> None:
    table = hs.repeat_locations(points_of([(400000, 280000)] * 2), within=5)
    assert table["incidents"].tolist() == [2]
    assert "months_active" not in table.columns


def test_the_input_is_not_changed() -> None:
    frame = incidents()
    before = frame.copy()
    hs.repeat_locations(frame)
    assert frame.equals(before)
