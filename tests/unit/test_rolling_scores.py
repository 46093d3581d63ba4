from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.rolling_scores import compare_predictions
from makers import area_of, points_of

AREA = area_of(box(400000, 280000, 402000, 282000))
GRID = hs.Grid.over(AREA, cell_size=200)
MONTHS = [str(month) for month in pd.period_range("2024-01", "2024-10", freq="M")]


def made(counts: dict[str, dict[int, int]], months: list[str] | None = None) -> gpd.GeoDataFrame:
    """Return incidents at the centres of the grid's cells, by month and position."""
    x, y = GRID.centres()
    rows = [(month, at) for month, cells in counts.items() for at, n in cells.items() for _ in range(n)]
    start = pd.to_datetime([f"{month}-01" for month, _ in rows])
    frame = points_of([(x[at], y[at]) for _, at in rows], start=start)
    source = provenance.Source(
        name="council", open=False, simulated=True, attribution="", months=months or sorted(counts)
    )
    return provenance.put(frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))


def random_months(seed: int = 0) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.3, 2.0, len(GRID))
    return made({month: dict(enumerate(rng.poisson(rate).tolist())) for month in MONTHS})


def pick(table: pd.DataFrame, method: str, spacing: float | None = None) -> pd.Series:
    same = table["spacing_m"].isna() if spacing is None else table["spacing_m"] == spacing
    return table[(table["method"] == method) & same].iloc[0]


def test_two_plans_by_hand() -> None:
    # Plan of March from January and February: cells 5 (3 + 3) and 40 (0 + 5); of April: cells 40 (5 + 4) and 7 (0 + 6).
    incidents = made(
        {"2024-01": {5: 3}, "2024-02": {5: 3, 40: 5}, "2024-03": {40: 4, 7: 6}, "2024-04": {7: 2, 5: 1, 9: 1}}
    )
    found = compare_predictions(
        incidents, AREA, GRID, months_back=2, area_share=0.02, methods=["count", "recent"], half_life=0.01
    )
    row = pick(found.table, "count")
    assert (row["plans"], row["incidents"]) == (2, 14)
    assert row["hits"] == pytest.approx((0 + 4) + (0 + 2))
    assert row["pai"] == pytest.approx(6 / (14 * 0.02))
    # The best two of March hold 10, of April 3.
    assert row["pei"] == pytest.approx(6 / 13)
    assert pick(found.table, "best possible")["pai"] == pytest.approx(13 / (14 * 0.02))
    assert found.months.query("method == 'count'")["plan_month"].tolist() == ["2024-03", "2024-04"]
    assert found.months.query("method == 'count'")["hits"].tolist() == pytest.approx([4, 2])
    # Cells in common: the plans share cell 40; with the best, cell 40 of {40, 7, 5} and cell 7 of {40, 7, 5 or 9 in parts}.
    assert row["jaccard_previous"] == pytest.approx(1 / 3)
    assert row["jaccard_best"] == pytest.approx((1 / 3 + 1 / 3) / 2)
    # Expected: 11 incidents of 2 months are 5.5 of one; 18 are 9, of which cells 40 and 7 have 15 / 18.
    assert row["recovery_rate_index"] == pytest.approx((5.5 + 7.5) / 6)
    assert row["recapture_rate_index"] == pytest.approx((6 / 14) / ((11 + 15) / (11 + 18)))
    # Only the month before counts with so short a half-life: 40 and 5, then 7 and 40.
    assert pick(found.table, "recent")["hits"] == pytest.approx(6)


def test_ties_have_a_worst_and_a_best_order() -> None:
    incidents = made({"2024-01": {1: 2, 2: 2, 3: 2}, "2024-02": {1: 1, 2: 5, 3: 3, 9: 1}})
    row = pick(compare_predictions(incidents, AREA, GRID, months_back=1, area_share=0.01).table, "count")
    assert [row[f"pai{end}"] for end in ("", "_worst_ties", "_best_ties")] == pytest.approx([30, 10, 50])


