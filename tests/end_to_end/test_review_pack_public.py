"""Attacks on the public pack of a review: months, single places and small numbers stay in the restricted one."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hotspot as hs
from hotspot import sample
from hotspot.decisions.fairness import units_of_headline
from hotspot.decisions.headline import estimate
from hotspot.decisions.order_file import areas_of, comparison_of, order_of, read_review
from hotspot.decisions.review import review_order
from hotspot.errors import InputError
from hotspot.publish import charts
from hotspot.publish.check_contents import sheets_of, texts_of
from hotspot.publish.check_release import check_release
from hotspot.publish.release import PublicRelease
from hotspot.publish.review_counts import FEW
from hotspot.publish.review_evidence import answers_released
from hotspot.publish.review_interval import two_digits
from hotspot.publish.review_pack import write_review
from hotspot.publish.review_public import public_of
from hotspot.publish.review_words import words_of
from hotspot.sample import review_files
from hotspot.statistics.solvable import narrowed
from review_makers import LOG, evidence, frame_of, log_of, monthly, prohibition, review_of
from review_makers import order_of as small_order

WHEN = dt.datetime(2026, 3, 5, 9, 30)
TIMES = re.compile(r"^(month|year|hour|day|weekday|calendar month|date)$", re.IGNORECASE)
ONE = [prohibition("Street drinking", LOG, "Alcohol")]


@pytest.fixture(scope="module", autouse=True)
def _coarse_pictures():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "DOTS_PER_INCH", 40)
        yield


def simulated(folder: Path):
    """Return the sample's log, its review, and both packs."""
    file, _ = review_files.write_review(folder, seed=sample.SEED)
    config = read_review(file)
    areas = areas_of(config)["lsoa"]
    log = hs.read_incidents(folder / review_files.LOG, folder / review_files.LOG_MAPPING, area=areas)
    police = hs.read_police_uk(folder / "simulated_police_uk.zip", area=areas)
    review = review_order(
        [log, police], order_of(config), comparison=comparison_of(config), before=config.before,
        during=config.during, areas=areas,
    )  # fmt: skip
    packs = {
        kind: write_review(folder / "packs" / kind, review, release=release, when=WHEN)
        for kind, release in (("restricted", None), ("public", "public"))
    }
    return log.incidents, review, packs


def everything(pack: Path) -> str:
    """Return all that can be read out of a pack."""
    return "\n".join(text for path in sorted(pack.rglob("*")) if path.is_file() for _, text in texts_of(path))


def rows_by_time(pack: Path, source: str) -> int:
    """Count rows that name a source beside a month, a year or an hour."""
    found = 0
    for path in sorted(part for part in pack.rglob("*") if part.is_file()):
        for sheet in sheets_of(path):
            if any(TIMES.match(head) for head in sheet.header):
                # The last columns credit all sources of the table.
                kept = [n for n, head in enumerate(sheet.header) if head not in ("Source", "Marking")]
                found += sum(source in {row[n] for n in kept if n < len(row)} for row in sheet.rows)
    return found


def finds_nothing(log, packs) -> None:
    assert check_release(packs["public"], against=log).to_dict("records") == []
    # The same search finds the restricted pack to be one.
    assert {"marking", "free text"} <= set(check_release(packs["restricted"] / "tables")["kind"])


def finds_no_counts_by_time(packs) -> None:
    assert rows_by_time(packs["restricted"], review_files.SOURCE) > 100
    assert rows_by_time(packs["public"], review_files.SOURCE) == 0


def reads_no_row_of_the_log(log, packs) -> None:
    text = everything(packs["public"])
    assert not [one for one in log["incident_id"].astype(str).unique() if len(one) > 5 and one in text]
    for word in ("cell_id", "gi_z", "source_row", "warden_log", "place_id", "easting", "seed"):
        assert word not in text, word
    points = log.geometry
    pairs = {f"{x:.0f} {y:.0f}" for x, y in zip(points.x, points.y, strict=True)}
    numbers = re.findall(r"\d{6}(?:\.\d+)?", text)
    assert not {f"{float(a):.0f} {float(b):.0f}" for a, b in pairwise(numbers)} & pairs


