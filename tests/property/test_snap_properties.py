"""Snapping against plain arithmetic over every pair, on lattices that are full of ties."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotspot import provenance
from hotspot.geography.snap import snap_to_streets
from hotspot.geography.street_graph import street_graph
from hotspot.geography.streets import read_streets
from makers import area_of, points_of, quiet

Place = tuple[int, int]
# A coarse lattice makes shared ends, crossings and equal distances the rule.
SPOTS = st.tuples(st.integers(0, 8).map(lambda n: 20 * n), st.integers(0, 8).map(lambda n: 20 * n))
SEGMENTS = st.lists(
    st.tuples(SPOTS, SPOTS).filter(lambda pair: pair[0] != pair[1]),
    min_size=1,
    max_size=14,
    unique_by=lambda pair: tuple(sorted(pair)),
)
POINTS = st.lists(
    st.one_of(SPOTS, st.tuples(st.floats(-60, 220), st.floats(-60, 220))), min_size=1, max_size=20
)


def away(point: tuple[float, float], segment: tuple[Place, Place]) -> float:
    """Return the distance from a point to a segment by its parameter, cut to the ends."""
    (ax, ay), (bx, by) = segment
    dx, dy = bx - ax, by - ay
    along = ((point[0] - ax) * dx + (point[1] - ay) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return math.hypot(point[0] - ax - along * dx, point[1] - ay - along * dy)


def streets_of(segments: list[tuple[Place, Place]], ids: list[str]) -> gpd.GeoDataFrame:
    nodes = {f"{a}_node": [str(pair[i]) for pair in segments] for i, a in enumerate(("start", "end"))}
    shapes = [shapely.LineString(pair) for pair in segments]
    return gpd.GeoDataFrame({"street_id": ids, **nodes}, geometry=shapes, crs=27700)


@given(segments=SEGMENTS, xy=POINTS, limit=st.sampled_from([0.0, 10.0, 20.0, 50.0]), order=st.randoms())
def test_each_incident_goes_to_the_nearest_street_with_the_lowest_id(
    segments: list, xy: list, limit: float, order: object
) -> None:
    ids = [f"S{n:02d}" for n in range(len(segments))]
    order.shuffle(ids)  # type: ignore[attr-defined]
    distances = [[away(point, pair) for pair in segments] for point in xy]
    least = [min(row) for row in distances]
    # A point that the two ways of arithmetic put on different sides of the limit, or of a tie, proves nothing.
    assume(all(abs(d - limit) > 1e-6 or d == limit for d in least))
    assume(all(abs(d - m - 0.001) > 1e-6 for row, m in zip(distances, least, strict=True) for d in row))
    assume(any(d <= limit for d in least))
    expected = [
        min(i for i, d in zip(ids, row, strict=True) if d <= m + 0.001) if m <= limit else None
        for row, m in zip(distances, least, strict=True)
    ]
    streets, incidents = streets_of(segments, ids), points_of(xy)
    rows = list(range(len(xy)))
    order.shuffle(rows)  # type: ignore[attr-defined]
    with quiet():
        result = snap_to_streets(incidents, streets, limit=limit)
        again = snap_to_streets(incidents.iloc[rows], streets.iloc[::-1], limit=limit)
    found = result["street_id"].astype(object)
    assert found.where(found.notna(), None).tolist() == expected
    assert again["street_id"].astype(object).reindex(result.index).equals(found)
    step = provenance.of(result)["steps"][-1]
    assert step["matched"] + step["beyond_limit"] == len(xy)
    assert int(result["street_id"].value_counts().sum()) == step["matched"]
    matched = result["street_distance_m"].notna().to_numpy()
    np.testing.assert_allclose(result["street_distance_m"][matched], np.array(least)[matched], atol=1e-9)


@given(segments=SEGMENTS, order=st.randoms())
def test_the_graph_joins_the_pairs_that_share_a_node(segments: list, order: object) -> None:
    ids = [f"S{n:02d}" for n in range(len(segments))]
    order.shuffle(ids)  # type: ignore[attr-defined]
    weights = street_graph(streets_of(segments, ids)).adjacency
    found = {pair for pair, weight in weights.items() if weight}
    expected = {
        (i, j)
        for i, one in zip(ids, segments, strict=True)
        for j, other in zip(ids, segments, strict=True)
        if i != j and set(one) & set(other)
    }
    assert found == expected


@settings(max_examples=20)
@given(segments=SEGMENTS, order=st.randoms())
def test_plain_lines_read_alike_in_every_order_and_direction(segments: list, order: object) -> None:
    area = area_of(shapely.box(0, 0, 70, 70))
    turned = [pair[::-1] if order.random() < 0.5 else pair for pair in segments]  # type: ignore[attr-defined]
    order.shuffle(turned)  # type: ignore[attr-defined]
    frames = [
        gpd.GeoDataFrame(geometry=[shapely.LineString(pair) for pair in part], crs=27700)
        for part in (segments, turned)
    ]
    near = [pair for pair in segments if shapely.LineString(pair).distance(shapely.box(0, 0, 70, 70)) <= 50]
    assume(near)
    with quiet():
        one, other = (read_streets(frame, area) for frame in frames)
    assert one["street_id"].tolist() == other["street_id"].tolist()
    assert one["street_id"].is_unique
    assert len(one) == len(near)
    assert math.isclose(one["length_m"].sum(), sum(math.dist(*pair) for pair in near))
