"""Which edition of a geography: LSOA codes of 2011 or 2021, and area layers with dates of validity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspot import provenance
from hotspot.errors import InputError

Vintage = Literal["2011", "2021", "mixed", "unclear"]

LSOA_CODE = re.compile(r"^[EW]01\d{6}$")
LSOA_NAME = re.compile(r"^.+ \d{3}[A-Z]$")

HIGHEST_2011 = {"E": 33_768, "W": 1_958}
"""The highest code numbers of the 2011 list (E01033768, W01001958); the 2021 list gave new areas higher ones."""

ENDED_IN_2021 = frozenset({"E01010063", "E01010065", "E01010074", "E01032887"})
"""Sandwell's four LSOAs of 2011 that were split in 2021 (into E01033886 to E01033893)."""

VALID_FROM, VALID_TO = "valid_from", "valid_to"
DAY = pd.Timedelta(days=1)
LONG_AGO, FAR_AHEAD = pd.Timestamp("1700-01-01"), pd.Timestamp("2200-12-31")
"""What a blank valid_from and a blank valid_to stand for."""


def lsoa_vintage(codes: Iterable[Any], *, ended_in_2021: Iterable[str] = ENDED_IN_2021) -> Vintage:
    """Tell from LSOA codes of England and Wales whether they are of the 2011 or the 2021 list.

    Parameters
    ----------
    codes
        LSOA codes, in any order, repeated or not; missing ones are passed over.
    ended_in_2021
        Codes of the 2011 list that the 2021 list no longer has. Sandwell's four are known here; for
        other districts give the ``LSOA11CD`` of the rows of the Office for National Statistics' exact-fit
        lookup in which ``CHGIND`` is not ``U`` (and which have no ``LSOA21CD`` of the same name).

    Returns
    -------
    "2011", "2021", "mixed" or "unclear"
        "2021" if a code is above the 2011 list's highest, "2011" if a code ended in 2021, "mixed" if
        both, "unclear" if neither: most codes stand in both lists.

    Raises
    ------
    InputError
        If a code is no LSOA code of England or Wales.

    Notes
    -----
    Where nothing changed the code was kept, so a small set of codes is often in both lists. Of 34,753
    LSOAs in the 2011 list the numbers end at E01033768 and W01001958; the 2021 list has 35,672, and its
    new areas have higher numbers. Source: Office for National Statistics, names and codes of Lower layer
    Super Output Areas, December 2011 and December 2021, and the exact-fit lookup between them.

    How this can mislead: "unclear" does not mean that the two editions agree; without a full list of
    ended codes, a set of 2011 codes away from Sandwell stays unclear. Names cannot decide: four Sandwell
    areas kept their code and changed their name (E01010059 was 026A and is 041D).

    Examples
    --------
    >>> lsoa_vintage(["E01009921", "E01033886"])
    '2021'
    """
    distinct = sorted({str(code).strip() for code in codes if not pd.isna(code)})
    wrong = [code for code in distinct if not LSOA_CODE.match(code)]
    if wrong:
        raise InputError(
            f"{len(wrong):,} of {len(distinct):,} values are no LSOA codes of England or Wales (the first is "
            f"{wrong[0][:40]!r}); give the codes, such as E01009921, never the names"
        )
    newer = any(int(code[3:]) > HIGHEST_2011[code[0]] for code in distinct)
    older = not frozenset(ended_in_2021).isdisjoint(distinct)
    if newer and older:
        return "mixed"
    return "2021" if newer else "2011" if older else "unclear"


def check_lsoa_join(
    codes: Iterable[Any], area_codes: Iterable[Any], *, ended_in_2021: Iterable[str] = ENDED_IN_2021
) -> None:
    """Refuse to match LSOA codes against a table or layer of another vintage.

    Parameters
    ----------
    codes
        The codes to be matched, such as the ``lsoa_code`` of incidents.
    area_codes
        The codes of the layer or table that they are matched with.
    ended_in_2021
        As for `lsoa_vintage`.

    Raises
    ------
    InputError
        If one side is of 2011 and the other of 2021, or one side mixes both; the codes without a
        partner are counted and the first is named.
    """
    ended = frozenset(ended_in_2021)
    wanted = sorted({str(code).strip() for code in codes if not pd.isna(code)})
    offered = {str(code).strip() for code in area_codes if not pd.isna(code)}
    mine, theirs = lsoa_vintage(wanted, ended_in_2021=ended), lsoa_vintage(offered, ended_in_2021=ended)
    if "mixed" not in (mine, theirs) and (mine == theirs or "unclear" in (mine, theirs)):
        return
    lost = [code for code in wanted if code not in offered]
    first = f"; {len(lost):,} codes have no partner, the first is {lost[0]}" if lost else ""
    raise InputError(
        f"the LSOA codes are of two vintages: {mine} on one side and {theirs} on the other{first}. "
        "Take the layer of the same vintage, or assign by point with assign_area; names are no key either"
    )


