"""A public pack holds released frames alone, a restricted one says what it is in the names of its files."""

from __future__ import annotations

import datetime as dt
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.check_release import check_release
from hotspot.publish.manifest import rounded_ledger
from hotspot.publish.release import PublicRelease, released
from hotspot.publish.release_register import draft_of, read_register

WHEN = dt.datetime(2026, 3, 5, 9, 30)
COUNTS = [0, 7, 3, 2, 9, 12, 0, 2, 30, 14, 5, 1, 8, 8, 6, 20]


def declared(frame, *, is_open=False, months=("2025-01",), name="Council cases"):
    source = {
        "name": name, "open": is_open, "simulated": False, "attribution": "", "months": list(months),
    }  # fmt: skip
    return provenance.put(frame, provenance.Record(sources=[source], as_of="2025-01-31", steps=[], notes=[]))


def cells_of(counts=COUNTS, *, size=200.0, **how) -> gpd.GeoDataFrame:
    side = int(len(counts) ** 0.5)
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, side * size, side * size)], crs=27700)
    grid = hs.Grid.over(area, cell_size=size)
    x, y = grid.centres()
    at = np.repeat(np.arange(len(grid)), counts)
    where = shapely.points(x[at] + 3, y[at] - 7)
    points = gpd.GeoDataFrame({"category": ["Noise"] * len(at)}, geometry=where, crs=27700)
    points = declared(points, **how)
    return hs.getis_ord(hs.count_incidents(points, grid), grid)


def wards(**how):
    frame = pd.DataFrame({"ward": ["Abbey", "Bristnall", "Cape", "Dale"], "n": [3, 41, 27, 56]})
    return declared(frame, **how)


def figure_of(marking: str | None = None):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([0, 1])
    figure.set_label("A line that rises.")
    if marking is not None:
        figure.hotspot_marking = marking
    return figure


def map_of(marking: str):
    import folium

    drawn = folium.Map(tiles=None)
    drawn.default_js = drawn.default_css = []
    drawn.hotspot_marking = marking
    return drawn


def pack(folder: Path, tables=None, **more) -> Path:
    asked = {"title": "A title", "summary": ["One."], "when": WHEN} | more
    return hs.write_pack(folder, tables=tables or {"Cells": cells_of(), "Wards": wards()}, **asked)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_restricted_pack_has_its_marking_in_the_name_of_each_file(tmp_path: Path) -> None:
    made = pack(tmp_path / "p", figures={"A rise": figure_of()})
    names = set(contents(made))
    assert {name for name in names if "OFFICIAL-SENSITIVE" not in name} == {"manifest.json"}
    assert "figures/a-rise OFFICIAL-SENSITIVE.png.alt.txt" in names
    page = (made / "index OFFICIAL-SENSITIVE.html").read_text(encoding="utf-8")
    links = [unquote(link) for link in re.findall(r'(?:href|src)="([^"#]+)"', page)]
    assert len(links) >= 7
    assert [link for link in links if not (made / link).is_file()] == []
    assert not any(" " in link for link in re.findall(r'(?:href|src)="([^"#]+)"', page))
    assert json.loads((made / "manifest.json").read_text(encoding="utf-8"))["marking"] == "OFFICIAL-SENSITIVE"


def test_each_file_is_named_for_what_it_holds(tmp_path: Path) -> None:
    made = pack(tmp_path / "p", {"Open": wards(is_open=True), "Closed": wards()})
    names = set(contents(made))
    assert {
        "tables/open.csv",
        "tables/closed OFFICIAL-SENSITIVE.csv",
        "index OFFICIAL-SENSITIVE.html",
    } <= names
    drawn = pack(
        tmp_path / "q", {"Open": wards(is_open=True)}, figures={"F": figure_of("OFFICIAL-SENSITIVE")}
    )
    names = set(contents(drawn))
    assert {"tables/open.csv", "figures/f OFFICIAL-SENSITIVE.png", "index OFFICIAL-SENSITIVE.html"} <= names
    assert (
        json.loads((drawn / "manifest.json").read_text(encoding="utf-8"))["marking"] == "OFFICIAL-SENSITIVE"
    )


