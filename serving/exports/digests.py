"""A short text for each CSM, as Markdown and as plain text, to be mailed or posted."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..report.page_names import page_names
from ..report.page_words import day, plain, sentence
from ..wording.number_words import say_in

__all__ = ["digests_of"]

_BANDS = ("low", "medium", "high")
_FIRST = 10
_MARKED = re.compile(r"([\\`*_\[\]<>|~]|^[#+>-])")


def digests_of(
    scores: pd.DataFrame,
    rows: pd.DataFrame,
    tasks: pd.DataFrame,
    waits: pd.DataFrame,
    *,
    currency: str,
) -> dict[str, str]:
    """Return the digests of all CSMs.

    Parameters
    ----------
    scores : DataFrame
        Results of one date in the order of the list.
    rows : DataFrame
        As ``listed_rows`` gives them; same index.
    tasks : DataFrame
        Plays that are to do: ``account_id``, ``action``, ``owner``, ``due_at``, ``overdue_days``.
    waits : DataFrame
        The same of those that wait until their owner has a hand free; without a date.
    currency : str

    Returns
    -------
    dict of str to str
        By file name: ``NAME.md`` and ``NAME.txt``; accounts that nobody looks after have none.
    """
    csm = scores["csm_id"].astype(object).where(scores["csm_id"].notna(), "")
    files = {}
    for whose, name in page_names(sorted(set(csm) - {""})).items():
        mine = csm == whose
        lines = _lines(whose, scores[mine], rows[mine], (tasks, waits), currency)
        files[f"{name}.md"] = "\n".join(_markdown(kind, text) for kind, text in lines) + "\n"
        files[f"{name}.txt"] = "\n".join(_plain(kind, text) for kind, text in lines) + "\n"
    return files


def _lines(
    csm: str,
    scores: pd.DataFrame,
    rows: pd.DataFrame,
    plays: tuple[pd.DataFrame, pd.DataFrame],
    currency: str,
) -> list[tuple[str, str]]:
    """Return what to say, each line with its kind."""
    as_of = scores["as_of"].iloc[0]
    mine, waits = (part[part["account_id"].isin(set(scores["account_id"]))] for part in plays)
    late = mine[_overdue(mine, as_of)]
    week = as_of + pd.Timedelta(days=7)
    soon = mine[mine["due_at"].between(as_of, week)].drop(late.index, errors="ignore")
    names = dict(zip(scores["account_id"], rows["account"], strict=True))
    bands = scores["health_band"].value_counts()
    told = ", ".join(f"{bands[band]:,} {band}" for band in _BANDS if band in bands)
    overdue, due = ([_task(task, names) for task in _records(found)] for found in (late, soon))
    return [
        ("title", f"{plain(csm)}: week of {day(as_of)}"),
        ("text", f"{len(scores):,} accounts; health {told or 'unknown'}."),
        *_section("Overdue", overdue),
        *_section("Due in the next 7 days", due),
        *_section("Waits until its owner has a hand free", _waiting(waits, names)),
        *_section("Who needs you most", _accounts(rows, currency)),
    ]


def _section(title: str, texts: list[str]) -> list[tuple[str, str]]:
    more = [f"and {len(texts) - _FIRST:,} more of {len(texts):,}"] if len(texts) > _FIRST else []
    shown = [*texts[:_FIRST], *more] or ["nothing"]
    return [("title2", f"{title} ({len(texts):,})"), *(("item", text) for text in shown)]


def _overdue(tasks: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    return tasks["overdue_days"].gt(0) | tasks["due_at"].lt(as_of)


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _waiting(waits: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Return what waits, the account that needs someone most first."""
    place = {account: place for place, account in enumerate(names)}
    return [
        _task(task, names)
        for task in _records(
            waits.sort_values("account_id", key=lambda ids: ids.map(place), kind="stable")
        )
    ]


def _task(task: Mapping[Any, Any], names: Mapping[str, str]) -> str:
    due = "" if pd.isna(task["due_at"]) else f", by {day(task['due_at'])}"
    return f"{names[task['account_id']]}: {task['action']} ({task['owner']}{due})"


def _accounts(rows: pd.DataFrame, currency: str) -> list[str]:
    return [_account(row, currency) for row in _records(rows[rows["stands_in"] != "Quiet"])]


def _account(row: Mapping[Any, Any], currency: str) -> str:
    money = "" if pd.isna(row["arr"]) else f", {say_in(currency, format(row['arr'], ',.0f'))}"
    why = f". {row['reasons']}" if row["reasons"] else ""
    stands = f"{row['stands_in'].lower()}, health {row['health']}"
    return sentence(f"{row['account']}: {stands}{money}{_decision(row)}{why}")


def _decision(row: Mapping[Any, Any]) -> str:
    if row["chance_to_leave"]:
        return f", chance to leave {row['chance_to_leave']}"
    return f", decides by {day(pd.Timestamp(row['decides_on']))}" if row["decides_on"] else ""


def _markdown(kind: str, text: str) -> str:
    safe = _MARKED.sub(r"\\\1", text)
    return {"title": f"# {safe}\n", "title2": f"\n## {safe}\n", "item": f"- {safe}"}.get(kind, safe)


def _plain(kind: str, text: str) -> str:
    if kind == "title":
        return f"{text}\n{'=' * len(text)}"
    return {"title2": f"\n{text}", "item": f"  * {text}"}.get(kind, text)
