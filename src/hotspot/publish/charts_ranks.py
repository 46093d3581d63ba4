"""Static figures of a ranking: how sure each rank is, and how concentrated incidents are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.charts_parts import flags_of, marked, small_print
from hotspot.publish.escape import MISSING, is_missing, plain
from hotspot.publish.release import Release
from hotspot.publish.released_layers import refuse_closed
from hotspot.publish.sheet import Page, Paper, own_settings, paper_of, say
from hotspot.ranking.harm import ordered_by

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hotspot.ranking.concentration import Concentration

MOST_ROWS = 40
"""Rows that fit a page."""

_ROW_INCHES, _LEAST_ROW = 0.24, 0.14
_INSTEAD = "publish counts of the areas or cells that they lie in"
_NAME_INCHES, _FIGURES_INCHES, _AXIS_INCHES = 2.75, 1.7, 0.5
_LONGEST_NAME = 42
_LOG_FROM = 100
_INK, _LINE, _SHADE, _BAND = "#222222", "#1f5fa8", "#e6e6e6", "#c9c9c9"
_NEEDED = ("number", "incidents", "rank", "rank_low", "rank_high")


def chart_ranks(
    locations: pd.DataFrame,
    *,
    top: int = 20,
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw the first locations with the ranks that they may truly have.

    Parameters
    ----------
    locations
        What `repeat_locations` returned: ``number``, ``incidents``, ``rank``, ``rank_low``, ``rank_high``, and
        where there are ``location``, ``probability_top`` and ``same_rank_group``.
    top
        How many, lowest ``number`` first; at most 40.
    title
        Default: made from the number drawn and the months covered.
    size
        "a4" or "a4-landscape" (the sheet less its margins), or "slide" (16 to 9).
    release
        "public" or a `PublicRelease`: only for open sources; ranks of a closed one are refused.

    Returns
    -------
    matplotlib.figure.Figure
        For `save_chart` or further drawing. ``figure.get_label()`` describes it in words.

    Raises
    ------
    InputError
        If a column is missing, or there are more rows than a page holds.

    Notes
    -----
    One line a location, under the number that it has on the map. The dot is its rank by reported incidents, the
    line the 95 % interval of its true rank. Locations that cannot be told apart from the first of their
    group stand on one shade and have the same group number. From rank 100 on the axis is logarithmic, and says so.

    How this can mislead: the interval speaks of how the counts scatter, not of who reports, and not of
    what will be different next year. A dot can lie outside its line: the first of many alike is there by luck.
    """
    paper = paper_of(size)
    refuse_closed([locations], release, what="A chart of ranks", instead=_INSTEAD)
    _check(locations, top)
    drawn = locations.sort_values("number", kind="stable").head(top).reset_index(drop=True)
    months = provenance.months_observed(locations)
    when = f", {provenance.spans(months)}" if months else ""
    order = "in order of harm" if ordered_by(drawn) == "harm" else "by reported incidents"
    heading = (
        f"Ranks of the first {len(drawn)} repeat locations {order}, with 95 % intervals{when}"
        if title is None
        else plain(title)
    )
    said = _record_of(locations)
    most = float(np.nanmax(drawn[["rank", "rank_high"]].to_numpy(dtype=float)))
    logarithmic = most >= _LOG_FROM
    wish, need = (len(drawn) * inches * _scale(paper) + _room(paper) for inches in (_ROW_INCHES, _LEAST_ROW))
    with own_settings():
        words = _rank_words(drawn, said, logarithmic)
        page = _page(paper, locations, heading, words, tall=wish, least=need, release=release)
        axes = _inner(page, _NAME_INCHES, _FIGURES_INCHES)
        _draw_ranks(axes, drawn)
        _write_ranks(axes, drawn, said, paper)
        axes.set_ylim(len(drawn) + 0.5, 0.5)
        axes.set_yticks([])
        axes.set_xlim(0.8 if logarithmic else 0.0, most * 1.15 if logarithmic else most + 1.0)
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        else:
            # There is no rank 0.
            axes.set_xticks([1, *(tick for tick in axes.get_xticks() if 1 < tick <= most + 1.0)])
        scale = ", logarithmic" if logarithmic else ""
        among = f" among {said['locations']:,} locations" if "locations" in said else ""
        _dress(axes, f"Rank{among}{scale}", "", paper)
        page.figure.set_label(_ranks_in_words(drawn, heading, said))
        return marked(page.figure, [locations], release)


