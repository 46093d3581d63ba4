"""Two counts of incidents over unequal exposures: the rate ratio with its exact interval, and the E-test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]

TIE = 1e-9


@dataclass(frozen=True)
class RateRatio:
    """First rate over second rate, with the ends of its interval; arrays of one shape.

    0 / n has the ratio 0 and the lower end 0; n / 0 the ratio and the upper end infinity; 0 / 0 is NaN.
    """

    ratio: Floats
    low: Floats
    high: Floats


def rate_ratio(
    first: ArrayLike,
    second: ArrayLike,
    *,
    first_exposure: ArrayLike = 1.0,
    second_exposure: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> RateRatio:
    """Divide the rate of one count by that of another, with the exact interval.

    Parameters
    ----------
    first, second
        Incidents; arrays are taken pair by pair.
    first_exposure, second_exposure
        What the counts were collected over, in one unit: months, days, km2, or their product.
    confidence
        Of the interval.

    Returns
    -------
    RateRatio
        Arrays of the shape of the pairs.

    Raises
    ------
    InputError
        If a count is negative or no whole number, an exposure not above 0, or ``confidence`` not between 0 and 1.

    Notes
    -----
    Given the sum n of both, the first count is binomial with share s = r e1 / (r e1 + e2), with r the true ratio.
    The Clopper-Pearson interval of s, turned into r = s / (1 - s) * e2 / e1, therefore holds at least the stated
    confidence for every r (Przyborowski and Wilenski 1940; Clopper and Pearson 1934).

    How this can mislead: counts are taken as Poisson. Incidents that come in series (one dispute, many calls)
    make the interval too narrow. A ratio says nothing about the cause of a change.

    Examples
    --------
    >>> ratio = rate_ratio(169, 381)
    >>> [round(float(value), 2) for value in (ratio.ratio, ratio.low, ratio.high)]
    [0.44, 0.37, 0.53]
    """
    from scipy.special import betaincinv

    if not 0.0 < confidence < 1.0:
        raise InputError(f"confidence={confidence!r} must lie between 0 and 1, such as 0.95")
    pairs, inverse, shape = _pairs(first, second, first_exposure, second_exposure)
    a, b, per_first, per_second = pairs.T
    tail = (1.0 - confidence) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = per_second / per_first
        ratio = a / b * scale
        # betaincinv has no value at a parameter of 0, where the end of the interval is known.
        below = np.where(a > 0, betaincinv(np.maximum(a, 1), b + 1, tail), 0.0)
        above = np.where(b > 0, betaincinv(a + 1, np.maximum(b, 1), 1.0 - tail), 1.0)
        low, high = below / (1.0 - below) * scale, above / (1.0 - above) * scale
    for values in (ratio, low, high):
        values[(a == 0) & (b == 0)] = np.nan
    return RateRatio(*(values[inverse].reshape(shape) for values in (ratio, low, high)))


def e_test(
    first: ArrayLike,
    second: ArrayLike,
    *,
    first_exposure: ArrayLike = 1.0,
    second_exposure: ArrayLike = 1.0,
) -> Floats:
    """Test whether two counts can have one rate.

    Parameters
    ----------
    first, second
        Incidents; arrays are taken pair by pair.
    first_exposure, second_exposure
        What the counts were collected over, in one unit.

    Returns
    -------
    array
        Two-sided p; NaN when both counts are 0.

    Raises
    ------
    InputError
        If a count is negative or no whole number, or an exposure not above 0.

    Notes
    -----
    With k counts, e exposures and the pooled rate (k1 + k2) / (e1 + e2), p is the sum of Poisson(x1; e1 rate)
    Poisson(x2; e2 rate) over all x with T(x) >= T(k), where T = abs(x1/e1 - x2/e2) / sqrt(x1/e1^2 + x2/e2^2) and
    T(0, 0) = 0 (Krishnamoorthy and Thomson 2004). It has more power than the conditional binomial test, whose
    interval `rate_ratio` gives, so that p can be below 0.05 while the interval just holds 1.

    How this can mislead: as `rate_ratio`, it takes counts as Poisson.

    Examples
    --------
    >>> round(float(e_test(3, 0)), 6)
    0.088379
    """
    pairs, inverse, shape = _pairs(first, second, first_exposure, second_exposure)
    p = np.array([_one_e_test(*map(float, pair)) for pair in pairs])
    return np.asarray(p[inverse].reshape(shape), dtype=np.float64)


def _one_e_test(k1: float, k2: float, e1: float, e2: float) -> float:
    from scipy.special import gammaln, pdtr, pdtrc, xlogy

    if k1 + k2 == 0:
        return float("nan")
    gap = abs(k1 / e1 - k2 / e2)
    observed = gap * gap / (k1 / e1**2 + k2 / e2**2)
    if gap <= TIE * (k1 / e1 + k2 / e2):
        return 1.0
    rate = (k1 + k2) / (e1 + e2)
    mean1, mean2 = e1 * rate, e2 * rate
    reach = 12.0 * np.sqrt(mean1) + 40.0
    x1 = np.arange(max(0.0, np.floor(mean1 - reach)), np.ceil(mean1 + reach) + 1)
    weight = np.exp(xlogy(x1, mean1) - mean1 - gammaln(x1 + 1.0))
    # T(x) < T(k) holds between the roots of a quadratic in x2: the two tails outside are summed, so that
    # a small p is not one minus a number near one.
    u = x1 / e1
    middle = u + observed / (2.0 * e2)
    half = np.sqrt(observed * (u / e1 + u / e2) + (observed / (2.0 * e2)) ** 2)
    lower, upper = e2 * (middle - half), e2 * (middle + half)
    slack = TIE * (1.0 + upper)
    inside_from = np.floor(lower + slack) + 1.0
    inside_from[x1 == 0] = 0.0
    inside_to = np.ceil(upper - slack) - 1.0
    below = np.where(inside_from > 0, pdtr(np.maximum(inside_from - 1.0, 0.0), mean2), 0.0)
    outside = np.where(inside_to >= inside_from, below + pdtrc(np.maximum(inside_to, 0.0), mean2), 1.0)
    return float(min(1.0, (weight * outside).sum()))


def _pairs(
    first: ArrayLike, second: ArrayLike, first_exposure: ArrayLike, second_exposure: ArrayLike
) -> tuple[Floats, NDArray[np.int64], tuple[int, ...]]:
    """Check the input; return the different rows of it, and where each pair's row is."""
    given: list[NDArray[Any]] = [np.asarray(v) for v in (first, second, first_exposure, second_exposure)]
    try:
        a, b, per_first, per_second = np.broadcast_arrays(*given)
    except ValueError:
        shapes = ", ".join(str(values.shape) for values in given)
        raise InputError(
            f"counts and exposures of the shapes {shapes} do not fit together; give one for each pair"
        ) from None
    for word, counts in (("first", a), ("second", b)):
        bad = ~((counts >= 0) & (counts == np.floor(counts)) & np.isfinite(counts))
        if bad.any():
            raise InputError(
                f"{int(bad.sum()):,} of the {word} counts are negative or no whole number (the first is "
                f"{counts[bad].flat[0]}); give counts of incidents, and other amounts as exposure"
            )
    for word, exposure in (("first_exposure", per_first), ("second_exposure", per_second)):
        bad = ~((exposure > 0) & np.isfinite(exposure))
        if bad.any():
            raise InputError(
                f"{word} is {exposure[bad].flat[0]}; it must be a number above 0 (months, days or km2)"
            )
    rows = np.stack([values.ravel().astype(float) for values in (a, b, per_first, per_second)], axis=1)
    pairs, inverse = np.unique(rows, axis=0, return_inverse=True)
    return pairs, inverse.ravel(), a.shape
