"""Incidents by hour of the day and day of the week, from the rows whose time is known."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import refuse_silent_sum, starts_of
from hotspot.statistics.aoristic import hours_of_week

log = logging.getLogger("hotspot")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Flags = NDArray[np.bool_]


def hour_table(incidents: pd.DataFrame) -> pd.DataFrame:
    """Count incidents by day of the week and hour, and each row that could not be.

    Parameters
    ----------
    incidents
        With ``start`` (local time); ``end`` and ``time_precision`` where the source has them.

    Returns
    -------
    DataFrame
        One row a day, Monday first, on ``day``; one column an hour, 0 to 23: incidents, with decimals where
        spells were spread. The last step of its record, "hour_table", counts the rows: ``incidents`` in the
        table, of them ``spread`` over more than one hour, ``day_or_longer``, ``swapped`` and ``over_a_week``; and
        those left out: ``midnight`` (time not recorded), ``day_only``, ``month_only`` and ``undated``.

    Raises
    ------
    InputError
        If no row has an hour, as with data.police.uk, which gives months only; or if unlike sources would be added up.

    Notes
    -----
    An instant stands in its hour; a spell is spread evenly over it (`hotspot.statistics.aoristic`). An instant at
    midnight sharp is taken for "time not recorded": forms fill it in when the box is empty.

    How this can mislead: a time is often that of the report, not of the event, and some are rounded to the
    hour or to noon. An incident exactly at midnight is lost with those without a time. Sources that know hours for
    some rows only may know them for unlike rows.

    Examples
    --------
    >>> import pandas as pd
    >>> times = ["2024-01-01 21:10", "2024-01-01 21:50", "2024-01-02 00:00"]
    >>> seen = pd.DataFrame({"start": pd.to_datetime(times)})
    >>> table = hour_table(seen)
    >>> float(table.loc["Monday", 21]), table.attrs["hotspot"]["steps"][-1]["midnight"]
    (2.0, 1)
    """
    if "start" not in incidents.columns:
        raise InputError("the incidents have no column 'start', so their hours are not known; give one")
    refuse_silent_sum(incidents, "hour_table")
    start = starts_of(incidents)
    end = _ends_of(incidents, start)
    left_out = _left_out(incidents, start, end)
    used = ~np.logical_or.reduce(list(left_out.values()))
    counts = {reason: int(rows.sum()) for reason, rows in left_out.items()}
    if not used.any():
        raise InputError(_nothing(counts, len(incidents)))
    found = hours_of_week(start.to_numpy()[used], end.to_numpy()[used])
    table = pd.DataFrame(found.weights, index=pd.Index(DAYS, name="day"), columns=pd.RangeIndex(24))
    said: dict[str, Any] = {
        "incidents": found.incidents,
        "spread": found.spread,
        "day_or_longer": found.day_or_longer,
        "swapped": found.swapped,
        "over_a_week": found.over_a_week,
        **counts,
    }
    if any(counts.values()):
        log.info("hour_table: %s of %s incidents have no hour: %s", sum(counts.values()), len(start), counts)
    return provenance.carry(incidents, table, "hour_table", **said)


def _ends_of(incidents: pd.DataFrame, start: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """Return the last moments: missing for rows that are no spell."""
    if "end" not in incidents.columns:
        return pd.Series(pd.NaT, index=start.index, dtype=start.dtype)
    end = incidents["end"]
    if not pd.api.types.is_datetime64_any_dtype(end.dtype):
        raise InputError(f"the column 'end' holds no dates ({end.dtype}); use pandas.to_datetime")
    local: pd.Series[pd.Timestamp] = end.dt.tz_localize(None)
    if "time_precision" in incidents.columns:
        local = local.where((incidents["time_precision"].astype(object) == "interval").to_numpy())
    return local


def _left_out(
    incidents: pd.DataFrame, start: pd.Series[pd.Timestamp], end: pd.Series[pd.Timestamp]
) -> dict[str, Flags]:
    """Tell which rows have no hour, by reason; no row has two."""
    undated = start.isna().to_numpy()
    if "time_precision" in incidents.columns:
        grade = incidents["time_precision"].astype(object).to_numpy()
        month, day = (~undated & (grade == name) for name in ("month", "day"))
    else:
        month = day = np.zeros(len(start), dtype=bool)
    spell = (end.notna() & (end != start)).to_numpy()
    sharp = (start == start.dt.normalize()).to_numpy()
    midnight = ~undated & ~month & ~day & ~spell & sharp
    return {"midnight": midnight, "day_only": day, "month_only": month, "undated": undated}


def _nothing(counts: dict[str, int], rows: int) -> str:
    words = {
        "midnight": "are at midnight sharp, which stands for no time recorded",
        "day_only": "give the day only",
        "month_only": "give the month only, as data.police.uk does",
        "undated": "have no date",
    }
    told = "; ".join(f"{counts[reason]:,} {text}" for reason, text in words.items() if counts[reason])
    return (
        f"no hour is known for any of {rows:,} incidents ({told or 'there is none'}); take a source that records times, "
        "or draw months with chart_series"
    )
