"""Maps: what is in the file, the same bytes each time, and clear refusals."""

import hashlib
import os
import re
import subprocess
import sys
from html import unescape

import folium
import folium.plugins
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from branca.element import Element

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.publish.maps import map_areas, map_cells, map_locations, save_map
from hotspot.publish.maps.facts import written
from hotspot.publish.maps.furniture import date_words
from hotspot.publish.maps.legend import CLASSES, EVENLY, band_shading

SIDE = 20
METRES = 200


def lattice(side=SIDE):
    """Square cells near E400000 N290000 whose class repeats along the rows; every eighth is undefined."""
    x, y = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    number = np.arange(side * side)
    classes = pd.Categorical([None if k % 8 == 7 else CLASSES[k % 8] for k in number], CLASSES, ordered=True)
    east, north = 400_000 + METRES * x, 290_000 + METRES * y
    cells = gpd.GeoDataFrame(
        {
            "n": number % 8,
            "share_in_area": 1.0,
            "gi_z": number % 8 - 3.0,
            "gi_q": 0.04,
            "gi_class": classes,
            "density_per_km2": (number % 8) * 25.0,
        },
        geometry=shapely.box(east, north, east + METRES, north + METRES),
        crs="EPSG:27700",
        index=pd.Index(number + 7_000_000, name="cell_id"),
    )
    return provenance.put(cells, record())


def record(**changes):
    source = {
        "name": "Made up",
        "open": False,
        "simulated": False,
        "attribution": "Nobody",
        "months": ["2024-01", "2024-03"],
    }
    made = provenance.Record(
        sources=[{**source, **changes}], as_of=None, steps=[], notes=["A note to print."]
    )
    return made


def places(count=3, **columns):
    frame = gpd.GeoDataFrame(
        {
            "number": np.arange(count) + 1,
            "location": [f"Street {k}" for k in range(count)],
            "incidents": 5,
            "first": pd.Timestamp("2024-01-01"),
            "last": pd.NaT,
            "month": pd.Period("2024-01", "M"),
            **columns,
        },
        geometry=shapely.points(400_100 + 50.0 * np.arange(count), np.full(count, 290_100.0)),
        crs="EPSG:27700",
    )
    return frame


def outline(**columns):
    return gpd.GeoDataFrame(
        {"a": [1], **columns}, geometry=[shapely.box(399_900, 289_900, 404_100, 294_100)], crs=27700
    )


def saved(m, folder, name="map.html"):
    return save_map(m, folder / name).read_text(encoding="utf-8")


def words(html):
    """Return what stands in the page's markup, scripts left out."""
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style)>.*?</\1>", "", html)))


def test_the_same_input_gives_the_same_bytes(tmp_path):
    def draw():
        return map_cells(lattice(), area=outline(), locations=places())

    first = saved(draw(), tmp_path, "a.html")
    m = draw()
    assert saved(m, tmp_path, "b.html") == first
    assert saved(m, tmp_path, "c.html") == first
    m.get_root().render()
    assert saved(m, tmp_path, "d.html") == first


def test_layers_of_the_user_are_saved_with_the_same_bytes_too(tmp_path):
    def draw():
        m = map_cells(lattice(4))
        group = folium.FeatureGroup(name="Ours").add_to(m)
        folium.CircleMarker([52.5, -2.0], tooltip="Here", popup="Words").add_to(group)
        folium.Marker([52.5, -2.0]).add_to(m)
        folium.GeoJson(shapely.Point(-2, 52.5).__geo_interface__).add_to(m)
        m.keep_in_front(group)
        m.get_root().html.add_child(Element("<p>own words</p>"))
        return m

    first = saved(draw(), tmp_path)
    assert saved(draw(), tmp_path) == first
    assert "own words" in first
    assert "circle_marker_00" in first
    assert not re.search(r"_[0-9a-f]{32}\b", first)


