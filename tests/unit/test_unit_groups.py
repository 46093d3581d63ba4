"""Small areas put together to about the order's size, by what was reported before it alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspot.decisions.unit_groups import FEWEST_GROUPS, SPREAD_SCALE, effective_number, grouped_units

BEFORE, DURING = ["2024-01", "2024-02"], ["2025-01", "2025-02"]


def areas(count: int, seed: int = 1) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    codes = [f"A{number:03d}" for number in range(count)]
    counts = np.random.default_rng(seed).poisson(3, (count, 4))
    table = pd.DataFrame(counts, index=pd.Index(codes, name="area"), columns=[*BEFORE, *DURING])
    side = int(np.ceil(np.sqrt(count)))
    boxes = [shapely.box(n % side, n // side, n % side + 1, n // side + 1) for n in range(count)]
    return table, gpd.GeoDataFrame({"code": codes}, geometry=boxes, crs=27700)


def test_groups_hold_every_report_and_are_about_as_large_as_asked() -> None:
    table, layer = areas(100)
    made = grouped_units(table, layer, "code", BEFORE, 20)
    assert made.sum().tolist() == table.sum().tolist()
    # Full at 20 reports or more, and each area adds a few at most; the last takes what is left over.
    sums = made[BEFORE].sum(axis=1).to_numpy()
    assert (sums >= 20).all()
    assert (sums[:-1] < 20 + table[BEFORE].sum(axis=1).max()).all()


def test_no_group_is_so_large_that_few_are_left() -> None:
    table, layer = areas(100)
    made = grouped_units(table, layer, "code", BEFORE, 10_000)
    assert FEWEST_GROUPS * 0.6 <= len(made) <= FEWEST_GROUPS


def test_later_months_group_nothing() -> None:
    table, layer = areas(60)
    other = table.copy()
    other[DURING] = other[DURING].to_numpy()[::-1] * 7
    one, two = (grouped_units(each, layer, "code", BEFORE, 25) for each in (table, other))
    assert list(one.index) == list(two.index)
    assert one[BEFORE].equals(two[BEFORE])


def test_the_order_of_rows_changes_nothing() -> None:
    table, layer = areas(60)
    shuffled = table.sample(frac=1.0, random_state=2)
    one, two = (grouped_units(each, layer, "code", BEFORE, 25) for each in (table, shuffled))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(("count", "inside"), [(FEWEST_GROUPS, 100), (60, 1)])
def test_few_areas_and_areas_of_its_size_stay_as_they_are(count: int, inside: int) -> None:
    table, layer = areas(count)
    assert grouped_units(table, layer, "code", BEFORE, inside) is table


def test_neighbours_are_put_together() -> None:
    # Two far clusters of areas with one report a month each: no group may hold areas of both.
    codes = [f"A{n:02d}" for n in range(64)]
    boxes = [shapely.box(100_000 * (n % 2) + n, 0, 100_000 * (n % 2) + n + 1, 1) for n in range(64)]
    layer = gpd.GeoDataFrame({"code": codes}, geometry=boxes, crs=27700)
    table = pd.DataFrame(1, index=pd.Index(codes, name="area"), columns=[*BEFORE, *DURING])
    made = grouped_units(table, layer, "code", BEFORE, 4)
    assert made[BEFORE].sum(axis=1).tolist() == [4] * 32
    west = {code for n, code in enumerate(codes) if n % 2 == 0}
    assert sum(str(name).split()[0] in west for name in made.index) == 16


def test_the_spread_is_scaled_by_how_many_areas_average_it_away() -> None:
    # Groups of 4 equal areas, an order of one: four times the variance.
    codes = [f"A{n:03d}" for n in range(100)]
    boxes = [shapely.box(n, 0, n + 1, 1) for n in range(100)]
    layer = gpd.GeoDataFrame({"code": codes}, geometry=boxes, crs=27700)
    table = pd.DataFrame(1, index=pd.Index(codes, name="area"), columns=[*BEFORE, *DURING])
    made = grouped_units(table, layer, "code", BEFORE, 8, inside_units=np.array([8.0]))
    assert made.attrs[SPREAD_SCALE] == pytest.approx(4.0)
    # An order of eight areas averages more away than the groups do: never less than 1.
    made = grouped_units(table, layer, "code", BEFORE, 8, inside_units=np.ones(8))
    assert made.attrs[SPREAD_SCALE] == 1.0
    # (3 + 1)^2 / (9 + 1).
    assert effective_number(np.array([3.0, 1.0])) == pytest.approx(1.6)
