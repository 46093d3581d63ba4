"""A first mapping from a header: what is guessed, what is left open, and that no value of the data is in it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot import sample
from hotspot.errors import InputError
from hotspot.intake.header_words import role_of, words_of
from hotspot.intake.mapping import read_mapping
from hotspot.intake.new_mapping import GUESS, new_mapping
from hotspot.intake.partner import read_incidents

SHEETS = {"fire_service": "Incidents"}


@pytest.mark.parametrize("name", sample.export_names())
def test_the_draft_names_the_columns_that_the_shipped_mapping_names(name: str) -> None:
    text = new_mapping(sample.export(name), sheet=SHEETS.get(name))
    draft, shipped = tomllib.loads(text), tomllib.loads(sample.mapping(name).read_text("utf-8"))
    read_mapping(draft)
    for key, column in draft["columns"].items():
        if key != "keep":
            assert shipped["columns"].get(key, column) == column
    assert {"id", "category"} <= draft["columns"].keys()
    assert draft["dates"]["order"] == shipped.get("dates", {}).get("order", "iso")
    if name != "emergency_department":
        assert draft["coordinates"] == shipped["coordinates"]
    assert draft["columns"]["keep"] == []


@pytest.mark.parametrize("name", ["police_log", "council_cases", "fire_service"])
def test_the_draft_reads_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text(new_mapping(sample.export(name), sheet=SHEETS.get(name)), encoding="utf-8")
    intake = read_incidents(sample.export(name), path)
    assert len(intake.incidents) > 1_000


@pytest.mark.parametrize("name", sample.export_names())
def test_no_value_of_the_data_is_in_the_draft(name: str) -> None:
    text = new_mapping(sample.export(name), sheet=SHEETS.get(name))
    words = (
        "SIM",
        "Simulated",
        "01632",
        "2024-03-01",
        "01/03/2024",
        "Noise",
        "nuisance",
        "999000",
        "Town centre",
        "SP ",
    )
    body = "\n".join(line for line in text.splitlines() if "2024-03 to" not in line)
    assert [word for word in words if word in body] == []


def test_guesses_are_marked_and_personal_columns_are_said_to_be_dropped() -> None:
    text = new_mapping(sample.council_cases())
    lines = text.splitlines()
    assert f'start = "Opened"  {GUESS}' in lines
    assert "#   Reporter Name: dropped; may hold personal data" in lines
    assert "#   Closed: dropped" in lines
    assert not any("Reporter" in line for line in lines if not line.startswith("#"))


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(text.encode())
    return path


def test_a_header_below_title_lines_is_found(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Incidents,,,\nPrinted for the board,,,\n,,,\nRef,Date,Type,Postcode\n1,14/07/2025,Noise,B70 8AA\n",
    )
    draft = tomllib.loads(new_mapping(path))
    assert draft["file"]["header_row"] == 4
    assert draft["columns"]["start"] == "Date"
    assert draft["coordinates"]["lookup"]["key"] == "Postcode"
    assert draft["source"]["location_precision"] == "postcode"


@pytest.mark.parametrize(
    "text",
    [
        "1,14/07/2025,Noise,B70 8AA\n2,15/07/2025,Noise,B70 8AA\n",
        "John Smith,High Street\nAnn Jones,Low Road\n",
        "a@b.example,Noise type\n",
    ],
)
def test_a_file_without_a_header_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="looks like column names"):
        new_mapping(write(tmp_path, text))


def test_a_wrong_header_row_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "Ref,Date,Type\n1,14/07/2025,Noise\n")
    with pytest.raises(InputError, match="row 2 does not look like column names"):
        new_mapping(path, header_row=2)
    assert "header_row =" not in new_mapping(path, header_row=1)


@pytest.mark.parametrize(
    ("dates", "order", "words"),
    [
        (("14/07/2025", "03/04/2025"), "day-first", "days above 12 were seen"),
        (("07/14/2025", "03/04/2025"), "month-first", "days above 12 were seen"),
        (("03/04/2025", "05/06/2025"), "day-first", "does not prove it"),
        (("2025-07-14", "2025-04-03"), "iso", "no date was seen"),
    ],
)
def test_the_order_of_dates_is_what_the_values_prove(
    dates: tuple[str, str], order: str, words: str, tmp_path: Path
) -> None:
    rows = "".join(f"{number},{date},Noise,400100,291200\n" for number, date in enumerate(dates))
    text = new_mapping(write(tmp_path, "Ref,Date,Type,X,Y\n" + rows))
    assert tomllib.loads(text)["dates"]["order"] == order
    assert words in text


def test_x_and_y_are_degrees_where_their_values_are(tmp_path: Path) -> None:
    text = "Ref,Date,Type,X,Y\n1,14/07/2025,Noise,-1.97,52.5\n"
    assert tomllib.loads(new_mapping(write(tmp_path, text)))["coordinates"] == {"lon": "X", "lat": "Y"}
    text = "Ref,Date,Type,X,Y\n1,14/07/2025,Noise,400100,291200\n"
    assert tomllib.loads(new_mapping(write(tmp_path, text)))["coordinates"] == {
        "easting": "X",
        "northing": "Y",
    }


def test_parquet_has_its_header_in_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pd.DataFrame({"Crime Ref": ["1"], "Reported Date": [pd.Timestamp("2025-07-14")], "2025": [1]}).to_parquet(
        path
    )
    draft = tomllib.loads(new_mapping(path))
    assert draft["columns"] == {"id": "Crime Ref", "start": "Reported Date", "keep": []}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Case Ref", "id"), ("IncidentNumber", "id"), ("URN", "id"), ("Crime Type", "category"), ("Offence", "category"),
        ("Date Reported", "date"), ("Reported Date/Time", "start"), ("Time From", "time"), ("Date To", "end_date"),
        ("Time To", "end_time"), ("Closed Date", ""), ("Date Closed", ""), ("Easting", "easting"), ("BNG_Y", "northing"),
        ("GeoX", "easting"), ("Longitude", "lon"), ("lat", "lat"), ("OS Grid Ref", "grid_reference"),
        ("NGR", "grid_reference"), ("UPRN", "uprn"), ("Post Code", "postcode"), ("Postcode", "postcode"),
        ("Reporter Name", ""),
        ("Site Name", "location"), ("Date of Birth", ""), ("Notes", ""), ("Location Type", "category"),
    ],
)  # fmt: skip
def test_roles_by_name(name: str, role: str) -> None:
    assert role_of(name)[0] == role


def test_words_of_a_name() -> None:
    assert words_of("CaseRef_No. (new)") == ["case", "ref", "no", "new"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.lists(st.text(max_size=12), min_size=1, max_size=6),
    cells=st.lists(st.text(max_size=8), max_size=6),
)
def test_any_header_gives_toml_or_an_input_error(header: list[str], cells: list[str], tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    rows = [["Date", "Type", *header], ["14/07/2025", "Noise", *cells]]
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        written = new_mapping(path)
    except InputError:
        return
    assert "source" in tomllib.loads(written)
