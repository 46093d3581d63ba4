"""Sphinx configuration. Build with ``sphinx-build -W -b html docs docs/_build/html``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent / "src"))

from hotspot import __version__  # noqa: E402
from hotspot.intake.break_register import breaks_table, read_breaks  # noqa: E402
from hotspot.publish.columns import COLUMNS  # noqa: E402

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "hotspot"
author = "The hotspot contributors"
project_copyright = "The hotspot contributors; MIT licence"
version = release = __version__
language = "en-GB"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
]
exclude_patterns = [
    "_build",
    "studies/*.md",
    "benchmarks_*.md",
    "api/generated/columns.md",
    "api/generated/breaks.md",
]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autosummary_generate = True
autodoc_typehints = "signature"
python_maximum_signature_line_length = 70
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
default_role = "py:obj"

html_theme = "pydata_sphinx_theme"
html_title = f"hotspot {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"**": []}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
}


def write_columns(_: Sphinx) -> None:
    """Write the data dictionary from the table that the writers themselves use."""
    lines = ["| header in files | name in scripts | meaning | unit |", "|---|---|---|---|"]
    lines += [
        f"| {column.header} | `{name}` | {column.meaning} | {column.unit} |"
        for name, column in COLUMNS.items()
    ]
    target = DOCS / "api" / "generated" / "columns.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines).replace("Gi* ", "Gi\\* ") + "\n", encoding="utf-8")


def write_breaks(_: Sphinx) -> None:
    """Write the register of breaks from the register that comparisons themselves look in."""
    table = breaks_table(read_breaks([]))
    lines = ["| months | break | what no longer holds | who says so |", "|---|---|---|---|"]
    for row in table.itertuples():
        only = "" if row.categories == "all" else f"; only {row.categories}"
        whose = "every source" if row.sources == "*" else row.sources.replace("*", "\\*")
        what = f"**{row.name}**: {row.kind} of {row.affects}{only}; {whose}"
        cells = (row.months, what, row.consequence, row.reference)
        lines.append("| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |")
    target = DOCS / "api" / "generated" / "breaks.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Make the data dictionary and the register before the pages are read."""
    app.connect("builder-inited", write_columns)
    app.connect("builder-inited", write_breaks)
