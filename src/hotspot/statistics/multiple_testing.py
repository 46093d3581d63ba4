"""Adjusted p-values: how sure a finding is when thousands of cells were looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot.errors import InputError

CORRECTIONS = ("fdr_bh", "fdr_by", "holm", "bonferroni")


def adjust(p: NDArray[np.float64], correction: str) -> NDArray[np.float64]:
    """Adjust p-values for the number of tests; NaN stays NaN and is no test.

    Parameters
    ----------
    p
        p-values, any of them NaN where there was no test.
    correction
        By statsmodels' names: "fdr_bh" (Benjamini and Hochberg 1995, the false discovery rate),
        "fdr_by" (Benjamini and Yekutieli 2001, under any dependence), "holm" (Holm 1979) and
        "bonferroni", which bound the chance of any false finding.
    """
    if correction not in CORRECTIONS:
        raise InputError(
            f"correction={correction!r} is not known; use one of {', '.join(CORRECTIONS)} or None"
        )
    adjusted = np.full(len(p), np.nan)
    tested = ~np.isnan(p)
    if not tested.any():
        return adjusted
    count = int(tested.sum())
    if correction == "bonferroni":
        adjusted[tested] = np.minimum(p[tested] * count, 1.0)
        return adjusted
    order = np.argsort(p[tested], kind="stable")
    ranked = p[tested][order]
    if correction == "holm":
        stepped = np.maximum.accumulate(ranked * (count - np.arange(count)))
    else:
        factor = float(np.sum(1.0 / np.arange(1, count + 1))) if correction == "fdr_by" else 1.0
        stepped = np.minimum.accumulate((ranked * (factor * count / np.arange(1, count + 1)))[::-1])[::-1]
    held = np.empty(count)
    held[order] = np.minimum(stepped, 1.0)
    adjusted[tested] = held
    return adjusted
