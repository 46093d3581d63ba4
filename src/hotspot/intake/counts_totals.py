"""Totals of a table of counts by area: the table that Gi* over a Graph, maps of areas and rates start from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import is_counts

_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


def totals(
    counts: pd.DataFrame,
    *,
    months: tuple[str, str] | None = None,
    categories: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Add up a table of counts by area.

    Parameters
    ----------
    counts
        The ``counts`` of `read_counts`.
    months
        First and last month, ``YYYY-MM``, both included; all when None.
    categories
        One category or several, in any case of letters; all when None.

    Returns
    -------
    DataFrame (GeoDataFrame where the counts have geometry)
        On ``area_code``, ascending: area_name, n (missing where any of the area's counts is missing), n_at_most
        (missing where one of them has no bound), n_known (the sum of those known), counts_missing (how many are not),
        months (how many observed months were added up), geometry.

    Raises
    ------
    InputError
        If the frame is no table of counts, a category is not in it, or no month is left.

    Notes
    -----
    Months without any row are in no total: the record says which months were added up.

    How this can mislead: ``n_known`` is too low where counts are missing, and lowest where many are suppressed, which
    are the quiet areas. Totals of two tables with other months observed are not comparable: divide by ``months``.

    Examples
    --------
    >>> import pandas as pd
    >>> counts = pd.DataFrame({
    ...     "area_code": ["A", "A", "B", "B"], "area_name": ["A", "A", "B", "B"],
    ...     "month": ["2024-03", "2024-04"] * 2, "category": "Fire", "n": pd.array([2, 3, 1, None], dtype="Int64"),
    ...     "n_at_most": pd.array([2, 3, 1, 4], dtype="Int64"),
    ... })
    >>> totals(counts)[["n", "n_at_most", "counts_missing"]].values.tolist()
    [[5, 5, 0], [<NA>, 5, 1]]
    """
    if not is_counts(counts):
        raise InputError(
            f"totals needs the counts of read_counts, by area_code, month, category and n; given "
            f"{type(counts).__name__}; incidents are counted with count_incidents or assign_area"
        )
    kept = _chosen(counts, months, categories)
    observed = sorted(kept["month"].unique().tolist())
    if not observed:
        raise InputError(
            f"no count is left (months={months}, categories={categories!r}); the table runs from "
            f"{counts['month'].min()} to {counts['month'].max()}"
        )
    made = _by_area(kept, len(observed))
    if isinstance(counts, gpd.GeoDataFrame) and counts.active_geometry_name is not None:
        first = counts.drop_duplicates("area_code").set_index("area_code").geometry
        made = cast(
            "pd.DataFrame", gpd.GeoDataFrame(made, geometry=first.reindex(made.index), crs=counts.crs)
        )
    names = sorted(kept["category"].dropna().astype("str").unique().tolist())
    parent = _narrowed(counts, observed)
    return provenance.carry(parent, made, "totals", months=provenance.spans(observed), categories=names)


def _chosen(
    counts: pd.DataFrame, months: tuple[str, str] | None, categories: str | Iterable[str] | None
) -> pd.DataFrame:
    kept = pd.DataFrame(counts.drop(columns="geometry", errors="ignore"))
    if categories is not None:
        wanted = [categories] if isinstance(categories, str) else [str(each) for each in categories]
        present = {str(name).casefold(): str(name) for name in kept["category"].dropna().unique()}
        for name in wanted:
            if name.casefold() not in present:
                near = difflib.get_close_matches(name.casefold(), present, n=1, cutoff=0.4)
                guess = f"did you mean {present[near[0]]!r}? " if near else ""
                listed = ", ".join(sorted(present.values())[:15])
                raise InputError(f"no count has the category {name!r}; {guess}The table has: {listed}")
        kept = kept[kept["category"].isin([present[name.casefold()] for name in wanted])]
    if months is not None:
        if len(months) != 2 or isinstance(months, str) or not all(_MONTH.match(str(each)) for each in months):
            raise InputError(
                f'months={months!r} must be the first and the last, such as ("2024-07", "2025-02")'
            )
        if months[0] > months[1]:
            raise InputError(f"months={months!r} run backwards; give the first month first")
        kept = kept[(kept["month"] >= months[0]) & (kept["month"] <= months[1])]
    return kept


def _by_area(kept: pd.DataFrame, observed: int) -> pd.DataFrame:
    group = kept.groupby("area_code", sort=True)
    missing = kept["n"].isna()
    lost = missing.groupby(kept["area_code"]).sum().astype("int64")
    known = kept["n"].fillna(0).groupby(kept["area_code"]).sum().astype("Int64")
    bounds = kept["n_at_most"] if "n_at_most" in kept.columns else kept["n"]
    most = bounds.fillna(0).groupby(kept["area_code"]).sum().astype("Int64")
    open_bound = bounds.isna().groupby(kept["area_code"]).any()
    names = group["area_name"].first() if "area_name" in kept.columns else known.index.to_series()
    made = pd.DataFrame(
        {
            "area_name": names.astype("str"),
            "n": known.where(lost == 0),
            "n_at_most": most.where(~open_bound),
            "n_known": known,
            "counts_missing": lost,
            "months": np.int64(observed),
        }
    )
    made.index = made.index.astype("str").rename("area_code")
    return made


def _narrowed(counts: pd.DataFrame, observed: list[str]) -> pd.DataFrame:
    """Return an empty frame whose record observes the months that were added up, and no others."""
    record = provenance.of(counts)
    for source in record["sources"]:
        source["months"] = [month for month in source["months"] if month in set(observed)]
    record["as_of"] = str(pd.Period(max(observed), freq="M").end_time.date())
    return provenance.put(pd.DataFrame(), record)
