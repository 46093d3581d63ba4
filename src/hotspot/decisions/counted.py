"""Incidents of one prohibition by place and month: the one table that all comparisons read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.order import Evidence, Order, Prohibition
from hotspot.decisions.places_of import NO_RING, Comparison, Places, Ring, places_of
from hotspot.decisions.units_of import LEAST_SHARE, units_by_place, units_of
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike
from hotspot.geography.incidents import is_counts, point_coordinates, starts_of
from hotspot.ranking.monthly import month_numbers, observed_months

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

EVERY_SOURCE = "*"


@dataclass(frozen=True, eq=False)
class Counted:
    """Incidents by place and month.

    Attributes
    ----------
    places
        "inside", "ring", each comparison's name, "rest"; those that exist.
    roles
        inside, ring, comparison or rest.
    months
        The observed months, ascending. A month without data is not among them: missing is not zero.
    counts
        Incidents, shape (places, months).
    area_km2
        Of each place.
    notes
        Rows that are in no place or month, with their number, and what was chosen.
    """

    places: tuple[str, ...]
    roles: tuple[str, ...]
    months: pd.PeriodIndex
    counts: Integers
    area_km2: Floats
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        shape = (len(self.places), len(self.months))
        if self.counts.shape != shape or len(self.roles) != shape[0] or len(self.area_km2) != shape[0]:
            raise ValueError(
                f"counts of shape {self.counts.shape} do not fit {shape[0]} places x {shape[1]} months"
            )

    def of(self, place: str) -> Integers:
        """Return the counts of one place, month by month."""
        if place not in self.places:
            raise InputError(f"there is no place {place!r}; there are: {', '.join(self.places)}")
        return np.asarray(self.counts[self.places.index(place)], dtype=np.int64)

    def with_role(self, role: str) -> Integers:
        """Return the row numbers of the places with a role."""
        return np.flatnonzero(np.array(self.roles, dtype=object) == role).astype(np.int64)

    def table(self) -> pd.DataFrame:
        """Return the counts as a frame: one row a month (``YYYY-MM``), one column a place."""
        index = pd.Index([str(month) for month in self.months], name="month", dtype="str")
        return pd.DataFrame(self.counts.T, index=index, columns=pd.Index(self.places, name=None))


def counted(
    data: pd.DataFrame,
    order: Order,
    prohibition: Prohibition,
    source: str,
    *,
    comparison: Comparison | None = None,
    ring: Ring | None = None,
    areas: AreaLike | None = None,
    least_share: float = LEAST_SHARE,
) -> Counted:
    """Count one source's incidents that bear on a prohibition, by place and observed month.

    Parameters
    ----------
    data
        Incidents (points with ``source``, ``category`` and ``start``), or a counts table of `read_counts`.
    order
        Its geometry is "inside".
    prohibition
        Its evidence says which rows bear on it. A row that two rules name counts once.
    source
        A source's name as in the column ``source``, or a publisher (``data.police.uk``) for all of its sources.
    comparison, ring, areas
        See `hotspot.decisions.places_of.places_of`. A counts table has no ring; without ``areas`` its rest
        is all its other units.
    least_share
        For a counts table: a unit belongs to a place when at least this share of its area does.

    Returns
    -------
    Counted

    Raises
    ------
    InputError
        If the source is not in the data, no evidence names it, a column is missing, or the places overlap.

    Notes
    -----
    Each incident is in one place at most: a point on an edge belongs to the first of inside, ring, comparison
    areas in their order, rest. Months are those of ``start``. A publisher's months are those that all its
    sources observed.

    How this can mislead: an anonymised map point near the edge stands for incidents on both sides of it. A
    unit of a counts table is in or out whole.
    """
    names = source_names(data, source)
    if not any(serves(item, name) for item in prohibition.evidence for name in names):
        raise InputError(
            f"no evidence of the prohibition {prohibition.name!r} names the source {source!r}; add it to the "
            f"prohibition's evidence, or choose one of {', '.join(item.source for item in prohibition.evidence) or 'none'}"
        )
    mask = bearing(data, prohibition, names)
    rows = cast("gpd.GeoDataFrame", data[mask])
    months, notes = months_of(data, names)
    if is_counts(data):
        places = places_of(order, comparison=comparison, ring=0.0, areas=areas)
        units = units_of(data[data["source"].astype(object).isin(names).to_numpy()])
        found = units_by_place(units, rows, places, months, least_share=least_share, rest=areas is None)
        said = (*(text for text in places.notes if text != NO_RING), *notes, *found.notes)
        return Counted(found.places, found.roles, found.months, found.counts, found.area_km2, said)
    if "start" not in data.columns:
        raise InputError("the data has no column 'start', so its months are not known; give one")
    of_source = data[data["source"].astype(object).isin(names).to_numpy()]
    places = places_of(order, comparison=comparison, ring=ring, areas=areas, incidents=of_source)
    place, lost = place_of_rows(rows, places)
    month = month_numbers(starts_of(rows), months) if len(rows) else np.empty(0, dtype=np.int64)
    table = _tallied(place, month, len(places.names), len(months))
    notes += _rows_left_out(rows, place, month, lost, areas is not None)
    notes += _not_covered(of_source, places, table)
    return Counted(places.names, places.roles, months, table, places.area_km2, (*places.notes, *notes))


def source_names(data: pd.DataFrame, source: str) -> tuple[str, ...]:
    """Return the data's sources that a name stands for: itself, a publisher's, or all for ``*``.

    Raises
    ------
    InputError
        If the data has no column ``source`` or no such source.
    """
    known = sources_in(data)
    found = [name for name in known if source in (EVERY_SOURCE, name, name.split("/")[0])]
    if not found:
        raise InputError(f"the data has no source {source!r}; it has: {', '.join(known) or 'none'}")
    return tuple(found)


def sources_in(data: pd.DataFrame) -> list[str]:
    """Return the names of all sources of the data, those whose files hold no row too."""
    if "source" not in data.columns:
        raise InputError(
            "the data has no column 'source', so no evidence can be matched to it; read it with read_police_uk, "
            "read_incidents or read_counts, or add the column"
        )
    held = {str(name) for name in data["source"].dropna().unique()}
    return sorted(held | {item["name"] for item in provenance.of(data)["sources"]})


def serves(evidence: Evidence, source: str) -> bool:
    """Tell whether a piece of evidence is of this source."""
    return evidence.source in (EVERY_SOURCE, source, source.split("/")[0])


def best_evidence(item: Prohibition, source: str) -> tuple[Evidence, ...]:
    """Return the evidence of a source: its own categories, or wider ones where it has none of its own."""
    mine = tuple(one for one in item.evidence if serves(one, source))
    return tuple(one for one in mine if not one.wider) or mine


def bearing(
    data: pd.DataFrame, prohibition: Prohibition, sources: tuple[str, ...], *, wider: bool | None = None
) -> Flags:
    """Tell which rows of some sources bear on a prohibition.

    Parameters
    ----------
    wider
        Only evidence of wider categories (True), only of its own categories (False), or both (None).

    Raises
    ------
    InputError
        If a rule names a column that the data lacks.
    """
    source = data["source"].astype(object).to_numpy()
    found = np.zeros(len(data), dtype=bool)
    for item in prohibition.evidence:
        if wider is not None and item.wider != wider:
            continue
        meant = [name for name in sources if serves(item, name)]
        held: Flags = np.isin(source, meant) if meant else np.zeros(len(data), dtype=bool)
        rules = dict(item.where)
        if item.categories:
            rules["category"] = (*item.categories, *rules.get("category", ()))
        for column, allowed in rules.items():
            if column not in data.columns:
                raise InputError(
                    f"the evidence of {prohibition.name!r} names the column {column!r}, which the data lacks; it has "
                    f"{', '.join(map(str, data.columns[:12]))}"
                )
            held = held & _is_one_of(data[column], allowed)
        found |= held
    return found


def months_of(data: pd.DataFrame, sources: tuple[str, ...]) -> tuple[pd.PeriodIndex, list[str]]:
    """Return the months that all these sources observed, and what must be said of them."""
    recorded = {item["name"]: set(item["months"]) for item in provenance.of(data)["sources"]}
    seen = [recorded[name] for name in sources if recorded.get(name)]
    notes = []
    if len(seen) < len(sources):
        own = data[data["source"].astype(object).isin(sources).to_numpy()].copy(deep=False)
        own.attrs = {}
        span = _spanned(own)
        seen = [span]
        if span:
            notes.append(
                f"The data has no record of the months observed by {' and '.join(sources)}: all from its first to its "
                "last row are taken as observed."
            )
    common = set.intersection(*seen) if seen else set()
    if len(seen) > 1 and any(part != common for part in seen):
        notes.append(f"Months observed are those with a file of each of {', '.join(sources)}.")
    return pd.PeriodIndex(sorted(common), freq="M"), notes


def place_of_rows(rows: pd.DataFrame, places: Places) -> tuple[Integers, int]:
    """Return the place of each row, -1 for none, and how many rows have no location."""
    frame = cast("gpd.GeoDataFrame", rows)
    found = np.full(len(frame), -1, dtype=np.int64)
    if not len(frame):
        return found, 0
    there = has_location(frame)
    if there.any():
        found[there] = places.assign(*point_coordinates(frame[there]))
    return found, int((~there).sum())


def has_location(rows: pd.DataFrame) -> Flags:
    """Tell which rows have a point; a frame without geometry is refused."""
    if not isinstance(rows, gpd.GeoDataFrame) or rows.active_geometry_name is None:
        raise InputError(
            f"the data is a {type(rows).__name__} without points; give incidents of a reader, or a counts table of "
            "read_counts"
        )
    shapes = rows.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return np.asarray(~missing, dtype=bool)


def _spanned(data: pd.DataFrame) -> set[str]:
    if is_counts(data):
        return set(data["month"].astype("str").unique())
    if "start" not in data.columns:
        raise InputError("the data has no column 'start', so its months are not known; give one")
    months, _ = observed_months(data, starts_of(data))
    return {str(month) for month in months}


def _is_one_of(values: pd.Series, allowed: tuple[str, ...]) -> Flags:
    wanted = {str(value).strip().casefold() for value in allowed}
    codes, names = pd.factorize(values.astype(object))
    hit = np.array([str(name).strip().casefold() in wanted for name in names], dtype=bool)
    return np.asarray(np.append(hit, False)[codes], dtype=bool)


def _not_covered(of_source: pd.DataFrame, places: Places, table: Integers) -> list[str]:
    """Name the places in which the source has no row of any category: the data may not cover them."""
    silent = np.flatnonzero(table.sum(axis=1) == 0)
    if len(silent) == 0:
        return []
    held, _ = place_of_rows(of_source, places)
    return [
        f"No row of any category lies in {places.names[n]}: check that the data covers it; land that was not read is "
        "not land without reports."
        for n in silent
        if not (held == n).any()
    ]


def _tallied(place: Integers, month: Integers, places: int, months: int) -> Integers:
    kept = (place >= 0) & (month >= 0)
    flat = place[kept] * months + month[kept]
    return np.bincount(flat, minlength=places * months).astype(np.int64).reshape(places, months)


def _rows_left_out(rows: pd.DataFrame, place: Integers, month: Integers, lost: int, whole: bool) -> list[str]:
    """Count the rows in no place or month; each is told once, under the first reason that holds."""
    nowhere = int((place < 0).sum()) - lost
    held = place >= 0
    undated = int((held & rows["start"].isna().to_numpy()).sum()) if len(rows) else 0
    other = int((held & (month < 0)).sum()) - undated
    where = "outside the borough and the areas named" if whole else "in none of the areas named"
    texts = [
        (lost, "{} of {} rows have no location and are in no place."),
        (nowhere, f"{{}} of {{}} rows are {where}."),
        (undated, "{} of {} rows have no date and are in no month."),
        (other, "{} of {} rows are dated in a month that the source is not known to have observed."),
    ]
    return [text.format(f"{n:,}", f"{len(rows):,}") for n, text in texts if n]
