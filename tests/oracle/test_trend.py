"""Mann-Kendall and seasonal Kendall against published answers, pymannkendall 1.4.3 and slow loops."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from hotspot.errors import InputError
from hotspot.statistics.trend import Trend, mann_kendall, seasonal_kendall

# pymannkendall 1.4.3: original_test(x), as (x, S, variance, z, p, tau, Sen slope).
PYMK = [
    ([4, 5, 9, 7, 6, 10, 4, 7, 7, 7, 2, 4, 5, 6, 2, 4, 3, 3, 2, 7, 2, 1, 1, 2],
     -134, 1579.33333333, -3.34668425211, 0.000817843078314, -0.485507246377, -0.25),
    ([5, 8, 9, 5, 7, 3, 7, 5, 7, 5, 4, 8, 6, 4, 3, 2, 8, 3, 6, 3, 5, 2, 5, 2],
     -102, 1575.33333333, -2.54469151965, 0.0109374314408, -0.369565217391, -0.151923076923),
    ([8, 8, 5, 3, 15, 12, 9, 8, 10, 6, 11, 4, 9, 4, 9, 4, 8, 14, 10, 12, 12, 14, 8, 6],
     36, 1594.66666667, 0.876461989324, 0.380778931572, 0.130434782609, 0.0954545454545),
]  # fmt: skip


def made_up(years: int) -> np.ndarray:
    """Return a series with a season, ties and a rise of one about every two years."""
    month = np.arange(12 * years)
    return month * 7 % 5 + 3 * (month % 12 == 6) + month // 24 + month * month % 7


# pymannkendall 1.4.3 on made_up(years): seasonal_test(x, 12) gives S, variance, z, p, tau, slope, and
# correlated_seasonal_test(x, 12) the last variance; then seasonal_test with x[[3, 17]] = nan.
SEASONAL = {
    2: (1, 11.0, 0.0, 1.0, 0.08333333333333333, 0.5, 1.0),
    3: (5, 41.0, 0.6246950475544243, 0.5321712241488488, 0.1388888888888889, 0.5, 14.333333333333332),
    10: (233, 1425.6666666666665, 6.1443930199290495, 8.026985742759507e-10, 0.43148148148148147, 0.5,
         6425.666666666666),
}  # fmt: skip
WITH_GAPS = {
    3: (5, 35.666666666666664, 0.6697746866231371, 0.503001432513255, 0.15625, 0.5),
    10: (226, 1363.3333333333333, 6.093705919532123, 1.1032625923945716e-09, 0.4329501915708812, 0.5),
}


def figures(trend: Trend) -> list[float]:
    return [float(getattr(trend, name)[0]) for name in ("s", "variance", "z", "p", "tau", "slope")]


def near(answers: tuple[float, ...]) -> object:
    return pytest.approx(list(answers), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("case", PYMK)
def test_mann_kendall_of_pymannkendall(case: tuple[list[int], ...]) -> None:
    assert figures(mann_kendall(case[0])) == near(case[1:])


@pytest.mark.parametrize(
    ("series", "s", "variance", "z", "p"),
    [
        ([1, 2, 3, 4, 5, 6], 15, 85 / 3, 2.630142, 0.008535),
        ([1, 2, 2, 3, 5, 4], 12, 27.333333, 2.104003, 0.035378),
        ([3, 3, 3, 3, 3, 3], 0, 0, 0, 1),
    ],
)
def test_short_known_answers(series: list[int], s: float, variance: float, z: float, p: float) -> None:
    trend = mann_kendall(series)
    assert trend.s[0] == s
    assert (trend.variance[0], trend.z[0], trend.p[0]) == pytest.approx((variance, z, p), abs=1e-6)


def test_the_variance_is_the_textbook_formula_for_ties() -> None:
    table = np.random.default_rng(3).poisson(1.5, (40, 15))
    count = table.shape[1]
    for row, variance in zip(table, mann_kendall(table).variance, strict=True):
        tied = np.unique(row, return_counts=True)[1]
        textbook = count * (count - 1) * (2 * count + 5) - (tied * (tied - 1) * (2 * tied + 5)).sum()
        assert variance == pytest.approx(textbook / 18)


def test_steps_that_are_not_equal_enter_the_slope_only() -> None:
    values, steps = [1, 2, 6], [0, 1, 3]
    trend, even = mann_kendall(values, steps=steps), mann_kendall(values)
    # Slopes 1/1, 4/2 and 5/3: the median is 5/3.
    assert trend.slope[0] == pytest.approx(5 / 3)
    assert (trend.s[0], trend.p[0]) == (even.s[0], even.p[0])


@pytest.mark.parametrize("years", sorted(SEASONAL))
@pytest.mark.parametrize("start", [0, 624])
def test_seasonal_kendall_of_pymannkendall(years: int, start: int) -> None:
    months = start + np.arange(12 * years)
    *answers, correlated = SEASONAL[years]
    assert figures(seasonal_kendall(made_up(years), months, dependence=False)) == near(tuple(answers))
    assert seasonal_kendall(made_up(years), months, dependence=True).variance[0] == pytest.approx(correlated)


@pytest.mark.parametrize("years", sorted(WITH_GAPS))
def test_missing_months_of_pymannkendall(years: int) -> None:
    kept = np.delete(np.arange(12 * years), [3, 17])
    assert figures(seasonal_kendall(made_up(years)[kept], kept, dependence=False)) == near(WITH_GAPS[years])


def slow_covariance(table: np.ndarray, g: int, h: int) -> float:
    """Return Hirsch and Slack's covariance of two seasons; NaN for a missing year, ranked in the middle."""
    years = len(table)
    ranks = np.empty((years, 2))
    for place, season in enumerate((g, h)):
        seen = table[:, season][~np.isnan(table[:, season])]
        for year in range(years):
            value = table[year, season]
            ranks[year, place] = (len(seen) + 1) / 2
            if not np.isnan(value):
                ranks[year, place] = (len(seen) + 1 + sum(np.sign(value - other) for other in seen)) / 2
    k = 0.0
    for i in range(years):
        for j in range(i + 1, years):
            product = (table[j, g] - table[i, g]) * (table[j, h] - table[i, h])
            k += 0.0 if np.isnan(product) else np.sign(product)
    seen_g, seen_h = (int((~np.isnan(table[:, season])).sum()) for season in (g, h))
    return (k + 4 * (ranks[:, 0] * ranks[:, 1]).sum() - years * (seen_g + 1) * (seen_h + 1)) / 3


