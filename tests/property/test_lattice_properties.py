"""What must not matter to sums and z on a lattice."""

from __future__ import annotations

from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hotspot.statistics import lattice
from hotspot.statistics.gi_kernel import gi_lattice
from hotspot.statistics.lattice import Neighbourhood, Shape, neighbourhood_sums, rings, within

SHAPES = st.sampled_from(["square", "hexagon"])


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, Neighbourhood]:
    """Return counts, a mask and a neighbourhood."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    mask = rng.random((height, width)) < draw(st.sampled_from([0.3, 0.9, 1.0]))
    counts = rng.poisson(draw(st.sampled_from([0.05, 1.0, 300.0])), mask.shape) * mask
    shape: Shape = draw(SHAPES)
    hood = draw(
        st.one_of(
            st.integers(0, 4).map(lambda k: rings(k, shape)),
            st.floats(1.0, 7.0).map(lambda radius: within(radius, shape)),
        )
    )
    return counts, mask, hood


@given(cases(), st.integers(-3, 3), st.booleans(), st.integers(1, 300))
def test_the_size_of_blocks_changes_nothing(
    case: tuple[np.ndarray, np.ndarray, Neighbourhood], row0: int, star: bool, cells: int
) -> None:
    counts, mask, hood = case
    for values in (counts, counts * 0.3):
        once = gi_lattice(values, mask, hood, row0, star=star)
        with mock.patch.object(lattice, "TILE_CELLS", cells):
            again = gi_lattice(values, mask, hood, row0, star=star)
        for name in ("z", "sums", "drawn", "reason"):
            np.testing.assert_array_equal(getattr(once, name), getattr(again, name))


@given(cases(), st.tuples(*[st.integers(0, 9)] * 4), st.booleans(), st.booleans())
def test_cells_added_outside_the_area_change_nothing(
    case: tuple[np.ndarray, np.ndarray, Neighbourhood], around: tuple[int, ...], star: bool, whole: bool
) -> None:
    counts, mask, hood = case
    values = counts if whole else counts * 0.3
    south, north, west, east = around
    frame = ((south, north), (west, east))
    once = gi_lattice(values, mask, hood, 5, star=star)
    again = gi_lattice(np.pad(values, frame), np.pad(mask, frame), hood, 5 - south, star=star)
    np.testing.assert_array_equal(once.reason, again.reason)
    np.testing.assert_array_equal(once.drawn, again.drawn)
    np.testing.assert_allclose(once.z, again.z, rtol=1e-12, atol=0 if whole else 1e-12)


@given(cases(), st.booleans())
def test_turning_a_square_lattice_turns_the_answers(
    case: tuple[np.ndarray, np.ndarray, Neighbourhood], star: bool
) -> None:
    counts, mask, _ = case
    for hood in (rings(2, "square"), within(3.2, "square")):
        z, turned = np.full(mask.shape, np.nan), np.full(mask.T.shape, np.nan)
        z[mask] = gi_lattice(counts, mask, hood, star=star).z
        turned[mask.T] = gi_lattice(np.ascontiguousarray(counts.T), mask.T, hood, star=star).z
        np.testing.assert_array_equal(z, turned.T)


@given(cases(), st.integers(1, 50), st.booleans())
def test_a_common_factor_leaves_z_alone(
    case: tuple[np.ndarray, np.ndarray, Neighbourhood], factor: int, star: bool
) -> None:
    counts, mask, hood = case
    once = gi_lattice(counts, mask, hood, star=star)
    again = gi_lattice(counts * factor, mask, hood, star=star)
    np.testing.assert_allclose(once.z, again.z, rtol=1e-12)
    np.testing.assert_array_equal(once.reason, again.reason)


@given(cases(), st.integers(0, 3))
def test_each_cell_is_counted_as_often_as_it_has_neighbours(
    case: tuple[np.ndarray, np.ndarray, Neighbourhood], row0: int
) -> None:
    counts, mask, hood = case
    # Being near is mutual, so the sums add up to the counts times the members.
    sums = neighbourhood_sums(counts, hood, row0)
    members = neighbourhood_sums(np.ones_like(mask), hood, row0)
    assert int(sums.sum()) == int((counts * members).sum())


@given(cases())
def test_no_mask_is_a_mask_of_every_cell(case: tuple[np.ndarray, np.ndarray, Neighbourhood]) -> None:
    counts, _, hood = case
    for star in (True, False):
        once = gi_lattice(counts, None, hood, star=star)
        again = gi_lattice(counts, np.ones(counts.shape, dtype=bool), hood, star=star)
        np.testing.assert_array_equal(once.z, again.z)
