"""Small counts are hidden so that no total gives one back: against every table that agrees with what is shown."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from hotspot.errors import InputError
from hotspot.publish.suppression import TOTAL, Suppressed, interval_text, suppress_counts
from hotspot.statistics.solvable import narrowed


def possible(suppressed: Suppressed, most: int = 18) -> dict[tuple[str, str], set[int]]:
    """Return every value of every count, by trying all tables that agree with what is shown."""
    low, high = suppressed.low.astype(int), suppressed.high.fillna(most).astype(int)
    units = [name for name in low.index if name != TOTAL]
    parts = [name for name in low.columns if name != TOTAL] if len(low.columns) > 1 else list(low.columns)
    rows = []
    for unit in units:
        choices = product(*(range(low.loc[unit, p], high.loc[unit, p] + 1) for p in parts))
        if len(parts) > 1:
            rows.append([c for c in choices if low.loc[unit, TOTAL] <= sum(c) <= high.loc[unit, TOTAL]])
        else:
            rows.append(list(choices))
    seen: dict[tuple[str, str], set[int]] = {}
    for table in product(*rows):
        sums = np.sum(table, axis=0).tolist()
        if not all(low.loc[TOTAL, p] <= s <= high.loc[TOTAL, p] for p, s in zip(parts, sums, strict=True)):
            continue
        if len(parts) > 1 and not low.loc[TOTAL, TOTAL] <= sum(sums) <= high.loc[TOTAL, TOTAL]:
            continue
        for unit, row in zip(units, table, strict=True):
            for part, value in zip(parts, row, strict=True):
                seen.setdefault((unit, part), set()).add(value)
            if len(parts) > 1:
                seen.setdefault((unit, TOTAL), set()).add(sum(row))
        for part, value in zip(parts, sums, strict=True):
            seen.setdefault((TOTAL, part), set()).add(value)
        if len(parts) > 1:
            seen.setdefault((TOTAL, TOTAL), set()).add(sum(sums))
    return seen


def hidden_of(suppressed: Suppressed) -> list[tuple[str, str]]:
    return [
        (row, column)
        for row in suppressed.low.index
        for column in suppressed.low.columns
        if suppressed.of(row, column)[0] != suppressed.of(row, column)[1]
    ]


def table(rows: list[list[int]]) -> pd.DataFrame:
    width = len(rows[0])
    return pd.DataFrame(
        rows, index=[f"u{i}" for i in range(len(rows))], columns=[f"p{j}" for j in range(width)]
    )


@pytest.mark.parametrize(
    "rows",
    [
        [[12], [3], [0], [8]],
        [[9], [1]],
        [[11], [2], [2]],
        [[4], [4], [4]],
        [[1], [1], [13]],
        [[4, 0], [4, 9], [0, 3]],
        [[3, 4], [7, 9]],
        [[2, 0], [0, 1]],
        [[6, 5], [4, 5]],
    ],
)
def test_every_hidden_count_has_three_values_in_all_tables_that_agree(rows: list[list[int]]) -> None:
    suppressed = suppress_counts(table(rows))
    seen = possible(suppressed)
    assert hidden_of(suppressed)
    for name in hidden_of(suppressed):
        assert len(seen[name]) >= 3, (name, seen[name], suppressed.shown())
    for row, unit in zip(rows, suppressed.low.index, strict=False):
        for value, part in zip(row, suppressed.low.columns, strict=False):
            assert value in seen[unit, part]
            assert value == 0 or value >= 5 or (unit, part) in hidden_of(suppressed)


def test_without_complementary_hiding_the_oracle_finds_the_count() -> None:
    # 12 + ? + 0 + 8 = 23: the test above must be able to fail.
    low = pd.DataFrame({"n": [12, 1, 0, 8, 23]}, index=["a", "b", "c", "d", TOTAL])
    naive = Suppressed(low, low.assign(n=[12, 4, 0, 8, 23]), 5, False)
    assert possible(naive)["b", "n"] == {3}


def test_random_tables_leave_three_values_by_an_integer_program_written_apart() -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        counts = table(rng.negative_binomial(0.7, 0.2, (6, 4)).tolist())
        suppressed = suppress_counts(counts)
        names = {(r, c): f"{r} {c}" for r in suppressed.low.index for c in suppressed.low.columns}
        shown = {
            names[r, c]: (low, float("inf") if high is None else float(high))
            for r, c in names
            for low, high in [suppressed.of(r, c)]
        }
        units, parts = list(counts.index), list(counts.columns)
        sums = [(names[u, TOTAL], [names[u, p] for p in parts]) for u in [*units, TOTAL]]
        sums += [(names[TOTAL, p], [names[u, p] for u in units]) for p in [*parts, TOTAL]]
        after = narrowed(shown, sums)
        for name in hidden_of(suppressed):
            low, high = after[names[name]]
            assert high - low >= 2, (name, suppressed.shown())


def test_totals_of_ten_and_more_stay_exact() -> None:
    rng = np.random.default_rng(2)
    counts = table(rng.poisson(3, (8, 5)).tolist())
    suppressed = suppress_counts(counts)
    for part in counts.columns:
        total = int(counts[part].sum())
        assert total >= 10
        assert suppressed.of(TOTAL, part) == (total, total)
    assert suppressed.of(TOTAL, TOTAL) == (int(counts.to_numpy().sum()),) * 2


def test_totals_of_large_units_stay_exact_too() -> None:
    counts = table([[3, 8], [4, 9], [2, 30]])
    suppressed = suppress_counts(counts, large=True)
    assert [suppressed.of(u, TOTAL) for u in counts.index] == [(11, 11), (13, 13), (32, 32)]


def test_ten_cells_of_one_hide_their_zeros_too() -> None:
    # Ten counts of at least 1 that add up to 10 are each 1, unless some of them may be 0.
    suppressed = suppress_counts(pd.DataFrame({"n": [1] * 10 + [0] * 5}))
    assert suppressed.zeros_hidden
    assert suppressed.shown()["n"].tolist() == ["0 to 4"] * 15 + ["10"]


def test_three_fours_that_add_up_to_twelve_are_not_shown_at_all() -> None:
    # Counts of at most 4 that add up to 12 are each 4.
    shown = suppress_counts(pd.DataFrame({"n": [4, 4, 4]})).shown()["n"].tolist()
    assert shown == ["not shown"] * 3 + ["12"]


def test_a_small_total_among_large_ones_hides_the_least_of_them() -> None:
    # 40 - 25 - 11 = 4: with three exact totals the fourth is known.
    shown = suppress_counts(pd.DataFrame({"n": [25, 11, 4]}), large=True).shown()["n"].tolist()
    assert shown == ["25", "5 or more", "1 to 4", "40"]


def test_a_table_and_its_margins_alone_show_the_same_of_the_totals() -> None:
    # Else a total that one table hides to protect another could be read from the next table.
    rng = np.random.default_rng(11)
    for _ in range(4):
        counts = table(rng.negative_binomial(0.8, 0.2, (7, 3)).tolist())
        whole = suppress_counts(counts)
        units = suppress_counts(counts.sum(axis=1).to_frame("n"))
        parts = suppress_counts(counts.sum(axis=0).to_frame("n"), large=True)
        assert [whole.of(u, TOTAL) for u in counts.index] == [units.of(u, "n") for u in counts.index]
        assert [whole.of(TOTAL, p) for p in counts.columns] == [parts.of(p, "n") for p in counts.columns]


def test_the_parts_of_a_small_total_do_not_say_which_are_zero() -> None:
    # A total of 1 to 4 with four parts that are known not to be zero would be 4.
    suppressed = suppress_counts(table([[1, 1, 1, 1], [20, 20, 20, 20], [9, 0, 7, 8]]))
    assert suppressed.shown().loc["u0"].tolist()[-1] == "1 to 4"
    assert set(suppressed.shown().loc["u0"].tolist()[:-1]) == {"0 to 4"}


def test_zero_and_large_counts_are_shown_and_the_index_is_kept() -> None:
    counts = pd.DataFrame({"n": [0, 7, 3, 2, 2, 1]}, index=pd.Index(list("abcdef"), name="ward"))
    before = counts.copy()
    suppressed = suppress_counts(counts)
    assert suppressed.shown()["n"].tolist() == ["0", "7", *["1 to 4"] * 4, "15"]
    assert suppressed.exact()["n"].isna().tolist() == [False, False, True, True, True, True, False]
    assert suppressed.hidden() == 4
    pd.testing.assert_frame_equal(counts, before)


def test_a_threshold_of_ten_shows_one_to_nine() -> None:
    shown = suppress_counts(pd.DataFrame({"n": [9, 6, 4, 12]}), threshold=10).shown()["n"].tolist()
    assert shown == ["1 to 9", "1 to 9", "1 to 9", "12", "31"]


@pytest.mark.parametrize(
    ("counts", "threshold", "message"),
    [
        (pd.DataFrame({"n": [1.5]}), 5, "whole numbers"),
        (pd.DataFrame({"n": [-1]}), 5, "whole numbers"),
        (pd.DataFrame({"n": [np.nan]}), 5, "whole numbers"),
        (pd.DataFrame({"n": []}), 5, "whole numbers"),
        (pd.DataFrame({"n": [1]}), 3, "4 or more"),
        (pd.DataFrame({"n": [1]}), True, "4 or more"),
    ],
)
def test_what_cannot_be_protected_is_refused(counts: pd.DataFrame, threshold: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        suppress_counts(counts, threshold=threshold)


def test_intervals_in_words() -> None:
    assert [interval_text(0, 0), interval_text(1, 4), interval_text(5, None)] == ["0", "1 to 4", "5 or more"]
    assert interval_text(0, None) == "not shown"
