"""The months of a location: activity, classes in plain words, the year before and the trend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hotspot.errors import InputError
from hotspot.ranking.pattern import monthly_pattern
from hotspot.ranking.pattern_classes import CLASSES

START = "2021-01"


def months_from(start: str, count: int, *, without: tuple[str, ...] = ()) -> pd.PeriodIndex:
    months = pd.period_range(start, periods=count, freq="M")
    return months[~months.isin(pd.PeriodIndex(without, freq="M"))]


def pattern_of(series: list[int], *, start: str = START, as_of: str | None = None) -> pd.Series:
    months = months_from(start, len(series))
    return monthly_pattern(np.array([series]), months, as_of).iloc[0]


def series_of(count: int, **filled: int) -> list[int]:
    """Return zeros, with m7=20 for 20 incidents in the month at position 7."""
    series = [0] * count
    for name, value in filled.items():
        series[int(name[1:])] = value
    return series


EXAMPLES = {
    "one bad month": (series_of(24, m7=20), "burst"),
    "one bad month, the last": (series_of(24, m23=20), "burst"),
    "one bad month and a few others": (series_of(24, m7=20, m1=1, m12=2, m20=1), "burst"),
    "one bad month on top of a busy place": ([4] * 11 + [60], "burst"),
    "one bad summer on top of a busy place": ([2] * 6 + [15, 20, 15] + [2] * 9, "burst"),
    "a short spell in the middle": (series_of(24, m10=4, m11=5, m12=3), "burst"),
    "a spell of half a year in the middle": ([0] * 9 + [3, 2, 4, 3, 2, 4] + [0] * 9, "burst"),
    "three Julys": (series_of(36, m6=9, m18=11, m30=7), "same season each year"),
    "three Julys and a stray": (series_of(36, m6=9, m10=1, m18=11, m30=7), "same season each year"),
    "two summers": (([0] * 5 + [3, 5, 4] + [0] * 4) * 2, "same season each year"),
    "two summers on top of a busy place": (([2] * 5 + [12, 15, 12] + [2] * 4) * 2, "same season each year"),
    "two winters, over the turn of the year": (([4, 3] + [0] * 9 + [5]) * 2, "same season each year"),
    "two single Julys may be chance": (series_of(24, m6=9, m18=11), "burst"),
    "July in two years of three": (series_of(36, m5=4, m6=9, m17=4, m18=11), "burst"),
    "summer at twice the rate": (([2] * 5 + [4, 4, 4] + [2] * 4) * 3, "steady"),
    "30 evenly over 24 months": ([1, 1, 1, 2] * 6, "steady"),
    "five evenly over 12 months": ([1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0], "steady"),
    "a threefold rise": ([1] * 8 + [2] * 8 + [3] * 8, "steady"),
    "the last six months": ([0] * 18 + [2, 3, 1, 2, 4, 2], "newly appeared"),
    "the last six months but one stray": ([0, 1] + [0] * 16 + [3, 3, 4, 3, 4, 3], "newly appeared"),
    "two of 14 were long before": ([0, 2] + [0] * 16 + [2, 2, 2, 2, 2, 2], "burst"),
    "the first six months": ([2, 3, 1, 2, 4, 2] + [0] * 18, "faded"),
    "quiet for the last six months": ([2, 3, 1, 2, 4, 2] * 3 + [0] * 6, "faded"),
    "quiet for the last five months": ([2, 3, 1, 2, 4, 2] * 3 + [3] + [0] * 5, "steady"),
    "on since more than a year": ([0] * 14 + [3] * 22, "steady"),
    "one incident": (series_of(24, m3=1), "once"),
    "three in one month": (series_of(24, m3=3), "once"),
    "four in two months": (series_of(24, m3=3, m9=1), "too few to say"),
    "none": ([0] * 24, "too few to say"),
    "eleven months": ([5] * 11, "too few to say"),
    "one month of eleven": (series_of(11, m3=20), "too few to say"),
    "twelve months": ([5] * 12, "steady"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_class_of_each_example(name: str) -> None:
    series, expected = EXAMPLES[name]
    assert pattern_of(series)["pattern"] == expected


def test_every_class_has_an_example() -> None:
    assert {expected for _, expected in EXAMPLES.values()} == set(CLASSES)


def test_the_season_is_named() -> None:
    assert pattern_of(EXAMPLES["three Julys"][0])["season"] == "Jul"
    assert pattern_of(EXAMPLES["two summers"][0])["season"] == "Jun-Aug"
    assert pattern_of(EXAMPLES["two winters, over the turn of the year"][0])["season"] == "Dec-Feb"
    # The same series from April on is another season.
    assert pattern_of(EXAMPLES["three Julys"][0], start="2021-04")["season"] == "Oct"
    assert pd.isna(pattern_of(EXAMPLES["one bad month"][0])["season"])


def test_a_season_whose_month_has_no_file_is_not_one_without_incidents() -> None:
    months = months_from(START, 48, without=("2022-07",))
    counts = np.where(months.month == 7, 8, 0)[None, :]
    assert (counts > 0).sum() == 3
    assert monthly_pattern(counts, months)["pattern"][0] == "same season each year"
    seen = months_from(START, 48)
    quiet = np.where((seen.month == 7) & (seen.year != 2022), 8, 0)[None, :]
    assert monthly_pattern(quiet, seen)["pattern"][0] != "same season each year"


def test_activity_by_hand() -> None:
    row = pattern_of([0, 3, 1, 0, 2, 0])
    assert (row["months_active"], row["months_observed"], row["longest_run"]) == (3, 6, 2)
    assert row["months_active_expected"] == pytest.approx(6 * (1 - (5 / 6) ** 6))
    # Mean 1, squares of the differences 1 + 4 + 0 + 1 + 1 + 1 = 8, divided by 6 - 1.
    assert row["burstiness"] == pytest.approx(8 / 5)
    assert (str(row["first_month"]), str(row["last_month"])) == ("2021-02", "2021-05")
    assert row["months_since_last"] == 1


def test_as_of_stands_for_today() -> None:
    for as_of in ("2022-03-31", "2022-03", pd.Timestamp("2022-03-01"), pd.Period("2022-03", "M")):
        assert pattern_of([0, 3, 0, 0], as_of=as_of)["months_since_last"] == 13
    with pytest.raises(InputError, match="2021-03-31 lies before the last observed month, 2021-04"):
        pattern_of([0, 3, 0, 0], as_of="2021-03-31")
    with pytest.raises(InputError, match="is no date"):
        pattern_of([0, 3, 0, 0], as_of="soon")


def test_a_missing_month_breaks_a_run_and_is_not_observed() -> None:
    months = months_from(START, 5, without=("2021-03",))
    table = monthly_pattern(np.array([[1, 1, 1, 1]]), months)
    assert table[["months_active", "months_observed", "longest_run"]].iloc[0].tolist() == [4, 4, 2]
    whole = monthly_pattern(np.array([[1, 1, 1, 1]]), months_from(START, 4))
    assert whole["longest_run"][0] == 4


def test_a_run_over_a_missing_month_is_not_three_in_a_row() -> None:
    counts = np.array([[1] * 6 + [5, 5, 5] + [1] * 4])
    whole, parted = months_from(START, 13), months_from(START, 14, without=("2021-08",))
    assert monthly_pattern(counts, whole)["pattern"][0] == "burst"
    assert monthly_pattern(counts, parted)["pattern"][0] == "steady"


def test_a_location_without_incidents_has_gaps_not_zeros() -> None:
    row = pattern_of([0] * 12)
    assert (row["months_active"], row["longest_run"], row["months_active_expected"]) == (0, 0, 0)
    for name in ("burstiness", "first_month", "last_month", "months_since_last", "season", "rate_ratio"):
        assert pd.isna(row[name]), name


def test_the_year_before_is_of_the_same_months() -> None:
    # 14 months: January and February 2022 have a month a year before.
    row = pattern_of([1, 2, *[50] * 10, 4, 5])
    assert (row["recent_incidents"], row["year_before_incidents"], row["months_compared"]) == (9, 3, 2)
    # R 4.2.2: poisson.test(c(9, 3))$conf.int
    assert row["rate_ratio"] == 3
    assert (row["rate_ratio_low"], row["rate_ratio_high"]) == pytest.approx((0.7486844502, 17.22800313))


def test_the_last_twelve_months_only_are_compared() -> None:
    row = pattern_of([100] * 12 + [1] * 12 + [2] * 12)
    assert (row["recent_incidents"], row["year_before_incidents"], row["months_compared"]) == (24, 12, 12)


def test_a_month_without_a_file_is_compared_with_nothing() -> None:
    months = months_from(START, 24, without=("2021-03", "2022-05"))
    counts = np.where(months.year == 2021, 1, 2)[None, :]
    row = monthly_pattern(counts, months).iloc[0]
    assert (row["recent_incidents"], row["year_before_incidents"], row["months_compared"]) == (20, 10, 10)


def test_without_a_year_before_there_is_no_comparison() -> None:
    row = pattern_of([1] * 12)
    assert row["months_compared"] == 0
    for name in (
        "recent_incidents",
        "year_before_incidents",
        "rate_ratio",
        "rate_ratio_low",
        "rate_ratio_high",
    ):
        assert pd.isna(row[name]), name


def test_the_trend_starts_at_24_months() -> None:
    names = ["trend_s", "trend_tau", "trend_z", "trend_p", "trend_per_year"]
    assert pattern_of([1] * 23)[names].isna().all()
    row = pattern_of([1] * 12 + [3] * 12)
    # Each of 12 months rose, variance 1 each: z = 11 / sqrt(12).
    assert row[names].astype(float).tolist() == pytest.approx(
        [12, 1, 11 / np.sqrt(12), 0.0014962, 2], rel=1e-4
    )


def random_counts(rows: int, months: int) -> np.ndarray:
    """Return locations of very different size and evenness, some of them without an incident."""
    generator = np.random.default_rng(4)
    size = np.repeat(np.geomspace(0.01, 3.0, rows // 10), 10)
    return generator.negative_binomial(size[:, None], 0.5, (rows, months)).astype(np.int32)


def test_each_location_is_judged_on_its_own() -> None:
    counts, months = random_counts(60, 30), months_from(START, 30)
    before = counts.copy()
    together = monthly_pattern(counts, months)
    order = np.random.default_rng(0).permutation(60)
    shuffled = monthly_pattern(counts[order], months)
    pd.testing.assert_frame_equal(together.iloc[order].reset_index(drop=True), shuffled)
    np.testing.assert_array_equal(counts, before)
    assert together["pattern"].nunique() > 2


def test_a_block_of_locations_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from hotspot.ranking import pattern_classes
    from hotspot.statistics import trend

    counts, months = random_counts(50, 30), months_from(START, 30)
    whole = monthly_pattern(counts, months)
    monkeypatch.setattr(pattern_classes, "BLOCK", 7)
    monkeypatch.setattr(trend, "BLOCK", 11)
    pd.testing.assert_frame_equal(whole, monthly_pattern(counts, months))


def test_no_locations_give_the_same_columns() -> None:
    months = months_from(START, 24)
    empty = monthly_pattern(np.zeros((0, 24), dtype=np.int32), months)
    assert len(empty) == 0
    assert list(empty.columns) == list(monthly_pattern(np.ones((1, 24), dtype=np.int32), months).columns)


@pytest.mark.parametrize("observed", [12, 24, 36])
@pytest.mark.parametrize("incidents", [5, 10, 30, 100])
def test_even_locations_are_rarely_called_anything_else(observed: int, incidents: int) -> None:
    generator = np.random.default_rng(observed * 1000 + incidents)
    counts = generator.multinomial(incidents, np.full(observed, 1 / observed), 3_000)
    found = monthly_pattern(counts, months_from(START, observed))["pattern"]
    assert found.isin(["once", "too few to say"]).sum() == 0
    assert (found != "steady").mean() <= 0.05


@pytest.mark.parametrize(
    ("counts", "months", "words"),
    [
        (np.ones((2, 3)), months_from(START, 3), "counts are float64"),
        (np.ones(3, dtype=int), months_from(START, 3), r"of the shape \(3,\)"),
        (np.ones((2, 3), dtype=int), months_from(START, 4), "3 columns and there are 4 months"),
        (np.ones((2, 3), dtype=int), ["2021-01", "2021-02", "2021-03"], "months are list"),
        (np.ones((2, 3), dtype=int), months_from(START, 3)[::-1], "do not ascend"),
        (np.array([[1, 2, 3], [1, -2, 3]]), months_from(START, 3), "first in row 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(counts: np.ndarray, months: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        monthly_pattern(counts, months)


def test_no_class_uses_the_words_of_the_law() -> None:
    words = " ".join([*CLASSES, monthly_pattern.__doc__ or ""]).lower()
    for word in ("persist", "continuing", "detriment", "unreasonable", "justif", "necessary", "offender"):
        assert word not in words
