"""Tables from any file: what a person sees in the file is what is read, row by row, and all rows are counted."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from hotspot.errors import InputError
from hotspot.intake import records, tabular
from hotspot.intake.mapping import FileSpec
from hotspot.intake.tabular import read_table


def saved(tmp_path: Path, content: str | bytes, name: str = "cases.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(tmp_path: Path, rows: list[list[Any]], *, sheets: tuple[str, ...] = ("Cases",)) -> Path:
    path = tmp_path / "cases.xlsx"
    book = xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy hh:mm"})
    for name in sheets:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, column, cell)
    book.close()
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_delimiter_and_encoding_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = "Ref,Site,Note\r\n1,Café Noir,x\r\n2,West Bromwich,y\r\n".replace(",", delimiter)
    raw = read_table(saved(tmp_path, text.encode(encoding)))
    assert raw.delimiter == delimiter
    assert raw.encoding == encoding
    assert raw.table["Site"].tolist() == ["Café Noir", "West Bromwich"]
    assert raw.rows.tolist() == [2, 3]
    assert raw.lines_read == 2


def test_decimal_commas_do_not_make_a_comma_file(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, "Ref;X;Y\n1;1,5;2,5\n2;3,5;4,5\n"))
    assert raw.table["X"].tolist() == ["1,5", "3,5"]


def test_a_field_may_hold_line_breaks_and_rows_are_numbered_as_excel_does(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, 'Ref,Note\n1,"one\ntwo, ""three"""\n\n2,four\n'))
    assert raw.table["Note"].tolist() == ['one\ntwo, "three"', "four"]
    assert raw.rows.tolist() == [2, 4]
    assert raw.lines_read == 2


def test_a_broken_record_costs_itself_only(tmp_path: Path) -> None:
    text = 'Ref,Site,Note\n1,a,b\n2,only two\n3,"stray,c\n4,d,e,f\n,,\n5,"x, y",z\n6,"The ""Hub""",w\n'
    raw = read_table(saved(tmp_path, text))
    assert raw.table["Ref"].tolist() == ["1", "3", "5", "6"]
    assert raw.table["Site"].tolist() == ["a", '"stray', "x, y", 'The "Hub"']
    assert [(row, reason) for row, reason, _ in raw.broken] == [
        (3, "wrong number of fields"),
        (5, "wrong number of fields"),
        (6, "blank row"),
    ]
    assert raw.lines_read == 7 == len(raw.table) + len(raw.broken)
    assert any("quotation marks" in text for text, _, _ in raw.notes)


def test_a_stray_quotation_mark_swallows_no_rows(tmp_path: Path) -> None:
    middle = "".join(f"{n},a,b\n" for n in range(500))
    raw = read_table(saved(tmp_path, f'Ref,Site,Note\n1,"stray,c\n{middle}2,d,e"\n3,"x, y",z\n'))
    assert raw.lines_read == 503
    assert len(raw.table) == 503


def test_a_stray_quotation_mark_that_changes_the_width_is_set_aside(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, 'Ref,Site,Note\n1,"a, b,c\n2,d,e\n'))
    assert [(row, reason) for row, reason, _ in raw.broken] == [(2, "broken quotation marks")]
    assert raw.table["Ref"].tolist() == ["2"]


def test_a_delimiter_too_many_at_line_ends_is_passed_over(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, "Ref,Site\n1,a,\n2,b,\n"))
    assert raw.table["Site"].tolist() == ["a", "b"]
    assert raw.notes[0][1] == 2


def test_excels_own_sep_line_and_wrapped_text(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, 'sep=;\nRef;UPRN\n="007";="010001234567"\nNULL; x \n'))
    assert raw.header.row == 2
    assert raw.rows.tolist() == [3, 4]
    assert raw.table["UPRN"].tolist() == ["010001234567", "x"]
    assert raw.table["Ref"].isna().tolist() == [False, True]


