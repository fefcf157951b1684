"""What a panel says of an account beside its scores: who it is, its tie, use, goals and history."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..beside import Beside
from ..by_account import ByAccount
from ..page_words import day, plain, sentence
from .estimate_section import estimate_section
from .section_lines import LinesOf, change_lines, titled

__all__ = ["Sections"]

_TITLES = {
    "who": "Who it is",
    "tie": "The tie",
    "use": "How it uses the product",
    "goals": "Its goals",
    "grow": "Room to grow",
    "roadblocks": "Roadblocks",
    "limits": "Limits to value: what it asks for",
}
_MOST_READINGS = 18
_LINES = {"chs": ("Health score", 100.0, 0), "cmi": ("Maturity index", 5.0, 1)}
_WEEK = pd.Timedelta(days=7)
_FACTS = ["account_id", "topic", "name", "text", "happened_at"]
_HISTORY = ["account_id", "as_of", "chs", "cmi"]
_Told = Sequence[tuple[str, str, str, pd.Timestamp]]


class Sections:
    """Parts of the panels, account by account.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    beside : Beside
    as_of : Timestamp or None
        None without accounts.
    """

    def __init__(self, accounts: pd.DataFrame, beside: Beside, as_of: pd.Timestamp | None) -> None:
        self._as_of = as_of
        listed = accounts["account_id"]
        facts, history = beside.of_date("facts", as_of), beside.history
        self._changes = LinesOf(listed, change_lines(beside.of_date("changes", as_of)))
        self._help = LinesOf(listed, beside.of_date("improvements", as_of))
        self._estimates = [estimate_section(row) for row in accounts.to_dict("records")]
        told = facts if len(facts) else facts.reindex(columns=_FACTS)
        self._facts = ByAccount(listed, told["account_id"])
        ordered = told[_FACTS[1:]].iloc[self._facts.order]
        self._told = list(zip(*(ordered[name].tolist() for name in _FACTS[1:]), strict=True))
        past = history if len(history) else history.reindex(columns=_HISTORY)
        past = past[_HISTORY].sort_values("as_of", kind="stable")
        self._history = ByAccount(listed, past["account_id"])
        ordered_past = past.iloc[self._history.order]
        self._when = pd.to_datetime(ordered_past["as_of"], utc=True).tolist()
        self._past = {name: ordered_past[name].astype(float).tolist() for name in _LINES}

    def of(self, place: int) -> list[dict[str, Any]]:
        """Return the sections of the account at a place of the list; those that say something."""
        told = self._told[self._facts.of(place)]
        found = [
            _section(title, told, topic, self._trend(told) if topic == "use" else [])
            for topic, title in _TITLES.items()
        ]
        found += [
            self._estimates[place],
            titled("What changed since the last scoring", lines=self._changes.of(place)),
            titled("What would help, by the estimate", lines=self._help.of(place)),
            titled("How health and maturity went", self._readings(place)),
        ]
        return [one for one in found if one["charts"] or one["facts"] or one["lines"]]

    def _trend(self, told: _Told) -> list[dict[str, Any]]:
        """Return the weekly numbers of a year with what happened on them."""
        charts = []
        for topic, name, text, _ in told:
            if topic == "trend":
                values = [float(value) for value in text.split("|")]
                charts.append(_chart(plain(name), values, self._marks(told, len(values))))
        return charts

    def _marks(self, told: _Told, weeks: int) -> list[tuple[float, str]]:
        """Return where along the weeks something happened, from 0 to 1."""
        marks = [
            (1 - (self._as_of - when) / _WEEK / max(weeks - 1, 1), f"{plain(name)}, {day(when)}")
            for topic, name, _, when in told
            if topic == "moments" and self._as_of is not None
        ]
        return [(x, text) for x, text in marks if 0 <= x <= 1]

    def _readings(self, place: int) -> list[dict[str, Any]]:
        rows = self._history.of(place)
        dates = self._when[rows][-_MOST_READINGS:]
        charts = (
            _reading(dates, self._past[column][rows][-_MOST_READINGS:], *told)
            for column, told in _LINES.items()
        )
        return [chart for chart in charts if chart]


def _section(title: str, told: _Told, topic: str, charts: list[dict[str, Any]]) -> dict[str, Any]:
    facts = [(plain(name), sentence(text)) for about, name, text, _ in told if about == topic]
    return titled(title, charts, facts)


def _chart(name: str, values: list[float], marks: list[tuple[float, str]]) -> dict[str, Any]:
    words = f"{name}: {values[0]:,.0f} at first, {values[-1]:,.0f} now, at most {max(values):,.0f}"
    told = {"from": f"{len(values)} weeks ago", "to": "now", "ys": [round(one) for one in values]}
    return told | {"words": words, "marks": [[round(x, 3), text] for x, text in marks]}


def _reading(
    dates: Sequence[pd.Timestamp], values: Sequence[float], name: str, top: float, digits: int
) -> dict[str, Any] | None:
    """Return a score over the stored readings; None below two."""
    known = [(when, value) for when, value in zip(dates, values, strict=True) if value == value]
    if len(known) < 2:
        return None
    first, last = known[0][0], known[-1][0]
    days = (last - first).days or 1
    ys = [round(value, digits) for _, value in known]
    words = f"{name}: {ys[0]:g} to {ys[-1]:g} over {len(ys)} readings"
    told = {"from": day(first), "to": day(last), "ys": ys, "marks": [], "words": words, "top": top}
    return told | {"xs": [round((when - first).days / days, 3) for when, _ in known]}
