"""Coordinates as text to points in the British National Grid, and which of them an area holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from hotspot.geography.projection import to_easting_northing

# The United Kingdom with a margin, in degrees and in metres of the National Grid.
LON_RANGE, LAT_RANGE = (-9.5, 2.5), (49.0, 61.5)
EASTING_RANGE, NORTHING_RANGE = (-250_000.0, 800_000.0), (-100_000.0, 1_300_000.0)

_NOWHERE = -1e12
Floats = NDArray[np.float64]

NO_LOCATION = "no location"
UNREADABLE = "unreadable coordinates"
OUTSIDE_UK = "coordinates outside the United Kingdom"


@dataclass(frozen=True)
class Points:
    """The distinct pairs of coordinates of many rows.

    Attributes
    ----------
    codes
        The pair of each row.
    first
        The first row of each pair.
    easting, northing
        Of each pair, in whole metres; NaN where there is no point.
    problem
        Of each pair: the reason why there is no point, else "".
    """

    codes: NDArray[np.int64]
    first: NDArray[np.int64]
    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    problem: NDArray[np.object_]


def to_points(x: Floats, y: Floats, eastings: NDArray[np.bool_]) -> Points:
    """Turn coordinates into National Grid points, each distinct pair once.

    Parameters
    ----------
    x, y
        Longitude and latitude, or easting and northing; NaN where blank.
    eastings
        True where the row holds easting and northing.
    """
    pair = np.empty(len(x), dtype=np.complex128)
    # Missing and infinite values would all count as one missing key; far off the map they stay apart.
    pair.real, pair.imag = np.nan_to_num(x, nan=_NOWHERE), np.nan_to_num(y, nan=_NOWHERE)
    codes, _ = pd.factorize(pair)
    count = int(codes.max(initial=-1)) + 1
    first = np.empty(count, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    x_value, y_value, metres = x[first], y[first], eastings[first]
    blank = np.isnan(x_value) | np.isnan(y_value)
    good = ~blank & _within(x_value, y_value, metres)
    easting, northing = np.full(count, np.nan), np.full(count, np.nan)
    degrees = good & ~metres
    easting[degrees], northing[degrees] = to_easting_northing(x_value[degrees], y_value[degrees])
    easting[good & metres], northing[good & metres] = x_value[good & metres], y_value[good & metres]
    problem = np.full(count, "", dtype=object)
    problem[~good], problem[blank] = OUTSIDE_UK, NO_LOCATION
    # The source publishes points snapped to whole metres; the degrees in its files carry them to
    # within 0.3 m (six decimals), so rounding recovers them and makes equal points equal again.
    return Points(codes, first, np.rint(easting), np.rint(northing), problem)


def _within(x: Floats, y: Floats, metres: NDArray[np.bool_]) -> NDArray[np.bool_]:
    in_degrees = (x >= LON_RANGE[0]) & (x <= LON_RANGE[1]) & (y >= LAT_RANGE[0]) & (y <= LAT_RANGE[1])
    in_metres = (
        (x >= EASTING_RANGE[0])
        & (x <= EASTING_RANGE[1])
        & (y >= NORTHING_RANGE[0])
        & (y <= NORTHING_RANGE[1])
    )
    return np.asarray(np.where(metres, in_metres & ~((x == 0) & (y == 0)), in_degrees))


def located_in(
    area: BaseGeometry, easting: NDArray[np.float64], northing: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which points the area holds, its edge included; NaN is nowhere."""
    shapely.prepare(area)
    return np.asarray(shapely.intersects_xy(area, easting, northing), dtype=bool)
