"""The figures of a review's pack: estimates, trends, the order's reports by month, and hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pandas as pd

from hotspot import provenance
from hotspot.decisions.headline import Headline
from hotspot.decisions.inside import inside_of
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.order_values import month_days
from hotspot.errors import InputError
from hotspot.geography.incidents import is_counts
from hotspot.publish.charts_review import chart_estimates, chart_months, chart_trends
from hotspot.publish.charts_time import chart_hours
from hotspot.publish.packs.releasing import DRAWN_MARKING
from hotspot.publish.release import PublicRelease, Release, marking_of
from hotspot.publish.review_places import chart_places
from hotspot.publish.review_same import same_evidence, title_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hotspot.decisions.review import Review

Figures = dict[str, tuple["Figure", bool]]
"""By title, with whether it stands in the appendix."""


def figures_of(review: Review, *, release: Release = None) -> Figures:
    """Return the figures of a review, each with whether it stands in the appendix."""
    made = _first(review, review.tables.get("headlines"), release)
    for name, item in same_evidence(review.headlines).items():
        made |= _months(review, name, item, release)
        made |= _trends(review, name, item, release)
    return made


def public_figures(review: Review, estimates: pd.DataFrame | None, release: PublicRelease) -> Figures:
    """Return the figures of a public pack: estimates from released counts, and all of open sources."""
    made = _first(review, estimates, release)
    for name, item in same_evidence(review.headlines).items():
        if item.frame is not None and provenance.is_open([item.frame]):
            made |= _months(review, name, item, release)
            made |= _trends(review, name, item, release)
    return made


def _first(review: Review, estimates: pd.DataFrame | None, release: Release) -> Figures:
    """Draw what stands first: the order with its comparison, and the estimates, one line for each evidence."""
    made: Figures = {"The order and where it is compared": (chart_places(review, release=release), False)}
    if estimates is None or not estimates["ratio"].notna().any():
        return made
    title = f"{review.order.label}: reports against the comparison, by prohibition"
    shown = {item.prohibition.name: name for name, item in same_evidence(review.headlines).items()}
    kept = estimates[estimates["prohibition"].isin(list(shown))]
    drawn = kept.assign(prohibition=kept["prohibition"].map(shown))
    drawn = provenance.put(drawn, provenance.of(estimates))
    made["Estimates by prohibition"] = (chart_estimates(drawn, title=title, release=release), False)
    return made


def _trends(review: Review, name: str, item: Headline, release: Release) -> Figures:
    trends = review.trends.get(item.prohibition.name)
    if trends is None:
        return {}
    title = f"{title_of(name, item)}, {review.order.label}: the order and its comparison, 100 = mean of the months before"
    return {
        f"Trend beside the comparison: {name}": (chart_trends(trends, title=title, release=release), False)
    }


def _months(review: Review, name: str, item: Headline, release: Release) -> Figures:
    """Draw the reports inside the order by month, the spans in force shaded."""
    if item.counted is None or not item.source:
        return {}
    titled = title_of(name, item)
    months, counts = item.counted.months, item.counted.of("inside")
    if not len(months) or not counts.sum():
        return {}
    frame = pd.DataFrame({"month": [str(month) for month in months], "n": counts})
    parent = cast("pd.DataFrame", item.frame)
    if not is_counts(parent):
        # Only the record of this source and its rows' categories: its breaks are those to draw.
        parent = inside_of(parent, review.order, item.prohibition, item.source).rows
    frame = provenance.put(frame, provenance.of(parent))
    categories = sorted({each for one in item.prohibition.evidence for each in one.categories})
    title = f"{titled}, {review.order.label}: reports by month ({item.source})"
    figure = chart_months(
        frame, source=item.source, categories=categories, force=in_force(review.order, item.prohibition, frame), title=title,
        release=release,
    )  # fmt: skip
    return {
        f"Reports by month: {name}": (figure, False),
        **_hours(parent, name, titled, review.order, release),
    }


def _hours(rows: pd.DataFrame, name: str, titled: str, order: Order, release: Release) -> Figures:
    """Draw hours and days of the week, where the source has them."""
    if is_counts(rows):
        return {}
    title = f"{titled}, {order.label}: reports by hour and day of the week"
    try:
        figure = chart_hours(rows, title=title, size="a4-landscape")
    except InputError:
        return {}
    setattr(figure, DRAWN_MARKING, marking_of([rows], release))
    return {f"Days and hours: {name}": (figure, True)}


def in_force(order: Order, item: Prohibition, frame: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the spans in which the prohibition was in force, in months since 1970, cut to the months held."""
    first, last = (pd.Period(month, freq="M") for month in (frame["month"].iloc[0], frame["month"].iloc[-1]))
    low, high = float(first.ordinal), float(last.ordinal + 1)
    spans = []
    for start, end in order.spans_of(item):
        begin = _place(start)
        stop = high if end is None else _place(end) + 1 / 30
        if begin < high and stop > low:
            spans.append((max(begin, low), min(stop, high)))
    return spans


def _place(day: object) -> float:
    stamp = pd.Timestamp(str(day))
    month = stamp.to_period("M")
    _, last = month_days(month)
    return float(month.ordinal + (stamp.day - 1) / last.day)
