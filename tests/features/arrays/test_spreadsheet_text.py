"""Texts that a spreadsheet would run begin with an apostrophe; all others stay as they are."""

import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.arrays.spreadsheet_text import defused, defused_texts

RUN = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r",
    "\n",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
]
HIDDEN = [
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\u3000\uff1d1",
    "\x00=1",
    " \n @a",
    "\u00ad-1",
]
PLAIN = ["", " ", "a", "1=1", "'=1", "a\n=1", "O'Neil & Co", "\u2019=1", "\u00e9+", "(=1)"]


@pytest.mark.parametrize("text", RUN + HIDDEN)
def test_what_begins_like_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_other_text_is_left_alone(text):
    assert defused(text) == text


def test_no_blank_or_control_character_hides_a_formula():
    kinds = {"Zs", "Zl", "Zp", "Cc"}
    blanks = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in kinds]
    assert [c for c in blanks if defused(f"{c}=1") == f"{c}=1"] == []


@given(st.lists(st.text(max_size=4) | st.sampled_from(RUN + HIDDEN + PLAIN), max_size=8))
def test_many_texts_are_defused_as_each_one_is(texts):
    found = defused_texts(pa.array([*texts, None], pa.string())).to_pylist()
    assert found == [*map(defused, texts), None]
