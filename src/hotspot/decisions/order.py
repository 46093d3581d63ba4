"""An order: where it applies, when it was in force, and what it prohibits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspot import provenance
from hotspot.decisions.order_values import (
    DAY,
    DECISIONS,
    Hours,
    Span,
    SpanLike,
    boundary_of,
    date_of,
    decision_of,
    gaps_of,
    hours_of,
    made_of,
    month_days,
    name_of,
    span_words,
    spans_of,
    texts_of,
    three_years_on,
)
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, outline_hash
from hotspot.text import printable

__all__ = ["DECISIONS", "Evidence", "Order", "Prohibition", "month_days", "span_words"]

SMALLEST_BOROUGH_KM2 = 2.5
"""No borough of England is smaller: the City of London has 2.9 square kilometres."""
_LONGEST = 200


@dataclass(frozen=True)
class Evidence:
    """Which rows of one source bear on a prohibition.

    Attributes
    ----------
    source
        The source's name, as in the incidents' ``source``; ``*`` for every source.
    categories
        Categories of that source; may be empty where ``where`` says which rows are meant.
    wider
        The category holds other behaviour too, in a share that nobody knows.
    where
        Further rules: a column, and the values that it may have.
    """

    source: str
    categories: tuple[str, ...] = ()
    wider: bool = False
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not isinstance(self.source, str) or not self.source.strip():
            raise InputError("evidence needs the name of its source, or * for every source")
        object.__setattr__(self, "categories", texts_of(self.categories, f"categories of {self.source!r}"))
        if not isinstance(self.where, Mapping):
            raise InputError(
                f"where of {self.source!r} must name columns and their values, such as {{'team': ['Wardens']}}"
            )
        rules = {str(column): texts_of(values, f"where {column!r}") for column, values in self.where.items()}
        object.__setattr__(self, "where", rules)
        if not self.categories and not rules:
            raise InputError(
                f"evidence of {self.source!r} names no category and no rule; name the categories that bear on "
                "the prohibition, or leave the evidence out when the source has none"
            )


@dataclass(frozen=True)
class Prohibition:
    """One prohibition of an order, and the evidence that bears on it.

    Attributes
    ----------
    name
        Short; it heads the prohibition's lines in every table.
    behaviour
        The kind of behaviour in words, compared with the kinds that a source says it records.
    evidence
        Empty where no category of any source bears on it.
    first_date
        Its own first day in force, where it is not the order's. It may come before the spans of the
        order: then an earlier order held the same prohibition.
    text
        The words of the order.
    hours
        First hour and the hour at which it ends, such as ``(22, 6)``; at all hours when None.
    """

    name: str
    behaviour: str
    evidence: tuple[Evidence, ...] = ()
    first_date: date | None = None
    text: str = ""
    hours: Hours | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.name, "a prohibition"))
        object.__setattr__(self, "behaviour", name_of(self.behaviour, f"the behaviour of {self.name!r}"))
        given = [self.evidence] if isinstance(self.evidence, Evidence | Mapping) else self.evidence
        made = tuple(made_of(Evidence, item, f"evidence of {self.name!r}") for item in given)
        object.__setattr__(self, "evidence", made)
        object.__setattr__(self, "hours", hours_of(self.hours, self.name))
        if self.first_date is not None:
            object.__setattr__(self, "first_date", date_of(self.first_date, f"first_date of {self.name!r}"))


@dataclass(frozen=True, eq=False, init=False)
class Order:
    """A Public Spaces Protection Order, or a proposal for one.

    Parameters
    ----------
    name
        As people call it.
    geometry
        The restricted area: a GeoDataFrame, GeoSeries or file of polygons with a CRS. Several polygons
        are made one. For a boroughwide order it is the outline of the borough.
    in_force
        Spans of days, both ends included: ``(start, end)``, or ``(start, end, label)`` to say which
        order it was; dates or ISO text. Earlier orders are spans too, so gaps between them are kept.
        The last end may be None. May be empty only for an order that is to be made.
    decision
        "make", "extend", "vary", "remake", "discharge" or "lapse".
    prohibitions
        `Prohibition` or dicts with its fields.
    order_id, version
        As the council writes them.
    hours
        First hour and the hour at which it ends, where the whole order is limited.
    boundary_before
        For a variation: the boundary until now. Give the same one when only the words vary.
    boroughwide
        It applies everywhere in the borough, so nothing lies around it to compare with.

    Raises
    ------
    InputError
        If the boundary has no CRS, is not valid or is empty; spans overlap or run backwards; the decision is
        unknown; two prohibitions have one name; or a variation has no boundary until now.

    Notes
    -----
    Unlike other areas, an order's boundary is not repaired when it is invalid: a guess at the land that an
    order restricts is worth nothing. Vertices nearer than 0.01 m to each other become one.

    How this can mislead: the boundary is what the file holds. Whether it is the boundary of the sealed
    order can only be told by comparing the two.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = gpd.GeoSeries([shapely.box(400000, 291000, 400500, 291500)], crs=27700)
    >>> order = Order(
    ...     "Town centre", square, in_force=[("2018-08-01", "2021-07-31"), ("2021-11-01", "2024-10-31")],
    ...     decision="extend", prohibitions=[{"name": "Drinking", "behaviour": "street drinking"}],
    ... )
    >>> order.in_force_on("2021-08"), order.label
    ('not in force', 'Town centre (boundary a6d53bd54c68)')
    """

    name: str
    geometry: gpd.GeoDataFrame = field(repr=False)
    in_force: tuple[Span, ...]
    decision: str
    prohibitions: tuple[Prohibition, ...]
    order_id: str = ""
    version: str = ""
    hours: Hours | None = None
    boundary_before: gpd.GeoDataFrame | None = field(default=None, repr=False)
    boroughwide: bool = False
    labels: tuple[str, ...] = ()
    """What each span was called, "" where nothing is said."""

    def __init__(
        self,
        name: str,
        geometry: AreaLike,
        *,
        in_force: Iterable[SpanLike],
        decision: str,
        prohibitions: Iterable[Prohibition | Mapping[str, Any]],
        order_id: str = "",
        version: str = "",
        hours: Hours | None = None,
        boundary_before: AreaLike | None = None,
        boroughwide: bool = False,
        labels: Sequence[str] | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "name", name_of(name, "an order"))
        put(self, "decision", decision_of(decision))
        spans, named = spans_of(in_force, labels)
        if not spans and decision != "make":
            raise InputError(
                f"the order {self.name!r} was never in force, and decision={decision!r} is about one that was; "
                "give in_force=[(start, end)], or decision='make' for a proposal"
            )
        put(self, "in_force", spans)
        put(self, "labels", named)
        put(self, "prohibitions", _prohibitions(prohibitions, spans))
        put(self, "order_id", printable(order_id, limit=_LONGEST))
        put(self, "version", printable(version, limit=_LONGEST))
        put(self, "hours", hours_of(hours, self.name))
        put(self, "boroughwide", bool(boroughwide))
        before = None if boundary_before is None else boundary_of(boundary_before, "the boundary until now")
        _check_before(decision, before, self.name)
        put(self, "boundary_before", before)
        put(self, "geometry", self._recorded(boundary_of(geometry, f"the boundary of {self.name!r}")))

    @property
    def hash(self) -> str:
        """SHA-256 of the boundary: EPSG:27700, 0.01 m, whatever its rings' starts and directions."""
        return outline_hash(self.geometry)

    @property
    def short_hash(self) -> str:
        """The first 12 characters of the boundary's hash."""
        return self.hash[:12]

    @property
    def hash_before(self) -> str | None:
        """The hash of the boundary until now, for a variation."""
        return None if self.boundary_before is None else outline_hash(self.boundary_before)

    @property
    def label(self) -> str:
        """Name, id, version and the boundary's hash: what every output prints."""
        known = ", ".join(
            part for part in (self.order_id, self.version and f"version {self.version}") if part
        )
        return f"{self.name} ({known + '; ' if known else ''}boundary {self.short_hash})"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the order should know: spans over three years, gaps, a small borough."""
        return (*_long_spans(self), *_gap_notes(self), *_odd_boundary(self))

    def prohibition(self, name: str) -> Prohibition:
        """Return the prohibition of a name, in any case of letters."""
        known = {item.name.casefold(): item for item in self.prohibitions}
        if name.casefold() not in known:
            raise InputError(
                f"the order {self.name!r} has no prohibition {name!r}; it has: "
                f"{', '.join(item.name for item in self.prohibitions)}"
            )
        return known[name.casefold()]

    def gaps(self) -> tuple[tuple[date, date], ...]:
        """Return the days between spans in which no order was in force: first and last day of each gap."""
        return gaps_of(self.in_force)

    def spans_of(self, prohibition: Prohibition | None = None) -> tuple[Span, ...]:
        """Return the spans in which a prohibition was in force; those of the order when None.

        One that began before the first span counts as in force from then on until it.
        """
        first = None if prohibition is None else prohibition.first_date
        if first is None or not self.in_force:
            return self.in_force
        start = self.in_force[0][0]
        if first < start:
            return ((first, start - DAY), *self.in_force)
        return tuple((max(first, begun), end) for begun, end in self.in_force if end is None or end >= first)

    def in_force_on(self, month: str | pd.Period, prohibition: Prohibition | None = None) -> str:
        """Tell whether the order, or one prohibition, was "in force", "not in force" or in force for "part" of a month.

        Raises
        ------
        InputError
            If the month is not ``YYYY-MM``.
        """
        first, last = month_days(month)
        held = sum(
            max(0, (min(last, end or last) - max(first, start)).days + 1)
            for start, end in self.spans_of(prohibition)
        )
        if held == 0:
            return "not in force"
        return "in force" if held == (last - first).days + 1 else "part"

    def _recorded(self, geometry: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return provenance.carry(
            geometry,
            geometry,
            "order",
            name=self.name,
            order_id=self.order_id,
            version=self.version,
            outline_sha256=outline_hash(geometry),
            outline_sha256_before=self.hash_before,
            decision=self.decision,
            in_force=[[str(start), None if end is None else str(end)] for start, end in self.in_force],
            prohibitions=[item.name for item in self.prohibitions],
            boroughwide=self.boroughwide,
        )


def _prohibitions(
    given: Iterable[Prohibition | Mapping[str, Any]], spans: tuple[Span, ...]
) -> tuple[Prohibition, ...]:
    if isinstance(given, Prohibition | Mapping):
        given = [given]
    made = tuple(made_of(Prohibition, item, f"prohibition {number}") for number, item in enumerate(given, 1))
    if not made:
        raise InputError("an order needs at least one prohibition; give its name and behaviour")
    names = [item.name.casefold() for item in made]
    for item in made:
        if names.count(item.name.casefold()) > 1:
            raise InputError(f"two prohibitions are called {item.name!r}; give each a name of its own")
        first = item.first_date
        if first is None or not spans or first < spans[0][0]:
            continue
        if not any(start <= first and (end is None or first <= end) for start, end in spans):
            raise InputError(
                f"the prohibition {item.name!r} has first_date={first}, on which no span of the order was in "
                f"force ({'; '.join(span_words(span) for span in spans)}); correct one of them"
            )
    return made


def _check_before(decision: str, before: gpd.GeoDataFrame | None, name: str) -> None:
    if decision == "vary" and before is None:
        raise InputError(
            f"decision='vary' of {name!r} needs boundary_before=, the boundary until now; give the same boundary "
            "when only the words vary"
        )
    if decision not in ("vary", "remake") and before is not None:
        raise InputError(
            f"boundary_before= is for a variation or a remade order, and decision={decision!r}; leave it out, or "
            "say decision='vary'"
        )


def _long_spans(order: Order) -> list[str]:
    notes = []
    for span in order.in_force:
        start, end = span
        if end is None:
            notes.append(
                f"The span {span_words(span)}: an order ends after three years at the latest unless it is extended "
                "(s.60)."
            )
        elif end > three_years_on(start):
            notes.append(
                f"The span {span_words(span)} is longer than three years, the most that an order or one extension "
                "can have (s.60); if it was extended, give each part as its own span."
            )
    return notes


def _gap_notes(order: Order) -> list[str]:
    notes = [f"No order was in force from {first} to {last}." for first, last in order.gaps()]
    for item in order.prohibitions:
        if item.first_date is not None and order.in_force and item.first_date < order.in_force[0][0]:
            notes.append(
                f"{item.name}: taken as in force from {item.first_date}, before the first span of the order "
                f"({order.in_force[0][0]})."
            )
    return notes


def _odd_boundary(order: Order) -> list[str]:
    km2 = float(order.geometry.area.sum()) / 1e6
    if not order.boroughwide or km2 >= SMALLEST_BOROUGH_KM2:
        return []
    return [f"The order is called boroughwide, and its boundary holds {km2:.2f} km2: less than any borough."]
