"""Whether the headline of a review hangs on one choice: the same estimate under each other choice that could be made."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspot import provenance
from hotspot.decisions.counted import Counted, counted, serves, source_names
from hotspot.decisions.headline import Design, Headline, estimate
from hotspot.decisions.order import Evidence, Order, Prohibition
from hotspot.decisions.periods import Periods, untreated_before
from hotspot.decisions.places_of import COMPARISON, INSIDE, REST, RING, default_ring, named_areas, polygonal
from hotspot.decisions.words import SIGNIFICANT, corrected_away
from hotspot.errors import InputError
from hotspot.geography.incidents import is_counts
from hotspot.geography.precision import finest_unit
from hotspot.statistics.effect import Effect

FEWER, MORE, NOT_TOLD, NONE = "fewer", "more", "not told from chance", "not estimated"
LEAST_PAIRS = 3
COLUMNS = [
    "choice", "value", "estimate_of", "comparison", "pairs", "inside_before", "inside_during", "other_before",
    "other_during", "ratio", "low", "high", "direction", "differs", "reason",
]  # fmt: skip
UnitsFor = Callable[[Prohibition], pd.DataFrame | None]


@dataclass(frozen=True, eq=False)
class _Review:
    """What all choices share."""

    data: pd.DataFrame
    order: Order
    headline: Headline
    design: Design
    units: pd.DataFrame | None
    units_for: UnitsFor | None
    table: Counted
    periods: Periods

    def count(
        self,
        *,
        order: Order | None = None,
        prohibition: Prohibition | None = None,
        ring: float | None = None,
        comparison: dict[str, gpd.GeoSeries] | None = None,
    ) -> Counted:
        return counted(
            self.data, order or self.order, prohibition or self.headline.prohibition, self.headline.source,
            comparison=self.design.comparison if comparison is None else comparison,
            ring=self.design.ring if ring is None else ring, areas=self.design.areas,
        )  # fmt: skip

    def row(
        self,
        choice: str,
        value: str,
        table: Counted | str,
        *,
        periods: Periods | None = None,
        comparison: str | None = None,
        units: pd.DataFrame | None = None,
        place: str = INSIDE,
    ) -> dict[str, object]:
        """Estimate one choice; a text in place of the table is the reason why there is none."""
        used = periods or self.periods
        name = (comparison or self.headline.comparison) or None
        known = {"choice": choice, "value": value, "estimate_of": place, "pairs": len(used.before)}
        if isinstance(table, str):
            return {**known, "comparison": name or "", "direction": NONE, "reason": table}
        try:
            effect, found = estimate(
                _as_inside(table, place), used, self.units if units is None else units, comparison=name
            )
        except InputError as error:
            return {**known, "comparison": name or "", "direction": NONE, "reason": str(error)}
        return {**known, "comparison": found, **_numbers(effect)}


def sensitivity_of_review(
    data: pd.DataFrame,
    order: Order,
    headline: Headline,
    design: Design,
    *,
    units: pd.DataFrame | None = None,
    units_for: UnitsFor | None = None,
    rings: Iterable[float] | None = None,
    boundary_m: float | None = None,
) -> pd.DataFrame:
    """Estimate the headline again under each other choice of ring, comparison, window, categories and boundary.

    Parameters
    ----------
    data, order, headline, design
        What the headline was made from.
    units
        Further areas by month, as for the headline; they give the spread of every row.
    units_for
        Counts them anew for a prohibition with fewer categories; ``units`` serves for those rows when None.
    rings
        Widths of the ring in metres; half and twice the design's when None.
    boundary_m
        How far the boundary is moved out and in. None: by what the locations carry (100 m for anonymised map
        points); exact points and addresses are not moved.

    Returns
    -------
    DataFrame
        One row an estimate, the headline first: ``choice`` (headline, comparison, window, categories, boundary, ring),
        ``value``, ``estimate_of`` (inside or ring), ``comparison``, ``pairs`` of months, ``inside_before``,
        ``inside_during``, ``other_before``, ``other_during``, ``ratio``, ``low``, ``high``, ``direction`` ("fewer", "more",
        "not told from chance", "not estimated": by the row's own interval, of the headline after Holm's correction too, as
        in the summary), ``differs`` (by its own interval it tells something else than the headline by its own, or lies
        outside it; for rings, than the design's own ring; missing where there is no estimate), ``reason`` (why there
        is no estimate, or that the correction decides the headline).

    Raises
    ------
    InputError
        If the headline has no estimate.

    Notes
    -----
    Choices are changed one at a time. A window moved by a month keeps only months without the order before it and
    with it during it; at least half of the pairs, and three, must stay. Where the boundary moves, land of the
    comparison areas that it takes in is taken out of them.

    How this can mislead: choices that were not tried are not in the table, and a table of many rows invites to read
    off the one that suits. The headline was fixed beforehand; the rows only say how far it can be leaned on.
    """
    if (
        headline.effect is None
        or headline.effect.reason
        or headline.counted is None
        or headline.periods is None
    ):
        raise InputError(
            f"{headline.prohibition.name!r} has no estimate ({headline.heading or 'none was made'}), so there is none to "
            "try under other choices; ask only where there is one"
        )
    review = _Review(data, order, headline, design, units, units_for, headline.counted, headline.periods)
    base = {
        "pairs": len(headline.periods.before),
        "comparison": headline.comparison,
        **_numbers(headline.effect),
    }
    rows: list[dict[str, object]] = [
        {"choice": "headline", "value": "as planned", "estimate_of": INSIDE, **base, **_as_told(headline)},
        *_comparisons(review),
        *_windows(review),
        *_categories(review),
        *_boundaries(review, boundary_m),
        *_rings(review, rings),
    ]
    made = pd.DataFrame(rows, columns=COLUMNS)
    made["differs"] = _differs(made)
    made["reason"] = made["reason"].fillna("")
    return provenance.carry(
        data, made, "sensitivity_of_review", prohibition=headline.prohibition.name, boundary=order.hash, rows=len(made)
    )  # fmt: skip


def stability(table: pd.DataFrame) -> str:
    """Say in one sentence whether the headline is stable, and if not, by which choice.

    Parameters
    ----------
    table
        From `sensitivity_of_review`.
    """
    own = table[table["estimate_of"] == INSIDE]
    base, others = own.iloc[0], own.iloc[1:]
    tried = others[others["differs"].notna()]
    if tried.empty:
        return (
            "Not tested: no other choice could be estimated, so whether the result hangs on one is not known."
        )
    kinds = ", ".join(dict.fromkeys(tried["choice"].astype("str")))
    own_way = _way(base["low"], base["high"])
    told = {FEWER: "fewer than expected", MORE: "more than expected"}.get(own_way, own_way)
    told = f"{told} by its own interval"
    after = f" {base['reason'][:1].upper()}{base['reason'][1:]}." if base["reason"] else ""
    off = tried[tried["differs"].astype(bool)]
    if off.empty:
        return (
            f"Stable: under {len(tried)} other choices ({kinds}) the ratio runs from {tried['ratio'].min():.2f} to "
            f"{tried['ratio'].max():.2f}, beside {base['ratio']:.2f} ({base['low']:.2f} to {base['high']:.2f}), and "
            f"each tells the same: {told}.{after}"
        )
    listed = "; ".join(
        f"{row['choice']}, {row['value']}: {row['ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        for row in off.head(4).to_dict(orient="records")
    )
    more = f"; and {len(off) - 4} more" if len(off) > 4 else ""
    return (
        f"Not stable: the headline, {base['ratio']:.2f} ({base['low']:.2f} to {base['high']:.2f}), tells {told}, and "
        f"{len(off)} of {len(tried)} other choices tell something else ({listed}{more}).{after}"
    )


def _numbers(effect: Effect) -> dict[str, object]:
    direction = NONE if effect.reason else _way(effect.low, effect.high)
    names = (
        "inside_before",
        "inside_during",
        "other_before",
        "other_during",
        "ratio",
        "low",
        "high",
        "reason",
    )
    return {**{name: getattr(effect, name) for name in names}, "direction": direction}


def _way(low: float, high: float) -> str:
    return FEWER if high < 1.0 else MORE if low > 1.0 else NOT_TOLD


def _as_told(headline: Headline) -> dict[str, object]:
    """Return what the summary tells of the headline, where the correction for all prohibitions decides it."""
    if not corrected_away(headline):
        return {}
    reason = (
        "after correction for all prohibitions that were estimated, the headline is not told from chance "
        f"(p {headline.p_holm:.2g}, above {SIGNIFICANT:g})"
    )
    return {"direction": NOT_TOLD, "reason": reason}


def _differs(table: pd.DataFrame) -> pd.Series:
    made = pd.Series(pd.NA, index=table.index, dtype="boolean")
    for place in (INSIDE, RING):
        rows = table.index[(table["estimate_of"] == place) & (table["direction"] != NONE)]
        if not len(rows) or table.loc[rows[0], "choice"] not in ("headline", "ring"):
            continue
        base = table.loc[rows[0]]
        ratio = table.loc[rows, "ratio"].astype(float)
        ways = pd.Series(
            [_way(low, high) for low, high in table.loc[rows, ["low", "high"]].to_numpy(float)], index=rows
        )
        made[rows] = ((ways != ways.iloc[0]) | (ratio < base["low"]) | (ratio > base["high"])).to_numpy()
    return made


def _comparisons(review: _Review) -> Iterator[dict[str, object]]:
    table = review.table
    names = [table.places[int(row)] for role in (COMPARISON, REST) for row in table.with_role(role)]
    for name in names:
        if name != review.headline.comparison:
            yield review.row("comparison", name, table, comparison=name)


def _windows(review: _Review) -> Iterator[dict[str, object]]:
    periods = review.periods
    pairs = list(zip(periods.before, periods.during, strict=True))
    half = len(pairs) // 2
    cuts = {
        "without the first month of each period": pairs[1:],
        "without the last month of each period": pairs[:-1],
        "the first half of each period": pairs[:half],
        "the second half of each period": pairs[half:],
    }
    free = set(untreated_before(review.order, review.headline.prohibition, review.table.months))
    seen = set(review.table.months)
    for by, word in ((-1, "earlier"), (1, "later")):
        moved = [(one + by, other + by) for one, other in pairs]
        kept = [
            pair
            for pair in moved
            if pair[0] in free
            and pair[1] in seen
            and review.order.in_force_on(pair[1], review.headline.prohibition) == "in force"
        ]
        cuts[f"both periods a month {word}"] = kept if 2 * len(kept) >= len(pairs) else []
    for value, kept in cuts.items():
        if len(kept) < LEAST_PAIRS:
            yield review.row(
                "window", value, f"{len(kept)} pairs of months are left; {LEAST_PAIRS} are needed"
            )
            continue
        first, second = (pd.PeriodIndex(side, freq="M") for side in zip(*kept, strict=True))
        yield review.row("window", value, review.table, periods=replace(periods, before=first, during=second))


def _categories(review: _Review) -> Iterator[dict[str, object]]:
    prohibition = review.headline.prohibition
    names = source_names(review.data, review.headline.source)
    bears = [item for item in prohibition.evidence if any(serves(item, name) for name in names)]
    listed = list(dict.fromkeys(name for item in bears for name in item.categories))
    if len(listed) < 2:
        return
    for name in listed:
        fewer = replace(prohibition, evidence=tuple(_without(prohibition.evidence, name)))
        try:
            table: Counted | str = review.count(prohibition=fewer)
        except InputError as error:
            table = str(error)
        units = review.units_for(fewer) if review.units_for is not None else None
        yield review.row("categories", f"without {name}", table, units=units)


def _without(evidence: Iterable[Evidence], name: str) -> Iterator[Evidence]:
    for item in evidence:
        kept = tuple(category for category in item.categories if category != name)
        if kept or not item.categories:
            yield replace(item, categories=kept)


def _boundaries(review: _Review, metres: float | None) -> Iterator[dict[str, object]]:
    if is_counts(review.data):
        yield review.row("boundary", "moved out and in", "not available from counts")
        return
    if review.order.boroughwide:
        return
    if metres is None:
        names = source_names(review.data, review.headline.source)
        metres, _ = finest_unit(review.data[review.data["source"].astype(object).isin(names).to_numpy()])
    if metres <= 0.0:
        return
    inside = review.order.geometry.geometry.iloc[0]
    for by, word in ((metres, "out"), (-metres, "in")):
        value = f"moved {word} by {metres:g} m"
        land = polygonal(shapely.buffer(inside, by, quad_segs=16))
        if bool(shapely.is_empty(land)):
            yield review.row("boundary", value, "nothing of the order is left")
            continue
        moved = copy.copy(review.order)
        frame = gpd.GeoDataFrame(geometry=[land], crs=review.order.geometry.crs)
        object.__setattr__(moved, "geometry", frame)
        yield review.row("boundary", value, _with_boundary(review, moved, land))


def _with_boundary(review: _Review, moved: Order, land: shapely.Geometry) -> Counted | str:
    given = review.design.comparison
    apart = None
    if given is not None:
        cut = {name: polygonal(shapely.difference(shape, land)) for name, shape in named_areas(given)}
        gone = [name for name, shape in cut.items() if bool(shapely.is_empty(shape))]
        if gone:
            return f"nothing of the comparison area {gone[0]!r} is left"
        apart = {name: gpd.GeoSeries([shape], crs=27700) for name, shape in cut.items()}
    try:
        # The ring does not enter the estimate inside, and would meet the comparison areas.
        return review.count(order=moved, ring=0.0, comparison=apart)
    except InputError as error:
        return str(error)


def _rings(review: _Review, rings: Iterable[float] | None) -> Iterator[dict[str, object]]:
    if RING not in review.table.roles or not (review.headline.comparison or REST in review.table.roles):
        return
    against = review.headline.comparison or None
    yield review.row("ring", "as planned", review.table, place=RING, comparison=against)
    names = source_names(review.data, review.headline.source)
    rows = review.data[review.data["source"].astype(object).isin(names).to_numpy()]
    given = review.design.ring
    own = float(given) if isinstance(given, int | float | np.number) else default_ring(rows)
    finest, _ = finest_unit(rows)
    for width in sorted({own / 2.0, own * 2.0} if rings is None else set(rings)):
        value = f"{width:g} m wide"
        if width < finest:
            yield review.row("ring", value, f"finer than the locations, {finest:g} m", place=RING)
            continue
        try:
            table: Counted | str = review.count(ring=width)
        except InputError as error:
            table = str(error)
        yield review.row("ring", value, table, place=RING, comparison=against)


def _as_inside(table: Counted, place: str) -> Counted:
    """Put a place in the order's stead, so that the same rule estimates it."""
    if place == INSIDE:
        return table
    swap = {INSIDE: RING, RING: INSIDE}
    return replace(table, roles=tuple(swap.get(role, role) for role in table.roles))
