"""How often the 95 % intervals of PAI, and of one ranking's PAI over another's, hold the truth.

400 cells of equal area have fixed rates (gamma, shape 0.3) of 150 incidents a month in all. Months are Poisson, or negative
binomial with variance twice the mean. Two rankings are made each month: the count of the 12 months before, and one of
the last two months alone. Each takes 20 cells (5 %). The truth is what they would hold on average, given their cells.

    python docs/studies/score_intervals.py

writes ``score_intervals.md`` into ``docs/studies``. It takes about half a minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hotspot.statistics import prediction_scores as kernel

CELLS, INCIDENTS, TAKEN, RUNS, RESAMPLES = 400, 150.0, 20.0, 500, 399


def shares_held(months: int, ratio: float, rng: np.random.Generator) -> tuple[float, float]:
    """Return how often the interval of the count's PAI, and of the other's over it, held the truth."""
    held = np.zeros(2)
    area = np.ones(CELLS)
    for _ in range(RUNS):
        rate = rng.gamma(0.3, 1.0, CELLS)
        rate *= INCIDENTS / rate.sum()
        size = (12 + months, CELLS)
        counts = (
            rng.poisson(rate, size)
            if ratio == 1
            else rng.negative_binomial(rate / (ratio - 1), 1 / ratio, size)
        )
        blocks, truth = [], np.zeros(2)
        for at in range(12, 12 + months):
            scores = counts[at - 12 : at].sum(axis=0), counts[at - 1] + 0.5 * counts[at - 2]
            parts = np.array([kernel.taken(score.astype(float), area, TAKEN) for score in scores])
            truth += parts @ rate
            blocks.append(kernel.Block(parts, counts[at].astype(float), np.full(2, TAKEN / CELLS)))
        hits, by_area, _ = kernel.resampled(blocks, rng, RESAMPLES)
        pai = truth[0] / (months * INCIDENTS * TAKEN / CELLS)
        for at, (values, true) in enumerate(
            ((hits[:, 0] / by_area[:, 0], pai), (hits[:, 1] / hits[:, 0], truth[1] / truth[0]))
        ):
            low, high = kernel.interval(values)
            held[at] += low <= true <= high
    return float(held[0] / RUNS), float(held[1] / RUNS)


def main() -> None:
    """Run the cells of the design and write the table beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the table")
    asked = parser.parse_args()
    rng = np.random.default_rng(20)
    lines = [
        "| months scored | variance / mean | interval of PAI held the truth, % | interval of the ratio of two PAIs, % |",
        "|---:|---:|---:|---:|",
    ]
    for months in (1, 5, 14):
        for ratio in (1.0, 2.0):
            one, two = shares_held(months, ratio, rng)
            lines.append(f"| {months} | {ratio:g} | {100 * one:.1f} | {100 * two:.1f} |")
    text = "\n".join(lines) + "\n"
    (asked.out / "score_intervals.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
