"""Static charts of when: months with their gaps and breaks, and hours of the week."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.intake.break_register import Break
from hotspot.intake.breaks import Register
from hotspot.publish.charts_parts import (
    INK,
    LINE,
    Row,
    draw_key,
    flags_of,
    ink_on,
    key_height,
    marked,
    small_print,
)
from hotspot.publish.charts_series import Series, break_on, break_words, released_series
from hotspot.publish.escape import plain
from hotspot.publish.release import Release
from hotspot.publish.released_layers import refuse_closed
from hotspot.publish.sheet import Page, Paper, own_settings, paper_of, say
from hotspot.statistics.hours import DAYS, hour_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SERIES_FILL, _SERIES_LINE = "#c6d8ee", "#1f5fa8"
_PANEL = {"a4": 2.6, "a4-landscape": 3.0, "slide": 3.0}
_LEAST_PANEL = 0.5
_LEFT = 0.55
_TOTALS = "publish a table of totals by released()"


def chart_series(
    incidents: pd.DataFrame,
    *,
    by: str | None = None,
    top: int = 6,
    register: Register | None = None,
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw incidents month by month, months without a file as gaps, with the breaks of the sources.

    Parameters
    ----------
    incidents
        With ``start``, and ``source`` and ``category`` where there are. Its record says which months
        were observed.
    by
        A column, such as "source", "category" or an area's name: one panel for each of its values. None: one panel.
    top
        At most so many panels, 1 to 8, those with the most incidents.
    register
        The breaks to look in; the shipped ones when None.
    title
        Default: made from ``by`` and the months covered.
    size
        "a4" or "a4-landscape" (the sheet less its margins), or "slide" (16 to 9).
    release
        "public" or a `PublicRelease`: of a closed source the months are drawn as `released` gives their table; those whose
        count is protected are dotted gaps, and named. ``by`` must be a category or name areas.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If there is no date or no such column, unlike sources would be added up, or the page is too small for the panels.

    Notes
    -----
    Each step is one month; the panel starts at 0 and has its own scale. A month without a file is hatched: missing is
    not zero. Where several sources are in one panel, a month counts as observed only when each of them has a file.
    Breaks (`breaks_between`) are numbered above the panel and named below: a dashed line for a change, a bar from
    first to last month for a spell or gap.

    How this can mislead: panels of unlike scale look alike; read the numbers. A step at a break is a change in
    recording until shown otherwise. A month with a part of its rows looks like a quiet month; see `partial_months`.
    """
    paper = paper_of(size)
    if isinstance(top, bool) or not isinstance(top, int | np.integer) or not 1 <= top <= 8:
        raise InputError(f"top={top!r} must be a whole number from 1 to 8, what a page holds")
    drawn, undrawn, notes, said = released_series(
        incidents, by=by, top=top, register=register, release=release
    )
    breaks = list(dict.fromkeys(item for series in drawn for item in series.breaks))
    months = {str(month) for series in drawn for month in series.months[series.observed]}
    named = "" if by is None else f" and {plain(by, limit=40)}"
    heading = (
        f"Reported incidents by month{named}, {provenance.spans(months)}" if title is None else plain(title)
    )
    gaps = any(not series.observed.all() for series in drawn)
    words = [
        "Each step is one month." + (" Each panel has its own scale, from 0." if len(drawn) > 1 else ""),
        *(["Hatched: months without a file. Missing is not zero."] if gaps else []),
        *notes,
        *undrawn,
        *(f"Break {number}: {break_words(item)}" for number, item in enumerate(breaks, start=1)),
    ]
    left = _LEFT * paper.small / 7
    wide = paper.wide - 0.3 - left
    apart = 1.8 * paper.small / 72 / wide * len(drawn[0].months)
    rows = [row + 1 for series in drawn for *_, row in _placed(series.breaks, series, apart)]
    # Above each panel a heading and the rows of break numbers, below it the labels of the months.
    heads, foot = paper.line * (1.5 + 1.2 * max(rows, default=0)), paper.line * 2.2
    wish = len(drawn) * (_PANEL[size] if len(drawn) == 1 else 0.7 * _PANEL[size]) + paper.line
    with own_settings():
        page = Page(
            paper, heading, small_print([said], words), flags_of([said], release),
            tall=wish, least=len(drawn) * (_LEAST_PANEL + heads + foot) + paper.line,
        )  # fmt: skip
        step = (page.tall - paper.line) / len(drawn)
        for number, series in enumerate(drawn):
            low = page.bottom + page.tall - (number + 1) * step
            box = (page.left + left, low + foot, wide, step - heads - foot)
            axes = page.axes(*box)
            _draw_series(axes, series, paper, last=number == len(drawn) - 1)
            page.say(page.left, low + step, series.heading, weight="bold")
            _draw_breaks(axes, page, series, breaks, apart)
        told = " ".join(series.in_words() for series in drawn)
        named_breaks = "".join(
            f" Break {number}: {plain(item.name)} ({item.months})."
            for number, item in enumerate(breaks, start=1)
        )
        page.figure.set_label(f"{heading}. Steps by month. {told}{named_breaks}")
        return marked(page.figure, [said], release)


