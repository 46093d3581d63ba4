"""Exact p against every set of cells, whole and cut by the boundary, and against a million simulations."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.affinity
from slow_nulls import Case, Enumerated, cases, generated_tails, simulated_tails, two_sided

import hotspot as hs
from hotspot.geography.lattice_geometry import polygons
from hotspot.statistics import inference
from makers import area_of, lattice_neighbours, quiet

SIZE = 200.0
MANY = 1_000_000


@pytest.fixture(autouse=True)
def _few_whole_cells_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small lattices can be enumerated; the limit on them has a test of its own."""
    monkeypatch.setattr(inference, "FEWEST_WHOLE", 1)


def grid_of(outline: shapely.Geometry, shape: str) -> tuple[hs.Grid, list[tuple[int, int]]]:
    """Return the grid over an outline, and the row and column of each of its cells."""
    grid = hs.Grid.over(area_of(outline), cell_size=SIZE, shape=shape)  # type: ignore[arg-type]
    return grid, [divmod(int(cell), 10_000_000) for cell in grid.cell_ids]


def whole_cells(spots: list[tuple[int, int]], shape: str) -> shapely.Geometry:
    row, col = (np.array(part) for part in zip(*spots, strict=True))
    return shapely.union_all(polygons(row, col, SIZE, shape))  # type: ignore[arg-type]


def frame_of(grid: hs.Grid, counts: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {"n": counts, "share_in_area": grid.share_in_area}, index=pd.Index(grid.cell_ids, name="cell_id")
    )


def run(
    grid: hs.Grid,
    spots: list[tuple[int, int]],
    counts: list[int],
    *,
    star: bool,
    reach: float | None = None,
    **options: str,
) -> tuple[pd.DataFrame, list[Case]]:
    """Return the library's answer and the oracle's case of each cell, in the order of cell_id."""
    radius = None if reach is None else reach * SIZE
    with quiet():
        result = hs.getis_ord(
            frame_of(grid, counts), grid, star=star, radius=radius, inference="exact", **options
        )  # type: ignore[arg-type]
    neighbours = lattice_neighbours(spots, grid.shape, reach)
    return result, list(cases(counts, grid.share_in_area.tolist(), neighbours, star=star))


def check_every_cell(result: pd.DataFrame, mine: list[Case]) -> int:
    """Compare p and the side of the class with enumeration; return how many cells had a p."""
    oracle, tested = Enumerated(), 0
    assert "gi_inference" not in result, "a cell was approximated"
    for i, case in enumerate(mine):
        p = result["gi_p"].iloc[i]
        assert math.isnan(p) == math.isnan(result["gi_z"].iloc[i])
        if math.isnan(p):
            continue
        # Enumeration is for small counts; the generating function in whole numbers for the others.
        upper, lower = oracle.tails(case) if max(case.pool) <= 8 else generated_tails(case)
        expected = two_sided(upper, lower)
        assert expected > 0, f"cell {i}: the null cannot make what was seen"
        assert p == pytest.approx(float(expected), rel=1e-11, abs=0), f"cell {i}: {case}"
        named = str(result["gi_class"].iloc[i])
        if named != "not significant":
            assert named.startswith("hot" if upper < lower else "cold")
        tested += 1
    return tested


HOLED = [
    [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 3), (2, 0), (2, 1), (2, 2), (2, 3), (3, 1), (3, 3)],
    [(0, 0), (0, 1), (0, 2), (1, 2), (2, 0), (2, 1), (2, 2), (3, 3), (4, 0), (4, 1), (4, 2), (4, 3), (4, 4)],
]
COUNTS = [[0, 0, 1, 0, 2, 0, 0, 5, 0, 1, 0, 0, 3], [1, 1, 1, 1, 0, 1, 1, 6, 1, 1, 1, 1, 9]]


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("reach", [None, 2.0])
@pytest.mark.parametrize("holed", [0, 1])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("counts", COUNTS)
def test_whole_cells_with_holes(
    counts: list[int], shape: str, holed: int, reach: float | None, star: bool
) -> None:
    spots = [(1401 + row, 1990 + col) for row, col in HOLED[holed]]
    grid, found = grid_of(whole_cells(spots, shape), shape)
    assert found == spots
    result, mine = run(grid, spots, counts, star=star, reach=reach)
    assert all(case.shares == () for case in mine)
    assert {len(case.pool) for case in mine} == {13 if star else 12}
    tested = check_every_cell(result, mine)
    # Gi of a cell without neighbours is undefined, and so is a neighbourhood of all cells.
    assert tested == sum(0 < case.draws < len(case.pool) for case in mine) >= 8


