"""The parts of a review beside the figures of change: where it lies, other evidence, and the checklist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import geopandas as gpd
import pandas as pd

from hotspot import provenance
from hotspot.decisions.checklist import checklist
from hotspot.decisions.equality import equality_context
from hotspot.decisions.evidence import activity, consultation, statements
from hotspot.decisions.headline import Design, Headline
from hotspot.decisions.order import Order
from hotspot.decisions.where_inside import where_inside
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike

Tables = dict[str, pd.DataFrame]
SPEAKS = {
    "sources": ("says",),
    "recurrence": ("recurrence_by_year",),
    "effect": ("headlines",),
    "placebo": ("placebos", "pre_trend"),
    "sensitivity": ("sensitivity",),
    "where": ("where_share_hot",),
    "streets": ("where_streets", "where_units", "recurrence_by_unit"),
    "hours": ("recurrence_hours",),
    "consultation": ("consultation",),
    "activity": ("activity",),
    "statements": ("statements",),
    "equality": ("equality",),
    "plan": ("plan",),
}
"""Which tables of a review speak to which part of the checklist."""


def where_tables(
    order: Order, found: Sequence[Headline], design: Design, code: str | None
) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, list[pd.DataFrame]]]:
    """Return the cells of each prohibition, and the other tables of `where_inside` by name."""
    cells: dict[str, gpd.GeoDataFrame] = {}
    parts: dict[str, list[pd.DataFrame]] = {}
    if design.areas is None:
        return cells, parts
    for item in found:
        if item.frame is None or not item.source:
            continue
        made = where_inside(
            item.frame, order, item.prohibition, item.source,
            areas=design.areas, ring=design.ring, unit=code, across_breaks=design.across_breaks,
        )  # fmt: skip
        for name, table in made.items():
            if name == "cells":
                if len(table):
                    held = cast("gpd.GeoDataFrame", table)
                    cells[item.prohibition.name] = provenance.carry(
                        held, held, "cells_of_review", boundary=order.hash
                    )
            elif len(table):
                parts.setdefault(f"where_{name}", []).append(table)
    return cells, parts


def other_tables(order: Order, given: Mapping[str, Any], areas: AreaLike | None, code: str | None) -> Tables:
    """Return the tables of consultation, activity, statements and equality, those that were given."""
    made: Tables = {}
    for name, check in (("consultation", consultation), ("statements", statements)):
        if given.get(name) is not None:
            made[name] = check(given[name], order=order)
    if given.get("activity") is not None:
        done = activity(given["activity"], order=order)
        made |= {"activity": done.amounts, "activity_events": done.events}
    if given.get("equality") is not None:
        made["equality"] = _equality(given["equality"], order, areas, code)
    return made


def _equality(given: Any, order: Order, areas: AreaLike | None, code: str | None) -> pd.DataFrame:
    if areas is None or code is None:
        raise InputError("equality= needs areas=, the LSOAs that its figures are of; give both")
    frames = _frames(given)
    joined = frames[0]
    for frame in frames[1:]:
        joined = joined.merge(frame, on=code, how="outer", validate="one_to_one")
    return equality_context(joined, order, areas, code=code)


def _frames(given: Any) -> list[pd.DataFrame]:
    """Read CSV files of figures by area; frames are taken as they are."""
    items = (
        [given] if isinstance(given, pd.DataFrame | str) or not isinstance(given, Iterable) else list(given)
    )
    frames = []
    for item in items:
        if isinstance(item, pd.DataFrame):
            frames.append(item)
            continue
        try:
            frames.append(pd.read_csv(item, encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"the figures by area {str(item)[:200]!r} cannot be read as CSV ({type(error).__name__}); save them as "
                "CSV (UTF-8), one row an area"
            ) from None
    if not frames:
        raise InputError("equality= holds no table; give one or leave it out")
    return frames


def review_checklist(
    order: Order, tables: Mapping[str, pd.DataFrame], found: Sequence[Headline]
) -> pd.DataFrame:
    """Return the checklist with the parts that this review has."""
    has: dict[str, bool | str] = {
        "order": True,
        "boundary": True,
        "boundary_before": order.boundary_before is not None,
        "prohibitions": True,
        "ring": any(item.counted is not None and "ring" in item.counted.roles for item in found),
        "coverage": True,
        "manifest": True,
        "caveats": True,
    }
    for part, names in SPEAKS.items():
        has[part] = any(name in tables and len(tables[name]) > 0 for name in names)
    has["effect"] = any(item.estimated for item in found)
    return provenance.carry(order.geometry, checklist(order, has), "checklist", boundary=order.hash)
