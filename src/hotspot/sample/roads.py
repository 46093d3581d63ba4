"""Simulated streets: one through the surroundings of each map point, and links that make them one network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.geography.projection import BNG
from hotspot.sample import plan

if TYPE_CHECKING:
    import geopandas as gpd

SOURCE = "simulated streets"
STREET, LINK = "Simulated street", "Simulated link"
_BENDS = 16
# The street of a map point runs this near to it at most, in metres. It is far less than half of the least spacing
# of map points, within which no other street comes.
BEND = 15.0
# Corners farther from their map point than this are those of gaps in the borough and of its edge.
REACH = 150.0
# A street with one corner in reach, or none, ends this far from its map point.
STUB = 40.0
SHORT = 60.0

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def make_streets(points: gpd.GeoDataFrame, *, seed: int = plan.SEED) -> gpd.GeoDataFrame:
    """Lay a street past each map point, from corner to corner of the ground nearest to it, and join them.

    The ground nearest to a map point is a convex polygon (its Voronoi cell). The street runs inside it, from
    one corner to the corner most nearly opposite, bending within `BEND` metres of the point, so streets meet only at
    corners. Links run along the edges between cells: those of up to `SHORT` metres between the
    ends of two streets, and as few others as join everything that can be joined.

    Parameters
    ----------
    points
        Map points with location, easting and northing, as `places.make_map_points` returns them.
    seed
        See `plan.stream`.

    Returns
    -------
    GeoDataFrame
        The columns of `hotspot.read_streets`; names are those of the map points' locations, links have none.
    """
    import geopandas as gpd
    from scipy.spatial import Voronoi

    xy = points[["easting", "northing"]].to_numpy(dtype=float)
    cells = Voronoi(xy)
    # Decimetres, so that the last bits of the geometry library's arithmetic do not show.
    corners, same = np.unique(np.round(cells.vertices, 1), axis=0, return_inverse=True)
    # numpy 2.0.0 alone shapes the inverse as a column.
    same = same.ravel()
    edges = np.array([pair for pair in cells.ridge_vertices if min(pair) >= 0])
    near = _corners_near(cells, xy, corners, same)
    bends = _bends(xy, plan.stream(seed, _BENDS))
    ends, extra = _ends(xy, near, corners)
    nodes = np.vstack([corners, extra])
    links = _links(same[edges], corners, near, ends, len(nodes))
    used, rows = np.unique(np.vstack([ends, links]), return_inverse=True)
    pairs = rows.reshape(-1, 2)
    names = [text.removeprefix("On or near ") for text in points["location"]]
    shapes = [
        shapely.LineString([nodes[a], bend, nodes[b]]) for (a, b), bend in zip(ends, bends, strict=True)
    ]
    shapes += [shapely.LineString([nodes[a], nodes[b]]) for a, b in links]
    node_ids = np.array([f"SIM-N{i:05d}" for i in range(1, len(used) + 1)], dtype=object)
    table = {
        "street_id": [f"SIM-{i:05d}" for i in range(1, len(shapes) + 1)],
        "name": pd.Series([*names, *[None] * len(links)], dtype="str"),
        "road_class": [STREET] * len(ends) + [LINK] * len(links),
        "length_m": shapely.length(np.array(shapes, dtype=object)),
        "start_node": node_ids[pairs[:, 0]],
        "end_node": node_ids[pairs[:, 1]],
    }
    streets = gpd.GeoDataFrame(table, geometry=shapes, crs=BNG)
    source = provenance.Source(name=SOURCE, open=True, simulated=True, attribution="", months=[])
    record = provenance.Record(
        sources=[source], as_of=None, steps=[{"step": "sample.streets", "seed": seed}], notes=[]
    )
    return provenance.put(streets, record)


def _corners_near(cells: Any, xy: Floats, corners: Floats, same: Integers) -> list[Integers]:
    """List the corners of each point's cell that are within reach of it."""
    near = []
    for place, region in zip(xy, cells.point_region, strict=True):
        at = np.unique(same[[i for i in cells.regions[region] if i >= 0]])
        away = np.hypot(*(corners[at] - place).T)
        near.append(at[away <= REACH])
    return near


def _bends(xy: Floats, generator: np.random.Generator) -> Floats:
    draws = generator.random((len(xy), 2))
    away, turn = BEND * draws[:, 0], 2.0 * np.pi * draws[:, 1]
    moved = xy + np.column_stack([away * np.cos(turn), away * np.sin(turn)])
    return np.asarray(np.round(moved, 1))


def _ends(xy: Floats, near: list[Integers], corners: Floats) -> tuple[Integers, Floats]:
    """Choose the two ends of each street: corners most nearly opposite, or a dead end where there is one only."""
    ends = np.zeros((len(xy), 2), dtype=np.int64)
    extra: list[Floats] = []
    for i, (place, at) in enumerate(zip(xy, near, strict=True)):
        if len(at) >= 2:
            rays = corners[at] - place
            rays = rays / np.hypot(*rays.T)[:, np.newaxis]
            cosine = np.round(rays @ rays.T, 6)
            ends[i] = at[list(np.unravel_index(int(np.argmin(cosine)), cosine.shape))]
            continue
        ray = np.array([-1.0, 0.0]) if len(at) == 0 else _unit(corners[at[0]] - place)
        first = at[0] if len(at) else len(corners) + len(extra)
        if len(at) == 0:
            extra.append(place + STUB * ray)
        ends[i] = first, len(corners) + len(extra)
        extra.append(np.round(place - STUB * ray, 1))
    return ends, np.array(extra, dtype=float).reshape(-1, 2)


def _unit(ray: Floats) -> Floats:
    return np.asarray(ray / np.hypot(*ray))


def _links(edges: Integers, corners: Floats, near: list[Integers], ends: Integers, nodes: int) -> Integers:
    """Choose edges between cells: short ones between streets' ends, and the shortest that join what is left apart."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    within = np.zeros(len(corners), dtype=bool)
    within[np.unique(np.concatenate(near))] = True
    edges = np.unique(np.sort(edges[within[edges].all(axis=1)], axis=1), axis=0)
    length = np.hypot(*(corners[edges[:, 0]] - corners[edges[:, 1]]).T)
    edges, length = edges[length > 0], length[length > 0]
    # Streets cost next to nothing, so that the tree holds all of them it can, and links only where they are needed.
    street = np.unique(np.sort(ends, axis=1), axis=0)
    known = {(int(a), int(b)) for a, b in street}
    fresh = np.array([(int(a), int(b)) not in known for a, b in edges], dtype=bool)
    edges, length = edges[fresh], length[fresh]
    # Before scipy 1.15 the tree takes indices of 32 bits only.
    row, column = np.concatenate([street, edges]).T.astype(np.int32)
    cost = np.concatenate([np.full(len(street), 1e-3), length])
    tree = minimum_spanning_tree(coo_array((cost, (row, column)), shape=(nodes, nodes)).tocsr()).tocoo()
    held = np.bincount(ends.ravel(), minlength=nodes) > 0
    needed = np.sort(np.column_stack([tree.row, tree.col])[tree.data > 1e-3], axis=1)
    short = edges[held[edges].all(axis=1) & (length <= SHORT)]
    chosen = np.unique(np.vstack([needed, short]).astype(np.int64), axis=0)
    while True:
        degree = np.bincount(chosen.ravel(), minlength=nodes)
        dangling = ((degree[chosen] == 1) & ~held[chosen]).any(axis=1)
        if not dangling.any():
            return chosen
        chosen = chosen[~dangling]
