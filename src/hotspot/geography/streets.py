"""Streets: lines of OS Open Roads or of any layer, one row a segment, with the nodes that join them."""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.projection import BNG, geometry_to_bng
from hotspot.geography.street_layer import StreetsLike, read_lines

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]
Texts = NDArray[Any]

SNAP_LIMIT = 50.0
"""Metres: farther than this from the middle of a street is not on it. Half the spacing of map points."""

COLUMNS = ["street_id", "name", "road_class", "length_m", "start_node", "end_node"]
OS_CREDIT = "Contains OS data © Crown copyright and database right."
# An end of a line this near to the middle of another, in metres, was meant to meet it.
MEETS = 1.0


def read_streets(
    source: StreetsLike,
    area: AreaLike,
    *,
    layer: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    buffer: float = SNAP_LIMIT,
    attribution: str | None = None,
) -> gpd.GeoDataFrame:
    """Read the street segments in and around an area.

    Parameters
    ----------
    source
        A GeoPackage, Shapefile or any vector file of lines, a list of such files (OS Open Roads' Shapefiles come
        one for each 100 km square), or a GeoDataFrame. Of a large file only the part near the area is read.
    area
        Polygons: a GeoDataFrame, or a file with one layer.
    layer
        The layer to read. When None: ``road_link`` where the file has it, else the only layer.
    columns
        Which column holds which part, where the names are not those of OS Open Roads or of this table, such as
        ``{"name": "STREETNAME"}``; the parts are ``street_id``, ``name``, ``road_number``, ``road_class``,
        ``start_node`` and ``end_node``. None for a part means that the layer has none:
        ``{"street_id": None}`` makes ids from the lines.
    buffer
        How far outside the area a segment may lie, in metres. The default is the limit of `snap_to_streets`, so
        that an incident at the edge finds the street it is on.
    attribution
        The line of credit that every output must print. When None, Ordnance Survey's for a layer with the columns
        of OS Open Roads, else none.

    Returns
    -------
    GeoDataFrame
        One LineString a segment in EPSG:27700, ordered by ``street_id``: ``street_id`` (text; the layer's own, else
        made from the line), ``name`` (else the road's number, else missing), ``road_class`` (or missing),
        ``length_m`` (in the plane, of the whole segment), ``start_node``, ``end_node`` (text), geometry. Heights
        and other columns are dropped.

    Raises
    ------
    InputError
        If the file or layer is missing, has no CRS or no lines; if no line is near the area; if some ids are
        missing or two segments share one.

    Warns
    -----
    HotspotWarning
        If features without a line, or lines repeated exactly, are left out; if lines without nodes of their own
        cross, or end on one another, where no junction is made.

    Notes
    -----
    Segments that come within ``buffer`` of the area are kept whole. Parts of a multi-part line become segments of
    their own (``/1``, ``/2`` after the id).

    Where the layer names the nodes, as OS Open Roads does, they are used. Otherwise ends that round to the same
    whole metre are one node (``E400000 N290000``), and lines that cross, or touch between their ends, are *not*
    joined; a warning counts them. An id that is made from the line names its two ends, the lower first,
    and the point half-way along, so it does not depend on the direction of the line or the order of the file.

    How this can mislead: OS Open Roads is generalised for maps of 1:25,000, knows no footpaths, alleys or shopping
    precincts, and gives segments new ids in each edition: keep one edition for a series of months. A segment ends
    at each junction, so a long street is many rows of one name, and two streets of a borough can share a name.

    Source: Ordnance Survey, OS Open Roads technical specification.

    Examples
    --------
    >>> import shapely
    >>> lines = gpd.GeoDataFrame(
    ...     {"name": ["High Street", "Low Street"]},
    ...     geometry=[
    ...         shapely.LineString([(400000, 290000), (400100, 290000)]),
    ...         shapely.LineString([(400100, 290000), (400100, 290050)]),
    ...     ],
    ...     crs=27700,
    ... )
    >>> area = gpd.GeoDataFrame(geometry=[shapely.box(400000, 290000, 400500, 290500)], crs=27700)
    >>> streets = read_streets(lines, area)
    >>> streets["name"].tolist(), streets["length_m"].tolist(), streets["end_node"].iloc[0]
    (['High Street', 'Low Street'], [100.0, 50.0], 'E400100 N290000')
    """
    buffer = check_metres(buffer, "buffer")
    region = as_area(area)
    west, south, east, north = region.total_bounds
    box = np.array([west - buffer, south - buffer, east + buffer, north + buffer])
    features, names, open_roads = read_lines(source, layer, columns, box)
    lines, left_out, split = _lines(features)
    near = _near(lines, region, buffer)
    if not near.any():
        raise InputError(_none_near(features, names, region, buffer))
    lines = lines[near].reset_index(drop=True)
    lines, own_ids, repeated = _with_ids(lines)
    lines, own_nodes = _with_nodes(lines, split)
    crossing, touching = (0, 0) if own_nodes else _unjoined(lines)
    _warn(left_out, repeated, crossing, touching)
    result = _finished(lines)
    parent = source if isinstance(source, gpd.GeoDataFrame) else result
    provenance.carry(
        parent,
        result,
        "read_streets",
        source=names,
        layer=layer,
        sha256=_digests(source),
        buffer_m=buffer,
        features=len(features),
        left_out=left_out,
        repeated=repeated,
        streets=len(result),
        ids="layer" if own_ids else "lines",
        nodes="layer" if own_nodes else "ends",
        crossing=crossing,
        touching=touching,
    )
    credit = attribution if attribution is not None else (OS_CREDIT if open_roads else None)
    return result if credit is None else provenance.note(result, f"Streets: {credit}")