def test_two_processes_write_the_same_bytes(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_maps as t; "
        "from pathlib import Path; t.saved(t.map_cells(t.lattice(), locations=t.places()), Path(sys.argv[2]), sys.argv[3])"
    )
    for name, seed in (("a.html", "1"), ("b.html", "2")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", code, os.path.dirname(__file__), str(tmp_path), name]
        subprocess.run(command, check=True, env=environment)
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == ["a OFFICIAL-SENSITIVE.html", "b OFFICIAL-SENSITIVE.html"]
    assert len({hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in written}) == 1


def test_ten_thousand_cells_stay_small(tmp_path):
    # 10,000 cells under 2 MB, with room for an outline and locations.
    assert len(saved(map_cells(lattice(100)), tmp_path).encode("utf-8")) < 1_500_000


def test_inputs_are_not_changed(tmp_path):
    cells, locations, area = lattice(), places(), outline()
    before = [frame.copy(deep=True) for frame in (cells, locations, area)]
    save_map(map_cells(cells, area=area, locations=locations), tmp_path / "a.html")
    for old, new in zip(before, (cells, locations, area), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(old), pd.DataFrame(new))
        assert old.attrs == new.attrs


def test_the_page_is_a_proper_document_under_a_strict_policy(tmp_path):
    html = saved(map_cells(lattice(), title="Our {{ 7 * 7 }} <title>"), tmp_path)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">')
    assert "default-src 'none'" in html
    assert "img-src data: blob:;" in html
    assert "unsafe-eval" not in html
    assert re.search(r"script-src ('sha256-[\w+/=]+' ?)+;", html)
    assert "<title>Our &#123;&#123; 7 * 7 &#125;&#125; &#60;title&#62;</title>" in html
    assert "user-scalable" not in html
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", html)


def test_templates_in_data_are_not_run(tmp_path):
    html = saved(map_locations(places(location="{{ 7 * 7 }} {% raw %}")), tmp_path)
    assert "\\u007b{ 7 * 7 }} \\u007b% raw %}" in html


def test_the_key_says_the_classes_in_words_with_their_counts(tmp_path):
    text = words(saved(map_cells(lattice()), tmp_path))
    # 400 cells over 7 classes and the undefined one, in turn.
    assert re.search(r"Hot, 99 % confidence after correction\s+50\s+cells", text)
    assert re.search(r"No result for this cell\s+50\s+cells", text)
    assert EVENLY in text
    assert "January 2024 to March 2024 (2 months; 1 month in between has no data)" in text
    assert "Source: Made up, 2024-01, 2024-03 (Nobody)" in text
    assert "A note to print." in text
    assert "Map drawn with Leaflet" in text


def test_an_uncorrected_result_is_not_called_corrected(tmp_path):
    cells = provenance.carry(lattice(), lattice(), "getis_ord", correction=None)
    text = words(saved(map_cells(cells), tmp_path))
    assert "after correction" not in text
    assert "not corrected for the number of cells tested" in text


def test_classes_that_call_themselves_uncorrected_are_drawn_and_said_to_be(tmp_path):
    cells = lattice()
    names = {name: name if name == "not significant" else f"{name} (uncorrected)" for name in CLASSES}
    cells["gi_class"] = cells["gi_class"].cat.rename_categories(names)
    text = words(saved(map_cells(cells), tmp_path))
    assert re.search(r"Hot, 99 % confidence, not corrected for the number of cells tested\s+50\s+cells", text)


@pytest.mark.parametrize(
    ("changes", "expected", "absent"),
    [
        ({"open": True}, "Open data", "OFFICIAL-SENSITIVE"),
        ({"open": False}, "OFFICIAL-SENSITIVE", "Open data"),
        ({"open": True, "simulated": True}, "SIMULATED DATA", "OFFICIAL-SENSITIVE"),
    ],
)
def test_the_marking_follows_the_sources(tmp_path, changes, expected, absent):
    cells = provenance.put(lattice(), record(**changes))
    text = words(saved(map_cells(cells, area=outline()), tmp_path))
    assert expected in text
    assert absent not in text


def test_one_month_is_named_once(tmp_path):
    cells = provenance.put(lattice(4), record(months=["2024-02"]))
    assert "Hot and cold cells of reported incidents, February 2024 " in words(
        saved(map_cells(cells), tmp_path)
    )


def test_locations_without_a_record_make_the_map_sensitive(tmp_path):
    cells = provenance.put(lattice(), record(open=True))
    assert "OFFICIAL-SENSITIVE" in words(saved(map_cells(cells, locations=places()), tmp_path))


def test_the_outline_says_what_it_is_not_for(tmp_path):
    text = words(
        saved(
            map_cells(lattice(), area=outline(evidence_use=["Outline not for evidence: coarse."])), tmp_path
        )
    )
    assert "Outline not for evidence: coarse." in text


def test_only_the_first_locations_are_drawn_and_the_map_says_so(tmp_path):
    many = places(312).iloc[::-1]
    html = saved(map_locations(many), tmp_path)
    assert "25 of 312 shown" in words(html)
    assert "25. Street 24" in html
    assert "26. Street 25" not in html
    assert "312. Street 311" in saved(map_locations(many, limit=None), tmp_path)


def test_missing_values_read_not_recorded(tmp_path):
    html = saved(
        map_locations(places(location=[None, float("nan"), pd.NA], leading_categories=None)), tmp_path
    )
    assert "1. not recorded" in html
    assert "nan" not in re.findall(r'"values":\[[^\]]*\]', html)[0]
    assert "NaN" not in html.split("hotspotMap.dress")[1]


def test_without_classes_cells_are_coloured_by_count(tmp_path):
    text = words(saved(map_cells(lattice().drop(columns="gi_class")), tmp_path))
    assert EVENLY not in text
    assert "Reported incidents by cell" in text


def test_any_projected_crs_is_drawn_in_the_same_place():
    west, east = map_cells(lattice().to_crs("EPSG:32630")), map_cells(lattice())
    np.testing.assert_allclose(np.array(west.get_bounds()), np.array(east.get_bounds()), atol=5e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.set_crs(None, allow_override=True), "no CRS"),
        (lambda c: pd.DataFrame(c.drop(columns="geometry")), "grid.add_geometry"),
        (lambda c: c.iloc[:0], "empty"),
        (lambda c: c[["geometry"]], "needs one of the columns gi_class, n"),
        (lambda c: c.assign(gi_class="warm"), "no class, the first 'warm' at index 7000000"),
        (lambda c: c.assign(n="many"), "must be numbers"),
        (lambda c: c.set_geometry(c.geometry.where(c.index != 7_000_003)), "without geometry.* 7000003"),
        (lambda c: c.set_geometry(c.geometry.centroid), "is Point"),
        (lambda c: c.set_geometry(c.geometry.translate(np.inf)), "not finite"),
    ],
)
def test_cells_that_cannot_be_drawn_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        map_cells(change(lattice(4)))


