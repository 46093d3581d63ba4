"""The busiest day of the week and hours of each location, from rows whose time is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.geography.incidents import starts_of
from hotspot.ranking.tallies import Integers, tally

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BLOCK = 3
"""Hours of one block: eight blocks a day, from midnight."""
Flags = NDArray[np.bool_]


def day_and_hour_columns(incidents: pd.DataFrame, location: Integers, locations: int) -> pd.DataFrame:
    """Return the busiest day of the week and block of three hours of each location.

    Parameters
    ----------
    incidents
        With ``start``, and ``end`` and ``time_precision`` where the source has them.
    location
        The location of each incident, -1 for none.
    locations
        How many locations there are.

    Returns
    -------
    DataFrame
        One row a location; no columns where no row has a day. ``busiest_day``, ``busiest_day_incidents``,
        ``with_day`` (incidents whose day is known); where a row has a time also ``busiest_hours``
        ("18:00-20:59"), ``busiest_hours_incidents``, ``with_hour``. Ties go to the earlier day or block.

    Notes
    -----
    A day is known from rows with time_precision "day" or "instant", and from an interval that ends on the
    day it began; an hour from "instant", and from an interval within one block. Midnight sharp is
    taken for "no time recorded" and is no hour.

    How this can mislead: the busiest of seven days holds well over a seventh of a handful of
    incidents by chance alone.
    """
    table = pd.DataFrame(index=range(locations))
    if "start" not in incidents.columns:
        return table
    start = starts_of(incidents)
    day, hour = _known_times(incidents, start)
    if not day.any():
        return table
    for name, known, value, texts in (
        ("day", day, start.dt.day_of_week, DAYS),
        ("hours", hour, start.dt.hour // BLOCK, tuple(_block(n) for n in range(24 // BLOCK))),
    ):
        if not known.any():
            continue
        numbers = np.where(known, value.fillna(0).to_numpy(), -1).astype(np.int64)
        top, times = tally(location, numbers).column(locations)
        table[f"busiest_{name}"] = np.array([*texts, None], dtype=object)[top]
        table[f"busiest_{name}_incidents"] = times
        held = location[known & (location >= 0)]
        table[f"with_{'day' if name == 'day' else 'hour'}"] = np.bincount(held, minlength=locations)
    return table


def _block(number: int) -> str:
    return f"{number * BLOCK:02d}:00-{number * BLOCK + BLOCK - 1:02d}:59"


def _known_times(incidents: pd.DataFrame, start: pd.Series[pd.Timestamp]) -> tuple[Flags, Flags]:
    """Tell for which rows the day, and the hour, is known."""
    if "time_precision" in incidents.columns and not (incidents["time_precision"] != "month").any():
        nothing = np.zeros(len(start), dtype=bool)
        return nothing, nothing
    dated = start.notna().to_numpy()
    midnight = (start == start.dt.normalize()).to_numpy()
    if "time_precision" not in incidents.columns:
        # Without a word on precision, dates that are all the first of a month are months.
        days = dated & bool((start.dt.day[dated] != 1).any())
        return days, days & ~midnight
    grade = incidents["time_precision"].astype("str").to_numpy()
    instant, day, interval = (grade == name for name in ("instant", "day", "interval"))
    if "end" not in incidents.columns:
        interval = np.zeros(len(start), dtype=bool)
        end = start
    else:
        end = pd.Series(incidents["end"]).dt.tz_localize(None)
    same_day = interval & (start.dt.normalize() == end.dt.normalize()).to_numpy()
    same_block = same_day & (start.dt.hour // BLOCK == end.dt.hour // BLOCK).to_numpy()
    return dated & (instant | day | same_day), dated & (instant | same_block) & ~midnight
