"""Each different text has one number, in the order of first sight."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.arrays import text_codes as module
from churngrid.features.arrays.text_codes import Encoder
from churngrid.features.errors import SchemaError

TEXTS = st.one_of(
    st.none(),
    st.text(max_size=40),
    # Many that agree at both ends, and many of the same few letters.
    st.builds("0123abcd{}wxyz4567".format, st.text("ab\0", max_size=20)),
    st.text("\0a", max_size=9),
)


def numbered(chunks):
    """What a dictionary gives."""
    known: dict[str, int] = {}
    codes = [
        [-1 if text is None else known.setdefault(text, len(known)) for text in chunk]
        for chunk in chunks
    ]
    return codes, list(known)


@given(st.lists(st.lists(TEXTS, max_size=60), max_size=4))
def test_texts_are_numbered_as_they_are_first_seen(chunks):
    encoder = Encoder()
    codes = [encoder.encode(pa.array(chunk, pa.string())).tolist() for chunk in chunks]
    assert (codes, encoder.names.to_pylist()) == numbered(chunks)


@pytest.mark.parametrize("form", ["{}", "user-{:08}", "{:036}", "begin-of-it-{}-end-of-it-all"])
def test_many_texts_find_room(form):
    texts = [form.format(number) for number in range(30_000)]
    encoder = Encoder()
    for part in (texts[:20_000], texts):
        assert np.array_equal(encoder.encode(pa.array(part)), np.arange(len(part)))
    assert encoder.names.to_pylist() == texts
    assert np.array_equal(encoder.encode(pa.array(texts[::-7])), np.arange(len(texts))[::-7])


def test_long_texts_find_room():
    texts = [f"{number}" * 3_000 for number in range(100)]
    encoder = Encoder()
    assert encoder.encode(pa.array(texts)).tolist() == list(range(100))
    assert encoder.names.to_pylist() == texts


def test_a_part_of_an_array_is_numbered_by_itself():
    encoder = Encoder()
    assert encoder.encode(pa.array(["a", "b", None, "c", "b"]).slice(1, 3)).tolist() == [0, -1, 1]
    assert encoder.names.to_pylist() == ["b", "c"]


def test_no_texts_have_no_numbers():
    encoder = Encoder()
    for empty in (pa.array([], pa.string()), pa.nulls(0, pa.string()), pa.array(["a"]).slice(1)):
        assert encoder.encode(empty).tolist() == []
    assert encoder.encode(pa.nulls(2, pa.string())).tolist() == [-1, -1]
    assert encoder.names.to_pylist() == []


def test_names_stay_as_they_were_when_more_are_learned():
    encoder = Encoder()
    encoder.encode(pa.array(["a", "b"]))
    before = encoder.names
    encoder.encode(pa.array(["c"]))
    assert before.to_pylist() == ["a", "b"]


def test_more_than_arrow_can_hold_is_refused(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST", 5)
    encoder = Encoder()
    encoder.encode(pa.array(["abc", "def"]))
    with pytest.raises(
        SchemaError, match=r"has 2 different texts with 6 bytes together, and 5 can be kept"
    ):
        _ = encoder.names
