"""Which cells of a lattice an area overlaps, and how much of each: quadtree, no polygon a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from hotspot.errors import InputError
from hotspot.geography.lattice_geometry import (
    INDEX_LIMIT,
    Floats,
    Integers,
    Shape,
    block_boxes,
    cell_area,
    cell_of,
    polygons,
)

SMALLEST_SHARE = 1e-6
"""Overlaps under this share of a cell are noise of the outline's coordinates, not area."""
ROUNDING = 1e-9
"""A cell that lacks less than this share is whole: the corners of hexagons are no round numbers."""
MOST_CELLS = 400_000_000


@dataclass(frozen=True)
class Overlap:
    """The cells that an area overlaps.

    ``mask`` has one entry for each cell of the bounding rows and columns, which begin at ``row0`` and
    ``col0``; ``cut`` holds the positions (in the flattened mask) of the cells that the boundary cuts,
    and ``cut_share`` the share of each that lies in the area. All other cells of the mask are whole.
    """

    row0: int
    col0: int
    mask: NDArray[np.bool_]
    cut: Integers
    cut_share: Floats


def overlap(area: BaseGeometry, cell_size: float, shape: Shape) -> Overlap:
    """Find the cells that ``area`` overlaps, and the share of each cell inside it."""
    x_low, y_low, x_high, y_high = area.bounds
    rows, cols = cell_of(np.array([x_low, x_high]), np.array([y_low, y_high]), cell_size, shape)
    row0, col0 = int(rows[0]) - 1, int(cols[0]) - 1
    height, width = int(rows[1]) - row0 + 2, int(cols[1]) - col0 + 2
    if max(abs(row0), abs(col0), abs(row0 + height), abs(col0 + width)) >= INDEX_LIMIT:
        raise InputError(f"cell_size={cell_size:g} m is too small for coordinates this far from the origin")
    if height * width > MOST_CELLS:
        raise InputError(
            f"cell_size={cell_size:g} m over this area makes up to {height * width:,} cells, more than "
            f"{MOST_CELLS:,}; use a larger cell_size"
        )
    mask = np.zeros((height, width), dtype=bool)
    positions, shares = _fill(area, mask, row0, col0, cell_size, shape)
    kept = shares > SMALLEST_SHARE
    positions, shares = positions[kept], shares[kept]
    mask.reshape(-1)[positions] = True
    cut = shares < 1.0 - ROUNDING
    positions, shares = positions[cut], shares[cut]
    order = np.argsort(positions)
    if not mask.any():
        raise InputError(
            f"the area is smaller than a millionth of a {cell_size:g} m cell; check its units and CRS"
        )
    return _trimmed(row0, col0, mask, positions[order], shares[order])


def _fill(
    area: BaseGeometry, mask: NDArray[np.bool_], row0: int, col0: int, cell_size: float, shape: Shape
) -> tuple[Integers, Floats]:
    """Mark whole cells in the mask; return the positions and shares of cut ones."""
    height, width = mask.shape
    size = 1 << max(height - 1, width - 1, 1).bit_length()
    row, col = np.array([0]), np.array([0])
    pieces = np.array([area], dtype=object)
    shapely.prepare(area)
    while size > 1:
        size //= 2
        row, col, parent = _quarters(row, col, size, height, width)
        boxes = block_boxes(row + row0, col + col0, size, cell_size, shape)
        whole = shapely.contains(area, boxes)
        for r, c in zip(row[whole].tolist(), col[whole].tolist(), strict=True):
            mask[r : r + size, c : c + size] = True
        open_blocks = ~whole & shapely.intersects(area, boxes)
        row, col, boxes = row[open_blocks], col[open_blocks], boxes[open_blocks]
        # Each block carries its own piece of the outline, so that a long outline is not searched
        # again for every cell on it.
        pieces = shapely.intersection(pieces[parent[open_blocks]], boxes)
    cells = polygons(row + row0, col + col0, cell_size, shape)
    shares = shapely.area(shapely.intersection(pieces, cells)) / cell_area(cell_size, shape)
    return (row * width + col).astype(np.int64), shares


def _quarters(
    row: Integers, col: Integers, size: int, height: int, width: int
) -> tuple[Integers, Integers, Integers]:
    parent = np.tile(np.arange(len(row)), 4)
    quarter_row = np.concatenate([row, row, row + size, row + size])
    quarter_col = np.concatenate([col, col + size, col, col + size])
    inside = (quarter_row < height) & (quarter_col < width)
    return quarter_row[inside], quarter_col[inside], parent[inside]


def _trimmed(row0: int, col0: int, mask: NDArray[np.bool_], positions: Integers, shares: Floats) -> Overlap:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(cols[0])
    trimmed = np.ascontiguousarray(mask[top : int(rows[-1]) + 1, left : int(cols[-1]) + 1])
    row, col = np.divmod(positions, mask.shape[1])
    moved = (row - top) * trimmed.shape[1] + (col - left)
    return Overlap(row0 + top, col0 + left, trimmed, moved, shares)
