"""A job can be checked and made again from its manifest, on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hotspot import sample
from hotspot.cli import main

JOB = """
data = "council.csv"
mapping = "council.toml"
area = "area.gpkg"
layer = "sandwell_borough"
out = "results"
cell_size = 500
start = "2025-01"
category = ["{category}"]
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    import hotspot as hs

    shutil.copy(sample.export("council_cases"), tmp_path / "council.csv")
    shutil.copy(sample.mapping("council_cases"), tmp_path / "council.toml")
    shutil.copy(sample.borough(), tmp_path / "area.gpkg")
    incidents = hs.read_incidents(tmp_path / "council.csv", tmp_path / "council.toml").incidents
    category = incidents["category"].value_counts().index[0]
    path = tmp_path / "job.toml"
    path.write_text(JOB.format(category=category), encoding="utf-8")
    return path


def test_a_job_file_is_run_verified_and_run_again(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(job)])
    results = job.parent / "results"
    call = json.loads((results / "manifest.json").read_text(encoding="utf-8"))["call"]
    assert call["job"]["cell_size"] == 500
    assert call["job"]["start"] == "2025-01"
    capsys.readouterr()
    main(["verify", str(results)])
    assert "files are the same" in capsys.readouterr().out
    main(["rerun", str(results / "manifest.json")])
    said = capsys.readouterr().out
    files = len(list(results.iterdir())) - 1
    assert f"{files} of {files} files are the same" in said


def test_a_changed_input_shows(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(job)])
    data = job.parent / "council.csv"
    lines = data.read_bytes().splitlines(keepends=True)
    data.write_bytes(b"".join(lines[: len(lines) // 2]))
    with pytest.raises(SystemExit) as stop:
        main(["rerun", str(job.parent / "results")])
    assert stop.value.code == 1
    assert "changed" in capsys.readouterr().out
    mapping = job.parent / "council.toml"
    mapping.write_bytes(mapping.read_bytes() + b"\n")
    with pytest.raises(SystemExit) as stop:
        main(["rerun", str(job.parent / "results")])
    assert stop.value.code == 2
    assert "its SHA-256 differs" in capsys.readouterr().err


def test_inputs_elsewhere_are_named(job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(job)])
    moved = tmp_path / "moved" / "deeper"
    moved.parent.mkdir()
    shutil.move(job.parent / "results", moved)
    with pytest.raises(SystemExit):
        main(["rerun", str(moved)])
    assert "--inputs FOLDER" in capsys.readouterr().err
    main(["rerun", str(moved), "--inputs", str(job.parent)])
    assert "files are the same" in capsys.readouterr().out


def test_a_file_that_was_touched_shows(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["run", str(job)])
    page = job.parent / "results" / "map OFFICIAL-SENSITIVE.html"
    page.write_bytes(page.read_bytes() + b" ")
    with pytest.raises(SystemExit) as stop:
        main(["verify", str(page.parent)])
    assert stop.value.code == 1
    assert f"changed             {page.name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cellsize = 100", "do you mean 'cell_size'"),
        ('cell_size = "100"', "of the wrong kind"),
        ("category = [1]", "of the wrong kind"),
        ("across_breaks = 1", "of the wrong kind"),
        ("= 3", "cannot be read as TOML"),
    ],
)
def test_job_files_with_faults(
    tmp_path: Path, line: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.toml"
    path.write_text(f'data = "a"\narea = "b"\nout = "c"\n{line}\n', encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["run", str(path)])
    assert words in capsys.readouterr().err
    path.write_text('data = "a"\n', encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["run", str(path)])
    assert "lacks area, out" in capsys.readouterr().err
