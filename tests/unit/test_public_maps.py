"""Maps that may be handed out: what stands in the file, what is refused, and under which name it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from branca.element import Element

import hotspot as hs
from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.maps import map_areas, map_cells, map_locations, save_map
from hotspot.publish.maps.offline import write_map
from hotspot.publish.release import NOT_CHECKED, PUBLIC, PublicRelease, released
from hotspot.publish.release_register import read_register

SIDE, SIZE = 5, 200.0
# 613 and 1007 are found in no other figure of the page.
COUNTS = [0, 1, 2, 613, 3, 9, 4, 11, 0, 2, 6, 14, 8, 3, 0, 1007, 11, 21, 9, 1, 7, 0, 10, 4, 12]


def declare(frame: Any, *, is_open: bool = False, months: tuple[str, ...] = ("2025-01", "2025-02")) -> Any:
    source = provenance.Source(
        name="Council cases", open=is_open, simulated=True, attribution="", months=list(months)
    )
    return provenance.put(frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))


def incidents_of(counts: list[int] = COUNTS, *, side: int = SIDE, **how: Any) -> gpd.GeoDataFrame:
    """Points away from the centres of their cells, with texts that nobody may read."""
    cell = np.repeat(np.arange(side * side), counts)
    x, y = (400_000 + SIZE * (cell % side) + 37.25, 290_000 + SIZE * (cell // side) + 61.75)
    frame = gpd.GeoDataFrame(
        {"place_id": [f"UPRN{number:04d}" for number in cell], "location": "12 Quince Passage"},
        geometry=shapely.points(x, y),
        crs=27700,
    )
    return declare(frame, **how)


def grid_of(side: int = SIDE) -> hs.Grid:
    edge = side * SIZE
    area = gpd.GeoDataFrame(
        geometry=[shapely.box(400_000, 290_000, 400_000 + edge, 290_000 + edge)], crs=27700
    )
    return hs.Grid.over(area, cell_size=SIZE)


def cells_of(**how: Any) -> gpd.GeoDataFrame:
    points, grid = incidents_of(**how), grid_of()
    cells = hs.getis_ord(hs.count_incidents(points, grid), grid)
    return hs.kernel_density(points, grid, bandwidth=400, cells=cells)


def locations_of(**how: Any) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {"number": [1], "location": ["12 Quince Passage"], "incidents": [4]},
        geometry=shapely.points([400_137.25], [290_061.75]),
        crs=27700,
    )
    return declare(frame, **how)


def boxes(**columns: Any) -> gpd.GeoDataFrame:
    number = len(next(iter(columns.values())))
    shapes = [shapely.box(400_000 + 300 * k, 290_000, 400_300 + 300 * k, 290_700) for k in range(number)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=27700)


def page_of(m: folium.Map, folder: Path, **how: Any) -> str:
    return save_map(m, folder / "map.html", **how).read_text(encoding="utf-8")


def payload_of(html: str) -> list[str]:
    """Return the data of the layers, whose numbers are shapes, facts and codes."""
    found = re.findall(r"var shape_data_\d+ = (.*?);$", html, flags=re.MULTILINE)
    assert found
    return found


def texts_of(cells: pd.DataFrame, column: str) -> list[str]:
    """Return the column's values as a page or script could hold them."""
    values = cells[column].dropna().to_numpy(dtype=float)
    return [f"{value:.{digits}f}" for value in values for digits in (2, 3, 4) if abs(value) >= 1]


