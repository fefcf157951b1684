"""Text columns as codes: each different text once, and a whole number in each row.

Tables that grow with use keep their ids this way from the moment they are read, so that a text is
compared, checked and looked up once, however often it occurs.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .array_types import BoolArray, CodeArray
from .compiled import kernel
from .text_codes import Encoder

__all__ = ["CODED", "Texts", "coded", "coded_as", "found_in", "names_in", "recoded", "texts_of"]


CODED = pa.dictionary(pa.int32(), pa.string())
"""The Arrow type of a text column kept as codes."""


@dataclass(frozen=True, slots=True)
class Texts:
    """A text column as codes.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_rows,)
        Place of each row's text in ``names``; -1 where it is empty.
    names : pyarrow.Array of string
    """

    codes: CodeArray
    names: pa.Array


def texts_of(column: pa.ChunkedArray) -> Texts:
    """Return a text column as codes.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, or of string behind a dictionary

    Returns
    -------
    Texts

    Examples
    --------
    >>> texts = texts_of(pa.chunked_array([["b", None], ["b", "a"]]))
    >>> texts.codes.tolist(), texts.names.to_pylist()
    ([0, -1, 0, 1], ['b', 'a'])
    """
    if not column.num_chunks:
        return Texts(np.zeros(0, np.int32), pa.array([], pa.string()))
    if pa.types.is_dictionary(column.type):
        chunks = column.unify_dictionaries().chunks
        return Texts(_joined([_codes(chunk.indices) for chunk in chunks]), chunks[0].dictionary)
    encoder = Encoder(len(column))
    codes = _joined([encoder.encode(chunk) for chunk in column.chunks])
    return Texts(codes, encoder.names)


def _joined(parts: list[CodeArray]) -> CodeArray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _codes(indices: pa.Array) -> CodeArray:
    filled = pc.fill_null(indices, -1) if indices.null_count else indices
    return np.asarray(filled.to_numpy(), dtype=np.int32)


def coded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a text column kept as codes, as one piece.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, or of string behind a dictionary

    Returns
    -------
    pyarrow.ChunkedArray
        Of type ``CODED``.

    Examples
    --------
    >>> coded(pa.chunked_array([["b"], ["b"]])).chunk(0).indices.to_pylist()
    [0, 0]
    """
    if column.type == CODED and column.num_chunks == 1:
        return column
    texts = texts_of(column)
    return coded_as(texts.codes, texts.names)


def coded_as(codes: CodeArray, names: pa.Array) -> pa.ChunkedArray:
    """Put codes and names together to a column, as one piece.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_rows,)
        Places in ``names``; -1 where a row has no text.
    names : pyarrow.Array of string
        Null where a text counts as none.

    Returns
    -------
    pyarrow.ChunkedArray
        Of type ``CODED``.

    Examples
    --------
    >>> coded_as(np.array([1, 0, -1], np.int32), pa.array(["a", None])).to_pylist()
    [None, 'a', None]
    """
    if names.null_count:
        valid = np.asarray(names.is_valid())
        places = np.where(valid, np.cumsum(valid) - 1, -1)
        codes, names = recoded(codes, places.astype(np.int32)), names.drop_null()
    missing = codes < 0 if codes.min(initial=0) < 0 else None
    indices = pa.array(codes, mask=missing)
    # Codes lie inside the names by construction, which need not be looked at again.
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, names, safe=False)])


def found_in(column: pa.ChunkedArray, names: pa.Array | pa.ChunkedArray) -> BoolArray:
    """Return which rows' texts are among some names; an empty one is not.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, or of string behind a dictionary
    names : pyarrow.Array of string

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> found_in(pa.chunked_array([["a", None, "b"]]), pa.array(["b"])).tolist()
    [False, False, True]
    """
    texts = texts_of(column)
    whole = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    found = np.asarray(pc.is_in(texts.names, value_set=whole).to_numpy(zero_copy_only=False))
    if found.all():
        return texts.codes >= 0
    # Not by `take`, which would make all codes twice as wide first.
    return np.asarray(np.append(found, False)[texts.codes])


def names_in(column: pa.ChunkedArray) -> pa.Array:
    """Return the different texts of a column.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of string, or of string behind a dictionary

    Returns
    -------
    pyarrow.Array of string

    Examples
    --------
    >>> names_in(pa.chunked_array([["a", None, "a"]])).to_pylist()
    ['a']
    """
    texts = texts_of(column)
    return texts.names.filter(pa.array(_used(texts.codes, len(texts.names))))


def recoded(codes: CodeArray, places: CodeArray) -> CodeArray:
    """Return other codes for the same texts.

    Parameters
    ----------
    codes : ndarray of int32, shape (n_rows,)
        -1 where a row has no text.
    places : ndarray of int32
        The other code of each.

    Returns
    -------
    ndarray of int32, shape (n_rows,)
        -1 where a row has no text.

    Examples
    --------
    >>> recoded(np.array([1, -1, 0], np.int32), np.array([5, 7], np.int32)).tolist()
    [7, -1, 5]
    """
    return np.asarray(_looked_up(codes, np.append(places, np.int32(-1))))


@kernel
def _looked_up(codes: CodeArray, places: CodeArray) -> CodeArray:
    # NumPy would make all codes twice as wide first.
    out = np.empty(len(codes), np.int32)
    for i in range(len(codes)):
        out[i] = places[codes[i]]
    return out


@kernel
def _used(codes: CodeArray, n_names: int) -> BoolArray:
    used = np.zeros(n_names, np.bool_)
    for code in codes:
        if code >= 0:
            used[code] = True
    return used
