"""Locations ranked by their reported incidents."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.ranking.harm import HarmWeights
from makers import TWELVE, area_of, points_of, street_file, street_row


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
        ({"top": 0}, "top=0 must be a whole number of 1 or more"),
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


def test_the_columns_stand_in_the_order_of_reading() -> None:
    table = hs.repeat_locations(incidents())
    names = list(table.columns)
    assert names[:11] == [
        "number", "rank", "rank_low", "rank_high", "probability_top", "same_rank_group", "location_id", "location",
        "incidents", "share_pct", "cumulative_pct",
    ]  # fmt: skip
    assert names[-5:] == ["easting", "northing", "lon", "lat", "geometry"]
    assert names.index("months_active") + 1 == names.index("months_active_expected")


def test_rows_left_out_are_in_the_model_all_the_same() -> None:
    columns = ["rank", "rank_low", "rank_high", "probability_top", "same_rank_group"]
    whole = hs.repeat_locations(incidents(), min_incidents=1).set_index("location_id")
    part = hs.repeat_locations(incidents(), min_incidents=3).set_index("location_id")
    pd.testing.assert_frame_equal(pd.DataFrame(part[columns]), pd.DataFrame(whole.loc[part.index, columns]))
    step = provenance.of(part)["steps"][-1]
    assert (step["locations"], step["shown"], step["rank_model"]["truncated"]) == (3, 2, True)
    assert any("zero-truncated" in note for note in provenance.of(part)["notes"])


def test_a_full_list_of_places_changes_the_model_and_not_the_count() -> None:
    places = pd.DataFrame({"place_id": [*"abc", *(f"empty {i}" for i in range(30))]})
    table = hs.repeat_locations(incidents(), places=places)
    assert table["incidents"].tolist() == [3, 3]
    step = provenance.of(table)["steps"][-1]
    assert (step["locations"], step["rank_model"]["truncated"], step["zeros_included"]) == (33, False, True)
    assert not any("zero-truncated" in note for note in provenance.of(table)["notes"])


def timed(precision: list[str], start: list[str], end: list[str | None]) -> gpd.GeoDataFrame:
    return points_of(
        [(400000, 280000)] * len(start),
        place_id=["p"] * len(start),
        time_precision=precision,
        start=pd.to_datetime(start, format="ISO8601"),
        end=pd.to_datetime(end, format="ISO8601"),
    )


def test_days_and_hours_come_only_from_rows_that_know_them() -> None:
    # 2024-03-01 is a Friday. Known days: 3 Fridays, 2 Saturdays; known hours: 22:15, 21:00-23:40, 03:00.
    frame = timed(
        ["instant", "instant", "day", "interval", "interval", "month", "instant"],
        ["2024-03-01 22:15", "2024-03-08 00:00", "2024-03-15", "2024-03-02 21:00", "2024-03-03 12:00",
         "2024-03-01", "2024-03-09 03:00"],
        [None, None, None, "2024-03-02 23:40", "2024-03-05 12:00", "2024-03-31", None],
    )  # fmt: skip
    row = hs.repeat_locations(frame).iloc[0]
    assert (row["busiest_day"], row["busiest_day_incidents"], row["with_day"]) == ("Friday", 3, 5)
    assert (row["busiest_hours"], row["busiest_hours_incidents"], row["with_hour"]) == ("21:00-23:59", 2, 3)


def test_months_and_midnights_make_no_days_or_hours() -> None:
    months = timed(["month"] * 2, ["2024-03-01"] * 2, ["2024-03-31"] * 2)
    assert not [name for name in hs.repeat_locations(months).columns if name.startswith("busiest")]
    days = timed(["day"] * 2, ["2024-03-01"] * 2, [None] * 2)
    assert [name for name in hs.repeat_locations(days).columns if name.startswith("busiest")] == [
        "busiest_day",
        "busiest_day_incidents",
    ]


def test_days_since_last_count_to_the_end_of_the_last_month() -> None:
    table = hs.repeat_locations(incidents(), min_incidents=1).set_index("location_id")
    # Last in April 2024, on the 5th; a: 5 February; c: 5 March. To 30 April.
    assert table["days_since_last"].to_dict() == {"b": 25, "a": 85, "c": 56}


def test_sources_stand_side_by_side_once_they_are_put_together() -> None:
    one = points_of([(400000, 280000)] * 2, source=["Police/x", "Police/y"], place_id=["p", "p"])
    other = points_of([(400000, 280000)] * 3, source=["Council"] * 3, place_id=["p", "p", "q"])
    table = hs.repeat_locations(hs.combine_sources([one, other]), min_incidents=1)
    assert table[["location_id", "incidents", "n_Council", "n_Police"]].to_numpy().tolist() == [
        ["p", 4, 2, 2],
        ["q", 1, 1, 0],
    ]


def test_flags_say_what_to_look_at() -> None:
    frame = points_of(
        [(400000, 280000)] * 6 + [(400500, 280000)] * 2,
        place_id=["a"] * 6 + ["b"] * 2,
        start=pd.to_datetime(
            ["2024-01-05"] * 3 + ["2024-02-01", "2024-03-02", "2024-04-03"] + ["2024-05-01"] * 2
        ),
        known_place=[None, "H", "H", None, None, None, None, None],
    )
    flags = hs.repeat_locations(frame).set_index("location_id")["flags"]
    assert flags["a"] == "known place: H (2 of 6 incidents); one day has 3 of 6 incidents"
    assert flags["b"] == "few incidents"


def test_a_coordinate_that_gathers_too_much_is_asked_about() -> None:
    spots = [(400000 + 200 * i, 280000) for i in range(40)]
    frame = points_of(
        [(500000, 280000)] * 100 + spots * 2, place_id=["z"] * 100 + [f"p{i}" for i in range(40)] * 2
    )
    flags = hs.repeat_locations(frame)["flags"]
    assert flags.iloc[0] == "default geocode? 100 incidents at one coordinate"
    assert not flags.iloc[1:].str.contains("geocode").any()
    snapped = hs.repeat_locations(frame.assign(location_precision="map_point"))
    assert snapped["flags"].isna().iloc[0]


def test_wards_come_from_polygons_or_from_columns() -> None:
    wards = area_of(shapely.box(399000, 279000, 400200, 281000), shapely.box(400200, 279000, 401000, 281000))
    wards["ward"] = ["West", "East"]
    orders = area_of(shapely.box(400400, 279000, 401000, 281000)).assign(name="PSPO 1")
    table = hs.repeat_locations(incidents(), areas={"ward": wards, "order": orders}).set_index("location_id")
    assert table["ward"].to_dict() == {"b": "East", "a": "West"}
    assert table["order"].fillna("none").to_dict() == {"b": "PSPO 1", "a": "none"}
    own = hs.repeat_locations(incidents().assign(beat=["N"] * 4 + ["S"] * 3), areas=["beat"])
    assert own.set_index("location_id")["beat"].to_dict() == {"b": "S", "a": "N"}
    with pytest.raises(hs.InputError, match="'beat' is no column"):
        hs.repeat_locations(incidents(), areas=["beat"])
    with pytest.raises(hs.InputError, match="'rank' would stand twice"):
        hs.repeat_locations(incidents(), areas={"rank": wards})


def test_harm_stands_beside_the_count() -> None:
    told = {"unit": "days", "index": "EXAMPLE", "edition": "1", "source": "none", "derivation": "made up"}
    weights = HarmWeights.read(
        pd.DataFrame({"category": ["Burglary", "Drugs"], "weight": [20, 4], **told}), leave_out=["ASB"]
    )
    table = hs.repeat_locations(incidents(), harm=weights).set_index("location_id")
    assert table["harm"].to_dict() == {"b": 24.0, "a": 20.0}
    assert table["harm_rank"].to_dict() == {"b": 1, "a": 2}
    assert table["largest_event_pct"].to_dict() == pytest.approx({"b": 100 * 20 / 24, "a": 100})
    assert "one incident carries 83% of the harm" in table["flags"]["b"]
    assert any("EXAMPLE" in note for note in provenance.of(table)["notes"])
    with pytest.raises(hs.InputError, match="without a harm weight"):
        hs.repeat_locations(
            incidents(), harm=HarmWeights.read(pd.DataFrame({"category": ["Drugs"], "weight": [4], **told}))
        )


def test_known_places_apart_have_no_rank_among_the_others() -> None:
    frame = incidents().assign(
        known_place=[None] * 3 + ["H"] * 3 + [None], ranked_apart=[False] * 3 + [True] * 3 + [False]
    )
    table = hs.repeat_locations(frame, min_incidents=1).set_index("location_id")
    assert list(table.index) == ["a", "c", "known place: H"]
    assert table["rank"].tolist() == [1, 2, 1]
    assert table["rank_low"].isna().tolist() == [False, False, True]
    assert provenance.of(table)["steps"][-1]["rank_model"]["locations"] == 2


def test_the_filter_of_the_incidents_is_in_the_data_dictionary(tmp_path: Path) -> None:
    chosen = hs.select_incidents(incidents(), category="ASB", start="2024-01", end="2024-02")
    hs.write_csv(hs.repeat_locations(chosen), tmp_path / "guardian.csv")
    said = (tmp_path / "guardian OFFICIAL-SENSITIVE_columns.csv").read_text(encoding="utf-8-sig")
    assert "Incidents chosen: category ASB; months 2024-01 to 2024-02 (3 of 7 incidents)." in said


def test_files_read_in_reverse_give_the_same_list(tmp_path: Path) -> None:
    rows = [street_row(str(i), lon=f"-1.99{i % 3}000", month="2014-01", category="ASB") for i in range(7)]
    for folder, lines in (("forward", rows), ("reverse", rows[::-1])):
        (tmp_path / folder).mkdir()
        street_file(tmp_path / folder, TWELVE + "".join(lines))
    one, other = (
        hs.repeat_locations(hs.read_police_uk(tmp_path / name).incidents) for name in ("forward", "reverse")
    )
    assert one["incidents"].tolist() == [3, 2, 2]
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))
