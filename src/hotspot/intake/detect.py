"""Rules that tell a fault of an export from chance: counts and coordinates in, yes or no out.

Every test here is a binomial tail against `CHANCE`, one in a million. A file is asked about a dozen
questions, so false alarms come about once in 100,000 sound files; real faults of exports (a default time, a
default point, cut digits) pass that bar with a handful of rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

CHANCE = 1e-6
"""Probability below which a share is not put down to chance."""

MINUTES_A_DAY = 1440
PLACEHOLDERS = (0, 1, MINUTES_A_DAY - 1)
"""Minutes of the day that systems and people write for "time not known": 00:00, 00:01 and 23:59."""

CROWDED_RATIO = 5.0
CROWDED_SHARE = 0.01
CROWDED_ROWS = 20
_CROWDED_POINTS = 5

SHARE_OF_EARLY_DAYS = 12 * 12 / 365.25
"""Share of all dates whose day of the month is 12 or less: 12 in each of 12 months."""

SOME_MONTHS = 3
"""A file of the first twelve days of a month or two is no sign of anything."""

STRAY_GAP_DAYS = 366
STRAY_SHARE = 0.01
STRAY_FEWEST = 10

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def upper_tail(hits: int, trials: int, share: float) -> float:
    """Return P(X >= hits) for X binomial with ``trials`` and ``share``.

    It is the regularised incomplete beta function I(share; hits, trials - hits + 1).
    """
    if hits <= 0:
        return 1.0
    if hits > trials:
        return 0.0
    return float(betainc(hits, trials - hits + 1, share))


def beyond_chance(hits: int, trials: int, share: float) -> bool:
    """Tell whether ``hits`` or more of ``trials`` are less likely than `CHANCE`."""
    return upper_tail(hits, trials, share) < CHANCE


def placeholder_minutes(minutes: NDArray[np.int64]) -> list[int]:
    """Return the minutes of the day, among 00:00, 00:01 and 23:59, that hold more rows than chance allows.

    Parameters
    ----------
    minutes
        Minute of the day of each row that has a time, 0 to 1439.

    Notes
    -----
    Chance is 1 in 1,440, or the largest share that the same minute of a near hour holds (one or two hours
    before and after), if that is more: people round to full hours, and midnight is rounded to no more than
    23:00 or 01:00 are. The rule needs no assumption about how busy the night is.
    """
    counts = np.bincount(minutes, minlength=MINUTES_A_DAY)
    total = int(counts.sum())
    found = []
    for minute in PLACEHOLDERS:
        near = [(minute + away) % MINUTES_A_DAY for away in (-120, -60, 60, 120)]
        share = max(1 / MINUTES_A_DAY, float(counts[near].max()) / max(total, 1))
        if beyond_chance(int(counts[minute]), total, min(share, 1.0)):
            found.append(minute)
    return found


def crowded_places(counts: NDArray[np.int64]) -> Flags:
    """Tell which places hold an implausible share of the rows.

    Parameters
    ----------
    counts
        Rows at each distinct place.

    Notes
    -----
    Rows fall on places by a heavy tail: with a power law of exponent a, rank k holds k**-a of the rows of
    rank 1, so that the first stands over the second by 2**a. Exponents seen for repeat locations are 1 to
    2, a factor of 2 to 4. Up to five places are flagged when each holds 20 rows or more, 1 % of all or
    more, and they stand over the next place by a factor of 5 or more: a break in the tail, as a default
    geocode (town centre, council house, police station) makes. A hospital can make it too: a person decides.
    """
    flagged = np.zeros(len(counts), dtype=bool)
    if not len(counts):
        return flagged
    order = np.argsort(-counts, kind="stable")
    ranked = counts[order].astype(float)
    following = np.append(ranked[1:], 0.0)
    enough = (ranked >= CROWDED_ROWS) & (ranked >= CROWDED_SHARE * ranked.sum())
    # A single place has no next one to stand over: then nothing is known of the tail.
    breaks = np.flatnonzero(enough & (following > 0) & (ranked >= CROWDED_RATIO * following))
    breaks = breaks[breaks < _CROWDED_POINTS]
    if len(breaks):
        flagged[order[: int(breaks[-1]) + 1]] = True
    return flagged


def far_from_rest(easting: Floats, northing: Floats, metres: float) -> tuple[Flags, float, float]:
    """Tell which points are farther than ``metres`` from the median point, and return that point too."""
    if not len(easting):
        return np.zeros(0, dtype=bool), float("nan"), float("nan")
    x, y = float(np.median(easting)), float(np.median(northing))
    return np.hypot(easting - x, northing - y) > metres, x, y


def on_whole(easting: Floats, northing: Floats, metres: float) -> Flags:
    """Tell which points lie on whole multiples of ``metres`` in both directions."""
    return np.asarray((easting % metres == 0) & (northing % metres == 0), dtype=bool)


def cut_off(points_on_whole: int, points: int, metres: float) -> bool:
    """Tell whether more distinct points lie on whole multiples of ``metres`` than chance allows.

    A whole-metre coordinate is a multiple of 100 with chance 1 in 100, a pair of them with 1 in 10,000.
    """
    return beyond_chance(points_on_whole, points, metres**-2)


def only_early_days(days_of_month: NDArray[np.int64], months: int) -> bool:
    """Tell whether distinct dates over three months or more all fall on days 1 to 12, beyond chance.

    That is what month/day swaps leave behind: fifteen such dates are enough (0.394**15 < 1e-6).
    """
    dates = len(days_of_month)
    return bool(
        dates
        and months >= SOME_MONTHS
        and len(np.unique(days_of_month)) > 1
        and days_of_month.max() <= 12
        and SHARE_OF_EARLY_DAYS**dates < CHANCE
    )


def stray_dates(days: NDArray[np.int64]) -> tuple[Flags, Flags]:
    """Tell which dates stand apart before the rest, and which after it.

    Parameters
    ----------
    days
        Days since any epoch, one a row.

    Notes
    -----
    A date is apart when a gap of more than 366 days parts it from the rest, and no more than 1 % of the
    rows (or one row, of ten or more) lie beyond that gap: a mistyped year (1925, 2205). The file's own
    dates are the yardstick, so the answer does not depend on the day of the run.
    """
    before, after = np.zeros(len(days), dtype=bool), np.zeros(len(days), dtype=bool)
    if len(days) < STRAY_FEWEST:
        return before, after
    distinct = np.unique(days)
    gaps = np.flatnonzero(np.diff(distinct) > STRAY_GAP_DAYS)
    few = max(1.0, STRAY_SHARE * len(days))
    for gap in gaps:
        lower = days <= distinct[gap]
        if lower.sum() <= few:
            before |= lower
        elif (~lower).sum() <= few:
            after |= ~lower
    return before, after
