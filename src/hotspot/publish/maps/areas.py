"""Maps of areas: orders, patrol areas, hot spot areas, contours, wards and streets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast, get_args

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.columns import COLUMNS, SHOWN, column
from hotspot.publish.escape import escape, is_missing, plain
from hotspot.publish.maps.base import fill_opacity, prepared_map
from hotspot.publish.maps.basemap import add_basemap, add_streets, add_wards, labels_of, tops_of
from hotspot.publish.maps.checks import LINES, POLYGONS, checked_frame, first_index
from hotspot.publish.maps.elements import DrawnLayer, ShapeData, bounds_of, packed_shapes
from hotspot.publish.maps.facts import shapes_table
from hotspot.publish.maps.furniture import Furniture, date_words
from hotspot.publish.maps.legend import Entry, Legend, band_looks
from hotspot.publish.release import Release
from hotspot.publish.released_layers import background, refuse_closed, released_frame

Style: TypeAlias = Literal["areas", "hot", "contours", "wards", "streets"]
MAX_AREAS = 1_000
_NAMES = {
    "areas": "Areas",
    "hot": "Hot spot areas",
    "contours": "Contours",
    "wards": "Wards",
    "streets": "Streets",
}
# Colour and dashes of the first, second, ... layer of areas on one map.
_LINES = (("#6a1b9a", ""), ("#00594c", "9 5"), ("#8a3b00", "2 5"), ("#0b3d91", "12 4 2 4"))
_HOT_LINE = ("#7a0019", "")


def map_areas(
    frame: gpd.GeoDataFrame,
    *,
    style: Style = "areas",
    label: str | None = None,
    columns: Sequence[str] | Mapping[str, str] | None = None,
    name: str | None = None,
    on: folium.Map | None = None,
    area: gpd.GeoDataFrame | None = None,
    wards: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    tiles: str | None = None,
    release: Release = None,
    labelled: bool = True,
) -> folium.Map:
    """Draw areas or lines as a layer: alone, or over the layers of another map.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Polygons with a CRS, at most 1,000; for ``style="streets"`` lines, at most 40,000.
    style : str, default "areas"
        "areas": outlines with a label each, for orders and patrol areas; a second layer on the same
        map gets another colour and other dashes. "hot": the same for `hotspot_areas`. "contours":
        shaded bands, from a column ``level`` of numbers (the lowest value inside each polygon).
        "wards" and "streets": thin lines to find one's way by.
    label : str, optional
        The column of the text that is printed at each area. Default: ``rank`` for "hot", else the
        first of label, name, ward_name, lsoa_name, ward, code; else the index.
    columns : list of str, or dict, optional
        The columns that are told of each area in popup and table, or column to heading. Default:
        those that hotspot itself makes (``incidents``, ``cells``, ``share_pct`` and so on). Other
        columns of your frame stay out of the page unless they are named here.
    name : str, optional
        Of the layer. Default: by style.
    on : folium.Map, optional
        A map to add the layer to; it is changed and returned. Default: a new map.
    area, wards, streets : geopandas.GeoDataFrame, optional
        Boundary, named areas and lines to find one's way by.
    title : str, optional
        Default: made from what is drawn and the months covered.
    tiles : str, optional
        As in `map_cells`.
    release : "public" or PublicRelease, optional
        As in `map_cells`. Hot spot areas, contours and streets of a closed source are refused: their shapes
        are made of protected counts.
    labelled
        False: the areas of style "areas" or "hot" are named in the key and the table only.

    Returns
    -------
    folium.Map
        Add your own layers to it, then save it with `save_map`.

    Raises
    ------
    InputError
        If the frame cannot be drawn, or a column is not there. A frame without rows is drawn as
        "none" on a map that is given, and refused without one.

    Warns
    -----
    HotspotWarning
        If ``tiles`` is given: the tile server learns which places a viewer looks at.

    Notes
    -----
    How this can mislead: a line on a map looks exact. A hot spot area is the outline of whole cells
    that were tested one by one; a contour depends on the bandwidth.

    Examples
    --------
    >>> import geopandas as gpd, hotspot as hs
    >>> from hotspot.publish.maps import map_areas
    >>> from shapely import box
    >>> order = gpd.GeoDataFrame({"name": ["Town centre"]}, geometry=[box(0, 0, 900, 400)], crs=27700)
    >>> m = map_areas(order, name="Order")
    """
    if style not in get_args(Style):
        raise InputError(f"style={style!r} is not known: use one of {', '.join(get_args(Style))}")
    called = plain(name if name is not None else _NAMES[style], limit=80)
    frame = _as_released(frame, release, style=style, label=label)
    if isinstance(frame, gpd.GeoDataFrame) and len(frame) == 0 and on is not None:
        m, furniture = prepared_map(
            on, None, frame=frame, release=release, title=title, subject=called, tiles=tiles
        )
        furniture.sections.append(f"<section><h2>{escape(called)}</h2><p>None.</p></section>")
        furniture.sentences.append(f"{called}: none.")
        furniture.add_record(frame, area=True)
    else:
        drawn = checked_frame(frame, what="frame", kinds=LINES if style == "streets" else POLYGONS)
        subject = called if style != "hot" else f"{called} of reported incidents"
        m, furniture = prepared_map(
            on, bounds_of(drawn), frame=frame, release=release, title=title, subject=subject, tiles=tiles
        )
        _draw(
            m, furniture, frame, drawn, style=style, label=label, columns=columns, called=called, labelled=labelled
        )  # fmt: skip
    add_basemap(m, furniture, area=area, wards=wards, streets=streets, release=release)
    return m


def _as_released(
    frame: gpd.GeoDataFrame, release: Release, *, style: Style, label: str | None
) -> gpd.GeoDataFrame:
    """Return the frame as it may be drawn: counts as `released` has them, else outlines with their names."""
    if release is None or not isinstance(frame, gpd.GeoDataFrame) or provenance.is_open([frame]):
        return frame
    if style in ("hot", "contours"):
        refuse_closed(
            [frame], release, what=_NAMES[style], instead="map released cells with map_cells instead"
        )
    if {"n", "incidents"} & set(frame.columns):
        return released_frame(frame, release)
    return background(frame, release, what="frame", label=label)


def _draw(
    m: folium.Map,
    furniture: Furniture,
    frame: gpd.GeoDataFrame,
    drawn: gpd.GeoDataFrame,
    *,
    style: Style,
    label: str | None,
    columns: Sequence[str] | Mapping[str, str] | None,
    called: str,
    labelled: bool,
) -> None:
    if style == "wards":
        add_wards(m, furniture, frame, label=label, name=called)
        return
    if style == "streets":
        add_streets(m, furniture, frame, name=called)
        return
    if len(drawn) > MAX_AREAS:
        raise InputError(
            f"frame has {len(drawn):,} areas; a map can label {MAX_AREAS:,}: give the first of them, or use map_cells"
        )
    furniture.add_record(frame, area=style == "areas")
    if style == "contours":
        _contours(m, furniture, drawn, columns=columns, called=called)
    else:
        _labelled(
            m, furniture, drawn, style=style, label=label, columns=columns, called=called, labelled=labelled
        )  # fmt: skip


def _labelled(
    m: folium.Map,
    furniture: Furniture,
    drawn: gpd.GeoDataFrame,
    *,
    style: Style,
    label: str | None,
    columns: Sequence[str] | Mapping[str, str] | None,
    called: str,
    labelled: bool,
) -> None:
    """Draw outlines with a label each."""
    hot = style == "hot"
    label = "rank" if hot and label is None and "rank" in drawn else label
    texts = labels_of(drawn, label, what="frame")
    colour, dashes = _HOT_LINE if hot else _LINES[furniture.area_layers % len(_LINES)]
    furniture.area_layers += 0 if hot else 1
    key = f"areas-{len(furniture.tables) + 1}"
    payload = {
        **packed_shapes(drawn),
        "tops": tops_of(drawn),
        "numbers": texts,
        "headings": [f"{called}: {text}" for text in texts],
        "rows": _rows(drawn, columns),
    }
    data, bounds = ShapeData(payload), bounds_of(drawn)
    line = {"color": colour, "weight": 3, **({"dashArray": dashes} if dashes else {})}
    look = {
        "pane": key,
        "height": 430,
        "smooth": 0.5,
        "closed": True,
        "looks": [{"color": "#ffffff", "opacity": 0.85, "weight": 6}, line],
        "key": key,
        "look": "hs-label",
        **({} if labelled else {"unlabelled": True}),
    }
    m.add_child(data)
    m.add_child(DrawnLayer(called, draw="areas", data=data, bounds=bounds, look=look))
    style_of_line = f"3px {'dashed' if dashes else 'solid'} {colour}"
    with_label = ", each with its label" if labelled else ""
    furniture.add_line(f"{called} ({len(drawn):,}){with_label}", style_of_line, key=key)
    furniture.hot = furniture.hot or hot
    listed = "" if hot else f" ({_listed(texts)})"
    furniture.sentences.append(f"{called}: {len(drawn):,}{listed}.")
    furniture.tables.append(
        shapes_table(data, payload, caption=called, first="Area", order=range(len(drawn)), most=None)
    )


def _contours(
    m: folium.Map,
    furniture: Furniture,
    drawn: gpd.GeoDataFrame,
    *,
    columns: Sequence[str] | Mapping[str, str] | None,
    called: str,
) -> None:
    """Shade bands by level, lowest first, so that a higher one inside lies on top."""
    if "level" not in drawn:
        raise InputError(
            'frame has no column "level", by which contours are shaded: give each polygon its level'
        )
    levels = pd.to_numeric(drawn["level"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(levels).all():
        bad = ~np.isfinite(levels)
        raise InputError(
            f"column level must be numbers; {int(bad.sum()):,} are not, the first at index "
            f"{first_index(drawn.index[bad])}"
        )
    order = np.argsort(levels, kind="stable")
    drawn = cast("gpd.GeoDataFrame", drawn.iloc[order])
    steps, codes = np.unique(levels[order], return_inverse=True)
    looks = band_looks(len(steps), fill_opacity(furniture))
    words = [f"{step:,.6g} or more" for step in steps]
    payload = {
        **packed_shapes(drawn),
        "headings": [f"{called}: {words[code]}" for code in codes],
        "rows": _rows(drawn, columns, leave=("level",)),
    }
    data = ShapeData(payload)
    m.add_child(data)
    key = f"contours-{len(furniture.tables) + 1}"
    look = {"key": key, "codes": codes.tolist(), "looks": looks}
    alone = not furniture.legends
    m.add_child(DrawnLayer(called, draw="shade", data=data, bounds=bounds_of(drawn), show=alone, look=look))
    counts = np.bincount(codes, minlength=len(steps)).tolist()
    entries = [Entry(*each) for each in zip(looks, words, counts, strict=True)][::-1]
    furniture.legends.append(Legend(key, called, entries, counted="shapes", tabled=False))
    furniture.sentences.append(f"{called}: {len(steps):,} levels, {steps[0]:,.6g} to {steps[-1]:,.6g}.")
    furniture.tables.append(
        shapes_table(data, payload, caption=called, first="Level", order=range(len(drawn))[::-1], most=None)
    )


def _rows(
    drawn: gpd.GeoDataFrame,
    columns: Sequence[str] | Mapping[str, str] | None,
    *,
    leave: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Say what is told of each area: heading, way of writing, values."""
    if isinstance(columns, str):
        raise InputError(f"columns={columns!r} is one text; give a list of columns")
    # Where a count is protected the column beside it says how it is written.
    shown = {each: f"{each}{SHOWN}" for each in drawn.columns if f"{each}{SHOWN}" in drawn.columns}
    if columns is None:
        known = [each for each in drawn.columns if each in COLUMNS or each in shown]
        columns = [each for each in known if each not in ("label", *leave, *shown.values())]
    named = dict(columns) if isinstance(columns, Mapping) else {each: _heading(each) for each in columns}
    absent = [each for each in named if each not in drawn or each == drawn.geometry.name]
    if absent:
        raise InputError(
            f"frame has no column {absent[0]!r} to tell; it has {', '.join(map(str, drawn.columns))}"[:400]
        )
    return [_row(drawn[shown.get(each, each)], heading) for each, heading in named.items()]


def _heading(name: str) -> str:
    found = COLUMNS.get(name)
    return (
        column(name).header
        if found is None and name.startswith("n_")
        else name
        if found is None
        else found.header
    )


def _row(column: pd.Series[Any], heading: str) -> dict[str, Any]:
    row: dict[str, Any] = {"head": plain(heading, limit=80), "kind": "text", "tip": True}
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        known = COLUMNS.get(str(column.name))
        values = column.to_numpy(dtype=float, na_value=np.nan)
        row["kind"] = "chance" if known is not None and known.decimals == "g" else "amount"
        return row | {"values": [round(v, 6) if np.isfinite(v) else None for v in values.tolist()]}
    if pd.api.types.is_datetime64_any_dtype(column):
        return row | {"values": [date_words(value, to_month=False) for value in column]}
    return row | {"values": [None if is_missing(value) else plain(value, limit=400) for value in column]}


def _listed(texts: list[str], most: int = 6) -> str:
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more
