"""The planted truth of the simulated incidents: every number that the generator follows.

Nothing here was fitted to any statistic: the centres of the clusters were placed first (at random, 1,500 m
or more apart, 400 m or more inside the outline), and kinds and relative risks were dealt to them in the
order below. Baseline weights are independent from place to place, so no area is hot except the planted
discs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["steady", "new", "fading", "summer"]

SEED = 20_240_301
MONTHS: tuple[str, ...] = tuple(f"{2024 + i // 12}-{i % 12 + 1:02d}" for i in range(2, 26))

POINT_COUNT = 4_300
# Map points are never nearer to each other than this (metres); at this count the median distance to the
# nearest neighbour comes out at about 100 m, as measured on data.police.uk's map points in Sandwell (99 m).
POINT_SPACING = 85
POINT_WEIGHT_SHAPE = 4
POLICE_ROWS = 20_000
UNLOCATED_SHARE = 0.01

PREMISES_COUNT = 2_500
CASE_ROWS = 4_000
# Pareto tail of the premises' weights: a few addresses come back again and again. The cap keeps any one of
# them from outweighing a planted disc.
PREMISES_TAIL = 1.3
PREMISES_WEIGHT_CAP = 40.0

CLUSTER_RADIUS_M = 300.0
NEW_FROM = MONTHS.index("2025-09")
FADING_FOR = 12
SUMMER = ("06", "07", "08")


@dataclass(frozen=True, slots=True)
class PlantedCluster:
    """A disc within which the rate of every point is multiplied while the cluster is active.

    Attributes
    ----------
    name : kind and relative risk, such as "fading-3".
    kind : "steady" (all 24 months), "new" (2025-09 on), "fading" (2024-03 to 2025-02, the excess falling
        in a straight line to nothing in 2025-03) or "summer" (June to August of both years).
    relative_risk : the multiplier at its highest.
    easting, northing : the centre, EPSG:27700, metres.
    radius_m : metres; a point at exactly this distance is inside.
    months : the active months, "YYYY-MM".
    """

    name: str
    kind: Kind
    relative_risk: float
    easting: float
    northing: float
    radius_m: float
    months: tuple[str, ...]

    def multiplier(self, month: str) -> float:
        """Return what the rate inside the disc is multiplied by in a month; 1 where it is not active."""
        if month not in self.months:
            return 1.0
        if self.kind != "fading":
            return self.relative_risk
        return 1.0 + (self.relative_risk - 1.0) * (FADING_FOR - self.months.index(month)) / FADING_FOR

    def mean_relative_risk(self, months: Sequence[str], weights: Sequence[float] | None = None) -> float:
        """Return the mean multiplier over the months given.

        `weights` (one a month, for instance the seasonal factors of a category) makes it the ratio of
        expected counts inside and outside for that category; without it every month counts alike.
        """
        if not months:
            raise ValueError("no months were given; give at least one, such as '2025-09'")
        shares = [1.0] * len(months) if weights is None else list(weights)
        pairs = zip(months, shares, strict=True)
        return math.fsum(self.multiplier(m) * w for m, w in pairs) / math.fsum(shares)

    def contains(self, easting: ArrayLike, northing: ArrayLike) -> NDArray[np.bool_]:
        """Return which of the coordinates (EPSG:27700) lie inside the disc."""
        away = np.hypot(
            np.asarray(easting, float) - self.easting, np.asarray(northing, float) - self.northing
        )
        return np.asarray(away <= self.radius_m)


def _active(kind: Kind) -> tuple[str, ...]:
    if kind == "new":
        return MONTHS[NEW_FROM:]
    if kind == "fading":
        return MONTHS[:FADING_FOR]
    if kind == "summer":
        return tuple(m for m in MONTHS if m[-2:] in SUMMER)
    return MONTHS


_PLACED: tuple[tuple[Kind, float, float, float], ...] = (
    ("steady", 2, 401_400, 287_600),
    ("steady", 3, 397_500, 294_150),
    ("steady", 5, 398_000, 287_100),
    ("new", 2, 400_450, 292_100),
    ("new", 3, 400_550, 288_850),
    ("new", 5, 396_450, 288_300),
    ("fading", 2, 402_800, 288_200),
    ("fading", 3, 399_150, 288_150),
    ("fading", 5, 399_150, 296_000),
    ("summer", 2, 396_850, 291_600),
    ("summer", 3, 397_750, 289_950),
    ("summer", 5, 401_800, 290_300),
)

CLUSTERS: tuple[PlantedCluster, ...] = tuple(
    PlantedCluster(f"{kind}-{risk:g}", kind, float(risk), easting, northing, CLUSTER_RADIUS_M, _active(kind))
    for kind, risk, easting, northing in _PLACED
)


def relative_risk_at(easting: ArrayLike, northing: ArrayLike, month: str) -> NDArray[np.float64]:
    """Return the planted multiplier at coordinates (EPSG:27700) in a month ("YYYY-MM"); 1 elsewhere."""
    risk = np.ones(np.broadcast(np.asarray(easting), np.asarray(northing)).shape)
    for cluster in CLUSTERS:
        risk[cluster.contains(easting, northing)] *= cluster.multiplier(month)
    return risk


def season(month: str, july_over_january: float) -> float:
    """Return a month's factor on a smooth year that peaks in July at the given multiple of January."""
    swing = (july_over_january - 1.0) / (july_over_january + 1.0)
    return 1.0 + swing * math.cos(2.0 * math.pi * (int(month[-2:]) - 7) / 12.0)


def stream(seed: int, number: int) -> np.random.Generator:
    """Return the generator of one step, so that a change in one step leaves the draws of the others alone.

    Only `.random()` is called on it, because numpy promises the bits of PCG64 but not those of its
    distributions.
    """
    return np.random.Generator(np.random.PCG64([seed, number]))


def choose(rates: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return, for uniform draws in [0, 1), indices chosen in proportion to the rates (flattened)."""
    total = np.cumsum(rates.ravel())
    chosen = np.searchsorted(total, draws * total[-1], side="right")
    return np.asarray(np.minimum(chosen, rates.size - 1), dtype=np.int64)
