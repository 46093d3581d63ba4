"""Local Moran: clusters of high or low values, and outliers that differ from what lies around them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.grid import Grid
from hotspot.statistics import lattice
from hotspot.statistics.getis_ord import CUT_CELLS, NO_WHOLE_CELL, check_radius, cut_of, neighbourhood
from hotspot.statistics.graph_edges import GraphLike, links_of
from hotspot.statistics.graph_permutation import check_permutations, graph_permutation_tails
from hotspot.statistics.graph_statistic import missing_where, reasons, say_undefined, standard_scores, tally
from hotspot.statistics.inference import METHODS, Tails, tails
from hotspot.statistics.multiple_testing import adjust
from hotspot.statistics.permutation import permutation_tails
from hotspot.statistics.rates import are_counts, column_of
from hotspot.statistics.significance import p_values

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CLASSES = ["high-high", "low-low", "high-low", "low-high", "not significant"]
LEVEL = 0.05


def local_moran(
    cells: pd.DataFrame,
    neighbours: Grid | GraphLike,
    *,
    value: str = "n",
    radius: float | None = None,
    inference: Literal["exact", "permutation", "normal"] = "exact",
    permutations: int = 999,
    correction: str | None = "fdr_bh",
    seed: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Compute the local Moran statistic of every cell or area, with its p-value and its class.

    Parameters
    ----------
    cells
        Exactly the cells of a grid, as `count_incidents` gives them, or one row for each area of a graph on
        the graph's ids; in any order.
    neighbours
        The grid, or a libpysal.graph.Graph. A weight of an area with itself is left out; the others are
        divided by their sum.
    value
        The column to test: counts, or any number.
    radius
        On a grid: metres between centres up to which cells are neighbours. None is queen contiguity.
    inference
        "exact": the chance when the own value stays and all others are shuffled, computed; for whole counts and
        weights that are equal within each area. For others it becomes "permutation", with a warning. "normal":
        from the moments of the same null (Sokal and others 1998).
    permutations, seed
        How many shuffles "permutation" makes, and where their random numbers start.
    correction
        "fdr_bh", "fdr_by", "holm", "bonferroni", or None: then there is no ``moran_q``.

    Returns
    -------
    DataFrame
        The rows with ``moran_i``, ``moran_p`` (two-sided), ``moran_q`` (adjusted p) and ``moran_class``: where
        moran_q <= 0.05, "high-high" (a high value among high ones), "low-low", and the outliers "high-low" (a high
        value among low ones) and "low-high"; otherwise "not significant". All are missing where there is no
        variation, no neighbour, or nothing but neighbours.

    Raises
    ------
    InputError
        If the rows are not those of the grid or graph, or the values are no finite numbers.

    Notes
    -----
    I_i = (z_i / m2) sum_j w_ij z_j, with z_i = x_i - xbar, m2 = sum(z^2) / n and the weights of each row summing to 1:
    the mean of all I_i is then Moran's I. R's spdep divides alike; esda divides by n - 1, and its I is (n - 1) / n
    of this. p = min(1, 2 min(P(S >= s), P(S <= s))) for the sum S of the neighbours: with the own value fixed, I_i
    rises or falls with S, so this is the p of I_i, and that of Gi without the cell itself. A cell whose value is the
    mean has I_i = 0 whatever lies around it, and p = 1. High or low is the own value against the mean, and the
    neighbours by the smaller tail. Cells that the boundary cuts have less room: as in `getis_ord`, p allows for them
    and moran_i does not.

    How this can mislead: among many zeros the mean is below 1, so a single incident is a high value. Neighbours are
    compared with shuffled values, hence busy surroundings make empty cells "low-high" without any error in the data.

    Source: Anselin (1995), Geographical Analysis 27(2), 93-115.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> from hotspot.statistics.local_moran import local_moran
    >>> line = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> areas = pd.DataFrame({"n": [9, 6, 0, 1]}, index=list("abcd"))
    >>> local_moran(areas, line)["moran_i"].round(4).tolist()
    [0.7407, 0.0741, 0.1481, 0.8889]
    """
    if inference not in ("exact", "permutation", "normal"):
        raise InputError(f"inference={inference!r} is not known; use 'exact', 'permutation' or 'normal'")
    check_permutations(permutations)
    if isinstance(neighbours, Grid):
        around, unit, cuts = _on_grid(cells, neighbours, radius), "cells", neighbours.has_cut_cells
    else:
        around, unit, cuts = _on_graph(cells, neighbours, radius), "areas", False
    values = column_of(cells, value, unit=unit)[around.rows]
    found = _tails(around, values, inference, permutations, seed)
    side = _side(values)
    reason = reasons(values, around.drawn, around.equal, star=False, unit=unit)
    reason[(reason == "") & np.isnan(found.upper)] = NO_WHOLE_CELL
    p = p_values(found.upper, found.lower, "two-sided")
    p[side == 0] = 1.0
    p = missing_where(reason, p)
    q = None if correction is None else adjust(p, correction)
    columns: dict[str, Any] = {"moran_i": missing_where(reason, _moran(values, around)), "moran_p": p}
    if q is not None:
        columns["moran_q"] = q
    above = found.upper < found.lower
    columns["moran_class"] = _classes(p if q is None else q, side, above, corrected=q is not None)
    if found.method is not None and found.method.any():
        columns["moran_inference"] = pd.Categorical.from_codes(found.method, pd.Index(METHODS, dtype="str"))
    undefined = tally(reason)
    say_undefined(undefined, "the local Moran statistic", unit, stacklevel=2)
    simulated = found.inference == "permutation"
    parameters: dict[str, Any] = {
        "value": value,
        "neighbours": around.name,
        "inference": found.inference,
        "permutations": int(permutations) if simulated else None,
        "correction": correction,
        "tested": int((reason == "").sum()),
        "undefined": undefined,
        f"rounded_{unit}": 0 if found.method is None else int(np.count_nonzero(found.method)),
        "seed": seed if simulated and isinstance(seed, int) else None,
    }
    result = provenance.carry(cells, _joined(cells, columns, around.rows), "local_moran", **parameters)
    return provenance.note(result, CUT_CELLS) if cuts and not found.thinned else result


