"""Counts of areas, months and categories of a closed source as they may be published."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import InputError
from hotspot.publish.released_cells import exact_share
from hotspot.publish.suppression import TOTAL, Suppressed, suppress_counts

_UNIT = re.compile(
    r"^(lsoa|msoa|oa|ward|wd|town|borough|lad|ctyua|area|order|beat|parish|neighbourhood)"
    r"(\d{2})?(_?(cd|nm|code|name))?$",
    re.IGNORECASE,
)
_PART = re.compile(r"^(month|year|quarter|period|category|weekday|hour|year_month)$", re.IGNORECASE)
_COUNT = ("n", "incidents")
_TOTAL_WORDS = frozenset({"total", "all", "totals"})
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Layout:
    """How a table of counts is laid out: which columns name the units and parts, and which hold counts."""

    units: tuple[str, ...]
    parts: tuple[str, ...]
    count: str
    wide: tuple[str, ...]


@dataclass(frozen=True)
class TableRelease:
    """A released table, and what is to be said of it."""

    frame: pd.DataFrame
    suppressed: Suppressed
    layout: Layout
    share_pct: float


def layout_of(frame: pd.DataFrame, keep: Sequence[str] = ()) -> Layout | None:
    """Return the table's layout, None when it holds no counts."""
    flat = flattened(frame)
    counts = [name for name in _COUNT if name in flat.columns]
    if not counts:
        return None
    wide = tuple(
        name
        for name in flat.columns
        if isinstance(name, str) and name.startswith("n_") and pd.api.types.is_numeric_dtype(flat[name])
    )
    parts = tuple(name for name in flat.columns if _PART.match(str(name)))
    units = tuple(name for name in flat.columns if _UNIT.match(str(name)) or name in keep)
    return Layout(tuple(u for u in units if u not in parts), parts, counts[0], wide)


