"""Intake: the incidents, the rows set aside, the months covered, and the sum that must close."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot.errors import InputError

SHOWN = 40
"""Characters of an offending field that may be shown: never a whole row."""


@dataclass(frozen=True, eq=False)
class Intake:
    """What a reader made of its files, with every row accounted for.

    Attributes
    ----------
    incidents
        One row an incident, points in EPSG:27700; see docs/conventions for the columns.
    set_aside
        One row for each row that is not an incident: source, source_file, row, reason, field, value
        (the offending field, at most 40 characters).
    coverage
        One row for each source and month between its first and last: source, month (``YYYY-MM``),
        rows (missing where there is no file), status ("present" or "missing").
    ledger
        One row a file: source, source_file, read, used, set_aside, one column for each reason, and the
        file's sha256.
    findings
        What a person should look at though no row was dropped for it: source, source_file, finding,
        rows, first_row.
    """

    incidents: gpd.GeoDataFrame
    set_aside: pd.DataFrame
    coverage: pd.DataFrame
    ledger: pd.DataFrame
    findings: pd.DataFrame

    def __post_init__(self) -> None:
        open_rows = self.ledger[self.ledger["read"] != self.ledger["used"] + self.ledger["set_aside"]]
        if len(open_rows):
            first = open_rows.iloc[0]
            raise InputError(
                f"the ledger of {first['source_file']} does not close: {first['read']:,} rows read, "
                f"{first['used']:,} used and {first['set_aside']:,} set aside; please report this as a fault"
            )
        if int(self.ledger["used"].sum()) != len(self.incidents):
            raise InputError("the ledger and the incidents differ; please report this as a fault")


def make_ledger(files: pd.DataFrame, used: pd.Series, set_aside: pd.DataFrame) -> pd.DataFrame:
    """Build the ledger.

    Parameters
    ----------
    files
        Columns source, source_file and read: the rows of each file, counted before anything else.
    used
        Incidents by source_file.
    set_aside
        As in `Intake`.
    """
    ledger = files.reset_index(drop=True).copy()
    ledger["used"] = ledger["source_file"].map(used).fillna(0).astype("int64")
    by_file = set_aside.groupby("source_file", observed=True).size()
    ledger["set_aside"] = ledger["source_file"].map(by_file).fillna(0).astype("int64")
    for reason in sorted(set_aside["reason"].unique()):
        counts = set_aside[set_aside["reason"] == reason].groupby("source_file", observed=True).size()
        ledger[reason] = ledger["source_file"].map(counts).fillna(0).astype("int64")
    return ledger


def make_coverage(present: pd.DataFrame) -> pd.DataFrame:
    """Fill the months between each source's first and last: a month without a file is missing, not zero.

    Parameters
    ----------
    present
        Columns source, month (``YYYY-MM``) and rows, one row for each source and month with a file.
    """
    parts = []
    for source, group in present.groupby("source", observed=True, sort=True):
        rows = group.groupby("month", observed=True)["rows"].sum()
        months = pd.period_range(str(rows.index.min()), str(rows.index.max()), freq="M").strftime("%Y-%m")
        filled = rows.reindex(months)
        parts.append(
            pd.DataFrame(
                {
                    "source": str(source),
                    "month": list(months),
                    "rows": filled.astype("Int64").to_numpy(),
                    "status": np.where(filled.isna(), "missing", "present"),
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=["source", "month", "rows", "status"])
    return pd.concat(parts, ignore_index=True).astype({"rows": "Int64"})


def spans(months: Iterable[str]) -> str:
    """Write months as runs: ``2011-02, 2014-01 to 2014-02``."""
    periods = sorted(pd.Period(month, freq="M") for month in set(months))
    runs: list[list[pd.Period]] = []
    for period in periods:
        if runs and period.ordinal == runs[-1][-1].ordinal + 1:
            runs[-1][-1] = period
        else:
            runs.append([period, period])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs)


def shorten(value: object) -> str:
    """Return a field as text of at most 40 characters, without line breaks."""
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
