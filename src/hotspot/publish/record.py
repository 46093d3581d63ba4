"""``with hs.record(folder)``: a manifest of everything that the calls inside read, chose and wrote."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pandas as pd

from hotspot import __version__, provenance, recording
from hotspot.errors import InputError
from hotspot.publish.files import write_text_whole
from hotspot.publish.manifest import NAME, fingerprint, packages, write_reduced
from hotspot.publish.release import PUBLIC, Release, marking_of

log = logging.getLogger("hotspot")


@contextmanager
def record(folder: str | os.PathLike[str], *, release: Release = None) -> Iterator[recording.Run]:
    """Record what the calls inside the block do, and write ``manifest.json`` into the folder at its end.

    Parameters
    ----------
    folder
        The folder of the outputs; made when it is not there. Files that the writers put into it, or into
        folders in it, are listed with their SHA-256; other files in it are left alone.
    release
        "public" (or a `PublicRelease`): the folder is to be handed out, and gets a reduced manifest. Give the writers
        inside the same ``release=``. None: the full manifest, which is restricted unless every source is open.

    Yields
    ------
    Run
        What has been recorded so far: ``inputs``, ``steps``, ``choices``, ``sources``, ``notes``, ``written``.

    Raises
    ------
    InputError
        If the folder cannot be made, or a record is open already. With ``release``, at the end, if a file of the
        folder is marked OFFICIAL-SENSITIVE: then no manifest is written.

    Notes
    -----
    The manifest holds the inputs with their SHA-256 and rows, each call with its parameters and seed, the
    choices that the library made by itself, the boundary's hash, package versions and the hash of each
    output. It is restricted: file names and row counts are in it. It holds no time and no folder, so the
    same run gives the same bytes. When the block raises, no manifest is written. Calls on other threads
    are not recorded.

    The reduced manifest of a public folder holds parameters that carry no count, package versions, the outline's hash,
    the hash of each output and a rounded ledger. It holds no path, name or hash of an input, row number, seed or choice
    of the library's own. Public and restricted outputs never share a folder: of which kind a folder is is said before
    anything is written.

    Examples
    --------
    >>> import tempfile, geopandas as gpd, hotspot as hs
    >>> from shapely import box, points
    >>> area = gpd.GeoDataFrame(geometry=[box(0, 0, 2000, 2000)], crs=27700)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with hs.record(folder) as run:
    ...         grid = hs.Grid.over(area, cell_size=500)
    ...         spots = gpd.GeoDataFrame(geometry=points([[900, 900]] * 9), crs=27700)
    ...         _ = hs.write_csv(hs.count_incidents(spots, grid), folder + "/cells.csv")
    ...     sorted(path.name for path in run.written)
    ['cells.csv', 'cells_columns.csv']
    """
    place = Path(folder)
    marking_of([], release)  # an unknown release is refused before the work
    if recording.active() is not None:
        raise InputError("a record is open already; end it before another begins")
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {str(folder)[:120]!r} cannot be made ({error.strerror}); choose another"
        ) from None
    place = place.resolve()
    choices = _Choices()
    level = log.level
    log.addHandler(choices)
    log.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        with recording.recording(recording.Run(place)) as run:
            choices.run = run
            yield run
    finally:
        log.removeHandler(choices)
        log.setLevel(level)
    if release is None:
        write_run(run, place)
    else:
        _write_public(run, place, release)


def write_run(run: recording.Run, place: Path, *, marking: str | None = None) -> Path:
    """Write the full manifest of a run into the folder of its outputs; its marking is that of its sources when None."""
    return write_text_whole(place / NAME, _text(run, place, marking))


def _write_public(run: recording.Run, place: Path, release: Release) -> Path:
    """Write the reduced manifest of a folder in which nothing is restricted."""
    _refuse_restricted(place)
    sources = [run.sources[name] for name in sorted(run.sources)]
    frame = provenance.put(
        pd.DataFrame(), provenance.Record(sources=cast(Any, sources), as_of=run.as_of, steps=[], notes=[])
    )
    return write_reduced(
        place,
        marking=provenance.OPEN if _is_open(run) else PUBLIC,
        simulated=provenance.is_simulated([frame]),
        source=provenance.source_line([frame]),
        as_of=run.as_of,
        release=release,
        steps=run.steps,
        inputs=run.inputs,
        written=_inside(run, place),
    )


def _refuse_restricted(place: Path) -> None:
    """Refuse to call a folder public in which any file says that it is restricted, in its name or inside."""
    from hotspot.publish.check_contents import texts_of

    mark = re.compile(provenance.SENSITIVE.replace("-", "[- ]"), re.IGNORECASE)
    for path in sorted(part for part in place.rglob("*") if part.is_file() and part != place / NAME):
        if mark.search(path.name) or any(mark.search(text) for _, text in texts_of(path)):
            raise InputError(
                f"{path.relative_to(place)} is {provenance.SENSITIVE}, and the folder is a public release: write it with "
                "release=, or into another folder; no manifest was written"
            )


def _is_open(run: recording.Run) -> bool:
    return bool(run.sources) and run.known and all(source["open"] for source in run.sources.values())


def _inside(run: recording.Run, place: Path) -> list[Path]:
    return sorted({path for path in run.written if path.is_relative_to(place) and path.is_file()})


class _Choices(logging.Handler):
    """Keep what the library says of its own choices."""

    run: recording.Run | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.run is not None and record.levelno >= logging.INFO:
            self.run.choices.append(record.getMessage())


def _text(run: recording.Run, place: Path, marking: str | None) -> str:
    content: dict[str, Any] = {
        "hotspot": __version__,
        "marking": marking or (provenance.OPEN if _is_open(run) else provenance.SENSITIVE),
        "simulated": any(source["simulated"] for source in run.sources.values()),
        "sources": [run.sources[name] for name in sorted(run.sources)],
        "as_of": run.as_of,
        "inputs": run.inputs,
        "steps": run.steps,
        "choices": run.choices,
        "notes": sorted(run.notes),
        "packages": packages(),
        "outputs": [fingerprint(path, place) for path in _inside(run, place)],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
