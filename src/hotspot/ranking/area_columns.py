"""The ward, LSOA, town or order that each location is in."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import as_area
from hotspot.geography.assign import assign_area
from hotspot.geography.precision import finest_unit
from hotspot.geography.projection import BNG
from hotspot.geography.vintage import has_validity
from hotspot.ranking.tallies import Floats, Integers, most_frequent
from hotspot.ranking.units import area_id_column

Areas: TypeAlias = Mapping[str, gpd.GeoDataFrame] | Sequence[str]


def columns_of_areas(
    incidents: gpd.GeoDataFrame,
    areas: Areas,
    location: Integers,
    easting: Floats,
    northing: Floats,
    as_of: str | None,
) -> pd.DataFrame:
    """Return a column for each kind of area.

    Parameters
    ----------
    incidents
        Those that are ranked.
    areas
        Name of the column to polygons, such as ``{"ward": wards, "town": towns}``: the area that holds the
        location's busiest point. Its name or code is the column of the polygons with that name, else the first of
        place_id, area_id, code, id and name, else their first column of text. Or names of columns that the
        incidents have already: the most frequent value.
    location
        The location of each incident, -1 for one that is not shown.
    easting, northing
        The busiest point of each location, in metres.
    as_of
        The day whose areas are used, where they carry dates of validity.

    Raises
    ------
    InputError
        If a column is missing, or `assign_area` refuses the areas.
    """
    table = pd.DataFrame(index=range(len(easting)))
    if not isinstance(areas, Mapping):
        for name in [areas] if isinstance(areas, str) else areas:
            if name not in incidents.columns:
                raise InputError(
                    f"areas: {name!r} is no column of the incidents; assign it with assign_area, or give polygons: "
                    f"areas={{{name!r}: wards}}"
                )
            table[name] = pd.Series(most_frequent(location, incidents[name], len(table)), dtype="str")
        return table
    # The point of a location is known no finer than its incidents are.
    points = gpd.GeoDataFrame(
        {"location_precision": np.repeat(finest_unit(incidents)[1], len(table))},
        geometry=gpd.points_from_xy(easting, northing),
        crs=BNG,
    )
    for name, layer in areas.items():
        polygons = as_area(layer)
        column = area_id_column(polygons, name)
        day = as_of if has_validity(polygons) else None
        with warnings.catch_warnings():
            # Most locations are in no order; an empty field says so.
            warnings.filterwarnings("ignore", message=".*incidents lie in none of", category=HotspotWarning)
            assigned = assign_area(points, polygons, column=column, prefix="_", as_of=day)
        table[name] = assigned[f"_{column}"].astype("str").where(assigned[f"_{column}"].notna()).to_numpy()
    return table
