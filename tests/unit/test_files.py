"""A file appears whole or not at all."""

import os
import sys

import pytest

from hotspot.errors import InputError
from hotspot.publish.files import whole_file, write_bytes_whole, write_text_whole


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_the_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "out.gpkg"
    with whole_file(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".gpkg"
        assert not temporary.exists()
        temporary.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert names(tmp_path) == ["out.gpkg"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")

    def write_half():
        with whole_file(target) as temporary:
            temporary.write_text("half")
            temporary.with_name(temporary.name + "-journal").write_text("log")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["out.csv"]


def test_bytes_and_text_are_written_as_given(tmp_path):
    assert write_bytes_whole(tmp_path / "a.bin", b"\x00\r\n") == tmp_path / "a.bin"
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n"
    write_text_whole(tmp_path / "a.txt", "é\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\n"
    write_text_whole(tmp_path / "a.txt", "second")
    assert (tmp_path / "a.txt").read_text() == "second"


def test_a_folder_or_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        write_text_whole(tmp_path, "x")
    with pytest.raises(InputError, match="does not exist"):
        write_text_whole(tmp_path / "no" / "a.txt", "x")


def test_writing_nothing_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nothing was written"), whole_file(tmp_path / "a.txt"):
        pass


def test_a_file_held_by_another_program_says_what_to_do(tmp_path, monkeypatch):
    target = tmp_path / "a.xlsx"
    target.write_text("old")

    def refuse(source, destination):
        raise PermissionError(13, "in use", str(source), None, str(destination))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match=r"close a\.xlsx and run again"):
        write_text_whole(target, "new")
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.xlsx"]


def test_a_permission_error_about_another_file_is_not_relabelled(tmp_path):
    with pytest.raises(PermissionError), whole_file(tmp_path / "a.txt"):
        raise PermissionError(13, "no", "elsewhere.txt")


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_keeps_pointing_at_the_file(tmp_path):
    real = tmp_path / "real.txt"
    real.write_text("old")
    link = tmp_path / "link.txt"
    link.symlink_to(real)
    write_text_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
