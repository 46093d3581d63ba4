"""The review of an order: what each source can say, what recurs, and one estimate where there is a before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspot import provenance
from hotspot.decisions.appendix import absolute_table, interrupted_table
from hotspot.decisions.counted import sources_in
from hotspot.decisions.fairness import Fairness, fairness, joined_tables, units_of_headline
from hotspot.decisions.headline import RULE, Design, Headline, Months, headlines
from hotspot.decisions.order import Order
from hotspot.decisions.places_of import Comparison, Ring
from hotspot.decisions.recurrence import recurrence
from hotspot.decisions.review_more import other_tables, review_checklist, where_tables
from hotspot.decisions.review_parts import counts_table, headlines_table, order_table, periods_table
from hotspot.decisions.say import what_sources_say
from hotspot.decisions.words import about, summary
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike
from hotspot.intake.breaks import Register
from hotspot.intake.counts import CountsIntake
from hotspot.intake.ledger import Intake

One = pd.DataFrame | Intake | CountsIntake
Data = One | Sequence[One]


@dataclass(frozen=True, eq=False)
class Review:
    """A review of an order; `write_review` makes its packs.

    Attributes
    ----------
    order
        What was reviewed. Its boundary's hash is in the record of every table.
    headlines
        One of each prohibition.
    about, summary
        Plain English: of the order, and of each prohibition by its name.
    tables
        Name to frame, in the order in which they are read: see docs/review. Tables of nothing are left out.
    trends
        By prohibition: the order and its comparison month by month.
    cells
        By prohibition: the borough's cells with Gi* and density, see `where_inside`.
    areas, code
        The borough's areas, where they were given.
    design
        Periods, comparison areas and ring: what was fixed before looking.
    data
        The frames that it was made from.
    """

    order: Order
    headlines: tuple[Headline, ...]
    about: tuple[str, ...]
    summary: Mapping[str, Sequence[str]]
    tables: Mapping[str, pd.DataFrame]
    trends: Mapping[str, pd.DataFrame] = field(repr=False)
    cells: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict, repr=False)
    areas: AreaLike | None = field(default=None, repr=False)
    code: str | None = None
    design: Design = field(default_factory=Design, repr=False)
    data: tuple[pd.DataFrame, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class _Work:
    """What the parts of a review share."""

    frames: tuple[pd.DataFrame, ...]
    intakes: tuple[Intake, ...]
    order: Order
    design: Design
    code: str | None
    town: str


def review_order(
    data: Data,
    order: Order,
    *,
    comparison: Comparison | None = None,
    ring: Ring | None = None,
    before: Months | None = None,
    during: Months | None = None,
    areas: AreaLike | None = None,
    code: str | None = None,
    town: str = "town",
    activity: Any = None,
    consultation: Any = None,
    statements: Any = None,
    equality: Any = None,
    plan: pd.DataFrame | None = None,
    across_breaks: bool = False,
    register: Register | None = None,
) -> Review:
    """Review an order: what is reported, where and when it recurs, and what changed where that can be measured.

    Parameters
    ----------
    data
        What a reader returned, incidents with ``source``, ``category`` and ``start``, a counts table of `read_counts`,
        or several of these: each source stays apart.
    order
        The order, with the evidence that bears on each prohibition.
    comparison
        Areas named before looking at what happened in them: name to area. The first is the headline's.
    ring
        Metres, or an area. None: 200 m on exact points, 400 m on anonymised ones. A boroughwide order has none.
    before, during
        First and last month of each period (``YYYY-MM``, both included). None: no comparison over time.
    areas, code, town
        LSOAs or the like of the whole borough, with their columns of codes and of towns. They give recurrence by
        area, and the spread between areas that the headline's interval rests on. ``code`` None: found by its name.
    activity, consultation, statements, equality
        Other evidence, as a frame or file: see `hotspot.decisions.evidence` and `hotspot.decisions.equality`.
    plan
        What was fixed beforehand, from `hotspot.decisions.review_job.plan_table`.
    across_breaks
        Compare although a source changed its points or categories between the periods; printed with the result.
    register
        The breaks to look in; the shipped ones when None.

    Returns
    -------
    Review

    Raises
    ------
    InputError
        If no source of the data bears on any prohibition; if periods are named for an order none of whose
        prohibitions has a time without an order before; if a break parts the periods; or if areas overlap.

    Notes
    -----
    One headline for each prohibition, by a rule fixed beforehand (``hotspot.decisions.headline.RULE``). Without a
    comparison it is headed "not controlled". Everything else stands beside it and decides nothing.

    How this can mislead: a review counts reports. More wardens make more reports; a change of recording looks like
    a change on the street; and a comparison chosen after looking proves what it was chosen to prove.
    """
    frames = _frames(data)
    if (before is None) != (during is None):
        raise InputError("before and during go together; give the first and last month of both, or neither")
    design = Design(before, during, comparison, ring, areas, across_breaks, register)
    intakes = tuple(item for item in _items(data) if isinstance(item, Intake))
    work = _Work(frames, intakes, order, design, _code(areas, code), town)
    found, fair = _estimates(work)
    says = _says(work, found)
    tables = {
        "order": order_table(order, frames[0]),
        "says": says,
        "headlines": headlines_table(found, order, frames[0]),
        "periods": periods_table(found, order, frames[0]),
        "counts": counts_table(found, order, frames[0]),
        **joined_tables(fair, frames[0], order.hash),
        **_recurrence(work),
    }
    cells, where = where_tables(order, found, design, work.code)
    tables |= {name: _under(work, parts, name) for name, parts in where.items()}
    tables["interrupted"] = interrupted_table(found, order, frames[0])
    tables["appendix_absolute"] = absolute_table(found, order, frames[0])
    given = {
        "consultation": consultation,
        "activity": activity,
        "statements": statements,
        "equality": equality,
    }
    tables |= other_tables(order, given, areas, work.code)
    if plan is not None:
        tables["plan"] = plan
    tables["checklist"] = review_checklist(order, tables, found)
    spoken = {name: list(lines) for name, lines in summary(order, found, says).items()}
    for part in fair:
        spoken[part.prohibition] += part.says
    return Review(
        order=order,
        headlines=tuple(found),
        about=tuple(about(order)),
        summary=spoken,
        tables={name: table for name, table in tables.items() if len(table)},
        cells=cells,
        trends={part.prohibition: part.trends for part in fair if part.trends is not None},
        areas=areas,
        code=work.code,
        design=design,
        data=frames,
    )


def _frames(data: Data) -> tuple[pd.DataFrame, ...]:
    frames = tuple(item if isinstance(item, pd.DataFrame) else _frame_of(item) for item in _items(data))
    if not frames or not all(isinstance(item, pd.DataFrame) for item in frames):
        raise InputError(
            "data must be incidents, a counts table, or a list of these; read them with a reader"
        )
    seen: set[str] = set()
    for frame in frames:
        names = set(sources_in(frame))
        if seen & names:
            raise InputError(
                f"the source {min(seen & names)!r} is in two of the frames, and would be counted twice; give each once"
            )
        seen |= names
    return frames


def _items(data: Data) -> tuple[Any, ...]:
    return tuple(data) if isinstance(data, Sequence) else (data,)


def _frame_of(item: Any) -> Any:
    """Return the frame that a reader's result stands for."""
    return getattr(item, "incidents", getattr(item, "counts", None))


