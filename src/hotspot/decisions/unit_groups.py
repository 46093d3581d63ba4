"""Small areas put together, so that they can be held against an order that has many more reports than each of them."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance

FEWEST_GROUPS = 24
"""A group is full at this part of all reports; overshoot leaves some 15 to 20 groups, on whose number the spread rests."""
SPREAD_SCALE = "spread_scale"
"""Key of a frame's ``attrs``: how many times more small areas a group holds than the order, by weight of reports."""


def grouped_units(
    table: pd.DataFrame,
    layer: gpd.GeoDataFrame,
    code: str,
    before: Sequence[str],
    inside_before: int,
    *,
    inside_units: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Put neighbouring areas together until each group has about as many reports before as the order.

    Parameters
    ----------
    table
        Reports by area and month, from `unit_months` and `apart_from`.
    layer, code
        The areas' outlines, and their column of codes.
    before
        Months before the order (``YYYY-MM``); **no other month is read**, so the outcome groups nothing.
    inside_before
        Reports inside the order in them.
    inside_units
        The same by small area of the order.

    Returns
    -------
    DataFrame
        One row a group, called after its first area, one column a month. Its ``attrs`` hold ``SPREAD_SCALE``: the
        mean effective number of areas in a group, (sum n)^2 / sum n^2 of their reports, over that of the order, 1 at
        least. If small areas go their own ways independently, that many times more of it averages away in a group.

    Notes
    -----
    Areas are taken along a Hilbert curve through their middles, which keeps neighbours together, and a group is full
    when it has ``min(inside_before, all / 24)`` reports before. The last areas, which fill no group, join the last one.

    Areas with far fewer reports than the order show their own changes badly: the spread between them is then
    mostly chance, and the interval is too wide or, where few stand out, too narrow (docs/effect_of_an_order).
    """
    sums = table[list(before)].sum(axis="columns").to_numpy(dtype=np.float64)
    target = min(float(inside_before), float(sums.sum()) / FEWEST_GROUPS)
    if len(table) <= FEWEST_GROUPS or target <= 0.0 or np.median(sums) >= target:
        return table
    order = _along_a_curve(table, layer, code)
    group = _filled(sums[order], target)
    numbers = table.to_numpy(dtype=np.float64)[order]
    made = np.zeros((int(group.max()) + 1, numbers.shape[1]))
    np.add.at(made, group, numbers)
    codes = table.index.to_numpy(dtype=object)[order]
    names = []
    for number in range(len(made)):
        held = codes[group == number]
        names.append(str(held[0]) if len(held) == 1 else f"{held[0]} and {len(held) - 1} more")
    if inside_units is not None:
        effective = [effective_number(sums[order][group == number]) for number in range(len(made))]
        scale = max(1.0, float(np.mean(effective)) / effective_number(inside_units))
    else:
        scale = 1.0
    found = pd.DataFrame(made, index=pd.Index(names, name="area"), columns=table.columns)
    if not np.isnan(made).any():
        found = found.astype(np.int64)
    kept = provenance.carry(
        table, found, "grouped_units", groups=len(found), areas=len(table), spread_scale=scale
    )
    kept.attrs = {**kept.attrs, SPREAD_SCALE: scale}
    return kept


def effective_number(counts: NDArray[np.float64]) -> float:
    """Return how many equal areas would average as much away as these do: (sum n)^2 / sum n^2, 1 at least."""
    total = float((counts**2).sum())
    return max(1.0, float(counts.sum()) ** 2 / total) if total > 0.0 else 1.0


def _along_a_curve(table: pd.DataFrame, layer: gpd.GeoDataFrame, code: str) -> NDArray[np.int64]:
    outlines = layer.set_index(code).geometry.reindex(table.index)
    curve = outlines.representative_point().hilbert_distance(total_bounds=layer.total_bounds)
    return np.lexsort((table.index.to_numpy(dtype=str), curve.to_numpy()))


def _filled(sums: NDArray[np.float64], target: float) -> NDArray[np.int64]:
    """Return the group of each area: the next begins when one has its fill."""
    group = np.empty(len(sums), dtype=np.int64)
    number, held = 0, 0.0
    for at, value in enumerate(sums):
        group[at] = number
        held += value
        if held >= target:
            number, held = number + 1, 0.0
    if held > 0.0 or group[-1] == number:
        # What is left over is no group of its own.
        group[group == number] = max(number - 1, 0)
    return group
