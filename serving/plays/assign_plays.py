"""Choosing plays: per account and slot the first that holds, within what is open and possible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import BoolArray
from ...features.metrics.metric import Metric
from ..company.playbook import Playbook
from ..results.schema import PLAY_COLUMNS, PROGRESS_COLUMNS
from ..results.words import ALWAYS, SLOTS
from .choose_plays import chosen_plays, with_controls
from .interventions import Interventions
from .play_priorities import ranked, with_capacity
from .play_reasons import reasons_of

__all__ = ["Limits", "assign_plays"]

Marks = Mapping[str, BoolArray]

_EXPIRES_DAYS = 90


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be asked at a time.

    Parameters
    ----------
    most : int
        Plays per account, with those that are open already.
    cool_down_days : int
        Days before the same play may come again.
    per_week : int or None
        New plays that a person, or a desk without accounts of its own, can begin in a week; those
        of ``AT_ONCE``, and the first one of an account that decides this month, count and never
        wait. No limit when None.
    holidays : sequence of date
        Days that are no business days, beside Saturdays and Sundays.
    """

    most: int = 3
    cool_down_days: int = 30
    per_week: int | None = None
    holidays: Sequence[date] = ()


def assign_plays(
    accounts: pd.DataFrame,
    playbook: Playbook,
    *,
    metrics: Mapping[str, Metric],
    known: Interventions | None = None,
    limits: Limits | None = None,
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Choose plays for scored accounts.

    Parameters
    ----------
    accounts : DataFrame
        One row an account, those that need someone most first: ``account_id``, ``as_of``, every
        field the conditions look at, ``spoken`` (per cap, driver, component or slot what to say of
        it for this account), ``families`` where there are several (tuple of what ``drivers`` holds,
        the component that pushes most first), ``unit`` where accounts belong together, and
        ``decision_at`` with ``decision_kind`` where they are known: a play is due before.
    playbook : Playbook
    metrics : mapping of str to Metric
        By column, levels and variants: the fields that are numbers, to put them into words.
    known : Interventions, optional
        What became of plays; nothing is open without them.
    limits : Limits, optional
    earlier : DataFrame, optional
        Plays as they were stored before: an open one keeps the reason that it was begun for.

    Returns
    -------
    DataFrame
        ``PLAY_COLUMNS`` and ``PROGRESS_COLUMNS``, accounts in the given order, slots in order of
        precedence; empty for no accounts. ``state`` is ``proposed``, ``open`` (begun and not
        ended), ``waiting`` (its owner has no hand free) or ``withheld`` (of the control share).

    Notes
    -----
    Of the slots ``urgent`` every play that holds is taken, of the others the first. Plays of
    ``ALWAYS`` come whatever is open; what is open, and they, hold back the rest.

    A play that contradicts one that is taken or open is not taken. One that is urgent, or stands
    alone, ends open plays that contradict it: they are listed no more.

    The catch-all of a slot is for accounts that no other play of it answers to, in cool-down or
    not. A play that is withheld is not replaced by another of its slot, or the comparison would be
    one between two plays. Who is withheld is drawn once an account (or parent account), play and
    experiment.
    """
    bounds = limits or Limits()
    begun = _of_accounts(accounts, playbook, known or Interventions.none(), bounds)
    running = _by_play(begun[begun["open"]], len(accounts))
    busy = _by_play(begun[begun["open"] | begun["cooling"]], len(accounts))
    chosen = chosen_plays(accounts, playbook, busy=busy, running=running)
    over = begun["open"].to_numpy(dtype=bool) & _over(begun, chosen.ended)
    stopped, begun = begun[over], begun[begun["open"] & ~over]
    room = bounds.most - _count(begun["position"], len(accounts))
    proposed = _within(with_controls(chosen.rows, accounts, playbook), room, playbook)
    open_plays = begun[begun["play"].isin(chosen.ended)]
    rows = _joined(proposed, open_plays)
    rows = _with_dates(rows, accounts, playbook, bounds.holidays)
    rows = ranked(rows, accounts, playbook)
    rows = with_capacity(rows, accounts, playbook, open_plays, per_week=bounds.per_week)
    why = reasons_of(rows, accounts, playbook, metrics)
    why = _with_ends(rows, why, stopped, playbook)
    rows = rows.assign(why=_why_begun(rows, why, accounts, earlier))
    return _described(rows, accounts, playbook)


def _of_accounts(
    accounts: pd.DataFrame, playbook: Playbook, known: Interventions, limits: Limits
) -> pd.DataFrame:
    """Return the interventions of these accounts, and which of their plays are open or cooling."""
    position = pd.Index(accounts["account_id"]).get_indexer(pd.Index(known.plays["account_id"]))
    frame: pd.DataFrame = known.plays.assign(position=position)[position >= 0]
    as_of = pd.DatetimeIndex(accounts["as_of"].iloc[frame["position"].to_numpy()])
    which, own = playbook.places(frame["play"]), [play.cool_down_days for play in playbook.plays]
    # The last one of each is for plays that the playbook does not have: their place is -1.
    expires = np.array([*(play.expires_days for play in playbook.plays), _EXPIRES_DAYS])[which]
    general = limits.cool_down_days
    cooling = np.array([*(general if days is None else days for days in own), general])[which]
    frame["open"] = (frame["state"] == "begun") & (_days(as_of, frame["since"]) < expires)
    frame["cooling"] = _days(as_of, frame["last_at"]) <= cooling
    return frame


def _days(as_of: pd.DatetimeIndex, moment: pd.Series) -> npt.NDArray[np.float64]:
    passed = as_of - pd.DatetimeIndex(pd.to_datetime(moment, utc=True))
    return np.asarray(passed / pd.Timedelta(days=1), dtype=float)


def _over(begun: pd.DataFrame, ended: Marks) -> BoolArray:
    """Say which open plays something urgent has ended."""
    pairs = zip(begun["play"], begun["position"], strict=True)
    over = [play in ended and bool(ended[play][place]) for play, place in pairs]
    return np.array(over, dtype=bool)


def _by_play(begun: pd.DataFrame, length: int) -> dict[str, BoolArray]:
    """Return which accounts have each play."""
    marks = {}
    for play, rows in begun.groupby("play"):
        marks[str(play)] = _count(rows["position"], length) > 0
    return marks


def _count(position: pd.Series, length: int) -> npt.NDArray[np.int64]:
    return np.bincount(position.to_numpy(dtype=int), minlength=length)


def _within(rows: pd.DataFrame, room: npt.NDArray[np.int64], playbook: Playbook) -> pd.DataFrame:
    """Keep what an account has room for; what is withheld takes none, but needs it too."""
    slot = np.array([play.slot for play in playbook.plays], dtype=object)[
        playbook.places(rows["play"])
    ]
    taking = (rows["state"] == "proposed").astype(int)
    before = (taking.groupby(rows["position"]).cumsum() - taking).to_numpy()
    fits = before < room[rows["position"].to_numpy(dtype=int)]
    kept: pd.DataFrame = rows.loc[fits | np.isin(slot, ALWAYS)]
    return kept


def _joined(proposed: pd.DataFrame, open_plays: pd.DataFrame) -> pd.DataFrame:
    """Return both as one table, per account and slot what is open first."""
    begun = open_plays.assign(
        state="open", open_since=pd.to_datetime(open_plays["since"], utc=True)
    )
    never = pd.Series(pd.NaT, index=proposed.index, dtype="datetime64[us, UTC]")
    columns = ["position", "play", "state", "open_since"]
    parts: list[pd.DataFrame] = [begun[columns], proposed.assign(open_since=never)[columns]]
    return pd.concat(parts, ignore_index=True)


def _with_dates(
    rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook, holidays: Sequence[date]
) -> pd.DataFrame:
    """Add when each play is due, and by how many business days an open one is past it."""
    as_of = accounts["as_of"].iloc[rows["position"].to_numpy(dtype=int)].set_axis(rows.index)
    since = pd.to_datetime(rows["open_since"], utc=True).astype("datetime64[us, UTC]")
    ahead = np.array([play.due_days for play in playbook.plays])[playbook.places(rows["play"])]
    off = np.array(holidays, dtype="datetime64[D]")
    today = _days_of(as_of)
    due = np.busday_offset(_days_of(since.fillna(as_of)), ahead, roll="forward", holidays=off)
    due = np.fmin(due, _last_day_to_act(rows, accounts, today, off))
    late = np.busday_count(due, today, holidays=off)
    overdue = np.where(since.notna() & (late > 0), late, np.nan)
    stamps = pd.DatetimeIndex(due.astype("datetime64[us]")).tz_localize("UTC")
    return rows.assign(
        open_since=since,
        due_at=stamps,
        overdue_days=overdue,
        escalated_to=pd.Series(playbook.escalate_to, rows.index, dtype=object).where(
            overdue > 0, None
        ),
    )


def _last_day_to_act(
    rows: pd.DataFrame,
    accounts: pd.DataFrame,
    today: npt.NDArray[np.datetime64],
    off: npt.NDArray[np.datetime64],
) -> npt.NDArray[np.datetime64]:
    """Return the last business day before the decision, but none that has passed.

    Not a time where no decision lies ahead, or where one comes with every month.
    """
    if "decision_at" not in accounts:
        return np.full(len(rows), np.datetime64("NaT", "D"))
    decides = accounts["decision_at"].where(accounts["decision_kind"].ne("month_end"))
    day = _days_of(decides.iloc[rows["position"].to_numpy(dtype=int)])
    ahead = day >= today
    last = np.busday_offset(np.where(ahead, day, today), -1, roll="forward", holidays=off)
    first = np.busday_offset(today, 0, roll="forward", holidays=off)
    return np.where(ahead, np.maximum(last, first), np.datetime64("NaT", "D"))


def _days_of(moments: pd.Series) -> npt.NDArray[np.datetime64]:
    return np.asarray(moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]"))


def _why_begun(
    rows: pd.DataFrame,
    why: npt.NDArray[np.object_],
    accounts: pd.DataFrame,
    earlier: pd.DataFrame | None,
) -> list[str]:
    """Return the reason of each play; that of an open one is why it was begun, and since when."""
    then = _said_then(earlier)
    ids = accounts["account_id"].iloc[rows["position"].to_numpy(dtype=int)].tolist()
    told = []
    for account, play, since, now in zip(ids, rows["play"], rows["open_since"], why, strict=True):
        if pd.isna(since):
            told.append(now)
            continue
        before = [text for as_of, text in then.get((account, play), ()) if as_of <= since]
        begun = f"begun on {since.day} {since:%b %Y}"
        told.append(f"{before[-1]}; {begun}" if before else begun)
    return told


def _with_ends(
    rows: pd.DataFrame,
    why: npt.NDArray[np.object_],
    stopped: pd.DataFrame,
    playbook: Playbook,
) -> npt.NDArray[np.object_]:
    """Say of what is urgent which open plays it ends."""
    names = stopped["play"].str.replace("_", " ").groupby(stopped["position"]).agg(", ".join)
    ends = rows["position"].map(names)
    urgent = {play.name for play in playbook.in_slot("urgent")}
    told = ends.notna() & rows["play"].isin(urgent) & rows["open_since"].isna()
    said = why.copy()
    said[told] = why[told] + "; it ends " + ends[told].to_numpy(dtype=object)
    return said


def _said_then(earlier: pd.DataFrame | None) -> dict[tuple[str, str], list[tuple[object, str]]]:
    """Return what was said of plays when they were proposed, in the order of time."""
    said: dict[tuple[str, str], list[tuple[object, str]]] = {}
    if earlier is None or earlier.empty:
        return said
    columns = ["account_id", "play", "as_of", "why"]
    proposed = earlier.loc[earlier["state"].isin(["proposed", "waiting"]), columns]
    stamped = proposed.assign(as_of=pd.to_datetime(proposed["as_of"], utc=True))
    for account, play, as_of, why in stamped.sort_values("as_of").itertuples(index=False):
        said.setdefault((account, play), []).append((as_of, why))
    return said


def _described(rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook) -> pd.DataFrame:
    """Return the plays in their order, with whose they are and who works on them."""
    which = playbook.places(rows["play"])
    slot = np.array([SLOTS.index(play.slot) for play in playbook.plays])[which]
    order = np.lexsort((which, rows["state"] != "open", slot, rows["position"].to_numpy()))
    rows, which, slot = rows.iloc[order].reset_index(drop=True), which[order], slot[order]
    account = accounts[["account_id", "as_of"]].iloc[rows["position"].to_numpy(dtype=int)]
    frame = rows.assign(
        slot=np.array(SLOTS, dtype=object)[slot],
        account_id=account["account_id"].array,
        as_of=account["as_of"].array,
        owner=np.array([play.owner for play in playbook.plays], dtype=object)[which],
        **_experiment(which, playbook),
    )
    return frame[[*PLAY_COLUMNS, *PROGRESS_COLUMNS]]


def _experiment(which: npt.NDArray[np.int64], playbook: Playbook) -> dict[str, npt.NDArray[Any]]:
    """Return the share from which each play is withheld, and the name of that comparison."""
    share = np.array([play.control_share for play in playbook.plays])[which]
    named = [play.experiment if play.control_share else "" for play in playbook.plays]
    return {"control_share": share, "experiment": np.array(named, dtype=object)[which]}
