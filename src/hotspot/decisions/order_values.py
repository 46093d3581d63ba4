"""What an order is given by: names, dates, spans of days, hours and boundaries, checked one by one."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, TypeAlias, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.area import AreaLike, as_area, read_area
from hotspot.geography.projection import geometry_to_bng
from hotspot.text import printable

DECISIONS = ("make", "extend", "vary", "remake", "discharge", "lapse")
"""What is to be decided about an order; each falls under its own section of the Act."""
CLOSE_M = 0.01
"""Two vertices nearer than this, in metres, are one."""
DAY = timedelta(days=1)
_LONGEST_NAME = 200

Item = TypeVar("Item")
DateLike: TypeAlias = date | str
Hours: TypeAlias = tuple[int, int]
Span: TypeAlias = tuple[date, date | None]
SpanLike: TypeAlias = Sequence[Any] | Mapping[str, Any]


def name_of(given: Any, whose: str) -> str:
    """Return a name fit for one line, or say that there is none."""
    text = printable(given, limit=_LONGEST_NAME) if isinstance(given, str) else ""
    if not text:
        raise InputError(f"{whose} needs a name in words; given {given!r}")
    return text


def texts_of(given: Any, whose: str) -> tuple[str, ...]:
    """Return one text or several as a tuple of texts."""
    values = (given,) if isinstance(given, str) else given
    if not isinstance(values, Iterable) or isinstance(values, Mapping):
        raise InputError(f"{whose} must be a text or a list of texts; given {type(given).__name__}")
    texts = tuple(values)
    for value in texts:
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{whose} holds {value!r}, which is no text")
    return texts


def date_of(given: Any, whose: str) -> date:
    """Return a day from a date or ISO text."""
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise InputError(
            f"{whose}={given!r} is no date; write it as YYYY-MM-DD, such as 2024-12-04"
        ) from None


def hours_of(given: Any, whose: str) -> Hours | None:
    """Return the first hour and the hour at which it ends, or None for all hours."""
    if given is None:
        return None
    hours = tuple(given) if isinstance(given, list | tuple) else ()
    whole = len(hours) == 2 and all(isinstance(hour, int) and not isinstance(hour, bool) for hour in hours)
    if not whole or not all(0 <= hour <= 24 for hour in hours) or hours[0] % 24 == hours[1] % 24:
        raise InputError(
            f"hours={given!r} of {whose!r} must be the first hour and the hour at which it ends, each from 0 to 24, "
            "such as (22, 6); leave it out when it applies at all hours"
        )
    return hours[0], hours[1]


def decision_of(given: Any) -> str:
    """Return the decision, or name the known ones."""
    if given in DECISIONS:
        return str(given)
    near = get_close_matches(str(given).casefold(), DECISIONS, n=1)
    raise InputError(
        f"decision={given!r} is unknown{f'; do you mean {near[0]!r}?' if near else ';'} use one of {', '.join(DECISIONS)}"
    )


def made_of(kind: type[Item], given: Any, whose: str) -> Item:
    """Return an item as it is, or make it of a dict of its fields."""
    if isinstance(given, kind):
        return given
    if not isinstance(given, Mapping):
        raise InputError(
            f"{whose} must be {kind.__name__} or a dict of its fields; given {type(given).__name__}"
        )
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"do you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise InputError(f"{whose} has an unknown key {str(key)[:40]!r}; {hint}")
    for name, item in known.items():
        if name not in given and item.default is MISSING and item.default_factory is MISSING:
            raise InputError(f"{whose} lacks {name}; its fields are {', '.join(known)}")
    return kind(**given)


def month_days(month: str | pd.Period) -> tuple[date, date]:
    """Return the first and the last day of a month."""
    try:
        period = pd.Period(str(month), freq="M")
    except ValueError:
        period = None
    if period is None or str(period) != str(month):
        raise InputError(f"{str(month)!r} is no month; write it as YYYY-MM, such as 2025-03")
    return period.start_time.date(), period.end_time.date()


def span_words(span: Span) -> str:
    """Write a span for people: ``2018-08-01 to 2021-07-31``."""
    return f"{span[0]} to {span[1]}" if span[1] is not None else f"from {span[0]}, no end given"


def spans_of(
    given: Iterable[SpanLike], labels: Sequence[str] | None
) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    """Return the spans by their start with what each was called, or say which two cannot both be."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(
            f"in_force={given!r} must be a list of spans, such as [('2024-03-01', '2027-02-28')]"
        )
    made = [_span(item) for item in given]
    if labels is not None and len(labels) != len(made):
        raise InputError(f"{len(labels)} labels do not fit {len(made)} spans; give one for each")
    if labels is not None:
        made = [(span, str(label)) for (span, _), label in zip(made, labels, strict=True)]
    made.sort(key=lambda item: item[0][0])
    for (one, _), (other, _) in pairwise(made):
        if one[1] is None or other[0] <= one[1]:
            raise InputError(
                f"the spans {span_words(one)} and {span_words(other)} overlap; an end is the last day in force, "
                "and the next span begins on a later day"
            )
    return tuple(span for span, _ in made), tuple(label for _, label in made)


