"""Hot spot areas: significant cells that touch, joined into one outline each."""

from __future__ import annotations

import logging
from typing import Any, Literal, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.grid import Grid
from hotspot.geography.lattice_geometry import Integers, Shape, from_ids, to_ids
from hotspot.geography.projection import geometry_to_wgs84

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Side = Literal["hot", "cold"]
Contiguity = Literal["queen", "rook"]

WIDEST_LEVEL = 0.10
NOT_TESTED_WHOLE = (
    "A hot or cold area joins significant cells that touch. The cells were tested, the area as a whole was not: "
    "its outline and its length are not findings by themselves."
)
NOT_CORRECTED = (
    "The cells of these areas were not corrected for the number of cells tested: many of them are to be expected "
    "by chance."
)


def hotspot_areas(
    cells: pd.DataFrame,
    grid: Grid,
    *,
    level: float = 0.05,
    side: Side = "hot",
    value: str | None = None,
    contiguity: Contiguity = "queen",
    clip: bool = False,
    uncorrected: bool = False,
) -> gpd.GeoDataFrame:
    """Join the significant cells that touch into areas, and count what is in each.

    Parameters
    ----------
    cells
        Exactly the cells of ``grid`` with the columns of `getis_ord`, with or without geometry.
    grid
        The grid that the cells are of.
    level
        A cell is significant when its ``gi_q`` is at most this; over 0 and at most 0.10, since
        ``gi_class`` names no side beyond.
    side
        "hot" or "cold", as ``gi_class`` says.
    value
        The column of whole counts to add up. None: the column that was tested where it counts a category,
        else ``n``.
    contiguity
        Squares join at an edge or corner ("queen", as the default neighbourhood of `getis_ord`), or at
        an edge only ("rook"). Hexagons always join at an edge.
    clip
        False keeps the outline of whole cells, which are the unit of the evidence and what the map of
        cells shows; True cuts it at the area's boundary. The figures are the same.
    uncorrected
        True takes cells made with ``correction=None`` by their ``gi_p``; every output then says so.

    Returns
    -------
    GeoDataFrame
        One row an area, in the grid's CRS: ``area_id`` (the lowest cell_id in it), ``rank`` (hot: by
        incidents; cold: by cells; ties share it), ``side``, ``cells``, ``incidents``, ``share_pct``
        (of all in the cells given), ``area_km2`` and ``incidents_per_km2`` (the part inside the
        boundary), ``lowest_gi_q`` (``lowest_gi_p`` when uncorrected), ``strongest_gi_z`` (highest when
        hot, lowest when cold), ``strongest_cell`` (label of that cell), ``easting``, ``northing`` (m)
        and ``lon``, ``lat`` (degrees) of a point inside both the cells and the boundary, geometry.
        Without a significant cell the frame has the same columns and no row.

    Raises
    ------
    InputError
        If the frame is not exactly the grid's cells, was not tested or not corrected, or the column to
        add up holds no whole counts.

    Notes
    -----
    Each cell is in one area at most, so the incidents of all areas are those of all significant cells.
    Order: rank, then area_id.

    How this can mislead: the cells were tested one by one and the area was not; a long area can be
    several clusters that happen to touch, and one cluster can come apart. A hot cell may itself be
    empty: it is its neighbourhood that is full, so the outline reaches about one neighbourhood beyond
    what is busy, and incidents_per_km2 understates the middle. A ranking by incidents favours large
    areas. ``area_id`` stays the same from run to run for the same cells, and changes when the area
    gains or loses its southernmost cell.

    Examples
    --------
    >>> import geopandas as gpd, hotspot as hs
    >>> from shapely import box, points
    >>> area = gpd.GeoDataFrame(geometry=[box(0, 0, 4000, 4000)], crs=27700)
    >>> grid = hs.Grid.over(area, cell_size=200)
    >>> block = points([[900 + 200 * (i % 3), 900 + 200 * (i // 3 % 3)] for i in range(90)])
    >>> spots = gpd.GeoDataFrame(geometry=block, crs=27700)
    >>> hot = hs.hotspot_areas(hs.getis_ord(hs.count_incidents(spots, grid), grid), grid)
    >>> hot[["incidents", "share_pct"]].values.tolist()
    [[90.0, 100.0]]
    """
    _check(side, contiguity)
    table = pd.DataFrame(cells).iloc[grid.rows_of(cells)]
    chosen = significant(table, level=level, side=side, uncorrected=uncorrected)
    column = _counted(cells, value)
    counts = _whole(table, column)
    ids, code = join_touching(grid.cell_ids[chosen], grid.shape, contiguity)
    result = _described(table[chosen], grid, ids, code, counts, side, clip=clip)
    parameters: dict[str, Any] = {
        "level": level,
        "side": side,
        "value": column,
        "contiguity": "edges" if grid.shape == "hexagon" else contiguity,
        "clip": clip,
        "corrected": not uncorrected,
        "areas": len(ids),
        "significant_cells": int(chosen.sum()),
    }
    result = provenance.note(provenance.carry(cells, result, "hotspot_areas", **parameters), NOT_TESTED_WHOLE)
    return provenance.note(result, NOT_CORRECTED) if uncorrected else result


