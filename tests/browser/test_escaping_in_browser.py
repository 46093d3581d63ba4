"""Text from data that tries to run: in maps, tooltips, popups, tables and the pack's page none of it does."""

import folium
import geopandas as gpd
import pytest
import shapely

from hotspot import provenance
from hotspot.publish.escape import plain
from hotspot.publish.maps import map_areas, map_cells, map_locations, save_map
from hotspot.publish.packs import write_pack

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
    f"data:text/html,<script>{RUN}</script>",
    f'<object data="data:text/html,<script>parent.{RUN}</script>"></object>',
    f'<embed src="javascript:{RUN}">',
    f'<a href="data:text/html;base64,PHNjcmlwdD4x">{RUN}</a>',
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><script>{RUN}</script></svg>",
    f"<xmp><img src=x onerror={RUN}></xmp>",
    f"</noscript><img src=x onerror={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<input type=image src=x onerror={RUN}>",
    f"<form><button formaction=javascript:{RUN}>x</button></form>",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"\\x3cimg src=x onerror={RUN}\\x3e",
    f"%3Cscript%3E{RUN}%3C/script%3E",
    f"+ADw-script+AD4-{RUN}+ADw-/script+AD4-",
    f"\\u2028{RUN}//",
    f"\u2028{RUN}//",
    f"\\',alert,'{RUN}",
    f"</option></select><img src=x onerror={RUN}>",
    f"</caption></table><img src=x onerror={RUN}>",
    f"</svg></math></template></main><img src=x onerror={RUN}>",
    f"url(javascript:{RUN})",
    f'"style="background:url(javascript:{RUN})"onmouseover="{RUN}',
    "{{ ().__class__.__base__.__subclasses__() }}",
    f"${{{{{RUN}}}}}#{{{RUN}}}<%= {RUN} %>",
    f"\u202e<script>{RUN}</script>",
    f"\x00<scr\x00ipt>{RUN}</script>",
]
READ = """() => {
    document.querySelector('.hs-label').click();
    const layers = [...document.querySelectorAll('.leaflet-control-layers label')];
    const facts = document.querySelectorAll('.leaflet-popup-content dt, .leaflet-popup-content dd');
    return {
        title: document.title,
        heading: document.querySelector('h1').textContent,
        first: layers[0].textContent.trim(),
        last: layers[layers.length - 1].textContent.trim(),
        facts: [...facts].map(e => e.textContent),
    };
}"""


def quiet(seen):
    assert seen.requests == []
    assert seen.complaints == []
    assert seen.page.evaluate("typeof window.__pwned") == "undefined"


def noted(cells):
    record = provenance.Record(sources=[], as_of=None, steps=[], notes=[*HOSTILE])
    return provenance.put(cells.copy(), record)


def hostile_area():
    box = shapely.box(399_950, 289_950, 404_050, 294_050)
    return gpd.GeoDataFrame({"evidence_use": HOSTILE}, geometry=[box] * len(HOSTILE), crs="EPSG:27700")


def open_all(page):
    """Open every table and list of the page."""
    page.evaluate("() => { for (const each of document.querySelectorAll('details')) each.open = true; }")
    page.wait_for_timeout(60)


def test_hostile_places_are_shown_and_not_run(places, visit, tmp_path):
    m = map_locations(places(HOSTILE), area=hostile_area(), limit=None)
    seen = visit(save_map(m, tmp_path / "map.html"))
    markers = seen.page.locator(".hs-number")
    assert markers.count() == len(HOSTILE)
    names = [f"{k + 1}. {plain(text)}" for k, text in enumerate(HOSTILE)]
    # Every marker is hovered and opened in one go; what the popups and tooltips show is read on the way.
    shown = markers.evaluate_all(
        """all => all.map(e => {
            e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
            const tip = document.querySelector('.leaflet-tooltip strong').textContent;
            e.dispatchEvent(new MouseEvent('click', {bubbles: true}));
            const popups = document.querySelectorAll('.leaflet-popup-content');
            const popup = popups[popups.length - 1];
            const facts = [...popup.querySelectorAll('dd')].map(d => d.textContent).slice(-3);
            return [e.getAttribute('aria-label'), tip, popup.querySelector('strong').textContent, facts];
        })"""
    )
    assert shown == [
        [name, name, name, [plain(text), str(k + 1), plain(text)]]
        for k, (name, text) in enumerate(zip(names, HOSTILE, strict=True))
    ]
    open_all(seen.page)
    table = seen.page.locator(".hs-tables table").first
    assert table.locator("tbody th").all_text_contents() == names
    cautions = seen.page.locator(".hs-caution").all_text_contents()
    assert cautions == [f"Outline {plain(text)}" for text in HOSTILE]
    quiet(seen)


