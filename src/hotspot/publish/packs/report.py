"""The pack's report as a Word file: real headings, tables and pictures, to paste into a committee report."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

from hotspot.publish.escape import plain
from hotspot.publish.files import write_bytes_whole
from hotspot.publish.packs.content import ROWS_IN_REPORT, Content, TableText

_FIXED = (1980, 1, 1, 0, 0, 0)
_DATE = dt.datetime(2000, 1, 1)
_MOST_COLUMNS = 12
_PAGE_CM, _TALLEST_CM = 26.0, 14.0
ROWS_OF_APPENDIX = 12
_SIZES = (8.0, 7.0, 6.0)
_LETTER_CM, _INSET_CM = 0.0235, 0.42
"""Width of a bold letter for each point of its size, and what a cell keeps free at its sides."""


def write_report(content: Content, path: Path, *, pictures: Path) -> Path:
    """Write ``report.docx``; ``pictures`` is the folder that the pictures' files are relative to."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(1.8)
    section.header.paragraphs[0].text = content.marking
    section.footer.paragraphs[0].text = f"{content.marking}. {plain(content.source, limit=300)}"
    _properties(document, content)
    document.add_heading(plain(content.title), level=0)
    if content.simulated:
        document.add_paragraph("SIMULATED DATA: no real incident is in it")
    _overview(document, content)
    document.add_heading("Summary", level=1)
    for heading, parts in content.summary:
        if heading:
            document.add_heading(plain(heading), level=2)
        for part in parts:
            document.add_paragraph(plain(part, limit=2_000))
    if not content.headed:
        _notes(document, content, "What must be known to read this", level=2)
    for table in content.tables:
        if not table.appendix:
            _table(document, table)
    _pictures(document, content, pictures, appendix=False)
    later = [part.appendix for part in content.tables] + [part.appendix for part in content.pictures]
    if any(later):
        document.add_heading("Technical appendix", level=1)
        for table in content.tables:
            if table.appendix:
                _table(document, table, level=2)
        _pictures(document, content, pictures, appendix=True)
    if content.headed:
        _notes(document, content, "Caveats", level=1)
    document.add_heading("Source", level=1)
    document.add_paragraph(plain(content.source, limit=2_000))
    if content.last_words:
        document.add_paragraph(plain(content.last_words, limit=2_000))
    held = io.BytesIO()
    document.save(held)
    return write_bytes_whole(path, without_times(held.getvalue()))


def _notes(document: Any, content: Content, heading: str, *, level: int) -> None:
    if content.notes:
        document.add_heading(heading, level=level)
        for note in content.notes:
            document.add_paragraph(plain(note, limit=1_000), style="List Bullet")


def _pictures(document: Any, content: Content, folder: Path, *, appendix: bool) -> None:
    from docx.shared import Cm

    chosen = [picture for picture in content.pictures if picture.appendix == appendix]
    if chosen:
        document.add_heading("Figures of the appendix" if appendix else "Figures", level=2 if appendix else 1)
    for picture in chosen:
        number = content.pictures.index(picture) + 1
        document.add_heading(plain(picture.name), level=3 if appendix else 2)
        if picture.caption:
            _kept(document.add_paragraph(picture.caption))
        document.add_picture(str(folder / picture.file), width=Cm(24.0))
        shape = document.inline_shapes[-1]
        if shape.height > Cm(_TALLEST_CM):
            shape.width, shape.height = int(shape.width * Cm(_TALLEST_CM) / shape.height), Cm(_TALLEST_CM)
        drawn = shape._inline.docPr
        drawn.set("descr", plain(picture.alt, limit=4_000))
        drawn.set("title", plain(picture.name))
        drawn.set("name", f"Figure {number}")


def _properties(document: Any, content: Content) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.subject = plain(content.title), "hotspot", content.marking
    _unhyphenated(document)
    properties.comments, properties.language = "", "en-GB"
    properties.created = properties.modified = _DATE
    properties.last_modified_by, properties.revision = "hotspot", 1


