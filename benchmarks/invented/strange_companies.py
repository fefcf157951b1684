"""Companies in shapes of their own, with the true chance that each account leaves next time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["COMPANIES", "Shape", "made"]

DAY = pd.Timedelta(days=1)
MONTH = pd.DateOffset(months=1)
CAUSES = ("use", "pain", "worth", "pay")
STAY = np.array([0.93, 0.85, 0.93, 0.90])
"""The share of each cause that one month keeps of the month before; each has variance 1."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
GOES, RETURNS = 0.025, 0.09
"""Chances in a month that a sponsor leaves, and that there is a new one."""
DEARER = 0.35
"""Share of terms that begin with a higher price."""
SAID_EARLY = 15
"""Days before the deadline on one of which a notice is given, each as likely."""
PATHS = 100
"""Futures that are drawn for an account whose months are all decisions."""


@dataclass(frozen=True)
class Shape:
    """What is particular to a company.

    Parameters
    ----------
    name : str
    weights : tuple of float
        Of ``CAUSES`` on the log-odds of leaving at a decision.
    base : float
        Log-odds of leaving where nothing is the matter.
    sponsor : float
        What a sponsor who is gone adds.
    notice_days : int
        Terms renew by themselves unless refused so long before; 0: they do not renew by themselves.
    overlapping : float
        Share of accounts with a second contract, whose refusal does not end the first.
    late : float
        Share of renewals that are written down 3 to 29 days after the term's end.
    usage_from : int or None
        Month with which the feed of usage begins; None without any.
    people : bool
        Whether people, activities and surveys are recorded.
    terms : tuple of int
        Months of a term; each account has one of them. One of a month is decided on every month.
    rise : float
        What a price raised at the term's begin adds.
    drift : float
        What a year adds for everybody, as markets do.
    season : float
        How much less is used in the middle of the year, on log-odds; it makes nobody leave.
    accounts, months, seed : int
    """

    name: str
    weights: tuple[float, ...] = (-0.9, 0.6, -0.5, 0.0)
    base: float = -2.1
    sponsor: float = 1.6
    notice_days: int = 90
    overlapping: float = 0.0
    late: float = 0.0
    usage_from: int | None = 0
    people: bool = True
    terms: tuple[int, ...] = (12,)
    rise: float = 0.0
    drift: float = 0.0
    season: float = 0.0
    accounts: int = 300
    months: int = 40
    seed: int = 1


COMPANIES = (
    Shape("annual seats, overlapping contracts", overlapping=0.2),
    Shape(
        *("contracts, invoices and tickets, few leave", (0.0, 0.9, 0.0, 0.9), -3.6, 0.0),
        **{"notice_days": 0, "late": 0.6, "usage_from": None, "people": False, "accounts": 450},
    ),
    Shape("usage from the second year on", (-1.1, 0.6, -0.4, 0.0), notice_days=30, usage_from=14),
    Shape("nothing makes them leave", (0.0,) * 4, -1.4, 0.0),
    Shape("pain with support, ever more leave", (0.0, 1.4, 0.0, 0.3), -2.6, 0.0, drift=0.5, seed=2),
    Shape(
        *("dearer terms and sponsors who go", (0.0, 0.0, -0.3, 0.0), -2.6, 1.9),
        **{"rise": 1.7, "notice_days": 30, "accounts": 400, "seed": 3},
    ),
    Shape(
        *("use with holidays, terms of one to three years", (-1.5, 0.0, 0.0, 0.0), -1.7, 0.0),
        **{"terms": (12, 24, 36), "season": 1.2, "people": False, "accounts": 400, "seed": 4},
    ),
    Shape(
        *("by the month, few accounts", (-0.9, 0.5, -0.3, 0.0), -4.2, 1.2),
        **{"terms": (1,), "notice_days": 0, "accounts": 160, "seed": 5},
    ),
)


