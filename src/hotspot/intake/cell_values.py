"""Columns of any source as text, numbers or dates, with blanks missing and nothing else changed."""

from __future__ import annotations

import datetime as dt
import decimal
import numbers
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

BLANKS = ("NULL", "#N/A")
"""Texts that databases and spreadsheets write for a blank."""


def text_column(column: Any) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Return an Arrow column of text, trimmed, and where a ``NULL`` or an ``="..."`` was unwrapped.

    Excel users write ``="0123"`` to keep leading zeros; the text inside is what they mean.
    """
    column = pc.utf8_trim_whitespace(column)
    wrapped = pc.and_(pc.starts_with(column, '="'), pc.ends_with(column, '"'))
    if pc.any(wrapped).as_py():
        inner = pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(column, 2, -1))
        column = pc.if_else(wrapped, inner, column)
    null = pc.is_in(column, value_set=pa.array(BLANKS))
    changed = np.asarray(pc.or_(wrapped, null).fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
    blank = pc.or_(null, pc.equal(column, ""))
    column = pc.if_else(blank, pa.scalar(None, pa.string()), column)
    return pd.Series(column.to_pandas()).astype("str"), changed


def any_column(values: pd.Series) -> pd.Series:
    """Return a column of a frame as text, numbers or dates, on an index of its own.

    Whole columns of numbers and of dates keep their kind; a column of several kinds becomes text, whole
    numbers without a decimal point, unless dates or times stand in it: then its cells stay as they are.
    """
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        values = values.astype(kind.categories.dtype if len(kind.categories) else object)
        kind = values.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return from_objects(values.astype(object))
    if pd.api.types.is_numeric_dtype(kind):
        return values.reset_index(drop=True).copy()
    if isinstance(kind, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(kind):
        return values.reset_index(drop=True).copy()
    return from_objects(values.astype(object))


def from_objects(values: Iterable[Any]) -> pd.Series:
    """Return Python values as a column of numbers, of dates, of text, or of objects where times are mixed in."""
    values = list(values)
    quick = _of_one_kind(values)
    if quick is not None:
        return quick
    cells = [_cell(value) for value in values]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds and kinds <= {int, float}:
        return pd.Series([np.nan if cell is None else float(cell) for cell in cells], dtype="float64")
    if kinds and kinds <= {dt.date, dt.datetime}:
        zones = {cell.tzinfo for cell in cells if isinstance(cell, dt.datetime)}
        if zones <= {None}:
            dates = np.array([_numpy_date(cell) for cell in cells], dtype="datetime64[us]")
            return pd.Series(dates)
    if any(issubclass(kind, dt.date | dt.time | dt.timedelta) for kind in kinds):
        # Real dates beside text: which cell was a date decides how its day and month are read.
        return pd.Series(cells, dtype=object)
    return pd.Series([None if cell is None else as_text(cell) for cell in cells], dtype="str")


def _of_one_kind(values: list[Any]) -> pd.Series | None:
    """Return a column whose filled cells are all text, all plain numbers or all plain dates; else None."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        try:
            return text_column(pa.array(values, type=pa.string()))[0]
        except UnicodeEncodeError:
            return None
    if str in kinds:
        if {value.strip() for value in values if type(value) is str} != {""}:
            return None
        values = [None if type(value) is str else value for value in values]
        kinds -= {str}
    if kinds == {float}:
        return pd.Series(np.array(values, dtype="float64"))
    naive = all(getattr(value, "tzinfo", None) is None for value in values)
    if kinds <= {dt.date, dt.datetime} and naive:
        return pd.Series(np.array(values, dtype="datetime64[us]"))
    return None


def _numpy_date(cell: dt.date | None) -> np.datetime64:
    return np.datetime64("NaT", "us") if cell is None else np.datetime64(cell, "us")


def _cell(value: Any) -> Any:
    """Return one value as None, text, bool, int, float, date, datetime, time or timedelta."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        text = value.strip()
        return None if not text or text in BLANKS else text
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    if isinstance(value, np.datetime64):
        return _cell(pd.Timestamp(value))
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return value
    if isinstance(value, decimal.Decimal | numbers.Integral | numbers.Real):
        if isinstance(value, numbers.Integral):
            whole = int(value)
            return whole if abs(whole) <= 2**53 else str(whole)
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return str(value)
        return None if np.isnan(number) else number
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace").strip() or None
    return str(value).strip() or None


def as_text(value: Any) -> str:
    """Return a value as the text that a person would type for it."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case float() | int():
            return number_text(value)
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.timedelta():
            return str(dt.timedelta(seconds=round(value.total_seconds())))
        case dt.time():
            return value.replace(microsecond=0).isoformat()
    return str(value).encode("utf-8", errors="replace").decode("utf-8")


def number_text(number: float) -> str:
    """Return a number as text, whole numbers without a decimal point: 100071234567.0 is "100071234567"."""
    if isinstance(number, numbers.Integral):
        return str(int(number))
    if np.isfinite(number) and float(number).is_integer() and abs(number) < 1e16:
        return str(int(number))
    return repr(float(number))


def text_of(values: pd.Series) -> pd.Series:
    """Return any column as text, missing where blank."""
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        cells = [None if pd.isna(value) else number_text(value) for value in values.astype(object)]
        return pd.Series(cells, index=values.index, dtype="str")
    if isinstance(values.dtype, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(values.dtype):
        return pd.Series(
            [None if pd.isna(value) else value.isoformat(sep=" ") for value in values],
            index=values.index,
            dtype="str",
        )
    if values.dtype == object:
        cells = [None if pd.isna(value) else as_text(value) for value in values]
        return pd.Series(cells, index=values.index, dtype="str")
    return values.astype("str")
