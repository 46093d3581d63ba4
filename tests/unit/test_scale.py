"""The suggested scale: each rule's figure, how they are put together, and what changes nothing."""

from __future__ import annotations

import logging
import math

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.statistics.scale import ROUND_SIZES, round_size, spacing_rule, suggest_scale
from makers import area_of, points_of

TEN_KM = area_of(shapely.box(400_000, 280_000, 410_000, 290_000))


def lattice_points(step: float, count: int, *, times: int = 1) -> list[tuple[float, float]]:
    """A square lattice of count x count places, each with as many incidents as asked."""
    return [
        (400_000 + step * (i + 0.5), 280_000 + step * (j + 0.5)) for i in range(count) for j in range(count)
    ] * times


def figures(suggestion: object) -> dict[str, float]:
    rules = suggestion.rules  # type: ignore[attr-defined]
    return dict(zip(rules["rule"], rules["cell_size"], strict=True))


def test_the_spacing_of_a_regular_lattice_is_twice_its_step() -> None:
    size, mean, median, outliers = spacing_rule(np.array(lattice_points(100, 9)))
    assert (size, mean, median, outliers) == pytest.approx((200.0, 100.0, 100.0, 0))


def test_the_spacing_against_r() -> None:
    # i <- 0:59; x <- c((i*i*7) %% 101, 400); y <- c((i*i*i*5) %% 97, 400); d <- spatstat.geom::nndist(x, y)
    # k <- d <= mean(d) + 3*sqrt(mean((d-mean(d))^2)); mean(d[k]); median(d[k]); sum(!k)
    i = np.arange(60)
    places = np.column_stack([np.append(i**2 * 7 % 101, 400), np.append(i**3 * 5 % 97, 400)]).astype(float)
    size, mean, median, outliers = spacing_rule(places)
    assert mean == pytest.approx(6.1174938308, abs=1e-9)
    assert median == pytest.approx(6.1622776602, abs=1e-9)
    assert outliers == 1
    assert size == pytest.approx(2 * 6.1622776602)


def test_a_skewed_spacing_takes_the_ratio_of_mean_and_median() -> None:
    # Ten pairs 10 m apart, the pairs 1,000 m from one another, and nine single places 1,000 m apart: 20 distances
    # of 10 and 9 of 1,000. Median 10; mean (20 x 10 + 9 x 1,000) / 29.
    x = [
        *(1_000.0 * i for i in range(10)),
        *(1_000.0 * i + 10.0 for i in range(10)),
        *(1_000.0 * i for i in range(9)),
    ]
    y = [0.0] * 20 + [1_000.0] * 9
    size, mean, median, outliers = spacing_rule(np.column_stack([x, y]))
    expected = (20 * 10 + 9 * 1_000) / 29
    assert (mean, median, outliers) == (pytest.approx(expected), pytest.approx(10.0), 0)
    assert size == pytest.approx(expected * expected / 10)


def test_spacing_leads_where_incidents_are_many() -> None:
    # 10,000 places 100 m apart, 20,000 incidents, 100 km2: spacing 200, count sqrt(1e8 / 20,000), limit 500.
    found = suggest_scale(points_of(lattice_points(100, 100, times=2)), TEN_KM)
    assert (found.cell_size, found.radius) == (200.0, 300.0)
    assert figures(found) == {
        "data precision": pytest.approx(math.nan, nan_ok=True),
        "spacing of places": pytest.approx(200.0),
        "incident count": pytest.approx(math.sqrt(1e8 / 20_000)),
        "number of cells": 500.0,
        "size of the area": 200.0,
    }
    assert "follows 'spacing of places'" in found.reasons[0]
    # Two incidents a place, four places a cell.
    assert "hold 8 incidents on average, and neighbourhoods of nine squares 72" in found.reasons[1]


def test_count_leads_where_incidents_are_few() -> None:
    # 1,024 places 50 m apart in one corner of 100 km2: spacing 100, count sqrt(1e8 / 1,024) = 312.5.
    found = suggest_scale(points_of(lattice_points(50, 32)), TEN_KM)
    assert figures(found)["spacing of places"] == pytest.approx(100.0)
    assert found.cell_size == 300.0
    assert "follows 'incident count'" in found.reasons[0]


def test_the_map_keeps_400_cells_where_incidents_are_very_few() -> None:
    found = suggest_scale(points_of(lattice_points(50, 3)), TEN_KM)
    assert figures(found)["incident count"] == pytest.approx(math.sqrt(1e8 / 9))
    assert found.cell_size == 500.0
    assert "incident count asks for 3,333 m, but then the map would have too few cells" in found.reasons[0]
    assert "That is few" in found.reasons[1]
    # The limit is never rounded up to a map of fewer cells.
    just_over = area_of(shapely.box(400_000, 280_000, 410_000, 297_300))
    assert suggest_scale(points_of(lattice_points(50, 3)), just_over).cell_size == 600.0  # limit 657.6
    small = area_of(shapely.box(400_000, 280_000, 409_000, 289_000))
    assert suggest_scale(points_of(lattice_points(50, 3)), small).cell_size == 400.0  # limit 450


