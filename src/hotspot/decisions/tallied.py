"""Counts of months in words and columns: singular and plural, and never a bare zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def in_words(n: int, word: str = "report") -> str:
    """Write a number with its noun: ``1 report``, ``2 reports``, ``no report``."""
    return f"no {word}" if n == 0 else f"{n:,} {word}{'s' * (n != 1)}"


def month_words(n: int) -> str:
    """Write a number of months: ``1 month``, ``12 months``."""
    return f"{n:,} month{'s' * (n != 1)}"


def year_words(n: int) -> str:
    """Write a number of years: ``1 year``, ``3 years``."""
    return f"{n:,} year{'s' * (n != 1)}"


def tally_of(counts: Integers) -> dict[str, Any]:
    """Return the columns that every table of months has."""
    n, observed = int(counts.sum()), len(counts)
    return {
        "n": n if observed else pd.NA,
        "months_with": int((counts > 0).sum()) if observed else pd.NA,
        "months_observed": observed,
        "n_per_month": n / observed if observed else float("nan"),
        "says": sentence(counts),
    }


def sentence(counts: Integers) -> str:
    """Say how many reports there were in how many months; never a bare zero."""
    if len(counts) == 0:
        return "no month observed"
    n = int(counts.sum())
    if n == 0:
        return f"no report in {month_words(len(counts))}"
    return f"{in_words(n)} in {int((counts > 0).sum())} of {month_words(len(counts))}"
