"""Incidents in cells, each once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from makers import area_of, points_of, quiet

AREA = area_of(shapely.box(0, 0, 400, 400))
GRID = hs.Grid.over(AREA, cell_size=200)
SW, SE, NW, NE = GRID.cell_ids.tolist()


def test_counts_by_arithmetic() -> None:
    cells = hs.count_incidents(points_of([(1, 1), (1, 1), (250, 1), (399, 399)]), GRID)
    assert cells["n"].to_dict() == {SW: 2, SE: 1, NW: 0, NE: 1}
    assert cells["n"].dtype == np.int64
    assert cells.index.name == "cell_id"
    assert isinstance(cells, gpd.GeoDataFrame)


def test_a_shared_corner_belongs_to_the_cell_north_and_east() -> None:
    cells = hs.count_incidents(points_of([(200, 200), (200, 0), (0, 200)]), GRID)
    assert cells["n"].to_dict() == {SW: 0, SE: 1, NW: 1, NE: 1}


def test_the_areas_own_edge_is_inside() -> None:
    # North and east edges: the half-open cell of (400, 400) is outside, the nearest cell takes the point.
    cells = hs.count_incidents(points_of([(400, 400), (400, 0), (0, 400), (0, 0)]), GRID)
    assert cells["n"].tolist() == [1, 1, 1, 1]


def test_weights_are_summed_and_the_count_stays() -> None:
    frame = points_of([(1, 1), (2, 2), (250, 1)], harm=[0.5, 2.0, 0.0])
    cells = hs.count_incidents(frame, GRID, weight="harm")
    assert cells["n"].tolist() == [2, 1, 0, 0]
    assert cells["weight_sum"].tolist() == [2.5, 0, 0, 0]


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1, np.nan], "1 weights in 'w' are missing, infinite or negative"), ([1, -1], "row 1: -1.0"),
     ([1, np.inf], "infinite"), (["a", "b"], "are not numbers")],
)  # fmt: skip
def test_weights_that_are_none(weights: list[object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.count_incidents(points_of([(1, 1), (2, 2)], w=weights), GRID, weight="w")
    with pytest.raises(hs.InputError, match="'x' is no column"):
        hs.count_incidents(points_of([(1, 1)]), GRID, weight="x")


def test_by_adds_a_column_for_each_value() -> None:
    frame = points_of([(1, 1), (1, 1), (250, 1)], kind=["Bicycle theft", "Drugs", None])
    cells = hs.count_incidents(frame, GRID, by="kind")
    assert cells["n_bicycle_theft"].tolist() == [1, 0, 0, 0]
    assert cells["n_drugs"].tolist() == [1, 0, 0, 0]
    assert cells["n_not_recorded"].tolist() == [0, 1, 0, 0]


def test_by_loses_nobody_when_a_value_reads_like_the_missing_ones() -> None:
    frame = points_of([(1, 1)] * 3, kind=["Not recorded", None, "a"])
    try:
        cells = hs.count_incidents(frame, GRID, by="kind")
    except hs.InputError:
        return
    assert cells.filter(regex="^n_").sum(axis=1).tolist() == cells["n"].tolist()


def test_by_refuses_what_it_cannot_name() -> None:
    with pytest.raises(hs.InputError, match="51 values, more than 50"):
        hs.count_incidents(points_of([(1, 1)] * 51, k=[f"v{i}" for i in range(51)]), GRID, by="k")
    with pytest.raises(hs.InputError, match="the same column name"):
        hs.count_incidents(points_of([(1, 1)] * 2, k=["A b", "a-B"]), GRID, by="k")
    with pytest.raises(hs.InputError, match="is no column"):
        hs.count_incidents(points_of([(1, 1)]), GRID, by="k")


def test_incidents_outside_are_counted_and_named() -> None:
    frame = points_of([(1, 1), (-1, 1), (500, 500)])
    frame.index = pd.Index(["a", "b", "c"])
    with pytest.warns(hs.HotspotWarning, match=r"2 of 3 incidents lie outside .*first rows: b, c"):
        cells = hs.count_incidents(frame, GRID)
    assert cells["n"].sum() == 1
    step = cells.attrs["hotspot"]["steps"][-1]
    assert (step["incidents_counted"], step["incidents_outside_area"]) == (1, 2)


def test_a_hole_of_the_area_is_outside() -> None:
    ring = area_of(shapely.box(0, 0, 400, 400) - shapely.box(50, 50, 150, 150))
    grid = hs.Grid.over(ring, cell_size=200)
    with pytest.warns(hs.HotspotWarning, match="1 of 3"):
        cells = hs.count_incidents(points_of([(100, 100), (50, 100), (10, 10)]), grid)
    assert cells["n"].sum() == 2


@pytest.mark.parametrize("grade", ["map_point", "street", "postcode"])
def test_cells_finer_than_the_data_are_refused(grade: str) -> None:
    frame = points_of([(1, 1), (1, 2)], location_precision=["exact", grade])
    grid = hs.Grid.over(AREA, cell_size=99)
    with pytest.raises(
        hs.InputError, match=r"cell_size=99 m is finer than the data: 1 incidents .* Use 100 m or more"
    ):
        hs.count_incidents(frame, grid)
    assert hs.count_incidents(frame, hs.Grid.over(AREA, cell_size=100))["n"].sum() == 2
    assert hs.count_incidents(frame.iloc[:1], grid)["n"].sum() == 1


def test_incidents_in_degrees_are_brought_to_the_grid() -> None:
    grid = hs.Grid.over(area_of(shapely.box(400000, 289000, 401000, 290000)), cell_size=200)
    degrees = gpd.GeoDataFrame(geometry=[shapely.Point(-1.99, 52.5)], crs=4326)
    assert hs.count_incidents(degrees, grid)["n"].sum() == 1


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"a": [1]}), "must be a GeoDataFrame of points"),
        (gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)]), "do not say their coordinate reference system"),
        (
            gpd.GeoDataFrame(geometry=[shapely.Point(1, 1), None], crs=27700),
            r"1 of 2 incidents are no points .*row 1: nothing",
        ),
        (gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(1, 1)])], crs=27700), "MultiPoint"),
        (gpd.GeoDataFrame(geometry=[shapely.Point()], crs=27700), "no points|no finite coordinates"),
        (gpd.GeoDataFrame(geometry=[shapely.Point(500, 95)], crs=4326), "no finite coordinates"),
    ],
)
def test_incidents_that_are_none(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.count_incidents(frame, GRID)  # type: ignore[arg-type]


def test_no_incident_is_all_zeros() -> None:
    cells = hs.count_incidents(points_of([]), GRID)
    assert cells["n"].tolist() == [0, 0, 0, 0]


def test_the_input_is_not_changed() -> None:
    frame = points_of([(1, 1), (900, 1)], k=["a", "b"])
    before, attrs = frame.copy(), dict(frame.attrs)
    with quiet():
        hs.count_incidents(frame, GRID, by="k")
    assert frame.equals(before)
    assert frame.attrs == attrs