def _span(item: SpanLike) -> tuple[Span, str]:
    if isinstance(item, Mapping):
        unknown = sorted(str(key) for key in item if key not in ("start", "end", "label"))
        if unknown or "start" not in item:
            wrong = f"has an unknown key {unknown[0]!r}" if unknown else "has no start"
            raise InputError(f"a span of in_force {wrong}; it has start, end and, if wished, label")
        parts: list[Any] = [item["start"], item.get("end"), item.get("label", "")]
    else:
        parts = [] if isinstance(item, str) or not isinstance(item, Sequence) else [*item]
    if len(parts) not in (2, 3):
        raise InputError(
            f"the span {item!r} needs a first and a last day, such as ('2024-03-01', '2027-02-28')"
        )
    start = date_of(parts[0], "start")
    end = None if parts[1] in (None, "") else date_of(parts[1], "end")
    if end is not None and end < start:
        raise InputError(f"the span {start} to {end} runs backwards; swap its days")
    return (start, end), printable(parts[2] if len(parts) == 3 else "", limit=_LONGEST_NAME)


def gaps_of(spans: Sequence[Span]) -> tuple[tuple[date, date], ...]:
    """Return the first and last day of every gap between spans."""
    return tuple(
        (one[1] + DAY, other[0] - DAY)
        for one, other in pairwise(spans)
        if one[1] is not None and one[1] + DAY < other[0]
    )


def three_years_on(start: date) -> date:
    """Return the last day of three years that begin on a day."""
    return (pd.Timestamp(start) + pd.DateOffset(years=3) - DAY).date()


def boundary_of(
    given: AreaLike, whose: str, *, layer: str | None = None, where: str | None = None
) -> gpd.GeoDataFrame:
    """Return one valid polygon or multipolygon in EPSG:27700, or say what is wrong with it."""
    if isinstance(given, shapely.Geometry):
        raise InputError(
            f"{whose} is a bare {type(given).__name__}, which does not say its coordinate reference system; "
            "give gpd.GeoSeries([shape], crs=27700) or a file"
        )
    plain = layer is None and where is None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", HotspotWarning)
            area = as_area(given) if plain else read_area(given, layer=layer, where=where)
    except InputError as error:
        raise InputError(f"{whose}: {error}") from None
    record = provenance.of(area)
    shapes = area.geometry.to_numpy()
    if record["steps"][-1]["repaired"]:
        shapes = _as_drawn(given, layer, where, whose)
        record["steps"][-1]["repaired"] = 0
    whole = merged_vertices(shapely.union_all(shapes))
    return provenance.put(gpd.GeoDataFrame(geometry=[whole], crs=area.crs), record)


def _as_drawn(given: AreaLike, layer: str | None, where: str | None, whose: str) -> NDArray[np.object_]:
    """Return polygons that were found invalid if only vertices too near each other made them so."""
    if isinstance(given, gpd.GeoSeries | gpd.GeoDataFrame):
        drawn = given.geometry.to_frame("geometry")
    else:
        import pyogrio

        drawn = pyogrio.read_dataframe(given, layer=layer, where=where)
    flat = shapely.force_2d(geometry_to_bng(drawn).geometry.to_numpy())
    shapes = np.array([merged_vertices(shape) for shape in flat], dtype=object)
    wrong = ~shapely.is_valid(shapes)
    if wrong.any():
        raise InputError(
            f"{whose}: {int(wrong.sum())} of {len(shapes)} polygons are invalid "
            f"({shapely.is_valid_reason(shapes[wrong][0])}); mend it where it was drawn, for an order's boundary is "
            "not repaired by guess"
        )
    return shapes


def merged_vertices(shape: shapely.Geometry) -> shapely.Geometry:
    """Make one of vertices that follow each other nearer than 0.01 m.

    The one kept is the nearest to whole centimetres, so that it does not depend on where a ring starts or
    which way it runs. Longer runs of close vertices are a curve, and stay.
    """
    polygons = []
    for part in shapely.get_parts(shape):
        rings = [_merged_ring(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    made = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    return made if shapely.is_valid(made) else shape


def _merged_ring(closed: NDArray[np.float64]) -> shapely.LinearRing:
    points = closed[:-1]
    near = np.hypot(*(np.roll(points, -1, axis=0) - points).T) < CLOSE_M
    if not near.any() or near.all():
        return shapely.LinearRing(closed)
    # Start where two vertices are apart, so that no run goes over the ring's end.
    turn = int(np.flatnonzero(~near)[0]) + 1
    points, near = np.roll(points, -turn, axis=0), np.roll(near, -turn)
    run = np.concatenate([[0], np.cumsum(~near[:-1])])
    kept = [point for number in range(run[-1] + 1) for point in _one_of(points[run == number])]
    return shapely.LinearRing(np.array(kept) if len(kept) > 2 else closed)


def _one_of(run: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(run) == 1 or np.hypot(*(run.max(axis=0) - run.min(axis=0))) >= 2 * CLOSE_M:
        return run
    off = np.abs(run - np.round(run, 2)).max(axis=1).round(6)
    return run[[int(np.lexsort((run[:, 1], run[:, 0], off))[0])]]