@pytest.mark.parametrize("missing", [[], [0, 1, 30, 77]])
def test_the_dependent_variance_sums_hirsch_and_slacks_covariances(missing: list[int]) -> None:
    flat = np.random.default_rng(8).poisson(2.0, 12 * 11).astype(float)
    flat[missing] = np.nan
    kept = np.flatnonzero(~np.isnan(flat))
    table = flat.reshape(11, 12)
    expected = sum(slow_covariance(table, g, h) for g in range(12) for h in range(12))
    assert seasonal_kendall(flat[kept], kept, dependence=True).variance[0] == pytest.approx(expected)
    expected = sum(slow_covariance(table, g, g) for g in range(12))
    assert seasonal_kendall(flat[kept], kept, dependence=False).variance[0] == pytest.approx(expected)


def test_dependence_is_allowed_for_from_ten_years_of_every_month_on() -> None:
    values, months = made_up(10), np.arange(120)
    both = [seasonal_kendall(values, months, dependence=one).variance[0] for one in (False, True)]
    assert both[0] != both[1]
    assert seasonal_kendall(values, months).variance[0] == both[1]
    nine = seasonal_kendall(values[1:], months[1:])
    assert nine.variance[0] == seasonal_kendall(values[1:], months[1:], dependence=False).variance[0]


def test_a_season_alone_is_no_trend() -> None:
    season = np.array([1, 1, 2, 3, 5, 8, 9, 9, 5, 3, 2, 1])
    trend = seasonal_kendall(np.tile(season, 3), np.arange(36))
    assert (trend.s[0], trend.p[0], trend.slope[0]) == (0, 1, 0)


def test_below_24_months_there_is_a_reason_and_no_trend() -> None:
    trend = seasonal_kendall(np.ones((2, 23), dtype=int), np.arange(23))
    assert trend.reason == "no trend is given below 24 observed months; there are 23"
    assert np.isnan(trend.p).tolist() == [True, True]
    assert seasonal_kendall(np.ones((2, 24), dtype=int), np.arange(24)).reason is None


def test_every_row_is_on_its_own_and_unsigned_counts_do_not_wrap() -> None:
    table = np.random.default_rng(1).poisson(2, (7, 36))
    months = np.arange(36)
    together = seasonal_kendall(table.astype(np.uint16), months)
    alone = np.array([seasonal_kendall(row, months).z[0] for row in table])
    np.testing.assert_array_equal(together.z, alone)
    assert (np.diff(np.sort(alone)) != 0).any()


def test_turned_in_time_every_sign_turns() -> None:
    table = np.random.default_rng(2).poisson(2, (9, 36))
    forward, back = seasonal_kendall(table, np.arange(36)), seasonal_kendall(table[:, ::-1], np.arange(36))
    np.testing.assert_array_equal(forward.s, -back.s)
    np.testing.assert_allclose(forward.slope, -back.slope)
    assert forward.variance == pytest.approx(back.variance)


@pytest.mark.parametrize(
    ("values", "months", "words"),
    [
        ([1.0, np.nan] * 12, np.arange(24), "12 values are missing"),
        ([1.0] * 24, np.arange(23), "24 columns"),
        ([1.0] * 24, np.arange(24)[::-1], "do not ascend: 22 follows 23"),
        (np.ones((2, 2, 2)), np.arange(2), "3 dimensions"),
    ],
)
def test_what_cannot_be_tested_is_refused(values: object, months: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        seasonal_kendall(values, months)


def test_one_step_has_no_trend() -> None:
    with pytest.raises(InputError, match="at least 2 steps"):
        mann_kendall([3])


def test_no_rows_give_no_rows() -> None:
    assert len(seasonal_kendall(np.ones((0, 24)), np.arange(24)).p) == 0


def test_p_falls_as_a_series_rises_more_often() -> None:
    rising = np.array([np.r_[np.zeros(12), np.r_[np.ones(up), np.zeros(12 - up)]] for up in range(1, 13)])
    p = seasonal_kendall(rising, np.arange(24)).p
    assert all(later < earlier for earlier, later in pairwise(p))
