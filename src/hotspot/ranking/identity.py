"""What one location is: an id, a cell, an area, or points within a distance; each incident is in one or in none."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.grid import Grid
from hotspot.geography.precision import finest_unit
from hotspot.ranking.distance import locate_within
from hotspot.ranking.located import Integers, Texts, plain_located, with_unmatched
from hotspot.ranking.located import Located as Located
from hotspot.ranking.units import locate_in_areas, locate_in_cells

By: TypeAlias = str | Grid | gpd.GeoDataFrame


def locate(
    incidents: gpd.GeoDataFrame,
    *,
    by: By | None = None,
    within: float | None = None,
    places: pd.DataFrame | None = None,
    previous: pd.DataFrame | None = None,
) -> Located:
    """Say which location each incident is in.

    Parameters
    ----------
    incidents
        Points with a CRS.
    by
        A column of the incidents, a `Grid`, or polygons; ``"place_id"`` when neither ``by`` nor
        ``within`` is given.
    within
        Or: the largest distance in metres between any two points of one location.
    places
        The full list of places: for a column, a frame with that column; for ``within``, points.
    previous
        Last time's list, from `read_previous`; it matters for ``within`` alone, since ids stay by themselves.

    Raises
    ------
    InputError
        If both ``by`` and ``within`` are given, a column or an id is missing, the unit is finer than the
        data, or ``places`` does not fit.
    """
    if by is not None and within is not None:
        raise InputError("give by= or within=, not both: they are two different ideas of one location")
    by = "place_id" if by is None and within is None else by
    apart = np.zeros(len(incidents), dtype=bool)
    if "ranked_apart" in incidents.columns:
        apart = incidents["ranked_apart"].to_numpy(dtype=bool)
    if apart.all() and len(apart):
        none = np.empty(0, dtype=object)
        bare = Located(np.empty(0, dtype=np.int64), none, None, False, np.zeros(0, dtype=bool))
        return _with_known(incidents, bare, apart)
    rest = incidents[~apart] if apart.any() else incidents
    if within is not None:
        found = locate_within(rest, within, places, previous)
    elif isinstance(by, str):
        found = _by_column(rest, by, places)
    elif places is not None:
        raise InputError(
            "places= is for a column of ids or within=; a grid's cells and areas are a full list already"
        )
    elif isinstance(by, Grid):
        found = locate_in_cells(rest, by)
    elif isinstance(by, gpd.GeoDataFrame):
        found = locate_in_areas(rest, by)
    else:
        raise InputError(
            f"by={type(by).__name__} is no way to tell locations; give a column of the incidents, a Grid or a "
            "GeoDataFrame of polygons, or within= in metres"
        )
    return _with_known(incidents, found, apart)


def _with_known(incidents: gpd.GeoDataFrame, found: Located, apart: NDArray[np.bool_]) -> Located:
    """Add the known places that are ranked apart, after all other locations."""
    if not apart.any():
        return found
    codes = np.empty(len(incidents), dtype=np.int64)
    codes[~apart] = found.codes
    numbers, names = pd.factorize(incidents.loc[apart, "known_place"].astype("str"), sort=True)
    codes[apart] = len(found) + numbers
    texts = np.array([str(name) for name in names], dtype=object)
    shown = None if found.names is None else np.concatenate([found.names, texts])
    return replace(
        found,
        codes=codes,
        ids=np.concatenate([found.ids, np.array([f"known place: {name}" for name in texts], dtype=object)]),
        names=shown,
        apart=np.concatenate([found.apart, np.ones(len(texts), dtype=bool)]),
    )


def _by_column(incidents: gpd.GeoDataFrame, by: str, places: pd.DataFrame | None) -> Located:
    if by not in incidents.columns:
        raise InputError(
            f"by={by!r} is no column of the incidents; they have {', '.join(map(str, incidents.columns[:14]))}. "
            "Use within=100 to group points by distance"
        )
    listing = _listing_step(incidents, by)
    ids = incidents[by]
    blank = (
        ids.astype("str").str.strip() == "" if not pd.api.types.is_numeric_dtype(ids.dtype) else ids.isna()
    )
    missing = (ids.isna() | blank).to_numpy(dtype=bool)
    if missing.any() and (listing is None or bool(blank.any() and not ids.isna()[blank].all())):
        first = incidents.index[int(np.flatnonzero(missing)[0])]
        raise InputError(
            f"{int(missing.sum()):,} of {len(incidents):,} incidents have no {by!r} (the first is row {first}); "
            f"drop them first (incidents.dropna(subset=[{by!r}])) and say how many, or use within="
        )
    complete = listing is not None and _is_full_list(incidents, by, listing)
    codes, ids = _factorized(incidents[by], keep_zeros=complete)
    found = plain_located(codes, ids, None, complete, by=by)
    if listing is not None:
        found = with_unmatched(found, f"without {by}: in none of the areas, or too far from every street")
    return found if places is None else _listed(found, places, by)


def _listing_step(incidents: gpd.GeoDataFrame, by: str) -> dict[str, Any] | None:
    """Return the step that put incidents into areas or streets, and counted those that are in none."""
    step: dict[str, Any]
    for step in reversed(provenance.of(incidents)["steps"]):
        if step["step"] == "snap_to_streets" and by == "street_id":
            return step
        if step["step"] == "assign_area" and any(by.endswith(str(name)) for name in step["column"]):
            return step
    return None


def _is_full_list(incidents: gpd.GeoDataFrame, by: str, step: dict[str, Any]) -> bool:
    """Tell whether the column's categories are all areas or streets, those without an incident too."""
    if not isinstance(incidents[by].dtype, pd.CategoricalDtype):
        return False
    if step["step"] == "snap_to_streets" and finest_unit(incidents)[1] in ("map_point", "postcode"):
        # Most streets have no map point of their own: their zeros say nothing of the street.
        return False
    return len(incidents[by].cat.categories) == step.get("streets", step.get("areas"))


