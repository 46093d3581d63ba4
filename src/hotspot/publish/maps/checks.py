"""Say clearly what a map cannot be drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import InputError
from hotspot.geography.projection import geometry_to_wgs84

MAX_CELLS = 40_000
POLYGONS = ("Polygon", "MultiPolygon")
POINTS = ("Point",)
LINES = ("LineString", "MultiLineString")


def checked_frame(frame: object, *, what: str, kinds: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the frame in WGS 84 when every row of it can be drawn.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        What the caller was given.
    what : str
        The argument's name, for messages.
    kinds : sequence of str
        The geometry types that may be drawn.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame in degrees, with the same index and columns.

    Raises
    ------
    InputError
        If the frame has no geometry, no CRS or no rows, or a row cannot be drawn.
    """
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"{what} must be a GeoDataFrame, not {type(frame).__name__}")
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise InputError(f"{what} has no geometry: for cells, use grid.add_geometry({what}) first")
    if len(frame) == 0:
        raise InputError(f"{what} is empty: there is nothing to draw")
    if frame.crs is None:
        raise InputError(f"{what} has no CRS: set it, for example {what}.set_crs('EPSG:27700')")
    _check_geometry(frame, what, kinds)
    moved = geometry_to_wgs84(frame)
    _check_finite(moved, f"{what} has coordinates outside its CRS, {frame.crs.to_string()}")
    return moved


def checked_count(frame: gpd.GeoDataFrame) -> None:
    """Refuse more cells than a browser can draw, and say which size would do.

    Raises
    ------
    InputError
        If there are more than 40,000 cells.
    """
    if len(frame) > MAX_CELLS:
        raise InputError(
            f"cells has {len(frame):,} cells; a browser cannot draw them: use a larger cell_size"
            f"{_enough(frame)} or keep only the significant cells, cells[cells['gi_class'] != 'not significant']"
        )


def _enough(frame: gpd.GeoDataFrame) -> str:
    """Name the cell size, in hundreds of metres, at which the same ground has few enough cells."""
    if frame.crs is None or not frame.crs.is_projected:
        return ""
    # Cells at the edge of the area are whole, so that a larger size needs a few more than the ratio says.
    width = float(np.sqrt(frame.geometry.iloc[0].area) * np.sqrt(1.05 * len(frame) / MAX_CELLS))
    size = int(np.ceil(width / 100) * 100)
    return f", for example {size} m (Grid.over(area, cell_size={size}), then count and test again),"


def require_any(frame: pd.DataFrame, names: Sequence[str], *, what: str) -> None:
    """Refuse a frame that has none of the columns that could be drawn.

    Raises
    ------
    InputError
        If none of the columns is there.
    """
    if not any(name in frame.columns for name in names):
        raise InputError(
            f"{what} needs one of the columns {', '.join(names)}; it has {_listed(list(frame.columns))}"
        )


def first_index(index: pd.Index[Any]) -> str:
    """Return the first label of an index as people write it, without numpy's type around it."""
    first = index[0]
    return repr(first.item() if isinstance(first, np.generic) else first)


def _check_geometry(frame: gpd.GeoDataFrame, what: str, kinds: Sequence[str]) -> None:
    absent = np.asarray(frame.geometry.isna() | frame.geometry.is_empty)
    if absent.any():
        raise InputError(
            f"{what} has {int(absent.sum()):,} rows without geometry, the first at index "
            f"{first_index(frame.index[absent])}: leave them out"
        )
    wrong = ~np.asarray(frame.geometry.geom_type.isin(list(kinds)))
    if wrong.any():
        raise InputError(
            f"{what} must be {' or '.join(kinds)}; {int(wrong.sum()):,} rows are not, the first at index "
            f"{first_index(frame.index[wrong])} is {frame.geometry.geom_type[wrong].iloc[0]}"
        )
    _check_finite(frame, f"{what} has coordinates that are not finite numbers")


def _check_finite(frame: gpd.GeoDataFrame, message: str) -> None:
    bad = ~np.isfinite(frame.geometry.bounds.to_numpy(dtype=float)).all(axis=1)
    if bad.any():
        raise InputError(
            f"{message}: {int(bad.sum()):,} rows, the first at index {first_index(frame.index[bad])}"
        )


def _listed(names: list[object], shown: int = 8) -> str:
    text = ", ".join(str(name)[:40] for name in names[:shown])
    return text + (f" and {len(names) - shown} more" if len(names) > shown else "")
