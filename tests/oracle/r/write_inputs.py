"""Write what local_g.R reads: python tests/oracle/r/write_inputs.py FOLDER."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from cases import DATA_SETS, LATTICES, cells_of, load, pairs_of


def write(path: Path, names: list[str], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([names, *rows])


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for data in DATA_SETS:
        areas, graph = load(data)
        write(folder / f"areas_{data.name}.csv", ["value"], ([repr(float(v))] for v in areas[data.value]))
        pairs = ((head + 1, tail + 1) for head, tail in pairs_of(areas, graph))
        write(folder / f"pairs_{data.name}.csv", ["from", "to"], pairs)
    for lattice in LATTICES:
        write(folder / f"lattice_{lattice.name}.csv", ["row", "col", "value"], cells_of(lattice))
    rows = ((lattice.name, lattice.shape, lattice.centres_within) for lattice in LATTICES)
    write(folder / "lattices.csv", ["name", "shape", "reach"], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
