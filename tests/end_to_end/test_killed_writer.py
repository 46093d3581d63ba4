"""A writer that is ended at any moment leaves no half folder or file under a final name."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import hotspot as hs
from hotspot import provenance
from hotspot.cli import main

CALLS = (
    "open",
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "os.listdir",
    "os.scandir",
    "shutil.rmtree",
)
ENDED, FINISHED = 77, 0


def run_and_end_at(call: int, folder: Path, work: Callable[[], object]) -> int:
    """Fork, and end the child without any clean-up at its ``call``-th use of the folder; return its exit code."""
    child = os.fork()
    if child == 0:
        seen = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            if event in CALLS and any(str(folder) in str(each) for each in arguments[:2]):
                seen += 1
                if seen == call:
                    os._exit(ENDED)

        sys.addaudithook(watch)
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(FINISHED)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def end_in_turn(folder: Path, work: Callable[[], object], check: Callable[[], None]) -> int:
    call = 0
    while True:
        call += 1
        code = run_and_end_at(call, folder, work)
        check()
        if code == FINISHED:
            return call
        assert code == ENDED


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_pack_is_whole_or_not_there(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1, 2]}, geometry=shapely.points([[0, 0], [5, 5]]), crs=27700)
    tables = {"Points": frame, "More": pd.DataFrame({"n": [3]})}
    when = dt.datetime(2026, 3, 5, 9, 30)

    def work() -> None:
        hs.write_pack(tmp_path / "p", title="T", summary=["S."], tables=tables, when=when)

    def check() -> None:
        for made in tmp_path.glob("p_*"):
            assert set(hs.verify(made)["state"]) == {"same"}
            assert len(hs.verify(made)) == 8

    work()  # everything is imported before the fork
    assert end_in_turn(tmp_path, work, check) > 20
    work()
    assert len(list(tmp_path.glob("p_*"))) >= 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_public_pack_is_whole_or_not_there_and_never_without_its_entry(tmp_path: Path) -> None:
    """The register has the release before the pack is there; what is of it is never half."""
    frame = pd.DataFrame({"ward": ["Abbey", "Cape", "Dale"], "n": [3, 41, 27]})
    source = {"name": "Cases", "open": False, "simulated": True, "attribution": "", "months": ["2025-01"]}
    record = {"sources": [source], "as_of": None, "steps": [], "notes": []}
    tables = {"Wards": provenance.put(frame, record)}  # type: ignore[arg-type]
    register, when = tmp_path / "releases.csv", dt.datetime(2026, 3, 5, 9, 30)
    rule = hs.PublicRelease(register=register)

    def work() -> None:
        hs.write_pack(tmp_path / "p", title="T", summary=["S."], tables=tables, when=when, release=rule)

    work()  # everything is imported before the fork
    whole = register.read_bytes()

    def check() -> None:
        made = list(tmp_path.glob("p_*"))
        assert register.read_bytes() == whole if register.exists() else not made
        for folder in made:
            assert set(hs.verify(folder)["state"]) == {"same"}
            assert len(hs.verify(folder)) == 5
            if len(made) > 3:
                shutil.rmtree(folder)

    shutil.rmtree(next(tmp_path.glob("p_*")))
    register.unlink()
    assert end_in_turn(tmp_path, work, check) > 20
    assert register.read_bytes() == whole


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_csv_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = hs.write_csv(pd.DataFrame({"n": [1]}), tmp_path / "table.csv")
    before = path.read_bytes()
    new = pd.DataFrame({"n": range(5)})
    after = hs.write_csv(new, tmp_path / "like.csv").read_bytes()

    def check() -> None:
        assert path.read_bytes() in (before, after)

    assert end_in_turn(tmp_path, lambda: hs.write_csv(new, path), check) > 2
    assert path.read_bytes() == after


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_main_jobs_folder_is_whole_or_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["demo", "--out", str(out), "--cell-size", "2000", "--from", "2026-01"]
    main(arguments)

    def check() -> None:
        if out.exists():
            assert set(hs.verify(out)["state"]) == {"same"}

    silent = os.open(os.devnull, os.O_WRONLY)

    def work() -> None:
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        main(arguments)

    calls = 0
    for call in (3, 5, 8, 12, 17, 23, 30, 38, 47, 57, 500):
        code = run_and_end_at(call, tmp_path, work)
        check()
        calls += code == ENDED
    assert calls >= 8
    main(arguments)
    assert set(hs.verify(out)["state"]) == {"same"}
