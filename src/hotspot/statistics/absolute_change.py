"""Three measures of the field that assume equal absolute change: for a technical appendix, never to decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]

HEADING = "assumes equal absolute change"
NO_FALL = "the inside did not fall against its control: the quotient has no meaning"
NO_CONTROL = "a period of the control holds no incident: nothing to divide by"


@dataclass(frozen=True)
class AbsoluteChange:
    """A difference of counts or a quotient of changes, with what a change shared by all areas gives it.

    Attributes
    ----------
    name
        Which measure.
    value, error, z, low, high
        The measure, its standard error, their quotient and a normal interval; for the displacement quotient the
        interval is Fieller's, error and z are NaN.
    level
        Of the interval.
    common_ratio
        The control's count during over its count before.
    common_change
        What the measure comes to when every area changes by ``common_ratio`` and nothing else happens: its bias.
    heading
        "assumes equal absolute change".
    reason
        Why there is no value, or "".
    """

    name: str
    value: float
    error: float
    z: float
    low: float
    high: float
    level: float
    common_ratio: float
    common_change: float
    heading: str = HEADING
    reason: str = ""


def weighted_displacement_difference(
    treated: ArrayLike,
    control: ArrayLike,
    *,
    displaced: ArrayLike | None = None,
    displaced_control: ArrayLike | None = None,
    time_weights: ArrayLike = (1.0, 1.0),
    area_weights: ArrayLike = (1.0, 1.0, 1.0, 1.0),
    harm: ArrayLike | None = None,
    level: float = 0.95,
) -> AbsoluteChange:
    """Return the weighted displacement difference: the change inside less that of the control, with the rings'.

    Parameters
    ----------
    treated, control
        Incidents before and during: shape (2,), or (kinds, 2) with ``harm``.
    displaced, displaced_control
        The same for the ring around the inside and for the ring's control; both or neither.
    time_weights
        Length of the two periods, relative to each other.
    area_weights
        Size of treated, control, ring and ring's control, relative to each other.
    harm
        Weight of one incident of each kind, shape (kinds,).
    level
        Of the interval.

    Returns
    -------
    AbsoluteChange
        In incidents, or in units of harm.

    Raises
    ------
    InputError
        If counts are negative, shapes do not fit, a weight is not above 0, or only one ring is given.

    Notes
    -----
    (T1 - T0) - (C1 - C0) [+ (Td1 - Td0) - (Cd1 - Cd0)], each count divided by (time weight x area weight); the variance
    is the sum of count / (time weight x area weight)^2 (Wheeler and Ratcliffe 2018). With harm h: the sum over
    kinds of h WDD, variance the sum of h^2 Var.

    How this can mislead: it takes areas to change by equal numbers. Where all change by one ratio r, it is off by
    (r - 1)(T0 - C0), plus (r - 1)(Td0 - Cd0) for the rings: ``common_change``. A borough-wide fall of 40 % with 200
    inside and 100 in the control gives -40 by itself. Its variance takes counts as Poisson.

    Examples
    --------
    >>> found = weighted_displacement_difference([20, 10], [20, 20])
    >>> found.value, round(found.error, 6), round(found.z, 6)
    (-10.0, 8.3666, -1.195229)
    """
    if (displaced is None) != (displaced_control is None):
        raise InputError("only one of displaced and displaced_control was given; give both, or neither")
    given = [treated, control]
    if displaced is not None and displaced_control is not None:
        given += [displaced, displaced_control]
    kinds = np.ones(1) if harm is None else np.atleast_1d(np.asarray(harm, dtype=np.float64))
    periods = _weights(time_weights, 2, "time_weights")
    areas = _weights(area_weights, 4, "area_weights")[: len(given), None, None]
    counts = np.stack([_pairs(values, kinds.size) for values in given])
    scaled = counts / (periods * areas)
    signs = np.array([1.0, -1.0, 1.0, -1.0])[: len(given), None]
    changes = scaled[..., 1] - scaled[..., 0]
    value = float((signs * changes * kinds).sum())
    variance = float((counts / (periods * areas) ** 2 * kinds[:, None] ** 2).sum())
    ratio = _over(float(scaled[1, :, 1] @ kinds), float(scaled[1, :, 0] @ kinds))
    bias = (ratio - 1.0) * float((signs * scaled[..., 0] * kinds).sum())
    return _normal("weighted displacement difference", value, variance, level, ratio, bias)


def difference_in_counts(
    treated: ArrayLike, control: ArrayLike | None = None, *, level: float = 0.95
) -> AbsoluteChange:
    """Return the change of a count, less that of a control where there is one.

    Parameters
    ----------
    treated, control
        Incidents before and during, shape (2,).
    level
        Of the interval.

    Returns
    -------
    AbsoluteChange
        ``common_ratio`` and ``common_change`` are NaN without a control: nothing then tells what all areas did.

    Raises
    ------
    InputError
        If counts are negative or shapes do not fit.

    Notes
    -----
    (T1 - T0) - (C1 - C0), variance T0 + T1 + C0 + C1.

    How this can mislead: as `weighted_displacement_difference`; without a control, any change that all areas share is
    in it.

    Examples
    --------
    >>> difference_in_counts([381, 169]).value
    -212.0
    """
    inside = _pairs(treated, 1)[0]
    if control is None:
        nan = float("nan")
        return _normal(
            "difference in counts", float(inside[1] - inside[0]), float(inside.sum()), level, nan, nan
        )
    beside = _pairs(control, 1)[0]
    ratio = _over(float(beside[1]), float(beside[0]))
    value = float(inside[1] - inside[0] - beside[1] + beside[0])
    bias = (ratio - 1.0) * float(inside[0] - beside[0])
    return _normal("difference in counts", value, float(inside.sum() + beside.sum()), level, ratio, bias)


def displacement_quotient(
    treated: ArrayLike, ring: ArrayLike, control: ArrayLike, *, level: float = 0.95
) -> AbsoluteChange:
    """Return the weighted displacement quotient: the ring's change over the inside's, each a share of the control.

    Parameters
    ----------
    treated, ring, control
        Incidents before and during, shape (2,).
    level
        Of the interval.

    Returns
    -------
    AbsoluteChange
        Above 0: the ring fell too; -1: the ring rose by as much as the inside fell. An interval from -infinity to
        infinity says that the inside's own fall is not told from none.

    Raises
    ------
    InputError
        If counts are negative or shapes do not fit.

    Notes
    -----
    (R1 / C1 - R0 / C0) / (T1 / C1 - T0 / C0) (Bowers and Johnson 2003). The interval is Fieller's (1954), with
    Poisson counts and the delta method for the shares.

    How this can mislead: under a change that all areas share, both parts are 0 but for chance, and the quotient is
    any number; it adds a large ring's change and a small inside's as if the same number of incidents should move.

    Examples
    --------
    >>> round(displacement_quotient([200, 100], [100, 150], [1000, 1000]).value, 6)
    -0.5
    """
    inside, around, beside = (_pairs(values, 1)[0] for values in (treated, ring, control))
    nan = float("nan")
    name, ratio = "displacement quotient", _over(float(beside[1]), float(beside[0]))
    if (beside == 0.0).any():
        return AbsoluteChange(name, nan, nan, nan, nan, nan, level, ratio, nan, reason=NO_CONTROL)
    top = float(around[1] / beside[1] - around[0] / beside[0])
    bottom = float(inside[1] / beside[1] - inside[0] / beside[0])
    if bottom >= 0.0:
        return AbsoluteChange(name, nan, nan, nan, nan, nan, level, ratio, nan, reason=NO_FALL)
    top_variance = float((around / beside**2 + around**2 / beside**3).sum())
    bottom_variance = float((inside / beside**2 + inside**2 / beside**3).sum())
    shared = float((inside * around / beside**3).sum())
    square = _quantile(level) ** 2
    a = bottom**2 - square * bottom_variance
    b = top * bottom - square * shared
    c = top**2 - square * top_variance
    low, high = -float("inf"), float("inf")
    if a > 0.0:
        half = float(np.sqrt(max(0.0, b * b - a * c)))
        low, high = (b - half) / a, (b + half) / a
    return AbsoluteChange(name, top / bottom, nan, nan, low, high, level, ratio, nan)


def _normal(
    name: str, value: float, variance: float, level: float, ratio: float, bias: float
) -> AbsoluteChange:
    error = variance**0.5
    reach = _quantile(level) * error
    z = value / error if error > 0.0 else float("nan")
    return AbsoluteChange(name, value, error, z, value - reach, value + reach, level, ratio, bias)


def _quantile(level: float) -> float:
    from scipy.special import ndtri

    if not 0.0 < level < 1.0:
        raise InputError(f"level={level!r} must lie between 0 and 1, such as 0.95")
    return float(ndtri((1.0 + level) / 2.0))


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0.0 else float("nan")


def _pairs(values: ArrayLike, kinds: int) -> Floats:
    counts = np.asarray(values, dtype=np.float64)
    if counts.ndim == 1:
        counts = counts[None, :]
    if counts.shape != (kinds, 2):
        raise InputError(
            f"counts have the shape {np.shape(values)}; give incidents before and during, shape (2,), or with harm "
            f"one such pair for each of the {kinds} kinds"
        )
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise InputError(
            f"counts {counts.tolist()} hold a negative or missing value; give counts of incidents"
        )
    return counts


def _weights(values: ArrayLike, count: int, word: str) -> Floats:
    weights = np.asarray(values, dtype=np.float64)
    if weights.shape != (count,) or not (np.isfinite(weights) & (weights > 0)).all():
        raise InputError(f"{word}={weights.tolist()} must be {count} numbers above 0")
    return weights
