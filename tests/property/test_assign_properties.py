"""Areas that tile a square: every incident in it is assigned once, whatever the order of rows and areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspot import provenance
from hotspot.geography.assign import assign_area
from makers import points_of, quiet

SIDE = 200
CORNERS = st.integers(0, 8).map(lambda step: step * SIDE / 2)
PLACES = st.lists(
    st.tuples(st.one_of(CORNERS, st.floats(-50, 850)), st.one_of(CORNERS, st.floats(-50, 850))),
    min_size=1,
    max_size=30,
)


def tiles(codes: list[str]) -> gpd.GeoDataFrame:
    boxes = [
        shapely.box(col * SIDE, row * SIDE, (col + 1) * SIDE, (row + 1) * SIDE)
        for row in range(4)
        for col in range(4)
    ]
    return gpd.GeoDataFrame({"code": codes}, geometry=boxes, crs=27700)


@given(codes=st.permutations([f"A{n:02d}" for n in range(16)]), xy=PLACES, order=st.randoms())
def test_every_incident_is_assigned_once_and_to_the_lowest_code(
    codes: list[str], xy: list, order: object
) -> None:
    areas, incidents = tiles(codes), points_of(xy)
    rows = list(range(len(xy)))
    order.shuffle(rows)  # type: ignore[attr-defined]
    with quiet():
        result = assign_area(incidents, areas, column="code")
        again = assign_area(incidents.iloc[rows], areas.iloc[::-1], column="code")
    # The oracle looks at every area for every point with plain comparisons.
    for (x, y), got in zip(xy, result["code"].astype(object), strict=True):
        held = [
            code
            for (row, col), code in zip(np.ndindex(4, 4), codes, strict=True)
            if col * SIDE <= x <= (col + 1) * SIDE and row * SIDE <= y <= (row + 1) * SIDE
        ]
        assert got == min(held) if held else got != got
    assert again["code"].astype(object).reindex(result.index).equals(result["code"].astype(object))
    step = provenance.of(result)["steps"][-1]
    assert step["assigned"] + step["in_no_area"] == len(xy)
    assert int(result["code"].value_counts().sum()) == step["assigned"]
