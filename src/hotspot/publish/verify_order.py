"""Is a pack still of this order? The boundary in its manifest against the order's."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from hotspot.decisions.order import Order
from hotspot.errors import InputError
from hotspot.publish.manifest import NAME
from hotspot.publish.review_tables import BOUNDARY
from hotspot.publish.verify import read_manifest, verify


def boundaries_of(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Return the SHA-256 of the boundary of each order that a pack is about, by the order's label.

    Raises
    ------
    InputError
        If there is no manifest, or it names no order.
    """
    place = Path(folder)
    place = place.parent if place.name == NAME else place
    content = read_manifest(place / NAME)
    parameters = content.get("parameters")
    held = parameters if isinstance(parameters, dict) else content
    steps = held.get("steps") or []
    found = {
        str(step["order"]): str(step["boundary"]).replace(" ", "")
        for step in steps
        if isinstance(step, dict) and step.get("step") == BOUNDARY and "order" in step and "boundary" in step
    }
    if not found:
        raise InputError(
            f"{place.name} is no pack of a review: its manifest names no order; give a folder of `write_review`"
        )
    return found


def verify_order(folder: str | os.PathLike[str], order: Order) -> pd.DataFrame:
    """Compare a pack's files with its manifest, and its boundary with the order's.

    Parameters
    ----------
    folder
        A pack of `write_review`, or its manifest.
    order
        The order as it is now.

    Returns
    -------
    DataFrame
        As `verify` returns it: ``name`` and ``state`` of each file.

    Raises
    ------
    InputError
        If the pack was made for another boundary, or see `verify`.

    Notes
    -----
    The boundary is compared by its SHA-256 in EPSG:27700 to 0.01 m: saving it again changes nothing, moving one
    vertex does.
    """
    found = boundaries_of(folder)
    if order.hash not in found.values():
        was = ", ".join(f"{boundary[:12]} ({label})" for label, boundary in sorted(found.items()))
        raise InputError(
            f"the pack {Path(folder).name} was made for another boundary: {was}; the order {order.name!r} now has "
            f"{order.short_hash}. Make the pack again, or give the order as it was"
        )
    return verify(folder)
