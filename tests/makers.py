"""Small inputs for tests, and slow oracles that share no code with the library."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from hotspot.errors import HotspotWarning
from hotspot.geography.grid import Grid

TWELVE = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context\r\n"
)
EIGHT = "Month,Reported by,Falls within,Easting,Northing,Location,Crime type,Context\r\n"
FORCE = "Test Force"


def street_row(
    crime_id: str = "a1",
    month: str = "2014-01",
    lon: str = "-1.990000",
    lat: str = "52.500000",
    location: str = "On or near High Street",
    category: str = "Burglary",
    outcome: str = "",
) -> str:
    """Return one line of the 12-column format."""
    return f"{crime_id},{month},{FORCE},{FORCE},{lon},{lat},{location},E01000001,Test 001A,{category},{outcome},\r\n"


def old_row(easting: str = "400776.0", northing: str = "289122.0", month: str = "2011-02") -> str:
    """Return one line of the 8-column format."""
    return f"{month},{FORCE},{FORCE},{easting},{northing},On or near High Street,Burglary,\r\n"


def street_file(folder: Path, text: str | bytes, name: str = "2014-01-test-force-street.csv") -> Path:
    """Write a street file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def area_of(*shapes: shapely.Geometry, crs: int | str = 27700) -> gpd.GeoDataFrame:
    """Return polygons as an area."""
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs)


def points_of(xy: Sequence[tuple[float, float]], **columns: object) -> gpd.GeoDataFrame:
    """Return points in EPSG:27700 with columns of the caller's."""
    pairs = np.asarray(xy, dtype=float).reshape(-1, 2)
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(pairs[:, 0], pairs[:, 1]), crs=27700)


def masked_grid(
    keep: np.ndarray, *, cell_size: float, shape: str, row0: int = 0, col0: int = 0
) -> tuple[Grid, list[tuple[int, int]]]:
    """Return a grid of exactly the lattice cells that are true in ``keep``, and their rows and columns.

    The area is the union of whole cells, a hair wider so that cells that touch are one.
    """
    spots = [(row0 + int(r), col0 + int(c)) for r, c in zip(*np.nonzero(keep), strict=True)]
    cells = [shapely.Polygon(outline_of(r, c, cell_size, shape)).buffer(1e-9 * cell_size) for r, c in spots]
    grid = Grid.over(area_of(shapely.union_all(cells)), cell_size=cell_size, shape=shape)  # type: ignore[arg-type]
    return grid, spots


def outline_of(row: int, col: int, cell_size: float, shape: str) -> list[tuple[float, float]]:
    """Return the corners of a lattice cell, by the definition in the conventions."""
    x, y = centre_of(row, col, cell_size, shape)
    if shape == "square":
        return [
            (x + i * cell_size / 2, y + j * cell_size / 2) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
    reach = cell_size / math.sqrt(3.0)  # flat sides east and west: corners at 30, 90, 150 ... degrees
    return [
        (x + reach * math.cos(math.radians(angle)), y + reach * math.sin(math.radians(angle)))
        for angle in range(30, 390, 60)
    ]


def centre_of(row: int, col: int, cell_size: float, shape: str) -> tuple[float, float]:
    """Return the centre of a lattice cell, by the definition in the conventions."""
    if shape == "square":
        return (col + 0.5) * cell_size, (row + 0.5) * cell_size
    return cell_size * (col + (row % 2) / 2.0), row * cell_size * math.sqrt(3.0) / 2.0


def lattice_neighbours(
    spots: Sequence[tuple[int, int]], shape: str, radius_cells: float | None
) -> list[list[int]]:
    """Return each cell's neighbours, itself left out, by comparing all pairs in whole numbers."""
    found = []
    for row, col in spots:
        mine = []
        for j, (other_row, other_col) in enumerate(spots):
            if (row, col) == (other_row, other_col):
                continue
            dy = abs(row - other_row)
            if shape == "square":
                dx = abs(col - other_col)
                near = (
                    max(dx, dy) == 1 if radius_cells is None else dx * dx + dy * dy <= radius_cells**2 + 1e-9
                )
            else:
                # Half cells to the east; a row is sqrt(3)/2 cells high.
                dx = abs((2 * col + row % 2) - (2 * other_col + other_row % 2))
                touching = dy + max(0, (dx - dy) // 2) == 1
                near = (
                    touching if radius_cells is None else dx * dx + 3 * dy * dy <= 4 * radius_cells**2 + 1e-9
                )
            if near:
                mine.append(j)
        found.append(mine)
    return found


def brute_gi(x: Sequence[float], neighbours: Sequence[Sequence[int]], *, star: bool) -> list[float]:
    """Return z of Gi* or Gi by the formula of Ord and Getis (1995), one cell at a time."""
    answer = []
    for i, mine in enumerate(neighbours):
        members = [*mine, i] if star else list(mine)
        others = list(x) if star else [value for j, value in enumerate(x) if j != i]
        n = len(others)
        mean = math.fsum(others) / n
        s = math.sqrt(math.fsum((value - mean) ** 2 for value in others) / n)
        w = len(members)
        spread = s * math.sqrt((n * w - w * w) / (n - 1))
        answer.append((math.fsum(x[j] for j in members) - mean * w) / spread)
    return answer


@contextmanager
def quiet() -> Iterator[None]:
    """Leave hotspot's warnings aside: the test is about something else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotWarning)
        yield
