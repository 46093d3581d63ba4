"""Real police data: figures that were counted apart from this library."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

import hotspot as hs
from hotspot.cli import main
from hotspot.geography.projection import to_easting_northing
from hotspot.statistics.gi_kernel import gi_lattice
from hotspot.statistics.inference import tails
from hotspot.statistics.lattice import queen
from hotspot.statistics.multiple_testing import adjust

pytestmark = pytest.mark.usefixtures("real_data")


@pytest.fixture(scope="module")
def sandwell(real_data: Path) -> gpd.GeoDataFrame:
    return hs.read_area(real_data / "boundaries" / "sandwell.gpkg", layer="borough")


@pytest.fixture(scope="module")
def two_months(real_data: Path, sandwell: gpd.GeoDataFrame) -> hs.Intake:
    folder = real_data / "police_uk" / "west_midlands"
    return hs.read_police_uk([folder / "2014-01", folder / "2014-02"], area=sandwell)


def hot(incidents: gpd.GeoDataFrame, area: gpd.GeoDataFrame, size: float, *, star: bool) -> int:
    grid = hs.Grid.over(area, cell_size=size)
    result = hs.getis_ord(hs.count_incidents(incidents, grid), grid, star=star)
    return int(((result["gi_q"] <= 0.05) & (result["gi_z"] > 0)).sum())


def hot_if_all_were_whole(
    incidents: gpd.GeoDataFrame, area: gpd.GeoDataFrame, size: float, *, star: bool
) -> int:
    """Count hot cells as if the boundary cut none, which is how the known answers were counted."""
    grid = hs.Grid.over(area, cell_size=size)
    n = hs.count_incidents(incidents, grid, geometry=False)["n"].to_numpy()
    gi = gi_lattice(grid.to_matrix(n), grid.mask, queen("square"), grid.row0, star=star)
    found = tails(n, gi.sums, gi.drawn, star=star)
    q = adjust(
        np.where(gi.reason > 0, np.nan, np.minimum(1, 2 * np.minimum(found.upper, found.lower))), "fdr_bh"
    )
    return int(((q <= 0.05) & (found.upper < found.lower)).sum())


def test_check_of_the_west_midlands(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # 25,558 + 18,631 + 17,639 lines after the headers: tail -q -n +2 */*.csv | wc -l gives 61,828.
    main(["check", str(real_data / "police_uk" / "west_midlands")])
    said = capsys.readouterr().out
    assert "61,828 rows read = 61,828 used + 0 set aside" in said
    assert "3 months with a file (2011-02, 2014-01 to 2014-02)" in said
    assert "(2011-03 to 2013-12)" in said
    for rows in ("25,558", "18,631", "17,639"):
        assert rows in said


def test_two_months_of_sandwell(two_months: hs.Intake, sandwell: gpd.GeoDataFrame) -> None:
    ledger = two_months.ledger
    assert ledger["read"].tolist() == [18_631, 17_639]
    assert int(ledger["read"].sum()) == 36_270
    assert int(ledger["used"].sum()) == 3_872
    assert (ledger["read"] == ledger["used"] + ledger["outside the area"]).all()
    grid = hs.Grid.over(sandwell, cell_size=200)
    for shape in ("square", "hexagon"):
        grid = hs.Grid.over(sandwell, cell_size=200, shape=shape)  # type: ignore[arg-type]
        assert int(hs.count_incidents(two_months.incidents, grid)["n"].sum()) == 3_872


# Hot cells at q of 0.05 or less, counted by another program that draws cells with numpy alone (docs/methods): the
# first of a pair for Gi*, drawn from all cells, the second for Gi, the cell's own value held.
def test_hot_cells_of_all_crime_in_sandwell(two_months: hs.Intake, sandwell: gpd.GeoDataFrame) -> None:
    both = (True, False)
    assert [hot_if_all_were_whole(two_months.incidents, sandwell, 200, star=star) for star in both] == [12, 7]
    # Regression: with the cut cells thinned (tests/oracle/test_exact_enumeration holds the null) one fewer each.
    assert [hot(two_months.incidents, sandwell, 200, star=star) for star in both] == [11, 6]


def test_hot_cells_of_asb_in_sandwell(two_months: hs.Intake, sandwell: gpd.GeoDataFrame) -> None:
    asb = hs.select_incidents(two_months.incidents, category="Anti-social behaviour")
    assert [hot(asb, sandwell, 200, star=star) for star in (True, False)] == [0, 0]


def test_hot_cells_of_asb_in_barking(real_data: Path) -> None:
    area = hs.read_area(real_data / "boundaries" / "barking_and_dagenham.gpkg", layer="borough")
    incidents = hs.read_police_uk(real_data / "police_uk" / "barking_and_dagenham", area=area).incidents
    asb = hs.select_incidents(incidents, category="Anti-social behaviour")
    assert [hot_if_all_were_whole(asb, area, 150, star=star) for star in (True, False)] == [10, 9]
    # Regression, as above.
    assert [hot(asb, area, 150, star=star) for star in (True, False)] == [9, 7]


def test_published_degrees_are_whole_metres(real_data: Path) -> None:
    import pandas as pd

    path = real_data / "police_uk" / "west_midlands" / "2014-01" / "2014-01-west-midlands-street.csv"
    table = pd.read_csv(path, usecols=["Longitude", "Latitude"])
    x, y = to_easting_northing(table["Longitude"], table["Latitude"])
    assert np.abs(x - np.rint(x)).max() < 0.1
    assert np.abs(y - np.rint(y)).max() < 0.1


def test_the_busiest_map_point_of_sandwell(two_months: hs.Intake) -> None:
    # grep -c of its coordinates in both files, WMP alone: 51 rows, 1 of them anti-social behaviour.
    first = hs.repeat_locations(two_months.incidents).iloc[0]
    assert first["incidents"] == 51
    assert first["location"] == "map point near Freeth Street"
    assert (first["months_active"], first["months_observed"]) == (2, 2)


def test_rows_of_asb_that_repeat_are_all_kept(real_data: Path) -> None:
    folder = real_data / "police_uk" / "west_midlands"
    incidents = hs.read_police_uk([folder / "2014-01", folder / "2014-02"]).incidents
    # police.uk's own category: 4,510 and 4,285 rows (grep -c "Anti-social behaviour" of each file).
    assert int((incidents["category"] == "Anti-social behaviour").sum()) == 4_510 + 4_285
    assert incidents.loc[incidents["category"] == "Anti-social behaviour", "incident_id"].isna().all()


def test_a_month_taken_out_is_a_gap_and_not_a_zero(real_data: Path, tmp_path: Path) -> None:
    """Barking without 2017-03: its monthly mean is over the 25 months that have a file."""
    source = real_data / "police_uk" / "barking_and_dagenham"
    kept = [folder for folder in sorted(source.iterdir()) if folder.name != "2017-03"]
    intake = hs.read_police_uk(kept)
    gap = intake.coverage[intake.coverage["status"] == "missing"]
    assert gap["month"].tolist() == ["2017-03"]
    assert gap["rows"].isna().all()
    counts = hs.sources_side_by_side(intake.incidents)["data.police.uk/metropolitan"]
    assert counts.isna().tolist() == [month == "2017-03" for month in counts.index]
    assert counts.mean() == pytest.approx(len(intake.incidents) / 25)
