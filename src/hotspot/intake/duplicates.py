"""Repeated ids within a source, and events that may stand in two sources: reported, never dropped."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.incidents import point_coordinates, starts_of
from hotspot.geography.precision import FINEST_METRES, refuse_finer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_PAIRS = 1_000_000
FIRST_ROWS = 5
_HOUR = np.timedelta64(1, "h")


def repeated_ids(incidents: pd.DataFrame) -> pd.DataFrame:
    """List the ids that stand on several rows of one source, and what the rows differ in.

    Parameters
    ----------
    incidents
        With ``incident_id`` and ``source``; ``start``, ``category``, ``place_id`` or geometry,
        ``source_file`` and ``source_row`` are used where they are there.

    Returns
    -------
    DataFrame
        One row for each source and repeated id, most rows first: ``source``, ``incident_id``, ``rows``,
        ``months`` (how many), ``first_month``, ``last_month``, ``places``, ``categories`` (how many
        distinct), ``differ_in`` (words; "nothing compared here" when rows agree in all three), and
        ``first_rows`` (file and row number of up to five).

    Raises
    ------
    InputError
        If a column is missing.

    Notes
    -----
    A report only: no row is dropped, and rows without an id are never looked at. Anti-social behaviour
    of data.police.uk has no id, and a quarter to nearly half of its rows are equal to another one
    because the source gives only a month and a map point: those are separate incidents.

    How this can mislead: an id is not always a case. In 2014 data.police.uk repeated 10,513 ids on
    94,842 rows, and 92,293 of those rows are of the Police Service of Northern Ireland, whose ids come
    back in other months for other incidents. Rows of one id in several months are more likely a recycled
    number than one case twice.
    """
    for column in ("incident_id", "source"):
        if column not in incidents.columns:
            raise InputError(
                f"the incidents have no column {column!r}; they have {', '.join(map(str, incidents.columns[:12]))}"
            )
    ids = incidents["incident_id"]
    known = (ids.notna() & (ids.astype("str").str.strip() != "")).to_numpy()
    at = np.flatnonzero(known)
    keys = pd.DataFrame(
        {
            "source": incidents["source"].astype("str").to_numpy()[at],
            "incident_id": ids.astype("str").to_numpy()[at],
        }
    )
    again = keys.duplicated(keep=False).to_numpy()
    table = _compared(incidents.iloc[at[again]], keys[again].reset_index(drop=True))
    return provenance.carry(
        incidents,
        table,
        "repeated_ids",
        ids=len(table),
        rows=int(again.sum()),
        rows_with_id=len(at),
        rows_without_id=len(incidents) - len(at),
    )


def _compared(rows: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each repeated id."""
    facts = keys.copy()
    if "start" in rows.columns:
        facts["month"] = starts_of(rows).dt.strftime("%Y-%m").to_numpy()
    if "category" in rows.columns:
        facts["category"] = rows["category"].astype(object).to_numpy()
    if isinstance(rows, gpd.GeoDataFrame) and len(rows):
        x, y = point_coordinates(rows)
        facts["place"] = pd.factorize(x + 1j * y)[0]
    elif "place_id" in rows.columns:
        facts["place"] = rows["place_id"].astype(object).to_numpy()
    name = rows["source_file"].astype("str").to_numpy() if "source_file" in rows.columns else ""
    number = rows["source_row"] if "source_row" in rows.columns else pd.Series(rows.index, index=rows.index)
    facts["file"], facts["row"] = name, number.to_numpy()
    facts = facts.sort_values(["source", "incident_id", "file", "row"], kind="stable")
    groups = facts.groupby(["source", "incident_id"], sort=True, observed=True)
    table = groups.size().rename("rows").to_frame()
    for column, plural in (("month", "months"), ("place", "places"), ("category", "categories")):
        if column in facts.columns:
            table[plural] = groups[column].nunique()
    if "month" in facts.columns:
        table["first_month"], table["last_month"] = groups["month"].min(), groups["month"].max()
    several = {plural: table[plural] > 1 for plural in ("months", "places", "categories") if plural in table}
    words = pd.DataFrame(several, index=table.index)
    table["differ_in"] = [
        ", ".join(word for word, yes in zip(words.columns, line, strict=True) if yes)
        or "nothing compared here"
        for line in words.to_numpy()
    ]
    head = facts[groups.cumcount() < FIRST_ROWS]
    label = (head["file"] + " row " + head["row"].astype("str")).str.removeprefix(" ")
    table["first_rows"] = label.groupby([head["source"], head["incident_id"]], observed=True).agg("; ".join)
    order = ["source", "incident_id", "rows", "months", "first_month", "last_month", "places", "categories"]
    table = table.reset_index().sort_values(
        ["rows", "source", "incident_id"], ascending=[False, True, True], ignore_index=True
    )
    return table[[name for name in [*order, "differ_in", "first_rows"] if name in table.columns]]


