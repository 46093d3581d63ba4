"""The technical appendix of a review: other estimators beside the headline, which decide nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.decisions.headline import Headline
from hotspot.decisions.order import Order
from hotspot.decisions.periods import untreated_before
from hotspot.decisions.places_of import INSIDE, RING
from hotspot.errors import InputError
from hotspot.statistics.absolute_change import (
    HEADING,
    AbsoluteChange,
    difference_in_counts,
    displacement_quotient,
    weighted_displacement_difference,
)
from hotspot.statistics.interrupted import InterruptedSeries, interrupted_series

NOT_DECIDING = "beside the headline; it does not decide"


def absolute_table(found: Sequence[Headline], order: Order, parent: pd.DataFrame) -> pd.DataFrame:
    """Return the measures that assume equal absolute change, each with what a common fall alone would give it."""
    rows = [
        {
            "prohibition": item.prohibition.name,
            "heading": HEADING,
            "measure": made.name,
            "value": made.value,
            "low": made.low,
            "high": made.high,
            "z": made.z,
            "common_ratio": made.common_ratio,
            "common_change": made.common_change,
            "reason": made.reason,
        }
        for item in found
        for made in _absolute(item)
    ]
    table = pd.DataFrame(rows, columns=[*_ABSOLUTE])
    return provenance.carry(parent, table, "appendix_absolute", boundary=order.hash)


_ABSOLUTE = (
    "prohibition", "heading", "measure", "value", "low", "high", "z", "common_ratio", "common_change", "reason",
)  # fmt: skip


def _absolute(item: Headline) -> list[AbsoluteChange]:
    if item.effect is None or item.counted is None or item.periods is None or not item.comparison:
        return []
    inside, control = _pair(item, INSIDE), _pair(item, item.comparison)
    made = [weighted_displacement_difference(inside, control), difference_in_counts(inside, control)]
    if RING in item.counted.roles:
        made.append(displacement_quotient(inside, _pair(item, RING), control))
    return made


def _pair(item: Headline, place: str) -> list[int]:
    if item.counted is None or item.periods is None:
        return [0, 0]
    counts, months = item.counted.of(place), item.counted.months
    return [
        int(counts[np.asarray(months.isin(part), dtype=bool)].sum())
        for part in (item.periods.before, item.periods.during)
    ]


def interrupted_table(found: Sequence[Headline], order: Order, parent: pd.DataFrame) -> pd.DataFrame:
    """Return the interrupted series of each estimated prohibition: change of level and of slope, and diagnostics.

    All months without the order before its last start, and all months with it since, are used; months in which it
    starts or ends are not.
    """
    rows: list[dict[str, object]] = []
    for item in found:
        if not item.estimated or item.counted is None:
            continue
        try:
            fit = _series(item, order)
        except InputError as error:
            rows.append({"prohibition": item.prohibition.name, "heading": NOT_DECIDING, "reason": str(error)})
            continue
        rows += _terms(item, fit)
    table = pd.DataFrame(rows, columns=[*_INTERRUPTED]).astype({"months": "Int64"})
    return provenance.carry(parent, table, "interrupted", boundary=order.hash)


_INTERRUPTED = (
    "prohibition", "heading", "term", "ratio", "low", "high", "p", "months", "dispersion", "lag_one", "trend_before",
    "trend_before_p", "method", "caution", "reason",
)  # fmt: skip


def _series(item: Headline, order: Order) -> InterruptedSeries:
    if item.counted is None:
        raise InputError("there is no series")
    months = item.counted.months
    before = untreated_before(order, item.prohibition, months)
    last = before[-1] if len(before) else months[0]
    during = np.array(
        [month > last and order.in_force_on(month, item.prohibition) == "in force" for month in months],
        dtype=bool,
    )
    kept = during | np.asarray(months.isin(before), dtype=bool)
    other = item.counted.of(item.comparison)[kept] if item.comparison else None
    return interrupted_series(
        item.counted.of(INSIDE)[kept], months[kept].asi8, during[kept], other=other, errors="hac"
    )


def _terms(item: Headline, fit: InterruptedSeries) -> list[dict[str, object]]:
    shared: dict[str, object] = {
        "prohibition": item.prohibition.name,
        "heading": NOT_DECIDING,
        "months": int(fit.rows_inside.sum()),
        "dispersion": fit.dispersion,
        "lag_one": fit.lag_one,
        "trend_before": fit.trend_before,
        "trend_before_p": fit.trend_before_p,
        "method": fit.method,
        "caution": fit.caution,
        "reason": fit.reason,
    }
    rows = []
    for term in (fit.level_term, fit.slope_term):
        if term:
            ratio, low, high, p = fit.ratio(term)
            rows.append({**shared, "term": term, "ratio": ratio, "low": low, "high": high, "p": p})
    return rows
