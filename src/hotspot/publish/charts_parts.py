"""What static charts share: what they must say, and cells, scale bar, north and key of a map on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.projection import geometry_to_bng
from hotspot.publish.escape import plain
from hotspot.publish.release import SHOWN, Release, marking_of
from hotspot.publish.released_layers import background
from hotspot.publish.sheet import Page, bar_length, rings_of, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIMULATED = "SIMULATED DATA: no real incidents"
MOST_CELLS = 40_000
INK, LINE = "#222222", "#4a4a4a"
BAR_ROOM = 0.3
"""Inches under a map for its scale bar and north."""

_ROW_GAP = 0.03

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Row:
    """One line of a key: its fill (None: a heading, blank: none), its words, how many have it, and its mark.

    The mark of a heading stands over the counts; that of a line without a fill is its number.
    """

    fill: str | None
    words: str
    count: int | None = None
    mark: str = ""


def flags_of(frames: Sequence[pd.DataFrame], release: Release = None) -> list[str]:
    """Return what stands above the title: the marking, unless all is open, and whether it is simulated."""
    marking = marking_of(_sourced(frames), release)
    flags = [] if marking == provenance.OPEN else [marking]
    return [*flags, *([SIMULATED] if provenance.is_simulated(frames) else [])]


def marked(figure: Figure, frames: Sequence[pd.DataFrame], release: Release = None) -> Figure:
    """Return the figure, which now says how it must be handled: `save_chart` and packs read it."""
    figure.hotspot_marking = marking_of(_sourced(frames), release)  # type: ignore[attr-defined]
    # A pack compares what the figure shows with its tables.
    setattr(figure, SHOWN, [frame.attrs[SHOWN] for frame in frames if SHOWN in frame.attrs])
    return figure


def small_print(frames: Sequence[pd.DataFrame], words: Sequence[str]) -> list[str]:
    """Return the lines at the foot: the chart's own, the notes of the record, the sources."""
    notes = [plain(note, limit=1_000) for frame in frames for note in provenance.of(frame)["notes"]]
    lines = [*words, *notes, plain(provenance.source_line(_sourced(frames)), limit=1_000)]
    if provenance.is_open(_sourced(frames)):
        lines.append(provenance.OPEN)
    return list(dict.fromkeys(lines))


