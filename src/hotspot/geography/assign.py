"""Which area each incident is in: every incident once, whatever lies on a shared boundary."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.incidents import point_coordinates, starts_of
from hotspot.geography.precision import refuse_finer
from hotspot.geography.vintage import (
    LSOA_CODE,
    LSOA_NAME,
    areas_in_force,
    changes_between,
    has_validity,
    lsoa_vintage,
    read_day,
)

log = logging.getLogger("hotspot")

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Period = tuple[str, str]

SLIVER_WIDTH = 1.0
"""Overlaps up to this mean width in metres are noise of the outlines' coordinates, which are whole metres at best."""


def assign_area(
    incidents: gpd.GeoDataFrame,
    areas: AreaLike,
    *,
    column: str | Sequence[str],
    prefix: str | None = None,
    period: Period | None = None,
    as_of: str | None = None,
    vintage: str | None = None,
) -> gpd.GeoDataFrame:
    """Add to each incident the code, and other columns, of the area it is in.

    Parameters
    ----------
    incidents
        Points with a CRS.
    areas
        Polygons: a GeoDataFrame, or a file with one layer. Several features may share a code: they are
        one area, so wards with a ``town`` column give towns by ``column="town"``.
    column
        The column of the areas that identifies them (a code), or a list: the code first, then columns
        to carry along, such as ``["ward_code", "ward"]``.
    prefix
        Put before the names of the new columns; needed when the incidents have such columns already.
    period
        First and last month (``YYYY-MM``) or day that the result stands for; the incidents' own when None.
        It matters only where the areas carry ``valid_from`` and ``valid_to``.
    as_of
        The day, ``YYYY-MM-DD``, whose areas are used; needed when areas change within the period.
    vintage
        The edition of the areas in words, such as "wards of 2014"; printed with every output.

    Returns
    -------
    GeoDataFrame
        The incidents on the same index, with one categorical column for each of ``column``; missing for
        incidents in no area. The categories hold every area, so that counting keeps zeros.

    Raises
    ------
    InputError
        If a column is missing, would be overwritten or has blank codes; if LSOA names are given as the
        code; if two areas overlap by more than a sliver, or are of two vintages; if the areas change
        within the period and no ``as_of`` is named; if the areas are finer than the incidents' locations.

    Warns
    -----
    HotspotWarning
        If incidents lie in no area (counted), or carry LSOA codes of another vintage than the areas.

    Notes
    -----
    A point on a boundary that several areas share belongs to the one with the lowest code, as text; so
    does a point in a sliver, an overlap whose mean width (twice its area over its perimeter) is 1 m or
    less. The order of the areas and of the incidents changes nothing. The areas' own edge is inside.

    How this can mislead: an anonymised map point near a boundary can stand for an incident across it.
    The codes that a source wrote itself can differ: of 3,879 Sandwell rows of data.police.uk in January
    and February 2014, 178 carry another LSOA than the generalised polygon that holds their point.
    """
    columns = [column] if isinstance(column, str) else list(column)
    whole = as_area(areas)
    layer = _layer(incidents, whole, columns, period, as_of)
    names = _new_names(incidents, columns, prefix)
    _check_vintage(incidents, layer[columns[0]])
    side = round(float(np.sqrt(np.median(shapely.area(layer.geometry.to_numpy())))))
    refuse_finer(incidents, side, "side of the areas")
    _refuse_overlaps(layer, columns[0])
    x, y = point_coordinates(incidents)
    position, shared = _positions(layer, columns[0], x, y)
    result = incidents.copy()
    for name, source in zip(names, columns, strict=True):
        result[name] = _taken(layer[source], position)
    lost = np.flatnonzero(position < 0)
    if len(lost):
        first = ", ".join(str(label) for label in incidents.index[lost[:5]])
        warnings.warn(
            f"{len(lost):,} of {len(incidents):,} incidents lie in none of the {layer[columns[0]].nunique():,} areas "
            f"(first rows: {first}); their {names[0]} is missing, so count them apart",
            HotspotWarning,
            stacklevel=2,
        )
    record = {
        "column": columns,
        "as_of": as_of,
        "vintage": vintage,
        "areas": int(layer[columns[0]].nunique()),
        "assigned": len(incidents) - len(lost),
        "in_no_area": len(lost),
        "on_shared_boundary": shared,
    }
    result = provenance.carry(incidents, result, "assign_area", **record)
    for text in _notes(layer, whole, columns[0], incidents, period, as_of, vintage):
        provenance.note(result, text)
    return result


