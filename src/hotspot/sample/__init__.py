"""A simulated incident set over Sandwell, with planted clusters whose truth is known.

Nothing in it happened. It is for trying the library, for teaching, and for tests that need a right answer:
20,000 rows in data.police.uk's format and 4,000 council cases, March 2024 to February 2026, with twelve
discs in which the rate was multiplied (`planted_clusters`). Every row says that it is simulated.

How this can mislead: the streets, premises and people are invented, and baseline rates do not vary from
area to area as real ones do. A method that finds these clusters has passed an easy test. A few premises of
the council file have many cases by design (a heavy tail), inside the discs and out: repeat locations there
are not planted clusters.

>>> from hotspot import sample
>>> sample.expected_relative_risk(["2025-09", "2025-10"])["new-5"]
5.0
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hotspot.errors import InputError
from hotspot.sample import files, plan
from hotspot.sample.plan import CLUSTERS, MONTHS, SEED, PlantedCluster

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "BOROUGH_LAYER",
    "CLUSTERS",
    "LSOA_LAYER",
    "MONTHS",
    "SEED",
    "PlantedCluster",
    "borough",
    "council_cases",
    "example_harm_weights",
    "expected_relative_risk",
    "export",
    "export_names",
    "generate",
    "generate_exports",
    "map_points",
    "mapping",
    "planted_clusters",
    "police_uk_archive",
    "relative_risk_at",
    "review_example",
    "streets",
]

BOROUGH_LAYER = "sandwell_borough"
LSOA_LAYER = "sandwell_lsoa_2011"


def police_uk_archive() -> Path:
    """Return the path of the simulated archive, a zip of 24 monthly files laid out as data.police.uk's.

    Reported by and Falls within are "Simulated Police" and Context is "simulated" on every row. About 1 %
    of rows have no location; anti-social behaviour rows have no Crime ID, as in the published files.
    """
    return files.embedded(files.POLICE_FILE)


def council_cases() -> Path:
    """Return the path of the simulated council case export: a CSV, UTF-8 (all ASCII), lines ending in CR LF.

    Columns: Case Ref ("SIM-00001"), Opened and Closed (day first, local time, "14/07/2025 21:35"), Case
    Type, UPRN, Site Name, Easting, Northing (EPSG:27700, exact premises), Ward, Reporter Name, Reporter
    Phone, Notes. The last three stand where real exports carry personal data; here they are invented.
    """
    return files.embedded(files.COUNCIL_FILE)


_EXPORTS = {
    "police_log": files.POLICE_LOG_FILE,
    "council_cases": files.COUNCIL_FILE,
    "fire_service": files.FIRE_FILE,
    "emergency_department": files.EMERGENCY_FILE,
}


def export_names() -> list[str]:
    """Return the names that `export` and `mapping` know."""
    return list(_EXPORTS)


def export(name: str) -> Path:
    """Return the path of a simulated partner's export.

    Parameters
    ----------
    name
        "police_log" (CSV, about 1,500 incidents, dates apart from times, easting and northing),
        "council_cases" (see `council_cases`), "fire_service" (.xlsx, header in row 4, OS grid references)
        or "emergency_department" (CSV, place names that a lookup table beside it places).

    Nothing in them happened; names, telephone numbers and narratives say so. The planted clusters, months
    and seasons are those of the other samples.
    """
    return files.embedded(_EXPORTS[_known(name)])


def example_harm_weights() -> Path:
    """Return the path of an EXAMPLE table of harm weights, all made up: for its form, never for use."""
    return files.embedded(files.HARM_FILE)


def mapping(name: str) -> Path:
    """Return the path of the commented mapping by which `hotspot.read_incidents` reads `export(name)`."""
    return files.mapping_file(_known(name))


def _known(name: str) -> str:
    if name not in _EXPORTS:
        raise InputError(f"there is no sample export {name!r}; the names are {', '.join(_EXPORTS)}")
    return name


def borough() -> Path:
    """Return the path of the boundary file; Sandwell's outline is its layer `BOROUGH_LAYER`.

    The outline is super-generalised, off by up to 200 m: good for a trial run, not for evidence.
    """
    return files.boundary_file()


def planted_clusters() -> gpd.GeoDataFrame:
    """Return the planted discs, EPSG:27700.

    Returns
    -------
    GeoDataFrame, one row a cluster: name, kind (steady, new, fading, summer), relative_risk (at its highest),
    easting, northing (centre, metres), radius_m, first_month, last_month, active_months (count), geometry
    (the disc).
    """
    import geopandas as gpd
    import shapely

    columns = ("name", "kind", "relative_risk", "easting", "northing", "radius_m")
    table = {column: [getattr(c, column) for c in CLUSTERS] for column in columns}
    discs = [shapely.Point(c.easting, c.northing).buffer(c.radius_m, quad_segs=32) for c in CLUSTERS]
    return gpd.GeoDataFrame(
        {
            **table,
            "first_month": [c.months[0] for c in CLUSTERS],
            "last_month": [c.months[-1] for c in CLUSTERS],
            "active_months": [len(c.months) for c in CLUSTERS],
        },
        geometry=discs,
        crs="EPSG:27700",
    )


def expected_relative_risk(months: Sequence[str]) -> dict[str, float]:
    """Return each cluster's mean planted multiplier over the months given ("YYYY-MM"), by name.

    Every month counts alike. For the ratio of expected counts in one category, weigh the months by its
    season: `PlantedCluster.mean_relative_risk(months, weights=...)`.
    """
    unknown = sorted(set(months) - set(MONTHS))
    if unknown:
        raise ValueError(
            f"{len(unknown)} month(s) are not simulated, the first is {unknown[0]!r}; "
            f"give months from {MONTHS[0]} to {MONTHS[-1]}"
        )
    return {cluster.name: cluster.mean_relative_risk(months) for cluster in CLUSTERS}


@cache
def _points(seed: int) -> gpd.GeoDataFrame:
    from hotspot.sample import places

    return places.make_map_points(files.boundary_file(), seed=seed)


def map_points(*, seed: int = SEED) -> gpd.GeoDataFrame:
    """Return the simulated map points, EPSG:27700, with their true baseline weights.

    Columns: location, easting, northing (whole metres), longitude, latitude, weight (mean 1), lsoa_code,
    lsoa_name, geometry. Made anew from the seed (a fraction of a second), then kept.
    """
    return _points(seed).copy()


@cache
def _streets(seed: int) -> gpd.GeoDataFrame:
    from hotspot.sample import roads

    return roads.make_streets(_points(seed), seed=seed)


def streets(*, seed: int = SEED) -> gpd.GeoDataFrame:
    """Return simulated streets past the simulated map points, EPSG:27700.

    None of them exists; their names and classes say so, and the record says that they are simulated. The street
    of a map point has the name in its location text ("Simulated Street 0001"), runs within 15 m of it, and
    is the street nearest to it; links without a name join the streets. Made anew from the seed (under a second),
    then kept.

    Returns
    -------
    GeoDataFrame, one row a segment, with the columns of `hotspot.read_streets`: street_id, name, road_class,
    length_m, start_node, end_node, geometry.
    """
    return _streets(seed).copy()


def generate(folder: str | Path, *, seed: int = SEED) -> tuple[Path, Path]:
    """Make the simulated archive and case export in a folder, and return their paths in this order.

    With the default seed both have the bytes of the files in the package. Only the compression of the zip
    depends on more: another build of zlib may pack the same monthly files into other bytes. Another seed
    moves points, premises and incidents; the planted clusters stay where `hotspot.sample.plan` puts them.

    The files in the package are remade, from the root of a checkout, by
    ``python -c "from hotspot import sample; sample.generate('src/hotspot/sample/data')"``.
    """
    return files.generate_files(Path(folder), seed=seed)


def generate_exports(folder: str | Path, *, seed: int = SEED) -> list[Path]:
    """Make the exports of the other partners, and the lookup table of place names, in a folder.

    With the default seed they have the bytes of the files in the package (of the workbook: another build
    of zlib may pack the same sheets into other bytes). The council's cases come from `generate`.
    """
    return files.generate_partner_files(Path(folder), seed=seed)


def review_example(folder: str | Path, *, seed: int = SEED) -> tuple[Path, Path]:
    """Write all that two simulated reviews of orders need into a folder, and return their files.

    Returns
    -------
    tuple of Path
        ``town_centre.toml``: an order from 10 March 2025 in a made-up town centre, after which street drinking there
        is half of what it would have been, while all behaviour in the borough falls by a fifth from June 2025.
        ``boroughwide.toml``: an order in force since 2017, before the data begins.

    Beside them stand a log of wardens with its mapping, the simulated police archive, areas, and made-up answers to
    a consultation, activity, statements and figures by LSOA. Nothing in them happened.
    """
    from hotspot.sample import review_files

    return review_files.write_review(Path(folder), seed=seed)


def relative_risk_at(easting: float, northing: float, month: str) -> float:
    """Return the planted multiplier at one place (EPSG:27700, metres) in one month; 1 outside all discs."""
    return float(plan.relative_risk_at(easting, northing, month))