def test_too_many_cells_are_refused_with_the_way_out():
    cells = lattice(4)
    many = cells.iloc[np.zeros(52_300, dtype=int)]
    # 200 m x sqrt(52,300 x 1.05 / 40,000) = 234 m, up to the next hundred.
    message = (
        r"52,300 cells; a browser cannot draw them: use a larger cell_size, for example 300 m .*cell_size=300"
    )
    with pytest.raises(InputError, match=message):
        map_cells(many)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.drop(columns="number"), "number, rank"),
        (lambda p: p.drop(columns="incidents"), "incidents"),
        (lambda p: p.assign(number=1.5), "whole numbers"),
        (lambda p: p.set_crs(None, allow_override=True), "no CRS"),
    ],
)
def test_locations_that_cannot_be_drawn_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        map_locations(change(places()))


def test_the_rank_stands_in_for_the_number(tmp_path):
    frame = places().drop(columns="number").assign(rank=[3.0, 1.0, 2.0])
    assert '"numbers":["1","2","3"]' in saved(map_locations(frame), tmp_path)


def test_web_tiles_are_a_choice_with_a_warning(tmp_path):
    with pytest.warns(HotspotWarning, match=r"tiles\.example\.org.*asks no server"):
        m = map_cells(lattice(4), tiles="https://tiles.example.org/{z}/{x}/{y}.png")
    html = saved(m, tmp_path)
    assert "img-src data: blob: https://tiles.example.org;" in html
    with pytest.warns(HotspotWarning, match="OpenStreetMap's own server refuses") as caught:
        html = saved(map_locations(places(), tiles="OpenStreetMap"), tmp_path)
    assert "img-src data: blob: https://tile.openstreetmap.org;" in html
    assert caught[0].filename == __file__


