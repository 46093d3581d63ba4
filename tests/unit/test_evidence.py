"""Consultation, activity and statements: strict tables, each for itself, their text left as it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspot import provenance
from hotspot.decisions.evidence import CHOSE_TO_ANSWER, WHOLE_ORDER, activity, consultation, statements
from hotspot.decisions.order import Order
from hotspot.errors import InputError

HOSTILE = '<img src=x onerror=alert(1)>" \u202e=HYPERLINK("a")'


@pytest.fixture(scope="module")
def order() -> Order:
    square = gpd.GeoSeries([shapely.box(400_000, 291_000, 400_500, 291_500)], crs=27700)
    prohibitions = [
        {"name": "Street drinking", "behaviour": "street drinking"},
        {"name": "Begging", "behaviour": "begging"},
    ]
    return Order(
        "Centre", square, in_force=[("2024-03-01", None)], decision="extend", prohibitions=prohibitions
    )


def asked(**other: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "question": ["Do you agree?"] * 5,
            "prohibition": ["Street drinking"] * 3 + ["Begging"] * 2,
            "answer": ["Yes", "No", "Not sure", "Yes", "No"],
            "n": [84, 12, 4, 5, 4],
            **other,
        }
    )


def test_each_question_has_its_base_and_share_by_arithmetic(order: Order) -> None:
    made = consultation(asked(), order=order).set_index(["prohibition", "answer"])
    assert made.loc[("Street drinking", "Yes"), ["n", "base", "share_pct"]].tolist() == [84, 100, 84.0]
    assert made.loc[("Street drinking", "Not sure"), "share_pct"] == 4.0
    assert made.loc[("Street drinking", "Yes"), "says"] == f"84 of 100 (84 %): {CHOSE_TO_ANSWER}"
    assert made["says"].str.contains("people who chose to answer, not a sample").all()


def test_a_share_of_under_ten_answers_is_not_shown() -> None:
    made = consultation(asked()).set_index(["prohibition", "answer"])
    assert made.loc[("Begging", "Yes"), "base"] == 9
    assert made.loc["Begging", "share_pct"].isna().all()
    assert "%" not in made.loc[("Begging", "Yes"), "says"]
    ten = consultation(asked(n=[84, 12, 4, 6, 4])).set_index(["prohibition", "answer"])
    assert ten.loc[("Begging", "Yes"), "share_pct"] == 60.0


def test_types_of_respondents_and_given_bases_stand_for_themselves() -> None:
    rows = pd.DataFrame(
        {
            "Question": "What have you seen?",
            "Prohibition": "",
            "Respondent type": ["Resident", "Resident", "Trader"],
            "Answer": ["Cans", "Shouting", "Cans"],
            "N": [30, 40, 11],
            "Base": [50, 50, 20],
        }
    )
    made = consultation(rows)
    assert made["share_pct"].tolist() == [60.0, 80.0, 55.0], (
        "several answers each: shares are of people, not of answers"
    )
    assert made["prohibition"].unique().tolist() == [WHOLE_ORDER]
    with pytest.raises(InputError, match="more answers than the base"):
        consultation(rows.assign(Base=[50, 39, 20]))


def test_rows_in_any_order_and_files_give_the_same(tmp_path: Path) -> None:
    first = consultation(asked(start="2023-09-08", end="2023-11-16"))
    path = tmp_path / "answers.csv"
    asked(start="2023-09-08", end="2023-11-16").sample(frac=1, random_state=1).to_csv(path, index=False)
    pd.testing.assert_frame_equal(first, consultation(path))
    assert first["start"].tolist() == [pd.Timestamp("2023-09-08")] * 5
    assert consultation(first) is first, "a table that was checked is not checked again"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"n": [84, 12, 4, 5, -4]}, r"1 of 5 rows have no whole number of zero or more as n \(the first is row 5"),
        ({"n": [84, 12, 4, 5, 4.5]}, "no whole number"),
        ({"n": ["84", "12", "4", "5", "few"]}, "'few'"),
        ({"n": [84, 12, 4, 5, None]}, "have no n"),
        ({"answer": ["Yes", "Yes", "No", "Yes", "No"]}, "give an answer again"),
        ({"answer": ["Yes", "No", None, "Yes", "No"]}, "have no answer"),
        ({"question": ["Do you?", "", "Do you?", "Do you?", "Do you?"]}, "have no question"),
        ({"prohibition": ["Parking", "Begging", None, None, "Begging"]}, "name a prohibition that the order has not"),
        ({"comment": "Jo Bloggs said so"}, "columns are not used: 'comment'"),
        ({"start": "16/11/2023"}, "have a start that is no day"),
        ({"start": 45_000}, "have a start that is no day"),
        ({"start": "2023-11-16", "end": "2023-09-08"}, "end before they start"),
        ({"start": ["2023-09-08", "2023-09-09", "2023-09-08", "2023-09-08", "2023-09-08"]}, "another day"),
    ],
)  # fmt: skip
def test_a_consultation_at_fault_is_refused_with_its_row(
    order: Order, change: dict[str, Any], match: str
) -> None:
    with pytest.raises(InputError, match=match):
        consultation(asked(**change), order=order)


@pytest.mark.parametrize("call", [consultation, activity, statements])
def test_what_is_no_table_is_refused(call: Callable[[Any], Any], tmp_path: Path) -> None:
    for wrong, match in (
        (7, "is a DataFrame or a file"),
        (pd.DataFrame({"a": [1]}), "columns are not used: 'a'"),
    ):
        with pytest.raises(InputError, match=match):
            call(wrong)
    path = tmp_path / "broken.csv"
    path.write_text("question,prohibition,answer,n\nA,B,C,1\nA,B,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"rows of .* are damaged"):
        call(path)
    with pytest.raises(InputError, match="lacks answer: the answer"):
        consultation(asked().drop(columns="answer"))
    with pytest.raises(InputError, match="has no row"):
        consultation(asked().iloc[:0])


def test_text_is_left_as_it_is_and_a_message_is_safe_to_print() -> None:
    made = consultation(asked(question=HOSTILE))
    assert made["question"].unique().tolist() == [HOSTILE]
    listed = statements(pd.DataFrame({"exhibit": ["A1"], "title": [HOSTILE], "prohibition": [None]}))
    assert listed["title"].tolist() == [HOSTILE]
    with pytest.raises(InputError) as refused:
        consultation(asked(n=[HOSTILE] * 5))
    assert "\u202e" not in str(refused.value)


def done(**other: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": ["Fixed penalties", "Patrol hours", "Fixed penalties", "Enforcement starts"],
            "month": ["2025-03", "Mar-25", "2025-04", None],
            "amount": [4, 37.5, 0, None],
            "unit": ["", "hours", "", ""],
            "date": [None, None, None, "2025-03-10"],
            **other,
        }
    )


def test_activity_has_amounts_by_month_and_dated_events_and_is_headed_as_no_outcome() -> None:
    made = activity(done())
    assert made.heading == "activity, not outcome"
    assert made.amounts[["kind", "unit", "month", "amount"]].values.tolist() == [
        ["Fixed penalties", "", "2025-03", 4.0], ["Fixed penalties", "", "2025-04", 0.0],
        ["Patrol hours", "hours", "2025-03", 37.5],
    ]  # fmt: skip
    assert made.events[["date", "event"]].values.tolist() == [
        [pd.Timestamp("2025-03-10"), "enforcement starts"]
    ]
    assert activity(made) is made
    assert "Activity: activity, not outcome" in provenance.of(made.events)["notes"]
    unknown = activity(done(amount=[None, 37.5, 0, None]))
    assert unknown.amounts["amount"].isna().tolist() == [True, False, False], "unknown is not zero"
    shuffled = activity(done().sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(shuffled.amounts, made.amounts)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"month": ["2025-03", "soon", "2025-04", None]}, "have no month that can be read"),
        ({"month": ["2025-03", None, "2025-04", None]}, "have no month"),
        ({"amount": [4, -1, 0, None]}, "have no number of zero or more as amount"),
        ({"amount": [4, float("inf"), 0, None]}, "no number of zero or more"),
        ({"month": ["2025-03", "2025-03", "2025-03", None]}, "repeat a kind and month"),
        ({"date": [None, None, None, None]}, "without a date"),
        ({"date": ["2025-03-01", None, None, "2025-03-10"]}, "have a date and are no start or stop"),
        ({"amount": [4, 1, 0, 3]}, "enforcement with an amount"),
    ],
)
def test_activity_at_fault_is_refused(change: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        activity(done(**change))


def test_statements_are_listed_by_prohibition_in_the_natural_order_of_exhibits(order: Order) -> None:
    rows = pd.DataFrame(
        {
            "exhibit": ["A10", "A2", "B1", "A2"],
            "title": ["Trader", "Resident", "Warden", "Resident"],
            "prohibition": ["begging", "Begging", None, "street drinking"],
        }
    )
    expected = [["Begging", "A2"], ["Begging", "A10"], ["Street drinking", "A2"], [WHOLE_ORDER, "B1"]]
    for each in itertools.permutations(range(4)):
        made = statements(rows.iloc[list(each)], order=order)
        assert made[["prohibition", "exhibit"]].values.tolist() == expected
    with pytest.raises(InputError, match="with two titles"):
        statements(rows.assign(title=["Trader", "Resident", "Warden", "Other"]))
    with pytest.raises(InputError, match="list an exhibit again"):
        statements(rows.assign(prohibition=None))


def test_the_record_is_a_source_of_its_own_and_not_open_unless_said() -> None:
    frame = asked()
    made = consultation(frame, name="Consultation 2026", simulated=True)
    pd.testing.assert_frame_equal(frame, asked())
    assert provenance.marking([made]) == "OFFICIAL-SENSITIVE"
    assert provenance.is_simulated([made])
    assert provenance.of(made)["sources"][0]["name"] == "Consultation 2026"
    assert provenance.marking([consultation(asked(), open_data=True)]) == "Open data"
    assert len(provenance.of(made)["steps"][0]["sha256"]) == 64
