"""Values that stand in another source table, reached in one step or several."""

import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import as_text
from ..errors import SchemaError
from ..schema.settings import Hop, Lookup
from .raw_rows import Source

__all__ = ["answers_of", "looked_up"]


def answers_of(source: Source, look: Lookup, key: str) -> pa.Table:
    """Return each key of a lookup once, with its answer.

    Parameters
    ----------
    source : Source
    look : Lookup
    key : str
        Of the settings, as messages name it.

    Returns
    -------
    pyarrow.Table
        ``on`` and ``take`` as text; keys that lead nowhere have no answer.

    Raises
    ------
    SchemaError
        If a key has two answers.
    """
    first, *more = look.hops
    answers = _answers(source, first, key)
    for hop in more:
        further = looked_up(answers["take"], _answers(source, hop, key))
        answers = pa.table({"on": answers["on"], "take": further})
    return answers


def looked_up(keys: pa.ChunkedArray, answers: pa.Table) -> pa.ChunkedArray:
    """Return the answer for each key.

    Parameters
    ----------
    keys : pyarrow.ChunkedArray of any type, shape (n_rows,)
    answers : pyarrow.Table

    Returns
    -------
    pyarrow.ChunkedArray of string, shape (n_rows,)
        Null where there is none.

    Examples
    --------
    >>> answers = pa.table({"on": ["a"], "take": ["1"]})
    >>> looked_up(pa.chunked_array([["a", "b"]]), answers).to_pylist()
    ['1', None]
    """
    where = pc.index_in(as_text(keys)[0], value_set=answers["on"], skip_nulls=True)
    return pc.take(answers["take"], where)


def _answers(source: Source, hop: Hop, key: str) -> pa.Table:
    other = source.read(hop.table, tuple(dict.fromkeys([hop.equals, hop.take]))).table
    answers = pa.table({"on": as_text(other[hop.equals])[0], "take": as_text(other[hop.take])[0]})
    pairs = answers.group_by(["on", "take"]).aggregate([]).filter(pc.is_valid(pc.field("on")))
    counts = pc.value_counts(pairs["on"])
    twice = pc.struct_field(counts, "values").filter(
        pc.greater(pc.struct_field(counts, "counts"), 1)
    )
    if len(twice):
        raise SchemaError(
            f"Setting `tables.{key}`: {len(twice)} values of `{hop.equals}` have more than one "
            f"`{hop.take}` in {hop.table!r}, such as {twice[0].as_py()!r}."
        )
    return pairs
