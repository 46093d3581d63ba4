"""Who lives in an order's areas, beside the borough: context for an equality assessment, never used in ranking."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.vintage import LSOA_CODE, check_lsoa_join
from hotspot.intake.cell_values import text_of
from hotspot.text import printable

if TYPE_CHECKING:
    from hotspot.decisions.order import Order

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NEVER_RANKED = "context for an equality assessment; never used in ranking, and nothing about any person"
MEAN, SHARE = "mean of areas, weighted by population", "share of residents, %"
LEAST_SHARE = 0.05
"""An area is one of the order's when at least this share of it lies in the order, or of the order in it."""


def equality_context(
    table: pd.DataFrame,
    order: Order,
    areas: AreaLike,
    *,
    code: str = "lsoa_code",
    population: str = "population",
    people: Iterable[str] = (),
    least_share: float = LEAST_SHARE,
) -> pd.DataFrame:
    """Set figures of the order's LSOAs beside those of the borough.

    Parameters
    ----------
    table
        The user's figures, one row an area: ``code``, ``population``, and numbers such as a decile of deprivation, a
        median age, or how many residents belong to a group.
    order
        Its boundary says which areas are the order's.
    areas
        The polygons of all areas of the borough, with ``code``.
    code, population
        Columns: the area's code, in both; residents, in the table, above zero.
    people
        Columns of the table that are numbers of residents: shown as shares of the population. All other columns of
        numbers are shown as means weighted by population.
    least_share
        An area is one of the order's when at least this share of its land lies in the order, or this share of
        the order lies in it.

    Returns
    -------
    DataFrame, one row a column of figures
        measure, kind, order_value, borough_value, order_lowest, order_highest (of single areas), order_areas,
        borough_areas, order_population, borough_population (of the areas with a figure), order_missing, borough_missing
        (areas without one), says.

    Raises
    ------
    InputError
        If a column is missing or holds no numbers, codes repeat or are of two editions, a population is not above
        zero, a group is larger than its population, or no area meets the order.

    Warns
    -----
    HotspotWarning
        If areas have no row in the table.

    Notes
    -----
    mean = sum(population_i x_i) / sum(population_i); share = 100 sum(group_i) / sum(population_i), over the areas that
    have a figure. An area counts whole, also where only part of it lies in the order.

    How this can mislead: residents are not those who use a town centre, nor those who are dealt with there. Whole
    areas stand for the parts of them that lie in the order. A mean of deciles hides that areas differ. A small group's
    share of a few areas can be a handful of people: look at the disclosure rules before it is published.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from hotspot.decisions.order import Order
    >>> two = gpd.GeoDataFrame({"lsoa_code": ["A", "B"]}, geometry=[
    ...     shapely.box(400000, 290000, 401000, 291000), shapely.box(401000, 290000, 402000, 291000)], crs=27700)
    >>> order = Order("Square", two.iloc[:1], in_force=[("2024-03-01", None)], decision="extend",
    ...     prohibitions=[{"name": "Drinking", "behaviour": "street drinking"}])
    >>> figures = pd.DataFrame({"lsoa_code": ["A", "B"], "population": [1000, 3000], "decile": [1, 5]})
    >>> equality_context(figures, order, two)[["order_value", "borough_value"]].values.tolist()
    [[1.0, 4.0]]
    """
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"table must be a DataFrame of figures by area; given {type(table).__name__}; read it with pandas"
        )
    outlines = as_area(areas)
    codes = _codes(outlines, code, "areas")
    inside = _inside(order, outlines, least_share)
    rows = _matched(table, codes, code)
    residents = _numbers(rows, population)
    _refuse(
        ~np.isfinite(residents) & rows.index.isin(_codes(table, code, "table")),
        rows,
        f"have no {population!r}",
    )
    _refuse(residents <= 0, rows, f"have a {population!r} that is not above zero")
    groups = [people] if isinstance(people, str) else list(people)
    measures = [
        str(name)
        for name in table.columns
        if name not in (code, population) and (name in groups or _is_number(table[name]))
    ]
    for name in [*groups, population]:
        if name not in table.columns:
            raise InputError(
                f"the table has no column {name!r}; it has {', '.join(map(str, table.columns[:12]))}"
            )
    if not measures:
        raise InputError(
            f"the table has no column of numbers beside {code!r} and {population!r}; add figures, such as a decile"
        )
    lines = [_line(rows, name, residents, inside, name in groups) for name in measures]
    made = provenance.carry(
        table,
        pd.DataFrame(lines),
        "equality_context",
        order=order.label,
        areas_inside=int(inside.sum()),
        areas=len(codes),
        least_share=least_share,
    )
    return provenance.note(made, f"Equality context: {NEVER_RANKED}")


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype))


