"""The rows of one source that bear on a prohibition and lie inside the order, with their months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.counted import bearing, months_of, place_of_rows, serves, sources_in
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.places_of import places_of
from hotspot.decisions.units_of import LEAST_SHARE, place_of_units, unit_matrix, units_of
from hotspot.errors import InputError
from hotspot.geography.incidents import is_counts, starts_of
from hotspot.ranking.monthly import month_numbers

Integers = NDArray[np.int64]

OWN, WIDER = "own category", "wider category, share unknown"


@dataclass(frozen=True, eq=False)
class Inside:
    """What one source holds inside the order, on one prohibition.

    Attributes
    ----------
    source, evidence
        Its name; and whether the categories are the prohibition's own or wider ones.
    rows
        Incidents inside the order, or the rows of the units inside it of a counts table. Their record is
        that of this source alone.
    months
        Observed months, ascending.
    month
        For incidents: the place in ``months`` of each row, -1 where its month was not observed.
    units
        For a counts table: the units inside the order.
    unit_counts
        For a counts table: counts by unit and month.
    """

    source: str
    evidence: str
    rows: pd.DataFrame
    months: pd.PeriodIndex
    month: Integers
    units: gpd.GeoDataFrame | None = None
    unit_counts: Integers | None = None
    notes: tuple[str, ...] = ()

    @property
    def by_month(self) -> Integers:
        """Reports of each observed month."""
        if self.unit_counts is not None:
            return np.asarray(self.unit_counts.sum(axis=0), dtype=np.int64)
        kept = self.month[self.month >= 0]
        return np.bincount(kept, minlength=len(self.months)).astype(np.int64)

    def matrix(self, group: Integers, groups: int) -> Integers:
        """Return reports by group and month; ``group`` has one number a row (or unit), -1 for none."""
        if self.unit_counts is not None:
            sums = np.zeros((groups, len(self.months)), dtype=np.int64)
            held = group >= 0
            np.add.at(sums, group[held], self.unit_counts[held])
            return sums
        held = (group >= 0) & (self.month >= 0)
        flat = group[held] * len(self.months) + self.month[held]
        counts = np.bincount(flat, minlength=groups * len(self.months))
        return counts.astype(np.int64).reshape(groups, len(self.months))


def each_inside(
    data: pd.DataFrame, order: Order, item: Prohibition, *, least_share: float = LEAST_SHARE
) -> Iterator[Inside]:
    """Return what each source holds inside the order, its own categories apart from wider ones."""
    for source in sources_in(data):
        for wider in (False, True):
            kept = tuple(one for one in item.evidence if one.wider == wider and serves(one, source))
            if kept:
                yield inside_of(data, order, replace(item, evidence=kept), source, least_share=least_share)


def inside_of(
    data: pd.DataFrame, order: Order, item: Prohibition, source: str, *, least_share: float = LEAST_SHARE
) -> Inside:
    """Return what one source holds inside the order.

    Raises
    ------
    InputError
        If the data is neither points nor a counts table, or lacks a column that a rule names.
    """
    word = WIDER if any(one.wider for one in item.evidence if serves(one, source)) else OWN
    of_source = (data["source"].astype(object) == source).to_numpy()
    months, notes = months_of(data, (source,))
    places = places_of(order, ring=0.0)
    rows = one_source(data[bearing(data, item, (source,))], data, source)
    if is_counts(data):
        units = units_of(data[of_source])
        place, said = place_of_units(units, places, least_share=least_share)
        units = cast("gpd.GeoDataFrame", units[place == 0].reset_index(drop=True))
        counts, known = unit_matrix(units, rows, months)
        seen = np.asarray(known.all(axis=0), dtype=bool)
        if not seen.all():
            lost = provenance.spans(str(month) for month in months[~seen])
            said.append(f"Months without a number of some unit are left out: {lost}.")
        held = rows["area_code"].astype("str").isin(set(units["area_code"])).to_numpy()
        none = np.empty(0, dtype=np.int64)
        return Inside(source, word, rows[held], months[seen], none, units, counts[:, seen], (*notes, *said))
    if "start" not in data.columns:
        raise InputError("the data has no column 'start', so its months are not known; give one")
    place, _ = place_of_rows(rows, places)
    rows = one_source(rows[place == 0], data, source)
    month = month_numbers(starts_of(rows), months) if len(rows) else np.empty(0, dtype=np.int64)
    if (month < 0).any():
        notes.append(
            f"{int((month < 0).sum()):,} of {len(rows):,} rows inside the order have no date, or one in a month that "
            "the source is not known to have observed."
        )
    return Inside(source, word, rows, months, month, notes=tuple(notes))


def one_source(rows: pd.DataFrame, data: pd.DataFrame, source: str) -> pd.DataFrame:
    """Give rows the record of the data with this source alone in it."""
    record = provenance.of(data)
    record["sources"] = [item for item in record["sources"] if item["name"] == source]
    kept = rows.copy(deep=False)
    kept.attrs = {}
    return provenance.put(kept, record)
