"""The programs that benchmarks/gi.py sets side by side: each is run in a process of its own."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

CHECK = (30, 40)
"""Rows and columns of the lattice whose z are compared with fractions."""
CELL = 50.0
Answer = dict[str, Any]
Job = Callable[[], Any]


def poisson(height: int, width: int) -> np.ndarray:
    """Counts of mean 1."""
    return np.random.default_rng(20).poisson(1.0, (height, width)).astype(np.int32)


def clumped(height: int, width: int) -> np.ndarray:
    """Negative-binomial counts of mean 5 and 50 times that variance."""
    return np.random.default_rng(21).negative_binomial(5 / 49, 1 / 50, (height, width)).astype(np.int32)


def timed(job: Job, repeat: int) -> float:
    """Return the median seconds of a job; once is enough when it is slow."""
    seconds: list[float] = []
    while len(seconds) < repeat and not (seconds and seconds[0] > 10):
        started = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def peak_mb() -> float:
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def hood_of(radius: float) -> Any:
    """Return the kernel's neighbourhood: queen for a radius of 0."""
    from hotspot.statistics.lattice import queen, within

    return within(radius / CELL, "square") if radius else queen("square")


def hotspot_kernel(height: int, width: int, radius: float, repeat: int) -> Answer:
    """z, sums and members from a matrix of counts."""
    from hotspot.statistics.gi_kernel import gi_lattice

    hood = hood_of(radius)
    found = {"z": gi_lattice(poisson(*CHECK), None, hood).z.tolist()}
    # More matrices than the cache holds, in turn: the kernel reads its counts from memory.
    copies = [poisson(height, width) for _ in range(8)]
    turn = iter(range(10**9))
    job = lambda: gi_lattice(copies[next(turn) % 8], None, hood)  # noqa: E731
    job()
    return {**found, "seconds": timed(job, 4 * repeat)}


def one_pass(height: int, width: int, radius: float, repeat: int) -> Answer:
    """Read int32 counts from memory and write them as float64: nothing can be faster."""
    copies = [poisson(height, width) for _ in range(8)]
    into = [np.zeros((height, width)) for _ in copies]
    turn = iter(range(10**9))

    def job() -> None:
        i = next(turn) % 8
        np.copyto(into[i], copies[i])

    job()
    fresh = []
    return {
        "seconds": timed(job, 8 * repeat),
        "scaled": timed(
            lambda: np.multiply(copies[next(turn) % 8], 1.5, out=into[next(turn) % 8]), 8 * repeat
        ),
        "cached": timed(lambda: np.copyto(into[0], copies[0]), 8 * repeat),
        "fresh": timed(lambda: fresh.append(copies[next(turn) % 8].astype(float)), 2 * repeat),
    }


