"""Weighted displacement difference, difference in counts, displacement quotient."""

from __future__ import annotations

import numpy as np
import pytest

from hotspot.errors import InputError
from hotspot.statistics.absolute_change import (
    HEADING,
    difference_in_counts,
    displacement_quotient,
    weighted_displacement_difference,
)


def test_control_and_treated() -> None:
    found = weighted_displacement_difference([20, 10], [20, 20], level=0.9)
    assert (found.value, found.error, found.z) == pytest.approx((-10, 70**0.5, -10 / 70**0.5))
    # Known answers: se 8.366600, z -1.195229, 90 % interval -23.761833 to 3.761833.
    assert [round(value, 6) for value in (found.error, found.z, found.low, found.high)] == [
        8.3666,
        -1.195229,
        -23.761833,
        3.761833,
    ]
    assert found.heading == HEADING == "assumes equal absolute change"


def test_with_displacement() -> None:
    found = weighted_displacement_difference(
        [20, 10], [20, 20], displaced=[30, 20], displaced_control=[30, 30]
    )
    assert (found.value, round(found.error, 6)) == (-20, 13.416408)


def test_the_papers_example() -> None:
    local = weighted_displacement_difference([207, 110], [308, 318])
    assert (local.value, round(local.error, 6)) == (-107, 30.708305)
    total = weighted_displacement_difference(
        [207, 110], [308, 318], displaced=[178, 157], displaced_control=[150, 140]
    )
    assert (total.value, total.error) == pytest.approx((-118, 1568**0.5))
    assert (round(total.z, 2), round(total.low), round(total.high)) == (-2.98, -196, -40)


def test_the_other_published_example() -> None:
    found = weighted_displacement_difference(
        [250, 160], [245, 225], displaced=[120, 130], displaced_control=[118, 120]
    )
    assert (found.value, round(found.error, 1), round(found.z, 2)) == (-62, 37.0, -1.68)


def test_weights_of_time_and_area() -> None:
    found = weighted_displacement_difference(
        [20, 30], [40, 90], time_weights=[1, 3], area_weights=[1, 2, 1, 1]
    )
    # 30/3 - 20/1 - (90/6 - 40/2); variance 20 + 30/9 + 40/4 + 90/36.
    assert found.value == pytest.approx(-10 + 5)
    assert found.error**2 == pytest.approx(20 + 30 / 9 + 10 + 2.5)


def test_harm_weighs_kinds() -> None:
    treated, control = [[20, 10], [4, 6]], [[20, 20], [5, 5]]
    found = weighted_displacement_difference(treated, control, harm=[1, 10])
    assert found.value == pytest.approx(-10 + 10 * 2)
    assert found.error**2 == pytest.approx(70 + 100 * 20)


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.5])
def test_a_change_that_all_share_is_called_by_its_name(ratio: float) -> None:
    before = np.array([200.0, 100.0, 80.0, 120.0])
    pairs = np.column_stack([before, before * ratio])
    found = weighted_displacement_difference(
        pairs[0], pairs[1], displaced=pairs[2], displaced_control=pairs[3]
    )
    # (r - 1)(T0 - C0) + (r - 1)(Td0 - Cd0): all of the value is bias.
    assert found.value == pytest.approx((ratio - 1) * (200 - 100 + 80 - 120))
    assert found.common_change == pytest.approx(found.value)
    plain = difference_in_counts(pairs[0], pairs[1])
    assert plain.value == pytest.approx((ratio - 1) * 100)
    assert plain.common_change == pytest.approx(plain.value)
    assert plain.common_ratio == pytest.approx(ratio)


def test_difference_in_counts() -> None:
    # The published series: 381 to 169, nothing beside it.
    alone = difference_in_counts([381, 169])
    assert (alone.value, alone.error) == pytest.approx((-212, 550**0.5))
    assert np.isnan(alone.common_change)
    assert np.isnan(alone.common_ratio)
    beside = difference_in_counts([381, 169], [400, 240])
    assert (beside.value, beside.error) == pytest.approx((-212 + 160, (550 + 640) ** 0.5))


def test_displacement_quotient() -> None:
    # (150/1000 - 100/1000) / (100/1000 - 200/1000)
    found = displacement_quotient([200, 100], [100, 150], [1000, 1000])
    assert found.value == pytest.approx(-0.5)
    assert found.low < -0.5 < found.high
    assert found.heading == HEADING


def test_the_quotients_interval_is_fiellers() -> None:
    treated, ring, control = np.array([200, 100]), np.array([100, 150]), np.array([1000, 900])
    found = displacement_quotient(treated, ring, control)
    # At either end q, ring - q x treated (as shares) is 1.959964 standard errors from 0.
    for end in (found.low, found.high):
        gap = np.diff(ring / control)[0] - end * np.diff(treated / control)[0]
        weight = (ring - end * treated) / control
        variance = ((ring + end**2 * treated) / control**2 + weight**2 / control).sum()
        assert abs(gap) / variance**0.5 == pytest.approx(1.959964, rel=1e-6)


def test_a_quotient_without_a_fall_has_no_value() -> None:
    risen = displacement_quotient([100, 120], [100, 90], [100, 100])
    assert np.isnan(risen.value)
    assert "did not fall" in risen.reason
    assert "nothing to divide by" in displacement_quotient([9, 3], [5, 5], [7, 0]).reason
    vague = displacement_quotient([20, 18], [20, 20], [50, 50])
    assert (vague.low, vague.high) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weighted_displacement_difference([1, 2], [1, 2], displaced=[1, 2]), "only one of displaced"),
        (lambda: weighted_displacement_difference([1, 2, 3], [1, 2]), r"shape \(3,\)"),
        (lambda: weighted_displacement_difference([1, -2], [1, 2]), "negative or missing"),
        (lambda: weighted_displacement_difference([1, 2], [1, 2], time_weights=[1, 0]), "time_weights"),
        (lambda: difference_in_counts([1, 2], level=1.0), "level=1.0"),
    ],
)
def test_what_is_refused(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()  # type: ignore[operator]
