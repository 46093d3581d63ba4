"""A pack: everything for one question in a new folder that appears whole."""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.publish.escape import plain
from hotspot.publish.manifest import write_reduced
from hotspot.publish.packs.content import Content, Overview, Picture, of_table
from hotspot.publish.packs.page import write_page
from hotspot.publish.packs.releasing import (
    marking_of_all,
    marking_of_drawing,
    refuse_restricted,
    released_once,
)
from hotspot.publish.packs.report import write_report
from hotspot.publish.record import write_run
from hotspot.publish.release import Release, marking_of

if TYPE_CHECKING:
    import folium
    from matplotlib.figure import Figure

log = logging.getLogger("hotspot")

Summary = Sequence[str] | Mapping[str, Sequence[str]]
_PATH_LENGTH = 200
_DEVICE = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])$")
"""Names that Windows keeps for devices, whatever the ending of the file."""


def write_pack(
    folder: str | os.PathLike[str],
    *,
    title: str,
    summary: Summary,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, folium.Map] | None = None,
    figures: Mapping[str, Figure] | None = None,
    captions: Mapping[str, str] | None = None,
    appendix: Collection[str] = (),
    last_words: str = "",
    overview: tuple[str, Sequence[Mapping[str, str]]] | None = None,
    rows_on_page: Mapping[str, int] | None = None,
    when: dt.datetime | None = None,
    release: Release = None,
) -> Path:
    """Write a pack: page, Word report, tables, maps, figures and manifest in a new folder.

    Parameters
    ----------
    folder
        Where the pack goes, and its name: ``packs/Tasking`` makes ``packs/Tasking_2026-03-05_0930``. A folder
        that is there already is never touched: the new one then ends in ``_2``, ``_3`` and so on.
    title
        Heading of the page and the report.
    summary
        What a reader must know, a sentence or a paragraph each; or these by heading.
    tables
        Name to result; in this order. Each is on the page, in the report, a CSV with its data dictionary, a
        sheet of ``tables.xlsx``, and where it has a geometry a layer of ``layers.gpkg``.
    maps
        Name to map, as `map_cells` and `map_locations` make them.
    figures
        Name to figure, as the chart functions make them; their text for people who cannot see is in them.
    captions
        A sentence on how to read a table or figure, by its name.
    appendix
        Names of the tables and figures that stand in a technical appendix.
    last_words
        What stands beside the source at the end.
    overview
        The name and the lines, column to text, of a short table directly under the title.
    rows_on_page
        The most rows of a table on the page and in the report, by its name; 1,000 and 40 where nothing is said.
    when
        The time in the folder's name; now when None. It is in no file.
    release
        "public" (or a `PublicRelease`) makes a pack that may be handed out: each table goes through `released`, once,
        and the maps and figures must have been made with ``release=``. None: a restricted pack, unless every source is
        declared open.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    InputError
        If there is nothing to write, a name is empty, or the folder cannot be made. For a public pack also if a
        table may not be published (see `released`), or a map or figure was not made with ``release=``; then nothing
        is written, and nothing entered into the register.

    Notes
    -----
    The folder is built under a temporary name beside its place and then renamed, so a pack is whole or not
    there. Two packs of the same results hold the same bytes in every file, whatever the folder's name. The page
    and the maps ask no server for anything.

    The marking is OFFICIAL-SENSITIVE unless every source is declared open: in the head of page, report, workbook,
    maps and manifest, in a column of every table, and in the name of each file that holds a closed source (only
    ``manifest.json`` keeps its name, by which it is found). A public pack has a reduced manifest: parameters, versions,
    outline and output hashes and, inside `record`, a rounded ledger.

    How this can mislead: long tables are cut on the page and in the report, which say so; the CSV and Excel
    files hold all rows. Title, summary and names are published as you write them: nothing protects a count in them.
    """
    maps, figures = dict(maps or {}), dict(figures or {})
    _check(title, summary, tables, maps, figures)
    refuse_restricted(maps, figures, release)
    parent, name = _place(Path(folder))
    target = _free(parent, f"{name}_{(when or dt.datetime.now()):%Y-%m-%d_%H%M}")
    building = parent / f".{name[:40]}.{secrets.token_hex(6)}.new"
    building.mkdir()
    try:
        with released_once(tables, release, [*maps.items(), *figures.items()]) as (shown, rule):
            content = _content(title, summary, shown, maps, figures, rule)
            content = _captioned(content, captions or {}, frozenset(appendix), last_words)
            content = _arranged(content, overview, rows_on_page or {})
            run = _made(building, content, shown, maps, figures, rule)
            _write_manifest(run, building, content, shown, release)
        target = _move(building, parent, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    log.info("pack: %s files in %s", sum(1 for path in target.rglob("*") if path.is_file()), target.name)
    return target


def _check(
    title: str,
    summary: Summary,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, Any],
    figures: Mapping[str, Any],
) -> None:
    if any(isinstance(part, str) for part in (summary, *(parts for _, parts in _headed(summary)))):
        raise InputError("summary is one text; give a list of sentences or paragraphs")
    if not tables:
        raise InputError("a pack needs at least one table; give tables={'Locations': locations}")
    named = [title, *tables, *figures, *maps]
    if not all(isinstance(each, str) and each.strip() for each in named):
        raise InputError("the title, and every table, map and figure, need a name")


