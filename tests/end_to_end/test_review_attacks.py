"""Attacks on a public review by subtraction: each gives a small count of the closed source where nothing stops it."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from hotspot import provenance
from hotspot.decisions.review import Review, review_order
from hotspot.publish import charts
from hotspot.publish.release import PublicRelease
from hotspot.publish.release_register import read_register
from hotspot.publish.review_evidence import answers_released
from hotspot.publish.review_pack import write_review
from hotspot.publish.review_public import Public, public_of
from review_makers import BEFORE, DURING, LOG, MONTHS, frame_of, order_of, prohibition, review_of, square

CASES = "Council cases"
FIVE = dict.fromkeys(MONTHS, 5)


def rows(category: str, place: str, counts: dict[str, int]) -> list[tuple[str, str, str, int]]:
    return [(category, place, month, n) for month, n in counts.items() if n]


def log_of(inside: dict[str, int], name: str = LOG, more: list[tuple[str, str, str, int]] | None = None):
    made = rows("Alcohol", "order", inside) + rows("Alcohol", "market", FIVE) + (more or [])
    return frame_of(made, name, is_open=False, records=["street drinking", "drugs"])


def reviewed(frames: list, prohibitions: list[dict[str, object]]) -> Review:
    market = {"Market Place": square(1600, 500)}
    order = order_of(prohibitions=prohibitions)
    return review_order(frames, order, comparison=market, before=BEFORE, during=DURING)


def exact(public: Public, source: str) -> list[int]:
    says = public.tables["says"]
    texts = says.loc[says["source"] == source, "n_shown"].astype(str).str.replace(",", "")
    return [int(text) for text in texts if text.isdecimal()]


def differences(numbers: list[int]) -> set[int]:
    return {abs(one - other) for one in numbers for other in numbers} - {0}


def test_a_second_closed_source_tells_no_number() -> None:
    drugs = [("Drugs", "order", "2024-05", 2)]
    frames = [log_of(FIVE), log_of(FIVE, CASES, drugs)]

    def asked(name: str, *categories: str) -> dict[str, object]:
        first = {"source": LOG, "categories": ["Alcohol"]}
        evidence = [first, {"source": CASES, "categories": list(categories)}]
        return {"name": name, "behaviour": "street drinking", "evidence": evidence}

    review = reviewed(frames, [asked("One", "Alcohol"), asked("Two", "Alcohol", "Drugs")])
    full = review.tables["says"]
    # The attack on the restricted table: 182 - 180 = 2 reports of drugs.
    assert differences(full.loc[full["source"] == CASES, "n"].tolist()) == {2}
    public = public_of(review, PublicRelease())
    assert exact(public, CASES) == []
    assert exact(public, LOG) == [180, 180]
    assert "180" not in " ".join(public.tables["says"].loc[lambda t: t["source"] == CASES, "says"])


@pytest.mark.parametrize("register", [False, True])
def test_the_same_categories_over_other_months_show_the_counts_of_the_first_alone(
    tmp_path: Path, register: bool
) -> None:
    counts = {**FIVE, "2024-02": 3, "2024-03": 0, "2023-02": 2}
    later = {**prohibition("Glass bottles", LOG, "Alcohol"), "first_date": "2024-03-01"}
    review = reviewed([log_of(counts)], [prohibition("Street drinking", LOG, "Alcohol"), later])
    rule = PublicRelease(register=tmp_path / "r.csv") if register else PublicRelease()
    first, second = public_of(review, rule).told
    assert first.inside is not None
    assert second.inside is None
    assert exact(public_of(review, PublicRelease()), LOG) == [170]


def test_two_prohibitions_that_count_the_same_show_the_same() -> None:
    both = [prohibition("Street drinking", LOG, "Alcohol"), prohibition("Open bottles", LOG, "Alcohol")]
    first, second = public_of(reviewed([log_of(FIVE)], both), PublicRelease()).told
    assert first.inside == second.inside == ("55", "55")


def publisher(*, first_open: bool):
    wardens = log_of(FIVE, "council/wardens")
    parks = frame_of(
        [("Alcohol", "order", "2024-05", 2)], "council/parks", is_open=False, records=["street drinking"]
    )
    both = pd.concat([wardens, parks], ignore_index=True)
    record = copy.deepcopy(provenance.of(wardens))
    record["sources"] += copy.deepcopy(provenance.of(parks)["sources"])
    record["sources"][0]["open"] = first_open
    both.attrs = {}
    return provenance.put(both, record)


@pytest.mark.parametrize("first_open", [False, True])
def test_a_publisher_and_its_part_give_nothing_by_subtraction(first_open: bool) -> None:
    asked = [prohibition("One", "council", "Alcohol"), prohibition("Two", "council/wardens", "Alcohol")]
    public = public_of(reviewed([publisher(first_open=first_open)], asked), PublicRelease())
    numbers = [n for name in ("council", "council/wardens", "council/parks") for n in exact(public, name)]
    numbers += [int(text) for one in public.told for text in one.inside or () if text.isdecimal()]
    assert not differences(numbers) & {1, 2, 3, 4}
    assert exact(public, "council/parks") == []


def test_sets_of_sources_are_compared_and_open_ones_are_not_added_to_closed(monkeypatch) -> None:
    from hotspot.publish import review_counts

    asked = [prohibition("One", "council", "Alcohol"), prohibition("Two", "council/wardens", "Alcohol")]
    review = reviewed([publisher(first_open=False)], asked)
    # As a headline of all of a publisher's sources would be.
    object.__setattr__(review.headlines[0], "source", "council")
    rule, notes = PublicRelease(), list[str]()
    found = review_counts.counts_of(review, set(), 10, rule, notes)
    assert found["One"]
    assert found["Two"] == {}
    found = review_counts.counts_of(review, {"council/wardens"}, 10, rule, notes)
    assert found == {"One": {}}
    assert any("open and closed" in note for note in notes)


def test_every_exact_count_of_a_review_is_entered_into_the_register(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(charts, "DOTS_PER_INCH", 40)
    path = tmp_path / "releases.csv"
    review = review_of(areas=None, code=None)
    when = dt.datetime(2026, 3, 5, 9, 30)
    pack = write_review(tmp_path / "pack", review, release=PublicRelease(register=path), when=when)
    entered = set(read_register(path).query("low == high")["low"])
    says = pd.read_csv(pack / "tables/what-each-source-can-say.csv", encoding="utf-8-sig", dtype=str)
    estimates = pd.read_csv(pack / "tables/the-estimate-by-prohibition.csv", encoding="utf-8-sig", dtype=str)
    printed = set()
    for table in (says, estimates):
        closed = table[table["Recorded by"] == LOG]
        for name in [name for name in table.columns if "(as shown)" in name]:
            texts = closed[name].dropna().str.replace(",", "").str.replace(".0", "", regex=False)
            printed |= {int(text) for text in texts if text.isdecimal()}
    assert len(printed) >= 5
    assert printed <= entered


def answers(**types: tuple[int, int]) -> pd.DataFrame:
    made = [
        (name.replace("_", " "), answer, n, sum(counts))
        for name, counts in types.items()
        for answer, n in zip(("Yes", "No"), counts, strict=True)
    ]
    frame = pd.DataFrame(made, columns=["respondent_type", "answer", "n", "base"])
    return frame.assign(prohibition="Begging", question="Q", start=pd.NaT, end=pd.NaT)


@pytest.mark.parametrize("name", ["all", "Everyone", "All respondents", "Sum_of_both"])
def test_a_kind_of_respondent_that_is_all_of_them_is_left_out(name: str) -> None:
    given = answers(**{name: (52, 39), "resident": (50, 38), "trader": (2, 1)})
    made = answers_released(given, threshold=5)
    # The attack: 52 - 50 = 2 and 39 - 38 = 1.
    assert set(made["respondent_type"]) == {"resident", "trader"}
    assert not {"2", "1"} & set(made["n_shown"])


def test_a_kind_that_is_the_sum_of_some_others_or_nearly_of_all_is_left_out() -> None:
    some = answers(resident=(50, 38), shops=(20, 9), cafes=(2, 8), business=(22, 17))
    assert "business" not in set(answers_released(some, threshold=5)["respondent_type"])
    near = answers(resident=(50, 38), whoever=(52, 39))
    assert set(answers_released(near, threshold=5)["respondent_type"]) == {"resident"}
    # One kind called all, with no other, is what there is to show; two that are no sum both stay.
    assert len(answers_released(answers(all=(52, 39)), threshold=5)) == 2
    assert len(answers_released(answers(resident=(50, 38), trader=(20, 30)), threshold=5)) == 4


def test_an_answer_called_total_gives_nothing_back() -> None:
    given = pd.DataFrame(
        {"respondent_type": "resident", "answer": ["Yes", "No", "Total"], "n": [10, 3, 13], "base": 26}
    )
    given = given.assign(prohibition="Begging", question="Q", start=pd.NaT, end=pd.NaT)
    made = answers_released(given, threshold=5)
    assert made["answer"].tolist() == ["Yes", "No"]
    assert made["n_shown"].tolist() != ["10", "3"]
    assert "26" not in set(made["base_shown"])
