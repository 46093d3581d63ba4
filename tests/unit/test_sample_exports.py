"""The simulated exports of partners: same bytes when made again, the habits of their kind, and the planted truth."""

from __future__ import annotations

import csv
import io
import re
import zlib
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspot import sample
from hotspot.errors import InputError
from hotspot.geography.area import read_area
from hotspot.intake.ledger import Intake
from hotspot.intake.mapping import read_mapping
from hotspot.intake.partner import read_incidents
from hotspot.sample import council, files, partners, places, plan
from hotspot.sample.workbook import workbook_bytes

MADE = (files.POLICE_LOG_FILE, files.FIRE_FILE, files.EMERGENCY_FILE, files.PLACES_FILE)


@pytest.fixture(scope="module")
def premises() -> pd.DataFrame:
    return places.make_premises(sample.map_points(), places.outline_of(sample.borough()))


@pytest.fixture(scope="module")
def intakes() -> dict[str, Intake]:
    return {name: read_incidents(sample.export(name), sample.mapping(name)) for name in sample.export_names()}


def rows_of(name: str) -> list[dict[str, str]]:
    text = sample.export(name).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_export_has_a_mapping_that_is_sound() -> None:
    assert sample.export_names() == ["police_log", "council_cases", "fire_service", "emergency_department"]
    assert sample.export("council_cases") == sample.council_cases()
    for name in sample.export_names():
        mapping = read_mapping(sample.mapping(name))
        assert mapping.source.simulated
        assert not mapping.source.open
        text = sample.mapping(name).read_text("utf-8")
        assert text.count("#") >= 8, "a mapping that ships as an example explains itself"


@pytest.mark.parametrize("ask", [sample.export, sample.mapping])
def test_an_unknown_name_is_refused_with_the_known_ones(ask: object) -> None:
    with pytest.raises(InputError, match="police_log, council_cases, fire_service, emergency_department"):
        ask("ambulance")  # type: ignore[operator]


def test_every_export_reads_by_its_mapping_alone_and_its_ledger_closes(intakes: dict[str, Intake]) -> None:
    for name, intake in intakes.items():
        ledger = intake.ledger.iloc[0]
        expected = plan.CASE_ROWS if name == "council_cases" else partners.ROWS
        assert ledger["read"] == expected
        assert ledger["read"] == ledger["used"] + ledger["set_aside"]
        assert len(intake.incidents) == ledger["used"]
        assert list(intake.coverage["month"]) == list(sample.MONTHS)
        assert set(intake.coverage["status"]) == {"present"}
        # The centre of a 100 m square is up to 71 m from the premises in it.
        area = read_area(sample.borough(), layer=sample.BOROUGH_LAYER).union_all().buffer(71)
        assert intake.incidents.within(area).all()


def test_what_is_set_aside_is_what_was_planted(intakes: dict[str, Intake]) -> None:
    log = rows_of("police_log")
    duplicates = {row["Incident No"] for row in log if row["Disposal"] == "Duplicate"}
    unplaced = {row["Incident No"] for row in log if not row["Easting"]} - duplicates
    police = intakes["police_log"].ledger.iloc[0]
    assert police["closed as duplicate"] == len(duplicates)
    assert police["no location"] == len(unplaced)
    department = rows_of("emergency_department")
    emergency = intakes["emergency_department"].ledger.iloc[0]
    assert emergency["no location"] == sum(not row["Place Name"] for row in department)
    assert emergency["not in the lookup table"] == sum(
        bool(row["Place Name"]) and not row["Place Name"].startswith(("Simulated", "SIMULATED"))
        for row in department
    )
    fire = intakes["fire_service"].ledger.iloc[0]
    expected = partners.WARD_ONLY_SHARE * partners.ROWS
    assert abs(fire["no location"] - expected) < 4 * np.sqrt(expected)


def test_personal_columns_are_dropped(intakes: dict[str, Intake]) -> None:
    for intake in intakes.values():
        columns = " ".join(intake.incidents.columns)
        assert not re.search("Name|Phone|Narrative|Notes|Age|Officer|Reporter", columns)
        text = intake.incidents.drop(columns="geometry").astype(str).to_csv()
        assert not re.search("Simulated (caller|person|note|officer)", text)


def test_the_planted_midnights_are_found_and_no_sound_file_has_a_finding(intakes: dict[str, Intake]) -> None:
    findings = intakes["police_log"].findings
    spike = findings[findings["finding"].str.contains("00:00")]
    assert spike["rows"].tolist() == [sum(row["Time From"] == "00:00" for row in rows_of("police_log"))]
    assert intakes["council_cases"].findings.empty
    assert intakes["fire_service"].findings.empty


def test_the_fire_service_places_rows_by_square(intakes: dict[str, Intake]) -> None:
    points = intakes["fire_service"].incidents
    ends = points.geometry.x % 100
    # The centre of a 10 m square ends in 5, that of a 100 m square in 50.
    assert set(ends[points["location_precision"] == "address"] % 10) == {5.0}
    assert set(ends[points["location_precision"] == "street"]) == {50.0}


