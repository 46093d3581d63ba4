"""Small maps of one area side by side, a period each, all to one scale."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike
from hotspot.intake.breaks import Register, breaks_between
from hotspot.publish.charts_parts import (
    BAR_ROOM,
    Codes,
    MapPanel,
    Row,
    area_on_paper,
    cells_on_paper,
    class_looks,
    class_rows,
    draw_key,
    flags_of,
    key_height,
    marked,
    parts_of_the_map,
    small_print,
)
from hotspot.publish.charts_series import break_words
from hotspot.publish.escape import plain
from hotspot.publish.release import Release, _rule
from hotspot.publish.released_layers import refuse_closed, released_frame, said_by, total_of
from hotspot.publish.sheet import Page, Paper, own_settings, paper_of, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_PERIODS = 12
_GAP, _SIDE_SHARE, _LEAST_MAP = 0.12, 0.2, 0.9
_VALUES = ("gi_class", "n", "density_per_km2")
_UNITS = {"n": "Reported incidents a cell", "density_per_km2": "Reported incidents per square km"}


@dataclass(frozen=True)
class _Shades:
    """One scale for all periods: a code a cell and period, the look of each code, and the key."""

    codes: list[Codes]
    fills: list[str]
    marks: list[str]
    rows: list[Row]


def chart_periods(
    cells: Mapping[str, gpd.GeoDataFrame],
    *,
    area: AreaLike | None = None,
    value: str | None = None,
    register: Register | None = None,
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw the same cells period by period, one small map each, to one scale.

    Parameters
    ----------
    cells
        The name of each period, in the order to draw, and its cells: 2 to 12 frames over the same ``cell_id``, from one
        grid. Keep the periods equally long.
    area
        Drawn as the boundary.
    value
        "gi_class", "n" or "density_per_km2". None: the first of these that all frames have. Density is drawn only
        where the frames have ``gi_class`` too, and its hot cells are marked by a plus.
    register
        The breaks to look in; the shipped ones when None.
    title
        Default: made from the value and the months covered.
    size
        "a4" or "a4-landscape" (the sheet less its margins), or "slide" (16 to 9).
    release
        As in `chart_cells`; of a closed source classes are drawn, counts and densities refused, and so are periods
        that share a month, unless the release has a register.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If the frames are not over the same cells, a column is missing, or the page is too small for the maps.

    Notes
    -----
    The bands are cut from the values of all periods together, so that a colour means the same on every map. Breaks of the
    sources between the first month and the last are named below.

    How this can mislead: the eye sees change in noise. With few incidents in a cell most differences between two
    maps are chance; a class that comes and goes was near its limit. Counts of a longer period are darker for its length
    alone: the page says when lengths differ.
    """
    paper = paper_of(size)
    frames = _checked(cells)
    outline = area_on_paper(area, cells_on_paper(next(iter(frames.values()))).crs, release)
    frames = _released(frames, _value(frames, value), release)
    value = _value(frames, value)
    drawn = cells_on_paper(next(iter(frames.values())))
    shades = _shades(frames, value)
    months = sorted({month for frame in frames.values() for month in provenance.months_observed(frame)})
    subject = {
        "gi_class": "Hot and cold cells of reported incidents",
        "n": "Reported incidents by cell",
        "density_per_km2": "Density of reported incidents",
    }[value]
    when = f", {provenance.spans(months)}" if months else ""
    heading = f"{subject}, by period{when}" if title is None else plain(title)
    every = [*frames.values(), *([] if outline is None else [outline])]
    notes = small_print(every, _words(frames, value, months, register))
    with own_settings():
        heads = [(plain(name, limit=60), _panel_words(frame, value)) for name, frame in frames.items()]
        page, panels, key = _laid_out(
            paper, drawn, outline, heads, shades.rows, heading, notes, flags_of(every, release)
        )
        shapes = drawn.geometry.to_numpy()
        for panel, codes in zip(panels, shades.codes, strict=True):
            panel.shade(shapes, codes, shades.fills, shades.marks)
            panel.boundary(outline)
        draw_key(page, shades.rows, *key)
        told = " ".join(
            f"{plain(name, limit=60)}: {_panel_words(frame, value)}{_where(drawn, frame) if value != 'n' else ''}."
            for name, frame in frames.items()
        )
        page.figure.set_label(
            f"{heading}. {len(frames)} small maps of the same {len(drawn):,} cells, one scale. {told}"
        )
        return marked(page.figure, every, release)


