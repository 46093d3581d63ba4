"""Make the picture of the demo's map that README.md shows.

    python docs/images/make_images.py

runs the demo into a temporary folder, opens its map in Chromium with the network cut, and writes
``docs/images/demo_map.png``. Needs the ``test`` extra and Chromium; CHROMIUM names the program if it is
not ``/usr/bin/chromium``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Route, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTH, HEIGHT = 1200, 750
# A spot near the busiest cells in the opened map, in pixels: zoomed in there, hot cells and numbers are both
# seen; with the whole borough in view the numbers cover the cells.
ZOOM_AT, ZOOM_STEPS = (660, 580), 2


def local_only(route: Route) -> None:
    """Let the file itself through and nothing else."""
    if route.request.url.startswith(("file:", "data:", "blob:")):
        route.continue_()
    else:
        route.abort()


def picture(page_file: Path, image: Path) -> None:
    """Open a saved map and take its picture once the cells are drawn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.route("**/*", local_only)
        page.goto(page_file.resolve().as_uri())
        page.wait_for_selector("canvas, path.leaflet-interactive")
        page.wait_for_timeout(500)
        page.mouse.move(*ZOOM_AT)
        for _ in range(ZOOM_STEPS):
            page.mouse.wheel(0, -60)
            page.wait_for_timeout(1000)
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)
        page.screenshot(path=image)
        browser.close()


def main() -> None:
    """Run the demo and take the picture of its map."""
    image = Path(__file__).with_name("demo_map.png")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        subprocess.run([sys.executable, "-m", "hotspot", "demo", "--out", str(out)], check=True)
        picture(out / "map.html", image)
    print(f"{image} ({image.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
