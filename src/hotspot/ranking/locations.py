"""Rank the locations that incidents keep coming back to."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.incidents import refuse_silent_sum, starts_of
from hotspot.geography.projection import BNG
from hotspot.intake.breaks import refuse_across_breaks
from hotspot.ranking.area_columns import Areas
from hotspot.ranking.identity import By, locate
from hotspot.ranking.located import Located
from hotspot.ranking.location_columns import Shown, describe, ranks_of
from hotspot.ranking.monthly import Monthly, count_months, observed_months
from hotspot.ranking.previous import Previous, changes_record, location_changes, read_previous
from hotspot.ranking.previous_kind import warn_of_another_kind

if TYPE_CHECKING:
    from hotspot.ranking.harm import HarmWeights

log = logging.getLogger("hotspot")

Integers = NDArray[np.int64]

_MOVED = {"place_id": "points", "location": "points", "street_id": "points", "lsoa_code": "lsoa codes"}


def repeat_locations(
    incidents: gpd.GeoDataFrame,
    *,
    by: By | None = None,
    within: float | None = None,
    places: pd.DataFrame | None = None,
    harm: HarmWeights | None = None,
    areas: Areas | None = None,
    previous: Previous | None = None,
    min_incidents: int = 2,
    seed: int = 0,
    top: int = 20,
    across_breaks: bool = False,
) -> gpd.GeoDataFrame:
    """Rank locations by their reported incidents, and say how sure each rank is.

    Parameters
    ----------
    incidents
        Points with a CRS; ``start`` gives months and dates, ``category`` and ``location`` names.
    by
        What one location is: a column of the incidents (an id such as a UPRN, a premises, the street of
        `snap_to_streets`), a `Grid` (its cells), or polygons (parks, estates, stations) with a column of ids: the
        first there is of place_id, area_id, code, id and name, else the first of text. ``"place_id"`` when
        neither ``by`` nor ``within`` is given.
    within
        Or: the largest distance in metres between any two points of one location.
    places
        The full list of places, those without an incident too: a frame with the ids in the column ``by`` (and names
        in ``location``), or points with ``within``. Cells and areas are a full list by themselves.
    harm
        Weights for categories, from `HarmWeights.read`; ranks by harm then stand beside those by count.
    areas
        Columns of areas for each location, such as ``{"ward": wards, "order": orders}``; or names of columns that the
        incidents have already.
    previous
        Last time's result, or the CSV that `write_csv` made of it: its locations keep their ids and points.
    min_incidents
        Leave rows with fewer incidents out of the result. Models and shares are of all locations all the same.
    seed
        For models of ranks that draw. Today's is computed without draws, so nothing depends on it.
    top
        The N of ``probability_top``.
    across_breaks
        Go on although the points of a source changed within the months given, such as the map points of
        data.police.uk in July 2022; the break is then printed with every output.

    Returns
    -------
    GeoDataFrame
        One point a location (its busiest coordinates, EPSG:27700), most incidents first:

        - ``number`` (1, 2, 3 ...: the row, and the number on the map), ``rank`` (locations with as many incidents
          share it), ``rank_low``, ``rank_high``, ``probability_top``, ``same_rank_group`` and the shrunken rate, from
          `hotspot.ranking.uncertainty.rank_uncertainty`;
        - ``location_id``, ``location`` (the name that cells, areas or ``places`` give, else the most frequent text;
          "map point near X" for anonymised points, but X for the streets of ``by="street_id"``), ``known_place``,
          ``in_previous`` (with ``previous``);
        - ``incidents``, ``share_pct`` and ``cumulative_pct`` (of all incidents given);
        - when: the columns of `hotspot.ranking.pattern.monthly_pattern`, ``first``, ``last`` (dates; months where the
          data has no days), ``days_since_last``, and `hotspot.ranking.clock.day_and_hour_columns`;
        - with ``harm``, those of `hotspot.ranking.harm.harm_columns`;
        - ``leading_categories``, ``n_`` and the name of each source where there are several publishers, ``flags`` (see
          `hotspot.ranking.flags.flag_texts`), the columns of ``areas``;
        - ``points`` (with ``within``: every point of the location), ``easting``, ``northing`` (m), ``lon``,
          ``lat`` (degrees), geometry.

        Incidents that `flag_known_places` set apart follow after the others, one location for each
        ``known_place``, ranked among themselves and outside the model.

    Raises
    ------
    InputError
        If both ``by`` and ``within`` are given, a column is missing, an id is missing, or the unit is finer than
        the data; if a break of the source parts the months and ``across_breaks`` is False; if sources
        would be added up without `combine_sources`; if a category has no harm weight.

    Warns
    -----
    HotspotWarning
        If ``places`` lacks ids that incidents have; if ``previous`` is a list of another kind of location, left out
        locations that this one lists, or none of its locations is found again.

    Notes
    -----
    Order: incidents, then months active, then the latest incident, then location_id; so it never depends on the
    order of rows or the names of categories. Months observed are those for which the record has a file; without a
    record, all months from the first incident to the last. Without ``places`` the model knows only locations
    with an incident: it is zero-truncated, and the record says so.

    With ``within``, ``location_id`` names the point that opened the location and stays with it. A list given as
    ``previous`` next time should be written with ``min_incidents=1``: locations that were left out are found anew.
    What became of each is in the record, and in `location_changes`.

    How this can mislead: neighbours in the list often cannot be told apart; read rank_low and rank_high. A
    location can lead by one bad month: read months_active beside months_active_expected. Anonymised map
    points stand for several streets. More reports can mean more reporting.
    """
    _check(incidents, min_incidents, top)
    refuse_silent_sum(incidents, "repeat_locations")
    last = None if previous is None else read_previous(previous)
    incidents = _on_one_side(incidents, by, within, across_breaks)
    located = locate(incidents, by=by, within=within, places=places, previous=last)
    other_kind = last is not None and warn_of_another_kind(last, located.record, min_incidents)
    starts = starts_of(incidents) if "start" in incidents.columns else None
    months, recorded = observed_months(incidents, starts)
    if len(months) and not recorded:
        span = f"{months[0]} to {months[-1]}"
        log.info("months observed: %s, since the frame has no record of its files", span)
    monthly = count_months(located.codes, starts, months, len(located))
    order, counts = _order(located, monthly, starts)
    shown = order[counts[order] >= min_incidents]
    if len(shown) == 0:
        raise InputError(
            f"no location has {min_incidents} or more incidents (the most is {int(counts.max(initial=0))}); "
            "use a smaller min_incidents or a longer period"
        )
    rows = Shown(incidents, located, monthly, order, shown, counts, _as_of(incidents, months))
    ranks, model = ranks_of(rows, top)
    table = describe(rows, harm=harm, areas=areas, previous=last, ranks=ranks)
    points = gpd.points_from_xy(table["easting"], table["northing"])
    result = gpd.GeoDataFrame(table, geometry=points, crs=BNG)
    record: dict[str, Any] = {
        "min_incidents": min_incidents,
        "across_breaks": across_breaks,
        "seed": seed,
        "top": top,
        "locations": len(located),
        "zeros_included": located.complete,
        "shown": len(shown),
        "incidents": len(incidents),
        "rank_model": model,
    }
    if last is not None:
        record["previous"] = _changes(last, result, warn=not other_kind)
    if harm is not None:
        record["harm"] = harm.name
    result = provenance.carry(incidents, result, "repeat_locations", **located.record, **record)
    notes = [
        *_chosen(incidents),
        *located.notes,
        *_listed(rows, min_incidents),
        *_model_notes(located, model, top),
        *_time_notes(incidents),
    ]
    for text in notes if harm is None else [*notes, harm.note(incidents)]:
        provenance.note(result, text)
    return result


def _changes(last: pd.DataFrame, result: gpd.GeoDataFrame, *, warn: bool) -> dict[str, Any]:
    """Return what became of last time's locations; warn when none of them is found, and nobody said why."""
    changes = dict(changes_record(location_changes(last, result)))
    if warn and len(last) and not result["in_previous"].any():
        warnings.warn(
            f"previous: none of its {len(last):,} locations is in this list (the first is "
            f"{last['location_id'].iloc[0]!r}); was it made with another by=, or of another place?",
            HotspotWarning,
            stacklevel=3,
        )
    return changes


