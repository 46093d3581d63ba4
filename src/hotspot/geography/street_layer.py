"""Find a layer of street lines in a file, and the columns in it that matter."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.projection import BNG, geometry_to_bng, geometry_to_wgs84
from hotspot.geography.vector_layers import layer_names

log = logging.getLogger("hotspot")

StreetsLike: TypeAlias = gpd.GeoDataFrame | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

ROLES: dict[str, tuple[str, ...]] = {
    "street_id": ("street_id", "id", "identifier", "osm_id"),
    "name": ("name", "name_1", "name1"),
    "road_number": ("road_classification_number", "roadnumber", "road_number", "ref"),
    "road_class": ("road_class", "road_classification", "class", "highway", "fclass"),
    "start_node": ("start_node", "startnode"),
    "end_node": ("end_node", "endnode"),
}
"""The columns that each part is looked for in, without regard to capitals; the first that is there counts.

OS Open Roads calls them id, road_classification, road_classification_number, name_1, start_node and end_node in
its GeoPackage, and identifier, class, roadNumber, name1, startNode and endNode in its Shapefiles (Ordnance Survey,
OS Open Roads technical specification, feature types and format overviews).
"""

OPEN_ROADS = (
    frozenset({"id", "road_classification", "start_node", "end_node"}),
    frozenset({"identifier", "class", "startnode", "endnode"}),
)
LINK_LAYERS = ("road_link", "roadlink")
# Bounding boxes are turned into the file's own system by another transformation than its lines; both are good
# to a few metres, and a box cut too large costs nothing.
BOX_MARGIN = 500.0
LINES = (1, 2, 5)
KINDS = {"Point", "MultiPoint", "Polygon", "MultiPolygon"}


def read_lines(
    source: StreetsLike, layer: str | None, columns: Mapping[str, str | None] | None, box: NDArray[np.float64]
) -> tuple[gpd.GeoDataFrame, list[str], bool]:
    """Read the features near a box as they are, in EPSG:27700, under the names of `ROLES`.

    Parameters
    ----------
    source, layer, columns
        See `read_streets`.
    box
        West, south, east and north of the features wanted, in metres of EPSG:27700.

    Returns
    -------
    GeoDataFrame, list of str, bool
        Features with the columns of `ROLES` (missing where the layer has none), ``file`` (number of the file)
        and ``feature`` (its own label); the names of the files; whether all have OS Open Roads' columns.
    """
    if isinstance(source, gpd.GeoDataFrame):
        if layer is not None:
            raise InputError("layer is for files; take the lines that you want from the GeoDataFrame itself")
        loaded = [(source, "the streets")]
    else:
        loaded = [_from_file(Path(path), layer, columns, box) for path in _paths(source)]
    parts = [_in_roles(frame, name, columns).assign(file=i) for i, (frame, name) in enumerate(loaded)]
    known = all(_is_open_roads(frame) for frame, _ in loaded)
    together = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    return gpd.GeoDataFrame(together, geometry="geometry", crs=BNG), [name for _, name in loaded], known


def _paths(source: Any) -> list[str | os.PathLike[str]]:
    if isinstance(source, str | os.PathLike):
        return [source]
    if isinstance(source, gpd.GeoSeries) or not isinstance(source, Sequence) or len(source) == 0:
        raise InputError(
            "streets come from a GeoDataFrame of lines, a file, or a list of files; given "
            f"{'an empty list' if isinstance(source, Sequence) else type(source).__name__}"
        )
    wrong = [part for part in source if not isinstance(part, str | os.PathLike)]
    if wrong:
        raise InputError(
            f"a list of streets must hold paths of files; the first that is none is a {type(wrong[0]).__name__}"
        )
    return list(source)


def _from_file(
    path: Path, layer: str | None, columns: Mapping[str, str | None] | None, box: NDArray[np.float64]
) -> tuple[gpd.GeoDataFrame, str]:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    if not path.exists():
        raise InputError(
            f"the street file {path} does not exist; check the spelling and the folder you run from"
        )
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise InputError(f"{path} is a folder; name the file of lines in it, or a list of files")
    try:
        chosen = _layer(path, layer, layer_names(path))
        info = pyogrio.read_info(path, layer=chosen)
        _check_info(path, chosen, info)
        wanted = _wanted([str(name) for name in info["fields"]], columns)
        with warnings.catch_warnings():
            # GDAL's notes on field types and M values: not about the lines.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.filterwarnings("ignore", message="Measured", category=UserWarning)
            frame = pyogrio.read_dataframe(path, layer=chosen, columns=wanted, bbox=_box_in(box, info["crs"]))
    except (DataSourceError, DataLayerError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError(
            f"{path.name} is no vector file that can be read ({said}); unpack a zip first and name the GeoPackage "
            "or the .shp in it"
        ) from None
    return frame, path.name if chosen == path.stem else f"{path.name}, layer {chosen}"


def _layer(path: Path, layer: str | None, layers: list[str]) -> str:
    if layer is not None:
        if layer not in layers:
            raise InputError(f"{path.name} has no layer {layer!r}; it has: {', '.join(layers[:20])}")
        return layer
    links = [name for name in layers if name.lower() in LINK_LAYERS]
    if len(links) == 1:
        log.info("streets of %s: layer %s", path.name, links[0])
        return links[0]
    if len(layers) != 1:
        raise InputError(
            f"{path.name} has {len(layers)} layers: {', '.join(layers[:20])}; choose one with layer="
        )
    return layers[0]


def _check_info(path: Path, layer: str, info: dict[str, Any]) -> None:
    kind = info["geometry_type"]
    # GDAL writes heights and measures beside the shape, as in "LineString Z" or "Measured 3D Point".
    plain = None if kind is None else next((word for word in str(kind).split() if word in KINDS), "line")
    if plain != "line":
        raise InputError(
            f"the layer {layer} of {path.name} holds {'no geometry' if plain is None else plain + 's'}; streets are "
            "lines, so choose a layer of lines (OS Open Roads: road_link, or a RoadLink Shapefile)"
        )
    if info["features"] == 0:
        raise InputError(f"the layer {layer} of {path.name} holds no feature; a layer of streets needs lines")
    if info["crs"] is None:
        raise InputError(
            f"{path.name} does not say its coordinate reference system; a Shapefile needs its .prj beside it, or read "
            "it with geopandas and set_crs(27700)"
        )


def _box_in(box: NDArray[np.float64], crs: str) -> tuple[float, float, float, float]:
    """Return the bounds, in the file's own system, of a box in EPSG:27700."""
    west, south, east, north = box
    wide = shapely.box(west - BOX_MARGIN, south - BOX_MARGIN, east + BOX_MARGIN, north + BOX_MARGIN)
    frame = gpd.GeoDataFrame(geometry=[shapely.segmentize(wide, 1000.0)], crs=BNG)
    target = gpd.GeoSeries([], crs=crs).crs
    moved = geometry_to_wgs84(frame) if target.to_epsg() == 4326 else frame.to_crs(target)
    bounds = moved.total_bounds
    return float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3])


