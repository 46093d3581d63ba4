"""Counts by place and month: each incident once, edges, missing months, counts tables, and the refusals."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspot import provenance
from hotspot.decisions.counted import counted
from hotspot.decisions.order import Order, Prohibition
from hotspot.decisions.places_of import places_of
from hotspot.errors import InputError

SQUARE = shapely.box(1000, 1000, 2000, 2000)
BOROUGH = gpd.GeoSeries([shapely.box(0, 0, 6000, 6000)], crs=27700)
EAST = gpd.GeoSeries([shapely.box(4000, 1000, 5000, 2000)], crs=27700)
DRINKING = {
    "name": "Drinking",
    "behaviour": "street drinking",
    "evidence": [{"source": "council", "categories": ["Alcohol"]}],
}
BEGGING = {
    "name": "Begging",
    "behaviour": "begging",
    "evidence": [{"source": "council", "categories": ["Nuisance"], "wider": True}],
}
# Months observed: January to March, May and June 2023. April has no file.
MONTHS = ["2023-01", "2023-02", "2023-03", "2023-05", "2023-06"]
ROWS = [
    ((1500, 1500), "Alcohol", "2023-01-10"),  # inside
    ((2000, 1500), "Alcohol", "2023-01-20"),  # on the order's edge: inside
    ((1000, 1000), "alcohol ", "2023-03-05"),  # on its corner: inside
    ((2100, 1500), "Alcohol", "2023-02-01"),  # ring
    ((2200, 1500), "Alcohol", "2023-03-01"),  # on the ring's outer edge: ring
    ((4000, 1500), "Alcohol", "2023-02-11"),  # on the edge of East: East
    ((5500, 5500), "Alcohol", "2023-05-01"),  # rest
    ((9000, 9000), "Alcohol", "2023-05-01"),  # outside the borough
    ((1500, 1500), "Alcohol", "2023-04-15"),  # in the month without a file
    ((1500, 1500), "Alcohol", None),  # without a date
    (None, "Alcohol", "2023-02-20"),  # without a location
    ((1500, 1400), "Nuisance", "2023-01-02"),
    ((1500, 1400), "Nuisance", "2023-06-30"),
    ((1500, 1500), "Litter", "2023-01-02"),  # bears on neither
]


def order_of(*prohibitions: dict[str, object], boroughwide: bool = False) -> Order:
    shape = BOROUGH if boroughwide else gpd.GeoSeries([SQUARE], crs=27700)
    return Order(
        "Centre",
        shape,
        in_force=[("2023-04-01", None)],
        decision="extend",
        prohibitions=list(prohibitions or (DRINKING, BEGGING)),
        boroughwide=boroughwide,
    )


def frame_of(rows: list[tuple[object, str, str | None]] = ROWS) -> gpd.GeoDataFrame:
    points = [None if xy is None else shapely.Point(xy) for xy, _, _ in rows]
    columns = {
        "source": "council",
        "category": [category for _, category, _ in rows],
        "start": pd.to_datetime([day for _, _, day in rows]),
        "location_precision": "exact",
    }
    made = gpd.GeoDataFrame(columns, geometry=points, crs=27700)
    source: provenance.Source = {
        "name": "council",
        "open": False,
        "simulated": False,
        "attribution": "",
        "months": MONTHS,
        "records": ["street drinking"],
    }
    return provenance.put(made, {"sources": [source], "as_of": None, "steps": [], "notes": []})


def test_the_worked_example_counts_every_row_once() -> None:
    order = order_of()
    table = counted(
        frame_of(), order, order.prohibition("Drinking"), "council", comparison={"East": EAST}, areas=BOROUGH
    )
    assert table.places == ("inside", "ring", "East", "rest")
    assert table.roles == ("inside", "ring", "comparison", "rest")
    assert [str(month) for month in table.months] == MONTHS
    assert table.counts.tolist() == [[2, 0, 1, 0, 0], [0, 1, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]]
    # The ring: four strips of 1000 m x 200 m, and corners that make a polygon of 64 sides of radius 200 m.
    corners = 0.5 * 64 * math.sin(2 * math.pi / 64) * 0.2**2
    assert table.area_km2 == pytest.approx([1.0, 0.8 + corners, 1.0, 36 - 2.8 - corners])
    # 11 rows of alcohol = 7 counted + 1 + 1 + 1 + 1.
    text = " ".join(table.notes)
    for said in (
        "1 of 11 rows have no location",
        "1 of 11 rows are outside the borough",
        "1 of 11 rows have no date",
    ):
        assert said in text
    assert "1 of 11 rows are dated in a month that the source is not known to have observed" in text
    assert table.of("ring").tolist() == [0, 1, 1, 0, 0]
    assert table.table().loc["2023-03"].tolist() == [1, 1, 0, 0]


def test_a_row_that_two_rules_name_counts_once_and_rules_on_columns_hold() -> None:
    twice = [
        {"source": "*", "categories": ["Alcohol", "Nuisance"]},
        {"source": "council", "categories": ["Nuisance"]},
    ]
    order = order_of({**DRINKING, "evidence": twice})
    both = counted(frame_of(), order, order.prohibitions[0], "council", ring=0)
    assert both.counts.tolist() == [[3, 0, 1, 0, 1]]
    data = frame_of().assign(team=["Wardens", *["Police"] * 13])
    data.attrs = frame_of().attrs
    rule = [{"source": "council", "categories": ["Alcohol"], "where": {"team": ["wardens"]}}]
    order = order_of({**DRINKING, "evidence": rule})
    assert counted(data, order, order.prohibitions[0], "council", ring=0).counts.tolist() == [[1, 0, 0, 0, 0]]
    with pytest.raises(InputError, match="names the column 'team', which the data lacks"):
        counted(frame_of(), order, order.prohibitions[0], "council")


def test_points_on_a_lattice_of_edges_agree_with_a_slow_oracle_in_any_order() -> None:
    order = order_of()
    places = places_of(order, comparison={"East": EAST}, ring=500.0, areas=BOROUGH)
    generator = np.random.default_rng(7)
    x, y = generator.integers(-2, 15, (2, 400)) * 500.0
    expected = []
    for point in map(shapely.Point, x, y):
        held = [n for n, shape in enumerate(places.shapes) if shape.intersects(point)]
        expected.append(held[0] if held else -1)
    assert places.assign(x, y).tolist() == expected
    shuffled = generator.permutation(len(x))
    assert places.assign(x[shuffled], y[shuffled]).tolist() == [expected[n] for n in shuffled]
    assert {-1, 0, 1, 2, 3} == set(expected)
    assert sum(places.area_km2) == pytest.approx(36.0)


def test_a_place_without_a_row_of_any_category_is_told_as_perhaps_not_covered() -> None:
    order = order_of()
    far = {
        "East": EAST,
        "Silent": gpd.GeoSeries([shapely.box(3000, 5000, 3500, 5500)], crs=27700),
        "Not read": gpd.GeoSeries([shapely.box(20000, 0, 21000, 1000)], crs=27700),
    }
    data = frame_of([*ROWS, ((3200, 5200), "Litter", "2023-01-02")])
    table = counted(data, order, order.prohibition("Drinking"), "council", comparison=far, areas=BOROUGH)
    # East has alcohol; Silent has litter only, so it is covered; Not read has nothing at all.
    told = [text for text in table.notes if "check that the data covers it" in text]
    assert told == [
        "No row of any category lies in Not read: check that the data covers it; land that was not read is not land "
        "without reports."
    ]


def test_the_default_ring_follows_the_precision_and_a_boroughwide_order_has_none() -> None:
    order = order_of()
    coarse = frame_of().assign(location_precision="map_point")
    coarse.attrs = frame_of().attrs
    near = (*ROWS, ((2399, 1500), "Alcohol", "2023-01-01"))
    assert places_of(order, incidents=frame_of()).ring_m == 200.0
    assert places_of(order, incidents=coarse).ring_m == 400.0
    wide = counted(coarse, order, order.prohibitions[0], "council")
    assert wide.places == ("inside", "ring")
    assert counted(frame_of(list(near)), order, order.prohibitions[0], "council").of("ring").sum() == 2
    with pytest.raises(InputError, match="ring=50 m is finer than the data"):
        counted(coarse, order, order.prohibitions[0], "council", ring=50)
    whole = order_of(boroughwide=True)
    table = counted(frame_of(), whole, whole.prohibitions[0], "council", areas=BOROUGH)
    assert table.places == ("inside",)
    assert "The order applies to the whole borough: it has no ring." in table.notes


def test_the_ring_is_clipped_to_the_borough() -> None:
    half = gpd.GeoSeries([shapely.box(0, 0, 2050, 6000)], crs=27700)
    places = places_of(order_of(), ring=200.0, areas=half)
    # West, south and north keep theirs (the two eastern corners and strip are cut at 50 m).
    assert shapely.bounds(places.shapes[1])[2] == 2050
    assert "The ring was clipped to the borough." in places.notes


@pytest.mark.parametrize(
    ("comparison", "match"),
    [
        (
            {"West": gpd.GeoSeries([shapely.box(500, 0, 1500, 1500)], crs=27700)},
            "'West' lies over the order itself",
        ),
        (
            {"Near": gpd.GeoSeries([shapely.box(2100, 1000, 3000, 2000)], crs=27700)},
            "'Near' lies over the ring",
        ),
        ({"A": EAST, "B": EAST}, "'B' lies over the comparison area 'A'"),
        ({"rest": EAST}, "cannot be the name"),
        ({"A": shapely.box(0, 0, 1, 1)}, "without a coordinate reference system"),
    ],
)
def test_comparison_areas_that_cannot_be_used_are_refused(comparison: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        places_of(order_of(), comparison=comparison, ring=200.0)  # type: ignore[arg-type]


def test_a_shared_edge_is_no_overlap_and_names_come_from_a_frame() -> None:
    beside = gpd.GeoDataFrame(
        {"name": ["Beside", "Beside"]},
        geometry=[shapely.box(2000, 1000, 3000, 2000), shapely.box(3000, 1000, 3500, 2000)],
        crs=27700,
    )
    places = places_of(order_of(), comparison=beside, ring=0)
    assert places.names == ("inside", "Beside")
    assert places.area_km2.tolist() == [1.0, 1.5]
    assert places.assign(np.array([2000.0, 3000.0]), np.array([1500.0, 1500.0])).tolist() == [0, 1]


def test_unknown_sources_and_prohibitions_without_evidence_are_refused() -> None:
    order = order_of()
    with pytest.raises(InputError, match="no source 'fire'; it has: council"):
        counted(frame_of(), order, order.prohibitions[0], "fire")
    bare = Prohibition("Dogs", "dogs off the lead")
    with pytest.raises(InputError, match="no evidence of the prohibition 'Dogs' names the source 'council'"):
        counted(frame_of(), order, bare, "council")


def counts_frame(**hidden: str) -> gpd.GeoDataFrame:
    """Four units of 1 km2 in a row from x = 500; unit b holds half of the order, and so does c."""
    codes = ["a", "b", "c", "d"]
    shapes = [shapely.box(500 + 1000 * n, 1000, 1500 + 1000 * n, 2000) for n in range(4)]
    rows = []
    for number, code in enumerate(codes):
        for month in ("2023-01", "2023-02", "2023-03"):
            n = None if hidden.get(code) == month else number + int(month[-1])
            rows.append((code, code.upper(), month, "Alcohol", n, "council", shapes[number]))
    columns = ["area_code", "area_name", "month", "category", "n", "source", "geometry"]
    made = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns).astype({"n": "Int64"}), crs=27700)
    source: provenance.Source = {
        "name": "council", "open": False, "simulated": False, "attribution": "",
        "months": ["2023-01", "2023-02", "2023-03"],
    }  # fmt: skip
    return provenance.put(made, {"sources": [source], "as_of": None, "steps": [], "notes": []})


def test_units_of_a_counts_table_are_in_or_out_by_their_share() -> None:
    # The order is 1000 to 2000: a is half inside, b half, c and d not at all.
    order = order_of()
    table = counted(counts_frame(), order, order.prohibitions[0], "council", ring=300)
    assert table.places == ("inside", "rest")
    # a: 0 + month; b: 1 + month; inside = 2 month + 1. c, d: 2 + 3 + 2 month.
    assert table.counts.tolist() == [[3, 5, 7], [7, 9, 11]]
    assert table.area_km2.tolist() == [2.0, 2.0]
    assert "Ring: not available from counts." in table.notes
    with pytest.raises(InputError, match="no unit of the counts table has 60% of its area in the order"):
        counted(counts_frame(), order, order.prohibitions[0], "council", least_share=0.6)


def test_a_month_without_a_number_is_left_out_and_never_a_zero() -> None:
    order = order_of()
    table = counted(counts_frame(a="2023-02"), order, order.prohibitions[0], "council")
    assert [str(month) for month in table.months] == ["2023-01", "2023-03"]
    assert table.of("inside").tolist() == [3, 7]
    # A unit of the rest without a number takes the rest away, not the month.
    other = counted(counts_frame(d="2023-02"), order, order.prohibitions[0], "council")
    assert other.places == ("inside",)
    assert other.counts.tolist() == [[3, 5, 7]]


def test_the_order_of_rows_changes_nothing() -> None:
    order = order_of()
    first = counted(frame_of(), order, order.prohibitions[0], "council", areas=BOROUGH)
    mixed = frame_of().sample(frac=1.0, random_state=3)
    mixed.attrs = frame_of().attrs
    again = counted(mixed, order, order.prohibitions[0], "council", areas=BOROUGH)
    assert np.array_equal(first.counts, again.counts)
    assert first.notes == again.notes
