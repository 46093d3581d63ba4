"""The one output of full rows: marked, whole, in no other file, and readable again by the same mapping."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from hotspot import sample
from hotspot.errors import InputError
from hotspot.intake.partner import read_incidents
from hotspot.intake.police_uk import read_police_uk

MAPPING: dict[str, Any] = {
    "source": {"name": "Cases", "location_precision": "address"},
    "columns": {"id": "Ref", "category": "Type", "start": "Opened"},
    "dates": {"order": "day-first"},
    "coordinates": {"easting": "X", "northing": "Y"},
}
ROWS = [
    "Ref;Type;Opened;X;Y;Notes",
    "1;Noise;01/03/2024 21:10;399100;291100;kept",
    '2;Noise;02/03/2024 21:10;;;"a note; with, marks\nand a line"',
    "3;Noise;never;399200;291200;=HYPERLINK(1)",
    "4;Noise;03/03/2024 21:10",
    "5;Noise;03/03/2024 21:10;399300;291300;x;y;z",
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text("\n".join(ROWS) + "\n", encoding="cp1252")
    return path


def rows_of(path: Path, delimiter: str = ";") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_full_rows_are_written_with_reason_and_marking(tmp_path: Path, export: Path) -> None:
    intake = read_incidents(export, MAPPING)
    path = intake.save_set_aside(tmp_path / "aside.csv")
    assert path.name == "aside OFFICIAL-SENSITIVE.csv"
    rows = rows_of(path)
    assert [row["Ref"] for row in rows] == ["2", "3", "4", "5"]
    assert rows[0]["Notes"] == "a note; with, marks\nand a line"
    assert rows[1]["Notes"] == "'=HYPERLINK(1)"
    assert [row["set aside: reason"] for row in rows] == [
        "no location",
        "unreadable date",
        "wrong number of fields",
        "wrong number of fields",
    ]
    assert [row["set aside: row"] for row in rows] == ["3", "4", "5", "6"]
    assert (rows[3]["field 7"], rows[3]["field 8"]) == ("y", "z")
    assert all(row["marking"].startswith("OFFICIAL-SENSITIVE") for row in rows)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def test_repaired_rows_are_read_by_the_same_mapping(tmp_path: Path, export: Path) -> None:
    mapping = {**MAPPING, "file": {"header_row": 1, "delimiter": ";", "encoding": "cp1252"}}
    path = read_incidents(export, mapping).save_set_aside(tmp_path / "aside.csv")
    text = path.read_text(encoding="cp1252")
    path.write_text(
        text.replace("never", "04/03/2024").replace("21:10;;;", "21:10;399000;291000;", 1), encoding="cp1252"
    )
    again = read_incidents(path, mapping)
    assert again.incidents["incident_id"].tolist() == ["2", "3", "5"]
    assert again.save_set_aside(tmp_path / "rest.csv").exists()
    assert list(rows_of(tmp_path / "rest OFFICIAL-SENSITIVE.csv")[0]).count("marking") == 1


def test_rows_above_the_header_carry_the_marking(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("Report\n\n" + "\n".join(ROWS), encoding="utf-8")
    mapping = {**MAPPING, "file": {"header_row": 3}}
    saved = read_incidents(path, mapping).save_set_aside(tmp_path / "aside.csv")
    assert saved.read_text(encoding="utf-8-sig").startswith("OFFICIAL-SENSITIVE")
    assert read_incidents(saved, mapping).ledger["read"].tolist() == [4]


def test_reasons_can_be_chosen(tmp_path: Path, export: Path) -> None:
    intake = read_incidents(export, MAPPING)
    path = intake.save_set_aside(tmp_path / "aside.csv", reasons="no location")
    assert [row["Ref"] for row in rows_of(path)] == ["2"]
    with pytest.raises(InputError, match="the reasons are: no location, unreadable date"):
        intake.save_set_aside(tmp_path / "aside.csv", reasons=["no location", "no luck"])


def test_an_open_source_is_not_marked_sensitive(tmp_path: Path, export: Path) -> None:
    mapping = {**MAPPING, "source": {**MAPPING["source"], "open": True}}
    path = read_incidents(export, mapping).save_set_aside(tmp_path / "aside.csv")
    assert path.name == "aside.csv"
    assert {row["marking"] for row in rows_of(path)} == {"Open data"}


def test_a_changed_or_missing_source_is_noticed(tmp_path: Path, export: Path) -> None:
    intake = read_incidents(export, MAPPING)
    export.write_text("\n".join(ROWS[:-1]), encoding="utf-8")
    with pytest.raises(InputError, match="has changed since"):
        intake.save_set_aside(tmp_path / "aside.csv")
    export.unlink()
    with pytest.raises(InputError):
        intake.save_set_aside(tmp_path / "aside.csv")


@pytest.mark.parametrize("name", ["aside.xlsx", "aside", "nowhere/aside.csv"])
def test_a_path_that_cannot_be_written(tmp_path: Path, export: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_incidents(export, MAPPING).save_set_aside(tmp_path / name)


def test_nothing_to_save_is_said(tmp_path: Path, export: Path) -> None:
    export.write_text("\n".join(ROWS[:2]), encoding="utf-8")
    with pytest.raises(InputError, match="no row was set aside"):
        read_incidents(export, MAPPING).save_set_aside(tmp_path / "aside.csv")


def test_frames_and_points_come_back_too(tmp_path: Path) -> None:
    frame = pd.DataFrame([row.split(";") for row in (ROWS[1], ROWS[3])], columns=ROWS[0].split(";"))
    path = read_incidents(frame, MAPPING).save_set_aside(tmp_path / "aside.csv")
    assert [row["Ref"] for row in rows_of(path, ",")] == ["3"]
    mapping = {key: value for key, value in MAPPING.items() if key != "coordinates"}
    points = gpd.GeoDataFrame(
        frame, geometry=gpd.points_from_xy([399100, 399200], [291100, 291200]), crs=27700
    )
    path = read_incidents(points, mapping).save_set_aside(tmp_path / "aside.geojson")
    again = gpd.read_file(path)
    assert again["Ref"].tolist() == ["3"]
    assert again.crs.to_epsg() == 27700
    assert (again.geometry.x[0], again.geometry.y[0]) == (399200, 291200)
    assert read_incidents(path, mapping).ledger["set_aside"].tolist() == [1]


def test_police_files_give_their_rows_back(tmp_path: Path) -> None:
    intake = read_police_uk(sample.police_uk_archive())
    path = intake.save_set_aside(tmp_path / "aside.csv")
    rows = rows_of(path, ",")
    assert len(rows) == len(intake.set_aside)
    assert {row["Location"] for row in rows} == {"No Location"}
    assert read_police_uk(path).ledger["no location"].tolist() == [len(rows)]
