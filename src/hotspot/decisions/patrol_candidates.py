"""The areas that a patrol plan can choose from: cells, street segments, or discs around places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.decisions.patrol_choice import Problem
from hotspot.decisions.patrol_profile import PatrolProfile
from hotspot.decisions.patrol_rows import PatrolRows
from hotspot.errors import InputError
from hotspot.geography.grid import Grid
from hotspot.geography.streets import check_streets
from hotspot.ranking.places import distinct_points

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Candidates:
    """Areas to choose from, in the order that breaks ties.

    Attributes
    ----------
    ids
        The cell id, the street id, or the point of the centre, as text.
    x, y
        Centres, metres.
    candidate, place, distance
        Pairs of a candidate and a place within its reach, and metres between place and centre.
    place_of
        The place of each incident, -1 for one that no candidate reaches.
    places
        How many places there are.
    complete
        Whether the places are all units of the area, those without an incident too.
    shapes
        The outline of each candidate; None for discs, which are drawn when they are chosen.
    """

    ids: Texts
    x: Floats
    y: Floats
    candidate: Integers
    place: Integers
    distance: Floats
    place_of: Integers
    places: int
    complete: bool
    shapes: NDArray[np.object_] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def problem(
        self,
        rows: PatrolRows,
        profile: PatrolProfile,
        *,
        group: Integers | None = None,
        kept: NDArray[np.bool_] | None = None,
    ) -> Problem:
        """Return the choice to be made: weights, counts and the limits of the profile."""
        held = self.place_of >= 0
        weight = np.zeros(self.places, dtype=np.int64)
        np.add.at(weight, self.place_of[held], rows.weight[held])
        most = profile.maximum_per_year
        return Problem(
            x=self.x,
            y=self.y,
            candidate=self.candidate,
            place=self.place,
            distance=self.distance,
            weight=weight,
            count=np.bincount(self.place_of[held], minlength=self.places).astype(np.int64),
            most=profile.most_areas,
            spacing=profile.spacing,
            least_count=max(1, int(np.ceil(profile.minimum_per_year * rows.years - 1e-9))),
            most_count=None if most is None else int(np.floor(most * rows.years + 1e-9)),
            group=group,
            group_most=None if group is None else most_in_each(profile),
            kept=kept,
            cost=0.0 if kept is None else profile.switching_cost,
        )


def candidates_of(
    rows: PatrolRows,
    profile: PatrolProfile,
    *,
    streets: gpd.GeoDataFrame | None = None,
    previous: pd.DataFrame | None = None,
) -> Candidates:
    """Return the areas to choose from.

    Parameters
    ----------
    rows
        The incidents that count.
    profile
        Unit and sizes.
    streets
        For ``unit="street segment"``: what the incidents were snapped to.
    previous
        Discs: the last plan's centres stand among the candidates, so that they can stay.

    Raises
    ------
    InputError
        If streets are needed and missing, or their ids are not those of the incidents.
    """
    if profile.unit == "street segment":
        return _street_candidates(rows, streets)
    if profile.unit == "radius":
        return _disc_candidates(rows, profile, previous)
    return _cell_candidates(rows, Grid.over(rows.area, cell_size=profile.cell_size, shape=_shape(profile)))


def boroughs_of(candidates: Candidates, rows: PatrolRows, profile: PatrolProfile) -> Integers | None:
    """Return the number of each candidate's borough in the profile's list, the one nearest to its centre."""
    if not profile.boroughs:
        return None
    layer = rows.area.set_index(profile.borough_column).loc[list(profile.boroughs)]
    centres = shapely.points(candidates.x, candidates.y)
    away = np.stack([shapely.distance(shape, centres) for shape in layer.geometry])
    nearest: Integers = np.argmin(away, axis=0).astype(np.int64)
    return nearest


def most_in_each(profile: PatrolProfile) -> Integers:
    """Return the most areas of each borough, in the order of the profile's list."""
    most = [profile.borough_areas.get(name, profile.most_areas) for name in profile.boroughs]
    return np.array(most, dtype=np.int64)


def _shape(profile: PatrolProfile) -> Literal["square", "hexagon"]:
    return "hexagon" if profile.unit == "hexagon" else "square"