def areas_in_force(areas: gpd.GeoDataFrame, as_of: Any) -> gpd.GeoDataFrame:
    """Return the areas that were in force on a day.

    Parameters
    ----------
    areas
        With ``valid_from`` (first day) and ``valid_to`` (last day), dates or ``YYYY-MM-DD``; blank is open.
    as_of
        The day, ``YYYY-MM-DD``.

    Raises
    ------
    InputError
        If the areas carry no dates, a date cannot be read, or none is in force on that day.
    """
    day = read_day(as_of, "as_of")
    if not has_validity(areas):
        raise InputError(
            f"the areas carry neither {VALID_FROM} nor {VALID_TO}, so as_of={day.date()} cannot be honoured; add "
            "the columns, or leave as_of out and state the edition with vintage="
        )
    first, last = _validity(areas)
    kept = areas[((first <= day) & (last >= day)).to_numpy()]
    if kept.empty:
        raise InputError(
            f"none of the {len(areas):,} areas is in force on {day.date()}; they run from {_shown(first.min())} "
            f"to {_shown(last.max())}. Choose a day in between, or add the areas of that time"
        )
    return provenance.carry(
        areas, kept.copy(), "areas_in_force", as_of=str(day.date()), areas=len(kept), of=len(areas)
    )


def has_validity(areas: pd.DataFrame) -> bool:
    """Tell whether a layer carries dates of validity."""
    return VALID_FROM in areas.columns or VALID_TO in areas.columns


def changes_between(areas: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    """List the days after ``first``, up to ``last``, on which the layer's areas begin or have just ended."""
    start, end = _validity(areas)
    begun = {day for day in start if first < day <= last}
    ended = {day + DAY for day in end if first < day + DAY <= last}
    return sorted(begun | ended)


def read_day(value: Any, name: str) -> pd.Timestamp:
    """Read a date given as text ``YYYY-MM-DD`` or as a date."""
    try:
        day: Any = pd.to_datetime(value, format="%Y-%m-%d") if isinstance(value, str) else pd.Timestamp(value)
    except (ValueError, TypeError):
        day = None
    if not isinstance(day, pd.Timestamp):
        raise InputError(f"{name}={str(value)[:40]!r} is no date; write it as YYYY-MM-DD, such as 2026-02-28")
    return day.tz_localize(None).normalize()


def _validity(areas: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day of each area; open ends lie at the ends of time."""
    first = _days(areas, VALID_FROM, LONG_AGO)
    last = _days(areas, VALID_TO, FAR_AHEAD)
    wrong = np.flatnonzero((last < first).to_numpy())
    if len(wrong):
        row = areas.index[int(wrong[0])]
        raise InputError(
            f"{len(wrong):,} areas end before they begin (the first is feature {row}: {VALID_FROM} "
            f"{_shown(first.loc[row])}, {VALID_TO} {_shown(last.loc[row])}); correct the layer"
        )
    return first, last


def _days(areas: pd.DataFrame, column: str, blank: pd.Timestamp) -> pd.Series:
    if column not in areas.columns:
        return pd.Series(blank, index=areas.index)
    values = areas[column]
    text = values.astype("str").str.strip()
    # Registers write an open end as the year 9999, which nanosecond dates cannot hold.
    missing = (values.isna() | (text == "") | text.str.startswith("9999")).to_numpy()
    days = [
        blank if gap else read_day(value.strip() if isinstance(value, str) else value, column)
        for value, gap in zip(values, missing, strict=True)
    ]
    return pd.Series(days, index=areas.index)


def _shown(day: pd.Timestamp) -> str:
    return "open" if day in (LONG_AGO, FAR_AHEAD) else str(day.date())
