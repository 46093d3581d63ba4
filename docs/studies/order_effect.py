"""How often the headline of an order review sees an effect that is not there, and how often its interval is right.

Truth: incidents inside, in a comparison and in 20 other areas, by month, for the same 8 calendar months before
and during (season +-30 %). The inside has 40, 200 or 1,000 incidents before; the comparison 0.5, 1 or 10 times as many
(at 10 times it is ten areas added up); the other areas lie around the inside's size (lognormal, sd 0.5). Months
are Poisson or negative binomial with variance 1, 1.6 or 2.4 times the mean, and their ranks follow a Gaussian AR(1) with
a correlation of 0 or 0.3 between neighbouring months.

- No effect: everything falls by 40 % in the second period. A false effect is an interval without 1.
- A true fall: the inside alone falls by 30 %. Power is an interval wholly below 1; coverage, one that holds 0.7.

Beside the headline with the other areas: the headline without them, the exact Poisson interval of the same ratio,
naive before and after (exact Poisson, inside only), and the weighted displacement difference (z at 5 %).

Further conditions, over 12 of the 54 cells: a repeat caller (a fifth of the inside's incidents, active in a
quarter of the months at random); one who is active in a single spell of three months; areas with changes of their
own (sd 0.1 or 0.2 on the log scale); 8 or 40 other areas; other areas of a median of 60 whatever the inside;
12 months; more months without others. Pure displacement: what leaves the inside (30 %) goes to its ring.

    python docs/studies/order_effect.py

writes ``order_effect.csv``, ``order_effect_cells.md``, ``order_effect_conditions.md`` and
``order_effect_displaced.md``. It takes about eight minutes on one core.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hotspot.statistics.absolute_change import weighted_displacement_difference
from hotspot.statistics.effect import Effect, ratio_of_rate_ratios
from hotspot.statistics.rate_ratio import rate_ratio

Floats = NDArray[np.float64]

LEVELS = (40, 200, 1000)
TIMES = (0.5, 1, 10)
RATIOS = (1.0, 1.6, 2.4)
LAGS = (0.0, 0.3)
CELLS = list(product(LEVELS, TIMES, RATIOS, LAGS))
FEWER = [
    (level, times, ratio, lag)
    for level, times, (ratio, lag) in product(LEVELS, (0.5, 10), ((1.6, 0.0), (2.4, 0.3)))
]
FALL, EFFECT = 0.6, 0.7
STEPS = 6.0
CONDITIONS: dict[str, dict[str, Any]] = {
    "as above": {},
    "one repeat caller": {"caller": "months"},
    "one repeat caller, a single spell": {"caller": "spell"},
    "areas change of their own accord, sd 0.1": {"drift": 0.1},
    "areas change of their own accord, sd 0.2": {"drift": 0.2},
    "8 other areas": {"areas": 8},
    "8 other areas, sd 0.2": {"areas": 8, "drift": 0.2},
    "40 other areas": {"areas": 40},
    "other areas of 60, sd 0.2": {"typical": 60.0, "drift": 0.2},
    "12 months": {"months": 12},
    "12 months, one repeat caller": {"months": 12, "caller": "months"},
}


def table_of(mean: float, ratio: float) -> Floats:
    """Return the distribution function of a month's count at 0, 1, 2 ..."""
    count = np.arange(int(mean + 12.0 * np.sqrt(mean * ratio) + 40.0))
    if ratio == 1.0:
        return np.asarray(stats.poisson.cdf(count, mean))
    return np.asarray(stats.nbinom.cdf(count, mean / (ratio - 1.0), 1.0 / ratio))


def draw(
    rng: np.random.Generator, runs: int, mean: Floats, ratio: float, lag: float, drift: float = 0.0
) -> Floats:
    """Draw ``runs`` series with these monthly means; the second half drifts by a factor of its own in each run."""
    months = mean.size
    normal = rng.standard_normal((runs, months))
    for month in range(1, months):
        normal[:, month] = lag * normal[:, month - 1] + np.sqrt(1.0 - lag**2) * normal[:, month]
    rank = stats.norm.cdf(normal)
    # Drift in steps of a sixth of its sd, so that one table serves many runs.
    step = np.round(rng.normal(0.0, 1.0, runs) * STEPS) / STEPS if drift else np.zeros(runs)
    counts = np.empty((runs, months))
    for month in range(months):
        for value in np.unique(step) if month >= months // 2 else (None,):
            rows = slice(None) if value is None else step == value
            factor = 1.0 if value is None else float(np.exp(drift * value))
            counts[rows, month] = np.searchsorted(table_of(mean[month] * factor, ratio), rank[rows, month])
    return counts


