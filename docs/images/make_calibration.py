"""Draw how often each test raises an alarm on maps of chance, from ``docs/studies/calibration.csv``.

    python docs/studies/calibration.py && python docs/images/make_calibration.py

writes ``docs/images/calibration.png`` and its description ``calibration.png.alt.txt``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import hotspot as hs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
RESULTS = HERE.parent / "studies" / "calibration.csv"
LEVEL_PCT = 5
# Colours that people with any colour vision tell apart, and a shape each.
LOOKS = {
    "exact": ("exact Gi*", "#0072b2", "o"),
    "normal": ("normal Gi*", "#d55e00", "s"),
    "csr": ("csr, by area", "#009e73", "^"),
    "esda, two-sided": ("esda, 999 shuffles, two-sided", "#cc79a7", "D"),
}
PANELS = (
    ("maps", "maps with any q ≤ 0.05"),
    ("inner", "inner cells with p ≤ 0.05"),
    ("edge", "edge cells with p ≤ 0.05"),
)


def name_of(points: str, cell_m: int) -> str:
    kind = "clumped counts" if points == "clumped" else f"{int(points):,} points"
    return f"{kind}, {cell_m} m"


def draw(axes: Axes, results: pd.DataFrame, figure: str, title: str) -> None:
    """Draw one panel: a row for each kind of map, a mark for each test, with two Monte Carlo errors."""
    kinds = list(dict.fromkeys(zip(results["points"], results["cell_m"], strict=True)))
    axes.axvline(LEVEL_PCT, color="#222222", linewidth=0.8, linestyle="--", zorder=1)
    for shift, (method, (_, color, marker)) in zip(
        np.linspace(-0.27, 0.27, len(LOOKS)), LOOKS.items(), strict=True
    ):
        mine = results[results["method"] == method].set_index(["points", "cell_m"]).loc[kinds]
        axes.errorbar(
            mine[f"{figure}_pct"], np.arange(len(kinds)) + shift, xerr=2 * mine[f"{figure}_error"],
            fmt=marker, color=color, markersize=4, elinewidth=0.9, zorder=2,
        )  # fmt: skip
    axes.set_title(title, fontsize=8)
    axes.set_yticks(range(len(kinds)), [name_of(*kind) for kind in kinds], fontsize=7)
    axes.set_ylim(len(kinds) - 0.5, -0.5)
    for row in range(1, len(kinds), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#f2f2f2", zorder=0)
    axes.set_xlim(-3, 104 if figure == "maps" else None)
    axes.tick_params(axis="x", labelsize=7)
    axes.set_xlabel("per cent", fontsize=7)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def in_words(results: pd.DataFrame) -> str:
    """Describe the figure for people who cannot see it."""
    parts = []
    for method, (name, _, _) in LOOKS.items():
        mine = results[results["method"] == method]
        low, high = (
            [float(reduce(mine[f"{figure}_pct"])) for figure, _ in PANELS] for reduce in (np.min, np.max)
        )
        spans = [
            f"{title.replace('≤', 'at most')}: {least:.1f} to {most:.1f} %"
            for (_, title), least, most in zip(PANELS, low, high, strict=True)
        ]
        parts.append(f"{name}: " + "; ".join(spans) + ".")
    return (
        "Share of false alarms on eight kinds of maps of pure chance over Sandwell, by four tests, against the "
        "level of 5 %. Lowest and highest of the eight kinds. " + " ".join(parts)
    )


def main() -> None:
    """Draw the figure."""
    results = pd.read_csv(RESULTS)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        figure = Figure(figsize=(7.5, 4.6), layout="constrained")
        panels = figure.subplots(1, 3, sharey=True)
        for axes, (name, title) in zip(panels, PANELS, strict=True):
            draw(axes, results, name, title)
        marks, names = [], []
        for name, color, marker in LOOKS.values():
            marks += panels[0].plot([], [], marker, color=color, markersize=5)
            names.append(name)
        figure.legend(marks, names, loc="outside lower center", ncols=4, fontsize=7, frameon=False)
        figure.suptitle("False alarms on maps of chance; dashed: 5 %", fontsize=9)
        image = hs.save_chart(figure, HERE / "calibration.png", alt=in_words(results))
    print(f"{image} ({image.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
