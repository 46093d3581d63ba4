"""The effect of an order against R (tests/oracle/r/effect.R), statsmodels by hand and a slow exact interval."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

from hotspot.statistics.effect import ratio_of_rate_ratios
from hotspot.statistics.effect_variance import exact_odds, pair_months, share_months, standard_error
from hotspot.statistics.interrupted import interrupted_series

RECORDED = Path(__file__).parent / "r" / "effect.csv"
INSIDE = [9, 1, 14, 8, 17, 6, 5, 9, 0, 11, 2, 3]
OTHER = [31, 28, 40, 35, 30, 33, 25, 30, 27, 29, 22, 26]
DURING = np.arange(12) >= 6
OWN = [
    int(n) for n in "14 3 9 22 15 18 31 16 3 12 10 22 12 4 13 27 16 20 13 2 10 8 17 6 1 8 10 19 13 12".split()
]
BESIDE = [60, 42, 55, 78, 70, 65, 90, 66, 41, 57, 70, 58, 44, 59, 86]
BESIDE += [69, 75, 58, 66, 80, 55, 40, 51, 69, 55, 37, 63, 86, 70, 53]
MONTHS = np.setdiff1d(np.arange(31), [7])
LATER = MONTHS >= 18


@pytest.fixture(scope="module")
def of_r() -> dict[str, float]:
    lines = RECORDED.read_text(encoding="utf-8").splitlines()[1:]
    return {name: float(value) for name, value in (line.split(",") for line in lines)}


def test_the_dispersion_of_shares_is_that_of_rs_quasi_models(of_r: dict[str, float]) -> None:
    dispersion = float(share_months(INSIDE, OTHER, DURING).dispersion[0])
    assert dispersion == pytest.approx(of_r["share_dispersion"], rel=1e-8)
    assert dispersion == pytest.approx(of_r["poisson_dispersion"], rel=1e-8)
    cells = [sum(series[part]) for series in (INSIDE, OTHER) for part in (slice(6), slice(6, None))]
    error = float(standard_error(cells, dispersion=dispersion))
    assert error == pytest.approx(of_r["share_error"], rel=1e-6)
    found = ratio_of_rate_ratios(INSIDE, OTHER, DURING)
    assert np.log(found.ratio) == pytest.approx(of_r["poisson_estimate"], rel=1e-8)
    assert found.monthly_dispersion == pytest.approx(dispersion)


def test_the_dispersion_of_pairs_is_that_of_rs_quasi_poisson(of_r: dict[str, float]) -> None:
    dispersion = float(pair_months(INSIDE, DURING).dispersion[0])
    assert dispersion == pytest.approx(of_r["pair_dispersion"], rel=1e-6)
    found = ratio_of_rate_ratios(INSIDE, None, DURING)
    assert np.log(found.ratio) == pytest.approx(of_r["pair_estimate"], rel=1e-8)
    assert found.monthly_dispersion == pytest.approx(dispersion)


@pytest.mark.parametrize("cells", [(24, 40, 160, 150), (10, 18, 11, 90), (169, 381, 2858, 2356)])
def test_the_exact_interval_is_fishers(of_r: dict[str, float], cells: tuple[int, int, int, int]) -> None:
    low, high, _ = exact_odds(*cells, 0.95)
    name = "_".join(str(cell) for cell in cells)
    # R finds its ends to about four figures.
    assert low == pytest.approx(of_r[f"exact_low_{name}"], rel=3e-4)
    assert high == pytest.approx(of_r[f"exact_high_{name}"], rel=3e-4)


def test_the_exact_interval_leaves_its_tail_outside() -> None:
    a, b, c, d = 6, 14, 15, 11
    low, high, p = exact_odds(a, b, c, d, 0.9)

    def tail(odds: Fraction, upper: bool) -> Fraction:
        terms = {x: comb(a + b, x) * comb(c + d, a + c - x) * odds**x for x in range(min(a + b, a + c) + 1)}
        kept = sum(value for x, value in terms.items() if (x >= a if upper else x <= a))
        return kept / sum(terms.values())

    assert float(tail(Fraction(low), True)) == pytest.approx(0.05, rel=1e-6)
    assert float(tail(Fraction(high), False)) == pytest.approx(0.05, rel=1e-6)
    assert p == pytest.approx(2 * float(min(tail(Fraction(1), True), tail(Fraction(1), False))))


def test_the_interrupted_series_is_rs(of_r: dict[str, float]) -> None:
    single = interrupted_series(OWN, MONTHS, LATER, season="harmonics")
    at = single.terms.index("level_change")
    assert single.estimate[at] == pytest.approx(of_r["single_level"], rel=1e-6)
    assert single.error[at] == pytest.approx(of_r["single_level_error"], rel=1e-5)
    assert single.estimate[single.terms.index(single.slope_term)] == pytest.approx(
        of_r["single_slope"], rel=1e-6
    )
    assert single.dispersion == pytest.approx(of_r["single_dispersion"], rel=1e-6)
    double = interrupted_series(OWN, MONTHS, LATER, other=BESIDE, season="months")
    at, slope = double.terms.index(double.level_term), double.terms.index(double.slope_term)
    assert double.estimate[at] == pytest.approx(of_r["double_level"], rel=1e-6)
    assert double.error[at] == pytest.approx(of_r["double_level_error"], rel=1e-5)
    assert double.estimate[slope] == pytest.approx(of_r["double_slope"], rel=1e-6)
    assert double.error[slope] == pytest.approx(of_r["double_slope_error"], rel=1e-5)
    assert double.dispersion == pytest.approx(of_r["double_dispersion"], rel=1e-6)


def test_the_interrupted_series_is_statsmodels_by_hand() -> None:
    import statsmodels.api as sm

    # Rows and columns written out here, not taken from the result.
    rows = []
    for own in (1.0, 0.0):
        for month in MONTHS:
            t, d = (month - 18) / 12, float(month >= 18)
            angle = 2 * np.pi * month / 12
            rows.append([1, t, np.sin(angle), np.cos(angle), d, d * t, own, own * t, own * d, own * d * t])
    design, counts = np.array(rows), np.array(OWN + BESIDE, dtype=float)
    by_hand = sm.GLM(counts, design, family=sm.families.Poisson()).fit(scale="X2")
    found = interrupted_series(OWN, MONTHS, LATER, other=BESIDE, season="harmonics")
    np.testing.assert_allclose(found.design, design, atol=1e-12)
    np.testing.assert_allclose(found.estimate, by_hand.params, rtol=1e-8)
    np.testing.assert_allclose(found.error, by_hand.bse, rtol=1e-8)
    np.testing.assert_allclose(found.p, 2 * student.sf(np.abs(by_hand.tvalues), 50), rtol=1e-7)
    np.testing.assert_allclose(found.fitted, by_hand.mu, rtol=1e-8)
    at = found.terms.index("inside_level_change")
    reach = student.ppf(0.975, 50) * by_hand.bse[8]
    assert found.ratio(found.level_term)[1:3] == pytest.approx(
        tuple(np.exp([by_hand.params[at] - reach, by_hand.params[at] + reach]))
    )


def test_the_negative_binomial_is_statsmodels_at_its_alpha() -> None:
    import statsmodels.api as sm

    found = interrupted_series(OWN, MONTHS, LATER, season="harmonics", family="negative binomial")
    family = sm.families.NegativeBinomial(alpha=found.alpha)
    by_hand = sm.GLM(np.array(OWN, dtype=float), found.design, family=family).fit()
    np.testing.assert_allclose(found.estimate, by_hand.params, rtol=1e-6)
    np.testing.assert_allclose(found.error, by_hand.bse, rtol=1e-6)
    mean = by_hand.mu
    pearson = ((np.array(OWN) - mean) ** 2 / (mean + found.alpha * mean**2)).sum()
    assert pearson == pytest.approx(30 - 6, rel=1e-6)


def test_the_hac_errors_are_newey_and_wests() -> None:
    import statsmodels.api as sm

    # Poisson counts that run in spells, no month missing: statsmodels knows no gaps.
    months = np.arange(48)
    counts = np.array([20, 24, 28, 27, 22, 15, 12, 11] * 6, dtype=float)
    later = months >= 24
    found = interrupted_series(counts, months, later, season="none", slope=False, errors="hac")
    fit = sm.GLM(counts, found.design, family=sm.families.Poisson())
    options = {"maxlags": 3, "use_correction": True}
    by_hand = fit.fit(cov_type="HAC", cov_kwds=options).bse
    plain = fit.fit(scale="X2").bse
    assert (by_hand > plain).any()
    np.testing.assert_allclose(found.error, np.maximum(by_hand, plain), rtol=1e-6)
