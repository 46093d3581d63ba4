"""Colours, class words and bands, and the key that explains them.

Every class has words beside its colour, and both palettes stay apart for the common kinds of
colour blindness: blue against red with lightness falling towards the extremes, and one scale that
only gets darker. Classes are hatched besides, hot rising and cold level, closer with confidence;
bands carry their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.publish.escape import escape

CLASSES = ("cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%")
UNDEFINED = len(CLASSES)
NOT_DRAWN = -1
EVENLY = (
    "Hot means more reports than if spread evenly over the area; busy places are often hot for that reason."
)
BANDS = ("#dcedb4", "#a3d6a5", "#5fb7a6", "#3191a4", "#2c6596", "#2b2f74")

# Most of the cells lie in the lower part of a skewed distribution: even steps of rank would
# spend most of the colours there.
_BAND_SHARES = (0.3, 0.55, 0.75, 0.9, 0.97)
_CLASS_FILLS = ("#1f5fa8", "#5b9fd0", "#b3d4ea", "#ffffff", "#fbc3a4", "#e5734f", "#a8142d")
_DIRECTIONS = {"cold": "Cold", "hot": "Hot"}
# Pixels between the lines of the hatching, and its ink: light where the fill is dark.
_HATCHES = {"90%": (9, "#1a1a1a"), "95%": (6, "#1a1a1a"), "99%": (5, "#ffffff")}
_UNDEFINED_LOOK = {
    "color": "#6a6a6a", "weight": 0.6, "dashArray": "2 3", "fillColor": "#bdbdbd", "fillOpacity": 0.35
}  # fmt: skip
_HIDDEN_FILLS = ("#f0f0f0", "#dadada", "#bdbdbd")
_DARK_BANDS = frozenset(BANDS[4:])


@dataclass(frozen=True)
class Entry:
    """One line of a key: its look (Leaflet path options), its words, and how many have it."""

    look: dict[str, Any]
    words: str
    count: int


@dataclass(frozen=True)
class Legend:
    """The key of one layer; ``key`` ties it to the layer, so that it is shown only with it."""

    key: str
    title: str
    entries: Sequence[Entry]
    notes: Sequence[str] = field(default_factory=tuple)
    counted: str = "cells"
    tabled: bool = True


@dataclass(frozen=True)
class Shading:
    """How each cell of a layer is drawn: a code a cell (-1: not at all), a look a code."""

    codes: NDArray[np.int64]
    looks: list[dict[str, Any]]
    legend: Legend


def class_words(*, corrected: bool) -> list[str]:
    """Name the classes in words, in the order of their codes, the undefined class last."""
    ending = " after correction" if corrected else ", not corrected for the number of cells tested"
    words = []
    for name in CLASSES:
        direction, _, level = name.partition(" ")
        if direction in _DIRECTIONS:
            words.append(f"{_DIRECTIONS[direction]}, {level.rstrip('%')} % confidence{ending}")
        else:
            words.append("Not significant")
    return [*words, "No result for this cell"]


def class_shading(codes: NDArray[np.int64], *, corrected: bool, opacity: float) -> Shading:
    """Shade by significance class; ``codes`` index ``CLASSES``, with 7 for undefined."""
    looks = [
        {"color": "#4a4a4a", "weight": 0.6, "fillColor": fill, "fillOpacity": opacity}
        for fill in _CLASS_FILLS
    ]
    for name, look in zip(CLASSES, looks, strict=True):
        direction, _, level = name.partition(" ")
        if direction in _DIRECTIONS:
            spacing, ink = _HATCHES[level]
            look["hatch"] = {"rising": direction == "hot", "spacing": spacing, "ink": ink}
    looks[CLASSES.index("not significant")] = {
        "color": "#a8a8a8",
        "weight": 0.4,
        "fillColor": "#ffffff",
        "fillOpacity": 0.05,
    }
    looks.append(dict(_UNDEFINED_LOOK))
    counts = np.bincount(codes, minlength=len(looks))
    words = class_words(corrected=corrected)
    order = [*reversed(range(len(CLASSES))), UNDEFINED]
    entries = [
        Entry(looks[code], words[code], int(counts[code]))
        for code in order
        if code != UNDEFINED or counts[code]
    ]
    return Shading(codes, looks, Legend("classes", "Hot and cold cells", entries))


def band_shading(
    values: NDArray[np.float64],
    *,
    key: str,
    title: str,
    whole: bool,
    opacity: float,
    notes: Sequence[str] = (),
    hidden: Sequence[str | None] | None = None,
    least: int = 1,
) -> Shading:
    """Shade positive values in up to six bands; zero and missing values are not drawn.

    Parameters
    ----------
    values : array of float
        One value a cell.
    key, title : str
        Of the layer's key.
    whole : bool
        Whether the values are whole numbers, so that a band reads "2 to 4".
    opacity : float
        Of the fill, 0 to 1.
    notes : sequence of str
        Printed under the key.
    hidden : sequence of str or None, optional
        For each value that is not shown the class in its place, such as "1 to 4": each class has a look of its
        own. Default: missing values are not drawn.
    least : int
        The smallest whole number that a value above zero can have.

    Returns
    -------
    Shading
        Codes from 0 (lowest band), -1 where nothing is drawn.
    """
    positive = np.isfinite(values) & (values > 0)
    breaks = _breaks(values[positive], whole=whole)
    codes = np.where(
        positive, np.searchsorted(breaks, np.where(positive, values, 0.0), side="right"), NOT_DRAWN
    )
    looks = band_looks(len(breaks) + 1, opacity)
    counts = np.bincount(codes[positive], minlength=len(looks))
    words = _band_words(breaks, float(values[positive].max(initial=0.0)), whole=whole, least=least)
    entries = [Entry(look, word, int(n)) for look, word, n in zip(looks, words, counts, strict=True)]
    if hidden is not None:
        if not positive.any():
            looks, entries = [], []
        named = np.array(["" if word is None else word for word in hidden], dtype=object)
        # Before the bands in the key and after them in the codes, so that codes of bands stay as they are.
        classes = sorted({str(word) for word in named if word}, key=_class_order)
        for number, word in enumerate(classes):
            codes = np.where(named == word, len(looks), codes)
            looks.append(_hidden_look(word, number, len(classes)))
            entries.insert(number, Entry(looks[-1], word, int((named == word).sum())))
    shading_notes = ("Cells without any are not drawn.", *notes)
    return Shading(codes.astype(np.int64), looks, Legend(key, title, entries, shading_notes))


def _class_order(words: str) -> tuple[bool, int, str]:
    """Order "0 to 4", "1 to 4", "5 or more" and, last, "not shown"."""
    first = words.partition(" ")[0]
    return (not first.isdigit(), int(first) if first.isdigit() else 0, words)


def _hidden_look(words: str, number: int, of: int) -> dict[str, Any]:
    """Return the look of a class of protected counts: grey, dashed, with the class in short."""
    fill = _HIDDEN_FILLS[1 if of == 1 else round(number * (len(_HIDDEN_FILLS) - 1) / (of - 1))]
    short = words.replace(" to ", "\N{EN DASH}").replace(" or more", "+") if words[0].isdigit() else "?"
    return {**_UNDEFINED_LOOK, "fillColor": fill, "fillOpacity": 0.6, "mark": short, "ink": "#111111"}


def band_looks(number: int, opacity: float) -> list[dict[str, Any]]:
    """Return the looks of a number of bands, lightest first, each with its number."""
    fills = [BANDS[round(step)] for step in np.linspace(0, len(BANDS) - 1, number)]
    return [
        {
            "color": "#3a3a3a",
            "weight": 0.4,
            "fillColor": fill,
            "fillOpacity": opacity,
            "mark": str(band),
            "ink": "#ffffff" if fill in _DARK_BANDS else "#111111",
        }
        for band, fill in enumerate(fills, start=1)
    ]


def legend_html(legend: Legend) -> str:
    """Return the key as HTML, every text in it escaped."""
    rows = "".join(
        f'<li><span class="hs-swatch" style="{swatch(entry.look)}">{escape(entry.look.get("mark", ""))}</span>'
        f"<span>{escape(entry.words)}</span>"
        f'<span class="hs-count">{entry.count:,}<span class="hs-unseen"> {legend.counted}</span></span></li>'
        for entry in legend.entries
    )
    notes = "".join(f'<p class="hs-fine">{escape(note, limit=600)}</p>' for note in legend.notes)
    return (
        f'<section data-legend="{escape(legend.key)}"><h2>{escape(legend.title)}</h2><ul class="hs-key">'
        f'<li class="hs-head" aria-hidden="true"><span></span><span></span><span>{legend.counted}</span></li>'
        f"{rows}</ul>{notes}</section>"
    )


def swatch(look: dict[str, Any]) -> str:
    """Return the style of a small sample of a look."""
    red, green, blue = (int(look["fillColor"][i : i + 2], 16) for i in (1, 3, 5))
    line = "dashed" if "dashArray" in look else "solid"
    style = (
        f"background-color:rgba({red},{green},{blue},{look['fillOpacity']});border:1px {line} {look['color']}"
    )
    if "hatch" in look:
        hatch = look["hatch"]
        angle = "-45deg" if hatch["rising"] else "0deg"
        ink, end = hatch["ink"], hatch["spacing"]
        style += f";background-image:repeating-linear-gradient({angle},{ink} 0 1px,transparent 1px {end}px)"
    return style + (f";color:{look['ink']}" if "ink" in look else "")


def _breaks(values: NDArray[np.float64], *, whole: bool) -> NDArray[np.float64]:
    if values.size == 0:
        return np.empty(0)
    rounded = [_round_number(float(q)) for q in np.quantile(values, _BAND_SHARES)]
    if whole:
        rounded = [float(max(round(q), 2)) for q in rounded]
    lowest, highest = values.min(), values.max()
    return np.array(sorted({q for q in rounded if lowest < q <= highest}), dtype=float)


def _round_number(value: float) -> float:
    """Round to a number that people read easily: 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    steps = np.array([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10])
    nearest = steps[np.argmin(np.abs(steps - value / power))]
    # Powers below one are not exact in binary: 3 * 0.1 would print as 0.30000000000000004.
    return float(f"{nearest * power:.6g}")


def _band_words(breaks: NDArray[np.float64], highest: float, *, whole: bool, least: int = 1) -> list[str]:
    if len(breaks) == 0:
        if highest <= 0:
            return ["none"]
        if least > 1:
            return [f"{least:,}" if highest == least else f"{least:,} to {highest:,.6g}"]
        return ["1" if whole and highest == 1 else f"up to {highest:,.6g}"]
    if whole:
        edges = [least, *(int(b) for b in breaks if b > least)]
        words = [
            f"{low:,}" if high - low == 1 else f"{low:,} to {high - 1:,}" for low, high in pairwise(edges)
        ]
        return [*words, f"{edges[-1]:,} or more"]
    text = [f"{b:,.6g}" for b in breaks]
    between = [f"{low} to {high}" for low, high in pairwise(text)]
    return [f"under {text[0]}", *between, f"{text[-1]} or more"]
