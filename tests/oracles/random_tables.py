"""Random rows of the tables beside accounts, features and usage."""

import numpy as np
import pandas as pd

from churngrid.features.arrays.time_grid import DAY_US
from churngrid.features.schema.tables import table_spec


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
            "text_sentiment": draw.some(draw.of([-1.0, -0.25, 0.5], n)),
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
            "product_user_id": draw.some(draw.of([f"user {place}" for place in range(25)], n)),
            "seniority": draw.some(draw.of(["C_level", "vp", "manager", "clown"], n), 0.8),
            "department": draw.some(draw.of(["it", "finance", "planning"], n), 0.8),
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
            "survey_type": draw.of(["nps", "csat", "ces", "nps"], n),
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
            "actual_value": draw.some(draw.of([0.0, 5e4, 1e5], n), 0.6),
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
