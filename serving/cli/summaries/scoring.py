"""Who needs someone, and where everything is, as plain values."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...results.words import n_waiting, with_the_account
from ...scoring.explanation import RISK_OF, kind_of
from ...wording.account_sentences import say_by_when, say_chance_to_leave
from ...wording.number_words import say_score
from .forecast import book_records
from .json_values import counted, plain, records
from .learning import train_summary

if TYPE_CHECKING:
    from ...api.answers.scoring import DemoResult, ScoreResult
    from ...scoring.scored import Scored

__all__ = ["demo_summary", "score_summary", "who_needs_someone"]

_REASONS = 2


def score_summary(result: "ScoreResult") -> dict[str, Any]:
    """Return who needs someone, and where everything is.

    Parameters
    ----------
    result : ScoreResult

    Returns
    -------
    dict
    """
    scores = result.scored.scores
    return {
        "findings": list(result.scored.findings),
        "as_of": plain(scores["as_of"].iloc[0]) if len(scores) else None,
        "accounts": len(scores),
        "by_status": counted(scores["status"]),
        "by_cell": counted(scores["cell"]),
        "needs_someone": who_needs_someone(result.scored),
        "waiting_for_capacity": n_waiting(result.scored.plays),
        "forecast": book_records(_book(result.scored.forecast)),
        "maturity": result.scored.maturity.summary(),
        "drift": {
            target: records(found.dropna(subset="moved"))
            for target, found in result.scored.drift.items()
        },
        "feeds": records(result.scored.feeds.drop(columns=["as_of", "metrics"])),
        "notes": list(result.scored.notes),
        "out": str(result.out),
        "report": plain(result.report_path),
        "unwritten": list(result.unwritten),
    }


def _book(forecast: pd.DataFrame) -> pd.DataFrame:
    """Return the forecast of the whole book and of the segments; CSMs are in the results."""
    return forecast[forecast["grouping"].ne("csm")]


def demo_summary(result: "DemoResult") -> dict[str, Any]:
    """Return what the demonstration has made.

    Parameters
    ----------
    result : DemoResult

    Returns
    -------
    dict
    """
    return {
        "folder": str(result.out),
        "seconds": round(result.seconds, 1),
        "train": [train_summary(trained) for trained in result.train],
        "score": score_summary(result.score),
    }


def who_needs_someone(scored: "Scored", *, most: int = 10) -> list[dict[str, Any]]:
    """Return the accounts where attention is worth most, with reason and next step.

    Parameters
    ----------
    scored : Scored
    most : int

    Returns
    -------
    list of dict
        Best first; of quiet ones those whose chance of leaving is above the usual. ``p_churn`` and
        ``arr`` are None where unknown, and so is the play where none can be begun now. Empty if
        nobody needs someone.
    """
    scores = scored.scores
    above = scores["p_churn"].ge(scores["base_rate"])
    needing = (scores["block"].ne("quiet") | above) & scores["attention"].gt(0)
    waiting = scores[needing].head(most)
    drivers = scored.drivers[scored.drivers["account_id"].isin(waiting["account_id"])]
    plays = with_the_account(scored.plays).drop_duplicates("account_id").set_index("account_id")
    return [_waiting(account, drivers, plays) for _, account in waiting.iterrows()]


def _waiting(account: pd.Series, drivers: pd.DataFrame, plays: pd.DataFrame) -> dict[str, Any]:
    name = account["account_id"]
    chosen = plays.loc[name] if name in plays.index else None
    fields = ("account_id", "account_name", "csm_id", "arr", "p_churn", "health_band", "cell")
    return {
        **{field: plain(account[field]) for field in fields},
        "decision_at": _day(account["decision_at"]),
        "decision_kind": plain(account["decision_kind"]),
        "p_by_date": _day(account["p_by_date"]),
        "block": account["block"],
        "odds": _odds(account),
        "reasons": _reasons(account, drivers[drivers["account_id"] == name], chosen),
        "play": None if chosen is None else chosen["play"],
        "owner": None if chosen is None else chosen["owner"],
        "due_at": None if chosen is None else plain(chosen["due_at"]),
        "open_since": None if chosen is None else _day(chosen.get("open_since")),
        "why": None if chosen is None else chosen["why"],
    }


def _day(moment: object) -> str | None:
    told = plain(moment)
    return told if told is None else str(told)[:10]


def _odds(account: pd.Series) -> str:
    if not pd.isna(account["p_churn"]):
        return say_chance_to_leave(account)
    unknown = pd.isna(account["chs"])
    health = "not known" if unknown else f"health {say_score(account['chs'])} of 100"
    by_when = "" if pd.isna(account["decision_at"]) else say_by_when(account)
    return f"{health}, decides {by_when}" if by_when else health


def _reasons(account: pd.Series, drivers: pd.DataFrame, chosen: pd.Series | None) -> list[str]:
    """Return why, the strongest first: what is urgent, what caps the health, what pushes it."""
    pushing = drivers[kind_of(drivers) == RISK_OF[account["explained_by"]]]
    urgent = []
    # Of a play that has begun, `why` only says since when it is open.
    if (
        chosen is not None
        and chosen["slot"] == "urgent"
        and plain(chosen.get("open_since")) is None
    ):
        urgent = [chosen["why"]]
    capped = [account["cap_reason"]] if plain(account["cap_reason"]) else []
    told = [*urgent, *capped, *pushing.sort_values("rank")["text"]]
    reasons: list[str] = []
    for reason in (str(text).rstrip(".") for text in told):
        if not any(reason in earlier for earlier in reasons):
            reasons.append(reason)
    if not reasons and account["explained_by"] == "none":
        return [str(account["explanation_note"])]
    return reasons[:_REASONS]
