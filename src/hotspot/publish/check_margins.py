"""Take all tables of a public folder together, and find counts that their totals give back."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from hotspot.publish.check_contents import Sheet, interval_of

AT_LEAST = 3
_SHOWN_END = re.compile(r"(_shown|: shown|, shown| \(shown\)| \(as shown\)| shown)$", re.IGNORECASE)
_PART_KEY = re.compile(r"^(month|year|quarter|period|category|weekday|year_month)$", re.IGNORECASE)
_COUNT_HEAD = re.compile(r"^(n|n_.*|incidents.*|reported incidents.*|count|reports|total)$", re.IGNORECASE)
_NOT_KEY = re.compile(
    r"share|hot or cold|gi_class|density|source|marking|^easting$|^northing$|^lon|^lat|geom|^fid$|band",
    re.IGNORECASE,
)
_TOTAL_NOTE = re.compile(r"Total: (\d[\d,]*)(?: to (\d[\d,]*)| or more)? reported incidents")
_TOTALS = {"total", "totals", "all"}
_MAIN = ("n", "incidents", "reported incidents", "count")

Interval = tuple[int, float]


def solvable_counts(sheets: Sequence[Sheet], texts: Mapping[str, str]) -> Iterator[tuple[str, str, int, str]]:
    """Yield file, detail, number and example of counts shown as a class that can be computed.

    Counts of equal names (row and quantity) in several tables are one count. A table's rows add up to its total:
    a row called total, or a line "Total: 913 reported incidents" in the text beside it. The parts
    of a row add up to its count where the columns ``n_<part>`` say so, and rows by area and month
    to the area's row of another table. The first rows of a longer table add up to no stated total.
    """
    shown: dict[str, Interval] = {}
    home: dict[str, str] = {}
    sums: list[tuple[str, list[str]]] = []
    groups: dict[str, list[str]] = {}
    tables = [(sheet, counts) for sheet in sheets if (counts := counts_in(sheet))]
    lists = {_units(counts) for _, counts in tables}
    for number, (sheet, counts) in enumerate(tables):
        for name, interval in counts.items():
            old = shown.get(name, (0, math.inf))
            shown[name] = (max(old[0], interval[0]), min(old[1], interval[1]))
            home.setdefault(name, sheet.file)
        whole = None if _is_cut(sheet, counts, lists, texts) else _noted(sheet, texts)
        sums += _sums_of(number, counts, shown, whole)
        for name in counts:
            unit, part, quantity, tag = name.split("\t")
            if part and unit.lower() not in _TOTALS:
                groups.setdefault(f"{unit}\t\t{quantity}\t{tag}", []).append(name)
    sums += [(total, sorted(set(parts))) for total, parts in groups.items() if total in shown]
    wrong = [name for name, (low, high) in shown.items() if low > high]
    for name in wrong:
        # Two tables that say different things of one name are two matters, such as two periods.
        del shown[name]
    sums = [(total, parts) for total, parts in sums if all(part in shown for part in (total, *parts))]
    after = _solved(shown, sums)
    found: dict[str, list[str]] = {}
    for name, (low, high) in after.items():
        was = shown[name]
        if was[0] < was[1] and high - low + 1 < AT_LEAST:
            found.setdefault(home.get(name, ""), []).append(
                f"{name.strip().replace(chr(9), ' ')}: {low} to {high:g}"
            )
    for file, names in sorted(found.items()):
        yield file, "classes that the totals narrow to fewer than three counts", len(names), names[0][:60]


def counts_in(sheet: Sheet) -> dict[str, Interval]:
    """Return the counts of a table by unit, part and quantity, parted by tabs."""
    columns: dict[str, list[int]] = {}
    for place, head in enumerate(sheet.header):
        base = _SHOWN_END.sub("", head)
        if _COUNT_HEAD.match(base) and any(interval_of(row[place]) for row in sheet.rows if place < len(row)):
            columns.setdefault(_quantity(base), []).append(place)
    used = {place for places in columns.values() for place in places}
    parts = [place for place, head in enumerate(sheet.header) if _PART_KEY.match(head)]
    keys = [
        place
        for place, head in enumerate(sheet.header)
        if place not in used and place not in parts and head and not _NOT_KEY.search(head)
    ]
    if not keys:
        # A table by month or category alone: its first part names the rows.
        keys, parts = parts[:1], parts[1:]
    found: dict[str, Interval] = {}
    tag = _tag(sheet)
    for row in sheet.rows:
        if not keys or max(*keys, *used, 0) >= len(row):
            continue
        unit, part = row[keys[0]].strip(), " / ".join(row[place].strip() for place in parts)
        for quantity, places in columns.items():
            intervals = [interval for place in places if (interval := interval_of(row[place])) is not None]
            if intervals and unit:
                low, high = max(low for low, _ in intervals), min(high for _, high in intervals)
                found[f"{unit}\t{part}\t{quantity}\t{tag}"] = (low, high)
    return found


def _tag(sheet: Sheet) -> str:
    """Return what the table says of its source and months, so that two periods are not taken for one."""
    places = [place for place, head in enumerate(sheet.header) if head.lower() == "source"]
    return next((row[places[0]].strip() for row in sheet.rows if places and places[0] < len(row)), "")


def _quantity(head: str) -> str:
    plain = head.strip().lower()
    return "n" if plain in _MAIN else plain.replace("incidents: ", "n_").replace(" ", "_")


def uncompared_cells(sheets: Sequence[Sheet]) -> Iterator[tuple[str, str, int, str]]:
    """Yield file, detail, number and example of cells of two sizes: their counts are not compared with one another."""
    sizes: dict[float, str] = {}
    for sheet in sheets:
        heads = [head.lower() for head in sheet.header]
        if "easting" not in heads or not any("shown" in head for head in heads):
            continue
        if not {"cell_id", "cell id", "cell"} & set(heads):
            continue
        place = heads.index("easting")
        edges = sorted({float(row[place]) for row in sheet.rows if place < len(row) and row[place]})
        gaps = [round(after - before, 1) for before, after in pairwise(edges)]
        if gaps:
            sizes.setdefault(min(gaps), sheet.file)
    for size, file in sorted(sizes.items())[1:]:
        known = f"{min(sizes):g} and {size:g} m between centres"
        yield (
            file,
            "cells of two sizes, which are not compared: sums of one can give counts of the other",
            1,
            known,
        )


def _solved(shown: dict[str, Interval], sums: list[tuple[str, list[str]]]) -> dict[str, Interval]:
    """Return what is left possible of each count, each group of counts that sums tie together by itself.

    Where the sums of a group contradict one another (two tables of other periods with rows of one name), nothing
    follows from all of them, and each that can be true is taken alone.
    """
    from hotspot.statistics.solvable import narrowed

    after = dict(shown)
    for group in _groups(sums):
        names = {name for total, parts in group for name in (total, *parts)}
        given = {name: shown[name] for name in shown if name in names}
        try:
            found = narrowed(given, group)
            wrong = any(low > high for low, high in found.values())
        except (OverflowError, ValueError):
            wrong = True
        if not wrong:
            after |= found
            continue
        for total, parts in group:
            alone = {name: shown[name] for name in (total, *parts)}
            least, most = (sum(alone[part][end] for part in parts) for end in (0, 1))
            if least <= alone[total][1] and alone[total][0] <= most:
                for name, (low, high) in narrowed(alone, [(total, parts)]).items():
                    after[name] = (max(after[name][0], low), min(after[name][1], high))
    return after


def _groups(sums: list[tuple[str, list[str]]]) -> list[list[tuple[str, list[str]]]]:
    """Part the sums into groups that have no count in common."""
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for total, parts in sums:
        for part in parts:
            leader[first(part)] = first(total)
    groups: dict[str, list[tuple[str, list[str]]]] = {}
    for total, parts in sums:
        groups.setdefault(first(total), []).append((total, parts))
    return list(groups.values())


def _units(counts: dict[str, Interval]) -> frozenset[tuple[str, str, str]]:
    """Return the counts' names without what the table says of its source."""
    return frozenset((unit, part, quantity) for unit, part, quantity, _ in (n.split("\t") for n in counts))


