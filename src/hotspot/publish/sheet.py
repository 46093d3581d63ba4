"""The page of a static figure: title, marking, panels to one scale, and the small print."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_INCHES = 7.5
"""An A4 page less its margins."""

_MARGIN, _GAP = 0.1, 0.12
_SMALL, _LARGE = 7.0, 10.0
_LINE = 1.35
_BAR_ROOM = 0.2
_INK, _PALE_INK, _ALARM = "#222222", "#555555", "#a8142d"


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with matplotlib's defaults whatever the user has set, and leave the user's settings as they were."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # Ids in an SVG come from this word instead of a random one.
        matplotlib.rcParams["svg.hashsalt"] = "hotspot"
        yield


def say(where: Any, x: float, y: float, text: str, **look: Any) -> None:
    """Write text from data as it is: a dollar sign in a name starts no formula."""
    where.text(x, y, text, parse_math=False, **{"fontsize": _SMALL, "color": _INK, **look})


class Sheet:
    """The page: its title, its marking, one square of room a panel, and the small print."""

    def __init__(
        self, border: Any, panels: int, title: str, small_print: list[str], flags: list[str]
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.border = border
        west, south, east, north = border.bounds
        columns = min(panels, 3)
        rows = -(-panels // columns)
        wide = (WIDTH_INCHES - 2 * _MARGIN - (columns - 1) * _GAP) / columns
        tall = wide * min(max((north - south) / (east - west), 0.4), 1.6) + _BAR_ROOM
        heads = _wrapped(title, WIDTH_INCHES - 2 * _MARGIN, _LARGE, weight="bold")
        notes = [line for text in small_print for line in _wrapped(text, WIDTH_INCHES - 2 * _MARGIN, _SMALL)]
        top = _MARGIN + (len(flags) * _LARGE + len(heads) * _LARGE) * _LINE / 72 + 0.04
        label = 3 * _SMALL * _LINE / 72
        bottom = _MARGIN + len(notes) * _SMALL * _LINE / 72
        height = top + rows * (tall + label + _GAP) + bottom
        self.height, self.wide = height, wide
        self.figure = Figure(figsize=(WIDTH_INCHES, height))
        FigureCanvasAgg(self.figure)
        self._write(height, flags, heads, notes)
        self.panels: list[Axes] = []
        for number in range(panels):
            row, column = divmod(number, columns)
            x = _MARGIN + column * (wide + _GAP)
            y = height - top - (row + 1) * (tall + label) - row * _GAP
            axes = self.figure.add_axes((x / WIDTH_INCHES, y / height, wide / WIDTH_INCHES, tall / height))
            axes.set_axis_off()
            self.panels.append(axes)

    def _write(self, height: float, flags: list[str], heads: list[str], notes: list[str]) -> None:
        x, y = _MARGIN / WIDTH_INCHES, height - _MARGIN
        for color, lines in ((_ALARM, flags), (_INK, heads)):
            for line in lines:
                say(self.figure, x, y / height, line, fontsize=_LARGE, weight="bold", color=color, va="top")
                y -= _LARGE * _LINE / 72
        for number, line in enumerate(reversed(notes)):
            level = (_MARGIN + number * _SMALL * _LINE / 72) / height
            say(self.figure, x, level, line, color=_PALE_INK, va="bottom")

    def map(self, axes: Axes, heading: str) -> None:
        """Draw the boundary, the scale bar and the heading of one panel."""
        west, south, east, north = self.border.bounds
        room = 0.02 * max(east - west, north - south)
        inches = axes.get_position().height * self.height
        # The scale bar stands under the area, where no cell is.
        under = (north - south + 2 * room) * _BAR_ROOM / (inches - _BAR_ROOM)
        axes.set_aspect("equal", anchor="N")
        axes.set_xlim(west - room, east + room)
        axes.set_ylim(south - room - under, north + room)
        for ring in _rings(self.border):
            axes.plot(ring[:, 0], ring[:, 1], color="#4a4a4a", linewidth=0.7, zorder=3)
        length, level = _bar_length(east - west), south - room - 0.75 * under
        axes.plot([west, west + length], [level, level], color=_INK, linewidth=1.6, solid_capstyle="butt")
        words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        say(axes, west + length + room, level, words, va="center")
        say(axes, 0.0, 1.01, heading, transform=axes.transAxes, va="bottom", linespacing=_LINE)

    def points_across(self, metres: float) -> float:
        """Return how many points of the page a length on the ground is."""
        west, _, east, _ = self.border.bounds
        return float(72 * self.wide * metres / (east - west))


def _rings(shape: Any) -> list[NDArray[np.float64]]:
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [shapely.get_coordinates(ring) for ring in rings]


def _bar_length(width: float) -> float:
    """Return a round length between a tenth and a quarter of the width."""
    power = 10.0 ** np.floor(np.log10(width / 4.0))
    return float(max(step * power for step in (1, 2, 5) if step * power <= width / 4.0))


def _wrapped(text: str, inches: float, size: float, *, weight: str = "normal") -> list[str]:
    """Break text into lines that fit a width, by the font's own measure."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size, weight=weight)
    letters = int(inches * 72 / (0.5 * size))
    while True:
        lines = textwrap.wrap(text, width=letters) or [""]
        widest = max(
            text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in lines
        )
        if widest <= 72 * inches or letters < 10:
            return lines
        letters = max(int(letters * min(0.95, 72 * inches / widest)), 9)
