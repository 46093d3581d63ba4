"""Units of a counts table: which place each belongs to, and their counts by place and month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.places_of import INSIDE, REST, Places
from hotspot.errors import InputError
from hotspot.geography.projection import geometry_to_bng

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NOT_FROM_COUNTS = "not available from counts"
LEAST_SHARE = 0.5
"""A unit of a counts table belongs to a place when at least this share of its area does."""
_TINY = 1e-6


@dataclass(frozen=True, eq=False)
class UnitCounts:
    """Counts of a counts table by place and month; see `hotspot.decisions.counted.Counted`."""

    places: tuple[str, ...]
    roles: tuple[str, ...]
    months: pd.PeriodIndex
    counts: Integers
    area_km2: Floats
    notes: tuple[str, ...]


def units_of(data: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the units of a counts table: one row each, by code.

    Returns
    -------
    GeoDataFrame
        ``area_code``, ``area_name``, ``area_km2``, geometry in EPSG:27700.

    Raises
    ------
    InputError
        If a unit has no polygon.
    """
    if not isinstance(data, gpd.GeoDataFrame) or data.active_geometry_name is None or data.crs is None:
        raise InputError(
            "the counts table has no polygons, which a review needs to tell what lies in the order; read it with "
            "read_counts(..., areas=) and give polygons, not a plain table of codes"
        )
    codes = data["area_code"].astype("str")
    first = cast("gpd.GeoDataFrame", data[~codes.duplicated().to_numpy()])
    names = first["area_name"] if "area_name" in first.columns else first["area_code"]
    moved = geometry_to_bng(first).geometry.to_numpy()
    if (shapely.is_missing(moved) | (shapely.area(moved) <= 0)).any():
        lost = first["area_code"].to_numpy()[
            int(np.argmax(shapely.is_missing(moved) | (shapely.area(moved) <= 0)))
        ]
        raise InputError(f"the unit {lost!r} of the counts table has no polygon; give areas= that hold it")
    columns = {
        "area_code": first["area_code"].astype("str").to_numpy(),
        "area_name": names.astype("str").to_numpy(),
        "area_km2": shapely.area(moved) / 1e6,
    }
    units = gpd.GeoDataFrame(columns, geometry=moved, crs="EPSG:27700").sort_values("area_code")
    return cast("gpd.GeoDataFrame", units.reset_index(drop=True))


def shares_within(units: gpd.GeoDataFrame, shape: shapely.Geometry) -> Floats:
    """Return the share of each unit's area that lies in a shape, 0 to 1."""
    shapes = units.geometry.to_numpy()
    shapely.prepare(shape)
    shares = np.zeros(len(shapes))
    touched = np.flatnonzero(shapely.intersects(shape, shapes))
    whole = shapely.covers(shape, shapes[touched])
    shares[touched[whole]] = 1.0
    cut = touched[~whole]
    shares[cut] = shapely.area(shapely.intersection(shapes[cut], shape)) / shapely.area(shapes[cut])
    return shares


def place_of_units(
    units: gpd.GeoDataFrame, places: Places, *, least_share: float = LEAST_SHARE
) -> tuple[Integers, list[str]]:
    """Return the place of each unit, -1 for none, and what must be said of units that are cut.

    Raises
    ------
    InputError
        If ``least_share`` is not above 0 and at most 1, or no unit is inside the order.
    """
    if not len(units):
        raise InputError(
            "the counts table has no unit of this source; give the source's own name, as its mapping has it"
        )
    if not 0.0 < least_share <= 1.0:
        raise InputError(f"least_share={least_share!r} must be above 0 and at most 1, such as 0.5")
    found = np.full(len(units), -1, dtype=np.int64)
    notes = []
    for number, (name, shape) in enumerate(zip(places.names, places.shapes, strict=True)):
        share = shares_within(units, shape)
        found[(found < 0) & (share >= least_share - _TINY)] = number
        if name == INSIDE and not (found == number).any():
            best = int(np.argmax(share))
            raise InputError(
                f"no unit of the counts table has {least_share:.0%} of its area in the order; the nearest is "
                f"{units['area_name'].iloc[best]} with {share[best]:.0%}. Take a smaller least_share, or incidents "
                "with points"
            )
        if name == REST:
            continue
        out = (found != number) & (share > 0.01)
        cut = (found == number) & (share < 0.99)
        if out.any() or cut.any():
            notes.append(
                f"{name}: {int((found == number).sum())} units, of which {int(cut.sum())} lie partly outside it; "
                f"{int(out.sum())} units with less than {least_share:.0%} of their area in it are not counted there."
            )
    return found, notes


