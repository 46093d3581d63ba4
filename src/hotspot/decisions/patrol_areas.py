"""The table of a patrol plan: one row an area, where it is, why, and how sure that is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.decisions.patrol_candidates import Candidates
from hotspot.decisions.patrol_chance import chances_of
from hotspot.decisions.patrol_choice import Choice, Problem
from hotspot.decisions.patrol_profile import PatrolProfile
from hotspot.decisions.patrol_rows import PARTS, PatrolRows
from hotspot.errors import InputError
from hotspot.geography.incidents import starts_of
from hotspot.geography.projection import BNG, to_lon_lat
from hotspot.ranking.flags import days_known
from hotspot.ranking.tallies import first_and_last, leading, most_frequent

Integers = NDArray[np.int64]
REASONS = 5


def table_of(
    rows: PatrolRows, candidates: Candidates, problem: Problem, choice: Choice, profile: PatrolProfile
) -> tuple[gpd.GeoDataFrame, Integers]:
    """Return the areas that are shown, most weight first, and which of those chosen they are.

    Raises
    ------
    InputError
        If no area has the least chance that the profile asks for.
    """
    chosen, place = choice.chosen, np.append(choice.area_of_place, -1)[candidates.place_of]
    starts = starts_of(rows.frame)
    x, y = candidates.x[chosen], candidates.y[chosen]
    table = _counts(rows, candidates, problem, choice, profile)
    if "category" in rows.frame.columns:
        reasons = leading(place, rows.frame["category"], len(chosen), REASONS)
        table["reasons"] = pd.Series(reasons, dtype="str")
    table["last"] = _last(rows, starts, place, len(chosen))
    if problem.kept is not None:
        table["in_previous"] = problem.kept[chosen]
    table["farthest_m"] = _farthest(rows, candidates, chosen, place)
    lon, lat = to_lon_lat(x, y)
    table["easting"], table["northing"] = x, y
    table["lon"], table["lat"] = np.round(lon, 6), np.round(lat, 6)
    shown = _likely(table, profile)
    shapes = candidates.shapes
    if shapes is None:
        outlines = np.asarray(shapely.buffer(shapely.points(x, y), profile.radius, quad_segs=16))
    else:
        outlines = shapes[chosen]
    table = table.iloc[shown].reset_index(drop=True)
    table.insert(0, "number", np.arange(1, len(table) + 1))
    return gpd.GeoDataFrame(table, geometry=outlines[shown], crs=BNG), shown


def _counts(
    rows: PatrolRows, candidates: Candidates, problem: Problem, choice: Choice, profile: PatrolProfile
) -> pd.DataFrame:
    """Return id, names, counts and chances of the areas chosen."""
    chosen, place = choice.chosen, np.append(choice.area_of_place, -1)[candidates.place_of]
    count = np.bincount(place[place >= 0], minlength=len(chosen)).astype(np.int64)
    weight = np.zeros(len(chosen), dtype=np.int64)
    np.add.at(weight, place[place >= 0], rows.weight[place >= 0])
    table = pd.DataFrame({"area_id": pd.Series(candidates.ids[chosen], dtype="str")})
    if "location" in rows.frame.columns:
        table["location"] = pd.Series(_names(rows, place, len(chosen)), dtype="str")
    if problem.group is not None:
        names = np.array(profile.boroughs, dtype=object)
        table["borough"] = pd.Series(names[problem.group[chosen]], dtype="str")
    table["incidents"] = count
    table["per_year"] = count / rows.years
    table["weight"] = weight / PARTS
    table["share_pct"] = 100.0 * count / len(rows.frame)
    chances = chances_of(
        candidates, chosen, choice.area_of_place, starts_of(rows.frame), rows.months, profile.most_areas
    )
    return pd.concat([table, chances], axis="columns")


def _likely(table: pd.DataFrame, profile: PatrolProfile) -> Integers:
    """Return the rows whose chance of being truly a top area is large enough."""
    chance = table["probability_top"].to_numpy(dtype=float)
    sure = chance >= profile.minimum_chance
    if not sure.any():
        best = float(chance.max())
        raise InputError(
            f"no area is likely enough to be truly among the top {profile.most_areas}: the highest chance of "
            f"{len(table)} is {best:.2f}, minimum_chance={profile.minimum_chance:g} was asked. Use "
            f"minimum_chance={np.floor(100 * best) / 100:g} or less, a longer look-back, or larger units"
        )
    return np.flatnonzero(sure).astype(np.int64)


def _names(rows: PatrolRows, place: Integers, count: int) -> NDArray[np.object_]:
    """Name areas by their most frequent text; an anonymised map point is near a street, never at it."""
    names = pd.Series(most_frequent(place, rows.frame["location"], count), dtype="str").fillna("")
    frame = rows.frame
    anonymised = "location_precision" in frame.columns and (frame["location_precision"] == "map_point").any()
    bare = names.str.replace(r"^On or near\s*", "", regex=True).str.strip()
    shown = ("around " + bare).where(bare != "", "street not named") if anonymised else names
    return shown.to_numpy(dtype=object)


def _last(rows: PatrolRows, starts: pd.Series, place: Integers, count: int) -> pd.Series:
    _, last = first_and_last(place, starts.to_numpy().astype("datetime64[us]"), count)
    dates = pd.Series(last)
    return dates.dt.normalize() if days_known(rows.frame).all() else dates.dt.to_period("M")


def _farthest(
    rows: PatrolRows, candidates: Candidates, chosen: Integers, place: Integers
) -> NDArray[np.float64]:
    held = place >= 0
    centre = chosen[place[held]]
    away = np.hypot(rows.x[held] - candidates.x[centre], rows.y[held] - candidates.y[centre])
    farthest = np.zeros(len(chosen))
    np.maximum.at(farthest, place[held], away)
    return farthest
