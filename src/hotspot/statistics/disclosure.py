"""Which whole numbers a hidden count can still be, and which more counts to hide: arrays, linear and integer programs.

A system is a set of counts x with x >= 0 and equations A x = 0 (a total less its parts). Each count is
published as an interval from low to high, exact where the two are equal. A count is safe when at least
three whole numbers of its interval occur in tables that agree with everything published.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

AT_LEAST = 3
IDLE = 4
"""Random tables that may show nothing new before the rest is asked for one by one."""
_FAR = 50


@dataclass(frozen=True)
class System:
    """Counts, the equations among them, and what is shown of each.

    Attributes
    ----------
    values
        The true counts, shape (v,).
    equations
        Sparse matrix of shape (e, v) with A x = 0.
    low, high
        The interval that is published, shape (v,); high may be `OPEN_END`.
    hidden_low, hidden_high
        The interval that would be published if the count were hidden, shape (v,).
    fixed
        Counts that may not be hidden, shape (v,).
    cost
        How much is lost by hiding each, shape (v,).
    """

    values: Integers
    equations: sparse.csr_matrix
    low: Integers
    high: Integers
    hidden_low: Integers
    hidden_high: Integers
    fixed: Flags
    cost: NDArray[np.float64]


OPEN_END = 2**40
"""The high end of "5 or more"."""


@dataclass(frozen=True)
class Protection:
    """The intervals after complementary hiding.

    ``alternatives`` is the number of values seen for each hidden count in tables that agree with the
    published intervals, and ``unsafe`` the positions with fewer than three.
    """

    low: Integers
    high: Integers
    alternatives: Integers
    unsafe: Integers


def protect(system: System, *, seed: int = 0) -> Protection:
    """Hide more counts until every hidden one can be at least three whole numbers.

    Notes
    -----
    Each table found is checked in whole numbers (A y = 0, every count in its interval), so the
    number of values seen is a proof and not an estimate. First, linear programs with random
    directions within random bounds show many values at once; what is left is asked for one by one: the
    least costly change that gives the count another value, hiding the exact counts that it touches.
    """
    low, high = system.low.copy(), system.high.copy()
    rng = np.random.default_rng(seed)
    columns = _column_names(system.equations)
    seen = _Seen(system.values)
    unsafe: set[int] = set()
    while True:
        groups = _alike(columns, low, high)
        short = [g for g in groups if seen.few(g) and g[0] not in unsafe]
        idle = 0
        while short and idle < IDLE:
            seen.add(_random_table(system, low, high, rng, [group[0] for group in short]))
            left = [g for g in short if seen.few(g)]
            idle = idle + 1 if len(left) == len(short) else 0
            short = left
        if not short:
            break
        for group in short:
            before = low.copy()
            if not _ask(system, group, low, high, seen):
                unsafe.add(group[0])
            if (before != low).any():
                # More is hidden now: what is alike, and what is still short, is another question.
                break
    count = np.zeros(len(low), dtype=np.int64)
    for group in _alike(columns, low, high):
        count[group] = len(seen.values(group))
    return Protection(low, high, count, np.flatnonzero((low < high) & (count < AT_LEAST)))


def _column_names(equations: sparse.csr_matrix) -> list[tuple[int, ...]]:
    """Name the equations that each count stands in; counts with equal names can change places."""
    by_column = sparse.csc_matrix(equations)
    ends = by_column.indptr
    return [
        tuple((by_column.indices[a:b] * 2 + (by_column.data[a:b] > 0)).tolist())
        for a, b in pairwise(ends.tolist())
    ]


def _alike(columns: list[tuple[int, ...]], low: Integers, high: Integers) -> list[list[int]]:
    """Group hidden counts that stand in the same equations and are shown alike: a table with two of them

    exchanged agrees with all that is published too, so a value seen for one is possible for all.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for position in np.flatnonzero(low < high).tolist():
        groups.setdefault((columns[position], int(low[position]), int(high[position])), []).append(position)
    return list(groups.values())


