"""Hot spot areas: what is joined, that nothing is counted twice, and what is refused."""

from __future__ import annotations

import logging

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.statistics.hotspot_areas import NOT_CORRECTED, NOT_TESTED_WHOLE, hotspot_areas
from makers import area_of, lattice_neighbours, masked_grid, points_of

CLASS_OF = {-1: "cold 99%", 0: "not significant", 1: "hot 99%"}
COLUMNS = [
    "area_id", "rank", "side", "cells", "incidents", "share_pct", "area_km2", "incidents_per_km2", "lowest_gi_q",
    "strongest_gi_z", "strongest_cell", "easting", "northing", "lon", "lat", "geometry",
]  # fmt: skip


def cells_of(grid: hs.Grid, sides: np.ndarray, counts: np.ndarray) -> pd.DataFrame:
    """Cells as getis_ord leaves them, with sides given: 1 hot, -1 cold, 0 neither."""
    frame = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    frame["gi_z"] = sides * (3.0 + np.arange(len(sides)) / 1000)
    frame["gi_p"] = np.where(sides != 0, 0.0001, 0.5)
    frame["gi_q"] = np.where(sides != 0, 0.001 + np.arange(len(sides)) / 1e6, 0.9)
    frame["gi_class"] = [CLASS_OF[int(side)] for side in sides]
    return frame


