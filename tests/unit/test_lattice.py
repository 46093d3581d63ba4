"""Neighbourhoods, their sums and the reasons for a missing z."""

from __future__ import annotations

import numpy as np
import pytest

from hotspot.statistics import gi_kernel, lattice
from hotspot.statistics.gi_kernel import REASONS, gi_lattice, gi_tiles
from hotspot.statistics.lattice import Shape, neighbourhood_sums, queen, rings, within


@pytest.mark.parametrize("k", [0, 1, 2, 3, 8])
def test_rings_have_as_many_cells_as_their_formulas_say(k: int) -> None:
    assert rings(k, "square").size == (2 * k + 1) ** 2
    hexagons = rings(k, "hexagon")
    assert hexagons.size == 3 * k * (k + 1) + 1
    assert sum(run.last - run.first + 1 for run in hexagons.odd) == hexagons.size


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_queen_is_one_ring(shape: Shape) -> None:
    assert queen(shape) == rings(1, shape)
    # Centres of touching hexagons are one cell size apart; of squares at most the root of 2.
    near = within(2**0.5 if shape == "square" else 1.0, shape)
    assert set(near.even) == set(queen(shape).even)
    assert set(near.odd) == set(queen(shape).odd)


def test_a_radius_of_six_squares() -> None:
    # Gauss's circle problem: 113 whole-number points lie within 6 of one.
    assert within(6.0, "square").size == 113


def test_clipping_leaves_out_what_no_cell_reaches() -> None:
    hood = within(50.0, "square").clipped(3, 4)
    assert (hood.row_reach, hood.size) == (2, 5 * 7)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.ones((3, 3), dtype=bool), np.int32),
        (np.ones((3, 3), dtype=np.uint8), np.int32),
        (np.full((3, 3), 2**31 - 1, dtype=np.int32), np.int64),
        (np.full((3, 3), 2**31, dtype=np.int64), np.int64),
        (np.full((3, 3), 0.5), np.float64),
        (np.full((3, 3), 0.5, dtype=np.float32), np.float64),
    ],
)
def test_sums_are_held_by_the_smallest_type_that_is_sure(values: np.ndarray, kind: type) -> None:
    sums = neighbourhood_sums(values, queen("square"))
    assert sums.dtype == kind
    assert sums.tolist() == (np.outer([2, 3, 2], [2, 3, 2]) * values[0, 0].item()).tolist()


def test_negative_whole_values_are_summed_exactly() -> None:
    values = np.full((3, 3), -128, dtype=np.int8)
    assert neighbourhood_sums(values, queen("square"))[1, 1] == -128 * 9


def test_a_matrix_without_cells_has_no_sums() -> None:
    assert neighbourhood_sums(np.zeros((0, 5), dtype=int), queen("square")).shape == (0, 5)


def test_the_input_is_not_changed() -> None:
    values = np.arange(12).reshape(3, 4)
    values.flags.writeable = False
    neighbourhood_sums(values, within(2.0, "hexagon"))
    gi_lattice(values, None, queen("square"), star=False)
    assert values.tolist() == np.arange(12).reshape(3, 4).tolist()


def reasons(found: gi_kernel.Gi) -> list[str]:
    assert np.array_equal(np.isnan(found.z), found.reason > 0)
    return [REASONS[code] for code in found.reason]


def test_no_variation() -> None:
    assert reasons(gi_lattice(np.full((4, 4), 7), None, queen("square"))) == ["no variation"] * 16
    assert reasons(gi_lattice(np.full((4, 4), 0.1), None, queen("square"))) == ["no variation"] * 16
    # Without the 9 the others are all alike; without another cell they are not.
    values = np.zeros((4, 4), dtype=int)
    values[1, 2] = 9
    for data in (values, values * 0.1):
        without = reasons(gi_lattice(data, None, queen("square"), star=False))
        assert [i for i, reason in enumerate(without) if reason] == [6]
        assert without[6] == "no variation"


def test_no_neighbours_and_everything() -> None:
    values = np.array([[1, 2, 0, 5]])
    mask = np.array([[True, True, False, True]])
    hood = rings(1, "square")
    assert reasons(gi_lattice(values, mask, hood, star=False)) == ["", "", "no neighbours"]
    assert reasons(gi_lattice(values, mask, hood)) == ["", "", ""]
    everything = ["the neighbourhood is everything"] * 3
    assert reasons(gi_lattice(values, mask, rings(3, "square"))) == everything
    assert reasons(gi_lattice(values, mask, rings(3, "square"), star=False)) == everything


def test_fewer_than_two_cells() -> None:
    mask = np.array([[True, True, False]])
    few = ["fewer than two cells"] * 2
    assert reasons(gi_lattice(np.array([[1, 2, 0]]), mask, queen("square"), star=False)) == few
    assert reasons(gi_lattice(np.array([[3]]), None, queen("square"))) == few[:1]
    assert (
        reasons(gi_lattice(np.zeros((2, 2), dtype=int), np.zeros((2, 2), dtype=bool), queen("square"))) == []
    )


def test_small_types_for_sums_and_members() -> None:
    found = gi_lattice(np.arange(400).reshape(20, 20), None, queen("square"), star=False)
    assert (found.sums.dtype, found.drawn.dtype, found.reason.dtype) == (np.int32, np.int16, np.int8)
    assert (found.drawn[0], found.sums[0]) == (3, 1 + 20 + 21)
    assert (found.drawn[21], found.sums[21]) == (8, 8 * 21)


def test_blocks_come_in_order_and_hold_every_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice, "TILE_CELLS", 1)
    values = np.arange(50 * 3).reshape(50, 3)
    whole = gi_lattice(values, None, queen("square"))
    blocks = list(gi_tiles(values, None, queen("square"), rows=20))
    assert [(start, stop, len(block.z)) for start, stop, block in blocks] == [
        (0, 20, 60),
        (20, 40, 60),
        (40, 50, 30),
    ]
    assert np.concatenate([block.z for _, _, block in blocks]).tolist() == whole.z.tolist()
