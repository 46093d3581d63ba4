"""Saved maps, opened from disk in a browser that may reach no server."""

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely

from hotspot.geography.projection import to_lon_lat
from hotspot.publish.maps import map_areas, map_cells, save_map

SIZES = [(1280, 800), (390, 844)]
HOT_CENTRE = (400_000 + 10 * 200 + 100, 290_000 + 7 * 200 + 100)
COLD_CENTRE = (400_000 + 5 * 200 + 100, 290_000 + 2 * 200 + 100)
RUN = "window.__pwned=1"


def degrees(centre):
    lon, lat = to_lon_lat(*centre)
    return float(lat), float(lon)


def pixel(seen, centre):
    x, y = seen.where(*degrees(centre))
    return int(x), int(y)


def colour_at(seen, centre, whole=False):
    """Return mean red, green, blue, alpha of what the canvas holds around a place, hatching included."""
    return seen.page.evaluate(
        """([lat, lon, whole]) => {
            const map = window[Object.keys(window).find(key => /^map_[0-9]+$/.test(key))];
            const canvas = document.querySelector('.leaflet-overlay-pane canvas');
            const box = canvas.getBoundingClientRect();
            const home = map.getContainer().getBoundingClientRect();
            const point = map.latLngToContainerPoint([lat, lon]);
            const scale = canvas.width / box.width;
            const x = (point.x + home.left - box.left) * scale, y = (point.y + home.top - box.top) * scale;
            // Read from a copy: Chromium warns when the map's own canvas is read more than once.
            const copy = document.createElement('canvas');
            copy.width = copy.height = 9;
            const pen = copy.getContext('2d', {willReadFrequently: true});
            pen.drawImage(canvas, x - 4, y - 4, 9, 9, 0, 0, 9, 9);
            const all = Array.from(pen.getImageData(0, 0, 9, 9).data);
            return whole ? all : [0, 1, 2, 3].map(k => all.filter((_, at) => at % 4 === k).reduce((a, b) => a + b) / 81);
        }""",
        [*degrees(centre), whole],
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
    assert box["y"] + box["height"] <= size[1] + 1
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


def test_hot_and_cold_differ_without_their_colours(cells, visit, tmp_path):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"))

    def lightness(centre):
        pixels = np.array(colour_at(seen, centre, whole=True), dtype=float).reshape(9, 9, 4)
        return pixels[:, :, :3] @ [0.2126, 0.7152, 0.0722]

    hot, cold = lightness(HOT_CENTRE), lightness(COLD_CENTRE)
    # Cold is hatched level: every row has one lightness, and rows differ. Hot is hatched rising: rows vary.
    assert cold.std(axis=1).max() < 2
    assert cold.mean(axis=1).std() > 20
    assert hot.std(axis=1).min() > 20
    quiet(seen)


def test_bands_carry_their_number_where_there_is_room(cells, visit, tmp_path):
    seen = visit(save_map(map_cells(cells.drop(columns="gi_class")), tmp_path / "map.html"))
    swatches = seen.page.locator('[data-legend="counts"] .hs-swatch').all_inner_texts()
    assert swatches == [str(band + 1) for band in range(len(swatches))]

    def variety(zoom):
        seen.page.evaluate(
            "zoom => { window[Object.keys(window).find(key => /^map_[0-9]+$/.test(key))]"
            ".setZoom(zoom, {animate: false}); }",
            zoom,
        )
        seen.settle()
        return np.array(colour_at(seen, HOT_CENTRE, whole=True)).reshape(9, 9, 4)[:, :, 0].std()

    # A cell of 200 m is about 4 pixels wide at the first zoom and 137 at the second.
    assert variety(16) > 10
    assert variety(13) < 1
    quiet(seen)


def test_a_cell_is_reached_from_the_table_by_keyboard_and_the_focus_comes_back(cells, visit, tmp_path):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"))
    seen.page.locator(".hs-words > details > summary").focus()
    seen.page.keyboard.press("Enter")
    button = seen.page.get_by_role("button", name="Cell row 7 column 10").first
    button.focus()
    seen.page.keyboard.press("Enter")
    seen.settle(200)
    focused = seen.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Cell row 7 column 10"
    popup = seen.page.locator(".leaflet-popup-content")
    assert "1,234" in popup.inner_text()
    box = popup.bounding_box()
    assert 0 <= box["y"] <= 800 - box["height"]
    seen.page.keyboard.press("Escape")
    seen.settle(300)
    assert popup.count() == 0
    assert seen.page.evaluate("document.activeElement.textContent") == "Cell row 7 column 10"
    quiet(seen)


def test_the_table_of_every_cell_is_made_when_opened_and_holds_every_cell(cells, visit, tmp_path):
    seen = visit(save_map(map_cells(cells), tmp_path / "map.html"))
    rows = seen.page.locator(".hs-every tbody tr")
    assert rows.count() == 0
    seen.page.locator(".hs-words > details > summary").click()
    seen.page.locator(".hs-every > summary").click()
    seen.settle()
    names = [*rows.locator("th").all_inner_texts()]
    assert names[0] == "Cell row 7 column 10"
    first = [" ".join(text.split()) for text in rows.first.locator("td").all_inner_texts()]
    words = "Hot, 99 % confidence after correction"
    assert first == ["1,234", words, "4.57", "under 0.001", "under 0.001", "30,850", "100 %", "Burglary 617"]
    assert seen.page.locator(".hs-every [role=status]").inner_text() == "Rows 1 to 200 of 400"
    seen.page.get_by_role("button", name="Next 200").press("Enter")
    names += rows.locator("th").all_inner_texts()
    assert sorted(names) == sorted(f"Cell {label}" for label in cells["label"])
    seen.page.locator(".hs-every select").select_option(label="Cold, 99 % confidence after correction")
    assert rows.locator("th").all_inner_texts() == ["Cell row 2 column 5"]
    # The same facts stand in the file itself, where no script is needed.
    fixed = seen.page.locator(".hs-tables > .hs-wide").filter(has_text="Hot cells, strongest first: 1")
    assert [" ".join(text.split()) for text in fixed.locator("td").all_inner_texts()] == first
    quiet(seen)


def test_areas_contours_wards_and_streets_are_drawn_over_the_cells(cells, area, visit, tmp_path):
    box = shapely.box(401_000, 291_000, 402_500, 292_000)
    orders = gpd.GeoDataFrame({"name": ["Order A"], "kept_in": ["x"]}, geometry=[box], crs=27700)
    contours = gpd.GeoDataFrame(
        {"level": [50.0, 10.0]}, geometry=[box.buffer(-200), box.buffer(300)], crs=27700
    )
    wards = gpd.GeoDataFrame({"name": ["North ward"]}, geometry=area.geometry.to_numpy(), crs=27700)
    line = shapely.LineString([(400_100, 290_100), (403_900, 293_900)])
    streets = gpd.GeoDataFrame({"street_id": [1]}, geometry=[line], crs=27700)
    m = map_cells(cells, area=area, wards=wards, streets=streets)
    map_areas(contours, style="contours", on=m)
    map_areas(orders, name="Orders", on=m)
    seen = visit(save_map(m, tmp_path / "map.html"))
    assert seen.page.locator(".hs-label").all_inner_texts() == ["Order A"]
    assert seen.page.locator(".hs-name").all_inner_texts() == ["North ward"]
    assert seen.page.locator("[class*='hotspot-areas'] path").count() == 2
    assert seen.page.locator(".leaflet-hotspot-streets-pane canvas").count() == 1
    # Lines do not stand in the way of the cells below.
    seen.page.mouse.click(*pixel(seen, HOT_CENTRE))
    seen.settle(200)
    assert "Cell row 7 column 10" in seen.page.locator(".leaflet-popup-content").inner_text()
    switch(seen, "Contours")
    boxes = seen.page.locator(".leaflet-control-layers-overlays label")
    shown = boxes.evaluate_all(
        "all => all.filter(e => e.querySelector('input').checked).map(e => e.innerText.trim())"
    )
    assert "Hot and cold cells" not in shown
    assert "Contours" in shown
    seen.page.locator(".hs-label").press("Enter")
    seen.settle(200)
    assert "Orders: Order A" in seen.page.locator(".leaflet-popup-content").last.inner_text()
    assert "kept_in" not in seen.page.content()
    quiet(seen)