@pytest.mark.parametrize("tiles", ["No such map", "file:///etc/{z}", "https://a b'/{z}/{x}/{y}.png"])
def test_tiles_that_are_no_address_are_refused(tiles):
    with pytest.raises(InputError, match="tiles="):
        map_cells(lattice(4), tiles=tiles)


@pytest.mark.parametrize(
    "add",
    [
        lambda m: folium.TileLayer("OpenStreetMap").add_to(m),
        lambda m: folium.Marker([52, -2], icon=folium.Icon()).add_to(m),
        lambda m: folium.Marker([52, -2], icon=folium.CustomIcon("https://example.org/a.png")).add_to(m),
        lambda m: folium.plugins.HeatMap([[52, -2]]).add_to(m),
        lambda m: m.get_root().html.add_child(Element('<img src="https://example.org/a.png">')),
        lambda m: m.get_root().header.add_child(Element('<link rel="x" href="//example.org/a.css">')),
        lambda m: m.get_root().header.add_child(
            Element("<style>p{background:url(http://example.org/a)}</style>")
        ),
    ],
    ids=["tiles", "font icon", "remote icon", "plugin", "image", "link", "style"],
)
def test_what_the_page_would_load_is_refused(tmp_path, add):
    m = map_cells(lattice(4))
    add(m)
    with pytest.raises(InputError, match=r"web|load"):
        save_map(m, tmp_path / "a.html")
    assert list(tmp_path.iterdir()) == []


def test_an_address_in_the_data_is_only_text(tmp_path):
    text = '<img src="https://example.org/a.png"> url(https://example.org) L.tileLayer("https://example.org")'
    assert "example.org" in saved(map_locations(places(location=text), title=text), tmp_path)


def test_a_map_of_folium_s_own_can_be_saved_and_drawn_on(tmp_path):
    m = folium.Map([52.5, -2], tiles=None)
    assert map_locations(places(), on=m) is m
    html = saved(m, tmp_path)
    assert "1. Street 0" in html
    assert "jquery" not in html.lower().replace("jquery's", "")
    assert "Map" in saved(folium.Map([52.5, -2], tiles=None), tmp_path)


def test_what_is_no_map_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"folium\.Map"):
        save_map("map", tmp_path / "a.html")
    with pytest.raises(InputError, match=r"folium\.Map"):
        map_locations(places(), on="map")


def test_bands_have_round_edges_and_cover_every_positive_value():
    values = np.concatenate([np.zeros(10), np.geomspace(0.37, 2_950, 500), [np.nan]])
    shading = band_shading(values, key="density", title="Density", whole=False, opacity=1.0)
    assert (shading.codes[:10] == -1).all()
    assert shading.codes[-1] == -1
    assert sum(entry.count for entry in shading.legend.entries) == 500
    assert 4 <= len(shading.looks) <= 6
    edges = [float(part.replace(",", "")) for part in re.findall(r"[\d,.]+", shading.legend.entries[1].words)]
    inside = values[(values >= edges[0]) & (values < edges[1])]
    assert shading.legend.entries[1].count == len(inside)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1.0, 1.0], ["1"]), ([0.0, 0.0], ["none"]), ([1.0, 2.0, 3.0], ["1", "2", "3 or more"])],
)
def test_bands_of_few_whole_values(values, expected):
    shading = band_shading(np.array(values), key="counts", title="n", whole=True, opacity=1.0)
    assert [entry.words for entry in shading.legend.entries] == expected


