"""The shipped outlines: what is in the file, that it is sound, and that its README is true of it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

FOLDER = Path(__file__).resolve().parents[2] / "boundaries"
FILE = FOLDER / "west_midlands.gpkg"
LAYERS = {"sandwell_borough": 1, "sandwell_lsoa_2011": 186, "west_midlands_boroughs": 7}
BOROUGHS = {"Birmingham", "Coventry", "Dudley", "Sandwell", "Solihull", "Walsall", "Wolverhampton"}


def read(layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(FILE, layer=layer)


def test_the_layers_are_those_documented() -> None:
    assert set(gpd.list_layers(FILE)["name"]) == set(LAYERS)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{layer}`" in readme for layer in LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_valid_and_says_where_it_comes_from(layer: str) -> None:
    frame = read(layer)
    assert len(frame) == LAYERS[layer]
    assert frame.crs.to_epsg() == 27700
    assert frame.geometry.is_valid.all()
    assert set(frame.geom_type) == {"Polygon"}
    assert frame["name"].is_unique
    for column, text in {
        "source": "Office for National Statistics",
        "licence": "Open Government Licence v3.0",
        "vintage": "2011",
        "evidence_use": "not for evidence",
    }.items():
        assert frame[column].str.contains(text, regex=False).all()


def test_sandwell_has_the_area_that_ons_states_and_no_holes() -> None:
    sandwell = read("sandwell_borough").geometry.iloc[0]
    # The sum of Shape__Area, computed by ONS, over the 186 LSOAs of the source: 85,719,783 m2.
    assert sandwell.area == pytest.approx(85_719_783, rel=1e-4)
    assert not sandwell.interiors


def test_the_lsoas_tile_the_borough() -> None:
    lsoas = read("sandwell_lsoa_2011")
    assert lsoas["lsoa_code"].is_unique
    assert lsoas["lsoa_code"].str.fullmatch(r"E010\d{5}").all()
    assert lsoas["lsoa_name"].str.fullmatch(r"Sandwell \d{3}[A-Z]").all()
    assert shapely.coverage_is_valid(lsoas.geometry.to_numpy())
    borough = read("sandwell_borough").geometry.iloc[0]
    assert lsoas.area.sum() == pytest.approx(borough.area, abs=0.1)
    assert lsoas.union_all().symmetric_difference(borough).area == pytest.approx(0.0, abs=0.1)


def test_the_seven_boroughs_touch_and_do_not_overlap() -> None:
    boroughs = read("west_midlands_boroughs")
    assert set(boroughs["name"]) == BOROUGHS
    assert boroughs.area.sum() == pytest.approx(boroughs.union_all().area, abs=0.1)
    one = boroughs.set_index("name").geometry
    assert one["Sandwell"].equals(read("sandwell_borough").geometry.iloc[0])
    neighbours = [name for name in one.index if name != "Sandwell" and one[name].intersects(one["Sandwell"])]
    assert set(neighbours) == {"Birmingham", "Dudley", "Walsall", "Wolverhampton"}


def test_the_readme_states_the_hash_and_the_file_is_small() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    stated = re.findall(r"\b[0-9a-f]{64}\b", readme)
    assert stated == [hashlib.sha256(FILE.read_bytes()).hexdigest()]
    assert FILE.stat().st_size < 400_000


def test_no_time_of_making_is_in_the_file() -> None:
    # GeoPackage keeps a last_change for each layer; any but the fixed one would be the clock of some machine.
    stamps = set(re.findall(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", FILE.read_bytes()))
    assert stamps == {b"2011-12-31T00:00:00.000Z"}
