"""Hostile and damaged input: refused in one line that names the file, or read with every row accounted for."""

from __future__ import annotations

import csv
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import hotspot as hs
from hotspot.cli import main
from makers import EIGHT, TWELVE, area_of, old_row, street_file, street_row

NAME = "2014-01-test-force-street.csv"
GOOD = street_row("g1") + street_row("g2") + street_row("g3", lon="-1.985")
AREA = shapely.box(400000, 288500, 401800, 289800)
SCRIPTS = [
    "<script>window.hacked=1</script>", "</script><script>window.hacked=1</script>", "<img src=x onerror=alert(1)>",
    "${window.hacked=1}", "`+alert(1)+`", "{{7*7}}{% for x in y %}", "'\"><svg onload=alert(1)>", "\\u003cscript>",
    "<!--", "]]>", "javascript:alert(1)", "\u202egnp.exe", "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1+1", "-2+3",
    "\t=1+1", "=HYPERLINK(\"http://x\")",
]  # fmt: skip


def run(arguments: list[object], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run the command line here; return its exit code and what it said."""
    code = 0
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = int(stop.code or 0)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    return code, said.out, said.err


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def zipped(folder: Path, change: Callable[[bytearray], None] | None = None, **members: bytes) -> Path:
    """Write an archive of one month, its bytes changed afterwards."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"2014-01/{NAME}", TWELVE + street_row() * 200)
        for name, content in members.items():
            archive.writestr(name, content)
    raw = bytearray(data.getvalue())
    if change is not None:
        change(raw)
    path = folder / "archive.zip"
    path.write_bytes(bytes(raw))
    return path


def central(raw: bytearray) -> int:
    return raw.index(b"PK\x01\x02")


def encrypt(raw: bytearray) -> None:
    raw[6] |= 1
    raw[central(raw) + 8] |= 1


def claim(size: int) -> Callable[[bytearray], None]:
    def change(raw: bytearray) -> None:
        at = central(raw) + 24
        raw[at : at + 4] = struct.pack("<I", size)

    return change


def spoil_stream(raw: bytearray) -> None:
    at = raw.index(NAME.encode()) + len(NAME)
    raw[at : at + 12] = b"\xff" * 12


def spoil_directory(raw: bytearray) -> None:
    raw[central(raw)] = 0


def unknown_method(raw: bytearray) -> None:
    raw[8] = raw[central(raw) + 10] = 99


def png() -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def folder_of(folder: Path, **files: str) -> Path:
    target = folder / "given"
    target.mkdir()
    for name, text in files.items():
        street_file(target, text, name.replace("__", "-") + ".csv")
    return target


def directory(folder: Path) -> Path:
    (folder / "x.csv").mkdir()
    return folder / "x.csv"


ROW = "x,2014-01,F,F,-1.99,52.5,L,E,N,Burglary,,\r\n"
# What is given, and the words that the one line must hold: the file's name among them.
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty file": (lambda f: street_file(f, b""), rf"{NAME} is empty \(0 bytes\)"),
    "only newlines": (lambda f: street_file(f, "\r\n" * 50), rf"{NAME} is empty"),
    "only spaces": (lambda f: street_file(f, "   \t "), rf"{NAME} is empty"),
    "only a byte order mark": (lambda f: street_file(f, b"\xef\xbb\xbf"), NAME),
    "only a UTF-16 byte order mark": (lambda f: street_file(f, b"\xff\xfe"), NAME),
    "wrong columns": (lambda f: street_file(f, "a,b\n1,2\n"), rf"{NAME} is not a data.police.uk .*2 columns \(a, b\)"),
    "one column missing": (
        lambda f: street_file(f, TWELVE.replace(",Context", "") + ROW), rf"{NAME}.*lacks Context; it has 11 columns",
    ),
    "no header": (lambda f: street_file(f, GOOD), NAME),
    "semicolons": (lambda f: street_file(f, (TWELVE + ROW).replace(",", ";")), rf"{NAME}.*1 column "),
    "a header name twice": (
        lambda f: street_file(f, TWELVE.replace("Context", "Month") + ROW), rf"{NAME}: the header names 'Month' more than",
    ),
    "a header in quotes that never end": (lambda f: street_file(f, '"' + TWELVE + GOOD), NAME),
    "a script for a header": (lambda f: street_file(f, "<script>alert(1)</script>\n1\n"), rf"{NAME} is not"),
    "100,000 columns": (lambda f: street_file(f, ",".join(f"c{i}" for i in range(100_000)) + "\n1\n"), NAME),
    "a first line of 10 MB": (lambda f: street_file(f, b"a" * 10_000_000), rf"{NAME}.*10,000,000 characters"),
    "NUL bytes": (
        lambda f: street_file(f, TWELVE + street_row() + street_row("a\0b")), rf"{NAME} holds 1 NUL bytes, .* row 3",
    ),
    "UTF-16 without byte order mark": (lambda f: street_file(f, (TWELVE + GOOD).encode("utf-16-le")), rf"{NAME}.*NUL"),
    "UTF-16 cut in half": (
        lambda f: street_file(f, (TWELVE + GOOD).encode("utf-16")[:-1]), rf"{NAME} says it is UTF-16 but is not",
    ),
    "UTF-32": (lambda f: street_file(f, (TWELVE + GOOD).encode("utf-32")), NAME),
    "a picture": (lambda f: street_file(f, png()), NAME),
    "bytes of every value but NUL": (lambda f: street_file(f, bytes(range(1, 256)) * 9), NAME),
    "an area file": (lambda f: _area(f), "area.gpkg"),
    "an outcomes file named outright": (
        lambda f: street_file(f, "Crime ID,Month\r\na,2014-01\r\n", "2014-01-test-outcomes.csv"), "outcomes.csv is not",
    ),
    "a folder of nothing": (lambda f: folder_of(f), r"folder .*given holds no incident file: 0 files seen \(nothing\)"),
    "a folder with only outcomes": (
        lambda f: folder_of(f, **{"2014__01__test__outcomes": "a\n", "2014__01__test__stop-and-search": "a\n"}),
        r"given holds no incident file: 2 files seen \(2014-01-test-outcomes.csv",
    ),
    "one bad file in a folder": (
        lambda f: folder_of(f, **{"2014__01__a__street": TWELVE + GOOD, "2014__02__a__street": "a,b\n"}),
        "2014-02-a-street.csv is not",
    ),
    "a directory with a file's name": (directory, r"x\.csv holds no incident file"),
    "a path that does not exist": (lambda f: f / "no" / NAME, rf"{NAME} does not exist"),
    "a pattern without a match": (lambda f: f / "*.csv", r"no file matches the pattern"),
    "a name of 300 letters": (lambda f: "a" * 300, "a{40}"),
    "an archive without incidents": (lambda f: _other_archive(f), r"archive\.zip holds no incident file"),
    "an archive cut short": (lambda f: zipped(f, lambda raw: raw.__delitem__(slice(-30, None))), r"archive\.zip"),
    "an encrypted archive": (lambda f: zipped(f, encrypt), rf"{NAME} in archive\.zip cannot be unpacked .*encrypted"),
    "a damaged stream": (lambda f: zipped(f, spoil_stream), rf"{NAME} in archive\.zip cannot be unpacked"),
    "a damaged directory": (lambda f: zipped(f, spoil_directory), r"archive\.zip"),
    "an unknown compression": (lambda f: zipped(f, unknown_method), rf"{NAME} in archive\.zip cannot be unpacked"),
    "an archive that claims 4 GB": (lambda f: zipped(f, claim(2**32 - 2)), rf"{NAME} in archive\.zip .*4,294,967,294 bytes"),
    "an archive that claims too little": (lambda f: zipped(f, claim(10)), rf"{NAME} in archive\.zip"),
    "an archive that claims too much": (lambda f: zipped(f, claim(10**6)), rf"{NAME} in archive\.zip"),
}  # fmt: skip
PATH_WITH_NUL = "a\0b.csv"


