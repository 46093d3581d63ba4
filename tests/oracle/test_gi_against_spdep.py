"""Gi and Gi* against R's spdep, recorded in r/: five data sets of libpysal, and random masked lattices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from r.cases import DATA_SETS, LATTICES, DataSet, Lattice, cells_of, load, pairs_of

import hotspot as hs
from hotspot.geography.lattice_geometry import polygons
from makers import area_of, quiet

RECORDED = Path(__file__).parent / "r"


def answers_of_r(name: str) -> pd.DataFrame:
    return pd.read_csv(RECORDED / f"local_g_{name}.csv", comment="#")


def check(result: pd.DataFrame, expected: pd.DataFrame, star: bool) -> None:
    """Compare z with spdep's under both of its styles, and p and q; missing in R is missing here."""
    name = "gi_star" if star else "gi"
    for style in ("b", "w"):
        np.testing.assert_allclose(result["gi_z"], expected[f"{name}_z_{style}"], rtol=1e-10, atol=1e-10)
    for column in ("p", "q"):
        # p magnifies an error of z by up to z squared.
        np.testing.assert_allclose(result[f"gi_{column}"], expected[f"{name}_{column}"], rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", [data.name for data in DATA_SETS] + [f"lattice_{x.name}" for x in LATTICES])
def test_each_recorded_answer_says_what_made_it(name: str) -> None:
    first, second = (RECORDED / f"local_g_{name}.csv").read_text(encoding="utf-8").splitlines()[:2]
    assert "R version 4.2.2" in first
    assert "spdep 1.2.7" in first
    assert "write_inputs.py" in second
    assert "Rscript tests/oracle/r/local_g.R" in second


@pytest.mark.parametrize("weights", ["B", "R", "five"])
@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("data", DATA_SETS, ids=lambda data: data.name)
def test_a_data_set_of_libpysal(data: DataSet, star: bool, weights: str) -> None:
    pytest.importorskip("libpysal")
    from hotspot.statistics.graph_getis_ord import getis_ord_on_graph

    expected = answers_of_r(data.name)
    areas, graph = load(data)
    counted = np.bincount([head for head, _ in pairs_of(areas, graph)], minlength=len(areas))
    np.testing.assert_array_equal(counted, expected["neighbours"])
    if weights == "R":
        graph = graph.transform("R")
    elif weights == "five":
        graph = type(graph)(graph.adjacency * 5.0, is_sorted=True)
    # The public call does the same as the one that it hands graphs on to.
    call = hs.getis_ord if weights == "B" else getis_ord_on_graph
    with quiet():
        result = call(areas, graph, value=data.value, star=star, inference="normal")  # type: ignore[operator]
    assert list(result.index) == list(areas.index)
    check(result, expected, star)


@pytest.mark.parametrize("star", [True, False])
@pytest.mark.parametrize("lattice", LATTICES, ids=lambda lattice: lattice.name)
def test_a_random_masked_lattice(lattice: Lattice, star: bool) -> None:
    expected = answers_of_r(f"lattice_{lattice.name}")
    cells = cells_of(lattice)
    # What R was given is what the seed makes here.
    assert cells == list(expected[["row", "col", "value"]].itertuples(index=False, name=None))
    size = 150.0
    row, col, count = (np.array(part) for part in zip(*cells, strict=True))
    whole = polygons(row, col, size, lattice.shape)  # type: ignore[arg-type]
    grid = hs.Grid.over(area_of(shapely.union_all(whole)), cell_size=size, shape=lattice.shape)  # type: ignore[arg-type]
    frame = pd.DataFrame({"n": count}, index=pd.Index(row * 10_000_000 + col, name="cell_id"))
    radius = None if lattice.reach is None else lattice.reach * size
    with quiet():
        result = hs.getis_ord(frame, grid, radius=radius, star=star, inference="normal")
    check(result, expected, star)
