"""Maps of cells: significance classes beside densities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.escape import is_missing, plain
from hotspot.publish.maps.base import fill_opacity, prepared_map
from hotspot.publish.maps.basemap import add_basemap, backgrounds
from hotspot.publish.maps.cells_in_words import tell_cells
from hotspot.publish.maps.checks import POLYGONS, checked_count, checked_frame, first_index, require_any
from hotspot.publish.maps.elements import DrawnLayer, ShapeData, bounds_of, packed_shapes
from hotspot.publish.maps.legend import (
    CLASSES,
    UNDEFINED,
    Entry,
    Legend,
    Shading,
    band_looks,
    band_shading,
    class_shading,
    class_words,
)
from hotspot.publish.maps.locations import map_locations
from hotspot.publish.release import Release
from hotspot.publish.released_layers import hidden_words, named_by, released_frame, said_by

_MOST_CATEGORIES = 12
UNCORRECTED = " (uncorrected)"
_NAMES = {
    "classes": "Hot and cold cells",
    "density": "Density (incidents per square km)",
    "counts": "Reported incidents",
    "bands": "Density in bands",
}


def map_cells(
    cells: gpd.GeoDataFrame,
    *,
    area: gpd.GeoDataFrame | None = None,
    locations: gpd.GeoDataFrame | None = None,
    wards: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    tiles: str | None = None,
    release: Release = None,
) -> folium.Map:
    """Draw cells by significance class, with their density as a second layer.

    Parameters
    ----------
    cells : geopandas.GeoDataFrame
        Polygons with a CRS, at most 40,000, on ``cell_id``. Drawn and described are those of the
        columns ``gi_class``, ``n``, ``weight_sum``, ``n_<value>`` (the 12 with the most
        incidents), ``share_in_area`` (0 to 1), ``gi_z``, ``gi_p``, ``gi_q``,
        ``density_per_km2`` and ``label`` that are there. Without ``gi_class`` cells are coloured
        by ``n``.
    area : geopandas.GeoDataFrame, optional
        Drawn as the boundary. The texts of a column ``evidence_use`` are printed.
    locations : geopandas.GeoDataFrame, optional
        Drawn and numbered as by `map_locations`.
    wards : geopandas.GeoDataFrame, optional
        Polygons, drawn as thin lines with their names (as `map_areas` finds them) where there is room.
    streets : geopandas.GeoDataFrame, optional
        Lines, as `read_streets` returns them, drawn thin over the cells.
    title : str, optional
        Default: made from what is drawn and the months covered.
    tiles : str, optional
        Name ("OpenStreetMap") or address of a background from the web. Default: none, so that
        the saved map asks no server for anything.
    release : "public" or PublicRelease, optional
        Make a map that may be handed out: cells of a closed source are drawn as `released` returns them,
        with small counts as classes. Default: a restricted map, unless every source is open.

    Returns
    -------
    folium.Map
        Add your own layers to it, then save it with `save_map`.

    Raises
    ------
    InputError
        If the cells cannot be drawn, or may not be published.

    Warns
    -----
    HotspotWarning
        If ``tiles`` is given: the tile server learns which places a viewer looks at.

    Notes
    -----
    How this can mislead: a hot cell has more reports than if they were spread evenly over the
    area. Town centres are often hot because many people are there; the map says so.
    """
    checked_frame(cells, what="cells", kinds=POLYGONS)
    # What may not be published is refused before the cells are entered into the register.
    locations = None if locations is None else released_frame(locations, release)
    area, wards, streets = backgrounds(area, wards, streets, release)
    cells = released_frame(cells, release)
    require_any(cells, ["gi_class", "n", "density_per_km2", "density_band"], what="cells")
    drawn = checked_frame(cells, what="cells", kinds=POLYGONS)
    checked_count(cells)
    codes = _class_codes(drawn["gi_class"]) if "gi_class" in drawn else None
    corrected = _corrected(cells)
    bounds = bounds_of(drawn)
    subject = "Reported incidents by cell" if codes is None else "Hot and cold cells of reported incidents"
    m, furniture = prepared_map(
        None, bounds, frame=cells, release=release, title=title, subject=subject, tiles=tiles
    )
    furniture.add_record(cells)
    payload = {**packed_shapes(drawn), "headings": _headings(drawn), "rows": _rows(drawn, codes, corrected)}
    data = ShapeData(payload)
    m.add_child(data)
    opacity = fill_opacity(furniture)
    units = "cells" if named_by(drawn) is None else "areas"
    for shown_first, shading in enumerate(_shadings(drawn, codes, corrected, opacity, _density_notes(cells))):
        key = shading.legend.key
        look = {"key": key, "codes": shading.codes, "looks": shading.looks}
        m.add_child(
            DrawnLayer(_NAMES[key], draw="shade", data=data, bounds=bounds, show=shown_first == 0, look=look)
        )
        furniture.legends.append(replace(shading.legend, counted=units))
    tell_cells(furniture, data, payload, codes, order=_released_order(drawn, codes), units=units)
    add_basemap(m, furniture, area=area, wards=wards, streets=streets, release=release)
    if locations is not None:
        map_locations(locations, on=m, release=release)
    return m


def _shadings(
    drawn: gpd.GeoDataFrame,
    codes: NDArray[np.int64] | None,
    corrected: bool,
    opacity: float,
    notes: list[str],
) -> list[Shading]:
    made = []
    if codes is not None:
        made.append(class_shading(codes, corrected=corrected, opacity=opacity))
    elif "n" in drawn:
        made.append(count_shading(drawn, opacity))
    if "density_per_km2" in drawn:
        density = _numbers(drawn, "density_per_km2")
        made.append(
            band_shading(
                density, key="density", title=_NAMES["density"], whole=False, opacity=opacity, notes=notes
            )
        )
    elif "density_band" in drawn:
        made.append(_published_bands(_numbers(drawn, "density_band"), opacity))
    if codes is not None and "n_shown" in drawn:
        made.append(count_shading(drawn, opacity))
    return made


def count_shading(drawn: gpd.GeoDataFrame, opacity: float) -> Shading:
    """Shade by reported incidents; the classes of protected counts have looks of their own."""
    hidden = hidden_words(drawn) if "n_shown" in drawn else None
    # Counts under the threshold are never shown, so that the lowest band begins at it.
    least = int(said_by(drawn).get("threshold", 1)) if hidden is not None else 1
    return band_shading(
        _numbers(drawn, "n"),
        key="counts",
        title=_NAMES["counts"],
        whole=True,
        opacity=opacity,
        hidden=hidden,
        least=least,
    )


def _published_bands(bands: NDArray[np.float64], opacity: float) -> Shading:
    """Shade the bands of a public release, which are fifths of the highest density."""
    number = int(np.nanmax(bands, initial=1.0))
    codes = np.nan_to_num(bands, nan=0.0).astype(np.int64) - 1
    looks = band_looks(number, opacity)
    counts = np.bincount(codes[codes >= 0], minlength=number)
    words = [
        f"Band {band} of {number}{', the highest' if band == number else ''}" for band in range(1, number + 1)
    ]
    entries = [Entry(look, word, int(n)) for look, word, n in zip(looks, words, counts, strict=True)]
    return Shading(
        codes, looks, Legend("bands", _NAMES["bands"], entries, ("Cells without any are not drawn.",))
    )


def _density_notes(cells: gpd.GeoDataFrame) -> list[str]:
    """Say how the density was smoothed, as its record has it, and that chance makes peaks."""
    steps = [step for step in provenance.of(cells)["steps"] if step.get("step") == "kernel_density"]
    notes = ["Chance alone makes peaks too: read it beside the hot and cold cells."]
    if steps and isinstance(steps[-1].get("bandwidth_m"), int | float):
        how = "chosen by rule" if steps[-1].get("chosen") else "as asked"
        notes.insert(0, f"Smoothed over {steps[-1]['bandwidth_m']:,.0f} m ({how}).")
    return notes


def _class_codes(classes: pd.Series[Any]) -> NDArray[np.int64]:
    """Turn class names into codes; a missing class is the undefined one."""
    missing = classes.isna().to_numpy()
    positions = {name + end: code for code, name in enumerate(CLASSES) for end in ("", UNCORRECTED)}
    codes = classes.astype(object).map(positions).astype(float)
    unknown = codes.isna().to_numpy() & ~missing
    if unknown.any():
        raise InputError(
            f"gi_class has {int(unknown.sum()):,} values that are no class, the first {plain(classes[unknown].iloc[0])!r} "
            f"at index {first_index(classes.index[unknown])}: the classes are {', '.join(CLASSES)}"
        )
    return codes.fillna(UNDEFINED).to_numpy().astype(np.int64)


def _corrected(cells: gpd.GeoDataFrame) -> bool:
    """Tell whether the classes were corrected, from their names and from the frame's record."""
    if "gi_class" in cells and cells["gi_class"].astype(str).str.endswith(UNCORRECTED).any():
        return False
    return _made_by(cells).get("correction", "") is not None