def groups_by_walking(members: list[int], neighbours: list[list[int]]) -> set[frozenset[int]]:
    """Connected groups, found by walking from cell to cell."""
    left, found = set(members), set()
    while left:
        walk, group = [left.pop()], set()
        while walk:
            here = walk.pop()
            group.add(here)
            near = [other for other in neighbours[here] if other in left]
            left -= set(near)
            walk += near
        found.add(frozenset(group))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("shape", "contiguity"), [("square", "queen"), ("square", "rook"), ("hexagon", "queen")]
)
def test_cells_that_touch_are_one_area(shape: str, contiguity: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Negative and odd first rows: the half-step of hexagons must follow the row's own number.
    grid, spots = masked_grid(
        rng.random((14, 15)) < 0.8, cell_size=200.0, shape=shape, row0=-7 + seed, col0=-8
    )
    sides, counts = rng.choice([-1, 0, 1], len(spots), p=[0.2, 0.4, 0.4]), rng.integers(0, 9, len(spots))
    neighbours = lattice_neighbours(spots, shape, 1.0 if contiguity == "rook" else None)
    shuffled = cells_of(grid, sides, counts).sample(frac=1, random_state=seed)
    for side, sign in (("hot", 1), ("cold", -1)):
        areas = hotspot_areas(shuffled, grid, side=side, contiguity=contiguity)  # type: ignore[arg-type]
        groups = groups_by_walking(np.flatnonzero(sides == sign).tolist(), neighbours)
        expected = {
            (int(grid.cell_ids[min(group)]), len(group), int(counts[list(group)].sum())) for group in groups
        }
        assert set(zip(areas["area_id"], areas["cells"], areas["incidents"], strict=True)) == expected
        # Nothing twice, nothing lost.
        assert int(areas["incidents"].sum()) == int(counts[sides == sign].sum())
        assert int(areas["cells"].sum()) == int((sides == sign).sum())
        assert areas["share_pct"].sum() == pytest.approx(100 * counts[sides == sign].sum() / counts.sum())


def test_the_figures_of_two_areas_by_hand() -> None:
    # Three columns and four rows of 200 m; the area leaves out the west half of the first column.
    area = area_of(shapely.box(100, 0, 600, 800))
    grid = hs.Grid.over(area, cell_size=200)
    #         row 0      row 1      row 2      row 3       (columns west to east)
    sides = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    counts = np.array([5, 2, 1, 0, 0, 0, 0, 0, 0, 0, 3, 9])
    areas = hotspot_areas(cells_of(grid, sides, counts), grid)
    assert list(areas.columns) == COLUMNS
    # Cell ids are row x 10,000,000 + column: the second area is row 3, column 2.
    assert areas["area_id"].tolist() == [30_000_002, 0]
    assert areas["rank"].tolist() == [1, 2]
    assert areas["incidents"].tolist() == [9, 7]
    assert areas["share_pct"].tolist() == [45.0, 35.0]
    # One whole cell; one whole and one half.
    assert areas["area_km2"].tolist() == pytest.approx([0.04, 0.06])
    assert areas["incidents_per_km2"].tolist() == pytest.approx([9 / 0.04, 7 / 0.06])
    assert areas["lowest_gi_q"].tolist() == pytest.approx([0.001011, 0.001])
    assert areas["strongest_gi_z"].tolist() == pytest.approx([3.011, 3.001])
    assert areas["strongest_cell"].tolist() == ["E400 N600", "E200 N0"]
    assert areas.geometry.iloc[1].equals(shapely.box(0, 0, 400, 200))
    assert areas.crs == area.crs


def test_clip_changes_the_outline_and_no_figure() -> None:
    area = area_of(shapely.Point(1000, 1000).buffer(777.0))
    grid = hs.Grid.over(area, cell_size=200)
    rng = np.random.default_rng(5)
    sides = rng.choice([0, 1], len(grid))
    cells = cells_of(grid, sides, rng.integers(0, 5, len(grid)))
    whole, cut = hotspot_areas(cells, grid), hotspot_areas(cells, grid, clip=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(whole).drop(columns="geometry"), pd.DataFrame(cut).drop(columns="geometry")
    )
    assert cut.geometry.area.to_numpy() / 1e6 == pytest.approx(cut["area_km2"].to_numpy(), rel=1e-9)
    assert whole.geometry.area.to_numpy() / 1e6 == pytest.approx(0.04 * whole["cells"].to_numpy(), rel=1e-9)
    outline = area.geometry.iloc[0]
    spots = gpd.points_from_xy(cut["easting"], cut["northing"])
    assert shapely.intersects(spots, outline).all()
    assert shapely.intersects(spots, whole.geometry.to_numpy()).all()
    assert set(cut.geom_type) <= {"Polygon", "MultiPolygon"}


def test_real_tests_end_in_the_same_areas_with_and_without_geometry() -> None:
    grid = hs.Grid.over(area_of(shapely.box(398_000, 287_000, 402_000, 291_000)), cell_size=200)
    busy = [(398_900 + 200 * (i % 3), 287_900 + 200 * (i // 3 % 3)) for i in range(90)]
    incidents = points_of([*busy, (401_500, 290_500)])
    plain = hs.getis_ord(hs.count_incidents(incidents, grid, geometry=False), grid)
    drawn = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    areas = hotspot_areas(plain, grid)
    hot = plain[(plain["gi_q"] <= 0.05) & (plain["gi_z"] > 0)]
    assert len(hot) > 0
    assert areas["cells"].sum() == len(hot)
    assert areas["incidents"].sum() == hot["n"].sum() > 0
    assert areas["share_pct"].sum() == pytest.approx(100 * hot["n"].sum() / 91)
    pd.testing.assert_frame_equal(pd.DataFrame(areas), pd.DataFrame(hotspot_areas(drawn, grid)))
    # data.police.uk's own degrees of this corner of the grid are near 52.5 N, 2.0 W.
    assert areas["lat"].iloc[0] == pytest.approx(52.49, abs=0.01)
    assert areas["lon"].iloc[0] == pytest.approx(-2.01, abs=0.01)


@pytest.mark.parametrize("side", ["hot", "cold"])
def test_no_significant_cell_is_an_empty_frame_with_the_same_columns(side: str) -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 1000)), cell_size=200)
    some = hotspot_areas(cells_of(grid, np.ones(25), np.ones(25, dtype=int)), grid)
    none = hotspot_areas(cells_of(grid, np.zeros(25), np.ones(25, dtype=int)), grid, side=side)  # type: ignore[arg-type]
    assert len(none) == 0
    assert list(none.columns) == COLUMNS
    assert none.dtypes.to_dict() == some.dtypes.to_dict()
    assert none.crs == some.crs
    assert provenance.of(none)["steps"][-1]["areas"] == 0


def test_cold_areas_rank_by_cells_and_name_their_lowest_z() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    cells = cells_of(grid, np.array([-1, 0, -1, -1, 1]), np.array([4, 0, 0, 1, 50]))
    areas = hotspot_areas(cells, grid, side="cold")
    assert areas["area_id"].tolist() == [2, 0]
    assert areas["incidents"].tolist() == [1, 4]
    assert areas["strongest_gi_z"].tolist() == [cells["gi_z"].iloc[3], cells["gi_z"].iloc[0]]


def test_equal_areas_share_their_rank() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    areas = hotspot_areas(cells_of(grid, np.array([1, 0, 1, 0, 1]), np.array([3, 0, 7, 0, 3])), grid)
    assert areas["rank"].tolist() == [1, 2, 2]
    assert areas["area_id"].tolist() == [2, 0, 4]


def test_the_level_takes_in_what_equals_it() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    cells = cells_of(grid, np.array([1, 0, 1, 0, 1]), np.ones(5, dtype=int))
    cells["gi_q"] = [0.05, 0.9, 0.0500001, 0.9, 0.01]
    assert hotspot_areas(cells, grid)["area_id"].tolist() == [0, 4]
    assert hotspot_areas(cells, grid, level=0.01)["area_id"].tolist() == [4]


def test_cells_without_a_result_are_in_no_area() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    cells = cells_of(grid, np.array([1, 1, 0, 0, 0]), np.ones(5, dtype=int))
    cells["gi_class"] = pd.Categorical(cells["gi_class"]).remove_categories("not significant")
    cells.loc[cells.index[2:], ["gi_p", "gi_q", "gi_z"]] = np.nan
    assert hotspot_areas(cells, grid)["cells"].tolist() == [2]


def test_the_column_that_was_tested_is_added_up(caplog: pytest.LogCaptureFixture) -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 4000, 4000)), cell_size=200)
    # Every cell of a block of nine has ten, the middle one eleven; the hot cells reach beyond the block.
    spots = [(900 + 200 * (i % 3), 900 + 200 * (i // 3 % 3)) for i in range(90)]
    incidents = points_of([*spots, (1150, 1150)], category=["Arson"] * 90 + ["Theft"], harm=[0.5] * 91)
    cells = hs.count_incidents(incidents, grid, by="category", weight="harm", geometry=False)
    by_kind = hs.getis_ord(cells, grid, value="n_arson")
    with caplog.at_level(logging.INFO, logger="hotspot"):
        assert hotspot_areas(by_kind, grid)["incidents"].tolist() == [90]
    assert "incidents are the sum of 'n_arson'" in caplog.text
    assert hotspot_areas(by_kind, grid, value="n")["incidents"].tolist() == [91]
    # A weight is no number of incidents: the count stands beside it.
    by_harm = hs.getis_ord(cells, grid, value="weight_sum", inference="normal")
    assert hotspot_areas(by_harm, grid)["incidents"].tolist() == [91]
    with pytest.raises(hs.InputError, match="'weight_sum' holds no whole counts"):
        hotspot_areas(by_harm, grid, value="weight_sum")


def test_uncorrected_cells_are_taken_only_when_asked_and_said() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 4000, 4000)), cell_size=200)
    counted = hs.count_incidents(points_of([(900 + 200 * (i % 3), 900) for i in range(30)]), grid)
    raw = hs.getis_ord(counted, grid, correction=None)
    with pytest.raises(hs.InputError, match="say uncorrected=True"):
        hotspot_areas(raw, grid)
    areas = hotspot_areas(raw, grid, uncorrected=True)
    assert areas["lowest_gi_p"].iloc[0] == raw["gi_p"].min()
    assert "lowest_gi_q" not in areas
    assert NOT_CORRECTED in provenance.of(areas)["notes"]
    with pytest.raises(hs.InputError, match="leave it out"):
        hotspot_areas(hs.getis_ord(counted, grid), grid, uncorrected=True)