def significant(cells: pd.DataFrame, *, level: float, side: Side, uncorrected: bool = False) -> Flags:
    """Tell which cells are significant on a side: gi_q (gi_p when uncorrected) at most ``level``."""
    check_level(level)
    if "gi_class" not in cells.columns or "gi_p" not in cells.columns:
        raise InputError("the cells were not tested (no gi_class and gi_p); run getis_ord on them first")
    corrected = "gi_q" in cells.columns
    if not corrected and not uncorrected:
        raise InputError(
            "the cells are not corrected for their number (no gi_q), and chance alone makes many of them "
            "significant; run getis_ord with a correction, or say uncorrected=True"
        )
    if corrected and uncorrected:
        raise InputError(
            "uncorrected=True is for cells made with getis_ord(correction=None); these have gi_q, so leave it out"
        )
    p = cells["gi_q" if corrected else "gi_p"].to_numpy(dtype=float, na_value=np.nan)
    named = cells["gi_class"].astype(object).astype(str).str.startswith(f"{side} ").to_numpy(dtype=bool)
    # The same allowance for the last digit as in gi_class.
    return np.asarray(named & (p <= level * (1 + 1e-12)))


def check_level(level: float) -> None:
    """Refuse a level that gi_class has no side for."""
    number = isinstance(level, int | float | np.number) and not isinstance(level, bool)
    if not (number and 0 < level <= WIDEST_LEVEL):
        raise InputError(
            f"level={level!r} must be over 0 and at most {WIDEST_LEVEL:g}: gi_class names a side up to there only"
        )


