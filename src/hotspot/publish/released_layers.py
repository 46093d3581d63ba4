"""What maps and charts share of a release: backgrounds without figures, the words of released counts, refusals."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import geopandas as gpd
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.release import STEP, Release, _refuse_raw, _rule, is_released, released
from hotspot.publish.released_tables import layout_of

NAME_COLUMNS = ("label", "name", "ward_name", "lsoa_name", "ward", "code")
"""Columns that name an area, in the order in which they are looked for."""

_TOTAL = "Total: "
Frame = TypeVar("Frame", bound=pd.DataFrame)


def released_frame(frame: Frame, release: Release) -> Frame:
    """Return what `released` returns, of the same kind of frame."""
    return cast(Frame, released(frame, release))


def background(
    frame: gpd.GeoDataFrame, release: Release, *, what: str, label: str | None = None
) -> gpd.GeoDataFrame:
    """Return a frame of which only outlines and names are drawn, without all else where it may not leave.

    Parameters
    ----------
    frame
        Polygons, or lines as `read_streets` returns them.
    release
        As for `released`.
    what
        The argument's name, for messages.
    label
        The column of the names, where the caller chose one.

    Raises
    ------
    InputError
        If which shapes there are says something of a closed source: lines, points, hot spot areas, contours.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        # What draws the frame says what is wrong with it.
        return frame
    if release is None or provenance.is_open([frame]):
        return frame
    rule = _rule(release)
    if is_released(frame):
        return released_frame(frame, release)
    sources = provenance.of(frame)["sources"]
    steps = [step.get("step") for step in provenance.of(frame)["steps"]]
    if not sources and steps and steps[-1] == "read_streets":
        return frame
    if frame.geometry.geom_type.isin(["LineString", "MultiLineString"]).any():
        raise InputError(
            f"{what} holds lines, and nothing says that they may be published: which streets are drawn can say where "
            "incidents are; read them with read_streets from an open street layer, or leave them out"
        )
    _refuse_raw(frame)
    refuse_shapes(frame, what)
    names = [name for name in NAME_COLUMNS if name in frame.columns]
    names += [name for name in rule.keep if name in frame.columns and name not in names]
    layout = layout_of(pd.DataFrame(index=frame.index, columns=[*frame.columns, "n"]), rule.keep)
    names += [
        name for name in (layout.units if layout else ()) if name in frame.columns and name not in names
    ]
    if label is not None and label in frame.columns and label not in names:
        raise InputError(
            f"nothing says that the column {label!r} of {what} names areas; name it in PublicRelease(keep=[{label!r}]), if "
            "it holds no address, id or free text"
        )
    if not sources:
        names += [name for name in ("evidence_use",) if name in frame.columns]
    bare = cast(gpd.GeoDataFrame, frame[[*names, frame.active_geometry_name]].copy())
    bare.attrs = dict(frame.attrs)
    if not names:
        # An index can hold ids.
        bare.index = pd.RangeIndex(1, len(bare) + 1)
    if not sources:
        return bare
    # Without counts there is nothing to enter into the register.
    return released_frame(bare, dataclasses.replace(rule, register=None, keep=names))


def named_by(frame: pd.DataFrame) -> str | None:
    """Return the column that names the areas of a released table, where no usual name does."""
    if not is_released(frame):
        return None
    found = layout_of(pd.DataFrame(columns=[*frame.columns, *(["n"] if "n" not in frame.columns else [])]))
    units = [] if found is None else [name for name in found.units if name in frame.columns]
    return units[0] if units else None


def refuse_shapes(frame: pd.DataFrame, what: str) -> None:
    """Refuse shapes that were made from the incidents of a closed source, such as contours of their density."""
    if "level" in frame.columns and not provenance.is_open([frame]):
        raise InputError(
            f"{what} has the column 'level', as contours have: the outline of a density of protected incidents gives more "
            "than its bands; map released cells, which have density_band"
        )


def refuse_closed(frames: Iterable[pd.DataFrame], release: Release, *, what: str, instead: str) -> None:
    """Refuse a public output of a kind of figure that cannot be made from protected counts."""
    if release is None:
        return
    _rule(release)
    for frame in frames:
        if not provenance.is_open([frame]):
            names = ", ".join(source["name"] for source in provenance.of(frame)["sources"])
            raise InputError(
                f"{what} of {names or 'a source that is not recorded'} cannot be public: it is made of figures that are not "
                f"protected; {instead}"
            )


def said_by(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what the release of a frame recorded, empty where it was not released."""
    steps = [step for step in provenance.of(frame)["steps"] if step.get("step") == STEP]
    return steps[-1] if steps else {}


def total_of(frame: pd.DataFrame) -> str:
    """Return the total of a released frame as it may be written, without "reported incidents"."""
    notes = [note for note in provenance.of(frame)["notes"] if note.startswith(_TOTAL)]
    return (
        notes[-1].removeprefix(_TOTAL).removesuffix(".").removesuffix(" reported incidents") if notes else ""
    )


def shown_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Return each count of a released frame with the column that says how it is written."""
    if not is_released(frame):
        return {}
    return {
        name: f"{name}_shown"
        for name in frame.columns
        if isinstance(name, str) and f"{name}_shown" in frame.columns
    }


def hidden_words(frame: pd.DataFrame, count: str = "n") -> list[str | None]:
    """Return for each row the class that stands in the place of its count, None where the count is shown."""
    shown = frame[f"{count}_shown"].astype(object)
    hides = frame[count].isna()
    return [str(text) if hidden else None for text, hidden in zip(shown, hides, strict=True)]
