"""Standard scores of weighted neighbourhood sums, and where there are none. numpy only."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.errors import HotspotWarning

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVERYTHING = "the neighbourhood is everything"


def standard_scores(values: Floats, lagged: Floats, total: Floats, squares: Floats, *, star: bool) -> Floats:
    """Return z of each neighbourhood's sum: Gi* with ``star``, otherwise Gi.

    Parameters
    ----------
    values
        Centred: less the mean of all n.
    lagged
        Weighted sum of each neighbourhood's centred values.
    total, squares
        Sum of the weights, and of their squares, of each neighbourhood.
    star
        False leaves each area out of the mean, the spread and n.

    Notes
    -----
    (sum_j w_ij x_j - xbar W_i) / (s sqrt((n S1_i - W_i^2) / (n - 1))); Ord and Getis (1995).
    """
    n = len(values) if star else len(values) - 1
    mean: Floats | float = 0.0
    variance = np.full(len(values), float((values * values).mean()))
    if not star:
        mean = -values / max(n, 1)
        variance = _variance_of_the_others(values)
    spread = np.sqrt(variance * np.maximum(n * squares - total * total, 0.0) / max(n - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((lagged - mean * total) / spread)


def _variance_of_the_others(values: Floats) -> Floats:
    n = len(values) - 1
    scatter = float((values * values).sum())
    left = scatter - values * values * (n + 1) / max(n, 1)
    # Where one area holds nearly all of the spread, the subtraction leaves rounding: there it is summed anew.
    for i in np.flatnonzero(left < 0.01 * scatter).tolist():
        others = np.delete(values, i)
        left[i] = float(((others - others.mean()) ** 2).sum()) if n else 0.0
    return np.asarray(left / max(n, 1))


def reasons(values: Floats, drawn: Integers, equal: bool, *, star: bool, unit: str) -> NDArray[np.object_]:
    """Return why each area's statistic is undefined, "" where it is not."""
    count = len(values) if star else len(values) - 1
    reason = np.full(len(values), "", dtype=object)
    if equal:
        reason[drawn == count] = EVERYTHING
    reason[drawn == 0] = "no neighbours"
    reason[_flat(values, star)] = "no variation"
    if count < 2:
        reason[:] = f"fewer than {'two' if star else 'three'} {unit}"
    return reason


def _flat(values: Floats, star: bool) -> NDArray[np.bool_]:
    """Tell where the values that an area is compared with are all the same."""
    distinct, code, times = np.unique(values, return_inverse=True, return_counts=True)
    spread = float(distinct[-1] - distinct[0])
    # Rates that differ in their last digit only are the same rate.
    if spread <= 1e-14 * float(np.abs(distinct).max()):
        return np.ones(len(values), dtype=bool)
    if star or len(distinct) > 2:
        return np.zeros(len(values), dtype=bool)
    return np.asarray(times[code] == 1, dtype=bool)


def tally(reason: NDArray[np.object_]) -> dict[str, int]:
    """Count the areas without a result, by reason."""
    names, counts = np.unique(reason[reason != ""].astype(str), return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def say_undefined(found: Mapping[str, int], name: str, unit: str, stacklevel: int) -> None:
    """Warn of the areas without a result."""
    if found:
        text = "; ".join(f"{count:,} {unit}: {reason}" for reason, count in sorted(found.items()))
        warnings.warn(
            f"{name} is undefined and left missing for {text}", HotspotWarning, stacklevel=stacklevel + 1
        )


def missing_where(reason: NDArray[np.object_], values: NDArray[Any]) -> Floats:
    """Return the values, missing where there is a reason."""
    return np.where(reason == "", values, np.nan)
