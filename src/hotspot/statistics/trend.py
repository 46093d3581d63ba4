"""Trend over months without assuming a shape: Mann-Kendall, and the seasonal Kendall test."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_MONTHS = 24
DEPENDENCE_YEARS = 10
BLOCK = 50_000


@dataclass(frozen=True)
class Trend:
    """The trend of each row; every array has the shape (rows,).

    Attributes
    ----------
    s
        Pairs that rose minus pairs that fell.
    variance
        Of ``s`` when there is no trend.
    z, p
        (s - 1) / sd above zero, (s + 1) / sd below, 0 at zero; two-sided normal p.
    tau
        ``s`` over the number of pairs, ties among them: -1 to 1.
    slope
        Median change over all pairs (Sen): for each step, or for each year in `seasonal_kendall`.
    reason
        Why all of it is NaN, or None.
    """

    s: Floats
    variance: Floats
    z: Floats
    p: Floats
    tau: Floats
    slope: Floats
    reason: str | None = None


def mann_kendall(values: ArrayLike, *, steps: ArrayLike | None = None) -> Trend:
    """Test each row for a rise or fall that goes on over the whole series.

    Parameters
    ----------
    values
        Shape (rows, steps), or one series of shape (steps,), in order of time.
    steps
        When each column is, ascending; 0, 1, 2 ... by default. It enters the slope only.

    Returns
    -------
    Trend
        ``slope`` for one unit of ``steps``.

    Raises
    ------
    InputError
        If there are fewer than two steps, a value is missing, or ``steps`` do not ascend.

    Notes
    -----
    S is the sum over i < j of sign(x_j - x_i); its variance, [n(n-1)(2n+5) - sum of t(t-1)(2t+5)] / 18 over the
    groups of t tied values (Mann 1945; Kendall 1975).

    How this can mislead: it takes the steps as independent. Counts that follow the season, or a busy month after
    a busy month, give small p without a trend: use `seasonal_kendall` for months.

    Examples
    --------
    >>> trend = mann_kendall([1, 2, 3, 4, 5, 6])
    >>> float(trend.s[0]), round(float(trend.p[0]), 6)
    (15.0, 0.008535)
    """
    table = _table(values)
    count = table.shape[1]
    if count < 2:
        raise InputError(f"a trend needs at least 2 steps; values have the shape {np.shape(values)}")
    times = _ascending(np.arange(count) if steps is None else steps, count, "steps")
    return _in_blocks(table, times[None, :], np.arange(count)[None, :], dependent=False)


def seasonal_kendall(values: ArrayLike, months: ArrayLike, *, dependence: bool | None = None) -> Trend:
    """Test each row for a trend over the years, comparing each month only with the same month of other years.

    Parameters
    ----------
    values
        Shape (rows, months), or one series of shape (months,).
    months
        The month of each column, ascending, as months since January 1970 (``PeriodIndex.asi8``). A month that
        was not observed is left out of both: it enters no comparison.
    dependence
        Whether the variance allows for dependence between the calendar months of a year. None: when each of the
        twelve was observed in 10 or more years. With fewer, that variance is itself too uncertain to use (Hirsch
        and Slack 1984), and months are taken as independent (Hirsch, Slack and Smith 1982).

    Returns
    -------
    Trend
        ``slope`` is the median change for each year. Below 24 months all is NaN, with the ``reason``.

    Raises
    ------
    InputError
        If a value is missing, or months do not ascend or do not fit the values.

    Notes
    -----
    S is the sum of the Mann-Kendall S_g of the calendar months g. With D_ig the sum over j of sign(x_ig - x_jg)
    and Q_ij the sum over g of sign(x_jg - x_ig), both 0 where a month is missing, the variances are

    - independent: sum over g of [pairs of g that differ + sum over i of D_ig^2] / 3, which is the tie-corrected
      Mann-Kendall variance of each month, summed;
    - dependent: [sum over i < j of Q_ij^2 + sum over i of (sum over g of D_ig)^2] / 3, which is the sum of
      Hirsch and Slack's covariances [K_gh + 4 sum R_ig R_ih - n (n_g + 1)(n_h + 1)] / 3 over all g and h.

    How this can mislead: with two or three years it sees large changes only, and in independent months: one
    quiet year makes p too small when a place has good and bad spells. Rises at some times of the year and falls
    at others cancel out. A location with few incidents has mostly ties, and a slope of 0.

    Examples
    --------
    >>> summer = np.array([1, 1, 1, 2, 3, 5, 8, 8, 4, 2, 1, 1])
    >>> trend = seasonal_kendall(np.concatenate([summer, summer + 1, summer + 2]), np.arange(36))
    >>> float(trend.s[0]), float(trend.slope[0]), round(float(trend.z[0]), 6)
    (36.0, 1.0, 5.276449)
    """
    table = _table(values)
    count = table.shape[1]
    times = _ascending(months, count, "months").astype(np.int64)
    if count < LEAST_MONTHS:
        empty = np.full(len(table), np.nan)
        reason = f"no trend is given below {LEAST_MONTHS} observed months; there are {count}"
        return Trend(empty, empty, empty, empty, empty, empty, reason)
    years, of_year = np.unique(times // 12, return_inverse=True)
    columns = np.full((12, len(years)), -1, dtype=np.int64)
    columns[times % 12, of_year] = np.arange(count)
    if dependence is None:
        dependence = bool(((columns >= 0).sum(axis=1) >= DEPENDENCE_YEARS).all())
    return _in_blocks(table, np.broadcast_to(years, columns.shape), columns, dependent=dependence)


def _table(values: ArrayLike) -> Floats:
    table: NDArray[Any] = np.atleast_2d(np.asarray(values))
    if table.ndim != 2:
        raise InputError(
            f"values have {table.ndim} dimensions; give a table of rows by months, or one series"
        )
    if not np.isfinite(table).all():
        raise InputError(
            f"{int((~np.isfinite(table)).sum()):,} values are missing or infinite; leave out the months that were "
            "not observed, in the values and in the months"
        )
    return table


def _ascending(steps: ArrayLike, count: int, word: str) -> NDArray[Any]:
    times: NDArray[Any] = np.asarray(steps)
    if times.shape != (count,):
        raise InputError(
            f"{word} have the shape {times.shape}, the values {count} columns; give one for each"
        )
    if count > 1 and not (np.diff(times) > 0).all():
        first = int(np.flatnonzero(np.diff(times) <= 0)[0])
        raise InputError(
            f"{word} do not ascend: {times[first + 1]} follows {times[first]} at position {first + 1}; sort them"
        )
    return times


def _in_blocks(table: Floats, times: NDArray[Any], columns: Integers, *, dependent: bool) -> Trend:
    """Work through blocks of rows, so that half a million locations fit in memory."""
    parts = [
        _kendall(table[start : start + BLOCK], times, columns, dependent)
        for start in range(0, max(len(table), 1), BLOCK)
    ]
    s, variance, slope = (np.concatenate(part) for part in zip(*parts, strict=True))
    seen = (columns >= 0).sum(axis=1)
    pairs = float((seen * (seen - 1) / 2).sum())
    z, p = _z_and_p(s, variance)
    return Trend(s, variance, z, p, s / pairs, slope)


def _kendall(
    table: Floats, times: NDArray[Any], columns: Integers, dependent: bool
) -> tuple[Floats, Floats, Floats]:
    """Return S, its variance and the slope; ``columns[g, i]`` is the column of season g in year i, or -1."""
    rows, (seasons, years) = len(table), columns.shape
    s, unequal, across = (np.zeros(rows) for _ in range(3))
    against = np.zeros((rows, seasons, years), dtype=np.int32)
    changes = []
    for i, j in combinations(range(years), 2):
        both = np.flatnonzero((columns[:, i] >= 0) & (columns[:, j] >= 0))
        if not len(both):
            continue
        # Unsigned counts would wrap around below zero.
        change = table[:, columns[both, j]].astype(float) - table[:, columns[both, i]]
        sign = np.sign(change).astype(np.int32)
        total = sign.sum(axis=1)
        s += total
        unequal += np.abs(sign).sum(axis=1)
        across += total.astype(float) ** 2
        against[:, both, j] += sign
        against[:, both, i] -= sign
        changes.append(change / (times[both, j] - times[both, i]))
    if dependent:
        variance = (across + (against.sum(axis=1).astype(float) ** 2).sum(axis=1)) / 3.0
    else:
        variance = (unequal + (against.astype(float) ** 2).sum(axis=(1, 2))) / 3.0
    slope = np.median(np.concatenate(changes, axis=1), axis=1) if changes else np.full(rows, np.nan)
    return s, variance, slope


def _z_and_p(s: Floats, variance: Floats) -> tuple[Floats, Floats]:
    from scipy.special import ndtr

    deviation = np.sqrt(variance)
    z = np.divide(s - np.sign(s), deviation, out=np.zeros(len(s)), where=deviation > 0)
    return z, np.asarray(2.0 * ndtr(-np.abs(z)))