def hotspot_public(height: int, width: int, radius: float, repeat: int) -> Answer:
    """The public call: z, p, q and class of every cell, as a table."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    import hotspot as hs

    def made(rows: int, columns: int) -> tuple[Any, Any]:
        area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, columns * CELL, rows * CELL)], crs=27700)
        grid = hs.Grid.over(area, cell_size=CELL)
        index = pd.Index(grid.cell_ids, name="cell_id")
        return pd.DataFrame({"n": poisson(rows, columns).reshape(-1)}, index=index), grid

    cells, grid = made(*CHECK)
    z = hs.getis_ord(cells, grid, radius=radius or None)["gi_z"].tolist()
    cells, grid = made(height, width)
    return {"z": z, "seconds": timed(lambda: hs.getis_ord(cells, grid, radius=radius or None), repeat)}


def squares(height: int, width: int) -> Any:
    """The cells as polygons, in the order of the counts."""
    import geopandas as gpd
    import shapely

    row, col = (part.reshape(-1) * CELL for part in np.mgrid[:height, :width])
    return gpd.GeoDataFrame(geometry=shapely.box(col, row, col + CELL, row + CELL), crs=27700)


def esda_graph(height: int, width: int, radius: float, repeat: int) -> Answer:
    """libpysal's Graph of the cells (polygons that touch, or centres in reach), then esda's Gi*."""
    import esda
    from libpysal.graph import Graph

    def run(frame: Any, counts: np.ndarray) -> Any:
        graph = (
            Graph.build_distance_band(frame.centroid, radius)
            if radius
            else Graph.build_contiguity(frame, rook=False)
        )
        x = counts.reshape(-1).astype(float)
        return esda.G_Local(x, graph, transform="B", permutations=0, star=True).Zs

    z = run(squares(*CHECK), poisson(*CHECK)).tolist()
    frame, counts = squares(height, width), poisson(height, width)
    return {"z": z, "seconds": timed(lambda: run(frame, counts), repeat)}


def esda_lat2w(height: int, width: int, radius: float, repeat: int) -> Answer:
    """libpysal's lat2W, which needs no polygons, then esda's Gi*."""
    import esda
    from libpysal.weights import lat2W

    def run(counts: np.ndarray) -> Any:
        w = lat2W(*counts.shape, rook=False)
        x = counts.reshape(-1).astype(float)
        return esda.G_Local(x, w, transform="B", permutations=0, star=True).Zs

    z = run(poisson(*CHECK)).tolist()
    counts = poisson(height, width)
    return {"z": z, "seconds": timed(lambda: run(counts), repeat)}


def xarray_spatial(height: int, width: int, radius: float, repeat: int) -> Answer:
    """xarray-spatial's hotspots: classes of confidence from z, without z itself, p or q."""
    import xarray
    from xrspatial.focal import hotspots

    reach = int(radius // CELL) if radius else 1
    across, down = np.meshgrid(*[np.arange(-reach, reach + 1)] * 2)
    kernel = (across**2 + down**2 <= ((radius / CELL) ** 2 if radius else 2)).astype(float)
    hotspots(xarray.DataArray(poisson(*CHECK).astype(float)), kernel)
    raster = xarray.DataArray(poisson(height, width).astype(float))
    return {"seconds": timed(lambda: hotspots(raster, kernel), repeat)}


SPDEP = """
suppressMessages(library(spdep))
args <- commandArgs(trailingOnly = TRUE)
run <- function(file, rows, columns, radius) {
  x <- scan(file, quiet = TRUE)
  started <- proc.time()[["elapsed"]]
  xy <- cbind(rep(seq_len(columns), rows), rep(seq_len(rows), each = columns))
  nb <- dnearneigh(xy, 0, if (radius > 0) radius + 1e-9 else 1.5)
  z <- localG(x, nb2listw(include.self(nb), style = "B"))
  list(z = as.numeric(z), seconds = proc.time()[["elapsed"]] - started)
}
radius <- as.numeric(args[[3]])
small <- run(args[[1]], 30, 40, radius)
large <- run(args[[2]], as.integer(args[[4]]), as.integer(args[[5]]), radius)
peak <- sum(gc()[, 6])
cat(sprintf('{"seconds": %.4f, "peak_mb": %.1f, "z": [%s]}', large$seconds, peak,
  paste(sprintf("%.17g", small$z), collapse = ",")))
"""


def r_spdep(height: int, width: int, radius: float, repeat: int) -> Answer:
    """R spdep: neighbours of the lattice, weights and localG; one run."""
    with tempfile.TemporaryDirectory() as folder:
        small, large, script = (Path(folder) / name for name in ("small", "large", "run.R"))
        np.savetxt(small, poisson(*CHECK).reshape(-1), fmt="%d")
        np.savetxt(large, poisson(height, width).reshape(-1), fmt="%d")
        script.write_text(SPDEP, encoding="utf-8")
        numbers = [str(radius / CELL), str(height), str(width)]
        command = ["Rscript", str(script), str(small), str(large), *numbers]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def exact_p(height: int, width: int, radius: float, repeat: int) -> Answer:
    """Exact p of every cell (Gi*), and one scipy.ndimage.convolve of the same array."""
    from scipy.ndimage import convolve

    from hotspot.statistics.gi_kernel import gi_lattice
    from hotspot.statistics.inference import tails

    answer: Answer = {}
    for name, make in (("poisson", poisson), ("clumped", clumped)):
        counts = make(height, width)
        found = gi_lattice(counts, None, hood_of(0))
        values, floats = counts.reshape(-1).astype(np.int64), counts.astype(float)
        tails(values[:4], found.sums[:4] * 0, found.drawn[:4] * 0 + 1, star=True)
        answer[f"{name}_exact"] = timed(lambda: tails(values, found.sums, found.drawn, star=True), repeat)  # noqa: B023
        answer[f"{name}_convolve"] = timed(lambda: convolve(floats, np.ones((3, 3))), repeat)  # noqa: B023
    return {**answer, "seconds": answer["poisson_exact"]}


def big_map(height: int, width: int, radius: float, repeat: int) -> Answer:
    """z and exact p of the cells of a disc, from arrays, geometry left out."""
    from hotspot.statistics.gi_kernel import gi_lattice
    from hotspot.statistics.inference import tails

    row, col = np.ogrid[:height, :width]
    mask = ((row - height / 2) / height) ** 2 + ((col - width / 2) / width) ** 2 <= 0.25
    counts = poisson(height, width)
    counts *= mask
    started = time.perf_counter()
    found = gi_lattice(counts, mask, hood_of(0))
    kernel = time.perf_counter() - started
    tails(counts[mask], found.sums, found.drawn, star=True)
    return {"cells": int(mask.sum()), "kernel": kernel, "seconds": time.perf_counter() - started}


def big_public(height: int, width: int, radius: float, repeat: int) -> Answer:
    """The public call on a disc: grid, table, z, p, q and class, geometry left out."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    import hotspot as hs

    area = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0).buffer(height * CELL / 2, 64)], crs=27700)
    grid = hs.Grid.over(area, cell_size=CELL)
    counts = np.random.default_rng(20).poisson(1.0, len(grid)).astype(np.int32)
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    ready = peak_mb()
    seconds = timed(lambda: hs.getis_ord(cells, grid), 1)
    return {"cells": len(grid), "seconds": seconds, "ready_mb": ready}


def first_call(height: int, width: int, radius: float, repeat: int) -> Answer:
    """The first call of a fresh process, imports included, and the second."""
    started = time.perf_counter()
    import geopandas as gpd
    import pandas as pd
    import shapely

    import hotspot as hs

    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, width * CELL, height * CELL)], crs=27700)
    grid = hs.Grid.over(area, cell_size=CELL)
    index = pd.Index(grid.cell_ids, name="cell_id")
    cells = pd.DataFrame({"n": poisson(height, width).reshape(-1)}, index=index)
    ready = time.perf_counter()
    hs.getis_ord(cells, grid)
    first = time.perf_counter()
    hs.getis_ord(cells, grid)
    second = time.perf_counter()
    return {"seconds": first - ready, "second": second - first, "imports": ready - started}


RUNS: dict[str, Callable[[int, int, float, int], Answer]] = {
    "hotspot, kernel": hotspot_kernel,
    "hotspot, public call": hotspot_public,
    "esda + Graph": esda_graph,
    "esda + lat2W": esda_lat2w,
    "xarray-spatial": xarray_spatial,
    "R spdep": r_spdep,
    "one pass": one_pass,
    "exact p": exact_p,
    "big map": big_map,
    "big public": big_public,
    "first call": first_call,
}
PEERS = list(RUNS)[:6]
NEEDS = {"esda + Graph": "esda", "esda + lat2W": "esda", "xarray-spatial": "xrspatial"}
