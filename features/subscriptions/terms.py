"""The term that binds an account on an as-of date, and the next point at which it can leave."""

import numpy as np
import pandas as pd
import pyarrow as pa

from ..arrays.as_of_rows import Rows
from ..arrays.moments import (
    NEVER,
    IntArray,
    first_repeat_after,
    later,
    microseconds,
    month_start_after,
)
from ..arrays.row_ranges import paint
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table
from .visible_spans import BoolArray, FloatArray, visible_spans

__all__ = ["binding_terms", "contract_versions", "decision_point_within"]


_MONTH_DAYS = 30.4375
_FROM_EVER = np.iinfo(np.int64).min


def contract_versions(tables: Tables) -> pd.DataFrame:
    """List the contracts in every version.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        ``account_id``, ``contract_id``, ``entity``, ``starts_us``, ``ends_us`` (end of the term),
        ``known_us``, ``deadline_us`` (last moment for a notice), ``notice_days``, ``months``
        (length of the term, at least 1), ``monthly``, ``auto_renew`` and ``rolls`` (the term
        repeats by itself). Empty when there are no contracts.

    Notes
    -----
    A term of at most one month rolls whatever ``auto_renew`` says: self-serve customers have one
    rolling contract.

    Examples
    --------
    >>> len(contract_versions(Tables({})))
    0
    """
    stored = tables["contracts"] if "contracts" in tables else empty_table(table_spec("contracts"))
    frame: pd.DataFrame = stored.select(["account_id", "contract_id"]).to_pandas()
    starts, ends = microseconds(stored, "term_start"), microseconds(stored, "term_end")
    term_months = stored["term_months"].to_numpy()
    auto_renew = stored["auto_renew"].to_pandas().astype("boolean")
    monthly = term_months <= 1
    return frame.assign(
        entity=pd.factorize(frame["contract_id"], sort=True)[0].astype(np.int64),
        starts_us=starts,
        ends_us=ends,
        known_us=microseconds(stored, "known_at"),
        deadline_us=_deadlines(stored, ends),
        notice_days=np.nan_to_num(stored["notice_period_days"].to_numpy()),
        months=_months(term_months, later(ends, 0) - starts),
        monthly=monthly,
        auto_renew=auto_renew,
        rolls=monthly | auto_renew.fillna(False).to_numpy(dtype=bool),
    )


def _deadlines(contracts: pa.Table, ends: IntArray) -> IntArray:
    stated = microseconds(contracts, "notice_deadline")
    notice_days = contracts["notice_period_days"].to_numpy()
    period = np.nan_to_num(notice_days * 86_400_000_000).astype(np.int64)
    derived = np.where(np.isnan(notice_days) | (ends == NEVER), NEVER, ends - period)
    return np.where(stated < NEVER, stated, derived).astype(np.int64)


def _months(term_months: FloatArray, length_us: IntArray) -> IntArray:
    measured = length_us / (_MONTH_DAYS * 86_400_000_000)
    months = np.where(np.isnan(term_months), measured, term_months)
    return np.maximum(np.rint(np.minimum(months, 1200)), 1).astype(np.int64)


def binding_terms(rows: Rows, tables: Tables) -> pd.DataFrame:
    """Find the term that binds each account on each row, as known before its as-of date.

    An account with several contracts is bound by the one that ends last, a successor that is
    already signed included: only when that one ends can the whole account leave.

    Parameters
    ----------
    rows : Rows
    tables : Tables

    Returns
    -------
    DataFrame of shape (n_rows, ...)
        ``bound`` (whether there is such a contract), ``term_start_us``, ``term_end_us`` and
        ``notice_deadline_us`` of the running period of a term that rolls, ``months``,
        ``monthly``, ``rolls``, ``auto_renew``.

    Examples
    --------
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> binding_terms(Rows.of(pairs), Tables({}))["bound"].tolist()
    [False]
    """
    versions = contract_versions(tables)
    position = _binding_version(rows, versions)
    # Row -1 of what is taken: no contract.
    nothing = pd.DataFrame(
        {name: [NEVER] for name in ("starts_us", "ends_us", "deadline_us")}
        | {"months": [1], "monthly": [False], "rolls": [False]}
    ).assign(auto_renew=pd.array([pd.NA], "boolean"))
    listed = pd.concat([versions[list(nothing)], nothing], ignore_index=True)
    taken = listed.take(np.where(position < 0, len(versions), position)).reset_index(drop=True)
    ends, deadline = taken["ends_us"].to_numpy(), taken["deadline_us"].to_numpy()
    running_end = _next_end(taken, ends, after=rows.as_of - 1)
    moved = np.where(ends == NEVER, 0, running_end - ends)
    return pd.DataFrame(
        {
            "bound": position >= 0,
            "term_start_us": taken["starts_us"],
            "term_end_us": running_end,
            "notice_deadline_us": np.where(deadline == NEVER, NEVER, deadline + moved),
            "months": taken["months"],
            "monthly": taken["monthly"],
            "rolls": taken["rolls"],
            "auto_renew": taken["auto_renew"],
        }
    )


def _binding_version(rows: Rows, versions: pd.DataFrame) -> IntArray:
    ends = versions["ends_us"].to_numpy()
    # A contract binds as soon as it is known, also before it starts.
    through = np.where(versions["rolls"], NEVER, ends)
    spans = visible_spans(rows, versions.assign(starts_us=_FROM_EVER, ends_us=through))
    # What has no end binds less than what has one.
    preference = np.where(ends == NEVER, 0, ends)[spans.kept]
    order = np.lexsort((versions["entity"].to_numpy()[spans.kept], -preference))
    chosen = paint(order, spans.enter, spans.leave, len(rows))
    kept = np.append(spans.kept, -1)
    return np.asarray(kept[chosen], dtype=np.int64)


def _next_end(terms: pd.DataFrame, ends: IntArray, *, after: IntArray) -> IntArray:
    repeated = first_repeat_after(ends, terms["months"].to_numpy(), after)
    return np.where(terms["rolls"], repeated, ends).astype(np.int64)


def decision_point_within(terms: pd.DataFrame, *, after: IntArray, through: IntArray) -> BoolArray:
    """Tell whether an account can decide to leave in a window.

    Parameters
    ----------
    terms : DataFrame of shape (n_rows, ...)
        From ``binding_terms``.
    after, through : ndarray of int64, shape (n_rows,)
        The window ``(after, through]`` in microseconds.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        A notice deadline or a term end lies in the window; the end of a calendar month counts for
        terms of at most one month only.

    Examples
    --------
    >>> terms = {"term_end_us": [10], "notice_deadline_us": [5], "months": [12]}
    >>> terms = pd.DataFrame(terms | {"monthly": [False], "rolls": [False]})
    >>> decision_point_within(terms, after=np.array([5]), through=np.array([9])).tolist()
    [False]
    >>> decision_point_within(terms, after=np.array([5]), through=np.array([10])).tolist()
    [True]
    """
    within = terms["monthly"].to_numpy() & (month_start_after(after) <= through)
    for column in ("term_end_us", "notice_deadline_us"):
        point = _next_end(terms, terms[column].to_numpy(), after=after)
        within |= (point > after) & (point <= through)
    return within