def _is_open_roads(frame: gpd.GeoDataFrame) -> bool:
    there = {str(name).lower() for name in frame.columns}
    return any(needed <= there for needed in OPEN_ROADS)


def _wanted(fields: list[str], columns: Mapping[str, str | None] | None) -> list[str]:
    return sorted({name for name in _roles(fields, columns).values() if name is not None})


def _roles(fields: Sequence[str], columns: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Say which column each part is in; the caller's word first, then the names of `ROLES`."""
    given = dict(columns or {})
    unknown = [role for role in given if role not in ROLES]
    if unknown:
        raise InputError(f"columns names a part {unknown[0]!r}; the parts are {', '.join(ROLES)}")
    by_lower: dict[str, str] = {}
    for name in fields:
        by_lower.setdefault(name.lower(), name)
    found: dict[str, str | None] = {}
    for role, names in ROLES.items():
        if role in given:
            column = given[role]
            if column is not None and column not in fields:
                raise InputError(
                    f"columns[{role!r}]={column!r} is no column of the streets; they have "
                    f"{', '.join(map(str, fields[:20])) or 'none'}"
                )
            found[role] = column
        else:
            found[role] = next((by_lower[name] for name in names if name in by_lower), None)
    return found


def _in_roles(
    frame: gpd.GeoDataFrame, name: str, columns: Mapping[str, str | None] | None
) -> gpd.GeoDataFrame:
    if frame.active_geometry_name is None:
        raise InputError(f"{name}: no geometry; a layer of streets needs lines")
    if frame.crs is None:
        raise InputError(
            f"{name}: the coordinate reference system is not said; set it, for example set_crs(27700)"
        )
    _refuse_other_shapes(frame, name)
    fields = [str(column) for column in frame.columns if column != frame.active_geometry_name]
    parts = {
        role: pd.Series(pd.NA, index=frame.index, dtype="str") if column is None else _text(frame[column])
        for role, column in _roles(fields, columns).items()
    }
    parts["feature"] = pd.Series([str(label) for label in frame.index], index=frame.index, dtype="str")
    moved = geometry_to_bng(gpd.GeoDataFrame(geometry=frame.geometry.to_numpy(), crs=frame.crs))
    result = pd.DataFrame({key: column.array for key, column in parts.items()})
    return gpd.GeoDataFrame(result, geometry=moved.geometry.to_numpy(), crs=BNG)


def _refuse_other_shapes(frame: gpd.GeoDataFrame, name: str) -> None:
    shapes = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    wrong = np.flatnonzero((kinds >= 0) & ~np.isin(kinds, LINES))
    if len(wrong):
        raise InputError(
            f"{name}: {len(wrong):,} of {len(frame):,} features are no lines (the first is feature "
            f"{frame.index[int(wrong[0])]}: {shapes[int(wrong[0])].geom_type}); keep the lines only"
        )


def _text(values: pd.Series) -> pd.Series:
    """Return ids and names as text, blank ones missing; a number that became 12.0 is 12."""
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    text = values.astype("str").str.strip()
    return text.where(text != "")
