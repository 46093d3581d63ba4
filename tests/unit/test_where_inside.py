"""Where inside an order: cells, shares, empty parts, locations, streets and units, on points and on counts."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from libpysal.graph import Graph

import hotspot as hs
from hotspot import provenance
from hotspot.decisions.order import Order
from hotspot.decisions.where_inside import EMPTIES, PARTS, where_inside
from hotspot.errors import InputError

MONTHS = [str(month) for month in pd.period_range("2022-01", "2023-12", freq="M")]
# A borough of 30 x 30 cells of 200 m; the order is one cell and the eastern half of the cell west of it.
BOROUGH = gpd.GeoDataFrame({"code": ["whole"]}, geometry=[shapely.box(0, 0, 6000, 6000)], crs=27700)
ORDER = shapely.box(2100, 2000, 2400, 2200)


def order_of(shape: shapely.Geometry = ORDER, *, wider: bool = False) -> Order:
    evidence = [{"source": "council", "categories": ["Alcohol"], "wider": wider}]
    return Order(
        "Centre",
        gpd.GeoSeries([shape], crs=27700),
        in_force=[("2023-01-01", None)],
        decision="extend",
        prohibitions=[{"name": "Drinking", "behaviour": "street drinking", "evidence": evidence}],
    )


def frame_of(points: list[tuple[float, float]], months: list[str] | None = None) -> gpd.GeoDataFrame:
    starts = months or [MONTHS[number % 24] for number in range(len(points))]
    made = gpd.GeoDataFrame(
        {
            "source": "council",
            "category": "Alcohol",
            "start": pd.to_datetime([f"{month}-03" for month in starts]),
            "location_precision": "exact",
        },
        geometry=[shapely.Point(point) for point in points],
        crs=27700,
    )
    source: provenance.Source = {
        "name": "council", "open": True, "simulated": False, "attribution": "", "months": MONTHS,
    }  # fmt: skip
    return provenance.put(made, {"sources": [source], "as_of": None, "steps": [], "notes": []})


def cluster() -> list[tuple[float, float]]:
    """Return 60 reports in the middle of the order, 60 in a far cluster, and 50 spread out."""
    generator = np.random.default_rng(11)
    spread = [(float(x), float(y)) for x, y in generator.integers(0, 6000, (50, 2))]
    return [(2300.0, 2100.0)] * 60 + [(5100.0, 5100.0)] * 60 + spread


def wide_clusters() -> list[tuple[float, float]]:
    """Return 12 reports in each of nine cells around the order, as many around a far cell, and 50 spread out."""
    steps = (-200.0, 0.0, 200.0)
    nine = [(x, y) for x in steps for y in steps for _ in range(12)]
    return [(cx + x, cy + y) for cx, cy in ((2310.0, 2110.0), (5110.0, 5110.0)) for x, y in nine] + cluster()[
        120:
    ]


def test_cells_are_those_of_getis_ord_and_shares_are_by_area() -> None:
    data = frame_of(wide_clusters())
    found = where_inside(data, order_of(), "drinking", "council", areas=BOROUGH)
    assert tuple(found) == PARTS
    cells = found["cells"]
    grid = hs.Grid.over(BOROUGH, cell_size=200)
    alone = hs.getis_ord(hs.count_incidents(data, grid), grid)
    assert cells["gi_q"].to_numpy() == pytest.approx(alone["gi_q"].to_numpy())
    # The order: 100 m of one cell, 200 m of the next, 200 m high.
    held = cells[cells["order_km2"] > 0].set_index("cell")["order_km2"]
    assert held.to_dict() == pytest.approx({"E2000 N2000": 0.02, "E2200 N2000": 0.04})
    hot = cells["gi_class"].astype("str").isin(["hot 95%", "hot 99%"])
    share = found["share_hot"].set_index("place")
    assert share.loc["inside", "hot_km2"] == pytest.approx(cells.loc[hot, "order_km2"].sum())
    assert share.loc["inside", "hot_share_pct"] == pytest.approx(100.0)
    assert share.loc["borough", "hot_share_pct"] == pytest.approx(100.0 * int(hot.sum()) / 900)
    assert share.loc["inside", "says"].startswith("0.06 of 0.06 km2 of the order (100 %)")
    # The far cluster has nothing of the order.
    outside = found["hot_outside"]
    assert "E5000 N5000" in outside["part"].tolist()
    assert not set(outside["part"]) & set(held.index)
    far = outside.set_index("part").loc["E5000 N5000", "distance_m"]
    assert far == pytest.approx(np.hypot(5000 - 2400, 5000 - 2200))
    assert cells["n_in_order"].sum() == sum(ORDER.intersects(point) for point in data.geometry)


def test_density_is_reports_by_area_and_year_inside_and_around() -> None:
    found = where_inside(frame_of(cluster()), order_of(), "Drinking", "council", areas=BOROUGH, ring=200)
    density = found["density"].set_index("place")
    inside = density.loc["inside"]
    # Two years observed on 0.06 km2.
    assert inside["n_per_km2_per_year"] == pytest.approx(inside["n"] / 2 / 0.06)
    assert density["n"].sum() == 170
    assert density["area_km2"].sum() == pytest.approx(36.0)
    assert density.index.tolist() == ["inside", "ring", "rest"]


def test_parts_without_a_report_count_only_what_lies_in_the_order() -> None:
    # A report in the western cell, but west of the order: the order's half of that cell is empty.
    found = where_inside(
        frame_of([(2050, 2100), (2300, 2100), (100, 100)]), order_of(), "Drinking", "council", areas=BOROUGH
    )
    silent = found["without_report"]
    assert silent[["part_kind", "part"]].to_numpy().tolist() == [["cell", "E2000 N2000"]]
    assert silent["area_km2"].tolist() == pytest.approx([0.02])
    assert silent["says"].item() == EMPTIES
    assert silent["months_observed"].item() == 24
    for words in ("before or during any order", "also empties a place", "cannot tell which"):
        assert words in EMPTIES


def test_repeat_locations_inside_have_a_class_and_a_rank_interval() -> None:
    found = where_inside(frame_of(cluster()), order_of(), "Drinking", "council", areas=BOROUGH)
    places = found["repeat_locations"]
    assert places["location_id"].tolist() == ["E2300 N2100"]
    assert places["incidents"].tolist() == [60]
    assert {"pattern", "rank", "rank_low", "rank_high"} <= set(places.columns)
    assert not {"rate_ratio", "recent_incidents", "year_before_incidents"} & set(places.columns)
    # One point of two reports is a cluster of nothing: below two there is no list, and the reason is told.
    single = where_inside(
        frame_of([(2300, 2100), (50, 50)]), order_of(), "Drinking", "council", areas=BOROUGH
    )
    assert len(single["repeat_locations"]) == 0
    assert "no location has 2 or more" in single["not_available"]["reason"].item()


def test_streets_and_units_of_the_order_have_their_evidence() -> None:
    streets = gpd.GeoDataFrame(
        {"street_id": ["s1", "s2", "s3"], "name": ["High Street", "Low Street", "Far Street"]},
        geometry=[
            shapely.LineString([(2000, 2100), (2400, 2100)]),  # 300 m of it in the order
            shapely.LineString([(2350, 2000), (2350, 2400)]),  # 200 m of it
            shapely.LineString([(0, 0), (100, 0)]),
        ],
        crs=27700,
    )
    units = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"]},
        geometry=[
            shapely.box(0, 0, 2200, 6000),
            shapely.box(2200, 0, 6000, 6000),
            shapely.box(6000, 0, 7000, 6000),
        ],
        crs=27700,
    )
    points = [(2300.0, 2110.0), (2300.0, 2110.0), (2150.0, 2190.0), (100.0, 100.0)]
    data = frame_of(points, ["2022-01", "2023-05", "2023-05", "2023-05"])
    found = where_inside(data, order_of(), "Drinking", "council", areas=units, streets=streets)
    table = found["streets"].set_index("street")
    assert table.loc["High Street", ["n", "months_with", "years"]].tolist() == [2, 2, "2022: 1, 2023: 1"]
    assert table["length_m"].round(6).to_dict() == {
        "High Street": 300.0, "Low Street": 200.0, "over 50 m from any street": 0.0,
    }  # fmt: skip
    assert table.loc["over 50 m from any street", "n"] == 1
    assert found["units"][["unit", "n"]].to_numpy().tolist() == [["a", 1], ["b", 2]]
    assert found["units"]["area_km2"].tolist() == pytest.approx([0.02, 0.04])
    silent = found["without_report"].set_index("part_kind")
    assert silent.loc["street", "part"] == "Low Street"
    assert silent.loc["street", "length_m"] == pytest.approx(200.0)


def test_a_borough_without_a_report_has_nothing_to_test() -> None:
    empty = frame_of([(9000, 9000)])
    found = where_inside(empty, order_of(), "Drinking", "council", areas=BOROUGH)
    assert len(found["cells"]) == 0
    reasons = found["not_available"].set_index("part")["reason"]
    assert reasons["cells"] == "no report of these categories in the borough: there is nothing to test"
    assert reasons["repeat_locations"] == "no report inside the order"
    assert found["density"]["n"].sum() == 0
    assert found["density"]["says"].iloc[0] == "no report in 24 months on 0.06 km2"


def test_a_source_without_evidence_is_refused_and_wider_evidence_is_named() -> None:
    with pytest.raises(InputError, match="no evidence of the prohibition 'Drinking' names the source 'fire'"):
        where_inside(frame_of(cluster()), order_of(), "Drinking", "fire", areas=BOROUGH)
    found = where_inside(frame_of(cluster()), order_of(wider=True), "Drinking", "council", areas=BOROUGH)
    assert set(found["density"]["evidence"]) == {"wider category, share unknown"}


def counts_frame() -> gpd.GeoDataFrame:
    """Return 36 units of 1 km2; the south-west four have 30 reports a month, the others 1, one of them none."""
    rows = []
    for row in range(6):
        for col in range(6):
            busy, silent = row < 2 and col < 2, (row, col) == (2, 2)
            shape = shapely.box(1000 * col, 1000 * row, 1000 * col + 1000, 1000 * row + 1000)
            for month in MONTHS[:3]:
                n = 30 if busy else 0 if silent else 1
                rows.append((f"u{row}{col}", f"Unit {row}{col}", month, "Alcohol", n, "council", shape))
    names = ["area_code", "area_name", "month", "category", "n", "source", "geometry"]
    made = gpd.GeoDataFrame(pd.DataFrame(rows, columns=names).astype({"n": "Int64"}), crs=27700)
    source: provenance.Source = {
        "name": "council", "open": True, "simulated": False, "attribution": "", "months": MONTHS[:3],
    }  # fmt: skip
    return provenance.put(made, {"sources": [source], "as_of": None, "steps": [], "notes": []})


def test_a_counts_table_is_tested_over_a_graph_of_its_units() -> None:
    # The order: the units of rows and columns 1 and 2.
    order = order_of(shapely.box(1000, 1000, 3000, 3000))
    found = where_inside(counts_frame(), order, "Drinking", "council", areas=BOROUGH)
    tested = found["units_tested"]
    totals = counts_frame().groupby("area_code").agg({"n": "sum", "geometry": "first"})
    plain = gpd.GeoDataFrame(totals, geometry="geometry", crs=27700)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = Graph.build_contiguity(plain, rook=False)
    alone = hs.getis_ord(plain, graph)
    assert tested["gi_z"].to_numpy() == pytest.approx(alone.loc[tested.index, "gi_z"].to_numpy())
    share = found["share_hot"].set_index("place")
    hot = set(tested.index[tested["gi_class"].astype("str").isin(["hot 95%", "hot 99%"])])
    assert share.loc["inside", "hot_km2"] == pytest.approx(len(hot & {"u11", "u12", "u21", "u22"}))
    assert share.loc["borough", "hot_km2"] == pytest.approx(len(hot))
    assert "u11" in hot
    assert found["without_report"][["part_kind", "part"]].to_numpy().tolist() == [["unit", "Unit 22"]]
    # Inside: 30 + 1 + 1 + 0 a month.
    assert found["density"].set_index("place").loc["inside", "n"] == 96
    assert found["units"]["n"].tolist() == [90, 3, 3, 0]
    missing = found["not_available"].set_index("part")["reason"]
    assert set(missing.index) == {"cells", "ring", "repeat_locations", "streets"}
    assert set(missing) == {"not available from counts"}


def test_the_order_of_rows_changes_nothing() -> None:
    data = frame_of(cluster())
    mixed = data.sample(frac=1.0, random_state=2)
    mixed.attrs = data.attrs
    first, again = (
        where_inside(one, order_of(), "Drinking", "council", areas=BOROUGH) for one in (data, mixed)
    )
    for part in PARTS:
        pd.testing.assert_frame_equal(pd.DataFrame(first[part]), pd.DataFrame(again[part]), check_exact=False)
