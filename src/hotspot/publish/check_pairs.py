"""Find exact counts in a public folder that differ by a few: the difference can be a count of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from hotspot.publish.check_contents import Sheet, interval_of
from hotspot.publish.check_margins import counts_in

MOST = 4
DETAIL = "exact counts that differ by 1 to 4: may be subtracted, which gives a small count"
_SHOWN = re.compile(r"(_shown|: shown|, shown| \(shown\)| \(as shown\)| shown)$", re.IGNORECASE)
_SOURCE = ("recorded_by", "recorded by")
_SHARED = re.compile(r"(?:category|categories) shared with", re.IGNORECASE)
_WHOLE = re.compile(
    r"(?:Total: (\d[\d,]*) reported incidents(?! or| to)|All reported incidents: (\d[\d,]*) incidents in)"
)
_OF_UNIT = re.compile(r"(?:^|\. )([^.:\n]{1,60}): (\d[\d,]*) incidents in (\d+) months", re.MULTILINE)

Pair = tuple[str, str, int, str]


def close_counts(sheets: Sequence[Sheet], texts: Mapping[str, str]) -> Iterator[Pair]:
    """Yield file, detail, number and example of pairs of exact counts that may be subtracted.

    Compared are: counts of one row name, part and quantity in several tables, and in what is said of a figure to those
    who cannot see it; totals that the tables' notes and the figures state; and, in a table that says which source
    recorded what, the counts of one source whose categories are said to be shared.

    Notes
    -----
    Counts of different areas, months or categories that overlap in nothing are not compared: they may be close, and
    their difference is nobody's count.
    """
    held: dict[str, dict[int, str]] = {}
    for sheet in sheets:
        # Counts of closed sources stand beside how they are shown; those of open sources hide nothing.
        if not any(_SHOWN.search(head) for head in sheet.header):
            continue
        for name, (low, high) in counts_in(sheet).items():
            if low == high:
                unit, part, quantity, _ = name.split("\t")
                key = " ".join(filter(None, (unit, part, "" if quantity == "n" else quantity)))
                held.setdefault(key.casefold(), {}).setdefault(low, sheet.file)
    whole: dict[int, str] = {}
    for file, text in texts.items():
        for found in _WHOLE.finditer(text):
            whole.setdefault(_number(found.group(1) or found.group(2)), file)
        for unit, count, _ in _OF_UNIT.findall(text):
            key = unit.strip().casefold()
            if key in held:
                held[key].setdefault(_number(count), file)
    for name, counts in sorted(held.items()):
        yield from _close(name, counts)
    yield from _close("all reported incidents", whole)
    for sheet in sheets:
        yield from _by_source(sheet)


def _by_source(sheet: Sheet) -> Iterator[Pair]:
    """Compare the counts of one source, of rows that say that they share a category."""
    heads = [head.strip().lower() for head in sheet.header]
    sources = [place for place, head in enumerate(heads) if head in _SOURCE]
    if not sources:
        return
    for place, head in enumerate(sheet.header):
        if not _SHOWN.search(head):
            continue
        counts: dict[str, dict[int, str]] = {}
        for row in sheet.rows:
            if len(row) < len(sheet.header) or not _SHARED.search(" ".join(row)):
                continue
            interval = interval_of(row[place])
            if interval is not None and interval[0] == interval[1]:
                counts.setdefault(row[sources[0]].strip(), {}).setdefault(interval[0], sheet.file)
        for source, shown in sorted(counts.items()):
            yield from _close(source, shown)


def _close(name: str, counts: Mapping[int, str]) -> Iterator[Pair]:
    ordered = sorted(counts)
    pairs = [
        (low, high)
        for at, low in enumerate(ordered)
        for high in ordered[at + 1 : at + 1 + MOST]
        if high - low <= MOST
    ]
    if pairs:
        low, high = pairs[0]
        yield counts[high], DETAIL, len(pairs), f"{name[:34]}: {low:,} and {high:,}"


def _number(text: str) -> int:
    return int(text.replace(",", ""))
