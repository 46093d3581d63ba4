"""Cells of a closed source as they may be published: larger where they must be, all else computed from what is shown."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.publish.suppression import TOTAL, Suppressed, suppress_counts

SMALLEST_CELL = 200.0
LARGEST_CELL = 1600.0
STEPS = (1, 2, 3, 4, 5, 6, 8)
"""Times the smallest publishable cell, tried in turn."""
BANDS = 5


@dataclass(frozen=True)
class CellRelease:
    """Released cells, and what is to be said of them."""

    frame: pd.DataFrame
    suppressed: Suppressed
    cell_size: float
    shape: str
    share_pct: float
    notes: list[str]


def release_cells(cells: pd.DataFrame, *, threshold: int, least_share_pct: float) -> CellRelease:
    """Protect the counts of cells, coarsening squares until most incidents stand in cells that show their count.

    Columns: ``label``, ``n`` (missing where hidden), ``n_shown``, ``share_in_area``, and, when the cells
    had them, ``gi_class`` and ``density_band`` computed anew from the released counts; ``geometry``.
    """
    size, shape = lattice_of(cells)
    _refuse_part(cells)
    counts = _counts(cells)
    factor = first = int(np.ceil(SMALLEST_CELL / size))
    if factor > 1 and shape != "square":
        raise InputError(
            f"cells of {size:g} m are smaller than the {SMALLEST_CELL:g} m of a public release, and hexagons do not "
            f"nest; count the incidents again with cell_size={SMALLEST_CELL:g} or more"
        )
    larger = [first * times for times in STEPS if size * first * times <= LARGEST_CELL] or [first]
    for factor in larger if shape == "square" else [first]:
        plain = _coarse(cells, counts, size, factor) if factor > 1 else _plain(cells, counts)
        suppressed = suppress_counts(plain[["n"]], threshold=threshold)
        share = exact_share(suppressed)
        if share >= least_share_pct:
            break
    whole = size * factor
    notes = _said(size, first * size, whole, share, least_share_pct)
    frame = plain.copy()
    frame["n"] = suppressed.exact()["n"].drop(index=TOTAL).to_numpy()
    frame["n"] = frame["n"].astype("Int64")
    frame.insert(1, "n_shown", suppressed.shown()["n"].drop(index=TOTAL).astype("str").to_numpy())
    frame, more = _computed_anew(cells, frame, suppressed, whole, shape)
    return CellRelease(
        _with_geometry(frame, cells, whole, shape), suppressed, whole, shape, share, notes + more
    )


def lattice_of(cells: pd.DataFrame) -> tuple[float, str]:
    """Return the cells' size in metres and their shape, from the record or the polygons."""
    for step in reversed(provenance.of(cells)["steps"]):
        if "cell_size_m" in step and "shape" in step:
            return float(step["cell_size_m"]), str(step["shape"])
    if isinstance(cells, gpd.GeoDataFrame) and cells.active_geometry_name is not None and len(cells):
        bounds = cells.geometry.iloc[0].bounds
        corners = len(shapely.get_coordinates(cells.geometry.iloc[0])) - 1
        return float(round(bounds[2] - bounds[0], 6)), "square" if corners == 4 else "hexagon"
    raise InputError(
        "the cells have neither a record of their size nor polygons, so it cannot be told whether they are large "
        "enough for a public release; give them as count_incidents makes them"
    )


def exact_share(suppressed: Suppressed) -> float:
    """Return the share of incidents, in per cent, in rows whose count is shown; 100 where there are none."""
    last = suppressed.low.columns[-1]
    total = suppressed.of(TOTAL, last)[0]
    exact = suppressed.exact()[last].drop(index=TOTAL)
    return 100.0 if total == 0 else 100.0 * float(exact.sum()) / total


