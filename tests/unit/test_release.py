"""What may be published of a frame, how it is marked, and which pairs of releases are refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.release import (
    LEFT_OUT,
    NOT_CHECKED,
    PUBLIC,
    PublicRelease,
    marked_path,
    marking_of,
    released,
)
from hotspot.publish.release_register import read_register

MONTHS = ["2025-01", "2025-02"]


def declare(frame, *, is_open=False, name="Council cases", months=MONTHS, records=(), steps=(), notes=()):
    source = {"name": name, "open": is_open, "simulated": True, "attribution": "", "months": list(months)}
    source["records"] = list(records)
    record = provenance.Record(sources=[source], as_of=None, steps=list(steps), notes=list(notes))
    return provenance.put(frame, record)


def cells_of(counts, *, size=200.0, shape="square", **how):
    """Return a square block of cells with these counts, tested and smoothed."""
    side = int(len(counts) ** 0.5)
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, side * size, side * size)], crs=27700)
    grid = hs.Grid.over(area, cell_size=size, shape=shape)
    x, y = grid.centres()
    at = np.repeat(np.arange(len(grid)), np.resize(counts, len(grid)))
    points = gpd.GeoDataFrame(
        {"category": "Noise"}, index=range(len(at)), geometry=shapely.points(x[at], y[at]), crs=27700
    )
    points = declare(points, **how)
    cells = hs.count_incidents(points, grid, by="category")
    return hs.kernel_density(points, grid, bandwidth=2 * size, cells=hs.getis_ord(cells, grid))


BUSY = [0, 7, 3, 2, 9, 12, 0, 2, 30, 14, 5, 1, 8, 8, 6, 20]


def wards(**columns):
    frame = pd.DataFrame({"ward": ["Abbey", "Bristnall", "Cape", "Dale"], **columns})
    return declare(frame)


def test_without_a_release_the_frame_is_returned_as_it_is() -> None:
    cells = cells_of(BUSY)
    assert released(cells) is cells
    assert marking_of([cells]) == provenance.SENSITIVE


def test_open_sources_are_published_as_they_are() -> None:
    cells = cells_of(BUSY, is_open=True)
    assert released(cells, "public") is cells
    assert marking_of([cells], "public") == marking_of([cells]) == provenance.OPEN


def test_released_cells_have_no_column_that_was_not_computed_from_released_counts() -> None:
    cells = cells_of(BUSY)
    before = cells.copy()
    public = released(cells, "public")
    assert list(public.columns) == [
        "label", "n", "n_shown", "share_in_area", "gi_class", "density_band", "geometry",
    ]  # fmt: skip
    expected = ["0" if n == 0 else str(n) if n >= 5 else "1 to 4" for n in cells["n"]]
    assert public["n_shown"].tolist() == expected
    assert public["n"].dropna().tolist() == [n for n in cells["n"] if n == 0 or n >= 5]
    assert set(public["density_band"]) <= set(range(6))
    assert marking_of([public], "public") == PUBLIC
    pd.testing.assert_frame_equal(cells, before)


def test_classes_and_bands_are_a_function_of_the_released_counts_alone() -> None:
    # The two maps differ in their hidden counts (3 and 2 change places) and in nothing that is shown.
    other = [0, 7, 2, 3, *BUSY[4:]]
    one, two = (released(cells_of(counts), "public") for counts in (BUSY, other))
    assert cells_of(BUSY)["gi_z"].round(3).tolist() != cells_of(other)["gi_z"].round(3).tolist()
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))


def test_the_record_says_what_was_done_and_nothing_of_the_steps_before() -> None:
    cells = cells_of(BUSY)
    provenance.note(cells, "3 incidents lie outside the area.")
    provenance.note(cells, "Boundary: ONS, December 2024, EPSG:27700.")
    record = provenance.of(released(cells, "public"))
    assert [step["step"] for step in record["steps"]] == ["public_release"]
    assert record["steps"][0]["threshold"] == 5
    text = " ".join(record["notes"])
    assert "3 incidents lie outside" not in text
    assert "Boundary: ONS" in text
    assert f"Total: {sum(BUSY)} reported incidents." in record["notes"]
    assert NOT_CHECKED in record["notes"]
    assert LEFT_OUT in record["notes"]
    assert "gi_z" not in text


def test_a_released_frame_is_not_changed_again_but_an_added_column_is_refused() -> None:
    public = released(cells_of(BUSY), "public")
    assert released(public, "public") is public
    with pytest.raises(InputError, match="were added to a released frame"):
        released(public.assign(raw=1), "public")


def test_small_cells_are_joined_to_two_hundred_metres_or_more() -> None:
    counts = [n for n in BUSY for _ in range(4)]
    public = released(cells_of(counts, size=100.0), "public")
    cell_size = provenance.of(public)["steps"][0]["cell_size_m"]
    assert cell_size >= 200
    assert public.geometry.area.tolist() == pytest.approx([cell_size**2] * len(public))
    with pytest.raises(InputError, match="hexagons do not nest"):
        released(cells_of(counts, size=100.0, shape="hexagon"), "public")


def test_cells_are_enlarged_until_most_incidents_stand_in_cells_with_a_count() -> None:
    # 2 to 4 in each of 144 cells of 200 m: none is shown; in each of 36 cells of 400 m stand 12.
    public = released(cells_of([2, 4] * 72), "public")
    assert provenance.of(public)["steps"][0]["cell_size_m"] == 400
    assert public["n"].tolist() == [12] * 36
    assert any("400 m are shown in the place of 200 m" in note for note in provenance.of(public)["notes"])


def test_larger_areas_are_taken_when_no_cell_is_large_enough() -> None:
    cells = cells_of([1, 1, *[0] * 78, 1], size=1600.0)
    towns = declare(pd.DataFrame({"town": ["A", "B"], "n": [0, 12]}))
    public = released(cells, PublicRelease(coarser=[towns]))
    assert public["n_shown"].tolist() == ["0", "12"]
    assert any(note.startswith("Larger areas") for note in provenance.of(public)["notes"])


def test_some_of_the_cells_are_refused() -> None:
    cells = cells_of(BUSY)
    with pytest.raises(InputError, match="give all cells of the grid"):
        released(cells[cells["n"] > 2], "public")


@pytest.mark.parametrize("column", ["incident_id", "place_id", "location", "location_id", "source_row"])
def test_rows_of_single_incidents_and_places_are_refused(column: str) -> None:
    with pytest.raises(InputError, match=column):
        released(wards(n=[1, 2, 3, 4], **{column: "x"}), "public")


def test_points_and_lines_are_refused() -> None:
    points = gpd.GeoDataFrame({"ward": ["a"], "n": [9]}, geometry=[shapely.Point(1, 1)], crs=27700)
    with pytest.raises(InputError, match="Point geometry"):
        released(declare(points), "public")


def test_a_frame_without_a_record_counts_as_closed() -> None:
    frame = pd.DataFrame({"ward": ["a", "b", "c"], "n": [1, 2, 20]})
    assert released(frame, "public")["n_shown"].tolist() == ["1 to 4", "1 to 4", "5 or more"]


def test_counts_that_add_open_and_closed_sources_are_refused() -> None:
    frame = wards(n=[9, 9, 9, 9])
    record = provenance.of(frame)
    record["sources"].append({**record["sources"][0], "name": "data.police.uk/x", "open": True})
    with pytest.raises(InputError, match="adds open and closed sources"):
        released(provenance.put(frame, record), "public")


def test_health_data_has_a_threshold_of_ten() -> None:
    frame = declare(wards(n=[9, 6, 12, 30]), name="Emergency department")
    assert released(frame, "public")["n_shown"].tolist() == ["1 to 9", "1 to 9", "12", "30"]
    assert released(frame, PublicRelease(health=False))["n_shown"].tolist() == ["9", "6", "12", "30"]
    by_record = declare(wards(n=[9, 6, 12, 30]), records=["hospital attendances"])
    assert released(by_record, "public")["n_shown"].tolist()[0] == "1 to 9"


def test_a_table_by_category_keeps_its_keys_and_loses_its_shares() -> None:
    frame = wards(
        n=[8, 9, 40, 22], n_noise=[4, 9, 30, 12], n_fires=[4, 0, 10, 10], share_pct=[10.1, 11.4, 50.6, 27.8]
    )
    public = released(frame, "public")
    assert list(public.columns) == [
        "ward",
        "n",
        "n_shown",
        "n_noise",
        "n_noise_shown",
        "n_fires",
        "n_fires_shown",
    ]
    # Two counts of at most 4 that add up to 8 are 4 and 4, so neither may be known to be at most 4.
    assert public["n_noise_shown"].tolist()[0] == public["n_fires_shown"].tolist()[0] == "not shown"
    assert public["n_shown"].tolist()[0] == "8"
    assert public["n"].tolist()[2] == 40


def test_what_the_parts_leave_of_a_total_is_protected_as_a_part() -> None:
    frame = wards(n=[30, 20, 25, 20], n_noise=[28, 20, 25, 20])
    public = released(frame, "public")
    assert (public["n_shown"].tolist()[0], public["n_noise_shown"].tolist()[0]) != ("30", "28")


def test_a_long_table_with_totals_is_protected_with_them() -> None:
    rows = [
        ("Abbey", "2025-01", 3),
        ("Abbey", "2025-02", 9),
        ("Cape", "2025-01", 20),
        ("Cape", "2025-02", 11),
    ]
    rows += [("Total", "2025-01", 23), ("Total", "2025-02", 20)]
    frame = declare(pd.DataFrame(rows, columns=["ward", "month", "n"]))
    public = released(frame, "public")
    shown = public.set_index(["ward", "month"])["n_shown"]
    assert shown["Abbey", "2025-01"] == "1 to 4"
    assert shown["Cape", "2025-01"] == "5 or more"
    assert shown["Total", "2025-01"] == "23"
    frame.loc[4, "n"] = 24
    with pytest.raises(InputError, match="the difference would give a count away"):
        released(frame, "public")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"ward": ["a", "b"], "month": ["2025-01"] * 2, "category": ["x"] * 2, "n": [1, 2]},
            "one breakdown at a time",
        ),
        ({"remark": ["a", "b"], "n": [1, 2]}, "no column that names an area"),
        ({"ward": ["a", "x" * 80], "n": [1, 2]}, "free text"),
        ({"ward": ["a", "a"], "n": [1, 2]}, "name the same area"),
        ({"ward": ["a", None], "n": [1, 2]}, "empty in 1 rows"),
        ({"ward": ["a", "b"], "score": [1, 2]}, "neither cells nor a table of counts"),
        ({"ward": ["a", "b"], "strongest_gi_z": [1, 2], "n": [1, 2]}, "figure of protected cells"),
        ({"ward": ["a", "b"], "n": [1, 2], "n_x": [3, 3]}, "no parts of it"),
    ],
)
def test_tables_that_cannot_be_told_apart_or_hold_more_are_refused(
    columns: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        released(declare(pd.DataFrame(columns)), "public")


def test_outlines_keep_their_names_and_nothing_else() -> None:
    area = gpd.GeoDataFrame(
        {"ward": ["a"], "officer": ["J. Smith"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=27700
    )
    assert list(released(declare(area), "public").columns) == ["ward", "geometry"]


@pytest.mark.parametrize("release", ["Public", True, "open", 5])
def test_public_is_an_explicit_choice(release: object) -> None:
    with pytest.raises(InputError, match="is not known"):
        released(wards(n=[1, 2, 3, 4]), release)


@pytest.mark.parametrize(
    "how", [{"threshold": 2}, {"health_threshold": 3}, {"units": "tiny"}, {"least_share_pct": 101}]
)
def test_a_release_that_protects_nothing_is_refused(how: dict[str, object]) -> None:
    with pytest.raises(InputError):
        PublicRelease(**how)


def test_a_public_output_of_a_closed_frame_needs_the_released_frame() -> None:
    with pytest.raises(InputError, match="as it was made"):
        marking_of([wards(n=[9, 9, 9, 9])], "public")


def test_the_file_name_of_a_restricted_output_carries_the_marking(tmp_path: Path) -> None:
    closed, opened = wards(n=[9] * 4), declare(wards(n=[9] * 4), is_open=True)
    assert marked_path(tmp_path / "a.csv", [closed]).name == "a OFFICIAL-SENSITIVE.csv"
    assert marked_path("x official-sensitive.csv", [closed]).name == "x official-sensitive.csv"
    assert marked_path("a.csv", [opened]).name == "a.csv"
    assert marked_path("a.csv", [opened, closed]).name == "a OFFICIAL-SENSITIVE.csv"
    assert marked_path("a.csv", [released(closed, "public")], "public").name == "a.csv"


# The register.


def months(last: int) -> list[str]:
    return [f"2025-{month:02d}" for month in range(1, last + 1)]


def test_the_same_release_again_changes_nothing(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    first = released(wards(n=[7, 9, 12, 30]), rule)
    before = (tmp_path / "releases.csv").read_bytes()
    assert NOT_CHECKED not in provenance.of(first)["notes"]
    released(wards(n=[7, 9, 12, 30]), rule)
    assert (tmp_path / "releases.csv").read_bytes() == before
    assert set(read_register(tmp_path / "releases.csv")["marking"]) == {provenance.SENSITIVE}


def test_two_monthly_packs_that_differ_by_one_case_are_refused(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    released(declare(wards(n=[7, 9, 12, 30]), months=months(2)), rule)
    before = (tmp_path / "releases.csv").read_bytes()
    later = declare(wards(n=[8, 9, 22, 50]), months=months(3))
    with pytest.raises(InputError, match="gives a small count away"):
        released(later, rule)
    assert (tmp_path / "releases.csv").read_bytes() == before
    released(declare(wards(n=[7, 15, 22, 50]), months=months(3)), rule)


def test_windows_that_only_a_third_release_solves_are_refused(tmp_path: Path) -> None:
    # (February and March) less ((January and February) less January) is March.
    rule = PublicRelease(register=tmp_path / "releases.csv")
    for period, counts in ((["2025-01"], [20, 20, 20, 20]), (["2025-01", "2025-02"], [40, 40, 40, 40])):
        released(declare(wards(n=counts), months=period), rule)
    with pytest.raises(InputError, match="gives a small count away"):
        released(declare(wards(n=[22, 40, 40, 40]), months=["2025-02", "2025-03"]), rule)


def test_separate_months_are_no_difference(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    for month in months(3):
        public = released(declare(wards(n=[7, 2, 1, 30]), months=[month]), rule)
        # Two small counts with their sum stated would be 2 and 1, or 1 and 2: a third is hidden with them.
        assert public["n_shown"].tolist() == ["5 or more", "1 to 4", "1 to 4", "30"]
    register = read_register(tmp_path / "releases.csv")
    assert register.groupby("months")["release"].nunique().to_dict() == dict.fromkeys(months(3), 1)
    assert register["release"].nunique() == 3


def test_a_late_record_is_refused(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    released(wards(n=[7, 9, 12, 30]), rule)
    with pytest.raises(InputError, match="differs from it by a small number"):
        released(wards(n=[8, 9, 12, 30]), rule)


def test_a_category_taken_from_all_is_refused(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    released(wards(n=[7, 9, 12, 30]), rule)
    chosen = declare(wards(n=[6, 9, 12, 30]), steps=[{"step": "select_incidents", "category": ["Noise"]}])
    with pytest.raises(InputError, match="gives a small count away"):
        released(chosen, rule)


def test_areas_that_differ_by_a_sliver_are_refused(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv", units="large")

    def order(count: int, width: float, name: str) -> gpd.GeoDataFrame:
        shape = shapely.box(0, 0, width, 1000)
        return declare(gpd.GeoDataFrame({"order": [name], "n": [count]}, geometry=[shape], crs=27700))

    released(order(41, 1000, "as made"), rule)
    with pytest.raises(InputError, match="lies within or nearly on"):
        released(order(43, 1050, "as varied"), rule)
    released(order(60, 2000, "the town"), rule)


def test_a_few_incidents_in_no_area_are_not_given_away_by_two_totals(tmp_path: Path) -> None:
    # Cells count 127 incidents and wards 125 of them: two stand where no ward is.
    rule = PublicRelease(register=tmp_path / "releases.csv", least_share_pct=0)
    released(cells_of(BUSY), rule)
    assert sum(BUSY) == 127
    with pytest.raises(InputError, match="in no area"):
        released(wards(n=[30, 30, 30, 35]), rule)
    released(wards(n=[30, 30, 30, 37]), rule)


def test_squares_within_squares_are_compared(tmp_path: Path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv", least_share_pct=0)
    # One of each four squares has 3, the others 12: 39 - 36 = 3.
    counts = [3 if row % 2 == column % 2 == 0 else 12 for row in range(8) for column in range(8)]
    released(cells_of([*counts[:-1], 15]), rule)
    with pytest.raises(InputError, match="of another size"):
        released(cells_of([39] * 15 + [42], size=400.0), rule)


def test_a_file_that_is_no_register_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "releases.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no register of releases"):
        released(wards(n=[7, 9, 12, 30]), PublicRelease(register=path))


def test_unknown_months_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="months are not recorded"):
        released(declare(wards(n=[7, 9, 12, 30]), months=[]), PublicRelease(register=tmp_path / "r.csv"))
