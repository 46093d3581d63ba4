"""The nearest street of each incident: ties, the limit, what is counted, and what is refused."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance, sample
from hotspot.errors import HotspotWarning, InputError
from hotspot.geography.snap import nearest_line, snap_to_streets
from hotspot.geography.streets import read_streets
from makers import points_of


def streets_of(**lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(xy) for xy in lines.values()]
    return gpd.GeoDataFrame({"street_id": list(lines)}, geometry=shapes, crs=27700)


# A cross of four arms at (100, 100), and a street apart to the north.
CROSS = streets_of(
    west=[(0, 100), (100, 100)],
    east=[(100, 100), (200, 100)],
    south=[(100, 0), (100, 100)],
    north=[(100, 100), (100, 200)],
    far=[(0, 400), (200, 400)],
)


def test_the_nearest_street_and_its_distance() -> None:
    incidents = points_of([(50, 110), (130, 90), (104, 20), (50, 370), (0, 60)], n=[1, 2, 3, 4, 5])
    incidents.index = pd.Index([5, 4, 9, 1, 7])
    before = incidents.copy()
    result = snap_to_streets(incidents, CROSS)
    assert incidents.equals(before)
    assert result.index.tolist() == [5, 4, 9, 1, 7]
    assert result["street_id"].tolist() == ["west", "east", "south", "far", "west"]
    assert result["street_distance_m"].tolist() == [10.0, 10.0, 4.0, 30.0, 40.0]
    assert result["n"].tolist() == [1, 2, 3, 4, 5]
    step = provenance.of(result)["steps"][-1]
    assert step == {
        "step": "snap_to_streets", "limit_m": 50.0, "streets": 5, "matched": 5, "beyond_limit": 0,
    }  # fmt: skip


def test_a_tie_goes_to_the_lowest_id_whatever_the_order() -> None:
    # On the junction all four are at 0; on the diagonal two are 20 m away, one by its inside and one by its end.
    xy = [(100, 100), (80, 80), (120, 120), (80, 120)]
    expected = ["east", "south", "east", "north"]
    for streets in (CROSS, CROSS.iloc[::-1], CROSS.iloc[[2, 0, 4, 1, 3]]):
        turned = streets.set_geometry(shapely.reverse(streets.geometry.to_numpy()))
        for frame in (streets, turned):
            assert snap_to_streets(points_of(xy), frame)["street_id"].tolist() == expected
            back = snap_to_streets(points_of(xy[::-1]), frame)["street_id"].tolist()
            assert back == expected[::-1]


def test_a_millimetre_is_no_difference() -> None:
    two = streets_of(b=[(0, 0), (100, 0)], a=[(0, 20.0008), (100, 20.0008)])
    result = snap_to_streets(points_of([(50, 10), (50, 9.998)]), two)
    assert result["street_id"].tolist() == ["a", "b"]
    assert result["street_distance_m"].tolist() == [10.0, 9.998]


def test_beyond_the_limit_there_is_no_street_and_it_is_counted() -> None:
    incidents = points_of([(50, 150), (49, 151), (50, 250), (50, 250), (50, 360)])
    with pytest.warns(
        HotspotWarning, match=r"3 of 5 incidents are over 50 m from any street \(first rows: 1, 2, 3\)"
    ) as caught:
        result = snap_to_streets(incidents, CROSS)
    assert caught[0].filename == __file__
    # (50, 150) is 50 m from west and from north: the limit itself is within it.
    assert result["street_id"].astype(object).where(result["street_id"].notna(), None).tolist() == [
        "north", None, None, None, "far",
    ]  # fmt: skip
    assert result["street_distance_m"].isna().tolist() == [False, True, True, True, False]
    step = provenance.of(result)["steps"][-1]
    assert (step["matched"], step["beyond_limit"]) == (2, 3)
    assert snap_to_streets(incidents, CROSS, limit=150)["street_id"].notna().all()


def test_counting_by_street_keeps_the_streets_without_incidents() -> None:
    result = snap_to_streets(points_of([(50, 110), (60, 110), (130, 90)]), CROSS)
    counts = result["street_id"].value_counts()
    assert counts.to_dict() == {"west": 2, "east": 1, "north": 0, "south": 0, "far": 0}


def test_incidents_and_streets_in_degrees_are_brought_to_the_grid() -> None:
    from hotspot.geography.projection import geometry_to_wgs84

    streets = CROSS.set_geometry(
        shapely.transform(CROSS.geometry.to_numpy(), lambda xy: xy + np.array([400_000, 290_000]))
    )
    incidents = points_of([(400_050, 290_110)])
    result = snap_to_streets(geometry_to_wgs84(incidents), geometry_to_wgs84(streets))
    assert result.crs.to_epsg() == 4326
    assert result["street_id"].tolist() == ["west"]
    assert result["street_distance_m"].iloc[0] == pytest.approx(10.0, abs=1e-3)


def test_the_record_says_what_a_map_point_stands_for() -> None:
    incidents = points_of([(50, 110), (60, 110)], location_precision=["map_point", "map_point"])
    notes = provenance.of(snap_to_streets(incidents, sample.streets().iloc[:1], limit=1e6))["notes"]
    assert len(notes) == 2
    assert notes[0] == "Streets: simulated; none of them exists."
    assert "nearest to that point, not for the one where it happened" in notes[1]
    credited = provenance.note(CROSS.copy(), "Streets: of the council.")
    exact = incidents.assign(location_precision="exact")
    assert provenance.of(snap_to_streets(exact, credited))["notes"] == ["Streets: of the council."]


def test_no_incidents_is_an_empty_answer() -> None:
    result = snap_to_streets(points_of([]), CROSS)
    assert len(result) == 0
    assert list(result.columns[-2:]) == ["street_id", "street_distance_m"]


@pytest.mark.parametrize(
    ("incidents", "streets", "options", "message"),
    [
        (points_of([(0, 0)], street_id=["x"]), CROSS, {}, "a column 'street_id' already"),
        (points_of([(0, 900)]), CROSS, {}, "none of the 1 incidents is within 50 m of one of the 5 streets"),
        (
            points_of([(0, 90), (0, 90)], location_precision=["exact", "area"]),
            CROSS,
            {},
            r"1 of 2 incidents have location_precision 'area' \(the first is row 1\)",
        ),
        (points_of([(0, 90)]), CROSS.assign(street_id="a"), {}, "1 ids stand on more than one street"),
        (points_of([(0, 90)]), CROSS.assign(street_id=None), {}, "5 of 5 streets have no id"),
        (points_of([(0, 90)]), CROSS.drop(columns="street_id"), {}, "no column 'street_id'"),
        (points_of([(0, 90)]), CROSS.iloc[:0], {}, "there are no streets"),
        (points_of([(0, 90)]), CROSS.set_crs(None, allow_override=True), {}, "do not say their coordinate"),
        (points_of([(0, 90)]), CROSS, {"limit": -1}, "limit=-1 is no number of metres"),
        (points_of([(0, 90)]), CROSS, {"limit": True}, "limit=True is no number"),
    ],
)
def test_what_cannot_be_snapped(
    incidents: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, options: dict[str, float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        snap_to_streets(incidents, streets, **options)


def test_the_samples_incidents_lie_on_the_samples_streets() -> None:
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    streets = read_streets(sample.streets(), area)
    incidents = hs.read_police_uk(sample.police_uk_archive()).incidents
    snapped = snap_to_streets(incidents, streets)
    # Each map point lies within 15 m of the street of its name, and the reader keeps whole metres.
    assert snapped["street_distance_m"].max() < 16
    names = snapped["street_id"].astype("str").map(streets.set_index("street_id")["name"])
    assert (("On or near " + names) == snapped["location"]).all()
    assert int(snapped["street_id"].value_counts().sum()) == len(incidents)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HotspotWarning)
        cases = hs.read_incidents(sample.export("council_cases"), sample.mapping("council_cases")).incidents
        snapped = snap_to_streets(cases, streets)
    # Premises lie up to 60 m from a map point whose street passes it: few are beyond 50 m.
    assert snapped["street_id"].notna().mean() > 0.95
    assert int(snapped["street_id"].value_counts().sum()) == int(snapped["street_id"].notna().sum())


def test_the_kernel_agrees_with_a_search_of_every_pair_on_the_sample() -> None:
    lines = sample.streets().geometry.to_numpy()
    points = sample.map_points().iloc[::10]
    rng = np.random.default_rng(20)
    x = points["easting"].to_numpy() + rng.uniform(-90, 90, len(points))
    y = points["northing"].to_numpy() + rng.uniform(-90, 90, len(points))
    position, distance = nearest_line(x, y, lines, 50.0)
    whole = shapely.distance(shapely.points(x, y)[:, np.newaxis], lines[np.newaxis, :])
    best = whole.min(axis=1)
    expected = np.where(best <= 50.0, (whole <= best[:, np.newaxis] + 0.001).argmax(axis=1), -1)
    assert position.tolist() == expected.tolist()
    assert distance == pytest.approx(np.where(best <= 50.0, best, np.nan), nan_ok=True)
    assert 0 < (position < 0).sum() < len(position) / 2
