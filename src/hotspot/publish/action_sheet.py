"""The ranked list for a tasking meeting: a printed table in which actions are entered and kept from month to month."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.action_entries import DATA, ENTRY, ID, Entered, Entry, read_entered, split_entries
from hotspot.publish.columns import Column
from hotspot.publish.escape import plain
from hotspot.publish.excel import cells_of, notes_sheet, number_format
from hotspot.publish.excel_pages import (
    Cell,
    TableSheet,
    checked_target,
    cut_long,
    warn_cut,
    workbook_bytes,
)
from hotspot.publish.files import write_bytes_whole
from hotspot.publish.release import marked_path
from hotspot.ranking.harm import ordered_by

log = logging.getLogger("hotspot")

LISTED, GONE = "Locations", "No longer listed"

_ENTRY_WIDTHS = {"Owner": 11.0, "Action": 26.0, "Due": 11.0, "Escalate": 10.0}
_OTHER_WIDTH = 16.0
_ENTRY_MEANING = "Entered by people; kept from the workbook given as last month's, by location id"


@dataclass(frozen=True)
class _Given:
    """A column of the list: header, meaning, width on paper."""

    header: str
    meaning: str
    width: float


_GIVEN = {
    "number": _Given("Number", "Place in the list, and the number on the map", 9.0),
    "location": _Given(
        "Location", "Most frequent location text; a map point stands for several streets", 24.0
    ),
    "incidents": _Given("Incidents", "Reported incidents", 11.0),
    "harm": _Given("Harm", "Sum of the user's weights; index and edition are in the notes", 10.0),
    "harm_rank": _Given("Rank by harm", "Locations with as much harm share a rank", 9.0),
    "interval": _Given(
        "Rank (95 % interval)",
        "Rank by incidents, and the ranks that the location may truly have; wide: it cannot be told from others",
        11.0,
    ),
    "months": _Given("Months with incidents", "Of the months that the data has a file for", 10.0),
    "pattern": _Given("Pattern", "How its months look, by a published rule", 12.0),
    "leading_categories": _Given("Leading categories", "The most frequent, with their incidents", 24.0),
    "flags": _Given("Check first", "What to look at before acting; empty when there is nothing", 20.0),
    "last": _Given("Last", "Last incident; its month where the data has no days", 11.0),
}
# Headers of earlier versions are ours too: no column that people added.
_OURS = {each.header for each in _GIVEN.values()} | {ID, "Number then", "Incidents then", "Months active"}
_ORDER = "Order"
_ORDERS = {
    "incidents": ("by reported incidents", "Most reported incidents first"),
    "harm": ("by harm", "Most harm first; the number of incidents has an order of its own"),
}


def write_action_sheet(
    locations: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    previous: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the ranked list for a meeting as an Excel workbook with blank columns for actions.

    Parameters
    ----------
    locations
        What `repeat_locations` returned, or its first rows (``locations.head(25)``): ``location_id``, ``incidents``
        and ``number`` are needed.
    path
        The file to write, ending in ``.xlsx``. It appears whole or not at all.
    previous
        Last month's workbook. What people entered in it is kept, by location id.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If a column is missing, ids stand twice, ``previous`` cannot be read or is no workbook of this kind, its notes
        name other sources, or simulated data where this list is not, or a file is open in Excel.

    Notes
    -----
    Sheet Locations, for A4 landscape: number, location ("location" and its id where it has no name), incidents, harm
    where there is any, rank with its interval, months with incidents of those observed, pattern, leading
    categories, last; then Owner, Action, Due and Escalate, blank or as entered in ``previous``; then the
    location id, by which they are found again. Leave that column as it is. Rows stay in the order given, and the
    printed heading says which it is: by reported incidents, or by harm.
    Sheet No longer listed: rows in which something was entered and whose location is not in the list now, those of
    the same sheet of ``previous`` included. To close an action, clear its cells or delete its row. Sheet Notes: the
    counts of both, marking, source, and what each column means.

    Columns that people added are kept too. Rows and columns may be sorted, moved and filtered in Excel. Where an id
    stands twice in ``previous``, both texts stand in one cell. Whatever was entered is text, a number or a
    date; nothing of it runs.

    How this can mislead: a location that left the list is not one where nothing happens. An id that the source
    draws anew (such as map points in 2022) loses its action to No longer listed.
    """
    target = marked_path(checked_target(path), [locations])
    table = _listed(locations)
    entered = Entered() if previous is None else read_entered(Path(previous), _OURS)
    names = _sources(locations)
    if previous is not None:
        _refuse_other_data(entered, names, locations, Path(previous).name)
    ids = table.pop(ID)
    kept, gone = split_entries(entered, set(ids))
    listed = _sheet(LISTED, table, list(ids), [kept.get(each, {}) for each in ids], entered.added)
    sheets = [_headed(listed, locations)]
    about = [
        ("This workbook", f"{len(ids):,} locations, ranked, with columns for actions"),
        (_ORDER, _ORDERS[ordered_by(locations)][1]),
    ]
    if names:
        about.append((DATA, "; ".join(names)))
    if previous is not None:
        sentence = _counts(Path(previous).name, entered, set(ids))
        log.info("%s", sentence)
        about.append(("Carried forward", sentence))
        sheets.append(_headed(_gone_sheet(gone, entered.added), locations))
    notes = notes_sheet([locations], sheets, about)
    warn_cut(target.name, sheets)
    write_bytes_whole(target, workbook_bytes([*sheets, notes], [locations], title=target.stem))
    return target


