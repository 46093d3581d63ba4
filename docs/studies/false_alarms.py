"""How often a map of pure chance shows a hot or a cold cell: exact and normal inference side by side.

Uniform random points are thrown into the shipped outline of Sandwell, counted and tested, once for each
seed. Nothing is planted, so every significant cell is a false alarm.

    python docs/studies/false_alarms.py

writes ``docs/studies/false_alarms_maps.md`` and ``false_alarms_cells.md``. It takes under a minute. In
the last cases the study area is not the borough but the union of the cells that lie wholly in it, so that
the boundary cuts none.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import hotspot as hs
from hotspot import sample

LEVEL = 0.05
Inference = Literal["exact", "normal"]
INFERENCES: tuple[Inference, ...] = ("exact", "normal")
CASES = (
    (1_000, 100.0, "borough"),
    (1_000, 200.0, "borough"),
    (20_000, 100.0, "borough"),
    (20_000, 200.0, "borough"),
    (20_000, 100.0, "whole cells"),
    (20_000, 200.0, "whole cells"),
)


def uniform_points(area: gpd.GeoDataFrame, count: int, seed: int) -> gpd.GeoDataFrame:
    """Throw points uniformly into the area."""
    outline = area.union_all()
    shapely.prepare(outline)
    low, high = np.array(outline.bounds[:2]), np.array(outline.bounds[2:])
    generator = np.random.default_rng(seed)
    kept = np.empty((0, 2))
    while len(kept) < count:
        drawn = low + generator.random((2 * count, 2)) * (high - low)
        kept = np.vstack([kept, drawn[shapely.contains_xy(outline, drawn)]])
    return gpd.GeoDataFrame(geometry=shapely.points(kept[:count]), crs=area.crs)


def whole_cells(area: gpd.GeoDataFrame, cell_size: float) -> gpd.GeoDataFrame:
    """Return the union of the cells that lie wholly in the area."""
    grid = hs.Grid.over(area, cell_size=cell_size)
    union = shapely.union_all(grid.polygons(grid.cell_ids[grid.share_in_area == 1.0]))
    return gpd.GeoDataFrame(geometry=[union], crs=area.crs)


def alarms(points: gpd.GeoDataFrame, grid: hs.Grid, inference: Inference) -> dict[str, int]:
    """Count the false hot and cold cells of one map, whole cells and those that the boundary cuts."""
    cells = hs.count_incidents(points, grid, geometry=False)
    tested = hs.getis_ord(cells, grid, inference=inference)
    significant = (tested["gi_q"] <= LEVEL).to_numpy()
    hot = significant & (tested["gi_z"] > 0).to_numpy()
    cut = (tested["share_in_area"] < 1).to_numpy()
    return {
        "hot": int(hot.sum()),
        "cold": int((significant & ~hot).sum()),
        "cold_cut": int((significant & ~hot & cut).sum()),
    }


def with_error(hits: int, maps: int) -> str:
    """Write a share of maps in per cent, with its Monte Carlo standard error, or a bound for none or all."""
    share = hits / maps
    if hits in (0, maps):
        # With no event in m maps the true share is under 3/m with 95 % confidence ("rule of three").
        bound = 300 / maps
        return f"0 (under {bound:.0f})" if hits == 0 else f"100 (over {100 - bound:.0f})"
    return f"{100 * share:.0f} ± {100 * math.sqrt(share * (1 - share) / maps):.0f}"


def study(maps: int) -> pd.DataFrame:
    """Run every case for every seed."""
    borough = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    rows = []
    for count, cell_size, kind in CASES:
        area = borough if kind == "borough" else whole_cells(borough, cell_size)
        grid = hs.Grid.over(area, cell_size=cell_size)
        for seed in range(maps):
            points = uniform_points(area, count, seed)
            for inference in INFERENCES:
                found = alarms(points, grid, inference)
                case = {"points": count, "cell_m": cell_size, "area": kind, "inference": inference}
                rows.append(case | found)
        print(f"{count:,} points, {cell_size:g} m, {kind}: {maps} maps done")
    return pd.DataFrame(rows)


def side_by_side(results: pd.DataFrame, maps: int) -> str:
    """Write the shares of maps with a false alarm as a markdown table, exact beside normal."""
    lines = [
        "| points | cells | area | any significant cell, exact | normal | a hot cell, exact | normal |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    for (count, cell_size, kind), group in results.groupby(["points", "cell_m", "area"], sort=False):
        shares = []
        for columns in (["hot", "cold"], ["hot"]):
            alarmed = group[columns].sum(axis=1) > 0
            shares += [
                with_error(int(alarmed[group["inference"] == name].sum()), maps) for name in INFERENCES
            ]
        lines.append(f"| {count:,} | {cell_size:g} m | {kind} | {' | '.join(shares)} |")
    return "\n".join(lines) + "\n"


def cells_a_map(results: pd.DataFrame) -> str:
    """Write the mean number of false cells a map as a markdown table, exact beside normal."""
    lines = [
        "| points | cells | area | hot, exact | normal | cold, exact (cut by the boundary) | normal |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    for (count, cell_size, kind), group in results.groupby(["points", "cell_m", "area"], sort=False):
        mean = group.groupby("inference")[["hot", "cold", "cold_cut"]].mean()
        hot = " | ".join(f"{mean.loc[name, 'hot']:.2f}" for name in INFERENCES)
        cold = " | ".join(
            f"{mean.loc[name, 'cold']:.2f} ({mean.loc[name, 'cold_cut']:.2f})" for name in INFERENCES
        )
        lines.append(f"| {count:,} | {cell_size:g} m | {kind} | {hot} | {cold} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", type=int, default=100, help="number of seeds")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the tables")
    asked = parser.parse_args()
    results = study(asked.maps)
    tables = {
        "false_alarms_maps.md": side_by_side(results, asked.maps),
        "false_alarms_cells.md": cells_a_map(results),
    }
    for name, text in tables.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
