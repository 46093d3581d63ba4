"""A frame's record says what it is made from; a lost record is not open."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from makers import TWELVE, area_of, points_of, street_file, street_row


@pytest.fixture
def incidents(tmp_path: Path) -> gpd.GeoDataFrame:
    return hs.read_police_uk(street_file(tmp_path, TWELVE + street_row("a") * 3)).incidents


def own(is_open: bool = False) -> provenance.Record:
    source = provenance.Source(
        name="Case system", open=is_open, simulated=False, attribution="", months=["2014-02"]
    )
    return provenance.Record(sources=[source], as_of="2014-02-28", steps=[], notes=[])


def test_open_data_stays_open_through_every_step(incidents: gpd.GeoDataFrame) -> None:
    grid = hs.Grid.over(area_of(shapely.box(400000, 289000, 401000, 290000)), cell_size=200)
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    dense = hs.kernel_density(incidents, grid, bandwidth=300, cells=cells)
    for frame in (
        incidents,
        cells,
        dense,
        dense[dense["n"] > 0],
        dense.copy(),
        hs.repeat_locations(incidents),
    ):
        assert provenance.marking([frame]) == "Open data"
    steps = [step["step"] for step in provenance.of(dense)["steps"]]
    assert steps == ["read_police_uk", "count_incidents", "getis_ord", "kernel_density"]


def test_a_frame_without_record_is_not_open(incidents: gpd.GeoDataFrame) -> None:
    assert provenance.marking([points_of([(1, 1)])]) == "OFFICIAL-SENSITIVE"
    assert provenance.marking([]) == "OFFICIAL-SENSITIVE"
    assert provenance.marking([incidents, points_of([(1, 1)])]) == "OFFICIAL-SENSITIVE"


def test_one_closed_source_closes_all(incidents: gpd.GeoDataFrame) -> None:
    record = provenance.of(incidents)
    record["sources"].extend(own()["sources"])
    assert provenance.marking([provenance.put(incidents.copy(), record)]) == "OFFICIAL-SENSITIVE"
    assert provenance.marking([incidents, provenance.put(points_of([(1, 1)]), own())]) == "OFFICIAL-SENSITIVE"


def test_private_columns_that_are_joined_close_the_frame(incidents: gpd.GeoDataFrame) -> None:
    names = pd.DataFrame({"place_id": incidents["place_id"].unique(), "tenant": "A. Person"})
    sites = gpd.GeoDataFrame(
        {"tenant": ["A. Person"]}, geometry=incidents.geometry[:1].buffer(5).to_numpy(), crs=27700
    )
    for frame in (
        incidents.merge(names, on="place_id"),
        incidents.join(names["tenant"]),
        gpd.sjoin(incidents, sites),
        pd.concat([incidents, provenance.put(points_of([(1, 1)]), own())]),
    ):
        assert "tenant" in frame.columns or len(frame) == 4
        assert provenance.marking([frame]) == "OFFICIAL-SENSITIVE"


def test_the_record_is_a_copy(incidents: gpd.GeoDataFrame) -> None:
    provenance.of(incidents)["sources"].clear()
    assert provenance.of(incidents)["sources"]
    noted = provenance.note(incidents.copy(), "A sentence.")
    assert provenance.of(incidents)["notes"] == []
    assert provenance.of(provenance.note(noted, "A sentence."))["notes"] == ["A sentence."]


def test_the_record_survives_parquet(incidents: gpd.GeoDataFrame, tmp_path: Path) -> None:
    incidents.drop(columns="geometry").to_parquet(tmp_path / "i.parquet")
    assert provenance.of(pd.read_parquet(tmp_path / "i.parquet")) == provenance.of(incidents)


def test_the_source_line_names_each_source_once(incidents: gpd.GeoDataFrame) -> None:
    line = provenance.source_line([incidents, incidents, provenance.put(points_of([(1, 1)]), own())])
    assert line.count("data.police.uk/test-force") == 1
    assert "Case system" in line
    assert "Open Government Licence v3.0" in line
    assert provenance.source_line([points_of([(1, 1)])]) == "Source: not recorded"


def test_months_of_the_same_source_in_two_frames_are_both_named(tmp_path: Path) -> None:
    one, other = (
        hs.read_police_uk(
            street_file(tmp_path, TWELVE + street_row(month=month), f"{month}-test-force-street.csv")
        ).incidents
        for month in ("2014-01", "2014-05")
    )
    assert "2014-01, 2014-05" in provenance.source_line([one, other])


def test_simulated_data_says_so() -> None:
    record = own()
    record["sources"][0]["simulated"] = True
    frame = provenance.put(points_of([(1, 1)]), record)
    assert provenance.is_simulated([frame])
    assert "SIMULATED DATA" in provenance.source_line([frame])
