"""The months before and during an order that may be compared: the same calendar months, each reason said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hotspot import provenance
from hotspot.decisions.order import Order, Prohibition, month_days, span_words
from hotspot.decisions.order_values import DAY, Span
from hotspot.errors import InputError
from hotspot.intake.break_register import Break, in_order
from hotspot.intake.breaks import Register, breaks_between

NO_BEFORE = "no period without an order: effect cannot be measured"
"""The heading of a prohibition that was in force in all months that could have been its "before"."""
BEFORE, DURING = ("2024-07", "2025-02"), ("2025-07", "2026-02")
Months = tuple[str, str]
_PARTNER = "goes with"


@dataclass(frozen=True, eq=False)
class Periods:
    """The months of a comparison, and what became of the others.

    Attributes
    ----------
    before, during
        The same calendar months, as many in both, ascending; only months that the source observed.
    left_out
        Month (``YYYY-MM``) and reason, by month.
    breaks
        Sentences on breaks of the source that the comparison goes across or lies within.
    notes
        Sentences on orders that were in force around the months compared.
    """

    before: pd.PeriodIndex
    during: pd.PeriodIndex
    left_out: tuple[tuple[str, str], ...] = ()
    breaks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def months(self) -> pd.PeriodIndex:
        """All months compared, ascending."""
        return pd.PeriodIndex([*self.before, *self.during], freq="M")

    @property
    def says(self) -> str:
        """The periods in words."""
        before, during = (provenance.spans(map(str, months)) for months in (self.before, self.during))
        word = "month" if len(self.before) == 1 else "months"
        return f"{len(self.before)} {word} before ({before}) and the same calendar months during ({during})"


def periods_for(
    order: Order,
    prohibition: Prohibition | str | None,
    observed: pd.PeriodIndex,
    *,
    before: Months = BEFORE,
    during: Months = DURING,
    monthly: bool = True,
    breaks: Iterable[Break] = (),
    across_breaks: bool = False,
) -> Periods:
    """Choose the months before and during a prohibition that may be compared.

    Parameters
    ----------
    order
        With its spans in force.
    prohibition
        One of the order's, or its name; the order as a whole when None.
    observed
        The months that the source observed: a month without a file is not in it.
    before, during
        First and last month of each period, ``YYYY-MM``, both included.
    monthly
        The source gives months only. Whole months are compared either way; it changes the words only.
    breaks
        Breaks of the source that matter to what is compared, such as `breaks_that_matter` returns.
    across_breaks
        Go on across a break; the sentence about it is in ``breaks``, for every output to print.

    Returns
    -------
    Periods
        Months are paired by calendar month. Where one of a pair is left out, so is the other.

    Raises
    ------
    InputError
        If a period is not understood or the two overlap; if the prohibition was in force in ``before``
        (the message begins with ``NO_BEFORE``); if no month of ``during`` is left; or if a break parts the
        months and ``across_breaks`` is False.

    Notes
    -----
    The month in which the order or the prohibition starts or ends belongs to neither period, also where the
    start is the month's first day: signs go up and patrols begin around it. Spans that follow each other
    without a day between are one. Where one period has more years, those nearest to the other are used.

    How this can mislead: equal calendar months take out the season, and nothing else. What changed everywhere
    between the two periods is in the comparison until a comparison area takes it out.
    """
    chosen = order.prohibition(prohibition) if isinstance(prohibition, str) else prohibition
    early, late = asked(before, during)
    spans = joined(order.spans_of(chosen))
    what = f"the prohibition {chosen.name!r}" if chosen is not None else f"the order {order.name!r}"
    _refuse_treated(early, spans, what)
    register = in_order(set(breaks))
    pairs, out = _paired(early, late)
    reasons = _reasons([*early, *late], order, chosen, observed, register, monthly)
    reasons |= _not_in_force(late, order, chosen, reasons)
    kept = []
    for one, other in pairs:
        if str(one) not in reasons and str(other) not in reasons:
            kept.append((one, other))
            continue
        for mine, its in ((str(one), str(other)), (str(other), str(one))):
            out[mine] = reasons.get(mine) or f"{_PARTNER} {its}, which is left out"
    if not kept:
        raise InputError(_nothing_left(what, early, late, out, spans))
    first, second = (pd.PeriodIndex(sorted(side), freq="M") for side in zip(*kept, strict=True))
    told = _breaks_said([str(month) for month in [*first, *second]], register, across_breaks, what)
    notes = _around(first, order, chosen, spans)
    return Periods(first, second, tuple(sorted(out.items())), told, notes)


def breaks_that_matter(
    sources: str | Iterable[str],
    before: Months = BEFORE,
    during: Months = DURING,
    *,
    categories: Iterable[str] = (),
    affects: Iterable[str] = ("points", "categories", "volume"),
    register: Register | None = None,
) -> list[Break]:
    """List the breaks of some sources between two periods that bear on counts of some categories.

    Parameters
    ----------
    sources
        A source's name or several.
    before, during
        First and last month of each period.
    categories
        Those counted; a break of other categories only is left out. All when empty.
    affects
        What the counts rest on; add "lsoa codes" where they are of LSOAs.
    register
        The breaks to look in; the shipped ones when None.

    Examples
    --------
    >>> [item.name for item in breaks_that_matter("data.police.uk/x", ("2021-10", "2022-03"), ("2022-10", "2023-03"))]
    ['Covid-19 restrictions', 'Map points redrawn']
    """
    early, late = asked(before, during)
    shelf = None if register is None else list(register)
    names = sources if isinstance(sources, str) else list(sources)
    first, last = str(early[0]), str(late[-1])
    found = {
        item for word in affects for item in breaks_between(names, first, last, affects=word, register=shelf)
    }
    wanted = {name.casefold() for name in categories}
    return in_order(
        item
        for item in found
        if not wanted or not item.categories or wanted & {name.casefold() for name in item.categories}
    )


def untreated_before(
    order: Order, prohibition: Prohibition | None, observed: pd.PeriodIndex
) -> pd.PeriodIndex:
    """Return the observed months before the last start of a prohibition in which it was in force on no day.

    Empty: then the prohibition is headed with ``NO_BEFORE``. Months in a gap between two orders are
    among them; an earlier order may still have had its influence then.
    """
    spans = joined(order.spans_of(prohibition))
    if not spans:
        return observed.sort_values()
    start = pd.Period(spans[-1][0], freq="M")
    free = [
        month
        for month in observed.sort_values()
        if month < start and order.in_force_on(month, prohibition) == "not in force"
    ]
    return pd.PeriodIndex(free, freq="M")


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Make one span of those that follow each other without a day between."""
    made: list[Span] = []
    for start, end in spans:
        if made and made[-1][1] is not None and made[-1][1] + DAY == start:
            made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    return tuple(made)