def test_a_public_map_holds_only_what_was_released(tmp_path: Path) -> None:
    cells = cells_of()
    public = page_of(map_cells(cells, area=boxes(name=["Area"]), release="public"), tmp_path)
    assert '<div class="hs-marking">Public release</div>' in public
    assert provenance.SENSITIVE not in public
    for words in ("1 to 4", NOT_CHECKED, "SIMULATED DATA", "computed again from the released counts"):
        assert words in public, words
    data = " ".join(payload_of(public))
    for word in (
        "gi_z",
        "z (Gi*)",
        '"head":"p"',
        "q (adjusted",
        "Density per square km",
        "per_km2",
        "UPRN",
        "Quince",
    ):
        assert word not in public, word
    shown = ["0" if n == 0 else "1 to 4" if n < 5 else str(n) for n in cells["n"]]
    assert '"values":["' + '","'.join(shown) + '"]' in data
    # A list of numbers would have the hidden counts at their places.
    assert not re.search(r'"head":"Reported incidents","kind":"count"', data)
    raw = page_of(map_cells(cells), tmp_path)
    for column in ("gi_z", "density_per_km2"):
        found = [text for text in texts_of(cells, column) if f",{text}," in " ".join(payload_of(raw))]
        assert found, f"the attack finds no {column} even in the restricted map"
        assert not [text for text in texts_of(cells, column) if f",{text}," in data]


def test_two_closed_maps_that_differ_only_in_hidden_counts_are_the_same_file(tmp_path: Path) -> None:
    other = list(COUNTS)
    other[1], other[2] = COUNTS[2], COUNTS[1]
    grid = grid_of()
    pages, raw = [], []
    for counts in (COUNTS, other):
        points = incidents_of(counts)
        cells = hs.getis_ord(hs.count_incidents(points, grid), grid)
        cells = hs.kernel_density(points, grid, bandwidth=400, cells=cells)
        pages.append(page_of(map_cells(cells, release="public"), tmp_path))
        raw.append(page_of(map_cells(cells), tmp_path))
    assert pages[0] == pages[1]
    assert raw[0] != raw[1]


def test_the_map_says_the_classes_of_hidden_counts_in_key_table_and_popup(tmp_path: Path) -> None:
    frame = released(cells_of(), "public")
    n_shown = frame["n_shown"].tolist()
    n_shown[n_shown.index("9")], n_shown[n_shown.index("0")] = "5 or more", "0 to 4"
    record = provenance.of(frame)
    frame = frame.assign(n_shown=n_shown)
    frame["n"] = pd.to_numeric(frame["n_shown"], errors="coerce").astype("Int64")
    frame = provenance.put(frame, record)
    html = page_of(map_cells(frame, release="public"), tmp_path)
    key = re.search(r'data-legend="counts">(.*?)</section>', html, flags=re.DOTALL)
    assert key is not None
    rows = re.findall(r"<span>([^<]+)</span><span class=\"hs-count\">([\d,]+)", key.group(1))
    assert rows[:3] == [("0 to 4", "1"), ("1 to 4", str(n_shown.count("1 to 4"))), ("5 or more", "1")]
    # The lowest band begins at the threshold, since no count under it is shown.
    assert rows[3][0].startswith("5 to ")
    assert sum(int(count) for _, count in rows) == len(frame) - n_shown.count("0")
    for words in ("0 to 4", "1 to 4", "5 or more"):
        assert f'"{words}"' in payload_of(html)[0]
        assert f'<th scope="row">{words}</th>' in html


def test_hot_cells_are_listed_by_class_and_shown_count(tmp_path: Path) -> None:
    # A corner of nine busy cells among 100.
    counts = [40 if at % 10 < 3 and at // 10 < 3 else 1 + at % 9 for at in range(100)]
    points, grid = incidents_of(counts, side=10), grid_of(10)
    cells = hs.getis_ord(hs.count_incidents(points, grid), grid)
    html = page_of(map_cells(cells, release="public"), tmp_path)
    assert "strongest first" not in html
    table = re.search(
        r"<caption>Hot cells, surest first: (\d+)</caption>(.*?)</table>", html, flags=re.DOTALL
    )
    assert table is not None
    classes = re.findall(r"Hot, (\d+) %", table.group(2))
    assert len(classes) == int(table.group(1)) > 0
    assert classes == sorted(classes, reverse=True)


def test_only_the_marking_in_the_name_tells_a_restricted_file(tmp_path: Path) -> None:
    cells = cells_of()
    restricted = save_map(map_cells(cells), tmp_path / "map.html")
    assert restricted.name == "map OFFICIAL-SENSITIVE.html"
    assert restricted.is_file()
    assert (
        save_map(map_cells(cells, release="public"), tmp_path / "a.html", release="public").name == "a.html"
    )
    assert save_map(map_cells(cells, release="public"), tmp_path / "a.html").name == "a.html"
    assert save_map(map_cells(cells_of(is_open=True)), tmp_path / "b.html").name == "b.html"
    assert save_map(folium.Map(tiles=None), tmp_path / "c.html").name == "c OFFICIAL-SENSITIVE.html"
    assert write_map(map_cells(cells), tmp_path / "d.html").name == "d.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.html", "b.html", "c OFFICIAL-SENSITIVE.html", "d.html", "map OFFICIAL-SENSITIVE.html",
    ]  # fmt: skip
    with pytest.raises(InputError, match="made without release="):
        save_map(map_cells(cells), tmp_path / "e.html", release="public")
    with pytest.raises(InputError, match="is not known"):
        save_map(map_cells(cells), tmp_path / "e.html", release="publik")  # type: ignore[arg-type]