@pytest.mark.parametrize("star", [True, False])
def test_nine_of_twenty_cells(star: bool) -> None:
    counts = [0, 0, 1, 0, 2, 0, 0, 5, 0, 1, 0, 0, 3, 7, 0, 0, 1, 0, 0, 12]
    grid, spots = grid_of(shapely.box(0, 0, 5 * SIZE, 4 * SIZE), "square")
    result, mine = run(grid, spots, counts, star=star)
    assert max(case.draws for case in mine) == (9 if star else 8)
    assert check_every_cell(result, mine) == 20


# Outlines that cut cells: where they end, in cells. The box has shares of 0.75, 0.625 and products with 0.5;
# the corner piece has whole cells north-east of a step; the slanted one cuts every cell on its edges differently.
OUTLINES = {
    "east side": [(0, 0), (3.25, 0), (3.25, 3), (0, 3)],
    "all sides": [(0.25, 0.5), (4.625, 0.5), (4.625, 3.75), (0.25, 3.75)],
    "step": [(0, 0), (2, 0), (2, 1.5), (4.125, 1.5), (4.125, 4), (0, 4)],
    "slanted": [(0.1, 0.2), (4.3, 0.7), (3.9, 3.8), (1.2, 4.2)],
}


def outline_of(name: str, row: int = 0, col: int = 0) -> shapely.Geometry:
    return shapely.Polygon([((x + col) * SIZE, (y + row) * SIZE) for x, y in OUTLINES[name]])


def test_the_shares_are_those_of_the_outline() -> None:
    grid, _ = grid_of(outline_of("all sides"), "square")
    across, up = [0.75, 1, 1, 1, 0.625], [0.5, 1, 1, 0.75]
    np.testing.assert_allclose(grid.share_in_area, np.outer(up, across).ravel(), rtol=1e-12)


def sprinkled(grid: hs.Grid, seed: int, busy: int) -> list[int]:
    """Return counts of 0 to 3, mostly 0, and two busy cells, both of them whole."""
    counts = (4 * np.random.default_rng(seed).random(len(grid)) ** 3).astype(int)
    whole = np.flatnonzero(grid.share_in_area > 1 - 1e-9)
    counts[whole[[seed % len(whole), (seed + 1) % len(whole)]]] = busy, busy - 1
    return [int(count) for count in counts]


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("reach", [None, 2.0])
@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("name", list(OUTLINES))
def test_cells_that_the_boundary_cuts(name: str, shape: str, reach: float | None, star: bool) -> None:
    row, col = (0, 0) if shape == "square" else (1401, 1990)
    if shape == "hexagon":
        # Hexagons lie half a cell further south and west of the same numbers, and their rows are lower.
        outline = shapely.affinity.scale(outline_of(name), yfact=math.sqrt(3) / 2, origin=(0, 0))
        outline = shapely.affinity.translate(outline, col * SIZE, row * SIZE * math.sqrt(3) / 2)
    else:
        outline = outline_of(name)
    grid, spots = grid_of(outline, shape)
    whole = int((grid.share_in_area > 1 - 1e-9).sum())
    assert 4 <= whole < len(spots) <= 35
    for seed in (3, 8) if reach is None else (5,):
        result, mine = run(grid, spots, sprinkled(grid, seed, busy=6), star=star, reach=reach)
        assert any(case.shares for case in mine)
        assert check_every_cell(result, mine) >= 0.5 * len(spots)


@pytest.mark.parametrize("alternative", ["greater", "less"])
def test_one_tail_of_a_cut_neighbourhood(alternative: str) -> None:
    grid, spots = grid_of(outline_of("all sides"), "square")
    result, mine = run(grid, spots, sprinkled(grid, 5, busy=4), star=True, alternative=alternative)
    oracle = Enumerated()
    for p, case in zip(result["gi_p"], mine, strict=True):
        tail = (oracle.tails(case) if max(case.pool) <= 8 else generated_tails(case))[alternative == "less"]
        assert p == pytest.approx(float(tail), rel=1e-11, abs=0)


