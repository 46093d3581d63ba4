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

NO_LOCATION = "no location"
UNREADABLE = "unreadable coordinates"
OUTSIDE_UK = "coordinates outside the United Kingdom"


@dataclass(frozen=True)
class Points:
    """Whole-metre eastings and northings; ``problem`` is a reason where there is no point, else ""."""

    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    problem: NDArray[np.object_]


def read_number(values: NDArray[np.object_]) -> NDArray[np.float64]:
    """Turn text into numbers; NaN where it is blank or no finite number."""
    numbers = pd.to_numeric(pd.Series(values, dtype=object).str.strip(), errors="coerce").to_numpy(
        dtype=float
    )
    return np.where(np.isfinite(numbers), numbers, np.nan)


def to_points(x: pd.Categorical, y: pd.Categorical, eastings: NDArray[np.bool_]) -> Points:
    """Turn coordinate text into National Grid points, each distinct pair once.

    Parameters
    ----------
    x, y
        Longitude and latitude, or easting and northing, as text; missing where blank.
    eastings
        True where the row holds easting and northing.
    """
    pair = (x.codes.astype(np.int64) * (len(y.categories) + 1) + y.codes) * 2 + eastings
    codes, distinct = pd.factorize(pair)
    first = np.empty(len(distinct), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    x_text, y_text, metres = x[first], y[first], eastings[first]
    blank = np.asarray(x_text.isna()) | np.asarray(y_text.isna())
    x_value = read_number(np.asarray(x_text.astype(object)))
    y_value = read_number(np.asarray(y_text.astype(object)))
    unreadable = ~blank & (np.isnan(x_value) | np.isnan(y_value))
    far = ~blank & ~unreadable & ~_within(x_value, y_value, metres)
    good = ~(blank | unreadable | far)
    easting, northing = np.full(len(first), np.nan), np.full(len(first), np.nan)
    degrees = good & ~metres
    easting[degrees], northing[degrees] = to_easting_northing(x_value[degrees], y_value[degrees])
    easting[good & metres], northing[good & metres] = x_value[good & metres], y_value[good & metres]
    problem = np.full(len(first), "", dtype=object)
    problem[blank], problem[unreadable], problem[far] = NO_LOCATION, UNREADABLE, OUTSIDE_UK
    # The source publishes points snapped to whole metres; the degrees in its files carry them to
    # within 0.3 m (six decimals), so rounding recovers them and makes equal points equal again.
    return Points(np.rint(easting)[codes], np.rint(northing)[codes], problem[codes])


def _within(x: NDArray[np.float64], y: NDArray[np.float64], metres: NDArray[np.bool_]) -> NDArray[np.bool_]:
    x_low, x_high = (
        np.where(metres, EASTING_RANGE[0], LON_RANGE[0]),
        np.where(metres, EASTING_RANGE[1], LON_RANGE[1]),
    )
    y_low, y_high = (
        np.where(metres, NORTHING_RANGE[0], LAT_RANGE[0]),
        np.where(metres, NORTHING_RANGE[1], LAT_RANGE[1]),
    )
    with np.errstate(invalid="ignore"):
        origin = (x == 0) & (y == 0)
        return np.asarray((x >= x_low) & (x <= x_high) & (y >= y_low) & (y <= y_high) & ~origin)


def located_in(
    area: BaseGeometry, easting: NDArray[np.float64], northing: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which points the area holds, its edge included; each distinct point is tested once."""
    shapely.prepare(area)
    codes, distinct = pd.factorize(easting + 1j * northing)
    inside = np.asarray(shapely.intersects_xy(area, distinct.real, distinct.imag), dtype=bool)
    held: NDArray[np.bool_] = inside[codes]
    return held
