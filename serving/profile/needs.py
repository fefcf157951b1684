"""What stands in the way of an account, what it asks for, and what speaks for growth."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa

from ...features.schema.ticket_rows import closed_at
from .known_rows import Fact, KnownRows, on_day

__all__ = ["need_facts", "open_blockers", "open_tickets"]

_MOMENT = pa.timestamp("us", "UTC")
_TELLING = pa.schema([("status", pa.string()), ("resolved_at", _MOMENT), ("known_at", _MOMENT)])
_GRAVE = ("urgent", "critical", "high", "p1", "p2")
_ASKS = {
    "feedback": ("limits", "Feedback"),
    "training_request": ("limits", "Asks for training"),
    "upgrade_interest": ("grow", "Interest in more"),
    "competitor": ("roadblocks", "Competitor in sight"),
}
_MOST = 3
_LATELY = 180


def need_facts(known: KnownRows) -> Iterator[Fact]:
    """Yield open grave tickets and roadblocks, and what was asked for in half a year."""
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
    events = known.rows("account_events")
    for row in _first(open_blockers(events), "occurred_at"):
        text = f"{_words(row['value_text']) or 'not said by what'}, since {_day(row)}"
        yield row["account_id"], "roadblocks", "Blocked by", text, row["occurred_at"]
    lately = known.lately(events, "occurred_at", _LATELY)
    for kind, (topic, name) in _ASKS.items():
        told = lately[lately["kind"] == kind]
        for row in _first(told[_says_something(told)], "occurred_at"):
            text = f"{_words(row['value_text']) or _tone(row)}, {_day(row)}"
            yield row["account_id"], topic, name, text, row["occurred_at"]


def open_blockers(events: pd.DataFrame) -> pd.DataFrame:
    """Return the technical roadblocks that are not closed: of each account as many, the newest."""
    stated = events[events["kind"] == "blocker"]
    closed = stated["value_text"].eq("closed")
    left = (1 - 2 * closed.astype(int)).groupby(stated["account_id"]).sum()
    opened = stated[~closed].sort_values("occurred_at", ascending=False, kind="stable")
    place = opened.groupby("account_id").cumcount().to_numpy()
    found: pd.DataFrame = opened[place < left.reindex(opened["account_id"]).to_numpy(dtype=float)]
    return found


def _says_something(events: pd.DataFrame) -> pd.Series:
    """Say which statements limit anything: praise does not, nor feedback of which nothing is known.

    Interest and wishes count without a word about them.
    """
    feedback = events["kind"].eq("feedback")
    said = events["value_text"].fillna("").ne("") & ~events["value_num"].gt(0)
    return ~feedback | said | events["value_num"].lt(0)


def _tone(row: dict[Any, Any]) -> str:
    return "an unhappy word" if row["kind"] == "feedback" else "no details"


def _day(row: dict[Any, Any]) -> str:
    return on_day(row["occurred_at"])


def open_tickets(known: KnownRows) -> pd.DataFrame:
    """Return the tickets that were open on the date, by their newest known state."""
    tickets = known.newest("tickets")
    if not any(known.tables.has("tickets", column) for column in ("status", "resolved_at")):
        return tickets.iloc[:0]
    columns = tickets[["status", "resolved_at", "known_at"]]
    closed = closed_at(pa.Table.from_pandas(columns, schema=_TELLING, preserve_index=False))
    found: pd.DataFrame = tickets[~closed.to_pandas().lt(known.as_of).to_numpy()]
    return found


def _first(rows: pd.DataFrame, clock: str) -> list[dict[Any, Any]]:
    newest = rows.sort_values(clock, ascending=False, kind="stable")
    return newest.groupby("account_id", sort=False).head(_MOST).to_dict("records")


def _words(value: object) -> str:
    return value.replace("_", " ") if isinstance(value, str) else ""
