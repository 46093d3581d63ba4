"""PatrolProfile: which incidents a patrol plan counts, what an area is, and the limits that it must keep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hotspot.decisions.order_values import hours_of, name_of, texts_of
from hotspot.errors import InputError

UNITS = ("hexagon", "square", "street segment", "radius")
CENTRES = ("places", "cells")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
VIOLENCE = ("Violence and sexual offences", "Violent crime")
Rules = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class PatrolProfile:
    """What a patrol plan is to be; change one with `dataclasses.replace`.

    Attributes
    ----------
    name, source
        What the profile is called, and where its figures come from, in words.
    categories
        Categories that count; every one when empty. Capitals do not matter.
    where
        Further rules that every incident must meet: a column, and the values that it may have.
    public_place_categories
        Categories that count only where ``public_place`` and ``not_domestic`` are both given and both hold:
        columns, and the values that say so. Otherwise they are left out, and `why` says it.
    found_by_search, with_found_by_search
        A column and the values that mark records found by stop and search; they are left out unless
        ``with_found_by_search``.
    under_25
        A column of ages in years: incidents where it is under 25 are kept alone. It is never written out.
    look_back_months
        The last so many months, up to the last month observed.
    half_life_months
        An incident this many months older weighs half as much; all months weigh alike when None.
    unit
        "hexagon" or "square" (cells of ``cell_size``), "street segment", or "radius": discs of ``radius`` around
        places with incidents, or around the centres of squares of ``cell_size`` (``centres="cells"``).
    cell_size, radius, spacing
        Metres: width of a cell; radius of a disc; least distance between the centres of two areas.
    areas
        The most areas wanted.
    minimum_per_year, maximum_per_year
        Reported incidents a year that an area must have at least, and may have at most (None: no limit).
    minimum_chance
        Take out areas whose chance of truly being among the top ``areas`` is under this, 0 to 1.
    visit_minutes, visits_per_shift, team_hours
        What each area gets in a shift, and the hours that the team can spend in areas in one; the areas that the
        hours suffice for are a limit. No such limit when ``team_hours`` is None.
    shift_days, shift_blocks
        Days such as "Fri", and blocks of hours such as ``(15, 22)``.
    boroughs, borough_column, borough_areas
        Parts of the area to plan for, by the names in a column of it (all when empty), and the most areas in
        each, such as ``{"Dudley": 5}``.
    switching_cost
        A new area is taken in the place of one of the previous plan only if it weighs more than this share
        more: 0.1 is 10 %.

    Raises
    ------
    InputError
        If a value is not one of these, or two of them cannot both be.

    Examples
    --------
    >>> from dataclasses import replace
    >>> mine = replace(OP_SAVVY, areas=6, visits_per_shift=3, team_hours=4.0)
    >>> mine.areas_within_hours, mine.most_areas
    (5, 5)
    >>> replace(GUARDIAN, areas=0)
    Traceback (most recent call last):
    hotspot.errors.InputError: areas=0 must be a whole number of 1 or more
    """

    name: str = "Patrol profile"
    source: str = "the user's own"
    categories: tuple[str, ...] = ()
    where: Rules = field(default_factory=dict, hash=False)
    public_place_categories: tuple[str, ...] = ()
    public_place: Rules = field(default_factory=dict, hash=False)
    not_domestic: Rules = field(default_factory=dict, hash=False)
    found_by_search: Rules = field(default_factory=dict, hash=False)
    with_found_by_search: bool = False
    under_25: str | None = field(default=None, repr=False)
    look_back_months: int = 12
    half_life_months: float | None = None
    unit: str = "radius"
    cell_size: float = 200.0
    radius: float = 150.0
    centres: str = "places"
    spacing: float = 0.0
    areas: int = 10
    minimum_per_year: float = 0.0
    maximum_per_year: float | None = None
    minimum_chance: float = 0.0
    visit_minutes: int = 15
    visits_per_shift: int = 1
    team_hours: float | None = None
    shift_days: tuple[str, ...] = DAYS
    shift_blocks: tuple[tuple[int, int], ...] = ()
    boroughs: tuple[str, ...] = ()
    borough_column: str = "name"
    borough_areas: Mapping[str, int] = field(default_factory=dict, hash=False)
    switching_cost: float = 0.1

    def __post_init__(self) -> None:
        self._texts()
        self._numbers()
        self._choices()
        limits = dict(self.borough_areas)
        for key, most in limits.items():
            _whole(most, f"borough_areas of {key!r}", least=0)
            if key not in self.boroughs:
                raise InputError(f"borough_areas names {key!r}, which is none of boroughs={self.boroughs}")
        object.__setattr__(self, "borough_areas", limits)
        blocks = tuple(hours_of(block, self.name) for block in _listed(self.shift_blocks, "shift_blocks"))
        object.__setattr__(self, "shift_blocks", blocks)
        if self.most_areas < 1:
            raise InputError(
                f"team_hours={self.team_hours:g} is less than one area needs in a shift, {self.visits_per_shift} x "
                f"{self.visit_minutes} minutes; give more hours, or fewer or shorter visits"
            )

    def _texts(self) -> None:
        object.__setattr__(self, "name", name_of(self.name, "a patrol profile"))
        for key in ("categories", "public_place_categories", "boroughs"):
            object.__setattr__(self, key, texts_of(getattr(self, key), key))
        for key in ("where", "public_place", "not_domestic", "found_by_search"):
            given = getattr(self, key)
            if not isinstance(given, Mapping):
                raise InputError(
                    f"{key}={given!r} must name columns and their values, such as {{'place_type': ('Street',)}}"
                )
            object.__setattr__(self, key, {str(k): texts_of(v, f"{key} {k!r}") for k, v in given.items()})

    def _numbers(self) -> None:
        for key in ("areas", "look_back_months", "visit_minutes", "visits_per_shift"):
            _whole(getattr(self, key), key)
        for key in ("cell_size", "radius"):
            _number(getattr(self, key), key, above=True)
        for key in ("spacing", "minimum_per_year", "switching_cost"):
            _number(getattr(self, key), key)
        for key in ("half_life_months", "maximum_per_year", "team_hours"):
            if getattr(self, key) is not None:
                _number(getattr(self, key), key, above=True)
        _number(self.minimum_chance, "minimum_chance")
        if self.minimum_chance > 1:
            raise InputError(f"minimum_chance={self.minimum_chance:g} must be from 0 to 1")
        if self.maximum_per_year is not None and self.maximum_per_year < self.minimum_per_year:
            raise InputError(
                f"maximum_per_year={self.maximum_per_year:g} is less than minimum_per_year={self.minimum_per_year:g}; "
                "no area can meet both"
            )

    def _choices(self) -> None:
        for key, known in (("unit", UNITS), ("centres", CENTRES)):
            if getattr(self, key) not in known:
                raise InputError(f"{key}={getattr(self, key)!r} is unknown; use one of {', '.join(known)}")
        days = texts_of(self.shift_days, "shift_days")
        wrong = [day for day in days if day not in DAYS]
        if wrong or not days:
            raise InputError(f"shift_days={days!r} must be some of {', '.join(DAYS)}")
        object.__setattr__(self, "shift_days", tuple(day for day in DAYS if day in days))

    @property
    def areas_within_hours(self) -> int | None:
        """The areas that ``team_hours`` suffice for; None without such a limit. Walking is not counted."""
        if self.team_hours is None:
            return None
        return math.floor(self.team_hours * 60 / (self.visit_minutes * self.visits_per_shift) + 1e-9)

    @property
    def most_areas(self) -> int:
        """The most areas that a plan may have: ``areas``, or what the hours suffice for."""
        within = self.areas_within_hours
        return self.areas if within is None else min(self.areas, within)

    @property
    def counts_violence(self) -> bool:
        """Whether the categories that need a public place count."""
        return bool(self.public_place_categories and self.public_place and self.not_domestic)

    def why(self) -> tuple[str, ...]:
        """Say in sentences what counts and what does not, for the sheet and the record."""
        counted = ", ".join(self.categories) or "every category"
        told = [f"{self.name}: {self.source}", f"Counted: {counted}."]
        if self.where:
            told.append(f"Only where {_rules(self.where)}.")
        gated = ", ".join(self.public_place_categories)
        if self.counts_violence:
            told.append(
                f"{gated}: counted only where {_rules(self.public_place)} (a public place) and "
                f"{_rules(self.not_domestic)} (not domestic)."
            )
        elif gated:
            told.append(
                f"{gated}: not counted. It would hold incidents in homes, and no field is named that says public place "
                "and not domestic; data.police.uk has none."
            )
        if self.found_by_search and not self.with_found_by_search:
            told.append(f"Left out as found by stop and search: {_rules(self.found_by_search)}.")
        elif not self.with_found_by_search and any("weapon" in name.casefold() for name in self.categories):
            told.append(
                "Weapons found by stop and search cannot be told from others, since no field is named that says so "
                "(data.police.uk has none): they show where searches were made."
            )
        if self.under_25 is not None:
            told.append("One filter more is in use; it is not stated here.")
        return tuple(told)


def _rules(rules: Rules) -> str:
    return " and ".join(f"{column} is {' or '.join(values)}" for column, values in rules.items())


def _listed(given: Any, whose: str) -> Iterable[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"{whose}={given!r} must be a list, such as [(15, 18), (18, 22)]")
    return given


def _whole(value: Any, name: str, least: int = 1) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InputError(f"{name}={value!r} must be a whole number of {least} or more")


def _number(value: Any, name: str, *, above: bool = False) -> None:
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not right or value < 0 or (above and value == 0):
        raise InputError(f"{name}={value!r} must be a number {'above 0' if above else 'of 0 or more'}")


GUARDIAN = PatrolProfile(
    name="Guardian",
    source=(
        "for West Midlands Police's knife-crime and serious-youth-violence patrols, one team for Dudley and Sandwell. "
        "What it counts follows the operation's published aims; its distances, minimum and number of areas are this "
        "library's, after Op Savvy, and are to be adjusted."
    ),
    categories=("Robbery", "Possession of weapons"),
    public_place_categories=VIOLENCE,
    unit="radius",
    radius=150.0,
    spacing=350.0,
    areas=10,
    minimum_per_year=6.0,
    minimum_chance=0.5,
    visit_minutes=15,
    visits_per_shift=2,
    shift_blocks=((15, 18), (18, 22)),
)
"""Robbery and weapons; violence only where a field says public place; the areas that can be told from the rest."""

OP_SAVVY = PatrolProfile(
    name="Op Savvy",
    source=(
        "West Midlands Police and Cambridge, patrols by PCSOs in Birmingham South: radius up to 150 m, centres 500 m "
        "apart or more, 36 to 150 crimes a year, offences that are seen in the street, 15 minutes at least twice a day, "
        "3 patrols a late shift, 3 pm to 10 pm, Wednesday to Saturday. The choice of categories and the number of areas "
        "are this library's."
    ),
    categories=(
        "Bicycle theft",
        "Criminal damage and arson",
        "Drugs",
        "Possession of weapons",
        "Public disorder and weapons",
        "Public order",
        "Robbery",
        "Theft from the person",
        "Vehicle crime",
    ),
    public_place_categories=VIOLENCE,
    unit="radius",
    radius=150.0,
    spacing=500.0,
    areas=20,
    minimum_per_year=36.0,
    maximum_per_year=150.0,
    visit_minutes=15,
    visits_per_shift=3,
    shift_days=("Wed", "Thu", "Fri", "Sat"),
    shift_blocks=((15, 22),),
)
"""Op Savvy as published."""

HOME_OFFICE_HEXAGON = PatrolProfile(
    name="Home Office hexagon",
    source=(
        "the Home Office's mapping of knife crime in hexagons the size of about 10 football pitches (7.1 ha, 287 m "
        "across). Its data is knife crime; robbery and weapons are the nearest categories of data.police.uk. The "
        "number of areas and the minimum are this library's."
    ),
    categories=("Robbery", "Possession of weapons"),
    public_place_categories=VIOLENCE,
    unit="hexagon",
    cell_size=287.0,
    areas=10,
    minimum_per_year=6.0,
    shift_blocks=((15, 22),),
)
"""Hexagons of about 7.1 hectares."""
