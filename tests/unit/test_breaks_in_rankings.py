"""Rankings across breaks of their source, known places ranked apart, and sources that are not added."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import hotspot as hs
from hotspot import provenance
from makers import points_of


def across(
    source: str = "data.police.uk/west-midlands", months: tuple[str, ...] = ("2022-06", "2022-07")
) -> gpd.GeoDataFrame:
    """Return three incidents a month at one point."""
    count = len(months) * 3
    return points_of(
        [(400_000, 290_000)] * count,
        source=[source] * count,
        start=pd.to_datetime([f"{month}-01" for month in months] * 3),
        place_id=["p"] * count,
        category=["x"] * count,
    )


def test_map_points_before_and_after_july_2022_are_not_one_list() -> None:
    for options in ({}, {"within": 100}):
        with pytest.raises(hs.InputError, match="Map points redrawn"):
            hs.repeat_locations(across(), **options)
    told = hs.repeat_locations(across(), across_breaks=True)
    assert "Map points redrawn" in provenance.of(told)["notes"][0]
    assert provenance.of(told)["steps"][-1]["across_breaks"]


def test_other_sources_and_other_ids_are_not_touched_by_it() -> None:
    assert len(hs.repeat_locations(across(), by="category")) == 1
    assert len(hs.repeat_locations(across(source="Council"))) == 1
    assert len(hs.repeat_locations(across(months=("2022-07", "2022-08")))) == 1


def test_known_places_follow_the_rest_with_ranks_of_their_own(tmp_path: Path) -> None:
    table = tmp_path / "places.csv"
    rows = "H,hospital,400000,290000,150,x\nC,court,403000,290000,150,x\n"
    table.write_text(hs.new_known_places() + rows, encoding="utf-8")
    spots = [(400_000, 290_000)] * 40 + [(400_100, 290_000)] * 5 + [(403_000, 290_000)] * 3
    spots += [(405_000, 290_000)] * 7 + [(406_000, 290_000)] * 2 + [(405_030, 290_000)] * 2
    ids = ["a"] * 40 + ["b"] * 5 + ["h"] * 3 + ["c"] * 7 + ["d"] * 2 + ["e"] * 2
    apart = hs.flag_known_places(points_of(spots, place_id=ids), hs.read_known_places(table), action="apart")
    ranked = hs.repeat_locations(apart)
    assert ranked["location_id"].tolist() == ["c", "d", "e", "known place: H", "known place: C"]
    assert ranked["incidents"].tolist() == [7, 2, 2, 40 + 5, 3]
    assert ranked["rank"].tolist() == [1, 2, 2, 1, 2]
    assert ranked["number"].tolist() == [1, 2, 3, 4, 5]
    assert ranked["share_pct"].sum() == pytest.approx(100)
    assert any("ranked apart" in note for note in provenance.of(ranked)["notes"])
    # 7 and 2 at 30 m from each other are one location within 100 m.
    assert hs.repeat_locations(apart, within=100)["incidents"].tolist() == [7 + 2, 2, 40 + 5, 3]


def test_sources_are_added_only_when_the_user_says_so() -> None:
    one = points_of([(400_000, 290_000)] * 2, source=["A", "A"], place_id=["p", "p"])
    other = points_of([(400_000, 290_000)], source=["B"], place_id=["p"])
    both = gpd.GeoDataFrame(pd.concat([one, other], ignore_index=True), crs=27700)
    with pytest.raises(hs.InputError, match=r"would add up 2 sources \(A, B\)"):
        hs.repeat_locations(both)
    summed = hs.repeat_locations(hs.combine_sources([one, other]))
    assert summed["incidents"].tolist() == [3]
    assert "Counted together" in provenance.of(summed)["notes"][0]


def test_the_forces_of_one_publisher_are_one_kind_of_data() -> None:
    forces = points_of(
        [(400_000, 290_000)] * 2,
        source=["data.police.uk/x", "data.police.uk/btp"],
        place_id=["p", "p"],
    )
    assert hs.repeat_locations(forces)["incidents"].tolist() == [2]
