"""The run that is being recorded, if any: what calls add to it while ``hs.record(folder)`` is open."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Run:
    """What a run was made from and by; `hotspot.record` writes it into the folder's manifest.

    Attributes
    ----------
    folder
        The folder of the outputs; None where only a manifest is known to follow.
    inputs
        One entry a file read: the lines of the ledgers, and areas with their fingerprints.
    steps
        The calls in their order, with their parameters.
    sources
        The sources of incidents that the steps were of, by name.
    notes
        Sentences that every output must print.
    choices
        Choices that the library made by itself, in its own words.
    written
        Files written, in their order.
    """

    folder: Path | None = None
    inputs: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    as_of: str | None = None
    known: bool = True
    """Whether every recorded frame had a record of its sources."""


_RUN: ContextVar[Run | None] = ContextVar("hotspot_run", default=None)


def active() -> Run | None:
    """Return the run that is being recorded."""
    return _RUN.get()


@contextmanager
def recording(run: Run) -> Iterator[Run]:
    """Record calls into ``run`` until the block ends."""
    token = _RUN.set(run)
    try:
        yield run
    finally:
        _RUN.reset(token)


def step(name: str, parameters: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    """Add a call and the record of the frame that it made."""
    run = _RUN.get()
    if run is None:
        return
    run.steps.append({"step": name, **copy.deepcopy(dict(parameters))})
    remember(run, record)


def remember(run: Run, record: Mapping[str, Any]) -> None:
    """Add a frame's sources, notes and date to a run."""
    for source in record["sources"]:
        held = run.sources.setdefault(source["name"], copy.deepcopy(dict(source)))
        held["open"] = held["open"] and source["open"]
        held["months"] = sorted({*held["months"], *source["months"]})
    run.notes += [note for note in record["notes"] if note not in run.notes]
    run.as_of = max(filter(None, (run.as_of, record["as_of"])), default=None)


def read(entries: list[dict[str, Any]]) -> None:
    """Add files that were read."""
    run = _RUN.get()
    if run is not None:
        run.inputs += entries


def wrote(path: Path) -> bool:
    """Add a file that was written; tell whether a manifest will name it."""
    run = _RUN.get()
    if run is None:
        return False
    run.written.append(path)
    return True
