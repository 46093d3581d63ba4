"""Where inside an order, and around it: clusters, density, parts without a report, locations, streets."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.counted import (
    Counted,
    bearing,
    best_evidence,
    counted,
    has_location,
    months_of,
    serves,
)
from hotspot.decisions.inside import Inside, inside_of, one_source
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.places_of import Ring
from hotspot.decisions.recurring_places import UNIT_COLUMNS, areas_of, streets_of, with_place_ids
from hotspot.decisions.tallied import in_words, month_words
from hotspot.decisions.units_of import LEAST_SHARE, NOT_FROM_COUNTS, shares_within, unit_matrix, units_of
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.counting import count_incidents
from hotspot.geography.grid import Grid
from hotspot.geography.incidents import is_counts, point_coordinates, starts_of
from hotspot.geography.precision import finest_unit
from hotspot.ranking.locations import repeat_locations
from hotspot.ranking.monthly import month_numbers
from hotspot.statistics.density import kernel_density
from hotspot.statistics.getis_ord import getis_ord

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = dict[str, Any]
Frames = dict[str, pd.DataFrame]

HOT = ("hot 95%", "hot 99%")
"""Significant at 5 % after the correction for all cells tested."""
CELL_SIZE_M, SMALLEST_PART_KM2 = 200.0, 1e-6
EMPTIES = (
    "No report here in any year held, before or during any order. An order that works also empties a place; "
    "this table cannot tell which it is."
)
# Not the ratio of the last twelve months to those before: that would be a comparison without a comparison area.
LOCATION_COLUMNS = (
    "number", "rank", "rank_low", "rank_high", "probability_top", "same_rank_group", "location_id", "location",
    "incidents", "share_pct", "months_active", "months_active_expected", "months_observed", "pattern", "season",
    "longest_run", "first", "last", "busiest_day", "busiest_hours", "leading_categories", "flags", "easting",
    "northing", "lon", "lat", "geometry",
)  # fmt: skip
PARTS = (
    "cells",
    "units_tested",
    "density",
    "share_hot",
    "without_report",
    "hot_outside",
    "repeat_locations",
    "streets",
    "units",
    "not_available",
)


def where_inside(
    data: pd.DataFrame,
    order: Order,
    prohibition: Prohibition | str,
    source: str,
    *,
    areas: AreaLike,
    ring: Ring | None = None,
    cell_size: float | None = None,
    streets: gpd.GeoDataFrame | None = None,
    unit: str | None = None,
    least_share: float = LEAST_SHARE,
    across_breaks: bool = False,
) -> Frames:
    """Show where the reports on one prohibition lie: inside the order, around it and in the borough.

    Parameters
    ----------
    data
        Incidents or a counts table.
    order, prohibition
        The prohibition is one of the order's, or its name. Rows of its own categories are taken, or of wider
        ones where the source has no category of its own for it.
    source
        One source: sources are never added up.
    areas
        The borough, in one polygon or many; with a column of codes they are also the order's units.
    ring
        See `counted`.
    cell_size
        Metres. None: 200, or what the locations can carry if that is more.
    streets
        Of `read_streets`: the order's streets with their reports.
    unit
        The column of the areas' codes; the first of the usual names when None.
    least_share
        For a counts table, see `counted`.
    across_breaks
        Rank locations although their points were redrawn between the months.

    Returns
    -------
    dict of DataFrame
        Empty where there is nothing; each with ``prohibition``, ``source`` and ``evidence``:

        - ``cells``: all of the borough, on ``cell_id``: ``n``, ``gi_z``, ``gi_p``, ``gi_q``, ``gi_class``,
          ``density_per_km2``, ``order_km2`` (of the cell in the order), ``n_in_order``, geometry. For a counts table
          ``units_tested`` in its place, on ``area_code``;
        - ``density``: ``place``, ``role``, ``area_km2``, ``n``, ``months_observed``, ``n_per_km2_per_year``, ``says``;
        - ``share_hot``: ``place`` ("inside", "borough"), ``area_km2``, ``hot_km2``, ``hot_share_pct``, ``says``;
        - ``without_report``: ``part_kind`` ("cell", "street", "unit"), ``part``, ``area_km2`` or ``length_m`` in the
          order, ``months_observed``, ``says``;
        - ``hot_outside``: significant cells or units of which nothing lies in the order, with ``distance_m`` to it;
        - ``repeat_locations``: those inside, as `repeat_locations` ranks them, with ``pattern``, ``rank_low`` and
          ``rank_high``; its comparison of one year with the year before is left out, for it has no comparison area;
        - ``streets``, ``units``: those of the order, with reports by year and months with reports;
        - ``not_available``: ``part`` and ``reason``.

    Raises
    ------
    InputError
        If no evidence of the prohibition names the source, or the cells are finer than the locations.

    Notes
    -----
    Gi* is exact, over all cells of the borough, with the false discovery rate held at 5 % (`getis_ord`). A cell that
    the order cuts counts with the part of its area that lies inside. Only rows dated in an observed month are used.

    How this can mislead: cells are significant against the whole borough, and town centres mostly are, for they are
    busy. A part without reports may be one where nobody reports. Map points of data.police.uk stand for the
    streets around them: a street without one is without reports by design.
    """
    item = order.prohibition(prohibition) if isinstance(prohibition, str) else prohibition
    item = replace(item, evidence=_best(item, source))
    borough = as_area(areas)
    inside = inside_of(data, order, item, source, least_share=least_share)
    table = counted(data, order, item, source, ring=ring, areas=borough, least_share=least_share)
    found: dict[str, pd.DataFrame | list[Row]] = {"density": _density(table)}
    if is_counts(data):
        found |= _over_units(data, order, item, source)
        found["repeat_locations"] = found["streets"] = []
        found["not_available"] = [
            {"part": part, "reason": NOT_FROM_COUNTS}
            for part in ("cells", "ring", "repeat_locations", "streets")
        ]
    else:
        found |= _over_cells(data, order, item, source, borough, cell_size)
        found |= _locations(inside, across_breaks, cast("list[Row]", found.get("not_available", [])))
        if streets is not None and finest_unit(inside.rows)[1] == "area":
            reason = "the locations are known to area level only: they are on no street"
            found.setdefault("not_available", [])
            cast("list[Row]", found["not_available"]).append({"part": "streets", "reason": reason})
        elif streets is not None:
            found["streets"] = streets_of(inside, order, streets)
    if is_counts(data) or unit is not None or _has_codes(borough):
        found["units"] = areas_of(inside, order, None if is_counts(data) else borough, unit=unit).get(
            "by_unit", []
        )
    _add_empty(found, len(inside.months))
    head = {"prohibition": item.name, "source": source, "evidence": inside.evidence}
    notes = [*inside.notes, *(text for text in table.notes if text not in inside.notes)]
    return {part: _frame(data, found.get(part, []), part, head, order, notes) for part in PARTS}


def _best(item: Prohibition, source: str) -> tuple[Any, ...]:
    """Return the evidence of a source: its own categories, or wider ones where it has none of its own."""
    mine = tuple(one for one in item.evidence if serves(one, source))
    if not mine:
        raise InputError(
            f"no evidence of the prohibition {item.name!r} names the source {source!r}: there is nothing to map; see "
            "what_sources_say for what the source can say"
        )
    return best_evidence(item, source)


def _frame(
    data: pd.DataFrame,
    given: pd.DataFrame | list[Row],
    part: str,
    head: dict[str, str],
    order: Order,
    notes: list[str],
) -> pd.DataFrame:
    if isinstance(given, pd.DataFrame):
        table, parent = given.copy(), given
    else:
        table, parent = pd.DataFrame(given), data
    for number, (name, value) in enumerate(head.items()):
        table.insert(number, name, value)
    table = provenance.carry(parent, table, "where_inside", part=part, order=order.label, **head)
    for text in notes:
        provenance.note(table, text)
    return table


def _density(table: Counted) -> list[Row]:
    years = len(table.months) / 12.0
    rows = []
    for place, role, counts, km2 in zip(table.places, table.roles, table.counts, table.area_km2, strict=True):
        n = int(counts.sum())
        rate = n / (km2 * years) if years and km2 > 0 else float("nan")
        says = f"{in_words(n)} in {month_words(len(counts))} on {km2:.3g} km2"
        rows.append(
            {
                "place": place,
                "role": role,
                "area_km2": float(km2),
                "n": n,
                "months_observed": len(counts),
                "n_per_km2_per_year": rate,
                "says": f"{says}: {rate:,.3g} a year for each km2" if n else says,
            }
        )
    return rows


def _over_cells(
    data: pd.DataFrame,
    order: Order,
    item: Prohibition,
    source: str,
    borough: gpd.GeoDataFrame,
    cell_size: float | None,
) -> dict[str, Any]:
    """Test every cell of the borough, and measure how much of each lies in the order."""
    rows = cast("gpd.GeoDataFrame", one_source(data[bearing(data, item, (source,))], data, source))
    months, _ = months_of(data, (source,))
    rows = rows[has_location(rows)]
    rows = rows[month_numbers(starts_of(rows), months) >= 0]
    outline = shapely.union_all(borough.geometry.to_numpy())
    shapely.prepare(outline)
    if len(rows):
        rows = rows[shapely.intersects_xy(outline, *point_coordinates(rows))]
    if len(rows) == 0:
        reason = "no report of these categories in the borough: there is nothing to test"
        return {"not_available": [{"part": "cells", "reason": reason}]}
    grid = Grid.over(borough, cell_size=cell_size or max(CELL_SIZE_M, finest_unit(rows)[0]))
    with warnings.catch_warnings():
        # What could not be tested has no class and is said so in the share.
        warnings.simplefilter("ignore", HotspotWarning)
        cells = getis_ord(count_incidents(rows, grid), grid)
        cells = cast("gpd.GeoDataFrame", kernel_density(rows, grid, cells=cells))
    shape = order.geometry.geometry.iloc[0]
    clipped = shapely.intersection(cells.geometry.to_numpy(), outline)
    cells["cell"] = grid.label(cells.index)
    cells["area_km2"] = shapely.area(clipped) / 1e6
    cells["order_km2"] = _km2_within(cells.geometry.to_numpy(), shape)
    x, y = point_coordinates(rows)
    shapely.prepare(shape)
    held = shapely.intersects_xy(shape, x, y)
    at = grid.cell_ids.searchsorted(_cells_of(grid, x[held], y[held]))
    counts = pd.Series(np.bincount(at, minlength=len(grid)), index=grid.cell_ids)
    cells["n_in_order"] = counts.reindex(cells.index).to_numpy()
    return {
        "cells": cells,
        "share_hot": _share_hot(cells, "cells"),
        "hot_outside": _hot_outside(cells.assign(part=cells["cell"]), shape),
        "without_report": _silent(cells.assign(part=cells["cell"], n=cells["n_in_order"]), "cell"),
    }


def _cells_of(grid: Grid, x: Floats, y: Floats) -> NDArray[np.int64]:
    position = grid.positions_of(x, y)
    every = np.flatnonzero(grid.mask.reshape(-1))
    return np.asarray(grid.cell_ids[np.searchsorted(every, position)], dtype=np.int64)


def _km2_within(shapes: NDArray[np.object_], shape: shapely.Geometry) -> Floats:
    found = np.zeros(len(shapes))
    shapely.prepare(shape)
    near = np.flatnonzero(shapely.intersects(shape, shapes))
    found[near] = shapely.area(shapely.intersection(shapes[near], shape)) / 1e6
    return found


def _over_units(data: pd.DataFrame, order: Order, item: Prohibition, source: str) -> dict[str, Any]:
    """Test every unit of a counts table against its neighbours."""
    from libpysal.graph import Graph

    rows = one_source(data[bearing(data, item, (source,))], data, source)
    units = units_of(data[(data["source"].astype(object) == source).to_numpy()])
    months, _ = months_of(data, (source,))
    counts, known = unit_matrix(units, rows, months)
    seen = np.asarray(known.all(axis=0), dtype=bool)
    shape = order.geometry.geometry.iloc[0]
    share = shares_within(units, shape)
    units["n"] = counts[:, seen].sum(axis=1)
    units["order_km2"] = units["area_km2"] * share
    units = cast("gpd.GeoDataFrame", units.set_index("area_code"))
    if not seen.any():
        reason = "no month has a number of every unit: there is nothing to test"
        return {"not_available": [{"part": "units_tested", "reason": reason}]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = Graph.build_contiguity(units, rook=False)
        tested = getis_ord(provenance.put(units, provenance.of(rows)), graph)
    named = tested.assign(part=tested["area_name"], n_in_order=tested["n"])
    return {
        "units_tested": tested,
        "share_hot": _share_hot(tested, "units"),
        "hot_outside": _hot_outside(cast("gpd.GeoDataFrame", named), shape),
        "without_report": _silent(named, "unit"),
    }


def _share_hot(cells: pd.DataFrame, word: str) -> list[Row]:
    """Return how much of the order, and of the borough, lies in significant hot cells, by area."""
    hot = cells["gi_class"].astype(object).isin(HOT).to_numpy()
    untested = int(cells["gi_class"].isna().sum())
    rows = []
    for place, column in (("inside", "order_km2"), ("borough", "area_km2")):
        km2 = cells[column].to_numpy(dtype=float)
        whole, part = float(km2.sum()), float(km2[hot].sum())
        share = 100.0 * part / whole if whole > 0 else float("nan")
        what = "the order" if place == "inside" else "the borough"
        says = f"{part:.3g} of {whole:.3g} km2 of {what} ({share:.0f} %) lie in {word} with significantly more reports"
        if part == 0.0:
            says = f"nothing of {what} ({whole:.3g} km2) lies in {word} with significantly more reports"
        if untested:
            says += f"; {untested:,} of {len(cells):,} {word} could not be tested"
        rows.append(
            {"place": place, "area_km2": whole, "hot_km2": part, "hot_share_pct": share, "says": says}
        )
    return rows


def _hot_outside(cells: gpd.GeoDataFrame, shape: shapely.Geometry) -> list[Row]:
    hot = cells["gi_class"].astype(object).isin(HOT).to_numpy()
    outside = cast("gpd.GeoDataFrame", cells[hot & (cells["order_km2"].to_numpy() <= SMALLEST_PART_KM2)])
    far = shapely.distance(outside.geometry.to_numpy(), shape)
    names = ["part", "n", "gi_z", "gi_p", "gi_q", "gi_class"]
    rows = [
        {**row, "gi_class": str(row["gi_class"]), "distance_m": float(metres)}
        for row, metres in zip(pd.DataFrame(outside[names]).to_dict("records"), far, strict=True)
    ]
    return sorted(cast("list[Row]", rows), key=lambda row: (row["gi_q"], -row["n"], row["part"]))


def _silent(parts: pd.DataFrame, kind: str) -> list[Row]:
    """Return the parts of the order without a report, largest first."""
    held = (parts["order_km2"].to_numpy() > SMALLEST_PART_KM2) & (parts["n"].to_numpy() == 0)
    rows: list[Row] = [
        {"part_kind": kind, "part": str(name), "area_km2": float(km2), "length_m": float("nan")}
        for name, km2 in zip(parts["part"][held], parts["order_km2"][held], strict=True)
    ]
    return sorted(rows, key=lambda row: (-row["area_km2"], row["part"]))


def _locations(inside: Inside, across_breaks: bool, missing: list[Row]) -> dict[str, Any]:
    held = inside.rows[inside.month >= 0]
    if len(held) == 0:
        reason = "no report inside the order"
        return {"not_available": [*missing, {"part": "repeat_locations", "reason": reason}]}
    rows = with_place_ids(held)
    try:
        ranked = repeat_locations(rows, by="place_id", across_breaks=across_breaks)
        kept = [name for name in ranked.columns if name in LOCATION_COLUMNS]
        return {"repeat_locations": provenance.put(ranked[kept], provenance.of(ranked))}
    except InputError as error:
        return {"not_available": [*missing, {"part": "repeat_locations", "reason": str(error)}]}


def _add_empty(found: dict[str, Any], months: int) -> None:
    """Add streets and units without a report to those parts, and the sentence that goes with each."""
    silent: list[Row] = list(found.get("without_report", []))
    for row in found.get("streets", []):
        if row["n"] == 0 and row["length_m"] > 0:
            silent.append(
                {
                    "part_kind": "street",
                    "part": row["street"],
                    "area_km2": float("nan"),
                    "length_m": row["length_m"],
                }
            )
    known = {row["part_kind"] for row in silent}
    for row in found.get("units", []) if "unit" not in known else []:
        if row["n"] == 0 and row["area_km2"] > SMALLEST_PART_KM2:
            silent.append(
                {
                    "part_kind": "unit",
                    "part": row["unit"],
                    "area_km2": row["area_km2"],
                    "length_m": float("nan"),
                }
            )
    found["without_report"] = (
        [{**row, "months_observed": months, "says": EMPTIES} for row in silent] if months else []
    )


def _has_codes(borough: gpd.GeoDataFrame) -> bool:
    return len(borough) > 1 and any(name in borough.columns for name in UNIT_COLUMNS)
