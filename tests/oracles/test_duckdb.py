"""Every measure against plain SQL in DuckDB, over random tables full of edges."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.engine.compute import live_accounts
from churngrid.features.engine.own_past import preceding
from churngrid.features.engine.point_in_time import Knowledge
from churngrid.features.metrics.bounded_measures import (
    Capped,
    Flag,
    Highest,
    LowestOver,
    Smallest,
    Sum,
    Unless,
)
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.catalogue.context import ACTIVE_LATELY, EVER_ACTIVE, PAYS
from churngrid.features.metrics.combined_measures import (
    Change,
    Continuity,
    Difference,
    Ratio,
    Scaled,
    Slope,
)
from churngrid.features.metrics.group_measures import AgedTotal, Busiest, Shared, SilenceInGaps
from churngrid.features.metrics.measures import (
    Catalogue,
    Count,
    DaysSince,
    DaysUntil,
    Distinct,
    Latest,
    Median,
    Oldest,
    Tenure,
    Total,
)
from churngrid.features.metrics.row_selection import (
    Below,
    Filled,
    HasPart,
    Is,
    IsNot,
    IsTrue,
    Select,
    Weekday,
    Window,
)
from tests.oracles.measure_sql import MeasureSql
from tests.oracles.random_company import random_company

CASES = [
    pytest.param(1, False, False, id="shared dates"),
    pytest.param(2, True, False, id="dates of each account's own"),
    pytest.param(3, False, True, id="shared dates, raw usage"),
    pytest.param(4, True, True, id="dates of each account's own, raw usage"),
]

USAGE = Select("usage")
USERS, DAYS, MODULES = ("product_user_id",), ("product_user_id", "date"), ("module",)
EVENTS = Select("account_events")
PEOPLE = Select("people")
ITEMS = Select("subscription_items", after=("effective_from",), until="effective_to")
WEEK, MONTH, YEAR = Window(7), Window(28), Window(365)


def with_window(select, days, ends=0):
    return replace(select, window=Window(days, ends))


OTHERS = {
    "count of everything": Count(USAGE),
    "count by several windows": Difference(
        Count(with_window(USAGE, 7)), Difference(Count(with_window(USAGE, 1)), Count(USAGE))
    ),
    "count of weekdays": Count(Select("usage", (Weekday("date"),), MONTH)),
    "count on weekdays of release": Count(Select("usage", (Weekday("released_at"),), MONTH)),
    "count without a module": Count(Select("usage", (IsNot("module", ("m1", "m2")),), MONTH)),
    "count of a module": Count(Select("usage", (Is("module", ("m1",)), Filled("module")), MONTH)),
    "count by release": Count(Select("usage", window=YEAR, at="released_at")),
    "count after release": Count(Select("usage", window=MONTH, after=("released_at",))),
    "count after release, back then": Count(
        Select("usage", window=MONTH, after=("released_at",), lag_days=90)
    ),
    "count until release": Count(Select("usage", until="released_at")),
    "count until release, in a window": Count(Select("usage", window=YEAR, until="released_at")),
    "count long ago": Count(with_window(USAGE, 28, 365)),
    "total of everything": Total(USAGE, "events"),
    "total by several windows": Difference(
        Total(with_window(USAGE, 90), "events"),
        Difference(
            Total(with_window(USAGE, 7, 7), "events"), Total(with_window(USAGE, 14), "events")
        ),
    ),
    "users ever": Distinct(USAGE, USERS),
    "users by windows": Difference(
        Distinct(with_window(USAGE, 7), USERS), Distinct(with_window(USAGE, 365, 28), USERS)
    ),
    "users until release": Distinct(Select("usage", window=YEAR, until="released_at"), USERS),
    "users after release": Distinct(Select("usage", window=YEAR, after=("released_at",)), USERS),
    "days of users": Distinct(with_window(USAGE, 90), DAYS),
    "days of users by another clock": Distinct(
        Select("usage", window=YEAR, at="released_at"), DAYS
    ),
    "days of users ever": Distinct(USAGE, DAYS),
    "days": Distinct(with_window(USAGE, 30), ("date",)),
    "modules by user": Distinct(with_window(USAGE, 56), ("module", "product_user_id")),
    "flags": Distinct(with_window(USAGE, 56), ("is_core", "is_premium")),
    "moments": Distinct(with_window(EVENTS, 180), ("occurred_at",)),
    "numbers": Distinct(with_window(EVENTS, 180), ("value_num",)),
    "kinds": Distinct(EVENTS, ("kind",)),
    "roles": Distinct(PEOPLE, ("roles",)),
    "days since anything": DaysSince(USAGE),
    "days since anything in a window": DaysSince(with_window(USAGE, 90, 7)),
    "days since release": DaysSince(Select("usage", at="released_at")),
    "days since release, after another": DaysSince(
        Select("usage", (IsTrue("is_core"),), at="released_at", after=("released_at",))
    ),
    "days since an activity, also a planned one": DaysSince(Select("activities")),
    "oldest activity, also a planned one": Oldest(Select("activities")),
    "latest plan": Latest(Select("goals", (Is("kind", ("business_goal",)),)), "target_value"),
    "oldest use": Oldest(with_window(USAGE, 180)),
    "oldest person": Oldest(Select("people", at="valid_from")),
    "latest number": Latest(EVENTS, "value_num"),
    "latest number in a window": Latest(with_window(EVENTS, 180, 30), "value_num"),
    "latest number known": Latest(Select("invoices", at="known_at"), "amount_due"),
    "median number": Median(with_window(EVENTS, 365), "value_num"),
    "median of states": Median(Select("subscription_items"), "mrr"),
    "median hours": Median(
        Select("tickets", at="resolved_at", window=YEAR), "resolved_at", "created_at"
    ),
    "days to the due date": DaysUntil(Select("invoices", until="paid_at"), "due_at"),
    "people back then": Count(replace(PEOPLE, until="left_known_at", lag_days=90)),
    "people as stated": Count(PEOPLE),
    "people without a role": Count(Select("people", (IsNot("roles", ("admin",)),))),
    "people of two roles": Count(Select("people", (HasPart("roles", ("admin", "champion")),))),
    "new people": Count(with_window(PEOPLE, 90)),
    "low scores": Count(Select("survey_responses", (Below("score", 3.0),))),
    "lagged change": Change(Count(replace(PEOPLE, after=("valid_from",))), 180),
    "slope of a total": Slope(Total(with_window(USAGE, 7), "events"), 4),
    "continuity": Continuity(
        Count(Select("contracts", after=("term_start",), until="term_end")), days=90, moments=4
    ),
    "busiest user": Busiest(with_window(USAGE, 28), USERS, "events"),
    "busiest user ever": Busiest(USAGE, USERS, "events"),
    "busiest user until release": Busiest(Select("usage", until="released_at"), USERS, "events"),
    "busiest module": Busiest(with_window(USAGE, 90, 7), ("module",), "events"),
    "largest kind": Busiest(with_window(EVENTS, 180), ("kind",), "value_num"),
    "modules of several users": Shared(with_window(USAGE, 28), "module", "product_user_id"),
    "features of several users": Shared(
        Select("usage", (IsTrue("is_core"),), MONTH), "feature_id", "product_user_id", 3
    ),
    "features of users ever": Shared(USAGE, "feature_id", "product_user_id"),
    "roles of several people": Shared(PEOPLE, "roles", "person_id"),
    "silence": SilenceInGaps(with_window(USAGE, 90)),
    "silence of events": SilenceInGaps(with_window(EVENTS, 365)),
    "aged": AgedTotal(Select("invoices", window=YEAR, at="due_at", until="paid_at"), "amount_due"),
    "capped": Capped(DaysSince(USAGE, or_tenure=True), 30.0),
    "flag": Flag(Count(with_window(USAGE, 28)), at_least=1.0),
    "all of": Smallest((Count(PEOPLE), Latest(EVENTS, "value_num"))),
    "most of": Highest((Count(PEOPLE), Latest(EVENTS, "value_num"))),
    "added": Sum((Count(PEOPLE), Count(EVENTS), Latest(EVENTS, "value_num"))),
    "lowest": LowestOver(Distinct(with_window(USAGE, 28), USERS), days=1, moments=4),
    "lowest share": LowestOver(
        Ratio(Distinct(with_window(USAGE, 28), USERS), Total(ITEMS, "quantity")), days=7, moments=3
    ),
    "excused": Unless(Count(EVENTS), Count(PEOPLE), above=2.0),
    "catalogue": Catalogue(),
    "modules in the catalogue": Catalogue(of="module"),
    "new in the catalogue": Catalogue((IsTrue("is_value_event"), Filled("module")), YEAR),
    "new some time ago": Catalogue(window=Window(180, 30)),
    "launches": Count(Select("launches", window=Window(400, 30), at="released_at")),
    "launches ever": Count(Select("launches")),
    "departments": Distinct(with_window(USAGE, 90), ("department",)),
    "departments by user": Distinct(USAGE, ("department", "product_user_id")),
    "users of a department": Distinct(Select("usage", (Is("department", ("it",)),), YEAR), USERS),
    "above the plan": Total(Select("usage", (IsTrue("above_plan"),), YEAR), "events"),
    "key people": Count(Select("people", after=("key_since",), until="left_known_at")),
    "key people of a year": Count(Select("people", after=("key_a_year_at",))),
    "departed": Count(Select("people", window=YEAR, at="left_account_at")),
    "last answers": Count(Select("survey_responses", at="responded_at", until="superseded_at")),
    "weights of roles": Total(Select("survey_responses", window=YEAR), "role_weight"),
    "weighted answers": Total(Select("survey_responses", at="responded_at"), "weighted_score"),
    "changes of answers": Total(Select("survey_responses", at="responded_at"), "score_change"),
    "answers of sponsors": Count(
        Select("survey_responses", (HasPart("person_roles", ("exec_sponsor",)),))
    ),
    "against the agreed time": Median(
        Select("tickets", at="resolved_at", window=YEAR), "resolution_to_sla"
    ),
    "employees": Latest(Select("headcounts"), "employee_count"),
    "employees a year ago": Latest(
        Select("headcounts", window=Window(3650, 365)), "employee_count"
    ),
    "trained": Distinct(Select("touches", (IsTrue("attended"),)), ("person_id",)),
    "nothing over something": Ratio(Count(with_window(USAGE, 1)), Count(USAGE), at_least=5.0),
    "scaled": Scaled(Tenure(), -2.5),
    **{
        f"context {place}": measure
        for place, measure in enumerate([PAYS, ACTIVE_LATELY, EVER_ACTIVE])
    },
}
"""What the catalogue does not ask, and users may."""

WHOLE = (Count, Distinct, Catalogue)
"""Measures that count, so that they are compared to the last bit."""


@cache
def made(seed, own_dates, raw_usage):
    company = random_company(seed, own_dates=own_dates, raw_usage=raw_usage)
    tables = company.tables
    return company, tables, MeasureSql(tables, company.pairs)


def measures(known) -> Iterator[tuple[str, object, int]]:
    """All measures of the catalogue, what their baselines look at, and the others."""
    for metric in METRICS:
        if known.collected(metric.measure):
            yield metric.column, metric.measure, 0
            for place in range(1, len(preceding(metric)) + 1):
                days = place * metric.window_days
                yield f"{metric.column}, {days} days before", metric.measure, days
    for name, measure in OTHERS.items():
        yield name, measure, 0


def shifted(measure, days):
    return measure.shifted(days) if days else measure


def difference(measure, found, expected):
    """The first rows that differ, or None."""
    if isinstance(measure, WHOLE):
        same = found == expected
    else:
        same = np.isclose(found, expected, rtol=1e-9, atol=1e-9, equal_nan=True)
    rows = np.flatnonzero(~same)
    return None if not len(rows) else [(int(i), found[i], expected[i]) for i in rows[:3]]


@pytest.mark.parametrize(("seed", "own_dates", "raw_usage"), CASES)
def test_measures_asked_together_are_those_of_plain_sql(seed, own_dates, raw_usage):
    company, tables, sql = made(seed, own_dates, raw_usage)
    known = Knowledge(tables, Rows.of(company.pairs))
    asked = list(measures(known))
    known.prepare([shifted(measure, days) for _, measure, days in asked])
    wrong = {}
    for name, measure, days in asked:
        found = shifted(measure, days).evaluate(known)
        if rows := difference(measure, found, sql.values(measure, days)):
            wrong[name] = rows
    assert not wrong


@pytest.mark.parametrize(("seed", "own_dates", "raw_usage"), CASES)
def test_measures_asked_one_by_one_are_those_of_plain_sql(seed, own_dates, raw_usage):
    company, tables, sql = made(seed, own_dates, raw_usage)
    together = Knowledge(tables, Rows.of(company.pairs))
    wrong = {}
    for name, measure, days in measures(together):
        found = shifted(measure, days).evaluate(together.at(together.rows))
        if rows := difference(measure, found, sql.values(measure, days)):
            wrong[name] = rows
    assert not wrong


@pytest.mark.parametrize(("seed", "own_dates", "raw_usage"), CASES)
def test_who_is_a_customer_is_that_of_plain_sql(seed, own_dates, raw_usage):
    company, tables, sql = made(seed, own_dates, raw_usage)
    paid = ("subscription_items", "contracts", "contract_events")
    names = [name for name in tables if name not in paid]
    for measure, left in [(PAYS, list(tables)), (ACTIVE_LATELY, names)]:
        fewer = replace(tables, by_name={name: tables[name] for name in left})
        found = live_accounts(Knowledge(fewer, Rows.of(company.pairs)))
        np.testing.assert_array_equal(found, sql.values(measure) > 0)
