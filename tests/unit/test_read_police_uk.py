"""Street files in, incidents out, every row accounted for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.intake.points import point_keys, to_points
from makers import EIGHT, FORCE, TWELVE, area_of, old_row, street_file, street_row


def closes(intake: hs.Intake) -> None:
    ledger = intake.ledger
    assert (ledger["read"] == ledger["used"] + ledger["set_aside"]).all()
    assert ledger["used"].sum() == len(intake.incidents)
    assert ledger["set_aside"].sum() == len(intake.set_aside)
    for row in ledger.itertuples(index=False):
        assert (intake.set_aside["source_file"] == row.source_file).sum() == row.set_aside


def test_one_file_gives_every_promised_column(tmp_path: Path) -> None:
    path = street_file(tmp_path, TWELVE + street_row("abc", outcome="Under investigation"))
    intake = hs.read_police_uk(path)
    incident = intake.incidents.iloc[0]
    assert intake.incidents.crs.to_epsg() == 27700
    assert incident["incident_id"] == "abc"
    assert incident["source"] == "data.police.uk/test-force"
    assert incident["category"] == "Burglary"
    assert incident["start"] == pd.Timestamp("2014-01-01")
    assert incident["end"] == pd.Timestamp("2014-01-31")
    assert incident["time_precision"] == "month"
    assert incident["location"] == "On or near High Street"
    assert incident["location_precision"] == "map_point"
    assert incident["reported_by"] == incident["falls_within"] == FORCE
    assert incident["lsoa_code"] == "E01000001"
    assert incident["last_outcome"] == "Under investigation"
    assert incident["source_row"] == 2
    # cs2cs by EPSG:1314 of (-1.99, 52.5): 400775.7 289121.8, whole metres in the source.
    assert (incident.geometry.x, incident.geometry.y) == (400776, 289122)
    assert incident["place_id"] == "E400776 N289122"
    closes(intake)


def test_the_old_format_is_told_by_its_header(tmp_path: Path) -> None:
    path = street_file(tmp_path, EIGHT + old_row(), "2011-02-test-force-street.csv")
    intake = hs.read_police_uk(path)
    assert (intake.incidents.geometry.x[0], intake.incidents.geometry.y[0]) == (400776, 289122)
    assert intake.incidents["incident_id"].isna().all()
    assert intake.incidents["lsoa_code"].isna().all()
    closes(intake)


def test_identical_rows_without_id_are_separate_incidents(tmp_path: Path) -> None:
    asb = street_row("", category="Anti-social behaviour")
    intake = hs.read_police_uk(street_file(tmp_path, TWELVE + asb * 608 + street_row("x")))
    assert len(intake.incidents) == 609
    assert intake.ledger["used"].tolist() == [609]
    assert intake.incidents["incident_id"].isna().sum() == 608
    assert len(intake.findings) == 0


def test_a_repeated_id_is_reported_and_kept(tmp_path: Path) -> None:
    intake = hs.read_police_uk(
        street_file(tmp_path, TWELVE + street_row("x") + street_row("y") + street_row("x") * 2)
    )
    assert len(intake.incidents) == 4
    finding = intake.findings.iloc[0]
    assert (finding["rows"], finding["first_row"]) == (2, 4)
    assert "Crime ID" in finding["finding"]


@pytest.mark.parametrize(
    ("change", "reason", "field", "value"),
    [
        (
            {"lon": "", "lat": "", "location": "No Location"},
            "no location",
            "Longitude, Latitude",
            "(blank), (blank)",
        ),
        ({"lat": ""}, "no location", "Longitude, Latitude", "-1.99, (blank)"),
        ({"lon": " "}, "no location", "Longitude, Latitude", "(blank), 52.5"),
        ({"lon": "west"}, "unreadable coordinates", "Longitude", "west"),
        ({"lat": "inf"}, "unreadable coordinates", "Latitude", "inf"),
        ({"lat": "1e400"}, "unreadable coordinates", "Latitude", "1e400"),
        ({"lat": "NaN"}, "unreadable coordinates", "Latitude", "NaN"),
        ({"lat": "0x34"}, "unreadable coordinates", "Latitude", "0x34"),
        ({"lat": "5_2.5"}, "unreadable coordinates", "Latitude", "5_2.5"),
        ({"lat": "٥٢.٥"}, "unreadable coordinates", "Latitude", "٥٢.٥"),
        ({"lat": "52.5N"}, "unreadable coordinates", "Latitude", "52.5N"),
        (
            {"lon": "52.5", "lat": "-1.99"},
            "coordinates outside the United Kingdom",
            "Longitude, Latitude",
            "52.5, -1.99",
        ),
        (
            {"lon": "0", "lat": "0"},
            "coordinates outside the United Kingdom",
            "Longitude, Latitude",
            "0.0, 0.0",
        ),
        ({"month": "2014-13"}, "unreadable month", "Month", "2014-13"),
        ({"month": "Jan 2014"}, "unreadable month", "Month", "Jan 2014"),
        ({"month": ""}, "unreadable month", "Month", "(blank)"),
        ({"location": "x" * 10_001}, "field too long", "text", "over 10,000 characters"),
        ({"crime_id": "x" * 10_001}, "field too long", "text", "over 10,000 characters"),
        ({"location": "a,b"}, "wrong number of fields", "line", "13 fields, the header has 12"),
        ({"location": 'a "b'}, "broken quotation marks", "line", None),
        ({"location": 'a 5"x, y" b'}, None, "line", None),
    ],
)
def test_a_row_that_is_no_incident_is_set_aside_with_its_reason(
    tmp_path: Path, change: dict[str, str], reason: str | None, field: str, value: str | None
) -> None:
    text = TWELVE + street_row("a") + street_row(**change) + street_row("c")  # type: ignore[arg-type]
    intake = hs.read_police_uk(street_file(tmp_path, text))
    closes(intake)
    assert intake.incidents["incident_id"].tolist() == ["a", "c"]
    out = intake.set_aside.iloc[0]
    assert (out["row"], out["field"]) == (3, field)
    assert out["source_file"].endswith("2014-01-test-force-street.csv")
    if reason is not None:
        assert out["reason"] == reason
        assert intake.ledger[reason].tolist() == [1]
    if value is not None:
        assert out["value"] == value
        assert len(value) <= 40


@pytest.mark.parametrize("lat", ["NaN", "inf", "1e400", "west", "", "0"])
def test_a_quoted_field_elsewhere_changes_no_reason(tmp_path: Path, lat: str) -> None:
    # A file with a quotation mark may be read another way than one without; its rows must not tell.
    plain, quoted = (
        hs.read_police_uk(street_file(tmp_path, TWELVE + street_row(lat=lat) + street_row(location=location)))
        for location in ("a", '"a"')
    )
    pd.testing.assert_frame_equal(plain.set_aside, quoted.set_aside)


def test_set_aside_rows_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        TWELVE
        + "a,b\r\n"
        + street_row("b", lat="")
        + "\r\n"
        + street_row("c", month="x")
        + '"\r\n'
        + street_row("d")
    )
    intake = hs.read_police_uk(street_file(tmp_path, text))
    closes(intake)
    assert intake.set_aside["row"].tolist() == [2, 3, 5, 6]
    assert intake.incidents["source_row"].tolist() == [7]
    assert intake.ledger["read"].tolist() == [5]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_do_not_matter(tmp_path: Path, ends: str, last: bool) -> None:
    text = (TWELVE + street_row("a") + street_row("b")).replace("\r\n", ends)
    intake = hs.read_police_uk(street_file(tmp_path, text if last else text.removesuffix(ends)))
    assert intake.incidents["incident_id"].tolist() == ["a", "b"]
    closes(intake)


@pytest.mark.parametrize(
    ("encoding", "found"), [("utf-8", None), ("utf-8-sig", None), ("utf-16", "utf-16"), ("cp1252", "cp1252")]
)
def test_encodings(tmp_path: Path, encoding: str, found: str | None) -> None:
    text = TWELVE + street_row(location="On or near Café Ŵ".replace("Ŵ", "" if encoding == "cp1252" else "Ŵ"))
    intake = hs.read_police_uk(street_file(tmp_path, text.encode(encoding)))
    assert "Café" in intake.incidents["location"].iloc[0]
    assert list(intake.findings["finding"]) == ([] if found is None else [f"read as {found}"])


def test_quoted_fields_with_commas_and_doubled_quotes(tmp_path: Path) -> None:
    text = TWELVE + street_row(location='"On or near Asda, ""Great Bridge"""')
    intake = hs.read_police_uk(street_file(tmp_path, text))
    assert intake.incidents["location"].iloc[0] == 'On or near Asda, "Great Bridge"'


