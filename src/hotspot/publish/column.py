"""How one column is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """How one column is written.

    ``decimals`` counts digits after the point; "g" is six significant digits, for p-values.
    """

    header: str
    meaning: str
    unit: str = ""
    decimals: int | str | None = None
