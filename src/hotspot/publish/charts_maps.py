"""Static maps of cells: significance classes, and density with the test outlined on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike
from hotspot.publish.charts_numbers import draw_numbers, numbered
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
    period_words,
    small_print,
)
from hotspot.publish.escape import plain
from hotspot.publish.release import Release
from hotspot.publish.released_layers import refuse_closed, released_frame
from hotspot.publish.sheet import Page, own_settings, paper_of, rings_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_GAP, _SIDE_SHARE = 0.2, 0.3
_LEAST_MAP = 2.0
_SURE = ("hot 95%", "hot 99%")
_MARKED = "Plus: hot. Minus: cold. Darker: surer. Cells without a mark are not significant."


def chart_cells(
    cells: gpd.GeoDataFrame,
    *,
    area: AreaLike | None = None,
    locations: gpd.GeoDataFrame | None = None,
    limit: int = 25,
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw cells by significance class on a page, as `map_cells` does on the web.

    Parameters
    ----------
    cells
        Polygons with a CRS, at most 40,000, on ``cell_id``, with ``gi_class``, or else ``n``: then
        cells are shaded by the number of reported incidents.
    area
        Drawn as the boundary.
    locations
        Points with ``number`` (or ``rank``) and ``incidents``, as `repeat_locations` returns them: drawn with their
        numbers, and listed.
    limit
        Draw at most so many locations, lowest numbers first.
    title
        Default: made from what is drawn and the months covered.
    size
        "a4" or "a4-landscape" (the sheet less its margins), or "slide" (16 to 9).
    release
        "public" or a `PublicRelease`: cells of a closed source are drawn as `released` returns them, small counts as a
        class; locations of one are refused. None: a restricted figure, unless every source is open.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If the cells or locations cannot be drawn, or the size is not known.

    Notes
    -----
    Colours and classes are those of the web map. A plus stands in hot cells and a minus in cold ones, so that
    both can be told apart in grey. Scale bar and grid north are under the map.

    How this can mislead: hot means more reports than if they were spread evenly over the area. Town centres are
    often hot because many people are there; the page says so. A number stands at one point, while its
    incidents may come from anywhere that was recorded under it.
    """
    from hotspot.publish.maps.cells import _class_codes, _corrected, count_shading
    from hotspot.publish.maps.checks import require_any
    from hotspot.publish.maps.legend import EVENLY, NOT_DRAWN

    paper_of(size)
    # What may not be published is refused before the cells are entered into the register.
    locations = None if locations is None else released_frame(locations, release)
    outline = area_on_paper(area, cells_on_paper(cells).crs, release)
    cells = released_frame(cells, release)
    require_any(cells, ["gi_class", "n"], what="cells")
    drawn = cells_on_paper(cells)
    places = None if locations is None else numbered(locations, drawn.crs, limit=limit)
    if "gi_class" in drawn:
        codes, corrected = _class_codes(drawn["gi_class"]), _corrected(cells)
        fills, marks, _ = class_looks(corrected=corrected)
        rows = class_rows(codes, corrected=corrected)
        subject, words = "Hot and cold cells of reported incidents", [EVENLY, _MARKED]
        told = _classes_in_words(drawn, codes)
    else:
        shading = count_shading(drawn, 1.0)
        codes, fills = shading.codes, [look["fillColor"] for look in shading.looks]
        marks = [""] * len(fills)
        rows = [Row(None, "Reported incidents a cell", mark="cells"), *_band_rows(shading.legend.entries)]
        subject, words = "Reported incidents by cell", ["White: no incident. Busy places have more reports."]
        told = _bands_in_words(drawn, rows, "reported incidents")
        codes = np.where(codes == NOT_DRAWN, len(fills), codes)
        fills, marks = [*fills, "#ffffff"], [*marks, ""]
    frames = [frame for frame in (cells, locations, outline) if frame is not None]
    heading = _heading(title, subject, cells)
    with own_settings():
        keys = [rows, [] if places is None else places.rows]
        notes = [period_words(cells), *words, *([] if places is None else places.notes)]
        page, panel = _laid_out(
            size, drawn, outline, keys, heading, small_print(frames, notes), flags_of(frames, release)
        )
        panel.shade(drawn.geometry.to_numpy(), codes, fills, marks)
        panel.boundary(outline)
        if places is not None:
            draw_numbers(panel, places)
            told += " " + places.told
        page.figure.set_label(f"{heading}. {told} {period_words(cells)}")
        return marked(page.figure, frames, release)


