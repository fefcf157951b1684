"""Silence is known, and it is the worst: no metric of use turns unknown or neutral with time."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.silence import SILENCE
from churngrid.features.metrics.views import view_named
from churngrid.features.schema.use_rows import is_use
from tests.build import day, tables_of

DAY = pd.Timedelta(days=1)
AS_OF = day("2025-06-01")
OLD = day("2023-01-01")


def of_use(metric):
    return all(view_named(select.view).steady for select, _ in metric.measure.selects())


def features_of(last_uses, *, every=7, numbers=None, since=OLD):
    """Accounts that used the product every so many days until some days ago."""
    rows = [
        (account, f"{account}{user}", "f", AS_OF - (ago + every * back) * DAY)
        for account, ago in last_uses.items()
        for back in range(60)
        for user in range(2)
    ]
    usage = pd.DataFrame(rows, columns=["account_id", "product_user_id", "feature_id", "date"])
    usage = usage.assign(known_at=usage["date"], **(numbers or {"events": 3.0}))
    accounts = pd.DataFrame({"account_id": list(last_uses), "customer_since": since})
    accounts = accounts.assign(known_at=since)
    frames = {"accounts": accounts, "usage_daily": usage}
    pairs = pd.DataFrame({"account_id": list(last_uses), "as_of": AS_OF})
    return compute_features(tables_of(frames), pairs, metrics=METRICS)


@pytest.mark.parametrize("metric", [m for m in METRICS if of_use(m)], ids=lambda m: m.column)
def test_a_metric_of_use_that_no_use_leaves_undefined_says_what_it_is_then(metric):
    by_age = metric.column.startswith(("days_since", "silence"))
    if metric.when_absent == Absence.NO_EVENT_YET and not by_age:
        assert metric.when_silent is not None
        if metric.poor is not None and metric.healthy > metric.poor:
            assert metric.when_silent <= metric.poor
        elif metric.poor is not None:
            assert metric.when_silent >= metric.poor


def test_no_metric_of_use_gets_better_or_unknown_with_silence():
    silent = {f"q{days:03d}": days for days in (29, 45, 60, 90, 120, 180, 300)}
    found = features_of({"busy": 1, **silent})
    level = found.frame.droplevel("as_of").loc[list(silent)]
    for metric in METRICS:
        if (
            not of_use(metric)
            or metric.direction not in "+-"
            or metric.when_absent
            in (
                Absence.NOT_APPLICABLE,
                Absence.NOT_COLLECTED,
            )
        ):
            continue
        for column in (
            metric.column,
            *([metric.vs_own] if metric.has_baseline and metric.when_silent is None else []),
        ):
            values = level[column].to_numpy() * (1 if metric.direction == "+" else -1)
            if np.isnan(values).all():
                continue
            assert not np.isnan(values).any(), column
            assert (np.diff(values) <= 1e-9).all(), column


def test_dormant_is_who_is_silent_for_30_days_or_three_of_its_own_gaps():
    weekly = features_of({"busy": 1, "a": 29, "b": 31}).frame["silence_ratio"].droplevel("as_of")
    assert weekly["a"] < 1 <= weekly["b"]
    seldom = features_of({"busy": 1, "a": 55, "b": 70}, every=20).frame["silence_ratio"]
    assert seldom.droplevel("as_of")["a"] < 1 <= seldom.droplevel("as_of")["b"]


def test_who_never_began_is_silent_from_the_thirtieth_day_on():
    usage = {"account_id": "busy", "product_user_id": "u", "date": [OLD, AS_OF - DAY]}
    since = {"young": AS_OF - 29 * DAY, "never": AS_OF - 30 * DAY, "busy": OLD}
    accounts = pd.DataFrame({"account_id": list(since), "customer_since": list(since.values())})
    frames = {
        "accounts": accounts.assign(known_at=OLD),
        "usage_daily": pd.DataFrame({**usage, "events": 1.0, "known_at": [OLD, AS_OF - DAY]}),
    }
    pairs = pd.DataFrame({"account_id": list(since), "as_of": AS_OF})
    found = compute_features(tables_of(frames), pairs, metrics=METRICS)
    state, value = (
        frame["stickiness_28d"].droplevel("as_of") for frame in (found.absence, found.frame)
    )
    assert (state["young"], state["never"]) == (Absence.NO_EVENT_YET, Absence.PRESENT)
    assert value["never"] == 0
    assert SILENCE.days == 30


@pytest.mark.parametrize(
    ("numbers", "used"),
    [
        ({"events": 3.0}, True),
        ({"events": 0.0}, False),
        ({"events": -2.0}, False),
        ({"events": 0.0, "automated_events": 50.0}, False),
        ({"automated_events": 50.0}, False),
        ({"minutes": 5.0}, True),
        ({"minutes": 0.0}, False),
        ({}, True),
    ],
)
def test_rows_that_say_nothing_count_for_no_metric_of_use(numbers, used):
    frame = {"account_id": "a", "product_user_id": "u", "date": [OLD], "known_at": [OLD]}
    tables = tables_of({"usage_daily": pd.DataFrame({**frame, **numbers})})
    assert is_use(tables["usage_daily"]).tolist() == [used]
    level = features_of({"a": 3}, numbers=numbers or {"errors": 0.0}).frame.iloc[0]
    assert (level["active_users_28d"], level["features_in_use_28d"]) == ((2, 1) if used else (0, 0))
    days = level["days_since_value_event"]
    assert np.isnan(days) or (days < 7) == used