def possible_double_counts(incidents: gpd.GeoDataFrame, *, metres: float, hours: float) -> pd.DataFrame:
    """List pairs of rows of two sources that lie near in space and time: perhaps one event twice.

    Parameters
    ----------
    incidents
        Points of two or more sources with ``source`` and ``start``; ``end``, ``time_precision``,
        ``location_precision``, ``incident_id`` and ``category`` are used where they are there.
    metres
        The largest distance; not under the precision of the locations.
    hours
        The most hours between the two. It does not hold for rows of which only the month is known:
        these pair with rows of the same month, and ``time_match`` says so.

    Returns
    -------
    DataFrame
        One row a pair, by source, then distance, then hours: ``source_a``, ``source_b`` (in order of
        name), ``row_a``, ``row_b`` (labels of the incidents), ``incident_id_a`` and ``_b``,
        ``category_a`` and ``_b``, ``start_a`` and ``_b``, ``distance_m``, ``hours_apart`` (the least that
        the dates allow; missing where a month is all that is known), ``hours_open`` (how much longer it may have
        been) and ``time_match``.

    Raises
    ------
    InputError
        If there is only one source, metres or hours are not positive numbers, metres is finer than the
        locations, or there are more than a million pairs.

    Warns
    -----
    HotspotWarning
        If rows are known to area level only: their point stands for an area, and they are not compared.

    Notes
    -----
    Each row covers a stretch of time: an instant, its interval, its day or its month; hours apart are
    the hours between the two stretches, 0 where they overlap. Metres under the precision are refused
    because two points of one event are then often further apart than metres: the list would be short by
    chance, and look clean. No row is dropped or marked; dropping is the user's choice.

    How this can mislead: a pair is a question, not a finding. On busy streets unrelated incidents fall
    within any metres and hours; read the categories. With months only, nearly every town-centre row
    pairs with something. A row can stand in many pairs, so pairs are not a number of double counts.
    """
    if not (np.isfinite(metres) and metres > 0) or not (np.isfinite(hours) and hours >= 0):
        raise InputError(f"metres={metres!r} must be a positive number and hours={hours!r} zero or more")
    for column in ("source", "start"):
        if column not in incidents.columns:
            raise InputError(
                f"the incidents have no column {column!r}; pairs need the source and the time of each row"
            )
    incidents = incidents.assign(start=starts_of(incidents))
    usable = _usable(incidents, metres)
    stretches = _stretches(usable, *point_coordinates(usable))
    names = sorted(set(stretches.source))
    if len(names) < 2:
        raise InputError(
            f"all incidents are of one source ({names[0] if names else 'none'}); give the incidents of two or more, "
            "put together with combine_sources. For one source see repeated_ids"
        )
    found = _all_pairs(stretches, names, float(metres), float(hours))
    pairs = _pairs(usable, stretches, found)
    by_month = int((pairs["time_match"] == "same month; the day is not recorded").sum())
    return provenance.carry(
        incidents,
        pairs,
        "possible_double_counts",
        metres=float(metres),
        hours=float(hours),
        pairs=len(pairs),
        pairs_by_month_only=by_month,
        not_compared=len(incidents) - len(usable),
    )


@dataclass(frozen=True, eq=False)
class _Stretches:
    """Where each row is, and from when to when it may have been."""

    source: NDArray[np.object_]
    x: Floats
    y: Floats
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]
    month_only: NDArray[np.bool_]


