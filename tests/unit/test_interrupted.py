"""Interrupted time series: what the terms mean, missing months, season, diagnostics, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hotspot.errors import InputError
from hotspot.statistics.interrupted import SHORT_BEFORE, TOO_SHORT, interrupted_series

MONTHS = np.arange(648, 684)
LATER = MONTHS >= 666


def counts(level: float, slope: float, trend: float = 0.0, base: float = 400.0) -> np.ndarray:
    """Return whole counts with this change of level, and of slope a year, from the 19th month on."""
    t = (MONTHS - 666) / 12
    season = 1 + 0.3 * np.sin(2 * np.pi * MONTHS / 12)
    return np.round(base * season * np.exp(trend * t + LATER * (np.log(level) + slope * t)))


def test_level_and_slope_come_back() -> None:
    found = interrupted_series(counts(0.7, -0.2, trend=0.1), MONTHS, LATER)
    assert found.level_term == "level_change"
    assert found.ratio("level_change")[0] == pytest.approx(0.7, abs=0.01)
    assert found.ratio("slope_change_a_year")[0] == pytest.approx(np.exp(-0.2), abs=0.01)
    assert found.ratio("trend_a_year")[0] == pytest.approx(np.exp(0.1), abs=0.01)
    assert found.trend_before == pytest.approx(np.exp(0.1), abs=0.02)


def test_a_change_that_both_share_is_not_the_insides() -> None:
    inside, other = counts(0.6, 0.1), counts(0.6, 0.1, base=900.0)
    alone = interrupted_series(inside, MONTHS, LATER)
    beside = interrupted_series(inside, MONTHS, LATER, other=other)
    assert alone.ratio(alone.level_term)[2] < 1.0
    ratio, low, high, p = beside.ratio("inside_level_change")
    assert ratio == pytest.approx(1.0, abs=0.01)
    assert low < 1.0 < high
    assert p > 0.5
    assert beside.trend_before_p > 0.5


def test_a_trend_before_is_seen() -> None:
    inside, other = counts(1.0, 0.0, trend=-0.5), counts(1.0, 0.0)
    found = interrupted_series(inside, MONTHS, LATER, other=other)
    assert found.trend_before == pytest.approx(np.exp(-0.5), abs=0.01)
    assert found.trend_before_p < 0.001


def test_expected_leaves_the_insides_change_out() -> None:
    inside, other = counts(0.5, 0.0), counts(0.8, 0.0, base=900.0)
    found = interrupted_series(inside, MONTHS, LATER, other=other, slope=False)
    own = found.rows_inside
    gone = (found.fitted / found.expected)[own]
    np.testing.assert_allclose(gone[~LATER], 1.0)
    np.testing.assert_allclose(gone[LATER], found.ratio(found.level_term)[0])
    np.testing.assert_allclose((found.fitted / found.expected)[~own], 1.0)
    np.testing.assert_array_equal(found.rows_month[own], MONTHS)


def test_a_missing_month_is_not_a_zero() -> None:
    seen = np.ones(36, dtype=bool)
    seen[[4, 25]] = False
    values = counts(0.7, -0.2)
    missing = interrupted_series(values[seen], MONTHS[seen], LATER[seen])
    zero = interrupted_series(np.where(seen, values, 0), MONTHS, LATER)
    assert missing.ratio("level_change")[0] == pytest.approx(0.7, abs=0.01)
    assert missing.dispersion < 0.1
    assert zero.dispersion > 10.0


@pytest.mark.parametrize(
    ("season", "columns"),
    [("months", 11), ("harmonics", 2), ("none", 0), ("auto", 11)],
)
def test_season_terms(season: str, columns: int) -> None:
    found = interrupted_series(counts(0.7, 0.0), MONTHS, LATER, season=season)
    names = [name for name in found.terms if name.startswith(("month_", "season_"))]
    assert len(names) == columns


def test_two_short_periods_cannot_tell_months_from_trend() -> None:
    months = np.concatenate([np.arange(8), np.arange(12, 20)])
    values = [30, 33, 28, 31, 35, 30, 27, 29, 20, 22, 19, 21, 18, 23, 20, 19]
    found = interrupted_series(values, months, months >= 12, slope=False)
    assert "harmonics" in found.method
    assert not found.reason
    forced = interrupted_series(values, months, months >= 12, slope=False, season="months")
    assert forced.reason == TOO_SHORT
    assert np.isnan(forced.estimate).all()


def test_dispersion_lag_and_their_errors() -> None:
    # The same forwards and backwards in each period, so that trend and level are 0 and every mean is 50 / 3.
    spells = np.tile(np.repeat([10, 30, 10], 3), 4).astype(float)
    found = interrupted_series(spells, MONTHS, LATER, season="none", slope=False)
    off = spells - 50 / 3
    assert found.dispersion == pytest.approx((off**2).sum() / (50 / 3) / (36 - 3))
    assert found.lag_one == pytest.approx((off[1:] * off[:-1]).sum() / 35 / ((off**2).sum() / 36))
    wider = interrupted_series(spells, MONTHS, LATER, season="none", slope=False, errors="hac")
    at = found.terms.index("level_change")
    assert (wider.error >= found.error - 1e-12).all()
    np.testing.assert_allclose(wider.estimate, found.estimate)
    assert found.p[at] > 0.5


def test_few_counts_give_no_estimate() -> None:
    few = np.zeros(36)
    few[:18] = 1
    few[20] = 9
    found = interrupted_series(few, MONTHS, LATER)
    assert found.reason == "too few to compare"
    assert np.isnan(found.ratio("level_change")[0])
    short = interrupted_series(
        counts(1, 0)[14:], MONTHS[14:], LATER[14:], season="none", slope=False, other=counts(1, 0)[14:]
    )
    assert short.caution == SHORT_BEFORE
    assert np.isnan(short.trend_before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"season": "weeks"}, "season='weeks'"),
        ({"family": "gamma"}, "family='gamma'"),
        ({"errors": "robust"}, "errors='robust'"),
        ({"other": [1, 2]}, "shapes"),
        ({"other": np.full(36, np.nan)}, "36 of the counts of other"),
        ({"months": MONTHS[::-1]}, "do not ascend"),
        ({"during": ~LATER}, "False for the first months"),
        ({"during": np.zeros(36, dtype=bool)}, "False for the first months"),
    ],
)
def test_what_is_refused(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"inside": counts(1, 0), "months": MONTHS, "during": LATER} | change
    inside, months, during = given.pop("inside"), given.pop("months"), given.pop("during")
    with pytest.raises(InputError, match=message):
        interrupted_series(inside, months, during, **given)
