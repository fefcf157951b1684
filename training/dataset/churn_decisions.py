"""Episodes of custom, and the date on which each was decided to end."""

import numpy as np
import pandas as pd
import pyarrow as pa

from ...features.arrays.moments import DAY, NEVER, IntArray, later, timestamps
from ...features.cohorts.as_of_dates import newest_closed_day
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...features.subscriptions.facts import subscriptions_of
from ...features.subscriptions.notices import pause_periods
from ...features.subscriptions.paid_states import typed
from ...features.subscriptions.visible_spans import whole

__all__ = ["decide"]


_SIZES = ("amount", "unknown", "paused")
_TAGS = ("reason_code", "avoidability", "initiated_by")
_TIMES = {
    "started_at": "started_us",
    "ended_at": "ended_us",
    "decided_at": "decided_us",
    "decision_known_at": "decision_known_us",
    "notice_at": "notice_us",
    "paused_at": "paused_us",
}
_WRITTEN = {
    "account_id": pa.string(),
    "kind": pa.string(),
    "involuntary": pa.bool_(),
    "reason_code": pa.string(),
    "avoidability": pa.string(),
}


def decide(tables: Tables, business: Business, settings: Settings) -> pd.DataFrame:
    """Find when each account was a customer and when it was decided that it leaves.

    Logo churn is ARR above zero before a date and zero from it on for the grace or longer; a
    shorter gap is a renewal, and so is a pause. The decision date is the earliest notice that was
    neither withdrawn nor overtaken by a renewal, otherwise the end itself. All of it is judged with
    all data: labels may look ahead, metrics may not.

    Parameters
    ----------
    tables : Tables
    business : Business
    settings : Settings
        ``grace_days`` is used.

    Returns
    -------
    DataFrame
        One row per account and episode, sorted by both: ``account_id``; ``started_at``;
        ``ended_at`` (NaT while it runs, and while the grace has not run out by the end of the
        data); ``decided_at``, ``decision_known_at``, ``notice_at`` (NaT without one); ``kind``
        (``"logo"`` once decided, else null); ``involuntary``; ``reason_code``; ``avoidability``;
        ``paused_at`` (first pause of the episode). Times are UTC. An episode whose notice is
        pending at the end of the data is decided but not ended. Empty when non-contractual.

    Examples
    --------
    >>> len(decide(Tables({}), Business.NON_CONTRACTUAL, Settings()))
    0
    """
    known = subscriptions_of(tables, grace_days=settings.grace_days)
    states = known.settled() if business.contractual else known.settled().iloc[:0]
    pauses = pause_periods(tables)
    episodes = _episodes(_steps(states, pauses), grace_days=settings.grace_days)
    data_end = newest_closed_day(tables).value // 1000 if len(episodes) else 0
    episodes = _confirmed(episodes, data_end, grace_days=settings.grace_days)
    notices = _valid_notices(episodes, known.notices, data_end)
    decided = _decided(episodes, notices).assign(paused_us=_first_in(episodes, pauses))
    return _written(decided)


def _steps(states: pd.DataFrame, pauses: pd.DataFrame) -> pd.DataFrame:
    """Return by how much each account's state changes at each moment, summed per moment."""
    unknown = states["arr"].isna()
    paid = states.assign(amount=whole(states["arr"].to_numpy()), unknown=unknown.astype(np.int64))
    paid = paid[(paid["amount"] != 0) | unknown]
    paused = pauses.assign(paused=1, known_us=pauses["starts_us"], end_known_us=pauses["ends_us"])
    spans = pd.concat([paid, paused], ignore_index=True)
    spans = spans[spans["ends_us"] > spans["starts_us"]]
    sizes = spans.reindex(columns=list(_SIZES)).fillna(0).astype(np.int64)
    opens = sizes.assign(
        account_id=spans["account_id"], at_us=spans["starts_us"], known_us=spans["known_us"]
    )
    closes = (-sizes).assign(
        account_id=spans["account_id"], at_us=spans["ends_us"], known_us=spans["end_known_us"]
    )
    summed = dict.fromkeys(_SIZES, "sum") | {"known_us": "max"}
    both = pd.concat([opens, closes], ignore_index=True)
    return both.groupby(["account_id", "at_us"], as_index=False).agg(summed)


