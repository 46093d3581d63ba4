"""The main job: from incidents and an area to a folder with map, tables, GeoPackage and manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pandas as pd

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.geography.counting import count_incidents
from hotspot.geography.grid import Grid
from hotspot.intake.ledger import Intake
from hotspot.intake.select import select_incidents
from hotspot.publish.folder import whole_folder
from hotspot.publish.manifest import write_manifest
from hotspot.publish.maps import map_cells, save_map
from hotspot.publish.tables import write_csv, write_geopackage
from hotspot.ranking.locations import repeat_locations
from hotspot.statistics.density import kernel_density
from hotspot.statistics.getis_ord import getis_ord

Say = Callable[[str], None]


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
    out: Path, results: Results, *, intake: Intake, area: gpd.GeoDataFrame, job: Job, call: dict[str, Any]
) -> list[Path]:
    """Write the map, the tables, the GeoPackage and the manifest into a folder that appears whole.

    Returns
    -------
    list of Path
        The files, as they stand in ``out``.
    """
    cells, locations = results.cells, results.locations
    title = _title(results, job)
    # This folder has a manifest of its own kind, written last.
    with whole_folder(out) as folder, recording.recording(recording.Run(folder)):
        save_map(map_cells(cells, area=area, locations=locations, title=title), folder / "map.html")
        # The hottest cells come first; equal ones by id, so that the order is the same in every run.
        order = (
            cells.assign(_id=cells.index)
            .sort_values(["gi_z", "n", "_id"], ascending=[False, False, True])
            .index
        )
        write_csv(cells.loc[order], folder / "hotspots.csv")
        layers: dict[str, gpd.GeoDataFrame] = {"hotspots": cells}
        frames: dict[str, pd.DataFrame] = {"hotspots": cells}
        if locations is not None:
            write_csv(locations, folder / "locations.csv")
            layers["locations"] = frames["locations"] = locations
        layers["area"] = cast("gpd.GeoDataFrame", _with_record(area, results.incidents))
        write_geopackage(layers, folder / "hotspots.gpkg")
        write_csv(_with_record(intake.ledger, results.incidents), folder / "ledger.csv")
        aside = intake.set_aside[intake.set_aside["reason"] != "outside the area"]
        if len(aside):
            write_csv(_with_record(aside, results.incidents), folder / "set_aside.csv")
        write_manifest(
            folder, call=call | {"job": asdict(job)}, ledger=intake.ledger, area=area, results=frames
        )
    return sorted(path for path in Path(out).iterdir() if path.is_file())


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
