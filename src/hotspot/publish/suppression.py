"""Hide small counts of a table, and as many more as keep its totals and margins from giving them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError

if TYPE_CHECKING:
    from hotspot.statistics.disclosure import System

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Vector = tuple[Integers, Integers, int]

TOTAL = "total"
EXACT_TOTAL = 10
"""Totals of an order, town or borough from this on stay exact."""
MOST_COUNTS = 60_000
SMALL, ZEROS_TOO, ALL_BUT_TOTALS = range(3)
LADDER = ((SMALL, True), (SMALL, False), (ZEROS_TOO, True), (ZEROS_TOO, False), (ALL_BUT_TOTALS, False))
"""What is hidden, and whether all totals of 10 and more are kept or only that of the whole, in turn."""
NOT_SHOWN = "not shown"
_DETAIL, _ZERO = 1.0, 3.0


@dataclass(frozen=True)
class Suppressed:
    """A table as it may be shown.

    Attributes
    ----------
    low, high
        Published interval of each count, of the row totals (column ``total``), of the column totals (row
        ``total``) and of all; ``high`` is missing for "5 or more". With one column there are no row totals.
    threshold
        Counts from 1 to under it were protected.
    zeros_hidden
        Whether zeros had to be hidden among the small counts.
    """

    low: pd.DataFrame
    high: pd.DataFrame
    threshold: int
    zeros_hidden: bool

    def shown(self) -> pd.DataFrame:
        """Return what people read: "0", "7", "1 to 4", "0 to 4", "5 or more" or "not shown"."""
        columns = {}
        for name in self.low.columns:
            pairs = zip(self.low[name], self.high[name], strict=True)
            columns[name] = [interval_text(low, high) for low, high in pairs]
        return pd.DataFrame(columns, index=self.low.index, dtype="str")

    def exact(self) -> pd.DataFrame:
        """Return the counts that are shown exactly, the others missing."""
        return self.low.where((self.low == self.high).fillna(False).astype(bool))

    def of(self, row: str, column: str) -> tuple[int, int | None]:
        """Return the published interval of one count; None for no high end."""
        low: Any = self.low.loc[row, column]
        high: Any = self.high.loc[row, column]
        return int(low), None if pd.isna(high) else int(high)

    def hidden(self) -> int:
        """Return how many counts, without margins, are not shown exactly."""
        inner = self.low.drop(index=TOTAL, errors="ignore").drop(columns=TOTAL, errors="ignore")
        same = (inner == self.high.loc[inner.index, inner.columns]).fillna(False)
        return int((~same.astype(bool)).to_numpy().sum())


def interval_text(low: int, high: int | None) -> str:
    """Write an interval of counts for people."""
    if (high is None or pd.isna(high)) and low == 0:
        return NOT_SHOWN
    if high is None or pd.isna(high):
        return f"{int(low)} or more"
    return str(int(low)) if low == high else f"{int(low)} to {int(high)}"


def suppress_counts(counts: pd.DataFrame, *, threshold: int = 5, large: bool = False) -> Suppressed:
    """Hide counts from 1 to under ``threshold``, and what is needed so that no total gives one back.

    Parameters
    ----------
    counts
        Whole numbers of zero or more: one row for each unit (cell, small area, month), one column for each
        part (category, month) that adds up to the row's total.
    threshold
        The first count that may be shown.
    large
        The rows are orders, towns or boroughs: their totals of 10 and more stay exact.

    Returns
    -------
    Suppressed

    Raises
    ------
    InputError
        If the counts are no whole numbers, or the table cannot be protected with its totals.

    Notes
    -----
    Margins are taken as published whether or not they stand in this table, since another may show them. They
    are protected first, by themselves, so that they are the same in every table of the same incidents.
    Where a unit's total is itself small, its parts are shown as "0 to 4", zeros too: which parts are
    zero would narrow the total. More counts are hidden (zeros as "0 to 4", others as "5 or more") until each
    hidden count has at least three possible values, each proved by a whole table that agrees with all that
    is shown. Totals of 10 and more of columns and of all stay exact. If that cannot be done (parts of 25, 11 and
    4 with their total of 40), another total is hidden, but not that of all; then zeros among the totals; and last,
    small counts are "not shown", in the rows that need it.

    How this can mislead: the proof is about this table with its totals. What a reader knows from elsewhere
    (their own report, an earlier release) is not in it: keep a register of releases.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"n": [12, 3, 0, 8]}, index=["a", "b", "c", "d"])
    >>> suppress_counts(table).shown()["n"].tolist()
    ['12', '1 to 4', '0', '5 or more', '23']
    """
    matrix = _checked(counts, threshold)
    if matrix.shape[1] == 1:
        low, high, hiding = _vector(matrix[:, 0], threshold, large)
        return _labelled(counts, low.reshape(-1, 1), high.reshape(-1, 1), threshold, hiding > SMALL)
    rows = _vector(matrix.sum(axis=1), threshold, large)
    columns = _vector(matrix.sum(axis=0), threshold, True)
    low, high = _inside(matrix, rows, columns, threshold)
    return _labelled(counts, low, high, threshold, rows[2] > SMALL or columns[2] > SMALL)


def _checked(counts: pd.DataFrame, threshold: int) -> Integers:
    if isinstance(threshold, bool) or not isinstance(threshold, int | np.integer) or threshold < 4:
        raise InputError(
            f"threshold={threshold!r} must be a whole number of 4 or more: a class of fewer than three counts hides none"
        )
    values = counts.to_numpy(dtype=float)
    if values.size == 0 or not np.isfinite(values).all() or (values < 0).any() or (values % 1 != 0).any():
        raise InputError(
            "the counts must be whole numbers of zero or more, in one row or more; a month without a file is left out"
        )
    if values.size > MOST_COUNTS:
        raise InputError(
            f"the table has {values.size:,} counts, more than {MOST_COUNTS:,} that can be protected at once; "
            "publish fewer parts or larger units"
        )
    return values.astype(np.int64)


def _vector(counts: Integers, threshold: int, large: bool) -> Vector:
    """Protect counts with their total: the intervals, the total's last, and how much had to be hidden.

    The same counts are always hidden, so that a table and the margins of another show the same of them.
    """
    from hotspot.statistics.disclosure import OPEN_END, System, additive_equations, protect

    frame = np.append(counts, counts.sum())
    last = np.arange(len(frame)) == len(counts)
    size = threshold - 1
    small = (frame > 0) & (frame < threshold)
    for hiding, kept in LADDER:
        # Under a small total it would say something, which of the counts are zero.
        vague = ~last & (frame < threshold) & bool(hiding > SMALL or small[-1])
        most = OPEN_END if hiding == ALL_BUT_TOTALS else size
        found = protect(
            System(
                values=frame,
                equations=additive_equations((len(frame), 1), rows=False, columns=True),
                low=np.where(vague, 0, np.where(small, 1, frame)),
                high=np.where(vague, most, np.where(small, size, frame)),
                hidden_low=np.where((frame >= threshold) & (hiding < ALL_BUT_TOTALS), threshold, 0),
                hidden_high=np.where((frame >= threshold) | (hiding == ALL_BUT_TOTALS), OPEN_END, size),
                fixed=last | ((frame >= EXACT_TOTAL) & (large and kept)),
                cost=np.where(frame > 0, _DETAIL + np.log10(np.maximum(frame, 1)), _ZERO),
            )
        )
        if not len(found.unsafe):
            return found.low, found.high, hiding
    raise _hopeless(len(found.unsafe))


def _inside(matrix: Integers, rows: Vector, columns: Vector, threshold: int) -> tuple[Integers, Integers]:
    """Protect the parts under margins that are already protected, and are shown as they are.

    What no other hiding helps is opened row by row: its small counts are then not shown at all.
    """
    from hotspot.statistics.disclosure import protect

    opened = np.zeros(len(matrix), dtype=bool)
    for last in (False, False, False, True):
        opened |= last
        system = _table_system(matrix, rows, columns, threshold, opened)
        found = protect(system)
        if not len(found.unsafe):
            break
        at = found.unsafe // (matrix.shape[1] + 1)
        opened[at[at < len(matrix)]] = True
        down = found.unsafe[at == len(matrix)] % (matrix.shape[1] + 1)
        opened |= (matrix[:, down[down < matrix.shape[1]]] > 0).any(axis=1)
    else:
        raise _hopeless(len(found.unsafe))
    shape = (matrix.shape[0] + 1, matrix.shape[1] + 1)
    return found.low.reshape(shape), found.high.reshape(shape)


def _table_system(matrix: Integers, rows: Vector, columns: Vector, threshold: int, opened: Flags) -> System:
    """Describe a table and its margins as counts, intervals and equations."""
    from hotspot.statistics.disclosure import OPEN_END, System, additive_equations

    size = threshold - 1
    small = (matrix > 0) & (matrix < threshold)
    # Which parts of a hidden small total are zero would narrow it.
    row_total, column_total = matrix.sum(axis=1), matrix.sum(axis=0)
    vague_row = (rows[0][:-1] < rows[1][:-1]) & (row_total < threshold)
    vague_column = (columns[0][:-1] < columns[1][:-1]) & (column_total < threshold)
    vague = (matrix < threshold) & (vague_row[:, None] | vague_column | opened[:, None])
    low = np.where(vague, 0, np.where(small, 1, matrix))
    high = np.where(vague, np.where(opened[:, None], OPEN_END, size), np.where(small, size, matrix))
    # A row or column whose total is shown as zero holds nothing else.
    empty = ((row_total == 0) & ~vague_row)[:, None] | ((column_total == 0) & ~vague_column)
    high = np.where(empty, 0, high)
    low, high = _framed(low, rows[0], columns[0]), _framed(high, rows[1], columns[1])
    frame = _framed(matrix, np.append(row_total, matrix.sum()), np.append(column_total, matrix.sum()))
    fixed = np.zeros(frame.shape, dtype=bool)
    fixed[-1], fixed[:, -1] = True, True
    fixed[:-1, :-1] = empty
    wide = np.append(opened, False)[:, None]
    return System(
        values=frame.ravel(),
        equations=additive_equations(frame.shape, rows=True, columns=True),
        low=low.ravel(),
        high=high.ravel(),
        hidden_low=np.where((frame >= threshold) & ~wide, threshold, 0).ravel(),
        hidden_high=np.where((frame >= threshold) | wide, OPEN_END, size).ravel(),
        fixed=fixed.ravel(),
        cost=np.where(frame > 0, _DETAIL + np.log10(np.maximum(frame, 1)), _ZERO).ravel(),
    )


def _framed(inner: Integers, rows: Integers, columns: Integers) -> Integers:
    """Put row totals beside a table, column totals below it, and the total of all in the corner."""
    joined: Integers = np.vstack([np.column_stack([inner, rows[:-1]]), columns])
    return joined


def _hopeless(count: int) -> InputError:
    return InputError(
        f"{count:,} small counts of the table could be computed from its totals, whatever is hidden; use larger units, "
        "fewer parts, or publish the totals alone"
    )


def _labelled(
    counts: pd.DataFrame, low: Integers, high: Integers, threshold: int, zeros_hidden: bool
) -> Suppressed:
    from hotspot.statistics.disclosure import OPEN_END

    columns = [*counts.columns, *([TOTAL] if len(counts.columns) > 1 else [])]
    labels = pd.Index([*counts.index, TOTAL], name=counts.index.name, dtype=object)
    least = pd.DataFrame(low, index=labels, columns=columns).astype("Int64")
    most = pd.DataFrame(high, index=labels, columns=columns).astype("Int64")
    return Suppressed(least, most.mask(most >= OPEN_END), threshold, zeros_hidden)
