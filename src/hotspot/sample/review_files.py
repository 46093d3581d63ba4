"""A folder with all that a review needs, simulated: two orders, a log, areas, other evidence and the review's files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hotspot.sample import files, plan, wardens

if TYPE_CHECKING:
    import geopandas as gpd

TOWN_CENTRE, BOROUGHWIDE = "town_centre.toml", "boroughwide.toml"
LOG, LOG_MAPPING, AREAS = "warden_log.csv", "warden_log.toml", "areas.gpkg"
SOURCE = "Simulated warden log"

# Six made-up towns: each LSOA belongs to the nearest of these points.
_TOWNS = {
    "Simulated Town A": (398_300, 289_300),
    "Simulated Town B": (396_900, 286_900),
    "Simulated Town C": (402_000, 287_500),
    "Simulated Town D": (396_300, 292_300),
    "Simulated Town E": (398_900, 295_200),
    "Simulated Town F": (400_900, 291_600),
}

_MAPPING = f"""# A log of council wardens: what they saw, where and when. Simulated: nothing in it happened.

[source]
name = "{SOURCE}"
open = false
simulated = true
attribution = "made by hotspot.sample; no real incident is in it"
records = ["street drinking", "begging", "rowdy behaviour", "dogs not on a lead"]
location_precision = "exact"
period = "{wardens.MONTHS[0]} to {wardens.MONTHS[-1]}"

[columns]
id = "Log Ref"
category = "What"
start = "Seen"
location = "Near"

[dates]
order = "day-first"

[coordinates]
easting = "Easting"
northing = "Northing"

[check]
as_of = "2026-02-28"
"""

_SOURCES = f"""
[[source]]
file = "{LOG}"
mapping = "{LOG_MAPPING}"

[[source]]
file = "{files.POLICE_FILE}"
kind = "police_uk"
"""

_LSOA = f"""
[areas.lsoa]
file = "{AREAS}"
layer = "lsoa"
code = "lsoa_code"
name = "lsoa_name"
town = "town"
"""

_TOWN_CENTRE = f"""# A review of a simulated order. Nothing in it happened, and the order does not exist.

[order]
name = "{wardens.ORDER_PLACE}"
id = "SIM-PSPO-1"
version = "1"
file = "{AREAS}"
layer = "order"
decision = "extend"

[[order.in_force]]
start = {wardens.STARTS}
end = 2028-03-09

[[prohibition]]
name = "Street drinking"
behaviour = "street drinking"
text = "A person must not drink alcohol in the restricted area when asked to stop."

[[prohibition.evidence]]
source = "{SOURCE}"
categories = ["Street drinking"]

[[prohibition]]
name = "Begging"
behaviour = "begging"
text = "A person must not beg in the restricted area in an aggressive manner."

[[prohibition.evidence]]
source = "{SOURCE}"
categories = ["Begging"]

[[prohibition]]
name = "Footpath parking"
behaviour = "footpath parking"
text = "A person must not park a vehicle on a footpath in the restricted area."

[[prohibition]]
name = "Threatening behaviour"
behaviour = "threatening behaviour"
text = "A person must not use threatening or abusive behaviour in the restricted area."

[[prohibition.evidence]]
source = "{SOURCE}"
categories = ["Rowdy behaviour"]
wider = true

[[prohibition.evidence]]
source = "simulated incidents"
categories = ["Public order"]
wider = true
{_SOURCES}
[[comparison]]
name = "Simulated Market Place"
file = "{AREAS}"
layer = "comparison"
where = "name = 'Simulated Market Place'"

[[comparison]]
name = "Simulated Station Road"
file = "{AREAS}"
layer = "comparison"
where = "name = 'Simulated Station Road'"
{_LSOA}
[periods]
before = ["2024-04", "2025-02"]
during = ["2025-04", "2026-02"]

[consultation]
file = "consultation.csv"

[activity]
file = "activity.csv"

[statements]
file = "statements.csv"

[equality]
files = ["lsoa_context.csv"]

[pack]
title = "Simulated Town Centre: evidence for a consultation (SIMULATED DATA)"
folder = "packs/town-centre"
release = ["restricted", "public"]
"""

_BOROUGHWIDE = f"""# A review of a simulated boroughwide order that has been in force since before the data begins.

[order]
name = "Simulated boroughwide alcohol order"
id = "SIM-PSPO-2"
version = "3"
file = "{AREAS}"
layer = "borough"
decision = "extend"
boroughwide = true

[[order.in_force]]
start = 2017-10-20
end = 2021-02-28
label = "first order"

[[order.in_force]]
start = 2021-03-01
end = 2024-02-29
label = "second order"

[[order.in_force]]
start = 2024-03-01
end = 2027-02-28
label = "third order"

[[prohibition]]
name = "Street drinking"
behaviour = "street drinking"
text = "A person must not drink alcohol in a public place in the borough when asked to stop."

[[prohibition.evidence]]
source = "{SOURCE}"
categories = ["Street drinking"]

[[prohibition]]
name = "Dogs not on a lead"
behaviour = "dogs not on a lead"
text = "A person must keep a dog on a lead in a cemetery."

