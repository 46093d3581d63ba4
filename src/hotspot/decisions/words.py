"""The summary of a review in plain English: short sentences, a number with its months, and no verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pandas as pd

from hotspot import provenance
from hotspot.decisions.headline import NO_MONTHS, NOT_ASKED, NOT_RECORDED, Headline
from hotspot.decisions.order import Order, span_words
from hotspot.decisions.periods import NO_BEFORE
from hotspot.statistics.detectable import smallest_detectable_change
from hotspot.statistics.effect import NOT_CONTROLLED, TOO_FEW, Effect

COUNTS_ONLY = "These are counts of what was reported. Whether a legal test is met is for people to decide."
SIGNIFICANT = 0.05


def about(order: Order) -> list[str]:
    """Say what the order is, when it was in force, and which boundary the pack is about."""
    spans = "; ".join(span_words(span) for span in order.in_force) or "no day so far"
    lines = [
        f"{order.label}. The decision is to {order.decision} it. In force: {spans}.",
        *order.notes,
        COUNTS_ONLY,
    ]
    return lines


def summary(order: Order, headlines: Sequence[Headline], says: pd.DataFrame) -> dict[str, list[str]]:
    """Return the paragraphs of each prohibition by its name, in the order's order.

    Parameters
    ----------
    headlines
        One of each prohibition.
    says
        From `what_sources_say`.
    """
    tests = sum(1 for item in headlines if item.estimated and not item.heading)
    made = {}
    for item in headlines:
        lines = told(says, item.prohibition.name)
        made[item.prohibition.name] = [*lines, *headline_words(item, tests=max(tests, 1))]
    return made


def told(says: pd.DataFrame, prohibition: str) -> list[str]:
    """Return what each source says of a prohibition, a sentence each."""
    rows = says[says["prohibition"] == prohibition]
    lines = []
    for row in rows.to_dict(orient="records"):
        shared = f" The same category serves {row['shared_with']}." if row["shared_with"] else ""
        caution = f" {row['caution']}" if row["caution"] else ""
        lines.append(f"{row['source']}: {_stopped(str(row['says']))}{shared}{caution}")
    return lines


def headline_words(item: Headline, *, tests: int = 1) -> list[str]:
    """Say the headline: both counts of both places, the ratio with its interval, and what it can carry."""
    if item.heading == NOT_RECORDED:
        return ["Nothing in this pack can say whether reports of it rose or fell."]
    if item.heading in (NO_BEFORE, NO_MONTHS):
        return [_capital(_stopped(item.reason)), *_period_words(item)]
    if item.heading == NOT_ASKED:
        return ["No periods before and during the order were compared."]
    effect = cast("Effect", item.effect)
    lines = [_counts_words(item, effect)]
    if item.heading == TOO_FEW:
        return [*lines, "That is too few to compare: fewer than 10 in one of the periods."]
    if item.wider:
        lines.append(
            f"The category is wider than {item.prohibition.behaviour}. Its share of these reports is not known."
        )
    if item.heading == NOT_CONTROLLED:
        return [
            *lines,
            "Not controlled: no comparison area was named. The same change may have come about elsewhere.",
            f"The count during was {effect.ratio:.2f} times the count before "
            f"(95% interval {effect.low:.2f} to {effect.high:.2f}).",
            *_caution_words(effect),
            *_period_words(item),
        ]
    return [*lines, *_ratio_words(item, effect, tests), *_caution_words(effect), *_period_words(item)]


def corrected_away(item: Headline) -> bool:
    """Tell whether the interval leaves out 1 and Holm's correction takes the difference back."""
    effect = item.effect
    if effect is None or item.heading or not item.estimated or item.p_holm <= SIGNIFICANT:
        return False
    return not effect.low <= 1.0 <= effect.high


def not_told(tests: int) -> str:
    """Say that a difference is not told from chance because several prohibitions were looked at."""
    return (
        f"The interval leaves out 1. But {tests} prohibitions were estimated. With so many, this difference is not told "
        "from chance."
    )


def _caution_words(effect: Effect) -> list[str]:
    return [_stopped(_capital(effect.caution))] if effect.caution else []


def _period_words(item: Headline) -> list[str]:
    return [] if item.periods is None else [*item.periods.breaks, *item.periods.notes]


def _counts_words(item: Headline, effect: Effect) -> str:
    periods = item.periods
    before, during = (
        provenance.spans(str(month) for month in months)
        for months in ((periods.before, periods.during) if periods is not None else ((), ()))
    )
    text = (
        f"Reports in the area of the order ({item.source}): {effect.inside_before:,} in {before}, and "
        f"{effect.inside_during:,} in {during}, the same calendar months."
    )
    if effect.controlled:
        text += f" In {item.comparison}, the comparison: {effect.other_before:,} and {effect.other_during:,}."
    return text


def _ratio_words(item: Headline, effect: Effect, tests: int) -> list[str]:
    lines = [
        f"Set against {item.comparison}, the ratio is {effect.ratio:.2f} (95% interval {effect.low:.2f} to "
        f"{effect.high:.2f}). A ratio of 1 means that both changed alike."
    ]
    seen = smallest_detectable_change(effect, tests=tests)
    if item.p_holm <= SIGNIFICANT:
        word = "fell" if effect.ratio < 1 else "rose"
        lines.append(
            f"Against {item.comparison}, reports in the area {word} by more than chance explains. That does not say why."
        )
    elif corrected_away(item):
        lines.append(not_told(tests))
    else:
        lines.append(
            f"{_allowing(tests)}hese figures fit no difference from {item.comparison}. That is no proof that there was none."
        )
    lines.append(seen.says)
    return lines


def _allowing(tests: int) -> str:
    return f"With {tests} prohibitions looked at, t" if tests > 1 else "T"


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
