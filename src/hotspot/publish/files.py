"""Write files whole or not at all.

A report that stops half way must not leave half a file behind under the name that people open.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hotspot import recording
from hotspot.errors import InputError

log = logging.getLogger("hotspot")

_STEM_KEPT = 40


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, and move it there when the block ends well.

    Nothing is at the temporary path when the block starts; its suffix is that of ``path``, since
    some writers choose the format by it. If the block raises, what it wrote is removed and an
    older file under ``path`` stays as it was.

    Parameters
    ----------
    path : str or path
        The file to write. A link is followed, so the file that it points to is replaced.

    Yields
    ------
    pathlib.Path
        The temporary path, in the same folder.

    Raises
    ------
    InputError
        If ``path`` is a folder, its folder does not exist, or the file cannot be replaced because
        it is open in another program or is protected.
    """
    target = _checked(path)
    temporary = target.with_name(f".{target.stem[:_STEM_KEPT]}.{secrets.token_hex(8)}{target.suffix}")
    try:
        yield temporary
        if not temporary.exists():
            raise InputError(f"nothing was written for {target}")
        os.replace(temporary, target)
        if not recording.wrote(target) and target.name != "manifest.json":
            log.info("no manifest for %s: write inside `with hs.record(folder)` to have one", target.name)
    except PermissionError as problem:
        raise _denied(problem, temporary, target) from problem
    finally:
        _remove(temporary)


def write_bytes_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write bytes to ``path``, whole or not at all, and return the path.

    Raises
    ------
    InputError
        As for `whole_file`.
    """
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        # Without this a power cut after the rename could leave an empty file under the good name.
        os.fsync(file.fileno())
    return Path(path)


def write_text_whole(path: str | os.PathLike[str], text: str, *, encoding: str = "utf-8") -> Path:
    """Write text to ``path``, whole or not at all, with its line ends as given.

    Raises
    ------
    InputError
        As for `whole_file`.
    """
    return write_bytes_whole(path, text.encode(encoding))


def _checked(path: str | os.PathLike[str]) -> Path:
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise InputError(f"{path} is a folder: give the name of a file in it")
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist: make it first, or write elsewhere")
    return target


def _denied(problem: PermissionError, temporary: Path, target: Path) -> Exception:
    touched = {str(name) for name in (problem.filename, problem.filename2) if name is not None}
    if str(target) in touched:
        return InputError(
            f"{target} is open in another program or protected: close {target.name} and run again"
        )
    if str(temporary) in touched:
        return InputError(
            f"no permission to write in {target.parent}: choose another folder, or ask for access"
        )
    return problem


def _remove(temporary: Path) -> None:
    # Database writers leave journals beside their file, named after it.
    for leftover in [
        temporary,
        *(temporary.with_name(temporary.name + end) for end in ("-journal", "-wal", "-shm")),
    ]:
        with suppress(OSError):
            leftover.unlink(missing_ok=True)