def test_open_maps_are_the_same_with_and_without_a_release(tmp_path: Path) -> None:
    cells, places = cells_of(is_open=True), locations_of(is_open=True)
    plain = page_of(map_cells(cells, locations=places, area=boxes(name=["Area"])), tmp_path)
    assert (
        page_of(map_cells(cells, locations=places, area=boxes(name=["Area"]), release="public"), tmp_path)
        == plain
    )
    assert "z (Gi*)" in plain


@pytest.mark.parametrize("locations", [locations_of(), locations_of().drop(columns="location")])
def test_locations_of_a_closed_source_are_refused_before_anything_is_entered(
    tmp_path: Path, locations: gpd.GeoDataFrame
) -> None:
    rule = PublicRelease(register=tmp_path / "register.csv")
    with pytest.raises(InputError, match=r"not published|only cells and areas"):
        map_locations(locations, release=rule)
    with pytest.raises(InputError, match=r"not published|only cells and areas"):
        map_cells(cells_of(), locations=locations, release=rule)
    assert not (tmp_path / "register.csv").exists()


def test_cells_are_entered_into_the_register_once(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "register.csv")
    html = page_of(map_cells(cells_of(), release=rule), tmp_path)
    assert NOT_CHECKED not in html
    entered = read_register(tmp_path / "register.csv")
    assert not entered.duplicated().any()
    before = (tmp_path / "register.csv").read_bytes()
    shown = released(cells_of(), rule)
    page_of(map_cells(shown, release=rule), tmp_path)
    assert (tmp_path / "register.csv").read_bytes() == before


@pytest.mark.parametrize("keyword", ["wards", "streets", "area"])
def test_backgrounds_carry_names_and_no_other_attribute(tmp_path: Path, keyword: str) -> None:
    layer = boxes(ward=["Abbey"], victim=["Quince"], rate=[77.125])
    if keyword == "streets":
        layer = layer.set_geometry(layer.boundary)
        layer = hs.read_streets(layer.rename(columns={"ward": "name"}), boxes(name=["Area"]))
    else:
        layer = declare(layer)
    html = page_of(map_cells(cells_of(), release="public", **{keyword: layer}), tmp_path)
    assert "77.125" not in html
    assert "Quince" not in html
    assert ("Abbey" in html) == (keyword == "wards")


def test_lines_and_shapes_of_unknown_or_closed_making_are_refused(tmp_path: Path) -> None:
    lines = boxes(name=["Here"])
    lines = lines.set_geometry(lines.boundary)
    hot = declare(boxes(rank=[1], strongest_gi_z=[3.5], incidents=[20]))
    contours = declare(boxes(level=[10.0]))
    cells = cells_of()
    for layer in (lines, declare(lines)):
        with pytest.raises(InputError, match="streets holds lines"):
            map_cells(cells, streets=layer, release="public")
        with pytest.raises(InputError, match="frame holds lines"):
            map_areas(layer, style="streets", release="public")
    with pytest.raises(InputError, match="strongest_gi_z"):
        map_cells(cells, wards=hot, release="public")
    with pytest.raises(InputError, match="cannot be public"):
        map_areas(hot, style="hot", release="public")
    with pytest.raises(InputError, match="cannot be public"):
        map_areas(contours, style="contours", release="public")
    for style in ("areas", "wards"):
        with pytest.raises(InputError, match="column 'level'"):
            map_areas(contours, style=style, release="public")  # type: ignore[arg-type]


