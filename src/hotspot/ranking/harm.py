"""Harm: weights of the user's own choosing, and what they make of a ranking."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot.errors import InputError
from hotspot.text import printable

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Transform: TypeAlias = Literal["none", "sqrt", "log"]

STATED = ("unit", "index", "edition", "source", "derivation")
KEYS = ("category", "code")
ASB = "anti-social behaviour"
_WORDS = {"none": "as given", "sqrt": "square root of each", "log": "log(1 + weight) of each"}


@dataclass(frozen=True, eq=False)
class HarmWeights:
    """A weight for each category of incident, with where every one comes from.

    Make one with `HarmWeights.read`. The library ships no index: published ones differ by a factor of ten
    and more for the same category, and which to use is the user's decision, to be printed with the result.

    Attributes
    ----------
    table : DataFrame
        One row a category: ``category`` (or code), ``weight`` (above 0), ``unit``, ``index``, ``edition``,
        ``source``, ``derivation``.
    column : str
        The incidents' column that the categories are looked up in.
    transform : str
        "none", "sqrt" or "log", applied to each incident's weight before it is added up.
    leave_out : tuple of str
        Categories that are to have no weight.
    """

    table: pd.DataFrame = field(repr=False)
    column: str
    transform: Transform = "none"
    leave_out: tuple[str, ...] = ()

    @classmethod
    def read(
        cls,
        source: str | os.PathLike[str] | pd.DataFrame,
        *,
        column: str | None = None,
        transform: Transform = "none",
        leave_out: Iterable[str] = (),
    ) -> HarmWeights:
        """Read weights from a CSV file or a table, and check every row.

        Parameters
        ----------
        source
            Columns ``category`` (or ``code``, such as the Home Office code), ``weight``, ``unit`` (days),
            ``index`` (such as "Cambridge Crime Harm Index"), ``edition``, ``source`` (where it was
            published) and ``derivation`` (how the figure came from there). None may be empty; other
            columns are passed over.
        column
            The incidents' column to look categories up in: "category" for a table of categories; a table of
            codes needs to be told. Where a table has both, ``code`` is used when another column is named.
        transform
            "none": weights as given. "sqrt" or "log" (log(1 + weight)): of each incident's weight, before
            they are added up, so that one rare incident does not outweigh a year of others.
        leave_out
            Categories that are to have no weight at all. They stay in the counts and are named beside the
            harm.

        Raises
        ------
        InputError
            If the file cannot be read, a column or a field is missing, a weight is no number above 0, a
            category comes twice, units are mixed, or a category both has a weight and is left out.

        Notes
        -----
        Capitals and repeated spaces in a category do not matter; otherwise it is matched as it stands.

        How this can mislead: one weight for a broad category such as violence stands for everything from
        common assault to homicide. Anti-social behaviour has no published weight.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = {"category": ["Robbery", "Shoplifting"], "weight": [9, 4], "unit": "days", "index": "EXAMPLE"}
        >>> told = {"edition": "made up", "source": "this example", "derivation": "made up"}
        >>> HarmWeights.read(pd.DataFrame({**rows, **told}), transform="sqrt").name
        'EXAMPLE (made up), days, square root of each'
        """
        if transform not in get_args(Transform):
            raise InputError(f"transform={transform!r} is unknown; use one of none, sqrt, log")
        frame, rows = _opened(source)
        keys = KEYS if column in (None, KEYS[0]) else KEYS[::-1]
        key = next((name for name in keys if name in frame.columns), None)
        missing = [name for name in ("weight", *STATED) if name not in frame.columns]
        if key is None or missing:
            wanted = [*(["category (or code)"] if key is None else []), *missing]
            raise InputError(
                f"the harm weights have no column {', '.join(wanted)}; they have "
                f"{', '.join(map(printable, frame.columns[:12]))}. Every weight needs its unit, index, edition, "
                "source and derivation"
            )
        if key == "code" and column is None:
            raise InputError(
                "the weights are by code; say in which column of the incidents the codes stand, "
                "such as column='offence_code'"
            )
        table = _checked(frame, key, rows)
        omitted = tuple(dict.fromkeys([leave_out] if isinstance(leave_out, str) else map(str, leave_out)))
        both = sorted({_folded(name) for name in omitted} & {_folded(name) for name in table["category"]})
        if both:
            raise InputError(
                f"{', '.join(map(repr, both))} has a weight and is in leave_out too; take it out of one of them"
            )
        return cls(table, column or "category", transform, omitted)

    @property
    def name(self) -> str:
        """Index, edition, unit and transform, for the heading of a column or a table."""
        named = [
            f"{row[0]} ({row[1]})" for row in self.table[["index", "edition"]].drop_duplicates().to_numpy()
        ]
        return f"{' and '.join(named)}, {self.table['unit'].iloc[0]}, {_WORDS[self.transform]}"

    def of(self, incidents: pd.DataFrame) -> Floats:
        """Return each incident's weight, transformed; NaN for a category that is left out.

        Raises
        ------
        InputError
            If the column is missing, or a category has no weight and is not left out: all are listed with
            their incidents.
        """
        codes, names = self._factorized(incidents)
        weights = {
            _folded(category): weight
            for category, weight in zip(self.table["category"], self.table["weight"], strict=True)
        }
        omitted = {_folded(name) for name in self.leave_out}
        found = np.array([weights.get(_folded(name), np.nan) for name in names], dtype=float)
        uncovered = np.array([_folded(name) not in weights.keys() | omitted for name in names], dtype=bool)
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        listed = {str(names[i]): int(counts[i]) for i in np.flatnonzero(uncovered & (counts > 0))}
        if (codes < 0).any():
            listed["(no category)"] = int((codes < 0).sum())
        if listed:
            raise InputError(_uncovered(listed, self.column))
        return _transformed(found, self.transform)[codes]

    def left_out(self, incidents: pd.DataFrame) -> dict[str, int]:
        """Return the incidents that are left out, by category."""
        codes, names = self._factorized(incidents)
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        omitted = {_folded(name) for name in self.leave_out}
        kept = {
            str(name): int(n) for name, n in zip(names, counts, strict=True) if _folded(name) in omitted and n
        }
        return dict(sorted(kept.items()))

    def note(self, incidents: pd.DataFrame) -> str:
        """Return the sentence that every output with harm must print."""
        out = self.left_out(incidents)
        omitted = "; ".join(f"{printable(name)} ({count:,} incidents)" for name, count in out.items())
        sources = "; ".join(dict.fromkeys(printable(text) for text in self.table["source"]))
        ending = (
            f"Without a weight, and in the counts only: {omitted}." if out else "Every incident has a weight."
        )
        return f"Harm is the sum of weights: {self.name}. Source of the weights: {sources}. {ending}"

    def _factorized(self, incidents: pd.DataFrame) -> tuple[Integers, list[object]]:
        if self.column not in incidents.columns:
            raise InputError(
                f"the incidents have no column {self.column!r} to look harm weights up in; they have "
                f"{', '.join(map(str, incidents.columns[:12]))}. Name it with column="
            )
        codes, names = pd.factorize(incidents[self.column], sort=False)
        return np.asarray(codes, dtype=np.int64), list(names)


def harm_columns(
    incidents: pd.DataFrame,
    code: Integers,
    n_locations: int,
    weights: HarmWeights,
    *,
    groups: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """Add up harm at each location, and rank by it beside the rank by count.

    Parameters
    ----------
    incidents
        With the column that the weights are looked up in.
    code
        The location of each incident, 0 to n_locations - 1, in the order of the rows.
    n_locations
        How many locations there are; some may have no incident.
    weights
        What `HarmWeights.read` returns.
    groups
        For each location a number: locations are ranked among those of the same number, so that known
        places stay apart. All together when None.

    Returns
    -------
    DataFrame
        One row a location, 0 to n_locations - 1: ``harm`` (sum of weights, in the weights' unit after the
        transform; NaN where no incident has a weight), ``harm_rank`` and ``count_rank`` (1 is most; equal
        ones share the smallest), ``largest_event_pct`` (share of the harm that the largest
        single incident carries, %), ``without_weight`` (incidents in categories that are left out).

    Raises
    ------
    InputError
        As `HarmWeights.of` does.

    Notes
    -----
    harm = sum of f(w), f the transform. The sum is over sorted weights, so that the order of rows cannot
    change its last digit.

    How this can mislead: one homicide outweighs years of other reports. Read ``largest_event_pct``: at 80
    the rank says where one incident was, and nothing about a location that incidents come back to.

    Examples
    --------
    >>> import pandas as pd
    >>> told = {"unit": "days", "index": "EXAMPLE", "edition": "1", "source": "none", "derivation": "made up"}
    >>> table = pd.DataFrame({"category": ["Robbery", "Theft"], "weight": [9, 1], **told})
    >>> incidents = pd.DataFrame({"category": ["Robbery", "Theft", "Theft", "Theft"]})
    >>> found = harm_columns(incidents, np.array([0, 0, 1, 1]), 2, HarmWeights.read(table))
    >>> found[["harm", "harm_rank", "count_rank", "largest_event_pct"]].to_numpy().tolist()
    [[10.0, 1, 1, 90.0], [2.0, 2, 1, 50.0]]
    """
    weight = weights.of(incidents)
    counts = np.bincount(code, minlength=n_locations)
    has = np.isfinite(weight)
    order = np.lexsort((weight[has], code[has]))
    where, sorted_weights = code[has][order], weight[has][order]
    weighed = np.bincount(where, minlength=n_locations)
    total = np.bincount(where, weights=sorted_weights, minlength=n_locations)
    largest = np.zeros(n_locations)
    # Weights ascend within a location, so its last one is the largest.
    ends = np.cumsum(weighed)[weighed > 0] - 1
    largest[weighed > 0] = sorted_weights[ends]
    unknown = (counts > 0) & (weighed == 0)
    harm = np.where(unknown, np.nan, total)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(total > 0, 100.0 * largest / total, np.nan)
    among = np.zeros(n_locations, dtype=np.int64) if groups is None else groups
    return pd.DataFrame(
        {
            "harm": harm,
            "harm_rank": _ranked(harm, among),
            "count_rank": _ranked(counts.astype(float), among),
            "largest_event_pct": share,
            "without_weight": counts - weighed,
        }
    )


def _ranked(values: Floats, groups: NDArray[np.int64]) -> pd.Series:
    return pd.Series(values).groupby(groups).rank(method="min", ascending=False).astype("Int64")


def _opened(source: str | os.PathLike[str] | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows as text, and how the first of them is called in messages."""
    if isinstance(source, pd.DataFrame):
        return source.copy(), "index"
    try:
        # Text throughout: a code such as 008 must keep its zeros.
        frame = pd.read_csv(
            source, dtype=str, encoding="utf-8-sig", keep_default_na=False, skip_blank_lines=False
        )
    except FileNotFoundError:
        raise InputError(f"there is no file {printable(source)} of harm weights; check the path") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(
            f"{printable(source)} is no table that can be read ({printable(error, limit=80)}); save it as CSV UTF-8"
        ) from None
    frame.columns = [str(name).strip() for name in frame.columns]
    blank = (frame.fillna("") == "").all(axis=1)
    return frame.set_axis(range(2, len(frame) + 2))[~blank.to_numpy()], "row"