def borough(
    rng: np.random.Generator,
    runs: int,
    cell: tuple[int, float, float, float],
    *,
    common: float,
    effect: float,
    ring: float = 0.0,
    months: int = 8,
    areas: int = 20,
    drift: float = 0.0,
    caller: str = "",
    typical: float = 0.0,
) -> tuple[Floats, Floats, Floats, Floats | None]:
    """Draw the inside, its comparison, the other areas and, if asked, the ring that takes what left the inside."""
    level, times, ratio, lag = cell
    season = 1.0 + 0.3 * np.cos(2.0 * np.pi * np.arange(months) / 12.0)
    season /= season.sum()
    shape = np.concatenate([season, season * common])
    change = np.repeat([1.0, effect], months)
    inside = draw(rng, runs, level * shape * change * (0.8 if caller else 1.0), ratio, lag, drift)
    if caller == "spell":
        first = rng.integers(0, 2 * months - 2, runs)
        for step in range(3):
            scale = np.where(first + step < months, 1.0, common * effect)
            inside[np.arange(runs), first + step] += rng.poisson(0.4 * level / 3.0 * scale)
    elif caller:
        scale = np.repeat([1.0, common * effect], months) * 0.2 * level / months / 0.25
        inside += rng.poisson(scale, inside.shape) * (rng.random(inside.shape) < 0.25)
    parts = max(1, round(times))
    other = sum(draw(rng, runs, level * times / parts * shape, ratio, lag, drift) for _ in range(parts))
    sizes = (typical or level) * np.exp(0.5 * stats.norm.ppf((np.arange(areas) + 0.5) / areas))
    others = np.stack([draw(rng, runs, size * shape, ratio, lag, drift) for size in sizes], axis=1)
    around = (
        draw(rng, runs, level * shape * np.repeat([1.0, ring], months), ratio, lag, drift) if ring else None
    )
    return inside, np.asarray(other), others, around


def naive(inside: Floats, during: NDArray[np.bool_]) -> bool:
    """Return whether the exact Poisson interval of before and after leaves out 1."""
    found = rate_ratio(inside[during].sum(), inside[~during].sum())
    return not float(found.low) <= 1.0 <= float(found.high)


def displacement(inside: Floats, other: Floats, during: NDArray[np.bool_]) -> bool:
    """Return whether the weighted displacement difference calls a change."""
    pairs = [[series[~during].sum(), series[during].sum()] for series in (inside, other)]
    return abs(weighted_displacement_difference(*pairs).z) > stats.norm.ppf(0.975)


def holds(effect: Effect, value: float) -> bool:
    """Return whether the interval holds the value."""
    return effect.low <= value <= effect.high


def run_cell(
    rng: np.random.Generator, runs: int, cell: tuple[int, float, float, float], **options: Any
) -> dict[str, float]:
    """Run one cell of the design."""
    months = options.get("months", 8)
    during = np.arange(2 * months) >= months
    inside, other, others, _ = borough(rng, runs, cell, common=FALL, effect=1.0, **options)
    tally: dict[str, list[float]] = {}

    def add(**values: float) -> None:
        for key, value in values.items():
            tally.setdefault(key, []).append(value)

    for own, beside, table in zip(inside, other, others, strict=True):
        found = ratio_of_rate_ratios(own, beside, during, others=table)
        add(estimated=not found.reason)
        if found.reason:
            continue
        alone = ratio_of_rate_ratios(own, beside, during)
        poisson = not found.poisson_low <= 1.0 <= found.poisson_high
        add(false=not holds(found, 1.0), false_alone=not holds(alone, 1.0), false_poisson=poisson)
        add(false_naive=naive(own, during), false_wdd=displacement(own, beside, during))
    inside, other, others, _ = borough(rng, runs, cell, common=1.0, effect=EFFECT, **options)
    for own, beside, table in zip(inside, other, others, strict=True):
        found = ratio_of_rate_ratios(own, beside, during, others=table)
        if found.reason:
            continue
        alone = ratio_of_rate_ratios(own, beside, during)
        add(cover=holds(found, EFFECT), cover_alone=holds(alone, EFFECT), power=found.high < 1.0)
        add(cover_poisson=found.poisson_low <= EFFECT <= found.poisson_high, power_alone=alone.high < 1.0)
    return {key: 100.0 * float(np.mean(values)) for key, values in tally.items()}


