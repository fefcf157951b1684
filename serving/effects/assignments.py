"""Who was drawn to get a play and from whom it was withheld, and who got it in the end."""

import pandas as pd

from ...features.schema.tableset import Tables
from ...training.dataset.temporal_splits import parents_of
from ..plays.interventions import DRAWN, stated_before

__all__ = ["WITHHELD", "draws_of"]


WITHHELD = "withheld"
_KEY = ["account_id", "play", "experiment"]
_DRAW = [*_KEY, "drawn_at", "withheld", "share"]
_STATES = ("proposed", "waiting", WITHHELD)
"""Where a stored play stands on the day of its draw; one that is open was drawn before."""


def draws_of(tables: Tables, stored: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    """List the first draw of each account, play and experiment.

    Parameters
    ----------
    tables : Tables
        Interventions with the states ``proposed`` and ``withheld`` are draws, ``begun`` says who
        got the play.
    stored : DataFrame or None
        The stored ``plays`` of all scorings; those with a ``control_share`` are draws.
    as_of : Timestamp
        Only what was known before it counts.

    Returns
    -------
    DataFrame
        ``account_id``, ``play``, ``experiment``, ``drawn_at``, ``withheld``, ``share`` (that of the
        controls where it was drawn, else the part of the experiment that was withheld),
        ``begun_at`` (first time the play was begun from then on; NaT if never) and ``unit`` (its
        topmost parent: accounts of one are drawn together); sorted by play and account.
    """
    said = stated_before(tables, as_of)
    found = pd.concat([_of_stored(stored, as_of), _of_statements(said)], ignore_index=True)
    first = found.sort_values("drawn_at", kind="stable").drop_duplicates(_KEY)
    seen = first.groupby(["play", "experiment"])["withheld"].transform("mean")
    draws = first.assign(share=first["share"].fillna(seen)).sort_values(["play", *_KEY])
    return _with_begun(draws.reset_index(drop=True), said).assign(unit=_units(draws, tables))


def _of_stored(stored: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    if stored is None or stored.empty:
        return _none()
    drawn_at = pd.to_datetime(stored["as_of"], utc=True).astype("datetime64[us, UTC]")
    drawn = stored["state"].isin(_STATES) & (stored["control_share"] > 0) & (drawn_at <= as_of)
    return stored.assign(
        drawn_at=drawn_at, withheld=stored["state"] == WITHHELD, share=stored["control_share"]
    ).loc[drawn, _DRAW]


def _of_statements(said: pd.DataFrame) -> pd.DataFrame:
    drawn = said[said["state"].isin(DRAWN) & said["play"].notna()]
    return drawn.assign(
        experiment=drawn["experiment"].fillna(""),
        drawn_at=pd.to_datetime(drawn["occurred_at"], utc=True).astype("datetime64[us, UTC]"),
        withheld=drawn["state"] == WITHHELD,
        share=float("nan"),
    )[_DRAW]


def _none() -> pd.DataFrame:
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in _KEY})
    return empty.assign(
        drawn_at=pd.Series(dtype="datetime64[us, UTC]"),
        withheld=pd.Series(dtype=bool),
        share=pd.Series(dtype=float),
    )


def _with_begun(draws: pd.DataFrame, said: pd.DataFrame) -> pd.DataFrame:
    """Add when each play was first begun from its draw on."""
    begun = said.loc[said["state"] == "begun", ["account_id", "play", "occurred_at"]]
    pairs = draws.reset_index()[["index", "account_id", "play", "drawn_at"]].merge(begun)
    after = pairs[pairs["occurred_at"] >= pairs["drawn_at"]]
    first = after.groupby("index")["occurred_at"].min()
    return draws.assign(begun_at=first.reindex(draws.index))


def _units(draws: pd.DataFrame, tables: Tables) -> pd.Series:
    ids = draws["account_id"].reset_index(drop=True)
    if "accounts" not in tables:
        return ids
    return ids.map(parents_of(tables).to_dict()).fillna(ids)