@pytest.mark.parametrize(
    ("easting", "northing", "digits", "text"),
    [
        (400_123, 291_349, 4, "SP 0012 9134"),
        (399_999, 291_349, 3, "SO 999 913"),
        (399_999, 300_000, 4, "SJ 9999 0000"),
        (400_000, 300_009, 3, "SK 000 000"),
    ],
)
def test_references_are_cut_and_not_rounded(easting: int, northing: int, digits: int, text: str) -> None:
    assert partners.grid_reference(easting, northing, digits) == text


def test_all_times_exist_and_ends_follow_starts(intakes: dict[str, Intake]) -> None:
    for intake in intakes.values():
        starts = intake.incidents["start"]
        starts.dt.tz_localize("Europe/London", ambiguous="raise", nonexistent="raise")
        assert (intake.incidents["end"] >= starts).all()
        assert set(starts.dt.strftime("%Y-%m")) == set(sample.MONTHS)
    for row in rows_of("emergency_department"):
        if row["Incident Time"]:
            told = datetime.fromisoformat(f"{row['Incident Date']} {row['Incident Time']}")
            assert datetime.fromisoformat(row["Arrival"]) > told


def test_hours_and_seasons_are_those_of_the_kind(intakes: dict[str, Intake]) -> None:
    violence = intakes["emergency_department"].incidents
    hours = violence.loc[violence["time_precision"] == "instant", "start"].dt.hour
    assert ((hours >= 19) | (hours < 3)).mean() > 0.5
    fires = intakes["fire_service"].incidents
    grass = fires.loc[fires["category"] == "Secondary fire - grassland", "start"].dt.month
    # Planted: July 4 x January; June to August over December to February is 3.3 on that curve.
    assert grass.isin([6, 7, 8]).sum() > 2 * grass.isin([12, 1, 2]).sum()


@pytest.mark.parametrize("name", ["police_log", "fire_service"])
def test_the_planted_clusters_are_in_the_exports(
    name: str, intakes: dict[str, Intake], premises: pd.DataFrame
) -> None:
    types = partners.POLICE_TYPES if name == "police_log" else partners.FIRE_TYPES
    rates = council.rates(premises, types)
    inside = np.any([c.contains(premises["easting"], premises["northing"]) for c in plan.CLUSTERS], axis=0)
    share = rates.sum(axis=(0, 2))[inside].sum() / rates.sum()
    points = intakes[name].incidents.geometry
    observed = np.any([c.contains(points.x, points.y) for c in plan.CLUSTERS], axis=0).sum()
    expected = share * len(points)
    # A 100 m square moves a point by up to 71 m over the edge of a disc, either way.
    assert abs(observed - expected) < 3.5 * np.sqrt(expected) + 0.05 * expected
    assert observed > 1.5 * len(points) * premises["weight"][inside].sum() / premises["weight"].sum()


def test_files_are_small_and_made_again_byte_for_byte(tmp_path: Path) -> None:
    made = {path.name: path.read_bytes() for path in sample.generate_exports(tmp_path)}
    assert set(made) == set(MADE)
    for name in MADE:
        shipped = files.embedded(name).read_bytes()
        assert len(shipped) < 200_000
        # zlib-ng packs the same sheets into other bytes.
        if name != files.FIRE_FILE or "ng" not in zlib.ZLIB_RUNTIME_VERSION:
            assert made[name] == shipped
    other = {path.name: path.read_bytes() for path in sample.generate_exports(tmp_path / "other", seed=1)}
    assert all(other[name] != made[name] for name in MADE)


def test_every_row_says_that_it_is_simulated() -> None:
    for row in rows_of("police_log"):
        assert row["Incident No"].startswith("SIMP-")
        assert row["Caller Name"].startswith("Simulated caller ")
        assert row["Narrative"].startswith("Simulated note ")
    for row in rows_of("emergency_department"):
        assert row["Attendance"].startswith("SIMED")
        assert row["Notes"].startswith("Simulated note ")


def test_shares_add_up() -> None:
    for types in (partners.POLICE_TYPES, partners.FIRE_TYPES, partners.EMERGENCY_TYPES):
        assert sum(kind.share for kind in types.values()) == pytest.approx(1.0)
    assert sum(share for _, share in partners.QUALIFIERS) == pytest.approx(1.0)


def test_the_workbook_reads_back_cell_for_cell(tmp_path: Path) -> None:
    python_calamine = pytest.importorskip("python_calamine")
    cells = [["a & <b>", 1, 2.5, None, datetime(2025, 7, 14, 21, 35)], ["x"] * 28]
    path = tmp_path / "w.xlsx"
    path.write_bytes(workbook_bytes({"One & two": cells, "Other": [["y"]]}))
    assert path.read_bytes() == workbook_bytes({"One & two": cells, "Other": [["y"]]})
    book = python_calamine.CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["One & two", "Other"]
    first, second = book.get_sheet_by_name("One & two").to_python()
    assert first[:3] == ["a & <b>", 1.0, 2.5]
    assert first[3] == ""
    assert abs((first[4] - datetime(2025, 7, 14, 21, 35)).total_seconds()) < 1
    assert second == ["x"] * 28
