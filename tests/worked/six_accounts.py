"""The tables of the six accounts of docs/worked-examples.md, written from its page."""

import pandas as pd

AS_OF = pd.Timestamp("2025-06-01", tz="UTC")  # a Sunday

SCORECARD = """
components:
  usage:
    label: Usage
    weight: 40
    metrics:
      - {metric: active_user_rate_28d, weight: 3, poor: 0.2, healthy: 0.8}
      - {metric: active_users_trend_28d}
  adoption:
    label: Feature adoption
    weight: 10
    metrics: [{metric: new_feature_adoption_180d}]
  support:
    label: Support
    weight: 15
    metrics: [{metric: open_critical_tickets}, {metric: median_resolution_hours_90d}]
  sentiment:
    label: Sentiment
    weight: 10
    metrics: [{metric: nps_mean_365d}]
  relationship:
    label: Relationship
    weight: 20
    metrics: [{metric: exec_sponsors, weight: 2}, {metric: contacts_90d}]
  advocacy:
    label: Advocacy
    weight: 5
    metrics: [{metric: reference_acceptance_365d}]
caps:
  - name: sponsor_left_lately
    when:
      all:
        - {field: sponsors_left_lately_60d, at_least: 1}
        - {field: engaged_sponsors_90d, below: 1}
    limit: 49
    reason: A sponsor or champion left in the last 60 days and nobody has taken over.
  - name: reference_refused
    when: {field: references_refused_in_anger_365d, at_least: 1}
    limit: 69
    reason: A reference was declined out of dissatisfaction.
"""

NAMES = {
    **{"A": "Aspen", "B": "Beech", "C": "Cherry", "D": "Dogwood", "E": "Elm", "F": "Fir"},
}
ACTIVE = {"A": 9, "B": 8, "C": 6, "D": 6, "E": 8, "F": 8}
NEW_FEATURES = {"A": 2, "B": 2, "C": 1, "D": 1, "E": 2, "F": 2}
RESOLUTION_HOURS = {"A": (30, 54), "B": (24,), "C": (60,), "D": (60,), "E": (24,), "F": (24,)}
NPS = {"A": (8,), "B": (9,), "C": (7, 8), "D": (7, 8), "E": (9,), "F": (9,)}
MET = {"A": 3, "B": 4, "C": 4, "D": 4, "E": 4, "F": 4}
ANSWERS = {"B": "accepted", "E": "declined_policy", "F": "declined_dissatisfied"}
SPLIT_UP = {
    **{"VC1": 2, "VC2": 2, "VC3": 2, "VC4": 2, "OP1": 2, "OP2": 3, "OP3": 2, "OP4": 3},
    **{"PR1": 1, "PR2": 2, "PR3": 1, "PR4": 2, "TI1": 2, "TI2": 2, "TI3": 2, "TI4": 2},
}
CHARACTERISTICS = tuple(SPLIT_UP)


def table(rows, *columns):
    return pd.DataFrame(list(rows), columns=list(columns))


def accounts():
    rows = [(a, name, "mid", "2023-01-01", "csm_1", "2023-01-01") for a, name in NAMES.items()]
    return table(rows, "account_id", "name", "segment", "customer_since", "csm_id", "known_at")


def contracts():
    """Every account renewed for a year on 2025-02-01."""
    rows = [
        row
        for a in NAMES
        for row in (
            (f"{a}1", a, "2024-02-01", "2025-02-01", 12, 30, "2024-01-10", None),
            (f"{a}2", a, "2025-02-01", "2026-02-01", 12, 30, "2025-01-10", f"{a}1"),
        )
    ]
    names = ("term_start", "term_end", "term_months", "notice_period_days", "signed_at")
    return table(rows, "contract_id", "account_id", *names, "predecessor_contract_id")


def subscription_items():
    rows = [
        row
        for a in NAMES
        for row in (
            (f"{a}i1", f"{a}1", a, 20, 1000, "2024-02-01", "2025-02-01"),
            (f"{a}i2", f"{a}2", a, 20, 1000, "2025-02-01", "2026-02-01"),
        )
    ]
    names = ("quantity", "mrr", "effective_from", "effective_to")
    return table(rows, "item_id", "contract_id", "account_id", *names)


