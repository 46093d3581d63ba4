"""Gi* and Gi against known answers, a slow oracle and another library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from makers import area_of, brute_gi, lattice_neighbours, masked_grid, quiet

# R 4.2.2, spdep 1.2-7: nb <- dnearneigh(xy, 0, 15); localG(y, nb2listw(nb, style = "B")) and
# localG(y, nb2listw(include.self(nb), style = "B")).
IRREGULAR = [(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)]
VALUES = [2, 3, 3.2, 5, 8, 7]
GI = [-1.01367290, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
GI_STAR = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]

# R 4.2.2, spdep 1.2-7: nb <- include.self(cell2nb(5, 5, type = "queen")); localG(x, nb2listw(nb, style = "B")).
QUEEN_COUNTS = [[0, 0, 1, 0, 0], [0, 5, 6, 1, 0], [1, 4, 9, 3, 0], [0, 1, 2, 1, 0], [0, 0, 0, 0, 2]]
QUEEN_Z = [
    [-0.179421, 0.680905, 0.883555, -0.129696, -1.123742],
    [0.275604, 2.351233, 2.892161, 1.269377, -0.940297],
    [0.478254, 2.711852, 3.433089, 1.629996, -0.737647],
    [-0.534996, 0.728450, 1.269377, 0.728450, -0.534996],
    [-1.123742, -1.142947, -0.940297, -0.737647, -0.651582],
]


def queen_5x5() -> tuple[hs.Grid, pd.DataFrame]:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 1000)), cell_size=200)
    return grid, pd.DataFrame({"n": np.ravel(QUEEN_COUNTS)}, index=pd.Index(grid.cell_ids, name="cell_id"))


@pytest.mark.parametrize(("star", "expected"), [(False, GI), (True, GI_STAR)])
def test_the_slow_oracle_gives_spdeps_answers_on_irregular_points(star: bool, expected: list[float]) -> None:
    neighbours = [
        [j for j, (a, b) in enumerate(IRREGULAR) if j != i and (a - x) ** 2 + (b - y) ** 2 <= 15**2]
        for i, (x, y) in enumerate(IRREGULAR)
    ]
    np.testing.assert_allclose(brute_gi(VALUES, neighbours, star=star), expected, atol=5e-9)


def test_the_queen_example_of_spdep() -> None:
    grid, cells = queen_5x5()
    result = hs.getis_ord(cells, grid, inference="normal")
    np.testing.assert_allclose(result["gi_z"].to_numpy().reshape(5, 5), QUEEN_Z, atol=5e-7)


def test_how_many_cells_of_the_queen_example_are_significant() -> None:
    # R: p <- 2 * pnorm(-abs(z)); sum(p < .05), sum(p.adjust(p, "BH") < .05), sum(p.adjust(p, "bonferroni") < .05)
    grid, cells = queen_5x5()
    counts = {
        correction: int(
            (hs.getis_ord(cells, grid, inference="normal", correction=correction)[column] < 0.05).sum()
        )
        for correction, column in ((None, "gi_p"), ("fdr_bh", "gi_q"), ("bonferroni", "gi_q"))
    }
    assert counts == {None: 4, "fdr_bh": 2, "bonferroni": 1}


def mask_with_holes(seed: int) -> np.ndarray:
    keep = np.random.default_rng(seed).random((13, 17)) < 0.75
    keep[4:7, 5:9] = False
    return keep


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("radius_cells", [None, 1.0, 2.0, 3.5, 5.0])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("row0", [2901, 2900])
def test_every_cell_of_a_masked_lattice_has_the_slow_oracles_z(
    shape: str, radius_cells: float | None, star: bool, row0: int
) -> None:
    grid, spots = masked_grid(mask_with_holes(row0), cell_size=200, shape=shape, row0=row0, col0=1990)
    assert len(grid) == len(spots)
    counts = np.random.default_rng(7).poisson(0.8, len(spots))
    counts[11] = 51
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    radius = None if radius_cells is None else radius_cells * 200
    neighbours = lattice_neighbours(spots, shape, radius_cells)
    alone = np.array([not mine and not star for mine in neighbours])
    # The oracle cannot divide by no neighbours: such a cell is given any, and its answer is then taken out.
    expected = np.array(brute_gi(counts.tolist(), [mine or [0] for mine in neighbours], star=star))
    if star:
        expected = np.array(brute_gi(counts.tolist(), neighbours, star=True))
    expected[alone] = np.nan
    with quiet():
        result = hs.getis_ord(cells, grid, radius=radius, star=star, inference="normal")
    np.testing.assert_allclose(result["gi_z"], expected, rtol=1e-10, atol=1e-10)


def test_hexagons_touch_six_others() -> None:
    grid, spots = masked_grid(np.ones((7, 7), dtype=bool), cell_size=100, shape="hexagon", row0=5, col0=3)
    neighbours = lattice_neighbours(spots, "hexagon", None)
    middle = spots.index((8, 6))
    assert len(neighbours[middle]) == 6
    cells = pd.DataFrame({"n": 0}, index=pd.Index(grid.cell_ids, name="cell_id"))
    cells.iloc[neighbours[middle], 0] = 1
    z = hs.getis_ord(cells, grid, star=False, inference="normal")["gi_z"]
    # All six ones of 48 others lie around the middle: (6 - 6 * 6/48) / (s sqrt((48 * 6 - 36) / 47)).
    mean = 6 / 48
    s = np.sqrt(mean - mean**2)
    assert z.iloc[middle] == pytest.approx((6 - 6 * mean) / (s * np.sqrt((48 * 6 - 36) / 47)), rel=1e-12)


@pytest.mark.parametrize("star", [True, False])
def test_esda_agrees_with_binary_weights(star: bool) -> None:
    esda = pytest.importorskip("esda")
    weights = pytest.importorskip("libpysal.weights")
    grid, spots = masked_grid(np.ones((9, 8), dtype=bool), cell_size=150, shape="square", row0=40, col0=77)
    counts = np.random.default_rng(3).poisson(2.0, len(spots))
    neighbours = dict(enumerate(lattice_neighbours(spots, "square", None)))
    other = esda.G_Local(
        counts.astype(float),
        weights.W(neighbours, silence_warnings=True),
        transform="B",
        star=star,
        permutations=0,
    )
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    np.testing.assert_allclose(
        hs.getis_ord(cells, grid, star=star, inference="normal")["gi_z"], other.Zs, rtol=1e-10
    )


def test_weights_may_be_any_numbers_with_normal_inference() -> None:
    grid, spots = masked_grid(np.ones((6, 6), dtype=bool), cell_size=150, shape="square")
    values = np.random.default_rng(5).normal(size=36)
    cells = pd.DataFrame({"harm": values}, index=pd.Index(grid.cell_ids, name="cell_id"))
    expected = brute_gi(values.tolist(), lattice_neighbours(spots, "square", None), star=True)
    z = hs.getis_ord(cells, grid, value="harm", inference="normal")["gi_z"]
    np.testing.assert_allclose(z, expected, rtol=1e-10)


def test_large_numbers_with_small_differences_keep_their_z() -> None:
    # Costs, or seconds since a date: a large mean must not make the spread look like nothing.
    grid, spots = masked_grid(np.ones((6, 6), dtype=bool), cell_size=150, shape="square")
    values = (1_000_000 + np.random.default_rng(5).integers(0, 3, 36)).astype(float)
    cells = pd.DataFrame({"v": values}, index=pd.Index(grid.cell_ids, name="cell_id"))
    expected = brute_gi(values.tolist(), lattice_neighbours(spots, "square", None), star=True)
    z = hs.getis_ord(cells, grid, value="v", inference="normal")["gi_z"]
    np.testing.assert_allclose(z, expected, rtol=1e-6)


def test_normal_p_is_two_sided() -> None:
    # R: 2 * pnorm(-3.433089) is 0.0005967462; that is the queen example's middle cell.
    grid, cells = queen_5x5()
    p = hs.getis_ord(cells, grid, inference="normal")["gi_p"].iloc[12]
    assert p == pytest.approx(0.0005967462, rel=1e-5)
