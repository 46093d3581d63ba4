"""Workbooks: text stays text, numbers and dates stay what they are, and the file is whole and the same every time."""

from __future__ import annotations

import datetime as dt
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.publish import excel
from hotspot.publish.columns import column
from hotspot.publish.excel import write_excel
from hotspot.publish.excel_pages import CUT, LONGEST, sheet_names, unique_headers

openpyxl = pytest.importorskip("openpyxl")

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+44 121",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r\n=cmd|' /C calc'!A0",
    "{=1+1}",
    "http://example.org/",
    "mailto:a@example.org",
    "internal:Sheet1!A1",
    "external:other.xlsx",
    "12",
    "1E5",
    "007",
    "_x0041_",
    "<b>&amp;</b>",
    "'quoted",
    " \ufeff=1+1",
]


def read(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def cells(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    return list(read(path)[sheet].iter_rows(values_only=True))


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def known(frame: pd.DataFrame, *, open_: bool = True, simulated: bool = False) -> pd.DataFrame:
    source = provenance.Source(
        name="made up", open=open_, simulated=simulated, attribution="nobody", months=["2024-01", "2024-02"]
    )
    record = provenance.Record(
        sources=[source], as_of="2024-02-29", steps=[{"step": "ranked", "top": 5}], notes=["A note."]
    )
    return provenance.put(frame, record)


def test_text_is_text_whatever_it_begins_with(tmp_path: Path) -> None:
    frame = pd.DataFrame({"location": HOSTILE, "incidents": range(len(HOSTILE))})
    path = write_excel({"Locations": frame}, tmp_path / "t.xlsx")
    rows = list(read(path)["Locations"].iter_rows(min_row=2))
    assert len(rows) == len(HOSTILE)
    for text, row in zip(HOSTILE, rows, strict=True):
        assert row[0].data_type == "s", text
        # Line breaks and tabs are spaces, a mark without width is shown: all else is as it was.
        expected = text.translate({9: " ", 10: " ", 13: " ", 0xFEFF: "\ufffd"})
        assert row[0].value == expected
        assert row[0].hyperlink is None
    inside = parts(path)
    sheets = [text for name, text in inside.items() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 2
    assert not any(re.search(r"<f[ >]|<hyperlink|t=\"str\"", text) for text in sheets)
    assert not any("externalLink" in name or name.endswith(".bin") for name in inside)


def test_headers_from_data_are_text_too(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"=1+1": [1], "_x0041_": [2], "a\nb": [3], "": [4], "A B": [5], "Incidents": [6], "n": [7]}
    )
    path = write_excel({"T": frame}, tmp_path / "t.xlsx")
    sheet = read(path)["T"]
    headers = [cell.value for cell in sheet[1]]
    assert headers == ["=1+1", "_ x0041_", "a b", "Column", "A B (2)", "Incidents", "Incidents (2)"]
    assert all(cell.data_type == "s" for cell in sheet[1])
    # Excel calls a file damaged where the table's names are not the header's.
    assert [each.name for each in sheet.tables["Table2"].tableColumns] == headers


def test_numbers_keep_their_sign_and_digits(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "gi_z": [-2.123456789012, 1 / 3],
            "gi_p": [1.5e-12, 0.05],
            "incidents": [-5, 12345],
            "change": [-0.0, np.inf],
            "easting": [400123.456, np.nan],
        }
    )
    path = write_excel({"T": frame}, tmp_path / "t.xlsx")
    rows = list(read(path)["T"].iter_rows(min_row=2))
    assert [row[0].value for row in rows] == [-2.123456789012, pytest.approx(1 / 3, rel=1e-15)]
    assert [row[1].value for row in rows] == [1.5e-12, 0.05]
    assert [row[2].value for row in rows] == [-5, 12345]
    assert [row[3].value for row in rows] == [0, None]
    assert [row[4].value for row in rows] == [400123.456, None]
    assert all(cell.data_type == "n" for row in rows for cell in row)
    # Four decimals are shown for z, six digits are not forced on p, and thousands are parted in counts.
    assert [rows[0][at].number_format for at in range(5)] == ["0.0000", "General", "#,##0", "General", "0.0"]
    assert column("gi_z").decimals == 4


def test_dates_are_dates_and_months_have_no_day(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "first": pd.PeriodIndex(["2024-01", "NaT"], freq="M"),
            "last": pd.to_datetime(["2024-02-29 00:00", "2024-02-29 18:05"]),
            "zoned": pd.to_datetime(["2024-07-01 12:00", "2024-07-01 12:00"]).tz_localize("Europe/London"),
            "day": [dt.date(2024, 5, 1), dt.date(1890, 5, 1)],
        }
    )
    path = write_excel({"T": frame}, tmp_path / "t.xlsx")
    rows = list(read(path)["T"].iter_rows(min_row=2))
    assert (rows[0][0].value, rows[0][0].number_format) == (dt.datetime(2024, 1, 1), "yyyy-mm")
    assert rows[1][0].value is None
    assert [(row[1].value, row[1].number_format) for row in rows] == [
        (dt.datetime(2024, 2, 29), "yyyy-mm-dd"),
        (dt.datetime(2024, 2, 29, 18, 5), "yyyy-mm-dd hh:mm"),
    ]
    assert rows[0][2].value == dt.datetime(2024, 7, 1, 12)
    assert rows[0][3].value == dt.datetime(2024, 5, 1)
    # Excel has no dates before 1900.
    assert (rows[1][3].value, rows[1][3].data_type) == ("1890-05-01", "s")


