"""The headline under each other choice, on made points whose changes are known."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

import hotspot as hs
from hotspot.decisions.headline import Design, Headline, headlines
from hotspot.decisions.order import Order
from hotspot.decisions.review_sensitivity import sensitivity_of_review, stability

MONTHS = pd.period_range("2022-01", "2024-12", freq="M")
START = "2023-12-10"
PLACES = {
    "inside": box(0, 0, 1000, 1000),
    "Oldbury": box(3000, 0, 4000, 1000),
    "Tipton": box(5000, 0, 6000, 1000),
}
BOROUGH = gpd.GeoSeries([box(-2000, -2000, 8000, 3000)], crs=27700)


def points(monthly: dict[str, dict[str, tuple[int, int]]], precision: str = "map_point") -> gpd.GeoDataFrame:
    """Return incidents: for each place and category, how many a month before and since December 2023."""
    parts = []
    for place, categories in monthly.items():
        x0, y0, x1, _ = PLACES[place].bounds
        for category, (early, late) in categories.items():
            for month in MONTHS:
                n = early if month < pd.Period(START, freq="M") else late
                parts.append(
                    pd.DataFrame(
                        {
                            "category": category,
                            "start": month.start_time,
                            "x": np.linspace(x0 + 200, x1 - 200, n),
                            "y": y0 + 500.0,
                        }
                    )
                )
    rows = pd.concat(parts, ignore_index=True)
    frame = gpd.GeoDataFrame(
        rows[["category", "start"]], geometry=gpd.points_from_xy(rows["x"], rows["y"]), crs=27700
    )
    return frame.assign(source="council", location_precision=precision)


STEADY = {"drinking": (20, 20), "begging": (20, 20)}


def made(
    data: gpd.GeoDataFrame, *, categories: tuple[str, ...] = ("drinking", "begging"), ring: float = 200.0
) -> tuple[gpd.GeoDataFrame, Order, Headline, Design]:
    order = Order(
        "Centre",
        gpd.GeoSeries([PLACES["inside"]], crs=27700),
        in_force=[(START, None)],
        decision="extend",
        prohibitions=[
            {
                "name": "Street",
                "behaviour": "drinking and begging",
                "evidence": [{"source": "council", "categories": categories}],
            }
        ],
    )
    others = {name: gpd.GeoSeries([PLACES[name]], crs=27700) for name in ("Oldbury", "Tipton")}
    design = Design(("2023-01", "2023-11"), ("2024-01", "2024-11"), others, ring, BOROUGH)
    (headline,) = headlines([data], order, design)
    return data, order, headline, design


def rows_of(found: pd.DataFrame, choice: str) -> pd.DataFrame:
    return found[found["choice"] == choice].set_index("value")


def test_every_choice_has_its_row_and_a_real_fall_is_stable() -> None:
    data = points({"inside": {"drinking": (20, 8), "begging": (20, 8)}, "Oldbury": STEADY, "Tipton": STEADY})
    found = sensitivity_of_review(*made(data))
    head = found.iloc[0]
    assert (head["choice"], head["inside_before"], head["inside_during"], head["pairs"]) == (
        "headline",
        440,
        176,
        11,
    )
    assert head["ratio"] == pytest.approx(0.4)
    assert head["direction"] == "fewer"
    assert rows_of(found, "comparison").index.tolist() == ["Tipton", "rest"]
    windows = rows_of(found, "window")
    assert windows.loc[
        "the first half of each period", ["pairs", "inside_before", "inside_during"]
    ].tolist() == [5, 200, 80]
    assert windows.loc["without the last month of each period", "pairs"] == 10
    # A month earlier, during would begin in December 2023, when the order starts.
    assert windows.loc["both periods a month earlier", ["pairs", "inside_during"]].tolist() == [10, 160]
    # A month later, before would end in December 2023; January to November 2024 move to February to December.
    assert windows.loc["both periods a month later", "pairs"] == 10
    assert rows_of(found, "categories").loc[
        "without begging", ["inside_before", "inside_during"]
    ].tolist() == [220, 88]
    edges = rows_of(found, "boundary")
    assert edges.index.tolist() == ["moved out by 100 m", "moved in by 100 m"]
    assert edges["ratio"].tolist() == pytest.approx([0.4, 0.4])
    # The rest of the borough holds no point: its row says so, and the ring's.
    assert rows_of(found, "comparison").loc["rest", "direction"] == "not estimated"
    assert rows_of(found, "comparison").loc["rest", "reason"] == "too few to compare"
    assert found.loc[found["direction"] == "fewer", "differs"].eq(False).all()
    says = stability(found)
    assert says.startswith(
        "Stable: under 11 other choices (comparison, window, categories, boundary) the ratio runs from 0.40 to 0.40"
    )
    assert says.endswith("each tells the same: fewer than expected by its own interval.")


def test_the_headline_tells_what_the_summary_tells_after_the_correction() -> None:
    data, order, headline, design = made(
        points({"inside": {"drinking": (20, 8), "begging": (20, 8)}, "Oldbury": STEADY, "Tipton": STEADY})
    )
    found = sensitivity_of_review(data, order, replace(headline, p_holm=0.06), design)
    head = found.iloc[0]
    assert head["high"] < 1
    assert head["direction"] == "not told from chance"
    assert "after correction for all prohibitions" in head["reason"]
    # By their own intervals the others tell what the headline's own interval does.
    own = rows_of(found, "comparison").loc["Tipton"]
    assert (own["direction"], own["differs"]) == ("fewer", False)
    says = stability(found)
    assert says.startswith("Stable: ")
    assert says.endswith(
        "fewer than expected by its own interval. After correction for all prohibitions that were estimated, the "
        "headline is not told from chance (p 0.06, above 0.05)."
    )


def test_the_choice_that_changes_the_result_is_named() -> None:
    falling = {"drinking": (20, 8), "begging": (20, 8)}
    data = points({"inside": falling, "Oldbury": STEADY, "Tipton": falling})
    found = sensitivity_of_review(*made(data))
    row = rows_of(found, "comparison").loc["Tipton"]
    assert (row["ratio"], row["direction"], row["differs"]) == (
        pytest.approx(1.0),
        "not told from chance",
        True,
    )
    says = stability(found)
    assert says.startswith("Not stable: the headline, 0.40 (")
    assert "1 of 11 other choices tell something else (comparison, Tipton: 1.00 (" in says


def test_one_category_alone_can_carry_the_result() -> None:
    data = points({"inside": {"drinking": (30, 6), "begging": (10, 10)}, "Oldbury": STEADY, "Tipton": STEADY})
    found = rows_of(sensitivity_of_review(*made(data)), "categories")
    assert found.loc["without drinking", ["inside_before", "inside_during", "ratio"]].tolist() == [
        110,
        110,
        pytest.approx(1.0),
    ]
    assert found["differs"].tolist() == [True, True]
    only = points({"inside": {"drinking": (30, 6)}, "Oldbury": {"drinking": (20, 20)}})
    assert rows_of(sensitivity_of_review(*made(only, categories=("drinking",))), "categories").empty


def test_the_boundary_moves_by_what_the_locations_carry() -> None:
    counts = {"inside": {"drinking": (20, 8)}, "Oldbury": STEADY}
    exact = made(points(counts, precision="exact"))
    assert rows_of(sensitivity_of_review(*exact), "boundary").empty
    asked = rows_of(sensitivity_of_review(*exact, boundary_m=50.0), "boundary")
    assert asked.index.tolist() == ["moved out by 50 m", "moved in by 50 m"]
    gone = rows_of(sensitivity_of_review(*exact, boundary_m=500.0), "boundary")
    assert gone.loc["moved in by 500 m", "reason"] == "nothing of the order is left"
    # Points stand at 200 to 800 m: moved in by 250 m, 14 of 20 and 4 of 8 of a month are still inside.
    inner = rows_of(sensitivity_of_review(*exact, boundary_m=250.0), "boundary").loc["moved in by 250 m"]
    held = [
        int(((x >= 250) & (x <= 750)).sum()) for x in (np.linspace(200, 800, 20), np.linspace(200, 800, 8))
    ]
    assert (inner["inside_before"], inner["inside_during"]) == (11 * held[0], 11 * held[1])


def test_comparison_areas_give_way_to_a_boundary_moved_out() -> None:
    counts = {"inside": {"drinking": (20, 8)}, "Oldbury": STEADY}
    data, order, headline, design = made(points(counts, precision="exact"))
    outward = rows_of(sensitivity_of_review(data, order, headline, design, boundary_m=2400.0), "boundary")
    row = outward.loc["moved out by 2400 m"]
    # To 3400 m: the points of Oldbury up to there have changed sides.
    taken = int((np.linspace(3200, 3800, 20) <= 3400).sum()) * 2
    assert row["inside_before"] == 11 * (20 + taken)
    assert row["other_before"] == 11 * (40 - taken)


def test_the_ring_is_set_against_the_designs_own_ring() -> None:
    data = points({"inside": {"drinking": (20, 8)}, "Oldbury": STEADY})
    near = data[data["category"] == "begging"].copy()
    near = near.assign(category="drinking").set_geometry(
        gpd.points_from_xy(np.full(len(near), 1050.0), np.full(len(near), 500.0), crs=27700)
    )
    both = pd.concat([data, near], ignore_index=True)
    found = rows_of(sensitivity_of_review(*made(both), rings=[100.0, 400.0, 2500.0]), "ring")
    assert found.index.tolist() == ["as planned", "100 m wide", "400 m wide", "2500 m wide"]
    assert found["estimate_of"].eq("ring").all()
    assert found["inside_before"].iloc[:3].tolist() == [220, 220, 220]
    assert found["differs"].iloc[:3].tolist() == [False, False, False]
    assert "lies over the ring" in found.loc["2500 m wide", "reason"]
    coarse = rows_of(sensitivity_of_review(*made(both), rings=[50.0]), "ring")
    assert coarse.loc["50 m wide", "reason"] == "finer than the locations, 100 m"


def test_shuffled_rows_change_nothing() -> None:
    data = points({"inside": {"drinking": (20, 8), "begging": (9, 5)}, "Oldbury": STEADY, "Tipton": STEADY})
    mixed = data.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(sensitivity_of_review(*made(data)), sensitivity_of_review(*made(mixed)))


def test_units_give_every_row_their_spread() -> None:
    data = points({"inside": {"drinking": (20, 8), "begging": (20, 8)}, "Oldbury": STEADY, "Tipton": STEADY})
    rng = np.random.default_rng(1)
    early = pd.Period("2024-01", freq="M") > MONTHS
    change = rng.lognormal(0, 0.6, (20, 1))
    units = pd.DataFrame(
        rng.poisson(np.where(early, 20.0, 20.0 * change)), columns=[str(month) for month in MONTHS]
    )
    plain = sensitivity_of_review(*made(data))
    wide = sensitivity_of_review(*made(data), units=units)
    one, other = (rows_of(each, "comparison").loc["Tipton"] for each in (plain, wide))
    assert (one["ratio"], one["high"] < 1) == (pytest.approx(other["ratio"]), True)
    assert other["high"] / other["low"] > 2 * one["high"] / one["low"]


def test_without_an_estimate_there_is_nothing_to_try() -> None:
    data, order, headline, design = made(points({"inside": {"drinking": (20, 0)}, "Oldbury": STEADY}))
    with pytest.raises(hs.InputError, match="'Street' has no estimate \\(too few to compare\\)"):
        sensitivity_of_review(data, order, headline, design)


def test_stability_when_nothing_could_be_tried() -> None:
    data = points({"inside": {"drinking": (20, 8)}, "Oldbury": STEADY})
    found = sensitivity_of_review(*made(data))
    assert stability(found.iloc[:1]).startswith("Not tested")


def test_a_headline_without_its_estimate_is_refused() -> None:
    data, order, headline, design = made(points({"inside": {"drinking": (20, 8)}, "Oldbury": STEADY}))
    with pytest.raises(hs.InputError, match="no estimate"):
        sensitivity_of_review(data, order, replace(headline, effect=None, heading="not asked"), design)
