"""The register of breaks, and the refusal to compare across one."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import hotspot as hs
from hotspot import provenance
from hotspot.intake.break_register import Break, breaks_table, read_breaks, shipped_breaks
from hotspot.intake.breaks import breaks_between, refuse_across_breaks
from makers import points_of

WEST_MIDLANDS = "data.police.uk/west-midlands"
OWN = {
    "name": "New case system",
    "kind": "change",
    "start": "2024-04",
    "affects": "volume; categories",
    "sources": "Council*",
    "consequence": "Cases by telephone are in it since.",
    "reference": "Council, note of March 2024",
}


def seen(
    *months: str, source: str = WEST_MIDLANDS, category: str = "Anti-social behaviour"
) -> gpd.GeoDataFrame:
    n = len(months)
    dates = pd.to_datetime([f"{month}-01" for month in months])
    return points_of([(400_000, 290_000)] * n, source=[source] * n, start=dates, category=[category] * n)


def names(found: list[Break]) -> list[str]:
    return [item.name for item in found]


def test_the_shipped_breaks_are_dated_and_sourced() -> None:
    shipped = shipped_breaks()
    by_name = {item.name: item for item in shipped}
    assert len(by_name) == len(shipped) == 10
    assert [item.start for item in shipped] == sorted(item.start for item in shipped)
    assert all(item.reference and item.consequence.endswith(".") for item in shipped)
    assert by_name["Covid-19 restrictions"].months == "2020-03 to 2022-02"
    assert by_name["Greater Manchester not published"].months == "from 2019-07"
    assert by_name["First list of map points"].months == "between 2011-12 and 2012-12"
    assert by_name["Map points redrawn"].months == "2022-07"
    assert list(breaks_table(shipped)["months"]) == [item.months for item in shipped]


@pytest.mark.parametrize(
    ("first", "last", "affects", "expected"),
    [
        ("2022-06", "2022-07", "points", ["Map points redrawn"]),
        ("2022-07", "2023-05", "points", []),
        ("2021-01", "2022-06", "points", []),
        ("2011-02", "2014-01", "points", ["First list of map points"]),
        ("2011-02", "2011-11", "points", []),
        ("2013-01", "2014-01", "points", []),
        ("2012-05", "2012-05", "points", []),
        ("2012-05", "2012-06", "points", ["First list of map points"]),
        ("2011-08", "2011-09", "categories", ["Eleven categories in place of six"]),
        ("2013-04", "2013-05", "categories", ["Fourteen categories in place of eleven"]),
        ("2011-09", "2013-04", "categories", []),
        ("2023-05", "2023-06", "lsoa codes", ["LSOA codes of 2021"]),
        ("2020-06", "2020-09", "volume", ["Covid-19 restrictions"]),
        ("2022-03", "2025-06", "volume", []),
        ("2019-01", "2020-02", "volume", []),
        ("2025-06", "2025-07", "volume", ["West Midlands records fewer as anti-social behaviour"]),
    ],
)  # fmt: skip
def test_breaks_between_two_months(first: str, last: str, affects: str, expected: list[str]) -> None:
    assert names(breaks_between(WEST_MIDLANDS, first, last, affects=affects)) == expected


def test_gaps_are_of_their_source_only() -> None:
    gap = "Greater Manchester not published"
    assert gap in names(breaks_between("data.police.uk/greater-manchester", "2019-01", "2019-07"))
    assert gap not in names(breaks_between("data.police.uk/greater-manchester", "2019-01", "2019-06"))
    assert gap not in names(breaks_between(WEST_MIDLANDS, "2019-01", "2019-07"))
    assert "British Transport Police not published" in names(
        breaks_between("data.police.uk/btp", "2025-01", "2025-02")
    )
    assert names(breaks_between("Council cases", "2010-12", "2026-03")) == ["Covid-19 restrictions"]


def test_a_comparison_across_a_break_is_refused_with_where_to_split() -> None:
    incidents = seen("2022-05", "2022-06", "2022-07")
    with pytest.raises(hs.InputError) as error:
        refuse_across_breaks(incidents, None, what="This counts points over time", affects="points")
    text = str(error.value)
    for part in (
        "This counts points over time", "1 break of the source parts", "Map points redrawn (2022-07; data.police.uk/west",
        "end='2022-06'", "start='2022-07'", "across_breaks=True",
    ):  # fmt: skip
        assert part in text


def test_across_breaks_is_noted_and_the_input_is_not_changed() -> None:
    incidents = seen("2022-05", "2022-07")
    noted = refuse_across_breaks(incidents, None, what="x", affects="points", across_breaks=True)
    (note,) = provenance.of(noted)["notes"]
    assert note.startswith(f"Goes across a break of {WEST_MIDLANDS}: Map points redrawn (2022-07).")
    assert provenance.of(incidents)["notes"] == []
    assert noted.equals(incidents)


def test_the_months_that_count_are_those_of_the_source_concerned() -> None:
    council = seen("2022-01", "2022-12", source="Council cases")
    police = seen("2022-08", "2022-12")
    both = gpd.GeoDataFrame(pd.concat([council, police], ignore_index=True), crs=27700)
    assert provenance.of(refuse_across_breaks(both, None, what="x", affects="points"))["notes"] == []
    # The periods choose among the months that are there.
    long = seen("2021-01", "2022-12")
    kept = refuse_across_breaks(long, [("2020-01", "2021-12")], what="x", affects="points")
    assert provenance.of(kept)["notes"] == []


def test_a_spell_between_two_periods_does_not_part_them_and_one_around_all_is_noted() -> None:
    periods = {"before": ("2019-01", "2019-12"), "after": ("2023-01", "2023-12")}
    incidents = seen("2019-05", "2023-05", "2020-06", source="Council cases")
    assert provenance.of(refuse_across_breaks(incidents, periods, what="x", affects="volume"))["notes"] == []
    with pytest.raises(hs.InputError, match=r"Covid-19.*start='2022-03'"):
        refuse_across_breaks(incidents, [("2019-01", "2020-12")], what="x", affects="volume")
    inside = refuse_across_breaks(incidents, [("2020-04", "2020-12")], what="x", affects="volume")
    assert provenance.of(inside)["notes"][0].startswith("Lies within a break of Council cases: Covid-19")


def test_a_gap_parts_the_periods_asked_for_although_no_row_is_there() -> None:
    incidents = seen("2019-05", "2019-06", source="data.police.uk/greater-manchester")
    with pytest.raises(hs.InputError, match="Greater Manchester not published"):
        refuse_across_breaks(incidents, [("2019-01", "2019-12")], what="x", affects="volume")


def test_a_break_of_one_category_concerns_that_category_only() -> None:
    months = ("2025-05", "2025-08")
    with pytest.raises(hs.InputError, match="West Midlands records fewer"):
        refuse_across_breaks(seen(*months), None, what="x", affects="volume")
    refuse_across_breaks(seen(*months, category="Burglary"), None, what="x", affects="volume")


def test_users_add_breaks_from_dicts_and_files(tmp_path: Path) -> None:
    register = read_breaks([OWN])
    assert len(register) == 11
    council = seen("2024-03", "2024-04", source="Council cases")
    with pytest.raises(hs.InputError, match="New case system"):
        refuse_across_breaks(council, None, what="x", affects="volume", register=register)
    path = tmp_path / "breaks.csv"
    quoted = ",".join(f'"{value}"' for value in OWN.values())
    path.write_text(f"# ours\n{','.join(OWN)}\n{quoted}\n", encoding="utf-8")
    (own,) = read_breaks(path, shipped=False)
    assert own.affects == ("volume", "categories")
    assert own.sources == ("Council*",)
    assert own.end is None
    path.write_text(f"{','.join(OWN)}\n{quoted},more\n", encoding="utf-8")
    with pytest.raises(hs.InputError, match=r"break 1 \('New case system'\) has more fields"):
        read_breaks(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": "April 2024"}, "start='April 2024' is no month"),
        ({"end": "2023-01"}, "end=2023-01 is before start=2024-04"),
        ({"kind": "jump"}, "use one of change, spell, gap"),
        ({"affects": "colours"}, "affects='colours' is not understood"),
        ({"sources": " "}, "sources is blank"),
        ({"reference": ""}, "reference is blank"),
        ({"colour": "red"}, "unknown 'colour'; the fields are name, kind"),
    ],
)
def test_wrong_breaks_are_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(hs.InputError, match=message):
        read_breaks([{**OWN, **change}])


def test_other_bad_calls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(hs.InputError, match="'start' is missing"):
        read_breaks([{key: value for key, value in OWN.items() if key != "start"}])
    with pytest.raises(hs.InputError, match="'New case system' stands twice"):
        read_breaks([OWN, OWN])
    with pytest.raises(hs.InputError, match="does not exist"):
        read_breaks(tmp_path / "none.csv")
    with pytest.raises(hs.InputError, match="affects='point' is unknown"):
        breaks_between("a", "2020-01", "2020-02", affects="point")
    with pytest.raises(hs.InputError, match="is after the last"):
        breaks_between("a", "2020-03", "2020-02")
    with pytest.raises(hs.InputError, match="needs a first and a last month"):
        refuse_across_breaks(seen("2020-01"), ["2020-01"], what="x", affects="points")  # type: ignore[list-item]


def test_real_west_midlands_files_of_2011_and_2014_are_parted(real_data: Path) -> None:
    incidents = hs.read_police_uk(real_data / "police_uk/west_midlands").incidents
    with pytest.raises(hs.InputError, match="First list of map points"):
        refuse_across_breaks(incidents, None, what="x", affects="points")
    later = hs.select_incidents(incidents, start="2014-01")
    assert provenance.of(refuse_across_breaks(later, None, what="x", affects="points"))["notes"] == []
