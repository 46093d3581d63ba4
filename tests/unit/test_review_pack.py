"""The pack of a review: what it says, in which order, in which words, and that it is of one boundary."""

from __future__ import annotations

import datetime as dt
import html
import json
import math
import re
from pathlib import Path

import docx
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspot import provenance
from hotspot.decisions.headline import Headline
from hotspot.decisions.periods import NO_BEFORE, Periods
from hotspot.errors import InputError
from hotspot.publish import charts
from hotspot.publish.check_contents import texts_of
from hotspot.publish.review_beside import beside_words
from hotspot.publish.review_pack import write_review
from hotspot.publish.review_tables import shown_tables
from hotspot.publish.review_words import ABOUT, Told, heading_of, month_words, told_of, words_of
from hotspot.publish.verify_order import boundaries_of, verify_order
from hotspot.statistics.effect import NOT_CONTROLLED, ratio_of_rate_ratios
from review_makers import LOG, evidence, order_of, prohibition, review_of, square

WHEN = dt.datetime(2026, 3, 5, 9, 30)
BANNED = re.compile(
    r"\b(persistent|continuing|unreasonable|detrimental|justified|necessary|offenders?|dangerous)\b",
    re.IGNORECASE,
)
CAUSAL = re.compile(
    r"\b(effects?|led to|because of|due to|caused?|reduced|thanks to|worked|impact|success\w*)\b",
    re.IGNORECASE,
)
QUOTED = re.compile("“[^”]*”")


