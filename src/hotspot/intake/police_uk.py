"""Read data.police.uk street files: the 12-column format and the 8-column one of 2010-11."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import geopandas as gpd
import numpy as np

from hotspot import provenance
from hotspot.errors import InputError
from hotspot.geography.area import as_area
from hotspot.intake.delimited import NUMBERS, Delimited, parse
from hotspot.intake.files import PathLike, SourceFile, find_files
from hotspot.intake.ledger import Intake, recorded, shorten
from hotspot.intake.points import point_keys
from hotspot.intake.police_rows import WORKERS, Part, assemble
from hotspot.intake.repeated import id_keys
from hotspot.intake.save_set_aside import origin_of_lines

TWELVE_COLUMNS = {
    "Crime ID": "incident_id",
    "Month": "month",
    "Reported by": "reported_by",
    "Falls within": "falls_within",
    "Longitude": "x",
    "Latitude": "y",
    "Location": "location",
    "LSOA code": "lsoa_code",
    "LSOA name": "lsoa_name",
    "Crime type": "category",
    "Last outcome category": "last_outcome",
    "Context": "context",
}
EIGHT_COLUMNS = {
    "Month": "month",
    "Reported by": "reported_by",
    "Falls within": "falls_within",
    "Easting": "x",
    "Northing": "y",
    "Location": "location",
    "Crime type": "category",
    "Context": "context",
}
_SIX = ("anti-social behaviour", "burglary", "robbery", "vehicle crime", "violent crime", "other crime")
_ELEVEN = (
    *_SIX,
    "criminal damage and arson",
    "drugs",
    "other theft",
    "public disorder and weapons",
    "shoplifting",
)
_FOURTEEN = (
    "anti-social behaviour",
    "bicycle theft",
    "burglary",
    "criminal damage and arson",
    "drugs",
    "other crime",
    "other theft",
    "possession of weapons",
    "public order",
    "robbery",
    "shoplifting",
    "theft from the person",
    "vehicle crime",
    "violence and sexual offences",
)
CATEGORY_SETS = (("0000-00", _SIX), ("2011-09", _ELEVEN), ("2013-05", _FOURTEEN))
"""Crime types by the first month that has them. Anti-social behaviour is one kind in all: the source does not say
whether it was drinking, begging, parking or a dog."""
_FILE_NAME = re.compile(r"^(\d{4}-(?:0[1-9]|1[0-2]))-(.+)-street\.csv$", re.IGNORECASE)
_OTHER_FILES = ("-outcomes.csv", "-stop-and-search.csv")


def read_police_uk(
    source: PathLike | Iterable[PathLike],
    *,
    area: gpd.GeoDataFrame | PathLike | None = None,
    progress: bool = False,
) -> Intake:
    """Read data.police.uk street files into incidents, with every row accounted for.

    Parameters
    ----------
    source
        One CSV, a folder of ``YYYY-MM/YYYY-MM-force-street.csv``, a pattern, the archive ``.zip`` as
        downloaded, or a list of these. Outcome and stop-and-search files beside them are passed over.
    area
        Keep the incidents inside this area (its edge belongs to it); the others are set aside as
        "outside the area". A GeoDataFrame or a vector file with one layer.
    progress
        Show a progress bar when standard error is a terminal.

    Returns
    -------
    Intake
        ``incidents`` in EPSG:27700, snapped to the whole metres in which the source was published:
        ``incident_id``, ``source``, ``category``, ``start`` and ``end`` (first and last day of the month),
        ``time_precision`` ("month"), ``place_id`` (the map point's easting and northing), ``location``,
        ``location_precision`` ("map_point"), then the file's other columns, ``source_file`` and
        ``source_row`` (the header is row 1). ``set_aside``, ``coverage``, ``ledger`` and ``findings`` say
        what became of every row and what to look at.

    Raises
    ------
    InputError
        If a file is missing, empty, not text or has another header, or a month stands in two files.

    Notes
    -----
    Anti-social behaviour carries no id, and its rows repeat byte for byte because the source gives
    only a month and one of about 750,000 map points: identical rows are separate incidents and all
    are kept. Repeated ids of other categories are reported in ``findings`` and kept too.

    How this can mislead: points are anonymised map points about 100 m apart, redrawn in July 2022, so
    neither addresses nor comparisons of single points across that date are in the data.

    Source: https://data.police.uk/about/
    """
    outline = None if area is None else as_area(area).union_all()
    files = find_files(source, _is_street_file)
    parts = _read_all(files, progress)
    _refuse_double_months(parts)
    origin = origin_of_lines(files, {part.text.name: part.sha256 for part in parts})
    made = assemble(parts, outline)
    record = provenance.of(made.incidents)
    for item in record["sources"]:
        item["records"] = kinds_recorded(item["months"])
    provenance.put(made.incidents, record)
    return recorded(replace(made, origin=origin))


def kinds_recorded(months: Iterable[str]) -> list[str]:
    """Return the kinds of behaviour that data.police.uk records in all of some months (``YYYY-MM``).

    They are its crime types, no finer: of footpath parking, begging, dogs or street drinking it knows nothing.

    Examples
    --------
    >>> kinds_recorded(["2011-02", "2014-01"])
    ['anti-social behaviour', 'burglary', 'other crime', 'robbery', 'vehicle crime']
    """
    sets = [
        max((first, kinds) for first, kinds in CATEGORY_SETS if first <= str(month))[1] for month in months
    ]
    return sorted(set.intersection(*map(set, sets))) if sets else []


def _is_street_file(name: str) -> bool:
    low = name.lower()
    return low.endswith(".csv") and not low.endswith(_OTHER_FILES) and not low.startswith(("._", "~$"))


def _read_all(files: list[SourceFile], progress: bool) -> list[Part]:
    """Read the files two at a time; the order of the parts is that of the files."""
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        read = pool.map(_read_one, files)
        if not progress:
            return list(read)
        from tqdm import tqdm

        # None: shown only when standard error is a terminal.
        return list(tqdm(read, total=len(files), desc="Reading", unit="file", disable=None, leave=False))


def _read_one(file: SourceFile) -> Part:
    data = file.read()
    text = parse(data, file.name, lambda header: _format(header, file.name))
    match = _FILE_NAME.match(file.name.rsplit("/", 1)[-1])
    month, slug = (match.group(1), match.group(2)) if match else (None, None)
    digest = hashlib.sha256(data).hexdigest()
    formats = (set(TWELVE_COLUMNS), set(EIGHT_COLUMNS))
    added = [] if set(text.header) in formats else sorted(set(text.header) - set().union(*formats))
    # What needs one file only is made here, where two files are read at a time.
    eastings = "incident_id" not in text.table.column_names
    keys = point_keys(*(text.table.column(axis).to_numpy() for axis in NUMBERS), eastings=eastings)
    ids = np.empty(0, np.uint64) if eastings else id_keys(text.table.column("incident_id"))
    return Part(text, _source_name(slug, text), month, eastings, digest, keys, ids, tuple(added))


def _format(header: list[str], name: str) -> dict[str, str]:
    for names in (TWELVE_COLUMNS, EIGHT_COLUMNS):
        if set(names) <= set(header):
            return names
    expected = EIGHT_COLUMNS if "Easting" in header else TWELVE_COLUMNS
    missing = ", ".join(column for column in expected if column not in header)
    seen = ", ".join(shorten(column) for column in header[:12])
    raise InputError(
        f"{name} is not a data.police.uk street file: its header lacks {missing}; it has {len(header)} "
        f"column{'s' * (len(header) != 1)} ({seen}). Expected the 12 columns from Crime ID to Context, or the 8 "
        "of 2010-11 with Easting and Northing"
    )


def _source_name(slug: str | None, text: Delimited) -> str:
    """Name the source by the file name's force, or else by the one force that its rows name.

    Simulated rows say so in a column; whatever the file is called, they stay simulated.
    """
    reported, context = (_distinct(text, column) for column in ("reported_by", "context"))
    if any(value.lower().startswith("simulated") for value in (*reported, *context)):
        return "simulated incidents"
    if slug is None:
        named = sorted({re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") for value in reported} - {""})
        slug = named[0] if len(named) == 1 else "several-forces" if named else "unknown-force"
    slug = shorten(slug.lower())
    return "simulated incidents" if slug.startswith("simulated") else f"data.police.uk/{slug}"


def _distinct(text: Delimited, column: str) -> list[str]:
    chunks = text.table.column(column).chunks
    return list(dict.fromkeys(value for chunk in chunks for value in chunk.dictionary.to_pylist() if value))


def _refuse_double_months(parts: list[Part]) -> None:
    seen: dict[str | tuple[str, str], str] = {}
    # Files whose names say their month come first: another file with rows of that month repeats it.
    for part in sorted(parts, key=lambda part: part.month is None):
        own: list[str | tuple[str, str]] = [part.sha256] if part.text.lines_read else []
        months = [part.month] if part.month is not None else _distinct(part.text, "month")
        by_source = [(part.source, month) for month in months]
        # A file under a name of one's own may have another source: the force that its rows name counts too.
        by_force = [(force, month) for force in _distinct(part.text, "reported_by") for month in months]
        for key in [*own, *by_source, *(by_force if part.month is None else [])]:
            if key in seen:
                what = "the same rows stand" if isinstance(key, str) else f"{key[1]} of {key[0]} stands"
                raise InputError(
                    f"{what} in two files, {seen[key]} and {part.text.name}: every incident in them would count "
                    "twice; keep one of them (archive downloads overlap by up to 36 months)"
                )
        seen.update(
            dict.fromkeys(own if part.month is None else [*own, *by_source, *by_force], part.text.name)
        )
