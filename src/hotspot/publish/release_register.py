"""The register of public releases of closed sources, and the guard against taking one from another."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.files import write_text_whole
from hotspot.publish.release_overlaps import (
    check_other_grids,
    few_left,
    refuse,
    refuse_differences,
    refuse_nested_grids,
    refuse_other_totals,
    refuse_slivers,
    refuse_unhidden,
)
from hotspot.publish.released_tables import Layout, flattened
from hotspot.publish.suppression import TOTAL, Suppressed

COLUMNS = [
    "release",
    "sources",
    "months",
    "subject",
    "kind",
    "unit",
    "low",
    "high",
    "threshold",
    "outline",
    "marking",
]
ALL = "all"
_MONTH = re.compile(r"^(?:n_)?(\d{4})[-_ ](0[1-9]|1[0-2])$")
_MOST_ATOMS = 240


@dataclass(frozen=True)
class _Extent:
    """When and of what a count is: its months and categories (empty: all of them)."""

    months: frozenset[str]
    subject: frozenset[str]

    def within(self, other: _Extent) -> bool:
        """Tell whether everything counted here is counted there."""
        part = not other.subject or (bool(self.subject) and self.subject <= other.subject)
        return self.months <= other.months and part


def check_and_add(
    path: Path,
    frame: pd.DataFrame,
    made: pd.DataFrame,
    suppressed: Suppressed,
    *,
    kind: str,
    layout: Layout | None,
    uncompared: bool = False,
) -> list[str]:
    """Refuse a release from which, with an earlier one, a small count can be computed; else enter it.

    Parameters
    ----------
    path
        The register, a CSV; made when it is not there.
    frame, made, suppressed
        What was to be released, what may be, and the published intervals.
    kind
        The kind of unit, such as "grid square 200" or "areas ward".
    layout
        Of a table of areas; None for cells.
    uncompared
        Let cells through that cannot be compared with those of an earlier release.

    Returns
    -------
    list of str
        Notes that every output of the release must print.

    Raises
    ------
    InputError
        If months are not recorded, the file is no register, or a pair of releases gives a count away.

    Notes
    -----
    For each unit, the published intervals of all releases of the same sources are equations on its counts in
    the smallest periods and categories that the releases tell apart; an integer program bounds each. A count
    that could be from 1 to under the threshold, with fewer than three whole numbers left, is refused. So are
    two releases of the same extent whose counts differ a little, and areas of one extent that differ by a
    sliver. The same release again changes nothing. Two grids over one area are compared when they are the same, or
    squares that nest and count the same months and categories; others are refused.

    How this can mislead: counts of an earlier release by cells that lie within an area of this one, but do not
    fill it, are not taken from its total.
    """
    return _entered(path, _entries(frame, made, suppressed, kind, layout), uncompared=uncompared)


def shown_of(
    frame: pd.DataFrame, made: pd.DataFrame, suppressed: Suppressed, *, kind: str, layout: Layout | None
) -> str:
    """Return what a released frame shows, as a CSV to be compared later (`enter_shown`)."""
    return _entries(frame, made, suppressed, kind, layout).to_csv(index=False)


def enter_shown(path: Path, shown: str, *, uncompared: bool = False) -> list[str]:
    """Compare what an earlier call released with the register, and enter it; nothing where it is there already."""
    new = _typed(pd.read_csv(io.StringIO(shown), dtype=str, keep_default_na=False))
    if new["release"].iloc[0] in set(read_register(path)["release"]):
        return []
    return _entered(path, new, uncompared=uncompared)


def _entered(path: Path, new: pd.DataFrame, *, uncompared: bool) -> list[str]:
    old = read_register(path)
    known = old[(old["sources"] == new["sources"].iloc[0]) & (old["release"] != new["release"].iloc[0])]
    notes: list[str] = []
    if len(known):
        notes = check_other_grids(known, new, allowed=uncompared)
        refuse_differences(known, new)
        refuse_unhidden(known, new)
        refuse_other_totals(known, new)
        _refuse_atoms(known, new)
        refuse_slivers(known, new)
        refuse_nested_grids(known, new)
    if new["release"].iloc[0] not in set(old["release"]):
        _write(path, pd.concat([old, new], ignore_index=True) if len(old) else new)
    return notes


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Yield a copy of a register to enter releases into; it takes the register's place when the block ends well.

    So an output of several tables is entered whole, and one that is not made is not entered.

    Raises
    ------
    InputError
        If the file is no register, or another run changed it in between.
    """
    read_register(path)
    before = path.read_bytes() if path.exists() else None
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} of the register does not exist; make it first")
    draft = path.with_name(f".{path.stem[:40]}.{secrets.token_hex(6)}.csv")
    if before is not None:
        draft.write_bytes(before)
    try:
        yield draft
        if (path.read_bytes() if path.exists() else None) != before:
            raise InputError(
                f"{path.name} was changed by another run in between; nothing was released: run again"
            )
        if draft.exists():
            draft.replace(path)
    except PermissionError:
        raise InputError(f"{path.name} is open in another program; close it and run again") from None
    finally:
        draft.unlink(missing_ok=True)


