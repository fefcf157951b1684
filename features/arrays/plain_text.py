"""Values of any Arrow type as plain text, and the masks that say where that was impossible."""

import hashlib
import uuid

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "Mask",
    "absent",
    "as_text",
    "displayed",
    "hashed",
    "is_binary",
    "joined_text",
    "nowhere",
    "pickable",
    "plain",
    "shortened",
    "to_mask",
    "without",
]


Mask = npt.NDArray[np.bool_]

_LARGEST_EXACT = 2.0**53
_LONGEST_SHOWN = 60


def as_text(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    """Write values as text: whole numbers without a decimal point, blank text as null.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    text : pyarrow.ChunkedArray of string
    unreadable : ndarray of bool, shape (n_rows,)
        Where a value has no text: lists, structures, broken UTF-8, inexact numbers.

    Examples
    --------
    >>> as_text(pa.chunked_array([[1.0, None]]))[0].to_pylist()
    ['1', None]
    """
    values = plain(values)
    text, unreadable = _written(values)
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    return without(text, to_mask(blank) | unreadable), unreadable


def displayed(values: pa.ChunkedArray) -> list[str | None]:
    """Write every value in a form that people can read, whatever its type.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    list of str or None
        None where a value is missing or blank.

    Examples
    --------
    >>> displayed(pa.chunked_array([[[1, 2], None]]))
    ['[1, 2]', None]
    """
    text, unreadable = as_text(values)
    shown: list[str | None] = text.to_pylist()
    raw = plain(values)
    raw = pc.cast(raw, pa.binary()) if pa.types.is_string(raw.type) else raw
    for place in np.flatnonzero(unreadable).tolist():
        shown[place] = _shown(raw.slice(place, 1).combine_chunks())
    return shown


def _shown(single: pa.Array) -> str:
    if is_binary(single.type):
        return bytes(single[0].as_py()).decode("utf-8", "backslashreplace")
    try:
        return str(single[0].as_py())
    except (ValueError, OverflowError):
        return str(single.to_string())


def plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Undo dictionaries, extension types and large variants.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type

    Returns
    -------
    pyarrow.ChunkedArray
        The same values in an ordinary type.

    Examples
    --------
    >>> str(plain(pa.chunked_array([pa.array(["a"]).dictionary_encode()])).type)
    'string'
    """
    values = pickable(values)
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return plain(_storage(values))
    if pa.types.is_dictionary(kind):
        return plain(pc.cast(values, kind.value_type))
    if pa.types.is_large_string(kind):
        return pc.cast(values, pa.string())
    return values


def pickable(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Undo the layouts of which Arrow cannot pick single rows: runs and views.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type

    Returns
    -------
    pyarrow.ChunkedArray
        The same values; the same object if nothing had to be undone.

    Examples
    --------
    >>> runs = pa.RunEndEncodedArray.from_arrays([2], pa.array(["a"]))
    >>> pickable(pa.chunked_array([runs])).to_pylist()
    ['a', 'a']
    """
    if pa.types.is_run_end_encoded(values.type):
        chunks = [pc.run_end_decode(chunk) for chunk in values.chunks]
        return pickable(pa.chunked_array(chunks, values.type.value_type))
    kind = _without_views(values.type)
    return values if kind == values.type else pc.cast(values, kind)


def _without_views(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_list(kind):
        return pa.list_(_without_views(kind.value_type))
    if pa.types.is_large_list(kind):
        return pa.large_list(_without_views(kind.value_type))
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return pa.struct([field.with_type(_without_views(field.type)) for field in fields])
    return kind


def _storage(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if values.type.extension_name == "arrow.uuid":
        chunk = pa.array([None if v is None else str(uuid.UUID(bytes=v)) for v in _raw(values)])
        return pa.chunked_array([chunk.cast(pa.string())])
    chunks = [chunk.storage for chunk in values.chunks]
    return pa.chunked_array(chunks, values.type.storage_type)


def _raw(values: pa.ChunkedArray) -> list[bytes | None]:
    return [item for chunk in values.chunks for item in chunk.storage.to_pylist()]


def _written(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    kind = values.type
    if pa.types.is_string(kind) or is_binary(kind):
        return _decoded(values)
    if pa.types.is_floating(kind):
        return _written_floats(pc.cast(values, pa.float64()))
    if pa.types.is_decimal(kind):
        text = pc.cast(values, pa.string())
        return pc.replace_substring_regex(text, r"\.0+$", ""), nowhere(values)
    if pa.types.is_timestamp(kind):
        return _written_times(values), nowhere(values)
    if pa.types.is_nested(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind):
        nothing = pa.chunked_array([pa.nulls(len(values), pa.string())])
        return nothing, to_mask(pc.is_valid(values))
    return pc.cast(values, pa.string()), nowhere(values)


def _written_floats(numbers: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    numbers = without(numbers, to_mask(pc.is_nan(numbers)))
    # Above this, neighbouring whole numbers are the same float, so that ids would be mixed up.
    inexact = to_mask(pc.greater_equal(pc.abs(numbers), _LARGEST_EXACT))
    numbers = without(numbers, inexact)
    whole = pc.equal(numbers, pc.floor(numbers))
    integers = pc.cast(pc.cast(pc.floor(numbers), pa.int64()), pa.string())
    return pc.if_else(whole, integers, pc.cast(numbers, pa.string())), inexact


def _written_times(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """In UTC, without the zeros that say nothing."""
    kind = values.type
    utc = pc.cast(values, pa.timestamp(kind.unit, "UTC")) if kind.tz else values
    text = pc.replace_substring_regex(pc.cast(utc, pa.string()), r"\.0+(Z?)$", r"\1")
    return pc.replace_substring_regex(text, r" 00:00:00$", "")


def _decoded(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    """Text whose bytes are valid UTF-8; a file may claim it and be wrong."""
    raw = values if is_binary(values.type) else pc.cast(values, pa.binary())
    try:
        return pc.cast(raw, pa.string()), nowhere(values)
    except pa.ArrowInvalid:
        texts = [_decode(item) for item in raw.to_pylist()]
        text = pa.chunked_array([pa.array(texts, pa.string())])
        return text, to_mask(pc.and_(pc.is_valid(raw), pc.is_null(text)))


def _decode(raw: bytes | None) -> str | None:
    try:
        return None if raw is None else raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def without(values: pa.ChunkedArray, missing: Mask) -> pa.ChunkedArray:
    """Replace the values by null where the mask is set.

    Parameters
    ----------
    values : pyarrow.ChunkedArray, shape (n_rows,)
    missing : ndarray of bool, shape (n_rows,)

    Returns
    -------
    pyarrow.ChunkedArray

    Examples
    --------
    >>> without(pa.chunked_array([["a", "b"]]), np.array([True, False])).to_pylist()
    [None, 'b']
    """
    if not missing.any():
        return values
    return pc.if_else(pa.array(~missing), values, pa.scalar(None, values.type))


def to_mask(values: pa.ChunkedArray | pa.Array) -> Mask:
    """Turn an Arrow condition into a NumPy mask; null is False.

    Parameters
    ----------
    values : pyarrow.ChunkedArray or pyarrow.Array of bool, shape (n_rows,)

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> to_mask(pa.array([True, None])).tolist()
    [True, False]
    """
    filled = pc.fill_null(values, False)
    if isinstance(filled, pa.ChunkedArray):
        return np.asarray(filled.to_numpy(), dtype=bool)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)


def absent(values: pa.ChunkedArray) -> Mask:
    """Return where nothing is.

    Parameters
    ----------
    values : pyarrow.ChunkedArray, shape (n_rows,)

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> absent(pa.chunked_array([["a", None]])).tolist()
    [False, True]
    """
    if values.null_count in (0, len(values)):
        return np.full(len(values), values.null_count > 0)
    return to_mask(pc.is_null(values))


def nowhere(values: pa.ChunkedArray) -> Mask:
    """Return a mask of the length of the values that is set nowhere."""
    return np.zeros(len(values), dtype=bool)


def is_binary(kind: pa.DataType) -> bool:
    """Say whether a type holds raw bytes."""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def hashed(text: str | None) -> str | None:
    """Return a name for a personal value that does not show it: 16 hexadecimal digits.

    Parameters
    ----------
    text : str or None

    Returns
    -------
    str or None
        Equal for equal text.

    Examples
    --------
    >>> hashed("ann@example.com")
    '71d4f55f72fa128d'
    """
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()[:16]


def shortened(text: str) -> str:
    """Cut a text to the length that fits into a message.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        At most 60 characters.

    Examples
    --------
    >>> shortened("a" * 100)[-5:]
    'aa...'
    """
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def joined_text(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    """Return cells of one text each, the parts of lists divided by ``|``.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    text : pyarrow.ChunkedArray of string, shape (n_rows,)
    unreadable : ndarray of bool, shape (n_rows,)
        As ``as_text`` gives them.

    Examples
    --------
    >>> joined_text(pa.chunked_array([[["admin", "champion"], []]]))[0].to_pylist()
    ['admin|champion', None]
    """
    if not _is_list(values.type):
        return as_text(values)
    chunks, faulty = [], []
    for chunk in values.chunks:
        items, unreadable = as_text(pa.chunked_array([chunk.flatten()]))
        parents = np.asarray(pc.list_parent_indices(chunk))
        texts = pd.Series(items.to_pylist(), index=parents, dtype=object).dropna()
        parts = texts.groupby(level=0).agg("|".join)
        chunks.append(
            pa.array(parts.reindex(range(len(chunk))).tolist(), pa.string(), from_pandas=True)
        )
        faulty.append(np.isin(np.arange(len(chunk)), parents[unreadable]))
    return pa.chunked_array(chunks, pa.string()), np.concatenate([np.zeros(0, bool), *faulty])


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )
