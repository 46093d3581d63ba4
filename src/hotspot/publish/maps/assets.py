"""Leaflet's own files, taken from the installed package, in a form that a page can hold."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import metadata
from pathlib import Path

from hotspot.errors import InputError
from hotspot.publish.escape import json_for_script

_PACKAGE = "xstatic-leaflet"
_SOURCE_MAP = re.compile(r"//# sourceMappingURL=\S*")
_IMAGE = re.compile(r"url\(images/([\w-]+\.png)\)")


@cache
def leaflet_script() -> str:
    """Return Leaflet's script, with the images of its default marker as data."""
    script = _SOURCE_MAP.sub("", _file("leaflet.js").decode("utf-8")).replace("</", "<\\/")
    icons = {
        "iconUrl": _data_uri("marker-icon.png"),
        "iconRetinaUrl": _data_uri("marker-icon-2x.png"),
        "shadowUrl": _data_uri("marker-shadow.png"),
    }
    # Without a path of its own Leaflet looks for the images beside its style sheet.
    return f'{script}\nL.Icon.Default.imagePath="";L.Icon.Default.mergeOptions({json_for_script(icons)});'


@cache
def leaflet_css() -> str:
    """Return Leaflet's style sheet, with its images as data."""
    css = _file("leaflet.css").decode("utf-8")
    return _IMAGE.sub(lambda found: f"url({_data_uri(found[1])})", css)


def _data_uri(name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_file(f"images/{name}")).decode("ascii")


@cache
def _file(name: str) -> bytes:
    try:
        listed = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError as problem:
        raise InputError(f"maps need the package {_PACKAGE}: install it and run again") from problem
    ending = f"leaflet/data/{name}"
    for entry in listed:
        if entry.as_posix().endswith(ending):
            return Path(str(entry.locate())).read_bytes()
    raise InputError(f"the installed {_PACKAGE} has no file {name}: install version 1.9.3 and run again")
