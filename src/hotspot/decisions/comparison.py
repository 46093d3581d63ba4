"""Areas to compare an order with, found by what they were like before it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.decisions.places_of import default_ring, width_of
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.assign import SLIVER_WIDTH
from hotspot.statistics.effect import LEAST_COUNT
from hotspot.statistics.share_slope import ShareSlope, share_slope

Floats = NDArray[np.float64]
Months = tuple[str, str] | pd.PeriodIndex

LEAST_MONTHS = 6
"""Fewer months before the order have no trend to match."""


def area_months(rows: pd.DataFrame, by: str, months: Iterable[str | pd.Period]) -> pd.DataFrame:
    """Count rows by area and observed month, zeros kept.

    Parameters
    ----------
    rows
        Incidents with ``start``, or a counts table with ``month`` and ``n``; of one prohibition.
    by
        The column with the area's code or name, such as ``lsoa_code`` or one of `assign_area`.
    months
        The observed months. A row in another month, without a date, or without an area is not counted.

    Returns
    -------
    DataFrame
        One row an area, one column a month (``YYYY-MM``, ascending). For a counts table an area without a
        number in a month is missing there, which is not zero.

    Raises
    ------
    InputError
        If a column is missing.

    Notes
    -----
    How this can mislead: an area without any row is not in the table. Add it (``reindex``) where its absence is a zero.

    Examples
    --------
    >>> rows = pd.DataFrame({"lsoa": ["a", "b", "a"], "start": pd.to_datetime(["2024-01-05", "2024-02-01", "2024-02-09"])})
    >>> area_months(rows, "lsoa", ["2024-01", "2024-02"]).to_numpy().tolist()
    [[1, 1], [0, 1]]
    """
    table = "n" in rows.columns and "month" in rows.columns
    lacking = [name for name in (by, "month" if table else "start") if name not in rows.columns]
    if lacking:
        raise InputError(
            f"the rows have no column {lacking[0]!r}; they have {', '.join(map(str, rows.columns[:12]))}. Give each "
            "row its area with assign_area, and its date"
        )
    names = sorted({str(month) for month in months})
    month = rows["month"].astype("str") if table else rows["start"].dt.strftime("%Y-%m")
    known = (month.isin(names) & rows[by].notna()).to_numpy()
    keys = pd.DataFrame({"area": rows[by].astype("str"), "month": month})[known]
    if table:
        amount = rows.loc[known, "n"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        # One category that is not known makes the sum of all unknown.
        sums = keys.assign(n=amount).groupby(["area", "month"])["n"].agg(lambda n: n.sum(skipna=False))
        wide = sums.unstack("month").reindex(columns=names)
    else:
        wide = pd.crosstab(keys["area"], keys["month"]).reindex(columns=names, fill_value=0)
    wide = wide.sort_index().rename_axis(index="area", columns="month")
    wide.columns = pd.Index(names, name="month", dtype="str")
    return provenance.carry(rows, wide, "area_months", by=by, areas=len(wide), months=names)


def suggest_comparisons(
    table: pd.DataFrame,
    inside: str | pd.Series,
    before: Months,
    *,
    areas: AreaLike | None = None,
    order: AreaLike | None = None,
    ring: float | None = None,
    exclude: Iterable[str] = (),
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Rank areas by how like the order they were before it, in level, trend and month by month.

    Parameters
    ----------
    table
        Reports by area and month, from `area_months`: one row an area, one column a month (``YYYY-MM``).
    inside
        The order's own reports by month, indexed by ``YYYY-MM``; or its row in ``table``.
    before
        First and last month before the order, or the months. **No other column of ``table`` is read**, so that what
        happened later cannot choose the comparison.
    areas
        The outlines of the table's areas, with a column whose values are the table's index.
    order
        The order's outline. Areas that lie over it or its ring by more than a sliver are left out: they have the
        order's effect, or what it moved.
    ring
        Width of the ring in metres; 400 when None.
    exclude
        Further areas to leave out, such as one with an order of its own.
    names
        What to call an area, by its code.

    Returns
    -------
    DataFrame
        One row an area, the likest first: ``area``, ``name``, ``suggested`` (1, 2, ...; missing where left out),
        ``incidents_before``, ``incidents_per_month``, ``level_ratio`` (its reports for one of the order),
        ``trend_pct_per_year`` against the order's with ``trend_low`` and ``trend_high`` (95 %), ``months_apart_pct`` (how
        far its months depart from the order's beyond chance), the ``level_distance``, ``trend_distance`` and
        ``month_distance`` (log scale), ``distance`` (all three, each over its root mean square among the candidates) and
        ``says``, which gives the reason in words.

    Raises
    ------
    InputError
        If fewer than 6 months of the table are before the order, the order has under 10 reports in them, ``order``
        is given without ``areas`` or the other way round, or no area is left.

    Notes
    -----
    Level: abs(log of the ratio of monthly means). Trend: abs(slope) of the log ratio of area and order over a year
    (`share_slope`), so that a season that both share cancels. Month by month: the standard deviation of the log
    ratio about that line that counts of this size do not explain; with less than two years of months it
    holds a season of its own and bursts alike.

    How this can mislead: likeness before is no promise of likeness after. The list is a help to choose a comparison
    **before** looking at what happened later; trying several and keeping the one that flatters is what a fixed plan
    is there to prevent.

    Examples
    --------
    >>> months = [f"2024-{month:02d}" for month in range(1, 13)]
    >>> table = pd.DataFrame([[20] * 12, [22] * 12, [90] * 12], index=["order", "like", "unlike"], columns=months)
    >>> found = suggest_comparisons(table, "order", ("2024-01", "2024-12"))
    >>> found["area"].tolist(), found["suggested"].tolist()
    (['like', 'unlike', 'order'], [1, 2, <NA>])
    """
    months = _months_before(table, before)
    wide = _checked(table, months)
    own = _own(table, inside, months)
    out = _left_out(wide, inside, areas, order, ring, exclude)
    counts = wide.to_numpy(dtype=np.float64)
    sums = counts.sum(axis=1)
    codes = wide.index.to_numpy(dtype=object)
    for code in codes[np.isnan(sums)]:
        out.setdefault(str(code), "a month before the order is missing, which is not zero")
    for code in codes[sums < LEAST_COUNT]:
        out.setdefault(str(code), f"under {LEAST_COUNT} reports before the order")
    kept = np.array([str(code) not in out for code in codes], dtype=bool)
    if not kept.any():
        raise InputError(
            f"no area is left to compare with: all {len(codes)} are left out (the first, {codes[0]!r}: "
            f"{out[str(codes[0])]}); give a table of more areas"
        )
    time = np.array([month.ordinal for month in months], dtype=np.float64) / 12.0
    slopes = share_slope(np.nan_to_num(counts), own, time)
    made = _distances(codes, counts, own, slopes, kept)
    made["name"] = [str((names or {}).get(str(code), code)) for code in codes]
    made["says"] = [
        f"Left out: {out[row['area']]}." if row["area"] in out else _why(row)
        for row in made.to_dict(orient="records")
    ]
    made = made.sort_values(["distance", "area"], ignore_index=True, na_position="last")
    ranks = np.where(made["distance"].notna(), np.arange(1, len(made) + 1), 0)
    made["suggested"] = pd.array(ranks, dtype="Int64")
    made.loc[made["distance"].isna(), "suggested"] = pd.NA
    order_of = [
        "area",
        "name",
        "suggested",
        *[n for n in made.columns if n not in ("area", "name", "suggested")],
    ]
    return provenance.carry(
        table, made[order_of], "suggest_comparisons", months=[str(month) for month in months],
        candidates=int(kept.sum()), left_out=dict(sorted(out.items())), ring_m=ring,
    )  # fmt: skip