def stand_ins(suppressed: Suppressed, column: str) -> NDArray[np.int64]:
    """Return one whole number for each row, made from the released figures alone.

    A hidden count gets the mean of all hidden ones, which total and shown counts give to any reader.
    """
    low = suppressed.low[column].drop(index=TOTAL)
    high = suppressed.high[column].drop(index=TOTAL)
    exact = (low == high).fillna(False).to_numpy(dtype=bool)
    small = ~exact & high.notna().to_numpy()
    values = low.to_numpy(dtype=np.int64).copy()
    least, most = suppressed.of(TOTAL, column)
    if small.any():
        middle = suppressed.threshold // 2
        if least == most:
            middle = round(float(least - values[~small].sum()) / int(small.sum()))
        values[small] = np.clip(middle, low.to_numpy()[small], high.to_numpy(na_value=0)[small]).astype(
            np.int64
        )
    return values


def _refuse_part(cells: pd.DataFrame) -> None:
    for step in reversed(provenance.of(cells)["steps"]):
        if "cell_size_m" in step and "cells" in step:
            if int(step["cells"]) != len(cells):
                raise InputError(
                    f"{len(cells):,} of the grid's {int(step['cells']):,} cells were given: which cells were chosen "
                    "can say what their counts are; give all cells of the grid"
                )
            return


