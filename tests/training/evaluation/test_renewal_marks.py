"""Renewal mode takes each decision once, so long before its deadline."""

import pandas as pd

from churngrid.training.evaluation.renewal_marks import MARKS, at_marks

DEADLINE = pd.Timestamp("2025-12-01", tz="UTC")


def looks(account, days, *, kind="notice_deadline", weight=0.25):
    return pd.DataFrame(
        {
            "account_id": account,
            "as_of": [DEADLINE - pd.Timedelta(days=one) for one in days],
            "asked_until": DEADLINE,
            "decision_kind": kind,
            "weight": weight,
        }
    )


def days_at(rows):
    return {
        mark: sorted((part["asked_until"] - part["as_of"]).dt.days)
        for mark, part in at_marks(rows).items()
    }


def test_the_newest_look_before_each_mark_counts_and_counts_once():
    found = at_marks(looks("a", [211, 200, 181, 179, 95, 90, 89]))
    assert {mark: len(part) for mark, part in found.items()} == dict.fromkeys(MARKS, 1)
    assert days_at(looks("a", [211, 200, 181, 179, 95, 90, 89])) == {"T-180": [181], "T-90": [90]}
    assert {part["weight"].item() for part in found.values()} == {1.0}


def test_a_decision_that_was_not_looked_at_then_has_no_row():
    assert days_at(looks("a", [250, 130, 60])) == {"T-180": [], "T-90": []}


def test_horizons_and_months_have_no_deadline():
    rows = [looks("a", [185, 95], kind=None), looks("b", [185, 95], kind="month_end")]
    assert days_at(pd.concat(rows)) == {"T-180": [], "T-90": []}


def test_two_decisions_of_one_account_are_two():
    next_year = looks("a", [100]).assign(
        as_of=DEADLINE + pd.Timedelta(days=265), asked_until=DEADLINE + pd.Timedelta(days=365)
    )
    assert days_at(pd.concat([looks("a", [100]), next_year])) == {"T-180": [], "T-90": [100, 100]}