class _Seen:
    """The values of each count in the tables found so far."""

    def __init__(self, values: Integers) -> None:
        self._first = values
        self._more: dict[int, set[int]] = {}

    def add(self, table: Integers | None) -> None:
        """Take in another table."""
        if table is not None:
            for position in np.flatnonzero(table != self._first).tolist():
                self._more.setdefault(position, set()).add(int(table[position]))

    def values(self, group: list[int]) -> set[int]:
        """Return the values seen in any of a group of counts that are alike."""
        found: set[int] = set(self._first[group].tolist())
        return found.union(*(self._more.get(position, ()) for position in group))

    def few(self, group: list[int]) -> bool:
        """Tell whether fewer than three values were seen."""
        return len(self.values(group)) < AT_LEAST


def _random_table(
    system: System, low: Integers, high: Integers, rng: np.random.Generator, short: list[int]
) -> Integers | None:
    """Return another table within the published intervals, pushed in a random direction."""
    hidden = np.flatnonzero(low < high)
    x = system.values[hidden]
    down = np.minimum(x - low[hidden], _FAR)
    up = np.minimum(high[hidden] - x, _FAR)
    lower = -rng.integers(0, down + 1)
    upper = rng.integers(0, up + 1)
    part: Any = system.equations[:, hidden]
    used = np.asarray(abs(part).sum(axis=1)).ravel() > 0
    # Counts that still lack values are pushed hardest, some of them up and some down.
    weight = np.where(np.isin(hidden, short), 1.0, 0.01) * rng.uniform(0.5, 1.5, size=len(hidden))
    found = linprog(
        rng.choice([-1.0, 1.0], size=len(hidden)) * weight,
        A_eq=cast("Any", part[used] if used.any() else None),
        b_eq=np.zeros(int(used.sum())) if used.any() else None,
        bounds=cast("Any", np.column_stack([lower, upper])),
        method="highs",
    )
    if found.x is None:
        return None
    table = system.values.copy()
    table[hidden] += np.rint(found.x).astype(np.int64)
    return table if _agrees(system, table, low, high) else None


def _agrees(system: System, table: Integers, low: Integers, high: Integers) -> bool:
    balanced = not np.asarray(system.equations @ table).any()
    return bool(balanced and (table >= low).all() and (table <= high).all())


def _ask(system: System, group: list[int], low: Integers, high: Integers, seen: _Seen) -> bool:
    """Find other values of a count, first with what is hidden, then by hiding the least more."""
    target, x = group[0], int(system.values[group[0]])
    values = range(int(max(low[target], x - _FAR)), int(min(high[target], x + _FAR)) + 1)
    frozen = np.ones(len(low), dtype=bool)
    for fixed in (frozen, system.fixed, system.fixed):
        found = []
        for value in sorted(values, key=lambda value: abs(value - x))[: 2 * AT_LEAST]:
            if not seen.few(group):
                return True
            if value in seen.values(group):
                continue
            table = _cheapest(system, target, value, low, high, fixed)
            if table is None:
                continue
            moved = (table != system.values) & (low == high)
            if not moved.any():
                seen.add(table)
            else:
                found.append((float(system.cost[moved].sum()), value, table, moved))
        if found:
            _, _, table, moved = min(found, key=lambda one: one[:2])
            seen.add(table)
            low[moved], high[moved] = system.hidden_low[moved], system.hidden_high[moved]
    return not seen.few(group)


def _cheapest(
    system: System, target: int, value: int, low: Integers, high: Integers, fixed: Flags
) -> Integers | None:
    """Return a table in which the target has the value, moving as little as may be of the exact counts."""
    x, size = system.values, len(system.values)
    exact = low == high
    lower = np.where(exact, np.where(fixed, x, system.hidden_low), low) - x
    upper = np.where(exact, np.where(fixed, x, system.hidden_high), high) - x
    lower, upper = np.maximum(lower, -_FAR), np.minimum(upper, _FAR)
    lower[target] = upper[target] = value - x[target]
    # y = up - down, so that the cost of moving an exact count is linear.
    cost = np.where(exact, system.cost, 1e-6)
    found = milp(
        np.concatenate([cost, cost]),
        integrality=np.ones(2 * size, dtype=np.int64),
        bounds=Bounds(
            np.concatenate([np.maximum(lower, 0), np.maximum(-upper, 0)]).astype(float),
            np.concatenate([np.maximum(upper, 0), np.maximum(-lower, 0)]).astype(float),
        ),
        constraints=LinearConstraint(sparse.hstack([system.equations, -system.equations]).tocsc(), 0.0, 0.0),
        options={"time_limit": 20.0},
    )
    if found.x is None:
        return None
    step = np.rint(found.x[:size] - found.x[size:]).astype(np.int64)
    table: Integers = x + step
    within_low = np.where(exact & (step != 0), system.hidden_low, low)
    within_high = np.where(exact & (step != 0), system.hidden_high, high)
    if (exact & fixed & (step != 0)).any() or not _agrees(system, table, within_low, within_high):
        return None
    return table


