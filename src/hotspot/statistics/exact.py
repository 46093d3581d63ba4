"""The exact null of a neighbourhood's sum: cells drawn without replacement from all cells.

The sum of k values drawn from a known multiset of whole counts has a distribution that can be
computed, not simulated: values enter one distinct value at a time, and the number of draws that fall
on the new value is hypergeometric. Every term is positive, so nothing cancels and the tails keep
their digits far below 1e-12. Its moments are those of Gi* itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_WORK = 3e10
"""Multiplications of one run."""
MOST_ENTRIES = 1e8
"""Probabilities held at once."""


def too_large(values: Integers, multiplicity: Integers, draws: int, tables: int) -> bool:
    """Tell whether the null would take more than about a minute or 2 GB."""
    width = _largest_sum(values, multiplicity, draws) + 1
    steps = float(np.sum(np.minimum(multiplicity, draws)[values > 0])) * draws
    return steps * width * tables > MOST_WORK or (draws + 1) * width > MOST_ENTRIES


def sum_distribution(values: Integers, multiplicity: Integers, draws: int) -> Floats:
    """Return the distribution of the sum of k cells, for k = 0 ... ``draws``.

    Parameters
    ----------
    values
        Distinct counts, each zero or more.
    multiplicity
        How many cells have each count.
    draws
        The most cells that a neighbourhood draws; at most the number of cells.

    Returns
    -------
    array, shape (draws + 1, largest sum + 1)
        Row k is the probability of each sum when k cells are drawn without replacement.
    """
    order = np.argsort(values)
    values, multiplicity = values[order], multiplicity[order]
    width = _largest_sum(values, multiplicity, draws) + 1
    table = np.zeros((draws + 1, width))
    table[0, 0] = 1.0
    seen = 0
    for value, count in zip(values.tolist(), multiplicity.tolist(), strict=True):
        table = _with_value(table, seen, value, count)
        seen += count
    return table


def _with_value(table: Floats, seen: int, value: int, count: int) -> Floats:
    """Add ``count`` cells of one value to the ``seen`` cells that the table is of."""
    draws, width = table.shape[0] - 1, table.shape[1]
    grown = np.zeros_like(table)
    for k in range(min(draws, seen + count) + 1):
        low, high = max(0, k - seen), min(count, k)
        for j, weight in zip(range(low, high + 1), _hypergeometric(seen, count, k).tolist(), strict=True):
            shift = value * j
            if weight > 0.0 and shift < width:
                grown[k, shift:] += weight * table[k - j, : width - shift]
    return grown


def _hypergeometric(others: int, marked: int, draws: int) -> Floats:
    """P(j of ``draws`` are marked), for every possible j, from ratios of neighbouring terms.

    Products of ratios that start at the mode only shrink, so there is no overflow and no logarithm of
    a factorial, whose rounding would cost up to seven digits with millions of cells.
    """
    low, high = max(0, draws - others), min(marked, draws)
    if low == high:
        return np.ones(1)
    j = np.arange(low, high, dtype=float)
    ratio = (marked - j) * (draws - j) / ((j + 1.0) * (others - draws + j + 1.0))
    mode = int(np.searchsorted(-ratio, -1.0, side="right"))
    up = np.cumprod(ratio[mode:])
    down = np.cumprod(1.0 / ratio[:mode][::-1])[::-1]
    terms = np.concatenate([down, [1.0], up])
    probability: Floats = terms / terms.sum()
    return probability


def _largest_sum(values: Integers, multiplicity: Integers, draws: int) -> int:
    """Return the largest sum that ``draws`` cells can have."""
    left, total = draws, 0
    for i in np.argsort(values)[::-1]:
        taken = min(left, int(multiplicity[i]))
        total += taken * int(values[i])
        left -= taken
        if left == 0:
            break
    return total


def tails(distribution: Floats) -> tuple[Floats, Floats]:
    """Return P(S >= s) and P(S <= s) for every sum s, each summed from its own small end."""
    upper = np.cumsum(distribution[::-1])[::-1]
    lower = np.cumsum(distribution)
    return np.minimum(upper, 1.0), np.minimum(lower, 1.0)


def star_tails(counts: Integers, sums: Integers, drawn: Integers) -> tuple[Floats, Floats]:
    """Return P(S >= s) and P(S <= s) of each cell, its W_i cells drawn from all n.

    Parameters
    ----------
    counts
        The counts of all n cells.
    sums, drawn
        Of each cell: the sum of its neighbourhood and the number W_i of cells in it, itself included.
    """
    values, multiplicity = np.unique(counts, return_counts=True)
    table = sum_distribution(values, multiplicity, int(drawn.max(initial=0)))
    return _look_up(table, sums, drawn)


def neighbour_tails(counts: Integers, sums: Integers, drawn: Integers) -> tuple[Floats, Floats]:
    """Return P(S >= s) and P(S <= s) of each cell, its k neighbours drawn from the other n - 1.

    One table for each own value, since leaving a cell out changes the multiset.
    """
    values, multiplicity = np.unique(counts, return_counts=True)
    upper, lower = np.ones(len(counts)), np.ones(len(counts))
    for i, own in enumerate(values.tolist()):
        mine = np.flatnonzero(counts == own)
        others = multiplicity.copy()
        others[i] -= 1
        kept = others > 0
        table = sum_distribution(values[kept], others[kept], int(drawn[mine].max(initial=0)))
        upper[mine], lower[mine] = _look_up(table, sums[mine], drawn[mine])
    return upper, lower


def _look_up(table: Floats, sums: Integers, drawn: Integers) -> tuple[Floats, Floats]:
    upper, lower = np.ones(len(sums)), np.ones(len(sums))
    for k in np.unique(drawn).tolist():
        mine = drawn == k
        above, below = tails(table[k])
        upper[mine], lower[mine] = above[sums[mine]], below[sums[mine]]
    return upper, lower
