"""How strong the tie is: sponsor and decision maker, the last contact, the next meeting."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from ...features.metrics.views import view_named
from .known_rows import Fact, KnownRows, on_day

__all__ = ["tie_facts"]

_ROLES = {
    "exec_sponsor": "Executive sponsor",
    "decision_maker": "Decision maker",
    "champion": "Champion",
}
_MEETINGS = ("meeting", "qbr", "call", "training")
_THREAD_DAYS = 90
_YEAR = 365


def tie_facts(known: KnownRows) -> Iterator[Fact]:
    """Yield the people who count by title, when they last answered, and what is planned."""
    people, contact = known.newest("people"), _two_way(known)
    if known.tables.has("people", "roles"):
        yield from _by_role(known, people, contact)
    left = people.loc[_gone(known, people), "person_id"]
    yield from _threads(known, contact[~contact["person_id"].isin(left)])
    yield from _planned(known)


def _by_role(known: KnownRows, people: pd.DataFrame, contact: pd.DataFrame) -> Iterator[Fact]:
    """Yield who holds each role that counts; of several the one who answered last."""
    last = contact.groupby("person_id")["occurred_at"].max()
    gone = _gone(known, people)
    people = people.assign(last=last.reindex(people["person_id"]).array)
    for role, name in _ROLES.items():
        held = people["roles"].fillna("").str.split("|").map(lambda roles, role=role: role in roles)
        here = people[held & ~gone].sort_values("last", na_position="first")
        best = here.drop_duplicates("account_id", keep="last")
        for row in best.to_dict("records"):
            yield row["account_id"], "tie", name, _person(row), None
        if role == "exec_sponsor":
            yield from _without_sponsor(people, best, people[held & gone])


def _gone(known: KnownRows, people: pd.DataFrame) -> pd.Series:
    """Say who is known to have left by the date."""
    gone: pd.Series = people["left_known_at"].lt(known.as_of) | people["valid_to"].lt(known.as_of)
    return gone


def _two_way(known: KnownRows) -> pd.DataFrame:
    """Return two-way contacts, one row a person."""
    columns = ["account_id", "person_id", "type", "occurred_at"]
    view = view_named("touches")
    if not view.delivered(known.tables):
        return pd.DataFrame(columns=columns).astype({"occurred_at": "datetime64[us, UTC]"})
    touches = view.build(known.tables).table.to_pandas()
    held = touches["two_way"].eq(True) & touches["occurred_at"].lt(known.as_of)
    found: pd.DataFrame = touches.loc[held, columns]
    return found


def _person(row: dict[Any, Any]) -> str:
    title = row["title"] if isinstance(row["title"], str) and row["title"] else "title unknown"
    if pd.isna(row["last"]):
        return f"{title}, no two-way contact yet"
    return f"{title}, last two-way contact {on_day(row['last'])}"


def _without_sponsor(
    people: pd.DataFrame, found: pd.DataFrame, left: pd.DataFrame
) -> Iterator[Fact]:
    """Yield that nobody sponsors an account, and who did."""
    newest = left.sort_values("left_known_at").drop_duplicates("account_id", keep="last")
    since = newest.set_index("account_id")["left_known_at"]
    for account in sorted(set(people["account_id"]) - set(found["account_id"])):
        when = since.get(account)
        told = "nobody" if pd.isna(when) else f"nobody; the last one left, known {on_day(when)}"
        yield account, "tie", _ROLES["exec_sponsor"], told, None


def _threads(known: KnownRows, contact: pd.DataFrame) -> Iterator[Fact]:
    lately = known.lately(contact, "occurred_at", _THREAD_DAYS)
    for account, count in lately.groupby("account_id")["person_id"].nunique().items():
        who = f"{count:,} {'person' if count == 1 else 'people'}"
        yield str(account), "tie", f"In two-way contact ({_THREAD_DAYS} days)", who, None


def _planned(known: KnownRows) -> Iterator[Fact]:
    """Yield the next meeting that is in the calendar."""
    plans = known.newest("activities")
    ahead = plans["scheduled_at"].ge(known.as_of) & plans["scheduled_at"].lt(
        known.as_of + pd.Timedelta(days=_YEAR)
    )
    coming = plans[ahead & plans["type"].isin(_MEETINGS)].sort_values("scheduled_at")
    for row in coming.drop_duplicates("account_id").to_dict("records"):
        kind = {"qbr": "business review"}.get(row["type"], row["type"])
        text = f"{kind} on {on_day(row['scheduled_at'])}"
        yield row["account_id"], "tie", "Next meeting", text, None
