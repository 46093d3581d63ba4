"""Static charts of a review: each prohibition's estimate with its interval, and the order beside its comparison."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.charts_parts import INK, SIMULATED, small_print
from hotspot.publish.charts_time import chart_series
from hotspot.publish.escape import plain
from hotspot.publish.packs.releasing import DRAWN_MARKING
from hotspot.publish.release import Release, marking_of
from hotspot.publish.review_same import WIDER_NOTE
from hotspot.publish.sheet import Page, own_settings, paper_of, say
from hotspot.statistics.effect import NOT_CONTROLLED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INSIDE, _OTHER, _PERIOD = "#1f5fa8", "#b35806", "#f0f0f0"
_TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


def chart_estimates(
    headlines: pd.DataFrame, *, title: str | None = None, size: str = "a4", release: Release = None
) -> Figure:
    """Draw the ratio of rate ratios of each prohibition with its interval, or say why there is none.

    Parameters
    ----------
    headlines
        The table "headlines" of a `Review`.
    title, size
        As in the other charts.
    release
        "public" (or a `PublicRelease`), where the estimates are those of released counts.

    Returns
    -------
    matplotlib.figure.Figure
        ``figure.get_label()`` describes it in words.

    Notes
    -----
    The axis is logarithmic, so that half and double are equally far from 1. The thick line is the interval of
    the headline; the thin one the narrowest possible, which takes every report as independent of every other. Either
    is left out where the table has none, as in a public pack.
    """
    paper = paper_of(size)
    rows = headlines.to_dict(orient="records")
    if not rows:
        raise InputError("there is no prohibition to draw; give the headlines of a review")
    heading = title or "Reports in the order's area against the comparison, by prohibition"
    words = ["A ratio of 1 means that the area and its comparison changed alike.", *_line_words(headlines)]
    if any(_starred(row) for row in rows):
        words.append(WIDER_NOTE)
    if headlines["ratio"].notna().any() and (headlines["heading"] == NOT_CONTROLLED).any():
        words.append(
            f"Hollow: {NOT_CONTROLLED}; the reports during over those before, beside no other place."
        )
    line = paper.line
    tall = (2.9 * len(rows) + 3) * line
    with own_settings():
        page = Page(
            paper, plain(heading), small_print([headlines], words), _flags(headlines, release),
            tall=tall, least=min(tall, (2.2 * len(rows) + 2.5) * line),
        )  # fmt: skip
        left = 0.36 * page.wide
        axes = page.axes(
            page.left + left, page.bottom + 2.2 * line, page.wide - left - 0.2, page.tall - 2.5 * line
        )
        _draw_estimates(axes, rows, paper.small)
        told = " ".join(_estimate_words(row) for row in rows)
        if any(_starred(row) for row in rows):
            told += f" {WIDER_NOTE}"
        page.figure.set_label(f"{plain(heading)}. {told}")
        return _marked(page.figure, headlines, release)


def _line_words(headlines: pd.DataFrame) -> list[str]:
    if not headlines["low"].notna().any():
        return []
    words = "Thick line: 95 % interval."
    if _narrowest(headlines):
        words += " Thin line: the narrowest possible interval, which takes each report as independent."
    return [words]


def _narrowest(headlines: pd.DataFrame) -> bool:
    return "poisson_low" in headlines.columns and bool(headlines["poisson_low"].notna().any())


def _flags(frame: pd.DataFrame, release: Release) -> list[str]:
    marking = marking_of([frame], release)
    flags = [] if marking == provenance.OPEN else [marking]
    return [*flags, *([SIMULATED] if provenance.is_simulated([frame]) else [])]


def _marked(figure: Figure, frame: pd.DataFrame, release: Release) -> Figure:
    setattr(figure, DRAWN_MARKING, marking_of([frame], release))
    return figure


def _draw_estimates(axes: Axes, rows: list[dict[Any, Any]], small: float) -> None:
    names = ("low", "high", "poisson_low", "poisson_high")
    values = [float(row.get(key, np.nan)) for row in rows for key in (*names, "ratio")]
    ends = [value for value in values if np.isfinite(value) and value > 0]
    low, high = min([0.5, *ends]), max([2.0, *ends])
    axes.set_axis_on()
    axes.set_xscale("log")
    axes.set_xlim(max(low, 0.02) / 1.15, min(high, 50.0) * 1.15)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axvline(1.0, color=INK, linewidth=1.0)
    across = axes.get_yaxis_transform()
    for at, row in enumerate(rows):
        say(
            axes,
            -0.02,
            at,
            textwrap.fill(_starred_name(row), 34),
            transform=across,
            ha="right",
            va="center",
            fontsize=small,
        )
        if not np.isfinite(row["ratio"]):
            say(
                axes,
                0.02,
                at,
                plain(row["heading"], limit=70),
                transform=across,
                va="center",
                fontsize=small,
                style="italic",
                bbox={"facecolor": "#ffffff", "edgecolor": "none", "pad": 1.5},
            )
            continue
        if np.isfinite(row["low"]):
            axes.plot([row["low"], row["high"]], [at, at], color=_INSIDE, linewidth=4, solid_capstyle="butt")
        if np.isfinite(row.get("poisson_low", np.nan)):
            axes.plot([row["poisson_low"], row["poisson_high"]], [at + 0.18] * 2, color=INK, linewidth=0.9)
        hollow = "#ffffff" if row["heading"] else _INSIDE
        axes.plot(
            [row["ratio"]], [at], marker="D", markersize=7, color=_INSIDE, markerfacecolor=hollow, zorder=4
        )
        if row["heading"]:
            say(
                axes,
                row["ratio"],
                at - 0.22,
                plain(row["heading"]),
                ha="center",
                va="bottom",
                fontsize=small,
                style="italic",
            )
    shown = [tick for tick in _TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.tick_params(labelsize=small, colors=INK)
    axes.set_xlabel("ratio of rate ratios (logarithmic)", fontsize=small, color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _starred(row: dict[Any, Any]) -> bool:
    """Tell whether an estimate is of a wider category, as the table's column of evidence says."""
    return bool(np.isfinite(row["ratio"])) and str(row.get("evidence", "")).startswith("wider")


