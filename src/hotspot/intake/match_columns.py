"""Match the columns that a mapping names with those that a file has."""

from __future__ import annotations

import difflib

from hotspot.errors import InputError
from hotspot.intake.mapping import Mapping
from hotspot.intake.tabular import Header

_SHOWN = 15


def match_columns(header: Header, mapping: Mapping) -> tuple[list[tuple[int, str]], list[str]]:
    """Find the mapping's columns in a header.

    Parameters
    ----------
    header
        Of the file.
    mapping
        Of the source. Names match exactly when runs of spaces count as one; else in any case of letters.

    Returns
    -------
    list of (int, str)
        Position in the file, and the mapping's name for it.
    list of str
        What was matched only in another case of letters, in words.

    Raises
    ------
    InputError
        If a column is missing (with the nearest name, or the row that holds the names), or stands twice.
    """
    chosen, notes, missing = [], [], []
    names = header.names
    folded = [name.casefold() for name in names]
    for wanted in mapping.named_columns():
        plain = " ".join(wanted.split())
        at = [position for position, name in enumerate(names) if name == plain]
        if not at:
            at = [position for position, name in enumerate(folded) if name == plain.casefold()]
            if len(at) == 1:
                notes.append(
                    f"the mapping's column {wanted[:40]!r} was matched with {names[at[0]][:40]!r}; correct the mapping"
                )
        if not at:
            missing.append(wanted)
        elif len(at) > 1:
            raise InputError(
                f"{header.file}: the header names {wanted[:40]!r} {len(at)} times (columns "
                f"{', '.join(str(position + 1) for position in at)}); rename all but the one that {mapping.name} means"
            )
        else:
            chosen.append((at[0], wanted))
    if missing:
        raise InputError(_missing(header, mapping, missing))
    return chosen, notes


def _missing(header: Header, mapping: Mapping, missing: list[str]) -> str:
    filled = [name for name in header.names if name]
    parts = []
    values = header.row > 0 and _is_data(filled)
    for wanted in missing[:6]:
        low = {name.casefold(): name for name in filled}
        near = difflib.get_close_matches(wanted.casefold(), low, n=1, cutoff=0.6)
        guess = f" (the nearest is {low[near[0]][:40]!r})" if near and not values else ""
        parts.append(f"{wanted[:40]!r}{guess}")
    more = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
    text = f"{header.file} has no column {', '.join(parts)}{more}, which {mapping.name} names"
    elsewhere = _row_with(header, mapping)
    if elsewhere is not None:
        return f"{text}; its row {elsewhere} holds the names: set [file] header_row = {elsewhere}"
    if header.row > 1 and mapping.file.header_row is None:
        text += f" (row {header.row} was taken as the header)"
    if mapping.file.header_row is not None and len(filled) <= 1:
        return f"{text}; row {header.row} is no header: correct [file] header_row"
    if values:
        # A file without a header shows a case in its place: none of it belongs in a message.
        return f"{text}; row {header.row} holds values, not names: add a header row, or correct [file] header_row"
    shown = ", ".join(repr(name[:40]) for name in filled[:_SHOWN])
    rest = f" and {len(filled) - _SHOWN} more" if len(filled) > _SHOWN else ""
    if not filled:
        return f"{text}; it has no columns at all: the export may have failed"
    many = "1 column" if len(filled) == 1 else f"{len(filled)} columns"
    return f"{text}; it has {many}: {shown}{rest}. Correct the name in the mapping"


def _row_with(header: Header, mapping: Mapping) -> int | None:
    """Return the number of the row, among the first, that holds most of the mapping's names."""
    wanted = {" ".join(name.split()).casefold() for name in mapping.named_columns()}
    for number, row in enumerate(header.first, start=1):
        there = {" ".join(field.split()).casefold() for field in row}
        if number != header.row and len(wanted & there) > len(wanted) / 2:
            return number
    return None


def _is_data(names: list[str]) -> bool:
    return any(any(character.isdigit() for character in name) and _figures(name) for name in names)


def _figures(name: str) -> bool:
    """Tell whether a text is mostly digits and signs: a date, a number or a reference, not a column name."""
    digits = sum(character.isdigit() for character in name)
    letters = sum(character.isalpha() for character in name)
    return digits > letters
