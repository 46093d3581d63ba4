"""Coordinates in and out of the British National Grid, by one pinned transformation.

pyproj picks a transformation by what grids happen to be installed, so the same file could give
other metres on another machine. EPSG:4326 is therefore always converted by EPSG operation 1314,
"OSGB36 to WGS 84 (6)" (stated accuracy 2 m): it is the one that gives data.police.uk's published
points back as whole metres.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

if TYPE_CHECKING:
    import geopandas as gpd

BNG = "EPSG:27700"
WGS84 = "EPSG:4326"
TRANSFORM_NAME = "OSGB36 to WGS 84 (6)"

_PIPELINE = (
    "+proj=pipeline "
    "+step +proj=unitconvert +xy_in=deg +xy_out=rad "
    "+step +proj=push +v_3 "
    "+step +proj=cart +ellps=WGS84 "
    "+step +inv +proj=helmert +x=446.448 +y=-125.157 +z=542.06 "
    "+rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 +convention=position_vector "
    "+step +inv +proj=cart +ellps=airy "
    "+step +proj=pop +v_3 "
    "+step +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy"
)

Coordinates = NDArray[np.float64]


@cache
def _transformer() -> Transformer:
    return Transformer.from_pipeline(_PIPELINE)


def to_easting_northing(lon: ArrayLike, lat: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Convert WGS 84 degrees to British National Grid metres.

    Points that the projection cannot reach come back as infinity: the caller must look.
    """
    x, y = _transformer().transform(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
    return np.asarray(x), np.asarray(y)


def to_lon_lat(easting: ArrayLike, northing: ArrayLike) -> tuple[Coordinates, Coordinates]:
    """Convert British National Grid metres to WGS 84 degrees."""
    lon, lat = _transformer().transform(
        np.asarray(easting, dtype=float), np.asarray(northing, dtype=float), direction="INVERSE"
    )
    return np.asarray(lon), np.asarray(lat)


def geometry_to_wgs84(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame in WGS 84, by the pinned transformation when it is in EPSG:27700."""
    if frame.crs is None:
        raise ValueError("the frame has no CRS")
    if frame.crs.to_epsg() != 27700:
        return frame.to_crs(WGS84)
    return _moved(frame, to_lon_lat, WGS84)


def geometry_to_bng(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame in EPSG:27700, by the pinned transformation when it is in EPSG:4326."""
    if frame.crs is None:
        raise ValueError("the frame has no CRS")
    if frame.crs.to_epsg() == 27700:
        return frame
    if frame.crs.to_epsg() != 4326:
        return frame.to_crs(BNG)
    return _moved(frame, to_easting_northing, BNG)


def _moved(frame: gpd.GeoDataFrame, convert: object, crs: str) -> gpd.GeoDataFrame:
    import shapely

    def points(xy: Coordinates) -> Coordinates:
        return np.column_stack(convert(xy[:, 0], xy[:, 1]))  # type: ignore[operator]

    moved = frame.copy()
    return moved.set_geometry(shapely.transform(frame.geometry.to_numpy(), points), crs=crs)