def check_streets(streets: gpd.GeoDataFrame, *needed: str) -> gpd.GeoDataFrame:
    """Return streets in EPSG:27700 after a look at their lines and ids, and at the other columns needed."""
    if not isinstance(streets, gpd.GeoDataFrame) or streets.active_geometry_name is None:
        raise InputError(
            f"streets must be a GeoDataFrame of lines; given {type(streets).__name__}. Read them with read_streets"
        )
    lacking = [name for name in ("street_id", *needed) if name not in streets.columns]
    if lacking:
        raise InputError(f"the streets have no column {lacking[0]!r}; read them with read_streets")
    if len(streets) == 0:
        raise InputError(
            "there are no streets; read_streets takes a layer of lines and the area they are wanted for"
        )
    if streets.crs is None:
        raise InputError("the streets do not say their coordinate reference system; set it with set_crs")
    _refuse_bad_ids(streets["street_id"].astype("str"), streets.index.astype("str").to_numpy())
    shapes = streets.geometry.to_numpy()
    wrong = np.flatnonzero((shapely.get_type_id(shapes) != 1) | shapely.is_empty(shapes))
    if len(wrong):
        raise InputError(
            f"{len(wrong):,} of {len(streets):,} streets are no single line (the first is row "
            f"{streets.index[int(wrong[0])]}); read them with read_streets"
        )
    return geometry_to_bng(streets)


