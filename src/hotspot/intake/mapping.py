"""Mapping files: which columns of a partner's export mean what, checked key by key before a row is read."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from hotspot.errors import InputError
from hotspot.intake.mapping_check import Checker
from hotspot.intake.mapping_keys import PRECISIONS

__all__ = [
    "PRECISIONS",
    "CategorySpec",
    "CheckSpec",
    "ColumnSpec",
    "CoordinateSpec",
    "DateSpec",
    "FileSpec",
    "FixSpec",
    "LeaveOut",
    "LookupSpec",
    "Mapping",
    "MappingLike",
    "SourceSpec",
    "read_mapping",
]


@dataclass(frozen=True)
class SourceSpec:
    """Who recorded the incidents, what they record, and how well they know where."""

    name: str
    location_precision: str
    open: bool = False
    simulated: bool = False
    attribution: str = ""
    records: tuple[str, ...] = ()
    time_zone: str = "Europe/London"
    months: tuple[str, ...] = ()
    """Months (``YYYY-MM``) that the file is said to cover; empty when nothing is said."""


@dataclass(frozen=True)
class FileSpec:
    """Where in a file the rows are; what is None is found and said."""

    sheet: str | None = None
    header_row: int | None = None
    layer: str | None = None
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class ColumnSpec:
    """Names of the file's columns."""

    id: str | None = None
    category: str | None = None
    category_value: str | None = None
    start: str | None = None
    date: str | None = None
    time: str | None = None
    end: str | None = None
    end_date: str | None = None
    end_time: str | None = None
    place_id: str | None = None
    location: str | None = None
    keep: tuple[str, ...] = ()


@dataclass(frozen=True)
class DateSpec:
    """How dates are written: ``order`` is day-first, month-first or iso."""

    order: str | None = None
    format: str | None = None
    month_only: bool = False


@dataclass(frozen=True)
class LookupSpec:
    """A table of the user's that turns a key, such as a UPRN, into coordinates.

    Attributes
    ----------
    file
        CSV, Parquet or xlsx; a relative path counts from the mapping's folder.
    key
        Column of the export.
    match
        Column of the lookup table that holds the same keys.
    easting, northing, lon, lat
        Columns of the lookup table: easting and northing, or lon and lat.
    """

    file: str
    key: str
    match: str
    easting: str | None = None
    northing: str | None = None
    lon: str | None = None
    lat: str | None = None


@dataclass(frozen=True)
class CoordinateSpec:
    """One of the four ways in which a row says where it is."""

    easting: str | None = None
    northing: str | None = None
    lon: str | None = None
    lat: str | None = None
    grid_reference: str | None = None
    lookup: LookupSpec | None = None


@dataclass(frozen=True)
class CategorySpec:
    """Translation of categories; ``others`` is "keep", "set aside", or the name that the others get."""

    others: str = "keep"
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LeaveOut:
    """Rows to leave out by rule, counted under ``reason``; case of letters and spaces at the ends are ignored."""

    column: str
    reason: str
    equals: tuple[str, ...] = ()
    contains: str | None = None
    empty: bool = False


@dataclass(frozen=True)
class FixSpec:
    """Repairs that are made only when asked, and reported as findings."""

    swap_coordinates: bool = False
    degrees_in_metre_columns: bool = False
    two_digit_years: bool = False
    end_before_start: bool = False


@dataclass(frozen=True)
class CheckSpec:
    """Bounds for what is reported: ``far_km`` in kilometres, ``as_of`` stands for today."""

    far_km: float = 100.0
    as_of: pd.Timestamp | None = None


@dataclass(frozen=True)
class Mapping:
    """A checked mapping. ``base`` is the folder of its file, against which a lookup's path is read."""

    name: str
    source: SourceSpec
    columns: ColumnSpec
    file: FileSpec = FileSpec()
    dates: DateSpec = DateSpec()
    coordinates: CoordinateSpec | None = None
    categories: CategorySpec = field(default_factory=CategorySpec)
    leave_out: tuple[LeaveOut, ...] = ()
    fix: FixSpec = FixSpec()
    check: CheckSpec = CheckSpec()
    base: Path | None = None

    def named_columns(self) -> list[str]:
        """Return the columns of the file that the mapping names, each once; all others are dropped."""
        names = [
            value
            for key, value in vars(self.columns).items()
            if key not in ("category_value", "keep") and value is not None
        ]
        names += self.columns.keep
        if self.coordinates is not None:
            where = self.coordinates
            names += [v for v in (where.easting, where.northing, where.lon, where.lat) if v is not None]
            names += [where.grid_reference] if where.grid_reference is not None else []
            names += [where.lookup.key] if where.lookup is not None else []
        names += [rule.column for rule in self.leave_out]
        return list(dict.fromkeys(names))


