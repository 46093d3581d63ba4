"""A simulated log of town-centre wardens around a simulated order, with a fall whose size is known."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hotspot.sample import plan
from hotspot.sample.council import DAY, EVENING, NIGHT, TIME_FORMAT, CaseType, off_clock_change, opened_at

if TYPE_CHECKING:
    import geopandas as gpd

HEADER = ("Log Ref", "Seen", "What", "Easting", "Northing", "Near")
MONTHS: tuple[str, ...] = tuple(f"{2022 + (i + 2) // 12}-{(i + 2) % 12 + 1:02d}" for i in range(48))
STARTS = "2025-03-10"
PLANTED_RATIO = 0.5
"""What the order multiplies street drinking by, in its area, from its first day."""
BOROUGH_FALL_FROM, BOROUGH_RATIO = "2025-06", 0.8
"""From this month all behaviour in the whole borough is multiplied by this: no order is behind it."""

# Corners in metres, EPSG:27700. All three places are made up; only the outline of Sandwell is real.
PLACES: dict[str, tuple[tuple[int, int], ...]] = {
    "Simulated Town Centre": (
        (400_050, 290_700),
        (400_650, 290_560),
        (401_020, 290_820),
        (400_930, 291_330),
        (400_420, 291_480),
        (400_060, 291_240),
    ),
    "Simulated Market Place": (
        (397_900, 288_500),
        (398_600, 288_450),
        (398_700, 289_050),
        (398_000, 289_150),
    ),
    "Simulated Station Road": (
        (399_000, 294_300),
        (399_700, 294_200),
        (399_800, 294_850),
        (399_100, 294_900),
    ),
}
ORDER_PLACE = "Simulated Town Centre"
_REST = "elsewhere"
_LOCAL_CENTRES, _LOCAL_RADIUS_M = 16, 180.0
"""Made-up local centres, where part of what is seen elsewhere gathers."""


_LOCAL_NAMES = [f"local centre {number}" for number in range(1, _LOCAL_CENTRES + 1)]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How often wardens write a kind of behaviour down, a month, in each place; and when in the day."""

    kind: CaseType
    a_month: dict[str, float]


def _of(kind: CaseType, order: float, market: float, station: float, local: float, rest: float) -> Behaviour:
    named = dict(zip([*PLACES, _REST], (order, market, station, rest), strict=True))
    return Behaviour(kind, named | dict.fromkeys(_LOCAL_NAMES, local))


BEHAVIOURS: dict[str, Behaviour] = {
    "Street drinking": _of(CaseType(1, 1.5, EVENING, 1.5, 1), 24, 17, 13, 4.0, 20),
    "Begging": _of(CaseType(1, 1.0, DAY, 0.9, 1), 8, 6, 5, 1.8, 6),
    "Rowdy behaviour": _of(CaseType(1, 1.3, NIGHT, 1.8, 1), 14, 12, 10, 3.5, 30),
    "Dog not on a lead": _of(CaseType(1, 1.1, DAY, 1.2, 1), 1, 1, 1, 0.5, 25),
}
_VARIANCE_OVER_MEAN = 1.5
# Of eight streams of random numbers that were tried this one has typical draws: the planted fall comes out near its
# size, and nothing else is told from chance. In one of the eight chance alone told a rise of begging.
_COUNTS, _ROWS = 28, 22


def planted_ratio(behaviour: str, place: str, month: str) -> float:
    """Return what the order multiplies the expected count of a month by; the month it starts in counts by days."""
    if behaviour != "Street drinking" or place != ORDER_PLACE or month < STARTS[:7]:
        return 1.0
    if month > STARTS[:7]:
        return PLANTED_RATIO
    days = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    share = (days - int(STARTS[8:]) + 1) / days
    return 1.0 - share * (1.0 - PLANTED_RATIO)


def expected(behaviour: str, place: str, month: str) -> float:
    """Return the expected count of a month: level, season, the borough's fall and the planted one."""
    law = BEHAVIOURS[behaviour]
    common = BOROUGH_RATIO if month >= BOROUGH_FALL_FROM else 1.0
    season = plan.season(month, law.kind.july_over_january)
    return law.a_month[place] * season * common * planted_ratio(behaviour, place, month)


def make_rows(points: gpd.GeoDataFrame, *, seed: int = plan.SEED) -> list[list[str]]:
    """Draw the log, sorted by time: rows of text in the order of `HEADER`.

    Counts of each behaviour, place and month are negative binomial, their variance one and a half times their
    mean. Each entry stands within 40 m of a simulated map point of its place.
    """
    where = _points_of(points)
    keys = [(what, place, month) for what in BEHAVIOURS for place in where for month in MONTHS]
    means = np.array([expected(*key) for key in keys])
    counts = _draw_counts(means, plan.stream(seed, _COUNTS).random(len(keys)))
    draws = plan.stream(seed, _ROWS).random((int(counts.sum()), 6))
    entries, row = [], 0
    east, north = points["easting"].to_numpy(), points["northing"].to_numpy()
    names = points["location"].to_numpy()
    for (what, place, month), count in zip(keys, counts, strict=True):
        for _ in range(int(count)):
            draw = draws[row]
            seen = off_clock_change(opened_at(month, BEHAVIOURS[what].kind, draw[:3]))
            at = where[place][int(draw[3] * len(where[place]))]
            shift = np.round((draw[4:] - 0.5) * 80)
            near = [f"{east[at] + shift[0]:.0f}", f"{north[at] + shift[1]:.0f}", str(names[at])]
            entries.append((seen, row, [what, *near]))
            row += 1
    entries.sort(key=lambda entry: entry[:2])
    return [
        [f"SIM-W{number:05d}", seen.strftime(TIME_FORMAT), *fields]
        for number, (seen, _, fields) in enumerate(entries, start=1)
    ]


def _draw_counts(means: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
    from scipy import stats

    size = means / (_VARIANCE_OVER_MEAN - 1.0)
    return np.asarray(stats.nbinom.ppf(draws, size, 1.0 / _VARIANCE_OVER_MEAN), dtype=np.int64)


def _points_of(points: gpd.GeoDataFrame) -> dict[str, NDArray[np.int64]]:
    """Return the positions of the map points of each place, 60 m or more within its edge, and of the rest."""
    import shapely

    at = shapely.points(points["easting"].to_numpy(float), points["northing"].to_numpy(float))
    found: dict[str, NDArray[np.int64]] = {}
    near = np.zeros(len(points), dtype=bool)
    for name, corners in PLACES.items():
        outline = shapely.Polygon(corners)
        found[name] = np.flatnonzero(shapely.contains(shapely.buffer(outline, -60.0), at))
        near |= shapely.contains(shapely.buffer(outline, 60.0), at)
    for name in _LOCAL_NAMES:
        found[name] = _local_centre(points, near)
    found[_REST] = np.flatnonzero(~near)
    return found


def _local_centre(points: gpd.GeoDataFrame, near: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the map points of the next local centre, and mark those within 500 m of it as taken."""
    open_ = np.flatnonzero(~near)
    seat = open_[len(open_) * 5 // 13]
    away = np.hypot(
        points["easting"].to_numpy(float) - float(points["easting"].iloc[seat]),
        points["northing"].to_numpy(float) - float(points["northing"].iloc[seat]),
    )
    chosen = np.flatnonzero((away <= _LOCAL_RADIUS_M) & ~near)
    near |= away <= 500.0
    return chosen
