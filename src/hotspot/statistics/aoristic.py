"""Hours of the week from spells of time: one incident is spread evenly over the spell in which it can have happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HOURS = 168
"""Hours of a week; hour 0 begins on Monday at midnight."""

_HOUR = 3_600_000_000
_WEEK = HOURS * _HOUR
# 1 January 1970 was a Thursday.
_TO_MONDAY = 72 * _HOUR
_BLOCK = 20_000


@dataclass(frozen=True)
class HoursOfWeek:
    """Incidents by hour of the week.

    Attributes
    ----------
    weights
        Incidents, shape (7, 24), Monday first; the sum is the number of incidents.
    incidents
        Rows given.
    spread
        Rows whose spell touches more than one hour.
    day_or_longer
        Rows whose spell is 24 hours or longer: they say little or nothing about the hour.
    swapped
        Rows whose end came before their start; they were swapped.
    over_a_week
        Rows of more than seven days; they weigh 1/168 in each hour.
    """

    weights: Floats
    incidents: int
    spread: int
    day_or_longer: int
    swapped: int
    over_a_week: int


def hours_of_week(start: ArrayLike, end: ArrayLike | None = None) -> HoursOfWeek:
    """Spread each incident over the hours of the week in which it can have happened.

    Parameters
    ----------
    start
        First moments, datetime64, shape (rows,), local time.
    end
        Last moments, the same shape; NaT where there is none. None: there are none at all.

    Returns
    -------
    HoursOfWeek

    Raises
    ------
    InputError
        If a start is missing, or the two have unlike shapes.

    Notes
    -----
    Weight 1 is parted over the hours of [start, end) in proportion to the time in each:
    w_h = |[start, end) and h| / (end - start) (Ratcliffe and McCullagh 1998, International Journal of
    Geographical Information Science 12, 751-764). An end that is missing, or equals the start, puts it all in
    the hour of the start. An end before the start is swapped with it. More than seven days weigh 1/168 in each hour.

    How this can mislead: spreading evenly is an assumption, not a finding. Long spells flatten the table and
    fill the night; a peak is real only where short spells make it. Hours are those of the clock: the night on which clocks
    change has 23 or 25.

    Examples
    --------
    >>> import numpy as np
    >>> monday = np.array(["2024-01-01T01:00"], dtype="datetime64[m]")
    >>> hours_of_week(monday, monday + 90).weights[0, :4].round(4).tolist()
    [0.0, 0.6667, 0.3333, 0.0]
    """
    first = np.atleast_1d(np.asarray(start, dtype="datetime64[us]"))
    last = first if end is None else np.atleast_1d(np.asarray(end, dtype="datetime64[us]"))
    if first.shape != last.shape or first.ndim != 1:
        raise InputError(
            f"start has the shape {first.shape} and end {last.shape}; give one of each for a row"
        )
    missing = np.isnat(first)
    if missing.any():
        raise InputError(
            f"{int(missing.sum()):,} of {len(first):,} starts are missing, the first at position "
            f"{int(np.flatnonzero(missing)[0])}; leave them out, counted"
        )
    a = first.astype(np.int64)
    b = np.where(np.isnat(last), first, last).astype(np.int64)
    swapped = int((b < a).sum())
    a, b = np.minimum(a, b), np.maximum(a, b)
    # A fixed order of summation makes the result independent of the order of rows.
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    long = b - a > _WEEK
    table = np.full(HOURS, long.sum() / HOURS)
    short_a, short_b = a[~long], b[~long]
    for at in range(0, len(short_a), _BLOCK):
        table += _spread(short_a[at : at + _BLOCK], short_b[at : at + _BLOCK])
    return HoursOfWeek(
        weights=table.reshape(7, 24),
        incidents=len(a),
        spread=int((_last_hour(a, b) > a // _HOUR).sum()),
        day_or_longer=int((b - a >= 24 * _HOUR).sum()),
        swapped=swapped,
        over_a_week=int(long.sum()),
    )


def _last_hour(a: Integers, b: Integers) -> Integers:
    """Number the last hour that a spell enters: one that ends on the hour does not enter the next."""
    return np.where(b > a, (b - 1) // _HOUR, a // _HOUR)


def _spread(a: Integers, b: Integers) -> Floats:
    """Sum the weights of spells of at most a week, one entry for each spell and hour that it touches."""
    first = a // _HOUR
    touched = _last_hour(a, b) - first + 1
    row = np.repeat(np.arange(len(a)), touched)
    before = np.cumsum(touched) - touched
    hour = first[row] + np.arange(len(row)) - before[row]
    inside = np.minimum(b[row], (hour + 1) * _HOUR) - np.maximum(a[row], hour * _HOUR)
    length = (b - a)[row]
    weight = np.where(length > 0, inside / np.maximum(length, 1), 1.0)
    of_week = (hour + _TO_MONDAY // _HOUR) % HOURS
    summed: Floats = np.bincount(of_week, weights=weight, minlength=HOURS).astype(float)
    return summed
