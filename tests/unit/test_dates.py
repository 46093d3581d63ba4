"""Dates of partner files: every spelling by hand, orders, clock changes, placeholders, and any text at all."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot.errors import InputError
from hotspot.intake.dates import NO_DATE, UNREADABLE, DateColumns, Dates, read_dates

DAY_FIRST = DateColumns(start="When", order="day-first")


def read(values: list[object], columns: DateColumns = DAY_FIRST, **more: object) -> Dates:
    return read_dates(pd.DataFrame({"When": pd.Series(values, dtype=object)}), columns, **more)  # type: ignore[arg-type]


def said(dates: Dates, words: str) -> list[int]:
    """Return the rows of the only finding that holds these words."""
    found = [finding for finding in dates.findings if words in finding.finding]
    assert len(found) == 1, [finding.finding for finding in dates.findings]
    return found[0].rows.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "14/07/2025 21:35",
        "14/7/2025 21:35:00",
        "14-07-2025 21.35",
        "14.07.2025 21:35",
        "14 07 2025 21:35",
        "14/07/2025 2135",
        "14/07/2025 2135hrs",
        "14/07/2025 at 21:35",
        "14/07/2025, 9:35 PM",
        "14/07/2025 9.35pm",
        "14072025 2135",
        "2025-07-14 21:35",
        "2025-07-14T21:35:00.000",
        "2025/07/14 21:35",
        "20250714 2135",
        "20250714T213500",
        "202507142135",
        "20250714213500",
        "14 Jul 2025 21:35",
        "14-JUL-2025 21:35",
        "14th July 2025 21:35",
        "Mon 14 July 2025 21:35",
        "Monday, 14 Jul 2025 21:35",
        "July 14, 2025 21:35",
        "2025-07-14T20:35:00Z",
        "2025-07-14 20:35:00+00:00",
        "2025-07-14T22:35+0200",
        "14/07/2025 21:35 BST",
        " 14/07/2025  21:35 ",
    ],
)
def test_spellings_of_one_moment(text: str) -> None:
    dates = read([text])
    assert dates.problem[0] == ""
    assert dates.start[0] == dates.end[0] == pd.Timestamp(2025, 7, 14, 21, 35)
    assert dates.precision[0] == "instant"
    assert dates.start.dtype == dates.end.dtype == np.dtype("datetime64[us]")


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("14/07/2025", "2025-07-14", "2025-07-14", "day"),
        ("45852", "2025-07-14", "2025-07-14", "day"),  # 45658 is 1 January 2025; 194 days later
        ("45852.5", "2025-07-14 12:00", "2025-07-14 12:00", "instant"),
        ("2025-07", "2025-07-01", "2025-07-31", "month"),
        ("Feb 2024", "2024-02-01", "2024-02-29", "month"),
        ("07/2025", "2025-07-01", "2025-07-31", "month"),
        ("14/07/2025 24:00", "2025-07-15", "2025-07-15", "instant"),
        ("14/07/2025 25:00", "2025-07-14", "2025-07-14", "day"),
        ("14/07/2025 12:15 am", "2025-07-14 00:15", "2025-07-14 00:15", "instant"),
    ],
)
def test_what_is_known_decides_the_precision(text: str, start: str, end: str, precision: str) -> None:
    dates = read([text])
    assert (dates.start[0], dates.end[0]) == (pd.Timestamp(start), pd.Timestamp(end))
    assert dates.precision[0] == precision


@pytest.mark.parametrize(
    "text", ["", "  ", None, "NULL", "n/a", "01/01/1900", "1970-01-01", "9999-12-31", pd.NaT]
)
def test_no_date(text: object) -> None:
    dates = read([text, "14/07/2025"])
    assert dates.problem.tolist() == [NO_DATE, ""]
    assert pd.isna(dates.start[0])
    assert pd.isna(dates.end[0])


@pytest.mark.parametrize(
    "text",
    [
        "31/02/2025",
        "29/02/2025",
        "32/01/2025",
        "00/01/2025",
        "13/13/2025",
        "2025-13-01",
        "03/04/2205",
        "yesterday",
        "1",
        "-1",
    ],
)
def test_no_such_date_is_found_and_shown(text: str) -> None:
    dates = read(["14/07/2025", text])
    assert dates.problem.tolist() == ["", UNREADABLE]
    assert (dates.field[1], dates.value[1]) == ("When", text)
    assert [finding.rows.tolist() for finding in dates.findings] == [[1]]
    assert dates.findings[0].example == text


def test_a_leap_day_is_a_date() -> None:
    assert read(["29/02/2024"]).start[0] == pd.Timestamp(2024, 2, 29)


def test_month_first_when_the_mapping_says_so() -> None:
    dates = read(["03/04/2025 10:00", "07/14/2025 10:00"], DateColumns(start="When", order="month-first"))
    assert dates.start.tolist() == [pd.Timestamp(2025, 3, 4, 10), pd.Timestamp(2025, 7, 14, 10)]
    assert dates.findings == []


def test_a_month_first_column_read_day_first_is_never_silent() -> None:
    days = pd.date_range("2025-01-01", periods=60)
    dates = read([f"{day:%m/%d/%Y %H:%M}" for day in days + pd.Timedelta("10h")])
    only_month_first = np.flatnonzero(days.day > 12).tolist()
    assert (dates.problem[only_month_first] == UNREADABLE).all()
    assert said(dates, "this date can only be month-first") == only_month_first
    both = np.flatnonzero((days.day <= 12) & (days.day != days.month)).tolist()
    assert said(dates, "probably exchanged; check dates.order before") == both


def test_a_column_of_both_orders_is_found() -> None:
    dates = read(["14/07/2025", "07/14/2025", "03/04/2025", "05/05/2025"])
    assert dates.problem.tolist() == ["", UNREADABLE, "", ""]
    assert said(dates, "others of the column only day-first") == [1]
    assert said(dates, "holds both orders") == [2]


def test_days_that_never_pass_twelve_are_found() -> None:
    rows = [f"{day:02d}/{month:02d}/2025" for month in range(1, 13) for day in range(1, 13)]
    assert said(read(rows), "every day is 12 or less") == list(range(144))
    # The first twelve days of a month, and a few dates, are no sign.
    assert read([f"{day:02d}/05/2025" for day in range(1, 13)]).findings == []
    assert read(["01/02/2025", "05/06/2025", "07/08/2025"]).findings == []


def test_the_trace_of_a_spreadsheet_that_exchanged_days_and_months() -> None:
    real: list[object] = [dt.datetime(2025, day, month) for day in range(1, 13) for month in (3, 5, 9)]
    text: list[object] = [f"{day}/{month:02d}/2025" for day in (13, 20, 28) for month in (3, 5, 9)]
    dates = read([*real, *text])
    assert said(dates, "a spreadsheet has probably exchanged") == list(range(36))


def test_firsts_of_months_look_like_months() -> None:
    firsts = [f"01/{month:02d}/2025" for month in range(1, 13)]
    assert said(read(firsts), "set dates.month_only = true") == list(range(12))
    dates = read(firsts, DateColumns(start="When", order="day-first", month_only=True))
    assert set(dates.precision) == {"month"}
    assert dates.end[1] == pd.Timestamp(2025, 2, 28)


def test_an_order_that_is_needed_and_not_given_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"3 dates of 'When'.*'03/04/2025'.*dates\.order"):
        read(["03/04/2025", "2025-07-14", "04/05/2025", "06/05/2025"], DateColumns(start="When"))
    dates = read(["03/04/2025", "2025-07-14", "2025-07-15"], DateColumns(start="When"))
    assert dates.problem.tolist() == [UNREADABLE, "", ""]
    assert said(dates, "dates.order is not set") == [0]
    iso = read(["03/04/2025", "2025-07-14"], DateColumns(start="When", order="iso"))
    assert said(iso, "dates.order is iso") == [0]


def test_two_digit_years_are_read_only_when_asked() -> None:
    texts: list[object] = ["14/07/25", "14 Jul 98", "14/07/2025"]
    dates = read(texts)
    assert dates.problem.tolist() == [UNREADABLE, UNREADABLE, ""]
    assert said(dates, "the year has two digits; not read") == [0, 1]
    asked = read(texts, DateColumns(start="When", order="day-first", two_digit_years=True))
    assert asked.start.dt.year.tolist() == [2025, 1998, 2025]
    assert [(f.rows.tolist(), f.fixed) for f in asked.findings] == [([0, 1], True)]
    formatted = read(["14/07/25"], DateColumns(start="When", format="%d/%m/%y"))
    assert (formatted.start[0], formatted.findings) == (pd.Timestamp(2025, 7, 14), [])


def test_a_format_is_kept_to() -> None:
    columns = DateColumns(start="When", format="%d/%m/%Y %H:%M")
    dates = read(["03/04/2025 09:30", "2025-04-03 09:30", "", dt.datetime(2025, 4, 3, 9, 30)], columns)
    assert dates.problem.tolist() == ["", UNREADABLE, NO_DATE, ""]
    assert dates.start[0] == dates.start[3] == pd.Timestamp(2025, 4, 3, 9, 30)
    assert said(dates, "does not fit dates.format") == [1]
    assert read(["04.2025"], DateColumns(start="When", format="%m.%Y")).precision[0] == "month"
    assert read(["2025-07-14 20:35 +0000"], DateColumns(start="When", format="%Y-%m-%d %H:%M %z")).start[
        0
    ] == pd.Timestamp(2025, 7, 14, 21, 35)
    with pytest.raises(InputError, match=r"dates\.format = '%Q'"):
        read(["x"], DateColumns(start="When", format="%Q"))


def test_real_dates_need_no_order() -> None:
    moments = pd.Series(pd.to_datetime(["2025-03-04 10:20", "2025-04-03 00:00", None]))
    dates = read_dates(pd.DataFrame({"When": moments}), DateColumns(start="When"))
    assert dates.start[:2].tolist() == moments[:2].tolist()
    assert dates.precision.tolist() == ["instant", "instant", ""]
    assert dates.problem[2] == NO_DATE
    # Where no cell has a time of day, the cells are days.
    days = read_dates(pd.DataFrame({"When": moments.dt.normalize()}), DateColumns(start="When"))
    assert days.precision.tolist() == ["day", "day", ""]
    aware = read_dates(pd.DataFrame({"When": moments.dt.tz_localize("UTC")}), DateColumns(start="When"))
    assert aware.start[1] == pd.Timestamp("2025-04-03 01:00")


def test_date_and_time_in_columns_of_their_own() -> None:
    times = [
        "21:35",
        "2135",
        "9.35 pm",
        935.0,
        5.0,
        0.5,
        dt.time(21, 35),
        "",
        None,
        "late",
        "30/12/1899 21:35:00",
    ]
    table = pd.DataFrame({"D": ["14/07/2025"] * len(times), "T": pd.Series(times, dtype=object)})
    dates = read_dates(table, DateColumns(date="D", time="T", order="day-first"))
    clock = [
        "21:35",
        "21:35",
        "21:35",
        "09:35",
        "00:05",
        "12:00",
        "21:35",
        "00:00",
        "00:00",
        "00:00",
        "21:35",
    ]
    assert dates.start.dt.strftime("%H:%M").tolist() == clock
    assert dates.precision.tolist() == ["instant"] * 7 + ["day"] * 3 + ["instant"]
    assert said(dates, "the time cannot be read") == [9]
    assert set(dates.field) == {"D, T"}


def test_the_date_column_may_hold_an_empty_time() -> None:
    table = pd.DataFrame({"D": ["14/07/2025 00:00:00", "14/07/2025 10:00"], "T": ["21:35", ""]})
    dates = read_dates(table, DateColumns(date="D", time="T", order="day-first"))
    assert dates.start.dt.strftime("%H:%M").tolist() == ["21:35", "10:00"]


def ends(rows: list[tuple[str, str]], **more: bool) -> Dates:
    table = pd.DataFrame(rows, columns=["From", "To"])
    return read_dates(table, DateColumns(start="From", end="To", order="day-first", **more))  # type: ignore[arg-type]


def test_start_and_end_make_an_interval() -> None:
    dates = ends(
        [
            ("14/07/2025 20:00", "15/07/2025 08:00"),
            ("14/07/2025 20:00", ""),
            ("14/07/2025 20:00", "15/07/2025"),
            ("14/07/2025", "15/07/2025"),
            ("14/07/2025 20:00", "14/07/2025"),
            ("14/07/2025 20:00", "soon"),
            ("", "15/07/2025 08:00"),
        ]
    )
    assert dates.precision.tolist() == ["interval", "instant", "day", "day", "day", "instant", ""]
    assert dates.end[0] == pd.Timestamp("2025-07-15 08:00")
    assert dates.end[1] == dates.start[1]
    assert (dates.start[2], dates.end[2]) == (pd.Timestamp(2025, 7, 14), pd.Timestamp(2025, 7, 15))
    assert (dates.start[4], dates.end[4]) == (pd.Timestamp(2025, 7, 14), pd.Timestamp(2025, 7, 14))
    assert said(dates, "the end cannot be read") == [5]
    assert dates.problem[6] == NO_DATE


def test_an_end_before_its_start_is_left_out_or_exchanged_when_asked() -> None:
    rows = [("15/07/2025 08:00", "14/07/2025 20:00"), ("14/07/2025 20:00", "15/07/2025 08:00")]
    dates = ends(rows)
    assert said(dates, "the end is before the start") == [0]
    assert dates.start[0] == dates.end[0] == pd.Timestamp("2025-07-15 08:00")
    assert dates.precision.tolist() == ["instant", "interval"]
    fixed = ends(rows, swap_end=True)
    assert fixed.start.nunique() == fixed.end.nunique() == 1
    assert fixed.precision.tolist() == ["interval", "interval"]
    assert [finding.fixed for finding in fixed.findings] == [True]


def test_midnights_beyond_chance_are_times_not_recorded() -> None:
    rng = np.random.default_rng(3)
    minutes = np.append(rng.integers(0, 1440, 480), np.zeros(20, dtype=np.int64))
    texts: list[object] = [
        f"{1 + i % 28:02d}/07/2025 {m // 60:02d}:{m % 60:02d}" for i, m in enumerate(minutes)
    ]
    dates = read(texts)
    midnight = np.flatnonzero(minutes == 0).tolist()
    assert said(dates, "00:00 holds more rows than chance allows") == midnight
    assert np.flatnonzero(dates.precision == "day").tolist() == midnight
    assert read(texts[:480]).findings == []


def test_clock_changes_are_kept_as_written_and_found() -> None:
    # Clocks go forward at 01:00 on 30 March 2025 and back at 02:00 on 26 October 2025.
    texts: list[object] = [
        "30/03/2025 00:59", "30/03/2025 01:00", "30/03/2025 01:59", "30/03/2025 02:00",
        "26/10/2025 00:59", "26/10/2025 01:00", "26/10/2025 01:59", "26/10/2025 02:00",
    ]  # fmt: skip
    dates = read(texts)
    assert dates.start.dt.strftime("%d/%m/%Y %H:%M").tolist() == texts
    assert said(dates, "does not exist") == [1, 2]
    assert said(dates, "came twice") == [5, 6]
    assert set(dates.problem) == {""}


def test_times_of_another_clock_become_local_times() -> None:
    texts: list[object] = ["14/07/2025 20:35", "14/01/2025 20:35", "14/07/2025", "31/12/2025 23:59"]
    dates = read(texts, DateColumns(start="When", order="day-first", time_zone="UTC"))
    assert dates.start.tolist() == [
        pd.Timestamp("2025-07-14 21:35"), pd.Timestamp("2025-01-14 20:35"),
        pd.Timestamp("2025-07-14"), pd.Timestamp("2025-12-31 23:59"),
    ]  # fmt: skip
    assert said(dates, "by the clock of UTC") == [0]
    with pytest.raises(InputError, match="did you mean 'Europe/London'"):
        read(texts, DateColumns(start="When", order="day-first", time_zone="Europe/Londn"))


def test_the_future_is_what_lies_after_as_of() -> None:
    texts: list[object] = ["28/02/2026 23:59", "01/03/2026 00:05", "01/03/2099"]
    assert said(read(texts, as_of=pd.Timestamp("2026-02-28")), "after as_of") == [1, 2]
    assert not [f for f in read(texts).findings if "as_of" in f.finding]


def test_a_mistyped_year_is_found_without_any_clock() -> None:
    texts: list[object] = [f"{day:02d}/{month:02d}/2025" for month in (5, 6) for day in range(1, 29)]
    dates = read([*texts, "14/07/2052", "14/07/1925"])
    assert said(dates, "more than a year after the rest") == [56]
    assert said(dates, "more than a year before the rest") == [57]
    assert set(dates.problem) == {""}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (DateColumns(), "no column of dates is named"),
        (DateColumns(start="Wen"), "did you mean 'When'"),
        (DateColumns(start="When", order="dmy"), "is none of"),
    ],
)
def test_unusable_columns_say_what_is_wrong(columns: DateColumns, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(["14/07/2025"], columns)


ANY_CELL = st.one_of(
    st.none(),
    st.text(max_size=14),
    st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}( [0-9]{1,2}[:.]?[0-9]{2})?", fullmatch=True),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.floats(),
    st.integers(),
    st.sampled_from(
        ["\ud800", "29 feb 2024", "0.5", "31/12/9999 23:59", "24:00", "1/1/1", "٣/٤/2025", "12am"]
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.tuples(ANY_CELL, ANY_CELL, ANY_CELL), max_size=10),
    columns=st.sampled_from(
        [
            DateColumns(start="A", order="day-first"),
            DateColumns(start="A", end="B", order="month-first", swap_end=True, two_digit_years=True),
            DateColumns(date="A", time="B", end_date="C", end_time="B", order="day-first", time_zone="UTC"),
            DateColumns(start="A", end="B", month_only=True, order="iso"),
            DateColumns(start="A", end="C", format="%d/%m/%Y %H:%M"),
            DateColumns(start="A", order="day-first", time_zone="Pacific/Kiritimati"),
        ]
    ),
)
def test_any_cells_give_a_date_or_a_reason(rows: list[tuple[object, ...]], columns: DateColumns) -> None:
    table = pd.DataFrame(
        {name: pd.Series([row[i] for row in rows], dtype=object) for i, name in enumerate("ABC")}
    )
    before = table.copy()
    dates = read_dates(table, columns, as_of=pd.Timestamp("2026-02-28"))
    pd.testing.assert_frame_equal(table, before)
    dated = dates.problem == ""
    assert np.array_equal(dated, dates.start.notna().to_numpy())
    assert np.array_equal(dated, dates.end.notna().to_numpy())
    assert (dates.start[dated] <= dates.end[dated]).all()
    assert set(dates.precision[dated]) <= {"instant", "interval", "day", "month"}
    assert set(dates.problem) <= {"", NO_DATE, UNREADABLE}
    for finding in dates.findings:
        assert len(finding.example) <= 40
        assert (np.diff(finding.rows) > 0).all()
        assert finding.rows.max() < len(rows)


@given(order=st.permutations(range(40)))
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    texts: list[object] = [f"{1 + i % 30:02d}/{1 + i % 12:02d}/2025 {i % 3:02d}:00" for i in range(40)]
    straight, shuffled = read(texts), read([texts[i] for i in order])
    assert shuffled.problem.tolist() == straight.problem[order].tolist()
    assert shuffled.precision.tolist() == straight.precision[order].tolist()
    assert {f.finding: len(f.rows) for f in shuffled.findings} == {
        f.finding: len(f.rows) for f in straight.findings
    }
