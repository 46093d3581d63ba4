"""The interval of a closed source's estimate as it may be handed out: two digits, where no month can be told from them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.decisions.fairness import units_of_headline
from hotspot.decisions.headline import Headline, estimate
from hotspot.decisions.places_of import INSIDE

if TYPE_CHECKING:
    from hotspot.decisions.review import Review
    from hotspot.statistics.effect import Effect

LEAST_VALUES = 3
"""So many whole numbers must be possible for every monthly count, all totals and the printed interval given."""
TRIES = 2000
"""Tables that are looked at before the interval is left out."""


@dataclass(frozen=True)
class Shown:
    """The headline's interval to two digits."""

    low: float
    high: float


def shown_interval(review: Review, item: Headline) -> Shown | None:
    """Return the full interval of an estimate to two digits, or None where it could tell single months.

    Parameters
    ----------
    review
        Whose areas give the spread.
    item
        A prohibition with an estimate.

    Returns
    -------
    Shown or None

    Notes
    -----
    The interval is made from months that are not handed out. So other tables of months with the same totals are looked
    for, a step at a time from the true one and with a fixed seed: reports are moved between months of one period and
    place, and a table is kept if it would print the same. The interval is printed only if each month of both periods, in
    the order and in its comparison, takes 3 different values or more among them.

    No p value is printed: two digits of a small one tell the error far more closely than the interval does.

    How this can mislead: one who knows other months already can rule more out than this check supposes, as with any
    total. It looks at one pack; a register compares the totals of several.
    """
    if item.frame is None or item.effect is None or item.counted is None or item.periods is None:
        return None
    _, units = units_of_headline(item.frame, review.order, item, review.design, review.code)
    shown = _shown(item.effect)
    if shown is None or _again(item, item.counted.counts, units) != shown:
        return None
    return shown if _enough_values(item, units, shown) else None


def two_digits(value: float, limit: float) -> float:
    """Round to two significant digits, but never onto or across ``limit``."""
    made = float(f"{value:.2g}")
    if value < limit <= made:
        return float(f"{limit * 0.99:.2g}")
    return float(f"{limit * 1.01:.3g}") if value > limit >= made else made


def _shown(effect: Effect) -> Shown | None:
    if effect.reason or not (math.isfinite(effect.low) and math.isfinite(effect.high)):
        return None
    return Shown(two_digits(effect.low, 1.0), two_digits(effect.high, 1.0))


def _again(item: Headline, counts: NDArray[np.int64], units: pd.DataFrame | None) -> Shown | None:
    """Return what would be printed of other counts by month."""
    assert item.counted is not None  # noqa: S101 - told by the caller
    assert item.periods is not None  # noqa: S101 - told by the caller
    changed = replace(item.counted, counts=counts)
    effect, _ = estimate(changed, item.periods, units, comparison=item.comparison or None)
    return _shown(effect)


def _enough_values(item: Headline, units: pd.DataFrame | None, shown: Shown) -> bool:
    """Tell whether every month can have had enough values, by a walk over tables that print the same."""
    assert item.counted is not None  # noqa: S101 - told by the caller
    groups = _groups(item)
    counts = item.counted.counts
    values = {(place, month): {int(counts[place, month])} for place, months in groups for month in months}
    chance = np.random.default_rng(0)
    for _ in range(TRIES):
        lacking = [key for key, held in values.items() if len(held) < LEAST_VALUES]
        if not lacking:
            return True
        aim = lacking[int(chance.integers(len(lacking)))]
        changed = _moved(counts, groups, aim, chance)
        if (changed < 0).any() or _again(item, changed, units) != shown:
            continue
        counts = changed
        for place, month in values:
            values[place, month].add(int(counts[place, month]))
    return False


def _groups(item: Headline) -> list[tuple[int, list[int]]]:
    """Return each place with the columns of the months of one period: their sums are handed out."""
    table, periods = item.counted, item.periods
    assert table is not None  # noqa: S101 - told by the caller
    assert periods is not None  # noqa: S101 - told by the caller
    places = [table.roles.index(INSIDE)]
    if item.comparison:
        places.append(table.places.index(item.comparison))
    return [
        (place, table.months.get_indexer(months).tolist())
        for place in places
        for months in (periods.before, periods.during)
    ]


def _moved(
    counts: NDArray[np.int64],
    groups: list[tuple[int, list[int]]],
    aim: tuple[int, int],
    chance: np.random.Generator,
) -> NDArray[np.int64]:
    """Return counts after one to four reports were moved within a period, the first of them from or to a month."""
    made = counts.copy()
    for number in range(int(chance.integers(1, 5))):
        if number == 0:
            place, months = next(group for group in groups if group[0] == aim[0] and aim[1] in group[1])
            one = aim[1]
        else:
            place, months = groups[int(chance.integers(len(groups)))]
            one = months[int(chance.integers(len(months)))]
        others = [month for month in months if month != one]
        other = others[int(chance.integers(len(others)))]
        step = int(chance.choice([-1, 1]))
        made[place, one] += step
        made[place, other] -= step
    return made