def _starred_name(row: dict[Any, Any]) -> str:
    return plain(row["prohibition"]) + ("*" if _starred(row) else "")


def _estimate_words(row: dict[Any, Any]) -> str:
    name = _starred_name(row)
    if not np.isfinite(row["ratio"]):
        return f"{name}: {plain(row['heading'])}."
    headed = f" ({plain(row['heading'])})" if row["heading"] else ""
    interval = f", 95% interval {row['low']:.2f} to {row['high']:.2f}" if np.isfinite(row["low"]) else ""
    narrow = ""
    if np.isfinite(row.get("poisson_low", np.nan)):
        narrow = f", narrowest possible {row['poisson_low']:.2f} to {row['poisson_high']:.2f}"
    return f"{name}{headed}: {row['ratio']:.2f}{interval}{narrow}."


def chart_trends(
    trends: pd.DataFrame, *, title: str | None = None, size: str = "a4", release: Release = None
) -> Figure:
    """Draw the order and its comparison month by month, each as a percentage of its own mean before.

    Parameters
    ----------
    trends
        From `hotspot.decisions.parallel_trends.parallel_trends`.
    title, size
        As in the other charts.
    release
        "public" (or a `PublicRelease`): only trends of open sources are drawn then.

    Notes
    -----
    Dots are months, lines the mean of three. The two periods that are compared are shaded; other months are in
    neither. A month without data has no dot.
    """
    paper = paper_of(size)
    if not len(trends):
        raise InputError("there is no month to draw; give the trends of a review")
    names = plain(trends["inside_name"].iloc[0]), plain(trends["comparison_name"].iloc[0])
    heading = title or f"Reports {names[0]} the order and in {names[1]}, 100 = mean of the months before"
    words = ["Dots: months. Lines: mean of three months. Shaded: the months compared, before and during."]
    with own_settings():
        page = Page(
            paper, plain(heading), small_print([trends], words), _flags(trends, release), tall=3.6, least=2.2
        )
        axes = page.axes(
            page.left + 0.6, page.bottom + 3 * paper.line, page.wide - 0.8, page.tall - 4.5 * paper.line
        )
        _draw_trends(axes, trends, names, paper.small)
        page.figure.set_label(f"{plain(heading)}. {_trend_words(trends, names)}")
        return _marked(page.figure, trends, release)