def _cell_candidates(rows: PatrolRows, grid: Grid) -> Candidates:
    position = grid.positions_of(rows.x, rows.y)
    for lost in np.flatnonzero(position < 0).tolist():
        # A point on the area's own edge may lie in a cell that only touches the area.
        position[lost] = grid.nearest_position(float(rows.x[lost]), float(rows.y[lost]))
    number = np.append(np.cumsum(grid.mask.reshape(-1)) - 1, -1)
    x, y = grid.centres()
    ids = grid.cell_ids.astype("str").astype(object)
    each = np.arange(len(ids))
    place_of = number[position].astype(np.int64)
    return Candidates(
        ids, x, y, each, each, np.zeros(len(ids)), place_of, len(ids), True, grid.polygons(grid.cell_ids)
    )


def _street_candidates(rows: PatrolRows, streets: gpd.GeoDataFrame | None) -> Candidates:
    if streets is None or "street_id" not in rows.frame.columns:
        raise InputError(
            'unit="street segment" needs the segments and the one that each incident is on; '
            f"{'streets= was not given' if streets is None else 'the incidents have no column street_id'}. Use "
            "snap_to_streets(incidents, streets) and give streets= too"
        )
    layer = check_streets(streets)
    layer = layer[layer.intersects(rows.area.union_all())].assign(
        street_id=lambda f: f["street_id"].astype("str")
    )
    layer = layer.sort_values("street_id", ignore_index=True)
    ids = layer["street_id"].to_numpy(dtype=object)
    own = rows.frame["street_id"].astype("str").where(rows.frame["street_id"].notna())
    place_of = pd.Index(ids).get_indexer(pd.Index(own)).astype(np.int64)
    if (place_of < 0).all():
        raise InputError(
            f"none of the {len(place_of):,} incidents is on one of the {len(ids):,} streets (the first has street_id "
            f"{own.iloc[0]!r}); snap them to these same streets"
        )
    lines = layer.geometry.to_numpy()
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    each = np.arange(len(ids))
    return Candidates(
        ids,
        shapely.get_x(middle),
        shapely.get_y(middle),
        each,
        each,
        np.zeros(len(ids)),
        place_of,
        len(ids),
        False,
        lines,
    )


def _disc_candidates(rows: PatrolRows, profile: PatrolProfile, previous: pd.DataFrame | None) -> Candidates:
    from scipy.spatial import KDTree

    codes, px, py = distinct_points(rows.x, rows.y)
    order = np.lexsort((py, px))
    number = np.empty(len(px), dtype=np.int64)
    number[order] = np.arange(len(px))
    px, py = px[order], py[order]
    cx, cy = px, py
    if profile.centres == "cells":
        cx, cy = Grid.over(rows.area, cell_size=profile.cell_size).centres()
    if previous is not None:
        old = previous[["easting", "northing"]].to_numpy(dtype=float)
        old = old[shapely.intersects_xy(rows.area.union_all(), old[:, 0], old[:, 1])]
        cx, cy = np.concatenate([cx, old[:, 0]]), np.concatenate([cy, old[:, 1]])
    centres = np.unique(np.column_stack([cx, cy]), axis=0)
    near: Any = KDTree(centres).query_ball_point(
        np.column_stack([px, py]), profile.radius * (1 + 1e-12), return_sorted=True
    )
    sizes = np.array([len(found) for found in near], dtype=np.int64)
    candidate = np.concatenate([np.asarray(found, dtype=np.int64) for found in near])
    place = np.repeat(np.arange(len(px)), sizes)
    distance = np.hypot(px[place] - centres[candidate, 0], py[place] - centres[candidate, 1])
    ids = _point_ids(centres[:, 0], centres[:, 1])
    return Candidates(
        ids, centres[:, 0], centres[:, 1], candidate, place, distance, number[codes], len(px), False
    )


def _point_ids(x: Floats, y: Floats) -> Texts:
    """Name centres by their metres, with decimals where two would share a name."""
    for digits in (0, 3, 9):
        ids = [f"E{a:.{digits}f} N{b:.{digits}f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        if len(set(ids)) == len(ids):
            break
    return np.array(ids, dtype=object)