def solves_no_month(review) -> None:
    public = public_of(review, PublicRelease())
    told = {one.name: one for one in public.told}
    for item in review.headlines:
        if item.counted is None or item.periods is None:
            continue
        shown = told[item.prohibition.name]
        says = public.tables["says"]
        row = says[(says["prohibition"] == shown.name) & (says["source"] == item.source)].iloc[0]
        whole = int(str(row["n_shown"]).replace(",", ""))
        before, during = (int(text.replace(",", "")) for text in shown.inside or ())
        months = [str(month) for month in item.counted.months]
        periods = {
            "before": [str(month) for month in item.periods.before],
            "during": [str(month) for month in item.periods.during],
        }
        intervals: dict[str, tuple[int, float]] = {month: (0, float(whole)) for month in months}
        intervals |= {"all": (whole, whole), "before": (before, before), "during": (during, during)}
        sums = [("all", months), *periods.items()]
        after = narrowed(intervals, sums)
        # Every month can have had none, or all that its period had.
        for period, held in periods.items():
            for month in held:
                assert after[month] == (0, intervals[period][0])
        for one, other in combinations((whole, before, during), 2):
            assert abs(one - other) >= 3
        assert whole - before - during >= 10


def test_attacks_on_the_public_pack_of_the_sample_fail_where_those_on_the_restricted_one_succeed(
    tmp_path,
) -> None:
    log, review, packs = simulated(tmp_path)
    finds_nothing(log, packs)
    finds_no_counts_by_time(packs)
    reads_no_row_of_the_log(log, packs)
    solves_no_month(review)
    listed = pd.read_csv(packs["public"] / "tables/what-was-left-out.csv", encoding="utf-8-sig")
    wanted = {"Reports by year", "Counts by place and month", "Other choices", "Maps of hot and cold cells"}
    assert wanted <= set(listed[listed.columns[0]])


def small_log(other: int, during: int = 20):
    """Return a log with so many reports in the months that are in neither period."""
    rows = [
        ("Alcohol", "order", "2022-03", other),
        *(("Alcohol", "order", f"2023-{m:02d}", 3) for m in range(1, 13)),
    ]
    rows += [("Alcohol", "order", f"2024-{m:02d}", 1) for m in range(1, 13)]
    rows += [("Alcohol", "order", "2024-06", during - 12)]
    rows += monthly("Alcohol", "market", {"2022": 8, "2023": 8, "2024": 8}, 2)
    return frame_of([row for row in rows if row[3]], LOG, is_open=False, records=["street drinking"])


def compatible(review, item, shown, tables: int) -> list[np.ndarray]:
    """Return tables of months, found apart from the product, that print the same totals and interval."""
    counted, periods = item.counted, item.periods
    _, units = units_of_headline(item.frame, review.order, item, review.design, review.code)
    rows = [counted.places.index("inside"), counted.places.index(item.comparison)]
    groups = [
        (row, counted.months.get_indexer(months))
        for row in rows
        for months in (periods.before, periods.during)
    ]
    draws, found, now = np.random.default_rng(11), [counted.counts], counted.counts
    for _ in range(tables):
        other = now.copy()
        for _ in range(3):
            row, months = groups[draws.integers(len(groups))]
            one, two = draws.choice(months, 2, replace=False)
            other[row, one] += 1
            other[row, two] -= 1
        if (other < 0).any():
            continue
        effect, _ = estimate(replace(counted, counts=other), periods, units, comparison=item.comparison)
        low, high = (float(f"{end:.2g}") for end in (effect.low, effect.high))
        if (low, high) == (shown.low, shown.high):
            found.append(other)
            now = other
    return found