def check_metres(value: float, name: str) -> float:
    """Return a distance of zero or more metres as a float."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and np.isfinite(value) and value >= 0):
        raise InputError(f"{name}={value!r} is no number of metres of zero or more; try {SNAP_LIMIT:g}")
    return float(value)


def _lines(features: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, int, bool]:
    """Take the features apart into flat lines; return how many have none, and whether any had several."""
    parts, feature = shapely.get_parts(features.geometry.to_numpy(), return_index=True)
    filled = ~shapely.is_empty(parts)
    flat, feature = _flat(parts[filled]), feature[filled]
    lost = np.flatnonzero(~np.isfinite(shapely.bounds(flat)).all(axis=1)) if len(flat) else feature[:0]
    if len(lost):
        first = features["feature"].iloc[int(feature[lost[0]])]
        raise InputError(
            f"coordinates that are not finite in EPSG:27700 (the first is feature {first}); is the CRS of the "
            "streets right?"
        )
    long_enough = shapely.length(flat) > 0
    flat, feature = flat[long_enough], feature[long_enough]
    count = np.bincount(feature, minlength=len(features))
    number = np.arange(len(feature)) - np.searchsorted(feature, feature)
    taken = features.drop(columns="geometry").iloc[feature].reset_index(drop=True)
    several = count[feature] > 1
    suffix = pd.Series(np.where(several, [f"/{n + 1}" for n in number], ""), dtype="str")
    taken["street_id"] = taken["street_id"] + suffix
    lines = gpd.GeoDataFrame(taken, geometry=flat, crs=BNG)
    return lines, int((count == 0).sum()), bool(several.any())


def _flat(parts: NDArray[Any]) -> NDArray[Any]:
    """Drop heights and measures; a closed ring is a line that ends where it began."""
    flat = np.asarray(shapely.force_2d(parts))
    rings = np.flatnonzero(shapely.get_type_id(flat) == 2)
    for place in rings:
        flat[place] = shapely.LineString(shapely.get_coordinates(flat[place]))
    return flat


def _near(lines: gpd.GeoDataFrame, region: gpd.GeoDataFrame, buffer: float) -> NDArray[np.bool_]:
    shapes = lines.geometry.to_numpy()
    near = np.zeros(len(shapes), dtype=bool)
    if len(shapes):
        polygons = region.geometry.to_numpy()
        _, found = shapely.STRtree(shapes).query(polygons, predicate="dwithin", distance=buffer)
        near[found] = True
    return near


def _none_near(features: gpd.GeoDataFrame, names: list[str], region: gpd.GeoDataFrame, buffer: float) -> str:
    where = ", ".join(names[:3])
    covers = "no line is near it"
    if len(features) and np.isfinite(features.total_bounds).all():
        covers = f"the {len(features):,} features that were read cover {_span(features.total_bounds)}"
    return (
        f"{where}: no street lies within {buffer:g} m of the area, which covers {_span(region.total_bounds)}; {covers}. "
        "Check that both are of the same place (OS Open Roads' Shapefiles come one for each 100 km square, and a "
        "borough can need two: give a list)"
    )


def _span(bounds: Floats) -> str:
    west, south, east, north = bounds
    return f"eastings {west:.0f} to {east:.0f} and northings {south:.0f} to {north:.0f}"


def _with_ids(lines: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, bool, int]:
    """Give each line its id; return whether the layer had them, and how many repeated lines were left out."""
    own = not lines["street_id"].isna().all()
    bytes_of = pd.Series(shapely.to_wkb(shapely.normalize(lines.geometry.to_numpy())), dtype=object)
    if own:
        # Neighbouring files of one product both hold the segment that runs from one into the other.
        again = pd.DataFrame({"id": lines["street_id"], "line": bytes_of}).duplicated().to_numpy()
        again = again & ~lines.duplicated(["street_id", "file"]).to_numpy()
        kept = lines[~again].reset_index(drop=True)
        _refuse_bad_ids(kept["street_id"], kept["feature"].to_numpy())
        return kept, True, 0
    log.info("streets have no ids of their own: made from the ends and the middle of each line")
    again = bytes_of.duplicated().to_numpy()
    kept = lines[~again].reset_index(drop=True)
    ids = _line_ids(kept.geometry.to_numpy())
    # Two lines with the same ends and middle are told apart by their vertices, not by their place in the file.
    order = pd.DataFrame({"id": ids, "line": bytes_of[~again].to_numpy()}).sort_values(["id", "line"])
    place = order.groupby("id").cumcount().sort_index().to_numpy()
    kept["street_id"] = [text if n == 0 else f"{text} #{n + 1}" for text, n in zip(ids, place, strict=True)]
    return kept, False, int(again.sum())


def _refuse_bad_ids(ids: pd.Series, features: Texts) -> None:
    missing = np.flatnonzero(ids.isna().to_numpy())
    advice = "correct the layer, or let ids be made from the lines: columns={'street_id': None}"
    if len(missing):
        raise InputError(
            f"{len(missing):,} of {len(ids):,} streets have no id (the first is feature {features[missing[0]]}); {advice}"
        )
    twice = np.flatnonzero(ids.duplicated(keep=False).to_numpy())
    if len(twice):
        first = ids.iloc[int(twice[0])]
        where = [str(features[i]) for i in twice if ids.iloc[int(i)] == first]
        raise InputError(
            f"{ids.iloc[twice].nunique():,} ids stand on more than one street (the first is {first!r}, features "
            f"{', '.join(where[:3])}); {advice}"
        )


def _line_ids(shapes: NDArray[Any]) -> list[str]:
    ends = np.sort(np.column_stack([_places(shapely.get_point(shapes, at)) for at in (0, -1)]), axis=1)
    middle = _places(shapely.line_interpolate_point(shapes, 0.5, normalized=True))
    return [f"{low} to {high} by {half}" for (low, high), half in zip(ends, middle, strict=True)]


def _places(points: NDArray[Any]) -> Texts:
    """Name points by their whole metres."""
    x, y = np.floor(shapely.get_x(points) + 0.5), np.floor(shapely.get_y(points) + 0.5)
    return np.array([f"E{e:06.0f} N{n:06.0f}" for e, n in zip(x, y, strict=True)], dtype=object)


def _with_nodes(lines: gpd.GeoDataFrame, split: bool) -> tuple[gpd.GeoDataFrame, bool]:
    """Name the node at each end, by the layer's own names where all lines have them."""
    missing = int(lines[["start_node", "end_node"]].isna().any(axis=1).sum())
    if missing == 0 and not split:
        return lines, True
    if missing < len(lines):
        log.info("streets: the layer's nodes are left, since %s lines lack them or were taken apart", missing)
    shapes = lines.geometry.to_numpy()
    start, end = (_places(shapely.get_point(shapes, at)) for at in (0, -1))
    return lines.assign(start_node=start, end_node=end), False


