"""Static figures for reports: small maps of every scale tried, saved with a description in words."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.publish.charts_parts import flags_of, marked
from hotspot.publish.escape import plain
from hotspot.publish.files import write_bytes_whole, write_text_whole
from hotspot.publish.release import PUBLIC, Release, marked_path, marking_of
from hotspot.publish.released_layers import refuse_closed
from hotspot.publish.sheet import Sheet, own_settings, paper_of, say
from hotspot.statistics.sensitivity import SensitivityResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 22
DOTS_PER_INCH = 200
FORMATS = (".png", ".svg", ".pdf")


def chart_sensitivity(
    result: SensitivityResult,
    area: AreaLike | None = None,
    *,
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw hot and cold cells under every scale tried, and the share of scales under which a place is hot.

    Parameters
    ----------
    result
        What `sensitivity` returned, with at most 22 combinations.
    area
        Drawn as the boundary. None: the area that was tested.
    title
        Default: made from the number of combinations and the months covered.
    size
        "a4" or "a4-landscape" (the sheet less its margins), or "slide" (16 to 9).
    release
        "public" or a `PublicRelease`: only for open sources.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If there are more combinations than a page can show.

    Notes
    -----
    One small map a combination with the colours and classes of `map_cells`, all to one scale, grid north
    up; cells that are not significant are left white. The last map shows in how many combinations each
    cell of the finest grid is hot. matplotlib's own settings and the state of pyplot play no part.

    How this can mislead: hot means more reports than if they were spread evenly over the area. The
    combinations share one set of incidents, so agreement among them is no second source. The title of
    each map counts the cells at the level of the result; paler colours can lie beyond it.
    """
    paper = paper_of(size)
    refuse_closed(
        [result.table], release, what="A chart of sensitivity", instead="chart released cells instead"
    )
    if len(result.table) > MOST_PANELS:
        raise InputError(
            f"{len(result.table)} combinations are more than a page can show ({MOST_PANELS}); "
            "draw fewer cell sizes or radii at a time"
        )
    outline = None if area is None else as_area(area, keep_projected=True).to_crs(result.grids[0].crs)
    border = result.grids[0].area if outline is None else outline.union_all()
    frames = [result.table, *([] if outline is None else [outline])]
    heading = plain(title) if title is not None else _title(result)
    with own_settings():
        number = len(result.table)
        sheet = Sheet(
            border,
            number + (number > 1) + 1,
            heading,
            _small_print(frames, result.level),
            flags_of(frames, release),
            paper,
        )
        for at in range(number):
            _class_panel(sheet.panels[at], sheet, result, at)
        if number > 1:
            _share_panel(sheet.panels[number], sheet, result)
        _key(sheet, result)
        sheet.figure.set_label(_in_words(result, heading))
        return marked(sheet.figure, frames, release)


def save_chart(
    figure: Figure, path: str | os.PathLike[str], *, alt: str | None = None, release: Release = None
) -> Path:
    """Save a figure as PNG, SVG or PDF, with its description in words beside it.

    Parameters
    ----------
    figure
        A matplotlib figure, such as those of `chart_sensitivity`.
    path
        Ends in ``.png`` (200 dots an inch), ``.svg`` or ``.pdf``. ``NAME.png.alt.txt`` beside it holds
        the description, for the alternative text of a page or a document. A restricted figure gets its marking
        into the name: ``ranks.png`` becomes ``ranks OFFICIAL-SENSITIVE.png``.
    alt
        The description. None: the figure's own, ``figure.get_label()``.
    release
        "public" or a `PublicRelease`: refuse a figure that was not made with ``release=``. None: save it as it was
        made, restricted or not.

    Returns
    -------
    Path
        The file written, whose name may be another than the one given.

    Raises
    ------
    InputError
        If the format is not known, there is no description, or the file cannot be written.

    Notes
    -----
    The same figure gives the same bytes with the same version of matplotlib: no file holds the time of
    the run. Each file appears whole or not at all. What you draw on a figure afterwards is not checked; a figure that
    hotspot did not draw carries no marking, and its file keeps the name given.
    """
    said = getattr(figure, "hotspot_marking", None)
    marking_of([], release)
    if release is not None and said not in (provenance.OPEN, PUBLIC):
        how = f"is {said}" if said else "does not say how it must be handled"
        raise InputError(
            f"the figure {how}: a public one is made by giving release= to the chart function; save it without release= "
            "otherwise"
        )
    return write_figure(figure, marked_path(path, []) if said == provenance.SENSITIVE else path, alt=alt)


