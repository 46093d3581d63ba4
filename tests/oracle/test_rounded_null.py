"""Counts too large for a table of all sums: rounded so that no p is too small, held against the exact null."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot.statistics import inference
from makers import masked_grid


@pytest.mark.parametrize("star", [True, False])
def test_rounded_tails_are_never_too_small_and_hardly_larger(
    star: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    counts = rng.negative_binomial(0.5, 0.01, 2000)
    around = rng.choice(counts, size=(len(counts), 8)).sum(axis=1)
    sums, drawn = around + (counts if star else 0), np.full(len(counts), 9 if star else 8)
    exact = inference.tails(counts, sums, drawn, star=star)
    assert not exact.method.any()
    monkeypatch.setattr(inference, "MOST_WORK", 2e6 if star else 2e7)
    mixed = inference.tails(counts, sums, drawn, star=star)
    told = mixed.method == 0
    assert 0 < told.sum() < len(told)
    assert sums[told].max() < sums[~told].min()
    np.testing.assert_allclose(mixed.upper[told], exact.upper[told], rtol=1e-12)
    np.testing.assert_allclose(mixed.lower[told], exact.lower[told], rtol=1e-12)
    for found, true in ((mixed.upper[~told], exact.upper[~told]), (mixed.lower[~told], exact.lower[~told])):
        assert (found >= true * (1 - 1e-12)).all()
        assert (found <= true * 1.35 + 1e-3).all()


def test_one_giant_among_small_counts() -> None:
    # Nine of 25 cells are drawn: the giant is among them with chance 9/25, whatever the others are.
    values = np.arange(25) % 3
    values[12] = 10**9
    grid, _ = masked_grid(np.ones((5, 5), dtype=bool), cell_size=200, shape="square")
    cells = pd.DataFrame({"n": values}, index=pd.Index(grid.cell_ids, name="cell_id"))
    found = hs.getis_ord(cells, grid)
    around = [6, 7, 8, 11, 12, 13, 16, 17, 18]
    assert set(found["gi_inference"].iloc[around]) == {"rounded"}
    assert set(found["gi_inference"].drop(index=found.index[around])) == {"exact"}
    assert found["gi_p"].iloc[12] == pytest.approx(2 * 9 / 25, rel=0.02)
    assert found.attrs["hotspot"]["steps"][-1]["rounded_cells"] == 9


@pytest.mark.parametrize("star", [True, False])
def test_cut_cells_too(star: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = hs.Grid.over(gpd.GeoDataFrame(geometry=[box(-70, 40, 2310, 2150)], crs=27700), cell_size=200)
    whole = np.random.default_rng(6).negative_binomial(0.6, 0.01, len(grid))
    counts = np.random.default_rng(7).binomial(whole, grid.share_in_area)
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    exact = hs.getis_ord(cells, grid, star=star)
    monkeypatch.setattr(inference, "MOST_WORK", 1e7)
    found = hs.getis_ord(cells, grid, star=star)
    rounded = (found["gi_inference"] == "rounded").to_numpy()
    assert 0 < rounded.sum() < len(grid)
    ratio = (found["gi_p"] / exact["gi_p"])[rounded]
    assert ratio.min() > 0.98
    assert ratio.max() < 1.5
