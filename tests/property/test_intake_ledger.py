"""Whatever comes in: read = used + set aside, and nothing but InputError is raised."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot.errors import InputError
from hotspot.intake.ledger import Intake
from hotspot.intake.partner import read_incidents

MAPPING: dict[str, Any] = {
    "source": {"name": "Cases", "location_precision": "address"},
    "columns": {
        "id": "id",
        "category": "type",
        "start": "start",
        "end": "end",
        "place_id": "uprn",
        "keep": ["ward"],
    },
    "dates": {"order": "day-first"},
    "coordinates": {"easting": "x", "northing": "y"},
    "leave_out": [{"column": "ward", "equals": ["w"], "reason": "left out"}],
}
DEGREES = {**MAPPING, "coordinates": {"lon": "x", "lat": "y"}}
REFERENCES = {**MAPPING, "coordinates": {"grid_reference": "x"}}
OWN_POINTS = {key: value for key, value in MAPPING.items() if key != "coordinates"}
FIXED = {
    **MAPPING,
    "categories": {"others": "set aside", "names": {"a": "A"}},
    "fix": {
        "swap_coordinates": True, "degrees_in_metre_columns": True, "two_digit_years": True, "end_before_start": True,
    },
    "check": {"as_of": "2024-12-31"},
}  # fmt: skip
COLUMNS = ["id", "type", "start", "end", "uprn", "ward", "x", "y"]
MAPPINGS = st.sampled_from([MAPPING, DEGREES, REFERENCES, FIXED])
USUAL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

DATES = [
    "01/03/2024",
    "31/02/2024 10:00",
    "2024-03-01T10:00:00+02:00",
    "13/13/13",
    "31/03/2024 01:30",
    "0",
    "24:00",
]
PLACES = ["399000", "291000", "-1.99", "52.5", "0", "SP 0012 9134", "1e999", "NaN", "", "4.0E5", "٣"]
TEXTS = st.sampled_from([*DATES, *PLACES, "a", "w", '"', ",", "\n", ";", " "]) | st.text(max_size=6)
CELLS = (
    TEXTS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.binary(max_size=3)
    | st.decimals()
    | st.lists(st.integers(), max_size=2)
)


def closes(intake: Intake, rows: int | None = None) -> None:
    ledger = intake.ledger
    reasons = [name for name in ledger.columns[5:] if name != "sha256"]
    assert (ledger["read"] == ledger["used"] + ledger["set_aside"]).all()
    assert (ledger["set_aside"] == ledger[reasons].sum(axis=1)).all()
    assert ledger["used"].sum() == len(intake.incidents)
    assert ledger["set_aside"].sum() == len(intake.set_aside)
    assert rows is None or ledger["read"].sum() == rows
    assert (intake.set_aside["value"].str.len() <= 40).all()
    assert (intake.findings["example"].str.len() <= 40).all()
    points = shapely.get_coordinates(intake.incidents.geometry.to_numpy())
    assert len(points) == len(intake.incidents)
    assert np.isfinite(points).all()
    assert intake.incidents["start"].notna().all()
    seen = pd.concat([intake.incidents["source_row"], intake.set_aside["row"]])
    assert len(ledger) > 1 or not seen.duplicated().any()


def read_bytes(data: bytes, mapping: dict[str, Any], name: str = "cases.csv") -> Intake | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        with contextlib.suppress(InputError):
            return read_incidents(path, mapping)
    return None


@USUAL
@given(st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=8), MAPPINGS)
def test_any_frame(rows: list[list[Any]], mapping: dict[str, Any]) -> None:
    frame = pd.DataFrame(
        {name: pd.Series([row[at] for row in rows], dtype=object) for at, name in enumerate(COLUMNS)}
    )
    before = frame.map(repr)
    with contextlib.suppress(InputError):
        closes(read_incidents(frame, mapping), len(rows))
    pd.testing.assert_frame_equal(frame.map(repr), before)


@USUAL
@given(
    st.lists(st.sampled_from([*DATES, None]), min_size=1, max_size=6),
    st.lists(st.floats() | st.sampled_from([399000.0, 52.5, -1.99]), min_size=6, max_size=6),
    st.booleans(),
)
def test_any_typed_frame(dates: list[str | None], numbers: list[float], aware: bool) -> None:
    count = len(dates)
    when = pd.date_range("2024-03-31", periods=count, freq="h", tz="UTC" if aware else None)
    frame = pd.DataFrame(
        {"id": range(count), "type": pd.Categorical(["a"] * count), "start": when, "end": dates}
    )
    frame = frame.assign(uprn=numbers[:count], ward=True, x=numbers[:count], y=numbers[::-1][:count])
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["x"], frame["y"]), crs="EPSG:4326")
    before = frame.map(repr)
    known = {row for row in range(count) if np.isfinite([numbers[row], numbers[::-1][row]]).all()}
    for given_one, mapping in ((frame, MAPPING), (frame, DEGREES), (frame, FIXED), (points, OWN_POINTS)):
        intake = read_if_possible(given_one, mapping)
        if intake is not None:
            closes(intake, count)
            # A point is never made up for a row whose numbers are none. Row 1 of a frame is its first.
            assert {row - 1 for row in intake.incidents["source_row"]} <= known
    pd.testing.assert_frame_equal(frame.map(repr), before)


def read_if_possible(frame: pd.DataFrame, mapping: dict[str, Any]) -> Intake | None:
    with contextlib.suppress(InputError):
        return read_incidents(frame, mapping)
    return None


@pytest.mark.parametrize("aware", [False, True])
@pytest.mark.parametrize(
    ("mapping", "x", "y"),
    [
        (MAPPING, 399000.0, 291000.0),
        (FIXED, 399000.0, 291000.0),
        (DEGREES, -2.0, 52.5),
        (OWN_POINTS, -2.0, 52.5),
    ],
)
def test_a_typed_frame_without_faults_is_read_whole(
    aware: bool, mapping: dict[str, Any], x: float, y: float
) -> None:
    # Else the test above could pass by refusing everything.
    when = pd.date_range("2024-03-31", periods=3, freq="h", tz="UTC" if aware else None)
    frame = pd.DataFrame(
        {"id": range(3), "type": pd.Categorical(["a"] * 3), "start": when, "end": [None] * 3}
    )
    frame = frame.assign(uprn=[1.0, 2.0, 2.0], ward=True, x=x, y=y)
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([x] * 3, [y] * 3), crs="EPSG:4326")
    intake = read_incidents(points if mapping is OWN_POINTS else frame, mapping)
    closes(intake, 3)
    assert intake.incidents["source_row"].tolist() == [1, 2, 3]


HEADERS = st.sampled_from(
    [",".join(COLUMNS), ";".join(COLUMNS), "\t".join(COLUMNS), ",".join([*COLUMNS, "notes"])]
)
PIECES = st.lists(
    st.sampled_from([",", ";", "\t", "\n", "\r\n", "\r", '"', '""', "\n,", '",', "a", " ", *DATES, *PLACES])
    | st.text(max_size=3),
    max_size=60,
)


@USUAL
@given(HEADERS, PIECES, MAPPINGS, st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "cp1252"]))
def test_any_text_under_a_right_header(
    header: str, pieces: list[str], mapping: dict[str, Any], code: str
) -> None:
    text = header + "\n" + "".join(pieces)
    intake = read_bytes(text.encode(code, errors="replace"), mapping)
    if intake is not None:
        closes(intake)


@USUAL
@given(
    st.lists(
        st.lists(st.sampled_from([*DATES, *PLACES, 'a"b', "c,d", "e\nf", "w", '"']), min_size=8, max_size=8)
    )
)
def test_sound_csv_counts_every_record(rows: list[list[str]]) -> None:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    intake = read_bytes(text.getvalue().encode(), MAPPING)
    assert intake is not None
    closes(intake, len(rows))


@USUAL
@given(st.binary(max_size=300), st.sampled_from([b"", b",".join(name.encode() for name in COLUMNS) + b"\n"]))
def test_any_bytes(data: bytes, header: bytes) -> None:
    for name in ("cases.csv", "cases.xlsx", "cases.parquet", "cases.gpkg", "cases.geojson"):
        intake = read_bytes(header + data, MAPPING, name)
        if intake is not None:
            closes(intake)
    for start in (
        b"PK\x03\x04",
        b"PAR1",
        b"SQLite format 3\0",
        b'{"type": "FeatureCollection", "features": [',
    ):
        assert read_bytes(start + data, MAPPING) is None
