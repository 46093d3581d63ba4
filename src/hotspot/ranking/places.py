"""What one location is: a shared id, or points that lie within a distance of one another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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
    codes, distinct = pd.factorize(x + 1j * y)
    px, py = distinct.real, distinct.imag
    count = np.bincount(codes, minlength=len(distinct))
    tree = KDTree(np.column_stack([px, py]))
    group = np.full(len(distinct), -1, dtype=np.int64)
    opened = 0
    for seed in np.lexsort((py, px, -count)).tolist():
        if group[seed] >= 0:
            continue
        # The tree's own rounding must not decide an exact distance: look a little further, then measure.
        near = np.array(tree.query_ball_point((px[seed], py[seed]), within * (1 + 1e-9)), dtype=np.int64)
        near = near[group[near] < 0]
        away = np.hypot(px[near] - px[seed], py[near] - py[seed])
        order = np.lexsort((py[near], px[near], away))
        members = [seed]
        for point in near[order].tolist():
            if point != seed and _reaches_all(px, py, point, members, within):
                members.append(point)
        group[members] = opened
        opened += 1
    return group[codes]


def _reaches_all(px: Floats, py: Floats, point: int, members: list[int], within: float) -> bool:
    return bool(np.all(np.hypot(px[members] - px[point], py[members] - py[point]) <= within))