def flattened(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as plain columns, a named index among them and the geometry left out."""
    table = pd.DataFrame(frame).copy()
    table.attrs = {}
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        table = table.drop(columns=frame.active_geometry_name)
    named = [name for name in table.index.names if name is not None]
    if named and not set(named) & set(table.columns):
        table = table.reset_index()
    return table.reset_index(drop=True)


def release_table(frame: pd.DataFrame, layout: Layout, *, threshold: int, large: bool) -> TableRelease:
    """Protect a table of counts together with its totals; rows and key columns stay, all else is left out."""
    _refuse(layout)
    flat = flattened(frame)
    keys = [*layout.units, *layout.parts]
    for name in keys:
        _refuse_text(flat[name], name)
    is_total = np.zeros(len(flat), dtype=bool)
    for name in keys:
        is_total |= flat[name].astype("str").str.strip().str.lower().isin(_TOTAL_WORDS).to_numpy()
    body = flat[~is_total]
    matrix, row_of, column_of = _matrix(body, layout)
    suppressed = suppress_counts(matrix, threshold=threshold, large=large or not layout.units)
    made = flat[keys].copy()
    exact, shown = suppressed.exact(), suppressed.shown()
    for number, name in enumerate([layout.count, *layout.wide]):
        rows, columns = row_of(flat, is_total), column_of(flat, is_total, number)
        if matrix.shape[1] == 1:
            columns = [matrix.columns[0]] * len(flat)
        made[name] = pd.array([_at(exact, r, c) for r, c in zip(rows, columns, strict=True)], dtype="Int64")
        made[f"{name}_shown"] = [str(_at(shown, r, c)) for r, c in zip(rows, columns, strict=True)]
    _check_totals(flat, is_total, layout, matrix, row_of, column_of)
    made.index = frame.index
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        shapes = frame.geometry.to_numpy()
        made = gpd.GeoDataFrame(made, geometry=shapes, crs=frame.crs)
    named = [name for name in frame.index.names if name is not None and name in made.columns]
    made = made.drop(columns=named)
    return TableRelease(made, suppressed, layout, exact_share(suppressed))


def _refuse(layout: Layout) -> None:
    if not layout.units and not layout.parts:
        raise InputError(
            "the table has no column that names an area, month or category, so its rows cannot be told apart; name "
            "the column in PublicRelease(keep=...), if it holds no address, id or free text"
        )
    more = len(layout.parts) + bool(layout.units) + bool(layout.wide)
    if more > 2 or (layout.wide and layout.parts and layout.units):
        raise InputError(
            f"the table is broken down by {', '.join([*layout.units[:1], *layout.parts, *layout.wide[:2]])}: a public "
            "table of a closed source has one breakdown at a time; write two tables"
        )


def _refuse_text(values: pd.Series, name: str) -> None:
    texts = values.dropna().astype("str")
    if len(texts) and texts.str.len().max() > _LONGEST_NAME:
        raise InputError(
            f"column {name!r} holds texts of up to {int(texts.str.len().max())} characters: free text is not "
            "published; leave it out, or give names of areas"
        )
    if values.isna().any():
        raise InputError(
            f"column {name!r} is empty in {int(values.isna().sum()):,} rows; leave them out, or name them"
        )


def _matrix(body: pd.DataFrame, layout: Layout) -> tuple[pd.DataFrame, Any, Any]:
    """Return units by parts, and the functions that find the place of each row of the table in it."""
    long = layout.units and layout.parts
    row_keys = list(layout.units) if layout.units else [layout.parts[0]]
    part = layout.parts[0] if long else layout.parts[1] if len(layout.parts) == 2 else None

    def name_of(flat: pd.DataFrame, keys: list[str], is_total: Any) -> list[str]:
        joined = flat[keys].astype("str").agg(" / ".join, axis=1).tolist() if len(flat) else []
        total = flat[keys[0]].astype("str").str.strip().str.lower().isin(_TOTAL_WORDS)
        return [TOTAL if t and flag else text for text, t, flag in zip(joined, total, is_total, strict=True)]

    none = np.zeros(len(body), dtype=bool)
    rows = name_of(body, row_keys, none)
    if part is not None:
        parts = name_of(body, [part], none)
        pairs = pd.MultiIndex.from_arrays([rows, parts])
        _refuse_twice(pairs)
        values = pd.Series(pd.to_numeric(body[layout.count]).to_numpy(), index=pairs)
        matrix = values.unstack(fill_value=0).reindex(index=pd.unique(pd.Series(rows)))
        return matrix, lambda flat, t: name_of(flat, row_keys, t), lambda flat, t, _: name_of(flat, [part], t)
    _refuse_twice(pd.Index(rows))
    names = list(layout.wide) or [layout.count]
    matrix = pd.DataFrame(body[names].to_numpy(), index=rows, columns=names)
    if layout.wide:
        rest = pd.to_numeric(body[layout.count]).to_numpy() - matrix.sum(axis=1).to_numpy()
        if (rest < 0).any():
            raise InputError(
                f"the columns {', '.join(names[:3])} ... add up to more than {layout.count!r} in {int((rest < 0).sum()):,} "
                "rows: they are no parts of it; publish them in a table of their own"
            )
        # What the parts leave of the total can be computed by any reader, so it is protected as one of them.
        if rest.any() or len(names) == 1:
            matrix["_rest"] = rest
    total = TOTAL if layout.wide else layout.count
    return (
        matrix,
        lambda flat, t: name_of(flat, row_keys, t),
        lambda flat, t, number: [total if number == 0 else names[number - 1]] * len(flat),
    )


def _refuse_twice(index: pd.Index) -> None:
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise InputError(
            f"{int(index.duplicated().sum()):,} rows name the same area and part, the first {str(twice)[:60]!r}: add "
            "them up, or give the column that tells them apart"
        )


def _at(frame: pd.DataFrame, row: str, column: str) -> Any:
    return frame.loc[row, column]


def _check_totals(
    flat: pd.DataFrame, is_total: Any, layout: Layout, matrix: pd.DataFrame, row_of: Any, column_of: Any,
) -> None:  # fmt: skip
    """Refuse total rows that are not the sum of the others: their difference would be a count of its own."""
    if not is_total.any():
        return
    full = matrix.copy()
    if matrix.shape[1] > 1:
        full[TOTAL] = full.sum(axis=1)
    full.loc[TOTAL] = full.sum(axis=0)
    rows, columns = row_of(flat, is_total), column_of(flat, is_total, 0)
    if matrix.shape[1] == 1:
        columns = [matrix.columns[0]] * len(flat)
    for position in np.flatnonzero(is_total).tolist():
        given, summed = flat[layout.count].iloc[position], full.loc[rows[position], columns[position]]
        if int(given) != int(summed):
            raise InputError(
                f"row {position} is a total of {int(given):,}, and its rows add up to {int(summed):,}: the difference "
                "would give a count away; make the total from the rows of the table"
            )
