"""Periods of a comparison: the same calendar months, treated months refused, every left-out month with its reason."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import shapely

from hotspot.decisions.order import Order
from hotspot.decisions.periods import (
    NO_BEFORE,
    Periods,
    breaks_that_matter,
    joined,
    periods_for,
    untreated_before,
)
from hotspot.errors import InputError
from hotspot.intake.break_register import Break
from makers import area_of

ALL = pd.period_range("2021-01", "2026-12", freq="M")
LEVEL = Break(
    "New form", "change", "2025-04", None, ("volume",), ("*",), "More is recorded.", "the council", ()
)


def order(*spans: tuple[str, str | None], **changes: Any) -> Order:
    given: dict[str, Any] = {
        "decision": "extend" if spans else "make",
        "prohibitions": [{"name": "Drinking", "behaviour": "street drinking", **changes}],
    }
    return Order("A", area_of(shapely.box(0, 0, 1000, 1000)), in_force=spans, **given)


def months(index: pd.PeriodIndex) -> list[str]:
    return [str(month) for month in index]


def chosen(made: Order, observed: pd.PeriodIndex = ALL, **options: Any) -> Periods:
    return periods_for(made, "Drinking", observed, **options)


def test_the_default_periods_are_eight_calendar_months_twice() -> None:
    made = chosen(order(("2025-03-10", "2028-03-09")))
    assert months(made.before) == months(pd.period_range("2024-07", "2025-02", freq="M"))
    assert months(made.during) == months(pd.period_range("2025-07", "2026-02", freq="M"))
    assert made.left_out == ()
    assert len(made.months) == 16
    assert made.says == (
        "8 months before (2024-07 to 2025-02) and the same calendar months during (2025-07 to 2026-02)"
    )


@pytest.mark.parametrize("start", ["2025-07-01", "2025-07-19"])
def test_the_month_of_the_start_belongs_to_neither_period(start: str) -> None:
    made = chosen(order((start, None)))
    assert months(made.during)[0] == "2025-08"
    assert months(made.before)[0] == "2024-08"
    assert made.left_out == (
        ("2024-07", "goes with 2025-07, which is left out"),
        ("2025-07", f"the order started on {start}, so the month belongs to neither period"),
    )


def test_daily_dates_are_told_that_whole_months_are_compared() -> None:
    made = chosen(order(("2025-07-19", None)), monthly=False)
    assert dict(made.left_out)["2025-07"].endswith("the dates have days, and whole months are compared")


def test_a_start_at_the_last_month_of_before_and_an_end_in_its_first_cost_a_pair_each() -> None:
    made = chosen(order(("2021-01-01", "2024-07-03"), ("2025-02-20", "2028-02-19")))
    assert months(made.before) == months(pd.period_range("2024-08", "2025-01", freq="M"))
    reasons = dict(made.left_out)
    assert set(reasons) == {"2024-07", "2025-02", "2025-07", "2026-02"}
    assert reasons["2024-07"].startswith("the order ended on 2024-07-03")
    assert made.notes == (
        "An earlier order was in force 2021-01-01 to 2024-07-03, before the months compared: they lie in a gap "
        "between two orders, not before any.",
    )


@pytest.mark.parametrize(
    "spans",
    [
        [("2017-10-20", "2027-02-28")],
        [("2017-10-20", "2024-08-01"), ("2025-03-01", None)],
        [("2024-12-30", "2028-01-01")],
        [("2024-10-03", "2024-10-05"), ("2025-03-01", None)],
    ],
)
def test_a_before_with_an_order_in_it_is_refused(spans: list[tuple[str, str | None]]) -> None:
    with pytest.raises(InputError) as caught:
        chosen(order(*spans))
    message = str(caught.value)
    assert message.startswith(NO_BEFORE + ". The prohibition 'Drinking' was in force " + spans[0][0])
    assert "before is 2024-07 to 2025-02" in message


def test_a_prohibition_counts_by_its_own_dates() -> None:
    with_order = order(("2018-08-01", "2027-02-28"), first_date="2025-04-10")
    made = chosen(with_order)
    assert len(made.before) == 8
    assert made.notes == ("In the months before, the order was in force for other prohibitions.",)
    with pytest.raises(InputError, match=NO_BEFORE):
        periods_for(with_order, None, ALL)
    # Held under an earlier order that is not among the spans.
    with pytest.raises(InputError, match=NO_BEFORE):
        chosen(order(("2025-03-10", None), first_date="2020-01-01"))


def test_a_renewal_without_a_day_between_is_no_start() -> None:
    made = order(("2025-03-10", "2025-10-31"), ("2025-11-01", "2028-10-31"))
    assert len(chosen(made).during) == 8
    assert joined(made.in_force) == ((made.in_force[0][0], made.in_force[1][1]),)


def test_a_month_missing_in_either_period_is_left_out_of_both() -> None:
    observed = ALL.drop([pd.Period("2024-09", freq="M"), pd.Period("2026-01", freq="M")])
    made = chosen(order(("2025-03-10", None)), observed)
    assert [month.month for month in made.before] == [7, 8, 10, 11, 12, 2]
    assert [month.month for month in made.during] == [7, 8, 10, 11, 12, 2]
    assert dict(made.left_out) == {
        "2024-09": "no full count of this month is held: missing is not zero",
        "2025-09": "goes with 2024-09, which is left out",
        "2025-01": "goes with 2026-01, which is left out",
        "2026-01": "no full count of this month is held: missing is not zero",
    }


def test_an_order_that_ended_midway_keeps_the_months_in_force_only() -> None:
    made = chosen(order(("2025-03-10", "2025-11-15")))
    assert months(made.during) == ["2025-07", "2025-08", "2025-09", "2025-10"]
    assert dict(made.left_out)["2025-12"] == "the prohibition was not in force"
    assert dict(made.left_out)["2025-11"].startswith("the order ended on 2025-11-15")


def test_periods_of_unequal_length_are_paired_by_calendar_month() -> None:
    made = chosen(order(("2025-03-10", None)), before=("2023-01", "2024-12"), during=("2025-06", "2026-03"))
    # Ten months of during: June to March; each goes with its latest like in before.
    assert months(made.before) == months(pd.period_range("2024-01", "2024-03", freq="M")) + months(
        pd.period_range("2024-06", "2024-12", freq="M")
    )
    assert len(made.during) == 10
    assert len(made.left_out) == 24 - 10
    assert "no month of the same calendar month" in dict(made.left_out)["2023-06"]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"before": ("2025-02", "2024-07")}, "before: the first month 2025-02 is after the last"),
        ({"before": ("2024-07", "2025-07")}, "before must end first"),
        ({"before": ("2024-7", "2025-02")}, "is no month"),
        ({"during": "2025-07"}, "during='2025-07' needs a first and a last month"),
        ({"before": ("2024-07", "2024-08"), "during": ("2025-11", "2025-12")}, "no month is left to compare"),
        ({"before": ("2020-07", "2020-08")}, "2020-07: no full count of this month"),
    ],
)
def test_periods_that_cannot_be_compared_are_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        chosen(order(("2025-03-10", None)), **options)


def test_an_order_never_or_later_in_force_has_no_during() -> None:
    with pytest.raises(
        InputError, match=r"no month is left to compare for the prohibition 'Drinking' \(in force never"
    ):
        chosen(order())
    with pytest.raises(InputError, match="the prohibition was not in force"):
        chosen(order(("2026-05-01", None)))


def test_a_break_between_the_periods_is_refused_or_said() -> None:
    made = order(("2025-03-10", None))
    with pytest.raises(
        InputError, match=r"parted by 1 break of the source: New form \(2025-04\): More is rec"
    ):
        chosen(made, breaks=[LEVEL])
    told = chosen(made, breaks=[LEVEL], across_breaks=True)
    assert told.breaks == ("Goes across a break: New form (2025-04). More is recorded.",)
    assert len(told.before) == 8
    both = Break("Covid", "spell", "2024-01", "2027-01", ("volume",), ("*",), "Rules.", "law")
    assert chosen(made, breaks=[both]).breaks == ("Lies within a break: Covid (2024-01 to 2027-01). Rules.",)
    later = Break("Later", "change", "2026-03", None, ("volume",), ("*",), "Less.", "law")
    assert chosen(made, breaks=[later]).breaks == ()


def test_a_gap_of_the_source_is_left_out_in_pairs_and_parts_nothing() -> None:
    gap = Break("Lost file", "gap", "2025-08", "2025-09", ("volume",), ("*",), "Nothing.", "the council")
    made = chosen(order(("2025-03-10", None)), breaks=[gap])
    assert [month.month for month in made.during] == [7, 10, 11, 12, 1, 2]
    assert dict(made.left_out)["2025-08"] == "the source has a gap: Lost file (2025-08 to 2025-09)"
    assert dict(made.left_out)["2024-09"] == "goes with 2025-09, which is left out"
    assert made.breaks == ()


def test_breaks_that_matter_are_of_the_source_the_months_and_the_categories() -> None:
    register = [
        LEVEL,
        Break("Old", "change", "2020-01", None, ("volume",), ("*",), "x", "y"),
        Break("Codes", "change", "2025-04", None, ("lsoa codes",), ("*",), "x", "y"),
        Break("Other source", "change", "2025-04", None, ("volume",), ("fire*",), "x", "y"),
        Break("Theft", "change", "2025-04", None, ("categories",), ("*",), "x", "y", ("Theft",)),
    ]
    found = breaks_that_matter("cases", register=register)
    assert [item.name for item in found] == ["New form", "Theft"]
    assert [item.name for item in breaks_that_matter("cases", categories=["ASB"], register=register)] == [
        "New form"
    ]
    assert len(breaks_that_matter("cases", categories=["theft"], register=register)) == 2
    by_code = breaks_that_matter("cases", affects=["lsoa codes"], register=register)
    assert [item.name for item in by_code] == ["Codes"]


def test_untreated_months_before() -> None:
    made = order(("2021-03-10", "2021-05-05"), ("2021-08-01", None))
    assert months(untreated_before(made, None, ALL[::-1])) == ["2021-01", "2021-02", "2021-06", "2021-07"]
    assert len(untreated_before(order(("2017-10-20", "2027-02-28")), None, ALL)) == 0
    assert len(untreated_before(order(), None, ALL)) == len(ALL)


def test_the_order_of_observed_months_and_of_breaks_changes_nothing() -> None:
    made = order(("2025-03-10", None))
    other = Break("Also", "spell", "2025-01", "2025-03", ("volume",), ("*",), "x", "y")
    one = chosen(made, ALL, breaks=[LEVEL, other], across_breaks=True)
    two = chosen(made, ALL[::-1], breaks=[other, LEVEL], across_breaks=True)
    assert (months(one.months), one.left_out, one.breaks) == (months(two.months), two.left_out, two.breaks)
