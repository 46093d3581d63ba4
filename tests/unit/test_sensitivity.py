"""Every combination of scale side by side: the figures against slow second computations."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.statistics.sensitivity import NOT_A_SEARCH, SensitivityResult, _points_inside, sensitivity
from makers import area_of, points_of

# Edges on whole tens of metres, so that a lattice of 10 m points measures every overlap exactly.
WEST, SOUTH, EAST, NORTH = 400_050, 280_020, 403_970, 283_490
AREA = area_of(shapely.box(WEST, SOUTH, EAST, NORTH))


def incidents_of(seed: int = 1) -> gpd.GeoDataFrame:
    """Two clusters on scattered incidents, the tight one against the eastern boundary."""
    rng = np.random.default_rng(seed)
    spread = rng.uniform((WEST, SOUTH), (EAST, NORTH), (300, 2))
    broad = rng.normal((401_200, 281_200), 150, (200, 2))
    tight = np.minimum(rng.normal((403_850, 282_500), 100, (150, 2)), EAST - 1)
    return points_of([tuple(pair) for pair in np.vstack([spread, broad, tight])])  # type: ignore[misc]


@pytest.fixture(scope="module")
def found() -> SensitivityResult:
    return sensitivity(incidents_of(), AREA, cell_sizes=[200, 100, 150], radii=[400, None])


def hot_cells(grid: hs.Grid, cells: pd.DataFrame) -> np.ndarray:
    q, z = cells["gi_q"].to_numpy(), cells["gi_z"].to_numpy()
    return np.asarray((q <= 0.05) & (z > 0))


def test_one_row_a_combination_in_order(found: SensitivityResult) -> None:
    table = found.table
    assert table.index.tolist() == [1, 2, 3, 4, 5, 6]
    assert table["cell_size"].tolist() == [100.0, 100.0, 150.0, 150.0, 200.0, 200.0]
    assert table["radius"].isna().tolist() == [True, False] * 3
    assert table["neighbours"].tolist() == ["touching cells", "within 400 m"] * 3
    assert [grid.cell_size for grid in found.grids] == table["cell_size"].tolist()


def test_each_row_is_what_the_calls_give_one_by_one(found: SensitivityResult) -> None:
    cut = 0
    for number, (size, radius) in enumerate([(s, r) for s in (100, 150, 200) for r in (None, 400)]):
        grid = hs.Grid.over(AREA, cell_size=size)
        cells = hs.getis_ord(hs.count_incidents(incidents_of(), grid), grid, radius=radius)
        hot, row = hot_cells(grid, cells), found.table.iloc[number]
        assert row["cells"] == len(grid)
        assert row["tested"] == cells["gi_p"].notna().sum() > 0
        assert row["hot_cells"] == hot.sum() > 0
        assert row["cold_cells"] == ((cells["gi_q"] <= 0.05) & (cells["gi_z"] < 0)).sum()
        assert row["incidents"] == cells["n"].sum()
        assert row["incidents_per_cell"] == pytest.approx(cells["n"].mean())
        assert row["hot_incidents_pct"] == pytest.approx(100 * cells["n"][hot].sum() / cells["n"].sum())
        area = gpd.GeoSeries(cells.geometry[hot]).intersection(AREA.geometry.iloc[0]).area.sum()
        assert row["hot_area_km2"] == pytest.approx(area / 1e6)
        assert row["hot_area_pct"] == pytest.approx(100 * area / AREA.geometry.iloc[0].area)
        pd.testing.assert_series_equal(found.cells[number]["gi_q"], cells["gi_q"])
        cut += int((cells["share_in_area"][hot] < 1).sum())
    # The boundary cuts some hot cells, so that whole ones in their place would be noticed.
    assert cut > 0


def fine_points() -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.arange(WEST + 5, EAST, 10), np.arange(SOUTH + 5, NORTH, 10))
    return x.ravel(), y.ravel()


def test_stability_against_ten_metre_points(found: SensitivityResult) -> None:
    x, y = fine_points()
    layers = []
    for grid, cells in zip(found.grids, found.cells, strict=True):
        hot = grid.cell_ids[hot_cells(grid, cells)]
        held = (y // grid.cell_size) * 10_000_000 + x // grid.cell_size
        layers.append(np.isin(held.astype(np.int64), hot))
    for i, mine in enumerate(layers):
        others = [100 * (mine & other).sum() / mine.sum() for j, other in enumerate(layers) if j != i]
        assert found.table["stability_pct"].iloc[i] == pytest.approx(np.mean(others), abs=1e-9)
    assert 0 < found.table["stability_pct"].min() < found.table["stability_pct"].max() <= 100


def test_places_count_the_combinations_in_which_they_are_hot(found: SensitivityResult) -> None:
    places = found.places
    assert places.index.tolist() == found.grids[0].cell_ids.tolist()
    assert (places["combinations"] == 6).all()
    assert places["share_hot"].to_numpy() == pytest.approx(places["hot_in"].to_numpy() / 6)
    assert (places["hot_in"] + places["cold_in"] <= 6).all()
    # The centre of the part inside: the area is a rectangle, so it is a point of the cell inside the area.
    inside = shapely.intersection(places.geometry.to_numpy(), AREA.geometry.iloc[0])
    centre = places.geometry.centroid
    point = np.where(
        shapely.intersects(centre.to_numpy(), AREA.geometry.iloc[0]), centre, shapely.centroid(inside)
    )
    times = np.zeros(len(places), dtype=int)
    for grid, cells in zip(found.grids, found.cells, strict=True):
        hot = set(grid.cell_ids[hot_cells(grid, cells)].tolist())
        col = np.floor(shapely.get_x(point) / grid.cell_size).astype(int)
        row = np.floor(shapely.get_y(point) / grid.cell_size).astype(int)
        times += np.array([r * 10_000_000 + c in hot for r, c in zip(row, col, strict=True)])
    whole = places["share_in_area"].to_numpy() == 1.0
    assert (places["hot_in"].to_numpy()[whole] == times[whole]).all()
    assert times.max() >= 4


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_the_point_of_a_place_is_in_its_cell_and_in_the_area(shape: str) -> None:
    # A thin ring: the boundary cuts every cell, and most centres lie outside the area.
    ring = shapely.Point(401_000, 281_000).buffer(700).boundary.buffer(20)
    grid = hs.Grid.over(area_of(ring), cell_size=200, shape=shape)  # type: ignore[arg-type]
    x, y = _points_inside(grid)
    centre_x, centre_y = grid.centres()
    outside = ~shapely.intersects_xy(ring, centre_x, centre_y)
    assert outside.sum() > len(grid) / 2
    assert shapely.intersects_xy(ring, x, y).all()
    assert (grid.positions_of(x, y) == np.flatnonzero(grid.mask)).all()
    assert ((x == centre_x) & (y == centre_y))[~outside].all()


def test_order_of_rows_and_of_choices_changes_nothing(found: SensitivityResult) -> None:
    shuffled = incidents_of().sample(frac=1, random_state=4)
    again = sensitivity(shuffled, AREA, cell_sizes=(150.0, 100, 200, 100), radii=[None, 400.0])
    pd.testing.assert_frame_equal(again.table, found.table)
    pd.testing.assert_frame_equal(pd.DataFrame(again.places), pd.DataFrame(found.places))


def test_one_combination_has_no_stability() -> None:
    single = sensitivity(incidents_of(), AREA, cell_sizes=[200])
    assert single.table["stability_pct"].isna().all()
    assert set(single.places["share_hot"]) <= {0.0, 1.0}
    assert NOT_A_SEARCH not in provenance.of(single.table)["notes"]


def test_nothing_hot_is_missing_and_not_zero() -> None:
    even = points_of([(WEST + 100 * i + 50, SOUTH + 100 * j + 50) for i in range(39) for j in range(34)])
    result = sensitivity(even, AREA, cell_sizes=[200, 300])
    assert result.table["hot_cells"].tolist() == [0, 0]
    assert result.table["stability_pct"].isna().all()
    assert (result.places["share_hot"] == 0).all()


def test_uncorrected_uses_p_and_hexagons_work() -> None:
    result = sensitivity(
        incidents_of(), AREA, cell_sizes=[200], shape="hexagon", correction=None, inference="normal"
    )
    cells = result.cells[0]
    assert "gi_q" not in cells
    assert result.table["hot_cells"].item() == ((cells["gi_p"] <= 0.05) & (cells["gi_z"] > 0)).sum()
    assert result.grids[0].shape == "hexagon"


def test_the_record_says_what_was_tried(found: SensitivityResult) -> None:
    for frame in (found.table, found.places):
        step = provenance.of(frame)["steps"][-1]
        assert step["step"] == "sensitivity"
        assert step["cell_sizes_m"] == [100.0, 150.0, 200.0]
        assert step["radii_m"] == [None, 400.0]
        assert NOT_A_SEARCH in provenance.of(frame)["notes"]
        assert set(provenance.of(found.cells[0])["notes"]) <= set(provenance.of(frame)["notes"])
    assert repr(found).startswith(
        "<Sensitivity over 6 combinations; hot cells by scale: 100 m, touching cells: "
    )


def test_incidents_outside_are_said_once() -> None:
    strays = pd.concat([incidents_of(), points_of([(1.0, 1.0)])], ignore_index=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sensitivity(strays, AREA, cell_sizes=[200, 300], radii=[None, 600])
    said = [w for w in caught if "lie outside the area" in str(w.message)]
    assert len(said) == 1
    assert said[0].category is hs.HotspotWarning
    assert said[0].filename == __file__


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell_sizes": []}, "cell_sizes is empty"),
        ({"cell_sizes": 200}, "cell_sizes=200 is no list"),
        ({"cell_sizes": "200"}, "is no list"),
        ({"cell_sizes": [200, -1]}, "cell_sizes has -1, which is no positive number"),
        ({"cell_sizes": [200, float("nan")]}, "no positive number"),
        ({"cell_sizes": [200], "radii": []}, "radii is empty"),
        ({"cell_sizes": [200], "radii": [True]}, "radii has True"),
        (
            {"cell_sizes": [100, 200, 300], "radii": [None, 250]},
            "1 of 6 combinations have no neighbours: a radius of 250",
        ),
        ({"cell_sizes": [200], "level": 0.5}, "at most 0.1"),
    ],
)
def test_options_that_are_none(options: dict[str, object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        sensitivity(incidents_of(), AREA, **options)  # type: ignore[arg-type]


def test_sizes_finer_than_the_data_are_refused() -> None:
    snapped = incidents_of().assign(location_precision="map_point")
    with pytest.raises(hs.InputError, match="cell_sizes=50 m is finer than the data"):
        sensitivity(snapped, AREA, cell_sizes=[200, 50])
