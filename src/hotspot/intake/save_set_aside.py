"""Write the full rows that were set aside, marked, so that they can be repaired and read again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.intake.cell_values import text_of
from hotspot.intake.decoding import decode_text
from hotspot.intake.files import SourceFile

if TYPE_CHECKING:
    from hotspot.intake.ledger import Intake, Origin

MARKING = f"{provenance.SENSITIVE}: full rows of the source, which may hold personal data"
NOTE_COLUMNS = ("set aside: file", "set aside: row", "set aside: reason", "set aside: field", "marking")
"""Columns that are added to the source's own; no mapping names them, so reading again drops them."""
_RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"^[+-]?[\d.,\s]*\d[\d.,\s]*$")


def save_set_aside(
    intake: Intake, path: str | os.PathLike[str], *, reasons: str | Iterable[str] | None = None
) -> Path:
    """Write the full rows set aside; see `Intake.save_set_aside`.

    Text that a spreadsheet would run as a formula is written with an apostrophe before it.
    """
    if intake.origin is None:
        raise InputError("these incidents carry no way back to their source; read the files again, then save")
    aside = _chosen(intake.set_aside, reasons)
    parts = []
    for file, lines in aside.groupby("source_file", observed=True, sort=True):
        lines = lines.sort_values("row", kind="stable")
        full = intake.origin.full_rows(str(file), lines["row"].to_numpy(dtype=np.int64))
        own = [name for name in full.columns if name not in NOTE_COLUMNS]
        notes = [
            [str(file)] * len(lines),
            lines["row"].astype(str).tolist(),
            lines["reason"].astype(str).tolist(),
            lines["field"].astype(str).tolist(),
            [provenance.OPEN if intake.origin.open else MARKING] * len(lines),
        ]
        parts.append(full[own].assign(**dict(zip(NOTE_COLUMNS, notes, strict=True))))
    spatial = any(isinstance(part, gpd.GeoDataFrame) for part in parts)
    target = _target(Path(path), ".geojson" if spatial else ".csv", intake.origin.open)
    whole = pd.concat(parts, ignore_index=True)
    last = [name for name in whole.columns if name in NOTE_COLUMNS]
    whole = whole[[name for name in whole.columns if name not in last] + last]
    _write(target, _geojson(whole) if spatial else _csv(whole, intake.origin))
    return target


def _chosen(aside: pd.DataFrame, reasons: str | Iterable[str] | None) -> pd.DataFrame:
    if aside.empty:
        raise InputError("no row was set aside, so there is nothing to save")
    if reasons is None:
        return aside
    wanted = {reasons} if isinstance(reasons, str) else set(reasons)
    known = sorted(set(aside["reason"].astype(str)))
    unknown = sorted(wanted - set(known))
    if unknown or not wanted:
        raise InputError(
            f"no row was set aside for {(unknown or ['no reason'])[0]!r}; the reasons are: {', '.join(known)}"
        )
    return aside[aside["reason"].isin(wanted)]


def _target(path: Path, suffix: str, is_open: bool) -> Path:
    if path.suffix.lower() != suffix:
        why = "its points are geometry" if suffix == ".geojson" else "it is a table"
        raise InputError(f"the rows set aside are written as {suffix} ({why}); given {path.name!r}")
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent.name!r} does not exist; make it first")
    if is_open or provenance.SENSITIVE.casefold() in path.name.casefold():
        return path
    return path.with_name(f"{path.stem} {provenance.SENSITIVE}{path.suffix}")


def _csv(rows: pd.DataFrame, origin: Origin) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=origin.delimiter, lineterminator="\r\n")
    for line in range(origin.header_row - 1):
        mark = provenance.OPEN if origin.open else MARKING
        writer.writerow([mark if line == 0 else "(row above the header)"])
    writer.writerow(list(rows.columns))
    columns = [[_guarded(value) for value in text_of(rows[name])] for name in rows.columns]
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode(origin.encoding, errors="replace")


def _guarded(value: Any) -> str:
    text = "" if value is None or value != value else str(value)
    risky = text.startswith(_RUN_BY_SPREADSHEETS) and not _NUMBER.match(text)
    return f"'{text}" if risky else text


def _geojson(rows: pd.DataFrame) -> bytes:
    frame = gpd.GeoDataFrame(rows)
    texts = {name: text_of(frame[name]) for name in frame.columns if name != frame.active_geometry_name}
    plain = gpd.GeoDataFrame(texts, geometry=frame.geometry, crs=frame.crs)
    content = json.loads(plain.to_json(drop_id=True, na="null"))
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _write(path: Path, data: bytes) -> None:
    """Write the file whole or not at all."""
    temporary = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}.part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"{path.name} cannot be written ({error.strerror}); close it if it is open, or choose another folder"
        ) from None


def take_rows(table: pd.DataFrame, numbers: NDArray[np.int64], wanted: NDArray[np.int64]) -> pd.DataFrame:
    """Return the rows of a table by their row numbers in the file, in the order asked; blank where not there."""
    place = {number: at for at, number in enumerate(numbers.tolist())}
    at = np.array([place.get(number, -1) for number in wanted.tolist()], dtype=np.int64)
    found = table.take(np.maximum(at, 0)) if len(table) else table.reindex(range(len(at)))
    found = found.reset_index(drop=True)
    if (at < 0).any():
        keep = pd.Series(at >= 0)
        for name in found.columns:
            found[name] = found[name].where(keep, None)
    return found


def origin_of_lines(files: list[SourceFile], sha256: dict[str, str]) -> Origin:
    """Return the way back to comma-separated open data in which one line is one record.

    Parameters
    ----------
    files
        That were read.
    sha256
        Of each file by name, as it was read.
    """
    from hotspot.intake.ledger import Origin

    by_name = {file.name: file for file in files}

    def full_rows(name: str, rows: NDArray[np.int64]) -> pd.DataFrame:
        data = by_name[name].read()
        if hashlib.sha256(data).hexdigest() != sha256[name]:
            raise InputError(f"{name} has changed since it was read; read it again, then save")
        lines = decode_text(data, name)[0].decode("utf-8").split("\n")
        header = _fields(lines[0])
        fields = [_fields(lines[row - 1]) for row in rows.tolist()]
        width = max([len(header), *map(len, fields)])
        header += [f"field {number + 1}" for number in range(len(header), width)]
        return pd.DataFrame([row + [""] * (width - len(row)) for row in fields], columns=header, dtype="str")

    return Origin(full_rows=full_rows, open=True)


def _fields(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return line.split(",")
