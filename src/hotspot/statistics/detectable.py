"""What could have been seen: the smallest change that this much data most often tells from chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hotspot.errors import InputError
from hotspot.statistics.effect import LEAST_COUNT, Effect
from hotspot.statistics.effect_variance import standard_error

SMALLEST, LARGEST = 1e-4, 1e4
"""Ratios looked at: from a fall of nearly all to ten thousand times as many."""


@dataclass(frozen=True)
class Detectable:
    """The smallest change that would have been told from chance with a power, four cases of five unless told.

    Attributes
    ----------
    fall, rise
        Ratios, below and above 1. NaN when no change of that direction would have been seen so often.
    expected
        Reports inside in the second period, had there been no change against the comparison.
    power
        Chance of seeing a change of that size.
    level
        Of the interval that a change must leave, after the correction for several tests.
    tests
        How many estimates share the level.
    says
        The same in words.
    """

    fall: float
    rise: float
    expected: float
    power: float
    level: float
    tests: int
    says: str

    @property
    def fall_pct(self) -> float:
        """The fall in per cent, a number above 0."""
        return 100.0 * (1.0 - self.fall)

    @property
    def rise_pct(self) -> float:
        """The rise in per cent."""
        return 100.0 * (self.rise - 1.0)


def power_of_change(effect: Effect, ratio: float, *, tests: int = 1) -> float:
    """Return the chance that a true ratio would have been told from 1 in the direction that it has.

    Parameters
    ----------
    effect
        From `ratio_of_rate_ratios`: its counts before, those of the comparison, dispersion and spread.
    ratio
        The true ratio of rate ratios, above 0.
    tests
        How many estimates share the level (Bonferroni's bound, which the first step of Holm uses).

    Returns
    -------
    float
        Between 0 and 1; 0 when a period of the inside would hold under 10 reports and not be compared.

    Raises
    ------
    InputError
        If the effect could not be estimated, ``ratio`` is not above 0, or ``tests`` below 1.

    Notes
    -----
    See `smallest_detectable_change`.

    How this can mislead: dispersion and spread are taken as known. The headline's interval is also never narrower than
    the exact Poisson one, which matters only where there is no dispersion at all.

    Examples
    --------
    >>> from hotspot.statistics.effect import ratio_of_rate_ratios
    >>> effect = ratio_of_rate_ratios([20] * 24, [200] * 24, np.arange(24) >= 12)
    >>> power_of_change(effect, 0.9) < 0.3 < 0.9 < power_of_change(effect, 0.5)
    True
    """
    from scipy.stats import nct
    from scipy.stats import t as student

    if effect.reason:
        raise InputError(
            f"there is no estimate to find the power of ({effect.reason}: {effect.inside_before} reports inside "
            f"before, {effect.inside_during} during); ask only where there is one"
        )
    if not ratio > 0.0 or tests < 1:
        raise InputError(f"ratio={ratio!r} must be above 0 and tests={tests!r} 1 or more")
    later = _expected(effect) * ratio
    if later < LEAST_COUNT:
        return 0.0
    cells = [float(effect.inside_before), later]
    if effect.controlled:
        cells += [float(effect.other_before), float(effect.other_during)]
    error = float(standard_error(cells, dispersion=effect.dispersion, between_variance=effect.between_sd**2))
    bound = float(student.isf((1.0 - effect.level) / (2.0 * tests), effect.df))
    away = abs(math.log(ratio)) / error
    chance = float(nct.sf(bound, effect.df, away))
    # The distribution's tail is lost in floating point far from its bound, where it is 1.
    return float(away > bound) if math.isnan(chance) else chance


def smallest_detectable_change(effect: Effect, *, power: float = 0.8, tests: int = 1) -> Detectable:
    """Find the smallest fall and rise that this much data would have told from chance with the power.

    Parameters
    ----------
    effect
        The headline estimate, from `ratio_of_rate_ratios`. Its ratio does not enter; its counts before, those of
        the comparison, its dispersion and the spread between areas do.
    power
        Chance of seeing a change of the size that is returned.
    tests
        How many estimates share the level, such as the number of prohibitions: the level is divided by it, as
        the first step of Holm does.

    Returns
    -------
    Detectable
        ``fall`` and ``rise`` as ratios, and the sentence to print.

    Raises
    ------
    InputError
        If ``power`` does not lie between the level's error and 1, ``tests`` is below 1, or there is no estimate.

    Notes
    -----
    With E the reports expected inside without a change, a true ratio r gives the log ratio the standard error of
    `standard_error` at the counts (before, r E, comparison before, comparison during); the power is that of
    Student's t with the effect's degrees of freedom, P(T > t of the level) with T noncentral at log(r) / error
    (Lehmann and Romano 2005, 5.3). r is found by bisection. A fall can be out of reach altogether: the fewer
    reports are left, the less sure is their number.

    How this can mislead: it says how often a change would have been seen, not what happened; a smaller change than this
    is missed more often, and is seen all the same in some cases. An interval that holds 1 beside a
    large smallest change means "too little data to tell", never "nothing changed".

    Examples
    --------
    >>> from hotspot.statistics.effect import ratio_of_rate_ratios
    >>> months, during = [20] * 24, np.arange(24) >= 12
    >>> found = smallest_detectable_change(ratio_of_rate_ratios(months, [200] * 24, during))
    >>> 0.65 < found.fall < 0.75 < 1.25 < found.rise < 1.45
    True
    """
    error = (1.0 - effect.level) / (2.0 * max(tests, 1))
    if not error < power < 1.0:
        raise InputError(f"power={power!r} must lie between {error:g} and 1, such as 0.8")
    expected = _expected(effect)
    fall = _crossing(effect, power, tests, SMALLEST)
    rise = _crossing(effect, power, tests, LARGEST)
    level = 1.0 - (1.0 - effect.level) / tests
    says = _says(fall, rise, expected, power, level, tests)
    return Detectable(fall, rise, expected, power, level, tests, says)


def _expected(effect: Effect) -> float:
    """Return the reports expected inside in the second period if nothing changed against the comparison."""
    if effect.controlled:
        return effect.inside_before * effect.other_during / effect.other_before
    return effect.inside_before * effect.months_during / effect.months_before


def _crossing(effect: Effect, power: float, tests: int, end: float) -> float:
    """Return the ratio nearest to 1 on the way to ``end`` that has the power, NaN when none has."""
    from scipy.optimize import brentq

    # Power first rises with the fall and then drops as reports run out, so the first step that has it counts.
    steps = np.exp(np.linspace(0.0, math.log(end), 2001))[1:]
    last = 1.0
    for ratio in steps.tolist():
        if power_of_change(effect, ratio, tests=tests) >= power:
            found = brentq(
                lambda log: power_of_change(effect, math.exp(log), tests=tests) - power,
                math.log(last),
                math.log(ratio),
            )
            return math.exp(float(found))
        if ratio < 1.0 and _expected(effect) * ratio < LEAST_COUNT:
            break
        last = ratio
    return float("nan")


def _says(fall: float, rise: float, expected: float, power: float, level: float, tests: int) -> str:
    share = f"{100 * (1 - level):.2g} % level, two-sided"
    if tests > 1:
        share += f"; shared among {tests} estimates"
    often = f"would have been seen in {100 * power:.0f} % of cases"
    about = f"about {expected:,.0f} reports expected; {share}"
    if math.isnan(fall) and math.isnan(rise):
        return f"No change, however large, {often} with so few reports and so much spread ({about})."
    if math.isnan(fall):
        first = f"No fall, however large, {often} with so few reports and so much spread ({about})."
        return f"{first} A rise of about {_pct(rise - 1)} % or more would; a smaller one would more often have been missed."
    either = "" if math.isnan(rise) else f", or a rise of about {_pct(rise - 1)} % or more,"
    ending = " No rise would have been seen so often." if math.isnan(rise) else ""
    return (
        f"A fall of about {_pct(1 - fall)} % or more{either} {often} ({about}); a smaller one would more often have been "
        f"missed.{ending}"
    )


def _pct(share: float) -> str:
    """Round up: a change of the printed size was within reach."""
    return f"{math.ceil(100.0 * share - 1e-9):,}"
