"""How often the classes of `monthly_pattern` are right about simulated locations.

    python docs/studies/pattern_classes.py

writes ``docs/studies/pattern_classes_even.md`` (locations whose incidents are spread evenly over all days, so that
every class but steady is a false one), ``pattern_classes_uneven.md`` (locations with a known unevenness) and
``pattern_trend.md`` (locations without a trend: how often p is below 0.05). It takes under half a minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from hotspot.ranking.pattern import monthly_pattern
from hotspot.ranking.pattern_classes import CLASSES

MONTHS = (12, 18, 24, 36)
INCIDENTS = (5, 10, 20, 50, 100)
FALSE = ("same season each year", "newly appeared", "faded", "burst")
FIRST = "2021-01"


def classes_of(counts: np.ndarray, months: pd.PeriodIndex) -> pd.Series:
    """Return the share of locations in each class, in per cent."""
    found = monthly_pattern(counts, months)["pattern"]
    return 100.0 * found.value_counts(normalize=True).reindex(CLASSES, fill_value=0.0)


def even(repeats: int, generator: np.random.Generator) -> list[str]:
    """Spread incidents evenly over days: a fixed number, and Poisson with that mean."""
    lines = [
        "| months | incidents | " + " | ".join(FALSE) + " | all four | all four, Poisson |",
        "|---:|---:|" + "---:|" * (len(FALSE) + 2),
    ]
    for observed in MONTHS:
        months = pd.period_range(FIRST, periods=observed, freq="M")
        days = months.days_in_month.to_numpy(dtype=float)
        for incidents in INCIDENTS:
            fixed = classes_of(generator.multinomial(incidents, days / days.sum(), repeats), months)
            drawn = classes_of(generator.poisson(incidents * days / days.sum(), (repeats, observed)), months)
            cells = [f"{fixed[name]:.2f}" for name in FALSE]
            every = [f"{share[list(FALSE)].sum():.2f}" for share in (fixed, drawn)]
            lines.append(f"| {observed} | {incidents} | " + " | ".join([*cells, *every]) + " |")
    return lines


def shapes(months: pd.PeriodIndex) -> dict[str, np.ndarray]:
    """Return the relative rate of each month for some uneven locations."""
    count = len(months)
    flat, place = np.ones(count), np.arange(count)
    summer = months.month.isin([6, 7, 8])
    return {
        "one month with half of all": np.where(place == count // 3, count - 1.0, flat),
        "three months in a row with 60 %": np.where(
            np.isin(place, count // 3 + np.arange(3)), 0.6 / 3, 0.4 / (count - 3)
        ),
        "summer at twice the rate": np.where(summer, 2.0, flat),
        "summer at six times the rate": np.where(summer, 6.0, flat),
        "Julys only": np.where(months.month == 7, 1.0, 0.0),
        "begins after two thirds": np.where(place >= 2 * count // 3, 1.0, 0.0),
        "ends after a third": np.where(place < count // 3, 1.0, 0.0),
        "rises threefold, evenly": 1.0 + 2.0 * place / (count - 1),
    }


def uneven(repeats: int, generator: np.random.Generator) -> list[str]:
    """Draw Poisson and negative binomial locations of known shapes."""
    shown = CLASSES[2:]
    lines = [
        "| location | months | incidents | " + " | ".join(shown) + " |",
        "|---|---:|---:|" + "---:|" * len(shown),
    ]

    def add(name: str, observed: int, incidents: int, counts: np.ndarray, months: pd.PeriodIndex) -> None:
        share = classes_of(counts, months)
        cells = " | ".join(f"{share[one]:.0f}" for one in shown)
        lines.append(f"| {name} | {observed} | {incidents} | {cells} |")

    for incidents in (12, 40):
        for observed in (24, 36):
            months = pd.period_range(FIRST, periods=observed, freq="M")
            for name, rate in shapes(months).items():
                if observed == 24 or name == "Julys only":
                    counts = generator.poisson(incidents * rate / rate.sum(), (repeats, observed))
                    add(name, observed, incidents, counts, months)
        for ratio in (2.0, 3.0):
            size = incidents / 24 / (ratio - 1.0)
            counts = generator.negative_binomial(size, 1.0 / ratio, (repeats, 24))
            add(f"even on average, variance / mean {ratio:.0f}", 24, incidents, counts, months[:24])
    return [*lines[:2], *sorted(lines[2:], key=lambda line: line.split("|")[1])]


def no_trend(repeats: int, generator: np.random.Generator) -> list[str]:
    """Draw locations with a season and no trend: independent months, and months in good and bad spells."""
    lines = [
        "| months | incidents a month | p < 0.05, independent months | p < 0.05, good and bad spells |",
        "|---:|---:|---:|---:|",
    ]
    for observed in (24, 36):
        months = pd.period_range(FIRST, periods=observed, freq="M")
        season = 1.0 + 0.5 * np.cos(2.0 * np.pi * (months.month.to_numpy() - 7) / 12.0)
        for mean in (0.5, 2.0, 8.0):
            spell = np.zeros((repeats, observed))
            spell[:, 0] = generator.normal(size=repeats)
            for place in range(1, observed):
                spell[:, place] = 0.8 * spell[:, place - 1] + 0.6 * generator.normal(size=repeats)
            cells = []
            for rate in (np.ones_like(spell), np.exp(0.5 * spell - 0.125)):
                counts = generator.poisson(mean * season * rate)
                p = monthly_pattern(counts, months)["trend_p"]
                cells.append(f"{100.0 * float((p < 0.05).mean()):.1f} %")
            lines.append(f"| {observed} | {mean:g} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    """Write the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20_000, help="locations of each case")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    generator = np.random.default_rng(1)
    for name, lines in (
        ("pattern_classes_even.md", even(given.repeats, generator)),
        ("pattern_classes_uneven.md", uneven(given.repeats // 10, generator)),
        ("pattern_trend.md", no_trend(given.repeats // 2, generator)),
    ):
        (given.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
