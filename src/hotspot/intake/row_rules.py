"""Judge rows by the mapping's own words: categories, rules, lengths; and name their places."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.intake.cell_values import text_of
from hotspot.intake.findings import Finding, as_example
from hotspot.intake.ledger import HEADER_AMONG_ROWS
from hotspot.intake.mapping import LeaveOut, Mapping

LONGEST_FIELD = 10_000
"""Characters of a field beyond which a row is set aside: a damaged file, or a document in a cell."""

HEADER_AGAIN = "header again"
NOT_TRANSLATED = "category not translated"
TOO_LONG = "field too long"
_UPRN_DIGITS = 12


class Problems:
    """Why each row is no incident: the first reason given stands."""

    def __init__(self, count: int) -> None:
        self.reason = np.full(count, "", dtype=object)
        self.field = np.full(count, "", dtype=object)
        self.value = np.full(count, "", dtype=object)

    @property
    def none(self) -> NDArray[np.bool_]:
        """Tell which rows have no problem so far."""
        free: NDArray[np.bool_] = self.reason == ""
        return free

    def add(self, reason: Any, field: Any, value: Any) -> None:
        """Give rows a reason, a field and its value where ``reason`` is not empty and none was given yet."""
        reasons = np.asarray(reason, dtype=object)
        new = self.none & (reasons != "")
        self.reason[new] = reasons[new]
        self.field[new] = np.broadcast_to(np.asarray(field, dtype=object), new.shape)[new]
        self.value[new] = np.broadcast_to(np.asarray(value, dtype=object), new.shape)[new]


def header_again(table: pd.DataFrame, problems: Problems) -> list[Finding]:
    """Set aside rows that hold the header once more: months pasted under one another, each with its own.

    Every field of such a row, of two at least, is its column's name or blank.
    """
    rows = np.arange(len(table))
    filled = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        there = table[name].iloc[rows]
        text = text_of(there)
        own = (_folded(text) == " ".join(str(name).split()).casefold()).fillna(False).to_numpy(dtype=bool)
        blank = text.isna().to_numpy(dtype=bool)
        filled[rows[own]] += 1
        rows = rows[own | blank]
    rows = rows[filled[rows] >= 2]
    if not len(rows):
        return []
    again = np.full(len(table), "", dtype=object)
    again[rows] = HEADER_AGAIN
    first = str(table.columns[0])
    problems.add(again, first, first)
    return [Finding(HEADER_AMONG_ROWS, rows, first, as_example(first))]


def leave_out(table: pd.DataFrame, rules: tuple[LeaveOut, ...], problems: Problems) -> None:
    """Mark the rows that a rule leaves out; the first rule that holds gives the reason.

    Texts are compared in any case of letters, with runs of spaces as one. For ``contains`` the text that was
    looked for is shown and not the field, which may be a narrative.
    """
    for rule in rules:
        text = text_of(table[rule.column])
        folded = _folded(text)
        if rule.empty:
            hit, value = text.isna(), pd.Series("", index=text.index)
        elif rule.contains is not None:
            look = " ".join(rule.contains.split())
            hit = folded.str.contains(look.casefold(), regex=False)
            value = pd.Series(f"contains {look}", index=text.index)
        else:
            hit = folded.isin({" ".join(each.split()).casefold() for each in rule.equals})
            value = text
        flags = hit.fillna(False).to_numpy(dtype=bool)
        problems.add(
            np.where(flags, rule.reason, "").astype(object), rule.column, value.to_numpy(dtype=object)
        )


def _folded(text: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(text)
    words = [" ".join(str(value).split()).casefold() for value in distinct]
    return pd.Series(np.array([*words, None], dtype=object)[codes], dtype="str")


def too_long(table: pd.DataFrame, plan: Mapping, problems: Problems) -> None:
    """Mark rows with a field of text over `LONGEST_FIELD` characters in a column that incidents keep."""
    columns = plan.columns
    names = (columns.id, columns.category, columns.place_id, columns.location, *columns.keep)
    for name in dict.fromkeys(each for each in names if each is not None):
        if pd.api.types.is_numeric_dtype(table[name].dtype) or pd.api.types.is_datetime64_any_dtype(
            table[name].dtype
        ):
            continue
        long = (text_of(table[name]).str.len() > LONGEST_FIELD).fillna(False).to_numpy(dtype=bool)
        if long.any():
            problems.add(
                np.where(long, TOO_LONG, "").astype(object), name, f"over {LONGEST_FIELD:,} characters"
            )


def categories(table: pd.DataFrame, plan: Mapping, problems: Problems) -> tuple[pd.Series, list[Finding]]:
    """Translate the categories; what has no translation is kept, renamed or set aside as the mapping says."""
    name, spec = plan.columns.category, plan.categories
    if name is None:
        return pd.Series([plan.columns.category_value] * len(table), dtype="str"), []
    text = text_of(table[name]).reset_index(drop=True)
    codes, distinct = pd.factorize(text)
    words = {" ".join(key.split()).casefold(): value for key, value in spec.names.items()}
    translated = [words.get(" ".join(str(value).split()).casefold()) for value in distinct]
    known = np.array([value is not None for value in translated] + [False], dtype=bool)[codes]
    keep = spec.others == "keep"
    others = [str(value) for value in distinct] if keep else [spec.others] * len(distinct)
    new = [other if value is None else value for value, other in zip(translated, others, strict=True)]
    blank = None if keep or spec.others == "set aside" else spec.others
    category = pd.Series(np.array([*new, blank], dtype=object)[codes], dtype="str")
    findings = []
    if spec.others == "set aside":
        reason = np.where(known, "", NOT_TRANSLATED).astype(object)
        problems.add(reason, name, text.fillna("").to_numpy(dtype=object))
    elif spec.names and (~known & text.notna().to_numpy()).any():
        rows = np.flatnonzero(~known & text.notna().to_numpy())
        how = "kept as they are" if keep else f"named {spec.others!r}"
        findings.append(
            Finding(
                f"categories without a translation were {how}", rows, name, as_example(text.iloc[rows[0]])
            )
        )
    empty = np.flatnonzero(text.isna().to_numpy())
    if len(empty) and spec.others != "set aside":
        findings.append(Finding("the category is blank; the row is kept", empty, name, "(blank)"))
    return category, findings


def place_ids(
    table: pd.DataFrame, plan: Mapping, easting: NDArray[np.float64], northing: NDArray[np.float64]
) -> tuple[pd.Series, list[Finding]]:
    """Return the place of each row as text: the mapping's column, or the point's easting and northing."""
    name = plan.columns.place_id
    if name is None:
        return _points_as_ids(easting, northing), []
    ids = text_of(table[name]).reset_index(drop=True)
    plain = ids.str.replace(r"^(\d+)\.0+$", r"\1", regex=True)
    findings = []
    cut = np.flatnonzero(plain.str.fullmatch(r"\d(\.\d+)?[eE]\+?\d+").fillna(False).to_numpy(dtype=bool))
    if len(cut):
        text = "place ids are in scientific notation, their last digits are lost; export the column as text"
        findings.append(Finding(text, cut, name, as_example(ids.iloc[cut[0]])))
    if name.strip().casefold() == "uprn":
        short = plain.str.fullmatch(rf"\d{{1,{_UPRN_DIGITS - 1}}}").fillna(False).to_numpy(dtype=bool)
        if short.any():
            rows = np.flatnonzero(short)
            text = "UPRNs were filled up with zeros to 12 digits"
            findings.append(Finding(text, rows, name, as_example(ids.iloc[rows[0]]), fixed=True))
            plain = plain.where(~short, plain.str.zfill(_UPRN_DIGITS))
    blank = np.flatnonzero(plain.isna().to_numpy())
    if len(blank):
        text = "the place id is blank; the row's easting and northing stand for the place"
        findings.append(Finding(text, blank, name, "(blank)"))
        plain = plain.where(plain.notna(), _points_as_ids(easting, northing))
    return plain.astype("str"), findings


def _points_as_ids(easting: NDArray[np.float64], northing: NDArray[np.float64]) -> pd.Series:
    there = np.isfinite(easting) & np.isfinite(northing)
    x, y = np.rint(np.where(there, easting, 0.0)), np.rint(np.where(there, northing, 0.0))
    codes, distinct = pd.factorize(x + 1j * y)
    names = np.array([f"E{int(p.real):06d} N{int(p.imag):06d}" for p in distinct] or [""], dtype=object)
    ids = names[codes].copy()
    ids[~there] = None
    return pd.Series(ids, dtype="str")
