"""Rank repeat locations, say how sure each rank is, and write the sheet for the next tasking meeting.

With your own files:

    python examples/rank_locations.py DATA --area sandwell.gpkg --layer borough --out ranked --previous march/actions.xlsx

DATA is a data.police.uk file, a folder of them, or the archive .zip as downloaded. Without DATA the
script runs on the simulated incidents that come with the package; nothing in those happened.
"""

import argparse
from pathlib import Path

import geopandas as gpd

import hotspot as hs
from hotspot import sample

ASB = "Anti-social behaviour"


def rank_locations(
    data: Path, area_file: Path, layer: str | None, category: str, previous: Path | None, out: Path
) -> None:
    """Write tables, the action sheet, a map and two figures into a folder."""
    area = hs.read_area(area_file, layer=layer)
    intake = hs.read_police_uk(data, area=area)

    # Which incidents are ranked decides what the list is for: a list for the review of an order and a list for patrols
    # are two calls with two filters. The filter is printed on every output.
    incidents = hs.select_incidents(intake.incidents, category=category)

    # One location is a map point here. With exact points, give within=50, or by="uprn" where the data has it.
    # Next month, give this month's locations.csv as previous=, so that places keep their ids.
    locations = hs.repeat_locations(incidents, min_incidents=1)
    print(f"{len(incidents):,} incidents at {len(locations):,} locations")
    group = locations[locations["same_rank_group"] == locations["same_rank_group"].iloc[0]]
    print(f"number 1 cannot be told apart from {len(group) - 1} of the others")

    # How concentrated they are is said only beside what chance alone would make of as many incidents.
    concentrated = hs.concentration(incidents)
    print(concentrated.sentence)

    # How good would last year's list have been this year?
    comparison = recaptured(incidents)
    if comparison is not None:
        print(comparison.sentence)

    out.mkdir(parents=True, exist_ok=True)
    hs.write_csv(locations, out / "locations.csv")
    tables = {"Locations": locations, "Concentration": concentrated.table}
    if comparison is not None:
        tables |= {"Earlier and later": comparison.table, "Changes": comparison.locations}
    hs.write_excel(tables, out / "tables.xlsx")

    # The first 25 go to the meeting. What was entered in last month's sheet is carried forward.
    hs.write_action_sheet(locations.head(25), out / "actions.xlsx", previous=previous)

    # The map and the figure show the numbers of the list.
    hs.save_map(hs.map_locations(locations, area=area, limit=25), out / "map.html")
    hs.save_chart(hs.chart_ranks(locations, top=20), out / "ranks.png")
    hs.save_chart(hs.chart_concentration(concentrated), out / "lorenz.png")
    print(f"see {out / 'actions.xlsx'}")


def recaptured(incidents: gpd.GeoDataFrame) -> hs.RankingComparison | None:
    """Compare the first 12 months with the next 12, or two halves of a shorter period."""
    months = sorted(set(incidents["start"].dt.strftime("%Y-%m")))
    half = 12 if len(months) >= 24 else (len(months) + 1) // 2
    if half == len(months):
        return None
    earlier, later = months[:half], months[half : 2 * half]
    rankings = [
        hs.repeat_locations(hs.select_incidents(incidents, start=part[0], end=part[-1]), min_incidents=1)
        for part in (earlier, later)
    ]
    if min(map(len, rankings)) < 20:
        return None
    print(f"{earlier[0]} to {earlier[-1]} against {later[0]} to {later[-1]}:")
    return hs.compare_rankings(rankings[0], rankings[1], top=20)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?", help="data.police.uk file, folder or archive .zip")
    parser.add_argument("--area", type=Path, help="file of polygons; needed with DATA")
    parser.add_argument("--layer", help="layer of the area file, when it has several")
    parser.add_argument("--category", default=ASB, help=f"category to rank; {ASB} when left out")
    parser.add_argument("--previous", type=Path, help="last month's actions.xlsx")
    parser.add_argument("--out", type=Path, default=Path("ranked-locations"), help="folder to write into")
    asked = parser.parse_args()
    try:
        if asked.data is None:
            print("SIMULATED DATA: no real incident is in it")
            source = (sample.police_uk_archive(), sample.borough(), sample.BOROUGH_LAYER)
        elif asked.area is None:
            parser.error("--area is needed with DATA: a file of polygons")
        else:
            source = (asked.data, asked.area, asked.layer)
        rank_locations(*source, asked.category, asked.previous, asked.out)
    except hs.InputError as error:
        parser.exit(2, f"rank_locations: {error}\n")
