"""What an account wants to reach, with its own target and how far it has come."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .known_rows import Fact, KnownRows, on_day

__all__ = ["goal_facts"]

_MOST = 5
_SHOWN_DAYS = 365
_GIVEN_UP = ("cancelled", "dropped", "abandoned")


def goal_facts(known: KnownRows) -> Iterator[Fact]:
    """Yield goals by title: those open first, then those reached or due in the last year."""
    goals = known.newest("goals")
    goals = goals[~goals["status"].fillna("").str.lower().isin(_GIVEN_UP)]
    reached = goals["achieved_at"].lt(known.as_of)
    fresh = goals["due_at"].ge(known.as_of - pd.Timedelta(days=_SHOWN_DAYS))
    shown = goals.assign(reached=reached)[fresh | goals["due_at"].isna()]
    ordered = shown.sort_values(["reached", "due_at"], kind="stable", na_position="last")
    for row in ordered.groupby("account_id", sort=False).head(_MOST).to_dict("records"):
        title = row["title"] if isinstance(row["title"], str) and row["title"] else _kind(row)
        yield row["account_id"], "goals", title, _progress(row, known.as_of), None


def _kind(row: dict[Any, Any]) -> str:
    return str(row["kind"]).replace("_", " ").capitalize()


def _progress(row: dict[Any, Any], as_of: pd.Timestamp) -> str:
    parts = [] if row["reached"] and pd.isna(row["actual_value"]) else [_measured(row)]
    if row["reached"]:
        confirmed = ", confirmed by the customer" if row["confirmed_by_customer"] is True else ""
        parts.append(f"reached {on_day(row['achieved_at'])}{confirmed}")
    elif not pd.isna(row["due_at"]):
        late = "was due" if row["due_at"] < as_of else "due"
        parts.append(f"{late} {on_day(row['due_at'])}")
    if isinstance(row["set_by"], str) and row["set_by"]:
        parts.append(f"set by the {row['set_by']}")
    return ", ".join(part for part in parts if part)


def _measured(row: dict[Any, Any]) -> str:
    actual, target = row["actual_value"], row["target_value"]
    if pd.isna(target):
        return ""
    start = "" if pd.isna(row["baseline"]) else f", from {_number(row['baseline'])}"
    now = "no value yet" if pd.isna(actual) else _number(actual)
    return f"{now} of {_number(target)}{start}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:,.1f}"
