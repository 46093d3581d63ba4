"""Counts too large for a table of all sums: rounded, and held against the exact null."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot.statistics import inference, thinned
from makers import masked_grid


@pytest.mark.parametrize("star", [True, False])
def test_rounded_tails_are_near_the_exact_ones(star: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    counts = rng.negative_binomial(0.5, 0.01, 2000)
    members = rng.choice(len(counts), size=(len(counts), 8))

    def summed(values: np.ndarray) -> np.ndarray:
        return np.asarray(values[members].sum(axis=1) + (values if star else 0))

    sums, drawn = summed(counts), np.full(len(counts), 9 if star else 8)
    exact = inference.tails(counts, sums, drawn, star=star)
    assert not exact.method.any()
    monkeypatch.setattr(inference, "MOST_WORK", 2e6 if star else 2e7)
    mixed = inference.tails(counts, sums, drawn, star=star, resum=summed)
    told = mixed.method == 0
    assert 0 < told.sum() < len(told)
    assert sums[told].max() < sums[~told].min()
    np.testing.assert_allclose(mixed.upper[told], exact.upper[told], rtol=1e-12)
    np.testing.assert_allclose(mixed.lower[told], exact.lower[told], rtol=1e-12)
    ratio = np.log(mixed.upper[~told] / exact.upper[~told])
    assert abs(ratio.mean()) < 0.02
    assert np.abs(ratio).max() < 0.5


def test_a_strong_cluster_stays_hot_with_a_wide_radius_and_cut_cells() -> None:
    # 10,000 cells, a circle of relative risk 1.5, a radius of ten cells, and the same with a ring of cut cells.
    found = []
    for outline in (box(0, 0, 20_000, 20_000), box(50, 50, 19_950, 19_950)):
        grid = hs.Grid.over(gpd.GeoDataFrame(geometry=[outline], crs=27700), cell_size=200)
        x, y = grid.centres()
        rng = np.random.default_rng(0)
        counts = rng.poisson(1, len(grid))
        inside = np.hypot(x - 10_100, y - 10_100) <= 2000
        counts[inside] = rng.poisson(1.5, inside.sum())
        counts = rng.binomial(counts, grid.share_in_area)
        cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
        result = hs.getis_ord(cells, grid, radius=2000)
        assert "gi_inference" not in result.columns
        found.append(result["gi_class"].astype(str).str.startswith("hot").sum())
        assert result["gi_p"].iloc[int(np.argmin(np.hypot(x - 10_100, y - 10_100)))] < 1e-15
    assert min(found) > 450


def test_transforms_agree_with_sums_of_positive_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = hs.Grid.over(gpd.GeoDataFrame(geometry=[box(-70, 40, 4310, 4150)], crs=27700), cell_size=200)
    counts = np.random.default_rng(7).binomial(
        np.random.default_rng(6).negative_binomial(0.6, 0.1, len(grid)), grid.share_in_area
    )
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    exact = hs.getis_ord(cells, grid, radius=600)["gi_p"]
    monkeypatch.setattr(thinned, "MOST_WORK", 0.0)
    np.testing.assert_allclose(hs.getis_ord(cells, grid, radius=600)["gi_p"], exact, rtol=1e-8)
    monkeypatch.setattr(thinned, "SMALL", 1.0)  # all of them once more by sums
    np.testing.assert_allclose(hs.getis_ord(cells, grid, radius=600)["gi_p"], exact, rtol=1e-12)


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
    monkeypatch.setattr(inference, "MOST_WORK", 4e5 if star else 4e6)
    found = hs.getis_ord(cells, grid, star=star)
    rounded = (found["gi_inference"] == "rounded").to_numpy()
    assert 0 < rounded.sum() < len(grid)
    ratio = (found["gi_p"] / exact["gi_p"])[rounded]
    assert ratio.min() > 0.7
    assert ratio.max() < 1.5