def _checked(cells: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Return the frames, all on the index of the first."""
    if not isinstance(cells, Mapping):
        raise InputError(
            f"cells must be a mapping from a period's name to its cells, not {type(cells).__name__}; write "
            "chart_periods({'2024': cells_2024, '2025': cells_2025})"
        )
    if not 2 <= len(cells) <= MOST_PERIODS:
        raise InputError(f"{len(cells)} periods were given; a page shows 2 to {MOST_PERIODS}")
    names = list(cells)
    first = cells[names[0]]
    made: dict[str, gpd.GeoDataFrame] = {}
    for name in names:
        frame = cells[name]
        if not isinstance(frame, pd.DataFrame) or not isinstance(frame, gpd.GeoDataFrame):
            raise InputError(f"the cells of period {name!r} are no GeoDataFrame; use grid.add_geometry first")
        alike = len(frame) == len(first) and frame.index.is_unique and frame.index.isin(first.index).all()
        if not alike or frame.crs != first.crs:
            raise InputError(
                f"the cells of period {name!r} are not those of {names[0]!r} ({len(frame):,} and {len(first):,} "
                "cells); count every period on one grid"
            )
        made[str(name)] = frame.reindex(first.index)
        made[str(name)].attrs = dict(frame.attrs)
        mine, theirs = (np.array(each.geometry) for each in (made[str(name)], first))
        if not shapely.equals_exact(mine, theirs, 0.01).all():
            raise InputError(
                f"the cells of period {name!r} have the ids of {names[0]!r} but other outlines; count every "
                "period on one grid"
            )
    return made


def _released(
    frames: dict[str, gpd.GeoDataFrame], value: str, release: Release
) -> dict[str, gpd.GeoDataFrame]:
    """Return the periods as they may be drawn; of closed sources only classes, of months that do not overlap."""
    closed = {name: frame for name, frame in frames.items() if not provenance.is_open([frame])}
    if release is None or not closed:
        return {name: released_frame(frame, release) for name, frame in frames.items()}
    if value != "gi_class":
        instead = "draw value='gi_class', or write the released counts as a table"
        refuse_closed(closed.values(), release, what="A chart of counts by period", instead=instead)
    rule = _rule(release)
    seen: dict[str, str] = {}
    for name, frame in closed.items() if rule.register is None else ():
        for month in provenance.months_observed(frame):
            if month in seen:
                raise InputError(
                    f"the periods {seen[month]!r} and {name!r} of a closed source both hold {month}: their difference can "
                    "give a count away; take periods that do not overlap, or give PublicRelease(register=...)"
                )
            seen[month] = name
    # Tried first without the register, so that nothing is entered that is not drawn.
    tried = {
        name: released_frame(frame, dataclasses.replace(rule, register=None))
        for name, frame in frames.items()
    }
    sizes = {name: said_by(tried[name]).get("cell_size_m") for name in closed}
    if None in sizes.values() or len(set(sizes.values())) > 1:
        each = ", ".join(
            f"{name} {'areas' if size is None else f'{size:g} m'}" for name, size in sizes.items()
        )
        raise InputError(
            f"the periods would be published on unlike cells ({each}), since they hold unlike numbers of incidents; count "
            "all of them with the largest of these cell_size"
        )
    if rule.register is None:
        return tried
    return {name: released_frame(frame, release) for name, frame in frames.items()}


def _value(frames: Mapping[str, gpd.GeoDataFrame], value: str | None) -> str:
    shared = [name for name in _VALUES if all(name in frame.columns for frame in frames.values())]
    shared = [name for name in shared if name != "density_per_km2" or "gi_class" in shared]
    if value is None and shared:
        return shared[0]
    if value not in shared:
        asked = "" if value is None else f"value={value!r} cannot be drawn: "
        raise InputError(
            f"{asked}the frames share {', '.join(shared) or 'none'} of {', '.join(_VALUES)} (density only with gi_class "
            "beside it, since chance alone makes peaks); add it to every frame"
        )
    return value


def _shades(frames: Mapping[str, gpd.GeoDataFrame], value: str) -> _Shades:
    from hotspot.publish.maps.cells import _class_codes, _corrected, _numbers
    from hotspot.publish.maps.legend import CLASSES, NOT_DRAWN, band_shading

    if value == "gi_class":
        codes = [_class_codes(frame["gi_class"]) for frame in frames.values()]
        corrected = all(_corrected(frame) for frame in frames.values())
        fills, marks, _ = class_looks(corrected=corrected)
        rows = [Row(row.fill, row.words, None, row.mark if row.fill else "") for row in class_rows(
            np.concatenate(codes), corrected=corrected
        )]  # fmt: skip
        return _Shades(codes, fills, marks, rows)
    stacked = np.concatenate([_numbers(frame, value) for frame in frames.values()])
    shading = band_shading(stacked, key="p", title="", whole=value == "n", opacity=1.0)
    looks = [look["fillColor"] for look in shading.looks]
    none = len(looks)
    flat = np.where(shading.codes == NOT_DRAWN, none, shading.codes)
    fills, marks = [*looks, "#ffffff"], [""] * (none + 1)
    rows = [Row(None, _UNITS[value])]
    rows += [Row(entry.look["fillColor"], entry.words) for entry in reversed(shading.legend.entries)]
    if (flat == none).any():
        rows.append(Row("#ffffff", "none"))
    if value == "density_per_km2":
        hot = np.concatenate([
            np.isin(_class_codes(frame["gi_class"]), [CLASSES.index("hot 95%"), CLASSES.index("hot 99%")])
            for frame in frames.values()
        ])  # fmt: skip
        flat = np.where(hot, flat + none + 1, flat)
        fills, marks = [*fills, *fills], [*marks, *["+"] * (none + 1)]
        rows.append(Row(looks[-1], "Plus: hot, 95 % confidence or more", None, "+"))
    return _Shades(np.split(flat, len(frames)), fills, marks, rows)


def _laid_out(
    paper: Paper,
    drawn: gpd.GeoDataFrame,
    outline: gpd.GeoDataFrame | None,
    heads: list[tuple[str, str]],
    rows: list[Row],
    heading: str,
    notes: list[str],
    flags: list[str],
) -> tuple[Page, list[MapPanel], tuple[float, float, float, float]]:
    """Make the page and the panels, as large as they can be; the key stands on the right, or under an upright page."""
    boxes = np.array([frame.total_bounds for frame in (drawn, outline) if frame is not None])
    bounds = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    shape = (bounds[3] - bounds[1]) / (bounds[2] - bounds[0])
    across = paper.wide - 0.2
    side = 0.0 if paper.upright else _SIDE_SHARE * across
    under = key_height(rows, across / 2, paper.small) + _GAP if paper.upright else 0.0
    number = len(heads)
    room = paper.tall - 2.0 - under
    fits = []
    for columns in range(1, min(number, 6) + 1):
        lines = -(-number // columns)
        wide = (across - side - _GAP * columns) / columns
        tall = min(wide * shape + BAR_ROOM, room / lines - _head(heads, wide, paper))
        fits.append((min(wide, (tall - BAR_ROOM) / shape), -lines, columns))
    # A row less is worth a slightly smaller map.
    columns = max((fit for fit in fits if fit[0] >= 0.8 * max(fits)[0]), key=lambda fit: (fit[1], fit[0]))[2]
    lines = -(-number // columns)
    wide = (across - side - _GAP * columns) / columns
    head = _head(heads, wide, paper)
    page = Page(
        paper, heading, notes, flags,
        tall=lines * (wide * shape + BAR_ROOM + head) + under, least=lines * (_LEAST_MAP + head) + under,
    )  # fmt: skip
    step = (page.tall - under) / lines
    panels = []
    for at in range(number):
        row, column = divmod(at, columns)
        x = page.left + column * (wide + _GAP)
        y = page.bottom + page.tall - (row + 1) * step
        panels.append(MapPanel(page, (x, y, wide, step - head), bounds))
        _write_heading(page, panels[-1], _broken(heads[at], wide, paper))
    if paper.upright:
        return page, panels, (page.left, page.bottom + under - _GAP, across / 2, under - _GAP)
    return page, panels, (page.left + across - side + _GAP, page.bottom + page.tall, side - _GAP, page.tall)


def _broken(head: tuple[str, str], wide: float, paper: Paper) -> list[tuple[str, str]]:
    """Break a period's name and numbers into lines that fit its column, each with its weight."""
    # Columns stand a gap apart; their headings keep the same.
    return [
        (line, weight)
        for text, weight in zip(head, ("bold", "normal"), strict=True)
        for line in wrapped(text, wide - _GAP, paper.small, weight=weight)
    ]


def _head(heads: list[tuple[str, str]], wide: float, paper: Paper) -> float:
    return (max(len(_broken(head, wide, paper)) for head in heads) + 0.5) * paper.line


def _write_heading(page: Page, panel: MapPanel, lines: list[tuple[str, str]]) -> None:
    """Write the period's name and its numbers over its map."""
    box = panel.axes.get_position()
    x = (box.x0 + box.x1) / 2 * page.paper.wide
    y = box.y1 * page.height + 0.03
    for number, (text, weight) in enumerate(reversed(lines)):
        page.say(x, y + number * page.paper.line, text, ha="center", va="bottom", weight=weight)


def _panel_words(frame: gpd.GeoDataFrame, value: str) -> str:
    parts = []
    months = provenance.months_observed(frame)
    if "n_shown" in frame.columns:
        parts.append(f"{total_of(frame)} incidents")
    elif "n" in frame.columns:
        parts.append(f"{frame['n'].sum():,.0f} incidents")
    if months:
        parts.append(f"{len(months)} month{'s' * (len(months) > 1)}")
    if "gi_class" in frame.columns and value != "n":
        hot, cold = (int(_of_class(frame, word).sum()) for word in ("hot", "cold"))
        parts.append(f"{hot:,} hot and {cold:,} cold cells" if value == "gi_class" else f"{hot:,} hot cells")
    return ", ".join(parts)


def _of_class(frame: gpd.GeoDataFrame, word: str) -> NDArray[np.bool_]:
    """Tell which cells are hot, or cold, with 95 % confidence or more."""
    names = frame["gi_class"].astype(object).astype(str)
    found: NDArray[np.bool_] = names.str.match(rf"{word} 9[59]%").to_numpy(dtype=bool)
    return found


def _where(drawn: gpd.GeoDataFrame, frame: gpd.GeoDataFrame) -> str:
    if "gi_class" not in frame.columns or not _of_class(frame, "hot").any():
        return ""
    west, south, east, north = (float(edge) for edge in drawn.total_bounds)
    return f" (hot: {parts_of_the_map(drawn.geometry.to_numpy()[_of_class(frame, 'hot')], (west, south, east, north))})"


def _words(
    frames: Mapping[str, gpd.GeoDataFrame], value: str, months: list[str], register: Register | None
) -> list[str]:
    from hotspot.publish.maps.legend import EVENLY

    words: list[Any] = [EVENLY] if value != "n" else ["Busy places have more reports."]
    if value == "gi_class":
        words.append(
            "Plus: hot. Minus: cold. Darker: surer. Above each map: cells with 95 % confidence or more."
        )
    words.append(
        "Every map has the same cells and the same scale. Small differences between maps can be chance."
    )
    lengths = {name: len(provenance.months_observed(frame)) for name, frame in frames.items()}
    if len(set(lengths.values())) > 1:
        each = ", ".join(f"{plain(name, limit=60)} {number}" for name, number in lengths.items())
        words.append(
            f"The periods are not equally long (months with a file: {each}); a longer one has more for that alone."
        )
    sources = {source["name"] for frame in frames.values() for source in provenance.of(frame)["sources"]}
    if sources and months:
        found = breaks_between(sources, months[0], months[-1], register=register)
        words += [f"Break between the months: {break_words(item)}" for item in found]
    return words
