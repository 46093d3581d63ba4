"""The looks of a layer as files of styles: QML, which QGIS reads, and SLD 1.1, which other programs read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from hotspot.publish.escape import plain

Kind: TypeAlias = Literal["polygon", "line", "point"]
Operator: TypeAlias = Literal["=", "<", ">", ">=", "null"]

_SYMBOLS = {"polygon": "fill", "line": "line", "point": "marker"}
_GEOMETRIES = {"polygon": "2", "line": "1", "point": "0"}
_COMPARED = {
    "=": "PropertyIsEqualTo",
    "<": "PropertyIsLessThan",
    ">": "PropertyIsGreaterThan",
    ">=": "PropertyIsGreaterThanOrEqualTo",
}
_NAMESPACES = {
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
}
# A pixel of SLD is 0.28 mm.
_MM_A_PIXEL = 0.28
_LABEL_POINTS = 9
_LABEL_INK, _HALO = "#1a1a1a", "#ffffff"
# QGIS's codes: inside, along the line, and at the first free place around the point in this order.
_PLACES = {"polygon": "5", "line": "2", "point": "6"}
_ORDER = "TR,BR,TL,BL,R,L,TSR,BSR"


@dataclass(frozen=True)
class Hatch:
    """Lines over a fill: rising or level, millimetres apart, and their colour."""

    rising: bool
    spacing: float
    ink: str


@dataclass(frozen=True)
class Look:
    """How a shape is drawn; widths and the size of a point in millimetres.

    ``fill`` None leaves a polygon open. A line takes ``line`` alone.
    """

    line: str
    width: float
    fill: str | None = None
    opacity: float = 1.0
    dashes: tuple[float, ...] = ()
    hatch: Hatch | None = None
    size: float = 2.0


@dataclass(frozen=True)
class Test:
    """What a column must be for a rule to hold; ``null`` asks for a missing value."""

    column: str
    operator: Operator
    value: str | float = ""

    # pytest would take a class of this name for tests of its own.
    __test__ = False


@dataclass(frozen=True)
class Rule:
    """One line of a layer's key: its words, its look, and what the row must be; without tests, any row."""

    words: str
    look: Look
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True)
class Label:
    """The column written at each shape; ``most`` leaves out numbers above it."""

    column: str
    most: int | None = None


@dataclass(frozen=True)
class LayerStyle:
    """One way to draw a layer; ``classes`` names the column whose values are the classes, where there is one."""

    name: str
    kind: Kind
    rules: tuple[Rule, ...]
    classes: str | None = None
    label: Label | None = None


def qml_of(style: LayerStyle) -> str:
    """Write a style as QML, with the renderer that a person would choose for it.

    Classes of one column are a categorised renderer, other rules a rule-based one, and one look for
    every row is a single symbol.
    """
    root = Element(
        "qgis",
        {
            "version": "3.22.0",
            "styleCategories": "Symbology|Labeling",
            "labelsEnabled": "0" if style.label is None else "1",
        },
    )
    if style.classes is not None:
        renderer = SubElement(root, "renderer-v2", {"type": "categorizedSymbol", "attr": style.classes})
        categories = SubElement(renderer, "categories")
        for number, rule in enumerate(style.rules):
            # QGIS draws with the empty category what has no value.
            value = "" if rule.tests[0].operator == "null" else str(rule.tests[0].value)
            texts = {"value": value, "type": "string", "label": rule.words}
            SubElement(categories, "category", {**texts, "symbol": str(number), "render": "true"})
    elif any(rule.tests for rule in style.rules):
        renderer = SubElement(root, "renderer-v2", {"type": "RuleRenderer"})
        rules = SubElement(renderer, "rules", {"key": "{rules}"})
        for number, rule in enumerate(style.rules):
            texts = {"key": f"{{rule {number}}}", "label": rule.words, "symbol": str(number)}
            SubElement(rules, "rule", {**texts, "filter": " AND ".join(map(_expression, rule.tests))})
    else:
        renderer = SubElement(root, "renderer-v2", {"type": "singleSymbol"})
    symbols = SubElement(renderer, "symbols")
    for number, rule in enumerate(style.rules):
        look = {"name": str(number), "type": _SYMBOLS[style.kind], "alpha": "1", "clip_to_extent": "1"}
        _symbol(SubElement(symbols, "symbol", look), rule.look, style.kind, f"@{number}@1")
    if style.label is not None:
        _labels(root, style.label, style.kind)
    SubElement(root, "layerGeometryType").text = _GEOMETRIES[style.kind]
    return _written(root)


