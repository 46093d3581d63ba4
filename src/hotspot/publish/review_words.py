"""The summary of a review's pack in plain English: short sentences, every number with its months, no verdict."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.decisions.headline import NO_MONTHS, NOT_ASKED, NOT_RECORDED, Headline
from hotspot.decisions.order import Order, span_words
from hotspot.decisions.periods import NO_BEFORE
from hotspot.decisions.words import SIGNIFICANT, corrected_away, not_told
from hotspot.publish.review_beside import beside_words
from hotspot.statistics.detectable import Detectable, smallest_detectable_change
from hotspot.statistics.effect import NOT_CONTROLLED, TOO_FEW

ABOUT = "What this pack can and cannot say"
CAN_SAY = (
    "This pack counts reports. A report is what somebody told the council or the police. Much is never reported.",
    "More patrols can mean more reports. So a rise is not always a rise in the street, nor a fall a fall.",
    "Where it can, the pack sets the order's area beside another place in the same months. Where it cannot, it says so.",
    "It does not say why a number changed. It does not say whether a legal test is met. People decide that.",
)
FELL, ROSE, SAME = "fell", "rose", "same"


@dataclass(frozen=True)
class Told:
    """What is said of one prohibition.

    Attributes
    ----------
    name, heading, reason
        The prohibition; why it has no controlled estimate ("" where it has one), in short and in full.
    lines
        What each source says, a sentence each.
    source, comparison, behaviour
        Of the estimate.
    before, during
        Months in words.
    inside, other
        Reports before and during, as they may be shown; None where there are none to show.
    ratio, low, high
        The estimate with its 95 % interval; NaN where it may not be shown.
    wider
        The category holds other behaviour too.
    change
        `FELL`, `ROSE` or `SAME` (not told from chance); "" where nothing was estimated.
    tests
        How many prohibitions have a controlled estimate.
    corrected
        The interval leaves out 1, and the correction for so many prohibitions takes the difference back.
    seen
        What could have been seen.
    more
        Further sentences.
    """

    name: str
    heading: str = ""
    reason: str = ""
    lines: tuple[str, ...] = ()
    source: str = ""
    comparison: str = ""
    behaviour: str = ""
    before: str = ""
    during: str = ""
    inside: tuple[str, str] | None = None
    other: tuple[str, str] | None = None
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    wider: bool = False
    change: str = ""
    tests: int = 1
    corrected: bool = False
    seen: Detectable | None = None
    more: tuple[str, ...] = field(default=())


def tested_of(items: Iterable[Headline]) -> tuple[str, ...]:
    """Return the prohibitions with a controlled estimate: Holm's correction goes over them."""
    return tuple(item.prohibition.name for item in items if item.estimated and not item.heading)


def told_of(
    item: Headline, says: pd.DataFrame, tables: Mapping[str, pd.DataFrame], tested: Sequence[str]
) -> Told:
    """Return what a restricted pack says of a prohibition."""
    tests = max(len(tested), 1)
    name, effect = item.prohibition.name, item.effect
    lines = says[says["prohibition"] == name]
    known: dict[str, Any] = {
        "name": name, "heading": item.heading, "reason": item.reason, "source": item.source,
        "comparison": item.comparison, "behaviour": item.prohibition.behaviour, "wider": item.wider,
        "lines": tuple(source_line(row["source"], row["says"], row["caution"]) for row in lines.to_dict("records")),
        **months_of(item),
    }  # fmt: skip
    more = beside_words(item, says, tables, tested, figures=True)
    if effect is None:
        return Told(**known, more=more)
    other = None if not effect.controlled else (f"{effect.other_before:,}", f"{effect.other_during:,}")
    inside = (f"{effect.inside_before:,}", f"{effect.inside_during:,}")
    seen = smallest_detectable_change(effect, tests=tests) if item.estimated and not item.heading else None
    return Told(
        **known, inside=inside, other=other, ratio=effect.ratio, low=effect.low, high=effect.high,
        change=change_of(item), tests=tests, corrected=corrected_away(item), seen=seen, more=more,
    )  # fmt: skip


def months_of(item: Headline) -> dict[str, Any]:
    """Return the months of both periods in words."""
    periods = item.periods
    if periods is None:
        return {"before": "", "during": ""}
    return {"before": month_words(map(str, periods.before)), "during": month_words(map(str, periods.during))}


def change_of(item: Headline) -> str:
    """Tell whether a controlled estimate is a change, after Holm's correction."""
    if item.effect is None or item.heading or not item.estimated:
        return ""
    if not item.p_holm <= SIGNIFICANT:
        return SAME
    return FELL if item.effect.ratio < 1 else ROSE


def source_line(source: str, says: str, caution: str = "") -> str:
    """Return what a source says as a sentence."""
    return f"{source}: {_stopped(says)}" + (f" {caution}" if caution else "")