@pytest.mark.parametrize(
    ("value", "to_month", "expected"),
    [
        (pd.Timestamp("2024-03-05"), False, "5 March 2024"),
        (pd.Timestamp("2024-03-01"), True, "March 2024"),
        (pd.Period("2024-03", "M"), False, "March 2024"),
        (pd.NaT, False, "not recorded"),
        (None, False, "not recorded"),
        ("2024-03", False, "2024-03"),
    ],
)
def test_dates_in_words(value, to_month, expected):
    assert date_words(value, to_month=to_month) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1234, "count", "1,234"),
        (0.125, "amount", "0.13"),
        (2.5, "amount", "2.5"),
        (33.333, "amount", "33.3"),
        (30_850, "amount", "30,850"),
        (-2.345678, "score", "-2.35"),
        (0.0004, "chance", "under 0.001"),
        (0.0125, "chance", "0.013"),
        (100, "percent", "100 %"),
        (3.25, "percent", "3.3 %"),
        (None, "count", "not recorded"),
        ("a", "text", "a"),
    ],
)
def test_values_in_words(value, kind, expected):
    assert written(value, {"kind": kind}) == expected


def tables(html):
    """Return the caption and the rows of each table in the page's markup."""
    found = re.findall(r"(?s)<caption>(.*?)</caption>.*?<tbody>(.*?)</tbody>", html)
    cells = re.compile(r"(?s)<t[hd][^>]*>(.*?)</t[hd]>")
    return {
        unescape(caption): [
            [unescape(re.sub("<[^>]+>", "", cell)) for cell in cells.findall(row)]
            for row in re.findall(r"(?s)<tr>(.*?)</tr>", body)
        ]
        for caption, body in found
    }


def test_the_facts_stand_in_tables_before_the_map(tmp_path):
    html = saved(map_cells(lattice(), locations=places()), tmp_path)
    assert html.index("<main") < html.index("<table") < html.index('class="folium-map"')
    held = tables(html)
    assert ["Hot, 99 % confidence after correction", "50"] in held["Hot and cold cells: cells by class"]
    # 150 cells are hot: codes 4, 5 and 6 of eight; z is the code less 3.
    hot = held["Hot cells, strongest first: 150"]
    assert [row[3] for row in hot] == ["3.00"] * 50 + ["2.00"] * 50 + ["1.00"] * 50
    assert hot[0] == [
        "Cell 7000006", "6", "Hot, 99 % confidence after correction", "3.00", "0.040", "150", "100 %"
    ]  # fmt: skip
    cold = held["Cold cells, strongest first: 150"]
    assert [row[3] for row in cold] == ["-3.00"] * 50 + ["-2.00"] * 50 + ["-1.00"] * 50
    assert [row[0] for row in held["Repeat locations, by number: 3"]] == [
        "1. Street 0",
        "2. Street 1",
        "3. Street 2",
    ]
    assert "400 cells: 150 hot, 150 cold, 50 not significant, 50 without a result." in words(html)
    assert "Table of every cell: 400" in words(html)


def test_a_long_table_of_hot_cells_says_how_many_there_are(tmp_path):
    held = tables(saved(map_cells(lattice(40)), tmp_path))
    # 1,600 cells, three of eight classes hot.
    assert len(held["Hot cells, strongest first: 200 of 600"]) == 200


def test_the_page_has_one_heading_a_language_and_landmarks(tmp_path):
    for m in (map_cells(lattice(4)), map_areas(outline()), folium.Map([52.5, -2], tiles=None)):
        html = re.sub(r"(?s)<script>.*?</script>", "", saved(m, tmp_path))
        assert '<html lang="en-GB">' in html
        assert (
            html.count("<h1>") == html.count("<main") == html.count("</main>") == html.count("<header") == 1
        )
        assert re.search(
            r'<a class="hs-skip" href="#(map_\d+)">.*<div class="folium-map" id="\1"', html, re.DOTALL
        )


def test_areas_are_drawn_with_labels_and_the_columns_asked_for(tmp_path):
    frame = outline(name=["Order A"], incidents=[7], officer=["Somebody"], contact=["Person"])
    html = saved(
        map_areas(frame, name="Orders", columns={"incidents": "Reports", "officer": "Held by"}), tmp_path
    )
    assert '"numbers":["Order A"]' in html
    assert tables(html)["Orders: 1"] == [["Orders: Order A", "7", "Somebody"]]
    assert "Person" not in html
    assert EVENLY not in html
    plain_one = saved(map_areas(frame, name="Orders"), tmp_path)
    assert tables(plain_one)["Orders: 1"] == [["Orders: Order A", "7"]]
    assert "Somebody" not in plain_one


