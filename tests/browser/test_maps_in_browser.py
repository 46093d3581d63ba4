"""Saved maps, opened from disk in a browser that may reach no server."""

import folium
import geopandas as gpd
import pytest
import shapely

from hotspot import provenance
from hotspot.geography.projection import to_lon_lat
from hotspot.publish.maps import map_cells, map_locations, save_map

SIZES = [(1280, 800), (390, 844)]
HOT_CENTRE = (400_000 + 10 * 200 + 100, 290_000 + 7 * 200 + 100)
COLD_CENTRE = (400_000 + 5 * 200 + 100, 290_000 + 2 * 200 + 100)
RUN = "window.__pwned=1"
HOSTILE = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror="{RUN}">',
    f"'><svg onload='{RUN}'>",
    f"<svg/onload={RUN}>",
    f"<body onload={RUN}>",
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f'<a href="javascript:{RUN}">x</a>',
    f"javascript:{RUN}",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"<!--<script>{RUN}</script>",
    f"${{{RUN}}}",
    f"`+({RUN})+`",
    f"`${{{RUN}}}`",
    f"';{RUN};//",
    f'";{RUN};//',
    f"\\';{RUN};//",
    f'\\";{RUN};//',
    f"\\`;{RUN};//",
    f"</div></dl></div><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    "{{ 7 * 7 }}",
    "{% for x in ().__class__.__mro__ %}{% endfor %}",
    "{# gone #} stays",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f"<template><script>{RUN}</script></template>",
    f"<style>@import '//example.org/x.css'</style><b onclick={RUN}>",
    f"]]><script>{RUN}</script>",
    f"*/{RUN}/*",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<base href='//example.org/'><form action=javascript:{RUN}>",
    "CON & <b>bold</b> 50 % of \"A\" 'B' \\n $1",
]


def degrees(centre):
    lon, lat = to_lon_lat(*centre)
    return float(lat), float(lon)


def pixel(seen, centre):
    x, y = seen.where(*degrees(centre))
    return int(x), int(y)


def colour_at(seen, centre):
    """Return red, green, blue, alpha of what the canvas holds at a place."""
    return seen.page.evaluate(
        """([lat, lon]) => {
            const map = window[Object.keys(window).find(key => /^map_[0-9]+$/.test(key))];
            const canvas = document.querySelector('.leaflet-overlay-pane canvas');
            const box = canvas.getBoundingClientRect();
            const home = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint([lat, lon]);
            const scale = canvas.width / box.width;
            const x = (point.x + home.left - box.left) * scale, y = (point.y + home.top - box.top) * scale;
            // Read from a copy: Chromium warns when the map's own canvas is read more than once.
            const copy = document.createElement('canvas');
            copy.width = copy.height = 1;
            const pen = copy.getContext('2d', {willReadFrequently: true});
            pen.drawImage(canvas, x, y, 1, 1, 0, 0, 1, 1);
            return Array.from(pen.getImageData(0, 0, 1, 1).data);
        }""",
        list(degrees(centre)),
    )


def quiet(seen):
    assert seen.requests == []
    assert seen.complaints == []
    assert seen.page.evaluate("typeof window.__pwned") == "undefined"


def switch(seen, name):
    if seen.page.locator(".leaflet-control-layers-expanded").count() == 0:
        seen.page.locator(".leaflet-control-layers-toggle").focus()
        seen.page.keyboard.press("Enter")
    label = seen.page.locator(".leaflet-control-layers label", has_text=name)
    label.hover()
    # Leaflet ignores clicks for a moment after the pointer comes, so that opening the list ticks nothing.
    seen.settle(100)
    label.click()
    seen.settle()


def noted(cells):
    record = provenance.Record(sources=[], as_of=None, steps=[], notes=[*HOSTILE])
    return provenance.put(cells.copy(), record)


@pytest.mark.parametrize("size", SIZES)
def test_a_map_opens_offline_with_cells_outline_and_numbers(cells, places, area, visit, tmp_path, size):
    m = map_cells(cells, area=area, locations=places(["High Street", "Low Street", "Mill Lane"]))
    seen = visit(save_map(m, tmp_path / "map.html"), *size)
    red, _, blue, alpha = colour_at(seen, HOT_CENTRE)
    assert red > blue + 60
    assert alpha > 150
    red, _, blue, alpha = colour_at(seen, COLD_CENTRE)
    assert blue > red + 60
    assert alpha > 150
    assert seen.page.locator(".leaflet-hotspot-boundary-pane path").count() == 2
    numbers = seen.page.locator(".hs-number")
    assert numbers.all_inner_texts() == ["1", "2", "3"]
    for k in range(3):
        box = numbers.nth(k).bounding_box()
        assert box["width"] >= 24
        assert box["height"] >= 24
        assert 0 <= box["x"] <= size[0]
        assert 0 <= box["y"] <= size[1]
    assert numbers.first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 12
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = seen.page.locator(".folium-map").bounding_box()
    assert box["width"] * box["height"] > 0.4 * size[0] * size[1]
    quiet(seen)


