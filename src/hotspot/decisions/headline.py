"""The headline of a prohibition: one estimate, by a rule fixed beforehand, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.counted import Counted, best_evidence, counted, serves, source_names, sources_in
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.periods import NO_BEFORE, Periods, breaks_that_matter, periods_for, untreated_before
from hotspot.decisions.places_of import COMPARISON, INSIDE, Comparison, Ring
from hotspot.decisions.unit_groups import SPREAD_SCALE
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike
from hotspot.intake.break_register import Break
from hotspot.intake.breaks import Register
from hotspot.statistics.effect import NOT_CONTROLLED, TOO_FEW, Effect, ratio_of_rate_ratios
from hotspot.statistics.multiple_testing import adjust

Months = tuple[str, str]

NOT_RECORDED = "no source of the data records this kind of behaviour"
NOT_ASKED = "no periods were named"
NO_MONTHS = "no months to compare"
RULE = (
    "The first source that a prohibition's evidence names and the data holds, of several of one publisher that with most "
    "rows; its own categories, or wider ones where it has none; the same calendar months before and during; the ratio of "
    "the change inside to the change in the first-named comparison; its interval from the spread of the changes of other "
    "areas where there are enough of them, else from the dispersion of the months; Holm's correction over the prohibitions."
)
"""How the one estimate of a prohibition is chosen, in the words that a plan prints."""


@dataclass(frozen=True, eq=False)
class Headline:
    """What is said first of a prohibition.

    Attributes
    ----------
    prohibition, source
        What it is about; ``source`` is "" where no source of the data bears on it.
    heading
        "" for a controlled estimate, else why it is none: "not controlled", "no period without an order ...",
        "too few to compare" and so on.
    reason
        The heading in full, with dates and numbers; "" where there is an estimate.
    wider
        The category holds other behaviour too.
    effect, periods, counted, comparison
        The estimate and what it rests on; None and "" where there is none.
    p_holm
        Two-sided p over all prohibitions that have a controlled estimate (Holm 1979).
    frame
        The data that holds the source.
    """

    prohibition: Prohibition
    source: str
    heading: str
    reason: str = ""
    wider: bool = False
    effect: Effect | None = None
    periods: Periods | None = None
    counted: Counted | None = None
    comparison: str = ""
    p_holm: float = float("nan")
    frame: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def estimated(self) -> bool:
        """Whether there is a ratio."""
        return self.effect is not None and not self.effect.reason


UnitsOf = Callable[[Headline, pd.DataFrame], pd.DataFrame | None]


@dataclass(frozen=True)
class Design:
    """What is compared with what: the part of a review that is fixed before looking.

    Attributes
    ----------
    before, during
        First and last month of each period (``YYYY-MM``); both None when no comparison over time is asked for.
    comparison, ring
        See `hotspot.decisions.places_of.places_of`; the comparison named first is the headline's.
    areas
        LSOAs or the like of the whole borough.
    across_breaks, register
        See `hotspot.intake.breaks.refuse_across_breaks`.
    """

    before: Months | None = None
    during: Months | None = None
    comparison: Comparison | None = None
    ring: Ring | None = None
    areas: AreaLike | None = None
    across_breaks: bool = False
    register: Register | None = None


def headlines(
    frames: Sequence[pd.DataFrame], order: Order, design: Design, units: UnitsOf | None = None
) -> list[Headline]:
    """Return the headline of each prohibition, as the order lists them, with Holm's p over them.

    Parameters
    ----------
    frames
        Incidents and counts tables; no source is in two of them.
    units
        Given a headline without its estimate and its frame: further areas by month (`unit_months`), whose changes
        give the spread, or None.

    Raises
    ------
    InputError
        If periods were named and no prohibition has a period without an order before it.
    """
    _refuse_unknown(frames, order)
    made = [_headline(frames, order, item, design, units) for item in order.prohibitions]
    refused = [item for item in made if item.heading == NO_BEFORE]
    if design.before is not None and refused and len(refused) == len([item for item in made if item.source]):
        raise InputError(
            f"{refused[0].reason}; leave the periods out ([periods] in a review's file): the review then shows what recurs"
        )
    tested = [n for n, item in enumerate(made) if item.estimated and not item.heading]
    if tested:
        values = np.array([effect.p for n in tested if (effect := made[n].effect) is not None])
        for n, p in zip(tested, adjust(values, "holm"), strict=True):
            made[n] = replace(made[n], p_holm=float(p))
    return made


def _headline(
    frames: Sequence[pd.DataFrame],
    order: Order,
    prohibition: Prohibition,
    design: Design,
    units: UnitsOf | None,
) -> Headline:
    data, source, wider = headline_source(frames, prohibition)
    if data is None:
        return Headline(prohibition, "", NOT_RECORDED, reason=NOT_RECORDED)
    prohibition = replace(prohibition, evidence=best_evidence(prohibition, source))
    table = counted(
        data, order, prohibition, source,
        comparison=design.comparison, ring=design.ring, areas=design.areas,
    )  # fmt: skip
    base = Headline(prohibition, source, NOT_ASKED, reason=NOT_ASKED, wider=wider, counted=table, frame=data)
    if design.before is None or design.during is None:
        return _without_periods(base, order)
    try:
        periods = periods_for(
            order, prohibition, table.months, before=design.before, during=design.during,
            breaks=_breaks(data, prohibition, source, design), across_breaks=design.across_breaks,
        )  # fmt: skip
    except InputError as error:
        if not str(error).startswith(NO_BEFORE):
            raise
        return replace(base, heading=NO_BEFORE, reason=str(error))
    base = replace(base, periods=periods)
    if len(periods.before) < 2 or len(periods.during) < 2:
        return replace(base, heading=NO_MONTHS, reason=_why_no_months(periods))
    effect, comparison = estimate(table, periods, None if units is None else units(base, data))
    heading = TOO_FEW if effect.reason else ("" if effect.controlled else NOT_CONTROLLED)
    return replace(base, heading=heading, reason=effect.reason, effect=effect, comparison=comparison)


def _without_periods(base: Headline, order: Order) -> Headline:
    """Say why nothing was compared over time: because nothing could be, or because nobody asked."""
    months = None if base.counted is None else base.counted.months
    if months is None or not len(months) or not order.spans_of(base.prohibition):
        return base
    if len(untreated_before(order, base.prohibition, months)):
        return base
    held = provenance.spans(str(month) for month in months)
    reason = f"{NO_BEFORE}. {base.prohibition.name!r} was in force in all months held ({held})"
    return replace(base, heading=NO_BEFORE, reason=reason)


def headline_source(
    frames: Sequence[pd.DataFrame], prohibition: Prohibition
) -> tuple[pd.DataFrame | None, str, bool]:
    """Return the frame and the name of the first source that the evidence names, and whether its category is wider."""
    for item in prohibition.evidence:
        for frame in frames:
            known = sources_in(frame)
            found = [name for name in known if serves(item, name)]
            if found:
                rows = frame["source"].astype("str").value_counts()
                chosen = min(found, key=lambda name: (-int(rows.get(name, 0)), name))
                return frame, chosen, all(one.wider for one in best_evidence(prohibition, chosen))
    return None, "", False


def _refuse_unknown(frames: Sequence[pd.DataFrame], order: Order) -> None:
    """A source that is misspelt would be said to record nothing."""
    known = sorted({name for frame in frames for name in sources_in(frame)})
    for prohibition in order.prohibitions:
        for item in prohibition.evidence:
            if not any(serves(item, name) for name in known):
                raise InputError(
                    f"the evidence of {prohibition.name!r} names the source {item.source!r}, which the data does not hold; "
                    f"its sources are: {', '.join(known)}. Correct the name (* stands for all), or take the evidence out"
                )


def estimate(
    table: Counted, periods: Periods, units: pd.DataFrame | None = None, *, comparison: str | None = None
) -> tuple[Effect, str]:
    """Return the ratio of rate ratios of the inside against a comparison, and the comparison's name.

    Parameters
    ----------
    table
        Counts by place and month.
    periods
        The months of each period.
    units
        Further areas by month, of the same prohibition and source, whose changes give the spread.
    comparison
        A place of the table; the first comparison when None.
    """
    chosen = [*periods.before, *periods.during]
    at = table.months.get_indexer(pd.PeriodIndex(chosen, freq="M"))
    during = np.arange(len(chosen)) >= len(periods.before)
    inside = table.counts[table.roles.index(INSIDE), at]
    names = [table.places[n] for n in table.with_role(COMPARISON)]
    name = (names[0] if names else "") if comparison is None else comparison
    if not name:
        return ratio_of_rate_ratios(inside, None, during), ""
    others = None if units is None else _others(units, chosen)
    scale = 1.0 if units is None else float(units.attrs.get(SPREAD_SCALE, 1.0))
    return ratio_of_rate_ratios(inside, table.of(name)[at], during, others=others, spread_scale=scale), name


def _breaks(data: pd.DataFrame, prohibition: Prohibition, source: str, design: Design) -> list[Break]:
    if design.before is None or design.during is None:
        return []
    categories = {name for item in prohibition.evidence if serves(item, source) for name in item.categories}
    return breaks_that_matter(
        source_names(data, source),
        design.before,
        design.during,
        categories=categories,
        register=design.register,
    )


def _others(units: pd.DataFrame, chosen: Sequence[pd.Period]) -> NDArray[np.int64] | None:
    names = [str(month) for month in chosen]
    if not len(units) or not set(names) <= set(units.columns):
        return None
    # An area without a number in one of these months cannot be compared; what it lacks in others does not matter.
    return units[names].dropna().to_numpy(dtype=np.int64)


def _why_no_months(periods: Periods) -> str:
    left = "; ".join(f"{month}: {reason}" for month, reason in periods.left_out)
    count = len(periods.before)
    remain = "1 pair of calendar months remains" if count == 1 else f"{count} pairs of calendar months remain"
    return f"{NO_MONTHS}: {remain}, and at least 2 are needed ({left})"
