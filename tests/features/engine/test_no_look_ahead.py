"""Nothing that was not yet known moves any number, and training sees what scoring sees."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.metrics.views import view_named
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tables import table_spec
from churngrid.features.scores.health_score import score_health
from churngrid.features.scores.maturity_index import score_maturity
from churngrid.serving.company.config import read_config
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.dataset.look_ahead_proof import as_it_stood
from tests.build import day
from tests.checks.small_company import (
    DAY,
    other_future,
    set_known,
    shuffled,
    small_company,
    with_tables,
)
from tests.features.computed import (
    AS_OF,
    DATES,
    FEATURES,
    RUBRIC,
    SCORECARD,
    features_at,
    hand_written,
)

CLOCKED = [
    *("accounts", "people", "contracts", "subscription_items", "contract_events", "invoices"),
    *("seats", "usage_daily", "tickets", "survey_responses", "activities", "goals"),
    "account_events",
]


def everything_at(tables, date):
    """All numbers of all accounts on a date: metrics, states, health and maturity."""
    features = features_at(tables, date)
    pairs = features.frame.index.to_frame(index=False)
    return {
        "values": features.frame,
        "states": features.absence,
        "baselines": features.baseline,
        "health": score_health(features, SCORECARD).scores,
        "maturity": score_maturity(tables, pairs, RUBRIC),
    }


@pytest.fixture(scope="module")
def company():
    return small_company()


@pytest.fixture(scope="module")
def numbers(company):
    return {date: everything_at(company, date) for date in DATES}


def assert_same(found, expected):
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(found[name], frame, obj=name)


@settings(max_examples=15, deadline=None)
@given(
    date=st.sampled_from(DATES),
    actions=st.dictionaries(
        st.sampled_from(CLOCKED),
        st.sampled_from(["append", "change", "delete", "rewrite"]),
        min_size=1,
    ),
    seed=st.integers(0, 2**16),
)
def test_no_future_moves_any_metric(company, numbers, date, actions, seed):
    assert_same(everything_at(other_future(company, date, actions, seed=seed), date), numbers[date])


@pytest.mark.parametrize("action", ["append", "change", "delete", "rewrite"])
@pytest.mark.parametrize("date", DATES, ids=str)
def test_no_future_of_all_tables_at_once_moves_any_metric(company, numbers, date, action):
    actions = dict.fromkeys(CLOCKED, action)
    assert_same(everything_at(other_future(company, date, actions, seed=1), date), numbers[date])


def test_the_futures_of_these_tests_would_be_seen_later(company):
    """A future that changes nothing afterwards would prove nothing."""
    later = DATES[1] + 60 * DAY
    for action in ("append", "change", "delete", "rewrite"):
        other = other_future(company, DATES[1], dict.fromkeys(CLOCKED, action), seed=1)
        before, after = features_at(company, later).frame, features_at(other, later).frame
        assert not before.equals(after)


def test_rows_do_not_depend_on_the_other_dates_that_are_asked(company, numbers):
    together = features_at(company, *DATES)
    for date in DATES:
        alone = numbers[date]["values"]
        pd.testing.assert_frame_equal(together.frame.loc[alone.index], alone)


def backdated(table, account, known, clocks):
    """The account's rows as new ones, moved back by 500 days and known only now."""
    rows = table.filter(pc.equal(table["account_id"], account))
    for place, column in enumerate(rows.column_names):
        if pa.types.is_timestamp(rows.schema.field(column).type) and column != "known_at":
            moved = pc.subtract(rows[column], pa.scalar(500 * DAY.to_pytimedelta()))
            rows = rows.set_column(place, column, moved.cast(table.schema.field(column).type))
        elif column in clocks and column.endswith("_id") and column != "account_id":
            names = pc.binary_join_element_wise(rows[column].cast(pa.string()), "old", "-")
            kept = pa.types.is_dictionary(rows.schema.field(column).type)
            names = names.dictionary_encode() if kept else names
            rows = rows.set_column(place, column, names)
    stamp = pa.array([known.to_pydatetime()] * rows.num_rows, table.schema.field("known_at").type)
    return pa.concat_tables([table, set_known(rows, stamp)])


