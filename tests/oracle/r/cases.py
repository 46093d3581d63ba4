"""The inputs that local_g.R and the test beside it share: data sets of libpysal, and random masked lattices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np


@dataclass(frozen=True)
class DataSet:
    """A data set that libpysal carries: its file, the column to test, and which areas are neighbours."""

    name: str
    file: str
    value: str
    # Map units between points; None is queen contiguity of polygons.
    band: float | None = None


@dataclass(frozen=True)
class Lattice:
    """A random mask with holes: its cells are neighbours up to ``reach`` cells, None for those that touch."""

    name: str
    shape: str
    seed: int
    row0: int
    reach: float | None = None

    @property
    def centres_within(self) -> float:
        """Return the reach in cells; squares that share a corner are sqrt(2) apart, hexagons that touch 1."""
        return self.reach or (1.5 if self.shape == "square" else 1.0)


# Four points of baltim have no other within 8 map units.
DATA_SETS = [
    DataSet("columbus", "columbus.shp", "CRIME"),
    DataSet("sids2", "sids2.shp", "SID74"),
    DataSet("stl", "stl_hom.shp", "HC7984"),
    DataSet("georgia", "G_utm.shp", "PctPov"),
    DataSet("baltim", "baltim.shp", "PRICE", band=8.0),
]

LATTICES = [
    Lattice("square_queen", "square", seed=41, row0=1400),
    Lattice("square_reach", "square", seed=42, row0=1401, reach=3.5),
    Lattice("hexagon_touching", "hexagon", seed=43, row0=1400),
    Lattice("hexagon_reach", "hexagon", seed=44, row0=1401, reach=3.0),
]


def load(data: DataSet) -> tuple[gpd.GeoDataFrame, Any]:
    """Return the areas, on ids that are no positions, and their Graph of binary weights."""
    import libpysal
    from libpysal.graph import Graph

    path = libpysal.examples.load_example(data.name).get_path(data.file)
    areas = gpd.read_file(path)[[data.value, "geometry"]]
    # None of the five states its CRS; neighbours need only that it is a plane.
    areas = areas.set_crs(27700, allow_override=True)
    areas.index = [f"area {7 * i % 1009:04d}" for i in range(len(areas))]
    if data.band is None:
        return areas, Graph.build_contiguity(areas, rook=False)
    return areas, Graph.build_distance_band(areas, data.band, binary=True)


def pairs_of(areas: gpd.GeoDataFrame, graph: Any) -> list[tuple[int, int]]:
    """Return the neighbours as pairs of positions; an area without any is in none."""
    place = {label: i for i, label in enumerate(areas.index)}
    links = graph.adjacency
    heads, tails = links.index.get_level_values(0), links.index.get_level_values(1)
    return sorted(
        (place[head], place[tail])
        for head, tail, weight in zip(heads, tails, links, strict=True)
        if weight > 0 and head != tail
    )


def cells_of(lattice: Lattice) -> list[tuple[int, int, int]]:
    """Return row, column and count of each cell: rows from ``row0``, a hole, one lonely cell, one busy cell."""
    rng = np.random.default_rng(lattice.seed)
    keep = rng.random((13, 16)) < 0.75
    keep[4:7, 5:9] = False
    keep[8:13, 11:16] = False
    keep[10, 13] = True
    # Powers of uniform numbers: skewed counts from 0 to 7, mostly 0.
    counts = (8 * rng.random(keep.shape) ** 4).astype(np.int64)
    counts[2, 2] = 51
    keep[2, 2] = True
    spots = zip(*np.nonzero(keep), strict=True)
    return [(lattice.row0 + int(r), 1990 + int(c), int(counts[r, c])) for r, c in spots]
