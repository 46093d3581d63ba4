"""Locations that are cells of a grid, or areas such as parks, estates and stations."""

from __future__ import annotations

import logging
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import as_area
from hotspot.geography.assign import assign_area
from hotspot.geography.grid import Grid
from hotspot.geography.incidents import point_coordinates
from hotspot.geography.precision import refuse_finer
from hotspot.ranking.located import Located, plain_located, with_unmatched

log = logging.getLogger("hotspot")

ID_COLUMNS = ("place_id", "area_id", "code", "id", "name")
"""Columns of a layer of areas that are taken for its ids, the first that is there."""
_AREA = "_hotspot_area"


def locate_in_cells(incidents: gpd.GeoDataFrame, grid: Grid) -> Located:
    """Find the cell of each incident; the location id is the cell id as text, the name its label."""
    refuse_finer(incidents, grid.cell_size, "cell_size")
    position = grid.positions_of(*point_coordinates(incidents, grid.crs))
    cell_of = np.append(np.cumsum(grid.mask.reshape(-1)) - 1, -1)
    codes = cell_of[position].astype(np.int64)
    cell_ids = grid.cell_ids
    ids = cell_ids.astype("str").astype(object)
    names = np.array(grid.label(cell_ids), dtype=object)
    found = plain_located(codes, ids, names, True, by="cells", grid=grid.parameters())
    return with_unmatched(found, "in no cell of the grid")


def locate_in_areas(incidents: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Located:
    """Find the area of each incident; ids are a column of the areas, names their column ``location`` if any."""
    layer = as_area(areas)
    column = area_id_column(layer)
    wanted = [incidents.active_geometry_name, "start", "time_precision", "location_precision", "lsoa_code"]
    slim = incidents[[name for name in wanted if name in incidents.columns]]
    with warnings.catch_warnings():
        # Most incidents are in no park: they are counted and noted below, which is what the warning says.
        warnings.filterwarnings("ignore", message=".*incidents lie in none of", category=HotspotWarning)
        assigned = assign_area(slim, layer, column=column, prefix=_AREA)
    text = layer[column].astype("str").str.strip()
    codes, ids = assigned[f"{_AREA}{column}"].cat.codes.to_numpy(dtype=np.int64), np.sort(text.unique())
    names = ids.astype(object)
    if "location" in layer.columns:
        named = layer.assign(_id=text).drop_duplicates("_id").set_index("_id")["location"]
        names = named.reindex(ids).astype(object).to_numpy()
    log.info("areas: %s is taken for their ids", column)
    found = plain_located(
        codes, ids.astype(object), names, True, by="areas", id_column=column, areas=len(ids)
    )
    return with_unmatched(found, "in none of the areas")


def area_id_column(layer: pd.DataFrame, preferred: str | None = None) -> str:
    """Return the column of a layer of areas that holds their ids.

    Raises
    ------
    InputError
        If there is no column beside the geometry.
    """
    columns = [str(name) for name in layer.columns if name != layer.geometry.name]
    for name in (preferred, *ID_COLUMNS):
        if name in columns:
            return str(name)
    texts = [name for name in columns if pd.api.types.is_string_dtype(layer[name].dtype)]
    if not columns:
        raise InputError(
            "the areas have no column of ids beside their geometry; give each its own, such as place_id"
        )
    return (texts or columns)[0]
