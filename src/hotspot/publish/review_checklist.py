"""The checklist of a public pack: where it speaks to each point of the decision, and where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from hotspot.decisions.checklist import PARTS, checklist
from hotspot.decisions.review_more import SPEAKS
from hotspot.publish.review_tables import part_of

if TYPE_CHECKING:
    from hotspot.decisions.review import Review


def checklist_released(
    review: Review, made: Mapping[str, pd.DataFrame], open_only: frozenset[str]
) -> pd.DataFrame:
    """Return the checklist of the parts that a public pack has, not of those of the restricted one.

    Parameters
    ----------
    review
        What the pack is made from.
    made
        The tables of the pack by key.
    open_only
        Those of them of which only the rows of open sources are there.

    Returns
    -------
    DataFrame
        As of `hotspot.decisions.checklist.checklist`.
    """
    has: dict[str, bool | str] = dict.fromkeys(
        ("order", "boundary", "prohibitions", "coverage", "caveats"), True
    )
    has["boundary_before"] = review.order.boundary_before is not None
    has["manifest"] = "manifest: versions, fingerprints, and rows read, rounded"
    has["disclosure"] = f"the table {part_of('left_out').title!r}"
    for part, names in SPEAKS.items():
        held = [name for name in names if name in made and len(made[name])]
        apart = bool(held) and set(held) <= open_only
        has[part] = f"{PARTS[part]} (open sources only)" if apart else bool(held)
    has["effect"] = bool(made["headlines"]["inside_before_shown"].ne("").any())
    return checklist(review.order, has)