def write_figure(figure: Figure, path: str | os.PathLike[str], *, alt: str | None = None) -> Path:
    """Write the figure to exactly this path, and its description beside it."""
    target = Path(path)
    if target.suffix.lower() not in FORMATS:
        raise InputError(f"{target.name} must end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    words = plain(str(figure.get_label()) if alt is None else alt, limit=None).strip()
    if not words:
        raise InputError(
            "the figure has no description for people who cannot see it; say in alt= what it shows"
        )
    kind = target.suffix.lower().removeprefix(".")
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Software": "hotspot", "Description": words},
        "svg": {"Date": None, "Creator": "hotspot", "Description": words},
        "pdf": {"CreationDate": None, "Creator": "hotspot", "Subject": words},
    }
    content = io.BytesIO()
    with own_settings():
        figure.savefig(content, format=kind, dpi=DOTS_PER_INCH, metadata=metadata[kind], facecolor="white")
    write_text_whole(target.with_name(f"{target.name}.alt.txt"), words + "\n")
    write_bytes_whole(target, content.getvalue())
    return target


def _class_panel(axes: Axes, sheet: Sheet, result: SensitivityResult, number: int) -> None:
    from hotspot.publish.maps.legend import CLASSES

    row = result.table.iloc[number]
    cells, grid = result.cells[number], result.grids[number]
    codes = _class_codes(cells["gi_class"])
    looks = _looks(result)
    for code in [*range(len(CLASSES)), len(CLASSES)]:
        chosen = codes == code
        if code != CLASSES.index("not significant") and chosen.any():
            shapes = grid.polygons(cells.index.to_numpy()[chosen])
            _draw(axes, shapes, looks[code]["fillColor"], sheet.points_across(grid.cell_size))
    hot, cold = int(row["hot_cells"]), int(row["cold_cells"])
    near = str(row["neighbours"])
    heading = (
        f"{row['cell_size']:g} m cells, neighbours: {near}\n{hot:,} hot and {cold:,} cold of {int(row['cells']):,} "
        f"cells,\n{row['hot_area_pct']:.2g} % of the area hot"
    )
    sheet.map(axes, heading)


def _share_panel(axes: Axes, sheet: Sheet, result: SensitivityResult) -> None:
    places, number = result.places, len(result.table)
    times, across = places["hot_in"].to_numpy(), sheet.points_across(result.grids[0].cell_size)
    for least, most, color in _steps(number):
        chosen = (times >= least) & (times <= most)
        if chosen.any():
            _draw(axes, places.geometry.to_numpy()[chosen], color, across)
    ever, always = int((times > 0).sum()), int((times == number).sum())
    heading = (
        f"How many of the {number} choices agree\n{ever:,} places hot in any, {always:,} in all\n"
        f"({result.table['cell_size'].min():g} m cells)"
    )
    sheet.map(axes, heading)


def _draw(axes: Axes, shapes: NDArray[np.object_], color: str, cell_points: float) -> None:
    from matplotlib.collections import PolyCollection

    outlines = [shapely.get_coordinates(shape) for shape in shapes]
    # Lines of one width would cover the colour of the smallest cells.
    width = min(0.4, 0.05 * cell_points)
    axes.add_collection(
        PolyCollection(outlines, facecolors=color, edgecolors="#4a4a4a", linewidths=width, zorder=2)
    )


def _key(sheet: Sheet, result: SensitivityResult) -> None:
    """Explain both palettes, in the place of a panel."""
    from hotspot.publish.maps.legend import CLASSES, UNDEFINED

    codes = np.concatenate([_class_codes(cells["gi_class"]) for cells in result.cells])
    corrected = "gi_q" in result.cells[0].columns
    ending = "" if corrected else " (uncorrected)"
    looks, wanted = (
        _looks(result),
        [*reversed(range(len(CLASSES))), *([UNDEFINED] if (codes == UNDEFINED).any() else [])],
    )
    rows: list[tuple[str | None, str]] = [
        (None, "Cells, by confidence" + (" after correction" if corrected else ""))
    ]
    for code in wanted:
        name = "No result" if code == UNDEFINED else CLASSES[code].replace("%", " %").capitalize() + ending
        rows.append((looks[code]["fillColor"], name.replace(" (uncorrected)", "") if "Not" in name else name))
    number = len(result.table)
    if number > 1:
        rows.append((None, "Last map: place is hot in"))
    for least, most, shade in reversed(_steps(number) if number > 1 else []):
        span = f"{least}" if least == most else f"{least} to {most}"
        rows.append((shade, f"{span} of {number} choices"))
    axes, small = sheet.key_place(len(rows))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows), 0)
    for line, (color, words) in enumerate(rows):
        if color is not None:
            axes.fill(
                [0.06, 0.16, 0.16, 0.06],
                [line + 0.15, line + 0.15, line + 0.85, line + 0.85],
                facecolor=color,
                edgecolor="#4a4a4a",
                linewidth=0.4,
            )
        say(
            axes, 0.06 if color is None else 0.2, line + 0.5, words, va="center",
            weight="bold" if color is None else "normal",
            fontsize=small,
        )  # fmt: skip


