"""Crafted bad files, each one kind of dirt that real exports have, and what a reader must say of it.

    python tests/dirty_files.py FOLDER

writes them all. Every entry counts the rows that it writes, and lists by hand each finding and each reason for
setting rows aside, with the number of rows: no other may come. Names, telephone numbers and notes are made up,
and hold a mark of `PERSONAL` that must show nowhere.
"""

from __future__ import annotations

import csv
import io
import json
import struct
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from makers import EIGHT, TWELVE, old_row, street_row

Row = dict[str, Any]
Mapping = dict[str, dict[str, Any]]

PERSONAL = ("Quillfeather", "07700 900", "PRIVATE")
"""Marks in the columns Reporter Name, Reporter Phone and Notes, which no mapping here names."""
HEADER = [
    "Case Ref", "Case Type", "Opened", "Closed", "Reporter Name", "Reporter Phone", "Site Name", "UPRN", "Easting",
    "Northing", "Notes",
]  # fmt: skip
COUNT = 40
FOLDER = "dirty"
ONLY = {"was read, the only one shown": COUNT}
"""What is said of every workbook whose sheet the mapping does not name."""


@dataclass(frozen=True)
class Made:
    """The bytes of one file or of several, and the rows written into them below their headers."""

    files: dict[str, bytes]
    rows: int
    beside: dict[str, bytes] = field(default_factory=dict)
    """Files that the mapping names, such as a lookup table."""


@dataclass(frozen=True)
class Dirty:
    """One crafted file, or folder of files, and what a user must read."""

    group: str
    name: str
    wrong: str
    make: Callable[[], Made]
    error: str = ""
    """Words of the error, where the file is refused."""
    findings: dict[str, int] = field(default_factory=dict)
    """Words of each finding, and the rows it concerns."""
    aside: dict[str, int] = field(default_factory=dict)
    """Rows set aside, by reason."""
    gaps: tuple[str, ...] = ()
    """Months that the coverage calls missing."""
    altered: int = 0
    """Incidents whose start or point is not that of the sound file: no more than findings tell of."""
    mapping: Mapping | None = None
    """How `read_incidents` is to read it; None for `read_police_uk`."""


FILES: list[Dirty] = []


def mapping(**changes: dict[str, Any]) -> Mapping:
    """Return the mapping of the sound file, with keys changed, or left out where they are None."""
    base: Mapping = {
        "source": {"name": "Council cases", "location_precision": "address", "period": "2025-01 to 2025-06"},
        "columns": {"id": "Case Ref", "category": "Case Type", "start": "Opened", "place_id": "UPRN"},
        "dates": {"order": "day-first"},
        "coordinates": {"easting": "Easting", "northing": "Northing"},
        "check": {"as_of": "2025-06-30"},
    }
    for section, keys in changes.items():
        base[section] = {**base.get(section, {}), **keys}
    kept = {name: {k: v for k, v in keys.items() if v is not None} for name, keys in base.items()}
    return {name: keys for name, keys in kept.items() if keys}


def dirty(
    group: str, name: str, wrong: str, *, police: bool = False, by: Mapping | None = None, **expected: Any
) -> Callable[[Callable[[], Made]], Callable[[], Made]]:
    """Enter the decorated function into the table."""

    def enter(make: Callable[[], Made]) -> Callable[[], Made]:
        plan = None if police else by or mapping()
        FILES.append(Dirty(group, name, wrong, make, mapping=plan, **expected))
        return make

    return enter


def cases(count: int = COUNT) -> list[Row]:
    """Return sound rows: whole metres in Sandwell, times of January to June 2025, a UPRN of 12 digits."""
    random = np.random.default_rng(20250101)
    rows = []
    for number in range(count):
        opened = datetime(2025, 1, 6, 9, 7) + timedelta(
            days=int(4.3 * number), minutes=int(random.integers(700))
        )
        row = [
            f"C{number + 1:05d}", ("Noise", "Fly-tipping", "Begging")[number % 3], clock(opened),
            clock(opened + timedelta(hours=int(random.integers(1, 9)))), f"Zebedee Quillfeather{number}",
            f"07700 900{number:03d}", f"{number + 1} High Street", f"100071{random.integers(10**5, 10**6):06d}",
            str(398_001 + 97 * number), str(288_003 + int(random.integers(40)) * 101), f"PRIVATE note {number}",
        ]  # fmt: skip
        rows.append(dict(zip(HEADER, row, strict=True)))
    return rows


def clock(moment: datetime) -> str:
    return moment.strftime("%d/%m/%Y %H:%M")


def moment_of(row: Row) -> datetime:
    return datetime.strptime(row["Opened"], "%d/%m/%Y %H:%M")


def changed(column: str, values: dict[int, Any], count: int = COUNT) -> list[Row]:
    """Return the sound rows with some cells of a column replaced, by position."""
    rows = cases(count)
    for at, value in values.items():
        rows[at][column] = value
    return rows


def every(column: str, change: Callable[[Row], Any], rows: list[Row] | None = None) -> list[Row]:
    """Return rows with each cell of a column made anew from its row."""
    return [{**row, column: change(row)} for row in (cases() if rows is None else rows)]


def moved(places: dict[int, tuple[Any, Any]]) -> list[Row]:
    """Return the sound rows with some of them at another easting and northing."""
    rows = cases()
    for at, (x, y) in places.items():
        rows[at]["Easting"], rows[at]["Northing"] = str(x), str(y)
    return rows


def lines_of(rows: Iterable[Row], header: Sequence[str] = HEADER, delimiter: str = ",") -> list[str]:
    """Return a header and rows as lines of a delimited file, without line ends."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([row[name] for name in header] for row in rows)
    return text.getvalue().splitlines()


def text_of(lines: Sequence[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()


def plain(rows: list[Row], header: Sequence[str] = HEADER) -> Made:
    """Return rows as a comma-separated file in UTF-8."""
    return Made({"": text_of(lines_of(rows, header))}, len(rows))


def lines(texts: Sequence[str], above: int = 1) -> Made:
    """Return lines as a file; ``above`` of them, the header included, are no rows."""
    return Made({"": text_of(texts)}, len(texts) - above)


def sheet(
    rows: list[list[Any]],
    *,
    name: str = "Cases",
    date_1904: bool = False,
    merged: Sequence[tuple[int, int, int, int]] = (),
    stray: tuple[int, int] | None = None,
    **more: list[list[Any]],
) -> bytes:
    """Return a workbook; a tuple is a formula and its saved value. ``more`` are further sheets by name."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data, {"in_memory": True, "date_1904": date_1904})
    book.set_properties({"created": datetime(2025, 7, 1, tzinfo=UTC)})
    shown = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for title, content in {name: rows, **more}.items():
        page = book.add_worksheet(title)
        for at, cells in enumerate(content):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    page.write_datetime(at, column, cell, shown)
                elif isinstance(cell, tuple):
                    page.write_formula(at, column, *cell[:1], None, *cell[1:])
                elif isinstance(cell, str):
                    page.write_string(at, column, cell)
                elif cell is not None:
                    page.write_number(at, column, cell)
        if stray is not None:
            page.write_string(*stray, "x")
        for top, left, bottom, right in merged:
            page.merge_range(top, left, bottom, right, content[top][left])
    book.close()
    return data.getvalue()


