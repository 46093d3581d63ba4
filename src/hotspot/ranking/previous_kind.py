"""Whether last time's list is of the same kind as this one, as far as its record or its file says."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot import provenance
from hotspot.errors import HotspotWarning

log = logging.getLogger("hotspot")

TOLD = "hotspot_previous"
"""Where a list that was read keeps what it tells of itself."""
# The sentence that repeat_locations gives every output of its list.
_LISTED = re.compile(
    r"Listed: [\d,]+ of [\d,]+ locations with a reported incident(?:, those with ([\d,]+) or more)?\."
)


def told_by_record(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what the list's own record says of its kind of location and its least number of incidents."""
    steps = [step for step in provenance.of(frame)["steps"] if step["step"] == "repeat_locations"]
    if not steps:
        return {}
    return {"kind": kind_of(steps[-1]), "min_incidents": steps[-1].get("min_incidents")}


def told_by_file(path: Path, table: pd.DataFrame) -> dict[str, Any]:
    """Return what can be told of a list from its file, and from the dictionary that `write_csv` put beside it."""
    told: dict[str, Any] = {"points": "points" in table.columns}
    try:
        text = path.with_name(f"{path.stem}_columns.csv").read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return told
    found = {match.group(1) for match in _LISTED.finditer(text)}
    if len(found) == 1:
        least = found.pop()
        told["min_incidents"] = 1 if least is None else int(least.replace(",", ""))
    return told


def kind_of(record: Mapping[str, Any]) -> str:
    """Say in words what one location is, from the record of a list."""
    if "within_m" in record:
        return f"points within {record['within_m']:g} m of one another"
    if record.get("by") == "cells":
        grid = record.get("grid", {})
        return f"{grid.get('shape', '')} cells of {grid.get('cell_size_m', 0):g} m".strip()
    if record.get("by") == "areas":
        return f"areas by {record.get('id_column')!r}"
    return f"the column {record.get('by')!r}"


def warn_of_another_kind(last: pd.DataFrame, record: Mapping[str, Any], min_incidents: int) -> bool:
    """Say that last time's list is of another kind of location, or left out locations that this one has.

    Parameters
    ----------
    last
        From `read_previous`.
    record
        What the record says of this list's kind of location.
    min_incidents
        Of this list.

    Returns
    -------
    bool
        Whether the kinds differ.

    Warns
    -----
    HotspotWarning
        If the kinds differ, or last time's list left out more: what it left out is new here.

    Notes
    -----
    A file says neither its columns' origin nor its cells, only whether its points were grouped by distance.
    """
    told = last.attrs.get(TOLD, {})
    kind, before = kind_of(record), told.get("kind")
    if before is None and "points" in told and told["points"] != ("within_m" in record):
        before = "points within a distance of one another" if told["points"] else "ids, cells or areas"
    other = before is not None and before != kind
    if other:
        warnings.warn(
            f"previous: its locations are {before}, and those of this list are {kind}: what is kept, new or gone "
            "between the two says nothing of the places; give last time's list of the same kind",
            HotspotWarning,
            stacklevel=3,
        )
    least = told.get("min_incidents")
    if least is None or least == min_incidents:
        return other
    if least > min_incidents:
        warnings.warn(
            f"previous: it was written with min_incidents={least}, and this list with {min_incidents}: locations that "
            "it left out count as new here; write the list for next time with min_incidents=1",
            HotspotWarning,
            stacklevel=3,
        )
    else:
        log.info(
            "previous was written with min_incidents=%s, this list with %s: gone can mean fewer than %s",
            least, min_incidents, min_incidents,
        )  # fmt: skip
    return other