def test_a_cut_neighbourhood_by_hand() -> None:
    # Four cells in a row, the last cut to its half; Gi* with a reach of one cell. Whole counts 0, 1, 2.
    grid, spots = grid_of(shapely.box(0, 0, 3.5 * SIZE, SIZE), "square")
    result, _ = run(grid, spots, [0, 1, 2, 1], star=True, reach=1.0)
    # First: two whole cells of three: sums 1, 2, 3, and 1 was seen.
    assert result["gi_p"].iloc[0] == pytest.approx(2 / 3, rel=1e-14)
    # Last: one whole cell and one thinned, 0 with 1, 1/2, 1/4 (mean 7/12), 1 with 0, 1/2, 1/2 (1/3), 2 with 1/4 (1/12).
    # P(S >= 3) = (1/3 x 1/12) + (1/3 x (1/3 + 1/12)) = 1/36 + 5/36.
    assert result["gi_p"].iloc[3] == pytest.approx(2 * 6 / 36, rel=1e-14)
    # Third: two whole of sums 1, 2, 3 and one thinned; 4 was seen: (1/3 x 1/12) + (1/3 x 5/12).
    assert result["gi_p"].iloc[2] == pytest.approx(2 * 6 / 36, rel=1e-14)


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("seen", [2, 4])
def test_a_cut_cell_with_more_than_any_whole_one(seen: int, star: bool) -> None:
    # The whole cells hold at most 1; a cut cell that holds more is in the population too.
    grid, spots = grid_of(outline_of("all sides"), "square")
    counts = [int(share > 1 - 1e-9 and i % 3 == 0) for i, share in enumerate(grid.share_in_area)]
    counts[4] = seen
    counts[5] = 2
    result, mine = run(grid, spots, counts, star=star)
    assert check_every_cell(result, mine) == len(spots)


def test_one_incident_in_a_cut_cell_among_empty_whole_ones() -> None:
    # Seven whole cells, all empty, and eight beside them cut to a half; the corner's quarter holds the one incident,
    # and stands for a whole cell of four.
    grid, spots = grid_of(shapely.box(0, 0, 7.5 * SIZE, 1.5 * SIZE), "square")
    counts = [0] * 15 + [1]
    result, mine = run(grid, spots, counts, star=True)
    assert {case.pool for case in mine} == {(0,) * 7 + (4,)}
    # The corner: a drawn whole cell, two halves and a quarter, all of them empty.
    empty = 7 / 8 * (7 / 8 + 1 / 8 * (1 / 2) ** 4) ** 2 * (7 / 8 + 1 / 8 * (3 / 4) ** 4)
    assert result["gi_p"].iloc[15] == pytest.approx(2 * (1 - empty), rel=1e-12)
    assert check_every_cell(result, mine) == 16


def test_with_few_whole_cells_the_cut_ones_have_no_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    eleven = shapely.box(0, 0, 11 * SIZE, SIZE).union(shapely.box(0, SIZE, SIZE, 1.5 * SIZE))
    grid, spots = grid_of(eleven, "square")
    assert len(spots) == 12
    with pytest.warns(hs.HotspotWarning, match="3 cells: too few whole cells"):
        result = hs.getis_ord(frame_of(grid, [1, 0, 2, 0, 0, 1, 3, 0, 0, 1, 0, 1]), grid)
    # Two whole cells and the cut one have it in their neighbourhood; the others draw whole cells alone.
    assert result["gi_p"].isna().tolist() == [True, True, *[False] * 9, True]
    grid, _ = grid_of(eleven.union(shapely.box(11 * SIZE, 0, 12 * SIZE, SIZE)), "square")
    result = hs.getis_ord(frame_of(grid, [1, 0, 2, 0, 0, 1, 3, 0, 0, 1, 0, 1, 0]), grid)
    assert result["gi_p"].notna().all()


def test_without_a_whole_cell_there_is_no_null() -> None:
    # Two rows of cells, each cut to a half: there is nothing to draw from, and p says so; z is what it is.
    grid, _ = grid_of(shapely.box(0, SIZE / 2, 4 * SIZE, 3 * SIZE / 2), "square")
    with pytest.warns(hs.HotspotWarning, match="too few whole cells"):
        result = hs.getis_ord(frame_of(grid, [0, 1, 0, 2, 0, 0, 5, 1]), grid)
    assert result["gi_z"].notna().all()
    assert result[["gi_p", "gi_q", "gi_class"]].isna().all(axis=None)


