"""A review as a TOML file: the order, its evidence and what it is compared with, kept beside the data."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd

from hotspot.decisions.order import Order
from hotspot.decisions.order_keys import RELEASES, SOURCES, Checker
from hotspot.decisions.order_values import boundary_of
from hotspot.decisions.periods import Months, asked
from hotspot.errors import InputError
from hotspot.geography.area import read_area


@dataclass(frozen=True)
class AreaFile:
    """Polygons of a file: which layer, which features, and which columns hold code, name and town."""

    file: Path
    layer: str | None = None
    where: str | None = None
    code: str | None = None
    name: str | None = None
    town: str | None = None

    def read(self) -> gpd.GeoDataFrame:
        """Return the polygons, in EPSG:27700."""
        return read_area(self.file, layer=self.layer, where=self.where)


@dataclass(frozen=True)
class SourceFile:
    """One source of reports.

    Attributes
    ----------
    files
        Its files; a folder or pattern is left to the reader.
    kind
        "police_uk", "incidents" (a partner's file with a mapping) or "counts" (a table of areas).
    mapping
        The mapping file; None for police_uk.
    open
        What the review's file says about publishing it; None where it says nothing.
    areas
        For counts: which of the review's areas its codes are of.
    """

    files: tuple[Path, ...]
    kind: str
    mapping: Path | None = None
    open: bool | None = None
    areas: str | None = None


@dataclass(frozen=True)
class ReviewConfig:
    """What a review's file asks for, checked; files are named and not yet read.

    Attributes
    ----------
    path
        The file. Its relative paths were counted from its folder.
    order
        Checked keys of [order], and the [[prohibition]] sections as dicts: see `order_of`.
    sources
        In the order of the file.
    comparison
        By name, the headline's first.
    ring
        Metres, a file of polygons, or None for the default of the data.
    areas
        "lsoa", "towns" and "wards", those given.
    before, during, across_breaks
        The periods; None without a section [periods]: nothing is compared over time.
    consultation, activity, statements, equality
        Files of other evidence.
    title, folder, release, register, seed
        Of the pack; the register of earlier releases, which is restricted.
    """

    path: Path
    order: Mapping[str, Any]
    prohibitions: tuple[Mapping[str, Any], ...]
    sources: tuple[SourceFile, ...]
    comparison: Mapping[str, AreaFile] = field(default_factory=dict)
    ring: float | AreaFile | None = None
    areas: Mapping[str, AreaFile] = field(default_factory=dict)
    before: Months | None = None
    during: Months | None = None
    across_breaks: bool = False
    consultation: Path | None = None
    activity: Path | None = None
    statements: Path | None = None
    equality: tuple[Path, ...] = ()
    title: str = ""
    folder: Path = Path("pack")
    release: tuple[str, ...] = RELEASES
    register: Path | None = None
    seed: int = 0


def read_review(path: str | os.PathLike[str]) -> ReviewConfig:
    """Read and check a review's file.

    Parameters
    ----------
    path
        TOML, as `new_order` writes it to be filled in.

    Returns
    -------
    ReviewConfig
        Relative paths count from the file's folder; only values of keys that name a file or folder become
        paths. Polygons and data are read later: `order_of`, `comparison_of`, `ring_of`, `areas_of`.

    Raises
    ------
    InputError
        If the file cannot be read, a key is unknown (the nearest right one is named), of the wrong kind, or
        not filled in. All faults are listed in one message.

    How this can mislead: a file can be well formed and name the wrong categories. Read each prohibition's
    evidence against the source's own list of categories before the plan is fixed.
    """
    file = Path(path)
    raw = _load(file)
    check = Checker()
    content = check.content(raw)
    faults, base = check.faults, file.parent
    sources = tuple(_source(item, base, content, faults) for item in content.get("source", []))
    comparison = _comparison(content, base, faults)
    ring = _ring(content, base, faults)
    before, during = _periods(content, faults)
    if content.get("order", {}).get("decision") not in (None, "make") and not content["order"].get(
        "in_force"
    ):
        check.empty.append("[[order.in_force]] start")
    _refuse(file.name, faults, check.empty)
    order = _with_paths(content["order"], base)
    pack = content.get("pack", {})
    release = pack.get("release", RELEASES)
    return ReviewConfig(
        path=file,
        order=order,
        prohibitions=tuple(content["prohibition"]),
        sources=sources,
        comparison=comparison,
        ring=ring,
        areas={name: _area(part, base) for name, part in content.get("areas", {}).items()},
        before=before,
        during=during,
        across_breaks=content.get("periods", {}).get("across_breaks", False),
        **{name: _file(content, name, base) for name in ("consultation", "activity", "statements")},
        equality=tuple(base / one for one in content.get("equality", {}).get("files", [])),
        title=pack.get("title", order["name"]),
        folder=base / pack.get("folder", "pack"),
        release=tuple(one for one in RELEASES if one in release),
        register=base / pack["register"] if "register" in pack else None,
        seed=pack.get("seed", 0),
    )


def order_of(config: ReviewConfig) -> Order:
    """Read the boundary and make the order that a review's file describes."""
    given = config.order
    named = f"the boundary of {given['name']!r}"
    before = None
    if "boundary_before" in given:
        before = boundary_of(
            given["boundary_before"],
            f"{named} until now",
            layer=given.get("boundary_before_layer"),
            where=given.get("boundary_before_where"),
        )
    return Order(
        given["name"],
        boundary_of(given["file"], named, layer=given.get("layer"), where=given.get("where")),
        in_force=given.get("in_force", []),
        decision=given["decision"],
        prohibitions=config.prohibitions,
        order_id=given.get("id", ""),
        version=given.get("version", ""),
        hours=given.get("hours"),
        boundary_before=before,
        boroughwide=given.get("boroughwide", False),
    )


def comparison_of(config: ReviewConfig) -> dict[str, gpd.GeoDataFrame]:
    """Read the comparison areas, by name in the order of the file."""
    return {name: area.read() for name, area in config.comparison.items()}


def areas_of(config: ReviewConfig) -> dict[str, gpd.GeoDataFrame]:
    """Read the areas of the borough: "lsoa", "towns" and "wards", those given."""
    return {name: area.read() for name, area in config.areas.items()}


def ring_of(config: ReviewConfig) -> float | gpd.GeoDataFrame | None:
    """Return the ring: metres, polygons, or None for the default of the data."""
    return config.ring.read() if isinstance(config.ring, AreaFile) else config.ring


def _periods(content: Mapping[str, Any], faults: list[str]) -> tuple[Months | None, Months | None]:
    """Return both periods, or neither."""
    part = content.get("periods", {})
    given = [tuple(part[name]) for name in ("before", "during") if name in part]
    if len(given) == 1:
        faults.append(
            "[periods] before and during go together; give the first and last month of both, or neither"
        )
    if len(given) < 2:
        return None, None
    try:
        asked(*given)
    except InputError as error:
        faults.append(f"[periods] {error}")
    return given[0], given[1]


def _load(path: Path) -> dict[str, Any]:
    shown = str(path)[:200]
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(
            f"the review's file {shown!r} cannot be opened ({type(error).__name__}); check the spelling and the folder "
            "you run from, or write one with `hotspot new-order`"
        ) from None
    try:
        return tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path.name} is not in UTF-8, first in line {row}; save it as UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"{path.name} is no TOML: {str(error)[:200]}; text stands in quotation marks, a section in [brackets], "
            "and each key only once"
        ) from None


