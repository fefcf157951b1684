"""What each paid state is beside the others of the same thing: emptied, risen, replaced."""

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.moments import NEVER

__all__ = ["with_changes"]


def with_changes(states: pd.DataFrame) -> pd.DataFrame:
    """Say of each state what the other ones of the same thing make of it.

    Parameters
    ----------
    states : DataFrame
        A states frame with ``rank_us``, ``arr`` and ``change``.

    Returns
    -------
    DataFrame
        In addition ``emptied`` (nothing, after something was paid: it has ended), ``stops_us``
        (when it has ended by what it says; what was in force for nothing, without a price before
        it, ends like anything else), ``replaced_us`` (a newer version was known; ``NEVER``) and
        ``rise`` (what a price rise adds a year; 0 where it is none).

    Examples
    --------
    >>> state = {"account_id": "a", "entity": 0, "rank_us": [0, 5], "starts_us": [0, 5]}
    >>> state |= {"ends_us": NEVER, "known_us": [0, 5], "arr": [12.0, 0.0], "change": None}
    >>> with_changes(pd.DataFrame(state))["emptied"].tolist()
    [False, True]
    """
    ordered = states.sort_values(["entity", "rank_us", "known_us"], kind="stable")
    emptied = _emptied(states)
    over = (states["arr"].to_numpy() < 0) | emptied | _priced_before(states)
    stops = np.where(over, states["starts_us"], states["ends_us"]).astype(np.int64)
    return states.assign(
        emptied=emptied,
        stops_us=stops,
        replaced_us=_replaced(states, ordered),
        rise=_rise(states, ordered),
    )


def _emptied(states: pd.DataFrame) -> BoolArray:
    """Mark states of nothing that follow a paid state of the same thing: it has ended."""
    arr = states["arr"].to_numpy()
    nothing = pd.DataFrame(
        {
            "entity": states["entity"].to_numpy(),
            "starts": states["starts_us"].to_numpy(),
            "nothing": arr <= 0,
            "known": states["known_us"].to_numpy(),
        }
    ).sort_values(["entity", "starts", "nothing"], kind="stable")
    # One and the same paid state has to have begun and been known by then.
    paid_known = nothing["known"].where(~nothing["nothing"], NEVER)
    first = paid_known.groupby(nothing["entity"], sort=False).cummin()
    follows = (nothing["nothing"] & (first <= nothing["known"])).sort_index()
    return np.asarray((arr < 0) | follows.to_numpy())


def _priced_before(states: pd.DataFrame) -> BoolArray:
    """Mark states of nothing of accounts that had something with a price by then."""
    nothing = states["arr"].to_numpy() <= 0
    priced = states["known_us"].where(~nothing, NEVER).groupby(states["account_id"])
    return np.asarray(nothing & (priced.transform("min") <= states["known_us"]).to_numpy())


def _replaced(states: pd.DataFrame, ordered: pd.DataFrame) -> IntArray:
    newer = ordered.groupby(["entity", "rank_us"])["known_us"].shift(-1, fill_value=NEVER)
    return newer.reindex(states.index).to_numpy(dtype=np.int64)


def _rise(states: pd.DataFrame, ordered: pd.DataFrame) -> FloatArray:
    before = ordered.groupby("entity")["arr"].shift()
    rise = (ordered["arr"] - before).reindex(states.index).to_numpy()
    risen = states["change"].eq("price_uplift").to_numpy() & (rise > 0)
    return np.where(risen, rise, 0.0)
