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
_MOST_COLUMNS = 10


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
    document.add_heading("Summary", level=1)
    for part in content.summary:
        document.add_paragraph(plain(part, limit=2_000))
    if content.notes:
        document.add_heading("What must be known to read this", level=2)
        for note in content.notes:
            document.add_paragraph(plain(note, limit=1_000), style="List Bullet")
    for table in content.tables:
        _table(document, table)
    if content.pictures:
        document.add_heading("Figures", level=1)
    for number, picture in enumerate(content.pictures, start=1):
        document.add_heading(plain(picture.name), level=2)
        document.add_picture(str(pictures / picture.file), width=Cm(24.0))
        drawn = document.inline_shapes[-1]._inline.docPr
        drawn.set("descr", plain(picture.alt, limit=4_000))
        drawn.set("title", plain(picture.name))
        drawn.set("name", f"Figure {number}")
    document.add_heading("Source", level=1)
    document.add_paragraph(plain(content.source, limit=2_000))
    held = io.BytesIO()
    document.save(held)
    return write_bytes_whole(path, without_times(held.getvalue()))


def _properties(document: Any, content: Content) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.subject = plain(content.title), "hotspot", content.marking
    properties.comments, properties.language = "", "en-GB"
    properties.created = properties.modified = _DATE
    properties.last_modified_by, properties.revision = "hotspot", 1


def _table(document: Any, table: TableText) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    document.add_heading(table.name, level=1)
    said = table.cut(ROWS_IN_REPORT)
    width = min(len(table.headers), _MOST_COLUMNS)
    if width < len(table.headers):
        said += f" The first {width} of {len(table.headers)} columns."
    if said:
        document.add_paragraph(said.strip())
    rows = table.first(ROWS_IN_REPORT)
    drawn = document.add_table(rows=len(rows) + 1, cols=width)
    drawn.style = "Table Grid"
    # Word repeats a marked first row on each page, and readers take it for the header.
    drawn.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for line, values in zip(drawn.rows, [table.headers, *rows], strict=True):
        for at, cell in enumerate(line.cells):
            paragraph = cell.paragraphs[0]
            text = paragraph.add_run(values[at])
            text.font.size = Pt(8)
            text.bold = values is table.headers
            if table.numeric[at]:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


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
