"""Simulated rows in the twelve columns that data.police.uk publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hotspot.sample import plan

if TYPE_CHECKING:
    import geopandas as gpd

HEADER = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)
FORCE = "Simulated Police"
ASB = "Anti-social behaviour"

# Category: share of all rows, and how high its July stands over its January.
CATEGORIES: dict[str, tuple[float, float]] = {
    ASB: (0.22, 1.5),
    "Bicycle theft": (0.004, 1.3),
    "Burglary": (0.05, 0.9),
    "Criminal damage and arson": (0.08, 1.1),
    "Drugs": (0.025, 1.0),
    "Other crime": (0.015, 1.0),
    "Other theft": (0.05, 1.05),
    "Possession of weapons": (0.01, 1.05),
    "Public order": (0.06, 1.15),
    "Robbery": (0.02, 1.0),
    "Shoplifting": (0.07, 1.0),
    "Theft from the person": (0.006, 1.0),
    "Vehicle crime": (0.09, 0.95),
    "Violence and sexual offences": (0.30, 1.1),
}

# Outcome: share among settled months, and among the two latest ones, where most reports are still open.
_OUTCOMES: dict[str, tuple[float, float]] = {
    "Investigation complete; no suspect identified": (0.46, 0.14),
    "Unable to prosecute suspect": (0.32, 0.12),
    "Under investigation": (0.04, 0.70),
    "Awaiting court outcome": (0.05, 0.02),
    "Court result unavailable": (0.05, 0.00),
    "Local resolution": (0.03, 0.01),
    "Offender given a caution": (0.01, 0.00),
    "Formal action is not in the public interest": (0.01, 0.00),
    "Further investigation is not in the public interest": (0.01, 0.00),
    "Status update unavailable": (0.02, 0.01),
}
_RECENT_MONTHS = 2
_ROWS, _DETAILS = 4, 5


def rates(points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return relative rates, months x points x categories: weight x planted risk x season x share."""
    shares = np.array([share for share, _ in CATEGORIES.values()])
    seasons = np.array([[plan.season(m, peak) for _, peak in CATEGORIES.values()] for m in plan.MONTHS])
    risk = np.array([plan.relative_risk_at(points["easting"], points["northing"], m) for m in plan.MONTHS])
    by_point = risk * points["weight"].to_numpy()
    return np.asarray(by_point[:, :, np.newaxis] * (seasons * shares)[:, np.newaxis, :])


def make_police_rows(points: gpd.GeoDataFrame, *, seed: int = plan.SEED) -> dict[str, list[list[str]]]:
    """Draw the rows of every month.

    The total is fixed (`plan.POLICE_ROWS`); each row falls independently on a month, a map point and a
    category in proportion to `rates`. One row in a hundred then loses its place, wherever it is.

    Returns
    -------
    Month ("YYYY-MM") to rows of text in the order of `HEADER`, sorted as published files are: by LSOA name,
    map point and category, rows without a place last.
    """
    relative = rates(points)
    chosen = plan.choose(relative, plan.stream(seed, _ROWS).random(plan.POLICE_ROWS))
    month, point, category = np.unravel_index(chosen, relative.shape)
    details = plan.stream(seed, _DETAILS).random((plan.POLICE_ROWS, 2))
    unlocated = details[:, 0] < plan.UNLOCATED_SHARE
    _, lsoa_order = np.unique(points["lsoa_name"].to_numpy(dtype=str), return_inverse=True)
    order = np.lexsort((category, point, lsoa_order[point], unlocated, month))
    places = _place_fields(points)
    names = tuple(CATEGORIES)
    rows: dict[str, list[list[str]]] = {m: [] for m in plan.MONTHS}
    for i in order:
        when = plan.MONTHS[month[i]]
        name = names[category[i]]
        crime_id, outcome = ("", "") if name == ASB else (_crime_id(int(i)), _outcome(when, details[i, 1]))
        place = ["", "", "No Location", "", ""] if unlocated[i] else places[point[i]]
        rows[when].append([crime_id, when, FORCE, FORCE, *place, name, outcome, "simulated"])
    return rows


def _place_fields(points: gpd.GeoDataFrame) -> list[list[str]]:
    """Return longitude, latitude (six decimals, zeros kept), location and LSOA of each map point."""
    columns = [points[c] for c in ("longitude", "latitude", "location", "lsoa_code", "lsoa_name")]
    return [[f"{lon:.6f}", f"{lat:.6f}", *text] for lon, lat, *text in zip(*columns, strict=True)]


def _crime_id(number: int) -> str:
    """Return 64 hexadecimal digits, unique, nearly all of them zeros: no published Crime ID looks so."""
    return f"{number + 1:064x}"


def _outcome(month: str, draw: float) -> str:
    recent = month in plan.MONTHS[-_RECENT_MONTHS:]
    shares = np.array([share[recent] for share in _OUTCOMES.values()])
    return tuple(_OUTCOMES)[int(plan.choose(shares, np.array([draw]))[0])]
