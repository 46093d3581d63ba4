"""Areas: read any vector file of polygons, repair it, and bring it to the British National Grid."""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from hotspot import provenance, recording
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.projection import geometry_to_bng
from hotspot.geography.vector_layers import layer_names
from hotspot.text import printable

log = logging.getLogger("hotspot")

# What a file says of itself is printed on every output; a hostile file must not fill the page.
LONGEST_NOTE, MOST_NOTES = 300, 3

AreaLike: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | str | os.PathLike[str]


def read_area(source: AreaLike, *, layer: str | None = None, where: str | None = None) -> gpd.GeoDataFrame:
    """Read polygons, repair invalid ones, and bring them to EPSG:27700.

    Parameters
    ----------
    source
        A GeoPackage, GeoJSON, Shapefile or any vector file that GDAL reads, or a GeoDataFrame or GeoSeries.
    layer
        The layer to read; needed when the file has several.
    where
        A condition on the columns, such as ``"name = 'Dudley'"``; the other features are left out.

    Returns
    -------
    GeoDataFrame
        Valid polygons in EPSG:27700 with the file's columns.

    Raises
    ------
    InputError
        If the file or layer is missing, has no CRS, or holds no polygon.

    Warns
    -----
    HotspotWarning
        If a polygon was invalid and was repaired.

    Notes
    -----
    How this can mislead: a generalised outline is off by up to 200 m, which moves incidents in and
    out at the edge. For evidence use full-resolution polygons.
    """
    if isinstance(source, gpd.GeoSeries):
        source = source.to_frame("geometry")
    if isinstance(source, gpd.GeoDataFrame):
        if where is not None or layer is not None:
            raise InputError("layer and where are for files; filter the GeoDataFrame itself")
        return _sound(source, "the area")
    path = Path(source)
    frame, name = _read(path, layer, where)
    area = _sound(frame, name)
    record = provenance.of(area)
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    read = {"layer": layer, "where": where, "sha256": digest}
    record["steps"][-1].update(read)
    recording.read([{"area": name, **read, "outline_sha256": outline_hash(area)}])
    return provenance.put(area, record)


def outline_hash(area: gpd.GeoDataFrame) -> str:
    """Return the SHA-256 of the area's outline: normalised, to 0.01 m."""
    outline = shapely.union_all(area.geometry.to_numpy())
    whole = shapely.normalize(shapely.set_precision(outline, 0.01))
    return hashlib.sha256(shapely.to_wkb(whole, byte_order=1)).hexdigest()


def as_area(area: AreaLike, *, keep_projected: bool = False) -> gpd.GeoDataFrame:
    """Return the area of a call as valid polygons, read from a file when it is a path.

    They are in EPSG:27700, or with ``keep_projected`` in their own CRS when that is projected, in metres.
    """
    if isinstance(area, gpd.GeoSeries):
        area = area.to_frame("geometry")
    if isinstance(area, gpd.GeoDataFrame):
        return _sound(area, "the area", keep_projected=keep_projected)
    if not isinstance(area, str | os.PathLike):
        raise InputError(f"an area must be a GeoDataFrame or a file of polygons; given {type(area).__name__}")
    return read_area(area)


