"""How uncertain a log ratio of rate ratios is: dispersion of months, their dependence, spread between areas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LAG_GRID = np.linspace(0.0, 0.9, 91)
GREATEST_LAG = 0.6
# What is taken for the lag-1 correlation of one short series before it is looked at, and how many months that
# is worth; docs/effect_of_an_order.md gives the false effects that these leave.
USUAL_LAG = 0.3
USUAL_LAG_MONTHS = 14.0


@dataclass(frozen=True)
class Months:
    """What the months of one or more series say about the uncertainty of totals.

    Attributes
    ----------
    dispersion
        Variance over mean of single months, shape (series,).
    products, squares
        Sums of the products of neighbouring residuals and of squared residuals, shape (series,).
    lengths
        Months in each run of months.
    """

    dispersion: Floats
    products: Floats
    squares: Floats
    lengths: tuple[int, ...]

    @property
    def df(self) -> int:
        """Return the months that are left after one mean for each run."""
        return sum(self.lengths) - len(self.lengths)


def standard_error(
    counts: ArrayLike, *, dispersion: ArrayLike = 1.0, between_variance: ArrayLike = 0.0
) -> Floats:
    """Return the standard error of a log ratio that these counts make up.

    Parameters
    ----------
    counts
        Shape (..., cells): two counts for a rate ratio, four for a ratio of rate ratios. They may be expected counts.
    dispersion
        Variance over mean of the counts.
    between_variance
        Variance of the changes that areas make of their own accord, on the log scale.

    Returns
    -------
    array
        sqrt(dispersion * sum of 1 / count + between_variance), shape (...).

    Examples
    --------
    >>> round(float(standard_error([100, 50, 200, 200], dispersion=1.5)), 6)
    0.244949
    """
    with np.errstate(divide="ignore"):
        own = (1.0 / np.asarray(counts, dtype=np.float64)).sum(axis=-1)
    return np.asarray(np.sqrt(np.asarray(dispersion) * own + between_variance), dtype=np.float64)


def share_months(inside: ArrayLike, other: ArrayLike, during: ArrayLike) -> Months:
    """Return the dispersion seen in the share of the inside among both, month by month.

    Parameters
    ----------
    inside, other
        Counts, shape (series, months), or (months,) for one.
    during
        Which months belong to the second period, shape (months,).

    Returns
    -------
    Months
        Pearson's statistic over months - 2: what both share, season among it, cancels.
    """
    first = np.atleast_2d(np.asarray(inside, dtype=np.float64))
    total = first + np.atleast_2d(np.asarray(other, dtype=np.float64))
    flags = np.asarray(during, dtype=bool)
    return _months([_residuals(first[:, period], total[:, period]) for period in (~flags, flags)])


def pair_months(inside: ArrayLike, during: ArrayLike) -> Months:
    """Return the dispersion seen in pairs of the same calendar month, without a comparison.

    Parameters
    ----------
    inside
        Counts, shape (months,).
    during
        Which months belong to the second period: as many as to the first, in the same order.

    Returns
    -------
    Months
        Pearson's statistic of the second of each pair, over pairs - 1: season cancels.
    """
    counts, flags = np.asarray(inside, dtype=np.float64)[None, :], np.asarray(during, dtype=bool)
    return _months([_residuals(counts[:, flags], counts[:, flags] + counts[:, ~flags])])


def _residuals(first: Floats, total: Floats) -> Floats:
    """Return Pearson residuals of binomial counts with one share in each row; 0 in an empty month."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (first.sum(axis=1) / total.sum(axis=1))[:, None]
        residual = (first - total * share) / np.sqrt(total * share * (1.0 - share))
    return np.asarray(np.nan_to_num(residual, nan=0.0, posinf=0.0, neginf=0.0), dtype=np.float64)


def _months(runs: list[Floats]) -> Months:
    lengths = tuple(run.shape[1] for run in runs)
    squares: Floats = np.sum([(run**2).sum(axis=1) for run in runs], axis=0)
    products: Floats = np.sum([(run[:, 1:] * run[:, :-1]).sum(axis=1) for run in runs], axis=0)
    return Months(squares / (sum(lengths) - len(lengths)), products, squares, lengths)


def lag_one(products: float, squares: float, lengths: tuple[int, ...]) -> float:
    """Return the correlation of neighbouring months, 0 to 0.9, allowing for the means that were taken out.

    Parameters
    ----------
    products, squares
        Of residuals, as in `Months`; summed over series that share one correlation.
    lengths
        Months in each run.

    Returns
    -------
    float
        The r whose expected ratio of products to squares, for AR(1) months less their mean, is the one seen. That
        ratio is about -1 / months when r is 0 (Kendall 1954).
    """
    expected = _expected(lengths)[0]
    # Runs of two months give -1/2 whatever the lag.
    if squares <= 0.0 or expected[-1] - expected[0] < 1e-6:
        return 0.0
    return float(np.interp(products / squares, expected, LAG_GRID))


