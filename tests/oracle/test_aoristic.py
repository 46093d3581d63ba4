"""Spreading over hours of the week, against known answers and a minute-by-minute count."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from hotspot.errors import InputError
from hotspot.statistics.aoristic import hours_of_week

MONDAY = np.datetime64("2024-01-01T00:00", "m")  # a Monday


def at(day: int, hour: int, minute: int = 0) -> np.datetime64:
    return MONDAY + np.timedelta64((day * 24 + hour) * 60 + minute, "m")


def by_minutes(start: dt.datetime, end: dt.datetime) -> np.ndarray:
    """Count the minutes of a spell by hour of the week, one at a time."""
    table = np.zeros((7, 24))
    moment = start
    while moment < end:
        table[moment.weekday(), moment.hour] += 1
        moment += dt.timedelta(minutes=1)
    return table / table.sum()


# The known answers: Mon 01:00-02:30; Mon 23:30 to Tue 01:15 (105 minutes: 30, 60, 15); Sun 22 to Mon 02.
@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (at(0, 1), at(0, 2, 30), {(0, 1): 60 / 90, (0, 2): 30 / 90}),
        (at(0, 23, 30), at(1, 1, 15), {(0, 23): 30 / 105, (1, 0): 60 / 105, (1, 1): 15 / 105}),
        (at(6, 22), at(7, 2), {(6, 22): 0.25, (6, 23): 0.25, (0, 0): 0.25, (0, 1): 0.25}),
        (at(2, 13, 59), at(2, 13, 59), {(2, 13): 1.0}),
        (at(2, 13, 59), np.datetime64("NaT"), {(2, 13): 1.0}),
        # A spell that ends on the hour does not enter the next one.
        (at(4, 13), at(4, 14), {(4, 13): 1.0}),
    ],
)
def test_known_answers(
    start: np.datetime64, end: np.datetime64, expected: dict[tuple[int, int], float]
) -> None:
    found = hours_of_week([start], [end]).weights
    assert {(int(d), int(h)) for d, h in zip(*np.nonzero(found), strict=True)} == set(expected)
    for place, share in expected.items():
        assert found[place] == pytest.approx(share, abs=1e-12)


def test_rounded_as_published() -> None:
    assert hours_of_week([at(0, 23, 30)], [at(1, 1, 15)]).weights[[0, 1, 1], [23, 0, 1]].round(
        4
    ).tolist() == [
        0.2857,
        0.5714,
        0.1429,
    ]


def test_reversed_pairs_are_swapped_and_counted() -> None:
    found = hours_of_week([at(0, 2, 30), at(1, 5)], [at(0, 1), at(1, 6)])
    assert found.swapped == 1
    assert found.weights[0, 1:3] == pytest.approx([2 / 3, 1 / 3])


def test_more_than_a_week_weighs_the_same_everywhere() -> None:
    week = hours_of_week([at(3, 10, 30)], [at(10, 10, 30)])
    longer = hours_of_week([at(3, 10, 30)], [at(10, 10, 31)])
    assert (week.over_a_week, longer.over_a_week) == (0, 1)
    for found in (week, longer):
        assert found.weights == pytest.approx(np.full((7, 24), 1 / 168))


def test_against_a_count_of_minutes() -> None:
    rng = np.random.default_rng(5)
    starts = MONDAY + rng.integers(-200_000, 900_000, 60)
    ends = starts + rng.choice([0, 1, 7, 59, 60, 61, 300, 1439, 1440, 4000, 10_079, 10_080], 60)
    expected = np.zeros((7, 24))
    for start, end in zip(starts.astype(object), ends.astype(object), strict=True):
        whole = end if end > start else start + dt.timedelta(minutes=1)
        expected += by_minutes(start, whole)
    found = hours_of_week(starts, ends)
    assert found.weights == pytest.approx(expected, abs=1e-9)
    assert found.weights.sum() == pytest.approx(60)
    assert found.day_or_longer == int((ends - starts >= np.timedelta64(1440, "m")).sum())
    touched = [
        len({(start + dt.timedelta(minutes=m)).replace(minute=0) for m in range(int(long))})
        for start, long in zip(starts.astype(object), (ends - starts).astype(int), strict=True)
    ]
    assert found.spread == sum(hours > 1 for hours in touched)


def test_the_order_of_rows_changes_no_bit_and_blocks_join() -> None:
    rng = np.random.default_rng(6)
    starts = (MONDAY + rng.integers(0, 90_000, 45_000)).astype("datetime64[s]")
    ends = starts + rng.integers(0, 90_000, 45_000)
    found = hours_of_week(starts, ends)
    order = rng.permutation(45_000)
    assert hours_of_week(starts[order], ends[order]).weights.tolist() == found.weights.tolist()
    assert found.weights.sum() == pytest.approx(45_000)


def test_hours_before_1970_and_units() -> None:
    # 29 December 1969 was a Monday.
    for unit in ("m", "s", "ms", "us", "ns"):
        found = hours_of_week(np.array(["1969-12-29T05:10"], dtype=f"datetime64[{unit}]"))
        assert found.weights[0, 5] == 1.0


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="1 of 2 starts are missing, the first at position 1"):
        hours_of_week([at(0, 1), np.datetime64("NaT")])
    with pytest.raises(InputError, match="one of each for a row"):
        hours_of_week([at(0, 1)], [at(0, 1), at(0, 2)])
    assert hours_of_week(np.array([], dtype="datetime64[s]")).weights.sum() == 0
