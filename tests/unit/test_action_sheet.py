"""The action sheet: what people entered is kept, by location id, whatever it says and wherever the location went."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.publish.action_sheet import ENTRY, write_action_sheet

openpyxl = pytest.importorskip("openpyxl")

HEADERS = [
    "Number", "Location", "Incidents", "Rank (95 % interval)", "Months with incidents", "Pattern", "Leading categories",
    "Last", "Owner", "Action", "Due", "Escalate", "Location id",
]  # fmt: skip


def ranking(*ids: str) -> pd.DataFrame:
    rows = range(1, len(ids) + 1)
    frame = pd.DataFrame(
        {
            "number": list(rows),
            "rank": list(rows),
            "rank_low": [max(1, row - 1) for row in rows],
            "rank_high": [row + 3 for row in rows],
            "location_id": list(ids),
            "location": [f"near {each} Street" for each in ids],
            "incidents": [100 - row for row in rows],
            "months_active": [9 for _ in rows],
            "months_observed": [12 for _ in rows],
            "pattern": ["steady" for _ in rows],
            "leading_categories": ["Litter 3; Noise 2" for _ in rows],
            "last": pd.PeriodIndex(["2024-02" for _ in rows], freq="M"),
        }
    )
    source = provenance.Source(
        name="made up", open=True, simulated=False, attribution="", months=["2024-01", "2024-02"]
    )
    chosen = "Incidents chosen: category Litter (9 of 10 incidents)."
    return provenance.put(frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=[chosen]))


def rows(path: Path, sheet: str = "Locations") -> list[dict[str, Any]]:
    lines = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def by_id(path: Path, sheet: str = "Locations") -> dict[Any, dict[str, Any]]:
    return {row["Location id"]: row for row in rows(path, sheet)}


def enter(path: Path, entries: dict[str, dict[str, object]], sheet: str = "Locations") -> None:
    """Type into the workbook, as a person does in Excel."""
    book = openpyxl.load_workbook(path)
    page = book[sheet]
    headers = [cell.value for cell in page[1]]
    for line in page.iter_rows(min_row=2):
        for name, value in entries.get(line[headers.index("Location id")].value, {}).items():
            cell = line[headers.index(name)]
            cell.value = value
            if isinstance(value, str):
                # A person enters such text behind an apostrophe; openpyxl would make a formula of it.
                cell.data_type = "s"
    book.save(path)


def test_a_new_sheet_has_few_columns_and_blank_ones(tmp_path: Path) -> None:
    path = write_action_sheet(ranking("a", "b"), tmp_path / "march.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Locations", "Notes"]
    first = rows(path)[0]
    assert list(first) == HEADERS
    assert first == {
        "Number": 1,
        "Location": "near a Street",
        "Incidents": 99,
        "Rank (95 % interval)": "1 (1 to 4)",
        "Months with incidents": "9 of 12",
        "Pattern": "steady",
        "Leading categories": "Litter 3; Noise 2",
        "Last": dt.datetime(2024, 2, 1),
        **dict.fromkeys(ENTRY),
        "Location id": "a",
    }
    page = book["Locations"]
    assert page["H2"].number_format == "yyyy-mm"
    assert page[2][HEADERS.index("Due")].number_format == "yyyy-mm-dd"
    # What is typed into a text cell stays text.
    assert page[2][HEADERS.index("Action")].number_format == "@"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.print_title_rows == "$1:$1"
    assert page.oddHeader.left.text.startswith(
        "Repeat locations by reported incidents, 2024-01 to 2024-02. Incidents chosen: category Litter"
    )


def test_few_columns_are_enough(tmp_path: Path) -> None:
    few = ranking("a", "b")[["number", "location_id", "incidents"]]
    path = write_action_sheet(few, tmp_path / "march.xlsx")
    assert list(rows(path)[0]) == ["Number", "Location", "Incidents", *ENTRY, "Location id"]
    assert [row["Location"] for row in rows(path)] == ["location a", "location b"]


def test_a_location_without_a_name_is_called_by_its_id(tmp_path: Path) -> None:
    frame = ranking("100012345678", "b").assign(location=[None, "Park"])
    path = write_action_sheet(frame, tmp_path / "march.xlsx")
    assert [row["Location"] for row in rows(path)] == ["location 100012345678", "Park"]


def heading_and_order(path: Path) -> tuple[str, str]:
    said = next(row["Text"] for row in rows(path, "Notes") if row["Item"] == "Order")
    return openpyxl.load_workbook(path)["Locations"].oddHeader.left.text, said


def test_a_list_in_the_order_of_harm_keeps_it_and_says_so(tmp_path: Path) -> None:
    frame = ranking("a", "b", "c").assign(
        harm=[5.0, 90.0, None], harm_rank=pd.array([2, 1, None], dtype="Int64")
    )
    by_count = write_action_sheet(frame, tmp_path / "count.xlsx")
    assert heading_and_order(by_count)[0].startswith("Repeat locations by reported incidents, ")
    assert heading_and_order(by_count)[1] == "Most reported incidents first"
    assert [(row["Harm"], row["Rank by harm"]) for row in rows(by_count)] == [(5, 2), (90, 1), (None, None)]
    harmed = frame.sort_values("harm_rank").assign(number=[1, 2, 3])
    by_harm = write_action_sheet(harmed, tmp_path / "harm.xlsx")
    assert [row["Location id"] for row in rows(by_harm)] == ["b", "a", "c"]
    assert heading_and_order(by_harm)[0].startswith("Repeat locations by harm, ")
    assert heading_and_order(by_harm)[1].startswith("Most harm first")


def of_source(frame: pd.DataFrame, name: str, *, simulated: bool = False) -> pd.DataFrame:
    source = provenance.Source(name=name, open=False, simulated=simulated, attribution="", months=["2024-01"])
    return provenance.put(frame, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        (("Council", False), ("Housing", False), "was written from Council, and this list is of Housing"),
        (("Council", True), ("Council", False), "from simulated data, and this list is of real data"),
        (("Council", False), ("Council", True), "from real data, and this list is of simulated data"),
    ],
)
def test_entries_of_other_data_are_refused(
    tmp_path: Path, then: tuple[str, bool], now: tuple[str, bool], words: str
) -> None:
    march = write_action_sheet(of_source(ranking("a"), then[0], simulated=then[1]), tmp_path / "march.xlsx")
    target = tmp_path / "april.xlsx"
    with pytest.raises(InputError, match=words):
        write_action_sheet(of_source(ranking("a"), now[0], simulated=now[1]), target, previous=march)
    assert not target.exists()
    # The same data, and a workbook whose notes somebody deleted, are taken.
    write_action_sheet(of_source(ranking("a"), then[0], simulated=then[1]), target, previous=march)
    book = openpyxl.load_workbook(march)
    del book["Notes"]
    book.save(march)
    write_action_sheet(of_source(ranking("a"), now[0], simulated=now[1]), target, previous=march)


def test_a_header_of_an_earlier_version_is_no_column_of_theirs(tmp_path: Path) -> None:
    march = write_action_sheet(ranking("a"), tmp_path / "march.xlsx")
    book = openpyxl.load_workbook(march)
    page = book["Locations"]
    page.cell(1, HEADERS.index("Months with incidents") + 1).value = "Months active"
    book.save(march)
    enter(march, {"a": {"Action": "lighting"}})
    april = write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=march)
    assert list(rows(april)[0]) == HEADERS
    assert by_id(april)["a"]["Action"] == "lighting"


def test_entries_follow_their_location_id(tmp_path: Path) -> None:
    march = write_action_sheet(ranking("a", "b", "c"), tmp_path / "march.xlsx")
    entered = {
        "a": {
            "Owner": "Ms Smith",
            "Action": "visit\nand report",
            "Due": dt.date(2024, 5, 1),
            "Escalate": "yes",
        },
        "b": {"Action": "lighting"},
    }
    enter(march, entered)
    april = write_action_sheet(ranking("c", "b", "a"), tmp_path / "april.xlsx", previous=march)
    kept = by_id(april)
    assert [row["Location id"] for row in rows(april)] == ["c", "b", "a"]
    assert [kept["a"][name] for name in ENTRY] == [
        "Ms Smith",
        "visit\nand report",
        dt.datetime(2024, 5, 1),
        "yes",
    ]
    assert [kept["b"][name] for name in ENTRY] == [None, "lighting", None, None]
    assert [kept["c"][name] for name in ENTRY] == [None] * 4
    assert rows(april, "No longer listed") == []
    said = next(row["Text"] for row in rows(april, "Notes") if row["Item"] == "Carried forward")
    assert said == (
        "march.xlsx: 2 rows in which something was entered; 2 are of locations listed now, 0 are on the sheet "
        "No longer listed"
    )


def test_a_location_that_left_the_list_keeps_its_action(tmp_path: Path) -> None:
    march = write_action_sheet(ranking("a", "b"), tmp_path / "march.xlsx")
    enter(march, {"b": {"Action": "lighting"}})
    april = write_action_sheet(ranking("a", "x"), tmp_path / "april.xlsx", previous=march)
    gone = rows(april, "No longer listed")
    assert len(gone) == 1
    assert (gone[0]["Location id"], gone[0]["Location"], gone[0]["Action"]) == (
        "b",
        "near b Street",
        "lighting",
    )
    assert (gone[0]["Number then"], gone[0]["Incidents then"]) == (2, 98)
    # Still away a month later, and back in the list the month after.
    may = write_action_sheet(ranking("a"), tmp_path / "may.xlsx", previous=april)
    assert rows(may, "No longer listed") == gone
    june = write_action_sheet(ranking("b", "a"), tmp_path / "june.xlsx", previous=may)
    assert by_id(june)["b"]["Action"] == "lighting"
    assert rows(june, "No longer listed") == []


def test_nothing_entered_nothing_kept(tmp_path: Path) -> None:
    march = write_action_sheet(ranking("a", "b"), tmp_path / "march.xlsx")
    april = write_action_sheet(ranking("x"), tmp_path / "april.xlsx", previous=march)
    assert rows(april, "No longer listed") == []


@pytest.mark.parametrize("text", ["=1+1", "+44 121", "-5", "@SUM(A1)", "http://example.org/", "<b>", "007"])
def test_entered_text_never_runs(tmp_path: Path, text: str) -> None:
    march = write_action_sheet(ranking("a", "b"), tmp_path / "march.xlsx")
    enter(march, {"a": {"Action": text}, "b": {"Owner": text}})
    april = write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=march)
    book = openpyxl.load_workbook(april)
    for sheet, header in (("Locations", "Action"), ("No longer listed", "Owner")):
        headers = [cell.value for cell in book[sheet][1]]
        cell = book[sheet][2][headers.index(header)]
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_formula_that_was_typed_becomes_its_last_value(tmp_path: Path) -> None:
    march = write_action_sheet(ranking("a"), tmp_path / "march.xlsx")
    book = openpyxl.load_workbook(march)
    # openpyxl saves no value for a formula, so nothing was entered that could be kept.
    book["Locations"]["I2"] = "=1+1"
    book["Locations"]["J2"] = 12.0
    book.save(march)
    april = write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=march)
    assert by_id(april)["a"]["Action"] == 12
    page = openpyxl.load_workbook(april)["Locations"]
    assert not any(cell.data_type == "f" for line in page.iter_rows() for cell in line)


def test_sorted_rows_moved_columns_and_columns_of_their_own(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Renamed by somebody"
    page.append(["Borough Tasking, March"])
    page.append(["escalate", "Comment", " OWNER ", "Action", "Location id", None, "Due"])
    page.append([None, "see minutes", "B", None, "b", None, None])
    page.append(["yes", None, None, "first", "a", "stray", None])
    page.append([None, None, None, "second", "a", None, None])
    page.append([None, None, "nobody", "a row of their own", None, None, None])
    book.save(tmp_path / "march.xlsx")
    april = write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=tmp_path / "march.xlsx")
    listed = by_id(april)["a"]
    assert list(listed) == [*HEADERS[:-1], "Comment", "Column 6", "Location id"]
    # Two rows of one location stand together in its one row.
    assert (listed["Action"], listed["Escalate"], listed["Column 6"]) == ("first; second", "yes", "stray")
    gone = rows(april, "No longer listed")
    assert [(row["Location id"], row["Owner"], row["Comment"], row["Action"]) for row in gone] == [
        ("b", "B", "see minutes", None),
        (None, "nobody", None, "a row of their own"),
    ]
    said = next(row["Text"] for row in rows(april, "Notes") if row["Item"] == "Carried forward")
    assert "4 rows" in said
    assert "2 are of locations listed now, 2 are on the sheet No longer listed, 1 of them without" in said


def test_columns_that_differ_by_case_only_are_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, header, value in (("One", "Comment", "x"), ("Two", "comment", "y")):
        page = book.create_sheet(title)
        page.append(["Location id", *ENTRY, header])
        page.append([title.lower(), None, None, None, None, value])
    book.save(tmp_path / "march.xlsx")
    april = write_action_sheet(
        ranking("one", "two"), tmp_path / "april.xlsx", previous=tmp_path / "march.xlsx"
    )
    assert {key: row["Comment"] for key, row in by_id(april).items()} == {"one": "x", "two": "y"}


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    march = write_action_sheet(ranking("a", "b"), tmp_path / "march.xlsx")
    enter(march, {"b": {"Action": "lighting"}})
    (tmp_path / "again").mkdir()
    one = write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=march)
    two = write_action_sheet(ranking("a"), tmp_path / "again" / "april.xlsx", previous=march)
    assert one.read_bytes() == two.read_bytes()


def test_it_may_replace_the_workbook_that_it_read(tmp_path: Path) -> None:
    path = write_action_sheet(ranking("a"), tmp_path / "actions.xlsx")
    enter(path, {"a": {"Action": "lighting"}})
    write_action_sheet(ranking("b", "a"), path, previous=path)
    assert by_id(path)["a"]["Action"] == "lighting"


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (ranking("a").drop(columns="location_id"), "no column 'location_id'"),
        (ranking("a", "a"), "1 stand more than once"),
        (ranking("a", "b").assign(location_id=["a", None]), "1 of 2 are blank"),
    ],
)
def test_a_list_without_ids_is_refused(tmp_path: Path, frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(InputError, match=said):
        write_action_sheet(frame, tmp_path / "march.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_previous_that_is_no_such_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=tmp_path / "march.xlsx")
    (tmp_path / "march.xlsx").write_text("no workbook")
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=tmp_path / "march.xlsx")
    book = openpyxl.Workbook()
    book.active.append(["Location id", "Owner"])
    book.save(tmp_path / "march.xlsx")
    with pytest.raises(
        InputError, match=r"no sheet of march\.xlsx has the columns Location id, Owner, Action, Due"
    ):
        write_action_sheet(ranking("a"), tmp_path / "april.xlsx", previous=tmp_path / "march.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["march.xlsx"]
