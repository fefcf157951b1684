"""Values that stand in another source table, reached in one step or several."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import as_text, to_mask, without
from ..errors import SchemaError
from ..schema.table_mapping import Hop, Lookup
from .raw_rows import Source
from .reshape.lines import newest_lines

__all__ = ["alike_of", "answers_of", "domains_of", "looked_up"]


_FREE_MAIL = (
    *("gmail.com", "googlemail.com", "yahoo.com", "hotmail.com", "outlook.com", "live.com"),
    *("icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "mail.com"),
)
"""Domains that say nothing of the company."""


def answers_of(source: Source, look: Lookup, key: str) -> tuple[pa.Table, ...]:
    """Return each key of every step of a lookup once, with its answer.

    Parameters
    ----------
    source : Source
    look : Lookup
    key : str
        Of the settings, as messages name it.

    Returns
    -------
    tuple of pyarrow.Table
        ``on`` and ``take`` as text, a table a step.

    Raises
    ------
    SchemaError
        If a key has two answers.
    """
    return tuple(_answers(source, hop, key) for hop in look.hops)


def looked_up(keys: pa.ChunkedArray, look: Lookup, answers: Sequence[pa.Table]) -> pa.ChunkedArray:
    """Return the answer for each key.

    Parameters
    ----------
    keys : pyarrow.ChunkedArray of any type, shape (n_rows,)
    look : Lookup
    answers : sequence of pyarrow.Table
        From ``answers_of``.

    Returns
    -------
    pyarrow.ChunkedArray of string, shape (n_rows,)
        Null where there is none.

    Examples
    --------
    >>> look = Lookup(table="t", on="x", take="y")
    >>> answers = [pa.table({"on": ["a"], "take": ["1"]})]
    >>> looked_up(pa.chunked_array([["a", "b"]]), look, answers).to_pylist()
    ['1', None]
    """
    values = as_text(keys)[0]
    for hop, table in zip(look.hops, answers, strict=True):
        asked = _as_met(values, hop)
        where = pc.index_in(asked, value_set=table["on"], skip_nulls=True)
        values = pc.take(table["take"], where)
    return values


def domains_of(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the domains of addresses of e-mail and of web sites.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of string

    Returns
    -------
    pyarrow.ChunkedArray of string
        Lower case, without ``www``; null for what is neither, and for providers of mail.

    Examples
    --------
    >>> sites = ["Ann@Ada.com", "https://www.ada.com/team", "ada", "bob@gmail.com"]
    >>> domains_of(pa.chunked_array([sites])).to_pylist()
    ['ada.com', 'ada.com', None, None]
    """
    lowered = pc.utf8_lower(pc.utf8_trim_whitespace(values))
    bare = pc.replace_substring_regex(lowered, r"^(?:.*@|[a-z]+://)", "")
    bare = pc.replace_substring_regex(bare, r"^www\.|[/:?#].*$", "")
    bare = pc.replace_substring_regex(bare, r"[/:?#].*$", "")
    like = to_mask(pc.match_substring_regex(bare, r"^[^\s.]+(?:\.[^\s.]+)+$"))
    free = to_mask(pc.is_in(bare, value_set=pa.array(_FREE_MAIL)))
    return without(bare, ~like | free)


def alike_of(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return keys without what a spreadsheet or another system may have done to them.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of string

    Returns
    -------
    pyarrow.ChunkedArray of string
        Lower case, without blanks around them; numbers without zeros in front and `.0` behind; of
        18 characters of Salesforce, whose last three only tell capitals, the first 15.

    Examples
    --------
    >>> keys = ["00017", "17.0", " AC-1", "0015g00000AbCdEAAZ", "0015g00000AbCdE"]
    >>> alike_of(pa.chunked_array([keys])).to_pylist()
    ['17', '17', 'ac-1', '0015g00000abcde', '0015g00000abcde']
    """
    bare = pc.utf8_trim_whitespace(values)
    bare = pc.replace_substring_regex(bare, r"^(\d+)\.0+$", r"\1")
    bare = pc.replace_substring_regex(bare, r"^0+(\d+)$", r"\1")
    bare = pc.replace_substring_regex(bare, r"^(00[0-9A-Za-z]{13})[A-Z0-5]{3}$", r"\1")
    return pc.utf8_lower(bare)


def _as_met(values: pa.ChunkedArray, hop: Hop) -> pa.ChunkedArray:
    if hop.by_domain:
        return domains_of(values)
    return alike_of(values) if hop.alike else values


def _answers(source: Source, hop: Hop, key: str) -> pa.Table:
    newest = [hop.newest_by] if hop.newest_by else []
    wanted = tuple(dict.fromkeys([hop.equals, hop.take, *newest, *hop.where]))
    other = source.read(hop.table, wanted).table
    for column, values in hop.where.items():
        text = pc.utf8_lower(as_text(other[column])[0])
        admitted = pa.array([value.lower() for value in values])
        other = other.filter(pa.array(to_mask(pc.is_in(text, value_set=admitted))))
    if hop.newest_by:
        other = other.filter(pa.array(newest_lines(other[hop.equals], other[hop.newest_by])))
    met = as_text(other[hop.equals])[0]
    met = _as_met(met, hop)
    answers = pa.table({"on": met, "take": as_text(other[hop.take])[0]})
    pairs = answers.group_by(["on", "take"]).aggregate([]).filter(pc.is_valid(pc.field("on")))
    if hop.earliest:
        least = pairs.group_by("on").aggregate([("take", "min")])
        return least.rename_columns({"take_min": "take"})
    counts = pc.value_counts(pairs["on"])
    twice = pc.struct_field(counts, "values").filter(
        pc.greater(pc.struct_field(counts, "counts"), 1)
    )
    if len(twice):
        raise SchemaError(
            f"Setting `tables.{key}`: {len(twice)} values of `{hop.equals}` have more than one "
            f"`{hop.take}` in {hop.table!r}, such as {twice[0].as_py()!r}. `earliest: true` takes "
            "the first of them."
        )
    return pairs
