"""Placebos in space and in time, their share and rank, and a change that is common to all areas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hotspot as hs
from hotspot.decisions.counted import Counted
from hotspot.decisions.periods import Periods
from hotspot.decisions.placebo import common_change, placebo_in_space, placebo_in_time, placebo_summary
from hotspot.statistics.effect import ratio_of_rate_ratios

MONTHS = pd.period_range("2022-01", "2024-12", freq="M")
NAMES = [str(month) for month in MONTHS]
FIRST, SECOND = MONTHS[12:24], MONTHS[24:36]


def quiet_table(areas: int = 30, seed: int = 4) -> pd.DataFrame:
    """Return areas that rise and fall alike but for chance."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.4 * np.sin(np.arange(36) * np.pi / 6)
    counts = rng.poisson(rng.uniform(5, 12, areas)[:, None] * season)
    return pd.DataFrame(counts, index=[f"area {n:02d}" for n in range(areas)], columns=NAMES)


def test_each_area_is_held_against_all_others() -> None:
    table = quiet_table()
    found = placebo_in_space(table, FIRST, SECOND).set_index("placebo")
    counts = table.iloc[:, 12:].to_numpy()
    during = np.arange(24) >= 12
    others = np.delete(counts, 3, axis=0)
    expected = ratio_of_rate_ratios(counts[3], others.sum(axis=0), during, others=others)
    row = found.loc["area 03"]
    assert (row["ratio"], row["low"], row["high"], row["p"]) == (
        expected.ratio,
        expected.low,
        expected.high,
        expected.p,
    )
    assert row["t"] == pytest.approx(np.log(expected.ratio) / expected.log_error)
    assert (row["inside_before"], row["inside_during"]) == (counts[3, :12].sum(), counts[3, 12:].sum())
    assert found["called"].tolist() == (~found["low"].le(1) | ~found["high"].ge(1)).tolist()


def test_a_named_comparison_and_areas_that_are_left_out() -> None:
    table = quiet_table()
    against = table.loc["area 00"] + table.loc["area 01"]
    found = placebo_in_space(table, FIRST, SECOND, comparison=against, exclude=["area 00", "area 01"])
    assert len(found) == 28
    assert (found["other_before"] == against[NAMES[12:24]].sum()).all()
    gap = table.astype(float)
    gap.loc["area 05", NAMES[20]] = np.nan
    assert "area 05" not in placebo_in_space(gap, FIRST, SECOND)["placebo"].tolist()
    with pytest.raises(hs.InputError, match="1 months of the periods are not in the table"):
        placebo_in_space(table.drop(columns=NAMES[20]), FIRST, SECOND)
    with pytest.raises(hs.InputError, match="1 areas are left"):
        placebo_in_space(table.iloc[:1], FIRST, SECOND)


def test_months_outside_the_periods_and_the_order_of_rows_change_nothing() -> None:
    table = quiet_table()
    other = table.copy()
    other.iloc[:, :12] = 999
    mixed = other.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1)
    pd.testing.assert_frame_equal(
        placebo_in_space(table, FIRST, SECOND), placebo_in_space(mixed, FIRST, SECOND)
    )


def test_an_area_with_a_fall_of_its_own_ranks_first() -> None:
    table = quiet_table()
    table.loc["area 07", NAMES[24:]] = (table.loc["area 07", NAMES[24:]] * 0.2).round().astype(int)
    found = placebo_in_space(table, FIRST, SECOND)
    assert found.set_index("placebo")["t"].abs().idxmax() == "area 07"
    rest = table.drop("area 07")
    counts = rest[NAMES[12:]].to_numpy()
    during = np.arange(24) >= 12
    effect = ratio_of_rate_ratios(table.loc["area 07", NAMES[12:]], counts.sum(axis=0), during, others=counts)
    summary = placebo_summary(placebo_in_space(rest, FIRST, SECOND), effect).iloc[0]
    assert (summary["placebos"], summary["rank"], summary["of"]) == (29, 1, 30)
    assert summary["randomisation_p"] == summary["smallest_p"] == pytest.approx(1 / 30)
    assert "number 1 of 30" in summary["says"]


def test_the_summary_by_hand() -> None:
    found = placebo_in_space(quiet_table(12), FIRST, SECOND)
    t = np.array([-3.0, 2.5, 1.0, 0.5, -0.2, 0.1, 0.0, -1.9, 1.2, 0.7, np.nan, 0.3])
    called = pd.array([True, True, *[False] * 8, None, False], dtype="boolean")
    plain = pd.array([True] * 4 + [False] * 6 + [None, False], dtype="boolean")
    made = found.assign(t=t, called=called, poisson_called=plain)
    effect = ratio_of_rate_ratios([20] * 24, [20] * 24, np.arange(24) >= 12)
    effect = replace(effect, ratio=float(np.exp(-0.4)), log_error=0.2)
    row = placebo_summary(made, effect).iloc[0]
    # 2 of 11; the order's t of -2 has two placebos as far from 0: third of 12.
    assert (row["placebos"], row["left_out"], row["called"], row["poisson_called"]) == (11, 1, 2, 4)
    assert row["called_pct"] == pytest.approx(200 / 11)
    # R: binom.test(2, 11)$conf.int  0.02283117 0.51775594
    assert (row["called_low"], row["called_high"]) == (
        pytest.approx(2.283117, abs=1e-5),
        pytest.approx(51.775594, abs=1e-5),
    )
    assert (row["rank"], row["of"], row["randomisation_p"]) == (3, 12, pytest.approx(3 / 12))
    assert "So few placebos could not give a p below 0.083." in row["says"]
    alone = placebo_summary(made).iloc[0]
    assert pd.isna(alone["rank"])
    assert "number" not in alone["says"]
    assert placebo_summary(made.iloc[:0]).iloc[0]["says"].startswith("No placebo could be estimated")


