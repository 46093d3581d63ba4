"""Known places: a table that users fill in, and incidents at them flagged, apart or left out, always counted."""

from __future__ import annotations

from pathlib import Path

import pytest

import hotspot as hs
from hotspot import provenance
from hotspot.intake.known_places import flag_known_places, new_known_places, read_known_places
from makers import points_of

LINES = (
    "Simulated Hospital,hospital,400000,290000,200,made up\n"
    '"Simulated Court, East",court,400300,290000,150,made up\n'
)


def table(folder: Path, lines: str = LINES) -> Path:
    path = folder / "places.csv"
    path.write_text(new_known_places() + lines, encoding="utf-8")
    return path


def test_the_template_is_empty_and_reads_back(tmp_path: Path) -> None:
    assert len(read_known_places(table(tmp_path, ""))) == 0
    places = read_known_places(table(tmp_path))
    assert places["name"].tolist() == ["Simulated Court, East", "Simulated Hospital"]
    assert places["radius_m"].tolist() == [150.0, 200.0]
    assert places.crs.to_epsg() == 27700


def test_incidents_are_flagged_by_the_nearest_place_that_reaches_them(tmp_path: Path) -> None:
    # 200 m is on the hospital's edge; 160 m is 140 m from the court and in reach of both; 201 m north is in none.
    incidents = points_of([(400_000, 290_000), (400_160, 290_000), (400_000, 290_201), (399_800, 290_000)])
    result = flag_known_places(incidents, read_known_places(table(tmp_path)))
    assert result["known_place"].tolist()[:2] == ["Simulated Hospital", "Simulated Court, East"]
    assert result["known_place"].isna().tolist() == [False, False, True, False]
    assert result["known_kind"].tolist()[3] == "hospital"
    step = provenance.of(result)["steps"][-1]
    assert step["by_kind"] == {"court": 1, "hospital": 2}
    assert provenance.of(result)["notes"] == [
        "Known places (2 listed): 3 of 4 incidents (75.0 %) are at one: court 1, hospital 2; flagged."
    ]
    assert list(incidents.columns) == ["geometry"]


def test_apart_and_left_out_are_counted(tmp_path: Path) -> None:
    places = read_known_places(table(tmp_path))
    incidents = points_of([(400_000, 290_000)] * 40 + [(405_000, 290_000)])
    apart = flag_known_places(incidents, places, action="apart")
    assert (len(apart), int(apart["ranked_apart"].sum())) == (41, 40)
    rest = flag_known_places(incidents, places, action="leave out")
    assert rest.index.tolist() == [40]
    assert "40 of 41 incidents (97.6 %) are at one: hospital 40; left out." in provenance.of(rest)["notes"][0]
    with pytest.raises(hs.InputError, match="all 40 incidents are at known places"):
        flag_known_places(incidents.iloc[:40], places, action="leave out")


def test_no_place_listed_flags_nothing(tmp_path: Path) -> None:
    result = flag_known_places(points_of([(400_000, 290_000)]), read_known_places(table(tmp_path, "")))
    assert result["known_place"].isna().all()


def test_a_tie_goes_to_the_first_by_name(tmp_path: Path) -> None:
    lines = "B,court,400200,290000,200,made up\nA,court,400000,290000,200,made up\n"
    places = read_known_places(table(tmp_path, lines))
    assert flag_known_places(points_of([(400_100, 290_000)]), places)["known_place"].tolist() == ["A"]


def test_a_radius_finer_than_the_locations_is_refused(tmp_path: Path) -> None:
    places = read_known_places(table(tmp_path, "A,court,400000,290000,99,made up\n"))
    incidents = points_of([(400_000, 290_000)], location_precision=["map_point"])
    with pytest.raises(hs.InputError, match="radius_m=99 m is finer"):
        flag_known_places(incidents, places)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("A,court,400000,290000,200", "line 11: 5 fields, the heading has 6"),
        ("A,pub,400000,290000,200,x", "line 11: kind='pub' is unknown; use one of hospital"),
        ("A,court,-1.99,52.5,200,x", "line 11: easting='-1.99' is not a number of metres"),
        ("A,court,400000,290000,0,x", "line 11: radius_m='0' is not"),
        ("A,court,400000,290000,5000,x", "radius_m='5000' is not"),
        ("A,court,nan,290000,200,x", "easting='nan'"),
        (",court,400000,290000,200,x", "name is blank"),
        ("A,court,400000,290000,200,", "source is blank"),
        ("A,court,400000,290000,200,x\nA,court,400100,290000,200,x", "'A' stands twice"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(hs.InputError, match=message):
        read_known_places(table(tmp_path, line + "\n"))


def test_other_bad_calls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="does not exist"):
        read_known_places(tmp_path / "none.csv")
    path = tmp_path / "other.csv"
    path.write_text("name,kind,x,y\n", encoding="utf-8")
    with pytest.raises(hs.InputError, match="it must hold name, kind, easting"):
        read_known_places(path)
    places = read_known_places(table(tmp_path))
    incidents = points_of([(400_000, 290_000)])
    with pytest.raises(hs.InputError, match="use 'flag', 'apart' or 'leave out'"):
        flag_known_places(incidents, places, action="drop")  # type: ignore[arg-type]
    with pytest.raises(hs.InputError, match="'known_place' already"):
        flag_known_places(flag_known_places(incidents, places), places)
    with pytest.raises(hs.InputError, match="no column 'kind'"):
        flag_known_places(incidents, places.drop(columns="kind"))
