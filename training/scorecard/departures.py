"""Who left or gave notice lately, and what the health score had said of them some weeks before."""

import numpy as np
import pandas as pd

from ...features.arrays.as_of_rows import Rows
from ...features.cohorts.at_risk import standing
from ...features.engine.compute import Features, known_accounts
from ...features.engine.point_in_time import Knowledge
from ...features.schema.bands import band_of
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.scores.health_score import score_health
from ...features.scores.health_trend import past_dates
from ...features.scores.scorecard import Scorecard
from ...features.subscriptions.business_kind import Business

__all__ = ["departed_since", "with_health_before"]

_INDEX = ["account_id", "as_of"]


def departed_since(
    tables: Tables, now: pd.DataFrame, business: Business, settings: Settings
) -> pd.DataFrame:
    """Return the accounts that have left or given notice since the oldest reading of the trend.

    Parameters
    ----------
    tables : Tables
    now : DataFrame
        Index (account_id, as_of), one date: ``status`` as ``standing`` gives it, and ``ended``,
        whether the account was a customer once and is no more.
    business : Business
    settings : Settings

    Returns
    -------
    DataFrame
        Index (account_id, as_of of the earlier reading): ``account_name``, ``csm_id`` as known
        then, ``arr`` then, and ``how``: ``left`` or ``notice_given``. Only who was a customer then
        and had not given notice.
    """
    as_of = now.index.get_level_values("as_of")[0] if len(now) else None
    gone = now[now["ended"] | now["status"].eq("notice_given")]
    if as_of is None or gone.empty:
        return _nobody()
    before = past_dates(as_of)[-1]
    pairs = known_accounts(tables, [before])
    then = standing(tables, pairs, business, settings).set_index(["account_id", "as_of"])
    ended = gone["ended"].droplevel("as_of")
    ids = then.index.get_level_values("account_id")
    found = then[then["status"].eq("scored").to_numpy() & ids.isin(ended.index)]
    if found.empty:
        return _nobody()
    known = Knowledge(tables, Rows.of(found.index.to_frame(index=False)))
    left = ended.reindex(found.index.get_level_values("account_id")).to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "account_name": known.account_text("name"),
            "csm_id": known.account_text("csm_id"),
            "arr": found["arr"].to_numpy(dtype=float),
            "how": np.where(left, "left", "notice_given"),
        },
        index=found.index,
    )


def with_health_before(
    departed: pd.DataFrame, readings: Features, scorecard: Scorecard
) -> pd.DataFrame:
    """Add what the health score said then.

    Parameters
    ----------
    departed : DataFrame
        As ``departed_since`` gives it.
    readings : Features
        With its rows among others.
    scorecard : Scorecard

    Returns
    -------
    DataFrame
        Columns of the result ``departures``, but for ``as_of``; the largest ARR first.
    """
    there = departed[departed.index.isin(readings.frame.index)]
    chs = pd.Series(dtype=float)
    if len(there):
        chs = score_health(readings.at(there.index), scorecard).scores["chs"]
    values = chs.to_numpy(dtype=float)
    frame = there.reset_index().rename(columns={"as_of": "read_at"})
    frame = frame.assign(chs=values, health_band=band_of(values, scorecard.bands))
    order = ["arr", "account_id"]
    return frame.sort_values(order, ascending=[False, True], ignore_index=True)


def _nobody() -> pd.DataFrame:
    names = pd.MultiIndex.from_arrays([[], pd.DatetimeIndex([], tz="UTC")], names=_INDEX)
    columns = {"account_name": object, "csm_id": object, "arr": float, "how": object}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()}, names)