def _checked(frame: pd.DataFrame, key: str, rows: str) -> pd.DataFrame:
    """Return the weights with their seven columns, or say which row is wrong."""
    if frame.empty:
        raise InputError("the table of harm weights has no rows; give one row for each category")
    table = pd.DataFrame(index=frame.index)
    for name, kept in ((key, "category"), *((name, name) for name in STATED)):
        table[kept] = [" ".join(str(value).split()) if pd.notna(value) else "" for value in frame[name]]
        _refuse(table[kept].to_numpy() == "", table.index, rows, f"no {name}", "fill it in")
    weight = np.asarray(pd.to_numeric(frame["weight"], errors="coerce"), dtype=float)
    bad = ~(np.isfinite(weight) & (weight > 0))
    given = [printable(value, limit=40) for value in frame["weight"]]
    _refuse(
        bad,
        frame.index,
        rows,
        "a weight that is no number above 0",
        "write it without separators, and name categories that are to have none in leave_out=",
        given,
    )
    table.insert(1, "weight", weight)
    folded = pd.Series([_folded(name) for name in table["category"]])
    _refuse(
        folded.duplicated().to_numpy(),
        table.index,
        rows,
        f"a {key} that an earlier row has too",
        "keep one row for each",
        list(table["category"]),
    )
    units = list(dict.fromkeys(table["unit"]))
    if len(units) > 1:
        first = table.index[int(np.flatnonzero(table["unit"].to_numpy() != units[0])[0])]
        raise InputError(
            f"the harm weights are in {len(units)} units ({', '.join(units[:3])}; the second begins at {rows} {first}), "
            "and such weights cannot be added up; give all in one unit"
        )
    return table.reset_index(drop=True)


