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
        ([0.5, *[1.0] * 24], "needs whole counts"),
        ([-1, *[1] * 24], "needs whole counts"),
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
        ({"inference": "permutation"}, "use 'exact' or 'normal'"),
        ({"correction": "fdr"}, "use one of fdr_bh, fdr_by, holm, bonferroni or None"),
        ({"alternative": "hot"}, "use 'two-sided', 'greater' or 'less'"),
        ({"radius": 199}, "reaches no neighbour"),
        ({"radius": float("nan")}, "reaches no neighbour"),
        ({"radius": -200}, "reaches no neighbour"),
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
    parts = [shapely.box(10 + 200 * i, 10, 190 + 200 * i, 190) for i in range(5)]
    grid = hs.Grid.over(
        area_of(shapely.union_all([*parts, shapely.box(2010, 2010, 2190, 2190)])), cell_size=200
    )
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


def test_a_null_too_large_to_compute_is_refused_in_words() -> None:
    values = np.arange(25) * 100_000_000_000
    with pytest.raises(hs.InputError, match="too large"):
        hs.getis_ord(cells_with(values), GRID)


def test_a_null_too_large_to_hold_is_refused_in_words() -> None:
    # Little arithmetic, but a table of 10 x 10^9 numbers.
    values = np.zeros(25, dtype=np.int64)
    values[12] = 10**9
    with pytest.raises(hs.InputError, match="too large"):
        hs.getis_ord(cells_with(values), GRID)


def test_the_input_is_not_changed() -> None:
    before = COUNTS.copy()
    hs.getis_ord(COUNTS, GRID)
    pd.testing.assert_frame_equal(COUNTS, before)