def test_the_interval_leaves_three_numbers_or_more_for_every_month() -> None:
    order = small_order(prohibitions=ONE)
    review = review_of(order=order, log=log_of(5), areas=None, code=None)
    public = public_of(review, PublicRelease())
    item, told = review.headlines[0], public.told[0]
    assert item.effect is not None
    assert item.effect.low < item.effect.poisson_low
    # The headline's own interval to two digits, not the narrowest possible.
    assert (told.low, told.high) == (float(f"{item.effect.low:.2g}"), float(f"{item.effect.high:.2g}"))
    row = public.tables["headlines"].iloc[0]
    assert (row["low"], row["high"]) == (told.low, told.high)
    assert not [name for name in public.tables["headlines"].columns if name.startswith(("p_", "poisson"))]
    tables = compatible(review, item, told, 400)
    assert len(tables) > 40
    rows = [item.counted.places.index(place) for place in ("inside", item.comparison)]
    months = item.counted.months.get_indexer([*item.periods.before, *item.periods.during])
    held = np.array(tables)[:, rows][:, :, months]
    values = [len(np.unique(held[:, row, month])) for row in range(2) for month in range(len(months))]
    assert min(values) >= 3
    # Not an artefact of a check that lets all pass: one that is printed whole leaves hardly another table.
    whole = [
        estimate(replace(item.counted, counts=table), item.periods, comparison=item.comparison)[0].low
        for table in tables[1:]
    ]
    assert sum(abs(low - item.effect.low) < 1e-9 for low in whole) < len(whole) / 10


def test_with_two_months_in_each_period_no_interval_is_printed_and_the_conclusion_is() -> None:
    rows = [("Alcohol", place, month, n) for place, months in {
        "order": {"2023-02": 31, "2023-03": 9, "2024-02": 4, "2024-03": 9},
        "market": {"2023-02": 20, "2023-03": 21, "2024-02": 25, "2024-03": 22},
        "else": dict.fromkeys(["2022-01", "2024-12"], 5),
    }.items() for month, n in months.items()]  # fmt: skip
    review = review_of(
        order=small_order(prohibitions=ONE), log=frame_of(rows, LOG, is_open=False, records=[]), areas=None, code=None,
        before=("2023-02", "2023-03"), during=("2024-02", "2024-03"),
    )  # fmt: skip
    public = public_of(review, PublicRelease())
    told = public.told[0]
    assert told.inside == ("40", "13")
    assert told.ratio == pytest.approx((13 / 40) / (47 / 41))
    assert math.isnan(told.low)
    assert math.isnan(told.high)
    assert not {"low", "high", "poisson_low"} & set(public.tables["headlines"].columns)
    text = " ".join(words_of(told))
    assert "95% interval" not in text
    assert "Its interval is not shown here" in text
    assert public.tables["headlines"]["conclusion"].tolist() == ["not told from chance"]
    # Why: with its two digits, some month would have fewer than three values left.
    item = review.headlines[0]
    assert len({round(one, 2) for one in swings(item)}) > len(swings(item)) / 2


def swings(item) -> list[float]:
    """Return the upper end for each way in which the order's first period of two months can be split."""
    counted = item.counted
    at = counted.months.get_indexer(item.periods.before)
    ends = []
    for first in range(20, 41):
        counts = counted.counts.copy()
        counts[0, at] = first, 40 - first
        ends.append(
            estimate(replace(counted, counts=counts), item.periods, comparison=item.comparison)[0].high
        )
    return ends


def test_two_digits_never_reach_what_the_number_does_not() -> None:
    assert [two_digits(value, 1.0) for value in (0.3162, 12.34, 0.998, 1.004, 0.0417)] == [
        0.32,
        12.0,
        0.99,
        1.01,
        0.042,
    ]


def test_the_public_checklist_points_at_no_table_that_was_left_out() -> None:
    review = review_of(order=small_order(), **evidence())
    public = public_of(review, PublicRelease())
    theirs, ours = (
        tables["checklist"].set_index("point")["where_in_pack"] for tables in (review.tables, public.tables)
    )
    assert list(theirs.index) == list(ours.index)
    for key, table in (
        ("the sensitivity table", "sensitivity"), ("is the comparison fair", "placebos"),
        ("the list of statements", "statements"), ("activity: ", "activity"),
    ):  # fmt: skip
        assert table in review.tables
        assert table not in public.tables
        there = [text for text in theirs if key in text.split("not in this pack")[0]]
        assert there, key
        assert not [text for text in ours if key in text.split("not in this pack")[0]], key
    assert any("the displacement ring" in text.split("not in this pack")[0] for text in theirs)
    assert not any("the displacement ring" in text.split("not in this pack")[0] for text in ours)
    # Of the open source some tables are there, and the point says that it is those alone.
    assert any(
        "recurrence: counts by year and month, inside the order (open sources only)" in text for text in ours
    )
    assert any("consultation" in text for text in ours)


