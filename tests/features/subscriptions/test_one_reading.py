"""Everybody who asks about contracts gets the answer of one slow and obvious reading."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.moments import timestamps
from churngrid.features.cohorts.at_risk import standing
from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business
from churngrid.features.subscriptions.facts import subscriptions_of
from tests.oracles.commercial_facts import NEVER, Oracle

EDGES = ("2024-02-29", "2024-01-31", "2025-01-01", "2025-02-28")
ASKED = [
    *pd.date_range("2024-01-01", "2026-03-01", freq="2MS", tz="UTC"),
    pd.Timestamp("2024-02-29", tz="UTC"),
    pd.Timestamp("2025-02-28", tz="UTC"),
]
SEEN = ("term_end", "notice_deadline", "decision_at")


class Draw:
    """Random rows of one account; the rarer shapes are there often."""

    def __init__(self, rng, account):
        self.rng, self.account = rng, account

    def of(self, *values):
        return values[self.rng.integers(len(values))]

    def day(self):
        first = pd.Timestamp("2023-06-01")
        some = first + pd.Timedelta(days=int(self.rng.integers(800)))
        quarter = first + pd.DateOffset(months=3 * int(self.rng.integers(9)))
        return self.of(*EDGES, *[f"{some:%F}"] * 5, *[f"{quarter:%F}"] * 5)

    def maybe_day(self):
        return self.of(None, self.day())

    def rows(self, make, most):
        return [make() for _ in range(self.rng.integers(most + 1))]

    def contract(self):
        return {
            "contract_id": f"{self.account} {self.of('c', 'd', 'e')}",
            "account_id": self.account,
            "term_start": self.day(),
            "term_end": self.maybe_day(),
            "term_months": self.of(None, 1.0, 3.0, 12.0, 24.0),
            "auto_renew": self.of(None, True, True, False),
            "notice_period_days": self.of(None, 30.0, 90.0),
            "break_at": self.of(None, None, self.day()),
            "break_every_months": self.of(None, None, 12.0),
            "acv": self.of(None, 0.0, 1200.0, 2400.0, 100.0),
            "currency": self.of(None, "usd", "EUR "),
            "predecessor_contract_id": self.of(None, None, f"{self.account} c"),
            "known_at": self.day(),
        }

    def item(self):
        return {
            "item_id": f"{self.account} {self.of('i', 'j')}",
            "account_id": self.account,
            "effective_from": self.day(),
            "effective_to": self.maybe_day(),
            "current_period_start": self.maybe_day(),
            "current_period_end": self.maybe_day(),
            "mrr": self.of(-5.0, 0.0, 10.0, 20.0, 33.3),
            "quantity": self.of(None, 5.0),
            "currency": self.of("USD", "eur", "JPY", None),
            "known_at": self.day(),
        }

    def event(self):
        kinds = ("notice_received", "cancel_requested", "cancel_withdrawn", "cancelled")
        return {
            "event_id": f"{self.account} {self.rng.integers(1 << 30)}",
            "account_id": self.account,
            "contract_id": self.of(None, f"{self.account} c", f"{self.account} d"),
            "event_type": self.of(*kinds, "term_ended", "renewed", "churn_confirmed"),
            "effective_at": self.day(),
            "known_at": self.day(),
        }


def unique(rows, *key):
    """Without rows of the same key, which reading refuses."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())


def random_company(company, seed, accounts):
    rng = np.random.default_rng(seed)
    ids = [f"a{number:03}" for number in range(accounts)]
    draws = [Draw(rng, account) for account in ids]
    contracts = [row for draw in draws for row in draw.rows(draw.contract, 4)]
    items = [row for draw in draws[::2] for row in draw.rows(draw.item, 4)]
    events = [row for draw in draws for row in draw.rows(draw.event, 3)]
    known = {"customer_since": "2023-06-01", "known_at": "2023-06-01"}
    return company(
        accounts=[{"account_id": account} | known for account in ids],
        contracts=unique(contracts, "contract_id", "known_at"),
        subscription_items=unique(items, "item_id", "effective_from", "known_at"),
        contract_events=events,
        exchange_rates=[{"currency": "EUR", "rate": 2.0}],
    )


@pytest.fixture(scope="module", params=[1, 2])
def asked(request, company):
    """A random company, the rows asked for, and what the obvious reading says of them."""
    tables = replace(random_company(company, request.param, accounts=40), currency="USD")
    ids = tables["accounts"]["account_id"].to_pylist()
    pairs = pd.DataFrame([(a, t) for a in ids for t in ASKED], columns=["account_id", "as_of"])
    rows = Rows.of(pairs)
    oracle = Oracle(tables, rates={"EUR": 2.0})
    who, when = rows.account_ids[rows.account], timestamps(rows.as_of)
    right = pd.DataFrame([oracle.facts(a, t) for a, t in zip(who, when, strict=True)])
    return tables, pairs, right.assign(account_id=who, as_of=when)


def same(found, right, name, told):
    """Two columns of numbers, texts or times are equal; else the first difference is shown."""
    left, wanted = found.reset_index(drop=True), told[right]
    if right in SEEN:
        wanted = wanted.where(wanted != NEVER, pd.NaT)
    equal = (left == wanted) | (left.isna() & wanted.isna())
    if wanted.dtype == float:
        equal |= np.isclose(left.astype(float), wanted, atol=1e-6)
    where = told.loc[~equal, ["account_id", "as_of", right]].assign(found=left[~equal])
    assert equal.all(), f"{name}\n{where.head(5).to_string()}"


def test_facts_are_those_of_the_obvious_reading(asked):
    tables, pairs, right = asked
    facts = subscriptions_of(tables).facts(Rows.of(pairs))
    for name in ("arr", "pays", "notice", "decision_kind"):
        same(facts[name], name, name, right)
    for name, column in (("term_end", "term_end"), ("notice_deadline", "notice_deadline")):
        same(pd.Series(timestamps(facts[f"{column}_us"].to_numpy())), name, name, right)
    same(pd.Series(timestamps(facts["decision_us"].to_numpy())), "decision_at", "decision", right)


def test_metrics_are_those_of_the_obvious_reading(asked):
    tables, pairs, right = asked
    level = compute_features(tables, pairs, metrics=METRICS).frame
    same(level["arr"], "arr", "arr", right)
    same(level["arr_trend_12m"], "growth", "arr_trend_12m", right)
    for name in ("term_end", "notice_deadline"):
        days = (right[name].where(right[name] != NEVER) - right["as_of"]) / pd.Timedelta(days=1)
        same(level[f"days_to_{name}"], "days", name, right.assign(days=days))


def test_standing_is_that_of_the_obvious_reading(asked):
    tables, pairs, right = asked
    stand = standing(tables, pairs, Business.CONTRACTUAL_ITEMS, Settings())
    # Who can still renew is shown with what ended, which is another question.
    here = (stand["custom"] != "grace").to_numpy()
    stand, right = stand[here].reset_index(drop=True), right[here].reset_index(drop=True)
    for name in ("arr", "term_end", "notice_deadline", "decision_at", "decision_kind"):
        same(stand[name], name, name, right)
    assert (right.loc[(stand["status"] == "notice_given").to_numpy(), "notice"]).all()
    pays = right["pays"] & ~right["notice"]
    assert (stand.loc[(stand["status"] == "scored").to_numpy(), "custom"] == "paying").all()
    assert (stand.loc[pays.to_numpy(), "custom"] == "paying").all()
