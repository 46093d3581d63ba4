"""An output folder that appears whole: built beside its place, then moved there."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotspot.errors import InputError
from hotspot.publish.manifest import made_by_hotspot


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of ``path`` when the block ends well.

    A folder that is there already is replaced only if an earlier run made all of it: its manifest
    names every file. If the block raises, it stays as it was.

    Raises
    ------
    InputError
        If the folder holds files that no run of hotspot made, or a file is open elsewhere.
    """
    target = check_place(path)
    mark = secrets.token_hex(6)
    building = target.with_name(f".{target.name[:40]}.{mark}.new")
    building.mkdir()
    try:
        yield building
        _refuse_foreign(target)
        _swap(building, target, target.with_name(f".{target.name[:40]}.{mark}.old"))
    finally:
        shutil.rmtree(building, ignore_errors=True)


def check_place(path: Path) -> Path:
    """Return the real path of an output folder, its parent made, or say why nothing can be written there."""
    try:
        target = Path(path).resolve()
        if target.name == "":
            raise InputError("the output folder has no name; give a folder such as hotspot-output")
        _refuse_foreign(target)
        target.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"the output folder {str(path)[:120]!r} cannot be made ({reason}); choose another"
        ) from None
    return target


def _refuse_foreign(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise InputError(f"{target} is a file, not a folder; choose another name for the output folder")
    if not any(target.iterdir()):
        return
    ours, others = made_by_hotspot(target)
    if not ours:
        raise InputError(
            f"the folder {target} holds files that hotspot did not make; choose a new or an empty folder"
        )
    if others:
        raise InputError(
            f"the folder {target} holds {len(others)} files that its manifest does not name ({others[0]}); "
            "move them elsewhere or choose another folder: nothing was overwritten"
        )


def _swap(building: Path, target: Path, old: Path) -> None:
    try:
        if target.exists():
            target.rename(old)
        try:
            building.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except PermissionError:
        raise InputError(f"a file in {target} is open in another program; close it and run again") from None
    shutil.rmtree(old, ignore_errors=True)
