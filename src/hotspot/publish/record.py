"""``with hs.record(folder)``: a manifest of everything that the calls inside read, chose and wrote."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspot import __version__, provenance, recording
from hotspot.errors import InputError
from hotspot.publish.files import write_text_whole
from hotspot.publish.manifest import NAME, fingerprint, packages

log = logging.getLogger("hotspot")


@contextmanager
def record(folder: str | os.PathLike[str]) -> Iterator[recording.Run]:
    """Record what the calls inside the block do, and write ``manifest.json`` into the folder at its end.

    Parameters
    ----------
    folder
        The folder of the outputs; made when it is not there. Files that the writers put into it, or into
        folders in it, are listed with their SHA-256; other files in it are left alone.

    Yields
    ------
    Run
        What has been recorded so far: ``inputs``, ``steps``, ``choices``, ``sources``, ``notes``, ``written``.

    Raises
    ------
    InputError
        If the folder cannot be made, or a record is open already.

    Notes
    -----
    The manifest holds the inputs with their SHA-256 and rows, each call with its parameters and seed, the
    choices that the library made by itself, the boundary's hash, package versions and the hash of each
    output. It is restricted: file names and row counts are in it. It holds no time and no folder, so the
    same run gives the same bytes. When the block raises, no manifest is written. Calls on other threads
    are not recorded.

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
    write_run(run, place)


def write_run(run: recording.Run, place: Path) -> Path:
    """Write the manifest of a run into the folder of its outputs."""
    return write_text_whole(place / NAME, _text(run, place))


class _Choices(logging.Handler):
    """Keep what the library says of its own choices."""

    run: recording.Run | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.run is not None and record.levelno >= logging.INFO:
            self.run.choices.append(record.getMessage())


def _text(run: recording.Run, place: Path) -> str:
    inside = sorted({path for path in run.written if path.is_relative_to(place) and path.is_file()})
    open_ = bool(run.sources) and run.known and all(source["open"] for source in run.sources.values())
    content: dict[str, Any] = {
        "hotspot": __version__,
        "marking": provenance.OPEN if open_ else provenance.SENSITIVE,
        "simulated": any(source["simulated"] for source in run.sources.values()),
        "sources": [run.sources[name] for name in sorted(run.sources)],
        "as_of": run.as_of,
        "inputs": run.inputs,
        "steps": run.steps,
        "choices": run.choices,
        "notes": sorted(run.notes),
        "packages": packages(),
        "outputs": [fingerprint(path, place) for path in inside],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