def test_the_later_month_plays_no_part_in_its_plan() -> None:
    incidents = random_months()
    changed = incidents.copy()
    last = (changed["start"] == pd.Timestamp("2024-10-01")).to_numpy()
    changed.loc[last, "geometry"] = changed.geometry[last].iloc[0]
    options = {"months_back": 4, "area_share": 0.05, "spacing": 500, "resamples": 99, "draws": 20}
    one, two = (compare_predictions(data, AREA, GRID, **options).months for data in (incidents, changed))  # type: ignore[arg-type]
    early = one["plan_month"] < "2024-10"
    kept = ~one["method"].isin(["random"]) & one["spacing_m"].isna() & early
    pd.testing.assert_frame_equal(one[kept], two[kept])


def test_random_holds_its_area_share_and_all_have_one_area() -> None:
    found = compare_predictions(
        random_months(), AREA, GRID, months_back=4, area_share=[0.05, 0.1], resamples=199
    )
    free = found.table[found.table["spacing_m"].isna()]
    assert free["area_share_pct"].round(9).tolist() == [5.0] * 6 + [10.0] * 6
    assert set(free["incidents"]) == {int(free["incidents"].iloc[0])}
    blind = free[free["method"] == "random"]
    assert blind["pai_expected"].tolist() == [1.0, 1.0]
    # 199 draws of 6 plans: the mean is within some hundredths of 1.
    assert blind["pai"].to_numpy() == pytest.approx([1.0, 1.0], abs=0.05)
    for row in free.to_dict(orient="records"):
        assert row["pai_low"] <= row["pai"] <= row["pai_high"]
        assert row["pei"] <= 1 + 1e-9
    # Rates do not change, so every ranking beats chance, and count is hard to beat.
    assert (free[~free["method"].isin(["random", "gi"])]["pai_low"] > 1.5).all()


def test_spacing_takes_cells_apart() -> None:
    incidents = made({"2024-01": {0: 9, 1: 8, 5: 7}, "2024-02": {0: 1, 1: 4, 5: 2}})
    found = compare_predictions(
        incidents, AREA, GRID, months_back=1, area_share=0.02, spacing=500, methods=["count"], ring=200
    )
    assert pick(found.table, "count")["hits"] == pytest.approx(1 + 4)
    apart = pick(found.table, "count", 500.0)
    assert apart["hits"] == pytest.approx(1 + 2)
    assert apart["pei"] == pytest.approx(3 / 6)
    assert pick(found.table, "best possible", 500.0)["hits"] == pytest.approx(6)
    # Cell 1 lies in the ring around cell 0: 4 of 7 incidents.
    assert apart["ring_share_pct"] == pytest.approx(100 * 4 / 7)


def test_the_methods_rank_by_what_they_say() -> None:
    # Four neighbouring cells of 2 (positions 0, 1, 10, 11), and one alone with 3 at the other end.
    counts = {0: 2, 1: 2, 10: 2, 11: 2, 99: 3}
    incidents = made({"2024-01": counts, "2024-02": {0: 1, 1: 1, 10: 1, 11: 1, 99: 1}})
    found = compare_predictions(incidents, AREA, GRID, months_back=1, area_share=0.01)
    held = {name: pick(found.table, name) for name in ("count", "density", "gi")}
    assert held["count"]["hits"] == held["density"]["hits"] == held["gi"]["hits"] == pytest.approx(1.0)
    expected = made({"2024-01": counts, "2024-02": {99: 1}})
    lone = compare_predictions(expected, AREA, GRID, months_back=1, area_share=0.01).table
    assert [pick(lone, name)["hits"] for name in ("count", "density", "gi")] == pytest.approx([1, 0, 0])


def test_a_ranking_of_ones_own() -> None:
    def last_cell(earlier: gpd.GeoDataFrame, grid: hs.Grid) -> pd.Series:
        assert earlier["start"].max() < pd.Timestamp("2024-02-01")
        return pd.Series([1.0], index=[grid.cell_ids[-1]])

    incidents = made({"2024-01": {0: 2}, "2024-02": {99: 3, 0: 1}})
    found = compare_predictions(
        incidents, AREA, GRID, months_back=1, area_share=0.01, also={"mine": last_cell}
    )
    assert pick(found.table, "mine")["hits"] == pytest.approx(3)
    assert pick(found.table, "mine")["times_count"] == pytest.approx(3)
    assert found.sentence.startswith("At 1 % of the area, over 1 plans, 'mine' held most")
    with pytest.raises(hs.InputError, match="must return a Series"):
        compare_predictions(incidents, AREA, GRID, months_back=1, also={"bad": lambda *_: [1]})  # type: ignore[dict-item, return-value]


