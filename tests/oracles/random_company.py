"""A company of random rows full of edges, for comparing the engine with plain SQL."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churngrid.features.tables import table_spec
from churngrid.features.tableset import Tables
from tests.build import day, tables_of

DAY_US = 86_400_000_000
HOUR_US = DAY_US // 24
FIRST, LAST = (int(day(text).value // 1000) for text in ("2023-01-01", "2025-06-01"))
BACKFILLED = int(day("2024-09-01").value // 1000)
"""When rows of the year before were delivered in one go."""

EDGES = (0, 7, 14, 28, 30, 56, 60, 90, 120, 168, 180, 365)
"""Days before an as-of date at which some window of the catalogue opens or ends."""

BUSY = tuple(f"account {place:02}" for place in range(9))
NEW = "account joined late"
ASKED = (*BUSY, NEW, "account without rows")
ACCOUNTS = (*BUSY, NEW, "somebody not asked")


@dataclass(frozen=True)
class Company:
    """Frames with canonical columns, the pairs that are asked, and the tables of both."""

    frames: Mapping[str, pd.DataFrame]
    pairs: pd.DataFrame

    @property
    def tables(self) -> Tables:
        return tables_of(self.frames)


def random_company(seed, *, own_dates, raw_usage):
    """A company whose accounts share their as-of dates (midnights), or have dates of their own."""
    rng = np.random.default_rng(seed)
    pairs = _own_pairs(rng) if own_dates else _shared_pairs(rng)
    draw = Draw(rng, pairs["as_of"].to_numpy())
    frames = {
        "accounts": _accounts(draw),
        "features": _features(draw),
        ("usage_events" if raw_usage else "usage_daily"): _usage(draw, raw_usage=raw_usage),
    }
    for name, make in MAKERS.items():
        frames[name] = make(draw)
    pairs["as_of"] = pd.to_datetime(pairs["as_of"], unit="us", utc=True)
    return Company({name: _finished(name, frame, rng) for name, frame in frames.items()}, pairs)


def _shared_pairs(rng):
    """All accounts on the same days: before the first row, after the last, on a leap day."""
    texts = ("2022-06-01", "2024-02-29", "2024-03-01", "2024-09-01", "2024-09-02", "2026-03-01")
    fixed = [int(day(text).value // 1000) for text in texts]
    drawn = FIRST + rng.integers(0, (LAST - FIRST) // DAY_US, 9) * DAY_US
    dates = np.unique([*fixed, *drawn])
    return pd.DataFrame(
        [(account, date) for account in ASKED for date in dates], columns=["account_id", "as_of"]
    )


def _own_pairs(rng):
    """Each account on moments of its own; the end of one account's row is no other's."""
    rows = []
    for account in ASKED:
        dates = rng.integers(FIRST, LAST, 12)
        dates = np.append(dates, [int(day("2022-03-01").value // 1000), LAST + 500 * DAY_US])
        dates = np.append(dates, dates[0] + 28 * DAY_US)
        rows += [(account, date) for date in np.unique(dates)]
    pairs = pd.DataFrame(rows, columns=["account_id", "as_of"])
    return pairs.sample(frac=1.0, random_state=1, ignore_index=True)


class Draw:
    """Random values; times lie on edges, a microsecond beside them, at midnight or anywhere."""

    def __init__(self, rng, as_of):
        self.rng = rng
        self.as_of = as_of

    def edges(self, n):
        near = self.rng.choice(self.as_of, n) - self.rng.choice(EDGES, n) * DAY_US
        return near + self.rng.integers(-1, 2, n)

    def moments(self, n):
        anywhere = self.rng.integers(FIRST, LAST, n)
        midnights = anywhere // DAY_US * DAY_US
        return np.choose(self.rng.integers(0, 3, n), [self.edges(n), midnights, anywhere])

    def later(self, moments, days):
        """Moments up to so many days later, and some on an edge."""
        n = len(moments)
        later = moments + self.rng.integers(0, days * DAY_US, n)
        return np.where(self.rng.random(n) < 0.3, np.maximum(self.edges(n), moments), later)

    def known(self, moments):
        """A third much later, of which those of one year came in one go; a few beforehand."""
        n = len(moments)
        soon = moments + self.rng.choice([0, 1, HOUR_US, DAY_US - 1], n)
        soon = np.where(self.rng.random(n) < 0.1, moments - 20 * DAY_US, soon)
        year = (moments < BACKFILLED) & (moments >= BACKFILLED - 365 * DAY_US)
        late = np.where(year & (self.rng.random(n) < 0.5), BACKFILLED, self.later(moments, 250))
        return np.where(self.rng.random(n) < 1 / 3, late, soon)

    def some(self, values, share=0.7):
        """Values, some of them missing."""
        kept = self.rng.random(len(values)) < share
        return [value if keep else None for value, keep in zip(values, kept, strict=True)]

    def of(self, values, n):
        return self.rng.choice(values, n)

    def accounts(self, n):
        return self.of(ACCOUNTS, n)

    def versions(self, things, n):
        """Which thing each of n versions is of, and its account: one in twenty moves."""
        homes = self.accounts(things)
        thing = self.rng.integers(0, things, n)
        moved = self.rng.random(n) < 0.05
        return thing, np.where(moved, self.accounts(n), homes[thing])


def _finished(name, frame, rng):
    """Rows in any order, each version once, numbers of microseconds as times."""
    spec = table_spec(name)
    if spec.entity:
        frame = frame.drop_duplicates(list(spec.key))
    frame = frame.sample(frac=1.0, random_state=int(rng.integers(1 << 30)), ignore_index=True)
    for column in frame:
        if spec.column(column).kind == "time":
            moments = pd.array(frame[column].tolist(), dtype="Int64")
            frame[column] = pd.to_datetime(moments, unit="us", utc=True)
    return frame


def _accounts(draw):
    n = 3 * len(ASKED)
    account = np.tile(ASKED, 3)
    begun = np.where(account == NEW, LAST - 100 * DAY_US, FIRST - 200 * DAY_US)
    valid = np.where(np.arange(n) < len(ASKED), begun, draw.later(begun, 700))
    return pd.DataFrame(
        {
            "account_id": account,
            "segment": draw.some(draw.of(["small", "large"], n), 0.9),
            "customer_since": draw.some(begun + 30 * DAY_US, 0.8),
            "valid_from": valid,
            "known_at": draw.known(valid),
        }
    )


def _features(draw):
    n = 12
    return pd.DataFrame(
        {
            "feature_id": [f"feature {place}" for place in range(n)],
            "module": draw.some(draw.of(["m1", "m2", "m3"], n), 0.8),
            "is_core": draw.some(draw.rng.random(n) < 0.5, 0.9),
            "is_value_event": draw.some(draw.rng.random(n) < 0.7, 0.9),
            "is_premium": draw.some(draw.rng.random(n) < 0.4, 0.9),
            "released_at": draw.some(draw.moments(n), 0.8),
        }
    )


def _usage(draw, *, raw_usage):
    n = 1500
    happened = draw.moments(n)
    frame = pd.DataFrame(
        {
            "account_id": draw.accounts(n),
            "product_user_id": draw.of([f"user {place}" for place in range(25)], n),
            # The last two are in no catalogue.
            "feature_id": draw.some(draw.of([f"feature {place}" for place in range(14)], n), 0.95),
        }
    )
    if raw_usage:
        frame["occurred_at"] = happened
        frame["known_at"] = draw.known(happened)
    else:
        frame["date"] = happened // DAY_US * DAY_US
        frame["events"] = draw.some(draw.of([0.0, 1.0, 2.0, 0.1, 1e4 / 3], n), 0.9)
        frame["automated_events"] = draw.some(draw.of([0.0, 5.0, 80.25], n), 0.9)
        frame["known_at"] = draw.known(frame["date"].to_numpy())
    return pd.concat([frame, frame.iloc[:100]], ignore_index=True)


def _tickets(draw):
    n = 300
    thing, account = draw.versions(120, n)
    created = draw.moments(120)[thing]
    changed = draw.later(created, 60)
    return pd.DataFrame(
        {
            "ticket_id": [f"t{place}" for place in thing],
            "account_id": account,
            "created_at": created,
            "priority": draw.some(draw.of(["low", "Critical", "urgent"], n), 0.9),
            "status": draw.some(draw.of(["open", "Solved", "pending"], n), 0.9),
            "category": draw.some(draw.of(["bug", "Data_Export", "how_to"], n), 0.9),
            "resolved_at": draw.some(draw.later(created, 30)),
            "reopen_count": draw.some(draw.of([0.0, 1.0, 2.0], n)),
            "escalated_at": draw.some(draw.later(created, 30), 0.4),
            "sla_target_h": draw.some(draw.of([4.0, 24.0, 1.5], n)),
            "csat_score": draw.some(draw.of([1.0, 3.0, 4.0, 5.0], n)),
            "csat_at": draw.some(draw.later(created, 40)),
            "changed_at": changed,
            "known_at": draw.known(changed),
        }
    )


def _people(draw):
    n = 140
    thing, account = draw.versions(60, n)
    valid = draw.moments(n)
    return pd.DataFrame(
        {
            "person_id": [f"p{place}" for place in thing],
            "account_id": account,
            "roles": draw.some(
                draw.of(["champion", "exec_sponsor|admin", "admin", "user|decision_maker"], n)
            ),
            "left_account_at": draw.some(draw.later(valid, 300), 0.4),
            "left_known_at": draw.some(draw.later(valid, 400), 0.4),
            "certified_at": draw.some(draw.later(valid, 100), 0.4),
            "valid_from": valid,
            "known_at": draw.known(valid),
        }
    )


def _contracts(draw):
    n = 120
    thing, account = draw.versions(60, n)
    start = draw.moments(n)
    return pd.DataFrame(
        {
            "contract_id": [f"c{place}" for place in thing],
            "account_id": account,
            "term_start": start,
            "term_end": draw.some(start + 365 * DAY_US, 0.9),
            "notice_period_days": draw.some(draw.of([30.0, 90.0], n)),
            "notice_deadline": draw.some(start + 300 * DAY_US, 0.3),
            "acv": draw.rng.integers(1, 10**6, n) / 7,
            "list_acv": draw.some(draw.of([0.0, 5e4, 1e5], n), 0.9),
            "known_at": draw.known(start - 10 * DAY_US),
        }
    )


def _items(draw):
    n = 200
    start = draw.moments(60)
    thing, account = draw.versions(60, n)
    return pd.DataFrame(
        {
            "item_id": [f"i{place // 2}" for place in thing],
            "account_id": account,
            "quantity": draw.some(draw.of([1.0, 20.0, 33.0], n), 0.9),
            "mrr": draw.rng.integers(0, 10**5, n) / 7,
            "effective_from": start[thing],
            "effective_to": draw.some(start[thing] + 365 * DAY_US, 0.6),
            "change_type": draw.some(
                draw.of(["new", "seat_up", "tier_down", "price_uplift", "cross_sell"], n), 0.9
            ),
            "known_at": draw.known(start[thing]),
        }
    )


def _contract_events(draw):
    n = 100
    effective = draw.moments(n)
    kinds = ["notice_received", "cancel_requested", "cancel_withdrawn", "renewed", "paused"]
    return pd.DataFrame(
        {
            "event_id": [f"e{place}" for place in range(n)],
            "account_id": draw.accounts(n),
            "event_type": draw.of(kinds, n),
            "effective_at": effective,
            "known_at": draw.known(effective),
        }
    ).drop_duplicates(["account_id", "known_at"])


def _invoices(draw):
    n = 250
    thing, account = draw.versions(150, n)
    issued = draw.moments(150)[thing]
    due = issued + 30 * DAY_US
    return pd.DataFrame(
        {
            "invoice_id": [f"n{place}" for place in thing],
            "account_id": account,
            "issued_at": issued,
            "due_at": draw.some(due, 0.9),
            "amount_due": draw.some(draw.rng.integers(1, 10**6, n) / 7, 0.9),
            "paid_at": draw.some(draw.later(issued, 90)),
            "first_failed_at": draw.some(draw.later(issued, 60), 0.4),
            "known_at": draw.known(issued),
        }
    )


def _seats(draw):
    n = 250
    invited = draw.moments(n)
    active = draw.later(invited, 30)
    return pd.DataFrame(
        {
            "account_id": draw.accounts(n),
            "product_user_id": draw.of([f"user {place}" for place in range(12)], n),
            "is_admin": draw.some(draw.rng.random(n) < 0.3, 0.9),
            "sso": draw.some(draw.rng.random(n) < 0.5, 0.9),
            "invited_at": invited,
            "activated_at": draw.some(active, 0.9),
            "deactivated_at": draw.some(draw.later(active, 400), 0.5),
            "known_at": draw.known(invited),
        }
    )


def _surveys(draw):
    n = 250
    sent = draw.moments(120)
    thing, account = draw.versions(120, n)
    answered = draw.later(sent[thing], 40)
    return pd.DataFrame(
        {
            "survey_id": [f"s{place // 3}" for place in thing],
            "survey_type": draw.of(["nps", "csat", "custom"], n),
            "account_id": account,
            "person_id": [f"p{place % 60}" for place in thing],
            "sent_at": sent[thing],
            "responded_at": draw.some(answered, 0.8),
            "score": draw.some(draw.rng.integers(0, 11, n).astype(float), 0.8),
            "known_at": draw.known(answered),
        }
    )


def _activities(draw):
    n = 250
    thing, account = draw.versions(180, n)
    planned = draw.moments(180)[thing]
    people = [
        "|".join(sorted({f"p{place}" for place in draw.rng.integers(0, 64, size)}))
        for size in draw.rng.integers(1, 4, n)
    ]
    return pd.DataFrame(
        {
            "activity_id": [f"v{place}" for place in thing],
            "account_id": account,
            "person_ids": draw.some(people, 0.9),
            "type": draw.some(draw.of(["meeting", "qbr", "email", "training"], n), 0.9),
            "direction": draw.some(draw.of(["inbound", "outbound"], n), 0.9),
            "scheduled_at": draw.some(planned, 0.8),
            "occurred_at": draw.some(draw.later(planned, 5), 0.8),
            "attended": draw.some(draw.rng.random(n) < 0.7, 0.9),
            "known_at": draw.known(planned),
        }
    )


def _goals(draw):
    n = 250
    thing, account = draw.versions(100, n)
    changed = draw.moments(n)
    return pd.DataFrame(
        {
            "goal_id": [f"g{place}" for place in thing],
            "account_id": account,
            "kind": draw.of(["onboarding_milestone", "business_goal"], 100)[thing],
            "set_by": draw.some(draw.of(["customer", "vendor"], n), 0.9),
            "baseline": draw.some(np.ones(n), 0.9),
            "target_value": draw.some(np.ones(n), 0.9),
            "due_at": draw.some(draw.later(changed, 100), 0.9),
            "achieved_at": draw.some(draw.later(changed, 100), 0.5),
            "confirmed_by_customer": draw.some(draw.rng.random(n) < 0.5, 0.9),
            "status": draw.some(draw.of(["on_track", "Achieved", "dropped", "at_risk"], n), 0.9),
            "changed_at": changed,
            "known_at": draw.known(changed),
        }
    )


def _account_events(draw):
    n = 700
    happened = draw.moments(n)
    kinds = next(
        column.choices for column in table_spec("account_events").columns if column.name == "kind"
    )
    texts = ["red", "Yellow", "green", "accepted", "declined", "declined_dissatisfied", "closed"]
    return pd.DataFrame(
        {
            "event_id": [f"x{place:04}" for place in range(n)],
            "account_id": draw.accounts(n),
            "kind": draw.of([*kinds, *["csm_sentiment", "feedback", "blocker"] * 2], n),
            "value_num": draw.some(draw.of([-1.0, -0.5, 0.25, 4.0], n), 0.6),
            "value_text": draw.some(draw.of(texts, n), 0.8),
            "characteristic_id": draw.some(draw.of(["c1", "c2"], n), 0.5),
            "evidence_type": draw.some(draw.of(["q", "d"], n), 0.5),
            "occurred_at": happened,
            "known_at": draw.known(happened),
        }
    )


MAKERS = {
    "tickets": _tickets,
    "people": _people,
    "contracts": _contracts,
    "subscription_items": _items,
    "contract_events": _contract_events,
    "invoices": _invoices,
    "seats": _seats,
    "survey_responses": _surveys,
    "activities": _activities,
    "goals": _goals,
    "account_events": _account_events,
}
