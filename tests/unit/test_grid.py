"""Cells aligned to the National Grid."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot.geography.lattice_geometry import cell_of
from makers import area_of

AREA = area_of(shapely.box(400000, 280000, 401000, 280600))


def test_squares_by_arithmetic() -> None:
    grid = hs.Grid.over(AREA, cell_size=200)
    assert len(grid) == 5 * 3
    # 280000 / 200 is row 1400, 400000 / 200 is column 2000; id = row x 10,000,000 + column, ascending.
    expected = [row * 10_000_000 + col for row in (1400, 1401, 1402) for col in range(2000, 2005)]
    assert grid.cell_ids.tolist() == expected
    assert grid.share_in_area.tolist() == [1.0] * 15
    assert grid.label(expected[0]) == "E400000 N280000"
    assert grid.label(expected[:2]) == ["E400000 N280000", "E400200 N280000"]
    assert grid.cell_area_km2 == pytest.approx(0.04)


def test_a_cell_that_only_touches_the_area_is_none_of_it() -> None:
    assert len(hs.Grid.over(area_of(shapely.box(400000, 280000, 400200, 280200)), cell_size=200)) == 1
    assert len(hs.Grid.over(area_of(shapely.box(399999, 279999, 400200, 280200)), cell_size=200)) == 4


def test_share_by_arithmetic() -> None:
    grid = hs.Grid.over(area_of(shapely.box(400150, 280000, 400300, 280100)), cell_size=200)
    assert grid.share_in_area.tolist() == pytest.approx([50 * 100 / 40_000, 100 * 100 / 40_000])


@pytest.mark.parametrize("size", [100.0, 137.3, 200 / 3, 1000 / 7])
def test_hexagons_share_their_corners_bit_for_bit(size: float) -> None:
    grid = hs.Grid.over(AREA, cell_size=size, shape="hexagon")
    shapes = grid.polygons()
    corners = [tuple(xy) for shape in shapes for xy in shapely.get_coordinates(shape)[:-1].tolist()]
    times = pd.Series(corners).value_counts()
    # A corner belongs to at most three hexagons; a corner that two floats write differently would not meet.
    near = {(round(x, 3), round(y, 3)) for x, y in corners}
    assert len(near) == len(times)
    assert times.max() == 3
    assert {len(shapely.get_coordinates(shape)) for shape in shapes} == {7}


def test_a_hexagon_is_as_wide_as_its_cell_size() -> None:
    grid = hs.Grid.over(AREA, cell_size=150, shape="hexagon")
    west, south, east, north = shapely.bounds(grid.polygons()[0])
    assert east - west == pytest.approx(150)
    assert north - south == pytest.approx(2 * 150 / math.sqrt(3))
    x, y = grid.centres()
    same_row = np.flatnonzero(np.isclose(y, y[0]))
    assert np.diff(x[same_row]) == pytest.approx([150.0] * (len(same_row) - 1))
    assert grid.cell_area_km2 * 1e6 == pytest.approx(shapely.area(grid.polygons()[0]))
    # The lattice origin (0, 0) is the centre of a hexagon.
    assert hs.Grid.over(
        area_of(shapely.box(-1, -1, 1, 1)), cell_size=150, shape="hexagon"
    ).cell_ids.tolist() == [0]


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_cells_do_not_overlap_and_leave_no_gap(shape: str) -> None:
    grid = hs.Grid.over(AREA, cell_size=170, shape=shape)  # type: ignore[arg-type]
    shapes = grid.polygons()
    union = shapely.union_all(shapes)
    assert union.area == pytest.approx(shapely.area(shapes).sum())
    assert AREA.geometry[0].difference(union).area < 1e-6
    assert shapely.get_num_interior_rings(union) == 0


@pytest.mark.parametrize("size", [0, -200, float("nan"), float("inf"), "200", None, 1e300])
def test_a_cell_size_that_is_none_is_refused(size: object) -> None:
    with pytest.raises(hs.InputError):
        hs.Grid.over(AREA, cell_size=size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "words"),
    [(1e-300, "positive number"), (0.001, "too small"), (0.02, "too small"), (1e7, "smaller than")],
)
def test_sizes_that_make_too_many_cells_or_none(size: float, words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.Grid.over(AREA, cell_size=size)


def test_more_cells_than_a_machine_holds_are_refused_before_they_are_made() -> None:
    with pytest.raises(hs.InputError, match="use a larger cell_size"):
        hs.Grid.over(area_of(shapely.box(0, 0, 700_000, 1_200_000)), cell_size=10)


def test_unknown_shapes_and_areas_are_refused() -> None:
    with pytest.raises(hs.InputError, match="shape='triangle' is not known; use 'square' or 'hexagon'"):
        hs.Grid.over(AREA, cell_size=200, shape="triangle")  # type: ignore[arg-type]
    with pytest.raises(hs.InputError, match="an area must be"):
        hs.Grid.over(AREA.geometry[0], cell_size=200)  # type: ignore[arg-type]


def test_another_projected_crs_in_metres_is_kept_and_degrees_are_not() -> None:
    utm = hs.Grid.over(area_of(shapely.box(500000, 5800000, 501000, 5801000), crs=32630), cell_size=500)
    assert utm.crs.to_epsg() == 32630
    assert utm.cell_ids.tolist()[0] == 11600 * 10_000_000 + 1000
    assert (
        hs.Grid.over(area_of(shapely.box(-2, 52.5, -1.99, 52.51), crs=4326), cell_size=500).crs.to_epsg()
        == 27700
    )
    feet = hs.Grid.over(AREA.to_crs("+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 "
                                    "+ellps=airy +units=ft"), cell_size=500)  # fmt: skip
    assert feet.crs.to_epsg() == 27700


def test_geometry_can_be_added_later_and_attrs_stay() -> None:
    grid = hs.Grid.over(AREA, cell_size=200)
    points = gpd.GeoDataFrame(geometry=[shapely.Point(400100, 280100)], crs=27700)
    later = grid.add_geometry(hs.count_incidents(points, grid, geometry=False))
    at_once = hs.count_incidents(points, grid)
    assert later.geometry.geom_equals(at_once.geometry).all()
    assert later.attrs == at_once.attrs
    assert later.geometry.iloc[0].equals(shapely.box(400000, 280000, 400200, 280200))


def test_cells_south_and_west_of_the_origin() -> None:
    grid = hs.Grid.over(area_of(shapely.box(-300, -300, 100, 100)), cell_size=200)
    points = gpd.GeoDataFrame(geometry=[shapely.Point(-1, -1), shapely.Point(0, 0)], crs=27700)
    cells = hs.count_incidents(points, grid)
    held = cells[cells["n"] == 1].geometry
    assert [tuple(shape.bounds) for shape in held] == [(-200, -200, 0, 0), (0, 0, 200, 200)]


@pytest.mark.parametrize("size", [200 / 3, 137.3, 1000 / 7, 0.1, 333.3, 90.7])
def test_an_edge_belongs_to_the_cell_that_begins_there(size: float) -> None:
    # Dividing an edge coordinate by the size may round down to the cell before it; whole numbers may not.
    index = np.arange(-20_000, 20_000)
    edge = index * size
    assert (np.floor(edge / size) < index).any()
    row, col = cell_of(edge, edge[::-1].copy(), size, "square")
    np.testing.assert_array_equal(col, index)
    np.testing.assert_array_equal(row, index[::-1])
    just_before = cell_of(np.nextafter(edge, -np.inf), edge, size, "square")[1]
    np.testing.assert_array_equal(just_before, index - 1)


def test_a_shared_edge_of_hexagons_belongs_to_the_cell_north_or_east() -> None:
    # In cells of 200 m: halfway to the east neighbour (0, 1), and halfway to the north-east one (1, 0).
    east = cell_of(np.array([100.0]), np.array([0.0]), 200, "hexagon")
    north_east = cell_of(np.array([50.0]), np.array([0.5 * 200 * (math.sqrt(3) / 2)]), 200, "hexagon")
    north_west = cell_of(np.array([-50.0]), np.array([0.5 * 200 * (math.sqrt(3) / 2)]), 200, "hexagon")
    assert [int(part[0]) for part in east] == [0, 1]
    assert [int(part[0]) for part in north_east] == [1, 0]
    assert [int(part[0]) for part in north_west] == [1, -1]
