"""The headline estimate: its arithmetic, its two rules, what it refuses, and that no effect stays none."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from hotspot.errors import InputError
from hotspot.statistics.effect import (
    BY_MONTHS,
    BY_PAIRS,
    LEAST_OTHERS,
    NO_AREAS,
    SMALL_AREAS,
    TOO_FEW,
    Effect,
    ratio_of_rate_ratios,
)
from hotspot.statistics.effect_variance import (
    between_variance,
    inflation,
    lag_one,
    own_lag,
    share_months,
    standard_error,
)

YEAR = np.arange(24) >= 12


def same(first: Effect, second: Effect) -> bool:
    return all(
        a == b or (isinstance(a, float) and a == pytest.approx(b, rel=1e-9, nan_ok=True))
        for a, b in zip(asdict(first).values(), asdict(second).values(), strict=True)
    )


def test_a_hand_worked_example_of_two_areas() -> None:
    # Two months each. Inside 30 and 20 before, 18 and 12 during; comparison 60, 50 and 55, 55.
    during = np.array([False, False, True, True])
    found = ratio_of_rate_ratios([30, 20, 18, 12], [60, 50, 55, 55], during)
    assert found.ratio == pytest.approx((30 / 50) / (110 / 110))
    # Before: the inside has 50 of 160, so 28.125 and 21.875 are expected of totals 90 and 70, with a binomial
    # variance of expected x 110 / 160; during 30 of 140, of totals 73 and 67.
    before = 1.875**2 / (28.125 * 110 / 160) + 1.875**2 / (21.875 * 110 / 160)
    share = 30 / 140
    off = 18 - 73 * share
    after = off**2 / (73 * share * (1 - share)) + off**2 / (67 * share * (1 - share))
    assert float(share_months([30, 20, 18, 12], [60, 50, 55, 55], during).dispersion[0]) == pytest.approx(
        (before + after) / 2
    )
    # That is under 1, so 1 is taken. Two residuals about their mean always have products over squares of -1/2,
    # the least that can be: lag 0, drawn to 0.3 with 14 months' weight against 2.
    assert found.monthly_dispersion == 1.0
    assert found.lag_one == pytest.approx(0.3 * 14 / 16)
    # A total of two months that correlate by r varies as 2 (1 + r), their mean square about it as 1 - r.
    factor = (1 + found.lag_one) / (1 - found.lag_one)
    assert found.dispersion == pytest.approx(factor, rel=1e-3)
    assert found.log_error == pytest.approx((factor * (1 / 50 + 1 / 30 + 1 / 110 + 1 / 110)) ** 0.5, rel=1e-3)
    assert found.df == pytest.approx(2 / factor**0.5, rel=1e-3)
    reach = student.ppf(0.975, found.df) * found.log_error
    assert (found.low, found.high) == pytest.approx((0.6 * np.exp(-reach), 0.6 * np.exp(reach)), rel=1e-3)
    assert (found.inside_before, found.inside_during, found.other_before, found.other_during) == (
        50,
        30,
        110,
        110,
    )
    assert (found.controlled, found.heading, found.method, found.caution) == (True, "", BY_MONTHS, NO_AREAS)


def test_a_fall_that_all_share_gives_a_ratio_of_one() -> None:
    inside, other = np.repeat([10, 6], 12), np.repeat([50, 30], 12)
    found = ratio_of_rate_ratios(inside, other, YEAR)
    assert found.ratio == pytest.approx(1.0)
    assert found.p == pytest.approx(1.0)
    alone = ratio_of_rate_ratios(inside, None, YEAR)
    assert alone.ratio == pytest.approx(0.6)
    assert alone.high < 1.0
    assert (alone.controlled, alone.heading, alone.method) == (False, "not controlled", BY_PAIRS)
    assert (alone.other_before, alone.other_during) == (-1, -1)


def test_the_parts_of_the_rule_with_other_areas() -> None:
    rng = np.random.default_rng(3)
    drift = np.exp(rng.normal(0, 0.3, 12))
    table = rng.poisson(np.where(YEAR, 12 * drift[:, None], 12))
    inside, other = np.repeat([12, 10], 12), rng.poisson(100, 24)
    found = ratio_of_rate_ratios(inside, other, YEAR, others=table)
    before, after = table[:, :12].sum(axis=1), table[:, 12:].sum(axis=1)
    areas = share_months(table, other, YEAR)
    lag = lag_one(areas.products.sum(), areas.squares.sum(), (12, 12))
    total = max(1.0, areas.dispersion.mean()) * inflation(lag, (12, 12))
    spread = between_variance(np.log(after / before), total * (1 / before + 1 / after))
    shares = 1 + 1 / (other[:12].sum() / np.median(before))
    assert spread > 0.02
    assert found.areas_used == 12
    assert found.area_sd == pytest.approx(spread**0.5)
    assert found.between_sd == pytest.approx((spread * shares) ** 0.5)
    assert found.dispersion == pytest.approx(total)
    cells = [144, 120, other[:12].sum(), other[12:].sum()]
    assert found.log_error == pytest.approx(
        float(standard_error(cells, dispersion=total, between_variance=spread * shares))
    )
    assert 5 < found.df < 30
    assert found.log_error > ratio_of_rate_ratios(inside, other, YEAR).log_error


def test_a_repeat_caller_keeps_the_insides_own_dispersion() -> None:
    rng = np.random.default_rng(4)
    table, other = rng.poisson(12, (20, 24)), rng.poisson(200, 24)
    steady = np.tile([11, 13], 12)
    caller = steady.copy()
    caller[[2, 9, 14, 20]] += 30
    plain = ratio_of_rate_ratios(steady, other, YEAR, others=table)
    called = ratio_of_rate_ratios(caller, other, YEAR, others=table)
    assert plain.monthly_dispersion < 1.5
    assert called.monthly_dispersion == pytest.approx(float(share_months(caller, other, YEAR).dispersion[0]))
    assert called.monthly_dispersion > 5
    assert called.lag_one >= plain.lag_one


@pytest.mark.parametrize("word", ["inside", "other"])
def test_too_few_to_compare(word: str) -> None:
    nine = np.zeros(24, dtype=int)
    nine[[1, 5, 13, 14]] = [5, 5, 5, 4]
    many = np.full(24, 10)
    found = ratio_of_rate_ratios(*((nine, many) if word == "inside" else (many, nine)), YEAR)
    assert found.reason == TOO_FEW == "too few to compare"
    assert np.isnan([found.ratio, found.low, found.high, found.p, found.poisson_low]).all()
    assert {found.inside_before, found.other_before} == {10, 120}
    nine[14] = 5
    ten = ratio_of_rate_ratios(*((nine, many) if word == "inside" else (many, nine)), YEAR)
    assert ten.reason == ""
    assert np.isfinite([ten.ratio, ten.low, ten.high, ten.p]).all()


def test_few_or_empty_other_areas_fall_back_to_the_months() -> None:
    rng = np.random.default_rng(5)
    inside, other = rng.poisson(8, 24), rng.poisson(80, 24)
    alone = ratio_of_rate_ratios(inside, other, YEAR)
    table = np.concatenate([rng.poisson(8, (LEAST_OTHERS - 1, 24)), np.zeros((5, 24), dtype=int)])
    assert same(ratio_of_rate_ratios(inside, other, YEAR, others=table), alone)
    enough = np.concatenate([table, rng.poisson(8, (1, 24))])
    assert ratio_of_rate_ratios(inside, other, YEAR, others=enough).areas_used == LEAST_OTHERS


def test_small_other_areas_are_said_to_be_small() -> None:
    rng = np.random.default_rng(6)
    inside, other, table = rng.poisson(60, 24), rng.poisson(300, 24), rng.poisson(5, (20, 24))
    assert ratio_of_rate_ratios(inside, other, YEAR, others=table).caution == SMALL_AREAS
    assert ratio_of_rate_ratios(inside, other, YEAR, others=table * 6).caution == ""


def test_the_poisson_interval_is_the_narrowest() -> None:
    rng = np.random.default_rng(7)
    for mean in (1, 3, 20):
        for _ in range(40):
            inside, other = rng.poisson(mean, 24), rng.poisson(3 * mean, 24)
            for found in (
                ratio_of_rate_ratios(inside, other, YEAR),
                ratio_of_rate_ratios(inside, other, YEAR, others=rng.poisson(mean, (10, 24))),
                ratio_of_rate_ratios(inside, None, YEAR),
            ):
                if found.reason:
                    continue
                assert found.low <= found.poisson_low < found.ratio < found.poisson_high <= found.high
                assert (found.p < 0.05) == (not found.low <= 1.0 <= found.high)


def test_neither_the_order_of_areas_nor_the_side_matters() -> None:
    rng = np.random.default_rng(8)
    inside, other, table = rng.poisson(9, 24), rng.poisson(9, 24), rng.poisson(9, (15, 24))
    found = ratio_of_rate_ratios(inside, other, YEAR, others=table)
    assert same(found, ratio_of_rate_ratios(inside, other, YEAR, others=table[::-1]))
    turned = ratio_of_rate_ratios(other, inside, YEAR)
    plain = ratio_of_rate_ratios(inside, other, YEAR)
    assert (turned.low, turned.high) == pytest.approx((1 / plain.high, 1 / plain.low))
    back = ratio_of_rate_ratios(inside, other, ~YEAR)
    assert (back.low, back.high) == pytest.approx((1 / plain.high, 1 / plain.low))


def test_lag_one_undoes_the_means_that_were_taken_out() -> None:
    rng = np.random.default_rng(9)
    for truth in (0.0, 0.3, 0.6):
        series = rng.standard_normal((20_000, 12))
        for month in range(1, 12):
            series[:, month] = truth * series[:, month - 1] + (1 - truth**2) ** 0.5 * series[:, month]
        off = series - series.mean(axis=1, keepdims=True)
        found = lag_one((off[:, 1:] * off[:, :-1]).sum(), (off**2).sum(), (12,))
        assert found == pytest.approx(truth, abs=0.02)
        seen = series.sum(axis=1).var() / (12 * (off**2).sum() / 20_000 / 11)
        assert inflation(truth, (12,)) == pytest.approx(seen, rel=0.05)


def test_one_series_is_drawn_to_the_usual_lag() -> None:
    months = share_months([9, 2, 8, 1, 9, 2, 7, 3], [20] * 8, np.arange(8) >= 4)
    assert own_lag(months) == pytest.approx(0.3 * 14 / (6 + 14))


def test_between_variance_of_equal_variances_is_the_plain_one() -> None:
    values = np.array([0.1, -0.4, 0.5, 0.2, -0.1])
    assert between_variance(values, np.full(5, 0.01)) == pytest.approx(values.var(ddof=1) - 0.01)
    assert between_variance(values, np.full(5, 1.0)) == 0.0
    assert between_variance([0.3], [0.1]) == 0.0


def test_ordinary_drift_is_rarely_called_a_change() -> None:
    # Areas that change by a factor of their own (sd 0.25): the months alone cannot see it, the other areas can.
    rng = np.random.default_rng(10)
    with_areas = without = poisson = 0
    for _ in range(200):
        table = rng.poisson(np.where(YEAR, np.exp(rng.normal(0, 0.25, 21))[:, None], 1.0) * 20)
        other = rng.poisson(np.where(YEAR, 300, 500))
        inside, others = rng.binomial(table[0], 0.9), table[1:]
        found = ratio_of_rate_ratios(inside, other, YEAR, others=others)
        shift = np.log(found.ratio * 300 / 500)
        # The comparison fell by 40 % and the areas did not: what is asked is whether the ratio differs from that.
        with_areas += abs(shift) > student.ppf(0.975, found.df) * found.log_error
        alone = ratio_of_rate_ratios(inside, other, YEAR)
        without += abs(shift) > student.ppf(0.975, alone.df) * alone.log_error
        poisson += not found.poisson_low * 0.6 <= 1.0 <= found.poisson_high * 0.6
    assert with_areas <= 20
    assert without > 2 * with_areas
    assert poisson > 60


def test_real_areas_without_an_order(real_data: Path) -> None:
    # Every Sandwell MSOA in turn against the rest, July 2023 to June 2024 and the next 12 months, Septembers out.
    rows = pd.read_csv(real_data / "sandwell_lsoa21_month_counts_2023-07_2026-03.csv")
    rows = rows[rows["Crime type"] == "Anti-social behaviour"]
    table = rows.pivot_table(
        index=rows["LSOA21NM"].str[:-1], columns="Month", values="crime_count", aggfunc="sum", fill_value=0
    )
    months = [name for name in table.columns if name < "2025-07" and not name.endswith("-09")]
    assert len(months) == 22
    counts, during = table[months].to_numpy(), np.arange(22) >= 11
    before = counts[:, ~during].sum(axis=1)
    counts = counts[before >= 20]
    whole = table[months].to_numpy().sum(axis=0)
    found = [
        ratio_of_rate_ratios(row, whole - row, during, others=np.delete(counts, number, axis=0))
        for number, row in enumerate(counts)
    ]
    share = np.mean([effect.p < 0.05 for effect in found])
    poisson = np.mean([not effect.poisson_low <= 1 <= effect.poisson_high for effect in found])
    assert len(found) == 37
    assert share <= 0.05 + 2 * (0.05 * 0.95 / 37) ** 0.5
    assert poisson > 0.2


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (([1, 2, 3], [4, 5, 6], [False, True]), {}, "during has 2 values and inside 3"),
        (([1, 2, 3, 4], [4, 5, 6], [False] * 2 + [True] * 2), {}, "other has the shape"),
        (([1, 2, 3, 4], [4, 5, -6, 1], [False] * 2 + [True] * 2), {}, "1 of the counts of other"),
        (([1, 2, np.nan, 4], [4, 5, 6, 1], [False] * 2 + [True] * 2), {}, "1 of the counts of inside"),
        (([1, 2, 3, 4], [4, 5, 6, 1], [0, 0, 1, 1]), {}, "True or False a month"),
        (([1, 2, 3, 4], [4, 5, 6, 1], [False] * 3 + [True]), {}, "3 and 1 months; dispersion"),
        (([1, 2, 3, 4, 5], None, [False] * 3 + [True] * 2), {}, "season cancels only"),
        (([1, 2, 3, 4], None, [False] * 2 + [True] * 2), {"others": [[1, 2, 3, 4]]}, "without other"),
        (([1, 2, 3, 4], [4, 5, 6, 1], [False] * 2 + [True] * 2), {"level": 95}, "level=95"),
        (
            ([1, 2, 3, 4], [4, 5, 6, 1], [False] * 2 + [True] * 2),
            {"others": [[1, 2]]},
            "others has the shape",
        ),
    ],
)
def test_what_is_refused(
    given: tuple[object, object, object], options: dict[str, object], message: str
) -> None:
    inside, other, during = given
    with pytest.raises(InputError, match=message):
        ratio_of_rate_ratios(inside, other, np.array(during), **options)  # type: ignore[arg-type]
