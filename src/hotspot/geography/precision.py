"""No unit finer than the data carries: refuse it and say why."""

from __future__ import annotations

import pandas as pd

from hotspot.errors import InputError

FINEST_METRES = {
    "exact": 0.0,
    "address": 0.0,
    "street": 100.0,
    "map_point": 100.0,
    "postcode": 100.0,
    "area": 1000.0,
}
"""Smallest unit, in metres, that each location_precision can carry."""


def finest_unit(incidents: pd.DataFrame) -> tuple[float, str]:
    """Return the smallest unit that the incidents can carry, and the precision that sets it."""
    if "location_precision" not in incidents.columns or incidents.empty:
        return 0.0, "exact"
    grades = [str(grade) for grade in incidents["location_precision"].dropna().unique()]
    return max(((FINEST_METRES.get(grade, 0.0), grade) for grade in grades), default=(0.0, "exact"))


def refuse_finer(incidents: pd.DataFrame, metres: float, what: str) -> None:
    """Raise InputError if ``metres`` is finer than the incidents' locations."""
    finest, grade = finest_unit(incidents)
    if metres < finest:
        rows = int((incidents["location_precision"] == grade).sum())
        about = {
            "map_point": "data.police.uk moves every incident to an anonymised map point, about 100 m from the next",
        }.get(grade, f"their locations are known to {grade.replace('_', ' ')} level only")
        raise InputError(
            f"{what}={metres:g} m is finer than the data: {rows:,} incidents have location_precision "
            f"{grade!r} ({about}). Use {finest:g} m or more"
        )