def _read(path: Path, layer: str | None, where: str | None) -> tuple[gpd.GeoDataFrame, str]:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        there = path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"the area file {str(path)[:120]!r} cannot be opened ({error}); check it") from None
    if not there:
        raise InputError(
            f"the area file {path} does not exist; check the spelling and the folder you run from"
        )
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise InputError(
            f"{path} is a folder; name the file of polygons in it (GeoPackage, GeoJSON, Shapefile)"
        )
    try:
        layers = layer_names(path)
    except DataSourceError as error:
        raise InputError(f"{path.name} is no vector file that can be read ({_first_line(error)})") from None
    if layer is None and len(layers) != 1:
        raise InputError(
            f"{path.name} has {len(layers)} layers: {', '.join(layers[:20])}; "
            "choose one with layer= (--layer on the command line)"
        )
    if layer is not None and layer not in layers:
        raise InputError(f"{path.name} has no layer {layer!r}; it has: {', '.join(layers[:20])}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", RuntimeWarning
            )  # GDAL's notes on field types: not about the polygons
            frame = pyogrio.read_dataframe(path, layer=layer or layers[0], where=where)
    except (DataSourceError, DataLayerError, ValueError) as error:
        hint = (
            f" or where={printable(where, limit=200)!r} does not fit its columns: {_columns(path, layer or layers[0])}"
            if where
            else ""
        )
        raise InputError(f"{path.name} cannot be read ({_first_line(error)}){hint}") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            f"the layer {layer or layers[0]} of {path.name} has no geometry; choose a layer of polygons"
        )
    if where is not None and frame.empty:
        raise InputError(
            f"no feature of {path.name} meets where={printable(where, limit=200)!r}; check the value and its spelling"
        )
    return frame, path.name


def _columns(path: Path, layer: str) -> str:
    import pyogrio

    return ", ".join(str(name) for name in pyogrio.read_info(path, layer=layer)["fields"][:20])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _in_metres(frame: gpd.GeoDataFrame) -> bool:
    return bool(frame.crs.is_projected and all(axis.unit_name == "metre" for axis in frame.crs.axis_info))


def _sound(frame: gpd.GeoDataFrame, name: str, *, keep_projected: bool = False) -> gpd.GeoDataFrame:
    if frame.empty:
        raise InputError(f"{name} holds no feature; an area needs at least one polygon")
    if frame.crs is None:
        raise InputError(
            f"{name} does not say its coordinate reference system; set it, for example set_crs(27700)"
        )
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    polygonal = np.isin(kinds, (3, 6)) & ~frame.geometry.is_empty.to_numpy()
    if not polygonal.all():
        first = frame.index[int(np.flatnonzero(~polygonal)[0])]
        kind = frame.geometry.iloc[int(np.flatnonzero(~polygonal)[0])]
        raise InputError(
            f"{name}: {int((~polygonal).sum())} of {len(frame)} features are no polygons "
            f"(the first is feature {first}: {'nothing' if kind is None else kind.geom_type}); keep the polygons only"
        )
    moved = (frame if keep_projected and _in_metres(frame) else geometry_to_bng(frame)).copy()
    geometry: Any = shapely.force_2d(moved.geometry.to_numpy())
    if not np.isfinite(shapely.bounds(geometry)).all():
        raise InputError(
            f"{name}: coordinates that are not finite in EPSG:27700; is its CRS ({frame.crs.name}) right?"
        )
    invalid = ~shapely.is_valid(geometry)
    if invalid.any():
        reason = shapely.is_valid_reason(geometry[invalid][0])
        geometry[invalid] = [_polygons_of(shapely.make_valid(shape)) for shape in geometry[invalid]]
        message = (
            f"{name}: {int(invalid.sum())} of {len(frame)} polygons were invalid and were repaired ({reason})"
        )
        warnings.warn(message, HotspotWarning, stacklevel=4)
    if shapely.is_empty(geometry).any() or float(shapely.area(geometry).sum()) == 0.0:
        raise InputError(f"{name}: a polygon has no area; check the file")
    moved = moved.set_geometry(geometry, crs=moved.crs)
    record = provenance.of(frame)
    record["steps"].append(
        {"step": "read_area", "name": name, "polygons": len(frame), "repaired": int(invalid.sum())}
    )
    for column, word in (("evidence_use", "Outline"), ("attribution", "Boundary:")):
        if column in moved.columns:
            texts = sorted({str(value)[:LONGEST_NOTE] for value in moved[column].dropna()})
            record["notes"] += [f"{word} {text}" for text in texts[:MOST_NOTES]]
    return provenance.put(moved, record)


def _polygons_of(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons of a repaired shape; the lines and points that repair leaves have no area."""
    parts = [part for part in shapely.get_parts(shape) if shapely.area(part) > 0]
    flat = [piece for part in parts for piece in shapely.get_parts(part)]
    return shapely.union_all(flat)