def _table(document: Any, table: TableText, *, level: int = 1) -> None:
    document.add_heading(table.name, level=level)
    for words in (table.caption, *table.repeated):
        if words:
            _kept(document.add_paragraph(words))
    most = table.most_of(ROWS_OF_APPENDIX if table.appendix else ROWS_IN_REPORT)
    said = table.cut(most)
    rows = table.first(most)
    size, widths = layout_of(table.headers[:_MOST_COLUMNS], [row[:_MOST_COLUMNS] for row in rows])
    width = len(widths)
    if width < len(table.headers):
        said += f" The first {width} of {len(table.headers)} columns."
    if said:
        _kept(document.add_paragraph(said.strip()))
    _grid(document, table.headers[:width], rows, widths, size, table.numeric)


def _grid(
    document: Any,
    headers: list[str],
    rows: list[list[str]],
    widths: list[float],
    size: float,
    numeric: list[bool],
) -> None:
    """Draw a table whose first row Word repeats on each page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Cm, Pt

    drawn = document.add_table(rows=len(rows) + 1, cols=len(widths))
    drawn.style = "Table Grid"
    drawn.autofit = False
    for column, wide in zip(drawn.columns, widths, strict=True):
        column.width = Cm(wide)
    # Word repeats a marked first row on each page, and readers take it for the header.
    drawn.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for number, (line, values) in enumerate(zip(drawn.rows, [headers, *rows], strict=True)):
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for at, cell in enumerate(line.cells):
            cell.width = Cm(widths[at])
            paragraph = cell.paragraphs[0]
            text = paragraph.add_run(values[at])
            text.font.size = Pt(size)
            text.bold = number == 0
            if numeric[at]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _overview(document: Any, content: Content) -> None:
    """Put the short table under the title."""
    first = content.overview
    if first is None:
        return
    _kept(document.add_paragraph(first.name))
    size, widths = layout_of(first.headers, first.rows)
    _grid(document, first.headers, first.rows, widths, size, [False] * len(widths))


def _unhyphenated(document: Any) -> None:
    """Tell Word to break no word, whatever its own setting is."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    settings = document.settings.element
    for old in settings.findall(qn("w:autoHyphenation")):
        settings.remove(old)
    made = OxmlElement("w:autoHyphenation")
    made.set(qn("w:val"), "false")
    # The schema has it directly before the stop of tabulators.
    place = settings.find(qn("w:defaultTabStop"))
    if place is None:
        settings.append(made)
    else:
        place.addprevious(made)


def _kept(paragraph: Any) -> None:
    """Keep a paragraph on the page of what follows it."""
    paragraph.paragraph_format.keep_with_next = True


def layout_of(headers: list[str], rows: list[list[str]]) -> tuple[float, list[float]]:
    """Return the size of letters in points and the columns' widths in centimetres, so that no header is broken.

    Letters shrink before columns are left out; the columns that no longer fit are the last ones.
    """
    wishes = []
    for texts in zip(headers, *rows, strict=True):
        words = max((len(word) for text in texts for word in text.split()), default=1)
        wishes.append(max(min(words, 18), 2.2 * max(len(text) for text in texts) ** 0.5, 4.0))
    longest = [max((len(word) for word in header.split()), default=1) for header in headers]
    for size in _SIZES:
        least = [_INSET_CM + _LETTER_CM * size * letters for letters in longest]
        if sum(least) <= _PAGE_CM:
            break
    kept = len(least)
    while sum(least[:kept]) > _PAGE_CM and kept > 1:
        kept -= 1
    least, wishes = least[:kept], wishes[:kept]
    spare = max(_PAGE_CM - sum(least), 0.0)
    asked = [max(_PAGE_CM * wish / sum(wishes) - low, 0.0) for wish, low in zip(wishes, least, strict=True)]
    whole = sum(asked) or 1.0
    return size, [low + spare * more / whole for low, more in zip(least, asked, strict=True)]


def without_times(data: bytes) -> bytes:
    """Return the same zip file with one fixed time on every member, so that equal content is equal bytes."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for member in before.infolist():
            info = zipfile.ZipInfo(member.filename, date_time=_FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            after.writestr(info, before.read(member))
    return held.getvalue()