def chart_concentration(
    concentration: Concentration, *, title: str | None = None, size: str = "a4", release: Release = None
) -> Figure:
    """Draw the Lorenz curve of incidents over locations beside what chance alone would make.

    Parameters
    ----------
    concentration
        What `concentration` returned.
    title
        Default: made from the months covered.
    size, release
        As in `chart_ranks`.

    Returns
    -------
    matplotlib.figure.Figure
        ``figure.get_label()`` describes it in words.

    Notes
    -----
    Across: locations, the busiest first. Up: the incidents at them. The thick line is what was reported; the
    dashed line and the shade around it are the mean and the 95 % range if every location were as likely as
    the next. The sentence names both.

    How this can mislead: few incidents over many locations look concentrated by chance alone, so only the gap
    between line and shade says anything.
    """
    paper, curve = paper_of(size), concentration.curve
    refuse_closed([curve], release, what="A curve of concentration", instead=_INSTEAD)
    months = provenance.months_observed(curve)
    when = f", {provenance.spans(months)}" if months else ""
    heading = f"How concentrated reported incidents are{when}" if title is None else plain(title)
    words = [
        concentration.sentence,
        "Thick line: as reported, the busiest locations first. Dashed line and shade: mean and 95 % range if every "
        "location were as likely as the next. Only the gap between line and shade is more than chance.",
    ]
    with own_settings():
        page = _page(paper, curve, heading, words, tall=4.4 + _room(paper), least=2.5, release=release)
        axes = _inner(page, 0.6, 0.3)
        x = curve["locations_pct"].to_numpy(dtype=float)
        low, high = (curve[name].to_numpy(dtype=float) for name in ("chance_low_pct", "chance_high_pct"))
        y, chance = (curve[name].to_numpy(dtype=float) for name in ("incidents_pct", "chance_pct"))
        axes.fill_between(x, low, high, color=_BAND, linewidth=0, zorder=1)
        axes.plot(x, chance, color=_INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)
        axes.plot(x, y, color=_LINE, linewidth=2.4, zorder=3)
        row = concentration.table.set_index("measure").loc["locations with 50% of incidents"]
        _half(axes, paper, *(row[["observed", "chance"]].to_numpy(dtype=float).tolist()))
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        known = "" if concentration.zeros_known else " with at least one incident"
        _dress(
            axes,
            f"% of the {concentration.locations:,} locations{known}, busiest first",
            f"% of the {concentration.incidents:,} reported incidents",
            paper,
        )
        label = (
            f"{heading}. Lorenz curve: incidents against locations, busiest first. {concentration.sentence}"
        )
        page.figure.set_label(label)
        return marked(page.figure, [curve], release)


def _check(locations: pd.DataFrame, top: int) -> None:
    missing = [name for name in _NEEDED if name not in locations.columns]
    if missing:
        raise InputError(
            f"the locations have no column {missing[0]!r}; give what repeat_locations returned from incidents with dates, "
            "since a rank has an interval only where months are known"
        )
    whole = isinstance(top, int | np.integer) and not isinstance(top, bool)
    if not whole or not 1 <= top <= MOST_ROWS:
        raise InputError(f"top={top!r} must be a whole number from 1 to {MOST_ROWS}, what a page holds")
    if locations["rank_high"].isna().all() or len(locations) == 0:
        raise InputError(
            f"none of the {len(locations):,} locations has an interval; there is nothing to draw"
        )


def _record_of(locations: pd.DataFrame) -> dict[str, Any]:
    """Return what the record says of the ranking."""
    steps = [step for step in provenance.of(locations)["steps"] if step["step"] == "repeat_locations"]
    return steps[-1] if steps else {}


