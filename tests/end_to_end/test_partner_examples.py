"""The script on partners' files runs as an analyst runs it, and its figures are those of the files."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import hotspot as hs
from hotspot import sample

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def run_python(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a run without arguments says, and its folder."""
    folder = tmp_path_factory.mktemp("partner_files")
    done = run_python(ROOT / "examples" / "partner_files.py", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout, folder / "partner-files"


def counts(said: str, word: str) -> list[int]:
    found = re.search(rf"^{word} +([\d ]+)$", said, flags=re.MULTILINE)
    assert found is not None, word
    return [int(number) for number in found[1].split()]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_it_says_that_the_data_is_simulated(ran: tuple[str, Path]) -> None:
    said, folder = ran
    assert said.startswith("SIMULATED DATA")
    # Partners' sources are closed: the map's file name says so.
    assert "SIMULATED DATA" in (folder / "map OFFICIAL-SENSITIVE.html").read_text(encoding="utf-8")
    assert (folder / "known_places.csv").read_text(encoding="utf-8").count("made up for this example") == 2


def test_the_table_of_ledgers_closes_and_counts_the_files_rows(ran: tuple[str, Path]) -> None:
    said = ran[0]
    read, used, aside = (counts(said, word) for word in ("read", "used", "set_aside"))
    assert read == [u + a for u, a in zip(used, aside, strict=True)]
    # Counted from the files themselves, without a reader of the library; the workbook is made with 1,450 rows.
    lines = {
        name: len(rows_of(sample.export(name))) for name in sample.export_names() if name != "fire_service"
    }
    assert read == [lines["police_log"], lines["council_cases"], 1450, lines["emergency_department"]]
    reasons = ["closed as duplicate", "no location", "outside the area", "not in the lookup table"]
    assert [sum(each) for each in zip(*(counts(said, reason) for reason in reasons), strict=True)] == aside


def test_each_source_has_a_ranking_of_its_own(ran: tuple[str, Path]) -> None:
    folder = ran[1]
    names = {path.name for path in folder.glob("locations_*.csv") if "columns" not in path.name}
    assert len(names) == len(sample.export_names())
    for name in names:
        sources = {row["Source"] for row in rows_of(folder / name)}
        assert len(sources) == 1
        assert sources.pop().count("SIMULATED DATA") == 1


def test_pairs_join_two_sources_within_the_limits(ran: tuple[str, Path]) -> None:
    pairs = rows_of(ran[1] / "possible_double_counts OFFICIAL-SENSITIVE.csv")
    assert pairs
    for pair in pairs:
        assert pair["source_a"] != pair["source_b"]
        assert float(pair["distance_m"]) <= 100
        assert float(pair["hours_apart"]) <= 2
    assert f"{len(pairs)} pairs within 100 m and 2 hours" in ran[0]


def test_every_key_of_a_mapping_is_in_the_page() -> None:
    from hotspot.intake.mapping_keys import LEAVE_OUT, LOOKUP, SECTIONS

    page = (DOCS / "partner_files.md").read_text(encoding="utf-8")
    for section, keys in {**SECTIONS, "leave_out": LEAVE_OUT, "lookup": LOOKUP}.items():
        for key in keys:
            pattern = rf"^\| `{section}` \| [^|]*`{key}`"
            assert re.search(pattern, page, flags=re.MULTILINE), f"[{section}] {key} is not in the table"


def test_every_mapping_that_the_page_shows_is_sound() -> None:
    page = (DOCS / "partner_files.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    whole = [block for block in blocks if "[source]" in block]
    assert whole
    for block in whole:
        hs.read_mapping(tomllib.loads(block))


@pytest.mark.parametrize(
    "name", ["partner_files.md", "coverage_and_breaks.md", "areas.md", "known_places.md"]
)
def test_the_scripts_of_a_page_run_as_they_stand(tmp_path: Path, name: str) -> None:
    """All blocks of a page make one script; they name the sample, so nothing has to be replaced."""
    page = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert blocks
    (tmp_path / "script.py").write_text("\n".join(blocks), encoding="utf-8")
    done = run_python("script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
