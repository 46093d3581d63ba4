"""Pages for everybody: axe-core, keyboard, narrow and enlarged windows, print, and all pages that we make."""

import os
import runpy
import sys
from pathlib import Path

import folium
import geopandas as gpd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.publish.maps import map_areas, map_cells, map_locations, save_map
from hotspot.publish.maps.legend import EVENLY

SIZES = [(1280, 800), (390, 844)]
EXAMPLES = Path(__file__).parents[2] / "examples"
STOPS = """() => [...document.querySelectorAll('a[href], button, summary, input, select, textarea, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}))"""


def quiet(seen):
    assert seen.requests == []
    assert seen.complaints == []


def a_map_of_everything(cells, places, area):
    box = shapely.box(401_000, 291_000, 402_500, 292_000)
    one = gpd.GeoDataFrame({"name": ["Order A"], "level": [5.0]}, geometry=[box], crs=27700)
    line = shapely.LineString([(400_100, 290_100), (403_900, 293_900)])
    streets = gpd.GeoDataFrame({"street_id": [1]}, geometry=[line], crs=27700)
    wards = gpd.GeoDataFrame({"name": ["North"]}, geometry=area.geometry.to_numpy(), crs=27700)
    m = map_cells(
        cells, area=area, locations=places(["High Street", "Low Street"]), wards=wards, streets=streets
    )
    map_areas(one, style="contours", on=m)
    map_areas(one, name="Orders", on=m)
    map_areas(one.iloc[:0], style="hot", on=m)
    return m


def the_maps(cells, places, area):
    return {
        "everything": a_map_of_everything(cells, places, area),
        "counts": map_cells(cells.drop(columns="gi_class")),
        "locations": map_locations(places(["High Street"])),
        "folium": folium.Map([52.5, -2], tiles=None),
    }


def open_all(seen):
    seen.page.evaluate("() => { for (const each of document.querySelectorAll('details')) each.open = true; }")
    seen.settle()


def tab_through(page):
    """Press Tab once for every stop and return those that it did not reach."""
    page.evaluate(f"() => {{ window.stops = ({STOPS})(); document.activeElement.blur(); }}")
    for _ in range(page.evaluate("window.stops.length") + 3):
        page.keyboard.press("Tab")
        page.evaluate("() => { document.activeElement.reached = true; }")
    return page.evaluate("() => window.stops.filter(e => !e.reached).map(e => e.outerHTML.slice(0, 90))")


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_any_map(cells, places, area, visit, faults, tmp_path, size):
    seen = None
    for name, m in the_maps(cells, places, area).items():
        path = save_map(m, tmp_path / f"{name}.html")
        seen = visit(path, *size) if seen is None else seen.go(path)
        if name == "everything":
            assert faults(seen.page) == []
        open_all(seen)
        assert faults(seen.page) == [], f"{name}, opened"
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        quiet(seen)


def test_axe_sees_what_is_wrong(visit, faults, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text(
        '<!DOCTYPE html><html><title>x</title><body><p style="color:#ccc">pale</p><img src="data:,">'
    )
    found = {rule for rule, _ in faults(visit(path).page)}
    assert {"color-contrast", "html-has-lang", "image-alt", "page-has-heading-one"} <= found


@pytest.mark.parametrize("size", SIZES)
def test_tab_reaches_every_control(cells, places, area, visit, tmp_path, size):
    seen = visit(save_map(a_map_of_everything(cells, places, area), tmp_path / "map.html"), *size)
    assert tab_through(seen.page) == []
    open_all(seen)
    assert tab_through(seen.page) == []
    kinds = seen.page.evaluate(
        "() => [...new Set(window.stops.map(e => e.className || e.tagName))].join(' ')"
    )
    for kind in ("hs-skip", "SUMMARY", "hs-number", "hs-label", "BUTTON", "SELECT", "folium-map", "zoom-in"):
        assert kind in kinds
    # Eight layers are more than the list shows unasked.
    assert "layers-toggle" in kinds
    few = visit(save_map(map_cells(cells), tmp_path / "few.html"), *size)
    assert tab_through(few.page) == []
    kinds = few.page.evaluate("() => window.stops.map(e => e.className).join(' ')")
    assert ("layers-selector" if size[0] > 700 else "layers-toggle") in kinds
    quiet(seen)


def test_the_first_stop_skips_to_the_map(cells, visit, tmp_path):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"))
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.textContent") == "Skip to the map"
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.className").startswith("folium-map")


def test_the_list_of_layers_opens_and_closes_by_keyboard_on_a_phone(cells, visit, tmp_path):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"), 390, 844)
    seen.page.locator(".leaflet-control-layers-toggle").press("Enter")
    assert seen.page.locator(".leaflet-control-layers-expanded").count() == 1
    seen.page.locator(".leaflet-control-layers-selector").first.press("Escape")
    assert seen.page.locator(".leaflet-control-layers-expanded").count() == 0
    assert "toggle" in seen.page.evaluate("document.activeElement.className")


def test_what_stands_on_every_hotspot_map(cells, area, visit, tmp_path):
    source = {
        "name": "Made up",
        "open": False,
        "simulated": False,
        "attribution": "Nobody",
        "months": ["2024-01"],
    }
    frame = provenance.put(cells, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))
    seen = visit(save_map(map_cells(frame, area=area, title="Ours"), tmp_path / "map.html"), 390, 844)
    # On a phone with everything closed: marking, title, date range, the line, north, scale and attribution.
    shown = seen.page.locator("body").inner_text()
    for text in (
        "OFFICIAL-SENSITIVE",
        "Ours",
        "January 2024",
        EVENLY,
        "400 cells: 1 hot, 1 cold, 398 not significant.",
    ):
        assert text in shown
    assert seen.page.locator(".hs-north").get_attribute("aria-label") == "North is up"
    assert seen.page.locator(".leaflet-control-scale-line").inner_text().endswith("m")
    assert "Nobody" in seen.page.locator(".leaflet-control-attribution").inner_text()
    order = seen.page.evaluate(
        "() => [...document.querySelectorAll('h1, .hs-words table, .folium-map')].map(e => e.tagName)"
    )
    assert order[0] == "H1"
    assert order[-1] == "DIV"
    assert order.count("TABLE") >= 3


