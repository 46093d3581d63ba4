"""How much of the planted clusters of the simulated sample the hot cells find, and how much else they mark.

Truth: the cells whose centre lies in a planted disc that is active in the months analysed. A hot cell
(gi_q of 0.05 or less and a z above 0) is right, strictly, when its centre is in such a disc; leniently,
when it is such a cell or touches one.

    python docs/studies/recall.py

writes ``recall_clusters.md``, ``recall_risks.md``, ``recall_samples.md``, ``recall_far.md`` and
``recall_shuffles.md`` in ``docs/studies``. It takes about five minutes. esda is given its own ``p_sim``,
which is one-sided and so finds more than twice it would.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from esda_shuffles import adjusted, graph_of, shuffled, tested
from libpysal.graph import Graph
from numpy.typing import NDArray

import hotspot as hs
from hotspot import sample

LEVEL = 0.05
OURS: dict[str, dict[str, Any]] = {"exact": {}, "normal": {"inference": "normal"}}
METHODS = (*OURS, "esda")


@dataclass(frozen=True)
class Period:
    """Months that are analysed together."""

    name: str
    months: tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """Cells and their neighbourhood."""

    name: str
    cell_size: float
    radius: float | None


PERIODS = (
    Period("all 24 months", sample.MONTHS),
    Period("June to August, both years", tuple(m for m in sample.MONTHS if m[-2:] in ("06", "07", "08"))),
    Period("from September 2025", tuple(m for m in sample.MONTHS if m >= "2025-09")),
    Period("March 2024 to February 2025", tuple(m for m in sample.MONTHS if m <= "2025-02")),
)
# 300 m between centres of 200 m cells reaches the same nine cells as queen contiguity, so the radius is
# tried on 100 m cells, where it reaches 29.
SETTINGS = (Setting("200 m, queen", 200, None), Setting("100 m, radius 300 m", 100, 300))
MAIN = SETTINGS[0]


def read_sample(archive: Path, area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read an archive and add each incident's month as text."""
    incidents = hs.read_police_uk(archive, area=area).incidents
    return incidents.assign(month=incidents["start"].dt.strftime("%Y-%m"))


def within_one_cell(truth: NDArray[np.bool_], grid: hs.Grid) -> NDArray[np.bool_]:
    """Tell which cells are true or touch a true one."""
    x, y = grid.centres()
    near = truth.copy()
    reach = 1.5 * grid.cell_size
    for east, north in zip(x[truth], y[truth], strict=True):
        near |= (np.abs(x - east) < reach) & (np.abs(y - north) < reach)
    return near


def one_map(
    incidents: gpd.GeoDataFrame, grid: hs.Grid, graph: Graph, months: Sequence[str], radius: float | None
) -> pd.DataFrame:
    """Test one period and say of every active cluster how many of its cells are hot.

    Returns
    -------
    DataFrame
        One row a cluster and method: its mean relative risk in the months, its incidents, its true
        cells, those of them that are hot, hot cells in it or touching it, and (the same in every row of
        a method) hot cells of the map in no disc, and neither in nor touching any.
    """
    chosen = incidents[incidents["month"].isin(months)]
    cells = hs.count_incidents(chosen, grid, geometry=False)
    x, y = grid.centres()
    risk = sample.expected_relative_risk(list(months))
    active = [cluster for cluster in sample.CLUSTERS if risk[cluster.name] > 1]
    truth = {cluster.name: cluster.contains(x, y) for cluster in active}
    near = {name: within_one_cell(cells_in, grid) for name, cells_in in truth.items()}
    rows = []
    for method in METHODS:
        found = (
            hs.getis_ord(cells, grid, radius=radius, **OURS[method])
            if method in OURS
            else tested(cells, graph, seed=0, two_sided=False)
        )
        hot = ((found["gi_q"] <= LEVEL) & (found["gi_z"] > 0)).to_numpy()
        for cluster in active:
            inside = cluster.contains(chosen.geometry.x, chosen.geometry.y)
            rows.append(
                {
                    "cluster": cluster.name,
                    "risk": cluster.relative_risk,
                    "mean_risk": risk[cluster.name],
                    "incidents": int(inside.sum()),
                    "method": method,
                    "cells": int(truth[cluster.name].sum()),
                    "hot": int((hot & truth[cluster.name]).sum()),
                    "hot_near": int((hot & near[cluster.name]).sum()),
                    "outside": int((hot & ~np.any(list(truth.values()), axis=0)).sum()),
                    "far": int((hot & ~np.any(list(near.values()), axis=0)).sum()),
                }
            )
    return pd.DataFrame(rows)


