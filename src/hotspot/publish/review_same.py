"""Prohibitions that share their evidence, and the titles of what is drawn of a wider category."""

from __future__ import annotations

from collections.abc import Sequence

from hotspot.decisions.counted import best_evidence
from hotspot.decisions.headline import Headline

WIDER_NOTE = "* Shown by a wider category; which share of it is the behaviour itself is unknown."


def same_evidence(headlines: Sequence[Headline]) -> dict[str, Headline]:
    """Return a headline for each different evidence, by the names of all prohibitions that it serves.

    Two prohibitions share their evidence when source, categories, rules, hours and first day are the same: what is
    drawn of one is what is drawn of the other.
    """
    groups: dict[tuple[object, ...], list[Headline]] = {}
    for number, item in enumerate(headlines):
        groups.setdefault(_key(item) if item.source else (number,), []).append(item)
    return {joined([one.prohibition.name for one in group]): group[0] for group in groups.values()}


def joined(names: Sequence[str]) -> str:
    """Return names as a list in words."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def title_of(name: str, item: Headline) -> str:
    """Return the name, with the wider category where the evidence is of one."""
    said = wider_words(item)
    return f"{name}: {said}" if said else name


def wider_words(item: Headline) -> str:
    """Say which wider category stands for a prohibition; "" where the category is its own."""
    if not item.wider:
        return ""
    found = [one for one in best_evidence(item.prohibition, item.source) if one.wider]
    names = list(dict.fromkeys(each for one in found for each in one.categories))
    if not names:
        return "shown by a wider category (share unknown)"
    return f"shown by the wider categor{'y' if len(names) == 1 else 'ies'} {joined(names)} (share unknown)"


def _key(item: Headline) -> tuple[object, ...]:
    prohibition = item.prohibition
    parts = {
        (
            tuple(sorted(one.categories)),
            one.wider,
            tuple(sorted((key, tuple(sorted(values))) for key, values in one.where.items())),
        )
        for one in best_evidence(prohibition, item.source)
    }
    return item.source, frozenset(parts), prohibition.hours, prohibition.first_date, item.heading
