"""How concentrated incidents are, beside what chance alone would make of as many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import refuse_silent_sum
from hotspot.intake.breaks import refuse_across_breaks
from hotspot.ranking.identity import By, Located, locate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SHARES = (25, 50, 80)
"""Per cent of the incidents for which the share of locations is given."""
_MOVED = {"place_id": "points", "location": "points", "street_id": "points", "lsoa_code": "lsoa codes"}
MOST_AT_ONCE = 4_000_000
"""Numbers of one batch of simulations, so that memory stays small."""


@dataclass(frozen=True, eq=False)
class Concentration:
    """What `concentration` returns.

    Attributes
    ----------
    table : DataFrame
        One row a measure: ``measure``, ``unit``, ``observed`` with its 95 % interval ``observed_low`` to
        ``observed_high``, and ``chance``, ``chance_low``, ``chance_high``: mean and 95 % range of the same
        measure if every location were as likely as the next.
    curve : DataFrame
        The Lorenz curve, busiest locations first: ``locations_pct``, ``incidents_pct``, and
        ``chance_pct``, ``chance_low_pct``, ``chance_high_pct``.
    sentence : str
        How many locations hold half of the incidents, always beside what chance would make of it.
    locations, incidents : int
        How many of each.
    zeros_known : bool
        Whether locations without an incident are among them (``places`` was given).
    """

    table: pd.DataFrame = field(repr=False)
    curve: pd.DataFrame = field(repr=False)
    sentence: str
    locations: int
    incidents: int
    zeros_known: bool


def concentration(
    incidents: gpd.GeoDataFrame,
    *,
    by: By | None = None,
    within: float | None = None,
    places: pd.DataFrame | None = None,
    across_breaks: bool = False,
    seed: int | np.random.Generator = 0,
    simulations: int = 999,
) -> Concentration:
    """Measure how concentrated incidents are, beside what chance alone would make of as many.

    Parameters
    ----------
    incidents
        Points with a CRS. Those that `flag_known_places` set apart are left out, and counted in the record.
    by
        The column that says which location an incident is at, a `Grid`, or polygons; ``"place_id"`` when
        neither ``by`` nor ``within`` is given.
    within
        Or: the largest distance in metres between any two points of one location.
    places
        All places that there are, those without an incident too: a table with the column ``by``, or points
        for ``within``. Without it only locations with an incident are known, and everything is about those.
        A grid or polygons are a full list already.
    across_breaks
        Go on although the points of a source changed within the months given.
    seed
        For the interval and the comparison with chance: an int or a numpy Generator.
    simulations
        Resamples, and simulations of chance.

    Returns
    -------
    Concentration
        A table of the Gini coefficient, the generalised Gini, its unbiased form, and the share of locations
        with 25, 50 and 80 % of the incidents; the Lorenz curve; a sentence.

    Raises
    ------
    InputError
        If both ``by`` and ``within`` are given, a column or a place id is missing, there are
        fewer than 2 locations or incidents, or a break parts the months.

    Notes
    -----
    N locations, C incidents. Gini G = twice the area between the Lorenz curve and the diagonal. Generalised
    G' = max(1, N / C) (G - 1) + 1: fewer incidents than locations cannot spread over all, and G alone calls
    that concentration. Unbiased: G' m / (m - 1), m = min(N, C). Source: Bernasco & Steenbeek (2017),
    Journal of Quantitative Criminology 33, 451-467.

    Share of locations: where the Lorenz curve, busiest first and straight between locations, reaches 25, 50
    and 80 % of the incidents. With 10 incidents at the first location, 5 incidents are half a location.
    Locations with as many incidents lie on one straight line, so that their order plays no part.

    Chance: each location's count is drawn from one Poisson distribution with the observed mean; from the
    zero-truncated one (no count is 0) when ``places`` is not given. Only the number of locations with 0, 1,
    2 ... incidents is drawn, which is the same thing and takes no longer for a nation.

    Interval: 2.5 and 97.5 % points over resamples of the locations with their counts. Resampling incidents
    would add the chance of the counts a second time and come out too concentrated. It reads the locations
    as a sample of ones like them. In simulations with 2,000 locations the intervals for G and the half held
    the truth in 90 to 98 % where rates were gamma or lognormal with sigma 1, and in 84 to 94 % with sigma
    1.5; with 200 locations they held it in 70 to 97 %: read them with care there.

    How this can mislead: incidents that fall purely at random are at few locations too, when incidents
    are few. Never quote the observed figure alone. Concentration need not last: other locations may
    lead next year (see `compare_rankings`). Map points and premises are of unlike size.

    Examples
    --------
    >>> import geopandas as gpd
    >>> xy = [(400000 + 100 * place, 280000) for place, n in enumerate([10, 8, 2]) for _ in range(n)]
    >>> east, north = zip(*xy)
    >>> data = gpd.GeoDataFrame({"place_id": [str(x) for x in east]}, geometry=gpd.points_from_xy(east, north), crs=27700)
    >>> ten = pd.DataFrame({"place_id": [str(400000 + 100 * place) for place in range(10)]})
    >>> found = concentration(data, places=ten).table.set_index("measure")
    >>> found["observed"].round(2).tolist()
    [0.78, 0.78, 0.87, 5.0, 10.0, 17.5]
    """
    if not isinstance(simulations, int | np.integer) or simulations < 99:
        raise InputError(f"simulations={simulations!r} must be a whole number of 99 or more")
    refuse_silent_sum(incidents, "concentration")
    incidents = _on_one_side(
        incidents, "place_id" if by is None and within is None else by, within, across_breaks
    )
    found = locate(incidents, by=by, within=within, places=places)
    counts, apart, nowhere = _counts(found)
    zeros_known = found.complete
    _refuse_too_few(counts)
    streams = np.random.default_rng(seed).spawn(2)
    values, numbers = (part[::-1] for part in np.unique(counts, return_counts=True))
    resampled = _draws(streams[0], values, numbers / numbers.sum(), int(numbers.sum()), simulations)
    support, share = _poisson(float(counts.mean()), truncated=not zeros_known)
    observed = _measures(values, numbers[np.newaxis])[0]
    interval = np.concatenate([_measures(values, part) for part in resampled])
    grid = _grid(values, numbers)
    chance, curves = [], []
    for part in _draws(streams[1], support, share, len(counts), simulations):
        chance.append(_measures(support, part))
        curves.append(_heights(support, part, grid))
    table = _table(observed, interval, np.concatenate(chance))
    curve = _curve(grid, _heights(values, numbers[np.newaxis], grid)[0], np.concatenate(curves))
    parameters = {
        **found.record,
        "zeros_known": zeros_known,
        "across_breaks": across_breaks,
        "locations": len(counts),
        "incidents": int(counts.sum()),
        "set_apart": apart,
        "in_no_location": nowhere,
        "simulations": int(simulations),
        "seed": int(seed) if isinstance(seed, int | np.integer) else "generator",
    }
    for frame in (table, curve):
        provenance.carry(incidents, frame, "concentration", **parameters)
        provenance.note(frame, _population(len(counts), zeros_known, apart, nowhere))
    sentence = _sentence(table, len(counts), int(counts.sum()), zeros_known)
    return Concentration(table, curve, sentence, len(counts), int(counts.sum()), zeros_known)


def _on_one_side(
    incidents: gpd.GeoDataFrame, by: By | None, within: float | None, across_breaks: bool
) -> gpd.GeoDataFrame:
    """Refuse to count a location over months in which its points or codes were drawn anew."""
    affects: str | None = "points"
    if isinstance(by, str):
        affects = _MOVED.get(by)
    if affects is None:
        return incidents
    return refuse_across_breaks(
        incidents,
        None,
        what="concentration counts each location over all months",
        affects=affects,
        across_breaks=across_breaks,
    )


def _counts(found: Located) -> tuple[Integers, int, int]:
    """Return the incidents of each location, of known places that are apart, and of those in no location."""
    counts = np.bincount(found.codes[found.codes >= 0], minlength=len(found)).astype(np.int64)
    return counts[~found.apart], int(counts[found.apart].sum()), int((found.codes < 0).sum())


def _refuse_too_few(counts: Integers) -> None:
    if len(counts) < 2 or counts.sum() < 2:
        raise InputError(
            f"concentration needs 2 locations and 2 incidents or more; given {len(counts):,} and "
            f"{int(counts.sum()):,}. Check the filter, the area, and by="
        )


def _poisson(mean: float, *, truncated: bool) -> tuple[Integers, Floats]:
    """Return counts, highest first, and the chance of each under one Poisson rate for all locations."""
    from scipy.optimize import brentq
    from scipy.stats import poisson

    rate, lowest = mean, 0
    if truncated:
        if mean == 1.0:
            return np.array([1]), np.array([1.0])
        # The mean of a zero-truncated Poisson is rate / (1 - exp(-rate)).
        rate, lowest = float(brentq(lambda r: r / -np.expm1(-r) - mean, 1e-12, mean)), 1
    first = max(lowest, int(poisson.ppf(1e-14, rate)))
    support = np.arange(int(poisson.isf(1e-14, rate)) + 1, first - 1, -1)
    share = poisson.pmf(support, rate)
    return support, share / share.sum()


def _draws(
    stream: np.random.Generator, values: Integers, share: Floats, locations: int, times: int
) -> Iterable[Integers]:
    """Draw how many locations have each count, in batches."""
    batch = max(1, MOST_AT_ONCE // len(values))
    for start in range(0, times, batch):
        drawn = stream.multinomial(locations, share, size=min(batch, times - start))
        # Without a single incident there is no concentration to measure.
        yield drawn[(drawn @ values) > 0]


def _measures(values: Integers, numbers: Integers) -> Floats:
    """Return the six measures for each row of ``numbers``: how many locations have each of ``values``.

    ``values`` are counts of incidents, highest first.
    """
    held = np.cumsum(numbers * values, axis=1)
    locations, total = float(numbers[0].sum()), held[:, -1].astype(float)
    x, y = _corners(values, numbers)
    gini = (np.diff(x, axis=1) * (y[:, 1:] + y[:, :-1])).sum(axis=1) - 1.0
    general = np.maximum(1.0, locations / total) * (gini - 1.0) + 1.0
    fewer = np.minimum(locations, total)
    with np.errstate(divide="ignore", invalid="ignore"):
        unbiased = np.where(fewer > 1, general * fewer / (fewer - 1.0), np.nan)
    columns = [gini, general, unbiased]
    rows = np.arange(len(numbers))
    before = np.cumsum(numbers, axis=1) - numbers
    for share in SHARES:
        # Whole numbers on both sides: the step at which the share is reached is never a matter of rounding.
        step = (100 * held >= (share * held[:, -1])[:, np.newaxis]).argmax(axis=1)
        above = held[rows, step] - numbers[rows, step] * values[step]
        into = (share * total / 100.0 - above) / values[step]
        columns.append(100.0 * (before[rows, step] + into) / locations)
    return np.column_stack(columns)


def _corners(values: Integers, numbers: Integers) -> tuple[Floats, Floats]:
    """Return the corners of the Lorenz curves, busiest first, from (0, 0) to (1, 1)."""
    zero = np.zeros((len(numbers), 1))
    x = np.cumsum(numbers, axis=1) / numbers.sum(axis=1, keepdims=True)
    y = np.cumsum(numbers * values, axis=1) / (numbers @ values)[:, np.newaxis]
    return np.hstack([zero, x]), np.hstack([zero, y])


def _grid(values: Integers, numbers: Integers) -> Floats:
    """Return where the curves are drawn: the corners of the observed one, and every whole per cent."""
    return np.unique(np.concatenate([_corners(values, numbers[np.newaxis])[0][0], np.arange(101) / 100.0]))


def _heights(values: Integers, numbers: Integers, grid: Floats) -> Floats:
    x, y = _corners(values, numbers)
    drawn = np.vstack([np.interp(grid, x[row], y[row]) for row in range(len(x))]) if len(x) else None
    return np.empty((0, len(grid))) if drawn is None else drawn


def _table(observed: Floats, interval: Floats, chance: Floats) -> pd.DataFrame:
    names = ["Gini coefficient", "generalised Gini", "generalised Gini, unbiased"]
    names += [f"locations with {share}% of incidents" for share in SHARES]
    low, high = np.nanquantile(interval, [0.025, 0.975], axis=0)
    chance_low, chance_high = np.nanquantile(chance, [0.025, 0.975], axis=0)
    return pd.DataFrame(
        {
            "measure": names,
            "unit": ["0 to 1"] * 3 + ["% of locations"] * len(SHARES),
            "observed": observed,
            "observed_low": low,
            "observed_high": high,
            "chance": np.nanmean(chance, axis=0),
            "chance_low": chance_low,
            "chance_high": chance_high,
        }
    )


def _curve(grid: Floats, observed: Floats, chance: Floats) -> pd.DataFrame:
    low, high = np.quantile(chance, [0.025, 0.975], axis=0)
    heights = {
        "incidents_pct": observed,
        "chance_pct": chance.mean(axis=0),
        "chance_low_pct": low,
        "chance_high_pct": high,
    }
    return pd.DataFrame(
        {"locations_pct": 100.0 * grid, **{name: 100.0 * part for name, part in heights.items()}}
    )


def _population(locations: int, zeros_known: bool, apart: int, nowhere: int) -> str:
    left = f" {apart:,} incidents at known places that are ranked apart are left out." if apart else ""
    left += f" {nowhere:,} incidents that are in no location are left out." if nowhere else ""
    if zeros_known:
        return f"Concentration is over all {locations:,} locations, those without an incident too.{left}"
    return (
        f"Concentration is over the {locations:,} locations with at least one incident; how many have none is not "
        f"known, and the comparison with chance leaves them out likewise.{left}"
    )


def _sentence(table: pd.DataFrame, locations: int, incidents: int, zeros_known: bool) -> str:
    half = table.iloc[3 + SHARES.index(50)]
    least = "" if zeros_known else " with at least one"
    text = (
        f"Half of the {incidents:,} reported incidents were at {_pct(half.observed)} of the {locations:,} "
        f"locations{least} (95 % interval {_pct(half.observed_low)} to {_pct(half.observed_high)}); if every location "
        f"had been as likely as the next, it would have been {_pct(half.chance)} "
        f"({_pct(half.chance_low)} to {_pct(half.chance_high)})."
    )
    if half.chance_low <= half.observed <= half.chance_high:
        text += " The difference is no more than chance makes."
    return text


def _pct(value: float) -> str:
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"
