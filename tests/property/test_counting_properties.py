"""Every incident of the area is in exactly one cell, whatever the area, the cells and the points."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

import hotspot as hs
from hotspot.geography.lattice_geometry import ID_STEP, INDEX_LIMIT, cell_of, from_ids, to_ids
from makers import area_of, points_of, quiet

EAST, NORTH, SPAN = 400_000, 280_000, 3_000
SHAPES = st.sampled_from(["square", "hexagon"])
SIZES = st.one_of(st.integers(90, 700).map(float), st.floats(90, 700, allow_nan=False))
TENS = st.integers(0, SPAN // 10).map(lambda tens: tens * 10)


@st.composite
def outlines(draw: st.DrawFn) -> shapely.Geometry:
    """Draw polygons with holes and several parts, their corners on whole tens of metres."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        corners = draw(st.lists(st.tuples(TENS, TENS), min_size=3, max_size=5, unique=True))
        parts.append(shapely.convex_hull(shapely.multipoints([(EAST + x, NORTH + y) for x, y in corners])))
    for _ in range(draw(st.integers(0, 2))):
        x, y, w, h = (draw(TENS) for _ in range(4))
        parts[0] = parts[0] - shapely.box(EAST + x, NORTH + y, EAST + x + w + 10, NORTH + y + h + 10)
    polygons = [
        p for p in shapely.get_parts(shapely.union_all(parts)) if p.area > 0 and p.geom_type == "Polygon"
    ]
    assume(polygons)
    return shapely.multipolygons(polygons)


