"""The rules that tell a fault from chance, against exact tails and simulated files without any fault."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.intake import detect


@given(st.integers(0, 40), st.integers(1, 40), st.integers(1, 99))
def test_the_upper_tail_is_the_binomial_sum(hits: int, trials: int, percent: int) -> None:
    share = Fraction(percent, 100)
    exact = sum(comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(hits, trials + 1))
    assert detect.upper_tail(hits, trials, float(share)) == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


def test_a_million_to_one_by_hand() -> None:
    # Two rows, both at 00:00, by chance 1 in 1440 each: 1 in 2,073,600.
    assert detect.upper_tail(2, 2, 1 / 1440) == pytest.approx(1 / 2_073_600)
    assert detect.beyond_chance(2, 2, 1 / 1440)
    assert not detect.beyond_chance(1, 1, 1 / 1440)


def by_the_hour(rng: np.random.Generator, rows: int, rounded: float) -> np.ndarray:
    """Night-time reports that peak at midnight, a share of them rounded to full hours."""
    minutes = (rng.normal(0, 180, rows).round().astype(np.int64)) % 1440
    full = rng.random(rows) < rounded
    return np.where(full, (minutes + 30) // 60 * 60 % 1440, minutes)


@pytest.mark.parametrize("rounded", [0.0, 0.2, 0.8])
def test_a_busy_and_rounded_midnight_is_no_spike(rounded: float) -> None:
    rng = np.random.default_rng(7)
    # The rule grants midnight the share of its near hours: 200 sound files raise no alarm.
    assert [detect.placeholder_minutes(by_the_hour(rng, 300, rounded)) for _ in range(200)] == [[]] * 200


@pytest.mark.parametrize("minute", [0, 1, 1439])
def test_a_planted_spike_is_found(minute: int) -> None:
    rng = np.random.default_rng(8)
    minutes = np.append(rng.integers(0, 1440, 1_000), np.full(30, minute))
    assert detect.placeholder_minutes(minutes) == [minute]


def test_every_row_at_midnight_is_a_spike_and_no_row_is_none() -> None:
    assert detect.placeholder_minutes(np.zeros(10, dtype=np.int64)) == [0]
    assert detect.placeholder_minutes(np.empty(0, dtype=np.int64)) == []


def test_crowded_places_stand_over_the_tail_by_five() -> None:
    tail = np.array([19, 12, 9, 7, 5, 4, 3, 2, 1, 1])
    assert not detect.crowded_places(tail).any()
    assert not detect.crowded_places(np.append(tail, 94)).any()  # 94 < 5 x 19
    assert detect.crowded_places(np.append(tail, 95)).tolist() == [False] * 10 + [True]
    # Two default points: the break comes after the second.
    assert detect.crowded_places(np.append([100, 110], tail)).tolist() == [True, True] + [False] * 10
    assert not detect.crowded_places(np.array([500])).any()
    assert not detect.crowded_places(np.empty(0, dtype=np.int64)).any()


def test_a_crowded_place_holds_twenty_rows_and_one_in_a_hundred() -> None:
    ones = np.ones(50, dtype=np.int64)
    assert not detect.crowded_places(np.append(ones, 19)).any()
    assert detect.crowded_places(np.append(ones, 20)).sum() == 1
    many = np.ones(10_000, dtype=np.int64)
    assert not detect.crowded_places(np.append(many, 101)).any()  # 101 of 10,101 are under 1 %
    assert detect.crowded_places(np.append(many, 102)).sum() == 1


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.5, 2.0])
def test_a_power_law_is_no_default_geocode(exponent: float) -> None:
    counts = (2_000 * np.arange(1, 500, dtype=float) ** -exponent).astype(np.int64) + 1
    assert not detect.crowded_places(counts).any()


def test_whole_100_m_by_chance_and_beyond() -> None:
    # Of 1,000 points 0.1 lie on whole 100 m by chance: P(X >= 3) = 1.5e-4, P(X >= 5) = 8e-8.
    assert not detect.cut_off(3, 1_000, 100.0)
    assert detect.cut_off(5, 1_000, 100.0)
    assert detect.on_whole(np.array([100.0, 100.0, 150.0]), np.array([200.0, 250.0, 200.0]), 100.0).tolist() == [
        True, False, False,
    ]  # fmt: skip


def test_far_points_are_measured_from_the_median() -> None:
    east, north = np.array([0.0, 10.0, 20.0, 200_000.0]), np.array([0.0, 0.0, 0.0, 0.0])
    far, x, y = detect.far_from_rest(east, north, 100_000)
    assert (far.tolist(), x, y) == ([False, False, False, True], 15.0, 0.0)
    assert detect.far_from_rest(np.empty(0), np.empty(0), 1.0)[0].tolist() == []


def test_early_days_need_fifteen_dates_over_three_months() -> None:
    days = np.arange(15) % 12 + 1
    assert detect.only_early_days(days, 3)
    assert not detect.only_early_days(days, 2)
    assert not detect.only_early_days(days[:14], 3)
    assert not detect.only_early_days(np.append(days, 13), 3)
    assert not detect.only_early_days(np.ones(15, dtype=np.int64), 3)


def test_stray_dates_are_few_and_more_than_a_year_away() -> None:
    days = np.arange(0, 700)
    assert not np.any(detect.stray_dates(days))
    before, after = detect.stray_dates(np.append(days, [-400, 699 + 366, 699 + 366 + 367]))
    assert np.flatnonzero(before).tolist() == [700]
    assert np.flatnonzero(after).tolist() == [702]
    # Half of the rows are no strays, and nine rows are too few to say.
    assert not np.any(detect.stray_dates(np.append(days, days + 5_000)))
    assert not np.any(detect.stray_dates(np.array([0, 1, 2, 3, 4, 5, 6, 7, 9_000])))
