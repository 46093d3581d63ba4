"""The empty map and its background from the web, to which the layers are added."""

from __future__ import annotations

import re
import warnings
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import folium
import pandas as pd

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.publish.escape import escape
from hotspot.publish.maps.assets import leaflet_css, leaflet_script
from hotspot.publish.maps.elements import Bounds, LayerSwitch, Verbatim, figure_of
from hotspot.publish.maps.furniture import Furniture, furniture_of
from hotspot.publish.release import Release

MAX_ZOOM = 19
LEAFLET_SLOT = "hotspot_leaflet"
_FILL_OPACITY = 0.85
_FILL_OPACITY_OVER_TILES = 0.6
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?")


def new_map(bounds: Bounds, *, whole_zooms: bool) -> folium.Map:
    """Return a map without layers, centred on the box, that loads nothing from the web.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north in degrees.
    whole_zooms : bool
        Whether the map stops at whole zoom levels only, at which web tiles are sharp.
    """
    west, south, east, north = bounds
    m = folium.Map(
        location=[round((south + north) / 2, 6), round((west + east) / 2, 6)],
        tiles=None,
        zoom_start=12,
        prefer_canvas=True,
        # Clusters and other plugins ask the map for this when no tile layer sets it.
        maxZoom=MAX_ZOOM,
        zoomSnap=1 if whole_zooms else 0.5,
    )
    m.default_js = []
    m.default_css = []
    figure = figure_of(m)
    head = f"<style>{leaflet_css()}</style><script>{leaflet_script()}</script>"
    figure.header.add_child(Verbatim(head), name=LEAFLET_SLOT)
    dress(m)
    return m


def dress(m: folium.Map) -> Furniture:
    """Return the map's furniture, putting it and a layer control on a map that has none."""
    furniture = furniture_of(m)
    if furniture is None:
        header = figure_of(m).header
        header.add_child(Verbatim(f"<style>{_text('page.css')}</style>"), name="hotspot_style")
        script = "\n".join(_text(name) for name in ("client.js", "page.js"))
        header.add_child(Verbatim(f"<script>{script}</script>"), name="hotspot_client")
        furniture = Furniture()
        m.add_child(furniture)
        if not any(isinstance(child, folium.LayerControl) for child in m._children.values()):
            m.add_child(LayerSwitch())
    return furniture


def prepared_map(
    on: folium.Map | None,
    bounds: Bounds | None,
    *,
    frame: pd.DataFrame,
    release: Release,
    title: str | None,
    subject: str,
    tiles: str | None,
) -> tuple[folium.Map, Furniture]:
    """Return the map to draw on, its furniture told of the title, of the box to show and of the release.

    Raises
    ------
    InputError
        If the map holds a closed source under another release than the frame that comes to it.
    """
    if on is not None and not isinstance(on, folium.Map):
        raise InputError(f"on must be a folium.Map, not {type(on).__name__}")
    if on is None:
        if bounds is None:
            raise InputError("there is nothing to draw: give at least one shape, or a map to draw on")
        m = new_map(bounds, whole_zooms=tiles is not None)
    else:
        m = on
    furniture = dress(m)
    _agree(furniture, frame, release)
    if tiles is not None:
        _add_tiles(m, tiles)
    if title is not None:
        furniture.title = title
    if on is None:
        furniture.subject = subject
    if bounds is not None:
        furniture.extents.append(bounds)
    return m, furniture


def _agree(furniture: Furniture, frame: pd.DataFrame, release: Release) -> None:
    """Give the map the release of what comes to it; protected and unprotected figures never share a map."""
    public = release is not None
    held = furniture.sourced()
    if not held or provenance.is_open(held):
        furniture.public = public
    elif furniture.public != public and not provenance.is_open([frame]):
        how = ("a public release", "none")
        raise InputError(
            f"the map was made with {how[not furniture.public]} and this layer with {how[not public]}: give both the same "
            "release="
        )


def fill_opacity(furniture: Furniture) -> float:
    """Return how opaque cells are: less so where a web map shows the streets below them."""
    return _FILL_OPACITY_OVER_TILES if furniture.tile_urls else _FILL_OPACITY


def _add_tiles(m: folium.Map, tiles: str) -> None:
    own: dict[str, Any] = (
        {"attr": escape(urlsplit(tiles).netloc), "max_zoom": MAX_ZOOM} if "://" in tiles else {}
    )
    try:
        layer = folium.TileLayer(tiles, overlay=True, **own)
    except ValueError as problem:
        raise InputError(f"tiles={tiles!r} is not known: give a name such as 'OpenStreetMap'") from problem
    address = urlsplit(layer.tiles)
    if address.scheme not in ("https", "http") or not _HOST.fullmatch(address.netloc.replace("{s}", "s")):
        raise InputError(
            f"tiles={tiles!r} is neither a known name nor an address such as https://host/{{z}}/{{x}}/{{y}}.png"
        )
    layer.layer_name = f"Web map ({address.netloc.replace('{s}.', '')})"
    # First of the children, so that it lies under what is drawn and the browser asks for it first.
    m.add_child(layer, index=0)
    dress(m).tile_urls.append(layer.tiles)
    refuses = (
        " OpenStreetMap's own server refuses pages opened from disk."
        if "openstreetmap" in layer.tiles
        else ""
    )
    warnings.warn(
        f"the map will load its background from {address.netloc}: whoever opens it tells that server which "
        f"places are looked at. Leave tiles out for a map that asks no server for anything.{refuses}",
        HotspotWarning,
        stacklevel=4,
    )


def _text(name: str) -> str:
    return resources.files("hotspot.publish.maps").joinpath(name).read_text(encoding="utf-8")