def made(shape: Shape) -> tuple[dict[str, pd.DataFrame], pd.Series]:
    """Invent a company.

    Parameters
    ----------
    shape : Shape

    Returns
    -------
    tables : dict of str to DataFrame
        Canonical tables.
    p_true : Series
        By ``account_id`` and ``as_of`` (firsts of months): the chance to leave at the next
        decision of the first contract, given the causes on the day.
    """
    rng = np.random.default_rng(shape.seed)
    calendar = pd.date_range("2022-01-01", periods=shape.months + 1, freq="MS")
    states = _paths(rng, shape.months, shape.accounts)
    gone = _sponsors_gone(rng, shape.months, shape.accounts)
    rows: dict[str, list[dict[str, object]]] = {}
    truth = []
    for number in range(shape.accounts):
        life = _Life(shape, rng, calendar, f"c{number:04}", states[:, number], gone[:, number])
        for table, row in life.rows():
            rows.setdefault(table, []).append(row)
        truth += list(life.truth())
    tables = {name: pd.DataFrame(found) for name, found in rows.items()}
    told = pd.DataFrame(truth, columns=["account_id", "as_of", "p_true"])
    told["as_of"] = pd.to_datetime(told["as_of"], utc=True)
    return tables, told.set_index(["account_id", "as_of"])["p_true"]


def _paths(rng: np.random.Generator, months: int, accounts: int) -> np.ndarray:
    paths = rng.standard_normal((months, accounts, len(STAY)))
    for month in range(1, months):
        paths[month] = STAY * paths[month - 1] + np.sqrt(1 - STAY**2) * paths[month]
    return paths


def _sponsors_gone(rng: np.random.Generator, months: int, accounts: int) -> np.ndarray:
    gone = np.zeros((months, accounts), dtype=bool)
    for month in range(1, months):
        drawn = rng.random(accounts)
        gone[month] = np.where(gone[month - 1], drawn >= RETURNS, drawn < GOES)
    return gone


