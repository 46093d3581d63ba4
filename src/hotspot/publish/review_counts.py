"""The counts of a review's public pack: each period of a place, protected together, and entered into the register."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.decisions.counted import serves, source_names
from hotspot.decisions.headline import Headline
from hotspot.decisions.places_of import named_areas
from hotspot.decisions.say import may_share
from hotspot.errors import InputError
from hotspot.publish.release import NOT_CHECKED, PublicRelease
from hotspot.publish.release_register import check_and_add
from hotspot.publish.released_tables import Layout
from hotspot.publish.suppression import EXACT_TOTAL, Suppressed, suppress_counts

if TYPE_CHECKING:
    from hotspot.decisions.review import Review

BEFORE, DURING, OTHER = "before", "during", "other months"
FEW = f"fewer than {EXACT_TOTAL} reports"


@dataclass(frozen=True)
class Counts:
    """Counts of one prohibition in one place, as they may be shown.

    ``shown`` has the texts of before, during and all months; ``exact`` the numbers where they are exact.
    """

    shown: dict[str, str]
    exact: dict[str, int]


def counts_of(
    review: Review, opened: set[str], threshold: int, rule: PublicRelease, notes: list[str]
) -> dict[str, dict[str, Counts]]:
    """Return the counts to show, by prohibition and place; none of open sources.

    Without a register the counts are still compared with one another, since they come to the reader together: where
    two prohibitions would give a count away, those of the second are left out.
    """
    found: dict[str, dict[str, Counts]] = {}
    taken: list[Headline] = []
    with tempfile.TemporaryDirectory() as folder:
        together = Path(folder) / "counts.csv"
        for item in review.headlines:
            if item.counted is None or not item.source or item.source in opened:
                continue
            name = item.prohibition.name
            why = _not_shown(item, taken, opened)
            if why:
                notes.append(why)
                found[name] = {}
                continue
            places = ["inside", *([item.comparison] if item.comparison else [])]
            parts = {
                place: suppress_counts(_parts(item, place), threshold=threshold, large=True)
                for place in places
            }
            if rule.register is not None:
                _enter(review, item, parts, Path(rule.register), rule)
            elif not _compared(review, item, parts, together, rule):
                notes.append(
                    f"{name}: its counts are left out, for with those of another prohibition they would give a small "
                    "count away."
                )
                found[name] = {}
                continue
            taken.append(item)
            found[name] = {place: _shown(part) for place, part in parts.items()}
    if rule.register is None and found:
        notes.append(NOT_CHECKED)
    return found


def _not_shown(item: Headline, taken: list[Headline], opened: set[str]) -> str:
    """Say why the counts of a prohibition are left out before they are protected; "" where they are not."""
    name = item.prohibition.name
    held = sources_of(item)
    if held & opened:
        return (
            f"{name} counts open and closed sources together: its counts are left out, for taking the open ones away "
            "would show the closed."
        )
    crossing = next((other for other in taken if _crosses(item, other)), None)
    if crossing is None:
        return ""
    return (
        f"{name} shares a part of its categories, sources or months with {crossing.prohibition.name}: its counts are left "
        "out, for the difference would be a count of its own."
    )


def sources_of(item: Headline) -> set[str]:
    """Return the names of all sources that a headline's source stands for, such as the parts of a publisher."""
    if item.frame is None:
        return {item.source}
    return set(source_names(item.frame, item.source))


def _compared(
    review: Review, item: Headline, parts: dict[str, Suppressed], together: Path, rule: PublicRelease
) -> bool:
    """Tell whether the counts may stand beside those of the prohibitions before; they are then entered."""
    before = together.read_bytes() if together.exists() else None
    try:
        _enter(review, item, parts, together, rule)
    except InputError:
        if before is None:
            together.unlink(missing_ok=True)
        else:
            together.write_bytes(before)
        return False
    return True


