"""The smallest change that could have been seen, against an integral, a simulation and arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import chi2, norm
from scipy.stats import t as student

import hotspot as hs
from hotspot.statistics.detectable import power_of_change, smallest_detectable_change
from hotspot.statistics.effect import Effect, ratio_of_rate_ratios
from hotspot.statistics.share_slope import share_slope

DURING = np.arange(24) >= 12


def level_effect(inside: int, other: int | None) -> Effect:
    """Return the effect of months that are all alike, so that nothing but counts is uncertain."""
    beside = None if other is None else [other] * 24
    return ratio_of_rate_ratios([inside] * 24, beside, DURING)


def power_by_integral(effect: Effect, ratio: float, cells: list[float], alpha: float) -> float:
    """Return P(T > t) with T = (Z + away) / sqrt(V / df), by integrating over V."""
    error = math.sqrt(effect.dispersion * sum(1.0 / cell for cell in cells) + effect.between_sd**2)
    bound, away, df = student.isf(alpha / 2, effect.df), abs(math.log(ratio)) / error, effect.df
    value, _ = quad(
        lambda v: norm.cdf(away - bound * math.sqrt(v / df)) * chi2.pdf(v, df), 0, chi2.isf(1e-12, df)
    )
    return float(value)


@pytest.mark.parametrize("other", [None, 20, 200])
@pytest.mark.parametrize("dispersion", [1.0, 2.4])
@pytest.mark.parametrize("tests", [1, 4])
def test_the_change_found_has_the_power(other: int | None, dispersion: float, tests: int) -> None:
    effect = replace(level_effect(40, other), dispersion=dispersion)
    found = smallest_detectable_change(effect, tests=tests)
    for ratio in (found.fall, found.rise):
        cells = [480.0, 480.0 * ratio] + ([12.0 * other] * 2 if other else [])
        assert power_by_integral(effect, ratio, cells, 0.05 / tests) == pytest.approx(0.8, abs=1e-6)
    assert found.fall < 1.0 < found.rise
    assert found.expected == 480.0
    assert found.level == pytest.approx(1 - 0.05 / tests)
    assert (found.fall_pct, found.rise_pct) == (100 * (1 - found.fall), 100 * (found.rise - 1))


def simulated(rng: np.random.Generator, ratio: float) -> Effect:
    """Return the effect of one simulated review: months of variance 1.6 times the mean, areas with changes of their own."""
    areas = 24
    means = np.repeat([[25.0], [100.0], *[[25.0]] * areas], 24, axis=1)
    # The comparison is as large as four areas, so the mean of their changes varies half as much.
    own = rng.normal(0.0, 0.12, areas + 2) * np.array([1.0, 0.5, *[1.0] * areas])
    own[0] += np.log(ratio)
    means[:, DURING] *= np.exp(own)[:, None]
    # Negative binomial: a Poisson number with a gamma mean.
    counts = rng.poisson(rng.gamma(means / 0.6, 0.6))
    return ratio_of_rate_ratios(counts[0], counts[1], DURING, others=counts[2:])


def test_the_power_in_simulated_reviews() -> None:
    rng = np.random.default_rng(7)
    effects = [simulated(rng, 1.0) for _ in range(200)]
    # What a review of this kind finds of dispersion and spread on average, at counts as expected.
    typical = replace(
        effects[0],
        inside_before=300,
        other_before=1200,
        other_during=1200,
        dispersion=float(np.mean([effect.dispersion for effect in effects])),
        between_sd=float(np.mean([effect.between_sd**2 for effect in effects]) ** 0.5),
        df=float(np.median([effect.df for effect in effects])),
    )
    found = smallest_detectable_change(typical)

    def share_seen(effects: list[Effect]) -> float:
        return float(np.mean([not effect.low <= 1.0 <= effect.high for effect in effects]))

    # The standard error of a share of 200 runs is at most 0.035, of 5 % 0.015.
    assert share_seen(effects) == pytest.approx(0.05, abs=0.04)
    for ratio in (found.fall, found.rise):
        assert share_seen([simulated(rng, ratio) for _ in range(200)]) == pytest.approx(0.8, abs=0.08)


def test_less_data_more_spread_and_more_tests_need_a_larger_change() -> None:
    falls = [smallest_detectable_change(level_effect(n, 200)).fall for n in (5, 20, 80)]
    assert falls == sorted(falls)
    base = level_effect(40, 200)
    wider = replace(base, between_sd=0.2)
    assert smallest_detectable_change(wider).fall < smallest_detectable_change(base).fall
    assert smallest_detectable_change(base, tests=5).fall < smallest_detectable_change(base).fall
    assert smallest_detectable_change(base, power=0.95).fall < smallest_detectable_change(base).fall


def test_a_common_fall_lowers_what_is_expected() -> None:
    other = np.where(DURING, 60, 100)
    found = smallest_detectable_change(ratio_of_rate_ratios([40] * 24, other, DURING))
    assert found.expected == pytest.approx(480 * 0.6)


def test_the_sentence() -> None:
    found = smallest_detectable_change(level_effect(40, 200))
    assert found.says == (
        f"A fall of about {math.ceil(100 - 100 * found.fall)} % or more, or a rise of about "
        f"{math.ceil(100 * found.rise - 100)} % or more, would have been seen in 80 % of cases (about 480 reports expected; "
        "5 % level, two-sided); a smaller one would more often have been missed."
    )
    assert "shared among 4 estimates" in smallest_detectable_change(level_effect(40, 200), tests=4).says


def test_with_few_reports_no_fall_could_have_been_seen() -> None:
    # 12 before and 12 expected: a fall that could be told from chance would leave under 10, which are not compared.
    found = smallest_detectable_change(level_effect(1, 10))
    assert math.isnan(found.fall)
    assert found.rise > 2.0
    assert found.says.startswith("No fall, however large")
    assert f"A rise of about {math.ceil(100 * found.rise - 100)} % or more would" in found.says


def test_a_change_smaller_than_the_smallest_can_still_be_seen_and_no_sentence_denies_it() -> None:
    found = smallest_detectable_change(level_effect(40, 200))
    between = (1.0 + found.fall) / 2.0
    assert 0.05 < power_of_change(level_effect(40, 200), between) < 0.8
    assert "could not" not in found.says
    assert "told from chance" not in found.says


def test_what_is_refused() -> None:
    few = ratio_of_rate_ratios([0] * 24, [10] * 24, DURING)
    with pytest.raises(hs.InputError, match="too few to compare: 0 reports inside before"):
        smallest_detectable_change(few)
    fine = level_effect(40, 200)
    with pytest.raises(hs.InputError, match="power="):
        smallest_detectable_change(fine, power=0.01)
    with pytest.raises(hs.InputError, match="ratio="):
        power_of_change(fine, 0.0)
    with pytest.raises(hs.InputError, match="tests=0"):
        smallest_detectable_change(fine, tests=0)


def test_a_great_change_is_seen_for_certain() -> None:
    assert power_of_change(level_effect(4000, 40000), 0.05) == 1.0
    assert power_of_change(level_effect(4000, 40000), 20.0) == 1.0


def slow_fit(first: NDArray[np.float64], second: NDArray[np.float64], when: NDArray[np.float64]) -> float:
    """Return the slope with the greatest likelihood, by a general minimiser."""
    from scipy.optimize import minimize

    def minus_log_likelihood(ends: NDArray[np.float64]) -> float:
        odds = ends[0] + ends[1] * (when - when.mean())
        return float((np.logaddexp(0, odds) * (first + second) - first * odds).sum())

    start = np.zeros(2)
    return float(minimize(minus_log_likelihood, start, method="BFGS", options={"gtol": 1e-9}).x[1])


def test_share_slope_is_the_likelihoods() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.poisson(12, (5, 20)).astype(float), rng.poisson(40, (5, 20)).astype(float)
    when = np.arange(20) / 12
    found = share_slope(first, second, when)
    assert found.slope == pytest.approx(
        [slow_fit(a, b, when) for a, b in zip(first, second, strict=True)], abs=1e-5
    )
    assert (found.dispersion >= 1).all()
    assert ((found.p > 0) & (found.p <= 1)).all()


def test_share_slope_keeps_its_level_and_cancels_season() -> None:
    rng = np.random.default_rng(5)
    season = 1 + 0.6 * np.sin(np.arange(24) * np.pi / 6)
    first, second = rng.poisson(30 * season, (4000, 24)), rng.poisson(90 * season, (4000, 24))
    found = share_slope(first, second, np.arange(24))
    # Standard error of the share: 0.0034. The dispersion is held at 1 or more, so it is a little under 5 %.
    assert (found.p < 0.05).mean() == pytest.approx(0.045, abs=0.015)
    steady = share_slope(first[:50] * 1.0, second[:50] * 1.0, np.arange(24) * 10.0 + 3)
    assert steady.slope * 10 == pytest.approx(found.slope[:50])
    assert steady.p == pytest.approx(found.p[:50])


def test_share_slope_of_empty_series_is_not_known() -> None:
    found = share_slope([[0, 0, 0], [1, 2, 3]], [4, 5, 6], [0, 1, 2])
    assert np.isnan(found.slope[0])
    assert np.isfinite(found.slope[1])
    with pytest.raises(hs.InputError, match="3 months"):
        share_slope([1, 2], [3, 4], [0, 1])
    with pytest.raises(hs.InputError, match="do not fit together"):
        share_slope([1, 2, 3], [3, 4, 5, 6], [0, 1, 2])
