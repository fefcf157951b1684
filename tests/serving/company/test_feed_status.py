"""Whatever breaks, and however: no score rises, no estimate is made up, the run says so first."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.cohorts.as_of_dates import resolve_as_of
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.serving.company.put_aside import put_aside, refuse_unreadable, told_aside
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from churngrid.training.registry.artifact import BASE

WEEK = pd.Timedelta(days=7)
FEEDS = (
    *("usage_daily", "tickets", "survey_responses", "activities", "goals", "account_events"),
    *("people", "seats", "invoices"),
)
BINDING = ("contracts", "subscription_items", "contract_events")


def gone(frames, name):
    return {table: frame for table, frame in frames.items() if table != name}


def empty(frames, name):
    return {**frames, name: frames[name].head(0)}


def other_ids(frames, name):
    strange = frames[name]["account_id"].str.upper() + "-X"
    return {**frames, name: frames[name].assign(account_id=strange)}


def unusable_key(frames, name):
    key = next(column for column in frames[name] if column.endswith("_id"))
    return {**frames, name: frames[name].assign(**{key: None})}


def half_of_it(frames, name):
    strange = frames[name]["account_id"].mask(np.arange(len(frames[name])) % 3 > 0, "nobody")
    return {**frames, name: frames[name].assign(account_id=strange)}


WAYS = (gone, empty, other_ids, unusable_key, half_of_it)
CASES = (
    *((name, gone) for name in FEEDS),
    *((name, WAYS[1 + place % 4]) for place, name in enumerate(FEEDS)),
    *(("tickets", way) for way in (empty, unusable_key, half_of_it)),
)
"""Every table in two ways, one of them in all."""


class Learned:
    """A model that has learned from everything, and says what its inputs hold."""

    target, kind, version, base_rate = "churn", "boosted", "0" * 64, 0.2
    maturity_columns, references, learned_until = (), {}, ""
    rates, block_error = None, 0.0
    columns = tuple(metric.column for metric in METRICS if metric.in_model)
    collected = columns

    def knows_outcomes_after(self, as_of):
        return False

    def predict_p(self, X):
        return np.full(len(X), 0.1)

    def contributions(self, X):
        return pd.DataFrame(0.0, X.index, [*self.columns, BASE])


@cache
def company():
    frames = build_company(8, months=13, seed=5).tables
    tables = read_tables(frames)
    return frames, resolve_as_of(tables, "latest"), read_config(Settings())


def scored(frames, as_of, *, models=None, last=None, settings=None):
    config = company()[2] if settings is None else read_config(settings)
    return score_tables(
        read_tables(frames, settings or Settings()),
        as_of,
        config=config,
        models=models,
        previous=None if last is None else last.scores,
        earlier_feeds=None if last is None else last.feeds,
    )


@cache
def healthy(weeks_ago):
    frames, as_of, _ = company()
    return scored(frames, as_of - weeks_ago * WEEK, models=Models(churn=Learned()))


def of_accounts(found, column):
    return found.scores.set_index("account_id")[column]


def test_a_healthy_company_has_no_findings():
    found = healthy(0)
    assert found.findings == ()
    assert set(found.feeds["state"]) == {"alive"}
    assert of_accounts(found, "p_churn").notna().any()


@pytest.mark.parametrize(("name", "way"), CASES)
def test_no_score_rises_and_no_estimate_is_made_when_a_feed_breaks(name, way):
    frames, as_of, _ = company()
    broken = scored(way(frames, name), as_of, models=Models(churn=Learned()))
    whole = healthy(0)
    before, after = (of_accounts(one, "chs") for one in (whole, broken))
    assert not (after.reindex(before.index) > before + 1e-9).any()
    assert of_accounts(broken, "p_churn").isna().all()
    assert not (of_accounts(broken, "health_band") == "high").any()
    assert name in broken.findings[0]
    assert broken.notes[: len(broken.findings)] == broken.findings
    assert any("`p_churn` is withheld" in text for text in broken.findings)
    covered = [of_accounts(one, "chs_coverage").sort_index() for one in (whole, broken)]
    assert not (covered[1].reindex(covered[0].index) > covered[0] + 1e-9).any()


@pytest.mark.parametrize(("name", "way"), [("account_events", gone), ("usage_daily", other_ids)])
def test_with_earlier_scores_a_broken_feed_leaves_at_most_the_last_ones(name, way):
    frames, as_of, _ = company()
    last = healthy(1)
    found = scored(way(frames, name), as_of, last=last)
    before, after = of_accounts(last, "chs"), of_accounts(found, "chs")
    assert not (after.reindex(before.index) > before + 1e-9).any()
    assert after.notna().any()
    assert name in found.findings[0]
    state = found.feeds.set_index("table")["state"][name]
    assert state == ("gone" if way is gone else "broken")
    again = scored(way(frames, name), as_of + WEEK, last=found)
    assert name in again.findings[0]


@pytest.mark.parametrize("name", BINDING)
@pytest.mark.parametrize("way", [other_ids, unusable_key])
def test_contracts_and_money_that_nobody_can_read_are_refused(name, way):
    tables = read_tables(way(company()[0], name))
    with pytest.raises(SchemaError, match=f"Nothing is left of `{name}`.*`tables.{name}.skip: tr"):
        refuse_unreadable(tables)


def test_money_put_aside_is_told_with_its_size():
    frames, _, _ = company()
    items = frames["subscription_items"]
    strange = items.assign(account_id=items["account_id"].mask(np.arange(len(items)) == 0, "zz"))
    found = put_aside(read_tables({**frames, "subscription_items": strange}))
    (part,) = (one for one in found if one.table == "subscription_items")
    assert (part.rows, part.money) == (1, {"USD": pytest.approx(12 * items["mrr"].iloc[0])})
    assert f"worth {part.money['USD']:,.0f} USD a year, most because" in part.sentence


def test_rows_that_repeat_earlier_ones_are_not_missing():
    frames, _, _ = company()
    twice = pd.concat([frames["tickets"], frames["tickets"]], ignore_index=True)
    assert told_aside(read_tables({**frames, "tickets": twice})) == ()


def test_a_feed_that_falls_silent_is_told_and_freezes():
    frames, as_of, _ = company()
    known = pd.to_datetime(frames["tickets"]["known_at"], utc=True)
    cut = frames["tickets"][known < as_of - 200 * pd.Timedelta(days=1)]
    found = scored({**frames, "tickets": cut}, as_of, models=Models(churn=Learned()))
    assert "`tickets` has brought nothing new since" in found.findings[0]
    assert found.feeds.set_index("table")["state"]["tickets"] == "silent"
    covered = [of_accounts(one, "chs_coverage").sort_index() for one in (healthy(0), found)]
    assert (covered[1].reindex(covered[0].index) < covered[0]).all()
    assert of_accounts(found, "p_churn").notna().any()


def test_a_table_that_is_left_out_on_purpose_is_missed_by_nobody():
    frames, as_of, _ = company()
    settings = Settings.model_validate({"tables": {"survey_responses": {"skip": True}}})
    found = scored(frames, as_of, last=healthy(1), settings=settings)
    assert not any("survey_responses" in text for text in found.findings)
    assert of_accounts(found, "chs").notna().any()


def test_what_was_never_there_is_not_missed():
    frames, as_of, _ = company()
    assert scored(gone(frames, "goals"), as_of).findings == ()


def test_a_metric_that_never_had_a_number_cannot_be_lost():
    frames, as_of, _ = company()
    goals = frames["goals"].assign(status="planned")
    # Some accounts have no goal yet, the others none that has begun: nobody has a share on track.
    goals = goals[goals["account_id"] != goals["account_id"].iloc[0]]
    feeds = scored({**frames, "goals": goals}, as_of).feeds.set_index("table")
    held = feeds.loc["goals", "metrics"].split("|")
    assert "open_goals" in held
    assert "goals_on_track_share" not in held
