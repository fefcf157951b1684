"""Sections of a panel that are lists of sentences: what changed, and what would help."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..by_account import ByAccount
from ..page_words import sentence

__all__ = ["LinesOf", "change_lines", "titled"]

_MOST = 8
_MEASURES = ("p_churn", "chs", "cmi", "cell")


class LinesOf:
    """Sentences by account.

    Parameters
    ----------
    listed : Series of str
        Account ids in the order of the list.
    told : DataFrame
        ``account_id``, ``rank`` and ``text``; may be empty and without columns.
    """

    def __init__(self, listed: pd.Series, told: pd.DataFrame) -> None:
        rows = told.reindex(columns=["account_id", "rank", "text"])
        self._rows = ByAccount(listed, rows["account_id"], rank=rows["rank"].to_numpy(dtype=float))
        self._texts = rows["text"].iloc[self._rows.order].tolist()

    def of(self, place: int) -> list[str]:
        """Return those of the account at a place of the list, in their order."""
        return [sentence(text) for text in self._texts[self._rows.of(place)][:_MOST]]


def change_lines(changes: pd.DataFrame) -> pd.DataFrame:
    """Return changes so that each measure's move stands before its parts.

    Parameters
    ----------
    changes : DataFrame
        ``CHANGES`` of one date; may be empty.

    Returns
    -------
    DataFrame
        With a ``rank`` over all measures.

    Examples
    --------
    >>> moved = {"account_id": ["a", "a"], "measure": ["chs", "p_churn"], "rank": [0, 1]}
    >>> change_lines(pd.DataFrame(moved | {"text": ["x", "y"]}))["rank"].tolist()
    [1000, 1]
    """
    if changes.empty:
        return changes
    order = {measure: 1000 * place for place, measure in enumerate(_MEASURES)}
    shown = changes[changes["measure"].isin(_MEASURES)]
    return shown.assign(rank=shown["rank"].astype(int) + shown["measure"].map(order))


def titled(
    title: str,
    charts: Sequence[dict[str, Any]] = (),
    facts: Sequence[Sequence[str]] = (),
    lines: Sequence[str] = (),
) -> dict[str, Any]:
    """Return one section of a panel.

    Parameters
    ----------
    title : str
    charts : sequence of dict
    facts : sequence of (str, str)
    lines : sequence of str

    Returns
    -------
    dict
    """
    pairs = [list(pair) for pair in facts]
    return {"title": title, "charts": list(charts), "facts": pairs, "lines": list(lines)}
