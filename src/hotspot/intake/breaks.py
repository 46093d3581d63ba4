"""Dated breaks in the sources, and the refusal to compare across one unawares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import starts_of
from hotspot.intake.break_register import AFFECTS, MONTH, Break, in_order, shipped_breaks

Frame = TypeVar("Frame", bound=pd.DataFrame)
Months = tuple[str, str]
Register = Iterable[Break]


def breaks_between(
    sources: str | Iterable[str],
    first_month: str,
    last_month: str,
    *,
    affects: str | None = None,
    register: Register | None = None,
) -> list[Break]:
    """List the breaks of some sources that come within a span of months or lie upon it.

    Parameters
    ----------
    sources
        A source's name or several, as in the incidents' ``source``.
    first_month, last_month
        ``YYYY-MM``, both included.
    affects
        Only breaks of this: "points", "categories", "lsoa codes" or "volume"; all when None.
    register
        The breaks to look in; the shipped ones when None.

    Raises
    ------
    InputError
        If a month is not ``YYYY-MM``, the months are reversed, or ``affects`` is unknown.

    Examples
    --------
    >>> [item.name for item in breaks_between("data.police.uk/west-midlands", "2022-06", "2023-07")]
    ['Map points redrawn', 'LSOA codes of 2021']
    """
    names = [sources] if isinstance(sources, str) else sorted(set(sources))
    months = _months(first_month, last_month)
    return [
        item
        for item in _chosen(register, affects)
        if item.touches(months) and any(item.concerns(name) for name in names)
    ]


def refuse_across_breaks(
    incidents: Frame,
    periods: Mapping[str, Months] | Iterable[Months] | None,
    *,
    what: str,
    affects: str,
    across_breaks: bool = False,
    register: Register | None = None,
) -> Frame:
    """Refuse a comparison over time that a break of its own sources parts, or note it for every output.

    Parameters
    ----------
    incidents
        With ``start`` and ``source``, or with the record of a reader.
    periods
        The periods compared, each first and last month (``YYYY-MM``), by name or in order; the
        incidents' own months, as one period, when None.
    what
        The comparison in words, such as "repeat_locations counts points over time".
    affects
        What it rests on: "points", "categories", "lsoa codes" or "volume".
    across_breaks
        Go on all the same; the breaks are then noted in the record, which every output prints.
    register
        The breaks to look in; the shipped ones when None.

    Returns
    -------
    the same kind of frame
        The incidents, unchanged but for the notes.

    Raises
    ------
    InputError
        If a break comes between the months and ``across_breaks`` is False: it names each break, its
        sources and the month at which to split.

    Notes
    -----
    Changes and spells are looked for between the months in which a source has incidents; gaps, where a
    source has none, between the months of the periods. A spell that holds all months parts nothing and
    is only noted.
    """
    asked = _periods(periods)
    found: dict[Break, list[str]] = {}
    upon: dict[Break, list[str]] = {}
    present = _present(incidents)
    for item in _chosen(register, affects):
        if item.categories and not _has_category(incidents, item.categories):
            continue
        for source, seen in present.items():
            months = sorted(set(asked)) if item.kind == "gap" and asked else _common(seen, asked)
            if not item.concerns(source) or not item.touches(months):
                continue
            (found if item.parts(months) else upon).setdefault(item, []).append(source)
    if found and not across_breaks:
        raise InputError(_refusal(found, what))
    noted = incidents.copy(deep=False)
    noted.attrs = dict(incidents.attrs)
    for item in in_order({**found, **upon}):
        word = "Goes across a break of" if item in found else "Lies within a break of"
        whose = _listed([*found.get(item, []), *upon.get(item, [])])
        provenance.note(noted, f"{word} {whose}: {item.name} ({item.months}). {item.consequence}")
    return noted


def _refusal(found: Mapping[Break, list[str]], what: str) -> str:
    parts = [
        f"{item.name} ({item.months}; {_listed(names)}): {item.consequence}" for item, names in found.items()
    ]
    first = next(iter(found))
    sides = [f"select_incidents(end={str(pd.Period(first.start, freq='M') - 1)!r})"]
    if first.kind == "change":
        sides.append(f"select_incidents(start={first.end or first.start!r})")
    elif first.end is not None:
        sides.append(f"select_incidents(start={str(pd.Period(first.end, freq='M') + 1)!r})")
    return (
        f"{what}, and {len(parts)} break{'s' * (len(parts) > 1)} of the source "
        f"{'part' if len(parts) > 1 else 'parts'} the months given: {' '.join(parts)} Keep to one side with "
        f"{' or '.join(sides)}, or go on with across_breaks=True, which every output then prints"
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _chosen(register: Register | None, affects: str | None) -> list[Break]:
    if affects is not None and affects not in AFFECTS:
        raise InputError(f"affects={affects!r} is unknown; use one of {', '.join(AFFECTS)}")
    items = shipped_breaks() if register is None else in_order(register)
    return [item for item in items if affects is None or affects in item.affects]


def _periods(periods: Mapping[str, Months] | Iterable[Months] | None) -> list[str]:
    """Return all months of the periods."""
    if periods is None:
        return []
    pairs = list(periods.values()) if isinstance(periods, Mapping) else list(periods)
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2:
            raise InputError(
                f"the period {pair!r} needs a first and a last month, such as ('2024-01', '2024-12')"
            )
    return sorted({month for first, last in pairs for month in _months(first, last)})


def _months(first: str, last: str) -> list[str]:
    for month in (first, last):
        if not isinstance(month, str) or not MONTH.match(month):
            raise InputError(f"{month!r} is no month; write it as YYYY-MM, such as 2025-03")
    if first > last:
        raise InputError(f"the first month {first} is after the last, {last}; swap them")
    return [str(month) for month in pd.period_range(first, last, freq="M")]


def _common(seen: list[str], asked: list[str]) -> list[str]:
    return sorted(set(seen) & set(asked)) if asked else seen


def _present(incidents: pd.DataFrame) -> dict[str, list[str]]:
    """Return the months in which each source has incidents, or a file where the frame has no dates."""
    recorded = {source["name"]: sorted(source["months"]) for source in provenance.of(incidents)["sources"]}
    if "start" not in incidents.columns or not len(incidents):
        return recorded
    start = starts_of(incidents)
    if "source" in incidents.columns:
        codes, names = pd.factorize(incidents["source"].astype("category"), sort=True)
        labels = [str(name) for name in names]
    else:
        codes = np.zeros(len(incidents), dtype=np.int64)
        labels = ["+".join(sorted(recorded)) or "source not named"]
    months = start.to_numpy().astype("datetime64[M]")
    known = ~np.isnat(months) & (codes >= 0)
    pairs = pd.DataFrame({"source": codes[known], "month": months[known].astype(np.int64)}).drop_duplicates()
    found: dict[str, list[str]] = {}
    for source, month in sorted(zip(pairs["source"], pairs["month"], strict=True)):
        found.setdefault(labels[int(source)], []).append(str(np.datetime64(int(month), "M")))
    return found


def _has_category(incidents: pd.DataFrame, categories: Iterable[str]) -> bool:
    if "category" not in incidents.columns:
        return True
    present = {str(name).casefold() for name in incidents["category"].dropna().unique()}
    return any(name.casefold() in present for name in categories)
