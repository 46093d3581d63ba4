"""The published rule that puts a location's months into plain words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspot.statistics.occupancy import expected_active, lowest_usual

Counts = NDArray[np.integer]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

CLASSES = (
    "too few to say",
    "once",
    "same season each year",
    "newly appeared",
    "faded",
    "burst",
    "steady",
)
"""In order of precedence: the first whose rule holds."""
TOO_FEW, ONCE, SEASON, APPEARED, FADED, BURST, STEADY = range(len(CLASSES))

LEVEL = 0.01
LEAST_OBSERVED = 12
LEAST_INCIDENTS = 5
LEAST_SEASON_MONTHS = 24
WIDEST_SEASON = 4
SEASON_RATIO = 4.0
BUSY = 1.5
STRAY = 20
NEW_WITHIN = 12
FADED_QUIET = 6
LASTING = 12
LEAST_ACTIVE = 3
FEW_SHARE = 0.75
MONTH_SHARE, RUN_SHARE = 1 / 4, 1 / 2
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WINDOWS = [(width, start) for width in range(1, WIDEST_SEASON + 1) for start in range(12)]
BLOCK = 100_000


def season_name(window: int) -> str:
    """Write a window of calendar months, such as ``Jul`` or ``Jun-Aug``."""
    width, start = WINDOWS[window]
    return (
        MONTH_NAMES[start] if width == 1 else f"{MONTH_NAMES[start]}-{MONTH_NAMES[(start + width - 1) % 12]}"
    )


def classify(counts: Counts, months: Integers) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Give each location its class, and the season of those that have one.

    Parameters
    ----------
    counts
        Incidents, shape (locations, months).
    months
        The observed months, ascending, as months since January 1970.

    Returns
    -------
    tuple
        Positions in ``CLASSES``; and in ``WINDOWS``, -1 where there is no season.

    Notes
    -----
    Even spreading puts each incident into any observed month with the same chance. Beside what its class says,
    a location must hold something that even spreading gives with a chance of at most 1 % (``LEVEL``). Five
    things are looked at (season, newly appeared, faded, few months, heavy months), so at most 5 % of evenly
    spread locations fall into another class than steady. docs/when_it_happens.md states each rule.
    """
    classes = np.full(len(counts), TOO_FEW, dtype=np.int8)
    seasons = np.full(len(counts), -1, dtype=np.int8)
    if len(months) < LEAST_OBSERVED:
        return classes, seasons
    for start in range(0, len(counts), BLOCK):
        block = counts[start : start + BLOCK]
        incidents = block.sum(axis=1, dtype=np.int64)
        one_month = (block > 0).sum(axis=1) == 1
        classes[start : start + BLOCK][one_month & (incidents < LEAST_INCIDENTS)] = ONCE
        enough = np.flatnonzero(incidents >= LEAST_INCIDENTS)
        if len(enough):
            found, season = _decide(block[enough].astype(np.int64), incidents[enough], months)
            classes[start + enough], seasons[start + enough] = found, season
    return classes, seasons


