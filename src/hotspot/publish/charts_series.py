"""The months behind a chart of series: counts, which months were observed, and the breaks that concern them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import refuse_silent_sum, starts_of
from hotspot.intake.break_register import Break
from hotspot.intake.breaks import Register, breaks_between
from hotspot.publish.escape import MISSING, plain
from hotspot.publish.release import Release, _rule, released
from hotspot.publish.released_tables import layout_of
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
    shown
        Of protected counts, how each month's is written; empty where all are shown.
    total_shown
        Of protected counts, how the total is written.
    """

    name: str
    months: pd.PeriodIndex
    counts: NDArray[np.int64]
    observed: NDArray[np.bool_]
    breaks: list[Break] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    total_shown: str = ""

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Whether each month is observed and its count shown."""
        return self.observed & ~self.hidden

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Whether each month is observed and its count protected."""
        if not self.shown:
            return np.zeros(len(self.months), dtype=bool)
        protected: NDArray[np.bool_] = np.array([not text.isdigit() for text in self.shown], dtype=bool)
        return self.observed & protected

    @property
    def not_shown(self) -> str:
        """Name the months whose count is protected, by the class that stands in its place."""
        months: dict[str, list[str]] = {}
        for at in np.flatnonzero(self.hidden).tolist():
            months.setdefault(self.shown[at], []).append(str(self.months[at]))
        return "; ".join(f"{provenance.spans(months[text])} ({text})" for text in sorted(months))

    @property
    def total(self) -> int:
        """Incidents in observed months."""
        return int(self.counts[self.observed].sum())

    @property
    def heading(self) -> str:
        """The panel's title: how many incidents in how many months."""
        seen = int(self.observed.sum())
        gaps = f" of {len(self.months)}" if seen < len(self.months) else ""
        classed = self.total_shown and not self.total_shown.isdigit()
        total = self.total_shown if classed else f"{int(self.total_shown or self.total):,}"
        return f"{self.name}: {total} incidents in {seen}{gaps} months"

    def in_words(self) -> str:
        """Describe the panel: range, years and gaps, with their numbers."""
        seen = self.counts[self.drawn]
        months = self.months[self.drawn]
        hides = f" Count not shown: {self.not_shown}." if self.hidden.any() else ""
        if not len(seen):
            return f"{self.heading}.{hides}"
        if hides:
            high = int(seen.argmax())
            return f"{self.heading}, highest shown {int(seen[high]):,} in {months[high]}.{hides}{self._gap}"
        low, high = int(seen.argmin()), int(seen.argmax())
        years = pd.DataFrame({"year": months.year, "n": seen}).groupby("year")["n"].agg(["sum", "size"])
        each = ", ".join(
            f"{year}: {int(total):,}" + ("" if size == 12 else f" ({int(size)} months)")
            for year, total, size in years.itertuples()
        )
        return (
            f"{self.heading}, lowest {int(seen[low]):,} in {months[low]}, highest {int(seen[high]):,} in {months[high]}; "
            f"by year {each}.{self._gap}"
        )

    @property
    def _gap(self) -> str:
        absent = self.months[~self.observed]
        return f" No file: {provenance.spans(str(month) for month in absent)}." if len(absent) else ""


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


def released_series(
    incidents: pd.DataFrame, *, by: str | None, top: int, register: Register | None, release: Release
) -> tuple[list[Series], list[str], list[str], pd.DataFrame]:
    """Count months for each value of a column, of a closed source as `released` gives the table of these counts.

    Returns
    -------
    list of Series, list of str, list of str, DataFrame
        As `series_of`, ordered by what is shown; and the frame whose notes and sources the chart must print.
    """
    if release is None or provenance.is_open([incidents]):
        return *series_of(incidents, by=by, top=top, register=register), incidents
    every, _, _ = series_of(incidents, by=by, top=max(len(incidents), 1), register=register)
    name = "_name" if by is None else by
    rows = [
        (str(month), series.name, int(n))
        for series in every
        for month, n, seen in zip(series.months, series.counts, series.observed, strict=True)
        if seen
    ]
    rows += [("total", series.name, series.total) for series in every]
    table = pd.DataFrame(rows, columns=["month", name, "n"])
    table = table.drop(columns=name) if by is None else table
    layout = layout_of(table, _rule(release).keep)
    if by is not None and (layout is None or by not in (*layout.units, *layout.parts)):
        raise InputError(
            f"nothing says that the column {by!r} of a closed source may be published; name it in "
            f"PublicRelease(keep=[{by!r}]), if it holds no address, id or free text"
        )
    made = released(provenance.carry(incidents, table, "count_by_month", by=by), release)
    names = [row[1] for row in rows]
    texts = {(month, each): text for (month, each, _), text in zip(rows, made["n_shown"], strict=True)}
    drawn = [_protected(series, texts) for series in every]
    drawn = sorted(drawn, key=lambda series: (-_least(series.total_shown), series.name))
    rest = [f"{series.name} ({series.total_shown})" for series in drawn[top : top + 5]]
    more = f" and {len(set(names)) - top - 5} more" if len(drawn) > top + 5 else ""
    undrawn = [f"Not drawn: {', '.join(rest)}{more}."] if rest else []
    said = ["Incidents without a date, and those of months without a file, are not drawn."]
    hides = [series for series in drawn[:top] if series.hidden.any()]
    if hides:
        said.append("Dotted: months whose count is protected and not shown. It is no zero.")
    said += [f"Not shown of {plain(series.name, limit=60)}: {series.not_shown}." for series in hides]
    return drawn[:top], undrawn, said, made


def _protected(series: Series, texts: dict[tuple[str, str], str]) -> Series:
    """Return the series with nothing but what is shown of it."""
    shown = [texts.get((str(month), series.name), "") for month in series.months]
    counts = np.array([int(text) if text.isdigit() else 0 for text in shown], dtype=np.int64)
    return replace(series, counts=counts, shown=shown, total_shown=texts["total", series.name])


def _least(shown: str) -> int:
    first = shown.partition(" ")[0]
    return int(first) if first.isdigit() else 0


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
