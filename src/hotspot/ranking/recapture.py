"""How an earlier ranking did in a later period: who stayed at the top, and what the top held."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.intake.breaks import refuse_across_breaks
from hotspot.statistics.gamma_poisson import Classes, fit
from hotspot.text import printable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_AT_ONCE = 4_000_000
"""Numbers of one batch of resamples, so that memory stays small."""


@dataclass(frozen=True, eq=False)
class RankingComparison:
    """What `compare_rankings` returns.

    Attributes
    ----------
    table : DataFrame
        One row a measure: ``measure``, ``unit``, ``value``, ``low``, ``high`` (95 % interval or range,
        where there is one) and ``meaning``.
    locations : DataFrame
        One row for each location in either top N: ``change`` ("stayed", "entered", "left"),
        ``location_id``, ``location``, and ``number``, ``incidents`` of each period with ``_before`` and
        ``_after``. A number is missing where the period has no incident at the location.
    sentence : str
        The recapture beside the best possible and chance.
    """

    table: pd.DataFrame = field(repr=False)
    locations: pd.DataFrame = field(repr=False)
    sentence: str


def compare_rankings(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    top: int = 20,
    across_breaks: bool = False,
    seed: int | np.random.Generator = 0,
    resamples: int = 999,
) -> RankingComparison:
    """Compare the top of an earlier ranking with a later period.

    Parameters
    ----------
    before, after
        Results of `repeat_locations` with ``min_incidents=1`` for two periods that do not overlap, the same
        ``by`` (or ``within``, the later with ``previous``, so that ids stay the same). Known places that
        are ranked apart play no part.
    top
        How many locations are the top, in the order of ``number``.
    across_breaks
        Go on although the points of a source changed between the periods.
    seed
        For the intervals: an int or a numpy Generator.
    resamples
        Resamples for the intervals, and random choices of locations for chance.

    Returns
    -------
    RankingComparison
        Jaccard index, stayed / entered / left, the recapture beside the best possible, beside what
        locations with unchanged rates would give, and beside chance.

    Raises
    ------
    InputError
        If a ranking leaves locations out, has fewer than ``top`` or ids twice; if the periods overlap or
        stand in the wrong order, no id is in both, or a break lies between them.

    Notes
    -----
    L locations have an incident in either period; y_i is a location's later count, T its earlier top N.

    - Recapture = sum of y_i over T / sum of all y_i. Its interval (percentiles) resamples locations, those
      of T among themselves and the others among themselves; T is held. A resample gives the ratio of later
      to earlier incidents in either part, which is applied to the part's own earlier incidents. So the
      interval carries how unevenly counts change from one location to the next; a binomial one takes each
      incident for independent and is too narrow. In simulations with counts up to 6 times as variable as
      Poisson ones it held the truth in 94 to 99 %; the binomial one had 30 to 90 % of its width.
    - Best possible: the same share at the later period's own top N.
    - Chance: N locations drawn from the L hold N / L of the incidents on average; the range is of random
      draws. Places without an incident in both periods are not in L; with them, chance would be less.
    - Unchanged rates: what the earlier top N would hold if every location kept its own rate. The counts at
      the top are partly luck, so this is less than their earlier share: the sum over T of the earlier
      ranking's ``rate_shrunk_per_month`` over all incidents per month. A table without that column is taken
      for Poisson counts with rates by `hotspot.statistics.gamma_poisson`.
    - Ties: where the location at number N has as many incidents as others below it, ``recapture, any order
      of ties`` gives the least and most that another choice among them would hold.
    - Jaccard = stayed / (stayed + entered + left).

    How this can mislead: a top that holds much in both periods can still be where many people are.
    Recapture does not say that activity there would have gone on without what was done about it: a location
    that was dealt with and fell out lowers it. Short periods give ranks that are mostly luck.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"location_id": ["a", "b", "c", "d"], "incidents": [9, 6, 2, 1]})
    >>> after = pd.DataFrame({"location_id": ["a", "c", "b", "e"], "incidents": [8, 6, 5, 1]})
    >>> found = compare_rankings(before, after, top=2)
    >>> found.locations["change"].tolist()
    ['stayed', 'entered', 'left']
    >>> found.table.set_index("measure")["value"][["recapture", "best possible", "chance"]].tolist()
    [65.0, 70.0, 40.0]
    """
    _refuse_numbers(top, resamples)
    earlier, later = (_ranked(frame, which, top) for frame, which in ((before, "earlier"), (after, "later")))
    merged = _merged(before, after, across_breaks)
    pair = pd.concat([earlier.add_suffix("_before"), later.add_suffix("_after")], axis=1).sort_index()
    if not (pair["number_before"].notna() & pair["number_after"].notna()).any():
        raise InputError(
            f"no location_id of the earlier ranking (such as {printable(earlier.index[0])!r}) is in the later one "
            f"({printable(later.index[0])!r}); rank both by the same column, or the later one with previous="
        )
    for name in ("incidents_before", "incidents_after"):
        pair[name] = pair[name].fillna(0).astype(np.int64)
    table = _measures(pair, top, np.random.default_rng(seed), int(resamples))
    locations = _changes(pair, top)
    parameters = {"top": int(top), "across_breaks": across_breaks, "resamples": int(resamples)}
    shown = int(seed) if isinstance(seed, int | np.integer) else "generator"
    for frame in (table, locations):
        provenance.carry(merged, frame, "compare_rankings", **parameters, seed=shown, locations=len(pair))
    return RankingComparison(table, locations, _sentence(table, top, len(pair)))


def _refuse_numbers(top: int, resamples: int) -> None:
    for name, value, least in (("top", top, 1), ("resamples", resamples, 99)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
            raise InputError(f"{name}={value!r} must be a whole number of {least} or more")


def _ranked(frame: pd.DataFrame, which: str, top: int) -> pd.DataFrame:
    """Return number, incidents and name by location id, without known places that are apart."""
    missing = [name for name in ("location_id", "incidents") if name not in frame.columns]
    if missing:
        raise InputError(
            f"the {which} ranking has no column {', '.join(missing)}; give a result of repeat_locations, "
            f"not a table of {', '.join(map(str, frame.columns[:8]))}"
        )
    if _leaves_out(frame):
        raise InputError(
            f"the {which} ranking leaves locations out: it has {len(frame):,}, and none under "
            f"{int(frame['incidents'].min()):,} incidents. Make both rankings with min_incidents=1"
        )
    table = frame
    if "known_place" in frame.columns:
        table = frame[frame["known_place"].isna().to_numpy()]
    ids = table["location_id"].astype("str")
    if ids.duplicated().any():
        raise InputError(
            f"the {which} ranking has the location_id {printable(ids[ids.duplicated()].iloc[0])!r} twice; "
            "give one ranking, not several put together"
        )
    if len(table) < top:
        raise InputError(
            f"top={top}, but the {which} ranking has {len(table):,} locations; use a smaller top"
        )
    kept = {"incidents": table["incidents"].to_numpy(dtype=np.int64), "location_id": ids.to_numpy()}
    rows = pd.DataFrame(kept)
    rows["location"] = table["location"].to_numpy() if "location" in table.columns else None
    for name in ("rate_per_month", "rate_shrunk_per_month"):
        rows[name] = table[name].to_numpy(dtype=float) if name in table.columns else np.nan
    if "number" in table.columns:
        rows["number"] = table["number"].rank().to_numpy(dtype=np.int64)
    else:
        order = np.lexsort((rows["location_id"].to_numpy(dtype=object), -rows["incidents"].to_numpy()))
        rows["number"] = np.argsort(order) + 1
    return rows.astype({"number": "Int64"}).set_index("location_id")


def _leaves_out(frame: pd.DataFrame) -> bool:
    """Tell whether the ranking was made without the locations that have few incidents."""
    steps = [step for step in provenance.of(frame)["steps"] if step["step"] == "repeat_locations"]
    if steps and "min_incidents" in steps[-1]:
        return bool(steps[-1]["min_incidents"] > 1)
    return "share_pct" in frame.columns and abs(float(frame["share_pct"].sum()) - 100.0) > 1e-6


def _merged(before: pd.DataFrame, after: pd.DataFrame, across_breaks: bool) -> pd.DataFrame:
    """Return an empty frame with the record of both rankings, or refuse periods that cannot be compared."""
    months = [provenance.months_observed(frame) for frame in (before, after)]
    if all(months) and months[0][-1] >= months[1][0]:
        raise InputError(
            f"the earlier ranking is of {provenance.spans(months[0])} and the later one of "
            f"{provenance.spans(months[1])}; give two periods that do not overlap, the earlier one first"
        )
    record, old = provenance.of(after), provenance.of(before)
    known = {source["name"]: source for source in record["sources"]}
    for source in old["sources"]:
        if source["name"] in known:
            known[source["name"]]["months"] = sorted({*known[source["name"]]["months"], *source["months"]})
        else:
            record["sources"].append(source)
    record["steps"] = [*old["steps"], *record["steps"]]
    record["notes"] = list(dict.fromkeys([*old["notes"], *record["notes"]]))
    merged = provenance.put(pd.DataFrame(), record)
    affects = {
        "place_id": "points",
        "location": "points",
        "street_id": "points",
        "lsoa_code": "lsoa codes",
    }
    by = next((step.get("by") for step in record["steps"][::-1] if step["step"] == "repeat_locations"), None)
    affected = affects.get(str(by)) if by not in (None, "cells", "areas") else "points"
    if affected is None or not record["sources"]:
        return merged
    what = "compare_rankings follows locations from one period to the next"
    return refuse_across_breaks(merged, None, what=what, affects=affected, across_breaks=across_breaks)


def _changes(pair: pd.DataFrame, top: int) -> pd.DataFrame:
    was, is_now = _in_top(pair["number_before"], top), _in_top(pair["number_after"], top)
    either = pair[was | is_now].reset_index()
    change = np.where(was & is_now, "stayed", np.where(is_now, "entered", "left"))[was | is_now]
    either.insert(0, "change", change)
    either["location"] = either["location_after"].where(
        either["location_after"].notna(), either["location_before"]
    )
    order = either["change"].map({"stayed": 0, "entered": 1, "left": 2})
    rows = either.assign(_order=order).sort_values(["_order", "number_after", "number_before"])
    columns = ["change", "location_id", "location", "number_before", "number_after"]
    return rows[[*columns, "incidents_before", "incidents_after"]].reset_index(drop=True)


def _in_top(numbers: pd.Series, top: int) -> NDArray[np.bool_]:
    return numbers.le(top).fillna(False).to_numpy(dtype=bool)


def _measures(pair: pd.DataFrame, top: int, stream: np.random.Generator, resamples: int) -> pd.DataFrame:
    was, is_now = _in_top(pair["number_before"], top), _in_top(pair["number_after"], top)
    c, y = pair["incidents_before"].to_numpy(), pair["incidents_after"].to_numpy()
    total = int(y.sum())
    stayed = int((was & is_now).sum())
    recapture, best = 100.0 * y[was].sum() / total, 100.0 * y[is_now].sum() / total
    low, high = np.nanquantile(_resampled(c, y, was, stream, resamples), [0.025, 0.975])
    luck_low, luck_high = np.quantile(_by_luck(y, top, stream, resamples), [0.025, 0.975])
    chance = 100.0 * top / len(y)
    least, most = _among_ties(c, y, was)
    rows: list[tuple[Any, ...]] = [
        (
            "recapture",
            "%",
            recapture,
            low,
            high,
            "later incidents at the earlier top, and its 95 % interval",
        ),
        ("recapture, any order of ties", "%", recapture, least, most, "least and most, by choice among ties"),
        ("best possible", "%", best, None, None, "later incidents at the later period's own top"),
        (
            "recapture of the best possible",
            "%",
            100.0 * recapture / best,
            None,
            None,
            "recapture / best possible",
        ),
        (
            "unchanged rates",
            "%",
            _if_unchanged(pair, c, was),
            None,
            None,
            "if every location had kept its own rate",
        ),
        ("chance", "%", chance, luck_low, luck_high, "at as many locations drawn at random"),
        (
            "recapture against chance",
            "times",
            recapture / chance,
            low / chance,
            high / chance,
            "recapture / chance",
        ),
        (
            "earlier share",
            "%",
            100.0 * c[was].sum() / c.sum(),
            None,
            None,
            "earlier incidents at the earlier top",
        ),
        (
            "Jaccard index",
            "0 to 1",
            stayed / (2 * top - stayed),
            None,
            None,
            "stayed / (stayed + entered + left)",
        ),
        ("stayed", "locations", float(stayed), None, None, "in the top of both periods"),
        ("stayed, by chance", "locations", top * top / len(y), None, None, "of two tops drawn at random"),
        ("entered", "locations", float(top - stayed), None, None, "in the later top only"),
        ("left", "locations", float(top - stayed), None, None, "in the earlier top only"),
    ]
    table = pd.DataFrame(rows, columns=["measure", "unit", "value", "low", "high", "meaning"])
    return table.astype({"value": float, "low": float, "high": float})


def _resampled(
    before: Integers, after: Integers, was: NDArray[np.bool_], stream: np.random.Generator, times: int
) -> Floats:
    """Return recaptures (%) of resampled locations, the top and the others each among themselves."""
    held = [_later_of_draws(before[part], after[part], stream, times) for part in (was, ~was)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100.0 * held[0] / (held[0] + held[1]))


def _later_of_draws(before: Integers, after: Integers, stream: np.random.Generator, times: int) -> Floats:
    """Return later incidents by the ratio of later to earlier ones at locations drawn with replacement."""
    if len(before) == 0:
        return np.zeros(times)
    # How often each pair of counts comes matters, and not where: so the order of rows plays no part.
    pairs, numbers = np.unique(np.column_stack([before, after]), axis=0, return_counts=True)
    batch = max(1, MOST_AT_ONCE // len(pairs))
    sums = np.concatenate(
        [
            stream.multinomial(len(before), numbers / len(before), size=min(batch, times - start)) @ pairs
            for start in range(0, times, batch)
        ]
    ).astype(float)
    earlier = float(before.sum())
    if earlier == 0.0:
        return sums[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(sums[:, 0] > 0, earlier * sums[:, 1] / sums[:, 0], np.nan))


def _by_luck(counts: Integers, top: int, stream: np.random.Generator, times: int) -> Floats:
    """Return the shares (%) that random choices of locations hold."""
    values, numbers = np.unique(counts, return_counts=True)
    drawn = stream.multivariate_hypergeometric(numbers, top, size=times, method="marginals")
    return np.asarray(100.0 * (drawn @ values) / counts.sum())


def _among_ties(before: Integers, after: Integers, was: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the least and most (%) that the top could hold, by another choice among equal counts."""
    edge = before[was].min()
    sure, tied = after[before > edge].sum(), np.sort(after[before == edge])
    places = int((was & (before == edge)).sum())
    held = (sure + tied[:places].sum(), sure + tied[len(tied) - places :].sum())
    return 100.0 * float(held[0]) / float(after.sum()), 100.0 * float(held[1]) / float(after.sum())