def test_the_public_summary_carries_the_caution_and_whether_other_choices_tell_the_same() -> None:
    review = review_of(order=small_order(prohibitions=ONE), log=log_of(6), areas=None, code=None)
    item = review.headlines[0]
    told = public_of(review, PublicRelease()).told[0]
    text = " ".join(words_of(told))
    assert item.effect is not None
    assert item.effect.caution[1:] in text
    assert "other choices of place and months were tried" in text
    tried = review.tables["sensitivity"].iloc[1:]
    for ratio in tried["ratio"].dropna():
        if f"{ratio:.2f}" != f"{told.ratio:.2f}":
            assert f"{ratio:.2f}" not in text.replace(f"{told.low:.2f} to {told.high:.2f}", "")


def test_a_small_rest_is_hidden_and_so_is_what_would_give_it_back() -> None:
    # 11 pairs of months: the order began in January. 33 before, 19 during, 7 in other months: the total of 59 would
    # give the 7 away.
    review = review_of(order=small_order(prohibitions=ONE), log=small_log(3), areas=None, code=None)
    public = public_of(review, PublicRelease())
    row = public.tables["says"].iloc[0]
    shown = {
        "all": row["n_shown"],
        **dict(zip(("before", "during"), public.told[0].inside or (), strict=True)),
    }
    exact = {name: int(text) for name, text in shown.items() if str(text).isdecimal()}
    assert exact != {"all": 59, "before": 33, "during": 19}
    intervals: dict[str, tuple[int, float]] = {"rest": (0, 59), **dict.fromkeys(shown, (0, 59))}
    intervals |= {name: (n, n) for name, n in exact.items()}
    low, high = narrowed(intervals, [("all", ["before", "during", "rest"])])["rest"]
    assert high - low + 1 >= 9
    # Without protection the rest would be told to one.
    bare: dict[str, tuple[int, float]] = {
        "rest": (0, 59),
        "all": (59, 59),
        "before": (33, 33),
        "during": (19, 19),
    }
    assert narrowed(bare, [("all", ["before", "during", "rest"])])["rest"] == (7, 7)


def test_a_count_under_ten_is_a_class_and_has_no_ratio() -> None:
    review = review_of(
        order=small_order(prohibitions=ONE), log=small_log(40, during=12), areas=None, code=None
    )
    held = public_of(review, PublicRelease()).told[0]
    assert held.inside == ("33", "11")
    assert math.isfinite(held.ratio)
    rows = small_log(40, during=12)
    sparse = rows[
        ~((rows["start"].dt.year == 2024) & (rows["start"].dt.month > 6) & (rows.geometry.x < 1000))
    ]
    shown = public_of(
        review_of(order=small_order(prohibitions=ONE), log=sparse, areas=None, code=None), PublicRelease()
    )
    assert (shown.told[0].inside or ("", ""))[1] == FEW
    assert pd.isna(shown.told[0].ratio)
    assert not shown.tables["headlines"]["ratio"].notna().any()


def test_two_prohibitions_that_share_a_part_show_the_counts_of_the_first_alone() -> None:
    both = [*ONE, prohibition("Drinking and begging", LOG, "Alcohol", "Begging")]
    review = review_of(order=small_order(prohibitions=both), areas=None, code=None)
    public = public_of(review, PublicRelease())
    first, second = public.told
    assert first.inside is not None
    assert second.inside is None
    says = public.tables["says"]
    row = says[(says["prohibition"] == second.name) & (says["source"] == LOG)].iloc[0]
    assert row["n_shown"] == "not shown"
    assert not re.search(r"\d{2,} reports", row["says"])


