"""Attacks on what is handed out: each succeeds on the restricted or unprotected folder, and fails on the public one.

An attack on a count succeeds when everything in the folder leaves a protected count fewer than three whole
numbers. The closed source is simulated (`hotspot.sample`), or made here with counts that are known.
"""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

import hotspot as hs
from hotspot import provenance, sample
from hotspot.errors import InputError
from hotspot.publish.check_release import check_release
from hotspot.publish.release import PublicRelease, released
from hotspot.publish.suppression import TOTAL, suppress_counts

SIDE, SIZE = 6, 200.0
SEED_COUNTS = [
    0, 1, 2, 0, 3, 1,
    2, 9, 4, 0, 0, 2,
    6, 14, 8, 3, 0, 5,
    4, 11, 21, 9, 1, 0,
    7, 0, 10, 4, 2, 2,
    0, 3, 8, 1, 0, 6,
]  # fmt: skip


def council(months: slice = slice(None)) -> gpd.GeoDataFrame:
    area = hs.read_area(sample.borough(), layer="sandwell_borough")
    intake = hs.read_incidents(sample.export("council_cases"), sample.mapping("council_cases"), area=area)
    kept = provenance.months_observed(intake.incidents)[months]
    return hs.select_incidents(intake.incidents, start=kept[0], end=kept[-1])


@pytest.fixture(scope="module")
def cases() -> gpd.GeoDataFrame:
    return council(slice(0, 6))


