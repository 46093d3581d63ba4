"""Text from data, made fit to be shown on one line of a terminal or a message."""

from __future__ import annotations

import unicodedata

_HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def printable(text: object, *, limit: int | None = None) -> str:
    """Return text without control, direction and line-break characters, cut to ``limit`` characters."""
    kept = "".join(" " if unicodedata.category(mark) in _HARMFUL else mark for mark in str(text))
    line = " ".join(kept.split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"
