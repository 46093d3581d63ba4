"""Make text from data harmless wherever a page may put it.

Place names, categories and notes come from other people's files. folium writes them into HTML,
into JavaScript template literals and, through branca, into a template that is rendered a second
time in Python, so escaping for HTML alone is not enough.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import Any

import numpy as np
import pandas as pd

MISSING = "not recorded"
ELLIPSIS = "…"

_SPACES = dict.fromkeys([0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], " ")
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
# Embeddings, overrides and isolates can make a name read backwards or swallow what follows it.
_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_BROKEN = [0xFEFF, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)]
_PLAIN = {**dict.fromkeys([*_CONTROLS, *_BIDI, *_BROKEN], "\ufffd"), **_SPACES}
_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "&<>\"'`$\\{}"})
_IN_SCRIPT = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&'`$"})
# In compact JSON a brace is followed by one of these only inside a string; outside Python's
# templates it means nothing, inside them it starts an expression.
_TEMPLATE_OPENING = re.compile(r"\{(?=[{%#])")


def plain(value: object, *, limit: int | None = 200) -> str:
    """Return the value as one line of text without control or direction characters.

    Use it where the page sets text and not markup (``textContent``, a JSON value).

    Parameters
    ----------
    value : object
        Anything. A missing value becomes "not recorded".
    limit : int or None, default 200
        Longest text in characters; what is longer is cut and ends in an ellipsis. None: no cap.

    Returns
    -------
    str
        Line breaks are spaces; other control characters, text-direction overrides and
        half-characters are shown as U+FFFD.
    """
    text = value if isinstance(value, str) else _worded(value)
    if limit is not None and len(text) > limit:
        text = text[: max(limit - 1, 0)] + ELLIPSIS
    return text.translate(_PLAIN)


def escape(value: object, *, limit: int | None = 200) -> str:
    """Return the value safe inside HTML text, attributes, JavaScript strings and templates.

    Parameters
    ----------
    value : object
        Anything. A missing value becomes "not recorded".
    limit : int or None, default 200
        Longest text in characters before escaping; what is longer is cut and ends in an
        ellipsis, so that one overlong field cannot bloat a page. None: no cap.

    Returns
    -------
    str
        The text with ``& < > " ' ` $ \\ { }`` as numeric entities and control characters,
        line separators and direction overrides made harmless.

    Examples
    --------
    >>> escape("High St <b>")
    'High St &#60;b&#62;'
    """
    return plain(value, limit=limit).translate(_ENTITIES)


def json_for_script(obj: object) -> str:
    """Return compact ASCII JSON that may stand inside a ``<script>`` element.

    NaN and infinity, which JSON does not have, become null, as do missing values.

    Parameters
    ----------
    obj : object
        Dictionaries, lists, tuples, arrays, text, numbers, dates and missing values.

    Returns
    -------
    str
        JSON without ``< > & ' ` $`` and without the openings of Python templates.

    Raises
    ------
    TypeError
        If a value is of a kind that JSON has no form for.
    """
    text = json.dumps(_jsonable(obj), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return _TEMPLATE_OPENING.sub(r"\\u007b", text.translate(_IN_SCRIPT))


def is_missing(value: object) -> bool:
    """Tell whether a single value is None, NaN, NaT or pandas.NA."""
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _worded(value: object) -> str:
    return MISSING if is_missing(value) else str(value)


def _jsonable(obj: Any) -> Any:
    if obj is None or isinstance(obj, str | bool | int):
        return obj
    if isinstance(obj, np.ndarray | np.generic):
        return _jsonable(obj.tolist())
    if isinstance(obj, float):
        return obj if math.isfinite(obj) else None
    if isinstance(obj, dict):
        return {str(key): _jsonable(value) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [_jsonable(value) for value in obj]
    if is_missing(obj):
        return None
    if isinstance(obj, dt.date):
        return obj.isoformat()
    raise TypeError(f"a page cannot hold a value of type {type(obj).__name__}")
