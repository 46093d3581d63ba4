"""Mapping files: what is right reads, and what is wrong is named with its place and the nearest right key."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.errors import InputError
from hotspot.intake.mapping import read_mapping

GOOD: dict[str, Any] = {
    "source": {"name": "Cases", "location_precision": "address"},
    "columns": {"category": "Type", "start": "Opened"},
    "coordinates": {"easting": "X", "northing": "Y"},
}
TOML = """
[source]
name = "Council cases"
location_precision = "address"
records = ["street drinking", "noise"]
period = "2024-11 to 2025-02"
[file]
sheet = ""
header_row = 4
delimiter = "\\t"
[columns]
id = "Case  Ref "
category = "Case Type"
date = "Opened"
time = "At"
keep = ["Ward"]
[dates]
order = "day-first"
[coordinates]
lookup = { file = "uprn.csv", key = "UPRN", match = "uprn", easting = "X", northing = "Y" }
[categories]
others = "set aside"
names = { "Noise nuisance" = "Noise" }
[[leave_out]]
column = "Status"
equals = "Duplicate"
reason = "duplicate case"
[[leave_out]]
column = "Deleted"
empty = true
reason = "no deletion mark"
[check]
as_of = 2026-02-28
"""


def changed(**sections: Any) -> dict[str, Any]:
    mapping = copy.deepcopy(GOOD)
    for name, values in sections.items():
        if isinstance(values, dict):
            mapping[name] = {**mapping.get(name, {}), **values}
        else:
            mapping[name] = values
    return mapping


def test_a_toml_file_gives_every_part(tmp_path: Path) -> None:
    path = tmp_path / "cases.toml"
    path.write_text(TOML, encoding="utf-8")
    mapping = read_mapping(path)
    assert mapping.name == "cases.toml"
    assert mapping.base == tmp_path
    assert mapping.source.months == ("2024-11", "2024-12", "2025-01", "2025-02")
    assert mapping.source.records == ("street drinking", "noise")
    assert mapping.file.sheet is None
    assert mapping.file.delimiter == "\t"
    assert mapping.columns.id == "Case Ref"
    assert mapping.coordinates is not None
    assert mapping.coordinates.lookup is not None
    assert mapping.coordinates.lookup.match == "uprn"
    assert mapping.leave_out[0].equals == ("Duplicate",)
    assert mapping.leave_out[1].empty
    assert str(mapping.check.as_of) == "2026-02-28 00:00:00"
    assert mapping.named_columns() == [
        "Case Ref", "Case Type", "Opened", "At", "Ward", "UPRN", "Status", "Deleted",
    ]  # fmt: skip


def test_a_mapping_reads_to_itself_and_the_input_stays_as_it_was() -> None:
    given_ = changed(leave_out=[{"column": "S", "equals": ["a"], "reason": "left"}])
    before = copy.deepcopy(given_)
    mapping = read_mapping(given_)
    assert given_ == before
    assert read_mapping(mapping) is mapping


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (
            changed(source={"locaton_precision": "exact"}),
            ["[source]", "'locaton_precision'", "'location_precision'"],
        ),
        (changed(colums={"id": "x"}), ["[colums]", "'columns'"]),
        (changed(columns={"catagory": "Type"}), ["[columns]", "'catagory'", "'category'"]),
        (changed(coordinates={"eastings": "X"}), ["[coordinates]", "'eastings'", "'easting'"]),
        (changed(source={"open": "yes"}), ["[source] open", "true or false", "str"]),
        (changed(source={"location_precision": "roughly"}), ["[source] location_precision", "map_point"]),
        (changed(source={"name": ""}), ["[source] lacks name"]),
        (changed(source={"name": 7}), ["[source] name", "int"]),
        (changed(file={"header_row": 0}), ["[file] header_row", "whole number"]),
        (changed(file={"header_row": True}), ["[file] header_row", "whole number"]),
        (changed(file={"encoding": "klingon"}), ["[file] encoding", "cp1252"]),
        (changed(columns={"category_value": "Fire"}), ["[columns]", "category and category_value"]),
        (changed(columns={"category": ""}), ["[columns] needs one of category, category_value"]),
        (changed(columns={"date": "D"}), ["[columns]", "start and date"]),
        (changed(columns={"end_time": "T"}), ["[columns]", "end_time needs end_date"]),
        (changed(columns={"keep": ["source_row"]}), ["keep", "'source_row'"]),
        (changed(columns={"keep": ["Ward", "Ward"]}), ["keep", "'Ward'", "twice"]),
        (changed(coordinates={"lon": "L", "lat": "B"}), ["[coordinates]", "exactly one"]),
        (changed(coordinates={"northing": ""}), ["[coordinates] lacks northing"]),
        (changed(coordinates={"easting": "", "northing": ""}), ["[coordinates]", "given none"]),
        (
            changed(coordinates={"easting": "", "northing": "", "lookup": {"file": "a.csv", "key": "K"}}),
            ["[coordinates] lookup lacks match", "easting and northing, or lon and lat"],
        ),
        (changed(source={"time_zone": "Europe/Lundon"}), ["[source] time_zone", "'Europe/London'"]),
        (changed(source={"period": "2024-05 to 2024-02"}), ["[source] period"]),
        (changed(source={"months": ["2024-13"]}), ["[source] months", "'2024-13'"]),
        (changed(source={"months": ["2024-01"], "period": "2024-01 to 2024-02"}), ["months and period"]),
        (changed(dates={"order": "dayfirst"}), ["[dates] order", "'day-first'"]),
        (changed(check={"far_km": -1}), ["[check] far_km"]),
        (changed(check={"as_of": "28/02/2026"}), ["[check] as_of", '"2026-02-28"']),
        (changed(categories={"names": {"a": 1}}), ["[categories] names"]),
        (changed(leave_out=[{"column": "S", "reason": "x"}]), ["[[leave_out]] number 1", "none of them"]),
        (
            changed(leave_out=[{"column": "S", "equals": "a", "empty": True, "reason": "x"}]),
            ["equals and empty"],
        ),
        (changed(leave_out=[{"column": "S", "equals": "a", "reason": "read"}]), ["column of the ledger"]),
        (changed(leave_out={"column": "S"}), ["[[leave_out]]"]),
        (changed(fix={"swap_cordinates": True}), ["[fix]", "'swap_coordinates'"]),
        (changed(source="Cases"), ["[source] must be a section"]),
        ({}, ["[source] is missing", "[columns] is missing"]),
    ],
)
def test_a_fault_is_named_with_its_place(mapping: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        read_mapping(mapping)
    for word in words:
        assert word in str(caught.value)


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(InputError, match="3 faults") as caught:
        read_mapping(changed(source={"nam": "x"}, fix={"swap": True}, check={"far_km": "far"}))
    assert str(caught.value).count(";") >= 2


@pytest.mark.parametrize("content", [b"[source\n", b"a = 1\na = 2\n", b"\xff\xfe\x00", b"name = unquoted"])
def test_a_file_that_is_no_toml_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.toml"):
        read_mapping(path)


@pytest.mark.parametrize("path", ["nowhere.toml", "a\0b", "", "x" * 5000])
def test_a_mapping_that_is_no_file(path: str) -> None:
    with pytest.raises(InputError):
        read_mapping(path)


def test_other_types_are_refused() -> None:
    with pytest.raises(InputError, match="int"):
        read_mapping(7)  # type: ignore[arg-type]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    ["source", "columns", "coordinates", "leave_out", "check", "dates", "categories", "file"]
)
INNER = st.sampled_from(
    ["name", "location_precision", "months", "period", "time_zone", "category", "start", "keep", "lookup", "as_of",
     "column", "equals", "order", "names", "encoding", "delimiter", "header_row"]
)  # fmt: skip


def outcome_of(mapping: dict[str, Any]) -> str | InputError:
    try:
        return read_mapping(mapping).source.name
    except InputError as problem:
        return problem


@given(st.dictionaries(KEYS, st.dictionaries(INNER, VALUES, max_size=4) | VALUES, max_size=5))
def test_nothing_but_input_error_comes_out(extra: dict[str, Any]) -> None:
    given_one = {**GOOD, **extra}
    before = repr(given_one)
    outcome = outcome_of(given_one)
    # Read under the name that was given, or refused with a reason; and what was given stays as it was.
    if isinstance(outcome, InputError):
        assert len(str(outcome).split()) > 3
    else:
        assert outcome == given_one["source"]["name"].strip()
    assert repr(given_one) == before