def join_touching(cell_ids: Integers, shape: Shape, contiguity: Contiguity) -> tuple[Integers, Integers]:
    """Group cells that touch; return the lowest id of each group, ascending, and each cell's group.

    ``cell_ids`` must be ascending.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if len(cell_ids) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    row, col = from_ids(cell_ids)
    starts, ends = [], []
    for rows_up, cols_right in _half_ring(row, shape, contiguity):
        other = to_ids(row + rows_up, col + cols_right)
        at = np.minimum(np.searchsorted(cell_ids, other), len(cell_ids) - 1)
        there = np.flatnonzero(cell_ids[at] == other)
        starts.append(there)
        ends.append(at[there])
    start, end = np.concatenate(starts), np.concatenate(ends)
    links = coo_array((np.ones(len(start), dtype=np.int8), (start, end)), shape=(len(cell_ids),) * 2)
    group = connected_components(links, directed=False)[1]
    # Groups are numbered by their first, and so lowest, cell, whatever scipy's own order is.
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return cell_ids[first[order]], np.asarray(rank[inverse], dtype=np.int64)


def _half_ring(row: Integers, shape: Shape, contiguity: Contiguity) -> list[tuple[int, Any]]:
    """Return steps to the touching cells north and east; the others see the same pair from their side."""
    if shape == "hexagon":
        # Odd rows lie half a cell further east, so the second cell above is on the other side of them.
        return [(0, 1), (1, 0), (1, np.where(row & 1, 1, -1))]
    edges: list[tuple[int, Any]] = [(0, 1), (1, 0)]
    return edges if contiguity == "rook" else [*edges, (1, -1), (1, 1)]


def _check(side: str, contiguity: str) -> None:
    if side not in ("hot", "cold"):
        raise InputError(f"side={side!r} is not known; use 'hot' or 'cold'")
    if contiguity not in ("queen", "rook"):
        raise InputError(f"contiguity={contiguity!r} is not known; use 'queen' or 'rook'")


def _counted(cells: pd.DataFrame, value: str | None) -> str:
    """Return the column to add up: as asked, or the tested one where it counts a category."""
    if value is not None:
        if value not in cells.columns:
            raise InputError(
                f"value={value!r} is no column of the cells; they have {', '.join(map(str, cells.columns[:12]))}"
            )
        return value
    steps = [step for step in provenance.of(cells)["steps"] if step.get("step") == "getis_ord"]
    tested = str(steps[-1].get("value", "n")) if steps else "n"
    # Weights and scores are no incidents, whole numbers though they may be: only count_incidents' own columns are.
    counted = tested.startswith("n_") and tested in cells.columns and _is_whole(cells[tested])
    column = tested if counted else "n"
    if column not in cells.columns:
        raise InputError("the cells have no column 'n' to add up; name the column of counts with value=")
    log.info("hotspot_areas: incidents are the sum of %r (the column tested is %r)", column, tested)
    return column


def _is_whole(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return False
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all() and (numbers % 1 == 0).all())


def _whole(table: pd.DataFrame, column: str) -> Integers:
    if not _is_whole(table[column]):
        raise InputError(
            f"the column {column!r} holds no whole counts, so it is no number of incidents; use value='n'"
        )
    return table[column].to_numpy(dtype=np.int64)


def _described(
    table: pd.DataFrame,
    grid: Grid,
    ids: Integers,
    code: Integers,
    counts: Integers,
    side: Side,
    *,
    clip: bool,
) -> gpd.GeoDataFrame:
    """Make the rows of the areas from their cells, ``table``; ``counts`` are those of every cell of the grid."""
    cell_ids = table.index.to_numpy(dtype=np.int64)
    position = np.searchsorted(grid.cell_ids, cell_ids)
    number = len(ids)
    areas = pd.DataFrame({"area_id": ids, "side": pd.Series([side] * number, dtype="str")})
    areas["cells"] = np.bincount(code, minlength=number).astype(np.int64)
    incidents = np.zeros(number, dtype=np.int64)
    np.add.at(incidents, code, counts[position])
    areas["incidents"] = incidents
    areas["share_pct"] = 100.0 * incidents / max(int(counts.sum()), 1)
    inside = np.bincount(code, weights=grid.share_in_area[position], minlength=number) * grid.cell_area_km2
    areas["area_km2"], areas["incidents_per_km2"] = inside, incidents / inside
    p = "gi_q" if "gi_q" in table.columns else "gi_p"
    lowest = np.full(number, np.inf)
    np.minimum.at(lowest, code, table[p].to_numpy(dtype=float))
    areas[f"lowest_{p}"] = lowest
    strongest = _strongest(table, code, side, number)
    areas["strongest_gi_z"] = table["gi_z"].to_numpy(dtype=float)[strongest]
    areas["strongest_cell"] = pd.Series(grid.label(cell_ids[strongest]), dtype="str")
    shapes = grid.polygons(cell_ids)
    whole = np.array([shapely.union_all(shapes[code == one]) for one in range(number)], dtype=object)
    cut = np.asarray(shapely.intersection(whole, grid.area), dtype=object)
    areas = _placed(areas, cut, grid)
    ranked = areas["incidents" if side == "hot" else "cells"]
    areas.insert(1, "rank", ranked.rank(method="min", ascending=False).astype("int64"))
    # A clipped edge can leave lines and points where cells only touch the boundary.
    drawn = [_polygonal(shape) for shape in cut] if clip else list(whole)
    frame = gpd.GeoDataFrame(areas, geometry=drawn, crs=grid.crs)
    return cast(gpd.GeoDataFrame, frame.sort_values(["rank", "area_id"]).reset_index(drop=True))


def _strongest(table: pd.DataFrame, code: Integers, side: Side, number: int) -> Integers:
    """Return the position of each area's most extreme cell; equal ones go to the lowest cell_id."""
    z = table["gi_z"].to_numpy(dtype=float)
    order = np.lexsort((table.index.to_numpy(), -z if side == "hot" else z, code))
    return order[np.searchsorted(code[order], np.arange(number))].astype(np.int64)


def _placed(areas: pd.DataFrame, inside: NDArray[np.object_], grid: Grid) -> pd.DataFrame:
    """Add the coordinates of a point inside each area."""
    spots = gpd.GeoDataFrame(geometry=shapely.point_on_surface(inside), crs=grid.crs)
    areas = areas.copy()
    areas["easting"], areas["northing"] = spots.geometry.x.to_numpy(), spots.geometry.y.to_numpy()
    degrees = geometry_to_wgs84(spots).geometry if len(spots) else spots.geometry
    areas["lon"], areas["lat"] = np.round(degrees.x.to_numpy(), 6), np.round(degrees.y.to_numpy(), 6)
    return areas


def _polygonal(shape: shapely.Geometry) -> Any:
    flat = shapely.get_parts(shapely.get_parts(shape))
    parts = [part for part in flat if shapely.area(part) > 0]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
