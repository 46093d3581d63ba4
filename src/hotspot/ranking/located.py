"""The answer to "which location is each incident in", whatever a location is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Located:
    """The locations, and which of them each incident is in.

    Attributes
    ----------
    codes
        The location of each incident, -1 where it is in none.
    ids
        Text, one a location: every location of the models, those without an incident too.
    names
        What the list of places, the cells or the areas call each location; None where the incidents name it.
    complete
        Whether the locations are a full list, zeros included; if not, places without incidents are unknown.
    apart
        Which locations are known places that are ranked by themselves.
    points
        x, y and location of every point of the locations, the first being the one that opened it; None
        unless points are grouped by distance.
    record
        What the record says of the choice, plain values.
    notes
        Sentences that every output prints.
    """

    codes: Integers
    ids: Texts
    names: Texts | None
    complete: bool
    apart: NDArray[np.bool_]
    points: tuple[Floats, Floats, Integers] | None = None
    record: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def by_street(self) -> bool:
        """Whether each location is a street, so that its name is a street's and not that of a point near it."""
        return self.record.get("by") == "street_id"


def plain_located(codes: Integers, ids: Texts, names: Texts | None, complete: bool, **record: Any) -> Located:
    """Return locations without points of their own, none of them apart."""
    return Located(codes, ids, names, complete, np.zeros(len(ids), dtype=bool), None, record)


def with_unmatched(found: Located, where: str) -> Located:
    """Count the incidents that are in no location, and say so in every output."""
    lost = int((found.codes < 0).sum())
    record = {**found.record, "in_no_location": lost}
    if lost == 0:
        return replace(found, record=record)
    if lost == len(found.codes):
        raise InputError(
            f"all {lost:,} incidents are {where}; check that the two are of one part of the country"
        )
    sentence = (
        f"{lost:,} of {len(found.codes):,} incidents are {where}: they are in no location of the ranking, and "
        "shares are of all incidents."
    )
    return replace(found, record=record, notes=(*found.notes, sentence))
