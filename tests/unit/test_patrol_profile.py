"""Patrol profiles: what they refuse, what they work out, and what they say."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from hotspot.decisions.patrol_profile import GUARDIAN, HOME_OFFICE_HEXAGON, OP_SAVVY, PatrolProfile
from hotspot.errors import InputError

READY = (GUARDIAN, OP_SAVVY, HOME_OFFICE_HEXAGON)


def test_op_savvy_is_as_published() -> None:
    assert (OP_SAVVY.unit, OP_SAVVY.radius, OP_SAVVY.spacing) == ("radius", 150.0, 500.0)
    assert (OP_SAVVY.minimum_per_year, OP_SAVVY.maximum_per_year) == (36.0, 150.0)
    assert OP_SAVVY.shift_days == ("Wed", "Thu", "Fri", "Sat")
    assert (OP_SAVVY.shift_blocks, OP_SAVVY.visit_minutes) == (((15, 22),), 15)


def test_the_hexagon_has_the_area_of_ten_pitches() -> None:
    # A hexagon of width w across flats has w^2 sqrt(3) / 2.
    assert HOME_OFFICE_HEXAGON.cell_size**2 * 3**0.5 / 2 / 10_000 == pytest.approx(7.1, abs=0.05)


@pytest.mark.parametrize("profile", READY, ids=lambda profile: profile.name)
def test_each_says_its_source_and_why_violence_is_off(profile: PatrolProfile) -> None:
    told = " ".join(profile.why())
    assert profile.source in told
    assert len(profile.source) > 60
    assert "Violence and sexual offences, Violent crime: not counted" in told
    assert "data.police.uk has none" in told
    assert not profile.counts_violence


def test_violence_counts_with_both_fields_and_not_with_one() -> None:
    one = replace(GUARDIAN, public_place={"place_type": ("Street", "Park")})
    assert not one.counts_violence
    both = replace(one, not_domestic={"domestic": ("No",)})
    assert both.counts_violence
    told = " ".join(both.why())
    assert (
        "counted only where place_type is Street or Park (a public place) and domestic is No (not domestic)"
        in told
    )


def test_weapons_found_by_search() -> None:
    assert "cannot be told from others" in " ".join(GUARDIAN.why())
    named = replace(GUARDIAN, found_by_search={"origin": ("Stop and search",)})
    assert "Left out as found by stop and search: origin is Stop and search." in named.why()
    assert "search" not in " ".join(replace(named, with_found_by_search=True).why())


def test_the_column_of_ages_is_in_no_text() -> None:
    young = replace(GUARDIAN, under_25="age_years")
    assert "age_years" not in " ".join(young.why()) + repr(young)
    assert any("filter more" in text for text in young.why())


def test_hours_limit_the_areas() -> None:
    # 3 visits of 15 minutes are 45 minutes an area: 4 hours suffice for 5, with 15 minutes over.
    profile = replace(OP_SAVVY, team_hours=4.0)
    assert (profile.areas_within_hours, profile.most_areas) == (5, 5)
    assert replace(profile, areas=3).most_areas == 3
    assert replace(profile, team_hours=0.75).most_areas == 1
    assert OP_SAVVY.areas_within_hours is None


def test_values_are_kept_plain() -> None:
    profile = PatrolProfile(categories="Robbery", shift_days=("Sat", "Mon"), shift_blocks=[(15, 18)])  # type: ignore[arg-type]
    assert profile.categories == ("Robbery",)
    assert profile.shift_days == ("Mon", "Sat")
    assert profile.shift_blocks == ((15, 18),)
    assert hash(profile) != hash(GUARDIAN)
    with pytest.raises(FrozenInstanceError):
        profile.areas = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"areas": 0}, "areas=0 must be a whole number of 1 or more"),
        ({"areas": 2.5}, "areas=2.5 must be a whole number"),
        ({"areas": True}, "areas=True"),
        ({"look_back_months": 0}, "look_back_months=0"),
        ({"radius": 0.0}, "radius=0.0 must be a number above 0"),
        ({"spacing": -1.0}, "spacing=-1.0 must be a number of 0 or more"),
        ({"spacing": float("nan")}, "spacing=nan"),
        ({"half_life_months": 0}, "half_life_months=0"),
        ({"minimum_chance": 1.5}, "from 0 to 1"),
        ({"maximum_per_year": 10.0, "minimum_per_year": 36.0}, "no area can meet both"),
        ({"unit": "circle"}, "use one of hexagon, square, street segment, radius"),
        ({"centres": "streets"}, "use one of places, cells"),
        ({"shift_days": ("Friday",)}, "must be some of Mon"),
        ({"shift_blocks": ((15, 15),)}, "hours=\\(15, 15\\)"),
        ({"shift_blocks": "15-22"}, "must be a list"),
        ({"team_hours": 0.25, "visits_per_shift": 2}, "less than one area needs"),
        ({"where": ("domestic",)}, "must name columns and their values"),
        ({"borough_areas": {"Dudley": 3}}, "none of boroughs"),
        ({"boroughs": ("Dudley",), "borough_areas": {"Dudley": -1}}, "whole number of 0 or more"),
        ({"name": ""}, "needs a name"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(GUARDIAN, **change)
