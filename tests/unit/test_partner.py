"""A partner's export by its mapping: every row is an incident or set aside with its reason, and nothing leaks."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import logging
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from shapely.geometry import box

from hotspot import provenance, sample
from hotspot.errors import InputError
from hotspot.intake import partner
from hotspot.intake.partner import read_incidents

MAPPING: dict[str, Any] = {
    "source": {
        "name": "Cases",
        "location_precision": "address",
        "records": ["street drinking", "noise"],
        "attribution": "made for this test",
    },
    "columns": {
        "id": "Ref",
        "category": "Type",
        "start": "Opened",
        "place_id": "UPRN",
        "location": "Site",
        "keep": ["Ward"],
    },
    "dates": {"order": "day-first"},
    "coordinates": {"easting": "X", "northing": "Y"},
}
HEADER = "Ref,Type,Opened,UPRN,Site,X,Y,Ward,Reporter,Notes"
PRIVATE = "Jo Bloggs 07700 900123"


def line(number: int, **other: str) -> str:
    fields = {
        "Ref": f"C{number}",
        "Type": "Noise nuisance",
        "Opened": f"{number % 28 + 1:02d}/03/2024 2{number % 3}:15",
        "UPRN": f"0100712345{number % 100:02d}",
        "Site": "The Hub",
        "X": str(399_000 + 37 * number % 1000),
        "Y": str(291_000 + 53 * number % 1000),
        "Ward": "St Paul's",
        "Reporter": PRIVATE,
        "Notes": PRIVATE,
        **other,
    }
    return ",".join(fields.values())


def csv_file(tmp_path: Path, lines: list[str], name: str = "cases.csv") -> Path:
    path = tmp_path / name
    path.write_text("\r\n".join([HEADER, *lines]) + "\r\n", encoding="utf-8")
    return path


def mapped(**sections: Any) -> dict[str, Any]:
    mapping = copy.deepcopy(MAPPING)
    for name, values in sections.items():
        mapping[name] = {**mapping.get(name, {}), **values} if isinstance(values, dict) else values
    return mapping


def reasons(intake: Any) -> dict[str, list[int]]:
    groups = intake.set_aside.groupby("reason", observed=True)["row"]
    return {str(reason): rows.tolist() for reason, rows in groups}


def test_columns_come_in_their_order_with_those_kept_before_the_source(tmp_path: Path) -> None:
    intake = read_incidents(csv_file(tmp_path, [line(n) for n in range(30)]), MAPPING)
    assert intake.incidents.columns.tolist() == [
        "incident_id", "source", "category", "start", "end", "time_precision", "place_id", "location",
        "location_precision", "Ward", "source_file", "source_row", "geometry",
    ]  # fmt: skip
    first = intake.incidents.iloc[0]
    assert first["incident_id"] == "C0"
    assert first["start"] == pd.Timestamp("2024-03-01 20:15")
    assert first["place_id"] == "010071234500"
    assert first["source_row"] == 2
    assert (first.geometry.x, first.geometry.y) == (399_000, 291_000)
    assert intake.incidents.crs.to_epsg() == 27700
    assert set(intake.incidents["location_precision"]) == {"address"}


def test_each_row_is_set_aside_for_its_reason(tmp_path: Path) -> None:
    lines = [
        line(1),
        line(2, X="", Y=""),
        line(3, X="somewhere"),
        line(4, X="10000000"),
        line(5, Opened=""),
        line(6, Opened="soon"),
        line(7, Type="Lost dog"),
        line(8, Ward="Test ward"),
        line(9, Site="x" * 10_001),
        "10,too,few",
        ",,,,,,,,,",
        line(12, X="450000"),
    ]
    mapping = mapped(
        categories={"others": "set aside", "names": {"noise  NUISANCE": "Noise"}},
        leave_out=[{"column": "Ward", "equals": ["test WARD"], "reason": "test record"}],
    )
    area = gpd.GeoDataFrame(geometry=[box(390_000, 280_000, 410_000, 300_000)], crs="EPSG:27700")
    intake = read_incidents(csv_file(tmp_path, lines), mapping, area=area)
    found = reasons(intake)
    assert found.pop("blank row") == [12]
    assert found.pop("category not translated") == [8]
    assert found.pop("field too long") == [10]
    assert found.pop("no date") == [6]
    assert found.pop("no location") == [3]
    assert found.pop("outside the area") == [13]
    assert found.pop("test record") == [9]
    assert found.pop("unreadable date") == [7]
    assert found.pop("wrong number of fields") == [11]
    assert sorted(row for rows in found.values() for row in rows) == [
        4,
        5,
    ]  # the reasons for coordinates are coordinates.py's
    assert intake.incidents["source_row"].tolist() == [2]
    assert intake.incidents["category"].tolist() == ["Noise"]
    assert intake.ledger.loc[0, ["read", "used", "set_aside"]].tolist() == [12, 1, 11]
    assert intake.ledger.loc[0, "test record"] == 1
    assert intake.set_aside["value"].str.len().max() <= 40


def test_unmapped_columns_are_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = [line(1), line(2, X=""), line(3, Opened="x"), line(4) + ",extra", '5,"' + PRIVATE, line(6)]
    mapping = mapped(leave_out=[{"column": "Notes", "contains": "07700", "reason": "has a number"}])
    with caplog.at_level(logging.DEBUG):
        for each in (MAPPING, mapping):
            intake = read_incidents(csv_file(tmp_path, lines), each)
            frames = (intake.incidents, intake.set_aside, intake.findings, intake.coverage, intake.ledger)
            for frame in frames:
                assert PRIVATE not in frame.to_csv()
                assert "Bloggs" not in frame.to_csv()
            assert "Bloggs" not in str(intake.incidents.attrs) + repr(intake)
    assert "Bloggs" not in caplog.text


def test_a_wrong_column_shows_no_case_in_its_message(tmp_path: Path) -> None:
    path = tmp_path / "headless.csv"
    path.write_text("\n".join(line(n) for n in range(3)), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_incidents(path, MAPPING)
    assert "Bloggs" not in str(caught.value)
    assert "header" in str(caught.value)


def test_order_of_files_and_a_second_run_change_nothing(tmp_path: Path) -> None:
    files = []
    for number in range(4):
        lines = [line(n, X="" if n % 7 == 0 else "399500") for n in range(number * 20, number * 20 + 20)]
        files.append(csv_file(tmp_path, lines, f"part{number}.csv"))
    first = read_incidents(files, MAPPING)
    files = [files[at] for at in (2, 0, 3, 1)]
    for other in (read_incidents(files, MAPPING), read_incidents(tmp_path, MAPPING)):
        names = {f"{tmp_path.name}/part{n}.csv": f"part{n}.csv" for n in range(4)}
        for frame in ("incidents", "set_aside", "ledger", "findings", "coverage"):
            one, two = getattr(first, frame), getattr(other, frame)
            if "source_file" in one:
                one = one.assign(source_file=one["source_file"].astype(object).replace(names))
                two = two.assign(source_file=two["source_file"].astype(object).replace(names))
            pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))
    assert first.ledger["read"].tolist() == [20] * 4


def test_shuffled_rows_give_the_same_incidents(tmp_path: Path) -> None:
    lines = [line(n, X="" if n % 7 == 0 else "399500") for n in range(40)]
    first = read_incidents(csv_file(tmp_path, lines, "one.csv"), MAPPING)
    lines = [lines[at] for at in np.random.default_rng(1).permutation(len(lines))]
    second = read_incidents(csv_file(tmp_path, lines, "two.csv"), MAPPING)
    place = ["source_file", "source_row"]
    frames = [
        pd.DataFrame(each.incidents.drop(columns=place)).sort_values("incident_id", ignore_index=True)
        for each in (first, second)
    ]
    pd.testing.assert_frame_equal(frames[0], frames[1])


def test_the_same_bytes_twice_are_refused(tmp_path: Path) -> None:
    files = [csv_file(tmp_path, [line(1)], name) for name in ("a.csv", "b.csv")]
    with pytest.raises(InputError, match=r"a\.csv and .*b\.csv hold the same bytes"):
        read_incidents(files, MAPPING)


def test_a_reader_that_drops_a_row_makes_the_ledger_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = partner.read_table

    def lossy(*given: Any, **named: Any) -> Any:
        raw = real(*given, **named)
        raw.table, raw.rows = raw.table.iloc[1:].reset_index(drop=True), raw.rows[1:]
        return raw

    monkeypatch.setattr(partner, "read_table", lossy)
    with pytest.raises(InputError, match="does not close: 5 rows read, 4 used and 0 set aside"):
        read_incidents(csv_file(tmp_path, [line(n) for n in range(5)]), MAPPING)


def test_column_names_match_in_any_case_with_a_finding(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [line(1)])
    intake = read_incidents(path, mapped(columns={"location": "SITE"}))
    assert intake.findings["finding"].str.contains("'SITE' was matched with 'Site'").any()
    with pytest.raises(InputError, match="no column 'Sitte' \\(the nearest is 'Site'\\)"):
        read_incidents(path, mapped(columns={"location": "Sitte"}))


def test_a_header_further_down_is_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("\n".join(["Monthly report,,,,,,,,,", ",,,,,,,,,", HEADER, line(1)]), encoding="utf-8")
    with pytest.raises(InputError, match="set \\[file\\] header_row = 3"):
        read_incidents(path, MAPPING)
    intake = read_incidents(path, mapped(file={"header_row": 3}))
    assert intake.incidents["source_row"].tolist() == [4]


def test_the_same_rows_read_alike_from_every_kind_of_file(tmp_path: Path) -> None:
    csv_path = csv_file(tmp_path, [line(n) for n in range(30)])
    text = pd.read_csv(csv_path, dtype=str)
    typed = text.assign(
        X=text["X"].astype(float),
        Y=text["Y"].astype(float),
        UPRN=text["UPRN"].astype(float),
        Opened=pd.to_datetime(text["Opened"], dayfirst=True),
    )
    book = tmp_path / "cases.xlsx"
    with xlsxwriter.Workbook(book, {"default_date_format": "dd/mm/yyyy hh:mm"}) as workbook:
        sheet = workbook.add_worksheet("Cases")
        for number, row in enumerate([typed.columns.tolist(), *typed.astype(object).to_numpy().tolist()]):
            sheet.write_row(number, 0, [c.to_pydatetime() if isinstance(c, pd.Timestamp) else c for c in row])
    typed.to_parquet(tmp_path / "cases.parquet")
    points = gpd.GeoDataFrame(typed, geometry=gpd.points_from_xy(typed["X"], typed["Y"]), crs="EPSG:27700")
    points.to_file(tmp_path / "cases.gpkg")
    points.to_crs("EPSG:4326").to_file(tmp_path / "cases.geojson")
    spatial = {key: value for key, value in MAPPING.items() if key != "coordinates"}
    first = read_incidents(csv_path, MAPPING)
    inputs: list[tuple[Any, Any]] = [
        (book, MAPPING),
        (tmp_path / "cases.parquet", MAPPING),
        (typed, MAPPING),
        (text, MAPPING),
        (tmp_path / "cases.gpkg", spatial),
        (points, spatial),
        (tmp_path / "cases.geojson", spatial),
    ]
    columns = ["incident_id", "category", "start", "end", "time_precision", "place_id", "location", "Ward"]
    for source, mapping in inputs:
        other = read_incidents(source, mapping)
        assert other.ledger["used"].tolist() == [30]
        pd.testing.assert_frame_equal(
            pd.DataFrame(first.incidents[columns]),
            pd.DataFrame(other.incidents[columns]),
            obj=str(source)[:60],
        )
        limit = 10.0 if str(source).endswith("geojson") else 1e-6  # to_crs there, the pinned way back here
        assert first.incidents.distance(other.incidents).max() < limit


def test_files_of_two_kinds_go_together(tmp_path: Path) -> None:
    path = csv_file(tmp_path, [line(n) for n in range(5)])
    typed = pd.read_csv(csv_file(tmp_path, [line(n) for n in range(5, 9)], "other.csv"))
    typed["Opened"] = pd.to_datetime(typed["Opened"], dayfirst=True)
    typed.to_parquet(tmp_path / "cases.parquet")
    intake = read_incidents([path, tmp_path / "cases.parquet"], MAPPING)
    assert intake.ledger["used"].tolist() == [5, 4]
    assert intake.incidents["start"].dt.strftime("%m").unique().tolist() == ["03"]


def test_uprns_keep_twelve_digits(tmp_path: Path) -> None:
    frame = pd.DataFrame([line(n).split(",") for n in range(3)], columns=HEADER.split(","))
    frame["UPRN"] = [100071234567.0, 10001234567.0, np.nan]
    intake = read_incidents(frame, MAPPING)
    assert intake.incidents["place_id"].astype(object).tolist()[:2] == ["100071234567", "010001234567"]
    # The row without a UPRN is at its point, and a finding counts it.
    x, y = intake.incidents.geometry.x.iloc[2], intake.incidents.geometry.y.iloc[2]
    assert intake.incidents["place_id"].iloc[2] == f"E{x:06.0f} N{y:06.0f}"
    blank = intake.findings[intake.findings["finding"].str.startswith("the place id is blank")]
    assert blank["rows"].tolist() == [1]
    lost = read_incidents(frame.assign(UPRN="1.00071E+11"), MAPPING)
    assert lost.findings["finding"].str.contains("scientific notation").any()


def test_without_a_place_column_the_point_is_the_place(tmp_path: Path) -> None:
    intake = read_incidents(csv_file(tmp_path, [line(0), line(0)]), mapped(columns={"place_id": ""}))
    assert intake.incidents["place_id"].tolist() == ["E399000 N291000"] * 2


def test_coverage_runs_from_first_to_last_unless_the_mapping_says(tmp_path: Path) -> None:
    lines = [line(1, Opened="01/01/2024 10:10"), line(2, Opened="05/03/2024 10:10")]
    path = csv_file(tmp_path, lines)
    plain = read_incidents(path, MAPPING)
    assert plain.coverage[["month", "rows", "status"]].to_numpy().tolist() == [
        ["2024-01", 1, "present"],
        ["2024-02", 0, "present"],
        ["2024-03", 1, "present"],
    ]
    assert plain.findings["finding"].str.contains("no row is dated in 2024-02").any()
    assert "first to its last" in provenance.of(plain.incidents)["notes"][0]
    said = read_incidents(path, mapped(source={"months": ["2024-01", "2024-03", "2024-04"]}))
    assert said.coverage["status"].tolist() == ["present", "missing", "present", "present"]
    assert said.coverage["rows"].tolist() == [1, pd.NA, 1, 0]
    assert provenance.of(said.incidents)["as_of"] == "2024-04-30"
    assert provenance.of(said.incidents)["notes"] == []
    short = read_incidents(path, mapped(source={"period": "2024-02 to 2024-03"}))
    assert short.findings["finding"].str.contains("outside the months").any()
    assert short.ledger["used"].tolist() == [2]


def test_one_mistyped_year_does_not_stretch_the_coverage(tmp_path: Path) -> None:
    lines = [line(n) for n in range(40)] + [line(41, Opened="05/03/2204 10:10")]
    intake = read_incidents(csv_file(tmp_path, lines), MAPPING)
    assert intake.coverage["month"].tolist() == ["2024-03"]
    assert len(intake.incidents) + len(intake.set_aside) == 41


def test_the_record_says_what_was_read(tmp_path: Path) -> None:
    intake = read_incidents(csv_file(tmp_path, [line(n) for n in range(3)]), MAPPING)
    record = provenance.of(intake.incidents)
    assert record["sources"] == [
        {
            "name": "Cases",
            "open": False,
            "simulated": False,
            "attribution": "made for this test",
            "months": ["2024-03"],
            "records": ["street drinking", "noise"],
        }
    ]
    assert provenance.marking([intake.incidents]) == "OFFICIAL-SENSITIVE"
    assert record["steps"][0]["step"] == "read_incidents"
    assert "lookup" not in record["steps"][0]
    table = tmp_path / "places.csv"
    table.write_text("Key,E,N\n010071234501,399001,291001\n")
    lookup = {"file": str(table), "key": "UPRN", "match": "Key", "easting": "E", "northing": "N"}
    looked_up = read_incidents(csv_file(tmp_path, [line(1)]), MAPPING | {"coordinates": {"lookup": lookup}})
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    assert provenance.of(looked_up.incidents)["steps"][0]["lookup"] == {
        "file": "places.csv",
        "sha256": digest,
    }
    given = read_incidents(csv_file(tmp_path, [line(1)]), mapped(check={"as_of": dt.date(2024, 3, 9)}))
    assert provenance.of(given.incidents)["as_of"] == "2024-03-09"


@pytest.mark.parametrize(
    ("others", "expected"), [("keep", ["Noise", "Lost dog", None]), ("Other", ["Noise", "Other", "Other"])]
)
def test_categories_without_a_translation(tmp_path: Path, others: str, expected: list[str | None]) -> None:
    lines = [line(1), line(2, Type="Lost dog"), line(3, Type="")]
    mapping = mapped(categories={"others": others, "names": {"Noise nuisance": "Noise"}})
    intake = read_incidents(csv_file(tmp_path, lines), mapping)
    category = intake.incidents["category"].astype(object)
    assert category.where(category.notna(), None).tolist() == expected


def test_one_category_for_a_whole_file(tmp_path: Path) -> None:
    mapping = mapped(columns={"category": "", "category_value": "Deliberate fire"})
    intake = read_incidents(csv_file(tmp_path, [line(1)]), mapping)
    assert intake.incidents["category"].tolist() == ["Deliberate fire"]


def test_repeated_ids_are_reported_and_kept(tmp_path: Path) -> None:
    intake = read_incidents(csv_file(tmp_path, [line(1), line(2), line(1), line(1)]), MAPPING)
    told = intake.findings[intake.findings["field"] == "Ref"].iloc[0]
    assert len(intake.incidents) == 4
    assert (told["rows"], told["first_row"], told["first_rows"], told["example"]) == (2, 4, "4, 5", "C1")


def test_identical_rows_are_all_kept(tmp_path: Path) -> None:
    intake = read_incidents(csv_file(tmp_path, [line(1, Ref="")] * 609), MAPPING)
    assert len(intake.incidents) == 609


def test_a_file_of_nothing_but_a_header_is_read(tmp_path: Path) -> None:
    intake = read_incidents(csv_file(tmp_path, []), MAPPING)
    assert len(intake.incidents) == 0
    assert intake.ledger["read"].tolist() == [0]
    assert intake.coverage.empty


def test_points_are_needed_from_somewhere(tmp_path: Path) -> None:
    mapping = {key: value for key, value in MAPPING.items() if key != "coordinates"}
    with pytest.raises(InputError, match="names no coordinates"):
        read_incidents(csv_file(tmp_path, [line(1)]), mapping)
    frame = gpd.GeoDataFrame(
        [line(1).split(",")], columns=HEADER.split(","), geometry=gpd.points_from_xy([1], [2])
    )
    with pytest.raises(InputError, match="points of the frame do not say their coordinate reference system"):
        read_incidents(frame, mapping)
    lon_last = frame.set_geometry(gpd.points_from_xy([52.5], [-1.97]), crs=4326)
    said = read_incidents(lon_last, mapping).findings["finding"]
    assert said[said.str.contains("are swapped")].str.contains("longitude first").all()
    assert not said.str.contains("in the mapping").any()
    assert said.str.contains("none of the file's rows was used").sum() == 1


def test_a_header_among_the_rows_is_set_aside_as_one(tmp_path: Path) -> None:
    again = HEADER.upper().replace("WARD", "")
    intake = read_incidents(csv_file(tmp_path, [line(1), again, line(2)]), MAPPING)
    assert reasons(intake) == {"header again": [3]}
    assert intake.findings["finding"].str.contains("header stands again").sum() == 1
    # One field that is its column's name is a category, not a header.
    assert reasons(read_incidents(csv_file(tmp_path, [line(1, Type="Type"), line(2)]), MAPPING)) == {}


def test_geometry_that_is_no_point_is_set_aside() -> None:
    mapping = {key: value for key, value in MAPPING.items() if key != "coordinates"}
    shapes = gpd.GeoSeries.from_wkt(
        [
            "POINT (399000 291000)",
            "MULTIPOINT ((399000 291000))",
            "LINESTRING (0 0, 1 1)",
            "POINT EMPTY",
            None,
        ]
    )
    frame = gpd.GeoDataFrame(
        [line(n).split(",") for n in range(5)], columns=HEADER.split(","), geometry=shapes, crs="EPSG:27700"
    )
    before = frame.copy()
    intake = read_incidents(frame, mapping)
    assert intake.incidents["source_row"].tolist() == [1, 2]
    assert reasons(intake) == {"no location": [4, 5], "unreadable coordinates": [3]}
    assert intake.set_aside["value"].iloc[0] == "LineString"
    pd.testing.assert_frame_equal(frame, before)


def test_the_sample_export_reads_by_mapping_alone() -> None:
    mapping = mapped(
        source={"simulated": True},
        columns={"id": "Case Ref", "category": "Case Type", "end": "Closed", "location": "Site Name"},
        coordinates={"easting": "Easting", "northing": "Northing"},
    )
    intake = read_incidents(sample.council_cases(), mapping)
    assert intake.ledger["read"].tolist() == [4000]
    assert provenance.is_simulated([intake.incidents])
