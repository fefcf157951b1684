"""Choosing plays: per account and slot the first that holds, within what is open and possible."""

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import repeat

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import BoolArray
from ...features.schema.conditions import with_codes
from ..company.playbook import Play, Playbook
from ..results.schema import PLAY_COLUMNS, PROGRESS_COLUMNS
from ..results.words import SLOTS
from .interventions import Interventions
from .play_priorities import ranked, with_capacity
from .wording import in_words

__all__ = ["Limits", "assign_plays"]


Busy = Mapping[str, BoolArray]

_FIELD_NAMES = {"cmi_status": "evidence on maturity", "cmi": "CMI", "chs": "CHS", "arr": "ARR"}
"""Fields whose name as it is would be no word in a sentence."""

_SPOKEN_FIELDS = frozenset({"maturity_due", "weakest_category"})
"""Fields whose own text says more than the condition on them."""

_REASONS = 2
_EXPIRES_DAYS = 90
_HASH_RANGE = 2.0**64


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be asked at a time.

    Parameters
    ----------
    most : int
        Plays per account, with those that are open already.
    cool_down_days : int
        Days before the same play may come again.
    """

    most: int = 3
    cool_down_days: int = 30


@dataclass(frozen=True, slots=True)
class _Words:
    """How fields and their numbers are said."""

    labels: Mapping[str, str]
    percent: Collection[str]

    def number(self, field: str, value: float) -> str:
        """Return the number of a field; nothing where it is unknown."""
        if math.isnan(value):
            return ""
        return f"{value:.0%}".replace("%", " %") if field in self.percent else f"{value:.3g}"


def assign_plays(
    accounts: pd.DataFrame,
    playbook: Playbook,
    *,
    labels: Mapping[str, str],
    percent: Collection[str] = (),
    known: Interventions | None = None,
    limits: Limits | None = None,
) -> pd.DataFrame:
    """Choose plays for scored accounts.

    Parameters
    ----------
    accounts : DataFrame
        One row an account, those that need someone most first: ``account_id``, ``as_of``, every
        field the conditions look at, and ``spoken``: per cap, driver, component or slot what to
        say of it for this account.
    playbook : Playbook
    labels : mapping of str to str
        Fields in words.
    percent : collection of str
        Those of them that are shares, to be said in percent.
    known : Interventions, optional
        What became of plays; nothing is open without them.
    limits : Limits, optional

    Returns
    -------
    DataFrame
        ``PLAY_COLUMNS`` and ``PROGRESS_COLUMNS``, accounts in the given order, slots in order of
        precedence; empty for no accounts. ``state`` is ``proposed``, ``open`` (begun and not
        ended), ``waiting`` (its owner has no hand free) or ``withheld`` (of the control share).

    Notes
    -----
    The catch-all of a slot is for accounts that no other play of it answers to, in cool-down or
    not. A play that is withheld is not replaced by another of its slot, or the comparison would be
    one between two plays.
    """
    begun = _of_accounts(accounts, playbook, known or Interventions.none(), limits or Limits())
    busy = {
        str(play): _marked(rows["position"], len(accounts))
        for play, rows in begun[begun["open"] | begun["cooling"]].groupby("play")
    }
    chosen = _chosen(accounts, playbook, busy)
    room = (limits or Limits()).most - np.bincount(
        begun.loc[begun["open"], "position"].to_numpy(dtype=int), minlength=len(accounts)
    )
    proposed = _within(_with_controls(chosen, accounts, playbook), room)
    declared = begun["play"].isin([play.name for play in playbook.plays])
    open_plays = begun[begun["open"] & declared]
    rows = ranked(_joined(proposed, open_plays), accounts, playbook)
    rows = with_capacity(rows, accounts, playbook, open_plays)
    return _described(rows, accounts, playbook, _Words(labels, percent))


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


def _marked(position: pd.Series, length: int) -> BoolArray:
    marks = np.zeros(length, dtype=bool)
    marks[position.to_numpy(dtype=int)] = True
    return marks


def _chosen(accounts: pd.DataFrame, playbook: Playbook, busy: Busy) -> pd.DataFrame:
    """Return the first free play of each slot and account, all slots in order."""
    facts = with_codes(accounts, [play.when for play in playbook.plays])
    holds = {play.name: play.when.holds(facts) for play in playbook.plays}
    admitted = _admitted(playbook, holds, len(accounts))
    found = [_in_slot(playbook.in_slot(slot), admitted, busy, len(accounts)) for slot in SLOTS]
    frame = pd.concat(found, ignore_index=True)
    return frame.sort_values(["position", "slot_order"], kind="stable", ignore_index=True)


def _admitted(playbook: Playbook, holds: Busy, length: int) -> dict[str, BoolArray]:
    """Return which accounts each play may have: where a play stands alone, only the first such."""
    free = np.ones(length, dtype=bool)
    admitted = {}
    for play in playbook.plays:
        if play.alone:
            admitted[play.name] = holds[play.name] & free
            free = free & ~holds[play.name]
    others = {play.name: holds[play.name] & free for play in playbook.plays if not play.alone}
    return admitted | others


def _in_slot(plays: tuple[Play, ...], admitted: Busy, busy: Busy, length: int) -> pd.DataFrame:
    free, unanswered = np.ones(length, dtype=bool), np.ones(length, dtype=bool)
    chosen = np.full(length, None, dtype=object)
    for play in plays:
        wanted = admitted[play.name] & (unanswered if play.when.otherwise else free)
        unanswered = unanswered & ~admitted[play.name]
        taken = wanted & ~busy[play.name] if play.name in busy else wanted
        chosen[taken] = play.name
        free = free & ~taken
    position = np.flatnonzero(~free)
    slot_order = SLOTS.index(plays[0].slot) if plays else 0
    return pd.DataFrame({"position": position, "slot_order": slot_order, "play": chosen[position]})


def _with_controls(
    chosen: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook
) -> pd.DataFrame:
    """Mark the plays that are withheld, by a hash that anybody can compute again."""
    shares = np.array([play.control_share for play in playbook.plays])
    share = shares[playbook.places(chosen["play"])]
    state = np.full(len(chosen), "proposed", dtype=object)
    rows = np.flatnonzero(share > 0)
    account = accounts[["account_id", "as_of"]].iloc[chosen["position"].to_numpy()[rows]]
    months = account["as_of"].dt.strftime("%Y-%m")
    told = (account["account_id"], chosen["play"].iloc[rows], months)
    drawn = zip(rows.tolist(), *(column.tolist() for column in told), strict=True)
    for row, account_id, play, month in drawn:
        if _chance(account_id, play, month) < share[row]:
            state[row] = "withheld"
    return chosen.assign(state=state)


def _chance(account_id: str, play: str, month: str) -> float:
    """Return a number from 0 to 1 that is as good as random, and always the same."""
    digest = hashlib.sha256(f"{account_id}\n{play}\n{month}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _HASH_RANGE


def _within(rows: pd.DataFrame, room: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Keep what an account has room for; what is withheld takes none, but needs it too."""
    taking = (rows["state"] != "withheld").astype(int)
    before = taking.groupby(rows["position"]).cumsum() - taking
    fits = before.to_numpy() < room[rows["position"].to_numpy(dtype=int)]
    kept: pd.DataFrame = rows.loc[fits]
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