def _draw_trends(axes: Axes, trends: pd.DataFrame, names: tuple[str, str], small: float) -> None:
    months = pd.PeriodIndex(trends["month"], freq="M").asi8
    axes.set_axis_on()
    period = trends["period"].to_numpy(dtype=object)
    for at in np.flatnonzero(np.isin(period, ["before", "during"])):
        hatch = {"hatch": "///", "edgecolor": "#d9d9d9"} if period[at] == "during" else {"edgecolor": "none"}
        axes.axvspan(
            months[at] - 0.5, months[at] + 0.5, facecolor=_PERIOD, linewidth=0, zorder=0, **cast("Any", hatch)
        )
    looks = ((_INSIDE, "o", "-"), (_OTHER, "s", "--"))
    for word, name, (color, mark, style) in zip(("inside", "comparison"), names, looks, strict=True):
        axes.plot(months, trends[f"{word}_index"], mark, color=color, markersize=3.5, alpha=0.75)
        axes.plot(months, trends[f"{word}_smoothed"], style, color=color, linewidth=2, label=name)
    axes.axhline(100, color=INK, linewidth=0.6)
    axes.set_ylim(bottom=0)
    ticks = [at for at in months if at % 6 == 0] or [months[0]]
    axes.set_xticks(ticks, [str(pd.Period(ordinal=int(at), freq="M")) for at in ticks])
    axes.tick_params(labelsize=small, colors=INK)
    axes.legend(
        fontsize=small, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0
    )
    axes.set_xlabel("Month", fontsize=small, color=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _trend_words(trends: pd.DataFrame, names: tuple[str, str]) -> str:
    parts = []
    for period in ("before", "during"):
        chosen = trends[trends["period"] == period]
        if len(chosen):
            spans = provenance.spans(chosen["month"].astype("str"))
            parts.append(
                f"{period} ({spans}): {names[0]} {int(chosen['inside_n'].sum()):,}, {names[1]} "
                f"{int(chosen['comparison_n'].sum()):,} reports"
            )
    return "; ".join(parts) + "."


def chart_months(
    months: pd.DataFrame,
    *,
    source: str,
    categories: Sequence[str] = (),
    force: Sequence[tuple[float, float]] = (),
    title: str | None = None,
    size: str = "a4",
    release: Release = None,
) -> Figure:
    """Draw the reports of an order month by month, with breaks of the source and the spans in force.

    Parameters
    ----------
    months
        ``month`` (``YYYY-MM``) and ``n``; its record says which months were observed.
    source, categories
        Whose breaks are drawn, and of which categories.
    force
        First and last moment of each span in force, in months since January 1970.
    title, size, release
        As in `chart_trends`.
    """
    if not len(months):
        raise InputError("there is no month to draw; give the reports of the order by month")
    repeated = months.loc[months.index.repeat(months["n"].astype("int64")), "month"]
    rows = pd.DataFrame({"start": pd.to_datetime(repeated.to_numpy() + "-01")})
    rows["source"] = source
    if categories:
        rows["category"] = np.resize(np.array(categories, dtype=object), len(rows))
    record = provenance.of(months)
    seen = set(months["month"])
    # Months that the source observed and this table holds: the others are gaps, not zeros.
    record["sources"] = [
        cast("provenance.Source", {**one, "months": [month for month in one["months"] if month in seen]})
        for one in record["sources"]
    ]
    heading = f"{title or 'Reports by month'}" + ("; shaded: in force" if force else "")
    figure = chart_series(provenance.put(rows, record), title=heading, size=size)
    ends = (pd.Period(months["month"].min(), "M").ordinal, pd.Period(months["month"].max(), "M").ordinal + 1)
    for axes in figure.axes:
        if axes.axison and axes.get_xlim()[0] <= ends[0] and axes.get_xlim()[1] >= ends[1] > 24:
            for begin, end in force:
                axes.axvspan(begin, end, facecolor="#e6d3a8", alpha=0.45, linewidth=0, zorder=0.5)
    words = "; ".join(f"{_month_at(begin)} to {_month_at(end - 1e-6)}" for begin, end in force)
    figure.set_label(f"{figure.get_label()}" + (f" Shaded, in force: {words}." if words else ""))
    return _marked(figure, months, release)


def _month_at(place: float) -> str:
    return str(pd.Period(ordinal=int(place), freq="M"))
