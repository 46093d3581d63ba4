"""The choice of patrol areas written as rows of a mixed integer programme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hotspot.decisions.patrol_choice import Problem

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass
class _Rows:
    """Rows of a sparse matrix, put together piece by piece."""

    row: list[Integers]
    column: list[Integers]
    entry: list[Floats]
    low: list[Floats]
    high: list[Floats]
    count: int = 0

    def add(
        self, row: Any, column: Any, entry: Any, low: float | Floats, high: float | Floats, rows: int
    ) -> None:
        """Add ``rows`` rows, numbered from 0 among themselves."""
        if rows == 0:
            return
        at = np.asarray(row, dtype=np.int64)
        self.row.append(at + self.count)
        self.column.append(np.asarray(column, dtype=np.int64))
        self.entry.append(np.broadcast_to(np.asarray(entry, dtype=np.float64), at.shape))
        self.low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (rows,)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (rows,)))
        self.count += rows


@dataclass(frozen=True)
class Programme:
    """Maximise gain times z, for z of 0 and 1, with low <= rows z <= high.

    The first variables say which candidates are chosen. Where areas can share places, one more for each pair of
    place and candidate says that the place belongs to that area.
    """

    gain: Floats
    rows: Any
    low: Floats
    high: Floats

    @classmethod
    def of(cls, problem: Problem, near: list[list[int]], disjoint: bool) -> Programme:
        """Write the programme of a problem; ``near`` are groups of which one candidate at most is chosen."""
        from scipy.sparse import csr_array

        count = len(problem.x)
        rows = _Rows([], [], [], [], [])
        rows.add(np.zeros(count), np.arange(count), 1, -np.inf, problem.most, 1)
        if near:
            sizes = np.array([len(group) for group in near])
            rows.add(np.repeat(np.arange(len(near)), sizes), np.concatenate(near), 1, -np.inf, 1, len(near))
        if problem.group is not None and problem.group_most is not None:
            most = problem.group_most.astype(np.float64)
            rows.add(problem.group, np.arange(count), 1, -np.inf, most, len(most))
        if disjoint:
            gain = _sums(problem.candidate, problem.pair_value, count)
        else:
            gain = np.concatenate([np.zeros(count), problem.pair_value.astype(np.float64)])
            _shared(problem, rows)
        # scipy before 1.15 hands the solver the indices as they are, and it takes none but 32 bits.
        at = [np.concatenate(part).astype(np.int32) for part in (rows.row, rows.column)]
        matrix = csr_array((np.concatenate(rows.entry), (at[0], at[1])), shape=(rows.count, len(gain)))
        return cls(gain / 1000.0, matrix, np.concatenate(rows.low), np.concatenate(rows.high))


def _sums(at: Integers, values: Integers, size: int) -> Floats:
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, at, values)
    return total.astype(np.float64)


def _shared(problem: Problem, rows: _Rows) -> None:
    """Give each place to the nearest chosen candidate within reach, and hold each area to its limits."""
    count, pairs = len(problem.x), len(problem.candidate)
    order = np.lexsort((problem.candidate, problem.distance, problem.place))
    place, candidate, variable = problem.place[order], problem.candidate[order], count + order
    begin = np.searchsorted(place, place, side="left")
    size = np.arange(pairs) - begin + 1
    # Row p: the place belongs to candidate p or to a nearer one if candidate p is chosen.
    up_to = np.repeat(np.arange(pairs), size)
    nearer = np.repeat(begin, size) + np.arange(len(up_to)) - np.repeat(np.cumsum(size) - size, size)
    rows.add(
        np.concatenate([up_to, np.arange(pairs)]),
        np.concatenate([variable[nearer], candidate]),
        np.concatenate([np.ones(len(up_to)), -np.ones(pairs)]),
        0,
        np.inf,
        pairs,
    )
    # It belongs to no candidate that is not chosen, and to one at most.
    both = np.tile(np.arange(pairs), 2)
    signs = np.concatenate([np.ones(pairs), -np.ones(pairs)])
    rows.add(both, np.concatenate([variable, candidate]), signs, -np.inf, 0, pairs)
    _, of_place = np.unique(place, return_inverse=True)
    rows.add(of_place, variable, 1, -np.inf, 1, int(of_place.max(initial=-1)) + 1)
    incidents = problem.count[problem.place].astype(np.float64)
    own, index = np.arange(count), np.arange(pairs) + count
    for limit, low, high in (
        (problem.least_count, 0.0, np.inf),
        (problem.most_count, -np.inf, 0.0),
    ):
        if limit:
            rows.add(
                np.concatenate([problem.candidate, own]),
                np.concatenate([index, own]),
                np.concatenate([incidents, np.full(count, -float(limit))]),
                low,
                high,
                count,
            )