def _scale(paper: Paper) -> float:
    """Return how much larger letters are than on A4."""
    return paper.small / 7.0


def _room(paper: Paper) -> float:
    """Return the inches that the heads above and the axis below need."""
    return _AXIS_INCHES * _scale(paper) + 2.6 * paper.line


def _page(
    paper: Paper,
    frame: pd.DataFrame,
    heading: str,
    words: list[str],
    *,
    tall: float,
    least: float,
    release: Release,
) -> Page:
    return Page(
        paper, heading, small_print([frame], words), flags_of([frame], release), tall=tall, least=least
    )


def _inner(page: Page, left: float, right: float) -> Axes:
    """Keep room beside the panel for names and figures, above it for their heads, and under it for the axis."""
    scale = _scale(page.paper)
    under = _AXIS_INCHES * scale
    tall = page.tall - _room(page.paper)
    axes = page.axes(page.left + left * scale, page.bottom + under, page.wide - (left + right) * scale, tall)
    axes.set_axis_on()
    return axes


def _draw_ranks(axes: Axes, drawn: pd.DataFrame) -> None:
    for first, last in _groups(drawn)[1::2]:
        axes.axhspan(first + 0.5, last + 1.5, color=_SHADE, linewidth=0, zorder=0)
    low, high = (drawn[name].to_numpy(dtype=float, na_value=np.nan) for name in ("rank_low", "rank_high"))
    place = np.arange(1, len(drawn) + 1)
    known = np.isfinite(low) & np.isfinite(high)
    axes.hlines(place[known], low[known], high[known], color=_LINE, linewidth=1.8, zorder=2)
    for ends in (low, high):
        axes.plot(ends[known], place[known], "|", color=_LINE, markersize=6, markeredgewidth=1.4, zorder=2)
    ranks = drawn["rank"].to_numpy(dtype=float)
    axes.plot(ranks, place, "o", color=_INK, markersize=4.5, zorder=3)
    axes.grid(axis="x", color="#d0d0d0", linewidth=0.5, zorder=1)
    axes.set_axisbelow(True)


def _groups(drawn: pd.DataFrame) -> list[tuple[int, int]]:
    """Return first and last row of each run of locations with one group number."""
    if "same_rank_group" not in drawn.columns:
        return []
    numbers = drawn["same_rank_group"].fillna(-1).to_numpy(dtype=np.int64)
    edges = np.flatnonzero(np.diff(numbers)) + 1
    starts = [0, *edges.tolist()]
    return list(zip(starts, [*(edge - 1 for edge in edges.tolist()), len(numbers) - 1], strict=True))


def _write_ranks(axes: Axes, drawn: pd.DataFrame, said: dict[str, Any], paper: Paper) -> None:
    """Write names to the left and figures to the right of each line."""
    across = axes.get_yaxis_transform()
    box = axes.get_position()
    inch = _scale(paper) / (box.width * paper.wide)
    small = paper.small
    right = [1 + 0.55 * inch, 1 + 1.15 * inch, 1 + 1.65 * inch]
    heads = ["Reported\nincidents", f"Chance of\ntop {said.get('top', 20)}", "Group"]
    with_chance, with_group = "probability_top" in drawn.columns, "same_rank_group" in drawn.columns
    used = [True, with_chance, with_group]
    for x, head, shown in zip(right, heads, used, strict=True):
        if shown:
            say(axes, x, 0.4, head, transform=across, ha="right", va="bottom", weight="bold", fontsize=small)
    say(
        axes,
        -_NAME_INCHES * inch,
        0.4,
        "Number on the map, location",
        transform=across,
        va="bottom",
        weight="bold",
        fontsize=small,
    )
    for row, values in enumerate(drawn.to_dict(orient="records"), start=1):
        look = {"transform": across, "va": "center", "fontsize": small}
        say(axes, (0.22 - _NAME_INCHES) * inch, row, f"{int(values['number'])}", ha="right", **look)
        say(axes, (0.3 - _NAME_INCHES) * inch, row, _name(values), **look)
        texts = [f"{int(values['incidents']):,}", _chance(values), _group(values)]
        for x, text, shown in zip(right, texts, used, strict=True):
            if shown:
                say(axes, x, row, text, ha="right", **look)


