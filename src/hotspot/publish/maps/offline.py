"""Save a map as one file that opens from disk with the network off."""

from __future__ import annotations

import base64
import copy
import hashlib
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import folium
from branca.element import CssLink, Element, Figure, Link

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.escape import escape
from hotspot.publish.files import write_text_whole
from hotspot.publish.maps.assets import leaflet_css, leaflet_script
from hotspot.publish.maps.base import LEAFLET_SLOT, dress
from hotspot.publish.maps.elements import DrawnLayer, ShapeData, Verbatim
from hotspot.publish.maps.furniture import END_SLOT, TOP_SLOT, Furniture, furniture_of
from hotspot.publish.release import PUBLIC, Release, marked_path, marking_of

_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_NAMED_BY_ID = re.compile(r".*_[0-9a-f]{32}(?:_add)?")
_REMOTE = re.compile(r"\s*(?:https?:|wss?:|ftp:)?//", re.IGNORECASE)
_REMOTE_CSS = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*(?:https?:)?//[^'\")\s]*", re.IGNORECASE)
_REMOTE_ICON = re.compile(r"\"(?:iconUrl|iconRetinaUrl|shadowUrl)\":\s*\"(?:https?:)?//[^\"]*")
_OWN_LINKS = frozenset(name for name, _ in [*folium.folium._default_js, *folium.folium._default_css])
# folium forbids a reader to enlarge the page with two fingers.
_FIXED_SIZE = re.compile(r'<meta name="viewport"[^>]*user-scalable=no[^>]*>')
_LOADING = frozenset({"src", "srcset", "poster", "data", "background"})
_URL_ATTRIBUTES = ("tiles", "url", "data_url", "embed_link")
# folium's popups make their node through jQuery's call; this is all that they use of it.
_NODE_MAKER = """
if (!window.$) window.$ = function (given) {
  if (typeof given !== "string") return { ready: function (todo) {
    document.addEventListener("DOMContentLoaded", todo);
  } };
  const holder = document.createElement("template");
  holder.innerHTML = given.trim();
  return [holder.content.firstElementChild];
};
"""


def save_map(m: folium.Map, path: str | os.PathLike[str], *, release: Release = None) -> Path:
    """Write the map as one HTML file that asks no server for anything.

    The file holds Leaflet itself and a policy that lets the browser run only the scripts written
    here and load nothing. The same map gives the same bytes. The map is not changed.

    Parameters
    ----------
    m : folium.Map
        From `map_cells` or `map_locations`, with any folium layers that you added. What folium
        writes for those is not escaped: escape text from data before giving it to them.
    path : str or path
        The file to write, whole or not at all. A restricted map gets its marking into the name:
        ``map.html`` becomes ``map OFFICIAL-SENSITIVE.html``.
    release : "public" or PublicRelease, optional
        Refuse a map that was not made with ``release=``. Default: save it as it was made, restricted or not.

    Returns
    -------
    pathlib.Path
        The file written, whose name may be another than the one given.

    Raises
    ------
    InputError
        If a layer needs something from the web, or the file cannot be written. Web tiles chosen
        by ``tiles=`` of `map_cells` or `map_locations` are let through. Of a public map of a closed
        source also if there is a layer on it that hotspot did not draw.
    """
    if not isinstance(m, folium.Map):
        raise InputError(f"save_map needs a folium.Map, not {type(m).__name__}")
    furniture = furniture_of(m)
    frames = [] if furniture is None else furniture.sourced()
    made: Release = "public" if furniture is not None and furniture.public else None
    marking_of([], release)
    if release is not None and marking_of(frames, made) == provenance.SENSITIVE:
        raise InputError(
            f"the map is {provenance.SENSITIVE}, since it was made without release=: give release= to each call that draws "
            "on it, or save it without"
        )
    return write_map(m, marked_path(path, frames, made))


def write_map(m: folium.Map, path: str | os.PathLike[str]) -> Path:
    """Write the map to exactly this path."""
    if not isinstance(m, folium.Map):
        raise InputError(f"save_map needs a folium.Map, not {type(m).__name__}")
    return write_text_whole(path, _page(m))


def _page(m: folium.Map) -> str:
    figure = copy.deepcopy(m.get_root())
    if not isinstance(figure, Figure):
        raise InputError("save_map needs a map that stands in its own figure")
    copied = next(child for child in _walk(figure) if isinstance(child, folium.Map))
    # A map of folium's own gets the title, the marking and the landmarks of ours.
    furniture = dress(copied)
    if furniture.marking() == PUBLIC:
        _forget_renderings(figure)
        _refuse_foreign(figure, copied, furniture)
    if furniture.title is None and not furniture.extents:
        furniture.title = figure.title
    tile_urls = furniture.tile_urls
    _forget_renderings(figure)
    _check_elements(figure, tile_urls)
    for child in figure._children.values():
        child.render()
    _drop_links(figure)
    title = escape(furniture.full_title())
    script = f"{_NODE_MAKER}{figure.script.render()}"
    head = _FIXED_SIZE.sub("", figure.header.render())
    body = figure.html.render()
    _check_text(head + body, script)
    page = (
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{leaflet_css()}</style>\n<script>{leaflet_script()}</script>\n{head}\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )
    page = _named_in_order(page.replace("\r\n", "\n").replace("\r", "\n"), figure)
    policy = _policy(page, tile_urls)
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n{page}'
    )


