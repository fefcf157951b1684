"""Text columns as codes."""

import pyarrow as pa
import pytest

from churngrid.features.arrays.coded_text import CODED, coded, found_in, names_in, texts_of


def plain(*chunks):
    return pa.chunked_array(list(chunks), pa.string())


def behind_dictionaries(*chunks):
    """Each piece with a dictionary of its own, as a reader of Parquet gives them."""
    pieces = [pa.array(chunk, pa.string()).dictionary_encode().cast(CODED) for chunk in chunks]
    return pa.chunked_array(pieces, CODED)


def unused_names(*chunks):
    """Dictionaries that also hold a text no row has."""
    pieces = []
    for chunk in chunks:
        names = ["unused", *dict.fromkeys(text for text in chunk if text is not None)]
        codes = [None if text is None else names.index(text) for text in chunk]
        pieces.append(pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), names))
    return pa.chunked_array(pieces, CODED)


@pytest.fixture(params=[plain, behind_dictionaries, unused_names])
def column(request):
    return request.param


ROWS = ["b", None], [], ["a", "b"], [None, "c"]
FLAT = [text for chunk in ROWS for text in chunk]


def test_codes_lead_to_the_texts_in_every_piece(column):
    texts = texts_of(column(*ROWS))
    names = texts.names.to_pylist()
    assert [None if code < 0 else names[code] for code in texts.codes.tolist()] == FLAT
    assert len(set(names)) == len(names)


def test_a_column_without_rows_has_no_names(column):
    for empty in (column(), column([])):
        texts = texts_of(empty)
        assert texts.codes.tolist() == []
        assert found_in(empty, pa.array(["a"])).tolist() == []
        assert names_in(empty).to_pylist() == []
        assert coded(empty).to_pylist() == []


def test_texts_kept_as_codes_are_one_piece(column):
    kept = coded(column(*ROWS))
    assert (kept.type, kept.num_chunks, kept.to_pylist()) == (CODED, 1, FLAT)


def test_rows_are_found_by_name_and_empty_ones_never(column):
    found = found_in(column(*ROWS), pa.array(["b", "z", None]))
    assert found.tolist() == [True, False, False, True, False, False]


def test_names_to_find_may_come_in_pieces(column):
    names = pa.chunked_array([["b"], [], ["a"]])
    assert found_in(column(*ROWS), names).tolist() == [True, False, True, True, False, False]
    assert not found_in(column(*ROWS), pa.array([], pa.string())).any()


def test_names_are_those_that_rows_have(column):
    assert sorted(names_in(column(*ROWS)).to_pylist()) == ["a", "b", "c"]
    assert names_in(column([None, None])).to_pylist() == []


def test_rows_that_were_filtered_out_name_nothing(column):
    filtered = column(*ROWS).filter(pa.array([text == "c" for text in FLAT]))
    assert names_in(filtered).to_pylist() == ["c"]
