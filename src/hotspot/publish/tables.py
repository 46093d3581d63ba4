"""Tables: CSV files that Excel cannot change or run, and GeoPackages for QGIS."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.projection import geometry_to_wgs84
from hotspot.publish.columns import Column, column
from hotspot.publish.files import whole_file, write_bytes_whole
from hotspot.publish.layer_styles import CHANGED, GEOMETRY, TABLE, style_table
from hotspot.publish.release import Release, marked_path, marking_of, released

# Excel, LibreOffice and their kin run a cell that begins with one of these (full-width forms too), and
# read the second kind as a number: a 12-digit UPRN becomes 1.2E+11, 007 becomes 7, 1E5 becomes 100000.
_RUNS = re.compile(r"^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
_CHANGED = re.compile(r"^\s*(\d{12,}|0\d+|\d+(\.\d*)?[eE]\d+)\s*$")
GUARD = "'"


def write_csv(frame: pd.DataFrame, path: str | os.PathLike[str], *, release: Release = None) -> Path:
    """Write a table as CSV for Excel, with a data dictionary beside it.

    Parameters
    ----------
    frame
        Any result. An index named ``cell_id`` becomes a column; a geometry becomes easting, northing,
        longitude and latitude of its centre.
    path
        The file to write, ending in ``.csv``. ``NAME_columns.csv`` beside it says what each column means.
    release
        "public" (or a `PublicRelease`) writes only what may leave of closed sources: see `released`. None
        writes the frame as it is.

    Returns
    -------
    Path
        The file written: unless every source is open, or it is a public release, OFFICIAL-SENSITIVE is in its name.

    Notes
    -----
    UTF-8 with a byte order mark, ISO dates. Text that a spreadsheet would run as a
    formula, or change (long numbers, leading zeros), begins with an apostrophe; numbers stay numbers.
    The last columns name the source and the marking: OFFICIAL-SENSITIVE unless every source is known
    and declared open. The file appears whole or not at all.
    """
    target = Path(path)
    if target.suffix.lower() != ".csv":
        raise InputError(f"{target.name} must end in .csv")
    frame = released(frame, release)
    target = marked_path(target, [frame], release)
    table = flat(frame, release)
    names = [str(name) for name in table.columns]
    headers = unique_headers([column(name, frame).header for name in names])
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow([guard(header) for header in headers])
    written = [texts_of(table[name], column(name, frame)) for name in names]
    writer.writerows(zip(*written, strict=True))
    rows = [
        [guard(header), guard(name), c.meaning, c.unit]
        for header, name, c in _described(headers, names, frame)
    ]
    meaning = io.StringIO()
    dictionary = csv.writer(meaning, lineterminator="\r\n")
    dictionary.writerow(["Column", "Name in scripts", "Meaning", "Unit"])
    dictionary.writerows(rows)
    dictionary.writerow(
        ["", "", "An apostrophe before a text keeps a spreadsheet from changing it; it is no part of it", ""]
    )
    # What every output of this frame must say: how it can mislead, which breaks it crosses, whose outline it is.
    dictionary.writerows(["", "", guard(note), ""] for note in provenance.of(frame)["notes"])
    beside = target.with_name(f"{target.stem}_columns.csv")
    write_bytes_whole(beside, meaning.getvalue().encode("utf-8-sig"))
    write_bytes_whole(target, text.getvalue().encode("utf-8-sig"))
    return target


def write_geopackage(
    frames: Mapping[str, gpd.GeoDataFrame], path: str | os.PathLike[str], *, release: Release = None
) -> Path:
    """Write frames as layers of one GeoPackage, the same bytes every time.

    Parameters
    ----------
    frames
        Layer name to frame. Each layer gets the columns ``source`` and ``marking``.
    path
        The file to write, ending in ``.gpkg``; it appears whole or not at all.
    release
        As for `write_csv`.

    Returns
    -------
    Path
        The file written; its name is marked as that of `write_csv`.

    Raises
    ------
    InputError
        If the ending is another, there is no layer, a layer has no name or is called ``layer_styles``, or what
        `released` refuses.

    Notes
    -----
    A table ``layer_styles`` says how QGIS draws each layer on opening: hot and cold cells, counts, densities
    and ranks in the classes and colours of the web map, areas as outlines. The same is there as SLD 1.1 for other
    programs. It holds no row of the data; edges of classes are made from the figures that the layers hold.
    """
    import pyogrio

    target = Path(path)
    if target.suffix.lower() != ".gpkg":
        raise InputError(f"{target.name} must end in .gpkg")
    if not frames or not all(isinstance(name, str) and name.strip() for name in frames):
        raise InputError("a GeoPackage needs at least one layer, and each layer a name")
    if any(name.casefold() == TABLE for name in frames):
        raise InputError(
            f"a layer cannot be called {TABLE!r}, where QGIS looks for styles; give it another name"
        )
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    # A GeoPackage holds the time of its last change; a fixed one makes equal runs equal files.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": CHANGED})
    shown = {layer: cast(gpd.GeoDataFrame, released(frame, release)) for layer, frame in frames.items()}
    target = marked_path(target, list(shown.values()), release)
    try:
        with whole_file(target) as temporary:
            for layer in frames:
                pyogrio.write_dataframe(
                    _for_geopackage(shown[layer], release),
                    temporary,
                    layer=layer,
                    driver="GPKG",
                    append=temporary.exists() and temporary.stat().st_size > 0,
                    GEOMETRY_NAME=GEOMETRY,
                )
            styles = style_table(shown)
            if len(styles):
                how = {"append": True, "FID": "id", "DATETIME_PRECISION": "MILLISECOND"}
                pyogrio.write_dataframe(styles, temporary, layer=TABLE, driver="GPKG", **how)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    return target


def guard(text: str) -> str:
    """Return text that a spreadsheet shows as it is: control characters gone, an apostrophe where needed."""
    kinds = [unicodedata.category(mark) for mark in text]
    clean = "".join(" " if kind in ("Cc", "Cs") else mark for mark, kind in zip(text, kinds, strict=True))
    # Marks without width (a byte order mark, a soft hyphen) do not hide what follows from a spreadsheet.
    bare = "".join(mark for mark, kind in zip(clean, kinds, strict=True) if kind != "Cf")
    return GUARD + clean if _RUNS.match(text) or _RUNS.match(bare) or _CHANGED.match(bare) else clean


def flat(frame: pd.DataFrame, release: Release = None) -> pd.DataFrame:
    """Return the frame as plain columns, with source and marking last."""
    table = pd.DataFrame(frame).copy()
    _refuse_twice([*table.columns, *([] if frame.index.name is None else [frame.index.name])])
    if frame.index.name is not None:
        table.insert(0, str(frame.index.name), frame.index.to_numpy())
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        table = table.drop(columns=frame.active_geometry_name)
        for name, values in _centre_columns(frame).items():
            if name not in table.columns:
                table[name] = values
    table = table[
        [name for name in table.columns if not isinstance(table[name].dtype, gpd.array.GeometryDtype)]
    ]
    if "source" not in table.columns:
        table["source"] = provenance.source_line([frame]).removeprefix("Source: ")
    table["marking"] = marking_of([frame], release)
    return table


def _refuse_twice(names: list[object]) -> None:
    texts = [str(name) for name in names]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise InputError(
            f"the table has {len(twice)} column names more than once ({twice[0][:40]!r}); rename them"
        )


def _centre_columns(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    if frame.crs is None or frame.empty:
        return {}
    centre = frame.geometry.centroid
    columns: dict[str, Any] = {}
    if frame.crs.to_epsg() == 27700:
        columns |= {"easting": centre.x.to_numpy(), "northing": centre.y.to_numpy()}
    degrees = geometry_to_wgs84(gpd.GeoDataFrame(geometry=centre)).geometry
    return columns | {"lon": degrees.x.to_numpy(), "lat": degrees.y.to_numpy()}


def unique_headers(headers: list[str]) -> list[str]:
    """Return the headers, numbered where one stands twice."""
    seen: dict[str, int] = {}
    unique = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        unique.append(header if seen[header] == 1 else f"{header} ({seen[header]})")
    return unique


def _described(headers: list[str], names: list[str], frame: pd.DataFrame) -> list[tuple[str, str, Column]]:
    return [(header, name, column(name, frame)) for header, name in zip(headers, names, strict=True)]


def texts_of(values: pd.Series, how: Column, *, keep: Callable[[str], str] | None = None) -> list[str]:
    """Write one column's values as text; ``keep`` makes text safe for where it goes (`guard` for a spreadsheet)."""
    keep = guard if keep is None else keep
    kind = values.dtype
    if isinstance(kind, pd.PeriodDtype):
        return ["" if value is pd.NaT else str(value) for value in values]
    if pd.api.types.is_datetime64_any_dtype(kind):
        # Midnight stands for "no time known" in rows of day precision: a time is never invented.
        texts = values.dt.strftime("%Y-%m-%dT%H:%M:%S").astype(object)
        return ["" if text is None or text != text else text.removesuffix("T00:00:00") for text in texts]
    if pd.api.types.is_bool_dtype(kind):
        return ["" if pd.isna(value) else "yes" if value else "no" for value in values]
    if pd.api.types.is_integer_dtype(kind):
        return ["" if pd.isna(value) else str(int(value)) for value in values]
    if pd.api.types.is_float_dtype(kind):
        write = _number_writer(how)
        return [
            "" if not np.isfinite(value) else write(float(value)) for value in values.to_numpy(dtype=float)
        ]
    return [_text(value, how, keep) for value in values.astype(object)]


