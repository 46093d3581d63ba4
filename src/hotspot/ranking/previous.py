"""Last time's locations: the same place keeps its id when a month is added."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from hotspot.errors import InputError
from hotspot.ranking.previous_kind import TOLD, told_by_file, told_by_record

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Previous = pd.DataFrame | str | os.PathLike[str]

MILLIMETRES = 1000.0
_CHANGES = ["change", "previous_id", "location_id"]
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def read_previous(previous: Previous) -> pd.DataFrame:
    """Return last time's list with the columns ``location_id`` and, where it has them, ``points``.

    Parameters
    ----------
    previous
        A result of `repeat_locations`, or the CSV file that `write_csv` made of one.

    Raises
    ------
    InputError
        If the file cannot be read, there is no column of location ids, or an id stands twice or is blank.
    """
    if isinstance(previous, pd.DataFrame):
        what, table = "the frame given", pd.DataFrame(previous)
        told = told_by_record(previous)
    else:
        path = Path(previous)
        what, table = path.name, _read_csv(path)
        told = told_by_file(path, table)
    if "location_id" not in table.columns:
        raise InputError(
            f"previous: {what} has no column of location ids; it has {', '.join(map(str, table.columns[:8]))}. Give "
            "a result of repeat_locations, or the CSV file that write_csv made of it"
        )
    kept = [name for name in ("location_id", "points", "easting", "northing") if name in table.columns]
    table = table[kept].reset_index(drop=True)
    ids = table["location_id"]
    wrong = (ids.isna() | (ids.astype("str").str.strip() == "") | ids.duplicated()).to_numpy()
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"previous: {int(wrong.sum()):,} of {len(ids):,} location ids of {what} are blank or stand twice (the "
            f"first in row {first + 1}: {ids.iloc[first]!r}); give the list as it was written"
        )
    table = table.assign(location_id=ids.astype("str"))
    table.attrs = {TOLD: told}
    return table


def _read_csv(path: Path) -> pd.DataFrame:
    if path.suffix.lower() in _WORKBOOKS and path.exists():
        raise InputError(
            f"previous: {path.name} is a workbook, which Excel may have changed; give the CSV file that write_csv made "
            "of last time's list (an action sheet goes to write_action_sheet, as its previous=)"
        )
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"previous: the file {path} does not exist; check the spelling") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"previous: {path.name} cannot be read as CSV ({error})") from None
    # write_csv's headers are the names in words, and its apostrophe only keeps a spreadsheet from changing a text.
    table.columns = [str(name).strip().lower().replace(" ", "_") for name in table.columns]
    for name in ("location_id", "points"):
        if name in table.columns:
            table[name] = table[name].str.removeprefix("'")
    return table


def points_text(x: Floats, y: Floats) -> str:
    """Write points as ``"400000 280000; 400010.5 280000"``: metres, to the millimetre."""
    return "; ".join(f"{_metres(a)} {_metres(b)}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _metres(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def previous_points(table: pd.DataFrame) -> tuple[Floats, Floats, Integers]:
    """Return x, y and the row of every point of last time's locations.

    Raises
    ------
    InputError
        If the list has no points, since it was not grouped by distance, or a text is no list of points.
    """
    if "points" not in table.columns:
        raise InputError(
            "previous has no column of points, so it was not made with within=; give last time's list of the same kind, "
            "or leave previous out"
        )
    texts = table["points"].astype(object).where(table["points"].notna(), "").tolist()
    pairs, rows = [], []
    for row, text in enumerate(map(str, texts)):
        try:
            own = [
                (float(x), float(y)) for x, y in (pair.split() for pair in text.split(";") if pair.strip())
            ]
        except ValueError:
            raise InputError(
                f"previous: the points of {table['location_id'].iloc[row]!r} cannot be read ({text[:40]!r}); they are "
                "pairs of easting and northing, parted by semicolons"
            ) from None
        pairs += own
        rows += [row] * len(own)
    xy = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return xy[:, 0], xy[:, 1], np.array(rows, dtype=np.int64)


def join_previous(
    px: Floats,
    py: Floats,
    count: NDArray[Any],
    stored: tuple[Floats, Floats, Integers],
    ids: NDArray[Any],
    within: float,
) -> Integers:
    """Put points into last time's locations as long as no two points of one are too far apart.

    A point that a location held last time stays in it. A new point joins the location whose first
    point is nearest among those all of whose points, last time's too, it can reach; new points come
    in the order of their incidents, then west to east, then south to north.

    Parameters
    ----------
    px, py, count
        Distinct points in metres, and their incidents.
    stored
        From `previous_points`.
    ids
        The ids of last time's locations, for messages.
    within
        The largest distance between any two points of a location, in metres.

    Returns
    -------
    array of int64
        The row of last time's list for each point, -1 where it is in none.

    Raises
    ------
    InputError
        If a location of last time is wider than ``within``.
    """
    sx, sy, rows = stored
    _refuse_wider(sx, sy, rows, ids, within)
    known = pd.DataFrame({"x": _millimetres(sx), "y": _millimetres(sy), "row": rows}).drop_duplicates(
        ["x", "y"]
    )
    points = pd.DataFrame({"x": _millimetres(px), "y": _millimetres(py)})
    group = points.merge(known, on=["x", "y"], how="left")["row"].fillna(-1).to_numpy(dtype=np.int64)
    free = np.flatnonzero(group < 0)
    if len(free) == 0 or len(sx) == 0:
        return group
    members: dict[int, tuple[list[float], list[float]]] = {}
    for row, x, y in zip(rows.tolist(), sx.tolist(), sy.tolist(), strict=True):
        held = members.setdefault(row, ([], []))
        held[0].append(x)
        held[1].append(y)
    free = free[np.lexsort((py[free], px[free], -count[free]))]
    near = KDTree(np.column_stack([sx, sy])).query_ball_point(
        np.column_stack([px[free], py[free]]), within * (1 + 1e-9)
    )
    for point, found in zip(free.tolist(), near, strict=True):
        x, y = float(px[point]), float(py[point])
        anchors = {row: (members[row][0][0], members[row][1][0]) for row in set(rows[found].tolist())}
        for row in sorted(anchors, key=lambda row: (np.hypot(anchors[row][0] - x, anchors[row][1] - y), row)):
            xs, ys = members[row]
            if bool(np.all(np.hypot(np.array(xs) - x, np.array(ys) - y) <= within)):
                xs.append(x)
                ys.append(y)
                group[point] = row
                break
    return group


def _millimetres(values: Floats) -> Integers:
    """Return coordinates as a file keeps them, so that the same point is the same from run to run."""
    return np.rint(values * MILLIMETRES).astype(np.int64)


def _refuse_wider(sx: Floats, sy: Floats, rows: Integers, ids: NDArray[Any], within: float) -> None:
    several = np.flatnonzero(np.bincount(rows, minlength=len(ids)) > 1)
    order = np.argsort(rows, kind="stable")
    edges = np.searchsorted(rows[order], np.column_stack([several, several + 1]))
    for row, (low, high) in zip(several.tolist(), edges.tolist(), strict=True):
        x, y = sx[order[low:high]], sy[order[low:high]]
        widest = max(float(np.hypot(x[i:] - x[i], y[i:] - y[i]).max()) for i in range(len(x)))
        # A file keeps millimetres.
        if widest > within + 2.0 / MILLIMETRES:
            raise InputError(
                f"previous: the location {ids[row]!r} is {widest:,.1f} m wide, and within={within:g}; use the within of "
                "last time, or leave previous out and begin anew"
            )


def location_changes(previous: Previous, current: Previous) -> pd.DataFrame:
    """List how the locations of two lists belong together: kept, new, gone, renamed, merged, split.

    Parameters
    ----------
    previous, current
        Results of `repeat_locations`, or the CSV files that `write_csv` made of them.

    Returns
    -------
    DataFrame
        ``change``, ``previous_id`` and ``location_id`` (missing where a side has none). "kept": the id
        is in both. "new" and "gone": in one list alone, at no point of the other. "renamed": other id,
        same point. "merged": points of several previous locations are in this one; "split": points of
        this previous location are in several; these have one row for each pair.

    Notes
    -----
    Two locations belong together when they have an id or a point in common. The points of a location are
    those of its column ``points`` where both lists have one, else its easting and northing.

    How this can mislead: "gone" means not in the list, such as fewer than ``min_incidents`` this time;
    it does not say that nothing was reported there.

    Examples
    --------
    >>> import pandas as pd
    >>> march = pd.DataFrame({"location_id": ["a", "b"]})
    >>> april = pd.DataFrame({"location_id": ["b", "c"]})
    >>> location_changes(march, april)["change"].tolist()
    ['gone', 'kept', 'new']
    """
    before, after = read_previous(previous), read_previous(current)
    links = _links(before, after)
    old, new = before["location_id"].to_numpy(), after["location_id"].to_numpy()
    ahead, behind = links["previous"].value_counts(), links["current"].value_counts()
    rows = []
    for i, j in zip(links["previous"].tolist(), links["current"].tolist(), strict=True):
        if behind[j] > 1 or ahead[i] > 1:
            change = "merged" if behind[j] > 1 else "split"
        else:
            change = "kept" if old[i] == new[j] else "renamed"
        rows.append((change, old[i], new[j]))
    rows += [("gone", old[i], None) for i in range(len(old)) if i not in ahead.index]
    rows += [("new", None, new[j]) for j in range(len(new)) if j not in behind.index]
    table = pd.DataFrame(rows, columns=_CHANGES).astype(dict.fromkeys(_CHANGES, "str"))
    return table.sort_values(_CHANGES, ignore_index=True)


def _links(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of rows that have an id or a point in common."""
    place = pd.Index(after["location_id"]).get_indexer(pd.Index(before["location_id"]))
    same = pd.DataFrame({"previous": np.flatnonzero(place >= 0), "current": place[place >= 0]})
    if "points" in before.columns and "points" in after.columns:
        left, right = _spots(before), _spots(after)
    else:
        # Two ids can share a point, such as the flats of one house: an id that is in both lists says enough.
        unmatched = ~np.isin(np.arange(len(after)), place)
        left, right = (
            _position(before, np.flatnonzero(place < 0)),
            _position(after, np.flatnonzero(unmatched)),
        )
    met = left.merge(right, on=["x", "y"], suffixes=("_old", "_new"))
    shared = pd.DataFrame({"previous": met["row_old"], "current": met["row_new"]})
    return pd.concat([same, shared], ignore_index=True).astype("int64").drop_duplicates(ignore_index=True)


