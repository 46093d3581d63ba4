"""The hash of an order's boundary: kept when the file is saved again, changed when a vertex is moved."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot.decisions.order import Order

Points = list[tuple[float, float]]


@st.composite
def stars(draw: st.DrawFn) -> tuple[Points, Points]:
    """Draw a ring around a centre and a hole in it, to the centimetre: never crossing themselves."""
    many = draw(st.integers(4, 12))
    radii = draw(st.lists(st.integers(5_000, 90_000), min_size=many, max_size=many))
    outer = [
        (
            round(400_000 + radius / 100 * math.cos(math.tau * turn / many), 2),
            round(291_000 + radius / 100 * math.sin(math.tau * turn / many), 2),
        )
        for turn, radius in enumerate(radii)
    ]
    hole = [(400_000 + x, 291_000 + y) for x, y in ((-3.5, -3), (4, -2.25), (2, 5.01))]
    return outer, hole


def order(geometry: gpd.GeoDataFrame | Path) -> Order:
    prohibition = {"name": "Drinking", "behaviour": "street drinking"}
    return Order(
        "A", geometry, in_force=[("2024-03-01", "2027-02-28")], decision="extend", prohibitions=[prohibition]
    )


def frame(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=27700)


def drawn_again(ring: Points, start: int, backwards: bool, doubled: set[int], off: float) -> Points:
    """Return the same ring from another start, perhaps backwards, with some vertices twice."""
    turned = ring[start % len(ring) :] + ring[: start % len(ring)]
    turned = turned[::-1] if backwards else turned
    points = []
    for number, (x, y) in enumerate(turned):
        points.append((x, y))
        if number in doubled:
            points.append((x + off, y - off))
    return points


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rings=stars(),
    start=st.integers(0, 11),
    backwards=st.tuples(st.booleans(), st.booleans()),
    doubled=st.sets(st.integers(0, 11)),
    off=st.sampled_from([0.0, 1e-9, 0.003, -0.004, 0.0069]),
    moved=st.integers(0, 11),
    two_first=st.booleans(),
)
def test_the_hash_outlives_saving_and_not_a_moved_vertex(
    tmp_path_factory: pytest.TempPathFactory,
    rings: tuple[Points, Points],
    start: int,
    backwards: tuple[bool, bool],
    doubled: set[int],
    off: float,
    moved: int,
    two_first: bool,
) -> None:
    outer, hole = rings
    shape = shapely.Polygon(outer, [hole])
    second = shapely.box(402_000, 291_000, 402_100, 291_050.25)
    known = order(frame(shape, second)).hash
    other = shapely.Polygon(
        drawn_again(outer, start, backwards[0], doubled, off),
        [drawn_again(hole, start, backwards[1], doubled, off)],
    )
    file = tmp_path_factory.mktemp("order") / "again.gpkg"
    parts = (second, other) if two_first else (other, second)
    frame(shapely.MultiPolygon(parts)).to_file(file, driver="GPKG")
    assert order(file).hash == known

    at = moved % len(outer)
    x, y = outer[at]
    away = math.hypot(x - 400_000, y - 291_000)
    outer[at] = (
        x + (x - 400_000) / away,
        y + (y - 291_000) / away,
    )  # a metre outwards: the ring stays simple
    frame(shapely.Polygon(outer, [hole]), second).to_file(file, driver="GPKG")
    assert order(file).hash != known


def test_a_densely_drawn_curve_is_not_thinned_to_a_point() -> None:
    turns = np.linspace(0, math.pi / 2, 400)
    arc = np.column_stack(
        [400_000 + np.cos(turns), 291_000 + np.sin(turns)]
    )  # steps of 4 mm on a metre's corner
    shape = shapely.Polygon([(399_900.0, 290_900.0), *map(tuple, arc)])
    kept = order(frame(shape)).geometry.geometry.item()
    assert kept.equals(shape)