def test_a_folder_a_pattern_a_list_and_a_zip_read_alike(tmp_path: Path) -> None:
    names = [f"2014-0{m}/2014-0{m}-test-force-street.csv" for m in (1, 2)]
    folder = tmp_path / "in"
    for month, name in zip(("2014-01", "2014-02"), names, strict=True):
        street_file(folder, TWELVE + street_row(month, month=month) * 2, name)
        street_file(folder, "x,y\r\n1,2\r\n", name.replace("-street", "-outcomes"))
        street_file(folder, "x,y\r\n1,2\r\n", name.replace("-street", "-stop-and-search"))
    street_file(folder, "see https://data.police.uk", "README.txt")
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    sources = [
        folder,
        str(folder / "*" / "*.csv"),
        [folder / name for name in reversed(names)],
        tmp_path / "all.zip",
        [folder / names[0], str(folder / "2014-02" / "*street.csv")],
    ]
    first = None
    for source in sources:
        intake = hs.read_police_uk(source)  # type: ignore[arg-type]
        closes(intake)
        assert intake.ledger["read"].tolist() == [2, 2]
        plain = pd.DataFrame(intake.incidents.drop(columns=["source_file", "geometry"]))
        plain = plain.sort_values("start", kind="stable", ignore_index=True)
        first = plain if first is None else first
        pd.testing.assert_frame_equal(plain, first)
    assert first is not None
    assert first["start"].dt.strftime("%Y-%m").tolist() == ["2014-01", "2014-01", "2014-02", "2014-02"]


