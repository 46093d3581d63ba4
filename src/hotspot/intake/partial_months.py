"""Months with implausibly few rows: a file that was cut off, or exported before the month was over."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import pdtr

FEWER_THAN = 0.6
"""Share of the usual month below which a month is looked at: police ASB's quietest month has 0.67 of its busiest."""
CHANCE = 0.001
"""Chance, against the quietest of the months before, below which a month is implausible."""
LOOK_BACK, NEEDED, LOOK_AHEAD = 12, 3, 3


def partial_months(rows: pd.Series) -> pd.Series:
    """Tell which months of one source have implausibly few rows against the months before.

    Parameters
    ----------
    rows
        Rows by month (``YYYY-MM`` in the index, ascending); missing where there is no file.

    Returns
    -------
    Series of bool
        On the same index; False for months without a file.

    Notes
    -----
    The months before are the last twelve with a file, at least three, without those found partial
    themselves. A month is found partial when both hold: it has less than 0.6 of their median, which
    seasons do not reach (in England and Wales in 2014 the quietest month of anti-social behaviour, 108 thousand,
    had 0.67 of the busiest, 161 thousand); and a Poisson count with the mean of their *lowest* month
    would be as low or lower with a chance under 0.001, so that a source of a few rows a month is not
    flagged for luck. A month in the middle must also be under 0.6 of the median of the next three with a
    file: a lasting fall is a change of level, not a partial month.

    How this can mislead: it sees sudden shortage only. An export that lacks its last two days passes,
    and so does one that lacks a district or a category. The first three months are never judged.
    """
    counts = rows.to_numpy(dtype=float, na_value=np.nan)
    found = np.zeros(len(counts), dtype=bool)
    present = np.flatnonzero(~np.isnan(counts))
    for place, at in enumerate(present):
        before = [counts[i] for i in present[:place] if not found[i]][-LOOK_BACK:]
        if len(before) < NEEDED:
            continue
        few = counts[at] < FEWER_THAN * np.median(before)
        if not few or pdtr(counts[at], min(before)) >= CHANCE:
            continue
        after = counts[present[place + 1 : place + 1 + LOOK_AHEAD]]
        found[at] = not len(after) or counts[at] < FEWER_THAN * np.median(after)
    return pd.Series(found, index=rows.index)


def flag_partial(coverage: pd.DataFrame) -> pd.DataFrame:
    """Mark months of a coverage table that look partial.

    Parameters
    ----------
    coverage
        Columns source, month, rows and status, as in `Intake`.

    Returns
    -------
    DataFrame
        The same rows; ``status`` is "partial?" where a present month has implausibly few rows. The
        question mark is meant: a person decides. The month still counts as observed.
    """
    marked = coverage.copy()
    if marked.empty:
        return marked
    status = marked["status"].to_numpy(dtype=object)
    for _, group in marked.reset_index(drop=True).groupby("source", observed=True, sort=False):
        ordered = group.sort_values("month")
        partial = partial_months(ordered["rows"])
        status[partial.index[partial.to_numpy()].to_numpy()] = "partial?"
    marked["status"] = status
    return marked
