"""Make the figure and the table of docs/choosing_the_scale.md from the simulated sample.

    python docs/images/make_sensitivity.py

writes ``docs/images/sensitivity.png``, its description ``sensitivity.png.alt.txt``, and the tables
``scale_rules.md``, ``sensitivity.md`` and ``sensitivity_truth.md`` in ``docs/studies``.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np

import hotspot as hs
from hotspot import sample

HERE = Path(__file__).parent
STUDIES = HERE.parent / "studies"
# Six months in which most of the planted clusters are active.
START, END = "2024-03", "2024-08"
CELL_SIZES, RADII = (150, 250, 350), (None, 700)


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
    write_truth(tried.places)
    image = hs.save_chart(hs.chart_sensitivity(tried, area), HERE / "sensitivity.png")
    print(f"{image} ({image.stat().st_size:,} bytes)")


def write_truth(places: gpd.GeoDataFrame) -> None:
    """Compare the places with the planted discs that were active in these months."""
    centres = places.geometry.centroid
    planted = np.zeros(len(places), dtype=bool)
    for cluster in sample.CLUSTERS:
        if any(START <= month <= END for month in cluster.months):
            apart = np.hypot(centres.x - cluster.easting, centres.y - cluster.northing)
            planted |= (apart <= cluster.radius_m).to_numpy()
    lines = ["| hot in | places | of them in a planted cluster |", "|---:|---:|---:|"]
    choices = int(places["combinations"].iloc[0])
    for times in range(choices, -1, -1):
        here = (places["hot_in"] == times).to_numpy()
        lines.append(f"| {times} of {choices} | {here.sum():,} | {(here & planted).sum():,} |")
    (STUDIES / "sensitivity_truth.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
