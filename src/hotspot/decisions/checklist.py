"""The checklist of a decision: each point of evidence, where the pack speaks to it, and what it cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

import pandas as pd
import shapely

from hotspot import provenance
from hotspot.decisions.checklist_points import ATTRIBUTION, PARTS, POINTS, Point
from hotspot.errors import InputError

if TYPE_CHECKING:
    from hotspot.decisions.order import Order

__all__ = ["ATTRIBUTION", "NOT_IN_PACK", "PARTS", "checklist"]

NOT_IN_PACK = "not in this pack"
_NO_PART = "outside the pack: the record of the decision"


def checklist(order: Order, has: Mapping[str, bool | str]) -> pd.DataFrame:
    """List the points of evidence that a decision falls under, and where the pack speaks to each.

    Parameters
    ----------
    order
        Its ``decision`` picks the points: make and remake s.59, extend s.60, vary s.61 with s.59 for added land,
        discharge s.61, each with s.72; lapse has what is to be kept.
    has
        The parts that the pack has, by the keys of `PARTS`: True, or where the part stands ("section 3"); a part
        that is False or not named is not in the pack.

    Returns
    -------
    DataFrame
        section, point, quoted (the point holds words of the Act, in “quotation marks”), where_in_pack, cannot (what
        no pack can say on it).

    Raises
    ------
    InputError
        If ``has`` names an unknown part.

    Notes
    -----
    It lists where to look. It says of no condition that it is fulfilled: that is the decision.

    How this can mislead: a point with a page is not a point made out, and a long list is not a strong case. The Act
    may have been amended: compare the quotations with the text in force.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from hotspot.decisions.order import Order
    >>> square = gpd.GeoSeries([shapely.box(400000, 291000, 400500, 291500)], crs=27700)
    >>> order = Order(
    ...     "Town centre", square, in_force=[("2024-03-01", "2027-02-28")], decision="extend",
    ...     prohibitions=[{"name": "Drinking", "behaviour": "street drinking"}],
    ... )
    >>> rows = checklist(order, {"order": "page 1", "recurrence": True})
    >>> rows.loc[0, ["section", "where_in_pack"]].tolist()
    ['s.60(1), (3), (4)', 'page 1']
    """
    unknown = [key for key in has if key not in PARTS]
    if unknown:
        near = get_close_matches(str(unknown[0]).casefold(), PARTS, n=1, cutoff=0.4)
        guess = f"the nearest is {near[0]!r}; " if near else ""
        raise InputError(
            f"{len(unknown)} parts of the pack are unknown (the first is {str(unknown[0])[:40]!r}); {guess}"
            f"they are {', '.join(PARTS)}"
        )
    points = POINTS[order.decision]
    table = pd.DataFrame(
        {
            "section": [point.section for point in points],
            "point": [_words(point, order) for point in points],
            "quoted": [point.quoted for point in points],
            "where_in_pack": [_where(point, has) for point in points],
            "cannot": [point.cannot for point in points],
        }
    )
    parent = cast("pd.DataFrame", order.geometry)
    there = sorted(key for key, value in has.items() if value)
    made = provenance.carry(
        parent, table, "checklist", decision=order.decision, points=len(points), parts=there
    )
    return provenance.note(made, ATTRIBUTION)


def _where(point: Point, has: Mapping[str, bool | str]) -> str:
    """Name the parts of the pack that speak to a point, and those that it lacks."""
    if not point.parts:
        return _NO_PART
    there = [
        value if isinstance(value, str) else PARTS[key] for key in point.parts if (value := has.get(key))
    ]
    lacking = [PARTS[key] for key in point.parts if not has.get(key)]
    if not there:
        return f"{NOT_IN_PACK}; would be: {'; '.join(lacking)}"
    return "; ".join(there) + (f" ({NOT_IN_PACK}: {'; '.join(lacking)})" if lacking else "")


def _words(point: Point, order: Order) -> str:
    """Say of a variation to how much added land the points of s.59 and s.61(2) apply."""
    if order.decision != "vary" or not (point.section.startswith("s.59") or point.section == "s.61(2)"):
        return point.words
    added = added_km2(order)
    if point.section == "s.61(2)":
        return f"{point.words}. Land added by this boundary: {added:.4f} km2"
    return f"For the added land ({added:.4f} km2) and for new or wider prohibitions: {point.words}"


def added_km2(order: Order) -> float:
    """Return the land to which a variation newly applies, in square kilometres."""
    if order.boundary_before is None:
        return 0.0
    new = shapely.union_all(order.geometry.geometry.to_numpy())
    old = shapely.union_all(order.boundary_before.geometry.to_numpy())
    return float(shapely.area(shapely.difference(new, old))) / 1e6