def _symbol(symbol: Element, look: Look, kind: Kind, below: str) -> None:
    if kind == "line":
        _layer(symbol, "SimpleLine", _line_values(look))
        return
    fill = _colour(look.fill or "#ffffff", look.opacity if look.fill else 0.0)
    outline = {
        "color": fill,
        "outline_color": _colour(look.line),
        "outline_width": _number(look.width),
        "outline_width_unit": "MM",
        "outline_style": "solid",
    }
    if kind == "point":
        size = {"name": "circle", "size": _number(look.size), "size_unit": "MM"}
        _layer(symbol, "SimpleMarker", {**outline, **size})
        return
    if look.fill is None:
        # A fill cannot have dashes of its own lengths, a line can.
        _layer(symbol, "SimpleLine", _line_values(look))
        return
    _layer(symbol, "SimpleFill", {**outline, "style": "solid"})
    if look.hatch is not None:
        how = {
            "angle": "45" if look.hatch.rising else "0",
            "distance": _number(look.hatch.spacing),
            "distance_unit": "MM",
        }
        layer = _layer(symbol, "LinePatternFill", how)
        inner = SubElement(layer, "symbol", {"name": below, "type": "line", "alpha": "1"})
        _layer(inner, "SimpleLine", _line_values(Look(look.hatch.ink, 0.2)))


def _line_values(look: Look) -> dict[str, str]:
    values = {"line_color": _colour(look.line), "line_width": _number(look.width), "line_width_unit": "MM"}
    if not look.dashes:
        return {**values, "line_style": "solid"}
    pattern = ";".join(map(_number, look.dashes))
    return {**values, "use_custom_dash": "1", "customdash": pattern, "customdash_unit": "MM"}


def _layer(symbol: Element, kind: str, values: dict[str, str]) -> Element:
    layer = SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    options = SubElement(layer, "Option", {"type": "Map"})
    for name, value in values.items():
        SubElement(options, "Option", {"type": "QString", "name": name, "value": value})
    # Versions before 3.18 read these alone.
    for name, value in values.items():
        SubElement(layer, "prop", {"k": name, "v": value})
    return layer


def _labels(root: Element, label: Label, kind: Kind) -> None:
    quoted = _quoted(label.column)
    expression = quoted if label.most is None else f"if({quoted} <= {label.most}, {quoted}, NULL)"
    settings = SubElement(SubElement(root, "labeling", {"type": "simple"}), "settings")
    text = SubElement(
        settings,
        "text-style",
        {
            "fieldName": label.column if label.most is None else expression,
            "isExpression": "0" if label.most is None else "1",
            "fontSize": str(_LABEL_POINTS),
            "fontSizeUnit": "Point",
            "fontWeight": "50",
            "textColor": _colour(_LABEL_INK),
            "textOpacity": "1",
        },
    )
    halo = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM", "bufferOpacity": "1"}
    SubElement(text, "text-buffer", {**halo, "bufferColor": _colour(_HALO)})
    place = {"placement": _PLACES[kind], "priority": "5", "dist": "0.5", "distUnits": "MM"}
    SubElement(settings, "placement", {**place, "placementFlags": "10", "predefinedPositionOrder": _ORDER})
    SubElement(settings, "rendering", {"obstacle": "1", "displayAll": "0"})


def sld_of(style: LayerStyle, layer: str) -> str:
    """Write a style as SLD 1.1 for a layer of this name."""
    root = Element("StyledLayerDescriptor", {"version": "1.1.0", **_NAMESPACES})
    named = SubElement(root, "NamedLayer")
    SubElement(named, "se:Name").text = plain(layer, limit=None)
    user = SubElement(named, "UserStyle")
    SubElement(user, "se:Name").text = style.name
    kind = SubElement(user, "se:FeatureTypeStyle")
    for rule in style.rules:
        told = _rule(kind, rule.words, rule.tests)
        for part in _symbolizers(rule.look, style.kind):
            told.append(part)
    if style.label is not None:
        most = style.label.most
        tests = () if most is None else (Test(style.label.column, "<", most + 1),)
        _rule(kind, "Labels", tests).append(_text_symbolizer(style.label, style.kind))
    return _written(root)