def _if_unchanged(pair: pd.DataFrame, counts: Integers, was: NDArray[np.bool_]) -> float:
    """Return the share (%) at the top if rates stayed: those of the ranking's own model where it has one."""
    raw, shrunk = pair["rate_per_month_before"], pair["rate_shrunk_per_month_before"]
    # The incidents of one period estimate the rates of all locations, the unseen ones too.
    if bool(shrunk[was].notna().all()) and float(raw.sum()) > 0:
        return float(100.0 * shrunk[was].sum() / raw.sum())
    seen = counts > 0
    classes = Classes.of(counts[seen], np.ones(int(seen.sum())))
    rates = np.zeros(len(counts))
    rates[seen] = fit(classes, 1.0, truncated=True).mean()[classes.member]
    return float(100.0 * rates[was].sum() / counts.sum())


def _sentence(table: pd.DataFrame, top: int, locations: int) -> str:
    rows = zip(table["measure"], table[["value", "low", "high"]].to_numpy(dtype=float), strict=True)
    figures = {str(name): part for name, part in rows}
    got, luck = figures["recapture"], figures["chance"]
    stayed, best = int(figures["stayed"][0]), figures["best possible"][0]
    return (
        f"The earlier period's top {top} of {locations:,} locations held {_pct(got[0])} of the later period's "
        f"reported incidents (95 % interval {_pct(got[1])} to {_pct(got[2])}). The best choice of {top}, made "
        f"afterwards, holds {_pct(best)}; {top} drawn at random hold {_pct(luck[0])} on "
        f"average ({_pct(luck[1])} to {_pct(luck[2])}). {stayed} of {top} stayed in the top."
    )


def _pct(value: float) -> str:
    return f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"
