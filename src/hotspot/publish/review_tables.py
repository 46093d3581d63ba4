"""The tables of a review as its pack prints them: their order, titles, a sentence on how to read each, and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from hotspot import provenance
from hotspot.decisions.order import Order
from hotspot.provenance import Record, Source
from hotspot.publish.release import STEP

BOUNDARY = "review_boundary"
"""The step of the record that names the order and its boundary; `verify_order` reads it from a manifest."""


@dataclass(frozen=True)
class Part:
    """One table: its key in the review, its title (31 characters at most), how to read it, and whether it stands apart."""

    key: str
    title: str
    caption: str
    appendix: bool = False


PARTS = (
    Part("order", "The order", "One line for each span in force. The boundary is told by its fingerprint."),
    Part(
        "says",
        "What each source can say",
        "One line for each prohibition and source. A source that does not record a kind of behaviour says nothing of it. "
        "Lines are not to be added up: one event can stand in two sources.",
    ),
    Part(
        "headlines",
        "The estimate by prohibition",
        "Reports in the order's area and in the comparison, before and during. A ratio of 1 means that both changed "
        "alike; the interval says which ratios the counts fit. Where several prohibitions were estimated, a difference is "
        "told from chance only after correction for their number (Holm): an interval alone can leave out 1. A category "
        "that serves two prohibitions is tested twice, and so corrected for twice.",
    ),
    Part(
        "recurrence_summary",
        "Reports in all months",
        "Reports inside the order in every month held, and in how many months there was one.",
    ),
    Part(
        "recurrence_spans",
        "Reports by order and gap",
        "Not controlled: no other place stands beside it. Months with an order and without one. Fewer reports in one "
        "of them can be a change everywhere, or in recording.",
    ),
    Part("recurrence_by_year", "Reports by year", "A year of which only some months are held says so."),
    Part("recurrence_by_calendar_month", "Reports by calendar month", "All Januaries together, and so on."),
    Part(
        "recurrence_locations",
        "Locations that come back",
        "Places inside the order with reports; a rank interval that is wide says that the rank is chance.",
    ),
    Part("recurrence_days", "Reports by day of the week", "Of reports whose day is known."),
    Part(
        "recurrence_hours",
        "Reports by hour",
        "Of reports whose hour is known. A report with a first and a last moment is spread over the time between.",
    ),
    Part("recurrence_by_town", "Reports by town", "Reports inside the order by town."),
    Part("recurrence_by_town_and_year", "Reports by town and year", "Reports inside the order by town and year."),
    Part("recurrence_by_unit", "Reports by small area", "Reports inside the order by LSOA or the like, part by part."),
    Part("recurrence_breaks", "Changes in the sources", "What changed in a source, and what no longer holds across it."),
    Part("recurrence_not_available", "What recurrence cannot show", "What is missing above, and why."),
    Part(
        "where_share_hot",
        "Share of the order in hot cells",
        "Hot: more reports than if the cells' counts were shuffled over the area. Town centres mostly are, for they are "
        "busy.",
    ),
    Part("where_density", "Reports for each square km", "A year's reports for each square kilometre of each place."),
    Part("where_units", "Small areas of the order", "The part of each that lies in the order."),
    Part("where_streets", "Streets of the order", "Reports on each street, with the length that lies in the order."),
    Part(
        "where_repeat_locations",
        "Repeat locations in the order",
        "Places inside the order with more than one report. The true rank lies between the low and the high end.",
    ),
    Part(
        "where_hot_outside",
        "Hot cells outside the order",
        "Cells with significantly more reports of which nothing lies in the order, with the distance to it.",
    ),
    Part(
        "where_without_report",
        "Parts without a report",
        "Parts of the order without a report in any year held. An order that works also empties a place; this table "
        "cannot tell which it is.",
    ),
    Part("where_not_available", "What the maps cannot show", "What is missing above, and why."),
    Part(
        "consultation",
        "Answers to the consultation",
        "People who chose to answer, not a sample. Never put together with reports.",
    ),
    Part("activity", "Activity under the order", "Activity, not outcome. More patrols find and record more."),
    Part("activity_events", "Starts and stops", "Days on which enforcement started or stopped."),
    Part("statements", "Statements, listed", "By number and title. Their words stand in the exhibits."),
    Part("equality", "Who lives there (equality)", "Context for the equality duty. Never used to rank anything."),
    Part(
        "checklist",
        "Checklist of the decision",
        "The points of evidence that the decision falls under, where this pack speaks to each, and what it cannot say.",
    ),
    Part("plan", "The plan", "What was fixed before looking, and every change since."),
    Part("left_out", "What was left out", "What the restricted pack holds and this one does not, and why."),
    Part(
        "headline_details",
        "How each estimate was made",
        "The interval's method and what it rests on. The narrowest possible interval takes every report as independent.",
        appendix=True,
    ),
    Part(
        "detectable",
        "What could have been seen",
        "The change that would have been seen in four cases of five. A smaller one would more often have been missed.",
        True,
    ),
    Part("periods", "Months compared", "The months of both periods, and those left out with the reason.", True),
    Part("counts", "Counts by place and month", "Reports of each observed month in each place.", True),
    Part(
        "sensitivity",
        "Other choices",
        "The same estimate under other comparisons, rings, months, categories and boundaries. Each is judged by its own "
        "interval; the headline, like the summary, after correction for all prohibitions.",
        True,
    ),
    Part("pre_trend", "Trend before the order", "Whether the order's area drifted from its comparison before it.", True),
    Part(
        "placebos",
        "Placebos in short",
        "How often the rule finds a change where there was no order. Near areas move together and the dates overlap, so "
        "placebos are not independent.",
        True,
    ),
    Part("placebo_areas", "Placebo areas", "Other areas, each treated as if it had the order.", True),
    Part("placebo_dates", "Placebo dates", "Earlier dates, each treated as if the order had begun on it.", True),
    Part("common_change", "Change in all areas", "What changed in all areas of the borough together.", True),
    Part("suggested", "Areas like the order", "Chosen by level and trend before the order; the outcome is not read.", True),
    Part("interrupted", "Interrupted time series", "With season and comparison; it stands beside the estimate.", True),
    Part(
        "appendix_absolute",
        "Assumes equal absolute change",
        "Other figures that are in use. They take it that both places would have changed by as many reports; where all "
        "places fall alike, that finds a change where there is none. They decide nothing here.",
        True,
    ),
    Part("where_units_tested", "Small areas, tested", "Each area against its neighbours (Gi*).", True),
)  # fmt: skip
"""In the order in which they are read."""

_RENAMED = {"source": "recorded_by"}
"""On pages a column called source is the credit line."""
_RENAMED_IN = {"activity": {"unit": "amount_unit"}, "placebos": {"rank": "rank_of_order"}}
"""Names that mean something else in other tables."""
_DETAILS = (
    "prohibition", "source", "comparison", "reason", "pairs", "p", "p_holm", "poisson_low", "poisson_high", "dispersion",
    "between_sd", "areas_used", "method",
)  # fmt: skip
_NOT_SHOWN = {
    "recurrence_locations": ("location_id", "years_with", "years_observed"),
    "recurrence_by_town": ("years_with", "years_observed"),
    "recurrence_by_unit": ("years_with", "years_observed"),
    "where_units": ("years_with", "years_observed"),
    "recurrence_by_calendar_month": ("month",),
    "says": ("kind",),
    # An interval that takes placebos as independent, which they are not.
    "placebos": ("called_low", "called_high"),
}


def shown_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return a review's tables as they are printed: wide ones parted, columns in the words of a page.

    Parameters
    ----------
    tables
        Those of a `Review`, by key.
    """
    made = dict(tables)
    if "headlines" in made:
        full = made["headlines"]
        # A public pack has no figures on how an estimate was made.
        if "method" in full.columns:
            chosen = [name for name in _DETAILS if name in full.columns]
            made["headline_details"] = provenance.put(full[chosen].copy(), provenance.of(full))
            kept = [
                name for name in full.columns if name not in _DETAILS or name in (*_DETAILS[:3], "p_holm")
            ]
            made["headlines"] = provenance.put(full[kept].copy(), provenance.of(full))
    return {key: _printed(key, table) for key, table in made.items()}


