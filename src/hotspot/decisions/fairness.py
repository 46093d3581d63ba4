"""Whether a headline can be leaned on: trends, placebos, other choices, and what could have been seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.decisions.comparison import suggest_comparisons
from hotspot.decisions.headline import Design, Headline
from hotspot.decisions.order import Order
from hotspot.decisions.parallel_trends import parallel_trends, pre_trend
from hotspot.decisions.periods import untreated_before
from hotspot.decisions.placebo import common_change, placebo_in_space, placebo_in_time, placebo_summary
from hotspot.decisions.places_of import INSIDE, places_of
from hotspot.decisions.review_sensitivity import sensitivity_of_review, stability
from hotspot.decisions.unit_groups import grouped_units
from hotspot.decisions.unit_months import apart_from, unit_months, units_layer
from hotspot.errors import InputError
from hotspot.statistics.detectable import smallest_detectable_change


@dataclass(frozen=True, eq=False)
class Fairness:
    """What stands beside the headline of one prohibition.

    Attributes
    ----------
    prohibition
        Its name.
    trends
        Month by month, for `chart_trends`; None without a comparison.
    tables
        By name; each has a column ``prohibition``.
    says
        Sentences for the summary.
    """

    prohibition: str
    trends: pd.DataFrame | None
    tables: dict[str, pd.DataFrame]
    says: tuple[str, ...]


def units_of_headline(
    data: pd.DataFrame, order: Order, item: Headline, design: Design, code: str | None
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return all areas by month, and groups of those that share no land with any place named; None without areas."""
    if design.areas is None or code is None or not item.source or order.boroughwide:
        return None, None
    every = unit_months(data, order, item.prohibition, item.source, design.areas, code)
    layer = units_layer(design.areas, code)
    places = places_of(
        order, comparison=design.comparison, ring=design.ring, areas=design.areas, incidents=data
    )
    apart = apart_from(every, layer, code, places)
    if item.periods is None or item.counted is None:
        return every, apart
    before = [str(month) for month in item.periods.before]
    at = item.counted.months.get_indexer(item.periods.before)
    own = unit_months(data, order, item.prohibition, item.source, design.areas, code, inside=True)
    own_before = own[before].sum(axis="columns").to_numpy(dtype=np.float64)
    chosen = [str(month) for month in item.periods.months]
    whole = apart[~apart[chosen].isna().any(axis="columns")]
    total = int(item.counted.of(INSIDE)[at].sum())
    return every, grouped_units(whole, layer, code, before, total, inside_units=own_before)


def fairness(
    data: pd.DataFrame,
    order: Order,
    item: Headline,
    design: Design,
    *,
    every: pd.DataFrame | None,
    apart: pd.DataFrame | None,
    tests: int = 1,
) -> Fairness:
    """Try a headline: trends before, placebos in space and time, other choices, and the smallest change to be seen.

    Parameters
    ----------
    data, order, item, design
        What the headline was made from.
    every, apart
        From `units_of_headline`.
    tests
        How many controlled estimates the review has.
    """
    tables: dict[str, pd.DataFrame] = {}
    says: list[str] = []
    if not item.estimated or item.effect is None or item.counted is None or item.periods is None:
        return Fairness(item.prohibition.name, None, {}, ())
    untreated = untreated_before(order, item.prohibition, item.counted.months)
    seen = smallest_detectable_change(item.effect, tests=tests)
    tables["detectable"] = pd.DataFrame(
        [{"fall_ratio": seen.fall, "rise_ratio": seen.rise, "expected": seen.expected, "power": seen.power,
          "level": seen.level, "says": seen.says}]
    )  # fmt: skip
    trends = None
    if item.comparison:
        trends = parallel_trends(
            item.counted, item.periods.before, item.periods.during, comparison=item.comparison
        )
        drift = pre_trend(item.counted, untreated, comparison=item.comparison)
        tables["pre_trend"] = drift
        says.append(str(drift["says"].iloc[0]))
        table = sensitivity_of_review(data, order, item, design, units=apart)
        tables["sensitivity"] = table
        says.append(stability(table))
        _placebos(item, apart, untreated, tables, says)
    if every is not None:
        common = common_change(every, item.periods.before, item.periods.during)
        tables["common_change"] = common
        says.append(str(common["says"].iloc[0]))
        _suggested(order, item, design, every, tables)
    name = item.prohibition.name
    for key, made in tables.items():
        with_name = made.copy()
        with_name.insert(0, "prohibition", name)
        tables[key] = provenance.carry(data, with_name, key, prohibition=name, boundary=order.hash)
    if trends is not None:
        trends = provenance.carry(data, trends, "parallel_trends", prohibition=name, boundary=order.hash)
    return Fairness(name, trends, tables, tuple(says))


def _placebos(
    item: Headline,
    apart: pd.DataFrame | None,
    untreated: pd.PeriodIndex,
    tables: dict[str, pd.DataFrame],
    says: list[str],
) -> None:
    if item.periods is None or item.counted is None:
        return
    found: list[tuple[str, pd.DataFrame]] = []
    if apart is not None and len(apart) >= 2:
        beside = pd.Series(
            item.counted.of(item.comparison), index=[str(month) for month in item.counted.months]
        )
        found.append(
            ("area", placebo_in_space(apart, item.periods.before, item.periods.during, comparison=beside))
        )
    try:
        early = placebo_in_time(
            item.counted, item.periods, untreated, units=apart, comparison=item.comparison
        )
        found.append(("date", early))
    except InputError:
        early = None
    summaries = []
    for kind, rows in found:
        line = placebo_summary(rows, item.effect if kind == "area" else None, moved=kind)
        summaries.append(line)
        tables[f"placebo_{kind}s"] = rows
    if summaries:
        tables["placebos"] = pd.concat(summaries, ignore_index=True)
        says += [str(line["says"].iloc[0]) for line in summaries]


def _suggested(
    order: Order, item: Headline, design: Design, every: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> None:
    """List areas like the order before it; the outcome is not read. Nothing is said where too little is known."""
    if item.counted is None or item.periods is None or design.areas is None:
        return
    months = item.counted.months
    inside = pd.Series(item.counted.of("inside"), index=[str(month) for month in months])
    untreated = untreated_before(order, item.prohibition, months)
    try:
        tables["suggested"] = suggest_comparisons(
            every, inside, untreated, areas=design.areas, order=order.geometry
        ).head(20)
    except InputError as error:
        tables["suggested"] = pd.DataFrame({"area": [""], "says": [f"None can be suggested: {error}"]})


def joined_tables(parts: Sequence[Fairness], data: pd.DataFrame, boundary: str) -> dict[str, pd.DataFrame]:
    """Put the tables of all prohibitions under one another, by name."""
    names = list(dict.fromkeys(name for part in parts for name in part.tables))
    made = {}
    for name in names:
        rows = [part.tables[name] for part in parts if name in part.tables]
        table = pd.concat(rows, ignore_index=True)
        made[name] = provenance.carry(data, table, name, prohibitions=len(rows), boundary=boundary)
    return made
