"""Static figures: what they show, that text stays text, and files that are whole and the same every time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.publish.charts import MOST_PANELS, chart_sensitivity, save_chart
from hotspot.publish.charts_parts import SIMULATED
from hotspot.publish.maps.legend import BANDS, EVENLY, class_shading
from hotspot.statistics.sensitivity import SensitivityResult, sensitivity
from makers import area_of, points_of

pytest.importorskip("matplotlib")

AREA = area_of(shapely.box(400_000, 280_000, 404_000, 283_400))
LOOKS = class_shading(np.empty(0, dtype=np.int64), corrected=True, opacity=1.0).looks
COLOURS = {
    name: LOOKS[code]["fillColor"]
    for code, name in enumerate(
        ["cold 99%", "cold 95%", "cold 90%", "not significant", "hot 90%", "hot 95%", "hot 99%"]
    )
}


def incidents_of(*, simulated: bool = False, known: bool = True) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(2)
    spread = rng.uniform((400_000, 280_000), (404_000, 283_400), (250, 2))
    busy = rng.normal((401_200, 281_200), 150, (150, 2))
    frame = points_of([tuple(pair) for pair in np.vstack([spread, busy])])  # type: ignore[misc]
    if not known:
        return frame
    source = provenance.Source(
        name="made up", open=True, simulated=simulated, attribution="nobody", months=["2024-01", "2024-02"]
    )
    return provenance.put(
        frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=["A note of the record."])
    )


@pytest.fixture(scope="module")
def result() -> SensitivityResult:
    return sensitivity(incidents_of(), AREA, cell_sizes=[100, 200], radii=[None, 400])


@pytest.fixture(scope="module")
def single() -> SensitivityResult:
    return sensitivity(incidents_of(), AREA, cell_sizes=[200])


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def drawn(axes: Any) -> dict[str, int]:
    """Cells drawn in a panel, by the colour of their fill."""
    from matplotlib.colors import to_hex

    return {
        to_hex(part.get_facecolor()[0]): len(part.get_paths())
        for part in axes.collections
        if len(part.get_facecolor())
    }


def test_each_panel_draws_the_significant_cells_in_the_colours_of_the_map(result: SensitivityResult) -> None:
    figure = chart_sensitivity(result, AREA)
    assert len(figure.axes) == 6
    for axes, cells, row in zip(figure.axes, result.cells, result.table.itertuples(), strict=False):
        classes = cells["gi_class"].astype(str).value_counts()
        expected = {COLOURS[name]: int(n) for name, n in classes.items() if name != "not significant"}
        assert drawn(axes) == expected
        heading = axes.texts[1].get_text()
        assert heading.startswith(f"{row.cell_size:g} m cells, neighbours: {row.neighbours}\n")
        assert f"{row.hot_cells} hot and {row.cold_cells} cold of {row.cells:,} cells" in heading
        assert re.fullmatch(r"(1|2|5)0* ?(k?m)", axes.texts[0].get_text())
    assert sum(result.table["hot_cells"]) > 0


def test_the_last_panel_shows_the_share_of_combinations(result: SensitivityResult) -> None:
    times = result.places["hot_in"]
    # Four combinations take four of the six colours, lightest for one and darkest for all.
    colours = {1: BANDS[0], 2: BANDS[2], 3: BANDS[3], 4: BANDS[5]}
    expected = {colours[k]: int((times == k).sum()) for k in colours if (times == k).any()}
    axes = chart_sensitivity(result).axes[4]
    assert drawn(axes) == expected
    assert f"{(times > 0).sum()} places hot in any, {(times == 4).sum()} in all" in axes.texts[1].get_text()


def test_one_combination_has_no_last_panel(single: SensitivityResult) -> None:
    figure = chart_sensitivity(single)
    assert len(figure.axes) == 2
    assert "Hot and cold cells under one choice of scale, 2024-01 to 2024-02" in texts(figure)
    assert "last map" not in " ".join(texts(figure)).lower()


def test_a_cell_lies_where_its_polygon_is(result: SensitivityResult) -> None:
    part = chart_sensitivity(result).axes[2].collections[0]
    corners = np.array([path.get_extents().extents for path in part.get_paths()])
    shapes = result.grids[2].polygons()
    assert {tuple(box) for box in corners} <= {shape.bounds for shape in shapes}


def test_the_boundary_is_drawn_with_its_holes() -> None:
    holed = area_of(
        shapely.box(400_000, 280_000, 404_000, 283_400) - shapely.box(402_500, 282_000, 403_500, 283_000)
    )
    axes = chart_sensitivity(sensitivity(incidents_of()[250:], holed, cell_sizes=[200])).axes[0]
    assert sorted(len(line.get_xdata()) for line in axes.lines) == [2, 5, 5]


def test_what_every_figure_says(result: SensitivityResult) -> None:
    said = " ".join(texts(chart_sensitivity(result, AREA)))
    for words in (
        EVENLY,
        "A note of the record.",
        "Source: made up, 2024-01 to 2024-02 (nobody)",
        "Open data",
    ):
        assert words in said
    assert "under 4 choices of scale, 2024-01 to 2024-02" in said
    assert "95 % confidence or more" in said
    assert provenance.SENSITIVE not in said
    assert SIMULATED not in said


def test_marking_and_simulated() -> None:
    unknown = " ".join(
        texts(chart_sensitivity(sensitivity(incidents_of(known=False), AREA, cell_sizes=[200])))
    )
    assert provenance.SENSITIVE in unknown
    assert "Open data" not in unknown
    made = chart_sensitivity(sensitivity(incidents_of(simulated=True), AREA, cell_sizes=[200]))
    assert SIMULATED in texts(made)


def test_uncorrected_classes_are_named_so() -> None:
    raw = sensitivity(incidents_of(), AREA, cell_sizes=[200], correction=None)
    said = texts(chart_sensitivity(raw))
    assert "Hot 99 % (uncorrected)" in said
    assert "after correction" not in " ".join(said)


# Read as a formula, each of these would stop the drawing or change the text.
@pytest.mark.parametrize("title", ["$\\undefined{$", "Pay £5 or $5_$", "a\nb\x00c", "x" * 500, "\\$"])
def test_text_from_outside_stays_text(single: SensitivityResult, title: str, tmp_path: Path) -> None:
    from matplotlib.text import Text

    figure = chart_sensitivity(single, title=title)
    save_chart(figure, tmp_path / "a.png")
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if text.get_text())
    if "$" in title:
        assert title in texts(figure)


def test_all_text_is_on_the_page(result: SensitivityResult) -> None:
    from matplotlib.text import Text

    figure = chart_sensitivity(result, AREA, title="Wide words: " + "MMMM WWWW " * 15)
    page = figure.bbox
    figure.canvas.draw()
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= page.x1, text
            assert box.y0 >= 0, text
            assert box.y1 <= page.y1, text


@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.pdf"])
def test_files_are_the_same_every_time_and_hold_no_time(
    result: SensitivityResult, name: str, tmp_path: Path
) -> None:
    import matplotlib

    first = save_chart(chart_sensitivity(result, AREA), tmp_path / name).read_bytes()
    words = (tmp_path / f"{name}.alt.txt").read_bytes()
    # The user's own settings of matplotlib neither show in the figure nor are changed by it.
    mine = {
        "font.size": 30.0,
        "axes.facecolor": "red",
        "svg.hashsalt": None,
        "savefig.dpi": 30,
        "text.usetex": True,
    }
    with matplotlib.rc_context(mine):
        again = save_chart(chart_sensitivity(result, AREA), tmp_path / f"b{name}")
        assert {key: matplotlib.rcParams[key] for key in mine} == mine
    assert again.read_bytes() == first
    assert (tmp_path / f"b{name}.alt.txt").read_bytes() == words
    assert b"CreationDate" not in first
    assert b"dc:date" not in first
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [name, f"b{name}", f"{name}.alt.txt", f"b{name}.alt.txt"]
    )


def test_the_description_tells_what_the_picture_shows(result: SensitivityResult, tmp_path: Path) -> None:
    figure = chart_sensitivity(result, AREA)
    save_chart(figure, tmp_path / "a.png")
    words = (tmp_path / "a.png.alt.txt").read_text(encoding="utf-8")
    assert words == figure.get_label() + "\n"
    for row in result.table.itertuples():
        assert f"{row.cell_size:g} m cells, neighbours: {row.neighbours}: {row.hot_cells} hot" in words
    save_chart(figure, tmp_path / "a.png", alt="My own\nwords")
    assert (tmp_path / "a.png.alt.txt").read_text(encoding="utf-8") == "My own words\n"


def test_pyplot_and_its_state_stay_out_of_it() -> None:
    code = (
        "import sys, geopandas as gpd, hotspot.publish.charts as c, hotspot.statistics.sensitivity as s;"
        "from shapely import box, points;"
        "assert 'matplotlib' not in sys.modules;"
        "a = gpd.GeoDataFrame(geometry=[box(0, 0, 2000, 2000)], crs=27700);"
        "p = gpd.GeoDataFrame(geometry=points([[i * 7 % 1999, i * 11 % 1999] for i in range(99)]), crs=27700);"
        "f = c.chart_sensitivity(s.sensitivity(p, a, cell_sizes=[200]));"
        "print(type(f).__name__, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["Figure", "False"]


def test_what_cannot_be_drawn_or_saved(result: SensitivityResult, tmp_path: Path) -> None:
    from dataclasses import replace

    from matplotlib.figure import Figure

    many = replace(result, table=result.table.loc[np.ones(MOST_PANELS + 1, dtype=int)])
    with pytest.raises(hs.InputError, match="23 combinations are more than a page can show"):
        chart_sensitivity(many)
    bare = Figure()
    with pytest.raises(hs.InputError, match="no description for people who cannot see it"):
        save_chart(bare, tmp_path / "a.png")
    with pytest.raises(hs.InputError, match=r"a.jpg must end in .png, .svg or .pdf"):
        save_chart(bare, tmp_path / "a.jpg", alt="a")
    with pytest.raises(hs.InputError, match="does not exist"):
        save_chart(bare, tmp_path / "none" / "a.png", alt="a")
    assert list(tmp_path.iterdir()) == []