def test_a_month_without_a_file_is_missing_and_not_zero(tmp_path: Path) -> None:
    for month in ("2014-01", "2014-04"):
        street_file(tmp_path, TWELVE + street_row(month=month), f"{month}-test-force-street.csv")
    street_file(tmp_path, TWELVE, "2014-02-test-force-street.csv")
    street_file(tmp_path, TWELVE + street_row(month="2014-03"), "2014-03-other-force-street.csv")
    coverage = hs.read_police_uk(tmp_path).coverage
    mine = coverage[coverage["source"] == "data.police.uk/test-force"].set_index("month")
    assert mine["status"].to_dict() == {
        "2014-01": "present", "2014-02": "present", "2014-03": "missing", "2014-04": "present",
    }  # fmt: skip
    assert mine.loc["2014-02", "rows"] == 0
    assert mine["rows"].isna().tolist() == [False, False, True, False]
    assert len(coverage) == 5


def test_a_month_in_two_files_is_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        street_file(tmp_path / folder, TWELVE + street_row(folder))
    with pytest.raises(
        hs.InputError, match=r"2014-01 of data\.police\.uk/test-force stands in two files, a/.* and b/"
    ):
        hs.read_police_uk(tmp_path)


def test_the_same_file_under_another_name_is_not_counted_twice(tmp_path: Path) -> None:
    # What a browser calls a second download.
    street_file(tmp_path, TWELVE + street_row("x"), "2014-01-test-force-street.csv")
    street_file(tmp_path, TWELVE + street_row("x"), "2014-01-test-force-street (1).csv")
    with pytest.raises(hs.InputError, match=r"street \(1\)\.csv|street\.csv"):
        hs.read_police_uk(tmp_path)


def test_a_month_under_a_name_of_ones_own_is_not_counted_twice(tmp_path: Path) -> None:
    street_file(tmp_path, TWELVE + street_row("x"), "2014-01-test-force-street.csv")
    street_file(tmp_path, TWELVE + street_row("x") + street_row("y"), "january.csv")
    with pytest.raises(hs.InputError, match=r"january\.csv"):
        hs.read_police_uk(tmp_path)


def test_an_id_that_stands_in_two_files_is_reported(tmp_path: Path) -> None:
    for month in ("2014-01", "2014-02"):
        street_file(tmp_path, TWELVE + street_row("same", month=month), f"{month}-test-force-street.csv")
    intake = hs.read_police_uk(tmp_path)
    assert len(intake.incidents) == 2
    assert intake.findings["finding"].str.contains("Crime ID").any()


def test_one_file_named_twice_is_refused(tmp_path: Path) -> None:
    path = street_file(tmp_path, TWELVE + street_row())
    with pytest.raises(hs.InputError, match="named twice"):
        hs.read_police_uk([path, path])


def test_two_forces_in_one_month_are_two_sources(tmp_path: Path) -> None:
    for force in ("one", "two"):
        street_file(tmp_path, TWELVE + street_row(force), f"2014-01-{force}-street.csv")
    intake = hs.read_police_uk(tmp_path)
    assert sorted(intake.incidents["source"]) == ["data.police.uk/one", "data.police.uk/two"]