@dataclass(frozen=True)
class _Around:
    """The neighbours of every cell or area, itself left out, in an order that the rows do not decide."""

    rows: Integers
    lag: Callable[[NDArray[Any]], NDArray[Any]]
    """Weighted sum of the neighbours' values."""
    drawn: Integers
    total: Floats
    squares: Floats
    equal: bool
    exact: Callable[[Integers, Integers, Integers], Tails]
    """Tails from counts, sums and numbers drawn."""
    shuffled: Callable[[NDArray[Any], int, np.random.Generator], tuple[Floats, Floats]]
    name: str


def _on_graph(areas: pd.DataFrame, graph: GraphLike, radius: float | None) -> _Around:
    if radius is not None:
        raise InputError("radius= is for a grid; a Graph says itself which areas are neighbours")
    links = links_of(areas, graph, star=False)
    return _Around(
        rows=links.rows,
        lag=links.lag,
        drawn=links.drawn,
        total=links.total,
        squares=links.squares,
        equal=links.equal,
        exact=lambda counts, sums, drawn: tails(
            counts, sums, drawn, star=False, resum=lambda other: np.rint(links.lag(other)).astype(np.int64)
        ),
        shuffled=lambda values, times, rng: graph_permutation_tails(
            values.astype(float), links, star=False, permutations=times, rng=rng
        ),
        name=f"a graph of {len(areas):,} areas with {len(links.heads):,} links",
    )