@pytest.fixture(scope="module")
def folders(cases: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a restricted and a public pack of the same cases."""
    area = hs.read_area(sample.borough(), layer="sandwell_borough")
    tables = tables_of(cases, area)
    wards = cases.groupby(["Ward", "category"], observed=True).size().unstack(fill_value=0)
    table = pd.DataFrame({"ward": wards.index.astype("str"), "n": wards.sum(axis=1).to_numpy()})
    for name in list(wards.columns)[:3]:
        table[f"n_{str(name).lower().replace(' ', '_')}"] = wards[name].to_numpy()
    tables["Wards"] = provenance.carry(cases, table, "count by ward")
    return packs_of(cases, area, tables, tmp_path_factory.mktemp("packs"))


def tables_of(cases: gpd.GeoDataFrame, area: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Return cells and months of some cases."""
    grid = hs.Grid.over(area, cell_size=200)
    cells = hs.getis_ord(hs.count_incidents(cases, grid), grid)
    cells = hs.kernel_density(cases, grid, cells=cells)
    monthly = cases.groupby(cases["start"].dt.strftime("%Y-%m")).size()
    series = pd.DataFrame({"month": monthly.index, "n": monthly.to_numpy()})
    return {"Cells": cells, "Months": provenance.carry(cases, series, "count by month")}


def packs_of(
    cases: gpd.GeoDataFrame, area: gpd.GeoDataFrame, tables: dict[str, pd.DataFrame], folder: Path
) -> tuple[Path, Path]:
    """Write a restricted and a public pack with everything that a pack can hold."""
    asked: dict[str, Any] = {"title": "Reported cases", "summary": ["What was reported, by cell and ward."]}
    cells, locations = tables["Cells"], hs.repeat_locations(cases)
    restricted = hs.write_pack(
        folder / "restricted" / "Tasking",
        tables={**tables, "Locations": locations, "Cases": cases},
        maps={"Cells": hs.map_cells(cells, area=area, locations=locations)},
        figures={"Hot cells": hs.chart_cells(cells, area=area)},
        **asked,
    )
    shown = released(cells, "public")
    with hs.record(folder / "run") as run:
        run.inputs.append(
            {
                "source": "Council",
                "source_file": "cases.csv",
                "read": 801,
                "used": 799,
                "set_aside": 2,
                "sha256": "a" * 64,
            }
        )
        public = hs.write_pack(
            folder / "public" / "Consultation",
            tables={**tables, "Cells": shown},
            maps={"Cells": hs.map_cells(shown, area=area, release="public")},
            figures={"Hot cells": hs.chart_cells(shown, area=area, release="public")},
            release="public",
            **asked,
        )
    return restricted, public


# The attackers' tools.


def left(
    total: int, low: list[float], high: list[float], linear: list[tuple[np.ndarray, float, float]]
) -> list[float]:
    """Return how many whole numbers each count can be, given the total and linear facts on all counts."""
    size = len(low)
    rows = np.vstack([np.ones(size), *[row for row, _, _ in linear]])
    lower = [total, *[least for _, least, _ in linear]]
    upper = [total, *[most for _, _, most in linear]]
    found = []
    for position in range(size):
        if low[position] == high[position]:
            found.append(1.0)
            continue
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(size)
            aim[position] = sign
            answer = milp(
                aim,
                integrality=np.ones(size),
                bounds=Bounds(low, high),
                constraints=LinearConstraint(rows, lower, upper),
            )
            assert answer.status == 0, answer.message
            ends.append(round(answer.x[position]))
        found.append(ends[1] - ends[0] + 1.0)
    return found


def block(
    counts: list[int], months: list[str] | None = None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, hs.Grid]:
    """Return the incidents, tested cells and grid of a closed source with these counts."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, SIDE * SIZE, SIDE * SIZE)], crs=27700)
    grid = hs.Grid.over(area, cell_size=SIZE)
    x, y = grid.centres()
    at = np.repeat(np.arange(len(grid)), counts)
    rng = np.random.default_rng(3)
    where = shapely.points(x[at] + rng.integers(-90, 90, len(at)), y[at] + rng.integers(-90, 90, len(at)))
    source = {
        "name": "Partner", "open": False, "simulated": True, "attribution": "", "months": months or ["2025-01"],
    }  # fmt: skip
    points = gpd.GeoDataFrame({"category": "Noise"}, index=range(len(at)), geometry=where, crs=27700)
    points = provenance.put(points, provenance.Record(sources=[source], as_of=None, steps=[], notes=[]))
    cells = hs.getis_ord(hs.count_incidents(points, grid), grid)
    return points, hs.kernel_density(points, grid, bandwidth=400, cells=cells), grid


def neighbours(grid: hs.Grid) -> np.ndarray:
    """Return the 0/1 matrix of queen neighbours, each cell with itself, by distance."""
    x, y = grid.centres()
    return (np.hypot(x[:, None] - x, y[:, None] - y) < 1.5 * SIZE).astype(float)


def facts_of_z(z: np.ndarray, grid: hs.Grid, counts: np.ndarray) -> list[tuple[np.ndarray, float, float]]:
    """Return what gi_z to three decimals says of the neighbourhood sums, the spread being known.

    z = (sum - mean W) / (s sqrt((n W - W^2) / (n - 1))): an attacker finds s by trying the few values that
    whole counts can give; here it is given.
    """
    near = neighbours(grid)
    n, weight = len(counts), near.sum(axis=1)
    spread = counts.std() * np.sqrt((n * weight - weight**2) / (n - 1))
    middle = z * spread + counts.mean() * weight
    reach = 0.0005 * spread + 1e-6
    return [(row, m - r, m + r) for row, m, r in zip(near, middle, reach, strict=True)]


# The attacks.


def test_attack_total_grid_and_z_scores_by_integer_program() -> None:
    _, cells, grid = block(SEED_COUNTS)
    counts = cells["n"].to_numpy()
    total = int(counts.sum())
    classes = [(float(n), float(n)) if n == 0 or n >= 5 else (1.0, 4.0) for n in counts]
    low, high = [a for a, _ in classes], [b for _, b in classes]
    protected = [i for i, n in enumerate(counts) if 0 < n < 5]
    with_z = left(total, low, high, facts_of_z(cells["gi_z"].round(3).to_numpy(), grid, counts))
    assert {with_z[i] for i in protected} == {1.0}  # every count comes back
    public = released(cells, PublicRelease(least_share_pct=0))
    assert not {"gi_z", "gi_p", "gi_q", "density_per_km2"} & set(public.columns)
    # The classes and bands are functions of the shown counts: the grid and the total are all that is left.
    without = left(total, low, high, [])
    assert min(without[i] for i in protected) >= 3


def test_attack_by_classes_of_the_true_counts() -> None:
    # Were gi_class that of the true counts, other counts with the same shown map would have other classes.
    _, cells, _ = block(SEED_COUNTS)
    shown = released(cells, PublicRelease(least_share_pct=0))
    small = np.flatnonzero((cells["n"] > 0) & (cells["n"] < 5))
    rng = np.random.default_rng(0)
    true_classes, public_classes = set(), set()
    for _ in range(12):
        other = cells["n"].to_numpy().copy()
        for a, b in rng.permutation(small)[: len(small) // 2 * 2].reshape(-1, 2):
            move = int(min(4 - other[a], other[b] - 1))
            other[a] += move
            other[b] -= move
        _, again, _ = block(other.tolist())
        true_classes.add(tuple(again["gi_z"].round(3)))
        public = released(again, PublicRelease(least_share_pct=0))
        public_classes.add(tuple(public["gi_class"].astype(str)) + tuple(public["density_band"]))
        assert public["n_shown"].tolist() == shown["n_shown"].tolist()
    assert len(true_classes) > 1
    assert len(public_classes) == 1


def test_attack_margins_by_linear_programming() -> None:
    counts = pd.DataFrame(
        [[4, 12, 0, 9], [7, 3, 11, 0], [20, 8, 2, 6], [0, 15, 5, 14]],
        index=list("abcd"),
        columns=list("wxyz"),
    )

    def solved(low: pd.DataFrame, high: pd.DataFrame) -> list[tuple[str, str]]:
        """Return the counts that the row and column totals leave fewer than three values, by linear programs."""
        rows = [np.kron(np.eye(4)[i], np.ones(4)) for i in range(4)] + [
            np.kron(np.ones(4), np.eye(4)[j]) for j in range(4)
        ]
        sums = [*counts.sum(axis=1), *counts.sum(axis=0)]
        margin_low = [*low[TOTAL].iloc[:4], *low.loc[TOTAL].iloc[:4]]
        margin_high = [*high[TOTAL].iloc[:4], *high.loc[TOTAL].iloc[:4]]
        assert all(a <= s <= b for a, s, b in zip(margin_low, sums, margin_high, strict=True))
        inner_low, inner_high = (
            low.iloc[:4, :4].to_numpy(float).ravel(),
            high.iloc[:4, :4].to_numpy(float).ravel(),
        )
        found = []
        for k in np.flatnonzero(inner_low < inner_high):
            ends = [
                linprog(
                    sign * np.eye(16)[k],
                    A_ub=np.vstack([np.array(rows), -np.array(rows)]),
                    b_ub=np.array([*margin_high, *(-np.array(margin_low, dtype=float))], dtype=float),
                    bounds=list(zip(inner_low, inner_high, strict=True)),
                ).x[k]
                for sign in (1.0, -1.0)
            ]
            if np.floor(ends[1] + 1e-6) - np.ceil(ends[0] - 1e-6) + 1 < 3:
                found.append((counts.index[k // 4], counts.columns[k % 4]))
        return found

    totals = counts.assign(**{TOTAL: counts.sum(axis=1)})
    totals.loc[TOTAL] = totals.sum()
    small = (totals > 0) & (totals < 5)
    assert solved(totals.mask(small, 1), totals.mask(small, 4)) == [("a", "w"), ("b", "x"), ("c", "y")]
    protected = suppress_counts(counts)
    assert solved(protected.low, protected.high.fillna(10_000)) == []


def test_attack_differencing_two_monthly_outputs(tmp_path: Path) -> None:
    later = list(SEED_COUNTS)
    later[8] += 1  # one case, in a cell whose count was 4 and is 5
    later[13] += 1  # one more, in a cell that shows its count both times
    first, second = block(SEED_COUNTS)[1], block(later, ["2025-01", "2025-02"])[1]
    unguarded = [released(cells, PublicRelease(least_share_pct=0)) for cells in (first, second)]
    difference = (unguarded[1]["n"] - unguarded[0]["n"]).dropna()
    assert difference[difference > 0].tolist() == [1]  # the case of February, to the cell
    rule = PublicRelease(least_share_pct=0, register=tmp_path / "releases.csv")
    released(first, rule)
    with pytest.raises(InputError, match="gives a small count away"):
        released(second, rule)
    released(block(later, ["2025-02"])[1], rule)  # a month of its own is no difference


def test_attack_a_single_point_under_a_density_peak() -> None:
    # Far from all others a kernel's values give the point's coordinates, by three distances from cell centres.
    points, cells, grid = block([1 if i == 21 else 0 for i in range(36)])
    x, y = grid.centres()
    density = cells["density_per_km2"].to_numpy() / 1e6
    radius = 400 * np.sqrt(1 - np.sqrt(density[density > 0] * np.pi * 400**2 / 3))
    cx, cy = x[density > 0], y[density > 0]
    rows = np.column_stack([2 * (cx[1:] - cx[0]), 2 * (cy[1:] - cy[0])])
    right = (cx[1:] ** 2 + cy[1:] ** 2 - radius[1:] ** 2) - (cx[0] ** 2 + cy[0] ** 2 - radius[0] ** 2)
    found = np.linalg.lstsq(rows, right, rcond=None)[0]
    truth = points.geometry.iloc[0]
    assert np.hypot(found[0] - truth.x, found[1] - truth.y) < 1.0
    # Wherever the point stands in its cell, the public map is the same.
    moved = points.set_geometry(shapely.points([x[21] + 95.0], [y[21] - 95.0]))
    moved = provenance.put(moved.set_crs(27700, allow_override=True), provenance.of(points))
    tested = hs.getis_ord(hs.count_incidents(moved, grid), grid)
    other = hs.kernel_density(moved, grid, bandwidth=400, cells=tested)
    one, two = released(cells, "public"), released(other, "public")
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))


def test_attack_grep_of_the_source(folders: tuple[Path, Path], cases: gpd.GeoDataFrame) -> None:
    restricted, public = folders
    found = check_release(restricted, against=cases)
    assert {"coordinates", "ids", "free text", "test figures", "points", "marking"} <= set(found["kind"])
    places = {
        name.split("!")[0].split(" table ")[0] for name in found[found["kind"] == "coordinates"]["file"]
    }
    assert places >= {
        "cases OFFICIAL-SENSITIVE.csv", "tables OFFICIAL-SENSITIVE.xlsx", "layers OFFICIAL-SENSITIVE.gpkg",
    }  # fmt: skip
    assert "manifest.json" in set(found[found["kind"] == "marking"]["file"])
    clean = check_release(public, against=cases)
    assert clean.empty, clean.to_string()


def test_attack_grep_of_every_byte_of_the_public_pack(
    folders: tuple[Path, Path], cases: gpd.GeoDataFrame
) -> None:
    words = {str(each) for each in (*cases["incident_id"].dropna(), *cases["place_id"].dropna())}
    words |= {str(each) for each in cases["location"].dropna().unique()} | {
        "gi_z",
        "gi_q",
        "cases.csv",
        "SENSITIVE",
    }
    words = {word for word in words if len(word) > 5 or word in ("gi_z", "gi_q")}
    found = []
    for path in sorted(each for each in folders[1].rglob("*") if each.is_file()):
        held = [path.read_bytes()]
        if path.suffix in (".xlsx", ".docx"):
            with zipfile.ZipFile(path) as archive:
                held += [archive.read(name) for name in archive.namelist()]
        text = b"\n".join(held).decode("utf-8", errors="replace")
        found += [(path.name, word) for word in words if word in text]
    assert found == []


def test_attack_each_table_of_the_public_pack_with_its_total(folders: tuple[Path, Path]) -> None:
    """Every hidden count of every table keeps three whole numbers, given the other rows and the total of all."""
    total = int(re.search(r"Total: (\d+) reported", (folders[1] / "index.html").read_text("utf-8"))[1])  # type: ignore[index]
    hidden = 0
    for path in sorted((folders[1] / "tables").glob("*.csv")):
        if path.stem.endswith("_columns"):
            continue
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        heads = [name for name in table.columns if "shown" in name]
        shown = next(name for name in heads if name.lower().startswith(("incidents", "reported")))
        ends = [interval(text) for text in table[shown]]
        least, most = sum(low for low, _ in ends), sum(high for _, high in ends)
        assert least <= total <= most
        for low, high in ends:
            if low < high:
                hidden += 1
                possible = min(high, total - (least - low)) - max(low, total - (most - high)) + 1
                assert possible >= 3
    assert hidden > 20


def interval(text: str) -> tuple[int, int]:
    """Read a count that is written as a number or a class."""
    numbers = [int(part.replace(",", "")) for part in re.findall(r"[\d,]+", text)]
    if not numbers:
        return 0, 10**6
    return numbers[0], 10**6 if "more" in text else numbers[-1]


def test_attack_on_the_public_manifest(folders: tuple[Path, Path]) -> None:
    full = json.loads((folders[0] / "manifest.json").read_text(encoding="utf-8"))
    assert any(step["step"] == "getis_ord" for step in full["steps"])
    content = json.loads((folders[1] / "manifest.json").read_text(encoding="utf-8"))
    assert not {"inputs", "steps", "choices", "call", "sources"} & set(content)
    assert content["ledger"] == [{"source": "Council", "read": 800, "used": 800, "set_aside": 0}]
    assert {step["step"] for step in content["parameters"]["steps"]} == {"public_release"}


def test_attack_on_sandwell_asb_declared_closed(real_data: Path, tmp_path: Path) -> None:
    area = hs.read_area(real_data / "boundaries" / "sandwell.gpkg", layer="borough")
    months = [real_data / "police_uk" / "west_midlands" / month for month in ("2014-01", "2014-02")]
    incidents = hs.read_police_uk(months, area=area).incidents
    record = provenance.of(incidents)
    for source in record["sources"]:
        source["open"], source["name"] = False, "Partner"
    provenance.put(incidents, record)
    cases = hs.select_incidents(incidents, category="Anti-social behaviour")
    assert len(cases) == 764
    restricted, public = packs_of(cases, area, tables_of(cases, area), tmp_path)
    clean = check_release(public, against=cases)
    assert clean.empty, clean.to_string()
    found = check_release(restricted, against=cases)
    counts = found.groupby("kind")["count"].sum()
    assert counts["coordinates"] > 1_000
    assert counts["free text"] > 400
    assert {"ids", "marking", "points", "test figures", "manifest"} <= set(counts.index)


def test_attack_all_tables_of_a_folder_together(tmp_path: Path) -> None:
    source = "Partner, 2025-01"

    def table(name: str, **columns: object) -> None:
        pd.DataFrame({**columns, "Source": source}).to_csv(tmp_path / name, index=False)

    table("wards.csv", ward=["a", "b", "c"], n=["", "12", "9"], n_shown=["1 to 4", "12", "9"])
    assert check_release(tmp_path).empty
    table("towns.csv", ward=["Total"], n=["24"])
    assert check_release(tmp_path).empty  # a total in another file, of which nothing says that it is theirs
    (tmp_path / "page.html").write_text("<p>Total: 24 reported incidents.</p>", encoding="utf-8")
    found = check_release(tmp_path)
    assert found["kind"].tolist() == ["counts"]
    assert "a" in found["example"].iloc[0]


def test_attack_metadata_and_the_insides_of_documents(tmp_path: Path) -> None:
    people = "<dc:creator>J. Smith</dc:creator><cp:lastModifiedBy>K. Jones</cp:lastModifiedBy>"
    core = f"<cp:coreProperties>{people}</cp:coreProperties>"
    for name, member, text in (
        (
            "report.docx",
            "word/document.xml",
            "<w:document><w:del>On or near High Street</w:del></w:document>",
        ),
        (
            "tables.xlsx",
            "xl/worksheets/sheet2.xml",
            '<sheet state="hidden"><v>gi_z</v><v>100012345678</v></sheet>',
        ),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, text)
            archive.writestr("docProps/core.xml", core)
            archive.writestr("xl/comments1.xml", "<comment/>")
    (tmp_path / "manifest.json").write_text(
        '{"inputs": [{"source_file": "/home/jo/cases.csv", "sha256": "' + "a" * 64 + '"}], "seed": 5}',
        encoding="utf-8",
    )
    (tmp_path / "map.html").write_text(
        "<script>L.circleMarker([52.5, -2.0])</script> OFFICIAL-SENSITIVE", encoding="utf-8"
    )
    found = check_release(tmp_path)
    seen = {(row.file, row.kind) for row in found.itertuples()}
    assert {
        ("report.docx!docProps/core.xml", "metadata"),
        ("report.docx!word/document.xml", "free text"),
        ("report.docx!word/document.xml", "metadata"),
        ("tables.xlsx!xl/worksheets/sheet2.xml", "test figures"),
        ("tables.xlsx!xl/worksheets/sheet2.xml", "ids"),
        ("tables.xlsx!xl/comments1.xml", "metadata"),
        ("manifest.json", "manifest"),
        ("manifest.json", "paths"),
        ("map.html", "points"),
        ("map.html", "marking"),
    } <= seen


def test_coordinates_of_cells_are_told_from_those_of_incidents(tmp_path: Path) -> None:
    pd.DataFrame({"cell_id": [1, 2], "easting": [400_100, 400_300], "northing": [290_100, 290_100]}).to_csv(
        tmp_path / "cells.csv", index=False
    )
    assert check_release(tmp_path).empty
    pd.DataFrame({"easting": [400_117.0, 400_300], "northing": [290_133.0, 290_100]}).to_csv(
        tmp_path / "points.csv", index=False
    )
    assert check_release(tmp_path)["kind"].tolist() == ["coordinates"]


def test_centres_of_areas_with_a_count_are_no_incidents(tmp_path: Path) -> None:
    columns = {"easting": [400_117.3, 401_300.2], "northing": [290_133.1, 290_100.9], "n": [7, 12]}
    pd.DataFrame({"ward": ["a", "b"], **columns, "n_shown": ["7", "12"]}).to_csv(
        tmp_path / "wards.csv", index=False
    )
    assert check_release(tmp_path).empty
    pd.DataFrame({"ward": ["a", "a"], **columns}).to_csv(tmp_path / "wards.csv", index=False)
    assert check_release(tmp_path)["kind"].tolist() == ["coordinates"]


def test_a_folder_that_is_not_there_and_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        check_release(tmp_path / "nothing")
    (tmp_path / "broken.xlsx").write_bytes(b"no archive")
    assert check_release(tmp_path)["kind"].tolist() == ["unreadable"]


def test_what_protects_and_what_checks_share_no_code() -> None:
    import hotspot.publish.check_contents as contents
    import hotspot.publish.check_margins as margins
    import hotspot.publish.check_pairs as pairs
    import hotspot.publish.check_release as check
    import hotspot.statistics.solvable as solvable

    for module in (contents, margins, pairs, check, solvable):
        text = Path(module.__file__).read_text(encoding="utf-8")
        for other in ("suppression", "publish.release", "released_", "statistics.disclosure import"):
            assert f"import {other}" not in text
            assert f"hotspot.publish.{other}" not in text
            assert f"from hotspot.{other}" not in text


def ward_cases() -> gpd.GeoDataFrame:
    """Return cases of four wards in two months, of which one ward has 2 in the first."""
    counts = {"A": (13, 6), "B": (2, 11), "C": (20, 31), "D": (40, 25)}
    made = [
        (ward, f"2025-0{month}-03 12:00")
        for ward, both in counts.items()
        for month, n in enumerate(both, 1)
        for _ in range(n)
    ]
    frame = gpd.GeoDataFrame(
        {"ward": [ward for ward, _ in made], "start": pd.to_datetime([day for _, day in made]), "source": "Partner"},
        geometry=gpd.points_from_xy([400_000.0] * len(made), [290_000.0] * len(made)), crs=27700,
    )  # fmt: skip
    source: provenance.Source = {
        "name": "Partner", "open": False, "simulated": False, "attribution": "", "months": ["2025-01", "2025-02"],
    }  # fmt: skip
    return provenance.put(frame, {"sources": [source], "as_of": None, "steps": [], "notes": []})


def ward_table(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    wide = frame.groupby(["ward", frame["start"].dt.strftime("n_%Y_%m")]).size().unstack(fill_value=0)
    table = pd.DataFrame({"ward": wide.index.astype("str"), "n": wide.sum(axis=1).to_numpy()})
    return provenance.carry(frame, table.join(wide.reset_index(drop=True)), "count by ward")


def written(folder: Path, tables: dict[str, pd.DataFrame], **more: Any) -> Path:
    return hs.write_pack(
        folder / "P", title="T", summary=["S."], tables=tables, **{"release": "public", **more}
    )


def test_attack_frames_that_were_released_before_the_pack(tmp_path: Path) -> None:
    cases = ward_cases()
    wards = ward_table(cases)[["ward", "n"]]
    fewer = cases[~((cases["ward"] == "B") & (cases["start"].dt.month == 1))]
    less = ward_table(fewer)[["ward", "n"]]
    # The attack: 13 - 11 = 2 in ward B.
    assert (wards["n"] - less["n"]).tolist() == [0, 2, 0, 0]
    given = {"Wards": released(wards, "public"), "Wards again": released(less, "public")}
    with pytest.raises(InputError, match=r"Wards again.*released apart"):
        written(tmp_path, given)
    with pytest.raises(InputError, match="released apart"):
        written(tmp_path, given, release=PublicRelease(register=tmp_path / "r.csv"))
    assert list(tmp_path.iterdir()) == []
    # One frame twice, and what went through one register, may stand together.
    assert written(tmp_path, {"Wards": given["Wards"], "Same": given["Wards"]}).is_dir()


def test_attack_a_figure_that_shows_what_a_table_hides(tmp_path: Path) -> None:
    cases = ward_cases()
    table = ward_table(cases)
    shown = released(table, "public")
    hidden = shown.loc[shown["ward"] == "A", "n_2025_01_shown"].item()
    assert not hidden.isdigit()
    part = hs.chart_series(cases[cases["ward"] != "B"], by="ward", release="public")
    # The attack: the figure says how many of the month were in each other ward.
    assert "13 in 2025-01" in str(part.get_label())
    for tables in ({"Wards": table}, {"Wards": shown}):
        with pytest.raises(InputError, match=r"figure or map 'Months'.*released apart"):
            written(tmp_path, tables, figures={"Months": part})
    whole = hs.chart_series(cases, release="public")
    assert written(tmp_path, {"Wards": table}, figures={"Months": whole}).is_dir()


def test_attack_a_figure_of_all_but_a_few(tmp_path: Path) -> None:
    cases = ward_cases()
    months = cases.groupby(cases["start"].dt.strftime("%Y-%m")).size()
    table = provenance.carry(cases, pd.DataFrame({"month": months.index, "n": months.to_numpy()}), "months")
    figure = hs.chart_series(cases[cases["ward"] != "B"], release="public")
    with pytest.raises(InputError, match="released apart"):
        written(tmp_path, {"Months": table}, figures={"Without B": figure})


def test_attack_exact_counts_that_differ_by_a_few_are_found(tmp_path: Path) -> None:
    def table(name: str, **columns: object) -> None:
        pd.DataFrame({**columns, "Source": "Partner"}).to_csv(tmp_path / name, index=False)

    table("wards.csv", ward=["a", "b"], n=["12", "40"], n_shown=["12", "40"])
    table("others.csv", ward=["c", "d"], n=["14", "41"], n_shown=["14", "41"])
    assert check_release(tmp_path).empty
    (tmp_path / "chart.alt.txt").write_text("Months. b: 38 incidents in 2 months.", encoding="utf-8")
    assert check_release(tmp_path)["example"].tolist() == ["b: 38 and 40"]
    (tmp_path / "chart.alt.txt").write_text(
        "All reported incidents: 50 incidents in 2 months.", encoding="utf-8"
    )
    assert check_release(tmp_path).empty
    (tmp_path / "page.html").write_text("<p>Total: 52 reported incidents.</p>", encoding="utf-8")
    assert any("may be subtracted" in text for text in check_release(tmp_path)["detail"])
    (tmp_path / "page.html").unlink()
    said = ["180 reports (category shared with Two)", "182 reports (category shared with One)"]
    table(
        "says.csv",
        Prohibition=["One", "Two"],
        **{"Recorded by": "Log", "Incidents (as shown)": [180, 182]},
        Says=said,
    )
    found = check_release(tmp_path)
    assert found["example"].tolist() == ["Log: 180 and 182"]