def inflation(lag: float, lengths: tuple[int, ...]) -> float:
    """Return how much wider than single months suggest the variance of a period's total is.

    Parameters
    ----------
    lag
        Correlation of neighbouring months; months further apart correlate by its powers.
    lengths
        Months in each run.

    Returns
    -------
    float
        Variance of the total over that of independent months with the mean square that the residuals show.

    Examples
    --------
    >>> round(inflation(0.0, (12, 12)), 6), round(inflation(0.3, (12, 12)), 3)
    (1.0, 1.884)
    """
    return float(np.interp(lag, LAG_GRID, _expected(lengths)[1]))


@lru_cache(maxsize=64)
def _expected(lengths: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return, on the grid of lags, the ratio of products to squares and the inflation."""
    ratios, factors = [], []
    for lag in LAG_GRID:
        products = squares = total = 0.0
        for months in lengths:
            steps = np.arange(months)
            alike = lag ** np.abs(steps[:, None] - steps[None, :])
            centre = np.eye(months) - 1.0 / months
            left = centre @ alike @ centre
            products += np.trace(left, 1)
            squares += np.trace(left)
            total += alike.sum()
        ratios.append(products / squares)
        factors.append((total / sum(lengths)) / (squares / (sum(lengths) - len(lengths))))
    return np.array(ratios), np.array(factors)


def own_lag(months: Months) -> float:
    """Return the lag-1 correlation of one series, drawn towards the usual one because a year shows little of it."""
    seen = lag_one(float(months.products[0]), float(months.squares[0]), months.lengths)
    weight = months.df / (months.df + USUAL_LAG_MONTHS)
    return min(weight * seen + (1.0 - weight) * USUAL_LAG, GREATEST_LAG)


def between_variance(estimates: ArrayLike, variances: ArrayLike) -> float:
    """Return the variance of estimates that their own variances do not explain (Paule and Mandel 1982).

    Parameters
    ----------
    estimates, variances
        Log ratios of areas and their variances, shape (areas,).

    Returns
    -------
    float
        0 when the estimates spread no more than their variances say.

    Notes
    -----
    The value t at which the sum of (estimate - mean)^2 / (variance + t) is areas - 1, the mean weighted by
    1 / (variance + t).

    Examples
    --------
    >>> round(between_variance([0.0, 1.0, 2.0], [0.25, 0.25, 0.25]), 6)
    0.75
    """
    from scipy.optimize import brentq

    values, own = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if values.size < 2:
        return 0.0

    def excess(extra: float) -> float:
        weight = 1.0 / (own + extra)
        centre = (weight * values).sum() / weight.sum()
        return float((weight * (values - centre) ** 2).sum() - (values.size - 1))

    if excess(0.0) <= 0.0:
        return 0.0
    top = float(np.var(values) * values.size + own.max())
    while excess(top) > 0.0:
        top *= 2.0
    return float(brentq(excess, 0.0, top))


def exact_odds(a: int, b: int, c: int, d: int, level: float) -> tuple[float, float, float]:
    """Return the exact interval of (a / b) / (c / d) for Poisson counts, and the p of a ratio of 1.

    Parameters
    ----------
    a, b, c, d
        Counts: inside during and before, comparison during and before.
    level
        Of the interval.

    Returns
    -------
    tuple
        Lower end, upper end, two-sided p (twice the smaller tail).

    Notes
    -----
    Given both margins, ``a`` has Fisher's noncentral hypergeometric distribution with the ratio as odds; each end
    leaves (1 - level) / 2 in its tail (Cornfield 1956). R: ``fisher.test(matrix(c(a, b, c, d), 2))$conf.int``.
    """
    from scipy.optimize import brentq
    from scipy.special import gammaln

    row, column, total = a + b, a + c, a + b + c + d
    first = max(0, row + column - total)
    support = np.arange(first, min(row, column) + 1)
    at = a - first
    base = -sum(
        gammaln(cell + 1.0)
        for cell in (support, row - support, column - support, total - row - column + support)
    )

    def tail(log_odds: float, upper: bool) -> float:
        weight = base + support * log_odds
        weight = np.exp(weight - weight.max())
        return float((weight[at:] if upper else weight[: at + 1]).sum() / weight.sum())

    ends = []
    aim = (1.0 - level) / 2.0
    start = float(np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5))))
    for upper in (True, False):
        if (upper and at == 0) or (not upper and at == support.size - 1):
            ends.append(0.0 if upper else float("inf"))
            continue
        side = -1.0 if upper else 1.0
        reach = 0.5
        while tail(start + side * reach, upper) > aim:
            reach *= 2.0
        low, high = sorted((start, start + side * reach))
        root = brentq(lambda log_odds, end: tail(log_odds, end) - aim, low, high, args=(upper,), xtol=1e-10)
        ends.append(float(np.exp(root)))
    p = min(1.0, 2.0 * min(tail(0.0, True), tail(0.0, False)))
    return ends[0], ends[1], p
