"""What kernel_density refuses."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

import hotspot as hs
from makers import area_of, points_of

GRID = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 1000)), cell_size=200)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bandwidth": 0}, "not a positive number"),
        ({"bandwidth": float("nan")}, "not a positive number"),
        ({"bandwidth": "silverman"}, "give metres, or 'auto'"),
        ({"bandwidth": 199}, "under cell_size=200 m"),
        ({"kernel": "gaussian", "bandwidth": 300}, "'gaussian' is not known"),
        ({"weight": "harm", "bandwidth": 300}, "'harm' is no column"),
    ],
)
def test_options_that_are_none(options: dict[str, object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.kernel_density(points_of([(1, 1), (5, 5)]), GRID, **options)  # type: ignore[arg-type]


def test_incidents_that_are_too_few_or_too_coarse() -> None:
    with pytest.raises(hs.InputError, match="no incidents"):
        hs.kernel_density(points_of([]), GRID, bandwidth=300)
    with pytest.raises(hs.InputError, match="at least 2 incidents; given 1"):
        hs.kernel_density(points_of([(1, 1)]), GRID)
    fine = hs.Grid.over(area_of(shapely.box(0, 0, 500, 500)), cell_size=50)
    snapped = points_of([(1, 1), (5, 5)], location_precision=["map_point"] * 2)
    with pytest.raises(hs.InputError, match="bandwidth=99 m is finer than the data"):
        hs.kernel_density(snapped, fine, bandwidth=99)
    assert len(hs.kernel_density(snapped, fine, bandwidth=100)) == 100


def test_cells_must_be_exactly_the_grids() -> None:
    frame = points_of([(1, 1), (5, 5)])
    cells = hs.count_incidents(frame, GRID)
    twice = pd.concat([cells.iloc[:1], cells.iloc[:-1]])
    for wrong in (cells.iloc[1:], cells[cells["n"] > 0], twice, cells.set_index(cells.index + 1)):
        with pytest.raises(hs.InputError, match=r"one row for each|are not in the frame"):
            hs.kernel_density(frame, GRID, bandwidth=300, cells=wrong)
