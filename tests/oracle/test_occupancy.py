"""Active months under even spreading against counting every way to spread."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from hotspot.errors import InputError
from hotspot.statistics.occupancy import expected_active, lowest_usual


def every_way(incidents: int, months: int) -> np.ndarray:
    """Return the number of different months in each of the months^incidents ways."""
    return np.array([len(set(way)) for way in product(range(months), repeat=incidents)])


@pytest.mark.parametrize(("incidents", "months"), [(1, 4), (3, 5), (5, 4), (6, 3), (4, 9), (3, 1)])
@pytest.mark.parametrize("level", [0.01, 0.05, 0.3])
def test_all_ways_counted(incidents: int, months: int, level: float) -> None:
    active = every_way(incidents, months)
    assert float(expected_active(incidents, months)) == pytest.approx(active.mean())
    usual = int(lowest_usual(incidents, months, level=level))
    assert (active < usual).mean() <= level < (active <= usual).mean()


def test_no_incident_is_in_no_month() -> None:
    assert float(expected_active(0, 24)) == 0
    assert int(lowest_usual(0, 24)) == 0


def test_many_incidents_leave_no_month_empty() -> None:
    # P(any of 24 months is empty) <= 24 (23/24)^200 = 0.005.
    assert 24 * (23 / 24) ** 200 < 0.01
    assert lowest_usual([200, 10**6], 24).tolist() == [24, 24]


def test_the_lengths_of_months_do_not_matter() -> None:
    incidents = np.arange(1, 400)
    for observed in (12, 24, 36):
        days = pd.period_range("2021-01", periods=observed, freq="M").days_in_month.to_numpy()
        weighted = (1 - (1 - days / days.sum()) ** incidents[:, None]).sum(axis=1)
        assert np.abs(weighted - expected_active(incidents, observed)).max() < 0.02


def test_months_and_level_are_checked() -> None:
    with pytest.raises(InputError, match="at least one month"):
        expected_active(3, 0)
    with pytest.raises(InputError, match="level=1"):
        lowest_usual(3, 12, level=1.0)
