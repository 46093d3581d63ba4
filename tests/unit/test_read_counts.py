"""Counts by area, month and category: every row used or set aside, missing never zero, points refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from libpysal.graph import Graph

import hotspot as hs
from hotspot import provenance
from hotspot.errors import InputError
from hotspot.intake.counts import CountsIntake, is_counts, read_counts
from hotspot.intake.counts_cells import (
    BAD,
    BLANK,
    COUNTED,
    NEGATIVE,
    NOT_GIVEN,
    SUPPRESSED,
    month_number,
    read_numbers,
)
from hotspot.intake.counts_mapping import read_counts_mapping
from hotspot.intake.counts_totals import totals
from hotspot.sample import ward_counts

MAPPING: dict[str, Any] = {
    "source": {"name": "Fires", "attribution": "made for this test", "records": ["fires"]},
    "columns": {"area": "Ward", "month": "Month", "category": "Type", "count": "Number"},
}
CODES = pd.DataFrame({"Ward": ["W1", "W2", "W3"]})


def mapping(**counts: Any) -> dict[str, Any]:
    return {**MAPPING, "counts": counts}


def rows_of(*lines: tuple[Any, Any, Any, Any]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["Ward", "Month", "Type", "Number"])


def polygons() -> gpd.GeoDataFrame:
    shapes = [shapely.box(400_000 + 1_000 * k, 290_000, 401_000 + 1_000 * k, 291_000) for k in range(3)]
    return gpd.GeoDataFrame(
        {"Ward": ["W1", "W2", "W3"], "named": ["One", "Two", "Three"]}, geometry=shapes, crs=27700
    )


def cell(intake: CountsIntake, area: str, month: str, category: str = "Fire") -> pd.Series:
    table = intake.counts
    chosen = table[(table["area_code"] == area) & (table["month"] == month) & (table["category"] == category)]
    assert len(chosen) == 1
    return chosen.iloc[0]


BASIC = rows_of(
    ("W1", "2024-03", "Fire", "3"),
    ("W2", "2024-03", "Fire", "1,204"),
    ("w2 ", "2024-05", "Fire", "2.0"),
    ("W1", "2024-05", "Alarm", "0"),
)


def test_the_table_is_full_and_what_has_no_row_is_missing_unless_the_mapping_says_zero() -> None:
    missing = read_counts(BASIC, MAPPING, areas=CODES)
    assert len(missing.counts) == 3 * 2 * 2, "three areas, two months with rows, two categories"
    assert missing.counts["n"].sum() == 3 + 1204 + 2 + 0
    assert cell(missing, "W2", "2024-03")["n"] == 1204
    assert cell(missing, "W2", "2024-05")["n"] == 2, "codes match in any case, without spaces at the ends"
    assert pd.isna(cell(missing, "W3", "2024-03")["n"])
    assert cell(missing, "W3", "2024-03")["count_status"] == "no row"
    assert int(missing.counts["n"].isna().sum()) == 12 - 4
    zero = read_counts(BASIC, mapping(absent="zero"), areas=CODES)
    assert cell(zero, "W3", "2024-03")["n"] == 0
    assert cell(zero, "W3", "2024-03")["count_status"] == "no row, taken as zero"
    assert int(zero.counts["n"].isna().sum()) == 0
    assert zero.counts["n"].sum() == missing.counts["n"].sum()
    assert "absent" in missing.findings["finding"].str.cat(), "it says how to take absent rows as zero"


def test_a_month_without_a_row_is_missing_whatever_the_mapping_says() -> None:
    spec = mapping(absent="zero")
    spec["source"] = {**spec["source"], "period": "2024-03 to 2024-05"}
    intake = read_counts(BASIC, spec, areas=CODES)
    assert "2024-04" not in set(intake.counts["month"])
    assert provenance.months_observed(intake.counts) == ["2024-03", "2024-05"]
    assert intake.coverage[["month", "status"]].values.tolist() == [
        ["2024-03", "present"], ["2024-04", "missing"], ["2024-05", "present"]
    ]  # fmt: skip
    assert intake.findings["finding"].str.contains("no row in 2024-04: these months are missing").any()


def test_every_row_is_used_or_set_aside_with_its_reason() -> None:
    rows = rows_of(
        ("W1", "2024-03", "Fire", "3"),
        ("W9", "2024-03", "Fire", "7"),
        ("Total", "2024-03", "Fire", "10"),
        (None, "2024-03", "Fire", "1"),
        ("W1", "spring", "Fire", "1"),
        ("W1", "2024-04", "Fire", "2.5"),
        ("W1", "2024-05", "Fire", "-1"),
        ("W1", "2024-06", "Fire", "many"),
        ("W2", "2024-03", "Fire", "4"),
        ("W2", "2024-03", "Fire", "4"),
        ("W2", "2024-04", None, "4"),
        ("W2", "2024-07", "Fire", "4"),
    )
    spec = mapping()
    spec["source"] = {**spec["source"], "period": "2024-03 to 2024-06"}
    intake = read_counts(rows, spec, areas=CODES)
    ledger = intake.ledger.iloc[0]
    assert (ledger["read"], ledger["used"], ledger["set_aside"]) == (12, 1, 11)
    expected = {
        "area code not in areas": 2,
        "no area code": 1,
        "month unreadable": 1,
        "count not a whole number": 2,
        "negative count": 1,
        "repeated area, month and category": 2,
        "no category": 1,
        "month not among those covered": 1,
    }
    assert {reason: ledger[reason] for reason in expected} == expected
    assert intake.set_aside["row"].tolist() == list(range(2, 13))
    found = intake.findings.set_index("finding")
    outside = found[found.index.str.startswith("area codes that are not among the areas")].iloc[0]
    assert (outside["rows"], outside["example"]) == (2, "W9, Total")
    assert intake.counts["n"].sum() == 3


def test_a_row_that_was_set_aside_for_its_count_never_becomes_a_zero() -> None:
    rows = rows_of(
        ("W1", "2024-03", "Fire", "3"), ("W2", "2024-03", "Fire", "x"), ("W3", "2024-03", "Fire", "-2"),
        ("W1", "2024-04", "Fire", "1"), ("W2", "2024-04", "Fire", "5"), ("W2", "2024-04", "Fire", "6"),
        ("W3", "2024-05", "Fire", "x"), ("W1", "2024-03", "Alarm", "y"), ("W1", "one day", "Fire", "8"),
    )  # fmt: skip
    intake = read_counts(rows, mapping(absent="zero"), areas=CODES)
    table = intake.counts.set_index(["area_code", "month"])
    assert table.index.tolist() == [(w, m) for w in ("W1", "W2", "W3") for m in ("2024-03", "2024-04")]
    assert table["count_status"].tolist() == [
        "counted", "counted", "row set aside", "row set aside", "row set aside", "no row, taken as zero"
    ]  # fmt: skip
    assert table["n"].isna().tolist() == [False, False, True, True, True, False]
    assert table["n_at_most"].isna().tolist() == table["n"].isna().tolist()
    assert (intake.ledger["used"].item(), intake.ledger["set_aside"].item()) == (2, 7)
    assert (
        intake.findings["finding"].str.startswith("rows were set aside whose area, month or category").any()
    )


def test_a_damaged_record_is_set_aside_and_may_stand_behind_a_zero(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("Ward,Month,Type,Number\nW1,2024-03,Fire,3\nW2,2024-03,Fire,4,5\n", encoding="utf-8")
    intake = read_counts(path, mapping(absent="zero"), areas=CODES)
    assert intake.ledger[["read", "used", "set_aside"]].values.tolist() == [[2, 1, 1]]
    text = "rows were set aside whose area, month or category"
    assert intake.findings["finding"].str.startswith(text).any()
    sound = read_counts(path, MAPPING, areas=CODES)
    assert not sound.findings["finding"].str.startswith(text).any(), (
        "there no row is missing, and nothing is hidden"
    )


def test_repeated_rows_are_added_up_only_when_the_mapping_says_so() -> None:
    rows = rows_of(
        ("W1", "2024-03", "Fire", "3"), ("W1", "Mar-24", "fire", "4"), ("W2", "2024-03", "Fire", "<5")
    )
    rows = pd.concat([rows, rows_of(("W2", "2024-03", "Fire", "6"))], ignore_index=True)
    spec = mapping(repeated="sum") | {"categories": {"names": {"fire": "Fire"}}}
    intake = read_counts(rows, spec, areas=CODES)
    assert intake.ledger["used"].tolist() == [4]
    assert cell(intake, "W1", "2024-03")["n"] == 7
    held = cell(intake, "W2", "2024-03")
    assert pd.isna(held["n"]), "a sum with a part held back is held back"
    assert held["n_at_most"] == 4 + 6
    assert intake.findings["fixed"].any()
    aside = read_counts(rows, mapping() | {"categories": spec["categories"]}, areas=pd.concat([CODES]))
    assert aside.ledger["repeated area, month and category"].tolist() == [4]


@pytest.mark.parametrize(
    ("text", "kind", "n", "most"),
    [
        ("0", COUNTED, 0, -1), ("12", COUNTED, 12, -1), ("12.0", COUNTED, 12, -1), ("1,234", COUNTED, 1234, -1),
        ("1,23", BAD, 0, -1), ("1.5", BAD, 0, -1), ("1e3", BAD, 0, -1), ("inf", BAD, 0, -1), ("-3", NEGATIVE, 0, -1),
        ("*", SUPPRESSED, 0, 9), ("[c]", SUPPRESSED, 0, 9), ("<5", SUPPRESSED, 0, 4), ("< 3", SUPPRESSED, 0, 2),
        ("≤4", SUPPRESSED, 0, 4), ("fewer than 10", SUPPRESSED, 0, 9), ("<0", BAD, 0, -1), ("hush", SUPPRESSED, 0, 9),
        ("n/a", NOT_GIVEN, 0, -1), ("-", NOT_GIVEN, 0, -1), ("", BLANK, 0, -1), ("=1+1", BAD, 0, -1),
        ("99999999999999999999", BAD, 0, -1),
    ],
)  # fmt: skip
def test_what_a_cell_of_counts_is(text: str, kind: int, n: int, most: int) -> None:
    plan = read_counts_mapping(mapping(suppressed=["hush"], suppressed_at_most=9))
    read = read_numbers(pd.Series([text or None], dtype="str"), plan)
    assert (read.kind[0], read.n[0], read.at_most[0]) == (kind, n, most)


def test_a_suppressed_count_is_missing_with_its_bound_and_never_zero() -> None:
    rows = rows_of(
        ("W1", "2024-03", "Fire", "<5"), ("W2", "2024-03", "Fire", "*"), ("W3", "2024-03", "Fire", "")
    )
    intake = read_counts(rows, mapping(absent="zero"), areas=CODES)
    assert intake.counts["n"].isna().all()
    assert intake.counts["n_at_most"].tolist()[0] == 4
    assert intake.counts["n_at_most"].isna().tolist() == [False, True, True]
    assert intake.counts["count_status"].tolist() == ["suppressed", "suppressed", "blank"]
    assert intake.findings["finding"].str.contains("never as zero").any()
    assert any("suppressed by the source" in note for note in provenance.of(intake.counts)["notes"])


@pytest.mark.parametrize(
    "text",
    ["2024-03", "202403", "2024/3", "2024 M03", "2024-03-01", "2024-03-31 00:00:00", "03/2024", "3.2024", "Mar-24",
     "Mar 2024", "MARCH 2024", "mar. 24", "Mar'24", "2024 March"],
)  # fmt: skip
def test_months_are_read_as_tables_write_them(text: str) -> None:
    assert month_number(text) == (2024 - 1970) * 12 + 2


@pytest.mark.parametrize(
    "text", ["", "2024", "13/2024", "2024-13", "Marmalade 24", "Total", "1/3/2024", "May", "Q1 2024"]
)
def test_what_names_no_month_is_none(text: str) -> None:
    assert month_number(text) is None


def test_whole_dates_need_their_order_and_are_then_months() -> None:
    rows = rows_of(("W1", "01/03/2024", "Fire", "3"), ("W1", "01/04/2024", "Fire", "5"))
    with pytest.raises(InputError, match="order"):
        read_counts(rows, MAPPING, areas=CODES)
    read = read_counts(rows, {**MAPPING, "dates": {"order": "day-first"}}, areas=CODES)
    assert cell(read, "W1", "2024-03")["n"] == 3
    assert cell(read, "W1", "2024-04")["n"] == 5


WIDE = {**MAPPING, "columns": {"area": "Ward", "category": "Type", "months": "columns"}}


def test_a_column_for_each_month_is_unfolded_and_every_cell_accounted_for(tmp_path: Path) -> None:
    text = "Ward,Type,Mar-24,Apr-24,May-24,Total\nW1,Fire,3,,*,3\nW2,Fire,1,2,n/a,3\nW9,Fire,1,1,1,3\n"
    path = tmp_path / "wide.csv"
    path.write_text(text, encoding="utf-8")
    zero = read_counts(path, {**WIDE, "counts": {"absent": "zero"}}, areas=CODES)
    assert zero.ledger[["read", "used", "set_aside"]].values.tolist() == [[9, 6, 3]]
    assert zero.counts["n"].sum() == 3 + 1 + 2
    assert cell(zero, "W1", "2024-04")["n"] == 0, "an empty cell of a pivot table is a row that is not there"
    assert pd.isna(cell(zero, "W2", "2024-05")["n"]), "n/a is not a zero"
    assert pd.isna(cell(zero, "W1", "2024-05")["n"])
    assert zero.findings["finding"].str.contains("left out: 'Total'").any()
    missing = read_counts(path, WIDE, areas=CODES)
    assert pd.isna(cell(missing, "W1", "2024-04")["n"])


def test_wide_and_long_tables_of_the_same_counts_are_the_same() -> None:
    rng = np.random.default_rng(4)
    long = pd.DataFrame(
        [
            (w, f"2024-{m:02d}", k, int(rng.integers(0, 9)))
            for w in CODES["Ward"]
            for m in range(1, 7)
            for k in "ab"
        ],
        columns=["Ward", "Month", "Type", "Number"],
    )
    wide = long.pivot(index=["Ward", "Type"], columns="Month", values="Number").reset_index()
    first, second = read_counts(long, MAPPING, areas=CODES), read_counts(wide, WIDE, areas=CODES)
    pd.testing.assert_frame_equal(first.counts, second.counts)
    shuffled = read_counts(long.sample(frac=1, random_state=3), MAPPING, areas=CODES.iloc[::-1])
    pd.testing.assert_frame_equal(first.counts, shuffled.counts)


def test_a_wide_table_needs_headings_that_are_months_and_each_once() -> None:
    with pytest.raises(InputError, match="no column is headed by a month"):
        read_counts(pd.DataFrame({"Ward": ["W1"], "Type": ["Fire"], "Spring": [1]}), WIDE, areas=CODES)
    twice = pd.DataFrame([["W1", "Fire", 1, 2]], columns=["Ward", "Type", "2024-03", "Mar-24"])
    with pytest.raises(InputError, match="headed by the same month"):
        read_counts(twice, WIDE, areas=CODES)


def test_workbook_parquet_and_csv_hold_the_same(tmp_path: Path) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Counts")
        sheet.write_row(0, 0, ["Ward", "Month", "Type", "Number"])
        day = workbook.add_format({"num_format": "mmm-yy"})
        for at, (ward, month, kind, number) in enumerate(BASIC.itertuples(index=False), start=1):
            sheet.write_string(at, 0, ward)
            sheet.write_datetime(at, 1, pd.Timestamp(month).to_pydatetime(), day)
            sheet.write_string(at, 2, kind)
            sheet.write_number(at, 3, float(str(number).replace(",", "")))
    (tmp_path / "counts.xlsx").write_bytes(book.getvalue())
    BASIC.to_parquet(tmp_path / "counts.parquet")
    BASIC.to_csv(tmp_path / "counts.csv", index=False)
    read = [
        read_counts(tmp_path / f"counts.{kind}", MAPPING, areas=CODES) for kind in ("csv", "xlsx", "parquet")
    ]
    for other in read[1:]:
        pd.testing.assert_frame_equal(read[0].counts, other.counts)


def test_areas_with_polygons_give_geometry_and_a_file_does_too(tmp_path: Path) -> None:
    spec = mapping(areas_code="Ward", areas_name="named")
    intake = read_counts(BASIC, spec, areas=polygons())
    assert isinstance(intake.counts, gpd.GeoDataFrame)
    assert intake.counts.crs.to_epsg() == 27700
    w2 = intake.counts[intake.counts["area_code"] == "W2"]
    assert w2["area_name"].unique().tolist() == ["Two"]
    assert shapely.equals(w2.geometry.iloc[0], polygons().geometry.iloc[1])
    polygons().to_file(tmp_path / "wards.gpkg", layer="wards")
    again = read_counts(BASIC, spec, areas=tmp_path / "wards.gpkg")
    assert again.counts.geometry.area.tolist() == intake.counts.geometry.area.tolist()
    plain = read_counts(BASIC, MAPPING, areas=CODES).counts
    assert "geometry" not in plain.columns


@pytest.mark.parametrize(
    ("areas", "match"),
    [
        (pd.DataFrame({"Code": ["W1"]}), "no column 'Ward'; they have Code"),
        (pd.DataFrame({"Ward": ["W1", "w1"]}), "an earlier one has"),
        (pd.DataFrame({"Ward": ["W1", None]}), "have no 'Ward'"),
        (pd.DataFrame({"Ward": ["X1"]}), "none of the 3 codes"),
        (7, "areas must be"),
    ],
)
def test_areas_that_cannot_be_used_are_refused(areas: Any, match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_counts(BASIC, MAPPING, areas=areas)


def test_lsoa_codes_of_another_edition_are_refused() -> None:
    rows = rows_of(("E01010063", "2024-03", "Fire", "1"), ("E01009921", "2024-03", "Fire", "1"))
    with pytest.raises(InputError, match="two vintages: 2011 on one side and 2021"):
        read_counts(rows, MAPPING, areas=pd.DataFrame({"Ward": ["E01009921", "E01033886"]}))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"coordinates": {"easting": "X"}}, r"no section \[coordinates\]"),
        ({"counts": {"absent": "none"}}, "'none' is none of 'zero', 'missing'"),
        ({"counts": {"absnt": "zero"}}, "the nearest is 'absent'"),
        ({"columns": {"area": "Ward", "month": "Month", "category": "Type"}}, "lacks count"),
        ({"columns": {"area": "Ward", "count": "Number", "category": "Type"}}, "needs one of month, months"),
        ({"columns": {**MAPPING["columns"], "months": "columns"}}, "give one of month, months"),
        ({"columns": {**MAPPING["columns"], "month": "Ward"}}, "names 'Ward' twice"),
        ({"columns": {**MAPPING["columns"], "start": "Opened"}}, "no key 'start'"),
        ({"source": {"name": "A", "location_precision": "exact"}}, "no key 'location_precision'"),
    ],
)
def test_a_mapping_at_fault_is_refused_before_a_row_is_read(change: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_counts_mapping({**MAPPING, **change})


def test_a_mapping_file_reads_like_the_dict(tmp_path: Path) -> None:
    path = tmp_path / "fires.toml"
    path.write_text(
        '[source]\nname = "Fires"\n[columns]\narea = "Ward"\nmonth = "Month"\ncategory = "Type"\ncount = "Number"\n'
        '[counts]\nabsent = "zero"\n[[leave_out]]\ncolumn = "Type"\nequals = ["Alarm"]\nreason = "alarms"\n',
        encoding="utf-8",
    )
    intake = read_counts(BASIC, path, areas=CODES)
    assert intake.ledger["alarms"].tolist() == [1]
    assert intake.counts["category"].unique().tolist() == ["Fire"]
    assert provenance.of(intake.counts)["steps"][-1]["mapping"] == "fires.toml"


def test_two_files_with_the_same_bytes_are_refused_and_columns_of_unlike_kinds_are_read(
    tmp_path: Path,
) -> None:
    for name in ("a.csv", "b.csv"):
        BASIC.to_csv(tmp_path / name, index=False)
    with pytest.raises(InputError, match="hold the same bytes"):
        read_counts(tmp_path, MAPPING, areas=CODES)
    rows_of(("W3", "2024-06", "Fire", "<5")).to_csv(tmp_path / "b.csv", index=False)
    intake = read_counts(tmp_path, MAPPING, areas=CODES)
    assert intake.ledger["used"].tolist() == [4, 1]
    assert intake.counts["n"].sum() == 1209


def test_nothing_used_is_said_and_leaves_an_empty_table() -> None:
    intake = read_counts(rows_of(("W1", "2024-03", "Fire", "x")), MAPPING, areas=CODES)
    assert len(intake.counts) == 0
    assert is_counts(intake.counts)
    assert intake.findings["finding"].str.contains("none of the file's rows was used").any()
    with pytest.raises(InputError, match="no count is left"):
        totals(intake.counts)


def test_a_read_is_in_the_record_of_a_run_and_inputs_stay_as_they_were(tmp_path: Path) -> None:
    rows, areas = BASIC.copy(), polygons()
    with hs.record(tmp_path):
        intake = read_counts(rows, MAPPING, areas=areas)
    pd.testing.assert_frame_equal(rows, BASIC)
    assert areas.columns.tolist() == polygons().columns.tolist()
    record = provenance.of(intake.counts)
    assert json.loads(json.dumps(record)) == record
    assert record["as_of"] == "2024-05-31"
    assert record["sources"][0]["records"] == ["fires"]
    assert provenance.marking([intake.counts]) == "OFFICIAL-SENSITIVE"


@pytest.mark.parametrize(
    "call",
    [
        lambda counts, grid: hs.count_incidents(counts, grid),
        lambda counts, grid: hs.kernel_density(counts, grid),
        lambda counts, grid: hs.repeat_locations(counts),
        lambda counts, grid: hs.concentration(counts),
        lambda counts, grid: hs.suggest_scale(counts, polygons()),
        lambda counts, grid: hs.snap_to_streets(counts, counts),
        lambda counts, grid: hs.assign_area(counts, polygons(), column="Ward"),
    ],
)
def test_point_methods_refuse_counts_with_the_reason(call: Any) -> None:
    counts = read_counts(BASIC, mapping(absent="zero"), areas=polygons()).counts
    assert is_counts(counts)
    with pytest.raises(InputError, match="given a table of counts by area, month and category"):
        call(counts, hs.Grid.over(polygons(), cell_size=500))


def test_gi_on_a_grid_refuses_counts_too() -> None:
    counts = read_counts(BASIC, mapping(absent="zero"), areas=polygons()).counts
    with pytest.raises(InputError, match="one row for each of the grid's 48 cells"):
        hs.getis_ord(counts, hs.Grid.over(polygons(), cell_size=250))


def test_totals_are_missing_where_a_part_is_and_keep_what_is_known() -> None:
    rows = rows_of(
        ("W1", "2024-03", "Fire", "3"), ("W1", "2024-04", "Fire", "4"), ("W2", "2024-03", "Fire", "<5"),
        ("W2", "2024-04", "Fire", "6"), ("W1", "2024-04", "Alarm", "9"),
    )  # fmt: skip
    counts = read_counts(rows, mapping(absent="zero"), areas=polygons()).counts
    made = totals(counts, categories="fire")
    assert made.index.tolist() == ["W1", "W2", "W3"]
    assert made["n"].tolist()[::2] == [7, 0]
    assert pd.isna(made["n"].iloc[1])
    assert made.loc["W2", ["n_at_most", "n_known", "counts_missing", "months"]].tolist() == [10, 6, 1, 2]
    assert isinstance(made, gpd.GeoDataFrame)
    one = totals(counts, months=("2024-04", "2024-09"))
    assert one["n"].tolist() == [13, 6, 0]
    assert provenance.months_observed(one) == ["2024-04"]
    assert provenance.of(one)["as_of"] == "2024-04-30"
    for wrong, match in (
        ({"categories": "Fyre"}, "did you mean 'Fire'"),
        ({"months": ("2024-04", "2024-03")}, "run backwards"),
        ({"months": "2024-04"}, "first and the last"),
        ({"months": ("2025-04", "2025-05")}, "no count is left"),
    ):
        with pytest.raises(InputError, match=match):
            totals(counts, **wrong)
    with pytest.raises(InputError, match="totals needs the counts"):
        totals(pd.DataFrame({"n": [1]}))


def test_the_sample_of_ward_counts_says_that_it_is_simulated_and_runs_to_gi_with_rates() -> None:
    wards, rows = ward_counts.wards(), ward_counts.counts()
    intake = read_counts(rows, ward_counts.MAPPING, areas=wards)
    assert intake.ledger["used"].tolist() == [len(rows)]
    numbers = rows.loc[rows["Incidents"].str.isdecimal(), "Incidents"].astype(int)
    assert intake.counts["n"].sum() == numbers.sum()
    assert (intake.counts["count_status"] == "suppressed").sum() == (rows["Incidents"] == "<5").sum() > 0
    assert intake.coverage.loc[intake.coverage["status"] == "missing", "month"].tolist() == ["2025-03"]
    assert provenance.is_simulated([intake.counts])
    kinds = [kind for kind in intake.counts["category"].cat.categories if kind != ward_counts.HELD_BACK]
    by_ward = totals(intake.counts, categories=kinds).assign(residents=8_000)
    graph = Graph.build_contiguity(by_ward, rook=False)
    result = hs.getis_ord(by_ward, graph, population="residents", inference="permutation")
    assert result["gi_z"].notna().all()
    assert result.index.equals(by_ward.index)
    held = totals(intake.counts)
    with pytest.raises(InputError, match="have no finite 'n'"):
        hs.getis_ord(held, graph)


def test_the_real_month_counts_of_sandwell_add_up(real_data: Path) -> None:
    source = real_data / "sandwell_lsoa21_month_counts_2023-07_2026-03.csv"
    areas = real_data / "sandwell_lsoa21_population.csv"
    if not source.is_file() or not areas.is_file():
        pytest.skip("no month counts among the real data")
    spec = {
        "source": {"name": "data.police.uk counts", "open": True},
        "columns": {"area": "LSOA21CD", "month": "Month", "category": "Crime type", "count": "crime_count"},
        "counts": {"absent": "zero", "areas_name": "LSOA21NM"},
    }
    intake = read_counts(source, spec, areas=areas)
    assert intake.ledger[["read", "used", "set_aside"]].values.tolist() == [[34_228, 34_228, 0]]
    assert intake.counts["n"].sum() == 100_517
    assert intake.coverage.loc[intake.coverage["status"] == "missing", "month"].tolist() == ["2024-09"]
    assert len(provenance.months_observed(intake.counts)) == 32
    behaviour = (
        intake.counts[intake.counts["category"] == "Anti-social behaviour"].groupby("month")["n"].sum()
    )
    assert behaviour[["2025-06", "2026-02"]].tolist() == [296, 59], "as the issue states them"
    assert totals(intake.counts)["n"].sum() == 100_517
