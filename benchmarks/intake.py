"""Intake side by side with its peers: seconds, rows a second and peak memory, in one sitting.

    python benchmarks/intake.py FOLDER [FOLDER ...] [--repeat 5] [--out docs/benchmarks_intake.md]

FOLDER holds data.police.uk street files as ``YYYY-MM/YYYY-MM-force-street.csv``. Each reader runs in
a process of its own, in turn with the others; imports are not timed. Times are medians. Memory is
the process's peak, and what it had before reading is shown beside it.
"""

from __future__ import annotations

import argparse
import glob
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

COLUMNS = ["Month", "Longitude", "Latitude", "Location", "LSOA code", "Crime type"]


def hotspot_reader(folder: str) -> int:
    """CSV to incidents in EPSG:27700, every row accounted for."""
    from hotspot.intake.police_uk import read_police_uk

    started = time.perf_counter()
    count = len(read_police_uk(folder).incidents)
    return report(count, started)


def geopandas_reader(folder: str) -> int:
    """pandas.read_csv, points_from_xy, to_crs: what an analyst writes today."""
    import geopandas as gpd
    import pandas as pd

    started = time.perf_counter()
    table = pd.concat([pd.read_csv(path) for path in files(folder)], ignore_index=True)
    points = gpd.points_from_xy(table["Longitude"], table["Latitude"])
    count = len(gpd.GeoDataFrame(table, geometry=points, crs=4326).to_crs(27700))
    return report(count, started)


def polars_reader(folder: str) -> int:
    """polars, parsing alone: six columns, no points, no projection."""
    import polars as pl

    started = time.perf_counter()
    kinds = {"Longitude": pl.Float64, "Latitude": pl.Float64}
    count = len(pl.scan_csv(files(folder), schema_overrides=kinds).select(COLUMNS).collect())
    return report(count, started)


def files(folder: str) -> list[str]:
    """List the street files of a folder, by name."""
    return sorted(glob.glob(f"{folder}/*/*-street.csv"))


def report(count: int, started: float) -> int:
    """Print what one run took, as JSON."""
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": count, "seconds": seconds, "peak_mb": peak}))
    return 0


def import_only(reader: str) -> float:
    """Return the memory, in MB, of a process that has imported what a reader needs."""
    needs = {
        "hotspot": "import hotspot.intake.police_uk",
        "pandas + GeoPandas": "import geopandas",
        "polars (parsing alone)": "import polars",
    }
    code = (
        f"{needs[reader]}; import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    return float(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    )


READERS = {
    "hotspot": hotspot_reader,
    "pandas + GeoPandas": geopandas_reader,
    "polars (parsing alone)": polars_reader,
}


def measure(folder: str, repeat: int) -> dict[str, dict[str, float]]:
    """Run every reader ``repeat`` times, in turn."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in READERS}
    for _ in range(repeat):
        for name in READERS:
            command = [sys.executable, __file__, folder, "--reader", name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            runs[name].append(json.loads(done.stdout))
    return {
        name: {
            "rows": found[0]["rows"],
            "seconds": statistics.median(run["seconds"] for run in found),
            "peak_mb": statistics.median(run["peak_mb"] for run in found),
            "start_mb": import_only(name),
        }
        for name, found in runs.items()
    }


def table(folder: str, found: dict[str, dict[str, float]]) -> str:
    """Write the results of one folder as a markdown table."""
    ours, peer = found["hotspot"], found["pandas + GeoPandas"]
    size = sum(Path(path).stat().st_size for path in files(folder)) / 1e6
    rows = [
        f"{peer['rows']:,.0f} rows in {len(files(folder))} files, {size:,.0f} MB",
        "",
        "| reader | seconds | rows a second | peak MB | of it before reading | bytes a row above that |",
        "|---|---|---|---|---|---|",
    ]
    for name, run in found.items():
        above = (run["peak_mb"] - run["start_mb"]) * 1024 * 1024 / run["rows"]
        rows.append(
            f"| {name} | {run['seconds']:.2f} | {run['rows'] / run['seconds']:,.0f} | {run['peak_mb']:,.0f} "
            f"| {run['start_mb']:,.0f} | {above:,.0f} |"
        )
    memory = (ours["peak_mb"] - ours["start_mb"]) / (peer["peak_mb"] - peer["start_mb"])
    rows += [
        "",
        f"hotspot is {peer['seconds'] / ours['seconds']:.1f} times as fast as pandas + GeoPandas and takes "
        f"{memory:.2f} of its memory for the rows ({ours['peak_mb'] / peer['peak_mb']:.2f} of its whole peak).",
        "",
    ]
    return "\n".join(rows)


def main() -> int:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--reader", choices=list(READERS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.reader:
        return READERS[asked.reader](asked.folders[0])
    packages = ", ".join(f"{name} {version(name)}" for name in ("pandas", "geopandas", "pyarrow", "polars"))
    text = [
        f"Python {platform.python_version()}, {packages}; medians of {asked.repeat} runs, each in a process of its own.",
        "",
    ]
    text += [table(folder, measure(folder, asked.repeat)) for folder in asked.folders]
    print("\n".join(text))
    if asked.out:
        asked.out.write_text("\n".join(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
