"""Getis-Ord Gi* and Gi of irregular areas: LSOAs, wards, street segments, with counts or rates."""

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
from hotspot.statistics.area_null import spread_tails
from hotspot.statistics.graph_edges import GraphLike, Links, links_of
from hotspot.statistics.graph_permutation import check_permutations, graph_permutation_tails
from hotspot.statistics.graph_statistic import missing_where, reasons, say_undefined, standard_scores, tally
from hotspot.statistics.inference import METHODS, tails
from hotspot.statistics.multiple_testing import adjust
from hotspot.statistics.rates import are_counts, column_of, population_of, rates, smoothed_rates
from hotspot.statistics.significance import classes, p_values

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]
Inference = Literal["exact", "permutation", "normal"]
Alternative = Literal["two-sided", "greater", "less"]


def getis_ord_on_graph(
    areas: pd.DataFrame,
    graph: GraphLike,
    *,
    value: str = "n",
    star: bool = True,
    inference: Inference = "exact",
    null: Literal["shuffle", "csr"] = "shuffle",
    permutations: int = 999,
    correction: str | None = "fdr_bh",
    alternative: Alternative = "two-sided",
    seed: int | np.random.Generator = 0,
    population: str | None = None,
    empirical_bayes: bool = False,
) -> pd.DataFrame:
    """Compute Gi* (or Gi) of every area, with its p-value and its class.

    Parameters
    ----------
    areas
        One row for each area, on the ids that the graph has, in any order.
    graph
        A libpysal.graph.Graph: which areas are neighbours, with weights of any scale.
    value
        The column to test: counts of incidents, or any number.
    star
        True is Gi*, the area itself included: with the graph's own weight of it where there is one, otherwise with
        the largest weight among its neighbours (1 in a binary graph). False is Gi, without it.
    inference
        "exact": the chance under shuffled values, computed; for whole counts and weights that are equal within each
        area. For others it becomes "permutation", with a warning. "normal": from z.
    null
        "shuffle": the values lie anywhere with equal chance. "csr": each incident falls on any resident with equal
        chance, so that a neighbourhood's count is binomial; needs ``population``, whole counts and equal weights.
    permutations, seed
        How many shuffles "permutation" makes, and where their random numbers start.
    correction
        "fdr_bh", "fdr_by", "holm", "bonferroni", or None: then there is no ``gi_q``.
    alternative
        "two-sided" (hot and cold), "greater" (hot only) or "less" (cold only).
    population
        A column of residents (or premises): the statistic is then that of ``value`` / population.
    empirical_bayes
        Test rates that are smoothed towards the overall rate, most where the population is small (Marshall 1991).

    Returns
    -------
    DataFrame
        The areas with ``gi_z``, ``gi_p``, ``gi_q`` (not without a correction) and ``gi_class``, as for the cells of a
        grid; with a population ``rate_per_1000``, and ``rate_smoothed_per_1000`` when smoothed. The first four are
        missing where the statistic is undefined: no neighbours (Gi), no variation, or a neighbourhood of all areas.
        Where counts are too large for the exact null of some areas, ``gi_inference`` says by which method each was
        found: "exact" or "rounded".

    Raises
    ------
    InputError
        If the index is not the graph's ids, a population is 0 or missing, or the choices exclude one another.

    Notes
    -----
    z_i = (sum_j w_ij x_j - xbar W_i) / (s sqrt((n S1_i - W_i^2) / (n - 1))), W_i and S1_i the sums of the weights and
    of their squares; free of the weights' scale. Permutation follows the statistic: for Gi* all n values are shuffled,
    for Gi all but the area's own.

    How this can mislead: large rural and small urban areas count alike. A rate per resident says little where people
    come to work and drink. Shuffled rates ignore that small populations vary more: ``null="csr"`` does not, but calls
    ordinary clumping of incidents hot.

    Source: Ord and Getis (1995), Geographical Analysis 27(4), 286-306.

    Examples
    --------
    >>> import pandas as pd
    >>> from libpysal.graph import Graph
    >>> from hotspot.statistics.graph_getis_ord import getis_ord_on_graph
    >>> line = Graph.from_dicts({"a": ["b"], "b": ["a", "c"], "c": ["b", "d"], "d": ["c"]})
    >>> areas = pd.DataFrame({"n": [9, 6, 0, 1]}, index=list("abcd"))
    >>> getis_ord_on_graph(areas, line)["gi_z"].round(4).tolist()
    [1.6499, 0.8165, -1.3608, -1.6499]
    """
    _check(inference, null, alternative, population, empirical_bayes)
    check_permutations(permutations)
    links = links_of(areas, graph, star=star)
    counts = column_of(areas, value)
    columns, tested = _with_rates(areas, counts, links.rows, value, population, empirical_bayes)
    given = _statistic(links, tested[links.rows], star)
    if null == "csr":
        people = population_of(areas, str(population))[links.rows]
        found = _spread_over_people(links, counts[links.rows], people, star)
    else:
        found = _tails(given, inference, permutations, seed)
    p = missing_where(given.reason, p_values(found.upper, found.lower, alternative))
    q = None if correction is None else adjust(p, correction)
    columns |= {"gi_z": given.z, "gi_p": p} if q is None else {"gi_z": given.z, "gi_p": p, "gi_q": q}
    columns["gi_class"] = classes(p if q is None else q, found.upper < found.lower, corrected=q is not None)
    if found.method is not None and found.method.any():
        columns["gi_inference"] = pd.Categorical.from_codes(found.method, pd.Index(METHODS, dtype="str"))
    undefined = tally(given.reason)
    say_undefined(undefined, "Gi*" if star else "Gi", "areas", stacklevel=3)
    simulated = found.inference == "permutation"
    parameters: dict[str, Any] = {
        "value": value,
        "statistic": "Gi*" if star else "Gi",
        "neighbours": f"a graph of {len(areas):,} areas with {len(links.heads):,} links",
        "weights": "equal within each neighbourhood" if links.equal else "unequal",
        "inference": found.inference,
        "null": null,
        "population": population,
        "smoothing": "global empirical Bayes" if empirical_bayes else None,
        "permutations": int(permutations) if simulated else None,
        "correction": correction,
        "alternative": alternative,
        "tested": int((given.reason == "").sum()),
        "undefined": undefined,
        "rounded_areas": 0 if found.method is None else int(np.count_nonzero(found.method)),
        "seed": seed if simulated and isinstance(seed, int) else None,
    }
    return provenance.carry(areas, _joined(areas, columns, links), "getis_ord", **parameters)


