"""Comparison areas by what was before the order, parallel trends, and the test before the order."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.comparison import area_months, suggest_comparisons
from hotspot.decisions.counted import Counted
from hotspot.decisions.parallel_trends import comparison_place, parallel_trends, pre_trend

MONTHS = pd.period_range("2022-01", "2024-12", freq="M")
BEFORE = ("2022-01", "2023-12")
NAMES = [str(month) for month in MONTHS]
SEASON = 1 + 0.5 * np.sin(np.arange(36) * np.pi / 6)


def table_of(**areas: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(np.array(list(areas.values())).round(), index=list(areas), columns=NAMES)


@pytest.fixture
def table() -> pd.DataFrame:
    years = np.arange(36) / 12
    return table_of(
        order=100 * SEASON,
        twin=110 * SEASON,
        double=200 * SEASON,
        falling=110 * SEASON * np.exp(-0.5 * years),
        flipped=110 * SEASON[::-1],
        tiny=np.full(36, 0.3),
    )


def test_the_likest_area_comes_first_and_says_why(table: pd.DataFrame) -> None:
    found = suggest_comparisons(table, "order", BEFORE).set_index("area")
    assert found.index[0] == "twin"
    assert found.loc["twin", "suggested"] == 1
    assert sorted(found["suggested"].dropna()) == [1, 2, 3, 4]
    assert found.loc["double", "level_ratio"] == pytest.approx(2.0, abs=0.01)
    assert found.loc["twin", "level_distance"] == pytest.approx(np.log(1.1), abs=0.01)
    assert found.loc["falling", "trend_pct_per_year"] == pytest.approx(100 * np.expm1(-0.5), abs=1)
    assert found.loc["twin", "trend_low"] < 0 < found.loc["twin", "trend_high"]
    assert found.loc["twin", "months_apart_pct"] == 0
    assert found.loc["flipped", "month_distance"] > 0.3
    assert found["distance"].dropna().is_monotonic_increasing
    assert found.loc["twin", "says"].startswith(
        "Before the order it had 1.10 reports for each one inside; its trend"
    )
    assert found.loc["tiny", "says"] == "Left out: under 10 reports before the order."
    assert found.loc["order", "says"] == "Left out: it is the order."


def test_distances_are_scaled_by_the_candidates(table: pd.DataFrame) -> None:
    found = suggest_comparisons(table, "order", BEFORE)
    kept = found[found["suggested"].notna()]
    parts = [kept[name] for name in ("level_distance", "trend_distance", "month_distance")]
    total = sum(part**2 / (part**2).mean() for part in parts) ** 0.5
    assert kept["distance"].to_numpy() == pytest.approx(total.to_numpy())


def test_later_months_change_nothing(table: pd.DataFrame) -> None:
    later = table.copy()
    later.loc[:, "2024-01":] = np.random.default_rng(1).poisson(500, (len(table), 12))
    first, second = (suggest_comparisons(each, "order", BEFORE) for each in (table, later))
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(
        first, suggest_comparisons(table.loc[:, :"2023-12"], "order", pd.period_range(*BEFORE, freq="M"))
    )


def test_shuffled_rows_and_months_change_nothing(table: pd.DataFrame) -> None:
    mixed = table.sample(frac=1, random_state=2).sample(frac=1, axis=1, random_state=2)
    pd.testing.assert_frame_equal(
        suggest_comparisons(table, "order", BEFORE), suggest_comparisons(mixed, "order", BEFORE)
    )


def test_the_order_its_ring_and_areas_in_it_are_left_out(table: pd.DataFrame) -> None:
    shapes = {
        "order": box(0, 0, 1000, 1000),
        "twin": box(900, 0, 2000, 1000),
        "double": box(1000, 1000, 1500, 1500),
        "falling": box(1301, 0, 2000, 900),
        "flipped": box(1200.2, 0, 1300, 900),
    }
    outlines = gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=27700)
    order = gpd.GeoSeries([box(0, 0, 1000, 1000)], crs=27700)
    asked = {"areas": outlines, "order": order, "ring": 200.0}
    found = suggest_comparisons(table, table.loc["order"], BEFORE, **asked).set_index("area")
    assert set(found.index[found["suggested"].notna()]) == {"falling", "flipped"}
    assert found.loc["order", "says"] == found.loc["twin", "says"] == "Left out: it lies over the order."
    assert "in the ring" in found.loc["double", "says"]
    assert "no outline" in found.loc["tiny", "says"]
    step = provenance.of(found)["steps"][-1]
    assert step["step"] == "suggest_comparisons"
    assert (step["candidates"], len(step["left_out"]), step["months"]) == (2, 4, NAMES[:24])


def test_what_suggestions_refuse(table: pd.DataFrame) -> None:
    with pytest.raises(hs.InputError, match="5 months of the table are before"):
        suggest_comparisons(table, "order", ("2022-01", "2022-05"))
    with pytest.raises(hs.InputError, match="no area 'centre'"):
        suggest_comparisons(table, "centre", BEFORE)
    with pytest.raises(hs.InputError, match="missing in 2022-03"):
        suggest_comparisons(table, table.loc["order"].drop("2022-03"), BEFORE)
    with pytest.raises(hs.InputError, match="the order has 0 reports"):
        suggest_comparisons(table, table.loc["order"] * 0, BEFORE)
    with pytest.raises(hs.InputError, match="go together"):
        suggest_comparisons(table, "order", BEFORE, order=gpd.GeoSeries([box(0, 0, 1, 1)], crs=27700))
    with pytest.raises(hs.InputError, match="no area is left"):
        suggest_comparisons(table.loc[["order", "tiny"]], "order", BEFORE)
    with pytest.raises(hs.InputError, match="stands twice"):
        suggest_comparisons(pd.concat([table, table]), "order", BEFORE)
    gap = table.copy()
    gap.loc["twin", "2022-02"] = np.nan
    says = suggest_comparisons(gap, "order", BEFORE).set_index("area").loc["twin", "says"]
    assert says == "Left out: a month before the order is missing, which is not zero."


def test_area_months_of_incidents_and_of_counts() -> None:
    rows = pd.DataFrame(
        {
            "lsoa_code": ["b", "a", "a", None, "a"],
            "start": pd.to_datetime(["2024-01-05", "2024-03-01", "2024-03-31", "2024-01-01", "2023-12-31"]),
        }
    )
    made = area_months(rows, "lsoa_code", ["2024-03", "2024-01", "2024-02"])
    assert made.columns.tolist() == ["2024-01", "2024-02", "2024-03"]
    assert made.loc["a"].tolist() == [0, 0, 2]
    assert made.loc["b"].tolist() == [1, 0, 0]
    counts = pd.DataFrame(
        {
            "area_code": ["a", "a", "b", "a"],
            "month": ["2024-01", "2024-01", "2024-01", "2024-02"],
            "category": ["x", "y", "x", "x"],
            "n": pd.array([3, 4, 5, None], dtype="Int64"),
        }
    )
    made = area_months(counts, "area_code", ["2024-01", "2024-02"])
    assert made.loc["a", "2024-01"] == 7
    assert made.loc["b", "2024-01"] == 5
    assert made["2024-02"].isna().all()
    with pytest.raises(hs.InputError, match="no column 'ward'"):
        area_months(rows, "ward", ["2024-01"])


def counted(inside: np.ndarray, other: np.ndarray, months: pd.PeriodIndex = MONTHS) -> Counted:
    counts = np.array([inside, other]).round().astype(np.int64)
    return Counted(("inside", "Oldbury"), ("inside", "comparison"), months, counts, np.ones(2))


def test_parallel_trends_index_each_to_its_own_mean_before() -> None:
    kept = MONTHS.delete(3)
    table = counted(np.arange(35) + 10.0, np.full(35, 50.0), kept)
    before, during = MONTHS[[0, 1, 2, 4]], MONTHS[[12, 13, 14, 16]]
    found = parallel_trends(table, before, during).set_index("month")
    assert found.index.tolist() == NAMES
    assert found["period"].value_counts().to_dict() == {"neither": 27, "before": 4, "during": 4, "missing": 1}
    # 10, 11, 12, then the missing month, then 13: mean 11.5.
    assert found.loc["2022-01", "inside_index"] == pytest.approx(1000 / 11.5)
    assert found.loc["2022-02", "inside_smoothed"] == pytest.approx(1100 / 11.5)
    assert (found["comparison_index"].dropna() == 100).all()
    assert found.loc["2022-04", ["inside_n", "inside_index", "comparison_smoothed"]].isna().all()
    assert np.isnan(found.loc["2022-03", "inside_smoothed"])
    assert (found["comparison_name"] == "Oldbury").all()


def test_parallel_trends_need_a_level_before() -> None:
    table = counted(np.where(MONTHS[12] > MONTHS, 0, 5), np.full(36, 50))
    with pytest.raises(hs.InputError, match="'inside' has no report in the 12 months before"):
        parallel_trends(table, MONTHS[:12], MONTHS[12:24])


def test_which_place_is_the_comparison() -> None:
    counts = np.ones((4, 36), dtype=np.int64)
    names, roles = ("inside", "ring", "Tipton", "rest"), ("inside", "ring", "comparison", "rest")
    places = Counted(names, roles, MONTHS, counts, np.ones(4))
    assert comparison_place(places) == "Tipton"
    assert comparison_place(places, "rest") == "rest"
    rest = Counted(("inside", "rest"), ("inside", "rest"), MONTHS, counts[:2], np.ones(2))
    assert comparison_place(rest) == "rest"
    with pytest.raises(hs.InputError, match="no place 'Oldbury'"):
        comparison_place(places, "Oldbury")
    alone = Counted(("inside",), ("inside",), MONTHS, counts[:1], np.ones(1))
    with pytest.raises(hs.InputError, match="no place to compare with"):
        comparison_place(alone)


def test_pre_trend_sees_a_drift() -> None:
    table = counted(200 * SEASON * np.exp(-0.6 * np.arange(36) / 12), 400 * SEASON)
    row = pre_trend(table, MONTHS[:24]).iloc[0]
    assert row["verdict"] == "drifted apart"
    assert row["drift_pct_per_year"] == pytest.approx(100 * np.expm1(-0.6), abs=0.5)
    assert row["drift_low"] < row["drift_pct_per_year"] < row["drift_high"] < 0
    assert "already drifting apart" in row["says"]
    # What comes after the months before the order does not enter.
    changed = counted(np.where(MONTHS[24] > MONTHS, table.counts[0], 7), table.counts[1])
    pd.testing.assert_series_equal(pre_trend(changed, MONTHS[:24]).iloc[0], row)


def test_pre_trend_says_what_it_could_have_seen() -> None:
    row = pre_trend(counted(200 * SEASON, 400 * SEASON), MONTHS[:24]).iloc[0]
    assert row["verdict"] == "no drift seen"
    # Weights of the slope: n p (1 - p) of each month about its mean time; Student's t with 22 degrees of freedom.
    weight = (600 * SEASON[:24]).round() * (1 / 3) * (2 / 3)
    time = np.arange(24) / 12
    centre = (weight * time).sum() / weight.sum()
    error = 1 / np.sqrt((weight * (time - centre) ** 2).sum())
    assert row["seen_rise_pct_per_year"] == pytest.approx(100 * np.expm1((2.0739 + 0.8583) * error), rel=1e-3)
    assert row["seen_fall_pct_per_year"] == pytest.approx(
        -100 * np.expm1(-(2.0739 + 0.8583) * error), rel=1e-3
    )
    assert "a smaller drift could be there" in row["says"]


@pytest.mark.parametrize(
    ("inside", "months", "verdict"),
    [
        (200.0, 5, "too few months to tell"),
        (0.2, 24, "too few reports to tell"),
        (2.0, 12, "too few reports to tell"),
    ],
)
def test_pre_trend_says_when_it_cannot_tell(inside: float, months: int, verdict: str) -> None:
    counts = np.where(np.arange(36) % 5 == 0, inside * 5, 0) if inside < 1 else np.full(36, inside)
    row = pre_trend(counted(counts, np.full(36, 400.0)), MONTHS[:months]).iloc[0]
    assert row["verdict"] == verdict
    assert verdict.removesuffix(" to tell") in row["says"].replace("Too", "too").replace(
        "Under 10", "too few"
    )
