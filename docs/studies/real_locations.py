"""Repeat locations of real anti-social behaviour: ranks with intervals, concentration, and how well a list lasts.

Needs real data.police.uk files, which are not part of the project, in the folder that the environment
variable HOTSPOT_REAL_DATA names (default ``../shared/data`` beside the project); without them it says so
and stops. Source: data.police.uk, contains public sector information licensed under the Open Government
Licence v3.0; the borough's outline is of the Office for National Statistics under the same licence,
and contains OS data, Crown copyright and database right.

    python docs/studies/real_locations.py

writes ``real_locations.md``, ``real_locations_top.md`` and ``real_locations_later.md`` into ``docs/studies``. They hold
figures only: no name or place of a location.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import hotspot as hs
from hotspot import provenance

ASB = "Anti-social behaviour"
TOP = 20


@dataclass(frozen=True)
class Case:
    """Incidents, and the two periods that are compared."""

    name: str
    data: str
    area: str | None
    earlier: tuple[str, str]
    later: tuple[str, str]


CASES = (
    Case(
        "Barking and Dagenham, May 2016 to June 2018",
        "police_uk/barking_and_dagenham",
        "boundaries/barking_and_dagenham.gpkg",
        ("2016-05", "2017-04"),
        ("2017-05", "2018-04"),
    ),
    Case(
        "Cleveland, January to November 2014",
        "police_uk/cleveland",
        None,
        ("2014-01", "2014-06"),
        ("2014-07", "2014-11"),
    ),
)


def real_root() -> Path | None:
    """Return the folder of real data, or None where there is none."""
    root = Path(os.environ.get("HOTSPOT_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    return root if root.is_dir() else None


def read(case: Case, root: Path) -> gpd.GeoDataFrame:
    """Return a case's anti-social behaviour."""
    area = None if case.area is None else hs.read_area(root / case.area, layer="borough")
    incidents = hs.read_police_uk(root / case.data, area=area).incidents
    return hs.select_incidents(incidents, category=ASB)


def figures_of(incidents: gpd.GeoDataFrame, locations: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """Say of one case how many, how sure, and how concentrated."""
    record = provenance.of(locations)["steps"][-1]
    top = locations.head(TOP)
    width = (top["rank_high"] - top["rank_low"] + 1).to_numpy(dtype=float)
    found = hs.concentration(incidents).table.set_index("measure")
    half, gini = found.loc["locations with 50% of incidents"], found.loc["generalised Gini"]
    patterns = top["pattern"].value_counts()
    return [
        ("reported incidents", f"{len(incidents):,}"),
        ("map points with at least one", f"{len(locations):,}"),
        ("months observed", f"{int(locations['months_observed'].iloc[0])}"),
        (
            "variance of a location's month, divided by its mean",
            f"{record['rank_model']['variance_ratio']:.2f}",
        ),
        (f"share of the first {TOP}", f"{top['share_pct'].sum():.1f} %"),
        (f"ranks in an interval of the first {TOP}, median (least to most)", _spread(width)),
        (
            f"of them with a chance of 95 % and more of the true first {TOP}",
            f"{(top['probability_top'] >= 0.95).sum()}",
        ),
        (f"groups among the first {TOP}", f"{top['same_rank_group'].nunique()}"),
        (f"patterns of the first {TOP}", "; ".join(f"{name} {n}" for name, n in patterns.items())),
        ("locations with half of the incidents", _beside_chance(half, 1)),
        ("generalised Gini", _beside_chance(gini, 2)),
    ]


def _spread(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    return f"{np.median(values):.0f} ({values.min():.0f} to {values.max():.0f})"


def _beside_chance(row: pd.Series[float], digits: int) -> str:
    unit = " %" if digits == 1 else ""
    return (
        f"{row['observed']:.{digits}f}{unit} ({row['observed_low']:.{digits}f} to {row['observed_high']:.{digits}f}); "
        f"by chance {row['chance']:.{digits}f}{unit} ({row['chance_low']:.{digits}f} to {row['chance_high']:.{digits}f})"
    )


def top_table(locations: gpd.GeoDataFrame) -> str:
    """Return the first rows, without names."""
    lines = [
        "| number | incidents | rank, 95 % interval | chance of top 20 | group | months active | pattern | last 12 months "
        "against the 12 before |",
        "|---:|---:|---|---:|---:|---|---|---|",
    ]
    for row in locations.head(TOP).to_dict(orient="records"):
        chance = 100 * row["probability_top"]
        shown = "over 99 %" if chance > 99 else f"{chance:.0f} %"
        ratio = f"{row['rate_ratio']:.2f} ({row['rate_ratio_low']:.2f} to {row['rate_ratio_high']:.2f})"
        lines.append(
            f"| {row['number']} | {row['incidents']} | {row['rank']} ({row['rank_low']} to {row['rank_high']}) | {shown} | "
            f"{row['same_rank_group']} | {row['months_active']} of {row['months_observed']} | {row['pattern']} | {ratio} |"
        )
    return "\n".join(lines) + "\n"


def later_rows(case: Case, incidents: gpd.GeoDataFrame) -> list[str]:
    """Compare the first period's top with the second period."""
    rankings = [
        hs.repeat_locations(hs.select_incidents(incidents, start=part[0], end=part[1]), min_incidents=1)
        for part in (case.earlier, case.later)
    ]
    table = hs.compare_rankings(*rankings, top=TOP).table
    rows = []
    for row in table.to_dict(orient="records"):
        digits = 2 if row["unit"] == "0 to 1" else 1 if row["value"] % 1 else 0
        low = "" if np.isnan(row["low"]) else f" ({row['low']:.{digits}f} to {row['high']:.{digits}f})"
        rows.append(f"{row['value']:.{digits}f}{low}")
    names = [f"{name}, {unit}" for name, unit in zip(table["measure"], table["unit"], strict=True)]
    return [*names, *rows]


def side_by_side(names: list[str], first: str, columns: dict[str, list[str]]) -> str:
    """Write columns of figures beside their names."""
    lines = [f"| {first} | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for at, name in enumerate(names):
        lines.append(f"| {name} | {' | '.join(column[at] for column in columns.values())} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the cases and write their tables beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the tables")
    asked = parser.parse_args()
    root = real_root()
    if root is None:
        print("no real data: set HOTSPOT_REAL_DATA to a folder that holds police_uk/ and boundaries/")
        return
    texts: dict[str, str] = {}
    figures: dict[str, list[str]] = {}
    later: dict[str, list[str]] = {}
    names, measures = [], []
    for case in CASES:
        incidents = read(case, root)
        locations = hs.repeat_locations(incidents, min_incidents=1, top=TOP)
        pairs = figures_of(incidents, locations)
        names, figures[case.name] = [name for name, _ in pairs], [value for _, value in pairs]
        rows = later_rows(case, incidents)
        half = len(rows) // 2
        measures = rows[:half]
        later[
            f"{case.name.partition(',')[0]}, {' to '.join(case.earlier)} against {' to '.join(case.later)}"
        ] = rows[half:]
        if case is CASES[0]:
            texts["real_locations_top.md"] = top_table(locations)
    texts["real_locations.md"] = side_by_side(names, "anti-social behaviour", figures)
    texts["real_locations_later.md"] = side_by_side(measures, "top 20 of the earlier period", later)
    for name, text in texts.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
