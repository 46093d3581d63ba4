"""Placebo orders on real anti-social behaviour: how often the headline calls an effect where there was no order.

Needs real data, which is not part of the project, in the folder that the environment variable HOTSPOT_REAL_DATA names
(default ``../shared/data`` beside the project); without it, it says so and stops. Source: data.police.uk, contains
public sector information licensed under the Open Government Licence v3.0.

    python docs/studies/placebo_orders.py

writes ``placebo_orders.md`` and ``placebo_orders_july_2025.md`` into ``docs/studies``. It takes about a minute. The
tables hold figures only.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import hotspot as hs
from hotspot.decisions.comparison import area_months, suggest_comparisons
from hotspot.decisions.placebo import common_change, placebo_in_space, placebo_summary
from hotspot.intake.breaks import breaks_between
from hotspot.statistics.detectable import smallest_detectable_change
from hotspot.statistics.effect import Effect, ratio_of_rate_ratios
from hotspot.statistics.rate_ratio import rate_ratio

ASB = "Anti-social behaviour"
COUNTS = "sandwell_lsoa21_month_counts_2023-07_2026-03.csv"
LEAST = 60
"""Fewest reports of an area in both periods together."""
WITHOUT = 9
"""September 2024 is missing from the counts, so no September is compared."""


@dataclass(frozen=True)
class Case:
    """Areas by month, and the two periods."""

    name: str
    table: pd.DataFrame
    before: pd.PeriodIndex
    during: pd.PeriodIndex

    @property
    def tried(self) -> list[str]:
        """The areas with enough reports; both periods count alike, so the choice leans to neither side."""
        sums = self.table[[str(month) for month in [*self.before, *self.during]]].sum(axis="columns")
        return [str(code) for code in self.table.index[sums >= LEAST]]


def real_root() -> Path | None:
    """Return the folder of real data, or None where there is none."""
    root = Path(os.environ.get("HOTSPOT_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    return root if root.is_dir() else None


def months(first: str, last: str, *, without: int | None = None) -> pd.PeriodIndex:
    """Return the months from first to last but one calendar month."""
    return pd.PeriodIndex(
        [month for month in pd.period_range(first, last, freq="M") if month.month != without]
    )


def sandwell(root: Path, *, groups: bool) -> pd.DataFrame:
    """Return Sandwell's reports by LSOA, or by group of LSOAs (MSOA: the LSOA's name without its letter)."""
    rows = pd.read_csv(root / COUNTS)
    rows = rows[rows["Crime type"] == ASB]
    area = rows["LSOA21NM"].str[:-1] if groups else rows["LSOA21CD"]
    return rows.groupby([area.rename("area"), "Month"])["crime_count"].sum().unstack(fill_value=0)


def barking(root: Path) -> pd.DataFrame:
    """Return Barking and Dagenham's reports by LSOA."""
    intake = hs.read_police_uk(root / "police_uk" / "barking_and_dagenham")
    rows = hs.select_incidents(intake.incidents, category=ASB)
    return area_months(rows, "lsoa_code", sorted(intake.coverage["month"].unique()))


def cases(root: Path) -> list[Case]:
    """Return the cases in which no order began."""
    early = months("2023-07", "2024-06", without=WITHOUT), months("2024-07", "2025-06", without=WITHOUT)
    own = barking(root)
    first = pd.PeriodIndex(own.columns, freq="M")
    return [
        Case("Sandwell, groups of LSOAs", sandwell(root, groups=True), *early),
        Case("Sandwell, LSOAs", sandwell(root, groups=False), *early),
        Case("Barking and Dagenham, LSOAs", own, first[:12], first[12:24]),
    ]


def july_2025(root: Path) -> Case:
    """Return the months around the fall that came to all of Sandwell at once."""
    spans = months("2024-07", "2025-02", without=WITHOUT), months("2025-07", "2026-02", without=WITHOUT)
    return Case("Sandwell, groups of LSOAs", sandwell(root, groups=True), *spans)


def likest(case: Case) -> Iterator[tuple[str, str]]:
    """Give each area the one most like it before, which the outcome does not enter."""
    for code in case.tried:
        found = suggest_comparisons(case.table, code, case.before)
        yield code, str(found["area"].iloc[0])


def rules(case: Case) -> dict[str, list[Effect]]:
    """Estimate every placebo by each rule."""
    chosen = [str(month) for month in [*case.before, *case.during]]
    wide = case.table[chosen]
    during = np.arange(len(chosen)) >= len(case.before)
    whole = wide.sum()
    rest, rest_alone, like, like_alone = [], [], [], []
    for code, other in likest(case):
        own = wide.loc[code]
        others = wide.drop(code)
        rest.append(ratio_of_rate_ratios(own, whole - own, during, others=others))
        rest_alone.append(ratio_of_rate_ratios(own, whole - own, during))
        like.append(ratio_of_rate_ratios(own, wide.loc[other], during, others=others.drop(other)))
        like_alone.append(ratio_of_rate_ratios(own, wide.loc[other], during))
    return {
        "against the rest, spread of the other areas": rest,
        "against the likest area, spread of the other areas": like,
        "against the rest, dispersion of the months alone": rest_alone,
        "against the likest area, dispersion of the months alone": like_alone,
    }


