"""Interrupted time series of monthly counts: level and slope, season, a comparison series, diagnostics."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError
from hotspot.statistics.effect import LEAST_COUNT, TOO_FEW

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

YEAR = 12
LEAST_DF = 4
HAC_LAGS = 3
SEASONS = ("auto", "months", "harmonics", "none")
FAMILIES = ("quasipoisson", "negative binomial")
ERRORS = ("dispersion", "hac")
TOO_SHORT = "too few months for this many terms"
LEAST_BEFORE = 6
SHORT_BEFORE = "too few months before the second period to test for a trend"


@dataclass(frozen=True)
class InterruptedSeries:
    """A fitted interrupted time series; arrays over terms, or over rows (the inside's months, then the other's).

    Attributes
    ----------
    terms
        Names of the columns of ``design``.
    estimate, error, low, high, p
        On the log scale, one for each term; t distribution with ``df`` degrees of freedom. NaN with a ``reason``.
    level_term, slope_term
        The terms that hold the change of level at the first month of the second period, and of slope a year
        from there on; with a comparison those of the inside beyond the comparison's. ``slope_term`` may be "".
    design, fitted, expected, residuals
        Shape (rows, terms) and (rows,). ``expected`` is the fit with level and slope change of the inside left out;
        residuals are Pearson's.
    rows_inside, rows_month
        Which rows are the inside's, and each row's month.
    dispersion
        Pearson's statistic over degrees of freedom, of the Poisson fit.
    alpha
        Of the negative binomial: variance = mean + alpha mean^2; 0 for quasi-Poisson.
    lag_one
        Correlation of the inside's residuals in neighbouring months; NaN with fewer than 4 pairs.
    trend_before, trend_before_p
        Ratio a year, before the second period, of inside to comparison (of the inside alone without one) and the
        p of 1: a trend that was there before.
    df, level, method, caution, reason
        ``caution`` and ``reason`` are "" when there is none.
    """

    terms: tuple[str, ...]
    estimate: Floats
    error: Floats
    low: Floats
    high: Floats
    p: Floats
    level_term: str
    slope_term: str
    design: Floats
    fitted: Floats
    expected: Floats
    residuals: Floats
    rows_inside: Flags
    rows_month: Integers
    dispersion: float
    alpha: float
    lag_one: float
    trend_before: float
    trend_before_p: float
    df: float
    level: float
    method: str
    caution: str = ""
    reason: str = ""

    def ratio(self, term: str) -> tuple[float, float, float, float]:
        """Return the ratio of a term, the ends of its interval, and its p."""
        at = self.terms.index(term)
        values = np.exp([self.estimate[at], self.low[at], self.high[at]])
        return float(values[0]), float(values[1]), float(values[2]), float(self.p[at])


def interrupted_series(
    inside: ArrayLike,
    months: ArrayLike,
    during: ArrayLike,
    *,
    other: ArrayLike | None = None,
    season: str = "auto",
    slope: bool = True,
    family: str = "quasipoisson",
    errors: str = "dispersion",
    level: float = 0.95,
) -> InterruptedSeries:
    """Fit a log-linear series with a change of level and slope, beside a comparison series where there is one.

    Parameters
    ----------
    inside
        Incidents by observed month, shape (months,).
    months
        Months since January 1970 (``PeriodIndex.asi8``), ascending. A month that was not observed is left out:
        missing is not zero.
    during
        Which months belong to the second period, shape (months,): all the last ones.
    other
        Incidents of the comparison in the same months.
    season
        "months": an effect for each calendar month seen; "harmonics": one yearly sine and cosine; "none"; "auto":
        the first of months and harmonics that the months can tell from trend and level, else none.
    slope
        Whether the trend may change too.
    family
        "quasipoisson": variance = dispersion x mean; "negative binomial": variance = mean + alpha mean^2, alpha such
        that Pearson's statistic equals its degrees of freedom (Breslow 1984).
    errors
        "dispersion": from the family, scaled by Pearson's statistic where that is above 1; "hac": Newey and West
        (1987) over the months' summed scores, up to 3 months apart, missing months at their distance; never below
        those from dispersion, because in short series they come out too small.
    level
        Of the intervals.

    Returns
    -------
    InterruptedSeries
        Terms: constant, trend_a_year, season terms, level_change and slope_change_a_year; with a comparison also
        inside, inside_trend_a_year, inside_level_change and inside_slope_change_a_year, which are the ones to read.

    Raises
    ------
    InputError
        If shapes do not fit, months do not ascend, a choice is unknown, or a period has no month.

    Notes
    -----
    log mean = constant + trend t + season + during (level + slope (t - t0)), each again for the inside, t in years
    from the first month of the second period (Wagner et al. 2002; with a comparison Lopez Bernal et al. 2018).

    How this can mislead: with a year on each side, level, slope and season are hardly told apart, and a slope
    makes the level wide; a trend before that fits by chance is carried
    on. It stands beside the headline and does not decide.

    Examples
    --------
    >>> months = np.arange(24)
    >>> counts = [19, 21] * 6 + [11, 9] * 6
    >>> series = interrupted_series(counts, months, months >= 12, slope=False, season="none")
    >>> [round(value, 3) for value in series.ratio("level_change")[:1]]
    [0.5]
    """
    for word, value, known in (
        ("season", season, SEASONS),
        ("family", family, FAMILIES),
        ("errors", errors, ERRORS),
    ):
        if value not in known:
            raise InputError(f"{word}={value!r} is not known; give one of {', '.join(known)}")
    counts, times, flags = _checked(inside, months, during, other)
    names, design = design_matrix(times, flags, comparison=len(counts) == 2, season=season, slope=slope)
    rows = counts.ravel()
    own = np.arange(rows.size) < times.size
    kind = "inside_" if len(counts) == 2 else ""
    method = f"{family}, season by {_season(times, flags, season, slope=slope)}, errors by {errors}"
    fixed: dict[str, Any] = {
        "terms": names,
        "design": design,
        "level_term": f"{kind}level_change",
        "slope_term": f"{kind}slope_change_a_year" if slope else "",
        "rows_inside": own,
        "rows_month": np.tile(times, len(counts)),
        "level": level,
        "method": method,
    }
    few = min(float(series[part].sum()) for series in counts for part in (flags, ~flags)) < LEAST_COUNT
    df = rows.size - int(np.linalg.matrix_rank(design))
    if few or df < LEAST_DF or np.linalg.matrix_rank(design) < len(names):
        return _empty(fixed, TOO_FEW if few else TOO_SHORT)
    fit = _fit(rows, design, family)
    error = _errors(fit, design, rows, fixed["rows_month"], errors, df)
    return _result(
        fixed, fit, error, df, _before(counts, times, flags, season), _lag(fit.pearson[own], times)
    )


def design_matrix(
    times: Integers, flags: Flags, *, comparison: bool, season: str, slope: bool
) -> tuple[tuple[str, ...], Floats]:
    """Return the names and columns of the terms, the inside's rows first; no level without a second period."""
    start = times[flags][0] if flags.any() else times[-1]
    years = (times - start) / YEAR
    columns = {"constant": np.ones(times.size), "trend_a_year": years}
    kind = _season(times, flags, season, slope=slope)
    if kind == "harmonics":
        angle = 2.0 * np.pi * (times % YEAR) / YEAR
        columns |= {"season_sine": np.sin(angle), "season_cosine": np.cos(angle)}
    elif kind == "months":
        seen = np.unique(times % YEAR)
        columns |= {f"month_{month + 1:02d}": (times % YEAR == month) * 1.0 for month in seen[1:]}
    if flags.any():
        columns["level_change"] = flags * 1.0
    if flags.any() and slope:
        columns["slope_change_a_year"] = flags * years
    if comparison:
        ours = {
            "inside" if name == "constant" else f"inside_{name}": column
            for name, column in columns.items()
            if not name.startswith(("season", "month"))
        }
        own = np.concatenate([np.ones(times.size), np.zeros(times.size)])
        columns = {name: np.tile(column, 2) for name, column in columns.items()}
        columns |= {name: np.tile(column, 2) * own for name, column in ours.items()}
    return tuple(columns), np.column_stack(list(columns.values())).astype(np.float64)


