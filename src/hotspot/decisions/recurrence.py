"""Recurrence: when and where what an order prohibits was reported, year by year and order by order."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.inside import WIDER, Inside, each_inside
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.order_values import Span, gaps_of, month_days
from hotspot.decisions.recurring_places import areas_of, hours_of, locations_of
from hotspot.decisions.tallied import tally_of
from hotspot.decisions.units_of import LEAST_SHARE
from hotspot.geography.area import AreaLike
from hotspot.intake.breaks import breaks_between

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Row = dict[str, Any]

PARTS = (
    "summary",
    "by_year",
    "by_calendar_month",
    "spans",
    "locations",
    "days",
    "hours",
    "by_town",
    "by_town_and_year",
    "by_unit",
    "breaks",
    "not_available",
)
CHANGE = "months in which an order starts or ends"
COUNT_COLUMNS = (
    "months_with",
    "months_observed",
    "years_with",
    "years_observed",
    "rank",
    "rank_low",
    "rank_high",
)
_DAY = timedelta(days=1)


def recurrence(
    data: pd.DataFrame,
    order: Order,
    prohibition: Prohibition | str,
    *,
    areas: AreaLike | None = None,
    town: str = "town",
    unit: str | None = None,
    across_breaks: bool = False,
    least_share: float = LEAST_SHARE,
) -> dict[str, pd.DataFrame]:
    """Tabulate the reports inside an order on one prohibition: years, months, orders and gaps, places, hours.

    Parameters
    ----------
    data
        Incidents with ``source``, ``category`` and ``start``, or a counts table.
    order
        With its spans in force, those of earlier orders too.
    prohibition
        One of the order's, or its name.
    areas
        Small areas, such as LSOAs, with a column of codes and one of towns; a boroughwide order needs them to be
        told by town.
    town, unit
        Names of these columns. ``unit`` None: the first there is of the usual names, such as LSOA21CD and code.
    across_breaks
        List locations over all months although their points were redrawn in between.
    least_share
        For a counts table, see `counted`.

    Returns
    -------
    dict of DataFrame
        Each with ``prohibition``, ``source`` and ``evidence`` ("own category", or "wider category, share unknown");
        sources and the two kinds of evidence are never added up. Empty where there is nothing:

        - ``summary``: ``n``, ``months_with`` (a report) of ``months_observed``, ``years_with`` of
          ``years_observed``, ``first_month``, ``last_month``, ``says``;
        - ``by_year``: ``year``, ``n`` (missing where no month was observed), ``months_with``, ``months_observed``,
          ``n_per_month`` (observed), ``says``;
        - ``by_calendar_month``: ``month`` (1 to 12), ``month_name``, the same, ``years_with`` of ``years_observed``;
        - ``spans``: ``state`` ("in force", "no order", or the months in which one starts or ends, in a line of
          their own), ``span``, ``first_day``, ``last_day``, the same;
        - ``locations``: those inside the order with a report, see `recurring_places.locations_of`;
        - ``days``, ``hours``: see `recurring_places.hours_of`;
        - ``by_town``, ``by_town_and_year``, ``by_unit``: see `recurring_places.areas_of`;
        - ``breaks``: changes of a source between its months, with their consequence;
        - ``not_available``: ``part`` and ``reason``.

    Raises
    ------
    InputError
        If the prohibition is not one of the order's, or the areas lack a column.

    Notes
    -----
    A month belongs to a span or gap when it lies in it whole and the order neither starts nor ends in it.
    Spans are those in which this prohibition was in force. A year counts as observed when one of its months was.

    How this can mislead: nothing here says what an order did. Fewer reports in a span than in a gap can be a
    change everywhere, a change in recording, or a quiet year: see the breaks, and the comparison where there is
    one. Reports follow who is there to make them: more wardens, more reports.
    """
    item = order.prohibition(prohibition) if isinstance(prohibition, str) else prohibition
    found: dict[str, list[Row]] = {part: [] for part in PARTS}
    notes: list[str] = []
    for inside in each_inside(data, order, item, least_share=least_share):
        notes += [text for text in inside.notes if text not in notes]
        head = {"prohibition": item.name, "source": inside.source, "evidence": inside.evidence}
        parts = _in_time(inside, order, item)
        parts["breaks"] = _breaks(inside, item)
        for made in (
            locations_of(inside, across_breaks),
            hours_of(inside, item.hours or order.hours),
            areas_of(inside, order, areas, town, unit),
        ):
            for part, rows in made.items():
                parts.setdefault(part, []).extend(rows)
        for part, rows in parts.items():
            found[part] += [{**head, **row} for row in rows]
    if not item.evidence:
        reason = "no category of any source is named as bearing on this prohibition"
        found["not_available"].append(
            {"prohibition": item.name, "source": "", "evidence": "", "part": "all", "reason": reason}
        )
    return {part: _frame(data, rows, part, order, item, notes) for part, rows in found.items()}


def _frame(
    data: pd.DataFrame, rows: list[Row], part: str, order: Order, item: Prohibition, notes: list[str]
) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["prohibition", "source", "evidence"])
    whole = [name for name in table.columns if name in ("n", *COUNT_COLUMNS) or str(name).startswith("n_in_")]
    table = table.astype(dict.fromkeys(whole, "Int64"))
    table = provenance.carry(data, table, "recurrence", part=part, order=order.label, prohibition=item.name)
    for text in notes:
        provenance.note(table, text)
    return table


def _in_time(inside: Inside, order: Order, item: Prohibition) -> dict[str, list[Row]]:
    counts, months = inside.by_month, inside.months
    if len(months) == 0:
        return {"not_available": [{"part": "months", "reason": "no month of this source was observed"}]}
    years, calendar_month = np.asarray(months.year), np.asarray(months.month)
    by_year = []
    for year in range(int(years.min()), int(years.max()) + 1):
        part = counts[years == year]
        row = tally_of(part)
        if 0 < len(part) < 12:
            held = provenance.spans(str(month) for month in months[years == year])
            row["says"] += f"; {len(part)} of 12 months observed ({held})"
        by_year.append({"year": year, **row})
    by_month = []
    for number in range(1, 13):
        part = counts[calendar_month == number]
        row = tally_of(part)
        by_month.append(
            {
                "month": number,
                "month_name": calendar.month_name[number],
                "n": row["n"],
                "years_with": row["months_with"],
                "years_observed": row["months_observed"],
                "n_per_month": row["n_per_month"],
                "says": row["says"].replace("month", "year"),
            }
        )
    reported = np.flatnonzero(counts)
    whole = tally_of(counts)
    if inside.evidence == WIDER:
        whole["says"] = f"{WIDER}: {whole['says']}"
    summary = {
        **whole,
        "years_with": len(set(years[reported].tolist())),
        "years_observed": len(set(years.tolist())),
        "first_month": str(months[reported[0]]) if len(reported) else "",
        "last_month": str(months[reported[-1]]) if len(reported) else "",
    }
    return {
        "summary": [summary],
        "by_year": by_year,
        "by_calendar_month": by_month,
        "spans": _spans(counts, months, order, item),
    }


def _spans(counts: Integers, months: pd.PeriodIndex, order: Order, item: Prohibition) -> list[Row]:
    """Tabulate each span in force, each gap, the time before and after, and the months between them."""
    spans = order.spans_of(item)
    last_day = month_days(months[-1])[1]
    parts: list[tuple[str, str, date | None, date | None]] = []
    if spans:
        parts.append(("no order", "before the first order", None, spans[0][0] - _DAY))
    else:
        parts.append(("no order", "no order in the months held", None, None))
    for span in spans:
        parts.append(("in force", _label(span, order), span[0], span[1]))
    for first, last in gaps_of(spans):
        parts.append(("no order", "gap between orders", first, last))
    if spans and spans[-1][1] is not None and spans[-1][1] < last_day:
        parts.append(("no order", "after the last order", spans[-1][1] + _DAY, None))
    parts.sort(key=lambda part: part[2] or date.min)
    days = [month_days(month) for month in months]
    edges = {edge for span in spans for edge in span if edge is not None}
    changing = np.array([any(first <= edge <= last for edge in edges) for first, last in days], dtype=bool)
    rows = []
    for state, name, begun, ended in parts:
        held = np.array(
            [(begun is None or begun <= one) and (ended is None or other <= ended) for one, other in days],
            dtype=bool,
        )
        rows.append(_span_row(state, name, begun, ended, counts[held & ~changing]))
    if changing.any():
        rows.append(
            _span_row(CHANGE, provenance.spans(map(str, months[changing])), None, None, counts[changing])
        )
    return [row for row in rows if row["months_observed"] or row["state"] == "in force" or row["first_day"]]


def _span_row(state: str, name: str, begun: date | None, ended: date | None, counts: Integers) -> Row:
    return {
        "state": state,
        "span": name,
        "first_day": "" if begun is None else str(begun),
        "last_day": "" if ended is None else str(ended),
        **tally_of(counts),
    }


def _label(span: Span, order: Order) -> str:
    """Return what a span was called; one that an earlier order made is said to be such."""
    for known, label in zip(order.in_force, order.labels, strict=False):
        if known[1] == span[1] and known[0] <= span[0]:
            return label or "order in force"
    return "earlier order, from the prohibition's own first date"


def _breaks(inside: Inside, item: Prohibition) -> list[Row]:
    if len(inside.months) == 0:
        return []
    first, last = str(inside.months[0]), str(inside.months[-1])
    named = {name.casefold() for one in item.evidence for name in one.categories}
    return [
        {
            "name": found.name,
            "months": found.months,
            "affects": ", ".join(found.affects),
            "says": found.consequence,
        }
        for found in breaks_between(inside.source, first, last)
        if not found.categories or {name.casefold() for name in found.categories} & named
    ]