@pytest.mark.parametrize("size", SIZES)
def test_a_cell_tells_its_numbers_on_hover_and_on_click(cells, visit, tmp_path, size):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"), *size)
    x, y = pixel(seen, HOT_CENTRE)
    seen.page.mouse.move(x - 3, y)
    seen.page.mouse.move(x, y)
    tip = seen.page.locator(".leaflet-tooltip")
    text = " ".join(tip.inner_text().split())
    for part in (
        "Cell row 7 column 10",
        "Reported incidents 1,234",
        "Class Hot, 99 % confidence after correction",
        "z (Gi*) 4.57",
        "q (adjusted p) under 0.001",
        "Density per square km 30,850",
        "Share of cell inside the area 100 %",
    ):
        assert part in text
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size[0]
    seen.page.mouse.click(x, y)
    seen.settle(400)
    popup = " ".join(seen.page.locator(".leaflet-popup-content").inner_text().split())
    assert "Cell row 7 column 10" in popup
    assert "Burglary 617" in popup
    quiet(seen)


@pytest.mark.parametrize("size", SIZES)
def test_density_is_off_at_first_and_takes_turns_with_the_classes(cells, visit, tmp_path, size):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"), *size)
    legends = seen.page.locator("[data-legend]")
    assert legends.evaluate_all("all => all.filter(e => !e.hidden).map(e => e.dataset.legend)") == ["classes"]
    switch(seen, "Density")
    assert legends.evaluate_all("all => all.filter(e => !e.hidden).map(e => e.dataset.legend)") == ["density"]
    boxes = seen.page.locator(".leaflet-control-layers-overlays input")
    assert boxes.evaluate_all("all => all.map(e => e.checked)") == [False, True]
    red, _, blue, _ = colour_at(seen, HOT_CENTRE)
    assert blue > red
    assert colour_at(seen, COLD_CENTRE)[3] == 0
    switch(seen, "Hot and cold")
    assert boxes.evaluate_all("all => all.map(e => e.checked)") == [True, False]
    quiet(seen)


@pytest.mark.parametrize("size", SIZES)
def test_the_keyboard_reaches_panel_layers_and_markers(cells, places, visit, tmp_path, size):
    m = map_cells(cells, locations=places(["High Street"]))
    seen = visit(save_map(m, tmp_path / "map.html"), *size)
    details = seen.page.locator(".hs-side details")
    before = details.evaluate("e => e.open")
    assert before is (size[0] > 700)
    reached = set()
    for _ in range(25):
        seen.page.keyboard.press("Tab")
        reached.add(
            seen.page.evaluate(
                "(document.activeElement.tagName + ' ' + document.activeElement.className).toLowerCase()"
            )
        )
    assert any(item.startswith("summary") for item in reached)
    assert any("hs-number" in item for item in reached)
    assert any(item.startswith("input") or "layers-toggle" in item for item in reached)
    seen.page.locator("summary").focus()
    seen.page.keyboard.press("Enter")
    seen.settle()
    assert details.evaluate("e => e.open") is not before
    seen.page.locator(".hs-number").focus()
    seen.page.keyboard.press("Enter")
    seen.settle(400)
    assert "High Street" in seen.page.locator(".leaflet-popup-content").inner_text()
    if size[0] <= 700:
        seen.page.locator(".leaflet-control-layers-toggle").focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.locator(".leaflet-control-layers-expanded").count() == 1
    assert seen.page.locator(".folium-map").get_attribute("aria-label").startswith("Map: Hot and cold cells")
    quiet(seen)


def test_the_text_has_enough_contrast(cells, area, visit, tmp_path):
    seen = visit(save_map(map_cells(cells, area=area), tmp_path / "map.html"))
    ratios = seen.page.evaluate(
        """() => {
            const parse = text => text.match(/[\\d.]+/g).map(Number);
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
            const ground = e => {
                for (; e; e = e.parentElement) {
                    const c = parse(getComputedStyle(e).backgroundColor);
                    if (c.length === 3 || c[3] > 0.9) return c;
                }
                return [255, 255, 255];
            };
            return [...document.querySelectorAll('.hs-top *, .hs-side *, .leaflet-control *')]
                .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
                .map(e => {
                    const pair = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
                    return [(pair[0] + 0.05) / (pair[1] + 0.05), e.textContent.slice(0, 40)];
                });
        }"""
    )
    assert len(ratios) > 20
    assert min(ratios)[0] >= 4.5, min(ratios)


