"""Simulated exports of three more partners: a police log, a fire service and an emergency department.

All three draw from the premises, seasons and planted clusters of the council's cases. Each has the habits
of its kind, and a few planted faults that `hotspot.read_incidents` should name: see the docstrings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.sample import plan
from hotspot.sample.council import DAY, EVENING, NIGHT, CaseType, off_clock_change, opened_at, rates
from hotspot.sample.workbook import Cell

ROWS = 1_450
_POLICE, _FIRE, _EMERGENCY, _VENUES = 8, 10, 12, 14
_DETAILS = 8

POLICE_HEADER = (
    "Incident No",
    "Date From",
    "Time From",
    "Date To",
    "Time To",
    "Category",
    "Qualifier",
    "Disposal",
    "Address",
    "Easting",
    "Northing",
    "Caller Name",
    "Narrative",
)
FIRE_HEADER = (
    "Incident Number",
    "Time of Call",
    "Stop Time",
    "Incident Type",
    "Property Type",
    "Grid Reference",
    "Ward",
    "Station",
    "Officer in Charge",
)
EMERGENCY_HEADER = (
    "Attendance",
    "Arrival",
    "Incident Date",
    "Incident Time",
    "Assault Type",
    "Location Type",
    "Place Name",
    "Patient Age",
    "Notes",
)
PLACES_HEADER = ("Place Name", "Easting", "Northing")

# The words are those of the National Standard for Incident Recording; the shares are invented.
POLICE_TYPES: dict[str, CaseType] = {
    "Rowdy or inconsiderate": CaseType(0.40, 1.6, EVENING, 1.6, 0.1),
    "Nuisance neighbours": CaseType(0.14, 1.2, NIGHT, 1.3, 0.2),
    "Vehicle nuisance": CaseType(0.12, 1.4, EVENING, 1.3, 0.1),
    "Street drinking": CaseType(0.10, 1.6, EVENING, 1.5, 0.1),
    "Noise": CaseType(0.08, 1.5, NIGHT, 1.8, 0.2),
    "Begging or vagrancy": CaseType(0.06, 1.0, DAY, 0.9, 0.1),
    "Trespass": CaseType(0.04, 1.2, DAY, 1.0, 0.3),
    "Littering or drugs paraphernalia": CaseType(0.04, 1.1, DAY, 0.8, 0.5),
    "Fireworks": CaseType(0.02, 0.4, EVENING, 1.5, 0.1),
}
QUALIFIERS = (("Nuisance", 0.67), ("Personal", 0.26), ("Environmental", 0.07))
FIRE_TYPES: dict[str, CaseType] = {
    "Secondary fire - refuse": CaseType(0.45, 1.8, EVENING, 1.2, 0.02),
    "Secondary fire - grassland": CaseType(0.18, 4.0, EVENING, 1.4, 0.04),
    "Primary fire - vehicle": CaseType(0.12, 1.0, NIGHT, 1.2, 0.04),
    "Primary fire - dwelling": CaseType(0.10, 0.9, EVENING, 1.0, 0.06),
    "False alarm - malicious": CaseType(0.15, 1.1, EVENING, 1.1, 0.01),
}
EMERGENCY_TYPES: dict[str, CaseType] = {
    "Body part (fist, foot, head)": CaseType(0.66, 1.2, NIGHT, 2.2, 0.1),
    "Blunt object": CaseType(0.13, 1.1, NIGHT, 1.8, 0.1),
    "Blade or sharp object": CaseType(0.11, 1.1, NIGHT, 1.5, 0.1),
    "Glass or bottle": CaseType(0.10, 1.3, NIGHT, 2.5, 0.1),
}
VENUE_KINDS = ("bar", "takeaway", "park", "bus stop", "shopping centre")
VENUES = 160

UNLOCATED_SHARE = 0.02
UNKNOWN_TIME_SHARE = 0.05
DUPLICATE_SHARE = 0.02
LONG_SHARE = 0.25
WARD_ONLY_SHARE = 0.15
SHORT_REFERENCE_SHARE = 0.30
NO_TIME_SHARE = 0.20
NO_PLACE_SHARE = 0.08
VAGUE_SHARE = 0.07


@dataclass(frozen=True)
class Event:
    """One drawn incident: its time, kind, the row of its premises, and draws for its other fields."""

    start: datetime
    kind: str
    site: int
    draws: NDArray[np.float64]


def draw_events(places: pd.DataFrame, types: dict[str, CaseType], *, seed: int, stream: int) -> list[Event]:
    """Draw `ROWS` incidents in proportion to weight, planted risk, season and share, sorted by time."""
    relative = rates(places, types)
    chosen = plan.choose(relative, plan.stream(seed, stream).random(ROWS))
    month, site, kind = np.unravel_index(chosen, relative.shape)
    draws = plan.stream(seed, stream + 1).random((ROWS, 3 + _DETAILS))
    names = tuple(types)
    events = [
        Event(
            opened_at(plan.MONTHS[month[i]], types[names[kind[i]]], draws[i, :3]),
            names[kind[i]],
            int(site[i]),
            draws[i, 3:],
        )
        for i in range(ROWS)
    ]
    return sorted(events, key=lambda event: (event.start, event.kind, event.site))


def _choice(options: tuple[tuple[str, float], ...], draw: float) -> str:
    shares = np.array([share for _, share in options])
    return options[int(plan.choose(shares, np.array([draw]))[0])][0]


def make_police_log(premises: pd.DataFrame, *, seed: int = plan.SEED) -> list[list[str]]:
    """Draw a police incident log, in the order of `POLICE_HEADER`.

    Day-first dates apart from their times, from and to; NSIR categories with a qualifier. Planted: one row
    in 20 has 00:00 because its time was not recorded, one in 50 has no coordinates, one in 50 was closed
    as a duplicate. Caller and narrative stand where real logs carry personal data.
    """
    rows = []
    for number, event in enumerate(draw_events(premises, POLICE_TYPES, seed=seed, stream=_POLICE), start=1):
        site, draws = premises.iloc[event.site], event.draws
        unknown = draws[0] < UNKNOWN_TIME_SHARE
        time = "00:00" if unknown else f"{event.start:%H:%M}"
        end = off_clock_change(event.start + timedelta(minutes=int(20 + 460 * draws[2])))
        to = (f"{end:%d/%m/%Y}", f"{end:%H:%M}") if draws[1] < LONG_SHARE and not unknown else ("", "")
        placed = draws[3] >= UNLOCATED_SHARE
        rows.append(
            [
                f"SIMP-{number:05d}",
                f"{event.start:%d/%m/%Y}",
                time,
                *to,
                event.kind,
                _choice(QUALIFIERS, draws[4]),
                "Duplicate" if draws[5] < DUPLICATE_SHARE else "",
                str(site["site_name"]),
                *((str(site["easting"]), str(site["northing"])) if placed else ("", "")),
                f"Simulated caller {int(draws[6] * 900) + 1}",
                f"Simulated note {int(draws[7] * 20)}",
            ]
        )
    return rows


def make_fire_sheet(premises: pd.DataFrame, *, seed: int = plan.SEED) -> list[list[Cell]]:
    """Draw a fire service's sheet: three lines of title, the header in row 4, real dates, grid references.

    Planted: one row in seven names the ward only, which is all that some services give out; of the others,
    three in ten have a reference of six digits (100 m), the rest of eight (10 m).
    """
    title: list[list[Cell]] = [
        ["Simulated Fire and Rescue Service"],
        ["Incidents attended, March 2024 to February 2026 (made up; no real incident is in it)"],
        [None],
        list(FIRE_HEADER),
    ]
    rows: list[list[Cell]] = []
    for number, event in enumerate(draw_events(premises, FIRE_TYPES, seed=seed, stream=_FIRE), start=1):
        site, draws = premises.iloc[event.site], event.draws
        digits = 3 if draws[1] < SHORT_REFERENCE_SHARE else 4
        reference = (
            None
            if draws[0] < WARD_ONLY_SHARE
            else grid_reference(int(site["easting"]), int(site["northing"]), digits)
        )
        stop = off_clock_change(event.start + timedelta(minutes=int(12 + 80 * draws[2])))
        rows.append(
            [
                f"SIMF{number:06d}",
                event.start,
                stop,
                event.kind,
                ("Outdoors", "Road vehicle", "Dwelling", "Other building")[int(draws[3] * 4)],
                reference,
                str(site["ward"]),
                f"Simulated station {int(draws[4] * 4) + 1}",
                f"Simulated officer {int(draws[5] * 60) + 1}",
            ]
        )
    return title + rows


def grid_reference(easting: int, northing: int, digits: int) -> str:
    """Write an OS grid reference with so many digits each way, cut and not rounded, as the OS does."""
    letters = {(3, 2): "SO", (4, 2): "SP", (3, 3): "SJ", (4, 3): "SK"}[
        easting // 100_000, northing // 100_000
    ]
    unit = 10 ** (5 - digits)
    east, north = easting % 100_000 // unit, northing % 100_000 // unit
    return f"{letters} {east:0{digits}d} {north:0{digits}d}"


def make_venues(premises: pd.DataFrame, *, seed: int = plan.SEED) -> pd.DataFrame:
    """Choose places that people name: some of the premises, with a name each, weights as they were."""
    order = np.argsort(plan.stream(seed, _VENUES).random(len(premises)), kind="stable")[:VENUES]
    venues = premises.iloc[np.sort(order)].reset_index(drop=True)
    names = [f"Simulated {VENUE_KINDS[n % len(VENUE_KINDS)]} {n + 1:03d}" for n in range(len(venues))]
    return venues.assign(site_name=names)


def make_places(venues: pd.DataFrame) -> list[list[str]]:
    """Return the lookup table from place names to coordinates, in the order of `PLACES_HEADER`."""
    return [
        [str(name), str(easting), str(northing)]
        for name, easting, northing in zip(
            venues["site_name"], venues["easting"], venues["northing"], strict=True
        )
    ]


def make_emergency_rows(venues: pd.DataFrame, *, seed: int = plan.SEED) -> list[list[str]]:
    """Draw an emergency department's export in the manner of ISTV, in the order of `EMERGENCY_HEADER`.

    ISO dates; the incident's time is told by the patient, and one in five does not know it. The place is
    a name in free text, in any case of letters. Planted: one row in 12 has no place, one in 14 a vague
    one ("town centre") that is not in the lookup table.
    """
    rows = []
    for number, event in enumerate(
        draw_events(venues, EMERGENCY_TYPES, seed=seed, stream=_EMERGENCY), start=1
    ):
        draws = event.draws
        arrival = off_clock_change(event.start + timedelta(minutes=int(25 + 300 * draws[0] ** 2)))
        name = str(venues["site_name"].iloc[event.site])
        written = name.upper() if draws[1] < 0.2 else name
        vague = ("Town centre", "In the street", "On the bus")[int(draws[2] * 3)]
        place = (
            "" if draws[3] < NO_PLACE_SHARE else vague if draws[3] < NO_PLACE_SHARE + VAGUE_SHARE else written
        )
        rows.append(
            [
                f"SIMED{number:06d}",
                f"{arrival:%Y-%m-%d %H:%M}",
                f"{event.start:%Y-%m-%d}",
                "" if draws[4] < NO_TIME_SHARE else f"{event.start:%H:%M}",
                event.kind,
                name.split(" ", 1)[1].rsplit(" ", 1)[0].capitalize(),
                place,
                str(16 + int(draws[5] ** 2 * 60)),
                f"Simulated note {int(draws[6] * 10)}",
            ]
        )
    return rows


def make_files(premises: pd.DataFrame, *, seed: int = plan.SEED) -> dict[str, bytes]:
    """Return the bytes of every file of this module by its file name."""
    from hotspot.sample import files
    from hotspot.sample.workbook import workbook_bytes

    venues = make_venues(premises, seed=seed)
    notes: list[list[Cell]] = [["Simulated data: nothing in this workbook happened."]]
    emergency = files.csv_bytes(EMERGENCY_HEADER, make_emergency_rows(venues, seed=seed))
    return {
        files.POLICE_LOG_FILE: files.csv_bytes(POLICE_HEADER, make_police_log(premises, seed=seed)),
        files.FIRE_FILE: workbook_bytes({"Notes": notes, "Incidents": make_fire_sheet(premises, seed=seed)}),
        # Excel writes a byte order mark before UTF-8.
        files.EMERGENCY_FILE: b"\xef\xbb\xbf" + emergency,
        files.PLACES_FILE: files.csv_bytes(PLACES_HEADER, make_places(venues)),
    }
