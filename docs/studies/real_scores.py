"""Which ranking of cells held most of the next month's incidents, on real data, month after month.

Needs real data.police.uk files, which are not part of the project, in the folder that the environment
variable HOTSPOT_REAL_DATA names (default ``../shared/data`` beside the project); without them it says so
and stops. Source: data.police.uk, contains public sector information licensed under the Open Government
Licence v3.0; the borough's outline is of the Office for National Statistics under the same licence,
and contains OS data, Crown copyright and database right.

    python docs/studies/real_scores.py

writes ``real_scores.md`` (2 % of the area, methods against chance and the plain count), ``real_scores_areas.md``
(1, 2 and 5 %), ``real_scores_kin.md`` (the other indices) and ``real_scores_choices.md`` (the density's radius and the
cells' size) into ``docs/studies``. It takes about two minutes.
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
from hotspot.decisions.rolling_scores import compare_predictions

ASB = ("Anti-social behaviour",)
ROBBERY = ("Robbery", "Possession of weapons")
CELL, SPACING, RING = 200.0, 500.0, 200.0
SHARES = (0.01, 0.02, 0.05)
REACH = 300.0
RADII = (200.0, 300.0, 400.0, 600.0, 1000.0)
HEXAGON = 287.0
"""Width of a hexagon of about ten football pitches."""
NAMES = {
    "count": "count of the earlier months",
    "recent": "the same, recent months weighted more",
    "density": "kernel density",
    "gi": "Gi* z",
    "random": "random",
    "best possible": "best possible, with hindsight",
}


@dataclass(frozen=True)
class Case:
    """Where, what, and how many months each plan is made from."""

    place: str
    data: str
    area: str | None
    what: str
    categories: tuple[str, ...]
    back: int

    @property
    def name(self) -> str:
        """Return the case in words."""
        return f"{self.place}, {self.what}"


BARKING = ("Barking and Dagenham", "police_uk/barking_and_dagenham", "boundaries/barking_and_dagenham.gpkg")
CLEVELAND = ("Cleveland", "police_uk/cleveland", None)
CASES = (
    Case(*BARKING, "robbery and weapons", ROBBERY, 12),
    Case(*BARKING, "anti-social behaviour", ASB, 12),
    Case(*CLEVELAND, "robbery and weapons", ROBBERY, 6),
    Case(*CLEVELAND, "anti-social behaviour", ASB, 6),
)


def real_root() -> Path | None:
    """Return the folder of real data, or None where there is none."""
    root = Path(os.environ.get("HOTSPOT_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    return root if root.is_dir() else None


def ground(incidents: gpd.GeoDataFrame, months: int) -> gpd.GeoDataFrame:
    """Return the land within 300 m of a map point with any crime in the first months: the built-up part of a force.

    The later months play no part in it, as they must not.
    """
    first = sorted(incidents["start"].dt.strftime("%Y-%m").unique())[:months]
    early = hs.select_incidents(incidents, end=first[-1])
    land = early.geometry.drop_duplicates().buffer(REACH).union_all().simplify(10.0)
    return gpd.GeoDataFrame(geometry=[land], crs=incidents.crs)


def read(case: Case, root: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a case's incidents inside its area, and the area."""
    if case.area is not None:
        area = hs.read_area(root / case.area, layer="borough")
        incidents = hs.read_police_uk(root / case.data, area=area).incidents
        return hs.select_incidents(incidents, category=case.categories), area
    incidents = hs.read_police_uk(root / case.data).incidents
    area = ground(incidents, case.back)
    chosen = hs.select_incidents(incidents, category=case.categories)
    return chosen[chosen.intersects(area.union_all()).to_numpy()], area


def run(case: Case, root: Path) -> pd.DataFrame:
    """Return the table of one case."""
    incidents, area = read(case, root)
    grid = hs.Grid.over(area, cell_size=CELL)
    found = compare_predictions(
        incidents, area, grid, months_back=case.back, area_share=SHARES, spacing=SPACING, ring=RING
    )
    asked = np.tile(np.repeat(SHARES, len(NAMES)), 2)
    table = found.table.assign(
        case=case.name, asked=asked, cells=len(grid), km2=grid.share_in_area.sum() * grid.cell_area_km2
    )
    print(case.name, f"{len(grid):,} cells;", found.sentence)
    return table


def choices(case: Case, root: Path) -> list[str]:
    """Return the PAI of the density over that of the count, by radius, on squares and on hexagons, at 2 %."""
    incidents, area = read(case, root)
    texts = []
    square, hexagon = (
        hs.Grid.over(area, cell_size=CELL),
        hs.Grid.over(area, cell_size=HEXAGON, shape="hexagon"),
    )
    for grid, radius in [*((square, radius) for radius in RADII), (hexagon, None)]:
        found = compare_predictions(
            incidents,
            area,
            grid,
            months_back=case.back,
            area_share=0.02,
            methods=["count", "density"],
            bandwidth=radius,
        )
        texts.append(_of(found.table.set_index("method").loc["density"].to_dict(), "times_count"))
    return texts