def heading_of(told: Told) -> str:
    """Return the prohibition's heading, with the reason where there is no controlled estimate."""
    if told.heading in (NOT_CONTROLLED, NO_BEFORE, TOO_FEW):
        return f"{told.name}: {told.heading}"
    return told.name


def about_words(order: Order) -> list[str]:
    """Say what the order is and which boundary the pack is about."""
    spans = "; ".join(span_words(span) for span in order.in_force)
    force = f"In force: {spans}." if spans else "It has not been in force on any day."
    return [f"{order.label}.", f"The decision is to {order.decision} it. {force}", *order.notes, *CAN_SAY]


def words_of(told: Told) -> list[str]:
    """Return the paragraphs of a prohibition."""
    lines = [" ".join(told.lines)] if told.lines else []
    if told.heading == NOT_RECORDED:
        return [*lines, "So this pack cannot say whether reports of it rose or fell."]
    if told.heading in (NO_BEFORE, NO_MONTHS):
        return [*lines, _capital(_stopped(told.reason)), *told.more]
    if told.heading == NOT_ASKED or told.inside is None:
        return [*lines, "No months before and during the order were compared.", *told.more]
    lines.append(_counts(told))
    if told.heading == TOO_FEW:
        return [*lines, "That is too few to compare: fewer than 10 in one of the periods.", *told.more]
    if told.wider:
        lines.append(
            f"The category is wider than {told.behaviour}. How much of it is {told.behaviour} is not known."
        )
    return [*lines, *(_alone(told) if told.heading == NOT_CONTROLLED else _beside(told)), *told.more]


def _counts(told: Told) -> str:
    first, then = told.inside or ("", "")
    text = (
        f"{told.source} holds {_n(first)} in the order's area for {told.before}, and {_n(then)} for {told.during}. "
        "These are the same months of the year."
    )
    if told.other is not None:
        text += f" In {told.comparison}, the place set beside it, there were {told.other[0]} and then {told.other[1]}."
    return text


def _n(text: str) -> str:
    return text if "report" in text else f"{text} report{'' if text == '1' else 's'}"


def _alone(told: Told) -> list[str]:
    lines = ["No other place was named to set it beside. The same change may have come about everywhere."]
    if math.isfinite(told.ratio):
        lines.append(f"The second number is {told.ratio:.2f} times the first{_interval(told)}.")
        lines += _hidden(told)
    return lines


def _beside(told: Told) -> list[str]:
    if not math.isfinite(told.ratio):
        return []
    lines = [
        f"The ratio of the two changes is {told.ratio:.2f}{_interval(told)}. A ratio of 1 would mean that both places "
        "changed alike.",
        *_hidden(told),
    ]
    if told.corrected:
        lines.append(not_told(told.tests))
    elif told.change == SAME:
        lines.append(
            "So these counts do not rule out that both places changed alike. That is no proof that they did."
        )
    elif told.change:
        lines.append(
            f"So, set beside {told.comparison}, reports in the order's area {told.change} by more than chance explains. "
            "This does not say why."
        )
    return [*lines, *_seen(told.seen)]


def _interval(told: Told) -> str:
    if not math.isfinite(told.low):
        return ""
    return f" (95% interval {_number(told.low)} to {_number(told.high)})"


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _hidden(told: Told) -> list[str]:
    if math.isfinite(told.low):
        return []
    return ["Its interval is not shown here: with so few months, single ones could be worked out from it."]


def _seen(seen: Detectable | None) -> list[str]:
    """Say which change would most often have been seen, in reports."""
    if seen is None or not math.isfinite(seen.expected):
        return []
    about = f"Had both places changed alike, about {seen.expected:,.0f} reports would be expected."
    parts = [
        f"{word} to {math.floor(seen.expected * ratio) if word == 'fall' else math.ceil(seen.expected * ratio):,} "
        f"or {'fewer' if word == 'fall' else 'more'}"
        for word, ratio in (("fall", seen.fall), ("rise", seen.rise))
        if math.isfinite(ratio)
    ]
    if not parts:
        return [f"{about} With so few, no change of any size would have been seen in four cases of five."]
    says = (
        f"A {' or a '.join(parts)} would have been seen in four cases of five. A smaller one would more often have been "
        "missed."
    )
    if not math.isfinite(seen.fall):
        says += " No fall of any size would have been seen so often."
    return [f"{about} {says}"]


def month_words(months: Iterable[str]) -> str:
    """Write months as people say them: "April 2024 to February 2025"."""
    spans: Sequence[str] = provenance.spans(months).split(", ")
    parts = [" to ".join(_month(end) for end in span.split(" to ")) for span in spans if span]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _month(text: str) -> str:
    return f"{calendar.month_name[int(text[5:7])]} {text[:4]}"


def _stopped(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