def units_by_place(
    units: gpd.GeoDataFrame,
    rows: pd.DataFrame,
    places: Places,
    months: pd.PeriodIndex,
    *,
    least_share: float,
    rest: bool,
) -> UnitCounts:
    """Sum the rows of a counts table by place and month; months without a number of some unit are left out.

    Parameters
    ----------
    rows
        Those that bear on the prohibition.
    rest
        Units in no place are the rest of the borough.
    """
    place, notes = place_of_units(units, places, least_share=least_share)
    labels, roles = [*places.names], [*places.roles]
    if rest and (place < 0).any():
        place = np.where(place < 0, len(labels), place)
        labels, roles = [*labels, REST], [*roles, REST]
    kept = [number for number in range(len(labels)) if (place == number).any()]
    notes += [f"No unit has enough of its area in {labels[n]}." for n in range(len(labels)) if n not in kept]
    sums, known = _sums(units, rows, place, months, len(labels))
    named = [number for number in kept if roles[number] != REST]
    seen = np.asarray(known[named].all(axis=0), dtype=bool)
    lost = [number for number in kept if not known[number][seen].all()]
    if lost:
        notes.append(
            "The rest of the borough is left out: some of its units have no number in an observed month."
        )
    kept = [number for number in kept if number not in lost]
    if not seen.all():
        missing = [str(month) for month in months[~seen]]
        word = "month is" if len(missing) == 1 else "months are"
        notes.append(
            f"{len(missing)} {word} left out, since the table has no number of a unit there: "
            f"{provenance.spans(missing)}."
        )
    area = units["area_km2"].to_numpy()
    return UnitCounts(
        places=tuple(labels[number] for number in kept),
        roles=tuple(roles[number] for number in kept),
        months=months[seen],
        counts=sums[kept][:, seen],
        area_km2=np.array([float(area[place == number].sum()) for number in kept]),
        notes=(f"Ring: {NOT_FROM_COUNTS}.", *notes),
    )


def unit_matrix(
    units: gpd.GeoDataFrame, rows: pd.DataFrame, months: pd.PeriodIndex
) -> tuple[Integers, Flags]:
    """Return the counts of each unit and month, and where a number is known for every category."""
    return _sums(units, rows, np.arange(len(units)), months, len(units))


def _sums(
    units: gpd.GeoDataFrame, rows: pd.DataFrame, place: Integers, months: pd.PeriodIndex, places: int
) -> tuple[Integers, Flags]:
    unit = pd.Index(units["area_code"]).get_indexer(rows["area_code"].astype("str"))
    of_row = np.append(place, -1)[unit]
    month = months.get_indexer(pd.PeriodIndex(rows["month"].astype("str"), freq="M"))
    value = rows["n"].astype("Int64")
    kept = (of_row >= 0) & (month >= 0) & value.notna().to_numpy()
    flat = of_row[kept] * len(months) + month[kept]
    numbers = value.to_numpy(dtype="float64", na_value=0.0)[kept]
    shape = (places, len(months))
    sums = np.bincount(flat, weights=numbers, minlength=places * len(months)).reshape(shape)
    kinds = len(rows[["source", "category"]].astype("str").drop_duplicates())
    expected = np.bincount(place[place >= 0], minlength=places)[:, None] * kinds
    held = np.bincount(flat, minlength=places * len(months)).reshape(shape)
    return np.rint(sums).astype(np.int64), np.asarray((held >= expected) & (kinds > 0), dtype=bool)
