"""What stands in the way of an account, what it asks for, and what speaks for growth."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .known_rows import Fact, KnownRows, on_day

__all__ = ["need_facts", "open_tickets"]

_GRAVE = ("urgent", "critical", "high", "p1", "p2")
_CLOSED = ("solved", "closed", "resolved", "cancelled")
_ASKS = {
    "blocker": ("roadblocks", "Blocked by"),
    "feedback": ("limits", "Feedback"),
    "training_request": ("limits", "Asks for training"),
    "upgrade_interest": ("grow", "Interest in more"),
    "competitor": ("roadblocks", "Competitor in sight"),
}
_MOST = 3
_YEAR = 365


def need_facts(known: KnownRows) -> Iterator[Fact]:
    """Yield open grave tickets and what was asked for in a year, the newest first."""
    tickets = open_tickets(known)
    grave = tickets[tickets["priority"].fillna("").str.lower().isin(_GRAVE)]
    for row in _first(grave, "created_at"):
        escalated = "" if pd.isna(row["escalated_at"]) else ", escalated"
        category = _words(row["category"]) or "no category"
        text = f"{_words(row['priority'])} ticket, {category}, open since "
        yield (
            *(row["account_id"], "roadblocks", "Ticket"),
            *(f"{text}{on_day(row['created_at'])}{escalated}", row["created_at"]),
        )
    events = known.lately(known.rows("account_events"), "occurred_at", _YEAR)
    for kind, (topic, name) in _ASKS.items():
        for row in _first(events[events["kind"] == kind], "occurred_at"):
            what = _words(row["value_text"])
            text = f"{what}, {on_day(row['occurred_at'])}" if what else on_day(row["occurred_at"])
            yield row["account_id"], topic, name, text, row["occurred_at"]


def open_tickets(known: KnownRows) -> pd.DataFrame:
    """Return the tickets that were open on the date, by their newest known state."""
    tickets = known.newest("tickets")
    if not any(known.tables.has("tickets", column) for column in ("status", "resolved_at")):
        return tickets.iloc[:0]
    solved = tickets["status"].fillna("").str.lower().isin(_CLOSED)
    found: pd.DataFrame = tickets[~solved & ~tickets["resolved_at"].lt(known.as_of)]
    return found


def _first(rows: pd.DataFrame, clock: str) -> list[dict[Any, Any]]:
    newest = rows.sort_values(clock, ascending=False, kind="stable")
    return newest.groupby("account_id", sort=False).head(_MOST).to_dict("records")


def _words(value: object) -> str:
    return value.replace("_", " ") if isinstance(value, str) else ""
