"""The fitted rates against R, hand arithmetic and slow second computations; ranks against counting one by one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from hotspot.statistics.gamma_poisson import (
    Classes,
    Posterior,
    dispersion,
    fit,
    log_likelihood,
    month_shares,
)
from hotspot.statistics.rank_distribution import Ranks, separated

Floats = NDArray[np.float64]

# 400 locations: how many have 0, 1, 2 ... 16 incidents in 12 months.
TIMES = [181, 71, 46, 23, 21, 15, 13, 7, 5, 3, 2, 1, 3, 5, 0, 1, 3]
TOTALS = np.repeat(np.arange(17), TIMES)


def classes_of(totals: NDArray[np.int64], months: float = 12.0) -> Classes:
    return Classes.of(totals, np.full(len(totals), months))


def test_classes_gather_equal_locations() -> None:
    classes = Classes.of(np.array([3, 7, 3, 3]), np.array([12.0, 12.0, 6.0, 12.0]))
    assert classes.totals.tolist() == [7, 3, 3]
    assert classes.exposures.tolist() == [12, 6, 12]
    assert classes.times.tolist() == [1, 1, 2]
    assert classes.member.tolist() == [2, 0, 1, 2]


def test_the_gamma_fit_against_r() -> None:
    # R 4.2.2: f <- c(181,71,46,23,21,15,13,7,5,3,2,1,3,5,0,1,3); y <- rep(0:16, f)
    # MASS::fitdistr(y, "negative binomial"): size 0.500651782, mu 1.950246637 (over 12 months).
    found = fit(classes_of(TOTALS), 1.0, steps=0)
    assert found.shape == pytest.approx(0.500651782, rel=5e-4)
    assert 12 * found.shape / found.rate == pytest.approx(1.950246637, rel=5e-4)


def test_the_zero_truncated_fit_against_r() -> None:
    # R 4.2.2: z <- y[y > 0]; optim over log size and log mu of
    # -sum(dnbinom(z, size, mu = mu, log = TRUE) - log1p(-dnbinom(0, size, mu = mu))): 0.532852, 2.014204.
    found = fit(classes_of(TOTALS[TOTALS > 0]), 1.0, steps=0, truncated=True)
    assert found.shape == pytest.approx(0.532852064, rel=5e-4)
    assert 12 * found.shape / found.rate == pytest.approx(2.014203861, rel=5e-4)


def test_the_fit_with_spread_months_against_r() -> None:
    # R 4.2.2: optim over shape a and rate b of -sum(f * log(integrate(dnbinom(k, size = 12 l, prob = 1/2)
    # dgamma(l, a, b)))), phi = 2: a 0.77363653, b 4.75650864; posterior means by integrate for totals 0, 3, 16.
    found = fit(classes_of(TOTALS), 2.0, steps=0)
    assert found.shape == pytest.approx(0.77363653, rel=5e-4)
    assert found.rate == pytest.approx(4.75650864, rel=5e-4)
    means = dict(zip(classes_of(TOTALS).totals.tolist(), found.mean().tolist(), strict=True))
    assert [means[0], means[3], means[16]] == pytest.approx([0.059172424, 0.227016114, 0.774508069], rel=1e-3)


def test_posterior_means_by_the_formula() -> None:
    # With Poisson months the posterior is gamma(a + y, b + months): its mean is (a + y) / (b + months).
    classes = Classes.of(TOTALS, np.where(np.arange(len(TOTALS)) % 2, 6.0, 24.0))
    found = fit(classes, 1.0, steps=0)
    by_hand = (found.shape + classes.totals) / (found.rate + classes.exposures)
    np.testing.assert_allclose(found.mean(), by_hand, rtol=1e-3)


def test_posterior_quantiles_against_the_gamma() -> None:
    from scipy.stats import gamma

    classes = classes_of(TOTALS)
    found = fit(classes, 1.0, steps=0)
    for level in (0.025, 0.5, 0.975):
        right = gamma.ppf(level, found.shape + classes.totals, scale=1 / (found.rate + 12))
        np.testing.assert_allclose(found.quantile(level)[:-1], right[:-1], rtol=3e-3)


@pytest.mark.parametrize("phi", [1.0, 1.5, 3.0])
def test_the_likelihood_has_the_mean_and_the_variance(phi: float) -> None:
    y = np.arange(600.0)
    chance = np.exp(log_likelihood(y, np.full(600, 8.0), np.array([5.0]), phi))[:, 0]
    mean = float(y @ chance)
    assert chance.sum() == pytest.approx(1)
    assert mean == pytest.approx(40)
    assert float(np.square(y - mean) @ chance) == pytest.approx(40 * phi)


def test_the_likelihood_is_that_of_the_sum_of_months() -> None:
    month = nbinom.pmf(np.arange(60), 2.0 / (1.7 - 1), 1 / 1.7)
    three = np.convolve(np.convolve(month, month), month)[:30]
    found = np.exp(log_likelihood(np.arange(30.0), np.full(30, 3.0), np.array([2.0]), 1.7))[:, 0]
    np.testing.assert_allclose(found, three, rtol=1e-6)
    flat = np.exp(log_likelihood(np.arange(30.0), np.full(30, 3.0), np.array([2.0]), 1.0))[:, 0]
    np.testing.assert_allclose(flat, poisson.pmf(np.arange(30), 6.0))


def test_dispersion_by_hand() -> None:
    # Shares 5/8 and 3/8: each location is expected to have 2.5 and 1.5 and is off by 1.5 both times, so
    # 2 x (2.25 / .625 + 2.25 / .375) = 19.2 over 1 x (4 x 1/2 + 4 x 1/2) = 4.
    assert dispersion(np.array([[4, 0], [1, 3]])) == pytest.approx(4.8)


def test_dispersion_does_not_see_locations_without_incidents_nor_the_season() -> None:
    rng = np.random.default_rng(4)
    season = np.array([1, 1, 1, 1, 2, 3, 4, 4, 2, 1, 1, 1]) / 2
    counts = rng.poisson(rng.gamma(0.5, 1, 3000)[:, None] * season)
    assert dispersion(counts) == pytest.approx(1.0, abs=0.05)
    assert dispersion(counts[counts.sum(axis=1) > 0]) == dispersion(counts)


@pytest.mark.parametrize("level", [0.05, 4.0])
def test_dispersion_is_found_however_few_the_incidents(level: float) -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(1.0, level, 20_000)[:, None] * np.ones(12)
    counts = rng.negative_binomial(mean / 1.5, 1 / 2.5)
    assert dispersion(counts) == pytest.approx(2.5, rel=0.06)
    observed = np.arange(12)[None, :] >= rng.integers(0, 7, 20_000)[:, None]
    assert dispersion(np.where(observed, counts, 0), observed) == pytest.approx(2.5, rel=0.06)


def test_month_shares_with_a_source_that_starts_later() -> None:
    # The second location was not observed in month 1, so only the first tells the months apart: 10 to 20.
    shares = month_shares(np.array([[10, 20], [0, 40]]), np.array([[True, True], [False, True]]))
    np.testing.assert_allclose(shares, [1 / 3, 2 / 3], rtol=1e-6)


def ranks_one_by_one(posterior: Posterior, member: NDArray[np.int64], location: int) -> Floats:
    """P(true rank <= 1, 2, ...) of one location: every other one enters the recursion by itself."""
    above = posterior.above()
    total = np.zeros(len(member))
    for cell, weight in enumerate(posterior.mass[member[location]]):
        if weight < 1e-13:
            continue
        chance = np.zeros(len(member))
        chance[0] = 1.0
        for other in range(len(member)):
            if other != location:
                p = above[member[other], cell]
                chance[1:] = chance[1:] * (1 - p) + chance[:-1] * p
                chance[0] *= 1 - p
        total += weight * np.cumsum(chance)
    return total


@pytest.mark.parametrize(
    ("locations", "tolerance"),
    [pytest.param(25, 1e-8, id="few: exact throughout"), pytest.param(150, 4e-3, id="many: partly normal")],
)
def test_ranks_against_counting_one_by_one(locations: int, tolerance: float) -> None:
    rng = np.random.default_rng(locations)
    totals = rng.poisson(12 * rng.gamma(0.8, 1.0, locations))
    classes = classes_of(totals)
    posterior = fit(classes, 1.8, cells=120)
    ranks = Ranks.of(classes, posterior)
    wanted = np.arange(1, locations + 1)
    found = np.array([ranks.at_most(np.full(len(classes.times), float(rank))) for rank in wanted])
    for location in np.argsort(totals)[[0, locations // 2, -2, -1]]:
        slow = ranks_one_by_one(posterior, classes.member, int(location))
        np.testing.assert_allclose(found[:, classes.member[location]], slow, atol=tolerance)


def test_ranks_against_joint_draws() -> None:
    rng = np.random.default_rng(8)
    totals = rng.poisson(12 * rng.lognormal(-0.5, 1.0, 300))
    classes = classes_of(totals)
    posterior = fit(classes, 2.0)
    ranks = Ranks.of(classes, posterior)
    draws = np.empty((4000, len(totals)))
    for location, member in enumerate(classes.member):
        cell = rng.choice(posterior.mass.shape[1], p=posterior.mass[member], size=len(draws))
        draws[:, location] = rng.uniform(posterior.edges[cell], posterior.edges[cell + 1])
    order = np.argsort(np.argsort(-draws, axis=1), axis=1) + 1
    for location in np.argsort(-totals)[[0, 5, 20, 100]]:
        member = classes.member[location]
        for at in (1, 5, 20, 100):
            found = ranks.at_most(np.full(len(classes.times), float(at)))[member]
            # Four standard errors of the share of 4,000 draws.
            assert abs((order[:, location] <= at).mean() - found) < 4 * np.sqrt(0.25 / 4000)


def test_groups_by_the_rule() -> None:
    rng = np.random.default_rng(2)
    classes = classes_of(rng.poisson(12 * rng.gamma(0.8, 1.5, 400)))
    posterior = fit(classes, 1.5)
    draws = np.stack(
        [
            rng.uniform(posterior.edges[cell], posterior.edges[cell + 1])
            for mass in posterior.mass
            for cell in [rng.choice(len(mass), p=mass, size=20_000)]
        ]
    )
    groups = separated(classes, posterior, 0.95)
    assert groups[0] == 1
    assert set(np.diff(groups)) <= {0, 1}
    assert groups[-1] >= 3
    for group in range(1, int(groups[-1])):
        members = np.flatnonzero(groups == group)
        first, after = members[0], members[-1] + 1
        assert (draws[first] > draws[after]).mean() >= 0.945
        assert (draws[first] > draws[members[-1]]).mean() < 0.955


def test_a_second_peak_is_found_that_no_gamma_has() -> None:
    rng = np.random.default_rng(3)
    totals = np.concatenate([rng.poisson(24 * 5.0, 60), rng.poisson(24 * rng.gamma(0.8, 0.4, 940))])
    classes = classes_of(totals, 24.0)
    for steps, near in ((0, False), (100, True)):
        found = fit(classes, 1.0, steps=steps)
        between = (found.rates > 3.4) & (found.rates < 4.0)
        peak = (found.rates > 4.7) & (found.rates < 5.4)
        width = np.diff(found.edges)
        thin = (found.prior / width)[between].mean() < (found.prior / width)[peak].mean()
        assert thin == near