def test_a_public_pack_holds_what_was_released_and_says_so(tmp_path: Path) -> None:
    made = pack(tmp_path / "p", release="public", figures={"F": figure_of("Public release")})
    assert not any("SENSITIVE" in name for name in contents(made))
    table = pd.read_csv(made / "tables" / "cells.csv")
    assert len(table) == 16
    assert set(table["Marking"]) == {"Public release"}
    page = (made / "index.html").read_text(encoding="utf-8")
    assert '<p class="marking open">Public release</p>' in page
    assert "1 to 4" in page
    assert set(hs.verify(made)["state"]) == {"same"}
    with zipfile.ZipFile(made / "report.docx") as report:
        assert any(b"Public release" in report.read(name) for name in report.namelist() if "header" in name)
    found = check_release(made)
    assert found.empty, found.to_string()


def test_its_manifest_is_the_reduced_one(tmp_path: Path) -> None:
    with hs.record(tmp_path / "run") as run:
        run.inputs += [
            {
                "source": "Council cases",
                "source_file": "c.csv",
                "read": 131,
                "used": 127,
                "set_aside": 4,
                "sha256": "ab",
            },
            {"area": "borough", "sha256": "cd", "outline_sha256": "ef"},
        ]
        run.choices.append("bandwidth: 317.25 m from 127 incidents")
        made = pack(tmp_path / "p", release=PublicRelease(register=tmp_path / "releases.csv"))
    text = (made / "manifest.json").read_text(encoding="utf-8")
    content = json.loads(text)
    assert list(content) == [
        "hotspot", "release", "marking", "simulated", "source", "as_of", "parameters", "boundary", "ledger",
        "ledger_note", "notes", "packages", "outputs",
    ]  # fmt: skip
    assert content["ledger"] == [{"source": "Council cases", "read": 130, "used": 130, "set_aside": 0}]
    assert content["boundary"] == ["ef"]
    assert content["parameters"]["release"]["threshold"] == 5
    assert {step["step"] for step in content["parameters"]["steps"]} == {"public_release"}
    assert {output["name"] for output in content["outputs"]} == set(contents(made)) - {"manifest.json"}
    for word in ("c.csv", '"ab"', '"cd"', "317.25", "releases.csv", "getis_ord", "gi_z", str(tmp_path)):
        assert word not in text


def test_rounding_of_the_ledger_gives_nothing_but_rounded_counts() -> None:
    lines = [
        {"source": "B", "used": 4, "set_aside": None},
        {"source": "A", "used": 5, "set_aside": 14},
        {"source": "A", "used": 10, "set_aside": 1},
    ]
    assert rounded_ledger(lines) == [
        {"source": "A", "read": 40, "used": 20, "set_aside": 20},
        {"source": "B", "read": 0, "used": 0, "set_aside": 0},
    ]


