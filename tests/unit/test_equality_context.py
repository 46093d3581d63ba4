"""Equality context: weighted figures of the order's areas beside the borough's, by arithmetic."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspot import provenance
from hotspot.decisions.equality import equality_context
from hotspot.decisions.order import Order
from hotspot.errors import HotspotWarning, InputError

AREAS = gpd.GeoDataFrame(
    {"lsoa_code": ["A", "B", "C", "D"]},
    geometry=[shapely.box(400_000 + 1_000 * k, 290_000, 401_000 + 1_000 * k, 291_000) for k in range(4)],
    crs=27700,
)
FIGURES = pd.DataFrame(
    {
        "lsoa_code": ["D", "C", "B", "A"],
        "population": [4_000, 3_000, 2_000, 1_000],
        "decile": [8, 6, 2, 1],
        "aged_65": [800, 300, 100, 250],
    }
)


def order_on(west: float, east: float) -> Order:
    square = gpd.GeoSeries([shapely.box(west, 290_000, east, 291_000)], crs=27700)
    return Order(
        "Centre",
        square,
        in_force=[("2024-03-01", None)],
        decision="extend",
        prohibitions=[{"name": "Drinking", "behaviour": "street drinking"}],
    )


def test_means_are_weighted_by_population_and_groups_are_shares() -> None:
    made = equality_context(FIGURES, order_on(400_000, 402_000), AREAS, people=["aged_65"]).set_index(
        "measure"
    )
    assert made.loc["decile", "order_value"] == pytest.approx((1_000 * 1 + 2_000 * 2) / 3_000)
    assert made.loc["decile", "borough_value"] == pytest.approx((1_000 + 4_000 + 18_000 + 32_000) / 10_000)
    assert made.loc["aged_65", "order_value"] == pytest.approx(100 * 350 / 3_000)
    assert made.loc["aged_65", "borough_value"] == pytest.approx(100 * 1_450 / 10_000)
    assert made.loc["aged_65", ["order_lowest", "order_highest"]].tolist() == [5.0, 25.0]
    assert made.loc["decile", ["order_areas", "borough_areas"]].tolist() == [2, 4]
    assert made["says"].str.contains("never used in ranking").all()
    assert any("never used in ranking" in note for note in provenance.of(made.reset_index())["notes"])


@pytest.mark.parametrize(
    ("west", "east", "areas"),
    [
        (400_000, 401_000, 1),
        (400_000, 401_040, 1),
        (400_000, 401_060, 2),
        (400_400, 400_410, 1),
        (400_000, 404_000, 4),
    ],
)
def test_an_area_is_the_orders_by_a_share_of_either(west: float, east: float, areas: int) -> None:
    made = equality_context(FIGURES, order_on(west, east), AREAS)
    assert made["order_areas"].tolist() == [areas, areas]


def test_missing_figures_are_left_out_of_both_sums_and_counted() -> None:
    figures = FIGURES.assign(decile=[8, np.nan, 2, np.nan])
    made = equality_context(figures, order_on(400_000, 402_000), AREAS).set_index("measure").loc["decile"]
    assert made["order_value"] == 2.0
    assert made["borough_value"] == pytest.approx((4_000 * 8 + 2_000 * 2) / 6_000)
    assert made[["order_missing", "borough_missing", "order_population"]].tolist() == [1, 2, 2_000.0]
    none = equality_context(figures, order_on(400_000, 401_000), AREAS).set_index("measure").loc["decile"]
    assert np.isnan(none["order_value"])
    assert none["says"].startswith("no figure for the order's areas")


def test_areas_without_a_row_are_said_and_counted_as_missing() -> None:
    with pytest.warns(HotspotWarning, match=r"1 of 4 areas have no row .*\(the first is C\)"):
        made = equality_context(FIGURES.drop(index=1), order_on(400_000, 401_000), AREAS)
    assert made["borough_missing"].tolist() == [1, 1]


def test_the_order_of_rows_and_rows_of_other_places_change_nothing() -> None:
    order = order_on(400_000, 402_000)
    first = equality_context(FIGURES, order, AREAS)
    more = pd.concat(
        [FIGURES, pd.DataFrame({"lsoa_code": ["Z"], "population": [9], "decile": [9], "aged_65": [9]})]
    )
    shuffled = equality_context(more.sample(frac=1, random_state=1), order, AREAS.iloc[::-1])
    pd.testing.assert_frame_equal(first, shuffled)
    assert FIGURES.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("figures", "options", "match"),
    [
        (FIGURES.drop(columns="population"), {}, "no column 'population'"),
        (FIGURES.rename(columns={"lsoa_code": "LSOA"}), {}, "table have no column 'lsoa_code'"),
        (FIGURES.assign(lsoa_code="A"), {}, "blank or stand twice"),
        (FIGURES.assign(population=[4_000, 3_000, 0, 1]), {}, "not above zero"),
        (FIGURES.assign(population=[4_000, 3_000, np.nan, 1]), {}, "have no 'population'"),
        (FIGURES.assign(population="many"), {}, "holds no numbers"),
        (FIGURES.assign(aged_65=[5_000, 1, 1, 1]), {"people": ["aged_65"]}, "above the population"),
        (FIGURES.assign(decile=np.inf), {}, "infinite"),
        (FIGURES, {"people": ["aged_75"]}, "no column 'aged_75'"),
        (FIGURES[["lsoa_code", "population"]], {}, "no column of numbers"),
        (FIGURES.assign(lsoa_code=list("WXYZ")), {}, "none of the 4 areas has a row"),
        (FIGURES, {"least_share": 0.0}, "above 0 and at most 1"),
        ([1], {}, "table must be a DataFrame"),
    ],
)
def test_figures_that_cannot_be_used_are_refused(figures: Any, options: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        equality_context(figures, order_on(400_000, 402_000), AREAS, **options)


def test_an_order_elsewhere_and_another_edition_of_lsoas_are_refused() -> None:
    with pytest.raises(InputError, match="none of the 4 areas has 5% of its land in the order"):
        equality_context(FIGURES, order_on(500_000, 501_000), AREAS)
    codes = ["E01010063", "E01009921", "E01009922", "E01009923"]
    old = AREAS.assign(lsoa_code=codes)
    new = FIGURES.assign(lsoa_code=["E01033886", "E01009921", "E01009922", "E01009923"])
    with pytest.raises(InputError, match="two vintages"):
        equality_context(new, order_on(400_000, 401_000), old)
