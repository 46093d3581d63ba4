"""A suggestion of cell size and radius, with every rule's own figure beside the one suggested."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import AreaLike, as_area
from hotspot.geography.incidents import point_coordinates, refuse_silent_sum
from hotspot.geography.precision import finest_unit

log = logging.getLogger("hotspot")

Floats = NDArray[np.float64]

ROUND_SIZES = (
    50,
    100,
    150,
    200,
    250,
    300,
    400,
    500,
    600,
    800,
    1_000,
    1_500,
    2_000,
    2_500,
    3_000,
    4_000,
    5_000,
)
"""Metres; sizes that people can say and check on a map."""
FEWEST_CELLS = 400
RADIUS_CELLS = 1.5
OUTLIER_SD = 3.0
SPARSE_NEIGHBOURHOOD = 5.0


@dataclass(frozen=True)
class ScaleSuggestion:
    """What `suggest_scale` returns; ``print`` it to read the reasons.

    Attributes
    ----------
    cell_size : float
        Metres, for `Grid.over`.
    radius : float
        Metres, for `getis_ord`.
    rules : DataFrame
        One row a rule: ``rule``, ``cell_size`` (its own figure in metres, unrounded; missing where it
        has none), ``part`` (floor, wish, limit, or comparison only) and ``arithmetic``.
    reasons : tuple of str
        How the rules led to the two figures, in sentences.
    """

    cell_size: float
    radius: float
    rules: pd.DataFrame = field(repr=False)
    reasons: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        lines = [f"Suggested: cell_size={self.cell_size:g}, radius={self.radius:g} (metres)", ""]
        for rule, size, part, arithmetic in self.rules.itertuples(index=False):
            figure = "none" if math.isnan(size) else f"{size:,.0f} m"
            lines.append(f"  {figure:>8}  {rule} ({part}): {arithmetic}")
        return "\n".join([*lines, "", *self.reasons])


def suggest_scale(incidents: gpd.GeoDataFrame, area: AreaLike) -> ScaleSuggestion:
    """Suggest a cell size and a radius before any hot spot is looked for, and say why.

    Parameters
    ----------
    incidents
        Points with a CRS; those outside the area play no part.
    area
        Polygons, or a file of them: the area that the grid will cover.

    Returns
    -------
    ScaleSuggestion
        ``cell_size`` and ``radius`` in metres, the figure of every rule, and the reasons.

    Raises
    ------
    InputError
        If fewer than two different places with incidents lie in the area.

    Notes
    -----
    cell_size = max(precision, min(max(spacing, count), limit)), to the nearest of 50, 100, 150, 200, 250,
    300, 400, 500, 600, 800, 1,000 ... m by ratio, not over the limit where a size allows it, and never
    under the precision. Above 5,000 m: whole thousands. The four figures are:

    - precision: the finest unit that the incidents' ``location_precision`` carries;
    - spacing: nearest-neighbour distances between distinct places, those more than 3 standard deviations
      above their mean left out; the larger of their mean and median, times max(larger / smaller, 2).
      This is the rule of ArcGIS's Optimized Hot Spot Analysis;
    - count: sqrt(area / incidents), the size at which cells hold one incident on average;
    - limit: sqrt(area / 400), since a map of fewer than about 400 cells says little about where.

    For comparison only, sfhotspot's rule: the shorter side of the area's box divided by 50, rounded down
    to whole hundreds of metres, at least 100.

    radius = 1.5 cell_size, which reaches the same cells as queen contiguity: the smallest neighbourhood
    that goes all the way round.

    How this can mislead: no rule knows the size of the problem, and other sizes give other hot cells.
    Fix the scale before looking at a result, write it down, and show with `sensitivity` what depends on
    it. Trying sizes until a place is hot makes the confidence that is printed beside it untrue.
    The suggestion follows the incidents given: for a comparison of periods or categories, take one scale
    for all of them.

    Sources: Esri, "How Optimized Hot Spot Analysis works"; sfhotspot (Ashby), help of hotspot_grid.

    Examples
    --------
    >>> import geopandas as gpd, hotspot as hs
    >>> from shapely import box, points
    >>> area = gpd.GeoDataFrame(geometry=[box(0, 0, 5000, 5000)], crs=27700)
    >>> spots = points([[x, y] for x in range(50, 5000, 100) for y in range(50, 5000, 100)])
    >>> hs.suggest_scale(gpd.GeoDataFrame(geometry=spots, crs=27700), area)
    ScaleSuggestion(cell_size=200.0, radius=300.0)
    """
    refuse_silent_sum(incidents, "suggest_scale")
    frame = as_area(area, keep_projected=True)
    outline = frame.union_all()
    x, y = point_coordinates(incidents, frame.crs)
    shapely.prepare(outline)
    inside = shapely.intersects_xy(outline, x, y)
    places = np.unique(np.column_stack([x[inside], y[inside]]), axis=0)
    if len(places) < 2:
        raise InputError(
            f"a scale needs incidents at two different places or more in the area; {int(inside.sum()):,} of "
            f"{len(x):,} incidents lie in it, at {len(places)} places. Check the area and its CRS, or the filter"
        )
    count = int(inside.sum())
    finest, grade = finest_unit(incidents)
    rules = _rules(places, count, outline, finest, grade)
    chosen, how = _chosen(rules, finest)
    radius = RADIUS_CELLS * chosen
    reasons = (how, _why_radius(radius, count, outline.area, chosen), *_outside(len(x) - count), _FIX)
    log.info("cell_size: %g m, radius: %g m, suggested (%s)", chosen, radius, how)
    table = provenance.carry(
        incidents, rules, "suggest_scale", cell_size_m=chosen, radius_m=radius, incidents_in_area=count
    )
    return ScaleSuggestion(chosen, radius, table, reasons)


_FIX = "Fix the scale before looking at any result and write it down; then show with sensitivity() what depends on it."


def spacing_rule(places: Floats) -> tuple[float, float, float, int]:
    """Return the size by the spacing of distinct places, the mean and median distance, and the outliers.

    ``places`` has one row of x and y (metres) for each place; there must be two or more.
    """
    from scipy.spatial import cKDTree

    nearest = np.asarray(cKDTree(places).query(places, k=2)[0])[:, 1]
    kept = nearest <= nearest.mean() + OUTLIER_SD * nearest.std()
    mean, median = float(nearest[kept].mean()), float(np.median(nearest[kept]))
    larger, smaller = max(mean, median), min(mean, median)
    return larger * max(larger / smaller, 2.0), mean, median, int((~kept).sum())


def round_size(metres: float) -> float:
    """Return the nearest round number of metres, by ratio; the smaller of two as near."""
    if metres > ROUND_SIZES[-1]:
        return float(max(round(metres / 1_000), 1) * 1_000)
    return float(min(ROUND_SIZES, key=lambda size: abs(math.log(size / metres))))


def _rules(places: Floats, count: int, outline: BaseGeometry, finest: float, grade: str) -> pd.DataFrame:
    spacing, mean, median, outliers = spacing_rule(places)
    square_metres = float(outline.area)
    west, south, east, north = outline.bounds
    side = min(east - west, north - south)
    left_out = f", {outliers:,} outliers left out" if outliers else ""
    known = f"location_precision is {grade!r}" if finest else "locations are exact, or do not say otherwise"
    rows = [
        ("data precision", finest or math.nan, "floor", known),
        (
            "spacing of places",
            spacing,
            "wish",
            f"{len(places):,} distinct places, nearest neighbour {mean:,.0f} m away on average, median "
            f"{median:,.0f} m{left_out}; the larger times {spacing / max(mean, median):.2g}",
        ),
        (
            "incident count",
            math.sqrt(square_metres / count),
            "wish",
            f"one incident a cell: square root of {square_metres / 1e6:,.2f} km2 / {count:,} incidents",
        ),
        (
            "number of cells",
            math.sqrt(square_metres / FEWEST_CELLS),
            "limit",
            f"{FEWEST_CELLS} cells: square root of {square_metres / 1e6:,.2f} km2 / {FEWEST_CELLS}",
        ),
        (
            "size of the area",
            max(math.floor(side / 50 / 100) * 100.0, 100.0),
            "comparison only",
            f"shorter side of the area's box, {side:,.0f} m, / 50, down to whole hundreds",
        ),
    ]
    return pd.DataFrame(rows, columns=["rule", "cell_size", "part", "arithmetic"])


def _chosen(rules: pd.DataFrame, finest: float) -> tuple[float, str]:
    """Return the cell size, and the sentence that says which rule set it."""
    figure = dict(zip(rules["rule"], rules["cell_size"], strict=True))
    wished = max(("spacing of places", "incident count"), key=lambda rule: figure[rule])
    sized, rule = figure[wished], wished
    if sized > figure["number of cells"]:
        sized, rule = figure["number of cells"], "number of cells"
    if sized < finest:
        sized, rule = finest, "data precision"
    rounded = round_size(sized)
    limit = figure["number of cells"]
    if rounded > limit:
        rounded = max((float(size) for size in ROUND_SIZES if size <= limit), default=rounded)
    if rounded < finest:
        rounded = next((float(size) for size in ROUND_SIZES if size >= finest), finest)
    words = "the larger of the two wishes"
    if rule == "number of cells":
        words = f"{wished} asks for {figure[wished]:,.0f} m, but then the map would have too few cells"
    elif rule == "data precision":
        words = "the finest that the data carries"
    return rounded, f"The cell size follows '{rule}' ({words}): {sized:,.0f} m, rounded to {rounded:g} m."


def _why_radius(radius: float, count: int, square_metres: float, cell_size: float) -> str:
    mean = count / square_metres * cell_size**2
    text = (
        f"The radius of {radius:g} m is 1.5 cells: the same neighbours as queen contiguity. Cells then hold "
        f"{_short(mean)} incidents on average, and neighbourhoods of nine squares {_short(9 * mean)}."
    )
    if 9 * mean >= SPARSE_NEIGHBOURHOOD:
        return text
    return (
        f"{text} That is few: only strong clusters can be told from chance; a longer period or fewer "
        "categories set apart would help more than another scale."
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _outside(outside: int) -> tuple[str, ...]:
    return (f"{outside:,} incidents outside the area play no part.",) if outside else ()
