"""Cells in words: the summary and the tables that stand before a map of cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspot.publish.maps.elements import ShapeData
from hotspot.publish.maps.facts import every_shape, shapes_table, written
from hotspot.publish.maps.furniture import Furniture
from hotspot.publish.maps.legend import CLASSES, UNDEFINED

_COLD, _NEITHER, _HOT = slice(0, 3), CLASSES.index("not significant"), slice(4, 7)


def tell_cells(
    furniture: Furniture,
    data: ShapeData,
    payload: dict[str, Any],
    codes: NDArray[np.int64] | None,
    *,
    order: NDArray[np.int64] | None = None,
    units: str = "cells",
) -> None:
    """Add the summary and the tables of cells to what stands before the map.

    Parameters
    ----------
    furniture : Furniture
        It gets sentences and tables.
    data : ShapeData
        What the page draws.
    payload : dict
        What ``data`` was made from.
    codes : array of int or None
        Class of each cell; None where the cells were not tested.
    order : array of int or None
        The cells in the order to list them in, where no figure of theirs gives it.
    units : str
        What they are: cells, or areas in their place.
    """
    headings, rows = payload["headings"], payload["rows"]
    number = len(headings)
    unit = units.removesuffix("s")
    cells = f"{number:,} {units}" if number != 1 else f"1 {unit}"
    lead = next((row for row in rows if row.get("lead")), None)
    first = "strongest first" if order is None else "surest first"
    order = _ordered(lead, number) if order is None else order
    if codes is None:
        furniture.sentences.append(f"{cells}.")
    else:
        counts = np.bincount(codes, minlength=UNDEFINED + 1)
        hot, cold = int(counts[_HOT].sum()), int(counts[_COLD].sum())
        undefined = f", {counts[UNDEFINED]:,} without a result" if counts[UNDEFINED] else ""
        furniture.sentences.append(
            f"{cells}: {hot:,} hot, {cold:,} cold, {counts[_NEITHER]:,} not significant{undefined}."
        )
        furniture.hot = True
        for words, some in (("Hot cells", codes > _NEITHER), ("Cold cells", codes < _NEITHER)):
            chosen = order[(some & (codes != UNDEFINED))[order]]
            chosen = chosen if words == "Hot cells" else chosen[::-1]
            if len(chosen):
                furniture.tables.append(
                    shapes_table(data, payload, caption=f"{words}, {first}", first="Cell", order=chosen)
                )
    if number and lead is not None and codes is None and lead["values"][order[0]] is not None:
        most = written(lead["values"][order[0]], lead)
        furniture.sentences.append(f"The highest, {headings[order[0]]}: {lead['head'].lower()} {most}.")
    furniture.tables.append(
        every_shape(data, caption=f"Table of every {unit}", first=unit.capitalize(), count=number)
    )


def _ordered(lead: dict[str, Any] | None, number: int) -> NDArray[np.int64]:
    """Return the cells from the highest to the lowest of what leads them, missing values last."""
    if lead is None:
        return np.arange(number)
    values = np.array([-np.inf if value is None else value for value in lead["values"]], dtype=float)
    return np.argsort(-values, kind="stable")