def asked(before: Months, during: Months) -> tuple[pd.PeriodIndex, pd.PeriodIndex]:
    """Return the months of both periods, or say which is not understood."""
    made = []
    for name, pair in (("before", before), ("during", during)):
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise InputError(
                f"{name}={pair!r} needs a first and a last month, both included, such as ('2024-07', '2025-02')"
            )
        first, last = (pd.Period(month_days(month)[0], freq="M") for month in pair)
        if last < first:
            raise InputError(f"{name}: the first month {first} is after the last, {last}; swap them")
        made.append(pd.period_range(first, last, freq="M"))
    if made[0][-1] >= made[1][0]:
        raise InputError(
            f"before ends in {made[0][-1]} and during begins in {made[1][0]}; before must end first"
        )
    return made[0], made[1]


def _refuse_treated(early: pd.PeriodIndex, spans: Sequence[Span], what: str) -> None:
    """Refuse a "before" with any day in force, but for the month at its edge in which a span starts or ends."""
    first, last = month_days(early[0])[0], month_days(early[-1])[1]
    for span in spans:
        start, end = span
        if start > last or (end is not None and end < first):
            continue
        starts_last = pd.Period(start, freq="M") == early[-1]
        ends_first = end is not None and pd.Period(end, freq="M") == early[0] and start < first
        if len(early) > 1 and (starts_last or ends_first):
            continue
        raise InputError(
            f"{NO_BEFORE}. {what[0].upper()}{what[1:]} was in force {span_words(span)}, and before is {early[0]} to "
            f"{early[-1]}; choose a before in which it was not in force, or leave the effect out: recurrence "
            "needs no before"
        )


