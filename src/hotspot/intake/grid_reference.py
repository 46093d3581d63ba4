"""Ordnance Survey grid references to eastings and northings.

The National Grid: 500 km squares lettered A to Z without I, row by row from the north west, each parted
into 25 squares of 100 km by the same letters; then as many digits of easting as of northing. Source:
Ordnance Survey, "A guide to coordinate systems in Great Britain", section 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hotspot.intake.cells import BLANK_WORDS

NO_LOCATION = "no location"
UNREADABLE = "unreadable coordinates"
OUTSIDE = "coordinates outside Great Britain"

SHEETS = frozenset(
    first + second
    for first, seconds in {
        "H": "PTUWXYZ",
        "N": "ABCDFGHJKLMNORSTUWXYZ",
        "O": "V",
        "S": "CDEHJKMNOPRSTUVWXYZ",
        "T": "AFGLMQRV",
    }.items()
    for second in seconds
)
"""The 100 km squares that hold land of Great Britain or the Isle of Man."""

SHEET_METRES = 100_000
EASTINGS, NORTHINGS = 700_000, 1_300_000
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_REFERENCE = re.compile(r"^([A-Z])([A-Z])([0-9 ]*)$")
_PAIR = re.compile(r"^([0-9]{5,6}(?:\.[0-9]+)?)[ ,]+([0-9]{5,7}(?:\.[0-9]+)?)$")
_MARKS = str.maketrans(dict.fromkeys(",/:;-\t\n\r\N{NO-BREAK SPACE}", " "))


def sheet_corner(letters: str) -> tuple[int, int] | None:
    """Return easting and northing of the south-west corner of a 100 km square; None if there is none.

    Squares of the whole lettering have a corner, those outside Great Britain too; I is no letter of it.
    """
    if len(letters) != 2 or any(letter not in _LETTERS for letter in letters):
        return None
    first, second = (_LETTERS.index(letter) for letter in letters)
    # The false origin is the south-west corner of S: two 500 km squares east, one north of the lettering's.
    east = (first % 5 - 2) * 5 + second % 5
    north = (3 - first // 5) * 5 + (4 - second // 5)
    return east * SHEET_METRES, north * SHEET_METRES


def _sheet_table() -> NDArray[np.bool_]:
    table = np.zeros((EASTINGS // SHEET_METRES, NORTHINGS // SHEET_METRES), dtype=bool)
    for letters in SHEETS:
        corner = sheet_corner(letters)
        if corner is not None:
            table[corner[0] // SHEET_METRES, corner[1] // SHEET_METRES] = True
    return table


_ON_SHEET = _sheet_table()


def on_a_sheet(easting: NDArray[np.float64], northing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points (EPSG:27700, metres) lie in a 100 km square that holds land of Great Britain."""
    with np.errstate(invalid="ignore"):
        held = (easting >= 0) & (easting < EASTINGS) & (northing >= 0) & (northing < NORTHINGS)
    held &= np.isfinite(easting) & np.isfinite(northing)
    column = np.where(held, easting, 0) // SHEET_METRES
    row = np.where(held, northing, 0) // SHEET_METRES
    return np.asarray(held & _ON_SHEET[column.astype(np.int64), row.astype(np.int64)], dtype=bool)


def parse_grid_reference(
    texts: Iterable[object],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.object_]]:
    """Turn OS grid references into points.

    Parameters
    ----------
    texts
        Such as ``SP 0012 9134``, ``SP00129134``, ``sp 001 913`` or ``SP0091``: two letters and 2, 4, 6, 8 or
        10 digits, in any case, with spaces, commas, hyphens, colons or slashes anywhere between. A pair of
        full numbers (``400120, 291340``) is read as easting and northing.

    Returns
    -------
    easting, northing
        Metres, EPSG:27700: the **centre** of the square that the reference names; NaN where there is none.
        A reference cuts digits off, so its south-west corner would move every place by half a square.
    precision_m
        The side of that square: 10 km for 2 digits, 1 m for 10; NaN where there is none.
    problem
        "" or "no location", "unreadable coordinates", "coordinates outside Great Britain".
    """
    read = [_parse_one(text) for text in texts]
    numbers = np.array([row[:3] for row in read], dtype=float).reshape(-1, 3)
    problem = np.empty(len(read), dtype=object)
    problem[:] = [row[3] for row in read]
    return numbers[:, 0], numbers[:, 1], numbers[:, 2], problem


_Read = tuple[float, float, float, str]
_NAN = float("nan")


def _parse_one(value: object) -> _Read:
    text = value if isinstance(value, str) else str(value)
    if text.strip().casefold() in BLANK_WORDS:
        return _NAN, _NAN, _NAN, NO_LOCATION
    text = text.translate(_MARKS).strip()
    pair = _PAIR.match(text)
    if pair:
        return _checked(float(pair[1]), float(pair[2]), 1.0)
    match = _REFERENCE.match(text.upper().replace(" ", "", 1) if text[1:2] == " " else text.upper())
    groups = match[3].split() if match else []
    digits = "".join(groups)
    # Where spaces part the digits, one of them must part easting from northing: "SP 001 2913" is neither.
    parted = {len("".join(groups[:count])) for count in range(len(groups) + 1)}
    uneven = len(groups) > 1 and len(digits) / 2 not in parted
    if match is None or not 2 <= len(digits) <= 10 or len(digits) % 2 or uneven:
        return _NAN, _NAN, _NAN, UNREADABLE
    corner = sheet_corner(match[1] + match[2])
    if corner is None:
        return _NAN, _NAN, _NAN, UNREADABLE
    half = len(digits) // 2
    side = 10.0 ** (5 - half)
    east = corner[0] + int(digits[:half]) * side + side / 2
    north = corner[1] + int(digits[half:]) * side + side / 2
    if match[1] + match[2] not in SHEETS:
        return _NAN, _NAN, _NAN, OUTSIDE
    return east, north, side, ""


def _checked(east: float, north: float, side: float) -> _Read:
    if not bool(on_a_sheet(np.array([east]), np.array([north]))[0]):
        return _NAN, _NAN, _NAN, OUTSIDE
    return east, north, side, ""
