"""Make the figure and the table of docs/choosing_the_scale.md from the simulated sample.

    python docs/images/make_sensitivity.py

writes ``docs/images/sensitivity.png``, its description ``sensitivity.png.alt.txt``, and the tables
``scale_rules.md``, ``sensitivity.md`` and ``sensitivity_truth.md`` in ``docs/studies``. It takes about two
minutes, most of them for 20 samples with other seeds.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import hotspot as hs
from hotspot import sample

HERE = Path(__file__).parent
STUDIES = HERE.parent / "studies"
# Six months in which most of the planted clusters are active.
START, END = "2024-03", "2024-08"
CELL_SIZES, RADII = (150, 250, 350), (None, 700)
OTHER_SAMPLES = 20
NEAR = 300.0
"""Metres from a planted disc that are still its rim."""


def main() -> None:
    """Suggest a scale, try six, and write what the page shows."""
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    intake = hs.read_police_uk(sample.police_uk_archive(), area=area)
    incidents = hs.select_incidents(intake.incidents, start=START, end=END)

    scale = hs.suggest_scale(incidents, area)
    lines = ["| rule | its own figure | part | arithmetic |", "|---|---:|---|---|"]
    for row in scale.rules.to_dict(orient="records"):
        lines.append(f"| {row['rule']} | {row['cell_size']:,.0f} m | {row['part']} | {row['arithmetic']} |")
    text = "\n".join([*lines, "", *(f"- {reason}" for reason in scale.reasons)]) + "\n"
    (STUDIES / "scale_rules.md").write_text(text, encoding="utf-8")

    tried = hs.sensitivity(incidents, area, cell_sizes=CELL_SIZES, radii=RADII)
    lines = [
        "| cell size | neighbours | cells | incidents a cell | hot cells | hot area, km² | % of the area | "
        "% of incidents | stability, % |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in tried.table.to_dict(orient="records"):
        stable = "nothing hot" if np.isnan(row["stability_pct"]) else f"{row['stability_pct']:.0f}"
        lines.append(
            f"| {row['cell_size']:g} m | {row['neighbours']} | {row['cells']:,} | {row['incidents_per_cell']:.2f} | "
            f"{row['hot_cells']} | {row['hot_area_km2']:.2f} | {row['hot_area_pct']:.2f} | "
            f"{row['hot_incidents_pct']:.1f} | {stable} |"
        )
    (STUDIES / "sensitivity.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    truth = [by_times(tried.places)]
    for seed in range(1, OTHER_SAMPLES + 1):
        with tempfile.TemporaryDirectory() as folder:
            archive, _ = sample.generate(folder, seed=seed)
            other = hs.select_incidents(hs.read_police_uk(archive, area=area).incidents, start=START, end=END)
        truth.append(by_times(hs.sensitivity(other, area, cell_sizes=CELL_SIZES, radii=RADII).places))
        print(f"sample {seed} of {OTHER_SAMPLES}", flush=True)
    write_truth(truth[0], sum(truth[1:], start=0 * truth[0]))
    image = hs.save_chart(hs.chart_sensitivity(tried, area), HERE / "sensitivity.png")
    print(f"{image} ({image.stat().st_size:,} bytes)")


def by_times(places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count places by how often they are hot: all, in a disc that was active in these months, and near one."""
    centres = places.geometry.centroid
    apart = np.min(
        [
            np.hypot(centres.x - cluster.easting, centres.y - cluster.northing) - cluster.radius_m
            for cluster in sample.CLUSTERS
            if any(START <= month <= END for month in cluster.months)
        ],
        axis=0,
    )
    facts = pd.DataFrame({"places": 1, "planted": apart <= 0, "rim": (apart > 0) & (apart <= NEAR)})
    counted = facts.groupby(places["hot_in"].to_numpy()).sum()
    return counted.reindex(range(int(places["combinations"].iloc[0]) + 1), fill_value=0).astype(int)


def write_truth(shipped: pd.DataFrame, others: pd.DataFrame) -> None:
    """Write how many of the places are planted, in the shipped sample and in the others together."""
    lines = [
        f"| hot in | places | planted | rim | {OTHER_SAMPLES} other samples: places | planted, % | rim, % |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    choices = len(shipped) - 1
    for times in range(choices, -1, -1):
        here, there = shipped.loc[times], others.loc[times]
        shares = [
            f"{100 * there[name] / there['places']:.0f}" if there["places"] else "–"
            for name in ("planted", "rim")
        ]
        lines.append(
            f"| {times} of {choices} | {here['places']:,} | {here['planted']:,} | {here['rim']:,} | "
            f"{there['places']:,} | {' | '.join(shares)} |"
        )
    (STUDIES / "sensitivity_truth.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
