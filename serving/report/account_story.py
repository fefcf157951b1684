"""One account's story: for people as text, for notebooks as HTML, for programs as a dict."""

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...features.errors import SchemaError
from ..change.account_change import NO_PROMISE, Change, Improvements
from ..change.changes import change_of
from ..change.stored_inputs import Earlier
from ..change.what_would_help import what_would_help
from ..company.playbook import Playbook
from ..results.words import held_back, to_do
from ..scoring.explanation import kind_of
from ..scoring.scored import Scored
from ..wording.account_sentences import headline

__all__ = ["AccountStory", "account_id", "account_story", "told_story"]

_TITLES = {
    "raises": "Raises the estimate of churn",
    "lowers": "Lowers the estimate of churn",
    "costs": "Costs points of health",
    "context": "Context",
    "grows": "Raises the estimate of growth",
    "cuts": "Raises the estimate of cutting back",
}


_MOST_PARTS = 6
"""Parts of each move that the story tells."""


@dataclass(frozen=True, slots=True, repr=False)
class AccountStory:
    """Where an account stands, why, and what to do.

    Parameters
    ----------
    account : Series
        Its row of the scores.
    drivers : DataFrame
        Its rows of the drivers.
    plays : DataFrame
        Its rows of the plays.
    playbook : Playbook
    history_note : str
        What to say of the readings before this one; empty where stored results were known.
    change : Change or None
        Why it moved since an earlier scoring.
    improvements : Improvements or None
        What would help.
    """

    account: pd.Series
    drivers: pd.DataFrame
    plays: pd.DataFrame
    playbook: Playbook
    history_note: str = ""
    change: Change | None = None
    improvements: Improvements | None = None

    @property
    def title(self) -> str:
        """Name, id and date."""
        name, own_id = self.account["account_name"], self.account["account_id"]
        who = f"{name} ({own_id})" if name and name != own_id else own_id
        return f"{who}, as of {self.account['as_of']:%Y-%m-%d}"

    def sections(self) -> list[tuple[str, list[str]]]:
        """Return the parts of the story: a title and its lines each, empty ones left out."""
        kinds = kind_of(self.drivers)
        parts: dict[str, list[str]] = {
            title: self.drivers.loc[kinds == kind, "text"].tolist()
            for kind, title in _TITLES.items()
        }
        parts |= {
            "Weakest in each part of health": self._components(),
            **self._note(),
            **self._changed(),
            NO_PROMISE: [] if self.improvements is None else self.improvements.lines(),
            "What to do": [self._play(row) for row in to_do(self.plays).itertuples()],
            "Held back until its owner has a hand free": [
                self._play(row) for row in held_back(self.plays).itertuples()
            ],
            "Good to know": [self.history_note] if self.history_note else [],
        }
        return [(name, lines) for name, lines in parts.items() if lines]

    def text(self) -> str:
        """Return the story as plain text.

        Returns
        -------
        str
        """
        lines = [self.title, headline(self.account)]
        for name, entries in self.sections():
            lines += ["", f"{name}:", *(f"  - {entry}" for entry in entries)]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the story as plain values.

        Returns
        -------
        dict
        """
        return {
            "account": _plain(self.account.to_dict()),
            "story": headline(self.account),
            "drivers": [_plain(row) for row in self.drivers.to_dict("records")],
            "plays": [_plain(row) for row in to_do(self.plays).to_dict("records")],
            "held_back": [_plain(row) for row in held_back(self.plays).to_dict("records")],
            "notes": [self.history_note] if self.history_note else [],
            "changes": _records(self.change),
            "improvements": _records(self.improvements),
        }

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        parts = [f"<h3>{html.escape(self.title)}</h3><p>{html.escape(headline(self.account))}</p>"]
        for name, entries in self.sections():
            items = "".join(f"<li>{html.escape(entry)}</li>" for entry in entries)
            parts.append(f"<h4>{html.escape(name)}</h4><ul>{items}</ul>")
        return "".join(parts)

    def _changed(self) -> dict[str, list[str]]:
        """Return what moved since the earlier scoring: a title each, the parts under it."""
        if self.change is None or self.change.since is None:
            return {}
        since = f"Since {self.change.since:%Y-%m-%d}"
        found: dict[str, list[str]] = {}
        lines: list[str] = []
        for rank, text in zip(self.change.rows["rank"], self.change.rows["text"], strict=True):
            if rank == 0:
                lines = found.setdefault(f"{since}, {text}", [])
            elif rank <= _MOST_PARTS:
                lines.append(str(text))
        # What was unknown then, or is now, has no parts.
        bare = [title.removeprefix(f"{since}, ") for title, parts in found.items() if not parts]
        return {title: parts for title, parts in found.items() if parts} | {since: bare}

    def _components(self) -> list[str]:
        told = {
            str(name).removeprefix("why_").replace("_", " "): text
            for name, text in self.account.items()
            if str(name).startswith("why_") and text
        }
        return [f"{name}: {text}" for name, text in told.items()]

    def _note(self) -> dict[str, list[str]]:
        note = self.account["explanation_note"]
        if not note:
            return {}
        if (by := self.account["explained_by"]) == "model":
            return {"What the estimate is made of": [str(note)]}
        return {"Not explained by the model": [f"{note} (explained by: {by})"]}

    def _play(self, row: Any) -> str:
        play = self.playbook.named(row.play)
        return f"{play.action} ({play.owner}, by {row.due_at:%Y-%m-%d}) Because: {row.why}."


def account_story(
    scored: Scored,
    account: str,
    playbook: Playbook,
    *,
    history_note: str = "",
    change: Change | None = None,
    improvements: Improvements | None = None,
) -> AccountStory:
    """Return the story of one scored account.

    Parameters
    ----------
    scored : Scored
    account : str
        The id, or the exact name.
    playbook : Playbook
    history_note : str
        What to say of the readings before this one; empty where stored results were known.
    change : Change, optional
    improvements : Improvements, optional

    Returns
    -------
    AccountStory

    Raises
    ------
    SchemaError
        If no such account was scored, or several have that name.
    """
    key = account_id(scored, account)
    return AccountStory(
        account=scored.scores[scored.scores["account_id"] == key].iloc[0],
        drivers=_of_account(scored.drivers, key),
        plays=_of_account(scored.plays, key),
        playbook=playbook,
        history_note=history_note,
        change=change,
        improvements=improvements,
    )


def told_story(
    scored: Scored, account: str, earlier: Earlier | None, *, history_note: str = ""
) -> AccountStory:
    """Return an account's story with what changed and what would help; see ``account_story``.

    Parameters
    ----------
    scored : Scored
    account : str
    earlier : Earlier or None
        The stored scoring that changes are told against.
    history_note : str

    Returns
    -------
    AccountStory
    """
    key = account_id(scored, account)
    return account_story(
        scored,
        account,
        scored.basis.config.playbook,
        history_note=history_note,
        change=change_of(scored, key, earlier),
        improvements=Improvements(key, what_would_help(scored, [key])),
    )


def account_id(scored: Scored, account: str) -> str:
    """Return the id of a scored account.

    Parameters
    ----------
    scored : Scored
    account : str
        The id, or the exact name.

    Returns
    -------
    str

    Raises
    ------
    SchemaError
        If no such account was scored, or several have that name.
    """
    scores = scored.scores
    found = scores[scores["account_id"] == account]
    if found.empty:
        # A name may be somebody else's id; an id is an account's own.
        found = scores[scores["account_name"] == account]
    if len(found) != 1:
        count = "no account" if found.empty else f"{len(found)} accounts"
        raise SchemaError(
            f"There is {count} with the id or name {account[:80]!r} among the "
            f"{len(scores):,} scored; give one of the ids in `scores`."
        )
    return str(found["account_id"].iloc[0])


def _of_account(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame[frame["account_id"] == key].reset_index(drop=True)


def _records(told: Change | Improvements | None) -> list[dict[str, Any]]:
    return [] if told is None else [_plain(row) for row in told.rows.to_dict("records")]


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """Return the row with values that JSON knows."""
    return {str(key): _plain_value(value) for key, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
