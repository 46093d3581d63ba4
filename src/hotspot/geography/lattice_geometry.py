"""Where the cells of a square or hexagonal lattice lie: arithmetic on integer rows and columns.

Square cell (row, col) is the half-open box [col s, (col + 1) s) x [row s, (row + 1) s).
Hexagon (row, col) has flat sides east and west, width s across flats, and its centre at
x = s (col + (row mod 2) / 2), y = row s sqrt(3) / 2: every odd row is moved half a cell east.
Every edge coordinate is one product of an integer and a constant, so that neighbouring cells share
their corners bit for bit.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

Shape = Literal["square", "hexagon"]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ROW_STEP = float(np.sqrt(3.0) / 2.0)
"""Distance between rows of hexagons, in cell sizes."""

ID_STEP = 10_000_000
"""cell_id = row x ID_STEP + col: readable, and under 10^15, so that a spreadsheet keeps every digit."""
INDEX_LIMIT = ID_STEP // 2


def to_ids(row: Integers, col: Integers) -> Integers:
    """Return the cell ids of rows and columns."""
    ids: Integers = row * ID_STEP + col
    return ids


def from_ids(cell_id: Integers) -> tuple[Integers, Integers]:
    """Return the rows and columns of cell ids."""
    col = (cell_id + INDEX_LIMIT) % ID_STEP - INDEX_LIMIT
    return (cell_id - col) // ID_STEP, col


def cell_of(x: Floats, y: Floats, cell_size: float, shape: Shape) -> tuple[Integers, Integers]:
    """Return the row and column of the one cell that holds each point.

    A point on a shared edge belongs to the cell north or east of it.
    """
    if shape == "square":
        return _floor_index(y, cell_size), _floor_index(x, cell_size)
    u, v = x / cell_size, y / (cell_size * ROW_STEP)
    low = np.floor(v)
    best_row, best_col, best_distance = low, low, np.full(len(u), np.inf)
    for row in (low, low + 1.0):
        shift = np.mod(row, 2.0) / 2.0
        col = np.floor(u - shift + 0.5)
        distance = (u - shift - col) ** 2 + ((v - row) * ROW_STEP) ** 2
        closer = distance <= best_distance
        best_row, best_col = np.where(closer, row, best_row), np.where(closer, col, best_col)
        best_distance = np.where(closer, distance, best_distance)
    return best_row.astype(np.int64), best_col.astype(np.int64)


def _floor_index(value: Floats, step: float) -> Integers:
    index = np.floor(value / step)
    # The division may round across an edge; the edge itself, index times step, decides.
    index += (index + 1.0) * step <= value
    index -= index * step > value
    return index.astype(np.int64)


def centres(row: Integers, col: Integers, cell_size: float, shape: Shape) -> tuple[Floats, Floats]:
    """Return the centres of cells, in metres."""
    if shape == "square":
        x, y = (col + 0.5) * cell_size, (row + 0.5) * cell_size
    else:
        x, y = (2 * col + (row & 1)) * (cell_size / 2.0), row * (cell_size * ROW_STEP)
    return x.astype(np.float64), y.astype(np.float64)


def polygons(row: Integers, col: Integers, cell_size: float, shape: Shape) -> NDArray[np.object_]:
    """Return the cells as polygons."""
    if shape == "square":
        boxes: NDArray[np.object_] = shapely.box(
            col * cell_size, row * cell_size, (col + 1) * cell_size, (row + 1) * cell_size
        )
        return boxes
    half_width, half_side = cell_size / 2.0, cell_size / np.sqrt(3.0) / 2.0
    across = 2 * col + (row & 1)
    x_index = np.stack([across + step for step in (0, 1, 1, 0, -1, -1)], axis=1)
    y_index = np.stack([3 * row + step for step in (-2, -1, 1, 2, 1, -1)], axis=1)
    corners = np.stack([x_index * half_width, y_index * half_side], axis=2)
    return np.asarray(shapely.polygons(corners), dtype=object)


def block_boxes(
    row: Integers, col: Integers, size: int, cell_size: float, shape: Shape
) -> NDArray[np.object_]:
    """Return boxes that hold all cells of square blocks of ``size`` rows and columns."""
    if shape == "square":
        x_low, y_low = col * cell_size, row * cell_size
        x_high, y_high = (col + size) * cell_size, (row + size) * cell_size
    else:
        side = cell_size / np.sqrt(3.0)
        x_low, x_high = (col - 0.5) * cell_size, (col + size) * cell_size
        y_low = row * (cell_size * ROW_STEP) - side
        y_high = (row + size - 1) * (cell_size * ROW_STEP) + side
    boxes: NDArray[np.object_] = shapely.box(x_low, y_low, x_high, y_high)
    return boxes


def cell_area(cell_size: float, shape: Shape) -> float:
    """Return the area of a whole cell, in square metres."""
    return cell_size**2 if shape == "square" else cell_size**2 * ROW_STEP