def additive_equations(shape: tuple[int, ...], *, rows: bool, columns: bool) -> sparse.csr_matrix:
    """Return the equations of a table whose last column holds row totals and whose last row column totals."""
    height, width = shape
    position = np.arange(height * width).reshape(shape)
    sums: list[tuple[Integers, int]] = []
    if rows:
        sums += [(position[i, :-1], int(position[i, -1])) for i in range(height)]
    if columns:
        sums += [(position[:-1, j], int(position[-1, j])) for j in range(width)]
    made = sparse.lil_matrix((len(sums), height * width))
    for line, (parts, total) in enumerate(sums):
        made[line, parts] = 1.0
        made[line, total] = -1.0
    return made.tocsr()


def bounds_of(
    equations: Any, low: Integers, high: Integers, targets: Integers, *, whole: bool = True
) -> NDArray[np.float64]:
    """Return the least and greatest value of each target that agrees with everything published.

    Parameters
    ----------
    equations
        Sparse matrix with A x = 0.
    low, high
        Published intervals; `OPEN_END` or more is no upper end.
    targets
        Positions to bound.
    whole
        Integer programs; otherwise linear ones, whose bounds are as wide or wider.

    Returns
    -------
    array of float, shape (targets, 2)
        NaN where nothing agrees: what was published contradicts itself.
    """
    size = len(low)
    box = Bounds(low.astype(float), np.where(high >= OPEN_END, np.inf, high.astype(float)))
    rule = LinearConstraint(sparse.csc_matrix(equations), 0.0, 0.0)
    result = np.full((len(targets), 2), np.nan)
    for row, target in enumerate(targets.tolist()):
        for side, sign in enumerate((1.0, -1.0)):
            aim = np.zeros(size)
            aim[target] = sign
            found = milp(
                aim, integrality=np.full(size, int(whole), dtype=np.int64), bounds=box, constraints=rule
            )
            if found.status == 0:
                result[row, side] = found.x[target]
            elif found.status == 3:
                result[row, side] = np.inf * -sign
    return result


def sums_of_atoms(units: int, atoms: int, sums: list[tuple[int, ...]]) -> sparse.csr_matrix:
    """Return the equations of units that each have atoms followed by sums of some of them."""
    one = sparse.lil_matrix((len(sums), atoms + len(sums)))
    for line, parts in enumerate(sums):
        one[line, list(parts)] = 1.0
        one[line, atoms + line] = -1.0
    return sparse.kron(sparse.identity(units), one.tocsr()).tocsr()


def separate_bounds(equations: Any, low: Integers, high: Integers, targets: Integers) -> NDArray[np.float64]:
    """Return the bounds of one target in each block of a system whose blocks share no equation.

    One program serves all blocks, since a sum over separate blocks is least where each part is.
    """
    size = len(low)
    box = Bounds(low.astype(float), np.where(high >= OPEN_END, 1e9, high.astype(float)))
    rule = LinearConstraint(sparse.csc_matrix(equations), 0.0, 0.0)
    result = np.full((len(targets), 2), np.nan)
    for side, sign in enumerate((1.0, -1.0)):
        aim = np.zeros(size)
        aim[targets] = sign
        found = milp(aim, integrality=np.ones(size, dtype=np.int64), bounds=box, constraints=rule)
        if found.status == 0:
            result[:, side] = np.rint(found.x[targets])
    return result
