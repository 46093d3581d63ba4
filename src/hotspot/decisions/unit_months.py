"""Other areas of the borough by month: what shows how much areas change of their own accord."""

from __future__ import annotations

from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.decisions.comparison import area_months
from hotspot.decisions.counted import bearing, months_of, place_of_rows, source_names
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.places_of import COMPARISON, INSIDE, RING, Places, places_of, width_of
from hotspot.decisions.units_of import place_of_units, units_of
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.assign import SLIVER_WIDTH
from hotspot.geography.incidents import point_coordinates
from hotspot.intake.counts import is_counts


def unit_months(
    data: pd.DataFrame,
    order: Order,
    prohibition: Prohibition,
    source: str,
    areas: AreaLike,
    code: str,
    *,
    inside: bool = False,
) -> pd.DataFrame:
    """Count what bears on a prohibition by area of the borough and observed month, zeros kept.

    Parameters
    ----------
    data
        Incidents or a counts table.
    areas, code
        The areas, such as LSOAs, and their column that identifies them. A counts table has its own.
    inside
        Only what lies inside the order; of a counts table, units with half of their land in it.

    Returns
    -------
    DataFrame
        From `area_months`: one row an area, one column a month.

    Notes
    -----
    A point on a common edge belongs to the area with the lowest code.
    """
    names = source_names(data, source)
    rows = data[bearing(data, prohibition, names)]
    months, _ = months_of(data, names)
    if is_counts(data):
        if inside:
            units = units_of(data[data["source"].astype(object).isin(names).to_numpy()])
            place, _ = place_of_units(units, places_of(order, ring=0.0))
            rows = rows[rows["area_code"].astype("str").isin(set(units["area_code"][place == 0])).to_numpy()]
        return area_months(rows, "area_code", months)
    if inside:
        place, _ = place_of_rows(rows, places_of(order, ring=0.0))
        rows = rows[place == 0]
    layer = units_layer(areas, code)
    held = rows.copy(deep=False)
    held["_unit"] = _unit_of(cast("gpd.GeoDataFrame", rows), layer, code)
    table = area_months(held, "_unit", months)
    return table.reindex(layer[code].to_numpy(), fill_value=0).rename_axis(index="area")


def units_layer(areas: AreaLike, code: str) -> gpd.GeoDataFrame:
    """Return the areas as one row for each code, sorted by it.

    Raises
    ------
    InputError
        If the column is not there.
    """
    layer = as_area(areas)
    if code not in layer.columns:
        held = ", ".join(str(name) for name in layer.columns if name != layer.active_geometry_name)
        raise InputError(
            f"the areas have no column {code!r}; they have {held or 'none'}: say which holds their code"
        )
    layer = layer[[code, layer.active_geometry_name]].copy()
    layer[code] = layer[code].astype("str")
    if layer[code].duplicated().any():
        layer = layer.dissolve(by=code, as_index=False)
    return cast("gpd.GeoDataFrame", layer.sort_values(code, ignore_index=True))


def apart_from(table: pd.DataFrame, layer: gpd.GeoDataFrame, code: str, places: Places) -> pd.DataFrame:
    """Return the rows of areas that share no land with the order, its ring or a comparison area."""
    named = [
        shape
        for shape, role in zip(places.shapes, places.roles, strict=True)
        if role in (INSIDE, RING, COMPARISON)
    ]
    land = shapely.union_all(np.array(named, dtype=object))
    shapely.prepare(land)
    shapes = layer.geometry.to_numpy()
    near = shapely.intersects(land, shapes)
    for at in np.flatnonzero(near):
        near[at] = width_of(shapely.intersection(shapes[at], land)) > SLIVER_WIDTH
    kept: pd.DataFrame = table[table.index.isin(layer.loc[~near, code])]
    return kept


def _unit_of(rows: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, code: str) -> NDArray[np.object_]:
    """Return the code of the area that each point is in, None for none."""
    found = np.full(len(rows), None, dtype=object)
    there = np.flatnonzero(~(rows.geometry.isna() | rows.geometry.is_empty).to_numpy())
    if not len(there):
        return found
    x, y = point_coordinates(cast("gpd.GeoDataFrame", rows.iloc[there]))
    tree = shapely.STRtree(layer.geometry.to_numpy())
    point, area = tree.query(shapely.points(x, y), predicate="intersects")
    first = np.full(len(there), len(layer), dtype=np.int64)
    np.minimum.at(first, point, area)
    codes = np.array([*layer[code], None], dtype=object)
    found[there] = codes[first]
    return found
