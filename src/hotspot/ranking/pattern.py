"""When a location's incidents happen: its months, their pattern in plain words, the year before, the trend."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.ranking.pattern_classes import CLASSES, WINDOWS, classify, season_name
from hotspot.statistics.occupancy import expected_active
from hotspot.statistics.rate_ratio import rate_ratio
from hotspot.statistics.trend import seasonal_kendall

Counts = NDArray[np.integer[Any]]
Integers = NDArray[np.int64]
Moment = pd.Period | pd.Timestamp | dt.date | str

COMPARED_MONTHS = 12


def monthly_pattern(counts: Counts, months: pd.PeriodIndex, as_of: Moment | None = None) -> pd.DataFrame:
    """Describe when the incidents of each location were reported, month by month.

    Parameters
    ----------
    counts
        Whole numbers, shape (locations, months): the incidents of each location in each observed month.
    months
        The observed months, ascending. A month without a file is not among them: missing is not zero.
    as_of
        Stands for today; the last observed month by default.

    Returns
    -------
    DataFrame
        One row a location, in the order of ``counts``:

        - ``months_active``, ``months_observed``; ``months_active_expected``, M (1 - (1 - 1/M)^n) for n incidents
          spread evenly over M observed months; ``longest_run``, the most observed months with incidents that follow
          one another in the calendar (a missing month breaks a run);
        - ``burstiness``: variance / mean of the monthly counts, the variance with divisor M - 1, so that even
          spreading gives 1 on average; NaN without incidents or with one month;
        - ``first_month``, ``last_month`` (with an incident), ``months_since_last``: from then to ``as_of``;
        - ``pattern``: one of the classes below; ``season``, such as Jun-Aug, where the class has one;
        - ``recent_incidents``, ``year_before_incidents``, ``months_compared``: the last 12 observed months that have
          an observed month exactly a year before, or as many as there are, against those; ``rate_ratio`` with
          ``rate_ratio_low`` and ``rate_ratio_high``, the exact 95 % interval. Empty without such a pair;
        - ``trend_s``, ``trend_tau``, ``trend_z``, ``trend_p`` (two-sided), ``trend_per_year`` (incidents a month,
          each year): the seasonal Kendall test. Empty below 24 observed months.

    Raises
    ------
    InputError
        If counts are negative or no whole numbers, months do not ascend or do not fit the counts, or ``as_of``
        lies before the last observed month.

    Notes
    -----
    The classes, the first whose rule holds; "chance" is that under even spreading over the observed months:

    1. too few to say: fewer than 12 months observed; or fewer than five incidents, unless rule 2 holds;
    2. once: fewer than five incidents, all in one month;
    3. same season each year: from 24 months on. In the same one to four calendar months the monthly rate is at
       least four times that of the other months; a month above 1.5 times the mean came in at least two years, and
       in each year in which all those months were observed; and so many of these busy months lie there with a
       chance of at most 1 in 100 (hypergeometric, times the 48 seasons tried);
    4. newly appeared: at most one in twenty incidents before a month that is one of the last 12 and in the second
       half of the observed months, with a chance of at most 1 in 100 (binomial); from then on at least three months
       with incidents, and not few months as in rule 6, applied to those months alone;
    5. faded: at most one in twenty incidents in the last months, at least 6 and a quarter of the observed ones, with
       a chance of at most 1 in 100; until then as in rule 4;
    6. burst: few months, that is fewer active ones than the lower 1 % point of even spreading (exact occupancy) and
       at most three quarters of the expectation, unless a stretch of 12 or more months from the first or to the
       last has all but one in twenty of the incidents and not few months itself; or one month with a quarter
       of all incidents, or three in a row with half, with a chance of at most 1 in 100 (binomial, times the months
       and runs tried);
    7. steady: none of these.

    How this can mislead: steady is what is left, and for a location with few incidents it means that too little is
    known to say otherwise. New and faded say what the file holds: a new reporting line or a moved map point looks
    the same. The interval and the trend take incidents as independent; see docs/when_it_happens.md.

    Examples
    --------
    >>> months = pd.period_range("2022-01", periods=24, freq="M")
    >>> counts = np.zeros((2, 24), dtype=int)
    >>> counts[0, ::2], counts[1, 7] = 2, 20
    >>> monthly_pattern(counts, months)[["months_active", "longest_run", "pattern"]]
       months_active  longest_run pattern
    0             12            1  steady
    1              1            1   burst
    """
    counts = _checked(counts, months)
    ordinals = np.asarray(months.asi8, dtype=np.int64)
    today = _month_of(as_of, months)
    columns = _activity(counts, months, ordinals, today)
    classes, seasons = classify(counts, ordinals)
    columns["pattern"] = pd.Series(np.array(CLASSES, dtype=object)[classes], dtype="str")
    names = np.array([*(season_name(window) for window in range(len(WINDOWS))), None], dtype=object)
    columns["season"] = pd.Series(names[seasons], dtype="str")
    columns |= _against_year_before(counts, ordinals)
    trend = seasonal_kendall(counts, ordinals)
    columns |= {
        "trend_s": trend.s,
        "trend_tau": trend.tau,
        "trend_z": trend.z,
        "trend_p": trend.p,
        "trend_per_year": trend.slope,
    }
    return pd.DataFrame(columns)


def _checked(counts: Counts, months: pd.PeriodIndex) -> Counts:
    table: NDArray[Any] = np.asarray(counts)
    if table.ndim != 2 or not np.issubdtype(table.dtype, np.integer):
        raise InputError(
            f"counts are {table.dtype} of the shape {table.shape}; give whole numbers, one row a location and one "
            "column a month"
        )
    if not isinstance(months, pd.PeriodIndex) or months.dtype != "period[M]":
        raise InputError(
            f"months are {type(months).__name__}; give the observed months as a PeriodIndex of months"
        )
    if table.shape[1] != len(months) or len(months) == 0:
        raise InputError(
            f"counts have {table.shape[1]} columns and there are {len(months)} months; give one month for each column"
        )
    if not (np.diff(months.asi8) > 0).all():
        raise InputError(f"months do not ascend, or one comes twice ({months[0]} to {months[-1]}); sort them")
    if table.size and table.min() < 0:
        row = int(np.flatnonzero((table < 0).any(axis=1))[0])
        raise InputError(f"counts are negative (the first in row {row}); give the incidents of each month")
    return table


def _month_of(as_of: Moment | None, months: pd.PeriodIndex) -> int:
    last = int(months.asi8[-1])
    if as_of is None:
        return last
    try:
        stamp = as_of.to_timestamp() if isinstance(as_of, pd.Period) else pd.Timestamp(as_of)
    except (ValueError, TypeError):
        raise InputError(f"as_of={as_of!r} is no date; give it such as '2024-03-31'") from None
    today = (stamp.year - 1970) * 12 + stamp.month - 1
    if today < last:
        raise InputError(
            f"as_of={as_of} lies before the last observed month, {months[-1]}; leave out the later months, or give "
            "a later date"
        )
    return today


def _activity(counts: Counts, months: pd.PeriodIndex, ordinals: Integers, today: int) -> dict[str, Any]:
    observed = len(months)
    incidents = counts.sum(axis=1, dtype=np.int64)
    active = counts > 0
    any_month = incidents > 0
    first = active.argmax(axis=1)
    last = observed - 1 - active[:, ::-1].argmax(axis=1)
    since = pd.Series(today - ordinals[last], dtype="Int64")
    return {
        "months_active": active.sum(axis=1),
        "months_observed": np.full(len(counts), observed),
        "months_active_expected": expected_active(incidents, observed),
        "longest_run": _longest_run(active, ordinals),
        "burstiness": _burstiness(counts, incidents),
        "first_month": months[first].where(any_month),
        "last_month": months[last].where(any_month),
        "months_since_last": since.where(any_month),
    }


def _longest_run(active: NDArray[np.bool_], ordinals: Integers) -> Integers:
    run = np.zeros(len(active), dtype=np.int64)
    longest = run.copy()
    for column in range(len(ordinals)):
        joined = column > 0 and ordinals[column] - ordinals[column - 1] == 1
        run = np.where(active[:, column], run + 1 if joined else 1, 0)
        longest = np.maximum(longest, run)
    return longest


def _burstiness(counts: Counts, incidents: Integers) -> NDArray[np.float64]:
    observed = counts.shape[1]
    result = np.full(len(counts), np.nan)
    if observed < 2:
        return result
    mean = incidents / observed
    # Month by month: squares of all months at once would double the memory of a national table.
    squares = sum((counts[:, column] - mean) ** 2 for column in range(observed))
    np.divide(np.asarray(squares) / (observed - 1), mean, out=result, where=incidents > 0)
    return result


def _against_year_before(counts: Counts, ordinals: Integers) -> dict[str, Any]:
    """Compare the last months that have one exactly a year before with those of the year before."""
    recent = np.flatnonzero(np.isin(ordinals - 12, ordinals))[-COMPARED_MONTHS:]
    before = np.searchsorted(ordinals, ordinals[recent] - 12)
    names = ("recent_incidents", "year_before_incidents")
    compared = {"months_compared": np.full(len(counts), len(recent))}
    ends = ("rate_ratio", "rate_ratio_low", "rate_ratio_high")
    if not len(recent):
        nothing = pd.Series(pd.NA, index=range(len(counts)), dtype="Int64")
        return dict.fromkeys(names, nothing) | compared | dict.fromkeys(ends, np.full(len(counts), np.nan))
    sums = [counts[:, columns].sum(axis=1, dtype=np.int64) for columns in (recent, before)]
    # Most of half a million locations share a few pairs of counts, so each pair is solved once.
    width = int(sums[1].max(initial=0)) + 1
    pairs, inverse = np.unique(sums[0] * width + sums[1], return_inverse=True)
    ratio = rate_ratio(pairs // width, pairs % width)
    counted = {name: pd.Series(values, dtype="Int64") for name, values in zip(names, sums, strict=True)}
    values = {
        name: part[inverse] for name, part in zip(ends, (ratio.ratio, ratio.low, ratio.high), strict=True)
    }
    return counted | compared | values
