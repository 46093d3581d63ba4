"""The command line as a person runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import shapely

import hotspot as hs
from makers import TWELVE, area_of, street_file, street_row

# The package under test, wherever the tests found it: the process runs in another folder.
HERE = {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(hs.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    )
}


def hotspot(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hotspot", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **HERE, **environment},
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_demo_is_the_same_bytes_twice(tmp_path: Path) -> None:
    # Another folder, hash seed, time zone and language: none of them is in a file.
    first = hotspot("demo", "--out", "one", cwd=tmp_path, PYTHONHASHSEED="1", TZ="UTC")
    second = hotspot(
        "demo",
        "--out",
        "deep/er/two",
        cwd=tmp_path,
        PYTHONHASHSEED="77",
        TZ="Asia/Kathmandu",
        LC_ALL="C",
        PYTHONUTF8="0",
    )
    assert first.returncode == 0, first.stderr
    assert second.returncode == 0, second.stderr
    one, two = contents(tmp_path / "one"), contents(tmp_path / "deep" / "er" / "two")
    assert set(one) >= {
        "map.html",
        "hotspots.csv",
        "locations.csv",
        "hotspots.gpkg",
        "manifest.json",
        "ledger.csv",
    }
    assert [name for name in one if one[name] != two.get(name)] == []
    assert set(one) == set(two)
    assert "SIMULATED DATA" in first.stdout
    manifest = json.loads(one["manifest.json"])
    assert manifest["simulated"] is True
    assert {output["name"] for output in manifest["outputs"]} == set(one) - {"manifest.json"}
    for name in ("map.html", "hotspots.csv", "locations.csv"):
        assert b"imulated" in one[name] or b"IMULATED" in one[name]
    # A second run into the same folder replaces it; a file of somebody else's in it stops the run.
    (tmp_path / "one" / "notes.txt").write_text("mine")
    third = hotspot("demo", "--out", "one", cwd=tmp_path)
    assert third.returncode == 2
    assert "notes.txt" in third.stderr
    assert contents(tmp_path / "one") == one | {"notes.txt": b"mine"}


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    street_file(folder, TWELVE + street_row("a") * 3, "good.csv")
    street_file(folder, "x,y\n1,2\n", "columns.csv")
    street_file(folder, b"", "empty.csv")
    area_of(shapely.box(400000, 288500, 401400, 289800)).to_file(folder / "area.gpkg")
    (folder / "nothing").mkdir()
    with zipfile.ZipFile(folder / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    (folder / "file").write_text("x")
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "missing.csv"), "does not exist"),
        (("check", "columns.csv"), "columns.csv"),
        (("check", "empty.csv"), "is empty"),
        (("check", "nothing"), "holds no incident file"),
        (("check", "other.zip"), "other.zip"),
        (("hotspots", "good.csv", "--area", "missing.gpkg"), "missing.gpkg does not exist"),
        (("hotspots", "good.csv", "--area", "area.gpkg", "--out", "file/sub"), "file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(bad: Path, arguments: tuple[str, ...], words: str) -> None:
    result = hotspot(*arguments, cwd=bad)
    assert result.returncode == 2
    lines = [line for line in result.stderr.splitlines() if line.startswith("hotspot: ")]
    assert len(lines) == 1
    assert words in lines[0]
    assert "Traceback" not in result.stdout + result.stderr


def test_a_closed_pipe_is_no_traceback(bad: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "hotspot", "check", "good.csv"], cwd=bad, stdout=writer, stderr=subprocess.PIPE,
        text=True, check=False, env={**os.environ, **HERE},
    )  # fmt: skip
    os.close(writer)
    assert "No module named" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert done.returncode not in (0, 2)