def test_the_area_keeps_its_edge_and_sets_the_others_aside(tmp_path: Path) -> None:
    # Eastings 400776 (on the east edge), 400775 (inside), 400777 (outside).
    rows = "".join(old_row(f"{x}.0") for x in (400776, 400775, 400777))
    path = street_file(tmp_path, EIGHT + rows, "2011-02-test-force-street.csv")
    intake = hs.read_police_uk(path, area=area_of(shapely.box(400000, 289000, 400776, 290000)))
    closes(intake)
    assert sorted(intake.incidents.geometry.x) == [400775, 400776]
    assert intake.ledger["outside the area"].tolist() == [1]
    assert intake.set_aside[["row", "reason"]].to_numpy().tolist() == [[4, "outside the area"]]


def test_an_area_far_from_every_row_leaves_none(tmp_path: Path) -> None:
    path = street_file(tmp_path, TWELVE + street_row() * 3)
    intake = hs.read_police_uk(path, area=area_of(shapely.box(0, 0, 10, 10)))
    closes(intake)
    assert len(intake.incidents) == 0
    assert intake.ledger["outside the area"].tolist() == [3]
    assert intake.incidents.crs.to_epsg() == 27700


def test_an_area_in_degrees_is_reprojected(tmp_path: Path) -> None:
    path = street_file(tmp_path, TWELVE + street_row() + street_row(lon="-1.90"))
    area = area_of(shapely.box(-2, 52.4, -1.98, 52.6), crs=4326)
    assert len(hs.read_police_uk(path, area=area).incidents) == 1


@pytest.mark.parametrize(
    ("lon", "lat"),
    [("-2.1", "49.2"), ("-6.3", "49.9"), ("-1.15", "60.8"), ("-8.1", "54.5"), ("1.75", "52.5")],
)
def test_a_point_keeps_its_place_wherever_it_is(tmp_path: Path, lon: str, lat: str) -> None:
    # The Channel Islands lie south of the National Grid's origin, west Ulster near its western edge.
    from hotspot.geography.projection import to_easting_northing

    intake = hs.read_police_uk(street_file(tmp_path, TWELVE + street_row(lon=lon, lat=lat)))
    x, y = to_easting_northing([float(lon)], [float(lat)])
    if len(intake.incidents):
        assert intake.incidents.geometry.iloc[0].distance(shapely.Point(x[0], y[0])) < 1
        assert intake.incidents["place_id"].iloc[0].split()[0] == f"E{round(x[0]):06d}"
    else:
        assert intake.set_aside["reason"].tolist() == ["coordinates outside the United Kingdom"]


def test_the_record_names_source_months_licence_and_transformation(tmp_path: Path) -> None:
    for month in ("2014-01", "2014-03"):
        street_file(tmp_path, TWELVE + street_row(month=month), f"{month}-test-force-street.csv")
    record = provenance.of(hs.read_police_uk(tmp_path).incidents)
    source = record["sources"][0]
    assert source["name"] == "data.police.uk/test-force"
    assert source["months"] == ["2014-01", "2014-03"]
    assert source["open"] is True
    assert source["simulated"] is False
    assert "Open Government Licence v3.0" in source["attribution"]
    assert record["as_of"] == "2014-03-31"
    assert record["steps"][0]["transform"] == "OSGB36 to WGS 84 (6)"


def test_rows_of_another_month_than_the_files_are_pointed_out(tmp_path: Path) -> None:
    intake = hs.read_police_uk(
        street_file(tmp_path, TWELVE + street_row() + street_row("b", month="2013-12"))
    )
    finding = intake.findings.iloc[0]
    assert (finding["rows"], finding["first_row"]) == (1, 3)
    assert "2014-01" in finding["finding"]


def test_columns_in_another_order_and_more_columns_are_read_by_name(tmp_path: Path) -> None:
    header = TWELVE.strip().split(",")
    values = street_row("q").strip().split(",")
    order = [5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6]
    text = (
        ",".join([header[i] for i in order] + ["Extra"])
        + "\n"
        + ",".join([values[i] for i in order] + ["e"])
        + "\n"
    )
    intake = hs.read_police_uk(street_file(tmp_path, text))
    assert intake.incidents["incident_id"].tolist() == ["q"]
    assert intake.incidents["place_id"].tolist() == ["E400776 N289122"]


def test_the_fingerprint_of_each_file_is_in_the_ledger(tmp_path: Path) -> None:
    import hashlib

    path = street_file(tmp_path, TWELVE + street_row())
    assert hs.read_police_uk(path).ledger["sha256"].tolist() == [
        hashlib.sha256(path.read_bytes()).hexdigest()
    ]


def test_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="list of files is empty"):
        hs.read_police_uk([])
    with pytest.raises(hs.InputError, match="does not exist"):
        hs.read_police_uk(tmp_path / "no.csv")


