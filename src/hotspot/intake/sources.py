"""Several sources: side by side by default, together only when the user says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.geography.incidents import starts_of
from hotspot.geography.projection import geometry_to_bng


def sources_side_by_side(incidents: pd.DataFrame) -> pd.DataFrame:
    """Count incidents by month and source, without a total.

    Parameters
    ----------
    incidents
        With ``source`` and ``start``.

    Returns
    -------
    DataFrame
        One row a month (``YYYY-MM``), one column a source. A month for which a source has no file is
        missing, not zero; without a record of files, months before its first and after its last
        incident are.

    Raises
    ------
    InputError
        If a column is missing.

    How this can mislead: one event may stand in several columns, so the columns are not to be added up
    (see `possible_double_counts`).
    """
    for column in ("source", "start"):
        if column not in incidents.columns:
            raise InputError(
                f"the incidents have no column {column!r}; they have {', '.join(map(str, incidents.columns[:12]))}"
            )
    months = starts_of(incidents).dt.strftime("%Y-%m").to_numpy()
    source = incidents["source"].astype("str").to_numpy()
    counts = pd.crosstab(pd.Index(months, name="month"), pd.Index(source, name="source"))
    observed = {item["name"]: set(item["months"]) for item in provenance.of(incidents)["sources"]}
    every = sorted({*counts.index, *(month for seen in observed.values() for month in seen)})
    if every:
        every = [str(month) for month in pd.period_range(every[0], every[-1], freq="M")]
    names = sorted({*map(str, counts.columns), *(name for name, seen in observed.items() if seen)})
    table = counts.reindex(index=every, columns=names, fill_value=0).astype("Int64")
    for name in names:
        own = observed.get(name) or _spanned(counts[name]) if name in counts else observed.get(name, set())
        table.loc[[month not in own for month in every], name] = pd.NA
    table.index.name, table.columns.name = "month", None
    return provenance.carry(incidents, table, "sources_side_by_side", sources=names)


def _spanned(counts: pd.Series) -> set[str]:
    seen = counts.index[counts > 0]
    return {str(month) for month in pd.period_range(seen.min(), seen.max(), freq="M")}


def combine_sources(frames: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put the incidents of several sources into one frame: the user's word that they may be counted together.

    Parameters
    ----------
    frames
        Incidents of two or more readers, each with a CRS.

    Returns
    -------
    GeoDataFrame
        All rows, in the order given, on a new index, in EPSG:27700. The record names every source; a
        source that is not known to be open keeps the result from being open.

    Raises
    ------
    InputError
        If there are fewer than two frames, one has no geometry or CRS, or the same source has the same
        month in two of them.

    Notes
    -----
    A sentence that the sources are counted together, with their rows, is printed with every output.

    How this can mislead: the same event can be in police, council and fire records, so a sum of sources
    is not a number of events. Look at `possible_double_counts` first, and show the sources side by side.
    """
    if len(frames) < 2:
        raise InputError(f"{len(frames)} frame was given; combine_sources puts two or more together")
    for number, frame in enumerate(frames, start=1):
        if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None or frame.crs is None:
            raise InputError(
                f"frame {number} of {len(frames)} has no geometry or no CRS; set it with set_crs"
            )
    moved = [geometry_to_bng(_named(frame)) for frame in frames]
    bare = []
    for frame in moved:
        plain = pd.DataFrame(frame.drop(columns="geometry"))
        plain.attrs = {}
        bare.append(_plain_text(plain))
    together = pd.concat(bare, ignore_index=True)
    for column in ("source", "category", "location", "time_precision", "location_precision", "source_file"):
        if column in together.columns:
            together[column] = together[column].astype("category")
    shapes = np.concatenate([frame.geometry.to_numpy() for frame in moved])
    record = _record(frames)
    return provenance.put(gpd.GeoDataFrame(together, geometry=shapes, crs=moved[0].crs), record)


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame if frame.active_geometry_name == "geometry" else frame.rename_geometry("geometry")


def _plain_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn categorical columns into text: frames with other categories would fall back to plain objects."""
    held = [name for name in frame.columns if isinstance(frame[name].dtype, pd.CategoricalDtype)]
    return frame.astype(dict.fromkeys(held, "str")) if held else frame


def _record(frames: Sequence[gpd.GeoDataFrame]) -> provenance.Record:
    merged: dict[str, provenance.Source] = {}
    steps, notes, days, parts = [], [], [], []
    for number, frame in enumerate(frames, start=1):
        record = provenance.of(frame)
        if not record["sources"]:
            record["sources"] = [
                {"name": name, "open": False, "simulated": False, "attribution": "", "months": []}
                for name in _names(frame, number)
            ]
        for source in record["sources"]:
            known = merged.setdefault(source["name"], {**source, "months": []})
            twice = sorted(set(known["months"]) & set(source["months"]))
            if twice:
                raise InputError(
                    f"{source['name']} has {twice[0]} in two of the frames ({len(twice)} months): its incidents would "
                    "count twice; keep each month in one frame"
                )
            known["months"] = sorted({*known["months"], *source["months"]})
            known["open"] = known["open"] and source["open"]
            known["simulated"] = known["simulated"] or source["simulated"]
        steps.append({"rows": len(frame), "steps": record["steps"]})
        notes += [text for text in record["notes"] if text not in notes]
        days += [record["as_of"]] if record["as_of"] else []
        parts.append(f"{' and '.join(_names(frame, number))} {len(frame):,}")
    if len(merged) > 1:
        notes.append(
            f"Counted together, by choice: {'; '.join(parts)} incidents. One event may stand in several sources."
        )
    together: dict[str, Any] = {"sources": sorted(merged), "of": steps}
    whole: provenance.Record = {
        "sources": [merged[name] for name in sorted(merged)],
        "as_of": max(days, default=None),
        "steps": [{"step": "combine_sources", **together}],
        "notes": notes,
    }
    recording.step("combine_sources", together, whole)
    return whole


def _names(frame: pd.DataFrame, number: int) -> list[str]:
    recorded = [source["name"] for source in provenance.of(frame)["sources"]]
    if recorded:
        return sorted(recorded)
    if "source" in frame.columns and frame["source"].notna().any():
        return sorted(frame["source"].dropna().astype("str").unique())
    return [f"source {number}, not named"]
