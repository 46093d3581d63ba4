"""Maps of ranked repeat locations, each marked with its number."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import InputError
from hotspot.publish.escape import MISSING, escape, is_missing, plain
from hotspot.publish.maps.base import prepared_map
from hotspot.publish.maps.basemap import add_basemap
from hotspot.publish.maps.checks import POINTS, checked_frame, first_index, require_any
from hotspot.publish.maps.elements import DrawnLayer, ShapeData, bounds_of
from hotspot.publish.maps.facts import shapes_table
from hotspot.publish.maps.furniture import date_words
from hotspot.publish.release import Release
from hotspot.publish.released_layers import released_frame

_LAYER = "Repeat locations"


def map_locations(
    locations: gpd.GeoDataFrame,
    *,
    area: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    on: folium.Map | None = None,
    wards: gpd.GeoDataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
    limit: int | None = 25,
    release: Release = None,
) -> folium.Map:
    """Draw locations as numbered markers, lowest number first.

    Parameters
    ----------
    locations : geopandas.GeoDataFrame
        Points with a CRS. ``number`` (or else ``rank``) is printed on the marker; described are
        those of ``location``, ``location_id``, ``rank``, ``incidents``, ``share_pct`` (per cent),
        ``months_active``, ``months_observed``, ``first``, ``last`` and ``leading_categories``
        that are there.
    area : geopandas.GeoDataFrame, optional
        Drawn as the boundary. The texts of a column ``evidence_use`` are printed.
    title : str, optional
        Default: made from what is drawn and the months covered.
    on : folium.Map, optional
        A map to add the layer to; it is changed and returned. Default: a new map.
    wards, streets : geopandas.GeoDataFrame, optional
        As in `map_cells`.
    tiles : str, optional
        As in `map_cells`.
    limit : int or None, default 25
        Draw at most this many, and say so on the map. More than some tens of numbered markers
        hide each other. None: all.
    release : "public" or PublicRelease, optional
        As in `map_cells`. Locations of a closed source are never published: the call refuses them.

    Returns
    -------
    folium.Map
        Add your own layers to it, then save it with `save_map`.

    Raises
    ------
    InputError
        If the locations cannot be drawn.

    Warns
    -----
    HotspotWarning
        If ``tiles`` is given: the tile server learns which places a viewer looks at.

    Notes
    -----
    How this can mislead: a marker stands at one point, while the incidents it counts may come
    from anywhere that was recorded under that location.
    """
    locations = released_frame(locations, release)
    require_any(locations, ["number", "rank"], what="locations")
    require_any(locations, ["incidents"], what="locations")
    if limit is not None and limit < 1:
        raise InputError(f"limit must be at least 1 or None, not {limit}")
    everything = checked_frame(locations, what="locations", kinds=POINTS)
    numbers = _numbers(everything)
    order = np.argsort(numbers, kind="stable")[:limit]
    drawn = everything.iloc[order]
    bounds = bounds_of(drawn)
    subject = "Repeat locations of reported incidents"
    m, furniture = prepared_map(
        on, bounds, frame=locations, release=release, title=title, subject=subject, tiles=tiles
    )
    furniture.add_record(locations)
    points = np.column_stack([drawn.geometry.y, drawn.geometry.x]).round(6)
    payload: dict[str, Any] = {
        "points": points,
        "numbers": [str(number) for number in numbers[order]],
        "headings": _headings(drawn, numbers[order]),
        "rows": _rows(drawn),
    }
    data = ShapeData(payload)
    m.add_child(data)
    look = {"key": "locations", "look": "hs-number", "dot": True}
    m.add_child(DrawnLayer(_LAYER, draw="markers", data=data, bounds=bounds, look=look))
    furniture.sections.append(_section(len(drawn), len(everything)))
    furniture.sentences.append(
        f"{_sized(len(drawn), len(everything))}; number {payload['headings'][0].replace('. ', ' is ', 1)}."
    )
    furniture.tables.append(
        shapes_table(
            data,
            payload,
            caption="Repeat locations, by number",
            first="Location",
            order=range(len(drawn)),
            total=len(everything),
            most=None,
        )
    )
    add_basemap(m, furniture, area=area, wards=wards, streets=streets, release=release)
    return m


def _numbers(frame: gpd.GeoDataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    column = "number" if "number" in frame else "rank"
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(values) & (values == np.floor(values)))
    # Ranks are shared in ties and may then be halves; a printed number must be whole.
    if wrong.any():
        raise InputError(
            f"column {column} of locations must be whole numbers; {int(wrong.sum()):,} are not, the first at "
            f"index {first_index(frame.index[wrong])}"
        )
    whole: np.ndarray[Any, np.dtype[np.int64]] = values.astype(np.int64)
    return whole


def _headings(drawn: gpd.GeoDataFrame, numbers: np.ndarray[Any, np.dtype[np.int64]]) -> list[str]:
    names = drawn["location"] if "location" in drawn else pd.Series(MISSING, index=drawn.index)
    return [f"{number}. {_text(name)}" for number, name in zip(numbers, names, strict=True)]


def _ranks(drawn: gpd.GeoDataFrame) -> list[str]:
    """Write each rank with the ranks that the location may truly have."""
    ranks = [_text(_whole(value)) for value in drawn["rank"]]
    if "rank_low" not in drawn or "rank_high" not in drawn:
        return ranks
    ends = zip(drawn["rank_low"], drawn["rank_high"], strict=True)
    return [
        rank
        if is_missing(low) or is_missing(high)
        else f"{rank} (95 %: {_text(_whole(low))} to {_text(_whole(high))})"
        for rank, (low, high) in zip(ranks, ends, strict=True)
    ]


def _rows(drawn: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Say what is told of each location; ``tip`` rows also on hover."""
    rows: list[dict[str, Any]] = []

    def add(head: str, values: list[Any], *, kind: str = "text", tip: bool = False) -> None:
        rows.append({"head": head, "kind": kind, "tip": tip, "values": values})

    add("Reported incidents", _quantities(drawn["incidents"]), kind="count", tip=True)
    if "share_pct" in drawn:
        add("Share of all", _quantities(drawn["share_pct"]), kind="percent", tip=True)
    if "months_active" in drawn:
        add("Months with incidents", _months(drawn), tip=True)
    to_month = _only_months(drawn)
    for column, head in (("first", "First"), ("last", "Last")):
        if column in drawn:
            add(head, [date_words(value, to_month=to_month) for value in drawn[column]], tip=True)
    if "leading_categories" in drawn:
        add("Leading categories", [_text(value) for value in drawn["leading_categories"]], tip=True)
    if "rank" in drawn:
        add("Rank", _ranks(drawn))
    for column, head in (("pattern", "Pattern"), ("flags", "Check first")):
        if column in drawn and not drawn[column].isna().all():
            add(head, [_text(value) for value in drawn[column]])
    if "location_id" in drawn:
        add("Location id", [_text(value) for value in drawn["location_id"]])
    return rows