def _paired(
    early: pd.PeriodIndex, late: pd.PeriodIndex
) -> tuple[list[tuple[pd.Period, pd.Period]], dict[str, str]]:
    """Pair the months by calendar month: the latest of before with the first of during, year by year."""
    pairs: list[tuple[pd.Period, pd.Period]] = []
    out: dict[str, str] = {}
    for number in range(1, 13):
        ones = [month for month in early if month.month == number]
        others = [month for month in late if month.month == number]
        many = min(len(ones), len(others))
        pairs += zip(ones[len(ones) - many :], others[:many], strict=True)
        for month in [*ones[: len(ones) - many], *others[many:]]:
            other = "during" if month in early else "before"
            out[str(month)] = f"{other} has no month of the same calendar month to go with it"
    return sorted(pairs), out


def _reasons(
    months: Iterable[pd.Period],
    order: Order,
    prohibition: Prohibition | None,
    observed: pd.PeriodIndex,
    register: Iterable[Break],
    monthly: bool,
) -> dict[str, str]:
    """Say why months cannot be used, by month."""
    edges = _edges("the prohibition", joined(order.spans_of(prohibition))) if prohibition else {}
    edges |= _edges("the order", joined(order.in_force))
    why = "" if monthly else "; the dates have days, and whole months are compared"
    seen = set(map(str, observed))
    gaps = [item for item in register if item.kind == "gap"]
    found = {}
    for month in map(str, months):
        absent = [item for item in gaps if item.start <= month and (item.end is None or month <= item.end)]
        if month in edges:
            found[month] = f"{edges[month]}, so the month belongs to neither period{why}"
        elif absent:
            found[month] = f"the source has a gap: {absent[0].name} ({absent[0].months})"
        elif month not in seen:
            found[month] = "no full count of this month is held: missing is not zero"
    return found


def _edges(whose: str, spans: Sequence[Span]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start, end in spans:
        found.setdefault(str(pd.Period(start, freq="M")), f"{whose} started on {start}")
        if end is not None:
            found.setdefault(str(pd.Period(end, freq="M")), f"{whose} ended on {end}")
    return found


def _not_in_force(
    late: pd.PeriodIndex, order: Order, prohibition: Prohibition | None, known: Mapping[str, str]
) -> dict[str, str]:
    whose = "the order" if prohibition is None else "the prohibition"
    return {
        str(month): f"{whose} was not in force"
        for month in late
        if str(month) not in known and order.in_force_on(month, prohibition) != "in force"
    }


def _nothing_left(
    what: str, early: pd.PeriodIndex, late: pd.PeriodIndex, out: Mapping[str, str], spans: Sequence[Span]
) -> str:
    own = [item for item in sorted(out.items()) if not item[1].startswith(_PARTNER)]
    shown = "; ".join(f"{month}: {reason}" for month, reason in own[:3])
    more = f"; and {len(own) - 3} more" if len(own) > 3 else ""
    held = "; ".join(span_words(span) for span in spans) or "never"
    return (
        f"no month is left to compare for {what} (in force {held}) of before {early[0]} to {early[-1]} and during "
        f"{late[0]} to {late[-1]}: {shown}{more}. Choose months that the source observed, with the same "
        "calendar months in both"
    )


def _breaks_said(
    months: list[str], register: Iterable[Break], across_breaks: bool, what: str
) -> tuple[str, ...]:
    """Return a sentence for each break of the months, or refuse those that part them."""
    ordered = sorted(months)
    across = [item for item in register if item.parts(ordered)]
    if across and not across_breaks:
        named = " ".join(f"{item.name} ({item.months}): {item.consequence}" for item in across)
        raise InputError(
            f"before and during of {what} are parted by {len(across)} break{'s' * (len(across) > 1)} of the source: "
            f"{named} Choose periods on one side, or go on with across_breaks=True, which every output then prints"
        )
    within = [item for item in register if item not in across and item.touches(ordered)]
    return tuple(
        f"{'Goes across a break' if item in across else 'Lies within a break'}: {item.name} ({item.months}). "
        f"{item.consequence}"
        for item in in_order([*across, *within])
    )


def _around(
    early: pd.PeriodIndex, order: Order, prohibition: Prohibition | None, spans: Sequence[Span]
) -> tuple[str, ...]:
    """Say what orders were in force shortly before, or for other prohibitions during, the "before"."""
    notes = []
    first = month_days(early[0])[0]
    ended = [span for span in spans if span[1] is not None and span[1] < first]
    if ended:
        notes.append(
            f"An earlier order was in force {span_words(ended[-1])}, before the months compared: they lie in a gap "
            "between two orders, not before any."
        )
    if prohibition is not None and any(order.in_force_on(month) != "not in force" for month in early):
        notes.append("In the months before, the order was in force for other prohibitions.")
    return tuple(notes)
