"""Coordinates of any partner's file to points in the British National Grid, with every doubt said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.projection import to_easting_northing
from hotspot.intake.cells import Cells, cells_of, column_of
from hotspot.intake.coordinate_checks import (
    DEGREES,
    EXCHANGE,
    FAR_KM,
    METRES,
    SWAPPED,
    Places,
    check_decimals,
    check_points,
    refuse_origin,
    settle_swaps,
)
from hotspot.intake.findings import Finding
from hotspot.intake.grid_reference import NO_LOCATION, OUTSIDE, UNREADABLE, parse_grid_reference
from hotspot.intake.lookup import look_up
from hotspot.intake.mapping import LookupSpec

__all__ = [
    "DEGREES",
    "METRES",
    "NOT_IN_LOOKUP",
    "NO_LOCATION",
    "OUTSIDE",
    "SWAPPED",
    "UNREADABLE",
    "CoordinateColumns",
    "Located",
    "LookupSpec",
    "parse_grid_reference",
    "read_coordinates",
]

NOT_IN_LOOKUP = "not in the lookup table"

# Great Britain with a margin, in degrees; the two ranges do not meet, so swapped degrees are certain.
LON_RANGE, LAT_RANGE = (-9.5, 2.5), (49.0, 61.5)
# The same box in metres of Web Mercator (EPSG:3857), which web maps export.
_MERCATOR_X, _MERCATOR_Y = (-1_060_000.0, 280_000.0), (6_270_000.0, 8_750_000.0)
_ORIGIN_METRES = 200.0

_PLAIN = re.compile(r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$")
_GROUPED = re.compile(r"^[+-]?[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?$")
_ANGLE = re.compile(
    r"^([+-]?[0-9]{1,3}(?:\.[0-9]+)?)[°d ]?(?: *([0-9]{1,2}(?:\.[0-9]+)?)['′])?"
    r"(?: *([0-9]{1,2}(?:\.[0-9]+)?)(?:\"|″|''))? *([NSEW])?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CoordinateColumns:
    """Where a table keeps its coordinates: one of the four ways, and what may be repaired.

    Attributes
    ----------
    easting, northing
        Columns of metres, EPSG:27700.
    lon, lat
        Columns of degrees, WGS 84.
    grid_reference
        Column of OS grid references.
    lookup
        A table from keys to coordinates.
    swap
        Exchange coordinates that look swapped.
    degrees_in_metre_columns
        Convert degrees that stand in columns of metres.
    far_km
        Points farther than this from the middle of the file's points are found.
    geometry
        Whether the columns stand for a file's own geometry: then there are none to map or to exchange.
    """

    easting: str | None = None
    northing: str | None = None
    lon: str | None = None
    lat: str | None = None
    grid_reference: str | None = None
    lookup: LookupSpec | None = None
    swap: bool = False
    degrees_in_metre_columns: bool = False
    far_km: float = FAR_KM
    geometry: bool = False


@dataclass(frozen=True, eq=False)
class Located:
    """A point or a reason for each row.

    Attributes
    ----------
    easting, northing
        Metres, EPSG:27700; NaN where there is a problem.
    problem
        "" or why the row has no point.
    field, value
        The columns that the coordinates stand in, and their text.
    findings
        What a person should look at.
    precision_m
        Side of the square that a grid reference names, metres; None when there are no grid references.
    """

    easting: NDArray[np.float64]
    northing: NDArray[np.float64]
    problem: NDArray[np.object_]
    field: NDArray[np.object_]
    value: NDArray[np.object_]
    findings: list[Finding]
    precision_m: NDArray[np.float64] | None = None


def read_coordinates(table: pd.DataFrame, columns: CoordinateColumns, *, base: Path | None = None) -> Located:
    """Turn a table's coordinates into points, each distinct pair once.

    Parameters
    ----------
    table
        The rows; not changed.
    columns
        Which columns hold the coordinates, and what may be repaired.
    base
        Folder from which a lookup table's relative path counts.

    Raises
    ------
    InputError
        If not exactly one way is given, a column is missing, or a lookup table is unusable.

    Notes
    -----
    Coordinates that look swapped, and degrees in columns of metres, are put in no place unless their fix
    is asked for: a point in the wrong place is worse than a row that waits for its repair.
    """
    _one_way(columns)
    if columns.grid_reference:
        return _from_references(table, columns)
    if columns.lookup is not None:
        return _from_lookup(table, columns, columns.lookup, base)
    metres = bool(columns.easting)
    names = (columns.easting, columns.northing) if metres else (columns.lon, columns.lat)
    x, y = (cells_of(column_of(table, str(name))) for name in names)
    field = f"{names[0]}, {names[1]}"
    places, texts = _pairs(x, y, field, degrees=not metres)
    return _settle(places, texts, columns, metres=metres)


def _one_way(columns: CoordinateColumns) -> None:
    ways = {
        "easting and northing": (columns.easting, columns.northing),
        "lon and lat": (columns.lon, columns.lat),
        "grid_reference": (columns.grid_reference,),
        "lookup": (columns.lookup,),
    }
    given = [way for way, names in ways.items() if any(names)]
    half = [way for way, names in ways.items() if any(names) and not all(names)]
    if len(given) != 1 or half:
        seen = ", ".join(given) or "none"
        raise InputError(
            "coordinates need exactly one of easting and northing, lon and lat, grid_reference, lookup; "
            f"given: {seen}{' (only one of the two columns)' if half else ''}"
        )


def _distinct(x: NDArray[np.int64], y: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each row the number of its pair, and for each pair the first row that has it."""
    width = int(y.max(initial=0)) + 2
    codes, pairs = pd.factorize((x.astype(np.int64) + 1) * width + y + 1)
    first = np.empty(len(pairs), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return codes.astype(np.int64), first


def _pairs(
    x: Cells, y: Cells, field: str, *, degrees: bool
) -> tuple[Places, tuple[NDArray[np.object_], NDArray[np.object_]]]:
    codes, first = _distinct(x.codes, y.codes)
    i, j = x.codes[first], y.codes[first]
    a, b = _numbers(x.texts, degrees)[i], _numbers(y.texts, degrees)[j]
    shown = np.empty(len(first), dtype=object)
    shown[:] = [f"{p or '(blank)'}, {q or '(blank)'}" for p, q in zip(x.shown[i], y.shown[j], strict=True)]
    problem = np.full(len(first), "", dtype=object)
    places = Places(codes, a, b, shown, problem, field, [])
    blank = (x.texts == "")[i] | (y.texts == "")[j]
    places.refuse(np.isnan(a) | np.isnan(b), UNREADABLE)
    places.refuse(np.asarray(blank, dtype=bool), NO_LOCATION)
    return places, (x.texts[i], y.texts[j])


def _numbers(texts: NDArray[np.object_], degrees: bool) -> NDArray[np.float64]:
    numbers = np.array([_number(text, degrees) for text in texts], dtype=float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


# A minus sign and narrow spaces as word processors and web pages set them.
_TYPOGRAPHIC = {0x2212: "-", 0x2013: "-", 0x202F: " ", 0x2009: " ", 0xA0: " "}


def _number(text: str, degrees: bool) -> float:
    text = text.translate(_TYPOGRAPHIC).lstrip("'").strip()
    if _PLAIN.match(text):
        return float(text)
    if not text:
        return float("nan")
    if _GROUPED.match(text) and not (degrees and "," in text):
        return float(text.replace(",", "").replace(" ", ""))
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if _PLAIN.match(plain):
        return float(plain)
    if not degrees and plain[-1:] in "mM" and _PLAIN.match(plain[:-1].strip()):
        return float(plain[:-1])
    angle = _ANGLE.match(plain) if degrees else None
    if angle is None:
        return float("nan")
    whole, minutes, seconds, side = angle.groups()
    size = abs(float(whole)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return -size if whole.startswith("-") or (side or "").upper() in ("S", "W") else size


def _within(values: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= span[0]) & (values <= span[1]), dtype=bool)


def _settle(
    places: Places,
    texts: tuple[NDArray[np.object_], NDArray[np.object_]],
    columns: CoordinateColumns,
    *,
    metres: bool,
) -> Located:
    """Find out what the numbers are, convert degrees, and check the points."""
    refuse_origin(places)
    if metres:
        _degrees_in_metres(places, columns)
    else:
        _degrees(places, columns)
    _default_points(places)
    if metres:
        settle_swaps(places, swap=columns.swap, geometry=columns.geometry)
    else:
        check_decimals(places, *texts)
    check_points(places, far_km=columns.far_km, whole_metres=metres)
    return _located(places)


def _degrees_in_metres(places: Places, columns: CoordinateColumns) -> None:
    _mercator(places)
    x, y = places.x, places.y
    straight = places.sound & _within(x, LON_RANGE) & _within(y, LAT_RANGE)
    turned = places.sound & _within(y, LON_RANGE) & _within(x, LAT_RANGE)
    degrees = straight | turned
    if not columns.degrees_in_metre_columns:
        where = "in columns of metres" if not columns.geometry else "where the file says metres"
        other = (
            "map the columns as lon and lat" if not columns.geometry else "export the file again as EPSG:4326"
        )
        places.note(
            f"degrees stand {where}; not placed: check them, then set fix.degrees_in_metre_columns = true (or "
            f"{other})",
            degrees,
        )
        places.refuse(degrees, DEGREES)
        return
    places.note(
        "degrees stood in columns of metres; converted, as fix.degrees_in_metre_columns asks",
        degrees,
        fixed=True,
    )
    # Longitudes and latitudes of Great Britain share no value, so which is which is certain.
    lon, lat = np.where(turned, y, x)[degrees], np.where(turned, x, y)[degrees]
    places.x[degrees], places.y[degrees] = to_easting_northing(lon, lat)


def _degrees(places: Places, columns: CoordinateColumns) -> None:
    _mercator(places)
    x, y = places.x, places.y
    metres = places.sound & (np.maximum(np.abs(x), np.abs(y)) > 180)
    places.note(
        "metres stand where the file says degrees; not placed: correct its coordinate reference system, or export "
        "it as longitude and latitude (GeoJSON knows nothing else)"
        if columns.geometry
        else "metres stand in columns of degrees; not placed: map the columns as easting and northing",
        metres,
    )
    places.refuse(metres, METRES)
    turned = places.sound & _within(y, LON_RANGE) & _within(x, LAT_RANGE)
    if columns.swap:
        places.note(
            "longitude and latitude were swapped; swapped back, as fix.swap_coordinates asks",
            turned,
            fixed=True,
        )
        x[turned], y[turned] = y[turned], x[turned]
    else:
        places.note(
            "longitude and latitude are swapped; not placed: check them, then set fix.swap_coordinates = true "
            + ("(or export again, longitude first)" if columns.geometry else EXCHANGE),
            turned,
        )
        places.refuse(turned, SWAPPED)
    inside = places.sound & _within(x, LON_RANGE) & _within(y, LAT_RANGE)
    # Degrees elsewhere on the globe may be beyond what the projection can reach: they are refused below.
    elsewhere = places.sound & ~inside
    x[inside], y[inside] = to_easting_northing(x[inside], y[inside])
    x[elsewhere] = y[elsewhere] = np.inf


def _mercator(places: Places) -> None:
    mercator = places.sound & _within(places.x, _MERCATOR_X) & _within(places.y, _MERCATOR_Y)
    places.note(
        "the coordinates look like metres of Web Mercator (EPSG:3857); not placed: export them as British "
        "National Grid or WGS 84",
        mercator,
    )
    places.refuse(mercator, OUTSIDE)


def _default_points(places: Places) -> None:
    """Refuse points that are an origin in disguise: 0, 0 of one system converted to another."""
    for name, east, north in _disguised_origins():
        with np.errstate(invalid="ignore"):
            here = places.sound & (np.hypot(places.x - east, places.y - north) <= _ORIGIN_METRES)
        places.note(f"the coordinates are those of {name}: they stand for none; not placed", here)
        places.refuse(here, NO_LOCATION)


def _disguised_origins() -> list[tuple[str, float, float]]:
    lon, lat = to_easting_northing(0.0, 0.0)
    return [
        ("the false origin of the National Grid (0, 0)", 0.0, 0.0),
        ("the true origin of the National Grid (2 W, 49 N)", 400_000.0, -100_000.0),
        ("longitude 0, latitude 0", float(lon), float(lat)),
    ]


def _from_references(table: pd.DataFrame, columns: CoordinateColumns) -> Located:
    name = str(columns.grid_reference)
    cells = cells_of(column_of(table, name))
    east, north, side, problem = parse_grid_reference(cells.texts)
    places = Places(cells.codes, east, north, cells.shown, problem, name, [])
    places.note(
        "the grid reference names a 100 km square outside Great Britain; not placed: check its two letters",
        np.asarray(problem == OUTSIDE, dtype=bool),
    )
    coarse = places.sound & (side > 100)
    places.note(
        "the grid reference has four digits or fewer: it names a square of 1 km or more; kept at its centre, "
        "known to that square only",
        coarse,
    )
    check_points(places, far_km=columns.far_km, whole_metres=False)
    side = np.where(places.sound, side, np.nan)
    return _located(places, precision=side)


def _from_lookup(
    table: pd.DataFrame, columns: CoordinateColumns, spec: LookupSpec, base: Path | None
) -> Located:
    keys = cells_of(column_of(table, spec.key))
    found = look_up(spec, keys.texts, base)
    metres = bool(spec.easting)
    x, y = (cells_of(pd.Series(values, dtype=object)) for values in (found.x, found.y))
    places, texts = _pairs(x, y, spec.key, degrees=not metres)
    # The pairs are those of distinct keys; the rows are reached through the keys.
    pair_of_key = places.codes
    places.codes = np.arange(len(keys.texts))[keys.codes]
    for part in ("x", "y", "problem"):
        setattr(places, part, getattr(places, part)[pair_of_key])
    places.texts = keys.shown
    texts = texts[0][pair_of_key], texts[1][pair_of_key]
    places.refuse(~found.known, NOT_IN_LOOKUP)
    places.refuse(np.asarray(keys.texts == "", dtype=bool), NO_LOCATION)
    _unmatched(places, keys)
    return _settle(places, texts, columns, metres=metres)


def _unmatched(places: Places, keys: Cells) -> None:
    missing = np.asarray(places.problem == NOT_IN_LOOKUP, dtype=bool)
    spoilt = np.array([bool(re.match(r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$", text)) for text in keys.texts])
    places.note(
        "the key was turned into a number such as 1.0E+11 by a spreadsheet and has lost digits; not placed: "
        "export it again as text",
        missing & spoilt,
    )
    places.note(
        "the key is not in the lookup table; not placed: check its spelling, or use a newer table",
        missing & ~spoilt,
    )


def _located(places: Places, precision: NDArray[np.float64] | None = None) -> Located:
    field = np.full(len(places.codes), places.field, dtype=object)
    return Located(
        easting=places.x[places.codes],
        northing=places.y[places.codes],
        problem=places.problem[places.codes],
        field=field,
        value=places.texts[places.codes],
        findings=places.findings,
        precision_m=None if precision is None else precision[places.codes],
    )
