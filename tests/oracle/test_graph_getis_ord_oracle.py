"""Gi* and Gi of irregular areas against R's spdep, esda, enumeration and simulation."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspot.errors import HotspotWarning
from hotspot.statistics.graph_getis_ord import getis_ord_on_graph
from hotspot.statistics.rates import smoothed_rates
from makers import brute_gi, quiet

libpysal = pytest.importorskip("libpysal")
esda = pytest.importorskip("esda")
Graph = pytest.importorskip("libpysal.graph").Graph

# Six points; R: nb <- dnearneigh(xy, 0, 15); localG(y, nb2listw(nb)), and with include.self(nb), for any style.
POINTS = [(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)]
VALUES = [2, 3, 3.2, 5, 8, 7]
GI = [-1.01367290, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941]
GI_STAR = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]

# R 4.2.2, spdep 1.2-7, on libpysal's own columbus, x <- CRIME:
#   nb <- read.gal("columbus.gal", region.id = POLYID); ns <- include.self(nb)
#   GI_B   localG(x, nb2listw(nb, style = "B"))
#   STAR_B localG(x, nb2listw(ns, style = "B"))
#   GI_INV localG(x, nb2listw(nb, glist = lapply(1:49, function(i) 1 / abs(i - nb[[i]])), style = "B"))
#   STAR_INV the same of ns, with 1 / pmax(abs(i - ns[[i]]), 0.5): each area's weight of itself is 2
AREAS = [1, 4, 10, 20, 24, 25, 30, 36, 40, 49]
COLUMBUS = {
    "GI_B": "-0.9378076510353 -0.0666623234487 -1.2136934721173 -0.7523259394750 3.3606514731033 "
    "2.8959287190982 2.0682845001863 -2.3879859012078 -2.0493611253322 -0.8705336768894",
    "STAR_B": "-1.432779653966 -0.131733364491 -1.137527663350 -1.263145774670 3.271094431808 "
    "3.195171614553 2.630255905041 -2.674719151666 -2.324828432953 -1.133104653719",
    "GI_INV": "-1.049475291300 0.145247208056 -0.473246542740 -0.540862891628 2.553460322955 "
    "1.458771166400 2.064472801802 -1.887401887322 -1.228416493591 -0.706757983856",
    "STAR_INV": "-1.5337476063321 -0.0425124994035 -0.2787145929531 -2.1612327386769 1.4229424726728 "
    "2.1249485571008 2.7323026004498 -1.7760659447503 -1.5772772268434 -1.0035675629780",
}


def columbus() -> tuple[pd.DataFrame, Any]:
    """Return CRIME on POLYID, and the neighbours that the data set comes with."""
    geopandas = pytest.importorskip("geopandas")
    example = libpysal.examples.load_example("columbus")
    frame = geopandas.read_file(example.get_path("columbus.shp")).set_index("POLYID")
    lines = open(example.get_path("columbus.gal")).read().splitlines()[1:]  # noqa: SIM115
    links = {
        int(head.split()[0]): [int(j) for j in tail.split()]
        for head, tail in zip(lines[::2], lines[1::2], strict=True)
    }
    return pd.DataFrame(frame[["CRIME"]]), Graph.from_dicts(links)


def reweighted(graph: Any, weight: Any) -> Any:
    pairs = graph.adjacency.index
    heads, tails = pairs.get_level_values(0), pairs.get_level_values(1)
    return Graph.from_arrays(heads, tails, [weight(i, j) for i, j in zip(heads, tails, strict=True)])


def lattice_graph(height: int, width: int) -> Any:
    """Return the queen neighbours of a lattice, numbered along its rows."""
    spots = list(itertools.product(range(height), range(width)))
    near = {
        i: [j for j, (c, d) in enumerate(spots) if i != j and max(abs(a - c), abs(b - d)) == 1]
        for i, (a, b) in enumerate(spots)
    }
    return Graph.from_dicts(near)


@pytest.mark.parametrize(("star", "expected"), [(False, GI), (True, GI_STAR)])
@pytest.mark.parametrize("style", ["B", "R"])
def test_spdeps_answers_on_six_points(style: str, star: bool, expected: list[float]) -> None:
    near = {
        i: [j for j, q in enumerate(POINTS) if i != j and math.dist(p, q) <= 15] for i, p in enumerate(POINTS)
    }
    graph = Graph.from_dicts(near).transform(style)
    areas = pd.DataFrame({"y": VALUES})
    z = getis_ord_on_graph(areas, graph, value="y", star=star, inference="normal")["gi_z"]
    np.testing.assert_allclose(z, expected, atol=5e-9)


@pytest.mark.parametrize("name", list(COLUMBUS))
def test_spdeps_answers_on_columbus(name: str) -> None:
    areas, graph = columbus()
    if name.endswith("INV"):
        graph = reweighted(graph, lambda i, j: 1 / abs(i - j))
    if name == "STAR_INV":
        graph = graph.assign_self_weight(2.0)
    star = name.startswith("STAR")
    z = getis_ord_on_graph(areas, graph, value="CRIME", star=star, inference="normal")["gi_z"]
    np.testing.assert_allclose(z.loc[AREAS], [float(z) for z in COLUMBUS[name].split()], rtol=1e-11)


def test_a_weight_of_itself_is_not_counted_twice_and_gi_leaves_it_out() -> None:
    areas, graph = columbus()
    with_self = graph.assign_self_weight(1.0)
    for star in (True, False):
        plain = getis_ord_on_graph(areas, graph, value="CRIME", star=star, inference="normal")
        other = getis_ord_on_graph(areas, with_self, value="CRIME", star=star, inference="normal")
        pd.testing.assert_frame_equal(plain, other)


@pytest.mark.parametrize("star", [True, False])
def test_esda_agrees_with_binary_weights(star: bool) -> None:
    areas, graph = columbus()
    other = esda.G_Local(areas["CRIME"].to_numpy(), graph, transform="B", star=star, permutations=0)
    z = getis_ord_on_graph(areas, graph, value="CRIME", star=star, inference="normal")["gi_z"]
    np.testing.assert_allclose(z, other.Zs, rtol=1e-10)


@pytest.mark.parametrize("star", [True, False])
def test_every_set_of_areas_of_a_tiny_graph(star: bool) -> None:
    counts = [0, 0, 1, 0, 2, 0, 5, 1, 0]
    near = {
        0: [1, 2],
        1: [0, 3, 6],
        2: [0],
        3: [1, 4, 5, 6],
        4: [3],
        5: [3, 6],
        6: [1, 3, 5, 7],
        7: [6],
        8: [],
    }
    with quiet():
        result = getis_ord_on_graph(pd.DataFrame({"n": counts}), Graph.from_dicts(near), star=star)
    for i, mine in near.items():
        if not mine and not star:
            assert np.isnan(result["gi_p"].iloc[i])
            continue
        members = [*mine, i] if star else mine
        pool = counts if star else counts[:i] + counts[i + 1 :]
        sums = [sum(chosen) for chosen in itertools.combinations(pool, len(members))]
        seen = sum(counts[j] for j in members)
        upper = Fraction(sum(total >= seen for total in sums), len(sums))
        lower = Fraction(sum(total <= seen for total in sums), len(sums))
        expected = float(min(Fraction(1), 2 * min(upper, lower)))
        assert result["gi_p"].iloc[i] == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize("star", [True, False])
def test_shuffles_agree_with_the_exact_null(star: bool) -> None:
    graph = lattice_graph(6, 7)
    areas = pd.DataFrame({"n": np.random.default_rng(4).negative_binomial(0.5, 0.2, 42)})
    shuffles = 20_000
    for side in ("greater", "less"):
        exact = getis_ord_on_graph(areas, graph, star=star, alternative=side)["gi_p"]  # type: ignore[arg-type]
        drawn = getis_ord_on_graph(
            areas,
            graph,
            star=star,
            alternative=side,  # type: ignore[arg-type]
            inference="permutation",
            permutations=shuffles,
        )["gi_p"]
        error = np.sqrt(exact * (1 - exact) / shuffles) + 1 / shuffles
        assert (np.abs(drawn - exact) < 4.5 * error).all()


@pytest.mark.parametrize("star", [True, False])
def test_shuffles_with_unequal_weights_reach_every_order_of_a_tiny_graph(star: bool) -> None:
    x = [0.0, 1.5, 1.5, 4.0, 0.5]
    weights = {
        0: {1: 1.0, 2: 3.0},
        1: {0: 1.0},
        2: {3: 2.0, 4: 1.0, 0: 1.0},
        3: {2: 1.0, 1: 4.0},
        4: {2: 5.0},
    }
    shuffles = 20_000
    with pytest.warns(HotspotWarning, match="20,000 shuffles"):
        result = getis_ord_on_graph(
            pd.DataFrame({"n": x}),
            Graph.from_weights_dict(weights),
            star=star,
            permutations=shuffles,
            alternative="greater",
        )
    for i, row in weights.items():
        full = {**row, i: max(row.values())} if star else row
        orders = [o for o in itertools.permutations(range(5)) if star or o[i] == i]
        sums = [sum(w * x[o[j]] for j, w in full.items()) for o in orders]
        seen = sum(w * x[j] for j, w in full.items())
        expected = sum(total >= seen - 1e-9 for total in sums) / len(sums)
        error = math.sqrt(expected * (1 - expected) / shuffles) + 1 / shuffles
        assert abs(result["gi_p"].iloc[i] - expected) < 4.5 * error


# esda 2.9.0: G_Local(CRIME, graph, transform="B", star=False, permutations=9999, seed=1).p_sim
ESDA = [0.1861, 0.4849, 0.1221, 0.2294, 0.0001, 0.0016, 0.0159, 0.0074, 0.0208, 0.2011]


def test_esdas_conditional_shuffles_agree() -> None:
    # esda's p is one-sided; it leaves ties out on the low side, and CRIME has none.
    areas, graph = columbus()
    with quiet():
        mine = getis_ord_on_graph(areas, graph, value="CRIME", star=False, permutations=9999)["gi_p"]
    one = mine.loc[AREAS].to_numpy() / 2
    error = np.sqrt(2 * one * (1 - one) / 9999) + 2e-4
    assert (np.abs(one - ESDA) < 4.5 * error).all()


# R 4.2.2, spdep 1.2-7, on libpysal's own sids2: e <- EBest(SID74, BIR74); 1000 * e$raw, 1000 * e$estmm
COUNTIES = [1, 2, 3, 4, 5, 50, 85, 100]
RAW = [0.916590284143, 0, 1.568381430364, 1.968503937008, 6.333567909923, 0.651324359531, 9.554140127389]
RAW += [2.292526364053]
SMOOTHED = [1.69729733086, 1.70537768084, 1.77308702207, 2.01286808422, 3.53491314916, 1.14902756587]
SMOOTHED += [4.83880405213, 2.14439557077]


def sids() -> tuple[pd.DataFrame, Any]:
    geopandas = pytest.importorskip("geopandas")
    path = libpysal.examples.load_example("sids2").get_path("sids2.shp")
    frame = geopandas.read_file(path).set_index("FIPS")
    return pd.DataFrame(frame[["SID74", "BIR74"]]), Graph.build_contiguity(frame, rook=False)


def test_rates_and_smoothed_rates_of_spdep() -> None:
    areas, graph = sids()
    with quiet():
        result = getis_ord_on_graph(
            areas, graph, value="SID74", population="BIR74", empirical_bayes=True, permutations=99
        )
    rows = np.array(COUNTIES) - 1
    np.testing.assert_allclose(result["rate_per_1000"].iloc[rows], RAW, rtol=1e-10)
    np.testing.assert_allclose(result["rate_smoothed_per_1000"].iloc[rows], SMOOTHED, rtol=1e-10)
    # z is that of the smoothed rates, by the slow oracle.
    near = [[areas.index.get_loc(j) for j in graph[i].index] for i in areas.index]
    expected = brute_gi(result["rate_smoothed_per_1000"].tolist(), near, star=True)
    np.testing.assert_allclose(result["gi_z"], expected, rtol=1e-10)


def test_esda_smooths_alike() -> None:
    areas, _ = sids()
    counts, people = areas["SID74"].to_numpy(), areas["BIR74"].to_numpy()
    other = esda.smoothing.Empirical_Bayes(counts, people).r.ravel()
    np.testing.assert_allclose(smoothed_rates(counts, people), other, rtol=1e-12)


@pytest.mark.parametrize("star", [True, False])
def test_the_null_of_incidents_spread_over_people_is_multinomial(star: bool) -> None:
    # All ways in which 4 incidents can fall on 4 areas, each with its multinomial chance.
    counts, people = [2, 1, 0, 1], [100.0, 50.0, 250.0, 100.0]
    near = {0: [1], 1: [0, 2], 2: [1, 3], 3: [2]}
    result = getis_ord_on_graph(
        pd.DataFrame({"n": counts, "people": people}),
        Graph.from_dicts(near),
        population="people",
        null="csr",
        star=star,
        alternative="greater",
    )
    for i, mine in near.items():
        members = [*mine, i] if star else mine
        seen = sum(counts[j] for j in members)
        reached = possible = 0.0
        for fall in itertools.product(range(5), repeat=4):
            if sum(fall) != 4 or (not star and fall[i] != counts[i]):
                continue
            ways = math.factorial(4) / math.prod(math.factorial(k) for k in fall)
            chance = ways * math.prod((p / 500) ** k for p, k in zip(people, fall, strict=True))
            possible += chance
            reached += chance * (sum(fall[j] for j in members) >= seen)
        assert result["gi_p"].iloc[i] == pytest.approx(reached / possible, rel=1e-12)


def test_what_the_page_on_areas_says_of_rates() -> None:
    # docs/areas_and_outliers.md: 20 x 20 areas, 100 residents west and 5,000 east, 10 incidents per 1,000 everywhere.
    graph, rng = lattice_graph(20, 20), np.random.default_rng(7)
    people = np.where(np.arange(400) % 20 < 10, 100, 5000)
    kinds: dict[str, dict[str, Any]] = {
        "raw": {},
        "smoothed": {"empirical_bayes": True},
        "csr": {"null": "csr"},
    }
    found: dict[str, list[list[float]]] = {name: [] for name in [*kinds, "clumped", "clumped csr"]}
    for run in range(40):
        even = pd.DataFrame({"n": rng.poisson(people * 0.01), "people": people})
        clumped = pd.DataFrame({"n": rng.negative_binomial(1, 1 / 21, 400), "people": 2000})
        for name, (frame, options) in {
            **{name: (even, options) for name, options in kinds.items()},
            "clumped": (clumped, {}),
            "clumped csr": (clumped, {"null": "csr"}),
        }.items():
            with quiet():
                result = getis_ord_on_graph(
                    frame, graph, population="people", permutations=199, seed=run, **options
                )
            p = result["gi_p"]
            low = p <= 0.05
            found[name].append([low[people == 100].mean(), low[people == 5000].mean(), p.isna().mean()])
            assert name != "clumped csr" or (result["gi_q"] <= 0.05).any()
    share = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    assert 0.12 < share["raw"][0] < 0.18
    assert share["raw"][1] < 0.01
    assert 0.03 < share["csr"][0] < 0.05
    assert 0.03 < share["csr"][1] < 0.06
    assert 0.4 < share["smoothed"][2] < 0.7
    assert 0.03 < share["clumped"][:2].mean() < 0.06
    assert 0.6 < share["clumped csr"][:2].mean() < 0.7