def _area(folder: Path) -> Path:
    area_of(AREA).to_file(folder / "area.gpkg")
    return folder / "area.gpkg"


def _other_archive(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.writestr("../../etc/readme.txt", "hello")
    return folder / "archive.zip"


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _area(tmp_path_factory.mktemp("area"))


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_refused_in_one_line_that_names_the_file(
    case: str, tmp_path: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, words = REFUSED[case]
    source = make(tmp_path)
    out = tmp_path / "out"
    for arguments in (["check", source], ["hotspots", source, "--area", area, "--out", out]):
        code, _, err = run(arguments, capsys)
        assert code == 2
        lines = [line for line in err.splitlines() if line.startswith("hotspot: ")]
        assert len(lines) == 1
        assert re.search(words, lines[0]), lines[0]
        assert len(lines[0]) < 1500
        assert not out.exists()
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]


def test_a_path_with_nul_is_refused(area: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["check", PATH_WITH_NUL], ["hotspots", PATH_WITH_NUL, "--area", area]):
        code, _, err = run(arguments, capsys)
        assert code == 2
        assert "hotspot: " in err
    with pytest.raises(hs.InputError, match="NUL"):
        hs.read_police_uk(PATH_WITH_NUL)


# Text of a file, its rows read, and why some are no incidents; the rest are used.
READ: dict[str, tuple[str | bytes, int, dict[str, int]]] = {
    "header only": (TWELVE, 0, {}),
    "a truncated last line": (TWELVE + GOOD + street_row("cut")[:40], 4, {"wrong number of fields": 1}),
    "a last line cut inside its last field": ((TWELVE + GOOD).rstrip("\r\n,") + ",", 3, {"wrong number of fields": 1}),
    "too few and too many fields": (TWELVE + GOOD + "a,b\r\n" + ROW.replace("L", "L,M"), 5, {"wrong number of fields": 2}),
    "an unclosed quote in the middle": (TWELVE + street_row("q", location='"open') + GOOD, 4, {"broken quotation marks": 1}),
    "an unclosed quote at the end": (TWELVE + GOOD + street_row("q", location='"open'), 4, {"broken quotation marks": 1}),
    "two unclosed quotes": (TWELVE + street_row("q", location='"a') + GOOD + street_row("r", location='"b'), 5,
                            {"broken quotation marks": 2}),
    "a quote inside a field, with a comma": (TWELVE + GOOD + street_row("q", location='5" x, y" b'), 4,
                                             {"broken quotation marks": 1}),
    "quotes with commas": (TWELVE + GOOD + street_row("q", location='"Asda, Great Bridge, ""B69"""'), 4, {}),
    "carriage returns alone": ((TWELVE + GOOD).replace("\r\n", "\r"), 3, {}),
    "line feeds alone": ((TWELVE + GOOD).replace("\r\n", "\n"), 3, {}),
    "mixed line ends": (TWELVE + GOOD.replace("\r\n", "\n", 1), 3, {}),
    "a carriage return inside a row": (TWELVE + GOOD + street_row("q", location="a\rb"), 5, {"wrong number of fields": 2}),
    "blank lines in the middle and at the end": (TWELVE + street_row("a") + "\r\n\r\n" + GOOD + "\r\n\r\n", 4, {}),
    "a line of commas": (TWELVE + GOOD + "," * 11 + "\r\n", 4, {"unreadable month": 1}),
    "month 13": (TWELVE + GOOD + street_row("m", month="2014-13"), 4, {"unreadable month": 1}),
    "month as a formula": (TWELVE + GOOD + street_row("m", month="=NOW()"), 4, {"unreadable month": 1}),
    "longitude and latitude swapped": (TWELVE + GOOD + street_row("s", lon="52.5", lat="-1.99"), 4,
                                       {"coordinates outside the United Kingdom": 1}),
    "coordinates in words": (TWELVE + GOOD + street_row("w", lon="west"), 4, {"unreadable coordinates": 1}),
    "infinite coordinates": (TWELVE + GOOD + street_row("i", lat="inf") + street_row("j", lat="1e400"), 5,
                             {"unreadable coordinates": 2}),
    "a field of 10 MB": (TWELVE + GOOD + street_row("l", location="x" * 10_000_000), 4, {"field too long": 1}),
    "a quoted field of 1 MB of commas": (TWELVE + GOOD + street_row("l", location='"' + "a," * 500_000 + '"'), 4,
                                         {"field too long": 1}),
    "a crime id of 20,000 letters": (TWELVE + GOOD + street_row("i" * 20_000), 4, {"field too long": 1}),
    "UTF-16 with byte order mark": ((TWELVE + GOOD).encode("utf-16"), 3, {}),
    "big-endian UTF-16": (b"\xfe\xff" + (TWELVE + GOOD).encode("utf-16-be"), 3, {}),
    "UTF-8 with byte order mark": (b"\xef\xbb\xbf" + (TWELVE + GOOD).encode(), 3, {}),
    "cp1252": ((TWELVE + GOOD + street_row("e", location="Café £")).encode("cp1252"), 4, {}),
    "bytes that no encoding knows": ((TWELVE + GOOD).encode()
        + b"u,2014-01,F,F,-1.99,52.5,\x81\x8d\xff,E,N,Burglary,,\r\n", 4, {}),
    "invisible characters": (TWELVE + GOOD + street_row("\u200b\u2028\x85\x0b", location="a\u2028b\x85c"), 4, {}),
    "scripts in every field": (TWELVE + GOOD + "".join(
        ",".join([quoted(s), "2014-01", quoted(s), quoted(s), "-1.99", "52.5", quoted(s), quoted(s), quoted(s), quoted(s),
                  quoted(s), quoted(s)]) + "\r\n" for s in SCRIPTS for _ in (1, 2)), 3 + 2 * len(SCRIPTS), {}),
    "the old format with text": (EIGHT + old_row() * 2 + old_row("east") + old_row("") + old_row("-1"), 5,
                                 {"unreadable coordinates": 1, "no location": 1}),
    "south of the grid's origin": (EIGHT + old_row() * 2 + old_row("392810.0", "-50"), 3, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(READ))
def test_read_with_every_row_accounted_for(
    case: str, tmp_path: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, rows, reasons = READ[case]
    path = street_file(tmp_path, text)
    code, out, _ = run(["check", path], capsys)
    used, aside = rows - sum(reasons.values()), sum(reasons.values())
    assert code == 0
    assert f"{rows:,} rows read = {used:,} used + {aside:,} set aside" in out
    for reason, count in reasons.items():
        assert f"{reason}: {count:,}" in out
    intake = hs.read_police_uk(path)
    assert intake.set_aside["reason"].value_counts().to_dict() == reasons
    assert len(intake.incidents) == used
    assert intake.set_aside["value"].str.len().max() <= 60 if aside else True
    # Every point that was used is where its row says: in or around the test's area, or where a case puts it.
    folder = tmp_path / "out"
    code, _, err = run(["hotspots", path, "--area", area, "--out", folder], capsys)
    if not used:
        assert code == 2
        assert "no incident" in err
        return
    assert code == 0, err
    _no_page_runs_anything(folder / "map.html")
    for table in folder.glob("*.csv"):
        _no_cell_is_a_formula(table)
    layers = gpd.list_layers(folder / "hotspots.gpkg")["name"].tolist()
    assert {"hotspots", "area"} <= set(layers)
    counted = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["inputs"][0]
    assert counted["read"] == rows == counted["used"] + counted["set_aside"]


def _no_page_runs_anything(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for nasty in (
        "<script>window.hacked",
        "onerror=alert",
        "<svg onload",
        "${window.hacked",
        "`+alert",
        "{{7*7}}",
    ):
        assert nasty not in text
    # Every script that opens closes: none of the data's own tags changed the number.
    assert text.count("<script") == text.count("</script>")
    assert "49" not in re.findall(r"map point near (\d+)", text)


def _no_cell_is_a_formula(path: Path) -> None:
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")):
        for cell in row:
            number = re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
            assert number or not cell.lstrip().startswith(("=", "+", "-", "@")), (path.name, cell)


def test_member_names_that_climb_are_only_names(
    tmp_path: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "climb.zip", "w") as archive:
        archive.writestr(f"../../{NAME}", TWELVE + GOOD)
        archive.writestr("/etc/2014-02-test-force-street.csv", TWELVE + GOOD.replace("2014-01", "2014-02"))
        archive.writestr("2014-03/2014-03-=cmd()-street.csv", TWELVE + GOOD.replace("2014-01", "2014-03"))
    before = {path for path in tmp_path.parent.rglob("*") if path.is_file()}
    code, out, _ = run(
        ["hotspots", tmp_path / "climb.zip", "--area", area, "--out", tmp_path / "out"], capsys
    )
    assert code == 0
    assert "9 rows read = 9 used" in out
    new = {path for path in tmp_path.parent.rglob("*") if path.is_file()} - before
    assert {path.parent for path in new} == {tmp_path / "out"}
    for table in (tmp_path / "out").glob("*.csv"):
        _no_cell_is_a_formula(table)


def test_control_characters_in_names_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A member's name could clear the screen, or write over the line above it.
    with zipfile.ZipFile(tmp_path / "names.zip", "w") as archive:
        archive.writestr("2014-01/2014-01-\x1b[2Jfake\rOK-street.csv", TWELVE + GOOD)
    code, out, err = run(["check", tmp_path / "names.zip"], capsys)
    assert code in (0, 2)
    assert not {"\x1b", "\r"} & set(out + err)
    street_file(tmp_path, "\x1b]0;owned\x07,b\n1,2\n", "header.csv")
    code, out, err = run(["check", tmp_path / "header.csv"], capsys)
    assert code == 2
    assert not {"\x1b", "\x07"} & set(out + err)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--cell-size", "nan", "cell_size"), ("--cell-size", "inf", "cell_size"), ("--cell-size", "-1", "cell_size"),
        ("--cell-size", "1e300", "cell_size"), ("--cell-size", "1e-300", "cell_size"),
        ("--cell-size", "99", "finer than the data"),
        ("--cell-size", "big", "not a valid float"), ("--shape", "round", "round"), ("--from", "2014-1", "no month"),
        ("--from", "", "no month"), ("--to", "2013-12", "no incident is left"), ("--as-of", "2014-02-30", "no date"),
        ("--as-of", "", "date"), ("--as-of", "0001-01-01", "no incident"),
        ("--category", "Burglar", "did you mean 'Burglary'"),
        ("--layer", "wards", "no layer 'wards'; it has: area"), ("--where", "nome = 1", "nome"), ("--where", "((", "where="),
        ("--area", "missing.gpkg", "missing.gpkg does not exist"), ("--area", ".", "is a folder"),
        ("--area", "a" * 300, "aaa"),
        ("--out", "/proc/nowhere/out", "nowhere"), ("--out", "b" * 300, "bbb"), ("--colour", "red", "No such option"),
    ],
)  # fmt: skip
def test_options_that_cannot_be(
    option: str, value: str, words: str, tmp_path: Path, area: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    path = street_file(tmp_path, TWELVE + GOOD)
    given = {"--area": str(area), "--out": "out"} | {option: value}
    code, _, err = run(["hotspots", path, *(part for pair in given.items() for part in pair)], capsys)
    assert code == 2
    lines = [line for line in err.splitlines() if line.startswith("hotspot: ")]
    assert len(lines) == 1
    assert words in lines[0]
    assert not (tmp_path / "out").exists()


def test_the_current_folder_as_output(
    tmp_path: Path, area: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = street_file(tmp_path, TWELVE + GOOD)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    code, _, _ = run(["hotspots", path, "--area", area, "--out", "."], capsys)
    assert code in (0, 2)
    assert (code == 0) == (tmp_path / "here" / "map.html").exists()


def test_notes_are_said_once_however_often_it_runs(
    tmp_path: Path, area: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = street_file(tmp_path, TWELVE + GOOD)
    for turn in range(2):
        _, _, err = run(["hotspots", path, "--area", area, "--out", tmp_path / f"out{turn}"], capsys)
        assert err.count("note: bandwidth") == 1