def _spots(table: pd.DataFrame) -> pd.DataFrame:
    x, y, rows = previous_points(table)
    return pd.DataFrame({"x": _millimetres(x), "y": _millimetres(y), "row": rows})


def _position(table: pd.DataFrame, rows: Integers) -> pd.DataFrame:
    """Return the points of some rows to 0.1 m, as a file keeps them."""
    if not {"easting", "northing"} <= set(table.columns):
        return pd.DataFrame({name: np.empty(0, dtype=np.int64) for name in ("x", "y", "row")})
    x, y = (
        pd.to_numeric(table[name].iloc[rows], errors="coerce").to_numpy(float)
        for name in ("easting", "northing")
    )
    there = np.isfinite(x) & np.isfinite(y)
    tenths = [np.rint(values[there] * 10.0).astype(np.int64) for values in (x, y)]
    return pd.DataFrame({"x": tenths[0], "y": tenths[1], "row": rows[there]})


def changes_record(changes: pd.DataFrame) -> Mapping[str, Any]:
    """Return what the record says of the changes: how many of each kind, and every merge and split."""
    counts = changes["change"].value_counts()
    kinds = ("kept", "new", "gone", "renamed")
    pairs = changes[changes["change"].isin(["merged", "split"])]
    listed = [
        f"{change}: {old} -> {new}"
        for change, old, new in zip(*(pairs[name] for name in _CHANGES), strict=True)
    ]
    return {**{kind: int(counts.get(kind, 0)) for kind in kinds}, "merged_or_split": listed}
