"""Which contract takes another one's place, and from when that is known."""

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray
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
    found = [_named(ordered), *(_following(ordered, step) for step in range(1, _LOOKED_AT + 1))]
    pairs = pd.concat(found, ignore_index=True)
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


def _following(ordered: pd.DataFrame, step: int) -> pd.DataFrame:
    """Pair each contract that renews by itself with the one so many places further on."""
    first, second = ordered.iloc[:-step], ordered.iloc[step:].reset_index(drop=True)
    candidate = (
        first["rolls"].to_numpy()
        & (first["account_id"] == second["account_id"]).to_numpy()
        & (first["entity"] != second["entity"]).to_numpy()
        & second["predecessor"].isna().to_numpy()
        & (second["starts_us"] > first["starts_us"].reset_index(drop=True)).to_numpy()
    )
    pairs = first[candidate].reset_index(drop=True)
    follower = second.loc[candidate, ["acv", *_FACTS]].reset_index(drop=True)
    pairs = pairs.join(follower.add_suffix("_next"))
    return pairs[_takes_over(pairs)]


def _takes_over(pairs: pd.DataFrame) -> BoolArray:
    days = np.minimum(_NEAR_DAYS, _NEAR_SHARE * 30.0 * pairs["months"].to_numpy())
    near = (days * DAY).astype(np.int64)
    begins = pairs["starts_us_next"].to_numpy()
    end = term_end_after(pairs, begins - near - 1)
    # A contract without a written end, paid by the month, can be followed at any time.
    at_an_end = (end <= begins + near) | (end == NEVER)
    smaller = pairs["acv_next"].to_numpy() < SMALL_SHARE * pairs["acv"].to_numpy()
    return np.asarray(at_an_end & ~smaller)
