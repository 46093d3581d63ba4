"""Kernel density and bandwidths against arithmetic, a slow oracle and R."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot.statistics.bandwidth import nrd, nrd_1d, standard_distance_rule
from makers import area_of, centre_of, points_of


def slow_density(
    centres: list[tuple[float, float]], points: list[tuple[float, float]], weights: list[float], h: float
) -> list[float]:
    """Return the quartic density per square metre: every centre, every point."""
    answer = []
    for cx, cy in centres:
        terms = []
        for (x, y), w in zip(points, weights, strict=True):
            u2 = ((cx - x) ** 2 + (cy - y) ** 2) / h**2
            if u2 <= 1:
                terms.append(w * 3 / (math.pi * h**2) * (1 - u2) ** 2)
        answer.append(math.fsum(terms))
    return answer


@pytest.mark.parametrize(
    ("distance", "raw"), [(0, 1.0), (50, (15 / 16) ** 2), (100 * math.sqrt(2), 0.25), (200, 0.0)]
)
def test_the_quartic_weight_at_known_distances(distance: float, raw: float) -> None:
    # Raw weight (1 - (d/h)^2)^2 with h = 200; a density is that times 3 / (pi h^2), per square metre.
    grid = hs.Grid.over(area_of(shapely.box(400000, 280000, 400100, 280100)), cell_size=100)
    point = points_of([(400050 + distance, 280050)])
    density = hs.kernel_density(point, grid, bandwidth=200)["density_per_km2"].iloc[0]
    assert density == pytest.approx(raw * 3 / (math.pi * 0.2**2), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("bandwidth", [100.0, 333.3, 1250.0])
def test_density_equals_the_slow_sum(shape: str, bandwidth: float) -> None:
    rng = np.random.default_rng(12)
    xy = [(400000 + a, 280000 + b) for a, b in (rng.random((120, 2)) * [2000, 1500]).tolist()]
    xy += [xy[3]] * 4 + [xy[9]] + [(399400.0, 280700.0), (400100.0, 280100.0)]
    weights = (rng.random(len(xy)) * 3).tolist()
    hole = shapely.box(400600, 280300, 401000, 280900)
    grid = hs.Grid.over(
        area_of(shapely.box(400000, 280000, 402000, 281500) - hole),
        cell_size=100,
        shape=shape,  # type: ignore[arg-type]
    )
    frame = points_of(xy, harm=weights)
    from hotspot.geography.lattice_geometry import from_ids

    rows, cols = from_ids(grid.cell_ids)
    centres = [centre_of(r, c, 100, shape) for r, c in zip(rows.tolist(), cols.tolist(), strict=True)]
    for column, w in ((None, [1.0] * len(xy)), ("harm", weights)):
        expected = np.array(slow_density(centres, xy, w, bandwidth)) * 1e6
        density = hs.kernel_density(frame, grid, bandwidth=bandwidth, weight=column)["density_per_km2"]
        np.testing.assert_allclose(density, expected, rtol=0, atol=1e-9 * expected.max())


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_the_integral_over_a_wide_lattice_is_the_number_of_incidents(shape: str) -> None:
    xy = (np.random.default_rng(2).normal(size=(50, 2)) * 200 + [401000, 281000]).tolist()
    grid = hs.Grid.over(
        area_of(shapely.box(399000, 279000, 403000, 283000)),
        cell_size=25,
        shape=shape,  # type: ignore[arg-type]
    )
    density = hs.kernel_density(points_of(xy), grid, bandwidth=300)["density_per_km2"]
    assert float(density.sum()) * grid.cell_area_km2 == pytest.approx(50, rel=1e-4)


def test_an_incident_outside_the_area_counts_within_reach() -> None:
    grid = hs.Grid.over(area_of(shapely.box(400000, 280000, 400200, 280200)), cell_size=100)
    near = points_of([(399950.0, 280050.0)])
    density = hs.kernel_density(near, grid, bandwidth=150)["density_per_km2"]
    # Centres at 100 m (west column, same row) and hypot(100, 100) = 141.4 m; the east column is 200 m away.
    at = [3 / (math.pi * 0.15**2) * (1 - (d / 150) ** 2) ** 2 for d in (100, math.hypot(100, 100))]
    np.testing.assert_allclose(density, [at[0], 0, at[1], 0], rtol=1e-9)


def test_density_joins_the_cells_on_their_ids() -> None:
    grid = hs.Grid.over(area_of(shapely.box(400000, 280000, 400600, 280600)), cell_size=100)
    frame = points_of([(400150.0, 280250.0)])
    cells = hs.count_incidents(frame, grid).sample(frac=1, random_state=1)
    joined = hs.kernel_density(frame, grid, bandwidth=200, cells=cells)
    alone = hs.kernel_density(frame, grid, bandwidth=200)
    assert list(joined.index) == list(cells.index)
    pd.testing.assert_series_equal(
        joined["density_per_km2"].sort_index(), alone["density_per_km2"], check_exact=True
    )


def test_bandwidth_nrd_of_mass() -> None:
    # R 4.2.2, MASS: bandwidth.nrd(1:10), bandwidth.nrd(c(1, 2, 3, 10, 11, 30)).
    first, second = np.arange(1.0, 11), np.array([1, 2, 3, 10, 11, 30], dtype=float)
    assert nrd_1d(first) == pytest.approx(8.09974928433, rel=1e-11)
    assert nrd_1d(second) == pytest.approx(18.7953204183, rel=1e-11)
    assert nrd(second, first[:6]) == pytest.approx((18.7953204183 + nrd_1d(first[:6])) / 2, rel=1e-11)


def test_the_standard_distance_rule_by_hand() -> None:
    # Four corners of a square of side 2 around (1, 1): every point is sqrt(2) from the centre, so SD and the
    # median distance are both sqrt(2), and sqrt(1 / ln 2) > 1 leaves SD the smaller.
    x, y = np.array([0.0, 2, 0, 2]), np.array([0.0, 0, 2, 2])
    assert standard_distance_rule(x, y) == pytest.approx(0.9 * math.sqrt(2) * 4**-0.2, rel=1e-14, abs=0)
    # With one far point the median decides: distances to the mean centre, sorted, have the middle at 2.
    x, y = np.array([0.0, 0, 0, 0, 10]), np.zeros(5)
    assert standard_distance_rule(x, y) == pytest.approx(
        0.9 * math.sqrt(1 / math.log(2)) * 2 * 5**-0.2, rel=1e-14
    )


def test_the_automatic_bandwidth_is_the_rule_and_is_recorded() -> None:
    xy = (np.random.default_rng(8).random((40, 2)) * 5000 + [400000, 280000]).tolist()
    grid = hs.Grid.over(area_of(shapely.box(400000, 280000, 405000, 285000)), cell_size=200)
    result = hs.kernel_density(points_of(xy), grid)
    pairs = np.array(xy)
    rule = standard_distance_rule(pairs[:, 0], pairs[:, 1])
    step = result.attrs["hotspot"]["steps"][-1]
    assert step["bandwidth_m"] == rule > 200
    assert step["chosen"] is True
    same = hs.kernel_density(points_of(xy), grid, bandwidth=rule)
    pd.testing.assert_series_equal(result["density_per_km2"], same["density_per_km2"], check_exact=True)


def test_the_automatic_bandwidth_is_never_under_the_cell_or_the_data() -> None:
    grid = hs.Grid.over(area_of(shapely.box(400000, 280000, 400500, 280500)), cell_size=50)
    close = [(400010.0 + i, 280010.0) for i in range(5)]
    assert hs.kernel_density(points_of(close), grid).attrs["hotspot"]["steps"][-1]["bandwidth_m"] == 50
    snapped = points_of(close, location_precision=["map_point"] * 5)
    assert hs.kernel_density(snapped, grid).attrs["hotspot"]["steps"][-1]["bandwidth_m"] == 100
