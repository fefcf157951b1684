"""What the report says of one account in its panel, as plain records."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pandas as pd

from ...scoring.explanation import MODEL, NONE, SCORECARD
from ...wording.account_sentences import headline, trend_in_words, why_unscored
from ...wording.number_words import say_in, say_score
from ..account_rows import TOP_REASONS, odds_in_words
from ..driver_texts import DriverViews, Reason
from ..page_words import SENTENCE, day, in_words, percent, plain, sentence
from ..play_texts import PlayView, PlayViews

__all__ = ["Bar", "Reasons", "panel_records"]


_Account = Mapping[str, Any]
Sections = Callable[[int], list[dict[str, Any]]]

_STRONG = 70.0

_MOVES = (("p_expand", "grows", "growth"), ("p_contract", "cuts", "cutting back"))
"""What else is estimated: its column, the kind of its reasons, and its name."""


@dataclass(frozen=True, slots=True)
class Reasons:
    """Reasons under what they have in common; the page leaves out those without any."""

    title: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A number on a scale, with the interval it may lie in.

    Parameters
    ----------
    label : str
    low, value, high : int
        0 to 100 along the bar.
    text : str
        The number in words.
    why : str
        What pulls it down most; may be empty.
    """

    label: str
    low: int
    value: int
    high: int
    text: str
    why: str = ""

    def record(self, *, whole: bool) -> dict[str, Any]:
        """Return it for the page; a whole score shows its interval."""
        told = {"label": self.label, "value": self.value, "text": self.text, "why": self.why}
        return told | ({"whole": True, "low": self.low, "high": self.high} if whole else {})


def panel_records(
    accounts: pd.DataFrame,
    drivers: DriverViews,
    plays: PlayViews,
    held: PlayViews,
    currency: str,
    sections: Sections | None = None,
) -> Iterator[dict[str, Any]]:
    """Put into words what is known of each account, one after the other.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list; texts are never missing, numbers are floats.
    drivers : DriverViews
    plays, held : PlayViews
        What someone should work on now, and what waits until its owner has a hand free.
    currency : str
    sections : callable, optional
        What else is known of the account at a place, as records of ``Section``.

    Yields
    ------
    dict
        What the page shows of one account beyond its row.
    """
    told = [name for name in map(str, accounts) if name.startswith("why_")]
    labels = {name: in_words(name) for name in (why.removeprefix("why_") for why in told)}
    for row, account in enumerate(_records(accounts)):
        components = _components(account, labels)
        bars = [bar.record(whole=True) for bar in _scores(account)]
        yield {
            "story": plain(headline(account), longest=SENTENCE),
            "reasons": [
                {"title": group.title, "reasons": [[one.component, one.text] for one in found]}
                for group in _reasons(account, drivers, row, components)
                if (found := group.reasons)
            ],
            "plays": [_play(play) for play in plays.of(row)],
            "held": [f"{play.action} ({play.owner})" for play in held.of(row)],
            "bars": bars + [bar.record(whole=False) for bar in components],
            "facts": list(_facts(account, currency)),
            "sections": sections(row) if sections else [],
        }


def _play(play: PlayView) -> dict[str, str]:
    due = f"first touch by {play.due}" if play.due else ""
    head = " · ".join(part for part in (play.slot, play.owner, due) if part)
    told = {"head": head, "late": play.late, "action": play.action, "why": play.why}
    return told | {"play": play.play}


def _records(accounts: pd.DataFrame) -> Iterator[_Account]:
    names = [str(name) for name in accounts]
    columns = (accounts[name].astype(object).tolist() for name in names)
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _reasons(
    account: _Account, drivers: DriverViews, row: int, components: Sequence[Bar]
) -> tuple[Reasons, ...]:
    """Return the drivers in groups, those for risk first, even where there are none."""
    groups = _EXPLAINED[account["explained_by"]](drivers, row, components)
    moves = (
        Reasons(
            f"The model's estimate of {said} rises because",
            tuple(islice(drivers.of(row, kind), TOP_REASONS)),
        )
        for column, kind, said in _MOVES
        if not math.isnan(account[column])
    )
    return (*groups, *moves)


def _of_model(drivers: DriverViews, row: int, _: Sequence[Bar]) -> tuple[Reasons, ...]:
    about = "The model's estimate of leaving"
    return (
        Reasons(f"{about} rises because", tuple(drivers.of(row, "raises"))),
        Reasons(f"{about} falls because", tuple(drivers.of(row, "lowers"))),
        Reasons("Context, nothing to act on", tuple(drivers.context(row))),
    )