def _season(times: Integers, flags: Flags, season: str, *, slope: bool) -> str:
    """Return the season asked for, or the fullest that the months can tell from trend and level."""
    if season != "auto":
        return season
    seen = np.bincount(times % YEAR)
    for kind in ("months", "harmonics"):
        if kind == "months" and (seen[seen > 0] < 2).any():
            continue
        design = design_matrix(times, flags, comparison=False, season=kind, slope=slope)[1]
        if design.shape[0] - design.shape[1] >= LEAST_DF and np.linalg.matrix_rank(design) == design.shape[1]:
            return kind
    return "none"


@dataclass(frozen=True)
class _Fit:
    estimate: Floats
    fitted: Floats
    pearson: Floats
    weight: Floats
    score: Floats
    dispersion: float
    scale: float
    alpha: float


def _fit(rows: Floats, design: Floats, family: str) -> _Fit:
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    df = design.shape[0] - design.shape[1]

    def solve(alpha: float) -> Any:
        kind = sm.families.NegativeBinomial(alpha=alpha) if alpha > 0 else sm.families.Poisson()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PerfectSeparationWarning)
            return sm.GLM(rows, design, family=kind).fit(scale=1.0)

    found = solve(0.0)
    dispersion, alpha = float(found.pearson_chi2) / df, 0.0
    if family == "negative binomial" and dispersion > 1.0:
        from scipy.optimize import brentq

        top = 1.0
        while float(solve(top).pearson_chi2) > df and top < 64.0:
            top *= 2.0
        alpha = top
        if float(solve(top).pearson_chi2) <= df:
            alpha = float(brentq(lambda size: float(solve(size).pearson_chi2) - df, 1e-9, top, xtol=1e-10))
        found = solve(alpha)
    mean = np.asarray(found.mu, dtype=np.float64)
    variance = mean + alpha * mean**2
    return _Fit(
        np.asarray(found.params, dtype=np.float64),
        mean,
        (rows - mean) / np.sqrt(variance),
        mean**2 / variance,
        (rows - mean) * mean / variance,
        dispersion,
        1.0 if alpha > 0 else max(1.0, dispersion),
        alpha,
    )


