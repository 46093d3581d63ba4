"""Kernel density of incidents at the cells' centres, in incidents per square kilometre."""

from __future__ import annotations

import logging
import math
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.grid import Grid
from hotspot.geography.incidents import point_coordinates, refuse_silent_sum, weights_of
from hotspot.geography.lattice_geometry import ROW_STEP, Shape, cell_of, centres
from hotspot.geography.precision import finest_unit, refuse_finer
from hotspot.statistics.bandwidth import standard_distance_rule

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]


def kernel_density(
    incidents: gpd.GeoDataFrame,
    grid: Grid,
    *,
    bandwidth: float | Literal["auto"] = "auto",
    kernel: Literal["quartic"] = "quartic",
    weight: str | None = None,
    cells: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute the quartic kernel density at the centre of every cell, exactly.

    Parameters
    ----------
    incidents
        Points with a CRS. Incidents just outside the area count too, when they are in the frame.
    grid
        The cells; their size may be finer than the data, their bandwidth may not.
    bandwidth
        The kernel's radius in metres, or "auto": the rule of `standard_distance_rule`, never under the
        locations' precision or the cell size; the choice is logged and recorded.
    kernel
        "quartic".
    weight
        A column of weights of zero or more.
    cells
        A frame of exactly these cells (from `count_incidents` or `getis_ord`) to add the density to;
        a new frame with geometry when None.

    Returns
    -------
    GeoDataFrame or DataFrame
        On ``cell_id``: ``density_per_km2``, incidents (or weight) per square kilometre.

    Raises
    ------
    InputError
        If there are no incidents, or the bandwidth is under the cell size or the data's precision.

    Notes
    -----
    density(x) = sum_i w_i 3 / (pi h^2) (1 - (d_i / h)^2)^2 for d_i <= h. Each incident counts at its
    own coordinates; identical coordinates are summed first. The integral over the plane is the sum of
    the weights; there is no edge correction, so density falls off within h of the boundary.

    How this can mislead: pure noise makes convincing peaks. Never show density without the test
    (`getis_ord`) beside it.

    Source: Silverman (1986), Density Estimation for Statistics and Data Analysis, equation 4.5.
    """
    if kernel != "quartic":
        raise InputError(f"kernel={kernel!r} is not known; use 'quartic'")
    refuse_silent_sum(incidents, "kernel_density")
    x, y = point_coordinates(incidents, grid.crs)
    if len(x) == 0:
        raise InputError("there are no incidents to make a density of; check the filter and the area")
    weights = np.ones(len(x)) if weight is None else weights_of(incidents, weight)
    radius = _radius(incidents, grid, bandwidth, x, y)
    x, y, weights = _collapsed(x, y, weights)
    density = _on_lattice(grid, x, y, weights, radius) * 1e6
    table = pd.DataFrame({"density_per_km2": density}, index=pd.Index(grid.cell_ids, name="cell_id"))
    step = {"kernel": kernel, "bandwidth_m": radius, "chosen": bandwidth == "auto", "weight": weight}
    if cells is None:
        result = provenance.carry(incidents, table, "kernel_density", **grid.parameters(), **step)
        for text in grid.notes:
            provenance.note(result, text)
        shown: pd.DataFrame = grid.add_geometry(result)
        return shown
    grid.rows_of(cells)
    joined = cells.copy()
    joined["density_per_km2"] = table["density_per_km2"].reindex(cells.index).to_numpy()
    return provenance.carry(cells, joined, "kernel_density", **step)


def _radius(
    incidents: gpd.GeoDataFrame, grid: Grid, bandwidth: float | Literal["auto"], x: Floats, y: Floats
) -> float:
    if isinstance(bandwidth, str):
        if bandwidth != "auto":
            raise InputError(f"bandwidth={bandwidth!r} is not known; give metres, or 'auto'")
        ruled = standard_distance_rule(x, y)
        floor = max(finest_unit(incidents)[0], grid.cell_size)
        chosen = max(ruled, floor)
        reason = (
            "standard distance rule" if ruled >= floor else f"the rule's {ruled:.0f} m is under the floor"
        )
        log.info("bandwidth: %.0f m, chosen automatically (%s, %s incidents)", chosen, reason, f"{len(x):,}")
        return float(chosen)
    if not (isinstance(bandwidth, int | float | np.number) and math.isfinite(bandwidth) and bandwidth > 0):
        raise InputError(f"bandwidth={bandwidth!r} is not a positive number of metres; 300 is a usual value")
    refuse_finer(incidents, float(bandwidth), "bandwidth")
    if bandwidth < grid.cell_size:
        raise InputError(
            f"bandwidth={bandwidth:g} m is under cell_size={grid.cell_size:g} m: incidents between cell centres "
            "would not show; use a larger bandwidth or smaller cells"
        )
    return float(bandwidth)


def _collapsed(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Sum the weights of identical coordinates: map points repeat many times."""
    codes, distinct = pd.factorize(x + 1j * y, sort=False)
    summed: Floats = np.bincount(codes, weights=weights, minlength=len(distinct)).astype(float)
    # A fixed order of summation makes the result independent of the order of rows.
    order = np.lexsort((distinct.imag, distinct.real))
    return distinct.real[order], distinct.imag[order], summed[order]


def _on_lattice(grid: Grid, x: Floats, y: Floats, weights: Floats, radius: float) -> Floats:
    """Scatter each point's kernel over the cells around it, offset by offset."""
    size, shape = grid.cell_size, grid.shape
    height, width = grid.mask.shape
    density = np.zeros(height * width)
    row, col = cell_of(x, y, size, shape)
    scale = 3.0 / (math.pi * radius * radius)
    for row_offset, col_offset in _offsets(radius / size, shape):
        r, c = row + row_offset, col + col_offset
        cx, cy = centres(r, c, size, shape)
        u = ((cx - x) ** 2 + (cy - y) ** 2) / (radius * radius)
        i, j = r - grid.row0, c - grid.col0
        near = (u < 1.0) & (i >= 0) & (i < height) & (j >= 0) & (j < width)
        part = scale * weights[near] * (1.0 - u[near]) ** 2
        density += np.bincount(i[near] * width + j[near], weights=part, minlength=height * width)
    inside: Floats = density[grid.mask.reshape(-1)]
    return inside


def _offsets(reach: float, shape: Shape) -> list[tuple[int, int]]:
    """Return the rows and columns, relative to a point's cell, whose centres can be within reach."""
    step = 1.0 if shape == "square" else ROW_STEP
    rows, cols = math.ceil((reach + 1.0) / step), math.ceil(reach + 1.0)
    return [
        (i, j)
        for i in range(-rows, rows + 1)
        for j in range(-cols, cols + 1)
        # A point is at most one cell from its own centre, and a hexagon's row is shifted by half a cell.
        if math.hypot(max(abs(i) * step - 1.0, 0.0), max(abs(j) - 1.5, 0.0)) <= reach
    ]
