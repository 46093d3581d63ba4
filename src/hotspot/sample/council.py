"""Simulated rows in the shape of a council's case export: exact premises, times of day, personal columns."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.sample import plan

HEADER = (
    "Case Ref",
    "Opened",
    "Closed",
    "Case Type",
    "UPRN",
    "Site Name",
    "Easting",
    "Northing",
    "Ward",
    "Reporter Name",
    "Reporter Phone",
    "Notes",
)
TIME_FORMAT = "%d/%m/%Y %H:%M"
EXTRACTED = datetime(2026, 3, 1)
_CASES, _DETAILS = 6, 7
_REPORTERS = 900

# Weight of each hour of the day, 00 to 23, by habit of reporting.
NIGHT = (6, 5, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 9, 8)
EVENING = (2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9, 8, 6, 4, 3)
DAY = (0, 0, 0, 0, 0, 0, 1, 4, 8, 9, 8, 7, 6, 6, 6, 6, 6, 5, 3, 2, 1, 1, 0, 0)


@dataclass(frozen=True, slots=True)
class CaseType:
    """How often a type of case is opened, and when.

    Attributes
    ----------
    share : of all cases.
    july_over_january : its season.
    hours : weight of each hour of the day.
    weekend : weight of a Friday, Saturday or Sunday against another day.
    days_open : mean days until a case is closed.
    """

    share: float
    july_over_january: float
    hours: tuple[int, ...]
    weekend: float
    days_open: float


CASE_TYPES: dict[str, CaseType] = {
    "Noise nuisance": CaseType(0.30, 1.6, NIGHT, 1.8, 21.0),
    "Fly-tipping": CaseType(0.22, 1.1, DAY, 0.8, 5.0),
    "Street drinking": CaseType(0.12, 1.5, EVENING, 1.5, 10.0),
    "Nuisance vehicles": CaseType(0.10, 1.3, EVENING, 1.3, 14.0),
    "Footpath parking": CaseType(0.08, 1.0, DAY, 0.7, 7.0),
    "Begging": CaseType(0.06, 1.0, DAY, 0.9, 9.0),
    "Dog fouling": CaseType(0.06, 0.8, DAY, 0.9, 4.0),
    "BBQ or fire": CaseType(0.06, 4.0, EVENING, 2.0, 3.0),
}


def rates(premises: pd.DataFrame, types: dict[str, CaseType] | None = None) -> NDArray[np.float64]:
    """Return relative rates, months x premises x case types: weight x planted risk x season x share.

    ``types`` are `CASE_TYPES` when None; other sources bring their own.
    """
    kinds = (CASE_TYPES if types is None else types).values()
    shares = np.array([kind.share for kind in kinds])
    seasons = np.array([[plan.season(m, kind.july_over_january) for kind in kinds] for m in plan.MONTHS])
    risk = np.array(
        [plan.relative_risk_at(premises["easting"], premises["northing"], m) for m in plan.MONTHS]
    )
    by_premises = risk * premises["weight"].to_numpy()
    return np.asarray(by_premises[:, :, np.newaxis] * (seasons * shares)[:, np.newaxis, :])


def make_council_rows(premises: pd.DataFrame, *, seed: int = plan.SEED) -> list[list[str]]:
    """Draw the cases, sorted by the time they were opened, as rows of text in the order of `HEADER`.

    A case that is still open when the export is made (1 March 2026) has an empty Closed. Times are local.
    """
    relative = rates(premises)
    chosen = plan.choose(relative, plan.stream(seed, _CASES).random(plan.CASE_ROWS))
    month, site, kind = np.unravel_index(chosen, relative.shape)
    details = plan.stream(seed, _DETAILS).random((plan.CASE_ROWS, 6))
    names = tuple(CASE_TYPES)
    cases: list[tuple[datetime, int, list[str]]] = []
    for i in range(plan.CASE_ROWS):
        name = names[kind[i]]
        opened = opened_at(plan.MONTHS[month[i]], CASE_TYPES[name], details[i, :3])
        fields = [
            _closed(opened, CASE_TYPES[name].days_open, details[i, 3]),
            name,
            *_site(premises, int(site[i])),
        ]
        cases.append((opened, i, [*fields, *_personal(details[i, 4], details[i, 5])]))
    cases.sort(key=lambda case: case[:2])
    return [
        [f"SIM-{number:05d}", opened.strftime(TIME_FORMAT), *fields]
        for number, (opened, _, fields) in enumerate(cases, start=1)
    ]


def opened_at(month: str, kind: CaseType, draws: NDArray[np.float64]) -> datetime:
    """Return a local time in a month, for three uniform draws: of the day, the hour and the minute."""
    year, number = int(month[:4]), int(month[-2:])
    first_weekday, length = calendar.monthrange(year, number)
    days = np.array([kind.weekend if (first_weekday + d) % 7 >= 4 else 1.0 for d in range(length)])
    day = int(plan.choose(days, draws[:1])[0]) + 1
    hour = int(plan.choose(np.array(kind.hours, dtype=float), draws[1:2])[0])
    return off_clock_change(datetime(year, number, day, hour, int(draws[2] * 60)))


def _closed(opened: datetime, days_open: float, draw: float) -> str:
    minutes = 30 - math.log(1.0 - draw) * days_open * 24 * 60
    closed = off_clock_change(opened + timedelta(minutes=int(minutes)))
    return closed.strftime(TIME_FORMAT) if closed < EXTRACTED else ""


def off_clock_change(time: datetime) -> datetime:
    """Move times from 01:00 to 02:00 off the clock-change Sundays: absent in March, doubled in October."""
    last_sunday = time.month in (3, 10) and time.day >= 25 and time.weekday() == 6
    return time + timedelta(hours=1) if last_sunday and time.hour == 1 else time


def _site(premises: pd.DataFrame, index: int) -> list[str]:
    row = premises.iloc[index]
    return [str(row[c]) for c in ("uprn", "site_name", "easting", "northing", "ward")]


def _personal(reporter: float, note: float) -> list[str]:
    """Return a reporter, a number of the range kept for drama (Ofcom: 01632 960000 to 960999), a note."""
    person = int(reporter * _REPORTERS) + 1
    return [f"Simulated person {person}", f"01632 960{person:03d}", f"Simulated note {int(note * 10)}"]