def _draw_series(axes: Axes, series: Series, paper: Paper, *, last: bool) -> None:
    """Draw runs of shown months as steps, those without a file hatched, and those with a protected count dotted."""
    from matplotlib.ticker import MaxNLocator

    first = series.months[0].ordinal
    counts, seen = series.counts, series.drawn
    most = max(float(counts[seen].max(initial=0)), 1.0) * 1.08
    for begin, end in _runs(seen):
        x = np.arange(begin, end + 1) + first
        look: dict[str, Any] = {"baseline": 0, "edgecolor": _SERIES_LINE, "linewidth": 1.2, "zorder": 2}
        axes.stairs(counts[begin:end], x, fill=True, facecolor=_SERIES_FILL, **look)
    gap: dict[str, Any] = {"facecolor": "#f2f2f2", "edgecolor": "#8a8a8a", "linewidth": 0, "zorder": 1}
    for months, hatch in ((~series.observed, "xxx"), (series.hidden, "..")):
        for begin, end in _runs(months):
            axes.axvspan(begin + first, end + first, hatch=hatch, **gap)
    axes.set_axis_on()
    axes.set_xlim(first, first + len(counts))
    axes.set_ylim(0, most)
    _month_ticks(axes, series, paper)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.tick_params(labelsize=paper.small, colors=INK, length=3)
    axes.grid(axis="y", color="#d8d8d8", linewidth=0.5, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if last:
        axes.set_xlabel("Month" if len(counts) <= 36 else "Year", fontsize=paper.small, color=INK, labelpad=2)


def _runs(chosen: Any) -> list[tuple[int, int]]:
    """Return begin and end of each run of months."""
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _month_ticks(axes: Axes, series: Series, paper: Paper) -> None:
    months = series.months
    if len(months) > 36:
        ticks = [month for month in months if month.month == 1]
        every = -(-len(ticks) // 16)
        labels = [str(month.year) for month in ticks[::every]]
        axes.set_xticks([month.ordinal for month in ticks[::every]], labels)
        return
    every = 1 if len(months) <= 8 else 3 if len(months) <= 24 else 6
    ticks = [month for number, month in enumerate(months) if number % every == 0]
    # The label of a month stands under the middle of its step.
    axes.set_xticks([month.ordinal + 0.5 for month in ticks], [str(month) for month in ticks])


def _placed(
    own: Sequence[Break], series: Series, apart: float
) -> list[tuple[Break, float, float, float, int]]:
    """Return each break with its begin, its end, and the place and row of its number, so that numbers stay apart."""
    first, last = series.months[0].ordinal, series.months[-1].ordinal + 1
    free: list[float] = []
    placed = []
    for item in sorted(own, key=lambda item: (item.start, item.name)):
        begin, end = break_on(item, first, last)
        place = min(max((begin + end) / 2, first + 0.3 * apart), last - 0.3 * apart)
        row = next((row for row, taken in enumerate(free) if place - taken >= apart), len(free))
        free[row : row + 1] = [place]
        placed.append((item, begin, end, place, row))
    return placed


def _draw_breaks(axes: Axes, page: Page, series: Series, every: Sequence[Break], apart: float) -> None:
    """Number each break above the panel, and draw from where to where it holds."""
    across = axes.get_xaxis_transform()
    tall = axes.get_position().height * page.height
    small, line = page.paper.small, page.paper.line
    box = {"boxstyle": "square,pad=0.15", "facecolor": "#ffffff", "edgecolor": INK, "linewidth": 0.7}
    for item, begin, end, place, row in _placed(series.breaks, series, apart):
        level = 1 + (0.06 + row * 1.15 * line) / tall
        change = item.kind == "change"
        look: dict[str, Any] = {"transform": across, "color": INK, "clip_on": False, "zorder": 4}
        for x in sorted({begin, end}):
            style: dict[str, Any] = (
                {"linewidth": 1.1, "linestyle": (0, (4, 2))}
                if change
                else {"linewidth": 0.7, "linestyle": ":"}
            )
            axes.plot([x, x], [0, level if change else 1.0], **style, **look)
        if begin < end:
            top = level if change else 1.0
            axes.plot(
                [begin, end], [top, top], linewidth=1.1 if change else 2.6, solid_capstyle="butt", **look
            )
        say(
            axes, place, level, str(every.index(item) + 1), transform=across, fontsize=small, weight="bold", ha="center",
            va="bottom", bbox=box, zorder=5,
        )  # fmt: skip


def chart_hours(
    incidents: pd.DataFrame, *, title: str | None = None, size: str = "a4", release: Release = None
) -> Figure:
    """Draw incidents by hour and day of the week, as shaded cells with their numbers in them.

    Parameters
    ----------
    incidents
        With ``start`` (local time); ``end`` and ``time_precision`` where the source has them.
    title
        Default: made from the months covered.
    size
        "a4" (hours downwards), "a4-landscape" or "slide" (hours across).
    release
        "public" or a `PublicRelease`: only for open sources. Spells are spread over hours in parts of an incident, which
        cannot be protected as counts are: of a closed source the call refuses.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If no row has an hour, as with data.police.uk, which gives months only; or if unlike sources would be added up.

    Notes
    -----
    The table is that of `hotspot.statistics.hours.hour_table`: an incident with a first and a last moment is spread evenly
    over the time between; rows without a time, midnight sharp among them, are left out and counted on the page.
    Numbers are rounded; sums are taken before rounding.

    How this can mislead: a recorded time is often that of the report. Rounded times pile up at full hours and at noon.
    The shade follows this table's own numbers and says nothing of chance: 168 cells of a handful of incidents always
    have a darkest one.
    """
    paper = paper_of(size)
    refuse_closed([incidents], release, what="A chart of hours", instead=_TOTALS)
    table = hour_table(incidents)
    said = provenance.of(table)["steps"][-1]
    months = provenance.months_observed(incidents)
    when = f", {provenance.spans(months)}" if months else ""
    heading = f"Reported incidents by hour and day of the week{when}" if title is None else plain(title)
    left_out = _left_out(said)
    notes = [
        f"{said['incidents']:,} incidents are in the table. {left_out or 'None was left out.'}",
        *([_spread_words(said)] if said["spread"] else []),
        "Hours begin at the time shown, local time. Numbers are rounded. A darker cell has more reports; it is no test.",
    ]
    values = table.to_numpy()
    with own_settings():
        fills, rows = _hour_shades(values)
        under = key_height(rows, 3.0, paper.small) if paper.upright else 0.0
        across = paper.wide - 0.2
        wish = 26 * 0.26 + under + 0.3 if paper.upright else 9 * 0.48
        page = Page(
            paper, heading, small_print([table], notes), flags_of([table], release), tall=wish, least=2.0 + under,
        )  # fmt: skip
        side = 0.0 if paper.upright else 0.14 * across
        box = (page.left, page.bottom + under, across - side, page.tall - under)
        _draw_hours(page, values, fills, box)
        top = page.bottom + (under if paper.upright else page.tall)
        draw_key(page, rows, page.left + (0 if paper.upright else across - side + 0.15), top,
                 3.0 if paper.upright else side - 0.15, under or page.tall)  # fmt: skip
        page.figure.set_label(f"{heading}. {_hours_in_words(values)} {notes[0]}")
        return marked(page.figure, [incidents], release)


def _hour_shades(values: Any) -> tuple[list[str], list[Row]]:
    """Return the fill of each cell of the table, flat, and the key of the bands."""
    from hotspot.publish.maps.legend import NOT_DRAWN, band_shading

    # What is written is what is shaded.
    flat = np.round(values.reshape(-1), 1)
    whole = bool((flat == np.round(flat)).all())
    shading = band_shading(flat, key="h", title="", whole=whole, opacity=1.0)
    looks = [look["fillColor"] for look in shading.looks]
    fills = ["#ffffff" if code == NOT_DRAWN else looks[code] for code in shading.codes.tolist()]
    rows = [Row(entry.look["fillColor"], entry.words) for entry in reversed(shading.legend.entries)]
    none = [Row("#ffffff", "none")] if NOT_DRAWN in shading.codes else []
    return fills, [Row(None, "Incidents in a cell"), *rows, *none]


def _draw_hours(page: Page, values: Any, fills: list[str], box: tuple[float, float, float, float]) -> None:
    """Draw the table with its sums: days across on an upright page, hours across on a wide one."""
    from matplotlib.patches import Rectangle

    upright = page.paper.upright
    x, y, wide, tall = box
    columns, lines = (9.0, 26) if upright else (26.6, 9)
    axes = page.axes(x, y, wide, tall)
    axes.set_xlim(0, columns)
    axes.set_ylim(lines, 0)
    small = page.paper.small
    # A whole number of four figures must fit a column.
    small = min(small, 72 * wide / columns / 3.1)
    digits = 1 if values.max() < 99.95 and (np.round(values, 1) % 1 != 0).any() else 0

    def write(day: int, hour: int, text: str, **look: Any) -> None:
        # The sums of a wide page need a wider column.
        at = (day + 1.5, hour + 1.5) if upright else (hour + 1.5 + 0.3 * (hour == 24), day + 1.5)
        axes.text(
            *at, text, ha="center", va="center", parse_math=False, **{"fontsize": small, "color": INK, **look}
        )

    for day in range(7):
        for hour in range(24):
            fill = fills[day * 24 + hour]
            corner = (day + 1, hour + 1) if upright else (hour + 1, day + 1)
            axes.add_patch(Rectangle(corner, 1, 1, facecolor=fill, edgecolor="#ffffff", linewidth=0.8))
            write(day, hour, _figure(values[day, hour], digits), color=ink_on(fill))
        write(day, -1, DAYS[day][:3] if not upright else DAYS[day], weight="bold")
        write(day, 24, _figure(values[day].sum(), 0), weight="bold")
    for hour in range(24):
        write(-1, hour, f"{hour:02d}:00" if upright else f"{hour:02d}", weight="bold")
        write(7, hour, _figure(values[:, hour].sum(), 0), weight="bold")
    write(7, -1, "All", weight="bold")
    write(-1, 24, "All", weight="bold")
    write(7, 24, _figure(values.sum(), 0), weight="bold")
    write(-1, -1, "Hour", weight="bold")
    axes.plot([1, 8, 8, 1, 1] if upright else [1, 25, 25, 1, 1], [1, 1, 25, 25, 1] if upright else [1, 1, 8, 8, 1],
              color=LINE, linewidth=0.8)  # fmt: skip


def _figure(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if value or not digits else "0"


def _left_out(said: dict[str, Any]) -> str:
    words = {
        "midnight": "at midnight sharp (time not recorded)",
        "day_only": "with a day only",
        "month_only": "with a month only",
        "undated": "without a date",
    }
    parts = [f"{said[reason]:,} {text}" for reason, text in words.items() if said[reason]]
    return f"Left out: {', '.join(parts)}." if parts else ""


def _spread_words(said: dict[str, Any]) -> str:
    text = f"{said['spread']:,} that can have happened over several hours are spread evenly over them"
    text += f", {said['day_or_longer']:,} of them over a day or longer" if said["day_or_longer"] else ""
    text += f"; {said['swapped']:,} ended before they started and were swapped" if said["swapped"] else ""
    return f"{text}."


def _hours_in_words(values: Any) -> str:
    order = np.argsort(-values.reshape(-1), kind="stable")[:3]
    busiest = ", ".join(
        f"{DAYS[at // 24]} {at % 24:02d}:00 ({_figure(values.reshape(-1)[at], 1)})" for at in order.tolist()
    )
    days = ", ".join(f"{name} {values[day].sum():,.0f}" for day, name in enumerate(DAYS))
    blocks = ", ".join(
        f"{at:02d}:00 to {at + 3:02d}:00 {values[:, at : at + 3].sum():,.0f}" for at in range(0, 24, 3)
    )
    return f"Table of 7 days and 24 hours. Busiest: {busiest}. By day: {days}. By time of day: {blocks}."