def _check(incidents: gpd.GeoDataFrame, min_incidents: int, top: int) -> None:
    for name, value in (("min_incidents", min_incidents), ("top", top)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
            raise InputError(f"{name}={value!r} must be a whole number of 1 or more")
    if len(incidents) == 0:
        raise InputError("there are no incidents to rank; check the filter and the area")


def _on_one_side(
    incidents: gpd.GeoDataFrame, by: By | None, within: float | None, across_breaks: bool
) -> gpd.GeoDataFrame:
    """Refuse to count a location over months in which its points or codes were drawn anew."""
    affects = _MOVED.get(by) if isinstance(by, str) else "points"
    if affects is None:
        return incidents
    return refuse_across_breaks(
        incidents,
        None,
        what="repeat_locations counts each location over all months",
        affects=affects,
        across_breaks=across_breaks,
    )


def _order(
    located: Located, monthly: Monthly | None, starts: pd.Series[pd.Timestamp] | None
) -> tuple[Integers, Integers]:
    """Return the locations with an incident in the order of the list, and the incidents of all."""
    codes = located.codes[located.codes >= 0]
    counts = np.bincount(codes, minlength=len(located)).astype(np.int64)
    keys: list[NDArray[Any]] = [np.argsort(np.argsort(located.ids, kind="stable"), kind="stable")]
    if starts is not None:
        days = starts.to_numpy().astype("datetime64[us]").astype(np.int64)
        latest = np.full(len(located), np.iinfo(np.int64).min, dtype=np.int64)
        np.maximum.at(latest, codes, days[located.codes >= 0])
        keys.append(-np.maximum(latest, -np.iinfo(np.int64).max))
    if monthly is not None:
        keys.append(-(monthly.counts > 0).sum(axis=1))
    order = np.lexsort([*keys, -counts, located.apart])
    return order[counts[order] > 0], counts


def _as_of(incidents: gpd.GeoDataFrame, months: pd.PeriodIndex) -> str | None:
    """Return the day that stands for today, not before the last observed month."""
    recorded = provenance.of(incidents)["as_of"]
    if len(months) == 0:
        return recorded
    end = str(months[-1].end_time.date())
    return end if recorded is None else max(str(recorded), end)


def _listed(rows: Shown, min_incidents: int) -> list[str]:
    """Say what the list is of: how many locations of how many, and the date that it is seen from."""
    held = int((rows.counts > 0).sum())
    sentence = f"Listed: {len(rows.shown):,} of {held:,} locations with a reported incident"
    sentence += f", those with {min_incidents:,} or more." if min_incidents > 1 else "."
    return [sentence if rows.as_of is None else f"{sentence} Seen from {rows.as_of}."]


def _time_notes(incidents: gpd.GeoDataFrame) -> list[str]:
    precision = incidents["time_precision"] if "time_precision" in incidents.columns else None
    if precision is None or precision.empty or (precision != "month").any():
        return []
    return [
        "The source gives months, no days or hours: on which day or at which hour to go cannot be read from it."
    ]


def _model_notes(located: Located, model: dict[str, Any], top: int) -> list[str]:
    if not model:
        return []
    sentences = [f"The chance of the true top is the chance of being truly among the first {top}."]
    if not located.complete:
        sentences.append(
            "Ranks and their intervals are among the locations with a reported incident; the full list of places is not "
            "known, so places without any are not in the model (zero-truncated)."
        )
    if model["months"] == 1:
        sentences.append(
            "One observed month says nothing on how months vary: the intervals of ranks are too short if they do."
        )
    return sentences


def _chosen(incidents: gpd.GeoDataFrame) -> list[str]:
    """Say which incidents were chosen, so that a list names its own filter."""
    sentences = []
    for step in provenance.of(incidents)["steps"]:
        if step["step"] != "select_incidents":
            continue
        parts = []
        if step.get("category"):
            parts.append(f"category {', '.join(step['category'])}")
        if step.get("start") or step.get("end"):
            parts.append(f"months {step.get('start') or 'the first'} to {step.get('end') or 'the last'}")
        if step.get("calendar_months"):
            parts.append(f"calendar months {', '.join(map(str, step['calendar_months']))}")
        if parts:
            sentences.append(
                f"Incidents chosen: {'; '.join(parts)} ({step['kept']:,} of {step['of']:,} incidents)."
            )
    return sentences