def _errors(fit: _Fit, design: Floats, rows: Floats, times: Integers, errors: str, df: int) -> Floats:
    bread = np.linalg.inv(design.T @ (fit.weight[:, None] * design))
    plain = np.sqrt(np.diag(bread) * fit.scale)
    if errors == "dispersion":
        return np.asarray(plain)
    seen, at = np.unique(times, return_inverse=True)
    sums = np.zeros((seen.size, design.shape[1]))
    np.add.at(sums, at, fit.score[:, None] * design)
    apart = np.abs(seen[:, None] - seen[None, :])
    kernel = np.maximum(0.0, 1.0 - apart / (HAC_LAGS + 1.0))
    covariance = bread @ (sums.T @ kernel @ sums) @ bread * (rows.size / df)
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance), plain**2)))


def _before(counts: Floats, times: Integers, flags: Flags, season: str) -> tuple[float, float, str]:
    """Return the yearly ratio of the trend before the second period, and its p."""
    from scipy.stats import t as student

    early, both = times[~flags], len(counts) == 2
    # Season is common to both, so with a comparison it may be left out; alone, a short one would hide in the trend.
    none = np.zeros(early.size, dtype=bool)
    kind = _season(early, none, season, slope=False) if early.size >= YEAR else "none"
    names, design = design_matrix(early, none, comparison=both, season=kind, slope=False)
    df = design.shape[0] - design.shape[1]
    if early.size < LEAST_BEFORE or df < LEAST_DF or np.linalg.matrix_rank(design) < design.shape[1]:
        return float("nan"), float("nan"), SHORT_BEFORE
    rows = counts[:, ~flags].ravel()
    fit = _fit(rows, design, "quasipoisson")
    error = _errors(fit, design, rows, np.tile(early, len(counts)), "dispersion", df)
    at = names.index("inside_trend_a_year" if len(counts) == 2 else "trend_a_year")
    p = 2.0 * student.sf(abs(fit.estimate[at]) / error[at], df)
    return float(np.exp(fit.estimate[at])), float(p), ""


