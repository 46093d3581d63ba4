"""A review's file: strict keys, paths, the template, and the plan with every change in words."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import shapely

from hotspot.decisions.new_order import new_order
from hotspot.decisions.order_file import areas_of, comparison_of, order_of, read_review, ring_of
from hotspot.decisions.order_keys import SECTIONS
from hotspot.decisions.review_plan import (
    NOT_CONTROLLED,
    plan_changes,
    plan_hash,
    plan_of,
    plan_text,
    read_plan,
)
from hotspot.errors import InputError
from makers import area_of

SMALL = """
[order]
name = "Town centre"
file = "town.gpkg"
decision = "extend"
[[order.in_force]]
start = 2025-03-10
[[prohibition]]
name = "Drinking"
behaviour = "street drinking"
[[prohibition.evidence]]
source = "Cases"
categories = ["Drinking", "Litter"]
[[source]]
file = "cases.csv"
mapping = "cases.toml"
"""
COMPARED = """
[[comparison]]
name = "Second town"
file = "../shared/others.gpkg"
where = "ref = 'b'"
[[comparison]]
name = "Also"
file = "../shared/others.gpkg"
where = "ref = 'c'"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here, shared = tmp_path / "review", tmp_path / "shared"
    here.mkdir()
    shared.mkdir()
    area_of(shapely.box(400_000, 291_000, 400_500, 291_500)).to_file(here / "town.gpkg")
    others = area_of(
        shapely.box(401_000, 291_000, 401_500, 291_500), shapely.box(402_000, 291_000, 402_500, 291_500)
    )
    others.assign(ref=["b", "c"]).to_file(shared / "others.gpkg")
    (here / "cases.toml").write_text("# a mapping\n", encoding="utf-8")
    return here


def written(folder: Path, text: str = SMALL, name: str = "review.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def plan(folder: Path, text: str = SMALL) -> dict[str, Any]:
    return plan_of(read_review(written(folder, text)))


def test_a_small_file_is_read_with_defaults_and_paths_from_its_folder(folder: Path) -> None:
    config = read_review(written(folder))
    assert config.sources[0].files == (folder / "cases.csv",)
    assert (config.sources[0].kind, config.sources[0].mapping) == ("incidents", folder / "cases.toml")
    assert (config.before, config.during) == (None, None)
    assert (config.title, config.folder, config.release) == (
        "Town centre", folder / "pack", ("restricted", "public"),
    )  # fmt: skip
    order = order_of(config)
    assert order.prohibitions[0].evidence[0].categories == ("Drinking", "Litter")
    assert str(order.in_force[0][0]) == "2025-03-10"
    assert ring_of(config) is None
    assert comparison_of(config) == areas_of(config) == {}


def test_everything_can_be_given(folder: Path) -> None:
    more = """
[ring]
file = "../shared/others.gpkg"
where = "ref = 'b'"
[areas.towns]
file = "../shared/others.gpkg"
name = "ref"
[periods]
before = ["2024-01", "2024-06"]
during = ["2026-01", "2026-06"]
across_breaks = true
[consultation]
file = "answers.csv"
[equality]
files = ["a.csv", "b.csv"]
[pack]
title = "../../Pack"
folder = "out"
release = ["public"]
seed = 4
"""
    config = read_review(written(folder, SMALL + COMPARED + more))
    assert list(config.comparison) == ["Second town", "Also"]
    assert comparison_of(config)["Also"].total_bounds[0] == 402_000
    assert ring_of(config).total_bounds[0] == 401_000
    assert areas_of(config)["towns"]["ref"].tolist() == ["b", "c"]
    assert (config.before, config.during, config.across_breaks) == (
        ("2024-01", "2024-06"), ("2026-01", "2026-06"), True,
    )  # fmt: skip
    assert (config.consultation, config.activity) == (folder / "answers.csv", None)
    assert config.equality == (folder / "a.csv", folder / "b.csv")
    # A title is text, and never a part of a path.
    assert (config.title, config.folder) == ("../../Pack", folder / "out")
    assert (config.release, config.seed) == (("public",), 4)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("behaviour", "behavior", r"\[\[prohibition\]\] has no key 'behavior'; do you mean 'behaviour'"),
        ("decision", "desicion", r"\[order\] has no key 'desicion'; do you mean 'decision'"),
        ("[[source]]", "[[sources]]", "the file has no key 'sources'; do you mean 'source'"),
        ("categories", "category", "has no key 'category'; do you mean 'categories'"),
        ("[[order.in_force]]", "[order.in_force]", "must be in double brackets"),
        ("[[prohibition]]", "[prohibition]", "must be in double brackets"),
        ('"extend"', '"renew"', "decision = 'renew' must be of make, extend"),
        ("2025-03-10", '"March"', "start = 'March' must be a date"),
        ('"town.gpkg"', "7", "file = 7 must be a file in quotation marks"),
        ('"town.gpkg"', r'"town\u0000.gpkg"', "must be a file in quotation marks"),
        ('mapping = "cases.toml"', "", "needs a mapping, or kind"),
        ('mapping = "cases.toml"', 'kind = "counts"', "of kind counts needs a mapping; .* needs areas"),
        ('mapping = "cases.toml"', 'mapping = "c"\nkind = "police_uk"', "needs no mapping"),
        ('mapping = "cases.toml"', 'kind = "police_uk"\nareas = "wards"', r"no section \[areas.wards\]"),
        ("[[source]]", "[ring]\nmetres = 0\n[[source]]", "metres = 0 must be a number above zero"),
        ("[[source]]", "[ring]\nmetres = true\n[[source]]", "must be a number above zero"),
        ("[[source]]", '[ring]\nmetres = 9\nfile = "x"\n[[source]]', "has metres and file"),
        ('"extend"', '"extend"\nboroughwide = true\n[ring]\nmetres = 9\n[order.x]', "boroughwide"),
        ("[[source]]", '[periods]\nbefore = ["2025-02", "2024-07"]\nduring = ["2025-07", "2026-02"]\n[[source]]',
         r"\[periods\] before: the first"),
        ("[[source]]", '[periods]\nbefore = ["2024-07", "2025-02"]\n[[source]]', r"before and during go together"),
        ("[[source]]", '[pack]\nrelease = ["secret"]\n[[source]]', "must be of restricted, public"),
        ("[[source]]", '[[comparison]]\nname="A"\nfile="x"\n[[comparison]]\nname="a"\nfile="y"\n[[source]]', "two sec"),
        ("2025-03-10", "2025-03-10\nstart = 2025-03-11", "is no TOML"),
        ("[[order.in_force]]\nstart = 2025-03-10", "", r"is not filled in: give \[\[order.in_force\]\] start"),
    ],
)  # fmt: skip
def test_faults_are_named_with_the_nearest_key(folder: Path, old: str, new: str, match: str) -> None:
    assert old in SMALL
    with pytest.raises(InputError, match=match) as caught:
        read_review(written(folder, SMALL.replace(old, new, 1)))
    assert str(caught.value).startswith("review.toml ")