def _content(
    title: str,
    summary: Summary,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, Any],
    figures: Mapping[str, Any],
    release: Release,
) -> Content:
    """Say what the page and the report say, and which file holds what."""
    frames = list(tables.values())
    marking = marking_of_all(frames, maps, figures, release)
    places = iter(_file_names([*tables, *maps, *figures]))
    return Content(
        title=title,
        marking=marking,
        simulated=provenance.is_simulated(frames),
        summary=[(heading, list(parts)) for heading, parts in _headed(summary)],
        tables=[
            of_table(name, frame, _marked(f"tables/{next(places)}.csv", marking_of([frame], release)))
            for name, frame in tables.items()
        ],
        maps=[
            (name, _marked(f"maps/{next(places)}.html", marking_of_drawing(drawn) or marking))
            for name, drawn in maps.items()
        ],
        pictures=[
            Picture(
                name,
                _marked(f"figures/{next(places)}.png", marking_of_drawing(figure) or marking),
                str(figure.get_label() or name),
            )
            for name, figure in figures.items()
        ],
        notes=list(dict.fromkeys(note for frame in frames for note in provenance.of(frame)["notes"])),
        source=provenance.source_line(frames),
    )


def _headed(summary: Summary) -> list[tuple[str, Sequence[str]]]:
    return list(summary.items()) if isinstance(summary, Mapping) else [("", summary)]


def _captioned(
    content: Content, captions: Mapping[str, str], appendix: Collection[str], last_words: str
) -> Content:
    """Give tables and figures their sentence, and say which stand in the appendix."""
    tables = [
        replace(
            table, caption=plain(captions.get(table.name, ""), limit=1_000), appendix=table.name in appendix
        )
        for table in content.tables
    ]
    pictures = [
        replace(
            picture,
            caption=plain(captions.get(picture.name, ""), limit=1_000),
            appendix=picture.name in appendix,
        )
        for picture in content.pictures
    ]
    return replace(content, tables=tables, pictures=pictures, last_words=last_words)


def _arranged(
    content: Content,
    overview: tuple[str, Sequence[Mapping[str, str]]] | None,
    rows: Mapping[str, int],
) -> Content:
    """Put the overview under the title, and say how many rows of each table are shown."""
    tables = [replace(table, most=rows.get(table.name)) for table in content.tables]
    if overview is None or not overview[1]:
        return replace(content, tables=tables)
    name, lines = overview
    headers = list(lines[0])
    first = Overview(
        plain(name),
        [plain(header) for header in headers],
        [[plain(line.get(header, ""), limit=500) for header in headers] for line in lines],
    )
    return replace(content, tables=tables, overview=first)


def _marked(file: str, marking: str) -> str:
    """Return the file's name, with the marking in it when it is restricted."""
    if marking != provenance.SENSITIVE:
        return file
    path = PurePosixPath(file)
    return path.with_name(f"{path.stem} {marking}{path.suffix}").as_posix()