def _text(value: object, how: Column, keep: Callable[[str], str]) -> str:
    """Write one value of a column of mixed kinds: numbers stay numbers, all else is text."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return _number_writer(how)(float(value)) if np.isfinite(value) else ""
    return keep(str(value))


def _number_writer(how: Column) -> Callable[[float], str]:
    if how.decimals == "g":
        return lambda value: f"{value:.6g}"
    if how.decimals is None:
        return repr
    return lambda value: f"{value:.{how.decimals}f}"


def _for_geopackage(frame: gpd.GeoDataFrame, release: Release) -> gpd.GeoDataFrame:
    plain = frame.copy()
    _refuse_twice([*frame.columns, *([] if frame.index.name is None else [frame.index.name])])
    if frame.index.name is not None:
        plain.insert(0, str(frame.index.name), frame.index.to_numpy())
    for name in plain.columns:
        kind = plain[name].dtype
        if isinstance(kind, pd.PeriodDtype | pd.CategoricalDtype):
            plain[name] = (
                plain[name]
                .astype(object)
                .where(plain[name].notna(), None)
                .map(lambda v: None if v is None else str(v))
            )
    if "source" not in plain.columns:
        plain["source"] = provenance.source_line([frame]).removeprefix("Source: ")
    plain["marking"] = marking_of([frame], release)
    plain.attrs = {}
    return plain.reset_index(drop=True)
