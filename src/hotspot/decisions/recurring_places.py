"""Recurrence by place and by hour: locations that return, towns and small areas, days and hours."""

from __future__ import annotations

import warnings
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.decisions.inside import Inside
from hotspot.decisions.order import Order
from hotspot.decisions.order_values import Hours
from hotspot.decisions.places_of import polygonal, width_of
from hotspot.decisions.tallied import in_words, tally_of, year_words
from hotspot.decisions.units_of import NOT_FROM_COUNTS, shares_within
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.assign import SLIVER_WIDTH, assign_area
from hotspot.geography.incidents import point_coordinates, starts_of
from hotspot.geography.snap import nearest_line
from hotspot.geography.streets import SNAP_LIMIT, check_streets
from hotspot.ranking.locations import repeat_locations
from hotspot.statistics.hours import DAYS, hour_table

Integers = NDArray[np.int64]
Row = dict[str, Any]
Parts = dict[str, list[Row]]

UNIT_COLUMNS = ("LSOA21CD", "LSOA11CD", "lsoa_code", "area_code", "ward_code", "code", "name")
NOWHERE = "in none of the areas given"
LEAST_LISTED = 2
"""Locations with a single report are not listed: it says nothing of a return."""


def locations_of(inside: Inside, across_breaks: bool = False) -> Parts:
    """List the locations inside the order by the years in which they had a report.

    Returns
    -------
    dict
        ``locations``, those with two reports or more: ``location_id``, ``location`` ("map point near X" for
        anonymised points), ``n``, ``months_with`` of ``months_observed``, ``years_with`` of ``years_observed``,
        ``returns_each_year``, ``years`` ("2023: 4, 2024: 2"), ``pattern``, ``rank`` with ``rank_low`` and
        ``rank_high`` among those inside the order, ``easting``, ``northing`` (m), ``says``; most years first.
    """
    if inside.units is not None:
        return {"not_available": [{"part": "locations", "reason": NOT_FROM_COUNTS}]}
    held = inside.rows[inside.month >= 0]
    if len(held) == 0 or len(inside.months) == 0:
        return {"not_available": [{"part": "locations", "reason": "no report inside the order"}]}
    rows = with_place_ids(held)
    try:
        ranked = repeat_locations(rows, by="place_id", min_incidents=1, across_breaks=across_breaks)
    except InputError as error:
        return {"not_available": [{"part": "locations", "reason": str(error)}]}
    years = np.asarray(inside.months.year)
    names = sorted(set(years.tolist()))
    place = pd.Index(ranked["location_id"].astype("str")).get_indexer(rows["place_id"].astype("str"))
    of_row = np.searchsorted(names, years[inside.month[inside.month >= 0]])
    table = np.zeros((len(ranked), len(names)), dtype=np.int64)
    np.add.at(table, (place, of_row), 1)
    listed = [
        _location(row, counts, names)
        for row, counts in zip(ranked.to_dict("records"), table, strict=True)
        if counts.sum() >= LEAST_LISTED
    ]
    listed.sort(key=lambda row: (-row["years_with"], -row["n"], row["location_id"]))
    if not listed:
        return {"not_available": [{"part": "locations", "reason": "no location has two reports or more"}]}
    return {"locations": listed}


