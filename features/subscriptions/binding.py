"""The contract that binds an account on each row, and when it can next decide to leave."""

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, IntArray, TextArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import NEVER, add_months, first_repeat_after, month_start_after
from .succession import SMALL_SHARE
from .terms import deadline_of, term_end_after
from .visible_spans import visible_spans

__all__ = ["binding_terms", "next_decisions"]


_FROM_EVER = np.iinfo(np.int64).min
_NOTHING = {
    **dict.fromkeys(("starts_us", "ends_us", "anchor_us", "break_us", "final_us"), NEVER),
    **{
        "notice_period_us": 0,
        "notice_period_months": 0,
        "break_months": 0,
        "months": 1,
        "monthly": False,
        "rolls": False,
    },
}


def binding_terms(rows: Rows, *kinds: pd.DataFrame) -> pd.DataFrame:
    """Find the term that binds each account on each row, as known before its as-of date.

    An account with several contracts is bound by the one that ends last, a successor that is
    already signed included: only when that one ends can the whole account leave. One that is worth
    little beside another one binds only when no such other one can still be decided on.

    Parameters
    ----------
    rows : Rows
    *kinds : DataFrame
        From ``contract_states`` and ``item_terms``: what binds where none of those before does.

    Returns
    -------
    DataFrame of shape (n_rows, ...)
        ``bound`` (whether there is such a contract), ``term_start_us``, ``term_end_us`` and
        ``notice_deadline_us`` of the running period of a term that rolls, ``final_us`` (when it is
        known to stop), ``months``, ``monthly``, ``rolls``, ``auto_renew``, and what else says when
        it can be left (``ends_us``, ``anchor_us``, ``notice_period_us``, ``notice_period_months``,
        ``break_us``, ``break_months``).

    Examples
    --------
    >>> from churngrid.features.schema.tableset import Tables
    >>> from churngrid.features.subscriptions.facts import subscriptions_of
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> nothing = subscriptions_of(Tables({})).contracts
    >>> binding_terms(Rows.of(pairs), nothing)["bound"].tolist()
    [False]
    """
    position, before = np.full(len(rows), -1), 0
    for terms in kinds:
        found = _binding_position(rows, terms)
        position = np.where((position < 0) & (found >= 0), before + found, position)
        before += len(terms)
    blank = pd.DataFrame([_NOTHING]).assign(auto_renew=pd.array([pd.NA], "boolean"))
    stated = [terms[list(blank)].astype(blank.dtypes) for terms in kinds]
    listed = pd.concat([*stated, blank], ignore_index=True)
    taken = listed.take(np.where(position < 0, before, position)).reset_index(drop=True)
    running = _running_end(taken, rows.as_of)
    return taken.assign(
        bound=position >= 0,
        term_start_us=taken["starts_us"],
        term_end_us=running,
        notice_deadline_us=deadline_of(taken, running),
    )


def _binding_position(rows: Rows, contracts: pd.DataFrame) -> IntArray:
    """Return the place of each row's binding contract; -1 without one."""
    if contracts.empty:
        return np.full(len(rows), -1, dtype=np.int64)
    # A contract binds as soon as it is known, also before it starts.
    known = contracts.assign(starts_us=_FROM_EVER, ends_us=contracts["final_us"])
    fact, row = visible_spans(rows, known).pairs()
    terms = contracts.take(fact).reset_index(drop=True)
    end = _running_end(terms, rows.as_of[row])
    # What has no end binds less than what has one.
    preference = np.where(end == NEVER, 0, end)
    beside = _beside_another(terms, row, end)
    order = np.lexsort((terms["entity"].to_numpy(), -preference, beside, row))
    first = np.ones(len(order), dtype=bool)
    first[1:] = row[order][1:] != row[order][:-1]
    found = np.full(len(rows), -1, dtype=np.int64)
    found[row[order][first]] = fact[order][first]
    return found