def _decide(counts: Integers, incidents: Integers, months: Integers) -> tuple[Integers, Integers]:
    from scipy.special import bdtr

    observed = len(months)
    found = np.full(len(counts), STEADY, dtype=np.int64)
    season = _season(counts, incidents, months)
    before, even_after = _even_since(counts, incidents)
    after, even_before = _even_since(counts[:, ::-1], incidents)
    # Evenly busy for a year or more is no burst, however long nothing was reported before or after it.
    lasting = (even_after & (observed - before >= LASTING)) | (even_before & (observed - after >= LASTING))
    few = _few_months((counts > 0).sum(axis=1), incidents, observed) & ~lasting
    found[few | _heavy_months(counts, incidents, months)] = BURST
    strays = incidents // STRAY
    faded = even_before & (after >= max(FADED_QUIET, math.ceil(observed / 4)))
    found[faded & (bdtr(strays, incidents, after / observed) <= LEVEL)] = FADED
    appeared = even_after & (observed - before <= min(NEW_WITHIN, observed // 2))
    found[appeared & (bdtr(strays, incidents, before / observed) <= LEVEL)] = APPEARED
    found[season >= 0] = SEASON
    return found, season


def _few_months(active: Integers, incidents: Integers, observed: int) -> Flags:
    """Fewer active months than the 1 % point of even spreading, and at most three quarters of those expected."""
    few = active < lowest_usual(incidents, observed, level=LEVEL)
    return np.asarray(few & (active <= FEW_SHARE * expected_active(incidents, observed)))


def _heavy_months(counts: Integers, incidents: Integers, months: Integers) -> Flags:
    """One month with a quarter of all incidents, or three in a row with half, beyond the chance of any such."""
    from scipy.special import bdtrc

    observed = len(months)
    runs = np.flatnonzero(months[2:] - months[:-2] == 2)
    tried = observed + len(runs)
    heavy = np.zeros(len(counts), dtype=bool)
    top = counts.max(axis=1)
    chance = tried * bdtrc(top - 1, incidents, 1.0 / observed)
    heavy |= (top >= MONTH_SHARE * incidents) & (chance <= LEVEL)
    if len(runs):
        triples = counts[:, runs] + counts[:, runs + 1] + counts[:, runs + 2]
        top = triples.max(axis=1)
        chance = tried * bdtrc(np.maximum(top - 1, 0), incidents, 3.0 / observed)
        heavy |= (top >= RUN_SHARE * incidents) & (chance <= LEVEL)
    return heavy


def _even_since(counts: Integers, incidents: Integers) -> tuple[Integers, Flags]:
    """Return how many months hold at most one in twenty incidents, and whether the rest is spread over the others."""
    observed = counts.shape[1]
    sums = np.cumsum(counts, axis=1)
    quiet = (sums <= (incidents // STRAY)[:, None]).sum(axis=1)
    since = np.arange(observed)[None, :] >= quiet[:, None]
    left = np.where(since, counts, 0).sum(axis=1)
    active = ((counts > 0) & since).sum(axis=1)
    even = active >= LEAST_ACTIVE
    for start in np.unique(quiet):
        here = quiet == start
        even[here] &= ~_few_months(active[here], left[here], observed - int(start))
    return quiet, even


def _season(counts: Integers, incidents: Integers, months: Integers) -> Integers:
    """Return the window of calendar months in which the busy months lie in year after year, or -1."""
    best = np.full(len(counts), -1, dtype=np.int64)
    if len(months) < LEAST_SEASON_MONTHS:
        return best
    observed = len(months)
    busy = counts * observed > BUSY * incidents[:, None]
    in_month = np.zeros((observed, 12))
    in_month[np.arange(observed), months % 12] = 1.0
    busy_by_month, counts_by_month = busy.astype(float) @ in_month, counts.astype(float) @ in_month
    all_busy = busy.sum(axis=1)
    lowest = np.full(len(counts), LEVEL / len(WINDOWS))
    tables: dict[int, NDArray[np.float64]] = {}
    for number, (width, start) in enumerate(WINDOWS):
        calendar = (start + np.arange(width)) % 12
        size = int(np.isin(months % 12, calendar).sum())
        if size in (0, observed):
            continue
        if size not in tables:
            tables[size] = _upper_tail(observed, size)
        inside = counts_by_month[:, calendar].sum(axis=1)
        rows = np.flatnonzero(inside * (observed - size) >= SEASON_RATIO * (incidents - inside) * size)
        busy_inside = busy_by_month[np.ix_(rows, calendar)].sum(axis=1).astype(np.int64)
        chance = tables[size][all_busy[rows], busy_inside]
        better = np.where(best[rows] >= 0, chance < lowest[rows], chance <= lowest[rows])
        better[better] = _returns(busy[rows[better]], months, width, start)
        best[rows[better]], lowest[rows[better]] = number, chance[better]
    return best


def _upper_tail(observed: int, size: int) -> NDArray[np.float64]:
    """Return P(at least y of B busy months lie in a window of ``size``), for every B and y: hypergeometric."""
    from scipy.special import binom

    busy, inside = np.meshgrid(np.arange(observed + 1), np.arange(size + 1), indexing="ij")
    outside = busy - inside
    ways = np.where(outside >= 0, binom(size, inside) * binom(observed - size, np.maximum(outside, 0)), 0.0)
    return np.asarray(np.cumsum(ways[:, ::-1], axis=1)[:, ::-1] / binom(observed, busy))


def _returns(busy: Flags, months: Integers, width: int, start: int) -> Flags:
    """Busy in at least two years, and in each year in which all months of the window were observed."""
    year, place = np.divmod(months - start, 12)
    times = np.zeros(len(busy), dtype=np.int64)
    missed = np.zeros(len(busy), dtype=bool)
    for one in np.unique(year[place < width]):
        columns = np.flatnonzero((year == one) & (place < width))
        hit = busy[:, columns].any(axis=1)
        times += hit
        if len(columns) == width:
            missed |= ~hit
    return np.asarray((times >= 2) & ~missed)