@dataclass(frozen=True)
class _Statistic:
    """The areas in the order of their ids: the values tested, z, and what the null needs."""

    links: Links
    values: Floats
    star: bool
    z: Floats
    reason: NDArray[np.object_]


def _check(
    inference: str, null: str, alternative: str, population: str | None, empirical_bayes: bool
) -> None:
    if inference not in ("exact", "permutation", "normal"):
        raise InputError(f"inference={inference!r} is not known; use 'exact', 'permutation' or 'normal'")
    if alternative not in ("two-sided", "greater", "less"):
        raise InputError(f"alternative={alternative!r} is not known; use 'two-sided', 'greater' or 'less'")
    if null not in ("shuffle", "csr"):
        raise InputError(f"null={null!r} is not known; use 'shuffle' or 'csr'")
    if empirical_bayes and population is None:
        raise InputError(
            "empirical_bayes=True smooths a rate, and no population is given; name the column of residents "
            "or premises with population="
        )
    if null == "csr" and population is None:
        raise InputError(
            "null='csr' spreads incidents over people, and no population is given; name its column with population="
        )
    if null == "csr" and (inference != "exact" or empirical_bayes):
        given = f"inference={inference!r}" if inference != "exact" else "empirical_bayes=True"
        raise InputError(
            f"null='csr' has an exact answer for raw counts, and {given} is given; leave that out, or use null='shuffle'"
        )


