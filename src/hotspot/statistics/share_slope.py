"""Whether two series of counts drift apart: the slope of their log ratio over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]

ROUNDS = 100
LARGEST = 30.0
"""Of the log ratio's change over the whole series: beyond it a series is empty at one end."""


@dataclass(frozen=True)
class ShareSlope:
    """The line of log(first / second) over time; every array has the shape of the series without the months.

    Attributes
    ----------
    slope
        Change of the log ratio for one unit of ``time``.
    error
        Standard error of ``slope``, widened by the root of ``dispersion``.
    df
        Degrees of freedom: months - 2.
    p
        Two-sided, of a slope of 0 (Student's t).
    dispersion
        Variance over mean of the months' shares about the line, 1 or more.
    spread
        Standard deviation of the monthly log ratio about the line that counts of this size do not explain; 0
        when they explain all.
    """

    slope: Floats
    error: Floats
    df: float
    p: Floats
    dispersion: Floats
    spread: Floats


def share_slope(first: ArrayLike, second: ArrayLike, time: ArrayLike) -> ShareSlope:
    """Fit a line to the log ratio of two series of counts; what both share, such as season, cancels.

    Parameters
    ----------
    first, second
        Counts, shape (..., months); they are spread to one shape.
    time
        When each month is, shape (months,), in any unit.

    Returns
    -------
    ShareSlope
        NaN where a series is empty.

    Raises
    ------
    InputError
        If shapes do not fit, there are fewer than 3 months, or all are at one time.

    Notes
    -----
    Given the sum of both, the first count of a month is binomial with log odds a + b t: logistic regression by
    Newton's method. The errors are widened by Pearson's statistic over months - 2, where that is above 1
    (McCullagh and Nelder 1989). The spread is the moment estimate sqrt((X2 - (months - 2)) / sum of w), w the
    binomial variances.

    How this can mislead: a line is one way to drift apart. Two series can cross and come back with a slope of 0.

    Examples
    --------
    >>> found = share_slope([10, 20, 40, 80], [100, 100, 100, 100], [0, 1, 2, 3])
    >>> round(float(found.slope) / float(np.log(2)), 6)
    1.0
    """
    from scipy.stats import t as student

    when = np.asarray(time, dtype=np.float64)
    try:
        a, b = np.broadcast_arrays(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    except ValueError:
        raise InputError(
            f"series of the shapes {np.shape(first)} and {np.shape(second)} do not fit together; give both "
            "over the same months"
        ) from None
    if a.ndim == 0 or when.shape != a.shape[-1:] or when.size < 3 or np.ptp(when) == 0.0:
        raise InputError(
            f"a slope needs counts of 3 months or more, at different times; counts of the shape {a.shape} and "
            f"{when.size} times were given"
        )
    middle, reach = float(when.mean()), float(np.ptp(when))
    line = _fit(a, a + b, (when - middle) / reach)
    df = float(when.size - 2)
    pearson = line.pearson
    dispersion = np.maximum(1.0, pearson / df)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(dispersion * line.variance) / reach
        slope = line.slope / reach
        p = 2.0 * student.sf(np.abs(slope) / error, df)
        spread = np.sqrt(np.maximum(0.0, pearson - df) / line.weight)
    empty = (a.sum(axis=-1) == 0) | (b.sum(axis=-1) == 0)
    made = [np.where(empty, np.nan, values) for values in (slope, error, p, dispersion, spread)]
    return ShareSlope(slope=made[0], error=made[1], df=df, p=made[2], dispersion=made[3], spread=made[4])


@dataclass(frozen=True)
class _Line:
    slope: Floats
    variance: Floats
    pearson: Floats
    weight: Floats


def _fit(first: Floats, total: Floats, when: Floats) -> _Line:
    """Fit log odds = level + slope * when to every row; ``when`` is centred."""
    sums = total.sum(axis=-1)
    share = np.clip(first.sum(axis=-1) / np.maximum(sums, 1.0), 1e-9, 1.0 - 1e-9)
    level, slope = np.log(share / (1.0 - share)), np.zeros(first.shape[:-1])
    for _ in range(ROUNDS):
        expected = _expected(level, slope, when)
        weight = total * expected * (1.0 - expected)
        w0, w1, w2 = ((weight * when**k).sum(axis=-1) for k in (0, 1, 2))
        off = first - total * expected
        score0, score1 = off.sum(axis=-1), (off * when).sum(axis=-1)
        determinant = np.maximum(w0 * w2 - w1 * w1, 1e-300)
        step0 = np.clip((w2 * score0 - w1 * score1) / determinant, -2.0, 2.0)
        step1 = np.clip((w0 * score1 - w1 * score0) / determinant, -2.0, 2.0)
        level = np.clip(level + step0, -LARGEST, LARGEST)
        slope = np.clip(slope + step1, -LARGEST, LARGEST)
        if max(np.abs(step0).max(initial=0.0), np.abs(step1).max(initial=0.0)) < 1e-10:
            break
    expected = _expected(level, slope, when)
    weight = total * expected * (1.0 - expected)
    w0, w1, w2 = ((weight * when**k).sum(axis=-1) for k in (0, 1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = (first - total * expected) ** 2 / weight
        variance = w0 / (w0 * w2 - w1 * w1)
    pearson = np.where(weight > 0, np.nan_to_num(parts), 0.0).sum(axis=-1)
    return _Line(slope, variance, pearson, w0)


def _expected(level: Floats, slope: Floats, when: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-(level[..., None] + slope[..., None] * when))), dtype=np.float64)
