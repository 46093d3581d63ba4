"""What every call needs of incidents: their coordinates in one CRS, and their weights."""

from __future__ import annotations

import logging
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.projection import geometry_to_bng

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]

COUNTS_COLUMNS = frozenset({"area_code", "month", "category", "n"})
"""What a table of counts by area, month and category has, and incidents have not."""


def point_coordinates(incidents: gpd.GeoDataFrame, crs: Any = None) -> tuple[Floats, Floats]:
    """Return the x and y of the incidents, in metres of ``crs`` (EPSG:27700 when None).

    Raises
    ------
    InputError
        If there is no geometry or CRS, or a row has no finite point.
    """
    refuse_counts(incidents)
    target = CRS("EPSG:27700") if crs is None else CRS(crs)
    if not isinstance(incidents, gpd.GeoDataFrame) or incidents.active_geometry_name is None:
        raise InputError(
            f"incidents must be a GeoDataFrame of points; given {type(incidents).__name__} without geometry. "
            "Read them with read_police_uk, or make one with geopandas.points_from_xy"
        )
    if incidents.crs is None:
        raise InputError("the incidents do not say their coordinate reference system; set it with set_crs")
    if CRS(incidents.crs) != target:
        log.info("incidents reprojected from %s to %s", incidents.crs.to_string(), target.to_string())
        points = incidents[[incidents.active_geometry_name]]
        moved = geometry_to_bng(points) if target.to_epsg() == 27700 else points.to_crs(target)
    else:
        moved = incidents
    shapes = moved.geometry.to_numpy()
    wrong = (shapely.get_type_id(shapes) != 0) | shapely.is_empty(shapes)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        kind = "nothing" if shapes[first] is None or shapes[first].is_empty else shapes[first].geom_type
        raise InputError(
            f"{int(wrong.sum()):,} of {len(shapes):,} incidents are no points (the first is row "
            f"{incidents.index[first]}: {kind}); leave them out, counted, or use their centroids"
        )
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    bad = ~(np.isfinite(x) & np.isfinite(y))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{int(bad.sum()):,} of {len(shapes):,} incidents have no finite coordinates (the first is row "
            f"{incidents.index[first]}); leave them out, counted, or repair them"
        )
    return x, y


def is_counts(frame: object) -> bool:
    """Tell whether a frame is a table of counts by area, month and category, as `read_counts` makes it."""
    return (
        isinstance(frame, pd.DataFrame)
        and set(frame.columns) >= COUNTS_COLUMNS
        and "start" not in frame.columns
    )


def refuse_counts(frame: object, what: str = "this call") -> None:
    """Raise InputError if a frame holds counts by area and month, where single incidents are needed."""
    if is_counts(frame):
        rows = len(frame) if isinstance(frame, pd.DataFrame) else 0
        raise InputError(
            f"{what} needs single incidents with their points; given a table of counts by area, month and category "
            f"({rows:,} rows), which says in which area they lay and no more. Use totals(counts) with getis_ord or "
            "local_moran over a Graph, or review_order"
        )


def weights_of(incidents: gpd.GeoDataFrame, weight: str) -> Floats:
    """Return a column of weights as floats of zero or more."""
    if weight not in incidents.columns:
        raise InputError(
            f"weight={weight!r} is no column of the incidents; they have {', '.join(incidents.columns[:12])}"
        )
    try:
        values: Floats = incidents[weight].to_numpy(dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"the weights in {weight!r} are not numbers") from None
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"{int(bad.sum()):,} weights in {weight!r} are missing, infinite or negative (the first is row "
            f"{incidents.index[first]}: {values[first]}); weights must be zero or more"
        )
    return values


def starts_of(incidents: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Return the column ``start`` as dates in local time, without a time zone."""
    refuse_counts(incidents)
    start = incidents["start"]
    if not pd.api.types.is_datetime64_any_dtype(start.dtype):
        raise InputError(f"the column 'start' holds no dates ({start.dtype}); use pandas.to_datetime")
    local: pd.Series[pd.Timestamp] = start.dt.tz_localize(None)
    return local


def refuse_silent_sum(incidents: gpd.GeoDataFrame, what: str) -> None:
    """Raise InputError if incidents of unlike sources would be added up without the user's word.

    Sources of one publisher (``data.police.uk/west-midlands``, ``data.police.uk/btp``) are parts of one set;
    others are added up only after `combine_sources`, which puts that choice into the record.
    """
    refuse_counts(incidents, what)
    if "source" not in incidents.columns:
        return
    publishers = sorted({str(name).split("/")[0] for name in incidents["source"].dropna().unique()})
    steps = {step["step"] for step in provenance.of(incidents)["steps"]}
    if len(publishers) < 2 or "combine_sources" in steps:
        return
    raise InputError(
        f"{what} would add up {len(publishers)} sources ({', '.join(publishers[:3])}), and one event can stand in "
        "several. Take one source at a time, or put them together with combine_sources([...]), after a look at "
        "possible_double_counts"
    )
