"""Charts of a review: estimates with their intervals, trends, and the order's reports by month."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.charts_review import chart_estimates, chart_months, chart_trends
from hotspot.publish.packs.releasing import DRAWN_MARKING
from hotspot.publish.release import PUBLIC, STEP
from hotspot.publish.review_figures import in_force
from hotspot.statistics.effect import NOT_CONTROLLED
from review_makers import DURING, MONTHS, order_of

NAN = math.nan


def declared(frame: pd.DataFrame, *, is_open: bool = False, released: bool = False) -> pd.DataFrame:
    source: provenance.Source = {
        "name": "Log", "open": is_open, "simulated": False, "attribution": "", "months": MONTHS,
    }  # fmt: skip
    steps = [{"step": STEP, "columns": list(frame.columns)}] if released else []
    return provenance.put(frame, {"sources": [source], "as_of": None, "steps": steps, "notes": []})


def headlines(low: float = 0.3, high: float = 0.8, heading: str = "") -> pd.DataFrame:
    rows = [
        ("Drinking", heading, 0.5, low, high, 0.35, 0.7),
        ("Parking", "no source of the data records this kind of behaviour", NAN, NAN, NAN, NAN, NAN),
    ]
    columns = ["prohibition", "heading", "ratio", "low", "high", "poisson_low", "poisson_high"]
    return pd.DataFrame(rows, columns=columns)


def lines_of(figure):
    axes = next(each for each in figure.axes if each.get_xscale() == "log")
    return axes, [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]


def test_each_estimate_has_its_two_intervals_and_the_text_all_numbers() -> None:
    figure = chart_estimates(declared(headlines()))
    _, lines = lines_of(figure)
    assert [0.3, 0.8] in [list(line) for line in lines]
    assert [0.35, 0.7] in [list(line) for line in lines]
    words = figure.get_label()
    assert "Drinking: 0.50, 95% interval 0.30 to 0.80, narrowest possible 0.35 to 0.70." in words
    assert "Parking: no source of the data records this kind of behaviour." in words
    assert getattr(figure, DRAWN_MARKING) == provenance.SENSITIVE


def test_released_estimates_have_their_interval_or_none_and_never_the_narrowest_alone() -> None:
    table = headlines(0.1, 4.5).drop(columns=["poisson_low", "poisson_high"])
    figure = chart_estimates(declared(table, released=True), release="public")
    axes, lines = lines_of(figure)
    assert [list(line) for line in lines if 0.1 in line] == [[0.1, 4.5]]
    assert axes.get_xlim()[0] < 0.1 < 4.5 < axes.get_xlim()[1]
    assert "0.50, 95% interval 0.10 to 4.50." in figure.get_label()
    figure = chart_estimates(declared(table.assign(low=NAN, high=NAN), released=True), release="public")
    _, lines = lines_of(figure)
    assert not [line for line in lines if 0.1 in line or 4.5 in line]
    assert "Drinking: 0.50." in figure.get_label()
    assert getattr(figure, DRAWN_MARKING) == PUBLIC
    texts = " ".join(text.get_text() for each in figure.axes for text in each.texts) + " ".join(
        text.get_text() for text in figure.texts
    )
    assert "line:" not in texts
    assert "OFFICIAL" not in texts


def test_a_closed_frame_that_was_not_released_is_refused_in_public() -> None:
    with pytest.raises(InputError, match="as it was made"):
        chart_estimates(declared(headlines()), release="public")
    with pytest.raises(InputError, match="as it was made"):
        chart_months(declared(pd.DataFrame({"month": MONTHS, "n": 3})), source="Log", release="public")


def test_an_estimate_that_is_not_controlled_is_hollow_and_headed() -> None:
    figure = chart_estimates(declared(headlines(heading=NOT_CONTROLLED)))
    axes, _ = lines_of(figure)
    marks = [line for line in axes.lines if line.get_marker() == "D"]
    assert [line.get_markerfacecolor() for line in marks] == ["#ffffff"]
    assert NOT_CONTROLLED in [text.get_text() for text in axes.texts]


def test_nothing_to_draw_is_said() -> None:
    for call in (
        lambda: chart_estimates(headlines().iloc[:0]),
        lambda: chart_trends(pd.DataFrame()),
        lambda: chart_months(pd.DataFrame({"month": [], "n": []}), source="Log"),
    ):
        with pytest.raises(InputError, match="there is no"):
            call()


def test_months_are_drawn_as_they_were_counted_with_the_spans_in_force_shaded() -> None:
    order = order_of()
    frame = declared(pd.DataFrame({"month": MONTHS, "n": [n % 7 for n in range(len(MONTHS))]}))
    spans = in_force(order, order.prohibitions[0], frame)
    first = pd.Period(DURING[0], freq="M").ordinal
    # In force from 1 January 2024, beyond the last month held.
    assert spans == [(float(first), float(pd.Period(MONTHS[-1], freq="M").ordinal + 1))]
    figure = chart_months(frame, source="Log", force=spans, title="Drinking")
    steps = [patch for each in figure.axes for patch in each.patches if type(patch).__name__ == "StepPatch"]
    assert sum(steps[0].get_data().values) == sum(n % 7 for n in range(len(MONTHS)))
    assert "Shaded, in force: 2024-01 to 2024-12." in figure.get_label()
    shades = [patch for each in figure.axes for patch in each.patches if patch.get_alpha() == 0.45]
    assert len(shades) == 1
    assert shades[0].get_x() == first


def test_a_month_that_was_not_observed_stays_a_gap() -> None:
    held = MONTHS[:10] + MONTHS[12:]
    figure = chart_months(declared(pd.DataFrame({"month": held, "n": 2})), source="Log")
    assert "68 incidents in 34 of 36 months" in figure.get_label()


def test_trends_tell_both_places_and_both_periods() -> None:
    frame = pd.DataFrame({
        "month": MONTHS[:4], "period": ["before", "before", "during", "during"], "inside_name": "inside",
        "comparison_name": "Market Place", "inside_n": [10, 12, 5, 4], "comparison_n": [8, 8, 9, 7],
        "inside_index": [91.0, 109.0, 45.0, 36.0], "comparison_index": [100.0, 100.0, 112.0, 88.0],
        "inside_smoothed": 80.0, "comparison_smoothed": 100.0,
    })  # fmt: skip
    words = chart_trends(declared(frame)).get_label()
    assert "before (2022-01 to 2022-02): inside 22, Market Place 16 reports" in words
    assert "during (2022-03 to 2022-04): inside 9, Market Place 16 reports" in words