def _rule(kind: Element, words: str, tests: tuple[Test, ...]) -> Element:
    rule = SubElement(kind, "se:Rule")
    SubElement(rule, "se:Name").text = words
    SubElement(SubElement(rule, "se:Description"), "se:Title").text = words
    if tests:
        place = SubElement(rule, "ogc:Filter")
        place = SubElement(place, "ogc:And") if len(tests) > 1 else place
        for test in tests:
            compared = SubElement(place, f"ogc:{_COMPARED.get(test.operator, 'PropertyIsNull')}")
            SubElement(compared, "ogc:PropertyName").text = test.column
            if test.operator != "null":
                SubElement(compared, "ogc:Literal").text = _literal(test.value)
    return rule


def _symbolizers(look: Look, kind: Kind) -> Iterator[Element]:
    if kind == "line":
        line = Element("se:LineSymbolizer")
        _stroke(line, look)
        yield line
    elif kind == "point":
        point = Element("se:PointSymbolizer")
        graphic = SubElement(point, "se:Graphic")
        mark = SubElement(graphic, "se:Mark")
        SubElement(mark, "se:WellKnownName").text = "circle"
        _fill(mark, look)
        _stroke(mark, look)
        SubElement(graphic, "se:Size").text = _number(look.size / _MM_A_PIXEL)
        yield point
    else:
        polygon = Element("se:PolygonSymbolizer")
        _fill(polygon, look)
        _stroke(polygon, look)
        yield polygon
        if look.hatch is not None:
            hatched = Element("se:PolygonSymbolizer")
            graphic = SubElement(SubElement(SubElement(hatched, "se:Fill"), "se:GraphicFill"), "se:Graphic")
            mark = SubElement(graphic, "se:Mark")
            SubElement(mark, "se:WellKnownName").text = "slash" if look.hatch.rising else "horline"
            _stroke(mark, Look(look.hatch.ink, 0.2))
            SubElement(graphic, "se:Size").text = _number(look.hatch.spacing / _MM_A_PIXEL)
            yield hatched


def _fill(parent: Element, look: Look) -> None:
    if look.fill is not None:
        fill = SubElement(parent, "se:Fill")
        _parameter(fill, "fill", look.fill)
        _parameter(fill, "fill-opacity", _number(look.opacity))


def _stroke(parent: Element, look: Look) -> None:
    stroke = SubElement(parent, "se:Stroke")
    _parameter(stroke, "stroke", look.line)
    _parameter(stroke, "stroke-width", _number(look.width / _MM_A_PIXEL))
    if look.dashes:
        _parameter(
            stroke, "stroke-dasharray", " ".join(_number(length / _MM_A_PIXEL) for length in look.dashes)
        )


def _text_symbolizer(label: Label, kind: Kind) -> Element:
    text = Element("se:TextSymbolizer")
    SubElement(SubElement(text, "se:Label"), "ogc:PropertyName").text = label.column
    _parameter(SubElement(text, "se:Font"), "font-size", _number(_LABEL_POINTS))
    if kind == "point":
        place = SubElement(SubElement(text, "se:LabelPlacement"), "se:PointPlacement")
        away = SubElement(place, "se:Displacement")
        SubElement(away, "se:DisplacementX").text = SubElement(away, "se:DisplacementY").text = "8"
    halo = SubElement(text, "se:Halo")
    SubElement(halo, "se:Radius").text = "2"
    _parameter(SubElement(halo, "se:Fill"), "fill", _HALO)
    _parameter(SubElement(text, "se:Fill"), "fill", _LABEL_INK)
    return text


def _parameter(parent: Element, name: str, value: str) -> None:
    SubElement(parent, "se:SvgParameter", {"name": name}).text = value


def _expression(test: Test) -> str:
    if test.operator == "null":
        return f"{_quoted(test.column)} IS NULL"
    literal = _literal(test.value)
    value = literal if not isinstance(test.value, str) else "'" + literal.replace("'", "''") + "'"
    return f"{_quoted(test.column)} {test.operator} {value}"


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _literal(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _colour(text: str, opacity: float = 1.0) -> str:
    """Write #rrggbb as QGIS does: red,green,blue,alpha."""
    parts = [int(text[at : at + 2], 16) for at in (1, 3, 5)]
    return ",".join(map(str, [*parts, round(255 * opacity)]))


def _written(root: Element) -> str:
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode") + "\n"