def test_the_slow_oracles_agree_with_each_other() -> None:
    # Two ways to the same fractions, and both to arithmetic: one of (0, 2), one more halved: 0, 1, 2 with
    # chances 1/2 + 1/8, 1/4, 1/8.
    case = Case((0, 2), 1, (0.5,), 3)
    assert Enumerated().distribution(case) == {
        0: Fraction(5, 16),
        1: Fraction(2, 16),
        2: Fraction(6, 16),
        3: Fraction(2, 16),
        4: Fraction(1, 16),
    }
    assert generated_tails(case) == (Fraction(3, 16), Fraction(15, 16))
    for draws, shares, seen in itertools.product((0, 2, 5), ((), (0.3,), (0.3, 0.75)), (0, 2, 6)):
        case = Case((0, 0, 1, 1, 1, 2, 4, 4), draws, shares, seen)
        assert generated_tails(case) == Enumerated().tails(case)


def clumped(spots: list[tuple[int, int]], seed: int) -> list[int]:
    """Return skewed counts with a busy block in the south-west corner."""
    rng = np.random.default_rng(seed)
    counts = (5 * rng.random(len(spots)) ** 4).astype(int)
    low_row, low_col = min(r for r, _ in spots), min(c for _, c in spots)
    for i, (row, col) in enumerate(spots):
        if row - low_row < 4 and col - low_col < 4:
            counts[i] += int(6 * rng.random())
    return [int(count) for count in counts]


@pytest.mark.parametrize(
    ("shape", "reach", "star"), [("square", None, True), ("square", 2.5, False), ("hexagon", 2.0, True)]
)
def test_a_million_simulations_of_a_larger_lattice(shape: str, reach: float | None, star: bool) -> None:
    outline = shapely.Polygon(
        [(x * SIZE, y * SIZE) for x, y in [(0.3, 0.4), (24.6, 1.7), (22.1, 21.8), (2.2, 23.45)]]
    )
    grid, spots = grid_of(outline, shape)
    result, mine = run(grid, spots, clumped(spots, 11), star=star, reach=reach)
    rng = np.random.default_rng(20_240_202)
    chosen = [1, 2, len(spots) // 2]
    assert {bool(mine[i].shares) for i in chosen} == {True, False}
    for i in chosen:
        tail = min(simulated_tails(mine[i], MANY, rng))
        error = 5 * math.sqrt(max(tail * (1 - tail), 1 / MANY) / MANY)
        assert result["gi_p"].iloc[i] == pytest.approx(min(1.0, 2 * tail), abs=2 * error)


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("cut", [False, True])
def test_deep_tails_keep_their_digits(cut: bool, star: bool) -> None:
    # A busy block in a corner of 30 x 30 cells; with the cut, the outline starts half and a quarter of a cell in.
    low_x, low_y = (0.5, 0.75) if cut else (0.0, 0.0)
    grid, spots = grid_of(shapely.box(low_x * SIZE, low_y * SIZE, 30 * SIZE, 30 * SIZE), "square")
    counts = [int(v) for v in (2.2 * np.random.default_rng(17).random(len(spots)) ** 3)]
    for i, (row, col) in enumerate(spots):
        if row < 5 and col < 5:
            counts[i] = 4 + (row + 2 * col) % 3
    wanted = {1e-15: False, 1e-40: False}
    for reach in (None, 2.0, 3.0, 4.0):
        result, mine = run(grid, spots, counts, star=star, reach=reach)
        assert "gi_inference" not in result, "a cell was approximated"
        # Along the diagonal from the busy corner outwards.
        for step in (0, 1, 2, 4):
            case, p = mine[step * 31], result["gi_p"].iloc[step * 31]
            expected = float(two_sided(*generated_tails(case)))
            assert p == pytest.approx(expected, rel=1e-9, abs=0), f"reach {reach}, {step} cells along"
            for level in wanted:
                wanted[level] |= level / 1e3 < expected < level * 1e3 and (bool(case.shares) or not cut)
    assert wanted == {1e-15: True, 1e-40: True}
