"""What happened in the year of the small chart: tickets, people, price, notice."""

from collections.abc import Iterator

import pandas as pd

from .known_rows import Fact, KnownRows

__all__ = ["moment_facts"]

_YEAR = 364
_MOST = 8
_GRAVE = ("urgent", "critical", "p1")
_EVENTS = {
    "leadership_change": "Change of leadership",
    "layoff": "Layoff",
    "m_and_a": "Merger or acquisition",
    "competitor": "Competitor in sight",
    "priority_change": "Change of priorities",
    "blocker": "Blocker",
}
_CONTRACTS = {
    "notice_received": "Notice received",
    "cancel_requested": "Cancellation asked for",
    "cancel_withdrawn": "Cancellation withdrawn",
    "renewed": "Renewed",
    "paused": "Paused",
}
_ITEMS = {
    "price_uplift": "Price raised",
    "seat_up": "Seats added",
    "seat_down": "Seats given up",
    "tier_up": "Higher plan",
    "tier_down": "Lower plan",
    "cross_sell": "Product added",
}


def moment_facts(known: KnownRows) -> Iterator[Fact]:
    """Yield what happened, with its day, the newest of each account."""
    found = pd.concat(
        [
            _said(known, "account_events", "kind", "occurred_at", _EVENTS),
            _said(known, "contract_events", "event_type", "effective_at", _CONTRACTS),
            _said(known, "subscription_items", "change_type", "effective_from", _ITEMS),
            _left(known),
            _tickets(known),
        ],
        ignore_index=True,
    )
    newest = found.drop_duplicates().sort_values(["account_id", "at"], kind="stable")
    for row in newest.groupby("account_id").tail(_MOST).to_dict("records"):
        yield row["account_id"], "moments", row["text"], row["text"], row["at"]


def _said(
    known: KnownRows, table: str, column: str, clock: str, words: dict[str, str]
) -> pd.DataFrame:
    rows = known.lately(known.rows(table), clock, _YEAR)
    if "value_text" in rows:
        rows = rows[~(rows["kind"].eq("blocker") & rows["value_text"].eq("closed"))]
    return _moments(rows, clock, rows[column].map(words))


def _left(known: KnownRows) -> pd.DataFrame:
    people = known.newest("people")
    key = people["roles"].fillna("").str.contains("exec_sponsor|champion", regex=True)
    gone = known.lately(people[key], "left_known_at", _YEAR)
    return _moments(gone, "left_known_at", pd.Series("Sponsor or champion left", gone.index))


def _tickets(known: KnownRows) -> pd.DataFrame:
    opened = known.rows("tickets").drop_duplicates("ticket_id")
    grave = opened[opened["priority"].fillna("").str.lower().isin(_GRAVE)]
    lately = known.lately(grave, "created_at", _YEAR)
    return _moments(lately, "created_at", pd.Series("Critical ticket", lately.index))


def _moments(rows: pd.DataFrame, clock: str, text: pd.Series) -> pd.DataFrame:
    told = pd.DataFrame({"account_id": rows["account_id"], "at": rows[clock], "text": text})
    return told.dropna()
