"""What must not change z and p of Gi* and Gi, with cells that the boundary cuts, on grids and on graphs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hotspot as hs
from hotspot.geography.lattice_geometry import polygons
from hotspot.geography.overlap import Overlap
from hotspot.statistics import inference
from makers import area_of, points_of, quiet

SIZE = 200.0
COLUMNS = ["gi_z", "gi_p", "gi_q"]
SHAPES = st.sampled_from(["square", "hexagon"])
INFERENCES = st.sampled_from(["exact", "normal"])
RADII = st.sampled_from([None, 200.0, 450.0])
# Half as many examples as other tests: each makes one or two grids.
HALF = settings(max_examples=max(settings.default.max_examples // 2, 1))  # type: ignore[union-attr]
COUNTS = st.one_of(st.integers(0, 2), st.integers(0, 2), st.integers(0, 15))


@pytest.fixture(autouse=True)
def _few_whole_cells_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small lattices can be enumerated; the limit on them has a test of its own."""
    monkeypatch.setattr(inference, "FEWEST_WHOLE", 1)


@st.composite
def outlines(draw: st.DrawFn, shape: str, row0: int = 40, col0: int = 60) -> shapely.Geometry:
    """Return some cells of a small lattice as one outline, of which a box cuts eighths of cells off the sides."""
    height, width = draw(st.integers(3, 5)), draw(st.integers(3, 5))
    keep = np.array(draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width)))
    keep = keep.reshape(height, width)
    keep[0, 0] = keep[1, 1] = keep[-1, -1] = True
    row, col = np.nonzero(keep)
    whole = shapely.union_all(polygons(row + row0, col + col0, SIZE, shape))  # type: ignore[arg-type]
    west, south, east, north = whole.bounds
    trims = [draw(st.sampled_from([0.0, 0.0, 25.0, 75.0, 150.0])) for _ in range(4)]
    box = shapely.box(west + trims[0], south + trims[1], east - trims[2], north - trims[3])
    return shapely.intersection(whole, box)


def grid_over(outline: shapely.Geometry, shape: str) -> hs.Grid:
    grid = hs.Grid.over(area_of(outline), cell_size=SIZE, shape=shape)  # type: ignore[arg-type]
    # Gi of the only whole cell has no whole cell to compare with.
    assume((grid.share_in_area > 1 - 1e-9).sum() >= 2)
    return grid


def frame_of(grid: hs.Grid, counts: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {"n": counts, "share_in_area": grid.share_in_area}, index=pd.Index(grid.cell_ids, name="cell_id")
    )