def _beside_another(terms: pd.DataFrame, row: IntArray, end: IntArray) -> BoolArray:
    """Mark contracts that are small beside one of the same account that can still be refused."""
    refused = terms["rolls"].to_numpy(dtype=bool) & (terms["final_us"] < NEVER).to_numpy()
    decided_on = (end < NEVER) & ~refused
    worth = terms["acv"].where(decided_on)
    largest = worth.groupby([pd.Series(row), terms["currency"]]).transform("max")
    return (terms["acv"] < SMALL_SHARE * largest).to_numpy(dtype=bool)


def _running_end(terms: pd.DataFrame, as_of: IntArray) -> IntArray:
    """Return when the term that runs on a date ends, by the contract or because it is stopped."""
    rolled = np.where(
        terms["rolls"].to_numpy(dtype=bool), term_end_after(terms, as_of - 1), terms["ends_us"]
    )
    final = terms["final_us"].to_numpy()
    return np.asarray(np.minimum(rolled, final), dtype=np.int64)


def next_decisions(rows: Rows, terms: pd.DataFrame, pays: BoolArray) -> pd.DataFrame:
    """Find the next point at which each account can decide to leave.

    Parameters
    ----------
    rows : Rows
    terms : DataFrame
        From ``binding_terms``.
    pays : ndarray of bool, shape (n_rows,)
        Which accounts pay; those that no contract binds can leave with any month.

    Returns
    -------
    DataFrame of shape (n_rows, 5)
        ``decision_us`` (``NEVER`` without one), ``decision_kind`` (``notice_deadline``,
        ``term_end``, ``break`` or ``month_end``; null without one), ``past_deadline`` (the running
        term can no longer be refused, so that the decision is about the one after), ``leaves_us``
        (from when it is gone if it decides to leave; ``NEVER`` without a decision), ``months``
        (until the decision comes again; 0 where it does not).
    """
    as_of = rows.as_of
    rolls = terms["rolls"].to_numpy(dtype=bool) & (terms["final_us"] == NEVER).to_numpy()
    monthly, ends = terms["monthly"].to_numpy(dtype=bool), terms["ends_us"].to_numpy()
    month_end = month_start_after(as_of - 1)
    by_month = (rolls & monthly & (ends == NEVER)) | (~terms["bound"].to_numpy() & pays)
    refusable, written = _refusable(terms, as_of), ~terms["rolls"].to_numpy(dtype=bool)
    term_end = terms["term_end_us"].to_numpy()
    which = [by_month, rolls, written]
    at = np.select(which, [month_end, deadline_of(terms, refusable), term_end], NEVER)
    leaves = np.select(which, [month_end, refusable, term_end], NEVER)
    kind = np.select(
        [at == NEVER, by_month | (rolls & monthly), rolls],
        ["", "month_end", "notice_deadline"],
        "term_end",
    )
    leaves_early = _break_after(terms, as_of - 1)
    early = leaves_early < at
    months = np.where(by_month, 1, terms["months"])
    return pd.DataFrame(
        {
            "decision_us": np.where(early, leaves_early, at).astype(np.int64),
            "decision_kind": _named(np.where(early, "break", kind)),
            "past_deadline": rolls & (terms["notice_deadline_us"].to_numpy() < as_of),
            "leaves_us": np.where(early, leaves_early, leaves).astype(np.int64),
            "months": np.where(at == NEVER, 0, months).astype(np.int64),
        }
    )


def _named(kinds: TextArray) -> pd.Series:
    named = pd.Series(kinds, dtype=object)
    return named.where(named.ne(""), None)


def _break_after(terms: pd.DataFrame, after: IntArray) -> IntArray:
    """Return the first moment after another one at which a term can be left early."""
    stated, months = terms["break_us"].to_numpy(), terms["break_months"].to_numpy()
    again = first_repeat_after(stated, np.maximum(months, 1), after)
    once = np.where(stated > after, stated, NEVER)
    return np.where(months > 0, again, once).astype(np.int64)


def _refusable(terms: pd.DataFrame, as_of: IntArray) -> IntArray:
    """Return the end of the first term that can still be refused, today or later."""
    given = (
        add_months(as_of, terms["notice_period_months"].to_numpy())
        + terms["notice_period_us"].to_numpy()
    )
    return term_end_after(terms, given - 1)
