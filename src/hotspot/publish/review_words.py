"""The summary of a review's pack in plain English: short sentences, every number with its months, no verdict."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.decisions.headline import NO_MONTHS, NOT_ASKED, NOT_RECORDED, Headline
from hotspot.decisions.order import Order, span_words
from hotspot.decisions.periods import NO_BEFORE
from hotspot.decisions.words import SIGNIFICANT
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
        The estimate with its 95 % interval.
    narrowest
        The interval takes every report as independent.
    wider
        The category holds other behaviour too.
    change
        `FELL`, `ROSE` or `SAME` (not told from chance); "" where nothing was estimated.
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
    narrowest: bool = False
    wider: bool = False
    change: str = ""
    seen: Detectable | None = None
    more: tuple[str, ...] = field(default=())


def told_of(item: Headline, says: pd.DataFrame, tables: dict[str, pd.DataFrame], tests: int) -> Told:
    """Return what a restricted pack says of a prohibition."""
    name, effect = item.prohibition.name, item.effect
    lines = says[says["prohibition"] == name]
    known: dict[str, Any] = {
        "name": name, "heading": item.heading, "reason": item.reason, "source": item.source,
        "comparison": item.comparison, "behaviour": item.prohibition.behaviour, "wider": item.wider,
        "lines": tuple(source_line(row["source"], row["says"], row["caution"]) for row in lines.to_dict("records")),
        **months_of(item),
    }  # fmt: skip
    if effect is None:
        return Told(**known)
    other = None if not effect.controlled else (f"{effect.other_before:,}", f"{effect.other_during:,}")
    inside = (f"{effect.inside_before:,}", f"{effect.inside_during:,}")
    seen = (
        smallest_detectable_change(effect, tests=max(tests, 1))
        if item.estimated and not item.heading
        else None
    )
    more = () if item.heading else tuple(_stable(tables.get("sensitivity"), name))
    return Told(
        **known, inside=inside, other=other, ratio=effect.ratio, low=effect.low, high=effect.high,
        change=change_of(item), seen=seen, more=more,
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
        return [*lines, _capital(_stopped(told.reason))]
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
        lines.append(f"The second number is {told.ratio:.2f} times the first ({_interval(told)}).")
    return lines


def _beside(told: Told) -> list[str]:
    if not math.isfinite(told.ratio):
        return []
    lines = [
        f"The ratio of the two changes is {told.ratio:.2f} ({_interval(told)}). A ratio of 1 would mean that both places "
        "changed alike."
    ]
    if told.change == SAME:
        lines.append(
            "So these counts do not rule out that both places changed alike. That is no proof that they did."
        )
    elif told.change:
        lines.append(
            f"So, set beside {told.comparison}, reports in the order's area {told.change} by more than chance explains. "
            "This does not say why."
        )
    if told.narrowest:
        lines.append(
            "The interval here is the narrowest possible: it takes each report as apart from all others. The sentence "
            "above rests on a wider one."
        )
    return [*lines, *_seen(told.seen)]


def _interval(told: Told) -> str:
    word = "narrowest 95% interval" if told.narrowest else "95% interval"
    return f"{word} {told.low:.2f} to {told.high:.2f}"


def _seen(seen: Detectable | None) -> list[str]:
    """Say what could have been told from chance, in reports."""
    if seen is None or not math.isfinite(seen.expected):
        return []
    parts = [
        f"a {word} to {math.floor(seen.expected * ratio) if word == 'fall' else math.ceil(seen.expected * ratio):,} "
        f"or {'fewer' if word == 'fall' else 'more'}"
        for word, ratio in (("fall", seen.fall), ("rise", seen.rise))
        if math.isfinite(ratio)
    ]
    if not parts:
        return [
            f"With about {seen.expected:,.0f} reports to be expected, no change could have been told from chance."
        ]
    return [
        f"Had both places changed alike, about {seen.expected:,.0f} reports would be expected. "
        f"Only {' or '.join(parts)} could be told from chance, in four cases of five."
    ]


def _stable(table: pd.DataFrame | None, name: str) -> Iterable[str]:
    """Say whether other choices tell the same."""
    if table is None:
        return
    rows = table[(table["prohibition"] == name) & (table["estimate_of"] == "inside")].iloc[1:]
    tried = rows[rows["differs"].notna() & rows["ratio"].notna()]
    if tried.empty:
        yield "Other choices of place and months could not be tried."
        return
    off = int(tried["differs"].astype(bool).sum())
    end = (
        "All of them tell the same."
        if off == 0
        else f"{off} of them tell something else: read them in the appendix."
    )
    yield (
        f"{len(tried)} other choices of place and months give ratios from {tried['ratio'].min():.2f} to "
        f"{tried['ratio'].max():.2f}. {end}"
    )


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