def test_all_faults_come_in_one_message(folder: Path) -> None:
    text = SMALL.replace("behaviour", "behavior").replace('"extend"', '"renew"').replace('"town.gpkg"', '""')
    with pytest.raises(InputError) as caught:
        read_review(written(folder, text))
    message = str(caught.value)
    assert "has 2 faults" in message
    assert message.endswith("It is not filled in: give [order] file, [[prohibition]] behaviour")


def test_a_file_that_cannot_be_read_is_said(folder: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        read_review(folder / "none.toml")
    (folder / "latin.toml").write_bytes("# first\nname = '\xe9'".encode("latin-1"))
    with pytest.raises(InputError, match="not in UTF-8, first in line 2"):
        read_review(folder / "latin.toml")
    (folder / "deep.toml").write_text("a = " + "[" * 5000, encoding="utf-8")
    with pytest.raises(InputError, match="is no TOML"):
        read_review(folder / "deep.toml")


def test_the_template_says_which_values_to_fill(tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    assert new_order(file) == file.read_text(encoding="utf-8") == new_order()
    with pytest.raises(InputError) as caught:
        read_review(file)
    message = str(caught.value)
    for key in (
        "[order] name",
        "[order] file",
        "[order] decision",
        "[[prohibition]] name",
        "[[prohibition]] behaviour",
    ):
        assert key in message
    assert "[[source]] names no file" in message
    with pytest.raises(InputError, match="is not written over"):
        new_order(file)


def keys_in(value: Any, section: str = "") -> set[tuple[str, str]]:
    """Return (section, key) of every key below."""
    found: set[tuple[str, str]] = set()
    for item in value if isinstance(value, list) else [value]:
        for key, inner in item.items() if isinstance(item, Mapping) else ():
            found.add((section, key))
            path = f"{section}.{key}" if section else key
            if path in SECTIONS:
                found |= keys_in(inner, path)
    return found


def test_the_template_names_every_key_and_every_example_is_sound(folder: Path) -> None:
    lines = []
    for line in new_order().splitlines():
        bare = line.removeprefix("# ")
        example = line.startswith("# ") and (bare.startswith("[") or " = " in bare.split("#")[0])
        lines.append(bare if example else line)
    raw = tomllib.loads("\n".join(lines))
    named = keys_in(raw)
    # Of the three kinds of areas, one stands for all keys.
    wanted = {(section, key) for section, keys in SECTIONS.items() for key in keys if "areas." not in section}
    wanted |= {("areas.lsoa", key) for key in SECTIONS["areas.lsoa"]}
    assert wanted <= named


def test_a_filled_template_is_read(folder: Path) -> None:
    text = new_order()
    for empty, full in (
        ('name = ""       # as', 'name = "A" # as'),
        ('file = ""       # the', 'file = "town.gpkg" #'),
        ('decision = ""', 'decision = "make"'),
        ('name = ""       # short', 'name = "Drinking" #'),
        ('behaviour = ""', 'behaviour = "street drinking"'),
        ('file = ""       # a file', 'file = "x" #'),
        ('# kind = "police_uk"', 'kind = "police_uk"'),
    ):
        assert text.count(empty) == 1
        text = text.replace(empty, full)
    assert order_of(read_review(written(folder, text))).decision == "make"


def test_the_plan_is_json_and_its_hash_is_of_the_canonical_text(folder: Path) -> None:
    made = plan(folder, SMALL + COMPARED)
    text = json.dumps(made, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert plan_hash(made) == hashlib.sha256(text.encode()).hexdigest()
    assert plan_hash(read_review(folder / "review.toml")) == plan_hash(made)
    order = order_of(read_review(folder / "review.toml"))
    assert made["order"]["boundary_sha256"] == order.hash
    assert made["order_of_comparisons"] == ["Second town", "Also"]
    assert made["prohibitions"][0]["evidence"][0]["categories"] == ["Drinking", "Litter"]
    assert "first-named comparison" in made["estimator"]
    assert plan(folder)["estimator"] == NOT_CONTROLLED
    assert str(folder.parent) not in text


def test_the_plan_file_carries_the_callers_date_and_is_checked(folder: Path) -> None:
    made = plan(folder)
    file = folder / "PLAN.json"
    file.write_text(plan_text(made, written="2026-03-01"), encoding="utf-8")
    back = read_plan(file)
    assert back == {"written": "2026-03-01", "plan_sha256": plan_hash(made), "plan": made}
    assert plan_changes(back, made) == []
    file.write_text(file.read_text(encoding="utf-8").replace('"Drinking"', '"Begging"'), encoding="utf-8")
    with pytest.raises(InputError, match="was changed after it was written"):
        read_plan(file)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(file)
    with pytest.raises(InputError, match="written='soon' is no date"):
        plan_text(made, written="soon")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"Litter"', '"Noise"', ["prohibitions, Drinking, evidence, Cases, categories: 'Litter' taken out, 'Noise' added"]),
        ("[periods]", "[ring]\nmetres = 300\n[periods]",
         ["ring, metres: was 200 on exact points, 400 on map points; now 300.0"]),
        ('["2024-07", "2025-02"]', '["2024-08", "2025-02"]',
         ["periods, before: was 2024-07, 2025-02; now 2024-08, 2025-02"]),
        ("2025-03-10", "2025-03-11", ["order, spans in force: was from 2025-03-10, no end given; now from 2025-03-11"]),
        ('behaviour = "street drinking"', 'behaviour = "street drinking"\nfirst_date = 2025-04-01',
         ["prohibitions, Drinking, first day in force: was nothing; now 2025-04-01"]),
        ('"Also"', '"Third"', [
            "comparisons, Also: taken out (was outline ",
            "comparisons, Third: added (outline ",
            "order of the comparisons (the headline uses the first): was Second town, Also; now Second town, Third",
        ]),
        ("ref = 'c'", "ref = 'b'", ["comparisons, Also, outline: was "]),
        ('"cases.csv"', '"cases2.csv"', ["sources, cases.csv: taken out", "sources, cases2.csv: added"]),
        ('"Drinking"\nb', '"Begging"\nb', ["prohibitions, Drinking: taken out", "prohibitions, Begging: added"]),
    ],
)  # fmt: skip
def test_every_change_is_said_in_words(folder: Path, old: str, new: str, said: list[str]) -> None:
    text = SMALL + COMPARED + '[periods]\nbefore = ["2024-07", "2025-02"]\nduring = ["2025-07", "2026-02"]\n'
    assert old in text
    before, after = plan(folder, text), plan(folder, text.replace(old, new))
    changes = plan_changes(before, after)
    assert len(changes) == len(said)
    assert all(change.startswith(words) for change, words in zip(changes, said, strict=True))
    assert plan_hash(before) != plan_hash(after)


def test_swapped_comparisons_and_a_moved_boundary_are_changes(folder: Path) -> None:
    before = plan(folder, SMALL + COMPARED)
    parts = COMPARED.split("[[comparison]]")
    swapped = plan(folder, SMALL + "[[comparison]]".join([parts[0], parts[2], parts[1]]))
    assert plan_changes(before, swapped)[-1].endswith("was Second town, Also; now Also, Second town")
    area_of(shapely.box(400_000, 291_000, 400_500, 291_501)).to_file(folder / "town.gpkg")
    moved = plan(folder, SMALL + COMPARED)
    old, new = before["order"]["boundary_sha256"], moved["order"]["boundary_sha256"]
    assert plan_changes(before, moved) == [f"order, boundary: was {old[:12]}; now {new[:12]}"]


def test_comments_spaces_and_the_order_of_categories_change_no_plan(folder: Path) -> None:
    other = "# a comment\n" + SMALL.replace('["Drinking", "Litter"]', '[ "Litter",  "Drinking" ]')
    assert plan_hash(plan(folder)) == plan_hash(plan(folder, other))


def test_a_boroughwide_order_has_no_ring_in_its_plan(folder: Path) -> None:
    made = plan(folder, SMALL.replace('"extend"', '"extend"\nboroughwide = true'))
    assert made["ring"] == {"metres": "none: the order is boroughwide"}