MappingLike: TypeAlias = Mapping | AnyMapping[str, Any] | str | os.PathLike[str]


def read_mapping(mapping: MappingLike) -> Mapping:
    """Read and check a mapping.

    Parameters
    ----------
    mapping
        The path of a TOML file, or the same as a dict. See docs for the keys; an empty text counts as
        a key that is not there.

    Returns
    -------
    Mapping
        Frozen; column names are trimmed, months of a ``period`` are listed one by one.

    Raises
    ------
    InputError
        If the file is missing or no TOML, or any key is unknown (the nearest right one is named), of
        the wrong type, missing, or at odds with another. All faults are listed in one message.

    How this can mislead: a mapping can be well formed and still wrong, such as easting and northing
    exchanged; the findings of `read_incidents` are there to show it.

    >>> read_mapping({"source": {"name": "Logs", "locaton_precision": "exact"}, "columns": {}})
    Traceback (most recent call last):
    ...
    hotspot.errors.InputError: the mapping has 4 faults: [source] has no key 'locaton_precision'; ...
    """
    if isinstance(mapping, Mapping):
        return mapping
    if isinstance(mapping, AnyMapping):
        return _build(dict(mapping), "the mapping", None)
    if not isinstance(mapping, str | os.PathLike):
        raise InputError(
            f"a mapping is a TOML file or a dict; given {type(mapping).__name__}. "
            "`hotspot new-mapping FILE` writes one from a file's header"
        )
    path = Path(mapping)
    return _build(load_toml(path), path.name, path.parent)


def load_toml(path: Path) -> dict[str, Any]:
    shown = str(path)[:200]
    try:
        if not path.is_file():
            raise InputError(
                f"the mapping {shown!r} is no file; check the spelling and the folder you run from, or write one "
                "with `hotspot new-mapping FILE`"
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise (
            error
            if isinstance(error, InputError)
            else InputError(
                f"the mapping {shown!r} cannot be opened ({type(error).__name__}); close it elsewhere and check its path"
            )
        ) from None
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"the mapping {path.name} is not in UTF-8, first in line {row}; save it as UTF-8 text"
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"the mapping {path.name} is no TOML: {str(error)[:200]}; text stands in quotation marks, a section "
            "in [brackets], and each key only once"
        ) from None


def _build(raw: dict[Any, Any], name: str, base: Path | None) -> Mapping:
    check = Checker(raw)
    source, columns = check.section("source"), check.section("columns")
    dates, coordinates = check.section("dates"), check.section("coordinates")
    categories, rules = check.section("categories"), check.leave_out()
    fields = check.section("file"), check.section("fix"), check.section("check")
    months = check.months(source)
    check.date_columns(columns, dates)
    check.one_of("columns", columns, ("category", "category_value"), required=True)
    check.keep(columns)
    where = check.coordinates(coordinates) if "coordinates" in raw else None
    zone = check.time_zone(source)
    as_of = check.as_of(fields[2])
    if check.faults:
        shown, more = check.faults[:10], len(check.faults) - 10
        count = f"{len(check.faults)} faults" if len(check.faults) > 1 else "a fault"
        rest = f"; and {more} more" if more > 0 else ""
        raise InputError(f"{name} has {count}: " + "; ".join(shown) + rest)
    source = {key: value for key, value in source.items() if key not in ("months", "period", "time_zone")}
    lookup = None if where is None or "lookup" not in where else LookupSpec(**where.pop("lookup"))
    return Mapping(
        name=name,
        source=SourceSpec(**source, months=months, time_zone=zone),
        columns=ColumnSpec(**columns),
        file=FileSpec(**fields[0]),
        dates=DateSpec(**dates),
        coordinates=None if where is None else CoordinateSpec(**where, lookup=lookup),
        categories=CategorySpec(**categories),
        leave_out=tuple(LeaveOut(**rule) for rule in rules),
        fix=FixSpec(**fields[1]),
        check=CheckSpec(**{**fields[2], "as_of": as_of}),
        base=base,
    )