def _printed(key: str, table: pd.DataFrame) -> pd.DataFrame:
    kept = [name for name in table.columns if name not in _NOT_SHOWN.get(key, ())]
    record = provenance.of(table)
    if key.startswith("where_"):
        record["sources"] = _own_sources(table, record["sources"])
    printed = table[kept].rename(columns=_RENAMED | _RENAMED_IN.get(key, {}))
    for step in record["steps"]:
        if step.get("step") == STEP and set(table.columns) <= set(step["columns"]):
            step["columns"] = [str(name) for name in printed.columns]
    return provenance.put(printed, record)


def _own_sources(table: pd.DataFrame, sources: list[Source]) -> list[Source]:
    """Return the sources that a table's rows name; all of them where a row's is not known."""
    if "source" not in table.columns or not len(table):
        return sources
    named = set(table["source"].astype("str"))
    known = {source["name"] for source in sources}
    return [source for source in sources if source["name"] in named] if named <= known else sources


def part_of(key: str) -> Part:
    """Return how a table is printed; one without a place of its own stands in the appendix."""
    known = {part.key: part for part in PARTS}
    if key in known:
        return known[key]
    title = key.removeprefix("appendix_").replace("_", " ")
    return Part(key, f"{title[:1].upper()}{title[1:]}"[:31], "", appendix=True)


def in_order(keys: Iterable[str]) -> list[Part]:
    """Return how the tables are printed, in the order in which they are read, appendix last."""
    place = {part.key: number for number, part in enumerate(PARTS)}
    parts = [part_of(key) for key in keys]
    return sorted(parts, key=lambda part: (part.appendix, place.get(part.key, len(place)), part.key))


def with_boundary(table: pd.DataFrame, order: Order, frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return a copy whose record names the order's boundary, and the sources where it names none."""
    record: Record = provenance.of(table)
    if not record["sources"]:
        record["sources"] = [source for frame in frames for source in provenance.of(frame)["sources"]]
    record["steps"] = [step for step in record["steps"] if step.get("step") != BOUNDARY]
    record["steps"].append({"step": BOUNDARY, "order": order.label, "boundary": grouped(order.hash)})
    copied = table.copy()
    copied.attrs = {}
    return provenance.note(provenance.put(copied, record), boundary_note(order))


def grouped(fingerprint: str) -> str:
    """Return a fingerprint in groups of eight: no one takes a part of it for an id."""
    return " ".join(fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8))


def boundary_note(order: Order) -> str:
    """Return the line that every output of a review carries."""
    return f"About the order {order.label}: the boundary is told by the first 12 characters of its SHA-256."
