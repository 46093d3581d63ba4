"""Maps side by side with plain folium: size of the file and time to the first full drawing.

    python benchmarks/maps.py [--repeat 5] [--cells 2500 10000 40000] [--out docs/benchmarks_maps.md]

Both draw the same cells with the same facts, in Chromium with the network cut. The peer is what an
analyst writes today: ``folium.GeoJson`` with a ``style_function`` and a ``GeoJsonTooltip``, without
tiles, all other options as they come; its Leaflet is given from disk, so that no time is spent on
a network, and of its other scripts, which these layers do not use, none is loaded. Times are medians of
runs that take turns; a run is a new page.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspot.publish.maps import map_cells, save_map

CLASSES = ["cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%"]
COLOURS = ["#1f5fa8", "#5b9fd0", "#b3d4ea", "#ffffff", "#fbc3a4", "#e5734f", "#a8142d"]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
METRES = 100
# Drawn means: every shape has been handed to the screen, and the screen has had its turn twice.
DRAWN = """() => new Promise(done => {
  const twice = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  document.readyState === 'complete' ? twice() : window.addEventListener('load', twice);
})"""


def cells_of(number: int) -> gpd.GeoDataFrame:
    """Make a square lattice of cells with counts, z scores and classes."""
    side = round(number**0.5)
    column, row = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    rng = np.random.default_rng(20)
    n = rng.poisson(3, side * side)
    z = rng.normal(size=side * side).round(4)
    codes = np.digitize(z, [-2.6, -2.0, -1.6, 1.6, 2.0, 2.6])
    east, north = 400_000 + METRES * column, 280_000 + METRES * row
    return gpd.GeoDataFrame(
        {
            "label": [f"E{x} N{y}" for x, y in zip(east, north, strict=True)],
            "n": n,
            "gi_z": z,
            "gi_q": rng.uniform(size=side * side).round(4),
            "gi_class": pd.Categorical.from_codes(codes, CLASSES, ordered=True),
            "density_per_km2": n * 100.0,
        },
        geometry=shapely.box(east, north, east + METRES, north + METRES),
        crs="EPSG:27700",
        index=pd.Index(np.arange(side * side), name="cell_id"),
    )


def ours(cells: gpd.GeoDataFrame, path: Path) -> None:
    """Save the map of hotspot: classes and density, key, tables, the page itself."""
    save_map(map_cells(cells), path)


def plain_folium(cells: gpd.GeoDataFrame, path: Path) -> None:
    """Save what an analyst writes today, with Leaflet read from a file beside it."""
    drawn = cells.to_crs(4326).assign(gi_class=cells["gi_class"].astype(str)).reset_index()
    west, south, east, north = drawn.total_bounds
    m = folium.Map(location=[(south + north) / 2, (west + east) / 2], tiles=None)
    fills = dict(zip(CLASSES, COLOURS, strict=True))
    columns = ["label", "n", "gi_class", "gi_z", "gi_q", "density_per_km2"]
    folium.GeoJson(
        drawn,
        style_function=lambda each: {
            "fillColor": fills[each["properties"]["gi_class"]],
            "color": "#4a4a4a",
            "weight": 0.6,
            "fillOpacity": 0.85,
        },
        tooltip=folium.GeoJsonTooltip(columns),
    ).add_to(m)
    m.fit_bounds([[south, west], [north, east]])
    script, style = leaflet_beside(path.parent)
    m.default_js, m.default_css = [("leaflet", script)], [("leaflet_css", style)]
    m.save(str(path))


def leaflet_beside(folder: Path) -> tuple[str, str]:
    """Copy Leaflet's own files into the folder and return their names."""
    for entry in importlib.metadata.files("xstatic-leaflet") or []:
        if entry.name in ("leaflet.js", "leaflet.css"):
            (folder / entry.name).write_bytes(Path(str(entry.locate())).read_bytes())
    return "leaflet.js", "leaflet.css"


def seconds_to_draw(browser: Any, path: Path) -> float:
    """Open the page in a new context and return the seconds until it is drawn in full."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.set_default_timeout(180_000)
        page.route(
            "**/*",
            lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort(),
        )
        started = time.perf_counter()
        page.goto(path.as_uri(), wait_until="load")
        page.evaluate(DRAWN)
        seconds = time.perf_counter() - started
        shapes = "() => Object.keys(window).filter(k => /^map_/.test(k)).map(k => window[k]).map(m => {"
        shapes += "let n = 0; m.eachLayer(l => n += l instanceof L.Polygon ? 1 : 0); return n; })[0]"
        if not page.evaluate(shapes):
            raise SystemExit(f"{path.name} drew nothing")
        return seconds
    finally:
        context.close()


def measure(numbers: list[int], repeat: int) -> list[dict[str, Any]]:
    """Return size and median seconds of both maps for each number of cells."""
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=ARGUMENTS
        )
        for number in numbers:
            cells = cells_of(number)
            paths = {"hotspot": Path(folder) / "ours.html", "plain folium": Path(folder) / "folium.html"}
            writing: dict[str, float] = {}
            for name, write in (("hotspot", ours), ("plain folium", plain_folium)):
                started = time.perf_counter()
                write(cells, paths[name])
                writing[name] = time.perf_counter() - started
            taken: dict[str, list[float]] = {name: [] for name in paths}
            for _ in range(repeat):
                for name, path in paths.items():
                    taken[name].append(seconds_to_draw(browser, path))
            rows += [
                {
                    "cells": len(cells),
                    "map": name,
                    "mb": path.stat().st_size / 1e6,
                    "write": writing[name],
                    "open": statistics.median(taken[name]),
                    "low": min(taken[name]),
                    "high": max(taken[name]),
                }
                for name, path in paths.items()
            ]
        browser.close()
    return rows


def report(rows: list[dict[str, Any]], repeat: int) -> str:
    """Write the measurements as Markdown."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("folium", "xstatic-leaflet", "playwright")
    )
    lines = [
        f"Python {platform.python_version()}, {versions}; medians of {repeat} openings of each, in turn.",
        "",
        "| cells | map | file, MB | written in, s | open and drawn after, s | fastest to slowest |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row['cells']:,} | {row['map']} | {row['mb']:.2f} | {row['write']:.1f} | {row['open']:.2f} "
            f"| {row['low']:.2f} to {row['high']:.2f} |"
        )
    lines.append("")
    for mine, theirs in zip(rows[::2], rows[1::2], strict=True):
        lines.append(
            f"- {mine['cells']:,} cells: the file has {mine['mb'] / theirs['mb']:.2f} of the size, and opens in "
            f"{mine['open'] / theirs['open']:.2f} of the time."
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--cells", type=int, nargs="+", default=[2_500, 10_000, 40_000])
    parser.add_argument("--out", type=Path, help="Markdown file to write; else printed")
    asked = parser.parse_args()
    text = report(measure(asked.cells, asked.repeat), asked.repeat)
    if asked.out is None:
        print(text)
    else:
        asked.out.write_text(text, encoding="utf-8")
