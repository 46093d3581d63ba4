"""The pinned transformation is EPSG's, and its inverse takes points back."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pyproj.crs import CoordinateOperation
from pyproj.transformer import TransformerGroup

from hotspot.geography.projection import geometry_to_bng, geometry_to_wgs84, to_easting_northing, to_lon_lat

PLACES = [(-1.99, 52.52), (-5.7, 50.06), (1.75, 52.48), (-1.15, 60.15), (-7.3, 55.0), (-2.1, 49.2)]


def test_the_pipeline_is_epsg_operation_1314() -> None:
    operation = CoordinateOperation.from_epsg(1314)
    assert operation.name == "OSGB36 to WGS 84 (6)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyproj says that a more accurate grid is not installed.
        group = TransformerGroup(27700, 4326, always_xy=True)
    stated = [t for t in group.transformers if "OSGB36 to WGS 84 (6)" in t.description]
    assert len(stated) == 1
    lon, lat = np.array(PLACES).T
    ours = to_easting_northing(lon, lat)
    epsg = stated[0].transform(lon, lat, direction="INVERSE")
    np.testing.assert_allclose(ours, epsg, rtol=0, atol=1e-6)


def test_there_and_back() -> None:
    # Dropping the height between the two ellipsoids leaves about a millimetre, 1e-8 of a degree.
    lon, lat = np.array(PLACES).T
    np.testing.assert_allclose(to_lon_lat(*to_easting_northing(lon, lat)), (lon, lat), rtol=0, atol=3e-8)
    easting, northing = np.array([400000.0, 91500.0, 655000.0]), np.array([290000.0, 10500.0, 300000.0])
    np.testing.assert_allclose(
        to_easting_northing(*to_lon_lat(easting, northing)), (easting, northing), rtol=0, atol=0.002
    )


def test_six_decimals_keep_whole_metres() -> None:
    easting, northing = np.meshgrid(np.arange(398000.0, 402000, 97), np.arange(284000.0, 296000, 89))
    lon, lat = to_lon_lat(easting.ravel(), northing.ravel())
    x, y = to_easting_northing(np.round(lon, 6), np.round(lat, 6))
    np.testing.assert_array_equal(np.rint(x), easting.ravel())
    np.testing.assert_array_equal(np.rint(y), northing.ravel())


def test_out_of_reach_is_infinite_and_not_a_number_like_others() -> None:
    x, _ = to_easting_northing([1000.0], [95.0])
    assert not np.isfinite(x).any()


def test_frames_move_by_the_same_pipeline() -> None:
    from makers import points_of

    frame = points_of([(400776.0, 289122.0)])
    degrees = geometry_to_wgs84(frame)
    assert degrees.crs.to_epsg() == 4326
    assert degrees.geometry.x[0] == pytest.approx(to_lon_lat([400776.0], [289122.0])[0][0], abs=1e-12)
    back = geometry_to_bng(degrees)
    assert back.geometry.iloc[0].distance(frame.geometry.iloc[0]) < 0.002
    assert geometry_to_bng(frame) is frame