def test_the_register_refuses_a_second_pack_whose_period_is_a_quiet_month_longer(tmp_path) -> None:
    rule = PublicRelease(register=tmp_path / "releases.csv")
    rows = small_log(40)
    quiet = rows[~(rows["start"].dt.strftime("%Y-%m") == "2024-11")]
    order = small_order(prohibitions=ONE)
    given = {"order": order, "log": quiet, "areas": None, "code": None}
    first = review_of(**given, before=("2023-01", "2023-10"), during=("2024-01", "2024-10"))
    write_review(tmp_path / "first", first, release=rule, when=WHEN)
    entered = (tmp_path / "releases.csv").read_text(encoding="utf-8-sig")
    assert "Market Place" in entered
    # The same pack again changes nothing.
    write_review(tmp_path / "again", first, release=rule, when=WHEN)
    assert (tmp_path / "releases.csv").read_text(encoding="utf-8-sig") == entered
    longer = review_of(**{**given, "log": rows}, before=("2023-01", "2023-11"), during=("2024-01", "2024-11"))
    with pytest.raises(InputError, match="cannot be released"):
        write_review(tmp_path / "longer", longer, release=rule, when=WHEN)
    assert not list(tmp_path.glob("longer*"))
    assert (tmp_path / "releases.csv").read_text(encoding="utf-8-sig") == entered


def test_small_answers_are_classes_and_names_stay_out(tmp_path) -> None:
    review = review_of(order=small_order(), areas=None, code=None, **evidence())
    pack = write_review(tmp_path / "pack", review, release="public", when=WHEN)
    answers = public_of(review, PublicRelease()).tables["consultation"].set_index("answer")
    assert answers.loc["Yes", "n_shown"] == "84"
    assert answers.loc["Yes", "share_pct"] == pytest.approx(84.0)
    assert answers.loc["Not sure", "n_shown"] == "1 to 4"
    # 100 - 84 - 13 would be 3.
    assert answers.loc["No", "n_shown"] == "5 or more"
    text = everything(pack)
    for word in ("Mrs Example", "Fixed penalties", "Secret Row", "WAR-REF"):
        assert word not in text, word
    assert "Statements, listed" in (pack / "index.html").read_text(encoding="utf-8")
    assert check_release(pack, against=review.data[0]).to_dict("records") == []


def test_answers_of_several_kinds_protect_those_who_did_not_give_them() -> None:
    frame = pd.DataFrame({
        "prohibition": "the whole order", "question": "Which?", "respondent_type": "not stated",
        "answer": ["A", "B", "C"], "n": [98, 40, 2], "base": 100, "share_pct": [98.0, 40.0, 2.0], "start": pd.NaT,
        "end": pd.NaT,
    })  # fmt: skip
    made = answers_released(frame, threshold=5)
    assert made["n_shown"].tolist() == ["not shown", "40", "not shown"]
    assert made["share_pct"].isna().tolist() == [True, False, True]
    with pytest.raises(InputError, match="own words"):
        answers_released(frame.assign(answer="word " * 40), threshold=5)


def test_a_small_number_of_a_wider_category_is_not_told_beside_a_kind_without_a_report() -> None:
    both = {"name": "Noise", "behaviour": "noise", "evidence": [
        {"source": LOG, "categories": ["Noise"]}, {"source": LOG, "categories": ["Begging"], "wider": True},
    ]}  # fmt: skip
    log = small_log(40)
    log.loc[log.index[:7], "category"] = "Begging"
    review = review_of(order=small_order(prohibitions=[both]), log=log, areas=None, code=None)
    says = review.tables["says"]
    assert "wider category: 7 reports" in says.loc[says["source"] == LOG, "says"].item()
    public = public_of(review, PublicRelease())
    shown = public.tables["says"]
    assert "7" not in shown.loc[shown["source"] == LOG, "says"].item()
    assert "7 reports" not in " ".join(public.told[0].lines)


def test_open_incidents_with_a_closed_consultation_are_protected_in_the_one_and_whole_in_the_other(
    tmp_path,
) -> None:
    log = log_of()
    log.attrs["hotspot"]["sources"][0]["open"] = True
    review = review_of(order=small_order(prohibitions=ONE), log=log, areas=None, code=None,
                       consultation=evidence()["consultation"].assign(prohibition=""))  # fmt: skip
    pack = write_review(tmp_path / "pack", review, release="public", when=WHEN)
    years = pd.read_csv(pack / "tables/reports-by-year.csv", encoding="utf-8-sig")
    assert years["Reports"].sum() > 100
    answers = pd.read_csv(pack / "tables/answers-to-the-consultation.csv", encoding="utf-8-sig")
    assert "1 to 4" in answers.to_csv()
    assert "OFFICIAL" not in everything(pack)
