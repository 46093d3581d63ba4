"""The simulated incidents: exact formats, the planted truth in them, and the same bytes when made again."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import zipfile
import zlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree

from hotspot import sample
from hotspot.geography.projection import to_easting_northing
from hotspot.sample import council, places, plan, police

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
MEMBER = re.compile(r"(\d{4}-\d{2})/(\d{4}-\d{2})-simulated-street\.csv")
NAMES = [cluster.name for cluster in plan.CLUSTERS]


@pytest.fixture(scope="module")
def members() -> dict[str, bytes]:
    with zipfile.ZipFile(sample.police_uk_archive()) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def rows(members: dict[str, bytes]) -> pd.DataFrame:
    read = [pd.read_csv(io.BytesIO(m), dtype=str, keep_default_na=False) for m in members.values()]
    return pd.concat(read, ignore_index=True)


@pytest.fixture(scope="module")
def located(rows: pd.DataFrame) -> pd.DataFrame:
    kept = rows[rows["Longitude"] != ""].copy()
    kept["easting"], kept["northing"] = to_easting_northing(
        kept["Longitude"].astype(float), kept["Latitude"].astype(float)
    )
    return kept


@pytest.fixture(scope="module")
def cases() -> list[dict[str, str]]:
    with sample.council_cases().open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def outside_all(easting: object, northing: object) -> np.ndarray:
    inside = [c.contains(easting, northing) for c in plan.CLUSTERS]  # type: ignore[arg-type]
    return ~np.any(inside, axis=0)


def test_there_are_24_monthly_files_in_the_archive_layout(members: dict[str, bytes]) -> None:
    found = [MEMBER.fullmatch(name) for name in members]
    assert all(match and match[1] == match[2] for match in found)
    expected = [str(p) for p in pd.period_range("2024-03", "2026-02", freq="M")]
    assert [match[1] for match in found if match] == expected == list(sample.MONTHS)


def test_files_are_in_the_published_twelve_columns(members: dict[str, bytes]) -> None:
    for content in members.values():
        lines = content.decode("ascii").split("\r\n")
        assert lines[0] == HEADER
        assert lines[-1] == ""
        assert "\n" not in "".join(lines)
        assert all(line.count(",") == 11 for line in lines[:-1])


def test_every_row_says_that_it_is_simulated(rows: pd.DataFrame, cases: list[dict[str, str]]) -> None:
    assert set(rows["Context"]) == {"simulated"}
    assert set(rows["Reported by"]) == set(rows["Falls within"]) == {"Simulated Police"}
    places_named = rows.loc[rows["Longitude"] != "", "Location"]
    assert places_named.str.fullmatch(r"On or near Simulated Street \d{4}").all()
    for case in cases:
        assert case["Case Ref"].startswith("SIM-")
        assert case["Site Name"].startswith("Simulated site ")
        assert case["Reporter Name"].startswith("Simulated person ")
        assert case["Notes"].startswith("Simulated note ")


def test_the_month_is_that_of_the_file(members: dict[str, bytes]) -> None:
    for name, content in members.items():
        assert set(pd.read_csv(io.BytesIO(content))["Month"]) == {name[:7]}


def test_only_asb_rows_have_neither_id_nor_outcome(rows: pd.DataFrame) -> None:
    asb = rows["Crime type"] == "Anti-social behaviour"
    assert (rows.loc[asb, ["Crime ID", "Last outcome category"]] == "").all(axis=None)
    assert rows.loc[~asb, "Crime ID"].str.fullmatch("[0-9a-f]{64}").all()
    assert rows.loc[~asb, "Crime ID"].is_unique
    assert (rows.loc[~asb, "Last outcome category"] != "").all()
    assert 0.20 < asb.mean() < 0.25
    assert rows[asb].duplicated().sum() > 50
    assert rows["Crime type"].nunique() == 14


def test_rows_without_a_place_are_blank_as_published(rows: pd.DataFrame) -> None:
    absent = rows["Longitude"] == ""
    assert 0.005 < absent.mean() < 0.015
    blank = rows.loc[absent, ["Latitude", "LSOA code", "LSOA name"]]
    assert (blank == "").all(axis=None)
    assert set(rows.loc[absent, "Location"]) == {"No Location"}
    assert "No Location" not in set(rows.loc[~absent, "Location"])


def test_coordinates_have_six_decimals_and_are_whole_metres(located: pd.DataFrame) -> None:
    for column in ("Longitude", "Latitude"):
        assert located[column].str.fullmatch(r"-?\d+\.\d{6}").all()
        assert located[column].str.endswith("0").any()
    for column in ("easting", "northing"):
        away = (located[column] - located[column].round()).abs()
        # Half of the sixth decimal is 0.034 m of easting and 0.056 m of northing at this latitude.
        assert away.max() < 0.07


def test_every_row_lies_in_the_lsoa_that_it_names(located: pd.DataFrame) -> None:
    import geopandas as gpd

    lsoas = gpd.read_file(sample.borough(), layer=sample.LSOA_LAYER).set_index("lsoa_code")
    points = shapely.points(located["easting"].round(), located["northing"].round())
    polygons = lsoas.geometry.loc[located["LSOA code"]].to_numpy()
    assert shapely.intersects(polygons, points).all()
    assert (lsoas["lsoa_name"].loc[located["LSOA code"]].to_numpy() == located["LSOA name"]).all()


def test_asb_peaks_in_summer(rows: pd.DataFrame) -> None:
    asb = rows.loc[rows["Crime type"] == "Anti-social behaviour", "Month"].str[-2:].value_counts()
    # Planted: July 1.5 x January; June to August over December to February is 1.46 on that curve.
    ratio = asb[["06", "07", "08"]].sum() / asb[["12", "01", "02"]].sum()
    assert 1.25 < ratio < 1.75


def test_season_peaks_in_july_at_the_ratio_asked_for() -> None:
    factors = {m: plan.season(m, 1.5) for m in sample.MONTHS[:12]}
    assert max(factors, key=lambda m: factors[m]) == "2024-07"
    assert factors["2024-07"] / factors["2025-01"] == pytest.approx(1.5)
    assert np.mean(list(factors.values())) == pytest.approx(1.0)


def test_map_points_are_about_100_m_apart_and_inside() -> None:
    points = sample.map_points()
    xy = points[["easting", "northing"]].to_numpy()
    nearest = cKDTree(xy).query(xy, k=2)[0][:, 1]
    assert nearest.min() >= plan.POINT_SPACING
    assert 90 <= np.median(nearest) <= 110
    assert 3_500 <= len(points) <= 5_000
    assert shapely.contains_xy(places.outline_of(sample.borough()), xy).all()
    assert points["weight"].mean() == pytest.approx(1.0, abs=0.05)
    assert points["weight"].var() == pytest.approx(1 / plan.POINT_WEIGHT_SHAPE, rel=0.15)


def test_baseline_weights_have_no_trend() -> None:
    points = sample.map_points()
    for column in ("easting", "northing"):
        # Under independence the correlation of 4,300 pairs has a standard error of 0.015.
        assert abs(np.corrcoef(points["weight"], points[column])[0, 1]) < 0.06


def test_clusters_are_apart_inside_the_borough_and_of_every_kind() -> None:
    discs = sample.planted_clusters()
    assert discs.crs.to_epsg() == 27700
    assert {(c.kind, c.relative_risk) for c in plan.CLUSTERS} == {
        (kind, risk) for kind in ("steady", "new", "fading", "summer") for risk in (2.0, 3.0, 5.0)
    }
    xy = discs[["easting", "northing"]].to_numpy()
    assert cKDTree(xy).query(xy, k=2)[0][:, 1].min() >= 1_000
    outline = places.outline_of(sample.borough())
    assert shapely.contains(outline, shapely.points(xy).tolist()).all()
    assert all(outline.exterior.distance(shapely.Point(p)) >= 300 for p in xy)
    assert discs.area.to_numpy() == pytest.approx(np.pi * 300**2, rel=0.001)


def test_multipliers_follow_the_kind() -> None:
    clusters = {c.name: c for c in plan.CLUSTERS}
    assert clusters["steady-3"].multiplier("2025-01") == 3.0
    assert clusters["new-5"].multiplier("2025-08") == 1.0
    assert clusters["new-5"].multiplier("2025-09") == 5.0
    assert clusters["summer-2"].multiplier("2025-07") == 2.0
    assert clusters["summer-2"].multiplier("2025-05") == 1.0
    assert clusters["fading-5"].multiplier("2024-03") == 5.0
    assert clusters["fading-5"].multiplier("2024-09") == 3.0  # half of the way: 1 + 4 x 6/12
    assert clusters["fading-5"].multiplier("2025-03") == 1.0
    expected = sample.expected_relative_risk(sample.MONTHS)
    assert expected["new-5"] == pytest.approx(1 + 4 * 6 / 24)
    assert expected["summer-5"] == pytest.approx(1 + 4 * 6 / 24)
    assert expected["fading-5"] == pytest.approx(1 + 4 * 6.5 / 24)  # 12/12 + ... + 1/12 = 6.5
    assert clusters["summer-5"].mean_relative_risk(["2025-05", "2025-06"], weights=[3, 1]) == 2.0


def test_relative_risk_at_a_place() -> None:
    cluster = plan.CLUSTERS[0]
    assert sample.relative_risk_at(cluster.easting + 300, cluster.northing, "2025-01") == 2.0
    assert sample.relative_risk_at(cluster.easting + 301, cluster.northing, "2025-01") == 1.0


def test_unknown_months_are_refused() -> None:
    with pytest.raises(ValueError, match="2026-03"):
        sample.expected_relative_risk(["2026-02", "2026-03"])
    with pytest.raises(ValueError, match="no months"):
        sample.expected_relative_risk([])


@pytest.mark.parametrize(
    ("name", "active"),
    [(c.name, active) for c in plan.CLUSTERS for active in (True, False) if active or c.kind != "steady"],
)
def test_the_observed_rate_ratio_is_the_planted_one(name: str, active: bool, located: pd.DataFrame) -> None:
    cluster = plan.CLUSTERS[NAMES.index(name)]
    months = [m for m in sample.MONTHS if (m in cluster.months) == active]
    points = sample.map_points()
    inside = cluster.contains(points["easting"], points["northing"])
    outside = outside_all(points["easting"], points["northing"])
    base = points.loc[inside, "weight"].sum() / points.loc[outside, "weight"].sum()
    now = located[located["Month"].isin(months)]
    # Map points are 85 m apart at least, so 0.1 m of rounding puts a row on the wrong side of no other point.
    x, y = now["easting"].round(), now["northing"].round()
    expected = outside_all(x, y).sum() * base * cluster.mean_relative_risk(months)
    observed = cluster.contains(x, y).sum()
    assert abs(observed - expected) < 3.5 * np.sqrt(expected)


def test_council_cases_follow_the_same_clusters(cases: list[dict[str, str]]) -> None:
    premises = places.make_premises(sample.map_points(), places.outline_of(sample.borough()))
    rates = council.rates(premises)
    share = rates.sum(axis=(0, 2)) / rates.sum()
    x = np.array([int(case["Easting"]) for case in cases])
    y = np.array([int(case["Northing"]) for case in cases])
    in_discs = ~outside_all(premises["easting"], premises["northing"])
    expected = share[in_discs].sum() * len(cases)
    without_clusters = premises.loc[in_discs, "weight"].sum() / premises["weight"].sum() * len(cases)
    observed = (~outside_all(x, y)).sum()
    assert abs(observed - expected) < 3.5 * np.sqrt(expected)
    assert observed > 1.5 * without_clusters


def test_council_cases_have_the_shape_of_an_export(cases: list[dict[str, str]]) -> None:
    assert list(cases[0]) == list(council.HEADER)
    assert len(cases) == 4_000
    assert [case["Case Ref"] for case in cases] == [f"SIM-{i:05d}" for i in range(1, 4_001)]
    opened = [datetime.strptime(case["Opened"], "%d/%m/%Y %H:%M") for case in cases]
    assert opened == sorted(opened)
    assert {f"{time:%Y-%m}" for time in opened} == set(sample.MONTHS)
    for case, start in zip(cases, opened, strict=True):
        assert re.fullmatch(r"999\d{9}", case["UPRN"])
        assert re.fullmatch(r"01632 960\d{3}", case["Reporter Phone"])
        assert re.fullmatch(r"Simulated ward \d{3}", case["Ward"])
        if case["Closed"]:
            assert datetime.strptime(case["Closed"], "%d/%m/%Y %H:%M") > start
    assert {case["Case Type"] for case in cases} == set(council.CASE_TYPES)


def test_noise_is_reported_at_night_and_fly_tipping_by_day(cases: list[dict[str, str]]) -> None:
    def night(kind: str) -> float:
        hours = [int(case["Opened"][11:13]) for case in cases if case["Case Type"] == kind]
        return float(np.mean([hour >= 19 or hour < 3 for hour in hours]))

    assert night("Noise nuisance") > 0.5
    assert night("Fly-tipping") < 0.1


def test_no_local_time_is_missing_or_doubled(cases: list[dict[str, str]]) -> None:
    times = pd.to_datetime(
        [case[column] for case in cases for column in ("Opened", "Closed") if case[column]],
        format="%d/%m/%Y %H:%M",
    )
    placed = times.tz_localize("Europe/London", ambiguous="raise", nonexistent="raise")
    assert len(placed) >= len(cases)


def test_premises_are_near_map_points_and_some_come_back_often(cases: list[dict[str, str]]) -> None:
    points = sample.map_points()
    premises = places.make_premises(points, places.outline_of(sample.borough()))
    assert len(premises) == plan.PREMISES_COUNT
    assert premises["uprn"].is_unique
    nearest = cKDTree(points[["easting", "northing"]]).query(premises[["easting", "northing"]])[0]
    assert nearest.max() <= 60
    counts = pd.Series([case["UPRN"] for case in cases]).value_counts()
    assert counts.iloc[0] >= 15
    assert (counts == 1).sum() > 500
    coordinates = {(case["UPRN"], case["Easting"], case["Northing"]) for case in cases}
    assert len(coordinates) == len(counts)


def test_shares_of_categories_and_case_types_add_up() -> None:
    assert sum(share for share, _ in police.CATEGORIES.values()) == pytest.approx(1.0)
    assert sum(kind.share for kind in council.CASE_TYPES.values()) == pytest.approx(1.0)
    assert all(len(kind.hours) == 24 for kind in council.CASE_TYPES.values())


def test_generate_gives_the_embedded_bytes(tmp_path: Path, members: dict[str, bytes]) -> None:
    archive, case_file = sample.generate(tmp_path / "made")
    assert case_file.read_bytes() == sample.council_cases().read_bytes()
    with zipfile.ZipFile(archive) as made:
        assert {name: made.read(name) for name in made.namelist()} == members
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same content into other bytes
        assert archive.read_bytes() == sample.police_uk_archive().read_bytes()
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == sorted([archive.name, case_file.name])


def test_another_seed_gives_other_incidents(tmp_path: Path) -> None:
    archive, case_file = sample.generate(tmp_path, seed=1)
    assert case_file.read_bytes() != sample.council_cases().read_bytes()
    assert archive.read_bytes() != sample.police_uk_archive().read_bytes()


def test_choose_follows_the_rates() -> None:
    rates = np.array([[1.0, 0.0], [2.0, 1.0]])
    draws = np.array([0.0, 0.2499, 0.25, 0.7499, 0.75, 0.999999])
    assert plan.choose(rates, draws).tolist() == [0, 0, 2, 2, 3, 3]


def test_importing_the_sample_is_light() -> None:
    code = "import sys, hotspot.sample; assert not {'geopandas', 'pandas', 'shapely'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