def _described(
    rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook, words: _Words
) -> pd.DataFrame:
    """Return the plays in their order, with who, until when and why."""
    which = playbook.places(rows["play"])
    slot = np.array([SLOTS.index(play.slot) for play in playbook.plays])[which]
    order = np.lexsort((slot, rows["position"].to_numpy()))
    rows, which = rows.iloc[order].reset_index(drop=True), which[order]
    account = accounts[["account_id", "as_of"]].iloc[rows["position"].to_numpy(dtype=int)]
    since = pd.to_datetime(rows["open_since"], utc=True).astype("datetime64[us, UTC]")
    begins = since.fillna(account["as_of"].set_axis(rows.index))
    begun = "begun on " + since.dt.strftime("%Y-%m-%d")
    why = pd.Series(_reasons(rows, accounts, playbook, words), index=rows.index)
    frame = rows.assign(
        slot=np.array(SLOTS, dtype=object)[slot[order]],
        account_id=account["account_id"].array,
        as_of=account["as_of"].array,
        owner=np.array([play.owner for play in playbook.plays], dtype=object)[which],
        open_since=since,
        due_at=_due(begins, np.array([play.due_days for play in playbook.plays])[which]),
        why=begun.where(since.notna(), why),
    )
    return frame[[*PLAY_COLUMNS, *PROGRESS_COLUMNS]]


def _due(begins: pd.Series, ahead: npt.NDArray[np.int64]) -> pd.Series:
    """Return the day of the first touch, Saturdays and Sundays not counted."""
    days = begins.dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    due = np.busday_offset(days, ahead, roll="forward")
    return pd.Series(pd.DatetimeIndex(due.astype("datetime64[us]")).tz_localize("UTC"))


def _reasons(
    rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook, words: _Words
) -> npt.NDArray[np.object_]:
    """Return the account's own words for what each play answers to, and its numbers."""
    why = np.full(len(rows), "", dtype=object)
    spoken = accounts["spoken"].to_numpy(dtype=object)
    position = rows["position"].to_numpy(dtype=int)
    which = playbook.places(rows["play"])
    for number, play in enumerate(playbook.plays):
        topics, otherwise = _topics(play), play.when.words({**_FIELD_NAMES, **words.labels})
        place = position[which == number]
        said = _numbers(play, accounts, place, words)
        why[which == number] = [
            _why(told, numbers, topics) or otherwise
            for told, numbers in zip(spoken[place], said, strict=True)
        ]
    return why


def _why(
    told: Mapping[str, str], numbers: Iterable[tuple[str, str]], topics: Collection[str]
) -> str:
    """Return what to say of the topics; where that is little, numbers that are not said yet."""
    named = told.keys() & topics
    ordered = [topic for topic in told if topic in named] if len(named) > 1 else named
    said = list(dict.fromkeys(map(told.__getitem__, ordered)))
    if len(said) < _REASONS:
        said += [
            number
            for label, number in numbers
            if number and not any(text.startswith(label) for text in said)
        ]
    return "; ".join(said[:_REASONS])


def _numbers(
    play: Play, accounts: pd.DataFrame, place: npt.NDArray[np.int64], words: _Words
) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield the numbers of some accounts that the condition looks at, after what they are."""
    columns = []
    for field in sorted(play.when.fields() & words.labels.keys()):
        values = accounts[field].to_numpy(dtype=float)[place]
        said, which = in_words(values, partial(words.number, field))
        label = f"{words.labels[field]} "
        told = [(label, number and f"{label}{number}") for number in said]
        columns.append([told[own] for own in which.tolist()])
    yield from zip(*columns, strict=True) if columns else repeat((), len(place))


def _topics(play: Play) -> frozenset[str]:
    named = [play.when.admitted(field) for field in ("caps", "drivers")]
    return frozenset({play.slot}).union(play.when.fields() & _SPOKEN_FIELDS, *named)