def by_choice(rows: dict[str, list[str]]) -> str:
    """Write the ratios of density to count, one row a radius, one column a case."""
    names = [f"squares of 200 m, radius {radius:.0f} m" for radius in RADII]
    names.append(f"hexagons of {HEXAGON:.0f} m, radius {2 * HEXAGON:.0f} m")
    lines = [f"| | {' | '.join(rows)} |", "|---|" + "---|" * len(rows)]
    for at, name in enumerate(names):
        lines.append(f"| {name} | {' | '.join(column[at] for column in rows.values())} |")
    return "\n".join(lines) + "\n"


def _of(row: dict[str, float], name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if np.isnan(value):
        return ""
    return f"{value:.2f}" + ("" if np.isnan(low) else f" ({low:.2f} to {high:.2f})")


def at_two_per_cent(tables: list[pd.DataFrame]) -> str:
    """Write PAI with intervals, one row a method, one block a case."""
    lines = [
        "| | PAI (95 %) | any order of ties | PEI (95 %) | PAI over that of the count (95 %) | PAI, centres 500 m apart "
        "(95 %) | PEI, 500 m apart |",
        "|---|---|---|---|---|---|---|",
    ]
    for table in tables:
        rows = table[table["asked"] == 0.02]
        one = rows.iloc[0]
        lines.append(
            f"| **{one['case']}**: {one['plans']} plans, {one['incidents']:,} incidents, {one['cells']:,} cells, "
            f"{one['km2']:.0f} km2 | | | | | | |"
        )
        free, apart = (rows[rows["spacing_m"].isna() == which].set_index("method") for which in (True, False))
        for method, name in NAMES.items():
            row, spaced = free.loc[method].to_dict(), apart.loc[method].to_dict()
            ties = (
                f"{row['pai_worst_ties']:.2f} to {row['pai_best_ties']:.2f}"
                if method in ("count", "gi")
                else ""
            )
            beside = _of(row, "times_count") if method not in ("count", "random", "best possible") else ""
            pei = "1" if method == "best possible" else _of(row, "pei")
            lines.append(
                f"| {name} | {_of(row, 'pai')} | {ties} | {pei} | {beside} | {_of(spaced, 'pai')} | {spaced['pei']:.2f} |"
            )
    return "\n".join(lines) + "\n"


def by_area(tables: list[pd.DataFrame]) -> str:
    """Write hit rates and PAI at each area, without spacing limit."""
    lines = [
        "| | 1 % of the area: hit rate, PAI | 2 %: hit rate, PAI | 5 %: hit rate, PAI |",
        "|---|---|---|---|",
    ]
    for table in tables:
        lines.append(f"| **{table['case'].iloc[0]}** | | | |")
        free = table[table["spacing_m"].isna()].set_index(["method", "asked"])
        for method, name in NAMES.items():
            cells = [
                f"{row['hit_rate_pct']:.1f} %, {_of(row, 'pai')}"
                for row in (free.loc[(method, share)].to_dict() for share in SHARES)
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def kin(tables: list[pd.DataFrame]) -> str:
    """Write the other indices at 2 % of the area, without and with spacing limit."""
    lines = [
        "| | spacing | recovery rate index | recapture rate index | Jaccard with the best | Jaccard with the plan before | "
        "in the ring of 200 m, % of incidents (% of area) | per km2 in the ring against outside the cells |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for table in tables:
        lines.append(f"| **{table['case'].iloc[0]}** | | | | | | | |")
        rows = table[(table["asked"] == 0.02) & ~table["method"].isin(["random", "best possible"])]
        for row in rows.to_dict(orient="records"):
            limit = "none" if np.isnan(row["spacing_m"]) else f"{row['spacing_m']:.0f} m"
            recovery = "" if np.isnan(row["recovery_rate_index"]) else f"{row['recovery_rate_index']:.2f}"
            lines.append(
                f"| {NAMES[row['method']]} | {limit} | {recovery} | {row['recapture_rate_index']:.2f} | "
                f"{row['jaccard_best']:.2f} | {row['jaccard_previous']:.2f} | "
                f"{row['ring_share_pct']:.1f} ({row['ring_area_pct']:.1f}) | "
                f"{row['ring_density_ratio']:.2f} |"
            )
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
    tables = [run(case, root) for case in CASES]
    texts = {
        "real_scores.md": at_two_per_cent(tables),
        "real_scores_areas.md": by_area(tables),
        "real_scores_kin.md": kin(tables),
        "real_scores_choices.md": by_choice({case.name: choices(case, root) for case in CASES}),
    }
    for name, text in texts.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
