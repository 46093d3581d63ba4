"""Write the simulated files, and find the ones that came with the package."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from hotspot.sample import plan

POLICE_FILE = "simulated_police_uk.zip"
COUNCIL_FILE = "simulated_council_cases.csv"
POLICE_LOG_FILE = "simulated_police_log.csv"
FIRE_FILE = "simulated_fire_service.xlsx"
EMERGENCY_FILE = "simulated_emergency_department.csv"
HARM_FILE = "EXAMPLE_harm_weights.csv"
PLACES_FILE = "simulated_place_names.csv"
BOUNDARY_FILE = "west_midlands.gpkg"

_PACKAGE = Path(__file__).resolve().parents[1]
# The earliest time that a zip can hold: the archive's bytes then depend on its content alone.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def embedded(name: str) -> Path:
    """Return the path of a data file of this package."""
    return _existing(Path(__file__).resolve().parent / "data" / name)


def mapping_file(name: str) -> Path:
    """Return the path of a mapping of this package."""
    return _existing(Path(__file__).resolve().parent / "mappings" / f"{name}.toml")


def boundary_file() -> Path:
    """Return the boundaries: of the installed package, else of the checkout that this runs from."""
    installed = _PACKAGE / "boundaries" / BOUNDARY_FILE
    checkout = _PACKAGE.parents[1] / "boundaries" / BOUNDARY_FILE
    return installed if installed.exists() else _existing(checkout)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path.name} is missing from this installation of hotspot (looked for {path}); "
            "reinstall hotspot-analysis, or run from a complete checkout"
        )
    return path


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file as data.police.uk writes it: lines end in CR LF, text in UTF-8 (all ASCII)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def archive_bytes(members: dict[str, bytes]) -> bytes:
    """Return a zip with the members in the order given, without any time or trait of this machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, date_time=_ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content, compresslevel=9)
    return buffer.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all."""
    temporary = path.with_name(path.name + ".part")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def generate_files(folder: Path, *, seed: int) -> tuple[Path, Path]:
    """Make both simulated files in a folder; see `hotspot.sample.generate`."""
    from hotspot.sample import council, places, police

    boundaries = boundary_file()
    points = places.make_map_points(boundaries, seed=seed)
    premises = places.make_premises(points, places.outline_of(boundaries), seed=seed)
    by_month = police.make_police_rows(points, seed=seed)
    members = {
        f"{month}/{month}-simulated-street.csv": csv_bytes(police.HEADER, by_month[month])
        for month in plan.MONTHS
    }
    folder.mkdir(parents=True, exist_ok=True)
    archive, cases = folder / POLICE_FILE, folder / COUNCIL_FILE
    write_whole(archive, archive_bytes(members))
    write_whole(cases, csv_bytes(council.HEADER, council.make_council_rows(premises, seed=seed)))
    return archive, cases


def generate_partner_files(folder: Path, *, seed: int) -> list[Path]:
    """Make the files of the other partners in a folder; see `hotspot.sample.generate_exports`."""
    from hotspot.sample import partners, places

    boundaries = boundary_file()
    points = places.make_map_points(boundaries, seed=seed)
    premises = places.make_premises(points, places.outline_of(boundaries), seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in partners.make_files(premises, seed=seed).items():
        write_whole(folder / name, content)
        paths.append(folder / name)
    return paths
