"""Simulated month counts by ward: what a fire and rescue service gives out when it gives no points.

Nothing in them happened, and the wards are invented: each is the LSOAs of one MSOA of Sandwell, put together.
The incidents counted are those of the simulated fire service's workbook, those without a reference too.

>>> from hotspot.sample import ward_counts
>>> ward_counts.counts().columns.tolist()
['Ward Code', 'Ward', 'Month', 'Incident Type', 'Incidents']
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hotspot.sample import plan

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

HELD_BACK_UNDER = 5
"""The service writes "<5" for counts of dwelling fires below this: a home is easily known again."""
HELD_BACK = "Primary fire - dwelling"
NOT_DELIVERED = "2025-03"
"""The month that the simulated service did not deliver."""

MAPPING: dict[str, Any] = {
    "source": {
        "name": "Simulated fire service, ward counts",
        "simulated": True,
        "attribution": "made by hotspot.sample; no real incident is in it",
        "records": ["deliberate fires", "accidental fires", "malicious false alarms"],
        "period": "2024-03 to 2026-02",
    },
    "columns": {"area": "Ward Code", "month": "Month", "category": "Incident Type", "count": "Incidents"},
    "counts": {"areas_code": "ward_code", "areas_name": "ward", "absent": "zero"},
}
"""The mapping by which `hotspot.read_counts` reads `counts` with the areas of `wards`."""


def wards() -> gpd.GeoDataFrame:
    """Return the invented wards, EPSG:27700, one row each: ward_code, ward, attribution, geometry.

    Their outlines are put together from super-generalised LSOAs, off by up to 200 m: for trying, not for evidence.
    """
    import geopandas as gpd

    from hotspot.sample import files

    lsoas = gpd.read_file(files.boundary_file(), layer="sandwell_lsoa_2011")
    number = lsoas["lsoa_name"].str.slice(-4, -1)
    parts = lsoas.assign(ward_code="SIMW" + number, ward="Simulated ward " + number)
    made: gpd.GeoDataFrame = parts.dissolve("ward_code", as_index=False).sort_values("ward_code")
    return made[["ward_code", "ward", "attribution", "geometry"]].reset_index(drop=True)


def counts(*, seed: int = plan.SEED) -> pd.DataFrame:
    """Return the simulated counts, as the service would send them: text, one row for each count above zero.

    Columns: Ward Code, Ward, Month ("Mar-24"), Incident Type, Incidents. Planted: one month was not delivered, and
    counts of dwelling fires below five are "<5". Months, seasons and planted clusters are those of the other samples.
    """
    import pandas as pd

    from hotspot.sample import files, partners, places

    boundaries = files.boundary_file()
    points = places.make_map_points(boundaries, seed=seed)
    premises = places.make_premises(points, places.outline_of(boundaries), seed=seed)
    events = partners.draw_events(premises, partners.FIRE_TYPES, seed=seed, stream=partners._FIRE)
    ward = premises["ward"].to_numpy()
    rows = [(str(ward[each.site]), f"{each.start:%Y-%m}", each.kind) for each in events]
    number = pd.Series(rows).value_counts().sort_index()
    lines = [
        (
            "SIMW" + name[-3:],
            name,
            pd.Period(month, freq="M").strftime("%b-%y"),
            kind,
            f"<{HELD_BACK_UNDER}" if kind == HELD_BACK and n < HELD_BACK_UNDER else str(n),
        )
        for (name, month, kind), n in zip(number.index.tolist(), number.tolist(), strict=True)
        if month != NOT_DELIVERED
    ]
    return pd.DataFrame(lines, columns=["Ward Code", "Ward", "Month", "Incident Type", "Incidents"])