def test_under_no_effect_the_rank_is_any_alike() -> None:
    ranks = []
    for seed in range(40):
        table = quiet_table(12, seed)
        rest = table.iloc[1:]
        counts = rest[NAMES[12:]].to_numpy()
        effect = ratio_of_rate_ratios(
            table.iloc[0, 12:], counts.sum(axis=0), np.arange(24) >= 12, others=counts
        )
        t = placebo_in_space(rest, FIRST, SECOND)["t"]
        ranks.append(1 + (t.abs() >= abs(np.log(effect.ratio)) / effect.log_error).sum())
    # Uniform on 1 to 12: mean 6.5, standard error 3.45 / sqrt(40) = 0.55.
    assert np.mean(ranks) == pytest.approx(6.5, abs=1.6)


def periods() -> Periods:
    return Periods(MONTHS[18:24], MONTHS[30:36])


def places(counts: np.ndarray) -> Counted:
    return Counted(
        ("inside", "Oldbury"), ("inside", "comparison"), MONTHS, counts.astype(np.int64), np.ones(2)
    )


def test_placebos_in_time_use_only_months_without_the_order() -> None:
    rng = np.random.default_rng(9)
    counts = rng.poisson(np.array([[20.0], [80.0]]) * np.ones(36))
    untreated = MONTHS[:30]
    found = placebo_in_time(places(counts), periods(), untreated)
    # Six pairs, at least three of them free: moved back by 3, 4 or 5 months some pairs are dropped, by 6 to 18 none.
    assert found["months_back"].tolist() == list(range(3, 22))
    by = found.set_index("months_back")
    assert by.loc[[3, 4, 5, 6, 18, 19, 21], "pairs"].tolist() == [3, 4, 5, 6, 6, 5, 3]
    assert by.loc[6, "during"] == "2024-01 to 2024-06"
    assert by.loc[6, "before"] == "2023-01 to 2023-06"
    cells = [counts[0, 12:18].sum(), counts[0, 24:30].sum(), counts[1, 12:18].sum(), counts[1, 24:30].sum()]
    assert by.loc[6, "ratio"] == pytest.approx((cells[1] / cells[0]) / (cells[3] / cells[2]))
    later = counts.copy()
    later[:, 30:] = 999
    pd.testing.assert_frame_equal(found, placebo_in_time(places(later), periods(), untreated))


def test_placebos_in_time_need_months() -> None:
    counts = np.full((2, 36), 20)
    assert placebo_in_time(places(counts), periods(), MONTHS[18:30]).empty
    assert placebo_in_time(places(counts), periods(), MONTHS[:0]).empty
    # A month that was not observed drops out with its pair.
    kept = Counted(
        ("inside", "Oldbury"), ("inside", "comparison"), MONTHS.delete(13), np.full((2, 35), 20), np.ones(2)
    )
    assert placebo_in_time(kept, periods(), MONTHS[:30]).set_index("months_back").loc[6, "pairs"] == 5


def test_a_common_fall_is_told_with_its_month() -> None:
    table = quiet_table()
    table.loc[:, NAMES[24:]] = (table.loc[:, NAMES[24:]] * 0.4).round().astype(int)
    row = common_change(table, FIRST, SECOND, breaks=["Goes across a break: new system."]).iloc[0]
    assert (row["areas"], row["areas_lower"], row["areas_higher"]) == (30, 30, 0)
    assert row["ratio_all"] == table.loc[:, NAMES[24:]].sum().sum() / table.loc[:, NAMES[12:24]].sum().sum()
    assert row["from_month"] == "2024-01"
    assert row["ratio_of_month"] == pytest.approx(0.4, abs=0.08)
    assert "the ratio asks what goes beyond that" in row["says"]
    assert row["says"].endswith("Goes across a break: new system.")
    steady = common_change(quiet_table(), FIRST, SECOND).iloc[0]["says"]
    assert "cannot be credited" not in steady


def sandwell(folder: Path) -> pd.DataFrame:
    rows = pd.read_csv(folder / "sandwell_lsoa21_month_counts_2023-07_2026-03.csv")
    asb = rows[rows["Crime type"] == "Anti-social behaviour"]
    group = asb["LSOA21NM"].str[:-1]
    return asb.groupby([group, "Month"])["crime_count"].sum().unstack(fill_value=0)


def test_sandwells_common_fall_is_credited_to_no_order(real_data: Path) -> None:
    table = sandwell(real_data)
    assert (table["2025-06"].sum(), table["2026-02"].sum()) == (296, 59)
    before, during = (
        pd.PeriodIndex([month for month in pd.period_range(*span, freq="M") if month.month != 9])
        for span in (("2024-07", "2025-02"), ("2025-07", "2026-02"))
    )
    common = common_change(table, before, during).iloc[0]
    assert common["from_month"] == "2025-07"
    assert common["areas_lower"] >= 0.9 * common["areas"]
    found = placebo_in_space(table, before, during)
    known = found[found["called"].notna()]
    # By before and after alone nearly all would have an "effect"; against the others few have.
    alone = known["inside_during"] / known["inside_before"]
    assert (alone < 0.85).mean() > 0.8
    share = placebo_summary(found).iloc[0]
    assert share["called_low"] < 5 < share["called_high"]
