"""The maps of a review's pack: the order among its comparison areas, and the cells of each prohibition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspot import provenance
from hotspot.decisions.order import Order
from hotspot.decisions.places_of import COMPARISON, INSIDE, RING, Places, places_of
from hotspot.geography.area import as_area
from hotspot.geography.incidents import is_counts
from hotspot.publish.maps.areas import map_areas
from hotspot.publish.maps.base import dress, new_map
from hotspot.publish.maps.cells import map_cells
from hotspot.publish.maps.elements import bounds_of
from hotspot.publish.release import Release
from hotspot.publish.review_same import same_evidence, title_of

if TYPE_CHECKING:
    import folium
    from shapely.geometry.base import BaseGeometry

    from hotspot.decisions.review import Review

_NAMES = {RING: "Ring around the order", COMPARISON: "Comparison areas", INSIDE: "Order"}
"""In the order in which they are drawn: the order's own line lies on top."""
_LINE_OF = {INSIDE: 0, RING: 1, COMPARISON: 2}
"""Which of the lines of `map_areas` each has, on every map of a review."""
_BEFORE = 3
_SLIVER_M, _HOLE_M2 = 1.0, 1_000.0


def maps_of(review: Review, *, release: Release = None) -> dict[str, folium.Map]:
    """Return the maps of a review by their titles.

    Parameters
    ----------
    review
        Its boundary, ring and comparison areas are on the first map; its cells on one each.
    release
        None: all of them. "public" or a `PublicRelease`: of cells, only those of open sources.
    """
    made = {"Order and comparison areas": places_map(review, release=release)}
    before = review.order.boundary_before
    if before is not None:
        made["Boundary, old and new"] = _old_and_new(review, before, release)
    for name, item in same_evidence(review.headlines).items():
        cells = review.cells.get(item.prohibition.name)
        if cells is None or (release is not None and not provenance.is_open([cells])):
            continue
        title = f"{title_of(name, item)}: hot and cold cells, all months held, also before the order, {_about(review)}"
        drawn = map_cells(cells, area=_borough(review), title=title, release=release)
        made[f"Cells: {name}"] = _drawn_on(drawn, outline_of(review.order), INSIDE, "Order", release)
    return made


def places_map(review: Review, *, release: Release = None) -> folium.Map:
    """Draw the order, its ring and its comparison areas over the borough; the map opens at these."""
    layers = placed_layers(review)
    seen = [bounds_of(layer.to_crs(4326)) for layer in layers.values()]
    west, south, east, north = np.array(seen).T
    drawn = new_map(
        (float(west.min()), float(south.min()), float(east.max()), float(north.max())), whole_zooms=False
    )
    furniture = dress(drawn)
    furniture.title = f"{_about(review)}, and where it is compared"
    area = _borough(review)
    for role, layer in layers.items():
        _drawn_on(drawn, layer, role, _NAMES[role], release, area=area)
        area = None
    furniture.extents = seen
    _stand_for(drawn, review)
    return drawn


def placed_layers(review: Review) -> dict[str, gpd.GeoDataFrame]:
    """Return ring, comparison areas and order by their role, as they are drawn: the order on top."""
    places = places_in(review)
    layers = {role: _layer(review, places, role) for role in _NAMES}
    return {role: layer for role, layer in layers.items() if len(layer)}


def _drawn_on(
    drawn: folium.Map,
    layer: gpd.GeoDataFrame,
    role: str,
    called: str,
    release: Release,
    area: gpd.GeoDataFrame | None = None,
) -> folium.Map:
    """Add outlines in the line of their role; a ring is named in the key alone."""
    dress(drawn).area_layers = _LINE_OF.get(role, _BEFORE)
    return map_areas(
        layer, on=drawn, name=called, label="name", area=area, release=release, labelled=role != RING
    )


def _stand_for(drawn: folium.Map, review: Review) -> None:
    """Tell a map of outlines what data the review is of: it bears on the marking and on the banner."""
    dress(drawn).stands_for = [provenance.put(pd.DataFrame(), provenance.of(frame)) for frame in review.data]


def places_in(review: Review) -> Places:
    """Return the places of the first prohibition that has data, or those of none."""
    frame = next((item.frame for item in review.headlines if item.frame is not None), None)
    points = None if frame is None or is_counts(frame) else frame
    ring = 0.0 if points is None and review.design.ring is None else review.design.ring
    return places_of(
        review.order, comparison=review.design.comparison, ring=ring, areas=review.areas, incidents=points
    )


def outline_of(order: Order) -> gpd.GeoDataFrame:
    """Return the order's boundary with its name."""
    shape = order.geometry.geometry.iloc[0]
    frame = gpd.GeoDataFrame({"name": [order.name]}, geometry=[shape], crs=order.geometry.crs)
    return provenance.put(frame, provenance.of(order.geometry))


def _about(review: Review) -> str:
    flag = "SIMULATED DATA, " if provenance.is_simulated(review.data) else ""
    return f"{flag}{review.order.label}"


def _layer(review: Review, places: Places, role: str) -> gpd.GeoDataFrame:
    if role == INSIDE:
        return outline_of(review.order)
    at = [number for number, known in enumerate(places.roles) if known == role]
    width = "" if places.ring_m is None else f", {places.ring_m:g} m"
    names = [f"Ring{width}" if role == RING else places.names[number] for number in at]
    shapes = [places.shapes[n] if role == RING else closed_outline([places.shapes[n]]) for n in at]
    frame = gpd.GeoDataFrame({"name": names}, geometry=shapes, crs=review.order.geometry.crs)
    return provenance.put(frame, provenance.of(review.order.geometry))


def _old_and_new(review: Review, before: gpd.GeoDataFrame, release: Release) -> folium.Map:
    old = gpd.GeoDataFrame({"name": ["Until now"]}, geometry=[before.geometry.iloc[0]], crs=before.crs)
    old = provenance.put(old, provenance.of(before))
    new = outline_of(review.order)
    both = [bounds_of(layer.to_crs(4326)) for layer in (old, new)]
    drawn = new_map(both[0], whole_zooms=False)
    dress(drawn).title = f"{_about(review)}: boundary until now and as proposed"
    _drawn_on(drawn, old, "", "Boundary until now", release)
    _drawn_on(drawn, new, INSIDE, "Boundary as proposed", release)
    dress(drawn).extents = both
    _stand_for(drawn, review)
    return drawn


def _borough(review: Review) -> gpd.GeoDataFrame | None:
    """Return the outline of all areas in one, for the background; a boroughwide order's own line is that."""
    if review.areas is None or review.order.boroughwide:
        return None
    layer = as_area(review.areas)
    return gpd.GeoDataFrame(geometry=[closed_outline(layer.geometry)], crs=layer.crs)


def closed_outline(shapes: Iterable[shapely.Geometry]) -> BaseGeometry:
    """Return the union of areas as one outline to draw, without slivers, and without holes and crumbs under 1,000 m2.

    Parameters
    ----------
    shapes
        Polygons in metres. Neighbours may miss each other by up to 2 m.
    """
    grown = shapely.buffer(np.asarray(list(shapes), dtype=object), _SLIVER_M, join_style="mitre")
    whole = shapely.buffer(shapely.union_all(grown), -_SLIVER_M, join_style="mitre")
    parts = [part for part in shapely.get_parts(whole) if part.area > 0]
    large = [part for part in parts if part.area >= _HOLE_M2] or parts
    return shapely.union_all(
        [
            shapely.Polygon(
                part.exterior, [ring for ring in part.interiors if shapely.Polygon(ring).area >= _HOLE_M2]
            )
            for part in large
        ]
    )
