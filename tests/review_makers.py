"""A small review for tests: an order and two squares beside it, a closed log and an open source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspot import provenance
from hotspot.decisions.order import Order
from hotspot.decisions.review import Review, review_order

MONTHS = [str(month) for month in pd.period_range("2022-01", "2024-12", freq="M")]
BEFORE, DURING = ("2023-01", "2023-12"), ("2024-01", "2024-12")
LOG, POLICE = "Warden log", "data.police.uk"
SPOTS = {"order": (550, 550), "market": (1750, 650), "station": (650, 1750), "else": (2450, 2450)}


def square(x: float, y: float, side: float = 400) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.box(x, y, x + side, y + side)], crs=27700)


def order_of(shape: gpd.GeoSeries | None = None, **changes: object) -> Order:
    known: dict[str, object] = {
        "in_force": [("2024-01-01", "2026-12-31")],
        "decision": "extend",
        "order_id": "T-1",
        "version": "2",
        "prohibitions": [
            prohibition("Street drinking", LOG, "Alcohol"),
            prohibition("Begging", LOG, "Begging"),
            {"name": "Footpath parking", "behaviour": "footpath parking"},
            prohibition("Threatening behaviour", POLICE, "Public order", wider=True),
        ],
    }
    return Order("Test Centre", square(400, 400) if shape is None else shape, **{**known, **changes})  # type: ignore[arg-type]


def prohibition(name: str, source: str, *categories: str, wider: bool = False) -> dict[str, object]:
    evidence = {"source": source, "categories": list(categories), "wider": wider}
    return {"name": name, "behaviour": name.lower(), "evidence": [evidence]}


def frame_of(
    rows: Sequence[tuple[str, str, str, int]], source: str, *, is_open: bool, records: Sequence[str]
) -> gpd.GeoDataFrame:
    """Return one source's incidents: (category, place, month, how many), a metre or two around each place."""
    every = [(category, place, month, n) for category, place, month, many in rows for n in range(many)]
    xy = [(SPOTS[place][0] + 1.25 * (n % 7), SPOTS[place][1] + 2.5 * (n % 5)) for _, place, _, n in every]
    days = [f"{month}-{1 + n % 28:02d} {10 + n % 9}:{7 + n % 50:02d}" for _, _, month, n in every]
    frame = gpd.GeoDataFrame(
        {
            "incident_id": [f"{source[:3].upper()}-REF-{77000 + n}" for n in range(len(every))],
            "source": source,
            "category": [category for category, *_ in every],
            "start": pd.to_datetime(days),
            "location": [f"Behind the kiosk {n % 13}, Secret Row" for n in range(len(every))],
            "location_precision": "exact",
        },
        geometry=gpd.points_from_xy(*np.array(xy).T),
        crs=27700,
    )
    item: provenance.Source = {
        "name": source, "open": is_open, "simulated": False, "attribution": "", "months": MONTHS,
        "records": list(records),
    }  # fmt: skip
    return provenance.put(frame, {"sources": [item], "as_of": "2024-12-31", "steps": [], "notes": []})


def monthly(
    category: str, place: str, years: Mapping[str, int], seed: int
) -> list[tuple[str, str, str, int]]:
    """Return rows of a mean by year, with the months' own scatter."""
    draws = np.random.default_rng(seed)
    return [(category, place, month, int(draws.poisson(years[month[:4]]))) for month in MONTHS]


def log_of(during: int = 4) -> gpd.GeoDataFrame:
    steady = {"2022": 8, "2023": 8, "2024": 8}
    rows = [
        *monthly("Alcohol", "order", {"2022": 12, "2023": 12, "2024": during}, 1),
        *monthly("Alcohol", "market", steady, 2),
        *monthly("Alcohol", "station", steady, 3),
        *monthly("Alcohol", "else", steady, 4),
        *monthly("Begging", "order", {"2022": 2, "2023": 2, "2024": 2}, 5),
        *monthly("Begging", "market", {"2022": 3, "2023": 3, "2024": 3}, 6),
    ]
    return frame_of(rows, LOG, is_open=False, records=["street drinking", "begging"])


def police() -> gpd.GeoDataFrame:
    rows = [("Public order", "order", "2023-03", 3), ("Public order", "market", "2024-05", 2)]
    return frame_of(rows, POLICE, is_open=True, records=["public order"])


def areas() -> gpd.GeoDataFrame:
    cells = [(x, y) for x in range(0, 3000, 500) for y in range(0, 3000, 500)]
    return gpd.GeoDataFrame(
        {"code": [f"E0{n:07d}" for n in range(len(cells))], "town": ["West" if x < 1500 else "East" for x, _ in cells]},
        geometry=[shapely.box(x, y, x + 500, y + 500) for x, y in cells], crs=27700,
    )  # fmt: skip


def evidence() -> dict[str, pd.DataFrame]:
    """Return a consultation with a small answer, activity and statements."""
    asked = {
        "question": "Do you agree?",
        "prohibition": "Begging",
        "answer": ["Yes", "No", "Not sure"],
        "n": [84, 13, 3],
    }
    done = {"kind": "Fixed penalties", "month": ["2024-02", "2024-03"], "amount": [4, 1]}
    listed = {"exhibit": ["A1"], "title": ["Statement of Mrs Example"], "prohibition": ["Begging"]}
    return {
        "consultation": pd.DataFrame(asked),
        "activity": pd.DataFrame(done),
        "statements": pd.DataFrame(listed),
    }


def review_of(
    *, order: Order | None = None, log: gpd.GeoDataFrame | None = None, compared: bool = True, **given: object
) -> Review:
    known: dict[str, object] = {"before": BEFORE, "during": DURING, "areas": areas(), "code": "code"}
    if compared:
        known["comparison"] = {"Market Place": square(1600, 500), "Station Road": square(500, 1600)}
    data = [log_of() if log is None else log, police()]
    return review_order(data, order_of() if order is None else order, **{**known, **given})  # type: ignore[arg-type]