def dissolve_areas(areas: AreaLike, *, by: str, vintage: str | None = None) -> gpd.GeoDataFrame:
    """Join areas that share a value, such as wards into towns.

    Parameters
    ----------
    areas
        Polygons: a GeoDataFrame, or a file with one layer.
    by
        The column whose values become the new areas.
    vintage
        The edition of the areas in words, kept in the record and printed with every output.

    Returns
    -------
    GeoDataFrame
        One row for each value, in their order: ``by``, ``areas`` (how many were joined), ``valid_from``
        and ``valid_to`` where the layer has them, geometry in EPSG:27700.

    Raises
    ------
    InputError
        If the column is missing or has blanks, or the areas of one value differ in their dates of
        validity: choose a day first with `areas_in_force`.
    """
    layer = as_area(areas)
    _refuse_blank(layer, [by])
    keys = layer[by].astype("str").str.strip()
    dates = [name for name in ("valid_from", "valid_to") if name in layer.columns]
    rows: list[dict[str, Any]] = []
    for key in sorted(keys.unique()):
        part = layer[(keys == key).to_numpy()]
        kept = {name: part[name].astype("str").unique() for name in dates}
        mixed = [name for name, values in kept.items() if len(values) > 1]
        if mixed:
            raise InputError(
                f"the areas of {by}={key!r} are of several editions ({mixed[0]}: {', '.join(kept[mixed[0]][:3])}); "
                "choose one day first with areas_in_force(areas, as_of)"
            )
        joined = shapely.union_all(part.geometry.to_numpy())
        rows.append(
            {by: key, "areas": len(part), **{name: part[name].iloc[0] for name in dates}, "geometry": joined}
        )
    towns = gpd.GeoDataFrame(rows, geometry="geometry", crs=layer.crs)
    towns = provenance.carry(layer, towns, "dissolve_areas", by=by, areas=len(layer), vintage=vintage)
    return towns if vintage is None else provenance.note(towns, f"Areas: {vintage}, joined by {by}.")


def _layer(
    incidents: gpd.GeoDataFrame,
    layer: gpd.GeoDataFrame,
    columns: list[str],
    period: Period | None,
    as_of: str | None,
) -> gpd.GeoDataFrame:
    """Return the areas of one edition, in an order that does not depend on the order they came in."""
    if not columns:
        raise InputError("column is empty; name the column of the areas that holds their code")
    if has_validity(layer) or as_of is not None:
        layer = _one_edition(incidents, layer, period, as_of)
    _refuse_blank(layer, columns)
    bounds = layer.geometry.bounds
    order = {f"_{i}": layer[name].astype("str").to_numpy() for i, name in enumerate(columns)}
    order |= {name: bounds[name].to_numpy() for name in bounds.columns}
    at = pd.DataFrame(order).sort_values(list(order), kind="stable").index.to_numpy()
    sorted_layer = layer.iloc[at].reset_index(drop=True)
    return provenance.put(sorted_layer, provenance.of(layer))


def _one_edition(
    incidents: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, period: Period | None, as_of: str | None
) -> gpd.GeoDataFrame:
    if as_of is not None:
        return areas_in_force(layer, as_of)
    first, last = _span(incidents, period)
    changes = changes_between(layer, first, last)
    if changes:
        before = changes[0] - pd.Timedelta(days=1)
        raise InputError(
            f"the areas change on {', '.join(str(day.date()) for day in changes[:3])}, within {first.date()} to "
            f"{last.date()}: counts before and after are of different areas. Name one edition, as_of="
            f"{str(before.date())!r} or as_of={str(changes[0].date())!r}, or take a period on one side"
        )
    return areas_in_force(layer, first)


