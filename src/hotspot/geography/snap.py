"""Which street each incident is on: the nearest one, within a limit."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.incidents import point_coordinates
from hotspot.geography.streets import SNAP_LIMIT, check_metres, check_streets

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TIE = 0.001
"""Streets whose distances differ by up to this, in metres, are equally near: coordinates carry no more."""

ANONYMISED = {"map_point": "anonymised map points", "postcode": "postcodes"}


def snap_to_streets(
    incidents: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, *, limit: float = SNAP_LIMIT
) -> gpd.GeoDataFrame:
    """Add to each incident the nearest street and its distance.

    Parameters
    ----------
    incidents
        Points with a CRS.
    streets
        Segments with ``street_id``, as `read_streets` returns them.
    limit
        The largest distance in metres; an incident farther from every street has none. The default of 50 m is half
        the spacing of data.police.uk's map points.

    Returns
    -------
    GeoDataFrame
        The incidents on the same index, with ``street_id`` (categorical; its categories are all streets, so that
        counting keeps zeros) and ``street_distance_m``, both missing beyond the limit.

    Raises
    ------
    InputError
        If the incidents have such columns already, or are located to areas only; if the streets lack lines or
        unique ids; if no incident at all is within the limit.

    Warns
    -----
    HotspotWarning
        If incidents are beyond the limit; the number and the first rows are named.

    Notes
    -----
    The distance is the straight one to the segment's line in the plane of EPSG:27700. Among streets that are
    equally near (to within 1 mm), as at a junction, the one with the lowest id, as text, is taken: the result
    does not depend on the order of incidents or streets. Equal coordinates are looked up once.

    How this can mislead: a point stands beside a line, and nothing says that the line is its address. At a corner,
    the middle of the side street can be nearer than the address's own. data.police.uk moved each incident to a map
    point, mostly the middle of a street of its own choice, that stands for several streets around it: a street's
    count is then of its map points, many streets have none and count zero by design, and it says nothing of
    one side of a junction against the other. Counts by street also grow with length: compare per 100 m.

    Examples
    --------
    >>> import shapely
    >>> lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 40), (100, 40)])]
    >>> streets = gpd.GeoDataFrame({"street_id": ["south", "north"]}, geometry=lines, crs=27700)
    >>> incidents = gpd.GeoDataFrame(geometry=gpd.points_from_xy([50, 50, 100], [10, 20, 45]), crs=27700)
    >>> snapped = snap_to_streets(incidents, streets)
    >>> snapped["street_id"].tolist(), snapped["street_distance_m"].tolist()
    (['south', 'north', 'north'], [10.0, 20.0, 5.0])
    """
    limit = check_metres(limit, "limit")
    taken = [name for name in ("street_id", "street_distance_m") if name in incidents.columns]
    if taken:
        raise InputError(
            f"the incidents have a column {taken[0]!r} already; drop it, or rename it if their source wrote it"
        )
    _refuse_areas(incidents)
    x, y = point_coordinates(incidents)
    lines = check_streets(streets)
    ids = lines["street_id"].astype("str").to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    position, distance = nearest_line(x, y, lines.geometry.to_numpy()[order], limit)
    beyond = np.flatnonzero(position < 0)
    if len(incidents) and len(beyond) == len(incidents):
        raise InputError(
            f"none of the {len(incidents):,} incidents is within {limit:g} m of one of the {len(lines):,} streets; "
            "are the streets of the same place? Read them with read_streets for the same area"
        )
    result = incidents.copy()
    categories = pd.Index(ids[order], dtype="str")
    result["street_id"] = pd.Categorical.from_codes(position, categories=categories)
    result["street_distance_m"] = distance
    if len(beyond):
        first = ", ".join(str(label) for label in incidents.index[beyond[:5]])
        warnings.warn(
            f"{len(beyond):,} of {len(incidents):,} incidents are over {limit:g} m from any street (first rows: "
            f"{first}); their street_id is missing, so count them apart",
            HotspotWarning,
            stacklevel=2,
        )
    result = provenance.carry(
        incidents,
        result,
        "snap_to_streets",
        limit_m=limit,
        streets=len(lines),
        matched=len(incidents) - len(beyond),
        beyond_limit=len(beyond),
    )
    for text in _notes(incidents, streets):
        provenance.note(result, text)
    return result


def nearest_line(x: Floats, y: Floats, lines: NDArray[Any], limit: float) -> tuple[Integers, Floats]:
    """Return, for each point, the nearest line and its distance in metres.

    Parameters
    ----------
    x, y
        Coordinates of the points, shape (n,).
    lines
        LineStrings, in order of preference: among lines as near as `TIE` the first is taken.
    limit
        The largest distance.

    Returns
    -------
    positions, distances
        Shape (n,): -1 and NaN beyond the limit.
    """
    if len(x) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0)
    codes, spots = pd.factorize(x + 1j * y)
    points: Any = shapely.points(spots.real, spots.imag)
    tree = shapely.STRtree(lines)
    # The tree finds one nearest line; which of several is its own choice, so all that are as near are asked for.
    (at, _), least = tree.query_nearest(
        points, max_distance=limit + TIE, return_distance=True, all_matches=False
    )
    inside = least <= limit
    at, least = at[inside], least[inside]
    position = np.full(len(spots), -1, dtype=np.int64)
    distance = np.full(len(spots), np.nan)
    if len(at):
        point, line = tree.query(points[at], predicate="dwithin", distance=least + TIE)
        first = np.full(len(at), len(lines), dtype=np.int64)
        np.minimum.at(first, point, line)
        position[at] = first
        distance[at] = least
    log.info("%s of %s distinct points are within %s m of a street", len(at), len(spots), limit)
    return position[codes], distance[codes]


def _refuse_areas(incidents: gpd.GeoDataFrame) -> None:
    if "location_precision" not in incidents.columns:
        return
    coarse = (incidents["location_precision"] == "area").to_numpy(dtype=bool)
    if coarse.any():
        raise InputError(
            f"{int(coarse.sum()):,} of {len(incidents):,} incidents have location_precision 'area' (the first is row "
            f"{incidents.index[int(np.flatnonzero(coarse)[0])]}): their point is that of an area, on no street. "
            "Leave them out, counted"
        )


def _notes(incidents: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> list[str]:
    """Return what every output made by street must say."""
    record = provenance.of(streets)
    texts = list(record["notes"])
    if any(source["simulated"] for source in record["sources"]):
        texts.append("Streets: simulated; none of them exists.")
    if "location_precision" in incidents.columns:
        grades = incidents["location_precision"].dropna().unique()
        texts += [
            f"Streets: the locations are {words}, so an incident counts for the street nearest to that point, not for "
            "the one where it happened."
            for grade, words in ANONYMISED.items()
            if grade in grades
        ]
    return texts
