"""Concentration against published answers, slow loops and exact probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot.ranking.concentration import Concentration, _draws, _measures, _poisson, concentration
from makers import area_of, points_of

GINI, GENERAL, UNBIASED = "Gini coefficient", "generalised Gini", "generalised Gini, unbiased"


def located(counts: Sequence[int]) -> gpd.GeoDataFrame:
    ids = np.repeat(np.arange(len(counts)), counts)
    return points_of([(400000 + 100 * i, 280000) for i in ids], place_id=[f"p{i}" for i in ids])


def measured(counts: Sequence[int], *, zeros: bool = True) -> Concentration:
    places = pd.DataFrame({"place_id": [f"p{i}" for i in range(len(counts))]}) if zeros else None
    return concentration(located(counts), places=places)


def observed(found: Concentration) -> dict[str, float]:
    return dict(zip(found.table["measure"], found.table["observed"], strict=True))


# Bernasco & Steenbeek (2017) define G' = max(1, N / C)(G - 1) + 1, and G' m / (m - 1) with m = min(N, C).
@pytest.mark.parametrize(
    ("counts", "gini", "general", "unbiased"),
    [
        ([10, 8, 2] + [0] * 7, 0.78, 0.78, 0.78 * 10 / 9),
        ([5, 2, 1] + [0] * 7, 0.80, 0.75, 0.75 * 8 / 7),
        ([10] + [0] * 9, 0.9, 0.9, 1.0),
        ([1] * 5 + [0] * 5, 0.5, 0.0, 0.0),
        ([3] * 6, 0.0, 0.0, 0.0),
    ],
)
def test_known_answers(counts: list[int], gini: float, general: float, unbiased: float) -> None:
    row = observed(measured(counts))
    assert (row[GINI], row[GENERAL], row[UNBIASED]) == pytest.approx((gini, general, unbiased), abs=1e-12)


def slow_gini(counts: np.ndarray) -> float:
    """Return the mean difference of all pairs over twice the mean."""
    return float(np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean()))


def slow_share(counts: np.ndarray, share: float) -> float:
    """Walk down the list, the last location in part."""
    left, taken = share * counts.sum(), 0.0
    for count in sorted(counts.tolist(), reverse=True):
        if count >= left:
            return 100 * (taken + left / count) / len(counts)
        left, taken = left - count, taken + 1
    raise AssertionError


@pytest.mark.parametrize("seed", range(5))
def test_against_slow_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.6, 0.2, 150)
    row = observed(measured(counts.tolist()))
    assert row[GINI] == pytest.approx(slow_gini(counts))
    for share in (25, 50, 80):
        name = f"locations with {share}% of incidents"
        assert row[name] == pytest.approx(slow_share(counts, share / 100))


def test_the_curve_goes_through_the_cumulative_counts() -> None:
    found = measured([10, 8, 2] + [0] * 7)
    curve = found.curve.set_index("locations_pct")["incidents_pct"]
    assert curve[[0.0, 5.0, 10.0, 20.0, 30.0, 100.0]].tolist() == pytest.approx([0, 25, 50, 90, 100, 100])
    # Twice the area over the diagonal is the Gini coefficient.
    area = np.trapezoid(curve.to_numpy(), curve.index.to_numpy()) / 10_000
    assert 2 * area - 1 == pytest.approx(0.78)
    assert (found.curve["chance_low_pct"] <= found.curve["chance_pct"] + 1e-9).all()
    assert (found.curve["chance_pct"] <= found.curve["chance_high_pct"] + 1e-9).all()


def test_chance_is_what_direct_simulation_gives() -> None:
    # 300 locations, 450 incidents: every location's count drawn by itself, measured by the slow loops.
    rng = np.random.default_rng(11)
    slow = np.array([(slow_gini(c), slow_share(c, 0.5)) for c in rng.poisson(1.5, (600, 300))])
    counts = np.concatenate([np.full(50, 9), np.zeros(250, dtype=int)])
    chance = measured(counts.tolist()).table.set_index("measure")
    for column, name in ((0, GINI), (1, "locations with 50% of incidents")):
        spread = slow[:, column].std()
        assert chance.loc[name, "chance"] == pytest.approx(slow[:, column].mean(), abs=0.25 * spread)
        low, high = np.quantile(slow[:, column], [0.025, 0.975])
        assert chance.loc[name, "chance_low"] == pytest.approx(low, abs=0.5 * spread)
        assert chance.loc[name, "chance_high"] == pytest.approx(high, abs=0.5 * spread)


def test_without_places_chance_is_zero_truncated() -> None:
    # A zero-truncated Poisson of rate 2 has the mean 2 / (1 - exp(-2)) and P(1) = 2 exp(-2) / (1 - exp(-2)).
    support, share = _poisson(2 / (1 - np.exp(-2)), truncated=True)
    assert support.min() == 1
    assert share[support == 1][0] == pytest.approx(2 * np.exp(-2) / (1 - np.exp(-2)))
    assert float(support @ share) == pytest.approx(2 / (1 - np.exp(-2)))
    rng = np.random.default_rng(12)
    drawn = rng.poisson(2.0, (150, 700))
    slow = np.mean([slow_gini(row[row > 0][:500]) for row in drawn])
    counts = np.full(500, 1)
    counts[:100] = 1 + round((2 / (1 - np.exp(-2)) - 1) * 5)
    found = measured(counts.tolist(), zeros=False)
    assert found.table.set_index("measure").loc[GINI, "chance"] == pytest.approx(slow, abs=0.02)
    assert "with at least one" in found.sentence
    assert "how many have none is not known" in found.table.attrs["hotspot"]["notes"][0]


def test_one_incident_each_is_no_concentration() -> None:
    found = measured([1, 1, 1, 1], zeros=False)
    row = found.table.set_index("measure")
    assert row.loc[GINI, ["observed", "chance"]].tolist() == [0, 0]
    assert "The difference is no more than chance makes." in found.sentence


def test_incidents_at_random_are_within_chance_although_few_places_hold_half() -> None:
    counts = np.random.default_rng(8).poisson(0.1, 2_000)
    found = measured(counts.tolist())
    half = found.table.set_index("measure").loc["locations with 50% of incidents"]
    assert half["observed"] < 6  # half of the incidents at under 6 % of the places, and nothing in it
    assert half["chance_low"] <= half["observed"] <= half["chance_high"]
    assert "no more than chance" in found.sentence
    assert f"{half['chance']:.1f} %" in found.sentence


def test_the_sentence_always_has_its_comparison() -> None:
    found = measured([10, 8, 2] + [0] * 7)
    half = found.table.set_index("measure").loc["locations with 50% of incidents"]
    assert found.sentence.startswith(
        "Half of the 20 reported incidents were at 10.0 % of the 10 locations (95 %"
    )
    assert f"it would have been {half['chance']:.1f} %" in found.sentence


@pytest.mark.parametrize("truncated", [False, True])
def test_intervals_hold_the_truth_about_as_often_as_they_say(truncated: bool) -> None:
    # Gamma rates, 2,000 locations; the truth is that of four million. 60 trials at 95 %: fewer than 51 has
    # a probability of 0.1 % (scipy.stats.binom.cdf(50, 60, 0.95) = 0.0006).
    rng = np.random.default_rng(21)

    def drawn(size: int) -> tuple[np.ndarray, np.ndarray]:
        counts = rng.poisson(rng.gamma(0.5, 6.0, size))
        values, numbers = np.unique(counts[counts > 0] if truncated else counts, return_counts=True)
        return values[::-1], numbers[::-1]

    values, numbers = drawn(4_000_000)
    truth = _measures(values, numbers[np.newaxis])[0]
    held = np.zeros(len(truth))
    for _ in range(60):
        values, numbers = drawn(2_000)
        parts = _draws(rng, values, numbers / numbers.sum(), int(numbers.sum()), 299)
        low, high = np.quantile(
            np.concatenate([_measures(values, part) for part in parts]), [0.025, 0.975], axis=0
        )
        held += (low <= truth) & (truth <= high)
    assert (held[[0, 3, 4, 5]] >= 51).all()


def test_order_of_rows_and_names_changes_nothing() -> None:
    counts = np.random.default_rng(3).negative_binomial(1, 0.3, 60)
    frame = located(counts.tolist())
    shuffled = frame.sample(frac=1, random_state=4).assign(
        place_id=lambda f: f["place_id"].str.replace("p", "zz")
    )
    one, other = concentration(frame), concentration(shuffled)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    pd.testing.assert_frame_equal(one.curve, other.curve, check_exact=True)
    assert one.sentence == other.sentence
    assert concentration(frame, seed=1).table["chance_low"].tolist() != one.table["chance_low"].tolist()


def test_a_grid_knows_its_empty_cells() -> None:
    grid = hs.Grid.over(area_of(box(400000, 280000, 401000, 281000)), cell_size=100)
    frame = points_of([(400050, 280050)] * 3 + [(400250, 280050)] * 2)
    found = concentration(frame, by=grid)
    assert (found.locations, found.incidents, found.zeros_known) == (100, 5, True)
    # Counts 3 and 2 of 100: by the formula for ascending ranks, 2 (99 x 2 + 100 x 3) / (100 x 5) - 101 / 100.
    assert observed(found)[GINI] == pytest.approx(2 * (99 * 2 + 100 * 3) / 500 - 1.01)


def test_known_places_that_are_apart_are_left_out_and_said() -> None:
    frame = located([6, 3, 1]).assign(known_place=None, ranked_apart=False)
    hospital = (frame["place_id"] == "p0").to_numpy()
    frame["known_place"] = np.where(hospital, "Hospital", None)
    frame["ranked_apart"] = hospital
    found = concentration(frame)
    assert (found.locations, found.incidents) == (2, 4)
    assert "6 incidents at known places" in found.curve.attrs["hotspot"]["notes"][0]


def test_too_little_and_contradictions_are_refused() -> None:
    with pytest.raises(hs.InputError, match="2 locations and 2 incidents"):
        measured([5], zeros=False)
    with pytest.raises(hs.InputError, match="not both"):
        concentration(located([2, 1]), by="place_id", within=100)
    with pytest.raises(hs.InputError, match="simulations=10"):
        concentration(located([2, 1]), simulations=10)
