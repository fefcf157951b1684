"""What an invented account leaves in the tables of its company."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .account_life import DAY, MONTH, Life, share_of

__all__ = ["RecordedLife"]


class RecordedLife(Life):
    """An account with its rows; what is drawn for them follows what was drawn for its life."""

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
        often = share_of(tended + np.linspace(-1, 1, self.seats))
        hits = np.argwhere(self.rng.random((len(days), self.seats)) < often)
        for day, user in hits.tolist():
            feature = f"f{min(int(self.rng.geometric(0.4)), 6)}"
            ids = {"account_id": self.account, "product_user_id": f"{self.account} {user}"}
            what = {"feature_id": feature, "date": days[day], "events": 3}
            yield "usage_daily", ids | what | {"known_at": days[day] + DAY}
