"""Layers of a GeoPackage open in QGIS in the classes and colours of the web map, and hold no time of the run."""

from __future__ import annotations

import operator
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.publish.check_release import check_release
from hotspot.publish.layer_styles import style_table, styles_of
from hotspot.publish.maps.legend import BANDS, CLASSES, band_shading, class_shading
from hotspot.publish.style_files import LayerStyle, Rule, qml_of, sld_of
from makers import area_of, points_of, quiet

SE = "{http://www.opengis.net/se}"
OGC = "{http://www.opengis.net/ogc}"
SLD = "{http://www.opengis.net/sld}"


def squares(**columns: object) -> gpd.GeoDataFrame:
    number = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(i, 0, i + 1, 1) for i in range(number)], crs=27700)


def holds(rule: Rule, row: pd.Series) -> bool:
    """Tell by hand whether a rule's tests hold for a row."""
    told = []
    for test in rule.tests:
        value = row[test.column]
        if test.operator == "null":
            told.append(bool(pd.isna(value)))
        elif pd.isna(value):
            told.append(False)
        else:
            compare = {"=": operator.eq, "<": operator.lt, ">": operator.gt, ">=": operator.ge}[test.operator]
            told.append(bool(compare(value, test.value)))
    return all(told)


def drawn_by(style: LayerStyle, frame: pd.DataFrame) -> list[list[int]]:
    return [[k for k, rule in enumerate(style.rules) if holds(rule, row)] for _, row in frame.iterrows()]


def rgba(text: str, opacity: float) -> str:
    return ",".join(str(int(text[at : at + 2], 16)) for at in (1, 3, 5)) + f",{round(255 * opacity)}"


def fills_of(qml: str) -> list[str]:
    """Return the colour of the first layer of each symbol, in order."""
    symbols = ET.fromstring(qml).findall("renderer-v2/symbols/symbol")  # noqa: S314
    return [symbol.find("layer/Option/Option[@name='color']").get("value") for symbol in symbols]  # type: ignore[union-attr, misc]


def test_classes_have_the_values_words_and_colours_of_the_web_map() -> None:
    style = styles_of(squares(gi_class=[*CLASSES, None], n=range(8)))[0]
    root = ET.fromstring(qml_of(style))  # noqa: S314
    renderer = root.find("renderer-v2")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("attr")) == ("categorizedSymbol", "gi_class")
    categories = renderer.findall("categories/category")
    assert [each.get("value") for each in categories] == [*reversed(CLASSES), ""]
    shading = class_shading(np.arange(8), corrected=True, opacity=0.75)
    assert [each.get("label") for each in categories] == [entry.words for entry in shading.legend.entries]
    expected = [rgba(entry.look["fillColor"], entry.look["fillOpacity"]) for entry in shading.legend.entries]
    assert fills_of(qml_of(style)) == expected


def test_hot_and_cold_differ_by_more_than_colour() -> None:
    symbols = ET.fromstring(qml_of(styles_of(squares(gi_class=["hot 99%"]))[0])).findall(  # noqa: S314
        "renderer-v2/symbols/symbol"
    )
    found = []
    for symbol in symbols:
        pattern = symbol.find("layer[@class='LinePatternFill']/Option")
        values = {} if pattern is None else {each.get("name"): each.get("value") for each in pattern}
        found.append((values.get("angle"), values.get("distance")))
    # Hot rises, cold is level, nothing over "not significant"; closer lines with more confidence.
    assert [angle for angle, _ in found] == ["45"] * 3 + [None] + ["0"] * 3
    spacing = [float(distance) for _, distance in found if distance is not None]
    assert spacing[:3] == sorted(spacing[:3])
    assert spacing[3:] == sorted(spacing[3:], reverse=True)


def test_classes_that_were_not_corrected_keep_their_names_and_say_so() -> None:
    style = styles_of(squares(gi_class=["hot 99% (uncorrected)", "not significant (uncorrected)"]))[0]
    assert [rule.tests[0].value for rule in style.rules] == [
        f"{name} (uncorrected)" for name in reversed(CLASSES)
    ]
    assert "not corrected" in style.rules[0].words


@pytest.mark.parametrize(("column", "whole"), [("n", True), ("density_per_km2", False)])
def test_each_positive_value_lies_in_the_band_of_the_web_map(column: str, whole: bool) -> None:
    amounts = [0, 1, 1, 1, 2, 2, 3, 4, 5, 8, 8, 13, 20, 21, 60]
    values = np.array(amounts, dtype=float) / (1.0 if whole else 8.0)
    frame = squares(**{column: values})
    (style,) = styles_of(frame)
    shading = band_shading(values, key="k", title="t", whole=whole, opacity=0.75)
    assert drawn_by(style, frame) == [[] if code < 0 else [code] for code in shading.codes.tolist()]
    assert [rule.words for rule in style.rules] == [entry.words for entry in shading.legend.entries]
    assert fills_of(qml_of(style)) == [rgba(look["fillColor"], 0.75) for look in shading.looks]


