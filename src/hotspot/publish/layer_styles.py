"""How QGIS draws the layers of a GeoPackage on opening: the table ``layer_styles`` that it looks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.publish.style_files import Hatch, Kind, Label, LayerStyle, Look, Rule, Test, qml_of, sld_of

TABLE = "layer_styles"
OUTLINE = "Outline"
GEOMETRY = "geom"
"""The geometry column that a GeoPackage gets."""
CHANGED = "2000-01-01T00:00:00.000Z"
"""The time that stands for now in every GeoPackage: equal runs are equal files."""

_OPACITY = 0.75
# Of a web map's pixel, at 96 in an inch.
_MM = 25.4 / 96
_KINDS: dict[str, Kind] = {
    "Polygon": "polygon", "MultiPolygon": "polygon", "LineString": "line", "MultiLineString": "line",
    "Point": "point", "MultiPoint": "point",
}  # fmt: skip
# Edges of the classes of ranks, from the first; the size of a point and its shade among the bands.
_RANKS = ((10, 4.6, 5), (25, 3.6, 3), (50, 2.8, 1), (None, 2.0, 0))
_LABELLED = 25
_INK, _PLAIN_LINE, _POINT = "#3a3a3a", "#555555", "#6a1b9a"


def style_table(frames: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame:
    """Return the rows of ``layer_styles`` for the layers of a GeoPackage.

    Parameters
    ----------
    frames
        Layer name to frame, as it is written.

    Returns
    -------
    DataFrame
        QGIS's own columns. The first style of a layer is the one that it opens with; others, such as the counts
        beside the classes, can be chosen in the layer's properties under Style, Load Style, From Database.
    """
    rows: list[dict[str, Any]] = []
    outlines = 0
    for layer, frame in frames.items():
        for place, style in enumerate(styles_of(frame, outline=outlines)):
            outlines += style.name == OUTLINE
            rows.append(
                {
                    # QGIS looks for empty texts here, not for missing ones.
                    "f_table_catalog": "",
                    "f_table_schema": "",
                    "f_table_name": layer,
                    "f_geometry_column": GEOMETRY,
                    "styleName": style.name,
                    "styleQML": qml_of(style),
                    "styleSLD": sld_of(style, layer),
                    "useAsDefault": place == 0,
                    "description": "Colours and classes of the web map",
                    "owner": "",
                    "ui": None,
                    "update_time": pd.Timestamp(CHANGED),
                }
            )
    return pd.DataFrame(rows)


def styles_of(frame: gpd.GeoDataFrame, *, outline: int = 0) -> list[LayerStyle]:
    """Return the styles that fit the frame's columns, the one that it opens with first.

    Parameters
    ----------
    frame
        Polygons, lines or points; other shapes, and a mixture, get no style.
    outline
        Which of the plain outlines an area gets, so that two layers of areas look different.

    Notes
    -----
    In this order, as far as the columns are there: ``gi_class``, ``n``, ``density_per_km2`` or
    ``density_band``; for points ``rank`` alone; outlines for polygons without any of these.
    """
    kind = _kind(frame)
    if kind is None:
        return []
    if kind == "point":
        return [_by_rank(frame) or LayerStyle("Points", kind, (Rule("", Look("#ffffff", 0.2, _POINT)),))]
    made = [_by_class(frame, kind), *_by_amount(frame, kind)]
    return [style for style in made if style is not None] or [_outline(frame, kind, outline)]


def _kind(frame: gpd.GeoDataFrame) -> Kind | None:
    found = {_KINDS.get(str(name)) for name in frame.geometry.geom_type.dropna().unique()}
    return found.pop() if len(found) == 1 else None


def _by_class(frame: gpd.GeoDataFrame, kind: Kind) -> LayerStyle | None:
    from hotspot.publish.maps.cells import UNCORRECTED
    from hotspot.publish.maps.legend import CLASSES, UNDEFINED, class_shading, class_words

    if "gi_class" not in frame.columns:
        return None
    values = frame["gi_class"]
    named = values.dropna().astype("str")
    suffixed = named.str.endswith(UNCORRECTED)
    ends = [end for end, some in ((UNCORRECTED, suffixed.any()), ("", not suffixed.all())) if some] or [""]
    shading = class_shading(np.empty(0, dtype=np.int64), corrected=True, opacity=_OPACITY)
    looks = [_converted(look, kind) for look in shading.looks]
    rules = []
    for end in ends:
        words = class_words(corrected=not end and _corrected(frame))
        rules += [
            Rule(words[code], looks[code], (Test("gi_class", "=", CLASSES[code] + end),))
            for code in reversed(range(len(CLASSES)))
        ]
    if values.isna().any():
        rules.append(Rule(words[UNDEFINED], looks[UNDEFINED], (Test("gi_class", "null"),)))
    return LayerStyle("Hot and cold", kind, tuple(rules), classes="gi_class")


def _corrected(frame: gpd.GeoDataFrame) -> bool:
    steps = [step for step in provenance.of(frame)["steps"] if step.get("step") == "getis_ord"]
    return not steps or steps[-1].get("correction", "") is not None


def _by_amount(frame: gpd.GeoDataFrame, kind: Kind) -> Iterable[LayerStyle | None]:
    if _has_numbers(frame, "n"):
        hidden = "n_shown" in frame.columns
        yield _in_bands(frame, "n", kind, name="Reported incidents", whole=True, hidden=hidden)
    if _has_numbers(frame, "density_per_km2"):
        name = "Density (incidents per square km)"
        yield _in_bands(frame, "density_per_km2", kind, name=name, whole=False)
    elif _has_numbers(frame, "density_band"):
        yield _published_bands(frame, kind)


def _has_numbers(frame: gpd.GeoDataFrame, column: str) -> bool:
    return column in frame.columns and pd.api.types.is_numeric_dtype(frame[column])


def _in_bands(
    frame: gpd.GeoDataFrame, column: str, kind: Kind, *, name: str, whole: bool, hidden: bool = False
) -> LayerStyle | None:
    """Band positive values as the web map does: from each edge up to, and without, the next."""
    from hotspot.publish.maps.legend import _band_words, _breaks, band_looks

    values = _numbers(frame, column)
    positive = values[np.isfinite(values) & (values > 0)]
    if not len(positive):
        return None
    edges = _breaks(positive, whole=whole).tolist()
    words = _band_words(np.array(edges), float(positive.max()), whole=whole)
    looks = [_converted(look, kind) for look in band_looks(len(words), _OPACITY)]
    lowest = [Test(column, ">", 0), *(Test(column, ">=", edge) for edge in edges)]
    above = [*((Test(column, "<", edge),) for edge in edges), ()]
    rules = [
        Rule(word, look, (low, *high))
        for word, look, low, high in zip(words, looks, lowest, above, strict=True)
    ]
    if hidden and not np.isfinite(values).all():
        rules.append(Rule("Small counts that are not shown", _not_shown(kind), (Test(column, "null"),)))
    return LayerStyle(name, kind, tuple(rules))


def _published_bands(frame: gpd.GeoDataFrame, kind: Kind) -> LayerStyle | None:
    from hotspot.publish.maps.legend import band_looks

    values = _numbers(frame, "density_band")
    number = int(np.nanmax(values, initial=0.0))
    if number < 1:
        return None
    looks = [_converted(look, kind) for look in band_looks(number, _OPACITY)]
    rules = []
    for band, look in enumerate(looks, start=1):
        words = f"Band {band} of {number}{', the highest' if band == number else ''}"
        rules.append(Rule(words, look, (Test("density_band", "=", band),)))
    return LayerStyle("Density in bands", kind, tuple(rules))


def _by_rank(frame: gpd.GeoDataFrame) -> LayerStyle | None:
    """Return points that are larger and darker for the first ranks, with the number that they have on the map."""
    from hotspot.publish.maps.legend import BANDS

    column = next((name for name in ("rank", "number") if _has_numbers(frame, name)), None)
    if column is None:
        return None
    ranks = _numbers(frame, column)
    rules, before = [], 0
    for most, size, shade in _RANKS:
        below = np.inf if most is None else most + 1
        if ((ranks >= before + 1) & (ranks < below)).any():
            tests = (Test(column, ">=", before + 1), *((Test(column, "<", below),) if most else ()))
            words = f"Rank {before + 1} and on" if most is None else f"Rank {before + 1} to {most}"
            rules.append(Rule(words, Look("#1a1a1a", 0.3, BANDS[shade], size=size), tests))
        before = most or before
    if np.isnan(ranks).any():
        rules.append(Rule("No rank", Look("#6a6a6a", 0.3, "#bdbdbd", size=2.0), (Test(column, "null"),)))
    written = "number" if _has_numbers(frame, "number") else column
    return LayerStyle("Rank", "point", tuple(rules), label=Label(written, _LABELLED)) if rules else None


def _outline(frame: gpd.GeoDataFrame, kind: Kind, number: int) -> LayerStyle:
    from hotspot.publish.maps.areas import _HOT_LINE, _LINES
    from hotspot.publish.maps.basemap import NAME_COLUMNS

    if kind == "line":
        return LayerStyle("Lines", kind, (Rule("", Look(_PLAIN_LINE, 0.4)),))
    colour, dashes = _LINES[number % len(_LINES)]
    label = next((Label(name) for name in NAME_COLUMNS if name in frame.columns), None)
    if "side" in frame.columns:
        sides = set(frame["side"].dropna().astype("str"))
        colour, dashes = _HOT_LINE if sides == {"hot"} else (colour, dashes)
        label = Label("rank") if "rank" in frame.columns else label
    lengths = tuple(_MM * float(length) for length in dashes.split())
    return LayerStyle(OUTLINE, kind, (Rule("", Look(colour, 3 * _MM, dashes=lengths)),), label=label)


def _converted(look: Mapping[str, Any], kind: Kind) -> Look:
    """Turn a look of the web map into one of a style."""
    if kind == "line":
        faint = look["fillColor"] == "#ffffff"
        return Look(look["color"] if faint else look["fillColor"], 0.3 if faint else 0.9)
    hatch = look.get("hatch")
    return Look(
        look["color"],
        look["weight"] * _MM,
        look["fillColor"],
        look["fillOpacity"],
        hatch=None if hatch is None else Hatch(hatch["rising"], hatch["spacing"] * _MM, hatch["ink"]),
    )


def _not_shown(kind: Kind) -> Look:
    return Look("#6a6a6a", 0.3) if kind == "line" else Look("#6a6a6a", 0.16, "#bdbdbd", 0.35)


def _numbers(frame: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    values = frame[column].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)