def chart_density(
    cells: gpd.GeoDataFrame,
    *,
    area: AreaLike | None = None,
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw density in bands with the hot cells of the test outlined on it.

    Parameters
    ----------
    cells
        Polygons with a CRS, at most 40,000, with ``density_per_km2`` (`kernel_density`) and ``gi_class`` (`getis_ord`).
    area, title, size
        As in `chart_cells`.
    release
        "public" or a `PublicRelease`: only for open sources. The density of a closed one is refused.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If a column is missing: a density is never drawn without the test beside it.

    Notes
    -----
    At most six bands, cut at round numbers near the 30th, 55th, 75th, 90th and 97th per cent of cells above zero, darker
    for denser. A thick line runs around cells that are hot with 95 % confidence or more.

    How this can mislead: chance alone makes convincing peaks. What is dark and not outlined was not shown to be
    more than that. Bands follow the data, so that two maps of unlike data cannot be compared by their colours.
    """
    from hotspot.publish.maps.cells import _class_codes, _density_notes, _numbers
    from hotspot.publish.maps.legend import CLASSES, EVENLY, NOT_DRAWN, band_shading

    paper_of(size)
    refuse_closed(
        [cells],
        release,
        what="A chart of density",
        instead="draw released cells with chart_cells or map_cells instead",
    )
    for column, maker in (
        ("density_per_km2", "kernel_density(incidents, grid, cells=cells)"),
        ("gi_class", "getis_ord(cells, grid)"),
    ):
        if column not in cells.columns:
            raise InputError(
                f"the cells have no column {column!r}, and a density is drawn only with the test beside it, since chance "
                f"alone makes peaks; add it with {maker}"
            )
    drawn = cells_on_paper(cells)
    outline = area_on_paper(area, drawn.crs, release)
    shading = band_shading(_numbers(drawn, "density_per_km2"), key="d", title="", whole=False, opacity=1.0)
    fills = [*(look["fillColor"] for look in shading.looks), "#ffffff"]
    codes = np.where(shading.codes == NOT_DRAWN, len(fills) - 1, shading.codes)
    hot = np.isin(_class_codes(drawn["gi_class"]), [CLASSES.index(name) for name in _SURE])
    rows = [Row(None, "Reported incidents per square km", mark="cells"), *_band_rows(shading.legend.entries)]
    outlined = (
        "Outlined: hot with 95 % confidence or more" if hot.any() else "No cell is hot with 95 % confidence"
    )
    notes = [
        period_words(cells), EVENLY, f"{outlined}. What is dark and not outlined can be chance.", *_density_notes(cells),
    ]  # fmt: skip
    heading = _heading(title, "Density of reported incidents, and hot cells", cells)
    frames = [frame for frame in (cells, outline) if frame is not None]
    with own_settings():
        under = [
            Row(None, "Test", mark="cells"),
            Row("", f"{outlined} (thick line)" if hot.any() else outlined, int(hot.sum())),
        ]
        page, panel = _laid_out(
            size,
            drawn,
            outline,
            [rows, under],
            heading,
            small_print(frames, notes),
            flags_of(frames, release),
        )
        shapes = drawn.geometry.to_numpy()
        panel.shade(shapes, codes, fills, [""] * len(fills))
        panel.boundary(outline)
        _outline_hot(panel, shapes[hot])
        dense = codes == len(fills) - 2
        found = (
            f"Outlined are the {int(hot.sum()):,} cells hot with 95 % confidence or more{_where(drawn, hot)}; "
            f"of the {int(dense.sum()):,} cells in the densest band {int((dense & hot).sum()):,} are hot."
            if hot.any()
            else f"{outlined}."
        )
        told = f"{_bands_in_words(drawn, rows, 'density per square km')} {found}"
        page.figure.set_label(f"{heading}. {told} {period_words(cells)}")
        return marked(page.figure, frames, release)


def _laid_out(
    size: str,
    drawn: gpd.GeoDataFrame,
    outline: gpd.GeoDataFrame | None,
    keys: list[list[Row]],
    heading: str,
    notes: list[str],
    flags: list[str],
) -> tuple[Page, MapPanel]:
    """Make the page: on an upright one the keys stand under the map, else on its right."""
    paper = paper_of(size)
    bounds = _bounds(drawn, outline)
    west, south, east, north = bounds
    shape = (north - south) / (east - west)
    across = paper.wide - 0.2
    keys = [rows for rows in keys if rows]
    if paper.upright:
        column = (across - _GAP * (len(keys) - 1)) / len(keys)
        under = min(max(key_height(rows, column, paper.small) for rows in keys), 0.45 * paper.tall)
        tall = across * shape + BAR_ROOM + _GAP + under
        page = Page(paper, heading, notes, flags, tall=tall, least=_LEAST_MAP + under)
        over = page.tall - under - _GAP
        panel = MapPanel(page, (page.left, page.bottom + page.tall - over, across, over), bounds)
        for number, rows in enumerate(keys):
            draw_key(page, rows, page.left + number * (column + _GAP), page.bottom + under, column, under)
        return page, panel
    side = _SIDE_SHARE * across
    beside = across - side - _GAP
    listed = [row for rows in keys for row in (*rows, Row("", ""))][:-1]
    tall = max(beside * shape + BAR_ROOM, key_height(listed, side, paper.small))
    page = Page(paper, heading, notes, flags, tall=tall, least=_LEAST_MAP)
    panel = MapPanel(page, (page.left, page.bottom, beside, page.tall), bounds)
    draw_key(page, listed, page.left + beside + _GAP, page.bottom + page.tall, side, page.tall)
    return page, panel


def _bounds(drawn: gpd.GeoDataFrame, outline: gpd.GeoDataFrame | None) -> tuple[float, float, float, float]:
    boxes = np.array([frame.total_bounds for frame in (drawn, outline) if frame is not None])
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _heading(title: str | None, subject: str, frame: pd.DataFrame) -> str:
    months = provenance.months_observed(frame)
    return (
        plain(title) if title is not None else f"{subject}{f', {provenance.spans(months)}' if months else ''}"
    )


def _band_rows(entries: Sequence[Any]) -> list[Row]:
    return [Row(entry.look["fillColor"], entry.words, entry.count) for entry in reversed(entries)]


def _outline_hot(panel: MapPanel, shapes: NDArray[np.object_]) -> None:
    """Run a dark line with a white rim around cells, so that it is seen on every band and in grey."""
    if not len(shapes):
        return
    for ring in rings_of(shapely.union_all(shapes)):
        panel.axes.plot(ring[:, 0], ring[:, 1], color="#ffffff", linewidth=3.4, zorder=4)
        panel.axes.plot(ring[:, 0], ring[:, 1], color="#000000", linewidth=1.7, zorder=5)


def _where(drawn: gpd.GeoDataFrame, chosen: NDArray[np.bool_]) -> str:
    if not chosen.any():
        return ""
    low_x, low_y, high_x, high_y = (float(value) for value in drawn.total_bounds)
    return f" ({parts_of_the_map(drawn.geometry.to_numpy()[chosen], (low_x, low_y, high_x, high_y))})"


def _classes_in_words(drawn: gpd.GeoDataFrame, codes: Codes) -> str:
    from hotspot.publish.maps.legend import CLASSES

    counts = np.bincount(codes, minlength=len(CLASSES) + 1)
    each = [
        f"{int(counts[code]):,} {CLASSES[code].replace('%', ' %')}" for code in reversed(range(len(CLASSES)))
    ]
    undefined = f", {int(counts[-1]):,} without a result" if counts[-1] else ""
    hot = np.isin(codes, [code for code, name in enumerate(CLASSES) if name.startswith("hot")])
    told = f"Map of {len(codes):,} cells: {', '.join(each)}{undefined}."
    if hot.any():
        told += f" Hot cells{_where(drawn, hot)}"
        if "n" in drawn and "n_shown" not in drawn:
            n = drawn["n"].to_numpy(dtype=float)
            told += f" hold {n[hot].sum():,.0f} of {n.sum():,.0f} reported incidents"
        told += "."
    return told


def _bands_in_words(drawn: gpd.GeoDataFrame, rows: Sequence[Row], what: str) -> str:
    each = ", ".join(f"{row.words}: {row.count:,} cells" for row in rows if row.count is not None)
    return f"Map of {len(drawn):,} cells by {what}. {each}."
