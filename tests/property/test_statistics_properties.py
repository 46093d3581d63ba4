"""What must not matter to a statistic, and the bounds that it keeps."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import hotspot as hs
from hotspot.statistics.lattice import neighbourhood_sums, queen, within
from hotspot.statistics.multiple_testing import CORRECTIONS, adjust
from makers import area_of, masked_grid, points_of, quiet

SHAPES = st.sampled_from(["square", "hexagon"])
COUNTS = st.one_of(st.integers(0, 2), st.integers(0, 60))


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray:
    height, width = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    flat = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    keep = np.array(flat).reshape(height, width)
    keep[0, 0] = keep[-1, -1] = True
    return keep


def frame_of(grid: hs.Grid, counts: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))


@given(st.data(), masks(), SHAPES, st.booleans(), st.sampled_from(["exact", "normal"]))
def test_p_is_a_probability_and_q_is_no_less(
    data: st.DataObject, keep: np.ndarray, shape: str, star: bool, inference: str
) -> None:
    grid, spots = masked_grid(keep, cell_size=200, shape=shape, row0=1400, col0=2000)
    counts = data.draw(st.lists(COUNTS, min_size=len(spots), max_size=len(spots)))
    correction = data.draw(st.sampled_from(CORRECTIONS))
    with quiet():
        result = hs.getis_ord(
            frame_of(grid, counts),
            grid,
            star=star,
            inference=inference,
            correction=correction,  # type: ignore[arg-type]
        )
    defined = result[result["gi_z"].notna()]
    assert result["gi_p"].notna().equals(result["gi_z"].notna())
    assert ((defined["gi_p"] > 0) & (defined["gi_p"] <= 1)).all()
    assert (defined["gi_q"] >= defined["gi_p"]).all()
    assert (defined["gi_q"] <= 1).all()
    named = defined["gi_class"].astype("str")
    assert (named.str.endswith("99%") == (defined["gi_q"] <= 0.01)).all()
    assert ((named == "not significant") == (defined["gi_q"] > 0.1)).all()
    assert result["gi_class"].isna().equals(result["gi_z"].isna())


@given(st.data(), masks(), SHAPES, st.booleans())
def test_the_order_of_rows_changes_nothing(
    data: st.DataObject, keep: np.ndarray, shape: str, star: bool
) -> None:
    grid, spots = masked_grid(keep, cell_size=200, shape=shape)
    counts = data.draw(st.lists(COUNTS, min_size=len(spots), max_size=len(spots)))
    order = data.draw(st.permutations(range(len(spots))))
    cells = frame_of(grid, counts)
    with quiet():
        result = hs.getis_ord(cells, grid, star=star)
        again = hs.getis_ord(cells.iloc[list(order)], grid, star=star)
    assert list(again.index) == list(cells.index[list(order)])
    pd.testing.assert_frame_equal(result, again.loc[result.index], check_exact=True)
    assert list(cells.columns) == ["n"]


@given(
    st.data(),
    masks(),
    SHAPES,
    st.integers(-900, 900),
    st.integers(-900, 900),
    st.sampled_from([None, 200, 450]),
)
def test_moving_all_by_whole_cells_changes_nothing(
    data: st.DataObject, keep: np.ndarray, shape: str, down: int, right: int, radius: float | None
) -> None:
    # On hexagons a move by an odd number of rows also moves half a cell: every other row starts further east.
    grid, spots = masked_grid(keep, cell_size=200, shape=shape)
    moved = [(r + down, c + right + (shape == "hexagon" and down % 2 == 1 and r % 2 == 1)) for r, c in spots]
    low_row, low_col = min(r for r, _ in moved), min(c for _, c in moved)
    keep_moved = np.zeros((20, 20), dtype=bool)
    for r, c in moved:
        keep_moved[r - low_row, c - low_col] = True
    other, other_spots = masked_grid(keep_moved, cell_size=200, shape=shape, row0=low_row, col0=low_col)
    assert other_spots == sorted(moved)
    counts = data.draw(st.lists(COUNTS, min_size=len(spots), max_size=len(spots)))
    by_spot = dict(zip(moved, counts, strict=True))
    with quiet():
        here = hs.getis_ord(frame_of(grid, counts), grid, radius=radius)
        there = hs.getis_ord(frame_of(other, [by_spot[s] for s in other_spots]), other, radius=radius)
    back = [other_spots.index(s) for s in moved]
    np.testing.assert_array_equal(here["gi_z"], there["gi_z"].to_numpy()[back])
    np.testing.assert_array_equal(here["gi_p"], there["gi_p"].to_numpy()[back])
    np.testing.assert_array_equal(here["gi_q"], there["gi_q"].to_numpy()[back])


@given(st.data(), SHAPES)
def test_incidents_outside_the_area_change_nothing(data: st.DataObject, shape: str) -> None:
    number = st.floats(0, 1000, allow_nan=False)
    inside = data.draw(st.lists(st.tuples(number, number), min_size=1, max_size=30))
    outside = data.draw(st.lists(st.tuples(number.map(lambda v: v + 1001), number), min_size=1, max_size=30))
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 1000)), cell_size=200, shape=shape)  # type: ignore[arg-type]
    with quiet():
        alone = hs.getis_ord(hs.count_incidents(points_of(inside), grid), grid)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", hs.HotspotWarning)
        more = hs.getis_ord(hs.count_incidents(points_of(inside + outside), grid), grid)
    assert any(
        f"{len(outside):,} of" in str(w.message) and "outside the area" in str(w.message) for w in caught
    )
    pd.testing.assert_frame_equal(pd.DataFrame(alone), pd.DataFrame(more), check_exact=True)


@given(masks(), SHAPES, st.floats(1, 4, allow_nan=False), st.integers(0, 5), st.integers(0, 5), st.data())
def test_empty_cells_outside_the_area_do_not_exist(
    keep: np.ndarray, shape: str, radius: float, above: int, left: int, data: st.DataObject
) -> None:
    values = np.where(keep, data.draw(st.integers(1, 9)) + np.arange(keep.size).reshape(keep.shape) % 5, 0)
    for hood in (queen(shape), within(radius, shape)):  # type: ignore[arg-type]
        bare = neighbourhood_sums(values, hood, 8 + above)
        padded = neighbourhood_sums(np.pad(values, ((above, 3), (left, 2))), hood, 8)
        inner = padded[above : above + keep.shape[0], left : left + keep.shape[1]]
        np.testing.assert_array_equal(bare, inner)


@given(st.lists(st.floats(1e-12, 1, allow_nan=False), min_size=1, max_size=40), st.sampled_from(CORRECTIONS))
def test_adjusting_keeps_the_order_and_never_lowers(p: list[float], correction: str) -> None:
    values = np.array(p)
    q = adjust(values, correction)
    assert (q >= values * (1 - 1e-12)).all()
    assert (q <= 1).all()
    order = np.argsort(values)
    assert (np.diff(q[order]) >= 0).all()


@given(st.data(), SHAPES, st.sampled_from([200.0, 350.0, "auto"]))
def test_rows_in_any_order_make_the_same_density(
    data: st.DataObject, shape: str, bandwidth: float | str
) -> None:
    number = st.integers(0, 40).map(lambda v: v * 25.0)
    xy = data.draw(st.lists(st.tuples(number, number), min_size=2, max_size=40))
    harm = data.draw(st.lists(st.integers(0, 8), min_size=len(xy), max_size=len(xy)))
    order = list(data.draw(st.permutations(range(len(xy)))))
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 1000)), cell_size=200, shape=shape)  # type: ignore[arg-type]
    frame = points_of(xy, harm=harm)
    one, other = (
        hs.kernel_density(f, grid, bandwidth=bandwidth, weight="harm")["density_per_km2"]  # type: ignore[arg-type]
        for f in (frame, frame.iloc[order])
    )
    np.testing.assert_array_equal(one, other)
    doubled = hs.kernel_density(
        pd.concat([frame, frame], ignore_index=True),
        grid,
        bandwidth=bandwidth if bandwidth != "auto" else 300,
        weight="harm",  # type: ignore[arg-type]
    )
    single = hs.kernel_density(
        frame, grid, bandwidth=bandwidth if bandwidth != "auto" else 300, weight="harm"
    )  # type: ignore[arg-type]
    np.testing.assert_allclose(doubled["density_per_km2"], 2 * single["density_per_km2"], rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_class_changes_only_with_the_counts(seed: int) -> None:
    # Renaming, reordering or adding columns of the frame is no part of the statistic.
    grid, spots = masked_grid(np.ones((8, 8), dtype=bool), cell_size=200, shape="square")
    counts = np.random.default_rng(seed).poisson(1.0, len(spots)).tolist()
    plain = hs.getis_ord(frame_of(grid, counts), grid)
    dressed = frame_of(grid, counts).rename(columns={"n": "asb"}).assign(note="x", gi_z=99.0, gi_q=0.0)
    again = hs.getis_ord(dressed, grid, value="asb")
    for column in ("gi_z", "gi_p", "gi_q"):
        np.testing.assert_array_equal(plain[column], again[column])