def share(called: list[bool]) -> str:
    """Return a share with its exact interval."""
    from scipy.stats import binomtest

    n, k = len(called), sum(called)
    ends = binomtest(k, n).proportion_ci(method="exact")
    return f"{k} of {n}: {100 * k / n:.0f} % ({100 * ends.low:.0f} to {100 * ends.high:.0f})"


def shares_table(every: list[Case]) -> str:
    """Return the shares called an effect, by case and rule."""
    lines = [
        f"| no order began; areas with at least {LEAST} reports | rule | called an effect at 5 %, by the rule | by the "
        "exact Poisson interval | smallest fall that could be seen, middle of the areas |",
        "|---|---|---|---|---:|",
    ]
    for case in every:
        for rule, effects in rules(case).items():
            known = [effect for effect in effects if not effect.reason]
            called = [not effect.low <= 1 <= effect.high for effect in known]
            plain = [not effect.poisson_low <= 1 <= effect.poisson_high for effect in known]
            falls = [smallest_detectable_change(effect).fall for effect in known]
            # No fall within reach counts as the largest of all.
            middle = float(np.median(np.nan_to_num(falls, nan=0.0)))
            fall = f"{100 * (1 - middle):.0f} %" if middle > 0 else "none"
            lines.append(f"| {case.name} | {rule} | {share(called)} | {share(plain)} | {fall} |")
        alone = []
        for code in case.tried:
            first, second = (
                int(case.table.loc[code, [str(month) for month in span]].sum())
                for span in (case.before, case.during)
            )
            found = rate_ratio(second, first)
            alone.append(not float(found.low) <= 1 <= float(found.high))
        lines.append(f"| {case.name} | before and after alone, not controlled | – | {share(alone)} | – |")
    return "\n".join(lines) + "\n"


def july_table(case: Case) -> str:
    """Return what an invented order of July 2025 in one group of LSOAs would be told, and why."""
    spans = [[str(month) for month in span] for span in (case.before, case.during)]
    found = placebo_in_space(case.table, case.before, case.during).set_index("placebo")
    sums = pd.DataFrame(
        {
            word: case.table[span].sum(axis="columns")
            for word, span in zip(("early", "late"), spans, strict=True)
        }
    )
    # The group with most reports before; what came after does not choose it.
    code = sorted(sums.index[sums["early"] == sums["early"].max()])[0]
    row, own = found.loc[code], sums.loc[code]
    plain = rate_ratio(int(own["late"]), int(own["early"]))
    known = found[found["called"].notna()]
    lone = rate_ratio(known["inside_during"].to_numpy(), known["inside_before"].to_numpy())
    turn = f"all {len(known)} groups in turn"
    apart = ((lone.low > 1) | (lone.high < 1)).tolist()
    breaks = breaks_between("data.police.uk/west-midlands", spans[0][0], spans[1][-1], affects="volume")
    said = [f"{item.name} ({item.months}): {item.consequence}" for item in breaks]
    common = common_change(case.table, case.before, case.during, breaks=said).iloc[0]
    summary = placebo_summary(found).iloc[0]
    lines = [
        "| an order of 1 July 2025 in the group with most reports before, which was never made | |",
        "|---|---|",
        f"| reports inside, {spans[0][0]} to {spans[0][-1]} | {own['early']:.0f} |",
        f"| reports inside, {spans[1][0]} to {spans[1][-1]} | {own['late']:.0f} |",
        f"| reports in the rest, same months | {row['other_before']}; {row['other_during']} |",
        f"| during over before, not controlled | {_three(plain.ratio, plain.low, plain.high)} |",
        f"| headline: ratio of rate ratios against the rest | {_three(row['ratio'], row['low'], row['high'])} |",
        f"| {turn}: before and after alone called a change | {share(apart)} |",
        f"| {turn}: the headline called an effect | {share([bool(v) for v in known['called']])} |",
        f"| the same by the exact Poisson interval | {share([bool(v) for v in known['poisson_called']])} |",
        f"| left out, under 10 reports in a period | {summary['left_out']} |",
    ]
    return "\n".join(lines) + f"\n\n> {common['says']}\n"


def _three(ratio: object, low: object, high: object) -> str:
    return f"{float(str(ratio)):.2f} ({float(str(low)):.2f} to {float(str(high)):.2f})"


def main() -> None:
    """Run the cases and write their tables beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the tables")
    asked = parser.parse_args()
    root = real_root()
    if root is None:
        print(f"no real data: set HOTSPOT_REAL_DATA to a folder that holds police_uk/ and {COUNTS}")
        return
    texts = {
        "placebo_orders.md": shares_table(cases(root)),
        "placebo_orders_july_2025.md": july_table(july_2025(root)),
    }
    for name, text in texts.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