def with_place_ids(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return incidents with a ``place_id`` for each, from their points where they have none."""
    kept = rows.drop(columns=[name for name in ("known_place", "ranked_apart") if name in rows.columns])
    if "place_id" not in kept.columns or kept["place_id"].isna().any():
        x, y = point_coordinates(cast("gpd.GeoDataFrame", kept))
        ids = [f"E{east:.0f} N{north:.0f}" for east, north in zip(x, y, strict=True)]
        kept = kept.assign(place_id=ids)
    kept.attrs = dict(rows.attrs)
    return cast("gpd.GeoDataFrame", kept)


def _location(row: dict[Any, Any], counts: Integers, names: list[int]) -> Row:
    years_with = int((counts > 0).sum())
    return {
        "location_id": str(row["location_id"]),
        "location": row.get("location", ""),
        "n": int(counts.sum()),
        "months_with": row.get("months_active"),
        "months_observed": row.get("months_observed"),
        "years_with": years_with,
        "years_observed": len(names),
        "returns_each_year": years_with == len(names) and len(names) > 1,
        "years": ", ".join(f"{name}: {n}" for name, n in zip(names, counts.tolist(), strict=True) if n),
        "pattern": row.get("pattern", ""),
        "rank": row["rank"],
        "rank_low": row.get("rank_low"),
        "rank_high": row.get("rank_high"),
        "easting": row["easting"],
        "northing": row["northing"],
        "says": f"{in_words(int(counts.sum()))} in {years_with} of {year_words(len(names))} observed",
    }


def hours_of(inside: Inside, limit: Hours | None = None) -> Parts:
    """Tabulate days of the week and hours, from the rows that have them.

    Parameters
    ----------
    limit
        The hours to which the order is limited: first hour, and the hour at which it ends.

    Returns
    -------
    dict
        ``days``: ``day``, ``n`` of rows whose day is known, ``n_in_all`` of them. ``hours``: ``hour`` ("21:00-21:59"),
        one column a day with reports (decimals where spells were spread), ``reports`` over all days, and
        ``within_hours_of_order`` where there are such. Else ``not_available``.
    """
    if inside.units is not None:
        return {"not_available": [{"part": "days and hours", "reason": NOT_FROM_COUNTS}]}
    rows = inside.rows[inside.month >= 0]
    if len(rows) == 0:
        return {"not_available": [{"part": "days and hours", "reason": "no report inside the order"}]}
    if "time_precision" in rows.columns and (rows["time_precision"].astype(object) == "month").all():
        reason = "the source gives months, no days or hours"
        return {"not_available": [{"part": "days and hours", "reason": reason}]}
    found: Parts = {"days": _days(rows)}
    try:
        table = hour_table(rows)
    except InputError as error:
        return {**found, "not_available": [{"part": "hours", "reason": str(error)}]}
    hours = []
    for hour in range(24):
        by_day = {day.lower(): round(float(n), 4) for day, n in zip(DAYS, table[hour], strict=True)}
        row: Row = {
            "hour": f"{hour:02d}:00-{hour:02d}:59",
            **by_day,
            "reports": round(sum(by_day.values()), 4),
        }
        if limit is not None:
            row["within_hours_of_order"] = _within(hour, limit)
        hours.append(row)
    return {**found, "hours": hours}


def _within(hour: int, limit: Hours) -> bool:
    first, end = limit
    return first <= hour < end if first < end else hour >= first or hour < end


def _days(rows: pd.DataFrame) -> list[Row]:
    start = starts_of(rows)
    known = start.notna().to_numpy()
    if "time_precision" in rows.columns:
        grade = rows["time_precision"].astype(object).to_numpy()
        known = known & np.isin(grade, ["instant", "day", "interval"])
        if "end" in rows.columns:
            end = pd.Series(rows["end"]).dt.tz_localize(None)
            known &= (grade != "interval") | (start.dt.normalize() == end.dt.normalize()).to_numpy()
    number = start.dt.day_of_week.to_numpy()[known].astype(np.int64)
    counts = np.bincount(number, minlength=7)
    return [
        {"day": day, "n": int(n), "n_in_all": int(known.sum())} for day, n in zip(DAYS, counts, strict=True)
    ]


def areas_of(
    inside: Inside, order: Order, areas: AreaLike | None, town: str = "town", unit: str | None = None
) -> Parts:
    """Tabulate the towns and small areas that the order takes in.

    Returns
    -------
    dict
        ``by_town``: ``town``, ``area_km2`` (of it in the order), ``n``, ``months_with`` of ``months_observed``,
        ``years_with`` of ``years_observed``, ``years``, ``says``. ``by_town_and_year``: ``town``, ``year`` and the
        same. ``by_unit``: ``unit`` (with a counts table
        also ``unit_name``) and as by_town. Rows in no area have a line of their own.

    Raises
    ------
    InputError
        If the areas have no column of the name ``unit``.
    """
    if len(inside.months) == 0:
        return {}
    if areas is None:
        if inside.units is not None:
            return {"by_unit": _rows_of_units(inside)}
        missing = "give areas= (LSOAs with a column of towns)"
        parts = ("by_town", "by_unit") if order.boroughwide else ("by_unit",)
        return {"not_available": [{"part": part, "reason": missing} for part in parts]}
    layer = as_area(areas)
    shape = order.geometry.geometry.iloc[0]
    found: Parts = {}
    for part, column in (("by_unit", unit or unit_column(layer)), ("by_town", town)):
        if column not in layer.columns:
            if part == "by_unit" or town != "town":
                known = ", ".join(str(name) for name in layer.columns if name != layer.active_geometry_name)
                raise InputError(f"the areas have no column {column!r}; they have {known or 'none'}")
            found["not_available"] = [{"part": "by_town", "reason": "the areas have no column 'town'"}]
            continue
        if part == "by_unit" and inside.units is not None:
            found[part] = _rows_of_units(inside)
            continue
        names, group = _grouped(inside, layer, column)
        within = _in_order(layer, column, names, shape)
        matrix = inside.matrix(group, len(names) + 1)
        kept = [number for number in range(len(names)) if within[number] > 0 or matrix[number].any()]
        key = "town" if part == "by_town" else "unit"
        found[part] = [
            {key: names[number], "area_km2": within[number], **_tally(matrix[number], inside.months)}
            for number in kept
        ]
        if matrix[-1].any():
            found[part].append({key: NOWHERE, "area_km2": 0.0, **_tally(matrix[-1], inside.months)})
        if part == "by_town":
            shown = [*kept, len(names)] if matrix[-1].any() else kept
            labels = [*names, NOWHERE]
            found["by_town_and_year"] = _by_year([labels[n] for n in shown], matrix[shown], inside.months)
    return found


def _rows_of_units(inside: Inside) -> list[Row]:
    units = cast("gpd.GeoDataFrame", inside.units)
    counts = cast("Integers", inside.unit_counts)
    described = zip(units["area_code"], units["area_name"], units["area_km2"], counts, strict=True)
    return [
        {"unit": str(code), "unit_name": str(name), "area_km2": float(km2), **_tally(row, inside.months)}
        for code, name, km2, row in described
    ]


def _tally(counts: Integers, months: pd.PeriodIndex) -> Row:
    years = np.asarray(months.year)
    names = sorted(set(years.tolist()))
    by_year = [int(counts[years == year].sum()) for year in names]
    return {
        **tally_of(counts),
        "years_with": sum(n > 0 for n in by_year),
        "years_observed": len(names),
        "years": ", ".join(f"{year}: {n}" for year, n in zip(names, by_year, strict=True) if n),
    }


def _by_year(names: list[str], matrix: Integers, months: pd.PeriodIndex) -> list[Row]:
    years = np.asarray(months.year)
    return [
        {"town": name, "year": year, **tally_of(counts[years == year])}
        for name, counts in zip(names, matrix, strict=True)
        for year in sorted(set(years.tolist()))
    ]


def unit_column(layer: gpd.GeoDataFrame) -> str:
    """Return the column that holds the areas' codes: the first there is of the usual names."""
    known = [name for name in UNIT_COLUMNS if name in layer.columns]
    if not known:
        others = ", ".join(str(name) for name in layer.columns if name != layer.active_geometry_name)
        raise InputError(
            f"the areas have no column of codes that is known; name it in unit=. They have {others}"
        )
    return known[0]


def _grouped(inside: Inside, layer: gpd.GeoDataFrame, column: str) -> tuple[list[str], Integers]:
    """Return the names of the areas, and the area of each row or unit; the last number stands for none."""
    names = sorted(set(layer[column].astype("str").str.strip()))
    if inside.units is not None:
        shares = np.array([shares_within(inside.units, _union(layer, column, name)) for name in names])
        best = np.where(shares.max(axis=0) > 0, shares.argmax(axis=0), len(names))
        return names, best.astype(np.int64)
    if len(inside.rows) == 0:
        return names, np.empty(0, dtype=np.int64)
    with warnings.catch_warnings():
        # Rows in no area are counted in a line of their own.
        warnings.simplefilter("ignore", HotspotWarning)
        assigned = assign_area(
            cast("gpd.GeoDataFrame", inside.rows), layer, column=column, prefix="of_order_"
        )
    group = pd.Index(names).get_indexer(assigned[f"of_order_{column}"].astype(object))
    return names, np.where(group < 0, len(names), group).astype(np.int64)


def _union(layer: gpd.GeoDataFrame, column: str, name: str) -> shapely.Geometry:
    held = (layer[column].astype("str").str.strip() == name).to_numpy()
    return shapely.union_all(layer.geometry.to_numpy()[held])


def _in_order(layer: gpd.GeoDataFrame, column: str, names: list[str], shape: shapely.Geometry) -> list[float]:
    """Return the square kilometres of each area in the order; 0 for slivers."""
    found = []
    for name in names:
        common = polygonal(shapely.intersection(_union(layer, column, name), shape))
        found.append(float(shapely.area(common)) / 1e6 if width_of(common) > SLIVER_WIDTH else 0.0)
    return found


def streets_of(inside: Inside, order: Order, streets: gpd.GeoDataFrame) -> list[Row]:
    """Tabulate the streets of the order: their length in it, and their reports.

    Returns
    -------
    list of dict
        ``street_id``, ``street`` (its name), ``length_m`` (in the order), ``n``, ``months_with`` of
        ``months_observed``, ``years_with`` of ``years_observed``, ``years``, ``says``; by street_id. Rows too far
        from any street have a line of their own.
    """
    lines = check_streets(streets)
    shape = order.geometry.geometry.iloc[0]
    shapes = lines.geometry.to_numpy()
    length = shapely.length(shapely.intersection(shapes, shape))
    ids = lines["street_id"].astype("str").to_numpy(dtype=object)
    names = (
        lines["name"].astype(object).where(lines["name"].notna(), lines["street_id"])
        if "name" in lines
        else ids
    )
    held = inside.rows.drop(
        columns=[n for n in ("street_id", "street_distance_m") if n in inside.rows.columns]
    )
    group = np.empty(0, dtype=np.int64)
    if len(held):
        x, y = point_coordinates(cast("gpd.GeoDataFrame", held))
        order_of = np.argsort(ids, kind="stable")
        near, _ = nearest_line(x, y, shapes[order_of], SNAP_LIMIT)
        group = np.where(near < 0, len(ids), np.append(order_of, -1)[near]).astype(np.int64)
    matrix = inside.matrix(group, len(ids) + 1)
    rows: list[Row] = [
        {
            "street_id": ids[n],
            "street": str(name),
            "length_m": float(length[n]),
            **_tally(matrix[n], inside.months),
        }
        for n, name in enumerate(names)
        if length[n] > 0 or matrix[n].any()
    ]
    rows.sort(key=lambda row: str(row["street_id"]))
    if matrix[-1].any():
        far = f"over {SNAP_LIMIT:g} m from any street"
        rows.append({"street_id": "", "street": far, "length_m": 0.0, **_tally(matrix[-1], inside.months)})
    return rows
