"""Areas from any vector file, sound and in metres."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from makers import area_of

BOX = shapely.box(400000, 280000, 401000, 281000)
BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def two_layers(folder: Path) -> Path:
    path = folder / "areas.gpkg"
    gpd.GeoDataFrame(
        {"name": ["A", "B"]}, geometry=[BOX, shapely.affinity.translate(BOX, 2000)], crs=27700
    ).to_file(path, layer="wards")
    gpd.GeoDataFrame(geometry=[BOX], crs=27700).to_file(path, layer="borough")
    return path


def test_one_layer_is_read_without_its_name(tmp_path: Path) -> None:
    area_of(BOX).to_file(tmp_path / "a.gpkg", layer="only")
    area = hs.read_area(tmp_path / "a.gpkg")
    assert area.crs.to_epsg() == 27700
    assert area.geometry.iloc[0].equals(BOX)


def test_several_layers_are_named_in_the_error(tmp_path: Path) -> None:
    path = two_layers(tmp_path)
    with pytest.raises(
        hs.InputError, match=r"areas\.gpkg has 2 layers: (wards, borough|borough, wards); choose one"
    ):
        hs.read_area(path)
    with pytest.raises(hs.InputError, match=r"no layer 'ward'; it has: .*wards"):
        hs.read_area(path, layer="ward")
    assert len(hs.read_area(path, layer="wards")) == 2


def test_where_chooses_features(tmp_path: Path) -> None:
    path = two_layers(tmp_path)
    area = hs.read_area(path, layer="wards", where="name = 'B'")
    assert area["name"].tolist() == ["B"]
    with pytest.raises(hs.InputError, match=r"no feature of areas\.gpkg meets where=\"name = 'C'\""):
        hs.read_area(path, layer="wards", where="name = 'C'")
    with pytest.raises(hs.InputError, match="nome"):
        hs.read_area(path, layer="wards", where="nome = 'B'")
    with pytest.raises(hs.InputError, match="are for files"):
        hs.read_area(area, where="name = 'B'")


def test_an_invalid_polygon_is_repaired_and_said(tmp_path: Path) -> None:
    area_of(BOW_TIE, BOX).to_file(tmp_path / "a.gpkg")
    with pytest.warns(hs.HotspotWarning, match=r"a\.gpkg: 1 of 2 polygons were invalid and were repaired"):
        area = hs.read_area(tmp_path / "a.gpkg")
    # Two triangles of base 100 and height 50.
    assert area.geometry.iloc[0].area == pytest.approx(2 * 100 * 50 / 2)
    assert area.geometry.is_valid.all()
    assert provenance.of(area)["steps"][-1]["repaired"] == 1


def test_degrees_are_brought_to_the_national_grid_by_the_pinned_operation(tmp_path: Path) -> None:
    from hotspot.geography.projection import to_easting_northing

    square = shapely.box(-2.0, 52.5, -1.99, 52.51)
    area_of(square, crs=4326).to_file(tmp_path / "a.geojson", driver="GeoJSON")
    area = hs.read_area(tmp_path / "a.geojson")
    x, y = to_easting_northing([-2.0], [52.5])
    assert area.crs.to_epsg() == 27700
    assert (
        min(shapely.Point(x[0], y[0]).distance(shapely.Point(p)) for p in area.geometry[0].exterior.coords)
        < 0.01
    )


def test_an_area_without_crs_is_refused() -> None:
    with pytest.raises(hs.InputError, match="does not say its coordinate reference system"):
        hs.read_area(gpd.GeoDataFrame(geometry=[BOX]))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [(shapely.LineString([(0, 0), (1, 1)]), "LineString"), (shapely.Point(0, 0), "Point"), (None, "nothing"),
     (shapely.Polygon(), "Polygon")],
)  # fmt: skip
def test_what_is_no_polygon_is_refused(shape: shapely.Geometry | None, kind: str) -> None:
    with pytest.raises(
        hs.InputError, match=rf"1 of 2 features are no polygons \(the first is feature 1: {kind}\)"
    ):
        hs.read_area(gpd.GeoDataFrame(geometry=[BOX, shape], crs=27700))


def test_polygons_that_repair_to_nothing_are_refused() -> None:
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])
    with (
        pytest.warns(hs.HotspotWarning, match="repaired"),
        pytest.raises(hs.InputError, match="has no area"),
    ):
        hs.read_area(area_of(flat))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="does not exist"):
        hs.read_area(tmp_path / "missing.gpkg")
    with pytest.raises(hs.InputError, match="is a folder"):
        hs.read_area(tmp_path)
    (tmp_path / "text.txt").write_text("hello")
    with pytest.raises(hs.InputError, match=r"text\.txt is no vector file"):
        hs.read_area(tmp_path / "text.txt")
    (tmp_path / "plain.csv").write_text("a,b\n1,2\n")
    with pytest.raises(hs.InputError, match="has no geometry"):
        hs.read_area(tmp_path / "plain.csv")
    with pytest.raises(hs.InputError):
        hs.read_area("a" * 300)


def test_the_frame_given_is_not_changed() -> None:
    frame = area_of(BOX)
    before = frame.copy()
    hs.read_area(frame)
    assert frame.attrs == {}
    assert frame.equals(before)


def test_no_feature_and_coordinates_beyond_reach() -> None:
    with pytest.raises(hs.InputError, match="holds no feature"):
        hs.read_area(area_of(BOX).iloc[:0])
    with pytest.raises(hs.InputError, match="not finite"):
        hs.read_area(area_of(shapely.box(1000, 95, 1001, 96), crs=4326))


def test_an_outline_not_for_evidence_says_so_in_every_output() -> None:
    frame = area_of(BOX).assign(evidence_use="super-generalised: not for evidence")
    grid = hs.Grid.over(frame, cell_size=200)
    cells = hs.count_incidents(gpd.GeoDataFrame(geometry=[shapely.Point(400001, 280001)], crs=27700), grid)
    assert any("not for evidence" in note for note in provenance.of(cells)["notes"])
