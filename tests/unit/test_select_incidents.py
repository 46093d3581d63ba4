"""Categories and months are chosen by name, and a wrong name is answered with the near one."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import hotspot as hs
from hotspot import provenance
from makers import TWELVE, points_of, street_file, street_row


@pytest.fixture
def incidents(tmp_path: Path) -> gpd.GeoDataFrame:
    for month in ("2014-01", "2014-02", "2014-03"):
        rows = street_row(month + "b", month=month) + street_row(
            "", month=month, category="Anti-social behaviour"
        )
        street_file(tmp_path, TWELVE + rows, f"{month}-test-force-street.csv")
    return hs.read_police_uk(tmp_path).incidents


def test_category_in_any_case_of_letters(incidents: gpd.GeoDataFrame) -> None:
    chosen = hs.select_incidents(incidents, category="anti-SOCIAL behaviour")
    assert set(chosen["category"]) == {"Anti-social behaviour"}
    assert len(chosen) == 3
    assert len(hs.select_incidents(incidents, category=["Burglary", "anti-social behaviour"])) == 6


def test_the_near_category_is_named(incidents: gpd.GeoDataFrame) -> None:
    with pytest.raises(hs.InputError, match="did you mean 'Anti-social behaviour'"):
        hs.select_incidents(incidents, category="Antisocial behavior")
    with pytest.raises(hs.InputError, match="The data has: Anti-social behaviour, Burglary"):
        hs.select_incidents(incidents, category="zzz")


def test_months_are_chosen_with_both_ends_and_the_record_shrinks(incidents: gpd.GeoDataFrame) -> None:
    chosen = hs.select_incidents(incidents, start="2014-02", end="2014-02")
    assert set(chosen["start"]) == {pd.Timestamp("2014-02-01")}
    record = provenance.of(chosen)
    assert record["sources"][0]["months"] == ["2014-02"]
    assert record["as_of"] == "2014-02-28"
    assert record["steps"][-1]["kept"] == 2
    assert record["steps"][-1]["of"] == 6
    assert provenance.of(incidents)["sources"][0]["months"] == ["2014-01", "2014-02", "2014-03"]
    assert len(hs.select_incidents(incidents, start="2014-02")) == 4
    assert len(hs.select_incidents(incidents, end="2014-02")) == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start": "2014-13"}, "'2014-13' is no month; write it as YYYY-MM"),
        ({"end": "2014-1"}, r"end .*'2014-1' is no month"),
        ({"start": "2014-03", "end": "2014-01"}, "start=2014-03 is after end=2014-01; swap them"),
        ({"start": "2015-01"}, "no incident is left of 6 .*the data runs from 2014-01 to 2014-03"),
        ({"category": []}, "no incident is left"),
        ({"category": [3]}, "3"),
    ],
)
def test_what_cannot_be_chosen(incidents: gpd.GeoDataFrame, options: dict[str, object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.select_incidents(incidents, **options)  # type: ignore[arg-type]


def test_a_frame_without_the_column_says_so() -> None:
    with pytest.raises(hs.InputError, match="category"):
        hs.select_incidents(points_of([(1, 1)]), category="Burglary")
    with pytest.raises(hs.InputError, match="start"):
        hs.select_incidents(points_of([(1, 1)]), start="2014-01")


def test_rows_without_a_date_do_not_vanish_in_silence() -> None:
    frame = points_of([(1, 1), (2, 2)], start=pd.to_datetime(["2014-01-01", None]))
    with pytest.raises(hs.InputError, match="1 of 2 incidents have no date"):
        hs.select_incidents(frame, start="2014-01")
    assert len(hs.select_incidents(frame)) == 2
