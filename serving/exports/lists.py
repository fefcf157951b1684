"""The three lists that people ask for by name: at risk, room to grow, need support."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ...features.schema.conditions import Condition
from ..company.playbook import Playbook
from ..report.account_rows import TOP_REASONS
from ..report.page_words import in_words, plain, sentence
from ..results.words import held_back, with_the_account
from ..scoring.explanation import RISK_OF, kind_of
from ..wording.account_sentences import say_chance_by

__all__ = ["LISTS", "NamedList", "list_of", "listed_rows"]


@dataclass(frozen=True, slots=True)
class NamedList:
    """One list: its name, its title, and who stands in it."""

    name: str
    title: str
    when: Condition


def _rule(**fields: object) -> Condition:
    return Condition.model_validate(fields)


LISTS: tuple[NamedList, ...] = (
    NamedList(
        "at_risk",
        "At risk",
        _rule(
            any=[
                {"field": "block", "is": ["notice_given", "at_risk"]},
                {"field": "health_band", "is": ["low"]},
                {
                    "all": [
                        {"field": "block", "is": ["decides_this_month"]},
                        {"field": "health_band", "is": ["medium"]},
                    ]
                },
            ]
        ),
    ),
    NamedList(
        "room_to_grow",
        "Room to grow",
        _rule(
            all=[
                {"field": "cell", "is": ["expand_and_leverage", "grow_selectively"]},
                {"not": {"field": "support_needs", "at_least": 1}},
            ]
        ),
    ),
    NamedList("need_support", "Need support", _rule(field="support_needs", at_least=1)),
)
"""An account may stand in several of them."""

_NAME = 200
_WAITS = "Waits until its owner has a hand free: "


def listed_rows(
    scores: pd.DataFrame, drivers: pd.DataFrame, plays: pd.DataFrame, playbook: Playbook
) -> pd.DataFrame:
    """Return one row an account, in words, as every list shows it.

    Parameters
    ----------
    scores, drivers, plays : DataFrame
        Results of one date.
    playbook : Playbook
        For the words of each action.

    Returns
    -------
    DataFrame
        Index of ``scores`` and their order: who the account is, its money, where it stands, why,
        and the first action in words with owner and date; where none is to be begun now, what
        waits; empty texts where there is none.
    """
    play = _first_plays(plays, with_the_account).reindex(scores["account_id"])
    waits = _first_plays(plays, held_back)["play"].reindex(scores["account_id"])
    actions = {one.name: one.action for one in playbook.plays}
    told = {
        "account": _texts(scores["account_name"].fillna(scores["account_id"])),
        "account_id": scores["account_id"].astype(str).tolist(),
        "csm": _texts(scores["csm_id"]),
        "segment": _texts(scores["segment"]),
        "arr": scores["arr"].astype(float).tolist(),
        "stands_in": [in_words(block) for block in scores["block"]],
        "health": scores["health_band"].tolist(),
        "chance_to_leave": [
            say_chance_by(account)
            for account in scores[["p_churn", "p_by_date"]].to_dict("records")
        ],
        "decides_on": _days(scores, "decision_at"),
        "notice_deadline": _days(scores, "notice_deadline"),
        "reasons": _reasons(scores, drivers),
        "action": [
            _action(name, actions) or _waiting(other, actions)
            for name, other in zip(play["play"], waits, strict=True)
        ],
        "owner": _texts(play["owner"]),
        "due": _days(play, "due_at"),
        "because": [sentence(why) for why in play["why"]],
    }
    return pd.DataFrame(told, index=scores.index)


def list_of(one: NamedList, scores: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one list.

    Parameters
    ----------
    one : NamedList
    scores : DataFrame
        Results of one date.
    rows : DataFrame
        As ``listed_rows`` gives them.

    Returns
    -------
    DataFrame
        In the order of the list of accounts.
    """
    found: pd.DataFrame = rows[one.when.holds(scores)]
    return found.reset_index(drop=True)


def _first_plays(
    plays: pd.DataFrame, which: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    columns = ["account_id", "play", "owner", "due_at", "why"]
    if plays.empty:
        return pd.DataFrame(columns=columns).set_index("account_id")
    return which(plays)[columns].drop_duplicates("account_id").set_index("account_id")


def _reasons(scores: pd.DataFrame, drivers: pd.DataFrame) -> list[str]:
    """Return what limits each account and its strongest reasons, in one text."""
    if drivers.empty:
        told: dict[str, str] = {}
    else:
        kinds = drivers["account_id"].map(scores.set_index("account_id")["explained_by"])
        risky = drivers[kind_of(drivers).to_numpy() == kinds.map(RISK_OF).to_numpy()]
        best = risky.sort_values(["account_id", "rank"]).groupby("account_id").head(TOP_REASONS)
        told = best.groupby("account_id")["text"].agg("; ".join).to_dict()
    return [
        sentence("; ".join(part for part in (_cap(cap), told.get(account, "")) if part))
        for account, cap in zip(scores["account_id"], scores["cap_reason"], strict=True)
    ]


def _cap(reason: object) -> str:
    return plain(reason, longest=_NAME).rstrip(".")


def _action(play: object, actions: dict[str, str]) -> str:
    return actions.get(play) or in_words(play) if isinstance(play, str) else ""


def _waiting(play: object, actions: dict[str, str]) -> str:
    action = _action(play, actions)
    return f"{_WAITS}{action}" if action else ""


def _texts(values: pd.Series) -> list[str]:
    return [plain(value, longest=_NAME) for value in values]


def _days(frame: pd.DataFrame, column: str) -> list[str]:
    """Return dates as a spreadsheet and a CRM read them."""
    if column not in frame:
        return [""] * len(frame)
    dates = pd.to_datetime(frame[column], utc=True)
    return dates.dt.strftime("%Y-%m-%d").fillna("").tolist()
