"""Which area an incident is in: boundaries once, editions named, LSOA vintages told apart."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.errors import HotspotWarning
from hotspot.geography.assign import assign_area, dissolve_areas
from hotspot.geography.vintage import areas_in_force, check_lsoa_join, lsoa_vintage
from makers import points_of, quiet

# Two squares of 1 km side by side, sharing the edge easting = 401000.
WEST, EAST = shapely.box(400_000, 290_000, 401_000, 291_000), shapely.box(401_000, 290_000, 402_000, 291_000)


def layer(*shapes: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=27700)


@pytest.fixture
def two() -> gpd.GeoDataFrame:
    return layer(WEST, EAST, code=["B", "A"], name=["West", "East"], town=["Town", "Town"])


def test_each_incident_gets_the_area_that_holds_it_and_the_rest_is_counted(two: gpd.GeoDataFrame) -> None:
    incidents = points_of([(400_500, 290_500), (401_500, 290_500), (403_000, 290_500)])
    with pytest.warns(HotspotWarning, match="1 of 3 incidents lie in none of the 2 areas"):
        result = assign_area(incidents, two, column=["code", "name"])
    assert result["code"].astype(object).where(result["code"].notna(), None).tolist() == ["B", "A", None]
    assert result["name"].tolist()[:2] == ["West", "East"]
    assert list(result["code"].cat.categories) == ["A", "B"]
    assert list(incidents.columns) == ["geometry"]
    step = provenance.of(result)["steps"][-1]
    assert (step["assigned"], step["in_no_area"], step["on_shared_boundary"]) == (2, 1, 0)


def test_a_point_on_a_shared_edge_goes_to_the_lowest_code_in_any_order(two: gpd.GeoDataFrame) -> None:
    incidents = points_of([(401_000, 290_500), (401_000, 290_000), (400_000, 290_000)])
    for areas in (two, two.iloc[::-1]):
        result = assign_area(incidents, areas, column="code")
        assert result["code"].tolist() == ["A", "A", "B"]
        assert provenance.of(result)["steps"][-1]["on_shared_boundary"] == 2


def test_features_that_share_a_code_are_one_area(two: gpd.GeoDataFrame) -> None:
    result = assign_area(points_of([(401_000, 290_500)]), two, column="town")
    assert result["town"].tolist() == ["Town"]
    assert provenance.of(result)["steps"][-1]["on_shared_boundary"] == 0


def test_overlapping_areas_are_refused_and_slivers_are_not(two: gpd.GeoDataFrame) -> None:
    # The overlap of 20 m by 1,000 m is 2 * 20,000 / 2,040 = 19.6 m wide on average; that of 1 m is 2.0 m by
    # the same formula on 0.999, so slivers are tested with 0.5 m: 2 * 500 / 2,001 = 0.4998 m.
    far = layer(WEST, shapely.box(400_980, 290_000, 402_000, 291_000), code=["B", "A"])
    with pytest.raises(hs.InputError, match=r"1 pairs of areas overlap.*20,000 m2, of [AB] and [AB]"):
        assign_area(points_of([(400_990, 290_500)]), far, column="code")
    near = layer(WEST, shapely.box(400_999.5, 290_000, 402_000, 291_000), code=["B", "A"])
    assert assign_area(points_of([(400_999.7, 290_500)]), near, column="code")["code"].tolist() == ["A"]


def test_areas_finer_than_the_locations_are_refused() -> None:
    small = layer(shapely.box(400_000, 290_000, 400_050, 290_050), code=["A"])
    with pytest.raises(hs.InputError, match="side of the areas=50 m is finer"):
        assign_area(points_of([(400_010, 290_010)], location_precision=["map_point"]), small, column="code")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"column": "ward"}, "no column of the areas; they have code, name, town"),
        ({"column": []}, "column is empty"),
        ({"column": "code", "as_of": "2026-01-01"}, "neither valid_from nor valid_to"),
        ({"column": "code", "prefix": "x"}, "'xcode' already"),
    ],
)
def test_bad_calls_are_refused(two: gpd.GeoDataFrame, change: dict[str, object], message: str) -> None:
    with pytest.raises(hs.InputError, match=message):
        assign_area(points_of([(400_500, 290_500)], xcode=["z"]), two, **change)  # type: ignore[arg-type]


def test_blank_codes_are_refused() -> None:
    with pytest.raises(hs.InputError, match="1 of 2 areas have no 'code'"):
        assign_area(points_of([(400_500, 290_500)]), layer(WEST, EAST, code=["A", " "]), column="code")


# Wards redrawn for an election on 7 May 2026.
EDITIONS = layer(
    WEST, EAST, shapely.union(WEST, EAST),
    code=["W1", "W2", "N1"],
    valid_from=["", "", "2026-05-07"],
    valid_to=["2026-05-06", "2026-05-06", None],
)  # fmt: skip


def dated(*days: str) -> gpd.GeoDataFrame:
    return points_of([(400_500, 290_500)] * len(days), start=pd.to_datetime(list(days)))


def test_a_period_on_one_side_of_a_change_takes_the_areas_of_that_time() -> None:
    assert (
        assign_area(dated("2026-04-01", "2026-05-06"), EDITIONS, column="code")["code"].tolist() == ["W1"] * 2
    )
    assert (
        assign_area(dated("2026-05-07", "2026-08-01"), EDITIONS, column="code")["code"].tolist() == ["N1"] * 2
    )


def test_a_period_across_a_change_needs_one_named_day() -> None:
    incidents = dated("2026-04-01", "2026-08-01")
    with pytest.raises(
        hs.InputError, match=r"change on 2026-05-07.*as_of='2026-05-06' or as_of='2026-05-07'"
    ):
        assign_area(incidents, EDITIONS, column="code")
    result = assign_area(incidents, EDITIONS, column="code", as_of="2026-05-06")
    assert result["code"].tolist() == ["W1"] * 2
    assert any("as they stood on 2026-05-06" in text for text in provenance.of(result)["notes"])


def test_month_only_dates_reach_to_the_end_of_their_month() -> None:
    incidents = dated("2026-04-01", "2026-05-01").assign(time_precision="month")
    with pytest.raises(hs.InputError, match="2026-04-01 to 2026-05-31"):
        assign_area(incidents, EDITIONS, column="code")
    with pytest.raises(hs.InputError, match="change on 2026-05-07"):
        assign_area(dated("2026-04-01"), EDITIONS, column="code", period=("2026-04", "2026-05"))


def test_areas_in_force_reads_dates_and_refuses_wrong_ones() -> None:
    assert areas_in_force(EDITIONS, "2030-01-01")["code"].tolist() == ["N1"]
    with pytest.raises(hs.InputError, match="is no date"):
        areas_in_force(EDITIONS, "May 2026")
    wrong = EDITIONS.assign(valid_from=["2026-06-01", "", "2026-05-07"])
    with pytest.raises(hs.InputError, match="1 areas end before they begin"):
        areas_in_force(wrong, "2026-01-01")
    gone = EDITIONS.assign(valid_from="2020-01-01", valid_to="2021-12-31")
    with pytest.raises(hs.InputError, match="none of the 3 areas is in force on 2026-01-01"):
        areas_in_force(gone, "2026-01-01")
    open_end = EDITIONS.assign(valid_to="9999-12-31")
    assert len(areas_in_force(open_end, "2026-05-07")) == 3


def test_wards_dissolve_into_towns_with_their_edition(two: gpd.GeoDataFrame) -> None:
    towns = dissolve_areas(two, by="town", vintage="wards of 2014")
    assert towns["areas"].tolist() == [2]
    assert towns.area.tolist() == [2_000_000.0]
    assert provenance.of(towns)["notes"] == ["Areas: wards of 2014, joined by town."]
    with pytest.raises(hs.InputError, match="of several editions"):
        dissolve_areas(EDITIONS.assign(town="T"), by="town")


@pytest.mark.parametrize(
    ("codes", "vintage"),
    [
        # Sandwell, Office for National Statistics: four areas of 2011 became eight of 2021.
        (["E01010063", "E01009921"], "2011"),
        (["E01033886", "E01009921", None], "2021"),
        (["E01010063", "E01033893"], "mixed"),
        (["E01009921"], "unclear"),
        ([], "unclear"),
        # The ends of the 2011 list, and the first numbers after them.
        (["E01033768", "W01001958"], "unclear"),
        (["E01033769"], "2021"),
        (["W01001959"], "2021"),
    ],
)
def test_the_vintage_of_lsoa_codes_is_told_from_the_codes(codes: list[str], vintage: str) -> None:
    assert lsoa_vintage(codes) == vintage


def test_names_are_no_key() -> None:
    with pytest.raises(hs.InputError, match="'Sandwell 041D'"):
        lsoa_vintage(["Sandwell 041D"])
    named = layer(WEST, EAST, lsoa=["Sandwell 026A", "Sandwell 026B"])
    with pytest.raises(hs.InputError, match="LSOA names"):
        assign_area(points_of([(400_500, 290_500)]), named, column="lsoa")


def test_codes_of_two_vintages_are_never_matched() -> None:
    with pytest.raises(
        hs.InputError, match="2011 on one side and 2021 on the other; 1 codes have no partner"
    ):
        check_lsoa_join(["E01010063", "E01009921"], ["E01033886", "E01009921"])
    check_lsoa_join(["E01009921"], ["E01033886", "E01009921"])
    both = layer(WEST, EAST, lsoa=["E01010063", "E01033886"])
    with pytest.raises(hs.InputError, match="two editions lie over"):
        assign_area(points_of([(400_500, 290_500)]), both, column="lsoa")
    newer = layer(WEST, EAST, lsoa=["E01033887", "E01033886"])
    incidents = points_of([(400_500, 290_500)], lsoa_code=["E01010063"])
    with pytest.warns(HotspotWarning, match="of vintage 2011 and the areas are of 2021"):
        result = assign_area(incidents, newer, column="lsoa")
    assert any("LSOAs of 2021" in text for text in provenance.of(result)["notes"])


def test_sandwell_of_2014_against_a_plain_spatial_join(real_data: Path) -> None:
    months = [real_data / f"police_uk/west_midlands/2014-0{n}" for n in (1, 2)]
    incidents = hs.read_police_uk(months).incidents
    wards = hs.read_area(real_data / "boundaries/sandwell.gpkg", layer="wards")
    lsoas = hs.read_area(real_data / "boundaries/sandwell.gpkg", layer="lsoa_2011")
    with quiet():
        by_ward = assign_area(incidents, wards, column=["ward_code", "ward"])
        by_lsoa = assign_area(incidents, lsoas, column="lsoa_code", prefix="in_")
    # geopandas.sjoin(incidents, layer, predicate="within"): no point of these months lies on an edge.
    joined = gpd.sjoin(incidents[["geometry"]], lsoas[["lsoa_code", "geometry"]], predicate="within")
    expected = joined["lsoa_code"].reindex(incidents.index)
    got = by_lsoa["in_lsoa_code"].astype(object).to_numpy()
    assert np.array_equal(pd.isna(got), expected.isna().to_numpy())
    assert (got[expected.notna()] == expected.dropna().to_numpy()).all()
    asb = by_ward[by_ward["category"] == "Anti-social behaviour"]["ward"].value_counts().head(3)
    assert asb.to_dict() == {"Soho and Victoria": 74, "Princes End": 56, "West Bromwich Central": 48}
