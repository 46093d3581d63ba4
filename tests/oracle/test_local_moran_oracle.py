"""The local Moran statistic against R's spdep, esda, enumeration and Gi of the same neighbours."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import shapely
from test_graph_getis_ord_oracle import AREAS, columbus, lattice_graph, reweighted

import hotspot as hs
from hotspot.geography.lattice_geometry import polygons
from hotspot.statistics.local_moran import local_moran
from makers import area_of, lattice_neighbours, quiet

esda = pytest.importorskip("esda")
Graph = pytest.importorskip("libpysal.graph").Graph

# R 4.2.2, spdep 1.2-7, on libpysal's own columbus, x <- CRIME, nb <- read.gal("columbus.gal", region.id = POLYID):
#   "W"   localmoran(x, nb2listw(nb, style = "W"))
#   "INV" localmoran(x, nb2listw(nb, glist = lapply(1:49, function(i) 1 / abs(i - nb[[i]])), style = "W"))
# I_i is column Ii, p is "Pr(z != E(Ii))".
I_W = [0.73681849060836, 0.00482096662822, 0.04030925254416, 0.34140978972153, 0.22852704462641]
I_W += [1.41634419109187, 1.65517154325179, 1.24324252223306, 0.96929786512745, 0.36336135978855]
P_W = [0.348343268465009, 0.946850529094044, 0.224864798063065, 0.451855072287189, 0.000777588796545]
P_W += [0.003780382587226, 0.038613278396264, 0.016940991669450, 0.040426815620048, 0.384008823440935]
I_INV = [0.8762531148114, -0.0136705661498, 0.0247287351460, 0.3328126917911, 0.2445600476072]
I_INV += [1.0201060378628, 2.5052100892061, 1.1317018897919, 0.9165955449445, 0.3748378496645]
P_INV = [0.2939594215269, 0.8845156944600, 0.6360372957927, 0.5886020899929, 0.0106658429939]
P_INV += [0.1446281011042, 0.0389729100779, 0.0591062914752, 0.2192906594220, 0.4797168891746]
# which(p <= .05), and attr(..., "quadr")$pysal of them
LOW_LOW = [32, 36, 39, 40]
HIGH_HIGH = [11, 15, 16, 18, 24, 25, 26, 28, 29, 30, 37]


@pytest.mark.parametrize(("weights", "i", "p"), [("W", I_W, P_W), ("INV", I_INV, P_INV)])
def test_spdeps_answers_on_columbus(weights: str, i: list[float], p: list[float]) -> None:
    areas, graph = columbus()
    if weights == "INV":
        graph = reweighted(graph, lambda a, b: 1 / abs(a - b))
    result = local_moran(areas, graph, value="CRIME", inference="normal")
    np.testing.assert_allclose(result["moran_i"].loc[AREAS], i, rtol=1e-11)
    np.testing.assert_allclose(result["moran_p"].loc[AREAS], p, rtol=1e-11)


def test_spdeps_classes_on_columbus() -> None:
    areas, graph = columbus()
    raw = local_moran(areas, graph, value="CRIME", inference="normal", correction=None)["moran_class"]
    assert raw.index[raw == "high-high (uncorrected)"].tolist() == HIGH_HIGH
    assert raw.index[raw == "low-low (uncorrected)"].tolist() == LOW_LOW
    # R: which(p.adjust(p, "BH") <= .05)
    held = local_moran(areas, graph, value="CRIME", inference="normal")["moran_class"]
    assert held.index[held == "high-high"].tolist() == [16, 24, 25, 29]
    assert (held == "not significant").sum() == 45


# esda 2.9.0: Moran_Local(CRIME, graph, permutations=9999, seed=1).p_sim
ESDA = [0.1866, 0.4849, 0.1221, 0.2294, 0.0001, 0.0016, 0.0159, 0.0074, 0.0208, 0.2011]


def test_esda_divides_by_one_less_and_its_shuffles_agree() -> None:
    areas, graph = columbus()
    other = esda.Moran_Local(areas["CRIME"].to_numpy(), graph, permutations=0)
    with quiet():
        result = local_moran(areas, graph, value="CRIME", permutations=9999)
    np.testing.assert_allclose(other.Is, result["moran_i"] * 48 / 49, rtol=1e-10)
    # Its p_sim is one-sided; without ties that is half of the two-sided p.
    one = result["moran_p"].loc[AREAS].to_numpy() / 2
    error = np.sqrt(2 * one * (1 - one) / 9999) + 2e-4
    assert (np.abs(one - ESDA) < 4.5 * error).all()


def whole_lattice(height: int, width: int, shape: str) -> tuple[hs.Grid, list[tuple[int, int]]]:
    """Return a grid of whole cells: no boundary cuts one."""
    spots = [(7 + row, 4 + column) for row, column in itertools.product(range(height), range(width))]
    row, column = (np.array(part) for part in zip(*spots, strict=True))
    area = area_of(shapely.union_all(polygons(row, column, 200.0, shape)))  # type: ignore[arg-type]
    grid = hs.Grid.over(area, cell_size=200, shape=shape)  # type: ignore[arg-type]
    assert grid.cell_ids.tolist() == [r * 10_000_000 + c for r, c in spots]
    assert (grid.share_in_area > 1 - 1e-9).all()
    return grid, spots


def enumerated(counts: list[int], near: list[list[int]], i: int) -> tuple[float, float]:
    """Return I_i and its two-sided p from every choice of neighbours, own value fixed."""
    n = len(counts)
    mean = Fraction(sum(counts), n)
    scatter = sum((c - mean) ** 2 for c in counts) / n
    k = len(near[i])

    def moran(total: int) -> Fraction:
        return (counts[i] - mean) / scatter * (Fraction(total, k) - mean)

    seen = moran(sum(counts[j] for j in near[i]))
    others = counts[:i] + counts[i + 1 :]
    drawn = [moran(sum(chosen)) for chosen in itertools.combinations(others, k)]
    upper = Fraction(sum(value >= seen for value in drawn), len(drawn))
    lower = Fraction(sum(value <= seen for value in drawn), len(drawn))
    return float(seen), float(min(Fraction(1), 2 * min(upper, lower)))


@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize(
    "counts", [[0, 0, 1, 0, 2, 0, 0, 5, 0, 1, 0, 0], [3, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 0]]
)
def test_every_choice_of_neighbours_of_a_tiny_lattice(counts: list[int], shape: str) -> None:
    # The second list has a mean of 1: cells of that value have I = 0 whatever lies around them, and p = 1.
    grid, spots = whole_lattice(3, 4, shape)
    near = lattice_neighbours(spots, shape, None)
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    result = local_moran(cells, grid)
    graph = local_moran(pd.DataFrame({"n": counts}), Graph.from_dicts(dict(enumerate(near))))
    for i in range(len(counts)):
        moran, p = enumerated(counts, near, i)
        assert result["moran_i"].iloc[i] == pytest.approx(moran, rel=1e-12, abs=1e-14)
        assert result["moran_p"].iloc[i] == pytest.approx(p, rel=1e-12, abs=0)
    np.testing.assert_allclose(graph["moran_p"], result["moran_p"], rtol=1e-14)


@pytest.mark.parametrize(("shape", "radius"), [("square", None), ("hexagon", None), ("hexagon", 410.0)])
def test_shuffles_on_a_lattice_agree_with_the_exact_null(shape: str, radius: float | None) -> None:
    # The slanted edge cuts cells, which are then thinned, in the shuffles too.
    area = area_of(shapely.Polygon([(0, 0), (1500, 0), (1200, 1300), (0, 1100)]))
    grid = hs.Grid.over(area, cell_size=200, shape=shape)  # type: ignore[arg-type]
    assert grid.has_cut_cells
    counts = np.random.default_rng(4).negative_binomial(0.5, 0.2, len(grid))
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    shuffles = 4_000
    with quiet():
        exact = local_moran(cells, grid, radius=radius)["moran_p"]
        drawn = local_moran(cells, grid, radius=radius, inference="permutation", permutations=shuffles)[
            "moran_p"
        ]
    # The two-sided p doubles a tail, and its error with it.
    error = 2 * np.sqrt(exact / 2 * (1 - exact / 2) / shuffles) + 2 / shuffles
    assert (np.abs(drawn - exact) < 4.5 * error).all()


@pytest.mark.parametrize("inference", ["exact", "normal"])
@pytest.mark.parametrize("cut", [False, True])
def test_p_is_that_of_gi_with_the_own_cell_left_out(cut: bool, inference: str) -> None:
    area = area_of(shapely.box(0, 0, 1600, 1900 if cut else 1800))
    grid = hs.Grid.over(area, cell_size=200)
    counts = np.random.default_rng(8).poisson(0.7, len(grid))
    # No cell is at the mean, which is no whole number.
    assert grid.has_cut_cells is cut
    assert counts.sum() % len(counts) != 0
    cells = pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))
    gi = hs.getis_ord(cells, grid, star=False, inference=inference)["gi_p"]  # type: ignore[arg-type]
    moran = local_moran(cells, grid, inference=inference)["moran_p"]  # type: ignore[arg-type]
    np.testing.assert_allclose(moran, gi, rtol=1e-12)
    if not cut:
        graph = local_moran(pd.DataFrame({"n": counts}), lattice_graph(9, 8), inference=inference)  # type: ignore[arg-type]
        np.testing.assert_allclose(graph["moran_p"], gi, rtol=1e-12)


@pytest.mark.parametrize(
    ("swap", "middle", "ring"), [(False, "low-high", "high-high"), (True, "high-low", "low-low")]
)
def test_an_outlier_and_the_cluster_around_it(swap: bool, middle: str, ring: str) -> None:
    # A ring of eight busy cells around an empty one, on an empty plain; and the same with busy and empty swapped.
    counts = np.zeros((12, 12), dtype=int)
    counts[1:4, 1:4] = 20
    counts[2, 2] = 0
    grid, _ = whole_lattice(12, 12, "square")
    values = (20 - counts if swap else counts).ravel()
    result = local_moran(pd.DataFrame({"n": values}, index=pd.Index(grid.cell_ids, name="cell_id")), grid)
    assert result["moran_class"].iloc[2 * 12 + 2] == middle
    assert result["moran_i"].iloc[2 * 12 + 2] < 0
    assert result["moran_class"].iloc[1 * 12 + 2] == ring
    assert result["moran_i"].iloc[1 * 12 + 2] > 0
