"""Getis-Ord Gi* and Gi: which cells lie in a neighbourhood with more, or fewer, incidents than chance."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.grid import Grid
from hotspot.statistics import lattice
from hotspot.statistics.area_null import spread_tails
from hotspot.statistics.cut_cells import CutMembers, cut_members
from hotspot.statistics.gi_kernel import REASONS, Gi, gi_lattice
from hotspot.statistics.graph_edges import GraphLike
from hotspot.statistics.inference import METHODS, tails
from hotspot.statistics.multiple_testing import adjust
from hotspot.statistics.permutation import permutation_tails
from hotspot.statistics.significance import classes, p_values

Floats = NDArray[np.float64]
Inference = Literal["exact", "normal", "permutation"]
Null = Literal["shuffle", "csr"]
Alternative = Literal["two-sided", "greater", "less"]

CUT_CELLS = (
    "Cells that the boundary cuts were tested as if they were whole: with many incidents they can look cold, and "
    "cells inside hot by contrast."
)
NO_WHOLE_CELL = "too few whole cells to draw the cut ones from"
NO_SIZE = "nothing at risk, or everything, in the neighbourhood"


def getis_ord(
    cells: pd.DataFrame,
    grid: Grid | GraphLike,
    *,
    value: str = "n",
    radius: float | None = None,
    star: bool = True,
    inference: Inference = "exact",
    permutations: int = 999,
    null: Null = "shuffle",
    population: str | None = None,
    empirical_bayes: bool = False,
    correction: str | None = "fdr_bh",
    alternative: Alternative = "two-sided",
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Compute Gi* (or Gi) of every cell or area, with its p-value and its class.

    Parameters
    ----------
    cells
        Exactly the cells of ``grid``, on ``cell_id``, in any order, as `count_incidents` gives them; or one
        row for each area of a graph, on the graph's ids.
    grid
        The grid that the cells are of, or a ``libpysal.graph.Graph`` that says which areas (wards, LSOAs,
        street segments) are neighbours.
    value
        The column to test: whole counts for ``inference="exact"``.
    radius
        Metres between cell centres up to which cells are neighbours. None is queen contiguity: the 8
        squares, or 6 hexagons, that touch the cell (on squares the same as a radius of 1.5 cells).
    star
        True is Gi*, the cell itself included; False is Gi, without it.
    inference
        "exact": the chance that as many cells drawn at random from the map have a sum as extreme
        (for Gi*, W_i cells from all n; for Gi, its neighbours from the other n - 1). "permutation": the
        same by simulation; values that are not whole counts get it, and a warning says so. "normal": from
        z, far too small on counts that are mostly 0 and 1.
    permutations
        Shuffles of ``inference="permutation"``; p is at least 1 / (permutations + 1).
    null
        "shuffle": the counts stay as they are and change places. "csr": every incident falls anywhere in
        proportion to area, or to ``population``; it calls ordinary clumping a hot spot.
    population
        A column of residents, premises or others at risk. With ``null="csr"`` incidents fall in proportion
        to it. With a graph the value is divided by it (see `empirical_bayes`).
    empirical_bayes
        With a graph and a population: shrink the rates of small areas towards the whole (Marshall 1991).
    correction
        For the number of cells tested: "fdr_bh", "fdr_by", "holm", "bonferroni", or None: then there
        is no ``gi_q``, and ``gi_class`` says "(uncorrected)".
    alternative
        "two-sided" (hot and cold), "greater" (hot only) or "less" (cold only).
    seed
        For ``inference="permutation"``: a number or a numpy Generator.

    Returns
    -------
    DataFrame
        The cells with ``gi_z`` (standard score), ``gi_p`` (two-sided unless asked otherwise),
        ``gi_q`` (adjusted p) and ``gi_class`` (ordered: cold 99% ... not significant ... hot 99%,
        where 99% means gi_q <= 0.01). All are missing where the statistic is undefined: no variation,
        no neighbours, a neighbourhood of the whole area, or cut cells where the area has fewer than 12
        whole ones. Where counts are too large for the exact null of some cells, ``gi_inference`` says by
        which method each was found: "exact", or "rounded" (the same test on counts rounded to a step).

    Raises
    ------
    InputError
        If the frame is not exactly the grid's cells, or the values do not suit the inference.

    Notes
    -----
    z_i = (sum_j w_ij x_j - xbar W_i) / (s sqrt((n W_i - W_i^2) / (n - 1))) with binary weights, W_i
    cells in the neighbourhood, and xbar and s over all n cells of the area; Gi leaves cell i out of
    all of them. Cells outside the area do not exist; empty cells inside are data.

    Cells that the boundary cuts have less room: their null is a whole cell's count of which each incident
    is kept with chance ``share_in_area``. What whole cells hold is taken from the map itself, so there p is
    not exact as it is elsewhere; docs/methods measures it. p, not z, allows for cut cells, and for
    ``null="csr"`` z knows neither area nor population; the side of ``gi_class`` is that of the smaller
    tail. The two-sided p is min(1, 2 min(P(S >= s), P(S <= s))).

    How this can mislead: hot means more reports than if the cells' counts were shuffled over the area.
    Busy places are often hot for that reason alone.

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
    if not isinstance(grid, Grid):
        from hotspot.statistics.graph_getis_ord import getis_ord_on_graph

        _refuse_on_graph(grid, radius)
        return getis_ord_on_graph(
            cells, grid, value=value, star=star, inference=inference, null=null, permutations=permutations,
            correction=correction, alternative=alternative, seed=seed, population=population,
            empirical_bayes=empirical_bayes,
        )  # fmt: skip
    _check(inference, alternative, null, radius, grid, population, empirical_bayes, permutations)
    order = None if grid.in_order(cells) else grid.rows_of(cells)
    data = _values(cells, value, order)
    inference = _suited(inference, null, data, value)
    hood = neighbourhood(grid, radius)
    gi = gi_lattice(grid.to_matrix(data), grid.mask, hood, grid.row0, star=star)
    case = _Case(grid, data, hood, gi, star)
    at_risk = None if population is None else _at_risk(cells, population, order)
    found = case.tails(inference, null, at_risk, permutations, seed)
    reason = np.where((gi.reason == 0) & np.isnan(found.upper), len(REASONS), gi.reason)
    p = p_values(found.upper, found.lower, alternative)
    p[reason > 0] = np.nan
    q = None if correction is None else adjust(p, correction)
    hot = gi.z > 0 if inference == "normal" else found.upper < found.lower
    added: dict[str, Any] = {"gi_z": gi.z, "gi_p": p}
    if q is not None:
        added["gi_q"] = q
    added["gi_class"] = classes(p if q is None else q, hot, corrected=q is not None)
    if found.method is not None and found.method.any():
        added["gi_inference"] = pd.Categorical.from_codes(found.method, pd.Index(METHODS, dtype="str"))
    undefined = _undefined(reason, NO_SIZE if null == "csr" else NO_WHOLE_CELL)
    _say_undefined(undefined, "Gi*" if star else "Gi")
    result = _joined(cells, added, order)
    parameters: dict[str, Any] = {
        "value": value,
        "statistic": "Gi*" if star else "Gi",
        "neighbours": "queen" if radius is None else f"centres within {radius:g} m",
        "inference": inference,
        "null": null,
        "population": population,
        "permutations": permutations if inference == "permutation" else None,
        "correction": correction,
        "alternative": alternative,
        "tested": int(np.count_nonzero(reason == 0)),
        "undefined": undefined,
        "rounded_cells": 0 if found.method is None else int(np.count_nonzero(found.method)),
        "seed": seed if inference == "permutation" and isinstance(seed, int) else None,
    }
    result = provenance.carry(cells, result, "getis_ord", **parameters)
    return provenance.note(result, CUT_CELLS) if not found.thinned and grid.has_cut_cells else result


@dataclass(frozen=True)
class _Found:
    """Both tails of each cell, by which method, and whether the cut cells were allowed for."""

    upper: Floats
    lower: Floats
    method: NDArray[np.int8] | None
    thinned: bool


@dataclass(frozen=True)
class _Case:
    """One map of values and the statistic on it."""

    grid: Grid
    data: NDArray[Any]
    hood: lattice.Neighbourhood
    gi: Gi
    star: bool

    def tails(
        self, inference: str, null: str, at_risk: Floats | None, permutations: int, seed: Any
    ) -> _Found:
        """Return P(S >= s) and P(S <= s) of each cell."""
        if inference == "normal":
            from scipy.special import ndtr

            return _Found(ndtr(-self.gi.z), ndtr(self.gi.z), None, thinned=False)
        if null == "csr":
            size = self.grid.share_in_area if at_risk is None else at_risk
            around = lattice.neighbourhood_sums(self.grid.to_matrix(size), self.hood, self.grid.row0)
            around = around[self.grid.mask] - (0.0 if self.star else size)
            sums = self.gi.sums.astype(np.int64)
            return _Found(*spread_tails(self.data, sums, size, around, star=self.star), None, thinned=True)
        counts = self.data.dtype.kind == "i" and not (self.data < 0).any()
        cut = cut_of(self.grid, self.hood, star=self.star) if counts else None
        if inference == "exact":
            exact = tails(self.data, self.gi.sums, self.gi.drawn, star=self.star, cut=cut, resum=self._sums)
            return _Found(exact.upper, exact.lower, exact.method, thinned=True)
        simulated = permutation_tails(
            self.data, self.grid.mask, self.hood, self.grid.row0, star=self.star, permutations=permutations,
            rng=np.random.default_rng(seed), cut=cut,
        )  # fmt: skip
        return _Found(*simulated, None, thinned=counts)

    def _sums(self, counts: NDArray[Any]) -> NDArray[Any]:
        matrix = self.grid.to_matrix(counts)
        sums = lattice.neighbourhood_sums(matrix, self.hood, self.grid.row0)[self.grid.mask]
        return np.asarray(sums if self.star else sums - counts)


def neighbourhood(grid: Grid, radius: float | None) -> lattice.Neighbourhood:
    """Return the neighbours on a grid: queen, or centres within a radius in metres."""
    return (
        lattice.queen(grid.shape) if radius is None else lattice.within(radius / grid.cell_size, grid.shape)
    )


def cut_of(grid: Grid, hood: lattice.Neighbourhood, *, star: bool) -> CutMembers | None:
    """Return the members of neighbourhoods that the boundary cuts; None when it cuts no cell."""
    if not grid.has_cut_cells:
        return None
    return cut_members(grid.mask, *grid.cut_cells(), hood, grid.row0, star=star)


def _refuse_on_graph(graph: Any, radius: float | None) -> None:
    if not hasattr(graph, "adjacency"):
        raise InputError(
            f"the second argument is a {type(graph).__name__}; give the Grid that the cells are of, or a "
            "libpysal.graph.Graph of areas"
        )
    if radius is not None:
        raise InputError("radius= is for a grid; a Graph says itself which areas are neighbours")


def _check(
    inference: str, alternative: str, null: str, radius: float | None, grid: Grid, population: str | None,
    empirical_bayes: bool, permutations: int,
) -> None:  # fmt: skip
    for name, given, known in (
        ("inference", inference, ("exact", "normal", "permutation")),
        ("alternative", alternative, ("two-sided", "greater", "less")),
        ("null", null, ("shuffle", "csr")),
    ):
        if given not in known:
            raise InputError(f"{name}={given!r} is not known; use one of {', '.join(map(repr, known))}")
    check_radius(radius, grid)
    if null == "csr" and inference != "exact":
        raise InputError(f"null='csr' is computed exactly; leave inference={inference!r} out")
    if empirical_bayes or (population is not None and null != "csr"):
        raise InputError(
            "on a grid a population serves null='csr' only; for rates per population count by areas and give a "
            "libpysal Graph of them"
        )
    if not isinstance(permutations, int | np.integer) or permutations < 19:
        raise InputError(
            f"permutations={permutations!r} is too few; 999 is usual, 19 the least for p of 0.05"
        )


def check_radius(radius: float | None, grid: Grid) -> None:
    """Refuse a radius that reaches no neighbour."""
    number = isinstance(radius, int | float | np.number) and not isinstance(radius, bool)
    if radius is not None and not (number and np.isfinite(radius) and radius >= grid.cell_size):
        raise InputError(
            f"radius={radius!r} reaches no neighbour: centres are {grid.cell_size:g} m apart; "
            f"use {grid.cell_size:g} m or more, or None for queen contiguity"
        )


def _values(cells: pd.DataFrame, value: str, order: NDArray[np.int64] | None) -> NDArray[Any]:
    """Return the column in the order of the grid's cells, whole numbers as integers."""
    data = _numbers(cells, value)
    data = data if order is None else data[order]
    if data.dtype.kind == "i":
        return data
    whole = data.astype(np.int64)
    return whole if np.array_equal(whole, data) else data