def test_two_public_packs_hold_the_same_bytes_whatever_their_name(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    one = pack(tmp_path / "One", release=rule)
    before = (tmp_path / "releases.csv").read_bytes()
    two = pack(tmp_path / "with spaces and \u00e9" / "Two", release=rule, when=dt.datetime(2031, 1, 1))
    assert contents(one) == contents(two)
    assert (tmp_path / "releases.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"figures": {"F": figure_of()}}, "figure 'F' does not say how it must be handled"),
        ({"figures": {"F": figure_of("OFFICIAL-SENSITIVE")}}, "figure 'F' is OFFICIAL-SENSITIVE"),
        ({"maps": {"M": map_of("OFFICIAL-SENSITIVE")}}, "map 'M' is OFFICIAL-SENSITIVE"),
        ({"tables": {"L": wards().assign(location_id="x")}}, "location_id"),
    ],
)
def test_what_is_not_public_is_refused_and_nothing_is_entered(tmp_path: Path, more, words: str) -> None:
    register = tmp_path / "register" / "releases.csv"
    register.parent.mkdir()
    with pytest.raises(InputError, match=words):
        pack(
            tmp_path / "p",
            {"Wards": wards(), **more.pop("tables", {})},
            release=PublicRelease(register=register),
            **more,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["register"]
    assert list(register.parent.iterdir()) == []


def test_a_public_map_and_figure_are_taken(tmp_path: Path) -> None:
    made = pack(
        tmp_path / "p",
        release="public",
        maps={"M": map_of("Open data")},
        figures={"F": figure_of("Public release")},
    )
    assert {"maps/m.html", "figures/f.png", "figures/f.png.alt.txt"} <= set(contents(made))


def test_the_register_is_entered_once_and_whole(tmp_path: Path) -> None:
    register = tmp_path / "releases.csv"
    cells = cells_of()
    shown = released(cells, PublicRelease(register=register, least_share_pct=0))
    rule = PublicRelease(register=register, least_share_pct=0)
    before = read_register(register)["release"].nunique()
    pack(tmp_path / "p", {"Cells": cells, "Again": shown}, release=rule)
    assert read_register(register)["release"].nunique() == before == 1
    # The second table cannot be released beside the first: neither is entered.
    differing = declared(pd.DataFrame({"ward": ["Abbey", "Cape"], "n": [60, 65]}))
    held = register.read_bytes()
    with pytest.raises(InputError, match="in no area"):
        pack(tmp_path / "q", {"Months": wards(months=["2025-02"]), "Wards": differing}, release=rule)
    assert register.read_bytes() == held


def test_a_register_that_another_run_changed_stops_the_release(tmp_path: Path) -> None:
    path = tmp_path / "releases.csv"

    def two_runs_at_once() -> None:
        with draft_of(path) as draft:
            released(wards(), PublicRelease(register=draft))
            released(cells_of(), PublicRelease(register=path))

    with pytest.raises(InputError, match="changed by another run"):
        two_runs_at_once()
    assert set(read_register(path)["kind"]) == {"grid square 200"}
    assert [each.name for each in tmp_path.iterdir()] == ["releases.csv"]
    with (
        pytest.raises(InputError, match="of the register does not exist"),
        draft_of(tmp_path / "no" / "r.csv"),
    ):
        pass


# Cells that cannot be compared with an earlier release's.


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"size": 200.0}, {"size": 300.0}),
        # Nested, but of other months that overlap: the sums are of other counts.
        ({"size": 200.0}, {"size": 400.0, "months": ["2025-01", "2025-02"]}),
    ],
)
def test_other_cells_over_the_same_area_are_refused_unless_it_is_said(tmp_path: Path, first, second) -> None:
    rule = {"register": tmp_path / "releases.csv", "least_share_pct": 0}
    counts = [20 + number for number in range(16)]
    released(cells_of(counts, **first), PublicRelease(**rule))
    before = (tmp_path / "releases.csv").read_bytes()
    with pytest.raises(InputError, match=r"cannot be compared .*uncompared_cells=True"):
        released(cells_of(counts, **second), PublicRelease(**rule))
    assert (tmp_path / "releases.csv").read_bytes() == before
    known = released(cells_of(counts, **second), PublicRelease(**rule, uncompared_cells=True))
    assert any("were not compared" in note for note in provenance.of(known)["notes"])


@pytest.mark.parametrize("second", [{"months": ["2025-02"]}, {"name": "Fire service"}])
def test_cells_of_other_months_or_sources_are_no_earlier_release(tmp_path: Path, second) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv", least_share_pct=0)
    counts = [20 + number for number in range(16)]
    released(cells_of(counts), rule)
    notes = provenance.of(released(cells_of(counts, size=300.0, **second), rule))["notes"]
    assert not any("were not compared" in note for note in notes)


def test_the_tables_of_one_pack_are_compared_without_a_register_too(tmp_path: Path) -> None:
    counts = [20 + number for number in range(16)]
    other = {"Cells": cells_of(counts), "Other cells": cells_of(counts, size=300.0)}
    with pytest.raises(InputError, match="cannot be compared"):
        pack(tmp_path / "p", other, release="public")
    assert list(tmp_path.iterdir()) == []
    before = {name: released(frame, "public") for name, frame in other.items()}
    with pytest.raises(InputError, match="cannot be compared"):
        pack(tmp_path / "p", before, release="public")
    made = pack(tmp_path / "p", before, release=PublicRelease(uncompared_cells=True))
    found = check_release(made)
    assert set(found["kind"]) == {"counts"}
    assert found["example"].iloc[0] == "200 and 300 m between centres"
    assert "Not checked against earlier releases." in (made / "index.html").read_text(encoding="utf-8")
