"""Intake: the incidents, the rows set aside, the months covered, and the sum that must close."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.intake.partial_months import flag_partial
from hotspot.text import printable

if TYPE_CHECKING:
    from hotspot.intake.findings import Finding

SHOWN = 40
"""Characters of an offending field that may be shown: never a whole row."""
_FIRST_ROWS = 5
HEADER_AMONG_ROWS = (
    "the header stands again among the rows: files were pasted under one another; not rows of the data"
)
NONE_USED = "none of the file's rows was used: the ledger has the reasons"
NO_ROWS = "the file has a header and no row: the export may have failed"


@dataclass(frozen=True, eq=False)
class Origin:
    """How the full rows of a source can be read again; nothing of them is held in memory."""

    full_rows: Callable[[str, NDArray[np.int64]], pd.DataFrame]
    """Given a source_file and ascending row numbers, returns these rows as they stand, in that order."""
    open: bool
    """Whether every source is declared open."""
    header_row: int = 1
    delimiter: str = ","
    encoding: str = "utf-8-sig"


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
        rows (missing where there is no file), status ("present", "missing", or "partial?" where a month has
        implausibly few rows against those before: see `partial_months`).
    ledger
        One row a file: source, source_file, read, used, set_aside, one column for each reason, and the
        file's sha256.
    findings
        What a person should look at: source, source_file, finding, rows (how many), first_row (row number
        in the file), first_rows (up to five row numbers as text), field, example (of the first row, at
        most 40 characters), fixed (the mapping asked for the fix and it was made).
    origin
        How `save_set_aside` reads the rows again; None where nothing can be read again.
    """

    incidents: gpd.GeoDataFrame
    set_aside: pd.DataFrame
    coverage: pd.DataFrame
    ledger: pd.DataFrame
    findings: pd.DataFrame
    origin: Origin | None = field(default=None, repr=False)

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

    def save_set_aside(
        self, path: str | os.PathLike[str], *, reasons: str | Iterable[str] | None = None
    ) -> Path:
        """Read the sources again and write the full rows that were set aside, to be repaired and read again.

        This is the one output of full rows, personal data and unmapped columns included. Unless every source
        is declared open, it is marked OFFICIAL-SENSITIVE in its name and in its text. The same mapping reads it.

        Parameters
        ----------
        path
            The file to write: ``.csv``, or ``.geojson`` for sources that have their points as geometry.
        reasons
            Only rows set aside for these reasons; all when None.

        Returns
        -------
        Path
            The file that was written, which has the marking in its name.

        Raises
        ------
        InputError
            If nothing was set aside, a reason is unknown, or a source is gone or has changed.

        How this can mislead: a row stands here as often as it was set aside, whole; delete the file when its
        rows are repaired, or the same incidents are read twice.
        """
        from hotspot.intake.save_set_aside import save_set_aside

        return save_set_aside(self, path, reasons=reasons)


def recorded(intake: Intake) -> Intake:
    """Add what was read to the run that is being recorded, if any."""
    if recording.active() is not None:
        record = provenance.of(intake.incidents)
        step = dict(record["steps"][-1]) if record["steps"] else {"step": "read"}
        recording.step(step.pop("step"), step, record)
        recording.read(json.loads(intake.ledger.to_json(orient="records")))
    return intake


class Found(NamedTuple):
    """One line of ``Intake.findings``."""

    source: str
    source_file: str
    finding: str
    rows: int
    first_row: int
    first_rows: str = ""
    field: str = ""
    example: str = ""
    fixed: bool = False


def found(source: str, source_file: str, finding: Finding, numbers: NDArray[np.int64]) -> Found:
    """Turn a finding about rows of one file's table into a line of ``Intake.findings``.

    Parameters
    ----------
    numbers
        Row number in the file of each row of the table.
    """
    first = numbers[finding.rows[:_FIRST_ROWS]].tolist()
    return Found(
        source,
        source_file,
        finding.finding,
        len(finding.rows),
        first[0] if first else 1,
        row_list(first),
        finding.field,
        shorten(finding.example) if finding.example else "",
        finding.fixed,
    )


def row_list(rows: Iterable[int]) -> str:
    """Write up to five row numbers as text: ``2, 5, 9``."""
    return ", ".join(str(row) for row in list(rows)[:_FIRST_ROWS])


def make_findings(lines: Iterable[Found]) -> pd.DataFrame:
    """Put findings into a frame, by source, file and first row, so that the order of files does not matter."""
    ordered = sorted(
        line if line.first_rows else line._replace(first_rows=str(line.first_row)) for line in lines
    )
    ordered.sort(key=lambda line: (line.source, line.source_file, line.first_row))
    kinds = dict.fromkeys(Found._fields, "str") | {"rows": "int64", "first_row": "int64", "fixed": "bool"}
    return pd.DataFrame(ordered, columns=list(Found._fields)).astype(kinds)


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


def none_used(ledger: pd.DataFrame) -> list[Found]:
    """Return a finding for each file that has rows and no incident."""
    empty = ledger[(ledger["read"] > 0) & (ledger["used"] == 0)]
    columns = (empty[name].tolist() for name in ("source", "source_file", "read"))
    return [Found(source, file, NONE_USED, read, 1) for source, file, read in zip(*columns, strict=True)]


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
    return flag_partial(pd.concat(parts, ignore_index=True).astype({"rows": "Int64"}))


def shorten(value: object) -> str:
    """Return a field as text of at most 40 characters that can be shown on one line."""
    return printable(value, limit=SHOWN)
