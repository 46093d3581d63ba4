"""What of a review may be handed out: totals of the order and its comparison, recomputed ratios, and what is no count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from hotspot import provenance
from hotspot.decisions.checklist import ATTRIBUTION
from hotspot.decisions.headline import Headline
from hotspot.decisions.say import RECORDED, TOO_FEW, TOO_FEW_WORDS, WIDER
from hotspot.decisions.words import corrected_away
from hotspot.publish.release import STEP, PublicRelease
from hotspot.publish.review_beside import beside_words
from hotspot.publish.review_checklist import checklist_released
from hotspot.publish.review_counts import BEFORE, DURING, FEW, Counts, counts_of
from hotspot.publish.review_evidence import answers_released
from hotspot.publish.review_interval import shown_interval
from hotspot.publish.review_tables import grouped, part_of
from hotspot.publish.review_words import (
    Told,
    change_of,
    heading_of,
    months_of,
    source_line,
    tested_of,
    told_of,
)
from hotspot.publish.suppression import EXACT_TOTAL

if TYPE_CHECKING:
    from hotspot.decisions.review import Review

_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
NOT_COUNTS = ("order", "periods", "plan")
"""Tables that hold no count of a source."""
OTHER_EVIDENCE = ("consultation", "activity", "activity_events", "statements")
_NO_COLUMN = {
    "order": ("boundary_sha256", "boundary_sha256_before"),
    "equality": ("order_lowest", "order_highest"),
}
_MONTHLY = "counts by month, year, hour or small area, from which single reports could be worked out"
_TESTED = "figures from monthly counts and small areas, from which these could be worked out"
_PLACED = "locations, cells and small areas"
_WHY = (
    ("recurrence_", _MONTHLY),
    ("counts", _MONTHLY),
    ("where_", _PLACED),
    ("activity", "numbers of single penalties and patrols, and their source is not declared open"),
    ("statements", "titles can name people, and the list is not declared open"),
    ("", _TESTED),
)


@dataclass(frozen=True)
class Public:
    """The public part of a review: its tables by key, what is said of each prohibition, and the estimates to draw.

    ``open_only`` names the tables of which only the rows of open sources are there.
    """

    tables: dict[str, pd.DataFrame]
    told: list[Told]
    estimates: pd.DataFrame | None
    open_only: frozenset[str]


def public_of(review: Review, rule: PublicRelease) -> Public:
    """Return what of a review may be handed out.

    Parameters
    ----------
    review
        With at least one closed source.
    rule
        Counts from 1 to 9 are classes whatever its threshold: totals of an order are exact from 10 on. Where it names
        a register, every count is compared with earlier releases and entered.

    Returns
    -------
    Public

    Raises
    ------
    InputError
        If the register shows that these counts and earlier ones give a small count away.

    Notes
    -----
    Of a closed source: reports before, during and in all months, of the order and of the headline's comparison,
    protected together so that no sum gives a small one back; the ratio of those that are exact; the headline's
    interval to two digits where no month can be told from it (`shown_interval`), else none;
    the conclusion in words. The checklist names the parts that this pack has. Where two prohibitions share a part of
    their categories, only the first one's counts are shown, for their difference would be a count of its own. Tables of
    open sources are published as they are.
    """
    every = [item for frame in review.data for item in provenance.of(frame)["sources"]]
    # A name that is open in one frame and closed in another is closed.
    opened = {item["name"] for item in every} - {item["name"] for item in every if not item["open"]}
    threshold = max(rule.threshold, EXACT_TOTAL, rule.health_threshold if rule.health else 0)
    notes: list[str] = []
    counts = counts_of(review, opened, threshold, rule, notes)
    says = _says(review, opened, counts, threshold)
    tested = tested_of(review.headlines)
    told = [
        told_of(item, says, review.tables, tested)
        if item.source in opened
        else _told(review, item, says, counts, tested)
        for item in review.headlines
    ]
    headlines = _headlines(review, told)
    record = public_record(review, notes)
    tables: dict[str, pd.DataFrame] = {}
    for key in NOT_COUNTS:
        if key in review.tables:
            tables[key] = review.tables[key].drop(columns=list(_NO_COLUMN.get(key, ())), errors="ignore")
    if "order" in tables:
        tables["order"] = tables["order"].assign(boundary=f"boundary {review.order.short_hash}")
    if "plan" in tables:
        tables["plan"] = _plan(tables["plan"])
    tables |= {"says": says, "headlines": headlines.drop(columns=_not_printed(headlines))}
    if "equality" in review.tables:
        tables["equality"] = review.tables["equality"].drop(
            columns=list(_NO_COLUMN["equality"]), errors="ignore"
        )
    made = {key: _published(table, record) for key, table in tables.items()}
    made |= _other_evidence(review, rule, record)
    whole = set(made)
    apart = open_tables(review, opened)
    made |= {key: table for key, table in apart.items() if key not in whole}
    open_only = frozenset(set(apart) - whole)
    if "checklist" in review.tables:
        made["checklist"] = _published(checklist_released(review, made, open_only), record)
        made["checklist"] = provenance.note(made["checklist"], ATTRIBUTION)
    made["left_out"] = _published(_left_out(review, whole | {"checklist"}, apart), record)
    drawn = _published(headlines, record)
    estimates = drawn if drawn["ratio"].notna().any() else None
    return Public(made, told, estimates, open_only)


def _plan(table: pd.DataFrame) -> pd.DataFrame:
    """Return the plan without names of files, its fingerprints in groups."""
    made = table.copy()
    made["says"] = [
        "something of the sources' files: see the restricted pack"
        if part == "changed since" and str(text).startswith("sources")
        else _HEX.sub(lambda found: grouped(found.group()), str(text))
        for part, text in zip(table["part"], table["says"], strict=True)
    ]
    return made


def public_record(review: Review, notes: Iterable[str]) -> provenance.Record:
    """Return the record of a public table: the closed sources, and the credit of the open ones as a note."""
    closed, credits, ends = [], [], []
    for frame in review.data:
        record = provenance.of(frame)
        ends.append(record["as_of"])
        closed += [source for source in record["sources"] if not source["open"]]
        if any(source["open"] for source in record["sources"]):
            mine = {**record, "sources": [source for source in record["sources"] if source["open"]]}
            bare = provenance.put(pd.DataFrame(), cast("provenance.Record", mine))
            credits.append(f"Open sources beside it. {provenance.source_line([bare])}.")
    return provenance.Record(
        sources=closed, as_of=max(filter(None, ends), default=None), steps=[], notes=[*notes, *credits]
    )


def _published(table: pd.DataFrame, record: provenance.Record) -> pd.DataFrame:
    """Give a table of released figures the record that says so."""
    bare = pd.DataFrame(table).copy()
    bare.attrs = {}
    step: dict[str, Any] = {
        "step": STEP,
        "threshold": EXACT_TOTAL,
        "columns": [str(name) for name in bare.columns],
    }
    return provenance.put(
        bare, provenance.Record(**{**record, "steps": [step], "notes": list(record["notes"])})
    )


def _says(
    review: Review, opened: set[str], counts: dict[str, dict[str, Counts]], threshold: int
) -> pd.DataFrame:
    """Return what each source says: exact from 10 on, months with a report left out, of closed sources."""
    table = review.tables["says"]
    sources = {item.prohibition.name: item.source for item in review.headlines}
    rows = []
    for row in cast("list[dict[str, Any]]", table.to_dict("records")):
        if row["source"] not in opened:
            mine = (
                counts.get(row["prohibition"]) if sources.get(row["prohibition"]) == row["source"] else None
            )
            row = row | _said(row, mine, threshold)
        rows.append(row | {"n_shown": _n_shown(row, opened)})
    made = pd.DataFrame(rows, columns=[*table.columns, "n_shown"])
    return made.drop(columns=["n", "n_wider", "months_with", "no_location_pct"])


def _n_shown(row: dict[str, Any], opened: set[str]) -> str:
    if row["source"] in opened:
        return "" if pd.isna(row["n"]) else f"{int(row['n']):,}"
    return str(row["shown"])


def _said(row: dict[str, Any], mine: dict[str, Counts] | None, threshold: int) -> dict[str, Any]:
    """Return the number and the sentence of a closed source as they may be shown."""
    kind, months = row["kind"], int(row["months_observed"])
    if kind not in (RECORDED, TOO_FEW, WIDER) or pd.isna(row["n"]):
        # A second half of the sentence would count a wider category.
        says = str(row["says"]).split("; wider category")[0].split(f"; {TOO_FEW_WORDS}")[0]
        return {"shown": "", "says": says}
    n = int(row["n"])
    # A number that was not protected and compared with the others is told as a class only.
    shown = FEW if n < threshold else f"{threshold} or more"
    if mine is not None and not mine:
        shown = "not shown"
    elif mine:
        whole = mine["inside"]
        known = whole.exact.get("total")
        if known is None or known == n:
            shown = whole.shown["total"]
    number = shown if "report" in shown else f"{shown} reports"
    number = "the number is not shown" if shown == "not shown" else number
    text = f"{number} in {months} months"
    if kind == WIDER:
        text = f"wider category: {text}, share unknown"
    if kind == TOO_FEW or TOO_FEW_WORDS in str(row["says"]):
        text += f"; {TOO_FEW_WORDS}"
    if row["shared_with"]:
        text += f" (category shared with {row['shared_with']})"
    return {"shown": shown, "says": text}


def _told(
    review: Review,
    item: Headline,
    says: pd.DataFrame,
    counts: dict[str, dict[str, Counts]],
    tested: Sequence[str],
) -> Told:
    """Return what a public pack says of a prohibition, from released figures."""
    name = item.prohibition.name
    rows = says[says["prohibition"] == name].to_dict("records")
    bare = Told(
        name=name, heading=item.heading, reason=item.reason, source=item.source, comparison=item.comparison,
        behaviour=item.prohibition.behaviour, wider=item.wider, change=change_of(item), **months_of(item),
        lines=tuple(source_line(row["source"], row["says"], row["caution"]) for row in rows),
        tests=max(len(tested), 1), corrected=corrected_away(item),
        more=beside_words(item, says, review.tables, tested, figures=False),
    )  # fmt: skip
    if item.effect is None:
        return bare
    mine = counts.get(name, {})
    if not mine or item.periods is None:
        why = "Its counts are not shown, for with those of another prohibition they could give a small number away."
        return replace(bare, inside=None, more=(why, *bare.more))
    inside = _pair(mine["inside"])
    other = _pair(mine[item.comparison]) if item.comparison in mine else None
    numbers = [mine[place].exact.get(part) for place in mine for part in (BEFORE, DURING)]
    told = replace(bare, inside=inside, other=other)
    if item.effect.reason or any(number is None or number < EXACT_TOTAL for number in numbers):
        return told
    effect = item.effect
    counted = (effect.inside_before, effect.inside_during, effect.other_before, effect.other_during)
    if tuple(cast("list[int]", numbers)) != counted[: len(numbers)] or len(numbers) != (
        4 if effect.controlled else 2
    ):
        return told
    # The ratio follows from these counts alone; its interval does not.
    told = replace(told, ratio=effect.ratio)
    shown = shown_interval(review, item)
    return told if shown is None else replace(told, low=shown.low, high=shown.high)


def _pair(counts: Counts) -> tuple[str, str]:
    return counts.shown[BEFORE], counts.shown[DURING]


def _headlines(review: Review, told: Sequence[Told]) -> pd.DataFrame:
    """Return a row for each prohibition, of released figures."""
    full = review.tables["headlines"].set_index("prohibition")
    rows = []
    for one in told:
        inside, other = one.inside or ("", ""), one.other or ("", "")
        rows.append(
            {
                "prohibition": one.name, "source": one.source, "heading": one.heading,
                "evidence": full.loc[one.name, "evidence"], "comparison": one.comparison,
                "inside_before_shown": inside[0], "inside_during_shown": inside[1],
                "other_before_shown": other[0], "other_during_shown": other[1],
                "ratio": one.ratio,
                "low": one.low, "high": one.high,
                "conclusion": _conclusion(one), "reason": one.reason,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _not_printed(headlines: pd.DataFrame) -> list[str]:
    """Return columns that the conclusion says, and those of the interval where no estimate has one."""
    return ["heading", "reason", *([] if headlines["low"].notna().any() else ["low", "high"])]


def _conclusion(told: Told) -> str:
    if not told.change:
        return heading_of(told).removeprefix(told.name).removeprefix(": ") or told.heading
    words = {"fell": "fewer reports than chance explains", "rose": "more reports than chance explains"}
    return words.get(told.change, "not told from chance")


def _other_evidence(
    review: Review, rule: PublicRelease, record: provenance.Record
) -> dict[str, pd.DataFrame]:
    """Return other evidence: as it is where it is declared open, answers with small numbers as classes."""
    made = {}
    for key in OTHER_EVIDENCE:
        table = review.tables.get(key)
        if table is None:
            continue
        if provenance.is_open([table]):
            made[key] = table
        elif key == "consultation":
            answers = answers_released(table, threshold=rule.threshold)
            own = provenance.Record(**{**record, "sources": provenance.of(table)["sources"], "notes": []})
            made[key] = _published(answers, own)
            made[key] = provenance.note(made[key], "Answers of people who chose to answer, not a sample.")
    return made


def open_tables(review: Review, opened: set[str]) -> dict[str, pd.DataFrame]:
    """Return the parts of the review's tables that are of open sources alone."""
    if not opened:
        return {}
    mine = {item.prohibition.name for item in review.headlines if item.source in opened}
    frames = [frame for frame in review.data if set(_names(frame)) <= opened]
    if not frames:
        return {}
    found = {}
    for key, table in review.tables.items():
        if key in (*NOT_COUNTS, "says", "headlines", "equality") or "prohibition" not in table.columns:
            continue
        if key in OTHER_EVIDENCE:
            continue
        by_source = "source" in table.columns
        held = table["source"].isin(opened) if by_source else table["prohibition"].isin(mine)
        if not held.any():
            continue
        record = provenance.of(frames[0])
        for frame in frames[1:]:
            record["sources"] += provenance.of(frame)["sources"]
        record["steps"] = []
        part = table[held].reset_index(drop=True)
        part.attrs = {}
        found[key] = provenance.put(part, record)
    return found


def _names(frame: pd.DataFrame) -> list[str]:
    return [source["name"] for source in provenance.of(frame)["sources"]]


def _left_out(review: Review, whole: set[str], apart: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """List what the restricted pack holds and this one does not."""
    rows = []
    for key in [
        *review.tables,
        *(["headline_details"] if review.tables["headlines"]["ratio"].notna().any() else []),
    ]:
        if key in whole or (key in apart and len(apart[key]) == len(review.tables[key])):
            continue
        why = next(reason for start, reason in _WHY if key.startswith(start))
        rows.append({"part": part_of(key).title, "reason": f"Of closed sources: {why}."})
    if review.cells:
        rows.append({"part": "Maps of hot and cold cells", "reason": f"Of closed sources: {_PLACED}."})
    if review.trends:
        rows.append({"part": "Figures by month", "reason": f"Of closed sources: {_MONTHLY}."})
    return pd.DataFrame(rows, columns=["part", "reason"])
