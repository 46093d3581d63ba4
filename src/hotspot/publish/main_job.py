"""The main job: from incidents and an area to a folder with map, tables, GeoPackage and manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pandas as pd

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.geography.area import outline_hash
from hotspot.geography.counting import count_incidents
from hotspot.geography.grid import Grid
from hotspot.intake.ledger import Intake
from hotspot.intake.select import select_incidents
from hotspot.publish.folder import whole_folder
from hotspot.publish.manifest import write_manifest, write_reduced
from hotspot.publish.maps import map_cells
from hotspot.publish.maps.offline import write_map
from hotspot.publish.packs.releasing import entered_whole
from hotspot.publish.release import PublicRelease, Release, marked_path, marking_of, released
from hotspot.publish.tables import write_csv, write_geopackage
from hotspot.ranking.locations import repeat_locations
from hotspot.statistics.density import kernel_density
from hotspot.statistics.getis_ord import getis_ord

Say = Callable[[str], None]
_OF_OUTLINE = ("name", "source", "licence", "attribution", "vintage")


@dataclass(frozen=True)
class Job:
    """What was asked for.

    Attributes
    ----------
    categories
        Names of categories; all when empty.
    cell_size
        Metres.
    shape
        "square" or "hexagon".
    start, end
        First and last month, ``YYYY-MM``; open when None.
    as_of
        The date that stands for today, ``YYYY-MM-DD``; later months are left out.
    across_breaks
        Rank locations although a break of the source parts the months; printed with every output.
    """

    categories: tuple[str, ...] = ()
    cell_size: float = 200.0
    shape: Any = "square"
    start: str | None = None
    end: str | None = None
    as_of: str | None = None
    across_breaks: bool = False


@dataclass(frozen=True, eq=False)
class Results:
    """The frames of one run."""

    incidents: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    locations: gpd.GeoDataFrame | None
    grid: Grid


def analyse(intake: Intake, area: gpd.GeoDataFrame, job: Job, say: Say) -> Results:
    """Run the statistics of the main job, saying each step."""
    incidents = _chosen(intake.incidents, job)
    if provenance.is_simulated([incidents]):
        say("SIMULATED DATA: made by hotspot.sample; no real incident is in it")
    left = len(intake.incidents) - len(incidents)
    say(
        f"{len(incidents):,} incidents in {_observed(incidents)}; {left:,} left out by the choice of months and categories"
    )
    grid = Grid.over(area, cell_size=job.cell_size, shape=job.shape)
    cells = getis_ord(count_incidents(incidents, grid), grid)
    cells = kernel_density(incidents, grid, cells=cells)
    cells.insert(0, "label", grid.label(cells.index))
    hot = cells["gi_class"].astype("str").str.startswith("hot")
    say(
        f"{len(cells):,} cells of {job.cell_size:g} m; {int(hot.sum()):,} hot after correction (q of 0.10 or less)"
    )
    return Results(incidents, cast("gpd.GeoDataFrame", cells), _locations(incidents, job, say), grid)


def _chosen(incidents: gpd.GeoDataFrame, job: Job) -> gpd.GeoDataFrame:
    end = job.end
    if job.as_of is not None:
        last = _last_whole_month(job.as_of)
        end = last if end is None else min(end, last)
    return select_incidents(incidents, category=job.categories or None, start=job.start, end=end)


def _last_whole_month(as_of: str) -> str:
    """Return the last month that had ended by a date."""
    day = pd.to_datetime(as_of, format="%Y-%m-%d", errors="coerce")
    if pd.isna(day):
        raise InputError(f"as_of={as_of!r} is no date; write it as YYYY-MM-DD, such as 2026-02-28")
    month = day.to_period("M")
    return str(month if day.date() == month.end_time.date() else month - 1)


def _months(incidents: gpd.GeoDataFrame) -> str:
    first, last = incidents["start"].min(), incidents["start"].max()
    return f"{first:%Y-%m} to {last:%Y-%m}"


def _observed(incidents: gpd.GeoDataFrame) -> str:
    """Name the months with a file, so that a gap is seen."""
    return provenance.spans(provenance.months_observed(incidents)) or _months(incidents)


def _locations(incidents: gpd.GeoDataFrame, job: Job, say: Say) -> gpd.GeoDataFrame | None:
    if not incidents["place_id"].duplicated().any():
        say("no location has two incidents or more: there is no ranking")
        return None
    locations = repeat_locations(incidents, across_breaks=job.across_breaks)
    first = locations.iloc[0]
    say(
        f"{len(locations):,} locations with two incidents or more; the first is {first['location']} "
        f"({first['incidents']:,} incidents in {first['months_active']} of {first['months_observed']} months)"
    )
    return locations


def write_folder(
    out: Path,
    results: Results,
    *,
    intake: Intake,
    area: gpd.GeoDataFrame,
    job: Job,
    call: dict[str, Any],
    release: Release = None,
) -> list[Path]:
    """Write the map, the tables, the GeoPackage and the manifest into a folder that appears whole.

    With ``release`` it is a public folder: what may be published of the cells, locations of open sources only, a reduced
    manifest, and no ledger and no list of rows set aside.

    Returns
    -------
    list of Path
        The files, as they stand in ``out``. Those of closed sources have OFFICIAL-SENSITIVE in their names.
    """
    # This folder has a manifest of its own kind, written last.
    with whole_folder(out) as folder, recording.recording(recording.Run(folder)):
        if release is None:
            _write_results(folder, results, area, job)
            _write_intake(folder, results, intake)
            frames = {"hotspots": results.cells, "locations": results.locations}
            write_manifest(
                folder,
                call=call | {"job": asdict(job)},
                ledger=intake.ledger,
                area=area,
                results={name: frame for name, frame in frames.items() if frame is not None},
            )
        else:
            with entered_whole(release) as rule:
                cells = released(results.cells, rule)
                public = replace(results, cells=cast("gpd.GeoDataFrame", cells), locations=_open(results))
                _write_results(folder, public, area, job, rule)
                _write_reduced(folder, public, intake, area, job, release)
    return sorted(path for path in Path(out).iterdir() if path.is_file())


def _write_results(
    folder: Path, results: Results, area: gpd.GeoDataFrame, job: Job, release: Release = None
) -> None:
    """Write map, tables and GeoPackage of results that may be written as they are."""
    cells, locations = results.cells, results.locations

    def place(name: str, *frames: pd.DataFrame) -> Path:
        return marked_path(folder / name, frames, release)

    everything = [cells] if locations is None else [cells, locations]
    drawn = map_cells(cells, area=area, locations=locations, title=_title(results, job), release=release)
    write_map(drawn, place("map.html", *everything))
    write_csv(_in_order(cells), place("hotspots.csv", cells), release=release)
    layers: dict[str, gpd.GeoDataFrame] = {"hotspots": cells}
    if locations is not None:
        write_csv(locations, place("locations.csv", locations), release=release)
        layers["locations"] = locations
    layers["area"] = _outline(area, results.incidents, release)
    write_geopackage(layers, place("hotspots.gpkg", *layers.values()), release=release)


def _outline(area: gpd.GeoDataFrame, incidents: pd.DataFrame, release: Release) -> gpd.GeoDataFrame:
    """Return the area as it may be written: of a public one its outline, its name, and who must be credited."""
    told = _with_record(area, incidents)
    if isinstance(release, PublicRelease):
        # Without counts there is nothing to enter into the register.
        release = replace(release, register=None, keep=(*release.keep, *_OF_OUTLINE))
    return cast("gpd.GeoDataFrame", released(told, release))


def _in_order(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the hottest cells first, equal ones by id, so that the order is the same in every run."""
    if "gi_z" not in cells.columns:
        # Released cells stay in the order of their ids: any other could say which hidden count is larger.
        return cells
    keyed = cells.assign(_id=cells.index).sort_values(["gi_z", "n", "_id"], ascending=[False, False, True])
    return cast("gpd.GeoDataFrame", cells.loc[keyed.index])


