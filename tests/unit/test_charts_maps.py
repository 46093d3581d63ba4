"""Static maps of cells: what is drawn, what is written, and in which size."""

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
from hotspot.publish.charts_maps import chart_cells, chart_density
from hotspot.publish.charts_parts import SIMULATED, ink_on, parts_of_the_map
from hotspot.publish.maps.legend import BANDS, CLASSES, EVENLY, class_shading
from hotspot.publish.sheet import SIZES
from makers import area_of, points_of

pytest.importorskip("matplotlib")

AREA = area_of(shapely.box(400_000, 280_000, 404_000, 283_200))
FILLS = [
    look["fillColor"] for look in class_shading(np.empty(0, np.int64), corrected=True, opacity=1.0).looks
]
WHITE = "#ffffff"


def cells_of(*, simulated: bool = False, known: bool = True, shape: Any = "square") -> gpd.GeoDataFrame:
    """Cells of every class, the undefined one too, each with a count of its own."""
    grid = hs.Grid.over(AREA, cell_size=400, shape=shape)
    cells = grid.add_geometry(pd.DataFrame(index=pd.Index(grid.cell_ids, name="cell_id")))
    number = np.arange(len(cells))
    names = np.array([*CLASSES, None], dtype=object)
    cells["n"] = number % 5
    cells["density_per_km2"] = number * 2.5
    cells["gi_class"] = np.where(number < 16, names[number % 8], "not significant")
    cells.attrs = {}
    if not known:
        return cells
    source = provenance.Source(
        name="made $up$", open=True, simulated=simulated, attribution="nobody", months=["2024-01", "2024-03"]
    )
    return provenance.put(
        cells, provenance.Record(sources=[source], as_of=None, steps=[], notes=["A note of the $record$."])
    )


def places_of(xy: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    frame = points_of(xy)
    frame["number"] = range(1, len(xy) + 1)
    frame["incidents"] = range(50, 50 - len(xy), -1)
    frame["location"] = [f"On or near $x_{number}$" for number in frame["number"]]
    return frame


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def filled(axes: Any) -> dict[str, int]:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_hex

    return {
        to_hex(part.get_facecolor()[0]): len(part.get_paths())
        for part in axes.collections
        if isinstance(part, PolyCollection)
    }


def marks(axes: Any) -> dict[str, int]:
    drawn = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_marker() in "+_x"]
    return {mark: sum(len(line.get_xdata()) for line in drawn if line.get_marker() == mark) for mark in "+_x"}


def assert_on_page(figure: Any) -> None:
    from matplotlib.text import Text

    page = figure.bbox
    figure.canvas.draw()
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= page.x1, text
            assert box.y0 >= 0, text
            assert box.y1 <= page.y1, text


@pytest.mark.parametrize("shape", ["square", "hexagon"])
def test_every_class_has_its_colour_and_hot_and_cold_their_mark(shape: str) -> None:
    cells = cells_of(shape=shape)
    axes = chart_cells(cells, area=AREA).axes[0]
    # Two cells of each class among the first 16; every other one is not significant.
    assert filled(axes) == {**dict.fromkeys(FILLS, 2), WHITE: len(cells) - 14}
    assert marks(axes) == {"+": 6, "_": 6, "x": 2}


def test_counts_are_drawn_without_classes() -> None:
    cells = cells_of().drop(columns="gi_class")
    cells.attrs = cells_of().attrs
    figure = chart_cells(cells)
    assert filled(figure.axes[0])[WHITE] == int((cells["n"] == 0).sum())
    assert sum(filled(figure.axes[0]).values()) == len(cells)
    assert "Reported incidents by cell, 2024-01, 2024-03" in texts(figure)
    assert EVENLY not in texts(figure)


def test_what_the_page_says() -> None:
    said = texts(chart_cells(cells_of(), area=AREA))
    for words in (
        "Hot and cold cells of reported incidents, 2024-01, 2024-03",
        "Reported incidents, 2024-01, 2024-03 (2 months).",
        EVENLY,
        "A note of the $record$.",
        "Source: made $up$, 2024-01, 2024-03 (nobody)",
        "Open data",
        "Grid north",
        "1 km",
        "Hot 99 % confidence",
        "No result for this cell",
    ):
        assert words in said, words
    assert SIMULATED not in said
    assert provenance.SENSITIVE not in said
    assert SIMULATED in texts(chart_cells(cells_of(simulated=True)))
    unknown = texts(chart_cells(cells_of(known=False)))
    assert provenance.SENSITIVE in unknown
    assert "Months covered: not recorded." in unknown


