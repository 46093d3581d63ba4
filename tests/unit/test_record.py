"""A record lists what the calls inside it read, chose and wrote, and nothing of the machine or the clock."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import hotspot as hs
from hotspot import recording, sample


def work(folder: Path) -> recording.Run:
    with hs.record(folder) as run:
        area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
        intake = hs.read_police_uk(sample.police_uk_archive(), area=area)
        incidents = hs.select_incidents(intake.incidents, start="2025-01")
        grid = hs.Grid.over(area, cell_size=500)
        cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
        cells = hs.kernel_density(incidents, grid, cells=cells)
        hs.write_csv(cells, folder / "cells.csv")
        (folder / "notes.txt").write_text("by hand", encoding="utf-8")
    return run


def test_a_manifest_names_inputs_steps_choices_and_outputs(tmp_path: Path) -> None:
    work(tmp_path / "out")
    text = (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["marking"] == "Open data"
    assert content["simulated"] is True
    assert content["as_of"] == "2026-02-28"
    steps = [step["step"] for step in content["steps"]]
    assert steps == [
        "read_police_uk",
        "select_incidents",
        "count_incidents",
        "getis_ord",
        "kernel_density",
    ]
    area, *files = content["inputs"]
    assert len(area["outline_sha256"]) == len(area["sha256"]) == 64
    assert len(files) == 24
    assert sum(file["read"] for file in files) == 20_000
    assert all(len(file["sha256"]) == 64 for file in files)
    assert any(choice.startswith("bandwidth: ") for choice in content["choices"])
    assert [output["name"] for output in content["outputs"]] == ["cells.csv", "cells_columns.csv"]
    assert str(tmp_path) not in text
    assert not re.search(r"20\d\d-\d\d-\d\dT\d\d:", text)


def test_two_runs_in_two_folders_have_the_same_manifest(tmp_path: Path) -> None:
    work(tmp_path / "one")
    work(tmp_path / "another name")
    one, two = (tmp_path / name / "manifest.json" for name in ("one", "another name"))
    assert one.read_bytes() == two.read_bytes()


def test_a_closed_source_makes_it_sensitive(tmp_path: Path) -> None:
    with hs.record(tmp_path):
        intake = hs.read_incidents(sample.export("council_cases"), sample.mapping("council_cases"))
        hs.write_csv(intake.ledger, tmp_path / "ledger.csv")
    content = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert content["marking"] == "OFFICIAL-SENSITIVE"


def test_a_run_that_fails_leaves_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hs.record(tmp_path):
        raise ZeroDivisionError
    assert not (tmp_path / "manifest.json").exists()
    assert recording.active() is None


def test_records_do_not_nest_and_need_a_folder(tmp_path: Path) -> None:
    with hs.record(tmp_path), pytest.raises(hs.InputError, match="open already"), hs.record(tmp_path / "b"):
        pass
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(hs.InputError, match="cannot be made"), hs.record(tmp_path / "file"):
        pass


def test_outside_a_record_a_writer_says_that_there_is_no_manifest(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    area = hs.read_area(sample.borough(), layer=sample.BOROUGH_LAYER)
    with caplog.at_level("INFO", logger="hotspot"):
        hs.write_geopackage({"area": area}, tmp_path / "area.gpkg")
    assert "no manifest for area OFFICIAL-SENSITIVE.gpkg" in caplog.text


def test_verify_names_what_changed(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    work(folder)
    (folder / "notes.txt").unlink()
    assert set(hs.verify(folder)["state"]) == {"same"}
    (folder / "cells.csv").write_bytes(b"changed")
    (folder / "cells_columns.csv").unlink()
    (folder / "extra.txt").write_bytes(b"")
    found = hs.verify(folder / "manifest.json").set_index("name")["state"]
    assert found.to_dict() == {
        "cells.csv": "changed",
        "cells_columns.csv": "missing",
        "extra.txt": "not in the manifest",
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no manifest.json"),
        ("{", "damaged"),
        ('{"outputs": []}', "no manifest of hotspot"),
        ('{"hotspot": "1", "outputs": [{"name": "../x", "bytes": 1, "sha256": "0"}]}', "outside its folder"),
        (
            '{"hotspot": "1", "outputs": [{"name": "/etc/x", "bytes": 1, "sha256": "0"}]}',
            "outside its folder",
        ),
        (
            '{"hotspot": "1", "outputs": [{"name": "C:\\\\x", "bytes": 1, "sha256": "0"}]}',
            "outside its folder",
        ),
    ],
)
def test_manifests_that_are_none(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(hs.InputError, match=words):
        hs.verify(tmp_path)


def council(folder: Path, *, public: bool) -> None:
    intake = hs.read_incidents(sample.export("council_cases"), sample.mapping("council_cases"))
    area = hs.read_area(sample.borough(), layer="sandwell_borough")
    grid = hs.Grid.over(area, cell_size=1000)
    incidents = hs.select_incidents(intake.incidents, start="2025-10")
    cells = hs.getis_ord(hs.count_incidents(incidents, grid), grid)
    hs.write_csv(cells, folder / "cells.csv", release="public" if public else None)


def test_a_public_record_writes_the_reduced_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with hs.record(folder, release="public") as run:
        council(folder, public=True)
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["marking"] == "Public release"
    assert {step["step"] for step in content["parameters"]["steps"]} == {"select_incidents", "public_release"}
    assert content["parameters"]["steps"][0] == {"step": "select_incidents", "start": "2025-10"}
    (line,) = [each for each in run.inputs if "used" in each]
    assert content["ledger"] == [
        {"source": line["source"], "read": 4_000, "used": 4_000, "set_aside": 0},
    ]
    assert line["used"] == 4_000
    assert content["boundary"] == [each["outline_sha256"] for each in run.inputs if "area" in each]
    assert str(line["source_file"]) not in text
    assert str(line["sha256"]) not in text
    assert set(hs.verify(folder)["state"]) == {"same"}
    assert hs.check_release(folder).empty


def test_public_and_restricted_outputs_never_share_a_folder(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match=r"is OFFICIAL-SENSITIVE, and the folder is a public release"):  # noqa: SIM117
        with hs.record(tmp_path, release="public"):
            council(tmp_path, public=False)
    assert not (tmp_path / "manifest.json").exists()
    full = tmp_path / "full"
    with hs.record(full):
        council(full, public=True)
    content = json.loads((full / "manifest.json").read_text(encoding="utf-8"))
    assert content["marking"] == "OFFICIAL-SENSITIVE"
    found = hs.check_release(full)
    assert set(found["file"]) == {"manifest.json"}
    assert {"inputs", "choices"} <= {detail.split(":")[0] for detail in found["detail"]}


def test_a_release_that_is_not_known_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="is not known"), hs.record(tmp_path / "a", release="open"):  # type: ignore[arg-type]
        pass
    assert not (tmp_path / "a").exists()
