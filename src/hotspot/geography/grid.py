"""Grid: the cells that cover an area, aligned to the origin of its coordinate reference system."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any, overload

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import as_area
from hotspot.geography.lattice_geometry import (
    Floats,
    Integers,
    Shape,
    cell_area,
    cell_of,
    centres,
    from_ids,
    polygons,
    to_ids,
)
from hotspot.geography.overlap import Overlap, overlap

log = logging.getLogger("hotspot")


class Grid:
    """Square or hexagonal cells over an area.

    Make one with `Grid.over`. The lattice starts at the origin (0, 0) of the coordinate reference
    system, so the same cell has the same ``cell_id`` in every run and for every area.

    Attributes
    ----------
    cell_size : float
        Metres: the side of a square; the width of a hexagon across its flat sides.
    shape : {"square", "hexagon"}
    crs : pyproj.CRS
    cell_ids : array of int64, shape (n_cells,)
        Ascending: row x 10,000,000 + column.
    share_in_area : array of float, shape (n_cells,)
        The share of each cell that lies inside the area, over 0 and at most 1.
    """

    def __init__(self, cell_size: float, shape: Shape, crs: CRS, area: BaseGeometry, cover: Overlap) -> None:
        self.cell_size = cell_size
        self.shape: Shape = shape
        self.crs = crs
        self.area = area
        self._cover = cover
        self.notes: list[str] = []

    @classmethod
    def over(
        cls, area: gpd.GeoDataFrame | str | os.PathLike[str], *, cell_size: float, shape: Shape = "square"
    ) -> Grid:
        """Cover an area with cells: every cell that overlaps it, and no other.

        Parameters
        ----------
        area
            Polygons, or a vector file with one layer. In a projected CRS in metres they keep it;
            otherwise they are brought to EPSG:27700.
        cell_size
            Metres: the side of a square, or a hexagon's width across flats (the spacing of centres).
        shape
            "square", or "hexagon" with flat sides east and west.

        Raises
        ------
        InputError
            If cell_size is not a positive number, or the cells would be too many.
        """
        if shape not in ("square", "hexagon"):
            raise InputError(f"shape={shape!r} is not known; use 'square' or 'hexagon'")
        if not isinstance(cell_size, int | float | np.number) or not 1e-3 <= cell_size <= 1e7:
            raise InputError(
                f"cell_size={cell_size!r} is not a positive number of metres; 200 is a usual size"
            )
        frame = as_area(area, keep_projected=True)
        outline = frame.union_all()
        grid = cls(
            float(cell_size), shape, CRS(frame.crs), outline, overlap(outline, float(cell_size), shape)
        )
        grid.notes = list(provenance.of(frame)["notes"])
        log.info("grid: %s cells (%s, %g m) overlap the area", f"{len(grid):,}", shape, cell_size)
        return grid

    def __len__(self) -> int:
        return int(np.count_nonzero(self._cover.mask))

    def __repr__(self) -> str:
        return f"<Grid of {len(self):,} {self.shape} cells, {self.cell_size:g} m, {self.crs.to_string()}>"

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The cells as a matrix of rows (south to north) and columns (west to east)."""
        return self._cover.mask

    @property
    def row0(self) -> int:
        """The row number of the mask's first row."""
        return self._cover.row0

    @property
    def col0(self) -> int:
        """The column number of the mask's first column."""
        return self._cover.col0

    @property
    def _rows_cols(self) -> tuple[Integers, Integers]:
        row, col = np.nonzero(self._cover.mask)
        return row + self._cover.row0, col + self._cover.col0

    @property
    def cell_ids(self) -> Integers:
        """Ids of the cells, ascending."""
        return to_ids(*self._rows_cols)

    @property
    def share_in_area(self) -> Floats:
        """Share of each cell inside the area, in the order of ``cell_ids``."""
        share = np.ones(self._cover.mask.size)
        share[self._cover.cut] = self._cover.cut_share
        return share[self._cover.mask.reshape(-1)]

    @property
    def cell_area_km2(self) -> float:
        """Area of a whole cell in square kilometres."""
        return cell_area(self.cell_size, self.shape) / 1e6

    def centres(self) -> tuple[Floats, Floats]:
        """Return the x and y of the cells' centres, in the order of ``cell_ids``."""
        return centres(*self._rows_cols, self.cell_size, self.shape)

    def positions_of(self, x: Floats, y: Floats) -> Integers:
        """Return the position in ``mask.ravel()`` of the cell that holds each point, -1 for none."""
        row, col = cell_of(x, y, self.cell_size, self.shape)
        row, col = row - self._cover.row0, col - self._cover.col0
        height, width = self._cover.mask.shape
        inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
        position = np.where(inside, row * width + col, -1)
        position[inside] = np.where(self._cover.mask.reshape(-1)[position[inside]], position[inside], -1)
        return position

    def nearest_position(self, x: float, y: float) -> int:
        """Return the position of the area's cell whose centre is nearest among those around a point."""
        rows, cols = cell_of(np.array([x]), np.array([y]), self.cell_size, self.shape)
        height, width = self._cover.mask.shape
        around = []
        for row in range(int(rows[0]) - 1, int(rows[0]) + 2):
            for col in range(int(cols[0]) - 1, int(cols[0]) + 2):
                r, c = row - self._cover.row0, col - self._cover.col0
                if 0 <= r < height and 0 <= c < width and self._cover.mask[r, c]:
                    cx, cy = centres(np.array([row]), np.array([col]), self.cell_size, self.shape)
                    around.append(((float(cx[0]) - x) ** 2 + (float(cy[0]) - y) ** 2, r * width + c))
        return min(around)[1] if around else -1

    def rows_of(self, cells: pd.DataFrame) -> Integers:
        """Return the row of a frame that holds each cell, in the order of ``cell_ids``.

        Raises
        ------
        InputError
            If the frame is not exactly this grid's cells, each once, in any order.
        """
        ids, index = self.cell_ids, cells.index
        if not pd.api.types.is_integer_dtype(index.dtype) or len(index) != len(ids) or not index.is_unique:
            raise InputError(
                f"the frame must have one row for each of the grid's {len(ids):,} cells, on cell_id; it has "
                f"{len(index):,} rows. Use count_incidents on this grid, and filter only afterwards"
            )
        order = index.get_indexer(pd.Index(ids))
        if (order < 0).any():
            first = int(ids[int(np.flatnonzero(order < 0)[0])])
            raise InputError(
                f"{int((order < 0).sum()):,} cells of the grid are not in the frame (the first is {first}, "
                f"{self.label(first)}); count the incidents on this same grid"
            )
        return np.asarray(order, dtype=np.int64)

    def in_order(self, cells: pd.DataFrame) -> bool:
        """Tell whether a frame is exactly this grid's cells, in the order of ``cell_ids``."""
        index = cells.index
        return bool(
            len(index) == len(self)
            and pd.api.types.is_integer_dtype(index.dtype)
            and np.array_equal(index.to_numpy(), self.cell_ids)
        )

    @property
    def has_cut_cells(self) -> bool:
        """Whether the boundary cuts any cell."""
        return len(self._cover.cut) > 0

    def cut_cells(self) -> tuple[Integers, Floats]:
        """Return the positions in ``mask.ravel()`` of the cells that the boundary cuts, and their shares."""
        return self._cover.cut, self._cover.cut_share

    def to_matrix(self, values: NDArray[Any]) -> NDArray[Any]:
        """Put values, in the order of ``cell_ids``, into a matrix with zeros outside the area."""
        matrix = np.zeros(self._cover.mask.shape, dtype=values.dtype)
        matrix[self._cover.mask] = values
        return matrix

    def is_whole(self) -> NDArray[np.bool_]:
        """Tell for every entry of ``mask.ravel()`` whether the whole cell lies in the area."""
        whole = self._cover.mask.reshape(-1).copy()
        whole[self._cover.cut] = False
        return whole

    def polygons(self, cell_ids: Integers | None = None) -> NDArray[np.object_]:
        """Return cells as polygons, all of them when no ids are given."""
        row, col = self._rows_cols if cell_ids is None else from_ids(np.asarray(cell_ids, dtype=np.int64))
        return polygons(row, col, self.cell_size, self.shape)

    def add_geometry(self, frame: pd.DataFrame) -> gpd.GeoDataFrame:
        """Return the frame, which is indexed by cell_id, with the cells' polygons."""
        shapes = self.polygons(frame.index.to_numpy(dtype=np.int64))
        return provenance.put(gpd.GeoDataFrame(frame, geometry=shapes, crs=self.crs), provenance.of(frame))

    @overload
    def label(self, cell_id: int) -> str: ...
    @overload
    def label(self, cell_id: Sequence[int] | Integers | pd.Index) -> list[str]: ...
    def label(self, cell_id: int | Sequence[int] | Integers | pd.Index) -> str | list[str]:
        """Name a cell for people: its south-west corner (square) or centre (hexagon), in metres."""
        ids = np.atleast_1d(np.asarray(cell_id, dtype=np.int64))
        row, col = from_ids(ids)
        if self.shape == "square":
            x, y = col * self.cell_size, row * self.cell_size
        else:
            x, y = centres(row, col, self.cell_size, self.shape)
        labels = [f"E{east:.0f} N{north:.0f}" for east, north in zip(x, y, strict=True)]
        return labels[0] if np.ndim(cell_id) == 0 else labels

    def parameters(self) -> dict[str, Any]:
        """Return what describes the grid, for records and manifests."""
        return {
            "cell_size_m": self.cell_size,
            "shape": self.shape,
            "crs": self.crs.to_string(),
            "cells": len(self),
            "cut_cells": len(self._cover.cut),
        }
