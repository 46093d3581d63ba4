"""Gi* as esda, the usual Python library for it, tests it: 999 conditional shuffles, then Benjamini-Hochberg.

esda keeps each cell's own value in its place and shuffles the others. Its ``p_sim`` is the smaller of two
one-sided p-values; twice that is the two-sided p that the other tests here are compared by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import esda
import numpy as np
import pandas as pd
from libpysal.graph import Graph
from numpy.typing import NDArray

import hotspot as hs

if TYPE_CHECKING:
    Floats = NDArray[np.float64]

SHUFFLES = 999
COLUMNS = 10_000_000
"""cell_id is row times this, plus column."""


def graph_of(grid: hs.Grid, radius: float | None = None) -> Graph:
    """Return the neighbours of square cells as a binary Graph: queen, or centres within a radius."""
    ids = grid.cell_ids
    reach = 1.5 if radius is None else radius / grid.cell_size
    steps = range(-int(reach), int(reach) + 1)
    offsets = [(up, right) for up in steps for right in steps if 0 < np.hypot(up, right) <= reach]
    focal, neighbour = [], []
    for up, right in offsets:
        other = ids + up * COLUMNS + right
        there = np.isin(other, ids)
        focal.append(ids[there])
        neighbour.append(other[there])
    first, second = np.concatenate(focal), np.concatenate(neighbour)
    order = np.lexsort((second, first))
    graph = Graph.from_arrays(first[order], second[order], np.ones(len(order)))
    if not np.array_equal(graph.unique_ids, ids):
        raise ValueError("a cell without neighbours: the Graph has other cells than the grid")
    return graph


def shuffled(
    counts: NDArray[np.int64], graph: Graph, seed: int, shuffles: int = SHUFFLES
) -> tuple[Floats, Floats]:
    """Return Gi* and ``p_sim`` of every cell."""
    found = esda.G_Local(
        counts.astype(float), graph, transform="B", permutations=shuffles, star=True,
        keep_simulations=False, n_jobs=1, seed=seed,
    )  # fmt: skip
    return np.asarray(found.Zs), np.asarray(found.p_sim)


def adjusted(p: Floats) -> Floats:
    """Adjust p-values by Benjamini and Hochberg."""
    from scipy.stats import false_discovery_control

    q: Floats = false_discovery_control(p, method="bh")
    return q


def tested(cells: pd.DataFrame, graph: Graph, seed: int, *, two_sided: bool) -> pd.DataFrame:
    """Return the cells with esda's ``gi_z``, ``gi_p`` and ``gi_q``."""
    z, p = shuffled(cells["n"].to_numpy(), graph, seed)
    p = np.minimum(1.0, 2.0 * p) if two_sided else p
    return cells.assign(gi_z=z, gi_p=p, gi_q=adjusted(p))
