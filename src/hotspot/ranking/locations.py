"""Rank the locations that incidents keep coming back to."""

from __future__ import annotations

import logging
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import point_coordinates, refuse_silent_sum, starts_of
from hotspot.geography.precision import refuse_finer
from hotspot.geography.projection import BNG, to_lon_lat
from hotspot.intake.breaks import refuse_across_breaks
from hotspot.ranking.places import group_within

log = logging.getLogger("hotspot")

LEADING = 3
Integers = NDArray[np.int64]


def repeat_locations(
    incidents: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    within: float | None = None,
    min_incidents: int = 2,
    across_breaks: bool = False,
) -> gpd.GeoDataFrame:
    """Rank locations by their reported incidents.

    Parameters
    ----------
    incidents
        Points with a CRS; ``start`` gives months and dates, ``category`` and ``location`` names.
    by
        The column that says which location an incident is at; ``"place_id"`` when neither ``by`` nor
        ``within`` is given.
    within
        Or: the largest distance in metres between any two points of one location.
    min_incidents
        Leave out locations with fewer incidents. Shares are of all incidents all the same.
    across_breaks
        Go on although the points of a source changed within the months given, such as the map points of
        data.police.uk in July 2022; the break is then printed with every output.

    Returns
    -------
    GeoDataFrame
        One point a location (its busiest coordinates, EPSG:27700), most incidents first: ``number``
        (1, 2, 3 ...: the row, and the number on the map), ``rank`` (locations with as many incidents
        share it), ``location_id``, ``location`` (most frequent text; "map point near X" for anonymised
        points), ``incidents``, ``share_pct`` and ``cumulative_pct`` (of all incidents given),
        ``months_active`` of ``months_observed``, ``first``, ``last`` (dates; months where the data has no days),
        ``leading_categories``, ``easting``, ``northing`` (m), ``lon``, ``lat`` (degrees), geometry.
        Incidents that `flag_known_places` set apart follow after the others, one location for each
        ``known_place``, ranked among themselves.

    Raises
    ------
    InputError
        If both ``by`` and ``within`` are given, a column is missing, a place id is missing, or ``within``
        is finer than the data; or if a break of the source parts the months and ``across_breaks`` is False.

    Notes
    -----
    Order: incidents, then months active, then the latest incident, then location_id; so it never
    depends on the order of rows. Months observed are those for which the record has a file; without a
    record, all months from the first incident to the last.

    How this can mislead: a rank has no interval here, and neighbours in the list often differ by one
    incident. A location can lead by one bad month: read months_active beside incidents. Anonymised
    map points stand for several streets.
    """
    if by is not None and within is not None:
        raise InputError("give by= or within=, not both: they are two different ideas of one location")
    if not isinstance(min_incidents, int | np.integer) or min_incidents < 1:
        raise InputError(f"min_incidents={min_incidents!r} must be a whole number of 1 or more")
    if len(incidents) == 0:
        raise InputError("there are no incidents to rank; check the filter and the area")
    refuse_silent_sum(incidents, "repeat_locations")
    x, y = point_coordinates(incidents)
    by = "place_id" if by is None and within is None else by
    incidents = _on_one_side(incidents, by, across_breaks)
    keys, ids, known = _all_keys(incidents, by, within, x, y)
    table = _count(incidents, keys, x, y)
    table["location_id"] = _group_ids(table) if ids is None else [ids[key] for key in table.index]
    if known:
        table["known_place"] = [known.get(int(key)) for key in table.index]
    table = _ordered(table)
    table["share_pct"] = 100.0 * table["incidents"] / len(incidents)
    table["cumulative_pct"] = 100.0 * table["incidents"].cumsum() / len(incidents)
    table["months_observed"] = _months_observed(incidents)
    shown = table[table["incidents"] >= min_incidents].reset_index(drop=True)
    if shown.empty:
        raise InputError(
            f"no location has {min_incidents} or more incidents (the most is {int(table['incidents'].max())}); "
            "use a smaller min_incidents or a longer period"
        )
    result = _finished(incidents, shown)
    parameters = {
        "by": by,
        "within_m": within,
        "min_incidents": min_incidents,
        "across_breaks": across_breaks,
    }
    return provenance.carry(
        incidents,
        result,
        "repeat_locations",
        **parameters,
        locations=len(table),
        shown=len(shown),
        incidents=len(incidents),
    )