@pytest.mark.parametrize("size", list(SIZES))
def test_the_scale_bar_is_true_and_both_directions_alike(size: str) -> None:
    figure = chart_cells(cells_of(), area=AREA, size=size)
    wide, tall = figure.get_size_inches()
    ground, bar = figure.axes[0], figure.axes[1]
    west, east = ground.get_xlim()
    south, north = ground.get_ylim()
    across = ground.get_position().width * wide / (east - west)
    assert ground.get_position().height * tall / (north - south) == pytest.approx(across)
    assert bar.get_position().width * wide == pytest.approx(1000 * across)


@pytest.mark.parametrize("size", list(SIZES))
def test_sizes_hold_everything(size: str) -> None:
    rng = np.random.default_rng(3)
    crowd = rng.normal((401_500, 281_500), 60, (20, 2))
    places = places_of([tuple(pair) for pair in crowd])
    for figure in (
        chart_cells(
            cells_of(), area=AREA, locations=places, size=size, title="Wide words: " + "MMMM WWWW " * 15
        ),
        chart_density(cells_of(), area=AREA, size=size),
    ):
        wide, tall = figure.get_size_inches()
        paper = SIZES[size]
        assert wide == paper.wide
        assert tall == paper.tall if paper.whole else tall <= paper.tall + 1e-9
        assert_on_page(figure)
        from matplotlib.text import Text

        assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 7


def test_a_map_that_is_tall_or_wide_keeps_to_the_page() -> None:
    for box in ((400_000, 280_000, 400_800, 290_000), (400_000, 280_000, 410_000, 280_800)):
        area = area_of(shapely.box(*box))
        grid = hs.Grid.over(area, cell_size=400)
        cells = grid.add_geometry(pd.DataFrame({"n": 1}, index=pd.Index(grid.cell_ids, name="cell_id")))
        for size in SIZES:
            figure = chart_cells(cells, area=area, size=size)
            assert_on_page(figure)
            box_of = figure.axes[0].get_position()
            assert 0 <= box_of.x0 < box_of.x1 <= 1
            assert 0 <= box_of.y0 < box_of.y1 <= 1


