"""Months with gaps and breaks, and hours of the week: what is counted, left out, drawn and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import hotspot as hs
from hotspot import provenance
from hotspot.publish.charts import save_chart
from hotspot.publish.charts_time import chart_hours, chart_series
from hotspot.publish.sheet import SIZES
from hotspot.statistics.hours import hour_table

pytest.importorskip("matplotlib")

REGISTER = [
    hs.Break(
        "Recording $changed$", "change", "2024-03", None, ("volume",), ("a/*",), "Counts differ.", "made up"
    ),
    hs.Break("Backlog", "spell", "2024-05", "2024-06", ("volume",), ("*",), "Late entries.", "made up"),
    hs.Break(
        "Theft split", "change", "2024-02", "2024-04", ("categories",), ("*",), "Two.", "made up", ("theft",)
    ),
]


def source_of(name: str, months: list[str]) -> provenance.Source:
    return provenance.Source(name=name, open=True, simulated=False, attribution="nobody", months=months)


def incidents_of(sources: dict[str, list[str]] | None = None) -> pd.DataFrame:
    """January to August 2024 without a file for April; 1, 2, 3 ... incidents a month."""
    months = ["2024-01", "2024-02", "2024-03", "2024-05", "2024-06", "2024-07", "2024-08"]
    rows = [(month, k) for k, month in enumerate(months, start=1) for _ in range(k)]
    frame = pd.DataFrame({
        "start": pd.to_datetime([f"{month}-01" for month, _ in rows]),
        "category": ["Theft" if at % 3 == 0 else "Noise" for at in range(len(rows))],
        "source": "a/one",
        "time_precision": "month",
    })  # fmt: skip
    held = {"a/one": months} if sources is None else sources
    record = provenance.Record(
        sources=[source_of(name, part) for name, part in held.items()],
        as_of=None,
        steps=[],
        notes=["A $note$."],
    )
    return provenance.put(frame, record)


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def steps(axes: Any) -> list[tuple[list[float], list[float]]]:
    from matplotlib.patches import StepPatch

    parts = [patch.get_data() for patch in axes.patches if isinstance(patch, StepPatch)]
    return [(part.values.tolist(), part.edges.tolist()) for part in parts]


def ordinal(month: str) -> int:
    return pd.Period(month, freq="M").ordinal


def assert_on_page(figure: Any) -> None:
    from matplotlib.text import Text

    figure.canvas.draw()
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible() and text.get_text() not in ("", " "):
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= figure.bbox.x1, text
            assert box.y0 >= 0, text
            assert box.y1 <= figure.bbox.y1, text


def test_a_missing_month_is_a_gap_and_no_zero() -> None:
    figure = chart_series(incidents_of(), register=[])
    first, apr = ordinal("2024-01"), ordinal("2024-04")
    assert steps(figure.axes[0]) == [
        ([1, 2, 3], [first, first + 1, first + 2, apr]),
        ([4, 5, 6, 7], [apr + 1, apr + 2, apr + 3, apr + 4, apr + 5]),
    ]
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert [(patch.get_x(), patch.get_width()) for patch in hatched] == [(apr, 1)]
    said = texts(figure)
    assert "Hatched: months without a file. Missing is not zero." in said
    assert "All reported incidents: 28 incidents in 7 of 8 months" in said
    assert "Reported incidents by month, 2024-01 to 2024-08" not in said
    assert "Reported incidents by month, 2024-01 to 2024-03, 2024-05 to 2024-08" in said


def test_an_observed_month_without_incidents_is_zero() -> None:
    frame = incidents_of()
    quiet = frame[frame["start"].dt.month != 2]
    assert steps(chart_series(quiet, register=[]).axes[0])[0][0] == [1, 0, 3]


def test_breaks_are_drawn_and_named() -> None:
    figure = chart_series(incidents_of(), register=REGISTER)
    said = texts(figure)
    # In order of time: the change between February and April, March's, May to June.
    assert {"1", "2", "3"} <= set(said)
    assert "Break 1: Theft split (between 2024-02 and 2024-04). Two." in said
    assert "Break 2: Recording $changed$ (2024-03). Counts differ." in said
    assert "Break 3: Backlog (2024-05 to 2024-06). Late entries." in said
    dashed = sorted(
        float(line.get_xdata()[0])
        for line in figure.axes[0].lines
        if line.get_linestyle() == "--" and len(set(line.get_xdata())) == 1
    )
    assert dashed == [ordinal(month) for month in ("2024-02", "2024-03", "2024-04")]
    bar = [line for line in figure.axes[0].lines if line.get_linewidth() == 2.6]
    assert [
        line.get_xdata().tolist() if hasattr(line.get_xdata(), "tolist") else line.get_xdata() for line in bar
    ] == [[ordinal("2024-05"), ordinal("2024-07")]]
    assert "Break 2: Recording $changed$ (2024-03)." in figure.get_label()


def test_each_panel_has_the_breaks_of_its_own_categories_and_sources() -> None:
    figure = chart_series(incidents_of(), by="category", register=REGISTER)
    noise, theft = figure.axes
    numbers = [[text.get_text() for text in axes.texts] for axes in (noise, theft)]
    assert [sorted(part) for part in numbers] == [["1", "2"], ["1", "2", "3"]]
    frame = incidents_of({"a/one": ["2024-01", "2024-02"], "b": ["2024-02"]})
    frame["source"] = np.where(np.arange(len(frame)) % 2, "a/one", "b")
    panels = {
        panel: sorted(text.get_text() for text in axes.texts)
        for panel, axes in zip(
            "ba", chart_series(frame, by="source", register=REGISTER[:1]).axes, strict=True
        )
    }
    # The break is of a/* and comes after the two months observed; that of source b is never drawn.
    assert panels == {"b": [], "a": []}
    longer = incidents_of({"a/one": ["2024-01", "2024-04"], "b": ["2024-02"]})
    longer["source"] = np.where(np.arange(len(longer)) % 2, "a/one", "b")
    got = [
        [t.get_text() for t in axes.texts]
        for axes in chart_series(longer, by="source", register=REGISTER[:1]).axes
    ]
    assert sorted(map(len, got)) == [0, 1]


def test_numbers_of_close_breaks_do_not_touch() -> None:
    many = [
        hs.Break(f"B{at}", "change", f"2024-0{k}", None, ("volume",), ("*",), "x", "made up")
        for at, k in enumerate((2, 3, 3, 4, 5, 5, 6))
    ]
    months = [str(m) for m in pd.period_range("2014-01", "2024-12", freq="M")]
    frame = incidents_of({"a/one": months})
    figure = chart_series(frame, register=many)
    assert_on_page(figure)
    boxes = [text.get_bbox_patch().get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 7
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(two) for two in boxes[i + 1 :])


def test_a_month_counts_only_when_every_source_of_the_panel_has_a_file() -> None:
    frame = incidents_of({"a/one": ["2024-01", "2024-02", "2024-03"], "a/two": ["2024-02", "2024-03"]})
    figure = chart_series(frame, register=[])
    assert [part[0] for part in steps(figure.axes[0])] == [[2, 3]]
    assert "1 incidents of months in which not every source of the panel has a file are not drawn." in texts(
        figure
    )
    frame["source"] = np.where(frame["start"].dt.month == 1, "a/one", "a/two")
    by_source = chart_series(frame, by="source", register=[])
    assert sorted([part[0] for part in steps(axes)] for axes in by_source.axes) == [[[1, 0, 0]], [[2, 3]]]


def test_the_record_may_be_missing_and_dates_too() -> None:
    frame = incidents_of()
    frame.attrs = {}
    frame.loc[0, "start"] = pd.NaT
    figure = chart_series(frame, register=[])
    assert [part[0] for part in steps(figure.axes[0])] == [[2, 3, 0, 4, 5, 6, 7]]
    said = " ".join(texts(figure))
    assert "1 incidents have no date and are not drawn." in said
    assert "Which months were observed is not recorded" in said
    assert provenance.SENSITIVE in said


def test_the_busiest_values_are_drawn_and_the_others_named() -> None:
    frame = incidents_of()
    frame["ward"] = [None, *["North $a$"] * 10, *["South"] * 9, *["East"] * 8]
    figure = chart_series(frame, by="ward", top=2, register=[])
    assert len(figure.axes) == 2
    said = texts(figure)
    assert "North $a$: 10 incidents in 7 of 8 months" in said
    assert "Not drawn: East (8), not recorded (1)." in said


@pytest.mark.parametrize(("size", "by"), [("a4", "category"), ("a4-landscape", None), ("slide", "category")])
def test_sizes_hold_everything(size: str, by: str | None) -> None:
    figure = chart_series(incidents_of(), by=by, register=REGISTER, size=size)
    wide, tall = figure.get_size_inches()
    assert wide == SIZES[size].wide
    assert tall == SIZES[size].tall if SIZES[size].whole else tall <= SIZES[size].tall
    assert_on_page(figure)


def test_the_description_has_the_numbers() -> None:
    label = chart_series(incidents_of(), register=[]).get_label()
    assert "28 incidents in 7 of 8 months, lowest 1 in 2024-01, highest 7 in 2024-08" in label
    assert "by year 2024: 28 (7 months). No file: 2024-04." in label


def test_unlike_sources_are_not_added_up() -> None:
    frame = incidents_of()
    frame["source"] = np.where(np.arange(len(frame)) % 2, "police log", "council")
    with pytest.raises(hs.InputError, match="chart_series would add up 2 sources"):
        chart_series(frame)
    assert len(chart_series(frame, by="source", register=[]).axes) == 2


def test_what_cannot_be_drawn_as_a_series() -> None:
    frame = incidents_of()
    with pytest.raises(hs.InputError, match="by='ward' is no column of the incidents"):
        chart_series(frame, by="ward")
    with pytest.raises(hs.InputError, match="no column 'start'"):
        chart_series(frame.drop(columns="start"))
    with pytest.raises(hs.InputError, match="top=9 must be a whole number from 1 to 8"):
        chart_series(frame, top=9)
    with pytest.raises(hs.InputError, match="none of the 28 incidents has a date"):
        chart_series(frame.assign(start=pd.NaT))
    with pytest.raises(hs.InputError, match="size='A4' is no size of page"):
        chart_series(frame, size="A4")


def times_of() -> pd.DataFrame:
    """Two instants on Monday at 21, one hour spread over 22:30 to 23:30, and one row of every kind without an hour."""
    rows = [
        ("2024-01-01 21:10", None, "instant"),
        ("2024-01-01 21:59", None, "instant"),
        ("2024-01-01 22:30", "2024-01-01 23:30", "interval"),
        ("2024-01-02 00:00", None, "instant"),
        ("2024-01-02 00:00", None, "day"),
        ("2024-01-01 00:00", "2024-01-31 00:00", "month"),
        (None, None, "instant"),
        ("2024-01-03 02:00", "2024-01-03 01:00", "interval"),
    ]
    start, end, grade = zip(*rows, strict=True)
    frame = pd.DataFrame({"start": pd.to_datetime(list(start)), "end": pd.to_datetime(list(end))})
    frame["time_precision"] = grade
    record = provenance.Record(sources=[source_of("made up", ["2024-01"])], as_of=None, steps=[], notes=[])
    return provenance.put(frame, record)


def test_hours_are_counted_and_what_has_none_is_counted_apart() -> None:
    table = hour_table(times_of())
    expected = np.zeros((7, 24))
    expected[0, 21], expected[0, 22], expected[0, 23], expected[2, 1] = 2, 0.5, 0.5, 1
    assert table.to_numpy() == pytest.approx(expected)
    said = provenance.of(table)["steps"][-1]
    assert {name: said[name] for name in ("midnight", "day_only", "month_only", "undated")} == dict.fromkeys(
        ("midnight", "day_only", "month_only", "undated"), 1
    )
    assert (said["incidents"], said["spread"], said["swapped"], said["day_or_longer"]) == (4, 1, 1, 0)
    assert said["incidents"] + 4 == len(times_of())


def test_without_a_word_on_precision_times_speak_for_themselves() -> None:
    frame = times_of().iloc[:4].drop(columns="time_precision")
    assert hour_table(frame).to_numpy().sum() == pytest.approx(3)
    assert hour_table(frame.drop(columns="end")).loc["Monday", 22] == 1
    zoned = frame.assign(start=frame["start"].dt.tz_localize("Europe/London"), end=pd.NaT)
    assert hour_table(zoned.astype({"end": "datetime64[us]"})).loc["Monday", 21] == 2


@pytest.mark.parametrize("size", list(SIZES))
def test_the_hours_chart_writes_what_it_shades(size: str) -> None:
    figure = chart_hours(times_of(), size=size)
    assert_on_page(figure)
    said = texts(figure)
    assert said.count("0.5") == 2
    assert said.count("2.0") == 1
    assert said.count("0") >= 164
    assert (
        "4 incidents are in the table. Left out: 1 at midnight sharp (time not recorded), 1 with a day only, "
        in (" ".join(said))
    )
    assert "1 ended before they started and were swapped." in " ".join(said)
    axes = next(axes for axes in figure.axes if len(axes.patches) == 168)
    from matplotlib.colors import to_hex

    fills = [to_hex(patch.get_facecolor()) for patch in axes.patches]
    assert [fills[at] == "#ffffff" for at in (0, 21, 22, 23, 2 * 24 + 1)] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert fills.count("#ffffff") == 164
    # The darkest is the largest.
    assert fills[21] != fills[22] == fills[23]


def test_the_description_of_hours_has_the_numbers() -> None:
    label = chart_hours(times_of()).get_label()
    assert "Busiest: Monday 21:00 (2.0), Wednesday 01:00 (1.0), Monday 22:00 (0.5)." in label
    assert "By day: Monday 3, Tuesday 0, Wednesday 1," in label
    assert "21:00 to 24:00 3." in label
    assert "Left out: 1 at midnight sharp (time not recorded)" in label


def test_months_have_no_hours() -> None:
    with pytest.raises(
        hs.InputError, match=r"no hour is known for any of 28 incidents \(28 give the month only, as"
    ):
        chart_hours(incidents_of())
    midnight = pd.DataFrame({"start": pd.to_datetime(["2024-01-02", "2024-01-03"])})
    with pytest.raises(hs.InputError, match="2 are at midnight sharp, which stands for no time recorded"):
        chart_hours(midnight)
    with pytest.raises(hs.InputError, match="no column 'start'"):
        chart_hours(pd.DataFrame({"when": [1]}))


@pytest.mark.parametrize(("kind", "name"), [("series", "a.svg"), ("series", "a.png"), ("hours", "a.pdf")])
def test_files_are_the_same_every_time_whatever_the_order_of_rows(
    kind: str, name: str, tmp_path: Path
) -> None:
    frame = incidents_of() if kind == "series" else times_of()
    made = []
    for at, rows in enumerate([frame, frame.sample(frac=1, random_state=1)]):
        series = kind == "series"
        figure = chart_series(rows, by="category", register=REGISTER) if series else chart_hours(rows)
        made.append(save_chart(figure, tmp_path / f"{at}{name}").read_bytes())
    assert made[0] == made[1]


def test_text_from_data_starts_no_formula() -> None:
    from matplotlib.text import Text

    frame = incidents_of().assign(category="$\\undefined{$")
    figure = chart_series(frame, by="category", title="$5_$", register=REGISTER)
    figure.canvas.draw()
    assert "$5_$" in texts(figure)
    formulas = [text for text in figure.findobj(Text) if "$" in text.get_text() and text.get_parse_math()]
    assert not formulas
