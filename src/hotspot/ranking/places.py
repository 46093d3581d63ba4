"""Points that lie within a distance of one another are one location: no chaining, whatever the order of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_AT_ONCE = 200_000
"""About how many neighbours are looked up in one go: few enough to hold, enough to be quick."""
_LOOK = 16
"""Points from which on it pays to look at the convex hull of them instead of at each."""


def group_within(x: Floats, y: Floats, within: float) -> Integers:
    """Group points so that no two of one group are more than ``within`` metres apart.

    Each point is in exactly one group. The busiest free point opens a group and takes its free
    neighbours, nearest first, as long as each is within reach of all that the group already holds:
    so groups never chain down a street. Ties go to the point further west, then south; the order of
    the rows does not matter.

    Parameters
    ----------
    x, y
        Coordinates in metres, one an incident.
    within
        The largest distance between any two points of a group, in metres.

    Returns
    -------
    array of int64
        The group of each incident, numbered in the order in which groups opened.
    """
    codes, px, py = distinct_points(x, y)
    return group_points(px, py, np.bincount(codes, minlength=len(px)), within)[0][codes]


def distinct_points(x: Floats, y: Floats) -> tuple[Integers, Floats, Floats]:
    """Return the number of each row's point, and the points' x and y."""
    codes, points = pd.factorize(x + 1j * y)
    return codes.astype(np.int64), points.real, points.imag


def group_points(px: Floats, py: Floats, count: NDArray[Any], within: float) -> tuple[Integers, Integers]:
    """Group distinct points as `group_within` does.

    Parameters
    ----------
    px, py
        Coordinates in metres, no two points the same.
    count
        Incidents at each point, zero for a place without any.
    within
        The largest distance between any two points of a group, in metres.

    Returns
    -------
    tuple of two arrays of int64
        The group of each point, and the point that opened each group.
    """
    if len(px) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    xy = np.column_stack([px, py])
    tree = KDTree(xy)
    # The tree's own rounding must not decide an exact distance: look a little further, then measure.
    reach = within * (1 + 1e-9)
    opener = np.full(len(px), -1, dtype=np.int64)
    alone = np.isinf(np.asarray(tree.query(xy, k=[2], distance_upper_bound=reach)[0])[:, 0])
    opener[alone] = np.flatnonzero(alone)
    order = np.lexsort((py, px, -count))
    waiting = order[opener[order] < 0]
    first, batch = 0, 1
    while first < len(waiting):
        seeds = waiting[first : first + batch]
        seeds = seeds[opener[seeds] < 0]
        first += batch
        found: Any = tree.query_ball_point(xy[seeds], reach)
        for seed, near in zip(seeds.tolist(), found, strict=True):
            if opener[seed] < 0:
                opener[_members(px, py, seed, np.array(near, dtype=np.int64), opener, within)] = seed
        if len(seeds):
            batch = max(1, min(1024, _AT_ONCE * len(seeds) // sum(len(near) for near in found)))
    place = np.empty(len(px), dtype=np.int64)
    place[order] = np.arange(len(px))
    openers = order[np.unique(place[opener])]
    number = np.empty(len(px), dtype=np.int64)
    number[openers] = np.arange(len(openers))
    return number[opener], openers


def _members(px: Floats, py: Floats, seed: int, near: Integers, opener: Integers, within: float) -> list[int]:
    """Return the points that a new group holds: its seed, and free neighbours that reach all of it."""
    near = near[(opener[near] < 0) & (near != seed)]
    away = np.hypot(px[near] - px[seed], py[near] - py[seed])
    near, away = near[away <= within], away[away <= within]
    order = np.lexsort((py[near], px[near], away))
    rest = near[order]
    # Points nearer than half the distance to the seed are within reach of one another: taken in one go.
    close = int(np.searchsorted(away[order], within / 2 * (1 - 1e-9)))
    members, rest = [seed, *rest[:close].tolist()], rest[close:]
    for edge in _extremes(px, py, np.array(members, dtype=np.int64)):
        rest = rest[np.hypot(px[rest] - px[edge], py[rest] - py[edge]) <= within]
    steps, look = 0, _LOOK
    while len(rest):
        if steps == look:
            if _all_reach(px, py, np.array([*members, *rest], dtype=np.int64), within):
                return [*members, *rest.tolist()]
            look *= 2
        taken, rest = int(rest[0]), rest[1:]
        members.append(taken)
        rest = rest[np.hypot(px[rest] - px[taken], py[rest] - py[taken]) <= within]
        steps += 1
    return members


def _extremes(px: Floats, py: Floats, points: Integers) -> Integers:
    """Return the points that are farthest from any other point: corners of the convex hull."""
    if len(points) <= _LOOK:
        return points
    xy = np.column_stack([px[points], py[points]])
    hull = shapely.get_coordinates(shapely.convex_hull(shapely.multipoints(xy)))
    corner = np.isin(xy[:, 0] + 1j * xy[:, 1], hull[:, 0] + 1j * hull[:, 1])
    return points[corner]


def _all_reach(px: Floats, py: Floats, points: Integers, within: float) -> bool:
    edge = _extremes(px, py, points)
    return all(bool((np.hypot(px[edge] - px[e], py[edge] - py[e]) <= within).all()) for e in edge.tolist())