def _on_one_side(incidents: gpd.GeoDataFrame, by: str | None, across_breaks: bool) -> gpd.GeoDataFrame:
    """Refuse to count a location over months in which its points or codes were drawn anew."""
    affects = {None: "points", "place_id": "points", "location": "points", "lsoa_code": "lsoa codes"}.get(by)
    if affects is None:
        return incidents
    return refuse_across_breaks(
        incidents,
        None,
        what="repeat_locations counts each location over all months",
        affects=affects,
        across_breaks=across_breaks,
    )


def _all_keys(
    incidents: gpd.GeoDataFrame, by: str | None, within: float | None, x: NDArray[Any], y: NDArray[Any]
) -> tuple[Integers, list[str] | None, dict[int, str]]:
    """Number the location of each incident, known places set apart last; return their names too."""
    apart = np.zeros(len(incidents), dtype=bool)
    if "ranked_apart" in incidents.columns:
        apart = incidents["ranked_apart"].to_numpy(dtype=bool)
    keys = np.zeros(len(incidents), dtype=np.int64)
    ids: NDArray[Any] | None = np.empty(0, dtype=object)
    if not apart.all():
        keys[~apart], ids = _keys(incidents[~apart], by, within, x[~apart], y[~apart])
    first = int(keys[~apart].max(initial=-1)) + 1
    codes, names = (
        pd.factorize(incidents.loc[apart, "known_place"].astype("str"), sort=True)
        if apart.any()
        else ([], [])
    )
    keys[apart] = first + np.asarray(codes, dtype=np.int64)
    known = {first + number: str(name) for number, name in enumerate(names)}
    labels = None if ids is None else [*map(str, ids), *(f"known place: {name}" for name in known.values())]
    return keys, labels, known


def _keys(
    incidents: gpd.GeoDataFrame, by: str | None, within: float | None, x: NDArray[Any], y: NDArray[Any]
) -> tuple[Integers, NDArray[Any] | None]:
    """Number the location of each incident; with ``by``, return the ids that the numbers stand for."""
    if within is not None:
        number = isinstance(within, int | float | np.number) and not isinstance(within, bool)
        if not (number and np.isfinite(within) and within > 0):
            raise InputError(f"within={within!r} is not a positive number of metres")
        refuse_finer(incidents, float(within), "within")
        return group_within(x, y, float(within)), None
    if by not in incidents.columns:
        raise InputError(
            f"by={by!r} is no column of the incidents; they have {', '.join(map(str, incidents.columns[:14]))}. "
            "Use within=100 to group points by distance"
        )
    missing = incidents[by].isna().to_numpy()
    if missing.any():
        first = incidents.index[int(np.flatnonzero(missing)[0])]
        raise InputError(
            f"{int(missing.sum()):,} of {len(incidents):,} incidents have no {by!r} (the first is row {first}); "
            "leave them out, counted, or use within="
        )
    keys, ids = pd.factorize(_id_texts(incidents[by]), sort=True)
    return keys.astype(np.int64), np.asarray(ids)


def _id_texts(values: pd.Series) -> pd.Series:
    """Write ids as text; a number that a spreadsheet made of a UPRN loses its ``.0``."""
    if pd.api.types.is_float_dtype(values.dtype) and bool((values % 1 == 0).all()):
        values = values.astype("int64")
    return values.astype("str")


def _count(incidents: gpd.GeoDataFrame, keys: Integers, x: NDArray[Any], y: NDArray[Any]) -> pd.DataFrame:
    rows = pd.DataFrame({"key": keys, "easting": x, "northing": y})
    table = rows.groupby("key").size().rename("incidents").to_frame()
    spots = rows.groupby(["key", "easting", "northing"]).size().rename("at_spot").reset_index()
    # The busiest coordinates stand for the location; ties go west, then south.
    spots = spots.sort_values(["key", "at_spot", "easting", "northing"], ascending=[True, False, True, True])
    busiest = spots.drop_duplicates("key").set_index("key")
    table[["easting", "northing"]] = busiest[["easting", "northing"]]
    if "start" in incidents.columns:
        dates = pd.DataFrame({"key": keys, "start": starts_of(incidents).to_numpy()})
        dates["month"] = dates["start"].dt.to_period("M")
        table["months_active"] = (
            dates.dropna().groupby("key")["month"].nunique().reindex(table.index, fill_value=0)
        )
        # Where the data has only months, a day would be invented: first and last are months too.
        column = "month" if _month_only(incidents) else "start"
        ends = dates.groupby("key")[column].agg(["min", "max"])
        table["first"], table["last"] = ends["min"], ends["max"]
    if "location" in incidents.columns:
        table["location"] = _most_frequent(keys, incidents["location"]).reindex(table.index)
    if "category" in incidents.columns:
        table["leading_categories"] = _leading(keys, incidents["category"]).reindex(table.index)
    return table


