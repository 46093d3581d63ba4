"""What stands around a map: title, marking, key, notes, sources."""

from __future__ import annotations

from typing import Any

import folium
import pandas as pd
from branca.element import MacroElement

from hotspot import provenance
from hotspot.publish.escape import escape, json_for_script, plain
from hotspot.publish.maps.elements import Bounds, Verbatim, add_script, figure_of, map_of, merged_bounds
from hotspot.publish.maps.facts import classes_table
from hotspot.publish.maps.legend import EVENLY, Legend, legend_html
from hotspot.publish.release import SHOWN, marking_of

TOP_SLOT = "hotspot_top"
END_SLOT = "hotspot_end"
_LONG = 1_000
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Furniture(MacroElement):
    """The title, the marking and the panel of one map; layers add to it as they are drawn."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Furniture"
        self.title: str | None = None
        self.subject = "Map of reported incidents"
        self.records: list[pd.DataFrame] = []
        self.areas: list[pd.DataFrame] = []
        self.legends: list[Legend] = []
        self.sentences: list[str] = []
        self.tables: list[str] = []
        self.lines: list[tuple[str, str, str]] = []
        self.area_layers = 0
        self.hot = False
        self.public = False
        self.stands_for: list[pd.DataFrame] = []
        """What a map of outlines alone is about: it bears on the marking, and holds no month of the map."""
        self.sections: list[str] = []
        self.cautions: list[str] = []
        self.extents: list[Bounds] = []
        self.tile_urls: list[str] = []

    def add_record(self, frame: pd.DataFrame, *, area: bool = False) -> None:
        """Remember what a frame was made from, without keeping the frame."""
        bare = provenance.put(pd.DataFrame(), provenance.of(frame))
        if SHOWN in frame.attrs:
            # A pack compares what the map shows with its tables.
            bare.attrs[SHOWN] = frame.attrs[SHOWN]
        (self.areas if area else self.records).append(bare)

    def add_line(self, words: str, border: str, *, key: str = "") -> None:
        """Explain a line in the key; ``key`` ties it to its layer."""
        if (words, border, key) not in self.lines:
            self.lines.append((words, border, key))

    def full_title(self) -> str:
        """Return the title, made from the data where none was given."""
        if self.title is not None:
            return plain(self.title)
        months = self._months()
        return f"{self.subject}, {_span_words(months)}" if months else self.subject

    def render(self, **kwargs: Any) -> str:
        """Put header and panel into the page, and fit the map to what is drawn."""
        figure = figure_of(self)
        figure.title = escape(self.full_title())
        before = f'{self._top()}<main class="hs-main">{self._words()}{self._side()}'
        figure.html.add_child(Verbatim(before), name=TOP_SLOT, index=0)
        figure.html.add_child(Verbatim("</main>"), name=END_SLOT)
        page: dict[str, Any] = {
            "label": f"Map: {self.full_title()}",
            "credit": "Leaflet",
            "credits": [escape(text) for text in self._short_credits()],
        }
        if self.extents:
            west, south, east, north = merged_bounds(self.extents)
            page["bounds"] = [[round(south, 6), round(west, 6)], [round(north, 6), round(east, 6)]]
        add_script(self, f"hotspotMap.dress({map_of(self).get_name()}, {json_for_script(page)});")
        return ""

    def _months(self) -> list[str]:
        return sorted({month for record in self.records for month in provenance.months_observed(record)})

    def marking(self) -> str:
        """Return how the map must be handled."""
        return marking_of(self.sourced(), "public" if self.public else None)

    def sourced(self) -> list[pd.DataFrame]:
        """Return the records that bear on the marking."""
        # An outline carries no incidents: it bears on the marking only where it names its sources.
        named = [area for area in self.areas if provenance.of(area)["sources"]]
        # Released counts and outlines are published whatever the data is that the order was reviewed with.
        hidden = self.public and not provenance.is_open(self.stands_for)
        return [*self.records, *named, *([] if hidden else self.stands_for)]

    def _top(self) -> str:
        marking = self.marking()
        is_open = marking == provenance.OPEN
        bar = "" if is_open else f'<div class="hs-marking">{escape(marking)}</div>'
        if provenance.is_simulated([*self.records, *self.areas, *self.stands_for]):
            bar += '<div class="hs-simulated">SIMULATED DATA: no real incidents</div>'
        small = f'<span class="hs-open">{escape(marking)}</span>' if is_open else ""
        skip = f'<a class="hs-skip" href="#{map_of(self).get_name()}">Skip to the map</a>'
        period = f'<p class="hs-period">{escape(self._period())}</p>'
        if self.stands_for and not self.records:
            period = '<p class="hs-period">Outlines alone: no report is on this map.</p>'
        title = f"<h1>{escape(self.full_title())}</h1>"
        return f'{skip}<header class="hs-top">{bar}{small}{title}{period}</header>'

    def _words(self) -> str:
        """Return the map in words and tables, which stand before it."""
        parts = [f"<p>{escape(' '.join(self.sentences), limit=_LONG)}</p>"] if self.sentences else []
        if self.hot:
            parts.append(f'<p class="hs-evenly">{escape(EVENLY)}</p>')
        tables = [*(classes_table(legend) for legend in self.legends if legend.tabled), *self.tables]
        if tables:
            held = "".join(tables)
            parts.append(
                "<details><summary>The facts of this map as tables</summary>"
                f'<div class="hs-tables">{held}</div></details>'
            )
        if not parts:
            return ""
        return f'<section class="hs-words" aria-label="Summary and tables">{"".join(parts)}</section>'

    def _side(self) -> str:
        parts = [f'<p class="hs-caution">{escape(text, limit=_LONG)}</p>' for text in self.cautions]
        parts += [legend_html(legend) for legend in self.legends]
        parts += self.sections
        if self.lines:
            items = "".join(
                f"<li{f' data-legend={chr(34)}{key}{chr(34)}' if key else ''}>"
                f'<span class="hs-line" style="border-top:{border}"></span><span>{escape(words)}</span></li>'
                for words, border, key in self.lines
            )
            parts.append(f'<section><h2>Lines</h2><ul class="hs-key">{items}</ul></section>')
        notes = _unique(
            note
            for frame in [*self.records, *self.areas]
            for note in provenance.of(frame)["notes"]
            if note not in self.cautions
        )
        if notes:
            items = "".join(f'<p class="hs-fine">{escape(note, limit=_LONG)}</p>' for note in notes)
            parts.append(f"<section><h2>Notes</h2>{items}</section>")
        # A map of outlines alone has no source of reports to name.
        own = [] if self.stands_for and not self.records else [provenance.source_line(self.records)]
        lines = [*own, *self._credits(), "Map drawn with Leaflet."]
        items = "".join(f'<p class="hs-fine">{escape(line, limit=_LONG)}</p>' for line in lines)
        parts.append(f"<section><h2>Sources</h2>{items}</section>")
        body = "".join(parts)
        return (
            '<section class="hs-side" aria-label="Key, notes and sources"><details open>'
            f'<summary>Key, notes and sources</summary><div class="hs-body">{body}</div></details></section>'
        )

    def _credits(self) -> list[str]:
        credits = (
            f"Outline: {source['name']}" + (f" ({source['attribution']})" if source["attribution"] else "")
            for area in self.areas
            for source in provenance.of(area)["sources"]
        )
        return _unique(credits)

    def _short_credits(self) -> list[str]:
        """Return who must be named on the map itself."""
        return _unique(
            plain(source["attribution"], limit=120)
            for frame in [*self.records, *self.areas]
            for source in provenance.of(frame)["sources"]
            if source["attribution"]
        )

    def _period(self) -> str:
        months = self._months()
        if not months:
            return "Months covered: not recorded"
        first, last = pd.Period(months[0], "M"), pd.Period(months[-1], "M")
        absent = (last - first).n + 1 - len(months)
        gap = f"; {absent} months in between have no data" if absent > 1 else ""
        gap = "; 1 month in between has no data" if absent == 1 else gap
        count = f"{len(months)} months" if len(months) > 1 else "1 month"
        return f"Reported incidents, {_span_words(months)} ({count}{gap})."


def furniture_of(m: folium.Map) -> Furniture | None:
    """Return the map's furniture, or None where hotspot has put none on it."""
    return next((child for child in m._children.values() if isinstance(child, Furniture)), None)