def _made(
    building: Path,
    content: Content,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, Any],
    figures: Mapping[str, Any],
    release: Release,
) -> recording.Run:
    """Write every file but the manifest, and return the account of it."""
    outer = recording.active()
    run = recording.Run(building)
    with recording.recording(run):
        _fill(building, content, tables, maps, figures, release)
    for frame in tables.values():
        _inherit(run, frame)
    if outer is not None:
        run.inputs, run.choices = list(outer.inputs), list(outer.choices)
    return run


def _write_manifest(
    run: recording.Run,
    building: Path,
    content: Content,
    tables: Mapping[str, pd.DataFrame],
    release: Release,
) -> None:
    if release is None:
        write_run(run, building, marking=content.marking)
        return
    write_reduced(
        building,
        marking=content.marking,
        simulated=content.simulated,
        source=content.source,
        as_of=run.as_of,
        release=release,
        steps=run.steps,
        inputs=run.inputs,
        notes=content.notes,
        written=run.written,
    )


def _fill(
    folder: Path,
    content: Content,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, Any],
    figures: Mapping[str, Any],
    release: Release,
) -> None:
    from hotspot.publish.charts import write_figure
    from hotspot.publish.excel import write_excel
    from hotspot.publish.maps.offline import write_map
    from hotspot.publish.tables import write_csv, write_geopackage

    for name in ("tables", "maps", "figures"):
        if name == "tables" or (maps if name == "maps" else figures):
            (folder / name).mkdir()
    for shown, frame in zip(content.tables, tables.values(), strict=True):
        write_csv(frame, folder / shown.file, release=release)
    book = _marked("tables.xlsx", marking_of(list(tables.values()), release))
    write_excel(dict(tables), folder / book, release=release)
    layers = {
        stem: frame
        for stem, frame in zip(_file_names(tables), tables.values(), strict=True)
        if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None and len(frame)
    }
    others = [book]
    if layers:
        others.append(_marked("layers.gpkg", marking_of(list(layers.values()), release)))
        write_geopackage(layers, folder / others[-1], release=release)
    for (_, file), drawn in zip(content.maps, maps.values(), strict=True):
        write_map(drawn, folder / file)
    for picture, figure in zip(content.pictures, figures.values(), strict=True):
        write_figure(figure, folder / picture.file, alt=picture.alt)
    page, report = (_marked(file, content.marking) for file in ("index.html", "report.docx"))
    write_page(content, folder / page, others=[*others, report])
    write_report(content, folder / report, pictures=folder)


def _inherit(run: recording.Run, frame: pd.DataFrame) -> None:
    """Give the run what a frame's own record knows: its steps happened before the pack was begun."""
    record = provenance.of(frame)
    recording.remember(run, record)
    run.known = run.known and bool(record["sources"])
    run.steps += [step for step in record["steps"] if step not in run.steps]


def _file_names(names: Iterable[str]) -> list[str]:
    """Return a plain file name for each name: letters, digits and hyphens of ASCII, none twice."""
    taken: set[str] = set()
    files = []
    for name in names:
        ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")[:40].strip("-") or "part"
        if _DEVICE.match(stem):
            stem = f"{stem}-part"
        number, file = 1, stem
        while file in taken:
            number += 1
            file = f"{stem}-{number}"
        taken.add(file)
        files.append(file)
    return files


def _place(folder: Path) -> tuple[Path, str]:
    name = folder.name
    if not name or name in (".", "..") or re.search(r'[<>:"/\\|?*\x00-\x1f]', name):
        raise InputError(f"the pack's folder needs a name of usual letters; given {str(folder)[:80]!r}")
    parent = folder.parent.resolve()
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {parent} cannot be made ({error.strerror}); choose another") from None
    if len(str(parent / name)) > _PATH_LENGTH:
        log.info("the path of %s is long: Windows may not open its files; choose a shorter one", name)
    return parent, name


def _free(parent: Path, name: str) -> Path:
    target, number = parent / name, 1
    while target.exists():
        number += 1
        target = parent / f"{name}_{number}"
    return target


def _move(building: Path, parent: Path, target: Path) -> Path:
    try:
        building.rename(target)
    except OSError as error:
        raise InputError(
            f"{target.name} cannot be put into {parent} ({error.strerror}); close what has a file of it open and "
            "run again"
        ) from None
    return target