@pytest.mark.parametrize("source", [3, None, 1.5])
def test_what_is_no_path_is_refused(source: object) -> None:
    with pytest.raises(hs.InputError):
        hs.read_police_uk(source)  # type: ignore[arg-type]


def test_incidents_can_be_counted_and_are_of_the_right_kind(tmp_path: Path) -> None:
    intake = hs.read_police_uk(street_file(tmp_path, TWELVE + street_row()))
    assert isinstance(intake.incidents, gpd.GeoDataFrame)
    assert list(intake.incidents.columns[:4]) == ["incident_id", "source", "category", "start"]
    grid = hs.Grid.over(area_of(shapely.box(400000, 289000, 401000, 290000)), cell_size=200)
    assert hs.count_incidents(intake.incidents, grid)["n"].sum() == 1


def test_a_file_with_added_columns_is_not_taken_for_open_data(tmp_path: Path) -> None:
    header = TWELVE.replace("Context\r\n", "Context,Reporter\r\n")
    row = street_row().replace(",\r\n", ",,Ann Example\r\n")
    intake = hs.read_police_uk(street_file(tmp_path, header + row, "2014-01-test-force-street.csv"))
    assert len(intake.incidents) == 1
    assert not provenance.is_open([intake.incidents])
    assert intake.findings["finding"].str.contains("does not publish").any()
    assert "Ann" not in intake.findings.to_string() + intake.incidents.to_string()


def test_points_finer_than_six_decimals_keep_their_own_place(tmp_path: Path) -> None:
    # 0.0000004 degrees are 4 cm: the same whole metre, though no whole number of millionths.
    rows = [street_row("a"), street_row("b", lon="-1.9900004"), street_row("c", lat="52.600000")]
    intake = hs.read_police_uk(street_file(tmp_path, TWELVE + "".join(rows)))
    places = intake.incidents.set_index("incident_id")["place_id"]
    assert places["a"] == places["b"] == "E400776 N289122"
    # 0.1 degrees of latitude are 11.1 km.
    assert places["c"] != places["a"]
    assert int(places["c"][-6:]) - 289_122 == pytest.approx(11_130, abs=20)


def test_equal_pairs_of_degrees_and_of_metres_are_not_one_point() -> None:
    x, y = (
        np.array([1.0, 1.0, np.nan, 1.0, np.inf, 1e300]),
        np.array([52.0, 52.0, np.nan, np.nan, 52.0, 52.0]),
    )
    degrees, metres = point_keys(x, y, eastings=False), point_keys(x, y, eastings=True)
    assert degrees[0] == degrees[1] != metres[0]
    assert degrees[2] == metres[2] == -1
    assert degrees[3:].tolist() == metres[3:].tolist() == [-2, -2, -2]
    both = np.concatenate([x, x]), np.concatenate([y, y]), np.repeat([False, True], 6)
    codes = to_points(*both, np.concatenate([degrees, metres])).codes
    assert len(set(codes[[0, 3, 4, 5, 6, 9, 10, 11]].tolist())) == 8
    assert codes[0] == codes[1]
    assert codes[2] == codes[8]


@pytest.mark.parametrize("width", [8, 16, 64, 10])
def test_repeated_ids_are_those_of_a_set(width: int, tmp_path: Path) -> None:
    # The ids differ in their middle only, where a long id's key does not look.
    ids = [
        f"{'a' * (width // 2 - 2)}{number:04d}{'b' * (width - width // 2 - 2)}"
        for number in (1, 2, 1, 3, 2, 1)
    ]
    rows = "".join(street_row(each) for each in [*ids, "", ""])
    findings = hs.read_police_uk(street_file(tmp_path, TWELVE + rows)).findings
    found = findings[findings["finding"].str.contains("earlier row")]
    assert found["rows"].tolist() == [len(ids) - len(set(ids))]
    assert found["first_row"].tolist() == [4]


def test_a_header_among_the_rows_and_a_file_without_a_use_are_said(tmp_path: Path) -> None:
    street_file(tmp_path, TWELVE + street_row("a") + TWELVE + street_row("b"))
    street_file(tmp_path, TWELVE + street_row("c", "2014-02", lon=""), "2014-02-test-force-street.csv")
    intake = hs.read_police_uk(tmp_path)
    closes(intake)
    said = intake.findings.set_index("finding")["rows"]
    assert said.filter(like="header stands again").tolist() == [1]
    assert said.filter(like="none of the file's rows").tolist() == [1]
    assert intake.findings["source_file"].tolist()[-1].startswith("2014-02")
