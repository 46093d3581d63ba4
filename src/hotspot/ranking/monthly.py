"""Incidents of every location in every observed month: the counts that all models of ranks stand on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError

Counts = NDArray[np.int32]
Integers = NDArray[np.int64]

MAX_COUNTS = 400_000_000
"""Refused above this many locations x months: 1.6 GB of counts."""


@dataclass(frozen=True)
class Monthly:
    """Incidents of every location in every observed month.

    Attributes
    ----------
    counts
        Incidents, shape (locations, months): every location of the models, also those not shown.
    months
        The observed months, ascending. A month without a file is not in it: missing is not zero.
    """

    counts: Counts
    months: pd.PeriodIndex

    def __post_init__(self) -> None:
        if self.counts.ndim != 2 or self.counts.shape[1] != len(self.months):
            raise ValueError(f"counts of shape {self.counts.shape} do not fit {len(self.months)} months")


def count_months(
    codes: Integers, starts: pd.Series | None, months: pd.PeriodIndex, locations: int
) -> Monthly | None:
    """Count each location's incidents month by month.

    Parameters
    ----------
    codes
        The location of each incident, 0 to ``locations`` - 1.
    starts
        When each incident began, in the order of ``codes``; None where the data has no dates.
    months
        The observed months, ascending.
    locations
        How many locations there are, those without an incident too.

    Returns
    -------
    Monthly or None
        None without dates or months. Incidents without a date, and those before the first or after
        the last month, or in a month without a file, are in no month.

    Raises
    ------
    InputError
        If locations x months are too many to hold.
    """
    if starts is None or len(months) == 0:
        return None
    if locations * len(months) > MAX_COUNTS:
        raise InputError(
            f"{locations:,} locations x {len(months)} months are too many to count at once (the most is "
            f"{MAX_COUNTS:,}); take fewer months, a part of the places, or group points by a larger within="
        )
    column = month_numbers(starts, months)
    dated = column >= 0
    flat = codes[dated] * len(months) + column[dated]
    counts = np.bincount(flat, minlength=locations * len(months)).astype(np.int32)
    return Monthly(counts.reshape(locations, len(months)), months)


def month_numbers(starts: pd.Series, months: pd.PeriodIndex) -> Integers:
    """Number each date's month in the observed ones, -1 where it is none of them."""
    ordinal = month_ordinals(starts)
    observed = np.asarray(months.asi8, dtype=np.int64)
    place = np.searchsorted(observed, ordinal)
    found = np.append(observed, -1)[place] == ordinal
    return np.where(found, place, -1).astype(np.int64)


def month_ordinals(starts: pd.Series) -> Integers:
    """Return months since January 1970, and a number far below every month where there is no date."""
    stamps = np.asarray(starts.to_numpy(), dtype="datetime64[us]")
    # NaT becomes the lowest int64, which is no month.
    return stamps.astype("datetime64[M]").astype(np.int64)


def observed_months(frame: pd.DataFrame, starts: pd.Series | None) -> tuple[pd.PeriodIndex, bool]:
    """Return the observed months, and whether the frame's record of its files says so.

    Without a record they are all months from the first incident to the last.
    """
    recorded = provenance.months_observed(frame)
    if recorded:
        return pd.PeriodIndex(recorded, freq="M"), True
    ordinals = month_ordinals(starts) if starts is not None else np.empty(0, dtype=np.int64)
    ordinals = ordinals[ordinals > np.iinfo(np.int64).min]
    if len(ordinals) == 0:
        return pd.PeriodIndex([], freq="M"), False
    first, last = (pd.Period(ordinal=int(edge), freq="M") for edge in (ordinals.min(), ordinals.max()))
    return pd.period_range(first, last, freq="M"), False