@st.composite
def scattered(draw: st.DrawFn, outline: shapely.Geometry, size: float) -> list[tuple[float, float]]:
    """Draw points anywhere, on cell corners and edges, and on the outline's own corners."""
    spread = st.floats(-50, SPAN + 50, allow_nan=False)
    anywhere = st.tuples(spread.map(lambda v: EAST + v), spread.map(lambda v: NORTH + v))
    first_x, first_y = int(EAST // size), int(NORTH // size)
    columns = st.integers(first_x, first_x + int(SPAN // size) + 1).map(lambda i: i * size)
    rows = st.integers(first_y, first_y + int(SPAN // size) + 1).map(lambda i: i * size)
    corners = st.sampled_from([tuple(xy) for xy in shapely.get_coordinates(outline).tolist()])
    kinds = st.one_of(
        anywhere, st.tuples(columns, rows), st.tuples(columns, anywhere.map(lambda p: p[1])), corners
    )
    return draw(st.lists(kinds, min_size=1, max_size=25))


@given(st.data(), outlines(), SIZES, SHAPES)
def test_counts_sum_to_the_incidents_in_the_area(
    data: st.DataObject, outline: shapely.Geometry, size: float, shape: str
) -> None:
    xy = data.draw(scattered(outline, size))
    inside = [outline.intersects(shapely.Point(p)) for p in xy]
    grid = hs.Grid.over(area_of(outline), cell_size=size, shape=shape)  # type: ignore[arg-type]
    with quiet():
        cells = hs.count_incidents(points_of(xy), grid)
    assert int(cells["n"].sum()) == sum(inside)
    counted = cells.attrs["hotspot"]["steps"][-1]
    assert counted["incidents_counted"] + counted["incidents_outside_area"] == len(xy)


@given(st.data(), outlines(), SIZES, SHAPES)
def test_a_point_is_in_one_cell_and_that_cell_holds_it(
    data: st.DataObject, outline: shapely.Geometry, size: float, shape: str
) -> None:
    whole = area_of(shapely.box(EAST - 800, NORTH - 800, EAST + SPAN + 800, NORTH + SPAN + 800))
    grid = hs.Grid.over(whole, cell_size=size, shape=shape)  # type: ignore[arg-type]
    for point in data.draw(scattered(outline, size))[:4]:
        cells = hs.count_incidents(points_of([point]), grid)
        holding = cells[cells["n"] > 0]
        assert holding["n"].tolist() == [1]
        assert holding.geometry.iloc[0].distance(shapely.Point(point)) < 1e-6
        if shape == "square":
            west, south, east, north = holding.total_bounds
            assert west <= point[0] < east
            assert south <= point[1] < north


@given(outlines(), outlines(), SIZES, SHAPES, st.data())
def test_the_same_cell_has_the_same_id_in_every_area(
    one: shapely.Geometry, other: shapely.Geometry, size: float, shape: str, data: st.DataObject
) -> None:
    grids = [hs.Grid.over(area_of(o), cell_size=size, shape=shape) for o in (one, other)]  # type: ignore[arg-type]
    common = np.intersect1d(grids[0].cell_ids, grids[1].cell_ids)
    first, second = (grid.polygons(common) for grid in grids)
    assert all(shapely.equals_exact(first, second, 0.0))
    point = data.draw(scattered(one, size))[0]
    both = shapely.intersection(one, other)
    if both.area > 0 and both.buffer(-1).intersects(shapely.Point(point)):
        ids = [
            c[c["n"] > 0].index[0] for c in (hs.count_incidents(points_of([point]), grid) for grid in grids)
        ]
        assert ids[0] == ids[1]


@given(outlines(), SIZES, SHAPES)
def test_the_shares_make_up_the_area(outline: shapely.Geometry, size: float, shape: str) -> None:
    grid = hs.Grid.over(area_of(outline), cell_size=size, shape=shape)  # type: ignore[arg-type]
    share = grid.share_in_area
    assert (share > 0).all()
    assert (share <= 1).all()
    covered = share.sum() * grid.cell_area_km2 * 1e6
    # A cell under a millionth of its size is no cell, and there are no more of those than of others.
    slack = 1e-6 * grid.cell_area_km2 * 1e6 * (len(grid) + 1)
    assert covered == pytest.approx(outline.area, abs=slack, rel=1e-9)
    slow = shapely.area(shapely.intersection(outline, grid.polygons())) / (grid.cell_area_km2 * 1e6)
    np.testing.assert_allclose(share, slow, atol=1e-9)


@given(outlines(), SIZES, SHAPES)
def test_no_cell_is_missed(outline: shapely.Geometry, size: float, shape: str) -> None:
    grid = hs.Grid.over(area_of(outline), cell_size=size, shape=shape)  # type: ignore[arg-type]
    wide = hs.Grid.over(area_of(shapely.box(*outline.buffer(2 * size).bounds)), cell_size=size, shape=shape)  # type: ignore[arg-type]
    overlap = shapely.area(shapely.intersection(outline, wide.polygons())) / (grid.cell_area_km2 * 1e6)
    np.testing.assert_array_equal(wide.cell_ids[overlap > 2e-6], grid.cell_ids[grid.share_in_area > 2e-6])


@given(st.data(), outlines(), SIZES, SHAPES)
def test_the_order_of_rows_changes_no_count(
    data: st.DataObject, outline: shapely.Geometry, size: float, shape: str
) -> None:
    xy = data.draw(scattered(outline, size))
    kinds = data.draw(st.lists(st.sampled_from(["a", "b", None]), min_size=len(xy), max_size=len(xy)))
    frame = points_of(xy, kind=kinds, harm=np.arange(len(xy)) % 4)
    order = data.draw(st.permutations(range(len(xy))))
    grid = hs.Grid.over(area_of(outline), cell_size=size, shape=shape)  # type: ignore[arg-type]
    with quiet():
        cells = hs.count_incidents(frame, grid, by="kind", weight="harm")
        again = hs.count_incidents(frame.iloc[list(order)], grid, by="kind", weight="harm")
    pd.testing.assert_frame_equal(pd.DataFrame(cells), pd.DataFrame(again), check_exact=True)
    assert cells.filter(regex="^n_").sum(axis=1).tolist() == cells["n"].tolist()


@given(
    st.integers(-INDEX_LIMIT + 1, INDEX_LIMIT - 1),
    st.integers(-INDEX_LIMIT + 1, INDEX_LIMIT - 1),
)
def test_ids_go_there_and_back(row: int, col: int) -> None:
    ids = to_ids(np.array([row]), np.array([col]))
    assert [int(part[0]) for part in from_ids(ids)] == [row, col]
    assert abs(int(ids[0])) < 10**15
    assert ID_STEP == 2 * INDEX_LIMIT


@given(st.integers(-3000, 3000), st.integers(-3000, 3000), st.floats(0.5, 5000, allow_nan=False), SHAPES)
def test_the_centre_of_a_cell_is_in_it(row: int, col: int, size: float, shape: str) -> None:
    from makers import centre_of

    x, y = centre_of(row, col, size, shape)
    found = cell_of(np.array([x]), np.array([y]), size, shape)  # type: ignore[arg-type]
    assert [int(part[0]) for part in found] == [row, col]
