"""CSV files that a spreadsheet shows as they are, and GeoPackages that are the same twice."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.publish.tables import guard
from makers import TWELVE, area_of, points_of, street_file, street_row


def back(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"), ("+44 121", "'+44 121"), ("-5 High St", "'-5 High St"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"), ("\r\n=1", "'  =1"), ("  =1", "'  =1"), ("\uff1d1", "'\uff1d1"), ("\x00=1", "' =1"),
        ("100012345678", "'100012345678"), ("007", "'007"), ("1E5", "'1E5"), ("12345678901", "12345678901"),
        ("High St", "High St"), ("", ""), ("a=b", "a=b"), ("0", "0"), ("3.5", "3.5"), ("line\nbreak", "line break"),
    ],
)  # fmt: skip
def test_guard(text: str, shown: str) -> None:
    assert guard(text) == shown


def test_every_kind_of_column(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "uprn": pd.Series(["100071234567", None], dtype="str"),
            "day": pd.to_datetime(["2024-02-29", None]),
            "moment": pd.to_datetime(["2024-02-29 23:05:00", None]),
            "month": pd.PeriodIndex(["2024-02", None], freq="M"),
            "flag": pd.array([True, None], dtype="boolean"),
            "whole": pd.array([-5, None], dtype="Int64"),
            "real": [-0.125, np.nan],
            "infinite": [np.inf, -np.inf],
            "mixed": pd.Series([-5, "-5"], dtype=object),
            "kind": pd.Categorical(["=x", None]),
        }
    )
    first, second = back(hs.write_csv(frame, tmp_path / "t.csv"))
    assert first["uprn"] == "'100071234567"
    assert first["day"] == "2024-02-29"
    assert first["moment"] == "2024-02-29T23:05:00"
    assert first["Month"] == "2024-02"
    assert first["flag"] == "yes"
    assert first["whole"] == "-5"
    assert first["real"] == "-0.125"
    assert first["mixed"] == "-5"
    assert second["mixed"] == "'-5"
    assert first["kind"] == "'=x"
    assert [second[name] for name in ("uprn", "day", "moment", "Month", "flag", "whole", "real", "kind")] == [
        ""
    ] * 8
    assert first["infinite"] == second["infinite"] == ""


def test_bytes_of_a_small_table(tmp_path: Path) -> None:
    path = hs.write_csv(pd.DataFrame({"place": ['a "b", c']}), tmp_path / "t.csv")
    assert path.read_bytes() == (
        b'\xef\xbb\xbfplace,Source,Marking\r\n"a ""b"", c",not recorded,OFFICIAL-SENSITIVE\r\n'
    )


def test_a_dictionary_stands_beside_it(tmp_path: Path) -> None:
    grid = hs.Grid.over(area_of(shapely.box(400000, 280000, 400400, 280400)), cell_size=200)
    cells = hs.count_incidents(points_of([(400001, 280001)]), grid)
    rows = back(hs.write_csv(cells, tmp_path / "cells.csv"))
    meaning = back(tmp_path / "cells OFFICIAL-SENSITIVE_columns.csv")
    described = [row["Column"] for row in meaning if row["Column"]]
    assert described == list(rows[0])
    assert {row["Name in scripts"] for row in meaning} >= {
        "cell_id",
        "n",
        "share_in_area",
        "easting",
        "marking",
    }
    assert all(row["Meaning"] for row in meaning)
    assert rows[0]["Cell id"] == str(1400 * 10_000_000 + 2000)
    assert (rows[0]["Easting"], rows[0]["Northing"]) == ("400100.0", "280100.0")
    assert [row["Incidents"] for row in rows] == ["1", "0", "0", "0"]


def test_headers_are_guarded_and_differ(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["=cmd()", "n", "Incidents"])
    header = (hs.write_csv(frame, tmp_path / "t.csv")).read_bytes().decode("utf-8-sig").splitlines()[0]
    names = next(csv.reader([header]))
    assert names[0] == "'=cmd()"
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({"cell_id": [1]}, index=pd.Index([1], name="cell_id")),
    ],
)
def test_names_that_stand_twice_are_refused_or_told_apart(frame: pd.DataFrame, tmp_path: Path) -> None:
    try:
        names = list(back(hs.write_csv(frame, tmp_path / "t.csv"))[0])
    except hs.InputError:
        return
    assert len(names) == len(set(names)) >= 3


def test_text_written_by_hand_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "t.csv"
    target.write_text("old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises((OSError, hs.InputError)):
        hs.write_csv(pd.DataFrame({"a": [1]}), target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_other_endings_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match=r"must end in \.csv"):
        hs.write_csv(pd.DataFrame({"a": [1]}), tmp_path / "t.txt")
    with pytest.raises(hs.InputError, match="does not exist"):
        hs.write_csv(pd.DataFrame({"a": [1]}), tmp_path / "no" / "t.csv")
    with pytest.raises(hs.InputError, match=r"must end in \.gpkg"):
        hs.write_geopackage({"a": area_of(shapely.box(0, 0, 1, 1))}, tmp_path / "t.json")
    with pytest.raises(hs.InputError, match="at least one layer"):
        hs.write_geopackage({}, tmp_path / "t.gpkg")


def layers(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    intake = hs.read_police_uk(
        street_file(folder, TWELVE + street_row("a") * 2 + street_row("b", lon="-1.98"))
    )
    grid = hs.Grid.over(area_of(shapely.box(400000, 288000, 402000, 290000)), cell_size=200)
    cells = hs.getis_ord(hs.count_incidents(intake.incidents, grid), grid)
    assert isinstance(cells, gpd.GeoDataFrame)
    return {"cells": cells, "locations": hs.repeat_locations(intake.incidents)}


def test_a_geopackage_is_the_same_bytes_twice(tmp_path: Path) -> None:
    frames = layers(tmp_path)
    first = hs.write_geopackage(frames, tmp_path / "a.gpkg").read_bytes()
    assert hs.write_geopackage(frames, tmp_path / "b.gpkg").read_bytes() == first
    assert hs.write_geopackage(frames, tmp_path / "a.gpkg").read_bytes() == first


def test_a_geopackage_reads_back(tmp_path: Path) -> None:
    frames = layers(tmp_path)
    path = hs.write_geopackage(frames, tmp_path / "a.gpkg")
    cells = gpd.read_file(path, layer="cells")
    assert cells["cell_id"].tolist() == frames["cells"].index.tolist()
    assert cells["n"].tolist() == frames["cells"]["n"].tolist()
    np.testing.assert_array_equal(cells["gi_p"], frames["cells"]["gi_p"])
    assert set(cells["marking"]) == {"Open data"}
    assert cells.crs.to_epsg() == 27700
    assert cells.geometry.geom_equals(frames["cells"].geometry.reset_index(drop=True)).all()
    assert gpd.read_file(path, layer="locations")["first"].tolist() == ["2014-01"]


def test_what_the_frame_must_say_stands_in_its_dictionary(tmp_path: Path) -> None:
    frame = provenance.note(pd.DataFrame({"n": [1]}), "=Counted together, by choice.")
    hs.write_csv(frame, tmp_path / "t.csv")
    said = (tmp_path / "t OFFICIAL-SENSITIVE_columns.csv").read_text(encoding="utf-8-sig")
    assert "'=Counted together, by choice." in said