def read_register(path: Path) -> pd.DataFrame:
    """Return the register, empty where there is no file."""
    if not path.exists():
        return pd.DataFrame(columns=COLUMNS)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as problem:
        raise InputError(f"{path.name} cannot be read as a register of releases: {problem}") from problem
    if list(table.columns) != COLUMNS:
        raise InputError(
            f"{path.name} is no register of releases: its columns are {', '.join(table.columns[:6])}; name another file"
        )
    return _typed(table)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    table["low"] = table["low"].astype("Int64")
    table["threshold"] = table["threshold"].astype("Int64")
    table["high"] = pd.to_numeric(table["high"], errors="coerce").astype("Int64")
    return table


def _write(path: Path, table: pd.DataFrame) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in table[COLUMNS].itertuples(index=False):
        writer.writerow(["" if pd.isna(value) else value for value in row])
    write_text_whole(path, text.getvalue(), encoding="utf-8-sig")


def _entries(
    frame: pd.DataFrame, made: pd.DataFrame, suppressed: Suppressed, kind: str, layout: Layout | None
) -> pd.DataFrame:
    """Return one row for each published interval, margins too."""
    record = provenance.of(frame)
    months = provenance.months_observed(frame)
    if not months or not record["sources"]:
        raise InputError(
            "the frame's sources and months are not recorded, so it cannot be compared with earlier releases; make it "
            "with the library from read_incidents, or release it without register="
        )
    sources = " | ".join(sorted(source["name"] for source in record["sources"]))
    chosen = [step.get("category") for step in record["steps"] if step.get("step") == "select_incidents"]
    subject = next((frozenset(_name(c) for c in names) for names in reversed(chosen) if names), frozenset())
    outlines = _outlines(made, layout)
    units = "\n".join(sorted(str(unit) for unit in suppressed.low.index))
    # The total of other units is another count.
    whole = f"{TOTAL} {hashlib.sha256(units.encode()).hexdigest()[:8]}"
    rows = []
    for column in suppressed.low.columns:
        for unit in suppressed.low.index:
            extent, place = _extent_of(str(unit), str(column), months, subject, layout)
            place = whole if place == TOTAL and (layout is None or layout.units) else place
            low, high = suppressed.low.loc[unit, column], suppressed.high.loc[unit, column]
            rows.append(
                [
                    " ".join(sorted(extent.months)), " | ".join(sorted(extent.subject)) or ALL,
                    kind, place, low, high, outlines.get(place, ""),
                ]
            )  # fmt: skip
    table = pd.DataFrame(rows, columns=["months", "subject", "kind", "unit", "low", "high", "outline"])
    table["low"], table["high"] = table["low"].astype("Int64"), table["high"].astype("Int64")
    content = table.to_csv(index=False) + sources + str(suppressed.threshold)
    table["release"] = hashlib.sha256(content.encode()).hexdigest()[:16]
    table["sources"], table["threshold"], table["marking"] = (
        sources,
        suppressed.threshold,
        provenance.SENSITIVE,
    )
    return table[COLUMNS]


def _extent_of(
    unit: str, column: str, months: list[str], subject: frozenset[str], layout: Layout | None
) -> tuple[_Extent, str]:
    """Return what a count of the table is of: its months, categories and place."""
    period, kinds, place = frozenset(months), subject, unit
    names = [(column, layout is not None and bool(layout.units))]
    if layout is not None and not layout.units:
        names, place = [(unit, True), (column, len(layout.parts) == 2 or bool(layout.wide))], TOTAL
    for text, is_part in names:
        if not is_part or text in (TOTAL, *([] if layout is None else [layout.count])):
            continue
        month = _MONTH.match(text)
        if month:
            period = frozenset(["-".join(month.groups())])
        else:
            kinds = frozenset([_name(text.removeprefix("n_"))])
    return _Extent(period, kinds), place


def _name(category: object) -> str:
    return re.sub(r"\W+", "_", str(category).strip().lower()).strip("_")


