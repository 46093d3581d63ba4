"""Hot cells on real incidents by three tests: Gi* with the normal p, and Gi and Gi* with the exact p.

Needs real data.police.uk files, which are not part of the project, in the folder that the environment
variable HOTSPOT_REAL_DATA names (default ``../shared/data`` beside the project); without them it says so
and stops.

    python docs/studies/real_data.py

writes ``docs/studies/real_data.md`` and, on the cells of the first case, ``docs/studies/real_cells.md``.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import hotspot as hs

LEVEL = 0.05
WEST_MIDLANDS = (
    "police_uk/west_midlands/2014-01/2014-01-west-midlands-street.csv",
    "police_uk/west_midlands/2014-02/2014-02-west-midlands-street.csv",
)
ASB = "Anti-social behaviour"
TESTS: tuple[tuple[str, bool, Literal["exact", "normal"]], ...] = (
    ("normal Gi*", True, "normal"),
    ("exact Gi", False, "exact"),
    ("exact Gi*", True, "exact"),
)


@dataclass(frozen=True)
class Case:
    """One map of the table."""

    name: str
    data: tuple[str, ...]
    area: str
    category: str | None
    cell_size: float


CASES = (
    Case(
        "Sandwell, January and February 2014, all categories",
        WEST_MIDLANDS,
        "boundaries/sandwell.gpkg",
        None,
        200,
    ),
    Case(
        "Sandwell, January and February 2014, anti-social behaviour",
        WEST_MIDLANDS,
        "boundaries/sandwell.gpkg",
        ASB,
        200,
    ),
    Case(
        "Barking and Dagenham, May 2016 to June 2018, anti-social behaviour",
        ("police_uk/barking_and_dagenham",),
        "boundaries/barking_and_dagenham.gpkg",
        ASB,
        150,
    ),
)


def real_root() -> Path | None:
    """Return the folder of real data, or None where there is none."""
    root = Path(os.environ.get("HOTSPOT_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    return root if root.is_dir() else None


@cache
def _incidents(case: Case, root: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    area = hs.read_area(root / case.area, layer="borough")
    incidents = hs.read_police_uk([root / part for part in case.data], area=area).incidents
    return hs.select_incidents(incidents, category=case.category), area


def grid_over(case: Case, root: Path, cell_size: float) -> hs.Grid:
    """Return the grid over a case's area."""
    return hs.Grid.over(_incidents(case, root)[1], cell_size=cell_size)


def count_real(case: Case, root: Path | None, cell_size: float) -> pd.DataFrame:
    """Count a case's incidents by cells of some size."""
    if root is None:
        raise FileNotFoundError("no real data")
    return hs.count_incidents(_incidents(case, root)[0], grid_over(case, root, cell_size), geometry=False)


def tested(case: Case, root: Path) -> dict[str, pd.DataFrame]:
    """Return one case's cells by each test, and by the exact one as if the boundary cut none of them."""
    cells = count_real(case, root, case.cell_size)
    grid = grid_over(case, root, case.cell_size)
    found = {
        name: hs.getis_ord(cells, grid, star=star, inference=inference) for name, star, inference in TESTS
    }
    covered = gpd.GeoDataFrame(geometry=[shapely.union_all(grid.polygons())], crs=grid.crs)
    whole = hs.Grid.over(covered, cell_size=case.cell_size)
    return found | {
        "as whole": hs.getis_ord(cells.assign(share_in_area=1.0), whole),
        "upper tail": hs.getis_ord(cells, grid, alternative="greater"),
        "lower tail": hs.getis_ord(cells, grid, alternative="less"),
    }


def is_hot(cells: pd.DataFrame) -> pd.Series[bool]:
    return cells["gi_class"].isin(["hot 95%", "hot 99%"])


def cells_table(results: dict[str, pd.DataFrame]) -> str:
    """Say of the first case why the tests differ: the counts, and the cells hot by one test alone."""
    normal, exact = results["normal Gi*"], results["exact Gi*"]
    n, cut = normal["n"], normal["share_in_area"] < 1
    both = is_hot(normal) & is_hot(exact)
    alone = is_hot(normal) & ~is_hot(exact)
    single = alone & (normal["n"] == 0)
    differ = (exact["gi_z"] > 0) != (results["upper tail"]["gi_p"] < results["lower tail"]["gi_p"])
    figures = [
        ("mean count of a cell", f"{n.mean():.2f}"),
        ("variance of the counts, divided by the mean", f"{n.var(ddof=0) / n.mean():.1f}"),
        ("count of the busiest cell", f"{n.max()}"),
        ("cells that the boundary cuts", f"{cut.sum():,}"),
        ("mean count of a whole cell", f"{n[~cut].mean():.2f}"),
        ("whole cells that are empty", f"{100 * (n[~cut] == 0).mean():.0f} %"),
        ("cut cells that are empty", f"{100 * (n[cut] == 0).mean():.0f} %"),
        ("smallest z that is hot, normal", f"{normal.loc[is_hot(normal), 'gi_z'].min():.2f}"),
        ("smallest z that is hot, exact", f"{exact.loc[is_hot(exact), 'gi_z'].min():.2f}"),
        ("largest p that is hot, exact", f"{exact.loc[is_hot(exact), 'gi_p'].max():.1e}"),
        ("cells hot by both tests", f"{both.sum()}"),
        ("cells hot by the exact test alone", f"{(is_hot(exact) & ~is_hot(normal)).sum()}"),
        ("cells hot by the normal test alone", f"{alone.sum()}"),
        (
            "their z",
            f"{normal.loc[alone, 'gi_z'].min():.1f} to {normal.loc[alone, 'gi_z'].max():.1f}",
        ),
        (
            "their p, normal",
            f"{normal.loc[alone, 'gi_p'].min():.0e} to {normal.loc[alone, 'gi_p'].max():.0e}",
        ),
        (
            "their p, exact",
            f"{exact.loc[alone, 'gi_p'].min():.1g} to {exact.loc[alone, 'gi_p'].max():.1g}",
        ),
        ("those of them that are empty themselves", f"{single.sum()}"),
        ("cells whose z points one way and smaller tail the other", f"{differ.sum()}"),
        ("their smallest p, exact", f"{exact.loc[differ, 'gi_p'].min():.2f}"),
    ]
    lines = ["| | |", "|---|---:|", *(f"| {name} | {figure} |" for name, figure in figures)]
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
    lines = [
        "| incidents | cell | cells (empty) | reported incidents | normal Gi\\* | exact Gi | exact Gi\\* | "
        "exact Gi\\*, cut cells taken as whole |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    texts = {}
    for case in CASES:
        results = tested(case, root)
        n = results["exact Gi*"]["n"]
        hot = {name: int(np.count_nonzero(is_hot(cells))) for name, cells in results.items()}
        lines.append(
            f"| {case.name} | {case.cell_size:g} m | {len(n):,} ({(n == 0).sum():,}) | "
            f"{n.sum():,} | {hot['normal Gi*']} | {hot['exact Gi']} | {hot['exact Gi*']} | {hot['as whole']} |"
        )
        texts.setdefault("real_cells.md", cells_table(results))
    texts["real_data.md"] = "\n".join(lines) + "\n"
    for name, text in texts.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
