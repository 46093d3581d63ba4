"""Gi* on a graph: what it adds, what it refuses, and what must not change it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.statistics.graph_getis_ord import getis_ord_on_graph
from hotspot.statistics.rates import smoothed_rates
from makers import quiet

Graph = pytest.importorskip("libpysal.graph").Graph

NAMES = ["E01", "E02", "E03", "E04", "E05", "E06", "E07", "E08"]
COUNTS = [9, 7, 5, 0, 1, 0, 2, 0]
PEOPLE = [1500, 1400, 1600, 900, 1700, 1500, 1300, 1600]


def chain() -> Any:
    """Return areas in a row, each a neighbour of those beside it."""
    near = {n: [m for j, m in enumerate(NAMES) if abs(i - j) == 1] for i, n in enumerate(NAMES)}
    return Graph.from_dicts(near)


def areas() -> pd.DataFrame:
    return pd.DataFrame({"n": COUNTS, "people": PEOPLE}, index=pd.Index(NAMES, name="lsoa"))


def weighted() -> Any:
    rng = np.random.default_rng(2)
    pairs = chain().adjacency.index
    return Graph.from_arrays(
        pairs.get_level_values(0), pairs.get_level_values(1), rng.uniform(0.5, 3.0, len(pairs))
    )


def test_the_columns_are_those_of_a_grid_and_the_input_stays() -> None:
    before = areas()
    result = getis_ord_on_graph(before, chain())
    assert result.columns.tolist() == ["n", "people", "gi_z", "gi_p", "gi_q", "gi_class"]
    assert result.index.equals(before.index)
    pd.testing.assert_frame_equal(before, areas())
    none = getis_ord_on_graph(result, chain(), correction=None)
    assert "gi_q" not in none
    assert "hot 99% (uncorrected)" in none["gi_class"].cat.categories


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("graph", [chain(), weighted()], ids=["binary", "weighted"])
@pytest.mark.parametrize("inference", ["exact", "permutation", "normal"])
def test_scale_of_weights_and_order_of_rows_change_nothing(star: bool, graph: Any, inference: Any) -> None:
    with quiet():
        plain = getis_ord_on_graph(areas(), graph, star=star, inference=inference, permutations=99)
        for factor in (1e-6, 0.3, 7e5):
            scaled = Graph.from_adjacency((graph.adjacency * factor).reset_index())
            other = getis_ord_on_graph(areas(), scaled, star=star, inference=inference, permutations=99)
            pd.testing.assert_frame_equal(plain, other, rtol=1e-12, atol=1e-12)
        order = [5, 0, 7, 2, 6, 1, 4, 3]
        mixed = Graph.from_adjacency(
            graph.adjacency.reset_index().sample(frac=1.0, random_state=4, ignore_index=True)
        )
        shuffled = getis_ord_on_graph(
            areas().iloc[order], mixed, star=star, inference=inference, permutations=99
        )
        pd.testing.assert_frame_equal(plain.iloc[order], shuffled, rtol=1e-12, atol=1e-12)


def test_row_standardised_and_binary_weights_give_the_same_exact_p() -> None:
    pd.testing.assert_frame_equal(
        getis_ord_on_graph(areas(), chain()), getis_ord_on_graph(areas(), chain().transform("R")), rtol=1e-12
    )


def test_an_area_without_neighbours() -> None:
    near = {"a": ["b"], "b": ["a", "c"], "c": ["b"], "d": []}
    frame = pd.DataFrame({"n": [1, 2, 3, 6]}, index=list("abcd"))
    with pytest.warns(HotspotWarning, match="Gi is undefined and left missing for 1 areas: no neighbours"):
        result = getis_ord_on_graph(frame, Graph.from_dicts(near), star=False)
    assert result.loc["d", ["gi_z", "gi_p", "gi_q", "gi_class"]].isna().all()
    assert provenance.of(result)["steps"][-1]["undefined"] == {"no neighbours": 1}
    assert provenance.of(result)["steps"][-1]["tested"] == 3
    # With itself it is a neighbourhood of one: the largest of four, so P(S >= 6) = 1/4.
    assert getis_ord_on_graph(frame, Graph.from_dicts(near))["gi_p"].loc["d"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("counts", "star", "reason", "how_many"),
    [
        ([4, 4, 4, 4], True, "no variation", 4),
        ([4, 4, 4, 9], False, "no variation", 1),
        ([1, 2, 3, 4], True, "the neighbourhood is everything", 4),
        ([1, 2, 3, 4], False, "the neighbourhood is everything", 4),
    ],
)
def test_no_result_has_a_reason(counts: list[int], star: bool, reason: str, how_many: int) -> None:
    ring = {0: [1, 3], 1: [0, 2], 2: [1, 3], 3: [2, 0]}
    full = {i: [j for j in range(4) if j != i] for i in range(4)}
    graph = Graph.from_dicts(full if reason.startswith("the") else ring)
    with pytest.warns(HotspotWarning, match=f"{how_many} areas: {reason}"):
        result = getis_ord_on_graph(pd.DataFrame({"n": counts}), graph, star=star)
    assert result["gi_z"].isna().sum() == how_many
    assert result["gi_p"].isna().sum() == how_many


def test_one_area_and_two_areas() -> None:
    with pytest.warns(HotspotWarning, match="fewer than two areas"):
        getis_ord_on_graph(pd.DataFrame({"n": [3]}), Graph.from_dicts({0: []}))
    with pytest.warns(HotspotWarning, match="fewer than three areas"):
        getis_ord_on_graph(pd.DataFrame({"n": [3, 1]}), Graph.from_dicts({0: [1], 1: [0]}), star=False)


def test_a_spread_beside_one_enormous_value_is_not_lost() -> None:
    # Gi of the area with the enormous value compares the others: 0, 1, 0, 1 with mean 1/2 and s = 1/2.
    counts = [10**12, 1, 0, 1, 0]
    near = {0: [1, 3], 1: [0], 2: [0], 3: [0], 4: [0]}
    z = getis_ord_on_graph(
        pd.DataFrame({"n": counts}), Graph.from_dicts(near), star=False, inference="normal"
    )
    assert z["gi_z"].iloc[0] == pytest.approx((2 - 2 * 0.5) / (0.5 * np.sqrt((4 * 2 - 4) / 3)), rel=1e-3)


def test_unequal_weights_are_tested_by_shuffles_and_it_is_said() -> None:
    with pytest.warns(HotspotWarning, match="the weights differ within a neighbourhood"):
        result = getis_ord_on_graph(areas(), weighted(), permutations=199, seed=3)
    step = provenance.of(result)["steps"][-1]
    assert (step["inference"], step["permutations"], step["seed"]) == ("permutation", 199, 3)
    assert result["gi_p"].min() >= 1 / 200
    with quiet():
        again = getis_ord_on_graph(areas(), weighted(), permutations=199, seed=3)
        other = getis_ord_on_graph(areas(), weighted(), permutations=199, seed=4)
    pd.testing.assert_frame_equal(result, again)
    assert not result["gi_p"].equals(other["gi_p"])


def test_rates_are_tested_instead_of_counts() -> None:
    with pytest.warns(HotspotWarning, match="not all whole counts"):
        result = getis_ord_on_graph(areas(), chain(), population="people")
    expected = [1000 * n / p for n, p in zip(COUNTS, PEOPLE, strict=True)]
    np.testing.assert_allclose(result["rate_per_1000"], expected, rtol=1e-14)
    with quiet():
        alone = getis_ord_on_graph(result.assign(r=expected), chain(), value="r")
    np.testing.assert_allclose(result["gi_z"], alone["gi_z"], rtol=1e-10)
    assert "rate_per_1000" not in alone


def test_rates_no_more_uneven_than_chance_are_smoothed_to_one() -> None:
    # Two incidents for every thousand but for one: the variance between, by moments, is below 0.
    frame = areas().assign(n=[3, 3, 3, 2, 3, 3, 3, 3])
    with pytest.warns(HotspotWarning) as said:
        result = getis_ord_on_graph(
            frame, chain(), population="people", empirical_bayes=True, permutations=19
        )
    texts = " ".join(str(one.message) for one in said)
    assert "no more than chance" in texts
    assert "no variation" in texts
    np.testing.assert_allclose(result["rate_smoothed_per_1000"], 1000 * 23 / sum(PEOPLE), rtol=1e-14)
    assert smoothed_rates(np.zeros(3), np.array([1.0, 2.0, 3.0])).tolist() == [0, 0, 0]


def test_small_populations_are_smoothed_most() -> None:
    counts, people = np.array([40.0, 4.0, 100.0, 300.0]), np.array([1000.0, 100.0, 10_000.0, 10_000.0])
    overall = 444 / 21_100
    kept = (smoothed_rates(counts, people) - overall) / (counts / people - overall)
    # The first two have the same rate; the share kept is A / (A + b / population).
    a = float((people * (counts / people - overall) ** 2).sum() / 21_100 - overall / (21_100 / 4))
    np.testing.assert_allclose(kept, a / (a + overall / people), rtol=1e-12)
    assert kept[1] < kept[0] < kept[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"value": "m"}, "value='m' is no column of the areas; they have n, people"),
        ({"value": "word"}, "is no number"),
        ({"value": "gap"}, "1 areas have no finite 'gap' .the first is 'E03'"),
        ({"population": "none"}, "2 areas have no 'none' above 0 .the first is 'E02'"),
        ({"population": "lost"}, "1 areas have no 'lost' above 0 .the first is 'E04'"),
        ({"population": "pepole"}, "population='pepole' is no column"),
        ({"value": "minus", "population": "people"}, "1 areas have a negative 'minus'"),
        ({"empirical_bayes": True}, "no population is given"),
        ({"null": "csr"}, "no population is given"),
        ({"null": "csr", "population": "people", "empirical_bayes": True}, "leave that out"),
        ({"null": "csr", "population": "people", "inference": "normal"}, "inference='normal' is given"),
        ({"null": "csr", "population": "people", "value": "half"}, "needs whole counts"),
        ({"null": "poisson"}, "null='poisson' is not known"),
        ({"inference": "bootstrap"}, "inference='bootstrap' is not known"),
        ({"alternative": "both"}, "alternative='both' is not known"),
        ({"permutations": 9}, "permutations=9 is too few"),
        ({"correction": "fdr"}, "correction='fdr' is not known"),
    ],
)
def test_what_cannot_be_used_is_refused(options: dict[str, Any], message: str) -> None:
    frame = areas().assign(
        word="x",
        gap=[1, 2, np.nan, 4, 5, 6, 7, 8],
        none=[5, 0, 5, 5, 0, 5, 5, 5],
        lost=[5, 5, 5, None, 5, 5, 5, 5],
        minus=[1, -1, 2, 3, 4, 5, 6, 7],
        half=0.5,
    )
    with quiet(), pytest.raises(InputError, match=message):
        getis_ord_on_graph(frame, chain(), **options)


def test_ids_that_do_not_match_are_refused() -> None:
    with pytest.raises(InputError, match=r"2 ids of the graph are not in the areas \(the first is 'E01'\)"):
        getis_ord_on_graph(areas().iloc[2:], chain())
    other = areas().rename(index={"E03": "E99"})
    with pytest.raises(InputError, match=r"1 areas are not in the graph \(the first is 'E99'\)"):
        getis_ord_on_graph(other, chain())
    with pytest.raises(
        InputError, match=r"1 ids stand on more than one row of the areas \(the first is 'E01'\)"
    ):
        getis_ord_on_graph(pd.concat([areas(), areas().iloc[:1]]), chain())
    with pytest.raises(InputError, match="8 ids of the graph are not in the areas"):
        getis_ord_on_graph(areas().reset_index(), chain())


def test_what_is_no_graph_and_weights_below_zero_are_refused() -> None:
    with pytest.raises(InputError, match=r"no graph but dict; give a libpysal\.graph\.Graph"):
        getis_ord_on_graph(areas(), {"E01": ["E02"]})  # type: ignore[arg-type]
    table = chain().adjacency.reset_index()
    table.loc[3, "weight"] = -1.0
    with pytest.raises(InputError, match="1 weights of the graph are negative or not finite"):
        getis_ord_on_graph(areas(), Graph.from_adjacency(table))


def test_a_tail_of_csr_decides_the_side() -> None:
    frame = areas().assign(n=[90, 70, 50, 0, 10, 0, 20, 0])
    result = getis_ord_on_graph(frame, chain(), population="people", null="csr")
    # 160 of 240 incidents on 2,900 of 11,500 people.
    assert result["gi_class"].loc["E01"] == "hot 99%"
    assert result["gi_class"].loc["E06"] == "cold 99%"
    assert provenance.of(result)["steps"][-1]["null"] == "csr"