def per_cent(part: float, whole: float) -> str:
    """Write a share; a dash where there is nothing to divide by."""
    return "–" if whole == 0 else f"{100 * part / whole:.0f}"


def precision(maps: pd.DataFrame) -> tuple[str, str]:
    """Precision of the hot cells of some clusters by one method, strict and lenient, in per cent.

    Hot cells that belong to the clusters of another relative risk are left out; hot cells that belong to
    none count against every relative risk, once a map.
    """
    once = maps.drop_duplicates("seed")
    right, wrong = maps["hot"].sum(), once["outside"].sum()
    right_near, wrong_far = maps["hot_near"].sum(), once["far"].sum()
    return per_cent(right, right + wrong), per_cent(right_near, right_near + wrong_far)


def recall(maps: pd.DataFrame) -> str:
    return per_cent(maps["hot"].sum(), maps["cells"].sum())


def header(first: Sequence[str], figures: Sequence[str]) -> list[str]:
    """Write the head of a table with one column a figure and method."""
    names = [f"{figure}, {METHODS[0]}" for figure in figures]
    others = " | ".join(METHODS[1:])
    columns = " | ".join([*first, *(f"{name} | {others}" for name in names)])
    return [f"| {columns} |", "|" + "---|" * len(first) + "---:|" * (len(figures) * len(METHODS))]


def line(first: Sequence[str], figures: Sequence[Sequence[str]]) -> str:
    """Write one row: of each figure, one number a method."""
    return "| " + " | ".join([*first, *(number for figure in figures for number in figure)]) + " |"


def by_method(maps: pd.DataFrame) -> list[pd.DataFrame]:
    return [maps[maps["method"] == method] for method in METHODS]


def risk_table(maps: dict[tuple[str, str], pd.DataFrame]) -> str:
    """Write recall and precision by relative risk."""
    lines = header(("months", "cells", "relative risk"), ("recall", "strict", "lenient"))
    for (period, setting), found in maps.items():
        for risk, group in found.groupby("risk"):
            each = by_method(group)
            strict, lenient = zip(*map(precision, each), strict=True)
            lines.append(line((period, setting, f"{risk:g}"), (list(map(recall, each)), strict, lenient)))
    return "\n".join(lines) + "\n"