def _write_intake(folder: Path, results: Results, intake: Intake) -> None:
    """Write where the rows went, and which were set aside."""
    aside = intake.set_aside[intake.set_aside["reason"] != "outside the area"]
    for name, table in (("ledger.csv", intake.ledger), ("set_aside.csv", aside)):
        if name == "ledger.csv" or len(table):
            told = _with_record(table, results.incidents)
            write_csv(told, marked_path(folder / name, [told]))


def _open(results: Results) -> gpd.GeoDataFrame | None:
    """Return the locations if they may be published: of a closed source none are."""
    kept = results.locations is not None and provenance.is_open([results.locations])
    return results.locations if kept else None


def _write_reduced(
    folder: Path, results: Results, intake: Intake, area: gpd.GeoDataFrame, job: Job, release: Release
) -> None:
    cells = results.cells
    write_reduced(
        folder,
        marking=marking_of([cells], release),
        simulated=provenance.is_simulated([cells]),
        source=provenance.source_line([cells]),
        as_of=provenance.of(cells)["as_of"],
        release=release,
        steps=provenance.of(cells)["steps"],
        inputs=[*_lines(intake.ledger), {"outline_sha256": outline_hash(area)}],
        notes=provenance.of(cells)["notes"],
        job=asdict(job),
    )


def _lines(ledger: pd.DataFrame) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", ledger.to_dict("records"))


def _with_record(table: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """Give a table the record of the sources, so that it carries the same marking."""
    return provenance.carry(incidents, table.copy(), "intake")


def _title(results: Results, job: Job) -> str:
    what = ", ".join(job.categories) if job.categories else "All reported incidents"
    return f"{what}, {_months(results.incidents)}"


def summary_of_ledger(ledger: pd.DataFrame) -> Iterable[str]:
    """Say where the rows went, a line each."""
    fixed = ["source", "source_file", "read", "used", "set_aside", "sha256"]
    total = ledger[["read", "used", "set_aside"]].sum()
    yield f"{total['read']:,} rows read = {total['used']:,} used + {total['set_aside']:,} set aside"
    for reason in [column for column in ledger.columns if column not in fixed]:
        yield f"  set aside, {reason}: {int(ledger[reason].sum()):,}"
