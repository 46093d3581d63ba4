"""Neighbours of irregular areas: a labelled graph as arrays, in an order that the rows do not decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class GraphLike(Protocol):
    """What is used of a libpysal.graph.Graph, which this library does not need to be installed."""

    @property
    def adjacency(self) -> pd.Series[float]:
        """Weights by focal and neighbouring id."""

    @property
    def unique_ids(self) -> Any:
        """Ids of all areas, those without neighbours among them."""


@dataclass(frozen=True)
class Links:
    """Area ``heads[e]`` has the neighbour ``tails[e]``, another area, with the weight ``weights[e]``.

    The areas are numbered in the order of their sorted ids, so that neither the rows of the frame nor those of
    the graph decide a random number. Each area's weights are divided by its largest: every statistic here is
    free of their scale, and equal weights become exactly 1.
    """

    rows: Integers
    """The row of the frame that holds each area."""
    heads: Integers
    tails: Integers
    weights: Floats
    own: Floats
    """Each area's weight of itself; 0 where it is left out."""

    @property
    def equal(self) -> bool:
        """Tell whether each area's weights are all equal, its own among them."""
        return bool((self.weights == 1.0).all() and np.isin(self.own, (0.0, 1.0)).all())

    @property
    def drawn(self) -> Integers:
        """Number of areas in each neighbourhood."""
        found = np.bincount(self.heads, minlength=len(self.rows)) + (self.own > 0)
        return np.asarray(found, dtype=np.int64)

    @property
    def total(self) -> Floats:
        """Sum of each area's weights."""
        return np.asarray(np.bincount(self.heads, self.weights, len(self.rows)) + self.own)

    @property
    def squares(self) -> Floats:
        """Sum of each area's squared weights."""
        return np.asarray(np.bincount(self.heads, self.weights**2, len(self.rows)) + self.own**2)

    def lag(self, values: NDArray[Any]) -> Floats:
        """Return each area's weighted sum of its neighbours, itself included where it has a weight."""
        around = np.bincount(self.heads, self.weights * values[self.tails], len(self.rows))
        return np.asarray(around + self.own * values)

    def between(self, others: Integers) -> Floats:
        """Return the weight that each area gives to one other area."""
        n = len(self.rows)
        # Heads, and the tails of each head, ascend: one number a link ascends too.
        keys = self.heads * n + self.tails
        wanted = np.arange(n) * n + others
        place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        if len(keys) == 0:
            return np.zeros(n)
        return np.where(keys[place] == wanted, self.weights[place], 0.0)


def is_graph(thing: object) -> TypeGuard[GraphLike]:
    """Tell whether something has the labels and links of a libpysal Graph, without importing libpysal."""
    return hasattr(thing, "adjacency") and hasattr(thing, "unique_ids")


def links_of(areas: pd.DataFrame, graph: GraphLike, *, star: bool) -> Links:
    """Read the links of a libpysal Graph.

    Parameters
    ----------
    areas
        A frame whose index is the graph's ids, in any order.
    graph
        Weights of zero or more. A link of weight 0 is none.
    star
        True gives each area a weight of itself: that of the graph where it has one (its diagonal), otherwise
        the largest of the area's weights, which is 1 in a binary graph. False leaves the diagonal out.

    Raises
    ------
    InputError
        If the index is not exactly the graph's ids, or a weight is negative or not finite.
    """
    if not is_graph(graph):
        raise InputError(
            f"the neighbours are no graph but {type(graph).__name__}; give a libpysal.graph.Graph, such as "
            "Graph.build_contiguity(areas, rook=False), or Graph.from_W(w) for the older kind of weights"
        )
    _check_ids(areas.index, pd.Index(graph.unique_ids))
    rows = _sorted_rows(areas.index)
    ids = areas.index.take(rows)
    adjacency = graph.adjacency
    weights: Floats = np.asarray(adjacency, dtype=np.float64)
    bad = ~np.isfinite(weights) | (weights < 0)
    if bad.any():
        first = adjacency.index[int(np.flatnonzero(bad)[0])]
        raise InputError(
            f"{int(bad.sum()):,} weights of the graph are negative or not finite (the first is from {first[0]!r} "
            f"to {first[1]!r}); use weights of zero or more"
        )
    kept = weights > 0
    heads = ids.get_indexer(adjacency.index.get_level_values(0))[kept].astype(np.int64)
    tails = ids.get_indexer(adjacency.index.get_level_values(1))[kept].astype(np.int64)
    return _arranged(rows, heads, tails, weights[kept], star)


def _arranged(rows: Integers, heads: Integers, tails: Integers, weights: Floats, star: bool) -> Links:
    n, itself = len(rows), heads == tails
    diagonal = np.zeros(n)
    diagonal[heads[itself]] = weights[itself]
    order = np.lexsort((tails[~itself], heads[~itself]))
    heads, tails, weights = (part[~itself][order] for part in (heads, tails, weights))
    largest = np.zeros(n)
    np.maximum.at(largest, heads, weights)
    own = np.zeros(n)
    if star:
        own = np.where(diagonal > 0, diagonal, np.where(largest > 0, largest, 1.0))
        largest = np.maximum(largest, own)
    scale = np.where(largest > 0, largest, 1.0)
    return Links(rows, heads, tails, _snapped(weights / scale[heads]), _snapped(own / scale))


def _snapped(shares: Floats) -> Floats:
    """Return 1 for shares that only rounding keeps from it: they tell equal weights from unequal ones."""
    return np.where(np.abs(shares - 1.0) < 1e-9, 1.0, shares)


def _check_ids(index: pd.Index, ids: pd.Index) -> None:
    if not index.is_unique:
        twice = index[index.duplicated()]
        raise InputError(
            f"{len(twice):,} ids stand on more than one row of the areas (the first is {twice[0]!r}); "
            "use one row for each area, as the graph has"
        )
    missing, unknown = ids.difference(index, sort=False), index.difference(ids, sort=False)
    if len(missing) == 0 and len(unknown) == 0:
        return
    parts = []
    if len(missing):
        parts.append(f"{len(missing):,} ids of the graph are not in the areas (the first is {missing[0]!r})")
    if len(unknown):
        parts.append(f"{len(unknown):,} areas are not in the graph (the first is {unknown[0]!r})")
    raise InputError(
        f"{' and '.join(parts)}; set the column of ids that the graph was built on as the index, "
        "and filter areas only afterwards"
    )


def _sorted_rows(index: pd.Index) -> Integers:
    ids = index.tolist()
    # Ids of several types cannot be compared with one another: the name of the type comes first.
    rows = sorted(range(len(ids)), key=lambda row: (type(ids[row]).__name__, ids[row]))
    return np.array(rows, dtype=np.int64)