def test_hot_spot_areas_carry_the_line_and_none_is_said_to_be_none(tmp_path):
    spots = outline(rank=[1.0], cells=[4], incidents=[9])
    html = saved(map_areas(spots, style="hot"), tmp_path)
    assert EVENLY in words(html)
    assert '"numbers":["1"]' in html
    none = words(saved(map_areas(spots.iloc[:0], style="hot", on=map_cells(lattice(4))), tmp_path))
    assert "Hot spot areas: none." in none
    with pytest.raises(InputError, match="empty"):
        map_areas(spots.iloc[:0], style="hot")


def test_contours_are_shaded_from_low_to_high(tmp_path):
    frame = outline(level=[5.0])
    frame = pd.concat([frame, outline(level=[1.0]), outline(level=[5.0])], ignore_index=True)
    html = saved(map_areas(frame, style="contours", name="Density"), tmp_path)
    assert '"codes":[0,1,1]' in html
    assert [row[0] for row in tables(html)["Density: 3"]] == ["Density: 5 or more"] * 2 + [
        "Density: 1 or more"
    ]
    with pytest.raises(InputError, match='no column "level"'):
        map_areas(outline(), style="contours")
    with pytest.raises(InputError, match="1 are not, the first at index 0"):
        map_areas(outline(level=["high"]), style="contours")


def test_wards_and_streets_lie_behind_and_are_credited(tmp_path):
    wards = provenance.note(outline(name=["North ward"]), "Wards: from somewhere.")
    line = gpd.GeoDataFrame(
        {"street_id": [1]},
        geometry=[
            shapely.MultiLineString(
                [[(400_000, 290_000), (400_100, 290_100)], [(400_200, 290_000), (400_300, 290_000)]]
            )
        ],
        crs=27700,
    )
    html = saved(map_cells(lattice(4), wards=wards, streets=line), tmp_path)
    assert '"names":["North ward"]' in html
    assert "Wards: from somewhere." in words(html)
    # A line keeps both its ends: two parts of one line of two points, four numbers each.
    assert re.search(r'"shapes":\[\[\[\[(-?\d+,){3}-?\d+\]\],\[\[(-?\d+,){3}-?\d+\]\]\]\]', html)
    with pytest.raises(InputError, match="streets must be LineString"):
        map_cells(lattice(4), streets=outline())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": "blobs"}, "style='blobs' is not known: use one of areas, hot"),
        ({"label": "gone"}, "no column 'gone'"),
        ({"columns": ["gone"]}, "no column 'gone' to tell"),
        ({"columns": "a"}, "one text; give a list"),
    ],
)
def test_areas_that_cannot_be_drawn_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        map_areas(outline(), **options)


def test_released_cells_show_what_was_published(tmp_path):
    cells = lattice(4).drop(columns=["gi_class", "gi_z", "gi_q", "density_per_km2"])
    hidden = cells["n"].between(1, 4)
    cells["n_shown"] = np.where(hidden, "1 to 4", cells["n"].astype(str))
    cells["n"] = cells["n"].astype("Int64").mask(hidden)
    cells["density_band"] = np.arange(16) % 6
    html = saved(map_cells(cells), tmp_path)
    # Two rows of 0 to 7 in turn: four hidden and three shown counts over 0 in each.
    assert ["1 to 4", "8"] in tables(html)["Reported incidents: cells by class"]
    # 0 to 5 in turn over 16 cells: bands 1 to 3 come three times, 4 and 5 twice.
    bands = tables(html)["Density in bands: cells by class"]
    assert [row[1] for row in bands] == ["3", "3", "3", "2", "2"]
    assert bands[-1][0] == "Band 5 of 5, the highest"
    assert '"values":["0","1 to 4"' in html
