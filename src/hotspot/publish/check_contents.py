"""What stands in the files of a folder: every text, member, table and geometry that a reader could get out."""

from __future__ import annotations

import csv
import io
import math
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

ZIPPED = (".xlsx", ".docx", ".zip", ".odt", ".ods", ".pptx", ".kmz")
_MOST_BYTES = 200_000_000
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_INTERVAL = re.compile(r"^'?(\d[\d,]*)(?: to (\d[\d,]*)| or more)?$")


@dataclass(frozen=True)
class Sheet:
    """One table found in a file: its header and rows, all as text."""

    file: str
    name: str
    header: list[str]
    rows: list[list[str]]


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and text of a file and of every member inside it, decompressed."""
    data = path.read_bytes()
    suffix = path.suffix.lower()
    if suffix in ZIPPED:
        yield from _members(path.name, data)
    elif suffix in (".gpkg", ".sqlite", ".db"):
        for table, header, rows in _database(path):
            lines = [",".join(header), *(",".join(row) for row in rows)]
            yield f"{path.name} table {table}", "\n".join(lines)
    elif suffix == ".pdf":
        yield path.name, data.decode("latin-1") + "".join(_streams(data))
    elif suffix == ".png":
        yield path.name, "\n".join(_chunks(data))
    else:
        yield path.name, data.decode("utf-8-sig", errors="replace")


def sheets_of(path: Path) -> Iterator[Sheet]:
    """Yield every table of a file: CSV, workbook, database, page or document."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig", errors="replace"))))
        yield from _sheet(path.name, "", rows)
    elif suffix == ".xlsx":
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            rows = [[_plain(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]
            yield from _sheet(path.name, name, rows)
    elif suffix in (".gpkg", ".sqlite", ".db"):
        for table, header, rows in _database(path):
            if not table.startswith(("gpkg_", "rtree_", "sqlite_")):
                yield from _sheet(path.name, table, [header, *rows])
    elif suffix in (".html", ".htm"):
        reader = _Tables()
        reader.feed(path.read_text(encoding="utf-8", errors="replace"))
        for number, rows in enumerate(reader.tables):
            yield from _sheet(path.name, f"table {number + 1}", rows)
    elif suffix == ".docx":
        for number, rows in enumerate(_document_tables(path)):
            yield from _sheet(path.name, f"table {number + 1}", rows)


def geometry_kinds(path: Path) -> dict[str, str]:
    """Return the geometry type of each layer of a GeoPackage."""
    link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        rows = link.execute("select table_name, geometry_type_name from gpkg_geometry_columns").fetchall()
    except sqlite3.Error:
        return {}
    finally:
        link.close()
    return {str(table): str(kind).upper() for table, kind in rows}


def interval_of(text: str) -> tuple[int, float] | None:
    """Read "7", "1 to 4" or "5 or more" as least and greatest count; None for anything else."""
    if text.strip() == "not shown":
        return 0, math.inf
    found = _INTERVAL.match(text.strip())
    if found is None:
        return None
    low = int(found.group(1).replace(",", ""))
    if found.group(2):
        return low, float(found.group(2).replace(",", ""))
    return low, math.inf if text.strip().endswith("more") else float(low)


def _members(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield f"{name} (archive comment)", archive.comment.decode("latin-1")
        for info in archive.infolist():
            if info.file_size > _MOST_BYTES:
                yield f"{name}!{info.filename}", "(too large to read)"
                continue
            inner = archive.read(info)
            if Path(info.filename).suffix.lower() in ZIPPED:
                yield from _members(f"{name}!{info.filename}", inner)
            elif info.filename.lower().endswith(".png"):
                yield f"{name}!{info.filename}", "\n".join(_chunks(inner))
            else:
                yield f"{name}!{info.filename}", inner.decode("utf-8", errors="replace")


def _database(path: Path) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        names = [
            row[0]
            for row in link.execute("select name from sqlite_master where type = 'table' order by name")
        ]
        for table in names:
            if str(table).startswith("rtree_"):
                continue
            quoted = str(table).replace('"', '""')
            # The name is the database's own and quoted; sqlite has no parameters for names.
            found = link.execute(f'select * from "{quoted}"')  # noqa: S608
            header = [str(column[0]) for column in found.description]
            yield str(table), header, [[_plain(value) for value in row] for row in found]
    finally:
        link.close()


def _plain(value: object) -> str:
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _sheet(file: str, name: str, rows: list[list[str]]) -> Iterator[Sheet]:
    """Yield the table below any lines above its header: the header is the first of the widest rows."""
    widest = max((len([cell for cell in row if cell]) for row in rows), default=0)
    for at, row in enumerate(rows):
        if widest and len([cell for cell in row if cell]) >= max(widest * 0.6, 1):
            yield Sheet(file, name, [cell.strip() for cell in row], [r for r in rows[at + 1 :] if any(r)])
            return


def _document_tables(path: Path) -> Iterator[list[list[str]]]:
    with zipfile.ZipFile(path) as archive:
        # A document of our own making, read back; entities are not expanded by this parser's defaults.
        root = ElementTree.fromstring(archive.read("word/document.xml"))  # noqa: S314
    for table in root.iter(f"{_WORD}tbl"):
        yield [
            ["".join(text.text or "" for text in cell.iter(f"{_WORD}t")) for cell in row.iter(f"{_WORD}tc")]
            for row in table.iter(f"{_WORD}tr")
        ]


def _streams(data: bytes) -> Iterator[str]:
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            yield zlib.decompressobj().decompress(found.group(1), 10_000_000).decode("latin-1")
        except zlib.error:
            continue


def _chunks(data: bytes) -> Iterator[str]:
    """Yield the text chunks of a PNG."""
    at = 8
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if kind in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"):
            held = data[at + 8 : at + 8 + size]
            yield f"{kind.decode()} {held.decode('latin-1')}"
            yield from _compressed(held)
        at += size + 12


def _compressed(chunk: bytes) -> Iterator[str]:
    """Yield the text of a PNG chunk that is compressed: it begins where the stream does."""
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", chunk):
        try:
            yield (
                zlib.decompressobj().decompress(chunk[found.start() :], 10_000_000).decode("utf-8", "replace")
            )
        except zlib.error:
            continue


class _Tables(HTMLParser):
    """Collects the cells of every table of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "table"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.tables[-1][-1][-1] += data.strip()