def _made_by(cells: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the recorded parameters of the step that tested the cells, empty where there is none."""
    steps = [step for step in provenance.of(cells)["steps"] if step.get("step") == "getis_ord"]
    return steps[-1] if steps else {}


def _headings(drawn: gpd.GeoDataFrame) -> list[str]:
    if "label" in drawn:
        return [f"Cell {plain(label)}" for label in drawn["label"]]
    # A release can take areas in the place of cells that are too small to publish.
    column = named_by(drawn)
    if column is not None:
        return [plain(name, limit=60) for name in drawn[column]]
    return [f"Cell {plain(cell_id)}" for cell_id in drawn.index]


def _rows(drawn: gpd.GeoDataFrame, codes: NDArray[np.int64] | None, corrected: bool) -> list[dict[str, Any]]:
    """Say what is told of each cell: heading, way of writing, values; ``tip`` rows also on hover."""
    rows: list[dict[str, Any]] = []

    def add(column: str, head: str, kind: str, *, tip: bool, digits: int, factor: float = 1.0) -> None:
        if column in drawn:
            values = _short(_numbers(drawn, column) * factor, digits)
            lead = {"lead": True} if column == _lead(drawn) else {}
            rows.append({"head": head, "kind": kind, "tip": tip, "values": values, **lead})

    if "n_shown" in drawn:
        shown = ["" if is_missing(value) else plain(value, limit=60) for value in drawn["n_shown"]]
        rows.append({"head": "Reported incidents", "kind": "text", "tip": True, "values": shown})
    else:
        add("n", "Reported incidents", "count", tip=True, digits=0)
    add("weight_sum", "Weighted total", "amount", tip=False, digits=2)
    if codes is not None:
        words = class_words(corrected=corrected)
        rows.append({"head": "Class", "kind": "text", "tip": True, "words": words, "values": codes})
    add("gi_z", f"z ({plain(_made_by(drawn).get('statistic', 'Gi*'))})", "score", tip=True, digits=2)
    add("gi_p", "p", "chance", tip=False, digits=4)
    add("gi_q", "q (adjusted p)", "chance", tip=True, digits=4)
    add("density_per_km2", "Density per square km", "amount", tip=True, digits=2)
    add("density_band", "Density band, 1 to 5", "count", tip=True, digits=0)
    add("share_in_area", "Share of cell inside the area", "percent", tip=True, digits=1, factor=100.0)
    named = _category_columns(drawn)
    for column in named:
        counts = _short(_numbers(drawn, column), 0)
        rows.append({"head": plain(column[2:], limit=60), "kind": "count", "sparse": True, "values": counts})
    return rows


def _lead(drawn: gpd.GeoDataFrame) -> str | None:
    return next((each for each in ("gi_z", "n", "density_per_km2", "density_band") if each in drawn), None)


def _released_order(drawn: gpd.GeoDataFrame, codes: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
    """Return released cells by class and shown count, the surest hot first; None where there is a figure to go by."""
    if "n_shown" not in drawn:
        return None
    counts = np.nan_to_num(_numbers(drawn, "n"), nan=0.0)
    by_class = np.zeros(len(drawn)) if codes is None else -codes.astype(float)
    return np.lexsort((-counts, by_class))


def _category_columns(drawn: gpd.GeoDataFrame) -> list[str]:
    names = [
        name
        for name in drawn.columns
        if isinstance(name, str) and name.startswith("n_") and pd.api.types.is_numeric_dtype(drawn[name])
    ]
    # Ties by name, so that the order of columns does not change the file.
    return sorted(names, key=lambda name: (-float(drawn[name].sum()), name))[:_MOST_CATEGORIES]


def _numbers(drawn: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    try:
        values = pd.to_numeric(drawn[column]).to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError) as problem:
        raise InputError(f"column {column} of cells must be numbers: {problem}") from problem
    return np.where(np.isfinite(values), values, np.nan)


def _short(values: NDArray[np.float64], digits: int) -> list[float | int | None]:
    """Round for the page, whole numbers without a point, missing values as None."""
    return [
        None if np.isnan(value) else int(value) if value == int(value) else value
        for value in np.round(values, digits).tolist()
    ]
