"""Numbered locations on a static map: placed so that no number hides another, and listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.geography.incidents import point_coordinates
from hotspot.publish.charts_parts import INK, MapPanel, Row
from hotspot.publish.escape import MISSING, is_missing, plain
from hotspot.publish.sheet import say

_LONGEST_NAME = 42
_DIRECTIONS = np.deg2rad([45, 135, 315, 225, 0, 180, 90, 270, 22, 158, 338, 202])


@dataclass(frozen=True)
class Numbered:
    """Locations to draw: where, under which number, and what is said of them."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    numbers: list[int]
    rows: list[Row]
    notes: list[str]
    told: str


def numbered(locations: gpd.GeoDataFrame, crs: Any, *, limit: int) -> Numbered:
    """Choose the locations with the lowest numbers, and say what is listed of them."""
    from hotspot.publish.maps.checks import POINTS, checked_frame, require_any
    from hotspot.publish.maps.locations import _numbers

    if isinstance(limit, bool) or not isinstance(limit, int | np.integer) or not 1 <= limit <= 60:
        raise InputError(f"limit={limit!r} must be a whole number from 1 to 60, what a page can number")
    require_any(locations, ["number", "rank"], what="locations")
    require_any(locations, ["incidents"], what="locations")
    numbers = _numbers(checked_frame(locations, what="locations", kinds=POINTS))
    order = np.argsort(numbers, kind="stable")[:limit]
    drawn = locations.iloc[order]
    x, y = point_coordinates(drawn, crs)
    names = [_name(row) for row in drawn.drop(columns=drawn.geometry.name).to_dict(orient="records")]
    counts = pd.to_numeric(drawn["incidents"]).to_numpy(dtype=float)
    listed = [
        Row("", name, None if np.isnan(count) else int(count), str(number))
        for number, name, count in zip(numbers[order].tolist(), names, counts.tolist(), strict=True)
    ]
    part = f"{len(drawn):,} of {len(locations):,} repeat locations are numbered, lowest numbers first."
    each = "; ".join(
        f"{row.mark}. {row.words}" + ("" if row.count is None else f": {row.count:,} incidents")
        for row in listed
    )
    return Numbered(
        x,
        y,
        numbers[order].tolist(),
        [Row(None, "Repeat locations, and reported incidents at each"), *listed],
        [part] if len(drawn) < len(locations) else [],
        f"Numbered are {len(drawn):,} of {len(locations):,} repeat locations: {each}.",
    )


def _name(values: dict[Any, Any]) -> str:
    name = values.get("location")
    if is_missing(name):
        name = values.get("location_id")
    return plain(MISSING if is_missing(name) else name, limit=_LONGEST_NAME)


def draw_numbers(panel: MapPanel, places: Numbered) -> None:
    """Draw a dot at each place, and its number beside it with a line where it had to move away."""
    small = panel.page.paper.small
    axes = panel.axes
    metre = 72 * panel.scale
    at = np.column_stack([places.x, places.y]) * metre
    west, east = (value * metre for value in axes.get_xlim())
    south, north = (value * metre for value in axes.get_ylim())
    # A number may cover a hot or cold cell only where there is no other place for it.
    cells = np.column_stack([panel.marked * metre, np.full(len(panel.marked), 1.0)])
    taken = np.vstack([np.column_stack([at, np.full(len(at), 0.35 * small)]), cells])
    dots: dict[str, Any] = {"markersize": 0.55 * small, "markeredgewidth": 0.8, "markeredgecolor": "#ffffff"}
    axes.plot(places.x, places.y, "o", color=INK, linestyle="none", zorder=7, **dots)
    for (x, y), number in zip(at.tolist(), places.numbers, strict=True):
        reach = 0.62 * small * (1.0 + 0.28 * (len(str(number)) - 1)) + 1.0
        spot = _free(x, y, reach, taken, (west, south, east, north), small)
        taken = np.vstack([taken, [*spot, reach]])
        to = (spot[0] / metre, spot[1] / metre)
        axes.plot([x / metre, to[0]], [y / metre, to[1]], color=INK, linewidth=0.7, zorder=6)
        ring = {"boxstyle": "circle,pad=0.18", "facecolor": "#ffffff", "edgecolor": INK, "linewidth": 0.7}
        look: dict[str, Any] = {
            "fontsize": small,
            "weight": "bold",
            "ha": "center",
            "va": "center",
            "zorder": 8,
        }
        say(axes, *to, str(number), bbox=ring, **look)


def _free(
    x: float,
    y: float,
    reach: float,
    taken: NDArray[np.float64],
    frame: tuple[float, float, float, float],
    small: float,
) -> tuple[float, float]:
    """Return the nearest spot, in points, at which a number hides no dot and no other number."""
    west, south, east, north = frame
    best, least = (x, y), np.inf
    for far in (1.3, 1.9, 2.6, 3.5, 4.6, 6.0):
        for angle in _DIRECTIONS.tolist():
            spot = (x + far * small * np.cos(angle), y + far * small * np.sin(angle))
            if not (west + reach <= spot[0] <= east - reach and south + reach <= spot[1] <= north - reach):
                continue
            apart = np.hypot(spot[0] - taken[:, 0], spot[1] - taken[:, 1])
            over = float(np.maximum(reach + taken[:, 2] - apart, 0.0).sum())
            if over == 0:
                return spot
            if over < least:
                best, least = spot, over
    return best
