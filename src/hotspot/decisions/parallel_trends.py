"""Whether the order and its comparison moved alike before the order."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.decisions.comparison import signed
from hotspot.decisions.counted import Counted
from hotspot.errors import InputError
from hotspot.statistics.effect import LEAST_COUNT
from hotspot.statistics.share_slope import share_slope

Floats = NDArray[np.float64]

LEAST_MONTHS = 6
LARGEST_DRIFT = 1.5
"""A test that could not have seen even this ratio from one year to the next has not looked."""
DRIFT = (
    "drift_pct_per_year",
    "drift_low",
    "drift_high",
    "p",
    "dispersion",
    "seen_fall_pct_per_year",
    "seen_rise_pct_per_year",
)
TOO_FEW_MONTHS = "too few months to tell"
TOO_FEW_REPORTS = "too few reports to tell"


def comparison_place(counted: Counted, comparison: str | None = None) -> str:
    """Return the place to compare with: the one named, else the first comparison, else the rest.

    Raises
    ------
    InputError
        If the place is not there, or there is none but the order and its ring.
    """
    if comparison is not None:
        counted.of(comparison)
        return comparison
    for role in ("comparison", "rest"):
        rows = counted.with_role(role)
        if len(rows):
            return counted.places[int(rows[0])]
    raise InputError(
        f"there is no place to compare with, only {', '.join(counted.places)}; name a comparison area, or give areas= "
        "(the borough) so that there is a rest of it"
    )


def parallel_trends(
    counted: Counted,
    before: pd.PeriodIndex,
    during: pd.PeriodIndex,
    *,
    place: str = "inside",
    comparison: str | None = None,
) -> pd.DataFrame:
    """Return the two series for a figure, each as a percentage of its own mean before the order.

    Parameters
    ----------
    counted
        Reports by place and month.
    before, during
        Months of the two periods; the others are shown and said to be in neither.
    place
        The place that is compared, "inside" or "ring".
    comparison
        The place that it is compared with; the first comparison when None, else the rest of the borough.

    Returns
    -------
    DataFrame
        One row for each month from the first to the last: ``month``, ``period`` (before, during, neither,
        missing), ``inside_n``, ``comparison_n``, ``inside_index`` and ``comparison_index`` (100 = its own mean before),
        ``inside_smoothed`` and ``comparison_smoothed`` (mean of the index over three months; missing beside a
        gap), ``inside_name``, ``comparison_name``.

    Raises
    ------
    InputError
        If a place is not there, or has no report before.

    Notes
    -----
    How this can mislead: lines that lie on each other before the order are no proof, and smoothed lines look more alike
    than their months are; `pre_trend` says what could have been seen.

    Examples
    --------
    >>> months = pd.period_range("2024-01", "2024-06", freq="M")
    >>> counts = np.array([[10, 10, 10, 5, 5, 5], [20, 20, 20, 20, 20, 20]])
    >>> table = Counted(("inside", "Oldbury"), ("inside", "comparison"), months, counts, np.ones(2))
    >>> parallel_trends(table, months[:3], months[3:])["inside_index"].tolist()
    [100.0, 100.0, 100.0, 50.0, 50.0, 50.0]
    """
    other = comparison_place(counted, comparison)
    span = pd.period_range(counted.months[0], counted.months[-1], freq="M")
    at = counted.months.get_indexer(span)
    missing = at < 0
    period = np.where(
        missing,
        "missing",
        np.where(span.isin(before), "before", np.where(span.isin(during), "during", "neither")),
    )
    made: dict[str, object] = {"month": [str(month) for month in span], "period": period}
    base = (period == "before").nonzero()[0]
    for word, name in (("inside", place), ("comparison", other)):
        counts = np.where(missing, np.nan, counted.of(name)[np.maximum(at, 0)].astype(np.float64))
        mean = float(np.nanmean(counts[base])) if len(base) else 0.0
        if mean == 0.0:
            raise InputError(
                f"{name!r} has no report in the {len(base)} months before, so it has no level to be set against; "
                "take more months or another comparison"
            )
        index = 100.0 * counts / mean
        made[f"{word}_n"] = pd.Series(counts).astype("Int64")
        made[f"{word}_index"] = index
        made[f"{word}_smoothed"] = _smoothed(index)
    made["inside_name"], made["comparison_name"] = place, other
    first = ["month", "period", "inside_n", "comparison_n", "inside_index", "comparison_index"]
    return pd.DataFrame(made)[
        [*first, "inside_smoothed", "comparison_smoothed", "inside_name", "comparison_name"]
    ]


def _smoothed(index: Floats) -> Floats:
    padded = np.concatenate([[np.nan], index, [np.nan]])
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3.0, dtype=np.float64)


def pre_trend(
    counted: Counted,
    untreated: pd.PeriodIndex,
    *,
    place: str = "inside",
    comparison: str | None = None,
    level: float = 0.95,
    power: float = 0.8,
) -> pd.DataFrame:
    """Test whether the two drifted apart before the order, and say what drift the test could have seen.

    Parameters
    ----------
    counted
        Reports by place and month.
    untreated
        All months before the order, not only those of the period before: the more, the better the test.
    place, comparison
        As for `parallel_trends`.
    level
        Of the interval.
    power
        For ``seen_fall_pct_per_year`` and ``seen_rise_pct_per_year``.

    Returns
    -------
    DataFrame
        One row: ``inside_name``, ``comparison_name``, ``months``, ``inside_n``, ``comparison_n``,
        ``drift_pct_per_year`` with ``drift_low`` and ``drift_high``, ``p``, ``dispersion``,
        ``seen_fall_pct_per_year`` and ``seen_rise_pct_per_year`` (the smallest drift that the test shows with the
        power; both above 0), ``verdict`` ("drifted apart", "no drift seen", "too few months to tell", "too few reports
        to tell") and ``says``.

    Raises
    ------
    InputError
        If a place is not there.

    Notes
    -----
    Slope of the log ratio by logistic regression, its error widened by the months' dispersion, Student's t with
    months - 2 degrees of freedom (`share_slope`). "Too few reports to tell": a drift by half in a year could
    not have been seen.

    How this can mislead: "no drift seen" is no proof that there was none, which is why the smallest drift that could
    have been seen stands beside it. A comparison must not be chosen by this test alone. Months that follow each other
    in spells make the test call a drift too often.

    Examples
    --------
    >>> months = pd.period_range("2024-01", "2024-04", freq="M")
    >>> table = Counted(("inside", "rest"), ("inside", "rest"), months, np.full((2, 4), 20), np.ones(2))
    >>> pre_trend(table, months)["verdict"].iloc[0]
    'too few months to tell'
    """
    from scipy.stats import t as student

    other = comparison_place(counted, comparison)
    kept = counted.months.isin(untreated)
    first, second = (counted.of(name)[kept].astype(np.float64) for name in (place, other))
    numbers = {"months": int(kept.sum()), "inside_n": int(first.sum()), "comparison_n": int(second.sum())}
    nan = float("nan")
    row: dict[str, object] = {"inside_name": place, "comparison_name": other, **numbers}
    values = dict.fromkeys(DRIFT, nan)
    if numbers["months"] < LEAST_MONTHS:
        verdict = TOO_FEW_MONTHS
        says = f"{numbers['months']} months before the order: too few months to tell whether the two moved alike."
    elif min(numbers["inside_n"], numbers["comparison_n"]) < LEAST_COUNT:
        verdict = TOO_FEW_REPORTS
        says = f"Under {LEAST_COUNT} reports before the order: too few reports to tell whether the two moved alike."
    else:
        found = share_slope(first, second, counted.months[kept].asi8 / 12.0)
        bound = float(student.ppf((1.0 + level) / 2.0, found.df))
        seen = (bound + float(student.ppf(power, found.df))) * float(found.error)
        slope, reach, p = float(found.slope), bound * float(found.error), float(found.p)
        drifts = [100.0 * math.expm1(value) for value in (slope, slope - reach, slope + reach)]
        ends = [p, float(found.dispersion), -100.0 * math.expm1(-seen), 100.0 * math.expm1(seen)]
        values = dict(zip(values, [*drifts, *ends], strict=True))
        verdict = (
            "drifted apart" if p < 1.0 - level
            else TOO_FEW_REPORTS if math.exp(seen) > LARGEST_DRIFT
            else "no drift seen"
        )  # fmt: skip
        says = _says(verdict, other, numbers["months"], values, power)
    return pd.DataFrame([{**row, **values, "verdict": verdict, "says": says}])


def _says(verdict: str, other: str, months: int, values: dict[str, float], power: float) -> str:
    drift = (
        f"{signed(values['drift_pct_per_year'])} % a year against {other} "
        f"({signed(values['drift_low'])} to {signed(values['drift_high'])}, p {values['p']:.2g})"
    )
    fall, rise = values["seen_fall_pct_per_year"], values["seen_rise_pct_per_year"]
    could = f"a fall of {fall:.0f} % or a rise of {rise:.0f} % a year"
    if verdict == "drifted apart":
        return (
            f"In the {months} months before the order the two were already drifting apart: {drift}. Part of any "
            "difference afterwards may be that drift; choose another comparison or read the estimate with it."
        )
    if verdict == TOO_FEW_REPORTS:
        return (
            f"Too few reports in {months} months to tell whether the two moved alike: {drift}; only a drift as large "
            f"as {could} would have been seen with {100 * power:.0f} % power."
        )
    return (
        f"No drift was seen in the {months} months before the order: {drift}. The test would have seen {could} with "
        f"{100 * power:.0f} % power; a smaller drift could be there."
    )
