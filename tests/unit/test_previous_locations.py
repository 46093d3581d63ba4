"""Locations keep their ids from one list to the next; merges and splits are listed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial.distance import pdist

import hotspot as hs
from hotspot import provenance
from hotspot.ranking.previous import location_changes
from makers import points_of

BASE = 400_000.0


def at(*metres: float) -> gpd.GeoDataFrame:
    """Return incidents along a line, metres east of a corner."""
    return points_of([(BASE + m, 280_000.0) for m in metres])


def together(*frames: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=27700)


def test_a_busier_neighbour_does_not_rename_a_location() -> None:
    first = at(0, 0, 0, 80)
    march = hs.repeat_locations(first, within=100, min_incidents=1)
    assert march["location_id"].tolist() == ["E400000 N280000"]
    assert march["points"].tolist() == ["400000 280000; 400080 280000"]
    # April: 90 m east is now the busiest point. Alone, it would open a location of its own there.
    april = together(first, at(90, 90, 90, 90, 90))
    anew = hs.repeat_locations(april, within=100, min_incidents=1)
    kept = hs.repeat_locations(april, within=100, min_incidents=1, previous=march)
    assert anew["location_id"].tolist() == ["E400090 N280000"]
    assert kept["location_id"].tolist() == ["E400000 N280000"]
    assert kept["incidents"].tolist() == [9]
    assert kept["points"].tolist() == ["400000 280000; 400080 280000; 400090 280000"]
    assert kept["in_previous"].tolist() == [True]
    assert kept["easting"].tolist() == [BASE + 90]


def test_last_times_members_bound_the_location_even_without_incidents() -> None:
    march = hs.repeat_locations(at(0, 0, 80), within=100, min_incidents=1)
    # -30 is within reach of 0 but 110 m from 80, which had an incident last time and has none now.
    april = hs.repeat_locations(at(0, -30), within=100, min_incidents=1, previous=march)
    assert dict(zip(april["location_id"], april["in_previous"], strict=True)) == {
        "E400000 N280000": True,
        "E399970 N280000": False,
    }
    assert april.set_index("location_id")["points"]["E400000 N280000"] == "400000 280000; 400080 280000"


def test_a_new_point_joins_the_nearest_location_that_it_reaches() -> None:
    march = hs.repeat_locations(at(0, 0, 150, 150), within=100, min_incidents=1)
    april = hs.repeat_locations(at(0, 0, 150, 150, 70, 90, 400), within=100, min_incidents=1, previous=march)
    points = april.set_index("location_id")["points"]
    assert points["E400000 N280000"] == "400000 280000; 400070 280000"
    assert points["E400150 N280000"] == "400150 280000; 400090 280000"
    assert points["E400400 N280000"] == "400400 280000"
    record = provenance.of(april)["steps"][-1]["previous"]
    assert record == {"kept": 2, "new": 1, "gone": 0, "renamed": 0, "merged_or_split": []}


def crowd(count: int, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 60, size=(count, 2)) * 10.0 + rng.choice([0.0, 0.123], size=(count, 2))
    starts = pd.to_datetime("2024-01-15") + pd.to_timedelta(rng.integers(0, 300, count), unit="D")
    return points_of([(BASE + x, 280_000 + y) for x, y in xy], start=starts)


@pytest.mark.parametrize("seed", range(6))
def test_a_month_added_keeps_ids_and_points_from_frame_and_file(tmp_path: Path, seed: int) -> None:
    first, more = crowd(150, seed), crowd(60, seed + 100)
    march = hs.repeat_locations(first, within=75, min_incidents=1)
    file = hs.write_csv(march, tmp_path / "march.csv")
    april = together(first, more)
    found = hs.repeat_locations(april, within=75, min_incidents=1, previous=march)
    pd.testing.assert_frame_equal(
        pd.DataFrame(found),
        pd.DataFrame(hs.repeat_locations(april, within=75, min_incidents=1, previous=file)),
    )
    shuffled = april.sample(frac=1, random_state=seed)
    again = hs.repeat_locations(shuffled, within=75, min_incidents=1, previous=march)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(again))
    before, after = (table.set_index("location_id") for table in (march, found))
    assert set(before.index) <= set(after.index)
    for name, text in before["points"].items():
        assert after["points"][name].split("; ")[: len(text.split("; "))] == text.split("; ")
        assert after["incidents"][name] >= before["incidents"][name]
    assert int(found["incidents"].sum()) == len(april)
    held: set[tuple[float, ...]] = set()
    for text in found["points"]:
        xy = [tuple(map(float, pair.split())) for pair in text.split("; ")]
        assert len(xy) == 1 or pdist(np.array(xy)).max() <= 75 + 1e-9
        assert not held & set(xy)
        held |= set(xy)


def test_the_same_list_again_is_the_same_list(tmp_path: Path) -> None:
    frame = crowd(200, 9)
    once = hs.repeat_locations(frame, within=60, min_incidents=1)
    twice = hs.repeat_locations(frame, within=60, min_incidents=1, previous=once)
    pd.testing.assert_frame_equal(
        pd.DataFrame(once), pd.DataFrame(twice.drop(columns="in_previous")), check_like=True
    )
    assert set(location_changes(once, twice)["change"]) == {"kept"}


def test_ids_of_a_column_stay_by_themselves_and_survive_a_spreadsheet(tmp_path: Path) -> None:
    # 12 digits and a leading zero: write_csv guards both with an apostrophe.
    ids = ["100012345678"] * 3 + ["007"] * 2
    march = points_of([(BASE, 280_000.0)] * 3 + [(BASE + 900, 280_000.0)] * 2, uprn=ids)
    file = hs.write_csv(hs.repeat_locations(march, by="uprn"), tmp_path / "march.csv")
    april = together(march, points_of([(BASE + 500, 280_000.0)] * 4, uprn=["5"] * 4))
    found = hs.repeat_locations(april, by="uprn", previous=file)
    assert dict(zip(found["location_id"], found["in_previous"], strict=True)) == {
        "5": False,
        "100012345678": True,
        "007": True,
    }


def beaten() -> gpd.GeoDataFrame:
    return points_of([(BASE, 280_000.0)] * 3 + [(BASE + 50, 280_000.0)], uprn=list("1112"), beat=["N"] * 4)


def told(call: Callable[[], object]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(one.message) for one in caught if issubclass(one.category, hs.HotspotWarning)]


def test_a_list_of_other_ids_is_said() -> None:
    last = pd.DataFrame({"location_id": ["N"]})
    with pytest.warns(
        hs.HotspotWarning, match=r"none of its 1 locations is in this list \(the first is 'N'\)"
    ):
        hs.repeat_locations(beaten(), by="uprn", previous=last)


def test_a_list_of_another_kind_is_said_once_and_by_name() -> None:
    last = hs.repeat_locations(beaten(), by="beat")
    said = told(lambda: hs.repeat_locations(beaten(), by="uprn", previous=last))
    assert len(said) == 1
    assert "its locations are the column 'beat', and those of this list are the column 'uprn'" in said[0]


def test_another_distance_or_another_grid_is_another_kind() -> None:
    narrow = hs.repeat_locations(beaten(), within=20)
    (said,) = told(lambda: hs.repeat_locations(beaten(), within=30, previous=narrow))
    assert "within 20 m of one another, and those of this list are points within 30 m" in said
    area = gpd.GeoDataFrame(geometry=[shapely.box(BASE - 500, 279_500, BASE + 500, 280_500)], crs=27700)
    small, large = (hs.Grid.over(area, cell_size=size) for size in (100, 250))
    cells = hs.repeat_locations(beaten(), by=small)
    (said,) = told(lambda: hs.repeat_locations(beaten(), by=large, previous=cells))
    assert "square cells of 100 m, and those of this list are square cells of 250 m" in said
    assert told(lambda: hs.repeat_locations(beaten(), by=small, previous=cells)) == []


def test_a_file_says_whether_its_points_were_grouped(tmp_path: Path) -> None:
    file = hs.write_csv(hs.repeat_locations(beaten(), within=100), tmp_path / "march.csv")
    (said,) = told(lambda: hs.repeat_locations(beaten(), by="uprn", previous=file))
    assert "its locations are points within a distance of one another" in said


@pytest.mark.parametrize("written", [False, True])
def test_a_list_that_left_out_more_is_said(tmp_path: Path, written: bool) -> None:
    last: pd.DataFrame | Path = hs.repeat_locations(beaten(), by="uprn", min_incidents=2)
    if written:
        assert isinstance(last, pd.DataFrame)
        last = hs.write_csv(last, tmp_path / "march.csv")
    (said,) = told(lambda: hs.repeat_locations(beaten(), by="uprn", min_incidents=1, previous=last))
    assert (
        "was written with min_incidents=2, and this list with 1: locations that it left out count as new"
        in said
    )
    # The same again, or a list that held more, as the documentation asks for, is nothing to warn of.
    assert told(lambda: hs.repeat_locations(beaten(), by="uprn", min_incidents=2, previous=last)) == []
    assert told(lambda: hs.repeat_locations(beaten(), by="uprn", min_incidents=3, previous=last)) == []


def test_a_workbook_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = hs.write_excel({"march": hs.repeat_locations(beaten(), by="uprn")}, tmp_path / "march.xlsx")
    with pytest.raises(
        hs.InputError,
        match=r"march OFFICIAL-SENSITIVE\.xlsx is a workbook.*give the CSV file that write_csv made",
    ):
        hs.repeat_locations(beaten(), by="uprn", previous=path)


def listed(**points: str) -> pd.DataFrame:
    return pd.DataFrame({"location_id": list(points), "points": list(points.values())})


def test_merges_and_splits_are_listed_by_pair() -> None:
    before = listed(a="0 0", b="10 0", c="500 0; 520 0", d="900 0", e="700 0", f="50 50")
    after = listed(m="0 0; 10 0", c="500 0", s="520 0", d="900 0; 910 0", n="999 9", g="50 50")
    table = location_changes(before, after)
    rows = [tuple(row) for row in table.astype(object).where(table.notna(), None).to_numpy().tolist()]
    assert rows == [
        ("gone", "e", None),
        ("kept", "d", "d"),
        ("merged", "a", "m"),
        ("merged", "b", "m"),
        ("new", None, "n"),
        ("renamed", "f", "g"),
        ("split", "c", "c"),
        ("split", "c", "s"),
    ]


def test_without_points_an_id_decides_and_then_the_position() -> None:
    spot = {"easting": [1.0, 1.0, 5.0], "northing": [2.0, 2.0, 5.0]}
    before = pd.DataFrame({"location_id": ["flat 1", "flat 2", "old"], **spot})
    after = pd.DataFrame({"location_id": ["flat 1", "flat 2", "recoded"], **spot})
    assert location_changes(before, after)["change"].tolist() == ["kept", "kept", "renamed"]


@pytest.mark.parametrize(
    ("previous", "words"),
    [
        (pd.DataFrame({"id": ["a"]}), "no column of location ids"),
        (pd.DataFrame({"location_id": ["a", "a"]}), "1 of 2 location ids .* stand twice"),
        (pd.DataFrame({"location_id": ["a", " "]}), "blank"),
        ("no_such_file.csv", "does not exist"),
        (pd.DataFrame({"location_id": ["a"]}), "has no column of points"),
        (listed(a="1 2 3"), "cannot be read"),
        (listed(a="400000 280000; 400101 280000"), r"'a' is 101.0 m wide, and within=100"),
    ],
)
def test_a_previous_list_that_cannot_be_used_is_refused(previous: pd.DataFrame | str, words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.repeat_locations(at(0, 0), within=100, previous=previous)
