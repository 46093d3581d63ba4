"""What getis_ord refuses, leaves undefined and says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from makers import area_of

GRID = hs.Grid.over(area_of(shapely.box(0, 0, 1000, 1000)), cell_size=200)


def cells_with(values: object, grid: hs.Grid = GRID) -> pd.DataFrame:
    return pd.DataFrame({"n": values}, index=pd.Index(grid.cell_ids, name="cell_id"))


COUNTS = cells_with(np.arange(25) % 4)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (COUNTS.iloc[:-1], "one row for each of the grid's 25 cells, on cell_id; it has 24 rows"),
        (COUNTS[COUNTS["n"] > 0], "filter only after"),
        (pd.concat([COUNTS, COUNTS.iloc[:1]]), "it has 26 rows"),
        (COUNTS.iloc[[0, 0, *range(2, 25)]], "one row for each"),
        (COUNTS.reset_index(drop=True), "cells of the grid are not in the frame"),
        (COUNTS.set_index(COUNTS.index.astype(str)), "one row for each"),
        (COUNTS.set_index(COUNTS.index + 1), "count the incidents on this same grid"),
    ],
)
def test_a_frame_that_is_not_exactly_the_grids(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.getis_ord(frame, GRID)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["a"] * 25, "is no number"),
        ([True] * 25, "is no number"),
        ([np.nan, *[1.0] * 24], "1 cells have no finite 'n'"),
        ([np.inf, *[1.0] * 24], "no finite"),
        (pd.array([None, *[1] * 24], dtype="Int64"), "no finite"),
    ],
)
def test_values_that_do_not_suit(values: object, words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.getis_ord(cells_with(values), GRID)


def test_whole_numbers_in_other_types_are_counts() -> None:
    expected = hs.getis_ord(COUNTS, GRID)["gi_p"].tolist()
    for kind in ("float64", "Int64", "int16", "uint8"):
        assert hs.getis_ord(COUNTS.astype({"n": kind}), GRID)["gi_p"].tolist() == expected


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"value": "asb"}, "'asb' is no column of the cells; they have n"),
        ({"inference": "simulated"}, "use one of 'exact', 'normal', 'permutation'"),
        ({"correction": "fdr"}, "use one of fdr_bh, fdr_by, holm, bonferroni or None"),
        ({"alternative": "hot"}, "use one of 'two-sided', 'greater', 'less'"),
        ({"radius": 199}, "reaches no neighbour"),
        ({"radius": float("nan")}, "reaches no neighbour"),
        ({"radius": -200}, "reaches no neighbour"),
        ({"null": "poisson"}, "use one of 'shuffle', 'csr'"),
        ({"null": "csr", "inference": "normal"}, "computed exactly"),
        ({"population": "n"}, "serves null='csr' only"),
        ({"empirical_bayes": True}, "give a libpysal Graph"),
        ({"inference": "permutation", "permutations": 9}, "too few"),
    ],
)
def test_options_that_are_none(options: dict[str, object], words: str) -> None:
    with pytest.raises(hs.InputError, match=words):
        hs.getis_ord(COUNTS, GRID, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("inference", ["exact", "normal"])
def test_equal_counts_have_no_statistic(inference: str) -> None:
    with pytest.warns(hs.HotspotWarning, match="25 cells: no variation"):
        result = hs.getis_ord(cells_with(3), GRID, inference=inference)  # type: ignore[arg-type]
    assert result[["gi_z", "gi_p", "gi_q", "gi_class"]].isna().all(axis=None)
    assert result.attrs["hotspot"]["steps"][-1]["undefined"] == {"no variation": 25}


def test_equal_decimals_have_no_statistic() -> None:
    with pytest.warns(hs.HotspotWarning, match="no variation"):
        result = hs.getis_ord(cells_with(0.1), GRID, inference="normal")
    assert result["gi_z"].isna().all()


@pytest.mark.parametrize("star", [True, False])
def test_one_cell_has_no_statistic(star: bool) -> None:
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 200, 200)), cell_size=200)
    with pytest.warns(hs.HotspotWarning, match="undefined"):
        result = hs.getis_ord(cells_with([4], grid), grid, star=star)
    assert result["gi_z"].isna().all()


@pytest.mark.parametrize("star", [True, False])
def test_a_neighbourhood_of_everything_has_no_statistic(star: bool) -> None:
    with pytest.warns(hs.HotspotWarning, match="25 cells: the neighbourhood is everything"):
        result = hs.getis_ord(COUNTS, GRID, radius=5000, star=star)
    assert result["gi_p"].isna().all()


def test_an_undefined_cell_is_no_test() -> None:
    # A cell alone in a corner has no neighbours: Gi is undefined for it, and the q of the others count 5 tests.
    alone = shapely.box(2000, 2000, 2200, 2200)
    grid = hs.Grid.over(area_of(shapely.union_all([shapely.box(0, 0, 1000, 200), alone])), cell_size=200)
    with pytest.warns(hs.HotspotWarning, match="1 cells: no neighbours"):
        result = hs.getis_ord(cells_with([5, 0, 1, 0, 0, 2], grid), grid, star=False, correction="bonferroni")
    tested = result["gi_p"].dropna()
    assert len(tested) == 5
    assert result["gi_q"].dropna().tolist() == np.minimum(tested * 5, 1).tolist()
    assert result["gi_class"].isna().sum() == 1


def test_without_correction_there_is_no_q_and_the_class_says_so() -> None:
    stale = hs.getis_ord(COUNTS, GRID)
    result = hs.getis_ord(stale, GRID, correction=None)
    assert "gi_q" not in result.columns
    kinds = list(result["gi_class"].cat.categories)
    assert "hot 99% (uncorrected)" in kinds
    assert "not significant" in kinds
    assert not {"hot 99%", "cold 99%"} & set(kinds)


def test_classes_are_ordered_from_cold_to_hot() -> None:
    kinds = hs.getis_ord(COUNTS, GRID)["gi_class"].cat
    assert kinds.ordered
    assert list(kinds.categories) == [
        "cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%",
    ]  # fmt: skip


@pytest.mark.parametrize("correction", [None, "fdr_bh", "bonferroni"])
def test_classes_follow_their_thresholds_on_both_sides(correction: str | None) -> None:
    # A smooth rise from nothing to many in one corner gives p-values of every size.
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 4000, 4000)), cell_size=200)
    rng = np.random.default_rng(9)
    means = np.add.outer(np.linspace(0, 2.2, 20), np.linspace(0, 2.2, 20)).ravel()
    result = hs.getis_ord(cells_with(rng.poisson(means), grid), grid, correction=correction)
    p = result["gi_p"] if correction is None else result["gi_q"]
    suffix = "" if correction is not None else " (uncorrected)"
    expected = []
    for value, z in zip(p, result["gi_z"], strict=True):
        level = "99%" if value <= 0.01 else "95%" if value <= 0.05 else "90%" if value <= 0.1 else None
        expected.append(
            "not significant" if level is None else f"{'hot' if z > 0 else 'cold'} {level}{suffix}"
        )
    assert result["gi_class"].astype("str").tolist() == expected
    # Bonferroni leaves some classes empty here; the others have all seven.
    assert len(set(expected)) >= (5 if correction == "bonferroni" else 7)


def test_a_p_of_exactly_a_level_is_in_it() -> None:
    # One incident in 800 cells and a corner's neighbourhood of 4: p is 2 x 4 / 800, which is 0.01 exactly.
    grid = hs.Grid.over(area_of(shapely.box(0, 0, 4000, 8000)), cell_size=200)
    counts = np.zeros(800, dtype=int)
    counts[0] = 1
    result = hs.getis_ord(cells_with(counts, grid), grid, correction=None)
    assert result["gi_p"].iloc[0] == pytest.approx(0.01, rel=1e-14, abs=0)
    assert result["gi_class"].iloc[0] == "hot 99% (uncorrected)"


def test_what_was_done_is_recorded() -> None:
    step = hs.getis_ord(COUNTS, GRID, star=False, radius=400)["gi_z"].index
    assert step.name == "cell_id"
    record = hs.getis_ord(COUNTS, GRID, star=False, radius=400).attrs["hotspot"]["steps"][-1]
    assert record["statistic"] == "Gi"
    assert record["neighbours"] == "centres within 400 m"
    assert (record["inference"], record["correction"], record["tested"]) == ("exact", "fdr_bh", 25)


def test_counts_that_are_multiples_of_one_number_are_exact() -> None:
    # In units of 1e11 these are 0 ... 24: the table is as small as theirs.
    small = hs.getis_ord(cells_with(np.arange(25)), GRID)
    large = hs.getis_ord(cells_with(np.arange(25) * 100_000_000_000), GRID)
    assert large["gi_p"].tolist() == small["gi_p"].tolist()
    assert "gi_inference" not in large.columns


@pytest.mark.parametrize("values", [[0.5, *[1.0] * 24], [-1, *[1] * 24]])
def test_other_numbers_than_counts_get_permutation_and_it_is_said(values: list[float]) -> None:
    with pytest.warns(hs.HotspotWarning, match="p is by permutation"):
        found = hs.getis_ord(cells_with(values), GRID)
    assert found.attrs["hotspot"]["steps"][-1]["inference"] == "permutation"
    asked = hs.getis_ord(cells_with(values), GRID, inference="permutation")
    pd.testing.assert_series_equal(found["gi_p"], asked["gi_p"])
    with pytest.raises(hs.InputError, match="needs whole counts"):
        hs.getis_ord(cells_with(values), GRID, null="csr")


def test_the_input_is_not_changed() -> None:
    before = COUNTS.copy()
    hs.getis_ord(COUNTS, GRID)
    pd.testing.assert_frame_equal(COUNTS, before)
