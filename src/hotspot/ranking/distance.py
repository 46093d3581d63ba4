"""Locations that are points within a distance of one another, last time's first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import InputError
from hotspot.geography.incidents import point_coordinates
from hotspot.geography.precision import refuse_finer
from hotspot.ranking.located import Floats, Integers, Located, Texts, plain_located
from hotspot.ranking.places import distinct_points, group_points
from hotspot.ranking.previous import join_previous, previous_points


def locate_within(
    incidents: gpd.GeoDataFrame,
    within: float,
    places: pd.DataFrame | None,
    previous: pd.DataFrame | None,
) -> Located:
    """Group the points of incidents, and of places, so that no two of one location are too far apart.

    Raises
    ------
    InputError
        If ``within`` is no positive number or finer than the data, the places are no points, or last
        time's list was not grouped by this distance.
    """
    number = isinstance(within, int | float | np.number) and not isinstance(within, bool)
    if not (number and np.isfinite(within) and within > 0):
        raise InputError(f"within={within!r} is not a positive number of metres")
    refuse_finer(incidents, float(within), "within")
    x, y = point_coordinates(incidents)
    rows = len(x)
    if places is not None:
        if not isinstance(places, gpd.GeoDataFrame):
            raise InputError("with within=, places must be a GeoDataFrame of points: ids say no distance")
        more_x, more_y = point_coordinates(places)
        x, y = np.concatenate([x, more_x]), np.concatenate([y, more_y])
    codes, px, py = distinct_points(x, y)
    count = np.bincount(codes[:rows], minlength=len(px))
    old = np.full(len(px), -1, dtype=np.int64)
    kept, old_points = np.empty(0, dtype=object), (np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    if previous is not None:
        kept, old_points = previous["location_id"].to_numpy(dtype=object), previous_points(previous)
        old = join_previous(px, py, count, old_points, kept, float(within))
    free = np.flatnonzero(old < 0)
    new, openers = group_points(px[free], py[free], count[free], float(within))
    used, renumbered = np.unique(old[old >= 0], return_inverse=True)
    group = np.empty(len(px), dtype=np.int64)
    group[old >= 0], group[free] = renumbered, len(used) + new
    opened = free[openers]
    ids = np.concatenate([kept[used], _point_ids(px[opened], py[opened], set(kept.tolist()))])
    points = _all_points(px, py, group, opened, old_points, used)
    record: dict[str, Any] = {"within_m": float(within)}
    if places is not None:
        record["places"] = len(places)
    found = plain_located(group[codes[:rows]], ids, None, places is not None, **record)
    return replace(found, points=points)


def _point_ids(x: Floats, y: Floats, taken: set[str]) -> Texts:
    """Name each location by the point that opened it; two in one metre are told apart by millimetres."""
    ids = pd.Series(
        [f"E{a:06.0f} N{b:06.0f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)], dtype=object
    )
    twice = np.flatnonzero((ids.duplicated(keep=False) | ids.isin(list(taken))).to_numpy())
    for digits in (3, 9):
        for row in twice.tolist():
            ids.iloc[row] = f"E{x[row]:.{digits}f} N{y[row]:.{digits}f}"
        twice = np.flatnonzero((ids.duplicated(keep=False) | ids.isin(list(taken))).to_numpy())
    return ids.to_numpy(dtype=object)


def _all_points(
    px: Floats,
    py: Floats,
    group: Integers,
    opened: Integers,
    stored: tuple[Floats, Floats, Integers],
    used: Integers,
) -> tuple[Floats, Floats, Integers]:
    """Return the points of all locations: the one that opened it, last time's in their order, then the new ones."""
    sx, sy, rows = stored
    held = np.isin(rows, used)
    sx, sy, sg = sx[held], sy[held], np.searchsorted(used, rows[held])
    first = np.ones(len(px), dtype=np.int64)
    first[opened] = 0
    order = np.lexsort((py, px, first, group))
    table = pd.DataFrame(
        {
            "x": np.concatenate([sx, px[order]]),
            "y": np.concatenate([sy, py[order]]),
            "group": np.concatenate([sg, group[order]]),
        }
    )
    # A point of last time may be written in millimetres: the same to the millimetre is the same point.
    again = (
        table.assign(x=np.rint(table["x"] * 1000.0), y=np.rint(table["y"] * 1000.0)).duplicated().to_numpy()
    )
    table = table[~again].sort_values("group", kind="stable")
    return table["x"].to_numpy(), table["y"].to_numpy(), table["group"].to_numpy(dtype=np.int64)