def test_numbers_hide_no_other_number_and_no_dot() -> None:
    rng = np.random.default_rng(4)
    places = places_of([tuple(pair) for pair in rng.normal((402_000, 281_500), 150, (15, 2))])
    figure = chart_cells(cells_of(), area=AREA, locations=places)
    figure.canvas.draw()
    axes = figure.axes[0]
    boxes = {text.get_text(): text.get_bbox_patch().get_window_extent() for text in axes.texts}
    assert sorted(boxes, key=int) == [str(number) for number in range(1, 16)]
    centres = {name: np.array([(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2]) for name, b in boxes.items()}
    for name, box in boxes.items():
        for other, second in boxes.items():
            if name < other:
                apart = float(np.hypot(*(centres[name] - centres[other])))
                assert apart >= 0.98 * (box.width + second.width) / 2, (name, other)
    dots = axes.transData.transform(np.column_stack([places.geometry.x, places.geometry.y]))
    for name, box in boxes.items():
        reach = np.hypot(*(dots - centres[name]).T)
        assert (reach >= 0.98 * box.width / 2).all(), name


def test_locations_are_listed_with_their_numbers(tmp_path: Path) -> None:
    places = places_of([(401_000 + 150 * k, 281_000) for k in range(12)]).sample(frac=1, random_state=1)
    figure = chart_cells(cells_of(), locations=places, limit=10)
    said = texts(figure)
    assert "On or near $x_1$" in said
    assert "On or near $x_11$" not in said
    assert "10 of 12 repeat locations are numbered, lowest numbers first." in said
    assert "2. On or near $x_2$: 49 incidents" in figure.get_label()
    save_chart(figure, tmp_path / "a.png")


def test_what_does_not_fit_a_key_is_counted() -> None:
    places = places_of([(401_000 + 30 * k, 281_000) for k in range(60)])
    said = texts(chart_cells(cells_of(), locations=places, limit=60, size="slide"))
    listed = [text for text in said if text.startswith("On or near")]
    more = next(text for text in said if text.endswith("more, not listed here"))
    assert len(listed) + int(more.split()[1]) == 60


def test_the_description_counts_each_class_and_says_where() -> None:
    cells = cells_of()
    label = chart_cells(cells, area=AREA).get_label()
    hot = cells["gi_class"].astype(str).str.startswith("hot")
    assert (
        f"Map of {len(cells)} cells: 2 hot 99 %, 2 hot 95 %, 2 hot 90 %, {len(cells) - 14} not significant"
        in label
    )
    assert f"hold {cells.loc[hot, 'n'].sum()} of {cells['n'].sum()} reported incidents" in label
    assert "in the south" in label
    boxes = np.array(
        [shapely.box(x, y, x + 1, y + 1) for x, y in ((0, 0), (0.5, 0.5), (4, 4), (8, 8))], dtype=object
    )
    assert (
        parts_of_the_map(boxes, (0, 0, 9, 9)) == "2 in the south-west, 1 in the centre, 1 in the north-east"
    )


def test_density_is_drawn_only_with_the_test() -> None:
    cells = cells_of()
    for column in ("gi_class", "density_per_km2"):
        with pytest.raises(
            hs.InputError, match=f"no column '{column}', and a density is drawn only with the test"
        ):
            chart_density(cells.drop(columns=column))


def test_density_has_bands_and_the_outline_of_hot_cells() -> None:
    cells = cells_of()
    figure = chart_density(cells, area=AREA)
    axes = figure.axes[0]
    found = filled(axes)
    assert found.pop(WHITE) == 1  # the one cell of density 0
    assert set(found) <= set(BANDS)
    assert sum(found.values()) == len(cells) - 1
    hot = cells["gi_class"].isin(["hot 95%", "hot 99%"]).to_numpy()
    rings = shapely.get_rings(shapely.get_parts(cells.geometry[hot].union_all()))
    thick = [line for line in axes.lines if line.get_linewidth() == 1.7]
    assert sum(shapely.length(ring) for ring in rings) == pytest.approx(
        sum(float(np.hypot(*np.diff(line.get_xydata(), axis=0).T).sum()) for line in thick)
    )
    assert "4 cells hot with 95 % confidence or more" in figure.get_label()
    said = " ".join(texts(figure))
    assert EVENLY in said
    assert "What is dark and not outlined can be chance." in said


def test_no_hot_cell_is_said() -> None:
    cells = cells_of()
    cells["gi_class"] = "not significant"
    figure = chart_density(cells)
    assert "No cell is hot with 95 % confidence" in texts(figure)
    assert not [line for line in figure.axes[0].lines if line.get_linewidth() == 1.7]


def test_degrees_are_drawn_in_metres() -> None:
    cells = cells_of()
    moved = cells.to_crs(4326)
    moved.attrs = cells.attrs
    west, east = chart_cells(moved, area=AREA).axes[0].get_xlim()
    assert (west, east) == pytest.approx(chart_cells(cells, area=AREA).axes[0].get_xlim(), abs=5)


def test_ink_stands_out_from_every_fill() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for fill in {*FILLS, *BANDS, WHITE}:
        low, high = sorted([light(fill), light(ink_on(fill))])
        assert (high + 0.05) / (low + 0.05) >= 4.5, fill


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
def test_files_are_the_same_every_time(name: str, tmp_path: Path) -> None:
    places = places_of([(401_000, 281_000), (402_000, 282_000)])
    made = [
        save_chart(chart_cells(cells_of(), area=AREA, locations=places), tmp_path / f"{k}{name}").read_bytes()
        for k in range(2)
    ]
    assert made[0] == made[1]
    assert b"dc:date" not in made[0]


def test_the_inputs_stay_as_they_were() -> None:
    cells, before = cells_of(), cells_of()
    chart_cells(cells, area=AREA)
    chart_density(cells)
    pd.testing.assert_frame_equal(cells, before)
    assert cells.attrs == before.attrs


def test_what_cannot_be_drawn() -> None:
    cells = cells_of()
    with pytest.raises(
        hs.InputError, match="size='a3' is no size of page; use one of a4, a4-landscape, slide"
    ):
        chart_cells(cells, size="a3")
    with pytest.raises(hs.InputError, match="needs one of the columns gi_class, n"):
        chart_cells(cells[["geometry"]])
    with pytest.raises(hs.InputError, match="limit=0 must be a whole number from 1 to 60"):
        chart_cells(cells, locations=places_of([(401_000, 281_000)]), limit=0)
    with pytest.raises(hs.InputError, match=r"40,050 cells; on a page they would be finer than print"):
        chart_cells(cells.iloc[np.arange(40_050) % len(cells)])
    loud = provenance.put(cells_of(), provenance.of(cells))
    for number in range(80):
        provenance.note(loud, f"{number}: " + "many words " * 20)
    with pytest.raises(hs.InputError, match="use size='a4', a shorter title, or draw fewer things"):
        chart_cells(loud, size="slide")
