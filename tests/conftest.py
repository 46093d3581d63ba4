"""Fixtures and settings that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, and no deadline: a slow machine must not fail a right answer.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
settings.register_profile("search", settings.get_profile("default"), derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data; skip without it, or fail where it is required."""
    folder = Path(os.environ.get("HOTSPOT_REAL_DATA", ROOT / ".." / "shared" / "data"))
    if (folder / "police_uk").is_dir() and (folder / "boundaries").is_dir():
        return folder
    reason = "no real data: set HOTSPOT_REAL_DATA to a folder that holds police_uk/ and boundaries/"
    if os.environ.get("HOTSPOT_REQUIRE_REAL_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