def test_a_window_of_320_by_200_reflows(cells, places, area, visit, tmp_path):
    # 1280 by 800 enlarged to 400 % leaves this much.
    seen = visit(save_map(a_map_of_everything(cells, places, area), tmp_path / "map.html"), 320, 200)
    open_all(seen)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320
    box = seen.page.locator(".folium-map").bounding_box()
    assert box["width"] == 320
    assert box["height"] >= 200
    seen.page.locator("h1").scroll_into_view_if_needed()
    for text in ("The facts of this map as tables", "Key, notes and sources"):
        assert seen.page.locator("summary", has_text=text).is_visible()


@pytest.mark.parametrize("size", SIZES)
def test_paper_gets_map_key_title_and_marking(cells, area, visit, tmp_path, size):
    seen = visit(save_map(map_cells(cells, area=area, title="Ours"), tmp_path / "map.html"), *size)
    seen.page.evaluate(
        "() => { window.heard = 0; addEventListener('beforeprint', () => window.heard += 1); }"
    )
    pdf = seen.page.pdf(prefer_css_page_size=True, print_background=True)
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 2
    assert seen.page.evaluate("window.heard") >= 1
    before = seen.page.locator(".hs-side details").evaluate("e => e.open")
    assert before is (size[0] > 700)
    seen.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    # A4 on its side less its margins is 1,046 pixels wide.
    seen.page.set_viewport_size({"width": 1046, "height": 718})
    seen.page.emulate_media(media="print")
    seen.settle()
    for place, text in (
        (".hs-marking", "OFFICIAL-SENSITIVE"),
        ("h1", "Ours"),
        (".hs-evenly", EVENLY),
        (".hs-side", "Hot, 99 % confidence after correction"),
        (".hs-side", "Source: "),
    ):
        assert text in seen.page.locator(place).inner_text()
    assert not seen.page.locator(".leaflet-control-zoom").is_visible()
    box = seen.page.locator(".folium-map").bounding_box()
    assert box["x"] + box["width"] <= 1046
    assert min(abs(box["width"] - 800), abs(box["height"] - 520)) < 8


def test_a_pack_is_quiet_reachable_and_clean(cells, places, area, visit, faults, tmp_path):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot([1, 2])
    figure.set_label("A line that rises from 1 to 2.")
    locations = places(["High Street", "Low Street"])
    folder = hs.write_pack(
        tmp_path / "pack",
        title="Tasking",
        summary=["One sentence.", "Another."],
        tables={"Cells": cells.iloc[:40], "Locations": locations},
        maps={"Cells": map_cells(cells, area=area, locations=locations)},
        figures={"Line": figure},
    )
    plt.close(figure)
    for width, height in SIZES:
        seen = visit(next(folder.glob("index*.html")), width, height)
        assert faults(seen.page) == []
        open_all(seen)
        assert faults(seen.page) == []
        assert tab_through(seen.page) == []
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.page.locator("img").evaluate_all("all => all.every(e => e.naturalWidth > 0 && e.alt)")
        quiet(seen)
    seen = visit(next(folder.glob("index*.html")), 320, 200)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320
    for page in sorted((folder / "maps").glob("*.html")):
        seen.go(page)
        quiet(seen)


def test_every_page_of_the_examples_is_quiet_and_clean(visit, faults, tmp_path, monkeypatch, capsys):
    """The quick scripts run here; HOTSPOT_EXAMPLE_PAGES names a folder with what the others have written."""
    for name in ("first_look", "partner_files"):
        monkeypatch.setattr(sys, "argv", [name, "--out", str(tmp_path / name)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    capsys.readouterr()
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) == 2
    if os.environ.get("HOTSPOT_EXAMPLE_PAGES"):
        pages += sorted(Path(os.environ["HOTSPOT_EXAMPLE_PAGES"]).rglob("*.html"))
    for width, height in SIZES:
        seen = None
        for path in pages:
            seen = visit(path, width, height) if seen is None else seen.go(path)
            assert faults(seen.page) == [], path.name
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
            quiet(seen)
