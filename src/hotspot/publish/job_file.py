"""A job as a TOML file: the same as ``hotspot hotspots`` with its options, kept beside the data."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hotspot.errors import InputError

PATHS = ("data", "area", "mapping", "out", "register")
RELEASES = ("restricted", "public")
KEYS: dict[str, type | tuple[type, ...]] = {
    "data": str,
    "area": str,
    "mapping": str,
    "out": str,
    "layer": str,
    "where": str,
    "category": list,
    "cell_size": (int, float),
    "shape": str,
    "start": str,
    "end": str,
    "as_of": str,
    "across_breaks": bool,
    "release": str,
    "register": str,
}


def read_job(path: Path) -> dict[str, Any]:
    """Return the job of a TOML file; its paths are relative to the file.

    Raises
    ------
    InputError
        If the file cannot be read, a key is unknown (the nearest is named), of the wrong kind, or missing.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as TOML ({str(error)[:120]})") from None
    for key, value in content.items():
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1)
            hint = f"; do you mean {near[0]!r}?" if near else f"; known are {', '.join(KEYS)}"
            raise InputError(f"{path.name} has a key {key[:40]!r} that no job has{hint}")
        wrong = not isinstance(value, KEYS[key]) or (isinstance(value, bool) and KEYS[key] is not bool)
        if wrong or (key == "category" and not all(isinstance(name, str) for name in value)):
            raise InputError(f"{path.name}: {key} = {str(value)[:40]!r} is of the wrong kind")
    if content.get("release", RELEASES[0]) not in RELEASES:
        raise InputError(
            f"{path.name}: release = {str(content['release'])[:40]!r} is not known; write 'restricted' or 'public'"
        )
    missing = [key for key in ("data", "area", "out") if key not in content]
    if missing:
        raise InputError(f"{path.name} lacks {', '.join(missing)}")
    return {key: path.parent / value if key in PATHS else value for key, value in content.items()}
