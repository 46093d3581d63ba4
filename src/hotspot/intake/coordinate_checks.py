"""What points tell about themselves: swapped, outside Great Britain, far off, default, or cut off."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspot.intake import detect
from hotspot.intake.findings import Finding, RowTexts, find
from hotspot.intake.grid_reference import NO_LOCATION, OUTSIDE
from hotspot.intake.land import on_land

SWAPPED = "coordinates look swapped"
DEGREES = "degrees in metre columns"
METRES = "metres in degree columns"
EXCHANGE = "(or exchange the two columns in the mapping)"

FAR_KM = 100.0
_NEAR_METRES = 5_000.0
_NEAR_MEDIANS = 3.0
_AWAY_METRES = 25_000.0
_CUT_FEWEST = 10

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(eq=False)
class Places:
    """Distinct coordinates of a table, and which row stands where.

    Attributes
    ----------
    codes
        For each row, the position of its place.
    x, y
        Coordinates of each place; NaN where there are none.
    texts
        What stands in the file, for examples.
    problem
        A reason for each place that is none, else "".
    field
        The columns concerned.
    findings
        What was noticed so far.
    """

    codes: NDArray[np.int64]
    x: Floats
    y: Floats
    texts: NDArray[np.object_]
    problem: NDArray[np.object_]
    field: str
    findings: list[Finding]

    @property
    def sound(self) -> Flags:
        """Tell which places have no problem so far."""
        return np.asarray(self.problem == "", dtype=bool)

    def note(self, finding: str, places: Flags, *, fixed: bool = False) -> None:
        """Record a finding on some of the places, for the rows that stand there."""
        shown = RowTexts((self.texts, self.codes))
        self.findings += find(finding, places[self.codes], self.field, shown, fixed=fixed)

    def refuse(self, places: Flags, reason: str) -> None:
        """Give places a reason for which their rows are set aside."""
        self.problem[places] = reason
        self.x[places] = self.y[places] = np.nan


def settle_swaps(places: Places, *, swap: bool, geometry: bool = False) -> None:
    """Find easting and northing that look swapped; swap them if asked, else refuse those places.

    Whether a point looks swapped is asked of the file itself. Its middle is the median of the distinct
    points (mirrored, if the median lies at sea and its mirror image on land); a point is near when it is
    within three times the median distance (5 km at least), and away beyond twice that (25 km at least). A
    point that is away, and would be near if swapped, looks swapped. Where more than half of all points
    lie at sea and nine in ten would be on land if swapped, all those at sea look swapped.
    """
    looks = _swapped(places.x, places.y, places.sound)
    if swap:
        places.note(
            "easting and northing looked swapped; swapped back, as fix.swap_coordinates asks",
            looks,
            fixed=True,
        )
        places.x[looks], places.y[looks] = places.y[looks], places.x[looks]
        return
    places.note(
        "easting and northing look swapped; not placed: check them, then set fix.swap_coordinates = true "
        + ("(or export again, easting first)" if geometry else EXCHANGE),
        looks,
    )
    places.refuse(looks, SWAPPED)


def _swapped(x: Floats, y: Floats, sound: Flags) -> Flags:
    looks = np.zeros(len(x), dtype=bool)
    finite = np.flatnonzero(sound & (np.abs(x) < 1e7) & (np.abs(y) < 1e7))
    if not len(finite):
        return looks
    e, n = x[finite], y[finite]
    as_is, mirrored = on_land(e, n), on_land(n, e)
    if as_is.mean() < 0.5 and mirrored.mean() >= 0.9:
        looks[finite[~as_is & mirrored]] = True
        return looks
    east, north = float(np.median(e)), float(np.median(n))
    spread = float(np.median(np.hypot(e - east, n - north)))
    middle = np.array([east]), np.array([north])
    if not on_land(*middle)[0] and on_land(*middle[::-1])[0]:
        east, north = north, east
    near = max(_NEAR_METRES, _NEAR_MEDIANS * spread)
    away = np.hypot(e - east, n - north) > max(_AWAY_METRES, 2 * near)
    looks[finite[away & (np.hypot(n - east, e - north) <= near)]] = True
    return looks


def check_points(places: Places, *, far_km: float, whole_metres: bool) -> None:
    """Refuse points outside Great Britain; find far, crowded and cut-off ones.

    Parameters
    ----------
    places
        Easting and northing, metres, EPSG:27700.
    far_km
        Points farther than this from the median of the distinct points are found, and kept.
    whole_metres
        Whether the coordinates were written in metres, so that cut digits show.
    """
    outside = places.sound & ~on_land(places.x, places.y)
    places.note(
        "the point is outside Great Britain (no land of it within the 10 km square); not placed: check the "
        "coordinates and their order",
        outside,
    )
    places.refuse(outside, OUTSIDE)
    sound = np.flatnonzero(places.sound)
    far, _, _ = detect.far_from_rest(places.x[sound], places.y[sound], far_km * 1000)
    places.note(
        f"the point is more than {far_km:g} km from the middle of the file's points; kept: check it, or read "
        "with area=",
        _among(places, sound[far]),
    )
    _crowded(places, sound)
    if whole_metres:
        _cut_off(places, sound)


def _among(places: Places, positions: NDArray[np.int64]) -> Flags:
    flags = np.zeros(len(places.x), dtype=bool)
    flags[positions] = True
    return flags


def _crowded(places: Places, sound: NDArray[np.int64]) -> None:
    # Different text may say the same point ("400100" and "400100.0"): points are counted, not text.
    points, inverse = np.unique(
        np.column_stack([places.x[sound], places.y[sound]]), axis=0, return_inverse=True
    )
    rows = np.bincount(places.codes, minlength=len(places.x))[sound]
    counts = np.bincount(inverse.ravel(), weights=rows, minlength=len(points)).astype(np.int64)
    crowded = detect.crowded_places(counts)
    places.note(
        "one coordinate holds an implausible share of the rows: a default for addresses that were not found, "
        "or a place such as a hospital; kept: look at these rows before ranking places",
        _among(places, sound[crowded[inverse.ravel()]]) if len(sound) else _among(places, sound),
    )


def _cut_off(places: Places, sound: NDArray[np.int64]) -> None:
    x, y = places.x[sound], places.y[sound]
    # One place is one witness, however many rows stand there; a crowded default must not speak for all.
    points = np.unique(np.column_stack([x, y]), axis=0)
    whole = detect.on_whole(points[:, 0], points[:, 1], 100.0)
    if not detect.cut_off(int(whole.sum()), len(points), 100.0):
        return
    # One in a hundred whole 100 m is a whole kilometre by chance; most of them are not.
    coarse = detect.on_whole(points[whole, 0], points[whole, 1], 1000.0).mean() > 0.5
    words = "whole kilometres" if coarse else "whole 100 m"
    places.note(
        f"coordinates are cut to {words}; kept: the place is known no finer than that, so map these rows "
        "with a location_precision that says so",
        _among(places, sound[detect.on_whole(x, y, 100.0)]),
    )


_CUT_TO = (
    ("whole degrees", "111 km north-south and 68 km east-west"),
    ("one decimal", "11 km north-south and 7 km east-west"),
    ("two decimals", "1.1 km north-south and 0.7 km east-west"),
    ("three decimals", "110 m north-south and 70 m east-west"),
)
"""By the number of decimals: its words, and one step at 52.5 degrees north."""
_SIXTIETHS = re.compile(r"[^0-9.+\-eE ]")


def check_decimals(places: Places, x_texts: NDArray[np.object_], y_texts: NDArray[np.object_]) -> None:
    """Find degrees written with three decimals or fewer: 0.001 degrees are 111 m north, 68 m east at 52.5 N.

    A third decimal is the last one of a six-decimal number with chance 1 in 1,000, and the same again for
    the other coordinate; of a four-decimal number, 1 in 10.
    """
    sound = np.flatnonzero(places.sound)
    if len(sound) < _CUT_FEWEST:
        return
    digits = np.maximum(_decimals(x_texts[sound]), _decimals(y_texts[sound]))
    finest = int(min(digits.max(), 6))
    short = digits <= 3
    share = 0.01 ** max(finest - 3, 0)
    if finest <= 3 or detect.beyond_chance(int(short.sum()), len(sound), share):
        # Final zeros are not counted, so one in a hundred of such pairs shows a decimal fewer.
        words, size = _CUT_TO[int(np.bincount(digits[short]).argmax())]
        places.note(
            f"degrees are cut to {words}; kept: one step is about {size}, so the place is known no finer: map these "
            "rows with a location_precision that says so, and use no finer unit",
            _among(places, sound[short]),
        )


def _decimals(texts: NDArray[np.object_]) -> NDArray[np.int64]:
    """Count the decimals of degrees; degrees, minutes and seconds are as fine as four (31 m)."""
    written = [str(text).replace(",", ".") for text in texts]
    return np.array(
        [4 if _SIXTIETHS.search(text) else len(text.partition(".")[2].rstrip("0")) for text in written],
        dtype=np.int64,
    )


def refuse_origin(places: Places) -> None:
    """Refuse (0, 0) and (1, 1) and the like: what systems write where there are no coordinates."""
    with np.errstate(invalid="ignore"):
        origin = places.sound & (np.abs(places.x) <= 1) & (np.abs(places.y) <= 1)
    places.note("the coordinates are 0, 0: they stand for none; not placed", origin)
    places.refuse(origin, NO_LOCATION)
