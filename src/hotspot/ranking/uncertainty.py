"""How sure a rank is: intervals for true ranks, shrunken rates, and groups that cannot be told apart."""

from __future__ import annotations

import logging
import warnings
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.statistics.gamma_poisson import STEPS, Classes, dispersion, fit, month_shares
from hotspot.statistics.rank_distribution import Ranks, separated

log = logging.getLogger("hotspot")

LEVELS = (0.025, 0.975)
TOLD_APART = 0.95
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def rank_uncertainty(
    counts: ArrayLike | pd.DataFrame,
    *,
    top: int = 20,
    truncated: bool = False,
    observed: ArrayLike | None = None,
    variance_ratio: float | None = None,
    prior: Literal["refined", "gamma"] = "refined",
) -> pd.DataFrame:
    """Say how sure the rank of each location is.

    Parameters
    ----------
    counts
        Incidents by location (rows) and observed month (columns). Every location, also those that are not
        shown: ranks are against all of them.
    top
        The N of ``probability_top``.
    truncated
        True when ``counts`` holds only locations with an incident, because the full list of places is not
        known. Rates are then fitted to that list as what it is, and ranks are among the locations in it.
    observed
        True where a location was observed in a month, same shape as ``counts``; all when None. For a source
        that starts later: a month before it is missing, not zero.
    variance_ratio
        Variance of a location's month over its mean (phi), 1 or more; estimated when None.
    prior
        "refined": a gamma distribution of rates, then adjusted to the counts; "gamma": the gamma as fitted.

    Returns
    -------
    DataFrame
        One row a location, on the index of ``counts``: ``rank`` (by incidents; equal totals share it),
        ``rank_low`` and ``rank_high`` (95 % interval of the true rank), ``probability_top`` (that the location
        is truly one of the ``top``, 0 to 1), ``rate_per_month`` (incidents over its observed months),
        ``rate_shrunk_per_month`` (posterior mean, for an average month), ``rate_low_per_month`` and
        ``rate_high_per_month`` (its 95 % interval), ``group`` (1, 2 ...: locations that cannot be told apart).

    Raises
    ------
    InputError
        If counts are no whole numbers of 0 or more, there are no incidents, a location has none although the
        list is ``truncated``, or incidents lie in months that were not observed.

    Notes
    -----
    Model: a location's total over exposure E (average months) has mean E lambda and variance phi E lambda,
    negative binomial; lambda follows one distribution over all locations, fitted to all of them (Robbins 1956;
    Efron 2010). See `hotspot.statistics.gamma_poisson`. The true rank of a location is 1 + the number of others
    with a higher lambda; its distribution is computed from all posteriors together (Laird & Louis 1989), not
    simulated, so there is no seed and the order of rows cannot matter.

    Group: the list goes by incidents. A group starts with its first location, and the next ones belong to it
    as long as the chance that the first is truly the busier of the two is under 95 %.

    How this can mislead: the interval speaks of the rate that months would show in the long run if nothing
    changed; a location that rises, fades or has a season of its own is less sure than it says. The rank itself
    can lie outside its interval: the first of a thousand alike is there by luck. With unequal months the rank
    goes by incidents and its interval by incidents a month. Phi is one figure for all locations. The fitted
    distribution counts as known, so with fewer than about 50 locations intervals are somewhat short; rate
    intervals of a list's leaders hold the true rate in 91 to 94 % (docs/how_sure_is_a_rank.md). How readily
    people report, and map points that stand for several streets, are no part of it.

    Examples
    --------
    >>> import numpy as np
    >>> import hotspot.ranking.uncertainty as uncertainty
    >>> counts = np.array([[9, 11, 10, 12], [8, 9, 10, 9], [1, 0, 2, 1], [0, 1, 0, 0], [0, 0, 1, 0]])
    >>> table = uncertainty.rank_uncertainty(counts, top=2)
    >>> table["rank"].tolist()
    [1, 2, 3, 4, 4]
    >>> table.loc[0, ["rank_low", "rank_high"]].astype(int).tolist()
    [1, 2]
    """
    values, seen = _checked(counts, observed, top, truncated)
    phi = _phi(values, seen, variance_ratio)
    totals = values.sum(axis=1, dtype=np.int64)
    months, exposures = _exposures(values, seen)
    classes = Classes.of(totals, exposures)
    if prior not in ("refined", "gamma"):
        raise InputError(f"prior={prior!r} is not known; use 'refined' or 'gamma'")
    posterior = fit(classes, phi, truncated=truncated, steps=STEPS if prior == "refined" else 0)
    ranks = Ranks.of(classes, posterior)
    low, high = (ranks.quantile(level) for level in LEVELS)
    of = classes.member
    table = pd.DataFrame(
        {
            "rank": pd.Series(totals).rank(method="min", ascending=False).to_numpy(dtype=np.int64),
            "rank_low": low[of],
            "rank_high": high[of],
            "probability_top": np.clip(ranks.at_most(np.full(len(low), float(top))), 0.0, 1.0)[of],
            "rate_per_month": totals / months,
            "rate_shrunk_per_month": posterior.mean()[of],
            "rate_low_per_month": posterior.quantile(LEVELS[0])[of],
            "rate_high_per_month": posterior.quantile(LEVELS[1])[of],
            "group": separated(classes, posterior, TOLD_APART)[of],
        },
        index=counts.index if isinstance(counts, pd.DataFrame) else None,
    )
    parent = counts if isinstance(counts, pd.DataFrame) else pd.DataFrame()
    return provenance.carry(
        parent,
        table,
        "rank_uncertainty",
        top=int(top),
        truncated=truncated,
        prior=prior,
        variance_ratio=round(phi, 6),
        gamma_shape=round(posterior.shape, 6),
        gamma_rate=round(posterior.rate, 6),
        locations=len(table),
        months=values.shape[1],
    )