@pytest.mark.parametrize(
    "name",
    [
        *("usage_daily", "tickets", "survey_responses", "activities", "goals"),
        *("account_events", "invoices", "subscription_items"),
    ],
)
def test_a_year_of_late_old_events_never_falls_into_a_recent_window(company, numbers, name):
    date = DATES[2]
    new = company[name]
    for account in ("acc_00002", "acc_00003", "acc_00005"):
        new = backdated(new, account, date - DAY / 24, table_spec(name).key)
    assert new.num_rows > company[name].num_rows
    found = features_at(with_tables(company, **{name: new}), date)
    expected = numbers[date]
    for metric in METRICS:
        read = [s for s, _ in metric.measure.selects() if name in view_named(s.view).sources]
        if not read or not all(select.window for select in read):
            continue
        # Old rows prove that the feed covers more time: what was unknown may be known now.
        # Use that is learned of late is also a past to compare with.
        columns = (metric.column,) if metric.of_use else (metric.column, metric.vs_own)
        for column in (c for c in columns if c in expected["values"]):
            told = expected["values"][column].notna()
            pd.testing.assert_series_equal(
                found.frame.loc[told, column], expected["values"].loc[told, column]
            )
        told = expected["states"][metric.column] != Absence.NOT_COLLECTED
        pd.testing.assert_series_equal(
            found.absence.loc[told, metric.column], expected["states"].loc[told, metric.column]
        )


TINY = pd.Timedelta(microseconds=1)


def tickets_at(opened, known):
    """Tickets of one account, and an old one, so that the windows lie inside the feed."""
    opened, known = [AS_OF - 500 * DAY, *opened], [AS_OF - 500 * DAY, *known]
    return hand_written(
        tickets=pd.DataFrame(
            {
                "ticket_id": [f"t{n}" for n in range(len(opened))],
                "account_id": "a",
                "created_at": opened,
                "changed_at": opened,
                "known_at": known,
            }
        )
    )


@pytest.mark.parametrize(
    ("opened", "known", "count"),
    [
        (AS_OF - 30 * DAY, AS_OF - 30 * DAY, 1),
        (AS_OF - 30 * DAY - TINY, AS_OF - 30 * DAY, 0),
        (AS_OF - TINY, AS_OF - TINY, 1),
        (AS_OF - TINY, AS_OF, 0),
        (AS_OF, AS_OF - TINY, 0),
        (AS_OF, AS_OF, 0),
    ],
)
def test_a_window_is_closed_on_the_left_and_open_on_the_right(opened, known, count):
    found = features_at(tickets_at([opened], [known]), AS_OF)
    assert found.frame["tickets_30d"].tolist() == [count]


def test_an_event_of_last_year_that_became_known_yesterday_is_not_recent():
    opened = [AS_OF - 365 * DAY, AS_OF - 3 * DAY]
    found = features_at(tickets_at(opened, [AS_OF - DAY, AS_OF - DAY]), AS_OF)
    assert found.frame["tickets_30d"].tolist() == [1]


def test_an_account_is_there_from_the_day_after_it_became_known():
    tables = tickets_at([AS_OF], [AS_OF])
    known = day("2023-01-01")
    assert len(known_accounts(tables, [known])) == 0
    assert len(known_accounts(tables, [known + TINY])) == 1


def test_a_departure_learned_later_does_not_end_a_contact_before():
    """A later version of a person must not overwrite when the departure became known."""
    people = pd.DataFrame(
        {
            "person_id": ["p", "p"],
            "account_id": "a",
            "roles": "exec_sponsor",
            "left_account_at": [AS_OF - 20 * DAY, AS_OF - 20 * DAY],
            "left_known_at": [AS_OF - 10 * DAY, AS_OF + 30 * DAY],
            "valid_from": day("2023-01-01"),
            "known_at": [AS_OF - 10 * DAY, AS_OF + 30 * DAY],
        }
    )
    touched = pd.DataFrame(
        {
            "activity_id": ["m", "old"],
            "account_id": "a",
            "person_ids": ["p", None],
            "type": "meeting",
            "attended": True,
            "occurred_at": [AS_OF - 30 * DAY, AS_OF - 500 * DAY],
            "known_at": [AS_OF - 30 * DAY, AS_OF - 500 * DAY],
        }
    )
    ticket = pd.DataFrame(
        {"ticket_id": ["t"], "account_id": "a", "created_at": [AS_OF], "known_at": [AS_OF]}
    )
    whole = hand_written(people=people, activities=touched, tickets=ticket)
    cut = hand_written(people=people[:1], activities=touched, tickets=ticket)
    for tables in (whole, cut):
        assert features_at(tables, AS_OF).frame["contacts_90d"].tolist() == [0]


