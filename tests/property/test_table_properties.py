"""No cell of a written CSV is a formula, and what is written can be read back."""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

import hotspot as hs
from hotspot.publish.tables import GUARD, guard

FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NASTY = st.builds(
    lambda lead, sign, rest: lead + sign + rest,
    st.text(st.sampled_from(" \t\r\n\x00\x07\x0b\x1f\x7f\x85\x9f\xa0\u2028\u3000"), max_size=3),
    st.sampled_from(FORMULA),
    TEXT,
)


def parsed(text: str) -> list[str]:
    line = io.StringIO()
    csv.writer(line).writerow([text])
    return next(csv.reader(io.StringIO(line.getvalue())))


@given(st.one_of(TEXT, NASTY))
@example("\x00=1+1")
@example("\x7f=cmd|' /C calc'!A0")
@example("\ud800=1")
def test_no_cell_begins_as_a_formula(text: str) -> None:
    shown = parsed(guard(text))[0] if guard(text) else ""
    assert not shown.lstrip().startswith(FORMULA)
    assert not any(unicodedata.category(mark) in ("Cc", "Cs") for mark in shown)


@given(TEXT)
def test_guarding_loses_no_visible_character(text: str) -> None:
    clean = "".join(" " if unicodedata.category(mark) == "Cc" else mark for mark in text)
    assert guard(text) in (clean, GUARD + clean)


@given(st.integers(0, 10**9).map(str))
def test_a_short_whole_number_as_text_keeps_its_digits(text: str) -> None:
    # 12 digits and leading zeros are guarded, shorter numbers are left; both show the same digits.
    assert guard(text).removeprefix(GUARD) == text


@given(
    st.lists(
        st.tuples(
            TEXT,
            st.integers(-(2**62), 2**62),
            st.floats(allow_nan=False, allow_infinity=False),
            st.dates(
                min_value=pd.Timestamp("1970-01-01").date(), max_value=pd.Timestamp("2200-01-01").date()
            ),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_written_table_reads_back_equal(rows: list[tuple[str, int, float, object, bool]]) -> None:
    text, whole, real, day, flag = (list(part) for part in zip(*rows, strict=True))
    frame = pd.DataFrame(
        {
            "text": pd.Series(text, dtype=object),
            "whole": np.array(whole, dtype=np.int64),
            "real": np.array(real),
            "day": pd.to_datetime(pd.Series(day, dtype=object)),
            "flag": flag,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = hs.write_csv(frame, Path(folder) / "t.csv")
        raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    back = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["text"] for row in back] == [guard(value) for value in text]
    assert [int(row["whole"]) for row in back] == whole
    assert [float(row["real"]) for row in back] == real
    assert [row["day"] for row in back] == [str(value) for value in day]
    assert [row["flag"] for row in back] == ["yes" if value else "no" for value in flag]
    assert {row["Marking"] for row in back} == {"OFFICIAL-SENSITIVE"}
