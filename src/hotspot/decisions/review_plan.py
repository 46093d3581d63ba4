"""The plan of a review, fixed before looking: what is compared, its fingerprint, and every later change in words."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from hotspot.decisions.headline import RULE
from hotspot.decisions.order import Order, Prohibition, span_words
from hotspot.decisions.order_file import (
    AreaFile,
    ReviewConfig,
    SourceFile,
    areas_of,
    comparison_of,
    order_of,
)
from hotspot.decisions.order_values import date_of
from hotspot.errors import InputError
from hotspot.geography.area import outline_hash
from hotspot.text import printable

ESTIMATOR = RULE
NOT_CONTROLLED = "rate ratio, not controlled: no comparison is named; Holm over the prohibitions"
Plan: TypeAlias = dict[str, Any]
_WORDS = {
    "boundary_sha256": "boundary",
    "boundary_before_sha256": "boundary until now",
    "outline_sha256": "outline",
    "mapping_sha256": "mapping file",
    "in_force": "spans in force",
    "first_date": "first day in force",
    "across_breaks": "comparing across breaks",
    "wider": "holds other behaviour too",
    "where": "rules",
    "order_of_comparisons": "order of the comparisons (the headline uses the first)",
}


def plan_of(config: ReviewConfig, *, estimator: str | None = None) -> Plan:
    """Return what a review will compare, as plain JSON values.

    Parameters
    ----------
    config
        As `read_review` returns it. Its polygons and mappings are read; no data is.
    estimator
        The headline's estimator in words; ``ESTIMATOR`` when None, or ``NOT_CONTROLLED`` without a comparison.

    Returns
    -------
    dict
        Order, prohibitions with categories, sources, comparisons, ring, areas, periods and estimator; polygons
        by the SHA-256 of their outline.

    Raises
    ------
    InputError
        If a file of polygons or a mapping cannot be read, or the order is not sound.

    How this can mislead: a plan shows what was fixed on its date, not that nobody had seen the data by then.
    """
    order = order_of(config)
    comparisons = [
        {"name": name, "outline_sha256": outline_hash(area)} for name, area in comparison_of(config).items()
    ]
    named = ESTIMATOR if comparisons else NOT_CONTROLLED
    return {
        "order": _order(order),
        "prohibitions": [_prohibition(item) for item in order.prohibitions],
        "sources": [_source(item, config.path.parent) for item in config.sources],
        "comparisons": comparisons,
        "order_of_comparisons": [item["name"] for item in comparisons],
        "ring": _ring(config, order),
        "areas": [
            {"name": name, "outline_sha256": outline_hash(area), "column": config.areas[name].code}
            for name, area in sorted(areas_of(config).items())
        ],
        "periods": {
            "before": list(config.before or ()),
            "during": list(config.during or ()),
            "across_breaks": config.across_breaks,
        },
        "estimator": estimator or named,
    }


def plan_hash(plan: ReviewConfig | Mapping[str, Any]) -> str:
    """Return the SHA-256 of a plan's canonical JSON: sorted keys, no spaces, UTF-8."""
    content = plan_of(plan) if isinstance(plan, ReviewConfig) else plan
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def plan_text(plan: ReviewConfig | Mapping[str, Any], *, written: date | str) -> str:
    """Return the text of PLAN.json: the plan, the day on which it was written, and its hash.

    ``written`` is the caller's: the library asks no clock.
    """
    content = plan_of(plan) if isinstance(plan, ReviewConfig) else dict(plan)
    day = date_of(written, "written")
    whole = {"written": str(day), "plan_sha256": plan_hash(content), "plan": content}
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_plan(path: str | os.PathLike[str]) -> Plan:
    """Read a plan file and check it against its own hash: keys written, plan_sha256 and plan.

    Raises
    ------
    InputError
        If it cannot be read, or was changed after it was written.
    """
    file = Path(path)
    try:
        whole = json.loads(file.read_text(encoding="utf-8"))
        day, digest, content = whole["written"], whole["plan_sha256"], whole["plan"]
        sound = isinstance(content, dict) and plan_hash(content) == digest
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"the plan {str(file)[:200]!r} cannot be read ({type(error).__name__}); write one with "
            "`hotspot review CONFIG.toml --plan`"
        ) from None
    if not sound:
        raise InputError(
            f"the plan {file.name} does not have the hash that it states ({str(digest)[:12]}), so it was changed after "
            "it was written; use the plan as written, or write a new one with its own date"
        )
    return {"written": str(date_of(day, "written")), "plan_sha256": digest, "plan": content}