def _months(drawn: gpd.GeoDataFrame) -> list[str]:
    active = [_text(_whole(value)) for value in drawn["months_active"]]
    if "months_observed" not in drawn:
        return active
    observed = [_text(_whole(value)) for value in drawn["months_observed"]]
    return [f"{some} of {every}" for some, every in zip(active, observed, strict=True)]


def _only_months(drawn: gpd.GeoDataFrame) -> bool:
    """Tell whether every date is the first of a month at midnight, as month-only data has it."""
    columns = [drawn[name].dropna() for name in ("first", "last") if name in drawn]
    dated = [column for column in columns if pd.api.types.is_datetime64_any_dtype(column) and len(column)]
    return bool(dated) and all(
        bool((column.dt.day == 1).all() and (column == column.dt.normalize()).all()) for column in dated
    )


def _quantities(column: pd.Series[Any]) -> list[float | None]:
    try:
        values = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    except (ValueError, TypeError) as problem:
        raise InputError(f"column {column.name} of locations must be numbers: {problem}") from problem
    return [round(value, 4) if np.isfinite(value) else None for value in values.tolist()]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: object) -> str:
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return MISSING
    return plain(value)


def _sized(shown: int, total: int) -> str:
    some = f"{shown:,} of {total:,}" if shown < total else f"{total:,}"
    return f"Repeat locations drawn: {some}"


def _section(shown: int, total: int) -> str:
    part = f"{shown:,} of {total:,} shown, lowest numbers first." if shown < total else f"{total:,} shown."
    return (
        f'<section data-legend="locations"><h2>{_LAYER}</h2><ul class="hs-key"><li>'
        '<span class="hs-place" aria-hidden="true">&#9679;<sup>1</sup></span>'
        f"<span>Numbered by place in the ranking: {escape(part)}</span></li></ul></section>"
    )
