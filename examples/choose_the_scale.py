"""Choose cell size and radius before looking, then show how far the hot spots depend on the choice.

With your own files:

    python examples/choose_the_scale.py DATA --area sandwell.gpkg --layer borough --out choose-the-scale

DATA is a data.police.uk file, a folder of them, or the archive .zip as downloaded. Without DATA the
script runs on the simulated incidents that come with the package; nothing in those happened.
"""

import argparse
from pathlib import Path

import hotspot as hs
from hotspot import sample

FINEST = 100  # metres: map points of data.police.uk carry nothing finer


def choose_the_scale(data: Path, area_file: Path, layer: str | None, out: Path) -> None:
    """Write the reasons, the hot areas at the chosen scale, and the table and figure of the others."""
    area = hs.read_area(area_file, layer=layer)
    incidents = hs.read_police_uk(data, area=area).incidents

    # 1. A suggestion from the data's precision, its spacing, its number and the area: no test is run yet.
    scale = hs.suggest_scale(incidents, area)
    print(scale)

    # 2. Fix it, here and in your notes, and only then test. To differ from it, write your own reason down now.
    grid = hs.Grid.over(area, cell_size=scale.cell_size)
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid, radius=scale.radius)

    # 3. Join the hot cells that touch, and count what is in each area.
    hot = hs.hotspot_areas(cells, grid)

    # 4. The same incidents at other scales. This shows what depends on the choice; it is no way to choose.
    steps = (scale.cell_size * factor for factor in (0.5, 1, 1.5, 2))
    tried = hs.sensitivity(incidents, area, cell_sizes=[size for size in steps if size >= FINEST])
    print(tried.table[["cell_size", "neighbours", "hot_cells", "hot_area_km2", "stability_pct"]].to_string())

    out.mkdir(parents=True, exist_ok=True)
    (out / "scale.txt").write_text(f"{scale}\n", encoding="utf-8")
    hs.write_csv(scale.rules, out / "scale.csv")
    hs.write_csv(hot, out / "hot_areas.csv")
    hs.write_csv(tried.table, out / "sensitivity.csv")
    # Small maps of every scale; the description beside the picture is for people who cannot see it.
    hs.save_chart(hs.chart_sensitivity(tried, area), out / "sensitivity.png")
    hs.write_geopackage({"cells": cells, "hot_areas": hot, "places": tried.places}, out / "scale.gpkg")
    print(f"{len(hot)} hot areas at {scale.cell_size:g} m; see {out / 'sensitivity.png'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="data.police.uk file, folder or archive .zip")
    parser.add_argument("--area", type=Path, help="file of polygons; needed with DATA")
    parser.add_argument("--layer", help="layer of the area file, when it has several")
    parser.add_argument("--out", type=Path, default=Path("choose-the-scale"), help="folder to write into")
    asked = parser.parse_args()
    try:
        if asked.data is None:
            print("SIMULATED DATA: no real incident is in it")
            choose_the_scale(sample.police_uk_archive(), sample.borough(), sample.BOROUGH_LAYER, asked.out)
        elif asked.area is None:
            parser.error("--area is needed with DATA: a file of polygons")
        else:
            choose_the_scale(asked.data, asked.area, asked.layer, asked.out)
    except hs.InputError as error:
        parser.exit(2, f"choose_the_scale: {error}\n")