def test_ids_and_long_numbers_are_text(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "cell_id": [14000000398, 2],
            "uprn": [100012345678.0, np.nan],
            "case": [100012345678, 7],
            "short": [99999999999, 7],
            "location_id": ["007", "E400000 N280000"],
        }
    )
    path = write_excel({"T": frame}, tmp_path / "t.xlsx")
    assert cells(path, "T")[1:] == [
        ("14000000398", "100012345678", "100012345678", 99999999999, "007"),
        ("2", None, "7", 7, "E400000 N280000"),
    ]


def test_values_of_mixed_kinds(tmp_path: Path) -> None:
    values = [
        True,
        np.bool_(False),
        None,
        pd.NA,
        np.float64(0.5),
        np.int64(3),
        pd.Timestamp("2024-01-02"),
        "x\x00y",
    ]
    frame = pd.DataFrame({"mixed": pd.Series(values, dtype="object"), "flag": [True] * 8})
    path = write_excel({"T": frame}, tmp_path / "t.xlsx")
    rows = cells(path, "T")[1:]
    assert [row[0] for row in rows] == ["yes", "no", None, None, 0.5, 3, dt.datetime(2024, 1, 2), "x\ufffdy"]
    assert {row[1] for row in rows} == {"yes"}


def test_long_text_is_cut_and_counted(tmp_path: Path) -> None:
    # Excel counts UTF-16 units: a face is two of them.
    frame = pd.DataFrame({"notes": ["a" * (LONGEST + 1), "b" * LONGEST, "\U0001f600" * 20_000]})
    with pytest.warns(
        HotspotWarning, match="2 texts are longer than the 32,767 characters .* sheet 'T', column 'notes'"
    ):
        path = write_excel({"T": frame}, tmp_path / "t.xlsx")
    values = [row[0] for row in cells(path, "T")[1:]]
    assert values[0] == "a" * (LONGEST - len(CUT)) + CUT
    assert values[1] == "b" * LONGEST
    assert values[2] == "\U0001f600" * ((LONGEST - len(CUT)) // 2) + CUT
    said = [row[2] for row in cells(path, "Notes") if row[:2] == ("T", "notes")]
    assert said[0].startswith("2 texts were longer than a cell holds")


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    frame = known(pd.DataFrame({"location": ["High Street"], "last": pd.PeriodIndex(["2024-01"], freq="M")}))
    (tmp_path / "other folder é").mkdir()
    first = write_excel({"T": frame}, tmp_path / "t.xlsx").read_bytes()
    assert write_excel({"T": frame}, tmp_path / "other folder é" / "t.xlsx").read_bytes() == first
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"2000-01-01T"}


def test_the_frames_stay_as_they_were(tmp_path: Path) -> None:
    frame = known(pd.DataFrame({"location_id": [1.0, 2.0], "n": [1, 2]}))
    before = frame.copy(deep=True)
    write_excel({"T": frame}, tmp_path / "t.xlsx")
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == before.attrs


def test_notes_say_what_source_period_and_columns(tmp_path: Path) -> None:
    frame = known(pd.DataFrame({"share_pct": [1.5], "own": ["x"]}))
    path = write_excel({"Locations": frame}, tmp_path / "t.xlsx")
    book = read(path)
    assert book.sheetnames == ["Notes", "Locations"]
    rows = cells(path, "Notes")
    assert rows[0] == ("Sheet", "Item", "Text", "Unit", "Name in scripts")
    said = {(row[0], row[1]): row[2:] for row in rows[1:]}
    assert said["All", "This workbook"][0] == "One table a sheet: Locations (1 rows)"
    assert said["All", "Marking"][0] == "Open data"
    assert said["All", "Source"][0] == "made up, 2024-01 to 2024-02 (nobody)"
    assert said["All", "Period"][0] == "2024-01 to 2024-02"
    assert said["All", "As of"][0] == "2024-02-29"
    assert said["All", "Step"][0] == "ranked: top=5"
    assert said["All", "Note"][0] == "A note."
    share = column("share_pct")
    assert said["Locations", share.header] == (share.meaning, share.unit, "share_pct")
    assert ("Locations", "own") in said


@pytest.mark.parametrize(
    ("frames", "marking"),
    [
        ({"A": known(pd.DataFrame({"n": [1]}))}, "Open data"),
        ({"A": known(pd.DataFrame({"n": [1]}), open_=False)}, "OFFICIAL-SENSITIVE"),
        ({"A": known(pd.DataFrame({"n": [1]})), "B": pd.DataFrame({"n": [1]})}, "OFFICIAL-SENSITIVE"),
    ],
)
def test_every_page_carries_the_marking(
    tmp_path: Path, frames: dict[str, pd.DataFrame], marking: str
) -> None:
    book = read(write_excel(frames, tmp_path / "t.xlsx"))
    for sheet in book:
        assert sheet.oddHeader.right.text == marking
        assert sheet.oddFooter.center.text == marking
    assert book.properties.subject == marking


