"""Where simulated incidents happen: map points like data.police.uk's, and a council's premises."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.geography.projection import BNG, to_lon_lat
from hotspot.sample import plan

if TYPE_CHECKING:
    import geopandas as gpd

_POSITIONS, _WEIGHTS, _PREMISES = 1, 2, 3
# Six decimals of a degree are good to 0.06 m, so a point 1 m inside the outline is still inside when read
# back.
_INSET_M = 1.0


def outline_of(boundaries: Path) -> shapely.Polygon:
    """Return the outline of Sandwell, 1 m inside its edge, EPSG:27700."""
    import geopandas as gpd

    borough = gpd.read_file(boundaries, layer="sandwell_borough")
    inside: shapely.Polygon = shapely.buffer(borough.geometry.iloc[0], -_INSET_M)
    shapely.prepare(inside)
    return inside


def make_map_points(boundaries: Path, *, seed: int = plan.SEED) -> gpd.GeoDataFrame:
    """Place the map points and give each its name, LSOA and baseline weight.

    Parameters
    ----------
    boundaries : the GeoPackage with layers sandwell_borough and sandwell_lsoa_2011.
    seed : see `plan.stream`.

    Returns
    -------
    GeoDataFrame in EPSG:27700, one row a point: location, easting, northing (whole metres), longitude,
    latitude (degrees), lsoa_code, lsoa_name, weight (mean 1, gamma with shape 4, independent of the place),
    geometry.
    """
    import geopandas as gpd

    xy = _spread(outline_of(boundaries), plan.stream(seed, _POSITIONS))
    draws = plan.stream(seed, _WEIGHTS).random((len(xy), plan.POINT_WEIGHT_SHAPE))
    # A gamma with a whole-number shape is a sum of exponentials, and needs nothing but uniform draws.
    weight = -np.log(1.0 - draws).sum(axis=1) / plan.POINT_WEIGHT_SHAPE
    longitude, latitude = to_lon_lat(xy[:, 0], xy[:, 1])
    points = gpd.GeoDataFrame(
        {
            "location": [f"On or near Simulated Street {i:04d}" for i in range(1, len(xy) + 1)],
            "easting": xy[:, 0].astype(np.int64),
            "northing": xy[:, 1].astype(np.int64),
            "longitude": longitude,
            "latitude": latitude,
            "weight": weight,
        },
        geometry=shapely.points(xy),
        crs=BNG,
    )
    return _with_lsoa(points, gpd.read_file(boundaries, layer="sandwell_lsoa_2011"))


def _spread(outline: shapely.Polygon, generator: np.random.Generator) -> NDArray[np.float64]:
    """Place points one after another, whole metres, dropping each that is too near to an earlier one."""
    spacing = plan.POINT_SPACING
    west, south, east, north = outline.bounds
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    kept: list[tuple[float, float]] = []
    while len(kept) < plan.POINT_COUNT:
        draws = generator.random((4096, 2))
        xy = np.floor(np.array([west, south]) + draws * np.array([east - west, north - south]) + 0.5)
        for x, y in xy[shapely.contains_xy(outline, xy)].tolist():
            column, row = int(x // spacing), int(y // spacing)
            # Cells as wide as the spacing: only the nine cells around can hold a point that is too near.
            around = (
                point
                for i in (column - 1, column, column + 1)
                for j in (row - 1, row, row + 1)
                for point in taken.get((i, j), ())
            )
            if all((x - px) ** 2 + (y - py) ** 2 >= spacing**2 for px, py in around):
                taken.setdefault((column, row), []).append((x, y))
                kept.append((x, y))
    return np.array(kept[: plan.POINT_COUNT])


def _with_lsoa(points: gpd.GeoDataFrame, lsoas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the LSOA that covers each point; the lower code where a point is on the line between two."""
    ordered = lsoas.sort_values("lsoa_code").reset_index(drop=True)
    point, polygon = shapely.STRtree(ordered.geometry.to_numpy()).query(
        points.geometry.to_numpy(), predicate="intersects"
    )
    first = pd.Series(polygon, index=point).groupby(level=0).min().reindex(points.index)
    if first.isna().any():
        raise ValueError(
            f"{int(first.isna().sum())} map points lie in no LSOA: the layers of the file disagree"
        )
    found = ordered.iloc[first.to_numpy(dtype=int)]
    return points.assign(lsoa_code=found["lsoa_code"].to_numpy(), lsoa_name=found["lsoa_name"].to_numpy())


def make_premises(
    points: gpd.GeoDataFrame, outline: shapely.Polygon, *, seed: int = plan.SEED
) -> pd.DataFrame:
    """Scatter premises 5 to 60 m from randomly chosen map points, inside the borough.

    Returns
    -------
    DataFrame, one row a premises: uprn (12 digits that begin 999, a range that no real property has),
    site_name, easting, northing (whole metres), ward (an invented one: the number of the MSOA of the nearby
    map point), weight (Pareto, capped: how readily the place comes back).
    """
    draws = plan.stream(seed, _PREMISES).random((4 * plan.PREMISES_COUNT, 4))
    near = points.iloc[(draws[:, 0] * len(points)).astype(int)]
    # 6 to 59 m before rounding to whole metres is 5 to 60 m after it.
    away = 6.0 + 53.0 * draws[:, 1]
    turn = 2.0 * math.pi * draws[:, 2]
    x = np.floor(near["easting"].to_numpy() + away * np.cos(turn) + 0.5)
    y = np.floor(near["northing"].to_numpy() + away * np.sin(turn) + 0.5)
    kept = np.flatnonzero(shapely.contains_xy(outline, x, y))[: plan.PREMISES_COUNT]
    number = np.arange(1, len(kept) + 1)
    weight = np.minimum((1.0 - draws[kept, 3]) ** (-1.0 / plan.PREMISES_TAIL), plan.PREMISES_WEIGHT_CAP)
    area = near["lsoa_name"].iloc[kept].str.slice(-4, -1)
    return pd.DataFrame(
        {
            "uprn": [f"999{n:09d}" for n in number],
            "site_name": [f"Simulated site {n:04d}" for n in number],
            "easting": x[kept].astype(np.int64),
            "northing": y[kept].astype(np.int64),
            "ward": ("Simulated ward " + area).to_numpy(),
            "weight": weight,
        }
    )