class _Life:
    """One account: its terms, how it ends, and what it leaves in the tables."""

    def __init__(
        self,
        shape: Shape,
        rng: np.random.Generator,
        calendar: pd.DatetimeIndex,
        account: str,
        states: np.ndarray,
        gone: np.ndarray,
    ) -> None:
        self.shape, self.rng, self.calendar, self.account = shape, rng, calendar, account
        self.states, self.gone, self.end = states, gone, calendar[-1]
        early = rng.random() < 0.6
        away = (
            -int(rng.integers(1, 360)) if early else int(rng.integers(1, 30 * shape.months - 200))
        )
        self.begun = calendar[0] + away * DAY
        self.seats = int(np.clip(np.exp(rng.normal(2.3, 0.6)), 3, 40))
        self.price = float(rng.choice([15.0, 30.0, 55.0]))
        self.term = int(rng.choice(shape.terms)) if len(shape.terms) > 1 else shape.terms[0]
        dearer = DEARER if shape.rise else 0.0
        self.dearer = rng.random(shape.months + 14) < dearer if dearer else np.zeros(1, dtype=bool)
        self.terms, self.left, self.notice = self._terms()
        self.stops = min(self.left or self.end, self.end)

    def _terms(self) -> tuple[list[pd.Timestamp], pd.Timestamp | None, pd.Timestamp | None]:
        """Return the starts of all terms, when the account left, and when it said so."""
        starts, start = [], self.begun
        while start < self.end:
            starts.append(start)
            start += self.term * MONTH
            decides = start - self.shape.notice_days * DAY
            open_now = self.calendar[0] <= decides < self.end
            if open_now and self.rng.random() < self.chance(decides, len(starts) - 1):
                said = decides - int(self.rng.integers(0, SAID_EARLY)) * DAY
                return starts, start, said if self.shape.notice_days else None
        return starts, None, None

    def month(self, moment: pd.Timestamp) -> int:
        """Return the month of a moment, counted from the first one."""
        first = self.calendar[0]
        return (moment.year - first.year) * 12 + moment.month - first.month

    def is_dear(self, term: int) -> bool:
        """Say whether the price was raised at a term's begin; never at the first."""
        return bool(term and self.shape.rise and self.dearer[term])

    def raised(self, term: int) -> float:
        """Return how much dearer a term is than the first: a fifth for each raise."""
        return float(1.2 ** sum(self.is_dear(number) for number in range(term + 1)))

    def base(self, month: float, term: int) -> float:
        """Return the log-odds to leave where no cause is the matter."""
        grown = self.shape.drift * month / 12
        return self.shape.base + grown + self.shape.rise * self.is_dear(term)

    def chance(self, moment: pd.Timestamp, term: int) -> float:
        """Return the chance to leave at the end of a term, given the causes of its month."""
        month = self.month(moment)
        odds = self.base(month, term) + self.states[month] @ np.array(self.shape.weights)
        return float(_share(odds + self.shape.sponsor * self.gone[month]))

    def truth(self) -> Iterator[tuple[str, pd.Timestamp, float]]:
        """Yield the chance to leave at the next decision, by what is so on each first.

        Where every month is a decision: within half a year.
        """
        notice = self.shape.notice_days * DAY
        decisions = [start + self.term * MONTH - notice for start in self.terms]
        decisions.append(decisions[-1] + self.term * MONTH)
        last = self.left if self.notice is None else self.notice
        for month, as_of in enumerate(self.calendar[:-1]):
            if self.begun < as_of <= (last or self.end):
                if self.term == 1:
                    yield self.account, as_of, self._in_months(month, 6)
                    continue
                term = next(n for n, decision in enumerate(decisions) if decision >= as_of)
                after = self.month(decisions[term])
                # Whether a term that has not begun will be dearer is not known yet.
                known = min(term, len([start for start in self.terms if start < as_of]) - 1)
                chance = self._expected(month, after - month, term, term <= known)
                yield self.account, as_of, self._unsaid(chance, decisions[term] - as_of)

    def _expected(self, month: int, ahead: int, term: int, price_known: bool) -> float:
        weights = np.array(self.shape.weights)
        mean = (STAY**ahead * self.states[month]) @ weights
        at = mean + NODES * np.sqrt(((1 - STAY ** (2 * ahead)) * weights**2).sum())
        lasting = GOES / (GOES + RETURNS)
        gone = lasting + (self.gone[month] - lasting) * (1 - GOES - RETURNS) ** ahead
        usual = self.base(month + ahead, 0)
        dear = float(self.is_dear(term)) if price_known else DEARER * bool(self.shape.rise)
        both = sum(
            share * priced * _share(usual + at + more + dearer)
            for share, more in ((1 - gone, 0.0), (gone, self.shape.sponsor))
            for priced, dearer in ((1 - dear, 0.0), (dear, self.shape.rise))
        )
        return float(both @ WEIGHTS / WEIGHTS.sum())

    def _unsaid(self, chance: float, left: pd.Timedelta) -> float:
        """Return a chance to leave, given that so long before the decision nothing was said."""
        open_days = min(left.days + 1, SAID_EARLY) if self.shape.notice_days else SAID_EARLY
        silent = chance * open_days / SAID_EARLY
        return silent / (silent + 1 - chance)

    def _in_months(self, month: int, ahead: int) -> float:
        """Return the chance to leave at one of the next month ends, over drawn futures."""
        rng = np.random.default_rng(month)
        states = np.repeat(self.states[month][None], PATHS, axis=0)
        gone, stays = np.full(PATHS, self.gone[month]), np.ones(PATHS)
        for step in range(1, ahead + 1):
            drawn = rng.random(PATHS)
            gone = np.where(gone, drawn >= RETURNS, drawn < GOES)
            states = STAY * states + np.sqrt(1 - STAY**2) * rng.standard_normal(states.shape)
            odds = self.base(month + step, 0) + states @ np.array(self.shape.weights)
            stays *= 1 - _share(odds + self.shape.sponsor * gone)
        return float(1 - stays.mean())

    def rows(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield the rows of all tables."""
        known = {"account_id": self.account, "known_at": self.begun}
        size = {"segment": "large" if self.seats > 12 else "small"}
        yield "accounts", known | size | {"customer_since": self.begun, "valid_from": self.begun}
        yield from self._contracts()
        yield from self._said()
        for month, first in enumerate(self.calendar[:-1]):
            opens, closes = max(first, self.begun), min(first + MONTH, self.stops)
            if opens < closes:
                yield from self._invoice(month, first, opens)
                yield from self._tickets(month, opens, closes)
                if self.shape.people:
                    yield from self._people(month, opens, closes)
                if self.shape.usage_from is not None and month >= self.shape.usage_from:
                    yield from self._usage(month, opens, closes)

    def _contracts(self) -> Iterator[tuple[str, dict[str, object]]]:
        for number, start in enumerate(self.terms):
            late = number and self.rng.random() < self.shape.late
            away = int(self.rng.integers(3, 29)) if late else -int(self.rng.integers(1, 25))
            if start + away * DAY < self.end:
                yield self._contract(f"m{number}", start, start + away * DAY, 1.0)
                if self.shape.rise:
                    yield self._item(number, start)
        if self.rng.random() >= self.shape.overlapping:
            return
        start = self.begun + int(self.rng.integers(40, 300)) * DAY
        while start < self.stops:
            name = f"a{self.month(start)}"
            yield self._contract(name, start, start - DAY, 0.3)
            start += 12 * MONTH
            if self.rng.random() < 0.2 and start < self.stops:
                yield self._event("notice_received", start - 95 * DAY, name)
                return
        if self.left is not None and self.left < self.end:
            yield self._event("cancelled", self.left, name)

    def _contract(
        self, name: str, start: pd.Timestamp, known: pd.Timestamp, share: float
    ) -> tuple[str, dict[str, object]]:
        months = self.term if name.startswith("m") else 12
        terms = {"term_start": start, "term_end": start + months * MONTH, "term_months": months}
        rolls = {"auto_renew": self.shape.notice_days > 0, "known_at": known}
        price = self.price * (self.raised(int(name[1:])) if name.startswith("m") else 1.0)
        money = {"acv": round(12 * self.seats * price * share, 2)}
        notice = {"notice_period_days": self.shape.notice_days or None}
        ids = {"contract_id": f"{self.account}-{name}", "account_id": self.account}
        return "contracts", ids | terms | rolls | money | notice

    def _item(self, number: int, start: pd.Timestamp) -> tuple[str, dict[str, object]]:
        """Return what is paid in a term."""
        kind = "new" if not number else "price_uplift" if self.is_dear(number) else "renewal"
        price = round(self.price * self.raised(number), 2)
        money = {"quantity": self.seats, "unit_price": price, "mrr": round(self.seats * price, 2)}
        ids = {"item_id": f"{self.account}-i{number}", "contract_id": f"{self.account}-m{number}"}
        ends = {"effective_from": start, "effective_to": start + self.term * MONTH}
        known = {"account_id": self.account, "known_at": start - 20 * DAY, "change_type": kind}
        return "subscription_items", ids | money | ends | known

    def _said(self) -> Iterator[tuple[str, dict[str, object]]]:
        name = f"m{len(self.terms) - 1}"
        if self.notice is not None:
            yield self._event("notice_received", self.notice, name)
        if self.left is not None and self.left < self.end:
            yield self._event("churn_confirmed", self.left, name)

    def _event(self, kind: str, at: pd.Timestamp, name: str) -> tuple[str, dict[str, object]]:
        ids = {"event_id": f"{self.account} {kind} {at:%F}", "account_id": self.account}
        what = {"contract_id": f"{self.account}-{name}", "event_type": kind}
        return "contract_events", ids | what | {"effective_at": at, "known_at": at + 2 * DAY}

    def _invoice(
        self, month: int, first: pd.Timestamp, opens: pd.Timestamp
    ) -> Iterator[tuple[str, dict[str, object]]]:
        if month % 3 or opens > first:
            return
        due = first + 30 * DAY
        paid = due + int(self.rng.normal(3 + 9 * self.states[month, 3], 6)) * DAY
        settled = paid < self.end
        money = {"amount_due": round(3 * self.seats * self.price, 2), "due_at": due}
        told = {"paid_at": paid if settled else pd.NaT, "issued_at": first, "known_at": first}
        ids = {"invoice_id": f"{self.account} {month}", "account_id": self.account}
        yield "invoices", ids | money | told | {"status": "paid" if settled else "open"}

    def _tickets(
        self, month: int, opens: pd.Timestamp, closes: pd.Timestamp
    ) -> Iterator[tuple[str, dict[str, object]]]:
        for number in range(self.rng.poisson(0.6 * np.exp(0.6 * self.states[month, 1]))):
            made_at = opens + self.rng.random() * (closes - opens)
            kind = self.rng.choice(["low", "normal", "high", "urgent"], p=[0.3, 0.5, 0.15, 0.05])
            done = made_at + pd.Timedelta(hours=float(self.rng.exponential(40)))
            times = {"created_at": made_at, "known_at": made_at, "resolved_at": done}
            ids = {"ticket_id": f"{self.account} {month} {number}", "account_id": self.account}
            yield "tickets", ids | times | {"priority": str(kind), "status": "solved"}

    def _people(
        self, month: int, opens: pd.Timestamp, closes: pd.Timestamp
    ) -> Iterator[tuple[str, dict[str, object]]]:
        gone, earlier = bool(self.gone[month]), bool(self.gone[month - 1]) if month else False
        sponsor = f"{self.account} sponsor {month - int(np.argmax(self.gone[month::-1]))}"
        sponsor = f"{self.account} sponsor" if not self.gone[: month + 1].any() else sponsor
        role = {"account_id": self.account, "roles": "exec_sponsor", "left_account_at": pd.NaT}
        if (month == 0 or opens == self.begun or earlier) and not gone:
            yield "people", role | {"person_id": sponsor, "known_at": opens, "valid_from": opens}
        self.sponsor = sponsor if not gone else getattr(self, "sponsor", sponsor)
        if gone and not earlier and month:
            left = {"left_account_at": opens, "known_at": opens + 5 * DAY, "valid_from": opens}
            yield "people", role | left | {"person_id": self.sponsor}
        for number in range(self.rng.poisson(0.8 * np.exp(0.4 * self.states[month, 2]))):
            at = opens + self.rng.random() * (closes - opens)
            who = f"{self.account} user" if gone or number % 2 else self.sponsor
            ids = {"activity_id": f"{self.account} {month} {number}", "account_id": self.account}
            what = {"type": "call", "direction": "inbound", "attended": True, "person_ids": who}
            yield "activities", ids | what | {"occurred_at": at, "known_at": at}
        if month % 3 == 1:
            score = float(np.clip(round(7.5 + 1.4 * self.states[month, 2]), 0, 10))
            ids = {"survey_id": f"q{month}", "account_id": self.account, "survey_type": "nps"}
            times = dict.fromkeys(("sent_at", "responded_at", "known_at"), closes - DAY)
            yield "survey_responses", ids | times | {"score": score, "person_id": "user"}

    def _usage(
        self, month: int, opens: pd.Timestamp, closes: pd.Timestamp
    ) -> Iterator[tuple[str, dict[str, object]]]:
        days = pd.bdate_range(opens.normalize(), closes - DAY)
        slack = self.shape.season * (1 - np.cos(2 * np.pi * (month % 12) / 12)) / 2
        tended = 0.9 * self.states[month, 0] - slack - 1.2
        often = _share(tended + np.linspace(-1, 1, self.seats))
        hits = np.argwhere(self.rng.random((len(days), self.seats)) < often)
        for day, user in hits.tolist():
            feature = f"f{min(int(self.rng.geometric(0.4)), 6)}"
            ids = {"account_id": self.account, "product_user_id": f"{self.account} {user}"}
            what = {"feature_id": feature, "date": days[day], "events": 3}
            yield "usage_daily", ids | what | {"known_at": days[day] + DAY}


def _share(odds: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-odds))