def test_the_header_may_stand_further_down(tmp_path: Path) -> None:
    text = 'Monthly report\n"Printed 1/2, page 1"\n\nRef,Site\n1,a\n'
    raw = read_table(saved(tmp_path, text), FileSpec(header_row=4))
    assert raw.header.names == ["Ref", "Site"]
    assert raw.rows.tolist() == [5]
    with pytest.raises(InputError, match="row 3"):
        read_table(saved(tmp_path, text), FileSpec(header_row=3))


def test_repeated_and_blank_column_names_can_be_told_apart(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, "Note,Note,\n1,2,3\n"))
    assert raw.table.columns.tolist() == ["Note", "Note (2)", "column 3"]


def test_only_chosen_columns_become_values(tmp_path: Path) -> None:
    raw = read_table(saved(tmp_path, "Ref,Reporter\n1,Somebody\n"), choose=lambda header: [(0, "id")])
    assert raw.table.columns.tolist() == ["id"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"a,b\n1,\x002\n", "NUL"),
        (b"\xff\xfea", "utf-16"),
        (b"PK\x03\x04 no archive", "workbook"),
        (b"PAR1 no table PAR1", "Parquet"),
        (b"SQLite format 3\0 no database", "GeoPackage"),
        (b'{"type": "nothing"', "GeoJSON"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    ],
)
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_table(saved(tmp_path, content))


def test_a_stated_encoding_is_kept_to(tmp_path: Path) -> None:
    path = saved(tmp_path, "Ref,Site\n1,Café\n".encode("cp1252"))
    assert read_table(path, FileSpec(encoding="cp1252")).table["Site"].tolist() == ["Café"]
    with pytest.raises(InputError, match="line 2"):
        read_table(path, FileSpec(encoding="utf-8"))


def test_a_workbook_keeps_dates_numbers_and_row_numbers(tmp_path: Path) -> None:
    when = dt.datetime(2024, 3, 1, 21, 30)
    rows = [
        ["Report", None, None, None],
        [],
        ["Ref", "Opened", "UPRN", "Mixed"],
        ["A1", when, 100071234567, 1],
        [],
        ["  ", None, None, None],
        ["A2", when, 10001234567, "x"],
    ]
    raw = read_table(workbook(tmp_path, rows), FileSpec(header_row=3))
    assert raw.kind == "xlsx"
    assert raw.rows.tolist() == [4, 7]
    assert raw.table["Opened"].tolist() == [pd.Timestamp(when)] * 2
    assert raw.table["UPRN"].tolist() == [100071234567.0, 10001234567.0]
    assert raw.table["Mixed"].tolist() == ["1", "x"]
    assert raw.lines_read == len(raw.table) + len(raw.broken)


def test_real_dates_beside_text_stay_dates(tmp_path: Path) -> None:
    when = dt.datetime(2024, 3, 1, 21, 30)
    raw = read_table(workbook(tmp_path, [["Opened"], [when], ["13/03/2024"]]))
    assert raw.table["Opened"].tolist() == [when, "13/03/2024"]


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["Ref"], ["1"]], sheets=("Notes", "Cases & more"))
    assert read_table(path, FileSpec(sheet="cases  & MORE")).sheet == "Cases & more"
    with pytest.raises(InputError, match="Cases & more"):
        read_table(path)
    with pytest.raises(InputError, match="no sheet 'Case'"):
        read_table(path, FileSpec(sheet="Case"))


