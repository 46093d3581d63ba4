"""A still picture of an order's boundary with its ring and comparison areas, for page and report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hotspot import provenance
from hotspot.decisions.places_of import COMPARISON, INSIDE, RING
from hotspot.publish.charts_parts import INK, SIMULATED
from hotspot.publish.escape import plain
from hotspot.publish.packs.releasing import DRAWN_MARKING
from hotspot.publish.release import PUBLIC, Release
from hotspot.publish.review_maps import placed_layers
from hotspot.publish.sheet import Page, own_settings, paper_of, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hotspot.decisions.review import Review

LOOKS: dict[str, dict[str, Any]] = {
    INSIDE: {"color": "#6a1b9a", "linestyle": "-", "linewidth": 2.2},
    RING: {"color": "#00594c", "linestyle": (0, (5, 3)), "linewidth": 1.6},
    COMPARISON: {"color": "#8a3b00", "linestyle": (0, (1, 2)), "linewidth": 2.0},
}
"""Colours as on the maps."""
_CALLED = {INSIDE: "Order", RING: "Ring", COMPARISON: "Comparison"}
_ROUND_M = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


def chart_places(review: Review, *, size: str = "a4", release: Release = None) -> Figure:
    """Draw the order, its ring and its comparison areas, with north up and a scale.

    Parameters
    ----------
    review
        From `review_order`.
    size
        As in the other charts.
    release
        "public" (or a `PublicRelease`) for a pack that may be handed out: outlines hold no count.

    Returns
    -------
    matplotlib.figure.Figure
        ``figure.get_label()`` describes it in words.
    """
    layers = placed_layers(review)
    names = {role: [plain(name) for name in layer["name"]] for role, layer in layers.items()}
    west, south, east, north = np.array([layer.total_bounds for layer in layers.values()]).T
    box = float(west.min()), float(south.min()), float(east.max()), float(north.max())
    paper = paper_of(size)
    simulated, opened = provenance.is_simulated(review.data), provenance.is_open(review.data)
    marking = provenance.OPEN if opened else provenance.SENSITIVE if release is None else PUBLIC
    flags = [
        *([] if marking == provenance.OPEN else [marking]),
        *([SIMULATED] if simulated else []),
    ]
    heading = f"{plain(review.order.label)}: boundary and where it is compared"
    tall = min(max((box[3] - box[1]) / (box[2] - box[0]) * paper.wide, 2.5), 5.5)
    with own_settings():
        page = Page(
            paper, heading, ["North is up. Outlines alone: no report is drawn."], flags, tall=tall, least=2.0
        )
        axes = page.axes(
            page.left + 0.1, page.bottom + 0.1, page.wide - 0.2, page.tall - 2.4 * paper.line - 0.1
        )
        axes.set_axis_on()
        axes.set_aspect("equal")
        for role, layer in layers.items():
            _outlines(axes, layer.geometry.to_numpy(), role, ", ".join(names[role]))
        reach = 0.06 * max(box[2] - box[0], box[3] - box[1])
        axes.set_xlim(box[0] - reach, box[2] + reach)
        axes.set_ylim(box[1] - 2 * reach, box[3] + reach)
        for number, shape in enumerate(layers[COMPARISON].geometry if COMPARISON in layers else []):
            point = shapely.point_on_surface(shape)
            say(
                axes,
                point.x,
                point.y,
                names[COMPARISON][number],
                fontsize=paper.small,
                ha="center",
                va="center",
            )
        _scale(axes, box, reach, paper.small)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.legend(
            fontsize=paper.small,
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=3,
            borderaxespad=0,
        )
        page.figure.set_label(_words(heading, layers, names))
        setattr(page.figure, DRAWN_MARKING, marking)
        return page.figure


def _outlines(axes: Axes, shapes: Any, role: str, names: str) -> None:
    called: str | None = _CALLED[role] if role != RING else plain(names)
    for shape in shapes:
        for part in shapely.get_parts(shape):
            for ring in (part.exterior, *part.interiors):
                line = shapely.get_coordinates(ring)
                axes.plot(
                    line[:, 0], line[:, 1], label=called, zorder=3 if role == INSIDE else 2, **LOOKS[role]
                )
                called = None


def _scale(axes: Axes, box: tuple[float, float, float, float], reach: float, small: float) -> None:
    """Draw a bar of a round length below the outlines."""
    most = (box[2] - box[0]) / 3
    length = max((each for each in _ROUND_M if each <= most), default=_ROUND_M[0])
    at = box[1] - reach
    axes.plot([box[0], box[0] + length], [at, at], color=INK, linewidth=2)
    words = f"{length:,} m" if length < 1_000 else f"{length // 1_000:,} km"
    say(axes, box[0] + length + 0.3 * reach, at, words, fontsize=small, va="center")


def _words(heading: str, layers: dict[str, Any], names: dict[str, list[str]]) -> str:
    order = shapely.union_all(layers[INSIDE].geometry.to_numpy())
    parts = [f"{heading}. The order covers {order.area / 1e6:,.2f} square kilometres."]
    if RING in layers:
        parts.append(f"Around it lies the ring ({', '.join(names[RING])}).")
    if COMPARISON not in layers:
        return " ".join([*parts, "No comparison area was named."])
    for name, shape in zip(names[COMPARISON], layers[COMPARISON].geometry, strict=True):
        way = _direction(order.centroid, shape.centroid)
        away = shapely.distance(order.centroid, shape.centroid) / 1_000
        parts.append(f"{name}, a comparison, has its middle {away:,.1f} km to the {way} of the order's.")
    return " ".join(parts)


def _direction(start: Any, end: Any) -> str:
    ways = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
    turn = np.degrees(np.arctan2(end.y - start.y, end.x - start.x))
    return ways[round(float(turn) / 45) % 8]
