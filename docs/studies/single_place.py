"""One busy place among ordinary cells, and the same incidents in nine cells: what each test makes of it.

1,200 whole cells of 200 m, 40 by 30, with 0, 1 or 2 incidents at random places. In the middle, 25 incidents
lie in one cell with eight empty ones around it, or are spread over these nine cells.

    python docs/studies/single_place.py

writes ``docs/studies/single_place.md``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

import hotspot as hs

HEIGHT, WIDTH, SIZE = 30, 40, 200.0
LEVEL = 0.05
MIDDLE = (slice(14, 17), slice(19, 22))
ONE = np.array([[0, 0, 0], [0, 25, 0], [0, 0, 0]])
NINE = np.array([[3, 3, 3], [3, 3, 3], [2, 3, 2]])


def background() -> NDArray[np.int64]:
    """Return 800 empty cells, 300 with one incident and 100 with two, in random order."""
    counts = np.repeat([0, 1, 2], [800, 300, 100])
    return np.random.default_rng(20240301).permutation(counts).reshape(HEIGHT, WIDTH)


def tested(block: NDArray[np.int64]) -> str:
    """Test the map with a block in its middle, and write the block's middle cell by both tests."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, WIDTH * SIZE, HEIGHT * SIZE)], crs=27700)
    grid = hs.Grid.over(area, cell_size=SIZE)
    counts = background()
    counts[MIDDLE] = block
    cells = pd.DataFrame({"n": counts[grid.mask]}, index=pd.Index(grid.cell_ids, name="cell_id"))
    middle = int(np.flatnonzero(grid.to_matrix(np.arange(len(grid))).reshape(-1) == 15 * WIDTH + 20)[0])
    figures: list[str] = []
    for inference in ("normal", "exact"):
        found = hs.getis_ord(cells, grid, inference=inference)
        row = found.iloc[middle]
        if not figures:
            figures.append(f"{row['gi_z']:.1f}")
        hot = int(((found["gi_q"] <= LEVEL) & (found["gi_z"] > 0)).sum())
        figures.append(f"{row['gi_p']:.1g}; {row['gi_q']:.1g}; {hot}")
    return " | ".join(figures)


def main() -> None:
    """Test both maps and write the table beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    asked = parser.parse_args()
    lines = [
        "| 25 incidents | z of the middle cell | normal: its p; its q; hot cells on the map | exact: the same |",
        "|---|---:|---:|---:|",
        f"| in one cell, the eight around it empty | {tested(ONE)} |",
        f"| 2 or 3 in each of the nine cells | {tested(NINE)} |",
    ]
    text = "\n".join(lines) + "\n"
    asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
