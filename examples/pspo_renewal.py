"""Evidence for the renewal of a Public Spaces Protection Order: the restricted and the public pack.

With your own review, whose file `hotspot new-order` writes:

    python examples/pspo_renewal.py review.toml --out packs

On real, open data with a MADE-UP order (a disc around the busiest map point, in force from a made-up day):

    python examples/pspo_renewal.py --police DATA --area borough.gpkg --layer borough --units wards --code code --out packs

Without either the script runs on two simulated orders that come with the package: one with a planted fall, and one
boroughwide that was in force before the data begins. Nothing in those happened.
"""

import argparse
from datetime import date
from pathlib import Path

import geopandas as gpd

import hotspot as hs
from hotspot import provenance, sample
from hotspot.decisions.review_job import review_from

ASB = "Anti-social behaviour"
RADIUS_M = 450.0


def renewal(config: Path, out: Path) -> None:
    """Write both packs of one review's file."""
    asked = hs.read_review(config)
    review = review_from(asked, say=print)
    show(review)
    for release in asked.release:
        kind = "public" if release == "public" else None
        pack = hs.write_review(out / f"{config.stem}-{release}", review, title=asked.title, release=kind)
        print(f"see {next(pack.glob('index*.html'))}")


def made_up(data: Path, area: Path, layer: str | None, units: str | None, code: str, out: Path) -> None:
    """Review an order that nobody made, on real incidents: for trying the library, never as evidence."""
    borough = hs.read_area(area, layer=layer)
    intake = hs.read_police_uk(data, area=borough)
    incidents = hs.select_incidents(intake.incidents, category=[ASB, "Public order"])
    months = provenance.months_observed(incidents)
    pairs = (len(months) - 1) // 2
    if pairs < 6:
        raise hs.InputError(f"{len(months)} months are too few: a made-up order needs 13 or more")
    half = min(12, pairs)
    starts = f"{months[-half - 1]}-01"
    busiest = hs.repeat_locations(hs.select_incidents(intake.incidents, category=ASB)).iloc[[0, 1]]
    centre = gpd.points_from_xy(busiest["easting"], busiest["northing"], crs="EPSG:27700")
    discs = gpd.GeoSeries(centre).buffer(RADIUS_M)
    order = hs.Order(
        "MADE-UP order: nobody made it",
        gpd.GeoSeries([discs.iloc[0]], crs="EPSG:27700"),
        in_force=[(starts, str(date(int(starts[:4]) + 3, 1, 1)))],
        decision="extend",
        prohibitions=[
            hs.Prohibition(
                "Threatening behaviour",
                "threatening behaviour",
                [hs.Evidence("*", (ASB, "Public order"), wider=True)],
            ),
            hs.Prohibition("Footpath parking", "footpath parking"),
        ],
    )
    layers = hs.read_area(area, layer=units) if units else None
    comparison = None if layers is None else {"First ward elsewhere": _elsewhere(layers, discs.iloc[0])}
    review = hs.review_order(
        intake,
        order,
        comparison=comparison,
        before=(months[-2 * half - 1], months[-half - 2]),
        during=(months[-half], months[-1]),
        areas=layers if layers is not None else borough,
        code=code if layers is not None else None,
        across_breaks=True,
    )
    show(review)
    title = "A MADE-UP order on real data: for trying the library, never as evidence"
    for kind in (None, "public"):
        pack = hs.write_review(out / f"made-up-{kind or 'restricted'}", review, title=title, release=kind)
        print(f"see {next(pack.glob('index*.html'))}")


def _elsewhere(units: gpd.GeoDataFrame, disc: object) -> gpd.GeoDataFrame:
    """Take a ward a kilometre or more away, the first by name: chosen without looking at any figure."""
    away = units[units.distance(disc) > 1_000]
    if not len(away):
        raise hs.InputError("no unit lies a kilometre or more from the made-up order")
    return away.iloc[[0]]


def show(review: hs.Review) -> None:
    """Print the summary as the pack has it."""
    for name, lines in review.summary.items():
        print(name)
        for line in lines:
            print(f"  {line}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "config", type=Path, nargs="?", help="a review's file; `hotspot new-order` writes one"
    )
    parser.add_argument("--police", type=Path, help="data.police.uk file, folder or archive .zip")
    parser.add_argument("--area", type=Path, help="file of polygons; needed with --police")
    parser.add_argument("--layer", help="layer of the borough in the area file")
    parser.add_argument("--units", help="layer of wards or LSOAs in the area file")
    parser.add_argument("--code", default="code", help="their column of codes")
    parser.add_argument("--out", type=Path, default=Path("packs"), help="folder to write the packs into")
    asked = parser.parse_args()
    try:
        if asked.config is not None:
            renewal(asked.config, asked.out)
        elif asked.police is not None:
            if asked.area is None:
                parser.error("--area is needed with --police: a file of polygons")
            made_up(asked.police, asked.area, asked.layer, asked.units, asked.code, asked.out)
        else:
            print("SIMULATED DATA: no real incident is in it, and no such order exists")
            for file in sample.review_example(asked.out / "simulated"):
                renewal(file, asked.out)
    except hs.InputError as error:
        parser.exit(2, f"pspo_renewal: {error}\n")
