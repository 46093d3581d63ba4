"""How often 95 % rank intervals hold the true rank, and which order finds the truly busiest locations.

Truth: the rates of 1,000 locations, drawn anew in each run, from

- a gamma distribution (shape 0.8, mean 1 a month),
- a lognormal distribution with sigma 1 or 1.5 (mean 1),
- "near-tied top": 40 locations at 4.8 to 5.2 a month, nine values so that many are exactly equal, the
  others gamma with mean 0.5,
- "near-tied all": all at 0.95 to 1.05 a month, eleven values.

Months are negative binomial with variance 1 (Poisson), 2 or 3 times their mean. Locations are observed
for the last 6, 12 or 24 months, or each for its own number from 6 to 24 ("6-24").

An interval is right when it meets the range of ranks that the location shares with those of exactly its
rate. "Top 20": the 20 locations with most incidents, chosen by the data as a list would choose them.

    python docs/studies/rank_intervals.py

writes ``rank_intervals_top.md``, ``rank_intervals_all.md``, ``rank_intervals_choices.md``,
``rank_intervals_order.md`` and ``rank_intervals_listed.md``. It takes about half an hour on one core.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.ranking.uncertainty import month_bootstrap, rank_uncertainty
from hotspot.statistics.gamma_poisson import Classes, dispersion, fit, month_shares
from hotspot.statistics.rank_distribution import Ranks

LOCATIONS = 1000
TOP = 20
TRUTHS = ("gamma", "lognormal 1", "lognormal 1.5", "near-tied top", "near-tied all")
RATIOS = (1, 2, 3)
MONTHS = ("6", "12", "24", "6-24")
Floats = NDArray[np.float64]


def draw_rates(truth: str, rng: np.random.Generator) -> Floats:
    """Draw the true rates of all locations, incidents a month."""
    if truth == "gamma":
        return rng.gamma(0.8, 1 / 0.8, LOCATIONS)
    if truth.startswith("lognormal"):
        sigma = float(truth.split()[1])
        return np.exp(rng.normal(-(sigma**2) / 2, sigma, LOCATIONS))
    if truth == "near-tied all":
        return rng.choice(np.linspace(0.95, 1.05, 11), LOCATIONS)
    rates = rng.gamma(0.8, 0.5 / 0.8, LOCATIONS)
    rates[:40] = rng.choice(np.linspace(4.8, 5.2, 9), 40)
    return rates


def draw_counts(rates: Floats, ratio: int, months: str, rng: np.random.Generator) -> tuple[Any, Any]:
    """Draw incidents by location and month, and which months were observed."""
    longest = 24 if months == "6-24" else int(months)
    own = rng.integers(6, 25, LOCATIONS) if months == "6-24" else np.full(LOCATIONS, longest)
    observed = np.arange(longest)[None, :] >= longest - own[:, None]
    mean = np.repeat(rates[:, None], longest, axis=1)
    counts = rng.poisson(mean) if ratio == 1 else rng.negative_binomial(mean / (ratio - 1), 1 / ratio)
    return np.where(observed, counts, 0), observed


def tempered(counts: Any, observed: Any) -> tuple[Any, Any]:
    """Return intervals by the other way to allow for phi: a Poisson model of counts and exposure over phi."""
    phi = dispersion(counts, observed)
    exposures = counts.shape[1] * (observed @ month_shares(counts, observed))
    classes = Classes.of(counts.sum(axis=1), exposures)
    over = Classes(classes.totals / phi, classes.exposures / phi, classes.times, classes.member)
    ranks = Ranks.of(over, fit(over, 1.0))
    return ranks.quantile(0.025)[classes.member], ranks.quantile(0.975)[classes.member]


def one_run(setting: tuple[str, int, str, int]) -> list[dict[str, Any]]:
    """Draw one truth and its counts, and compare every method with it."""
    truth, ratio, months, run = setting
    rng = np.random.default_rng([run, ratio, TRUTHS.index(truth), MONTHS.index(months)])
    rates = draw_rates(truth, rng)
    counts, observed = draw_counts(rates, ratio, months, rng)
    ascending = np.sort(rates)
    first = 1 + LOCATIONS - np.searchsorted(ascending, rates, side="right")
    last = LOCATIONS - np.searchsorted(ascending, rates, side="left")
    chance = rng.random(LOCATIONS)
    totals = counts.sum(axis=1)
    shown = np.lexsort((chance, -totals))[:TOP]
    base = {"truth": truth, "ratio": ratio, "months": months, "run": run}
    rows = []

    def add(method: str, low: Any, high: Any, rows_of: Any = slice(None), **more: float) -> None:
        right = (np.asarray(low) <= last[rows_of]) & (np.asarray(high) >= first[rows_of])
        whole = len(right) == LOCATIONS
        top = right[shown] if whole else right
        width = (np.asarray(high) - np.asarray(low))[shown if whole else slice(None)].mean()
        rows.append(
            {
                **base,
                "method": method,
                "top": top.mean(),
                "all": right.mean() if whole else np.nan,
                "width": width,
                **more,
            }
        )

    table = rank_uncertainty(counts, top=TOP, observed=observed)
    inside = (table["rate_low_per_month"] <= rates) & (table["rate_high_per_month"] >= rates)
    busiest = set(np.lexsort((chance, -rates))[:TOP])
    orders = {"count": totals, "raw": table["rate_per_month"], "shrunk": table["rate_shrunk_per_month"]}
    found = {
        f"top_by_{name}": len(busiest & set(np.lexsort((chance, -np.asarray(by)))[:TOP])) / TOP
        for name, by in orders.items()
    }
    expected = float(table["probability_top"].to_numpy()[shown].sum()) / TOP
    add("refined", table["rank_low"], table["rank_high"], rate_top=inside.to_numpy()[shown].mean(),
        expected_top=expected, **found)  # fmt: skip
    if months == "6-24":
        plain = rank_uncertainty(counts, top=TOP, observed=observed, prior="gamma")
        add("gamma", plain["rank_low"], plain["rank_high"])
        poisson = rank_uncertainty(counts, top=TOP, observed=observed, variance_ratio=1)
        add("Poisson", poisson["rank_low"], poisson["rank_high"])
        add("tempered", *tempered(counts, observed))
    else:
        drawn = month_bootstrap(counts, rows=shown, draws=300, seed=run)
        add("bootstrap", drawn["rank_low"], drawn["rank_high"], shown)
    return rows


def one_listed_run(setting: tuple[str, int, int]) -> list[dict[str, Any]]:
    """Rank only the locations that had an incident in 12 months, with and without saying so."""
    truth, ratio, run = setting
    rng = np.random.default_rng([run, ratio, TRUTHS.index(truth), len(MONTHS)])
    rates = draw_rates(truth, rng)
    counts, _ = draw_counts(rates, ratio, "12", rng)
    listed = counts.sum(axis=1) > 0
    counts, rates = counts[listed], rates[listed]
    ascending = np.sort(rates)
    first = 1 + len(rates) - np.searchsorted(ascending, rates, side="right")
    last = len(rates) - np.searchsorted(ascending, rates, side="left")
    shown = np.lexsort((rng.random(len(rates)), -counts.sum(axis=1)))[:TOP]
    rows = []
    for truncated in (True, False):
        table = rank_uncertainty(counts, top=TOP, truncated=truncated)
        right = ((table["rank_low"] <= last) & (table["rank_high"] >= first)).to_numpy()
        inside = ((table["rate_low_per_month"] <= rates) & (table["rate_high_per_month"] >= rates)).to_numpy()
        rows.append(
            {
                "truth": truth, "ratio": ratio, "truncated": truncated, "listed": len(rates),
                "top": right[shown].mean(), "all": right.mean(), "rates": inside.mean(),
            }
        )  # fmt: skip
    return rows


def per_cent(value: float) -> str:
    """Write a share with one decimal."""
    return f"{100 * value:.1f}"


def coverage_table(found: pd.DataFrame, column: str) -> str:
    """Write the coverage of the intervals by truth and month variance (rows) and months observed (columns)."""
    means = found[found["method"] == "refined"].groupby(["truth", "ratio", "months"])[column].mean()
    lines = ["| truth | month variance / mean | " + " | ".join(f"{m} months" for m in MONTHS) + " |"]
    lines.append("|---|---:|" + "---:|" * len(MONTHS))
    for truth, ratio in product(TRUTHS, RATIOS):
        cells = [per_cent(means[truth, ratio, months]) for months in MONTHS]
        lines.append(f"| {truth} | {ratio} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def choices_table(found: pd.DataFrame) -> str:
    """Write the coverage for the top 20 by the ways to make intervals that were tried."""
    mixed = found[found["months"] == "6-24"].groupby(["truth", "ratio", "method"])["top"].mean()
    fixed = found[found["months"] == "12"].groupby(["truth", "ratio", "method"])["top"].mean()
    rates = found[found["months"] == "6-24"].groupby(["truth", "ratio"])["rate_top"].mean()
    lines = [
        "| truth | month variance / mean | as shipped | gamma prior alone | months taken for Poisson | tempered Poisson "
        "| month bootstrap (12 months) | rate interval, as shipped |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for truth, ratio in product(TRUTHS, RATIOS):
        cells = [per_cent(mixed[truth, ratio, m]) for m in ("refined", "gamma", "Poisson", "tempered")]
        cells += [per_cent(fixed[truth, ratio, "bootstrap"]), per_cent(rates[truth, ratio])]
        lines.append(f"| {truth} | {ratio} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def order_table(found: pd.DataFrame) -> str:
    """Write how many of the truly busiest 20 each order finds when locations differ in months observed."""
    mine = found[(found["method"] == "refined") & (found["months"] == "6-24")]
    columns = ["top_by_shrunk", "top_by_raw", "top_by_count", "expected_top"]
    means = mine.groupby(["truth", "ratio"])[columns].mean()
    lines = [
        "| truth | month variance / mean | by shrunken rate (%) | by raw rate (%) | by count (%) "
        "| by count, as `probability_top` foretold (%) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for truth, ratio in product(TRUTHS, RATIOS):
        cells = [per_cent(means.loc[(truth, ratio), column]) for column in columns]
        lines.append(f"| {truth} | {ratio} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def listed_table(found: pd.DataFrame) -> str:
    """Write the coverage for lists without zeros."""
    columns = ["top", "all", "rates"]
    means = found.groupby(["truth", "ratio", "truncated"])[columns].mean()
    sizes = found.groupby(["truth", "ratio"])["listed"].mean()
    lines = [
        "| truth | month variance / mean | listed of 1,000 | `truncated=True`: ranks, top 20 | ranks, all | rates, all "
        "| `truncated=False`: ranks, top 20 | ranks, all | rates, all |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for truth, ratio in product(TRUTHS, RATIOS):
        cells = [
            per_cent(means.loc[(truth, ratio, said), column]) for said in (True, False) for column in columns
        ]
        lines.append(f"| {truth} | {ratio} | {sizes[truth, ratio]:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=40, help="runs of each setting")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the tables")
    asked = parser.parse_args()
    settings = [
        (truth, ratio, months, run)
        for run in range(asked.runs)
        for truth, ratio, months in product(TRUTHS, RATIOS, MONTHS)
    ]
    with ProcessPoolExecutor(asked.workers) as pool:
        found = pd.DataFrame([row for rows in pool.map(one_run, settings, chunksize=8) for row in rows])
        twelve = [(truth, ratio, run) for truth, ratio, months, run in settings if months == "12"]
        listed = pd.DataFrame([row for rows in pool.map(one_listed_run, twelve, chunksize=8) for row in rows])
    tables = {
        "rank_intervals_top.md": coverage_table(found, "top"),
        "rank_intervals_all.md": coverage_table(found, "all"),
        "rank_intervals_choices.md": choices_table(found),
        "rank_intervals_order.md": order_table(found),
        "rank_intervals_listed.md": listed_table(listed),
    }
    for name, text in tables.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