def _refuse(
    bad: NDArray[np.bool_], index: pd.Index, rows: str, what: str, remedy: str, given: list[str] | None = None
) -> None:
    if not bad.any():
        return
    first = int(np.flatnonzero(bad)[0])
    shown = f": {given[first]!r}" if given is not None else ""
    raise InputError(
        f"{int(bad.sum()):,} of {len(bad):,} harm weights have {what} (the first is {rows} {index[first]}{shown}); "
        f"{remedy}"
    )


def _uncovered(listed: dict[str, int], column: str) -> str:
    ordered = sorted(listed.items(), key=lambda item: (-item[1], item[0]))
    text = ", ".join(f"{printable(name, limit=60)!r} ({count:,})" for name, count in ordered[:20])
    more = f" and {len(ordered) - 20} more" if len(ordered) > 20 else ""
    asb = ""
    if any(_folded(name) == ASB for name, _ in ordered):
        asb = " Anti-social behaviour has no published weight: leave it out by name, or give your own and say so."
    return (
        f"{sum(listed.values()):,} incidents have a {column!r} without a harm weight: {text}{more}. Add a row for "
        f"each to the weights, or name it in leave_out=; incidents without a category are to be left out of the "
        f"incidents.{asb}"
    )


def _transformed(weights: Floats, transform: Transform) -> Floats:
    if transform == "sqrt":
        return np.asarray(np.sqrt(weights))
    return np.asarray(np.log1p(weights)) if transform == "log" else weights


def _folded(name: object) -> str:
    """Return a category or code for comparing: without capitals, and 8.0 as 8."""
    if isinstance(name, float | np.floating) and float(name).is_integer():
        name = int(name)
    return " ".join(str(name).split()).casefold()


def ordered_by(locations: pd.DataFrame) -> Literal["incidents", "harm"]:
    """Tell whether a list's rows stand in the order of harm, from their ranks; by incidents when both fit."""
    if not {"harm_rank", "incidents"} <= set(locations.columns):
        return "incidents"
    harm = pd.to_numeric(locations["harm_rank"]).to_numpy(dtype=float, na_value=np.inf)
    falling = bool((np.diff(locations["incidents"].to_numpy(dtype=float)) <= 0).all())
    # Two missing ranks are infinite, and their difference is no number.
    return "harm" if not falling and bool((harm[1:] >= harm[:-1]).all()) else "incidents"
