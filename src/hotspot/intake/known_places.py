"""Places that draw records for other reasons than their street: hospitals, custody, stations and the like."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.incidents import point_coordinates
from hotspot.geography.precision import refuse_finer
from hotspot.geography.projection import BNG

Floats = NDArray[np.float64]
Action = Literal["flag", "apart", "leave out"]

KINDS = (
    "hospital",
    "police station",
    "custody",
    "prison",
    "railway station",
    "bus station",
    "court",
    "campus",
    "other",
)
COLUMNS = ("name", "kind", "easting", "northing", "radius_m", "source")
LARGEST_RADIUS = 2_000.0
"""A place is a site, not a district: a larger radius is a slip of the pen."""
_EASTING, _NORTHING = (0.0, 700_000.0), (0.0, 1_300_000.0)
_WORDS = {"flag": "flagged", "apart": "ranked apart", "leave out": "left out"}


def new_known_places() -> str:
    """Return an empty table of known places as commented CSV text, to be saved and filled in.

    Returns
    -------
    str
        CSV with one heading row; lines that begin with ``#`` are comments.

    Examples
    --------
    >>> print(new_known_places().splitlines()[-1])
    name,kind,easting,northing,radius_m,source
    """
    return (
        "# Known places: sites at which incidents are recorded for other reasons than their street.\n"
        "# One line a place, below the heading. Lines that begin with # are not read.\n"
        f"# kind: {', '.join(KINDS)}.\n"
        "# easting, northing: metres of the British National Grid, the middle of the site.\n"
        "# radius_m: how far the site reaches from there, in metres. For data.police.uk write 100 or more,\n"
        "#   since its points are anonymised map points about 100 m apart.\n"
        "# source: where the position was taken from, such as the name and date of a list that you may use.\n"
        "# A line looks like this:\n"
        "# Example Hospital,hospital,400000,290000,200,own list 2026-02-28\n"
        f"{','.join(COLUMNS)}\n"
    )


def read_known_places(file: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Read and check a table of known places.

    Parameters
    ----------
    file
        CSV (UTF-8) with the columns name, kind, easting, northing (m), radius_m and source; lines that
        begin with ``#`` are comments. `new_known_places` makes an empty one.

    Returns
    -------
    GeoDataFrame
        The table, sorted by name, with points in EPSG:27700.

    Raises
    ------
    InputError
        If the file cannot be read, a column is missing or unknown, or a line is not valid: its line
        number, column and value are named.
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"the file of known places {path} does not exist; check the spelling, or save new_known_places() there"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read ({error}); save it as CSV in UTF-8") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if _counts(line)]
    if not lines:
        raise InputError(f"{path.name} has no heading row; it needs {','.join(COLUMNS)}")
    numbers = [number for number, _ in lines[1:]]
    rows = list(csv.reader(io.StringIO("\n".join(line for _, line in lines))))
    header = [name.strip().lower() for name in rows[0]]
    if sorted(header) != sorted(COLUMNS):
        odd = sorted(set(header) ^ set(COLUMNS))
        raise InputError(
            f"{path.name}: the heading is {','.join(header)[:80]!r}; it must hold {', '.join(COLUMNS)} "
            f"(look at {odd[0] if odd else header[0]!r})"
        )
    places = []
    for number, row in zip(numbers, rows[1:], strict=False):
        if len(row) != len(header):
            raise InputError(
                f"{path.name} line {number}: {len(row)} fields, the heading has {len(header)}; write names that hold "
                'a comma in quotation marks, "Hall Green, East"'
            )
        places.append(_place(dict(zip(header, row, strict=True)), f"{path.name} line {number}"))
    return _frame(places, path.name)


def flag_known_places(
    incidents: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, action: Action = "flag"
) -> gpd.GeoDataFrame:
    """Mark the incidents at known places, to be shown, ranked apart or left out; always counted.

    Parameters
    ----------
    incidents
        Points with a CRS.
    places
        From `read_known_places`, or a frame with name, kind, easting, northing and radius_m.
    action
        "flag" adds the columns and no more; "apart" also sets ``ranked_apart`` for these rows, so that
        a ranking lists them by place after the others; "leave out" drops them, counted in the record.

    Returns
    -------
    GeoDataFrame
        The incidents on the same index (fewer with "leave out"), with ``known_place`` (the name) and
        ``known_kind``, missing elsewhere. How many incidents are at places of which kind is noted in the record,
        and every output prints it.

    Raises
    ------
    InputError
        If the places are not valid, a radius is finer than the incidents' locations, the incidents have
        the columns already, the action is unknown, or nothing would be left.

    Notes
    -----
    An incident belongs to a place when it is within ``radius_m`` of its middle, the edge included; within reach of
    several, to the nearest, and then to the first by name.

    How this can mislead: a circle takes in neighbouring streets, and an anonymised map point at a
    hospital also stands for the street beside it. To leave incidents out because of where they were
    recorded is a choice to be defended: show the count.
    """
    if action not in _WORDS:
        raise InputError(f"action={action!r} is unknown; use 'flag', 'apart' or 'leave out'")
    taken = [name for name in ("known_place", "known_kind", "ranked_apart") if name in incidents.columns]
    if taken:
        raise InputError(f"the incidents have a column {taken[0]!r} already; drop it to flag them anew")
    table = _checked(places)
    x, y = point_coordinates(incidents)
    if len(table):
        refuse_finer(incidents, float(table["radius_m"].min()), "radius_m")
    at = _nearest_place(table, x, y)
    held = at >= 0
    result = incidents.copy()
    for column, values in (("known_place", "name"), ("known_kind", "kind")):
        listed = np.array([*table[values], None], dtype=object)
        result[column] = pd.Series(listed[at], index=incidents.index, dtype="str")
    kinds = result.loc[held, "known_kind"].value_counts()
    if action == "apart":
        result["ranked_apart"] = held
    elif action == "leave out":
        if held.all() and len(held):
            raise InputError(
                f"all {len(held):,} incidents are at known places; nothing is left. Check the radii"
            )
        result = result[~held]
    by_kind = {str(kind): int(kinds[kind]) for kind in sorted(kinds.index)}
    result = provenance.carry(
        incidents,
        result,
        "flag_known_places",
        action=action,
        places=len(table),
        incidents=len(incidents),
        at_known_places=int(held.sum()),
        by_kind=by_kind,
    )
    return provenance.note(result, _sentence(by_kind, int(held.sum()), len(incidents), len(table), action))


def _sentence(by_kind: dict[str, int], held: int, total: int, places: int, action: str) -> str:
    shown = ", ".join(f"{kind} {count:,}" for kind, count in by_kind.items())
    share = f" ({100 * held / total:.1f} %)" if total else ""
    return f"Known places ({places:,} listed): {held:,} of {total:,} incidents{share} are at one" + (
        f": {shown}; {_WORDS[action]}." if held else "."
    )


def _nearest_place(table: pd.DataFrame, x: Floats, y: Floats) -> NDArray[np.int64]:
    """Return the place of each point, -1 for none; each distinct point is looked at once."""
    spots, distinct = pd.factorize(x + 1j * y)
    best = np.full(len(distinct), -1, dtype=np.int64)
    if not len(table) or not len(distinct):
        return best[spots]
    tree = KDTree(np.column_stack([distinct.real, distinct.imag]))
    nearest = np.full(len(distinct), np.inf)
    # Places come by name, so a strict comparison leaves ties with the first by name.
    for number, (easting, northing, radius) in enumerate(
        table[["easting", "northing", "radius_m"]].itertuples(index=False)
    ):
        near = np.array(tree.query_ball_point((easting, northing), radius * (1 + 1e-9)), dtype=np.int64)
        away = np.hypot(distinct.real[near] - easting, distinct.imag[near] - northing)
        closer = (away <= radius) & (away < nearest[near])
        best[near[closer]], nearest[near[closer]] = number, away[closer]
    return best[spots]


def _counts(line: str) -> bool:
    return bool(line.strip().strip(",")) and not line.lstrip().startswith("#")


def _place(row: dict[str, Any], where: str) -> dict[str, Any]:
    """Return one place, or say which of its fields is wrong."""
    place: dict[str, Any] = {name: str(row[name]).strip() for name in ("name", "kind", "source")}
    place["kind"] = place["kind"].lower()
    for name in ("name", "source"):
        if not place[name] or place[name].lower() == "nan":
            raise InputError(
                f"{where}: {name} is blank; every place needs a name and where its position is from"
            )
    if place["kind"] not in KINDS:
        raise InputError(f"{where}: kind={place['kind'][:40]!r} is unknown; use one of {', '.join(KINDS)}")
    limits = {"easting": _EASTING, "northing": _NORTHING, "radius_m": (0.0, LARGEST_RADIUS)}
    for name, (low, high) in limits.items():
        try:
            value = float(str(row[name]).strip())
        except ValueError:
            value = np.nan
        if not low < value <= high:
            raise InputError(
                f"{where}: {name}={str(row[name])[:40]!r} is not a number of metres over {low:g} and up to {high:,.0f}; "
                "write National Grid metres, without letters or commas"
            )
        place[name] = value
    return place


def _checked(places: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in COLUMNS if name not in places.columns and name != "source"]
    if missing:
        raise InputError(
            f"the known places have no column {missing[0]!r}; read them with read_known_places, or give "
            f"{', '.join(COLUMNS)}"
        )
    rows = places.assign(source=places["source"] if "source" in places.columns else "given as a frame")
    listed = [
        _place({str(key): value for key, value in row.items()}, f"known place {label}")
        for label, row in zip(rows.index, rows.to_dict("records"), strict=True)
    ]
    return pd.DataFrame(_frame(listed, "the known places"))


def _frame(places: list[dict[str, Any]], name: str) -> gpd.GeoDataFrame:
    table = pd.DataFrame(places, columns=list(COLUMNS))
    table = table.sort_values(["name", "kind", "easting", "northing"], ignore_index=True)
    again = table["name"].duplicated()
    if again.any():
        raise InputError(
            f"{name}: {table.loc[again, 'name'].iloc[0]!r} stands twice; give the parts of a site names of their own"
        )
    points = gpd.points_from_xy(table["easting"].astype(float), table["northing"].astype(float))
    return gpd.GeoDataFrame(table, geometry=points, crs=BNG)
