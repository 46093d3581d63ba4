"""Make the pictures of docs/charts.md from the simulated sample.

    python docs/images/make_charts.py

writes ``docs/images/charts_*.png``, each with its description ``.alt.txt`` beside it.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

import hotspot as hs
from hotspot import sample
from hotspot.publish.charts_maps import chart_cells, chart_density
from hotspot.publish.charts_periods import chart_periods
from hotspot.publish.charts_time import chart_hours, chart_series

HERE = Path(__file__).parent
# Made up, as the incidents are: the shipped register is of real sources.
REGISTER = [
    hs.Break(
        "New reporting form", "change", "2024-10", None, ("volume",), ("*",),
        "More reports come in by the form; levels on both sides are not alike.", "made up for this page",
    ),
    hs.Break(
        "Backlog", "spell", "2025-03", "2025-05", ("volume",), ("*",), "Reports were entered late.", "made up for this page",
    ),
]  # fmt: skip


def main() -> None:
    """Draw one picture a chart."""
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    incidents = hs.read_police_uk(sample.police_uk_archive(), area=area).incidents
    grid = hs.Grid.over(area, cell_size=350)
    cells = tested(incidents, grid)
    figures = {
        "cells": chart_cells(cells, area=area, locations=hs.repeat_locations(incidents), limit=10),
        "density": chart_density(cells, area=area, size="a4-landscape"),
        # Without its Decembers, to show what a gap looks like.
        "series": chart_series(
            hs.select_incidents(incidents, calendar_months=range(1, 12)),
            by="category",
            top=3,
            register=REGISTER,
        ),
        "hours": chart_hours(
            hs.read_incidents(sample.export("police_log"), sample.mapping("police_log"), area=area).incidents,
            size="a4-landscape",
        ),
        "periods": chart_periods(by_half_years(incidents, grid), area=area, size="a4-landscape"),
    }
    for name, figure in figures.items():
        image = hs.save_chart(figure, HERE / f"charts_{name}.png")
        print(f"{image} ({image.stat().st_size:,} bytes)")


def tested(incidents: gpd.GeoDataFrame, grid: hs.Grid) -> gpd.GeoDataFrame:
    """Count, test, and add the density."""
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid, radius=700)
    return hs.kernel_density(incidents, grid, bandwidth=600, cells=cells)


def by_half_years(incidents: gpd.GeoDataFrame, grid: hs.Grid) -> dict[str, gpd.GeoDataFrame]:
    """Return the tested cells of four half-years, from one grid."""
    periods = {}
    for start in pd.period_range("2024-03", "2025-09", freq="M")[::6]:
        end = start + 5
        part = hs.select_incidents(incidents, start=str(start), end=str(end))
        periods[f"{start} to {end}"] = tested(part, grid)
    return periods


if __name__ == "__main__":
    main()
