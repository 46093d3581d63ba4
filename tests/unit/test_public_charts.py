"""Charts that may be handed out: what stands in the file, what is refused, under which name, and the sizes of pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.charts import chart_sensitivity, save_chart, write_figure
from hotspot.publish.charts_maps import chart_cells, chart_density
from hotspot.publish.charts_periods import chart_periods
from hotspot.publish.charts_ranks import chart_concentration, chart_ranks
from hotspot.publish.charts_time import chart_hours, chart_series
from hotspot.publish.release import NOT_CHECKED, PUBLIC, PublicRelease
from hotspot.publish.sheet import SIZES
from hotspot.ranking.concentration import concentration
from hotspot.statistics.sensitivity import sensitivity

pytest.importorskip("matplotlib")

SIDE, SIZE = 10, 200.0
# A corner of nine busy cells; elsewhere 1 to 9, so that classes of hidden counts are needed.
COUNTS = [40 if at % SIDE < 3 and at // SIDE < 3 else 1 + at % 9 for at in range(SIDE * SIDE)]
AREA = gpd.GeoDataFrame(
    {"name": ["Area"]},
    geometry=[shapely.box(400_000, 290_000, 400_000 + SIDE * SIZE, 290_000 + SIDE * SIZE)],
    crs=27700,
)


def declare(
    frame: Any, *, is_open: bool = False, months: tuple[str, ...] = ("2025-01",), name: str = "Cases"
) -> Any:
    source = provenance.Source(name=name, open=is_open, simulated=True, attribution="", months=list(months))
    return provenance.put(frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))


def incidents_of(counts: list[int] = COUNTS, **how: Any) -> gpd.GeoDataFrame:
    cell = np.repeat(np.arange(SIDE * SIDE), counts)
    x, y = 400_037.25 + SIZE * (cell % SIDE), 290_061.75 + SIZE * (cell // SIDE)
    frame = gpd.GeoDataFrame(
        {
            "place_id": [f"UPRN{number:04d}" for number in cell],
            "location": "12 Quince Passage",
            "category": "Noise",
            "start": pd.Timestamp("2025-01-04 21:10") + pd.to_timedelta(np.arange(len(cell)) % 600, unit="h"),
        },
        geometry=shapely.points(x, y),
        crs=27700,
    )
    frame["end"] = frame["start"]
    return declare(frame, **how)


def cells_of(counts: list[int] = COUNTS, **how: Any) -> gpd.GeoDataFrame:
    points, grid = incidents_of(counts, **how), hs.Grid.over(AREA, cell_size=SIZE)
    cells = hs.getis_ord(hs.count_incidents(points, grid), grid)
    return hs.kernel_density(points, grid, bandwidth=400, cells=cells)


def ranking(**how: Any) -> pd.DataFrame:
    number = np.arange(1, 21)
    frame = pd.DataFrame(
        {
            "number": number,
            "rank": number,
            "rank_low": pd.array(number, dtype="Int64"),
            "rank_high": pd.array(number + 5, dtype="Int64"),
            "incidents": 60 - number,
            "location": [f"On or near Street {each}" for each in number],
        }
    )
    return declare(frame, **how)


def svg_of(figure: Any, folder: Path, **how: Any) -> str:
    path = save_chart(figure, folder / "chart.svg", **how)
    return path.read_text(encoding="utf-8") + path.with_name(f"{path.name}.alt.txt").read_text(
        encoding="utf-8"
    )


def said(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_a_public_chart_is_a_function_of_what_is_shown(tmp_path: Path) -> None:
    other = list(COUNTS)
    low, high = other.index(1), other.index(3)
    other[low], other[high] = other[high], other[low]
    public = [
        svg_of(chart_cells(cells_of(counts), area=AREA, release="public"), tmp_path, release="public")
        for counts in (COUNTS, other)
    ]
    assert public[0] == public[1]
    for word in ("UPRN", "Quince", "gi_z", "hold"):
        assert word not in public[0], word
    # The restricted one says how many incidents the hot cells hold, the public one cannot.
    assert re.search(r"hold [\d,]+ of [\d,]+ reported incidents", chart_cells(cells_of()).get_label())


def test_a_public_chart_says_what_it_is() -> None:
    figure = chart_cells(cells_of(), area=AREA, release="public")
    words = said(figure)
    assert PUBLIC in words
    assert provenance.SENSITIVE not in words
    assert NOT_CHECKED in words
    assert provenance.OPEN not in words
    assert provenance.SENSITIVE in said(chart_cells(cells_of(), area=AREA))


def test_hidden_counts_have_their_class_in_the_key() -> None:
    cells = cells_of()
    record = provenance.of(cells)
    plain = provenance.put(cells[["n", "share_in_area", "geometry"]], record)
    figure = chart_cells(plain, release=PublicRelease(least_share_pct=0))
    hidden = int(plain["n"].between(1, 4).sum())
    assert "1 to 4" in said(figure)
    assert f"1 to 4: {hidden} cells" in figure.get_label()


def test_the_name_of_a_restricted_file_has_the_marking(tmp_path: Path) -> None:
    figure = chart_cells(cells_of())
    path = save_chart(figure, tmp_path / "a.svg")
    assert path.name == "a OFFICIAL-SENSITIVE.svg"
    write_figure(figure, tmp_path / "b.svg")
    save_chart(chart_cells(cells_of(), release="public"), tmp_path / "c.svg", release="public")
    save_chart(chart_cells(cells_of(is_open=True)), tmp_path / "d.svg", release="public")
    names = ["a OFFICIAL-SENSITIVE.svg", "b.svg", "c.svg", "d.svg"]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        [*names, *(f"{name}.alt.txt" for name in names)]
    )
    with pytest.raises(InputError, match="figure is OFFICIAL-SENSITIVE"):
        save_chart(figure, tmp_path / "e.svg", release="public")
    with pytest.raises(InputError, match="is not known"):
        save_chart(figure, tmp_path / "e.svg", release="publik")  # type: ignore[arg-type]


def test_a_figure_of_ones_own_keeps_its_name_but_is_not_public(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    own = Figure()
    assert save_chart(own, tmp_path / "own.svg", alt="Mine").name == "own.svg"
    with pytest.raises(InputError, match="does not say how it must be handled"):
        save_chart(own, tmp_path / "own.svg", alt="Mine", release="public")


CHARTS = {
    "density": lambda how: chart_density(cells_of(**how), release="public"),
    "hours": lambda how: chart_hours(incidents_of(**how), release="public"),
    "ranks": lambda how: chart_ranks(ranking(**how), release="public"),
    "concentration": lambda how: chart_concentration(
        concentration(incidents_of(**how), simulations=99), release="public"
    ),
    "sensitivity": lambda how: chart_sensitivity(
        sensitivity(incidents_of(**how), AREA, cell_sizes=[200]), release="public"
    ),
}


@pytest.mark.parametrize("name", list(CHARTS))
def test_what_is_made_of_unprotected_figures_is_refused_for_a_closed_source_only(name: str) -> None:
    with pytest.raises(InputError, match="cannot be public"):
        CHARTS[name]({})
    assert provenance.OPEN in said(CHARTS[name]({"is_open": True}))


MONTHS = ("2024-10", "2024-11", "2024-12", "2025-02", "2025-03", "2025-04")


def by_month(counts: list[int], **columns: Any) -> pd.DataFrame:
    """Incidents with so many in each of `MONTHS`; January has no file."""
    starts = pd.to_datetime(
        [f"{month}-09 10:00" for month, n in zip(MONTHS, counts, strict=True) for _ in range(n)]
    )
    frame = pd.DataFrame({"start": starts, "location": "12 Quince Passage", "category": "Noise", **columns})
    return declare(frame, months=MONTHS)


def steps_of(axes: Any) -> list[float]:
    from matplotlib.patches import StepPatch

    return [
        value for patch in axes.patches if isinstance(patch, StepPatch) for value in patch.get_data().values
    ]


def test_months_with_protected_counts_are_gaps_that_are_named(tmp_path: Path) -> None:
    figure = chart_series(by_month([31, 2, 3, 17, 0, 1]), release="public")
    # October; February and March, whose zero is shown. January has no file.
    assert steps_of(figure.axes[0]) == [31, 17, 0]
    words = " ".join(said(figure))
    assert "All reported incidents: 54 incidents in 6 of 7 months" in words
    assert "Not shown of All reported incidents: 2024-11 to 2024-12, 2025-04 (1 to 4)." in words
    assert "Dotted: months whose count is protected and not shown. It is no zero." in words
    assert "Hatched: months without a file. Missing is not zero." in words
    assert PUBLIC in said(figure)
    assert "No file: 2025-01." in figure.get_label()
    assert "Count not shown: 2024-11 to 2024-12, 2025-04 (1 to 4)." in figure.get_label()
    swapped = chart_series(by_month([31, 3, 1, 17, 0, 2]), release="public")
    assert svg_of(figure, tmp_path) == svg_of(swapped, tmp_path)
    restricted = [chart_series(by_month(counts)) for counts in ([31, 2, 3, 17, 0, 1], [31, 3, 1, 17, 0, 2])]
    assert steps_of(restricted[0].axes[0]) == [31, 2, 3, 17, 0, 1]
    assert restricted[0].get_label() != restricted[1].get_label()


def test_panels_of_a_closed_source_are_ordered_and_counted_by_what_is_shown() -> None:
    counts = [31, 12, 13, 17, 10, 11]
    wards = np.where(np.arange(sum(counts)) % 10 == 0, "Cape", "Abbey")
    frame = by_month(counts, ward=wards, victim="Quince")
    figure = chart_series(frame, by="ward", top=1, release="public")
    abbey = int((wards == "Abbey").sum())
    assert f"Abbey: {abbey} incidents in 6 of 7 months" in said(figure)
    assert f"Not drawn: Cape ({len(wards) - abbey})." in " ".join(said(figure))
    with pytest.raises(InputError, match="column 'victim' of a closed source"):
        chart_series(frame, by="victim", release="public")
    rule = PublicRelease(keep=["victim"])
    assert "Quince: 94 incidents in 6 of 7 months" in said(chart_series(frame, by="victim", release=rule))


def test_rows_that_are_not_drawn_are_not_counted_on_a_public_page() -> None:
    frame = by_month([31, 12, 13, 17, 10, 11])
    frame.loc[:2, "start"] = pd.NaT
    assert "3 incidents have no date" in " ".join(said(chart_series(frame)))
    words = " ".join(said(chart_series(frame, release="public")))
    assert "3 incidents" not in words
    assert "Incidents without a date" in words


def test_locations_are_refused_before_the_cells_are_entered(tmp_path: Path) -> None:
    place = gpd.GeoDataFrame(
        {"number": [1], "incidents": [9]}, geometry=shapely.points([400_100.0], [290_100.0]), crs=27700
    )
    rule = PublicRelease(register=tmp_path / "register.csv")
    with pytest.raises(InputError, match="only cells and areas"):
        chart_cells(cells_of(), locations=declare(place), release=rule)
    assert not (tmp_path / "register.csv").exists()


def test_an_area_of_a_closed_source_gives_its_outline_only() -> None:
    area = provenance.note(declare(AREA.assign(victim="Quince"), name="Partner"), "4711 cases lie inside.")
    figure = chart_cells(cells_of(), area=area, release="public")
    assert not any("4711" in words or "Quince" in words for words in said(figure))


def periods(second: tuple[str, ...] = ("2025-02",), **how: Any) -> dict[str, gpd.GeoDataFrame]:
    other = [COUNTS[-1 - at] for at in range(len(COUNTS))]
    return {"One": cells_of(**how), "Two": cells_of(other, months=second, **how)}


def test_periods_of_a_closed_source_are_drawn_by_class_with_their_released_total() -> None:
    figure = chart_periods(periods(), release="public")
    words = " ".join(said(figure))
    # The sum of the counts that are shown is less.
    assert words.count(f"{sum(COUNTS)} incidents") == 2
    assert PUBLIC in said(figure)
    with pytest.raises(InputError, match="chart of counts by period"):
        chart_periods(periods(), value="n", release="public")
    assert provenance.OPEN in said(chart_periods(periods(is_open=True), value="n", release="public"))


def test_periods_that_share_a_month_need_a_register(tmp_path: Path) -> None:
    both = periods(second=("2025-01", "2025-02"))
    with pytest.raises(InputError, match="both hold 2025-01"):
        chart_periods(both, release="public")


def test_periods_on_unlike_released_cells_are_refused_and_not_entered(tmp_path: Path) -> None:
    few = {"One": cells_of(), "Two": cells_of([at % 3 for at in range(SIDE * SIDE)], months=("2025-02",))}
    rule = PublicRelease(register=tmp_path / "register.csv")
    with pytest.raises(InputError, match="unlike cells"):
        chart_periods(few, release=rule)
    assert not (tmp_path / "register.csv").exists()


SIZED = {
    "ranks": lambda size: chart_ranks(ranking(is_open=True), size=size),
    "concentration": lambda size: chart_concentration(
        concentration(incidents_of(is_open=True), simulations=99), size=size
    ),
    "sensitivity": lambda size: chart_sensitivity(
        sensitivity(incidents_of(is_open=True), AREA, cell_sizes=[100, 200, 250], radii=[None, 400]),
        size=size,
    ),
}


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("name", list(SIZED))
def test_every_size_holds_its_texts_apart(name: str, size: str) -> None:
    from matplotlib.text import Text

    figure = SIZED[name](size)
    paper = SIZES[size]
    wide, tall = figure.get_size_inches()
    assert wide == pytest.approx(paper.wide)
    assert tall <= paper.tall + 1e-9 or (paper.upright and not paper.whole)
    if paper.whole:
        assert tall == pytest.approx(paper.tall)
    # As it is saved: letters of a picture of few dots are wider.
    figure.set_dpi(200)
    figure.canvas.draw()
    boxes = []
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert box.x0 >= 0, text
            assert box.x1 <= figure.bbox.x1 + 0.5, text
            assert box.y0 >= 0, text
            assert box.y1 <= figure.bbox.y1 + 0.5, text
            assert text.get_fontsize() >= 7, text
            boxes.append((box, text))
    for at, (one, text) in enumerate(boxes):
        for two, beside in boxes[:at]:
            apart = (
                one.x1 <= two.x0 + 1 or two.x1 <= one.x0 + 1 or one.y1 <= two.y0 + 2 or two.y1 <= one.y0 + 2
            )
            assert apart, (text.get_text(), beside.get_text())


@pytest.mark.parametrize("name", list(SIZED))
def test_a_size_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is no size of page"):
        SIZED[name]("a3")
