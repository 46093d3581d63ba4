"""What the summary of a review says beside an estimate: its limits, the months, all areas, and other choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from hotspot.decisions.places_of import INSIDE
from hotspot.decisions.review_sensitivity import NONE

if TYPE_CHECKING:
    from hotspot.decisions.headline import Headline

DRIFTED = "drifted apart"
NEARLY_ALL = 0.9
"""From this share of the areas on, a change is said to be one of nearly all of them."""
BEYOND = "That part of the change is shared by all areas. Only what goes beyond it can be this area's own."
OVERLAP = "They overlap or move together, so they are not separate tests."


def beside_words(
    item: Headline,
    says: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    tested: Sequence[str],
    *,
    figures: bool,
) -> tuple[str, ...]:
    """Return what is to be read with a prohibition's estimate, a paragraph each.

    Parameters
    ----------
    item
        The headline.
    says
        What each source says; it names the prohibitions that share a category.
    tables
        Those of the review.
    tested
        Names of the prohibitions with a controlled estimate, over which Holm's correction goes.
    figures
        Whether figures from months and small areas may be told; without, the same in words, or nothing.
    """
    effect, periods, name = item.effect, item.periods, item.prohibition.name
    lines: list[str] = []
    if effect is not None and effect.caution:
        lines.append(_sentence(effect.caution))
    if periods is not None:
        lines += [*periods.breaks, *periods.notes]
    if effect is None or effect.reason:
        return tuple(lines)
    lines += _shared(item, says, tested)
    lines += _drifted(_rows(tables, "pre_trend", name), figures)
    lines += _common(_rows(tables, "common_change", name), figures)
    if figures:
        lines += _placebos(_rows(tables, "placebos", name))
    if not item.heading:
        lines += _stable(_rows(tables, "sensitivity", name), figures)
    return tuple(lines)


def _rows(tables: Mapping[str, pd.DataFrame], key: str, name: str) -> pd.DataFrame:
    table = tables.get(key)
    if table is None or "prohibition" not in table.columns:
        return pd.DataFrame()
    return table[table["prohibition"] == name]


def _first(rows: pd.DataFrame) -> dict[str, Any]:
    return cast("dict[str, Any]", rows.iloc[0].to_dict()) if len(rows) else {}


def _shared(item: Headline, says: pd.DataFrame, tested: Sequence[str]) -> Iterable[str]:
    """Say that the same reports are tested for several prohibitions."""
    name = item.prohibition.name
    if name not in tested:
        return
    rows = says[(says["prohibition"] == name) & (says["source"] == item.source)]
    others = [
        other
        for text in rows["shared_with"]
        for other in str(text).split("; ")
        if other in tested and other != name
    ]
    if others:
        times = "twice" if len(others) == 1 else f"{len(others) + 1} times"
        yield (
            f"The same category serves {_listed(others)}. So some of these reports are tested {times}, and are corrected "
            f"for {times}."
        )


def _drifted(rows: pd.DataFrame, figures: bool) -> Iterable[str]:
    row = _first(rows)
    if row.get("verdict") != DRIFTED:
        return
    start = (
        f"In the {int(row['months'])} months before the order, the two places were already drifting apart."
    )
    if figures:
        ratio, low, high = (
            1 + float(row[key]) / 100 for key in ("drift_pct_per_year", "drift_low", "drift_high")
        )
        start += (
            f" Each year the order's area came to {ratio:.2f} of what it was, beside {row['comparison_name']} (95% interval "
            f"{low:.2f} to {high:.2f})."
        )
    yield f"{start} Part of any difference may be that drift."


def _common(rows: pd.DataFrame, figures: bool) -> Iterable[str]:
    """Say what part of a change all areas share."""
    row = _first(rows)
    if not row or not np.isfinite(float(row["ratio_all"])) or not int(row["areas"]):
        return
    areas, lower, higher = (int(row[key]) for key in ("areas", "areas_lower", "areas_higher"))
    most = next(
        (word for word, n in (("fewer", lower), ("more", higher)) if n >= NEARLY_ALL * areas),
        "",
    )
    if figures:
        end = BEYOND if most else "They did not all change alike."
        yield (
            f"In all areas of the borough together, there were {float(row['ratio_all']):.2f} reports for each one in the "
            f"months before. Of {areas:,} areas with 10 reports or more, {lower:,} had fewer and {higher:,} had more. {end}"
        )
    elif most:
        yield f"Nearly all areas of the borough had {most} reports in the second period. {BEYOND}"


def _placebos(rows: pd.DataFrame) -> Iterable[str]:
    """Say how often the rule called a change where and when there was no order."""
    kinds = {"area": "other areas without the order", "date": "earlier dates without the order"}
    parts = []
    for row in cast("list[dict[str, Any]]", rows.to_dict("records")):
        placebos = int(row["placebos"])
        if placebos:
            place = kinds.get(str(row["moved"]), str(row["moved"]))
            parts.append(f"At {placebos} {place}, it called {int(row['called'])} a change.")
    if parts:
        yield " ".join(
            [
                "The same rule was tried where there was no order. By chance it calls about one in twenty.",
                *parts,
                OVERLAP,
            ]
        )


def _stable(rows: pd.DataFrame, figures: bool) -> Iterable[str]:
    """Say whether other choices tell the same."""
    if not len(rows):
        return
    others = rows[rows["estimate_of"] == INSIDE].iloc[1:]
    tried = others[others["differs"].notna() & (others["direction"] != NONE)]
    if tried.empty:
        yield "Other choices of place and months could not be tried."
        return
    off = int(tried["differs"].astype(bool).sum())
    text = f"{len(tried)} other choices of place and months were tried, each judged by its own interval."
    if figures:
        text += f" They give ratios from {tried['ratio'].min():.2f} to {tried['ratio'].max():.2f}."
    if off == 0:
        text += " All of them tell the same."
    elif figures:
        text += f" {off} of them tell{'s' * (off == 1)} something else: read the appendix."
    else:
        text += f" {off} of them tell{'s' * (off == 1)} something else."
    yield text


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _sentence(text: str) -> str:
    made = text[:1].upper() + text[1:]
    return made if made.endswith((".", "!", "?")) else f"{made}."