def _sourced(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    # An outline carries no incidents: it bears on the marking only where it names its sources.
    return [frames[0], *(frame for frame in frames[1:] if provenance.of(frame)["sources"])]


def period_words(frame: pd.DataFrame) -> str:
    """Say which months a frame covers, gaps seen."""
    months = provenance.months_observed(frame)
    if not months:
        return "Months covered: not recorded."
    return f"Reported incidents, {provenance.spans(months)} ({len(months)} month{'s' * (len(months) > 1)})."


def cells_on_paper(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the cells in a projected CRS, when every row can be drawn."""
    from hotspot.publish.maps.checks import POLYGONS, checked_frame

    checked_frame(cells, what="cells", kinds=POLYGONS)
    if len(cells) > MOST_CELLS:
        raise InputError(
            f"cells has {len(cells):,} cells; on a page they would be finer than print ({MOST_CELLS:,} at most): "
            "use a larger cell_size or a part of the area"
        )
    return cells if CRS(cells.crs).is_projected else geometry_to_bng(cells)


def area_on_paper(area: AreaLike | None, crs: Any, release: Release = None) -> gpd.GeoDataFrame | None:
    """Return the outline in the CRS of the map, of a public one without all else that its frame holds."""
    if area is None:
        return None
    outline = background(as_area(area, keep_projected=True), release, what="area")
    return outline.to_crs(crs)


def outlines_of(shapes: Sequence[Any] | NDArray[np.object_]) -> list[NDArray[np.float64]]:
    """Return the outer ring of every part of every shape."""
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    return [shapely.get_coordinates(shapely.get_exterior_ring(part)) for part in parts]


class MapPanel:
    """Axes with the ground in metres, the same in both directions, grid north up.

    Parameters
    ----------
    page
        To draw on.
    box
        x, y, width and height in inches; the lowest `BAR_ROOM` of it holds scale bar and north where ``bar``.
    bounds
        West, south, east, north of what is drawn.

    Attributes
    ----------
    marked
        Centres of the cells that have a mark, which numbers should not hide.
    """

    def __init__(
        self,
        page: Page,
        box: tuple[float, float, float, float],
        bounds: tuple[float, float, float, float],
        *,
        bar: bool = True,
    ) -> None:
        x, y, wide, tall = box
        self.page = page
        west, south, east, north = bounds
        room = 0.02 * max(east - west, north - south)
        under = BAR_ROOM if bar else 0.0
        ground = (east - west + 2 * room, north - south + 2 * room)
        # Inches on the page for a metre on the ground.
        self.scale = min(wide / ground[0], (tall - under) / ground[1])
        across, up = ground[0] * self.scale, ground[1] * self.scale
        left = x + (wide - across) / 2
        self.axes = page.axes(left, y + tall - up, across, up)
        self.axes.set_xlim(west - room, east + room)
        self.axes.set_ylim(south - room, north + room)
        self.marked = np.empty((0, 2))
        if bar:
            self._bar(left + room * self.scale, y + tall - up - 0.6 * under, east - west)
            self._north(left + across - 0.12, y + tall - up - 0.9 * under, 0.75 * under)

    def _bar(self, x: float, y: float, ground: float) -> None:
        length = bar_length(ground)
        axes = self.page.axes(x, y - 0.02, length * self.scale, 0.04)
        axes.axhspan(0, 1, color=INK, linewidth=0)
        words = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        self.page.say(x + length * self.scale + 0.08, y, words, va="center")

    def _north(self, x: float, y: float, tall: float) -> None:
        axes = self.page.axes(x - 0.06, y, 0.12, tall)
        axes.fill([0.5, 0.0, 0.5, 1.0], [1.0, 0.0, 0.25, 0.0], color=INK, linewidth=0)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        self.page.say(x - 0.12, y + tall / 2, "Grid north", ha="right", va="center")

    def points(self, metres: float) -> float:
        """Return how many points of the page a length on the ground is."""
        return 72 * self.scale * metres

    def boundary(self, area: gpd.GeoDataFrame | None) -> None:
        """Draw the outline of the area."""
        for ring in [] if area is None else rings_of(area.union_all()):
            self.axes.plot(ring[:, 0], ring[:, 1], color=LINE, linewidth=0.9, zorder=3)

    def shade(
        self, shapes: NDArray[np.object_], codes: Codes, fills: Sequence[str], marks: Sequence[str]
    ) -> None:
        """Fill cells by code (below 0: not drawn), each with the mark of its code."""
        from matplotlib.collections import PolyCollection

        if not len(shapes):
            return
        reach = self.points(float(np.sqrt(np.median(shapely.area(shapes)))))
        for code in range(len(fills)):
            chosen = shapes[codes == code]
            if not len(chosen):
                continue
            # Lines of one width would cover the colour of the smallest cells.
            faint = fills[code] == "#ffffff"
            look: dict[str, Any] = {
                "edgecolors": "#c8c8c8" if faint else LINE,
                "linewidths": min(0.4, 0.05 * reach),
            }
            self.axes.add_collection(
                PolyCollection(outlines_of(chosen), facecolors=fills[code], zorder=1 if faint else 2, **look)
            )
            if marks[code]:
                centre = shapely.get_coordinates(shapely.centroid(chosen))
                self.marked = np.vstack([self.marked, centre])
                draw_marks(self.axes, centre[:, 0], centre[:, 1], marks[code], fills[code], 0.5 * reach)


def draw_marks(axes: Axes, x: Any, y: Any, mark: str, fill: str, size: float) -> None:
    """Draw plus, minus or cross in an ink that stands out from the fill."""
    shape = {"+": "+", "-": "_", "x": "x"}[mark]
    axes.plot(
        x, y, shape, color=ink_on(fill), markersize=min(size, 9.0), markeredgewidth=min(0.12 * size, 1.1),
        linestyle="none", zorder=2.5,
    )  # fmt: skip


def ink_on(fill: str) -> str:
    """Return black or white, whichever is read better on the fill."""
    parts = [int(fill[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Equal contrast with black and white (WCAG 2).
    return "#000000" if light > 0.179 else "#ffffff"


def class_looks(*, corrected: bool) -> tuple[list[str], list[str], list[str]]:
    """Return fill, mark and words of each class, by its code in `legend.CLASSES`, the undefined one last."""
    from hotspot.publish.maps.legend import CLASSES, class_shading

    looks = class_shading(np.empty(0, dtype=np.int64), corrected=corrected, opacity=1.0).looks
    marks = [{"hot": "+", "cold": "-"}.get(name.split()[0], "") for name in CLASSES]
    words = [name.replace("%", " % confidence").capitalize() for name in CLASSES]
    return [look["fillColor"] for look in looks], [*marks, "x"], [*words, "No result for this cell"]


def class_rows(codes: Codes, *, corrected: bool) -> list[Row]:
    """Return the key of the classes, hottest first, with the number of cells of each."""
    fills, marks, words = class_looks(corrected=corrected)
    counts = np.bincount(codes, minlength=len(fills))
    order = [*reversed(range(len(fills) - 1)), *([len(fills) - 1] if counts[-1] else [])]
    ending = "after correction" if corrected else "not corrected"
    return [
        Row(None, f"Confidence ({ending})", mark="cells"),
        *(Row(fills[code], words[code], int(counts[code]), marks[code]) for code in order),
    ]


def key_height(rows: Sequence[Row], wide: float, small: float) -> float:
    """Return the inches that a key takes in letters of this size."""
    return sum(len(lines) * _line(small) + _ROW_GAP for lines in _broken(rows, wide, small))


def draw_key(page: Page, rows: Sequence[Row], x: float, top: float, wide: float, tall: float) -> None:
    """Draw a key downwards from a place on the page; what does not fit is counted in its last line."""
    small = page.paper.small
    while key_height(rows, wide, small) > tall and small > page.paper.least:
        small -= 0.5
    kept = list(rows)
    while key_height(kept, wide, small) > tall and len(kept) > 2:
        kept = [*rows[: len(kept) - 2], Row("", f"and {len(rows) - len(kept) + 2} more, not listed here")]
    line, indent = _line(small), 2.0 * _line(small)
    for row, lines in zip(kept, _broken(kept, wide, small), strict=True):
        look: dict[str, Any] = {"fontsize": small}
        if row.fill:
            axes = page.axes(x, top - 0.92 * line, 1.5 * line, 0.84 * line)
            axes.fill([0, 1, 1, 0], [0, 0, 1, 1], facecolor=row.fill, edgecolor=LINE, linewidth=0.6)
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1)
            if row.mark:
                draw_marks(axes, [0.5], [0.5], row.mark, row.fill, 0.8 * small)
        elif row.mark and row.fill is not None:
            page.say(x + 1.5 * line, top, row.mark, ha="right", weight="bold", **look)
        if row.count is not None or (row.fill is None and row.mark):
            head = row.mark if row.count is None else f"{row.count:,}"
            page.say(x + wide, top, head, ha="right", **look)
        for text in lines:
            heading = row.fill is None
            page.say(x if heading else x + indent, top, text, weight="bold" if heading else "normal", **look)
            top -= line
        top -= _ROW_GAP


def _broken(rows: Sequence[Row], wide: float, small: float) -> list[list[str]]:
    """Break the words of each row into lines that fit the width."""
    taken = [(0.0 if row.fill is None else 2.0) + (3.2 if row.count is not None else 0.0) for row in rows]
    return [
        wrapped(row.words, wide - part * _line(small), small, weight="bold" if row.fill is None else "normal")
        for row, part in zip(rows, taken, strict=True)
    ]


def _line(small: float) -> float:
    return 1.35 * small / 72


def parts_of_the_map(shapes: NDArray[np.object_], bounds: tuple[float, float, float, float]) -> str:
    """Count shapes by ninths of the map, in words: "8 in the centre, 2 in the north-west"."""
    west, south, east, north = bounds
    centres = shapely.get_coordinates(shapely.centroid(shapes))
    down = np.clip(((centres[:, 1] - south) / max(north - south, 1e-9) * 3).astype(int), 0, 2)
    along = np.clip(((centres[:, 0] - west) / max(east - west, 1e-9) * 3).astype(int), 0, 2)
    names = [
        ["south-west", "south", "south-east"],
        ["west", "centre", "east"],
        ["north-west", "north", "north-east"],
    ]
    counted = Counter(names[i][j] for i, j in zip(down.tolist(), along.tolist(), strict=True))
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n:,} in the {name}" for name, n in ordered)
