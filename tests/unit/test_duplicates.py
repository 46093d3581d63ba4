"""Repeated ids and possible double counts: reported, never dropped, whatever the order of rows."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hotspot as hs
from hotspot import provenance
from hotspot.errors import HotspotWarning
from hotspot.intake.duplicates import possible_double_counts, repeated_ids
from hotspot.intake.sources import combine_sources, sources_side_by_side
from makers import points_of, quiet

X, Y = 400_000, 290_000


def rows(*given_rows: tuple, **columns: object) -> gpd.GeoDataFrame:
    """Make incidents of (source, metres east, start, time_precision)."""
    source, east, start, precision = zip(*given_rows, strict=True)
    return points_of(
        [(X + e, Y) for e in east],
        source=list(source),
        start=pd.to_datetime([pd.Timestamp(text) for text in start]),
        time_precision=list(precision),
        **columns,
    )


def test_repeated_ids_are_listed_with_what_differs_and_blank_ids_never_are() -> None:
    incidents = rows(
        ("A", 0, "2014-01-01", "month"), ("A", 0, "2014-03-01", "month"), ("A", 500, "2014-01-01", "month"),
        ("B", 0, "2014-01-01", "month"), ("A", 0, "2014-01-01", "month"), ("A", 0, "2014-01-01", "month"),
        ("A", 9, "2014-01-01", "month"), ("A", 9, "2014-01-01", "month"),
        incident_id=["one", "one", "one", "one", None, None, "two", "two"],
        category=["Drugs", "Burglary", "Drugs", "Drugs", "ASB", "ASB", "Drugs", "Drugs"],
        source_file=["f.csv"] * 8, source_row=range(2, 10),
    )  # fmt: skip
    table = repeated_ids(incidents)
    assert table["incident_id"].tolist() == ["one", "two"]
    first = table.iloc[0]
    assert (first["rows"], first["months"], first["places"], first["categories"]) == (3, 2, 2, 2)
    assert (first["first_month"], first["last_month"]) == ("2014-01", "2014-03")
    assert first["differ_in"] == "months, places, categories"
    assert first["first_rows"] == "f.csv row 2; f.csv row 3; f.csv row 4"
    assert table.iloc[1]["differ_in"] == "nothing compared here"
    step = provenance.of(table)["steps"][-1]
    assert (step["rows"], step["rows_with_id"], step["rows_without_id"]) == (5, 6, 2)
    assert repeated_ids(incidents.iloc[::-1])["first_rows"].tolist() == table["first_rows"].tolist()


def test_no_id_at_all_is_an_empty_report_and_no_column_an_error() -> None:
    incidents = rows(*[("A", 0, "2014-01-01", "month")] * 609, incident_id=[None] * 609)
    assert repeated_ids(incidents).empty
    with pytest.raises(hs.InputError, match="no column 'incident_id'"):
        repeated_ids(incidents.drop(columns="incident_id"))


def test_real_barking_ids_against_a_plain_count(real_data: Path) -> None:
    incidents = hs.read_police_uk(real_data / "police_uk/barking_and_dagenham").incidents
    counts = incidents["incident_id"].dropna().value_counts()
    table = repeated_ids(incidents)
    assert len(table) == int((counts > 1).sum()) == 1_553
    assert table["rows"].sum() == counts[counts > 1].sum() == 3_480


def test_pairs_are_near_in_space_and_time_and_of_two_sources() -> None:
    incidents = rows(
        ("Police", 0, "2026-01-05 22:00", "instant"),
        ("Council", 60, "2026-01-05 23:30", "instant"),
        ("Council", 60, "2026-01-07 23:30", "instant"),
        ("Council", 101, "2026-01-05 22:00", "instant"),
        ("Police", 0, "2026-01-05 22:00", "instant"),
        incident_id=["p1", "c1", "c2", "c3", "p2"],
        category=["ASB", "Noise", "Noise", "Noise", "ASB"],
    )
    pairs = possible_double_counts(incidents, metres=100, hours=24)
    assert pairs[["incident_id_a", "incident_id_b"]].to_numpy().tolist() == [["c1", "p1"], ["c1", "p2"]]
    assert pairs["source_a"].tolist() == ["Council"] * 2
    assert pairs["distance_m"].tolist() == [60.0, 60.0]
    assert pairs["hours_apart"].tolist() == [1.5, 1.5]
    assert pairs["time_match"].tolist() == ["within the hours"] * 2
    assert len(possible_double_counts(incidents, metres=101, hours=24)) == 4
    assert possible_double_counts(incidents, metres=100, hours=1).empty


def test_months_pair_with_their_own_month_and_say_so() -> None:
    incidents = rows(
        ("Police", 0, "2026-01-01", "month"),
        ("Council", 0, "2026-01-01 00:00", "instant"),
        ("Council", 0, "2026-01-31 23:59", "instant"),
        ("Council", 0, "2026-02-01 00:00", "instant"),
        ("Council", 0, "2025-12-31 23:59", "instant"),
        ("Fire", 0, "2026-01-15", "day"),
    )
    pairs = possible_double_counts(incidents, metres=100, hours=1)
    by_month = pairs[pairs["time_match"] == "same month; the day is not recorded"]
    assert sorted(by_month["row_a"].tolist() + by_month["row_b"].tolist()) == [0, 0, 0, 1, 2, 5]
    assert by_month["hours_apart"].isna().all()
    assert len(pairs) == 3
    assert provenance.of(pairs)["steps"][-1]["pairs_by_month_only"] == 3


def test_a_day_reaches_over_its_whole_day() -> None:
    incidents = rows(
        ("A", 0, "2026-01-15", "day"), ("B", 0, "2026-01-15 18:00", "instant"), ("C", 0, "2026-01-17 00:00", "instant")
    )  # fmt: skip
    pairs = possible_double_counts(incidents, metres=50, hours=0)
    assert pairs[["source_a", "source_b"]].to_numpy().tolist() == [["A", "B"]]
    assert pairs["hours_apart"].tolist() == [0.0]
    assert pairs["hours_open"].tolist() == [18.0]
    assert pairs["time_match"].tolist() == ["within the hours; the times are not exact"]
    assert len(possible_double_counts(incidents, metres=50, hours=25)) == 2


def test_rows_known_to_area_level_are_not_compared_and_fine_metres_are_refused() -> None:
    incidents = rows(
        ("A", 0, "2026-01-15", "day"), ("B", 0, "2026-01-15", "day"), ("B", 0, "2026-01-15", "day"),
        location_precision=["exact", "area", "map_point"],
    )  # fmt: skip
    with pytest.warns(HotspotWarning, match="1 known to area level only are not compared, of 3"):
        pairs = possible_double_counts(incidents, metres=100, hours=24)
    assert len(pairs) == 1
    with quiet(), pytest.raises(hs.InputError, match="metres=50 m is finer than the data"):
        possible_double_counts(incidents, metres=50, hours=24)


def test_bad_calls_are_refused() -> None:
    one = rows(("A", 0, "2026-01-15", "day"), ("A", 0, "2026-01-15", "day"))
    with pytest.raises(hs.InputError, match=r"all incidents are of one source \(A\)"):
        possible_double_counts(one, metres=100, hours=24)
    for metres, hours in ((0, 1), (float("nan"), 1), (1, -1), (float("inf"), 1)):
        with pytest.raises(hs.InputError, match="must be a positive number"):
            possible_double_counts(one, metres=metres, hours=hours)
    with pytest.raises(hs.InputError, match="no column 'start'"):
        possible_double_counts(one.drop(columns="start"), metres=100, hours=24)
    with pytest.raises(hs.InputError, match="holds no dates"):
        possible_double_counts(one.assign(start="2026"), metres=100, hours=24)


def test_times_with_a_time_zone_count_as_local_time() -> None:
    incidents = rows(("A", 0, "2026-01-15 10:00", "instant"), ("B", 0, "2026-01-15 12:00", "instant"))
    aware = incidents.assign(start=incidents["start"].dt.tz_localize("Europe/London"))
    assert possible_double_counts(aware, metres=50, hours=2)["hours_apart"].tolist() == [2.0]
    assert sources_side_by_side(aware).index.tolist() == ["2026-01"]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),
        st.integers(0, 4).map(lambda n: n * 50),
        st.integers(0, 24 * 70).map(lambda n: pd.Timestamp("2026-01-01") + pd.Timedelta(hours=n)),
        st.sampled_from(["instant", "day", "month"]),
    ),
    min_size=2,
    max_size=25,
)


@given(
    events=EVENTS,
    metres=st.sampled_from([50.0, 100.0]),
    hours=st.sampled_from([0.0, 12.0, 48.0]),
    order=st.randoms(),
)
def test_pairs_are_those_of_comparing_all_rows(
    events: list, metres: float, hours: float, order: object
) -> None:
    incidents = rows(*events)
    if incidents["source"].nunique() < 2:
        return
    expected = set()
    for a, b in itertools.combinations(range(len(events)), 2):
        if (
            events[a][0] != events[b][0]
            and abs(events[a][1] - events[b][1]) <= metres
            and in_time(events[a], events[b], hours)
        ):
            expected.add(tuple(sorted([a, b], key=lambda row: events[row][0])))
    pairs = possible_double_counts(incidents, metres=metres, hours=hours)
    assert set(zip(pairs["row_a"], pairs["row_b"], strict=True)) == expected
    assert len(pairs) == len(expected)
    mixed = list(range(len(events)))
    order.shuffle(mixed)  # type: ignore[attr-defined]
    again = possible_double_counts(incidents.iloc[mixed], metres=metres, hours=hours)
    pd.testing.assert_frame_equal(pairs, again)


def in_time(one: tuple, other: tuple, hours: float) -> bool:
    """Compare two events second by second of the words in the docstring, with Periods instead of arrays."""
    (_, _, t, p), (_, _, u, q) = one, other
    freq = {"instant": "s", "day": "D", "month": "M"}
    a, b = pd.Period(t, freq=freq[p]), pd.Period(u, freq=freq[q])
    first, second = sorted([a, b], key=lambda period: period.start_time)
    gap = second.start_time.floor("s") - max(first.end_time.floor("s"), first.start_time)
    if p == "instant" and q == "instant":
        gap = abs(t - u)
    elif first.freqstr.startswith("s"):
        gap = second.start_time - first.start_time
    if "month" in (p, q):
        return gap <= pd.Timedelta(0)
    return gap <= pd.Timedelta(hours=hours)


def test_sources_stand_side_by_side_with_missing_months_missing() -> None:
    incidents = rows(
        ("A", 0, "2026-01-15", "day"), ("A", 0, "2026-03-15", "day"),
        ("B", 0, "2026-02-15", "day"), ("B", 0, "2026-02-16", "day"),
    )  # fmt: skip
    table = sources_side_by_side(incidents)
    assert table.index.tolist() == ["2026-01", "2026-02", "2026-03"]
    assert table["A"].tolist() == [1, 0, 1]
    assert table["B"].isna().tolist() == [True, False, True]
    assert table.loc["2026-02", "B"] == 2
    recorded = provenance.put(incidents.copy(), record("A", "2026-01", "2026-03"))
    assert sources_side_by_side(recorded)["A"].isna().tolist() == [False, True, False]


def record(name: str, *months: str, is_open: bool = True) -> provenance.Record:
    source = provenance.Source(name=name, open=is_open, simulated=False, attribution="", months=list(months))
    return provenance.Record(sources=[source], as_of="2026-03-31", steps=[], notes=["Kept."])


def test_sources_are_put_together_by_the_users_word_and_it_is_noted() -> None:
    police = provenance.put(rows(("A", 0, "2026-01-15", "day")), record("A", "2026-01"))
    police["category"] = pd.Categorical(["ASB"])
    council = rows(("B", 0, "2026-02-15", "day"), ("B", 0, "2026-02-16", "day")).to_crs(4326)
    both = combine_sources([police, council])
    assert both["source"].tolist() == ["A", "B", "B"]
    assert both.crs.to_epsg() == 27700
    assert np.allclose(shapely_x(both), X, atol=0.01)
    assert not provenance.is_open([both])
    assert [source["name"] for source in provenance.of(both)["sources"]] == ["A", "B"]
    assert provenance.of(both)["notes"] == [
        "Kept.", "Counted together, by choice: A 1; B 2 incidents. One event may stand in several sources.",
    ]  # fmt: skip
    with pytest.raises(hs.InputError, match="A has 2026-01 in two of the frames"):
        combine_sources([police, police])
    with pytest.raises(hs.InputError, match="1 frame was given"):
        combine_sources([police])


def shapely_x(frame: gpd.GeoDataFrame) -> np.ndarray:
    return frame.geometry.x.to_numpy()
