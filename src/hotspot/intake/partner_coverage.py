"""Which months a partner's export covers: as its mapping says, or from its first to its last incident."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hotspot.intake.detect import stray_dates
from hotspot.intake.findings import Finding
from hotspot.intake.ledger import make_coverage
from hotspot.intake.mapping import Mapping
from hotspot.provenance import spans


@dataclass(frozen=True)
class Covered:
    """The months covered, what every output must say of them, and what to look at."""

    months: list[str]
    note: str
    findings: list[Finding] = field(default_factory=list)


def cover(start: Any, problem: Any, plan: Mapping) -> tuple[pd.DataFrame, Covered]:
    """Return the coverage of a source, and what is to be said of it.

    Parameters
    ----------
    start
        Local time of each row's start, missing where unreadable.
    problem
        Why a date was not read, "" where it was.
    plan
        The mapping; its source's ``months`` settle the coverage when they are given.

    Notes
    -----
    Without stated months, dates that stand apart from the rest (a mistyped year) do not stretch the
    coverage. A month inside it without a row counts as covered with no incident, and is reported.
    """
    times = pd.Series(start).reset_index(drop=True)
    rows = np.flatnonzero((times.notna() & (np.asarray(problem, dtype=object) == "")).to_numpy())
    moments = times.iloc[rows].to_numpy().astype("datetime64[us]")
    ordinal = moments.astype("datetime64[M]").astype(np.int64)
    name = plan.source.name
    if plan.source.months:
        stated = [pd.Period(month, freq="M").ordinal for month in plan.source.months]
        inside = np.isin(ordinal, stated)
        findings = []
        if not inside.all():
            text = "dates outside the months that the mapping says the file covers; kept, but those months are missing"
            findings.append(_finding(text, rows[~inside], moments[~inside], plan))
        return _frame(name, ordinal[inside], stated), Covered(sorted(plan.source.months), "", findings)
    before, after = stray_dates(moments.astype("datetime64[D]").astype(np.int64))
    own = ~(before | after)
    if plan.check.as_of is not None:
        own &= moments <= np.datetime64(plan.check.as_of.normalize() + pd.Timedelta(days=1), "us")
    if not own.any():
        return make_coverage(pd.DataFrame({"source": [], "month": [], "rows": []})), Covered([], "")
    months = np.arange(ordinal[own].min(), ordinal[own].max() + 1).tolist()
    covered = [str(pd.Period(ordinal=month, freq="M")) for month in months]
    empty = sorted(set(months) - set(ordinal.tolist()))
    findings = []
    if empty:
        shown = spans(str(pd.Period(ordinal=month, freq="M")) for month in empty)
        text = f"no row is dated in {shown}: taken as no incident; if they were not exported, state [source] months"
        findings.append(Finding(text, np.empty(0, dtype=np.int64), "", ""))
    note = (
        f"{name}: coverage is taken from its first to its last incident, {spans(covered)}; "
        "months without a row count as no incident, and the last month may be partial"
    )
    return _frame(name, ordinal[own], months), Covered(covered, note, findings)


def _finding(text: str, rows: Any, moments: Any, plan: Mapping) -> Finding:
    column = plan.columns.start or plan.columns.date or ""
    return Finding(text, rows.astype(np.int64), column, str(moments[0])[:10])


def _frame(name: str, ordinal: Any, months: list[int]) -> pd.DataFrame:
    """Count the rows of each covered month; those between that are not covered come out as missing."""
    counts = pd.Series(ordinal, dtype="int64").value_counts()
    lines = [
        {"source": name, "month": str(pd.Period(ordinal=month, freq="M")), "rows": int(counts.get(month, 0))}
        for month in sorted(set(months))
    ]
    return make_coverage(pd.DataFrame(lines, columns=["source", "month", "rows"]))
