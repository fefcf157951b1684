"""The coming points at which accounts can decide to leave, and until when they pay if they do."""

import numpy as np
import pandas as pd

from ..arrays.array_types import IntArray
from ..arrays.moments import DAY, NEVER, add_months, timestamps
from .terms import deadline_of, term_end_after

__all__ = ["decision_points"]

_CLIPPED = 4 * DAY
"""By less than this a deadline and its notice period miss the end: months differ in length."""


def decision_points(facts: pd.DataFrame, *, count: int) -> pd.DataFrame:
    """List the next points at which accounts can decide to leave, if they stay until then.

    Parameters
    ----------
    facts : DataFrame
        From ``Subscriptions.facts``; its index is kept as ``row``.
    count : int
        Points a row, at least 1.

    Returns
    -------
    DataFrame
        ``row``, ``number`` (1 for the next one), ``decision_at`` (UTC), ``ends_at`` (UTC; when a
        leaving decided there takes effect: the end of the term for a notice deadline, the point
        itself for others); sorted by row and number. Rows without a decision point are not listed.

    Examples
    --------
    >>> from churngrid.features.arrays.as_of_rows import Rows
    >>> from churngrid.features.schema.tableset import Tables
    >>> from churngrid.features.subscriptions.facts import subscriptions_of
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> facts = subscriptions_of(Tables({})).facts(Rows.of(pairs))
    >>> len(decision_points(facts, count=2))
    0
    """
    if count < 1:
        raise ValueError(f"`count` must be at least 1, got {count!r}.")
    some = facts[(facts["decision_us"] < NEVER).to_numpy()]
    ends = _first_ends(some)
    parts = [_point(some, ends, number) for number in range(1, count + 1)]
    listed = pd.concat(parts).sort_values(["row", "number"], ignore_index=True)
    return listed.assign(
        decision_at=timestamps(listed["at_us"].to_numpy(dtype=np.int64)),
        ends_at=timestamps(listed["ends_us"].to_numpy(dtype=np.int64)),
    )[["row", "number", "decision_at", "ends_at"]]


def _point(facts: pd.DataFrame, first: IntArray, number: int) -> pd.DataFrame:
    """Return the point of a number; after a break comes the term that it would have broken."""
    early = facts["decision_kind"].eq("break").to_numpy()
    steps = np.where(early, max(number - 2, 0), number - 1)
    written = np.where(early & (number > 1), _after_break(facts), first)
    ends = add_months(written, steps * facts["decision_months"].to_numpy())
    itself = facts["decision_us"].to_numpy()
    at = ends if number > 1 else itself
    refused = _by_notice(facts) | (early & facts["rolls"].to_numpy(dtype=bool))
    if number > 1:
        at = np.where(refused, deadline_of(facts, ends), ends)
    return pd.DataFrame({"row": facts.index, "number": number, "at_us": at, "ends_us": ends})


def _by_notice(facts: pd.DataFrame) -> np.ndarray:
    return facts["decision_kind"].eq("notice_deadline").to_numpy()


def _first_ends(facts: pd.DataFrame) -> IntArray:
    """Return the end of the term that a notice at the next deadline refuses."""
    at = facts["decision_us"].to_numpy()
    given = add_months(at, facts["notice_period_months"].to_numpy())
    given = given + facts["notice_period_us"].to_numpy()
    refused = term_end_after(facts, given - _CLIPPED)
    return np.where(_by_notice(facts), refused, at).astype(np.int64)


def _after_break(facts: pd.DataFrame) -> IntArray:
    """Return the first end of the term after its break, when the break was not used."""
    broken = facts["decision_us"].to_numpy()
    ends = facts["ends_us"].to_numpy()
    later = np.where(ends == NEVER, broken, ends)
    running = np.where(facts["rolls"].to_numpy(dtype=bool), term_end_after(facts, broken), later)
    return np.where(running == NEVER, broken, running).astype(np.int64)
