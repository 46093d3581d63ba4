"""hotspot: spatial clustering, repeat locations and maps of reported incidents.

``import hotspot as hs`` is light: each public name loads its module when it is first used.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hotspot.errors import HotspotWarning, InputError
    from hotspot.geography.area import read_area
    from hotspot.geography.counting import count_incidents
    from hotspot.geography.grid import Grid
    from hotspot.intake.ledger import Intake
    from hotspot.intake.mapping import read_mapping
    from hotspot.intake.partner import read_incidents
    from hotspot.intake.police_uk import read_police_uk
    from hotspot.intake.select import select_incidents
    from hotspot.publish.maps import map_cells, map_locations, save_map
    from hotspot.publish.tables import write_csv, write_geopackage
    from hotspot.ranking.locations import repeat_locations
    from hotspot.statistics.density import kernel_density
    from hotspot.statistics.getis_ord import getis_ord

__version__ = "0.1.0"

_HOME = {
    "HotspotWarning": "errors",
    "InputError": "errors",
    "Intake": "intake.ledger",
    "read_police_uk": "intake.police_uk",
    "select_incidents": "intake.select",
    "read_area": "geography.area",
    "read_incidents": "intake.partner",
    "read_mapping": "intake.mapping",
    "Grid": "geography.grid",
    "count_incidents": "geography.counting",
    "getis_ord": "statistics.getis_ord",
    "kernel_density": "statistics.density",
    "repeat_locations": "ranking.locations",
    "map_cells": "publish.maps",
    "map_locations": "publish.maps",
    "save_map": "publish.maps",
    "write_csv": "publish.tables",
    "write_geopackage": "publish.tables",
}

__all__ = [
    "Grid",
    "HotspotWarning",
    "InputError",
    "Intake",
    "count_incidents",
    "getis_ord",
    "kernel_density",
    "map_cells",
    "map_locations",
    "read_area",
    "read_incidents",
    "read_mapping",
    "read_police_uk",
    "repeat_locations",
    "save_map",
    "select_incidents",
    "write_csv",
    "write_geopackage",
]

logging.getLogger("hotspot").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'hotspot' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hotspot.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
