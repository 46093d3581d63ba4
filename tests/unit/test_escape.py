"""Text from data is harmless wherever a page may put it."""

import html
import json
import math

import jinja2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspot.publish.escape import MISSING, escape, json_for_script, plain

DANGEROUS = set("<>\"'`$\\{}")
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@given(ANY_TEXT)
def test_no_character_that_any_context_reads_is_left(text):
    safe = escape(text)
    assert not DANGEROUS & set(safe)
    assert all(piece.startswith("#") for piece in safe.split("&")[1:])


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=150))
def test_what_a_browser_shows_is_the_text(text):
    assert html.unescape(escape(text)) == text


@given(ANY_TEXT)
def test_nothing_hides_or_turns_the_text(text):
    forbidden = {
        *range(0x20),
        *range(0x7F, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    }
    assert not forbidden & {ord(character) for character in plain(text)}
    plain(text).encode("utf-8")


@given(ANY_TEXT)
def test_a_python_template_renders_it_as_it_is(text):
    safe = escape(text)
    assert jinja2.Template(safe, keep_trailing_newline=True).render() == safe


def test_the_entities_are_numeric():
    assert escape("&<>\"'`$\\{}") == "&#38;&#60;&#62;&#34;&#39;&#96;&#36;&#92;&#123;&#125;"


def test_a_long_field_is_cut_before_escaping():
    assert escape("<" * 10_000_000) == "&#60;" * 199 + "…"
    assert plain("abcdef", limit=4) == "abc…"
    assert plain("abcd", limit=4) == "abcd"
    assert len(plain("x" * 1000, limit=None)) == 1000


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, pd.NA, pd.NaT, np.float64("nan")])
def test_missing_values_say_so(value):
    assert escape(value) == MISSING


def test_line_breaks_become_spaces_and_nul_is_shown():
    assert plain("a\nb\tc\u2028d\x00e\u202ef") == "a b c d\ufffde\ufffdf"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_comes_back_the_same_and_leaves_the_script_alone(value):
    text = json_for_script(value)
    assert json.loads(text) == value
    assert text.isascii()
    assert not set("<>&'`$") & set(text)
    assert not any(opening in text for opening in ("{{", "{%", "{#"))


def test_json_has_no_nan():
    assert (
        json_for_script([math.nan, math.inf, -math.inf, pd.NA, pd.NaT, None])
        == "[null,null,null,null,null,null]"
    )
    assert json_for_script({"a": np.array([1.5, np.nan])}) == '{"a":[1.5,null]}'
    assert json_for_script(np.int64(3)) == "3"
    assert json_for_script(pd.Timestamp("2024-02-03")) == '"2024-02-03T00:00:00"'


def test_json_refuses_what_it_cannot_say():
    with pytest.raises(TypeError, match="set"):
        json_for_script({1, 2})
