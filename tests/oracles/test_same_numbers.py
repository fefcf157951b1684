"""However the work is divided, and however usage is delivered, the numbers are the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.arrays.counting import pair_numbers
from churngrid.features.engine import point_in_time as knowledge
from churngrid.features.engine import scan_plan as folding
from churngrid.features.engine import view_scan as answers
from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.effort import Effort
from tests.build import day
from tests.oracles.random_company import random_company

DATES = [
    *(day(text) for text in ("2024-02-29", "2024-09-01", "2025-01-01", "2025-02-01")),
    *(
        pd.Timestamp(text, tz="UTC")
        for text in ("2025-01-15 13:07:01", "2025-02-20 00:00:00.000001")
    ),
]
NEEDS_MORE_THAN_EVENTS = ("automation_share_90d",)
"""Metrics that read what a raw event does not say."""

ONE_BY_ONE = Effort(threads=1)


@pytest.fixture(scope="module")
def demo():
    """A company of the demo, on shared dates."""
    tables = read_tables(build_company(60, months=14, seed=5).tables)
    return tables, known_accounts(tables, DATES)


@pytest.fixture(scope="module")
def random():
    """Random tables, on dates of each account's own."""
    company = random_company(7, own_dates=True, raw_usage=False)
    return company.tables, company.pairs


@pytest.fixture(scope="module", params=["demo", "random"])
def asked(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def expected(asked):
    """The numbers of one worker that has all the room it wants."""
    return numbers(*asked)


def numbers(tables, pairs, effort=ONE_BY_ONE, metrics=METRICS):
    return compute_features(tables, pairs, metrics=metrics, effort=effort)


def assert_same(found, expected):
    for part in ("frame", "absence", "baseline", "segment_median"):
        pd.testing.assert_frame_equal(
            getattr(found, part), getattr(expected, part), check_exact=True
        )
    pd.testing.assert_series_equal(found.live, expected.live)
    pd.testing.assert_series_equal(found.segment, expected.segment)


def test_the_work_of_these_tests_is_divided(asked, monkeypatch):
    tables, pairs = asked
    monkeypatch.setattr(answers, "_CHUNK", 7)
    monkeypatch.setattr(knowledge, "_WORTH_THREADS", 1)
    at_once = []

    def each(spans, read, threads, do=answers._for_each):
        spans = list(spans)
        at_once.append((len(spans), threads))
        do(spans, read, threads)

    monkeypatch.setattr(answers, "_for_each", each)
    numbers(tables, pairs, Effort(threads=3), [METRICS[0]])
    n_rows = tables["usage_daily"].num_rows
    assert (-(-n_rows // 7), 3) in at_once


def test_chunks_threads_and_memory_do_not_change_a_number(asked, expected, monkeypatch):
    monkeypatch.setattr(answers, "_CHUNK", 7 if asked[0]["usage_daily"].num_rows < 5_000 else 701)
    monkeypatch.setattr(knowledge, "_WORTH_THREADS", 1)
    assert_same(numbers(*asked, Effort(threads=3, memory_mb=1)), expected)


def test_one_account_a_part_does_not_change_a_number(asked, expected, monkeypatch):
    monkeypatch.setattr(knowledge, "_WORTH_THREADS", 1)
    monkeypatch.setattr(Effort, "parts", lambda _self, _bytes, _at_once: 10_000)
    assert_same(numbers(*asked, Effort(threads=2)), expected)


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (pair_numbers, "_FEW_PAIRS", 4),
        (folding, "_CELLS_A_ROW", 0),
    ],
)
def test_another_way_to_fold_does_not_change_a_number(
    asked, expected, monkeypatch, module, name, value
):
    assert getattr(module, name) != value
    monkeypatch.setattr(module, name, value)
    assert_same(numbers(*asked), expected)


def test_asking_for_fewer_accounts_does_not_change_their_values(random):
    tables, pairs = random
    expected = numbers(tables, pairs)
    some = pairs[pairs["account_id"].isin(sorted(set(pairs["account_id"]))[::3])]
    found = numbers(tables, some)
    levels = [metric.column for metric in METRICS]
    pd.testing.assert_frame_equal(
        found.frame[levels], expected.frame.loc[found.frame.index, levels], check_exact=True
    )


def raw_and_daily(seed):
    """Events with hours, and the same ones added up by day and by when they were known."""
    company = random_company(seed, own_dates=bool(seed % 2), raw_usage=True)
    events = company.frames["usage_events"]
    daily = events.assign(date=events["occurred_at"].dt.floor("D"), events=1.0)
    keys = ["account_id", "product_user_id", "feature_id", "date", "known_at"]
    daily = daily.groupby(keys, as_index=False, dropna=False)["events"].sum()
    assert len(daily) < len(events)
    others = {name: frame for name, frame in company.frames.items() if name != "usage_events"}
    return (
        company.tables,
        type(company)({**others, "usage_daily": daily}, company.pairs).tables,
        company.pairs,
    )


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_raw_events_and_daily_usage_give_the_same_numbers(seed):
    raw, daily, pairs = raw_and_daily(seed)
    metrics = [metric for metric in METRICS if metric.column not in NEEDS_MORE_THAN_EVENTS]
    assert len(metrics) == len(METRICS) - len(NEEDS_MORE_THAN_EVENTS)
    found = numbers(raw, pairs, metrics=metrics)
    assert found.frame["usage_volume_28d"].gt(0).any()
    assert found.frame["stickiness_28d"].gt(0).any()
    assert_same(found, numbers(daily, pairs, metrics=metrics))


@pytest.mark.parametrize("own_dates", [False, True])
def test_an_hour_beside_the_day_of_daily_usage_does_not_change_a_number(own_dates):
    company = random_company(14, own_dates=own_dates, raw_usage=False)
    daily = company.frames["usage_daily"]
    hours = np.random.default_rng(1).integers(0, 24 * 3600, len(daily))
    timed = daily.assign(date=daily["date"] + pd.to_timedelta(hours, "s"))
    tables = type(company)({**company.frames, "usage_daily": timed}, company.pairs).tables
    assert_same(numbers(tables, company.pairs), numbers(company.tables, company.pairs))


def test_the_order_of_rows_does_not_change_a_number(random):
    tables, pairs = random
    rng = np.random.default_rng(2)
    shuffled = replace(
        tables,
        by_name={
            name: table.take(rng.permutation(table.num_rows))
            for name, table in tables.by_name.items()
        },
    )
    assert_same(numbers(shuffled, pairs.sample(frac=1.0, random_state=3)), numbers(tables, pairs))