def test_no_size_is_finer_than_the_data() -> None:
    ward = area_of(shapely.box(400_000, 280_000, 401_000, 281_000))
    places = lattice_points(10, 10)
    exact = suggest_scale(points_of(places), ward)
    assert exact.cell_size == 50.0  # limit sqrt(1e6 / 400)
    snapped = suggest_scale(points_of(places, location_precision=["map_point"] * 100), ward)
    assert (snapped.cell_size, snapped.radius) == (100.0, 150.0)
    assert "follows 'data precision'" in snapped.reasons[0]
    assert figures(snapped)["data precision"] == 100.0
    coarse = suggest_scale(points_of(places, location_precision=["area"] * 100), ward)
    assert coarse.cell_size == 1_000.0


@pytest.mark.parametrize(
    ("metres", "expected"),
    [
        (3, 50),
        (70, 50),
        (71, 100),
        (122, 100),
        (123, 150),
        (212, 200),
        (240, 250),
        (5_400, 5_000),
        (26_700, 27_000),
    ],
)
def test_round_numbers(metres: float, expected: float) -> None:
    # Halfway between two sizes by ratio is their geometric mean: sqrt(50 x 100) = 70.7, sqrt(100 x 150) = 122.5.
    assert round_size(metres) == expected


def test_round_sizes_stay_as_they_are() -> None:
    assert [round_size(size) for size in ROUND_SIZES] == list(ROUND_SIZES)


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_the_radius_reaches_what_queen_contiguity_reaches(shape: str) -> None:
    incidents = points_of(lattice_points(100, 40))
    found = suggest_scale(incidents, TEN_KM)
    grid = hs.Grid.over(TEN_KM, cell_size=found.cell_size, shape=shape)  # type: ignore[arg-type]
    cells = hs.count_incidents(incidents, grid, geometry=False)
    queen = hs.getis_ord(cells, grid, inference="normal")["gi_z"]
    within = hs.getis_ord(cells, grid, inference="normal", radius=found.radius)["gi_z"]
    pd.testing.assert_series_equal(queen, within)


def test_order_copies_and_place_change_nothing() -> None:
    rng = np.random.default_rng(3)
    places = [(400_000 + x, 280_000 + y) for x, y in rng.uniform(0, 10_000, (300, 2)).round()]
    first = suggest_scale(points_of(places), TEN_KM)
    shuffled = suggest_scale(points_of([places[i] for i in rng.permutation(300)]), TEN_KM)
    moved_area = TEN_KM.set_geometry(TEN_KM.translate(5_000, -3_000))
    moved = suggest_scale(points_of([(x + 5_000, y - 3_000) for x, y in places]), moved_area)
    assert str(first) == str(shuffled) == str(moved)
    # A second incident at each place changes the count's figure and no distance.
    twice = suggest_scale(points_of(places * 2), TEN_KM)
    assert figures(twice)["spacing of places"] == figures(first)["spacing of places"]
    assert figures(twice)["incident count"] == pytest.approx(figures(first)["incident count"] / math.sqrt(2))


def test_incidents_outside_play_no_part_and_are_counted() -> None:
    inside = lattice_points(100, 30)
    outside = [(500_000.0, 280_000.0 + 7 * i) for i in range(40)]
    alone, together = (suggest_scale(points_of(places), TEN_KM) for places in (inside, inside + outside))
    pd.testing.assert_frame_equal(alone.rules, together.rules)
    assert together.reasons[2] == "40 incidents outside the area play no part."
    assert len(alone.reasons) == len(together.reasons) - 1


def test_what_is_printed_logged_and_recorded(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="hotspot"):
        found = suggest_scale(points_of(lattice_points(100, 30)), TEN_KM)
    assert f"cell_size: {found.cell_size:g} m, radius: {found.radius:g} m, suggested" in caplog.text
    text = str(found)
    assert text.startswith(f"Suggested: cell_size={found.cell_size:g}, radius={found.radius:g}")
    for rule in found.rules["rule"]:
        assert rule in text
    assert "Fix the scale before looking" in text
    step = provenance.of(found.rules)["steps"][-1]
    assert (step["step"], step["cell_size_m"], step["radius_m"]) == (
        "suggest_scale",
        found.cell_size,
        found.radius,
    )
    assert repr(found) == f"ScaleSuggestion(cell_size={found.cell_size}, radius={found.radius})"


@pytest.mark.parametrize("places", [[], [(400_500.0, 280_500.0)] * 9, [(1.0, 1.0), (2.0, 2.0)]])
def test_too_few_places(places: list[tuple[float, float]]) -> None:
    with pytest.raises(hs.InputError, match="two different places or more in the area"):
        suggest_scale(points_of(places), TEN_KM)


def test_sources_are_not_added_up_unasked() -> None:
    mixed = points_of(lattice_points(100, 2), source=["police", "police", "council", "council"])
    with pytest.raises(hs.InputError, match="suggest_scale would add up 2 sources"):
        suggest_scale(mixed, TEN_KM)