def test_the_record_is_carried_and_the_input_kept() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    cells = cells_of(grid, np.array([1, 0, 1, 0, 1]), np.ones(5, dtype=int))
    cells = provenance.carry(cells, cells, "getis_ord", value="n")
    before = cells.copy(deep=True)
    areas = hotspot_areas(cells, grid)
    pd.testing.assert_frame_equal(cells, before)
    record = provenance.of(areas)
    assert [step["step"] for step in record["steps"]] == ["getis_ord", "hotspot_areas"]
    assert record["steps"][-1]["significant_cells"] == 3
    assert NOT_TESTED_WHOLE in record["notes"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": 0}, "must be over 0 and at most 0.1"),
        ({"level": 0.2}, "must be over 0 and at most 0.1"),
        ({"level": True}, "must be over 0"),
        ({"side": "warm"}, "use 'hot' or 'cold'"),
        ({"contiguity": "bishop"}, "use 'queen' or 'rook'"),
        ({"value": "asb"}, "'asb' is no column of the cells"),
        ({"value": "gi_z"}, "'gi_z' holds no whole counts"),
    ],
)
def test_options_that_are_none(options: dict[str, object], words: str) -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    cells = cells_of(grid, np.array([1, 0, -1, 0, 1]), np.ones(5, dtype=int))
    with pytest.raises(hs.InputError, match=words):
        hotspot_areas(cells, grid, **options)  # type: ignore[arg-type]


def test_frames_that_are_not_the_grids_tested_cells() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 200)), cell_size=200)
    cells = cells_of(grid, np.ones(5), np.ones(5, dtype=int))
    with pytest.raises(hs.InputError, match="filter only afterwards"):
        hotspot_areas(cells.iloc[:3], grid)
    with pytest.raises(hs.InputError, match="run getis_ord on them first"):
        hotspot_areas(cells[["n"]], grid)
    with pytest.raises(hs.InputError, match="no column 'n' to add up"):
        hotspot_areas(cells.drop(columns="n"), grid)