def test_small_counts_that_are_not_shown_have_a_look_of_their_own() -> None:
    frame = squares(n=pd.array([0, None, 7, 30], dtype="Int64"), n_shown=["0", "1 to 4", "7", "30"])
    (style,) = styles_of(frame)
    last = len(style.rules) - 1
    assert style.rules[last].words == "Small counts that are not shown"
    assert drawn_by(style, frame)[:2] == [[], [last]]


def test_the_bands_of_a_public_release() -> None:
    frame = squares(density_band=pd.array([0, 1, 3, 5], dtype="Int64"))
    (style,) = styles_of(frame)
    assert drawn_by(style, frame) == [[], [0], [2], [4]]
    assert style.rules[4].words == "Band 5 of 5, the highest"


def test_locations_by_class_of_rank_the_first_larger_and_darker() -> None:
    ranks = [1, 10, 10.5, 11, 25, 26, 50, 51, 900]
    frame = points_of([(i, i) for i in range(9)], rank=ranks, number=range(1, 10))
    (style,) = styles_of(frame)
    assert drawn_by(style, frame) == [[0], [0], [0], [1], [1], [2], [2], [3], [3]]
    assert [rule.words for rule in style.rules] == [
        "Rank 1 to 10",
        "Rank 11 to 25",
        "Rank 26 to 50",
        "Rank 51 and on",
    ]
    sizes = [rule.look.size for rule in style.rules]
    assert sizes == sorted(set(sizes), reverse=True)
    shades = [BANDS.index(str(rule.look.fill)) for rule in style.rules]
    assert shades == sorted(set(shades), reverse=True)
    text = ET.fromstring(qml_of(style)).find("labeling/settings/text-style")  # noqa: S314
    assert text is not None
    assert text.get("fieldName") == 'if("number" <= 25, "number", NULL)'


def test_areas_are_outlines_that_differ_and_hot_spot_areas_have_their_own() -> None:
    ward = squares(ward_name=["Abbey"])
    hot = squares(rank=[1], side=["hot"], incidents=[4])
    found = style_table({"wards": ward, "hot": hot, "order": squares(name=["O"])})
    assert found["styleName"].tolist() == ["Outline"] * 3
    styles = [styles_of(frame, outline=k)[0] for k, frame in enumerate((ward, hot, squares(name=["O"])))]
    assert len({(style.rules[0].look.line, style.rules[0].look.dashes) for style in styles}) == 3
    assert [style.label and style.label.column for style in styles] == ["ward_name", "rank", "name"]
    assert all(rule.look.fill is None for style in styles for rule in style.rules)


def test_shapes_of_several_kinds_get_no_style() -> None:
    mixed = gpd.GeoDataFrame(
        {"n": [1, 2]}, geometry=[shapely.box(0, 0, 1, 1), shapely.Point(0, 0)], crs=27700
    )
    assert styles_of(mixed) == []
    assert style_table({"mixed": mixed}).empty


def test_streets_are_lines_in_the_same_colours() -> None:
    streets = gpd.GeoDataFrame(
        {"gi_class": ["hot 99%"]}, geometry=[shapely.LineString([(0, 0), (9, 9)])], crs=27700
    )
    (style,) = styles_of(streets)
    fills = class_shading(np.arange(8), corrected=True, opacity=1.0).looks
    assert style.rules[0].look.line == fills[CLASSES.index("hot 99%")]["fillColor"]
    assert 'type="line"' in qml_of(style)
    assert "LineSymbolizer" in sld_of(style, "streets")


NASTY = "a<b>&\"'; DROP --]]> {{x}}"


def test_names_from_outside_cannot_break_out_of_the_styles(tmp_path: Path) -> None:
    path = hs.write_geopackage({NASTY: squares(n=[1, 5])}, tmp_path / "a.gpkg")
    with sqlite3.connect(path) as link:
        ((name, qml, sld),) = link.execute("select f_table_name, styleQML, styleSLD from layer_styles")
    assert name == NASTY
    ET.fromstring(qml)  # noqa: S314
    assert ET.fromstring(sld).findtext(f"{SLD}NamedLayer/{SE}Name") == NASTY  # noqa: S314