def test_parquet_and_frames_keep_their_kinds(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "Ref": ["1", None],
            "Opened": [pd.Timestamp("2024-03-01"), pd.NaT],
            "X": pd.array([400000, None], dtype="Int64"),
            "Kind": pd.Categorical(["a", "b"]),
            "Flag": [True, False],
            "Day": [dt.date(2024, 3, 1), None],
        },
        index=[7, 7],
    )
    path = tmp_path / "cases.parquet"
    frame.to_parquet(path)
    for raw in (read_table(path), read_table(frame)):
        assert raw.table["Ref"].isna().tolist() == [False, True]
        assert raw.table["Opened"].iloc[0] == pd.Timestamp("2024-03-01")
        assert float(raw.table["X"].iloc[0]) == 400000.0
        assert raw.table["Kind"].tolist() == ["a", "b"]
        assert raw.table["Flag"].tolist() == ["TRUE", "FALSE"]
        assert raw.table["Day"].iloc[0] == pd.Timestamp("2024-03-01")
        assert raw.rows.tolist() == [1, 2]
        assert raw.lines_read == 2
    assert frame.index.tolist() == [7, 7]


def test_a_frame_may_hold_anything() -> None:
    frame = pd.DataFrame({"a": [[1], {"b": 2}, 10**400, b"x", 1 + 2j], 3: [None] * 5, "b": list("12345")})
    raw = read_table(frame)
    assert len(raw.table) == 5
    assert raw.header.names == ["a", "3", "b"]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson"])
def test_spatial_files_keep_points_and_feature_numbers(tmp_path: Path, suffix: str) -> None:
    points = gpd.GeoDataFrame(
        {"Ref": ["1", "2"]}, geometry=gpd.points_from_xy([-1.99, -2.0], [52.5, 52.6]), crs="EPSG:4326"
    )
    path = tmp_path / f"cases.{suffix}"
    points.to_file(path)
    raw = read_table(path)
    assert isinstance(raw.table, gpd.GeoDataFrame)
    assert raw.rows.tolist() == [1, 2]
    assert raw.lines_read == 2
    assert raw.table.geometry.x.tolist() == [-1.99, -2.0]


def test_layers_are_chosen_by_name(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame({"Ref": ["1"]}, geometry=gpd.points_from_xy([1], [2]), crs="EPSG:27700")
    path = tmp_path / "cases.gpkg"
    for layer in ("one", "two"):
        points.to_file(path, layer=layer)
    assert read_table(path, FileSpec(layer="two")).lines_read == 1
    with pytest.raises(InputError, match="'one', 'two'"):
        read_table(path)


def test_a_member_of_an_archive_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cases.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/cases.csv", "Ref\n1\n")
        archive.writestr("readme.md", "nothing")
    assert read_table(path).name == "in/cases.csv"


def test_a_parser_that_drops_a_record_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = records._parse
    monkeypatch.setattr(records, "_parse", lambda *given: real(*given).slice(1))
    with pytest.raises(InputError, match="3 sound records were counted but 2 were read"):
        read_table(saved(tmp_path, "Ref\n1\n2\n3\n"))


def test_a_workbook_reader_that_drops_a_row_leaves_it_unaccounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tabular.read_sheet

    def short(*given: Any) -> Any:
        sheet = real(*given)
        del sheet.grid[2]
        return sheet

    monkeypatch.setattr(tabular, "read_sheet", short)
    raw = read_table(workbook(tmp_path, [["Ref"], ["1"], ["2"], ["3"]]))
    assert raw.lines_read == 3
    assert len(raw.table) + len(raw.broken) == 2


def test_the_scan_agrees_with_the_standard_library() -> None:
    """An oracle: csv.reader counts the same records wherever quotation marks are in order."""
    import csv

    rng = np.random.default_rng(0)
    for _ in range(200):
        cells = rng.choice(["a", "b,c", 'd"e', "f\ng", "", " h ", '"'], size=(rng.integers(1, 8), 3))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([["x", "y", "z"], *cells.tolist()])
        found = records.read_records(
            text.getvalue().encode(), "t", delimiter=",", header_row=None, encoding="utf-8",
            choose=lambda header, row, first: [0, 1, 2],
        )  # fmt: skip
        expected = [row for row in csv.reader(io.StringIO(text.getvalue())) if row][1:]
        assert found.read == len(expected)
        read = [list(row.values()) for row in found.table.to_pylist()]
        assert read == [row for row in expected if any(row)]
