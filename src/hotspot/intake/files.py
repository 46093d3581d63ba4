"""Find the files that a source names, and hand out their bytes one at a time."""

from __future__ import annotations

import glob
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hotspot.errors import InputError
from hotspot.text import printable

PathLike = str | os.PathLike[str]
Wanted = Callable[[str], bool]

# The largest file of data.police.uk is about 40 MB a force and month; this leaves room and still
# stops a small .zip that unpacks to more than the machine holds.
LARGEST_FILE = 2_000_000_000
LARGEST_ARCHIVE = 20_000_000_000
WORKBOOKS = (".xlsx", ".xlsm")
"""Files that are zip archives inside and yet one file to people."""
# What the standard library raises for a damaged, encrypted or unknown member.
UNPACKING = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, NotImplementedError, ValueError,
)  # fmt: skip


@dataclass(frozen=True)
class SourceFile:
    """One file, or one member of an archive: its name for people, and a way to get its bytes."""

    name: str
    read: Callable[[], bytes]


def find_files(source: PathLike | Iterable[PathLike], wanted: Wanted) -> list[SourceFile]:
    """List the files that ``source`` names, sorted by name.

    Parameters
    ----------
    source
        A file, a folder (searched with its sub-folders), a pattern with ``*``, ``?`` or ``[]``, a
        ``.zip`` archive, or a list of any of these.
    wanted
        Tells by file name which files of a folder or archive count. A file named outright always
        counts.

    Raises
    ------
    InputError
        If a path does not exist, or nothing in it is wanted.
    """
    if not isinstance(source, str | os.PathLike | Iterable):
        raise InputError(
            f"a source is a file, folder, pattern, .zip or a list of these; given {type(source).__name__}"
        )
    if isinstance(source, str | os.PathLike):
        found = _in_one(os.fspath(source), wanted)
    else:
        found = [file for part in source for file in _in_one(os.fspath(part), wanted)]
    if not found:
        raise InputError(
            "no source was named: the list of files is empty; give a file, folder, pattern or .zip"
        )
    names = [file.name for file in found]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InputError(f"{twice[0]} is named twice, or two files share that name; give each file once")
    return sorted(found, key=lambda file: file.name)


def _in_one(source: str, wanted: Wanted) -> list[SourceFile]:
    if "\0" in source:
        raise InputError("the path of the source holds a NUL character; give a plain file or folder name")
    if not source.strip():
        raise InputError("the path of the source is empty; give a file or folder, or . for this folder")
    try:
        return _look(source, Path(source), wanted)
    except (OSError, zipfile.BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{source[:120]} cannot be opened ({reason}); check the path") from None


def _look(source: str, path: Path, wanted: Wanted) -> list[SourceFile]:
    if path.is_dir():
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        return _kept([(p.relative_to(path).as_posix(), p) for p in inside], wanted, f"the folder {source}")
    if path.is_file():
        folder = path.resolve().parent.name
        return _in_archive(path, wanted) if _is_archive(path) else [_plain(f"{folder}/{path.name}", path)]
    if glob.has_magic(source):
        matches = sorted(Path(p) for p in glob.glob(source, recursive=True) if Path(p).is_file())
        if not matches:
            raise InputError(f"no file matches the pattern {source}; check the folder and the wildcard")
        return _kept([(p.as_posix(), p) for p in matches], wanted, f"the pattern {source}")
    if path.exists():
        raise InputError(f"{source} is neither a file nor a folder; give a CSV file, a folder or a .zip")
    raise InputError(
        f"{source} does not exist; check the spelling and the folder you run from ({Path.cwd().name}/)"
    )


def _is_archive(path: Path) -> bool:
    """Tell a .zip from a workbook, which is a zip inside whatever its name."""
    if not zipfile.is_zipfile(path) or path.suffix.lower() in WORKBOOKS:
        return False
    with zipfile.ZipFile(path) as archive:
        return "[Content_Types].xml" not in archive.namelist()


def _kept(named: list[tuple[str, Path]], wanted: Wanted, place: str) -> list[SourceFile]:
    kept = [_plain(name, path) for name, path in named if wanted(path.name)]
    if not kept:
        seen = ", ".join(name for name, _ in named[:3]) or "nothing"
        raise InputError(
            f"{place} holds no incident file: {len(named)} files seen ({seen}); "
            "expected CSV files such as 2024-03/2024-03-west-midlands-street.csv"
        )
    return kept


def _plain(name: str, path: Path) -> SourceFile:
    def read() -> bytes:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(
                f"{name} is {size:,} bytes, over the limit of {LARGEST_FILE:,}; split it by month"
            )
        try:
            return path.read_bytes()
        except PermissionError as error:
            raise InputError(
                f"{name} cannot be opened ({error.strerror}); close it elsewhere and run again"
            ) from None

    return SourceFile(printable(name), read)


def _in_archive(path: Path, wanted: Wanted) -> list[SourceFile]:
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
    kept = [info for info in members if wanted(PurePosixPath(info.filename).name)]
    if not kept:
        raise InputError(
            f"the archive {path.name} holds no incident file: {len(members)} members seen; "
            "expected members such as 2024-03/2024-03-west-midlands-street.csv"
        )
    total = sum(info.file_size for info in kept)
    if total > LARGEST_ARCHIVE:
        raise InputError(
            f"{path.name} unpacks to {total:,} bytes, over the limit of {LARGEST_ARCHIVE:,}; unpack it by year"
        )
    return [_member(path, info) for info in kept]


def _member(path: Path, info: zipfile.ZipInfo) -> SourceFile:
    name = info.filename

    def read() -> bytes:
        if info.file_size > LARGEST_FILE:
            raise InputError(
                f"{name} in {path.name} unpacks to {info.file_size:,} bytes, over {LARGEST_FILE:,}"
            )
        try:
            with zipfile.ZipFile(path) as archive, archive.open(info) as member:
                # One byte more than the header promises: a header that lies is caught, not believed.
                data = member.read(info.file_size + 1)
        except UNPACKING as error:
            raise InputError(
                f"{name} in {path.name} cannot be unpacked ({error}); download it again"
            ) from None
        if len(data) != info.file_size:
            raise InputError(f"{name} in {path.name} is not the size its archive states; download it again")
        return data

    return SourceFile(printable(name), read)
