"""Which 10 km squares of the National Grid hold land of Great Britain: enough to tell a swapped column.

England and Wales are exact: every square within 1 km of an LSOA of 2011 (Source: Office for National
Statistics, Open Government Licence v3.0, super-generalised outlines, off by up to 200 m). Scotland has no
such areas here: its sheets count as land throughout, but for open sea west of Galloway and Kintyre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspot.intake.grid_reference import EASTINGS, NORTHINGS, on_a_sheet

SQUARE = 10_000
_COLUMNS, _ROWS = EASTINGS // SQUARE, NORTHINGS // SQUARE

# One hexadecimal number a row of squares, from northing 0 upwards; the highest of its 70 bits is the
# square at easting 0. tests/unit/test_coordinates.py makes it anew from the LSOAs.
_ENGLAND_AND_WALES = """
    003000000000000000 003038000000000000 0001f8000000000000 0001fe0e0000000000 0000ffbf0000000000
    00003fff0000000000 00001fff0300000000 00000fff83e3000000 00000fffffff800000 000003fffffff8e000
    000001fffffffff800 000001ffffffffff00 000000ffffffffff00 0000003fffffffffc0 0000013fffffffffc0
    0000000f3fffffffc0 00000003ffffffffe0 00000007fffffffee0 0000007ffffffffe00 00000f7ffffffffe00
    0000fffffffffffe00 00007fffffffffff80 00003fffffffffff80 00001fffffffffffc0 00000fffffffffffe0
    000001ffffffffffe0 0000007fffffffffe0 0000001ffffffffff0 0000001ffffffffff0 0000001ffffffffff0
    0000001ffffffffff0 0000031ffffffffff0 000003dffffffffff0 000001ffffffffbfe0 000000ffffffffbf80
    0000007fffffffc000 0000007fffffffc000 000001ffffffffc000 000001ffffffffc000 000000f03fffff8000
    000000003fffff8000 000000003fffff8000 000000003fffff8000 000000003fffff0000 000000003ffffe0000
    000000001ffffe0000 000000007ffffe0000 000000007ffffe0000 00000000fffffc0000 00000000fffff80000
    00000001fffff80000 00000001fffff00000 00000001ffffc00000 00000001ffff000000 00000000fffe000000
    00000000fffe000000 000000007ffe000000 000000001ffc000000 000000000ffc000000 0000000007fc000000
    0000000003fc000000 0000000001f8000000 0000000000f8000000 0000000001f8000000 0000000001f8000000
    000000000060000000
"""

# West, south, east and north in squares.
_ISLE_OF_MAN = (21, 46, 25, 51)
_SCOTLAND_FROM = 53
_NORTH_CHANNEL = (0, 50, 19, 60)
_GALLOWAY_COAST = ((19, 50, 20, 54), (19, 58, 20, 60))
_WEST_OF_KINTYRE = (0, 60, 15, 64)


def _land() -> NDArray[np.bool_]:
    land = np.zeros((_COLUMNS, _ROWS), dtype=bool)
    land[:, _SCOTLAND_FROM:] = True
    for west, south, east, north in (_NORTH_CHANNEL, *_GALLOWAY_COAST, _WEST_OF_KINTYRE):
        land[west:east, south:north] = False
    # The North Sea off Northumberland and the land south of the border, as the LSOAs have them.
    land[40:, _SCOTLAND_FROM:65] = False
    for row, text in enumerate(_ENGLAND_AND_WALES.split()):
        bits = int(text, 16)
        land[:, row] |= [bool(bits >> (_COLUMNS - 1 - column) & 1) for column in range(_COLUMNS)]
    west, south, east, north = _ISLE_OF_MAN
    land[west:east, south:north] = True
    return land


_LAND = _land()


def on_land(easting: NDArray[np.float64], northing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points (EPSG:27700, metres) lie in a 10 km square that may hold land of Great Britain.

    The Isle of Man counts, since its addresses are written in the National Grid; Ireland does not.
    """
    held = on_a_sheet(easting, northing)
    column = (np.where(held, easting, 0) // SQUARE).astype(np.int64)
    row = (np.where(held, northing, 0) // SQUARE).astype(np.int64)
    return np.asarray(held & _LAND[column, row], dtype=bool)
