"""Getis-Ord Gi* and Gi: which cells lie in a neighbourhood with more, or fewer, incidents than chance."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.grid import Grid
from hotspot.statistics import exact, lattice
from hotspot.statistics.multiple_testing import adjust

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Inference = Literal["exact", "normal"]
Alternative = Literal["two-sided", "greater", "less"]

CUT_CELLS = (
    "Cells that the boundary cuts are tested as if they were whole: with many incidents they can look cold, and "
    "cells inside hot by contrast."
)
LEVELS = ((0.01, "99%"), (0.05, "95%"), (0.10, "90%"))
CLASSES = ["cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%"]


def getis_ord(
    cells: pd.DataFrame,
    grid: Grid,
    *,
    value: str = "n",
    radius: float | None = None,
    star: bool = True,
    inference: Inference = "exact",
    correction: str | None = "fdr_bh",
    alternative: Alternative = "two-sided",
) -> pd.DataFrame:
    """Compute Gi* (or Gi) of every cell, with its p-value and its class.

    Parameters
    ----------
    cells
        Exactly the cells of ``grid``, on ``cell_id``, in any order, as `count_incidents` gives them.
    grid
        The grid that the cells are of.
    value
        The column to test: whole counts for ``inference="exact"``.
    radius
        Metres between cell centres up to which cells are neighbours. None is queen contiguity: the 8
        squares, or 6 hexagons, that touch the cell (on squares the same as a radius of 1.5 cells).
    star
        True is Gi*, the cell itself included; False is Gi, without it.
    inference
        "exact": the chance that as many cells drawn at random from the map have a sum as extreme
        (for Gi*, W_i cells from all n; for Gi, its neighbours from the other n - 1). "normal": from
        z, far too small on counts that are mostly 0 and 1.
    correction
        For the number of cells tested: "fdr_bh", "fdr_by", "holm", "bonferroni", or None: then there
        is no ``gi_q``, and ``gi_class`` says "(uncorrected)".
    alternative
        "two-sided" (hot and cold), "greater" (hot only) or "less" (cold only).

    Returns
    -------
    DataFrame
        The cells with ``gi_z`` (standard score), ``gi_p`` (two-sided unless asked otherwise),
        ``gi_q`` (adjusted p) and ``gi_class`` (ordered: cold 99% ... not significant ... hot 99%,
        where 99% means gi_q <= 0.01). All are missing where the statistic is undefined: no variation,
        no neighbours, or a neighbourhood of the whole area.

    Raises
    ------
    InputError
        If the frame is not exactly the grid's cells, or the values do not suit the inference.

    Notes
    -----
    z_i = (sum_j w_ij x_j - xbar W_i) / (s sqrt((n W_i - W_i^2) / (n - 1))) with binary weights, W_i
    cells in the neighbourhood, and xbar and s over all n cells of the area; Gi leaves cell i out of
    all of them. Cells outside the area do not exist; empty cells inside are data.

    How this can mislead: hot means more reports than if the cells' counts were shuffled over the area.
    Busy places are often hot for that reason alone. Cells that the boundary cuts are treated as whole,
    so they can look cold. The two-sided p is min(1, 2 min(P(S >= s), P(S <= s))).

    Source: Ord and Getis (1995), Geographical Analysis 27(4), 286-306; Caldas de Castro and Singer
    (2006), Geographical Analysis 38(2), 180-208, for the false discovery rate.

    Examples
    --------
    >>> import geopandas as gpd, hotspot as hs
    >>> from shapely import box, points
    >>> area = gpd.GeoDataFrame(geometry=[box(0, 0, 2000, 2000)], crs=27700)
    >>> grid = hs.Grid.over(area, cell_size=200)
    >>> spots = gpd.GeoDataFrame(geometry=points([[900, 900]] * 9 + [[1100, 900]] * 8), crs=27700)
    >>> cells = hs.getis_ord(hs.count_incidents(spots, grid), grid)
    >>> round(float(cells["gi_z"].max()), 4)
    4.6881
    """
    _check(inference, alternative, radius, grid)
    order = grid.rows_of(cells)
    data = _values(cells, value)[order]
    hood = _neighbourhood(grid, radius)
    statistic = _statistic(grid, data, hood, star)
    upper, lower = _tails(statistic, data, star, inference)
    p = _p_values(upper, lower, alternative)
    p[~statistic.defined] = np.nan
    q = None if correction is None else adjust(p, correction)
    hot = upper < lower if inference == "exact" else statistic.z > 0
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    result = cells.copy()
    result["gi_z"], result["gi_p"] = statistic.z[back], p[back]
    result = result.drop(columns="gi_q", errors="ignore")
    if q is not None:
        result["gi_q"] = q[back]
    result["gi_class"] = _classes(p if q is None else q, hot, corrected=q is not None)[back]
    _say_undefined(statistic, "Gi*" if star else "Gi")
    parameters: dict[str, Any] = {
        "value": value,
        "statistic": "Gi*" if star else "Gi",
        "neighbours": "queen" if radius is None else f"centres within {radius:g} m",
        "inference": inference,
        "correction": correction,
        "alternative": alternative,
        "tested": int(statistic.defined.sum()),
        "undefined": statistic.undefined_reasons(),
    }
    result = provenance.carry(cells, result, "getis_ord", **parameters)
    return provenance.note(result, CUT_CELLS) if grid.parameters()["cut_cells"] else result


@dataclass(frozen=True)
class _Statistic:
    """z of each cell, and what its null needs."""

    z: Floats
    sums: NDArray[Any]
    drawn: Integers
    reason: NDArray[np.object_]

    @property
    def defined(self) -> NDArray[np.bool_]:
        return np.asarray(self.reason == "", dtype=bool)

    def undefined_reasons(self) -> dict[str, int]:
        names, counts = np.unique(self.reason[~self.defined].astype(str), return_counts=True)
        return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _check(inference: str, alternative: str, radius: float | None, grid: Grid) -> None:
    if inference not in ("exact", "normal"):
        raise InputError(f"inference={inference!r} is not known; use 'exact' or 'normal'")
    if alternative not in ("two-sided", "greater", "less"):
        raise InputError(f"alternative={alternative!r} is not known; use 'two-sided', 'greater' or 'less'")
    number = isinstance(radius, int | float | np.number) and not isinstance(radius, bool)
    if radius is not None and not (number and np.isfinite(radius) and radius >= grid.cell_size):
        raise InputError(
            f"radius={radius!r} reaches no neighbour: centres are {grid.cell_size:g} m apart; "
            f"use {grid.cell_size:g} m or more, or None for queen contiguity"
        )


def _values(cells: pd.DataFrame, value: str) -> NDArray[Any]:
    if value not in cells.columns:
        raise InputError(
            f"value={value!r} is no column of the cells; they have {', '.join(map(str, cells.columns[:12]))}"
        )
    column = cells[value]
    if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(f"the column {value!r} is no number ({column.dtype})")
    data = column.to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(data).all():
        bad = int(np.flatnonzero(~np.isfinite(data))[0])
        raise InputError(
            f"{int((~np.isfinite(data)).sum()):,} cells have no finite {value!r} (the first is {cells.index[bad]}); "
            "a cell without incidents is 0, and a cell without data is outside the area"
        )
    whole = data.astype(np.int64)
    return whole if np.array_equal(whole, data) else data


def _neighbourhood(grid: Grid, radius: float | None) -> lattice.Neighbourhood:
    return (
        lattice.queen(grid.shape) if radius is None else lattice.within(radius / grid.cell_size, grid.shape)
    )


def _statistic(grid: Grid, data: NDArray[Any], hood: lattice.Neighbourhood, star: bool) -> _Statistic:
    mask = grid.mask
    sums = lattice.neighbourhood_sums(grid.to_matrix(data), hood, grid.row0)[mask]
    drawn = lattice.neighbourhood_sums(mask, hood, grid.row0)[mask].astype(np.int64)
    if not star:
        sums, drawn = sums - data, drawn - 1
    count = len(data) if star else len(data) - 1
    mean, variance = _moments(data, star)
    reason = np.full(len(data), "", dtype=object)
    reason[drawn == count] = "the neighbourhood is everything"
    reason[drawn == 0] = "no neighbours"
    reason[variance == 0] = "no variation"
    if count < 2:
        reason[:] = "fewer than two cells"
    spread = np.sqrt(variance * (count * drawn - drawn.astype(float) ** 2) / max(count - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(reason == "", (sums - mean * drawn) / spread, np.nan)
    return _Statistic(z, sums, drawn, reason)


def _moments(data: NDArray[Any], star: bool) -> tuple[Floats, Floats]:
    """Return the mean and variance of the cells that each cell is compared with.

    All cells for Gi*, all others for Gi. Whole counts are summed exactly, so that "no variation" is
    exact too.
    """
    values, code, times = np.unique(data, return_inverse=True, return_counts=True)
    if data.dtype == np.int64:
        pairs = list(zip(values.tolist(), times.tolist(), strict=True))
        n, total = len(data), sum(v * m for v, m in pairs)
        squares = sum(v * v * m for v, m in pairs)
        if star:
            return _filled(len(data), total / n), _filled(len(data), (n * squares - total * total) / (n * n))
        n = max(n - 1, 1)
        mean = np.array([(total - v) / n for v, _ in pairs])
        variance = np.array([(n * (squares - v * v) - (total - v) ** 2) / (n * n) for v, _ in pairs])
        return mean[code], variance[code]
    n, middle = len(data), float(data.mean())
    centred = values - middle
    scatter = float((centred * centred * times).sum())
    # Below the rounding of the values themselves, scatter is no variation.
    flat = 1e-29 * n * float(np.abs(values).max()) ** 2
    if star:
        return _filled(n, middle), _filled(n, scatter / n if scatter > flat else 0.0)
    mean = (middle * n - values) / max(n - 1, 1)
    left = scatter - centred * centred * n / max(n - 1, 1)
    return mean[code], np.where(left > max(flat, 1e-12 * scatter), left / max(n - 1, 1), 0.0)[code]


def _filled(n: int, value: float) -> Floats:
    return np.full(n, value)


def _tails(statistic: _Statistic, data: NDArray[Any], star: bool, inference: str) -> tuple[Floats, Floats]:
    """Return P(S >= s) and P(S <= s) of each cell."""
    if inference == "normal":
        from scipy.special import ndtr

        return ndtr(-statistic.z), ndtr(statistic.z)
    if data.dtype != np.int64 or (data < 0).any():
        raise InputError(
            "inference='exact' needs whole counts of zero or more, and this column holds other numbers; "
            "use inference='normal' for weights and rates, and read its limits in docs/methods"
        )
    values, multiplicity = np.unique(data, return_counts=True)
    tables = 1 if star else len(values)
    if exact.too_large(values, multiplicity, int(statistic.drawn.max(initial=0)), tables):
        raise InputError(
            f"the exact null of neighbourhoods of up to {int(statistic.drawn.max())} cells is too large here; "
            "use a smaller radius, larger cells or inference='normal'"
        )
    compute = exact.star_tails if star else exact.neighbour_tails
    return compute(data, statistic.sums, statistic.drawn)


def _p_values(upper: Floats, lower: Floats, alternative: str) -> Floats:
    if alternative == "two-sided":
        p = np.minimum(1.0, 2.0 * np.minimum(upper, lower))
    else:
        p = upper if alternative == "greater" else lower
    # No outcome that was seen has chance 0: below the smallest number of the machine it is given as that.
    return np.asarray(np.maximum(p, np.finfo(float).tiny))


def _classes(p: Floats, hot: NDArray[np.bool_], *, corrected: bool) -> Any:
    suffix = "" if corrected else " (uncorrected)"
    names = [name if name == "not significant" else name + suffix for name in CLASSES]
    middle = CLASSES.index("not significant")
    steps = np.zeros(len(p), dtype=np.int64)
    for level, _ in LEVELS:
        # An exact p can equal a level; rounding in the last digit must not decide the class.
        steps += p <= level * (1 + 1e-12)
    codes = middle + np.where(hot, steps, -steps)
    codes[np.isnan(p)] = -1
    kinds = pd.CategoricalDtype(names, ordered=True)
    return pd.Categorical.from_codes(codes, dtype=kinds)


def _say_undefined(statistic: _Statistic, name: str) -> None:
    reasons = statistic.undefined_reasons()
    if reasons:
        text = "; ".join(f"{count:,} cells: {reason}" for reason, count in sorted(reasons.items()))
        warnings.warn(f"{name} is undefined and left missing for {text}", HotspotWarning, stacklevel=3)