def _numbers(cells: pd.DataFrame, value: str) -> NDArray[Any]:
    if value not in cells.columns:
        raise InputError(
            f"value={value!r} is no column of the cells; they have {', '.join(map(str, cells.columns[:12]))}"
        )
    column = cells[value]
    if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(f"the column {value!r} is no number ({column.dtype})")
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i":
        return column.to_numpy()
    data = column.to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(data).all():
        bad = int(np.flatnonzero(~np.isfinite(data))[0])
        raise InputError(
            f"{int((~np.isfinite(data)).sum()):,} cells have no finite {value!r} (the first is {cells.index[bad]}); "
            "a cell without incidents is 0, and a cell without data is outside the area"
        )
    return data


def _at_risk(cells: pd.DataFrame, population: str, order: NDArray[np.int64] | None) -> Floats:
    size = _numbers(cells, population).astype(float)
    if (size < 0).any() or not size.sum() > 0:
        raise InputError(
            f"the column {population!r} must be zero or more in every cell and more than zero in some; "
            f"{int((size < 0).sum()):,} cells are below zero and the total is {size.sum():g}"
        )
    return size if order is None else size[order]


def _suited(inference: Inference, null: str, data: NDArray[Any], value: str) -> Inference:
    """Return the inference that the values allow: exact needs whole counts."""
    if inference != "exact" or (data.dtype.kind == "i" and not (data < 0).any()):
        return inference
    if null == "csr":
        raise InputError(f"null='csr' needs whole counts of zero or more, and {value!r} holds other numbers")
    warnings.warn(
        f"{value!r} holds other numbers than whole counts, for which there is no exact null: p is by permutation "
        "instead (say inference='permutation' or 'normal' to choose)",
        HotspotWarning,
        stacklevel=3,
    )
    return "permutation"


def _undefined(reason: NDArray[np.int8], last: str) -> dict[str, int]:
    names = (*REASONS, last)
    counts = np.bincount(reason, minlength=len(names))
    return {name: int(count) for name, count in zip(names[1:], counts[1:], strict=True) if count}


def _say_undefined(undefined: dict[str, int], name: str) -> None:
    if undefined:
        text = "; ".join(f"{count:,} cells: {reason}" for reason, count in sorted(undefined.items()))
        warnings.warn(f"{name} is undefined and left missing for {text}", HotspotWarning, stacklevel=3)


def _joined(cells: pd.DataFrame, added: dict[str, Any], order: NDArray[np.int64] | None) -> pd.DataFrame:
    """Put the new columns beside the cells, on their rows; a result of before gives way."""
    result = cells.drop(columns=["gi_z", "gi_p", "gi_q", "gi_class", "gi_inference"], errors="ignore")
    result = result.copy() if result is cells else result
    if order is not None:
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        added = {name: column[back] for name, column in added.items()}
    for name, column in added.items():
        result[name] = column
    return result
