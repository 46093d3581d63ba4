"""Mapping files for tables of counts: the same form as for incidents, with [counts] in place of coordinates."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from hotspot.errors import InputError
from hotspot.intake.mapping import (
    CategorySpec,
    ColumnSpec,
    FileSpec,
    LeaveOut,
    Mapping,
    SourceSpec,
    load_toml,
)
from hotspot.intake.mapping_check import Checker
from hotspot.intake.mapping_keys import ORDERS, SECTIONS, Key
from hotspot.text import printable

MONTH_CELL, COUNT_CELL = "(month)", "(count)"
"""Columns that a table with a column for each month is unfolded into."""

_TEXT = Key("text")
COUNT_SECTIONS: dict[str, dict[str, Key]] = {
    "source": {
        name: key
        for name, key in SECTIONS["source"].items()
        if name not in ("location_precision", "time_zone")
    },
    "file": SECTIONS["file"],
    "columns": {
        "area": Key("text", required=True),
        "month": _TEXT,
        "months": Key("text", choices=("columns",)),
        "category": _TEXT,
        "category_value": _TEXT,
        "count": _TEXT,
    },
    "dates": {"order": Key("text", choices=ORDERS)},
    "counts": {
        "areas_code": _TEXT,
        "areas_name": _TEXT,
        "areas_layer": _TEXT,
        "absent": Key("text", choices=("zero", "missing")),
        "repeated": Key("text", choices=("set aside", "sum")),
        "suppressed": Key("list of text"),
        "suppressed_at_most": Key("whole number"),
    },
    "categories": SECTIONS["categories"],
}
_REQUIRED = ("source", "columns")


@dataclass(frozen=True)
class CountsMapping:
    """A checked mapping of a table of counts.

    Attributes
    ----------
    plan
        Source, file, categories and rules, as for incidents.
    area, month, count
        Columns of the file; ``month`` and ``count`` are those of the unfolded table where ``wide``.
    wide
        Each month has a column of its own.
    areas_code, areas_name, areas_layer
        Columns of the areas, and the layer of their file.
    absent
        What an area, month and category without a row is: "zero" or "missing".
    repeated
        What becomes of rows of the same area, month and category: "set aside" or "sum".
    suppressed
        Marks that stand for a count that was held back.
    suppressed_at_most
        The highest count that a mark without a number in it can stand for.
    """

    plan: Mapping
    area: str
    month: str
    count: str
    wide: bool
    areas_code: str | None
    areas_name: str | None
    areas_layer: str | None
    absent: Literal["zero", "missing"]
    repeated: Literal["set aside", "sum"]
    suppressed: tuple[str, ...]
    suppressed_at_most: int | None
    order: str | None


CountsMappingLike: TypeAlias = CountsMapping | AnyMapping[str, Any] | str | os.PathLike[str]


class _Checker(Checker):
    """Checks the sections of a mapping of counts; faults are gathered as for incidents."""

    def __init__(self, raw: dict[Any, Any]) -> None:
        super().__init__({name: {} for name in _REQUIRED})
        self.raw = raw
        known = (*COUNT_SECTIONS, "leave_out")
        for name in raw:
            if name not in known:
                near = difflib.get_close_matches(str(name).casefold(), known, n=1, cutoff=0.5)
                guess = f"the nearest is {near[0]!r}" if near else f"a table of counts has {', '.join(known)}"
                self.faults.append(f"there is no section [{printable(name, limit=40)}]; {guess}")
        self.faults += [f"the section [{name}] is missing" for name in _REQUIRED if name not in raw]

    def section(self, name: str) -> dict[str, Any]:
        """Return the section's values, checked and converted; empty where the file has none."""
        return self._table(f"[{name}]", self.raw[name], COUNT_SECTIONS[name]) if name in self.raw else {}


