"""Rules that choose a kernel's bandwidth from the points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]


def nrd_1d(values: Floats) -> float:
    """Return the normal-reference bandwidth of one axis, in its units.

    4 x 1.06 x min(sd, IQR / 1.34) x n^(-1/5), as R's MASS::bandwidth.nrd; Venables and Ripley (2002),
    Modern Applied Statistics with S, equation 5.5. The 4 is MASS's own scale: its kernel's standard
    deviation is a quarter of the bandwidth.
    """
    n = len(values)
    if n < 2:
        raise InputError(f"a bandwidth needs at least 2 incidents; given {n}")
    low, high = np.quantile(values, [0.25, 0.75])
    return float(4 * 1.06 * min(np.std(values, ddof=1), (high - low) / 1.34) * n ** (-1 / 5))


def nrd(x: Floats, y: Floats) -> float:
    """Return the mean of both axes' normal-reference bandwidths (one axis alone would not do)."""
    return (nrd_1d(x) + nrd_1d(y)) / 2.0


def standard_distance_rule(x: Floats, y: Floats) -> float:
    """Return 0.9 min(SD, sqrt(1 / ln 2) Dm) n^(-1/5), in metres, for a quartic kernel's radius.

    SD is the standard distance from the mean centre and Dm the median distance to it, so that far
    outliers do not widen it. It is the search radius that ArcGIS uses by default, after Silverman
    (1986), Density Estimation for Statistics and Data Analysis, section 3.4.
    """
    n = len(x)
    if n < 2:
        raise InputError(f"a bandwidth needs at least 2 incidents; given {n}")
    squared = (x - x.mean()) ** 2 + (y - y.mean()) ** 2
    spread = min(np.sqrt(squared.mean()), np.sqrt(1 / np.log(2)) * np.sqrt(np.median(squared)))
    return float(0.9 * spread * n ** (-0.2))
