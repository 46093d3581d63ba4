"""Placebos: the same estimate where and when there was no order, to see how often the rule finds what is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hotspot import provenance
from hotspot.decisions.counted import Counted
from hotspot.decisions.headline import estimate
from hotspot.decisions.periods import Periods
from hotspot.errors import InputError
from hotspot.statistics.effect import Effect, ratio_of_rate_ratios

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

LEAST_PAIRS = 3
FEWEST_PLACEBOS = 19
"""With fewer, even the most extreme rank has a chance above 5 %."""


def placebo_in_space(
    table: pd.DataFrame,
    before: pd.PeriodIndex,
    during: pd.PeriodIndex,
    *,
    comparison: pd.Series | None = None,
    exclude: Iterable[str] = (),
    level: float = 0.95,
) -> pd.DataFrame:
    """Treat each area in turn as if it had the order, and estimate by the headline's own rule.

    Parameters
    ----------
    table
        Reports by area and month, one row an area, one column a month (``YYYY-MM``), as `area_months` makes it.
    before, during
        Months of the two periods.
    comparison
        Reports by month (``YYYY-MM``) of the place that all are held against. None: each is held against all
        the other areas of the table together.
    exclude
        Areas that are neither placebo nor comparison: the order, its ring, and the comparison's own areas.
    level
        Of the intervals.

    Returns
    -------
    DataFrame
        One row an area: ``placebo``, ``inside_before``, ``inside_during``, ``other_before``, ``other_during``, ``ratio``,
        ``low``, ``high``, ``p``, ``t`` (log ratio over its error), ``called`` (the interval leaves 1 out; missing where
        there is no estimate), ``poisson_low``, ``poisson_high``, ``poisson_called`` (by the narrowest possible
        interval) and ``reason``.

    Raises
    ------
    InputError
        If a month of the periods is not in the table, or fewer than two areas are left.

    Notes
    -----
    Each area is estimated by `ratio_of_rate_ratios` with all the remaining areas as ``others``: it gives no part of
    the spread that it is judged by.

    How this can mislead: if one of the areas had a change of its own, a placebo is "called" for a good reason. Near
    areas move together, so the rows are not independent.

    Examples
    --------
    >>> months = [f"{year}-{month:02d}" for year in (2023, 2024) for month in (1, 2, 3)]
    >>> table = pd.DataFrame([[9, 8, 7, 8, 9, 7], [9, 9, 9, 9, 9, 9]], index=["a", "b"], columns=months)
    >>> before, during = (pd.PeriodIndex(part, freq="M") for part in (months[:3], months[3:]))
    >>> placebo_in_space(table, before, during)["called"].tolist()
    [False, False]
    """
    chosen = [*map(str, before), *map(str, during)]
    by_name = {str(name): name for name in table.columns}
    lacking = [month for month in chosen if month not in by_name]
    if lacking:
        raise InputError(
            f"{len(lacking)} months of the periods are not in the table (the first is {lacking[0]}), which is not zero; "
            "leave them out of both periods"
        )
    gone = {str(code) for code in exclude}
    wide = table.loc[[str(code) not in gone for code in table.index], [by_name[month] for month in chosen]]
    wide = wide[wide.notna().all(axis=1)].sort_index()
    if len(wide) < 2:
        raise InputError(f"{len(wide)} areas are left to be treated as placebos; give a table of more areas")
    counts = wide.to_numpy(dtype=np.float64)
    flags = np.arange(len(chosen)) >= len(before)
    against = None
    if comparison is not None:
        held = comparison.set_axis([str(month) for month in comparison.index]).reindex(chosen)
        against = held.to_numpy(dtype=np.float64, na_value=np.nan)
    rows = []
    for number, code in enumerate(wide.index):
        others = np.delete(counts, number, axis=0)
        beside = others.sum(axis=0) if against is None else against
        effect = ratio_of_rate_ratios(counts[number], beside, flags, level=level, others=others)
        rows.append(_row(str(code), effect))
    return provenance.carry(
        table, _frame(rows), "placebo_in_space", before=[str(m) for m in before], during=[str(m) for m in during],
        areas=len(rows), excluded=sorted(gone), level=level,
    )  # fmt: skip


def placebo_in_time(
    counted: Counted,
    periods: Periods,
    untreated: pd.PeriodIndex,
    *,
    units: pd.DataFrame | None = None,
    comparison: str | None = None,
) -> pd.DataFrame:
    """Move the order's start to each earlier date at which there was none, and estimate again.

    Parameters
    ----------
    counted
        Reports by place and month.
    periods
        The months of the headline.
    untreated
        Observed months without the order, such as `untreated_before` returns. No other month is used.
    units, comparison
        As for the headline (`hotspot.decisions.headline.estimate`).

    Returns
    -------
    DataFrame
        One row for each number of months that both periods were moved back, as of `placebo_in_space`, with
        ``months_back``, ``pairs`` (of calendar months; fewer than the headline's where months run out), ``before`` and
        ``during``. No row where the months before the order do not reach.

    Notes
    -----
    Both periods move together, so that they stay the same distance apart and hold the same calendar months. A start
    is admissible when at least half the pairs of months, and three, are free of the order.

    How this can mislead: neighbouring starts share most of their months, so many rows called "an effect" can be
    one event, and their share is no test of its own.
    """
    free = counted.months[counted.months.isin(untreated)]
    pairs = list(zip(periods.before, periods.during, strict=True))
    needed = max(LEAST_PAIRS, (len(pairs) + 1) // 2)
    held = set(free)
    rows = []
    reach = max((periods.during[-1] - free[0]).n, 0) if len(free) and len(pairs) else 0
    for back in range(1, reach + 1):
        moved = [(one - back, other - back) for one, other in pairs]
        kept = [pair for pair in moved if pair[0] in held and pair[1] in held]
        if len(kept) < needed:
            continue
        first, second = (pd.PeriodIndex(side, freq="M") for side in zip(*kept, strict=True))
        if len(first.intersection(second)):
            continue
        effect, _ = estimate(
            counted, replace(periods, before=first, during=second), units, comparison=comparison
        )
        row = _row(f"{back} months earlier", effect)
        spans = {"before": provenance.spans(map(str, first)), "during": provenance.spans(map(str, second))}
        rows.append({**row, "months_back": back, "pairs": len(kept), **spans})
    extra = ["months_back", "pairs", "before", "during"]
    return _frame(rows, extra)


def _row(name: str, effect: Effect) -> dict[str, object]:
    none = bool(effect.reason)
    return {
        "placebo": name,
        "inside_before": effect.inside_before,
        "inside_during": effect.inside_during,
        "other_before": effect.other_before,
        "other_during": effect.other_during,
        "ratio": effect.ratio,
        "low": effect.low,
        "high": effect.high,
        "p": effect.p,
        "t": np.nan if none else float(np.log(effect.ratio)) / effect.log_error,
        "called": pd.NA if none else not effect.low <= 1.0 <= effect.high,
        "poisson_low": effect.poisson_low,
        "poisson_high": effect.poisson_high,
        "poisson_called": pd.NA if none else not effect.poisson_low <= 1.0 <= effect.poisson_high,
        "reason": effect.reason,
    }


def _frame(rows: list[dict[str, object]], extra: Iterable[str] = ()) -> pd.DataFrame:
    names = [
        "placebo", "inside_before", "inside_during", "other_before", "other_during", "ratio", "low", "high", "p", "t",
        "called", "poisson_low", "poisson_high", "poisson_called", "reason", *extra,
    ]  # fmt: skip
    made = pd.DataFrame(rows, columns=names)
    return made.astype({"called": "boolean", "poisson_called": "boolean"})


def placebo_summary(
    placebos: pd.DataFrame, effect: Effect | None = None, *, level: float = 0.95, moved: str = "area"
) -> pd.DataFrame:
    """Say how many placebos were called an effect, and where the true estimate ranks among them.

    Parameters
    ----------
    placebos
        From `placebo_in_space` or `placebo_in_time`.
    effect
        The headline estimate; without it only the shares are told.
    level
        Of the interval of the share.
    moved
        What was moved, in a word: "area" or "date".

    Returns
    -------
    DataFrame
        One row: ``moved``, ``placebos`` with an estimate, ``left_out`` (too few reports), ``called``, ``called_pct`` with
        ``called_low`` and ``called_high`` (exact), ``poisson_called``, ``poisson_called_pct``, ``rank`` (1 = the
        furthest from no change, of placebos and the true one together), ``of``, ``randomisation_p``, ``smallest_p`` and
        ``says``.

    Notes
    -----
    The rank is by abs(log ratio over its error), so that small places do not lead by their noise alone;
    p = (1 + placebos at least as far) / (1 + placebos) (Fisher 1935; Abadie, Diamond and Hainmueller 2010). The share's
    interval is Clopper and Pearson's and takes placebos as independent, which near areas and overlapping dates are
    not: it is narrower than it should be, and ``says`` leaves it out.

    How this can mislead: the smallest p that k placebos can give is 1 / (k + 1): with 10 it is 9 %, whatever happened.

    Examples
    --------
    >>> placebos = pd.DataFrame({"t": [0.5, -1.0], "called": [False, True], "poisson_called": [True, True]})
    >>> placebo_summary(placebos)[["placebos", "called", "poisson_called"]].iloc[0].tolist()
    [2, 1, 2]
    """
    from scipy.special import betaincinv

    known = placebos[placebos["called"].notna()]
    n, called = len(known), int(known["called"].sum())
    plain = int(known["poisson_called"].sum())
    tail = (1.0 - level) / 2.0
    low = float(betaincinv(called, n - called + 1, tail)) if called else 0.0
    high = float(betaincinv(called + 1, n - called, 1.0 - tail)) if called < n else 1.0
    nan = float("nan")
    row: dict[str, object] = {
        "moved": moved,
        "placebos": n,
        "left_out": len(placebos) - n,
        "called": called,
        "called_pct": 100.0 * called / n if n else nan,
        "called_low": 100.0 * low if n else nan,
        "called_high": 100.0 * high if n else nan,
        "poisson_called": plain,
        "poisson_called_pct": 100.0 * plain / n if n else nan,
    }
    rank: int | None = None
    p = nan
    if effect is not None and not effect.reason and n:
        rank, p = _rank(known["t"].to_numpy(dtype=np.float64), effect)
    row |= {"rank": rank, "of": n + 1, "randomisation_p": p, "smallest_p": 1.0 / (n + 1)}
    row["says"] = _says(row)
    made = pd.DataFrame([row]).astype({"rank": "Int64"})
    return provenance.carry(placebos, made, "placebo_summary", level=level)


def _rank(others: ArrayLike, effect: Effect) -> tuple[int, float]:
    far = abs(np.log(effect.ratio)) / effect.log_error
    as_far = int((np.abs(np.asarray(others)) >= far * (1.0 - 1e-12)).sum())
    return as_far + 1, (as_far + 1) / (np.size(others) + 1)


def _says(row: dict[str, object]) -> str:
    n = int(str(row["placebos"]))
    if n == 0:
        return "No placebo could be estimated: the months or the areas without an order do not reach."
    says = (
        f"Of {n} placebo {row['moved']}s, where there was no order, the rule called {row['called']} a change "
        f"({row['called_pct']:.0f} %; 5 % is what it should be, give or take a few). The narrowest possible interval would "
        f"have called {row['poisson_called']}."
    )
    if row["rank"] is None:
        return says
    says += (
        f" The order's own estimate is number {row['rank']} of {row['of']} by distance from no change "
        f"(p {row['randomisation_p']:.2g})."
    )
    if n < FEWEST_PLACEBOS:
        says += f" So few placebos could not give a p below {row['smallest_p']:.2g}."
    return says


def common_change(
    table: pd.DataFrame,
    before: pd.PeriodIndex,
    during: pd.PeriodIndex,
    *,
    breaks: Iterable[str] = (),
) -> pd.DataFrame:
    """Say whether a fall or rise is of one place or of all, and from which month.

    Parameters
    ----------
    table
        Reports by area and month, as for `placebo_in_space`, all areas.
    before, during
        Months of the two periods, the same calendar months.
    breaks
        Sentences on breaks of the source, as `Periods.breaks` has them; they are added to ``says``.

    Returns
    -------
    DataFrame
        One row: ``areas`` (with 10 reports in both periods together), ``areas_lower``, ``areas_higher``,
        ``ratio_all`` (during over before, all areas together), ``ratio_quarter`` and ``ratio_three_quarters`` (quartiles
        of the areas), ``from_month`` and
        ``ratio_of_month`` (the month of the sharpest change against the same months a year earlier; missing where
        they are not held) and ``says``.

    Notes
    -----
    ``from_month`` is where the sum of all areas over its value a year earlier changes most between the three months
    before and the three months from it (log scale), among the months up to the first of ``during`` and two after.

    How this can mislead: it counts every area alike, the order too; it says that a change is common, not why.

    Examples
    --------
    >>> months = [f"{year}-{month:02d}" for year in (2023, 2024) for month in (1, 2, 3)]
    >>> table = pd.DataFrame([[9, 8, 7, 4, 4, 4], [9, 9, 9, 5, 5, 4]], index=["a", "b"], columns=months)
    >>> before, during = (pd.PeriodIndex(part, freq="M") for part in (months[:3], months[3:]))
    >>> common_change(table, before, during)[["areas", "areas_lower"]].iloc[0].tolist()
    [2, 2]
    """
    by_name = {str(name): name for name in table.columns}
    early, late = ([by_name[str(month)] for month in months] for months in (before, during))
    # An area without a number in one of these months is left out of both periods: missing is not zero.
    whole_rows = ~table[[*early, *late]].isna().any(axis="columns")
    lost, table = int((~whole_rows).sum()), table[whole_rows]
    first = table[early].sum(axis="columns").to_numpy(dtype=np.float64)
    second = table[late].sum(axis="columns").to_numpy(dtype=np.float64)
    enough = first + second >= 10
    ratios = second[enough] / np.maximum(first[enough], 0.5)
    lower, higher = int((ratios < 1.0).sum()), int((ratios > 1.0).sum())
    whole = float(second.sum() / first.sum()) if first.sum() else float("nan")
    month, change = _sharpest(table, during)
    ends = np.quantile(ratios, [0.25, 0.75]).tolist() if enough.any() else [float("nan")] * 2
    says = (
        f"Over all {len(table)} areas together there were {second.sum():,.0f} reports against {first.sum():,.0f} in "
        f"the same months before ({whole:.2f} for each one). Of the {int(enough.sum())} areas with 10 or more, {lower} had "
        f"fewer and {higher} more."
    )
    if month:
        says += f" The sharpest change of all areas together came in {month}."
    if lower >= 0.9 * max(int(enough.sum()), 1) or higher >= 0.9 * max(int(enough.sum()), 1):
        says += " Nearly all areas changed the same way: the ratio asks what goes beyond that."
    if lost:
        says += f" {lost} areas without a number in one of these months are left out."
    says = " ".join([says, *breaks])
    row = {
        "areas": int(enough.sum()), "areas_lower": lower, "areas_higher": higher, "ratio_all": whole,
        "ratio_quarter": ends[0], "ratio_three_quarters": ends[1],
        "from_month": month or pd.NA, "ratio_of_month": change, "says": says,
    }  # fmt: skip
    made = pd.DataFrame([row])
    return provenance.carry(
        table, made, "common_change", before=[str(m) for m in before], during=[str(m) for m in during]
    )


def _sharpest(table: pd.DataFrame, during: pd.PeriodIndex) -> tuple[str, float]:
    sums = {
        pd.Period(str(name), freq="M"): float(value)
        for name, value in table.sum(axis="index", skipna=False).items()
        if value > 0
    }
    yearly = {month: np.log(value / sums[month - 12]) for month, value in sums.items() if month - 12 in sums}
    best, change = "", float("nan")
    for month in sorted(yearly):
        if month > during[0] + 2:
            break
        ahead = [yearly[month + k] for k in range(3) if month + k in yearly]
        behind = [yearly[month - k] for k in (1, 2, 3) if month - k in yearly]
        if len(ahead) < 2 or len(behind) < 2:
            continue
        step = float(np.mean(ahead) - np.mean(behind))
        if not best or abs(step) > abs(np.log(change)):
            best, change = str(month), float(np.exp(step))
    return best, change
