"""What a user reads of each of the crafted bad files of ``tests/dirty_files.py``.

    python docs/studies/dirty_files.py

writes ``docs/studies/dirty_files.md``. It takes about ten seconds.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import hotspot as hs

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from dirty_files import FILES, Dirty, write  # noqa: E402

if TYPE_CHECKING:
    from hotspot.intake.ledger import Intake

TABLE = HERE / "dirty_files.md"
COLUMNS = "| file | what is wrong with it | what the user reads | read = used + set aside |"
LONGEST_ERROR, LONGEST_FINDING = 260, 150
_SIGNS = re.compile(r"([\\`*_<>\[\]|#])")
# Which class a library raises depends on its version.
_CLASS = re.compile(r" \(\w*(?:Error|Invalid|Exception)\)")


@dataclass(frozen=True)
class Reading:
    """What became of one file: an intake, or the text of the error."""

    case: Dirty
    written: int
    intake: Intake | None
    error: str = ""


def read(case: Dirty, folder: Path) -> Reading:
    """Write one file and read it; every exception but InputError goes through."""
    path, mapping, written = write(case, folder)
    try:
        intake = hs.read_police_uk(path) if mapping is None else hs.read_incidents(path, mapping)
    except hs.InputError as error:
        return Reading(case, written, None, str(error))
    return Reading(case, written, intake)


def said(reading: Reading) -> str:
    """Return what the user reads, shortened."""
    if reading.intake is None:
        return "Error: " + _short(_CLASS.sub("", reading.error), LONGEST_ERROR)
    intake = reading.intake
    parts = []
    findings = intake.findings.groupby("finding", sort=False)["rows"].sum()
    for text, rows in findings.items():
        counted = f" ({rows:,} {'row' if rows == 1 else 'rows'})" if rows else ""
        parts.append(_short(str(text), LONGEST_FINDING) + counted)
    reasons = intake.set_aside["reason"].astype("str").value_counts()
    parts += [f"set aside as “{reason}”: {rows:,}" for reason, rows in sorted(reasons.items())]
    missing = intake.coverage.loc[intake.coverage["status"] == "missing", "month"]
    parts += [f"coverage: {month} is missing" for month in missing]
    return "; ".join(parts) or "nothing: it reads as it should"


def _short(text: str, most: int) -> str:
    """Cut a text at a word, with a mark where it was cut."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"


def rows_of(reading: Reading) -> str:
    """Return the sum of the ledger, or a dash where nothing was read."""
    if reading.intake is None:
        return "–"
    ledger = reading.intake.ledger
    read_, used, aside = (int(ledger[name].sum()) for name in ("read", "used", "set_aside"))
    return f"{read_:,} = {used:,} + {aside:,}"


def plain(text: str) -> str:
    """Return text that Markdown shows as it stands."""
    return _SIGNS.sub(r"\\\1", text)


def table(readings: Iterable[Reading]) -> str:
    """Return the page's tables, a group of files each."""
    readings = list(readings)
    intakes = [reading.intake for reading in readings if reading.intake is not None]
    sums = [sum(int(each.ledger[name].sum()) for each in intakes) for name in ("read", "used", "set_aside")]
    lines = [
        f"{len(readings)} files: {len(readings) - len(intakes)} are refused with an error, {len(intakes)} are read: "
        f"{sums[0]:,} rows = {sums[1]:,} used + {sums[2]:,} set aside.",
    ]
    group = ""
    for reading in readings:
        case = reading.case
        if case.group != group:
            group = case.group
            lines += [
                "",
                f"## {group}",
                "",
                "| file | what is wrong with it | what the user reads | read = used + set aside |",
            ]
            lines.append("|---|---|---|---:|")
        lines.append(f"| `{case.name}` | {plain(case.wrong)} | {plain(said(reading))} | {rows_of(reading)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        TABLE.write_text(table(read(case, Path(folder)) for case in FILES), encoding="utf-8")


if __name__ == "__main__":
    main()
