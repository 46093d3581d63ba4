"""Public and restricted folders of the command line, in a folder with a difficult name and an old console."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hotspot as hs
from hotspot import sample
from hotspot.cli import main
from hotspot.publish.check_release import check_release
from hotspot.publish.release_register import read_register

HERE = {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(hs.__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    )
}
DEEP = Path("Sécurité publique, réunion du comité - working copies") / (
    "A folder whose name is as long as those that people give to folders, with spaces and an é, 2026-03 final v2"
)
FEWER = ("--cell-size", "500", "--from", "2025-11")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a long name that holds a council's file, its mapping and the borough."""
    place = tmp_path / DEEP
    place.mkdir(parents=True)
    assert len(str(place)) > 180
    shutil.copy(sample.export("council_cases"), place / "cases é.csv")
    shutil.copy(sample.mapping("council_cases"), place / "council é.toml")
    shutil.copy(sample.borough(), place / "area.gpkg")
    return place


def closed(*more: object) -> list[str]:
    asked = (
        "cases é.csv",
        "--mapping",
        "council é.toml",
        "--area",
        "area.gpkg",
        "--layer",
        "sandwell_borough",
    )
    return ["hotspots", *asked, *FEWER, *map(str, more)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_an_old_console_and_a_long_name(folder: Path) -> None:
    def hotspot(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hotspot", *arguments], cwd=folder, capture_output=True, check=False,
            env={**os.environ, **HERE, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("cp1252")
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    assert "Written to demo é:" in hotspot("demo", "--out", "demo é", *FEWER)
    assert "OFFICIAL-SENSITIVE" in hotspot(*closed("--out", "results é"))
    for made in ("demo é", "results é"):
        files = len(list((folder / made).iterdir())) - 1
        assert f"{files} of {files} files are the same" in hotspot("verify", made)
        assert f"{files} of {files} files are the same" in hotspot("rerun", made)
    assert "Look through the folder" in hotspot(*closed("--out", "public é", "--release", "public"))
    assert "files are the same" in hotspot("verify", "public é")
    assert "reduced manifest of a public folder" in hotspot("rerun", "public é", code=2)


def test_restricted_and_public_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    main(closed("--out", "restricted"))
    names = set(contents(folder / "restricted"))
    assert {name for name in names if "OFFICIAL-SENSITIVE" not in name} == {"manifest.json"}
    assert {"map OFFICIAL-SENSITIVE.html", "ledger OFFICIAL-SENSITIVE.csv"} <= names
    capsys.readouterr()
    main(closed("--out", "public", "--release", "public", "--register", "releases.csv"))
    assert "Locations of a closed source are not published" in capsys.readouterr().out
    public = contents(folder / "public")
    assert set(public) == {
        "map.html",
        "hotspots.csv",
        "hotspots_columns.csv",
        "hotspots.gpkg",
        "manifest.json",
    }
    incidents = hs.read_incidents("cases é.csv", "council é.toml").incidents
    clean = check_release(folder / "public", against=incidents)
    assert clean.empty, clean.to_string()
    assert len(check_release(folder / "restricted", against=incidents)) > 10
    content = json.loads(public["manifest.json"])
    assert content["marking"] == "Public release"
    assert content["parameters"]["job"]["cell_size"] == 500
    assert all(line[key] % 10 == 0 for line in content["ledger"] for key in ("read", "used", "set_aside"))
    assert content["ledger"][0]["read"] > 1_000
    assert len(content["boundary"]) == 1
    text = public["manifest.json"].decode()
    for word in ("cases é", "council é", ".toml", "area.gpkg", "releases", "set aside,", str(folder)):
        assert word not in text
    # The same again, under another name: the same bytes, and the register is as it was.
    register = (folder / "releases.csv").read_bytes()
    main(closed("--out", "other name", "--release", "public", "--register", "releases.csv"))
    assert contents(folder / "other name") == public
    assert (folder / "releases.csv").read_bytes() == register
    assert read_register(folder / "releases.csv")["release"].nunique() == 1


def test_a_public_folder_of_open_data_keeps_its_locations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["demo", "--out", str(tmp_path / "public"), *FEWER, "--release", "public"])
    names = set(contents(tmp_path / "public"))
    assert "locations.csv" in names
    assert not {"ledger.csv", "set_aside.csv"} & names
    content = json.loads((tmp_path / "public" / "manifest.json").read_text(encoding="utf-8"))
    assert (content["marking"], content["release"]) == ("Open data", "public")
    assert "inputs" not in content


def test_a_job_file_can_ask_for_a_public_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = folder / "job.toml"
    lines = [
        'data = "cases é.csv"', 'mapping = "council é.toml"', 'area = "area.gpkg"', 'layer = "sandwell_borough"',
        'out = "public"', "cell_size = 500", 'release = "public"', 'register = "releases.csv"', 'start = "2025-01"',
    ]  # fmt: skip
    job.write_text("\n".join(lines), encoding="utf-8")
    main(["run", str(job)])
    assert (folder / "releases.csv").is_file()
    assert set(hs.verify(folder / "public")["state"]) == {"same"}
    job.write_text("\n".join(lines).replace('"public"', '"Public"'), encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["run", str(job)])
    assert "write 'restricted' or 'public'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--register", "releases.csv"), "add --release public"),
        (("--release", "public", "--register", "public/releases.csv"), "keep it elsewhere"),
        (("--release", "public", "--register", "nowhere/releases.csv"), "of the register does not exist"),
        (("--release", "open"), "'open' is not one of"),
    ],
)
def test_releases_that_are_none(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as stop:
        main(closed("--out", "public", *more))
    assert stop.value.code == 2
    assert words in capsys.readouterr().err
    assert not (folder / "public").exists()
