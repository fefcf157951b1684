"""The terms of contracts: how long each runs, how it renews, until when it can be refused."""

import numpy as np
import pandas as pd
import pyarrow as pa

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.moments import DAY, NEVER, add_months, first_repeat_after, later, microseconds
from ..arrays.row_ranges import superseded
from ..schema.currency_codes import currency_codes
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table

__all__ = ["contract_versions", "deadline_of", "term_end_after"]


_MONTH_DAYS = 30.4375


def contract_versions(tables: Tables) -> pd.DataFrame:
    """List the contracts in every version.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        ``account_id``, ``contract_id``, ``predecessor`` (id of the contract it follows),
        ``entity``, ``starts_us``, ``ends_us`` (end of the written term), ``open_end``
        (no end is written), ``known_us``, ``replaced_us`` (a newer version was known),
        ``notice_period_us`` and ``notice_period_months`` (how long before the end notice has to be
        given; one of them is 0), ``break_us`` (last moment to leave early), ``break_months`` (after
        so many it comes again; 0 where it does not), ``months`` (length of the term, at least 1),
        ``anchor_us`` (from where ends are counted), ``monthly``, ``auto_renew``, ``rolls`` (the
        term repeats by itself), ``acv``, ``list_acv`` (per year), ``currency``.
        Empty when there are no contracts.

    Notes
    -----
    A term of at most one month rolls whatever ``auto_renew`` says: self-serve customers have one
    rolling contract. One that states its length but no end ends after that length, and rolls unless
    it is said not to renew; where that is said later, the term ends that runs then. Without any
    notice period the last moment to refuse a term is its end.

    Examples
    --------
    >>> len(contract_versions(Tables({})))
    0
    """
    stored = tables["contracts"] if "contracts" in tables else empty_table(table_spec("contracts"))
    frame: pd.DataFrame = stored.select(["account_id", "contract_id"]).to_pandas()
    starts, written = microseconds(stored, "term_start"), microseconds(stored, "term_end")
    auto_renew = stored["auto_renew"].to_pandas().astype("boolean")
    renews = auto_renew.fillna(False).to_numpy(dtype=bool)
    term_months = stored["term_months"].to_numpy()
    monthly = term_months <= 1
    months = _months(term_months, later(written, 0) - starts)
    by_length = (written == NEVER) & (term_months > 1)
    rolls = monthly | renews | (by_length & auto_renew.isna().to_numpy())
    entity = pd.factorize(frame["contract_id"], sort=True)[0].astype(np.int64)
    known = microseconds(stored, "known_at")
    stopped = by_length & ~rolls & _rolled_before(entity, known, rolls)
    running = first_repeat_after(
        starts, months, np.where(stopped, np.maximum(known, starts), starts)
    )
    ends = np.where(by_length, running, written)
    return frame.assign(
        predecessor=stored["predecessor_contract_id"].to_pandas(),
        entity=entity,
        starts_us=starts,
        ends_us=ends,
        open_end=written == NEVER,
        known_us=known,
        replaced_us=superseded(np.lexsort((known, entity)), entity, known),
        notice_period_us=_notice_period(stored, ends),
        notice_period_months=_notice_months(stored),
        break_us=microseconds(stored, "break_at"),
        break_months=_break_months(stored),
        months=months,
        anchor_us=np.where(add_months(starts, months) == ends, starts, ends),
        monthly=monthly,
        auto_renew=auto_renew,
        rolls=rolls,
        acv=_per_year(stored, months),
        list_acv=stored["list_acv"].to_numpy(),
        currency=currency_codes(stored["currency"], tables.currency).to_numpy(),
    )


def _rolled_before(entity: IntArray, known: IntArray, rolls: BoolArray) -> BoolArray:
    """Tell which versions follow one of the same contract that rolled."""
    order = np.lexsort((known, entity))
    follows = np.append(False, entity[order][1:] == entity[order][:-1])[: len(order)]
    found = np.zeros(len(order), dtype=bool)
    found[order] = follows & np.append(False, rolls[order][:-1])[: len(order)]
    return found


