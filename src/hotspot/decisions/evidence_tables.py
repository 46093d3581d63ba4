"""Small tables of other evidence: read from a file or a frame, checked strictly, their text left as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance, recording
from hotspot.errors import InputError
from hotspot.geography.vintage import read_day
from hotspot.intake.cell_values import text_of
from hotspot.intake.tabular import read_table
from hotspot.text import printable

if TYPE_CHECKING:
    from hotspot.decisions.order import Order

EvidenceLike: TypeAlias = pd.DataFrame | str | os.PathLike[str]

WHOLE_ORDER = "the whole order"
"""What a blank prohibition stands for."""
_SHOWN = 40


@dataclass(frozen=True, eq=False)
class EvidenceTable:
    """A table with the columns that were asked for, under the names that were asked for.

    Attributes
    ----------
    what
        "consultation", "activity" or "statements", for messages.
    table
        RangeIndex; only columns that are there.
    rows
        Row number of each row, as a spreadsheet shows it.
    sha256
        Of the file's bytes, or of the frame as text.
    """

    what: str
    table: pd.DataFrame
    rows: NDArray[np.int64]
    sha256: str

    def text(self, name: str) -> pd.Series:
        """Return a column as text, missing where blank or where there is no such column."""
        if name not in self.table.columns:
            return pd.Series([None] * len(self.table), dtype="str")
        return text_of(self.table[name]).reset_index(drop=True)

    def required(self, name: str) -> pd.Series:
        """Return a column as text, refusing blanks."""
        texts = self.text(name)
        self.refuse(texts.isna().to_numpy(dtype=bool), texts, f"have no {name}", "fill it in")
        return texts

    def refuse(self, bad: Any, texts: pd.Series, wrong: str, try_this: str) -> None:
        """Raise InputError if any row is bad: how many, the first one's number and its text."""
        at = np.flatnonzero(np.asarray(bad, dtype=bool))
        if len(at):
            first = texts.iloc[at[0]]
            shown = "blank" if pd.isna(first) else repr(printable(first, limit=_SHOWN))
            raise InputError(
                f"{self.what}: {len(at):,} of {len(self.table):,} rows {wrong} (the first is row {self.rows[at[0]]}: "
                f"{shown}); {try_this}"
            )

    def numbers(self, name: str, *, whole: bool) -> pd.Series:
        """Return a column of numbers of zero or more, missing where blank."""
        texts = self.text(name)
        values = pd.to_numeric(
            texts.str.replace(r"^(\d{1,3}(?:,\d{3})+)$", _no_commas, regex=True), errors="coerce"
        )
        number = values.to_numpy(dtype=float, na_value=np.nan)
        bad = texts.notna().to_numpy(dtype=bool) & ~(np.isfinite(number) & (number >= 0) & (number < 1e9))
        if whole:
            bad |= np.isfinite(number) & (number != np.floor(number))
        kind = "whole number of zero or more" if whole else "number of zero or more"
        self.refuse(
            bad,
            texts,
            f"have no {kind} as {name}",
            "write the number alone, and leave it blank if unknown",
        )
        return pd.Series(number)

    def days(self, name: str) -> pd.Series:
        """Return a column of days, missing where blank."""
        if name not in self.table.columns:
            return pd.Series(pd.NaT, index=range(len(self.table)), dtype="datetime64[us]")
        column = self.table[name]
        days = []
        for at, value in enumerate(column.tolist()):
            try:
                # A bare number would be read as nanoseconds since 1970.
                day = str(value) if isinstance(value, int | float) else value
                days.append(pd.NaT if pd.isna(value) else read_day(day, name))
            except InputError:
                self.refuse(
                    np.arange(len(column)) == at,
                    self.text(name),
                    f"have a {name} that is no day",
                    "write YYYY-MM-DD, such as 2026-02-28",
                )
        return pd.Series(days, dtype="datetime64[us]")

    def prohibitions(self, order: Order | None) -> pd.Series:
        """Return the prohibition of each row as the order spells it; `WHOLE_ORDER` where it is blank."""
        texts = self.text("prohibition")
        plain = texts.fillna(WHOLE_ORDER)
        if order is None:
            return plain
        known = {_folded(item.name): item.name for item in order.prohibitions} | {
            _folded(WHOLE_ORDER): WHOLE_ORDER
        }
        found = plain.map(lambda text: known.get(_folded(text)))
        listed = ", ".join(printable(item.name, limit=_SHOWN) for item in order.prohibitions[:12])
        self.refuse(
            found.isna(),
            texts,
            "name a prohibition that the order has not",
            f"it has: {listed}; blank is the whole order",
        )
        return found.astype("str")

    def refuse_repeats(self, keys: pd.DataFrame, wrong: str) -> None:
        """Raise InputError if two rows have the same keys."""
        again = keys.duplicated().to_numpy()
        self.refuse(again, keys.iloc[:, 0].astype("str"), wrong, "keep one row, or add them up yourself")


