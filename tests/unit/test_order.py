"""Orders: what they refuse, when they were in force, and the hash of their boundary."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from hotspot import provenance
from hotspot.decisions.order import Evidence, Order, Prohibition
from hotspot.errors import InputError
from makers import area_of

SQUARE = shapely.box(400_000, 291_000, 400_500, 291_500)
BOW_TIE = shapely.Polygon([(400_000, 291_000), (400_100, 291_100), (400_100, 291_000), (400_000, 291_100)])
DRINK = {"name": "Drinking", "behaviour": "street drinking"}
TWO_SPANS = [("2018-08-01", "2021-07-31"), ("2021-11-01", "2024-10-31")]


def order(geometry: Any = None, **changes: Any) -> Order:
    given: dict[str, Any] = {"in_force": TWO_SPANS, "decision": "extend", "prohibitions": [DRINK], **changes}
    return Order("Town centre", area_of(SQUARE) if geometry is None else geometry, **given)


def test_what_is_given_as_text_and_dicts_is_kept_as_dates_and_nouns() -> None:
    evidence = {"source": "Cases", "categories": "Drinking", "where": {"team": "Wardens"}, "wider": True}
    made = order(
        prohibitions=[{**DRINK, "evidence": [evidence], "first_date": "2019-01-02", "hours": [22, 6]}],
        order_id="P1", version="2", hours=(9, 24),
    )  # fmt: skip
    assert made.in_force == (
        (date(2018, 8, 1), date(2021, 7, 31)),
        (date(2021, 11, 1), date(2024, 10, 31)),
    )
    only = made.prohibition("drinking")
    assert only.evidence == (Evidence("Cases", ("Drinking",), True, {"team": ("Wardens",)}),)
    assert (only.first_date, only.hours, made.hours) == (date(2019, 1, 2), (22, 6), (9, 24))
    assert made.label == f"Town centre (P1, version 2; boundary {made.hash[:12]})"
    assert len(made.hash) == 64
    assert order().label == f"Town centre (boundary {made.short_hash})"


def test_several_polygons_become_one_row_in_metres_and_the_input_stays() -> None:
    halves = area_of(
        shapely.box(400_000, 291_000, 400_250, 291_500), shapely.box(400_250, 291_000, 400_500, 291_500)
    )
    before = halves.copy(deep=True)
    made = order(halves)
    assert len(made.geometry) == 1
    assert made.geometry.crs.to_epsg() == 27700
    assert made.geometry.area.item() == pytest.approx(500.0 * 500.0)
    pd.testing.assert_frame_equal(halves, before)
    assert halves.attrs == {}


def test_the_record_of_the_boundary_carries_the_hash() -> None:
    made = order(order_id="P1")
    step = provenance.of(made.geometry)["steps"][-1]
    assert (step["step"], step["outline_sha256"], step["order_id"]) == ("order", made.hash, "P1")
    assert step["in_force"][0] == ["2018-08-01", "2021-07-31"]


def test_an_order_can_be_replaced_with_another_version() -> None:
    first = order(in_force=[("2024-03-01", None, "order of 2024")])
    second = dataclasses.replace(first, version="3")
    assert (second.version, second.labels, second.hash) == ("3", ("order of 2024",), first.hash)


@pytest.mark.parametrize(
    ("geometry", "match"),
    [
        (SQUARE, "is a bare Polygon, which does not say its coordinate reference system"),
        (gpd.GeoSeries([SQUARE]), "does not say its coordinate reference system"),
        (area_of(BOW_TIE), r"1 of 1 polygons are invalid \(Self-intersection.*not repaired by guess"),
        (area_of(), "holds no feature"),
        (area_of(shapely.Polygon()), "are no polygons"),
        (area_of(shapely.Point(1, 1)), "are no polygons"),
        ("nowhere.gpkg", "does not exist"),
    ],
)
def test_a_boundary_that_cannot_be_used_is_refused(geometry: Any, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        order(geometry)
    assert str(caught.value).startswith("the boundary of 'Town centre'")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"in_force": [("2018-08-01", "2021-07-31"), ("2021-07-31", "2024-01-01")]}, "overlap"),
        ({"in_force": [("2018-08-01", None), ("2021-07-31", "2024-01-01")]}, "overlap"),
        ({"in_force": [("2021-08-01", "2021-07-31")]}, "2021-08-01 to 2021-07-31 runs backwards"),
        ({"in_force": [("2021-02-30", "2021-07-31")]}, "start='2021-02-30' is no date"),
        ({"in_force": ["2021-02-20"]}, "needs a first and a last day"),
        ({"in_force": "2021-02-20"}, "must be a list of spans"),
        ({"in_force": [{"start": "2021-02-20", "stop": "2022-01-01"}]}, "unknown key 'stop'"),
        ({"in_force": []}, "was never in force"),
        ({"decision": "exten"}, "do you mean 'extend'"),
        ({"decision": "vary"}, "needs boundary_before"),
        ({"boundary_before": area_of(SQUARE)}, "boundary_before= is for a variation"),
        ({"prohibitions": []}, "at least one prohibition"),
        ({"prohibitions": [DRINK, {**DRINK, "name": "DRINKING"}]}, "two prohibitions are called 'Drinking'"),
        ({"prohibitions": [{"name": "Drinking"}]}, "prohibition 1 lacks behaviour"),
        ({"prohibitions": [{**DRINK, "behavior": "x"}]}, "unknown key 'behavior'; do you mean 'behaviour'"),
        ({"prohibitions": [{**DRINK, "first_date": "2021-09-01"}]}, "on which no span of the order was in force"),
        ({"prohibitions": [{**DRINK, "hours": [9, 9]}]}, r"hours=\[9, 9\] of 'Drinking'"),
        ({"prohibitions": [{**DRINK, "evidence": [{"source": "Cases"}]}]}, "names no category and no rule"),
        ({"hours": (0, 24)}, "hours="),
        ({"hours": (9.5, 12)}, "hours="),
    ],
)  # fmt: skip
def test_an_order_that_contradicts_itself_is_refused(changes: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        order(**changes)


def test_a_variation_has_both_boundaries() -> None:
    wider = area_of(shapely.box(400_000, 291_000, 400_600, 291_500))
    made = order(wider, decision="vary", boundary_before=area_of(SQUARE))
    assert made.hash_before == order().hash
    assert made.hash != made.hash_before
    assert order().hash_before is None


def test_a_proposal_need_not_have_been_in_force() -> None:
    made = order(decision="make", in_force=[])
    assert made.gaps() == ()
    assert made.in_force_on("2024-05") == "not in force"


def test_gaps_are_kept_and_spans_may_come_in_any_order() -> None:
    made = order(in_force=[*reversed(TWO_SPANS), ("2024-11-01", "2027-10-31")])
    # The second gap has no day: 31 October is followed by 1 November.
    assert made.gaps() == ((date(2021, 8, 1), date(2021, 10, 31)),)
    assert made.notes == ("No order was in force from 2021-08-01 to 2021-10-31.",)


def test_in_force_by_month() -> None:
    made = order(in_force=[("2018-08-10", "2021-07-31"), ("2021-08-20", None)])
    told = {
        month: made.in_force_on(month) for month in ("2018-07", "2018-08", "2018-09", "2021-07", "2021-08")
    }
    assert list(told.values()) == ["not in force", "part", "in force", "in force", "part"]
    assert made.in_force_on(pd.Period("2030-01", freq="M")) == "in force"
    with pytest.raises(InputError, match="is no month"):
        made.in_force_on("2021-8")
    with pytest.raises(InputError, match="is no month"):
        made.in_force_on("2021-08-20")


def test_a_month_that_two_spans_cover_together_is_in_force() -> None:
    made = order(in_force=[("2021-01-01", "2021-06-15"), ("2021-06-16", "2022-06-15")])
    assert made.in_force_on("2021-06") == "in force"


def test_a_prohibition_has_its_own_first_date() -> None:
    late = Prohibition("Late", "x", first_date=date(2022, 1, 10))
    early = Prohibition("Early", "y", first_date=date(2017, 1, 1))
    made = order(prohibitions=[late, early])
    assert made.spans_of(late) == ((date(2022, 1, 10), date(2024, 10, 31)),)
    assert made.spans_of(early)[0] == (date(2017, 1, 1), date(2018, 7, 31))
    assert made.in_force_on("2021-12", late) == "not in force"
    assert made.in_force_on("2022-01", late) == "part"
    assert made.in_force_on("2017-05", early) == "in force"
    assert made.in_force_on("2017-05") == "not in force"
    assert any("Early: taken as in force from 2017-01-01" in note for note in made.notes)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (("2024-03-01", "2027-02-28"), ""),
        (("2024-03-01", "2027-03-01"), "is longer than three years"),
        (("2024-02-29", "2027-02-27"), ""),
        (("2024-03-01", None), "an order ends after three years at the latest"),
    ],
)
def test_a_span_over_three_years_is_a_note_and_no_error(span: tuple[str, str | None], words: str) -> None:
    notes = order(in_force=[span]).notes
    assert len(notes) == bool(words)
    assert not words or words in notes[0]


def test_a_boroughwide_order_smaller_than_any_borough_is_noted() -> None:
    spans = [("2024-03-01", "2027-02-28")]
    assert order(in_force=spans, boroughwide=True).notes == (
        "The order is called boroughwide, and its boundary holds 0.25 km2: less than any borough.",
    )
    large = area_of(shapely.box(400_000, 291_000, 405_000, 296_000))
    assert order(large, in_force=spans, boroughwide=True).notes == ()


def test_a_file_with_a_layer_to_choose_says_so(tmp_path: Path) -> None:
    file = tmp_path / "o.gpkg"
    area_of(SQUARE).to_file(file, layer="a")
    assert order(file).hash == order().hash
    area_of(SQUARE).to_file(file, layer="b")
    with pytest.raises(InputError, match="has 2 layers: a, b"):
        order(file)
