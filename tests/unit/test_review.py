"""A review put together: one headline by the fixed rule, each source apart, and what cannot be measured said."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.headline import NO_BEFORE, NOT_RECORDED
from hotspot.statistics.effect import NOT_CONTROLLED, TOO_FEW

BEFORE, DURING = ("2024-01", "2024-06"), ("2025-01", "2025-06")
INSIDE, MARKET, ELSEWHERE = (250.0, 250.0), (2250.0, 250.0), (4250.0, 250.0)
SQUARE = gpd.GeoSeries([shapely.box(0, 0, 500, 500)], crs=27700)
STARTS = ("2024-09-15", None)


def box(x: float, name: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [name]}, geometry=[shapely.box(x, 0, x + 500, 500)], crs=27700)


def log_of(
    counts: dict[tuple[str, tuple[float, float]], tuple[int, int]], name: str = "log"
) -> gpd.GeoDataFrame:
    """Make incidents: for each category and place, how many in each month before and during."""
    rows = []
    for (category, (x, y)), numbers in counts.items():
        for (first, last), number in zip((BEFORE, DURING), numbers, strict=True):
            for month in pd.period_range(first, last, freq="M"):
                rows += [(category, x, y, month.start_time + pd.Timedelta(days=day)) for day in range(number)]
    category, x, y, start = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame(
        {
            "source": name,
            "category": category,
            "start": pd.to_datetime(list(start)),
            "location_precision": "exact",
        },
        geometry=gpd.points_from_xy(x, y),
        crs=27700,
    )
    months = [str(month) for month in pd.period_range("2024-01", "2025-06", freq="M")]
    source = provenance.Source(
        name=name,
        open=True,
        simulated=True,
        attribution="",
        months=months,
        records=["drinking", "begging", "noise"],
    )
    return provenance.put(frame, provenance.Record(sources=[source], as_of="2025-06-30", steps=[], notes=[]))


def order_of(*names: str, **changed: object) -> hs.Order:
    prohibitions = [
        hs.Prohibition(name, name, [hs.Evidence("log", (name,))] if name != "parking" else [])
        for name in names
    ]
    given = {"in_force": [STARTS], "decision": "extend", "prohibitions": prohibitions, **changed}
    return hs.Order("Square", SQUARE, **given)  # type: ignore[arg-type]


@pytest.fixture
def log() -> gpd.GeoDataFrame:
    return log_of(
        {
            ("drinking", INSIDE): (20, 10),
            ("drinking", MARKET): (10, 10),
            ("drinking", ELSEWHERE): (5, 5),
            ("begging", INSIDE): (6, 6),
            ("begging", MARKET): (5, 10),
            ("noise", INSIDE): (1, 1),
            ("noise", MARKET): (5, 5),
        }
    )


def test_two_prohibitions_by_hand(log: gpd.GeoDataFrame) -> None:
    order = order_of("drinking", "begging", "parking")
    review = hs.review_order(
        log, order, comparison={"Market": box(2000, "Market")}, before=BEFORE, during=DURING
    )
    table = review.tables["headlines"].set_index("prohibition")
    # Inside 120 and 60, comparison 60 and 60: (60 / 120) / (60 / 60).
    assert table.loc["drinking", ["inside_before", "inside_during", "other_before", "other_during"]].tolist() == [
        120, 60, 60, 60,
    ]  # fmt: skip
    assert table.loc["drinking", "ratio"] == pytest.approx(0.5, abs=1e-12)
    # Inside 36 and 36, comparison 30 and 60.
    assert table.loc["begging", "ratio"] == pytest.approx(0.5, abs=1e-12)
    assert table.loc["parking", "heading"] == NOT_RECORDED
    assert np.isnan(table.loc["parking", "ratio"])
    p = table.loc[["drinking", "begging"], "p"].to_numpy(dtype=float)
    # Holm over the two that were estimated: twice the smaller, and the larger or that, whichever is more.
    low, high = sorted(p)
    expected = {low: min(2 * low, 1.0), high: max(high, min(2 * low, 1.0))}
    assert table.loc[["drinking", "begging"], "p_holm"].tolist() == pytest.approx(
        [expected[value] for value in p]
    )
    assert table.loc["drinking", "pairs"] == 6


def test_the_first_named_comparison_is_the_headlines(log: gpd.GeoDataFrame) -> None:
    both = {"Elsewhere": box(4000, "Elsewhere"), "Market": box(2000, "Market")}
    review = hs.review_order(log, order_of("drinking"), comparison=both, before=BEFORE, during=DURING)
    row = review.tables["headlines"].iloc[0]
    assert (row["comparison"], row["other_before"]) == ("Elsewhere", 30)
    tried = review.tables["sensitivity"].query("choice == 'comparison'")
    assert "Market" in set(tried["comparison"])


def test_without_a_comparison_it_is_not_controlled_and_names_no_cause(log: gpd.GeoDataFrame) -> None:
    review = hs.review_order(log, order_of("drinking"), before=BEFORE, during=DURING)
    assert review.tables["headlines"]["heading"].tolist() == [NOT_CONTROLLED]
    text = " ".join(review.summary["drinking"])
    assert "ot controlled" in text
    assert not {"effect", "because", "led", "reduced", "worked", "due"} & set(
        text.lower().replace(".", " ").split()
    )


def test_few_reports_are_not_compared(log: gpd.GeoDataFrame) -> None:
    review = hs.review_order(
        log, order_of("noise"), comparison={"Market": box(2000, "Market")}, before=BEFORE, during=DURING
    )
    row = review.tables["headlines"].iloc[0]
    assert (row["heading"], row["inside_before"], row["inside_during"]) == (TOO_FEW, 6, 6)
    assert np.isnan(row["ratio"])


def test_no_period_without_an_order_refuses_and_says_why(log: gpd.GeoDataFrame) -> None:
    held = order_of("drinking", in_force=[("2022-01-01", "2024-12-31"), ("2025-01-01", None)])
    with pytest.raises(hs.InputError, match=f"^{NO_BEFORE}.*2022-01-01.*leave the periods out"):
        hs.review_order(log, held, before=BEFORE, during=DURING)
    review = hs.review_order(log, held)
    assert review.tables["recurrence_summary"]["n"].tolist() == [180]


def test_one_prohibition_without_a_before_stands_beside_one_that_has_it(log: gpd.GeoDataFrame) -> None:
    old = hs.Prohibition("begging", "begging", [hs.Evidence("log", ("begging",))], first_date="2020-01-01")
    new = hs.Prohibition("drinking", "drinking", [hs.Evidence("log", ("drinking",))])
    review = hs.review_order(
        log, order_of(prohibitions=[old, new]), comparison={"Market": box(2000, "Market")},
        before=BEFORE, during=DURING,
    )  # fmt: skip
    heads = review.tables["headlines"].set_index("prohibition")["heading"]
    assert heads.to_dict() == {"begging": NO_BEFORE, "drinking": ""}
    assert review.summary["begging"][-1].startswith(NO_BEFORE.capitalize())


def test_every_table_carries_the_boundary(log: gpd.GeoDataFrame) -> None:
    order = order_of("drinking")
    review = hs.review_order(
        log, order, comparison={"Market": box(2000, "Market")}, before=BEFORE, during=DURING
    )
    for name, table in review.tables.items():
        steps = str(provenance.of(table)["steps"])
        assert order.hash in steps or order.short_hash in steps, name


def test_the_order_of_rows_changes_nothing(log: gpd.GeoDataFrame) -> None:
    given = {"comparison": {"Market": box(2000, "Market")}, "before": BEFORE, "during": DURING}
    one = hs.review_order(log, order_of("drinking", "begging"), **given)
    other = hs.review_order(log.sample(frac=1.0, random_state=3), order_of("drinking", "begging"), **given)
    assert list(one.tables) == list(other.tables)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], obj=name)
    assert one.summary == other.summary


def test_two_frames_stay_apart_and_one_source_is_not_counted_twice(log: gpd.GeoDataFrame) -> None:
    second = log_of({("drinking", INSIDE): (3, 3)}, name="cameras")
    review = hs.review_order([log, second], order_of("drinking"))
    says = review.tables["says"].set_index("source")
    assert says.loc["log", "n"] == 180
    assert "cameras" in says.index
    with pytest.raises(hs.InputError, match="'log' is in two of the frames"):
        hs.review_order([log, log], order_of("drinking"))


def test_before_and_during_go_together(log: gpd.GeoDataFrame) -> None:
    with pytest.raises(hs.InputError, match="go together"):
        hs.review_order(log, order_of("drinking"), before=BEFORE)


def test_data_that_is_no_frame_is_refused() -> None:
    with pytest.raises(hs.InputError, match="data must be incidents"):
        hs.review_order(["a.csv"], order_of("drinking"))  # type: ignore[list-item]


def test_a_publishers_name_is_its_source_in_every_part() -> None:
    """Both names give the same review: the numbers, and where they lie."""
    frame = log_of({("drinking", INSIDE): (20, 10), ("drinking", MARKET): (10, 10)}, name="council/wardens")
    areas = gpd.GeoDataFrame(
        {"code": ["A", "B"]},
        geometry=[shapely.box(0, 0, 2000, 2000), shapely.box(2000, 0, 4000, 2000)],
        crs=27700,
    )
    made = []
    for name in ("council", "council/wardens"):
        order = order_of(
            prohibitions=[hs.Prohibition("drinking", "drinking", [hs.Evidence(name, ("drinking",))])]
        )
        made.append(hs.review_order(frame, order, areas=areas))
    one, other = made
    assert list(one.tables) == list(other.tables)
    assert "where_share_hot" in one.tables
    assert one.tables["headlines"]["source"].tolist() == ["council/wardens"]
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], obj=name)


def test_a_misspelt_source_is_refused_with_the_right_names(log: gpd.GeoDataFrame) -> None:
    order = order_of(
        prohibitions=[hs.Prohibition("drinking", "drinking", [hs.Evidence("logg", ("drinking",))])]
    )
    with pytest.raises(
        hs.InputError, match=r"names the source 'logg', which the data does not hold; its sources are: log"
    ):
        hs.review_order(log, order)


def test_the_estimate_is_of_the_own_category_where_there_is_one(log: gpd.GeoDataFrame) -> None:
    evidence = [hs.Evidence("log", ("noise",), wider=True), hs.Evidence("log", ("drinking",))]
    order = order_of(prohibitions=[hs.Prohibition("drinking", "drinking", evidence)])
    review = hs.review_order(
        log, order, comparison={"Market": box(2000, "Market")}, before=BEFORE, during=DURING
    )
    row = review.tables["headlines"].iloc[0]
    # Drinking alone, without the 6 and 6 of noise.
    assert (row["inside_before"], row["inside_during"], row["evidence"]) == (120, 60, "own category")


def test_too_few_is_judged_by_the_months_that_are_compared() -> None:
    # 12 reports before, of which 8 in pairs: January was not in force, and February is the month of the start.
    frame = log_of({("drinking", INSIDE): (2, 2), ("drinking", MARKET): (9, 9)})
    changed = hs.review_order(
        frame, order_of("drinking", in_force=[("2025-02-10", None)]),
        comparison={"Market": box(2000, "Market")}, before=BEFORE, during=DURING,
    )  # fmt: skip
    row, says = changed.tables["headlines"].iloc[0], changed.tables["says"].iloc[0]
    assert (row["inside_before"], row["heading"]) == (8, TOO_FEW)
    assert says["kind"] == "too_few"


def test_an_order_in_force_throughout_says_so_without_being_asked(log: gpd.GeoDataFrame) -> None:
    review = hs.review_order(log, order_of("drinking", in_force=[("2022-01-01", None)]))
    row = review.tables["headlines"].iloc[0]
    assert row["heading"] == NO_BEFORE
    assert "in force in all months held (2024-01 to 2025-06)" in row["reason"]