def _on_grid(cells: pd.DataFrame, grid: Grid, radius: float | None) -> _Around:
    check_radius(radius, grid)
    hood, mask = neighbourhood(grid, radius), grid.mask

    def lag(values: NDArray[Any]) -> NDArray[Any]:
        sums: NDArray[Any] = lattice.neighbourhood_sums(grid.to_matrix(values), hood, grid.row0)[mask]
        return np.asarray(sums - values)

    def exact(counts: Integers, sums: Integers, drawn: Integers) -> Tails:
        return tails(counts, sums, drawn, star=False, cut=cut_of(grid, hood, star=False), resum=lag)

    def shuffled(values: NDArray[Any], times: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        cut = cut_of(grid, hood, star=False) if values.dtype == np.int64 else None
        return permutation_tails(
            values, mask, hood, grid.row0, star=False, permutations=times, rng=rng, cut=cut
        )

    drawn = lag(np.ones(len(grid), dtype=np.int64))
    many = drawn.astype(float)
    name = "queen" if radius is None else f"centres within {radius:g} m"
    return _Around(grid.rows_of(cells), lag, drawn, many, many, True, exact, shuffled, name)


@dataclass(frozen=True)
class _Found:
    """Both tails of each neighbours' sum, and how they were found."""

    upper: Floats
    lower: Floats
    inference: str
    thinned: bool
    method: NDArray[np.int8] | None = None


def _tails(
    around: _Around, values: Floats, inference: str, permutations: int, seed: int | np.random.Generator
) -> _Found:
    """Return P(S >= s) and P(S <= s) of each neighbours' sum, the own value fixed."""
    if inference == "normal":
        from scipy.special import ndtr

        centred = values - values.mean()
        z = standard_scores(centred, around.lag(centred), around.total, around.squares, star=False)
        return _Found(ndtr(-z), ndtr(z), "normal", thinned=False)
    counts = values.astype(np.int64) if are_counts(values) else None
    if inference == "exact":
        if counts is not None and around.equal:
            sums = np.rint(around.lag(counts)).astype(np.int64)
            exact = around.exact(counts, sums, around.drawn)
            return _Found(exact.upper, exact.lower, "exact", thinned=True, method=exact.method)
        why = "the values tested are not all whole counts" if counts is None else "the weights differ"
        warnings.warn(
            f"{why}, for which there is no exact null: p is by permutation instead, from {permutations:,} shuffles "
            "(say inference='permutation' or 'normal' to choose)",
            HotspotWarning,
            stacklevel=3,
        )
        log.info("inference: permutation, %s shuffles (%s)", permutations, why)
    tested = values if counts is None else counts
    upper, lower = around.shuffled(tested, permutations, np.random.default_rng(seed))
    return _Found(upper, lower, "permutation", thinned=counts is not None)


def _moran(values: Floats, around: _Around) -> Floats:
    """Return I_i = (z_i / m2) sum_j w_ij z_j, the weights of each row summing to 1."""
    z = values - values.mean()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(z / (z * z).mean() * around.lag(z) / around.total)


def _side(values: Floats) -> NDArray[np.int8]:
    """Return 1 for a value above the mean, -1 below, 0 at the mean itself."""
    if are_counts(values):
        distinct, code, times = np.unique(values, return_inverse=True, return_counts=True)
        whole = [int(value) for value in distinct]
        total = sum(value * many for value, many in zip(whole, times.tolist(), strict=True))
        signs = [(len(values) * value > total) - (len(values) * value < total) for value in whole]
        return np.array(signs, dtype=np.int8)[code]
    centred = values - values.mean()
    centred[np.abs(centred) <= 1e-14 * float(np.abs(values).max(initial=0.0))] = 0.0
    return np.asarray(np.sign(centred), dtype=np.int8)


def _classes(p: Floats, side: NDArray[np.int8], above: NDArray[np.bool_], *, corrected: bool) -> Any:
    """Return the class of each p (or q) as a Categorical, missing where p is."""
    codes = np.full(len(p), CLASSES.index("not significant"))
    # An exact p can equal the level; rounding in the last digit must not decide the class.
    found = (p <= LEVEL * (1 + 1e-12)) & (side != 0)
    for own, word in ((1, "high"), (-1, "low")):
        codes[found & (side == own) & above] = CLASSES.index(f"{word}-high")
        codes[found & (side == own) & ~above] = CLASSES.index(f"{word}-low")
    codes[np.isnan(p)] = -1
    suffix = "" if corrected else " (uncorrected)"
    names = [name if name == "not significant" else name + suffix for name in CLASSES]
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(names))


def _joined(cells: pd.DataFrame, columns: dict[str, Any], rows: Integers) -> pd.DataFrame:
    """Put the new columns beside the cells, on their rows; a result of before gives way."""
    stale = ["moran_i", "moran_p", "moran_q", "moran_class", "moran_inference"]
    back = np.empty_like(rows)
    back[rows] = np.arange(len(back))
    result = cells.drop(columns=[name for name in stale if name in cells.columns])
    return result.assign(**{name: column[back] for name, column in columns.items()})
