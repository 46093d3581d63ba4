"""Every crafted bad file: one error, or an intake whose ledger closes and whose findings are the ones listed by hand."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dirty_files
import hotspot as hs
from dirty_files import FILES, PERSONAL, Dirty, cases, moment_of

STUDY = Path(__file__).resolve().parents[2] / "docs" / "studies" / "dirty_files.py"
BY_NAME = {case.name: case for case in FILES}
# Their points are not those of the sound file: they are written in degrees, or as references.
ELSEWHERE = (dirty_files.DEGREES, dirty_files.REFERENCE)
SOUND = {row["Case Ref"]: (moment_of(row), float(row["Easting"]), float(row["Northing"])) for row in cases()}


def _study() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dirty_files_study", STUDY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["dirty_files_study"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


study = _study()


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """Return a function that reads a case by name, each once."""
    folder = tmp_path_factory.mktemp("crafted")

    @cache
    def once(name: str) -> Any:
        return study.read(BY_NAME[name], folder)

    return once


def test_there_are_sixty_files_at_least_and_each_has_its_own_fault() -> None:
    assert len(FILES) >= 60
    assert len(BY_NAME) == len(FILES)
    faults = Counter((case.group, case.wrong, str(case.mapping)) for case in FILES)
    assert max(faults.values()) == 1


@pytest.mark.parametrize("name", BY_NAME)
def test_refused_in_one_line_or_read_with_every_row_accounted_for(
    name: str, read: Callable[[str], Any]
) -> None:
    case, reading = BY_NAME[name], read(name)
    if reading.intake is None:
        assert case.error, reading.error
        assert case.error in reading.error
        assert "\n" not in reading.error
        assert len(reading.error) < 1000
        return
    assert not case.error, f"it was read; expected the error {case.error!r}"
    intake = reading.intake
    assert int(intake.ledger["read"].sum()) == reading.written
    assert (intake.ledger["read"] == intake.ledger["used"] + intake.ledger["set_aside"]).all()
    assert reading.written == len(intake.incidents) + len(intake.set_aside)
    assert intake.set_aside["reason"].astype("str").value_counts().to_dict() == case.aside
    assert tuple(intake.coverage.loc[intake.coverage["status"] == "missing", "month"]) == case.gaps
    _rows_differ(intake)


def _rows_differ(intake: hs.Intake) -> None:
    """No row of a file is used and set aside, or either of them twice."""
    used = zip(intake.incidents["source_file"], intake.incidents["source_row"], strict=True)
    aside = zip(intake.set_aside["source_file"], intake.set_aside["row"], strict=True)
    assert max(Counter([*used, *aside]).values(), default=1) == 1


@pytest.mark.parametrize("name", [case.name for case in FILES if not case.error])
def test_the_findings_are_those_listed_by_hand_and_no_others(name: str, read: Callable[[str], Any]) -> None:
    case, reading = BY_NAME[name], read(name)
    assert reading.intake is not None, reading.error
    counts: Counter[str] = Counter()
    for line in reading.intake.findings.itertuples():
        words = [words for words in case.findings if words in line.finding]
        assert len(words) == 1, f"not listed, or by two entries: {line.finding}"
        counts[words[0]] += line.rows
        assert len(line.example) <= 40
    assert dict(counts) == case.findings


@pytest.mark.parametrize("name", [case.name for case in FILES if case.mapping is not None])
def test_personal_data_shows_nowhere(
    name: str, read: Callable[[str], Any], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    with caplog.at_level(logging.DEBUG, logger="hotspot"):
        reading = study.read(BY_NAME[name], tmp_path)
    shown = reading.error + caplog.text
    if reading.intake is not None:
        intake = reading.intake
        shown += (
            intake.findings.to_csv()
            + intake.set_aside.to_csv()
            + intake.coverage.to_csv()
            + intake.ledger.to_csv()
        )
        assert not {"Reporter Name", "Reporter Phone", "Notes"} & set(intake.incidents.columns)
    for mark in PERSONAL:
        assert mark.casefold() not in shown.casefold()


@pytest.mark.parametrize("name", [case.name for case in FILES if case.mapping is not None and not case.error])
def test_an_incident_is_what_the_sound_file_says_unless_a_finding_tells(
    name: str, read: Callable[[str], Any]
) -> None:
    case, intake = BY_NAME[name], read(name).intake
    altered = _altered(case, intake.incidents)
    assert altered == case.altered
    assert altered <= intake.findings["rows"].sum()


def _altered(case: Dirty, incidents: Any) -> int:
    known = incidents[incidents["incident_id"].isin(list(SOUND))]
    sound = [SOUND[each] for each in known["incident_id"]]
    start = np.array([start for start, _, _ in sound], dtype="datetime64[us]")
    same = known["start"].to_numpy() == start
    if case.mapping not in ELSEWHERE and not case.name.endswith(".geojson"):
        place = np.array([(east, north) for _, east, north in sound], dtype=float).reshape(-1, 2)
        same &= (np.abs(known.get_coordinates().to_numpy() - place) < 0.51).all(axis=1)
    return int((~same).sum())


def test_uprns_keep_their_digits_or_a_finding_says_that_they_are_lost(read: Callable[[str], Any]) -> None:
    sound = pd.Series([row["UPRN"] for row in cases()])
    for name in ("uprn_with_point.csv", "text_as_formula.csv", "utf16.csv", "formulas.xlsx", "zoned.parquet"):
        assert read(name).intake.incidents["place_id"].tolist() == sound.tolist()
    filled = read("uprn_without_zeros.csv").intake.incidents["place_id"]
    assert filled.tolist() == ("000" + sound.str[3:]).tolist()


def test_the_files_are_the_same_when_made_again() -> None:
    for case in FILES:
        assert case.make() == case.make(), case.name


def test_the_page_shows_what_the_reader_says_today(read: Callable[[str], Any]) -> None:
    made = study.table(read(name) for name in BY_NAME)
    assert study.TABLE.read_text(encoding="utf-8") == made, "run docs/studies/dirty_files.py"
    assert not [mark for mark in PERSONAL if mark in made]