def _span(incidents: gpd.GeoDataFrame, period: Period | None) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last day of the period: the one asked for, or the incidents' own."""
    if period is not None:
        if len(period) != 2:
            raise InputError(f"period={period!r} needs two months or days, the first and the last")
        first, last = _edge(period[0], last=False), _edge(period[1], last=True)
        if first > last:
            raise InputError(f"period: {period[0]} is after {period[1]}; swap them")
        return first, last
    if "start" not in incidents.columns or incidents["start"].isna().all():
        raise InputError(
            "the areas carry dates of validity but the incidents have no 'start'; give period=(first, last) or as_of="
        )
    start = starts_of(incidents)
    first, last = start.min().normalize(), start.max().normalize()
    if "time_precision" in incidents.columns and (incidents["time_precision"] == "month").any():
        last = max(last, last + pd.offsets.MonthEnd(0))
    return first, last


def _edge(value: str, *, last: bool) -> pd.Timestamp:
    text = str(value)
    if len(text) != len("2026-05"):
        return read_day(value, "period")
    day = read_day(f"{text}-01", "period")
    return day + pd.offsets.MonthEnd(0) if last else day


def _refuse_blank(layer: gpd.GeoDataFrame, columns: list[str]) -> None:
    for name in columns:
        if name not in layer.columns:
            known = ", ".join(str(c) for c in layer.columns if c != layer.active_geometry_name)
            raise InputError(f"column={name!r} is no column of the areas; they have {known or 'none'}")
    code = layer[columns[0]]
    blank = (code.isna() | (code.astype("str").str.strip() == "")).to_numpy()
    if blank.any():
        first = layer.index[int(np.flatnonzero(blank)[0])]
        raise InputError(
            f"{int(blank.sum()):,} of {len(layer):,} areas have no {columns[0]!r} (the first is feature {first}); "
            "every area needs a code, or leave those areas out"
        )


def _new_names(incidents: gpd.GeoDataFrame, columns: list[str], prefix: str | None) -> list[str]:
    names = [f"{prefix or ''}{name}" for name in columns]
    taken = [name for name in names if name in incidents.columns]
    if taken or len(set(names)) < len(names):
        raise InputError(
            f"the incidents have a column {(taken or names)[0]!r} already, which is kept as its source wrote it; "
            'give a prefix, such as prefix="area_"'
        )
    return names


def _check_vintage(incidents: gpd.GeoDataFrame, codes: pd.Series) -> None:
    """Refuse LSOA names as codes and layers of two vintages; warn where the incidents' own codes differ."""
    text = codes.astype("str").str.strip()
    if text.map(lambda value: bool(LSOA_NAME.match(value))).mean() > 0.5:
        raise InputError(
            f"{text.iloc[0]!r} and the like are LSOA names, which moved between areas from 2011 to 2021 and are "
            "no key; name the column of codes first, such as column=['LSOA21CD', 'LSOA21NM']"
        )
    if not text.map(lambda value: bool(LSOA_CODE.match(value))).all():
        return
    theirs = lsoa_vintage(text)
    if theirs == "mixed":
        raise InputError(
            "the areas hold LSOA codes that ended in 2021 beside codes that began in 2021: two editions lie over "
            "each other; keep one of them"
        )
    if "lsoa_code" not in incidents.columns:
        return
    own = pd.Series(incidents["lsoa_code"].dropna().unique()).astype("str").str.strip()
    mine = lsoa_vintage(own[own.map(lambda value: bool(LSOA_CODE.match(value)))])
    if mine == "mixed" or {mine, theirs} == {"2011", "2021"}:
        warnings.warn(
            f"the incidents' own lsoa_code is of vintage {mine} and the areas are of {theirs}: assigned by point, "
            "which is sound, but never match the two sets of codes",
            HotspotWarning,
            stacklevel=3,
        )


