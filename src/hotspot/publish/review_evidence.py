"""Answers to a consultation as they may be handed out: small numbers as classes, shares from what is shown."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.publish.escape import plain
from hotspot.publish.suppression import TOTAL, suppress_counts

LEAST_BASE = 10
"""Shares of fewer answers than this are not shown."""
LONGEST_ANSWER = 120
_ALL_WORDS = (
    "all", "total", "totals", "every", "everyone", "everybody", "overall", "any", "anyone", "both", "combined",
    "grand total", "sum", "not stated", "unknown", "not known", "not given", "prefer not to say", "",
)  # fmt: skip
_ALL_BEGINNINGS = ("all ", "total ", "every ", "overall ", "any ")
_TOTAL_ANSWERS = frozenset({"total", "totals", "grand total", "sum", "all answers", "all responses", "base"})
_MOST_PARTS = 10
"""Up to so many kinds of people are tried in every combination for one that is the sum of others."""
_GROUP = ("prohibition", "question", "respondent_type")
_KEPT = (*_GROUP, "answer", "start", "end")


def answers_released(table: pd.DataFrame, *, threshold: int) -> pd.DataFrame:
    """Return the answers with small numbers as classes.

    Parameters
    ----------
    table
        Of `hotspot.decisions.evidence.consultation`.
    threshold
        Numbers from 1 to under it are classes, and so are others where the base would give them back.

    Returns
    -------
    DataFrame
        prohibition, question, respondent_type, answer, start, end, n_shown, base_shown, share_pct (missing unless
        number and base are exact and the base is 10 or more). Without the kinds of people that are the sum of others
        or are called all, total or not stated, unless a question has no other, and without answers called total: a
        small number could be had by taking one from the other.

    Raises
    ------
    InputError
        If an answer is longer than 120 characters: it may be one person's own words.

    Notes
    -----
    Where people could give several answers, the base is no sum: then those who did not give an answer are
    protected as well as those who did.
    """
    long = table["answer"].astype("str").str.len() > LONGEST_ANSWER
    if long.any():
        first = plain(table.loc[long, "answer"].iloc[0], limit=40)
        raise InputError(
            f"consultation: {int(long.sum())} answers are longer than {LONGEST_ANSWER} characters (the first begins "
            f"{first!r}): they may be people's own words; group them before they are handed out"
        )
    table = _without_totals(table, threshold)
    made = table[list(_KEPT)].copy()
    made.attrs = {}
    shown: dict[object, str] = {}
    bases: dict[object, str] = {}
    share: dict[object, float] = {}
    for _, rows in table.groupby(list(_GROUP), sort=False, dropna=False):
        base = int(rows["base"].iloc[0])
        texts, whole = (
            _single(rows, threshold) if int(rows["n"].sum()) == base else _several(rows, base, threshold)
        )
        for at, text in zip(rows.index, texts, strict=True):
            shown[at], bases[at], share[at] = text, whole, float("nan")
            if text.isdecimal() and whole.isdecimal() and int(whole) >= LEAST_BASE:
                share[at] = 100 * int(text) / int(whole)
    for name, values in (("n_shown", shown), ("base_shown", bases), ("share_pct", share)):
        made[name] = [values[at] for at in table.index]
    return made


def _without_totals(table: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Return the rows without kinds of people, and answers, that are the sum of others."""
    kept = table.reset_index(drop=True)
    names = kept["answer"].astype("str").str.strip().str.casefold()
    totals = names.isin(_TOTAL_ANSWERS).to_numpy(dtype=bool)
    out = np.zeros(len(kept), dtype=bool)
    bases = kept["base"].to_numpy(dtype=np.int64).copy()
    for _, rows in kept.groupby(list(_GROUP), sort=False, dropna=False):
        at = rows.index.to_numpy()
        held = totals[at]
        if held.any() and not held.all():
            out[at[held]] = True
            rest = int(rows["n"].to_numpy()[~held].sum())
            bases[at] = np.where(bases[at] == int(rows["n"].sum()), rest, bases[at])
    kept["base"] = bases
    kept = kept[~out].reset_index(drop=True)
    left = np.zeros(len(kept), dtype=bool)
    for _, rows in kept.groupby(list(_GROUP[:2]), sort=False, dropna=False):
        types = rows["respondent_type"].astype("str").where(rows["respondent_type"].notna(), "")
        for name in _sums(rows.assign(respondent_type=types), threshold):
            left[rows.index[(types == name).to_numpy(dtype=bool)]] = True
    found = kept[~left].reset_index(drop=True)
    found.attrs = dict(table.attrs)
    return found


def _sums(rows: pd.DataFrame, threshold: int) -> list[str]:
    """Return the kinds of people that stand for others, of the answers to one question."""
    by_type = rows.pivot_table(
        index="respondent_type", columns="answer", values="n", aggfunc="sum", fill_value=0, sort=False
    )
    counts = {
        str(name): values
        for name, values in zip(by_type.index, by_type.to_numpy(dtype=np.int64), strict=True)
    }
    if len(counts) < 2:
        return []
    named = [name for name in counts if _is_all(name)]
    # Where every kind is called so, one of them is all there is to show.
    found = named if len(named) < len(counts) else named[1:]
    others = {name: values for name, values in counts.items() if name not in found and values.any()}
    for name, values in sorted(others.items(), key=lambda one: -int(one[1].sum())):
        parts = [part for other, part in others.items() if other != name and other not in found]
        if _is_sum(values, parts, threshold):
            found.append(name)
    return found


def _is_all(name: str) -> bool:
    said = " ".join(name.casefold().split())
    return said in _ALL_WORDS or said.startswith(_ALL_BEGINNINGS)


def _is_sum(values: NDArray[np.int64], parts: list[NDArray[np.int64]], threshold: int) -> bool:
    """Tell whether answers are the sum of those of others: of all but for a few, or of some to the last."""
    if not parts:
        return False
    over = values - np.sum(parts, axis=0)
    if (over >= 0).all() and int(over.sum()) < threshold:
        return True
    if len(parts) > _MOST_PARTS:
        return False
    return any(
        bool((np.sum(some, axis=0) == values).all())
        for size in range(2, len(parts))
        for some in combinations(parts, size)
    )


def _single(rows: pd.DataFrame, threshold: int) -> tuple[list[str], str]:
    """Protect answers that add up to their base."""
    counts = pd.DataFrame(
        {"n": rows["n"].astype("int64").to_numpy()}, index=[f"answer {n}" for n in range(len(rows))]
    )
    texts = suppress_counts(counts, threshold=threshold, large=True).shown()["n"]
    return [str(text) for text in texts.drop(index=TOTAL)], str(texts[TOTAL])


def _several(rows: pd.DataFrame, base: int, threshold: int) -> tuple[list[str], str]:
    """Protect each answer and those who did not give it."""
    if base < threshold:
        return ["not shown"] * len(rows), f"fewer than {threshold}"
    texts = []
    for n in rows["n"].astype("int64"):
        hidden = 0 < n < threshold or 0 < base - n < threshold
        texts.append("not shown" if hidden else str(int(n)))
    return texts, str(base)