def _refuse_foreign(figure: Figure, m: folium.Map, furniture: Furniture) -> None:
    """Refuse what others put on a public map of a closed source: nothing says that it may be published."""
    own = (DrawnLayer, Furniture, ShapeData, folium.LayerControl)
    held = [each for each in m._children.values() if not isinstance(each, own)]
    held = [each for each in held if getattr(each, "tiles", None) not in furniture.tile_urls]
    for slot in (figure.header, figure.html, figure.script):
        held += [each for each in slot._children.values() if not isinstance(each, Verbatim | Link)]
    held += [each for each in figure._children.values() if each is not m]
    if held:
        raise InputError(
            f"a {type(held[0]).__name__} was added to a public map of a closed source, and nothing says that it may be "
            "published: draw it with map_areas(..., on=m, release=...), or leave it out"
        )


def _walk(element: Element, seen: set[int] | None = None) -> Iterator[Element]:
    """Yield an element and all that it holds, as children or in its attributes."""
    seen = set() if seen is None else seen
    if id(element) in seen:
        return
    seen.add(id(element))
    yield element
    waiting: list[object] = [value for name, value in vars(element).items() if name != "_parent"]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Element):
            yield from _walk(value, seen)
        elif isinstance(value, dict):
            waiting[:0] = [held for held in value.values() if isinstance(held, Element | dict | list | tuple)]
        elif isinstance(value, list | tuple):
            waiting[:0] = [held for held in value if isinstance(held, Element | dict | list | tuple)]


def _forget_renderings(figure: Figure) -> None:
    """Remove what earlier renderings, as in a notebook, left in the figure."""
    for slot in (figure.header, figure.html, figure.script):
        for name, child in list(slot._children.items()):
            if _NAMED_BY_ID.fullmatch(name) and name != child.get_name():
                del slot._children[name]
    for slot, name in (
        (figure.header, "meta_http"),
        (figure.header, LEAFLET_SLOT),
        (figure.html, TOP_SLOT),
        (figure.html, END_SLOT),
    ):
        slot._children.pop(name, None)


def _check_elements(figure: Figure, tile_urls: list[str]) -> None:
    for element in _walk(figure):
        kind = type(element).__name__
        if isinstance(element, folium.Icon) and type(element) is folium.Icon:
            raise InputError(
                "a marker has a folium.Icon, which needs fonts from the web: use folium.CircleMarker, "
                "a folium.DivIcon, or a marker without an icon"
            )
        if isinstance(element, Link):
            continue
        for attribute in _URL_ATTRIBUTES:
            url = getattr(element, attribute, None)
            if isinstance(url, str) and _REMOTE.match(url) and url not in tile_urls:
                raise InputError(
                    f"a {kind} would load {url[:120]} when the map is opened: remove it, or choose web tiles "
                    "knowingly with tiles= of map_cells or map_locations"
                )


def _drop_links(figure: Figure) -> None:
    """Remove the links that folium puts into every map, and refuse any other that loads."""
    for name, child in list(figure.header._children.items()):
        if not isinstance(child, Link):
            continue
        if name not in _OWN_LINKS and _REMOTE.match(child.url):
            kind = "style sheet" if isinstance(child, CssLink) else "script"
            raise InputError(
                f"a layer needs the {kind} {child.url[:120]}, which the page would have to load: "
                "use layers that Leaflet draws by itself"
            )
        if name in _OWN_LINKS:
            del figure.header._children[name]


class _Reader(HTMLParser):
    """Collects what a page would load, and its scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.remote: list[str] = []
        self.scripts: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses that the element would load."""
        self._inside = tag if tag in ("script", "style") else None
        if tag == "script":
            self.scripts.append("")
        for name, value in attrs:
            loads = name in _LOADING or (name in ("href", "xlink:href") and tag not in ("a", "area"))
            if value and loads and _REMOTE.match(value):
                self.remote.append(value)
            if value and name == "style":
                self.remote += _REMOTE_CSS.findall(value)

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or a style sheet."""
        self._inside = None

    def handle_data(self, data: str) -> None:
        """Keep scripts; look for addresses in style sheets."""
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "style":
            self.remote += _REMOTE_CSS.findall(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def _check_text(markup: str, script: str) -> None:
    remote = [*_read(markup).remote, *_REMOTE_ICON.findall(script)]
    if remote:
        raise InputError(
            f"the map would load {len(remote)} things from the web, the first {remote[0][:120]}: remove them"
        )


def _named_in_order(page: str, figure: Figure) -> str:
    """Replace folium's random element ids by numbers in the order in which they stand in the page."""
    known = {element._id for element in _walk(figure)}
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        if found[0] not in known:
            return found[0]
        return numbers.setdefault(found[0], f"{len(numbers) + 1:04d}")

    return _ID.sub(number, page)


def _policy(page: str, tile_urls: list[str]) -> str:
    """Allow the scripts that are in the page, by their hashes, and no others; load nothing."""
    hashes = dict.fromkeys(
        "'sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii") + "'"
        for script in _read(page).scripts
    )
    hosts = []
    for url in tile_urls:
        address = urlsplit(url)
        hosts.append(f"{address.scheme}://{address.netloc.replace('{s}', '*')}")
    images = " ".join(["data:", "blob:", *dict.fromkeys(hosts)])
    return (
        f"default-src 'none'; script-src {' '.join(hashes)}; style-src 'unsafe-inline'; "
        f"img-src {images}; base-uri 'none'; form-action 'none'"
    )
