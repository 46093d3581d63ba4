"""A pack for a tasking meeting: page, Word report, tables, map and figure in a new folder.

With your own files:

    python examples/tasking_pack.py DATA --area sandwell.gpkg --layer borough --out packs

DATA is a data.police.uk file, a folder of them, or the archive .zip as downloaded. Without DATA the
script runs on the simulated incidents that come with the package; nothing in those happened.
"""

import argparse
from pathlib import Path

import hotspot as hs
from hotspot import provenance, sample

ASB = "Anti-social behaviour"


def tasking_pack(data: Path, area_file: Path, layer: str | None, category: str, out: Path) -> None:
    """Write a pack into a folder of its own."""
    area = hs.read_area(area_file, layer=layer)
    intake = hs.read_police_uk(data, area=area)
    incidents = hs.select_incidents(intake.incidents, category=category)

    # Fix the cell size before looking: suggest_scale says what the data can carry, and why.
    scale = hs.suggest_scale(incidents, area)
    grid = hs.Grid.over(area, cell_size=scale.cell_size)
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    areas = hs.hotspot_areas(cells, grid)
    locations = hs.repeat_locations(incidents)

    # The summary is the analyst's own. These sentences say what was counted; what it means is for people to say.
    months = provenance.spans(provenance.months_observed(incidents))
    first = locations.iloc[0]
    sure = int((locations["probability_top"] >= 0.95).sum())
    summary = [
        f"{len(incidents):,} reported incidents of {category.lower()} in {months}.",
        f"{len(areas):,} hot spot areas of {scale.cell_size:g} m cells, with q of 0.05 or less.",
        f"Most reports: {first['location']}, {first['incidents']:,} in {first['months_active']} of "
        f"{first['months_observed']} months; its true rank is {first['rank_low']} to {first['rank_high']}.",
        f"{sure:,} locations are truly among the busiest 20 with a chance of 95 % or more.",
    ]
    pack = hs.write_pack(
        out / "Tasking",
        title=f"{category}, {months}",
        summary=summary,
        tables={"Locations": locations, "Hot spot areas": areas, "Cells": cells},
        maps={"Cells and locations": hs.map_cells(cells, area=area, locations=locations)},
        figures={"How sure the ranks are": hs.chart_ranks(locations)},
    )
    print("\n".join(summary))
    print(f"see {pack / 'index.html'}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="data.police.uk file, folder or archive .zip")
    parser.add_argument("--area", type=Path, help="file of polygons; needed with DATA")
    parser.add_argument("--layer", help="layer of the area file, when it has several")
    parser.add_argument("--category", default=ASB, help="category to look at")
    parser.add_argument("--out", type=Path, default=Path("packs"), help="folder to write the pack into")
    asked = parser.parse_args()
    try:
        if asked.data is None:
            print("SIMULATED DATA: no real incident is in it")
            tasking_pack(
                sample.police_uk_archive(), sample.borough(), sample.BOROUGH_LAYER, asked.category, asked.out
            )
        elif asked.area is None:
            parser.error("--area is needed with DATA: a file of polygons")
        else:
            tasking_pack(asked.data, asked.area, asked.layer, asked.category, asked.out)
    except hs.InputError as error:
        parser.exit(2, f"tasking_pack: {error}\n")
