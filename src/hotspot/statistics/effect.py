"""The headline estimate of an order: its ratio of rate ratios against a comparison, with what it can carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError
from hotspot.statistics.effect_variance import (
    GREATEST_LAG,
    between_variance,
    exact_odds,
    inflation,
    lag_one,
    own_lag,
    pair_months,
    share_months,
    standard_error,
)
from hotspot.statistics.rate_ratio import rate_ratio

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_COUNT = 10
LEAST_OTHERS = 8
OWN_DISPERSION_LEVEL = 0.9
SMALL_SHARE = 0.25
TOO_FEW = "too few to compare"
NOT_CONTROLLED = "not controlled"
NARROWEST = "narrowest possible"
BY_AREAS = "spread of the changes of {} other areas, and dispersion of their months"
BY_MONTHS = "dispersion of the months of the inside and its comparison"
BY_PAIRS = "dispersion of pairs of the same calendar month"
NO_AREAS = (
    "areas change of their own accord by more than their months show; without other areas this is not seen"
)
SMALL_AREAS = (
    "the other areas hold far fewer incidents than the inside, so that their own changes are badly seen"
)


@dataclass(frozen=True)
class Effect:
    """A change inside, set against a comparison, with its interval and what both rest on.

    Attributes
    ----------
    ratio, low, high
        The headline and the ends of its interval; NaN when there is a ``reason``.
    p
        Two-sided, of a ratio of 1: below 1 - ``level`` just when the interval leaves 1 out.
    level
        Of the interval.
    dispersion
        Variance over mean of the totals of a period: ``monthly_dispersion`` times what the dependence of
        neighbouring months adds.
    between_sd
        Standard deviation, on the log scale, of what the inside and its comparison change of their own accord,
        together; 0 when other areas show none, or there are none.
    log_error
        Standard error of the log of the ratio: sqrt(dispersion * sum of 1 / count + between_sd^2).
    df
        Degrees of freedom of its t distribution.
    method
        What the interval rests on, in words.
    poisson_low, poisson_high
        Exact interval that takes every incident as independent: the narrowest possible.
    inside_before, inside_during, other_before, other_during
        Incidents; -1 for the other when there is none.
    months_before, months_during
        Observed months.
    controlled
        Whether there was a comparison.
    monthly_dispersion
        Variance over mean of single months, 1 or more.
    lag_one
        Correlation of neighbouring months that was allowed for.
    area_sd
        Standard deviation of the changes that one area makes of its own accord.
    areas_used
        How many other areas gave dispersion and spread; 0: the months of the two series did.
    caution
        What the interval cannot see, or "".
    reason
        Why there is no estimate, or "".
    """

    ratio: float
    low: float
    high: float
    p: float
    level: float
    dispersion: float
    between_sd: float
    log_error: float
    df: float
    method: str
    poisson_low: float
    poisson_high: float
    inside_before: int
    inside_during: int
    other_before: int
    other_during: int
    months_before: int
    months_during: int
    controlled: bool
    monthly_dispersion: float = 1.0
    lag_one: float = 0.0
    area_sd: float = 0.0
    areas_used: int = 0
    caution: str = ""
    reason: str = ""

    @property
    def heading(self) -> str:
        """Return "not controlled" where there was no comparison, else ""."""
        return "" if self.controlled else NOT_CONTROLLED


@dataclass(frozen=True)
class _Spread:
    """What the variance of a log ratio is made of."""

    monthly: float
    lag: float
    factor: float
    df: float
    method: str
    caution: str
    area_variance: float = 0.0
    shares: float = 1.0
    used: int = 0


def ratio_of_rate_ratios(
    inside: ArrayLike,
    other: ArrayLike | None,
    during: ArrayLike,
    *,
    level: float = 0.95,
    others: ArrayLike | None = None,
    spread_scale: float = 1.0,
) -> Effect:
    """Divide the change inside by the change in a comparison, with an interval that ordinary change is part of.

    Parameters
    ----------
    inside
        Incidents by observed month, shape (months,).
    other
        Incidents of the comparison in the same months. None: the change inside alone, headed "not controlled".
    during
        Which months belong to the second period, shape (months,). Both periods hold the same calendar months in
        the same order.
    level
        Of the interval.
    others
        Incidents of further areas that had no order, about as large as the inside, shape (areas, months). They
        may lie in the comparison. Areas under 10 in either period are not used.
    spread_scale
        What to multiply the variance of the other areas' own ways by, 1 or more: where each of them is made of more
        small areas than the inside, it averages more of them away (`hotspot.decisions.unit_groups`).

    Returns
    -------
    Effect
        With ``reason`` "too few to compare" and no ratio when a period of the inside or of the comparison holds
        under 10 incidents.

    Raises
    ------
    InputError
        If shapes do not fit, a count is negative or no whole number, a period has fewer than 2 months, or the
        periods have unequal months and there is no comparison.

    Notes
    -----
    The ratio is (inside during / inside before) / (other during / other before). The log of it has the variance
    D (sum of 1 / count) + B, one rule fixed beforehand:

    - With 8 or more ``others``: D is the mean over them of Pearson's statistic of their share in area and
      comparison, month by month (not below 1), times what the lag-1 correlation of those residuals adds to a total;
      the inside's own statistic takes its place where it is above the 90 % point of F, as with a repeat caller. The
      variance t of the others' own changes is Paule and Mandel's, over D (1 / before + 1 / during); B = t (1 + 1 / m),
      m the comparison's size in areas (its incidents before over the others' median, at least 1). df by
      Satterthwaite from D and t.
    - Without: D from the inside and the comparison alone, with their lag-1 correlation drawn halfway towards 0.3
      or so (`effect_variance.own_lag`); B is not known and 0; t distribution with months - 2 degrees of freedom, fewer
      with dependence.
    - Without a comparison: the same, from pairs of the same calendar month.

    The interval is never narrower than the exact Poisson interval (Fisher's conditional one). The simulation in
    docs/effect_of_an_order.md measured the false effects and coverage of this rule.

    How this can mislead: a comparison that was chosen after looking; an area that was named because it had just
    peaked (it falls by itself); recording that changed inside only. Without ``others`` the interval is too
    narrow wherever areas change of their own accord: of real areas without any order it called 8 % changed.

    Examples
    --------
    >>> months = [12, 9, 11, 8, 6, 5, 7, 6]
    >>> effect = ratio_of_rate_ratios(months, [40] * 8, np.arange(8) >= 4)
    >>> effect.inside_before, effect.inside_during, round(effect.ratio, 3)
    (40, 24, 0.6)
    """
    own, flags = _counts(inside, "inside"), _flags(during)
    if flags.shape != own.shape:
        raise InputError(f"during has {flags.size} values and inside {own.size}; give one of each a month")
    if not 0.0 < level < 1.0:
        raise InputError(f"level={level!r} must lie between 0 and 1, such as 0.95")
    before, after = int((~flags).sum()), int(flags.sum())
    if min(before, after) < 2:
        raise InputError(f"the periods have {before} and {after} months; dispersion needs at least 2 in each")
    if other is None:
        if others is not None:
            raise InputError("others were given without other; name the comparison that all are held against")
        if before != after:
            raise InputError(
                f"the periods have {before} and {after} months; without a comparison, season cancels only "
                "between the same calendar months: give as many of them in both"
            )
        return _effect(own, None, flags, level, None)
    table = None
    if others is not None:
        table = np.array([_counts(row, "others", own.size) for row in np.atleast_2d(np.asarray(others))])
    return _effect(own, _counts(other, "other", own.size), flags, level, table, max(1.0, float(spread_scale)))


def _flags(during: ArrayLike) -> Flags:
    flags = np.asarray(during)
    if flags.dtype != bool or flags.ndim != 1:
        raise InputError(
            f"during has the type {flags.dtype} and {flags.ndim} dimensions; give True or False a month"
        )
    return flags


def _counts(values: ArrayLike, word: str, months: int | None = None) -> Floats:
    counts = np.asarray(values, dtype=np.float64)
    if counts.ndim != 1 or (months is not None and counts.size != months):
        expected = "" if months is None else f" and inside {months} months"
        raise InputError(f"{word} has the shape {counts.shape}{expected}; give one count for each month")
    bad = ~((counts >= 0) & (counts == np.floor(counts)) & np.isfinite(counts))
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} of the counts of {word} are negative, missing or no whole number (the first is "
            f"{counts[bad][0]}); leave out, for all areas, the months that were not observed"
        )
    return counts


def _effect(
    own: Floats, beside: Floats | None, flags: Flags, level: float, table: Floats | None, scale: float = 1.0
) -> Effect:
    from scipy.special import stdtr, stdtrit

    series = [own] if beside is None else [own, beside]
    cells = [int(values[part].sum()) for values in series for part in (~flags, flags)]
    few = min(cells) < LEAST_COUNT
    estimate = low = high = p = error = narrow = wide = float("nan")
    spread = _Spread(float("nan"), float("nan"), 1.0, float("nan"), "", "", area_variance=float("nan"))
    if not few:
        spread = (
            _months_spread(own, beside, flags) if table is None else _spread(own, beside, flags, table, scale)
        )
        estimate = float(np.log(cells[1] / cells[0]))
        if beside is None:
            exact = rate_ratio(cells[1], cells[0], confidence=level)
            narrow, wide, exact_p = float(exact.low), float(exact.high), _binomial_p(cells[1], cells[0])
        else:
            estimate -= float(np.log(cells[3] / cells[2]))
            narrow, wide, exact_p = exact_odds(cells[1], cells[0], cells[3], cells[2], level)
        extra = spread.area_variance * spread.shares
        error = float(
            standard_error(cells, dispersion=spread.monthly * spread.factor, between_variance=extra)
        )
        reach = float(stdtrit(spread.df, (1.0 + level) / 2.0)) * error
        low, high = min(narrow, float(np.exp(estimate - reach))), max(wide, float(np.exp(estimate + reach)))
        p = max(exact_p, float(2.0 * stdtr(spread.df, -abs(estimate) / error)))
    return Effect(
        ratio=float(np.exp(estimate)),
        low=low,
        high=high,
        p=p,
        level=level,
        dispersion=spread.monthly * spread.factor,
        between_sd=float(np.sqrt(spread.area_variance * spread.shares)),
        log_error=error,
        df=spread.df,
        method=spread.method,
        poisson_low=narrow,
        poisson_high=wide,
        inside_before=cells[0],
        inside_during=cells[1],
        other_before=-1 if beside is None else cells[2],
        other_during=-1 if beside is None else cells[3],
        months_before=int((~flags).sum()),
        months_during=int(flags.sum()),
        controlled=beside is not None,
        monthly_dispersion=spread.monthly,
        lag_one=spread.lag,
        area_sd=float(np.sqrt(spread.area_variance)),
        areas_used=spread.used,
        caution=spread.caution,
        reason=TOO_FEW if few else "",
    )


def _binomial_p(first: int, second: int) -> float:
    """Return twice the smaller binomial tail, as the exact rate-ratio interval has it."""
    from scipy.special import bdtr

    total = first + second
    upper = 1.0 if first == 0 else 1.0 - float(bdtr(first - 1, total, 0.5))
    return min(1.0, 2.0 * min(float(bdtr(first, total, 0.5)), upper))


def _months_spread(own: Floats, beside: Floats | None, flags: Flags) -> _Spread:
    """Return what the months of the inside and its comparison alone show."""
    months = pair_months(own, flags) if beside is None else share_months(own, beside, flags)
    lag = own_lag(months)
    factor = inflation(lag, months.lengths)
    monthly = max(1.0, float(months.dispersion[0]))
    method = BY_PAIRS if beside is None else BY_MONTHS
    return _Spread(monthly, lag, factor, months.df / factor**0.5, method, NO_AREAS)


def _spread(own: Floats, beside: Floats | None, flags: Flags, table: Floats, scale: float) -> _Spread:
    """Return what the other areas show, or the months alone where too few areas can be used."""
    from scipy.special import fdtri

    before, after = table[:, ~flags].sum(axis=1), table[:, flags].sum(axis=1)
    enough = (before >= LEAST_COUNT) & (after >= LEAST_COUNT)
    used = int(enough.sum())
    if beside is None or used < LEAST_OTHERS:
        return _months_spread(own, beside, flags)
    before, after = before[enough], after[enough]
    areas, inside = share_months(table[enough], beside, flags), share_months(own, beside, flags)
    monthly = max(1.0, float(areas.dispersion.mean()))
    lag = min(lag_one(float(areas.products.sum()), float(areas.squares.sum()), areas.lengths), GREATEST_LAG)
    factor = inflation(lag, areas.lengths)
    variances = monthly * factor * (1.0 / before + 1.0 / after)
    area_variance = between_variance(np.log(after / before), variances)
    typical = float(np.median(before))
    shares = scale * (1.0 + 1.0 / max(1.0, float(beside[~flags].sum()) / typical))
    # Neighbouring months depend on each other, so the areas' months are worth about half their number.
    df = used * areas.df / 2.0
    point = float(fdtri(inside.df, used * areas.df, OWN_DISPERSION_LEVEL))
    if inside.dispersion[0] > point * monthly:
        monthly = float(inside.dispersion[0])
        lag = max(lag, own_lag(inside))
        factor = inflation(lag, inside.lengths)
        df = inside.df / factor**0.5
    if area_variance > 0.0:
        counts = [own[~flags].sum(), own[flags].sum(), beside[~flags].sum(), beside[flags].sum()]
        part = monthly * factor * float((1.0 / np.array(counts)).sum())
        of_areas = (shares * (float(variances.mean()) + area_variance)) ** 2 / (used - 1)
        df = max(1.0, (part + shares * area_variance) ** 2 / (of_areas + part**2 / df))
    caution = SMALL_AREAS if typical < SMALL_SHARE * own[~flags].sum() else ""
    return _Spread(monthly, lag, factor, df, BY_AREAS.format(used), caution, area_variance, shares, used)
