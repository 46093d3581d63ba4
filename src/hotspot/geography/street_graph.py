"""How street segments hang together: which share a node, as a graph and as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.streets import check_streets

if TYPE_CHECKING:
    from libpysal.graph import Graph

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class StreetNetwork:
    """Segments and nodes as arrays; the order is that of the ids, not that of the rows.

    Segment ``i`` runs from node ``start[i]`` to node ``end[i]``, in the direction of its line; the two are equal for
    a loop.
    """

    street_ids: NDArray[Any]
    """Ids of the segments, sorted, shape (segments,)."""
    nodes: NDArray[Any]
    """Ids of the nodes, sorted, shape (nodes,)."""
    start: Integers
    """Row in ``nodes`` of each segment's first end, shape (segments,)."""
    end: Integers
    """Row in ``nodes`` of each segment's last end, shape (segments,)."""
    length_m: Floats
    """Length of each segment's line in metres, shape (segments,)."""

    @property
    def degree(self) -> Integers:
        """Ends of segments at each node, a loop counted twice: 1 is a dead end, 3 or more a junction."""
        both = np.concatenate([self.start, self.end])
        return np.bincount(both, minlength=len(self.nodes)).astype(np.int64)

    def neighbours(self) -> tuple[Integers, Integers]:
        """Return the segments that share a node: rows ``heads[e]`` and ``tails[e]``, each pair in both directions once."""
        segment = np.concatenate([np.arange(len(self.start)), np.arange(len(self.end))])
        ends = pd.DataFrame({"node": np.concatenate([self.start, self.end]), "segment": segment})
        ends = ends.drop_duplicates()
        pairs = ends.merge(ends, on="node", suffixes=("", "_other"))
        pairs = pairs[pairs["segment"] != pairs["segment_other"]]
        pairs = (
            pairs[["segment", "segment_other"]].drop_duplicates().sort_values(["segment", "segment_other"])
        )
        return pairs["segment"].to_numpy(dtype=np.int64), pairs["segment_other"].to_numpy(dtype=np.int64)


def street_network(streets: gpd.GeoDataFrame) -> StreetNetwork:
    """Return the segments and nodes of streets as arrays.

    Parameters
    ----------
    streets
        As `read_streets` returns them: ``street_id``, ``start_node``, ``end_node`` and lines.

    Returns
    -------
    StreetNetwork

    Raises
    ------
    InputError
        If a column is missing, an id is missing or repeated, or a segment lacks a node.

    Notes
    -----
    How this can mislead: streets join only where a node says so. Lines without nodes of their own join where their
    ends meet, not where they cross; see `read_streets`. Streets beyond the buffer of the area are not there, so the
    network is cut at its edge.
    """
    lines = check_streets(streets, "start_node", "end_node")
    for column in ("start_node", "end_node"):
        missing = np.flatnonzero(lines[column].isna().to_numpy())
        if len(missing):
            raise InputError(
                f"{len(missing):,} of {len(lines):,} streets have no {column} (the first is row "
                f"{streets.index[int(missing[0])]}); read them with read_streets, which names every node"
            )
    ids = lines["street_id"].astype("str").to_numpy(dtype=object)
    order = np.argsort(ids, kind="stable")
    ends = lines[["start_node", "end_node"]].astype("str").to_numpy(dtype=object)[order]
    rows, nodes = pd.factorize(ends.ravel(), sort=True)
    pairs = np.asarray(rows, dtype=np.int64).reshape(-1, 2)
    return StreetNetwork(
        street_ids=ids[order],
        nodes=np.asarray(nodes, dtype=object),
        start=pairs[:, 0],
        end=pairs[:, 1],
        length_m=shapely.length(lines.geometry.to_numpy()[order]),
    )


def street_graph(streets: gpd.GeoDataFrame) -> Graph:
    """Return which street segments are neighbours: those that share a node.

    Parameters
    ----------
    streets
        As `read_streets` returns them.

    Returns
    -------
    libpysal.graph.Graph
        Binary, on the street ids; a segment that shares no node is an isolate. For `getis_ord` put
        ``street_id`` on the index of the table.

    Raises
    ------
    InputError
        As `street_network`.

    Notes
    -----
    How this can mislead: all segments at a junction are neighbours, however short or long; a street of many short
    segments reaches less far than one of few long ones.

    Examples
    --------
    >>> import shapely
    >>> lines = [shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(9, 0), (9, 9)])]
    >>> nodes = {"start_node": ["a", "b"], "end_node": ["b", "c"]}
    >>> streets = gpd.GeoDataFrame({"street_id": ["1", "2"], **nodes}, geometry=lines, crs=27700)
    >>> street_graph(streets).adjacency.to_dict()
    {('1', '2'): 1, ('2', '1'): 1}
    """
    from libpysal.graph import Graph

    network = street_network(streets)
    heads, tails = network.neighbours()
    alone = np.setdiff1d(np.arange(len(network.street_ids)), heads)
    # The library writes an isolate as its own neighbour with the weight 0.
    weights = np.concatenate([np.ones(len(heads), dtype=np.int64), np.zeros(len(alone), dtype=np.int64)])
    ids = network.street_ids
    return Graph.from_arrays(
        ids[np.concatenate([heads, alone])], ids[np.concatenate([tails, alone])], weights
    )
