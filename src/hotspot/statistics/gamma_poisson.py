"""Gamma-Poisson empirical Bayes: what counts of unequal luck say about the rates behind them.

The monthly count of location i has mean lambda_i times the month's share, and variance phi times its mean; the
rates lambda_i are drawn from one distribution over locations. Locations with equal totals over equal exposure
have equal posteriors, so all work is done on classes of them: a few hundred for half a million locations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammainc, gammaln

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Under this excess the negative binomial is the Poisson to six digits, and its gamma functions cancel.
NEARLY_POISSON = 1e-5
CELLS = 500
# Rates whose expected total is under FAINT leave no trace in the counts; a few cells keep their order apart.
FAINT, FAINTEST, FAINT_CELLS = 0.02, 1e-8, 40
# More steps follow chance bumps of the counts, fewer leave a second peak unseen: docs/how_sure_is_a_rank.md.
STEPS = 100
# The smoothing reaches over about this many locations, but no further than this many standard errors.
REACH_LOCATIONS, REACH_ERRORS = 20.0, 3.0


@dataclass(frozen=True)
class Classes:
    """Locations gathered by total and exposure, the largest total first, then the shortest exposure.

    Attributes
    ----------
    totals, exposures : array
        Incidents, and average months, of each class.
    times : array
        Number of locations in each class.
    member : array
        The class of each location.
    """

    totals: Floats
    exposures: Floats
    times: Floats
    member: Integers

    @classmethod
    def of(cls, totals: Integers, exposures: Floats) -> Classes:
        """Gather locations; exposures count as equal to the nearest hundredth of a month."""
        hundredths = np.maximum(np.rint(exposures * 100.0), 1.0).astype(np.int64)
        width = int(hundredths.max()) + 1
        keys = (int(totals.max()) - totals.astype(np.int64)) * width + hundredths
        found, member, times = np.unique(keys, return_inverse=True, return_counts=True)
        totals_of = (int(totals.max()) - found // width).astype(np.float64)
        return cls(totals_of, (found % width) / 100.0, times.astype(np.float64), member.astype(np.int64))


@dataclass(frozen=True)
class Posterior:
    """What is known of the rate of each class.

    Attributes
    ----------
    edges : array
        Rates a month at the edges of the cells, from 0, length cells + 1.
    rates : array
        A rate inside each cell.
    mass : array, shape (classes, cells)
        Posterior probability of each cell.
    prior : array
        The distribution of rates over all locations, also those that a truncated list leaves out.
    shape, rate : float
        The gamma distribution that the prior started from: mean shape / rate a month.
    """

    edges: Floats
    rates: Floats
    mass: Floats
    prior: Floats
    shape: float
    rate: float

    def mean(self) -> Floats:
        """Return the posterior mean rate of each class."""
        return np.asarray(self.mass @ self.rates)

    def quantile(self, level: float) -> Floats:
        """Return the rate under which each class lies with probability ``level``."""
        below = np.cumsum(self.mass, axis=1)
        cell = np.minimum((below < level).sum(axis=1), self.mass.shape[1] - 1)
        rows = np.arange(len(cell))
        inside = self.mass[rows, cell]
        left = level - (below[rows, cell] - inside)
        part = np.clip(np.divide(left, inside, out=np.ones_like(left), where=inside > 0), 0.0, 1.0)
        return np.asarray(self.edges[cell] + part * (self.edges[cell + 1] - self.edges[cell]))

    def above(self) -> Floats:
        """Return, for each class and cell, the probability that the class's rate lies above the cell's middle."""
        reversed_sum = np.cumsum(self.mass[:, ::-1], axis=1)[:, ::-1]
        return np.clip(reversed_sum - 0.5 * self.mass, 0.0, 1.0)


def month_shares(counts: Integers, observed: NDArray[np.bool_] | None = None) -> Floats:
    """Return each month's share of a full year's work: the calendar effect common to all locations.

    Without gaps this is the month's share of all incidents. With gaps, location and month effects are fitted
    together (Poisson, by alternating), so that a month that few locations were observed in is not taken for quiet.
    """
    columns = counts.sum(axis=0, dtype=np.float64)
    if observed is None or observed.all():
        return np.asarray(columns / columns.sum())
    # By pattern of months, in whole numbers: the sums then do not depend on the order of rows.
    patterns, member = np.unique(np.packbits(observed, axis=1), axis=0, return_inverse=True)
    seen = np.unpackbits(patterns, axis=1, count=counts.shape[1]).astype(np.float64)
    totals = np.bincount(member.ravel(), weights=counts.sum(axis=1, dtype=np.float64))
    shares = np.full(counts.shape[1], 1.0 / counts.shape[1])
    for _ in range(500):
        expected = (totals / np.maximum(seen @ shares, 1e-300)) @ seen
        new = np.divide(columns, expected, out=np.zeros_like(columns), where=expected > 0)
        new /= new.sum()
        settled = float(np.abs(new - shares).max()) < 1e-12
        shares = new
        if settled:
            break
    return shares


def dispersion(counts: Integers, observed: NDArray[np.bool_] | None = None) -> float:
    """Estimate the variance of a location's month over its mean, at least 1.

    Parameters
    ----------
    counts
        Incidents, shape (locations, months).
    observed
        Which of them were observed; all when None.

    Notes
    -----
    With y_it the count, y_i its location's total and s_it the month's share of it (common to all locations),
    phi = S_it (y_it - s_it y_i)^2 / s_it  /  S_i (m_i - 1) y_i (1 - y_i / S y). Both sums have expectations in
    the ratio phi however few incidents a location has, and a location without any adds nothing to either, so a
    list without zeros gives the same figure. The usual Pearson mean over locations does not have this: a single
    incident carries no information on phi and would pull it towards 1. Busy locations weigh most.
    """
    totals = counts.sum(axis=1, dtype=np.int64)
    shares = month_shares(counts, observed)
    if observed is None or observed.all():
        squares = int(totals @ totals)
        used = np.flatnonzero(shares > 0)
        # The square written out: sums of whole numbers do not depend on the order of rows.
        square = 0.0
        for month in used:
            column = counts[:, month].astype(np.int64)
            square += (
                int(column @ column) / shares[month] - 2.0 * int(column @ totals) + shares[month] * squares
            )
        expected = (len(used) - 1.0) * (float(totals.sum()) - squares / float(totals.sum()))
    else:
        weight = np.where(observed, shares, 0.0)
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
        off = np.square(counts - weight * totals[:, None])
        terms = np.divide(off, weight, out=np.zeros_like(off), where=weight > 0).sum(axis=1)
        free = np.maximum((weight > 0).sum(axis=1) - 1.0, 0.0) * totals * (1.0 - totals / totals.sum())
        # Sorted for the same reason.
        square, expected = float(np.sort(terms).sum()), float(np.sort(free).sum())
    return max(1.0, float(square / expected)) if expected > 0 else 1.0


def log_likelihood(totals: Floats, exposures: Floats, rates: Floats, phi: float) -> Floats:
    """Return log P(total | rate), shape (totals, rates): mean exposure x rate, variance phi times as large.

    For phi > 1 it is the negative binomial with size mean / (phi - 1), the sum of months that are negative
    binomial with the same phi; for phi = 1 the Poisson.
    """
    mean = exposures[:, None] * rates[None, :]
    y = totals[:, None]
    if phi - 1.0 < NEARLY_POISSON:
        return np.asarray(y * np.log(mean) - mean - gammaln(y + 1.0))
    size = mean / (phi - 1.0)
    tail = y * np.log((phi - 1.0) / phi) - size * np.log(phi) - gammaln(y + 1.0)
    return np.asarray(gammaln(y + size) - gammaln(size) + tail)


def fit(
    classes: Classes, phi: float, *, truncated: bool = False, steps: int = STEPS, cells: int = CELLS
) -> Posterior:
    """Fit the distribution of rates over locations, and apply Bayes' rule to each class.

    Parameters
    ----------
    classes
        All locations.
    phi
        Variance over mean.
    truncated
        Locations without incidents are not in the list: fit P(total) / P(total > 0).
    steps
        Steps of the EM algorithm by which the fitted gamma distribution gives way to the counts; 0 keeps it.
    cells
        Cells of equal width in log rate between the lowest and the highest credible rate.

    Notes
    -----
    A gamma distribution is fitted by maximum likelihood. A town centre with forty equally busy corners is no
    gamma distribution, so EM steps towards the nonparametric maximum likelihood estimate follow (Laird 1978;
    Koenker & Mizera 2014), g <- average posterior over locations. They end early, and their end is smoothed,
    since the full estimate is a few spikes: a lone busy location would get a spike, and with it a false precision.
    """
    edges = _edges(classes, phi, cells)
    rates = np.where(edges[:-1] > 0, np.sqrt(edges[:-1] * edges[1:]), 0.5 * edges[1:])
    logs = log_likelihood(classes.totals, classes.exposures, rates, phi)
    likelihood = np.exp(logs - logs.max(axis=1, keepdims=True))
    unseen = _Unseen.of(classes, rates, phi) if truncated else None
    step = float(np.log(edges[-1] / edges[-2]))
    shape, rate = _fit_gamma(classes, edges, likelihood, unseen, 1.0 / (3.0 * step) ** 2)
    prior = _gamma_cells(edges, shape, rate)
    for _ in range(steps):
        seen = prior * (likelihood.T @ (classes.times / (likelihood @ prior)))
        prior = seen if unseen is None else seen + unseen.expected(prior)
        prior = prior / prior.sum()
    if steps:
        prior = _smoothed(prior, edges, rates, classes, phi)
    mass = likelihood * prior
    mass /= mass.sum(axis=1, keepdims=True)
    return Posterior(edges, rates, mass, prior, shape, rate)


@dataclass(frozen=True)
class _Unseen:
    """The locations that a list without zeros leaves out, by exposure."""

    times: Floats
    chance: Floats
    """P(no incident | rate), shape (exposures, cells)."""

    @classmethod
    def of(cls, classes: Classes, rates: Floats, phi: float) -> _Unseen:
        exposures, member = np.unique(classes.exposures, return_inverse=True)
        times = np.bincount(member, weights=classes.times).astype(np.float64)
        chance = np.exp(log_likelihood(np.zeros(len(exposures)), exposures, rates, phi))
        return cls(times, chance)

    def shares(self, prior: Floats) -> Floats:
        """Return P(no incident) by exposure, kept from 1: a list cannot be empty."""
        return np.minimum(self.chance @ prior, 1.0 - 1e-9)

    def expected(self, prior: Floats) -> Floats:
        """Return the expected number of unseen locations in each cell of rates."""
        none = self.shares(prior)
        return np.asarray(prior * ((self.times / (1.0 - none)) @ self.chance))

    def log_seen(self, prior: Floats) -> float:
        """Return the log probability that all locations of the list had an incident."""
        return float(self.times @ np.log1p(-self.shares(prior)))


def _edges(classes: Classes, phi: float, cells: int) -> Floats:
    """Cut the rates that are credible for any class into cells, equal in log rate; the first starts at 0."""
    y, exposure = classes.totals, classes.exposures
    noise = np.sqrt(phi * y)
    highest = float(((y + 5.0 * noise + 6.0 * phi) / exposure).max())
    lowest = float((np.maximum(y - 7.0 * noise - 6.0 * phi, FAINT) / exposure).min())
    upper = np.geomspace(lowest, highest, cells + 1)
    faintest = min(FAINTEST / float(exposure.max()), 0.1 * lowest)
    return np.concatenate([[0.0], np.geomspace(faintest, lowest, FAINT_CELLS)[:-1], upper])


def _gamma_cells(edges: Floats, shape: float, rate: float) -> Floats:
    """Return the probability of each cell under a gamma distribution; all beyond the last edge is in the last."""
    below = gammainc(shape, rate * edges)
    below[-1] = 1.0
    return np.maximum(np.diff(below), 1e-300)


def _fit_gamma(
    classes: Classes, edges: Floats, likelihood: Floats, unseen: _Unseen | None, largest_shape: float
) -> tuple[float, float]:
    """Maximise the marginal likelihood over shape and rate.

    Equal rates everywhere would be an endless shape; it stops where the distribution is three cells wide.
    """
    average = float(classes.times @ classes.totals / (classes.times @ classes.exposures))
    top = float(np.log(largest_shape))

    def shape_and_rate(at: Floats) -> tuple[float, float]:
        shape = float(np.exp(np.clip(at[0], -7.0, top)))
        return shape, shape / float(np.exp(at[1]))

    def lost(at: Floats) -> float:
        prior = _gamma_cells(edges, *shape_and_rate(at))
        found = float(classes.times @ np.log(np.maximum(likelihood @ prior, 1e-300)))
        outside = abs(at[0] - np.clip(at[0], -7.0, top))
        return -(found - (unseen.log_seen(prior) if unseen is not None else 0.0)) + float(outside)

    first = np.array([min(0.0, top), np.log(average)])
    start = np.stack([first, first + np.array([0.8, 0.0]), first + np.array([0.0, 0.5])])
    best = minimize(
        lost,
        start[0],
        method="Nelder-Mead",
        options={"initial_simplex": start, "xatol": 1e-6, "fatol": 1e-7, "maxiter": 1000},
    )
    return shape_and_rate(np.asarray(best.x))


def _smoothed(prior: Floats, edges: Floats, rates: Floats, classes: Classes, phi: float) -> Floats:
    """Spread each cell by a normal kernel in log rate, as wide as the REACH_LOCATIONS nearest locations lie.

    Where locations are many the kernel is narrow and keeps a set of near-equals together; about a lone location
    it is as wide as the noise of its own count allows.
    """
    logs = np.log(np.maximum(edges, 0.1 * edges[1]))
    at = np.log(rates)
    below = np.concatenate([[0.0], np.cumsum(prior)]) * classes.times.sum()
    exposure = float(classes.times @ classes.exposures / classes.times.sum())
    low = np.zeros(len(at))
    high = np.minimum(REACH_ERRORS * np.sqrt(phi / (rates * exposure)), 1.0)
    for _ in range(25):
        middle = 0.5 * (low + high)
        held = np.interp(at + middle, logs, below) - np.interp(at - middle, logs, below)
        enough = held >= REACH_LOCATIONS
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    width = np.diff(logs)
    kernel = np.exp(-0.5 * np.square((at[None, :] - at[:, None]) / np.maximum(high, 1e-4)[:, None])) * width
    kernel /= kernel.sum(axis=1, keepdims=True)
    return np.asarray(prior @ kernel)