def run(cells: pd.DataFrame, grid: hs.Grid, **options: object) -> pd.DataFrame:
    with quiet():
        return hs.getis_ord(cells, grid, **options)  # type: ignore[arg-type]


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Compare row by row, wherever the rows are: z and p to 1e-12, and the side of what is significant."""
    np.testing.assert_allclose(one[COLUMNS], other[COLUMNS], rtol=1e-12, atol=1e-12)
    clear = ~(np.abs(one["gi_q"].to_numpy()[:, None] - [0.01, 0.05, 0.1]) < 1e-9).any(axis=1)
    classes = [frame["gi_class"].cat.codes.to_numpy()[clear] for frame in (one, other)]
    np.testing.assert_array_equal(*classes)


def drawn_counts(data: st.DataObject, grid: hs.Grid) -> list[int]:
    return data.draw(st.lists(COUNTS, min_size=len(grid), max_size=len(grid)))


@HALF
@given(st.data(), SHAPES, st.booleans(), INFERENCES, RADII)
def test_the_order_of_rows_changes_nothing(
    data: st.DataObject, shape: str, star: bool, inference: str, radius: float | None
) -> None:
    grid = grid_over(data.draw(outlines(shape)), shape)
    cells = frame_of(grid, drawn_counts(data, grid))
    order = data.draw(st.permutations(range(len(grid))))
    shuffled = cells.iloc[list(order)]
    options = {"star": star, "inference": inference, "radius": radius}
    there = run(shuffled, grid, **options)
    assert list(there.index) == list(shuffled.index)
    same(run(cells, grid, **options), there.loc[cells.index])


@HALF
@given(st.data(), SHAPES, st.booleans(), INFERENCES, st.integers(-30, 30), st.integers(-30, 30))
def test_grid_and_points_moved_by_whole_cells(
    data: st.DataObject, shape: str, star: bool, inference: str, up: int, right: int
) -> None:
    # An even number of rows: an odd one would move hexagons half a cell east as well.
    up = 2 * (up // 2)
    outline = data.draw(outlines(shape))
    grid = grid_over(outline, shape)
    counts = drawn_counts(data, grid)
    middles = shapely.point_on_surface(shapely.intersection(grid.polygons(), outline))
    xy = np.repeat(shapely.get_coordinates(middles), counts, axis=0)
    assume(len(xy) > 0)
    east, north = right * SIZE, up * SIZE * (1.0 if shape == "square" else np.sqrt(3.0) / 2.0)
    moved_grid = grid_over(shapely.affinity.translate(outline, east, north), shape)
    here = hs.count_incidents(points_of(xy), grid)
    there = hs.count_incidents(points_of(xy + np.array([east, north])), moved_grid)
    assert here["n"].to_list() == counts
    assert there["n"].to_list() == counts
    np.testing.assert_array_equal(there.index - here.index, up * 10_000_000 + right)
    same(
        run(here, grid, star=star, inference=inference),
        run(there, moved_grid, star=star, inference=inference),
    )


@HALF
@given(st.data(), SHAPES, st.booleans(), INFERENCES, RADII, st.tuples(*[st.integers(0, 3)] * 4))
def test_empty_cells_around_the_area_change_nothing(
    data: st.DataObject,
    shape: str,
    star: bool,
    inference: str,
    radius: float | None,
    more: tuple[int, int, int, int],
) -> None:
    grid = grid_over(data.draw(outlines(shape)), shape)
    below, above, left, right = more
    mask = np.pad(grid.mask, ((below, above), (left, right)))
    row, col = np.divmod(grid._cover.cut, grid.mask.shape[1])
    cut = (row + below) * mask.shape[1] + col + left
    cover = Overlap(grid.row0 - below, grid.col0 - left, mask, cut, grid._cover.cut_share)
    wider = hs.Grid(SIZE, grid.shape, grid.crs, grid.area, cover)
    np.testing.assert_array_equal(wider.cell_ids, grid.cell_ids)
    cells = frame_of(grid, drawn_counts(data, grid))
    options = {"star": star, "inference": inference, "radius": radius}
    same(run(cells, grid, **options), run(cells, wider, **options))


@HALF
@given(st.data(), SHAPES, st.booleans())
def test_a_speck_of_the_outline_far_away_changes_nothing(data: st.DataObject, shape: str, star: bool) -> None:
    outline = data.draw(outlines(shape))
    grid = grid_over(outline, shape)
    # Far less than a millionth of a cell: no cell, though the area's box is now some 40 cells wider.
    speck = shapely.box(20_100, 16_100, 20_100.01, 16_100.01)
    other = grid_over(shapely.union_all([outline, speck]), shape)
    np.testing.assert_array_equal(other.cell_ids, grid.cell_ids)
    cells = frame_of(grid, drawn_counts(data, grid))
    same(run(cells, grid, star=star), run(cells, other, star=star))


@pytest.mark.parametrize(
    "turn", [[-1, 0, 0, 1], [1, 0, 0, -1], [0, 1, 1, 0]], ids=["east-west", "north-south", "diagonal"]
)
@HALF
@given(data=st.data(), star=st.booleans(), inference=INFERENCES, radius=RADII)
def test_a_square_lattice_in_a_mirror(
    data: st.DataObject, star: bool, inference: str, radius: float | None, turn: list[int]
) -> None:
    outline = data.draw(outlines("square"))
    grid = grid_over(outline, "square")
    mirrored = grid_over(shapely.affinity.affine_transform(outline, [*turn, 0, 0]), "square")
    x, y = grid.centres()
    a, b, c, d = turn
    there = {spot: place for place, spot in enumerate(zip(*mirrored.centres(), strict=True))}
    place = [there[spot] for spot in zip(a * x + b * y, c * x + d * y, strict=True)]
    counts = drawn_counts(data, grid)
    moved = [0] * len(counts)
    for count, at in zip(counts, place, strict=True):
        moved[at] = count
    options = {"star": star, "inference": inference, "radius": radius}
    result = run(frame_of(mirrored, moved), mirrored, **options)
    same(run(frame_of(grid, counts), grid, **options), result.iloc[place])


@HALF
@given(st.data(), SHAPES, st.booleans(), RADII)
def test_p_q_and_class_follow_from_the_two_tails(
    data: st.DataObject, shape: str, star: bool, radius: float | None
) -> None:
    grid = grid_over(data.draw(outlines(shape)), shape)
    cells = frame_of(grid, drawn_counts(data, grid))
    options = {"star": star, "radius": radius, "inference": "exact"}
    both = run(cells, grid, **options)
    upper = run(cells, grid, alternative="greater", **options)["gi_p"]
    lower = run(cells, grid, alternative="less", **options)["gi_p"]
    assert both["gi_p"].isna().equals(both["gi_z"].isna())
    defined = both["gi_p"].notna()
    p, q = both.loc[defined, "gi_p"], both.loc[defined, "gi_q"]
    upper, lower = upper[defined], lower[defined]
    for tail in (upper, lower, p, q):
        assert ((tail > 0) & (tail <= 1)).all()
    # Both tails hold the sum that was seen.
    assert (upper + lower >= 1 - 1e-12).all()
    np.testing.assert_allclose(p, np.minimum(1, 2 * np.minimum(upper, lower)), rtol=1e-12)
    assert (q >= p).all()
    for cell, name in both.loc[defined, "gi_class"].items():
        level = q[cell]
        if min(abs(level - limit) for limit in (0.01, 0.05, 0.1)) < 1e-9:
            continue
        wanted = next(
            (text for limit, text in ((0.01, "99%"), (0.05, "95%"), (0.1, "90%")) if level <= limit), None
        )
        side = "hot" if upper[cell] < lower[cell] else "cold"
        assert name == ("not significant" if wanted is None else f"{side} {wanted}")
    assert both.loc[~defined, "gi_class"].isna().all()


@st.composite
def graphs(draw: st.DrawFn) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Return areas with counts, and who is whose neighbour with what weight."""
    names = [f"E0{i}" for i in range(draw(st.integers(4, 9)))]
    counts = draw(st.lists(COUNTS, min_size=len(names), max_size=len(names)))
    weight = st.sampled_from([0.5, 1.0, 3.0])
    around = {
        name: {
            other: draw(weight)
            for other in draw(st.lists(st.sampled_from(names), unique=True, max_size=4))
            if other != name
        }
        for name in names
    }
    return pd.DataFrame({"n": counts}, index=names), around