def grid(rows: list[Row]) -> list[list[Any]]:
    """Return rows as cells of a sheet: metres as numbers, times as real dates where they are text of the sound kind."""
    cells = [[row[name] for name in HEADER] for row in rows]
    for row, line in zip(rows, cells, strict=True):
        for name in ("Easting", "Northing"):
            text = row[name]
            line[HEADER.index(name)] = int(text) if isinstance(text, str) and text.isdigit() else text
        if isinstance(row["Opened"], str):
            line[2] = moment_of(row)
    return [list(HEADER), *cells]


def workbook(rows: list[Row]) -> Made:
    return Made({"": sheet(grid(rows))}, len(rows))


def layer_file(suffix: str, frames: dict[str, gpd.GeoDataFrame]) -> bytes:
    """Return frames as layers of one file, with a fixed date of change."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2025-07-01T00:00:00.000Z"})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made{suffix}"
        for name, frame in frames.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that there is no reference system is meant
                pyogrio.write_dataframe(frame, path, layer=name, append=path.exists())
        data = path.read_bytes()
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return data


def spatial(rows: list[Row], shapes: Sequence[Any], crs: Any = 27700) -> gpd.GeoDataFrame:
    columns = ["Case Ref", "Case Type", "Opened", "UPRN", "Reporter Name", "Notes"]
    return gpd.GeoDataFrame(pd.DataFrame(rows)[columns], geometry=list(shapes), crs=crs)


def points(rows: list[Row]) -> list[Any]:
    return [shapely.Point(float(row["Easting"]), float(row["Northing"])) for row in rows]


GEOMETRY = mapping(coordinates={"easting": None, "northing": None})
DEGREES = mapping(coordinates={"easting": None, "northing": None, "lon": "Lon", "lat": "Lat"})
REFERENCE = mapping(coordinates={"easting": None, "northing": None, "grid_reference": "Grid Ref"})


def degrees(change: Callable[[int, float, float], tuple[Any, Any]]) -> Made:
    """Return rows with longitude and latitude, each changed by its position."""
    rows = cases()
    for at, row in enumerate(rows):
        lon = -2.03 + 0.001371 * at
        lat = 52.49 + 0.000713 * (at * 17 % 40)
        x, y = change(at, lon, lat)
        row["Lon"], row["Lat"] = (f"{v:.6f}" if isinstance(v, float) else v for v in (x, y))
    return plain(rows, [*HEADER[:8], "Lon", "Lat", "Notes"])


# --------------------------------------------------------------------------------------------------------------
text = partial(dirty, "How the file is written")


@text(
    "semicolons.csv",
    "fields parted by semicolons, as spreadsheets of other countries save them",
    findings={"fields are parted by semicolon": COUNT},
)
def _semicolons() -> Made:
    return lines(lines_of(cases(), delimiter=";"))


@text("tabs.tsv", "fields parted by tabs", findings={"fields are parted by tab": COUNT})
def _tabs() -> Made:
    return lines(lines_of(cases(), delimiter="\t"))


@text(
    "bars.txt",
    "fields parted by upright bars, as databases print them",
    findings={"fields are parted by bar": COUNT},
)
def _bars() -> Made:
    return lines(lines_of(cases(), delimiter="|"))


@text(
    "sep_line.csv",
    "the line sep=; above the header, written for a spreadsheet",
    findings={"fields are parted by semicolon": COUNT},
)
def _sep_line() -> Made:
    return lines(["sep=;", *lines_of(cases(), delimiter=";")], above=2)


@text("utf8_mark.csv", "a byte order mark before the first column's name")
def _utf8_mark() -> Made:
    return Made({"": b"\xef\xbb\xbf" + text_of(lines_of(cases()))}, COUNT)


@text(
    "utf16.csv",
    "UTF-16 with a byte order mark: “Unicode text” of a spreadsheet",
    findings={"read as utf-16": COUNT, "fields are parted by tab": COUNT},
)
def _utf16() -> Made:
    return Made({"": text_of(lines_of(cases(), delimiter="\t")).decode().encode("utf-16")}, COUNT)


@text("utf16_without_mark.csv", "UTF-16 and nothing that says so", findings={"read as utf-16-le": COUNT})
def _utf16_without_mark() -> Made:
    return Made({"": text_of(lines_of(cases())).decode().encode("utf-16-le")}, COUNT)


@text(
    "cp1252.csv", "an accent and a pound sign in the old Windows encoding", findings={"read as cp1252": COUNT}
)
def _cp1252() -> Made:
    rows = changed("Case Type", {3: "Café noise", 4: "Fly-tipping over £400"})
    return Made({"": text_of(lines_of(rows)).decode().encode("cp1252")}, COUNT)


@text(
    "another_encoding_than_stated.csv",
    "the mapping says UTF-8, the file is in the old Windows encoding",
    by=mapping(file={"encoding": "utf-8"}),
    error="is not in utf-8, first in line 5",
)
def _another_encoding() -> Made:
    return _cp1252()


@text("old_line_ends.csv", "lines end in a carriage return alone, in a line feed alone, or in both")
def _old_line_ends() -> Made:
    header, *rest = lines_of(cases())
    ends = ["\r", "\n", "\r\n"]
    body = "".join(line + ends[at % 3] for at, line in enumerate(rest))
    return Made({"": (header + "\r\n" + body).encode()}, COUNT)


@text("nul_bytes.csv", "a disc fault left NUL bytes in a line", error="NUL characters, the first in line 12")
def _nul_bytes() -> Made:
    return plain(changed("Site Name", {10: "12 High\0\0\0Street"}))


@text("nothing.csv", "a file of 0 bytes", error="is empty")
def _nothing() -> Made:
    return Made({"": b""}, 0)


@text("header_only.csv", "a header and no row: the query found nothing", findings={"no row": 0})
def _header_only() -> Made:
    return plain([])


@text("blank_rows.csv", "two lines of nothing but commas, and two empty lines", aside={"blank row": 2})
def _blank_rows() -> Made:
    body = lines_of(cases())
    commas = "," * (len(HEADER) - 1)
    return Made({"": text_of([*body[:9], commas, "", *body[9:], commas, ""])}, COUNT + 2)


@text(
    "comma_at_line_ends.csv",
    "every row ends in a comma, the header does not",
    findings={"a delimiter stands at the end of the line": COUNT},
)
def _comma_at_line_ends() -> Made:
    header, *rest = lines_of(cases())
    return lines([header, *(line + "," for line in rest)])


@text("empty_columns.csv", "four empty columns without a name at the end")
def _empty_columns() -> Made:
    return lines([line + ",,,," for line in lines_of(cases())])


@text("short_lines.csv", "three lines lack their last fields", aside={"wrong number of fields": 3})
def _short_lines() -> Made:
    body = lines_of(cases())
    for at in (5, 6, 20):
        body[at] = body[at].rsplit(",", 2)[0]
    return lines(body)


@text("long_lines.csv", "two notes hold commas and no quotation marks", aside={"wrong number of fields": 2})
def _long_lines() -> Made:
    body = lines_of(cases())
    for at in (8, 30):
        body[at] += ", and then, later, again"
    return lines(body)


@text(
    "cut_off.csv", "the download stopped in the middle of the last line", aside={"wrong number of fields": 1}
)
def _cut_off() -> Made:
    return Made({"": text_of(lines_of(cases()))[:-80]}, COUNT)


@text(
    "open_quote.csv", "a quotation mark that is opened and never closed", aside={"broken quotation marks": 1}
)
def _open_quote() -> Made:
    body = lines_of(cases())
    body[11] = body[11].replace("11 High Street", '"The Old Oak, High Street')
    return lines(body)


@text(
    "inch_marks.csv",
    "quotation marks inside a field, for inches",
    findings={"quotation marks inside a field were taken as text": 1},
)
def _inch_marks() -> Made:
    body = lines_of(cases())
    body[11] = body[11].replace("11 High Street", '11 High Street 6" pipe')
    return lines(body)


@text(
    "line_breaks_in_notes.csv",
    "notes of several lines, in quotation marks",
    findings={"a field holds line breaks": 2},
)
def _line_breaks() -> Made:
    rows = changed("Notes", {4: "PRIVATE\r\ncalled again\r\n\r\nat ten", 9: "PRIVATE, one\r\ntwo"})
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *([row[name] for name in HEADER] for row in rows)])
    return Made({"": text.getvalue().encode()}, len(rows))


@text(
    "line_break_without_quotes.csv",
    "a note of two lines without quotation marks: one case makes two broken lines",
    aside={"wrong number of fields": 2},
)
def _line_break_without_quotes() -> Made:
    body = lines_of(changed("Site Name", {6: "7 High@Street"}))
    return lines("\n".join(body).replace("@", "\n").split("\n"))


@text(
    "total_row.csv",
    "a row of totals at the end",
    aside={"no location": 1},
    findings={"the category is blank": 1, "the place id is blank": 1},
)
def _total_row() -> Made:
    return lines([*lines_of(cases()), "Total: 40" + "," * (len(HEADER) - 1)])


@text("footer.csv", "a line of small print below the table", aside={"wrong number of fields": 1})
def _footer() -> Made:
    return lines([*lines_of(cases()), "Printed 01/07/2025, page 1 of 1"])


@text(
    "text_as_formula.csv",
    'UPRNs written as ="100071..." so that a spreadsheet keeps their digits',
    findings={'="..." as the text inside': COUNT},
)
def _text_as_formula() -> Made:
    return plain(every("UPRN", lambda row: f'="{row["UPRN"]}"'))


@text(
    "null_words.csv",
    "NULL where the database has nothing",
    findings={"NULL was read as blank": 2},
    aside={"no location": 2},
)
def _null_words() -> Made:
    return plain(moved({7: ("NULL", "NULL"), 21: ("NULL", "NULL")}))


@text("web_page.xls", "a web page that calls itself a workbook, as some systems export", error="web page")
def _web_page() -> Made:
    body = "".join(f"<tr><td>{row['Case Ref']}</td><td>{row['Opened']}</td></tr>\n" for row in cases())
    page = f"<html><table>\n<tr><td>Case Ref</td><td>Opened</td></tr>\n{body}</table></html>\n"
    return Made({"": page.encode()}, COUNT)


@text("workbook_called.csv", "a workbook that somebody renamed to .csv", findings=ONLY)
def _workbook_called_csv() -> Made:
    return workbook(cases())


@text("csv_called.xlsx", "a CSV that somebody renamed to .xlsx")
def _csv_called_workbook() -> Made:
    return plain(cases())


@text("long_field.csv", "a document of 20,000 characters pasted into a cell", aside={"field too long": 1})
def _long_field() -> Made:
    return plain(changed("Case Type", {5: "x" * 20_000}))


# --------------------------------------------------------------------------------------------------------------
header = partial(dirty, "Header and mapping")


@header(
    "missing_column.csv",
    "the northing is called “Nothing”",
    error="has no column 'Northing' (the nearest is 'Nothing')",
)
def _missing_column() -> Made:
    return lines([line.replace("Northing", "Nothing") for line in lines_of(cases())])


@header("other_case.csv", "the header in capitals", findings={"was matched with": 5 * COUNT})
def _other_case() -> Made:
    first, *rest = lines_of(cases())
    return lines([first.upper(), *rest])


@header("spaces_in_header.csv", "spaces and a line break inside the column names")
def _spaces_in_header() -> Made:
    first, *rest = lines_of(cases())
    return Made(
        {"": text_of([first.replace("Case Ref", '" Case\nRef "').replace("Easting", " Easting "), *rest])},
        COUNT,
    )


@header("column_twice.csv", "two columns called Opened", error="names 'Opened' 2 times (columns 3, 4)")
def _column_twice() -> Made:
    first, *rest = lines_of(cases())
    return lines([first.replace("Closed", "Opened"), *rest])


@header("no_header.csv", "the first row is a case", error="row 1 holds values, not names")
def _no_header() -> Made:
    return lines(lines_of(cases())[1:], above=0)


@header("titles_above.csv", "three lines of title above the header", error="its row 4 holds the names")
def _titles_above() -> Made:
    return lines(
        ["Cases of the council", "Printed 01/07/2025", "For internal use", *lines_of(cases())], above=4
    )


@header(
    "second_header_row.csv",
    "a row of units below the header",
    findings={"the text is no date": 1},
    aside={"unreadable coordinates": 1},
)
def _second_header_row() -> Made:
    first, *rest = lines_of(cases())
    return lines([first, "text,text,dd/mm/yyyy,dd/mm/yyyy,text,text,text,number,metres,metres,text", *rest])


@header(
    "header_again.csv",
    "months pasted under one another, each with its header",
    findings={"the header stands again": 2, "the text is no date": 2, "this id stands on an earlier row": 1},
    aside={"header again": 2},
)
def _header_again() -> Made:
    first, *rest = lines_of(cases())
    return lines([first, *rest[:14], first, *rest[14:27], first, *rest[27:]])


@header(
    "misspelt_key.csv",
    "a sound file; the mapping has a misspelt key",
    by=mapping(source={"location_precision": None, "locaton_precision": "address"}),
    error="no key 'locaton_precision'; the nearest is 'location_precision'",
)
def _misspelt_key() -> Made:
    return plain(cases())


@header(
    "no_coordinates_mapped.csv",
    "a sound file; the mapping does not say where the cases are",
    by=GEOMETRY,
    error="names no coordinates",
)
def _no_coordinates_mapped() -> Made:
    return plain(cases())


@header(
    "no_order_mapped.csv",
    "a sound file; the mapping does not say whether days or months come first",
    by=mapping(dates={"order": None}),
    error='set dates.order = "day-first" or "month-first"',
)
def _no_order_mapped() -> Made:
    return plain(cases())


@header(
    "new_category.csv",
    "a category that the translation does not know, and a blank one",
    by=mapping(
        categories={
            "others": "keep",
            "names": {"Noise": "Noise nuisance", "Begging": "Begging", "Fly-tipping": "Fly-tipping"},
        }
    ),
    findings={"categories without a translation were kept as they are": 2, "the category is blank": 1},
)
def _new_category() -> Made:
    return plain(changed("Case Type", {2: "Drones", 3: "Drones", 9: ""}))


@header(
    "same_file_twice/",
    "a copy of the file beside it",
    error="hold the same bytes: all 40 rows would count twice",
)
def _same_file_twice() -> Made:
    data = text_of(lines_of(cases()))
    return Made({"cases.csv": data, "cases (1).csv": data}, 2 * COUNT)


@header(
    "overlapping_files/", "two exports whose weeks overlap", findings={"this id stands on an earlier row": 10}
)
def _overlapping_files() -> Made:
    rows = cases()
    return Made({"a.csv": text_of(lines_of(rows[:25])), "b.csv": text_of(lines_of(rows[15:]))}, 50)


@header("column_gone_in_one/", "one file of a folder lost a column", error="b.csv has no column 'UPRN'")
def _column_gone_in_one() -> Made:
    rows, short = cases(), [name for name in HEADER if name != "UPRN"]
    return Made({"a.csv": text_of(lines_of(rows[:20])), "b.csv": text_of(lines_of(rows[20:], short))}, COUNT)


@header(
    "repeated_ids.csv",
    "three cases entered twice under one number",
    findings={"this id stands on an earlier row": 3},
)
def _repeated_ids() -> Made:
    rows = cases()
    return plain([*rows, *(dict(rows[at]) for at in (3, 8, 21))])


@header(
    "cells_shifted.csv",
    "cells were deleted and the rest of the row moved left",
    aside={"unreadable coordinates": 2},
    findings={"UPRNs were filled up with zeros": 2},
)
def _cells_shifted() -> Made:
    body = [line.split(",") for line in lines_of(cases())]
    for at, cut in ((13, 6), (27, 2)):
        body[at] = [*body[at][:cut], *body[at][cut + 1 :], ""]
    return lines([",".join(line) for line in body])


@header(
    "cells_shifted_by_one.csv",
    "the same in an export with the telephone number right of the northing",
    aside={"unreadable coordinates": 1},
    findings={"UPRNs were filled up with zeros": 1},
)
def _cells_shifted_by_one() -> Made:
    order = [*HEADER[:5], "Site Name", "UPRN", "Easting", "Northing", "Reporter Phone", "Notes"]
    body = [line.split(",") for line in lines_of(cases(), order)]
    body[13] = [*body[13][:5], *body[13][6:], ""]
    return lines([",".join(line) for line in body])


# --------------------------------------------------------------------------------------------------------------
book = partial(dirty, "Workbooks")


@book(
    "titles_above.xlsx",
    "a title and its merged cells above the header in row 4, as the mapping says",
    by=mapping(file={"header_row": 4}),
    findings=ONLY,
)
def _titles_above_sheet() -> Made:
    titles = [["Cases of the council"], [], ["January to June 2025"]]
    return Made({"": sheet([*titles, *grid(cases())], merged=[(0, 0, 0, 10), (2, 0, 2, 4)])}, COUNT)


@book("titles_unsaid.xlsx", "the same, and the mapping does not say so", error="its row 4 holds the names")
def _titles_unsaid() -> Made:
    return _titles_above_sheet()


@book("starts_in_column_c.xlsx", "the table starts in cell C6", findings=ONLY)
def _starts_in_column_c() -> Made:
    return Made({"": sheet([*[[]] * 5, *([None, None, *row] for row in grid(cases()))])}, COUNT)


@book(
    "merged_down.xlsx",
    "one merged cell says the category of five rows",
    findings={**ONLY, "the category is blank": 4},
)
def _merged_down() -> Made:
    rows = changed("Case Type", dict.fromkeys(range(11, 15)))
    return Made({"": sheet(grid(rows), merged=[(11, 1, 15, 1)])}, COUNT)


@book("dates_as_text.xlsx", "dates typed as text, not dates", findings=ONLY)
def _dates_as_text() -> Made:
    cells = grid(cases())
    for line, row in zip(cells[1:], cases(), strict=True):
        line[2] = row["Opened"]
    return Made({"": sheet(cells)}, COUNT)


@book(
    "dates_half_swapped.xlsx",
    "a spreadsheet made days into months wherever it could, and left the others as text",
    by=mapping(source={"period": None}, check={"as_of": None}),
    findings={
        **ONLY,
        "a spreadsheet has probably exchanged day and month": 16,
        "no row is dated in 2025-08": 0,
    },
    altered=16,
)
def _dates_half_swapped() -> Made:
    cells = grid(cases())
    for line in cells[1:]:
        day, month = line[2].day, line[2].month
        line[2] = line[2].replace(day=month, month=day) if day <= 12 else clock(line[2])
    return Made({"": sheet(cells)}, COUNT)


@book(
    "day_numbers.xlsx",
    "dates as numbers such as 45663.4",
    findings={**ONLY, "written as a spreadsheet's day number": COUNT},
)
def _day_numbers() -> Made:
    cells = grid(cases())
    for line in cells[1:]:
        line[2] = (line[2] - datetime(1899, 12, 30)) / timedelta(days=1)
    return Made({"": sheet(cells)}, COUNT)


@book("days_from_1904.xlsx", "a workbook whose days are counted from 1904", findings=ONLY)
def _days_from_1904() -> Made:
    return Made({"": sheet(grid(cases()), date_1904=True)}, COUNT)


@book("formulas.xlsx", "coordinates as formulas, their values saved with the file", findings=ONLY)
def _formulas() -> Made:
    cells = grid(cases())
    for line in cells[1:]:
        line[8] = (f"={line[8] - 1}+1", line[8])
    return Made({"": sheet(cells)}, COUNT)


@book(
    "formulas_never_calculated.xlsx",
    "formulas that no spreadsheet has calculated yet",
    findings=ONLY | {"none of the file's rows was used": COUNT},
    aside={"no location": COUNT},
)
def _formulas_never_calculated() -> Made:
    cells = grid(cases())
    for line in cells[1:]:
        line[8] = (f"={line[8] - 1}+1", "")
    return Made({"": sheet(cells)}, COUNT)


@book("errors_in_cells.xlsx", "#N/A and #REF! where a lookup failed", findings=ONLY, aside={"no location": 3})
def _errors_in_cells() -> Made:
    errors = dict(zip((4, 5, 30), ("#N/A", "#REF!", "#VALUE!"), strict=True))
    cells = grid(cases())
    for at, error in errors.items():
        cells[at][8] = ("=VLOOKUP(1,A1:B2,2)", error)
    return Made({"": sheet(cells)}, COUNT)


@book("row_of_errors.xlsx", "a row in which every cell is #REF!", findings=ONLY, aside={"blank row": 1})
def _row_of_errors() -> Made:
    cells = [*grid(cases()), [("=Z1", "#REF!")] * len(HEADER)]
    return Made({"": sheet(cells)}, COUNT + 1)


@book(
    "blank_rows.xlsx",
    "empty rows between the months and spaces in the cells of one of them",
    findings=ONLY,
    aside={"blank row": 1},
)
def _blank_rows_sheet() -> Made:
    cells = grid(cases())
    return Made({"": sheet([*cells[:15], [], [], *cells[15:30], [" "] * 3, *cells[30:]])}, COUNT + 1)


@book("metres_as_text.xlsx", "numbers stored as text, with spaces", findings=ONLY)
def _metres_as_text() -> Made:
    cells = grid(cases())
    for line in cells[1:]:
        line[8], line[9] = f" {line[8]}", f"{line[9]} "
    return Made({"": sheet(cells)}, COUNT)


@book(
    "two_sheets.xlsx",
    "two sheets, and the mapping names none",
    error="has 2 sheets: 'Cases', 'Notes'; choose one",
)
def _two_sheets() -> Made:
    return Made({"": sheet(grid(cases()), Notes=[["made on 1 July"]])}, COUNT)


@book(
    "sheet_renamed.xlsx",
    "the mapping names a sheet that is not there",
    by=mapping(file={"sheet": "Export"}),
    error="has no sheet 'Export'; it has 'Cases'",
)
def _sheet_renamed() -> Made:
    return workbook(cases())


@book("empty_sheet.xlsx", "a sheet without a cell", error="holds no header; the sheet has 0 rows")
def _empty_sheet() -> Made:
    return Made({"": sheet([])}, 0)


@book(
    "password.xlsx",
    "a workbook with a password",
    error="with a password; save it as .xlsx without a password",
)
def _password() -> Made:
    # Office writes an encrypted workbook as an OLE compound file.
    return Made(
        {"": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\x00\x03\x00" + bytes(1000)}, COUNT
    )


@book(
    "stray_cell.xlsx",
    "a stray letter in the last cell of the sheet, XFD1048576",
    error="cells, nearly all empty",
)
def _stray_cell() -> Made:
    cells: list[list[Any]] = grid(cases())
    return Made({"": sheet(cells, stray=(1_048_575, 16_383))}, COUNT + 1)


@book("cut_off.xlsx", "half of a workbook", error="cannot be read as a workbook")
def _cut_off_sheet() -> Made:
    data = sheet(grid(cases()))
    return Made({"": data[: len(data) // 2]}, COUNT)


@book(
    "claims_4_gb.xlsx",
    "a small workbook that claims to unpack to 4 GB",
    error="unpacks to 4,294,967,200 bytes",
)
def _claims_4_gb() -> Made:
    raw = bytearray(sheet(grid(cases())))
    at = raw.index(b"xl/worksheets/sheet1.xml", raw.index(b"PK\x01\x02")) - 46
    raw[at + 24 : at + 28] = struct.pack("<I", 4_294_967_200)
    return Made({"": bytes(raw)}, COUNT)


@book(
    "archive_claims_4_gb.zip",
    "an archive whose file claims to unpack to 4 GB",
    error="unpacks to 4,294,967,200 bytes",
)
def _archive_claims_4_gb() -> Made:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("cases.csv"), text_of(lines_of(cases())))
    raw = bytearray(data.getvalue())
    at = raw.index(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 4_294_967_200)
    return Made({"": bytes(raw)}, COUNT)


# --------------------------------------------------------------------------------------------------------------
when = partial(dirty, "Dates and times")


@when(
    "two_digit_years.csv",
    "years of two digits",
    findings={"the year has two digits; not read": COUNT, "none of the file's rows was used": COUNT},
    aside={"unreadable date": COUNT},
)
def _two_digit_years() -> Made:
    return plain(every("Opened", lambda row: moment_of(row).strftime("%d/%m/%y %H:%M")))


@when(
    "two_digit_years_asked_for.csv",
    "the same, and the mapping asks to read them",
    by=mapping(fix={"two_digit_years": True}),
    findings={"the year has two digits; read as 2000 to 2068": COUNT},
)
def _two_digit_years_asked_for() -> Made:
    return _two_digit_years()


@when(
    "month_first.csv",
    "an export with months first, read as days first",
    findings={
        "the column looks month-first, but dates.order is day-first": 24,
        "though the column looks month-first": 16,
        "every day is 12 or less": 16,
        "after as_of": 7,
        "outside the months": 7,
    },
    aside={"unreadable date": 24},
    altered=16,
)
def _month_first() -> Made:
    return plain(every("Opened", lambda row: moment_of(row).strftime("%m/%d/%Y %H:%M")))


@when(
    "both_orders.csv",
    "two systems pasted together, one with days first and one with months first",
    findings={
        "the date can only be month-first, others of the column only day-first": 11,
        "the column holds both orders": 16,
        "after as_of": 3,
        "outside the months": 3,
    },
    aside={"unreadable date": 11},
    altered=9,
)
def _both_orders() -> Made:
    rows = cases()
    return plain(
        [*rows[:20], *every("Opened", lambda row: moment_of(row).strftime("%m/%d/%Y %H:%M"), rows[20:])]
    )


@when(
    "days_up_to_12.csv",
    "day and month were exchanged in an earlier export: no day is above 12",
    by=mapping(source={"period": None}, check={"as_of": None}),
    findings={"every day is 12 or less over three months or more": COUNT},
    altered=COUNT,
)
def _days_up_to_12() -> Made:
    return plain(
        every(
            "Opened",
            lambda row: (
                f"{1 + int(row['Case Ref'][1:]) % 12:02d}/{1 + int(row['Case Ref'][1:]) * 7 % 11:02d}/2025 10:07"
            ),
        )
    )


@when(
    "future_dates.csv",
    "two cases of next year",
    findings={"the date is after as_of": 2, "outside the months": 2},
    altered=2,
)
def _future_dates() -> Made:
    return plain(changed("Opened", {5: "03/02/2026 11:15", 6: "04/02/2026 11:16"}))


@when(
    "mistyped_year.csv",
    "the year 2052 for 2025, and nothing that says when the data ends",
    by=mapping(source={"period": None}, check={"as_of": None}),
    findings={"more than a year after the rest of the file": 1},
    altered=1,
)
def _mistyped_year() -> Made:
    return plain(changed("Opened", {5: "03/02/2052 11:15"}))


@when(
    "end_before_start.csv",
    "two cases that ended before they began",
    by=mapping(columns={"end": "Closed"}),
    findings={"the end is before the start": 2},
)
def _end_before_start() -> Made:
    return plain(changed("Closed", {5: "03/01/2025 11:15", 9: "01/01/2025 11:15"}))


@when(
    "midnight.csv",
    "00:00 written wherever the time is not known",
    findings={"00:00 holds more rows than chance allows": 12},
    altered=12,
)
def _midnight() -> Made:
    return plain(
        changed("Opened", {at: row["Opened"][:10] + " 00:00" for at, row in enumerate(cases()) if at % 7 < 2})
    )


@when(
    "impossible_days.csv",
    "30 February and 31 June",
    findings={"the day or month does not exist": 2},
    aside={"unreadable date": 2},
)
def _impossible_days() -> Made:
    return plain(changed("Opened", {5: "30/02/2025 11:15", 20: "31/06/2025 11:15"}))


@when("unknown.csv", "“unknown”, “n/a” and a dash for the date", aside={"no date": 3})
def _unknown() -> Made:
    return plain(changed("Opened", {5: "unknown", 6: "n/a", 20: "-"}))


@when(
    "words_for_dates.csv",
    "“last Tuesday” and “see notes” for the date",
    findings={"the text is no date": 2},
    aside={"unreadable date": 2},
)
def _words_for_dates() -> Made:
    return plain(changed("Opened", {5: "last Tuesday", 6: "see notes"}))


@when(
    "default_date.csv",
    "01/01/1900 where the system has no date",
    findings={"the date is one that systems write for none": 3},
    aside={"no date": 3},
)
def _default_date() -> Made:
    return plain(changed("Opened", dict.fromkeys((5, 6, 30), "01/01/1900 00:00")))


@when(
    "times_that_are_none.csv",
    "25:70 for a time, beside the date",
    by=mapping(columns={"start": None, "date": "Opened", "time": "Closed"}),
    findings={"the time cannot be read; the date is kept": 2},
    altered=2,
)
def _times_that_are_none() -> Made:
    rows = every("Closed", lambda row: row["Opened"][11:], every("Opened", lambda row: row["Opened"]))
    rows = every("Opened", lambda row: row["Opened"][:10], rows)
    rows[3]["Closed"], rows[4]["Closed"] = "25:70", "evening"
    return plain(rows)


@when(
    "times_without_zeros.csv",
    "times as numbers that lost their leading zeros: 5 for 00:05, 930 for 09:30",
    by=mapping(columns={"start": None, "date": "Opened", "time": "Closed"}),
    findings={"the time cannot be read; the date is kept": 1},
    altered=1,
)
def _times_without_zeros() -> Made:
    rows = every("Closed", lambda row: str(int(row["Opened"][11:].replace(":", ""))))
    rows = every("Opened", lambda row: row["Opened"][:10], rows)
    rows[3]["Closed"] = "5"
    return plain(rows)


@when(
    "zones_written.csv",
    "some times in UTC, some an hour ahead, as the texts say",
    by=mapping(dates={"order": "iso"}),
    findings={"the time is written with its zone": 26},
    altered=12,
)
def _zones_written() -> Made:
    rows = every("Opened", lambda row: moment_of(row).isoformat())
    ends = ("", "Z", "+01:00")
    return plain([{**row, "Opened": row["Opened"] + ends[at % 3]} for at, row in enumerate(rows)])


@when(
    "clock_of_utc.csv",
    "a system that writes UTC all year",
    by=mapping(source={"time_zone": "UTC"}),
    findings={"the time was written by the clock of UTC": 20},
    altered=20,
)
def _clock_of_utc() -> Made:
    return plain(cases())


@when(
    "hour_that_is_not.csv",
    "01:30 on the night when the clocks go forward",
    findings={"the time does not exist": 1},
    altered=1,
)
def _hour_that_is_not() -> Made:
    return plain(changed("Opened", {19: "30/03/2025 01:30"}))


@when(
    "hour_that_comes_twice.csv",
    "01:30 on the night when the clocks go back",
    by=mapping(source={"period": "2025-01 to 2025-10"}, check={"as_of": "2025-10-31"}),
    findings={"the time came twice": 1},
    altered=1,
)
def _hour_that_comes_twice() -> Made:
    return plain(changed("Opened", {39: "26/10/2025 01:30"}))


@when(
    "months_only.csv",
    "“Mar 2025” for some of the dates",
    findings={"the date gives a month only": 3},
    altered=3,
)
def _months_only() -> Made:
    return plain(changed("Opened", {12: "Mar 2025", 13: "March 2025", 14: "03/2025"}))


@when(
    "first_of_the_month.csv",
    "the first of the month for every date",
    findings={"every date is the first of its month": COUNT},
    altered=COUNT,
)
def _first_of_the_month() -> Made:
    return plain(every("Opened", lambda row: "01" + row["Opened"][2:10]))


@when(
    "month_missing.csv",
    "no case in March, and the mapping does not say which months were exported",
    by=mapping(source={"period": None}),
    findings={"no row is dated in 2025-03": 0},
)
def _month_missing() -> Made:
    return plain([row for row in cases() if row["Opened"][3:5] != "03"])


@when(
    "months_not_stated.csv",
    "cases of June in a file that is said to end in May",
    by=mapping(source={"period": "2025-01 to 2025-05"}),
    findings={"outside the months that the mapping says": 6},
)
def _months_not_stated() -> Made:
    return plain(cases())


@when(
    "wrong_format.csv",
    "dates in another form than the format of the mapping",
    by=mapping(dates={"order": None, "format": "%d/%m/%Y %H:%M"}),
    findings={"the date does not fit dates.format": 2},
    aside={"unreadable date": 2},
)
def _wrong_format() -> Made:
    return plain(changed("Opened", {5: "2025-02-01 11:15", 6: "2 Feb 2025"}))


# --------------------------------------------------------------------------------------------------------------
where = partial(dirty, "Coordinates and places")


@where(
    "all_swapped.csv",
    "easting and northing exchanged throughout",
    findings={"easting and northing look swapped": COUNT, "none of the file's rows was used": COUNT},
    aside={"coordinates look swapped": COUNT},
)
def _all_swapped() -> Made:
    return plain([{**row, "Easting": row["Northing"], "Northing": row["Easting"]} for row in cases()])


@where(
    "some_swapped.csv",
    "easting and northing exchanged in three rows",
    findings={"easting and northing look swapped": 3},
    aside={"coordinates look swapped": 3},
)
def _some_swapped() -> Made:
    rows = cases()
    return plain(moved({at: (rows[at]["Northing"], rows[at]["Easting"]) for at in (2, 18, 33)}))


@where(
    "swapped_back.csv",
    "the same, and the mapping asks to swap them back",
    by=mapping(fix={"swap_coordinates": True}),
    findings={"looked swapped; swapped back": 3},
)
def _swapped_back() -> Made:
    return _some_swapped()


@where(
    "degrees_in_metres.csv",
    "longitude and latitude in the columns of metres, in two rows",
    findings={"degrees stand in columns of metres": 2},
    aside={"degrees in metre columns": 2},
)
def _degrees_in_metres() -> Made:
    return plain(moved({4: ("-1.99021", "52.50117"), 5: ("-1.99113", "52.50209")}))


@where(
    "metres_in_degrees.csv",
    "easting and northing in the columns of degrees, in two rows",
    by=DEGREES,
    findings={"metres stand in columns of degrees": 2},
    aside={"metres in degree columns": 2},
)
def _metres_in_degrees() -> Made:
    return degrees(lambda at, lon, lat: ("400123", "289456") if at in (4, 5) else (lon, lat))


@where(
    "lat_lon_swapped.csv",
    "longitude and latitude exchanged in three rows",
    by=DEGREES,
    findings={"longitude and latitude are swapped": 3},
    aside={"coordinates look swapped": 3},
)
def _lat_lon_swapped() -> Made:
    return degrees(lambda at, lon, lat: (lat, lon) if at in (4, 5, 6) else (lon, lat))


@where(
    "minus_lost.csv",
    "the minus sign of the longitude lost in two rows: points in the North Sea",
    by=DEGREES,
    findings={"the point is outside Great Britain": 2},
    aside={"coordinates outside Great Britain": 2},
)
def _minus_lost() -> Made:
    return degrees(lambda at, lon, lat: (-lon, lat) if at in (4, 5) else (lon, lat))


@where(
    "degrees_cut.csv",
    "degrees cut to two decimals in twelve rows",
    by=DEGREES,
    findings={"degrees are cut to two decimals": 12},
)
def _degrees_cut() -> Made:
    return degrees(lambda at, lon, lat: (f"{lon:.2f}", f"{lat:.2f}") if at < 12 else (lon, lat))


@where("degrees_minutes_seconds.csv", "degrees, minutes and seconds", by=DEGREES)
def _degrees_minutes_seconds() -> Made:
    return degrees(lambda at, lon, lat: (f"1°59'{10 + at % 40}\"W", f"52°30'{10 + at * 7 % 40}\"N"))


@where("typographic_minus.csv", "a longer minus sign, as web pages and documents write it", by=DEGREES)
def _typographic_minus() -> Made:
    return degrees(lambda at, lon, lat: (f"\N{MINUS SIGN}{-lon:.6f}", lat))


@where(
    "nought_nought.csv",
    "0, 0 where there are no coordinates",
    findings={"the coordinates are 0, 0": 3},
    aside={"no location": 3},
)
def _nought_nought() -> Made:
    return plain(moved(dict.fromkeys((4, 5, 30), (0, 0))))


@where(
    "false_origin.csv",
    "the grid's 0, 0 as longitude and latitude, and the Gulf of Guinea",
    by=DEGREES,
    findings={"the false origin of the National Grid": 2, "the coordinates are 0, 0": 1},
    aside={"no location": 3},
)
def _false_origin() -> Made:
    odd = {4: ("-7.557160", "49.766807"), 5: ("-7.557160", "49.766807"), 6: ("0", "0")}
    return degrees(lambda at, lon, lat: odd.get(at, (lon, lat)))


@where(
    "origin_in_metres.csv",
    "longitude 0, latitude 0 turned into metres of the grid",
    findings={"those of longitude 0, latitude 0": 2},
    aside={"no location": 2},
)
def _origin_in_metres() -> Made:
    return plain(moved(dict.fromkeys((4, 5), ("622675", "-5527598"))))


@where(
    "digit_lost.csv",
    "a digit of the northing lost in two rows: points in the sea",
    findings={"the point is outside Great Britain": 2},
    aside={"coordinates outside Great Britain": 2},
)
def _digit_lost() -> Made:
    return plain(moved({4: ("400123", "28945"), 5: ("400987", "28817")}))


@where(
    "irish_grid.csv",
    "two cases in Belfast, in the Irish Grid: land of Great Britain by bad luck of the numbers",
    findings={"more than 100 km from the middle": 2},
    altered=2,
)
def _irish_grid() -> Made:
    return plain(moved({4: ("333912", "374211"), 5: ("334021", "374303")}))


@where("far_away.csv", "one case in Aberdeen", findings={"more than 100 km from the middle": 1}, altered=1)
def _far_away() -> Made:
    return plain(moved({4: ("394112", "806233")}))


@where(
    "web_map_metres.csv",
    "metres of a web map in two rows",
    findings={"look like metres of Web Mercator": 2},
    aside={"coordinates outside Great Britain": 2},
)
def _web_map_metres() -> Made:
    return plain(moved({4: ("-221527.3", "6891234.1"), 5: ("-221633.9", "6891309.4")}))


@where(
    "default_point.csv",
    "the council house for every address that was not found",
    findings={"one coordinate holds an implausible share": 24},
    altered=24,
)
def _default_point() -> Made:
    return plain(moved(dict.fromkeys(range(2, 26), ("400417", "289633"))))


@where(
    "cut_to_100_m.csv",
    "coordinates cut to whole 100 m",
    findings={"coordinates are cut to whole 100 m": COUNT},
    altered=COUNT,
)
def _cut_to_100_m() -> Made:
    return plain(
        [{**row, **{name: row[name][:4] + "00" for name in ("Easting", "Northing")}} for row in cases()]
    )


@where("thousands_separators.csv", "commas between the thousands: 400,123")
def _thousands_separators() -> Made:
    return plain(
        [{**row, **{name: f"{int(row[name]):,}" for name in ("Easting", "Northing")}} for row in cases()]
    )


@where(
    "words_for_coordinates.csv",
    "“see notes” and both numbers in one cell",
    aside={"unreadable coordinates": 1, "no location": 1},
)
def _words_for_coordinates() -> Made:
    return plain(moved({4: ("see notes", "see notes"), 5: ("400123, 289456", "")}))


@where("blank_coordinates.csv", "five cases without coordinates", aside={"no location": 5})
def _blank_coordinates() -> Made:
    return plain(moved(dict.fromkeys((1, 4, 5, 30, 31), ("", ""))))


@where(
    "grid_references.csv",
    "a reference in no square, one of four digits, one cut short, one in words",
    by=REFERENCE,
    findings={"names a 100 km square outside Great Britain": 1, "has four digits or fewer": 1},
    aside={"coordinates outside Great Britain": 1, "unreadable coordinates": 2},
)
def _grid_references() -> Made:
    odd = {3: "ZZ 0012 9134", 4: "SP 01 91", 5: "SP 0012 913", 6: "by the canal"}
    rows = [{**row, "Grid Ref": odd.get(at, f"SP {at:02d}12 9{at:02d}4")} for at, row in enumerate(cases())]
    return plain(rows, [*HEADER[:8], "Grid Ref", "Notes"])


@where("uprn_with_point.csv", "UPRNs that became numbers with a decimal point: 100071234567.0")
def _uprn_with_point() -> Made:
    return plain(every("UPRN", lambda row: row["UPRN"] + ".0"))


@where(
    "uprn_scientific.csv",
    "UPRNs that a spreadsheet shortened to 1.00071E+11",
    findings={"place ids are in scientific notation": COUNT},
)
def _uprn_scientific() -> Made:
    return plain(every("UPRN", lambda row: f"{int(row['UPRN']):.5E}"))


@where(
    "uprn_without_zeros.csv",
    "UPRNs that lost their leading zeros",
    findings={"UPRNs were filled up with zeros to 12 digits": COUNT},
)
def _uprn_without_zeros() -> Made:
    return plain(every("UPRN", lambda row: row["UPRN"][3:]))


LOOKUP = {"file": "uprns.csv", "key": "UPRN", "match": "UPRN", "easting": "X", "northing": "Y"}
LOOKED_UP = mapping(coordinates={"easting": None, "northing": None, "lookup": LOOKUP})


def looked_up(rows: list[Row], again: Sequence[str] = ()) -> Made:
    """Return rows without coordinates, and a lookup table of the sound UPRNs with some lines added."""
    table = ["UPRN,X,Y", *(f"{row['UPRN']},{row['Easting']},{row['Northing']}" for row in cases()), *again]
    made = plain(rows, [*HEADER[:8], "Notes"])
    return Made(made.files, made.rows, {"uprns.csv": text_of(table)})


@where(
    "lookup_keys.csv",
    "UPRNs to be looked up: two shortened to 1.00071E+11, one unknown, one blank, the rest with .0",
    by=LOOKED_UP,
    findings={
        "has lost digits": 2,
        "the key is not in the lookup table": 1,
        "place ids are in scientific notation": 2,
        "the place id is blank": 1,
    },
    aside={"not in the lookup table": 3, "no location": 1},
)
def _lookup_keys() -> Made:
    rows = every("UPRN", lambda row: row["UPRN"] + ".0")
    for at, key in {3: "1.00071E+11", 4: "1.00071E+11", 5: "100079999999", 6: ""}.items():
        rows[at]["UPRN"] = key
    return looked_up(rows)


@where(
    "lookup_twice.csv",
    "a lookup table in which one UPRN has two places",
    by=LOOKED_UP,
    error="stands twice with different places",
)
def _lookup_twice() -> Made:
    rows = cases()
    return looked_up(rows, [f"{rows[0]['UPRN']},400001,289001"])


@where(
    "lookup_gone.csv",
    "the lookup table is not where the mapping says",
    by=LOOKED_UP,
    error="the lookup table uprns.csv does not exist",
)
def _lookup_gone() -> Made:
    return Made(looked_up(cases()).files, COUNT)


# --------------------------------------------------------------------------------------------------------------
layer = partial(dirty, "Parquet, GeoPackage and GeoJSON")


@layer(
    "zoned.parquet",
    "times with a zone, categories and decimals, as databases write Parquet",
    findings={"the time is written with its zone": COUNT},
    altered=20,
)
def _zoned_parquet() -> Made:
    frame = pd.DataFrame(cases())
    frame["Opened"] = pd.to_datetime(frame["Opened"], dayfirst=True).dt.tz_localize("UTC")
    frame["Case Type"] = frame["Case Type"].astype("category")
    frame["Easting"] = frame["Easting"].astype("float32")
    data = io.BytesIO()
    frame.to_parquet(data, index=False)
    return Made({"": data.getvalue()}, COUNT)


@layer("cut_off.parquet", "half of a Parquet file", error="cannot be read as Parquet")
def _cut_off_parquet() -> Made:
    whole = _zoned_parquet().files[""]
    return Made({"": whole[: len(whole) // 2]}, COUNT)


@layer(
    "shapes.gpkg",
    "an outline, an empty point and no geometry among the points",
    by=GEOMETRY,
    aside={"no location": 2, "unreadable coordinates": 1},
)
def _shapes() -> Made:
    rows = cases()
    shapes = points(rows)
    shapes[4], shapes[5], shapes[6] = shapely.box(400000, 289000, 400100, 289100), shapely.Point(), None
    return Made({"": layer_file(".gpkg", {"cases": spatial(rows, shapes)})}, COUNT)


@layer(
    "no_reference_system.gpkg",
    "points that do not say their reference system",
    by=GEOMETRY,
    error="no_reference_system.gpkg do not say their coordinate reference system",
)
def _no_reference_system() -> Made:
    rows = cases()
    return Made({"": layer_file(".gpkg", {"cases": spatial(rows, points(rows), crs=None)})}, COUNT)


@layer(
    "two_layers.gpkg",
    "two layers, and the mapping names none",
    by=GEOMETRY,
    error="has 2 layers: 'cases', 'wards'",
)
def _two_layers() -> Made:
    rows = cases()
    frame = spatial(rows, points(rows))
    return Made({"": layer_file(".gpkg", {"cases": frame, "wards": frame.head(3)})}, COUNT)


def geojson(change: Callable[[int, float, float], Any]) -> dict[str, Any]:
    """Return features with points, each changed by its position."""
    features = []
    for at, row in enumerate(cases()):
        place = change(at, round(-2.03 + 0.001371 * at, 6), round(52.49 + 0.000713 * (at * 17 % 40), 6))
        shape = None if place is None else {"type": "Point", "coordinates": list(place)}
        features.append({"type": "Feature", "properties": row, "geometry": shape})
    return {"type": "FeatureCollection", "features": features}


@layer(
    "lat_first.geojson",
    "latitude before longitude",
    by=GEOMETRY,
    findings={"longitude and latitude are swapped": COUNT, "none of the file's rows was used": COUNT},
    aside={"coordinates look swapped": COUNT},
)
def _lat_first() -> Made:
    return Made({"": json.dumps(geojson(lambda at, lon, lat: (lat, lon))).encode()}, COUNT)


@layer(
    "metres.geojson",
    "metres of the National Grid in a format that knows only degrees",
    by=GEOMETRY,
    findings={"metres stand where the file says degrees": COUNT, "none of the file's rows was used": COUNT},
    aside={"metres in degree columns": COUNT},
)
def _metres_geojson() -> Made:
    return Made(
        {"": json.dumps(geojson(lambda at, lon, lat: (398_001 + 97 * at, 288_003 + 31 * at))).encode()}, COUNT
    )


@layer("no_points.geojson", "three features without geometry", by=GEOMETRY, aside={"no location": 3})
def _no_points() -> Made:
    made = geojson(lambda at, lon, lat: None if at in (3, 4, 5) else (lon, lat))
    return Made({"": json.dumps(made).encode()}, COUNT)


@layer("cut_off.geojson", "half of a GeoJSON file", by=GEOMETRY, error="cannot be read as GeoJSON")
def _cut_off_geojson() -> Made:
    data = json.dumps(geojson(lambda at, lon, lat: (lon, lat))).encode()
    return Made({"": data[: len(data) // 2]}, COUNT)


@layer(
    "list_of_records.json",
    "JSON, but not GeoJSON: a list of records as web services send it",
    error="is JSON",
)
def _list_of_records() -> Made:
    return Made({"": json.dumps(cases(), indent=1).encode()}, COUNT)


@layer(
    "wrong_reference_system.gpkg",
    "metres of the National Grid under the name of degrees",
    by=GEOMETRY,
    findings={"metres stand where the file says degrees": COUNT, "none of the file's rows was used": COUNT},
    aside={"metres in degree columns": COUNT},
)
def _wrong_reference_system() -> Made:
    rows = cases()
    return Made({"": layer_file(".gpkg", {"cases": spatial(rows, points(rows), crs=4326)})}, COUNT)


# --------------------------------------------------------------------------------------------------------------
police = partial(dirty, "data.police.uk", police=True)
STREET = "{}-test-force-street.csv"


def street(months: dict[str, list[str]]) -> Made:
    """Return a folder of street files by month."""
    files = {STREET.format(month): (TWELVE + "".join(rows)).encode() for month, rows in months.items()}
    return Made(files, sum(map(len, months.values())))


def one_month(month: str = "2014-01", **columns: str) -> list[str]:
    return [street_row(f"{month}-{at}", month, **columns) for at in range(10)]


@police("police_month_missing/", "the file of one month was never downloaded", gaps=("2014-02",))
def _police_month_missing() -> Made:
    return street({"2014-01": one_month(), "2014-03": one_month("2014-03")})


@police(
    "police_month_twice/",
    "the same month from two downloads",
    error="2014-01 of data.police.uk/test-force stands in two files",
)
def _police_month_twice() -> Made:
    data = (TWELVE + "".join(one_month())).encode()
    name = STREET.format("2014-01")
    return Made({f"first/{name}": data, f"second/{name}": data + street_row("x").encode()}, 21)


@police(
    "police_months_as_dates.csv",
    "a spreadsheet turned 2014-01 into Jan-14",
    findings={"none of the file's rows was used": 10},
    aside={"unreadable month": 10},
)
def _police_months_as_dates() -> Made:
    return Made(
        {"": (TWELVE + "".join(street_row(f"m{at}", month="Jan-14") for at in range(10))).encode()}, 10
    )


@police(
    "police_semicolons.csv",
    "saved again by a spreadsheet, with semicolons",
    error="is not a data.police.uk street file",
)
def _police_semicolons() -> Made:
    return Made({"": (TWELVE + "".join(one_month())).replace(",", ";").encode()}, 10)


@police(
    "police_no_location.csv", "rows without a point, and the old columns of 2010-11", aside={"no location": 3}
)
def _police_no_location() -> Made:
    return Made({"": (EIGHT + old_row() * 7 + old_row("", "") * 3).encode()}, 10)


@police("police_identical_rows.csv", "twelve rows of anti-social behaviour that are the same byte for byte")
def _police_identical_rows() -> Made:
    return Made({"": (TWELVE + street_row("", category="Anti-social behaviour") * 12).encode()}, 12)


@police(
    "police_ids_again/",
    "crime ids that come again in a later month",
    findings={"Crime ID stands in an earlier row": 4},
)
def _police_ids_again() -> Made:
    later = [*one_month("2014-02"), *(street_row(f"2014-01-{at}", "2014-02") for at in range(4))]
    return street({"2014-01": one_month(), "2014-02": later})


@police(
    "police_column_added.csv",
    "somebody added a column of their own",
    findings={"columns that data.police.uk does not publish": 10},
)
def _police_column_added() -> Made:
    rows = [row.rstrip("\r\n") + ",yes\r\n" for row in one_month()]
    return Made({"": (TWELVE.rstrip("\r\n") + ",Visited\r\n" + "".join(rows)).encode()}, 10)


@police(
    "police_wrong_month/",
    "the file's name says January, its rows February",
    findings={"the file name says 2014-01 but the rows say another month": 10},
)
def _police_wrong_month() -> Made:
    return street({"2014-01": one_month("2014-02")})


def write(case: Dirty, folder: Path) -> tuple[Path, Mapping | None, int]:
    """Write one case into a folder; return what the reader is given, its mapping, and the rows written."""
    made = case.make()
    place = folder / FOLDER / case.name
    for name, data in made.files.items():
        path = place / name if name else place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    tables = folder / "lookup" / case.name
    for name, data in made.beside.items():
        tables.mkdir(parents=True, exist_ok=True)
        (tables / name).write_bytes(data)
    plan = case.mapping
    if plan is not None and "lookup" in plan.get("coordinates", {}):
        table = {**LOOKUP, "file": str(tables / LOOKUP["file"])}
        plan = {**plan, "coordinates": {"lookup": table}}
    return place, plan, made.rows


if __name__ == "__main__":
    for each in FILES:
        write(each, Path(sys.argv[1]))