def _steps(number: int) -> list[tuple[int, int, str]]:
    """Part 1 ... number into at most six steps, each with its colour, darker for more."""
    from hotspot.publish.maps.legend import BANDS

    parts = np.array_split(np.arange(1, number + 1), min(number, len(BANDS)))
    shades = np.round(np.linspace(0, len(BANDS) - 1, len(parts))).astype(int)
    return [(int(part[0]), int(part[-1]), BANDS[shade]) for part, shade in zip(parts, shades, strict=True)]


def _looks(result: SensitivityResult) -> list[dict[str, Any]]:
    """Return the looks of the web map's classes, the undefined one last."""
    from hotspot.publish.maps.legend import class_shading

    corrected = "gi_q" in result.cells[0].columns
    return class_shading(np.empty(0, dtype=np.int64), corrected=corrected, opacity=1.0).looks


def _class_codes(classes: pd.Series) -> NDArray[np.int64]:
    from hotspot.publish.maps.legend import CLASSES, UNDEFINED

    names = classes.astype(object).astype(str).str.removesuffix(" (uncorrected)")
    codes = names.map({name: code for code, name in enumerate(CLASSES)})
    return codes.fillna(UNDEFINED).to_numpy().astype(np.int64)


def _title(result: SensitivityResult) -> str:
    months = provenance.months_observed(result.table)
    when = f", {provenance.spans(months)}" if months else ""
    number = len(result.table)
    choices = "one choice" if number == 1 else f"{number} choices"
    return f"Hot and cold cells under {choices} of scale{when}"


def _sourced(frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    # An outline carries no incidents: it bears on the marking only where it names its sources.
    return [frames[0], *(frame for frame in frames[1:] if provenance.of(frame)["sources"])]


def _small_print(frames: list[pd.DataFrame], level: float) -> list[str]:
    from hotspot.publish.maps.legend import EVENLY

    notes = [
        EVENLY,
        *(plain(note, limit=1_000) for frame in frames for note in provenance.of(frame)["notes"]),
    ]
    source = plain(provenance.source_line(_sourced(frames)), limit=1_000)
    drawn = (
        f"Above each map are the cells hot or cold with {100 * (1 - level):g} % confidence or more. Cells that are "
        "not significant are white. Grid north is up."
    )
    lines = [*notes, drawn, source]
    if provenance.marking(_sourced(frames)) == provenance.OPEN:
        lines.append(provenance.OPEN)
    return list(dict.fromkeys(lines))


def _in_words(result: SensitivityResult, title: str) -> str:
    """Describe the figure for people who cannot see it."""
    parts = []
    for row in result.table.to_dict(orient="records"):
        overlap = float(row["stability_pct"])
        agree = "" if np.isnan(overlap) else f", of which {overlap:.0f} % is hot in another choice on average"
        parts.append(
            f"{row['cell_size']:g} m cells, neighbours: {row['neighbours']}: {row['hot_cells']:,} hot and "
            f"{row['cold_cells']:,} cold of {row['cells']:,} cells, {row['hot_area_km2']:.2f} square km hot{agree}"
        )
    times, number = result.places["hot_in"].to_numpy(), len(result.table)
    last = (
        ""
        if number == 1
        else (
            f" The last map shows in how many of the {number} choices each place is hot: {int((times > 0).sum()):,} of "
            f"{len(times):,} places in at least one, {int((times == number).sum()):,} in all."
        )
    )
    return f"{title}. Small maps of one area side by side. " + "; ".join(parts) + f".{last}"
