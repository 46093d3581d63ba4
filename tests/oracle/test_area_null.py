"""Incidents spread over the area or over those at risk: binomial chances from arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs


def tail(trials: int, share: Fraction, least: int, most: int) -> Fraction:
    return sum(
        (comb(trials, j) * share**j * (1 - share) ** (trials - j) for j in range(least, most + 1)),
        Fraction(0),
    )


def two_sided(trials: int, share: Fraction, seen: int) -> float:
    return float(min(1, 2 * min(tail(trials, share, seen, trials), tail(trials, share, 0, seen))))


# Cells of 200 m over 900 m x 700 m: the last column has half its width, the last row half its height.
AREA = gpd.GeoDataFrame(geometry=[box(0, 0, 900, 700)], crs=27700)
GRID = hs.Grid.over(AREA, cell_size=200)
COUNTS = np.array([3, 0, 1, 0, 2, 0, 9, 4, 0, 0, 1, 5, 0, 0, 0, 0, 0, 2, 1, 0])


def cells() -> pd.DataFrame:
    at_risk = np.arange(20) * 10 + 5
    return pd.DataFrame({"n": COUNTS, "residents": at_risk}, index=pd.Index(GRID.cell_ids, name="cell_id"))


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("population", [None, "residents"])
def test_the_sum_of_a_neighbourhood_is_binomial(star: bool, population: str | None) -> None:
    found = hs.getis_ord(cells(), GRID, null="csr", star=star, population=population)
    across, up = [4, 4, 4, 4, 2], [4, 4, 4, 2]  # half-widths of columns and rows, in quarters of a cell
    size = [a * b for b in up for a in across] if population is None else list(range(5, 205, 10))
    for i in range(20):
        row, col = divmod(i, 5)
        members = [
            r * 5 + c
            for r in range(max(row - 1, 0), min(row + 2, 4))
            for c in range(max(col - 1, 0), min(col + 2, 5))
            if star or (r, c) != (row, col)
        ]
        total = sum(size) - (0 if star else size[i])
        trials = int(COUNTS.sum()) - (0 if star else int(COUNTS[i]))
        share = Fraction(sum(size[j] for j in members), total)
        expected = two_sided(trials, share, int(COUNTS[members].sum()))
        assert found["gi_p"].iloc[i] == pytest.approx(expected, rel=1e-9)


def test_nobody_at_risk_around_is_no_result() -> None:
    frame = cells()
    frame["residents"] = np.where(np.arange(20) == 19, 7, 0)
    with pytest.warns(hs.HotspotWarning, match="nothing at risk, or everything"):
        found = hs.getis_ord(frame, GRID, null="csr", population="residents")
    assert found["gi_p"].isna().all()


@pytest.mark.parametrize("numbers", [[-1] + [1] * 19, [0] * 20])
def test_numbers_at_risk_that_cannot_be(numbers: list[int]) -> None:
    with pytest.raises(hs.InputError, match="zero or more in every cell"):
        hs.getis_ord(cells().assign(residents=numbers), GRID, null="csr", population="residents")
