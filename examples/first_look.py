"""A first look at a folder of incidents: hot cells, repeat locations, and a map that opens anywhere.

With your own files:

    python examples/first_look.py DATA --area sandwell.gpkg --layer borough --out first-look

DATA is a data.police.uk file, a folder of them, or the archive .zip as downloaded. Without DATA the
script runs on the simulated incidents that come with the package; nothing in those happened.
"""

import argparse
from pathlib import Path

import hotspot as hs
from hotspot import sample


def first_look(data: Path, area_file: Path, layer: str | None, out: Path) -> None:
    """Write map.html, hotspots.csv and locations.csv into a folder."""
    # Polygons of the study area, repaired where invalid, in metres of the British National Grid.
    area = hs.read_area(area_file, layer=layer)

    # Incidents inside the area. Rows that cannot be used are set aside with their reason, never lost.
    intake = hs.read_police_uk(data, area=area)
    print(intake.ledger[["source_file", "read", "used", "set_aside"]].to_string(index=False))

    # Narrow the question here, for example category="Anti-social behaviour", start="2025-03".
    incidents = hs.select_incidents(intake.incidents)

    # Count in 200 m squares, test each cell with its neighbours, and put the density beside the test.
    grid = hs.Grid.over(area, cell_size=200)
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    cells = hs.kernel_density(incidents, grid, cells=cells)

    # Rank the map points that incidents keep coming back to.
    locations = hs.repeat_locations(incidents)

    out.mkdir(parents=True, exist_ok=True)
    hs.save_map(hs.map_cells(cells, area=area, locations=locations), out / "map.html")
    hs.write_csv(cells.sort_values(["gi_z", "n"], ascending=False), out / "hotspots.csv")
    hs.write_csv(locations, out / "locations.csv")
    hot = int(cells["gi_class"].isin(["hot 90%", "hot 95%", "hot 99%"]).sum())
    print(
        f"{hot} of {len(cells):,} cells are hot; {len(locations):,} repeat locations; see {out / 'map.html'}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="data.police.uk file, folder or archive .zip")
    parser.add_argument("--area", type=Path, help="file of polygons; needed with DATA")
    parser.add_argument("--layer", help="layer of the area file, when it has several")
    parser.add_argument("--out", type=Path, default=Path("first-look"), help="folder to write into")
    asked = parser.parse_args()
    try:
        if asked.data is None:
            print("SIMULATED DATA: no real incident is in it")
            first_look(sample.police_uk_archive(), sample.borough(), sample.BOROUGH_LAYER, asked.out)
        elif asked.area is None:
            parser.error("--area is needed with DATA: a file of polygons")
        else:
            first_look(asked.data, asked.area, asked.layer, asked.out)
    except hs.InputError as error:
        parser.exit(2, f"first_look: {error}\n")
