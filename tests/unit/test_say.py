"""What each source can say: the sentences, never a bare zero, and four prohibitions on real police rows."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.order import Evidence, Order
from hotspot.decisions.say import KINDS, may_share, what_sources_say
from hotspot.errors import InputError
from hotspot.intake.police_uk import kinds_recorded

SQUARE = gpd.GeoSeries([shapely.box(0, 0, 1000, 1000)], crs=27700)
MONTHS = ["2023-01", "2023-02", "2023-03", "2024-01", "2024-02", "2024-03"]


def prohibition(name: str, *evidence: dict[str, object], behaviour: str | None = None) -> dict[str, object]:
    return {"name": name, "behaviour": behaviour or name.lower(), "evidence": list(evidence)}


def order_of(*prohibitions: dict[str, object]) -> Order:
    return Order(
        "Centre", SQUARE, in_force=[("2023-06-01", None)], decision="extend", prohibitions=prohibitions
    )


def frame_of(
    counts: dict[tuple[str, str, str], int], records: dict[str, list[str] | None]
) -> gpd.GeoDataFrame:
    """Return rows at one point inside: (source, category, month) -> how many."""
    rows = [key for key, n in counts.items() for _ in range(n)]
    made = gpd.GeoDataFrame(
        {
            "source": [source for source, _, _ in rows],
            "category": [category for _, category, _ in rows],
            "start": pd.to_datetime([f"{month}-01" for _, _, month in rows]),
        },
        geometry=[shapely.Point(500, 500)] * len(rows),
        crs=27700,
    )
    sources: list[provenance.Source] = []
    for name, kinds in records.items():
        item: provenance.Source = {
            "name": name, "open": False, "simulated": False, "attribution": "", "months": MONTHS,
        }  # fmt: skip
        if kinds is not None:
            item["records"] = kinds
        sources.append(item)
    return provenance.put(made, {"sources": sources, "as_of": None, "steps": [], "notes": []})


def test_the_worked_example_of_two_prohibitions_and_three_sources() -> None:
    # Wardens: 3 + 1 drinking in 2 of 6 months. Police: 2 of a wider category, in 1 month; they record no begging.
    # Fire says nothing of what it records, and no evidence names it.
    data = frame_of(
        {
            ("wardens", "Alcohol", "2023-01"): 3,
            ("wardens", "Alcohol", "2024-03"): 1,
            ("wardens", "Litter", "2023-02"): 5,
            ("police", "ASB", "2023-02"): 2,
        },
        {"wardens": ["Street drinking", "litter"], "police": ["ASB"], "fire": None},
    )
    order = order_of(
        prohibition("Street drinking", {"source": "wardens", "categories": ["Alcohol"]}),
        prohibition(
            "Begging",
            {"source": "police", "categories": ["ASB"], "wider": True},
        ),
    )
    table = what_sources_say(data, order)
    assert table[["prohibition", "source", "kind"]].to_numpy().tolist() == [
        ["Street drinking", "fire", "not_declared"],
        ["Street drinking", "police", "not_recorded"],
        ["Street drinking", "wardens", "recorded"],
        ["Begging", "fire", "not_declared"],
        ["Begging", "police", "wider"],
        ["Begging", "wardens", "not_recorded"],
    ]
    assert table["says"].tolist() == [
        "whether this source records this kind is not declared",
        "this source does not record this kind",
        "4 reports in 2 of 6 months",
        "whether this source records this kind is not declared",
        "wider category: 2 reports, share unknown",
        "this source does not record this kind",
    ]
    assert table["n"].fillna(-1).tolist() == [-1, -1, 4, -1, 2, -1]
    assert table["months_with"].fillna(-1).tolist() == [-1, -1, 2, -1, 1, -1]
    assert (table["months_observed"] == 6).all()
    assert provenance.of(table)["steps"][-1]["order"] == order.label


def test_no_report_of_a_source_that_records_the_kind_is_said_in_words() -> None:
    data = frame_of({("wardens", "Litter", "2023-01"): 1}, {"wardens": ["street drinking"]})
    order = order_of(prohibition("Street drinking", {"source": "wardens", "categories": ["Alcohol"]}))
    line = what_sources_say(data, order).iloc[0]
    assert line["kind"] == "none_reported"
    assert line["says"] == "no report (this source records this kind)"
    assert pd.isna(line["n"])
    assert "No row has the category 'Alcohol'" in line["caution"]
    # A publisher's category that another of its sources has is no slip of the pen.
    parts = frame_of({("uk/a", "ASB", "2023-01"): 1}, {"uk/a": None, "uk/b": None})
    publisher = order_of(prohibition("Drinking", {"source": "uk", "categories": ["ASB"], "wider": True}))
    told = what_sources_say(parts, publisher)
    assert told["says"].tolist() == [
        "wider category: 1 report, share unknown",
        "wider category: no report in 6 months",
    ]
    assert told["caution"].tolist() == ["", ""]
    silent = frame_of({("wardens", "Litter", "2023-01"): 1}, {"wardens": None})
    assert what_sources_say(silent, order).iloc[0]["kind"] == "not_declared"
    # Named as its own category by the order, but the source says that it records something else.
    other = frame_of({("wardens", "Litter", "2023-01"): 1}, {"wardens": ["litter"]})
    assert what_sources_say(other, order).iloc[0]["kind"] == "not_recorded"
    unmapped = order_of(prohibition("Litter"))
    line = what_sources_say(other, unmapped).iloc[0]
    assert (line["kind"], line["n"] is pd.NA) == ("not_declared", True)
    assert line["says"] == "this source records this kind, but no category of it is named for it"


def test_one_report_and_one_month_are_singular() -> None:
    data = frame_of({("wardens", "Alcohol", "2023-01"): 1}, {"wardens": ["street drinking"]})
    order = order_of(prohibition("Street drinking", {"source": "wardens", "categories": ["alcohol"]}))
    assert (
        what_sources_say(data, order, months=("2023-01", "2023-01"))["says"].item()
        == "1 report in 1 of 1 month"
    )
    wider = order_of(prohibition("Begging", {"source": "wardens", "categories": ["Alcohol"], "wider": True}))
    assert what_sources_say(data, wider)["says"].item() == "wider category: 1 report, share unknown"
    empty = what_sources_say(data, wider, months=("2023-02", "2024-03"))
    assert empty["says"].item() == "wider category: no report in 5 months"
    assert empty["n"].isna().all()
    gap = what_sources_say(data, wider, months=("2023-07", "2023-09"))
    assert gap["says"].item() == "no month of this source was observed"


@pytest.mark.parametrize(
    ("early", "late", "few"), [(10, 10, False), (9, 50, True), (50, 9, True), (0, 50, True)]
)
def test_under_ten_in_either_period_is_too_few_to_compare(early: int, late: int, few: bool) -> None:
    counts = {("wardens", "Alcohol", "2023-02"): early, ("wardens", "Alcohol", "2024-02"): late}
    data = frame_of(counts, {"wardens": ["street drinking"]})
    order = order_of(prohibition("Street drinking", {"source": "wardens", "categories": ["Alcohol"]}))
    periods = {"before": ("2023-01", "2023-03"), "during": ("2024-01", "2024-03")}
    line = what_sources_say(data, order, months=("2024-01", "2024-03"), **periods).iloc[0]
    assert line["says"] == f"{late} reports in 1 of 3 months" + ("; too few to compare" if few else "")
    assert line["kind"] == ("too_few" if few else "recorded")
    assert line["n"] == late
    with pytest.raises(InputError, match="give both before and during"):
        what_sources_say(data, order, before=("2023-01", "2023-03"))


def test_a_category_that_serves_two_prohibitions_is_printed_as_shared() -> None:
    asb = {"source": "police", "categories": ["ASB"], "wider": True}
    data = frame_of({("police", "ASB", "2023-01"): 4}, {"police": ["asb"]})
    table = what_sources_say(data, order_of(prohibition("Drinking", asb), prohibition("Begging", asb)))
    assert table["shared_with"].tolist() == ["Begging", "Drinking"]
    assert table["says"].iloc[0] == "wider category: 4 reports, share unknown (category shared with Begging)"
    # The same category, parted by a rule: no row can be of both.
    one = Evidence("police", ("ASB",), where={"team": ("A",)})
    two = Evidence("police", ("asb",), where={"team": ("B",)})
    assert not may_share(one, two)
    assert may_share(one, Evidence("*", ("ASB",)))
    assert not may_share(one, Evidence("fire", ("ASB",)))


def test_own_and_wider_categories_stand_side_by_side_and_are_not_added() -> None:
    counts = {("wardens", "Alcohol", "2023-01"): 2, ("wardens", "Nuisance", "2023-02"): 7}
    data = frame_of(counts, {"wardens": ["street drinking"]})
    both = (
        {"source": "wardens", "categories": ["Alcohol"]},
        {"source": "wardens", "categories": ["Nuisance"], "wider": True},
    )
    line = what_sources_say(data, order_of(prohibition("Street drinking", *both))).iloc[0]
    assert line["says"] == "2 reports in 1 of 6 months; wider category: 7 reports, share unknown"
    assert (line["n"], line["n_wider"]) == (2, 7)


def test_the_share_without_a_location_is_that_of_the_source() -> None:
    data = frame_of({("wardens", "Alcohol", "2023-01"): 4}, {"wardens": ["street drinking"]})
    lost = data.copy()
    lost.loc[lost.index[0], "geometry"] = None
    lost.attrs = data.attrs
    order = order_of(prohibition("Street drinking", {"source": "wardens", "categories": ["Alcohol"]}))
    assert what_sources_say(data, order)["no_location_pct"].isna().all()
    line = what_sources_say(lost, order).iloc[0]
    assert line["no_location_pct"] == 25.0
    assert line["says"] == "3 reports in 1 of 6 months"


def test_a_counts_table_says_its_months_and_no_zero() -> None:
    rows = [
        (code, month, "Alcohol", n, "fire", shapely.box(500 * k, 0, 500 * k + 500, 1000))
        for k, code in enumerate("ab")
        for month, n in (("2023-01", 0), ("2023-02", k * 3), ("2023-03", None if k else 5))
    ]
    names = ["area_code", "month", "category", "n", "source", "geometry"]
    data = gpd.GeoDataFrame(pd.DataFrame(rows, columns=names).astype({"n": "Int64"}), crs=27700)
    order = order_of(prohibition("Fires", {"source": "fire", "categories": ["Alcohol"]}), prohibition("Dogs"))
    table = what_sources_say(data, order)
    # March has no number of unit b: two months are left, and February has 3.
    assert table["says"].tolist() == [
        "3 reports in 1 of 2 months",
        "whether this source records this kind is not declared",
    ]


def test_data_police_uk_records_what_its_files_of_each_time_can_tell() -> None:
    assert len(kinds_recorded(["2014-01"])) == 14
    assert len(kinds_recorded(["2012-01", "2013-04"])) == 11
    assert "public order" in kinds_recorded(["2013-05"])
    assert "shoplifting" not in kinds_recorded(["2011-08", "2014-01"])
    everything = {kind for month in ("2011-01", "2012-01", "2020-01") for kind in kinds_recorded([month])}
    assert not any(
        word in kind for kind in everything for word in ("park", "begg", "dog", "drink", "alcohol")
    )


def test_four_prohibitions_of_west_bromwich_on_police_rows(real_data: Path) -> None:
    borough = hs.read_area(real_data / "boundaries" / "sandwell.gpkg", layer="borough")
    folder = real_data / "police_uk" / "west_midlands"
    intake = hs.read_police_uk([folder / "2014-01", folder / "2014-02"], area=borough)
    asb = {"source": "data.police.uk", "categories": ["Anti-social behaviour"], "wider": True}
    public = {"source": "data.police.uk", "categories": ["Public order"], "wider": True}
    # A rectangle drawn for this test: no order has this boundary.
    made_up = gpd.GeoSeries([shapely.box(400000, 290700, 401200, 291800)], crs=27700)
    order = Order(
        "Made-up centre", made_up, in_force=[("2018-08-01", None)], decision="extend",
        prohibitions=[
            prohibition("Street drinking", asb),
            prohibition("Begging", asb),
            prohibition("Footpath parking"),
            prohibition("Threatening behaviour", public),
        ],
    )  # fmt: skip
    table = what_sources_say(intake.incidents, order, intakes=intake)
    assert len(table) == 4
    x, y = intake.incidents.geometry.x, intake.incidents.geometry.y
    inside = (x >= 400000) & (x <= 401200) & (y >= 290700) & (y <= 291800)
    held = intake.incidents["category"][inside].value_counts()
    drinking = f"wider category: {held['Anti-social behaviour']} reports, share unknown (category shared with Begging)"
    assert table["says"].tolist() == [
        drinking,
        drinking.replace("Begging", "Street drinking"),
        "this source does not record this kind",
        f"wider category: {held['Public order']} reports, share unknown",
    ]
    assert not any(re.search(r"\b0\b", text) for text in table["says"])
    assert set(table["kind"]) <= set(KINDS)
    assert (
        table["no_location_pct"] == 0.0
    ).all()  # West Midlands Police gave every row a point in these months.
