"""The units that a ranking chooses from: their area inside the study area, their incidents, and what lies around them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.grid import Grid
from hotspot.geography.incidents import point_coordinates
from hotspot.geography.precision import refuse_finer
from hotspot.geography.projection import geometry_to_bng
from hotspot.statistics.prediction_scores import Best, captured, taken, taken_apart

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ORDERS = 50
"""Random orders of tied units that are tried under a spacing limit, where the least and most cannot be listed."""
SLIVER = 1e-4
"""Share of the units' area that may overlap: outlines are drawn to the metre at best."""
TRACE = 1e-6
"""Part of a unit that is nothing but rounding."""
COVERED = 0.995
"""Share of the area that units must hold together, to be all that could have been chosen."""


@dataclass(frozen=True, eq=False)
class Units:
    """Candidate units: whole polygons, the part of each inside the area in km2, centres, and the area in km2."""

    index: pd.Index
    shapes: NDArray[np.object_]
    km2: Floats
    centres: Floats
    outline: shapely.Geometry
    total_km2: float

    @classmethod
    def of_grid(cls, grid: Grid) -> Units:
        """Return all cells of a grid."""
        km2 = grid.share_in_area * grid.cell_area_km2
        index = pd.Index(grid.cell_ids, name="cell_id")
        centres = np.column_stack(grid.centres())
        return cls(index, grid.polygons(), km2, centres, grid.area, float(km2.sum()))

    @classmethod
    def of_frame(cls, frame: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> Units:
        """Return the polygons of a frame; refuse units outside the area, or ones that overlap."""
        own = frame[[frame.active_geometry_name]]
        moved = geometry_to_bng(own) if area.crs.to_epsg() == 27700 else own.to_crs(area.crs)
        shapes = np.array(moved.geometry.to_numpy(), dtype=object)
        if not np.isin(shapely.get_type_id(shapes), (3, 6)).all():
            raise InputError(
                "the predicted units must be polygons, such as cells or patrol areas; given "
                f"{', '.join(sorted({str(kind) for kind in frame.geometry.geom_type}))}. Give points a radius with buffer"
            )
        outline = area.union_all()
        shapely.prepare(outline)
        inside = shapely.covers(outline, shapes)
        clipped = shapes.copy()
        clipped[~inside] = shapely.intersection(shapes[~inside], outline)
        km2 = np.asarray(shapely.area(clipped) / 1e6)
        if (km2 <= 0).any():
            first = frame.index[int(np.flatnonzero(km2 <= 0)[0])]
            raise InputError(
                f"{int((km2 <= 0).sum()):,} of {len(frame):,} predicted units lie outside the area (the first is {first}); "
                "score them over the area that they were chosen from"
            )
        joined = shapely.area(shapely.union_all(clipped)) / 1e6
        if km2.sum() > joined * (1.0 + SLIVER):
            raise InputError(
                f"the predicted units overlap: {km2.sum():.3f} km2 in all, on {joined:.3f} km2 of ground. An incident "
                "must be in one unit only; give units that do not overlap"
            )
        middle = shapely.centroid(shapes)
        centres = np.column_stack([shapely.get_x(middle), shapely.get_y(middle)])
        return cls(frame.index, shapes, km2, centres, outline, float(shapely.area(outline) / 1e6))

    @property
    def covering(self) -> bool:
        """Whether the units hold the whole area, so that they are all that could have been chosen."""
        return bool(self.km2.sum() >= COVERED * self.total_km2)

    def positions(self, incidents: gpd.GeoDataFrame, crs: object) -> tuple[Integers, Floats]:
        """Return each incident's unit (-1 in none, -2 outside the area), and the coordinates.

        A point that several units touch belongs to the one whose centre is farthest north, then east: for squares the rule
        of the grid.
        """
        refuse_finer(
            incidents, round(float(np.sqrt(np.median(shapely.area(self.shapes))))), "side of the units"
        )
        x, y = point_coordinates(incidents, crs)
        precedence = np.lexsort((-self.centres[:, 0], -self.centres[:, 1]))
        place = np.empty(len(precedence), dtype=np.int64)
        place[precedence] = np.arange(len(precedence))
        point, unit = shapely.STRtree(self.shapes).query(shapely.points(x, y), predicate="intersects")
        first = np.full(len(x), len(precedence), dtype=np.int64)
        np.minimum.at(first, point, place[unit])
        position = np.append(precedence, -1)[first]
        shapely.prepare(self.outline)
        position[~shapely.intersects_xy(self.outline, x, y)] = -2
        return position, np.column_stack([x, y])


def canonical(frame: gpd.GeoDataFrame) -> Integers:
    """Return the positions of a frame's rows from south to north, then west to east."""
    bounds = frame.geometry.bounds
    return np.lexsort((bounds["maxx"], bounds["maxy"], bounds["minx"], bounds["miny"])).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Choice:
    """What a ranking takes of the units, its km2, and the later incidents in it: on average, least and most by ties."""

    part: Floats
    km2: float
    hits: float
    least: float
    most: float

    @classmethod
    def of_best(cls, best: Best, budget: float) -> Choice:
        """Return the best possible choice; what it leaves of the budget would hold nothing more."""
        return cls(best.part, budget, best.hits, best.hits, best.hits)


def choose(
    score: Floats,
    units: Units,
    later: Floats,
    budget: float,
    spacing: float | None,
    stream: np.random.Generator,
) -> Choice:
    """Take units by score up to a budget in km2, apart if a spacing is given."""
    if spacing is None:
        part = taken(score, units.km2, budget)
        held = [
            float(captured(score, units.km2, later, np.array([budget]), ties=ties)[0])
            for ties in ("worst", "best")
        ]
        return Choice(part, float(part @ units.km2), float(part @ later), held[0], held[1])
    once = len(np.unique(score[~np.isnan(score)])) == len(score)
    parts = np.array(
        [
            taken_apart(score, units.km2, budget, units.centres, spacing, stream)
            for _ in range(1 if once else ORDERS)
        ]
    )
    held_by = parts @ later
    mean = parts.mean(axis=0)
    return Choice(
        mean, float(mean @ units.km2), float(mean @ later), float(held_by.min()), float(held_by.max())
    )


def around(units: Units, part: Floats, spots: Floats, metres: float) -> tuple[int, float]:
    """Return the incidents within some metres of the units taken whole but in no taken unit, and that ring's km2."""
    whole = part >= 1.0 - TRACE
    if not whole.any():
        return 0, 0.0
    inner = shapely.union_all(units.shapes[part > TRACE])
    ring = shapely.difference(shapely.buffer(shapely.union_all(units.shapes[whole]), metres), inner)
    ring = shapely.intersection(ring, units.outline)
    shapely.prepare(ring)
    inside = shapely.contains_xy(ring, spots[:, 0], spots[:, 1]) if len(spots) else np.zeros(0, dtype=bool)
    return int(np.count_nonzero(inside)), float(shapely.area(ring) / 1e6)