def _no_commas(found: Any) -> str:
    return str(found.group(0)).replace(",", "")


def _folded(text: object) -> str:
    return " ".join(str(text).split()).casefold()


def read_evidence(
    source: EvidenceLike, what: str, required: Mapping[str, str], optional: Mapping[str, str]
) -> EvidenceTable:
    """Read a table with just these columns.

    Parameters
    ----------
    source
        A CSV, .xlsx or Parquet file, or a DataFrame.
    required, optional
        Column name -> what it holds, in words. Names match in any case of letters; ``_`` counts as a space.

    Raises
    ------
    InputError
        If a column is missing, stands twice, or is not among them: a column that nothing reads may hold personal
        data, so it has to be taken out first. If a record is broken, or there is no row.
    """
    if not isinstance(source, pd.DataFrame | str | os.PathLike):
        raise InputError(
            f"{what} is a DataFrame or a file (CSV, .xlsx); given {type(source).__name__}. Its columns are "
            f"{', '.join(required)}"
        )
    raw = read_table(source)
    if raw.broken:
        row, reason, _ = raw.broken[0]
        raise InputError(
            f"{what}: {len(raw.broken):,} rows of {raw.name} are damaged (the first is row {row}: {reason}); mend the file"
        )
    known = {_plain(name): name for name in (*required, *optional)}
    names = {column: known.get(_plain(column)) for column in raw.table.columns if column != "geometry"}
    unknown = [str(column) for column, name in names.items() if name is None]
    if unknown:
        shown = ", ".join(repr(printable(name, limit=_SHOWN)) for name in unknown[:6])
        raise InputError(
            f"{what}: {len(unknown)} columns are not used: {shown}. It knows {', '.join(known.values())}; take the others "
            "out, since free text can name people"
        )
    found = list(names.values())
    twice = sorted({str(name) for name in found if found.count(name) > 1})
    lacking = [name for name in required if name not in found]
    if twice or lacking:
        words = "; ".join(f"{name}: {required[name]}" for name in lacking) or f"{twice[0]} stands twice"
        raise InputError(
            f"{what}: {raw.name} {'lacks ' if lacking else ''}{words}. It has "
            f"{', '.join(repr(printable(name, limit=_SHOWN)) for name in names) or 'no column'}; rename its columns"
        )
    if raw.table.empty:
        raise InputError(f"{what}: {raw.name} has no row; leave {what} out when there is none")
    table = pd.DataFrame(raw.table).rename(columns=names)
    return EvidenceTable(what, table[[str(name) for name in found]], raw.rows, raw.sha256)


def _plain(name: object) -> str:
    return " ".join(str(name).replace("_", " ").split()).casefold()


def evidence_record(
    frame: pd.DataFrame, read: EvidenceTable, *, name: str, open_data: bool, simulated: bool, note: str
) -> pd.DataFrame:
    """Give a table of evidence its record: a source of its own, which is never one of incidents."""
    source: provenance.Source = {
        "name": name,
        "open": open_data,
        "simulated": simulated,
        "attribution": "",
        "months": [],
    }
    parameters: dict[str, Any] = {"rows": len(read.table), "sha256": read.sha256}
    record: provenance.Record = {
        "sources": [source],
        "as_of": None,
        "steps": [{"step": read.what, **parameters}],
        "notes": [note],
    }
    recording.step(read.what, parameters, record)
    return provenance.put(frame, record)


def checked_before(source: object, what: str) -> bool:
    """Tell whether a frame was made by the call of that name, and need not be checked again."""
    return isinstance(source, pd.DataFrame) and any(
        step["step"] == what for step in provenance.of(source)["steps"]
    )
