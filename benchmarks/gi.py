"""Getis-Ord side by side with its peers: seconds, peak memory and exactness, in one sitting.

    python benchmarks/gi.py [--quick] [--repeat 5] [--limit 100] [--out docs/benchmarks_gi.md]

Each program runs in a process of its own, in turn; imports and a first, small run are not timed. A
run of more than ten seconds is done once. A peer is left out, and said so, when it is not installed,
takes longer than three times ``--limit`` seconds, or needs more memory than ``--memory`` GB. Counts are
made from a fixed seed. ``--quick`` uses small lattices, to see that everything runs.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import resource
import shutil
import subprocess
import sys
import warnings
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from gi_programs import CELL, CHECK, NEEDS, PEERS, RUNS, Answer, peak_mb, poisson


class Sitting:
    """One run of the whole script: what was asked, and the answers of its processes."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked = asked

    def ask(self, name: str, height: int, width: int, radius: float = 0.0) -> Answer:
        """Run one program in a process of its own; ``{"left_out": why}`` when it does not finish."""
        if name == "R spdep" and not shutil.which("Rscript"):
            return {"left_out": "Rscript is not installed"}
        if (
            name in NEEDS
            and subprocess.run(
                [sys.executable, "-c", f"import {NEEDS[name]}"], capture_output=True
            ).returncode
        ):
            return {"left_out": "not installed"}
        job = [str(part) for part in (name, height, width, radius)]
        command = [sys.executable, __file__, "--job", *job, "--repeat", str(self.asked.repeat)]
        print("running", *job, file=sys.stderr, flush=True)
        try:
            done = subprocess.run(
                [*command, "--memory", str(self.asked.memory)],
                capture_output=True,
                text=True,
                timeout=3 * self.asked.limit,
            )
        except subprocess.TimeoutExpired:
            return {"left_out": f"not finished in {3 * self.asked.limit:,.0f} s"}
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"stopped ({done.returncode})"])[-1]
            out_of_memory = "Memory" in last or "llocate" in last
            why = f"more than {self.asked.memory:g} GB" if out_of_memory else last
            return {"left_out": why}
        return json.loads(done.stdout.strip().splitlines()[-1])


def oracle(radius: float) -> np.ndarray:
    """z of the small lattice by the formula, in fractions, from all pairs of cells."""
    counts = poisson(*CHECK)
    row, col = np.nonzero(np.ones(CHECK, dtype=bool))
    x = counts.reshape(-1).astype(np.int64)
    n, total = len(x), int(x.sum())
    variance = Fraction(int((x * x).sum()), n) - Fraction(total, n) ** 2
    answer = []
    for i in range(n):
        far, across = np.abs(row - row[i]), np.abs(col - col[i])
        near = far**2 + across**2 <= (radius / CELL) ** 2 if radius else np.maximum(far, across) <= 1
        k = int(near.sum())
        off = Fraction(int(x[near].sum())) - Fraction(total * k, n)
        answer.append(math.copysign(math.sqrt(off**2 / (variance * Fraction(n * k - k * k, n - 1))), off))
    return np.array(answer)


def peer_table(
    sitting: Sitting, height: int, width: int, radius: float, known: dict[str, Answer]
) -> tuple[str, dict[str, Answer]]:
    """Run every program whose answer is not known yet on one lattice, and write a table of them all."""
    names = [name for name in PEERS if not (radius and name == "esda + lat2W")]
    answers = {name: known.get(name) or sitting.ask(name, height, width, radius) for name in names}
    truth, ours = oracle(radius), answers["hotspot, kernel"]["seconds"]
    what = f"{radius:g} m on {CELL:g} m cells" if radius else "queen contiguity"
    rows = [
        f"Gi\\*, {what}, {height:,} x {width:,} cells",
        "",
        "| program | seconds | times the kernel | peak MB | largest difference of z from fractions |",
        "|---|---|---|---|---|",
    ]
    for name, found in answers.items():
        if "left_out" in found:
            rows.append(f"| {name} | {found['left_out']} | | | |")
            continue
        off = f"{np.abs(np.array(found['z']) - truth).max():.1e}" if "z" in found else "gives classes alone"
        rows.append(
            f"| {name} | {found['seconds']:.4f} | {found['seconds'] / ours:,.0f} | {found['peak_mb']:,.0f} | {off} |"
        )
    return "\n".join([*rows, ""]), answers


def ratio(answers: dict[str, Answer], slow: str, fast: str) -> str:
    """Say how many times as fast one program is as another."""
    if "left_out" in answers[slow] or "left_out" in answers[fast]:
        return "not known"
    return f"{answers[slow]['seconds'] / answers[fast]['seconds']:,.0f}"