def test_hostile_places_are_shown_and_not_run(places, visit, tmp_path):
    frame = places(HOSTILE)
    m = map_locations(frame, title=HOSTILE[0], area=hostile_area(), limit=None)
    seen = visit(save_map(m, tmp_path / "map.html"))
    assert seen.page.title() == HOSTILE[0]
    assert seen.page.locator("h1").inner_text() == HOSTILE[0]
    markers = seen.page.locator(".hs-number")
    assert markers.count() == len(HOSTILE)
    for k, text in enumerate(HOSTILE):
        assert markers.nth(k).get_attribute("aria-label") == f"{k + 1}. {text}"
        markers.nth(k).evaluate("e => e.dispatchEvent(new MouseEvent('click', {bubbles: true}))")
        popup = seen.page.locator(".leaflet-popup-content").last
        assert popup.locator("strong").text_content() == f"{k + 1}. {text}"
        assert popup.locator("dd").all_text_contents()[-3:] == [text, str(k + 1), text]
        markers.nth(k).evaluate("e => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))")
    cautions = seen.page.locator(".hs-caution").all_text_contents()
    assert cautions == [f"Outline {text}" for text in HOSTILE]
    quiet(seen)


def hostile_area():
    box = shapely.box(399_950, 289_950, 404_050, 294_050)
    return gpd.GeoDataFrame({"evidence_use": HOSTILE}, geometry=[box] * len(HOSTILE), crs="EPSG:27700")


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_shown_and_not_run(places, visit, tmp_path, title):
    seen = visit(save_map(map_locations(places(["x"]), title=title), tmp_path / "map.html"))
    assert seen.page.title() == title
    assert seen.page.locator("h1").text_content() == title
    quiet(seen)


def test_hostile_labels_categories_and_notes_are_shown_and_not_run(cells, visit, tmp_path):
    frame = noted(cells).drop(columns="n_Burglary")
    for number, text in enumerate(HOSTILE[:12]):
        frame[f"n_{text}"] = frame["n"] + number
    frame["label"] = [HOSTILE[k % len(HOSTILE)] for k in range(len(frame))]
    seen = visit(save_map(map_cells(frame), tmp_path / "map.html"))
    notes = seen.page.locator(".hs-fine").all_text_contents()
    assert set(HOSTILE) <= set(notes)
    seen.page.mouse.click(*pixel(seen, HOT_CENTRE))
    seen.settle(400)
    popup = seen.page.locator(".leaflet-popup-content")
    assert popup.locator("strong").text_content() == f"Cell {HOSTILE[150 % len(HOSTILE)]}"
    assert set(HOSTILE[:12]) <= set(popup.locator("dt").all_text_contents())
    quiet(seen)


def test_hostile_names_of_the_user_s_layers_are_shown_and_not_run(cells, visit, tmp_path):
    m = map_cells(cells)
    for text in HOSTILE[:8]:
        folium.FeatureGroup(name=text).add_to(m)
    seen = visit(save_map(m, tmp_path / "map.html"))
    shown = [text.strip() for text in seen.page.locator(".leaflet-control-layers label").all_text_contents()]
    assert shown[-8:] == HOSTILE[:8]
    quiet(seen)


def test_event_handlers_in_the_user_s_own_popups_do_not_run(cells, visit, tmp_path):
    m = map_cells(cells)
    folium.CircleMarker(degrees(COLD_CENTRE), radius=12, popup=f"Here <img src=x onerror='{RUN}'>").add_to(m)
    seen = visit(save_map(m, tmp_path / "map.html"))
    seen.page.mouse.click(*pixel(seen, COLD_CENTRE))
    seen.settle(400)
    assert "Here" in seen.page.locator(".leaflet-popup-content").inner_text()
    assert seen.page.evaluate("typeof window.__pwned") == "undefined"
    assert seen.requests == []


def test_layers_of_the_user_are_drawn_and_listed(cells, visit, tmp_path):
    m = map_cells(cells)
    group = folium.FeatureGroup(name="Wardens").add_to(m)
    folium.Marker(degrees(HOT_CENTRE), tooltip="Post 1").add_to(group)
    m.keep_in_front(group)
    seen = visit(save_map(m, tmp_path / "map.html"))
    assert "Wardens" in seen.page.locator(".leaflet-control-layers").inner_text()
    icon = seen.page.locator("img.leaflet-marker-icon")
    assert icon.evaluate("e => e.naturalWidth") > 0
    quiet(seen)


def test_web_tiles_ask_the_chosen_host_and_no_other(cells, visit, tmp_path):
    with pytest.warns(UserWarning, match="example"):
        m = map_cells(cells, tiles="https://tiles.example.org/{z}/{x}/{y}.png")
    seen = visit(save_map(m, tmp_path / "map.html"))
    assert seen.requests
    assert all(url.startswith("https://tiles.example.org/") for url in seen.requests)
