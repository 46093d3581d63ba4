"""A pack is whole, the same bytes every time, and holds nothing of the clock; its text stays text."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import zipfile
from pathlib import Path

import docx
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.publish.packs.report import without_times

WHEN = dt.datetime(2026, 3, 5, 9, 30)
HOSTILE = "</td><script>alert(1)</script>{{ 7*7 }}\x07\u202e"


def spots(location: str = "High Street", *, open_source: bool = True) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {"location_id": ["a", "b"], "location": [location, "=1+1"], "incidents": [12, -3]},
        geometry=shapely.points([[401000.0, 291000.0], [401500.0, 291500.0]]),
        crs=27700,
    )
    source = {
        "name": "made up", "open": open_source, "simulated": False, "attribution": "", "months": ["2025-01"],
    }  # fmt: skip
    record = {
        "sources": [source],
        "as_of": "2025-01-31",
        "steps": [{"step": "made", "seed": 3}],
        "notes": ["Read with care."],
    }
    return provenance.put(frame, record)  # type: ignore[arg-type]


def pack(folder: Path, **more: object) -> Path:
    asked = {
        "title": "A title",
        "summary": ["One.", "Two."],
        "tables": {"Locations": spots()},
        "when": WHEN,
    } | more
    return hs.write_pack(folder, **asked)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_two_packs_hold_the_same_bytes_whatever_their_name_and_time(tmp_path: Path) -> None:
    one = pack(tmp_path / "Tasking")
    two = pack(
        tmp_path / "a long folder with spaces and \u00e9" / "Other", when=dt.datetime(2030, 1, 1, 0, 1)
    )
    assert (one.name, two.name) == ("Tasking_2026-03-05_0930", "Other_2030-01-01_0001")
    assert contents(one) == contents(two)
    assert set(contents(one)) == {
        "index.html", "report.docx", "tables.xlsx", "layers.gpkg", "manifest.json", "tables/locations.csv",
        "tables/locations_columns.csv",
    }  # fmt: skip
    assert set(hs.verify(one)["state"]) == {"same"}
    for name in ("report.docx", "tables.xlsx"):
        with zipfile.ZipFile(one / name) as archive:
            assert {member.date_time[:3] for member in archive.infolist()} == {(1980, 1, 1)}


def test_a_folder_that_is_there_is_never_touched(tmp_path: Path) -> None:
    first = pack(tmp_path / "Tasking")
    before = contents(first)
    second = pack(tmp_path / "Tasking", summary=["Other."])
    assert second.name == "Tasking_2026-03-05_0930_2"
    assert contents(first) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, second.name]


def test_the_manifest_has_the_steps_and_marking_of_the_results(tmp_path: Path) -> None:
    content = json.loads((pack(tmp_path / "p") / "manifest.json").read_text(encoding="utf-8"))
    assert content["marking"] == "Open data"
    assert {"step": "made", "seed": 3} in content["steps"]
    assert content["notes"] == ["Read with care."]
    closed = pack(tmp_path / "q", tables={"Locations": spots(open_source=False)})
    assert (
        json.loads((closed / "manifest.json").read_text(encoding="utf-8"))["marking"] == "OFFICIAL-SENSITIVE"
    )
    unknown = pack(tmp_path / "r", tables={"A": spots(), "B": pd.DataFrame({"n": [1]})})
    assert (
        json.loads((unknown / "manifest.json").read_text(encoding="utf-8"))["marking"] == "OFFICIAL-SENSITIVE"
    )
    page = unknown / "index OFFICIAL-SENSITIVE.html"
    assert "OFFICIAL-SENSITIVE" in page.read_text(encoding="utf-8")


def test_text_of_the_data_stays_text_on_the_page(tmp_path: Path) -> None:
    made = pack(tmp_path / "p", title=HOSTILE, summary=[HOSTILE], tables={HOSTILE: spots(HOSTILE)})
    page = (made / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page
    assert "\x07" not in page
    assert "49" not in re.findall(r"\{\{.*?\}\}", page)
    assert sorted(path.name for path in (made / "tables").iterdir())[0].startswith(
        "td-script-alert-1-script-7-7"
    )


def test_the_report_has_headings_tables_and_pictures_with_words(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([0, 1])
    figure.set_label("A line that rises.")
    made = pack(tmp_path / "p", figures={"A rise": figure})
    document = docx.Document(str(made / "report.docx"))
    heads = [p.text for p in document.paragraphs if p.style.name.startswith(("Heading", "Title"))]
    assert heads == [
        "A title",
        "Summary",
        "What must be known to read this",
        "Locations",
        "Figures",
        "A rise",
        "Source",
    ]
    assert document.tables[0].rows[1].cells[1].text == "High Street"
    assert [cell.text for cell in document.tables[0].rows[2].cells][:3] == ["b", "=1+1", "-3"]
    assert document.inline_shapes[0]._inline.docPr.get("descr") == "A line that rises."
    assert "w:tblHeader" in document.tables[0].rows[0]._tr.xml
    assert document.sections[0].header.paragraphs[0].text == "Open data"
    assert 'alt="A line that rises."' in (made / "index.html").read_text(encoding="utf-8")


def test_long_tables_are_cut_and_it_is_said(tmp_path: Path) -> None:
    long = pd.DataFrame({"n": np.arange(1_500)})
    made = pack(tmp_path / "p", tables={"Counts": long})
    page = (made / "index OFFICIAL-SENSITIVE.html").read_text(encoding="utf-8")
    file = "counts OFFICIAL-SENSITIVE.csv"
    assert f"The first 1,000 of 1,500 rows. All rows are in tables/{file}" in page
    assert page.count("<tr>") == 1_001
    assert len((made / "tables" / file).read_text(encoding="utf-8").splitlines()) == 1_501


def test_a_pack_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("hotspot.publish.packs.pack.write_report", fail)
    with pytest.raises(RuntimeError):
        pack(tmp_path / "p")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tables": {}}, "at least one table"),
        ({"summary": "One."}, "list of sentences"),
        ({"title": " "}, "need a name"),
        ({"tables": {"": pd.DataFrame({"n": [1]})}}, "need a name"),
    ],
)
def test_packs_that_are_none(tmp_path: Path, more: dict[str, object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        pack(tmp_path / "p", **more)


@pytest.mark.parametrize("name", ["a:b", "..", 'a"b', "a|b", "a?b"])
def test_names_of_folders_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(hs.InputError, match="needs a name of usual letters"):
        pack(Path(f"{tmp_path}{os.sep}{name}"))


def test_a_zip_without_times_keeps_its_members() -> None:
    import io

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo("b.txt", (2020, 5, 5, 1, 2, 4)), "two")
        archive.writestr(zipfile.ZipInfo("a.txt", (2021, 5, 5, 1, 2, 4)), "one")
    with zipfile.ZipFile(io.BytesIO(without_times(held.getvalue()))) as archive:
        assert [(m.filename, archive.read(m)) for m in archive.infolist()] == [
            ("b.txt", b"two"),
            ("a.txt", b"one"),
        ]
