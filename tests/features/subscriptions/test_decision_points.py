"""The coming points of decision, and until when an account pays that leaves there."""

import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.subscriptions.decision_points import decision_points
from churngrid.features.subscriptions.facts import subscriptions_of
from tests.build import day, tables_of


def points(as_of="2025-01-01", count=3, **contract):
    row = {"account_id": "a", "contract_id": "c", "acv": 1.0, "known_at": "2020-01-01", **contract}
    tables = tables_of({"contracts": pd.DataFrame([row])})
    pairs = pd.DataFrame({"account_id": ["a"], "as_of": [day(as_of)]})
    facts = subscriptions_of(tables, grace_days=30).facts(Rows.of(pairs))
    found = decision_points(facts, count=count)
    return [tuple(found[name].dt.strftime("%Y-%m-%d")) for name in ("decision_at", "ends_at")]


TERM = {"term_start": "2024-07-01", "term_end": "2025-07-01", "term_months": 12}


def test_a_refused_renewal_is_paid_until_its_term_ends():
    at, ends = points(auto_renew=True, notice_period_days=60, **TERM)
    assert at == ("2025-05-02", "2026-05-02", "2027-05-02")
    assert ends == ("2025-07-01", "2026-07-01", "2027-07-01")


def test_past_its_deadline_an_account_decides_on_the_next_term():
    at, ends = points("2025-06-01", auto_renew=True, notice_period_days=60, **TERM)
    assert (at[0], ends[0]) == ("2026-05-02", "2026-07-01")


def test_notice_in_months_before_a_short_month_finds_its_term():
    term = {"term_start": "2024-03-31", "term_end": "2025-03-31", "term_months": 12}
    at, ends = points(auto_renew=True, notice_period_months=1, **term)
    assert at == ("2025-02-28", "2026-02-28", "2027-02-28")
    assert ends == ("2025-03-31", "2026-03-31", "2027-03-31")


def test_a_term_that_does_not_renew_by_itself_is_decided_when_it_ends():
    at, ends = points(auto_renew=False, **TERM)
    assert at == ends == ("2025-07-01", "2026-07-01", "2027-07-01")


def test_after_a_break_that_is_not_used_comes_the_end_of_the_term():
    term = {"term_start": "2024-07-01", "term_end": "2026-07-01", "term_months": 24}
    at, ends = points(auto_renew=False, break_at="2025-07-01", **term)
    assert at == ends == ("2025-07-01", "2026-07-01", "2028-07-01")


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        ("2024-08-01", "2025-03-31"),
        ("2025-03-31", "2025-03-31"),
        ("2025-04-01", "2026-03-31"),
        ("2026-04-01", "2027-03-31"),
        ("2027-04-01", "2027-07-01"),
    ],
)
def test_a_break_that_comes_every_year_is_the_next_decision(as_of, first):
    term = {"term_start": "2024-07-01", "term_end": "2027-07-01", "term_months": 36}
    breaks = {"break_at": "2025-03-31", "break_every_months": 12}
    at, _ = points(as_of, count=1, auto_renew=False, **breaks, **term)
    assert at == (first,)


def test_months_follow_each_other():
    at, ends = points("2025-01-15", auto_renew=True, term_start="2024-07-01", term_months=1)
    assert at == ends == ("2025-02-01", "2025-03-01", "2025-04-01")


def test_none_at_all_is_refused():
    with pytest.raises(ValueError, match="`count` must be at least 1, got 0"):
        points(count=0, auto_renew=False, **TERM)