def _months_before(table: pd.DataFrame, before: Months) -> pd.PeriodIndex:
    held = pd.PeriodIndex([str(month) for month in table.columns], freq="M")
    if isinstance(before, pd.PeriodIndex):
        chosen = held[held.isin(before)]
    else:
        first, last = (pd.Period(month, freq="M") for month in before)
        chosen = held[(held >= first) & (held <= last)]
    if len(chosen) < LEAST_MONTHS:
        raise InputError(
            f"{len(chosen)} months of the table are before the order; a level and a trend need {LEAST_MONTHS} or more: "
            "give a table with more months before it"
        )
    return chosen.sort_values()


def _checked(table: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    if table.index.has_duplicates:
        twice = table.index[table.index.duplicated()][0]
        raise InputError(f"the area {twice!r} stands twice in the table; give one row for each area")
    by_name = {str(name): name for name in table.columns}
    wide = table[[by_name[str(month)] for month in months]].copy()
    wide.index = wide.index.astype("str")
    return wide.sort_index()


def _own(table: pd.DataFrame, inside: str | pd.Series, months: pd.PeriodIndex) -> Floats:
    if isinstance(inside, str):
        if inside not in table.index:
            raise InputError(
                f"the table has no area {inside!r}; give the order's row, or its counts by month"
            )
        series = table.loc[inside]
    else:
        series = inside
    found = series.set_axis([str(month) for month in series.index]).reindex([str(month) for month in months])
    own = found.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnan(own).any():
        missing = [str(month) for month, value in zip(months, own, strict=True) if np.isnan(value)]
        raise InputError(
            f"the order's reports are missing in {', '.join(missing[:3])}, which is not zero; leave the month out"
        )
    if own.sum() < LEAST_COUNT:
        raise InputError(
            f"the order has {int(own.sum())} reports in the {len(months)} months before it, too few to find areas "
            f"like it ({LEAST_COUNT} are needed); take a longer time before, or a wider set of categories"
        )
    return own


def _left_out(
    wide: pd.DataFrame,
    inside: str | pd.Series,
    areas: AreaLike | None,
    order: AreaLike | None,
    ring: float | None,
    exclude: Iterable[str],
) -> dict[str, str]:
    """Return the areas that cannot be compared with, and why."""
    out = {str(code): "it was excluded by name" for code in exclude}
    if isinstance(inside, str):
        out[inside] = "it is the order"
    if (areas is None) != (order is None):
        raise InputError(
            "areas and order go together: the outlines of the table's areas, and the order's outline; give both"
        )
    if areas is None or order is None:
        return out
    layer = as_area(areas)
    column = _code_column(layer, wide)
    land = shapely.union_all(as_area(order).geometry.to_numpy())
    around = shapely.buffer(land, default_ring(None) * 2 if ring is None else ring, quad_segs=16)
    for code, shape in zip(layer[column].astype("str"), layer.geometry, strict=True):
        if width_of(shapely.intersection(shape, land)) > SLIVER_WIDTH:
            out[code] = "it lies over the order"
        elif width_of(shapely.intersection(shape, around)) > SLIVER_WIDTH:
            out.setdefault(code, "it lies in the ring around the order, where incidents may have moved")
    for code in set(wide.index) - set(layer[column].astype("str")):
        out.setdefault(str(code), "it has no outline, so whether it lies apart from the order is not known")
    return {code: why for code, why in out.items() if code in wide.index}


def _code_column(layer: gpd.GeoDataFrame, wide: pd.DataFrame) -> str:
    held = {
        str(name): int(layer[name].astype("str").isin(wide.index).sum())
        for name in layer.columns
        if name != layer.active_geometry_name
    }
    if not held or max(held.values()) == 0:
        raise InputError(
            f"no column of the areas holds the table's areas (such as {wide.index[0]!r}); they have "
            f"{', '.join(held) or 'none'}. Give the outlines with the codes of the table"
        )
    return max(held, key=lambda name: held[name])


def _distances(
    codes: NDArray[np.object_], counts: Floats, own: Floats, slopes: ShareSlope, kept: NDArray[np.bool_]
) -> pd.DataFrame:
    from scipy.stats import t as student

    sums = counts.sum(axis=1)
    with np.errstate(divide="ignore"):
        level = np.log(sums / own.sum())
    reach = float(student.ppf(0.975, slopes.df)) * slopes.error
    parts = {
        "level_distance": np.abs(level),
        "trend_distance": np.abs(slopes.slope),
        "month_distance": slopes.spread,
    }
    total = np.zeros(len(codes))
    for values in parts.values():
        scale = float(np.sqrt(np.mean(values[kept] ** 2)))
        total += (values / scale) ** 2 if scale > 0 else 0.0
    with np.errstate(over="ignore"):
        columns = {
            "area": [str(code) for code in codes],
            "incidents_before": pd.Series(sums).astype("Int64"),
            "incidents_per_month": sums / counts.shape[1],
            "level_ratio": sums / own.sum(),
            "trend_pct_per_year": 100.0 * np.expm1(slopes.slope),
            "trend_low": 100.0 * np.expm1(slopes.slope - reach),
            "trend_high": 100.0 * np.expm1(slopes.slope + reach),
            "months_apart_pct": 100.0 * np.expm1(slopes.spread),
            **parts,
            "distance": np.sqrt(total),
        }
    made = pd.DataFrame(columns)
    made.loc[~kept, [name for name in made.columns if name not in ("area", "incidents_before")]] = np.nan
    return made


def signed(value: float) -> str:
    """Write a whole number with its sign, and no minus before 0."""
    return f"{float(np.round(value)) + 0.0:+,.0f}"


def _why(row: Mapping[Hashable, Any]) -> str:
    apart = row["months_apart_pct"]
    months = "no further apart than chance" if apart < 0.5 else f"{apart:.0f} % apart beyond chance"
    return (
        f"Before the order it had {row['level_ratio']:.2f} reports for each one inside; its trend ran "
        f"{signed(row['trend_pct_per_year'])} % a year against the order's ({signed(row['trend_low'])} to "
        f"{signed(row['trend_high'])}); month by month they were {months}."
    )