def _listed(locations: pd.DataFrame) -> pd.DataFrame:
    """Return the few columns of the sheet under their headers, the id last."""
    missing = [name for name in ("location_id", "incidents", "number") if name not in locations.columns]
    if missing:
        raise InputError(
            f"the locations have no column {missing[0]!r}; give what repeat_locations returned, or its first rows"
        )
    ids = cells_of(locations["location_id"])
    blank = sum(each is None for each in ids)
    if blank or len(set(ids)) < len(ids):
        raise InputError(
            f"location ids must be there and no two alike: {blank:,} of {len(ids):,} are blank and "
            f"{len(ids) - len(set(ids)):,} stand more than once; give one ranking, not several under one another"
        )
    columns: dict[str, pd.Series[Any]] = {}
    for name, how in _GIVEN.items():
        if name == "interval" and {"rank", "rank_low", "rank_high"} <= set(locations.columns):
            columns[how.header] = _together(locations, ["rank", "rank_low", "rank_high"], "{} ({} to {})")
        elif name == "months" and {"months_active", "months_observed"} <= set(locations.columns):
            columns[how.header] = _together(locations, ["months_active", "months_observed"], "{} of {}")
        elif name == "location":
            columns[how.header] = _named(locations, ids)
        elif name in locations.columns and not (name.startswith("harm") and locations[name].isna().all()):
            columns[how.header] = locations[name].reset_index(drop=True)
    columns[ID] = pd.Series([str(each) for each in ids], dtype="str")
    return pd.DataFrame(columns)


def _named(locations: pd.DataFrame, ids: Sequence[Cell]) -> pd.Series[Any]:
    """Return the name of each location, its id in words where it has none."""
    names = cells_of(locations["location"]) if "location" in locations.columns else [None] * len(ids)
    texts = [
        f"location {each}" if name is None or not str(name).strip() else str(name)
        for name, each in zip(names, ids, strict=True)
    ]
    return pd.Series(texts, dtype="str")


def _sources(locations: pd.DataFrame) -> list[str]:
    return sorted({plain(source["name"], limit=None) for source in provenance.of(locations)["sources"]})