def _name(values: dict[Any, Any]) -> str:
    name = values.get("location")
    if is_missing(name):
        name = values.get("location_id")
    return plain(MISSING if is_missing(name) else name, limit=_LONGEST_NAME)


def _chance(values: dict[Any, Any]) -> str:
    chance = values.get("probability_top")
    if chance is None or is_missing(chance):
        return "none"
    share = 100.0 * float(chance)
    # A rounded 100 % would claim to be certain.
    return "over 99 %" if share > 99 else "under 1 %" if share < 1 else f"{share:.0f} %"


def _group(values: dict[Any, Any]) -> str:
    group = values.get("same_rank_group")
    return "apart" if group is None or is_missing(group) else str(int(group))


def _rank_words(drawn: pd.DataFrame, said: dict[str, Any], logarithmic: bool) -> list[str]:
    words = [
        "Dot: rank by reported incidents. Line: 95 % interval of the true rank, if the months of the data stand for "
        "months like them."
    ]
    if "same_rank_group" in drawn.columns:
        words.append(
            "Locations on one shade share a group number: the chance that the first of them is truly busier than "
            "another is under 95 %, so their order says little."
        )
    if logarithmic:
        words.append("The axis is logarithmic: each step to the right is ten times as many ranks.")
    if drawn["rank_high"].isna().any():
        words.append("Locations without a line are ranked apart, among themselves.")
    return words


def _ranks_in_words(drawn: pd.DataFrame, heading: str, said: dict[str, Any]) -> str:
    parts = []
    for values in drawn.to_dict(orient="records"):
        text = f"{int(values['number'])}. {_name(values)}: {int(values['incidents']):,} incidents, "
        if is_missing(values["rank_high"]):
            text += f"rank {int(values['rank'])}, apart"
        else:
            text += f"rank {int(values['rank'])}, {int(values['rank_low'])} to {int(values['rank_high'])}"
        if "probability_top" in drawn.columns:
            text += f", chance of top {said.get('top', 20)}: {_chance(values)}"
        if "same_rank_group" in drawn.columns:
            text += f", group {_group(values)}"
        parts.append(text)
    return f"{heading}. For each location its rank by reported incidents and the 95 % interval. {'; '.join(parts)}."


def _half(axes: Axes, paper: Paper, observed: float, chance: float) -> None:
    """Mark where half of the incidents are on both lines, and name the lines where neither can run."""
    looks: list[dict[str, Any]] = [
        {"color": _LINE, "linewidth": 2.4},
        {"color": _INK, "linewidth": 1.0, "linestyle": (0, (4, 2))},
    ]
    axes.fill_between([46, 52], [10.8] * 2, [13.2] * 2, color=_BAND, linewidth=0)
    names = ["As reported", "By chance (mean and 95 % range)"]
    for at, name, look, level in zip((observed, chance), names, looks, (20.0, 12.0), strict=True):
        axes.plot([at, at], [0, 50], color=_INK, linewidth=0.7, linestyle=":", zorder=2)
        axes.plot([at], [50.0], "o", color=_INK, markersize=4.5, zorder=4)
        axes.plot([46, 52], [level, level], **look)
        share = f"{at:.1f} %" if at >= 1 else f"{at:.2g} %"
        say(
            axes,
            53.5,
            level,
            f"{name}: half at {share} of locations",
            va="center",
            zorder=5,
            fontsize=paper.small,
        )


def _dress(axes: Axes, across: str, up: str, paper: Paper) -> None:
    axes.set_xlabel(across, fontsize=paper.small + 1, color=_INK)
    if up:
        axes.set_ylabel(up, fontsize=paper.small + 1, color=_INK)
    axes.tick_params(labelsize=paper.small, colors=_INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
