"""The columns of the ranked table, put side by side in the order in which they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import point_coordinates, starts_of
from hotspot.geography.projection import to_lon_lat
from hotspot.ranking.area_columns import Areas, columns_of_areas
from hotspot.ranking.clock import day_and_hour_columns
from hotspot.ranking.flags import days_known, flag_texts
from hotspot.ranking.located import Located
from hotspot.ranking.monthly import Monthly
from hotspot.ranking.pattern import monthly_pattern
from hotspot.ranking.previous import points_text
from hotspot.ranking.tallies import Texts, busiest_points, first_and_last, leading, most_frequent, value_codes
from hotspot.ranking.uncertainty import rank_uncertainty

if TYPE_CHECKING:
    from hotspot.ranking.harm import HarmWeights

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

LEADING = 3
SOURCES = 20
TREND_MONTHS = 24
_DROPPED = ("first_month", "last_month", "months_since_last", "trend_s", "trend_tau", "trend_z")
_FROM_TREND_MONTHS = ("season", "trend_p", "trend_per_year")
_COMPARED = ("recent_incidents", "year_before_incidents", "months_compared", "rate_ratio", "rate_ratio_low")

ORDER = (
    "number", "rank", "rank_low", "rank_high", "probability_top", "same_rank_group", "location_id", "location",
    "known_place", "in_previous", "incidents", "share_pct", "cumulative_pct", "months_active",
    "months_active_expected", "months_observed", "pattern", "season", "longest_run", "burstiness", "first", "last",
    "days_since_last", "months_since_last",
)  # fmt: skip
"""The first columns, in this order; the others follow in the order in which they are made."""


@dataclass(frozen=True)
class Shown:
    """What the columns are made from.

    Attributes
    ----------
    incidents
        All that are ranked.
    located
        Which location each is in.
    monthly
        Counts of all locations by month; None without dates.
    order
        The locations with an incident, in the order of the list.
    shown
        The first of them, which become rows.
    counts
        Incidents of every location.
    as_of
        The day that stands for today.
    """

    incidents: gpd.GeoDataFrame
    located: Located
    monthly: Monthly | None
    order: Integers
    shown: Integers
    counts: Integers
    as_of: str | None

    def rows(self) -> Integers:
        """Return the row of each incident in the table, -1 where its location is not shown."""
        place = np.full(len(self.located) + 1, -1, dtype=np.int64)
        place[self.shown] = np.arange(len(self.shown))
        return place[self.located.codes]


def describe(
    what: Shown,
    *,
    harm: HarmWeights | None,
    areas: Areas | None,
    previous: pd.DataFrame | None,
    ranks: pd.DataFrame,
) -> pd.DataFrame:
    """Return one row a shown location with all columns but the geometry."""
    incidents, rows, count = what.incidents, what.rows(), len(what.shown)
    x, y = point_coordinates(incidents)
    easting, northing, at_busiest = busiest_points(rows, x, y, count)
    parts = [_counts(what), _names(what, rows)]
    if previous is not None:
        ids = what.located.ids[what.shown]
        parts.append(
            pd.DataFrame({"in_previous": np.isin(ids, previous["location_id"].to_numpy(dtype=object))})
        )
    parts += [_dates(what, rows), _pattern(what), ranks]
    weighed = None
    if harm is not None:
        weighed = _harm(what, harm)
        parts.append(weighed)
    if "category" in incidents.columns:
        texts = leading(rows, incidents["category"], count, LEADING)
        parts.append(pd.DataFrame({"leading_categories": pd.Series(texts, dtype="str")}))
    parts += [day_and_hour_columns(incidents, rows, count), _sources(incidents, rows, count)]
    largest = None if weighed is None else weighed["largest_event_pct"].to_numpy(dtype=float)
    flags = flag_texts(incidents, rows, what.counts[what.shown], at_busiest, largest)
    parts.append(pd.DataFrame({"flags": pd.Series(flags, dtype="str")}))
    if areas is not None:
        parts.append(columns_of_areas(incidents, areas, rows, easting, northing, what.as_of))
    if what.located.points is not None:
        parts.append(_points(what, what.located.points))
    lon, lat = to_lon_lat(easting, northing)
    spot = {"easting": easting, "northing": northing, "lon": np.round(lon, 6), "lat": np.round(lat, 6)}
    table = pd.concat([*parts, pd.DataFrame(spot)], axis="columns")
    _refuse_twice(table)
    first = [name for name in ORDER if name in table.columns]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def _counts(what: Shown) -> pd.DataFrame:
    total = len(what.incidents)
    ordered = what.counts[what.order]
    apart = what.located.apart[what.order]
    rank = pd.Series(ordered).groupby(apart).rank(method="min", ascending=False).astype("int64")
    table = pd.DataFrame(
        {
            "rank": rank,
            "incidents": ordered,
            "share_pct": 100.0 * ordered / total,
            "cumulative_pct": 0.0,
        }
    )
    shown = np.isin(what.order, what.shown)
    table = table[shown].reset_index(drop=True)
    # Places ranked apart follow after the list: what was not listed is not above them.
    table["cumulative_pct"] = table["share_pct"].cumsum()
    table["number"] = np.arange(1, len(table) + 1)
    return table


def _names(what: Shown, rows: Integers) -> pd.DataFrame:
    located, shown = what.located, what.shown
    table = pd.DataFrame({"location_id": pd.Series(located.ids[shown], dtype="str")})
    names = None if located.names is None else located.names[shown]
    if "location" in what.incidents.columns:
        texts = _named_by_incidents(what.incidents, rows, len(shown), street=located.by_street)
        names = texts if names is None else np.where(pd.isna(names), texts, names)
    if names is not None:
        table["location"] = pd.Series(names, dtype="str")
    if located.apart.any():
        known = [
            str(text).removeprefix("known place: ") if apart else None
            for text, apart in zip(located.ids[shown], located.apart[shown], strict=True)
        ]
        table["known_place"] = pd.Series(known, dtype="str")
    return table


def _named_by_incidents(incidents: gpd.GeoDataFrame, rows: Integers, count: int, *, street: bool) -> Texts:
    """Name locations by their most frequent text; an anonymised map point is near a street, never at it."""
    names = pd.Series(most_frequent(rows, incidents["location"], count), dtype="str")
    anonymised = (
        "location_precision" in incidents.columns and (incidents["location_precision"] == "map_point").any()
    )
    if anonymised or street:
        bare = names.fillna("").str.replace(r"^On or near\s*", "", regex=True).str.strip()
        near, unnamed = (
            ("", "street not named") if street else ("map point near ", "map point (street not named)")
        )
        names = (near + bare).where(bare != "", unnamed)
    return names.astype(object).where(names.notna(), None).to_numpy(dtype=object)


def _dates(what: Shown, rows: Integers) -> pd.DataFrame:
    """Return first and last; where the data has only months, a day would be invented, so they are months too."""
    incidents, count = what.incidents, len(what.shown)
    if "start" not in incidents.columns:
        return pd.DataFrame(index=range(count))
    stamps = starts_of(incidents).to_numpy().astype("datetime64[us]")
    first, last = (pd.Series(ends) for ends in first_and_last(rows, stamps, count))
    month_only = "time_precision" in incidents.columns and (incidents["time_precision"] == "month").any()
    if month_only:
        first, last = first.dt.to_period("M"), last.dt.to_period("M")
        return pd.DataFrame({"first": first, "last": last})
    table = pd.DataFrame({"first": first, "last": last})
    if days_known(incidents).any() and what.as_of is not None:
        since = last.dt.normalize().rsub(pd.Timestamp(what.as_of))
        table["days_since_last"] = since.dt.days.astype("Int64")
    return table


def _pattern(what: Shown) -> pd.DataFrame:
    if what.monthly is None:
        return pd.DataFrame(index=range(len(what.shown)))
    months = what.monthly.months
    table = monthly_pattern(what.monthly.counts[what.shown], months, what.as_of)
    dropped = list(_DROPPED)
    if "start" in what.incidents.columns and not _knows_days(what.incidents):
        dropped.remove("months_since_last")
    if len(months) < TREND_MONTHS:
        dropped += _FROM_TREND_MONTHS
    if not table["months_compared"].any():
        dropped += [*_COMPARED, "rate_ratio_high"]
    return table.drop(columns=dropped)


def _knows_days(incidents: gpd.GeoDataFrame) -> bool:
    month_only = "time_precision" in incidents.columns and (incidents["time_precision"] == "month").any()
    return not month_only and bool(days_known(incidents).any())


def ranks_of(what: Shown, top: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the columns of `rank_uncertainty` for the shown locations, and what the record says of the model.

    The model is fitted to all locations but known places that are apart, whose ranks are among themselves.
    """
    if what.monthly is None:
        return pd.DataFrame(index=range(len(what.shown))), {}
    counts, located = what.monthly.counts, what.located
    # An incident without a date is in no month; without a full list a location needs one to be in the model.
    modelled = ~located.apart & ((counts.sum(axis=1) > 0) | located.complete)
    if not counts[modelled].any():
        return pd.DataFrame(index=range(len(what.shown))), {}
    one_month = 1.0 if counts.shape[1] == 1 else None
    table = rank_uncertainty(
        counts[modelled], top=top, truncated=not located.complete, variance_ratio=one_month
    )
    model = provenance.of(table)["steps"][-1]
    row = np.full(len(located), -1, dtype=np.int64)
    row[modelled] = np.arange(len(table))
    table = table.drop(columns="rank").rename(columns={"group": "same_rank_group"})
    whole = {name: "Int64" for name in table.columns if pd.api.types.is_integer_dtype(table[name].dtype)}
    shown = table.astype(whole).reindex(row[what.shown]).reset_index(drop=True)
    return shown, {name: value for name, value in model.items() if name not in ("step", "top")}