def _lag(residuals: Floats, times: Integers) -> float:
    """Return the correlation of residuals of neighbouring months; a missing month breaks the pair."""
    next_to = np.diff(times) == 1
    if next_to.sum() < 4:
        return float("nan")
    return float((residuals[1:] * residuals[:-1])[next_to].mean() / (residuals**2).mean())


def _result(
    fixed: dict[str, Any], fit: _Fit, error: Floats, df: int, before: tuple[float, float, str], lag: float
) -> InterruptedSeries:
    from scipy.stats import t as student

    reach = float(student.ppf((1.0 + fixed["level"]) / 2.0, df)) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2.0 * student.sf(np.abs(fit.estimate) / error, df)
    left_out = [name in (fixed["level_term"], fixed["slope_term"]) for name in fixed["terms"]]
    expected = np.exp(fixed["design"] @ np.where(left_out, 0.0, fit.estimate))
    return InterruptedSeries(
        estimate=fit.estimate,
        error=error,
        low=fit.estimate - reach,
        high=fit.estimate + reach,
        p=np.asarray(p, dtype=np.float64),
        fitted=fit.fitted,
        expected=expected,
        residuals=fit.pearson,
        dispersion=fit.dispersion,
        alpha=fit.alpha,
        lag_one=lag,
        trend_before=before[0],
        trend_before_p=before[1],
        df=float(df),
        caution=before[2],
        **fixed,
    )


def _empty(fixed: dict[str, Any], reason: str) -> InterruptedSeries:
    terms = np.full(len(fixed["terms"]), np.nan)
    rows = np.full(len(fixed["rows_month"]), np.nan)
    blank: dict[str, Any] = dict.fromkeys(("estimate", "error", "low", "high", "p"), terms)
    blank |= dict.fromkeys(("fitted", "expected", "residuals"), rows)
    blank |= dict.fromkeys(
        ("dispersion", "alpha", "lag_one", "trend_before", "trend_before_p", "df"), float("nan")
    )
    return InterruptedSeries(reason=reason, **blank, **fixed)


def _checked(
    inside: ArrayLike, months: ArrayLike, during: ArrayLike, other: ArrayLike | None
) -> tuple[Floats, Integers, Flags]:
    given = [inside] if other is None else [inside, other]
    counts = [np.asarray(values, dtype=np.float64) for values in given]
    times, flags = np.asarray(months), np.asarray(during)
    shapes = [values.shape for values in (*counts, times, flags)]
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise InputError(
            f"counts, months and during have the shapes {shapes}; give one value of each a month"
        )
    for word, values in zip(("inside", "other"), counts, strict=False):
        bad = ~(np.isfinite(values) & (values >= 0) & (values == np.floor(values)))
        if bad.any():
            raise InputError(
                f"{int(bad.sum()):,} of the counts of {word} are negative, missing or no whole number (the first is "
                f"{values[bad][0]}); leave out months that were not observed"
            )
    times = times.astype(np.int64)
    if times.size < 2 or not (np.diff(times) > 0).all():
        raise InputError(f"the {times.size} months do not ascend; sort them and give each once")
    if flags.dtype != bool or flags.all() or not flags.any() or (np.diff(flags.astype(int)) < 0).any():
        raise InputError(
            "during must be False for the first months and True for all later ones; leave out the months after "
            "the second period"
        )
    return np.stack(counts), times, flags