def _month_only(incidents: gpd.GeoDataFrame) -> bool:
    return "time_precision" in incidents.columns and bool((incidents["time_precision"] == "month").any())


def _tally(keys: Integers, values: pd.Series) -> pd.DataFrame:
    """Count each location's values, most frequent first and then by name."""
    pairs = pd.DataFrame({"key": keys, "value": values.astype(object).to_numpy()}).dropna()
    counts = pairs.groupby(["key", "value"]).size().rename("times").reset_index()
    return counts.sort_values(["key", "times", "value"], ascending=[True, False, True])


def _most_frequent(keys: Integers, values: pd.Series) -> pd.Series:
    return _tally(keys, values).drop_duplicates("key").set_index("key")["value"]


def _leading(keys: Integers, values: pd.Series) -> pd.Series:
    counts = _tally(keys, values)
    place = counts.groupby("key").cumcount()
    top = counts[place < LEADING]
    text = top["value"].astype(str) + " " + top["times"].astype(str)
    return text.groupby(top["key"]).agg("; ".join)


def _group_ids(table: pd.DataFrame) -> list[str]:
    return [
        f"E{easting:06.0f} N{northing:06.0f}"
        for easting, northing in zip(table["easting"], table["northing"], strict=True)
    ]


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    columns, ascending = ["incidents"], [False]
    if "known_place" in table.columns:
        table = table.assign(_apart=table["known_place"].notna())
        columns, ascending = ["_apart", "incidents"], [True, False]
    for column in ("months_active", "last"):
        if column in table.columns:
            columns.append(column)
            ascending.append(False)
    return table.sort_values([*columns, "location_id"], ascending=[*ascending, True], kind="stable")


def _months_observed(incidents: gpd.GeoDataFrame) -> int | None:
    observed = provenance.months_observed(incidents)
    if observed:
        return len(observed)
    if "start" not in incidents.columns or incidents["start"].isna().all():
        return None
    first, last = incidents["start"].min().to_period("M"), incidents["start"].max().to_period("M")
    months = last.ordinal - first.ordinal + 1
    log.info(
        "months observed: %s, all from %s to %s, since the frame has no record of its files",
        months,
        first,
        last,
    )
    return int(months)


def _finished(incidents: gpd.GeoDataFrame, table: pd.DataFrame) -> gpd.GeoDataFrame:
    table = table.copy()
    table["number"] = np.arange(1, len(table) + 1)
    ranked = table.groupby("_apart")["incidents"] if "_apart" in table.columns else table["incidents"]
    table["rank"] = ranked.rank(method="min", ascending=False).astype("int64")
    lon, lat = to_lon_lat(table["easting"], table["northing"])
    table["lon"], table["lat"] = np.round(lon, 6), np.round(lat, 6)
    if "location" in table.columns:
        table["location"] = _names(incidents, table)
    order = [
        "number", "rank", "location_id", "location", "known_place", "incidents", "share_pct", "cumulative_pct",
        "months_active", "months_observed", "first", "last", "leading_categories", "easting", "northing", "lon", "lat",
    ]  # fmt: skip
    columns = [column for column in order if column in table.columns]
    points = gpd.points_from_xy(table["easting"], table["northing"])
    return gpd.GeoDataFrame(table[columns], geometry=points, crs=BNG)


def _names(incidents: gpd.GeoDataFrame, table: pd.DataFrame) -> pd.Series:
    """Name locations; an anonymised map point is near a street, never at it."""
    names = table["location"].astype(object)
    anonymised = (
        "location_precision" in incidents.columns and (incidents["location_precision"] == "map_point").any()
    )
    if not anonymised:
        return names.where(names.notna(), None).astype("str")
    street = names.astype("str").str.replace(r"^On or near\s*", "", regex=True).str.strip()
    unnamed = names.isna() | (street == "")
    return ("map point near " + street).where(~unnamed, "map point (street not named)")
