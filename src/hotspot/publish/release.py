"""Release control: what of a frame may leave, how it is marked, and what protects a partner's counts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.publish.released_cells import release_cells
from hotspot.publish.released_tables import Layout, flattened, layout_of, release_table
from hotspot.publish.suppression import TOTAL, Suppressed, interval_text

PUBLIC = "Public release"
NOT_CHECKED = "Not checked against earlier releases."
LEFT_OUT = (
    "Figures that could give protected counts back, and other columns of the full table, were left out."
)
STEP = "public_release"
SHOWN = "hotspot_shown"
"""Key of a released frame's attributes under which it keeps what it shows, to be compared with other frames."""

log = logging.getLogger("hotspot")

_RAW = (
    "incident_id",
    "source_row",
    "source_file",
    "place_id",
    "location",
    "location_id",
    "location_precision",
)
_TESTED = ("strongest_gi_z", "lowest_gi_q", "lowest_gi_p", "moran_i")
_HEALTH = re.compile(
    r"health|hospital|ambulance|emergency dep|accident and emergency|a\s*&\s*e\b|\bnhs\b|\bistv\b|overdose|clinic|patient",
    re.IGNORECASE,
)
_NUMBERS_THAT_STAY = re.compile(
    r"\b(19|20)\d\d(-\d\d){0,2}\b|\b\d+ (January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b|\b[\d,]+(\.\d+)?\s?m\b|EPSG:\d+|\bq of [\d.]+|\bv\d(\.\d)?\b"
)