def colours(values, known):
    return hand_written(
        tickets=pd.DataFrame(
            {"ticket_id": ["t"], "account_id": "a", "created_at": [AS_OF], "known_at": [AS_OF]}
        ),
        account_events=pd.DataFrame(
            {
                "event_id": [f"e{n}" for n in range(len(values))],
                "account_id": "a",
                "kind": "csm_sentiment",
                "value_num": values,
                "occurred_at": AS_OF - 10 * DAY,
                "known_at": known,
            }
        ),
    )


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_statements_about_one_moment_the_one_known_last_counts(backwards):
    step = -1 if backwards else 1
    values, known = [1.0, -1.0][::step], [AS_OF - 9 * DAY, AS_OF - 5 * DAY][::step]
    tables = colours(values, known)
    assert features_at(tables, AS_OF).frame["csm_sentiment_90d"].tolist() == [-1.0]
    grid = features_at(tables, AS_OF - 7 * DAY, AS_OF).frame["csm_sentiment_90d"]
    assert grid.tolist() == [1.0, -1.0]


def test_training_rows_are_scoring_rows_of_tables_cut_at_the_date():
    tables = small_company(25, months=26, seed=5)
    date = day("2025-01-01")
    config = read_config(Settings())
    dataset = build_dataset(
        tables,
        config.settings,
        scorecard=config.scorecard,
        rubric=config.rubric,
        as_of=[day("2024-10-01"), date],
    )
    scored = score_tables(as_it_stood(tables, date), date, config=config)
    rows = dataset.X.index[dataset.X.index.get_level_values("as_of") == date]
    served = scored.features.at(rows)
    inputs = [column for column in dataset.X.columns if column in served.frame]
    assert len(rows) > 5
    assert set(dataset.X.columns) - set(inputs) == {"chs", "cmi", "cmi_coverage"}
    pd.testing.assert_frame_equal(
        dataset.X.loc[rows, inputs], served.frame[inputs], rtol=1e-12, atol=0
    )
    chs = scored.scores.set_index(["account_id", "as_of"]).loc[rows, ["chs", "cmi"]]
    pd.testing.assert_frame_equal(dataset.X.loc[rows, ["chs", "cmi"]], chs, rtol=1e-12, atol=0)
    pd.testing.assert_frame_equal(dataset.features.absence.loc[rows], served.absence.loc[rows])


def raw_events(seed):
    rng = np.random.default_rng(seed)
    n = 200
    happened = AS_OF - pd.to_timedelta(rng.integers(0, 200 * 24, n), "h")
    late = pd.to_timedelta(np.where(rng.random(n) < 0.2, rng.integers(1, 60, n), 0), "D")
    return pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": rng.choice(["u", "v", "w"], n),
            "feature_id": rng.choice(["f", "g", "h"], n),
            "occurred_at": happened,
            "known_at": happened + late,
        }
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("as_of", [AS_OF, AS_OF - 3 * DAY, AS_OF - 40 * DAY], ids=str)
def test_raw_events_give_the_numbers_of_the_daily_usage(seed, as_of):
    events = raw_events(seed)
    daily = events.assign(date=events["occurred_at"].dt.floor("D"), events=1.0)
    keys = ["account_id", "product_user_id", "feature_id", "date", "known_at"]
    daily = daily.groupby(keys, as_index=False)["events"].sum()
    raw = features_at(hand_written(usage_events=events, features=FEATURES), as_of)
    rolled = features_at(hand_written(usage_daily=daily, features=FEATURES), as_of)
    assert raw.frame["usage_volume_28d"].gt(0).all()
    pd.testing.assert_frame_equal(raw.frame, rolled.frame)
    pd.testing.assert_frame_equal(raw.absence, rolled.absence)


def test_the_order_of_rows_and_of_pairs_does_not_matter(company, numbers):
    mixed = shuffled(company, seed=4)
    assert_same(everything_at(mixed, DATES[2]), numbers[DATES[2]])
    pairs = known_accounts(company, DATES)
    turned = compute_features(
        company, pairs[::-1].set_axis(range(50, 50 + len(pairs))), metrics=METRICS
    )
    straight = compute_features(company, pairs, metrics=METRICS)
    pd.testing.assert_frame_equal(turned.frame, straight.frame)