def cluster_table(maps: dict[tuple[str, str], pd.DataFrame]) -> str:
    """Write, for 200 m queen, what was found of each cluster in all months and in its own."""
    own = {"summer": PERIODS[1].name, "new": PERIODS[2].name, "fading": PERIODS[3].name}
    lines = [
        "| cluster | months | mean relative risk | reported incidents in the disc | cells | hot, exact | normal | esda |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for cluster in sample.CLUSTERS:
        periods = [PERIODS[0].name, own[cluster.kind]] if cluster.kind in own else [PERIODS[0].name]
        for period in periods:
            found = maps[period, MAIN.name]
            mine = found[found["cluster"] == cluster.name].set_index("method")
            row = mine.loc["exact"]
            hot = " | ".join(str(mine.loc[method, "hot"]) for method in METHODS)
            lines.append(
                f"| {cluster.name} | {period} | {row['mean_risk']:.2f} | {row['incidents']} | {row['cells']} | {hot} |"
            )
    return "\n".join(lines) + "\n"


def samples_table(found: pd.DataFrame) -> str:
    """Write the same by relative risk over many samples with other seeds, 200 m queen."""
    lines = header(("months", "relative risk"), ("found", "recall", "strict", "lenient"))
    for (period, risk), group in found.groupby(["period", "risk"], observed=True):
        each = by_method(group)
        seen = [per_cent((maps["hot"] > 0).sum(), len(maps)) for maps in each]
        strict, lenient = zip(*map(precision, each), strict=True)
        lines.append(line((period, f"{risk:g}"), (seen, list(map(recall, each)), strict, lenient)))
    return "\n".join(lines) + "\n"


def far_table(found: pd.DataFrame) -> str:
    """Write how many hot cells a map lie away from every disc, over the same samples."""
    lines = header(("months",), ("hot cells a map",))
    for period, group in found.groupby("period", observed=True):
        far = [f"{maps.drop_duplicates('seed')['far'].mean():.2f}" for maps in by_method(group)]
        lines.append(line((str(period),), (far,)))
    return "\n".join(lines) + "\n"


def shuffles_table(cells: pd.DataFrame, grid: hs.Grid, graph: Graph) -> str:
    """Write what more shuffles find on one map, beside the exact tests."""
    lines = [
        "| test | smallest p | cells that have it | smallest q | hot cells |",
        "|---|---:|---:|---:|---:|",
    ]
    tests = []
    for shuffles in (999, 9_999, 99_999):
        z, p = shuffled(cells["n"].to_numpy(), graph, 0, shuffles)
        tests.append((f"esda, p_sim, {shuffles:,} shuffles", p, z))
        tests.append(("the same, 2 p_sim", np.minimum(1.0, 2.0 * p), z))
    for name, star in (("exact Gi", False), ("exact Gi\\*", True)):
        found = hs.getis_ord(cells, grid, star=star)
        tests.append((name, found["gi_p"].to_numpy(), found["gi_z"].to_numpy()))
    for name, p, z in tests:
        q = adjusted(p)
        lines.append(
            f"| {name} | {p.min():.1g} | {(p == p.min()).sum()} | {q.min():.1g} | {((q <= LEVEL) & (z > 0)).sum()} |"
        )
    return "\n".join(lines) + "\n"


def other_samples(area: gpd.GeoDataFrame, samples: int) -> pd.DataFrame:
    """Make samples with seeds 1, 2, 3 ... and test each period on 200 m cells."""
    grid = hs.Grid.over(area, cell_size=MAIN.cell_size)
    graph = graph_of(grid, MAIN.radius)
    parts = []
    for seed in range(1, samples + 1):
        with tempfile.TemporaryDirectory() as folder:
            archive, _ = sample.generate(folder, seed=seed)
            incidents = read_sample(archive, area)
        for period in PERIODS:
            found = one_map(incidents, grid, graph, period.months, MAIN.radius)
            parts.append(found.assign(period=period.name, seed=seed))
        print(f"sample {seed} of {samples}", flush=True)
    order = [period.name for period in PERIODS]
    joined = pd.concat(parts, ignore_index=True)
    joined["period"] = pd.Categorical(joined["period"], order, ordered=True)
    return joined


def main() -> None:
    """Run the study and write its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20, help="number of further samples with other seeds")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder for the tables")
    asked = parser.parse_args()
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    incidents = read_sample(sample.police_uk_archive(), area)
    maps = {}
    for setting in SETTINGS:
        grid = hs.Grid.over(area, cell_size=setting.cell_size)
        graph = graph_of(grid, setting.radius)
        for period in PERIODS:
            found = one_map(incidents, grid, graph, period.months, setting.radius)
            maps[period.name, setting.name] = found.assign(seed=0)
    grid = hs.Grid.over(area, cell_size=MAIN.cell_size)
    cells = hs.count_incidents(incidents, grid, geometry=False)
    others = other_samples(area, asked.samples)
    tables = {
        "recall_clusters.md": cluster_table(maps),
        "recall_risks.md": risk_table(maps),
        "recall_samples.md": samples_table(others),
        "recall_far.md": far_table(others),
        "recall_shuffles.md": shuffles_table(cells, grid, graph_of(grid)),
    }
    for name, text in tables.items():
        (asked.out / name).write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