def queen_part(sitting: Sitting, side: int, small: tuple[int, int]) -> list[str]:
    """The table of queen contiguity on a small and a large lattice, with the limits of the machine."""
    first, on_small = peer_table(sitting, *small, 0.0, {})
    known = {name: found for name, found in on_small.items() if "left_out" in found}
    for name, found in on_small.items():
        likely = found.get("seconds", 0.0) * side * side / (small[0] * small[1])
        if likely > 3 * sitting.asked.limit:
            known[name] = {"left_out": f"about {likely:,.0f}, by the table above: not run"}
    text, answers = peer_table(sitting, side, side, 0.0, known)
    limit, kernel = sitting.ask("one pass", side, side), answers["hotspot, kernel"]["seconds"]
    passes = ", ".join(
        f"{limit[key] * 1e3:.2f} ms {words} ({kernel / limit[key]:.1f} of them)"
        for key, words in (
            ("seconds", "from memory into memory that is there"),
            ("scaled", "the same with a multiplication"),
            ("fresh", "into fresh memory"),
            ("cached", "within the cache"),
        )
    )
    return [
        first,
        text,
        f"The kernel is {ratio(answers, 'esda + Graph', 'hotspot, kernel')} times, and the public call with p, q, class and "
        f"table {ratio(answers, 'esda + Graph', 'hotspot, public call')} times, as fast as esda with its Graph.",
        f"Reading the {side * side:,} counts as int32 and writing them as float64 once takes {passes}.",
        "",
    ]


def radius_part(sitting: Sitting, sizes: list[tuple[int, int]]) -> list[str]:
    """The table of 300 m, on the largest lattice that esda finishes in the time."""
    size, best = sizes[0], sitting.ask("esda + Graph", *sizes[0], 300.0)
    for larger in sizes[1:]:
        tried = sitting.ask("esda + Graph", *larger, 300.0)
        if "left_out" in tried or tried["seconds"] > sitting.asked.limit:
            break
        size, best = larger, tried
    text, answers = peer_table(sitting, *size, 300.0, {"esda + Graph": best})
    return [
        text,
        f"The kernel is {ratio(answers, 'esda + Graph', 'hotspot, kernel')} times, and the public call "
        f"{ratio(answers, 'esda + Graph', 'hotspot, public call')} times, as fast as esda, on the largest of these "
        f"lattices that esda finishes in {sitting.asked.limit:g} s: {', '.join(f'{h:,} x {w:,}' for h, w in sizes)}.",
        "",
    ]


def exact_part(sitting: Sitting, side: int, wide: int) -> list[str]:
    """Exact p, a map of many cells, and the first call."""
    p, first = sitting.ask("exact p", side, side), sitting.ask("first call", 100, 100)
    rows = [
        f"Exact p (Gi\\*, queen) of {side * side:,} cells",
        "",
        "| counts | exact p | one convolve | ratio |",
        "|---|---|---|---|",
    ]
    for key, words in (
        ("poisson", "Poisson, mean 1"),
        ("clumped", "negative binomial, mean 5, variance 250"),
    ):
        if "left_out" in p:
            rows.append(f"| {words} | {p['left_out']} | | |")
            continue
        mine, theirs = p[f"{key}_exact"], p[f"{key}_convolve"]
        rows.append(f"| {words} | {mine:.3f} s | {theirs:.4f} s | {mine / theirs:.1f} |")
    rows += [
        "",
        "Large maps, geometry left out",
        "",
        "| what | cells | seconds | peak MB of the process |",
        "|---|---|---|---|",
    ]
    for name, words in (
        ("big map", "z and exact p from arrays"),
        ("big public", "the public call: z, p, q, class, table"),
    ):
        found = sitting.ask(name, wide, wide)
        if "left_out" in found:
            rows.append(f"| {words} | {found['left_out']} | | |")
        else:
            rows.append(
                f"| {words} | {found['cells']:,} | {found['seconds']:.1f} | {found['peak_mb']:,.0f} |"
            )
    said = first.get("left_out") or (
        f"{first['seconds']:.2f} s, the second {first['second']:.2f} s; "
        f"imports and the grid before them {first['imports']:.2f} s"
    )
    return [*rows, "", f"In a fresh process the first call on 10,000 cells takes {said}.", ""]


def versions() -> str:
    """Name the machine and the versions of what ran."""
    found = []
    for name in ("numpy", "scipy", "pandas", "geopandas", "libpysal", "esda", "xarray-spatial", "numba"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if shutil.which("Rscript"):
        code = 'cat(paste0("R ", getRversion(), ", spdep ", packageVersion("spdep")))'
        found.append(subprocess.run(["Rscript", "-e", code], capture_output=True, text=True).stdout)
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {', '.join(filter(None, found))}"


def run_job(asked: argparse.Namespace) -> int:
    """Do one program's work in this process, and print its answer."""
    name, height, width, radius = asked.job
    size = int(asked.memory * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = RUNS[name](int(height), int(width), float(radius), asked.repeat)
    answer.setdefault("peak_mb", peak_mb())
    print(json.dumps(answer))
    return 0


def main() -> int:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small lattices, to see that everything runs")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--limit", type=float, default=100.0, help="seconds that esda may take for a radius")
    parser.add_argument("--memory", type=float, default=16.0, help="GB of address space of each process")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--job", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.job:
        return run_job(asked)
    sitting = Sitting(asked)
    side, small, wide = (200, (60, 80), 400) if asked.quick else (1000, (280, 200), 5050)
    sizes = [(60, 40), (60, 80)] if asked.quick else [(280, 200), (400, 400), (560, 500)]
    text = [f"{versions()}; medians of {asked.repeat} runs or more (one where it takes over 10 s).", ""]
    if asked.quick:
        text += ["A quick run on small lattices, where fixed costs weigh: no figures to quote.", ""]
    text += queen_part(sitting, side, small)
    text += radius_part(sitting, sizes)
    text += exact_part(sitting, side, wide)
    print("\n".join(text))
    if asked.out:
        asked.out.write_text("\n".join(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
