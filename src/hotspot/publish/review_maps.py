"""The maps of a review's pack: the order among its comparison areas, and the cells of each prohibition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from hotspot import provenance
from hotspot.decisions.order import Order
from hotspot.decisions.places_of import COMPARISON, INSIDE, RING, Places, places_of
from hotspot.geography.area import as_area
from hotspot.geography.incidents import is_counts
from hotspot.publish.maps.areas import map_areas
from hotspot.publish.maps.cells import map_cells
from hotspot.publish.release import Release

if TYPE_CHECKING:
    import folium

    from hotspot.decisions.review import Review

_NAMES = {RING: "Ring around the order", COMPARISON: "Comparison areas", INSIDE: "Order"}
"""In the order in which they are drawn: the order's own line lies on top."""


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
    for name, cells in review.cells.items():
        if release is not None and not provenance.is_open([cells]):
            continue
        title = f"{name}: hot and cold cells, {_about(review)}"
        drawn = map_cells(cells, area=_borough(review), title=title, release=release)
        made[f"Cells: {name}"] = map_areas(outline_of(review.order), on=drawn, name="Order", release=release)
    return made


def places_map(review: Review, *, release: Release = None) -> folium.Map:
    """Draw the order, its ring and its comparison areas over the borough."""
    places = places_in(review)
    drawn: folium.Map | None = None
    for role, called in _NAMES.items():
        layer = _layer(review, places, role)
        if not len(layer):
            continue
        title = f"{_about(review)}, and where it is compared" if drawn is None else None
        area = _borough(review) if drawn is None else None
        drawn = map_areas(layer, name=called, label="name", on=drawn, area=area, title=title, release=release)
    assert drawn is not None  # noqa: S101 - the order is always there
    return drawn


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
    frame = gpd.GeoDataFrame(
        {"name": names}, geometry=[places.shapes[n] for n in at], crs=review.order.geometry.crs
    )
    return provenance.put(frame, provenance.of(review.order.geometry))


def _old_and_new(review: Review, before: gpd.GeoDataFrame, release: Release) -> folium.Map:
    old = gpd.GeoDataFrame({"name": ["Until now"]}, geometry=[before.geometry.iloc[0]], crs=before.crs)
    old = provenance.put(old, provenance.of(before))
    title = f"{_about(review)}: boundary until now and as proposed"
    drawn = map_areas(old, name="Boundary until now", label="name", title=title, release=release)
    return map_areas(
        outline_of(review.order), on=drawn, name="Boundary as proposed", label="name", release=release
    )


def _borough(review: Review) -> gpd.GeoDataFrame | None:
    """Return the outline of all areas in one, for the background."""
    if review.areas is None:
        return None
    layer = as_area(review.areas)
    return gpd.GeoDataFrame(geometry=[layer.union_all()], crs=layer.crs)
