"""Points of a partner's rows: from the columns that the mapping names, or from the file's own geometry."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.projection import geometry_to_bng
from hotspot.intake.coordinates import CoordinateColumns, Located, read_coordinates
from hotspot.intake.mapping import Mapping

_DEGREES = ("longitude", "latitude")
_METRES = ("easting", "northing")


def locate(tables: dict[str, pd.DataFrame], whole: pd.DataFrame, plan: Mapping) -> Located:
    """Return the points of all rows.

    Parameters
    ----------
    tables
        The files' tables by name, in order; with geometry where the files are spatial.
    whole
        The same rows under one another, without geometry.
    plan
        The mapping; its coordinates go before the geometry.

    Raises
    ------
    InputError
        If the mapping names no coordinates and a file has no points, or does not say its CRS.
    """
    where = plan.coordinates
    fixes: dict[str, Any] = {
        "swap": plan.fix.swap_coordinates,
        "degrees_in_metre_columns": plan.fix.degrees_in_metre_columns,
        "far_km": plan.check.far_km,
    }
    if where is not None:
        columns = CoordinateColumns(
            easting=where.easting,
            northing=where.northing,
            lon=where.lon,
            lat=where.lat,
            grid_reference=where.grid_reference,
            lookup=where.lookup,
            **fixes,
        )
        return read_coordinates(whole, columns, base=plan.base)
    plain = next((name for name, table in tables.items() if not isinstance(table, gpd.GeoDataFrame)), None)
    if plain is not None:
        raise InputError(
            f"{plan.name} names no coordinates, and {plain} has no points of its own; add a section [coordinates] "
            "with easting and northing, lon and lat, grid_reference or lookup"
        )
    return _from_geometry({name: gpd.GeoDataFrame(table) for name, table in tables.items()}, fixes)


def _from_geometry(named: dict[str, gpd.GeoDataFrame], fixes: dict[str, Any]) -> Located:
    for name, table in named.items():
        if table.crs is None:
            raise InputError(
                f"the points of {name} do not say their coordinate reference system; set it in the file, such as "
                "EPSG:27700"
            )
    tables = list(named.values())
    # Degrees stay degrees for the checks, so that swapped or zero coordinates show as what they are.
    degrees = all(table.crs.to_epsg() == 4326 for table in tables)
    names = _DEGREES if degrees else _METRES
    pieces, kinds = [], []
    for table in tables:
        shapes, kind = _points(table.geometry.to_numpy())
        series = gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=table.crs))
        moved = (series if degrees else geometry_to_bng(series)).geometry.to_numpy()
        pieces.append(np.column_stack([shapely.get_x(moved), shapely.get_y(moved)]))
        kinds.append(kind)
    xy = np.concatenate(pieces)
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    frame = pd.DataFrame(xy, columns=list(names))
    empty: dict[str, Any] = dict.fromkeys(("easting", "northing", "lon", "lat", "grid_reference", "lookup"))
    given = {"lon": names[0], "lat": names[1]} if degrees else {"easting": names[0], "northing": names[1]}
    located = read_coordinates(
        frame, CoordinateColumns(**{**empty, **given}, geometry=True, **fixes), base=None
    )
    kind = np.concatenate(kinds)
    problem, field = np.array(located.problem, dtype=object), np.array(located.field, dtype=object)
    value = np.array(located.value, dtype=object)
    other = kind != ""
    problem[other], value[other] = "unreadable coordinates", kind[other]
    field[problem != ""] = "geometry"
    return Located(
        easting=located.easting,
        northing=located.northing,
        problem=problem,
        field=field,
        value=value,
        findings=located.findings,
        precision_m=located.precision_m,
    )


def _points(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return points, missing where there is none, and the kind of each shape that is something else."""
    points = np.array(shapes, dtype=object)
    kinds = np.full(len(points), "", dtype=object)
    single = (shapely.get_type_id(points) == 4) & (shapely.get_num_geometries(points) == 1)
    points[single] = shapely.get_geometry(points[single], 0)
    empty = shapely.is_missing(points) | shapely.is_empty(points)
    points[empty] = None
    other = ~empty & (shapely.get_type_id(points) != 0)
    kinds[other] = [shape.geom_type for shape in points[other]]
    points[other] = None
    return points, kinds
