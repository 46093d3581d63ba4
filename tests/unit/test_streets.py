"""Streets from OS Open Roads' two layouts and from plain lines, their nodes, their graph, and the simulated ones."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

import hotspot as hs
from hotspot import provenance, sample
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.street_graph import street_graph, street_network
from hotspot.geography.streets import OS_CREDIT, read_streets
from makers import area_of, points_of

X, Y = 400_000.0, 290_000.0
AREA = area_of(shapely.box(X, Y, X + 1000, Y + 1000))


def line(*xy: tuple[float, ...]) -> shapely.LineString:
    return shapely.LineString([(X + p[0], Y + p[1], *p[2:]) for p in xy])


def lines_of(*shapes: shapely.Geometry, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=27700)


def open_roads() -> gpd.GeoDataFrame:
    """Return three links of which two cross on a bridge, under the names of the GeoPackage, with heights."""
    return lines_of(
        line((100, 100, 5), (300, 100, 6)),
        line((200, 0, 5), (200, 200, 5)),
        line((300, 100, 6), (300, 400, 7)),
        id=["C", "B", "A"],
        fictitious=[False, False, False],
        road_classification=["A Road", "Unclassified", "Unclassified"],
        road_function=["A Road", "Local Road", "Local Road"],
        form_of_way=["Single Carriageway"] * 3,
        road_classification_number=["A457", None, None],
        name_1=[None, "Bridge Street", "Low Street"],
        length=[200, 200, 300],
        start_node=["n1", "n3", "n2"],
        end_node=["n2", "n4", "n5"],
    )


TO_SHAPEFILE = {
    "id": "identifier", "road_classification": "class", "road_function": "function", "form_of_way": "formOfWay",
    "road_classification_number": "roadNumber", "name_1": "name1", "start_node": "startNode", "end_node": "endNode",
}  # fmt: skip


def test_the_geopackage_of_open_roads(tmp_path: Path) -> None:
    path = tmp_path / "oproad_gb.gpkg"
    points_of([(X, Y)], id=["n1"]).to_file(path, layer="road_node")
    open_roads().to_file(path, layer="road_link")
    points_of([(X, Y)], id=["m1"]).to_file(path, layer="motorway_junction")
    streets = read_streets(path, AREA)
    assert streets.columns.tolist() == [
        "street_id", "name", "road_class", "length_m", "start_node", "end_node", "geometry",
    ]  # fmt: skip
    assert streets.crs.to_epsg() == 27700
    assert streets["street_id"].tolist() == ["A", "B", "C"]
    # A road without a name goes by its number.
    assert streets["name"].tolist() == ["Low Street", "Bridge Street", "A457"]
    assert streets["road_class"].tolist() == ["Unclassified", "Unclassified", "A Road"]
    # In the plane: 300 m, though the height changes by 1 m.
    assert streets["length_m"].tolist() == [300.0, 200.0, 200.0]
    assert streets["start_node"].tolist() == ["n2", "n3", "n1"]
    assert not shapely.has_z(streets.geometry.to_numpy()).any()
    record = provenance.of(streets)
    step = record["steps"][-1]
    assert step["source"] == ["oproad_gb.gpkg, layer road_link"]
    assert (step["ids"], step["nodes"], step["streets"]) == ("layer", "layer", 3)
    assert len(step["sha256"][0]) == 64
    assert record["notes"] == [f"Streets: {OS_CREDIT}"]


def test_shapefiles_of_two_squares_share_the_link_between_them(tmp_path: Path) -> None:
    frame = open_roads().rename(columns=TO_SHAPEFILE)
    frame.iloc[:2].to_file(tmp_path / "SO_RoadLink.shp")
    frame.iloc[1:].to_file(tmp_path / "SP_RoadLink.shp")
    both = [tmp_path / "SO_RoadLink.shp", tmp_path / "SP_RoadLink.shp"]
    streets = read_streets(both, AREA)
    assert streets["street_id"].tolist() == ["A", "B", "C"]
    assert streets["name"].tolist() == ["Low Street", "Bridge Street", "A457"]
    assert streets["end_node"].tolist() == ["n5", "n4", "n2"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(streets), pd.DataFrame(read_streets(both[::-1], AREA)), check_like=False
    )


def test_only_segments_near_the_area_are_taken_and_taken_whole(tmp_path: Path) -> None:
    frame = lines_of(
        line((-500, 500), (10, 500)),
        line((-50, 0), (-50, 1000)),
        line((-51, 0), (-51, 1000)),
        id=["into", "at 50 m", "at 51 m"],
    )
    path = tmp_path / "lines.gpkg"
    frame.to_file(path)
    for source in (frame, path):
        with pytest.warns(HotspotWarning, match="1 pairs of lines cross"):
            streets = read_streets(source, AREA)
        assert streets["street_id"].tolist() == ["at 50 m", "into"]
        assert streets["length_m"].tolist() == [1000.0, 510.0]
    assert read_streets(frame, AREA, buffer=0)["street_id"].tolist() == ["into"]
    assert len(quietly(frame, buffer=51)) == 3


def quietly(source: object, **options: object) -> gpd.GeoDataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotWarning)
        return read_streets(source, AREA, **options)  # type: ignore[arg-type]


def test_plain_lines_get_ids_and_nodes_from_their_ends() -> None:
    frame = lines_of(
        line((0.3, 0), (100, 0)), line((100.2, 0), (100, 60)), STREET=["High Street", " "], secret=[1, 2]
    )
    streets = read_streets(frame, AREA, columns={"name": "STREET"})
    # Whole metres: 100.2 and 100 are one node.
    assert streets["street_id"].tolist() == [
        "E400000 N290000 to E400100 N290000 by E400050 N290000",
        "E400100 N290000 to E400100 N290060 by E400100 N290030",
    ]
    assert streets["start_node"].tolist() == ["E400000 N290000", "E400100 N290000"]
    assert streets["end_node"].tolist() == ["E400100 N290000", "E400100 N290060"]
    assert streets["name"].tolist()[0] == "High Street"
    assert streets["name"].isna().tolist() == [False, True]
    assert streets["road_class"].isna().all()
    assert "secret" not in streets.columns
    step = provenance.of(streets)["steps"][-1]
    assert (step["ids"], step["nodes"]) == ("lines", "ends")
    assert provenance.of(streets)["notes"] == []


def test_the_direction_and_the_order_of_lines_do_not_change_their_ids() -> None:
    frame = lines_of(
        line((0, 0), (100, 0)), line((100, 0), (50, 70), (0, 0)), line((0, 0), (50, -9), (100, 0))
    )
    ids = quietly(frame)["street_id"].tolist()
    assert len(set(ids)) == 3
    back = frame.iloc[::-1].set_geometry(shapely.reverse(frame.geometry.to_numpy())[::-1])
    assert quietly(back)["street_id"].tolist() == ids


def test_lines_alike_to_the_metre_are_told_apart_by_their_vertices() -> None:
    twins = lines_of(line((0, 0), (100, 0)), line((0, 0), (50, 0.2), (100, 0)))
    ids = quietly(twins).set_index("street_id").geometry.count_coordinates()
    again = quietly(twins.iloc[::-1]).set_index("street_id").geometry.count_coordinates()
    assert ids.index[1] == ids.index[0] + " #2"
    assert ids.to_dict() == again.to_dict()


def test_a_line_in_several_parts_becomes_several_streets() -> None:
    parts = shapely.MultiLineString([line((0, 0), (100, 0)), line((200, 0), (300, 0))])
    one = shapely.MultiLineString([line((0, 90), (100, 90))])
    ring = shapely.LinearRing([(X + 500, Y + 500), (X + 600, Y + 500), (X + 600, Y + 600)])
    frame = lines_of(
        parts, one, ring, id=[7.0, 8.0, 9.0], start_node=["a", "c", "d"], end_node=["b", "d", "d"]
    )
    streets = read_streets(frame, AREA)
    assert streets["street_id"].tolist() == ["7/1", "7/2", "8", "9"]
    assert set(streets.geom_type) == {"LineString"}
    # The layer's nodes say nothing of the ends in the middle, so none of them is used.
    assert streets["end_node"].tolist()[:2] == ["E400100 N290000", "E400300 N290000"]
    assert streets["start_node"].iloc[3] == streets["end_node"].iloc[3]
    assert streets["length_m"].iloc[3] == pytest.approx(200 + np.hypot(100, 100))


def test_crossings_and_ends_without_a_node_are_counted_and_not_joined() -> None:
    frame = lines_of(line((0, 100), (200, 100)), line((100, 0), (100, 200)), line((150, 100.4), (150, 300)))
    with pytest.warns(
        HotspotWarning, match="1 pairs of lines cross and 1 ends stop on another line"
    ) as caught:
        streets = read_streets(frame, AREA)
    assert caught[0].filename == __file__
    assert street_graph(streets).isolates.tolist() == streets["street_id"].tolist()
    step = provenance.of(streets)["steps"][-1]
    assert (step["crossing"], step["touching"]) == (1, 1)


def test_what_is_left_out_is_counted() -> None:
    frame = lines_of(
        line((0, 0), (9, 0)), line((9, 0), (0, 0)), line((5, 5), (5, 5)), None, shapely.LineString()
    )
    with pytest.warns(HotspotWarning, match="3 features without a line, .* 1 lines repeat another"):
        streets = read_streets(frame, AREA)
    assert len(streets) == 1
    step = provenance.of(streets)["steps"][-1]
    assert (step["features"], step["left_out"], step["repeated"]) == (5, 3, 1)


def test_degrees_are_read_by_the_pinned_transformation(tmp_path: Path) -> None:
    from hotspot.geography.projection import geometry_to_wgs84

    frame = lines_of(line((0, 0), (100, 0)), line((100, 0), (100, 50)), id=["a", "b"])
    path = tmp_path / "lines.geojson"
    geometry_to_wgs84(frame).to_file(path, driver="GeoJSON")
    streets = read_streets(path, AREA)
    # GeoJSON keeps seven decimals of a degree, about a centimetre.
    assert streets["length_m"].to_numpy() == pytest.approx([100, 50], abs=0.03)
    assert streets["end_node"].iloc[0] == streets["start_node"].iloc[1] == "E400100 N290000"


def test_streets_written_and_read_again_are_the_same(tmp_path: Path) -> None:
    first = read_streets(open_roads(), AREA)
    first.to_file(tmp_path / "streets.gpkg")
    again = read_streets(tmp_path / "streets.gpkg", AREA)
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(again))


def test_the_input_is_left_as_it_was() -> None:
    frame = open_roads()
    before = frame.copy()
    read_streets(frame, AREA)
    assert frame.equals(before)
    assert frame.attrs == before.attrs


def test_credit_is_the_callers_word() -> None:
    streets = read_streets(open_roads(), AREA, attribution="Made by the council")
    assert provenance.of(streets)["notes"] == ["Streets: Made by the council"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (lines_of(), r"no street lies within 50 m of the area"),
        (lines_of(line((9000, 0), (9100, 0))), r"no street .* 400000 to 401000 .* 1 features .* 409000 to 409100"),
        (lines_of(line((0, 0), (9, 0)), shapely.Point(X, Y)), r"1 of 2 features are no lines .* feature 1: Point"),
        (lines_of(line((0, 0), (9, 0))).set_crs(None, allow_override=True), r"coordinate reference system is not said"),
        (lines_of(line((0, 0), (9, 0)), line((9, 0), (9, 9)), id=["a", None]), r"1 of 2 streets have no id .* feature 1"),
        (
            lines_of(line((0, 0), (9, 0)), line((9, 0), (9, 9)), id=["a", "a"]),
            r"1 ids stand on more than one street \(the first is 'a', features 0, 1\)",
        ),
    ],
)  # fmt: skip
def test_streets_that_cannot_be_used(frame: gpd.GeoDataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_streets(frame, AREA)


def test_ids_can_be_made_anew_where_the_layers_own_are_bad() -> None:
    frame = lines_of(line((0, 0), (9, 0)), line((9, 0), (9, 9)), id=["a", "a"])
    assert read_streets(frame, AREA, columns={"street_id": None})["street_id"].is_unique


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    area_of(shapely.box(X, Y, X + 9, Y + 9)).to_file(path, layer="wards")
    lines_of(line((0, 0), (9, 0))).to_file(path, layer="paths")
    with pytest.raises(InputError, match="has 2 layers"):
        read_streets(path, AREA)
    with pytest.raises(InputError, match=r"has no layer 'roads'; it has: .*paths"):
        read_streets(path, AREA, layer="roads")
    with pytest.raises(
        InputError, match=r"layer wards of two.gpkg holds (Multi)?Polygons; streets are lines"
    ):
        read_streets(path, AREA, layer="wards")
    assert len(read_streets(path, AREA, layer="paths")) == 1
    with pytest.raises(InputError, match="does not exist"):
        read_streets(tmp_path / "none.gpkg", AREA)
    with pytest.raises(InputError, match="is a folder"):
        read_streets(tmp_path, AREA)
    (tmp_path / "text.gpkg").write_text("no geopackage")
    with pytest.raises(InputError, match="no vector file that can be read"):
        read_streets(tmp_path / "text.gpkg", AREA)
    shape = tmp_path / "bare.shp"
    lines_of(line((0, 0), (9, 0))).to_file(shape)
    shape.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"needs its .prj beside it"):
        read_streets(shape, AREA)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ([], {}, "an empty list"),
        (3, {}, "given int"),
        ([3], {}, "the first that is none is a int"),
        (open_roads(), {"layer": "x"}, "layer is for files"),
        (open_roads(), {"columns": {"street": "x"}}, "names a part 'street'; the parts are street_id, name"),
        (open_roads(), {"columns": {"name": "x"}}, r"columns\['name'\]='x' is no column of the streets; they have id"),
        (open_roads(), {"buffer": -1}, "buffer=-1 is no number of metres"),
        (open_roads(), {"buffer": float("nan")}, "buffer=nan is no number"),
    ],
)  # fmt: skip
def test_calls_that_cannot_be_answered(source: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_streets(source, AREA, **options)  # type: ignore[arg-type]


def small_town() -> gpd.GeoDataFrame:
    """Return a star of three streets at b, a loop at c, a twin of b-c, and a street apart."""
    ends = [("a", "b"), ("b", "c"), ("b", "d"), ("c", "c"), ("c", "b"), ("x", "y")]
    shapes = [line((n, 0), (n, 10 * (n + 1))) for n in range(len(ends))]
    return lines_of(
        *shapes, street_id=list("STUVWX"), start_node=[a for a, _ in ends], end_node=[b for _, b in ends]
    )


def test_segments_that_share_a_node_are_neighbours() -> None:
    streets = small_town()
    graph = street_graph(streets)
    expected = {
        ("S", "T"), ("S", "U"), ("S", "W"), ("T", "U"), ("T", "V"), ("T", "W"), ("U", "W"), ("V", "W"),
    }  # fmt: skip
    weights = graph.adjacency
    found = {(a, b) for (a, b), weight in weights.items() if weight > 0}
    assert found == expected | {(b, a) for a, b in expected}
    assert set(weights) == {0, 1}
    assert graph.isolates.tolist() == ["X"]
    shuffled = street_graph(streets.sample(frac=1, random_state=3))
    assert shuffled.adjacency.sort_index().to_dict() == weights.sort_index().to_dict()


def test_the_network_as_arrays() -> None:
    network = street_network(small_town().iloc[::-1])
    assert network.street_ids.tolist() == list("STUVWX")
    assert network.nodes.tolist() == ["a", "b", "c", "d", "x", "y"]
    assert network.start.tolist() == [0, 1, 1, 2, 2, 4]
    assert network.end.tolist() == [1, 2, 3, 2, 1, 5]
    assert network.length_m.tolist() == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    # b ends S, T, U, W; c ends T, V twice, W.
    assert network.degree.tolist() == [1, 4, 4, 1, 1, 1]


def test_gi_over_streets_takes_the_graph() -> None:
    streets = small_town().set_index("street_id", drop=False).assign(n=[9, 0, 1, 0, 2, 0])
    result = hs.getis_ord(streets, street_graph(streets))
    # W_i x S: x = 9, 0, 1, 2 around S and itself; n = 6, mean 2, population variance (81 + 1 + 4) / 6 - 4 = 10.3333.
    expected = (12 - 2 * 4) / (np.sqrt(62 / 6) * np.sqrt((6 * 4 - 16) / 5))
    assert result.loc["S", "gi_z"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (small_town().drop(columns="start_node"), "no column 'start_node'"),
        (small_town().assign(end_node=None), "6 of 6 streets have no end_node"),
        (small_town().assign(street_id="S"), "1 ids stand on more than one street"),
        (small_town().iloc[:0], "there are no streets"),
        (pd.DataFrame(small_town().drop(columns="geometry")), "must be a GeoDataFrame of lines"),
        (small_town().set_geometry(small_town().buffer(1)), "6 of 6 streets are no single line"),
    ],
)
def test_streets_without_a_network(frame: gpd.GeoDataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        street_network(frame)


def test_the_simulated_streets() -> None:
    streets = sample.streets()
    assert streets.columns.tolist() == read_streets(open_roads(), AREA).columns.tolist()
    assert streets["street_id"].is_unique
    assert provenance.is_simulated([streets])
    assert streets["road_class"].str.startswith("Simulated").all()
    assert streets["name"].dropna().str.startswith("Simulated Street").all()
    # A street for each of the 4,300 map points, in their order and with their names; links have no name.
    points = sample.map_points()
    own = streets[streets["name"].notna()]
    assert own["name"].tolist() == points["location"].str.removeprefix("On or near ").tolist()
    away = shapely.distance(points.geometry.to_numpy(), own.geometry.to_numpy())
    assert away.max() <= 15.1
    # No street of another map point comes nearer than half of the least spacing of points, bar the rounding.
    tree = shapely.STRtree(streets.geometry.to_numpy())
    point, street = tree.query(points.geometry.to_numpy(), predicate="dwithin", distance=42.0)
    assert street.tolist() == point.tolist()


def test_the_simulated_streets_are_one_network_that_meets_at_its_nodes() -> None:
    streets = sample.streets()
    shapes = streets.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    assert len(one) == len(other) == 0
    network = street_network(streets)
    pairs = coo_array(
        (np.ones(len(network.start)), (network.start, network.end)), shape=(len(network.nodes),) * 2
    )
    _, labels = connected_components(pairs, directed=False)
    assert np.bincount(labels).max() >= 0.99 * len(network.nodes)
    # Each node is at one place, and each place is one node.
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(shapes, at)) for at in (0, -1)])
    nodes = np.concatenate([streets["start_node"], streets["end_node"]])
    places = pd.DataFrame({"node": nodes, "x": ends[:, 0], "y": ends[:, 1]}).drop_duplicates()
    assert len(places) == len(network.nodes) == len(places[["x", "y"]].drop_duplicates())


def test_the_simulated_streets_are_made_again_alike_and_differ_by_seed() -> None:
    first = sample.streets()
    first.loc[0, "name"] = "changed by the caller"
    assert sample.streets().loc[0, "name"] == "Simulated Street 0001"
    from hotspot.sample import roads

    again = roads.make_streets(sample.map_points())
    assert again.equals(sample.streets())
    few = sample.map_points().iloc[:400]
    one, other = roads.make_streets(few, seed=1), roads.make_streets(few, seed=2)
    assert not one.geometry.equals(other.geometry)


def test_simulated_streets_of_scattered_points_still_pass_each_point() -> None:
    # Points 400 m apart have no corner within reach: each gets a straight street of its own.
    from hotspot.sample import roads

    xy = [(X + 400 * i, Y + 400 * j + 7 * i) for i in range(4) for j in range(4)]
    points = points_of(xy, location=[f"On or near {i}" for i in range(16)])
    points = points.assign(easting=[p[0] for p in xy], northing=[p[1] for p in xy])
    streets = roads.make_streets(points)
    near, _ = cKDTree(np.array(xy)).query(
        shapely.get_coordinates(shapely.centroid(streets.geometry.to_numpy()))
    )
    assert len(streets) == 16
    assert near.max() <= 15.1


def test_coordinates_out_of_reach_are_refused() -> None:
    far = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(-2, 52), (-2, 52.1)]), shapely.LineString([(-2, 52), (400, 95)])]
    )
    with pytest.raises(InputError, match=r"not finite in EPSG:27700 \(the first is feature 1\)"):
        read_streets(far.set_crs(4326), AREA)


def test_points_with_heights_are_no_streets_either(tmp_path: Path) -> None:
    high = gpd.GeoDataFrame(geometry=[shapely.Point(X, Y, 5)], crs=27700)
    high.to_file(tmp_path / "high.gpkg")
    with pytest.raises(InputError, match=r"the layer high of high.gpkg holds Points; streets are lines"):
        read_streets(tmp_path / "high.gpkg", AREA)
