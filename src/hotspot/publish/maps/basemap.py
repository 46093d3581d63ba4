"""What lies behind and around a map's layers: boundary, wards and streets, since there are no tiles."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely

from hotspot.errors import InputError
from hotspot.publish.escape import is_missing, plain
from hotspot.publish.maps.checks import LINES, POLYGONS, checked_frame
from hotspot.publish.maps.elements import Bounds, DrawnLayer, ShapeData, bounds_of, packed_shapes
from hotspot.publish.maps.furniture import Furniture
from hotspot.publish.release import Release
from hotspot.publish.released_layers import NAME_COLUMNS as NAME_COLUMNS
from hotspot.publish.released_layers import background, named_by

MAX_STREETS = 40_000
MAX_WARDS = 2_000
_CASING = {"color": "#ffffff", "opacity": 0.8}
_BOUNDARY: dict[str, Any] = {
    "pane": "boundary",
    "height": 450,
    "smooth": 0.5,
    "closed": True,
    "looks": [{**_CASING, "weight": 4}, {"color": "#111111", "weight": 2}],
}
_WARDS: dict[str, Any] = {
    "pane": "wards",
    "height": 440,
    "smooth": 0.5,
    "closed": True,
    "names": True,
    "looks": [
        {**_CASING, "weight": 2.2, "opacity": 0.5},
        {"color": "#4a4a4a", "weight": 1, "dashArray": "6 3"},
    ],
}
_STREETS: dict[str, Any] = {
    "pane": "streets",
    "height": 405,
    "smooth": 1,
    "closed": False,
    "canvas": True,
    "looks": [{"color": "#5c5c5c", "weight": 0.8, "opacity": 0.75}],
}


def add_basemap(
    m: folium.Map,
    furniture: Furniture,
    *,
    area: gpd.GeoDataFrame | None,
    wards: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    release: Release = None,
) -> None:
    """Draw what is given of streets, wards and boundary, lowest first; of a public map only outlines and names."""
    area, wards, streets = backgrounds(area, wards, streets, release)
    if streets is not None:
        add_streets(m, furniture, streets)
    if wards is not None:
        add_wards(m, furniture, wards, label=None)
    add_area(m, furniture, area)


def backgrounds(
    area: gpd.GeoDataFrame | None,
    wards: gpd.GeoDataFrame | None,
    streets: gpd.GeoDataFrame | None,
    release: Release,
) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return what lies behind a map as it may be drawn there."""
    return (
        None if area is None else background(area, release, what="area"),
        None if wards is None else background(wards, release, what="wards"),
        None if streets is None else background(streets, release, what="streets"),
    )


def add_area(m: folium.Map, furniture: Furniture, area: gpd.GeoDataFrame | None) -> None:
    """Draw the outline of the area, and print what its frame says of itself."""
    if area is None:
        return
    outline = checked_frame(area, what="area", kinds=POLYGONS)
    data = ShapeData(packed_shapes(outline))
    bounds = bounds_of(outline)
    m.add_child(data)
    m.add_child(DrawnLayer("Boundary", draw="outline", data=data, bounds=bounds, look=_BOUNDARY))
    furniture.extents.append(bounds)
    furniture.add_record(area, area=True)
    furniture.add_line("Boundary", "3px solid #111111")
    if "evidence_use" in area.columns:
        texts = (f"Outline {text}" for text in area["evidence_use"] if not is_missing(text))
        furniture.cautions += [text for text in dict.fromkeys(texts) if text not in furniture.cautions]


def add_wards(
    m: folium.Map, furniture: Furniture, wards: gpd.GeoDataFrame, *, label: str | None, name: str = "Wards"
) -> Bounds:
    """Draw wards, or other areas that divide the ground, as thin lines with their names."""
    drawn = checked_frame(wards, what="wards", kinds=POLYGONS)
    if len(drawn) > MAX_WARDS:
        raise InputError(
            f"wards has {len(drawn):,} areas, of which a map can name {MAX_WARDS:,}: give only those that are drawn on"
        )
    texts = labels_of(drawn, label, what="wards")
    data = ShapeData({**packed_shapes(drawn), "names": texts, "centres": centres_of(drawn)})
    m.add_child(data)
    m.add_child(DrawnLayer(name, draw="outline", data=data, bounds=bounds_of(drawn), look=_WARDS))
    furniture.add_record(wards, area=True)
    furniture.add_line(f"{name} ({len(drawn):,}); names are shown where there is room", "2px dashed #4a4a4a")
    return bounds_of(drawn)


def add_streets(
    m: folium.Map, furniture: Furniture, streets: gpd.GeoDataFrame, *, name: str = "Streets"
) -> Bounds:
    """Draw streets as thin lines."""
    drawn = checked_frame(streets, what="streets", kinds=LINES)
    if len(drawn) > MAX_STREETS:
        raise InputError(
            f"streets has {len(drawn):,} lines, of which a browser can draw {MAX_STREETS:,}: "
            "give only the streets of the area, as read_streets(source, area) returns them"
        )
    data = ShapeData(packed_shapes(drawn))
    m.add_child(data)
    m.add_child(DrawnLayer(name, draw="outline", data=data, bounds=bounds_of(drawn), look=_STREETS))
    furniture.add_record(streets, area=True)
    furniture.add_line(name, "1px solid #5c5c5c")
    return bounds_of(drawn)


def labels_of(frame: gpd.GeoDataFrame, label: str | None, *, what: str) -> list[str]:
    """Return a short text for each row, from the column named or the first that looks like a name."""
    if label is not None and label not in frame:
        raise InputError(f"{what} has no column {label!r}; it has {', '.join(map(str, frame.columns))}"[:400])
    column = label or next((each for each in NAME_COLUMNS if each in frame), named_by(frame))
    values = frame.index if column is None else frame[column]
    return [plain(_whole(value), limit=60) for value in values]


def centres_of(frame: gpd.GeoDataFrame) -> list[list[float]]:
    """Return latitude and longitude of a point inside each shape."""
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    pairs: list[list[float]] = (
        np.column_stack([shapely.get_y(points), shapely.get_x(points)]).round(6).tolist()
    )
    return pairs


def tops_of(frame: gpd.GeoDataFrame) -> list[list[float]]:
    """Return latitude and longitude of the northernmost corner of each shape, where its label stands."""
    pairs = []
    for shape in frame.geometry.to_numpy():
        corners = shapely.get_coordinates(shape)
        # Of several equally far north, the middle one: a box is labelled over its edge.
        top = corners[corners[:, 1] >= corners[:, 1].max() - 1e-5]
        pairs.append([round(float(top[:, 1].max()), 6), round(float(top[:, 0].mean()), 6)])
    return pairs


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value
