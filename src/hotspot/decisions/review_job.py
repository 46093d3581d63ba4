"""A review from its file: read what it names, and review."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspot import provenance
from hotspot.decisions.order_file import (
    ReviewConfig,
    SourceFile,
    areas_of,
    comparison_of,
    order_of,
    ring_of,
)
from hotspot.decisions.review import Review, review_order
from hotspot.decisions.review_plan import plan_changes, plan_of, read_plan
from hotspot.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspot.intake.ledger import Intake

_SMALLEST_FIRST = ("lsoa", "wards", "towns")


def review_from(
    config: ReviewConfig, *, progress: bool = False, say: Callable[[str], None] = lambda text: None
) -> Review:
    """Read the files that a review's file names, and review the order.

    Parameters
    ----------
    config
        From `read_review`.
    progress
        Show bars while files are read, on a terminal.
    say
        Is told what was read, a line for each source.

    Raises
    ------
    InputError
        If a file cannot be read, or see `review_order`.
    """
    order, layers = order_of(config), areas_of(config)
    chosen = next((name for name in _SMALLEST_FIRST if name in layers), None)
    areas = None if chosen is None else layers[chosen]
    borough = areas if areas is not None else (order.geometry if order.boroughwide else None)
    data = [_read(item, layers, borough, progress, say) for item in config.sources]
    unit = None if chosen is None else config.areas[chosen]
    return review_order(
        data,
        order,
        comparison=comparison_of(config) or None,
        ring=ring_of(config),
        before=config.before,
        during=config.during,
        areas=areas,
        code=None if unit is None else unit.code,
        town="town" if unit is None or unit.town is None else unit.town,
        consultation=config.consultation,
        activity=config.activity,
        statements=config.statements,
        equality=config.equality or None,
        plan=provenance.carry(order.geometry, plan_table(config), "plan", boundary=order.hash),
        across_breaks=config.across_breaks,
    )


def plan_path(config: ReviewConfig) -> Path:
    """Return where the plan of a review stands: beside its file."""
    return config.path.with_name(f"{config.path.stem}.plan.json")


def plan_table(config: ReviewConfig) -> pd.DataFrame:
    """Return the plan that stands beside a review's file, and every change since, a line each.

    Raises
    ------
    InputError
        If the plan cannot be read, or was changed after it was written.
    """
    now, path = plan_of(config), plan_path(config)
    if not path.is_file():
        lines = [
            (
                "plan",
                "None was written before this review: the choices below may have been made after looking.",
            ),
            ("estimator", str(now["estimator"])),
        ]
        return pd.DataFrame(lines, columns=["part", "says"])
    earlier = read_plan(path)
    changes = plan_changes(earlier, now)
    lines = [
        ("written", str(earlier["written"])),
        ("plan_sha256", str(earlier["plan_sha256"])),
        ("estimator", str(earlier["plan"]["estimator"])),
        *[("changed since", text) for text in changes],
        *([] if changes else [("changes", "None since it was written.")]),
    ]
    return pd.DataFrame(lines, columns=["part", "says"])


def _read(
    item: SourceFile,
    layers: dict[str, gpd.GeoDataFrame],
    borough: gpd.GeoDataFrame | None,
    progress: bool,
    say: Callable[[str], None],
) -> Any:
    files: Any = item.files[0] if len(item.files) == 1 else list(item.files)
    if item.kind == "counts":
        from hotspot.intake.counts import read_counts

        found = read_counts(files, _mapping(item), areas=layers[str(item.areas)])
        say(_line(item.files, found.ledger))
        _as_declared(item, found.counts)
        return found
    intake: Intake
    if item.kind == "police_uk":
        from hotspot.intake.police_uk import read_police_uk

        intake = read_police_uk(files, area=borough, progress=progress)
    else:
        from hotspot.intake.partner import read_incidents

        intake = read_incidents(files, _mapping(item), area=borough, progress=progress)
    say(_line(item.files, intake.ledger))
    _as_declared(item, intake.incidents)
    return intake


def _mapping(item: SourceFile) -> Path:
    if item.mapping is None:
        raise InputError(f"[[source]] {item.files[0].name!r} needs a mapping")
    return item.mapping


def _as_declared(item: SourceFile, frame: pd.DataFrame) -> None:
    """Hold a source closed where the review's file says so; it cannot open one that its mapping keeps closed."""
    if item.open and not provenance.is_open([frame]):
        raise InputError(
            f"[[source]] {item.files[0].name!r} has open = true, and its mapping does not declare it open; whoever owns "
            "the data decides: change the mapping, or take the line out"
        )
    if item.open is False:
        record = provenance.of(frame)
        for source in record["sources"]:
            source["open"] = False
        provenance.put(frame, record)


def _line(files: tuple[Path, ...], ledger: pd.DataFrame) -> str:
    name = files[0].name + (f" and {len(files) - 1} more" if len(files) > 1 else "")
    read, used, left = (int(ledger[column].sum()) for column in ("read", "used", "set_aside"))
    return f"{name}: {read:,} rows read, {used:,} used, {left:,} set aside"
