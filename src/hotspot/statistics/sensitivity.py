"""How much the hot cells depend on cell size and radius: every combination, side by side."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.counting import count_incidents
from hotspot.geography.grid import Grid
from hotspot.geography.lattice_geometry import Shape
from hotspot.geography.precision import refuse_finer
from hotspot.statistics.getis_ord import Inference, getis_ord
from hotspot.statistics.hotspot_areas import Flags, check_level, significant

Floats = NDArray[np.float64]

NOT_A_SEARCH = (
    "Several scales were tried side by side, and each map was corrected for its own cells only: a place that is "
    "hot under one scale and not under others is not a finding. Fix the scale before looking."
)


@dataclass(frozen=True, repr=False)
class SensitivityResult:
    """What `sensitivity` returns.

    Attributes
    ----------
    table : DataFrame
        One row a combination.
    places : GeoDataFrame
        The finest grid's cells, with the number and share of combinations in which each is hot.
    cells : tuple of DataFrame
        The tested cells of each combination, in the order of the table, without geometry.
    grids : tuple of Grid
        The grid of each combination.
    level : float
        The q at or under which a cell is called hot.
    """

    table: pd.DataFrame
    places: gpd.GeoDataFrame
    cells: tuple[pd.DataFrame, ...]
    grids: tuple[Grid, ...]
    level: float

    def __repr__(self) -> str:
        hot = ", ".join(
            f"{size:g} m, {near}: {count}"
            for size, near, count in zip(
                self.table["cell_size"], self.table["neighbours"], self.table["hot_cells"], strict=True
            )
        )
        return f"<Sensitivity over {len(self.table)} combinations; hot cells by scale: {hot}>"


def sensitivity(
    incidents: gpd.GeoDataFrame,
    area: AreaLike,
    *,
    cell_sizes: Iterable[float],
    radii: Iterable[float | None] = (None,),
    shape: Shape = "square",
    star: bool = True,
    inference: Inference = "exact",
    correction: str | None = "fdr_bh",
    level: float = 0.05,
) -> SensitivityResult:
    """Test the same incidents under every combination of cell size and radius, and compare what is hot.

    Parameters
    ----------
    incidents
        Points with a CRS.
    area
        Polygons, or a file of them.
    cell_sizes
        Metres; none finer than the data. Combinations run by size, then by radius.
    radii
        Metres, or None for queen contiguity; each must reach a neighbour at every size.
    shape, star, inference, correction
        As for `Grid.over` and `getis_ord`, the same in every combination.
    level
        A cell is hot or cold when its ``gi_q`` (``gi_p`` with ``correction=None``) is at most this; at
        most 0.10.

    Returns
    -------
    SensitivityResult
        ``table``, on ``combination`` (1, 2 ...): ``cell_size`` (m), ``radius`` (m; missing for queen),
        ``neighbours`` (in words), ``cells``, ``tested``, ``incidents``, ``incidents_per_cell``,
        ``hot_cells``, ``cold_cells``, ``hot_area_km2`` and ``hot_area_pct`` (of the area; the part of hot
        cells inside it), ``hot_incidents_pct`` (share of incidents in hot cells) and ``stability_pct``.
        ``places``, on the finest grid's ``cell_id``: ``n``, ``share_in_area``, ``hot_in`` and ``cold_in``
        (combinations), ``combinations``, ``share_hot`` (hot_in / combinations, 0 to 1), geometry.
        ``cells`` and ``grids``: the tested cells and the grid of each combination.

    Raises
    ------
    InputError
        If a size is finer than the data, or a radius reaches no neighbour at some size.

    Notes
    -----
    stability_pct of combination i is the mean over all others j of 100 area(H_i and H_j) / area(H_i),
    with H the union of a combination's hot cells inside the area, overlaid exactly. It is missing where
    nothing is hot, or with one combination alone. A place is hot in a combination when the cell there
    that holds its centre is hot (for a place that the boundary cuts, a point of it inside the area).

    How this can mislead: nothing is picked here, and the table is no way to pick: choosing the scale
    with the most hot cells makes their q untrue. The combinations share the same incidents, so their
    agreement is no confirmation from new data. Larger cells find broader clusters, smaller ones tighter:
    both can be right. Queen contiguity and a radius of 1.5 cells are the same test; giving both counts
    it twice.

    Examples
    --------
    >>> import geopandas as gpd, hotspot as hs
    >>> from shapely import box, points
    >>> area = gpd.GeoDataFrame(geometry=[box(0, 0, 6000, 6000)], crs=27700)
    >>> spots = points([[2900 + 100 * (i % 3), 2950 + 100 * (i % 2)] for i in range(60)])
    >>> found = hs.sensitivity(gpd.GeoDataFrame(geometry=spots, crs=27700), area, cell_sizes=[100, 200])
    >>> found.table["hot_cells"].tolist()
    [16, 6]
    """
    check_level(level)
    sizes, reaches = _asked(incidents, cell_sizes, radii)
    outline = as_area(area, keep_projected=True)
    combinations = list(product(sizes, reaches))
    grids, cells = [], []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HotspotWarning)
        for size in sizes:
            grid = Grid.over(outline, cell_size=size, shape=shape)
            counted = count_incidents(incidents, grid, geometry=False)
            for radius in reaches:
                tested = getis_ord(
                    counted, grid, radius=radius, star=star, inference=inference, correction=correction
                )
                grids.append(grid)
                cells.append(tested)
    _warn_once(caught)
    hot = [significant(frame, level=level, side="hot", uncorrected=correction is None) for frame in cells]
    cold = [significant(frame, level=level, side="cold", uncorrected=correction is None) for frame in cells]
    rows = [_row(*parts) for parts in zip(combinations, grids, cells, hot, cold, strict=True)]
    table = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="combination"))
    table["stability_pct"] = _stability(grids, hot)
    step: dict[str, Any] = {
        "cell_sizes_m": sizes,
        "radii_m": list(reaches),
        "shape": shape,
        "statistic": "Gi*" if star else "Gi",
        "inference": inference,
        "correction": correction,
        "level": level,
    }
    table = _recorded(incidents, table, cells, step)
    places = _recorded(incidents, _places(grids, cells, hot, cold), cells, step)
    return SensitivityResult(table, places, tuple(cells), tuple(grids), float(level))


def _asked(
    incidents: gpd.GeoDataFrame, cell_sizes: Iterable[float], radii: Iterable[float | None]
) -> tuple[list[float], list[float | None]]:
    """Return sizes and radii, ascending and each once, None first; refuse what cannot be run."""
    given, wanted = _listed("cell_sizes", cell_sizes), _listed("radii", radii)
    for name, values in (("cell_sizes", given), ("radii", [value for value in wanted if value is not None])):
        for value in values:
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not (number and np.isfinite(value) and value > 0):
                raise InputError(f"{name} has {value!r}, which is no positive number of metres")
    sizes = sorted({float(size) for size in given})
    reaches: list[float | None] = [None] if None in wanted else []
    reaches += sorted({float(radius) for radius in wanted if radius is not None})
    refuse_finer(incidents, sizes[0], "cell_sizes")
    short = [(size, radius) for size in sizes for radius in reaches if radius is not None and radius < size]
    if short:
        raise InputError(
            f"{len(short)} of {len(sizes) * len(reaches)} combinations have no neighbours: a radius of "
            f"{short[0][1]:g} m does not reach from one {short[0][0]:g} m cell to the next. Use radii of "
            f"{sizes[-1]:g} m or more, None for queen contiguity, or two calls"
        )
    return sizes, reaches


def _listed(name: str, values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InputError(f"{name}={values!r} is no list; give several, such as {name}=[100, 200, 300]")
    listed = list(values)
    if not listed:
        raise InputError(f"{name} is empty; give one value or more")
    return listed


def _warn_once(caught: Sequence[warnings.WarningMessage]) -> None:
    """Say each warning once, not once a combination; leave those of other libraries as they were."""
    said = set()
    for warning in caught:
        text = str(warning.message)
        if text not in said:
            said.add(text)
            warnings.warn(text, warning.category, stacklevel=3)


def _row(
    combination: tuple[float, float | None], grid: Grid, cells: pd.DataFrame, hot: Flags, cold: Flags
) -> dict[str, Any]:
    size, radius = combination
    counts = cells["n"].to_numpy(dtype=np.int64)
    share, total = grid.share_in_area, int(counts.sum())
    return {
        "cell_size": size,
        "radius": np.nan if radius is None else radius,
        "neighbours": "touching cells" if radius is None else f"within {radius:g} m",
        "cells": len(cells),
        "tested": int(cells["gi_p"].notna().sum()),
        "incidents": total,
        "incidents_per_cell": total / len(cells),
        "hot_cells": int(hot.sum()),
        "cold_cells": int(cold.sum()),
        "hot_area_km2": float(share[hot].sum()) * grid.cell_area_km2,
        "hot_area_pct": 100.0 * float(share[hot].sum()) / float(share.sum()),
        "hot_incidents_pct": 100.0 * int(counts[hot].sum()) / max(total, 1),
    }


def _stability(grids: Sequence[Grid], hot: Sequence[Flags]) -> Floats:
    """Return how much of each combination's hot area is hot in the others, on average, in per cent."""
    shapes = [
        shapely.intersection(shapely.union_all(grid.polygons(grid.cell_ids[chosen])), grid.area)
        for grid, chosen in zip(grids, hot, strict=True)
    ]
    number = len(shapes)
    common = np.zeros((number, number))
    for i in range(number):
        for j in range(i + 1):
            common[i, j] = common[j, i] = shapely.intersection(shapes[i], shapes[j]).area
    own = np.diag(common).copy()
    if number == 1:
        return np.full(1, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = 100.0 * (common.sum(axis=1) - own) / own / (number - 1)
    return np.where(own > 0, np.minimum(shares, 100.0), np.nan)


def _places(
    grids: Sequence[Grid], cells: Sequence[pd.DataFrame], hot: Sequence[Flags], cold: Sequence[Flags]
) -> gpd.GeoDataFrame:
    """Count, for every cell of the finest grid, the combinations in which it is hot and cold."""
    finest = grids[0]
    x, y = _points_inside(finest)
    hot_in, cold_in = np.zeros(len(finest), dtype=np.int64), np.zeros(len(finest), dtype=np.int64)
    for grid, is_hot, is_cold in zip(grids, hot, cold, strict=True):
        position = grid.positions_of(x, y)
        for lost in np.flatnonzero(position < 0).tolist():
            position[lost] = grid.nearest_position(float(x[lost]), float(y[lost]))
        hot_in += grid.to_matrix(is_hot).reshape(-1)[position]
        cold_in += grid.to_matrix(is_cold).reshape(-1)[position]
    columns = {
        "n": cells[0]["n"].to_numpy(),
        "share_in_area": finest.share_in_area,
        "hot_in": hot_in,
        "cold_in": cold_in,
        "combinations": np.full(len(finest), len(grids), dtype=np.int64),
        "share_hot": hot_in / len(grids),
    }
    return finest.add_geometry(pd.DataFrame(columns, index=pd.Index(finest.cell_ids, name="cell_id")))


def _points_inside(grid: Grid) -> tuple[Floats, Floats]:
    """Return each cell's centre, or a point of the cell inside the area where the boundary cuts the cell."""
    x, y = grid.centres()
    cut = np.flatnonzero(grid.share_in_area < 1.0)
    shapely.prepare(grid.area)
    cut = cut[~shapely.intersects_xy(grid.area, x[cut], y[cut])]
    pieces = shapely.intersection(grid.polygons(grid.cell_ids[cut]), grid.area)
    spots = shapely.point_on_surface(pieces)
    x[cut], y[cut] = shapely.get_x(spots), shapely.get_y(spots)
    return x, y


def _recorded(
    incidents: gpd.GeoDataFrame,
    frame: provenance.Frame,
    cells: Sequence[pd.DataFrame],
    step: dict[str, Any],
) -> provenance.Frame:
    """Give a result the incidents' record, the step, and what the tested cells say of themselves."""
    result = provenance.carry(incidents, frame, "sensitivity", **step)
    for tested in cells:
        for text in provenance.of(tested)["notes"]:
            provenance.note(result, text)
    return provenance.note(result, NOT_A_SEARCH) if len(cells) > 1 else result
