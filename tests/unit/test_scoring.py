from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.scoring import score_prediction
from makers import area_of, points_of

LATER = [4, 0, 3, 1, 2, 5, 0, 0, 1, 0]
SCORE = [9, 7, 5, 5, 5, 2, 1, 1, 0, 0]


def ten(**columns: object) -> gpd.GeoDataFrame:
    """Return ten squares of 200 m in a row."""
    shapes = [box(400000 + 200 * i, 280000, 400200 + 200 * i, 280200) for i in range(10)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=27700)


def at(counts: list[int], **columns: object) -> gpd.GeoDataFrame:
    """Return incidents at the squares' centres."""
    return points_of([(400100 + 200 * i, 280100) for i, n in enumerate(counts) for _ in range(n)], **columns)


def rows(found: object, spacing: float | None = None) -> pd.DataFrame:
    table = found.table  # type: ignore[attr-defined]
    same = table["spacing_m"].isna() if spacing is None else table["spacing_m"] == spacing
    return table[same].set_index("choice")


def test_ten_cells_by_hand() -> None:
    found = score_prediction(ten(score=SCORE), at(LATER), area=ten(), area_share=0.3)
    row = rows(found).loc["as given"]
    # Ranks 1 and 2 hold 4 and 0; of the three that share rank 3 one is taken: 2 on average, 1 to 3.
    assert (row["incidents"], row["hits"]) == (16, pytest.approx(6.0))
    assert row["hit_rate_pct"] == pytest.approx(37.5)
    assert row["area_km2"] == pytest.approx(3 * 0.04)
    assert [row[f"pai{end}"] for end in ("", "_worst_ties", "_best_ties")] == pytest.approx(
        [1.25, 5 / 4.8, 7 / 4.8]
    )
    assert [row[f"pei{end}"] for end in ("", "_worst_ties", "_best_ties")] == pytest.approx(
        [6 / 12, 5 / 12, 7 / 12]
    )
    assert row["pai_low"] < row["pai"] < row["pai_high"]
    best, blind = rows(found).loc["best possible"], rows(found).loc["random"]
    assert (best["pai"], best["pei"]) == (pytest.approx(12 / 4.8), pytest.approx(1.0))
    assert blind["pai"] == pytest.approx(1.0)
    assert blind["pai_low"] < 1 < blind["pai_high"]
    assert found.units["n_later"].tolist() == LATER
    assert found.sentence.startswith(
        "The first units by rank, 30 % of the area, held 37.5 % of 16 later reported incidents: 1.25"
    )


def test_the_capture_curve() -> None:
    curve = score_prediction(ten(score=SCORE), at(LATER), area=ten()).curve.set_index("area_share_pct")
    assert curve["hit_rate_pct"].loc[[0.0, 10.0, 100.0]].tolist() == pytest.approx([0, 25, 100])
    assert curve.loc[30.0].tolist() == pytest.approx([100 * n / 16 for n in (6, 5, 7, 12)])


def test_a_rank_counts_from_the_lowest_and_a_missing_one_is_last() -> None:
    rank = [1.0, 2, np.nan, 3, 4, 5, 6, 7, 8, 9]
    found = score_prediction(ten(rank=rank, score=range(10)), at(LATER), area=ten(), area_share=[0.2, 1.0])
    assert rows(found).loc["as given", "hits"].tolist() == pytest.approx([4, 16])
    named = score_prediction(ten(rank=rank, n=LATER), at(LATER), area=ten(), score="n", area_share=0.2)
    assert rows(named).loc["as given", "pei"] == pytest.approx(1.0)


def test_the_spacing_limit() -> None:
    # 400 m apart: 4, then 3 (0 is too near), then 2; blind and best keep to it as well.
    found = score_prediction(
        ten(score=[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]), at(LATER), area=ten(), area_share=0.3, spacing=400
    )
    assert rows(found).loc["as given", "hits"] == pytest.approx(4 + 0 + 3)
    apart = rows(found, 400.0)
    assert apart.loc["as given", "hits"] == pytest.approx(4 + 3 + 2)
    assert apart.loc["best possible", "hits"] == pytest.approx(5 + 4 + 3)
    assert apart.loc["as given", "pei"] == pytest.approx(9 / 12)
    assert apart.loc["random", "pai"] == pytest.approx(1.0, abs=0.25)


