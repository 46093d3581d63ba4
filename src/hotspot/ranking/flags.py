"""What a reader must look at before believing a row of the ranking, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.geography.incidents import starts_of
from hotspot.geography.precision import finest_unit
from hotspot.intake.detect import crowded_places
from hotspot.ranking.tallies import Floats, Integers, Texts, most_frequent, tally

FEW = 5
"""Below this many incidents the months have no pattern that chance would not make."""
CARRIES = 0.5
"""An event carries a location from this share of it on."""
LEAST_OF_A_DAY = 3


def flag_texts(
    incidents: pd.DataFrame,
    location: Integers,
    counts: Integers,
    at_busiest: Integers,
    largest_event_pct: Floats | None,
) -> Texts:
    """Write the flags of each location, parted by semicolons; None where there is none.

    Parameters
    ----------
    incidents
        With ``known_place``, ``start`` and ``location_precision`` where the source has them.
    location
        The location of each incident, -1 for one that is not shown.
    counts
        Incidents of each location.
    at_busiest
        Of them, those at its busiest coordinates.
    largest_event_pct
        The share of the harm that one incident carries, %; None without harm.

    Notes
    -----
    "known place": incidents at a site of the user's list (`flag_known_places`). "default geocode?": one
    coordinate holds an implausible share of all incidents, by the rule of the readers
    (`hotspot.intake.detect.crowded_places`); not looked for on map points and postcodes, which gather incidents by
    design. "one day": a day with three incidents or more and half of the location's. "one incident carries
    the harm": half or more of it. "few incidents": fewer than five.
    """
    parts: list[list[str]] = [[] for _ in range(len(counts))]
    _known(incidents, location, counts, parts)
    if finest_unit(incidents)[1] in ("exact", "address"):
        for row in np.flatnonzero(crowded_places(at_busiest)).tolist():
            parts[row].append(f"default geocode? {at_busiest[row]:,} incidents at one coordinate")
    for row, times in _days(incidents, location, counts):
        parts[row].append(f"one day has {times:,} of {counts[row]:,} incidents")
    if largest_event_pct is not None:
        for row in np.flatnonzero(np.nan_to_num(largest_event_pct) >= 100 * CARRIES).tolist():
            parts[row].append(f"one incident carries {largest_event_pct[row]:.0f}% of the harm")
    for row in np.flatnonzero(counts < FEW).tolist():
        parts[row].append("few incidents")
    return np.array(["; ".join(part) if part else None for part in parts], dtype=object)


def _known(incidents: pd.DataFrame, location: Integers, counts: Integers, parts: list[list[str]]) -> None:
    if "known_place" not in incidents.columns:
        return
    held = incidents["known_place"].notna().to_numpy() & (location >= 0)
    if "ranked_apart" in incidents.columns:
        held &= ~incidents["ranked_apart"].to_numpy(dtype=bool)
    names = most_frequent(np.where(held, location, -1), incidents["known_place"], len(counts))
    times = np.bincount(location[held], minlength=len(counts))
    for row in np.flatnonzero(times).tolist():
        parts[row].append(f"known place: {names[row]} ({times[row]:,} of {counts[row]:,} incidents)")


def _days(incidents: pd.DataFrame, location: Integers, counts: Integers) -> list[tuple[int, int]]:
    """Return the locations of which one day holds half, and the incidents of that day."""
    if "start" not in incidents.columns or not days_known(incidents).any():
        return []
    days = starts_of(incidents).to_numpy().astype("datetime64[D]").astype(np.int64)
    known = (location >= 0) & days_known(incidents) & incidents["start"].notna().to_numpy()
    if not known.any():
        return []
    numbers = np.full(len(location), -1, dtype=np.int64)
    numbers[known] = days[known] - days[known].min()
    _, times = tally(location, numbers).column(len(counts))
    rows = np.flatnonzero((times >= LEAST_OF_A_DAY) & (times >= CARRIES * counts))
    return [(row, int(times[row])) for row in rows.tolist()]


def days_known(incidents: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell for which rows the source may know the day."""
    if "time_precision" not in incidents.columns:
        return np.ones(len(incidents), dtype=bool)
    known: NDArray[np.bool_] = incidents["time_precision"].isin(["instant", "day"]).to_numpy(dtype=bool)
    return known
