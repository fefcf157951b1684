"""The plays that a user maps to the reasons of a flat table."""

from collections.abc import Sequence

import pandas as pd

from ...features.schema.flat_settings import FlatPlay

__all__ = ["flat_plays"]

_MOST = 3
"""Plays a customer."""


def flat_plays(reasons: pd.DataFrame, X: pd.DataFrame, plays: Sequence[FlatPlay]) -> pd.DataFrame:
    """Return the first three plays of each customer whose reason is among those for the risk.

    Parameters
    ----------
    reasons : DataFrame
        As ``flat_reasons`` returns them.
    X : DataFrame
        What the model read.
    plays : sequence of FlatPlay
        In order.

    Returns
    -------
    DataFrame
        ``row``, ``play``, ``action``, ``owner``, ``due_days``, ``why``; empty without plays.
    """
    rows = []
    raising = reasons[reasons["direction"] == "raises"]
    for row, found in raising.groupby("row", sort=True):
        said = dict(zip(found["metric"], found["text"], strict=True))
        fitting = [
            play
            for play in plays
            if play.when in said and _holds(play, X[play.when].iloc[int(str(row))])
        ]
        for play in fitting[:_MOST]:
            due = play.due_days
            rows.append((row, play.name, play.action, play.owner, due, said[play.when]))
    columns = ["row", "play", "action", "owner", "due_days", "why"]
    return pd.DataFrame(rows, columns=columns)


def _holds(play: FlatPlay, value: object) -> bool:
    if play.is_one_of and str(value) not in play.is_one_of:
        return False
    bounds = (play.at_least, play.at_most)
    if bounds == (None, None):
        return True
    if not isinstance(value, float) or value != value:
        return False
    low = play.at_least is None or value >= play.at_least
    return low and (play.at_most is None or value <= play.at_most)
