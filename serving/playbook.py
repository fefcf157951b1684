"""The playbook: a few plays per account, the first that holds in each slot, each with why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from ..features.conditions import Condition
from ..features.errors import SchemaError
from ..features.yamlfile import load_yaml

__all__ = ["PLAY_COLUMNS", "SLOTS", "Play", "Playbook", "assign_plays", "read_playbook"]

SLOTS = ("urgent", "cell", "driver", "maturity")
"""In order of precedence."""

PLAY_COLUMNS = ("account_id", "as_of", "slot", "play", "owner", "due_at", "why")

_REASONS = 2

_DEFAULT = Path(__file__).with_name("playbook.yaml")


class Play(BaseModel):
    """One thing to do.

    Parameters
    ----------
    name : str
    slot : {"urgent", "cell", "driver", "maturity"}
    when : Condition
        On the scored account.
    action : str
        What to do, in one sentence.
    owner : str
    due_days : int
        Business days until the first touch.
    steps, do_not : list of str
    success : str
        How one sees that it worked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    slot: Literal["urgent", "cell", "driver", "maturity"]
    when: Condition
    action: str
    owner: str
    due_days: int = Field(ge=0)
    steps: tuple[str, ...] = ()
    success: str = ""
    do_not: tuple[str, ...] = ()


class Playbook(BaseModel):
    """The plays in order; in each slot the first whose condition holds is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plays: tuple[Play, ...] = Field(min_length=1)

    def named(self, name: str) -> Play:
        """Return one play.

        Parameters
        ----------
        name : str

        Returns
        -------
        Play
        """
        return next(play for play in self.plays if play.name == name)


def read_playbook(path: Path | None, fields: Iterable[str]) -> Playbook:
    """Read a playbook and hold it against the fields a condition may look at.

    Parameters
    ----------
    path : Path or None
        The shipped default when None.
    fields : iterable of str

    Returns
    -------
    Playbook

    Raises
    ------
    SchemaError
        If the file breaks a rule, two plays share a name, a condition looks at an unknown field,
        a play can never be reached, or the slot ``cell`` has no catch-all.
    """
    source = path or _DEFAULT
    playbook = load_yaml(source, Playbook)
    known = set(fields)
    for name, count in Counter(play.name for play in playbook.plays).items():
        if count > 1:
            raise SchemaError(f"{source.name}: {count} plays are named {name!r}; names are unique.")
    for play in playbook.plays:
        for field in sorted(play.when.fields() - known):
            close = get_close_matches(field, known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise SchemaError(
                f"{source.name}: play {play.name!r} looks at unknown field {field!r}.{hint}"
            )
    for slot in SLOTS:
        _check_order([play for play in playbook.plays if play.slot == slot], slot, source)
    return playbook


def assign_plays(
    accounts: pd.DataFrame,
    playbook: Playbook,
    *,
    labels: Mapping[str, str],
    recent: frozenset[tuple[str, str]] = frozenset(),
    most: int = 3,
) -> pd.DataFrame:
    """Choose plays for scored accounts.

    Parameters
    ----------
    accounts : DataFrame
        One row an account: ``account_id``, ``as_of``, every field the conditions look at, and
        ``spoken``: per cap, driver, component or slot what to say of it for this account.
    playbook : Playbook
    labels : mapping of str to str
        Fields in words.
    recent : set of (account_id, play)
        Plays begun so lately that they are not proposed again.
    most : int
        Plays per account.

    Returns
    -------
    DataFrame
        ``PLAY_COLUMNS``, accounts in the given order, slots in order of precedence; empty for no
        accounts.
    """
    chosen = [_in_slot(accounts, playbook, slot, recent) for slot in SLOTS]
    frame = pd.concat(chosen, ignore_index=True)
    if frame.empty:
        return pd.DataFrame(columns=list(PLAY_COLUMNS))
    frame["slot_order"] = frame["slot"].map({slot: place for place, slot in enumerate(SLOTS)})
    frame = frame.sort_values(["position", "slot_order"], kind="stable")
    frame = frame[frame.groupby("position").cumcount() < most].reset_index(drop=True)
    account = accounts.iloc[frame["position"].to_numpy(dtype=int)].reset_index(drop=True)
    frame["account_id"], frame["as_of"] = account["account_id"], account["as_of"]
    frame["owner"] = [playbook.named(name).owner for name in frame["play"]]
    frame["due_at"] = _due(frame, playbook)
    frame["why"] = [
        _why(account.iloc[place], playbook.named(name), labels)
        for place, name in enumerate(frame["play"])
    ]
    return frame[list(PLAY_COLUMNS)]


def _in_slot(
    accounts: pd.DataFrame, playbook: Playbook, slot: str, recent: frozenset[tuple[str, str]]
) -> pd.DataFrame:
    free = np.ones(len(accounts), dtype=bool)
    chosen = np.full(len(accounts), None, dtype=object)
    ids = accounts["account_id"].to_numpy(dtype=object)
    for play in playbook.plays:
        if play.slot != slot:
            continue
        cooling = np.fromiter(((name, play.name) in recent for name in ids), bool, len(ids))
        taken = free & play.when.holds(accounts) & ~cooling
        chosen[taken] = play.name
        free &= ~taken
    position = np.flatnonzero(chosen != None)  # noqa: E711 - elementwise
    return pd.DataFrame({"position": position, "slot": slot, "play": chosen[position]})


def _due(frame: pd.DataFrame, playbook: Playbook) -> pd.Series:
    """Return the day of the first touch, Saturdays and Sundays not counted."""
    days = frame["as_of"].dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    ahead = [playbook.named(name).due_days for name in frame["play"]]
    due = np.busday_offset(days, ahead, roll="forward")
    return pd.Series(pd.DatetimeIndex(due.astype("datetime64[us]")).tz_localize("UTC"))


def _why(account: pd.Series, play: Play, labels: Mapping[str, str]) -> str:
    """Return the account's own words for what the play answers to, or the condition in words."""
    spoken: dict[str, str] = account["spoken"]
    topics = [topic for topic in spoken if topic in _topics(play)]
    told = list(dict.fromkeys(spoken[topic] for topic in topics))
    return "; ".join(told[:_REASONS] or _numbers(account, play, labels)) or play.when.words(labels)


def _numbers(account: pd.Series, play: Play, labels: Mapping[str, str]) -> list[str]:
    """Return the account's own numbers that the condition looks at, in words."""
    named = sorted(play.when.fields() & labels.keys())
    return [f"{labels[name]} {account[name]:.3g}" for name in named if pd.notna(account[name])]


def _topics(play: Play) -> frozenset[str]:
    named = [play.when.admitted(field) for field in ("caps", "drivers")]
    return frozenset({play.slot}).union(*named)


def _check_order(plays: list[Play], slot: str, source: Path) -> None:
    for earlier, later in pairwise(plays):
        if earlier.when.otherwise:
            raise SchemaError(
                f"{source.name}: play {later.name!r} can never be reached: {earlier.name!r} before "
                f"it in slot {slot!r} takes everything. Move the catch-all to the end."
            )
    if slot == "cell" and not (plays and plays[-1].when.otherwise):
        raise SchemaError(
            f"{source.name}: slot 'cell' needs a last play with `when: {{otherwise: true}}`."
        )