def _usable(incidents: gpd.GeoDataFrame, metres: float) -> gpd.GeoDataFrame:
    """Leave out rows without a time or known to area level only, and refuse metres finer than the rest."""
    keep = incidents["start"].notna().to_numpy()
    undated = int((~keep).sum())
    coarse = np.zeros(len(incidents), dtype=bool)
    if "location_precision" in incidents.columns and metres < FINEST_METRES["area"]:
        coarse = (incidents["location_precision"] == "area").to_numpy(dtype=bool)
    if undated or coarse.any():
        warnings.warn(
            f"{undated:,} incidents without a date and {int(coarse.sum()):,} known to area level only are not "
            f"compared, of {len(incidents):,}; what they repeat is not in the list",
            HotspotWarning,
            stacklevel=3,
        )
    usable = incidents[keep & ~coarse]
    refuse_finer(usable, metres, "metres")
    return usable


def _stretches(incidents: gpd.GeoDataFrame, x: Floats, y: Floats) -> _Stretches:
    start = incidents["start"].to_numpy().astype("datetime64[s]")
    end = start.copy()
    if "end" in incidents.columns:
        given = incidents["end"].dt.tz_localize(None).to_numpy().astype("datetime64[s]")
        end = np.where(np.isnat(given) | (given < start), start, given)
    grade = np.full(len(incidents), "interval", dtype=object)
    if "time_precision" in incidents.columns:
        grade = incidents["time_precision"].astype(object).to_numpy()
    month, day, instant = grade == "month", grade == "day", grade == "instant"
    month_start, day_start = start.astype("datetime64[M]"), start.astype("datetime64[D]")
    end[instant] = start[instant]
    end[day] = (np.maximum(day_start, end.astype("datetime64[D]")) + 1).astype("datetime64[s]")[day] - 1
    end[month] = (month_start + 1).astype("datetime64[s]")[month] - 1
    start = np.where(month, month_start.astype("datetime64[s]"), start)
    start = np.where(day, day_start.astype("datetime64[s]"), start)
    source = incidents["source"].astype("str").to_numpy(dtype=object)
    return _Stretches(source, x, y, start, end, month)


def _all_pairs(
    rows: _Stretches, names: list[str], metres: float, hours: float
) -> list[tuple[Integers, Integers]]:
    shared = np.flatnonzero(_beside_another(rows, metres))
    by_source = {name: shared[rows.source[shared] == name] for name in names}
    found: list[tuple[Integers, Integers]] = []
    total = 0
    for one, other in combinations(names, 2):
        if not len(by_source[one]) or not len(by_source[other]):
            continue
        for left, right in _near(rows, by_source[one], by_source[other], metres, hours):
            total += len(left)
            found.append((left, right))
            if total > MOST_PAIRS:
                raise InputError(
                    f"there are more than {MOST_PAIRS:,} pairs within {metres:g} m and {hours:g} hours; choose "
                    "categories or months first, or smaller metres or hours"
                )
    return found


def _beside_another(rows: _Stretches, metres: float) -> NDArray[np.bool_]:
    """Tell which rows have another source in their own box of ``metres`` or one next to it; the others have no pair."""
    source = pd.factorize(rows.source)[0]
    across, up = np.floor(rows.x / metres).astype(np.int64), np.floor(rows.y / metres).astype(np.int64)
    boxes = pd.DataFrame({"across": across, "up": up, "source": source}).drop_duplicates()
    around = [
        boxes.assign(across=boxes["across"] + i, up=boxes["up"] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)
    ]
    many = pd.concat(around).drop_duplicates().groupby(["across", "up"]).size()
    several = many.index[(many > 1).to_numpy()]
    return np.asarray(pd.MultiIndex.from_arrays([across, up]).isin(several), dtype=bool)