def _phi(values: Integers, seen: Flags | None, given: float | None) -> float:
    if given is not None:
        if not (np.isfinite(given) and given >= 1):
            raise InputError(f"variance_ratio={given!r} must be 1 (Poisson) or more")
        return float(given)
    if values.shape[1] == 1:
        warnings.warn(
            "one observed month says nothing on how months vary: a variance ratio of 1 is taken, and the "
            "intervals are too short if months vary more; give variance_ratio= from a longer period",
            HotspotWarning,
            stacklevel=3,
        )
        return 1.0
    phi = dispersion(values, seen)
    log.info("variance of months over their mean: %.2f, estimated from %s locations", phi, f"{len(values):,}")
    return phi


def _exposures(values: Integers, seen: Flags | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each location's observed months, and what they are worth in average months."""
    months = values.shape[1]
    if seen is None:
        whole = np.full(len(values), float(months))
        return whole, whole
    worth = months * (seen @ month_shares(values, seen))
    return seen.sum(axis=1).astype(np.float64), worth


def _checked(
    counts: ArrayLike | pd.DataFrame, observed: ArrayLike | None, top: int, truncated: bool
) -> tuple[Integers, Flags | None]:
    values = np.asarray(counts)
    if values.ndim != 2 or values.size == 0:
        raise InputError(f"counts has shape {values.shape}; give one row a location and one column a month")
    if values.dtype.kind not in "iu":
        raise InputError(
            f"counts holds {values.dtype} where whole numbers of incidents are due; for months that were not "
            "observed give observed= and a 0"
        )
    if (values < 0).any():
        row = int(np.flatnonzero((values < 0).any(axis=1))[0])
        raise InputError(f"counts has values under 0 (the first in row {row}); incidents are 0 or more")
    if not isinstance(top, int | np.integer) or isinstance(top, bool) or top < 1:
        raise InputError(f"top={top!r} must be a whole number of 1 or more")
    empty = values.sum(axis=1, dtype=np.int64) == 0
    if empty.all():
        raise InputError("there are no incidents in counts; check the filter and the months")
    if truncated and empty.any():
        row = int(np.flatnonzero(empty)[0])
        raise InputError(
            f"{int(empty.sum()):,} of {len(values):,} locations have no incident (the first is row {row}), so the list is "
            "not truncated; use truncated=False when all places are listed, or leave these rows out"
        )
    return values, _seen(values, observed)


def _seen(values: Integers, observed: ArrayLike | None) -> Flags | None:
    if observed is None:
        return None
    seen = np.asarray(observed)
    if seen.shape != values.shape or seen.dtype != np.bool_:
        raise InputError(
            f"observed has shape {seen.shape} and type {seen.dtype}; give True or False for each of counts, {values.shape}"
        )
    if (values[~seen] != 0).any():
        row = int(np.flatnonzero(((values != 0) & ~seen).any(axis=1))[0])
        raise InputError(f"incidents lie in months marked as not observed (the first in row {row})")
    if not seen.any(axis=1).all():
        row = int(np.flatnonzero(~seen.any(axis=1))[0])
        raise InputError(f"row {row} was observed in no month; leave such locations out")
    return None if seen.all() else seen


def month_bootstrap(
    counts: ArrayLike, *, rows: ArrayLike, draws: int = 1000, seed: int | np.random.Generator = 0
) -> pd.DataFrame:
    """Draw whole months again with replacement and rank each time: a check without a model of rates.

    Parameters
    ----------
    counts
        Incidents by location and month, all months observed.
    rows
        Positions of the locations that intervals are wanted for.
    draws
        Number of resampled sets of months.
    seed
        For the months drawn.

    Returns
    -------
    DataFrame
        On ``rows``: ``rank_low`` and ``rank_high``, the 2.5 % and 97.5 % points of the rank by total (equal
        totals share the mean rank).

    Notes
    -----
    How this can mislead: the months drawn scatter around the observed totals, which scatter around the truth
    already, and a list's leaders lead partly by luck, which drawing again cannot see. With 6 months there is
    little to draw from.
    """
    values, _ = _checked(counts, None, 1, False)
    asked = np.asarray(rows, dtype=np.int64)
    rng = np.random.default_rng(seed)
    months = values.shape[1]
    weights = rng.multinomial(months, np.full(months, 1.0 / months), size=draws)
    found = np.empty((draws, len(asked)))
    for number, weight in enumerate(weights):
        totals = values @ weight
        order = np.sort(totals)
        above = len(order) - np.searchsorted(order, totals[asked], side="right")
        at_least = len(order) - np.searchsorted(order, totals[asked], side="left")
        found[number] = (above + 1 + at_least) / 2.0
    low, high = np.quantile(found, LEVELS, axis=0)
    return pd.DataFrame({"rank_low": low, "rank_high": high}, index=pd.Index(asked))
