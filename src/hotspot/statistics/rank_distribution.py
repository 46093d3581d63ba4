"""The distribution of a location's true rank, from the posteriors of all locations and without simulation.

Given the rate of one location, the number of others above it is a sum of independent yes-or-no variables, one
a location (a Poisson-binomial variable). Its distribution is computed exactly where few are expected above, by
its characteristic function, and by the normal approximation with continuity correction elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from hotspot.statistics.gamma_poisson import Classes, Posterior

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Exact while fewer than EXACT others are expected above; LENGTH ranks then hold twelve standard deviations more.
EXACT = 30.0
# Odd, so that no frequency falls on pi, where a chance of one half has no logarithm.
LENGTH = 101
NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Ranks:
    """The distribution of the true rank of a location of each class.

    Attributes
    ----------
    near : array, shape (classes, LENGTH)
        The part of P(rank <= 1, 2, ...) that comes from rates with few others above.
    share : array
        The posterior probability of those rates.
    mass, middle, spread : array, shape (classes, other rates)
        Posterior probability of each other rate, and mean and standard deviation of the number above it.
    locations : int
        The largest rank.
    """

    near: Floats
    share: Floats
    mass: Floats
    middle: Floats
    spread: Floats
    locations: int

    @classmethod
    def of(cls, classes: Classes, posterior: Posterior) -> Ranks:
        """Count, for every rate that a class may have, the other locations above it."""
        above = posterior.above()
        middle = classes.times @ above
        spread = classes.times @ (above * (1.0 - above))
        held = posterior.mass.max(axis=0) > NEGLIGIBLE
        exact = np.flatnonzero((middle < EXACT) & held)
        rest = np.flatnonzero((middle >= EXACT) & held)
        others = above[:, rest]
        return cls(
            near=_near(classes, posterior.mass[:, exact], above[:, exact]),
            share=posterior.mass[:, exact].sum(axis=1),
            mass=posterior.mass[:, rest],
            middle=middle[rest] - others,
            spread=np.sqrt(np.maximum(spread[rest] - others * (1.0 - others), 1e-9)),
            locations=round(float(classes.times.sum())),
        )

    def at_most(self, rank: Floats) -> Floats:
        """Return P(true rank <= rank) of each class; rank is one number for each."""
        near = np.where(
            rank > LENGTH,
            self.share,
            self.near[np.arange(len(rank)), np.clip(rank, 1, LENGTH).astype(np.int64) - 1],
        )
        far = (self.mass * ndtr((rank[:, None] - 0.5 - self.middle) / self.spread)).sum(axis=1)
        return np.where(rank >= self.locations, 1.0, np.where(rank < 1, 0.0, near + far))

    def quantile(self, level: float) -> Integers:
        """Return the smallest rank with P(true rank <= rank) >= level, by halving."""
        low, high = np.zeros(len(self.near)), np.full(len(self.near), float(self.locations))
        while (high - low).max() > 1:
            middle = np.floor((low + high) / 2.0)
            reached = self.at_most(middle) >= level
            high, low = np.where(reached, middle, high), np.where(reached, low, middle)
        return high.astype(np.int64)


def _near(classes: Classes, mass: Floats, above: Floats) -> Floats:
    """Return, by class, the sum over rates of mass x P(others above < 1, 2, ... LENGTH)."""
    turn = np.exp(2j * np.pi * np.arange(LENGTH // 2 + 1) / LENGTH) - 1.0
    logs = np.zeros((above.shape[1], len(turn)), dtype=np.complex128)
    for cell in range(above.shape[1]):
        chance = above[:, cell]
        some = chance * classes.times > NEGLIGIBLE
        logs[cell] = classes.times[some] @ np.log1p(chance[some, None] * turn)
    near = np.zeros((len(mass), LENGTH))
    for number in range(len(mass)):
        cells = np.flatnonzero(mass[number] > NEGLIGIBLE)
        if len(cells) == 0:
            continue
        # The location itself is none of the others: its own factor is taken out again.
        own = np.log1p(above[number, cells, None] * turn)
        # numpy's transform has the other sign of the angle.
        chance = np.fft.irfft(np.conj(np.exp(logs[cells] - own)), n=LENGTH, axis=1)
        near[number] = mass[number, cells] @ np.cumsum(np.maximum(chance, 0.0), axis=1)
    return near


def separated(classes: Classes, posterior: Posterior, chance: float) -> Integers:
    """Number the groups of classes that cannot be told apart, from the top of the list.

    A group starts with its first class; another joins while P(the first's rate is the higher) is under
    ``chance``. The first that reaches it starts the next group.
    """
    above = posterior.above()
    groups = np.empty(len(above), dtype=np.int64)
    start, number = 0, 0
    while start < len(above):
        number += 1
        higher = above[start:] @ posterior.mass[start]
        # P(first > other) = 1 - P(other > first); of locations with equal classes it is one half.
        apart = np.flatnonzero(1.0 - higher >= chance)
        stop = start + int(apart[0]) if len(apart) else len(above)
        groups[start:stop] = number
        start = stop
    return groups