def _refuse(name: str, faults: list[str], empty: list[str]) -> None:
    parts = []
    if faults:
        more = f"; and {len(faults) - 10} more" if len(faults) > 10 else ""
        count = f"{len(faults)} faults" if len(faults) > 1 else "a fault"
        parts.append(f"has {count}: " + "; ".join(faults[:10]) + more)
    if empty:
        parts.append(f"is not filled in: give {', '.join(empty)}")
    if parts:
        raise InputError(f"{name} " + ". It ".join(parts))


def _with_paths(order: Mapping[str, Any], base: Path) -> dict[str, Any]:
    return {
        key: base / value if key in ("file", "boundary_before") else value for key, value in order.items()
    }


def _area(part: Mapping[str, Any], base: Path) -> AreaFile:
    rest = {key: part[key] for key in ("layer", "where", "code", "name", "town") if key in part}
    return AreaFile(base / part.get("file", ""), **rest)


def _file(content: Mapping[str, Any], section: str, base: Path) -> Path | None:
    return base / content[section]["file"] if section in content else None


def _source(item: Mapping[str, Any], base: Path, content: Mapping[str, Any], faults: list[str]) -> SourceFile:
    files = [*([item["file"]] if "file" in item else []), *item.get("files", [])]
    kind = item.get("kind", "incidents" if "mapping" in item else "")
    named = f"[[source]] {files[0]!r}" if files else "[[source]]"
    if not files:
        faults.append("[[source]] names no file; give file or files")
    if not kind:
        faults.append(f"{named} needs a mapping, or kind = one of {', '.join(SOURCES)}")
    if kind == "police_uk" and "mapping" in item:
        faults.append(f"{named} is of kind police_uk, which needs no mapping; take one of them out")
    if kind in ("incidents", "counts") and "mapping" not in item:
        faults.append(f"{named} of kind {kind} needs a mapping")
    if kind == "counts" and "areas" not in item:
        faults.append(f'{named} of kind counts needs areas, such as areas = "wards"')
    elif "areas" in item and item["areas"] not in content.get("areas", {}):
        faults.append(
            f"{named} has areas = {item['areas']!r}, and there is no section [areas.{item['areas']}]"
        )
    return SourceFile(
        files=tuple(base / one for one in files),
        kind=kind,
        mapping=base / item["mapping"] if "mapping" in item else None,
        open=item.get("open"),
        areas=item.get("areas"),
    )


def _comparison(content: Mapping[str, Any], base: Path, faults: list[str]) -> dict[str, AreaFile]:
    found: dict[str, AreaFile] = {}
    for item in content.get("comparison", []):
        name = item.get("name", "")
        if name.casefold() in {known.casefold() for known in found}:
            faults.append(f"two sections [[comparison]] are called {name!r}; give each a name of its own")
        found[name] = _area({key: value for key, value in item.items() if key != "name"}, base)
    return found


def _ring(content: Mapping[str, Any], base: Path, faults: list[str]) -> float | AreaFile | None:
    part = content.get("ring", {})
    if part and content.get("order", {}).get("boroughwide"):
        faults.append("[ring] is given for a boroughwide order, which has no land of the borough around it")
    if "metres" in part and "file" in part:
        faults.append("[ring] has metres and file; give one of them")
    if "file" in part:
        return _area(part, base)
    return float(part["metres"]) if "metres" in part else None
