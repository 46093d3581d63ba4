"""Figures of a ranking: every row with its figures, text as text, the null beside the curve, the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.charts import save_chart
from hotspot.publish.charts_parts import SIMULATED
from hotspot.publish.charts_ranks import MOST_ROWS, chart_concentration, chart_ranks
from hotspot.ranking.concentration import Concentration, concentration
from makers import points_of

pytest.importorskip("matplotlib")

LOW, HIGH = [1, 1, 2, 4, 4], [2, 3, 5, 40, 60]
GROUPS = [1, 1, 2, 3, 3]


def ranking(*, simulated: bool = False, known: bool = True) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "number": [1, 2, 3, 4, 5],
            "rank": [1, 2, 3, 4, 4],
            "rank_low": pd.array(LOW, dtype="Int64"),
            "rank_high": pd.array(HIGH, dtype="Int64"),
            "probability_top": [1.0, 0.994, 0.5, 0.06, 0.004],
            "same_rank_group": pd.array(GROUPS, dtype="Int64"),
            "location": ["A $x$ B", "<b>High St</b>", "c" * 90, "=1+1", None],
            "location_id": ["a", "b", "c", "d", "the id"],
            "incidents": [1200, 900, 80, 70, 70],
        }
    )
    if not known:
        return frame
    source = provenance.Source(
        name="made up", open=True, simulated=simulated, attribution="nobody", months=["2024-01", "2024-02"]
    )
    step = {"step": "repeat_locations", "top": 3, "locations": 1234}
    return provenance.put(
        frame, provenance.Record(sources=[source], as_of=None, steps=[step], notes=["A note."])
    )


def spread(counts: list[int]) -> Concentration:
    xy = [(400_000.0 + 200 * place, 280_000.0) for place, n in enumerate(counts) for _ in range(n)]
    frame = points_of(xy, place_id=[str(east) for east, _ in xy])
    return concentration(frame, simulations=99)


def texts(figure: Any) -> list[str]:
    return [text.get_text() for where in (figure, *figure.axes) for text in where.texts]


def lines(axes: Any) -> list[tuple[list[float], list[float]]]:
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]


def test_every_row_has_its_dot_its_line_and_its_figures() -> None:
    figure = chart_ranks(ranking())
    axes = figure.axes[0]
    segments = [segment.tolist() for segment in axes.collections[0].get_segments()]
    assert segments == [
        [[low, row], [high, row]] for row, (low, high) in enumerate(zip(LOW, HIGH, strict=True), 1)
    ]
    assert ([1.0, 2.0, 3.0, 4.0, 4.0], [1, 2, 3, 4, 5]) in lines(axes)
    found = texts(figure)
    for text in ("1,200", "over 99 %", "50 %", "6 %", "under 1 %", "the id", "Chance of\ntop 3"):
        assert text in found, text
    assert axes.get_ylim() == (5.5, 0.5)
    assert axes.get_xscale() == "linear"
    assert "1,234 locations" in axes.get_xlabel()


def test_groups_are_shaded_and_numbered() -> None:
    figure = chart_ranks(ranking())
    axes = figure.axes[0]
    bands = [(patch.get_y(), patch.get_y() + patch.get_height()) for patch in axes.patches]
    # Rows 1 and 2 plain, row 3 shaded, rows 4 and 5 plain.
    assert bands == [(2.5, 3.5)]
    numbers = [text.get_text() for text in axes.texts if text.get_position()[0] > 1][-15:]
    assert numbers[2::3] == ["1", "1", "2", "3", "3"]
    assert any("share a group number" in text for text in texts(figure))


def test_text_from_data_is_text() -> None:
    figure = chart_ranks(ranking())
    found = texts(figure)
    assert "A $x$ B" in found
    assert "<b>High St</b>" in found
    assert any(text.startswith("ccc") and text.endswith("…") and len(text) < 50 for text in found)
    assert all(not text.get_parse_math() for text in figure.axes[0].texts)


def test_the_words_say_everything() -> None:
    label = chart_ranks(ranking()).get_label()
    assert label.startswith(
        "Ranks of the first 5 repeat locations by reported incidents, with 95 % intervals, 2024-01 to 2024-02."
    )
    assert "1. A $x$ B: 1,200 incidents, rank 1, 1 to 2, chance of top 3: over 99 %, group 1;" in label
    assert "4. =1+1: 70 incidents, rank 4, 4 to 40, chance of top 3: 6 %, group 3;" in label


def test_top_takes_the_lowest_numbers() -> None:
    shuffled = ranking().sample(frac=1, random_state=3)
    figure = chart_ranks(shuffled, top=2)
    assert len(figure.axes[0].collections[0].get_segments()) == 2
    assert "3." not in figure.get_label().split("interval. ")[1]
    assert chart_ranks(shuffled).get_label() == chart_ranks(ranking()).get_label()


def test_many_ranks_make_a_logarithmic_axis_that_says_so() -> None:
    frame = ranking().assign(rank_high=pd.array([2, 3, 5, 40, 900], dtype="Int64"))
    figure = chart_ranks(frame)
    assert figure.axes[0].get_xscale() == "log"
    assert "logarithmic" in figure.axes[0].get_xlabel()
    assert any("logarithmic" in text for text in texts(figure))


def test_a_location_ranked_apart_has_no_line() -> None:
    frame = ranking()
    frame.loc[4, ["rank_low", "rank_high", "same_rank_group", "probability_top"]] = pd.NA
    figure = chart_ranks(frame)
    assert len(figure.axes[0].collections[0].get_segments()) == 4
    assert "5. the id: 70 incidents, rank 4, apart" in figure.get_label()
    assert any("ranked apart" in text for text in texts(figure))


@pytest.mark.parametrize(
    ("frame", "flags"),
    [
        (ranking(), ["Open data"]),
        (ranking(simulated=True), [SIMULATED, "Open data"]),
        (ranking(known=False), ["OFFICIAL-SENSITIVE"]),
    ],
)
def test_marking_and_simulated(frame: pd.DataFrame, flags: list[str]) -> None:
    found = texts(chart_ranks(frame))
    assert [flag for flag in ("OFFICIAL-SENSITIVE", SIMULATED, "Open data") if flag in found] == sorted(
        flags, key=["OFFICIAL-SENSITIVE", SIMULATED, "Open data"].index
    )


@pytest.mark.parametrize(
    ("change", "top", "said"),
    [
        (lambda frame: frame.drop(columns="rank_low"), 20, "no column 'rank_low'"),
        (lambda frame: frame, MOST_ROWS + 1, "from 1 to 40"),
        (lambda frame: frame, 0, "from 1 to 40"),
        (lambda frame: frame.iloc[:0], 20, "none of the 0 locations"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change: Any, top: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        chart_ranks(change(ranking()), top=top)


def test_the_lorenz_curve_stands_beside_its_null() -> None:
    found = spread([60, 20, 10, 5, 2, 1, 1, 1])
    figure = chart_concentration(found)
    axes = figure.axes[0]
    drawn = lines(axes)
    curve = found.curve
    assert (curve["locations_pct"].tolist(), curve["incidents_pct"].tolist()) in drawn
    assert (curve["locations_pct"].tolist(), curve["chance_pct"].tolist()) in drawn
    band = axes.collections[0].get_paths()[0].vertices
    assert set(np.round(band[:, 1], 9)) >= set(np.round(curve["chance_low_pct"], 9)) | set(
        np.round(curve["chance_high_pct"], 9)
    )
    # 50 of 100 incidents are 50/60 of the first of 8 locations: 10.4 %.
    words = texts(figure)
    assert "As reported: half at 10.4 % of locations" in words
    assert any(text.startswith("By chance (mean and 95 % range): half at ") for text in words)
    assert found.sentence in figure.get_label()
    assert found.sentence.split()[0] in " ".join(words)
    assert axes.get_xlabel() == "% of the 8 locations with at least one incident, busiest first"


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_saved_twice_is_the_same(tmp_path: Path, kind: str) -> None:
    found = spread([5, 3, 1, 1])
    made = []
    for name in ("one", "two"):
        for figure, of in ((chart_ranks(ranking()), "ranks"), (chart_concentration(found), "lorenz")):
            made.append(save_chart(figure, tmp_path / f"{of}_{name}.{kind}").read_bytes())
    assert made[:2] == made[2:]
