"""Count incidents in the cells of a grid, each once."""

from __future__ import annotations

import re
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.grid import Grid
from hotspot.geography.incidents import point_coordinates, refuse_silent_sum, weights_of
from hotspot.geography.precision import refuse_finer

MOST_VALUES = 50


def count_incidents(
    incidents: gpd.GeoDataFrame,
    grid: Grid,
    *,
    weight: str | None = None,
    by: str | None = None,
    geometry: bool = True,
) -> pd.DataFrame:
    """Count the incidents of each cell; cells without any are kept with zero.

    Parameters
    ----------
    incidents
        Points with a CRS; brought to the grid's.
    grid
        The cells.
    weight
        A column of weights of zero or more; adds ``weight_sum``. ``n`` stays the count.
    by
        A column of at most 50 values; adds one column ``n_<value>`` each.
    geometry
        Add the cells' polygons. Without them the result is a plain frame, for millions of cells;
        `Grid.add_geometry` adds them later.

    Returns
    -------
    GeoDataFrame or DataFrame
        On ``cell_id`` ascending: ``n`` (int64), ``weight_sum``, ``n_<value>``, ``share_in_area``
        (of the cell, 0 to 1), ``geometry`` (whole cells, not clipped).

    Raises
    ------
    InputError
        If rows have no point, or the cells are finer than the incidents' locations.

    Warns
    -----
    HotspotWarning
        If incidents lie outside the area: they are in no cell, and the message counts them and names
        the first rows.

    Notes
    -----
    Cells are half-open: a point on a shared edge belongs to the cell north or east of it. A point on
    the area's own edge is inside.
    """
    refuse_silent_sum(incidents, "count_incidents")
    refuse_finer(incidents, grid.cell_size, "cell_size")
    x, y = point_coordinates(incidents, grid.crs)
    weights = None if weight is None else weights_of(incidents, weight)
    position = _positions(grid, x, y)
    outside = np.flatnonzero(position < 0)
    if len(outside):
        first = ", ".join(str(label) for label in incidents.index[outside[:5]])
        warnings.warn(
            f"{len(outside):,} of {len(incidents):,} incidents lie outside the area and are in no cell "
            f"(first rows: {first}); read them with area= to set them aside with their reason",
            HotspotWarning,
            stacklevel=2,
        )
    cells = _table(incidents, grid, position, weights, by)
    record = {**grid.parameters(), "weight": weight, "by": by, "incidents": len(incidents)}
    cells = provenance.carry(
        incidents,
        cells,
        "count_incidents",
        **record,
        incidents_counted=len(position) - len(outside),
        incidents_outside_area=len(outside),
    )
    for text in grid.notes:
        provenance.note(cells, text)
    return grid.add_geometry(cells) if geometry else cells


def _positions(grid: Grid, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the cell of each point in the area, -1 for points outside it."""
    position = grid.positions_of(x, y)
    # Points in whole cells are inside; only the others are tested against the outline.
    unsure = np.ones(len(x), dtype=bool)
    found = position >= 0
    unsure[found] = ~grid.is_whole()[position[found]]
    tested = np.flatnonzero(unsure)
    if len(tested):
        shapely.prepare(grid.area)
        inside = shapely.intersects_xy(grid.area, x[tested], y[tested])
        position[tested[~inside]] = -1
        for lost in tested[inside & (position[tested] < 0)].tolist():
            position[lost] = grid.nearest_position(float(x[lost]), float(y[lost]))
    return position


def _table(
    incidents: gpd.GeoDataFrame,
    grid: Grid,
    position: NDArray[np.int64],
    weights: NDArray[np.float64] | None,
    by: str | None,
) -> pd.DataFrame:
    counted = position >= 0
    flat = grid.mask.reshape(-1)
    held = position[counted]

    def per_cell(part: NDArray[np.int64], values: NDArray[np.float64] | None = None) -> NDArray[Any]:
        sums: NDArray[Any] = np.bincount(part, weights=values, minlength=flat.size)[flat]
        return sums

    columns: dict[str, NDArray[Any]] = {"n": per_cell(held).astype(np.int64)}
    if weights is not None:
        columns["weight_sum"] = per_cell(held, weights[counted])
    for value, rows in _groups(incidents, by).items():
        columns[value] = per_cell(position[counted & rows]).astype(np.int64)
    columns["share_in_area"] = grid.share_in_area
    return pd.DataFrame(columns, index=pd.Index(grid.cell_ids, name="cell_id"))


def _groups(incidents: gpd.GeoDataFrame, by: str | None) -> dict[str, NDArray[np.bool_]]:
    if by is None:
        return {}
    if by not in incidents.columns:
        raise InputError(
            f"by={by!r} is no column of the incidents; they have {', '.join(incidents.columns[:12])}"
        )
    values = incidents[by]
    kinds = sorted(values.dropna().unique(), key=str)
    if len(kinds) > MOST_VALUES:
        raise InputError(
            f"by={by!r} has {len(kinds):,} values, more than {MOST_VALUES}; group them first or count them in turn"
        )
    groups = {f"n_{_column_name(kind)}": (values == kind).to_numpy(dtype=bool) for kind in kinds}
    if len(groups) < len(kinds):
        raise InputError(f"by={by!r}: two values make the same column name; rename one of them")
    missing = values.isna().to_numpy()
    if missing.any():
        groups["n_not_recorded"] = missing | groups.get("n_not_recorded", False)
    return groups


def _column_name(value: object) -> str:
    return re.sub(r"\W+", "_", str(value).strip().lower()).strip("_")[:60] or "blank"