def _refuse_other_data(entered: Entered, names: list[str], locations: pd.DataFrame, file: str) -> None:
    """Refuse entries that were made for other places; notes that somebody deleted say nothing."""
    if entered.simulated is not None and names and entered.simulated != provenance.is_simulated([locations]):
        was, now = ("simulated", "real") if entered.simulated else ("real", "simulated")
        raise InputError(
            f"previous: {plain(file)} was written from {was} data, and this list is of {now} data: entries of one do not "
            "belong to places of the other; give last month's workbook of the same data, or leave previous out"
        )
    if entered.data and names and not entered.data & set(names):
        raise InputError(
            f"previous: {plain(file)} was written from {', '.join(sorted(entered.data))[:120]}, and this list is of "
            f"{', '.join(names)[:120]}: their location ids are not of the same places; give last month's workbook of the "
            "same data, or leave previous out"
        )


def _together(locations: pd.DataFrame, names: list[str], pattern: str) -> pd.Series[Any]:
    texts = []
    for values in locations[names].itertuples(index=False):
        known = not any(pd.isna(value) for value in values)
        texts.append(pattern.format(*(int(value) for value in values)) if known else None)
    return pd.Series(texts, dtype="str")


def _counts(name: str, entered: Entered, ids: set[Any]) -> str:
    rows = len(entered.entries)
    kept = sum(entry.location_id in ids for entry in entered.entries)
    nameless = sum(not entry.location_id for entry in entered.entries)
    without = f", {nameless:,} of them without a location id" if nameless else ""
    return (
        f"{plain(name)}: {rows:,} rows in which something was entered; {kept:,} are of locations listed now, "
        f"{rows - kept:,} are on the sheet {GONE}{without}"
    )


def _sheet(
    name: str, table: pd.DataFrame, ids: Sequence[Any], entries: Sequence[dict[str, Cell]], added: list[str]
) -> TableSheet:
    """Put the given columns, those for entries, and the id side by side."""
    of = {how.header: how for how in _GIVEN.values()}
    headers = [str(header) for header in table.columns]
    cells = [cells_of(table[header]) for header in headers]
    formats = [number_format(table[header], Column(header, "")) for header in headers]
    widths = [of[header].width if header in of else _OTHER_WIDTH for header in headers]
    meanings = [
        Column(header, of[header].meaning if header in of else "In last month's list") for header in headers
    ]
    for header in (*ENTRY, *added):
        cells.append([entry.get(header) for entry in entries])
        formats.append("yyyy-mm-dd" if header == "Due" else "@")
        widths.append(_ENTRY_WIDTHS.get(header, _OTHER_WIDTH))
        meanings.append(Column(header, _ENTRY_MEANING))
    headers += [*ENTRY, *added, ID]
    cells.append([None if each is None else str(each) for each in ids])
    formats.append("@")
    widths.append(_OTHER_WIDTH)
    meanings.append(Column(ID, "By which entries are found again next month: leave it as it is"))
    cut: dict[str, int] = {}
    for at, (header, column) in enumerate(zip(headers, cells, strict=True)):
        cells[at], times = cut_long(column)
        if times:
            cut[header] = times
    description = f"{name}: {len(ids):,} rows. Columns: {', '.join(headers)}"
    return TableSheet(name, headers, cells, formats, description, [], meanings, widths, wrapped=True, cut=cut)


def _gone_sheet(gone: list[Entry], added: list[str]) -> TableSheet:
    table = pd.DataFrame(
        {
            "Location": pd.Series([entry.location for entry in gone], dtype="object"),
            "Number then": pd.Series([entry.number for entry in gone], dtype="object"),
            "Incidents then": pd.Series([entry.incidents for entry in gone], dtype="object"),
        }
    )
    return _sheet(
        GONE, table, [entry.location_id or None for entry in gone], [entry.values for entry in gone], added
    )


def _headed(sheet: TableSheet, locations: pd.DataFrame) -> TableSheet:
    """Give each printed page the period and the filter of the incidents."""
    months = provenance.months_observed(locations)
    when = f", {provenance.spans(months)}" if months else ""
    filters = [note for note in provenance.of(locations)["notes"] if note.startswith("Incidents chosen")]
    order = _ORDERS[ordered_by(locations)][0]
    return replace(sheet, heading=". ".join([f"Repeat locations {order}{when}", *filters]))
