"""The checklist: the points of each decision, quotations marked, and no word that says that a condition is fulfilled."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspot import provenance
from hotspot.decisions.checklist import ATTRIBUTION, NOT_IN_PACK, PARTS, added_km2, checklist
from hotspot.decisions.checklist_points import POINTS
from hotspot.decisions.order import DECISIONS, Order
from hotspot.errors import InputError

BANNED = (
    "persistent", "continuing", "unreasonable", "detrimental", "justified", "justifies", "necessary", "offender", "dangerous"
)  # fmt: skip
QUOTE = re.compile(r"“[^”]*”")
SAYS_FULFILLED = re.compile(
    r"\b(satisfies|fulfilled|fulfils|proven|proves|test is met|tests are met|is made out|evidenced)\b"
)


def order_for(decision: str, *, old: shapely.Geometry | None = None) -> Order:
    new = shapely.box(400_000, 291_000, 401_000, 292_000)
    before = old or (shapely.box(400_000, 291_000, 400_600, 292_000) if decision == "vary" else None)
    return Order(
        "Centre",
        gpd.GeoSeries([new], crs=27700),
        in_force=[("2024-03-01", "2027-02-28")],
        decision=decision,
        prohibitions=[{"name": "Drinking", "behaviour": "street drinking"}],
        boundary_before=None if before is None else gpd.GeoSeries([before], crs=27700),
    )


def test_every_decision_has_its_points() -> None:
    assert set(POINTS) == set(DECISIONS)


@pytest.mark.parametrize(
    ("decision", "there", "absent"),
    [
        ("make", ("s.59", "s.66", "s.72", "guidance"), ("s.60", "s.61")),
        ("remake", ("s.59", "s.66", "s.72", "guidance"), ("s.60", "s.61")),
        ("extend", ("s.60", "s.72", "guidance"), ("s.59", "s.61", "s.66")),
        ("vary", ("s.61", "s.59", "s.66", "s.72", "guidance"), ("s.60",)),
        ("discharge", ("s.61", "s.72", "guidance"), ("s.59", "s.60", "s.66")),
        ("lapse", ("s.60(1)", "kept"), ("s.59", "s.61", "s.72", "guidance")),
    ],
)
def test_a_decision_falls_under_its_sections(
    decision: str, there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    sections = checklist(order_for(decision), {})["section"]
    assert sections.map(lambda text: any(text.startswith(name) for name in (*there, "Equality", "SI "))).all()
    assert all(sections.str.startswith(name).any() for name in there)
    assert not any(sections.str.startswith(name).any() for name in absent)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("every", [False, True])
def test_words_of_the_act_stand_in_quoted_rows_inside_quotation_marks_only(
    decision: str, every: bool
) -> None:
    table = checklist(order_for(decision), dict.fromkeys(PARTS, every))
    for row in table.itertuples():
        plain = QUOTE.sub("", row.point) if row.quoted else row.point
        text = " ".join([row.section, plain, row.where_in_pack, row.cannot]).casefold()
        assert not [word for word in BANNED if word in text], row.point
        assert ("“" in row.point) == row.quoted
        assert row.point.count("“") == row.point.count("”")
        assert not SAYS_FULFILLED.search(text)
    notes = " ".join(provenance.of(table)["notes"]).casefold()
    assert not [word for word in BANNED if word in notes]


def test_the_words_of_section_59_are_those_of_the_act() -> None:
    quoted = " ".join(QUOTE.findall(" ".join(checklist(order_for("make"), {})["point"])))
    for words in (
        "activities carried on in a public place within the authority's area have had a detrimental effect on the quality "
        "of life of those in the locality",
        "is, or is likely to be, of a persistent or continuing nature",
        "is, or is likely to be, such as to make the activities unreasonable",
        "justifies the restrictions imposed by the notice",
        "to prevent the detrimental effect referred to in subsection (2) from continuing, occurring or recurring",
    ):
        assert words in quoted


def test_each_point_says_where_the_pack_speaks_to_it_or_that_it_does_not() -> None:
    order = order_for("extend")
    none = checklist(order, {})
    spoken = [point for point in POINTS["extend"] if point.parts]
    assert none["where_in_pack"].str.startswith(NOT_IN_PACK).sum() == len(spoken)
    some = checklist(order, {"recurrence": "section 3", "sources": True, "statements": False})
    row = some[some["section"] == "s.60(2)(a)"].iloc[0]
    assert row["where_in_pack"].startswith(f"section 3; {PARTS['sources']} ({NOT_IN_PACK}: ")
    assert PARTS["statements"] in row["where_in_pack"]
    full = checklist(order, dict.fromkeys(PARTS, True))
    assert not full["where_in_pack"].str.contains(NOT_IN_PACK).any()
    assert (full["cannot"] != "").all()
    assert full.columns.tolist() == ["section", "point", "quoted", "where_in_pack", "cannot"]


def test_every_part_is_asked_for_by_some_point() -> None:
    used = {part for points in POINTS.values() for point in points for part in point.parts}
    assert used == set(PARTS)


def test_added_land_of_a_variation_is_measured() -> None:
    order = order_for("vary")
    assert added_km2(order) == pytest.approx(0.4, abs=1e-9), "400 m x 1,000 m"
    points = checklist(order, {})
    added = points[points["section"].str.startswith("s.59") | (points["section"] == "s.61(2)")]
    assert added["point"].str.contains("0.4000 km2", regex=False).all()
    smaller = order_for("vary", old=shapely.box(399_000, 290_000, 402_000, 293_000))
    assert added_km2(smaller) == 0.0


def test_an_unknown_part_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'recurence'.*the nearest is 'recurrence'"):
        checklist(order_for("extend"), {"recurence": True})


def test_the_credit_for_the_quotations_and_the_order_are_in_the_record() -> None:
    order = order_for("extend")
    table = checklist(order, {"order": True})
    record = provenance.of(table)
    assert ATTRIBUTION in record["notes"]
    assert "Open Government Licence" in ATTRIBUTION
    assert [step["step"] for step in record["steps"]][-2:] == ["order", "checklist"]
    assert record["steps"][-2]["outline_sha256"] == order.hash
    pd.testing.assert_frame_equal(table, checklist(order, {"order": True}))
