"""What a frame is made from: sources, months observed, openness, and the steps that led to it.

The record travels in ``frame.attrs["hotspot"]`` as plain JSON values, so that it survives
Parquet. pandas keeps ``attrs`` through filters and copies but drops them on merge, dissolve and
some concatenations; a frame without the record counts as *not open*, which is the safe side.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict, TypeVar

import pandas as pd

from hotspot import recording

KEY = "hotspot"
SENSITIVE = "OFFICIAL-SENSITIVE"
OPEN = "Open data"

Frame = TypeVar("Frame", bound=pd.DataFrame)


class Source(TypedDict):
    """One source of incidents."""

    name: str
    open: bool
    simulated: bool
    attribution: str
    months: list[str]
    records: NotRequired[list[str]]
    """Kinds of behaviour that the source records, where its mapping says so."""


class Record(TypedDict):
    """What is known of a frame's making."""

    sources: list[Source]
    as_of: str | None
    steps: list[dict[str, Any]]
    notes: list[str]


def of(frame: pd.DataFrame) -> Record:
    """Return a copy of the frame's record, empty where there is none."""
    stored = frame.attrs.get(KEY)
    if stored is None:
        return Record(sources=[], as_of=None, steps=[], notes=[])
    record: Record = copy.deepcopy(stored)
    return record


def put(frame: Frame, record: Record) -> Frame:
    """Attach the record to the frame, which the caller owns, and return it."""
    frame.attrs = {**frame.attrs, KEY: record}
    return frame


def carry(parent: pd.DataFrame, child: Frame, step: str, **parameters: Any) -> Frame:
    """Give the child its parent's record with one more step."""
    record = of(parent)
    record["steps"].append({"step": step, **parameters})
    recording.step(step, parameters, record)
    return put(child, record)


def note(frame: Frame, text: str) -> Frame:
    """Add a sentence that every output made from the frame must print."""
    record = of(frame)
    if text not in record["notes"]:
        record["notes"].append(text)
    return put(frame, record)


def months_observed(frame: pd.DataFrame) -> list[str]:
    """Return the months, as ``YYYY-MM``, for which any source of the frame has a file."""
    return sorted({month for source in of(frame)["sources"] for month in source["months"]})


def is_open(frames: Iterable[pd.DataFrame]) -> bool:
    """Tell whether every source of every frame is known and declared open."""
    sources = [of(frame)["sources"] for frame in frames]
    return bool(sources) and all(part and all(s["open"] for s in part) for part in sources)


def is_simulated(frames: Iterable[pd.DataFrame]) -> bool:
    """Tell whether any source of any frame is simulated."""
    return any(source["simulated"] for frame in frames for source in of(frame)["sources"])


def marking(frames: Iterable[pd.DataFrame]) -> str:
    """Return the marking that an output made from these frames carries."""
    return OPEN if is_open(list(frames)) else SENSITIVE


def source_line(frames: Iterable[pd.DataFrame]) -> str:
    """Name the sources with their months and attribution, in one line for people."""
    known: dict[str, Source] = {}
    months: dict[str, set[str]] = {}
    for frame in frames:
        for source in of(frame)["sources"]:
            known.setdefault(source["name"], source)
            months.setdefault(source["name"], set()).update(source["months"])
    if not known:
        return "Source: not recorded"
    parts = []
    for name in sorted(known):
        span = f", {spans(months[name])}" if months[name] else ""
        credit = f" ({known[name]['attribution']})" if known[name]["attribution"] else ""
        word = "SIMULATED DATA: " if known[name]["simulated"] else ""
        parts.append(f"{word}{name}{span}{credit}")
    return "Source: " + "; ".join(parts)


def spans(months: Iterable[str]) -> str:
    """Write months as runs, so that a gap is seen: ``2011-02, 2014-01 to 2014-02``."""
    runs: list[list[pd.Period]] = []
    for period in sorted(pd.Period(month, freq="M") for month in set(months)):
        if runs and period.ordinal == runs[-1][-1].ordinal + 1:
            runs[-1][-1:] = [period] if len(runs[-1]) == 2 else [runs[-1][-1], period]
        else:
            runs.append([period])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
