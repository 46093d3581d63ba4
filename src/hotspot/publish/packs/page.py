"""The pack's page: one HTML file that asks no server for anything and reads well with a keyboard or a reader."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from hotspot import provenance
from hotspot.publish.escape import plain
from hotspot.publish.files import write_text_whole
from hotspot.publish.packs.content import ROWS_ON_PAGE, Content


def write_page(content: Content, path: Path, *, others: list[str]) -> Path:
    """Write the page; ``others`` are the files that it names besides tables and maps."""
    import jinja2

    folder = resources.files("hotspot.publish.packs")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(folder.joinpath("page.html.jinja").read_text(encoding="utf-8"))
    text = template.render(
        content=content,
        sensitive=provenance.SENSITIVE,
        style=folder.joinpath("page.css").read_text(encoding="utf-8"),
        title=plain(content.title),
        summary=[
            (plain(heading), [plain(part, limit=2_000) for part in parts])
            for heading, parts in content.summary
        ],
        notes=[plain(note, limit=1_000) for note in content.notes],
        source=plain(content.source, limit=2_000),
        maps=[(plain(name), file) for name, file in content.maps],
        pictures=[
            (
                plain(picture.name),
                picture.file,
                plain(picture.alt, limit=4_000),
                picture.caption,
                picture.appendix,
            )
            for picture in content.pictures
        ],
        most=ROWS_ON_PAGE,
        others=others,
    )
    return write_text_whole(path, text)