def _of_scorecard(drivers: DriverViews, row: int, components: Sequence[Bar]) -> tuple[Reasons, ...]:
    strong = sorted(components, key=lambda bar: -bar.value)[:TOP_REASONS]
    held = tuple(Reason(bar.label, f"{bar.text} of 100") for bar in strong if bar.value >= _STRONG)
    return (
        Reasons("The scorecard takes points for", tuple(drivers.of(row, "costs"))),
        Reasons("What holds the score up", held),
    )


def _of_none(_: DriverViews, row: int, bars: Sequence[Bar]) -> tuple[Reasons, ...]:
    """Return nothing: neither speaks for an account that nothing explains."""
    return ()


_EXPLAINED = {MODEL: _of_model, SCORECARD: _of_scorecard, NONE: _of_none}


def _components(account: _Account, labels: Mapping[str, str]) -> tuple[Bar, ...]:
    """Return the component scores that are known, in the order of the scorecard."""
    return tuple(
        Bar(label, 0, round(score), 100, f"{score:.0f}", sentence(account[f"why_{name}"]))
        for name, label in labels.items()
        if not math.isnan(score := account[f"chs_{name}"])
    )


def _scores(account: _Account) -> tuple[Bar, ...]:
    """Return the health score and the maturity index with their intervals, where known."""
    bars = []
    low, chs, high = (account[name] for name in ("chs_low", "chs", "chs_high"))
    if not math.isnan(chs):
        known = percent(account["chs_coverage"])
        reach = f"{low:.0f} to {high:.0f} whatever is missing; " if high - low >= 1 else ""
        text = f"{say_score(chs)} of 100; {reach}{known} known"
        bars.append(Bar("Health score", round(low), round(chs), round(high), text))
    low, cmi, high = (account[name] for name in ("cmi_low", "cmi", "cmi_high"))
    if not math.isnan(cmi):
        weakest = _weakest(account)
        text = f"{cmi:.1f} of 5; {low:.1f} to {high:.1f}, {account['cmi_status']}"
        text += f"; weakest: {weakest}" if weakest else ""
        start, point, end = (round(25 * (level - 1)) for level in (low, cmi, high))
        bars.append(Bar("Maturity index", start, point, end, text))
    return tuple(bars)


def _weakest(account: _Account) -> str:
    """Name the category that pulls maturity down; none where all are alike."""
    name = account["weakest_category"]
    level = account.get(f"cmi_{name}", math.nan)
    return in_words(name) if not level >= account["cmi"] else ""


def _facts(account: _Account, currency: str) -> Iterator[tuple[str, str]]:
    """Yield what else is known, each with its name."""
    told = {
        "Segment": plain(account["segment"]),
        "ARR": _money(account["arr"], currency),
        "ARR at risk": _money(account["arr_at_risk"], currency),
        "Term ends": day(account["term_end"]),
        "Notice deadline": _earlier(account["notice_deadline"], account["term_end"]),
        "No estimate, because": why_unscored(account),
        "Health": _health(account),
        "Trend of the score": trend_in_words(account)[1],
        "Scorecard weights for": in_words(account["scorecard_variants"].replace(",", ", ")),
        "Override": plain(account["override_reason"], longest=SENTENCE),
        "Explained by": _explained_by(account),
        "Chance of growth": odds_in_words(account["p_expand"]),
        "Chance of cutting back": odds_in_words(account["p_contract"]),
        "Place in the 2 by 2 grid": in_words(account["quadrant"]),
    }
    yield from ((name, text) for name, text in told.items() if text)


def _earlier(deadline: pd.Timestamp, end: pd.Timestamp) -> str:
    """Return a deadline that is not the end of the term itself."""
    return "" if deadline == end else day(deadline)


def _health(account: _Account) -> str:
    """Say where health stands before any cap, and what says so; empty where nothing does."""
    if account["health_source"] == "none":
        return ""
    index = account["health_index"]
    source = f"by the {account['health_source']}"
    return source if math.isnan(index) else f"{say_score(index)} of 100, {source}"


def _explained_by(account: _Account) -> str:
    """Say what explains an account, and why nothing better does."""
    by = {MODEL: "the model", SCORECARD: "the scorecard", NONE: "nothing"}[account["explained_by"]]
    note = plain(account["explanation_note"])
    return f"{by}: {note}" if note else by


def _money(amount: float, currency: str) -> str:
    return "" if math.isnan(amount) else say_in(currency, f"{amount:,.0f}")
