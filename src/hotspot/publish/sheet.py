"""The page of a static figure: its size, title, marking, room for the drawing, and the small print."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_INCHES = 7.5
"""An A4 page less its margins."""

_MARGIN, _GAP = 0.1, 0.12
_SMALL, _LARGE = 7.0, 10.0
_LINE = 1.35
_BAR_ROOM = 0.2
_LETTERS = 40
_INK, _PALE_INK, _ALARM = "#222222", "#555555", "#a8142d"


@dataclass(frozen=True)
class Paper:
    """The size of a page in inches, and of its letters in points.

    A page of A4 is the sheet less its margins, so that it prints and stands in a report at its own size; it may
    be lower than the sheet where ``whole`` is False. A slide is always whole.
    """

    wide: float
    tall: float
    whole: bool
    small: float
    large: float
    foot: float
    """Of the small print."""
    least: float
    """The size down to which small print and keys shrink before something is left out or refused."""

    @property
    def upright(self) -> bool:
        """Whether the page is higher than wide."""
        return self.tall > self.wide

    @property
    def line(self) -> float:
        """Inches from one line of text to the next."""
        return self.small * _LINE / 72


SIZES = {
    "a4": Paper(WIDTH_INCHES, 10.7, whole=False, small=_SMALL, large=_LARGE, foot=_SMALL, least=_SMALL),
    "a4-landscape": Paper(
        10.7, WIDTH_INCHES, whole=False, small=_SMALL, large=_LARGE, foot=_SMALL, least=_SMALL
    ),
    "slide": Paper(13.333, 7.5, whole=True, small=11.0, large=18.0, foot=9.0, least=8.0),
}
"""Every size of page, for every chart."""


def paper_of(size: str) -> Paper:
    """Return the page of this name, or say which there are."""
    if not isinstance(size, str) or size not in SIZES:
        raise InputError(f"size={size!r} is no size of page; use one of {', '.join(SIZES)}")
    return SIZES[size]


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
        self,
        border: Any,
        panels: int,
        title: str,
        small_print: list[str],
        flags: list[str],
        paper: Paper | None = None,
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.paper = SIZES["a4"] if paper is None else paper
        self.border = border
        page, small, large = self.paper.wide, self.paper.small, self.paper.large
        across = page - 2 * _MARGIN
        heads = wrapped(title, across, large, weight="bold")
        notes = [line for text in small_print for line in wrapped(text, across, self.paper.foot)]
        top = _MARGIN + (len(flags) + len(heads)) * large * _LINE / 72 + 0.04
        label = 3 * small * _LINE / 72
        bottom = _MARGIN + len(notes) * self.paper.foot * _LINE / 72
        columns, wide, tall = self._panel(panels, top + bottom, label)
        rows = -(-panels // columns)
        height = self.paper.tall if self.paper.whole else top + rows * (tall + label + _GAP) + bottom
        self.height, self.wide = height, wide
        self.slot = (across - (columns - 1) * _GAP) / columns
        self.figure = Figure(figsize=(page, height))
        FigureCanvasAgg(self.figure)
        self._write(height, flags, heads, notes)
        self.panels: list[Axes] = []
        for number in range(panels):
            row, column = divmod(number, columns)
            x = _MARGIN + column * (self.slot + _GAP)
            y = height - top - (row + 1) * (tall + label) - row * _GAP
            axes = self.figure.add_axes((x / page, y / height, wide / page, tall / height))
            axes.set_axis_off()
            self.panels.append(axes)

    def _panel(self, panels: int, taken: float, label: float) -> tuple[int, float, float]:
        """Return columns, and width and height of a panel: on a wide page the columns that make them largest.

        ``taken`` is what title and small print need of the page's height.
        """
        west, south, east, north = self.border.bounds
        shape = min(max((north - south) / (east - west), 0.4), 1.6)

        def width(columns: int) -> float:
            return (self.paper.wide - 2 * _MARGIN - (columns - 1) * _GAP) / columns

        if self.paper.upright:
            columns = min(panels, 3)
            return columns, width(columns), width(columns) * shape + _BAR_ROOM
        fits = []
        # A heading of this many of the smallest letters has room over its map.
        most = int((self.paper.wide - 2 * _MARGIN) / (_LETTERS * 0.5 * self.paper.least / 72 + _GAP))
        for columns in range(1, min(panels, most) + 1):
            room = (self.paper.tall - taken) / -(-panels // columns) - label - _GAP - _BAR_ROOM
            fits.append((min(width(columns), room / shape), -columns))
        wide, columns = max(fits)
        if wide < 0.5:
            raise InputError(
                f"{panels} maps and their notes do not fit the page; use size='a4', or draw fewer of them"
            )
        return -columns, wide, wide * shape + _BAR_ROOM

    def _write(self, height: float, flags: list[str], heads: list[str], notes: list[str]) -> None:
        page, large, foot = self.paper.wide, self.paper.large, self.paper.foot
        x, y = _MARGIN / page, height - _MARGIN
        for color, lines in ((_ALARM, flags), (_INK, heads)):
            for line in lines:
                say(self.figure, x, y / height, line, fontsize=large, weight="bold", color=color, va="top")
                y -= large * _LINE / 72
        for number, line in enumerate(reversed(notes)):
            level = (_MARGIN + number * foot * _LINE / 72) / height
            say(self.figure, x, level, line, fontsize=foot, color=_PALE_INK, va="bottom")

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
        for ring in rings_of(self.border):
            axes.plot(ring[:, 0], ring[:, 1], color="#4a4a4a", linewidth=0.7, zorder=3)
        length, level = bar_length(east - west), south - room - 0.75 * under
        axes.plot([west, west + length], [level, level], color=_INK, linewidth=1.6, solid_capstyle="butt")
        words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        say(axes, west + length + room, level, words, va="center", fontsize=self.paper.small)
        say(
            axes,
            0.0,
            1.01,
            heading,
            transform=axes.transAxes,
            va="bottom",
            linespacing=_LINE,
            fontsize=self._fitting(heading),
        )

    def key_place(self, rows: int) -> tuple[Axes, float]:
        """Return the last panel, on a wide page with the room around it too, and letters in which rows stand apart."""
        axes = self.panels[-1]
        if self.paper.upright:
            return axes, self.paper.small
        box = axes.get_position()
        tall = box.height + 3 * self.paper.line / self.height
        axes.set_position((box.x0, box.y0, self.slot / self.paper.wide, tall))
        return axes, min(self.paper.small, 72 * tall * self.height / rows / 1.25)

    def _fitting(self, heading: str) -> float:
        """Return the size of letters, down to the least of the page, at which a heading keeps to its column."""
        size, lines = self.paper.small, heading.split("\n")
        while size > self.paper.least and any(len(wrapped(line, self.slot, size)) > 1 for line in lines):
            size -= 0.5
        return size

    def points_across(self, metres: float) -> float:
        """Return how many points of the page a length on the ground is."""
        west, _, east, _ = self.border.bounds
        return float(72 * self.wide * metres / (east - west))


class Page:
    """A page of one of `SIZES`: flags and title above, small print below, and room between them.

    Lengths are in inches; x from the left and y from the bottom of the page.

    Parameters
    ----------
    paper
        From `paper_of`.
    title, small_print, flags
        As in `Sheet`.
    tall
        Inches that the drawing would fill; it gets less where the page ends, and all that is left on a slide.
    least
        Inches that it needs.

    Raises
    ------
    InputError
        If title and small print leave less room than that.
    """

    def __init__(
        self, paper: Paper, title: str, small_print: list[str], flags: list[str], *, tall: float, least: float
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.paper = paper
        across = paper.wide - 2 * _MARGIN
        heads = wrapped(title, across, paper.large, weight="bold")
        top = 2 * _MARGIN + (len(flags) + len(heads)) * paper.large * _LINE / 72
        size = paper.foot
        while True:
            notes = [line for text in small_print for line in wrapped(text, across, size)]
            bottom = 2 * _MARGIN + len(notes) * size * _LINE / 72
            room = paper.tall - top - bottom
            if room >= min(tall, 0.6 * paper.tall) or size <= paper.least:
                break
            size -= 0.5
        if room < least:
            raise InputError(
                f"the {len(notes)} lines of notes leave {max(room, 0):.1f} inches of the page, and the drawing needs "
                f"{least:.1f}; use size='a4', a shorter title, or draw fewer things"
            )
        self.tall = room if paper.whole else min(tall, room)
        self.height = paper.tall if paper.whole else top + self.tall + bottom
        self.left, self.bottom, self.wide = _MARGIN, bottom, across
        self.figure = Figure(figsize=(paper.wide, self.height))
        FigureCanvasAgg(self.figure)
        y = self.height - _MARGIN
        for color, lines in ((_ALARM, flags), (_INK, heads)):
            for line in lines:
                self.say(_MARGIN, y, line, fontsize=paper.large, weight="bold", color=color, va="top")
                y -= paper.large * _LINE / 72
        for number, line in enumerate(reversed(notes)):
            level = _MARGIN + number * size * _LINE / 72
            self.say(_MARGIN, level, line, fontsize=size, color=_PALE_INK, va="bottom")

    def say(self, x: float, y: float, text: str, **look: Any) -> None:
        """Write text at a place on the page."""
        say(
            self.figure,
            x / self.paper.wide,
            y / self.height,
            text,
            **{"fontsize": self.paper.small, "va": "top", **look},
        )

    def axes(self, x: float, y: float, wide: float, tall: float) -> Axes:
        """Return axes, themselves unseen, in a box of the page."""
        box = (x / self.paper.wide, y / self.height, wide / self.paper.wide, tall / self.height)
        axes = self.figure.add_axes(box)
        axes.set_axis_off()
        return axes


def rings_of(shape: Any) -> list[NDArray[np.float64]]:
    """Return the corners of every outer and inner ring."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [shapely.get_coordinates(ring) for ring in rings]


def bar_length(width: float) -> float:
    """Return a round length between a tenth and a quarter of the width."""
    power = 10.0 ** np.floor(np.log10(width / 4.0))
    return float(max(step * power for step in (1, 2, 5) if step * power <= width / 4.0))


def wrapped(text: str, inches: float, size: float, *, weight: str = "normal") -> list[str]:
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
