"""The first screen of a review's pack: one line for each prohibition, from the facts of its sentences."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hotspot.decisions.headline import NO_MONTHS, NOT_ASKED, NOT_RECORDED
from hotspot.decisions.periods import NO_BEFORE
from hotspot.publish.review_words import FELL, ROSE, SAME, Told
from hotspot.statistics.effect import NOT_CONTROLLED, TOO_FEW

NAME = "Each prohibition in one line"
HEADERS = (
    "Prohibition", "Before and during", "Against the comparison", "What can be said", "What is not known",
)  # fmt: skip
_SAID = {
    SAME: "not told from chance: no proof that nothing changed",
    FELL: "fewer reports, beside the comparison, than chance explains",
    ROSE: "more reports, beside the comparison, than chance explains",
}


def overview_of(told: Iterable[Told]) -> tuple[str, list[dict[str, str]]]:
    """Return the name and the lines of the table under a pack's title.

    Parameters
    ----------
    told
        What the pack says of each prohibition: of a public pack the released figures.

    Returns
    -------
    tuple of str and list of dict
        Header to text, a dict for each prohibition.
    """
    return NAME, [dict(zip(HEADERS, (one.name, *_line(one)), strict=True)) for one in told]


def _line(told: Told) -> tuple[str, str, str, str]:
    if told.heading == NOT_RECORDED:
        return "none", "none", "nothing", "no source records it"
    if told.heading in (NO_BEFORE, NO_MONTHS):
        return "none", "none", "how often it was reported, not how that changed", told.heading
    if told.heading == NOT_ASKED:
        return "not compared", "none", "how often it was reported, not how that changed", NOT_ASKED
    if told.inside is None:
        return (
            "not shown",
            "not shown",
            _SAID.get(told.change, "nothing here"),
            "the counts, which are not shown",
        )
    counts = f"{told.inside[0]}, then {told.inside[1]}"
    if told.heading == TOO_FEW:
        return counts, "too few to compare", "too few to compare", "whether it changed"
    if told.heading == NOT_CONTROLLED:
        said = (
            f"{told.ratio:.2f} times as many{_interval(told)}" if math.isfinite(told.ratio) else "the counts"
        )
        return counts, "none was named", said, _unknown(told, "whether the same change came about everywhere")
    return counts, _against(told), _SAID.get(told.change, told.heading or "the counts"), _unknown(told, "why")


def _against(told: Told) -> str:
    pair = "" if told.other is None else f"{told.comparison}: {told.other[0]}, then {told.other[1]}"
    ratio = f"ratio {told.ratio:.2f}{_interval(told)}" if math.isfinite(told.ratio) else ""
    return "; ".join(part for part in (pair, ratio) if part) or told.comparison


def _interval(told: Told) -> str:
    return f" (95% interval {told.low:.2f} to {told.high:.2f})" if math.isfinite(told.low) else ""


def _unknown(told: Told, first: str) -> str:
    return f"{first}; how much of the wider category is {told.behaviour}" if told.wider else first
