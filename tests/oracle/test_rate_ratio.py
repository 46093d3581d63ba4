"""Rate ratios and the E-test against R, published answers and sums over a whole table."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, poisson

from hotspot.errors import InputError
from hotspot.statistics.rate_ratio import e_test, rate_ratio

# R 4.2.2: r <- poisson.test(c(k1, k2), c(e1, e2)); r$estimate, r$conf.int
R_ANSWERS = [
    (169, 381, 1, 1, 0.443569553805774, 0.367858816917455, 0.533038275233056),
    (11, 21, 800, 3011, 1.9714880952381, 0.858426403391639, 4.27726594365407),
    (0, 7, 1, 1, 0.0, 0.0, 0.693813980096453),
    (5, 0, 2, 3, np.inf, 1.37453378597319, np.inf),
    (1, 1, 12, 1, 0.0833333333333333, 0.00106161392363889, 6.5414029430219),
]


@pytest.mark.parametrize(("k1", "k2", "e1", "e2", "ratio", "low", "high"), R_ANSWERS)
def test_the_answers_of_r(
    k1: int, k2: int, e1: float, e2: float, ratio: float, low: float, high: float
) -> None:
    found = rate_ratio(k1, k2, first_exposure=e1, second_exposure=e2)
    assert (float(found.ratio), float(found.low), float(found.high)) == pytest.approx((ratio, low, high))


def test_the_west_bromwich_figures() -> None:
    found = rate_ratio(169, 381)
    assert [f"{float(value):.2f}" for value in (found.ratio, found.low, found.high)] == [
        "0.44",
        "0.37",
        "0.53",
    ]


def test_another_confidence() -> None:
    # R 4.2.2: poisson.test(c(11, 21), c(800, 3011), conf.level = .9)$conf.int
    found = rate_ratio(11, 21, first_exposure=800, second_exposure=3011, confidence=0.9)
    assert (float(found.low), float(found.high)) == pytest.approx((0.977584347496745, 3.82738640785088))


def test_the_interval_is_clopper_and_pearsons() -> None:
    for first in range(8):
        for second in range(8):
            if first + second == 0:
                continue
            share = binomtest(first, first + second).proportion_ci(method="exact")
            low = share.low / (1 - share.low)
            high = share.high / (1 - share.high) if share.high < 1 else np.inf
            found = rate_ratio(first, second)
            assert (float(found.low), float(found.high)) == pytest.approx((low, high))


def test_the_interval_holds_at_least_the_confidence() -> None:
    first, second = np.meshgrid(np.arange(60), np.arange(60), indexing="ij")
    found = rate_ratio(first, second, first_exposure=2.0)
    for mean, ratio in ((4.0, 0.5), (4.0, 1.0), (8.0, 2.0)):
        chance = poisson.pmf(first, 2.0 * mean * ratio) * poisson.pmf(second, mean)
        holds = np.isnan(found.ratio) | ((found.low <= ratio) & (ratio <= found.high))
        assert 0.95 <= chance[holds].sum() <= 1.0


def test_nothing_over_nothing_has_no_ratio() -> None:
    found = rate_ratio([0, 3], [0, 3])
    assert np.isnan([found.ratio[0], found.low[0], found.high[0]]).all()
    assert found.ratio[1] == 1


def test_swapping_the_counts_inverts_the_ratio() -> None:
    first, second = np.array([3, 20, 0, 9]), np.array([5, 0, 4, 9])
    one = rate_ratio(first, second, first_exposure=3, second_exposure=2)
    other = rate_ratio(second, first, first_exposure=2, second_exposure=3)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(one.ratio, 1 / other.ratio)
        np.testing.assert_allclose(one.low, 1 / other.high)
        np.testing.assert_allclose(one.high, 1 / other.low)


def test_known_answers_of_the_e_test() -> None:
    p = e_test([3, 20, 0], [0, 20, 0])
    assert p[0] == pytest.approx(0.088379, abs=5e-7)
    assert p[1] == 1
    assert np.isnan(p[2])


def slow_e_test(k1: int, k2: int, e1: float, e2: float) -> float:
    """Sum over a whole table of counts; a tie within rounding counts as reached."""
    x1, x2 = np.arange(140)[:, None], np.arange(140)[None, :]

    def statistic(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        variance = one / e1**2 + two / e2**2
        return np.abs(one / e1 - two / e2) / np.sqrt(np.where(variance > 0, variance, 1.0))

    rate = (k1 + k2) / (e1 + e2)
    chance = poisson.pmf(x1, e1 * rate) * poisson.pmf(x2, e2 * rate)
    reached = statistic(x1, x2) >= statistic(np.array(k1), np.array(k2)) * (1 - 1e-10)
    return float(chance[reached].sum())


@pytest.mark.parametrize(("e1", "e2"), [(1.0, 1.0), (2.0, 3.0), (0.5, 7.5), (12.0, 1.0)])
def test_the_e_test_sums_over_all_tables(e1: float, e2: float) -> None:
    pairs = [(k1, k2) for k1 in (0, 1, 2, 5, 9, 14) for k2 in (0, 1, 3, 6, 11) if k1 + k2]
    found = e_test(*np.array(pairs).T, first_exposure=e1, second_exposure=e2)
    slow = [slow_e_test(k1, k2, e1, e2) for k1, k2 in pairs]
    np.testing.assert_allclose(found, slow, rtol=1e-9)


def test_a_very_small_p_is_not_lost_in_rounding() -> None:
    p = float(e_test(5, 80))
    assert p == pytest.approx(slow_e_test(5, 80, 1.0, 1.0), rel=1e-6)
    assert 0 < p < 1e-17


def test_large_counts_agree_with_the_normal_approximation() -> None:
    from scipy.stats import norm

    assert float(e_test(100_000, 100_500)) == pytest.approx(2 * norm.sf(500 / np.sqrt(200_500)), rel=1e-3)


def test_the_shape_of_the_input_stays() -> None:
    first = np.arange(6).reshape(2, 3)
    assert rate_ratio(first, 4).ratio.shape == (2, 3)
    assert e_test(first, 4).shape == (2, 3)
    assert float(rate_ratio(first, 4).ratio[1, 2]) == 5 / 4
    assert float(e_test(first, 4)[1, 2]) == float(e_test(5, 4))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"first": -1, "second": 2}, "1 of the first counts are negative"),
        ({"first": 1, "second": [2, 2.5, 0.5]}, "2 of the second counts .* is 2.5"),
        ({"first": 1, "second": 2, "first_exposure": 0}, "first_exposure is 0"),
        ({"first": [1, 2], "second": [1, 2, 3]}, r"shapes \(2,\), \(3,\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(given: dict[str, object], words: str) -> None:
    for call in (rate_ratio, e_test):
        with pytest.raises(InputError, match=words):
            call(**given)


def test_a_confidence_must_be_a_share() -> None:
    with pytest.raises(InputError, match="confidence=95"):
        rate_ratio(1, 2, confidence=95)