def _factorized(values: pd.Series, *, keep_zeros: bool = False) -> tuple[Integers, Texts]:
    """Number the values in the order of their texts, -1 where there is none."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, texts = values.cat.codes.to_numpy(), _id_texts(values.cat.categories.to_series())
    else:
        codes, distinct = pd.factorize(values)
        texts = _id_texts(pd.Series(distinct))
    used = np.full(len(texts) + 1, keep_zeros)
    used[codes] = True
    order, ids = pd.factorize(texts.to_numpy(dtype=object)[used[:-1]], sort=True)
    number = np.full(len(texts) + 1, -1, dtype=np.int64)
    number[:-1][used[:-1]] = order
    return number[codes], np.asarray(ids, dtype=object)


def _id_texts(values: pd.Series) -> pd.Series:
    """Write ids as text; a number that a spreadsheet made of a UPRN loses its ``.0``."""
    if pd.api.types.is_float_dtype(values.dtype) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    return values.astype("str")


def _listed(found: Located, places: pd.DataFrame, by: str) -> Located:
    """Add the places without an incident, and the names of the list."""
    table = places.reset_index() if by not in places.columns and places.index.name == by else places
    if not isinstance(places, pd.DataFrame) or by not in table.columns:
        raise InputError(
            f"places has no column {by!r}; it must be a frame with one row a place and the ids that the incidents "
            f"have in {by!r}"
        )
    wrong = (table[by].isna() | table[by].duplicated()).to_numpy()
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"places: {int(wrong.sum()):,} of {len(table):,} ids in {by!r} are missing or stand twice (the first in "
            f"row {table.index[first]}: {table[by].iloc[first]!r}); one row a place"
        )
    listed = _id_texts(table[by]).to_numpy(dtype=object)
    unlisted = ~pd.Index(found.ids).isin(pd.Index(listed))
    if unlisted.any():
        rows = int(np.isin(found.codes, np.flatnonzero(unlisted)).sum())
        warnings.warn(
            f"places is not the full list: {rows:,} incidents are at {int(unlisted.sum()):,} ids that it does not "
            f"have (the first is {found.ids[unlisted][0]!r}); they are ranked all the same",
            HotspotWarning,
            stacklevel=5,
        )
    ids = np.sort(np.unique(np.concatenate([found.ids, listed])).astype(object))
    place = pd.Index(ids).get_indexer(pd.Index(found.ids))
    names = None
    if "location" in table.columns:
        names = np.full(len(ids), None, dtype=object)
        texts = table["location"].astype(object).where(table["location"].notna(), None)
        names[pd.Index(ids).get_indexer(pd.Index(listed))] = texts.to_numpy(dtype=object)
    codes = np.append(place, -1)[found.codes].astype(np.int64)
    record = {**found.record, "places": len(listed)}
    return replace(plain_located(codes, ids, names, True, **record), notes=found.notes)
