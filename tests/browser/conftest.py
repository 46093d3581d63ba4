"""A browser that may reach no server, and synthetic cells to draw in it."""

import os
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL = ("file:", "data:", "blob:")
CLASSES = ["cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%"]
SIDE = 20
METRES = 200
HOT = 150  # row 7, column 10
COLD = 45  # row 2, column 5


def _missing(reason):
    if os.environ.get("HOTSPOT_REQUIRE_BROWSER") == "1":
        pytest.fail(f"HOTSPOT_REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    if CHROMIUM is None:
        _missing("there is no chromium on the path")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def faults():
    """Return a function that lists what axe-core finds on a page, and where."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        _missing("axe-playwright-python is not installed")
    axe = Axe()

    def found(page):
        violations = axe.run(page).response["violations"]
        return [(each["id"], node["target"]) for each in violations for node in each["nodes"]]

    return found


class Visit:
    """One page, with all that it asked for and complained of."""

    def __init__(self, page):
        self.page = page
        self.requests = []
        self.complaints = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.route("**/*", self._route)

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _route(self, route):
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()

    def settle(self, milliseconds=60):
        """Wait until the screen has been drawn twice, and a little for what is put off on purpose."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )
        self.page.wait_for_timeout(milliseconds)

    def go(self, path):
        self.page.goto(path.as_uri(), wait_until="load")
        self.settle()
        return self

    def where(self, lat, lon):
        """Return the place on the screen of a point, through Leaflet itself."""
        return self.page.evaluate(
            """([lat, lon]) => {
                const name = Object.keys(window).find(key => /^map_[0-9]+$/.test(key));
                const map = window[name];
                const point = map.latLngToContainerPoint([lat, lon]);
                const box = map.getContainer().getBoundingClientRect();
                return [box.left + point.x, box.top + point.y];
            }""",
            [lat, lon],
        )


@pytest.fixture
def visit(browser):
    contexts = []

    def go(path: Path, width=1280, height=800):
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        return Visit(context.new_page()).go(path)

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def cells():
    """Cells that are all not significant but for one hot and one cold; every one has a density or zero."""
    x, y = (part.ravel() for part in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    number = np.arange(SIDE * SIDE)
    codes = np.full(SIDE * SIDE, 3)
    codes[HOT], codes[COLD] = 6, 0
    n = number % 5
    n[HOT] = 1_234
    n[COLD] = 0
    east, north = 400_000 + METRES * x, 290_000 + METRES * y
    return gpd.GeoDataFrame(
        {
            "label": [f"row {j} column {i}" for i, j in zip(x, y, strict=True)],
            "n": n,
            "n_Burglary": n // 2,
            "share_in_area": 1.0,
            "gi_z": np.where(number == HOT, 4.567, 0.0),
            "gi_p": np.where(number == HOT, 0.00001, 0.5),
            "gi_q": np.where(number == HOT, 0.00049, 0.9),
            "gi_class": pd.Categorical.from_codes(codes, CLASSES, ordered=True),
            "density_per_km2": n * 25.0,
        },
        geometry=shapely.box(east, north, east + METRES, north + METRES),
        crs="EPSG:27700",
        index=pd.Index(number, name="cell_id"),
    )


@pytest.fixture
def places():
    """Build locations well apart, along a diagonal away from the hot and the cold cell."""

    def build(texts):
        count = len(texts)
        steps = np.linspace(300, 3_700, max(count, 2))[:count]
        return gpd.GeoDataFrame(
            {
                "number": np.arange(count) + 1,
                "rank": np.arange(count) + 1.0,
                "location_id": list(texts),
                "location": list(texts),
                "incidents": 12,
                "share_pct": 3.25,
                "months_active": 7,
                "months_observed": 12,
                "first": pd.Timestamp("2024-01-01"),
                "last": pd.Timestamp("2024-11-01"),
                "leading_categories": list(texts),
            },
            geometry=shapely.points(400_000 + steps, 293_900 - steps),
            crs="EPSG:27700",
        )

    return build


@pytest.fixture
def area():
    return gpd.GeoDataFrame(
        {"evidence_use": ["Outline not for evidence."]},
        geometry=[shapely.box(399_950, 289_950, 404_050, 294_050)],
        crs="EPSG:27700",
    )