def _near(
    all_rows: _Stretches, mine: Integers, theirs: Integers, metres: float, hours: float
) -> Iterator[tuple[Integers, Integers]]:
    """Yield the pairs of two sources, month by month of the first, each pair once."""
    reach = np.timedelta64(int(np.ceil(hours * 3600)), "s")
    begun, ended = (all_rows.first[theirs] - reach).astype("datetime64[M]"), (all_rows.last[theirs] + reach)
    from_month = all_rows.first[mine].astype("datetime64[M]")
    # A row is looked up in its first month, against all rows of the other source that reach its stretch.
    for month in np.unique(from_month):
        rows = mine[from_month == month]
        until = all_rows.last[rows].max()
        open_to = theirs[(begun <= until.astype("datetime64[M]")) & (ended >= month.astype("datetime64[s]"))]
        if not len(open_to):
            continue
        left, right = _close(all_rows, rows, open_to, metres)
        apart = np.maximum(
            all_rows.first[left] - all_rows.last[right], all_rows.first[right] - all_rows.last[left]
        )
        by_month = all_rows.month_only[left] | all_rows.month_only[right]
        near = np.where(by_month, apart <= np.timedelta64(0, "s"), apart / _HOUR <= hours)
        if near.any():
            yield left[near], right[near]


def _close(
    all_rows: _Stretches, rows: Integers, others: Integers, metres: float
) -> tuple[Integers, Integers]:
    """Return the pairs within metres, at most a few million looked at in one go."""
    tree = KDTree(np.column_stack([all_rows.x[others], all_rows.y[others]]))
    own = np.column_stack([all_rows.x[rows], all_rows.y[rows]])
    # The tree's rounding must not decide an exact distance: look a little further, then measure.
    reach = metres * (1 + 1e-9)
    many = tree.query_ball_point(own, reach, return_length=True)
    if int(many.sum()) > 50 * MOST_PAIRS:
        raise InputError(
            f"{int(many.sum()):,} pairs lie within {metres:g} m in one month alone; choose categories or months "
            "first, or smaller metres"
        )
    near = tree.query_ball_point(own, reach)
    left = np.repeat(rows, many)
    right = others[np.concatenate([*near, []]).astype(np.int64)]
    away = np.hypot(all_rows.x[left] - all_rows.x[right], all_rows.y[left] - all_rows.y[right])
    return left[away <= metres], right[away <= metres]


def _pairs(
    incidents: gpd.GeoDataFrame, rows: _Stretches, found: list[tuple[Integers, Integers]]
) -> pd.DataFrame:
    empty = np.empty(0, dtype=np.int64)
    left = np.concatenate([empty, *(pair[0] for pair in found)])
    right = np.concatenate([empty, *(pair[1] for pair in found)])
    by_month = rows.month_only[left] | rows.month_only[right]
    apart = np.maximum(rows.first[left] - rows.last[right], rows.first[right] - rows.last[left])
    hours = np.maximum(apart / _HOUR, 0.0)
    most = np.maximum(rows.last[left] - rows.first[right], rows.last[right] - rows.first[left]) / _HOUR
    data: dict[str, Any] = {"source_a": rows.source[left], "source_b": rows.source[right]}
    data |= {"row_a": incidents.index[left], "row_b": incidents.index[right]}
    for column in ("incident_id", "category", "start"):
        if column in incidents.columns:
            values = incidents[column].astype(object) if column != "start" else incidents[column]
            data |= {f"{column}_a": values.to_numpy()[left], f"{column}_b": values.to_numpy()[right]}
    data["distance_m"] = np.round(np.hypot(rows.x[left] - rows.x[right], rows.y[left] - rows.y[right]), 1)
    data["hours_apart"] = np.where(by_month, np.nan, np.round(hours, 2))
    data["hours_open"] = np.round(np.maximum(most - hours, 0.0), 2)
    exact = np.where(data["hours_open"] > 0, "within the hours; the times are not exact", "within the hours")
    data["time_match"] = np.where(by_month, "same month; the day is not recorded", exact)
    table = pd.DataFrame(data)
    order = ["source_a", "source_b", "distance_m", "hours_apart", "start_a", "start_b"]
    ties = [name for name in ("incident_id_a", "incident_id_b", "category_a", "category_b") if name in table]
    keys = table[order].copy()
    for name in [*ties, "row_a", "row_b"]:
        keys[name] = table[name].astype("str") if table[name].dtype == object else table[name]
    at = keys.sort_values(list(keys.columns), kind="stable").index
    return table.loc[at].reset_index(drop=True)
