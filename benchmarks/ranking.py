"""Ranking side by side with a pandas groupby of the same keys: seconds, ratios and peak memory, in one sitting.

    python benchmarks/ranking.py FOLDER [FOLDER ...] [--category NAME] [--repeat 3] [--out docs/benchmarks_ranking.md]

FOLDER holds data.police.uk street files. Each way runs in a process of its own, in turn with the
others; reading and imports are not timed. Times are medians. The groupby is what an analyst writes
today: incidents and active months of each map point, sorted; it knows no intervals, no patterns, no
names. Memory is the process's peak, and what it had before ranking is shown beside it.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

WITHIN = 100.0


def ranked(incidents: Any) -> int:
    """hotspot: names, months, pattern, intervals of ranks, coordinates."""
    from hotspot.ranking.locations import repeat_locations

    return len(repeat_locations(incidents, min_incidents=1))


def grouped_by_distance(incidents: Any) -> int:
    """The same, with points within 100 m of one another as one location."""
    from hotspot.ranking.locations import repeat_locations

    return len(repeat_locations(incidents, within=WITHIN, min_incidents=1))


def pandas_groupby(incidents: Any) -> int:
    """pandas: incidents and active months of each place_id, sorted."""
    import pandas as pd

    table = pd.DataFrame({"place_id": incidents["place_id"], "month": incidents["start"].dt.to_period("M")})
    groups = table.groupby("place_id", observed=True)["month"].agg(["size", "nunique"])
    return len(groups.sort_values(["size", "nunique"], ascending=False))


WAYS = {
    "pandas groupby": pandas_groupby,
    "hotspot, by map point": ranked,
    "hotspot, within 100 m": grouped_by_distance,
}


def run_one(folder: str, way: str, category: str | None) -> int:
    """Read the files, rank once, and print what it took as JSON."""
    import geopandas  # noqa: F401
    import scipy.optimize
    import scipy.spatial
    import scipy.stats  # noqa: F401

    import hotspot.ranking.locations  # noqa: F401
    from hotspot.intake.police_uk import read_police_uk
    from hotspot.intake.select import select_incidents

    incidents = read_police_uk(folder).incidents
    if category is not None:
        incidents = select_incidents(incidents, category=category)
    before = peak()
    started = time.perf_counter()
    locations = WAYS[way](incidents)
    seconds = time.perf_counter() - started
    months = incidents["start"].dt.to_period("M").nunique()
    found = {"rows": len(incidents), "locations": locations, "months": int(months), "seconds": seconds}
    print(json.dumps({**found, "before_mb": before, "peak_mb": peak()}))
    return 0


def peak() -> float:
    """Return the peak memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(folder: str, category: str | None, repeat: int) -> dict[str, dict[str, float]]:
    """Run every way ``repeat`` times, in turn."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in range(repeat):
        for name in WAYS:
            command = [sys.executable, __file__, folder, "--way", name]
            command += [] if category is None else ["--category", category]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            runs[name].append(json.loads(done.stdout))
    return {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for name, found in runs.items()
    }


def table(found: dict[str, dict[str, float]], category: str | None) -> str:
    """Write the results of one folder as a markdown table."""
    peer = found["pandas groupby"]
    what = "all categories" if category is None else category
    rows = [
        f"{peer['rows']:,.0f} incidents ({what}), {peer['months']:.0f} months",
        "",
        "| way | locations | seconds | times the groupby | peak MB | of it before ranking |",
        "|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {name} | {run['locations']:,.0f} | {run['seconds']:.2f} | {run['seconds'] / peer['seconds']:.1f} "
        f"| {run['peak_mb']:,.0f} | {run['before_mb']:,.0f} |"
        for name, run in found.items()
    ]
    return "\n".join([*rows, ""])


def main() -> int:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--category", help="rank the incidents of one category, in the first folder only")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        return run_one(asked.folders[0], asked.way, asked.category)
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pandas", "geopandas"))
    text = [
        f"Python {platform.python_version()}, {packages}; medians of {asked.repeat} runs, each in a process of its own.",
        "",
    ]
    for number, folder in enumerate(asked.folders):
        category = asked.category if number == 0 else None
        text.append(table(measure(folder, category, asked.repeat), category))
    print("\n".join(text))
    if asked.out:
        asked.out.write_text("\n".join(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