def test_recovery_and_recapture_are_two_things() -> None:
    earlier = [8, 6, 2, 1, 1, 1, 1, 0, 0, 0]
    units = ten(score=earlier, expected=[2.0 * n for n in earlier])
    found = score_prediction(
        units, at(LATER), area=ten(), area_share=0.2, expected="expected", earlier_incidents=at(earlier)
    )
    row = rows(found).loc["as given"]
    assert row["recovery_rate_index"] == pytest.approx((16 + 12) / 4)
    assert row["recapture_rate_index"] == pytest.approx((4 / 16 / 0.2) / (14 / 20 / 0.2))
    assert rows(found).loc["count of earlier incidents", "pai"] == pytest.approx(row["pai"])
    # The best two hold 5 and 4; one of them is among the two that were taken.
    assert row["jaccard_best"] == pytest.approx(1 / 3)


def test_the_ring_is_counted_apart() -> None:
    found = score_prediction(ten(rank=range(10)), at(LATER), area=ten(), area_share=0.1, ring=200)
    row = rows(found).loc["as given"]
    # 200 m around the first square, inside the area, are the second square: nothing of the 12 others.
    assert (row["ring_hits"], row["ring_area_pct"], row["ring_density_ratio"]) == (0, pytest.approx(10.0), 0)
    wide = rows(score_prediction(ten(rank=range(10)), at(LATER), area=ten(), area_share=0.1, ring=400)).loc[
        "as given"
    ]
    assert (wide["ring_hits"], wide["ring_share_pct"]) == (3, pytest.approx(100 * 3 / 16))
    assert wide["ring_density_ratio"] == pytest.approx((3 / 12) / (2 / 9))


def test_a_plan_without_the_other_units() -> None:
    found = score_prediction(ten(rank=range(10)).iloc[:3], at(LATER), area=ten())
    row = rows(found).loc["as given"]
    assert found.table["choice"].tolist() == ["as given"]
    assert (row["hits"], row["incidents"]) == (pytest.approx(7), 16)
    assert row["pai"] == pytest.approx(7 / 16 / 0.3)
    assert np.isnan(row["pei"])
    assert row["pai_low"] < row["pai"] < row["pai_high"]
    assert "not known" in found.sentence
    with pytest.raises(hs.InputError, match=r"more than the units hold: 0\.3 of the area"):
        score_prediction(ten(rank=range(10)).iloc[:3], at(LATER), area=ten(), area_share=0.5)


def test_units_that_the_boundary_cuts_count_with_their_part() -> None:
    half = area_of(box(400100, 280000, 402000, 280200))
    found = score_prediction(ten(score=SCORE), at([0, *LATER[1:]]), area=half, area_share=0.3 / 1.9)
    # 0.38 km2 in all: 0.02 of the first unit and 0.04 of the second fill 0.06.
    assert found.units["km2"].iloc[0] == pytest.approx(0.02)
    assert rows(found).loc["as given", "area_km2"] == pytest.approx(0.06)


def test_a_point_on_a_shared_edge_is_in_one_unit() -> None:
    edge = points_of([(400200, 280100), (400200, 280200), (400400, 280000)])
    found = score_prediction(ten(score=SCORE), edge, area=ten(), area_share=0.1)
    assert found.units["n_later"].tolist() == [0, 2, 1, 0, 0, 0, 0, 0, 0, 0]
    shuffled = score_prediction(ten(score=SCORE).iloc[::-1], edge.iloc[::-1], area=ten(), area_share=0.1)
    pd.testing.assert_frame_equal(shuffled.table, found.table)
    assert shuffled.units.loc[1, "n_later"] == 2


def test_the_same_as_count_incidents_on_a_grid() -> None:
    rng = np.random.default_rng(0)
    area = area_of(Point(401000, 281000).buffer(900))
    spots = points_of(rng.integers(400200, 401800, (400, 2)) + np.array([0, -120000]))
    spots = spots[spots.intersects(area.union_all())]
    for shape in ("square", "hexagon"):
        grid = hs.Grid.over(area, cell_size=200, shape=shape)  # type: ignore[arg-type]
        cells = hs.count_incidents(spots, grid)
        found = score_prediction(cells, spots, area=area, score="n", area_share=0.1)
        if shape == "square":
            assert found.units["n_later"].tolist() == cells["n"].tolist()
        assert found.units["n_later"].sum() == len(spots)
        assert found.units["km2"].sum() == pytest.approx(area.area.sum() / 1e6)


