"""Columns of numbers, checked; rates per population, raw and smoothed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import HotspotWarning, InputError

Floats = NDArray[np.float64]


def column_of(frame: pd.DataFrame, name: str, *, word: str = "value", unit: str = "areas") -> Floats:
    """Return a column as finite numbers.

    Raises
    ------
    InputError
        If there is no such column, it holds no numbers, or one is missing or infinite.
    """
    if name not in frame.columns:
        raise InputError(
            f"{word}={name!r} is no column of the {unit}; they have {', '.join(map(str, frame.columns[:12]))}"
        )
    column: Any = frame[name]
    if pd.api.types.is_bool_dtype(column.dtype) or not pd.api.types.is_numeric_dtype(column.dtype):
        raise InputError(f"the column {name!r} is no number ({column.dtype}); give a column of numbers")
    data: Floats = column.to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(data)
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} {unit} have no finite {name!r} (the first is {_first(frame, bad)}); "
            f"without incidents it is 0, and {unit} without data are to be left out"
        )
    return data


def are_counts(values: Floats) -> bool:
    """Tell whether all values are whole numbers of zero or more."""
    return bool((values >= 0).all() and (values == np.floor(values)).all() and (values < 2**53).all())


def population_of(areas: pd.DataFrame, name: str) -> Floats:
    """Return the population of each area, refusing areas that have none."""
    if name not in areas.columns:
        column_of(areas, name, word="population")
    filled = areas[name]
    held = column_of(areas.assign(**{name: filled.fillna(0)}), name, word="population")
    bad = held <= 0
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} areas have no {name!r} above 0 (the first is {_first(areas, bad)}), and so no rate; "
            "join them to a neighbour, use another population such as premises, or leave them out of both, "
            "with graph.subgraph(kept.index)"
        )
    return held


def rates(areas: pd.DataFrame, counts: Floats, population: Floats, value: str) -> Floats:
    """Return counts / population."""
    bad = counts < 0
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} areas have a negative {value!r} (the first is {_first(areas, bad)}); "
            "a rate needs counts of zero or more"
        )
    return np.asarray(counts / population)


def smoothed_rates(counts: Floats, population: Floats) -> Floats:
    """Smooth rates towards the overall rate, most where the population is small: empirical Bayes.

    Parameters
    ----------
    counts, population
        Incidents and people (or premises) of each area, population over 0.

    Returns
    -------
    array
        b + C_i (r_i - b), with r_i = counts / population, b the overall rate, C_i = A / (A + b / population_i),
        and A = max(0, sum(population (r - b)^2) / sum(population) - b / mean(population)) the variance of the true
        rates. A negative estimate of A means that the rates differ no more than chance makes them: all are then b.

    Notes
    -----
    Source: Marshall (1991), Applied Statistics 40(2), 283-294, the global estimator by moments.
    """
    raw = counts / population
    overall = float(counts.sum() / population.sum())
    if overall == 0.0:
        return np.zeros(len(counts))
    scatter = float((population * (raw - overall) ** 2).sum() / population.sum())
    between = max(scatter - overall / float(population.mean()), 0.0)
    if between == 0.0:
        warnings.warn(
            "the rates differ no more than chance alone would make them: empirical Bayes smooths every rate to the "
            f"overall {1000 * overall:.4g} per 1,000, and nothing is left to test",
            HotspotWarning,
            stacklevel=5,
        )
    share = between / (between + overall / population)
    return np.asarray(overall + share * (raw - overall))


def _first(frame: pd.DataFrame, bad: NDArray[np.bool_]) -> str:
    return repr(frame.index[int(np.flatnonzero(bad)[0])])
