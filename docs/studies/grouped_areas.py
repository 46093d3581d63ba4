"""False effects and coverage of the headline where small areas are grouped and the order is busier than they are.

    python docs/studies/grouped_areas.py [RUNS]     (about 6 minutes on one processor with 400)

A borough of 196 areas of unlike size, an order and a comparison of 3 to 6 touching areas each, 8 months before and during.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspot.decisions.unit_groups import SPREAD_SCALE, grouped_units
from hotspot.statistics.effect import Effect, ratio_of_rate_ratios

SIDE, MONTHS, TOTAL, VARIANCE_OVER_MEAN, COMMON_FALL, TRUE_RATIO = 14, 8, 600.0, 1.6, 0.6, 0.7
NAMES = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, MONTHS + 1)]
AT = np.array([(i, j) for i in range(SIDE) for j in range(SIDE)])
CODES = [f"E{number:03d}" for number in range(SIDE * SIDE)]
LAYER = gpd.GeoDataFrame(
    {"code": CODES},
    geometry=[shapely.box(i * 500, j * 500, (i + 1) * 500, (j + 1) * 500) for i, j in AT],
    crs=27700,
)


def block(rng: np.random.Generator, size: int, apart_from: list[int]) -> list[int]:
    """Return touching areas, none of them next to those of ``apart_from``."""
    while True:
        held = [int(rng.integers(len(AT)))]
        while len(held) < size:
            away = np.abs(AT[:, None] - AT[held][None]).sum(axis=2).min(axis=1)
            held.append(int(rng.choice(np.flatnonzero(away == 1))))
        if not apart_from or np.abs(AT[held][:, None] - AT[apart_from][None]).max(axis=2).min() > 1:
            return held


def one_run(rng: np.random.Generator, drift_of: str, busy: int, sd: float, ratio: float) -> Effect:
    size = rng.lognormal(0.0, 0.8, len(AT))
    number = int(rng.integers(3, 7))
    order = block(rng, number, [])
    comparison = block(rng, number, order)
    size[order] *= busy
    size[comparison] *= busy
    size *= TOTAL / size.sum()
    drift = np.exp(rng.normal(0.0, sd, len(AT)))
    if drift_of == "the order as one":
        for place in (order, comparison):
            drift[place] = np.exp(rng.normal(0.0, sd))
    season = 1.0 + 0.2 * np.sin(np.arange(MONTHS) / 2.0)
    mean = np.hstack([size[:, None] * season, size[:, None] * season * COMMON_FALL * drift[:, None]])
    mean[order, MONTHS:] *= ratio
    shape = np.maximum(mean / (VARIANCE_OVER_MEAN - 1.0), 1e-9)
    counts = rng.negative_binomial(shape, 1.0 / VARIANCE_OVER_MEAN)
    near = np.abs(AT[:, None] - AT[order][None]).max(axis=2).min(axis=1) <= 1
    near[comparison] = True
    kept = np.flatnonzero(~near)
    table = pd.DataFrame(counts[kept], index=pd.Index([CODES[n] for n in kept], name="area"), columns=NAMES)
    inside = counts[order][:, :MONTHS].sum(axis=1).astype(float)
    groups = grouped_units(table, LAYER, "code", NAMES[:MONTHS], int(inside.sum()), inside_units=inside)
    return ratio_of_rate_ratios(
        counts[order].sum(axis=0), counts[comparison].sum(axis=0), np.arange(2 * MONTHS) >= MONTHS,
        others=groups.to_numpy(), spread_scale=groups.attrs.get(SPREAD_SCALE, 1.0),
    )  # fmt: skip


def row_of(drift_of: str, busy: int, sd: float, runs: int) -> dict[str, object]:
    rng = np.random.default_rng(7)
    pairs = [
        (one_run(rng, drift_of, busy, sd, 1.0), one_run(rng, drift_of, busy, sd, TRUE_RATIO))
        for _ in range(runs)
    ]
    none = [first for first, _ in pairs if not first.reason]
    fall = [second for _, second in pairs if not second.reason]
    return {
        "own ways of": drift_of,
        "busier": f"{busy}x",
        "sd": sd,
        "false effects %": 100.0 * float(np.mean([e.p <= 0.05 for e in none])),
        "Poisson %": 100.0 * float(np.mean([not e.poisson_low <= 1.0 <= e.poisson_high for e in none])),
        "coverage %": 100.0 * float(np.mean([e.low <= TRUE_RATIO <= e.high for e in fall])),
        "power %": 100.0 * float(np.mean([e.high < 1.0 for e in fall])),
        "cautioned %": 100.0 * float(np.mean([bool(e.caution) for e in none])),
    }


def main(runs: int) -> None:
    rows = [
        row_of(drift_of, busy, sd, runs)
        for drift_of in ("each area", "the order as one")
        for busy in (1, 5, 15)
        for sd in (0.0, 0.1, 0.2)
    ]
    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [f"{value:.1f}" if isinstance(value, float) else str(value) for value in row.values()]
        lines.append("| " + " | ".join(cells) + " |")
    target = Path(__file__).with_name("grouped_areas.md")
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