def graph_of(around: dict[str, dict[str, float]], factor: float) -> object:
    graph = pytest.importorskip("libpysal.graph")
    rows = [
        (head, tail, weight * factor)
        for head, near in around.items()
        for tail, weight in (near or {head: 0}).items()
    ]
    heads, tails, weights = (np.array(part) for part in zip(*rows, strict=True))
    return graph.Graph.from_arrays(heads, tails, weights)


@given(graphs(), st.floats(1e-3, 1e3), st.booleans(), st.booleans())
def test_weights_of_any_scale(
    made: tuple[pd.DataFrame, dict[str, dict[str, float]]], factor: float, star: bool, equal: bool
) -> None:
    from hotspot.statistics.graph_getis_ord import getis_ord_on_graph

    areas, around = made
    if equal:
        around = {head: dict.fromkeys(near, 1.0) for head, near in around.items()}
    inference = "exact" if equal else "normal"
    with quiet():
        here, there = (
            getis_ord_on_graph(areas, graph_of(around, scale), star=star, inference=inference)  # type: ignore[arg-type]
            for scale in (1.0, factor)
        )
    same(here, there)


@given(graphs(), st.data(), st.booleans(), st.booleans())
def test_areas_in_any_order(
    made: tuple[pd.DataFrame, dict[str, dict[str, float]]], data: st.DataObject, star: bool, equal: bool
) -> None:
    from hotspot.statistics.graph_getis_ord import getis_ord_on_graph

    areas, around = made
    if equal:
        around = {head: dict.fromkeys(near, 1.0) for head, near in around.items()}
    graph = graph_of(around, 1.0)
    shuffled = areas.loc[list(data.draw(st.permutations(list(areas.index))))]
    with quiet():
        here, there = (
            getis_ord_on_graph(frame, graph, star=star, inference="exact" if equal else "normal")  # type: ignore[arg-type]
            for frame in (areas, shuffled)
        )
    assert list(there.index) == list(shuffled.index)
    same(here, there.loc[areas.index])
