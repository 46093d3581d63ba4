"""Hot cells on real incidents by three tests: Gi* with the normal p, and Gi and Gi* with the exact p.

Needs real data.police.uk files, which are not part of the project, in the folder that the environment
variable HOTSPOT_REAL_DATA names (default ``../shared/data`` beside the project); without them it says so
and stops.

    python docs/studies/real_data.py

writes ``docs/studies/real_data.md``.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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


def hot_cells(case: Case, root: Path) -> dict[str, int]:
    """Count the hot cells of one case by each test."""
    area = hs.read_area(root / case.area, layer="borough")
    incidents = hs.read_police_uk([root / part for part in case.data], area=area).incidents
    incidents = hs.select_incidents(incidents, category=case.category)
    grid = hs.Grid.over(area, cell_size=case.cell_size)
    cells = hs.count_incidents(incidents, grid, geometry=False)
    found = {"incidents": len(incidents), "cells": len(cells), "empty": int((cells["n"] == 0).sum())}
    for name, star, inference in TESTS:
        tested = hs.getis_ord(cells, grid, star=star, inference=inference)
        found[name] = int(((tested["gi_q"] <= LEVEL) & (tested["gi_z"] > 0)).sum())
    return found


def main() -> None:
    """Run the cases and write their table beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    asked = parser.parse_args()
    root = Path(os.environ.get("HOTSPOT_REAL_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
    if not root.is_dir():
        print("no real data: set HOTSPOT_REAL_DATA to a folder that holds police_uk/ and boundaries/")
        return
    lines = [
        "| incidents | cell | cells (empty) | reported incidents | normal Gi* | exact Gi | exact Gi* |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for case in CASES:
        found = hot_cells(case, root)
        lines.append(
            f"| {case.name} | {case.cell_size:g} m | {found['cells']:,} ({found['empty']:,}) | "
            f"{found['incidents']:,} | {found['normal Gi*']} | {found['exact Gi']} | {found['exact Gi*']} |"
        )
    text = "\n".join(lines) + "\n"
    asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
