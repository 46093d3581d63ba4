"""What is left possible for counts shown as intervals, when sums of some of them are known: an attacker's arithmetic.

Written apart from `hotspot.statistics.disclosure`, which protects, so that a mistake there is not made here again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds as Box
from scipy.optimize import LinearConstraint, milp

Interval = tuple[int, float]
Sum = tuple[str, Sequence[str]]
MOST_PROGRAMS = 400


def narrowed(intervals: Mapping[str, Interval], sums: Sequence[Sum]) -> dict[str, Interval]:
    """Return the least and greatest whole number of each count that all sums allow.

    Parameters
    ----------
    intervals
        Name to least and greatest count; ``math.inf`` where there is no greatest.
    sums
        Name of a total, and the names of all its parts.

    Notes
    -----
    Bounds are carried back and forth along the sums until nothing moves, which is exact when no count stands
    in two sums. Otherwise counts that are narrow by then, or stand in more than one sum, are bounded by integer
    programs, up to `MOST_PROGRAMS` of them.
    """
    now = {name: (int(low), float(high)) for name, (low, high) in intervals.items()}
    for _ in range(100):
        before = dict(now)
        for total, parts in sums:
            _carry(now, total, parts)
        if now == before:
            break
    uses: dict[str, int] = {}
    for total, parts in sums:
        for name in (total, *parts):
            uses[name] = uses.get(name, 0) + 1
    if max(uses.values(), default=0) > 1:
        _by_program(now, sums)
    return now


def _carry(now: dict[str, Interval], total: str, parts: Sequence[str]) -> None:
    lows = sum(now[name][0] for name in parts)
    highs = [now[name][1] for name in parts]
    endless = sum(math.isinf(high) for high in highs)
    most = sum(high for high in highs if not math.isinf(high))
    low, high = now[total]
    now[total] = (max(low, lows), high if endless else min(high, most))
    low, high = now[total]
    for name in parts:
        least, greatest = now[name]
        others = endless - math.isinf(greatest)
        rest = most - (0 if math.isinf(greatest) else greatest)
        now[name] = (
            least if others else int(max(least, low - rest)),
            greatest if math.isinf(high) else min(greatest, high - (lows - least)),
        )


def _by_program(now: dict[str, Interval], sums: Sequence[Sum]) -> None:
    names = list(now)
    place = {name: i for i, name in enumerate(names)}
    rows = sparse.lil_matrix((len(sums), len(names)))
    for line, (total, parts) in enumerate(sums):
        rows[line, place[total]] -= 1.0
        for name in parts:
            rows[line, place[name]] += 1.0
    box = Box([now[n][0] for n in names], [now[n][1] for n in names])
    rule = LinearConstraint(rows.tocsc(), 0.0, 0.0)
    open_ones = sorted((n for n in names if now[n][0] < now[n][1]), key=lambda n: now[n][1] - now[n][0])
    for name in open_ones[:MOST_PROGRAMS]:
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(names))
            aim[place[name]] = sign
            found = milp(aim, integrality=np.ones(len(names), dtype=np.int64), bounds=box, constraints=rule)
            ends.append(round(float(found.x[place[name]])) if found.status == 0 else None)
        low, high = now[name]
        now[name] = (low if ends[0] is None else ends[0], high if ends[1] is None else float(ends[1]))