[[prohibition.evidence]]
source = "{SOURCE}"
categories = ["Dog not on a lead"]
{_SOURCES}{_LSOA}
[pack]
title = "Simulated boroughwide alcohol order: evidence for a consultation (SIMULATED DATA)"
folder = "packs/boroughwide"
release = ["restricted", "public"]
"""


def write_review(folder: Path, *, seed: int) -> tuple[Path, Path]:
    """Write the files into a folder; return the review of the town centre and that of the boroughwide order."""
    from hotspot import sample

    folder.mkdir(parents=True, exist_ok=True)
    log = files.csv_bytes(wardens.HEADER, wardens.make_rows(sample.map_points(seed=seed), seed=seed))
    lsoa, borough = _lsoa_with_towns(), _borough()
    texts = {
        LOG_MAPPING: _MAPPING,
        "consultation.csv": _consultation(),
        "activity.csv": _activity(seed),
        "statements.csv": _statements(),
        "lsoa_context.csv": _context(list(lsoa["lsoa_code"]), seed),
        TOWN_CENTRE: _TOWN_CENTRE,
        BOROUGHWIDE: _BOROUGHWIDE,
    }
    files.write_whole(folder / LOG, log)
    files.write_whole(folder / files.POLICE_FILE, sample.police_uk_archive().read_bytes())
    for name, text in texts.items():
        files.write_whole(folder / name, text.encode("utf-8"))
    _write_areas(folder / AREAS, lsoa, borough)
    return folder / TOWN_CENTRE, folder / BOROUGHWIDE


def _outlines() -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    shapes = [shapely.Polygon(corners) for corners in wardens.PLACES.values()]
    return gpd.GeoDataFrame({"name": list(wardens.PLACES)}, geometry=shapes, crs="EPSG:27700")


def _lsoa_with_towns() -> gpd.GeoDataFrame:
    import geopandas as gpd

    from hotspot import sample

    layer = gpd.read_file(sample.borough(), layer=sample.LSOA_LAYER)[["lsoa_code", "lsoa_name", "geometry"]]
    centre = layer.geometry.representative_point()
    seats = np.array(list(_TOWNS.values()), dtype=np.float64)
    away = np.hypot(centre.x.to_numpy()[:, None] - seats[:, 0], centre.y.to_numpy()[:, None] - seats[:, 1])
    layer["town"] = np.array(list(_TOWNS), dtype=object)[away.argmin(axis=1)]
    return layer


def _borough() -> gpd.GeoDataFrame:
    import geopandas as gpd

    from hotspot import sample

    return gpd.read_file(sample.borough(), layer=sample.BOROUGH_LAYER)[["name", "geometry"]]


def _write_areas(path: Path, lsoa: gpd.GeoDataFrame, borough: gpd.GeoDataFrame) -> None:
    import pyogrio

    places = _outlines()
    layers = {
        "order": places[places["name"] == wardens.ORDER_PLACE],
        "comparison": places[places["name"] != wardens.ORDER_PLACE],
        "lsoa": lsoa,
        "borough": borough,
    }
    path.unlink(missing_ok=True)
    earlier = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-03-01T00:00:00.000Z"})
    try:
        for name, layer in layers.items():
            layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": earlier})


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _consultation() -> str:
    asked = "Should this prohibition be kept for another three years? (SIMULATED)"
    answers = {
        ("Street drinking", "resident"): (212, 41, 27),
        ("Street drinking", "trader"): (38, 4, 2),
        ("Begging", "resident"): (131, 98, 51),
        ("Begging", "trader"): (29, 11, 4),
        ("Footpath parking", "resident"): (164, 77, 39),
        ("Threatening behaviour", "resident"): (251, 12, 17),
    }
    rows = [
        [asked, prohibition, who, answer, n, "2026-01-12", "2026-02-22"]
        for (prohibition, who), counts in answers.items()
        for answer, n in zip(("Yes", "No", "Do not know"), counts, strict=True)
    ]
    return _csv(("question", "prohibition", "respondent_type", "answer", "n", "start", "end"), rows)


def _activity(seed: int) -> str:
    draws = plan.stream(seed, 24).random((len(wardens.MONTHS), 2))
    rows: list[list[object]] = []
    for month, (fines, hours) in zip(wardens.MONTHS, draws.tolist(), strict=True):
        if month >= wardens.STARTS[:7]:
            rows.append(["Fixed penalties", "Street drinking", month, int(4 * fines), "penalties", ""])
            rows.append(["Patrol", "", month, 40 + int(30 * hours), "hours", ""])
    rows.append(["enforcement starts", "", "", "", "", wardens.STARTS])
    return _csv(("kind", "prohibition", "month", "amount", "unit", "date"), rows)


def _statements() -> str:
    rows = [
        ("A1", "Statement of a simulated trader", "Street drinking"),
        ("A2", "Statement of a simulated resident", "Street drinking"),
        ("A3", "Letter of a simulated residents' group", ""),
    ]
    return _csv(("exhibit", "title", "prohibition"), rows)


def _context(codes: list[str], seed: int) -> str:
    """Return made-up figures of each LSOA, for an equality context table."""
    draws = plan.stream(seed, 23).random((len(codes), 3))
    rows = [
        [code, 1_400 + int(500 * a), 1 + int(10 * b), round(10 + 20 * c, 1)]
        for code, (a, b, c) in zip(codes, draws.tolist(), strict=True)
    ]
    return _csv(("lsoa_code", "population", "deprivation decile", "aged 65 and over, %"), rows)
