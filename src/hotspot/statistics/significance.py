"""From the tails of a null distribution to p and to the words of a class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = ((0.01, "99%"), (0.05, "95%"), (0.10, "90%"))
CLASSES = ["cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%"]


def p_values(upper: Floats, lower: Floats, alternative: str) -> Floats:
    """Return p from P(S >= s) and P(S <= s): two-sided, "greater" or "less"."""
    if alternative == "two-sided":
        p = np.minimum(1.0, 2.0 * np.minimum(upper, lower))
    else:
        p = upper if alternative == "greater" else lower
    # No outcome that was seen has chance 0: below the smallest number of the machine it is given as that.
    return np.asarray(np.maximum(p, np.finfo(float).tiny))


def classes(p: Floats, hot: NDArray[np.bool_], *, corrected: bool) -> Any:
    """Return the class of each p (or q) as an ordered Categorical, missing where p is."""
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
