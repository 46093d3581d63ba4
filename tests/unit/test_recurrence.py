"""Recurrence: years, calendar months, orders and gaps, locations, towns, days and hours."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.order import Order
from hotspot.decisions.periods import NO_BEFORE, periods_for
from hotspot.decisions.recurrence import CHANGE, PARTS, recurrence
from hotspot.errors import InputError

SQUARE = gpd.GeoSeries([shapely.box(0, 0, 1000, 1000)], crs=27700)
# July 2021 has no file.
MONTHS = [str(month) for month in pd.period_range("2020-12", "2021-08", freq="M") if str(month) != "2021-07"]
PER_MONTH = [1, 2, 3, 4, 0, 5, 6, 2]
SPANS = [("2021-01-15", "2021-03-31", "first order"), ("2021-06-01", None, "second order")]


def order_of(shape: gpd.GeoSeries = SQUARE, *, wider: bool = False, **more: object) -> Order:
    drinking = {
        "name": "Drinking",
        "behaviour": "street drinking",
        "evidence": [{"source": "council", "categories": ["Alcohol"], "wider": wider}],
    }
    bare = {"name": "Parking", "behaviour": "footpath parking"}
    given = {"in_force": SPANS, "decision": "extend", "prohibitions": [drinking, bare], **more}
    return Order("Centre", shape, **given)  # type: ignore[arg-type]


def frame_of(**columns: object) -> gpd.GeoDataFrame:
    """Return PER_MONTH rows: the first of each month at (100, 100), the others at (900, 900)."""
    days = [f"{month}-10" for month, n in zip(MONTHS, PER_MONTH, strict=True) for _ in range(n)]
    first = [number == 0 for n in PER_MONTH for number in range(n)]
    points = [shapely.Point(100, 100) if here else shapely.Point(900, 900) for here in first]
    made = gpd.GeoDataFrame(
        {
            "source": "council",
            "category": "Alcohol",
            "start": pd.to_datetime(days),
            "location": "On or near Hill St",
        }
        | columns,
        geometry=points,
        crs=27700,
    )
    source: provenance.Source = {
        "name": "council", "open": False, "simulated": False, "attribution": "", "months": MONTHS,
    }  # fmt: skip
    return provenance.put(made, {"sources": [source], "as_of": None, "steps": [], "notes": []})


def test_years_say_how_many_of_their_months_were_observed() -> None:
    tables = recurrence(frame_of(), order_of(), "drinking")
    assert tuple(tables) == PARTS
    years = tables["by_year"]
    assert years["year"].tolist() == [2020, 2021]
    assert years["n"].tolist() == [1, 22]
    # 2021: January to June and August are observed; April has no report.
    assert years["months_with"].tolist() == [1, 6]
    assert years["months_observed"].tolist() == [1, 7]
    assert years["n_per_month"].tolist() == [1.0, 22 / 7]
    assert years["says"].tolist() == [
        "1 report in 1 of 1 month; 1 of 12 months observed (2020-12)",
        "22 reports in 6 of 7 months; 7 of 12 months observed (2021-01 to 2021-06, 2021-08)",
    ]
    summary = tables["summary"].iloc[0]
    assert (summary["n"], summary["months_with"], summary["months_observed"]) == (23, 7, 8)
    assert (summary["first_month"], summary["last_month"]) == ("2020-12", "2021-08")
    assert summary["evidence"] == "own category"


def test_calendar_months_have_their_own_count_and_no_zero_for_one_not_observed() -> None:
    months = recurrence(frame_of(), order_of(), "Drinking")["by_calendar_month"].set_index("month_name")
    assert len(months) == 12
    assert months.loc["May", ["n", "years_with", "years_observed"]].tolist() == [5, 1, 1]
    assert months.loc["April", "says"] == "no report in 1 year"
    assert months.loc["April", "n"] == 0
    assert pd.isna(months.loc["July", "n"])
    assert months.loc["July", "says"] == "no year observed"


def test_spans_in_force_and_gaps_close_to_the_total() -> None:
    spans = recurrence(frame_of(), order_of(), "Drinking")["spans"]
    assert spans[["state", "span", "n", "months_with", "months_observed"]].to_numpy().tolist() == [
        ["no order", "before the first order", 1, 1, 1],
        ["in force", "first order", 3, 1, 1],
        ["no order", "gap between orders", 5, 1, 2],
        ["in force", "second order", 2, 1, 1],
        # It starts on 15 January, ends on 31 March and starts on 1 June: 2 + 4 + 6.
        [CHANGE, "2021-01, 2021-03, 2021-06", 12, 3, 3],
    ]
    assert spans["n"].sum() == sum(PER_MONTH)
    assert spans["n_per_month"].tolist() == [1.0, 3.0, 2.5, 2.0, 4.0]
    assert spans["first_day"].tolist() == ["", "2021-01-15", "2021-04-01", "2021-06-01", ""]


def test_a_prohibition_with_its_own_first_date_has_its_own_spans() -> None:
    order = order_of()
    late = {
        "name": "Drinking",
        "behaviour": "x",
        "first_date": "2021-06-01",
        "evidence": order.prohibitions[0].evidence,
    }
    spans = recurrence(frame_of(), order_of(prohibitions=[late]), "Drinking")["spans"]
    # December to May: 1 + 2 + 3 + 4 + 0 + 5; June is the month of its start; August is in force.
    assert spans[["state", "n"]].to_numpy().tolist() == [["no order", 15], ["in force", 2], [CHANGE, 6]]


def test_locations_that_return_come_first_and_are_named_as_map_points() -> None:
    data = frame_of(location_precision="map_point", time_precision="month")
    tables = recurrence(data, order_of(), "Drinking")
    places = tables["locations"]
    # (100, 100): one in each of the 7 months with a report, so both years; (900, 900): 23 - 7, in 2021 alone.
    assert places["location_id"].tolist() == ["E100 N100", "E900 N900"]
    assert places["n"].tolist() == [7, 16]
    assert places["years_with"].tolist() == [2, 1]
    assert places["returns_each_year"].tolist() == [True, False]
    assert places["years"].tolist() == ["2020: 1, 2021: 6", "2021: 16"]
    assert places["location"].tolist() == ["map point near Hill St"] * 2
    # All but December 2020 (one report) and April 2021 (none).
    assert places["months_with"].tolist() == [7, 6]
    assert tables["not_available"]["reason"].tolist()[0] == "the source gives months, no days or hours"
    assert len(tables["hours"]) == 0
    assert len(tables["days"]) == 0


def test_days_and_hours_come_from_rows_that_have_them() -> None:
    # 23 rows at 21:30; the four of March 2021 give the day only.
    data = frame_of()
    data["start"] = data["start"] + pd.Timedelta(hours=21, minutes=30)
    day_only = (data["start"].dt.strftime("%Y-%m") == "2021-03").to_numpy()
    data["time_precision"] = np.where(day_only, "day", "instant")
    tables = recurrence(data, order_of(hours=(22, 6)), "Drinking")
    hours = tables["hours"].set_index("hour")
    assert hours["reports"].sum() == 19
    assert hours.loc["21:00-21:59", "reports"] == 19
    assert not hours.loc["21:00-21:59", "within_hours_of_order"]
    assert hours.loc[["22:00-22:59", "05:00-05:59"], "within_hours_of_order"].all()
    days = tables["days"].set_index("day")
    assert (days["n_in_all"] == 23).all()
    # The 10th: December 2020 and June 2021 were Thursdays, 1 + 6.
    assert days.loc["Thursday", "n"] == 7
    assert days["n"].sum() == 23


def test_towns_and_units_of_the_order_add_up_and_rows_in_none_are_told() -> None:
    areas = gpd.GeoDataFrame(
        {"code": ["u1", "u2", "u3"], "town": ["West", "West", "East"]},
        geometry=[
            shapely.box(0, 0, 400, 500),
            shapely.box(0, 500, 400, 1000),
            shapely.box(400, 0, 1000, 800),
        ],
        crs=27700,
    )
    tables = recurrence(frame_of(), order_of(boroughwide=True), "Drinking", areas=areas)
    towns = tables["by_town"]
    # (100, 100) is in u1; (900, 900) is in no area.
    assert towns[["town", "n"]].to_numpy().tolist() == [
        ["East", 0],
        ["West", 7],
        ["in none of the areas given", 16],
    ]
    assert towns["says"].tolist()[0] == "no report in 8 months"
    assert towns["area_km2"].tolist() == pytest.approx([0.48, 0.4, 0.0])
    units = tables["by_unit"].set_index("unit")["n"]
    assert units.to_dict() == {"u1": 7, "u2": 0, "u3": 0, "in none of the areas given": 16}
    yearly = tables["by_town_and_year"]
    assert yearly.groupby("town")["n"].sum().to_dict() == towns.set_index("town")["n"].to_dict()
    assert yearly.query("town == 'West'")["n"].tolist() == [1, 6]
    with pytest.raises(InputError, match="the areas have no column 'borough'"):
        recurrence(frame_of(), order_of(boroughwide=True), "Drinking", areas=areas, town="borough")


def test_a_prohibition_without_evidence_says_so_and_breaks_are_listed() -> None:
    tables = recurrence(frame_of(), order_of(), "Parking")
    assert tables["not_available"]["reason"].tolist() == [
        "no category of any source is named as bearing on this prohibition"
    ]
    assert len(tables["summary"]) == 0
    breaks = recurrence(frame_of(), order_of(), "Drinking")["breaks"]
    assert breaks["name"].tolist() == ["Covid-19 restrictions"]
    assert breaks["says"].str.len().gt(40).all()


def test_map_points_across_their_redrawing_are_not_listed_unless_asked() -> None:
    moved = frame_of(location_precision="map_point", time_precision="month")
    moved["start"] = moved["start"] + pd.DateOffset(years=1)
    moved["source"] = "data.police.uk/x"
    record = provenance.of(frame_of())
    record["sources"][0] |= {
        "name": "data.police.uk/x",
        "months": [m.replace("2021", "2022") for m in MONTHS[1:]],
    }
    provenance.put(moved, record)
    evidence = [{"source": "data.police.uk", "categories": ["Alcohol"], "wider": True}]
    order = order_of(prohibitions=[{"name": "Drinking", "behaviour": "x", "evidence": evidence}])
    tables = recurrence(moved, order, "Drinking")
    assert "Map points redrawn" in tables["breaks"]["name"].tolist()
    assert "Map points redrawn" in tables["not_available"].set_index("part").loc["locations", "reason"]
    assert tables["summary"]["evidence"].item() == "wider category, share unknown"
    assert tables["summary"]["says"].item() == "wider category, share unknown: 22 reports in 6 of 7 months"
    assert len(recurrence(moved, order, "Drinking", across_breaks=True)["locations"]) == 2


def test_the_order_of_rows_changes_nothing() -> None:
    mixed = frame_of().sample(frac=1.0, random_state=5)
    mixed.attrs = frame_of().attrs
    first, again = (recurrence(data, order_of(), "Drinking") for data in (frame_of(), mixed))
    for part in PARTS:
        pd.testing.assert_frame_equal(first[part], again[part])


def test_a_counts_table_has_units_and_months_and_no_points() -> None:
    rows = [
        (code, month, "Alcohol", n, "fire", shapely.box(500 * k, 0, 500 * k + 500, 1000))
        for k, code in enumerate("ab")
        for month, n in (("2021-01", k), ("2021-02", 2))
    ]
    names = ["area_code", "month", "category", "n", "source", "geometry"]
    data = gpd.GeoDataFrame(pd.DataFrame(rows, columns=names).astype({"n": "Int64"}), crs=27700)
    evidence = [{"source": "fire", "categories": ["Alcohol"]}]
    order = order_of(prohibitions=[{"name": "Fires", "behaviour": "x", "evidence": evidence}])
    tables = recurrence(data, order, "Fires")
    # January: 0 + 1; February: 2 + 2.
    assert tables["summary"]["n"].item() == 5
    assert tables["by_unit"][["unit", "n"]].to_numpy().tolist() == [["a", 2], ["b", 3]]
    reasons = tables["not_available"].set_index("part")["reason"]
    assert reasons["locations"] == reasons["days and hours"] == "not available from counts"


def test_a_boroughwide_order_since_2017_is_told_by_town_and_has_no_before(real_data: Path) -> None:
    boundaries = real_data / "boundaries" / "sandwell.gpkg"
    borough = hs.read_area(boundaries, layer="borough")
    lsoas = hs.read_area(boundaries, layer="lsoa_2011")
    folder = real_data / "police_uk" / "west_midlands"
    incidents = hs.read_police_uk([folder / "2014-01", folder / "2014-02"], area=borough).incidents
    asb = [{"source": "data.police.uk", "categories": ["Anti-social behaviour"], "wider": True}]
    order = Order(
        "Alcohol", borough, in_force=[("2017-10-20", "2020-10-19"), ("2021-01-10", "2024-01-09"), ("2024-03-01", None)],
        decision="extend", boroughwide=True,
        prohibitions=[{"name": "Drinking", "behaviour": "street drinking", "evidence": asb}],
    )  # fmt: skip
    tables = recurrence(incidents, order, "Drinking", areas=lsoas)
    towns = tables["by_town"].set_index("town")["n"]
    own = incidents[incidents["category"] == "Anti-social behaviour"]
    joined = gpd.sjoin(own[["geometry"]], lsoas[["town", "geometry"]], predicate="within")
    expected = joined.groupby("town").size()
    assert len(expected) == 6
    assert towns[expected.index].tolist() == expected.tolist()
    assert towns.sum() == len(own) == tables["summary"]["n"].item()
    with pytest.raises(InputError, match=NO_BEFORE):
        periods_for(order, "Drinking", pd.period_range("2024-07", "2026-02", freq="M"))
