"""An earlier ranking against a later period."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import hotspot as hs
from hotspot import provenance
from hotspot.ranking.recapture import _by_luck, _if_unchanged, _resampled, compare_rankings
from makers import points_of

RATES = ("rate_per_month", "rate_shrunk_per_month")


def ranking(**incidents: int) -> pd.DataFrame:
    return pd.DataFrame({"location_id": list(incidents), "incidents": list(incidents.values())})


def values(before: pd.DataFrame, after: pd.DataFrame, top: int) -> dict[str, float]:
    table = compare_rankings(before, after, top=top).table
    return dict(zip(table["measure"], table["value"], strict=True))


BEFORE = ranking(a=9, b=6, c=4, d=1)
AFTER = ranking(a=8, c=6, e=5, b=1)


def test_the_figures_by_arithmetic() -> None:
    found = values(BEFORE, AFTER, 2)
    assert found["recapture"] == pytest.approx(100 * (8 + 1) / 20)
    assert found["best possible"] == pytest.approx(100 * (8 + 6) / 20)
    assert found["recapture of the best possible"] == pytest.approx(100 * 9 / 14)
    assert found["chance"] == pytest.approx(100 * 2 / 5)  # a, b, c, d, e
    assert found["recapture against chance"] == pytest.approx(45 / 40)
    assert found["earlier share"] == pytest.approx(100 * 15 / 20)
    assert found["Jaccard index"] == pytest.approx(1 / 3)
    assert (found["stayed"], found["entered"], found["left"]) == (1, 1, 1)
    assert found["stayed, by chance"] == pytest.approx(2 * 2 / 5)


def test_stayed_entered_and_left_by_id() -> None:
    found = compare_rankings(BEFORE, AFTER, top=3).locations
    assert found["change"].tolist() == ["stayed", "stayed", "entered", "left"]
    assert found["location_id"].tolist() == ["a", "c", "e", "b"]
    assert found["number_before"].tolist() == [1, 3, pd.NA, 2]
    assert found["number_after"].tolist() == [1, 2, 3, 4]
    assert found["incidents_before"].tolist() == [9, 4, 0, 6]
    assert found["incidents_after"].tolist() == [8, 6, 5, 1]


def test_ties_at_the_edge_give_a_range() -> None:
    # b, c and d share the second place of the earlier top 2.
    row = compare_rankings(ranking(a=9, b=3, c=3, d=3), ranking(a=5, b=1, c=4, d=0, e=10), top=2)
    ties = row.table.set_index("measure").loc["recapture, any order of ties"]
    assert ties["value"] == pytest.approx(100 * 6 / 20)
    assert (ties["low"], ties["high"]) == (pytest.approx(100 * 5 / 20), pytest.approx(100 * 9 / 20))


def test_the_published_order_decides_who_is_in_the_top() -> None:
    before = BEFORE.assign(number=[2, 1, 3, 4])
    assert values(before, AFTER, 1)["recapture"] == pytest.approx(100 * 1 / 20)


def test_chance_against_random_draws() -> None:
    counts = np.random.default_rng(2).negative_binomial(1, 0.2, 200)
    luck = _by_luck(counts, 20, np.random.default_rng(0), 2_000)
    rng = np.random.default_rng(1)
    slow = [100 * rng.choice(counts, 20, replace=False).sum() / counts.sum() for _ in range(2_000)]
    assert luck.mean() == pytest.approx(10.0, abs=0.15)
    assert np.quantile(luck, [0.025, 0.975]) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.5)


def test_the_interval_against_a_slow_bootstrap() -> None:
    rng = np.random.default_rng(6)
    rate = rng.gamma(1, 10, 150)
    c, y = rng.poisson(rate), rng.poisson(rate)
    was = np.isin(np.arange(150), np.argsort(-c, kind="stable")[:20])
    quick = np.quantile(_resampled(c, y, was, np.random.default_rng(0), 3_000), [0.025, 0.975])
    slow = []
    for _ in range(3_000):
        held = []
        for part in (np.flatnonzero(was), np.flatnonzero(~was)):
            pick = rng.choice(part, len(part))
            held.append(c[part].sum() * y[pick].sum() / c[pick].sum())
        slow.append(100 * held[0] / sum(held))
    assert quick == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.4)


def test_the_interval_holds_the_truth_when_counts_are_clumped() -> None:
    # Variance three times the mean: a binomial interval held the true share of the top in 50 of these 60.
    rng = np.random.default_rng(9)
    held = narrow = 0
    for _ in range(60):
        rate = rng.gamma(1, 10, 400)
        c, y = (rng.poisson(rng.gamma(np.maximum(rate / 2, 1e-9), 2)) for _ in range(2))
        was = np.isin(np.arange(400), np.argsort(-c, kind="stable")[:20])
        truth = rate[was].sum() / rate.sum()
        low, high = np.quantile(_resampled(c, y, was, rng, 299), [0.025, 0.975]) / 100
        held += bool(low <= truth <= high)
        share = y[was].sum() / y.sum()
        narrow += bool(abs(share - truth) <= 1.96 * np.sqrt(share * (1 - share) / y.sum()))
    assert held >= 54 > narrow


def test_unchanged_rates_take_the_luck_out_of_the_top() -> None:
    rng = np.random.default_rng(14)
    shares = []
    for _ in range(5):
        rate = rng.gamma(0.8, 5.0, 1_500)
        c = rng.poisson(rate)
        was = np.isin(np.arange(1_500), np.argsort(-c, kind="stable")[:20])
        shares.append((100 * c[was].sum() / c.sum(), values_of(c, was), 100 * rate[was].sum() / rate.sum()))
    raw, shrunken, true = np.mean(shares, axis=0)
    assert raw > shrunken
    assert abs(shrunken - true) < 0.3 * abs(raw - true)


def values_of(c: np.ndarray, was: np.ndarray) -> float:
    none = pd.DataFrame({f"{name}_before": np.nan for name in RATES}, index=range(len(c)))
    return _if_unchanged(none, c, was)


def test_the_rates_of_the_ranking_itself_are_used() -> None:
    rates = BEFORE.assign(rate_per_month=BEFORE["incidents"] / 2, rate_shrunk_per_month=[3.5, 2.75, 2.0, 1.0])
    assert values(rates, AFTER, 2)["unchanged rates"] == pytest.approx(100 * (3.5 + 2.75) / 10)


def test_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    ids = [f"p{i}" for i in range(80)]
    before, after = (
        pd.DataFrame({"location_id": ids, "incidents": 1 + rng.negative_binomial(1, 0.1, 80)})
        for _ in range(2)
    )
    one = compare_rankings(before, after, top=10)
    other = compare_rankings(before.sample(frac=1, random_state=1), after.iloc[::-1], top=10)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(one.locations, other.locations, check_exact=True)
    assert one.sentence == other.sentence


def yearly() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    spots = {"2023": {"a": 5, "b": 3, "c": 1}, "2024": {"a": 4, "c": 3, "d": 1}}
    rows = [
        (where, pd.Timestamp(f"{year}-0{1 + i % 3}-05"))
        for year, counts in spots.items()
        for where, n in counts.items()
        for i in range(n)
    ]
    frame = points_of(
        [(400000 + 500 * "abcd".index(where), 280000) for where, _ in rows],
        place_id=[where for where, _ in rows],
        start=[when for _, when in rows],
    )
    months = [f"{year}-0{month}" for year in (2023, 2024) for month in (1, 2, 3)]
    source = provenance.Source(name="council", open=False, simulated=True, attribution="", months=months)
    provenance.put(frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))
    return hs.select_incidents(frame, end="2023-12"), hs.select_incidents(frame, start="2024-01")


def test_two_results_of_repeat_locations() -> None:
    first, second = (hs.repeat_locations(part, min_incidents=1) for part in yearly())
    found = compare_rankings(first, second, top=2)
    assert found.locations["location_id"].tolist() == ["a", "c", "b"]
    assert values(first, second, 2)["recapture"] == pytest.approx(100 * 4 / 8)
    assert provenance.months_observed(found.table) == [f"{y}-0{m}" for y in (2023, 2024) for m in (1, 2, 3)]
    assert found.sentence.startswith("The earlier period's top 2 of 4 locations held 50.0 %")
    with pytest.raises(hs.InputError, match="do not overlap, the earlier one first"):
        compare_rankings(second, first, top=2)


def test_a_list_that_leaves_locations_out_is_refused() -> None:
    first, second = yearly()
    full, cut = hs.repeat_locations(first, min_incidents=1), hs.repeat_locations(second, min_incidents=2)
    with pytest.raises(hs.InputError, match=r"the later ranking leaves locations out.*min_incidents=1"):
        compare_rankings(full, cut, top=2)


def test_bad_input_is_refused() -> None:
    with pytest.raises(hs.InputError, match="has 4 locations; use a smaller top"):
        compare_rankings(BEFORE, AFTER, top=5)
    with pytest.raises(hs.InputError, match="top=0"):
        compare_rankings(BEFORE, AFTER, top=0)
    with pytest.raises(hs.InputError, match="no location_id of the earlier"):
        compare_rankings(BEFORE, ranking(x=3, y=2), top=2)
    with pytest.raises(hs.InputError, match="'a' twice"):
        compare_rankings(pd.concat([BEFORE, BEFORE]), AFTER, top=2)
    with pytest.raises(hs.InputError, match="no column location_id"):
        compare_rankings(BEFORE.rename(columns={"location_id": "id"}), AFTER, top=2)
