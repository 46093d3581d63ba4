"""The facts of a map as tables and sentences, for people who read it without seeing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hotspot.publish.escape import MISSING, escape
from hotspot.publish.maps.elements import ShapeData
from hotspot.publish.maps.legend import Legend

MOST_ROWS = 200


def written(value: Any, row: dict[str, Any]) -> str:
    """Write one value as the page's script writes it in popups.

    Parameters
    ----------
    value : object
        A number, a text, an index into ``row["words"]``, or None.
    row : dict
        ``kind`` (text, count, amount, score, chance or percent) and, optionally, ``words``.

    Returns
    -------
    str
        "not recorded" where there is none.
    """
    if value is None or value == "":
        return MISSING
    if "words" in row:
        return str(row["words"][int(value)])
    kind = row["kind"]
    if kind == "count":
        return _grouped(value, 0)
    if kind == "amount":
        return _grouped(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)
    if kind == "score":
        return f"{_half_up(value, 2):.2f}"
    if kind == "chance":
        return "under 0.001" if value < 0.001 else f"{_half_up(value, 3):.3f}"
    if kind == "percent":
        return f"{_grouped(value, 1 if value < 10 else 0)} %"
    return str(value)


def shapes_table(
    data: ShapeData,
    payload: dict[str, Any],
    *,
    caption: str,
    first: str,
    order: Iterable[int],
    total: int | None = None,
    most: int | None = MOST_ROWS,
) -> str:
    """Return a table of what a layer tells of its shapes, a row each, as HTML.

    Parameters
    ----------
    data : ShapeData
        What the page draws; the button of each row shows its shape on the map.
    payload : dict
        What ``data`` was made from, with ``headings`` and ``rows``.
    caption : str
        What the table holds; the number of rows is added.
    first : str
        Header of the column of headings.
    order : iterable of int
        Which shapes, in the order of the rows.
    total : int, optional
        How many there are, where the rows are fewer.
    most : int or None, default 200
        Write at most this many; the caption says so.
    """
    every = list(order)
    rows = payload["rows"]
    shown = every[:most]
    # What only few shapes have, such as counts by category, stands in one column.
    whole = [row for row in rows if not row.get("sparse")]
    sparse = [row for row in rows if row.get("sparse")]
    heads = [first, *(row["head"] for row in whole), *(["By category"] if sparse else [])]
    count = total if total is not None else len(every)
    size = f"{len(shown):,} of {count:,}" if len(shown) < count else f"{count:,}"
    body = []
    for at in shown:
        texts = [written(row["values"][at], row) for row in whole]
        if sparse:
            parts = [
                f"{row['head']} {written(row['values'][at], row)}" for row in sparse if row["values"][at]
            ]
            texts.append("; ".join(parts) or "none")
        name = (
            f'<button type="button" data-show="{data.get_name()}" data-at="{at}">'
            f"{escape(payload['headings'][at])}</button>"
        )
        cells = "".join(f"<td>{escape(text, limit=600)}</td>" for text in texts)
        body.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    return table_html(f"{caption}: {size}", heads, "".join(body))


def classes_table(legend: Legend) -> str:
    """Return the key of a layer as a table: each class or band and how many have it."""
    body = "".join(
        f'<tr><th scope="row">{escape(entry.words)}</th><td>{entry.count:,}</td></tr>'
        for entry in legend.entries
    )
    return table_html(
        f"{legend.title}: {legend.counted} by class", ["Class", legend.counted.capitalize()], body
    )


def every_shape(data: ShapeData, *, caption: str, first: str, count: int) -> str:
    """Return the place of a table of all shapes, which the page makes from the map's data when opened."""
    return (
        f'<details class="hs-every" data-every="{data.get_name()}" data-first="{escape(first)}">'
        f"<summary>{escape(caption)}: {count:,}</summary></details>"
    )


def table_html(caption: str, heads: Sequence[str], body: str) -> str:
    """Return a table that can be scrolled by keyboard; ``body`` is HTML, all else is escaped."""
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    return (
        f'<div class="hs-wide" role="region" tabindex="0" aria-label="Table: {escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _grouped(value: float, digits: int) -> str:
    text = f"{_half_up(value, digits):,}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text


def _half_up(value: float, digits: int) -> Decimal:
    """Round the number's exact value, halves away from zero, as browsers do."""
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