def test_hostile_titles_layers_labels_and_headings_are_shown_and_not_run(visit, tmp_path):
    """Each text alone on a page, so that none hides behind what an earlier one broke."""
    square = shapely.box(400_000, 290_000, 401_000, 291_000)
    seen = None
    for text in HOSTILE:
        frame = gpd.GeoDataFrame({text: [text], "name": [text]}, geometry=[square], crs=27700)
        m = map_areas(frame, title=text, name=text, columns={text: text}, wards=frame[["name", "geometry"]])
        folium.FeatureGroup(name=text).add_to(m)
        path = save_map(m, tmp_path / "map.html")
        seen = visit(path) if seen is None else seen.go(path)
        shown = seen.page.evaluate(READ)
        # The browser makes one space of several in a title.
        assert shown.pop("title") == " ".join(plain(text).split())
        assert shown == {
            "heading": plain(text),
            "first": plain(text, limit=80).strip(),
            "last": plain(text).strip(),
            "facts": [plain(text, limit=80), plain(text)],
        }
        quiet(seen)


def test_hostile_cells_categories_and_notes_are_shown_and_not_run(cells, visit, tmp_path):
    frame = noted(cells).drop(columns="n_Burglary")
    for number, text in enumerate(HOSTILE[:12]):
        frame[f"n_{text}"] = frame["n"] + number
    frame["label"] = [HOSTILE[k % len(HOSTILE)] for k in range(len(frame))]
    seen = visit(save_map(map_cells(frame), tmp_path / "map.html"))
    assert {plain(text) for text in HOSTILE} <= set(seen.page.locator(".hs-fine").all_text_contents())
    open_all(seen.page)
    seen.page.locator("button[data-at='150']").first.click()
    popup = seen.page.locator(".leaflet-popup-content")
    assert popup.locator("strong").text_content() == f"Cell {plain(HOSTILE[150 % len(HOSTILE)])}"
    assert {plain(text, limit=60) for text in HOSTILE[:12]} <= set(popup.locator("dt").all_text_contents())
    rows = seen.page.locator(".hs-every tbody th").all_text_contents()
    assert {f"Cell {plain(text)}" for text in HOSTILE} <= set(rows)
    quiet(seen)


@pytest.mark.parametrize("title", ["x", HOSTILE[0], HOSTILE[12], HOSTILE[17]])
def test_hostile_texts_of_a_pack_are_shown_and_not_run(places, visit, tmp_path, title):
    frame = noted(places(HOSTILE))
    table = frame.drop(columns="geometry").rename(columns={"share_pct": HOSTILE[1]})
    folder = write_pack(
        tmp_path / "pack",
        title=title,
        summary=HOSTILE,
        tables={f"A {HOSTILE[2]}": table},
        maps={f"Map {HOSTILE[3]}": map_locations(frame)} if title == "x" else None,
    )
    seen = visit(next(folder.glob("index*.html")))
    open_all(seen.page)
    assert seen.page.locator("h1").text_content() == title
    cells = set(seen.page.locator("td").all_text_contents())
    assert {plain(text) for text in HOSTILE} <= cells
    assert {plain(text, limit=2_000) for text in HOSTILE} <= set(seen.page.locator("p").all_text_contents())
    assert HOSTILE[1] in seen.page.locator("thead th").all_text_contents()
    quiet(seen)
