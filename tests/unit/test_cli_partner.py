"""The commands for partners' files, run in this process: what they print and write, and how they refuse."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import shapely

import hotspot as hs
from hotspot import sample
from hotspot.cli import main
from makers import TWELVE, area_of, street_file, street_row

HEADER = "Ref,Opened,Type,Easting,Northing,Reporter Name\n"
MAPPING = """
[source]
name = "Test cases"
location_precision = "address"
[columns]
id = "Ref"
start = "Opened"
category = "Type"
[dates]
order = "day-first"
[coordinates]
easting = "Easting"
northing = "Northing"
[[leave_out]]
column = "Type"
equals = ["Test"]
reason = "test case"
"""


def case(
    number: int, day: str, kind: str = "Noise", easting: str = "400100", northing: str = "289000"
) -> str:
    return f"C{number},{day},{kind},{easting},{northing},Ann Example\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five cases: three to use (one in Covid months), one without a place, one left out by rule."""
    rows = [
        case(1, "13/01/2022 10:15"),
        case(2, "14/03/2022 11:20"),
        case(3, "15/04/2022 12:25", easting="400900"),
        case(4, "16/04/2022 13:30", easting="", northing=""),
        case(5, "17/04/2022 14:35", kind="Test"),
    ]
    (tmp_path / "cases.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    (tmp_path / "cases.toml").write_text(MAPPING, encoding="utf-8")
    area_of(shapely.box(400000, 288500, 401400, 289800)).to_file(tmp_path / "area.gpkg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: object) -> None:
    main([str(argument) for argument in arguments])


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that must end with exit code 2 and one line, and return that line."""
    with pytest.raises(SystemExit) as stopped:
        run(*arguments)
    assert stopped.value.code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hotspot: ")]
    assert len(lines) == 1
    return lines[0]


def test_check_by_mapping_says_where_rows_went_and_the_months(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("check", "cases.csv", "--mapping", "cases.toml")
    said = capsys.readouterr().out
    assert "5 rows read = 3 used + 2 set aside" in said
    assert "set aside, no location: 1" in said
    assert "set aside, test case: 1" in said
    assert "Test cases: 4 months covered (2022-01 to 2022-04)" in said
    assert "no row is dated in 2022-02" in said
    # Restrictions ended with February 2022, so the break lies within these months.
    assert "known break of Test cases: Covid-19 restrictions (2020-03 to 2022-02)" in said
    assert "Ann" not in said


def test_check_gives_first_rows_and_an_example(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "cases.csv").open("a", encoding="utf-8") as file:
        file.write(case(1, "18/04/2022 15:40"))
    run("check", "cases.csv", "--mapping", "cases.toml")
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if "this id stands on an earlier row" in line)
    assert line.startswith("look at ")
    assert line.endswith("(row 7; such as 'C1')")


def test_check_says_missing_and_partial_months(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = MAPPING.replace(
        '"address"', '"address"\nmonths = ["2022-01", "2022-03", "2022-04", "2022-05", "2022-06"]'
    )
    (folder / "stated.toml").write_text(text, encoding="utf-8")
    rows = [
        case(100 * month + day, f"{day:02d}/{month:02d}/2022 10:{day:02d}")
        for month, days in ((1, 25), (3, 25), (4, 25), (5, 25), (6, 2))
        for day in range(1, days + 1)
    ]
    (folder / "many.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    run("check", "many.csv", "--mapping", "stated.toml")
    said = capsys.readouterr().out
    assert "1 month missing, which is not zero incidents (2022-02)" in said
    assert "implausibly few rows, perhaps a part of the month: 2022-06" in said


def test_check_of_police_data_names_the_breaks_within_its_months(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for month in ("2022-06", "2022-07"):
        street_file(folder / "police", TWELVE + street_row(month=month), f"{month}-test-street.csv")
    run("check", "police")
    said = capsys.readouterr().out
    assert "2 months with a file (2022-06 to 2022-07)" in said
    assert "Map points redrawn (2022-07)" in said
    assert "LSOA codes" not in said


@pytest.mark.parametrize("name", ["cases.csv", "cases.xlsx"])
def test_without_a_mapping_another_export_is_refused_with_the_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    if name.endswith("xlsx"):
        shutil.copy(sample.export("fire_service"), folder / name)
    line = refused(capsys, "check", name)
    assert "--mapping FILE.toml" in line
    assert "hotspot new-mapping" in line


def test_a_wrong_key_is_named_with_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "wrong.toml").write_text(MAPPING.replace("easting =", "eastings ="), encoding="utf-8")
    line = refused(capsys, "check", "cases.csv", "--mapping", "wrong.toml")
    assert "'eastings'" in line
    assert "the nearest is 'easting'" in line


def test_hotspots_by_mapping_writes_the_folder_and_no_whole_row(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("hotspots", "cases.csv", "--mapping", "cases.toml", "--area", "area.gpkg", "--out", "out")
    said = capsys.readouterr().out
    assert "5 rows read = 3 used + 2 set aside" in said
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["marking"] == "OFFICIAL-SENSITIVE"
    assert manifest["call"]["mapping"] == "cases.toml"
    assert len(manifest["call"]["mapping_sha256"]) == 64
    for path in (folder / "out").iterdir():
        assert b"Ann Example" not in path.read_bytes(), path.name
    assert sorted(path.name for path in folder.iterdir()) == ["area.gpkg", "cases.csv", "cases.toml", "out"]


def test_rows_to_repair_are_saved_only_when_asked_and_never_over_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "cases.csv").open("a", encoding="utf-8") as file:
        file.write(case(6, "19/04/2022 15:40", easting="420000"))
    asked = ["hotspots", "cases.csv", "--mapping", "cases.toml", "--area", "area.gpkg", "--out", "out"]
    run(*asked, "--save-set-aside", "repair.csv")
    said = capsys.readouterr().out
    assert "Whole rows to be repaired: 1" in said
    saved = folder / "repair OFFICIAL-SENSITIVE.csv"
    with saved.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    # Neither the row that a rule left out nor the one outside the area needs repair.
    assert [(row["Ref"], row["Reporter Name"]) for row in rows] == [("C4", "Ann Example")]
    saved.write_text("repaired by hand", encoding="utf-8")
    assert "is not overwritten" in refused(capsys, *asked, "--save-set-aside", "repair.csv")
    assert saved.read_text(encoding="utf-8") == "repaired by hand"


def test_nothing_to_repair_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sound.csv").write_text(
        HEADER + case(1, "13/03/2022 10:15") + case(2, "14/03/2022 11:20"), encoding="utf-8"
    )
    run(
        "hotspots", "sound.csv", "--mapping", "cases.toml", "--area", "area.gpkg", "--out", "out",
        "--save-set-aside", "repair.csv",
    )  # fmt: skip
    assert "No row needs repair" in capsys.readouterr().out
    assert not list(folder.glob("repair*"))


def test_new_mapping_goes_to_the_screen_or_a_file_and_holds_no_value(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("new-mapping", "cases.csv")
    shown = capsys.readouterr().out
    assert "Ann" not in shown
    assert "400100" not in shown
    run("new-mapping", "cases.csv", "--out", "new.toml")
    assert "hotspot check cases.csv --mapping new.toml" in capsys.readouterr().out
    assert (folder / "new.toml").read_text(encoding="utf-8") == shown
    # What it wrote reads the file as it stands: every guess is right here.
    intake = hs.read_incidents("cases.csv", "new.toml")
    assert int(intake.ledger["used"].sum()) == 4


def test_new_mapping_never_overwrites(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "new-mapping", "cases.csv", "--out", "cases.toml")
    assert "cases.toml is there already and is not overwritten" in line
    assert (folder / "cases.toml").read_text(encoding="utf-8") == MAPPING
    assert "does not exist" in refused(capsys, "new-mapping", "cases.csv", "--out", "no/such/new.toml")


def test_new_mapping_of_a_workbook_with_several_sheets(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = sample.export("fire_service")
    line = refused(capsys, "new-mapping", export)
    assert "'Notes', 'Incidents'" in line
    assert "choose one with --sheet" in line
    run("new-mapping", export, "--sheet", "Incidents", "--header-row", 4, "--out", "fire.toml")
    assert int(hs.read_incidents(export, "fire.toml").ledger["read"].sum()) == 1450
    assert "--header-row" in refused(capsys, "new-mapping", export, "--sheet", "Incidents", "--header-row", 0)


def test_a_file_without_a_header_is_refused_without_showing_a_value(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bare.csv").write_text(case(1, "13/01/2022 10:15") * 3, encoding="utf-8")
    line = refused(capsys, "new-mapping", "bare.csv", "--out", "bare.toml")
    assert "Ann" not in line
    assert "--header-row" in line
    assert not (folder / "bare.toml").exists()
