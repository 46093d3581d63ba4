"""What each source can say of each prohibition: a number with its months, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.counted import Counted, counted, has_location, serves, sources_in
from hotspot.decisions.order import Evidence, Order, Prohibition
from hotspot.decisions.tallied import in_words, month_words
from hotspot.decisions.units_of import LEAST_SHARE
from hotspot.errors import InputError
from hotspot.geography.incidents import is_counts
from hotspot.intake.grid_reference import NO_LOCATION

if TYPE_CHECKING:
    from hotspot.intake.ledger import Intake

Integers = NDArray[np.int64]
Span = Sequence[str] | pd.PeriodIndex

RECORDED, NONE_REPORTED, NOT_RECORDED = "recorded", "none_reported", "not_recorded"
WIDER, TOO_FEW, NOT_DECLARED = "wider", "too_few", "not_declared"
KINDS = (RECORDED, NONE_REPORTED, NOT_RECORDED, WIDER, TOO_FEW, NOT_DECLARED)
TOO_FEW_WORDS = "too few to compare"
LEAST_TO_COMPARE = 10
"""Under this many reports in either period two periods are not compared."""

_TYPES = {
    "prohibition": "str",
    "behaviour": "str",
    "source": "str",
    "kind": "str",
    "n": "Int64",
    "n_wider": "Int64",
    "months_with": "Int64",
    "months_observed": "int64",
    "shared_with": "str",
    "no_location_pct": "Float64",
    "says": "str",
    "caution": "str",
}


@dataclass(frozen=True, eq=False)
class _Seen:
    """Reports inside the order, month by month."""

    months: pd.PeriodIndex
    counts: Integers
    whole: Counted

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def months_with(self) -> int:
        return int((self.counts > 0).sum())

    def within(self, months: pd.PeriodIndex) -> int:
        held = np.asarray(self.whole.months.isin(months), dtype=bool)
        return int(self.whole.of("inside")[held].sum())

    def words(self) -> str:
        return f"{in_words(self.n)} in {self.months_with} of {month_words(len(self.months))}"


def what_sources_say(
    data: pd.DataFrame,
    order: Order,
    *,
    months: Span | None = None,
    before: Span | None = None,
    during: Span | None = None,
    intakes: Intake | Iterable[Intake] | None = None,
    least_share: float = LEAST_SHARE,
) -> pd.DataFrame:
    """Say for each prohibition and source what was reported inside the order, or why nothing can be said.

    Parameters
    ----------
    data
        Incidents with ``source``, ``category`` and ``start``, or a counts table.
    order
        Its geometry and its prohibitions with their evidence.
    months
        First and last month (``YYYY-MM``, both included), or the months themselves; all observed ones when None.
    before, during
        Two periods to be compared, each in the same form: under 10 reports in either is "too few to compare".
    intakes
        What the readers returned. Rows that they set aside without a location are then in ``no_location_pct``.
    least_share
        For a counts table, see `counted`.

    Returns
    -------
    DataFrame
        One row for each prohibition and source, in the order of the prohibitions, then by source:

        - ``prohibition``, ``behaviour``, ``source``;
        - ``kind``: "recorded", "none_reported", "not_recorded", "wider", "too_few" or "not_declared";
        - ``n``: reports, missing where no number may be printed; ``n_wider``: those of wider categories, missing
          without any; ``months_with`` (a report) of ``months_observed``;
        - ``shared_with``: other prohibitions that the same category serves;
        - ``no_location_pct``: share of the source's rows without a location, of the whole source and not of the
          order; missing where it is not known;
        - ``says``: the sentence to print; ``caution``: what to check, "" where there is nothing.

    Raises
    ------
    InputError
        If the data has no ``source``, a rule names an unknown column, or only one of before and during is given.

    Notes
    -----
    The kinds come from what the source says that it records (``records`` of its mapping; data.police.uk: its
    crime types) and from the evidence of the prohibition. No number is printed for a source that does not record
    the kind, and none is ever a bare zero.

    How this can mislead: a report is what somebody reported and somebody wrote down. A source that records a
    kind may be told of few of it. A wider category may hold none of the behaviour. Sources overlap: one
    event can stand in two lines, so lines are not to be added up.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> square = gpd.GeoSeries([shapely.box(0, 0, 500, 500)], crs=27700)
    >>> order = Order(
    ...     "Square", square, in_force=[("2024-01-01", None)], decision="extend",
    ...     prohibitions=[{
    ...         "name": "Drinking", "behaviour": "street drinking",
    ...         "evidence": [{"source": "wardens", "categories": ["Alcohol"]}],
    ...     }],
    ... )
    >>> seen = gpd.GeoDataFrame(
    ...     {"source": "wardens", "category": "Alcohol", "start": pd.to_datetime(["2024-01-05", "2024-03-09"])},
    ...     geometry=gpd.points_from_xy([100, 200], [100, 200]), crs=27700,
    ... )
    >>> what_sources_say(seen, order)["says"].item()
    '2 reports in 2 of 3 months'
    """
    if (before is None) != (during is None):
        raise InputError(
            "give both before and during, or neither: one period alone has nothing to be compared with"
        )
    limits = tuple(None if span is None else _period(span) for span in (months, before, during))
    without = {name: _no_location(data, name, intakes) for name in sources_in(data)}
    rows = [
        _line(data, order, item, name, limits, without[name], least_share)
        for item in order.prohibitions
        for name in sources_in(data)
    ]
    table = pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES)
    spans = [None if span is None else [str(span[0]), str(span[-1])] for span in limits]
    return provenance.carry(
        data,
        table,
        "what_sources_say",
        order=order.label,
        months=spans[0],
        before=spans[1],
        during=spans[2],
        inside_only=True,
    )


def may_share(first: Evidence, second: Evidence) -> bool:
    """Tell whether one row can meet both rules."""
    if "*" not in (first.source, second.source) and not (
        serves(first, second.source) or serves(second, first.source)
    ):
        return False
    mine, theirs = (dict(item.where) for item in (first, second))
    for rules, item in ((mine, first), (theirs, second)):
        if item.categories:
            rules["category"] = (*item.categories, *rules.get("category", ()))
    return all(_folded(mine[column]) & _folded(theirs[column]) for column in mine.keys() & theirs.keys())


def _folded(values: Iterable[str]) -> set[str]:
    return {str(value).strip().casefold() for value in values}


def _period(span: Span) -> pd.PeriodIndex:
    if isinstance(span, pd.PeriodIndex):
        return span
    if isinstance(span, str) or len(span) != 2:
        raise InputError(f"the months {span!r} need a first and a last, such as ('2024-07', '2025-02')")
    try:
        made = pd.period_range(str(span[0]), str(span[1]), freq="M")
    except ValueError:
        raise InputError(f"the months {span!r} are none; write them as YYYY-MM, such as 2025-03") from None
    if len(made) == 0:
        raise InputError(f"the first month {span[0]} is after the last, {span[1]}; swap them")
    return made


def _line(
    data: pd.DataFrame,
    order: Order,
    item: Prohibition,
    source: str,
    limits: tuple[pd.PeriodIndex | None, ...],
    no_location_pct: float | None,
    least_share: float,
) -> dict[str, Any]:
    own = _seen(data, order, item, source, limits[0], least_share, wider=False)
    wider = _seen(data, order, item, source, limits[0], least_share, wider=True)
    declared = _declared(data, source)
    records = None if declared is None else item.behaviour.strip().casefold() in declared
    kind, says, caution = _sentence(own, wider, records)
    shared = _shared_with(order, item, source) if own or wider else []
    few = [
        seen for seen in (own, wider) if seen is not None and seen.n and _too_few(seen, limits[1], limits[2])
    ]
    if few and (own is None or own in few):
        kind = TOO_FEW if kind == RECORDED else kind
        says = f"{says}; {TOO_FEW_WORDS}"
    if shared:
        says = f"{says} (category shared with {_listed(shared)})"
    shown = own if own is not None and kind in (RECORDED, TOO_FEW) else wider if kind == WIDER else None
    known = own or wider
    return {
        "prohibition": item.name,
        "behaviour": item.behaviour,
        "source": source,
        "kind": kind,
        "n": shown.n if shown is not None and shown.n else pd.NA,
        "n_wider": wider.n if wider is not None and wider.n else pd.NA,
        "months_with": shown.months_with if shown is not None and shown.n else pd.NA,
        "months_observed": _observed(data, source, limits[0]) if known is None else len(known.months),
        "shared_with": "; ".join(shared),
        "no_location_pct": pd.NA if no_location_pct is None else no_location_pct,
        "says": says,
        "caution": " ".join([*caution, *_unknown_categories(data, item, source)]),
    }


def _sentence(own: _Seen | None, wider: _Seen | None, records: bool | None) -> tuple[str, str, list[str]]:
    """Return the kind, the sentence and the cautions of one prohibition and source."""
    caution = []
    seen = own if own is not None else wider
    if seen is not None and len(seen.months) == 0:
        return NOT_DECLARED, "no month of this source was observed", []
    broad = "" if wider is None else f"wider category: {in_words(wider.n)}, share unknown"
    if wider is not None and not wider.n:
        broad = f"wider category: no report in {month_words(len(wider.months))}"
    if own is not None and own.n:
        if records is False:
            caution.append(
                "The evidence names a category of this source as its own, but the source does not list this kind "
                "among those it records: compare the words of both."
            )
        return RECORDED, own.words() + (f"; {broad}" if broad else ""), caution
    if own is not None and records is not False:
        known = (
            "this source records this kind"
            if records
            else "whether this source records this kind is not declared"
        )
        kind = NONE_REPORTED if records else NOT_DECLARED
        return kind, f"no report ({known})" + (f"; {broad}" if broad else ""), caution
    if wider is not None:
        return WIDER, broad, caution
    if records is False:
        return NOT_RECORDED, "this source does not record this kind", caution
    if records:
        caution.append(
            "Name the categories of this source that hold this kind in the prohibition's evidence."
        )
        return NOT_DECLARED, "this source records this kind, but no category of it is named for it", caution
    return NOT_DECLARED, "whether this source records this kind is not declared", caution


def _seen(
    data: pd.DataFrame,
    order: Order,
    item: Prohibition,
    source: str,
    months: pd.PeriodIndex | None,
    least_share: float,
    *,
    wider: bool,
) -> _Seen | None:
    """Return the reports inside the order of its own, or of wider, categories; None where none are named."""
    kept = tuple(one for one in item.evidence if one.wider == wider and serves(one, source))
    if not kept:
        return None
    table = counted(data, order, replace(item, evidence=kept), source, ring=0.0, least_share=least_share)
    held = np.ones(len(table.months), dtype=bool)
    if months is not None:
        held = np.asarray(table.months.isin(months), dtype=bool)
    return _Seen(table.months[held], table.of("inside")[held], table)


def _too_few(seen: _Seen, before: pd.PeriodIndex | None, during: pd.PeriodIndex | None) -> bool:
    if before is None or during is None:
        return False
    return min(seen.within(before), seen.within(during)) < LEAST_TO_COMPARE


def _declared(data: pd.DataFrame, source: str) -> set[str] | None:
    """Return the kinds that a source says it records; None where it says nothing."""
    for item in provenance.of(data)["sources"]:
        if item["name"] == source and item.get("records"):
            return _folded(item["records"])
    return None


def _observed(data: pd.DataFrame, source: str, months: pd.PeriodIndex | None) -> int:
    for item in provenance.of(data)["sources"]:
        if item["name"] == source:
            seen = pd.PeriodIndex(sorted(item["months"]), freq="M")
            return len(seen) if months is None else int(seen.isin(months).sum())
    return 0


def _shared_with(order: Order, item: Prohibition, source: str) -> list[str]:
    mine = [one for one in item.evidence if serves(one, source)]
    return [
        other.name
        for other in order.prohibitions
        if other.name != item.name
        and any(may_share(one, two) for one in mine for two in other.evidence if serves(two, source))
    ]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _unknown_categories(data: pd.DataFrame, item: Prohibition, source: str) -> list[str]:
    """Name categories of the evidence that no row of its sources has: a slip of the pen, or a true silence."""
    if "category" not in data.columns:
        return []
    lost: list[str] = []
    for one in item.evidence:
        if serves(one, source):
            meant = [name for name in sources_in(data) if serves(one, name)]
            held = _folded(
                data["category"][data["source"].astype(object).isin(meant).to_numpy()].dropna().unique()
            )
            lost += [
                name for name in one.categories if name.strip().casefold() not in held and name not in lost
            ]
    if not lost:
        return []
    words = _listed([f"'{name}'" for name in lost])
    return [f"No row has the category {words}, inside the order or elsewhere: check the spelling."]


def _no_location(data: pd.DataFrame, source: str, intakes: Intake | Iterable[Intake] | None) -> float | None:
    """Return the share of a source's rows without a location in per cent, None where it is not known."""
    rows = data[(data["source"].astype(object) == source).to_numpy()]
    here = 0 if is_counts(data) or not len(rows) else int((~has_location(rows)).sum())
    if intakes is None:
        return 100.0 * here / len(rows) if here else None
    lost = read = 0
    for intake in [intakes] if hasattr(intakes, "ledger") else intakes:
        files = intake.ledger[(intake.ledger["source"].astype(object) == source).to_numpy()]
        read += int(files["read"].sum())
        lost += int(files[NO_LOCATION].sum()) if NO_LOCATION in files.columns else 0
    return None if read == 0 else 100.0 * (lost + here) / read