def _codes(frame: pd.DataFrame, code: str, what: str) -> pd.Series:
    if code not in frame.columns:
        shown = ", ".join(str(name) for name in frame.columns[:12] if name != "geometry")
        raise InputError(
            f"the {what} have no column {code!r}; they have {shown}. Say code=, the column of codes in both"
        )
    codes = text_of(frame[code]).str.strip()
    bad = codes.isna() | codes.duplicated()
    if bad.any():
        first = codes[bad].iloc[0]
        raise InputError(
            f"{int(bad.sum())} of {len(codes)} codes of the {what} are blank or stand twice (the first is "
            f"{'blank' if pd.isna(first) else repr(printable(first, limit=40))}); one row an area is needed"
        )
    return codes


def _inside(order: Order, outlines: gpd.GeoDataFrame, least_share: float) -> Flags:
    """Tell which areas are the order's."""
    if not 0.0 < least_share <= 1.0:
        raise InputError(f"least_share={least_share!r} must be above 0 and at most 1, such as 0.05")
    shape = shapely.union_all(order.geometry.geometry.to_numpy())
    shapes = outlines.geometry.to_numpy()
    common = shapely.area(shapely.intersection(shapes, shape))
    found = (common >= least_share * shapely.area(shapes)) | (common >= least_share * shapely.area(shape))
    if not found.any():
        raise InputError(
            f"none of the {len(shapes):,} areas has {least_share:.0%} of its land in the order {order.name!r}; do the "
            "areas cover it, and is their CRS right?"
        )
    return np.asarray(found & (common > 0), dtype=bool)


def _matched(table: pd.DataFrame, codes: pd.Series, code: str) -> pd.DataFrame:
    """Return the table's rows in the order of the areas, missing where it has none."""
    own = _codes(table, code, "table")
    mine, theirs = [c for c in own if LSOA_CODE.match(c)], [c for c in codes if LSOA_CODE.match(c)]
    lost = ~codes.isin(own)
    if mine and theirs:
        check_lsoa_join(theirs, mine)
    if lost.all():
        raise InputError(
            f"none of the {len(codes):,} areas has a row in the table (the first codes are {codes.iloc[0]!r} and "
            f"{printable(own.iloc[0], limit=40)!r}); give the figures of the same areas"
        )
    if lost.any():
        warnings.warn(
            f"{int(lost.sum()):,} of {len(codes):,} areas have no row in the table of equality figures (the first is "
            f"{codes[lost].iloc[0]}); they are counted as missing",
            HotspotWarning,
            stacklevel=3,
        )
    plain = pd.DataFrame(table)
    plain.index = pd.Index(own)
    return plain.reindex(codes.to_numpy())


def _numbers(rows: pd.DataFrame, name: str) -> Floats:
    if name not in rows.columns:
        raise InputError(f"the table has no column {name!r}; it has {', '.join(map(str, rows.columns[:12]))}")
    if not _is_number(rows[name]):
        raise InputError(f"the column {name!r} holds no numbers ({rows[name].dtype}); use pandas.to_numeric")
    values: Floats = rows[name].to_numpy(dtype=float, na_value=np.nan)
    _refuse(np.isinf(values), rows, f"have an infinite {name!r}")
    return values


def _refuse(bad: Flags, rows: pd.DataFrame, wrong: str) -> None:
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} of {len(rows):,} areas {wrong} (the first is {rows.index[int(np.argmax(bad))]}); "
            "correct the table, or leave the area out of both"
        )


def _line(rows: pd.DataFrame, name: str, residents: Floats, inside: Flags, group: bool) -> dict[str, object]:
    values = _numbers(rows, name)
    if group:
        _refuse(
            (values < 0) | (values > residents), rows, f"have a {name!r} below zero or above the population"
        )
    there = np.isfinite(values) & np.isfinite(residents)
    single = 100 * values / residents if group else values

    def whole(chosen: Flags) -> float:
        kept = chosen & there
        weight = float(residents[kept].sum())
        return float((residents[kept] * single[kept]).sum() / weight) if weight else float("nan")

    mine, every = inside & there, there
    lowest, highest = (single[mine].min(), single[mine].max()) if mine.any() else (np.nan, np.nan)
    value, borough = whole(inside), whole(np.ones_like(inside))
    unit = " %" if group else ""
    said = (
        f"{value:.1f}{unit} in the order's {int(mine.sum())} areas, {borough:.1f}{unit} in all {int(every.sum())}"
        if mine.any()
        else "no figure for the order's areas"
    )
    return {
        "measure": name,
        "kind": SHARE if group else MEAN,
        "order_value": value,
        "borough_value": borough,
        "order_lowest": float(lowest),
        "order_highest": float(highest),
        "order_areas": int(mine.sum()),
        "borough_areas": int(every.sum()),
        "order_population": float(residents[mine].sum()),
        "borough_population": float(residents[every].sum()),
        "order_missing": int((inside & ~there).sum()),
        "borough_missing": int((~there).sum()),
        "says": f"{said}: {NEVER_RANKED}",
    }
