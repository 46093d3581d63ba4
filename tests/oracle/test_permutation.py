"""Shuffles against the exact null, and against every order of a tiny map."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot.statistics import inference
from makers import lattice_neighbours, masked_grid


@pytest.fixture(autouse=True)
def _few_whole_cells_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small lattices can be enumerated; the limit on them has a test of its own."""
    monkeypatch.setattr(inference, "FEWEST_WHOLE", 1)


def cells_of(grid: hs.Grid, values: object) -> pd.DataFrame:
    return pd.DataFrame({"n": values}, index=pd.Index(grid.cell_ids, name="cell_id"))


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_every_order_of_a_tiny_map_of_decimals(shape: str, star: bool) -> None:
    values = [0.5, -1.0, 2.5, 0.0, 0.5, 3.0]
    grid, spots = masked_grid(np.ones((2, 3), dtype=bool), cell_size=200, shape=shape)
    found = hs.getis_ord(
        cells_of(grid, values), grid, star=star, inference="permutation", permutations=4999, radius=200
    )
    for i, mine in enumerate(lattice_neighbours(spots, shape, 1.0)):
        members = [*mine, i] if star else mine
        if np.isnan(found["gi_p"].iloc[i]):
            continue
        seen = sum(values[j] for j in members)
        held = range(6) if star else [j for j in range(6) if j != i]
        sums = np.array([sum(values[j] for j in c) for c in itertools.combinations(held, len(members))])
        tail = min(np.mean(sums >= seen - 1e-9), np.mean(sums <= seen + 1e-9))
        error = 5 * np.sqrt(tail * (1 - tail) / 5000) + 2 / 5000
        assert found["gi_p"].iloc[i] == pytest.approx(min(1.0, 2 * tail), abs=2 * error)


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_shuffles_agree_with_the_exact_null_with_cut_cells(shape: str, star: bool) -> None:
    area = gpd.GeoDataFrame(
        geometry=[box(-60, 30, 1330, 1250).difference(box(600, 500, 777, 640))], crs=27700
    )
    grid = hs.Grid.over(area, cell_size=200, shape=shape)
    assert grid.has_cut_cells
    assert len(grid.cut_cells()[0]) > 15
    whole = np.random.default_rng(3).negative_binomial(0.7, 0.15, len(grid))
    cells = cells_of(grid, np.random.default_rng(4).binomial(whole, grid.share_in_area))
    exact = hs.getis_ord(cells, grid, star=star)["gi_p"].to_numpy()
    shuffles = 20_000
    found = hs.getis_ord(cells, grid, star=star, inference="permutation", permutations=shuffles)["gi_p"]
    error = 2 * (4.5 * np.sqrt(np.maximum(exact / 2, 1e-4) / shuffles) + 1 / shuffles)
    assert (np.abs(found.to_numpy() - exact) < error).all()
    assert exact.min() < 0.05


def test_a_seed_gives_the_same_shuffles() -> None:
    grid, _ = masked_grid(np.ones((5, 5), dtype=bool), cell_size=200, shape="square")
    cells = cells_of(grid, np.arange(25) % 7)
    one, two, three = (
        hs.getis_ord(cells, grid, inference="permutation", seed=seed)["gi_p"].tolist() for seed in (1, 1, 2)
    )
    assert one == two
    assert one != three
    assert min(one) >= 2 / 1000


def test_small_integer_types_do_not_wrap() -> None:
    grid, _ = masked_grid(np.ones((10, 10), dtype=bool), cell_size=200, shape="square")
    values = np.where(np.random.default_rng(1).random(100) < 0.3, 127, -128)
    small, large = (
        hs.getis_ord(cells_of(grid, values.astype(kind)), grid, star=False, inference="permutation")["gi_p"]
        for kind in ("int8", "int64")
    )
    assert small.tolist() == large.tolist()


def test_a_giant_elsewhere_makes_no_ties_here() -> None:
    grid, _ = masked_grid(np.ones((20, 20), dtype=bool), cell_size=200, shape="square")
    values = np.random.default_rng(3).random(400)
    values[[189, 190, 209, 210]] += 2
    values[0] = 1e11
    found = hs.getis_ord(cells_of(grid, values), grid, inference="permutation", alternative="greater")
    # The giant is among nine of 400 with chance 9/400; nothing else reaches this sum.
    assert found["gi_p"].iloc[210] == pytest.approx(9 / 400, abs=0.015)


@pytest.mark.parametrize("inference_", ["exact", "permutation"])
def test_where_every_cell_is_cut_there_is_no_p(inference_: str) -> None:
    grid = hs.Grid.over(gpd.GeoDataFrame(geometry=[box(50, 50, 2150, 150)], crs=27700), cell_size=200)
    cells = cells_of(grid, np.arange(len(grid)) % 3)
    with pytest.warns(hs.HotspotWarning, match="whole cells"):
        assert hs.getis_ord(cells, grid, inference=inference_)["gi_p"].isna().all()


def test_counts_beyond_whole_number_arithmetic_are_refused() -> None:
    grid, _ = masked_grid(np.ones((5, 5), dtype=bool), cell_size=200, shape="square")
    with pytest.raises(hs.InputError, match="too large for whole-number arithmetic"):
        hs.getis_ord(cells_of(grid, 2**58 + np.arange(25) % 2), grid)
