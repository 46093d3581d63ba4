"""The layers of a vector file."""

from __future__ import annotations

from typing import Any

STYLES = "layer_styles"
"""QGIS keeps a GeoPackage's styles in a table of this name; it is no layer of the user's."""


def layer_names(source: Any) -> list[str]:
    """Return the names of a vector file's layers, without QGIS's table of styles.

    Parameters
    ----------
    source
        A path, or the bytes of a file.

    Raises
    ------
    pyogrio.errors.DataSourceError
        If it is no vector file that can be read.
    """
    import pyogrio

    return [str(name) for name in pyogrio.list_layers(source)[:, 0] if name != STYLES]
