"""Which contract takes another one's place, and from when that is known."""

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, IntArray
from ..arrays.moments import DAY, NEVER
from .terms import term_end_after

__all__ = ["SMALL_SHARE", "successions"]


_LOOKED_AT = 8
"""Contracts that begin next: among them the successor is looked for."""

_NEAR_DAYS = 31.0
_NEAR_SHARE = 1 / 3
"""A successor begins so near to the end of a term: at most so many days, or part of the term."""

SMALL_SHARE = 0.25
"""What is worth less than this of a contract does not replace it but stands beside it."""

_FACTS = ("entity", "starts_us", "known_us", "replaced_us")


def successions(versions: pd.DataFrame) -> pd.DataFrame:
    """List the contracts that end because another one takes their place.

    A contract that names its predecessor follows it. One that names none follows a contract that
    renews by itself if it begins where a term of that one ends; any other stands beside it.

    Parameters
    ----------
    versions : DataFrame
        From ``contract_versions``.

    Returns
    -------
    DataFrame
        ``account_id``, ``entity`` (of the contract that ends), ``stops_us``, ``known_us`` (both
        were known), ``void_known_us`` (one of them was replaced by a newer version).

    Examples
    --------
    >>> from churngrid.features.schema.tableset import Tables
    >>> from churngrid.features.subscriptions.terms import contract_versions
    >>> len(successions(contract_versions(Tables({}))))
    0
    """
    ordered = versions.sort_values(["account_id", "starts_us", "known_us"], ignore_index=True)
    pairs = pd.concat([_named(ordered), _following(ordered)], ignore_index=True)
    return pd.DataFrame(
        {
            "account_id": pairs["account_id"],
            "entity": pairs["entity"],
            "stops_us": pairs["starts_us_next"],
            "known_us": pairs[["known_us", "known_us_next"]].max(axis=1),
            "void_known_us": pairs[["replaced_us", "replaced_us_next"]].min(axis=1),
        }
    )


def _named(ordered: pd.DataFrame) -> pd.DataFrame:
    followers = ordered[ordered["predecessor"].notna()]
    pairs = ordered.merge(
        followers[["account_id", "predecessor", *_FACTS]],
        left_on=["account_id", "contract_id"],
        right_on=["account_id", "predecessor"],
        suffixes=("", "_next"),
    )
    return pairs[pairs["starts_us_next"] > pairs["starts_us"]]


def _following(ordered: pd.DataFrame) -> pd.DataFrame:
    """Pair each contract that renews by itself with those of its account that begin next."""
    rolls, named = ordered["rolls"].to_numpy(), ordered["predecessor"].notna().to_numpy()
    entity, starts = ordered["entity"].to_numpy(), ordered["starts_us"].to_numpy()
    account = pd.factorize(ordered["account_id"])[0]
    first, second = _next_places(len(ordered))
    candidate = (
        rolls[first]
        & (account[first] == account[second])
        & (entity[first] != entity[second])
        & ~named[second]
        & (starts[second] > starts[first])
    )
    pairs = ordered.take(first[candidate]).reset_index(drop=True)
    follower = ordered[["acv", *_FACTS]].take(second[candidate]).reset_index(drop=True)
    pairs = pairs.join(follower.add_suffix("_next"))
    return pairs[_takes_over(pairs)]


def _next_places(count: int) -> tuple[IntArray, IntArray]:
    """Pair every place with each of the next few: first all with their next one."""
    steps = [(np.arange(max(count - step, 0)), step) for step in range(1, _LOOKED_AT + 1)]
    first = np.concatenate([places for places, _ in steps])
    return first, np.concatenate([places + step for places, step in steps])


def _takes_over(pairs: pd.DataFrame) -> BoolArray:
    days = np.minimum(_NEAR_DAYS, _NEAR_SHARE * 30.0 * pairs["months"].to_numpy())
    near = (days * DAY).astype(np.int64)
    begins = pairs["starts_us_next"].to_numpy()
    end = term_end_after(pairs, begins - near - 1)
    # A contract without a written end, paid by the month, can be followed at any time.
    at_an_end = (end <= begins + near) | (end == NEVER)
    smaller = pairs["acv_next"].to_numpy() < SMALL_SHARE * pairs["acv"].to_numpy()
    return np.asarray(at_an_end & ~smaller)