def seats():
    rows = [(a, f"{a}u{n}", "active", "2023-02-01", None) for a in NAMES for n in range(10)]
    names = ("status", "activated_at", "deactivated_at")
    return table(rows, "account_id", "product_user_id", *names)


def features():
    rows = [("core", "Orders", "orders", True, True, "2022-01-01")]
    rows += [(f"new{n}", f"New {n}", "orders", False, False, "2025-03-01") for n in range(4)]
    names = ("is_core", "is_value_event", "released_at")
    return table(rows, "feature_id", "name", "module", *names)


def usage_daily():
    """Aspen comes every working day; the others once a week; two take up new features in April."""
    weekly = pd.bdate_range("2025-04-06", "2025-05-31", freq="W-WED")
    daily = pd.bdate_range("2025-04-07", "2025-05-30")
    rows = [
        (a, f"{a}u{n}", "core", day, 3)
        for a, many in ACTIVE.items()
        for n in range(many)
        for day in (daily if a == "A" else weekly)
    ]
    rows += [
        (a, f"{a}u{user}", f"new{n}", pd.Timestamp("2025-04-16"), times)
        for a, many in NEW_FEATURES.items()
        for n in range(many)
        for user, times in ((0, 2), (1, 1))
    ]
    return table(rows, "account_id", "product_user_id", "feature_id", "date", "events")


def tickets():
    opened = pd.Timestamp("2025-04-14 09:00")
    rows = [
        (f"{a}t{n}", a, opened, "normal", "solved", opened + pd.Timedelta(hours=hours))
        for a, spent in RESOLUTION_HOURS.items()
        for n, hours in enumerate(spent)
    ]
    frame = table(
        rows, "ticket_id", "account_id", "created_at", "priority", "status", "resolved_at"
    )
    return frame.assign(changed_at=frame["resolved_at"])


def survey_responses():
    rows = [
        (f"{a}s{n}", "nps", a, f"{a}p{n + 1}", "2025-05-05", "2025-05-06", score)
        for a, scores in NPS.items()
        for n, score in enumerate(scores)
    ]
    names = ("survey_id", "survey_type", "account_id", "person_id", "sent_at", "responded_at")
    return table(rows, *names, "score")


def people():
    """Person 0 of every account is its executive sponsor; the one of Beech left in May."""
    rows = [
        (f"{a}p{n}", a, "user" if n else "exec_sponsor", "2023-01-01", None, None)
        for a in NAMES
        for n in range(5)
    ]
    frame = table(
        rows, "person_id", "account_id", "roles", "valid_from", "left_account_at", "left_known_at"
    )
    gone = frame["person_id"] == "Bp0"
    frame.loc[gone, ["left_account_at", "left_known_at"]] = ["2025-05-10", "2025-05-12"]
    return frame


def activities():
    """One attended meeting each, with people 1, 2, ...: not with the sponsor."""
    rows = [
        (
            f"{a}m",
            a,
            "|".join(f"{a}p{n}" for n in range(1, many + 1)),
            *("meeting", "outbound", "2025-05-20", True),
        )
        for a, many in MET.items()
    ]
    names = ("type", "direction", "occurred_at", "attended")
    return table(rows, "activity_id", "account_id", "person_ids", *names)


def account_events():
    events = [("A", "training_request", "for three new planners", "2025-05-12")]
    events += [("A", "upgrade_interest", "asked about the higher tier", "2025-05-19")]
    events += [("D", "m_and_a", "bought two competitors", "2024-01-15")]
    events += [(a, "reference_request", "", "2025-04-28") for a in ANSWERS]
    events += [(a, "reference_response", answer, "2025-05-02") for a, answer in ANSWERS.items()]
    said = table(events, "account_id", "kind", "value_text", "occurred_at")
    levels = [
        (a, "maturity_answer", item, SPLIT_UP[item] if a == "D" else 4, "c", "2025-03-10")
        for a in NAMES
        for item in CHARACTERISTICS
    ]
    names = ("characteristic_id", "value_num", "evidence_type", "occurred_at")
    graded = table(levels, "account_id", "kind", *names)
    both = pd.concat([said, graded], ignore_index=True)
    return both.assign(event_id=[f"e{n}" for n in range(len(both))], known_at=both["occurred_at"])


BUILDERS = (
    *(accounts, contracts, subscription_items, seats, features, usage_daily, tickets),
    *(survey_responses, people, activities, account_events),
)