def plain_text(path: Path) -> str:
    """Return what a page says, without its script and style."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "\n", text))


@pytest.fixture(scope="module", autouse=True)
def _coarse_pictures():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "DOTS_PER_INCH", 40)
        yield


@pytest.fixture(scope="module")
def review():
    return review_of(**evidence())


ONE = [prohibition("Street drinking", LOG, "Alcohol")]


@pytest.fixture(scope="module")
def small():
    """A review of one prohibition without areas: nothing by cell or unit is in it."""
    return review_of(order=order_of(prohibitions=ONE), areas=None, code=None)


@pytest.fixture(scope="module")
def packs(review, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    return {kind: write_review(folder / kind, review, release=release, when=WHEN)
            for kind, release in (("restricted", None), ("public", "public"))}  # fmt: skip


def test_the_page_reads_in_the_order_that_was_asked_for(packs) -> None:
    text = plain_text(packs["restricted"] / "index OFFICIAL-SENSITIVE.html")
    wanted = [
        ABOUT, "Street drinking", "What each source can say", "The estimate by prohibition", "Reports by year",
        "Share of the order in hot cells", "Answers to the consultation", "Checklist of the decision", "Figures", "Maps",
        "Technical appendix", "Other choices", "Caveats", "Sources", "Files",
    ]  # fmt: skip
    body = text[text.index(f"\n{ABOUT}\n") :]
    places = [body.index(f"\n{words}\n") for words in wanted]
    assert places == sorted(places)
    report = docx.Document(str(packs["restricted"] / "report OFFICIAL-SENSITIVE.docx"))
    heads = [part.text for part in report.paragraphs if part.style.name.startswith(("Heading", "Title"))]
    shown = [heads.index(words) for words in wanted if words in heads]
    assert len(shown) >= len(wanted) - 3
    assert shown == sorted(shown)


def test_every_file_names_the_boundary_and_the_manifest_all_of_it(packs, review) -> None:
    for pack in packs.values():
        assert set(boundaries_of(pack).values()) == {review.order.hash}
        kinds = {".html", ".docx", ".xlsx", ".png", ".txt", ".gpkg"}
        for path in sorted(part for part in pack.rglob("*") if part.suffix in kinds):
            if path.suffix == ".gpkg":
                continue  # layers hold no words; their dictionary has them
            assert any(review.order.short_hash in text for _, text in texts_of(path)), path.name
        for path in pack.rglob("*_columns.csv"):
            assert review.order.short_hash in path.read_text(encoding="utf-8-sig"), path.name


def test_a_pack_of_another_boundary_is_refused_and_one_saved_anew_is_not(packs, tmp_path) -> None:
    for pack in packs.values():
        moved = gpd.GeoSeries([shapely.Polygon([(400, 400), (801, 400), (800, 800), (400, 800)])], crs=27700)
        with pytest.raises(InputError, match="made for another boundary"):
            verify_order(pack, order_of(moved))
        turned = gpd.GeoSeries([shapely.Polygon([(800, 800), (800, 400), (400, 400), (400, 800)])], crs=27700)
        turned.to_frame("geometry").to_file(tmp_path / "again.gpkg", layer="order")
        again = gpd.read_file(tmp_path / "again.gpkg").geometry
        assert set(verify_order(pack, order_of(again))["state"]) == {"same"}


def test_a_manifest_without_an_order_is_refused(tmp_path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"hotspot": "1", "outputs": [], "steps": None}))
    with pytest.raises(InputError, match="names no order"):
        boundaries_of(tmp_path)


def test_no_word_that_decides_stands_anywhere_but_in_quoted_statute(packs) -> None:
    for pack in packs.values():
        for path in sorted(part for part in pack.rglob("*") if part.is_file()):
            for name, text in texts_of(path):
                # The library that draws maps is not ours.
                shown = (
                    re.sub(r"<script>.*?</script>", " ", text, flags=re.DOTALL)
                    if name.endswith(".html")
                    else text
                )
                found = BANNED.findall(QUOTED.sub(" ", shown))
                assert not found, (name, found[:3])


def test_without_a_comparison_it_is_headed_so_and_nothing_is_said_to_have_caused_it(tmp_path) -> None:
    pack = write_review(
        tmp_path / "alone",
        review_of(order=order_of(prohibitions=ONE), compared=False, areas=None, code=None),
        when=WHEN,
    )
    text = plain_text(pack / "index OFFICIAL-SENSITIVE.html")
    heads = re.findall(r"\n(.+: not controlled)\n", text)
    assert heads[:1] == ["Street drinking: not controlled"]
    summary = text[text.index(heads[0]) : text.index("One line for each span in force")]
    assert "No other place was named" in summary
    assert not CAUSAL.findall(summary)
    assert "times the first (95% interval" in summary


def test_no_percentage_stands_alone_in_the_summary(packs) -> None:
    for pack in packs.values():
        page = next(pack.glob("index*.html"))
        text = plain_text(page)
        summary = text[
            text.index(ABOUT, text.index("Summary")) : text.index("One line for each span in force")
        ]
        kept = re.sub(r"95 ?% interval", "", summary)
        assert "%" not in kept
        # Each ratio stands with its interval, and its counts stand in the paragraph before.
        ratios = re.findall(r"ratio of the two changes is [\d.]+", summary)
        assert len(ratios) == 2
        found = re.findall(r"changes is [\d.]+ \(95% interval [\d.]+ to [\d.]+\)", summary)
        assert len(found) == len(ratios)
        assert "arrowest" not in summary
        assert len(re.findall(rf"{LOG} holds \d[\d,]* reports? in the order's area", summary)) == len(ratios)


def test_the_summary_can_be_read_at_fourteen(packs) -> None:
    textstat = pytest.importorskip("textstat")
    for pack in packs.values():
        text = plain_text(next(pack.glob("index*.html")))
        summary = text[
            text.index(ABOUT, text.index("Summary")) : text.index("One line for each span in force")
        ]
        assert textstat.flesch_kincaid_grade(summary) + 5 <= 14
        assert textstat.text_standard(summary, float_output=True) + 5 <= 14


def test_two_runs_hold_the_same_bytes(review, small, packs, tmp_path) -> None:
    first = write_review(tmp_path / "first", small, when=WHEN)
    for one, made, release in ((first, small, None), (packs["public"], review, "public")):
        again = write_review(tmp_path / f"other {release}", made, release=release, when=WHEN)
        files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
        assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
        assert [name for name in files if (one / name).read_bytes() != (again / name).read_bytes()] == []


def test_every_column_has_a_header_for_people_and_every_table_a_sentence(packs) -> None:
    for pack in packs.values():
        for path in pack.rglob("*_columns.csv"):
            assert "Column of the user's own" not in path.read_text(encoding="utf-8-sig"), path.name
        page = next(pack.glob("index*.html")).read_text(encoding="utf-8")
        for title, after in re.findall(r'<h[23] id="table-\d+">([^<]+)</h[23]>\n<(\w+)', page):
            assert after == "p", title


def test_a_plan_that_is_given_is_printed(small, tmp_path) -> None:
    plan = pd.DataFrame({
        "part": ["written", "plan_sha256", "changed since"],
        "says": ["2026-01-05", "0123456789abcdef" * 4, "sources, log.csv: files: 'other.csv' added"],
    })  # fmt: skip
    public = write_review(tmp_path / "public", small, plan=plan, release="public", when=WHEN)
    held = (public / "tables/the-plan.csv").read_text(encoding="utf-8-sig")
    assert "01234567 89abcdef 01234567" in held
    assert "other.csv" not in held


def test_what_is_said_where_there_is_no_estimate() -> None:
    never = Told("Drinking", heading=NO_BEFORE, reason=f"{NO_BEFORE}: in force since 2017")
    assert heading_of(never) == f"Drinking: {NO_BEFORE}"
    assert words_of(never) == ["No period without an order: effect cannot be measured: in force since 2017."]
    few = Told("Drinking", heading="too few to compare", source="log", inside=("12", "fewer than 10 reports"),
               before="May 2023", during="May 2024")  # fmt: skip
    assert (
        "12 reports in the order's area for May 2023, and fewer than 10 reports for May 2024"
        in words_of(few)[0]
    )
    assert words_of(few)[1].startswith("That is too few to compare")
    alone = Told(
        "Drinking", heading=NOT_CONTROLLED, source="log", inside=("40", "20"), ratio=0.5, low=0.28, high=0.87
    )
    assert "The second number is 0.50 times the first (95% interval 0.28 to 0.87)." in words_of(alone)


def headline_of(p_holm: float) -> Headline:
    effect = ratio_of_rate_ratios([12] * 11 + [6] * 11, [40] * 22, np.arange(22) >= 11)
    assert effect.high < 1
    item = order_of(prohibitions=ONE).prohibitions[0]
    notes = (
        "Goes across a break: Points redrawn.",
        "In the months before, the order was in force for others.",
    )
    periods = Periods(
        pd.period_range("2023-02", "2023-12", freq="M"), pd.period_range("2024-02", "2024-12", freq="M"),
        breaks=notes[:1], notes=notes[1:],
    )  # fmt: skip
    return Headline(item, LOG, "", effect=effect, periods=periods, comparison="Market Place", p_holm=p_holm)


SAYS = pd.DataFrame({
    "prohibition": ["Street drinking"], "source": [LOG], "says": ["198 reports"], "caution": [""],
    "shared_with": ["Begging; Parking"],
})  # fmt: skip


def test_a_difference_that_the_correction_takes_back_is_said_so() -> None:
    told = told_of(headline_of(0.06), SAYS, {}, ("Street drinking", "Begging", "Noise"))
    text = " ".join(words_of(told))
    assert "The interval leaves out 1. But 3 prohibitions were estimated." in text
    assert "this difference is not told from chance" in text
    assert "by more than chance explains" not in text
    assert "do not rule out" not in text
    # Of the two that share the category, one was tested.
    assert "The same category serves Begging. So some of these reports are tested twice" in text
    alone = " ".join(words_of(told_of(headline_of(0.001), SAYS, {}, ("Street drinking",))))
    assert "fell by more than chance explains" in alone
    assert "The interval leaves out 1" not in alone
    assert "tested twice" not in alone


def test_what_would_have_been_seen_denies_no_smaller_change() -> None:
    told = told_of(headline_of(0.001), SAYS, {}, ("Street drinking",))
    assert told.seen is not None
    # 132 before, and the comparison did not change: 132 expected; a fall to fewer than 132 and more than N was told.
    edge = math.floor(132 * told.seen.fall)
    text = " ".join(words_of(told))
    assert (
        f"A fall to {edge} or fewer or a rise to {math.ceil(132 * told.seen.rise)} or more would have been seen"
        in text
    )
    assert "in four cases of five. A smaller one would more often have been missed." in text
    assert "could be told" not in text


def test_limits_breaks_and_what_stands_beside_the_estimate_are_in_the_summary() -> None:
    item, name = headline_of(0.001), "Street drinking"
    assert item.effect is not None
    tables = {
        "pre_trend": pd.DataFrame({
            "prohibition": [name], "verdict": ["drifted apart"], "months": [24], "comparison_name": ["Market Place"],
            "drift_pct_per_year": [-20.0], "drift_low": [-30.0], "drift_high": [-5.0],
        }),
        "common_change": pd.DataFrame({
            "prohibition": [name], "areas": [30], "areas_lower": [28], "areas_higher": [2], "ratio_all": [0.7],
        }),
        "placebos": pd.DataFrame({
            "prohibition": [name, name], "moved": ["area", "date"], "placebos": [20, 9], "called": [1, 2],
            "called_low": [0.1, 2.8], "called_high": [24.9, 60.0],
        }),
        "sensitivity": pd.DataFrame({
            "prohibition": name, "estimate_of": "inside", "ratio": [0.5, 0.4, 0.9], "differs": [False, False, True],
            "direction": ["fewer", "fewer", "not told from chance"],
        }),
    }  # fmt: skip
    whole = " ".join(words_of(told_of(item, SAYS, tables, (name,))))
    public = " ".join(beside_words(item, SAYS, tables, (name,), figures=False))
    for text in (whole, public):
        for words in (
            item.effect.caution[1:], "Goes across a break: Points redrawn.", "the order was in force for others.",
            "were already drifting apart", "shared by all areas", "1 of them tells something else",
        ):  # fmt: skip
            assert words in text, words
        assert "credited" not in text
    assert "came to 0.80 of what it was, beside Market Place (95% interval 0.70 to 0.95)" in whole
    assert "there were 0.70 reports for each one in the months before. Of 30 areas" in whole
    assert "At 20 other areas without the order, it called 1 a change." in whole
    assert "At 9 earlier dates without the order, it called 2 a change." in whole
    assert "not separate tests" in whole
    assert "ratios from 0.40 to 0.90" in whole
    # In public nothing of months and small areas is a figure: what is left counts months, and choices.
    assert re.findall(r"\d+(?:\.\d+)?", public.replace(item.effect.caution, "")) == ["24", "2", "1"]


def test_tables_name_their_own_sources_and_columns_that_mean_something_else() -> None:
    one, two = (
        {"name": name, "open": False, "simulated": False, "attribution": "", "months": []} for name in "ab"
    )
    frame = pd.DataFrame(
        {"prohibition": ["x"], "source": ["a"], "rank": [1], "unit": ["hours"], "called_low": [1.0]}
    )
    held = provenance.put(frame, {"sources": [one, two], "as_of": None, "steps": [], "notes": []})
    made = shown_tables(
        {"where_density": held, "activity": held, "placebos": held, "recurrence_by_unit": held}
    )
    assert [source["name"] for source in provenance.of(made["where_density"])["sources"]] == ["a"]
    assert len(provenance.of(made["activity"])["sources"]) == 2
    assert "amount_unit" in made["activity"].columns
    assert "unit" in made["recurrence_by_unit"].columns
    assert list(made["placebos"].columns) == ["prohibition", "recorded_by", "rank_of_order", "unit"]


def test_months_are_written_as_people_say_them() -> None:
    assert month_words(["2024-04", "2024-05", "2024-07"]) == "April 2024 to May 2024 and July 2024"
    assert month_words([]) == ""


def test_a_variation_shows_the_old_boundary_and_the_new(tmp_path) -> None:
    order = order_of(prohibitions=ONE, decision="vary", boundary_before=square(420, 420, 300))
    pack = write_review(
        tmp_path / "varied", review_of(order=order, areas=None, code=None), release="public", when=WHEN
    )
    assert "Boundary until now" in (pack / "maps/boundary-old-and-new.html").read_text(encoding="utf-8")


def test_an_unknown_release_is_refused_before_anything_is_written(small, tmp_path) -> None:
    with pytest.raises(InputError, match="not known"):
        write_review(tmp_path / "pack", small, release="secret", when=WHEN)
    assert not list(tmp_path.iterdir())
