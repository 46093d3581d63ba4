"""What a pack may hold: frames released once, the register entered whole, and maps and figures that say what they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.release import (
    NOT_CHECKED,
    PUBLIC,
    SHOWN,
    PublicRelease,
    Release,
    is_released,
    marking_of,
    released,
)
from hotspot.publish.release_register import enter_shown

DRAWN_MARKING = "hotspot_marking"
"""Attribute of a figure or map that says how it must be handled."""
_ORDER = (provenance.OPEN, PUBLIC, provenance.SENSITIVE)


@contextmanager
def released_once(
    tables: Mapping[str, pd.DataFrame], release: Release, drawings: Sequence[tuple[str, Any]] = ()
) -> Iterator[tuple[dict[str, pd.DataFrame], Release]]:
    """Yield the frames as they may be written, and the release to give the writers.

    The register is changed when the block ends well: what is not made is not entered. Without a register the tables
    are still compared with one another, since they come to the reader together; and so are frames that were released
    before, and the counts that figures and maps show.
    """
    if isinstance(release, PublicRelease) and release.register is not None:
        with entered_whole(release) as rule:
            assert isinstance(rule, PublicRelease)  # noqa: S101 - as above
            made = {name: _entered(name, released(frame, rule), rule) for name, frame in tables.items()}
            _enter_drawings(drawings, rule)
            yield made, rule
        return
    if release is None:
        yield dict(tables), None
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = release if isinstance(release, PublicRelease) else PublicRelease()
        together = replace(plain, register=Path(folder) / "tables.csv")
        shown = {name: _compared(name, frame, plain, together) for name, frame in tables.items()}
        _enter_drawings(drawings, together)
    yield shown, release


def _compared(name: str, frame: pd.DataFrame, plain: PublicRelease, together: PublicRelease) -> pd.DataFrame:
    """Release a frame of a pack that has no register, compared with the tables before it."""
    if provenance.is_open([frame]) or not (is_released(frame) or provenance.months_observed(frame)):
        return released(frame, plain)
    if is_released(frame):
        return _entered(name, released(frame, plain), together)
    return provenance.note(released(frame, together), NOT_CHECKED)


def _entered(name: str, frame: pd.DataFrame, rule: PublicRelease) -> pd.DataFrame:
    """Compare a released frame with those before it, and enter it; one that is entered already is left alone."""
    if provenance.is_open([frame]) or not is_released(frame):
        return frame
    shown = frame.attrs.get(SHOWN)
    if isinstance(shown, str):
        _enter(f"the table {name[:60]!r}", shown, rule)
    return frame


def _enter_drawings(drawings: Sequence[tuple[str, Any]], rule: PublicRelease) -> None:
    """Compare what figures and maps show of closed sources with the tables and with one another."""
    for name, drawn in drawings:
        for shown in _shown_by(drawn):
            _enter(f"the figure or map {name[:60]!r}", shown, rule)


def _shown_by(drawn: Any) -> list[str]:
    if hasattr(drawn, "savefig"):
        return list(getattr(drawn, SHOWN, ()))
    from hotspot.publish.maps.furniture import furniture_of

    furniture = furniture_of(drawn)
    frames = [] if furniture is None else furniture.sourced()
    return [frame.attrs[SHOWN] for frame in frames if SHOWN in frame.attrs]


def _enter(what: str, shown: str, rule: PublicRelease) -> None:
    assert rule.register is not None  # noqa: S101 - told by the caller
    try:
        enter_shown(Path(rule.register), shown, uncompared=rule.uncompared_cells)
    except InputError as problem:
        raise InputError(
            f"{what} cannot stand in this public pack: {problem}. What is released apart is protected apart: release all "
            "with one PublicRelease(register=...), or leave it out"
        ) from None


@contextmanager
def entered_whole(release: Release) -> Iterator[Release]:
    """Yield the release with a draft of its register, which takes the register's place when the block ends well."""
    if not isinstance(release, PublicRelease) or release.register is None:
        yield release
        return
    from hotspot.publish.release_register import draft_of

    with draft_of(Path(release.register)) as draft:
        yield replace(release, register=draft)


def marking_of_drawing(drawn: Any) -> str | None:
    """Return how a map or figure must be handled, None for one that does not say."""
    said = getattr(drawn, DRAWN_MARKING, None)
    if isinstance(said, str) and said in _ORDER:
        return said
    if hasattr(drawn, "savefig"):
        return None
    from hotspot.publish.maps.furniture import furniture_of

    furniture = furniture_of(drawn)
    # A map without ours is marked when it is saved.
    return provenance.SENSITIVE if furniture is None else furniture.marking()


def marking_of_all(
    frames: Sequence[pd.DataFrame], maps: Mapping[str, Any], figures: Mapping[str, Any], release: Release
) -> str:
    """Return the marking of a pack: that of the most sensitive part of it."""
    found = [marking_of(frames, release)]
    found += [said for drawn in (*maps.values(), *figures.values()) if (said := marking_of_drawing(drawn))]
    return max(found, key=_ORDER.index)


def refuse_restricted(maps: Mapping[str, Any], figures: Mapping[str, Any], release: Release) -> None:
    """Refuse maps and figures in a public pack that were not made for one."""
    if release is None:
        return
    for kind, drawings in (("map", maps), ("figure", figures)):
        for name, drawn in drawings.items():
            said = marking_of_drawing(drawn)
            if said in (provenance.OPEN, PUBLIC):
                continue
            what = "does not say how it must be handled" if said is None else f"is {said}"
            how = f"make it with release=; if it is your own and may be published, give it {DRAWN_MARKING} = {PUBLIC!r}"
            raise InputError(f"the {kind} {name[:60]!r} {what}, and the pack is a public release: {how}")
