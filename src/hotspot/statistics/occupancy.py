"""How many months see an incident when n incidents are spread evenly over M: the classical occupancy problem."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def expected_active(incidents: ArrayLike, months: int) -> Floats:
    """Return the expected number of months with at least one incident, M (1 - (1 - 1/M)^n).

    Parameters
    ----------
    incidents
        n, for each location.
    months
        M, the months observed.

    Notes
    -----
    Every month is as likely as another. Weighting by 28 to 31 days would change the expectation by less than
    0.02 months, for any n and for 12 to 60 months, so it is not done.

    Examples
    --------
    >>> round(float(expected_active(30, 24)), 2)
    17.31
    """
    if months < 1:
        raise InputError(f"months={months}: at least one month must be observed")
    n = np.asarray(incidents, dtype=np.float64)
    return np.asarray(months * (1.0 - (1.0 - 1.0 / months) ** n))


def lowest_usual(incidents: ArrayLike, months: int, *, level: float = 0.01) -> Integers:
    """Return the smallest number k of active months with P(at most k) above ``level`` under even spreading.

    A location with fewer active months is one of the ``level`` most lumpy, or fewer, of even ones.

    Parameters
    ----------
    incidents
        n, for each location; 0 gives 0.
    months
        M, the months observed.
    level
        The chance that an even location falls below.

    Notes
    -----
    Exact: P(n + 1, k) = P(n, k) k/M + P(n, k - 1) (M - k + 1)/M, the distribution of occupied cells (Feller 1968,
    I, section IV.2). From the n on at which any empty month is as rare as ``level``, the answer is M.

    Examples
    --------
    >>> [int(k) for k in lowest_usual([5, 30], 24)]
    [3, 14]
    """
    if months < 1 or not 0.0 < level < 1.0:
        raise InputError(f"months={months} must be 1 or more and level={level} between 0 and 1")
    table = _limits(months, level)
    n = np.asarray(incidents, dtype=np.int64)
    return np.asarray(table[np.minimum(n, len(table) - 1)])


@cache
def _limits(months: int, level: float) -> Integers:
    active = np.arange(months + 1)
    chance = (active == 0).astype(float)
    limits = [0]
    while limits[-1] < months:
        entered = np.concatenate([[0.0], chance[:-1] * (months - active[:-1]) / months])
        chance = chance * active / months + entered
        limits.append(int(np.searchsorted(np.cumsum(chance), level, side="right")))
    return np.array(limits, dtype=np.int64)