def plan_changes(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say in words what differs between two plans, one sentence a change; none when they are the same.

    Parameters
    ----------
    earlier, now
        Plans of `plan_of`, or what `read_plan` returns.

    Examples
    --------
    >>> plan_changes({"periods": {"before": ["2024-07", "2025-02"]}}, {"periods": {"before": ["2024-08", "2025-02"]}})
    ['periods, before: was 2024-07, 2025-02; now 2024-08, 2025-02']
    """
    old, new = (dict(plan["plan"]) if "plan_sha256" in plan else dict(plan) for plan in (earlier, now))
    return _differences(old, new, ())


def _differences(old: Any, new: Any, path: tuple[str, ...]) -> list[str]:
    if old == new and type(old) is type(new):
        return []
    before, after = _keyed(old), _keyed(new)
    if before is None or after is None:
        return [_sentence(path, old, new)]
    found: list[str] = []
    for key in [*before, *(key for key in after if key not in before)]:
        here = (*path, key)
        if key not in after:
            found.append(f"{_place(here)}: taken out (was {_value(before[key])})")
        elif key not in before:
            found.append(f"{_place(here)}: added ({_value(after[key])})")
        else:
            found += _differences(before[key], after[key], here)
    # Named items are matched by name, so a change of their order alone would otherwise go unsaid.
    if not found:
        found.append(f"{_place(path)}: order was {', '.join(before)}; now {', '.join(after)}")
    return found


def _keyed(value: Any) -> dict[str, Any] | None:
    """Return a dict as it is, and a list of named items by their names; None for all else."""
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return None
    found: dict[str, Any] = {}
    for item in value:
        name = str(item.get("name", item.get("source", ", ".join(item.get("files", [])))))
        number = 2
        key = name
        while key in found:
            key, number = f"{name} ({number})", number + 1
        found[key] = {part: inner for part, inner in item.items() if part != "name"}
    return found


def _sentence(path: tuple[str, ...], old: Any, new: Any) -> str:
    flat = (
        isinstance(old, list) and isinstance(new, list) and all(isinstance(one, str) for one in [*old, *new])
    )
    if flat and path[-1] in ("categories", "files"):
        parts = [f"{one!r} taken out" for one in old if one not in new]
        parts += [f"{one!r} added" for one in new if one not in old]
        if parts:
            return f"{_place(path)}: {', '.join(parts)}"
    return f"{_place(path)}: was {_value(old)}; now {_value(new)}"


def _place(path: tuple[str, ...]) -> str:
    return ", ".join(printable(_WORDS.get(part, part), limit=80) for part in path)


def _value(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        digest = len(value) == 64 and set(value) <= set("0123456789abcdef")
        return value[:12] if digest else printable(value, limit=200)
    if isinstance(value, Mapping):
        return "; ".join(f"{_place((str(key),))} {_value(inner)}" for key, inner in value.items() if inner)
    if isinstance(value, list):
        nested = any(isinstance(one, list | Mapping) for one in value)
        return ("; " if nested else ", ").join(_value(one) for one in value)
    return str(value)


def _order(order: Order) -> Plan:
    spans = zip(order.in_force, order.labels, strict=True)
    return {
        "name": order.name,
        "id": order.order_id,
        "version": order.version,
        "decision": order.decision,
        "boroughwide": order.boroughwide,
        "hours": None if order.hours is None else list(order.hours),
        "boundary_sha256": order.hash,
        "boundary_before_sha256": order.hash_before,
        "in_force": [span_words(span) + (f" ({label})" if label else "") for span, label in spans],
    }


def _prohibition(item: Prohibition) -> Plan:
    return {
        "name": item.name,
        "behaviour": item.behaviour,
        "text": item.text,
        "first_date": None if item.first_date is None else str(item.first_date),
        "hours": None if item.hours is None else list(item.hours),
        "evidence": [
            {
                "source": one.source,
                "categories": sorted(one.categories),
                "wider": one.wider,
                "where": {column: sorted(values) for column, values in sorted(one.where.items())},
            }
            for one in item.evidence
        ],
    }


def _source(item: SourceFile, base: Path) -> Plan:
    return {
        "files": [_shown(file, base) for file in item.files],
        "kind": item.kind,
        "open": item.open,
        "areas": item.areas,
        "mapping_sha256": None if item.mapping is None else _text_hash(item.mapping),
    }


def _shown(file: Path, base: Path) -> str:
    """Return a path as the review's file gives it, and only the name of one from elsewhere on the machine."""
    return file.relative_to(base).as_posix() if file.is_relative_to(base) else file.name


def _text_hash(file: Path) -> str:
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(
            f"the mapping {str(file)[:200]!r} cannot be opened ({type(error).__name__}); check the spelling and the folder"
        ) from None
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def _ring(config: ReviewConfig, order: Order) -> Plan:
    if order.boroughwide:
        return {"metres": "none: the order is boroughwide"}
    if isinstance(config.ring, AreaFile):
        return {"outline_sha256": outline_hash(config.ring.read())}
    return {"metres": config.ring or "200 on exact points, 400 on map points"}