def _is_cut(
    sheet: Sheet,
    counts: dict[str, Interval],
    lists: set[frozenset[tuple[str, str, str]]],
    texts: Mapping[str, str],
) -> bool:
    """Tell whether the table is the beginning of a longer one: the file says so, or another table has all of it."""
    said = f"The first {len(sheet.rows):,} of "
    if any(name.startswith(sheet.file) and said in text for name, text in texts.items()):
        return True
    mine = _units(counts)
    return any(mine < other for other in lists)


def _sums_of(
    number: int, counts: dict[str, Interval], shown: dict[str, Interval], whole: Interval | None
) -> list[tuple[str, list[str]]]:
    sums: list[tuple[str, list[str]]] = []
    rows: dict[tuple[str, str], list[str]] = {}
    for name in counts:
        unit, part, quantity, _ = name.split("\t")
        if unit.lower() not in _TOTALS:
            rows.setdefault((part, quantity), []).append(name)
    for (part, quantity), names in rows.items():
        total = next(
            (
                name
                for name in counts
                if name.split("\t")[0].lower() in _TOTALS and name.split("\t")[1:3] == [part, quantity]
            ),
            "",
        )
        if total:
            sums.append((total, names))
    if whole is not None:
        everything = [name for (_, quantity), names in rows.items() if quantity == "n" for name in names]
        if everything:
            total = f"(stated total)\t{number}\tn\t"
            shown[total] = whole
            sums.append((total, everything))
    parts_of: dict[tuple[str, str], list[str]] = {}
    for name in counts:
        unit, part, quantity, _ = name.split("\t")
        if quantity.startswith("n_"):
            parts_of.setdefault((unit, part), []).append(name)
    for name in [name for names in rows.values() for name in names if name.split("\t")[2] == "n"]:
        unit, part, _, _ = name.split("\t")
        parts = parts_of.get((unit, part), [])
        if parts and sum(counts[other][0] for other in parts) <= counts[name][1] <= sum(
            counts[other][1] for other in parts
        ):
            sums.append((name, parts))
    return sums


def _noted(sheet: Sheet, texts: Mapping[str, str]) -> Interval | None:
    """Return the total that the file, or the dictionary beside it, states; any one that the folder has only one of."""
    stem = sheet.file.rsplit(".", 1)[0]
    near = [text for name, text in texts.items() if name.startswith((stem, f"{stem}_columns"))]
    for group in (near, list(texts.values())):
        found = {match.groups() for text in group for match in _TOTAL_NOTE.finditer(text)}
        if len(found) == 1:
            low, high = next(iter(found))
            least = int(low.replace(",", ""))
            return least, float(high.replace(",", "")) if high else float(least)
    return None
