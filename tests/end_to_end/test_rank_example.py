"""The example that ranks locations, as an analyst runs it two months in a row."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "rank_locations.py"
FILES = {
    "actions.xlsx", "locations.csv", "locations_columns.csv", "lorenz.png", "lorenz.png.alt.txt", "map.html", "ranks.png",
    "ranks.png.alt.txt", "tables.xlsx",
}  # fmt: skip


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


@pytest.fixture(scope="module")
def march(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("ranked")
    done = run("--out", "march", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "march"


def test_every_output_has_the_same_numbers(march: tuple[str, Path]) -> None:
    said, folder = march
    assert said.startswith("SIMULATED DATA")
    assert {path.name for path in folder.iterdir()} == FILES
    with (folder / "locations.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = [(row["Number"], row["Location"]) for row in csv.DictReader(file)][:20]
    sheet = openpyxl.load_workbook(folder / "actions.xlsx")["Locations"]
    assert [
        (str(row[0]), row[1]) for row in sheet.iter_rows(min_row=2, max_row=21, values_only=True)
    ] == listed
    page = (folder / "map.html").read_text(encoding="utf-8")
    words = (folder / "ranks.png.alt.txt").read_text(encoding="utf-8")
    for number, name in listed:
        assert f'"{number}. {name}"' in page
        assert re.search(rf"(?<!\d){number}\. {re.escape(name)}:", words)


def test_next_month_keeps_what_was_entered(march: tuple[str, Path], tmp_path: Path) -> None:
    book = openpyxl.load_workbook(march[1] / "actions.xlsx")
    headers = [cell.value for cell in book["Locations"][1]]
    book["Locations"].cell(4, headers.index("Owner") + 1).value = "Ms Smith"
    book.save(tmp_path / "entered.xlsx")
    done = run("--out", "april", "--previous", "entered.xlsx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = openpyxl.load_workbook(tmp_path / "april" / "actions.xlsx")["Locations"]
    owners = [row[headers.index("Owner")] for row in kept.iter_rows(min_row=2, values_only=True)]
    assert [at for at, owner in enumerate(owners) if owner is not None] == [2]