def _refuse_overlaps(layer: gpd.GeoDataFrame, code: str) -> None:
    """Refuse areas of two codes that lie over each other by more than a sliver."""
    shapes, codes = layer.geometry.to_numpy(), layer[code].astype("str").to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = (left < right) & (codes[left] != codes[right])
    left, right = left[pair], right[pair]
    common = shapely.intersection(shapes[left], shapes[right])
    area, edge = shapely.area(common), shapely.length(common)
    width = np.divide(2.0 * area, edge, out=np.zeros_like(area), where=edge > 0)
    deep = np.flatnonzero(width > SLIVER_WIDTH)
    if len(deep):
        worst = deep[int(np.argmax(area[deep]))]
        raise InputError(
            f"{len(deep):,} pairs of areas overlap; the largest overlap is {area[worst]:,.0f} m2, of "
            f"{codes[left[worst]]} and {codes[right[worst]]}: an incident there would be in both. Use areas of one "
            "edition that do not overlap, or assign each kind of area in a call of its own"
        )
    slivers = int((area > 0).sum())
    if slivers:
        log.info(
            "%s overlaps of areas up to %.3g m wide taken as slivers; a point in one goes to the lowest code",
            slivers,
            float(width.max()),
        )


def _positions(layer: gpd.GeoDataFrame, code: str, x: Floats, y: Floats) -> tuple[Integers, int]:
    """Return the row of each point's area (-1 for none), and how many points lie in two areas or more."""
    spots, distinct = pd.factorize(x + 1j * y)
    shapes = layer.geometry.to_numpy()
    shapely.prepare(shapes)
    points = shapely.points(distinct.real, distinct.imag)
    point, held_by = shapely.STRtree(shapes).query(points, predicate="intersects")
    # The layer is sorted by code, so the lowest row is the lowest code.
    lowest = np.full(len(distinct), len(layer), dtype=np.int64)
    np.minimum.at(lowest, point, held_by)
    area = pd.factorize(layer[code].astype("str"))[0]
    pairs = pd.DataFrame({"point": point, "area": area[held_by]}).drop_duplicates()
    shared = np.bincount(pairs["point"], minlength=len(distinct)) > 1
    lowest[lowest == len(layer)] = -1
    return lowest[spots], int(shared[spots].sum())


def _taken(values: pd.Series, position: Integers) -> pd.Categorical:
    codes, names = pd.factorize(values.astype("str").str.strip(), sort=True, use_na_sentinel=True)
    return pd.Categorical.from_codes(np.append(codes, -1)[position], categories=pd.Index(names, dtype="str"))


def _notes(
    layer: gpd.GeoDataFrame,
    whole: gpd.GeoDataFrame,
    code: str,
    incidents: gpd.GeoDataFrame,
    period: Period | None,
    as_of: str | None,
    vintage: str | None,
) -> list[str]:
    """Return what every output made with the areas must say of their edition."""
    texts = [text for text in provenance.of(layer)["notes"] if text not in provenance.of(incidents)["notes"]]
    if vintage is not None:
        texts.append(f"Areas ({code}): {vintage}.")
    text = layer[code].astype("str")
    if text.map(lambda value: bool(LSOA_CODE.match(value))).all() and lsoa_vintage(text) != "unclear":
        texts.append(f"Areas ({code}): LSOAs of {lsoa_vintage(text)}, told from their codes.")
    if as_of is not None and (period is not None or "start" in incidents.columns):
        changes = changes_between(whole, *_span(incidents, period))
        if changes:
            first, last = _span(incidents, period)
            texts.append(
                f"Areas ({code}) as they stood on {as_of} are used for all of {first.date()} to {last.date()}; "
                f"they changed on {', '.join(str(day.date()) for day in changes[:3])}."
            )
    return texts