def _episodes(steps: pd.DataFrame, *, grace_days: int) -> pd.DataFrame:
    """Join the stretches in which an account pays or is paused, over gaps below the grace."""
    # What opens also closes, at the latest never, so each account's sums end at zero.
    level = steps[list(_SIZES)].cumsum()
    pays = (level["amount"] > 0) | (level["unknown"] > 0)
    active = (pays | (level["paused"] > 0)).to_numpy()
    before = np.append(False, active[:-1])[: len(active)]
    starts, ends = steps[active & ~before], steps[~active & before]
    stretch = np.cumsum(active & ~before)
    account = starts["account_id"].reset_index(drop=True)
    started, ended = starts["at_us"].to_numpy(), ends["at_us"].to_numpy()
    joined = np.zeros(len(starts), dtype=bool)
    joined[1:] = (started[1:] - ended[:-1] < grace_days * DAY) & (account == account.shift())[1:]
    stretches = pd.DataFrame(
        {
            "episode": np.cumsum(~joined),
            "account_id": account,
            "started_us": started,
            "ended_us": ended,
            "end_known_us": ends["known_us"].to_numpy(),
            "paid": pays.groupby(stretch).max().reindex(np.arange(1, len(starts) + 1)).to_numpy(),
        }
    )
    kinds = {"account_id": "first", "started_us": "first", "ended_us": "last"}
    kinds |= {"end_known_us": "last", "paid": "max"}
    episodes = stretches.groupby("episode").agg(kinds)
    # A pause by itself is no custom.
    return episodes[episodes["paid"].astype(bool)].reset_index(drop=True)


def _confirmed(episodes: pd.DataFrame, data_end: int, *, grace_days: int) -> pd.DataFrame:
    """Take back the ends whose grace has not run out by the end of the data."""
    ended = episodes["ended_us"].to_numpy()
    sure = later(ended, grace_days) <= data_end
    known = np.maximum(ended, episodes["end_known_us"].to_numpy())
    return episodes.assign(
        episode=np.arange(len(episodes)),
        ended_us=np.where(sure, ended, NEVER),
        end_known_us=np.where(sure, known, NEVER),
    )


def _of_episode(episodes: pd.DataFrame, facts: pd.DataFrame, at: str) -> pd.DataFrame:
    """Give each fact the latest episode of its account that had started by then, and its end."""
    found = pd.merge_asof(
        facts.sort_values(at, kind="stable"),
        episodes[["account_id", "started_us", "episode"]].sort_values("started_us"),
        left_on=at,
        right_on="started_us",
        by="account_id",
    )
    found = found[found["episode"].notna()].astype({"episode": np.int64})
    return found.assign(ended_us=episodes["ended_us"].to_numpy()[found["episode"]])


def _valid_notices(episodes: pd.DataFrame, notices: pd.DataFrame, data_end: int) -> pd.DataFrame:
    """Keep the notices that announced, or afterwards stated, the end of their episode."""
    found = _of_episode(episodes, notices, "at_us")
    running = found["ended_us"] == NEVER
    pending = (found["void_at_us"] == NEVER) & (found["lapses_us"] >= data_end)
    announced = (found["void_at_us"] > found["ended_us"]) & (
        found["lapses_us"] >= found["ended_us"]
    )
    stated = found["at_us"] > found["ended_us"]
    return found[(running & pending) | (~running & (announced | stated))]


def _decided(episodes: pd.DataFrame, notices: pd.DataFrame) -> pd.DataFrame:
    announced = notices[notices["at_us"] <= notices["ended_us"]]
    notice = _scattered(episodes, announced, "at_us")
    known = np.minimum(
        _scattered(episodes, notices, "known_us"), episodes["end_known_us"].to_numpy()
    )
    tags = notices.groupby("episode")[list(_TAGS)].first().reindex(episodes["episode"])
    return episodes.assign(
        decided_us=np.minimum(notice, episodes["ended_us"].to_numpy()),
        decision_known_us=known,
        notice_us=notice,
        **{name: tags[name].to_numpy() for name in _TAGS},
    )


def _scattered(episodes: pd.DataFrame, facts: pd.DataFrame, column: str) -> IntArray:
    """Return the smallest value of each episode; ``NEVER`` where there is none."""
    smallest = np.full(len(episodes), NEVER)
    np.minimum.at(smallest, facts["episode"].to_numpy(), facts[column].to_numpy())
    return smallest


def _first_in(episodes: pd.DataFrame, pauses: pd.DataFrame) -> IntArray:
    paused = pauses.rename(columns={"starts_us": "paused_us", "ends_us": "resumed_us"})
    found = _of_episode(episodes, paused, "paused_us")
    return _scattered(episodes, found[found["paused_us"] <= found["ended_us"]], "paused_us")


def _written(episodes: pd.DataFrame) -> pd.DataFrame:
    kind = pd.Series("logo", index=episodes.index).where(episodes["decided_us"] < NEVER, None)
    payment = episodes["initiated_by"] == "payment_failure"
    written = typed(episodes.assign(kind=kind, involuntary=payment), _WRITTEN)
    times = {name: timestamps(episodes[column].to_numpy()) for name, column in _TIMES.items()}
    return written.assign(**times)[["account_id", *_TIMES, *list(_WRITTEN)[1:]]]
