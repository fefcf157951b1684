"""What nobody at the company ever wrote down is not collected, and no account is worse for it."""

from dataclasses import replace

import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.engine.compute import compute_features
from churngrid.features.engine.point_in_time import whole_of
from churngrid.features.engine.recorded_kinds import kinds_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS

ASKED = ["2025-03-01", "2025-06-01"]
CHOSEN = ("trained_admin_share", "exec_sponsors", "days_since_meeting", "open_critical_tickets")
CATALOGUE = [metric for metric in METRICS if metric.column in CHOSEN]


def company(*, activities=(), people=(), only=None, since="2023-01-01"):
    """Two old accounts with an admin each, a call a month, and a ticket."""
    calls = [
        (name, "call", day)
        for name in "ab"
        for day in pd.date_range("2024-01-05", periods=17, freq="MS")
    ]
    touches = pd.DataFrame([*calls, *activities], columns=["account_id", "type", "occurred_at"])
    touches = touches.assign(
        activity_id=[f"t{number}" for number in range(len(touches))],
        person_ids=touches["account_id"] + "1",
        attended=True,
        direction="outbound",
        known_at=touches["occurred_at"],
    )
    staff = [("a1", "a", "admin", "2023-01-01"), ("b1", "b", "admin", "2023-01-01"), *people]
    known = pd.DataFrame(staff, columns=["person_id", "account_id", "roles", "known_at"])
    tickets = {"ticket_id": ["1", "2"], "account_id": ["a", "b"], "priority": "normal"}
    times = {"created_at": "2024-01-01", "known_at": "2024-01-01", "status": "open"}
    frames = {
        "accounts": pd.DataFrame({"account_id": ["a", "b"], "customer_since": since}),
        "activities": touches,
        "people": known.assign(valid_from=known["known_at"], left_account_at=None),
        "tickets": pd.DataFrame(tickets | times),
    }
    if only is not None:
        frames = {name: frame[frame["account_id"].eq(only)] for name, frame in frames.items()}
    return read_tables(frames)


def read(tables, column, asked=ASKED):
    rows = pd.DataFrame([(a, pd.Timestamp(t, tz="UTC")) for a in "ab" for t in asked])
    found = compute_features(
        tables, rows.set_axis(["account_id", "as_of"], axis=1), metrics=CATALOGUE
    )
    return found.frame[column].tolist(), found.absence[column].tolist()


@pytest.mark.parametrize("column", ["trained_admin_share", "exec_sponsors", "days_since_meeting"])
def test_what_no_account_ever_had_is_not_collected(column):
    values, states = read(company(), column)
    assert pd.isna(values).all()
    assert states == [Absence.NOT_COLLECTED] * 4


def test_from_the_first_one_on_the_others_lack_it():
    trained = company(activities=[("a", "training", pd.Timestamp("2025-04-01"))])
    values, states = read(trained, "trained_admin_share")
    assert values[1::2] == [1.0, 0.0]
    assert states[::2] == [Absence.NOT_COLLECTED] * 2
    sponsored = company(people=[("b2", "b", "user|exec_sponsor", "2025-05-01")])
    assert read(sponsored, "exec_sponsors")[0][1::2] == [0.0, 1.0]


def test_nothing_bad_on_record_stays_good():
    assert read(company(), "open_critical_tickets") == ([0.0] * 4, [Absence.PRESENT] * 4)


def test_some_accounts_know_what_the_others_recorded():
    """Where the tables hold some accounts, the whole company tells what is recorded."""
    trained = company(activities=[("a", "training", pd.Timestamp("2025-04-01"))])
    kinds = {kind for metric in CATALOGUE for kind in kinds_of(metric.measure)}
    dates = Rows.of(
        pd.DataFrame({"account_id": "a", "as_of": pd.to_datetime(ASKED, utc=True)})
    ).as_of
    part = company(only="b")
    beside = replace(part, whole=whole_of(trained, dates, kinds))
    assert read(beside, "trained_admin_share")[0][3] == 0.0
    assert pd.isna(read(part, "trained_admin_share")[0][3])


def test_the_age_of_a_young_account_is_no_number_of_what_nobody_records():
    young = company(since="2025-02-20")
    numbers, states = read(young, "days_since_meeting", ["2025-03-01"])
    assert states == [Absence.NOT_COLLECTED] * 2
    assert pd.isna(numbers).all()