def _code(areas: AreaLike | None, code: str | None) -> str | None:
    from hotspot.decisions.recurring_places import unit_column
    from hotspot.geography.area import as_area

    return code if areas is None or code is not None else unit_column(as_area(areas))


def _says(work: _Work, found: Sequence[Headline]) -> pd.DataFrame:
    """Return what each source says, "too few" judged by the very months that the headline compares."""
    parts = []
    for item in found:
        periods = item.periods
        for frame in work.frames:
            table = what_sources_say(
                frame, work.order,
                before=None if periods is None else periods.before,
                during=None if periods is None else periods.during,
                intakes=work.intakes or None,
            )  # fmt: skip
            parts.append(table[table["prohibition"] == item.prohibition.name])
    made = pd.concat(parts, ignore_index=True)
    return joined(work.frames, made, "what_sources_say", order=work.order.label, boundary=work.order.hash)


def _estimates(work: _Work) -> tuple[list[Headline], list[Fairness]]:
    """Make the headlines, each from the frame that holds its first source, and what stands beside them."""
    found = headlines(work.frames, work.order, work.design, lambda item, frame: _units(work, item, frame)[1])
    tests = max(sum(1 for item in found if item.estimated and not item.heading), 1)
    fair = []
    for item in found:
        if item.frame is None:
            continue
        every, apart = _units(work, item, item.frame)
        fair.append(
            fairness(item.frame, work.order, item, work.design, every=every, apart=apart, tests=tests)
        )
    return found, fair


def _units(
    work: _Work, item: Headline, frame: pd.DataFrame
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    return units_of_headline(frame, work.order, item, work.design, work.code)


def _recurrence(work: _Work) -> dict[str, pd.DataFrame]:
    parts: dict[str, list[pd.DataFrame]] = {}
    for item in work.order.prohibitions:
        for frame in work.frames:
            made = recurrence(
                frame, work.order, item,
                areas=work.design.areas, town=work.town, unit=work.code, across_breaks=work.design.across_breaks,
            )  # fmt: skip
            for name, table in made.items():
                if len(table):
                    parts.setdefault(f"recurrence_{name}", []).append(table)
    return {name: _under(work, tables, name) for name, tables in parts.items()}


def _under(work: _Work, tables: Sequence[pd.DataFrame], name: str) -> pd.DataFrame:
    """Put tables under one another."""
    held = [table.reset_index() if table.index.name is not None else table for table in tables]
    made = pd.concat(held, ignore_index=True)
    return joined(work.frames, made, name, order=work.order.label, boundary=work.order.hash)


def joined(frames: Sequence[pd.DataFrame], table: pd.DataFrame, step: str, **facts: Any) -> pd.DataFrame:
    """Give a table the sources and notes of all frames."""
    record = provenance.of(frames[0])
    for frame in frames[1:]:
        other = provenance.of(frame)
        record["sources"] += other["sources"]
        record["notes"] += [text for text in other["notes"] if text not in record["notes"]]
        record["as_of"] = max(filter(None, (record["as_of"], other["as_of"])), default=None)
    parent = provenance.put(pd.DataFrame(), record)
    return provenance.carry(parent, table, step, rule=RULE, **facts)