def _harm(what: Shown, harm: HarmWeights) -> pd.DataFrame:
    from hotspot.ranking.harm import harm_columns

    held = what.located.codes >= 0
    everywhere = harm_columns(
        what.incidents[held] if not held.all() else what.incidents,
        what.located.codes[held],
        len(what.located),
        harm,
        groups=what.located.apart.astype(np.int64),
    )
    # The rank by count is the column rank already.
    return everywhere.drop(columns="count_rank").iloc[what.shown].reset_index(drop=True)


def _sources(incidents: gpd.GeoDataFrame, rows: Integers, count: int) -> pd.DataFrame:
    """Count the incidents of each publisher, where there are several."""
    table = pd.DataFrame(index=range(count))
    if "source" not in incidents.columns:
        return table
    codes, texts = value_codes(incidents["source"])
    publishers = sorted({str(text).split("/")[0] for text in texts[np.unique(codes[codes >= 0])]})
    if not 2 <= len(publishers) <= SOURCES:
        return table
    of = np.array([*(str(text).split("/")[0] for text in texts), ""], dtype=object)
    for name in publishers:
        held = (of == name)[codes] & (rows >= 0)
        table[f"n_{name}"] = np.bincount(rows[held], minlength=count)
    return table


def _points(what: Shown, points: tuple[Floats, Floats, Integers]) -> pd.DataFrame:
    """Write every point of each shown location, the one that opened it first; known places have none."""
    x, y, location = points
    edges = np.searchsorted(location, np.column_stack([what.shown, what.shown + 1]))
    texts = [points_text(x[low:high], y[low:high]) if high > low else None for low, high in edges.tolist()]
    return pd.DataFrame({"points": pd.Series(texts, dtype="str")})


def _refuse_twice(table: pd.DataFrame) -> None:
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise InputError(
            f"the column {twice[0]!r} would stand twice in the table; give the areas, or the source, another name"
        )
