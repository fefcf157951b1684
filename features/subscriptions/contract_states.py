"""Contracts as they are known over time: the term, and when the contract is known to stop."""

import numpy as np
import pandas as pd

from ..arrays.array_types import IntArray
from ..arrays.moments import NEVER
from .notices import Statements, contract_stops

__all__ = ["contract_states"]


def contract_states(
    versions: pd.DataFrame, replaced: pd.DataFrame, said: Statements
) -> pd.DataFrame:
    """List each contract at every moment at which something about it became known.

    Parameters
    ----------
    versions : DataFrame
        From ``contract_versions``.
    replaced : DataFrame
        From ``successions``.
    said : Statements
        From ``read_statements``.

    Returns
    -------
    DataFrame
        The columns of ``contract_versions`` with ``known_us`` the moment in question, and
        ``final_us``: when the contract is over, by what was known then. ``NEVER`` while it renews
        by itself or has no end: until it is refused, ended or another one takes its place.

    Examples
    --------
    >>> from churngrid.features.schema.tableset import Tables
    >>> from churngrid.features.subscriptions.notices import read_statements
    >>> from churngrid.features.subscriptions.succession import successions
    >>> from churngrid.features.subscriptions.terms import contract_versions
    >>> versions = contract_versions(Tables({}))
    >>> replaced = successions(versions)
    >>> said = read_statements(Tables({}), versions, replaced, grace_days=30)
    >>> len(contract_states(versions, replaced, said))
    0
    """
    stops = pd.concat([replaced, contract_stops(said)], ignore_index=True)
    moments = _moments(versions, stops)
    found = pd.merge_asof(moments, _positions(versions), on="known_us", by="entity")
    # What is said of a contract before it is known itself waits until it is.
    found = found[found["position"].notna()]
    states = versions.take(found["position"].to_numpy(dtype=np.int64)).reset_index(drop=True)
    states = states.assign(known_us=found["known_us"].to_numpy())
    written = np.where(states["rolls"].to_numpy(dtype=bool), NEVER, states["ends_us"])
    final = np.minimum(written, _first_stop(states, stops))
    return states.assign(final_us=final.astype(np.int64))


def _positions(versions: pd.DataFrame) -> pd.DataFrame:
    placed = versions[["entity", "known_us"]].assign(position=np.arange(len(versions)))
    return placed.sort_values("known_us", kind="stable")


def _moments(versions: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    columns = [versions[["entity", "known_us"]], stops[["entity", "known_us"]]]
    columns.append(stops[["entity", "void_known_us"]].set_axis(["entity", "known_us"], axis=1))
    moments = pd.concat(columns, ignore_index=True).astype(np.int64).drop_duplicates()
    return moments[moments["known_us"] < NEVER].sort_values("known_us", kind="stable")


def _first_stop(states: pd.DataFrame, stops: pd.DataFrame) -> IntArray:
    """Return the earliest stop of each contract that was known at each moment and not void."""
    named = states[["entity", "known_us"]].assign(state=np.arange(len(states)))
    pairs = named.merge(stops, on="entity", suffixes=("", "_stop"))
    holds = (pairs["known_us_stop"] <= pairs["known_us"]) & (
        pairs["void_known_us"] > pairs["known_us"]
    )
    pairs = pairs[holds]
    first = np.full(len(states), NEVER)
    np.minimum.at(first, pairs["state"].to_numpy(), pairs["stops_us"].to_numpy(dtype=np.int64))
    return first
