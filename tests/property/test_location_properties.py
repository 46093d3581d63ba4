"""Locations partition the incidents and do not depend on the order of rows."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

import hotspot as hs
from hotspot.geography.grid import Grid
from hotspot.ranking.identity import locate
from hotspot.ranking.places import group_within
from hotspot.ranking.previous import read_previous
from makers import points_of

# Few places, close together: groups of several points are then the rule.
METRES = st.integers(0, 7).map(lambda v: 400_000 + v * 35.0)
POINTS = st.lists(st.tuples(METRES, METRES), min_size=1, max_size=60)
WITHIN = st.sampled_from([35.0, 70.0, 100.0, 105.0, 175.0])


@given(POINTS, WITHIN)
def test_groups_partition_and_are_no_wider_than_asked(xy: list[tuple[float, float]], within: float) -> None:
    pairs = np.array(xy)
    groups = group_within(pairs[:, 0], pairs[:, 1], within)
    assert sorted(set(groups.tolist())) == list(range(groups.max() + 1))
    for group in set(groups.tolist()):
        members = pairs[groups == group]
        assert len(members) == 1 or pdist(members).max() <= within
    same = {}
    for spot, group in zip(xy, groups.tolist(), strict=True):
        assert same.setdefault(spot, group) == group


@given(POINTS, WITHIN, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_rows(
    xy: list[tuple[float, float]], within: float, random: object
) -> None:
    order = list(range(len(xy)))
    random.shuffle(order)  # type: ignore[attr-defined]
    pairs = np.array(xy)
    groups = group_within(pairs[:, 0], pairs[:, 1], within)
    shuffled = group_within(pairs[order, 0], pairs[order, 1], within)
    np.testing.assert_array_equal(groups[order], shuffled)


@given(st.data(), POINTS, st.one_of(st.none(), WITHIN))
def test_the_table_partitions_and_does_not_depend_on_the_order_of_rows(
    data: st.DataObject, xy: list[tuple[float, float]], within: float | None
) -> None:
    n = len(xy)
    months = data.draw(st.lists(st.integers(1, 12), min_size=n, max_size=n))
    kinds = data.draw(
        st.lists(st.sampled_from(["ASB", "Burglary", "Robbery", "Drugs"]), min_size=n, max_size=n)
    )
    frame = points_of(
        xy,
        category=kinds,
        location=[f"Street {int(x) % 3}" for x, _ in xy],
        start=pd.to_datetime([f"2024-{month:02d}-01" for month in months]),
        place_id=[f"{x:.0f}/{y:.0f}" for x, y in xy],
    )
    order = list(data.draw(st.permutations(range(n))))
    table = hs.repeat_locations(frame, within=within, min_incidents=1)
    again = hs.repeat_locations(frame.iloc[order], within=within, min_incidents=1)
    pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(again), check_exact=True)
    assert int(table["incidents"].sum()) == n
    assert table["incidents"].is_monotonic_decreasing
    np.testing.assert_allclose(table["share_pct"].sum(), 100)
    np.testing.assert_allclose(table["cumulative_pct"].iloc[-1], 100)
    # rank: one more than the number of locations with more incidents.
    slow = [1 + sum(other > mine for other in table["incidents"]) for mine in table["incidents"]]
    assert table["rank"].tolist() == slow
    if within is None:
        counts = pd.Series(frame["place_id"]).value_counts()
        assert dict(zip(table["location_id"], table["incidents"], strict=True)) == counts.to_dict()


@given(st.data(), POINTS)
def test_other_names_for_categories_change_no_rank(
    data: st.DataObject, xy: list[tuple[float, float]]
) -> None:
    n = len(xy)
    kinds = data.draw(st.lists(st.sampled_from(["ASB", "Burglary", "Drugs"]), min_size=n, max_size=n))
    renamed = {"ASB": "zz", "Burglary": "aa", "Drugs": "mm"}
    order = list(data.draw(st.permutations(range(n))))
    frame = points_of(xy, category=kinds, place_id=[f"{x:.0f}/{y:.0f}" for x, y in xy])
    other = frame.assign(category=[renamed[kind] for kind in kinds]).iloc[order]
    one, two = (hs.repeat_locations(each, min_incidents=1) for each in (frame, other))
    assert one["location_id"].tolist() == two["location_id"].tolist()
    columns = [name for name in one.columns if name != "leading_categories"]
    pd.testing.assert_frame_equal(pd.DataFrame(one[columns]), pd.DataFrame(two[columns]), check_exact=True)


SQUARES = gpd.GeoDataFrame(
    {"name": ["w", "e"]},
    geometry=[
        shapely.box(399_990, 399_990, 400_105, 400_150),
        shapely.box(400_105, 399_990, 400_180, 400_260),
    ],
    crs=27700,
)


@given(POINTS, st.sampled_from(["cells", "areas", "within"]), st.integers(1, 60))
def test_each_incident_is_in_one_location_or_counted_as_in_none(
    xy: list[tuple[float, float]], kind: str, split: int
) -> None:
    xy = [*xy, (400_100.0, 400_100.0)]
    frame = points_of(xy)
    by = {"cells": Grid.over(SQUARES, cell_size=50), "areas": SQUARES, "within": None}[kind]
    found = locate(frame, by=by, within=70.0 if kind == "within" else None)
    assert len(found.codes) == len(frame)
    assert len(set(found.ids.tolist())) == len(found.ids)
    inside = [
        any(shapely.intersects(square, shapely.Point(x, y)) for square in SQUARES.geometry) for x, y in xy
    ]
    if kind == "areas":
        assert (found.codes >= 0).tolist() == inside
    if kind == "within":
        # Last time's list, of the first rows, partitions the rows of this time too.
        assert (found.codes >= 0).all()
        before = hs.repeat_locations(frame.iloc[:split], within=70.0, min_incidents=1)
        after = locate(frame, within=70.0, previous=read_previous(before))
        for code in range(len(after)):
            members = np.array(xy)[after.codes == code]
            assert len(members) < 2 or pdist(members).max() <= 70.0
        assert set(before["location_id"]) <= set(after.ids.tolist())
    assert int(
        np.bincount(found.codes[found.codes >= 0], minlength=1).sum() + (found.codes < 0).sum()
    ) == len(xy)
