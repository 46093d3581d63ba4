"""Interactive maps that open from disk and ask no server for anything."""

from hotspot.publish.maps.areas import map_areas
from hotspot.publish.maps.cells import map_cells
from hotspot.publish.maps.locations import map_locations
from hotspot.publish.maps.offline import save_map

__all__ = ["map_areas", "map_cells", "map_locations", "save_map"]
