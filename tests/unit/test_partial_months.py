"""Months with implausibly few rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import hotspot as hs
from hotspot.intake.partial_months import flag_partial, partial_months


def found(*rows: int | None) -> list[bool]:
    months = [str(month) for month in pd.period_range("2025-01", periods=len(rows), freq="M")]
    return partial_months(pd.Series(rows, index=months, dtype="Int64")).tolist()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # 59 of a median of 100 is under 0.6, 60 is not; P(X <= 59 | 100) is about 1e-5.
        ((100, 100, 100, 59), [3]),
        ((100, 100, 100, 60), []),
        # A source of few rows: P(X <= 2 | 5) = 0.125.
        ((5, 5, 5, 2), []),
        ((5, 5, 5, 0), []),
        # P(X = 0 | 7) = exp(-7) = 0.0009.
        ((7, 7, 7, 0), [3]),
        # Two months before are too few to judge.
        ((100, 100, 10), []),
        # A hole in the middle is found; a lasting fall is a change of level, seen only while it is the last month.
        ((100, 100, 100, 10, 100, 100), [3]),
        ((100, 100, 100, 10, 10, 10), []),
        ((100, 100, 100, 10), [3]),
        # Months without a file are passed over, before and after.
        ((100, None, 100, 100, None, 30), [5]),
        # A partial month does not lower what the next is measured by.
        ((100, 100, 100, 20, 100, 100, 55), [3, 6]),
    ],
)
def test_the_rule(rows: tuple[int | None, ...], expected: list[int]) -> None:
    assert [at for at, flag in enumerate(found(*rows)) if flag] == expected


def test_coverage_is_marked_by_source_and_keeps_missing_months() -> None:
    months = ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05"]
    coverage = pd.DataFrame(
        {
            "source": ["A"] * 5 + ["B"] * 5,
            "month": months * 2,
            "rows": pd.array([100, 100, 100, None, 10, 10, 10, 10, 10, 10], dtype="Int64"),
            "status": ["present", "present", "present", "missing", "present"] + ["present"] * 5,
        }
    )
    marked = flag_partial(coverage)
    assert marked["status"].tolist()[:5] == ["present", "present", "present", "missing", "partial?"]
    assert set(marked["status"][5:]) == {"present"}
    assert "partial?" not in set(coverage["status"])
    assert flag_partial(coverage.iloc[:0]).empty
    pd.testing.assert_frame_equal(flag_partial(coverage.iloc[::-1]).sort_index(), marked)


@pytest.mark.parametrize("folder", ["barking_and_dagenham", "cleveland"])
def test_whole_real_months_are_not_flagged_and_half_a_month_is(real_data: Path, folder: str) -> None:
    coverage = hs.read_police_uk(real_data / "police_uk" / folder).coverage
    rows = coverage["rows"]
    assert not partial_months(rows).any()
    cut = rows.copy()
    cut.iloc[-1] = int(cut.iloc[-1]) // 2
    assert partial_months(cut).to_numpy().nonzero()[0].tolist() == [len(rows) - 1]
