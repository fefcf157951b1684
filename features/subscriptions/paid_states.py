"""What an account pays, as versioned states: a state holds over a period, from when it is known.

A states frame has one row per version of a state with the columns ``account_id``, ``entity`` (what
the state is about), ``starts_us``, ``ends_us`` (half open), ``known_us`` and a value. Of one
entity, the state that starts last holds; of one state, the version known last.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import FloatArray
from ..arrays.moments import NEVER, microseconds
from ..schema.currency_codes import currency_codes
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table
from .contract_events import GOES_ON, HAS_ENDED, event_frame
from .state_changes import with_changes

__all__ = ["item_states", "paid_states", "settle", "typed"]


_SEATS = (
    *("seat", "seats", "user", "users", "named user", "named users", "licence", "licences"),
    *("license", "licenses", "member", "members", "agent", "agents", "editor", "editors"),
    *("per seat", "per user"),
)
"""Units of which each is for one person."""

_STATES = {
    "account_id": pa.string(),
    "entity": pa.string(),
    "rank_us": pa.int64(),
    "starts_us": pa.int64(),
    "ends_us": pa.int64(),
    "known_us": pa.int64(),
    "until_us": pa.int64(),
    "arr": pa.float64(),
    "currency": pa.string(),
    "quantity": pa.float64(),
    "product": pa.string(),
    "change": pa.string(),
    "source": pa.string(),
}


def paid_states(tables: Tables, contracts: pd.DataFrame) -> pd.DataFrame:
    """List what every account pays, in every version.

    Parameters
    ----------
    tables : Tables
    contracts : DataFrame
        From ``contract_states``.

    Returns
    -------
    DataFrame
        States with ``arr`` (per year, in ``currency``; NaN when it is paid for but the amount is
        unknown), ``quantity`` (seats bought; NaN unless it is said), ``product`` (with its
        plan) and ``change`` (the ledger's change type), both null elsewhere; ``source``:
        ``item``, ``contract`` or ``event``.
        ``until_us``: from then on the state says nothing of
        what is paid, because the account has subscription items. And everything of
        ``with_changes``.

    Notes
    -----
    An account pays what its subscription items say from the moment one of them is known; before,
    and without any, what its contracts are worth a year. Where a company has neither items nor
    contracts, an account pays from when it is known until an event says that it has ended.

    Examples
    --------
    >>> from churngrid.features.subscriptions.facts import subscriptions_of
    >>> nothing = Tables({})
    >>> paid_states(nothing, subscriptions_of(nothing).contracts).empty
    True
    """
    items = item_states(tables)
    sources = [items.assign(until_us=NEVER), _before_items(_of_contracts(contracts), items)]
    if not tables.filled("subscription_items") and not tables.filled("contracts"):
        sources += _of_events(tables)
    states = typed(pd.concat([_complete(source) for source in sources]), _STATES)
    return with_changes(states.assign(entity=pd.factorize(states["entity"])[0].astype(np.int64)))


def _complete(states: pd.DataFrame) -> pd.DataFrame:
    ranked = states if "rank_us" in states else states.assign(rank_us=states["starts_us"])
    return ranked.reindex(columns=list(_STATES)).astype({"account_id": object, "entity": object})


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


def item_states(tables: Tables) -> pd.DataFrame:
    """List the subscription items in every version.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        States; empty when there are no items.

    Examples
    --------
    >>> len(item_states(Tables({})))
    0
    """
    if "subscription_items" in tables:
        items = tables["subscription_items"]
    else:
        items = empty_table(table_spec("subscription_items"))
    return pd.DataFrame(
        {
            "account_id": items["account_id"].to_pandas(),
            "entity": "item " + items["item_id"].to_pandas().astype(object),
            "starts_us": microseconds(items, "effective_from"),
            "ends_us": microseconds(items, "effective_to"),
            "known_us": microseconds(items, "known_at"),
            "arr": 12.0 * items["mrr"].to_numpy(),
            "currency": currency_codes(items["currency"], tables.currency),
            "quantity": _seats(items),
            "product": pc.binary_join_element_wise(
                *(
                    pc.fill_null(items[name].cast(pa.string()), "")
                    for name in ("product_id", "plan")
                ),
                " ",
            ).to_pandas(),
            "change": items["change_type"].to_pandas(),
            "source": "item",
        }
    )


def _products(items: pa.Table) -> pd.Series:
    """Return what each row is for: a product and its plan."""
    named = (items[name].cast(pa.string()).fill_null("") for name in ("product_id", "plan"))
    joined: pd.Series = pc.binary_join_element_wise(*named, " ").to_pandas()
    return joined


def _seats(items: pa.Table) -> FloatArray:
    """Return how many seats each row buys; NaN where it is of something else.

    A unit that is no seat is none, as soon as the company has used a word for seats. What was sold
    beside, as a cross-sell, gives the same people more to use, from when that became known.
    """
    columns = ["item_id", "unit", "change_type", "quantity", "known_at", "effective_from"]
    frame = items.select(columns).to_pandas()
    unit = frame["unit"].str.strip().str.lower()
    seat = unit.isin(_SEATS)
    ordered = frame.sort_values(["known_at", "effective_from"], kind="stable")
    sold = ordered["change_type"].eq("cross_sell")
    beside = sold.groupby(ordered["item_id"]).cummax().reindex(frame.index)
    # Words that are written later tell nothing of the days before.
    has_a_word = frame["known_at"] >= frame["known_at"].where(seat).min()
    other = (unit.notna() & ~seat & has_a_word) | beside
    return np.asarray(frame["quantity"].mask(other), dtype=np.float64)


def _of_contracts(contracts: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": contracts["account_id"],
            "entity": "contract " + contracts["contract_id"].astype(object),
            # Of a contract the version known last holds, whenever it says that it began.
            "rank_us": 0,
            "starts_us": contracts["starts_us"],
            "ends_us": contracts["final_us"],
            "known_us": contracts["known_us"],
            "arr": contracts["acv"],
            "currency": contracts["currency"],
            "source": "contract",
        }
    )


def _before_items(states: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    first = items.groupby("account_id")["known_us"].min()
    until = first.reindex(states["account_id"], fill_value=NEVER)
    return states.assign(until_us=until.to_numpy(dtype=np.int64))


def _of_events(tables: Tables) -> list[pd.DataFrame]:
    if not tables.filled("contract_events"):
        return []
    accounts = tables.by_name.get("accounts")
    known = empty_table(table_spec("accounts")) if accounts is None else accounts
    told = [_sign_ups(known), _event_states(tables)]
    return [
        states.assign(until_us=NEVER, currency=tables.currency, source="event") for states in told
    ]


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
    return first.assign(entity=first["account_id"], ends_us=NEVER, arr=np.nan)


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
        }
    )


def settle(states: pd.DataFrame) -> pd.DataFrame:
    """Reduce states to their last versions, ended where the next state of the entity starts.

    Parameters
    ----------
    states : DataFrame
        A states frame; judged with all data. Those that stop to count at some time are left out.

    Returns
    -------
    DataFrame
        One row per state that is still there, sorted by entity and start, with in addition
        ``end_known_us`` (what ended it was known by then), ``first_known_us`` (its first version
        was known) and ``before`` (position of the state it replaced, -1 for the first).

    Examples
    --------
    >>> from churngrid.features.subscriptions.facts import subscriptions_of
    >>> nothing = Tables({})
    >>> settle(paid_states(nothing, subscriptions_of(nothing).contracts)).empty
    True
    """
    if "until_us" in states:
        states = states[states["until_us"] == NEVER]
    rank = "rank_us" if "rank_us" in states else "starts_us"
    key = ["entity", rank]
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