def test_simulated_data_says_so(tmp_path: Path) -> None:
    book = read(write_excel({"A": known(pd.DataFrame({"n": [1]}), simulated=True)}, tmp_path / "t.xlsx"))
    for sheet in book:
        assert "SIMULATED DATA" in sheet.oddFooter.center.text
    assert ("All", "Simulated", "SIMULATED DATA: no real incidents", None, None) in list(
        book["Notes"].iter_rows(values_only=True)
    )


def test_pages_and_tables(tmp_path: Path) -> None:
    frames = {
        "Full": known(pd.DataFrame({"n": [3, 4], "location": ["a" * 200, "b"]})),
        "Empty": pd.DataFrame({"n": []}),
    }
    path = write_excel(frames, tmp_path / "t.xlsx")
    book = read(path)
    assert book.sheetnames == ["Notes", "Full", "Empty"]
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((1, 0), (None, 0))
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.freeze_panes == "A2"
        assert not sheet.merged_cells.ranges
        assert len(sheet.tables) == 1
        assert next(iter(sheet.tables.values())).autoFilter is not None
    assert book["Full"].tables["Table2"].ref == "A1:B3"
    # A table needs a row, empty or not.
    assert book["Empty"].tables["Table3"].ref == "A1:A2"
    assert 9 <= book["Full"].column_dimensions["A"].width < book["Full"].column_dimensions["B"].width <= 61
    described = [text for name, text in parts(path).items() if name.startswith("xl/tables/")]
    assert any('altTextSummary="Full: 2 rows. Columns: Incidents, Location"' in text for text in described)


def test_an_index_with_a_name_and_a_geometry_become_columns(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"n": [1]},
        geometry=gpd.points_from_xy([400_000], [280_000]),
        crs=27700,
        index=pd.Index([14_000_000_398], name="cell_id"),
    )
    path = write_excel({"T": points}, tmp_path / "t.xlsx")
    rows = cells(path, "T")
    assert rows[0] == ("Cell id", "Incidents", "Easting", "Northing", "Longitude", "Latitude")
    assert rows[1][:4] == ("14000000398", 1, 400_000, 280_000)


def test_sheet_names_that_excel_takes() -> None:
    wanted = [
        "a/b",
        "A:B",
        "History",
        "",
        "[x]*?\\",
        "'quoted'",
        "é" * 40,
        "é" * 40,
        "Notes",
        "\U0001f600" * 20,
        5,
    ]
    names = sheet_names(wanted, taken=["Notes"])
    assert names[:6] == ["a b", "A B 2", "History sheet", "Sheet", "x", "quoted"]
    assert names[6] == "é" * 31
    assert names[7] == "é" * 29 + " 2"
    assert names[8] == "Notes 2"
    assert names[9] == "\U0001f600" * 15
    assert names[10] == "5"
    assert len({name.lower() for name in names}) == len(names)
    assert all(len(name.encode("utf-16-le")) <= 62 for name in names)


def test_headers_are_unique_in_any_case() -> None:
    assert unique_headers(["Owner", "owner", "OWNER", "Owner (2)"]) == [
        "Owner",
        "owner (2)",
        "OWNER (3)",
        "Owner (2) (2)",
    ]


@pytest.mark.parametrize(
    ("frames", "name", "said"),
    [
        ({"T": pd.DataFrame({"n": [1]})}, "t.xls", "must end in .xlsx"),
        ({}, "t.xlsx", "write {'Locations': locations}"),
        (pd.DataFrame({"n": [1]}), "t.xlsx", "not DataFrame"),
        ({"T": pd.DataFrame(index=[1])}, "t.xlsx", "has no columns"),
        ({"T": pd.DataFrame([[1, 2]], columns=["n", "n"])}, "t.xlsx", "more than once"),
        ({"T": pd.DataFrame({"n": [1]})}, "no folder/t.xlsx", "does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, frames: Any, name: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        write_excel(frames, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_table_too_large_for_a_sheet_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 2)
    with pytest.raises(InputError, match="3 rows and 1 columns; a sheet holds 2"):
        write_excel({"T": pd.DataFrame({"n": [1, 2, 3]})}, tmp_path / "t.xlsx")


def test_a_file_that_is_open_elsewhere_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "t.xlsx"
    target.write_bytes(b"last month's")

    def held(old: object, new: object) -> None:
        raise PermissionError(13, "in use", str(old), None, str(new))

    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(InputError, match=r"close t OFFICIAL-SENSITIVE\.xlsx and run again"):
        write_excel({"T": pd.DataFrame({"n": [1]})}, target)
    assert [path.name for path in tmp_path.iterdir()] == ["t.xlsx"]
    assert target.read_bytes() == b"last month's"