@dataclass(frozen=True)
class PublicRelease:
    """The choice to publish, and how small counts of closed sources are protected.

    Attributes
    ----------
    threshold
        Counts from 1 to under it are shown as a class. Default 5; at least 4.
    health_threshold
        The same for health data. Default 10.
    health
        Whether the data is health data. None: told from the words of the sources' names and of what they
        record ("hospital", "ambulance", "patient" and the like).
    register
        The file of earlier releases, made when it is not there. It is restricted: keep it away from the
        public folder. None: every output says that it was not checked against earlier releases.
    uncompared_cells
        Publish although the register holds cells of another size or shape over the same area and months, that cannot
        be compared with these. Only after a check by hand; a note says it on every output. Default: refuse.
    units
        "small": cells, LSOAs, wards and the like. "large": orders, towns or boroughs, whose totals of 10 and
        more stay exact.
    coarser
        Tables of counts by larger areas (LSOAs, then wards), made from the same incidents: used in turn when
        too few incidents stand in units that show their count.
    least_share_pct
        That share. Default 80.
    keep
        Further columns that name areas, without addresses, ids or free text.
    """

    threshold: int = 5
    health_threshold: int = 10
    health: bool | None = None
    register: str | os.PathLike[str] | None = None
    uncompared_cells: bool = False
    units: Literal["small", "large"] = "small"
    coarser: Sequence[pd.DataFrame] = field(default=(), repr=False)
    least_share_pct: float = 80.0
    keep: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("threshold", "health_threshold"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 4:
                raise InputError(
                    f"{name}={value!r} must be a whole number of 4 or more: a class of fewer than three counts hides none"
                )
        if self.units not in ("small", "large"):
            raise InputError(f"units={self.units!r} is not known; use 'small' or 'large'")
        if not 0 <= self.least_share_pct <= 100:
            raise InputError(f"least_share_pct={self.least_share_pct!r} must be from 0 to 100")


Release = PublicRelease | Literal["public"] | None


def released(frame: pd.DataFrame, release: Release = None) -> pd.DataFrame:
    """Return the frame as it may be written.

    Parameters
    ----------
    frame
        Any result.
    release
        None: the frame as it is, for a restricted output (`marking_of`). "public", or a `PublicRelease`:
        what may be published of it.

    Returns
    -------
    DataFrame or GeoDataFrame
        Of open sources the frame itself, neither suppressed nor rounded. Of closed ones a new frame: key
        columns, ``n`` (missing where it is hidden) and ``n_shown`` ("0", "7", "1 to 4", "0 to 4" or "5 or
        more"; likewise for each ``n_<value>`` of an area table), for cells also ``label``, ``share_in_area``,
        ``gi_class`` and ``density_band`` (0 to 5) computed anew from the released counts, and polygons.
        Everything else is left out. The record holds sources, what was done, and notes to print.

    Raises
    ------
    InputError
        For incidents, locations, points, ids and free text of a closed source; for counts that add open and
        closed sources; for tables that cannot be protected; and when the register shows that the release
        and an earlier one give a count away.

    Notes
    -----
    Small counts and their totals are protected by `suppress_counts`. Squares are made larger (200 m at
    least, 1,600 m at most) until 80 % of incidents stand in cells that show their count, then areas of
    ``coarser`` are taken; the notes say so. Parts of cells by category are never published.

    How this can mislead: a cell that shows "1 to 4" may be any of these. Classes and bands of density come
    from released counts and can differ from those of the restricted output.
    """
    if release is None:
        return frame
    rule = _rule(release)
    states = {source["open"] for source in provenance.of(frame)["sources"]}
    if states == {True}:
        return frame
    if states == {True, False}:
        raise InputError(
            f"the frame adds open and closed sources ({_names(frame)}): taking the open ones away would show the closed; "
            "count each source by itself"
        )
    if is_released(frame):
        _refuse_added(frame)
        return frame
    _refuse_raw(frame)
    for candidate in (frame, *rule.coarser):
        if candidate is not frame and {s["open"] for s in provenance.of(candidate)["sources"]} == {
            True,
            False,
        }:
            raise InputError("a table of coarser= adds open and closed sources; count each source by itself")
        made = _protected(candidate, rule)
        if made.share_pct >= rule.least_share_pct:
            break
    if candidate is not frame:
        made.notes.append(
            "Larger areas are shown, so that more reported incidents stand in units with a count."
        )
    return _entered(candidate, made, rule)


@dataclass(frozen=True)
class _Made:
    """A protected frame before it is recorded."""

    frame: pd.DataFrame
    suppressed: Suppressed | None
    kind: str
    layout: Layout | None
    share_pct: float
    notes: list[str]
    facts: dict[str, Any]


def _entered(frame: pd.DataFrame, made: _Made, rule: PublicRelease) -> pd.DataFrame:
    """Check a protected frame against the register, enter it there, and give it its record."""
    notes = [*_kept_notes(frame), *made.notes, *_left_out(frame, made.frame)]
    if made.suppressed is not None:
        if rule.register is None:
            notes.append(NOT_CHECKED)
        else:
            from hotspot.publish.release_register import check_and_add

            notes += check_and_add(
                Path(rule.register),
                frame,
                made.frame,
                made.suppressed,
                kind=made.kind,
                layout=made.layout,
                uncompared=rule.uncompared_cells,
            )
    recorded = _recorded(frame, made.frame, notes, made.facts)
    if made.suppressed is not None and provenance.months_observed(frame):
        from hotspot.publish.release_register import shown_of

        recorded.attrs[SHOWN] = shown_of(
            frame, made.frame, made.suppressed, kind=made.kind, layout=made.layout
        )
    return recorded


def is_released(frame: pd.DataFrame) -> bool:
    """Tell whether a frame is what `released` made of a closed source."""
    return any(step.get("step") == STEP for step in provenance.of(frame)["steps"])


def marking_of(frames: Iterable[pd.DataFrame], release: Release = None) -> str:
    """Return the marking that an output of these frames carries: in its header, and in its name if restricted.

    Raises
    ------
    InputError
        If a public output is asked for and a frame of a closed source did not go through `released`.
    """
    held = list(frames)
    if release is None:
        return provenance.marking(held)
    _rule(release)
    for frame in held:
        if not provenance.is_open([frame]) and not is_released(frame):
            raise InputError(
                f"a frame of {_names(frame)} is in a public output as it was made; give the writer released(frame, release)"
            )
    return provenance.OPEN if provenance.is_open(held) else PUBLIC


def marked_path(
    path: str | os.PathLike[str], frames: Iterable[pd.DataFrame], release: Release = None
) -> Path:
    """Return the path to write: a restricted output has its marking in its file name."""
    target = Path(path)
    if marking_of(frames, release) != provenance.SENSITIVE:
        return target
    if provenance.SENSITIVE.casefold() in target.name.casefold():
        return target
    return target.with_name(f"{target.stem} {provenance.SENSITIVE}{target.suffix}")


def _rule(release: object) -> PublicRelease:
    if isinstance(release, PublicRelease):
        return release
    if release == "public":
        return PublicRelease()
    raise InputError(
        f"release={release!r} is not known; leave it out for a restricted output, or give 'public' or a PublicRelease"
    )


def _names(frame: pd.DataFrame) -> str:
    return (
        ", ".join(source["name"] for source in provenance.of(frame)["sources"])
        or "a source that is not recorded"
    )


def _refuse_added(frame: pd.DataFrame) -> None:
    step = next(step for step in provenance.of(frame)["steps"] if step.get("step") == STEP)
    more = sorted({str(name) for name in frame.columns} - set(step["columns"]))
    if more:
        raise InputError(
            f"{len(more)} columns were added to a released frame ({more[0][:40]!r}): nothing says that they may be "
            "published; take them out"
        )


def _refuse_raw(frame: pd.DataFrame) -> None:
    """Refuse frames of single incidents, of places, and of results of tests on them."""
    names = {str(name) for name in frame.columns} | {str(name) for name in frame.index.names}
    raw = [name for name in _RAW if name in names]
    if raw:
        raise InputError(
            f"the frame has the column {raw[0]!r} of a closed source: incidents, locations, ids and texts of it are not "
            "published; count them by cell or area"
        )
    if "level" in names:
        raise InputError(
            "the frame has the column 'level', as contours have: their outlines are made of protected incidents; publish "
            "released cells, which have density_band"
        )
    tested = [name for name in _TESTED if name in names and "cell_id" not in frame.index.names]
    if tested:
        raise InputError(
            f"the frame has the column {tested[0]!r}, a figure of protected cells; publish released cells and their classes"
        )
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        kinds = set(frame.geometry.geom_type.dropna()) - {"Polygon", "MultiPolygon"}
        if kinds:
            raise InputError(
                f"the frame holds {min(kinds)} geometry of a closed source; only cells and areas are published"
            )


def _threshold(frame: pd.DataFrame, rule: PublicRelease) -> int:
    health = rule.health
    if health is None:
        words = [
            word
            for source in provenance.of(frame)["sources"]
            for word in (source["name"], *source.get("records", []))
        ]
        health = any(_HEALTH.search(word) for word in words)
    return max(rule.threshold, rule.health_threshold) if health else rule.threshold


def _protected(frame: pd.DataFrame, rule: PublicRelease) -> _Made:
    """Return one frame protected, with the share of incidents whose count is shown."""
    threshold = _threshold(frame, rule)
    facts: dict[str, Any] = {"threshold": threshold}
    if "cell_id" in frame.index.names and "n" in frame.columns:
        cells = release_cells(frame, threshold=threshold, least_share_pct=rule.least_share_pct)
        facts |= {"cell_size_m": cells.cell_size, "shape": cells.shape, "cells": len(cells.frame)}
        notes = [_total_note(cells.suppressed), _class_note(cells.suppressed), *cells.notes]
        kind = f"grid {cells.shape} {cells.cell_size:g}"
        return _Made(cells.frame, cells.suppressed, kind, None, cells.share_pct, notes, facts)
    layout = layout_of(frame, rule.keep)
    if layout is None:
        return _Made(_outline(frame, rule), None, "", None, 100.0, [], {})
    table = release_table(frame, layout, threshold=threshold, large=rule.units == "large")
    notes = [_total_note(table.suppressed), _class_note(table.suppressed)]
    if table.share_pct < rule.least_share_pct:
        notes.append(f"{table.share_pct:.0f}% of reported incidents stand in rows whose count is shown.")
    kind = "areas " + " / ".join(layout.units or layout.parts)
    return _Made(table.frame, table.suppressed, kind, layout, table.share_pct, notes, facts)


def _recorded(
    frame: pd.DataFrame, made: pd.DataFrame, notes: list[str], facts: dict[str, Any]
) -> pd.DataFrame:
    """Give the released frame a record of its own: nothing of the earlier steps, whose figures are not protected."""
    old = provenance.of(frame)
    columns = [str(name) for name in made.columns]
    record = provenance.Record(
        sources=old["sources"],
        as_of=old["as_of"],
        steps=[{"step": STEP, **facts, "columns": columns}],
        notes=[],
    )
    provenance.put(made, record)
    for text in notes:
        if text:
            provenance.note(made, text)
    recording.step(STEP, {key: value for key, value in record["steps"][0].items() if key != "step"}, record)
    return made


def _outline(frame: pd.DataFrame, rule: PublicRelease) -> pd.DataFrame:
    """Return areas without counts: their names and outlines."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise InputError(
            "the frame is neither cells nor a table of counts (no column n or incidents), so nothing says what of it may "
            f"be published; its columns are {', '.join(str(name) for name in frame.columns[:6])}"
        )
    kept = [name for name in _name_columns(frame, rule.keep) if name in frame.columns]
    made: pd.DataFrame = frame[[*kept, frame.active_geometry_name]].copy()
    return made


def _name_columns(frame: pd.DataFrame, keep: Sequence[str]) -> list[str]:
    found = layout_of(flattened(frame).assign(n=0), keep)
    return [] if found is None else list(found.units)


def _kept_notes(frame: pd.DataFrame) -> list[str]:
    """Return the notes without figures: a note that counts rows or incidents is not protected."""
    return [
        text
        for text in provenance.of(frame)["notes"]
        if not re.search(r"\d", _NUMBERS_THAT_STAY.sub("", text))
    ]


def _total_note(suppressed: Suppressed) -> str:
    last = suppressed.low.columns[-1]
    shown = interval_text(*suppressed.of(TOTAL, last))
    return f"Total: {shown} reported incidents."


def _class_note(suppressed: Suppressed) -> str:
    if not suppressed.hidden():
        return ""
    zeros = " Zeros are among the hidden counts." if suppressed.zeros_hidden else ""
    return (
        f"Counts from 1 to {suppressed.threshold - 1} are shown as a class, and so are others where a total would give "
        f"them back.{zeros}"
    )


def _left_out(frame: pd.DataFrame, made: pd.DataFrame) -> list[str]:
    """Say that columns are missing; their names go to the log, since a name can say what a column held."""
    gone = [str(name) for name in frame.columns if name not in made.columns and str(name) != "geometry"]
    if not gone:
        return []
    log.info("left out of the public release: %s", ", ".join(gone))
    return [LEFT_OUT]
