"""The pieces that hotspot puts on a folium map, with their data out of reach of templates.

branca renders what an element wrote a second time as a template, so a place name with
``{{ ... }}`` in it would be run as an expression. These elements hand their script over as is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from branca.element import Element, Figure, MacroElement
from folium.map import Layer

from hotspot.errors import InputError
from hotspot.publish.escape import escape, json_for_script

Bounds = tuple[float, float, float, float]
_SCALE = 1e6


class Verbatim(Element):
    """Text that goes into the page as it is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **kwargs: Any) -> str:
        """Return the text."""
        return self.text


class ShapeData(MacroElement):
    """The shapes of a frame and what is said of each, shared by the layers that draw them."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "ShapeData"
        self.json = json_for_script(payload)

    def render(self, **kwargs: Any) -> str:
        """Add the data to the page's script."""
        add_script(self, f"var {self.get_name()} = {self.json};")
        return ""


class DrawnLayer(Layer):
    """A layer that the page's own script draws, by the function ``draw`` of it."""

    def __init__(
        self, name: str, *, draw: str, data: ShapeData, bounds: Bounds, show: bool = True, look: object = None
    ) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "DrawnLayer"
        self.draw = draw
        self.data = data
        self.extent = bounds
        self.look = json_for_script(look)

    def _get_self_bounds(self) -> list[list[float | None]]:
        west, south, east, north = self.extent
        return [[south, west], [north, east]]

    def render(self, **kwargs: Any) -> str:
        """Add the layer to the page's script."""
        call = f"hotspotMap.{self.draw}({map_of(self).get_name()}, {self.data.get_name()}, {self.look})"
        add_script(self, f"var {self.get_name()} = {call};")
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        return ""


class LayerSwitch(folium.LayerControl):
    """A layer control that lists layers added after it too, and shows their names as text."""

    def render(self, **kwargs: Any) -> str:
        """Add the control to the page's script."""
        m = map_of(self)
        layers = [child for child in m._children.values() if isinstance(child, Layer) and child.control]
        items = ", ".join(
            f"{{name: {json_for_script(escape(layer.layer_name))}, "
            f"overlay: {json_for_script(bool(layer.overlay))}, layer: {layer.get_name()}}}"
            for layer in layers
        )
        add_script(self, f"hotspotMap.layerSwitch({m.get_name()}, () => [{items}]);")
        return ""


def add_script(element: Element, text: str) -> None:
    """Put a piece of script into the figure that the element is in."""
    figure_of(element).script.add_child(Verbatim(text), name=element.get_name())


def figure_of(element: Element) -> Figure:
    """Return the page that the element stands in."""
    root = element.get_root()
    if not isinstance(root, Figure):
        raise InputError("the map stands in no figure: use a map from map_cells, map_locations or folium.Map")
    return root


def map_of(element: Element) -> folium.Map:
    """Return the map that the element stands on."""
    above: Element | None = element
    while above is not None and not isinstance(above, folium.Map):
        above = above._parent
    if above is None:
        raise InputError("a hotspot layer must be on a map: add it to a folium.Map first")
    return above


def bounds_of(frame: gpd.GeoDataFrame) -> Bounds:
    """Return west, south, east, north of a frame in degrees."""
    west, south, east, north = (float(edge) for edge in frame.total_bounds)
    return west, south, east, north


def merged_bounds(several: Iterable[Bounds]) -> Bounds:
    """Return the smallest box around all the boxes."""
    edges = np.array(list(several))
    west, south = edges[:, :2].min(axis=0)
    east, north = edges[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def packed_shapes(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return polygons or lines in degrees as steps of whole millionths of a degree (about 0.1 m).

    A shape is a list of parts, a part a list of rings, a ring a flat list of latitude and
    longitude steps: the first from the origin, each next from the vertex before. The closing
    vertex is left out. A line is a part of one ring that is not closed.
    """
    west, south, _, _ = bounds_of(frame)
    origin = np.array([round(south * _SCALE), round(west * _SCALE)], dtype=np.int64)
    shapes = [
        [[_steps(ring, origin) for ring in _rings(part)] for part in shapely.get_parts(shape)]
        for shape in frame.geometry.to_numpy()
    ]
    return {"origin": origin.tolist(), "shapes": shapes}


def _rings(part: Any) -> list[Any]:
    return [part] if part.geom_type == "LineString" else [part.exterior, *part.interiors]


def _steps(ring: Any, origin: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    end = None if ring.geom_type == "LineString" else -1
    corners = np.rint(shapely.get_coordinates(ring)[:end, ::-1] * _SCALE).astype(np.int64)
    steps: list[int] = np.diff(corners, axis=0, prepend=origin[None, :]).ravel().tolist()
    return steps
