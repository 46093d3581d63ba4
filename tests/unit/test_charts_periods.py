"""Small maps by period: the same cells, one scale, and what is said of unlike periods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.publish.charts import save_chart
from hotspot.publish.charts_periods import chart_periods
from hotspot.publish.maps.legend import EVENLY
from hotspot.publish.sheet import SIZES
from makers import area_of

pytest.importorskip("matplotlib")

AREA = area_of(shapely.box(400_000, 280_000, 404_000, 283_200))
GRID = hs.Grid.over(AREA, cell_size=400)
GAP = hs.Break("Gone", "gap", "2024-03", "2024-03", ("volume",), ("made up",), "There is nothing.", "made up")


def period_of(factor: int, months: list[str], *, hot: int = 3) -> gpd.GeoDataFrame:
    """Counts 0, factor, 2 factor, ... and so many hot cells."""
    cells = GRID.add_geometry(pd.DataFrame(index=pd.Index(GRID.cell_ids, name="cell_id")))
    number = np.arange(len(cells))
    cells["n"] = number % 4 * factor
    cells["density_per_km2"] = cells["n"] * 6.25
    cells["gi_class"] = np.where(
        number < hot, "hot 99%", np.where(number == 40, "cold 95%", "not significant")
    )
    source = provenance.Source(name="made up", open=True, simulated=False, attribution="", months=months)
    return provenance.put(
        cells, provenance.Record(sources=[source], as_of=None, steps=[], notes=["A $note$."])
    )


PERIODS = {"first $a$": period_of(1, ["2024-01", "2024-02"]), "second": period_of(10, ["2024-04"], hot=0)}


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def maps(figure: Any) -> list[Any]:
    from matplotlib.collections import PolyCollection

    return [
        axes for axes in figure.axes if any(isinstance(part, PolyCollection) for part in axes.collections)
    ]


def filled(axes: Any) -> dict[str, int]:
    from matplotlib.colors import to_hex

    return {to_hex(part.get_facecolor()[0]): len(part.get_paths()) for part in axes.collections}


def pluses(axes: Any) -> int:
    return sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() == "+")


def test_a_colour_means_the_same_on_every_map() -> None:
    figure = chart_periods(PERIODS, area=AREA, value="n", register=[])
    first, second = (filled(axes) for axes in maps(figure))
    # 1, 2, 3 against 10, 20, 30: alone, both would have the same colours.
    assert first != second
    alone = chart_periods({"a": PERIODS["second"], "b": PERIODS["second"]}, value="n", register=[])
    assert filled(maps(alone)[0]) == filled(maps(alone)[1])
    assert set(first) & set(second) == {"#ffffff"}
    assert sum(first.values()) == sum(second.values()) == len(GRID.cell_ids)


def test_all_maps_have_one_scale_and_one_size() -> None:
    figure = chart_periods({str(k): period_of(k, ["2024-01"]) for k in range(1, 8)}, register=[])
    boxes = [(axes.get_position().width, axes.get_position().height) for axes in maps(figure)]
    assert len(boxes) == 7
    for width, height in boxes:
        assert (width, height) == pytest.approx(boxes[0])
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in maps(figure)}) == 1


def test_classes_come_first_and_are_counted() -> None:
    figure = chart_periods(PERIODS, register=[])
    said = " ".join(texts(figure))
    assert "first $a$" in said
    assert "3 hot and 1 cold cells" in said
    assert "0 hot and 1 cold cells" in said
    assert EVENLY in said
    assert [pluses(axes) for axes in maps(figure)] == [3, 0]
    label = figure.get_label()
    assert "2 small maps of the same 80 cells, one scale." in label
    assert "first $a$: 120 incidents, 2 months, 3 hot and 1 cold cells (hot: 3 in the south-west)." in label
    assert f"second: {PERIODS['second']['n'].sum():,} incidents, 1 month, 0 hot and 1 cold cells." in label


def test_density_marks_its_hot_cells_and_needs_the_test() -> None:
    figure = chart_periods(PERIODS, value="density_per_km2", register=[])
    assert [pluses(axes) for axes in maps(figure)] == [3, 0]
    bare = {name: frame.drop(columns="gi_class") for name, frame in PERIODS.items()}
    with pytest.raises(hs.InputError, match="'density_per_km2' cannot be drawn: the frames share n of"):
        chart_periods(bare, value="density_per_km2")


def test_unlike_lengths_and_breaks_are_said() -> None:
    said = " ".join(texts(chart_periods(PERIODS, register=[GAP])))
    assert "The periods are not equally long (months with a file: first $a$ 2, second 1)" in said
    assert "Break between the months: Gone (2024-03). There is nothing." in said.replace("2024-03 to ", "")
    alike = {"a": period_of(1, ["2024-01"]), "b": period_of(1, ["2024-02"])}
    said = " ".join(texts(chart_periods(alike, register=[GAP])))
    assert "equally long" not in said
    assert "Gone" not in said


@pytest.mark.parametrize(
    ("size", "number"), [("a4", 2), ("a4", 12), ("a4-landscape", 5), ("slide", 2), ("slide", 12)]
)
def test_sizes_hold_everything(size: str, number: int) -> None:
    from matplotlib.text import Text

    frames = {f"period {k} with a long name": period_of(k + 1, ["2024-01"]) for k in range(number)}
    figure = chart_periods(frames, area=AREA, size=size, register=[])
    assert len(maps(figure)) == number
    wide, tall = figure.get_size_inches()
    assert wide == SIZES[size].wide
    assert tall == SIZES[size].tall if SIZES[size].whole else tall <= SIZES[size].tall + 1e-9
    figure.canvas.draw()
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= figure.bbox.x1, text
            assert box.y0 >= 0, text
            assert box.y1 <= figure.bbox.y1, text
    boxes = [axes.get_window_extent() for axes in maps(figure)]
    for at, one in enumerate(boxes):
        assert not any(one.overlaps(two) for two in boxes[at + 1 :])


def test_rows_may_stand_in_another_order() -> None:
    mixed = PERIODS["second"].sample(frac=1, random_state=1)
    mixed.attrs = PERIODS["second"].attrs
    frames = {"first $a$": PERIODS["first $a$"], "second": mixed}
    as_given, again = (chart_periods(part, value="n", register=[]) for part in (PERIODS, frames))
    assert again.get_label() == as_given.get_label()
    for one, two in zip(maps(as_given), maps(again), strict=True):
        assert [part.get_paths()[0].vertices.tolist() for part in one.collections] == [
            part.get_paths()[0].vertices.tolist() for part in two.collections
        ]


def test_files_are_the_same_every_time(tmp_path: Path) -> None:
    made = [
        save_chart(chart_periods(PERIODS, area=AREA), tmp_path / f"{k}.png").read_bytes() for k in range(2)
    ]
    assert made[0] == made[1]


def test_what_cannot_be_drawn() -> None:
    first = PERIODS["second"]
    with pytest.raises(hs.InputError, match="must be a mapping from a period's name"):
        chart_periods([first, first])  # type: ignore[arg-type]
    with pytest.raises(hs.InputError, match="1 periods were given; a page shows 2 to 12"):
        chart_periods({"a": first})
    with pytest.raises(hs.InputError, match=r"'b' are not those of 'a' \(79 and 80 cells\)"):
        chart_periods({"a": first, "b": first.iloc[1:]})
    moved = first.copy()
    moved["geometry"] = moved.geometry.translate(50, 0)
    with pytest.raises(hs.InputError, match="have the ids of 'a' but other outlines"):
        chart_periods({"a": first, "b": moved})
    with pytest.raises(hs.InputError, match=r"are no GeoDataFrame; use grid.add_geometry first"):
        chart_periods({"a": first, "b": pd.DataFrame(first.drop(columns="geometry"))})  # type: ignore[dict-item]
    with pytest.raises(hs.InputError, match="value='harm' cannot be drawn"):
        chart_periods({"a": first, "b": first}, value="harm")