def _with_rates(
    areas: pd.DataFrame,
    counts: Floats,
    rows: NDArray[np.int64],
    value: str,
    population: str | None,
    smooth: bool,
) -> tuple[dict[str, Any], Floats]:
    """Return the columns of rates to add, in the order of the links, and the values to test, in that of the rows."""
    if population is None:
        return {}, counts
    people = population_of(areas, population)
    raw = rates(areas, counts, people, value)
    columns = {"rate_per_1000": 1000.0 * raw[rows]}
    if not smooth:
        return columns, raw
    smoothed = smoothed_rates(counts, people)
    return {**columns, "rate_smoothed_per_1000": 1000.0 * smoothed[rows]}, smoothed


def _joined(areas: pd.DataFrame, columns: dict[str, Any], links: Links) -> pd.DataFrame:
    """Put the new columns beside the areas, on their rows; a result of before gives way."""
    stale = ["gi_z", "gi_p", "gi_q", "gi_class", "gi_inference", "rate_per_1000", "rate_smoothed_per_1000"]
    back = np.empty_like(links.rows)
    back[links.rows] = np.arange(len(back))
    result = areas.drop(columns=[name for name in stale if name in areas.columns])
    return result.assign(**{name: column[back] for name, column in columns.items()})


def _statistic(links: Links, values: Floats, star: bool) -> _Statistic:
    reason = reasons(values, links.drawn, links.equal, star=star, unit="areas")
    centred = values - values.mean()
    z = standard_scores(centred, links.lag(centred), links.total, links.squares, star=star)
    return _Statistic(links, values, star, missing_where(reason, z), reason)


@dataclass(frozen=True)
class _Found:
    """Both tails of each area, and how they were found."""

    upper: Floats
    lower: Floats
    inference: str
    method: NDArray[np.int8] | None = None


def _tails(given: _Statistic, inference: str, permutations: int, seed: int | np.random.Generator) -> _Found:
    """Return P(S >= s) and P(S <= s) of each area under shuffled values."""
    if inference == "normal":
        from scipy.special import ndtr

        return _Found(ndtr(-given.z), ndtr(given.z), "normal")
    if inference == "exact":
        why = _why_not_exact(given)
        if not why:
            whole = given.values.astype(np.int64)

            def summed(counts: NDArray[Any]) -> NDArray[Any]:
                return np.asarray(np.rint(given.links.lag(counts)).astype(np.int64))

            exact = tails(whole, summed(given.values), given.links.drawn, star=given.star, resum=summed)
            return _Found(exact.upper, exact.lower, "exact", exact.method)
        warnings.warn(
            f"{why}, for which there is no exact null: p is by permutation instead, from {permutations:,} shuffles "
            "(say inference='permutation' or 'normal' to choose)",
            HotspotWarning,
            stacklevel=4,
        )
        log.info("inference: permutation, %s shuffles (%s)", permutations, why)
    shuffled = graph_permutation_tails(
        given.values,
        given.links,
        star=given.star,
        permutations=permutations,
        rng=np.random.default_rng(seed),
    )
    return _Found(*shuffled, "permutation")


def _why_not_exact(given: _Statistic) -> str:
    if not are_counts(given.values):
        return "the values tested are not all whole counts"
    return "" if given.links.equal else "the weights differ within a neighbourhood"


def _spread_over_people(links: Links, counts: Floats, people: Floats, star: bool) -> _Found:
    """Return the tails when each incident falls on any of the population with equal chance."""
    if not are_counts(counts) or not links.equal:
        raise InputError(
            "null='csr' needs whole counts of zero or more and weights that are equal within each neighbourhood, and "
            "these are not; use null='shuffle', or a binary graph: graph.transform('B')"
        )
    sums = np.rint(links.lag(counts)).astype(np.int64)
    upper, lower = spread_tails(counts.astype(np.int64), sums, people, links.lag(people), star=star)
    return _Found(upper, lower, "exact")
