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
# The source publishes degrees with six decimals and metres without: such a pair is one whole number.
_STEPS_A_DEGREE = 1e6
_KEY_LIMIT = 2**30
_BLANK, _ODD = -1, -2
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


def point_keys(x: Floats, y: Floats, *, eastings: bool) -> NDArray[np.int64]:
    """Return one number a pair of coordinates, the same for equal pairs of one kind.

    Parameters
    ----------
    x, y
        Longitude and latitude, or easting and northing; NaN where blank.
    eastings
        Whether these are easting and northing.

    Returns
    -------
    array
        -1 where both are blank, -2 where the pair is no whole number of metres or of millionths of a
        degree (`to_points` tells those apart itself), else 0 or more.
    """
    scale = 1.0 if eastings else _STEPS_A_DEGREE
    key = np.full(len(x), _ODD, dtype=np.int64)
    with np.errstate(over="ignore"):
        across, up = np.rint(x * scale), np.rint(y * scale)
    exact = (across / scale == x) & (up / scale == y)
    exact &= (np.abs(across) < _KEY_LIMIT) & (np.abs(up) < _KEY_LIMIT)
    # Both parts lie within 31 bits once they are positive; bit 62 keeps metres apart from degrees.
    whole = (np.where(exact, across, 0).astype(np.int64) + _KEY_LIMIT) * (2 * _KEY_LIMIT)
    whole += np.where(exact, up, 0).astype(np.int64) + _KEY_LIMIT + (int(eastings) << 62)
    np.copyto(key, whole, where=exact)
    key[np.isnan(x) & np.isnan(y)] = _BLANK
    return key


def to_points(x: Floats, y: Floats, eastings: NDArray[np.bool_], keys: NDArray[np.int64]) -> Points:
    """Turn coordinates into National Grid points, each distinct pair once.

    Parameters
    ----------
    x, y
        Longitude and latitude, or easting and northing; NaN where blank.
    eastings
        True where the row holds easting and northing.
    keys
        Of `point_keys`.
    """
    codes, _ = pd.factorize(_all_apart(x, y, eastings, keys))
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


def _all_apart(
    x: Floats, y: Floats, eastings: NDArray[np.bool_], keys: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give the pairs that have no key of their own one each, below those in use."""
    odd = np.flatnonzero(keys == _ODD)
    if not len(odd):
        return keys
    pair = np.empty(len(odd), dtype=np.complex128)
    # Missing and infinite values would all count as one missing key; far off the map they stay apart.
    pair.real, pair.imag = np.nan_to_num(x[odd], nan=_NOWHERE), np.nan_to_num(y[odd], nan=_NOWHERE)
    codes, _ = pd.factorize(pair)
    apart = keys.copy()
    apart[odd] = _ODD - 2 * codes.astype(np.int64) - eastings[odd]
    return apart


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
