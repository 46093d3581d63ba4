"""Shuffled values on a graph: how often a neighbourhood's weighted sum is as large, or as small. numpy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.statistics.graph_edges import Links

Floats = NDArray[np.float64]


def check_permutations(permutations: object) -> None:
    """Refuse a number of shuffles that cannot give a p of 0.05."""
    whole = isinstance(permutations, int | np.integer) and not isinstance(permutations, bool)
    if not whole or permutations < 19:  # type: ignore[operator]
        raise InputError(
            f"permutations={permutations!r} is too few; 999 is usual, 19 the least for p of 0.05"
        )


def graph_permutation_tails(
    values: Floats, links: Links, *, star: bool, permutations: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return (1 + shuffles with S >= s) / (1 + R), and the same with S <= s; ties count on both sides.

    Parameters
    ----------
    values
        In the order of the links' areas, which the rows of the input do not decide.
    links
        Read with the same ``star``.
    star
        True shuffles all n values; False holds each area's own value back and shuffles the others.

    Notes
    -----
    One shuffle serves all areas. It becomes one that keeps area i's value when the place that this value went to
    takes in exchange what area i was given; each shuffle that keeps it comes from n others, so all stay
    equally likely.
    """
    n = len(values)
    centred = values - values.mean()
    observed = links.lag(centred)
    # Equal sums in another order of adding differ in their last digits, and are ties.
    slack = 1e-11 * links.total * float(np.abs(centred).max(initial=0.0))
    upper, lower = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    went_to = np.empty(n, dtype=np.int64)
    for _ in range(permutations):
        order = rng.permutation(n)
        shuffled = centred[order]
        sums = links.lag(shuffled)
        if not star:
            went_to[order] = np.arange(n)
            sums = sums + links.between(went_to) * (shuffled - centred)
        upper += sums >= observed - slack
        lower += sums <= observed + slack
    shuffles = permutations + 1.0
    return np.asarray((upper + 1.0) / shuffles), np.asarray((lower + 1.0) / shuffles)
