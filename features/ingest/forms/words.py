"""Words of other systems for what the contract calls by one name: shipped and set ones."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import RootModel

from ...arrays.plain_text import as_text, joined_text
from ...schema.yaml_file import load_yaml

__all__ = ["FLAGS", "Translated", "somebody", "spellings", "translated", "vocabulary"]

_FILE = Path(__file__).with_name("vocabulary.yaml")


class _Vocabulary(RootModel[dict[str, dict[str, list[str]]]]):
    """By table and column: words of the contract, and other words for each."""


@cache
def vocabulary() -> Mapping[str, Mapping[str, str]]:
    """Return the shipped words.

    Returns
    -------
    mapping of str to mapping of str to str
        By ``table.column``: the word of the contract for each plain word.

    Examples
    --------
    >>> vocabulary()["tickets.priority"]["p1"]
    'critical'
    """
    declared = load_yaml(_FILE, _Vocabulary).root
    return {
        column: {
            word: meaning
            for meaning, words in meanings.items()
            for word in _plain(pa.array([meaning, *words])).to_pylist()
        }
        for column, meanings in declared.items()
    }


FLAGS: Mapping[str, tuple[str, ...]] = {
    "true": ("true", "t", "yes", "y", "1", "1.0"),
    "false": ("false", "f", "no", "n", "0", "0.0"),
}
"""How truth values are written, in lower case."""


def spellings(values: Iterable[str]) -> frozenset[str]:
    """Return how values may be written in a source: in lower case, truth values in any form.

    Parameters
    ----------
    values : iterable of str

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> sorted(spellings(["Won"])), "1" in spellings(["true"]), "1" in spellings(["0"])
    (['won'], True, False)
    """
    lowered = [value.strip().lower() for value in values]
    return frozenset(one for value in lowered for one in FLAGS.get(value, (value,)))


_SEVERAL = frozenset({"people.roles"})
"""By ``table.column``: columns whose cells hold several words."""

_DIVIDED = re.compile(r"\s*[|,;]\s*")

NOBODY: Mapping[str, tuple[str, ...]] = {
    "accounts.csm_id": (
        *("", "-", "--", "n/a", "na", "n.a.", "#n/a", "none", "null", "nil", "nan", "tbd", "tba"),
        *("unknown", "nobody", "no one", "no owner", "no csm", "no csm assigned", "unassigned"),
        *("not assigned", "unowned", "vacant", "open", "pending", "to be assigned", "no manager"),
        *("to be determined", "to be defined", "house account", "house", "pooled", "(none)"),
        *("not applicable", "(unassigned)", "(blank)", "nicht zugewiesen", "kein", "keiner"),
        *(
            "niemand",
            "offen",
            "non attribu\u00e9",
            "non assign\u00e9",
            "sin asignar",
            "sin propietario",
        ),
    ),
}
"""By ``table.column``: what stands where a person would, and is none, in lower case."""


def somebody(column: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take away the words that stand where nobody is named.

    Parameters
    ----------
    column : str
        As ``table.column``.
    values : pyarrow.ChunkedArray of any type

    Returns
    -------
    pyarrow.ChunkedArray
        As they were for columns that name no persons.

    Examples
    --------
    >>> somebody("accounts.csm_id", pa.chunked_array([["Ann", "No owner", "-"]])).to_pylist()
    ['Ann', None, None]
    """
    if column not in NOBODY:
        return values
    text = as_text(values)[0]
    nobody = pc.is_in(_plain(text), value_set=_plain(pa.array(NOBODY[column])))
    return pc.if_else(pc.or_(nobody, pc.is_null(text)), None, text)


class Translated:
    """A column of words in those of the contract.

    Parameters
    ----------
    values : pyarrow.ChunkedArray
        Words that nobody declared stay as they are.
    unknown : bool
        Whether there are words, and none of them is known.
    """

    def __init__(self, values: pa.ChunkedArray, *, unknown: bool) -> None:
        self.values = values
        self.unknown = unknown


def translated(column: str, values: pa.ChunkedArray, own: Mapping[str, str]) -> Translated:
    """Put the words of a column into those of the contract.

    Parameters
    ----------
    column : str
        As ``table.column``.
    values : pyarrow.ChunkedArray of any type
    own : mapping of str to str
        What the settings say of the column; it wins over the shipped words.

    Returns
    -------
    Translated

    Examples
    --------
    >>> words = translated("tickets.priority", pa.chunked_array([["P1", "Sev-2", "odd"]]), {})
    >>> words.values.to_pylist(), words.unknown
    (['critical', 'high', 'odd'], False)
    """
    shipped = vocabulary().get(column, {})
    if not shipped and not own:
        return Translated(values, unknown=False)
    texts, unreadable = (joined_text if column in _SEVERAL else as_text)(values)
    if column in _SEVERAL and unreadable.any():
        return Translated(values, unknown=False)
    unique = pc.unique(texts)
    mine = dict(
        zip(_plain(pa.array(list(own), pa.string())).to_pylist(), own.values(), strict=True)
    )
    known = {**shipped, **mine}
    if column in _SEVERAL:
        words, unknown = _word_by_word(unique, known), False
    else:
        meant = _meant(unique, known)
        words = pc.coalesce(meant, unique)
        unknown = pc.any(unique.is_valid()).as_py() is True and meant.null_count == len(meant)
    where = pc.index_in(texts, value_set=unique)
    return Translated(pc.take(words, where), unknown=unknown)


def _meant(words: pa.Array, known: Mapping[str, str]) -> pa.Array:
    """Return the word of the contract for each word, null where nobody declared it."""
    place = pc.index_in(
        _plain(words), value_set=pa.array(list(known), pa.string()), skip_nulls=True
    )
    return pc.take(pa.array(list(known.values()), pa.string()), place)


def _word_by_word(texts: pa.Array, known: Mapping[str, str]) -> pa.Array:
    """Put each word of some lists into that of the contract; others stay as they are."""
    lists = [None if text is None else _DIVIDED.split(text) for text in texts.to_pylist()]
    words = pa.array([word for one in lists if one for word in one], pa.string())
    said = iter(pc.coalesce(_meant(words, known), words).to_pylist())
    joined = [None if one is None else "|".join(next(said) for _ in one) for one in lists]
    return pa.array(joined, pa.string())


def _plain(words: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return words as they are compared: lower case, one blank for whatever divides them."""
    lowered = pc.utf8_lower(pc.utf8_trim_whitespace(words))
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(lowered, r"[\s_\-]+", " "))
