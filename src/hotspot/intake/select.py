"""Choose incidents by category and months, and keep the record of what was observed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import starts_of

if TYPE_CHECKING:
    import geopandas as gpd

_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


def select_incidents(
    incidents: gpd.GeoDataFrame,
    *,
    category: str | Iterable[str] | None = None,
    start: str | None = None,
    end: str | None = None,
    calendar_months: Iterable[int] | None = None,
) -> gpd.GeoDataFrame:
    """Return the incidents of some categories and months.

    Parameters
    ----------
    incidents
        With ``category``, and ``start`` when months are chosen.
    category
        One category or several, in any case of letters; all when None.
    start, end
        First and last month, ``YYYY-MM``, both included; open when None.
    calendar_months
        Only these months of every year, 1 to 12: ``(6, 7, 8)`` for the summers.

    Returns
    -------
    GeoDataFrame
        The chosen rows, on their index, with all columns.

    Raises
    ------
    InputError
        If a category is not in the data (the nearest is named), a month is not ``YYYY-MM``, the
        months are reversed, or nothing is left.

    Notes
    -----
    The months that the record calls observed shrink to the chosen ones, so that "months active of
    months observed" counts the months in which an incident could have been seen.
    """
    kept = incidents
    for column, asked in (("category", category), ("start", start or end or calendar_months)):
        if asked is not None and column not in incidents.columns:
            raise InputError(f"the incidents have no column {column!r}, so they cannot be chosen by it")
    if category is not None:
        kept = kept[kept["category"].isin(_known(incidents, category))]
    for month, side in ((start, "start (--from)"), (end, "end (--to)")):
        if month is not None and not _MONTH.match(str(month)):
            raise InputError(f"{side}={month!r} is no month; write it as YYYY-MM, such as 2025-03")
    if start is not None and end is not None and start > end:
        raise InputError(f"start={start} is after end={end}; swap them")
    record = provenance.of(incidents)
    wanted = _wanted(start, end, calendar_months)
    if wanted is not None:
        kept = kept[_months_of(kept).map(wanted).to_numpy(dtype=bool)]
        for source in record["sources"]:
            source["months"] = [month for month in source["months"] if wanted(month)]
        seen = [month for source in record["sources"] for month in source["months"]]
        record["as_of"] = str(pd.Period(max(seen), freq="M").end_time.date()) if seen else None
    if kept.empty:
        raise InputError(_nothing(incidents, category, start, end))
    chosen = None if category is None else sorted(_known(incidents, category))
    parameters = {
        "category": chosen,
        "start": start,
        "end": end,
        "calendar_months": None if calendar_months is None else sorted(calendar_months),
        "kept": len(kept),
        "of": len(incidents),
    }
    parent = provenance.put(incidents.iloc[:0].copy(), record)
    return provenance.carry(parent, kept.copy(), "select_incidents", **parameters)


def _wanted(
    start: str | None, end: str | None, calendar_months: Iterable[int] | None
) -> Callable[[str], bool] | None:
    """Return the test that a month must pass, None when every month does."""
    if start is None and end is None and calendar_months is None:
        return None
    low, high = start or "0000-00", end or "9999-99"
    numbers = set(range(1, 13)) if calendar_months is None else set(calendar_months)
    if not numbers <= set(range(1, 13)) or not numbers:
        raise InputError(f"calendar_months={sorted(numbers, key=str)} must be numbers from 1 to 12")
    return lambda month: low <= month <= high and int(month[5:7]) in numbers


def _months_of(incidents: gpd.GeoDataFrame) -> pd.Series[str]:
    start = starts_of(incidents)
    undated = int(start.isna().sum())
    if undated:
        raise InputError(
            f"{undated:,} of {len(incidents):,} incidents have no date, so months cannot be chosen; "
            "leave them out first, counted"
        )
    months: pd.Series[str] = start.dt.strftime("%Y-%m")
    return months


def _known(incidents: gpd.GeoDataFrame, category: str | Iterable[str]) -> list[str]:
    wanted = [str(name) for name in ([category] if isinstance(category, str) else category)]
    present = {str(name).casefold(): str(name) for name in incidents["category"].dropna().unique()}
    for name in wanted:
        if name.casefold() not in present:
            near = difflib.get_close_matches(name.casefold(), present, n=1, cutoff=0.4)
            guess = f"did you mean {present[near[0]]!r}? " if near else ""
            raise InputError(
                f"no incident has the category {name!r}; {guess}The data has: {', '.join(sorted(present.values()))}"
            )
    return [present[name.casefold()] for name in wanted]


def _nothing(incidents: gpd.GeoDataFrame, category: object, start: str | None, end: str | None) -> str:
    if len(incidents) == 0:
        return "there is no incident to choose from: none lies in the area, or none was read"
    span = ""
    if "start" in incidents.columns and pd.api.types.is_datetime64_any_dtype(incidents["start"].dtype):
        span = f"; the data runs from {incidents['start'].min():%Y-%m} to {incidents['start'].max():%Y-%m}"
    return (
        f"no incident is left of {len(incidents):,} (category={category!r}, start={start}, end={end}){span}"
    )