def test_months_are_resampled_where_there_are_enough() -> None:
    # The months differ as wholes: those of the first cells come together.
    start = pd.to_datetime([f"2024-{1 + i // 3:02d}-01" for i in range(16)])
    several = score_prediction(ten(score=SCORE), at(LATER, start=start), area=ten(), area_share=0.3)
    one = score_prediction(ten(score=SCORE), at(LATER), area=ten(), area_share=0.3)
    steps = [provenance.of(found.table)["steps"][-1]["resampled"] for found in (several, one)]
    assert steps == ["months and incidents", "incidents"]
    width = [
        rows(found).loc["as given", "pai_high"] - rows(found).loc["as given", "pai_low"]
        for found in (several, one)
    ]
    assert width[0] > width[1]


def test_incidents_outside_the_area_are_said_and_not_counted() -> None:
    later = pd.concat([at(LATER), points_of([(500000, 280000)])], ignore_index=True)
    with pytest.warns(hs.HotspotWarning, match="1 of 17 later incidents lie outside the area"):
        found = score_prediction(ten(score=SCORE), later, area=ten(), area_share=0.3)
    assert set(found.table["incidents"]) == {16}


def test_the_same_seed_gives_the_same_and_inputs_stay() -> None:
    units, later = ten(score=SCORE), at(LATER)
    before = units.copy(), later.copy()
    one, two = (score_prediction(units, later, area=ten(), spacing=400, seed=5) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    pd.testing.assert_frame_equal(units, before[0])
    pd.testing.assert_frame_equal(later, before[1])


@pytest.mark.parametrize(
    ("units", "options", "message"),
    [
        (ten(n=SCORE), {}, r"no column 'score'; they have n, geometry.*score="),
        (ten(score=SCORE), {"rank": "score", "score": "score"}, "both given"),
        (ten(score=[None] * 10), {}, "is empty"),
        (ten(score=["a"] * 10), {}, "10 values of 'score' are no finite numbers"),
        (ten(score=SCORE), {"area_share": 5}, "over 0 and at most 1"),
        (ten(score=SCORE), {"spacing": -1}, "positive number of metres"),
        (ten(score=SCORE), {"resamples": 5}, "99 or more"),
        (pd.concat([ten(score=SCORE)] * 2, ignore_index=True), {}, "overlap: 0.800 km2 in all, on 0.400 km2"),
        (
            ten(score=SCORE).translate(0, 5000).to_frame("geometry").assign(score=1),
            {},
            "10 of 10 .* outside the area",
        ),
        (ten(score=SCORE).set_geometry(ten().centroid), {}, "must be polygons"),
        (pd.DataFrame({"score": [1]}), {}, "must be a GeoDataFrame of units"),
    ],
)
def test_bad_input_is_refused(units: gpd.GeoDataFrame, options: dict[str, object], message: str) -> None:
    with pytest.raises(hs.InputError, match=message):
        score_prediction(units, at(LATER), area=ten(), **options)  # type: ignore[arg-type]


def test_units_in_degrees_are_brought_to_metres() -> None:
    found = score_prediction(ten(score=SCORE).to_crs(4326), at(LATER), area=ten(), area_share=0.3)
    # The way there and back moves corners by up to a metre or two.
    assert found.units["n_later"].tolist() == LATER
    assert found.units["km2"].to_numpy() == pytest.approx(np.full(10, 0.04), rel=0.02)


def test_labels_may_repeat() -> None:
    units = ten(score=SCORE).iloc[::-1].set_axis([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], axis="index")
    found = score_prediction(units, at(LATER), area=ten(), area_share=0.3)
    assert found.units["n_later"].tolist() == LATER[::-1]
    assert found.units.index.tolist() == units.index.tolist()


def test_nothing_later_in_the_area() -> None:
    with pytest.warns(hs.HotspotWarning), pytest.raises(hs.InputError, match="none of the 1 later incidents"):
        score_prediction(ten(score=SCORE), points_of([(500000, 280000)]), area=ten())


def test_units_finer_than_the_data_are_refused() -> None:
    small = gpd.GeoDataFrame({"score": [1]}, geometry=[box(400000, 280000, 400050, 280050)], crs=27700)
    later = at(LATER, location_precision=["map_point"] * 16)
    with pytest.raises(hs.InputError, match="finer than the data"):
        score_prediction(small, later, area=ten())