def test_a_missing_month_leaves_plans_out() -> None:
    incidents = random_months()
    seen = [month for month in MONTHS if month != "2024-05"]
    kept = incidents[incidents["start"] != pd.Timestamp("2024-05-01")]
    record = provenance.of(kept)
    record["sources"][0]["months"] = seen
    provenance.put(kept, record)
    found = compare_predictions(kept, AREA, GRID, months_back=2, methods=["count"], resamples=99)
    assert found.left_out == ["2024-05", "2024-06", "2024-07"]
    assert found.months["plan_month"].unique().tolist() == [
        "2024-03",
        "2024-04",
        "2024-08",
        "2024-09",
        "2024-10",
    ]


def test_a_month_with_a_file_and_no_incident_is_a_zero() -> None:
    incidents = made({"2024-01": {0: 2}, "2024-03": {0: 1}}, months=["2024-01", "2024-02", "2024-03"])
    found = compare_predictions(incidents, AREA, GRID, months_back=1, methods=["count"], area_share=0.01)
    assert found.months["plan_month"].unique().tolist() == ["2024-02", "2024-03"]
    row = pick(found.table, "count")
    # February's plan finds nothing; March's knows nothing, and takes a hundredth of each cell.
    assert (row["incidents"], row["hits"]) == (1, pytest.approx(0.01))


def test_a_longer_horizon_moves_on_by_as_much() -> None:
    found = compare_predictions(
        random_months(), AREA, GRID, months_back=4, horizon=3, methods=["count"], resamples=99
    )
    assert found.months["plan_month"].unique().tolist() == ["2024-05", "2024-08"]
    later = random_months()["start"] >= pd.Timestamp("2024-05-01")
    assert pick(found.table, "count")["incidents"] == int(later.sum())


def test_rows_in_another_order_give_the_same() -> None:
    incidents = random_months(3)
    mixed = provenance.put(incidents.sample(frac=1, random_state=1), provenance.of(incidents))
    options = {"months_back": 6, "area_share": 0.05, "spacing": 500, "resamples": 99, "draws": 20}
    one, two = (compare_predictions(data, AREA, GRID, **options) for data in (incidents, mixed))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.curves, two.curves)


def test_curves_go_from_nothing_to_all() -> None:
    curves = compare_predictions(random_months(), AREA, GRID, months_back=6, resamples=99, draws=20).curves
    wide = curves.pivot(index="area_share_pct", columns="method", values="hit_rate_pct")
    assert wide.loc[0.0].tolist() == pytest.approx([0.0] * 5)
    assert wide.loc[100.0].tolist() == pytest.approx([100.0] * 5)
    assert (wide.le(wide["best possible"] + 1e-9, axis="index")).all().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ["kde"]}, "must be a list of count, density, gi, recent, random"),
        ({"methods": "count"}, "must be a list"),
        ({"also": {"count": lambda *_: None}}, "which a built-in method has"),
        ({"months_back": 0}, "months_back=0"),
        ({"months_back": 20}, r"20 months before and 1 after .* has 10 \(2024-01 to 2024-10\)"),
        ({"area_share": 2}, "over 0 and at most 1"),
        ({"spacing": 0}, "spacing=0"),
        ({"draws": 1}, "draws=1"),
    ],
)
def test_bad_input_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(hs.InputError, match=message):
        compare_predictions(random_months(), AREA, GRID, **options)  # type: ignore[arg-type]


def test_a_grid_of_another_area_is_refused() -> None:
    with pytest.raises(hs.InputError, match=r"4\.00 km2, and the grid was made over 1\.00 km2"):
        compare_predictions(
            random_months(), AREA, hs.Grid.over(area_of(box(0, 0, 1000, 1000)), cell_size=200)
        )
