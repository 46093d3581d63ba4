"""The areas that a table of counts is about: their codes and names, with polygons where there are any."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import as_area, read_area
from hotspot.geography.vintage import LSOA_CODE, check_lsoa_join
from hotspot.intake.cell_values import text_of
from hotspot.intake.counts_mapping import CountsMapping
from hotspot.intake.tabular import read_table

AreasLike: TypeAlias = pd.DataFrame | str | os.PathLike[str]

_TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".parquet")


@dataclass(frozen=True, eq=False)
class CountAreas:
    """The areas, ascending by code.

    Attributes
    ----------
    codes, names
        As the areas write them.
    geometry
        Their polygons in EPSG:27700, or None where the areas came as a plain table.
    notes
        What every output must print of the outlines.
    """

    codes: NDArray[np.object_]
    names: NDArray[np.object_]
    geometry: gpd.GeoSeries | None
    notes: tuple[str, ...]

    def positions(self, texts: pd.Series) -> NDArray[np.int64]:
        """Return the area of each text, -1 for none; capitals and runs of spaces do not matter."""
        known = {folded(code): number for number, code in enumerate(self.codes)}
        codes, distinct = pd.factorize(texts)
        found = [known.get(folded(text), -1) for text in distinct]
        return np.array([*found, -1], dtype=np.int64)[codes]


def read_count_areas(areas: AreasLike, plan: CountsMapping) -> CountAreas:
    """Read the areas of a table of counts.

    Parameters
    ----------
    areas
        A GeoDataFrame, a vector file with one layer (or the mapping's ``areas_layer``), or a plain table of
        codes: a DataFrame, CSV, .xlsx or Parquet file. A plain table gives no geometry.
    plan
        Its ``areas_code`` names the column of codes; without it, the column has the name that it has in the file.

    Raises
    ------
    InputError
        If a column is missing, or codes are blank or stand twice.
    """
    frame = _frame(areas, plan)
    code = plan.areas_code or plan.area
    for key, column in (("areas_code", code), ("areas_name", plan.areas_name)):
        if column is not None and column not in frame.columns:
            shown = ", ".join(str(name) for name in frame.columns[:12] if name != "geometry")
            raise InputError(f"the areas have no column {column!r}; they have {shown}. Say [counts] {key}")
    codes = text_of(frame[code]).reset_index(drop=True)
    _refuse_unclear(codes, code)
    names = codes if plan.areas_name is None else text_of(frame[plan.areas_name]).reset_index(drop=True)
    order = np.argsort(codes.to_numpy(dtype=object), kind="stable")
    geometry = None
    if isinstance(frame, gpd.GeoDataFrame):
        geometry = gpd.GeoSeries(frame.geometry.to_numpy()[order], crs=frame.crs)
    return CountAreas(
        codes=codes.to_numpy(dtype=object)[order],
        names=names.where(names.notna(), codes).to_numpy(dtype=object)[order],
        geometry=geometry,
        notes=tuple(provenance.of(frame)["notes"]),
    )


def _frame(areas: Any, plan: CountsMapping) -> pd.DataFrame:
    if isinstance(areas, gpd.GeoDataFrame) and areas.active_geometry_name is not None:
        return cast("pd.DataFrame", as_area(areas))
    if isinstance(areas, pd.DataFrame):
        return areas
    if not isinstance(areas, str | os.PathLike):
        raise InputError(
            f"areas must be a GeoDataFrame, a table or a file; given {type(areas).__name__}. Give the polygons of the "
            "wards or LSOAs, or at least a table of their codes"
        )
    if Path(areas).suffix.lower() not in _TABLES:
        return cast("pd.DataFrame", read_area(areas, layer=plan.areas_layer))
    table = read_table(areas).table
    return cast("pd.DataFrame", as_area(table)) if isinstance(table, gpd.GeoDataFrame) else table


def _refuse_unclear(codes: pd.Series, column: str) -> None:
    blank = np.flatnonzero(codes.isna().to_numpy())
    if len(codes) == 0 or len(blank):
        where = f"; the first is row {blank[0] + 1}" if len(blank) else ""
        raise InputError(
            f"{len(blank):,} of {len(codes):,} areas have no {column!r}{where}. Every area needs a code; complete "
            "the layer, or leave those areas out"
        )
    plain = codes.map(folded)
    twice = codes[plain.duplicated().to_numpy()]
    if len(twice):
        raise InputError(
            f"{len(twice):,} of {len(codes):,} areas have a {column!r} that an earlier one has (the first is "
            f"{str(twice.iloc[0])[:40]!r}); join the parts of an area with dissolve_areas, or take a column of codes"
        )


def check_vintage(texts: pd.Series, areas: CountAreas) -> None:
    """Refuse a file whose LSOA codes are of another edition than those of the areas.

    Raises
    ------
    InputError
        See `hotspot.geography.vintage.check_lsoa_join`; codes that are not of LSOAs are passed over.
    """
    given = [code for code in texts.dropna().unique() if LSOA_CODE.match(code)]
    offered = [code for code in areas.codes if LSOA_CODE.match(str(code))]
    if given and offered:
        check_lsoa_join(given, offered)


def folded(text: object) -> str:
    """Return a code or a name as it is compared."""
    return " ".join(str(text).split()).casefold()


def with_geometry(frame: pd.DataFrame, areas: CountAreas, area: NDArray[np.int64]) -> pd.DataFrame:
    """Add the polygon of each row's area, where the areas have polygons."""
    if areas.geometry is None:
        return frame
    shapes = areas.geometry.to_numpy()[area]
    return cast("pd.DataFrame", gpd.GeoDataFrame(frame, geometry=shapes, crs=areas.geometry.crs))
