"""The places of a comparison: the order, the ring around it, comparison areas, and the rest of the borough."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.decisions.order import Order
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.assign import SLIVER_WIDTH
from hotspot.geography.precision import finest_unit, refuse_finer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Comparison: TypeAlias = Mapping[str, AreaLike] | gpd.GeoDataFrame
Ring: TypeAlias = float | AreaLike

INSIDE, RING, COMPARISON, REST = "inside", "ring", "comparison", "rest"
RING_EXACT_M, RING_COARSE_M = 200.0, 400.0
"""Default widths of the ring: for exact points and addresses, and for anonymised or coarser ones."""
NO_RING = "No ring was asked for."


@dataclass(frozen=True, eq=False)
class Places:
    """Areas that share no land: a point on a common edge belongs to the first of them.

    Attributes
    ----------
    names
        "inside", "ring", each comparison's name in the order given, "rest".
    roles
        inside, ring, comparison or rest.
    shapes
        Polygons in EPSG:27700.
    ring_m
        The ring's width in metres; None where there is no ring or it was given as an area.
    notes
        What a reader must know of the choice.
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    shapes: tuple[shapely.Geometry, ...]
    ring_m: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def area_km2(self) -> Floats:
        """Area of each place in square kilometres."""
        return np.asarray(shapely.area(np.array(self.shapes, dtype=object)) / 1e6, dtype=np.float64)

    def assign(self, x: Floats, y: Floats) -> Integers:
        """Return the place of each point, -1 for none; a place's own edge is inside it."""
        spots, distinct = pd.factorize(x + 1j * y)
        found = np.full(len(distinct), -1, dtype=np.int64)
        for number, shape in enumerate(self.shapes):
            open_ = np.flatnonzero(found < 0)
            shapely.prepare(shape)
            held = shapely.intersects_xy(shape, distinct.real[open_], distinct.imag[open_])
            found[open_[held]] = number
        return found[spots]


def places_of(
    order: Order,
    *,
    comparison: Comparison | None = None,
    ring: Ring | None = None,
    areas: AreaLike | None = None,
    incidents: pd.DataFrame | None = None,
) -> Places:
    """Part the land into the order, its ring, the comparison areas and the rest of the borough.

    Parameters
    ----------
    order
        Its geometry is "inside".
    comparison
        Areas to compare with, chosen before looking at what happened in them: a mapping from name to area, or a
        GeoDataFrame with a column ``name`` (else its first column of text); features of one name are one area.
    ring
        Width in metres of the ring around the order, or an area; 0 for none. None: 200 m on exact points and
        addresses, 400 m on anonymised or coarser ones. The land of the order is taken out of it.
    areas
        The borough, in one polygon or many. The ring is clipped to it, and what is left of it is "rest".
    incidents
        Their ``location_precision`` sets the default ring, and the finest that is allowed.

    Returns
    -------
    Places

    Raises
    ------
    InputError
        If a comparison area has a reserved or empty name, or lies over the order, the ring or another
        comparison area by more than a sliver; if the ring is finer than the incidents' locations.

    Notes
    -----
    A boroughwide order has no ring. An overlap whose mean width is 1 m or less is a sliver of unlike
    outlines; a point in one belongs to the first of inside, ring, comparison areas in their order, rest.
    """
    notes: list[str] = []
    inside = order.geometry.geometry.iloc[0]
    borough = None if areas is None else _union(areas)
    shapes: list[tuple[str, str, shapely.Geometry]] = [(INSIDE, INSIDE, inside)]
    around, width = _ring(order, ring, borough, incidents, notes)
    if around is not None:
        shapes.append((RING, RING, around))
    for name, shape in _comparisons(comparison):
        _refuse_overlap(name, shape, shapes, width)
        shapes.append((name, COMPARISON, shape))
    if borough is not None:
        _add_rest(shapes, borough, notes)
    names, roles, geometries = zip(*shapes, strict=True)
    return Places(tuple(names), tuple(roles), tuple(geometries), width, tuple(notes))


def default_ring(incidents: pd.DataFrame | None) -> float:
    """Return the ring's width in metres that the incidents' locations can carry."""
    finest, grade = (0.0, "exact") if incidents is None else finest_unit(incidents)
    return RING_EXACT_M if grade in ("exact", "address") else max(RING_COARSE_M, finest)


def width_of(overlap: shapely.Geometry) -> float:
    """Return the mean width of an overlap in metres: twice its area over its perimeter."""
    edge = float(shapely.length(overlap))
    return 2.0 * float(shapely.area(overlap)) / edge if edge > 0 else 0.0


def polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons of a shape; cutting leaves lines and points, which have no area."""
    parts = shapely.get_parts(shape)
    flat = shapely.get_parts(parts[shapely.area(parts) > 0])
    return shapely.union_all(flat[shapely.area(flat) > 0]) if len(flat) else shapely.Polygon()


def named_areas(given: Comparison | None, what: str = "comparison") -> list[tuple[str, shapely.Geometry]]:
    """Return name and outline of each area of a mapping or GeoDataFrame; features of one name are one area.

    Raises
    ------
    InputError
        If it is neither, an area has no CRS, or there is no column of names.
    """
    if given is None:
        return []
    if isinstance(given, Mapping):
        return [(str(name).strip(), _union(area, f"{what} {name!r}")) for name, area in given.items()]
    if not isinstance(given, gpd.GeoDataFrame):
        raise InputError(
            f"{what} must be a mapping from name to area, such as {{'Oldbury': oldbury}}, or a GeoDataFrame "
            f"with a column 'name'; given {type(given).__name__}"
        )
    layer = as_area(given)
    names = layer[_name_column(layer, what)].astype("str").str.strip().to_numpy()
    shapes = layer.geometry.to_numpy()
    return [(str(name), shapely.union_all(shapes[names == name])) for name in dict.fromkeys(names)]


def _name_column(layer: gpd.GeoDataFrame, what: str) -> str:
    if "name" in layer.columns:
        return "name"
    others = [str(name) for name in layer.columns if name != layer.active_geometry_name]
    texts = [name for name in others if pd.api.types.is_string_dtype(layer[name])]
    if not texts:
        raise InputError(f"{what}: the areas have no column 'name' and no other text; they have {others}")
    return texts[0]


def _union(area: Any, name: str = "areas") -> shapely.Geometry:
    if not isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries | str | os.PathLike):
        raise InputError(
            f"{name} is {type(area).__name__} without a coordinate reference system; "
            "give gpd.GeoSeries([shape], crs=27700), a GeoDataFrame or a file"
        )
    return shapely.union_all(as_area(area).geometry.to_numpy())


def _ring(
    order: Order,
    ring: Ring | None,
    borough: shapely.Geometry | None,
    incidents: pd.DataFrame | None,
    notes: list[str],
) -> tuple[shapely.Geometry | None, float | None]:
    inside = order.geometry.geometry.iloc[0]
    if order.boroughwide:
        notes.append("The order applies to the whole borough: it has no ring.")
        return None, None
    width: float | None = None
    if ring is None or isinstance(ring, int | float | np.integer | np.floating):
        width = default_ring(incidents) if ring is None else _metres(float(ring))
        if width == 0.0:
            notes.append(NO_RING)
            return None, None
        if incidents is not None:
            refuse_finer(incidents, width, "ring")
        whole = shapely.buffer(inside, width, quad_segs=16)
        notes.append(f"The ring is the land within {width:g} m of the order.")
    else:
        whole = _union(ring, "ring")
        if width_of(shapely.intersection(whole, inside)) > SLIVER_WIDTH:
            notes.append("The ring that was given lies over the order; the order's land was taken out of it.")
    around = shapely.difference(whole, inside)
    if borough is not None:
        clipped = shapely.intersection(around, borough)
        if shapely.area(around) - shapely.area(clipped) > 1.0:
            notes.append("The ring was clipped to the borough.")
        around = clipped
    around = polygonal(around)
    if shapely.area(around) < 1.0:
        notes.append("Nothing of the ring lies within the borough.")
        return None, None
    return around, width


def _metres(ring: float) -> float:
    if isinstance(ring, bool) or not np.isfinite(ring) or ring < 0:
        raise InputError(f"ring={ring!r} must be a width in metres, such as 400, or 0 for none")
    return float(ring)


def _comparisons(given: Comparison | None) -> Iterator[tuple[str, shapely.Geometry]]:
    for name, shape in named_areas(given):
        if name.casefold() in ("", "nan", "none", INSIDE, RING, REST):
            raise InputError(
                f"{name!r} cannot be the name of a comparison area; call it after its place, such as 'Oldbury'"
            )
        yield name, shape


def _refuse_overlap(
    name: str,
    shape: shapely.Geometry,
    others: list[tuple[str, str, shapely.Geometry]],
    width: float | None,
) -> None:
    for other, role, theirs in others:
        if other.casefold() == name.casefold():
            raise InputError(f"two comparison areas are called {name!r}; give each a name of its own")
        common = shapely.intersection(shape, theirs)
        if width_of(common) <= SLIVER_WIDTH:
            continue
        what = {INSIDE: "the order itself", RING: "the ring around the order"}.get(
            role, f"the comparison area {other!r}"
        )
        advice = "choose an area apart from it"
        if role == RING:
            advice += ", or a narrower ring" if width is None else f", or a ring narrower than {width:g} m"
        raise InputError(
            f"the comparison area {name!r} lies over {what} by {shapely.area(common):,.0f} m2, so what moves or "
            f"falls there would count on both sides; {advice}"
        )


def _add_rest(
    shapes: list[tuple[str, str, shapely.Geometry]], borough: shapely.Geometry, notes: list[str]
) -> None:
    taken = shapely.union_all([shape for _, _, shape in shapes])
    outside = shapely.difference(shapes[0][2], borough)
    if width_of(outside) > SLIVER_WIDTH:
        notes.append(f"{shapely.area(outside) / 1e6:.3g} km2 of the order lie outside the areas given.")
    rest = polygonal(shapely.difference(borough, taken))
    if width_of(rest) > SLIVER_WIDTH:
        shapes.append((REST, REST, rest))
    else:
        notes.append("The order and the areas beside it fill the borough: there is no rest of it.")