def _unjoined(lines: gpd.GeoDataFrame) -> tuple[int, int]:
    """Count the pairs of lines that cross, and the ends that stop on another line, where there is no node."""
    shapes = lines.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="crosses")
    crossing = int((one < other).sum())
    nodes = lines[["start_node", "end_node"]].to_numpy(dtype=object)
    touching = 0
    for column, at in enumerate((0, -1)):
        end, line = tree.query(shapely.get_point(shapes, at), predicate="dwithin", distance=MEETS)
        label = nodes[end, column]
        apart = (end != line) & (label != nodes[line, 0]) & (label != nodes[line, 1])
        touching += len(np.unique(end[apart]))
    return crossing, touching


def _warn(left_out: int, repeated: int, crossing: int, touching: int) -> None:
    texts = []
    if left_out:
        texts.append(f"{left_out:,} features without a line, or with one of no length, are left out")
    if repeated:
        texts.append(f"{repeated:,} lines repeat another one exactly and are left out")
    if crossing or touching:
        texts.append(
            f"{crossing:,} pairs of lines cross and {touching:,} ends stop on another line (within {MEETS:g} m) where "
            "neither has a node: no junction is made there, so neighbours and routes are cut. Split the lines at "
            "their junctions (in QGIS: Split with lines), or use OS Open Roads. Bridges are meant not to join"
        )
    if texts:
        warnings.warn("streets: " + "; ".join(texts), HotspotWarning, stacklevel=3)


def _finished(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "street_id": lines["street_id"].astype("str"),
            "name": lines["name"].where(lines["name"].notna(), lines["road_number"]).astype("str"),
            "road_class": lines["road_class"].astype("str"),
            "length_m": shapely.length(lines.geometry.to_numpy()),
            "start_node": lines["start_node"].astype("str"),
            "end_node": lines["end_node"].astype("str"),
        }
    )
    at = table["street_id"].sort_values(kind="stable").index
    return gpd.GeoDataFrame(
        table.loc[at, COLUMNS].reset_index(drop=True), geometry=lines.geometry.to_numpy()[at], crs=BNG
    )


def _digests(source: StreetsLike) -> list[str] | None:
    if isinstance(source, gpd.GeoDataFrame):
        return None
    paths = [source] if isinstance(source, str | os.PathLike) else source
    digests = []
    for path in map(Path, paths):
        if path.is_file():
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return digests
