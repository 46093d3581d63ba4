"""The local Moran statistic: what it adds, what it refuses, and what must not change it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.errors import HotspotWarning, InputError
from hotspot.statistics.local_moran import CLASSES, local_moran
from makers import area_of, quiet


def a_grid() -> tuple[hs.Grid, pd.DataFrame]:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1400, 1200)), cell_size=200)
    counts = np.random.default_rng(1).poisson(1.0, len(grid))
    return grid, pd.DataFrame({"n": counts}, index=pd.Index(grid.cell_ids, name="cell_id"))


def a_graph() -> tuple[Any, pd.DataFrame]:
    graph = pytest.importorskip("libpysal.graph").Graph
    near = {f"w{i}": [f"w{j}" for j in range(10) if abs(i - j) in (1, 3)] for i in range(10)}
    frame = pd.DataFrame({"n": [5, 3, 4, 0, 0, 1, 0, 2, 6, 1]}, index=[f"w{i}" for i in range(10)])
    return graph.from_dicts(near), frame


def test_the_columns_and_classes() -> None:
    grid, cells = a_grid()
    result = local_moran(cells, grid)
    assert result.columns.tolist() == ["n", "moran_i", "moran_p", "moran_q", "moran_class"]
    assert result["moran_class"].cat.categories.tolist() == CLASSES
    assert cells.columns.tolist() == ["n"]
    assert (result["moran_p"] > 0).all()
    assert (result["moran_p"] <= 1).all()
    raw = local_moran(result, grid, correction=None)
    assert "moran_q" not in raw
    assert "low-high (uncorrected)" in raw["moran_class"].cat.categories
    step = provenance.of(result)["steps"][-1]
    assert (step["step"], step["inference"], step["tested"]) == ("local_moran", "exact", 42)


def test_the_classes_hold_at_five_per_cent_of_q() -> None:
    grid, cells = a_grid()
    cells.iloc[:21] += 6
    result = local_moran(cells, grid)
    named = result["moran_class"] != "not significant"
    assert named.any()
    assert not named.all()
    assert (named == (result["moran_q"] <= 0.05)).all()
    own_high = result["n"] > result["n"].mean()
    assert (result["moran_class"].astype(str).str.startswith("high") == own_high)[named].all()


def test_the_mean_of_all_is_morans_i() -> None:
    # Moran's I with row-standardised weights: sum_i z_i (mean of z around i) / sum z^2.
    graph, frame = a_graph()
    z = frame["n"] - frame["n"].mean()
    around = [z[graph[name].index].mean() for name in frame.index]
    expected = float((z * around).sum() / (z * z).sum())
    assert local_moran(frame, graph)["moran_i"].mean() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("inference", ["exact", "permutation", "normal"])
@pytest.mark.parametrize("make", [a_grid, a_graph])
def test_the_order_of_rows_changes_nothing(make: Any, inference: Any) -> None:
    neighbours, frame = make()
    plain = local_moran(frame, neighbours, inference=inference, permutations=49)
    order = np.random.default_rng(6).permutation(len(frame))
    other = local_moran(frame.iloc[order], neighbours, inference=inference, permutations=49)
    pd.testing.assert_frame_equal(plain.iloc[order], other, rtol=1e-12, atol=1e-12)


def test_scale_and_diagonal_of_weights_change_nothing() -> None:
    graph, frame = a_graph()
    plain = local_moran(frame, graph)
    for other in (graph.transform("R"), graph.assign_self_weight(1.0)):
        pd.testing.assert_frame_equal(plain, local_moran(frame, other), rtol=1e-12)


def test_a_value_at_the_mean_has_no_p_below_one() -> None:
    graph, frame = a_graph()
    frame["n"] = [2, 9, 0, 9, 0, 0, 0, 0, 0, 0]
    result = local_moran(frame, graph)
    assert result["moran_i"].iloc[0] == 0.0
    assert result["moran_p"].iloc[0] == 1.0
    with quiet():
        scaled = local_moran(frame / 7, graph, permutations=99)
    assert scaled["moran_p"].iloc[0] == 1.0
    assert scaled["moran_class"].iloc[0] == "not significant"


def test_values_that_are_no_counts_are_shuffled_and_it_is_said() -> None:
    for neighbours, frame in (a_grid(), a_graph()):
        with pytest.warns(HotspotWarning, match="not all whole counts, for which there is no exact null"):
            result = local_moran(frame + 0.25, neighbours, permutations=199, seed=5)
        step = provenance.of(result)["steps"][-1]
        assert (step["inference"], step["permutations"], step["seed"]) == ("permutation", 199, 5)
        # Adding to all values changes neither I nor what a shuffle gives.
        again = local_moran(frame, neighbours, inference="permutation", permutations=199, seed=5)
        np.testing.assert_allclose(result["moran_i"], again["moran_i"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(result["moran_p"], again["moran_p"], rtol=1e-12)


def test_no_result_has_a_reason() -> None:
    graph = pytest.importorskip("libpysal.graph").Graph
    alone = graph.from_dicts({0: [1], 1: [0, 2], 2: [1], 3: []})
    with pytest.warns(HotspotWarning, match="1 areas: no neighbours"):
        result = local_moran(pd.DataFrame({"n": [1, 2, 0, 5]}), alone)
    assert result.iloc[3][["moran_i", "moran_p", "moran_q", "moran_class"]].isna().all()
    grid, cells = a_grid()
    with pytest.warns(HotspotWarning, match="42 cells: no variation"):
        local_moran(cells * 0, grid)


def test_where_the_boundary_cuts_every_cell_there_is_nothing_to_draw_from() -> None:
    grid = hs.Grid.over(area_of(shapely.box(50, 50, 550, 150)), cell_size=200)
    cells = pd.DataFrame({"n": [1, 2, 5]}, index=pd.Index(grid.cell_ids, name="cell_id"))
    with pytest.warns(HotspotWarning, match="too few whole cells"):
        result = local_moran(cells, grid)
    assert result["moran_p"].isna().all()


def test_a_note_says_when_cut_cells_are_taken_as_whole() -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 1400, 1100)), cell_size=200)
    cells = pd.DataFrame({"n": range(len(grid))}, index=pd.Index(grid.cell_ids, name="cell_id"))
    said = {
        inference: bool(
            provenance.of(local_moran(cells, grid, inference=inference, permutations=19))["notes"]
        )
        for inference in ("exact", "permutation", "normal")
    }
    assert said == {"exact": False, "permutation": False, "normal": True}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"value": "m"}, "value='m' is no column of the cells"),
        ({"radius": 100}, "radius=100 reaches no neighbour"),
        ({"inference": "simulated"}, "inference='simulated' is not known"),
        ({"permutations": 0}, "permutations=0 is too few"),
        ({"correction": "fdr"}, "correction='fdr' is not known"),
    ],
)
def test_what_cannot_be_used_is_refused(options: dict[str, Any], message: str) -> None:
    grid, cells = a_grid()
    with pytest.raises(InputError, match=message):
        local_moran(cells, grid, **options)


def test_a_radius_is_no_option_of_a_graph() -> None:
    graph, frame = a_graph()
    with pytest.raises(InputError, match="radius= is for a grid"):
        local_moran(frame, graph, radius=300)
    with pytest.raises(InputError, match="no graph but list"):
        local_moran(frame, [1, 2])  # type: ignore[arg-type]
