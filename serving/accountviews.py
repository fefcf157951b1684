"""What the report says of each account: its row in the list and its panel, as plain records."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pandas as pd

from .playbook import Play, Playbook
from .reportwords import day, in_words, percent, plain
from .stories import about_one_in, headline, trend_in_words

__all__ = [
    "AccountView",
    "Bar",
    "PlayView",
    "Reason",
    "Reasons",
    "account_views",
    "standing_in_words",
]

_Account = Mapping[str, Any]

_TOP_REASONS = 3
_SLOTS = {
    "urgent": "Urgent",
    "cell": "For its place in the grid",
    "driver": "For its strongest reason",
    "maturity": "For its maturity",
}
_NEAR_DAYS = 30
_NAME, _SENTENCE = 60, 500
_STRONG = 70.0
# Standings that belong in the grid as soon as their health is known.
_INSIDE = ("scored", "not_eligible", "no_model")


@dataclass(frozen=True, slots=True)
class Reason:
    """One driver: the component it belongs to, and what it says."""

    component: str
    text: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """Drivers under what they have in common; the page leaves out those without any."""

    title: str
    drivers: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class PlayView:
    """One play of one account, with what the playbook says of it."""

    slot: str
    name: str
    action: str
    owner: str
    due: str
    why: str
    steps: tuple[str, ...]
    success: str
    do_not: tuple[str, ...]


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


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything the page says of one account.

    Parameters
    ----------
    row : int
        Place in the list, from 0.
    band, cell : str
        Health band and cell as identifiers; ``cell`` is empty outside the grid.
    standing : str
        The cell in words, or why there is none.
    trend : tuple of str
        Sign and words of where the health score is going; both empty where it is unknown.
    odds, score : str
        The probability of churn as people say it, or the score that stands in for it; either may
        be empty.
    """

    row: int
    name: str
    account_id: str
    csm: str
    arr: str
    deadline: str
    deadline_day: str
    near: bool
    band: str
    cell: str
    standing: str
    trend: tuple[str, str]
    odds: str
    score: str
    maturity: str
    story: str
    cap: str
    flags: tuple[str, ...]
    reasons: tuple[Reasons, ...]
    plays: tuple[PlayView, ...]
    components: tuple[Bar, ...]
    scores: tuple[Bar, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def top_reasons(self) -> tuple[Reason, ...]:
        """The three strongest reasons for risk."""
        return self.reasons[0].drivers[:_TOP_REASONS]


def account_views(
    accounts: pd.DataFrame,
    drivers: pd.DataFrame,
    plays: pd.DataFrame,
    *,
    playbook: Playbook,
    currency: str,
) -> list[AccountView]:
    """Put into words what is known of each account.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list; texts are never missing, numbers are floats.
    drivers, plays : DataFrame
        ``DRIVER_COLUMNS`` and ``PLAY_COLUMNS``; rows of other accounts are left out.
    playbook : Playbook
        A stored play that it no longer has is shown by its name.
    currency : str

    Returns
    -------
    list of AccountView
        In the order of ``accounts``; empty for none.
    """
    told = _by_account(drivers.sort_values("rank", kind="stable"), accounts["account_id"])
    given = _by_account(plays, accounts["account_id"])
    known = {play.name: play for play in playbook.plays}
    views = []
    records = accounts.astype(object).to_dict("records")
    for row, account in enumerate(cast("list[_Account]", records)):
        name = account["account_id"]
        todo = tuple(_play(play, known.get(play.play)) for play in given[name])
        views.append(_view(row, account, told[name], todo, currency))
    return views


def standing_in_words(cell: str, status: str) -> str:
    """Return where an account stands, or why it stands nowhere.

    Parameters
    ----------
    cell : str
        Empty for an account outside the grid.
    status : str

    Returns
    -------
    str

    Examples
    --------
    >>> standing_in_words("let_churn", "scored"), standing_in_words("", "notice_given")
    ('Let churn', 'Notice given')
    >>> standing_in_words("", "scored")
    'Health unknown'
    """
    if cell:
        return in_words(cell)
    return "Health unknown" if status in _INSIDE else in_words(status)


def _by_account(frame: pd.DataFrame, wanted: Iterable[str]) -> defaultdict[str, list[Any]]:
    """Return the rows of each wanted account in their order."""
    rows: defaultdict[str, list[Any]] = defaultdict(list)
    told = frame[frame["account_id"].isin(set(wanted))]
    for row in told.astype(object).itertuples(index=False):
        rows[str(row.account_id)].append(row)
    return rows


def _view(
    row: int,
    account: _Account,
    drivers: list[Any],
    plays: tuple[PlayView, ...],
    currency: str,
) -> AccountView:
    days = _days_left(account)
    return AccountView(
        row=row,
        name=plain(account["account_name"] or account["account_id"], longest=_NAME),
        account_id=plain(account["account_id"], longest=_NAME),
        csm=plain(account["csm_id"]),
        arr="" if math.isnan(account["arr"]) else f"{account['arr']:,.0f}",
        deadline=_deadline(days),
        deadline_day=day(account["notice_deadline"]),
        near=0 <= days <= _NEAR_DAYS,
        band=account["health_band"],
        cell=account["cell"],
        standing=standing_in_words(account["cell"], account["status"]),
        trend=trend_in_words(account),
        odds=_odds(account["p_churn"]),
        score=_score(account),
        maturity=_maturity(account),
        story=plain(headline(account), longest=_SENTENCE),
        cap=plain(account["cap_reason"], longest=_SENTENCE),
        flags=tuple(in_words(flag) for flag in account["review_flags"].split(",") if flag),
        reasons=_reasons(account, drivers),
        plays=plays,
        components=_components(account),
        scores=_scores(account),
        facts=tuple(_facts(account, currency)),
    )


def _days_left(account: _Account) -> float:
    """Return the days to the notice deadline, negative once it has passed, NaN without one."""
    left = account["notice_deadline"] - account["as_of"]
    return math.nan if pd.isna(left) else float(left.days)


def _deadline(days: float) -> str:
    if math.isnan(days):
        return ""
    if days < 0:
        return "passed"
    return "1 day" if days == 1 else f"{days:.0f} days"


def _odds(probability: float) -> str:
    return "" if math.isnan(probability) else about_one_in(probability)


def _score(account: _Account) -> str:
    if account["health_source"] != "scorecard" or math.isnan(account["chs"]):
        return ""
    return f"score {account['chs']:.0f} of 100"


def _maturity(account: _Account) -> str:
    if math.isnan(account["cmi"]):
        return "not assessed"
    status = " (provisional)" if account["cmi_status"] == "provisional" else ""
    return f"{account['maturity_band']}{status}"


def _reasons(account: _Account, drivers: list[Any]) -> tuple[Reasons, ...]:
    """Return the drivers in groups, those for risk first, even where there are none."""
    of_model = [driver for driver in drivers if driver.target == "churned"]
    # A model that only reads the scorecard has no drivers of its own: those of the score stand in.
    if account["health_source"] == "model" and of_model:
        groups = _of_model(of_model)
    else:
        groups = _of_scorecard(account, [driver for driver in drivers if driver.target == "chs"])
    known = not math.isnan(account["p_expand"])
    growth = [driver for driver in drivers if known and driver.target == "expanded"]
    title = "The model's estimate of growth rises because"
    return (*groups, Reasons(title, _told(growth, "+")[:_TOP_REASONS]))


def _of_model(drivers: list[Any]) -> tuple[Reasons, ...]:
    about = "The model's estimate of leaving"
    return (
        Reasons(f"{about} rises because", _told(drivers, "+")),
        Reasons(f"{about} falls because", _told(drivers, "-")),
        Reasons("Context, nothing to act on", _context(drivers)),
    )


def _of_scorecard(account: _Account, drivers: list[Any]) -> tuple[Reasons, ...]:
    strong = sorted(_components(account), key=lambda bar: -bar.value)[:_TOP_REASONS]
    held = tuple(Reason(bar.label, f"{bar.text} of 100") for bar in strong if bar.value >= _STRONG)
    return (
        Reasons("The scorecard takes points for", _told(drivers, "+")),
        Reasons("What holds the score up", held),
    )


def _told(drivers: list[Any], direction: str) -> tuple[Reason, ...]:
    return tuple(
        _reason(driver) for driver in drivers if driver.actionable and driver.direction == direction
    )


def _context(drivers: list[Any]) -> tuple[Reason, ...]:
    effects = {"+": "raises the estimate", "-": "lowers the estimate"}
    return tuple(
        _reason(driver, effects[driver.direction]) for driver in drivers if not driver.actionable
    )


def _reason(driver: Any, effect: str = "") -> Reason:
    said = plain(driver.text, longest=_SENTENCE).replace(" -> ", " → ")
    return Reason(in_words(driver.component), f"{said}: {effect}" if effect else said)


def _play(row: Any, play: Play | None) -> PlayView:
    return PlayView(
        slot=_SLOTS.get(row.slot, in_words(row.slot)),
        name=in_words(row.play),
        action=play.action if play else f"{in_words(row.play)} (not in the playbook any more)",
        owner=plain(row.owner),
        due=day(row.due_at),
        why=plain(row.why, longest=_SENTENCE).replace(" -> ", " → "),
        steps=play.steps if play else (),
        success=play.success if play else "",
        do_not=play.do_not if play else (),
    )


def _components(account: _Account) -> tuple[Bar, ...]:
    """Return the component scores that are known, in the order of the scorecard."""
    names = [name.removeprefix("why_") for name in account if name.startswith("why_")]
    return tuple(
        Bar(in_words(name), 0, round(score), 100, f"{score:.0f}", plain(account[f"why_{name}"]))
        for name in names
        if not math.isnan(score := account[f"chs_{name}"])
    )


def _scores(account: _Account) -> tuple[Bar, ...]:
    """Return the health score and the maturity index with their intervals, where known."""
    bars = []
    low, chs, high = (account[name] for name in ("chs_low", "chs", "chs_high"))
    if not math.isnan(chs):
        known = percent(account["chs_coverage"])
        reach = f"{low:.0f} to {high:.0f} whatever is missing; " if high - low >= 1 else ""
        text = f"{chs:.0f} of 100; {reach}{known} known"
        bars.append(Bar("Health score", round(low), round(chs), round(high), text))
    low, cmi, high = (account[name] for name in ("cmi_low", "cmi", "cmi_high"))
    if not math.isnan(cmi):
        weakest = in_words(account["weakest_category"])
        text = f"{cmi:.1f} of 5; {low:.1f} to {high:.1f}, {account['cmi_status']}"
        text += f"; weakest: {weakest}" if weakest else ""
        start, point, end = (round(25 * (level - 1)) for level in (low, cmi, high))
        bars.append(Bar("Maturity index", start, point, end, text))
    return tuple(bars)


def _facts(account: _Account, currency: str) -> Iterator[tuple[str, str]]:
    """Yield what else is known, each with its name."""
    index = account["health_index"]
    told = {
        "Segment": plain(account["segment"]),
        "ARR": _money(account["arr"], currency),
        "ARR at risk": _money(account["arr_at_risk"], currency),
        "Term ends": day(account["term_end"]),
        "Notice deadline": day(account["notice_deadline"]),
        "Status": in_words(account["status"].replace("scored", "")),
        "Not eligible because": in_words(account["reason"]),
        "Health is read from": in_words(account["health_source"]),
        "Health score": trend_in_words(account)[1],
        "Scorecard variants": in_words(account["scorecard_variants"].replace(",", ", ")),
        "Override": plain(account["override_reason"], longest=_SENTENCE),
        "Health index": "" if math.isnan(index) else f"{index:.0f} of 100",
        "Chance of growth": _odds(account["p_expand"]),
        "Quadrant": in_words(account["quadrant"]),
    }
    yield from ((name, text) for name, text in told.items() if text)


def _money(amount: float, currency: str) -> str:
    return "" if math.isnan(amount) else f"{currency} {amount:,.0f}"
