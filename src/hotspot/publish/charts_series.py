"""The months behind a chart of series: counts, which months were observed, and the breaks that concern them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import refuse_silent_sum, starts_of
from hotspot.intake.break_register import Break
from hotspot.intake.breaks import Register, breaks_between
from hotspot.publish.escape import MISSING, plain
from hotspot.ranking.monthly import month_numbers, month_ordinals


@dataclass(frozen=True)
class Series:
    """Incidents by month of one panel.

    Attributes
    ----------
    name
        The value of the column, or what is counted.
    months
        Every month from first to last, shape (months,).
    counts
        Incidents, 0 where the month was not observed.
    observed
        Whether every source of the panel has a file for the month.
    breaks
        Those that concern its sources, categories and months.
    """

    name: str
    months: pd.PeriodIndex
    counts: NDArray[np.int64]
    observed: NDArray[np.bool_]
    breaks: list[Break] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Incidents in observed months."""
        return int(self.counts[self.observed].sum())

    @property
    def heading(self) -> str:
        """The panel's title: how many incidents in how many months."""
        seen = int(self.observed.sum())
        gaps = f" of {len(self.months)}" if seen < len(self.months) else ""
        return f"{self.name}: {self.total:,} incidents in {seen}{gaps} months"

    def in_words(self) -> str:
        """Describe the panel: range, years and gaps, with their numbers."""
        seen = self.counts[self.observed]
        months = self.months[self.observed]
        if not len(seen):
            return f"{self.heading}."
        low, high = int(seen.argmin()), int(seen.argmax())
        years = pd.DataFrame({"year": months.year, "n": seen}).groupby("year")["n"].agg(["sum", "size"])
        each = ", ".join(
            f"{year}: {int(total):,}" + ("" if size == 12 else f" ({int(size)} months)")
            for year, total, size in years.itertuples()
        )
        absent = self.months[~self.observed]
        gap = f" No file: {provenance.spans(str(month) for month in absent)}." if len(absent) else ""
        return (
            f"{self.heading}, lowest {int(seen[low]):,} in {months[low]}, highest {int(seen[high]):,} in {months[high]}; "
            f"by year {each}.{gap}"
        )


def series_of(
    incidents: pd.DataFrame, *, by: str | None, top: int, register: Register | None
) -> tuple[list[Series], list[str], list[str]]:
    """Count months for each value of a column.

    Returns
    -------
    list of Series, list of str, list of str
        Those with the most incidents first; what is said of those not drawn; and of rows not counted.
    """
    if "start" not in incidents.columns:
        raise InputError("the incidents have no column 'start', so there are no months to draw; give one")
    if by is not None and by not in incidents.columns:
        raise InputError(
            f"by={by!r} is no column of the incidents; they have {', '.join(map(str, incidents.columns[:12]))}"
        )
    if by != "source":
        refuse_silent_sum(incidents, "chart_series")
    start = starts_of(incidents)
    if not start.notna().any():
        raise InputError(f"none of the {len(incidents):,} incidents has a date; there is nothing to draw")
    span = _span(incidents, start)
    names = (
        pd.Series("All reported incidents", index=incidents.index) if by is None else _names(incidents[by])
    )
    sizes = names.value_counts()
    ordered = sorted(sizes.index, key=lambda name: (-int(sizes[name]), str(name)))
    drawn = [
        _series(incidents[(names == name).to_numpy()], str(name), span, register, source=by == "source")
        for name in ordered[:top]
    ]
    rest = [f"{plain(name, limit=60)} ({int(sizes[name]):,})" for name in ordered[top : top + 5]]
    more = f" and {len(ordered) - top - 5} more" if len(ordered) > top + 5 else ""
    undrawn = [f"Not drawn: {', '.join(rest)}{more}."] if rest else []
    return drawn, undrawn, _rows_left_out(incidents, start, drawn)


def _names(column: pd.Series) -> pd.Series:
    values = column.astype(object)
    return values.where(values.notna(), MISSING).map(lambda value: plain(value, limit=80))


def _span(incidents: pd.DataFrame, start: pd.Series) -> pd.PeriodIndex:
    recorded = provenance.months_observed(incidents)
    if recorded:
        return pd.period_range(recorded[0], recorded[-1], freq="M")
    ordinals = month_ordinals(start.dropna())
    first, last = (pd.Period(ordinal=int(edge), freq="M") for edge in (ordinals.min(), ordinals.max()))
    return pd.period_range(first, last, freq="M")


def _series(
    part: pd.DataFrame, name: str, span: pd.PeriodIndex, register: Register | None, *, source: bool
) -> Series:
    record = provenance.of(part)["sources"]
    held = [item for item in record if not source or item["name"] == name] or record
    observed = np.ones(len(span), dtype=bool)
    for item in held:
        observed &= np.isin(span.astype(str), item["months"])
    numbers = month_numbers(starts_of(part), span)
    counts = np.bincount(numbers[numbers >= 0], minlength=len(span)).astype(np.int64)
    if "source" in part.columns and part["source"].notna().any():
        sources = sorted({str(value) for value in part["source"].dropna().unique()})
    else:
        sources = [item["name"] for item in held]
    found = breaks_between(sources, str(span[0]), str(span[-1]), register=register) if sources else []
    return Series(name, span, counts, observed, [item for item in found if _concerns(item, part)])


def _concerns(item: Break, part: pd.DataFrame) -> bool:
    if not item.categories or "category" not in part.columns:
        return True
    present = {str(value).casefold() for value in part["category"].dropna().unique()}
    return any(name.casefold() in present for name in item.categories)


def _rows_left_out(incidents: pd.DataFrame, start: pd.Series, drawn: list[Series]) -> list[str]:
    lines = []
    undated = int(start.isna().sum())
    if undated:
        lines.append(f"{undated:,} incidents have no date and are not drawn.")
    lost = sum(int(series.counts[~series.observed].sum()) for series in drawn)
    if lost:
        lines.append(
            f"{lost:,} incidents of months in which not every source of the panel has a file are not drawn."
        )
    if not provenance.months_observed(incidents):
        lines.append(
            "Which months were observed is not recorded: a month without incidents is drawn as 0, and may be a gap."
        )
    return lines


def break_words(item: Break) -> str:
    """Name a break with its months and what no longer holds."""
    return f"{plain(item.name)} ({item.months}). {plain(item.consequence, limit=1_000)}"


def break_on(item: Break, first: int, last: int) -> tuple[float, float]:
    """Return where a break begins and ends on an axis of months, kept within it."""
    begin = pd.Period(item.start, freq="M").ordinal
    if item.kind == "change":
        end = begin if item.end is None else pd.Period(item.end, freq="M").ordinal
    else:
        end = last if item.end is None else pd.Period(item.end, freq="M").ordinal + 1
    return float(min(max(begin, first), last)), float(min(max(end, first), last))