def test_areas_with_counts_show_classes_and_nothing_beside(tmp_path: Path) -> None:
    wards = declare(
        boxes(ward=["Abbey", "Cape", "Dale", "Elm"], n=[31, 3, 2, 12], rate=[1.5, 77.125, 3.5, 4.5])
    )
    html = page_of(map_areas(wards, columns=None, release="public"), tmp_path)
    data = payload_of(html)[0]
    assert '"values":["31","1 to 4","1 to 4","12"]' in data
    assert "77.125" not in html
    assert "Areas: Abbey" in html
    with pytest.raises(InputError, match="no column 'rate'"):
        map_areas(wards, columns=["rate"], release="public")
    named = page_of(map_areas(wards, columns={"n": "Cases"}, release="public"), tmp_path)
    assert '"head":"Cases"' in payload_of(named)[0]
    assert '"values":["31","1 to 4","1 to 4","12"]' in payload_of(named)[0]


def test_the_label_of_a_closed_outline_must_name_an_area(tmp_path: Path) -> None:
    layer = declare(boxes(ward=["Abbey"], victim=["Quince"]))
    layer.index = pd.Index(["case 4711"])
    with pytest.raises(InputError, match="'victim' of frame names areas"):
        map_areas(layer, label="victim", release="public")
    assert "Quince" not in page_of(map_areas(layer, release="public"), tmp_path)
    unnamed = declare(layer[["victim", "geometry"]])
    html = page_of(map_areas(unnamed, release="public"), tmp_path)
    assert "4711" not in html
    assert "Quince" not in html


def test_protected_and_unprotected_layers_do_not_share_a_map() -> None:
    wards = declare(boxes(ward=["Abbey", "Cape"], n=[31, 12]))
    with pytest.raises(InputError, match="give both the same release="):
        map_areas(wards, on=map_cells(cells_of(), release="public"))
    with pytest.raises(InputError, match="give both the same release="):
        map_areas(wards, on=map_cells(cells_of()), release="public")
    m = map_areas(boxes(name=["Order"]), on=map_cells(cells_of(), release="public"), release="public")
    assert m is not None


@pytest.mark.parametrize("where", ["map", "page"])
def test_what_others_put_on_a_public_map_of_a_closed_source_is_refused(tmp_path: Path, where: str) -> None:
    def add(m: folium.Map) -> folium.Map:
        if where == "map":
            folium.CircleMarker([52.5, -2.0], tooltip="Here").add_to(m)
        else:
            m.get_root().html.add_child(Element("<p>12 Quince Passage</p>"))
        return m

    with pytest.raises(InputError, match="was added to a public map"):
        save_map(add(map_cells(cells_of(), release="public")), tmp_path / "a.html")
    assert save_map(add(map_cells(cells_of(is_open=True), release="public")), tmp_path / "b.html").is_file()
    assert not (tmp_path / "a.html").exists()


def test_areas_taken_in_the_place_of_cells_are_drawn_by_name(tmp_path: Path) -> None:
    # One incident in each of the first cells: no square to 1,600 m holds five.
    points = incidents_of([1, 1, 1] + [0] * 22)
    cells = hs.getis_ord(hs.count_incidents(points, grid_of()), grid_of())
    towns = declare(boxes(town=["Upper", "Lower"], n=[40, 12]))
    html = page_of(map_cells(cells, release=PublicRelease(coarser=[towns])), tmp_path)
    assert PUBLIC in html
    assert '"headings":["Upper","Lower"]' in payload_of(html)[0]
    assert "Larger areas are shown" in html