def read_counts_mapping(mapping: CountsMappingLike) -> CountsMapping:
    """Read and check the mapping of a table of counts.

    Parameters
    ----------
    mapping
        The path of a TOML file, or the same as a dict. See docs for the keys.

    Raises
    ------
    InputError
        If the file is missing or no TOML, or any key is unknown, of the wrong type, missing, or at odds with
        another. All faults are listed in one message.

    How this can mislead: ``absent = "zero"`` is the word of whoever wrote the mapping; a table that lacks rows for
    another reason then gains zeros that nobody counted.

    >>> read_counts_mapping({
    ...     "source": {"name": "Fires"}, "columns": {"area": "Ward", "month": "Month", "category": "Type"},
    ... })
    Traceback (most recent call last):
    ...
    hotspot.errors.InputError: the mapping has a fault: [columns] lacks count, the column of the counts; ...
    """
    if isinstance(mapping, CountsMapping):
        return mapping
    if isinstance(mapping, AnyMapping):
        return _build(dict(mapping), "the mapping", None)
    if not isinstance(mapping, str | os.PathLike):
        raise InputError(
            f"a mapping is a TOML file or a dict; given {type(mapping).__name__}. Write [source] name, [columns] area, "
            "month, category and count"
        )
    path = Path(mapping)
    return _build(load_toml(path), path.name, path.parent)


def _build(raw: dict[Any, Any], name: str, base: Path | None) -> CountsMapping:
    check = _Checker(raw)
    source, columns, counts = check.section("source"), check.section("columns"), check.section("counts")
    file, dates, categories = check.section("file"), check.section("dates"), check.section("categories")
    rules, months = check.leave_out(), check.months(source)
    check.one_of("columns", columns, ("category", "category_value"), required=True)
    wide = _columns(check, columns)
    if check.faults:
        count = f"{len(check.faults)} faults" if len(check.faults) > 1 else "a fault"
        raise InputError(f"{name} has {count}: " + "; ".join(check.faults[:10]))
    own = {key: value for key, value in source.items() if key not in ("months", "period")}
    month, amount = (MONTH_CELL, COUNT_CELL) if wide else (columns["month"], columns["count"])
    return CountsMapping(
        plan=Mapping(
            name=name,
            source=SourceSpec(**own, location_precision="area", months=months),
            columns=ColumnSpec(
                category=columns.get("category"),
                category_value=columns.get("category_value"),
                keep=(columns["area"],) if wide else (columns["area"], month, amount),
            ),
            file=FileSpec(**file),
            categories=CategorySpec(**categories),
            leave_out=tuple(LeaveOut(**rule) for rule in rules),
            base=base,
        ),
        area=columns["area"],
        month=month,
        count=amount,
        wide=wide,
        areas_code=counts.get("areas_code"),
        areas_name=counts.get("areas_name"),
        areas_layer=counts.get("areas_layer"),
        absent=counts.get("absent", "missing"),
        repeated=counts.get("repeated", "set aside"),
        suppressed=counts.get("suppressed", ()),
        suppressed_at_most=counts.get("suppressed_at_most"),
        order=dates.get("order"),
    )


def _columns(check: _Checker, columns: dict[str, Any]) -> bool:
    """Tell whether each month has a column of its own, and note what is lacking or too much."""
    wide = "months" in columns
    if "columns" not in check.raw:
        return wide
    check.one_of("columns", columns, ("month", "months"), required=True)
    if wide and "count" in columns:
        check.faults.append(
            '[columns] count has no use with months = "columns": the counts stand under the months; drop it'
        )
    if not wide and "count" not in columns:
        check.faults.append(
            "[columns] lacks count, the column of the counts; a table of single incidents is for read_incidents"
        )
    named = [columns[key] for key in ("area", "month", "category", "count") if key in columns]
    for column in sorted({each for each in named if named.count(each) > 1}):
        check.faults.append(
            f"[columns] names {printable(column, limit=40)!r} twice; each key has its own column"
        )
    return wide
