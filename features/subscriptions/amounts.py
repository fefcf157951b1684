"""What each account pays on each row, in the company's own currency."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import NEVER, months_on
from ..arrays.row_ranges import paint
from .currencies import Rates
from .visible_spans import Spans, spans_of, visible_spans

__all__ = [
    "Paid",
    "begun",
    "converted_total",
    "escalated",
    "has_paid",
    "paid_on",
    "stopped_paying",
]


@dataclass(frozen=True, slots=True)
class Paid:
    """What is paid on each row, as known before its as-of date.

    Parameters
    ----------
    arr : ndarray of float, shape (n_rows,)
        Per year; NaN where an amount, or what its currency is worth, is unknown.
    pays : ndarray of bool, shape (n_rows,)
        Something above zero is paid in all.
    in_force : ndarray of bool, shape (n_rows,)
        Something is in force, be it for nothing.
    unpriced : ndarray of bool, shape (n_rows,)
        Something in force is paid for by an amount that is not stated.
    seats : ndarray of float, shape (n_rows,)
        Seats of the items in force; 0 where none is stated.
    """

    arr: FloatArray
    pays: BoolArray
    in_force: BoolArray
    unpriced: BoolArray
    seats: FloatArray


def paid_on(rows: Rows, states: pd.DataFrame, rates: Rates, *, months_ago: int = 0) -> Paid:
    """Add up what each account pays on each row.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        From ``paid_states``.
    rates : Rates
        Those of the as-of date, also for what was paid earlier: growth is no matter of currencies.
    months_ago : int
        What was paid so many calendar months before each as-of date, as it is known on that date.

    Returns
    -------
    Paid
    """
    spans, amount = visible_spans(rows, states, months_ago=months_ago), states["arr"].to_numpy()
    arr = converted_total(rows, spans, states, amount, rates)
    unpriced = _some(spans, np.isnan(amount), rows)
    # Without a rate the sum is unknown, but not whether anything is paid.
    raw = spans.total(amount, len(rows))
    pays = unpriced | np.where(np.isnan(arr), raw > 0, arr > 0)
    return Paid(
        arr=np.where(unpriced, np.nan, arr),
        pays=pays,
        in_force=_some(spans, ~states["emptied"].to_numpy(), rows),
        unpriced=unpriced,
        seats=spans.total(states["quantity"].to_numpy(), len(rows)),
    )


def converted_total(
    rows: Rows, spans: Spans, states: pd.DataFrame, amount: FloatArray, rates: Rates
) -> FloatArray:
    """Add up amounts over the visible states, each in its own currency first.

    Parameters
    ----------
    rows : Rows
    spans : Spans
    states : DataFrame
        With ``currency``.
    amount : ndarray of float, shape (n_states,)
        NaN counts as zero.
    rates : Rates

    Returns
    -------
    ndarray of float, shape (n_rows,)
        NaN where a currency has no rate.
    """
    currency = states["currency"].to_numpy(dtype=object)
    total = np.zeros(len(rows))
    for code in pd.unique(currency[spans.kept]):
        part = spans.total(np.where(currency == code, amount, 0.0), len(rows))
        total += np.where(part == 0, 0.0, part * rates.on(str(code), rows.as_of))
    return total


def _some(spans: Spans, marked: BoolArray, rows: Rows) -> BoolArray:
    return np.asarray(spans.total(marked.astype(np.float64), len(rows)) > 0)


def has_paid(rows: Rows, states: pd.DataFrame) -> BoolArray:
    """Tell on which rows the account pays or has paid, as known then.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        From ``paid_states``.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    enters = np.maximum(states["starts_us"].to_numpy(), states["known_us"].to_numpy())
    counted = (
        ~(states["arr"].to_numpy() <= 0)
        & (states["ends_us"].to_numpy() > states["starts_us"].to_numpy())
        & (states["until_us"].to_numpy() > enters)
    )
    paid, forever = states[counted], np.full(int(counted.sum()), NEVER)
    spans = spans_of(rows, paid["account_id"], after=enters[counted], through=forever)
    return np.asarray(spans.count(len(rows)) > 0)


def begun(rows: Rows, states: pd.DataFrame) -> BoolArray:
    """Tell on which rows something of the account is or has been in force, as known then.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        From ``paid_states``.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    enters = np.maximum(states["starts_us"].to_numpy(), states["known_us"].to_numpy())
    forever = np.full(len(states), NEVER)
    spans = spans_of(rows, states["account_id"], after=enters, through=forever)
    return np.asarray(spans.count(len(rows)) > 0)


def stopped_paying(rows: Rows, states: pd.DataFrame) -> IntArray:
    """Return when the last thing that an account paid for ended, as known on each row.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        From ``paid_states``.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        -1 where nothing has ended. Of use where nothing is paid.
    """
    at = states["stops_us"].to_numpy()
    after = np.maximum(at, states["known_us"].to_numpy())
    through = np.minimum(states["replaced_us"].to_numpy(), states["until_us"].to_numpy())
    spans = spans_of(rows, states["account_id"], after=after, through=through)
    latest_first = np.argsort(-at[spans.kept], kind="stable")
    found = paint(latest_first, spans.enter, spans.leave, len(rows))
    return np.asarray(np.append(at[spans.kept], -1)[found], dtype=np.int64)


def escalated(rows: Rows, states: pd.DataFrame, rates: Rates, *, months: int) -> FloatArray:
    """Return what price rises of the last months add that were agreed on before them.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        From ``paid_states``.
    rates : Rates
    months : int

    Returns
    -------
    ndarray of float, shape (n_rows,)
        Per year; 0 where there is none.
    """
    spans = visible_spans(rows, states)
    starts, known = states["starts_us"].to_numpy(), states["known_us"].to_numpy()
    agreed = spans_of(
        rows,
        states["account_id"],
        after=np.maximum(months_on(known, months), starts),
        through=months_on(starts, months),
    )
    # Both hold the same states: those whose account is among the rows.
    enter = np.maximum(spans.enter, agreed.enter)
    both = Spans(spans.kept, enter, np.maximum(enter, np.minimum(spans.leave, agreed.leave)))
    return converted_total(rows, both, states, states["rise"].to_numpy(), rates)