def _counts(cells: pd.DataFrame) -> NDArray[np.int64]:
    values = pd.to_numeric(cells["n"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all() or (values % 1 != 0).any() or (values < 0).any():
        raise InputError("column n of the cells must be whole numbers of zero or more, in every row")
    return values.astype(np.int64)


def _plain(cells: pd.DataFrame, counts: NDArray[np.int64]) -> pd.DataFrame:
    frame = pd.DataFrame({"n": counts}, index=pd.Index(cells.index.to_numpy(dtype=np.int64), name="cell_id"))
    frame["share_in_area"] = (
        cells["share_in_area"].to_numpy(dtype=float) if "share_in_area" in cells.columns else 1.0
    )
    return frame.sort_index()


def _coarse(cells: pd.DataFrame, counts: NDArray[np.int64], size: float, factor: int) -> pd.DataFrame:
    """Add the counts of squares up to squares of a whole multiple of their size, on the same lattice."""
    from hotspot.geography.lattice_geometry import from_ids, to_ids

    fine = _plain(cells, counts)
    row, col = from_ids(fine.index.to_numpy(dtype=np.int64))
    parents = to_ids(row // factor, col // factor)
    summed = fine.groupby(parents).sum()
    summed["share_in_area"] = (summed["share_in_area"] / factor**2).clip(upper=1.0)
    summed.index = pd.Index(summed.index.to_numpy(dtype=np.int64), name="cell_id")
    return summed


def _said(size: float, first: float, whole: float, share: float, least: float) -> list[str]:
    notes = []
    if first > size:
        notes.append(f"Cells of {size:g} m were joined to {first:g} m: no smaller cell is published.")
    if whole > first:
        notes.append(
            f"Cells of {whole:g} m are shown in the place of {first:g} m, so that more reported incidents stand in cells "
            "with a count."
        )
    if share < least:
        notes.append(
            f"{share:.0f}% of reported incidents stand in cells whose count is shown; larger areas would show more."
        )
    return notes


def _computed_anew(
    cells: pd.DataFrame, frame: pd.DataFrame, suppressed: Suppressed, size: float, shape: str
) -> tuple[pd.DataFrame, list[str]]:
    """Add classes and bands that any reader could compute from the released counts."""
    steps = {step.get("step"): step for step in provenance.of(cells)["steps"]}
    notes: list[str] = []
    wanted = [name for name in ("gi_class", "density_per_km2") if name in cells.columns]
    if not wanted or int(frame["share_in_area"].gt(0).sum()) == 0:
        return frame, notes
    grid = _grid(frame, size, shape, getattr(cells, "crs", None))
    values = stand_ins(suppressed, "n")
    made = frame.copy()
    test = steps.get("getis_ord", {})
    if "gi_class" in wanted and test.get("null", "shuffle") == "shuffle" and test.get("population") is None:
        made["gi_class"] = _classes(frame, grid, values, test)
        notes.append("Hot and cold cells were computed again from the released counts, by the exact test.")
    if "density_per_km2" in wanted and values.sum() > 0:
        asked = float(steps.get("kernel_density", {}).get("bandwidth_m") or 2 * size)
        made["density_band"] = _bands(grid, values, max(asked, size))
        notes.append(
            f"Density is shown in {BANDS} bands, computed from the released counts at the cells' centres."
        )
    return made, notes


def _grid(frame: pd.DataFrame, size: float, shape: str, crs: Any) -> Any:
    """Return the grid of exactly these cells."""
    from pyproj import CRS

    from hotspot.geography.grid import Grid
    from hotspot.geography.lattice_geometry import from_ids
    from hotspot.geography.overlap import Overlap

    row, col = from_ids(frame.index.to_numpy(dtype=np.int64))
    row0, col0 = int(row.min()), int(col.min())
    mask = np.zeros((int(row.max()) - row0 + 1, int(col.max()) - col0 + 1), dtype=bool)
    mask[row - row0, col - col0] = True
    share = frame["share_in_area"].to_numpy(dtype=float)
    cut = share < 1.0 - 1e-9
    position = ((row - row0) * mask.shape[1] + (col - col0))[cut]
    cover = Overlap(row0, col0, mask, position, share[cut])
    return Grid(size, cast("Any", shape), CRS(crs or 27700), shapely.Polygon(), cover)


def _classes(frame: pd.DataFrame, grid: Any, values: NDArray[np.int64], test: dict[str, Any]) -> Any:
    from hotspot.statistics.getis_ord import getis_ord

    reach = re.search(r"within ([\d.e+]+) m", str(test.get("neighbours", "")))
    radius = max(float(reach.group(1)), grid.cell_size * 1.5) if reach else None
    plain = pd.DataFrame({"n": values, "share_in_area": frame["share_in_area"]}, index=frame.index)
    with warnings.catch_warnings():
        # Cells without variation get no class, which the map shows.
        warnings.simplefilter("ignore", HotspotWarning)
        found = getis_ord(
            plain,
            grid,
            radius=radius,
            star=test.get("statistic", "Gi*") == "Gi*",
            correction=test.get("correction", "fdr_bh"),
            alternative=test.get("alternative", "two-sided"),
        )
    return found["gi_class"]


def _bands(grid: Any, values: NDArray[np.int64], bandwidth: float) -> pd.Series:
    from hotspot.statistics.density import kernel_density

    x, y = grid.centres()
    some = values > 0
    centres = gpd.GeoDataFrame(
        {"weight": values[some].astype(float)}, geometry=shapely.points(x[some], y[some]), crs=grid.crs
    )
    density = kernel_density(centres, grid, bandwidth=bandwidth, weight="weight")["density_per_km2"]
    share = density / float(density.max())
    # Rounding keeps a density of exactly a fifth from falling on either side by a last digit.
    bands: pd.Series = np.ceil((share * BANDS).round(9)).astype(np.int64)
    return bands


def _with_geometry(frame: pd.DataFrame, cells: pd.DataFrame, size: float, shape: str) -> pd.DataFrame:
    from hotspot.geography.lattice_geometry import centres, from_ids, polygons

    row, col = from_ids(frame.index.to_numpy(dtype=np.int64))
    if shape == "square":
        x, y = col * size, row * size
    else:
        x, y = centres(row, col, size, cast("Any", shape))
    frame.insert(0, "label", [f"E{east:.0f} N{north:.0f}" for east, north in zip(x, y, strict=True)])
    if not isinstance(cells, gpd.GeoDataFrame) or cells.active_geometry_name is None:
        return frame
    drawn: pd.DataFrame = gpd.GeoDataFrame(
        frame, geometry=polygons(row, col, size, cast("Any", shape)), crs=cells.crs
    )
    return drawn