def run_displaced(rng: np.random.Generator, runs: int, level: int) -> dict[str, Any]:
    """Move 30 % of the inside's incidents into a ring of the same size."""
    during = np.arange(16) >= 8
    cell = (level, 10.0, 1.6, 0.0)
    drawn = borough(rng, runs, cell, common=FALL, effect=EFFECT, ring=2.0 - EFFECT)
    inside, other, others, ring = drawn
    assert ring is not None
    rows = []
    for own, beside, table, around in zip(inside, other, others, ring, strict=True):
        kept = ratio_of_rate_ratios(own, beside, during, others=table)
        moved = ratio_of_rate_ratios(around, beside, during, others=table)
        both = ratio_of_rate_ratios(own + around, beside, during, others=table)
        if kept.reason or moved.reason:
            continue
        rows.append([kept.ratio, kept.high < 1, moved.ratio, moved.low > 1, both.ratio, not holds(both, 1.0)])
    mean, centre = np.mean(rows, axis=0), np.median(rows, axis=0)
    return {
        "before-count": level,
        "inside, median ratio": f"{centre[0]:.2f}",
        "called a fall, %": f"{100 * mean[1]:.0f}",
        "ring, median ratio": f"{centre[2]:.2f}",
        "called a rise, %": f"{100 * mean[3]:.0f}",
        "both together, median ratio": f"{centre[4]:.2f}",
        "called a change, %": f"{100 * mean[5]:.1f}",
    }


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", "|" + "|".join("---:" for _ in names) + "|"]
    lines += [f"| {' | '.join(str(row[name]) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--fewer", type=int, default=400)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    results = []
    for number, cell in enumerate(CELLS):
        found = run_cell(np.random.default_rng([7, number]), given.runs, cell)
        results.append(dict(zip(("before", "times", "ratio", "lag"), cell, strict=True)) | found)
    frame = pd.DataFrame(results).round(1)
    frame.to_csv(given.folder / "order_effect.csv", index=False, lineterminator="\n")
    rows = [
        {
            "before-count": f"{row['before']:,.0f}",
            "comparison": f"x {row['times']:g}",
            "variance/mean": f"{row['ratio']:g}",
            "lag-1": f"{row['lag']:g}",
            "estimated": f"{row['estimated']:.0f}",
            "**headline**": f"**{row['false']:.1f}**",
            "no other areas": f"{row['false_alone']:.1f}",
            "Poisson": f"{row['false_poisson']:.1f}",
            "before/after": f"{row['false_naive']:.0f}",
            "WDD": f"{row['false_wdd']:.0f}",
            "**coverage**": f"**{row['cover']:.1f}**",
            "coverage, no others": f"{row['cover_alone']:.1f}",
            "coverage, Poisson": f"{row['cover_poisson']:.1f}",
            "power": f"{row['power']:.0f}",
        }
        for row in frame.to_dict("records")
    ]
    (given.folder / "order_effect_cells.md").write_text(markdown(rows), encoding="utf-8")
    rows = []
    for place, (name, options) in enumerate(CONDITIONS.items()):
        seeds = [np.random.default_rng([8, place, number]) for number in range(len(FEWER))]
        tried = pd.DataFrame(
            [run_cell(rng, given.fewer, cell, **options) for rng, cell in zip(seeds, FEWER, strict=True)]
        )
        rows.append(
            {
                "condition": name,
                "false, mean": f"{tried['false'].mean():.1f}",
                "highest": f"{tried['false'].max():.1f}",
                "no other areas, mean": f"{tried['false_alone'].mean():.1f}",
                "no other areas, highest": f"{tried['false_alone'].max():.1f}",
                "Poisson, mean": f"{tried['false_poisson'].mean():.1f}",
                "coverage": f"{tried['cover'].min():.1f} to {tried['cover'].max():.1f}",
                "coverage, no others": f"{tried['cover_alone'].min():.1f} to {tried['cover_alone'].max():.1f}",
                "power": f"{tried['power'].mean():.0f}",
            }
        )
    (given.folder / "order_effect_conditions.md").write_text(markdown(rows), encoding="utf-8")
    displaced = [run_displaced(np.random.default_rng([9, level]), given.fewer, level) for level in LEVELS]
    (given.folder / "order_effect_displaced.md").write_text(markdown(displaced), encoding="utf-8")


if __name__ == "__main__":
    main()
