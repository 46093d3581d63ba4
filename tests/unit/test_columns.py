"""What each column is called, and what the dictionary says of it."""

from __future__ import annotations

import pytest

from hotspot.publish.action_sheet import _GIVEN
from hotspot.publish.columns import COLUMNS, column


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("n_shown", "Incidents (as shown)"),
        ("incidents_shown", "Incidents (as shown)"),
        ("n_street_drinking_shown", "Incidents: street drinking (as shown)"),
    ],
)
def test_a_column_as_shown_has_the_header_of_the_exact_one(name: str, header: str) -> None:
    found = column(name)
    assert found.header == header
    assert found.unit == "incidents"
    assert "the class that it is in" in found.meaning


def test_a_column_of_the_users_own_keeps_its_name() -> None:
    assert column("last_shown").header == "Last incident (as shown)"
    assert column("fair_shown").header == "fair_shown"


def test_no_header_stands_for_two_columns_and_each_is_explained() -> None:
    headers = [each.header for each in COLUMNS.values()]
    # The cell's incidents and the location's: no table has both.
    assert {header for header in headers if headers.count(header) > 1} == {"Incidents"}
    assert all(each.meaning for each in COLUMNS.values())


def test_the_action_sheet_calls_columns_as_tables_do() -> None:
    assert _GIVEN["months"].header == COLUMNS["months_active"].header
    for name in ("number", "location", "incidents", "harm", "harm_rank", "pattern", "leading_categories"):
        assert _GIVEN[name].header == COLUMNS[name].header


def test_words_that_were_asked_for() -> None:
    assert COLUMNS["burstiness"].header == "Lumpiness"
    assert "once (fewer than five incidents, all in one month)" in COLUMNS["pattern"].meaning
    assert "seen from" in COLUMNS["months_since_last"].meaning