def date_words(value: object, *, to_month: bool) -> str:
    """Write a date in English words whatever the machine's language is.

    Parameters
    ----------
    value : object
        A timestamp, date, period or text; missing values become "not recorded".
    to_month : bool
        Whether the day is left out, for data that knows no days.

    Returns
    -------
    str
        For example "3 March 2024" or "March 2024".
    """
    if isinstance(value, pd.Period):
        to_month = to_month or value.freqstr.startswith("M")
        value = value.start_time
    if isinstance(value, str) or not hasattr(value, "month") or pd.isna(value):  # type: ignore[call-overload]
        return plain(value)
    month = f"{_MONTHS[value.month - 1]} {value.year}"  # type: ignore[attr-defined]
    return month if to_month else f"{value.day} {month}"  # type: ignore[attr-defined]


def _span_words(months: list[str]) -> str:
    first, last = _month_words(months[0]), _month_words(months[-1])
    return first if first == last else f"{first} to {last}"


def _month_words(month: str) -> str:
    year, _, number = month.partition("-")
    if not (number.isdigit() and 1 <= int(number) <= 12):
        return plain(month)
    return f"{_MONTHS[int(number) - 1]} {year}"


def _unique(texts: Any) -> list[str]:
    return list(dict.fromkeys(texts))
