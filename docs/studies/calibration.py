"""Calibration: how often the tests raise an alarm on maps on which nothing is planted.

Two kinds of maps over the shipped outline of Sandwell, 1,000 of each:

- **uniform**: so many points thrown uniformly into the outline;
- **clumped**: every cell gets the count of a real whole cell drawn at random (Sandwell, January and February
  2014, all categories, cells of the same size), and of the cells that the boundary cuts each incident is
  kept with chance ``share_in_area``. Cells are independent: busy ones lie anywhere.

Run by ``python docs/studies/calibration.py``; it writes ``calibration.csv``, and from it the tables
``calibration_maps.md`` and ``calibration_cells.md``, in under ten minutes on two processors. esda is slower and
gets the first 100 maps of each kind. The clumped maps need real data (see ``real_data.py``); without them it
stops. ``docs/images/make_calibration.py`` draws the figure.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from esda_shuffles import adjusted, graph_of, shuffled
from numpy.typing import NDArray
from real_data import CASES as REAL_CASES
from real_data import Case as RealCase
from real_data import count_real, real_root

import hotspot as hs
from hotspot import sample

HERE = Path(__file__).parent
LEVEL = 0.05
CELL_SIZES = (100.0, 200.0)
POINTS: tuple[int | None, ...] = (1_000, 4_000, 20_000, None)
"""None stands for clumped counts."""
REAL: RealCase = REAL_CASES[0]
OURS: dict[str, dict[str, Any]] = {
    "exact": {},
    "exact Gi": {"star": False},
    "normal": {"inference": "normal"},
    "csr": {"null": "csr"},
}
ESDA = ("esda", "esda, two-sided")
METHODS = (*OURS, *ESDA)
HEADERS = ("exact Gi\\*", "exact Gi", "normal", "csr", "esda, p_sim", "esda, 2 p_sim")
CHUNK = 50


@dataclass(frozen=True)
class Task:
    """Some maps of one kind at one cell size."""

    points: int | None
    cell_size: float
    seeds: range
    esda_maps: int


@cache
def borough() -> gpd.GeoDataFrame:
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    shapely.prepare(area.geometry.to_numpy())
    return area


@cache
def grid_of(cell_size: float) -> hs.Grid:
    return hs.Grid.over(borough(), cell_size=cell_size)


@cache
def edge_of(cell_size: float) -> NDArray[np.bool_]:
    """Tell of every cell whether its neighbourhood, itself included, holds one that the boundary cuts."""
    grid = grid_of(cell_size)
    cut = np.pad(grid.to_matrix(grid.share_in_area < 1), 1)
    height, width = grid.mask.shape
    near = [cut[up : up + height, right : right + width] for up in range(3) for right in range(3)]
    return np.any(near, axis=0)[grid.mask]


@cache
def real_counts(cell_size: float) -> NDArray[np.int64]:
    """Return the counts of the real cells that lie wholly in the area."""
    cells = count_real(REAL, real_root(), cell_size)
    return cells.loc[cells["share_in_area"] == 1, "n"].to_numpy()


@cache
def graph_at(cell_size: float) -> Any:
    return graph_of(grid_of(cell_size))


def uniform_points(count: int, seed: int) -> NDArray[np.float64]:
    """Throw points uniformly into the outline."""
    outline = borough().geometry.to_numpy()
    box = shapely.total_bounds(outline)
    generator = np.random.default_rng([count, seed])
    kept = np.empty((0, 2))
    while len(kept) < count:
        drawn = box[:2] + generator.random((2 * count, 2)) * (box[2:] - box[:2])
        inside = np.any([shapely.contains_xy(part, drawn) for part in outline], axis=0)
        kept = np.vstack([kept, drawn[inside]])
    return kept[:count]


def counts_of(task: Task, seed: int) -> NDArray[np.int64]:
    """Make one map: a count for every cell."""
    grid = grid_of(task.cell_size)
    if task.points is not None:
        position = grid.positions_of(*uniform_points(task.points, seed).T)
        return np.bincount(position, minlength=grid.mask.size)[grid.mask.reshape(-1)]
    generator = np.random.default_rng([int(task.cell_size), seed])
    drawn = generator.choice(real_counts(task.cell_size), len(grid))
    return generator.binomial(drawn, grid.share_in_area)


def one_map(task: Task, seed: int) -> Iterator[dict[str, Any]]:
    """Test one map by every method."""
    grid, edge = grid_of(task.cell_size), edge_of(task.cell_size)
    counts = counts_of(task, seed)
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    results = {}
    for name, options in OURS.items():
        tested = hs.getis_ord(cells, grid, **options)
        results[name] = tested["gi_p"].to_numpy(), tested["gi_q"].to_numpy()
        if name == "exact":
            z = tested["gi_z"].to_numpy()
    if seed < task.esda_maps:
        theirs, p = shuffled(counts, graph_at(task.cell_size), seed)
        np.testing.assert_allclose(theirs, z, atol=1e-9)
        for name, each in zip(ESDA, (p, np.minimum(1.0, 2.0 * p)), strict=True):
            results[name] = each, adjusted(each)
    for name, (p, q) in results.items():
        low = p <= LEVEL
        yield {
            "points": task.points, "cell_m": task.cell_size, "method": name, "seed": seed,
            "inner": low[~edge].mean(), "edge": low[edge].mean(),
            "alarm": bool((q <= LEVEL).any()), "cells": int((q <= LEVEL).sum()),
        }  # fmt: skip


def run(task: Task) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=hs.HotspotWarning)
        return [row for seed in task.seeds for row in one_map(task, seed)]


def study(maps: int, esda_maps: int) -> pd.DataFrame:
    """Run every kind of map; return one row a kind, cell size and method."""
    tasks = [
        Task(points, cell_size, range(first, min(first + CHUNK, maps)), esda_maps)
        for points in POINTS
        for cell_size in CELL_SIZES
        for first in range(0, maps, CHUNK)
    ]
    rows: list[dict[str, Any]] = []
    began = time.monotonic()
    with ProcessPoolExecutor(2) as pool:
        for done, part in enumerate(pool.map(run, tasks), start=1):
            rows += part
            print(f"{done} of {len(tasks)} parts, {time.monotonic() - began:.0f} s", flush=True)
    return summary(pd.DataFrame(rows))


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Average over maps, with Monte Carlo standard errors; those of cells from map to map."""
    rows = []
    for (points, cell_size, method), group in results.groupby(
        ["points", "cell_m", "method"], sort=False, dropna=False
    ):
        maps = len(group)
        share = float(group["alarm"].mean())
        rows.append(
            {
                "points": "clumped" if np.isnan(points) else f"{points:.0f}",
                "cell_m": int(cell_size), "method": method, "maps": maps,
                "inner_pct": 100 * group["inner"].mean(),
                "inner_error": 100 * group["inner"].std() / math.sqrt(maps),
                "edge_pct": 100 * group["edge"].mean(),
                "edge_error": 100 * group["edge"].std() / math.sqrt(maps),
                "maps_pct": 100 * share,
                "maps_error": 100 * math.sqrt(share * (1 - share) / maps),
                "cells_a_map": group["cells"].mean(),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def table(results: pd.DataFrame, cell: Any) -> str:
    """Write one row a kind of map and cell size, one column a method."""
    lines = [
        f"| maps | cells | {' | '.join(HEADERS)} |",
        f"|---|---:|{'---:|' * len(METHODS)}",
    ]
    for (points, cell_size), group in results.groupby(["points", "cell_m"], sort=False):
        by_method = group.set_index("method")
        kind = "clumped" if points == "clumped" else f"{int(points):,} uniform points"
        figures = [cell(by_method.loc[method]) for method in METHODS]
        lines.append(f"| {kind} | {cell_size} m | {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def alarms(row: pd.Series[Any]) -> str:
    """Write the share of maps with an alarm, with its error, or a bound where none or all have one."""
    if row["maps_pct"] in (0, 100):
        # With no event in m maps the true share is under 3/m with 95 % confidence ("rule of three").
        bound = 300 / row["maps"]
        return f"0 (under {bound:.1f})" if row["maps_pct"] == 0 else f"100 (over {100 - bound:.1f})"
    return f"{row['maps_pct']:.1f} ± {row['maps_error']:.1f}"


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", type=int, default=1000, help="maps of each kind")
    parser.add_argument("--esda-maps", type=int, default=100, help="those of them that esda tests")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the tables")
    asked = parser.parse_args()
    if real_root() is None:
        print("no real data: set HOTSPOT_REAL_DATA to a folder that holds police_uk/ and boundaries/")
        return
    results = study(asked.maps, asked.esda_maps)
    results.to_csv(asked.out / "calibration.csv", index=False, float_format="%.4f")
    tables = {
        "calibration_maps.md": table(results, alarms),
        "calibration_cells.md": table(results, lambda row: f"{row['inner_pct']:.2f}, {row['edge_pct']:.2f}"),
    }
    for name, text in tables.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
