"""The rows of a score: what a ranking, chance and the best possible choice took of units, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.decisions.scored_units import Choice, Units, around, choose
from hotspot.statistics import prediction_scores as kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GIVEN, COUNT, BEST, RANDOM = "as given", "count of earlier incidents", "best possible", "random"
SPACED_DRAWS = 199


def counts_of(position: Integers, units: int) -> Floats:
    """Return incidents by unit; those in none are left out."""
    return np.asarray(np.bincount(position[position >= 0], minlength=units), dtype=float)


@dataclass(frozen=True, eq=False)
class Scored:
    """Units with their later incidents, and all later incidents of the area."""

    units: Units
    later: Floats
    incidents: int


@dataclass(frozen=True, eq=False)
class Case:
    """All that the rows of a table are made from."""

    scored: Scored
    order: Floats
    months: list[Floats]
    expected: Floats | None
    earlier: NDArray[np.int64] | None
    ring: float | None
    spots: Floats
    stream: np.random.Generator
    resamples: int

    def rows(self, share: float, spacing: float | None) -> list[dict[str, Any]]:
        """Return the row of each choice at one area."""
        units, later = self.scored.units, self.scored.later
        budget = min(share * units.total_km2, float(units.km2.sum()))
        choices = {GIVEN: choose(self.order, units, later, budget, spacing, self.stream)}
        if self.earlier is not None and units.covering:
            counts = counts_of(self.earlier, len(later))
            choices[COUNT] = choose(counts, units, later, budget, spacing, self.stream)
        best = None
        if units.covering:
            best = kernel.best_possible(later, units.km2, budget) if spacing is None else kernel.best_apart(
                later, units.km2, budget, units.centres, spacing
            )  # fmt: skip
            choices[BEST] = Choice.of_best(best, budget)
        rows = [self._row(name, choice, best, spacing) for name, choice in choices.items()]
        self._add_intervals(rows, list(choices.values()), best)
        if units.covering:
            rows.append(self._random(budget, best, spacing))
        return rows

    def _row(
        self, name: str, choice: Choice, best: kernel.Best | None, spacing: float | None
    ) -> dict[str, Any]:
        units, later, whole = self.scored.units, self.scored.later, self.scored.incidents
        share = choice.km2 / units.total_km2
        bound = float("nan") if best is None else best.bound
        row: dict[str, Any] = {"choice": name, "spacing_m": np.nan if spacing is None else float(spacing)}
        row |= {"area_share_pct": 100.0 * share, "area_km2": share * units.total_km2, "incidents": whole}
        row |= {"hits": choice.hits, "hit_rate_pct": 100.0 * choice.hits / whole}
        row |= {"hit_rate_pct_low": np.nan, "hit_rate_pct_high": np.nan}
        held = {
            "": choice.hits,
            "_low": np.nan,
            "_high": np.nan,
            "_worst_ties": choice.least,
            "_best_ties": choice.most,
        }
        row |= {f"pai{end}": kernel.accuracy_index(hits, whole, share) for end, hits in held.items()}
        row |= {f"pei{end}": kernel.efficiency_index(hits, bound) for end, hits in held.items()}
        row["recovery_rate_index"] = row["recapture_rate_index"] = np.nan
        if self.expected is not None and name == GIVEN:
            row["recovery_rate_index"] = kernel.recovery_rate_index(self.expected, later, choice.part)
        if self.earlier is not None:
            before = float(choice.part @ counts_of(self.earlier, len(later)))
            old = kernel.accuracy_index(before, int(np.count_nonzero(self.earlier > -2)), share)
            row["recapture_rate_index"] = kernel.recapture_rate_index(row["pai"], old)
        row["jaccard_best"] = np.nan if best is None else kernel.jaccard(choice.part, best.part, units.km2)
        return row | self._ring(choice.part, share)

    def _ring(self, part: Floats, share: float) -> dict[str, Any]:
        if self.ring is None:
            return {}
        units, whole = self.scored.units, self.scored.incidents
        hits, km2 = around(units, part, self.spots, self.ring)
        rest = whole - float(part @ self.scored.later)
        wide = km2 / units.total_km2
        ratio = hits / rest / (wide / (1.0 - share)) if rest > 0 and wide > 0 and share < 1 else np.nan
        found = {"ring_hits": hits, "ring_share_pct": 100.0 * hits / whole}
        return found | {"ring_area_pct": 100.0 * wide, "ring_density_ratio": ratio}

    def _add_intervals(
        self, rows: list[dict[str, Any]], choices: list[Choice], best: kernel.Best | None
    ) -> None:
        """Fill the 95 % intervals in; the parts taken are held."""
        parts = np.array([choice.part for choice in choices])
        share = np.array([row["area_share_pct"] / 100.0 for row in rows])
        blocks = [kernel.Block(parts, month[:-1], share, float(month[-1])) for month in self.months]
        hits, by_area, total = kernel.resampled(blocks, self.stream, self.resamples)
        scale = 1.0 if best is None or best.hits == 0 else best.hits / best.bound
        with np.errstate(divide="ignore", invalid="ignore"):
            for at, row in enumerate(rows):
                drawn = {"hit_rate_pct": 100.0 * hits[:, at] / total, "pai": hits[:, at] / by_area[:, at]}
                if best is not None and row["choice"] != BEST:
                    drawn["pei"] = np.minimum(scale * hits[:, at] / hits[:, -1], 1.0)
                for name, values in drawn.items():
                    row[f"{name}_low"], row[f"{name}_high"] = kernel.interval(values)

    def _random(self, budget: float, best: kernel.Best | None, spacing: float | None) -> dict[str, Any]:
        """Return the row of units drawn blindly: means over draws, or exact; the range is of single draws."""
        units, later = self.scored.units, self.scored.later
        none = np.zeros(len(later))
        parts = np.array([self._drawn(none, budget, spacing) for _ in range(self._draws(spacing))])
        mean = np.full(len(later), budget / units.km2.sum()) if spacing is None else parts.mean(axis=0)
        held = parts @ later
        row = self._row(
            RANDOM,
            Choice(mean, float(mean @ units.km2), float(mean @ later), float("nan"), float("nan")),
            best,
            spacing,
        )
        whole, share = self.scored.incidents, row["area_share_pct"] / 100.0
        for name, values in (
            ("hit_rate_pct", 100.0 * held / whole),
            ("pai", held / whole / share),
            ("pei", held / (best.bound if best is not None and best.bound > 0 else np.nan)),
        ):
            row[f"{name}_low"], row[f"{name}_high"] = kernel.interval(values)
        for name in (
            "recapture_rate_index",
            "jaccard_best",
            *(key for key in row if key.startswith("ring_")),
        ):
            row[name] = np.nan
        return row

    def _draws(self, spacing: float | None) -> int:
        return self.resamples if spacing is None else min(self.resamples, SPACED_DRAWS)

    def _drawn(self, none: Floats, budget: float, spacing: float | None) -> Floats:
        units = self.scored.units
        if spacing is None:
            return kernel.taken_at_random(units.km2, budget, self.stream)
        return kernel.taken_apart(none, units.km2, budget, units.centres, spacing, self.stream)

    def curve(self) -> pd.DataFrame:
        """Return the capture curve at 201 shares of the area, as far as the units reach."""
        units, later, whole = self.scored.units, self.scored.later, self.scored.incidents
        reach = 1.0 if units.covering else float(units.km2.sum()) / units.total_km2
        shares = np.linspace(0.0, reach, 201)
        budget = np.minimum(shares * units.total_km2, units.km2.sum())
        held = {
            "hit_rate_pct": kernel.captured(self.order, units.km2, later, budget),
            "hit_rate_pct_worst_ties": kernel.captured(self.order, units.km2, later, budget, ties="worst"),
            "hit_rate_pct_best_ties": kernel.captured(self.order, units.km2, later, budget, ties="best"),
        }
        if units.covering:
            held["best_possible_pct"] = kernel.captured(later / units.km2, units.km2, later, budget)
        return pd.DataFrame(
            {"area_share_pct": 100.0 * shares, **{k: 100.0 * v / whole for k, v in held.items()}}
        )
