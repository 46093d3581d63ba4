"""Locations partition the incidents and do not depend on the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

import hotspot as hs
from hotspot.ranking.places import group_within
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