def _outlines(made: pd.DataFrame, layout: Layout | None) -> dict[str, str]:
    if layout is None or not layout.units or not isinstance(made, gpd.GeoDataFrame):
        return {}
    if made.active_geometry_name is None:
        return {}
    keys = flattened(made)[list(layout.units)].astype("str").agg(" / ".join, axis=1)
    shapes = shapely.to_wkt(shapely.set_precision(made.geometry.to_numpy(), 0.1), rounding_precision=1)
    return dict(zip(keys, shapes.tolist(), strict=True))


def _extent(row: Any) -> _Extent:
    subject = frozenset() if row.subject == ALL else frozenset(str(row.subject).split(" | "))
    return _Extent(frozenset(str(row.months).split()), subject)


def _refuse_atoms(old: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse when the periods and categories that releases tell apart give a small count of a unit."""
    threshold = int(new["threshold"].iloc[0])
    for kind, part in new.groupby("kind", sort=True):
        both = pd.concat([old[old["kind"] == kind], part], ignore_index=True)
        both = both.drop_duplicates(["months", "subject", "unit"], keep="last")
        groups = list(both.groupby(["months", "subject"], sort=True))
        extents = [_extent(next(rows.itertuples())) for _, rows in groups]
        fresh = {_extent(row) for row in part.drop_duplicates(["months", "subject"]).itertuples()}
        if set(extents) == fresh or not any(_touch(a, b) for a in fresh for b in extents if a != b):
            continue
        units = pd.Index(sorted(set(part["unit"])))
        bounds = _bounds(extents, [rows for _, rows in groups], fresh, units)
        if np.isnan(bounds).any():
            raise InputError(
                "the release contradicts an earlier one of the register: a part is larger than its whole. Counts were "
                "revised in between; publish the earlier period again only after a check by hand"
            )
        few = few_left(bounds[:, :, 0], bounds[:, :, 1], threshold).any(axis=0)
        if few.any():
            name = units[int(np.flatnonzero(few)[0])]
            row = part[part["unit"] == name].iloc[0]
            refuse(int(few.sum()), row, "with an earlier release it gives a small count away")


def _touch(one: _Extent, other: _Extent) -> bool:
    subjects = not one.subject or not other.subject or bool(one.subject & other.subject)
    return bool(one.months & other.months) and subjects


def _bounds(
    extents: list[_Extent], rows: list[pd.DataFrame], fresh: set[_Extent], units: pd.Index
) -> NDArray[np.float64]:
    """Return least and greatest count of each atom and difference of extents, for each unit.

    An atom is what the same releases count: the months and categories that they do not tell apart.
    """
    from hotspot.statistics.disclosure import OPEN_END, separate_bounds, sums_of_atoms

    atoms = _atoms(extents)
    parts = [frozenset(i for i, atom in enumerate(atoms) if number in atom) for number in range(len(extents))]
    differences = sorted(
        {
            tuple(sorted(parts[j] - parts[i]))
            for i, inner in enumerate(extents)
            for j, outer in enumerate(extents)
            if i != j and inner.within(outer) and (inner in fresh or outer in fresh) and parts[j] - parts[i]
        }
    )
    sums = [tuple(sorted(part)) for part in parts] + list(differences)
    width = len(atoms) + len(sums)
    low = np.zeros((len(units), width), dtype=np.int64)
    high = np.full((len(units), width), OPEN_END, dtype=np.int64)
    for number, table in enumerate(rows):
        at = table.set_index("unit").reindex(units)
        low[:, len(atoms) + number] = at["low"].fillna(0).to_numpy(dtype=np.int64)
        high[:, len(atoms) + number] = at["high"].fillna(OPEN_END).to_numpy(dtype=np.int64)
    equations = sums_of_atoms(len(units), len(atoms), sums)
    asked = [*range(len(atoms)), *range(len(atoms) + len(parts), width)]
    starts = np.arange(len(units)) * width
    return np.stack(
        [separate_bounds(equations, low.ravel(), high.ravel(), starts + position) for position in asked]
    )


def _atoms(extents: list[_Extent]) -> list[frozenset[int]]:
    """Return for each atom the numbers of the extents that count it."""
    months = sorted({month for extent in extents for month in extent.months})
    kinds = sorted({kind for extent in extents for kind in extent.subject})
    found: set[frozenset[int]] = set()
    for month in months:
        for kind in [*kinds, ""]:
            by = frozenset(
                number
                for number, extent in enumerate(extents)
                if month in extent.months and (not extent.subject or kind in extent.subject)
            )
            if by:
                found.add(by)
    if len(found) > _MOST_ATOMS:
        raise InputError(
            f"the register tells {len(found):,} periods and categories of these units apart, more than {_MOST_ATOMS}; "
            "start a new register only when the earlier releases are withdrawn"
        )
    return sorted(found, key=sorted)