def test_sld_has_its_parts_in_the_order_of_the_standard() -> None:
    (style,) = styles_of(squares(n=[1, 5, 30]))
    root = ET.fromstring(sld_of(style, "cells"))  # noqa: S314
    assert (root.tag, root.get("version")) == (f"{SLD}StyledLayerDescriptor", "1.1.0")
    rules = root.findall(f"{SLD}NamedLayer/{SLD}UserStyle/{SE}FeatureTypeStyle/{SE}Rule")
    assert len(rules) == len(style.rules)
    for rule in rules:
        assert [part.tag for part in rule] == [
            f"{SE}Name", f"{SE}Description", f"{OGC}Filter", f"{SE}PolygonSymbolizer",
        ]  # fmt: skip
        assert [part.tag for part in rule[3]] == [f"{SE}Fill", f"{SE}Stroke"]
    between = rules[0].find(f"{OGC}Filter/{OGC}And")
    assert between is not None
    assert [part.tag.removeprefix(OGC) for part in between] == ["PropertyIsGreaterThan", "PropertyIsLessThan"]


def layers() -> dict[str, gpd.GeoDataFrame]:
    grid = hs.Grid.over(area_of(shapely.box(400000, 288000, 402000, 290000)), cell_size=200)
    at = [(400050 + 37 * (i % 50), 288050 + 11 * (i % 7)) for i in range(120)]
    incidents = points_of(at, place_id=[f"p{i % 9}" for i in range(120)])
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    assert isinstance(cells, gpd.GeoDataFrame)
    return {"cells": cells, "locations": hs.repeat_locations(incidents), "area": squares(name=["Sandwell"])}


def test_a_geopackage_opens_with_one_style_a_layer_and_holds_no_time(tmp_path: Path) -> None:
    frames = layers()
    first = hs.write_geopackage(frames, tmp_path / "a.gpkg")
    assert hs.write_geopackage(frames, tmp_path / "b.gpkg").read_bytes() == first.read_bytes()
    with sqlite3.connect(first) as link:
        table = pd.read_sql_query("select * from layer_styles", link)
        geometry = dict(link.execute("select table_name, column_name from gpkg_geometry_columns").fetchall())
    assert list(table.columns) == [
        "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
        "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
    ]  # fmt: skip
    assert table["id"].tolist() == [1, 2, 3, 4]
    assert table["f_table_name"].tolist() == ["cells", "cells", "locations", "area"]
    assert table["useAsDefault"].tolist() == [1, 0, 1, 1]
    assert all(geometry[row.f_table_name] == row.f_geometry_column for row in table.itertuples())
    # QGIS asks for f_table_schema = '', which no missing value is.
    assert set(table["f_table_schema"]) == {""}
    assert set(table["update_time"]) == {"2000-01-01T00:00:00.000Z"}


def test_the_name_of_the_table_is_kept(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="cannot be called 'layer_styles'"):
        hs.write_geopackage({"Layer_Styles": squares(n=[1])}, tmp_path / "a.gpkg")
    assert list(tmp_path.iterdir()) == []


def test_styles_are_no_finding_in_a_public_folder(tmp_path: Path) -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 800, 800)), cell_size=200)
    counts = [0, 7, 3, 2, 9, 12, 0, 2, 30, 14, 5, 1, 8, 8, 6, 20]
    x, y = grid.centres()
    at = np.repeat(np.arange(16), counts)
    points = points_of(list(zip(x[at], y[at], strict=True)), place_id=[f"UPRN {i:09d}" for i in at])
    source = {"name": "Council", "open": False, "simulated": False, "attribution": "", "months": ["2025-01"]}
    points = provenance.put(points, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))
    with quiet():
        cells = hs.getis_ord(hs.count_incidents(points, grid), grid)
        path = hs.write_geopackage({"cells": cells}, tmp_path / "cells.gpkg", release="public")
    with sqlite3.connect(path) as link:
        assert link.execute("select count(*) from layer_styles").fetchone()[0] >= 2
    assert check_release(tmp_path, against=points).to_dict("records") == []


def test_a_styled_file_is_read_without_naming_its_layer(tmp_path: Path) -> None:
    square = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.box(0, 0, 500, 500)], crs="EPSG:27700")
    file = tmp_path / "square.gpkg"
    hs.write_geopackage({"square": square}, file)
    [file] = tmp_path.glob("square*.gpkg")
    assert "layer_styles" in {str(name) for name in pyogrio.list_layers(file)[:, 0]}
    assert list(hs.read_area(file)["name"]) == ["A"]
