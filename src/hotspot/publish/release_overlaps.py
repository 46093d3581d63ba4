"""Which counts two releases give away by their outlines: areas that nearly agree, and squares within squares."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.provenance import spans
from hotspot.publish.suppression import TOTAL

AT_LEAST = 3
UNCOMPARED = "An earlier release has cells of another size or shape over the same area and months; they were not compared."
_SAME_SHARE = 0.9
_GRID = "grid "


def few_left(low: Any, high: Any, threshold: int) -> Any:
    """Tell whether a count between low and high could be small, with fewer than three numbers left."""
    return (high >= 1) & (low < threshold) & (high - low + 1 < AT_LEAST)


def refuse_differences(old: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse another count of the same unit and extent that differs a little: a late record or a correction."""
    keys = ["months", "subject", "kind", "unit"]
    pairs = new.merge(old, on=keys, suffixes=("", "_old"))
    threshold = int(new["threshold"].iloc[0])
    high, high_old = pairs["high"].fillna(10**9), pairs["high_old"].fillna(10**9)
    up = few_left((pairs["low"] - high_old).clip(lower=0), high - pairs["low_old"], threshold) & (
        high > pairs["low_old"]
    )
    down = few_left((pairs["low_old"] - high).clip(lower=0), high_old - pairs["low"], threshold) & (
        high_old > pairs["low"]
    )
    same = (pairs["low"] == pairs["low_old"]) & (high == high_old)
    found = pairs[((up | down) & ~same).to_numpy(dtype=bool)]
    if len(found):
        refuse(
            len(found), found.iloc[0], "its count was published before and differs from it by a small number"
        )


