"""Answers to a consultation as they may be handed out: small numbers as classes, shares from what is shown."""

from __future__ import annotations

import pandas as pd

from hotspot.errors import InputError
from hotspot.publish.escape import plain
from hotspot.publish.suppression import TOTAL, suppress_counts

LEAST_BASE = 10
"""Shares of fewer answers than this are not shown."""
LONGEST_ANSWER = 120
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
        number and base are exact and the base is 10 or more).

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
