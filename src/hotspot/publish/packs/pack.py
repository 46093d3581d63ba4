"""A pack: everything for one question in a new folder that appears whole."""

from __future__ import annotations

import datetime as dt
import logging
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.publish.packs.content import Content, Picture, TableText, of_table
from hotspot.publish.packs.page import write_page
from hotspot.publish.packs.report import write_report
from hotspot.publish.record import write_run

if TYPE_CHECKING:
    import folium
    from matplotlib.figure import Figure

log = logging.getLogger("hotspot")

_PATH_LENGTH = 200


def write_pack(
    folder: str | os.PathLike[str],
    *,
    title: str,
    summary: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, folium.Map] | None = None,
    figures: Mapping[str, Figure] | None = None,
    when: dt.datetime | None = None,
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
        What a reader must know, a sentence or a paragraph each.
    tables
        Name to result; in this order. Each is on the page, in the report, a CSV with its data dictionary, a
        sheet of ``tables.xlsx``, and where it has a geometry a layer of ``layers.gpkg``.
    maps
        Name to map, as `map_cells` and `map_locations` make them.
    figures
        Name to figure, as the chart functions make them; their text for people who cannot see is in them.
    when
        The time in the folder's name; now when None. It is in no file.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    InputError
        If there is nothing to write, a name is empty, or the folder cannot be made.

    Notes
    -----
    The folder is built under a temporary name beside its place and then renamed, so a pack is whole or not
    there. Two packs of the same results hold the same bytes in every file, whatever the folder's name. The page
    and the maps ask no server for anything. The marking is OFFICIAL-SENSITIVE unless every source is declared
    open.

    How this can mislead: long tables are cut on the page and in the report, which say so; the CSV and Excel
    files hold all rows.
    """
    content = _content(title, summary, tables, figures or {}, maps or {})
    parent, name = _place(Path(folder))
    target = _free(parent, f"{name}_{(when or dt.datetime.now()):%Y-%m-%d_%H%M}")
    building = parent / f".{name[:40]}.{secrets.token_hex(6)}.new"
    building.mkdir()
    outer = recording.active()
    run = recording.Run(building)
    try:
        with recording.recording(run):
            _fill(building, content, tables, maps or {}, figures or {})
        for frame in tables.values():
            _inherit(run, frame)
        if outer is not None:
            run.inputs, run.choices = list(outer.inputs), list(outer.choices)
        write_run(run, building)
        target = _move(building, parent, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    log.info("pack: %s files in %s", sum(1 for path in target.rglob("*") if path.is_file()), target.name)
    return target


def _content(
    title: str,
    summary: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, Any],
    maps: Mapping[str, Any],
) -> Content:
    if isinstance(summary, str):
        raise InputError("summary is one text; give a list of sentences or paragraphs")
    if not tables:
        raise InputError("a pack needs at least one table; give tables={'Locations': locations}")
    named = [title, *tables, *figures, *maps]
    if not all(isinstance(each, str) and each.strip() for each in named):
        raise InputError("the title, and every table, map and figure, need a name")
    files = _file_names([*tables, *maps, *figures])
    frames = list(tables.values())
    places = iter(files)
    shown: list[TableText] = [
        of_table(name, frame, f"tables/{next(places)}.csv") for name, frame in tables.items()
    ]
    pages = [(name, f"maps/{next(places)}.html") for name in maps]
    pictures = [
        Picture(name, f"figures/{next(places)}.png", str(figure.get_label() or name))
        for name, figure in figures.items()
    ]
    return Content(
        title=title,
        marking=provenance.marking(frames),
        simulated=provenance.is_simulated(frames),
        summary=list(summary),
        tables=shown,
        maps=pages,
        pictures=pictures,
        notes=list(dict.fromkeys(note for frame in frames for note in provenance.of(frame)["notes"])),
        source=provenance.source_line(frames),
    )


def _fill(
    folder: Path,
    content: Content,
    tables: Mapping[str, pd.DataFrame],
    maps: Mapping[str, Any],
    figures: Mapping[str, Any],
) -> None:
    from hotspot.publish.charts import save_chart
    from hotspot.publish.excel import write_excel
    from hotspot.publish.maps import save_map
    from hotspot.publish.tables import write_csv, write_geopackage

    for name in ("tables", "maps", "figures"):
        if name == "tables" or (maps if name == "maps" else figures):
            (folder / name).mkdir()
    for shown, frame in zip(content.tables, tables.values(), strict=True):
        write_csv(frame, folder / shown.file)
    write_excel(dict(tables), folder / "tables.xlsx")
    layers = {
        Path(shown.file).stem: frame
        for shown, frame in zip(content.tables, tables.values(), strict=True)
        if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None and len(frame)
    }
    if layers:
        write_geopackage(layers, folder / "layers.gpkg")
    for (_, file), drawn in zip(content.maps, maps.values(), strict=True):
        save_map(drawn, folder / file)
    for picture, figure in zip(content.pictures, figures.values(), strict=True):
        save_chart(figure, folder / picture.file, alt=picture.alt)
    others = [
        file for file in ("tables.xlsx", "layers.gpkg", "report.docx") if file != "layers.gpkg" or layers
    ]
    write_page(content, folder / "index.html", others=others)
    write_report(content, folder / "report.docx", pictures=folder)


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