def refuse_unhidden(old: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse a count of an area or cell that one release shows as a class and another more exactly.

    A class can stand there only so that a total does not give back another, small count.
    """
    pairs = new.merge(old, on=["months", "subject", "kind", "unit"], suffixes=("", "_old"))
    pairs = pairs[~pairs["unit"].str.startswith(TOTAL)]
    high, high_old = pairs["high"].fillna(10**9), pairs["high_old"].fillna(10**9)
    least = pairs["low"].where(pairs["low"] > pairs["low_old"], pairs["low_old"])
    most = high.where(high < high_old, high_old)
    same = (pairs["low"] == pairs["low_old"]) & (high == high_old)
    found = pairs[((least <= most) & ~same).to_numpy(dtype=bool)]
    if len(found):
        refuse(
            len(found),
            found.iloc[0],
            "one release shows it as a class and another more exactly, which gives back what the class hides",
        )


def refuse_slivers(old: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse areas of one extent that lie within or nearly on one another and differ by a small count."""
    threshold = int(new["threshold"].iloc[0])
    mine, theirs = new[new["outline"] != ""], old[old["outline"] != ""]
    theirs = theirs.drop_duplicates(["months", "subject", "outline"], keep="last")
    for keys, part in mine.groupby(["months", "subject"], sort=True):
        other = theirs[(theirs["months"] == keys[0]) & (theirs["subject"] == keys[1])]
        if other.empty:
            continue
        here, there = (
            shapely.from_wkt(part["outline"].to_numpy()),
            shapely.from_wkt(other["outline"].to_numpy()),
        )
        i, j = shapely.STRtree(there).query(here, predicate="intersects")
        common = shapely.area(shapely.intersection(here[i], there[j]))
        size_i, size_j = shapely.area(here[i]), shapely.area(there[j])
        nested = common >= 0.999 * np.minimum(size_i, size_j)
        alike = common >= _SAME_SHARE * np.maximum(size_i, size_j)
        equal = common >= (1.0 - 1e-9) * np.maximum(size_i, size_j)
        for a, b in zip(
            i[(nested | alike) & ~equal].tolist(), j[(nested | alike) & ~equal].tolist(), strict=True
        ):
            mine_row, their_row = part.iloc[a], other.iloc[b]
            if _small_difference(mine_row, their_row, threshold):
                refuse(
                    1, mine_row, f"it lies within or nearly on {their_row['unit']!r} of an earlier release"
                )


def refuse_other_totals(old: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse cells and areas whose totals differ a little: a few incidents stand in cells and in no area."""
    threshold = int(new["threshold"].iloc[0])
    keys = ["months", "subject"]
    pairs = new[new["unit"].str.startswith(TOTAL)].merge(
        old[old["unit"].str.startswith(TOTAL)], on=keys, suffixes=("", "_old")
    )
    for row in pairs[pairs["kind"] != pairs["kind_old"]].to_dict("records"):
        other = pd.Series({"low": row["low_old"], "high": row["high_old"]})
        if _small_difference(pd.Series(row), other, threshold):
            why = (
                f"the whole of {row['kind_old']!r} in an earlier release differs from it by a small number, as when "
                "incidents stand in no area"
            )
            refuse(1, pd.Series(row), why)


def _small_difference(one: pd.Series, other: pd.Series, threshold: int) -> bool:
    high, high_other = (10**9 if pd.isna(row["high"]) else int(row["high"]) for row in (one, other))
    for least, most in (
        (one["low"] - high_other, high - other["low"]),
        (other["low"] - high, high_other - one["low"]),
    ):
        if most > 0 and bool(few_left(max(int(least), 0), int(most), threshold)):
            return True
    return False


def refuse_nested_grids(old: pd.DataFrame, new: pd.DataFrame) -> None:
    """Refuse when squares and the larger squares that they fill give a hidden count of one of them away."""
    kind = str(new["kind"].iloc[0])
    if not kind.startswith("grid square"):
        return
    size = float(kind.split()[-1])
    for other_kind, part in old[old["kind"].str.startswith("grid square")].groupby("kind", sort=True):
        other = float(str(other_kind).split()[-1])
        small, large, factor = (new, part, other / size) if other > size else (part, new, size / other)
        if factor == 1 or factor % 1:
            continue
        for keys, cells in small[~small["unit"].str.startswith(TOTAL)].groupby(
            ["months", "subject"], sort=True
        ):
            parents = large[(large["months"] == keys[0]) & (large["subject"] == keys[1])]
            found = _narrowed(
                cells,
                parents[~parents["unit"].str.startswith(TOTAL)],
                int(factor),
                int(new["threshold"].iloc[0]),
            )
            if found.any():
                row = cells.iloc[int(np.flatnonzero(found)[0])]
                refuse(int(found.sum()), row, "squares of another size give its count away")


def check_other_grids(old: pd.DataFrame, new: pd.DataFrame, *, allowed: bool) -> list[str]:
    """Refuse cells that an earlier release's cells over the same area cannot be compared with.

    Cells of one size and shape are compared count by count, and squares that nest when they count the same months and
    categories (`refuse_nested_grids`). Sums of other cells can still give a count away, and nothing here finds it.

    Returns
    -------
    list of str
        The note to print, when the person lets the release through.
    """
    kind = str(new["kind"].iloc[0])
    if not kind.startswith(_GRID):
        return []
    mine = _box(new, kind)
    others = old[old["kind"].str.startswith(_GRID) & (old["kind"] != kind)]
    for (other_kind, _), part in others.groupby(["kind", "release"], sort=True):
        if not _cross(mine, _box(part, str(other_kind))) or _compared(new, part):
            continue
        if allowed:
            return [UNCOMPARED]
        raise InputError(
            f"an earlier release of other cells ({other_kind}, {_months(part)}) over the same area was found and cannot be "
            f"compared with these ({kind}, {_months(new)}): counts could be solved from both together. Use the cells of "
            "that release, or months and an area that it does not have; or, after a check by hand, "
            "PublicRelease(uncompared_cells=True)"
        )
    return []


def _compared(new: pd.DataFrame, old: pd.DataFrame) -> bool:
    """Tell whether two releases share no count, or are squares that nest and count the same."""
    (_, shape, size), (_, other_shape, other_size) = (
        str(part["kind"].iloc[0]).split() for part in (new, old)
    )
    large, small = max(float(size), float(other_size)), min(float(size), float(other_size))
    nested = shape == other_shape == "square" and (large / small) % 1 == 0
    mine, theirs = ({tuple(row) for row in part[["months", "subject"]].to_numpy()} for part in (new, old))
    for months, subject in mine:
        for other_months, other_subject in theirs:
            kinds, other_kinds = set(subject.split(" | ")), set(other_subject.split(" | "))
            apart = "all" not in (subject, other_subject) and not kinds & other_kinds
            if apart or not set(months.split()) & set(other_months.split()):
                continue
            if not nested or (months, subject) != (other_months, other_subject):
                return False
    return True


def _box(cells: pd.DataFrame, kind: str) -> tuple[float, float, float, float]:
    """Return the box around the cells of a release, west, south, east and north in metres."""
    from hotspot.geography.lattice_geometry import centres, from_ids

    _, shape, size = kind.split()
    named = cells.loc[~cells["unit"].str.startswith(TOTAL), "unit"].to_numpy().astype(np.int64)
    row, col = from_ids(named)
    x, y = centres(row, col, float(size), cast("Any", shape))
    reach = float(size) * (0.5 if shape == "square" else 1 / np.sqrt(3.0))
    return x.min() - reach, y.min() - reach, x.max() + reach, y.max() + reach


def _cross(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _months(part: pd.DataFrame) -> str:
    return spans(month for text in part["months"].unique() for month in str(text).split())


def _narrowed(cells: pd.DataFrame, parents: pd.DataFrame, factor: int, threshold: int) -> NDArray[np.bool_]:
    """Tell which small counts have fewer than three values left, given the counts of their parents."""
    from hotspot.geography.lattice_geometry import from_ids, to_ids

    row, col = from_ids(cells["unit"].to_numpy().astype(np.int64))
    parent = to_ids(row // factor, col // factor)
    held = parents.assign(unit=parents["unit"].astype("int64")).set_index("unit").reindex(parent)
    low = cells["low"].to_numpy(dtype=float)
    high = cells["high"].to_numpy(dtype=float, na_value=1e9)
    above = held["high"].to_numpy(dtype=float, na_value=1e9)
    below = held["low"].to_numpy(dtype=float, na_value=0.0)
    sums = pd.DataFrame({"low": low, "high": high}).groupby(parent).transform("sum")
    least = np.maximum(low, below - (sums["high"].to_numpy() - high))
    most = np.minimum(high, above - (sums["low"].to_numpy() - low))
    narrowed = (low < high) & ((least > low) | (most < high))
    return np.asarray(narrowed & few_left(least, most, threshold), dtype=bool)


def refuse(count: int, row: pd.Series, why: str) -> None:
    """Raise the error that names the first count, the reason, and what to do."""
    raise InputError(
        f"{count:,} counts cannot be released: the first is of {str(row['unit'])[:40]!r}, {row['kind']}, {row['months']}: "
        f"{why}. Publish whole periods that do not overlap, the same areas as before, or larger units"
    )
