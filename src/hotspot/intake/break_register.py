"""The register of breaks: what a break is, the shipped ones, and those that users add."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from hotspot.errors import InputError
from hotspot.intake.known_breaks import KNOWN

AFFECTS = ("points", "categories", "lsoa codes", "volume")
KINDS = ("change", "spell", "gap")
MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class Break:
    """One dated break of a source.

    Attributes
    ----------
    name
        Short, for a chart's label.
    kind
        "change": from ``start`` on the data differs, for good. "spell": it differs from ``start`` to
        ``end``, and before and after are alike. "gap": there is nothing from ``start`` to ``end``.
    start, end
        Months, ``YYYY-MM``. A spell or gap ends with the month ``end``, or goes on when it is None. A
        change whose month is not known came at the latest in ``end``.
    affects
        Some of "points", "categories", "lsoa codes" and "volume".
    sources
        Patterns of source names, such as ``data.police.uk/*``; ``*`` is every source.
    consequence
        What no longer holds, in plain words; printed with the output of whoever goes on all the same.
    reference
        Who says so.
    categories
        The categories concerned; all when empty.
    """

    name: str
    kind: str
    start: str
    end: str | None
    affects: tuple[str, ...]
    sources: tuple[str, ...]
    consequence: str
    reference: str
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for several in ("affects", "sources", "categories"):
            object.__setattr__(self, several, _several(getattr(self, several)))
        self._check_text()
        for month, side in ((self.start, "start"), (self.end, "end")):
            if month is not None and not MONTH.match(month):
                raise InputError(
                    f"break {self.name!r}: {side}={month!r} is no month; write YYYY-MM, such as 2022-07"
                )
        if self.end is not None and self.end < self.start:
            raise InputError(f"break {self.name!r}: end={self.end} is before start={self.start}; swap them")
        if self.kind not in KINDS:
            raise InputError(
                f"break {self.name!r}: kind={self.kind!r} is unknown; use one of {', '.join(KINDS)}"
            )
        unknown = [word for word in self.affects if word not in AFFECTS]
        if unknown or not self.affects:
            raise InputError(
                f"break {self.name!r}: affects={'; '.join(self.affects)!r} is not understood; "
                f"use some of {', '.join(AFFECTS)}"
            )

    def _check_text(self) -> None:
        for field in ("name", "consequence", "reference"):
            if not str(getattr(self, field)).strip():
                raise InputError(
                    f"break {self.name!r}: {field} is blank; a break needs a name, its consequence in plain words "
                    "and a reference"
                )
        if not self.sources:
            raise InputError(f"break {self.name!r}: sources is blank; name them, or use * for every source")

    @property
    def months(self) -> str:
        """The months for people: ``2022-07``, ``2020-03 to 2022-02``, ``from 2019-07``."""
        if self.kind == "change":
            return self.start if self.end in (None, self.start) else f"between {self.start} and {self.end}"
        return f"from {self.start}" if self.end is None else f"{self.start} to {self.end}"

    def concerns(self, source: str) -> bool:
        """Tell whether the break is one of this source."""
        return any(fnmatchcase(source.casefold(), pattern.casefold()) for pattern in self.sources)

    def touches(self, months: Sequence[str]) -> bool:
        """Tell whether data of these months, sorted, has the break between its months or upon them."""
        return self.parts(months) or (self.kind != "change" and any(self._within(month) for month in months))

    def parts(self, months: Sequence[str]) -> bool:
        """Tell whether the break comes between some of these months, sorted, so that they are not alike."""
        if not months:
            return False
        if self.kind == "change":
            # Where only the last possible month of a change is known, both its ends must be on one side.
            return months[0] < months[-1] >= self.start and months[0] < (self.end or self.start)
        inside = [self._within(month) for month in months]
        return any(inside) and not all(inside)

    def _within(self, month: str) -> bool:
        return self.start <= month and (self.end is None or month <= self.end)


def shipped_breaks() -> list[Break]:
    """Return the breaks that ship with the library, by month.

    How this can mislead: the list is of what is documented or was measured; a force's own change of
    recording may be in nobody's list. Add yours with `read_breaks`.

    Examples
    --------
    >>> [item.months for item in shipped_breaks() if "points" in item.affects]
    ['between 2011-12 and 2012-12', '2022-07']
    """
    return in_order(_make(row) for row in KNOWN)


def read_breaks(
    source: str | os.PathLike[str] | Iterable[Mapping[str, Any]], *, shipped: bool = True
) -> list[Break]:
    """Read breaks of your own, and put them beside the shipped ones.

    Parameters
    ----------
    source
        A CSV file (UTF-8) or a list of dicts with ``name``, ``kind`` (change, spell or gap), ``start``,
        ``end`` (or blank), ``affects``, ``sources``, ``consequence``, ``reference`` and, if only some are
        concerned, ``categories``. Several values stand in one field with ``;`` between them.
    shipped
        Put them beside the shipped breaks.

    Returns
    -------
    list of Break
        By month; give it as ``register=``.

    Raises
    ------
    InputError
        If a column or key is missing or unknown, a value is not valid, or a name stands twice.
    """
    rows = _rows_of_file(Path(source)) if isinstance(source, str | os.PathLike) else list(source)
    own = [_make(row) for row in rows]
    known = shipped_breaks() if shipped else []
    names = [item.name for item in [*known, *own]]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"the break {twice[0]!r} stands twice; give each a name of its own, or shipped=False"
        )
    return in_order([*known, *own])


def breaks_table(breaks: Iterable[Break]) -> pd.DataFrame:
    """Return breaks as a table for a pack or a chart: months, name, kind, affects, sources, consequence, reference."""
    return pd.DataFrame(
        [
            {
                "months": item.months,
                "name": item.name,
                "kind": item.kind,
                "affects": ", ".join(item.affects),
                "sources": ", ".join(item.sources),
                "categories": ", ".join(item.categories) or "all",
                "consequence": item.consequence,
                "reference": item.reference,
            }
            for item in breaks
        ],
        columns=["months", "name", "kind", "affects", "sources", "categories", "consequence", "reference"],
    )


def _rows_of_file(path: Path) -> list[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    except FileNotFoundError:
        raise InputError(
            f"the file of breaks {path} does not exist; check the spelling and the folder"
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"the file of breaks {path.name} cannot be read ({error}); save it as CSV in UTF-8"
        ) from None
    for number, row in enumerate(rows, start=1):
        if None in row:
            raise InputError(
                f"{path.name}: break {number} ({str(row.get('name'))[:40]!r}) has more fields than the heading; put "
                "text that holds a comma in quotation marks"
            )
    return list(rows)


def _make(row: Mapping[str, Any]) -> Break:
    """Make a break of a row of text, or say which of its keys or values is wrong."""
    if not isinstance(row, Mapping):
        raise InputError(f"a break must be a dict of its fields; given {type(row).__name__}")
    known = [field.name for field in fields(Break)]
    unknown = sorted(str(key) for key in row if key not in known)
    missing = [name for name in known if name not in row and name not in ("end", "categories")]
    if unknown or missing:
        raise InputError(
            f"break {str(row.get('name', '(no name)'))[:40]!r}: "
            + (f"unknown {unknown[0]!r}" if unknown else f"{missing[0]!r} is missing")
            + f"; the fields are {', '.join(known)}"
        )
    several = {name: _several(row.get(name)) for name in ("affects", "sources", "categories")}
    plain = {name: _text(row.get(name)) for name in known if name not in several}
    return Break(
        name=plain["name"],
        kind=plain["kind"].lower(),
        start=plain["start"],
        end=plain["end"] or None,
        affects=tuple(word.lower() for word in several["affects"]),
        sources=several["sources"],
        consequence=plain["consequence"],
        reference=plain["reference"],
        categories=several["categories"],
    )


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()


def _several(value: Any) -> tuple[str, ...]:
    parts = (
        _text(value).split(";") if isinstance(value, str) or value is None or value != value else list(value)
    )
    return tuple(text for part in parts if (text := str(part).strip()))


def _order(item: Break) -> tuple[str, str, str]:
    return item.start, item.end or "", item.name


def in_order(breaks: Iterable[Break]) -> list[Break]:
    """Return breaks by their month, then by name, so that no list depends on the order of the register."""
    return sorted(breaks, key=_order)
