"""What an account pays, as versioned states: a state holds over a period, from when it is known.

A states frame has one row per version of a state with the columns ``account_id``, ``entity`` (what
the state is about), ``starts_us``, ``ends_us`` (half open), ``known_us`` and a value. Of one
entity, the state that starts last holds; of one state, the version known last.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from ..arrays.as_of_rows import Rows
from ..arrays.moments import NEVER, microseconds
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table
from .business_kind import Business
from .visible_spans import BoolArray, FloatArray, spans_of, visible_spans

__all__ = [
    "GOES_ON",
    "HAS_ENDED",
    "event_frame",
    "has_items",
    "paid_states",
    "paying",
    "settle",
    "typed",
]


HAS_ENDED = ("cancelled", "term_ended", "churn_confirmed")
GOES_ON = ("renewed", "reactivated", "cancel_withdrawn")

_STATES = {
    "account_id": pa.string(),
    "entity": pa.string(),
    "starts_us": pa.int64(),
    "ends_us": pa.int64(),
    "known_us": pa.int64(),
    "arr": pa.float64(),
    "change": pa.string(),
}

_EVENT_COLUMNS = (
    *("account_id", "contract_id", "event_type", "arr_before", "arr_after"),
    *("reason_code", "avoidability", "initiated_by"),
)


def paid_states(tables: Tables, business: Business) -> pd.DataFrame:
    """List what every account pays, in every version.

    Parameters
    ----------
    tables : Tables
    business : Business
        Decides the source: items, contracts, or contract events.

    Returns
    -------
    DataFrame
        States with ``arr`` (per year; NaN when it is paid for but the amount is unknown) and
        ``change`` (the ledger's change type, null elsewhere). Empty when non-contractual.

    Examples
    --------
    >>> paid_states(Tables({}), Business.NON_CONTRACTUAL).empty
    True
    """
    states = typed(pd.concat(_sources(tables, business)), _STATES)
    return states.assign(entity=pd.factorize(states["entity"])[0].astype(np.int64))


def _sources(tables: Tables, business: Business) -> list[pd.DataFrame]:
    if not business.contractual:
        return [pd.DataFrame({name: [] for name in _STATES})]
    if business is Business.CONTRACTUAL_ACV:
        return [_contract_states(tables), _contract_ends(tables)]
    if business is Business.CONTRACTUAL_ITEMS or has_items(tables):
        return [_item_states(tables["subscription_items"])]
    return [_sign_ups(tables["accounts"]), _event_states(tables)]


def has_items(tables: Tables) -> bool:
    """Say whether there is a ledger of subscription items.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    bool
        Without rows it counts as not delivered.

    Examples
    --------
    >>> has_items(Tables({}))
    False
    """
    return tables.filled("subscription_items")


def typed(frame: pd.DataFrame, columns: Mapping[str, pa.DataType]) -> pd.DataFrame:
    """Return some columns of a frame with the types they have in every frame, empty or not.

    Parameters
    ----------
    frame : DataFrame
    columns : mapping of str to pyarrow.DataType

    Returns
    -------
    DataFrame
        With a fresh index.

    Examples
    --------
    >>> typed(pd.DataFrame({"at": []}), {"at": pa.int64()})["at"].dtype
    dtype('int64')
    """
    schema = pa.schema(list(columns.items()))
    stored: pd.DataFrame = pa.Table.from_pandas(
        frame, schema=schema, preserve_index=False
    ).to_pandas()
    return stored


def _item_states(items: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": items["account_id"].to_pandas(),
            "entity": items["item_id"].to_pandas(),
            "starts_us": microseconds(items, "effective_from"),
            "ends_us": microseconds(items, "effective_to"),
            "known_us": microseconds(items, "known_at"),
            "arr": 12.0 * items["mrr"].to_numpy(),
            "change": items["change_type"].to_pandas(),
        }
    )


def _contract_states(tables: Tables) -> pd.DataFrame:
    contracts = tables["contracts"]
    return pd.DataFrame(
        {
            "account_id": contracts["account_id"].to_pandas(),
            "entity": contracts["contract_id"].to_pandas(),
            "starts_us": microseconds(contracts, "term_start"),
            "ends_us": microseconds(contracts, "term_end"),
            "known_us": microseconds(contracts, "known_at"),
            "arr": contracts["acv"].to_numpy(),
            "change": None,
        }
    )


def _contract_ends(tables: Tables) -> pd.DataFrame:
    """List from when a contract pays nothing any more, whatever its term says."""
    ends = event_frame(tables, HAS_ENDED)
    contracts = _contract_states(tables)[["account_id", "entity", "starts_us"]]
    pairs = ends.merge(contracts, on="account_id")
    # An end that names no contract means those that had started; their terms end by themselves.
    all_started = (
        pairs["contract_id"].isna()
        & (pairs["event_type"] != "term_ended")
        & (pairs["starts_us"] < pairs["effective_us"])
    )
    pairs = pairs[all_started | (pairs["contract_id"] == pairs["entity"])]
    pairs = pairs.drop_duplicates(["entity", "effective_us", "known_us"])
    return pd.DataFrame(
        {
            "account_id": pairs["account_id"],
            "entity": pairs["entity"],
            "starts_us": pairs["effective_us"],
            "ends_us": NEVER,
            "known_us": pairs["known_us"],
            "arr": 0.0,
            "change": None,
        }
    )


def _sign_ups(accounts: pa.Table) -> pd.DataFrame:
    """Without items and contracts an account pays from its first known row on."""
    known = microseconds(accounts, "known_at")
    since, valid = microseconds(accounts, "customer_since"), microseconds(accounts, "valid_from")
    frame = pd.DataFrame(
        {
            "account_id": accounts["account_id"].to_pandas(),
            "starts_us": np.where(since < NEVER, since, np.minimum(valid, known)),
            "known_us": known,
        }
    )
    first = frame.sort_values(["known_us", "starts_us"]).drop_duplicates("account_id")
    return first.assign(entity=first["account_id"], ends_us=NEVER, arr=np.nan, change=None)


def _event_states(tables: Tables) -> pd.DataFrame:
    events = event_frame(tables, HAS_ENDED + GOES_ON)
    ended = events["event_type"].isin(HAS_ENDED)
    return pd.DataFrame(
        {
            "account_id": events["account_id"],
            "entity": events["account_id"],
            "starts_us": events["effective_us"],
            "ends_us": NEVER,
            "known_us": events["known_us"],
            "arr": events["arr_after"].where(~ended, events["arr_after"].fillna(0.0)),
            "change": None,
        }
    )


def event_frame(tables: Tables, kinds: tuple[str, ...]) -> pd.DataFrame:
    """List the contract events of some kinds.

    Parameters
    ----------
    tables : Tables
    kinds : tuple of str
        Values of ``event_type``.

    Returns
    -------
    DataFrame
        With ``account_id, contract_id, event_type, effective_us, known_us, arr_before, arr_after,
        reason_code, avoidability, initiated_by``; empty when there is no such table.

    Examples
    --------
    >>> len(event_frame(Tables({}), ("renewed",)))
    0
    """
    if "contract_events" in tables:
        events = tables["contract_events"]
    else:
        events = empty_table(table_spec("contract_events"))
    frame: pd.DataFrame = events.select(list(_EVENT_COLUMNS)).to_pandas()
    frame = frame.assign(
        effective_us=microseconds(events, "effective_at"), known_us=microseconds(events, "known_at")
    )
    return frame[frame["event_type"].isin(kinds)].reset_index(drop=True)


def paying(rows: Rows, states: pd.DataFrame) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Add up what each account pays on each row, as known before its as-of date.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        From ``paid_states``.

    Returns
    -------
    arr : ndarray of float, shape (n_rows,)
        Per year; NaN where an account pays an unknown amount.
    pays : ndarray of bool, shape (n_rows,)
    ever : ndarray of bool, shape (n_rows,)
        Whether the account pays or has paid.

    Examples
    --------
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> arr, pays, ever = paying(Rows.of(pairs), paid_states(Tables({}), Business.NON_CONTRACTUAL))
    >>> arr.tolist(), pays.tolist(), ever.tolist()
    ([0.0], [False], [False])
    """
    spans, amount = visible_spans(rows, states), states["arr"].to_numpy()
    arr = spans.total(amount, len(rows))
    unknown = spans.total(np.isnan(amount).astype(np.float64), len(rows)) > 0
    return np.where(unknown, np.nan, arr), unknown | (arr > 0), _has_paid(rows, states)


def _has_paid(rows: Rows, states: pd.DataFrame) -> BoolArray:
    paid = states[~(states["arr"] <= 0)]
    enters = np.maximum(paid["starts_us"].to_numpy(), paid["known_us"].to_numpy())
    forever = np.full(len(paid), NEVER)
    spans = spans_of(rows, paid["account_id"], after=enters, through=forever)
    return np.asarray(spans.count(len(rows)) > 0)


def settle(states: pd.DataFrame) -> pd.DataFrame:
    """Reduce states to their last versions, ended where the next state of the entity starts.

    Parameters
    ----------
    states : DataFrame
        A states frame; judged with all data.

    Returns
    -------
    DataFrame
        One row per state that is still there, sorted by entity and start, with in addition
        ``end_known_us`` (what ended it was known by then), ``first_known_us`` (its first version
        was known) and ``before`` (position of the state it replaced, -1 for the first).

    Examples
    --------
    >>> settle(paid_states(Tables({}), Business.NON_CONTRACTUAL)).empty
    True
    """
    key = ["entity", "starts_us"]
    ordered = states.sort_values([*key, "known_us"], kind="stable")
    first_known = ordered.groupby(key, sort=False)["known_us"].transform("min")
    ordered = ordered.assign(first_known_us=first_known)
    last = ordered.drop_duplicates(key, keep="last").reset_index(drop=True)
    entity = last["entity"].to_numpy()
    follows = np.zeros(len(last), dtype=bool)
    follows[1:] = entity[1:] == entity[:-1]
    followed = np.append(follows[1:], False)[: len(last)]
    next_start = np.where(followed, np.roll(last["starts_us"].to_numpy(), -1), NEVER)
    next_known = np.roll(last["known_us"].to_numpy(), -1)
    ends = last["ends_us"].to_numpy()
    return last.assign(
        ends_us=np.minimum(ends, next_start),
        end_known_us=np.where(next_start < ends, next_known, last["known_us"]),
        before=np.where(follows, np.arange(len(last)) - 1, -1),
    )