def _months(term_months: FloatArray, length_us: IntArray) -> IntArray:
    measured = length_us / (_MONTH_DAYS * DAY)
    months = np.where(np.isnan(term_months), measured, term_months)
    return np.maximum(np.rint(np.minimum(months, 1200)), 1).astype(np.int64)


def _notice_period(contracts: pa.Table, ends: IntArray) -> IntArray:
    """Return how long before the end notice has to be given: as stated for this term, or days."""
    stated = microseconds(contracts, "notice_deadline")
    days = np.nan_to_num(contracts["notice_period_days"].to_numpy() * DAY).astype(np.int64)
    both = (stated < NEVER) & (ends < NEVER)
    return np.where(both, ends - np.where(both, stated, 0), days).astype(np.int64)


def _break_months(contracts: pa.Table) -> IntArray:
    every = np.nan_to_num(contracts["break_every_months"].to_numpy())
    return np.asarray(np.clip(np.rint(every), 0, 1200), dtype=np.int64)


def _notice_months(contracts: pa.Table) -> IntArray:
    months = np.nan_to_num(contracts["notice_period_months"].to_numpy())
    stated = np.asarray(contracts["notice_deadline"].is_valid()) | np.asarray(
        contracts["notice_period_days"].is_valid()
    )
    return np.where(stated, 0, np.rint(months)).astype(np.int64)


def _per_year(contracts: pa.Table, months: IntArray) -> FloatArray:
    total = contracts["tcv"].to_numpy() * 12.0 / months
    acv = contracts["acv"].to_numpy()
    return np.asarray(np.where(np.isnan(acv), total, acv))


def term_end_after(terms: pd.DataFrame, after: IntArray) -> IntArray:
    """Return the first end of a term, written or of a later repeat, that lies after a moment.

    Parameters
    ----------
    terms : DataFrame of shape (n, ...)
        Of contracts that roll; ``ends_us``, ``anchor_us`` and ``months`` are used.
    after : ndarray of int64, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)
        ``NEVER`` where no end is written. A day that a month lacks does not move the later ones.

    Examples
    --------
    >>> days = np.array(["2025-01-31", "2025-02-28"], "datetime64[us]").astype(np.int64)
    >>> terms = pd.DataFrame({"ends_us": days[1:], "anchor_us": days[:1], "months": [1]})
    >>> term_end_after(terms, days[1:]).astype("datetime64[us]").astype(str).tolist()
    ['2025-03-31T00:00:00.000000']
    """
    ends, anchor = terms["ends_us"].to_numpy(), terms["anchor_us"].to_numpy()
    soonest = np.maximum(after, np.where(ends == NEVER, 0, ends) - 1)
    found = first_repeat_after(anchor, terms["months"].to_numpy(), soonest)
    return np.where(ends == NEVER, NEVER, found).astype(np.int64)


def deadline_of(terms: pd.DataFrame, ends: IntArray) -> IntArray:
    """Return until when a term can be refused.

    Parameters
    ----------
    terms : DataFrame of shape (n, ...)
        ``notice_period_us`` and ``notice_period_months`` are used.
    ends : ndarray of int64, shape (n,)
        Ends of the terms.

    Returns
    -------
    ndarray of int64, shape (n,)
        ``NEVER`` where the term has no end.

    Examples
    --------
    >>> terms = pd.DataFrame({"notice_period_us": [DAY], "notice_period_months": [0]})
    >>> deadline_of(terms, np.array([3 * DAY])) // DAY
    array([2])
    """
    finite = np.where(ends == NEVER, 0, ends)
    by_months = add_months(finite, -terms["notice_period_months"].to_numpy())
    found = by_months - terms["notice_period_us"].to_numpy()
    return np.where(ends == NEVER, NEVER, found).astype(np.int64)
