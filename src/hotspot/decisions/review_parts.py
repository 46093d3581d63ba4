"""The first tables of a review: the order, its headlines, the months compared, and counts by place."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hotspot import provenance
from hotspot.decisions.headline import Headline
from hotspot.decisions.order import Order, span_words
from hotspot.decisions.order_values import DAY

_WHOLE = ("inside_before", "inside_during", "other_before", "other_during", "pairs", "areas_used")


def order_table(order: Order, parent: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each span in force, with the order's name, boundary and prohibitions."""
    shared = {
        "order": order.name,
        "order_id": order.order_id,
        "version": order.version,
        "decision": order.decision,
        "boundary_sha256": order.hash,
        "boundary_sha256_before": order.hash_before or "",
        "area_km2": float(order.geometry.area.sum()) / 1e6,
        "prohibitions": "; ".join(item.name for item in order.prohibitions),
    }
    rows: list[dict[str, object]] = [
        {**shared, "in_force": span_words(span), "span": label, "no_order_after": _gap_after(order, number)}
        for number, (span, label) in enumerate(zip(order.in_force, order.labels, strict=True))
    ]
    rows = rows or [{**shared, "in_force": "", "span": "", "no_order_after": ""}]
    return _made(pd.DataFrame(rows), parent, order, "order_table")


def headlines_table(found: Sequence[Headline], order: Order, parent: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each prohibition: its estimate with both intervals, or why there is none."""
    rows = []
    for item in found:
        row: dict[str, object] = {
            "prohibition": item.prohibition.name,
            "source": item.source,
            "heading": item.heading,
            "evidence": ""
            if not item.source
            else "wider category, share unknown"
            if item.wider
            else "own category",
            "comparison": item.comparison,
            "pairs": None if item.periods is None else len(item.periods.before),
        }
        effect = item.effect
        for name in ("inside_before", "inside_during", "other_before", "other_during"):
            value = -1 if effect is None else int(getattr(effect, name))
            row[name] = None if value < 0 else value
        for name in ("ratio", "low", "high", "p", "poisson_low", "poisson_high", "dispersion", "between_sd"):
            row[name] = float("nan") if effect is None else float(getattr(effect, name))
        row["p_holm"] = item.p_holm
        row["areas_used"] = None if effect is None else effect.areas_used
        row["method"] = "" if effect is None else effect.method
        row["reason"] = item.reason
        rows.append(row)
    table = pd.DataFrame(rows).astype(dict.fromkeys(_WHOLE, "Int64"))
    return _made(table, parent, order, "headlines")


def periods_table(found: Sequence[Headline], order: Order, parent: pd.DataFrame) -> pd.DataFrame:
    """Return each month of the two periods of each prohibition, and each that was left out with its reason."""
    rows = []
    for item in found:
        if item.periods is None:
            continue
        name, periods = item.prohibition.name, item.periods
        parts = [("before", periods.before), ("during", periods.during)]
        rows += [
            {"prohibition": name, "month": str(month), "period": word, "reason": ""}
            for word, months in parts
            for month in months
        ]
        rows += [
            {"prohibition": name, "month": month, "period": "left out", "reason": reason}
            for month, reason in periods.left_out
        ]
    columns = ["prohibition", "month", "period", "reason"]
    table = _made(pd.DataFrame(rows, columns=columns), parent, order, "periods")
    for item in found:
        for text in () if item.periods is None else (*item.periods.breaks, *item.periods.notes):
            provenance.note(table, text)
    return table


def counts_table(found: Sequence[Headline], order: Order, parent: pd.DataFrame) -> pd.DataFrame:
    """Return the reports by prohibition, place and observed month."""
    parts = []
    for item in found:
        if item.counted is None:
            continue
        wide = item.counted.table().reset_index()
        long = wide.melt(id_vars="month", var_name="place", value_name="n")
        long.insert(0, "source", item.source)
        long.insert(0, "prohibition", item.prohibition.name)
        parts.append(long)
    columns = ["prohibition", "source", "month", "place", "n"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    made = _made(table, parent, order, "counts_by_place")
    for item in found:
        for text in () if item.counted is None else item.counted.notes:
            provenance.note(made, text)
    return made


def _gap_after(order: Order, number: int) -> str:
    if number + 1 >= len(order.in_force):
        return ""
    end, start = order.in_force[number][1], order.in_force[number + 1][0]
    return "" if end is None or end + DAY >= start else f"{end + DAY} to {start - DAY}"


def _made(table: pd.DataFrame, parent: pd.DataFrame, order: Order, step: str) -> pd.DataFrame:
    return provenance.carry(parent, table, step, order=order.label, boundary=order.hash)