def _crosses(item: Headline, other: Headline) -> bool:
    """Tell whether two prohibitions share some rows of a source, and do not count the same."""
    mine, theirs = sources_of(item), sources_of(other)
    if not mine & theirs:
        return False
    rules, other_rules = (
        [one for one in each.prohibition.evidence if any(serves(one, name) for name in names)]
        for each, names in ((item, mine), (other, theirs))
    )
    # Of one source it does not matter whether a rule names it or its publisher.
    told, other_told = (
        {(one.source if len(mine) > 1 else "", repr((one.categories, dict(one.where)))) for one in held}
        for held in (rules, other_rules)
    )
    same = mine == theirs and told == other_told and _months(item) == _months(other)
    return not same and any(may_share(one, two) for one in rules for two in other_rules)


def _months(item: Headline) -> tuple[frozenset[str], ...]:
    """Return the months of each count: all, before and during."""
    counted, periods = item.counted, item.periods
    every = [] if counted is None else counted.months
    spans = (every, *(() if periods is None else (periods.before, periods.during)))
    return tuple(frozenset(map(str, span)) for span in spans)


def _parts(item: Headline, place: str) -> pd.DataFrame:
    """Return the reports of a place before, during and in the other observed months."""
    counted = item.counted
    assert counted is not None  # noqa: S101 - told by the caller
    row = counted.of(place)
    sums: dict[str, int] = {}
    rest = np.ones(len(counted.months), dtype=bool)
    if item.periods is not None:
        for name, months in ((BEFORE, item.periods.before), (DURING, item.periods.during)):
            held = np.asarray(counted.months.isin(months), dtype=bool)
            sums[name] = int(row[held].sum())
            rest &= ~held
    sums[OTHER] = int(row[rest].sum())
    return pd.DataFrame({"n": list(sums.values())}, index=list(sums))


def _shown(part: Suppressed) -> Counts:
    texts = part.shown()["n"].to_dict()
    exact = part.exact()["n"].dropna().to_dict()
    words = {name: FEW if _is_few(text) else text for name, text in texts.items()}
    return Counts(
        {str(name): _grouped(text) for name, text in words.items()},
        {str(name): int(cast(Any, n)) for name, n in exact.items()},
    )


def _is_few(text: str) -> bool:
    return text in (f"1 to {EXACT_TOTAL - 1}", f"0 to {EXACT_TOTAL - 1}")


def _grouped(text: str) -> str:
    return f"{int(text):,}" if text.isdecimal() else text


def _enter(
    review: Review, item: Headline, parts: dict[str, Suppressed], register: Path, rule: PublicRelease
) -> None:
    """Compare the counts with the register and enter them, each period for itself."""
    counted, periods = item.counted, item.periods
    assert counted is not None  # noqa: S101 - told by the caller
    shapes = {"inside": review.order.geometry.geometry.iloc[0], **dict(named_areas(review.design.comparison))}
    every = set(map(str, counted.months))
    spans = {"total": every}
    if periods is not None:
        spans |= {BEFORE: set(map(str, periods.before)), DURING: set(map(str, periods.during))}
        spans[OTHER] = every - spans[BEFORE] - spans[DURING]
    category = sorted(
        {name for one in item.prohibition.evidence if serves(one, item.source) for name in one.categories}
    )
    places = list(parts)
    units = [review.order.name if place == "inside" else place for place in places]
    outlines = gpd.GeoDataFrame(
        {"order": units, "n": 0}, geometry=[shapes[place] for place in places], crs="EPSG:27700"
    )
    names = sources_of(item)
    sources = [
        one for one in provenance.of(cast("pd.DataFrame", item.frame))["sources"] if one["name"] in names
    ]
    for name, months in spans.items():
        if not months or any(name not in part.low.index for part in parts.values()):
            continue
        record = provenance.Record(
            sources=[cast("provenance.Source", {**one, "months": sorted(months)}) for one in sources], as_of=None,
            steps=[{"step": "select_incidents", "category": category}], notes=[],
        )  # fmt: skip
        frame = provenance.put(outlines.copy(), record)
        low, high = (
            pd.DataFrame(
                {"n": [getattr(part, end).loc[name, "n"] for part in parts.values()]},
                index=units,
                dtype="Int64",
            )
            for end in ("low", "high")
        )
        first = next(iter(parts.values()))
        published = Suppressed(low, high, first.threshold, first.zeros_hidden)
        check_and_add(
            register, frame, frame, published, kind="areas order",
            layout=Layout(("order",), (), "n", ()), uncompared=rule.uncompared_cells,
        )  # fmt: skip
