"""The examples run as an analyst runs them: in a process of their own, into an empty folder."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hotspot import sample

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FILES = {"map.html", "hotspots.csv", "hotspots_columns.csv", "locations.csv", "locations_columns.csv"}


def run(script: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The output of a run without arguments, and its folder."""
    folder = tmp_path_factory.mktemp("first_look")
    done = run("first_look.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "first-look"


def test_without_arguments_it_says_that_the_data_is_simulated(simulated: tuple[str, Path]) -> None:
    said, folder = simulated
    assert said.startswith("SIMULATED DATA")
    assert {path.name for path in folder.iterdir()} == FILES
    assert all("SIMULATED DATA" in row["Source"] for row in rows_of(folder / "locations.csv"))
    assert "SIMULATED DATA" in (folder / "map.html").read_text(encoding="utf-8")


def test_cells_and_locations_hold_every_located_incident(simulated: tuple[str, Path]) -> None:
    folder = simulated[1]
    incidents = sum(int(row["Incidents"]) for row in rows_of(folder / "hotspots.csv"))
    # Counted from the archive itself: rows whose longitude is not blank.
    assert incidents == located_rows()
    cumulative = [float(row["Cumulative share (%)"]) for row in rows_of(folder / "locations.csv")]
    assert cumulative == sorted(cumulative)
    assert cumulative[-1] <= 100.0


def located_rows() -> int:
    import io
    import zipfile

    total = 0
    with zipfile.ZipFile(sample.police_uk_archive()) as archive:
        for name in archive.namelist():
            if name.endswith("-street.csv"):
                text = io.StringIO(archive.read(name).decode("ascii"))
                total += sum(bool(row["Longitude"]) for row in csv.DictReader(text))
    return total


def test_the_hottest_cell_comes_first(simulated: tuple[str, Path]) -> None:
    scores = [float(row["Gi* z score"]) for row in rows_of(simulated[1] / "hotspots.csv")]
    assert scores == sorted(scores, reverse=True)


def test_own_data_and_area(tmp_path: Path, simulated: tuple[str, Path]) -> None:
    done = run(
        "first_look.py",
        sample.police_uk_archive(),
        "--area",
        sample.borough(),
        "--layer",
        sample.BOROUGH_LAYER,
        "--out",
        tmp_path / "out",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (simulated[1] / name).read_bytes(), name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no-such-folder", "--area", sample.borough(), "--layer", sample.BOROUGH_LAYER], "does not exist"),
        ([sample.police_uk_archive()], "--area is needed"),
        ([sample.police_uk_archive(), "--area", sample.borough()], "choose one with layer="),
    ],
)
def test_bad_input_ends_with_one_line_and_code_2(tmp_path: Path, arguments: list[object], said: str) -> None:
    done = run("first_look.py", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_geojson_area_and_one_monthly_file(tmp_path: Path) -> None:
    """A square of 2 km in GeoJSON, and one CSV named outright: the shapes in which people bring data."""
    import zipfile

    with zipfile.ZipFile(sample.police_uk_archive()) as archive:
        name = next(name for name in sorted(archive.namelist()) if name.endswith("-street.csv"))
        (tmp_path / "2024-03-simulated-street.csv").write_bytes(archive.read(name))
    ring = [[-2.04, 52.48], [-2.01, 52.48], [-2.01, 52.50], [-2.04, 52.50], [-2.04, 52.48]]
    shape = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    collection = {"type": "FeatureCollection", "features": [shape]}
    (tmp_path / "square.geojson").write_text(json.dumps(collection), encoding="utf-8")
    done = run(
        "first_look.py",
        "2024-03-simulated-street.csv",
        "--area",
        "square.geojson",
        "--out",
        "out",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    inside = sum(int(row["Incidents"]) for row in rows_of(tmp_path / "out" / "hotspots.csv"))
    ledger = done.stdout.splitlines()[1].split()
    assert inside == int(ledger[2])
    assert int(ledger[1]) == int(ledger[2]) + int(ledger[3])


@pytest.mark.parametrize("page", ["README.md", "docs/start_here.md"])
def test_the_script_that_the_page_shows_runs_as_it_stands(tmp_path: Path, page: str) -> None:
    """Only the names of the reader's own files are replaced, by those of the sample."""
    text = (ROOT / page).read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, flags=re.DOTALL)
    assert block is not None
    script, areas = re.subn(
        r"read_area\(.*\)", f"read_area({str(sample.borough())!r}, layer={sample.BOROUGH_LAYER!r})", block[1]
    )
    script, sources = re.subn(r'"downloads/[^"]*"', repr(str(sample.police_uk_archive())), script)
    assert (areas, sources) == (1, 1)
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {"map.html", "hotspots.csv"} <= {path.name for path in tmp_path.iterdir()}


def test_the_pack_of_the_example_is_whole(tmp_path: Path) -> None:
    import hotspot as hs

    done = run("tasking_pack.py", "--out", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SIMULATED DATA")
    (pack,) = tmp_path.iterdir()
    assert re.fullmatch(r"Tasking_\d{4}-\d\d-\d\d_\d{4}", pack.name)
    assert set(hs.verify(pack)["state"]) == {"same"}
    page = (pack / "index.html").read_text(encoding="utf-8")
    assert "SIMULATED DATA" in page
    assert all((pack / name).is_file() for name in re.findall(r'href="([^"#]+)"', page))


def test_the_scale_of_the_example_has_its_reasons(tmp_path: Path) -> None:
    done = run("choose_the_scale.py", "--out", tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "SIMULATED DATA" in done.stdout
    figures = list(tmp_path.rglob("*.png"))
    assert figures
    assert all(figure.with_name(figure.name + ".alt.txt").is_file() for figure in figures)
