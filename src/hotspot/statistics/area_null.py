"""The null of incidents spread over an area, or over those at risk: not the default, and docs say why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def spread_tails(
    counts: Integers, sums: Integers, size: Floats, size_around: Floats, *, star: bool
) -> tuple[Floats, Floats]:
    """Return P(S >= s) and P(S <= s) when every incident falls anywhere in proportion to size.

    Given how many incidents there are, a neighbourhood's sum is binomial. NaN where the neighbourhood
    has no size, or everything lies in it.

    Parameters
    ----------
    counts, sums
        Of each cell: its count, and the sum of its neighbourhood (itself included when ``star``).
    size, size_around
        Of each cell: its area inside the boundary or the number at risk in it, and the neighbourhood's.
    star
        True spreads all incidents over everything; False spreads those of the other cells over these.
    """
    trials = np.full(len(counts), counts.sum()) if star else counts.sum() - counts
    base = np.full(len(size), size.sum()) if star else size.sum() - size
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(base > 0, size_around / base, np.nan)
    share = np.where((share > 0) & (share < 1.0 - 1e-12), share, np.nan)
    known = ~np.isnan(share)
    upper, lower = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    # The binomial tails as incomplete beta functions; scipy.stats takes a second to load.
    seen, left = sums[known].astype(float), (trials - sums)[known].astype(float)
    upper[known] = np.where(seen > 0, betainc(np.maximum(seen, 1.0), left + 1.0, share[known]), 1.0)
    lower[known] = np.where(left > 0, betainc(np.maximum(left, 1.0), seen + 1.0, 1.0 - share[known]), 1.0)
    return upper, lower
